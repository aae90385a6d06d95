"""From how many sorties of each kind to flights with names: which aircraft, which crew, whose fuel.

The period goes on without end in both directions, so flights are intervals on a line, and as many
aircraft as are ever away at once are enough: whoever has waited longest takes the next. After a
period the same sorties are flown, seldom by the same aircraft.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

from airshield.plan.patrol import PatrolPlan
from airshield.plan.roster.sorties import Floats, Ints, Period, Sorties, refuelled_at

_KG_LEAST: Final = 1.0
"""HiGHS keeps to limits within a millionth of a tonne, for each sortie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flights:
    """Flights in order of take-off, shape (n,) each.

    Attributes
    ----------
    kind : ndarray of int64
        The sortie that each is one of.
    aircraft, crew : ndarray of int64
        Number within the fleet, from 1; crew 0: crews do not limit the fleet.
    take_off_s, on_s, off_s, landing_s, ready_s : ndarray of float64
        From the plan's first instant [s].
    given_kg : ndarray of float64
        To others, out of what it brought.
    refuellings : tuple of (t_s, taker, giver, kg)
        Numbers of flights.
    """

    kind: Ints
    aircraft: Ints
    crew: Ints
    take_off_s: Floats
    on_s: Floats
    off_s: Floats
    landing_s: Floats
    ready_s: Floats
    given_kg: Floats
    refuellings: tuple[tuple[float, int, int, float], ...]


def flights_of(
    plan: PatrolPlan, period: Period, sorties: Sorties, flown: Ints, *, days: int
) -> Flights:
    """Name the flights that are on station at some time of the first ``days`` days."""
    length_s = period.length_s
    # Who is away at the first instant took off before it, and what it flies must be there whole.
    reach_s = int((sorties.ready_s - sorties.take_off_s).max(initial=0))
    before = 2 + math.ceil(reach_s / length_s)
    after = math.ceil(days * 86_400 / length_s) + 1
    one = np.repeat(np.arange(sorties.many), flown)
    kind = np.tile(one, before + after)
    shift_s = np.repeat(np.arange(-before, after), one.size) * length_s
    on_s = sorties.first[kind] * period.step_s + shift_s
    order = np.lexsort((kind, sorties.take_off_s[kind] + shift_s))
    kind, shift_s, on_s = kind[order], shift_s[order], on_s[order]
    take_off_s, landing_s = sorties.take_off_s[kind] + shift_s, sorties.landing_s[kind] + shift_s
    ready_s, rested_s = sorties.ready_s[kind] + shift_s, sorties.rested_s[kind] + shift_s
    off_s = on_s + sorties.steps[kind] * period.step_s
    aircraft, crew = np.zeros(kind.size, np.int64), np.zeros(kind.size, np.int64)
    for f, fleet in enumerate(plan.fleets):
        mine = np.flatnonzero(sorties.fleet[kind] == f)
        aircraft[mine] = _numbers(take_off_s[mine], ready_s[mine])
        if plan.class_of(fleet).crews_per_aircraft is not None:
            crew[mine] = _numbers(take_off_s[mine], rested_s[mine])
    given = _fuel(plan, period, sorties, kind, on_s, off_s)
    keep = np.flatnonzero((off_s > 0) & (on_s < days * 86_400))
    place = np.full(kind.size, -1)
    place[keep] = np.arange(keep.size)
    given_kg = np.zeros(kind.size)
    for _, _, giver, kg in given:
        given_kg[giver] += kg
    return Flights(
        kind=kind[keep],
        aircraft=aircraft[keep],
        crew=crew[keep],
        take_off_s=period.start_s + take_off_s[keep].astype(np.float64),
        on_s=period.start_s + on_s[keep].astype(np.float64),
        off_s=period.start_s + off_s[keep].astype(np.float64),
        landing_s=period.start_s + landing_s[keep].astype(np.float64),
        ready_s=period.start_s + ready_s[keep].astype(np.float64),
        given_kg=given_kg[keep],
        refuellings=tuple(
            (t + period.start_s, int(place[taker]), int(place[giver]), kg)
            for t, taker, giver, kg in given
            if 0 <= t < days * 86_400
        ),
    )


def needless(
    plan: PatrolPlan, period: Period, needs: Ints, sorties: Sorties, flown: Ints
) -> NDArray[np.int64]:
    """How often each sortie is still flown when those are left out that nobody would miss.

    The cost of a roster may be the same with them: aircraft that stand ready fly for nothing.
    Tracks where tankers give fuel are left as they are.
    """
    left = flown.copy()
    there = np.zeros(needs.shape, np.int64)
    at = [
        (sorties.first[j] + np.arange(sorties.steps[j])) % period.steps for j in range(sorties.many)
    ]
    for j, many in enumerate(left):
        np.add.at(there[sorties.station[j]], at[j], many)
    is_used = bool((sorties.refuellings * left).any())
    tracks = {name for station in plan.stations for name in station.tankers} if is_used else set()
    for j in np.argsort(-sorties.flight_s / np.maximum(1, sorties.steps), kind="stable"):
        s = sorties.station[j]
        if plan.stations[s].name in tracks:
            continue
        spare = (there[s, at[j]] - needs[s, at[j]]).min()
        less = int(min(left[j], max(0, spare)))
        left[j] -= less
        np.subtract.at(there[s], at[j], less)
    return left


def _numbers(start_s: Ints, end_s: Ints) -> Ints:
    """Number things that are taken over and over: the next is whoever came back first."""
    free: list[tuple[int, int]] = []
    found = np.zeros(start_s.size, np.int64)
    many = 0
    for i, (start, end) in enumerate(zip(start_s.tolist(), end_s.tolist(), strict=True)):
        if free and free[0][0] <= start:
            _, who = heapq.heappop(free)
        else:
            many += 1
            who = many
        found[i] = who
        heapq.heappush(free, (end, who))
    return found


def _fuel(
    plan: PatrolPlan, period: Period, sorties: Sorties, kind: Ints, on_s: Ints, off_s: Ints
) -> list[tuple[float, int, int, float]]:
    """Who gives fuel to whom: of those who are there, first who leaves first.

    In time order that fails only if every way fails. It begins a period before the first instant:
    all who are there then are known, and full, which is more than they have in any roster.
    """
    each: dict[int, list[tuple[int, float]]] = {}
    for j, after, kg in refuelled_at(sorties, plan, period.step_s):
        each.setdefault(j, []).append((after, kg))
    asks = sorted(
        (int(on_s[i]) + after * period.step_s, i, kg)
        for i, j in enumerate(kind.tolist())
        for after, kg in each.get(j, [])
    )
    asks = [ask for ask in asks if ask[0] >= -period.length_s]
    if not asks:
        return []
    names = [station.name for station in plan.stations]
    serves = np.array([[name in one.tankers for name in names] for one in plan.stations])
    at_s, takers = np.array([ask[:2] for ask in asks]).T
    givers = np.flatnonzero((sorties.offload_kg[kind] > 0.0) & (off_s > -period.length_s))
    givers = givers[np.argsort(off_s[givers], kind="stable")]
    is_there = (on_s[givers] <= at_s[:, None]) & (off_s[givers] > at_s[:, None])
    is_there &= serves[sorties.station[kind[takers]]][:, sorties.station[kind[givers]]]
    dealt = deal(np.array([kg for *_, kg in asks]), sorties.offload_kg[kind[givers]], is_there)
    return [
        (float(at_s[a]), int(takers[a]), int(givers[g]), float(dealt[a, g]))
        for a, g in np.argwhere(dealt > 0.0)
    ]


def deal(asked_kg: Floats, brought_kg: Floats, is_there: NDArray[np.bool_]) -> Floats:
    """Who gives how much to whom, shape (takers, givers), so that all get what they ask for.

    Parameters
    ----------
    asked_kg : ndarray, shape (takers,)
        In order of time.
    brought_kg : ndarray, shape (givers,)
        In order of leaving.
    is_there : ndarray of bool, shape (takers, givers)
        Who can give to whom.

    Notes
    -----
    To each from who leaves first: with one track that fails only if every way fails (Glover 1967).
    Where tracks serve different stations it need not be so, and a maximum flow decides.
    """
    dealt = np.zeros(is_there.shape)
    left_kg = brought_kg.copy()
    is_short = False
    for a, kg in enumerate(asked_kg):
        lacking_kg = float(kg)
        for g in np.flatnonzero(is_there[a] & (left_kg > 0.0)):
            dealt[a, g] = min(lacking_kg, float(left_kg[g]))
            left_kg[g] -= dealt[a, g]
            lacking_kg -= dealt[a, g]
            if lacking_kg <= _KG_LEAST:
                break
        is_short |= lacking_kg > _KG_LEAST
    if not is_short:
        return dealt
    takers, givers = is_there.shape
    whom, who = np.nonzero(is_there)
    source, sink = takers + givers, takers + givers + 1
    graph = sparse.csr_matrix(
        (
            np.concatenate([brought_kg, asked_kg[whom], asked_kg]).astype(np.int32),
            (
                np.concatenate([np.full(givers, source), takers + who, np.arange(takers)]),
                np.concatenate([takers + np.arange(givers), whom, np.full(takers, sink)]),
            ),
        ),
        shape=(sink + 1, sink + 1),
    )
    flow = maximum_flow(graph, source, sink).flow.tocsr()
    return np.asarray(flow[takers:source, :takers].toarray().T.clip(0), np.float64)
