"""What a set of tracks is worth beside the truth, instant by instant: plain arrays, no geodesy.

Comes in: for each instant which targets are there, which tracks are shown, and every pair of them
nearer than the cut-off (:class:`Instant`). Goes out: GOSPA, OSPA, the SIAP counts and the life of
tracks (:func:`tally`). ``tests/benchmarks`` holds them to Stone Soup's own generators.

GOSPA with p = 2 and alpha = 2 (Rahmathullah, García-Fernández, Svensson, *Generalized optimal
sub-pattern assignment metric*, 2017), OSPA with p = 2 (Schuhmacher, Vo, Vo, *A consistent metric
for performance evaluation of multi-object filters*, 2008), SIAP as in Votruba and others, *Single
Integrated Air Picture (SIAP) Metrics Implementation*, 2001, identity changes as in Bernardin and
Stiefelhagen, *Evaluating multiple object tracking performance: the CLEAR MOT metrics*, 2008.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """One look at truth and tracks.

    Attributes
    ----------
    targets : ndarray of int, shape (n,)
        The targets that count now.
    tracks : ndarray of int, shape (m,)
        Numbers of the tracks that count now.
    target_at, track_at : ndarray of int, shape (e,)
        Pairs nearer than the cut-off: places in ``targets`` and ``tracks``.
    apart_m : ndarray, shape (e,)
        Their distances.
    nearest : ndarray of int, shape (m,)
        Place in ``targets`` of the one nearest to each track within the cut-off, -1 for none.
    """

    targets: Ints
    tracks: Ints
    target_at: Ints
    track_at: Ints
    apart_m: Floats
    nearest: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Figures of all instants.

    Attributes
    ----------
    gospa_m, ospa_m : ndarray, shape (instants,)
        Distances of each instant.
    localisation_m2, missed_m2, false_m2 : float
        The three parts of GOSPA squared, over all instants.
    truth, shown, associated : int
        SIAP's sums of J, N and NA.
    tracked_target : ndarray of int
        The target of each of SIAP's JT: one entry for each instant at which it is tracked.
    longest_segment : float
        Share of the targets' time in their longest association with one track.
    changes : int
        How often a target's track number became another.
    tracks_seen, tracks_false : int
        Distinct tracks shown; those with no target near for more than half of their instants.
    instant, target, track_place, apart_m : ndarray, shape (k,)
        The pairs of the best assignment: which instant, which target, which place in its
        ``tracks``, how far apart.
    """

    gospa_m: Floats
    ospa_m: Floats
    localisation_m2: float
    missed_m2: float
    false_m2: float
    truth: int
    shown: int
    associated: int
    tracked_target: Ints
    longest_segment: float
    changes: int
    tracks_seen: int
    tracks_false: int
    instant: Ints
    target: Ints
    track_place: Ints
    apart_m: Floats


def best_pairs(target_at: Ints, track_at: Ints, apart_m: Floats, *, cutoff_m: float) -> Ints:
    """Return which of the candidate pairs make the best one-to-one assignment.

    The pairs that take most off the sum of squares: each is worth ``cutoff_m**2 - apart_m**2``,
    which is what GOSPA (alpha = 2) and OSPA both save by it. Candidates fall into clusters that do
    not touch; most are one pair, the others are solved exactly, each for itself.

    Parameters
    ----------
    target_at, track_at : ndarray of int, shape (e,)
        Candidate pairs, each at most once.
    apart_m : ndarray, shape (e,)
        Their distances; those not below the cut-off are never taken.
    cutoff_m : float
        The cut-off.

    Returns
    -------
    ndarray of int
        Places in the candidates, ascending.
    """
    worth = cutoff_m**2 - apart_m**2
    usable = np.flatnonzero(worth > 0.0)
    if usable.size == 0:
        return usable
    rows, row_of = np.unique(target_at[usable], return_inverse=True)
    columns, column_of = np.unique(track_at[usable], return_inverse=True)
    size = rows.size + columns.size
    links = coo_array((np.ones(usable.size), (row_of, rows.size + column_of)), shape=(size, size))
    count, cluster_of = connected_components(links, directed=False)
    cluster = cluster_of[row_of]
    order = np.argsort(cluster, kind="stable")
    begins = np.searchsorted(cluster[order], np.arange(count + 1))
    many = np.diff(begins) > 1
    taken = [usable[order[begins[:-1][~many]]]]
    for k in np.flatnonzero(many):
        here = order[begins[k] : begins[k + 1]]
        _, i = np.unique(row_of[here], return_inverse=True)
        _, j = np.unique(column_of[here], return_inverse=True)
        gain = np.zeros((i.max() + 1, j.max() + 1))
        place = np.full(gain.shape, -1)
        gain[i, j] = worth[usable[here]]
        place[i, j] = usable[here]
        chosen = place[linear_sum_assignment(gain, maximize=True)]
        taken.append(chosen[chosen >= 0])
    return np.sort(np.concatenate(taken))


def tally(instants: Iterable[Instant], *, cutoff_m: float) -> Tally:
    """Go through the instants in order of time and add up.

    Parameters
    ----------
    instants : iterable of Instant
        At even steps.
    cutoff_m : float
        Cut-off of GOSPA and OSPA, and the reach of an association.
    """
    gospa, ospa = [], []
    parts_m2 = np.zeros(3)
    truth = shown = associated = 0
    tracked: list[Ints] = []
    changes = 0
    held: dict[int, int] = {}  # target -> the track it had last
    runs: dict[tuple[int, int], tuple[int, int]] = {}  # (target, track) -> place, length of run
    longest: dict[int, int] = {}  # target -> steps of its longest run
    counted: dict[int, int] = {}  # target -> instants so far
    seen: list[Ints] = []
    lonely: list[NDArray[np.bool_]] = []
    pairs: list[tuple[Ints, Ints, Ints, Floats]] = []
    for at, now in enumerate(instants):
        n, m = now.targets.size, now.tracks.size
        best = best_pairs(now.target_at, now.track_at, now.apart_m, cutoff_m=cutoff_m)
        apart = now.apart_m[best]
        local_m2 = float(np.sum(apart**2))
        missed_m2 = 0.5 * cutoff_m**2 * (n - best.size)
        false_m2 = 0.5 * cutoff_m**2 * (m - best.size)
        parts_m2 += local_m2, missed_m2, false_m2
        gospa.append(np.sqrt(local_m2 + missed_m2 + false_m2))
        worst_m2 = cutoff_m**2 * (max(n, m) - best.size)
        ospa.append(np.sqrt((local_m2 + worst_m2) / max(n, m)) if n or m else 0.0)
        pairs.append(
            (
                np.full(best.size, at),
                now.targets[now.target_at[best]],
                now.track_at[best],
                apart,
            )
        )
        near = now.nearest >= 0
        truth += n
        shown += m
        associated += int(near.sum())
        tracked.append(now.targets[np.unique(now.nearest[near])])
        seen.append(now.tracks)
        lonely.append(~near)
        for target in now.targets.tolist():
            counted[target] = counted.get(target, -1) + 1
        for target, number in zip(
            now.targets[now.nearest[near]].tolist(), now.tracks[near].tolist(), strict=True
        ):
            last, steps = runs.get((target, number), (-2, 0))
            steps = steps + 1 if last == counted[target] - 1 else 0
            runs[target, number] = counted[target], steps
            longest[target] = max(longest.get(target, 0), steps)
        changes += _hold(held, now, best, cutoff_m)
    life = sum(counted.values())
    number_of, false = _false_tracks(seen, lonely)
    columns = [np.concatenate(column) for column in zip(*pairs, strict=True)] if pairs else []
    if not columns:
        nothing = np.zeros(0, np.int64)
        columns = [nothing, nothing, nothing, np.zeros(0)]
    return Tally(
        gospa_m=np.array(gospa),
        ospa_m=np.array(ospa),
        localisation_m2=float(parts_m2[0]),
        missed_m2=float(parts_m2[1]),
        false_m2=float(parts_m2[2]),
        truth=truth,
        shown=shown,
        associated=associated,
        tracked_target=np.concatenate(tracked) if tracked else np.zeros(0, np.int64),
        longest_segment=sum(longest.values()) / life if life else 0.0,
        changes=changes,
        tracks_seen=number_of,
        tracks_false=false,
        instant=columns[0],
        target=columns[1],
        track_place=columns[2],
        apart_m=columns[3],
    )


def _hold(held: dict[int, int], now: Instant, best: Ints, cutoff_m: float) -> int:
    """Give each target its track of before where that is still near; count the others' changes.

    A second track on a target makes the best assignment go to and fro between the two by noise;
    that is ambiguity, not a change of identity (CLEAR MOT keeps a pair as long as it is valid).
    """
    targets = now.targets[now.target_at]
    numbers = now.tracks[now.track_at]
    kept = np.array(
        [held.get(t) == n for t, n in zip(targets.tolist(), numbers.tolist(), strict=True)], bool
    )
    # Two targets may have had the same track at different times: the nearer one keeps it.
    order = np.flatnonzero(kept)[np.argsort(now.apart_m[kept], kind="stable")]
    _, first = np.unique(numbers[order], return_index=True)
    kept = np.zeros(kept.size, bool)
    kept[order[first]] = True
    free = ~np.isin(targets, targets[kept]) & ~np.isin(numbers, numbers[kept])
    if not free.any():
        return 0
    free_best = best[free[best]]
    if kept.sum() != kept[best].sum():  # the best assignment broke one of them
        left = np.flatnonzero(free)
        free_best = left[
            best_pairs(
                now.target_at[left], now.track_at[left], now.apart_m[left], cutoff_m=cutoff_m
            )
        ]
    changes = 0
    for target, number in zip(
        targets[free_best].tolist(), numbers[free_best].tolist(), strict=True
    ):
        changes += target in held  # kept pairs are not free: the number is another one
        held[target] = number
    return changes


def _false_tracks(seen: list[Ints], lonely: list[NDArray[np.bool_]]) -> tuple[int, int]:
    if not seen:
        return 0, 0
    numbers, at = np.unique(np.concatenate(seen), return_inverse=True)
    alone = np.bincount(at, weights=np.concatenate(lonely), minlength=numbers.size)
    instants = np.bincount(at, minlength=numbers.size)
    return numbers.size, int(np.sum(alone > 0.5 * instants))
