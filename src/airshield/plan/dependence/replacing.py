"""What others must bring so that the shield holds again, at least cost or soonest: solved."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike
from scipy.optimize import Bounds, LinearConstraint, milp

from airshield.errors import UsageError
from airshield.plan.dependence.goals import (
    FAILS,
    HOLDS,
    Figures,
    Floats,
    Goal,
    figures_of,
    judge,
    together,
)
from airshield.tables import REPLACEMENT, make_table

Aim = Literal["cheapest", "soonest"]
Vector = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """Something that somebody could bring: a tanker, a radar, a train a day.

    Attributes
    ----------
    name, provider : str
    cost : float
        Of one, in the plan's currency.
    lead_s : float
        Until it is there [s].
    most : int
        How many there are.
    """

    name: str
    provider: str
    cost: float
    lead_s: float
    most: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What others bring instead of one contributor.

    Attributes
    ----------
    without : str
    aim : str
    brings : dict of str to int, or None
        How many of each option; None where nothing was found.
    cost, bound : float
        What it costs, and what anything costs at least; NaN is unknown.
    lead_s : float
        Until all of it is there; NaN where nothing was found.
    state : str
        One of ``tables.REPLACEMENT_STATES``.
    tried : int
        How many ways were worked out for it.
    """

    without: str
    aim: Aim
    brings: dict[str, int] | None
    cost: float
    bound: float
    lead_s: float
    state: str
    tried: int


def find_replacements(
    without: str,
    options: Sequence[Option],
    goals: Sequence[Goal],
    evaluate: Callable[[Mapping[str, int]], Figures | ArrayLike],
    *,
    tries: int = 500,
) -> tuple[Replacement, Replacement]:
    """What must others bring so that all requirements surely hold without one contributor.

    Parameters
    ----------
    without : str
        Who is gone; its own options are left out.
    options : sequence of Option
    goals : sequence of Goal
    evaluate : callable
        Takes how many of each option are brought, gives the figures without the contributor.
    tries : int
        So many times it is asked at most for each of the two.

    Returns
    -------
    Replacement, Replacement
        The cheapest, and the cheapest among the soonest.

    Raises
    ------
    UsageError
        A cost or a lead time that is unknown or below 0, an option twice.

    Notes
    -----
    More of an option is taken never to hurt. A set that does not hold is made as large as can be
    without holding; whatever holds must go beyond it somewhere. The cheapest that goes beyond all
    such sets is a whole-number programme (HiGHS); it holds, and is the cheapest of all, or it gives
    the next such set (implicit hitting sets: Moreno-Centeno, Karp, Operations Research 61, 2013).
    """
    _check(options)
    search = _Search([o for o in options if o.provider != without], goals, evaluate, tries)
    full = tuple(o.most for o in search.options)
    cheapest = search.cheapest(without, "cheapest", full)
    if cheapest.brings is None or not any(full):
        return cheapest, _renamed(cheapest, "soonest")
    leads = sorted({0.0, *(o.lead_s for o in search.options)})
    low, high = 0, len(leads) - 1
    search.tries = len(search.codes) + tries
    try:
        while low < high:
            middle = (low + high) // 2
            if search.holds(search.until(leads[middle])):
                high = middle
            else:
                low = middle + 1
    except _OutOfTriesError:
        # What was found in time for ``high`` holds; whether something sooner does was not asked.
        late = search.cheapest(without, "soonest", search.until(leads[high]))
        return cheapest, replace(late, state="found" if late.brings is not None else "unknown")
    soonest = search.cheapest(without, "soonest", search.until(leads[high]))
    if soonest.brings is not None and soonest.cost < cheapest.cost:
        # Tries ran out before the first search came to it.
        cheapest = replace(soonest, aim="cheapest", bound=cheapest.bound, state="found")
    return cheapest, soonest


def replacement_table(replacements: Sequence[Replacement]) -> pa.Table:
    """Return REPLACEMENT."""
    return make_table(
        REPLACEMENT,
        {
            "without": [r.without for r in replacements],
            "aim": [r.aim for r in replacements],
            "brings": [
                None
                if r.brings is None
                else " + ".join(f"{many} × {name}" for name, many in r.brings.items()) or "nothing"
                for r in replacements
            ],
            "cost_money": [r.cost for r in replacements],
            "bound_money": [r.bound for r in replacements],
            "lead_s": [r.lead_s for r in replacements],
            "state": [r.state for r in replacements],
            "tried": [r.tried for r in replacements],
        },
        rows=len(replacements),
    )


class _OutOfTriesError(Exception):
    """The number of tries is used up; never leaves this module."""


class _Search:
    """The ways tried so far and what came of them."""

    def __init__(
        self,
        options: Sequence[Option],
        goals: Sequence[Goal],
        evaluate: Callable[[Mapping[str, int]], Figures | ArrayLike],
        tries: int,
    ) -> None:
        self.options, self.goals, self.evaluate, self.tries = options, goals, evaluate, tries
        self.cost = np.array([o.cost for o in options])
        self.codes: dict[Vector, int] = {}
        self.failing: list[Vector] = []

    def code(self, brought: Vector) -> int:
        """The verdict on all requirements with so many of each option."""
        if brought not in self.codes:
            if len(self.codes) >= self.tries:
                raise _OutOfTriesError
            counts = {o.name: k for o, k in zip(self.options, brought, strict=True)}
            got = figures_of(self.evaluate(counts), len(self.goals))
            codes = judge(self.goals, np.asarray(got.low), np.asarray(got.high))
            self.codes[brought] = int(together(codes))
        return self.codes[brought]

    def holds(self, brought: Vector) -> bool:
        """Tell whether so many of each option surely make it hold, without asking twice."""
        if any(all(a <= b for a, b in zip(brought, f, strict=True)) for f in self.failing):
            return False
        return self.code(brought) == HOLDS

    def until(self, lead_s: float) -> Vector:
        """All that can be there by some time."""
        return tuple(o.most if o.lead_s <= lead_s else 0 for o in self.options)

    def cheapest(self, without: str, aim: Aim, most: Vector) -> Replacement:
        """The cheapest of what is within ``most`` and holds."""
        before = len(self.codes)
        best: Vector | None = None
        bound, state = 0.0, "unknown"
        try:
            nothing = (0,) * len(most)
            if self.holds(nothing):
                best, state = nothing, "not_needed"
            elif not self.holds(most):
                bound = math.nan
                state = "not_possible" if self.code(most) == FAILS else "unknown"
            else:
                state = "found"
                best = self._thinned(most)
                while True:
                    candidate = self._beyond_all(most)
                    bound = self._cost(candidate)
                    if bound >= self._cost(best) * (1.0 - 1e-9) or self.holds(candidate):
                        best = candidate if bound < self._cost(best) else best
                        bound, state = self._cost(best), "proven"
                        break
                    self._widen(candidate, most)
        except _OutOfTriesError:
            pass
        brings = None
        if best is not None:
            brings = {o.name: k for o, k in zip(self.options, best, strict=True) if k}
        used = [o.lead_s for o, k in zip(self.options, best or (), strict=False) if k]
        return Replacement(
            without=without,
            aim=aim,
            brings=brings,
            cost=math.nan if best is None else self._cost(best),
            bound=bound,
            lead_s=math.nan if best is None else max(used, default=0.0),
            state=state,
            tried=len(self.codes) - before,
        )

    def _cost(self, brought: Vector) -> float:
        return float(self.cost @ np.array(brought, np.float64)) if brought else 0.0

    def _thinned(self, most: Vector) -> Vector:
        """Something that holds and of which nothing can be spared, the dearest spared first."""
        brought = list(most)
        for i in sorted(range(len(most)), key=lambda k: -self.cost[k]):
            low, high = 0, brought[i]
            while low < high:
                middle = (low + high) // 2
                fewer = (*brought[:i], middle, *brought[i + 1 :])
                low, high = (low, middle) if self.holds(fewer) else (middle + 1, high)
            brought[i] = high
        return tuple(brought)

    def _widen(self, failing: Vector, most: Vector) -> None:
        """Make what does not hold as large as can be, the cheapest first, and keep it."""
        brought = list(failing)
        for i in sorted(range(len(most)), key=lambda k: self.cost[k]):
            low, high = brought[i], most[i]
            while low < high:
                middle = (low + high + 1) // 2
                wider = (*brought[:i], middle, *brought[i + 1 :])
                low, high = (low, middle - 1) if self.holds(wider) else (middle, high)
            brought[i] = low
        self.failing.append(tuple(brought))

    def _beyond_all(self, most: Vector) -> Vector:
        """The cheapest that is beyond each failing set in some option."""
        steps = [(i, k) for i, many in enumerate(most) for k in range(1, many + 1)]
        column = {step: c for c, step in enumerate(steps)}
        rows: list[Floats] = []
        at_least: list[float] = []
        for i, k in steps:
            if k > 1:  # the second one only after the first
                row = np.zeros(len(steps))
                row[column[i, k - 1]], row[column[i, k]] = 1.0, -1.0
                rows.append(row)
                at_least.append(0.0)
        for failing in self.failing:
            row = np.zeros(len(steps))
            for i, k in enumerate(failing):
                if k < most[i]:
                    row[column[i, k + 1]] = 1.0
            rows.append(row)
            at_least.append(1.0)
        if not rows:
            return (0,) * len(most)
        done = milp(
            np.array([self.cost[i] for i, _ in steps]),
            constraints=LinearConstraint(np.array(rows), lb=np.array(at_least)),
            integrality=np.ones(len(steps)),
            bounds=Bounds(0.0, 1.0),
            options={"mip_rel_gap": 0.0},
        )
        brought = [0] * len(most)
        for (i, _), taken in zip(steps, done.x, strict=True):
            brought[i] += round(taken)
        return tuple(brought)


def _renamed(found: Replacement, aim: Aim) -> Replacement:
    return Replacement(
        without=found.without,
        aim=aim,
        brings=found.brings,
        cost=found.cost,
        bound=found.bound,
        lead_s=found.lead_s,
        state=found.state,
        tried=0,
    )


def _check(options: Sequence[Option]) -> None:
    if len({o.name for o in options}) < len(options):
        raise UsageError("two options have the same name; give each its own")
    for o in options:
        if not (o.cost >= 0.0 and o.lead_s >= 0.0 and o.most >= 0 and math.isfinite(o.cost)):
            raise UsageError(
                f"option {o.name!r}: cost {o.cost:g}, lead time {o.lead_s:g} s, {o.most} of it; "
                "all must be known and not below 0"
            )
