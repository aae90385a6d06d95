"""From radars, sites and inbound targets to minutes of warning."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
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
        (i, inbound.target): seen_by(lookout, inbound.target, rain=rain, earth_m=earth_m)
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
    for k, inbound in enumerate(inbounds):
        spacing_m = _spacing_m(inbound, rule.window_s)
        reach = [
            min(one.figures.rng_max_m, seen[i, inbound.target].rng_end_m)
            for i, one in enumerate(lookouts)
        ]
        far_m = max((away + reach).tolist(), default=0.0)
        steps = _steps(far_m, spacing_m)
        sure = np.ones((bearings.size, steps))
        best = np.ones((bearings.size, steps))
        # What an unsure radar sees counts in the best case alone.
        aside = np.ones((bearings.size, steps))
        for i, one in enumerate(lookouts):
            _look(
                one,
                nodes[i],
                seen[i, inbound.target],
                inbound,
                window_s=rule.window_s,
                earth_m=earth_m,
                sure=sure if one.is_sure else aside,
                best=best,
            )
        out[k, :2] = left_s(sure, rule)
        hang = np.flatnonzero((best != sure).any(axis=1))
        if hang.size:
            out[k, 1, hang] = left_s(best[hang], rule)
        out[k, 2] = (best < 1.0).any(axis=1)
    return out


def seen_by(lookout: Lookout, target: TargetClass, *, rain: Rain | None, earth_m: float) -> PdTable:
    """What a radar detects of a class of target; of one that is not sure, all in its sight."""
    if not lookout.is_sure:
        return sees_all(lookout.figures)
    return make_table(lookout.figures, target, rain=rain, earth_m=earth_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Chances that one radar alone misses a target in the window around each place of its tracks.

    Attributes
    ----------
    bearings : ndarray of int64, shape (n,)
        Which of the bearings have tracks within its reach: from all others it sees nothing.
    sure, best : ndarray of float64, shape (n, places)
        With unknown ground hiding the target, and with it hiding nothing. Place i is i + 1/2
        quarters of a window before the site; places end where the radar sees nothing any more.
    """

    bearings: NDArray[np.int64]
    sure: Floats
    best: Floats


def missed_by(
    site: WarnedSite,
    lookouts: Sequence[Lookout],
    inbound: Inbound,
    seen: Sequence[PdTable],
    *,
    window_s: float,
    bearings_deg: Floats,
    earth_m: float = EARTH_RADIO_M,
) -> Iterator[Missed]:
    """What each radar misses of what comes to a site; products are what several of them miss.

    Parameters
    ----------
    site, lookouts, inbound
    seen : sequence of PdTable
        What each radar detects of that class, as :func:`seen_by` tells.
    window_s : float
        The tracker's window [s].
    bearings_deg : ndarray, shape (bearings,)
    earth_m : float

    Yields
    ------
    Missed
        One for each radar, in their order.
    """
    away = [
        float(geo.ground_distance_m(site.lat_deg, site.lon_deg, one.lat_deg, one.lon_deg))
        for one in lookouts
    ]
    nodes = _nodes(site, lookouts, bearings_deg, max(away, default=0.0))
    for one, away_m, (x_m, y_m), table in zip(lookouts, away, nodes, seen, strict=True):
        reach_m = min(one.figures.rng_max_m, table.rng_end_m)
        # Between two nodes a track comes no nearer than half of their distance.
        near = np.hypot(x_m, y_m).min(axis=1) <= 1.001 * reach_m + NODE_M
        bearings = np.flatnonzero(near)
        shape = (bearings.size, _steps(away_m + reach_m, _spacing_m(inbound, window_s)))
        sure, best = np.ones(shape), np.ones(shape)
        _look(
            one,
            (x_m[bearings], y_m[bearings]),
            table,
            inbound,
            window_s=window_s,
            earth_m=earth_m,
            sure=sure,
            best=best,
        )
        yield Missed(bearings=bearings, sure=sure, best=best)


def left_s(missed: Floats, rule: WarningRule) -> Floats:
    """Time left when each track is first confirmed [s]; NaN where it never is.

    ``missed`` is the chance that nobody has seen the target around each place, shape (tracks,
    places).
    """
    out = np.empty(missed.shape[0])
    ways = (PHASES, rule.hits, rule.looks, rule.confidence)
    _kernels.confirm_along(missed, rule.window_s / PHASES, *ways, *_room(rule), out)
    return out


def _room(rule: WarningRule) -> tuple[Floats, Floats, NDArray[np.int64], Floats]:
    """What the loop that confirms tracks works in."""
    states = 1 << (rule.looks - 1)
    return (
        np.empty((PHASES, states)),
        np.empty(states),
        np.empty(states, np.int64),
        np.empty(PHASES),
    )


def _spacing_m(inbound: Inbound, window_s: float) -> float:
    """Between the places of a track [m]."""
    return inbound.spd_mps * (window_s / PHASES)


def _steps(far_m: float, spacing_m: float) -> int:
    """Places of a track that begins outside everybody's reach: one window more than to there."""
    return math.ceil(1.001 * far_m / spacing_m) + PHASES


def _look(
    one: Lookout,
    nodes: tuple[Floats, Floats],
    seen: PdTable,
    inbound: Inbound,
    *,
    window_s: float,
    earth_m: float,
    sure: Floats,
    best: Floats,
) -> None:
    """Multiply the chances that nobody has seen a target by those of one radar."""
    limits = limits_of(
        one.figures,
        seen,
        surface_msl_m=one.surface_msl_m,
        pd_least=PD_NOTHING,
        earth_m=earth_m,
    )._replace(rng_max_m=np.float32(min(one.figures.rng_max_m, seen.rng_end_m)))
    places = sure.shape[1]
    _kernels.look_along(
        nodes[0],
        nodes[1],
        NODE_M,
        _spacing_m(inbound, window_s),
        inbound.spd_mps,
        inbound.hgt_m,
        inbound.above_ground,
        one.lowest_msl_m,
        one.ground_msl_m,
        one.step_m,
        limits,
        seen.pd,
        sector_sides(one.figures),
        one.figures.spd_radial_min_mps if one.is_sure else 0.0,
        blind_speeds_mps(one.figures),
        window_s / one.figures.turn_s,
        AS_CODES,
        np.zeros((_kernels.WORK_ROWS, places), np.float32),
        np.zeros(places, np.uint8),
        sure,
        best,
    )


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
