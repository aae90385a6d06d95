"""Exact lines, one per cell: the slow twin of the square fan.

The ground is bilinear between posts and sampled densely. Points are placed in space on a round
Earth; elevations come from their coordinates, the altitude on a ray from the law of sines.
"""

import numpy as np

EARTH_MEAN_M = 6_371_008.8


def bilinear(height_m, y, x):
    i = np.clip(np.floor(y).astype(int), 0, max(height_m.shape[0] - 2, 0))
    j = np.clip(np.floor(x).astype(int), 0, max(height_m.shape[1] - 2, 0))
    i2 = np.minimum(i + 1, height_m.shape[0] - 1)
    j2 = np.minimum(j + 1, height_m.shape[1] - 1)
    total = np.zeros(np.shape(y))
    for rows, columns, weight in (
        (i, j, (1 - (y - i)) * (1 - (x - j))),
        (i, j2, (1 - (y - i)) * (x - j)),
        (i2, j, (y - i) * (1 - (x - j))),
        (i2, j2, (y - i) * (x - j)),
    ):
        total = total + np.where(weight > 0, weight * height_m[rows, columns], 0.0)
    return total


def lowest_visible_m(
    height_m, cells, *, steps_m, site, antenna_msl_m, k=4 / 3, per_cell=8, through_unknown=False
):
    """Lowest visible altitude at some cells; ``steps_m`` along a row and from row to row."""
    height_m = np.asarray(height_m, np.float64)
    earth_m = EARTH_MEAN_M * k
    eye_m = earth_m + antenna_msl_m
    answers = []
    for cell in cells:
        rows, columns = cell[0] - site[0], cell[1] - site[1]
        rng_m = np.hypot(rows * steps_m[1], columns * steps_m[0])
        count = int(max(abs(rows), abs(columns)) * per_cell)
        part = np.arange(1, count) / count if count else np.empty(0)
        # Where the line crosses rows and columns of posts the ground has edges.
        for n in (abs(rows), abs(columns)):
            part = np.union1d(part, np.arange(1, n) / n if n else np.empty(0))
        ground_m = bilinear(height_m, site[0] + part * rows, site[1] + part * columns)
        own_m = height_m[cell[0], cell[1]]
        if np.isnan(own_m) or (np.isnan(ground_m).any() and not through_unknown):
            answers.append(np.nan)
            continue
        theta = part * rng_m / earth_m
        up_m = (earth_m + ground_m) * np.cos(theta) - eye_m
        out_m = (earth_m + ground_m) * np.sin(theta)
        elv = np.arctan2(up_m, out_m)
        if not np.isfinite(elv).any():  # the site, or nothing known before the cell
            answers.append(own_m)
            continue
        elv = np.nanmax(elv)
        far = rng_m / earth_m
        answers.append(max(own_m, eye_m * np.cos(elv) / np.cos(elv + far) - earth_m))
    return np.array(answers)
