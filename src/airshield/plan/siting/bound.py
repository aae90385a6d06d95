"""How good a choice can be at all, and which sites the best one surely has or has not.

The tie between cells and sites is relaxed: a cell no longer needs a site to be covered, it pays a
multiplier λ for it, and a site earns what its cells pay. For any λ the relaxed problem, solved by
sorting, is worth at least as much as the true one; subgradient steps (Held, Wolfe, Crowder,
Mathematical Programming 6, 1974) bring it down to the value of the linear relaxation. What would
push the bound below a choice at hand is then settled for good, which leaves little to branch on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airshield.plan.siting import _kernels
from airshield.plan.siting.demand import Demand

Floats = NDArray[np.float64]
STEPS_MAX = 3000
_PATIENCE = 40
_STEP_MIN = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """An upper bound, and what follows for single sites.

    Attributes
    ----------
    value : float
        No choice is worth more.
    is_in, is_out : ndarray of bool, shape (sites,)
        Every choice that is worth more than ``target`` has, or has not, these sites.
    dearest : ndarray of bool, shape (sites,)
        The choice that earns most at the multipliers of the bound: one to start a search from.
    """

    value: float
    dearest: NDArray[np.bool_]
    is_in: NDArray[np.bool_]
    is_out: NDArray[np.bool_]


def lagrangian_bound(demand: Demand, target: float, *, limit: float | None = None) -> Bound:
    """Bound the value of every choice from above.

    Parameters
    ----------
    demand : Demand
        The problem.
    target : float
        The value of a choice at hand; the steps aim at it and end when it is reached.
    limit : float, optional
        In place of the demand's own.
    """
    d = demand
    limit = d.limit if limit is None else limit
    # Nothing that costs more than the limit can be chosen; existing radars are no choice.
    is_open = ~d.is_fixed & (d.cost <= limit)
    already = np.minimum(d.count(d.is_fixed), d.credit.size).astype(np.int32)
    base = d.value(d.is_fixed)
    first = np.append(d.credit, 0.0)[already]
    lam = 0.5 * d.weights * first
    price, slope, x = np.empty(d.sites), np.empty(d.weights.size), np.empty(d.sites)
    best, best_price, theta, since = np.inf, np.empty(d.sites), 1.0, 0
    for _ in range(STEPS_MAX):
        _kernels.prices_of(d.start, d.cells, lam, price)
        earns = _fill(price, d.cost, is_open, limit, x)
        keeps, length2 = _kernels.slack_of(
            d.start, d.cells, d.weights, d.credit, already, lam, x, slope
        )
        value = base + keeps + earns
        if best - value > 1e-9 * abs(value - target):
            best, since = value, 0
            best_price[:] = price
        else:
            since += 1
            if since >= _PATIENCE:
                theta, since = 0.5 * theta, 0
        if length2 == 0.0 or best <= target + d.tol or theta < _STEP_MIN:
            break
        step = theta * (value - target) / length2
        _kernels.move_prices(d.weights, d.credit, already, step, slope, lam)
    low, high = _fill_edges(best_price, d.cost, is_open, limit)
    slack = best - target
    # A site outside pushes one of the last inside out; without a site the first outside comes in.
    is_out = is_open & (best_price - high * d.cost < -slack - d.tol)
    is_in = is_open & (best_price - low * d.cost > slack + d.tol)
    # Rounding over some ten thousand terms must not bring the bound below the truth.
    return Bound(
        value=best + d.tol,
        dearest=_dearest(best_price, d, is_open, limit),
        is_in=is_in,
        is_out=is_out | (~is_open & ~d.is_fixed),
    )


def _fill(
    price: Floats, cost: Floats, is_open: NDArray[np.bool_], limit: float, x: Floats
) -> float:
    """Fill the limit with the best prices per cost, the last in part; returns what they earn."""
    x[:] = 0.0
    order = _by_ratio(price, cost, is_open)
    taken = np.clip((limit - (np.cumsum(cost[order]) - cost[order])) / cost[order], 0.0, 1.0)
    x[order] = taken
    return float(np.dot(taken, price[order]))


def _dearest(
    price: Floats, d: Demand, is_open: NDArray[np.bool_], limit: float
) -> NDArray[np.bool_]:
    """Existing radars, and the best prices per cost that find room whole."""
    is_chosen = d.is_fixed.copy()
    for s in _by_ratio(price, d.cost, is_open):
        if d.cost[s] <= limit:
            is_chosen[s] = True
            limit -= float(d.cost[s])
    return is_chosen


def _fill_edges(
    price: Floats, cost: Floats, is_open: NDArray[np.bool_], limit: float
) -> tuple[float, float]:
    """Prices per cost of the first that finds no room any more, and of the last that finds some."""
    order = _by_ratio(price, cost, is_open)
    ratio = price[order] / cost[order]
    used = np.cumsum(cost[order])
    full = int(np.searchsorted(used, limit, side="right"))
    has_room = int(np.searchsorted(used - cost[order], limit, side="left"))
    low = float(ratio[full]) if full < ratio.size else 0.0
    # Where all find room the last place is worth nothing.
    high = float(ratio[has_room - 1]) if full < ratio.size else 0.0
    return low, high


def _by_ratio(price: Floats, cost: Floats, is_open: NDArray[np.bool_]) -> NDArray[np.int64]:
    open_sites = np.flatnonzero(is_open)
    order: NDArray[np.int64] = open_sites[np.argsort(-(price / cost)[open_sites], kind="stable")]
    return order
