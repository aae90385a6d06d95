"""The square fan for a graphics card: one thread per ray, all eighths of a patch at once.

The two formulas, and all constants, are those of ``sight/_kernels.py``, compiled for the card.
Letters and frames are explained there.

Thirty-two neighbouring rays, a *sector*, are a block of one warp. Each thread keeps its ray's
horizon in a register. Row after row away from the site the warp puts its horizons side by side into
shared memory, answers for the cells between its first ray and its last, and raises its rays by the
row. Neighbouring sectors have one ray in common, computed by both: for one ray in thirty-two no
block ever waits for another, and nothing needs to be atomic.

Neighbouring rays read neighbouring posts of a row and the cells of a sector are neighbours, so the
card's memory is read and written in whole lines. For the eighths whose rows are the columns of the
patch that holds of its transpose; the answers of those are turned back at the end.
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import cuda
from numpy.typing import NDArray

from airshield._kernels import plain
from airshield.plan.coverage.sight import _kernels as fan

F4 = NDArray[np.float32]
I4 = NDArray[np.int32]

LANES = 32  # rays of a sector, threads of a warp
TILE = 32  # of a transposition, in shared memory
PITCH = TILE + 1  # so that a column of a tile lies in all banks of the memory
TILE_ROWS = 8  # threads of a tile: each moves four posts

LOWEST, NEAR_ROWS, NEAR_PARTS = fan.LOWEST, fan.NEAR_ROWS, fan.NEAR_PARTS
KNOWN_MAX, NAN, ONE, ZERO = fan.KNOWN_MAX, fan.NAN, fan.ONE, np.float32(0.0)
PART = np.float32(1.0 / fan.NEAR_PARTS)  # a power of two: exact

# Columns of the table of eighths.
DOWN, RIGHT, TURNED, FIRST_ROW, ROWS, COLUMNS, RAYS = range(7)

_F = TypeVar("_F", bound=Callable[..., Any])


def on_card(function: _F) -> _F:
    """Compile a loop for the card at its first launch."""
    return cast(_F, cuda.jit(function))


def within_loops(function: _F) -> _F:
    """Compile a function for calls by loops on the card."""
    return cast(_F, cuda.jit(function, device=True))


slope_of = within_loops(plain(fan.slope_of))
altitude_m = within_loops(plain(fan.altitude_m))


@on_card
def sweep(
    low_m: F4,
    low_turned_m: F4,
    height_m: F4,
    height_turned_m: F4,
    row: int,
    col: int,
    eighths: I4,
    last_rays: I4,
    last_cells: I4,
    horizons_before: F4,
    horizons_after: F4,
    tangents: F4,
    inv_tangents: F4,
    rows2_m2: F4,
    steps_m: F4,
    inv_earth2: np.float32,
    eye_m: np.float32,
    antenna_m: np.float32,
    unknown: np.float32,
) -> None:
    """Lowest visible altitude of the cells of one sector (block x) of one eighth (block y).

    ``eighths`` has a line per eighth (columns named above), ``steps_m`` its distance from row to
    row and from post to post; ``last_rays`` and ``last_cells`` say per eighth and row what is
    within the patch and the range. A coarser level goes on from ``horizons_after``: other places
    than those before, as a sector may end before the one beside it, that shares a ray, begins.
    """
    at_row = cuda.shared.array((2, LANES), np.float32)
    which = cuda.blockIdx.y
    lane = cuda.threadIdx.x
    first = cuda.blockIdx.x * (LANES - 1)
    rays = eighths[which, RAYS]
    if first > rays:
        return
    turned = eighths[which, TURNED] != 0
    ground_m = height_turned_m if turned else height_m
    out_m = low_turned_m if turned else low_m
    start = col if turned else row
    side = row if turned else col
    down = eighths[which, DOWN]
    right = eighths[which, RIGHT]
    columns = eighths[which, COLUMNS]
    along_m = steps_m[which, 0]
    across_m = steps_m[which, 1]
    inv_eye = ONE / eye_m
    j = min(first + lane, rays)  # lanes to spare repeat the last ray
    t = tangents[which, j]
    inv_t = inv_tangents[which, j]
    row2_m2 = rows2_m2[which, j]
    highest = horizons_before[which, j]

    for k in range(eighths[which, FIRST_ROW], eighths[which, ROWS] + 1):
        before = k - 1
        near = start + down * before
        far = start + down * k
        y0 = np.float32(before)
        # Fewer rays are within the patch and the range from row to row: once out, always out.
        if first > last_rays[which, before]:
            break
        if before > 0 and j <= last_rays[which, before]:
            x = y0 * t
            i = np.int32(x)
            f = x - np.float32(i)
            after = side + right * min(i + 1, columns)
            before_m = ground_m[near, side + right * min(i, columns)]
            after_m = ground_m[near, after]
            beyond_m = ground_m[far, after]
            # The axis is shared by two eighths: a post beside it must not count, even unknown.
            change_m = after_m - before_m if j > 0 else ZERO
            at_m = (before_m - antenna_m) + f * change_m
            slope = slope_of(at_m, y0 * y0 * row2_m2, inv_earth2, eye_m, inv_eye)
            if math.isnan(slope):
                slope = unknown
            highest = max(highest, slope)
            column = np.float32(i + 1)
            if np.float32(k) * t >= column:
                y = column * inv_t
                at_m = (after_m - antenna_m) + (y - y0) * (beyond_m - after_m)
                slope = slope_of(at_m, y * y * row2_m2, inv_earth2, eye_m, inv_eye)
                if math.isnan(slope):
                    slope = unknown
                highest = max(highest, slope)
        last = last_rays[which, k]
        if before < NEAR_ROWS and j <= last:
            for number in range(1, NEAR_PARTS):
                part = np.float32(number) * PART
                y = y0 + part
                x = y * t
                i = np.int32(x)
                f = x - np.float32(i)
                here = side + right * min(i, columns)
                after = side + right * min(i + 1, columns)
                near_m = ground_m[near, here]
                far_m = ground_m[far, here]
                if j > 0:
                    near_m += f * (ground_m[near, after] - near_m)
                    far_m += f * (ground_m[far, after] - far_m)
                at_m = (near_m - antenna_m) + part * (far_m - near_m)
                slope = slope_of(at_m, y * y * row2_m2, inv_earth2, eye_m, inv_eye)
                if math.isnan(slope):
                    slope = unknown
                highest = max(highest, slope)

        # Two rows of shared memory in turn: whoever writes row k + 2 has met all others at row
        # k + 1, so they have read row k.
        at_row[k % 2, lane] = highest
        cuda.syncthreads()
        rays_per_column = np.float32(rays) / np.float32(k)
        y_m = np.float32(k) * along_m
        # A cell too many on each side, as these are rounded; its place between rays decides.
        # The axis belongs to the eighth on its right.
        c = max(int(np.float32(first) / rays_per_column) - 1, 0 if right > 0 else 1) + lane
        stop = int(np.float32(first + LANES - 1) / rays_per_column) + 1
        stop = min(stop, last_cells[which, k])
        while c <= stop:
            u = np.float32(c) * rays_per_column
            i = np.int32(u)
            f = u - np.float32(i)
            # Cells beside the edge have a ray on one side only.
            i = min(i, last)
            if first <= i < first + LANES - 1:
                slope = at_row[k % 2, i - first]
                slope += f * (at_row[k % 2, min(i + 1, last) - first] - slope)
                x_m = np.float32(c) * across_m
                rng2_m2 = y_m * y_m + x_m * x_m
                seen_m = altitude_m(slope, rng2_m2, inv_earth2, antenna_m, eye_m, inv_eye)
                at_m = ground_m[far, side + right * c]
                seen_m = seen_m if seen_m > at_m else at_m  # NaN where the ground is
                out_m[far, side + right * c] = seen_m if slope < KNOWN_MAX else NAN
            c += LANES
    if lane < LANES - 1 or j == rays:
        horizons_after[which, j] = highest


@on_card
def transpose(out: F4, grid: F4) -> None:
    """Turn rows into columns, through a tile of shared memory: lines are read and written whole."""
    tile = cuda.shared.array((TILE, PITCH), np.float32)
    top = cuda.blockIdx.y * TILE
    left = cuda.blockIdx.x * TILE
    x = cuda.threadIdx.x
    for y in range(cuda.threadIdx.y, TILE, TILE_ROWS):
        if top + y < grid.shape[0] and left + x < grid.shape[1]:
            tile[y, x] = grid[top + y, left + x]
    cuda.syncthreads()
    for y in range(cuda.threadIdx.y, TILE, TILE_ROWS):
        if left + y < grid.shape[1] and top + x < grid.shape[0]:
            out[left + y, top + x] = tile[x, y]


@on_card
def join(
    low_m: F4,
    low_turned_m: F4,
    height_m: F4,
    row: int,
    col: int,
    eighths: I4,
    last_cells: I4,
) -> None:
    """Take over what was turned, and make NaN of what no ray answers for.

    Diagonals belong to the eighths that are not turned, as everywhere.
    """
    tile = cuda.shared.array((TILE, PITCH), np.float32)
    top = cuda.blockIdx.y * TILE
    left = cuda.blockIdx.x * TILE
    x = cuda.threadIdx.x
    for y in range(cuda.threadIdx.y, TILE, TILE_ROWS):
        if left + y < low_m.shape[1] and top + x < low_m.shape[0]:
            tile[x, y] = low_turned_m[left + y, top + x]
    cuda.syncthreads()
    for y in range(cuda.threadIdx.y, TILE, TILE_ROWS):
        r = top + y
        c = left + x
        if r >= low_m.shape[0] or c >= low_m.shape[1]:
            continue
        rows = abs(r - row)
        columns = abs(c - col)
        turned = columns > rows
        k = columns if turned else rows
        which = 4 * (r >= row) + 2 * (c >= col) + turned
        if k == 0:
            low_m[r, c] = height_m[r, c]
        elif (
            k < eighths[which, FIRST_ROW]
            or k > eighths[which, ROWS]
            or min(rows, columns) > last_cells[which, k]
        ):
            low_m[r, c] = NAN
        elif turned:
            low_m[r, c] = tile[y, x]
