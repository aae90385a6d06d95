"""The survey itself: radars side by side onto one grid, then what they are worth together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import memory, tables
from airshield.geo.grid import Grid
from airshield.geo.terrain import LEAST_SHARE, GridPatch, Terrain, coarse_of, coarse_warnings
from airshield.plan.coverage.network import (
    Groups,
    LayerCover,
    LowestAltitude,
    contributor_values,
    cover_table,
    find_gaps,
    group_cells,
    pair_values,
    place_people,
    radar_values,
    site_weights,
)
from airshield.plan.coverage.network.cover import maps_of
from airshield.plan.coverage.survey.answers import Answer, CoverAsked, answer_cover
from airshield.plan.coverage.survey.cells import RadarCells, add_radars, cells_of, covers_of
from airshield.plan.coverage.survey.sights import (
    RadarSight,
    SightCache,
    look_around,
    reach_m,
    sight_key,
)
from airshield.plan.coverage.survey.task import SurveyRadar, SurveyTask
from airshield.plan.coverage.survey.warned import WarningAsked, lookouts_of, warn_sites

Told = Callable[[str, int, int], None]

AROUND: Final = "the ground around the radars"
MAP: Final = "the map"

_MESH_CELLS: Final = 130
"""How far beyond a patch its heights may be read from, in cells: terrain goes by a mesh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a network sees.

    Attributes
    ----------
    task : SurveyTask
    grid : Grid
    inside : ndarray of bool, shape (rows, cols)
        The territory.
    ground_msl_m : ndarray of float32, shape (rows, cols)
        Ground above mean sea level at the cells' middles [m], NaN unknown.
    people : ndarray of float64, shape (rows, cols), or None
    elsewhere_people : float
        Of the places told, those that lie off the territory.
    radars : tuple of RadarCells
    layers : tuple of LayerCover
        In the order of the task's.
    groups : tuple of Groups
        Of each layer, over the whole territory.
    lowest : LowestAltitude
    cover, radar_value, pair_value, contributor_value : pyarrow.Table
        Schemas COVER, RADAR_VALUE, PAIR_VALUE, CONTRIBUTOR_VALUE.
    gaps : pyarrow.Table
        Schema GAP, all layers.
    warning : pyarrow.Table
        Schema WARNING_TIME, of all requirements of warning.
    answers : tuple of Answer
        Of ``asked``, then of ``warned``.
    asked : tuple of CoverAsked
    asked_groups : tuple of Groups
        Of each of them, over its own area.
    warned : tuple of WarningAsked
    stamp : dict
        What every output states: k, terrain, warnings, the probability that counts as seen.
    """

    task: SurveyTask
    grid: Grid
    inside: NDArray[np.bool_] = field(repr=False)
    ground_msl_m: NDArray[np.float32] = field(repr=False)
    people: NDArray[np.float64] | None = field(repr=False)
    elsewhere_people: float
    radars: tuple[RadarCells, ...]
    layers: tuple[LayerCover, ...] = field(repr=False)
    groups: tuple[Groups, ...] = field(repr=False)
    lowest: LowestAltitude = field(repr=False)
    cover: pa.Table = field(repr=False)
    radar_value: pa.Table = field(repr=False)
    pair_value: pa.Table = field(repr=False)
    contributor_value: pa.Table = field(repr=False)
    gaps: pa.Table = field(repr=False)
    warning: pa.Table = field(repr=False)
    answers: tuple[Answer, ...]
    asked: tuple[CoverAsked, ...]
    asked_groups: tuple[Groups, ...] = field(repr=False)
    warned: tuple[WarningAsked, ...]
    stamp: dict[str, Any]


def survey(
    task: SurveyTask,
    *,
    terrain: Terrain,
    asked: Sequence[CoverAsked] = (),
    warned: Sequence[WarningAsked] = (),
    cache: SightCache | None = None,
    threads: int = 1,
    say: Told | None = None,
) -> Survey:
    """Survey a network of radars.

    Parameters
    ----------
    task : SurveyTask
    terrain : Terrain
    asked : sequence of CoverAsked
        Requirements to answer; their layers are surveyed too.
    warned : sequence of WarningAsked
        Requirements of warning, for the task's sites.
    cache : SightCache, optional
        Where sights are kept between runs.
    threads : int
        The result is the same with any number.
    say : callable, optional
        Told what is being done, how many of it are done, and how many there are.

    Raises
    ------
    UsageError
        An area that is none, sites off the map, a radar nowhere on Earth.
    TerrainError
        A raster turns out not to hold heights of ground.
    """
    told: Told = say if say is not None else (lambda what, done, of: None)
    layers = list(dict.fromkeys([*task.layers, *(one.layer for one in asked)]))
    task = replace(task, layers=tuple(layers))
    grid = Grid.around(task.area, step_m=task.step_m)
    inside = grid.inside(task.area)
    told("ground", 0, 1)
    at_hand = _held(task, terrain, cache, threads)
    map_ground = at_hand.on_grid(grid, threads=threads)
    ground = map_ground.height_m
    told("ground", 1, 1)
    names = [radar.name for radar in task.radars]
    sights = _sights(task, at_hand, cache, threads, told)
    # Half as large as all that is to come. What the caller's terrain holds stays the caller's.
    theirs = {id(held) for held in terrain.held_m()}
    spare = [held for held in at_hand.held_m() if id(held) not in theirs]
    del at_hand
    radars = tuple(
        cells_of(radar, sight, grid) for radar, sight in zip(task.radars, sights, strict=True)
    )
    told("map", 0, 1)
    with memory.made_of(spare):
        maps, lowest = maps_of(grid, len(layers), names), LowestAltitude(grid, names)
    del spare
    add_radars(
        radars, task, ground, maps, lowest,
        threads=threads, say=lambda done, of: told("map", done, of),
    )  # fmt: skip
    covers = covers_of(task, ground, maps, grid, threads=threads)

    told("network", 0, 1)
    people, elsewhere = _people(task, grid, inside)
    sites = _sites(task, grid)

    def gaps_of(cover: LayerCover) -> pa.Table:
        return find_gaps(cover, inside=inside, people=people)

    def groups_of(cover: LayerCover) -> Groups:
        return group_cells(cover, inside=inside, people=people, sites=sites)

    with ThreadPoolExecutor(threads) as pool:
        # What takes longer first, and each by itself: all threads are done together then.
        found_gaps, found_groups = pool.map(gaps_of, covers), pool.map(groups_of, covers)
        gaps = pa.concat_tables(found_gaps).combine_chunks()
        groups = tuple(found_groups)
    contributors = task.contributors()
    answers = []
    asked_groups = []
    for want in asked:
        cover = covers[layers.index(want.layer)]
        of = groups[layers.index(want.layer)]
        if want.area is not None:
            within = grid.inside(want.area)
            of = group_cells(
                cover,
                inside=within,
                people=None if people is None else people * within,
                sites=None if sites is None else sites * within,
            )
        asked_groups.append(of)
        answers.append(answer_cover(want, of))
    told("network", 1, 1)
    # Heights in metres of all radars' surroundings, which nobody else needs.
    lookouts = lookouts_of([(cells.radar, cells.sight) for cells in radars if warned])
    roses = []
    with ThreadPoolExecutor(threads) as pool:
        for i, need in enumerate(warned):
            told("warning", i, len(warned))
            rose, answer = warn_sites(
                need, task.sites, lookouts, rain=task.rain, earth_m=task.earth.earth_m, pool=pool
            )
            roses.append(rose)
            answers.append(answer)
    told("warning", len(warned), len(warned))
    return Survey(
        task=task,
        grid=grid,
        inside=inside,
        ground_msl_m=ground,
        people=people,
        elsewhere_people=elsewhere,
        radars=radars,
        layers=tuple(covers),
        groups=groups,
        lowest=lowest,
        cover=cover_table(groups),
        radar_value=radar_values(groups, contributors),
        pair_value=pair_values(groups),
        contributor_value=contributor_values(groups, contributors),
        gaps=gaps,
        warning=tables.concat(tables.WARNING_TIME, roses),
        answers=tuple(answers),
        asked=tuple(asked),
        asked_groups=tuple(asked_groups),
        warned=tuple(warned),
        stamp=_stamp(task, terrain, radars, map_ground),
    )


def roses_of(
    found: Survey,
    asked: Sequence[WarningAsked],
    *,
    without: Sequence[str],
    pool: Executor | None = None,
) -> pa.Table:
    """WARNING_TIME of requirements when some contributors bring nothing."""
    lookouts = lookouts_of(
        [
            (cells.radar, cells.sight)
            for cells in found.radars
            if cells.radar.contributor not in without
        ]
    )
    earth_m = found.task.earth.earth_m
    return tables.concat(
        tables.WARNING_TIME,
        [
            warn_sites(
                need,
                found.task.sites,
                lookouts,
                rain=found.task.rain,
                earth_m=earth_m,
                pool=pool,
            )[0]
            for need in asked
        ],
    )


def _held(task: SurveyTask, terrain: Terrain, cache: SightCache | None, threads: int) -> Terrain:
    """Terrain that several radars need, read once; the map has its own from there too."""
    step_m = task.sight_step_m

    def is_kept(radar: SurveyRadar) -> bool:
        key = sight_key(radar, terrain=terrain, earth=task.earth, step_m=step_m)
        return cache is not None and cache.has(key)

    return terrain.held_around(
        [
            (radar.lat_deg, radar.lon_deg, reach_m(radar) + _MESH_CELLS * 4.0 * step_m)
            for radar in task.radars
            if not is_kept(radar)
        ],
        threads=threads,
    )


def _sights(
    task: SurveyTask, around: Terrain, cache: SightCache | None, threads: int, told: Told
) -> list[RadarSight]:
    """What each radar sees down to."""
    step_m = task.sight_step_m
    lock = threading.Lock()
    done = 0

    def one(radar: SurveyRadar) -> RadarSight:
        nonlocal done
        sight = look_around(radar, terrain=around, earth=task.earth, step_m=step_m, cache=cache)
        with lock:
            done += 1
            told("radars", done, len(task.radars))
        return sight

    told("radars", 0, len(task.radars))
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, task.radars))


def _people(
    task: SurveyTask, grid: Grid, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.float64] | None, float]:
    if task.place_people is None or task.place_lat_deg is None or task.place_lon_deg is None:
        return None, 0.0
    placed = place_people(
        grid,
        inside,
        lat_deg=task.place_lat_deg,
        lon_deg=task.place_lon_deg,
        people=task.place_people,
    )
    return placed.people, placed.elsewhere_people


def _sites(task: SurveyTask, grid: Grid) -> NDArray[np.float64] | None:
    """How many sites lie in each cell; those off the map are no cells' and left out."""
    lat = np.array([site.lat_deg for site in task.sites])
    lon = np.array([site.lon_deg for site in task.sites])
    if not lat.size:
        return None
    on = grid.cells_of(lat, lon)[0] >= 0
    return site_weights(grid, lat[on].tolist(), lon[on].tolist()) if on.any() else None


def _of_ground(radars: Sequence[RadarCells], ground: GridPatch) -> list[str]:
    """How much of the ground, around the radars and on the map, is known badly or not at all."""
    areas = np.array([cells.sight.levels[-1].half_m ** 2 for cells in radars])

    def around(shares: list[float]) -> float:
        return float(np.average(shares, weights=areas)) if shares else 0.0

    sights = [cells.sight for cells in radars]
    coarse_share, coarse_m = coarse_of(ground.shares)
    parts = [(around([one.coarse_share for one in sights]), AROUND)] if sights else []
    told = list(
        coarse_warnings(
            [*parts, (coarse_share, MAP)], max([coarse_m, *(one.coarse_m for one in sights)])
        )
    )
    unknown = [
        f"{share:.1%} of {of}"
        for share, of in (
            (around([one.unknown_share for one in sights]), AROUND),
            (ground.unknown_share, MAP),
        )
        if share >= LEAST_SHARE
    ]
    if unknown:
        told.append(
            f"Unknown terrain: nobody knows the heights of {' and '.join(unknown)}; what is there "
            "and behind it is counted as unknown; give terrain that has them"
        )
    return told


def _stamp(
    task: SurveyTask,
    terrain: Terrain,
    radars: Sequence[RadarCells],
    ground: GridPatch,
) -> dict[str, Any]:
    warnings = [*task.earth.warnings, *task.notes, *_of_ground(radars, ground)]
    blind = [cells.radar.name for cells in radars if np.isnan(cells.sight.antenna_msl_m)]
    if blind:
        warnings.append(
            f"the ground at {', '.join(blind)} is unknown, and so is all that is seen from there; "
            "give ground_msl_m or terrain that reaches there"
        )
    no_power = [cells.radar.name for cells in radars if not cells.radar.is_power_known]
    if no_power:
        warnings.append(
            f"nobody says what {', '.join(no_power)} reach{'es' if len(no_power) == 1 else ''}: "
            "what is in sight is counted as unknown; write ref_rng_m, ref_rcs_m2 and ref_pd"
        )
    no_turn = [cells.radar.name for cells in radars if not cells.radar.is_turn_known]
    if no_turn:
        warnings.append(
            f"nobody says how often {', '.join(no_turn)} look{'s' if len(no_turn) == 1 else ''}: "
            "whether they warn in time is unknown; write turn_s"
        )
    return {
        "kind": "planning estimate",
        "k": task.earth.k,
        "earth": task.earth.name,
        "terrain": list(terrain.sources),
        "terrain_digest": terrain.digest,
        "step_m": task.step_m,
        "sight_step_m": task.sight_step_m,
        "pd_least": task.pd_least,
        "rain_mm_h": None if task.rain is None else task.rain.rate_mm_h,
        "targets": {
            name: {"rcs_m2": target.rcs_m2, "swerling": target.swerling, "source": target.source}
            for name, target in task.targets.items()
            if any(layer.cls == name for layer in task.layers)
        },
        "warnings": list(dict.fromkeys(warnings)),
    }
