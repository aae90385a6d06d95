"""The words of a warning: short sentences that can be read aloud, figures rounded for people."""

from __future__ import annotations

import math
from dataclasses import dataclass

from airshield.units import M_PER_FL, MPS_PER_KT, NS_PER_DAY, NS_PER_S
from airshield.warn.site import Site

_WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The aircraft as it is now, seen from one site; NaN and None are unknown."""

    t_ns: int
    site: Site
    mode_s: int | None
    callsign: str | None
    alt_baro_m: float
    spd_mps: float
    rng_ground_m: float
    azm_true_deg: float
    rng_closest_m: float
    dt_reach_s: float


def issued(now: Sighting) -> str:
    """The first word."""
    return f"Warning for {now.site.name}: {_who(now)} {_place(now)}, {_state(now)}. {_arrival(now)}"


def updated(now: Sighting) -> str:
    """A later word."""
    return f"Update for {now.site.name}: {_who(now)} {_place(now)}, {_state(now)}. {_arrival(now)}"


def turned_away(now: Sighting) -> str:
    """The all-clear after a turn, or a pass."""
    flies_away = now.rng_closest_m >= now.rng_ground_m
    then = "flying away" if flies_away else f"passing no nearer than {_km(now.rng_closest_m)}"
    return f"All clear for {now.site.name}: {_who(now)} is {_place(now)}, {then}."


def violation_over(now: Sighting, reason: str) -> str:
    """The all-clear when the violation behind it ended."""
    return (
        f"All clear for {now.site.name}: {_who(now)} violates no zone any more ({reason}). "
        f"It is {_place(now)}."
    )


def contact_lost(now: Sighting) -> str:
    """The end of a warning whose track ended: nobody knows where the aircraft is."""
    return (
        f"Contact lost for {now.site.name}: {_who(now)} was last seen {_place(now)}. "
        "This is no all-clear: the aircraft may be there still."
    )


def span(seconds: float) -> str:
    """A time span for people.

    >>> span(250.0), span(45.4), span(905.0)
    ('4 min 10 s', '45 s', '15 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{round(whole / 60)} min"


def clock(t_ns: int) -> str:
    """Time of day, UTC, to the nearest second.

    >>> clock(1_795_824_000_400_000_000)
    '00:00:00 UTC'
    """
    second = round((t_ns % NS_PER_DAY) / NS_PER_S) % 86_400
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d} UTC"


def wind(azm_true_deg: float) -> str:
    """The nearest of eight winds.

    >>> wind(44.0), wind(350.0)
    ('north-east', 'north')
    """
    return _WINDS[round(azm_true_deg / 45.0) % 8]


def _who(now: Sighting) -> str:
    names = [now.callsign] if now.callsign else []
    if now.mode_s is not None:
        names.append(f"address {now.mode_s:06X}")
    return f"aircraft {', '.join(names)}" if names else "aircraft without identification"


def _place(now: Sighting) -> str:
    return f"{_km(now.rng_ground_m)} to the {wind(now.azm_true_deg)}"


def _state(now: Sighting) -> str:
    speed = f"{now.spd_mps * 3.6:.0f} km/h ({now.spd_mps / MPS_PER_KT:.0f} kt)"
    if math.isnan(now.alt_baro_m):
        return f"{speed}, height unknown"
    return f"{speed}, flight level {now.alt_baro_m / M_PER_FL:.0f} ({now.alt_baro_m:.0f} m)"


def _arrival(now: Sighting) -> str:
    radius = _km(now.site.radius_m)
    if math.isnan(now.dt_reach_s):
        return f"It will not come within {radius} on its present course."
    if now.dt_reach_s == 0.0:
        return f"It is within {radius} now."
    eta = clock(now.t_ns + round(now.dt_reach_s * NS_PER_S))
    return f"Expected within {radius} in {span(now.dt_reach_s)}, at {eta}."


def _km(metres: float) -> str:
    return f"{metres / 1000.0:.2g} km" if metres < 10_000.0 else f"{metres / 1000.0:.0f} km"
