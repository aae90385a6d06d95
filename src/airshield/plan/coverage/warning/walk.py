"""From radars, sites and inbound targets to minutes of warning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from airshield import geo
from airshield.errors import UsageError
from airshield.plan.coverage.detection import (
    PdTable,
    Rain,
    TargetClass,
    blind_speeds_mps,
    make_table,
    sees_all,
)
from airshield.plan.coverage.detection.cells import AS_CODES, limits_of, sector_sides
from airshield.plan.coverage.detection.reach import PD_NOTHING
from airshield.plan.coverage.warning import _kernels
from airshield.plan.coverage.warning.given import Inbound, Lookout, WarnedSite, WarningRule
from airshield.plan.coverage.warning.told import warning_table
from airshield.sensors.horizon import EARTH_RADIO_M

Floats = NDArray[np.float64]

NODE_M: Final = 20_000.0
"""Distance between places of a track that are computed on the ellipsoid; between them it is
straight in a radar's projection, within 2 m."""

PHASES: Final = 4
"""Ways in which the tracker's windows may fall: a quarter of a window is what the answer is good
to."""


def plan_warning(
    sites: Sequence[WarnedSite],
    lookouts: Sequence[Lookout],
    inbounds: Sequence[Inbound],
    *,
    rule: WarningRule,
    bearings_deg: ArrayLike | int = 72,
    rain: Rain | None = None,
    earth_m: float = EARTH_RADIO_M,
    pool: Executor | None = None,
) -> pa.Table:
    """Minutes of warning for every site, inbound target and bearing.

    Parameters
    ----------
    sites, lookouts, inbounds
        Whom to warn, who looks out, what comes.
    rule : WarningRule
        When a track is confirmed, and the delay of the word.
    bearings_deg : array_like or int
        Bearings from the site to where the target comes from [deg], or how many, evenly spread
        from north.
    rain : Rain, optional
        Around every radar.
    earth_m : float
        Radius of the Earth that rays see as straight [m].
    pool : Executor, optional
        Threads that share the sites.

    Returns
    -------
    pyarrow.Table
        ``tables.WARNING_TIME``, sites then targets then bearings in the order given.

    Raises
    ------
    UsageError
        There is no bearing, or a figure makes no sense.

    Notes
    -----
    The track is a geodesic, walked from outside everybody's reach. In each window a radar looks
    once per turn; where in its turn it is, is unknown, and the chance of a plot is the mean over
    that. Plots of all radars count for one track. Looks are independent. The instant is the first
    at which the mean over the windows' phase reaches the confidence, at the end of a window: good
    to a quarter of ``window_s``, never early.

    Ground that nobody knows hides the target (``warning_min``) or hides nothing (``best_min``);
    a lookout that is not sure sees nothing or all that is in its sight. Where the two answers
    differ in kind the status is "unknown".
    """
    if isinstance(bearings_deg, int):
        bearings: Floats = np.arange(bearings_deg, dtype=np.float64)
        bearings *= 360.0 / max(bearings_deg, 1)
    else:
        bearings = np.atleast_1d(np.asarray(bearings_deg, np.float64)) % 360.0
    if bearings.size == 0 or not bool(np.isfinite(bearings).all()):
        raise UsageError("bearings_deg must be at least one bearing in degrees")
    seen = {
        (i, inbound.target): make_table(lookout.figures, inbound.target, rain=rain, earth_m=earth_m)
        if lookout.is_sure
        else sees_all(lookout.figures)
        for i, lookout in enumerate(lookouts)
        for inbound in inbounds
    }

    def walk(site: WarnedSite) -> Any:
        return _walk(site, lookouts, inbounds, seen, rule, bearings, earth_m)

    answers = list((map if pool is None else pool.map)(walk, sites))
    return warning_table(sites, inbounds, bearings, answers, delay_s=rule.delay_s)


def _walk(
    site: WarnedSite,
    lookouts: Sequence[Lookout],
    inbounds: Sequence[Inbound],
    seen: dict[tuple[int, TargetClass], PdTable],
    rule: WarningRule,
    bearings: Floats,
    earth_m: float,
) -> NDArray[np.float64]:
    """Seconds left when confirmed (sure, best), and whether any radar had a chance.

    Shape (inbounds, 3, bearings).
    """
    out = np.full((len(inbounds), 3, bearings.size), np.nan)
    away = np.array(
        [
            geo.ground_distance_m(site.lat_deg, site.lon_deg, one.lat_deg, one.lon_deg)
            for one in lookouts
        ]
    )
    nodes = _nodes(site, lookouts, bearings, float(away.max(initial=0.0)))
    step_s = rule.window_s / PHASES
    states = 1 << (rule.looks - 1)
    room = (
        np.empty((PHASES, states)),
        np.empty(states),
        np.empty(states, np.int64),
        np.empty(PHASES),
    )
    for k, inbound in enumerate(inbounds):
        spacing_m = inbound.spd_mps * step_s
        reach = [
            min(one.figures.rng_max_m, seen[i, inbound.target].rng_end_m)
            for i, one in enumerate(lookouts)
        ]
        far_m = max((away + reach).tolist(), default=0.0)
        # One window more, so that the first lies outside.
        steps = math.ceil(1.001 * far_m / spacing_m) + PHASES
        sure = np.ones((bearings.size, steps))
        best = np.ones((bearings.size, steps))
        # What an unsure radar sees counts in the best case alone.
        aside = np.ones((bearings.size, steps))
        work = np.zeros((_kernels.WORK_ROWS, steps), np.float32)
        code = np.zeros(steps, np.uint8)
        for i, one in enumerate(lookouts):
            table = seen[i, inbound.target]
            limits = limits_of(
                one.figures,
                table,
                surface_msl_m=one.surface_msl_m,
                pd_least=PD_NOTHING,
                earth_m=earth_m,
            )._replace(rng_max_m=np.float32(reach[i]))
            _kernels.look_along(
                nodes[i][0],
                nodes[i][1],
                NODE_M,
                spacing_m,
                inbound.spd_mps,
                inbound.hgt_m,
                inbound.above_ground,
                one.lowest_msl_m,
                one.ground_msl_m,
                one.step_m,
                limits,
                table.pd,
                sector_sides(one.figures),
                one.figures.spd_radial_min_mps if one.is_sure else 0.0,
                blind_speeds_mps(one.figures),
                rule.window_s / one.figures.turn_s,
                AS_CODES,
                work,
                code,
                sure if one.is_sure else aside,
                best,
            )
        ways = (PHASES, rule.hits, rule.looks, rule.confidence)
        _kernels.confirm_along(sure, step_s, *ways, *room, out[k, 0])
        out[k, 1] = out[k, 0]
        hang = np.flatnonzero((best != sure).any(axis=1))
        if hang.size:
            left_s = np.empty(hang.size)
            _kernels.confirm_along(best[hang], step_s, *ways, *room, left_s)
            out[k, 1, hang] = left_s
        out[k, 2] = (best < 1.0).any(axis=1)
    return out


def _nodes(
    site: WarnedSite, lookouts: Sequence[Lookout], bearings: Floats, away_m: float
) -> list[tuple[Floats, Floats]]:
    """Places along the tracks, east and north of each radar in its own projection [m]."""
    reach_m = max((one.figures.rng_max_m for one in lookouts), default=0.0)
    far = NODE_M * np.arange(math.ceil(1.01 * (away_m + reach_m) / NODE_M) + 3)
    lat, lon = geo.place_from(site.lat_deg, site.lon_deg, bearings[:, None], far)
    out = []
    for one in lookouts:
        rng = geo.ground_distance_m(one.lat_deg, one.lon_deg, lat, lon)
        azm = np.radians(geo.azimuth_true_deg(one.lat_deg, one.lon_deg, lat, lon))
        out.append((rng * np.sin(azm), rng * np.cos(azm)))
    return out
