"""Loops of detection: what a radar sees of many cells, and when a track has started.

Maps are float32 throughout: half the memory, twice the cells per instruction. Where that could lose
digits the formula is turned so that it does not: the elevation comes from a difference of squares
whose terms are of one size.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel, lean_kernel
from airshield.plan.coverage.reasons import (
    BELOW_BEAM,
    CONE,
    GROUND,
    HORIZON,
    INSTRUMENTED,
    LEAST_RANGE,
    POWER,
    SECTOR,
    SEEN,
    TERRAIN,
    UNKNOWN,
)

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

CHUNK = 1024
"""Cells worked on at a time: the dozen arrays between the loops stay in the nearest cache."""

ROWS_X, ROWS_Y, ROWS_ALT, ROWS_RNG, ROWS_PD, ROWS_BOW, ROWS_DIST, WORK_ROWS = range(8)

ONE = np.float32(1.0)
ZERO = np.float32(0.0)


class Limits(NamedTuple):
    """What ends a radar's cover. Each is a float32, so that nothing is computed wider."""

    antenna_m: np.float32
    """Antenna above mean sea level [m]."""
    surface_m: np.float32
    """Smooth Earth that stands for the ground, above mean sea level [m]."""
    earth_m: np.float32
    """Radius of the Earth that rays see as straight [m]."""
    rng_min_m: np.float32
    rng_max_m: np.float32
    alt_max_m: np.float32
    lift_min_m: np.float32
    """Twice the antenna's distance from the Earth's middle times the sine of the lowest beam;
    below any where there is no lowest beam. The highest beam likewise."""
    lift_max_m: np.float32
    horizon_m: np.float32
    """Arc from the antenna's foot to its horizon on the smooth Earth [m]."""
    pd_least: np.float32
    """Less is not seen."""
    rng_step_m: np.float32
    """Steps of the table of probabilities [m]."""
    alt_step_m: np.float32


@lean_kernel
def patch_cells(
    lowest_m: F4,
    ground_m: F4,
    step_m: float,
    hgt_m: float,
    above_ground: bool,
    limits: Limits,
    table: F4,
    reach_m: F4,
    sectors: F4,
    told: U1,
    row_from: int,
    row_to: int,
    work: F4,
    code: U1,
    pd: F4,
) -> None:
    """Codes, and probabilities where asked for, of some rows of a square around a radar.

    ``ground_m`` and ``pd`` may be empty: unknown, and not asked for. ``reach_m`` is empty where
    ``pd`` is asked for. ``work`` is (WORK_ROWS, CHUNK).
    """
    n_rows, n_cols = lowest_m.shape
    mid_row, mid_col = n_rows // 2, n_cols // 2
    step = np.float32(step_m)
    hgt = np.float32(hgt_m)
    has_ground = ground_m.size > 0
    wants_pd = pd.size > 0
    for row in range(row_from, row_to):
        y = np.float32(mid_row - row) * step
        for first in range(0, n_cols, CHUNK):
            n = min(CHUNK, n_cols - first)
            for i in range(n):
                work[ROWS_X, i] = np.float32(first + i - mid_col) * step
            for i in range(n):
                work[ROWS_Y, i] = y
            lowest = lowest_m[row, first : first + n]
            ground = ground_m[row, first : first + n] if has_ground else lowest[:0]
            if above_ground:
                for i in range(n):
                    work[ROWS_ALT, i] = ground[i] + hgt
            else:
                for i in range(n):
                    work[ROWS_ALT, i] = hgt
            place(
                work[ROWS_X, :n],
                work[ROWS_Y, :n],
                limits,
                work[ROWS_BOW, :n],
                work[ROWS_DIST, :n],
            )
            judge(
                work[ROWS_X, :n],
                work[ROWS_Y, :n],
                work[ROWS_BOW, :n],
                work[ROWS_DIST, :n],
                work[ROWS_ALT, :n],
                lowest,
                ground,
                limits,
                table,
                limits.rng_step_m,
                reach_m,
                sectors,
                told,
                work[ROWS_RNG, :n],
                work[ROWS_PD, :n],
                code[row, first : first + n],
            )
            if wants_pd:
                for i in range(n):
                    pd[row, first + i] = work[ROWS_PD, i]


@lean_kernel
def listed_cells(
    x_m: F4,
    y_m: F4,
    alt_m: F4,
    lowest_m: F4,
    ground_m: F4,
    limits: Limits,
    table: F4,
    sectors: F4,
    told: U1,
    work: F4,
    code: U1,
    pd: F4,
) -> None:
    """Codes and probabilities of cells anywhere around a radar, east and north of it."""
    for first in range(0, x_m.size, CHUNK):
        end = min(first + CHUNK, x_m.size)
        ground = ground_m[first:end] if ground_m.size > 0 else ground_m
        bow_m, dist_m = work[ROWS_BOW, : end - first], work[ROWS_DIST, : end - first]
        place(x_m[first:end], y_m[first:end], limits, bow_m, dist_m)
        judge(
            x_m[first:end],
            y_m[first:end],
            bow_m,
            dist_m,
            alt_m[first:end],
            lowest_m[first:end],
            ground,
            limits,
            table,
            limits.rng_step_m,
            work[ROWS_RNG, :0],
            sectors,
            told,
            work[ROWS_RNG, : end - first],
            pd[first:end],
            code[first:end],
        )


@lean_kernel
def place(x_m: F4, y_m: F4, limits: Limits, bow_m: F4, dist_m: F4) -> None:
    """What holds of a place at any height: its distance over the ground, and the part of a slant
    range's square that does not hang on the rise, over the target's distance from the Earth's
    middle."""
    antenna, earth = limits.antenna_m, limits.earth_m
    stretch = (ONE + antenna / earth) / earth
    curve = ONE / (earth * earth)
    for i in range(x_m.size):
        d2 = x_m[i] * x_m[i] + y_m[i] * y_m[i]
        phi2 = d2 * curve
        # The chord's square, 4 (a + ha) (a + h) sin²(φ/2), as a series in the arc.
        flat2 = d2 * (ONE - phi2 * (np.float32(1.0 / 12.0) - phi2 * np.float32(1.0 / 360.0)))
        bow_m[i] = flat2 * stretch
        dist_m[i] = math.sqrt(d2)


@lean_kernel
def judge(
    x_m: F4,
    y_m: F4,
    bow_m: F4,
    dist_m: F4,
    alt_m: F4,
    lowest_m: F4,
    ground_m: F4,
    limits: Limits,
    table: F4,
    rng_step_m: np.float32,
    reach_m: F4,
    sectors: F4,
    told: U1,
    rng_m: F4,
    pd: F4,
    code: U1,
) -> None:
    """Code and probability of some cells. Short loops without branches, for the vector units.

    ``bow_m`` and ``dist_m`` are :func:`place`'s; ``told[code]`` is what is written for a code. With
    ``reach_m``, the range of the least probability at each height of the table, codes alone
    are asked for: 1 and 0 stand in for the probability, at half the cost of looking it up.
    """
    antenna, earth = limits.antenna_m, limits.earth_m
    for i in range(bow_m.size):
        # Of a target at an unknown height only what holds at any is told: the antenna's height
        # stands in.
        alt = alt_m[i] if alt_m[i] == alt_m[i] else antenna
        rise = alt - antenna
        rng_m[i] = math.sqrt(rise * rise + bow_m[i] * (earth + alt))

    if reach_m.size > 0:
        within_reach(rng_m, alt_m, reach_m, limits.alt_step_m, pd)
    else:
        look_up(rng_m, alt_m, table, rng_step_m, limits.alt_step_m, pd)

    lift_min, lift_max = limits.lift_min_m, limits.lift_max_m
    twice = np.float32(2.0) * earth + antenna
    bend = np.float32(5.0 / 12.0) / earth
    nan = np.float32(np.nan)
    power, seen, unknown = told[POWER], told[SEEN], told[UNKNOWN]
    terrain, horizon, below = told[TERRAIN], told[HORIZON], told[BELOW_BEAM]
    cone, least_range, instrumented = told[CONE], told[LEAST_RANGE], told[INSTRUMENTED]
    for i in range(bow_m.size):
        has_alt = alt_m[i] == alt_m[i]
        is_unknown = (not has_alt) | (lowest_m[i] != lowest_m[i])
        alt = alt_m[i] if has_alt else antenna
        r = rng_m[i]
        over = max(alt - limits.surface_m, ZERO)
        arc = math.sqrt(np.float32(2.0) * earth * over) * (ONE - bend * over)
        is_hidden = (alt < lowest_m[i]) & has_alt
        is_weak = pd[i] < limits.pd_least
        lift = (alt - antenna) * (twice + alt) - r * r
        out = power if is_weak else seen
        out = terrain if is_hidden else out
        out = horizon if is_hidden & (dist_m[i] > limits.horizon_m + arc) else out
        out = unknown if is_unknown & (not is_weak) else out
        is_out = (lift < lift_min * r) & has_alt
        out = below if is_out else out
        is_high = (lift > lift_max * r) & has_alt
        out = cone if is_high else out
        is_near = r < limits.rng_min_m
        out = least_range if is_near else out
        is_far = (r > limits.rng_max_m) | (alt > limits.alt_max_m)
        out = instrumented if is_far else out
        code[i] = out
        p = nan if is_unknown else pd[i]
        pd[i] = ZERO if is_hidden | is_out | is_high | is_near | is_far else p

    if sectors.shape[0] > 0:
        for i in range(x_m.size):
            if not in_sectors(x_m[i], y_m[i], sectors):
                pd[i] = ZERO
                if code[i] != instrumented and code[i] != least_range:
                    code[i] = told[SECTOR]
    if ground_m.size > 0:
        for i in range(x_m.size):
            if alt_m[i] < ground_m[i]:
                code[i] = told[GROUND]
                pd[i] = ZERO


@lean_kernel
def look_up(
    rng_m: F4, alt_m: F4, table: F4, rng_step_m: np.float32, alt_step_m: np.float32, pd: F4
) -> None:
    """Interpolate the table of probabilities, in range and, where it has rows, in height."""
    # Unsigned places spare the test for negative ones, which stand for places from the end.
    last = np.float32(table.shape[1] - 1)
    per_rng = ONE / rng_step_m
    if table.shape[0] == 1:
        row = table[0]
        for i in range(rng_m.size):
            u = min(rng_m[i] * per_rng, last)
            j = np.uint32(min(u, last - ONE))
            w = u - np.float32(j)
            pd[i] = row[j] + w * (row[j + np.uint32(1)] - row[j])
        return
    top = np.float32(table.shape[0] - 1)
    per_alt = ONE / alt_step_m
    for i in range(rng_m.size):
        u = min(rng_m[i] * per_rng, last)
        j = np.uint32(min(u, last - ONE))
        w = u - np.float32(j)
        # An unknown height compares false and takes the sea's row.
        v = min(alt_m[i] * per_alt, top) if alt_m[i] > ZERO else ZERO
        k = np.uint32(min(v, top - ONE))
        z = v - np.float32(k)
        j1, k1 = j + np.uint32(1), k + np.uint32(1)
        low = table[k, j] + w * (table[k, j1] - table[k, j])
        high = table[k1, j] + w * (table[k1, j1] - table[k1, j])
        pd[i] = low + z * (high - low)


@lean_kernel
def within_reach(rng_m: F4, alt_m: F4, reach_m: F4, alt_step_m: np.float32, is_within: F4) -> None:
    """1 where the range is within what the radar reaches at that height, else 0."""
    if reach_m.size == 1:
        far = reach_m[0]
        for i in range(rng_m.size):
            is_within[i] = ONE if rng_m[i] <= far else ZERO
        return
    top = np.float32(reach_m.size - 1)
    per_alt = ONE / alt_step_m
    for i in range(rng_m.size):
        v = min(alt_m[i] * per_alt, top) if alt_m[i] > ZERO else ZERO
        k = np.uint32(min(v, top - ONE))
        z = v - np.float32(k)
        far = reach_m[k] + z * (reach_m[k + np.uint32(1)] - reach_m[k])
        is_within[i] = ONE if rng_m[i] <= far else ZERO


@lean_kernel
def in_sectors(x_m: float, y_m: float, sectors: F4) -> bool:
    """Tell whether a direction lies in one of the sectors; each is the east and north of its two
    sides, and whether it is wider than half a turn."""
    for k in range(sectors.shape[0]):
        from_x, from_y, to_x, to_y = sectors[k, 0], sectors[k, 1], sectors[k, 2], sectors[k, 3]
        after_first = x_m * from_y - y_m * from_x >= ZERO
        before_second = to_x * y_m - to_y * x_m >= ZERO
        if sectors[k, 4] > ZERO:
            if after_first or before_second:
                return True
        elif after_first and before_second:
            return True
    return False


@lean_kernel
def count_ones(ones: I8) -> None:
    """Bits set in 0, 1, 2, ..."""
    ones[0] = 0
    for s in range(1, ones.size):
        ones[s] = ones[s >> 1] + (s & 1)


@lean_kernel
def forget_chain(chain: F8) -> None:
    """A chain before the first look: nothing remembered, nothing started."""
    for s in range(chain.size):
        chain[s] = 0.0
    chain[0] = 1.0


@lean_kernel
def step_chain(chain: F8, after: F8, ones: I8, p: float, hits: int, looks: int) -> float:
    """One more look at a track that has not started; the chance that it starts with it.

    ``chain[s]`` is the chance that it has not started and that the last looks - 1 outcomes are the
    bits of s, the newest lowest. ``after`` is room for the next, ``ones`` the bits set in each s.
    """
    states = 1 << (looks - 1)
    for s in range(states):
        after[s] = 0.0
    started = 0.0
    for s in range(states):
        if chain[s] == 0.0:  # unlike NaN, which goes on
            continue
        after[(s << 1) & (states - 1)] += chain[s] * (1.0 - p)
        if ones[s] + 1 >= hits:
            started += chain[s] * p
        else:
            after[((s << 1) | 1) & (states - 1)] += chain[s] * p
    for s in range(states):
        chain[s] = after[s]
    return started


@kernel
def start_rows(pd: F8, hits: int, looks: int) -> F8:
    """Chance that a track has started by each look, row by row."""
    out = np.empty(pd.shape)
    chain, after = np.empty(1 << (looks - 1)), np.empty(1 << (looks - 1))
    ones = np.empty(1 << (looks - 1), np.int64)
    count_ones(ones)
    for row in range(pd.shape[0]):
        forget_chain(chain)
        started = 0.0
        for i in range(pd.shape[1]):
            started += step_chain(chain, after, ones, pd[row, i], hits, looks)
            out[row, i] = started
    return out
