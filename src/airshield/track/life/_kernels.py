"""Loops of a track's life: start, evidence for and against, confirmation, end."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.track.clutter._kernels import clutter_per_m2, note_clutter
from airshield.track.filters._kernels import KIND_PSR
from airshield.track.grid._kernels import NOWHERE, hang, take_out
from airshield.track.sources._kernels import PD_MIN, PD_STEP
from airshield.track.state import CELLS_NOTED, CLASSES, FAST, LINKS
from airshield.track.trust._kernels import CLAIM_ALIVE_S, HONEST_AT_FIRST, VOUCHED, check_claim

F8 = NDArray[np.float64]
Record = Any
Records = Any
Tables = Any

TENTATIVE, CONFIRMED, COASTING, ENDED = 0, 1, 2, 3
CLS_UNKNOWN = 0
HOPELESS = 1e-6  # a track that has had its chances and is as unlikely as this ends
ODDS_YOUNG = 1e9
FIRST_TURNS = 0.7  # in each turn a radar misses one in four of those it has not seen


@lean_kernel
def own_echoes(trk: Record, who: int, cell: int) -> float:
    """How many of the echoes counted in a cell are a young track's own."""
    own = 0.0
    for k in range(trk.noted_n):
        if trk.noted[k] == cell and trk.noted_radar[k] == who:
            own += 1.0
    return own


@lean_kernel
def note_echo(mem: Tables, trk: Record, plot: Record, count: float) -> None:
    """Count an echo as clutter as far as it is none of the track's.

    A young track remembers which echoes are its own: they do not speak against it, and are taken
    off the map when it is confirmed.
    """
    if plot.cell < 0:
        return
    note_clutter(mem, plot.link, plot.cell, plot.t, count)
    if trk.status == TENTATIVE and count > 0.5 and trk.noted_n < CELLS_NOTED:
        trk.noted[trk.noted_n] = plot.cell
        trk.noted_radar[trk.noted_n] = plot.link
        trk.noted_n += 1


@lean_kernel
def confirm(mem: Tables, trk: Record, t: float) -> None:
    """Make a young track a sure one; its echoes were no clutter."""
    trk.status = CONFIRMED
    for k in range(trk.noted_n):
        note_clutter(mem, trk.noted_radar[k], trk.noted[k], t, -1.0)
    trk.noted_n = 0


@lean_kernel
def start_track(mem: Tables, plot: Record, clock: Record, cfg: Record) -> int:
    """Take a free slot for a tentative track, its state yet to be started; returns the slot."""
    clock.free_n -= 1
    slot = mem.free[clock.free_n]
    clock.top = max(clock.top, slot + 1)
    clock.live += 1
    trk = mem.tracks[slot]
    trk.number = clock.next_number
    clock.next_number += 1
    trk.status = TENTATIVE
    trk.hits = 1
    # An address checked by parity is hardly ever noise, a code seldom; a lone echo mostly is.
    trk.existence = 0.9 if plot.mode_s >= 0 else 0.5
    if plot.kind == KIND_PSR:
        # A radar that has just begun to turn finds everybody new who is there.
        radar = mem.radars[plot.link]
        turns = (plot.t - radar.t_first) / radar.turn_s
        births = cfg.births + cfg.births_first * math.exp(-turns / FIRST_TURNS)
        trk.existence = births / (births + clutter_per_m2(mem, plot, 0.0, cfg))
    trk.mode_s = -1
    trk.mode_3a = -1
    trk.t_code = -math.inf
    trk.callsign = 0
    trk.sensors = 0
    trk.kinds = 0
    trk.cls = CLS_UNKNOWN
    trk.behaviour = FAST
    trk.cls_t = -math.inf
    trk.silent_n = 0
    for c in range(CLASSES):
        trk.cls_logp[c] = 0.0
        trk.cls_p[c] = 0.0
    trk.t_hit = -math.inf
    trk.t_radar = -math.inf
    trk.t_adsb = -math.inf
    trk.t_agree = -math.inf
    trk.t_row = -math.inf
    trk.contra_n = 0
    trk.noted_n = 0
    trk.several = 0
    trk.rival = 0
    trk.rival_n = 0
    trk.told_t = -math.inf
    trk.claimed_t = math.inf
    trk.honest = HONEST_AT_FIRST
    trk.accused = 0
    trk.pair_link = -1
    trk.pair_last_t = -math.inf
    trk.past_n = 0
    trk.past_at = 0
    trk.cell[0] = NOWHERE
    for j in range(LINKS):
        trk.link[j] = -1
    return int(slot)


@lean_kernel
def end_track(mem: Tables, clock: Record, slot: int) -> None:
    """Free a slot. The track's number is never used again."""
    trk = mem.tracks[slot]
    take_out(mem, slot)
    trk.number = 0
    mem.free[clock.free_n] = slot
    clock.free_n += 1
    clock.live -= 1


@lean_kernel
def weigh(mem: Tables, trk: Record, plot: Record, pd: float, is_new: bool, cfg: Record) -> None:
    """Judge a plot that fits: how far is it the target's, and what does it say of the track?

    Raises the existence (IPDA with one plot in the gate: Musicki, Evans and Stankovic, IEEE
    T-AC 39(6), 1994), confirms when it is due, and counts the rest of an echo as clutter. A plot
    that replaces another of its scan is not ``is_new``: the track has had its credit.
    """
    clutter = clutter_per_m2(mem, plot, own_echoes(trk, plot.link, plot.cell), cfg)
    likely = pd * math.exp(plot.log_density) / clutter
    plot.trust = likely / (1.0 + likely)
    if not is_new:
        return
    trk.hits += 1
    odds = trk.existence / (1.0 - trk.existence) * (1.0 - pd + likely)
    # A sure track must be able to lose its standing, one of a few echoes soon.
    named = trk.mode_s >= 0 or trk.mode_3a >= 0
    most = cfg.odds_max if named else min(cfg.odds_max, cfg.odds_hit * trk.hits)
    odds = min(odds, most if trk.status != TENTATIVE else ODDS_YOUNG)
    trk.existence = odds / (1.0 + odds)
    if trk.status == COASTING:
        trk.status = CONFIRMED
    elif trk.status == TENTATIVE and (
        trk.existence > cfg.confirm or (trk.mode_s >= 0 and trk.hits >= 2)
    ):
        confirm(mem, trk, plot.t)
    note_echo(mem, trk, plot, 1.0 - trk.existence * plot.trust)


@lean_kernel
def debit_misses(trk: Record, g: F8, radars: Records, t: float, cfg: Record) -> float:
    """Lower the existence for every beam that passed without a plot; returns the least interval.

    Only sources vote that have seen this track before: whether another could see it past the
    terrain is not known here. A radar that has fallen silent itself, or whose range the track has
    left, does not vote.
    """
    gap, slowest = math.inf, 0.0
    for j in range(LINKS):
        if trk.link[j] < 0:
            continue
        radar = radars[trk.link[j]]
        turn_s = radar.turn_s
        slowest = max(slowest, turn_s)
        within = True
        if radar.rng_max_m < math.inf:
            dx, dy, dz = g[0] - radar.ecef[0], g[1] - radar.ecef[1], g[2] - radar.ecef[2]
            rng_m = math.sqrt(dx * dx + dy * dy + dz * dz)
            within = radar.rng_min_m <= rng_m <= radar.rng_max_m
        # A target's bearing changes between turns, so a quarter turn of grace.
        while t - trk.t_pass[j] - cfg.lag_s >= 1.25 * turn_s:
            trk.t_pass[j] += turn_s
            # Who has said nothing at all since is silent himself.
            if within and radar.t_last >= trk.t_pass[j]:
                pd = trk.pd[j]
                # Fades last longer than a turn: after one miss the next says less.
                missed = round((trk.t_pass[j] - trk.t_plot[j]) / turn_s)
                miss = 1.0 - min(pd, cfg.pd_max)
                if missed == 2:
                    miss = max(miss, cfg.fade[0])
                elif missed > 2:
                    miss = max(miss, cfg.fade[1])
                trk.existence *= miss / (1.0 - trk.existence * (1.0 - miss))
                trk.pd[j] = max(pd - PD_STEP * pd, PD_MIN)
        if within and trk.pd[j] > 0.3 and t - radar.t_last < 3.0 * turn_s:
            gap = min(gap, turn_s)
    return gap if gap < math.inf else max(slowest, 5.0)


@lean_kernel
def is_due(mem: Tables, slot: int, t: float, cfg: Record) -> bool:
    """Look at a live track once a second: is it missed, is it gone, is that due for publication?"""
    trk = mem.tracks[slot]
    hang(mem, slot, t)
    if t - trk.t_adsb < CLAIM_ALIVE_S and (trk.honest < VOUCHED or (int(t) + slot) % 4 == 0):
        check_claim(mem, slot, t, cfg)
    gap = debit_misses(trk, mem.near[slot].g, mem.radars, t, cfg)
    silent_s = t - trk.t_hit - cfg.lag_s
    if trk.status == TENTATIVE:
        hopeless = trk.hits > CELLS_NOTED and trk.existence < HOPELESS
        if hopeless or silent_s >= (2.25 if trk.hits == 1 else 3.25) * gap:
            trk.status = ENDED
            return True
        return False
    if trk.existence < cfg.give_up or silent_s >= (cfg.misses_end + 0.25) * gap:
        trk.status = ENDED
        return True
    if trk.status == CONFIRMED and silent_s >= 1.25 * gap:
        trk.status = COASTING
        return True
    # What has most likely gone is waited for, but not shown anew where it would be by now.
    return bool(t - trk.t_row >= cfg.publish_s and trk.existence >= cfg.told_from)
