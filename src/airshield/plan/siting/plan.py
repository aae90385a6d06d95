"""From a problem to a plan: search, bound, proof."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.plan.siting.bound import Bound, lagrangian_bound
from airshield.plan.siting.demand import Demand, demand_from
from airshield.plan.siting.exact import solve
from airshield.plan.siting.problem import SitingProblem
from airshield.plan.siting.search import (
    Chosen,
    greedy,
    greedy_choice,
    kick,
    swap,
    swap_robustly,
    worst_loss,
)

_QUICK_S = 0.5
"""So long HiGHS has before kicks."""
_PROVEN = 1e-6
"""A bound that is so near, relative to the value, is the value: solvers round no better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitingPlan:
    """Where to put radars, and how good that is.

    Attributes
    ----------
    chosen : tuple of str
        New sites, the most useful first: each adds most to those before it.
    value : float
        Weight that they and the existing radars cover (with ``folds``, counted in parts).
    values : tuple of float
        The same after each of ``chosen``, one after the other.
    value_existing, total : float
        Weight that the existing radars cover by themselves; weight of all demand.
    bound : float
        No choice is worth more: of ``value``, or of ``value_worst`` in a robust plan.
    value_worst : float
        What is left after the worst loss of any one radar, new or existing.
    worst : str or None
        Which radar that is; None where there is none.
    cost : float
        What the new ones cost; their number, where nothing was said about costs.
    value_greedy : float
        What the greedy choice alone would have been worth, by the same measure as ``bound``.
    is_robust : bool
        Whether it was ``value_worst`` that was maximised.
    """

    chosen: tuple[str, ...]
    value: float
    values: tuple[float, ...]
    value_existing: float
    total: float
    bound: float
    value_worst: float
    worst: str | None
    cost: float
    value_greedy: float
    is_robust: bool

    @property
    def gap(self) -> float:
        """By what share of the bound the plan may fall short of the best at most; proven."""
        value = self.value_worst if self.is_robust else self.value
        return max(0.0, (self.bound - value) / self.bound) if self.bound > 0.0 else 0.0

    @property
    def is_proven(self) -> bool:
        """Whether no other choice is better, to a millionth."""
        return self.gap <= _PROVEN


def plan_sites(
    problem: SitingProblem, *, time_limit_s: float = 5.0, is_robust: bool = False
) -> SitingPlan:
    """Choose sites: greedy, swaps, kicks, a Lagrangian bound, and HiGHS for what is left open.

    Parameters
    ----------
    problem : SitingProblem
        Candidates, demand, and how many or for how much.
    time_limit_s : float
        For HiGHS; zero leaves it out, and the bound is then that of the relaxation. The rest takes
        a second or two, some seconds with a thousand sites and 50,000 demand cells. Where this
        limit ends the search, a plan that is not proven may differ from run to run.
    is_robust : bool
        Maximise what is left after the worst loss of any one radar, in place of the value. That is
        a search by swaps from good plans; its bound is that of the average loss, so the gap told
        is wider than the true one.

    Raises
    ------
    UsageError
        A time limit that is negative.

    Examples
    --------
    >>> from airshield.plan.siting import pack_cover
    >>> cover = [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1]]
    >>> plan = plan_sites(SitingProblem(
    ...     sites=("hill", "tower", "mast"), bits=pack_cover(cover),
    ...     weights=np.array([5.0, 1.0, 1.0, 3.0]), radars=2,
    ... ))
    >>> plan.chosen, plan.value, plan.is_proven
    (('hill', 'mast'), 10.0, True)
    """
    if not time_limit_s >= 0.0:
        raise UsageError(f"time_limit_s={time_limit_s!r}; give seconds, or 0 to leave HiGHS out")
    demand = demand_from(problem)
    first = greedy_choice(demand)
    best, bound = _best(demand, first, time_limit_s=0.0 if is_robust else time_limit_s)
    if is_robust:
        best, average = _most_robust(problem, demand, best, time_limit_s=time_limit_s)
        # Nothing that is left after a loss is worth more than the best before it.
        bound = min(bound, average)
    return _told(problem, demand, best, first, bound, is_robust=is_robust)


def _best(demand: Demand, first: Chosen, *, time_limit_s: float) -> tuple[Chosen, float]:
    """The best choice at hand, and a bound on all."""
    best = swap(demand, first)
    settled = lagrangian_bound(demand, demand.value(best))
    if _is_near(demand, best, settled.value):
        return best, settled.value
    # The sites that cells pay most for have seen the whole problem, which greedy has not.
    best = max(best, swap(demand, settled.dearest), key=demand.value)
    # Most problems fall to HiGHS at once; for those kicks would take longer than the proof.
    best, bound = _proof(demand, best, settled, time_limit_s=min(time_limit_s, _QUICK_S))
    if _is_near(demand, best, bound):
        return best, bound
    best = kick(demand, best)
    # A better choice at hand settles more sites.
    settled = lagrangian_bound(demand, demand.value(best))
    best, closer = _proof(demand, best, settled, time_limit_s=time_limit_s - _QUICK_S)
    return best, min(bound, closer)


def _proof(
    demand: Demand, best: Chosen, settled: Bound, *, time_limit_s: float
) -> tuple[Chosen, float]:
    """A better choice and a closer bound, as far as HiGHS finds them in time."""
    bound = settled.value
    if time_limit_s > 0.0 and not _is_near(demand, best, bound):
        exact = solve(demand, settled, time_limit_s=time_limit_s)
        if exact.is_chosen is not None:
            best = max(best, swap(demand, exact.is_chosen), key=demand.value)
        # Choices that do not keep to the settled sites are worth less than the one at hand.
        bound = min(bound, exact.bound)
    return best, max(bound, demand.value(best))


def _is_near(demand: Demand, best: Chosen, bound: float) -> bool:
    return bound <= demand.value(best) * (1.0 + _PROVEN)


def _most_robust(
    problem: SitingProblem, demand: Demand, plain: Chosen, *, time_limit_s: float
) -> tuple[Chosen, float]:
    """The choice with most left after the worst loss, of several starts; and a bound on that.

    What is left after the worst loss is at most what is left after the average one. With N radars
    in all a cell that one of them covers is left in 1 - 1/N of the cases, one that two cover always
    (with ``folds`` likewise). That average is a problem of the plain kind with other credits.
    """
    affordable = np.cumsum(np.sort(demand.cost[~demand.is_fixed])) <= demand.limit
    most = max(1, int(affordable.sum()) + int(demand.is_fixed.sum()))
    folds = problem.folds
    # c sites: of N losses, c leave c - 1 and N - c leave c, each worth min(·, folds) / folds.
    count = np.arange(folds + 2)
    left = count * np.minimum(count - 1, folds) + (most - count) * np.minimum(count, folds)
    upto = np.maximum(left, 0.0) / (most * folds)
    upto[0] = 0.0
    average = demand_from(problem, credit=np.maximum(np.diff(upto), 0.0))
    start, bound = _best(average, greedy_choice(average), time_limit_s=time_limit_s)
    found = [swap_robustly(demand, choice) for choice in (plain, start)]
    worth = [_after_loss(demand, choice) for choice in found]
    return found[int(np.argmax(worth))], max(bound, *worth)


def _after_loss(demand: Demand, is_chosen: Chosen) -> float:
    return demand.value(is_chosen) - worst_loss(demand, is_chosen)[0]


def _told(
    problem: SitingProblem,
    demand: Demand,
    best: Chosen,
    first: Chosen,
    bound: float,
    *,
    is_robust: bool,
) -> SitingPlan:
    new: NDArray[np.int64] = np.flatnonzero(best & ~demand.is_fixed)
    order = _most_useful_first(demand, new)
    is_chosen = demand.is_fixed.copy()
    existing = demand.value(is_chosen)
    values = []
    for s in order:
        is_chosen[s] = True
        values.append(demand.value(is_chosen))
    loss, worst = worst_loss(demand, best)
    value = demand.value(best)
    return SitingPlan(
        chosen=tuple(problem.sites[s] for s in order),
        value=value,
        values=tuple(values),
        value_existing=existing,
        total=demand.total,
        bound=bound,
        value_worst=value - loss,
        worst=problem.sites[worst] if worst >= 0 else None,
        cost=float(demand.cost[new].sum()),
        value_greedy=_after_loss(demand, first) if is_robust else demand.value(first),
        is_robust=is_robust,
    )


def _most_useful_first(demand: Demand, new: NDArray[np.int64]) -> list[int]:
    """The chosen sites in the order in which greedy would take them, the useless ones last."""
    only = np.full(demand.sites, np.inf)
    only[new] = 1.0
    among = Demand(
        start=demand.start,
        cells=demand.cells,
        weights=demand.weights,
        credit=demand.credit,
        cost=only,
        limit=float(new.size),
        is_fixed=demand.is_fixed,
        total=demand.total,
    )
    _, order = greedy(among)
    return order + [int(s) for s in new if s not in set(order)]
