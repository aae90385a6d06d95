"""Good choices, quickly: lazy greedy, then exchanges of one site for another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from airshield.plan.siting import _kernels
from airshield.plan.siting.demand import Demand

Chosen = NDArray[np.bool_]
ROUNDS_MAX = 200
"""Every round improves the value; this is only against a bad day's rounding."""
_SEED = 20250801
_KICKS_MIN, _KICKS_MAX = 20, 200
_WORK = 300_000_000
"""Sites times cells times exchanges that kicks may take: about two seconds."""


def greedy(demand: Demand, *, by_ratio: bool = False) -> tuple[Chosen, list[int]]:
    """Choose the best next site again and again; returns the choice and the order of the new ones.

    For the value of a number of sites it is worth at least 1 - 1/e = 63 % of the best (Nemhauser,
    Wolsey, Fisher, Mathematical Programming 14, 1978).
    """
    is_chosen = demand.is_fixed.copy()
    order = np.empty(demand.sites, np.int32)
    many = _kernels.choose_greedily(
        demand.start,
        demand.cells,
        demand.weights,
        demand.credit,
        demand.cost,
        demand.limit,
        by_ratio,
        is_chosen,
        demand.count(is_chosen),
        np.empty(demand.sites),
        np.empty(demand.sites, np.int32),
        order,
    )
    return is_chosen, order[:many].tolist()


def greedy_choice(demand: Demand) -> Chosen:
    """The better of greedy by gain and, where costs differ, greedy by gain per cost.

    The first choice of the former is the best single site, so together they are worth at least half
    of 63 % of the best (Khuller, Moss, Naor, Information Processing Letters 70, 1999).
    """
    best, _ = greedy(demand)
    if np.ptp(demand.cost) > 0.0:
        other, _ = greedy(demand, by_ratio=True)
        if demand.value(other) > demand.value(best):
            return other
    return best


def _left(demand: Demand, is_chosen: Chosen) -> float:
    return demand.limit - float(demand.cost[is_chosen & ~demand.is_fixed].sum())


def swap(demand: Demand, start: Chosen) -> Chosen:
    """Exchange one site for another, and add what has become affordable, until nothing helps."""
    is_chosen = start.copy()
    d = demand
    for _ in range(ROUNDS_MAX):
        count, left = d.count(is_chosen), _left(d, is_chosen)
        swaps, left = _kernels.swap_once(
            d.start,
            d.cells,
            d.weights,
            d.credit,
            d.cost,
            left,
            d.tol,
            d.is_fixed,
            is_chosen,
            count,
        )
        added = _kernels.choose_greedily(
            d.start,
            d.cells,
            d.weights,
            d.credit,
            d.cost,
            left,
            False,
            is_chosen,
            count,
            np.empty(d.sites),
            np.empty(d.sites, np.int32),
            np.empty(d.sites, np.int32),
        )
        if not swaps and not added:
            break
    return is_chosen


def kick(demand: Demand, start: Chosen) -> Chosen:
    """Take some sites away by lot, fill up and swap again; keep what is better, many times over.

    A choice that no single exchange improves may still be a hundredth from the best; this finds the
    best of most problems of some hundred sites (iterated local search: Lourenço, Martin, Stützle,
    Handbook of Metaheuristics, 2003). The lots are drawn from a fixed seed: the same problem gives
    the same plan.
    """
    best, value = start, demand.value(start)
    new = np.flatnonzero(start & ~demand.is_fixed)
    work = max(1, demand.cells.size * new.size)
    rng = np.random.default_rng(_SEED)
    for _ in range(max(_KICKS_MIN, min(_KICKS_MAX, _WORK // work))):
        new = np.flatnonzero(best & ~demand.is_fixed)
        if new.size < 2:
            break
        out = rng.choice(new, size=min(new.size, int(rng.integers(2, 5))), replace=False)
        other = best.copy()
        other[out] = False
        # In their place others by lot, or the exchanges would only bring back what was there.
        instead = np.flatnonzero(~best)
        for s in rng.permutation(instead)[: out.size]:
            if demand.cost[s] <= _left(demand, other):
                other[s] = True
        other = swap(demand, other)
        if demand.value(other) > value + demand.tol:
            best, value = other, demand.value(other)
    return best


def swap_robustly(demand: Demand, start: Chosen) -> Chosen:
    """Exchange sites for the value that is left after the worst loss of one."""
    is_chosen = start.copy()
    d = demand
    for _ in range(ROUNDS_MAX):
        swaps, _, _ = _kernels.swap_robustly_once(
            d.start,
            d.cells,
            d.weights,
            d.credit,
            d.cost,
            _left(d, is_chosen),
            d.tol,
            d.value(is_chosen),
            d.is_fixed,
            is_chosen,
            d.count(is_chosen),
        )
        if not swaps:
            break
    return is_chosen


def worst_loss(demand: Demand, is_chosen: Chosen) -> tuple[float, int]:
    """The largest loss of any one radar, new or existing, and whose it is (-1: there is none)."""
    d = demand
    loss, by = _kernels.worst_loss(
        d.start,
        d.cells,
        d.weights,
        d.credit,
        is_chosen,
        d.count(is_chosen),
        np.inf,
    )
    return float(loss), int(by)
