"""Loops of the warning walk: what one radar sees of inbound tracks, and when a track is confirmed.

Arrays run along a track from the site outward: place i is (i + 1/2) steps from the site. All that a
radar sees is judged by ``detection``'s own loop.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.plan.coverage.detection._kernels import (
    Limits,
    count_ones,
    forget_chain,
    judge,
    place,
    step_chain,
)
from airshield.plan.coverage.reasons import POWER

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

X, Y, ALT, LOWEST, RNG, PD, BEST, BOW, DIST, WORK_ROWS = range(10)
"""Rows of the room to work in."""

NO_TERRAIN = np.float32(-1e9)


@lean_kernel
def bilinear(cells: F4, row: float, col: float) -> float:
    """Between the four cells around a place; NaN outside or where one of them is."""
    n_rows, n_cols = cells.shape
    if not (row >= 0.0 and col >= 0.0 and row <= n_rows - 1 and col <= n_cols - 1):
        return math.nan
    r = min(int(row), n_rows - 2)
    c = min(int(col), n_cols - 2)
    v = row - r
    w = col - c
    north = cells[r, c] + w * (cells[r, c + 1] - cells[r, c])
    south = cells[r + 1, c] + w * (cells[r + 1, c + 1] - cells[r + 1, c])
    return float(north + v * (south - north))


@lean_kernel
def is_blind(spd_mps: float, half_mps: float, speeds_mps: F8) -> bool:
    """Tell whether a radial speed is filtered out, for every repetition frequency."""
    spd = abs(spd_mps)
    if spd < half_mps:
        return True
    for k in range(speeds_mps.size):
        ratio = spd / speeds_mps[k]
        if abs(ratio - round(ratio)) * speeds_mps[k] >= half_mps:
            return False
    return speeds_mps.size > 0


@lean_kernel
def look_along(
    node_x_m: F8,
    node_y_m: F8,
    node_step_m: float,
    spacing_m: float,
    spd_mps: float,
    hgt_m: float,
    above_ground: bool,
    lowest_m: F4,
    ground_m: F4,
    cell_m: float,
    limits: Limits,
    table: F4,
    sectors: F4,
    half_mps: float,
    blind_mps: F8,
    looks: float,
    told: U1,
    work: F4,
    code: U1,
    sure: F8,
    best: F8,
) -> None:
    """Multiply the chances that nobody has seen a target by those of one radar.

    ``node_x_m``, ``node_y_m`` are places on each track, east and north of the radar, the site
    first. ``sure[b, i]`` is the chance of no detection in the window around place i with unknown
    ground hiding the target, ``best`` with it hiding nothing. ``looks`` is how many times the
    radar turns in a window: with its phase unknown it looks floor or ceiling of that many times.
    """
    mid = lowest_m.shape[0] // 2
    per_cell = 1.0 / cell_m
    whole = math.floor(looks)
    part = looks - whole
    reach_m = 1.001 * limits.rng_max_m + 1.0
    for b in range(node_x_m.shape[0]):
        # A straight track is within reach for one stretch; outside there is nothing to look up.
        first, end = -1, 0
        for j in range(node_x_m.shape[1] - 1):
            x, y = node_x_m[b, j], node_y_m[b, j]
            if x * x + y * y > (reach_m + 1.1 * node_step_m) ** 2:
                continue
            dx, dy = node_x_m[b, j + 1] - x, node_y_m[b, j + 1] - y
            # Places i + 1/2 between two nodes.
            i = max(math.ceil(j * node_step_m / spacing_m - 0.5), 0)
            while (i + 0.5) * spacing_m < (j + 1) * node_step_m and i < sure.shape[1]:
                u = (i + 0.5) * spacing_m / node_step_m - j
                work[X, i], work[Y, i] = x + u * dx, y + u * dy
                if work[X, i] * work[X, i] + work[Y, i] * work[Y, i] <= reach_m * reach_m:
                    if first < 0:
                        first = i
                    end = i + 1
                i += 1
        if first < 0:
            continue
        has_unknown = False
        for i in range(first, end):
            row, col = mid - work[Y, i] * per_cell, mid + work[X, i] * per_cell
            lowest = bilinear(lowest_m, row, col)
            ground = bilinear(ground_m, row, col)
            if above_ground:
                alt = ground + hgt_m
            elif ground > hgt_m:
                # What flies level climbs over a mountain that is higher.
                alt = ground
            else:
                alt = hgt_m
            work[ALT, i], work[LOWEST, i] = alt, lowest
            has_unknown |= math.isnan(alt) or math.isnan(lowest)
        look(work, first, end, PD, code, limits, table, sectors, told)
        if has_unknown:
            for i in range(first, end):
                if work[PD, i] != work[PD, i]:
                    work[PD, i] = 0.0
                if work[ALT, i] != work[ALT, i]:
                    work[ALT, i] = limits.surface_m + hgt_m
                    work[LOWEST, i] = NO_TERRAIN
                if work[LOWEST, i] != work[LOWEST, i]:
                    work[LOWEST, i] = NO_TERRAIN
            look(work, first, end, BEST, code, limits, table, sectors, told)
        else:
            for i in range(first, end):
                work[BEST, i] = work[PD, i]
        for i in range(first, end):
            p_best = work[BEST, i]
            if code[i] == POWER or not p_best > 0.0:
                continue
            if half_mps > 0.0:
                j = min(int((i + 0.5) * spacing_m / node_step_m), node_x_m.shape[1] - 2)
                along_x = node_x_m[b, j + 1] - node_x_m[b, j]
                along_y = node_y_m[b, j + 1] - node_y_m[b, j]
                toward = work[X, i] * along_x + work[Y, i] * along_y
                length = math.sqrt(along_x * along_x + along_y * along_y)
                # The speed along the ground, seen along the slant range.
                if is_blind(spd_mps * toward / (length * work[RNG, i]), half_mps, blind_mps):
                    continue
            best[b, i] *= missed(p_best, whole, part)
            sure[b, i] *= missed(work[PD, i], whole, part)


@lean_kernel
def look(
    work: F4,
    first: int,
    end: int,
    into: int,
    code: U1,
    limits: Limits,
    table: F4,
    sectors: F4,
    told: U1,
) -> None:
    """Judge a stretch of a track; the probabilities go into a row of ``work``."""
    x_m, y_m = work[X, first:end], work[Y, first:end]
    bow_m, dist_m = work[BOW, first:end], work[DIST, first:end]
    place(x_m, y_m, limits, bow_m, dist_m)
    judge(
        x_m,
        y_m,
        bow_m,
        dist_m,
        work[ALT, first:end],
        work[LOWEST, first:end],
        work[X, :0],
        limits,
        table,
        limits.rng_step_m,
        work[X, :0],
        sectors,
        told,
        work[RNG, first:end],
        work[into, first:end],
        code[first:end],
    )


@lean_kernel
def missed(p: float, whole: int, part: float) -> float:
    """Chance of no detection in ``whole`` looks, and one more in ``part`` of all cases."""
    q = 1.0
    for _ in range(whole):
        q *= 1.0 - p
    return q * (1.0 - part * p)


@lean_kernel
def confirm_along(
    missed_p: F8,
    step_s: float,
    phases: int,
    hits: int,
    looks: int,
    confidence: float,
    chains: F8,
    after: F8,
    ones: I8,
    started: F8,
    left_s: F8,
) -> None:
    """Time left, track by track, when it is first confirmed with the confidence asked for.

    Windows of ``phases`` steps follow each other; where they begin is unknown, so as many chains
    run side by side, one step apart, and their mean is the chance. NaN: never.
    """
    count_ones(ones)
    window_s = phases * step_s
    for b in range(missed_p.shape[0]):
        left_s[b] = math.nan
        for f in range(phases):
            forget_chain(chains[f])
            started[f] = 0.0
        for i in range(missed_p.shape[1] - 1, -1, -1):
            end_s = (i + 0.5) * step_s - 0.5 * window_s
            if end_s < 0.0:
                break
            f = i % phases
            p = 1.0 - missed_p[b, i]
            if p == 0.0 and started[f] == 0.0 and chains[f, 0] == 1.0:
                continue  # out of everybody's sight so far
            started[f] += step_chain(chains[f], after, ones, p, hits, looks)
            total = 0.0
            for g in range(phases):
                total += started[g]
            if total >= confidence * phases:
                left_s[b] = end_s
                break
