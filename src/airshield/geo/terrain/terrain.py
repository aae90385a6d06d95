"""Terrain: heights of the ground from rasters, wherever and however fine they are wanted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield import memory
from airshield.errors import UsageError
from airshield.geo.geodesic import place_from
from airshield.geo.grid import Grid
from airshield.geo.terrain import _kernels
from airshield.geo.terrain.digest import digest_of
from airshield.geo.terrain.layer import WINDOW_CELLS, Heights, Layer, layers_of
from airshield.geo.terrain.mesh import Mesh, Places, around_site, mesh_of
from airshield.geo.terrain.patch import GridPatch, Patch, Share
from airshield.geo.terrain.raster import (
    Sea,
    find_rasters,
)
from airshield.geo.terrain.world import world_heights

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Reduce = Literal["bilinear", "max"]

MOST_CELLS: Final = 1 << 30
"""Largest patch: 4 GB of heights. Beyond it somebody has confused metres and kilometres."""

HELD_CELLS: Final = 1 << 28
"""Most that is held at once: 1 GB, all of Ukraine and 200 km around it at 90 m."""

POINT_TILE: Final = 512
"""Points are looked up by tiles of so many cells a side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """Heights of the ground above mean sea level, from one or more rasters.

    Holds no heights: every question reads the window that it needs, at most
    some 64 MB at a time, so a raster may be larger than the memory. May be used from many threads,
    and sent to other processes.
    """

    layers: tuple[Layer, ...]
    """Finest first; a coarser one serves where the finer ones know nothing."""

    @classmethod
    def open(
        cls,
        *paths: str | Path,
        unit: str | None = None,
        sea: Sea = "told",
        world: bool = False,
    ) -> Terrain:
        """Terrain of raster files, zips and folders.

        Parameters
        ----------
        *paths : str or Path
            GeoTIFF, COG, VRT, hgt, DTED, ...; zips of them; folders of both. Any coordinate system.
        unit : str, optional
            Unit of their heights where they tell none or a wrong one: ``"m"``, ``"ft"``, ...
        sea : {"told", "floor", "void"}
            What they have at sea: its height, its floor, or nothing (see :func:`find_rasters`).
        world : bool
            Whether the built-in world grid serves where the files know nothing.

        Raises
        ------
        MissingFileError
            Where there is nothing at a path.
        TerrainError
            Where a file is no raster of heights above mean sea level, does not say where it lies,
            or says what cannot be.
        UsageError
            Without a path.

        Examples
        --------
        >>> Terrain.open("nowhere.tif")
        Traceback (most recent call last):
        ...
        airshield.errors.MissingFileError: nowhere.tif: no such file or folder; give a raster of \
heights (GeoTIFF, hgt, VRT)
        """
        if not paths:
            raise UsageError("no terrain is given; name a raster file, or use Terrain.world()")
        if sea not in ("told", "floor", "void"):
            raise UsageError(f"sea must be 'told', 'floor' or 'void', got {sea!r}")
        found: list[Heights] = [
            one for path in paths for one in find_rasters(path, unit=unit, sea=sea)
        ]
        if world:
            found.append(world_heights())
        return cls(layers=layers_of(found))

    @classmethod
    def world(cls, source: str = "built-in") -> Terrain:
        """Terrain of the whole Earth in cells of 5 minutes of arc (9 km): see :mod:`.world`.

        Parameters
        ----------
        source : {"built-in", "p1511"}
            The grid that comes with airshield, or the one of Recommendation ITU-R P.1511-2, which
            is more exact and comes with the package itur (the extra ``itu``).
        """
        return cls(layers=layers_of([world_heights(source)]))

    @property
    def digest(self) -> str:
        """Name of the content: equal only where every height is; see :mod:`.digest`."""
        return digest_of(self.layers)

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the rasters, finest first."""
        return tuple(heights.shown for layer in self.layers for heights, _, _ in layer.members)

    def around(
        self,
        lat_deg: float,
        lon_deg: float,
        *,
        half_m: float,
        step_m: float,
        reduce: Reduce = "bilinear",
    ) -> Patch:
        """Square of terrain around a site, in true bearing and distance from it.

        Parameters
        ----------
        lat_deg, lon_deg : float
            The site, WGS 84; longitude as people write it, -180 to 360.
        half_m : float
            How far the patch reaches from the site to the north, east, south and west [m]; rounded
            up to whole cells.
        step_m : float
            Size of a cell [m].
        reduce : {"bilinear", "max"}
            ``"bilinear"``: the height at the centre of each cell. ``"max"``: the highest ground in
            each cell, for coarse cells far away: their ridges stay.

        Returns
        -------
        Patch
            Azimuthal-equidistant around the site; the middle cell's centre is the site.

        Raises
        ------
        UsageError
            Where the site is not on Earth or the patch makes no sense.
        TerrainError
            Where a raster turns out not to hold heights of ground.

        Notes
        -----
        Cells are within a fiftieth of a cell of where they should be, of the patch's or the
        raster's cell, whichever is smaller (tests/geo/terrain/test_patches.py).
        """
        lat_deg, lon_deg = _checked_site(lat_deg, lon_deg)
        if not (step_m > 0.0 and math.isfinite(step_m)):
            raise UsageError(f"step_m must be a positive number of metres, got {step_m!r}")
        if not (half_m > 0.0 and half_m < 5.0e6):
            raise UsageError(f"half_m must be between 0 and 5,000,000 m, got {half_m!r}")
        half_cells = math.ceil(half_m / step_m - 1e-9)
        side = 2 * half_cells + 1
        places = around_site(lat_deg, lon_deg, half_cells=half_cells, step_m=step_m)
        height_m, shares = self._filled(places, side, side, lon_deg, step_m, reduce)
        return Patch(
            height_m=height_m, step_m=step_m, lat_deg=lat_deg, lon_deg=lon_deg, shares=shares
        )

    def held_around(
        self, sites: Sequence[tuple[float, float, float]], *, threads: int = 1
    ) -> Terrain:
        """The same terrain with what lies around many sites in memory.

        Sites near each other need the same heights: read once, they are at hand for all. The
        heights are the same, bit by bit.

        Parameters
        ----------
        sites : sequence of (float, float, float)
            Latitude and longitude [deg], and how far around is wanted [m].
        threads : int
            How many read.

        Returns
        -------
        Terrain
            To be forgotten when the sites are done. Layers of which the sites would read no cell
            twice, or that need more than ``HELD_CELLS``, are as they were.
        """
        layers = []
        for layer in self.layers:
            boxes = [_site_box(layer, *site) for site in sites]
            known = [box for box in boxes if box is not None]
            if len(known) < 2:
                layers.append(layer)
                continue
            row0, col0 = min(box[0] for box in known), min(box[1] for box in known)
            rows = max(box[0] + box[2] for box in known) - row0
            cols = max(box[1] + box[3] for box in known) - col0
            wanted = sum(box[2] * box[3] for box in known)
            if rows * cols > min(HELD_CELLS, wanted):
                layers.append(layer)
            else:
                layers.append(layer.holding(row0, col0, rows, cols, threads=threads))
        return replace(self, layers=tuple(layers))

    def held_m(self) -> list[F4]:
        """The heights that are held, layer by layer: for who is done with them."""
        return [layer.held.height_m for layer in self.layers if layer.held is not None]

    def on_grid(self, grid: Grid, *, reduce: Reduce = "bilinear", threads: int = 1) -> GridPatch:
        """Terrain at the middles of a map grid's cells, the same with any number of threads.

        Raises
        ------
        TerrainError
            Where a raster turns out not to hold heights of ground.
        """
        x_m, y_m = grid.middles_xy_m()

        def places(row: F8, col: F8) -> tuple[F8, F8]:
            return grid.projection.places_from_xy(
                x_m[0] + col * grid.step_m, y_m[0] - row * grid.step_m
            )

        height_m, shares = self._filled(
            places, grid.rows, grid.cols, grid.projection.lon0_deg, grid.step_m, reduce, threads
        )
        return GridPatch(height_m=height_m, grid=grid, shares=shares)

    def heights_m(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> F4:
        """Height of the ground at places [m above mean sea level], bilinear.

        Parameters
        ----------
        lat_deg, lon_deg : array_like
            WGS-84 places [deg]; they broadcast.

        Returns
        -------
        ndarray of float32, shape (...)
            NaN where it is unknown, and where a place is NaN.

        Examples
        --------
        Kyiv, by the built-in grid; its hills and the river's banks are within one cell:

        >>> float(Terrain.world().heights_m(50.45, 30.52).round())
        125.0
        """
        lat, lon = np.broadcast_arrays(
            np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
        )
        flat_lat, flat_lon = lat.ravel(), lon.ravel()
        out = np.full(flat_lat.size, np.nan, np.float32)
        for layer in self.layers:
            todo = np.flatnonzero(np.isnan(out) & np.isfinite(flat_lat) & np.isfinite(flat_lon))
            if not todo.size:
                break
            near_deg = layer.middle_lon_deg()
            row, col = layer.pixels(flat_lat[todo], flat_lon[todo], near_deg)
            reached = np.isfinite(row) & np.isfinite(col)
            todo, row, col = todo[reached], row[reached], col[reached]
            tile_row = np.floor(row / POINT_TILE).astype(np.int64)
            tile_col = np.floor(col / POINT_TILE).astype(np.int64)
            order = np.lexsort((tile_col, tile_row))
            new = np.flatnonzero((np.diff(tile_row[order]) != 0) | (np.diff(tile_col[order]) != 0))
            for some in np.split(order, new + 1):
                if not some.size:
                    continue
                # Only as much of the tile as its points need, with a neighbour on each side.
                row0, col0 = math.floor(row[some].min()) - 1, math.floor(col[some].min()) - 1
                rows = math.floor(row[some].max()) + 3 - row0
                cols = math.floor(col[some].max()) + 3 - col0
                if not layer.meets(row0, col0, rows, cols):
                    continue
                found = np.full(some.size, np.nan, np.float32)
                window = layer.window_m(row0, col0, rows, cols)
                _kernels.points_m(window, row[some] - row0, col[some] - col0, found)
                out[todo[some]] = found
        return out.reshape(lat.shape)

    def _filled(
        self,
        places: Places,
        rows: int,
        cols: int,
        near_deg: float,
        step_m: float,
        reduce: Reduce,
        threads: int = 1,
    ) -> tuple[F4, tuple[Share, ...]]:
        """Heights of an output grid, and which layer has told how much of it."""
        if rows * cols > MOST_CELLS:
            raise UsageError(
                f"{rows:,} × {cols:,} cells of {step_m:g} m are more than fit in memory; take "
                "larger cells or a smaller reach (both are in metres)"
            )
        if reduce not in ("bilinear", "max"):
            raise UsageError(f"reduce must be 'bilinear' or 'max', got {reduce!r}")
        out: F4 = memory.full((rows, cols), np.nan, np.float32)
        shares = []
        unknown = out.size
        for layer in self.layers:
            if not unknown:
                break
            parts = _parts(
                out, layer, places, 0, 0, near_deg=near_deg, step_m=step_m, reduce=reduce
            )
            with ThreadPoolExecutor(threads) as pool:
                for _ in (map if threads == 1 else pool.map)(_fill, parts):
                    pass
            left = int(np.count_nonzero(np.isnan(out))) if math.isnan(float(out.min())) else 0
            if left < unknown:
                names = ", ".join(heights.shown for heights, _, _ in layer.members[:3])
                more = len(layer.members) - 3
                shares.append(
                    Share(
                        name=names + (f" and {more} more" if more > 0 else ""),
                        cell_m=layer.cell_m,
                        share=(unknown - left) / out.size,
                    )
                )
            unknown = left
        return out, tuple(shares)


class _Part(NamedTuple):
    """A block of an output, and the window of a layer that its heights come from."""

    out: F4
    layer: Layer
    box: tuple[int, int, int, int]
    mesh: Mesh
    reduce: Reduce


def _fill(part: _Part) -> None:
    """Fill what is unknown in a part."""
    held = part.layer.around(*part.box)
    loop = _kernels.bilinear_m if part.reduce == "bilinear" else _kernels.highest_m
    mesh = part.mesh
    loop(held.height_m, float(held.row), float(held.col), mesh.row, mesh.col, mesh.every, part.out)


def _parts(
    out: F4,
    layer: Layer,
    places: Places,
    row0: int,
    col0: int,
    *,
    near_deg: float,
    step_m: float,
    reduce: Reduce,
) -> Iterator[_Part]:
    """A block of the output, in parts that need little memory each."""
    rows, cols = out.shape
    mesh = mesh_of(
        layer,
        places,
        row0=row0,
        col0=col0,
        rows=rows,
        cols=cols,
        near_deg=near_deg,
        step_m=step_m,
    )
    if mesh is not None:
        box = _box(mesh, layer, reduce)
        if box is None:
            return
        _, _, high, wide = box
        if high * wide <= WINDOW_CELLS or (rows == 1 and cols == 1):
            yield _Part(out, layer, box, mesh, reduce)
            return
    half_rows, half_cols = max(rows // 2, 1), max(cols // 2, 1)
    for row in range(0, rows, half_rows):
        for col in range(0, cols, half_cols):
            part = out[row : row + half_rows, col : col + half_cols]
            yield from _parts(
                part,
                layer,
                places,
                row0 + row,
                col0 + col,
                near_deg=near_deg,
                step_m=step_m,
                reduce=reduce,
            )


def _box(mesh: Mesh, layer: Layer, reduce: Reduce) -> tuple[int, int, int, int] | None:
    """Row, column, rows and columns of the layer's window under a mesh; None where none is."""
    row, col = mesh.row[np.isfinite(mesh.row)], mesh.col[np.isfinite(mesh.col)]
    if not (row.size and col.size):
        return None
    margin_row = margin_col = 0.0
    if reduce == "max":
        # A cell's footprint reaches half a cell beyond its centre, along both of its sides.
        margin_row, margin_col = (
            _cell_pixels(mesh.row, mesh.every),
            _cell_pixels(mesh.col, mesh.every),
        )
    row0, col0 = math.floor(row.min() - margin_row), math.floor(col.min() - margin_col)
    rows = math.floor(row.max() + margin_row) + 2 - row0
    cols = math.floor(col.max() + margin_col) + 2 - col0
    return layer.clipped(row0, col0, rows, cols)


def _site_box(
    layer: Layer, lat_deg: float, lon_deg: float, reach_m: float
) -> tuple[int, int, int, int] | None:
    """Row, column, rows and columns of all that patches around a site may read of a layer."""
    lat, lon = _checked_site(lat_deg, lon_deg)
    side = np.linspace(-1.0, 1.0, 33)
    # The square that reaches so far to the north and east, a few cells more around it.
    reach = reach_m + 8.0 * layer.cell_m
    east, north = (
        reach * np.concatenate([side, side, np.full(33, -1.0), np.full(33, 1.0), [0.0]]),
        reach * np.concatenate([np.full(33, -1.0), np.full(33, 1.0), side, side, [0.0]]),
    )
    where = place_from(lat, lon, np.degrees(np.arctan2(east, north)), np.hypot(east, north))
    row, col = layer.pixels(*where, lon)
    if not (np.isfinite(row).all() and np.isfinite(col).all()):
        return None
    row0, col0 = math.floor(row.min()), math.floor(col.min())
    return layer.clipped(row0, col0, math.ceil(row.max()) - row0, math.ceil(col.max()) - col0)


def _cell_pixels(nodes: F8, every: int) -> float:
    """Pixels from one output cell to the next, at most, over either of its sides."""
    return float(max(np.nanmax(np.abs(np.diff(nodes, axis=axis))) for axis in (0, 1))) / every


def _checked_site(lat_deg: float, lon_deg: float) -> tuple[float, float]:
    if not -90.0 <= lat_deg <= 90.0:
        raise UsageError(f"latitude {lat_deg!r} is not on Earth; it goes from -90 to 90 degrees")
    if not -180.0 <= lon_deg <= 360.0:
        raise UsageError(f"longitude {lon_deg!r} is not on Earth; it goes from -180 to 360 degrees")
    return float(lat_deg), (float(lon_deg) + 180.0) % 360.0 - 180.0
