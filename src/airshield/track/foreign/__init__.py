"""Tracks of other systems: fused without trust in their independence, known by their numbers.

Comes in: REPORT rows of kind ``track`` (CAT062 and the like): a place, perhaps a velocity, both in
the frame and at the time of our own track's state, the source's own number for the track. Goes
out: our state with theirs fused in, and the answer which of our tracks a number stands for.

**Fusion.** What another system says may rest on the radars that we hear too, or on our own track
that it was sent: its errors are correlated with ours and nobody knows how much. A Kalman update
would count the same plot twice and soon believe itself to the metre. Covariance intersection is
consistent whatever the correlation: the fused covariance is never less than the real one. Its
weight ``omega`` is the one with the least determinant, which no choice of units changes. The price:
two estimates equally good give one no better; a foreign track helps where it is clearly the better
one, which is where it is needed. ::

    omega = ci_weight(P, R, work)              # blended P of a track with several models
    fuse_ci(x, P, z, R, omega, work)           # each model with the same omega

A model's probability is left as it is: a likelihood would count shared errors as agreement. A place
without velocity has kernels of its own. Gate with ``misfit``, which is cautious for the same
reason. ``work`` is an array of shape (2, 4, 4).

**Which track.** A table keeps for each (source, number) the track of ours that it stands for::

    a = find_alias(aliases, source, number, t)           # -1: full; then by address only
    if aliases[a].track != 0 and tracks[aliases[a].slot].number != aliases[a].track:
        release_alias(aliases[a])                        # our track has ended
    # the track with the report's address, else the bound one if it fits, else the best that fits
    if judge_alias(aliases[a], slot, number_of_track, by_address): fuse

An address binds at once. Without one three reports in a row must fit the same track to bind and
three must misfit to let go; what fits another track meanwhile is fused with nothing. A track
that a report has begun is bound by ``bind_alias``. A number not used for 60 s is forgotten: CAT062
numbers are given out anew. The table has a fixed size, is a function of the calls alone and its
snapshot is a plain copy of its octets.

**Loops.** Reports under our own SAC/SIC (``is_own``) are never fused; the caller counts them. A
loop through a third system, which sends our track on under its own name, cannot be told from the
report; covariance intersection makes it harmless, not useful.

**Left out.** Split covariance intersection (Julier, Uhlmann, General decentralized data fusion with
covariance intersection, in Handbook of Multisensor Data Fusion, 2001) would win more from what is
known to be independent, at the price of a second covariance in every track through every
prediction and update; and CAT062 does not tell which part of its error is its own. Two numbers of
one source may be bound to one track: a duplicate of theirs costs nothing under covariance
intersection. Resolving what a source means by its age and status fields (I062/080, I062/290).
"""

import numpy as np

from airshield.track.foreign._kernels import (
    bind_alias,
    ci_weight,
    ci_weight_place,
    find_alias,
    fuse_ci,
    fuse_ci_place,
    judge_alias,
    misfit,
    misfit_place,
    release_alias,
)
from airshield.track.foreign.loops import is_own
from airshield.track.foreign.state import ALIAS, make_aliases

__all__ = [
    "ALIAS",
    "bind_alias",
    "ci_weight",
    "ci_weight_place",
    "find_alias",
    "fuse_ci",
    "fuse_ci_place",
    "is_own",
    "judge_alias",
    "make_aliases",
    "misfit",
    "misfit_place",
    "release_alias",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    x, P, work = np.zeros(4), np.eye(4), np.empty((2, 4, 4))
    z, R = np.ones(4), 0.1 * np.eye(4)
    misfit(x, P, z, R, work)
    fuse_ci(x, P, z, R, ci_weight(P, R, work), work)
    place, noise = np.ones(2), 0.1 * np.eye(2)
    misfit_place(x, P, place, noise)
    fuse_ci_place(x, P, place, noise, ci_weight_place(P, noise), work)
    aliases = make_aliases(2)
    judge_alias(aliases[find_alias(aliases, 0, 1, 0.0)], 0, 1, False)
