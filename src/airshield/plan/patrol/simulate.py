"""Replications of a plan over threads, and what they say."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from airshield.errors import UsageError
from airshield.plan.patrol import _kernels
from airshield.plan.patrol.arrays import demanded_s, out_of, rows_of, world_of
from airshield.plan.patrol.model import PatrolPlan
from airshield.plan.patrol.state import FLYING, Out, World
from airshield.units import S_PER_DAY

Floats = NDArray[np.float64]

RUNS_FIRST: Final = 64
RUNS_MOST: Final = 16_384
PIECE: Final = 16
"""Replications that a thread takes at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with its 95 % confidence interval."""

    value: float
    low: float
    high: float

    @property
    def half(self) -> float:
        """Half of its width."""
        return 0.5 * (self.high - self.low)


@dataclass(frozen=True, kw_only=True)
class Sustained:
    """What replications of a plan have shown. Axes: replication, day, then whom it concerns.

    Attributes
    ----------
    plan : PatrolPlan
        What was simulated.
    days, seed : int
        For how long; which random numbers.
    out : Out
        What each replication left; shares below are made of it.
    demanded_s : ndarray, shape (days, stations)
        How long each station is to be manned [s].
    """

    plan: PatrolPlan
    days: int
    seed: int
    out: Out
    demanded_s: Floats

    @property
    def runs(self) -> int:
        """How many replications."""
        return int(self.out.events.size)

    @cached_property
    def cover(self) -> Floats:
        """Share of its hours that each station was manned in full, shape (runs, stations).

        NaN: it is never to be manned within the days.
        """
        manned_s = self.out.manned_s.sum(axis=1, dtype=np.float64)
        return _share(manned_s, self.demanded_s.sum(axis=0))

    @cached_property
    def cover_by_day(self) -> Floats:
        """The same for each day, shape (runs, days, stations)."""
        return _share(self.out.manned_s.astype(np.float64), self.demanded_s)

    def cover_of(self, station: int) -> Interval:
        """Mean cover of a station over replications."""
        return mean_interval(self.cover[:, station])

    def bad_cover_of(self, station: int, *, chance: float = 0.05) -> Interval:
        """Cover that is missed in the worst ``chance`` of replications only."""
        return quantile_interval(self.cover[:, station], chance)

    @cached_property
    def least_cover(self) -> Floats:
        """Cover of the station that was manned least, shape (runs,)."""
        return np.asarray(np.nanmin(self.cover, axis=1))

    def first_below(self, share: float) -> Floats:
        """First day on which a station was manned for less than a share, shape (runs, stations).

        NaN: none.
        """
        return _first(self.cover_by_day < share)

    def fails_from(self, share: float) -> Floats:
        """Day from which a station no longer holds, shape (runs, stations); NaN: it holds.

        The first day below the share from which on the rest, taken together, is below it too. A
        single bad day that is made good is none.
        """
        left_s = np.cumsum(self.out.manned_s[:, ::-1].astype(np.float64), axis=1)[:, ::-1]
        asked_s = np.cumsum(self.demanded_s[::-1], axis=0)[::-1]
        return _first((_share(left_s, asked_s) < share) & (self.cover_by_day < share))

    @cached_property
    def fleet_states(self) -> Floats:
        """Mean number of aircraft in each of STATES, shape (runs, days, fleets, states)."""
        return self.out.state_s.astype(np.float64) / S_PER_DAY

    @cached_property
    def flight_h(self) -> Floats:
        """Hours flown, shape (runs, fleets); those of take-offs before the first instant not."""
        flown_s = self.out.state_s[..., FLYING].sum(axis=1, dtype=np.float64)
        return np.asarray(flown_s / 3600.0)

    @cached_property
    def alert(self) -> Floats:
        """Share of the time that each fleet's alert was whole, shape (runs, fleets).

        NaN: none is kept.
        """
        share = self.out.alert_s.sum(axis=1, dtype=np.float64) / (self.days * S_PER_DAY)
        keeps = np.array([fleet.on_alert > 0 for fleet in self.plan.fleets], bool)
        return np.where(keeps, share, np.nan)

    @cached_property
    def answered(self) -> Floats:
        """Share of its alert's calls that each fleet answered, shape (runs, fleets).

        NaN: there was none.
        """
        answered, missed = (
            calls.sum(axis=1, dtype=np.float64) for calls in (self.out.answered, self.out.missed)
        )
        return _share(answered, answered + missed)

    @cached_property
    def binding(self) -> NDArray[np.int64]:
        """What most often kept aircraft from a station on a day: numbers of REASONS, -1 nothing.

        Shape (days, stations). Over all replications.
        """
        lacking_s = self.out.gap_s.sum(axis=0, dtype=np.float64)
        return np.where(lacking_s.max(axis=2) > 0.0, lacking_s.argmax(axis=2), -1)


def simulate(
    plan: PatrolPlan,
    *,
    days: int = 30,
    runs: int | None = None,
    half: float = 0.005,
    seed: int = 0,
    threads: int | None = None,
    runs_most: int = RUNS_MOST,
    progress: Callable[[int, int], object] | None = None,
) -> Sustained:
    """Run a plan many times.

    Parameters
    ----------
    plan : PatrolPlan
        The plan.
    days : int
        For how long each time.
    runs : int, optional
        How many times. None: until the 95 % interval of every station's mean cover is at most
        ``half`` to each side, doubling from 64, or until ``runs_most``.
    seed : int
        Replication i of a seed has the same weather, failures and repairs in every plan: each draw
        belongs to (seed, replication, contributor, fleet, aircraft, what it is for, which one), and
        to nothing else.
    threads : int, optional
        None: one for each processor. The result does not depend on it.
    progress : callable, optional
        Called with the replications done and those known to be needed.

    Raises
    ------
    UsageError
        No day, or no replication.
    """
    if days < 1 or (runs is not None and runs < 1) or not half > 0.0 or seed < 0:
        raise UsageError(
            f"days={days}, runs={runs}, half={half}, seed={seed}; give at least one day and one "
            "run, a positive half width, and a seed that is not negative"
        )
    many = threads or os.cpu_count() or 1
    worlds = [world_of(plan, days=days) for _ in range(many)]
    asked_s = demanded_s(plan, days=days)
    whole: Out | None = None
    done, todo = 0, min(RUNS_FIRST, runs_most) if runs is None else runs
    while True:
        part = out_of(plan, days=days, runs=todo - done)
        _run(worlds, part, first=done, seed=seed)
        if any(world.clock["is_full"].any() for world in worlds):
            raise AssertionError("the queue of events was too small: EVENTS_EACH in arrays.py")
        # Most calls are done in one go: their results are not copied.
        whole = part if whole is None else _joined(whole, part)
        done = todo
        if progress is not None:
            progress(done, done if runs is None else runs)
        result = Sustained(plan=plan, days=days, seed=seed, out=whole, demanded_s=asked_s)
        if runs is not None or done >= runs_most or _is_narrow(result, half):
            return result
        todo = min(2 * done, runs_most)


def mean_interval(values: Floats) -> Interval:
    """Mean with its interval by Student's t; no interval (infinite) from a single value."""
    mean = float(np.mean(values))
    if values.size < 2:
        return Interval(value=mean, low=-math.inf, high=math.inf)
    half = float(
        special.stdtrit(values.size - 1, 0.975) * np.std(values, ddof=1) / math.sqrt(values.size)
    )
    return Interval(value=mean, low=mean - half, high=mean + half)


def quantile_interval(values: Floats, chance: float) -> Interval:
    """Quantile with its interval by order statistics; infinite where there are too few values."""
    ordered = np.sort(values)
    n = ordered.size
    # The number below the quantile is binomial: ranks that hold it with 95 % (Hahn and Meeker,
    # Statistical Intervals, 1991).
    at_most = special.bdtr(np.arange(n), n, chance)
    low = int(np.searchsorted(at_most, 0.025))
    high = int(np.searchsorted(at_most, 0.975)) + 1
    return Interval(
        value=float(ordered[max(0, math.ceil(chance * n) - 1)]),
        low=float(ordered[low - 1]) if low >= 1 else -math.inf,
        high=float(ordered[high]) if high < n else math.inf,
    )


def _run(worlds: list[World], out: Out, *, first: int, seed: int) -> None:
    """Share replications among threads; each writes into rows of its own."""
    runs = out.events.size
    pieces = range(0, runs, PIECE)
    if len(worlds) == 1 or len(pieces) == 1:
        _kernels.simulate(worlds[0], out, first, seed)
        return
    free = list(worlds)

    def work(start: int) -> None:
        world = free.pop()
        try:
            rows = rows_of(out, start, min(start + PIECE, runs))
            _kernels.simulate(world, rows, first + start, seed)
        finally:
            free.append(world)

    with ThreadPoolExecutor(len(worlds)) as pool:
        for _ in pool.map(work, pieces):
            pass


def _joined(first: Out, more: Out) -> Out:
    pairs: Iterator[tuple[Any, Any]] = zip(first, more, strict=True)
    return Out._make(np.concatenate(same) for same in pairs)


def _is_narrow(result: Sustained, half: float) -> bool:
    """Whether every station's mean cover is known well enough.

    Replications that all say the same give an interval of no width; with few of them that may be
    luck, so a doubt of one in as many stays ("rule of three").
    """
    return all(
        max(result.cover_of(s).half, 3.0 / result.runs * (1.0 - result.cover_of(s).value)) <= half
        for s in range(len(result.plan.stations))
        if result.demanded_s[:, s].any()
    )


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(whole > 0.0, part / whole, np.nan))


def _first(is_bad: NDArray[np.bool_]) -> Floats:
    return np.where(is_bad.any(axis=1), is_bad.argmax(axis=1).astype(np.float64), np.nan)
