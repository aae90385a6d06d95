"""Siting's loops: gains, greedy choice, swaps, and the bound's sums.

A site s covers the demand cells ``cells[start[s]:start[s + 1]]``. A cell of weight w that c sites
cover is worth ``w · (credit[0] + ... + credit[c - 1])``; credits never rise, so another site is
worth the less the more there are (the value is submodular).
"""

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel

I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]

NOBODY = -1


@lean_kernel
def gain_of(s: int, start: I8, cells: I4, weights: F8, credit: F8, count: I4) -> float:
    """What another site would add."""
    gain = 0.0
    for at in range(start[s], start[s + 1]):
        d = cells[at]
        if count[d] < credit.size:
            gain += weights[d] * credit[count[d]]
    return gain


@lean_kernel
def loss_of(s: int, start: I8, cells: I4, weights: F8, credit: F8, count: I4) -> float:
    """What would be lost without a site that has been counted."""
    loss = 0.0
    for at in range(start[s], start[s + 1]):
        d = cells[at]
        if count[d] <= credit.size:
            loss += weights[d] * credit[count[d] - 1]
    return loss


@lean_kernel
def put(s: int, by: int, start: I8, cells: I4, count: I4) -> None:
    """Count a site, or take it away again."""
    for at in range(start[s], start[s + 1]):
        count[cells[at]] += by


@lean_kernel
def choose_greedily(
    start: I8,
    cells: I4,
    weights: F8,
    credit: F8,
    cost: F8,
    left: float,
    by_ratio: bool,
    is_chosen: B1,
    count: I4,
    upper: F8,
    fresh: I4,
    order: I4,
) -> int:
    """Add the site with the largest gain (or gain per cost) until nothing helps or is affordable.

    Gains only fall as sites are added, so an old gain is an upper bound: a site is looked at anew
    only when its bound is the largest (Minoux 1978). The sums run in one order and rounding keeps
    ≤, so the choice is that of the plain rule, ties included (the first site wins).
    ``is_chosen`` and ``count`` go in as they are and come out with the choice. Returns how many.
    """
    sites = start.size - 1
    for s in range(sites):
        upper[s] = np.inf
        fresh[s] = -1
    many = 0
    while True:
        best, top = NOBODY, 0.0
        for s in range(sites):
            if not is_chosen[s] and cost[s] <= left and upper[s] > top:
                best, top = s, upper[s]
        if best == NOBODY:
            return many
        if fresh[best] < many:
            gain = gain_of(best, start, cells, weights, credit, count)
            upper[best] = gain / cost[best] if by_ratio else gain
            fresh[best] = many
            continue
        put(best, 1, start, cells, count)
        is_chosen[best] = True
        left -= cost[best]
        order[many] = best
        many += 1


@lean_kernel
def swap_once(
    start: I8,
    cells: I4,
    weights: F8,
    credit: F8,
    cost: F8,
    left: float,
    tol: float,
    is_fixed: B1,
    is_chosen: B1,
    count: I4,
) -> tuple[int, float]:
    """Exchange every chosen site in turn for the best other, where that is worth more than ``tol``.

    Returns how many exchanges were made and the budget that is left.
    """
    sites = start.size - 1
    swaps = 0
    for out in range(sites):
        if not is_chosen[out] or is_fixed[out]:
            continue
        loss = loss_of(out, start, cells, weights, credit, count)
        put(out, -1, start, cells, count)
        best, top = out, loss + tol
        for s in range(sites):
            if is_chosen[s] or cost[s] > left + cost[out]:
                continue
            gain = gain_of(s, start, cells, weights, credit, count)
            if gain > top:
                best, top = s, gain
        put(best, 1, start, cells, count)
        if best != out:
            is_chosen[out] = False
            is_chosen[best] = True
            left += cost[out] - cost[best]
            swaps += 1
    return swaps, left


@lean_kernel
def worst_loss(
    start: I8, cells: I4, weights: F8, credit: F8, is_chosen: B1, count: I4, give_up: float
) -> tuple[float, int]:
    """The largest loss of any one site, and whose; it may stop once it exceeds ``give_up``."""
    worst, by = 0.0, NOBODY
    for s in range(start.size - 1):
        if is_chosen[s]:
            loss = loss_of(s, start, cells, weights, credit, count)
            if by == NOBODY or loss > worst:
                worst, by = loss, s
                if worst > give_up:
                    break
    return worst, by


@lean_kernel
def swap_robustly_once(
    start: I8,
    cells: I4,
    weights: F8,
    credit: F8,
    cost: F8,
    left: float,
    tol: float,
    value: float,
    is_fixed: B1,
    is_chosen: B1,
    count: I4,
) -> tuple[int, float, float]:
    """Exchange sites for what is left after the worst loss, the value itself breaking ties.

    Returns how many exchanges were made, the budget that is left and the value.
    """
    sites = start.size - 1
    swaps = 0
    worst, _ = worst_loss(start, cells, weights, credit, is_chosen, count, np.inf)
    for out in range(sites):
        if not is_chosen[out] or is_fixed[out]:
            continue
        stays = value - loss_of(out, start, cells, weights, credit, count)
        put(out, -1, start, cells, count)
        is_chosen[out] = False
        best, best_value, best_worst = out, value, worst
        for s in range(sites):
            if is_chosen[s] or s == out or cost[s] > left + cost[out]:
                continue
            other = stays + gain_of(s, start, cells, weights, credit, count)
            goal = best_value - best_worst
            if other < goal - tol:
                continue
            put(s, 1, start, cells, count)
            is_chosen[s] = True
            loss, _ = worst_loss(
                start, cells, weights, credit, is_chosen, count, other - goal + tol
            )
            is_chosen[s] = False
            put(s, -1, start, cells, count)
            after = other - loss
            if after > goal + tol or (after >= goal - tol and other > best_value + 2.0 * tol):
                best, best_value, best_worst = s, other, loss
        put(best, 1, start, cells, count)
        is_chosen[best] = True
        if best != out:
            left += cost[out] - cost[best]
            value, worst = best_value, best_worst
            swaps += 1
    return swaps, left, value


@lean_kernel
def prices_of(start: I8, cells: I4, lam: F8, price: F8) -> None:
    """What each site's cells pay for it: the sum of their multipliers."""
    for s in range(start.size - 1):
        total = 0.0
        for at in range(start[s], start[s + 1]):
            total += lam[cells[at]]
        price[s] = total


@lean_kernel
def slack_of(
    start: I8,
    cells: I4,
    weights: F8,
    credit: F8,
    already: I4,
    lam: F8,
    x: F8,
    slope: F8,
) -> tuple[float, float]:
    """The part of the Lagrangian that cells keep, and its slope against each multiplier.

    A cell keeps, of every credit not yet given by what stands, what exceeds its multiplier. Returns
    that sum and the squared length of the slope along which multipliers can still move.
    """
    keeps, length2 = 0.0, 0.0
    for d in range(lam.size):
        slope[d] = 0.0
    for s in range(start.size - 1):
        if x[s] > 0.0:
            for at in range(start[s], start[s + 1]):
                slope[cells[at]] += x[s]
    for d in range(lam.size):
        for c in range(already[d], credit.size):
            over = weights[d] * credit[c] - lam[d]
            if over > 0.0:
                keeps += over
                slope[d] -= 1.0
        most = weights[d] * credit[already[d]] if already[d] < credit.size else 0.0
        if (lam[d] <= 0.0 and slope[d] > 0.0) or (lam[d] >= most and slope[d] < 0.0):
            slope[d] = 0.0
        length2 += slope[d] * slope[d]
    return keeps, length2


@lean_kernel
def move_prices(weights: F8, credit: F8, already: I4, step: float, slope: F8, lam: F8) -> None:
    """Move the multipliers against the slope, within what a cell can pay at most."""
    for d in range(lam.size):
        most = weights[d] * credit[already[d]] if already[d] < credit.size else 0.0
        lam[d] = min(most, max(0.0, lam[d] - step * slope[d]))
