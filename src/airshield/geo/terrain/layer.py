"""A layer: rasters on one common grid, read as if they were one.

Tiles that meet are one layer, so that heights between the last cell of one and the first of the
next come from both. Columns go on across the datum line: a raster of the whole world, and tiles on
both sides of 180 degrees, are found again one turn of the Earth further east and west.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from airshield import memory
from airshield.geo.terrain import _kernels
from airshield.geo.terrain.raster import GEODETIC, Window, transformed

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]

ALIGNED: Final = 0.01
"""Rasters share a grid when their cells meet within this part of a cell."""

HOLE_CELLS: Final = 8
"""Holes no wider than this many cells are bridged. Wider ones stay unknown: at 30 or 90 m cells
eight are a lake or a shadow of the sensor, more may hide a ridge."""

WINDOW_CELLS: Final = 1 << 24
"""Most cells read at once: 64 MB of heights."""

HELD_ROWS: Final = 256
"""Rows that a thread reads at once of what is to be held: a row of most files' blocks."""


class Heights(Protocol):
    """What a layer is made of: a raster on disk, or one that was made in memory."""

    @property
    def shown(self) -> str:
        """Name for people."""

    @property
    def files(self) -> tuple[str, ...]:
        """Files whose bytes decide the heights."""

    @property
    def crs(self) -> str:
        """Coordinate system."""

    @property
    def is_degrees(self) -> bool:
        """Tell whether the coordinates are degrees."""

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """Coordinates of cell corners: x = a·col + b·row + c, y = d·col + e·row + f."""

    @property
    def rows(self) -> int:
        """Cells from north to south."""

    @property
    def cols(self) -> int:
        """Cells from west to east."""

    @property
    def cell_m(self) -> float:
        """Size of a cell on the ground [m]."""

    def read_into(self, room: F4, at: Window, row: int, col: int) -> None:
        """Put heights from a row and a column on [m] into a window of an array; NaN unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A window of a layer in memory, and its first row and column.

    Small holes are bridged, but for those at the outermost cells, which are there for the others.
    """

    row: int
    col: int
    height_m: F4 = field(repr=False)

    def has(self, row0: int, col0: int, rows: int, cols: int) -> bool:
        """Tell whether all of a window is in it, with what surrounds it."""
        row, col = row0 - self.row - HOLE_CELLS, col0 - self.col - HOLE_CELLS
        high, wide = (side - 2 * HOLE_CELLS for side in self.height_m.shape)
        return row >= 0 and col >= 0 and row + rows <= high and col + cols <= wide


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Rasters on the grid of the first of them, each with the row and column where it begins."""

    members: tuple[tuple[Heights, int, int], ...]
    period: int
    """Columns around the whole Earth; 0 where the grid does not close."""
    held: Held | None = None
    """A part that is at hand, where somebody reads it many times (``Terrain.held_around``)."""

    @property
    def first(self) -> Heights:
        """The raster whose grid is the layer's."""
        return self.members[0][0]

    @property
    def cell_m(self) -> float:
        """Size of a cell on the ground [m]."""
        return self.first.cell_m

    def pixels(self, lat_deg: F8, lon_deg: F8, near_deg: float) -> tuple[F8, F8]:
        """Pixel coordinates of places: row and column, whole at the centres of cells.

        Parameters
        ----------
        lat_deg, lon_deg : ndarray, shape (...)
            WGS-84 places.
        near_deg : float
            A longitude. Columns of places up to 180 degrees from it to both sides are
            without a jump; the jump is opposite of it.

        Returns
        -------
        row, col : ndarray, shape (...)
            Infinite or NaN where the coordinate system does not reach.
        """
        x, y = lon_deg, lat_deg
        if not self.first.is_degrees or not _is_wgs84(self.first.crs):
            x, y = transformed(GEODETIC, self.first.crs, lon_deg, lat_deg)
        a, b, c, d, e, f = self.first.transform
        if self.first.is_degrees:
            # The turn of the Earth that brings the place of interest nearest to the raster, and
            # then every place within half a turn of that.
            near = near_deg - 360.0 * round((near_deg - self.middle_lon_deg()) / 360.0)
            x = near + (x - near + 180.0) % 360.0 - 180.0
        det = a * e - b * d
        col = (e * (x - c) - b * (y - f)) / det - 0.5
        row = (a * (y - f) - d * (x - c)) / det - 0.5
        return row, col

    def middle_lon_deg(self) -> float:
        """Longitude of the first raster's middle; any for a layer that is not in degrees."""
        a, b, c, _, _, _ = self.first.transform
        return c + 0.5 * (a * self.first.cols + b * self.first.rows)

    def clipped(
        self, row0: int, col0: int, rows: int, cols: int
    ) -> tuple[int, int, int, int] | None:
        """The part of a window that has all of the layer in it; None where there is none."""
        found = list(self._overlaps(row0, col0, rows, cols))
        if not found:
            return None
        north, west = min(part[1] for part in found), min(part[2] for part in found)
        south = max(part[1] + part[5] for part in found)
        east = max(part[2] + part[6] for part in found)
        return row0 + north, col0 + west, south - north, east - west

    def meets(self, row0: int, col0: int, rows: int, cols: int) -> bool:
        """Tell whether anything of the layer lies in a window."""
        return any(True for _ in self._overlaps(row0, col0, rows, cols))

    def window_m(self, row0: int, col0: int, rows: int, cols: int) -> F4:
        """Heights of a window [m], small holes bridged, NaN unknown or outside, shape (rows, cols).

        Rows need not be next to each other in memory, and nothing may be written to what comes
        back.
        """
        around = self.around(row0, col0, rows, cols)
        row, col = row0 - around.row, col0 - around.col
        return around.height_m[row : row + rows, col : col + cols]

    def around(self, row0: int, col0: int, rows: int, cols: int) -> Held:
        """A window, or more, as an array whose rows are next to each other.

        Holes are judged with their surroundings, so that cells are the same in every window.
        """
        if self.held is not None and self.held.has(row0, col0, rows, cols):
            return self.held
        rows, cols = rows + 2 * HOLE_CELLS, cols + 2 * HOLE_CELLS
        room: F4 = memory.zeros((rows, cols), np.float32)
        held = Held(row=row0 - HOLE_CELLS, col=col0 - HOLE_CELLS, height_m=room)
        self._read_into(room, held.row, held.col)
        if self._has_holes(held, 0, rows):
            return replace(held, height_m=np.asarray(_kernels.filled_m(room, HOLE_CELLS)))
        return held

    def holding(self, row0: int, col0: int, rows: int, cols: int, *, threads: int) -> Layer:
        """The same layer with a window of it at hand."""
        high, wide = rows + 2 * HOLE_CELLS, cols + 2 * HOLE_CELLS
        room: F4 = memory.zeros((high, wide), np.float32)
        held = Held(row=row0 - HOLE_CELLS, col=col0 - HOLE_CELLS, height_m=room)
        # Rows of the files' blocks: none is read for two parts.
        offset = (held.row - self.members[0][1]) % HELD_ROWS
        firsts = [max(row, 0) for row in range(-offset, high, HELD_ROWS)]
        parts = list(zip(firsts, [*firsts[1:], high], strict=True))

        def read(part: tuple[int, int]) -> None:
            first, end = part
            self._read_into(room[first:end], held.row + first, held.col)

        def bridged(part: tuple[int, int]) -> tuple[Any, F4] | None:
            first, end = part
            north = max(first - HOLE_CELLS, 0)
            if not self._has_holes(held, first, end):
                return None
            around = np.asarray(_kernels.filled_m(room[north : end + HOLE_CELLS], HOLE_CELLS))
            around = around[first - north : end - north]
            row, col = np.nonzero(np.isnan(room[first:end]) & ~np.isnan(around))
            return (row + first, col), around[row, col]

        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(read, parts):
                pass
            # Nothing is bridged from what has been bridged: all is looked at before it is put in.
            for found in list(pool.map(bridged, parts)):
                if found is not None:
                    room[found[0]] = found[1]
        return replace(self, held=held)

    def _has_holes(self, held: Held, first: int, end: int) -> bool:
        """Tell whether anything between the layer's outermost cells is unknown, in some rows."""
        high, wide = held.height_m.shape
        box = self.clipped(held.row, held.col, high, wide)
        if box is None:
            return False
        row, col = box[0] - held.row, box[1] - held.col
        first, end = max(first, row), min(end, row + box[2])
        # The least of some heights is unknown where any of them is.
        part = held.height_m[first:end, col : col + box[3]]
        return bool(part.size) and math.isnan(float(part.min()))

    def _read_into(self, room: F4, row0: int, col0: int) -> None:
        """Fill an array with what the layer's rasters have from a row and a column on."""
        parts = list(self._overlaps(row0, col0, *room.shape))
        if len(parts) == 1:
            _, row, col, _, _, high, wide = parts[0]
            room[:row] = room[row + high :] = np.nan
            room[row : row + high, :col] = room[row : row + high, col + wide :] = np.nan
        else:
            room.fill(np.nan)
        for number, (heights, row, col, in_row, in_col, high, wide) in enumerate(parts):
            at = Window(row, col, high, wide)
            if number == 0:
                heights.read_into(room, at, in_row, in_col)
                continue
            found: F4 = np.empty((high, wide), np.float32)
            heights.read_into(found, Window(0, 0, high, wide), in_row, in_col)
            # Tiles share their outermost cells; whichever knows one tells it.
            np.copyto(at.of(room), found, where=np.isnan(at.of(room)))

    def _overlaps(self, row0: int, col0: int, rows: int, cols: int) -> Any:
        """Every part of a member in the window, on each turn of the Earth."""
        for heights, member_row, member_col in self.members:
            for turn in (0, -self.period, self.period) if self.period else (0,):
                north = max(member_row, row0)
                south = min(member_row + heights.rows, row0 + rows)
                west = max(member_col + turn, col0)
                east = min(member_col + turn + heights.cols, col0 + cols)
                if north < south and west < east:
                    yield (
                        heights,
                        north - row0,
                        west - col0,
                        north - member_row,
                        west - member_col - turn,
                        south - north,
                        east - west,
                    )


def layers_of(rasters: list[Heights]) -> tuple[Layer, ...]:
    """Group rasters by the grid that they share, the finest grid first."""
    groups: list[list[tuple[Heights, int, int]]] = []
    for heights in rasters:
        for group in groups:
            begin = _begin(heights, group[0][0])
            if begin is not None:
                group.append((heights, *begin))
                break
        else:
            groups.append([(heights, 0, 0)])
    made = [Layer(members=tuple(group), period=_period(group[0][0])) for group in groups]
    # Sorting keeps the order given among grids that are equally fine, to a hundredth.
    return tuple(sorted(made, key=lambda layer: round(math.log(layer.cell_m), 2)))


def _begin(heights: Heights, other: Heights) -> tuple[int, int] | None:
    """Row and column of a raster's first cell on another's grid, or None where grids differ."""
    if heights.crs != other.crs:
        return None
    a, b, c, d, e, f = heights.transform
    a0, b0, c0, d0, e0, f0 = other.transform
    if b or d or b0 or d0:
        return None
    # The far end of either raster must not have drifted from the other's grid.
    reach = max(heights.rows, heights.cols, other.rows, other.cols)
    if abs(a - a0) * reach > ALIGNED * abs(a0) or abs(e - e0) * reach > ALIGNED * abs(e0):
        return None
    col, row = (c - c0) / a0, (f - f0) / e0
    period = _period(other)
    if period:
        col -= period * round((col - 0.5 * (other.cols - heights.cols)) / period)
    if abs(col - round(col)) > ALIGNED or abs(row - round(row)) > ALIGNED:
        return None
    return round(row), round(col)


def _period(heights: Heights) -> int:
    """Columns around the Earth, where they are a whole number; else 0."""
    a, b, _, d, _, _ = heights.transform
    if not heights.is_degrees or b or d:
        return 0
    turns = 360.0 / abs(a)
    return round(turns) if abs(turns - round(turns)) < ALIGNED else 0


def _is_wgs84(crs: str) -> bool:
    return crs == GEODETIC or 'ID["EPSG",4326]]' in crs[-20:]
