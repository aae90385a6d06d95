"""Heights of the whole Earth in cells of 5 minutes of arc, for want of something better.

The grid that comes with airshield, ``world_5min.tif``, is made by ``tools/make_world_heights.py``
from a table in the package pvlib, itself from the Terrain Tiles that Mapzen gathered; NOTICE beside
it names everybody. Its heights are in steps of 28 m. Against means of SRTM's cells it is off by 7
to 15 m (root of the mean square) in plains and by 70 to 170 m in mountains. The grid of
Recommendation ITU-R P.1511-2 is off by 1 to 3 m, but may not be ours to give on: it is read from
the package itur (docs/adr/0010-world-heights.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.geo.terrain.itu import itu_file
from airshield.geo.terrain.layer import Heights
from airshield.geo.terrain.raster import GEODETIC, M_PER_DEG, Window, find_rasters

F4 = NDArray[np.float32]

CELL_DEG: Final = 1.0 / 12.0
WORLD_FILE: Final = "world_5min.tif"


def world_heights(source: str = "built-in") -> Heights:
    """Open the world grid by name: ``"built-in"`` or ``"p1511"``.

    Raises
    ------
    UsageError
        Where the name is not known, or the package that has the grid is not there.
    """
    if source == "built-in":
        path = str(resources.files(__package__).joinpath(WORLD_FILE))
        (built_in,) = find_rasters(path)
        return replace(built_in, shown="built-in world heights (5 minutes of arc)")
    if source == "p1511":
        return P1511Heights(path=itu_file("1511/v2_topo.npz"))
    raise UsageError(f"there is no world terrain {source!r}; choose 'built-in' or 'p1511'")


@dataclass(frozen=True, slots=True, kw_only=True)
class P1511Heights:
    """Topographic heights of Recommendation ITU-R P.1511-2 (2019), from the package itur."""

    path: str
    crs: str = GEODETIC
    is_degrees: bool = True
    rows: int = 2164
    cols: int = 4324
    cell_m: float = CELL_DEG * M_PER_DEG
    # Heights stand at 90.125 - i/12 degrees of latitude and -180.125 + j/12 of longitude: those are
    # the centres, and two more rows and columns on each side repeat what is across the edge.
    transform: tuple[float, float, float, float, float, float] = (
        CELL_DEG,
        0.0,
        -180.125 - 0.5 * CELL_DEG,
        0.0,
        -CELL_DEG,
        90.125 + 0.5 * CELL_DEG,
    )

    @property
    def shown(self) -> str:
        """Name for people."""
        return "ITU-R P.1511-2"

    @property
    def files(self) -> tuple[str, ...]:
        """The table's file."""
        return (self.path,)

    def read_into(self, room: F4, at: Window, row: int, col: int) -> None:
        """Put heights into a window of an array [m]; the table has one everywhere, 0 at sea."""
        at.of(room)[:] = _p1511(self.path)[row : row + at.rows, col : col + at.cols]


@lru_cache(maxsize=1)
def _p1511(path: str) -> NDArray[np.int16]:
    with np.load(path, allow_pickle=False) as archive:
        table = archive[archive.files[0]]
    # Whole metres; a quarter of what they take as they are stored.
    return np.asarray(np.rint(table), np.int16)
