"""The square fan: one eighth of a patch at a time, rows of cells away from the site.

Letters and frames. An *eighth* is a 45 degree wedge between an axis of the grid and a diagonal. In
it ``k`` counts rows away from the site along that axis, ``c`` columns across it, both from 0 at
the site, so that every eighth looks alike and mirrors give the same bits. Ray ``j`` of ``rays``
has the tangent t = j / rays: in row k it is at column k·t, without any angle being computed.

The Earth, exactly and without an arc tangent. With r the distance from the Earth's centre and θ
the angle at the centre, 1 / (r cos θ) is a linear function of tan θ along a straight line (write
a line in polar coordinates: 1/r = A cos θ + B sin θ). So with R the radius of the antenna and ζ
the height of a point above the antenna

    rise = (ζ - R (sec θ - 1)) / (1 + ζ / R),    slope = rise / tan θ

grows with the elevation of the point, is the same all along a ray, and takes one division. The
lowest height on a ray of slope s is ζ = (rise + R (sec θ - 1)) / (1 - rise / R), rise = s tan θ.
sec and tan are series in θ², θ being the ground distance over the radius of the surface.

Every ray is sampled where it crosses a row of posts and where it crosses a column of posts: heights
are linear between two posts, so no wall is missed however thin. Only near the site, where a metre
of ground moves kilometres of sky, samples are also taken inside the cells.

Order matters: a row of cells is read when the rays have met all that lies before the row, and
nothing of the row itself.

Left to LLVM are vectors. The loops are written so that it makes them: 32-bit floats throughout, no
branch, places looked up with a masked index (it need not look for negative ones), arrays kept
apart (``apart_kernel``).
"""

import math

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import apart_kernel, lean_kernel

F4 = NDArray[np.float32]
F4Grid = NDArray[np.float32]

BLOCK = 32  # rows kept at hand; with 64 it took 4 % longer
TILE = 16  # turned in registers: LLVM makes four loads, shuffles and four stores of it
PLACES = 0xFFFFFF  # more columns than any patch has; LLVM sees that an index so masked is positive

ONE = np.float32(1.0)
# sec θ - 1 = θ² (1/2 + 5/24 θ² + 61/720 θ⁴ + …), tan θ = θ (1 + θ²/3 + 2/15 θ⁴ + …)
SEC_2, SEC_4, SEC_6 = np.float32(1 / 2), np.float32(5 / 24), np.float32(61 / 720)
TAN_3, TAN_5 = np.float32(1 / 3), np.float32(2 / 15)

LOWEST = np.float32(-1e9)  # a slope before anything was met: steeper down than from any satellite
UNKNOWN = np.float32(1e30)  # what unknown ground puts into a ray, for good
KNOWN_MAX = np.float32(1e9)  # a share of 1e-7 of UNKNOWN is still above this
NAN = np.float32(np.nan)

# Within a cell the ground is not a plane. What that hides counts where the cell is near: without
# these samples 6 % of all cells of one site in eight were more than 50 m too low.
NEAR_ROWS = 16
NEAR_PARTS = 8


@apart_kernel
def slope_of(
    ground_m: np.float32,
    rng2_m2: np.float32,
    inv_earth2: np.float32,
    eye_m: np.float32,
    inv_eye: np.float32,
) -> np.float32:
    """Rise over tan θ of a point, its height above the antenna and its squared ground range."""
    q = rng2_m2 * inv_earth2
    drop_m = eye_m * q * (SEC_2 + q * (SEC_4 + q * SEC_6))
    tan_m = np.float32(math.sqrt(rng2_m2)) * (ONE + q * (TAN_3 + q * TAN_5))
    return (ground_m - drop_m) / (tan_m * (ONE + ground_m * inv_eye))


@apart_kernel
def altitude_m(
    slope: np.float32,
    rng2_m2: np.float32,
    inv_earth2: np.float32,
    antenna_m: np.float32,
    eye_m: np.float32,
    inv_eye: np.float32,
) -> np.float32:
    """Altitude of a line of that slope above mean sea level, over a squared ground range."""
    q = rng2_m2 * inv_earth2
    drop_m = eye_m * q * (SEC_2 + q * (SEC_4 + q * SEC_6))
    rise_m = slope * (np.float32(math.sqrt(rng2_m2)) * (ONE + q * (TAN_3 + q * TAN_5)))
    return (rise_m + drop_m) / (ONE - rise_m * inv_eye) + antenna_m


@apart_kernel
def lift_axis(
    horizon: F4,
    row2_m2: F4,
    near_m: F4,
    far_m: F4,
    y: np.float32,
    part: np.float32,
    inv_earth2: np.float32,
    antenna_m: np.float32,
    eye_m: np.float32,
    inv_eye: np.float32,
    unknown: np.float32,
) -> None:
    """Raise the horizon of the axis by the ground at row y, a part of the way from near to far.

    Two eighths share this ray and the cells on it. They must agree, so the posts beside it must not
    count, not even with no weight: an unknown one times zero is unknown. A test for that in the
    loops over all rays took them 14 % longer.
    """
    at_m = (near_m[0] - antenna_m) + part * (far_m[0] - near_m[0])
    slope = slope_of(at_m, y * y * row2_m2[0], inv_earth2, eye_m, inv_eye)
    slope = unknown if math.isnan(slope) else slope
    horizon[0] = max(slope, horizon[0])


@apart_kernel
def lift(
    horizon: F4,
    tangent: F4,
    inv_tangent: F4,
    row2_m2: F4,
    near_m: F4,
    far_m: F4,
    k: int,
    last: int,
    inv_earth2: np.float32,
    antenna_m: np.float32,
    eye_m: np.float32,
    inv_eye: np.float32,
    unknown: np.float32,
) -> None:
    """Raise the rays' horizons by row k and by the columns crossed between it and row k + 1.

    Between two rows a ray crosses one column at most, as its tangent is at most one. The axis is
    ``lift_axis``'s.
    """
    y0 = np.float32(k)
    y1 = np.float32(k + 1)
    for j in range(1, last + 1):
        t = tangent[j]
        x = y0 * t
        i = np.int64(np.int32(x)) & PLACES
        before_m = near_m[i]
        after_m = near_m[i + 1]
        beyond_m = far_m[i + 1]
        at_m = (before_m - antenna_m) + (x - np.float32(np.int32(i))) * (after_m - before_m)
        slope = slope_of(at_m, y0 * y0 * row2_m2[j], inv_earth2, eye_m, inv_eye)
        slope = unknown if math.isnan(slope) else slope
        highest = horizon[j]
        highest = slope if slope > highest else highest

        column = np.float32(np.int32(i + 1))
        y = column * inv_tangent[j]
        at_m = (after_m - antenna_m) + (y - y0) * (beyond_m - after_m)
        slope = slope_of(at_m, y * y * row2_m2[j], inv_earth2, eye_m, inv_eye)
        slope = unknown if math.isnan(slope) else slope
        slope = slope if y1 * t >= column else highest  # no column crossed
        horizon[j] = slope if slope > highest else highest


@apart_kernel
def lift_between(
    horizon: F4,
    tangent: F4,
    row2_m2: F4,
    near_m: F4,
    far_m: F4,
    k: int,
    part: np.float32,
    last: int,
    inv_earth2: np.float32,
    antenna_m: np.float32,
    eye_m: np.float32,
    inv_eye: np.float32,
    unknown: np.float32,
) -> None:
    """Raise the rays' horizons, but for the axis, by the bilinear ground at row k + part."""
    y = np.float32(k) + part
    for j in range(1, last + 1):
        x = y * tangent[j]
        i = np.int64(np.int32(x)) & PLACES
        f = x - np.float32(np.int32(i))
        a_m = near_m[i] + f * (near_m[i + 1] - near_m[i])
        b_m = far_m[i] + f * (far_m[i + 1] - far_m[i])
        at_m = (a_m - antenna_m) + part * (b_m - a_m)
        slope = slope_of(at_m, y * y * row2_m2[j], inv_earth2, eye_m, inv_eye)
        slope = unknown if math.isnan(slope) else slope
        highest = horizon[j]
        horizon[j] = slope if slope > highest else highest


@apart_kernel
def read(
    low_m: F4,
    horizon: F4,
    ground_m: F4,
    columns: F4,
    k: int,
    last: int,
    rays: int,
    along_m: np.float32,
    across_m: np.float32,
    inv_earth2: np.float32,
    antenna_m: np.float32,
    eye_m: np.float32,
    inv_eye: np.float32,
) -> None:
    """Lowest visible altitude for the cells of row k, between two rays each."""
    rays_per_column = np.float32(rays) / np.float32(k)
    y_m = np.float32(k) * along_m
    for c in range(last + 1):
        u = columns[c] * rays_per_column
        x_m = columns[c] * across_m
        i = np.int64(np.int32(u)) & PLACES
        slope = horizon[i] + (u - np.float32(np.int32(i))) * (horizon[i + 1] - horizon[i])
        rng2_m2 = y_m * y_m + x_m * x_m
        seen_m = altitude_m(slope, rng2_m2, inv_earth2, antenna_m, eye_m, inv_eye)
        at_m = ground_m[c]
        seen_m = seen_m if seen_m > at_m else at_m  # NaN where the ground is
        low_m[c] = seen_m if slope < KNOWN_MAX else NAN


@apart_kernel
def fetch(
    rows_m: F4Grid,
    height_m: F4Grid,
    row: int,
    col: int,
    down: int,
    right: int,
    turned: bool,
    k: int,
    count: int,
    last: int,
) -> None:
    """Bring rows k to k + count of an eighth, columns 0 to last."""
    if turned:
        tiles = (last + 1) // TILE * TILE if count % TILE == 0 else 0
        for c in range(0, tiles, TILE):
            for b in range(0, count, TILE):
                for i in range(TILE):
                    for j in range(TILE):
                        rows_m[b + i, c + j] = height_m[
                            row + down * (c + j), col + right * (k + b + i)
                        ]
        for c in range(tiles, last + 1):
            for b in range(count):
                rows_m[b, c] = height_m[row + down * c, col + right * (k + b)]
        return
    for b in range(count):
        at = row + down * (k + b)
        if right > 0:
            for c in range(last + 1):
                rows_m[b, c] = height_m[at, col + c]
        else:
            for c in range(last + 1):
                rows_m[b, c] = height_m[at, col - c]


@apart_kernel
def put(
    low_msl_m: F4Grid,
    rows_m: F4Grid,
    row: int,
    col: int,
    down: int,
    right: int,
    turned: bool,
    k: int,
    count: int,
    last: int,
) -> None:
    """Put rows of an eighth where they belong. Diagonals belong to those that are not turned."""
    if turned:
        tiles = min(last + 1, k) // TILE * TILE if count % TILE == 0 else 0
        for c in range(0, tiles, TILE):
            for b in range(0, count, TILE):
                for j in range(TILE):
                    for i in range(TILE):
                        low_msl_m[row + down * (c + j), col + right * (k + b + i)] = rows_m[
                            b + i, c + j
                        ]
        for c in range(tiles, min(last + 1, k + count - 1)):
            for b in range(max(c + 1 - k, 0), count):
                low_msl_m[row + down * c, col + right * (k + b)] = rows_m[b, c]
        return
    for b in range(count):
        at = row + down * (k + b)
        if right > 0:
            for c in range(min(last, k + b) + 1):
                low_msl_m[at, col + c] = rows_m[b, c]
        else:
            for c in range(min(last, k + b) + 1):
                low_msl_m[at, col - c] = rows_m[b, c]


@lean_kernel
def last_ray(k: int, columns: int, rays: int, along_m: float, across_m: float, rng_m: float) -> int:
    """Last ray that is inside the patch in row k and, but for two more, within the range."""
    last = rays
    if columns < k:
        last = int(columns * rays / k)
    within = (rng_m / k) ** 2 - along_m * along_m
    if within < across_m * across_m:
        last = min(last, int(rays * math.sqrt(max(within, 0.0)) / across_m) + 2)
    return last


@lean_kernel
def sweep_eighth(
    low_msl_m: F4Grid,
    height_m: F4Grid,
    row: int,
    col: int,
    down: int,
    right: int,
    turned: bool,
    first_row: int,
    rows: int,
    columns: int,
    rays: int,
    horizon: F4,
    tangent: F4,
    inv_tangent: F4,
    row2_m2: F4,
    column: F4,
    ground_m: F4Grid,
    low_m: F4Grid,
    along: float,
    across: float,
    rng_m: float,
    inv_earth2: np.float32,
    eye_m: np.float32,
    antenna_m: np.float32,
    unknown: np.float32,
) -> None:
    """Lowest visible altitude of one eighth, from ``first_row`` to ``rows``.

    ``horizon`` comes in as the rays have it before row ``first_row`` - 1 and goes out as they have
    it before the last row: a coarser level goes on from there.
    """
    inv_eye = ONE / eye_m
    along_m = np.float32(along)
    across_m = np.float32(across)
    fetch(
        ground_m, height_m, row, col, down, right, turned,
        first_row - 1, 1, min(columns, first_row),
    )  # fmt: skip
    ground_m[0, columns + 1] = ground_m[0, columns]
    k = first_row
    while k <= rows:
        count = min(BLOCK, rows - k + 1)
        fetch(
            ground_m[1:], height_m, row, col, down, right, turned,
            k, count, min(columns, k + count),
        )  # fmt: skip
        for b in range(count):
            ground_m[b + 1, columns + 1] = ground_m[b + 1, columns]
            before = k + b - 1
            if before > 0:
                last = last_ray(before, columns, rays, along, across, rng_m)
                lift_axis(
                    horizon, row2_m2, ground_m[b], ground_m[b], np.float32(before), np.float32(0.0),
                    inv_earth2, antenna_m, eye_m, inv_eye, unknown,
                )  # fmt: skip
                lift(
                    horizon, tangent, inv_tangent, row2_m2, ground_m[b], ground_m[b + 1],
                    before, last, inv_earth2, antenna_m, eye_m, inv_eye, unknown,
                )  # fmt: skip
            last = last_ray(before + 1, columns, rays, along, across, rng_m)
            if before < NEAR_ROWS:
                for number in range(1, NEAR_PARTS):
                    part = np.float32(number) / np.float32(NEAR_PARTS)
                    lift_axis(
                        horizon, row2_m2, ground_m[b], ground_m[b + 1], np.float32(before) + part,
                        part, inv_earth2, antenna_m, eye_m, inv_eye, unknown,
                    )  # fmt: skip
                    lift_between(
                        horizon, tangent, row2_m2, ground_m[b], ground_m[b + 1], before, part, last,
                        inv_earth2, antenna_m, eye_m, inv_eye, unknown,
                    )  # fmt: skip
            # Cells beside the edge have a ray on one side only.
            horizon[last + 1] = horizon[last]
            horizon[last + 2] = horizon[last]
            y_m = (before + 1) * along
            edge = min(columns, before + 1)
            # Capped before it is made a whole number: the range may be infinite.
            last = int(min(math.sqrt(max(rng_m * rng_m - y_m * y_m, 0.0)) / across, float(edge)))
            read(
                low_m[b], horizon, ground_m[b + 1], column, before + 1, last, rays,
                along_m, across_m, inv_earth2, antenna_m, eye_m, inv_eye,
            )  # fmt: skip
            for c in range(last + 1, edge + 1):
                low_m[b, c] = NAN
        put(low_msl_m, low_m, row, col, down, right, turned, k, count, columns)
        for c in range(columns + 2):
            ground_m[0, c] = ground_m[BLOCK, c]
        k += count
