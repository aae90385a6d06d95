"""Shares, least coalitions, replacements, by trying everything. Coalitions are sets of numbers."""

from itertools import chain, combinations, permutations, product


def coalitions(n):
    return [
        frozenset(some)
        for some in chain.from_iterable(combinations(range(n), k) for k in range(n + 1))
    ]


def shares(n, worth):
    """What each adds, averaged over all orders of joining."""
    total = [0.0] * n
    orders = list(permutations(range(n)))
    for order in orders:
        there = frozenset()
        for player in order:
            total[player] += worth(there | {player}) - worth(there)
            there |= {player}
    return [much / len(orders) for much in total]


def least(n, holds):
    holding = [some for some in coalitions(n) if holds(some)]
    return {some for some in holding if not any(other < some for other in holding)}


def cheapest(most, costs, holds):
    """The least cost of any counts that hold; None: none do."""
    found = [
        sum(c * k for c, k in zip(costs, counts, strict=True))
        for counts in product(*(range(many + 1) for many in most))
        if holds(counts)
    ]
    return min(found, default=None)
