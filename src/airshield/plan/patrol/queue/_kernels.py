"""Loops that put events in and take them out."""

import numpy as np

from airshield._kernels import lean_kernel
from airshield.plan.patrol.state import World

# Kinds of events.
DAY, COME, GO, TAKE_OFF, ARRIVE, RELIEVE, LEAVE, LAND = range(8)
REPAIRED, TURNED, FAIL, SPELL_ENDS, BASE_HOURS = range(8, 13)
STATION_OPENS, STATION_ON, STATION_OFF = range(13, 16)
WAKE, CALL = 16, 17  # WAKE is nothing by itself: somebody may be sent
ID_BITS = 18
ID_MASK = (1 << ID_BITS) - 1

U = np.uint64
"""An index that is never negative needs no look whether it counts from the end."""


@lean_kernel
def push(w: World, t: float, kind: int, who: int) -> None:
    """Let an event wait: in its bucket or, if that is open, among the events that have an order."""
    c = w.clock[0]
    if t > c.horizon_s:
        return
    what = (kind << ID_BITS) | who
    bucket = int((t - c.start_s) * c.buckets_per_s)
    if bucket > c.bucket:
        hung = c.free
        if hung < 0:
            c.is_full = 1
            return
        c.free = w.after[U(hung)]
        w.hung_s[U(hung)] = t
        w.hung_what[U(hung)] = what
        w.after[U(hung)] = w.bucket[U(bucket)]
        w.bucket[U(bucket)] = hung
        return
    if c.waiting == w.next_s.size:
        c.is_full = 1
        return
    at = c.waiting
    c.waiting += 1
    # Behind those of the same time: they came first. The next event is the last of all.
    while at > 0 and w.next_s[U(at - 1)] <= t:
        w.next_s[U(at)] = w.next_s[U(at - 1)]
        w.next_what[U(at)] = w.next_what[U(at - 1)]
        at -= 1
    w.next_s[U(at)] = t
    w.next_what[U(at)] = what


@lean_kernel
def open_bucket(w: World) -> bool:
    """Put the events of the next bucket that has any in order; tell whether there is one."""
    c = w.clock[0]
    while c.waiting == 0:
        if c.bucket + 1 >= w.bucket.size:
            return False
        c.bucket += 1
        hung = w.bucket[U(c.bucket)]
        while hung >= 0:
            t = w.hung_s[U(hung)]
            at = c.waiting
            c.waiting += 1
            # The list begins with who came last: of equal times each goes before those before it.
            while at > 0 and w.next_s[U(at - 1)] < t:
                w.next_s[U(at)] = w.next_s[U(at - 1)]
                w.next_what[U(at)] = w.next_what[U(at - 1)]
                at -= 1
            w.next_s[U(at)] = t
            w.next_what[U(at)] = w.hung_what[U(hung)]
            after = w.after[U(hung)]
            w.after[U(hung)] = c.free
            c.free = hung
            hung = after
    return True


@lean_kernel
def clear_queue(w: World) -> None:
    """No event waits."""
    c = w.clock[0]
    c.waiting = 0
    c.bucket = -1
    w.bucket[:] = -1
    c.free = 0
    for i in range(w.after.size):
        w.after[U(i)] = i + 1
    w.after[U(w.after.size - 1)] = -1
