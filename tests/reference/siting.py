"""Siting by trying everything, and greedy as the rule says it."""

from itertools import combinations


def value(cover, weights, chosen, folds=1):
    """Weight covered, each cell in parts of ``folds``."""
    return sum(
        weight * min(sum(bool(cover[s][d]) for s in chosen), folds) / folds
        for d, weight in enumerate(weights)
    )


def after_loss(cover, weights, chosen, folds=1):
    """Weight covered after the worst loss of one."""
    left = [value(cover, weights, chosen - {s}, folds) for s in chosen]
    return min(left, default=0.0)


def choices(sites, existing, costs, limit):
    """Every affordable set of sites, with the existing ones."""
    new = [s for s in range(sites) if s not in existing]
    for many in range(len(new) + 1):
        for some in combinations(new, many):
            if sum(costs[s] for s in some) <= limit:
                yield set(some) | set(existing)


def greedy(cover, weights, existing, radars, folds=1):
    """The site with the largest gain, again and again; the first of equals."""
    count = [sum(bool(cover[s][d]) for s in existing) for d in range(len(weights))]
    order = []
    while len(order) < radars:
        best, top = None, 0.0
        for s in range(len(cover)):
            if s in existing or s in order:
                continue
            gain = 0.0
            for d, weight in enumerate(weights):
                if cover[s][d] and count[d] < folds:
                    gain += weight * (1.0 / folds)
            if gain > top:
                best, top = s, gain
        if best is None:
            break
        order.append(best)
        for d in range(len(weights)):
            count[d] += bool(cover[best][d])
    return order
