"""The survey's loops: a band of rows of the common grid, as one radar has it.

A band is a few dozen rows, so that what is worked out for it once (where its cells lie, down to
where they are seen) is still at hand for the last of the layers. Columns are those of the radar's
window; ``first`` and ``last`` are, row by row, those within its range.

Sights come as they are kept: heights in half metres from ``BELOW_M`` below the sea, the largest
number for unknown ones. So the highest of some heights is unknown where any of them is.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import apart_kernel, lean_kernel
from airshield.plan.coverage.detection._kernels import CHUNK, Limits, judge, place
from airshield.plan.coverage.network._kernels import add_lowest, add_ranks
from airshield.plan.coverage.reasons import SEEN, UNKNOWN

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
U1 = NDArray[np.uint8]
U2 = NDArray[np.uint16]
U4 = NDArray[np.uint32]
I2 = NDArray[np.int16]
By = NDArray[Any]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

HALF_M = np.float32(0.5)
BELOW_M = np.float32(1000.0)
NOT_KNOWN = 65535
MOST_HALVES = np.float32(NOT_KNOWN - 1)
NEAR = 1e-3  # of a cell: what a mesh leaves of a middle that falls on one (geo.grid has the same)
INFINITE = np.float32(np.inf)
NAN = np.float32(np.nan)

ROWS_ALT, ROWS_LOWEST, ROWS_GROUND, ROWS_RNG, ROWS_PD, ROWS_BOW, ROWS_DIST, WORK_ROWS = range(8)


@lean_kernel
def holds(told: U2, step_m: float, east_m: float, north_m: float) -> Any:
    """Tell whether a place lies among the cells of a level."""
    mid = 0.5 * (told.shape[0] - 1)
    c = mid + east_m / step_m
    r = mid - north_m / step_m
    last = told.shape[0] - 1 + NEAR
    return -NEAR < c < last and -NEAR < r < last


@lean_kernel
def highest_of(told: U2, row: float, col: float) -> Any:
    """The highest of the cells around a place; a neighbour without weight does not count."""
    r, c = int(row + NEAR), int(col + NEAR)
    s = r + 1 if row - r >= NEAR else r
    d = c + 1 if col - c >= NEAR else c
    north = max(told[r, c], told[r, d])
    south = max(told[s, c], told[s, d])
    return max(north, south)


@lean_kernel
def half_metres(height_m: F4, told: U2) -> None:
    """Heights as they are kept, rounded up; what is not finite is not known."""
    for i in range(height_m.size):
        halves = math.ceil((height_m[i] + BELOW_M) / HALF_M)
        halves = min(max(halves, np.float32(0.0)), MOST_HALVES)
        # A difference of the infinite with itself is no number either.
        is_known = height_m[i] - height_m[i] == np.float32(0.0)
        told[i] = np.uint16(np.int32(halves)) if is_known else np.uint16(NOT_KNOWN)


@lean_kernel
def metres(told: Any) -> Any:
    """A height as it is kept, in metres."""
    return NAN if told == NOT_KNOWN else np.float32(told) * HALF_M - BELOW_M


@lean_kernel
def read_along(
    told: U2,
    step_m: float,
    e0: float,
    e1: float,
    n0: float,
    n1: float,
    stride: int,
    at: I4,
    found: U2,
    lowest_m: F4,
) -> None:
    """Lowest visible altitudes from one node of the mesh to the next, all within one level.

    :func:`highest_of`, :func:`metres` and what lies between, each for all places in turn: places
    and metres are vectors then, and what remains is to read. ``at`` is (3, stride), ``found``
    stride.
    """
    mid = 0.5 * (told.shape[0] - 1)
    c0, dc = mid + e0 / step_m, (e1 - e0) / (step_m * stride)
    r0, dr = mid - n0 / step_m, (n0 - n1) / (step_m * stride)
    places_along(r0, dr, c0, dc, told.shape[1], at[0], at[1], at[2], lowest_m.size)
    flat = told.reshape(-1)
    for k in range(lowest_m.size):
        north = np.uint64(at[0, k])
        south = north + np.uint64(at[1, k])
        right = np.uint64(at[2, k])
        found[k] = max(flat[north], flat[north + right], flat[south], flat[south + right])
    for k in range(lowest_m.size):
        lowest_m[k] = metres(found[k])


@apart_kernel
def places_along(
    r0: float, dr: float, c0: float, dc: float, wide: int, at: I4, down: I4, right: I4, many: int
) -> None:
    """Where the north-western of the cells around each of some places lies in a map of rows of
    ``wide``, and how far on the southern and the eastern that count are."""
    across = np.int32(wide)
    for k in range(many):
        row, col = r0 + k * dr, c0 + k * dc
        r, c = np.int32(row + NEAR), np.int32(col + NEAR)
        at[k] = np.int32(np.int32(r * across) + c)
        down[k] = across if row - r >= NEAR else np.int32(0)
        right[k] = np.int32(1) if col - c >= NEAR else np.int32(0)


@lean_kernel
def lowest_at(
    fine: U2, middle: U2, coarse: U2, step_m: float, east_m: float, north_m: float
) -> Any:
    """Lowest visible altitude at a place, by the finest level that holds it; infinite by none."""
    step = step_m
    for told in (fine, middle, coarse):
        if holds(told, step, east_m, north_m):
            mid = 0.5 * (told.shape[0] - 1)
            return metres(highest_of(told, mid - north_m / step, mid + east_m / step))
        step *= 2.0
    return INFINITE


@lean_kernel
def look_down(
    mesh_e: F8,
    mesh_n: F8,
    stride: int,
    row_from: int,
    fine: U2,
    middle: U2,
    coarse: U2,
    step_m: float,
    reach_m: float,
    east_m: F4,
    north_m: F4,
    lowest_m: F4,
    first: I8,
    last: I8,
    at: I4,
    found: U2,
) -> None:
    """Where the cells of a band lie, and the lowest visible altitude there; infinite out of reach.

    The steps of the levels are ``step_m``, twice and four times that; a level that is not there is
    empty. Cells before ``first`` and from ``last`` on are out of reach and left as they are.
    """
    rows, cols = east_m.shape
    reach2 = np.float32(reach_m * reach_m)
    for i in range(rows):
        mi = (row_from + i) // stride
        fi = (row_from + i - mi * stride) / stride
        first[i], last[i] = cols, 0
        for mj in range(mesh_e.shape[1] - 1):
            j0 = mj * stride
            many = min(stride, cols - j0)
            e0 = mesh_e[mi, mj] * (1.0 - fi) + mesh_e[mi + 1, mj] * fi
            e1 = mesh_e[mi, mj + 1] * (1.0 - fi) + mesh_e[mi + 1, mj + 1] * fi
            n0 = mesh_n[mi, mj] * (1.0 - fi) + mesh_n[mi + 1, mj] * fi
            n1 = mesh_n[mi, mj + 1] * (1.0 - fi) + mesh_n[mi + 1, mj + 1] * fi
            half = 0.5 * math.hypot(e1 - e0, n1 - n0)
            if not math.hypot(0.5 * (e0 + e1), 0.5 * (n0 + n1)) - half <= reach_m:
                continue
            first[i] = min(first[i], j0)
            last[i] = j0 + many
            east, north = east_m[i, j0 : j0 + many], north_m[i, j0 : j0 + many]
            low = lowest_m[i, j0 : j0 + many]
            for k in range(many):
                f = k / stride
                east[k] = e0 * (1.0 - f) + e1 * f
                north[k] = n0 * (1.0 - f) + n1 * f
            step = step_m
            is_read = False
            is_mixed = False
            for told in (fine, middle, coarse):
                # Along a row both offsets run evenly from one node to the next, so what holds
                # both ends holds all between, and what is beside one side of a level does not
                # touch it.
                if not is_read and not is_mixed:
                    if holds(told, step, e0, n0) and holds(told, step, e1, n1):
                        read_along(told, step, e0, e1, n0, n1, stride, at, found, low)
                        is_read = True
                    else:
                        edge_m = (0.5 * (told.shape[0] - 1) + 1.0) * step
                        is_mixed = not (
                            max(e0, e1) < -edge_m
                            or min(e0, e1) > edge_m
                            or max(n0, n1) < -edge_m
                            or min(n0, n1) > edge_m
                        )
                step *= 2.0
            if not is_read:
                for k in range(many):
                    f = k / stride
                    low[k] = lowest_at(
                        fine, middle, coarse, step_m, e0 + f * (e1 - e0), n0 + f * (n1 - n0)
                    )
            for k in range(many):
                is_near = east[k] * east[k] + north[k] * north[k] <= reach2
                low[k] = low[k] if is_near else INFINITE


@lean_kernel
def keep_lowest(
    lowest_m: F4,
    first: I8,
    last: I8,
    row: int,
    col: int,
    radar: int,
    best_m: F4,
    best_by: I2,
) -> None:
    """Add a band of one radar's lowest altitudes, from ``row`` and ``col`` of the map on."""
    for i in range(lowest_m.shape[0]):
        a, b = first[i], last[i]
        if a < b:
            add_lowest(
                lowest_m[i, a:b],
                radar,
                best_m[row + i, col + a : col + b],
                best_by[row + i, col + a : col + b],
            )


@lean_kernel
def see_band(
    east_m: F4,
    north_m: F4,
    lowest_m: F4,
    ground_m: F4,
    first: I8,
    last: I8,
    row: int,
    col: int,
    hgt_m: F4,
    above_ground: U1,
    limits: Limits,
    tables: F4,
    rng_step_m: F4,
    reach_m: F4,
    sectors: F4,
    is_power_known: bool,
    radar: int,
    ranks: U1,
    work: F4,
    rank: U1,
    bits: U4,
    unknown: U4,
    why: U1,
    why_by: By,
) -> None:
    """Judge a band of all layers, and note who sees what. ``work`` is (WORK_ROWS, CHUNK), ``rank``
    CHUNK.

    ``hgt_m``, ``above_ground``, ``tables``, ``rng_step_m`` and ``reach_m`` are each layer's;
    ``reach_m`` is NaN where the table must be looked up. The band begins at ``row`` and ``col`` of
    the maps, which come whole: of a part of a map LLVM does not know that its columns are next to
    each other, and makes no vectors.
    """
    for i in range(east_m.shape[0]):
        for a in range(first[i], last[i], CHUNK):
            b = min(a + CHUNK, last[i])
            n = b - a
            x_m, y_m = east_m[i, a:b], north_m[i, a:b]
            bow_m, dist_m = work[ROWS_BOW, :n], work[ROWS_DIST, :n]
            place(x_m, y_m, limits, bow_m, dist_m)
            for k in range(n):
                # Out of reach the code is that of the range, whatever the altitude there.
                low = lowest_m[i, np.uint64(a + k)]
                work[ROWS_LOWEST, k] = low if low < INFINITE else NAN
                work[ROWS_GROUND, k] = ground_m[row + i, np.uint64(col + a + k)]
            for layer in range(hgt_m.size):
                hgt = hgt_m[layer]
                if above_ground[layer]:
                    for k in range(n):
                        work[ROWS_ALT, k] = work[ROWS_GROUND, k] + hgt
                else:
                    for k in range(n):
                        work[ROWS_ALT, k] = hgt
                reach = reach_m[layer : layer + 1]
                if math.isnan(reach[0]):
                    reach = reach[:0]
                judge(
                    x_m,
                    y_m,
                    bow_m,
                    dist_m,
                    work[ROWS_ALT, :n],
                    work[ROWS_LOWEST, :n],
                    work[ROWS_GROUND, :n],
                    limits,
                    tables[layer],
                    rng_step_m[layer],
                    reach,
                    sectors,
                    ranks,
                    work[ROWS_RNG, :n],
                    work[ROWS_PD, :n],
                    rank[:n],
                )
                if not is_power_known:
                    for k in range(n):
                        rank[k] = ranks[UNKNOWN] if rank[k] == ranks[SEEN] else rank[k]
                add_ranks(
                    rank[:n], ranks[SEEN], ranks[UNKNOWN], layer, row + i, col + a, radar,
                    bits, unknown, why, why_by,
                )  # fmt: skip
