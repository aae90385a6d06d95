"""The grid itself: cells of equal area, polygons on it, a site's patch resampled onto it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from airshield import memory
from airshield.errors import UsageError
from airshield.geo.grid import _kernels
from airshield.geo.grid.projection import EqualArea, offsets_m

Floats = NDArray[np.float64]

CELLS_MAX: Final = 400_000_000
"""More than any machine at hand holds a dozen maps of."""
_EDGE_MAX_DEG: Final = 0.1
"""Edges are straight in longitude and latitude and bend in the projection: by 3 m in this."""
_MESH_M: Final = 20_000.0
"""Between nodes so far apart, a line in one projection leaves a line in the other by 0.3 m."""
MESH_MAX: Final = 64
"""Most cells from one node of a mesh to the next."""
_HOWS: Final = {"bilinear": _kernels.BILINEAR, "highest": _kernels.HIGHEST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Square cells of equal area around the middle of an area.

    Attributes
    ----------
    projection : EqualArea
        x east, y north [m].
    step_m : float
        Side of a cell in the projection; its area is exactly the square of that.
    rows, cols : int
        Row 0 is north, column 0 is west.
    west_m, north_m : float
        x and y of the outer corner of cell (0, 0).
    """

    projection: EqualArea
    step_m: float
    rows: int
    cols: int
    west_m: float
    north_m: float

    @classmethod
    def around(cls, area: BaseGeometry, *, step_m: float, margin_m: float = 0.0) -> Grid:
        """Make the smallest grid that holds an area, and a margin around it.

        Parameters
        ----------
        area : shapely geometry
            Longitude and latitude [deg]; parts may lie on both sides of the datum line.
        step_m, margin_m : float
            Side of a cell; how far the grid goes beyond the area.

        Raises
        ------
        UsageError
            The area is empty or no area on Earth, or the step makes no sense for it.

        Examples
        --------
        >>> grid = Grid.around(shapely.box(30.0, 50.0, 31.0, 51.0), step_m=1000.0)
        >>> (grid.rows, grid.cols)
        (112, 72)
        """
        if not (step_m > 0.0 and math.isfinite(step_m) and margin_m >= 0.0):
            raise UsageError(f"a step of {step_m!r} m and a margin of {margin_m!r} m make no grid")
        lon, lat = _vertices_deg(area)
        middle = EqualArea(
            lat0_deg=0.5 * float(lat.min() + lat.max()), lon0_deg=_middle_lon_deg(lon)
        )
        x, y = middle.xy_from_places(lat, lon)
        west = math.floor((x.min() - margin_m) / step_m)
        east = math.ceil((x.max() + margin_m) / step_m)
        south = math.floor((y.min() - margin_m) / step_m)
        north = math.ceil((y.max() + margin_m) / step_m)
        rows, cols = max(1, north - south), max(1, east - west)
        if rows * cols > CELLS_MAX:
            raise UsageError(
                f"{rows} × {cols} cells of {step_m:g} m are more than {CELLS_MAX:,}; "
                f"take a step of at least {step_m * math.sqrt(rows * cols / CELLS_MAX):.0f} m"
            )
        return cls(
            projection=middle,
            step_m=float(step_m),
            rows=rows,
            cols=cols,
            west_m=west * step_m,
            north_m=north * step_m,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.cols

    @property
    def cell_m2(self) -> float:
        """Area of every cell."""
        return self.step_m * self.step_m

    def middles_xy_m(self) -> tuple[Floats, Floats]:
        """x of the columns' middles, shape (cols,), and y of the rows', shape (rows,)."""
        x = self.west_m + (np.arange(self.cols, dtype=np.float64) + 0.5) * self.step_m
        y = self.north_m - (np.arange(self.rows, dtype=np.float64) + 0.5) * self.step_m
        return x, y

    def places_deg(self) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of all cells' middles, each of the grid's shape."""
        x, y = self.middles_xy_m()
        return self.projection.places_from_xy(x[None, :], y[:, None])

    def cells_of(
        self, lat_deg: ArrayLike, lon_deg: ArrayLike
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of the cells that hold places; both -1 off the grid or for NaN."""
        x, y = self.projection.xy_from_places(lat_deg, lon_deg)
        with np.errstate(invalid="ignore"):
            col = np.floor((x - self.west_m) / self.step_m)
            row = np.floor((self.north_m - y) / self.step_m)
            on = (row >= 0) & (row < self.rows) & (col >= 0) & (col < self.cols)
        return (
            np.where(on, row, -1.0).astype(np.int64),
            np.where(on, col, -1.0).astype(np.int64),
        )

    def inside(self, area: BaseGeometry) -> NDArray[np.bool_]:
        """Tell which cells have their middle inside an area (longitude and latitude [deg]).

        Holes are outside. Two areas that share a border and do not overlap share no cell.
        """
        crossings = memory.zeros((self.rows, self.cols + 1), np.uint8)
        dense = shapely.segmentize(area, _EDGE_MAX_DEG)
        polygons = [part for part in shapely.get_parts(dense) if part.geom_type == "Polygon"]
        for ring in shapely.get_rings(np.asarray(polygons, object)):
            lonlat = shapely.get_coordinates(ring)
            x, y = self.projection.xy_from_places(lonlat[:, 1], lonlat[:, 0])
            self._note_crossings(x, y, crossings)
        # A middle with an odd number of borders west of it is inside.
        parity = memory.zeros(self.shape, np.bool_)
        np.bitwise_xor.accumulate(
            crossings[:, : self.cols], axis=1, out=parity.view(np.uint8), dtype=np.uint8
        )
        return parity

    def _note_crossings(self, x: Floats, y: Floats, crossings: NDArray[np.uint8]) -> None:
        """Note, at the first middle east of it, where a ring crosses each row of middles: odd or
        even."""
        # In rows, north to south; an edge owns its upper end and not its lower one.
        r = (self.north_m - y) / self.step_m - 0.5
        top, low = np.minimum(r[:-1], r[1:]), np.maximum(r[:-1], r[1:])
        first = np.clip(np.ceil(top), 0, self.rows).astype(np.int64)
        beyond = np.clip(np.ceil(low), 0, self.rows).astype(np.int64)
        many = beyond - first
        edge = np.repeat(np.arange(many.size), many)
        row = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + first[edge]
        part = (row - r[edge]) / (r[edge + 1] - r[edge])
        at = x[edge] + part * (x[edge + 1] - x[edge])
        col = np.clip(np.ceil((at - self.west_m) / self.step_m - 0.5), 0, self.cols)
        np.bitwise_xor.at(crossings, (row, col.astype(np.int64)), np.uint8(1))

    def mesh_from(self, lat_deg: float, lon_deg: float) -> tuple[Floats, Floats, int]:
        """Offsets from a site at some cells' middles, for loops that go from one to the next.

        Returns
        -------
        east_m, north_m : ndarray, shape (nodes down, nodes across)
            At every so many rows and columns, a node beyond the last cell included. Between the
            nodes they run evenly.
        every : int
            How many.
        """
        if not (abs(lat_deg) <= 90.0 and abs(lon_deg) <= 360.0):
            raise UsageError(
                f"a site at latitude {lat_deg!r} and longitude {lon_deg!r} is not on Earth; give "
                "degrees, latitude first"
            )
        stride = max(1, min(MESH_MAX, int(_MESH_M / self.step_m)))
        rows = np.arange(-(-self.rows // stride) + 1) * stride
        cols = np.arange(-(-self.cols // stride) + 1) * stride
        x = self.west_m + (cols + 0.5) * self.step_m
        y = self.north_m - (rows + 0.5) * self.step_m
        lat, lon = self.projection.places_from_xy(x[None, :], y[:, None])
        east, north = offsets_m(lat_deg, lon_deg, lat, lon)
        return east, north, stride

    def offsets_from(
        self, lat_deg: float, lon_deg: float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """East and north [m] of every cell's middle in a site's azimuthal-equidistant frame.

        Their hypotenuse is the ground range from the site, ``atan2(east, north)`` the bearing.
        """
        mesh_e, mesh_n, stride = self.mesh_from(lat_deg, lon_deg)
        east = np.empty(self.shape, np.float32)
        north = np.empty(self.shape, np.float32)
        _kernels.offsets_between(mesh_e, mesh_n, stride, east, north)
        return east, north

    def resample(
        self,
        patch: NDArray[Any],
        *,
        lat_deg: float,
        lon_deg: float,
        step_m: float,
        how: str,
        outside: float = math.nan,
    ) -> NDArray[Any]:
        """Read a site's patch at the middle of every cell.

        Parameters
        ----------
        patch : ndarray, shape (m, n)
            Around the site, azimuthal-equidistant, row 0 north; both numbers odd, so that the site
            is the middle cell. float32 for ``bilinear`` and ``highest``; anything for ``nearest``.
        lat_deg, lon_deg : float
            The site.
        step_m : float
            Side of the patch's cells.
        how : str
            'nearest', 'bilinear' or 'highest' (see the room's essay).
        outside : float
            What cells beyond the patch get; NaN, unknown, unless told otherwise.

        Returns
        -------
        ndarray, shape of the grid
            Of the patch's type. NaN where a neighbour that counts is NaN.

        Raises
        ------
        UsageError
            A patch without a middle cell, an unknown way to read, or one that the type has not.
        """
        if patch.ndim != 2 or not (patch.shape[0] % 2 and patch.shape[1] % 2) or not step_m > 0.0:
            raise UsageError(
                f"a patch of shape {patch.shape} and step {step_m!r} m has no middle cell to be "
                "the site; give an odd number of rows and columns and a positive step"
            )
        if how not in ("nearest", *_HOWS):
            raise UsageError(f"how={how!r}; choose nearest, bilinear or highest")
        if how != "nearest" and patch.dtype != np.float32:
            raise UsageError(f"how={how!r} reads float32 patches, not {patch.dtype}; take nearest")
        if patch.dtype.kind != "f" and math.isnan(outside):
            raise UsageError(f"{patch.dtype} has no NaN for what lies outside; give outside=")
        mesh_e, mesh_n, stride = self.mesh_from(lat_deg, lon_deg)
        cells = np.ascontiguousarray(patch)
        out = np.full(self.shape, outside, patch.dtype)
        if how == "nearest":
            _kernels.read_nearest(cells, float(step_m), mesh_e, mesh_n, stride, out)
        else:
            _kernels.read_between(cells, float(step_m), mesh_e, mesh_n, stride, _HOWS[how], out)
        return out


def _vertices_deg(area: BaseGeometry) -> tuple[Floats, Floats]:
    """Longitude and latitude of an area's vertices, none far from the next."""
    if area.is_empty:
        raise UsageError("the area is empty; give one with at least a place in it")
    west, south, east, north = area.bounds
    if south < -90.0 or north > 90.0 or west < -360.0 or east > 360.0:
        raise UsageError(
            f"the area reaches from x {west:g} to {east:g} and y {south:g} to {north:g}, which are "
            "no degrees; give longitude and latitude"
        )
    lonlat = shapely.get_coordinates(shapely.segmentize(area, _EDGE_MAX_DEG))
    return lonlat[:, 0], lonlat[:, 1]


def _middle_lon_deg(lon_deg: Floats) -> float:
    """Longitude opposite the widest gap between longitudes, so that the datum line is no edge."""
    around = np.unique(lon_deg % 360.0)
    gaps = np.diff(around, append=around[0] + 360.0)
    widest = int(np.argmax(gaps))
    middle = around[widest] + gaps[widest] + 0.5 * (360.0 - gaps[widest])
    return float((middle + 180.0) % 360.0 - 180.0)
