"""Why an affair changed its state, in words a watch officer can read aloud."""

from __future__ import annotations

import math
from dataclasses import dataclass

from airshield.units import M_PER_FL
from airshield.zones import _kernels as k
from airshield.zones.settings import ZoneSettings
from airshield.zones.zone import Limit, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of state and the figures behind it; NaN and None are unknown."""

    zone: Zone
    corridor: Zone | None
    was: int
    state: int
    cause: int
    score: int
    depth_m: float
    sigma_m: float
    rise_m: float
    dwell_s: float
    dwell_n: int
    alt_baro_m: float
    msl_m: float
    permit: str | None


def reason_of(change: Change, settings: ZoneSettings) -> str:
    """Say why.

    The first clause is the decision, the rest the figures it rests on.
    """
    if change.state == k.OVER:
        unsure = "; it was never confirmed" if change.was < k.VIOLATION else ""
        return _why_over(change, settings) + unsure
    clauses = [_where(change, settings), _height(change)]
    if change.state == k.SUSPECTED:
        clauses.append(_doubt(change, settings))
    return "; ".join(clauses)


def limits_in_words(zone: Zone) -> str:
    """Floor and ceiling of a zone, as in ``GND to FL95``."""
    floor = "GND" if zone.floor is None else _limit(zone.floor)
    ceiling = "UNL" if zone.ceiling is None else _limit(zone.ceiling)
    return f"{floor} to {ceiling}"


def _why_over(change: Change, settings: ZoneSettings) -> str:
    if change.cause == k.BY_TRACK:
        return f"the track ended, last {_side(change)}"
    if change.cause == k.BY_SCHEDULE:
        return f"the zone's schedule ended, with the track {_side(change)}"
    if change.cause == k.BY_PERMIT:
        return f"the aircraft turned out to be permitted: {change.permit}"
    how = (
        f"probably, for {change.dwell_s:.0f} s and {change.dwell_n} updates in a row"
        if change.dwell_n
        else "beyond doubt"
    )
    if change.cause == k.BY_CORRIDOR and change.corridor is not None:
        return f"inside the corridor {change.corridor.name}, where it is permitted, {how}"
    if change.cause == k.BY_HEIGHT:
        return f"left by height, {how}; {_height(change)}"
    return (
        f"left: {-change.depth_m:.0f} m outside the border, {how} "
        f"(one sigma {change.sigma_m:.0f} m, margin {settings.margin_m:.0f} m)"
    )


def _where(change: Change, settings: ZoneSettings) -> str:
    place = f"{change.depth_m:.0f} m inside the border, one sigma {change.sigma_m:.0f} m"
    if change.state == k.VIOLATION and change.dwell_n:
        return f"inside for {change.dwell_s:.0f} s and {change.dwell_n} updates in a row: {place}"
    if change.state == k.VIOLATION:
        return f"inside by more than {settings.sure_sigmas:g} sigma: {place}"
    return f"inside by the best estimate: {place}"


def _height(change: Change) -> str:
    limits = limits_in_words(change.zone)
    if _is_unlimited(change.zone):
        return f"{_own_height(change)}, and the zone has no limits in height"
    if math.isnan(change.rise_m):
        return f"{_own_height(change)}, and the zone is {limits}"
    side = "inside" if change.rise_m > 0.0 else "outside"
    return f"{_own_height(change)}, {abs(change.rise_m):.0f} m {side} {limits}"


def _own_height(change: Change) -> str:
    if not math.isnan(change.alt_baro_m):
        return f"FL {change.alt_baro_m / M_PER_FL:.0f}"
    if not math.isnan(change.msl_m):
        return f"{change.msl_m:.0f} m above mean sea level"
    return "height unknown"


def _doubt(change: Change, settings: ZoneSettings) -> str:
    if change.cause == k.BY_UNKNOWN and change.corridor is not None:
        return (
            f"not confirmed: it may be in the corridor {change.corridor.name}, "
            "its height is unknown"
        )
    if (
        math.isnan(change.alt_baro_m)
        and math.isnan(change.msl_m)
        and not _is_unlimited(change.zone)
    ):
        return "not confirmed: its height is unknown"
    if change.cause == k.BY_CORRIDOR and change.corridor is not None:
        return f"not confirmed: near the edge of the corridor {change.corridor.name}"
    if change.cause == k.BY_HEIGHT:
        return "not confirmed: too near the limit for what is known of its height"
    return f"not confirmed: within {settings.sure_sigmas:g} sigma of the border"


def _side(change: Change) -> str:
    side = "inside" if change.depth_m > 0.0 else "outside"
    return f"{abs(change.depth_m):.0f} m {side} the border"


def _is_unlimited(zone: Zone) -> bool:
    return zone.floor is None and zone.ceiling is None


def _limit(limit: Limit) -> str:
    if limit.datum == "baro":
        return f"FL{limit.height_m / M_PER_FL:.0f}"
    return f"{limit.height_m:.0f} m {limit.datum.upper()}"
