"""Loops of the ring of a track's last updates."""

from typing import Any

from airshield._kernels import lean_kernel
from airshield.track.filters._kernels import update_track
from airshield.track.state import MOTION_FROM, MOTION_UPTO, PAST

Record = Any
Tables = Any

SURE = 1.0 - 1e-6  # a plot that is trusted as much is trusted fully


@lean_kernel
def push_past(mem: Tables, slot: int, plot: Record) -> None:
    """Remember a track's motion as it is, before a plot."""
    trk = mem.tracks[slot]
    k = trk.past_at
    for j in range(MOTION_UPTO - MOTION_FROM):
        mem.past[slot, k, j] = mem.flat[slot, MOTION_FROM + j]
    mem.past_t[slot, k] = trk.t
    mem.past_plots[slot * PAST + k] = plot
    trk.past_at = (k + 1) % PAST
    trk.past_n = min(trk.past_n + 1, PAST)


@lean_kernel
def find_past(mem: Tables, slot: int, plot: Record, span_s: float) -> int:
    """Place in the ring of the update by the same radar within a span of a plot's time, or -1."""
    trk = mem.tracks[slot]
    for back in range(1, trk.past_n + 1):
        k = (trk.past_at - back) % PAST
        old = mem.past_plots[slot * PAST + k]
        if old.link == plot.link and abs(old.t - plot.t) < span_s:
            return int(k)
    return -1


@lean_kernel
def has_heard(mem: Tables, slot: int, plot: Record) -> bool:
    """Tell whether a message has been heard before, by another station: of the same instant."""
    trk = mem.tracks[slot]
    if plot.t == trk.t_adsb:
        return True
    for back in range(1, trk.past_n + 1):
        old = mem.past_plots[slot * PAST + (trk.past_at - back) % PAST]
        if old.kind == plot.kind and old.t == plot.t:
            return True
    return False


@lean_kernel
def as_before(mem: Tables, slot: int, k: int) -> Record:
    """A copy of a track as it was before an update of the ring."""
    mem.scratch[0] = mem.tracks[slot]
    for j in range(MOTION_UPTO - MOTION_FROM):
        mem.scratch_flat[MOTION_FROM + j] = mem.past[slot, k, j]
    return mem.scratch[0]


@lean_kernel
def is_within(trk: Record, k: int, back: int) -> bool:
    """Tell whether place k of the ring is among the last ``back`` updates."""
    return bool((trk.past_at - 1 - k) % PAST < back)


@lean_kernel
def take_in_time(
    mem: Tables, slot: int, plot: Record, leave_out: int, cfg: Record, work: Record
) -> None:
    """Update a track with a plot at the plot's own time, without the ring's ``leave_out`` (or -1).

    Goes back to before the plot's time (and before the one to be left out) and takes the later
    plots again. A plot older than the ring is fused with the state of now.
    """
    trk = mem.tracks[slot]
    back = 0
    if leave_out >= 0 or plot.t < trk.t:
        for b in range(1, trk.past_n + 1):
            k = (trk.past_at - b) % PAST
            if mem.past_t[slot, k] <= plot.t and (leave_out < 0 or is_within(trk, leave_out, b)):
                back = b
                break
        if back == 0 and leave_out >= 0:
            back = (trk.past_at - 1 - leave_out) % PAST + 1
    if back == 0:
        ready = work.slot == slot and plot.trust > SURE
        if ready:
            plot.trust = 1.0
        push_past(mem, slot, plot)
        update_track(trk, plot, ready, mem.radars, cfg, work)
        return
    again = 0
    taken = False
    for b in range(back, 0, -1):
        k = (trk.past_at - b) % PAST
        old = mem.past_plots[slot * PAST + k]
        if not taken and plot.t <= old.t:
            mem.replay[again] = plot
            again += 1
            taken = True
        if k != leave_out:
            mem.replay[again] = old
            again += 1
    if not taken:
        mem.replay[again] = plot
        again += 1
    k = (trk.past_at - back) % PAST
    for j in range(MOTION_UPTO - MOTION_FROM):
        mem.flat[slot, MOTION_FROM + j] = mem.past[slot, k, j]
    trk.past_at = k
    trk.past_n -= back
    for i in range(again):
        push_past(mem, slot, mem.replay[i])
        update_track(trk, mem.replay[i], False, mem.radars, cfg, work)
