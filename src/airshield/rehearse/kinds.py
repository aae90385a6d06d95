"""What flies in an exercise: the limits and the look of each kind of aircraft.

Figures are of the class, not of a type or of a measured object: ordinary speeds, the bank that
pilots of that class use in a turn, and radar cross-sections from the textbook table (Skolnik,
*Introduction to Radar Systems*, chapter 2; *Encyclopaedia Britannica*, "radar, target size").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of aircraft.

    Attributes
    ----------
    name : str
        As flights call it.
    cls : str
        Its class in the words of TRACK ``cls``.
    spd_min_mps, spd_max_mps : float
        Ground speeds that it flies [m/s].
    bank_deg : float
        Bank in its turns [deg]; with the speed this gives the radius.
    climb_max_mps : float
        Steepest climb or descent [m/s].
    alt_max_msl_m : float
        It does not fly higher [m above mean sea level].
    rcs_dbsm : float
        Radar cross-section, a class figure [dB relative to 1 m²].
    """

    name: str
    cls: str
    spd_min_mps: float
    spd_max_mps: float
    bank_deg: float
    climb_max_mps: float
    alt_max_msl_m: float
    rcs_dbsm: float


def _kind(*row: Any) -> Kind:
    return Kind(**dict(zip(Kind.__slots__, row, strict=True)))


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            # name, class, speeds [m/s], bank [deg], climb [m/s], highest [m], cross-section [dBsm]
            _kind("airliner", "airliner", 70.0, 280.0, 25.0, 18.0, 13_000.0, 16.0),
            _kind("transport", "airliner", 60.0, 200.0, 25.0, 12.0, 11_500.0, 16.0),
            _kind("light", "light", 25.0, 85.0, 30.0, 6.0, 4_500.0, 3.0),
            _kind("helicopter", "helicopter", 15.0, 80.0, 25.0, 8.0, 4_000.0, 7.0),
            _kind("drone", "drone", 15.0, 60.0, 30.0, 4.0, 4_500.0, -10.0),
            _kind("jet", "jet", 130.0, 400.0, 60.0, 80.0, 16_000.0, 5.0),
        )
    }
)
"""Every kind by name."""
