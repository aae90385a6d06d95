"""Loops of the check of ADS-B against radars: who should have been seen, and was it."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.track.sources._kernels import link_of

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Record = Any
Tables = Any

COVER_AZIMUTHS, COVER_ELEVATIONS = 36, 8
# Lower edges of the cells, degrees above the smooth horizon: narrow where terrain decides.
ELEVATION_EDGES_RAD = np.radians(np.array([0.0, 0.3, 0.7, 1.5, 3.0, 6.0, 12.0, 25.0]))
CONE_RAD = math.radians(40.0)  # above, fan beams lose their targets
# How often an aircraft is seen before anybody has looked: hits and looks that were never made.
# Just above the smooth horizon any hill decides; higher up a transponder hardly ever fails.
LOW_HITS, LOW_LOOKS = 0.6, 1.2
HIGH_HITS, HIGH_LOOKS = 2.8, 3.0
PD_LEAST, PD_MOST = 0.02, 0.995
# A ghost gets a plot now and then: clutter, or somebody else passing by.
PD_GHOST = 0.05
# Logarithms of odds: one ADS-B target in a hundred is doubted at first; accused at 1 : 10.
HONEST_AT_FIRST, HONEST_MAX, VOUCHED = 4.6, 15.0, 8.0
ACCUSE, ACQUIT = -2.3, 2.3
BEAM_LAG_S = 3.0  # plots of a beam that passed so long ago have come
CLAIM_ALIVE_S = 10.0  # a claim that has not been renewed for so long is none


@lean_kernel
def sight_line(radar: Record, g: F8, geoid_m: float) -> tuple[float, float, float]:
    """Slant range [m], azimuth and elevation above the smooth horizon [rad] of a place.

    The horizon is that of the 4/3 Earth seen from the antenna's height above sea level.
    """
    dx, dy, dz = g[0] - radar.ecef[0], g[1] - radar.ecef[1], g[2] - radar.ecef[2]
    A = radar.A
    east = A[0, 0] * dx + A[0, 1] * dy + A[0, 2] * dz
    north = A[1, 0] * dx + A[1, 1] * dy + A[1, 2] * dz
    up = A[2, 0] * dx + A[2, 1] * dy + A[2, 2] * dz
    across2 = east * east + north * north
    rng_m = math.sqrt(across2 + up * up)
    # Bent down by a quarter of the Earth's curve, a ray sees the target higher by so much.
    bent = math.sqrt(across2) / (8.0 * radar.radius_m)
    dip = math.sqrt(2.0 * max(radar.hae_m - geoid_m, 10.0) / (4.0 / 3.0 * radar.radius_m))
    return rng_m, math.atan2(east, north), math.atan2(up, math.sqrt(across2)) + bent + dip


@lean_kernel
def cover_cell(azm_rad: float, elv_rad: float, edges: F8) -> int:
    """Cell of a direction among a radar's cells of cover; -1 below the horizon or in the cone."""
    if not 0.0 <= elv_rad < CONE_RAD:
        return -1
    which = 0
    while which + 1 < COVER_ELEVATIONS and elv_rad >= edges[which + 1]:
        which += 1
    sector = int((azm_rad / (2.0 * math.pi) % 1.0) * COVER_AZIMUTHS) % COVER_AZIMUTHS
    return which * COVER_AZIMUTHS + sector


@lean_kernel
def expected_pd(cover: F4, cell: int) -> float:
    """Probability that a radar sees an aircraft in a cell, by what it has shown so far."""
    is_low = cell < 2 * COVER_AZIMUTHS
    hits = cover[cell, 0] + (LOW_HITS if is_low else HIGH_HITS)
    looks = cover[cell, 1] + (LOW_LOOKS if is_low else HIGH_LOOKS)
    return float(min(max(hits / looks, PD_LEAST), PD_MOST))


@lean_kernel
def since_pass_s(azm_rad: float, beam_rad: float, beam_t: float, turn_s: float, t: float) -> float:
    """Seconds since a beam last passed an azimuth, seen from ``t``: less than one turn.

    The beam stood at ``beam_rad`` at ``beam_t`` and turns clockwise, as radars do.
    """
    turns = (t - beam_t) / turn_s + (beam_rad - azm_rad) / (2.0 * math.pi)
    return (turns - math.floor(turns)) * turn_s


@lean_kernel
def evidence(pd: float, is_hit: bool) -> float:
    """Logarithm of how much likelier a look's result is for a real aircraft than for a ghost."""
    if is_hit:
        return math.log(pd / PD_GHOST) if pd > PD_GHOST else 0.0
    return math.log((1.0 - pd) / (1.0 - PD_GHOST)) if pd > PD_GHOST else 0.0


@lean_kernel
def judge_claim(trk: Record, change: float) -> None:
    """Add evidence to the odds that a track's ADS-B is true, and accuse or acquit it.

    From some 1000 : 1 that there is nothing down to 1 : 10: two plots that every radar around gives
    and that did not come, or three that most would. An acquittal takes as much again.
    """
    trk.honest = min(max(trk.honest + change, -HONEST_MAX), HONEST_MAX)
    if trk.honest < ACCUSE:
        trk.accused = 1
    elif trk.honest > ACQUIT:
        trk.accused = 0


@lean_kernel
def check_claim(mem: Tables, slot: int, t: float, cfg: Record) -> None:
    """Hold a track's ADS-B against the beams that have passed it within the last second."""
    trk, g = mem.tracks[slot], mem.near[slot].g
    then = t - BEAM_LAG_S
    is_sure = trk.honest > VOUCHED and trk.accused == 0
    for r in range(mem.cover.shape[0]):
        radar = mem.radars[r]
        if then - radar.t_last > radar.turn_s or not radar.t_first < then - radar.turn_s:
            continue
        dx, dy, dz = g[0] - radar.ecef[0], g[1] - radar.ecef[1], g[2] - radar.ecef[2]
        d2 = dx * dx + dy * dy + dz * dz
        # The claim is some seconds and metres old, and the edge is no wall.
        if d2 > 0.95 * radar.rng_max_m * radar.rng_max_m or d2 < 4.0 * radar.rng_min_m**2:
            continue
        _, azm_rad, elv_rad = sight_line(radar, g, cfg.geoid_m)
        since_s = since_pass_s(azm_rad, radar.beam_rad, radar.beam_t, radar.turn_s, then)
        if since_s >= 1.0 or then - since_s < trk.claimed_t:
            continue
        cell = cover_cell(azm_rad, elv_rad, mem.cover_edges)
        if cell < 0:
            continue
        j = link_of(trk, r)
        is_hit = j >= 0 and abs(trk.t_plot[j] - (then - since_s)) < 0.25 * radar.turn_s
        judge_claim(trk, evidence(expected_pd(mem.cover[r], cell), is_hit))
        if is_sure:
            mem.cover[r, cell, 1] += 1.0
            if is_hit:
                mem.cover[r, cell, 0] += 1.0
