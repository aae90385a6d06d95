"""The tracker's outermost loop, and what ties its rooms together.

Records are those of ``state``. What happens to one plot is ``assign``; what happens once a second
of event time is in ``run``.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.track.association._kernels import (
    DROP_SECOND,
    REPLACE,
    START,
    UPDATE,
    choose_foreign,
    choose_track,
    note_rival,
    rough_place,
)
from airshield.track.classes._kernels import judge_class
from airshield.track.clock._kernels import is_ahead, is_set_back
from airshield.track.clutter._kernels import cell_of, note_clutter
from airshield.track.filters._kernels import KIND_PSR, KIND_TRACK, POLAR, start_state
from airshield.track.foreign._kernels import bind_alias, find_alias
from airshield.track.grid._kernels import hang, name_track
from airshield.track.life._kernels import (
    COASTING,
    CONFIRMED,
    ENDED,
    end_track,
    is_due,
    note_echo,
    start_track,
    weigh,
)
from airshield.track.past._kernels import find_past, take_in_time
from airshield.track.publication._kernels import publish
from airshield.track.registration._kernels import learn_biases, settle, straighten
from airshield.track.sources._kernels import is_repeated, link_of, note_source
from airshield.track.state import CELL_RINGS, CELL_SECTORS, PAST

I8 = NDArray[np.int64]
Record = Any
Records = Any
Tables = Any

DROP_LATE, DROP_AHEAD = 5, 6  # places in ``state.DROPS``
DISPLACED_MAX = 4  # plots that may lose their track to a better one in a row
SETTLE_S = 10.0  # of event time between two solutions of what pairs of radars say


@lean_kernel
def assign(
    mem: Tables,
    plot: Record,
    frame: int,
    clock: Record,
    cfg: Record,
    rows: Records,
    work: Record,
) -> tuple[int, int]:
    """Find a plot's track, or start one, and update and publish it.

    Returns the slot, or -1, and what was done; after ``REPLACE`` the plot that had to go is the
    second of ``mem.moved``.
    """
    radars = mem.radars
    radar = radars[plot.link]
    work.slot, work.rival = -1, -1
    if plot.kind == KIND_TRACK:
        slot, verdict = choose_foreign(mem, plot, cfg, work)
        work.slot = -1
    else:
        slot, verdict = choose_track(mem, plot, radar.turn_s, cfg, work)
    if slot >= 0:
        work.number = mem.tracks[slot].number
    if verdict >= 0:
        if verdict == DROP_SECOND and plot.cell >= 0 and not is_repeated(mem, slot, plot):
            note_clutter(mem, plot.link, plot.cell, plot.t, 1.0)
        return slot, verdict
    if slot < 0:
        slot = start_track(mem, plot, clock, cfg)
    trk = mem.tracks[slot]
    work.number = trk.number
    if plot.mode_s >= 0 and trk.mode_s < 0:
        name_track(mem, slot, plot.mode_s)
    if verdict == START:
        if trk.status == COASTING:
            trk.status = CONFIRMED
        trk.past_n = 0
        start_state(trk, plot, radars, cfg, work)
        note_echo(mem, trk, plot, 1.0)
        if plot.kind == KIND_TRACK and plot.track_sensor >= 0:
            a = find_alias(mem.aliases, plot.source, plot.track_sensor, plot.t)
            if a >= 0:
                bind_alias(mem.aliases[a], slot, trk.number)
    else:
        j = link_of(trk, plot.link)
        pd = trk.pd[j] if j >= 0 else 0.9 * radar.pd
        leave_out = -1
        if verdict == REPLACE:
            leave_out = find_past(mem, slot, plot, 0.5 * radar.turn_s)
            mem.moved[1] = mem.past_plots[slot * PAST + leave_out]
        weigh(mem, trk, plot, pd, verdict == UPDATE, cfg)
        take_in_time(mem, slot, plot, leave_out, cfg, work)
    learn_biases(mem, trk, plot, clock, work)
    note_source(trk, plot, radars)
    if verdict == UPDATE and note_rival(mem, slot, work):
        trk.status = ENDED
        publish(
            trk, max(trk.t, trk.t_row), max(trk.t_ns, trk.t_row_ns), frame, cfg, rows, clock, work
        )
        end_track(mem, clock, slot)
        return slot, verdict
    hang(mem, slot, trk.t)
    # A late plot changes the past, but the rows of a track never go back.
    if trk.t >= trk.t_row:
        row = publish(trk, trk.t, trk.t_ns, frame, cfg, rows, clock, work)
    else:
        row = publish(trk, trk.t_row, trk.t_row_ns, frame, cfg, rows, clock, work)
    judge_class(trk, row, work, cfg)
    return slot, verdict


@lean_kernel
def begin_again(
    mem: Tables, plot: Record, clock: Record, cfg: Record, rows: Records, work: Record
) -> None:
    """End every track and set the clock back to a report's time; radars begin to turn anew."""
    for slot in range(clock.top):
        trk = mem.tracks[slot]
        if trk.number != 0:
            trk.status = ENDED
            publish(trk, trk.t_row, trk.t_row_ns, plot.frame, cfg, rows, clock, work)
            end_track(mem, clock, slot)
    for r in range(mem.radars.size):
        radar = mem.radars[r]
        radar.t_first, radar.t_last, radar.beam_t = math.inf, -math.inf, -math.inf
    clock.now = plot.t
    clock.tick = math.floor(plot.t) + 1
    clock.settled = plot.t


@lean_kernel
def run(
    mem: Tables,
    clocks: Records,
    configs: Records,
    works: Records,
    plots: Records,
    first: int,
    track_of: NDArray[np.uint64],
    drops: I8,
    rows: Records,
) -> int:
    """Take plots in the order of arrival; stop early when a table is full.

    Returns the index of the plot to go on with: ``plots.size`` when all are done. The state is
    whole at every return.
    """
    clock, cfg, work = clocks[0], configs[0], works[0]
    tracks, radars = mem.tracks, mem.radars
    clock.rows = 0
    for i in range(first, plots.size):
        plot = plots[i]
        track_of[i] = 0
        if plot.what < 0:
            drops[-plot.what] += 1
            continue
        if clock.pending == 0:
            if clock.t0_ns < 0:
                # Second zero is a whole second, so ticks fall on whole seconds of UTC.
                clock.t0_ns = plot.t_ns - plot.t_ns % 1_000_000_000
                clock.now = (plot.t_ns - clock.t0_ns) * 1e-9
                clock.tick = 1
            plot.t = (plot.t_ns - clock.t0_ns) * 1e-9
            if plot.t < clock.now - cfg.late_max_s:
                if not is_set_back(plot, clock):
                    drops[DROP_LATE] += 1
                    continue
                if clock.rows + clock.live > rows.size:
                    clock.late_n -= 1
                    return i
                begin_again(mem, plot, clock, cfg, rows, work)
            clock.late_n = 0
            if is_ahead(plot, radars, clock, cfg):
                drops[DROP_AHEAD] += 1
                continue
            clock.pending = 1
        else:
            plot.t = (plot.t_ns - clock.t0_ns) * 1e-9
        clock.now = max(clock.now, plot.t)
        while clock.tick <= clock.now:
            if clock.live == 0:
                clock.tick = math.floor(clock.now) + 1
                break
            if clock.rows + clock.live > rows.size:
                return i
            t = float(clock.tick)
            t_ns = clock.t0_ns + clock.tick * 1_000_000_000
            for slot in range(clock.top):
                if tracks[slot].number == 0:
                    continue
                if not is_due(mem, slot, t, cfg):
                    continue
                trk = tracks[slot]
                publish(trk, t, t_ns, plot.frame, cfg, rows, clock, work)
                if trk.status == ENDED:
                    end_track(mem, clock, slot)
            if mem.pair_sum.size > 0 and t - clock.settled >= SETTLE_S:
                settle(
                    mem.biases, mem.pair_info, mem.pair_sum, t - clock.settled, t,
                    mem.pair_work, mem.pair_right, mem.pair_rows, mem.bias_cfg[0],
                )  # fmt: skip
                clock.settled = t
            clock.tick += 1
        if clock.rows + 1 + DISPLACED_MAX > rows.size or clock.free_n <= DISPLACED_MAX:
            return i
        clock.pending = 0
        straighten(mem, plot)
        rough_place(plot, radars, cfg)
        plot.stretch = 1.0
        radar = radars[plot.link]
        if plot.what == POLAR and plot.t >= radar.beam_t:
            radar.beam_t, radar.beam_rad = plot.t, plot.azm_rad
        plot.cell = -1
        if plot.kind == KIND_PSR and plot.what == POLAR:
            plot.cell = cell_of(plot.rng_m, plot.azm_rad, radar.cell_m, CELL_RINGS, CELL_SECTORS)
        radar.t_first = min(radar.t_first, plot.t)
        radar.t_last = max(radar.t_last, plot.t)
        went, verdict = assign(mem, plot, plot.frame, clock, cfg, rows, work)
        if went >= 0:
            track_of[i] = work.number
        if verdict >= 0:
            drops[verdict] += 1
        for _ in range(DISPLACED_MAX):
            if verdict != REPLACE:
                break
            # The plot that had to go looks for a place of its own.
            mem.moved[0] = mem.moved[1]
            _, verdict = assign(mem, mem.moved[0], plot.frame, clock, cfg, rows, work)
            if verdict >= 0:
                drops[verdict] += 1
    return int(plots.size)
