"""Fleets that suffice whichever single base is lost.

One programme with a timetable for every loss is too large: of six bases and six stations HiGHS
finds nothing good in minutes (docs/roster.md). So the losses are taken one by one, the worst first.
What has been bought for one is there for the next, which pays for what it needs beyond; at the end
each is looked at again, given what all others need. The aircraft to begin with are those of a small
linear programme over mean flows, which spreads them over the bases, in whole numbers.

The bound does not come from that way: without base b, the aircraft elsewhere are at least as many
as the bound of the timetable without b. The smallest fleets that fulfil all these are a small
programme in whole numbers.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from airshield.plan.patrol import PatrolPlan
from airshield.plan.roster.counts import Counts, least_of, needed_of
from airshield.plan.roster.programme import lower_bound
from airshield.plan.roster.search import Found, Problem, search
from airshield.plan.roster.sorties import Floats, Ints

_PASSES: Final = 3
_CASE_S: Final = 2.0
"""A loss is thought about for so long, however little time is left."""
_STARTS: Final = 4
"""Fleets to begin with: as many aircraft as the mean flows take, then one more each time."""
_EVEN: Final = 1e-3
"""What the largest fleet costs beyond its aircraft: so fleets that may be alike become alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """Timetables for every loss, and the fleets that all of them take.

    Attributes
    ----------
    owned : ndarray of int64, shape (fleets,)
        Aircraft of each fleet; enough for the timetable with all bases and for each loss.
    bound : int
        No fleets can do it with fewer.
    whole : Found
        The timetable with all bases.
    by_base : mapping of str to Found
        The timetable without each base; its sorties' fleets are numbers of the plan.
    """

    owned: Ints
    bound: int
    whole: Found
    by_base: Mapping[str, Found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A base ('': none) without which nothing was found, and whether there is nothing to find."""

    base: str
    is_ruled_out: bool


def find_losses(problem: Problem, *, limit_s: float) -> Losses | Stuck:
    """Find the fleets, or what is in their way."""
    end_s = time.monotonic() + limit_s
    plan, counts = problem.plan, problem.counts()
    flying = np.unique(problem.sorties.fleet)
    bases = list(dict.fromkeys(plan.fleets[f].base for f in flying))
    cases = {"": problem} | {base: without(problem, base) for base in bases}
    least = {}
    for base, case in cases.items():
        some = case.sorties
        bound = lower_bound(case.programme(some)) if some.many else math.inf
        if not math.isfinite(bound):
            return Stuck(base=base, is_ruled_out=True)
        least[base] = math.ceil(bound - 1e-6)
    bound = fewest(plan, flying, least) + sum(int(has.owned[0]) for has in counts)
    order = sorted(cases, key=lambda base: -least[base])
    mean = _spread(problem, flying, bases)
    found: list[Losses] = []
    for more in range(_STARTS):
        start = _apportioned(mean, math.ceil(mean.sum()) + more)
        one = _one_by_one(problem, cases, order, start, bound, end_s)
        if isinstance(one, Stuck):
            return min(found, key=_many) if found else one
        found.append(one)
        if _many(one) <= bound or time.monotonic() >= end_s:
            break
    return min(found, key=_many)


def _apportioned(mean: Floats, total: int) -> Ints:
    """Whole numbers of a given sum, next to others (largest remainders)."""
    whole = np.floor(mean)
    order = np.argsort(whole - mean, kind="stable")
    # Who has none in the mean is of no use.
    order = order[mean[order] > 0.0]
    if order.size:
        np.add.at(whole, np.resize(order, max(0, total - int(whole.sum()))), 1.0)
    return whole.astype(np.int64)


def without(problem: Problem, base: str) -> Problem:
    """The same problem without the fleets of a base."""
    gone = np.array([fleet.base == base for fleet in problem.plan.fleets])
    return dataclasses.replace(problem, sorties=problem.sorties.take(~gone[problem.sorties.fleet]))


def _many(found: Losses) -> int:
    return int(found.owned.sum())


def _one_by_one(
    problem: Problem,
    cases: Mapping[str, Problem],
    order: list[str],
    bought: Ints,
    bound: int,
    end_s: float,
) -> Losses | Stuck:
    """Buy for one loss after the other; or tell for which one nothing was found in time."""
    counts = problem.counts()
    needed: dict[str, Ints] = {}
    found: dict[str, Found] = {}
    for nth in range(_PASSES):
        before = _owned(counts, [*needed.values(), bought]).sum()
        for i, base in enumerate(order):
            left_s = end_s - time.monotonic()
            if left_s <= 0.0 and base in found:
                break
            others = [of for name, of in needed.items() if name != base]
            start = bought if nth == 0 else np.zeros_like(bought)
            share_s = max(_CASE_S, left_s / (len(order) - i + len(order)))
            has = np.maximum.reduce([start, *others])
            one = search(_paid(cases[base], has), limit_s=share_s, is_bound=False)
            if one.flown.size == 0:
                if base not in found:
                    return Stuck(base=base, is_ruled_out=False)
                continue
            used = _used(problem, one)
            if (
                base not in found
                or _owned(counts, [used, *others]).sum()
                < _owned(counts, [needed[base], *others]).sum()
            ):
                found[base], needed[base] = one, used
        owned = _owned(counts, list(needed.values()))
        if owned.sum() <= bound or (nth and owned.sum() >= before):
            break
    return Losses(
        owned=owned,
        bound=bound,
        whole=found[""],
        by_base={base: one for base, one in found.items() if base},
    )


def _paid(problem: Problem, has: Ints) -> Problem:
    """The same problem where so many aircraft of each fleet in a roster are paid for."""

    def counts() -> list[Counts]:
        found = problem.counts()
        for f, of in enumerate(found):
            of.cost = np.maximum(0.0, of.cost - of.cost[min(int(has[f]), of.most)])
        return found

    return dataclasses.replace(problem, counts=counts)


def _used(problem: Problem, found: Found) -> Ints:
    """Aircraft of each fleet that a timetable takes."""
    used = np.zeros(len(problem.plan.fleets), np.int64)
    counts = problem.counts()
    for f in np.unique(found.sorties.fleet):
        needed = needed_of(problem.plan, problem.period, found.sorties, found.flown, int(f))
        used[f] = least_of(problem.plan, counts[f], needed, int(f))
    return used


def _owned(counts: list[Counts], needed: list[Ints]) -> Ints:
    """Aircraft of each fleet that are enough for all of these."""
    most = np.maximum.reduce(needed)
    return np.array([of.owned[min(int(n), of.most)] for of, n in zip(counts, most, strict=True)])


def fewest(plan: PatrolPlan, flying: Ints, least: Mapping[str, int]) -> int:
    """Fewest aircraft of which enough stand elsewhere, whichever base is lost."""
    at = [plan.fleets[f].base for f in flying]
    rows = np.array([[float(base != where) for where in at] for base in least])
    found = milp(
        np.ones(flying.size),
        integrality=np.ones(flying.size),
        bounds=Bounds(0.0, np.inf),
        constraints=LinearConstraint(rows, np.array(list(least.values()), np.float64), np.inf),
    )
    return round(float(found.fun))


def _spread(problem: Problem, flying: Ints, bases: list[str]) -> Floats:
    """Aircraft of each fleet in a roster, by mean flows."""
    plan, of, step_s = problem.plan, problem.sorties, problem.period.step_s
    each = (of.ready_s - of.take_off_s) / (of.steps * step_s)
    mean = problem.needs.mean(axis=1)
    ways = [
        (f, s, float(each[(of.fleet == f) & (of.station == s)].min()))
        for f in flying.tolist()
        for s in np.unique(of.station[of.fleet == f]).tolist()
    ]
    many, cases = len(ways), ["", *bases]
    width = many * len(cases) + len(plan.fleets) + 1
    largest = width - 1
    upper: list[Floats] = []
    equal: list[Floats] = []
    wanted: list[float] = []
    for c, base in enumerate(cases):
        for s in np.flatnonzero(mean > 0.0):
            row = np.zeros(width)
            for i, (f, where, _) in enumerate(ways):
                if where == s and plan.fleets[f].base != base:
                    row[c * many + i] = 1.0
            equal.append(row)
            wanted.append(float(mean[s]))
        for f in flying.tolist():
            row = np.zeros(width)
            for i, (who, _, ratio) in enumerate(ways):
                if who == f:
                    row[c * many + i] = ratio
            row[many * len(cases) + f] = -1.0
            upper.append(row)
    for f in flying.tolist():
        row = np.zeros(width)
        row[many * len(cases) + f], row[largest] = 1.0, -1.0
        upper.append(row)
    cost = np.zeros(width)
    cost[many * len(cases) :] = 1.0
    cost[largest] = _EVEN
    found = linprog(
        cost,
        A_ub=np.array(upper),
        b_ub=np.zeros(len(upper)),
        A_eq=np.array(equal),
        b_eq=wanted,
        method="highs",
    )
    if found.status != 0:
        return np.zeros(len(plan.fleets))
    return np.asarray(np.round(found.x[many * len(cases) : largest], 6))
