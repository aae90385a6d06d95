"""One zone: an area, a floor and a ceiling, when it is active, and who may enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shapely.geometry import MultiPolygon, Polygon

Datum = Literal["baro", "amsl", "hae", "agl"]
"""Above what a limit counts: the 1013.25 hPa surface (flight levels), mean sea level, the WGS-84
ellipsoid, the ground."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A floor or ceiling. ``None`` in place of a Limit is the ground, or no upper limit."""

    height_m: float
    datum: Datum


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """When a zone is active.

    ``t_start_ns``/``t_end_ns`` bound it once (nanoseconds UTC since 1970, end excluded, None is
    open). ``days`` (0 is Monday) and ``start_s``/``end_s`` (seconds of the UTC day; an end before
    the start runs over midnight and belongs to the day it started on) repeat it within.
    """

    t_start_ns: int | None = None
    t_end_ns: int | None = None
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    start_s: float = 0.0
    end_s: float = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A volume of air with a rule.

    Attributes
    ----------
    name : str
        Unique in the shield.
    kind : str
        ``no_fly`` (entering without a permit is a violation), ``restricted`` (the same, listed
        apart), ``corridor`` (who flies inside it is permitted in the no-fly zones it crosses, but
        not in restricted ones; open to those it lists, or to all when it lists nobody) or
        ``warning`` (shown, never a violation).
    area : shapely Polygon or MultiPolygon
        WGS-84 longitude, latitude [deg].
    floor, ceiling : Limit or None
        None is the ground, or unlimited.
    ground_msl_m : float or None
        Height of the ground above mean sea level, for limits counted from the ground. Required
        when a limit's datum is ``agl``.
    schedule : tuple of Period
        Active when any of them is. Empty: always.
    permits_mode_s : frozenset of int
        Aircraft addresses that may enter.
    permits_callsign : tuple of str
        Callsigns that may enter; a trailing ``*`` stands for any ending.
    """

    name: str
    kind: Literal["no_fly", "restricted", "corridor", "warning"]
    area: Polygon | MultiPolygon
    floor: Limit | None = None
    ceiling: Limit | None = None
    ground_msl_m: float | None = None
    schedule: tuple[Period, ...] = ()
    permits_mode_s: frozenset[int] = frozenset()
    permits_callsign: tuple[str, ...] = ()
