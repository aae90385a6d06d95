"""Rhythms: at each station one sortie after the other, each as long as can be.

With the beginnings settled, only who flies what is open, and HiGHS needs a tenth of a second where
the whole timetable takes it minutes. Few beginnings have to be tried: that stations are relieved at
different times is what lets them share aircraft, and almost any different times do.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.plan.roster.sorties import Ints, Sorties

_GOLDEN: Final = 0.6180339887498949
_SILVER: Final = 0.41421356237309515
"""Multiples of either, less their whole parts, never come close to each other again soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One aircraft's place at a station over one stretch of its hours, or all the time.

    Attributes
    ----------
    station, start, steps : int
        Where, from which step, how many.
    is_round : bool
        All the time: it may begin anywhere.
    levels : tuple of int
        Lengths of the longest stays of those that serve the station, refuelled so many times: the
        longest on somebody's own fuel first.
    """

    station: int
    start: int
    steps: int
    is_round: bool
    levels: tuple[int, ...]


def chains_of(needs: Ints, sorties: Sorties) -> list[Chain]:
    """Every place that is to be kept manned."""
    chains = []
    for s, need in enumerate(needs):
        mine = sorties.station == s
        levels = []
        for times in np.unique(sorties.refuellings[mine]):
            of = mine & (sorties.refuellings == times)
            fleets = np.unique(sorties.fleet[of])
            longest = {int(sorties.steps[of & (sorties.fleet == f)].max()) for f in fleets}
            levels += [one for one in sorted(longest, reverse=True) if one not in levels]
        for start, steps in _stretches(need > 0):
            one = Chain(
                station=s,
                start=start,
                steps=steps,
                is_round=steps == need.size,
                levels=tuple(levels),
            )
            chains += [one] * int(need.max())
    return chains


def beginning(chains: list[Chain], nth: int) -> list[tuple[int, int]]:
    """Level and phase of every chain: the nth of a sequence that spreads evenly."""
    found = []
    for i, chain in enumerate(chains):
        level = 0 if nth % 2 == 0 else int((i * _SILVER + nth * _GOLDEN) % 1.0 * len(chain.levels))
        phase = (i * _GOLDEN + nth * _SILVER) % 1.0
        found.append((level, int(phase * chain.levels[level])))
    return found


def changed(chains: list[Chain], settled: list[tuple[int, int]], nth: int) -> list[tuple[int, int]]:
    """The nth change of one chain's beginning."""
    found = list(settled)
    i = nth % len(chains)
    level = int(nth * _SILVER % 1.0 * len(chains[i].levels))
    found[i] = (level, int(nth * _GOLDEN % 1.0 * chains[i].levels[level]))
    return found


def in_rhythm(
    chains: list[Chain], settled: list[tuple[int, int]], sorties: Sorties, steps: int
) -> NDArray[np.bool_]:
    """Tell which sorties fit into the chains as they are settled, shape (sorties,)."""
    wanted = np.zeros((int(sorties.station.max()) + 1, steps, int(sorties.steps.max()) + 1), bool)
    for chain, (level, phase) in zip(chains, settled, strict=True):
        stay = chain.levels[level]
        # A chain that begins and ends somewhere starts with a short stay, one that goes round has
        # its short one where it closes.
        edges = [0] if chain.is_round or phase == 0 else [0, phase]
        edges = [*edges, *range(edges[-1] + stay, chain.steps, stay), chain.steps]
        shift = chain.start + (phase if chain.is_round else 0)
        for low, high in itertools.pairwise(edges):
            wanted[chain.station, (shift + low) % steps, high - low] = True
    return np.asarray(wanted[sorties.station, sorties.first, sorties.steps])


def _stretches(is_needed: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Beginnings and lengths of the stretches, which may go on over the period's end."""
    if is_needed.all():
        return [(0, is_needed.size)]
    starts = np.flatnonzero(is_needed & ~np.roll(is_needed, 1))
    found = []
    for start in starts:
        rest = np.roll(is_needed, -int(start))
        found.append((int(start), int(np.argmin(rest))))
    return found
