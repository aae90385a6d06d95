"""From a shield to a place for its next radars."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from airshield import __version__
from airshield._kernels import cache_folder
from airshield.cli.covering import (
    cover_asked,
    height_of,
    survey_radar,
    survey_radars,
    target_name,
    task_of,
    terrain_of,
    territory_of,
)
from airshield.config import RadarPlan, Shield, load_shield
from airshield.config.problems import nearest
from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.geo.terrain import Terrain
from airshield.plan.coverage.network import AREA, PEOPLE, Layer
from airshield.plan.coverage.survey import SightCache, SurveyRadar, survey
from airshield.plan.coverage.survey.task import round_step_m
from airshield.plan.siting import (
    SitingPlan,
    SitingProblem,
    demand_of,
    find_candidates,
    plan_sites,
)

OF: Final = {"territory": AREA, "people": PEOPLE}
CANDIDATES: Final = 150
"""How many places are looked for in the terrain, unless told otherwise."""
CELLS_WANTED: Final = 40_000
"""Demand cells: what one cell more or less covers does not choose a site."""
CELLS_TO_SIDE: Final = 400
"""Cells from a candidate to the end of its range: two thirds of a degree apart at the edge."""
DEFAULT_LAYER: Final = Layer(cls="light_aircraft", height_m=300.0, above="ground")


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """What ``airshield site`` was asked."""

    shield: Path
    radars: int | None
    budget: float | None = None
    of: str = "territory"
    like: str | None = None
    antenna_agl_m: float | None = None
    terrain: tuple[Path, ...] = ()
    heights: tuple[str, ...] = ()
    target: str | None = None
    folds: int = 1
    is_robust: bool = False
    from_nothing: bool = False
    candidates: int = CANDIDATES
    time_limit_s: float = 10.0
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sited:
    """Where radars should go: the plan, the radars chosen, and what was looked at."""

    shield: Shield
    plan: SitingPlan
    chosen: tuple[SurveyRadar, ...]
    layers: tuple[Layer, ...]
    like: str
    candidates: int
    from_terrain: bool
    stamp: dict[str, Any]
    of: str


def site_shield(asked: SitePlan, *, say: Callable[[str, int, int], None] | None = None) -> Sited:
    """Choose sites for a shield's next radars.

    Candidates are the radars of the shield with ``status = "candidate"``, from nothing all of its
    radars; where there is none, or a pattern is named, high places of the territory, with the
    figures of one of its radars.

    Raises
    ------
    ShieldError, UsageError, TerrainError
    """
    shield = load_shield(asked.shield)
    area = territory_of(shield)
    terrain = terrain_of(shield.plan, asked.terrain, area)
    layers = _layers(asked, shield)
    standing = () if asked.from_nothing else survey_radars(shield.plan)
    given = [
        radar for radar in shield.plan.radars if radar.status == "candidate" or asked.from_nothing
    ]
    if given and asked.like is None:
        candidates = tuple(
            radar
            for radar in survey_radars(shield.plan, with_candidates=True)
            if radar.name in {one.name for one in given}
        )
        like = "candidates of the shield"
    else:
        pattern = _pattern(asked, shield.plan.radars)
        candidates = _from_terrain(pattern, asked, terrain, area)
        like = pattern.name
    if not candidates:
        raise UsageError(
            "there is no candidate: no ground in the territory that is known and level enough; "
            'give terrain, or radars with status = "candidate"'
        )
    probe = task_of(shield, (), layers, area=area, terrain=terrain)
    step_m = round_step_m(max(_side_m(area) / CELLS_WANTED**0.5, 50.0))
    reach_m = max(radar.figures.rng_max_m for radar in (*candidates, *standing))
    task = replace(
        probe,
        radars=(*standing, *candidates),
        step_m=step_m,
        sight_step_m=max(round_step_m(reach_m / CELLS_TO_SIDE), terrain.layers[0].cell_m),
    )
    found = survey(
        task,
        terrain=terrain,
        cache=SightCache(cache_folder() / "sights"),
        threads=asked.threads or os.cpu_count() or 1,
        say=say,
    )
    if asked.of == "people" and found.people is None:
        raise UsageError(
            'the shield does not say where people live (people = "people.csv"), so there is no '
            "siting for them; leave --for out"
        )
    bits, weights = demand_of(found.groups, of=OF[asked.of])
    costs = {radar.name: radar.cost for radar in shield.plan.radars}
    if asked.budget is not None and any(costs.get(c.name) is None for c in candidates):
        raise UsageError("--budget needs a cost of every candidate; write cost, or give --radars")
    names = tuple(radar.name for radar in task.radars)
    plan = plan_sites(
        SitingProblem(
            sites=names,
            bits=bits,
            weights=weights,
            existing=frozenset(radar.name for radar in standing),
            radars=asked.radars,
            budget=asked.budget,
            costs=None
            if asked.budget is None
            else np.array([costs.get(name) or 0.0 for name in names]),
            folds=asked.folds,
        ),
        time_limit_s=asked.time_limit_s,
        is_robust=asked.is_robust,
    )
    by_name = {cells.radar.name: cells.radar for cells in found.radars}
    return Sited(
        shield=shield,
        plan=plan,
        chosen=tuple(by_name[name] for name in plan.chosen),
        layers=found.task.layers,
        like=like,
        candidates=len(candidates),
        from_terrain=like != "candidates of the shield",
        stamp=found.stamp,
        of=asked.of,
    )


def _layers(asked: SitePlan, shield: Shield) -> tuple[Layer, ...]:
    if asked.heights or asked.target:
        cls = target_name(asked.target) if asked.target else DEFAULT_LAYER.cls
        heights = [height_of(text) for text in asked.heights] or [
            (DEFAULT_LAYER.height_m, DEFAULT_LAYER.above)
        ]
        return tuple(Layer(cls=cls, height_m=height, above=above) for height, above in heights)
    wanted = tuple(dict.fromkeys(one.layer for one in cover_asked(shield)))
    return wanted or (DEFAULT_LAYER,)


def _pattern(asked: SitePlan, radars: Sequence[RadarPlan]) -> SurveyRadar:
    """The radar whose figures candidates from the terrain have."""
    known = {
        radar.name: radar
        for radar in radars
        if radar.has_primary and None not in (radar.ref_rng_m, radar.ref_rcs_m2, radar.ref_pd)
    }
    if asked.like is not None and asked.like not in known:
        raise UsageError(
            f"--like {asked.like!r}: no radar of this shield has that name and figures of what it "
            f"reaches (ref_rng_m, ref_rcs_m2, ref_pd). {nearest(asked.like, list(known))}"
        )
    if not known:
        raise UsageError(
            "no radar of the shield says what it reaches, so no place can be judged; write "
            "ref_rng_m, ref_rcs_m2 and ref_pd of one (and name it with --like)"
        )
    chosen = known[asked.like] if asked.like else max(known.values(), key=lambda r: r.rng_max_m)
    return survey_radar(chosen)


def _from_terrain(
    pattern: SurveyRadar, asked: SitePlan, terrain: Terrain, area: Any
) -> tuple[SurveyRadar, ...]:
    step_m = max(round_step_m(_side_m(area) / 1000.0), terrain.layers[0].cell_m)
    grid = Grid.around(area, step_m=step_m)
    lat, lon = grid.places_deg()
    ground = terrain.on_grid(grid).height_m
    found = find_candidates(
        ground,
        step_m=step_m,
        apart_m=max(_side_m(area) / asked.candidates**0.5, 2.0 * step_m),
        allowed=grid.inside(area),
        at_most=asked.candidates,
    )
    return tuple(
        replace(
            pattern,
            figures=replace(pattern.figures, name=f"site {n + 1}"),
            contributor="candidate",
            lat_deg=round(float(lat[row, col]), 5),
            lon_deg=round(float(lon[row, col]), 5),
            antenna_agl_m=asked.antenna_agl_m or pattern.antenna_agl_m,
            ground_msl_m=None,
        )
        for n, (row, col) in enumerate(zip(found.rows, found.cols, strict=True))
    )


def _side_m(area: Any) -> float:
    """Side of a square as large as the rectangle around an area [m]."""
    west, south, east, north = area.bounds
    wide = (east - west) * 111_195.0 * np.cos(np.radians(0.5 * (south + north)))
    return float(np.sqrt(max(wide, 1.0) * max((north - south) * 111_195.0, 1.0)))


def summary_of(sited: Sited) -> dict[str, Any]:
    """What ``site --json`` prints."""
    plan = sited.plan
    return {
        "shield": sited.shield.name,
        "digest": sited.shield.digest,
        "version": __version__,
        **sited.stamp,
        "layers": [layer.name for layer in sited.layers],
        "for": sited.of,
        "figures_of": sited.like,
        "candidates": sited.candidates,
        "chosen": [
            {
                "name": radar.name,
                "contributor": radar.contributor,
                "lat_deg": radar.lat_deg,
                "lon_deg": radar.lon_deg,
                "antenna_agl_m": radar.antenna_agl_m,
                "antenna_msl_m": radar.figures.antenna_msl_m,
                "share_so_far": value / plan.total if plan.total else None,
            }
            for radar, value in zip(sited.chosen, plan.values, strict=True)
        ],
        "share": plan.value / plan.total if plan.total else None,
        "share_existing": plan.value_existing / plan.total if plan.total else None,
        "share_bound": plan.bound / plan.total if plan.total else None,
        "share_greedy": plan.value_greedy / plan.total if plan.total else None,
        "share_worst_loss": plan.value_worst / plan.total if plan.total else None,
        "worst_loss": plan.worst,
        "gap": plan.gap,
        "is_proven": plan.is_proven,
        "is_robust": plan.is_robust,
        "cost": plan.cost,
    }
