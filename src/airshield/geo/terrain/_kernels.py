"""Compiled loops over height rasters: sampling through a mesh, filling of small holes.

**Pixel coordinates.** Whole numbers are the centres of a raster's cells: row 0.0, column 0.0 is
the centre of the north-western cell of the layer, and of a window that begins at ``row0, col0``
the cell ``[0, 0]`` has the centre ``row0, col0``.

**Mesh.** ``mesh_row[a, b]`` and ``mesh_col[a, b]`` are the pixel coordinates of the output cell
``(a * every, b * every)``; between them both are bilinear. A mesh goes as far as or further than
the output.
"""

import math

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import apart_kernel, kernel, lean_kernel

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]

# Of the four cells around a point, how much of the weight must be known. A half lets a raster
# reach to the outer edge of its outermost cells and no further.
KNOWN_WEIGHT = 0.5
# On the edge itself exactly half of the weight is known, give or take the mesh's last digits.
KNOWN_WEIGHT_SLACK = 1e-6

SOME = 64
"""Cells that take their steps together: what is known of them stays in the nearest cache."""
ROOM_INTS = 7
PLACES = 0x7FFFFFFF  # more posts than any window has; LLVM sees that an index so masked is positive

BITS = 2.0**32
PART = np.float32(2.0**-24)


@lean_kernel
def part_known_m(window: F4, row: float, col: float) -> float:
    """Bilinear height from those of the four cells around a point that are known and inside."""
    rows, cols = window.shape
    row_below = math.floor(row)
    col_below = math.floor(col)
    # Far away is far away: a large number must not overflow an integer.
    if not (-2.0 < row_below < rows and -2.0 < col_below < cols):
        return math.nan
    i0 = int(row_below)
    j0 = int(col_below)
    known = 0.0
    height_m = 0.0
    for di in range(2):
        i = i0 + di
        if i < 0 or i >= rows:
            continue
        weight_i = 1.0 - abs(row - i)
        for dj in range(2):
            j = j0 + dj
            if j < 0 or j >= cols:
                continue
            cell_m = window[i, j]
            if not math.isnan(cell_m):
                weight = weight_i * (1.0 - abs(col - j))
                known += weight
                height_m += weight * cell_m
    if known < KNOWN_WEIGHT - KNOWN_WEIGHT_SLACK:
        return math.nan
    return height_m / known


@lean_kernel
def surface_m(window: F4, row: float, col: float) -> float:
    """The same as :func:`part_known_m`, quicker where all four cells are known and inside."""
    if 0.0 <= row < window.shape[0] - 1 and 0.0 <= col < window.shape[1] - 1:
        y = int(row)
        x = int(col)
        u = col - x
        north_m = window[y, x] + u * (window[y, x + 1] - window[y, x])
        south_m = window[y + 1, x] + u * (window[y + 1, x + 1] - window[y + 1, x])
        height_m: float = north_m + (row - y) * (south_m - north_m)
        if not math.isnan(height_m):
            return height_m
    return part_known_m(window, row, col)


@kernel
def bilinear_m(
    window: F4, row0: float, col0: float, mesh_row: F8, mesh_col: F8, every: int, out: F4
) -> None:
    """Fill the unknown cells of ``out`` with the window's heights, bilinear."""
    rows, cols = out.shape
    row_last = window.shape[0] - 1
    col_last = window.shape[1] - 1
    for i in range(rows):
        a = i // every
        t = (i - a * every) / every
        for b in range((cols + every - 1) // every):
            first = b * every
            last = min(first + every, cols)
            row_w = mesh_row[a, b] + t * (mesh_row[a + 1, b] - mesh_row[a, b]) - row0
            row_e = mesh_row[a, b + 1] + t * (mesh_row[a + 1, b + 1] - mesh_row[a, b + 1]) - row0
            col_w = mesh_col[a, b] + t * (mesh_col[a + 1, b] - mesh_col[a, b]) - col0
            col_e = mesh_col[a, b + 1] + t * (mesh_col[a + 1, b + 1] - mesh_col[a, b + 1]) - col0
            row_step = (row_e - row_w) / every
            col_step = (col_e - col_w) / every
            # A straight line that begins and ends inside stays inside: one test for many cells.
            inside = (
                row_w >= 0.0
                and row_w < row_last
                and row_e >= 0.0
                and row_e < row_last
                and col_w >= 0.0
                and col_w < col_last
                and col_e >= 0.0
                and col_e < col_last
            )
            if inside:
                # Whole cells and 32 bits of a fraction in one integer: sums and shifts in place of
                # conversions, 1.6 times as fast; off by less than 1e-7 of a cell.
                row_bits = np.int64(row_w * BITS)
                col_bits = np.int64(col_w * BITS)
                row_step_bits = np.int64(row_step * BITS)
                col_step_bits = np.int64(col_step * BITS)
                for j in range(first, last):
                    if out[i, j] == out[i, j]:
                        continue
                    y_bits = row_bits + (j - first) * row_step_bits
                    x_bits = col_bits + (j - first) * col_step_bits
                    y, x = y_bits >> 32, x_bits >> 32
                    v = np.float32(np.int32((y_bits >> 8) & 0xFFFFFF)) * PART
                    u = np.float32(np.int32((x_bits >> 8) & 0xFFFFFF)) * PART
                    north_m = window[y, x] + u * (window[y, x + 1] - window[y, x])
                    south_m = window[y + 1, x] + u * (window[y + 1, x + 1] - window[y + 1, x])
                    height_m = north_m + v * (south_m - north_m)
                    if math.isnan(height_m):
                        row = row_w + (j - first) * row_step
                        col = col_w + (j - first) * col_step
                        height_m = np.float32(part_known_m(window, row, col))
                    out[i, j] = height_m
            else:
                for j in range(first, last):
                    if out[i, j] == out[i, j]:
                        continue
                    row = row_w + (j - first) * row_step
                    col = col_w + (j - first) * col_step
                    out[i, j] = part_known_m(window, row, col)


@kernel
def highest_m(
    window: F4, row0: float, col0: float, mesh_row: F8, mesh_col: F8, every: int, out: F4
) -> None:
    """Fill the unknown cells of ``out`` with the highest of the bilinear surface in each.

    Over a rectangle a surface that is bilinear between cell centres is highest at a centre inside
    it, where an edge crosses a line of centres, or at a corner: those are looked at, in the upright
    rectangle around the output cell's footprint. Unknown cells count for nothing.
    """
    rows, cols = out.shape
    posts_m = window.reshape(-1)
    last_row, last_col = window.shape[0] - 1.0, window.shape[1] - 1.0
    north, south, west, east = np.empty(cols), np.empty(cols), np.empty(cols), np.empty(cols)
    room = np.empty((ROOM_INTS, SOME), np.int32)
    top, edge, found_m = np.empty((2, SOME), np.float32), np.empty(SOME), np.empty(SOME)
    for i in range(rows):
        a = i // every
        t = (i - a * every) / every
        for first in range(0, cols, every):
            b = first // every
            last = min(first + every, cols)
            footprints(
                mesh_row[a, b], mesh_row[a, b + 1], mesh_row[a + 1, b], mesh_row[a + 1, b + 1],
                t, every, row0, north[first:last], south[first:last],
                mesh_col[a, b], mesh_col[a, b + 1], mesh_col[a + 1, b], mesh_col[a + 1, b + 1],
                col0, west[first:last], east[first:last],
            )  # fmt: skip
        for first in range(0, cols, SOME):
            n = min(SOME, cols - first)
            is_inside, is_wanted = True, False
            for j in range(first, first + n):
                is_wanted |= math.isnan(out[i, j])
                is_inside &= (north[j] >= 0.0) & (south[j] < last_row)
                is_inside &= (west[j] >= 0.0) & (east[j] < last_col)
            if not is_wanted:
                continue
            if is_inside:
                highest_known_m(
                    posts_m, window.shape[1], north[first : first + n], south[first : first + n],
                    west[first : first + n], east[first : first + n], room, top, edge, found_m,
                )  # fmt: skip
            for k in range(n):
                j = first + k
                if not math.isnan(out[i, j]):
                    continue
                top_m = found_m[k] if is_inside else math.nan
                if math.isnan(top_m):
                    top_m = highest_in_m(window, north[j], south[j], west[j], east[j])
                out[i, j] = top_m


@apart_kernel
def footprints(
    row_nw: float,
    row_ne: float,
    row_sw: float,
    row_se: float,
    t: float,
    every: int,
    row0: float,
    north: F8,
    south: F8,
    col_nw: float,
    col_ne: float,
    col_sw: float,
    col_se: float,
    col0: float,
    west: F8,
    east: F8,
) -> None:
    """Upright rectangles around the footprints of a row of cells between four of the mesh's
    nodes."""
    row_east = row_ne - row_nw + t * (row_se - row_sw - row_ne + row_nw)
    col_east = col_ne - col_nw + t * (col_se - col_sw - col_ne + col_nw)
    for k in range(north.size):
        u = k / every
        row_n, row_s = row_nw + u * (row_ne - row_nw), row_sw + u * (row_se - row_sw)
        col_n, col_s = col_nw + u * (col_ne - col_nw), col_sw + u * (col_se - col_sw)
        row = row_n + t * (row_s - row_n) - row0
        col = col_n + t * (col_s - col_n) - col0
        half_row = 0.5 * (abs(row_s - row_n) + abs(row_east)) / every
        half_col = 0.5 * (abs(col_s - col_n) + abs(col_east)) / every
        north[k], south[k] = row - half_row, row + half_row
        west[k], east[k] = col - half_col, col + half_col


@apart_kernel
def highest_known_m(
    posts_m: F4,
    wide: int,
    north: F8,
    south: F8,
    west: F8,
    east: F8,
    room: I4,
    top: F4,
    edge: F8,
    found_m: F8,
) -> None:
    """The same as :func:`highest_in_m` for some rectangles inside; NaN where any post is unknown.

    The same sums in the same order. All rectangles take a step together, for the vector units:
    one that has fewer posts than others looks at its last again. ``posts_m`` is the window, row
    after row of ``wide``.
    """
    n = north.size
    # Of posts inside: first and last row and column, and how many at most. Of the edges: the posts
    # before them. Then the place of a row among the posts.
    y0, y1, x0, x1 = room[0], room[1], room[2], room[3]
    y_n, x_w, at = room[4], room[5], room[6]
    best_m, doubt = top[0], top[1]
    high, broad = 0, 0
    for k in range(n):
        y0[k], y1[k] = np.int32(math.ceil(north[k])), np.int32(south[k])
        x0[k], x1[k] = np.int32(math.ceil(west[k])), np.int32(east[k])
        y_n[k], x_w[k] = np.int32(north[k]), np.int32(west[k])
        best_m[k], doubt[k], edge[k] = -np.inf, 0.0, -np.inf
    for k in range(n):
        high = max(high, y1[k] - y0[k] + 1)
        broad = max(broad, x1[k] - x0[k] + 1)
    across = np.int32(wide)
    for dy in range(high):
        for k in range(n):
            at[k] = np.int32(min(np.int32(y0[k] + dy), y1[k]) * across)
        for dx in range(broad):
            for k in range(n):
                x = min(np.int32(x0[k] + dx), x1[k])
                at_m = posts_m[np.int64(np.int32(at[k] + x)) & PLACES]
                doubt[k] += at_m
                best_m[k] = at_m if at_m > best_m[k] else best_m[k]
        for k in range(n):
            p = np.int64(np.int32(at[k] + x_w[k])) & PLACES
            q = np.int64(np.int32(at[k] + x1[k])) & PLACES
            a_m, b_m, c_m, d_m = posts_m[p], posts_m[p + 1], posts_m[q], posts_m[q + 1]
            doubt[k] += (a_m + b_m) + (c_m + d_m)
            at_w = a_m + (west[k] - x_w[k]) * (b_m - a_m)
            at_e = c_m + (east[k] - x1[k]) * (d_m - c_m)
            # Between two rows of posts there is none to look at.
            highest = max(at_w, at_e) if y0[k] <= y1[k] else -math.inf
            edge[k] = highest if highest > edge[k] else edge[k]
    for dx in range(broad):
        for k in range(n):
            x = min(np.int32(x0[k] + dx), x1[k])
            p = np.int64(np.int32(np.int32(y_n[k] * across) + x)) & PLACES
            q = np.int64(np.int32(np.int32(y1[k] * across) + x)) & PLACES
            p_below = np.int64(np.int32(p + across)) & PLACES
            q_below = np.int64(np.int32(q + across)) & PLACES
            a_m, b_m = np.float64(posts_m[p]), np.float64(posts_m[p_below])
            c_m, d_m = np.float64(posts_m[q]), np.float64(posts_m[q_below])
            doubt[k] += np.float32((a_m + b_m) + (c_m + d_m))
            at_n = a_m + (north[k] - y_n[k]) * (b_m - a_m)
            at_s = c_m + (south[k] - y1[k]) * (d_m - c_m)
            highest = max(at_n, at_s) if x0[k] <= x1[k] else -math.inf
            edge[k] = highest if highest > edge[k] else edge[k]
    for side in range(2):
        edge_row, edge_y = (y1, south) if side else (y_n, north)
        for k in range(n):
            v, u_w, u_e = edge_y[k] - edge_row[k], west[k] - x_w[k], east[k] - x1[k]
            row = np.int32(edge_row[k] * across)
            p = np.int64(np.int32(row + x_w[k])) & PLACES
            q = np.int64(np.int32(row + x1[k])) & PLACES
            p_below = np.int64(np.int32(p + across)) & PLACES
            q_below = np.int64(np.int32(q + across)) & PLACES
            a_m, b_m = posts_m[p], posts_m[p + 1]
            c_m, d_m = posts_m[p_below], posts_m[p_below + 1]
            here_m = a_m + u_w * (b_m - a_m)
            below_m = c_m + u_w * (d_m - c_m)
            at_w = here_m + v * (below_m - here_m)
            doubt[k] += (a_m + b_m) + (c_m + d_m)
            a_m, b_m = posts_m[q], posts_m[q + 1]
            c_m, d_m = posts_m[q_below], posts_m[q_below + 1]
            here_m = a_m + u_e * (b_m - a_m)
            below_m = c_m + u_e * (d_m - c_m)
            at_e = here_m + v * (below_m - here_m)
            doubt[k] += (a_m + b_m) + (c_m + d_m)
            highest = max(at_w, at_e)
            edge[k] = highest if highest > edge[k] else edge[k]
    for k in range(n):
        highest = edge[k]
        has_posts = (y0[k] <= y1[k]) & (x0[k] <= x1[k])
        top_m = np.float64(best_m[k]) if has_posts else -math.inf
        highest = top_m if top_m > highest else highest
        found_m[k] = math.nan if math.isnan(doubt[k]) else highest


@lean_kernel
def highest_in_m(window: F4, north: float, south: float, west: float, east: float) -> float:
    """Highest of the bilinear surface in an upright rectangle of pixel coordinates."""
    rows, cols = window.shape
    if not (south >= -1.0 and north <= rows and east >= -1.0 and west <= cols):
        return math.nan
    first_row = int(max(math.ceil(north), 0.0))
    last_row = int(min(math.floor(south), rows - 1.0))
    first_col = int(max(math.ceil(west), 0.0))
    last_col = int(min(math.floor(east), cols - 1.0))
    top_m = -math.inf
    for y in range(first_row, last_row + 1):
        for x in range(first_col, last_col + 1):
            top_m = max(top_m, window[y, x])
    for y in range(first_row, last_row + 1):
        top_m = larger(top_m, surface_m(window, float(y), west))
        top_m = larger(top_m, surface_m(window, float(y), east))
    for x in range(first_col, last_col + 1):
        top_m = larger(top_m, surface_m(window, north, float(x)))
        top_m = larger(top_m, surface_m(window, south, float(x)))
    top_m = larger(top_m, surface_m(window, north, west))
    top_m = larger(top_m, surface_m(window, north, east))
    top_m = larger(top_m, surface_m(window, south, west))
    top_m = larger(top_m, surface_m(window, south, east))
    return top_m if top_m > -math.inf else math.nan


@lean_kernel
def larger(top_m: float, height_m: float) -> float:
    """The larger of the two; an unknown second changes nothing."""
    return height_m if height_m > top_m else top_m


@lean_kernel
def points_m(window: F4, row: F8, col: F8, out: F4) -> None:
    """Fill the unknown among ``out`` with bilinear heights at points of the window."""
    for i in range(row.size):
        if out[i] != out[i]:
            out[i] = surface_m(window, row[i], col[i])


@lean_kernel
def clean_m(
    room: F4,
    row: int,
    col: int,
    rows: int,
    cols: int,
    nodata: float,
    scale: float,
    offset: float,
    lowest_m: float,
    highest_m: float,
) -> tuple[int, int, int]:
    """Turn raw values in a window of an array into metres, no-data into NaN; count NaN, too low
    and too high.

    A value below ``lowest_m`` is counted and kept, for the caller to judge; so is one above.
    """
    unknown, low, high = 0, 0, 0
    for i in range(row, row + rows):
        for j in range(cols):
            # Unsigned places are not looked for from the end: vectors, a seventh of the time.
            at = np.uint64(col + j)
            raw = np.float64(room[i, at])
            height_m = raw * scale + offset
            # -9999, -32767, -32768 and -3.4e38 stand for no data in rasters that do not say so.
            is_known = (raw != nodata) & (raw != -9999.0) & (raw > -32767.0) & (height_m > -9000.0)
            unknown += 0 if is_known else 1
            low += 1 if is_known & (height_m < lowest_m) else 0
            high += 1 if is_known & (height_m > highest_m) else 0
            room[i, at] = np.float32(height_m) if is_known else np.float32(np.nan)
    return unknown, low, high


@lean_kernel
def are_heights(raw: F4, nodata: np.float32, lowest_m: float, highest_m: float) -> bool:
    """Tell whether all values are heights in metres, with none that stands for no data."""
    low, high = np.float32(lowest_m), np.float32(highest_m)
    others = 0
    for i in range(raw.size):
        at = raw[i]
        # -9999 and all else that stands for no data is lower than any ground.
        others += 0 if (at >= low) & (at <= high) & (at != nodata) else 1
    return others == 0


@kernel
def filled_m(window: F4, widest: int) -> F4:
    """Bridge holes that are no wider than ``widest`` cells.

    A hole's cell is bridged where known ground lies on both sides along a row, a column or a
    diagonal, with at most ``widest`` unknown cells between; every such pair is interpolated along
    its line, and pairs are weighted by one over the square of their distance. What is looked at is
    near, so the result is the same in every window that has the cell and its surroundings.
    """
    rows, cols = window.shape
    out = window.copy()
    high = (rows + widest - 1) // widest
    wide = (cols + widest - 1) // widest
    # Blocks as large as the reach: deep in a void (a sea left out) nothing is near enough, and
    # nine blocks tell so for all of a block's cells.
    known = np.zeros((high, wide), np.bool_)
    void = np.zeros((high, wide), np.bool_)
    for a in range(high):
        for b in range(wide):
            found = 0
            cells = 0
            for i in range(a * widest, min((a + 1) * widest, rows)):
                for j in range(b * widest, min((b + 1) * widest, cols)):
                    cells += 1
                    if window[i, j] == window[i, j]:
                        found += 1
            known[a, b] = found > 0
            void[a, b] = found < cells
    for a in range(high):
        for b in range(wide):
            if not void[a, b]:
                continue
            near = False
            for p in range(max(a - 1, 0), min(a + 2, high)):
                for q in range(max(b - 1, 0), min(b + 2, wide)):
                    near = near or known[p, q]
            if not near:
                continue
            for i in range(a * widest, min((a + 1) * widest, rows)):
                for j in range(b * widest, min((b + 1) * widest, cols)):
                    if window[i, j] != window[i, j]:
                        out[i, j] = bridged_m(window, i, j, widest)
    return out


@lean_kernel
def bridged_m(window: F4, i: int, j: int, widest: int) -> float:
    """Height of an unknown cell from known ground on both its sides; NaN where there is none."""
    weights = 0.0
    height_m = 0.0
    for line in range(4):
        di = 0 if line == 0 else 1
        dj = 1 if line == 0 else line - 2
        ahead = steps_to_known(window, i, j, di, dj, widest)
        if ahead == 0:
            continue
        back = steps_to_known(window, i, j, -di, -dj, widest)
        if back == 0 or ahead + back - 1 > widest:
            continue
        fore_m = window[i + ahead * di, j + ahead * dj]
        aft_m = window[i - back * di, j - back * dj]
        span = float(ahead + back)
        weight = 1.0 / (span * span * (di * di + dj * dj))
        weights += weight
        height_m += weight * (fore_m * back + aft_m * ahead) / span
    return height_m / weights if weights > 0.0 else math.nan


@lean_kernel
def steps_to_known(window: F4, i: int, j: int, di: int, dj: int, widest: int) -> int:
    """Steps to the nearest known cell along a direction; 0 where there is none near enough."""
    for steps in range(1, widest + 1):
        y = i + steps * di
        x = j + steps * dj
        if y < 0 or x < 0 or y >= window.shape[0] or x >= window.shape[1]:
            return 0
        if window[y, x] == window[y, x]:
            return steps
    return 0
