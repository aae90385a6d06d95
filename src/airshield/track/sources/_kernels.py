"""Loops that remember who contributed what to a track, and when."""

import math
from typing import Any

import numpy as np

from airshield._kernels import lean_kernel
from airshield.track.filters._kernels import (
    BASIS_NONE,
    KIND_ADSB,
    KIND_MODE_S,
    KIND_PSR,
    POLAR,
    track_height_m,
)
from airshield.track.state import LINKS

Record = Any
Records = Any
Tables = Any

SEVERAL_S = 60.0  # radars that have seen a track within this time see it together
# A link's probability of detection forgets over some ten turns and is never certain.
PD_STEP, PD_MIN, PD_MAX = 0.1, 0.05, 0.98
VAR_TOLD_HAE_M2 = 30.0 * 30.0  # of a geometric height that ADS-B tells


@lean_kernel
def link_of(trk: Record, who: int) -> int:
    """Place of a radar among those that have seen a track, or -1."""
    for j in range(LINKS):
        if trk.link[j] == who:
            return j
    return -1


@lean_kernel
def had_plot(trk: Record, plot: Record, span_s: float) -> bool:
    """Tell whether the plot's radar has given the track a plot within a span of time already."""
    j = link_of(trk, plot.link)
    return bool(j >= 0 and abs(plot.t - trk.t_plot[j]) < span_s)


@lean_kernel
def is_repeated(mem: Tables, slot: int, plot: Record) -> bool:
    """Tell whether a track has had exactly this plot: a message that came twice is no clutter."""
    trk = mem.tracks[slot]
    j = link_of(trk, plot.link)
    return bool(j >= 0 and trk.t_plot[j] == plot.t)


@lean_kernel
def note_link(trk: Record, plot: Record, radars: Records) -> None:
    """Remember that a source has seen a track, and that it is the likelier to see it again."""
    t, who = plot.t, plot.link
    j = link_of(trk, who)
    if j < 0:
        j = 0
        for k in range(LINKS):
            if trk.link[k] < 0:
                j = k
                break
            if trk.t_plot[k] < trk.t_plot[j]:
                j = k
        trk.link[j] = who
        trk.t_plot[j] = -math.inf
        trk.t_pass[j] = -math.inf
        trk.pd[j] = 0.9 * radars[who].pd
    if trk.several == 0 and plot.what == POLAR:
        for k in range(LINKS):
            radar = radars[max(trk.link[k], 0)]
            other = k != j and trk.link[k] >= 0 and radar.rng_max_m < math.inf
            if other and t - trk.t_plot[k] < SEVERAL_S:
                trk.several = 1
    trk.pd[j] = min(trk.pd[j] + PD_STEP * (1.0 - trk.pd[j]), PD_MAX)
    trk.t_plot[j] = max(trk.t_plot[j], t)
    trk.t_pass[j] = max(trk.t_pass[j], t)


@lean_kernel
def note_claim(trk: Record, plot: Record) -> None:
    """Keep an ADS-B report, to hold radars and aircraft against each other."""
    hae_m, var = plot.hae_m, VAR_TOLD_HAE_M2
    if math.isnan(hae_m) and trk.basis != BASIS_NONE:
        hae_m = track_height_m(trk, plot.t)
        var = trk.ph + trk.Pz[0]
    if trk.claimed_t == math.inf:
        trk.claimed_t = plot.t
    if plot.t <= trk.told_t or math.isnan(hae_m) or math.isnan(plot.ve) or math.isnan(plot.vn):
        return
    trk.told_t = plot.t
    trk.told_lat_rad, trk.told_lon_rad, trk.told_hae_m = plot.lat_rad, plot.lon_rad, hae_m
    trk.told_v[0], trk.told_v[1] = plot.ve, plot.vn
    trk.told_v[2] = 0.0 if math.isnan(plot.vu) else plot.vu
    trk.told_var_m2 = plot.sigma_pos_m * plot.sigma_pos_m
    trk.told_var_hae_m2 = var


@lean_kernel
def note_source(trk: Record, plot: Record, radars: Records) -> None:
    """Remember who contributed what and when."""
    t = plot.t
    note_link(trk, plot, radars)
    trk.t_hit = max(trk.t_hit, t)
    trk.sensors |= np.uint64(1) << np.uint64(min(plot.sensor, 63))
    trk.kinds |= np.uint64(1) << np.uint64(plot.kind)
    if plot.mode_3a >= 0:
        trk.mode_3a = plot.mode_3a
        trk.t_code = t
    if plot.callsign != 0:
        trk.callsign = plot.callsign
    if plot.kind == KIND_PSR and plot.what == POLAR and radars[plot.link].asks == 1:
        trk.silent_n += 1
    if plot.kind <= KIND_MODE_S:
        trk.t_radar = max(trk.t_radar, t)
    if plot.kind == KIND_ADSB:
        trk.t_adsb = max(trk.t_adsb, t)
        note_claim(trk, plot)
    named = (plot.mode_s >= 0 and plot.mode_s == trk.mode_s) or (
        plot.mode_3a >= 0 and plot.mode_3a == trk.mode_3a
    )
    # An echo alone may be clutter: it vouches for nobody.
    if plot.kind <= KIND_MODE_S and named and t - trk.t_adsb < 15.0:
        trk.t_agree = t
