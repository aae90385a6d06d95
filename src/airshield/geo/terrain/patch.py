"""Terrain that was asked for, and what it is worth: patches, map grids, shares, warnings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.geo.grid import Grid

F4 = NDArray[np.float32]

COARSE_M: Final = 1000.0
"""Cells larger than this are warned of: ridges and masts' own hills are lost in them."""

LEAST_SHARE: Final = 0.005
"""Less than this of a patch changes no answer that is given in per cent."""

COARSE_WARNING: Final = (
    "Coarse terrain{where}: each height is the mean of a cell of {cell_km:.0f} km. Hills, ridges, "
    "valleys and towns inside a cell are not in it: in mountains tops are 300 to 1,500 m higher "
    "than it says, in plains 20 to 100 m. Cover near the ground is too good, a site on a hill "
    "stands too low. For first looks only; give a finer terrain (90 m or better) before anything "
    "is decided."
)

UNKNOWN_WARNING: Final = (
    "Unknown terrain: {share:.1%} of the cells have no height. Nothing masks there, so cover "
    "beyond them is too good; give a terrain that has them."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a patch one layer has told."""

    name: str
    cell_m: float
    """Size of the layer's cells on the ground [m]."""
    share: float
    """Of the patch's cells, 0 to 1."""


def _unknown_share(height_m: F4) -> float:
    # The least of some heights is unknown where any of them is: mostly there is nothing to count.
    if not math.isnan(float(height_m.min())):
        return 0.0
    return float(np.count_nonzero(np.isnan(height_m))) / height_m.size


def coarse_of(shares: tuple[Share, ...]) -> tuple[float, float]:
    """The share that coarse layers have told, and the size of the largest cell among them [m]."""
    coarse = [one for one in shares if one.cell_m > COARSE_M]
    return sum(one.share for one in coarse), max((one.cell_m for one in coarse), default=0.0)


def coarse_warnings(parts: Sequence[tuple[float, str]], cell_m: float) -> tuple[str, ...]:
    """One sentence on how much of what is known from coarse cells only; none where it is little.

    Examples
    --------
    >>> coarse_warnings([(0.3, "the map"), (0.001, "the way")], 9000.0)[0][:45]
    'Coarse terrain in 30% of the map: each height'
    """
    told = [f"{share:.0%} of {of}" for share, of in parts if share >= LEAST_SHARE]
    if not told:
        return ()
    # Where it is so everywhere no shares need be told.
    is_all = all(share > 1.0 - LEAST_SHARE for share, _ in parts)
    where = "" if is_all else f" in {' and '.join(told)}"
    return (COARSE_WARNING.format(where=where, cell_km=cell_m / 1000.0),)


def _warnings(height_m: F4, shares: tuple[Share, ...]) -> tuple[str, ...]:
    share, cell_m = coarse_of(shares)
    told = list(coarse_warnings([(share, "the cells")], cell_m))
    unknown = _unknown_share(height_m)
    if unknown > 0.0:
        told.append(UNKNOWN_WARNING.format(share=max(unknown, 0.001)))
    return tuple(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Square of terrain around a site, azimuthal-equidistant on the WGS-84 ellipsoid."""

    height_m: F4
    """Shape (2n+1, 2n+1), above mean sea level [m]; row 0 is north, column 0 is west, the middle
    cell's centre is the site. NaN unknown."""
    step_m: float
    lat_deg: float
    lon_deg: float
    """The site, WGS 84; longitude in [-180, 180)."""
    shares: tuple[Share, ...]
    """Who told how much, finest first."""

    @property
    def half_cells(self) -> int:
        """Cells from the site to an edge: n."""
        return int(self.height_m.shape[0]) // 2

    @property
    def unknown_share(self) -> float:
        """Share of cells without a height, 0 to 1."""
        return _unknown_share(self.height_m)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What every output made of this patch has to say with it."""
        return _warnings(self.height_m, self.shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPatch:
    """Terrain on a map grid."""

    height_m: F4
    """Shape (rows, cols), above mean sea level [m], row 0 in the north. NaN unknown."""
    grid: Grid
    shares: tuple[Share, ...]

    @property
    def unknown_share(self) -> float:
        """Share of cells without a height, 0 to 1."""
        return _unknown_share(self.height_m)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What every output made of this terrain has to say with it."""
        return _warnings(self.height_m, self.shares)
