"""From a shield to a survey of what its radars see, and back to words, tables and JSON."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from shapely import union_all
from shapely.geometry.base import BaseGeometry

from airshield import __version__
from airshield._kernels import cache_folder
from airshield.config import Plan, RadarPlan, Shield, load_shield
from airshield.config.problems import nearest
from airshield.errors import UsageError
from airshield.geo.terrain import EarthFactor, Terrain, earth_factor
from airshield.plan.coverage.detection import TARGETS, RadarFigures, Rain
from airshield.plan.coverage.network import Layer
from airshield.plan.coverage.survey import (
    CoverAsked,
    SightCache,
    Survey,
    SurveyRadar,
    SurveySite,
    SurveyTask,
    WarningAsked,
    survey,
)
from airshield.plan.coverage.survey.task import CELLS_WANTED, PD_LEAST, round_step_m
from airshield.plan.coverage.warning import Inbound, site_table

HEIGHTS_AGL_M: Final = (100.0, 300.0, 1_000.0, 3_000.0, 10_000.0)
CLASSES: Final = ("airliner", "light_aircraft", "cruise_missile_like", "large_drone")
"""What is surveyed where neither the shield nor the user says what to."""

RAIN_TOP_MSL_M: Final = 3_000.0
RAIN_EXTENT_M: Final = 20_000.0
"""Where it rains: up to the melting layer of a European spring, as wide as heavy rain is (P.839 and
Rain's own words)."""

FINEST_M: Final = 50.0
"""No finer cells than this are chosen by themselves, however small the area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverPlan:
    """What ``airshield cover`` was asked.

    ``also`` names candidates that count as standing. Not ``with_usual``: only the layers that are
    asked for, and not those that a map shows beside them.
    """

    shield: Path
    terrain: tuple[Path, ...] = ()
    heights: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    k: str | None = None
    step_m: float | None = None
    pd_least: float | None = None
    rain_mm_h: float | None = None
    with_candidates: bool = False
    also: tuple[str, ...] = ()
    with_usual: bool = True
    threads: int | None = None
    use_cache: bool = True


def cover_shield(
    asked: CoverPlan, *, say: Callable[[str, int, int], None] | None = None
) -> tuple[Shield, Survey]:
    """Survey a shield.

    Raises
    ------
    ShieldError, UsageError, TerrainError
        Something in the shield, the options or the terrain is wrong.
    """
    shield = load_shield(asked.shield)
    plan = shield.plan
    area = territory_of(shield)
    terrain = terrain_of(plan, asked.terrain, area)
    wanted = cover_asked(shield)
    task = task_of(
        shield,
        survey_radars(plan, with_candidates=asked.with_candidates, also=asked.also),
        _layers(asked, wanted),
        area=area,
        terrain=terrain,
        k=asked.k,
        step_m=asked.step_m,
        pd_least=PD_LEAST if asked.pd_least is None else asked.pd_least,
        rain=None if not asked.rain_mm_h else rain_of(asked.rain_mm_h),
    )
    found = survey(
        task,
        terrain=terrain,
        asked=wanted,
        warned=warning_asked(shield),
        cache=SightCache(cache_folder() / "sights" if asked.use_cache else None),
        threads=asked.threads or os.cpu_count() or 1,
        say=say,
    )
    return shield, found


def task_of(
    shield: Shield,
    radars: tuple[SurveyRadar, ...],
    layers: tuple[Layer, ...],
    *,
    area: BaseGeometry,
    terrain: Terrain,
    k: str | None = None,
    step_m: float | None = None,
    pd_least: float = PD_LEAST,
    rain: Rain | None = None,
) -> SurveyTask:
    """The task of surveying some radars of a shield."""
    plan = shield.plan
    step_m = step_m or _step_m(area)
    return SurveyTask(
        radars=radars,
        area=area,
        layers=layers,
        targets=dict(TARGETS),
        earth=_earth(k or plan.earth_k, area),
        step_m=step_m,
        sight_step_m=max(min(step_m, terrain.layers[0].cell_m), FINEST_M),
        pd_least=pd_least,
        rain=rain,
        sites=tuple(
            SurveySite(
                name=site.name,
                lat_deg=site.lat_deg,
                lon_deg=site.lon_deg,
                people=site.people,
                warning_s=site.warning_s,
            )
            for site in shield.sites
        ),
        place_lat_deg=_column(plan, "lat_deg"),
        place_lon_deg=_column(plan, "lon_deg"),
        place_people=_column(plan, "people"),
        notes=_notes(plan, {radar.name for radar in radars}),
    )


def _notes(plan: Plan, names: set[str]) -> tuple[str, ...]:
    """What is taken as nothing where nobody told it: both flatter a radar close by."""
    out = []
    for figure, what, remedy in (
        ("elv_max_deg", "where the cone of silence begins", "elv_max_deg"),
        ("rng_min_m", "the least range", "rng_min_m"),
    ):
        silent = [r.name for r in plan.radars if r.name in names and getattr(r, figure) is None]
        if silent:
            of = ", ".join(silent[:3]) + (f" and {len(silent) - 3} more" if silent[3:] else "")
            out.append(f"nobody says {what} of {of}: counted as none; write {remedy}")
    return tuple(out)


def rain_of(rate_mm_h: float) -> Rain:
    """Rain of a rate, all around every radar."""
    return Rain(rate_mm_h=rate_mm_h, top_msl_m=RAIN_TOP_MSL_M, extent_m=RAIN_EXTENT_M)


def territory_of(shield: Shield) -> BaseGeometry:
    """The territory: the shield's areas together, or where it has none its zones."""
    parts = [area.area for area in shield.plan.areas] or [zone.area for zone in shield.zones]
    if not parts:
        raise UsageError(
            f"{shield.name}: neither areas nor zones, so there is no territory to survey; draw one "
            'in a GeoJSON file and name it: areas = "areas.geojson"'
        )
    return union_all(parts)


def areas_of(shield: Shield) -> dict[str, BaseGeometry]:
    """What a requirement may name as its area: the shield's areas, and its zones."""
    areas: dict[str, BaseGeometry] = {zone.name: zone.area for zone in shield.zones}
    return areas | {area.name: area.area for area in shield.plan.areas}


def terrain_of(plan: Plan, given: Sequence[Path], area: BaseGeometry) -> Terrain:
    """The user's terrain, else the shield's, and behind it the coarse world."""
    paths = list(given) or list(plan.terrain)
    return Terrain.open(*paths, world=True) if paths else Terrain.world()


def _earth(name: str | None, area: BaseGeometry) -> EarthFactor:
    middle = area.representative_point()
    which, _, percent = (name or "4/3").partition(":")
    try:
        time_percent = float(percent) if percent else 50.0
    except ValueError:
        raise UsageError(f"k {name!r}: after the colon stands a percentage of time") from None
    return earth_factor(
        which, lat_deg=float(middle.y), lon_deg=float(middle.x), time_percent=time_percent
    )


def survey_radars(
    plan: Plan, *, with_candidates: bool = False, also: Collection[str] = ()
) -> tuple[SurveyRadar, ...]:
    """Radars of a plan with a primary beam, as the survey takes them."""
    return tuple(
        survey_radar(radar)
        for radar in plan.radars
        if radar.has_primary
        and (with_candidates or radar.status == "standing" or radar.name in also)
    )


def survey_radar(radar: RadarPlan) -> SurveyRadar:
    """A radar of a plan, as the survey takes it."""
    known = None not in (radar.ref_rng_m, radar.ref_rcs_m2, radar.ref_pd)
    some: dict[str, Any] = {
        "pfa": radar.ref_pfa,
        "swerling_ref": radar.swerling,
        "pulses": radar.pulses,
        "elv_min_deg": radar.elv_min_deg,
        "elv_max_deg": radar.elv_max_deg,
        "alt_max_msl_m": radar.hgt_max_m,
        "freq_hz": radar.freq_hz,
        "spd_radial_min_mps": radar.spd_radial_min_mps,
    }
    if radar.azm_from_deg is not None and radar.azm_to_deg is not None:
        some["sectors_deg"] = ((radar.azm_from_deg, radar.azm_to_deg),)
    if radar.prf_hz and radar.freq_hz is not None:
        some["prfs_hz"] = radar.prf_hz
    return SurveyRadar(
        figures=RadarFigures(
            name=radar.name,
            antenna_msl_m=0.0,
            turn_s=radar.turn_s or 1.0,
            rng_ref_m=radar.ref_rng_m if known and radar.ref_rng_m else radar.rng_max_m,
            rcs_ref_m2=radar.ref_rcs_m2 if known and radar.ref_rcs_m2 else 1.0,
            pd_ref=radar.ref_pd if known and radar.ref_pd else 0.5,
            rng_min_m=radar.rng_min_m or 0.0,
            rng_max_m=radar.rng_max_m,
            **{key: value for key, value in some.items() if value is not None},
        ),
        contributor=radar.contributor,
        lat_deg=radar.lat_deg,
        lon_deg=radar.lon_deg,
        antenna_agl_m=radar.antenna_agl_m,
        ground_msl_m=radar.ground_msl_m,
        is_power_known=known,
        is_turn_known=radar.turn_s is not None,
    )


def cover_asked(shield: Shield) -> tuple[CoverAsked, ...]:
    """The shield's requirements of cover."""
    areas = areas_of(shield)
    out = []
    for one in shield.plan.requirements.cover:
        above = "ground" if one.hgt_agl_m is not None else "sea"
        height = one.hgt_agl_m if one.hgt_agl_m is not None else one.hgt_msl_m
        assert height is not None, "the door has checked that one of them is there"
        out.append(
            CoverAsked(
                name=one.name,
                of=one.of,
                layer=Layer(cls=target_name(one.target), height_m=height, above=above),
                share=one.share,
                radars=one.radars,
                without_any_one=one.without_any_one,
                area=None if one.area is None else areas[one.area],
            )
        )
    return tuple(out)


def warning_asked(shield: Shield) -> tuple[WarningAsked, ...]:
    """The shield's requirements of warning."""
    out = []
    for one in shield.plan.requirements.warning:
        height = one.hgt_agl_m if one.hgt_agl_m is not None else one.hgt_msl_m
        assert height is not None, "the door has checked that one of them is there"
        out.append(
            WarningAsked(
                name=one.name,
                sites=one.sites,
                inbound=Inbound(
                    target=TARGETS[target_name(one.target)],
                    spd_mps=one.spd_mps,
                    hgt_m=height,
                    above_ground=one.hgt_agl_m is not None,
                ),
                chain_s=one.chain_s.value,
                share_of_bearings=one.share_of_bearings,
            )
        )
    return tuple(out)


def target_name(word: str) -> str:
    """The target class that a person means: 'light aircraft' is ``light_aircraft``."""
    name = "_".join(word.lower().replace("-", " ").split())
    if name not in TARGETS:
        raise UsageError(f"no target class {word!r}. {nearest(name, list(TARGETS))}")
    return name


def _layers(asked: CoverPlan, wanted: Sequence[CoverAsked]) -> tuple[Layer, ...]:
    if not asked.with_usual:
        return ()
    classes = [target_name(word) for word in asked.targets] or list(
        dict.fromkeys([*CLASSES, *(one.layer.cls for one in wanted)])
    )
    heights = [height_of(text) for text in asked.heights] or [
        (height, "ground") for height in HEIGHTS_AGL_M
    ]
    return tuple(
        Layer(cls=cls, height_m=height, above=above) for cls in classes for height, above in heights
    )


def height_of(text: str) -> tuple[float, str]:
    """Read ``300agl`` or ``3000amsl``: metres and above what.

    Examples
    --------
    >>> height_of("3000 AMSL")
    (3000.0, 'sea')
    """
    word = text.lower().replace(" ", "").replace("_", "")
    for end, above in (("amsl", "sea"), ("msl", "sea"), ("agl", "ground")):
        if word.endswith(end):
            number = word.removesuffix(end).removesuffix("m")
            try:
                height = float(number)
            except ValueError:
                break
            if math.isfinite(height) and 0.0 <= height <= 30_000.0:
                return height, above
            break
    raise UsageError(
        f"--height {text!r} is no height; write metres and above what, as 300agl (above ground) or "
        "3000amsl (above mean sea level)"
    )


def _step_m(area: BaseGeometry) -> float:
    """Side of the cells that a map of the whole territory needs."""
    west, south, east, north = area.bounds
    per_deg_m = 111_195.0
    width = (east - west) * per_deg_m * math.cos(math.radians(0.5 * (south + north)))
    whole_m2 = max(width, 1.0) * max((north - south) * per_deg_m, 1.0)
    return round_step_m(max(math.sqrt(whole_m2 / CELLS_WANTED), FINEST_M))


def _column(plan: Plan, name: str) -> Any:
    return np.array([getattr(p, name) for p in plan.people], float) if plan.people else None


# ---------------------------------------------------------------- words


def summary_of(shield: Shield, found: Survey) -> dict[str, Any]:
    """What ``cover --json`` prints."""
    return {
        "shield": shield.name,
        "digest": shield.digest,
        "version": __version__,
        **found.stamp,
        "grid": {"rows": found.grid.rows, "cols": found.grid.cols, "step_m": found.grid.step_m},
        "territory_m2": float(found.inside.sum() * found.grid.cell_m2),
        "people": None if found.people is None else float(found.people.sum()),
        "people_elsewhere": found.elsewhere_people,
        "radars": [
            {
                "name": one.radar.name,
                "contributor": one.radar.contributor,
                "lat_deg": one.radar.lat_deg,
                "lon_deg": one.radar.lon_deg,
                "antenna_msl_m": _plain(one.sight.antenna_msl_m),
                "is_power_known": one.radar.is_power_known,
            }
            for one in found.radars
        ],
        "requirements": [
            {
                "name": one.name, "kind": one.kind, "verdict": one.verdict, "asked": one.asked,
                "low": one.low, "high": one.high, "unit": one.unit, "without": one.without,
            }
            for one in found.answers
        ],
        "holds": holds(found),
        "cover": found.cover.to_pylist(),
        "contributor_value": found.contributor_value.to_pylist(),
        "radar_value": found.radar_value.to_pylist(),
        "pair_value": found.pair_value.to_pylist(),
        "warning": site_table(found.warning).to_pylist(),
        "gaps": found.gaps.drop_columns(["outline"]).to_pylist(),
    }  # fmt: skip


def holds(found: Survey) -> str:
    """Answer all requirements at once: holds, fails or unknown; 'nothing asked' where none is."""
    verdicts = {one.verdict for one in found.answers}
    for worst in ("fails", "unknown", "holds"):
        if worst in verdicts:
            return worst
    return "nothing asked"


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
