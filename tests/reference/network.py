"""A network of radars as sets: who sees which cell, looked up one cell and one subset at a time."""

from collections import Counter

from airshield.plan.coverage import reasons


def cells(maps, inside):
    """For each cell: the set of radars that see it, the set that may, and whether there is air."""
    for at in zip(*inside.nonzero(), strict=True):
        codes = {radar: int(codes[at]) for radar, codes in maps.items()}
        sees = {radar for radar, code in codes.items() if code == reasons.SEEN}
        may = {radar for radar, code in codes.items() if code == reasons.UNKNOWN}
        yield at, sees, may, reasons.GROUND not in codes.values()


def cover(maps, inside, weight, active):
    """Weight by 'ground', 'unknown' or the number of active radars that see, as a Counter."""
    out = Counter()
    for at, sees, may, air in cells(maps, inside):
        if not air:
            out["ground"] += weight[at]
        elif sees & active:
            out[min(4, len(sees & active))] += weight[at]
        elif may & active:
            out["unknown"] += weight[at]
        else:
            out[0] += weight[at]
    return out


def covered(maps, inside, weight, active):
    """Weight that some active radar surely sees."""
    return sum(cover(maps, inside, weight, active)[n] for n in (1, 2, 3, 4))


def why(maps, at):
    """The reason of the radar that passes most of the tests, the first of equals."""
    best = None
    for radar, codes in maps.items():
        passed = reasons.ORDER.index(int(codes[at]))
        if best is None or passed > best[0]:
            best = passed, int(codes[at]), radar
    return best[1:]


def regions(mask):
    """Sets of cells connected through sides."""
    left = {(int(i), int(j)) for i, j in zip(*mask.nonzero(), strict=True)}
    while left:
        region, front = set(), [left.pop()]
        while front:
            i, j = front.pop()
            region.add((i, j))
            for near in ((i + 1, j), (i - 1, j), (i, j + 1), (i, j - 1)):
                if near in left:
                    left.remove(near)
                    front.append(near)
        yield region
