"""Closed forms: how many aircraft a station takes, how often one flies, how many are ready.

They are means, and a plan that is sized on a mean is short half of the time. So each stands beside
the simulation (``fleet_sizes``), and :func:`chance_ready` says how often a mean is met.
"""

from __future__ import annotations

import math
from typing import Final

from scipy.special import bdtrc

from airshield.errors import UsageError
from airshield.units import S_PER_DAY

RAND_REPAIR_FIXED_S: Final = 3.4 * 3600.0
RAND_REPAIR_SHARE: Final = 0.68
"""Maintenance of a fighter's sortie = 3.4 h + 0.68 × flight time (RAND MR-1028-AF, Airbase
Vulnerability, appendix B). The slope comes from airliner data; for other classes a first guess."""


def station_fleet(
    *,
    stations: float,
    count: float = 1.0,
    transit_s: float,
    on_station_s: float,
    ground_s: float,
    available: float = 1.0,
) -> float:
    """Mean number of aircraft that keep stations manned around the clock.

    Parameters
    ----------
    stations, count : float
        Stations S, and aircraft k at each at once.
    transit_s, on_station_s : float
        One way; on station in a sortie [s].
    ground_s : float
        Turnaround and mean repair after a sortie [s].
    available : float
        Share A of the fleet that is not away for longer than that, 0 to 1.

    Returns
    -------
    float
        S·k·(2t + T_on + T_g) / (T_on·A).

    Examples
    --------
    Four single stations, 4 h on station, 1 h away, 5.08 h on the ground, 90 % available:

    >>> round(station_fleet(stations=4, transit_s=3600, on_station_s=4 * 3600,
    ...                     ground_s=5.08 * 3600, available=0.9), 1)
    12.3
    """
    if not (on_station_s > 0.0 and 0.0 < available <= 1.0 and transit_s >= 0.0 <= ground_s):
        raise UsageError(
            f"on_station_s={on_station_s}, available={available}, transit_s={transit_s}, "
            f"ground_s={ground_s}; time on station must be positive, available above 0 to 1, the "
            "others not negative"
        )
    cycle_s = 2.0 * transit_s + on_station_s + ground_s
    return stations * count * cycle_s / (on_station_s * available)


def sorties_per_day(
    *,
    flight_s: float,
    turnaround_s: float,
    repair_fixed_s: float = RAND_REPAIR_FIXED_S,
    repair_share: float = RAND_REPAIR_SHARE,
) -> float:
    """Sorties of one aircraft in a day, in the form of RAND MR-1028-AF, appendix B.

    24 h over flight time + turnaround + maintenance, the last linear in flight time: what can be
    flown for long, day and night, when every aircraft is wanted as soon as it is ready. Whole
    fleets have flown a fifth to nine tenths of that, and more only in a surge of days
    (docs/validation.md).

    Examples
    --------
    A flight of two hours and the three-hour turnaround of the source:

    >>> round(sorties_per_day(flight_s=2 * 3600, turnaround_s=3 * 3600), 2)
    2.46
    """
    if not (flight_s > 0.0 and turnaround_s >= 0.0 and repair_fixed_s >= 0.0 <= repair_share):
        raise UsageError(
            f"flight_s={flight_s}, turnaround_s={turnaround_s}; give a flight that lasts and times "
            "that are not negative"
        )
    return S_PER_DAY / (flight_s + turnaround_s + repair_fixed_s + repair_share * flight_s)


def chance_ready(*, aircraft: int, readiness: float, needed: int) -> float:
    """Chance that of independent aircraft at least so many are ready at a time (binomial).

    Examples
    --------
    Twenty aircraft at 60 % give twelve on average, and only 60 % of the time:

    >>> round(chance_ready(aircraft=20, readiness=0.6, needed=12), 3)
    0.596
    """
    if not (0.0 <= readiness <= 1.0 and aircraft >= 0):
        raise UsageError(f"readiness={readiness}, aircraft={aircraft}; give a share and a count")
    if needed <= 0:
        return 1.0
    if needed > aircraft:
        return 0.0
    return float(bdtrc(needed - 1, aircraft, readiness))


def fleet_for_ready(*, needed: int, readiness: float, chance: float = 0.95) -> int:
    """Least fleet of which at least so many are ready with a given chance.

    Examples
    --------
    >>> fleet_for_ready(needed=12, readiness=0.6)
    27
    """
    if not (0.0 < readiness <= 1.0 and 0.0 < chance < 1.0 and needed >= 0):
        raise UsageError(
            f"readiness={readiness}, chance={chance}; give readiness above 0 to 1 and a chance "
            "between 0 and 1"
        )
    low, high = needed - 1, max(1, math.ceil(needed / readiness))
    while chance_ready(aircraft=high, readiness=readiness, needed=needed) < chance:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if chance_ready(aircraft=middle, readiness=readiness, needed=needed) < chance:
            low = middle
        else:
            high = middle
    return max(high, needed)
