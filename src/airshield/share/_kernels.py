"""The room's one loop: who has which of the 65,536 track numbers, row after row."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

U1 = NDArray[np.uint8]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U8 = NDArray[np.uint64]
Record = Any
Records = Any

ENDED = 3  # as TRACK_STATUSES numbers it
NEW = -1  # no row before
NO_CODE = -1
NOBODY = -1


@kernel
def number_of(lives: Records, heads: I4, track: np.uint64) -> int:
    """Find a live track's number; NOBODY if it has none."""
    number = heads[track % np.uint64(heads.size)]
    while number != NOBODY and lives[number].track != track:
        number = lives[number].following
    return int(number)


@kernel
def hang(lives: Records, heads: I4, number: int) -> None:
    """Let a number be found by its track."""
    bucket = lives[number].track % np.uint64(heads.size)
    lives[number].following = heads[bucket]
    heads[bucket] = number


@kernel
def unhang(lives: Records, heads: I4, number: int) -> None:
    """Let a number be found no more."""
    bucket = lives[number].track % np.uint64(heads.size)
    at = heads[bucket]
    if at == number:
        heads[bucket] = lives[number].following
        return
    while lives[at].following != number:
        at = lives[at].following
    lives[at].following = lives[number].following


@kernel
def number_tracks(
    track: U8,
    t_ns: I8,
    status: I4,
    code: I4,
    lives: Records,
    heads: I4,
    free: I4,
    ring: Record,
    number: I4,
    before: I4,
    age_ns: I8,
    is_changed: U1,
) -> None:
    """Number rows in their order, and say what each track's row before said.

    Comes in: columns of TRACK; ``lives``, one record per number; ``free``, a ring of the numbers
    that nobody has, of which ``ring.count`` from ``ring.first`` on are waiting, the one that was
    given back first at the front. Goes out: ``number`` (NOBODY when all are taken), ``before`` (the
    status of the row before, NEW if there was none), ``age_ns`` since the first row, and
    ``is_changed`` where the Mode 3/A code is another than the last one known.
    """
    for i in range(track.size):
        n = number_of(lives, heads, track[i])
        before[i] = NEW
        age_ns[i] = 0
        is_changed[i] = 0
        if n == NOBODY:
            if ring.count == 0:
                number[i] = NOBODY
                continue
            n = free[ring.first] + 0  # as wide as what number_of gives
            ring.first = (ring.first + 1) % free.size
            ring.count -= 1
            lives[n].track = track[i]
            lives[n].t_first_ns = t_ns[i]
            lives[n].code = NO_CODE
            hang(lives, heads, n)
        else:
            before[i] = lives[n].status
            age_ns[i] = max(t_ns[i] - lives[n].t_first_ns, 0)
        number[i] = n
        if code[i] != NO_CODE:
            if lives[n].code != NO_CODE and lives[n].code != code[i]:
                is_changed[i] = 1
            lives[n].code = code[i]
        # An ended track says by its last row whether it was ever sure.
        if status[i] != ENDED:
            lives[n].status = status[i]
            continue
        unhang(lives, heads, n)
        free[(ring.first + ring.count) % free.size] = n
        ring.count += 1
