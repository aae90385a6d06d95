"""When an affair is opened, confirmed and ended: the figures, and why each is what it is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSettings:
    """Thresholds of the zone watch. Every figure must be positive.

    Attributes
    ----------
    sure_sigmas : float
        Inside or outside beyond doubt: so many sigmas from the border. 3 leaves one wrong call
        in 740 (one-sided normal), and costs an aircraft at 200 m/s seen by a radar 100 km away
        about two seconds.
    likely_sigmas : float
        Inside or outside probably: counts towards a decision by dwelling.
    confirm_s, confirm_updates : float, int
        A suspected violator that is probably inside for so long and so many measured updates
        in a row is confirmed: three turns of a terminal radar.
    end_s, end_updates : float, int
        One that is probably outside for so long and so many updates in a row has left. Longer
        than the time to confirm: losing a violator costs more than showing it a little longer.
    margin_m : float
        Nobody has left, or stays clear of a corridor's edge, by less than this however small
        sigma is: an aircraft that flies along a border weaves by some 100 m.
    margin_up_m : float
        The same for heights. 300 ft is the tolerance controllers apply to a level.
    tol_qnh_m : float
        Pressure altitude stands in for height above sea level, or the reverse, within this: 36 hPa
        of sea-level pressure, more than nine days in ten at middle latitudes. A systematic
        error: dwelling does not shrink it.
    tol_baro_m : float
        Mode C counts in 100 ft, so a pressure altitude is within 50 ft of the one in the cockpit.
    """

    sure_sigmas: float = field(
        default=3.0, metadata={"what": "sigmas from the border beyond which there is no doubt"}
    )
    likely_sigmas: float = field(
        default=1.0, metadata={"what": "sigmas from the border that count towards dwelling"}
    )
    confirm_s: float = field(
        default=8.0, metadata={"what": "seconds probably inside that confirm a violation"}
    )
    confirm_updates: int = field(
        default=3,
        metadata={"what": "measured updates probably inside that confirm, with confirm_s"},
    )
    end_s: float = field(
        default=30.0, metadata={"what": "seconds probably outside that end a violation"}
    )
    end_updates: int = field(
        default=5, metadata={"what": "measured updates probably outside that end, with end_s"}
    )
    margin_m: float = field(
        default=200.0, metadata={"what": "least distance outside the border to have left [m]"}
    )
    margin_up_m: float = field(
        default=91.44, metadata={"what": "least height outside a limit to have left [m]"}
    )
    tol_qnh_m: float = field(
        default=300.0, metadata={"what": "pressure altitude against height above sea level [m]"}
    )
    tol_baro_m: float = field(
        default=15.24, metadata={"what": "quantisation of a pressure altitude [m]"}
    )
