"""From a programme to a roster: the bound, rhythms, and then the whole timetable with what is left.

``scipy.optimize.milp`` takes no roster to start from. So what a rhythm has found becomes a limit on
the cost of what is still looked for, and the whole timetable is only tried where the bound leaves
room for something better.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.plan.patrol import PatrolPlan
from airshield.plan.roster.counts import Counts
from airshield.plan.roster.programme import (
    Limit,
    Programme,
    Solved,
    lower_bound,
    programme_of,
    solve,
)
from airshield.plan.roster.rhythm import beginning, chains_of, changed, in_rhythm
from airshield.plan.roster.sorties import Ints, Period, Sorties

RHYTHMS: Final = 24
"""Beginnings that are tried before single ones are changed; three found the best of every plan of
the benchmark that any rhythm found."""
CHANGES: Final = 48
_RHYTHM_S: Final = 4.0
"""Longer than this no single rhythm is thought about."""
_REST: Final = 0.75
"""Of the time, for the whole timetable: after the first few, rhythms seldom find better ones."""
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The best that was found.

    Attributes
    ----------
    sorties : Sorties
        Those that are flown at least once.
    flown : ndarray of int64, shape (sorties,)
        How often each.
    cost, bound : float
        Of this roster (inf: none found), and what none can cost less than (inf: there is none).
    """

    sorties: Sorties
    flown: Ints
    cost: float
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is asked: a period, needs, possible sorties, and what each fleet has or costs."""

    plan: PatrolPlan
    period: Period
    needs: Ints
    sorties: Sorties
    counts: Callable[[], list[Counts]]
    is_hours: bool

    def programme(self, sorties: Sorties) -> Programme:
        """Put the programme together for all or some of the sorties."""
        return programme_of(
            self.plan, self.period, self.needs, sorties, self.counts(), is_hours=self.is_hours
        )


def search(problem: Problem, *, limit_s: float, is_bound: bool = True) -> Found:
    """Find a roster that costs as little as can be found in time.

    Parameters
    ----------
    limit_s : float
        When it is reached, what is found depends on the machine.
    is_bound : bool
        Whether to work out how little a roster could cost; else rhythms are enough where they find
        any, and only what costs nothing is the best.
    """
    end_s = time.monotonic() + limit_s
    nothing = np.zeros(0, np.int64)
    best = Found(sorties=problem.sorties.take(nothing), flown=nothing, cost=math.inf, bound=0.0)
    if not problem.needs.any():
        return dataclasses.replace(best, cost=0.0)
    if problem.sorties.many == 0:
        return dataclasses.replace(best, bound=math.inf)
    whole = problem.programme(problem.sorties)
    bound = _up(lower_bound(whole), problem) if is_bound else 0.0
    best = dataclasses.replace(best, bound=bound)
    if not math.isfinite(bound):
        return best
    best = _rhythms(problem, best, end_s)
    if not is_bound and best.flown.size:
        return best
    # Of all stays but the longest there is seldom need, and HiGHS is done with those sooner.
    longest = problem.sorties.take(_is_longest(problem.sorties))
    for some in (longest, problem.sorties):
        left_s = end_s - time.monotonic()
        if _is_best(best) or left_s <= 0.0:
            break
        is_all = some.many == problem.sorties.many
        part = whole if is_all else problem.programme(some)
        solved = solve(part, some, limit_s=left_s, below=_below(best.cost, problem))
        if is_all:
            # A limit on the cost proves no more than that limit.
            bound = max(bound, min(best.cost, _up(solved.bound, problem)))
        best = dataclasses.replace(best, bound=bound)
        if solved.flown is not None:
            best = _kept(problem, some, solved, bound)
    return best


def blame(problem: Problem) -> list[Limit]:
    """Limits without any one of which a roster would not be ruled out; none where it is not."""
    whole = problem.programme(problem.sorties)
    if math.isfinite(lower_bound(whole)):
        return []
    limits = [what for what in dict.fromkeys(whole.limits) if what[0] != "flow"]
    kinds = dict.fromkeys(kind for kind, _ in limits)
    guilty = []
    for kind in kinds:
        mine = [what for what in limits if what[0] == kind]
        if math.isfinite(lower_bound(whole, without=mine)):
            ones = [one for one in mine if math.isfinite(lower_bound(whole, without=[one]))]
            guilty += ones or [(kind, "")]
    # That stations must be manned is always one of the reasons, and a good one only by itself.
    return [what for what in guilty if what[0] != "station"] or guilty


def _rhythms(problem: Problem, best: Found, end_s: float) -> Found:
    """Try beginnings, then changes of the best one's, until the bound or the time is reached."""
    chains = chains_of(problem.needs, problem.sorties)
    # What is left is the whole timetable's, once there is something to be better than.
    rest_s = _REST * (end_s - time.monotonic())
    settled: list[tuple[int, int]] = []
    tried: set[tuple[tuple[int, int], ...]] = set()
    for nth in range(RHYTHMS + CHANGES):
        is_change = nth >= RHYTHMS
        if is_change and not settled:
            break
        way = changed(chains, settled, nth) if is_change else beginning(chains, nth)
        left_s = end_s - time.monotonic()
        if _is_best(best) or left_s <= 0.0 or (best.flown.size and left_s < rest_s):
            break
        if tuple(way) in tried:
            continue
        tried.add(tuple(way))
        some = problem.sorties.take(in_rhythm(chains, way, problem.sorties, problem.period.steps))
        if some.many == 0:
            continue
        solved = solve(
            problem.programme(some),
            some,
            limit_s=min(left_s, _RHYTHM_S),
            below=_below(best.cost, problem),
        )
        if solved.flown is not None and solved.cost < best.cost:
            best = _kept(problem, some, solved, best.bound)
            settled = way
    return best


def _is_longest(sorties: Sorties) -> NDArray[np.bool_]:
    """Tell which sorties last as long as any of the fleet from there and then on, shape (n,).

    On so many refuellings, so that whoever needs none is not lost.
    """
    what = np.stack([sorties.fleet, sorties.station, sorties.first, sorties.refuellings])
    _, place = np.unique(what, axis=1, return_inverse=True)
    most = np.zeros(place.max(initial=-1) + 1, np.int64)
    np.maximum.at(most, place, sorties.steps)
    return np.asarray(sorties.steps == most[place])


def _kept(problem: Problem, sorties: Sorties, solved: Solved, bound: float) -> Found:
    assert solved.flown is not None  # or there is nothing to keep
    keep = solved.flown > 0
    return Found(
        sorties=sorties.take(keep),
        flown=solved.flown[keep],
        cost=solved.cost if problem.is_hours else float(round(solved.cost)),
        bound=bound,
    )


def _up(bound: float, problem: Problem) -> float:
    """Aircraft are whole."""
    if problem.is_hours or not math.isfinite(bound):
        return bound
    return float(math.ceil(bound - _ROUNDING))


def _below(cost: float, problem: Problem) -> float:
    """What is better than a cost: an aircraft less, or a thousandth of the hours."""
    return cost * 0.999 if problem.is_hours else cost - 1.0 + _ROUNDING


def _is_best(best: Found) -> bool:
    return best.cost <= best.bound * (1.0 + _ROUNDING) + _ROUNDING
