"""Maps of codes as polygons: gaps, numbers of radars, bands of lowest altitude."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from airshield import memory, tables
from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.plan.coverage import reasons
from airshield.plan.coverage.network import _kernels
from airshield.plan.coverage.network.cover import LayerCover

_EDGE_MAX_M: Final = 20_000.0
"""An edge straight on the map leaves the one straight in longitude and latitude by 10 m in this."""


_KINDS_MAX: Final = 255


class _Runs(NamedTuple):
    """Cells of one region next to each other in a row: columns from ``starts`` to before ``ends``.

    ``row_at[r]`` is the first run of row r, ``label`` is 1 + the region of each.
    """

    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    row_at: NDArray[np.int64]
    label: NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """Regions of cells with one code each, connected through sides.

    Attributes
    ----------
    code : ndarray of int64, shape (n,)
        Each region's code.
    cells : ndarray of int64, shape (n,)
        How many cells it has.
    labels : ndarray of int32, shape (rows, cols)
        1 + the region of each cell; 0 where it has none.
    polygons : ndarray of shapely polygons, shape (n,)
        Outlines in the grid's projection [m], outer rings counter-clockwise.
    """

    code: NDArray[np.int64]
    cells: NDArray[np.int64]
    labels: NDArray[np.int32]
    polygons: NDArray[Any]


def regions_of(
    grid: Grid, codes: NDArray[Any], *, wanted: Iterable[int], tolerance_m: float = 0.0
) -> Regions:
    """Outline the regions of equal codes.

    Parameters
    ----------
    grid, codes
        The map, and a small integer for each of its cells.
    wanted : iterable of int
        Which codes become regions.
    tolerance_m : float
        Corners that matter less are left out (Visvalingam and Whyatt 1993, as GEOS has it: the
        square of this is the area that may be cut off at once), common borders alike on both sides:
        neighbours still meet, without overlap. Zero: outlines follow the cells, and their area
        is the number of cells times a cell's, exactly.

    Notes
    -----
    The figures ``cells`` and ``labels`` are of the map as it is, whatever the tolerance.
    """
    if codes.shape != grid.shape:
        raise UsageError(f"a map of {codes.shape} cells on a grid of {grid.shape}")
    kinds = list(wanted)
    if len(kinds) > _KINDS_MAX:
        raise UsageError(f"{len(kinds)} codes are wanted; {_KINDS_MAX} at most become regions")
    which: NDArray[np.uint8] = memory.zeros(grid.shape, np.uint8)
    for kind, code in enumerate(kinds):
        which[codes == code] = kind + 1
    return _regions(grid, which, kinds, tolerance_m)[0]


def _regions(
    grid: Grid, which: NDArray[np.uint8], kinds: Sequence[int], tolerance_m: float
) -> tuple[Regions, _Runs]:
    """The regions of a map of numbers of kinds, from 1 on, and the runs that they are made of."""
    starts, ends, number, row_at = _runs(which)
    label = np.zeros(starts.size, np.int32)
    parent = np.empty(starts.size, np.int32)
    sides = int(_kernels.join_runs(starts, ends, number, row_at, parent))
    many_of = np.zeros(len(kinds) + 1, np.int64)
    _kernels.number_runs(number, parent, many_of, label)
    many = int(many_of.sum())
    # With a border of zeros, which the outlines need; rows of cells that are in no region take
    # no memory.
    bordered = memory.zeros((grid.rows + 2, grid.cols + 2), np.int32)
    cells = np.zeros(many, np.int64)
    _kernels.draw_runs(starts, ends, row_at, label, bordered, cells)
    runs = _Runs(starts, ends, row_at, label)
    # Where there are several kinds, a corner of one may lie on a straight line of another.
    turns_only = len(kinds) == 1
    outline = _outlines(grid, bordered, runs, many, sides, turns_only=turns_only)
    if outline.size:
        # Also at zero: it takes away the corners that lie on straight lines.
        outline = shapely.orient_polygons(shapely.coverage_simplify(outline, tolerance_m))
    regions = Regions(
        code=np.repeat(np.array(kinds, np.int64), many_of[1:]),
        cells=cells,
        labels=bordered[1:-1, 1:-1],
        polygons=outline,
    )
    return regions, runs


def _runs(
    which: NDArray[np.uint8],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8], NDArray[np.int64]]:
    """First columns, columns after the last, kinds of runs, and the first run of each row."""
    rows, cols = which.shape
    row_at = np.zeros(rows + 1, np.int64)
    room = 2 * cols + 4 * rows
    starts, ends = np.empty(room, np.int32), np.empty(room, np.int32)
    kinds = np.empty(room, np.uint8)
    row = 0
    while True:
        row = int(_kernels.find_runs(which, row, starts, ends, kinds, row_at))
        if row == rows:
            many = int(row_at[rows])
            return starts[:many], ends[:many], kinds[:many], row_at
        starts, ends, kinds = (np.concatenate([old, old]) for old in (starts, ends, kinds))


def _outlines(
    grid: Grid,
    labels: NDArray[np.int32],
    runs: _Runs,
    many: int,
    sides: int,
    *,
    turns_only: bool,
) -> NDArray[Any]:
    """Polygons of labels 1 to ``many``; corners on straight lines are left out or not."""
    if many == 0:
        return np.empty(0, object)
    rows, cols = np.empty(sides, np.int32), np.empty(sides, np.int32)
    starts, of = np.empty(sides + 1, np.int64), np.empty(sides, np.int32)
    seen = memory.zeros(labels.shape, np.bool_)
    rings = _kernels.trace_rings(
        labels, runs.row_at, runs.starts, runs.ends, turns_only, seen, rows, cols, starts, of
    )
    ends, of = starts[: rings + 1], of[:rings]
    corners = int(ends[-1])
    rows, cols = rows[:corners], cols[:corners]
    # A cell's corner is one row and one column less than in the bordered map.
    x = grid.west_m + (cols - 1.0) * grid.step_m
    y = grid.north_m - (rows - 1.0) * grid.step_m
    of_corner = np.repeat(np.arange(rings), np.diff(ends))
    linear = shapely.linearrings(np.column_stack([x, y]), indices=of_corner)
    # Twice the signed area: holes run clockwise, with the region on their left.
    onward: NDArray[np.int64] = np.arange(1, corners + 1)
    onward[ends[1:] - 1] = ends[:-1]
    area = np.add.reduceat(
        cols.astype(np.float64) * -rows[onward] + cols[onward].astype(np.float64) * rows, ends[:-1]
    )
    # Within a label its outer ring comes first, as shapely's indices want it.
    order = np.lexsort((area < 0.0, of))
    polygons: NDArray[Any] = shapely.polygons(linear[order], indices=of[order] - 1)
    return polygons


def lonlat_from(grid: Grid, polygons: NDArray[Any]) -> NDArray[Any]:
    """The same shapes in longitude and latitude [deg], cut at the datum line (RFC 7946, 3.1.9).

    Outer rings run counter-clockwise and holes clockwise: the right-hand rule of RFC 7946, 3.1.6.
    """
    lon0 = grid.projection.lon0_deg

    def unproject(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        lat, lon = grid.projection.places_from_xy(xy[:, 0], xy[:, 1])
        # In one piece around the middle, though it may reach beyond 180 degrees.
        return np.column_stack([lon0 + (lon - lon0 + 180.0) % 360.0 - 180.0, lat])

    dense = shapely.segmentize(polygons, _EDGE_MAX_M)
    out = shapely.transform(dense, unproject)
    bounds = shapely.bounds(out)
    for at in np.flatnonzero((bounds[:, 0] < -180.0) | (bounds[:, 2] > 180.0)):
        out[at] = _cut(out[at])
    oriented: NDArray[Any] = shapely.orient_polygons(out)
    return oriented


def _cut(shape: BaseGeometry) -> BaseGeometry:
    """Bring a shape that reaches beyond 180 degrees back, in pieces."""
    pieces: list[BaseGeometry] = []
    for turn in (-360.0, 0.0, 360.0):
        piece = shapely.intersection(shape, shapely.box(turn - 180.0, -90.0, turn + 180.0, 90.0))
        moved = shapely.transform(piece, lambda xy, by=turn: xy - [by, 0.0])
        pieces += [part for part in shapely.get_parts(moved) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(pieces) if len(pieces) > 1 else pieces[0]


def find_gaps(
    cover: LayerCover,
    *,
    inside: NDArray[np.bool_],
    people: NDArray[np.float64] | None = None,
    active: Iterable[str] | None = None,
    tolerance_m: float = 0.0,
) -> pa.Table:
    """GAP rows of a layer: the territory's regions that no radar sees, largest first.

    Parameters
    ----------
    cover : LayerCover
        The layer, with its radars added.
    inside : ndarray of bool, shape (rows, cols)
        The territory.
    people : ndarray of float64, shape (rows, cols), optional
        How many live in each cell; without, ``n_people`` is null.
    active : iterable of str, optional
        Only these radars; then the reasons are still those of the whole network where that does
        not see, and 'seen' where a radar that is not among them does.
    tolerance_m : float
        As for :func:`regions_of`.

    Returns
    -------
    pyarrow.Table
        Schema GAP. Unknown ground is no gap; places where the height lies below the ground are
        none either.
    """
    grid = cover.grid
    if inside.shape != grid.shape:
        raise UsageError(f"a territory of {inside.shape} cells on a grid of {grid.shape}")
    regions, runs = _regions(grid, cover.gaps(inside, active), [1], tolerance_m)
    many = regions.code.size
    order = np.argsort(-regions.cells, kind="stable")
    by_reason = np.zeros((many, len(reasons.NAMES)), np.int64)
    lives = np.full(many, np.nan if people is None else 0.0)
    _kernels.weigh_runs(
        *runs, cover.why, np.empty((0, 0)) if people is None else people, by_reason, lives
    )
    outlines = lonlat_from(grid, regions.polygons)
    lat, lon = _places_in(grid, runs, regions.cells)
    columns = {
        "layer": [cover.layer.name] * many,
        "gap": np.arange(many),
        "area_m2": regions.cells[order] * grid.cell_m2,
        "n_people": lives[order],
        "reason": [reasons.NAMES[code] for code in by_reason.argmax(axis=1)[order]],
        "lat_deg": lat[order],
        "lon_deg": lon[order],
        "outline": pa.array(shapely.to_wkb(outlines[order]).tolist(), pa.large_binary()),
    }
    return tables.make_table(tables.GAP, columns, rows=many)


def _places_in(
    grid: Grid, runs: _Runs, cells: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle of one cell of each region, well within it where it is wide."""
    # Half-way through a region's cells, row by row: never outside, seldom at an end.
    cell = np.zeros(cells.size, np.int64)
    _kernels.middle_cells(*runs, grid.cols, cells // 2, cell)
    x, y = grid.middles_xy_m()
    row, col = np.divmod(cell, grid.cols)
    return grid.projection.places_from_xy(x[col], y[row])


def bands_of(lowest_m: NDArray[np.float32], levels_m: Sequence[float]) -> NDArray[np.int8]:
    """Codes of lowest altitudes: i where the i-th level is the first at which a target is seen.

    Beyond the last level, and where it is infinite: ``len(levels_m)``. Unknown: -1.

    Examples
    --------
    >>> bands_of(np.array([[80.0, 100.0, 101.0, np.inf, np.nan]], np.float32), [100, 300]).tolist()
    [[0, 0, 1, 2, -1]]
    """
    levels = np.asarray(levels_m, np.float64)
    if levels.ndim != 1 or levels.size > 100 or not (np.diff(levels) > 0.0).all():
        raise UsageError(f"levels {levels_m!r}: give up to a hundred altitudes, lowest first")
    band = np.searchsorted(levels, lowest_m, side="left").astype(np.int8)
    band[np.isnan(lowest_m)] = -1
    return band


def features(
    grid: Grid, regions: Regions, names: Sequence[str], *, key: str
) -> list[dict[str, Any]]:
    """GeoJSON features (RFC 7946), one for each code that occurs: a MultiPolygon of its regions.

    Parameters
    ----------
    grid, regions
        From :func:`regions_of`.
    names : sequence of str
        The name of each code, for the property ``key``.
    key : str
        Name of that property; the other is ``area_m2``, counted in cells.
    """
    outlines = lonlat_from(grid, regions.polygons)
    out = []
    for code in np.unique(regions.code):
        mine = regions.code == code
        parts = [part for shape in outlines[mine] for part in shapely.get_parts(shape)]
        area_m2 = float(regions.cells[mine].sum() * grid.cell_m2)
        out.append(
            {
                "type": "Feature",
                "properties": {key: names[code], "area_m2": area_m2},
                "geometry": shapely.geometry.mapping(shapely.MultiPolygon(parts)),
            }
        )
    return out
