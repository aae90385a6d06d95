"""Radars onto the common grid: down to where each sees there, and who sees what of each layer.

The grid is gone through in bands of rows, each thread with a band of its own, and in each band the
radars follow each other in their order: so the answer is the same with any number of threads, and
nothing of a whole map's size is made for one radar.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from shapely import box

from airshield.geo.grid import MESH_MAX, Grid
from airshield.geo.terrain import earth_factor
from airshield.plan.coverage.detection import TARGETS, RadarFigures, make_table, sees_all
from airshield.plan.coverage.detection._kernels import CHUNK
from airshield.plan.coverage.detection.cells import Limits, limits_of, reach_of, sector_sides
from airshield.plan.coverage.network import Layer, LayerCover, LowestAltitude
from airshield.plan.coverage.network.cover import AS_RANKS, NOBODY, LayerMaps, maps_of
from airshield.plan.coverage.survey import _kernels
from airshield.plan.coverage.survey.sights import RadarSight, SightLevel, reach_m
from airshield.plan.coverage.survey.task import SurveyRadar, SurveyTask

Window = tuple[slice, slice]
Floats = NDArray[np.float64]

BAND_ROWS: Final = 16
"""Rows at once: what is known of a band's cells, and its part of the maps of all layers, stays in
the caches from one radar to the next. With 64 it took 4 % longer."""

_WIDER: Final = 1.02
"""By how much a distance in the grid's projection may be longer than over the ground, at most, for
areas as large as a continent."""

_BEYOND: Final = 1.001
"""By how much a slant range is shorter than the ground range, at most, out to 1,200 km: nothing
further out is within the instrumented range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RadarCells:
    """One radar on the common grid.

    ``window`` are the rows and columns that its range reaches, ``part`` is their grid.
    """

    radar: SurveyRadar
    sight: RadarSight = field(repr=False)
    window: Window
    part: Grid = field(repr=False)

    @property
    def lowest_msl_m(self) -> NDArray[np.float32]:
        """Lowest visible altitude in the window [m]: infinite beyond its range, NaN where unknown.

        The highest of the neighbours of the finest level that holds a cell's middle, so it
        promises nothing that they do not. Made at each call: of all radars at once it would be
        more than all the rest.
        """
        out = np.full(self.part.shape, np.inf, np.float32)
        mesh = self.part.mesh_from(self.radar.lat_deg, self.radar.lon_deg)
        room = _Room(self.part.cols)
        for row in range(0, self.part.rows, BAND_ROWS):
            rows = min(BAND_ROWS, self.part.rows - row)
            room.look_down(self, mesh, row, rows)
            for i in range(rows):
                some = slice(room.first[i], room.last[i])
                out[row + i, some] = room.lowest_m[i, some]
        return out


class _Room:
    """What a thread has at hand for one band of one radar.

    Rows next to each other, however many columns a radar's window has: the loops' vectors.
    """

    def __init__(self, cols: int) -> None:
        self._flat = np.empty((3, BAND_ROWS * cols), np.float32)
        self._at = np.empty((3, MESH_MAX), np.int32)
        self._found = np.empty(MESH_MAX, np.uint16)
        self.first = np.empty(BAND_ROWS, np.int64)
        self.last = np.empty(BAND_ROWS, np.int64)
        self.work = np.empty((_kernels.WORK_ROWS, CHUNK), np.float32)
        self.rank = np.empty(CHUNK, np.uint8)

    def look_down(
        self, one: RadarCells, mesh: tuple[Floats, Floats, int], row: int, rows: int
    ) -> None:
        """Find some rows of a radar's window: where they lie, and down to where they are seen."""
        shape = (rows, one.part.cols)
        self.east_m, self.north_m, self.lowest_m = (
            flat[: rows * one.part.cols].reshape(shape) for flat in self._flat
        )
        _kernels.look_down(
            *mesh,
            row,
            *one.sight.told(),
            one.sight.levels[0].step_m,
            _BEYOND * reach_m(one.radar) + 1.0,
            self.east_m,
            self.north_m,
            self.lowest_m,
            self.first,
            self.last,
            self._at,
            self._found,
        )


def cells_of(radar: SurveyRadar, sight: RadarSight, grid: Grid) -> RadarCells:
    """A radar and its window of a grid; its figures then know the antenna's height."""
    window = _window(radar, grid)
    figures = radar.figures
    if np.isfinite(sight.antenna_msl_m):
        figures = replace(figures, antenna_msl_m=sight.antenna_msl_m)
    return RadarCells(
        radar=replace(radar, figures=figures),
        sight=sight,
        window=window,
        part=_part(grid, window),
    )


def add_radars(
    radars: Sequence[RadarCells],
    task: SurveyTask,
    ground_m: NDArray[np.float32],
    maps: LayerMaps,
    lowest: LowestAltitude,
    *,
    threads: int,
    say: Callable[[int, int], None],
) -> None:
    """Note in the maps of all layers who sees what, and the lowest altitude of all."""
    grid = lowest.grid
    meshes = [one.part.mesh_from(one.radar.lat_deg, one.radar.lon_deg) for one in radars]
    judges = [_judge(one, task) for one in radars]
    bands = range(0, grid.rows, BAND_ROWS)
    own = threading.local()
    lock = threading.Lock()
    done = 0

    def one_band(row0: int) -> None:
        nonlocal done
        if not hasattr(own, "room"):
            own.room = _Room(grid.cols)
        row1 = min(row0 + BAND_ROWS, grid.rows)
        # Here rather than before, so that all threads make the pages.
        maps.why_by[:, row0:row1] = NOBODY
        for at, (one, mesh) in enumerate(zip(radars, meshes, strict=True)):
            rows, cols = one.window
            first, last = max(rows.start, row0), min(rows.stop, row1)
            if first < last and cols.start < cols.stop:
                own.room.look_down(one, mesh, first - rows.start, last - first)
                _add(at, first, cols.start, judges[at], ground_m, maps, lowest, own.room)
        with lock:
            done += 1
            say(done, len(bands))

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(one_band, bands):
            pass


def covers_of(
    task: SurveyTask,
    ground_m: NDArray[np.float32],
    maps: LayerMaps,
    grid: Grid,
    *,
    threads: int,
) -> list[LayerCover]:
    """The layers' covers, once all radars are in the maps."""

    def one(at: int) -> LayerCover:
        layer = task.layers[at]
        cover = LayerCover(grid, layer, [radar.name for radar in task.radars], maps=maps, at=at)
        hgt_m = np.float32(layer.height_m)
        if layer.above == "sea":
            with np.errstate(invalid="ignore"):
                cover.note_added(ground_m > hgt_m)
        else:
            # Above ground, unless somebody asks for a height below it.
            cover.note_added(np.isfinite(ground_m) if hgt_m < 0.0 else None)
        return cover

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(len(task.layers))))


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    radar = SurveyRadar(
        figures=RadarFigures(
            name="a", antenna_msl_m=0.0, turn_s=1.0, rng_ref_m=1e3, rcs_ref_m2=1.0, pd_ref=0.5,
            rng_min_m=0.0, rng_max_m=1e3,
        ),
        contributor="", lat_deg=0.0, lon_deg=0.0, antenna_agl_m=1.0,
    )  # fmt: skip
    task = SurveyTask(
        radars=(radar,), area=box(-0.01, -0.01, 0.01, 0.01), targets=dict(TARGETS),
        layers=(Layer(cls=next(iter(TARGETS)), height_m=0.0, above="sea"),),
        earth=earth_factor("4/3"), step_m=500.0, sight_step_m=500.0,
    )  # fmt: skip
    level = SightLevel(
        step_m=500.0,
        lowest_told=np.zeros((9, 9), np.uint16),
        ground_told=np.zeros((9, 9), np.uint16),
    )
    sight = RadarSight(
        antenna_msl_m=1.0, surface_msl_m=0.0, levels=(level,),
        coarse_share=0.0, coarse_m=0.0, unknown_share=0.0,
    )  # fmt: skip
    grid = Grid.around(task.area, step_m=task.step_m)
    add_radars(
        [cells_of(radar, sight, grid)], task, np.zeros(grid.shape, np.float32),
        maps_of(grid, 1, ["a"]), LowestAltitude(grid, ["a"]),
        threads=1, say=lambda done, of: None,
    )  # fmt: skip


class _Judge(NamedTuple):
    """The layers' heights, and a radar's limits and tables for them, as the loops take them."""

    hgt_m: NDArray[np.float32]
    above_ground: NDArray[np.uint8]
    limits: Limits
    tables: NDArray[np.float32]
    rng_step_m: NDArray[np.float32]
    reach_m: NDArray[np.float32]
    sectors: NDArray[np.float32]
    is_power_known: bool


def _judge(one: RadarCells, task: SurveyTask) -> _Judge:
    figures, earth_m = one.radar.figures, task.earth.earth_m
    of_class = {
        cls: make_table(figures, task.targets[cls], rain=task.rain, earth_m=earth_m)
        if one.radar.is_power_known
        else sees_all(figures)
        for cls in {layer.cls for layer in task.layers}
    }
    tables = [of_class[layer.cls] for layer in task.layers]
    # Of one radar all tables have the same heights.
    limits = limits_of(
        figures,
        tables[0] if tables else sees_all(figures),
        surface_msl_m=one.sight.surface_msl_m,
        pd_least=task.pd_least,
        earth_m=earth_m,
    )
    reach_m = [reach_of(table.pd, table.rng_step_m, task.pd_least) for table in tables]
    return _Judge(
        hgt_m=np.array([layer.height_m for layer in task.layers], np.float32),
        above_ground=np.array([layer.above == "ground" for layer in task.layers], np.uint8),
        limits=limits,
        tables=np.array([table.pd for table in tables], np.float32),
        rng_step_m=np.array([table.rng_step_m for table in tables], np.float32),
        reach_m=np.array(reach_m, np.float32),
        sectors=sector_sides(figures),
        is_power_known=one.radar.is_power_known,
    )


def _add(
    at: int,
    row: int,
    col: int,
    judge: _Judge,
    ground_m: NDArray[np.float32],
    maps: LayerMaps,
    lowest: LowestAltitude,
    room: _Room,
) -> None:
    """Note what one radar sees of the band in the room."""
    _kernels.keep_lowest(
        room.lowest_m, room.first, room.last, row, col, at, lowest.lowest_m, lowest.by
    )
    _kernels.see_band(
        room.east_m,
        room.north_m,
        room.lowest_m,
        ground_m,
        room.first,
        room.last,
        row,
        col,
        judge.hgt_m,
        judge.above_ground,
        judge.limits,
        judge.tables,
        judge.rng_step_m,
        judge.reach_m,
        judge.sectors,
        judge.is_power_known,
        at,
        AS_RANKS,
        room.work,
        room.rank,
        maps.bits,
        maps.unknown,
        maps.why,
        maps.why_by,
    )


def _window(radar: SurveyRadar, grid: Grid) -> Window:
    """Rows and columns of a grid that a radar's range reaches; may be none."""
    x, y = grid.projection.xy_from_places([radar.lat_deg], [radar.lon_deg])
    reach = _WIDER * reach_m(radar) + grid.step_m
    rows = (grid.north_m - np.array([y[0] + reach, y[0] - reach])) / grid.step_m
    cols = (np.array([x[0] - reach, x[0] + reach]) - grid.west_m) / grid.step_m
    row = np.clip([np.floor(rows[0]), np.ceil(rows[1])], 0, grid.rows).astype(int)
    col = np.clip([np.floor(cols[0]), np.ceil(cols[1])], 0, grid.cols).astype(int)
    return slice(int(row[0]), int(row[1])), slice(int(col[0]), int(col[1]))


def _part(grid: Grid, window: Window) -> Grid:
    """The grid of a window of a grid."""
    rows, cols = window
    return replace(
        grid,
        rows=rows.stop - rows.start,
        cols=cols.stop - cols.start,
        west_m=grid.west_m + cols.start * grid.step_m,
        north_m=grid.north_m - rows.start * grid.step_m,
    )
