"""The common grid, cell by cell, with PROJ and shapely."""

import numpy as np
import pyproj
import shapely


def _projection(grid):
    p = grid.projection
    return pyproj.Proj(f"+proj=laea +lat_0={p.lat0_deg} +lon_0={p.lon0_deg} +ellps=WGS84")


def middles(grid):
    """Longitude and latitude of every cell's middle."""
    proj = _projection(grid)
    for i in range(grid.rows):
        for j in range(grid.cols):
            x = grid.west_m + j * grid.step_m + grid.step_m / 2
            y = grid.north_m - i * grid.step_m - grid.step_m / 2
            yield i, j, *proj(x, y, inverse=True)


def inside(grid, area):
    """Which middles lie inside, and which so near to the border that it may be rounding."""
    out, near = np.zeros(grid.shape, bool), np.zeros(grid.shape, bool)
    for i, j, lon, lat in middles(grid):
        point = shapely.Point(lon, lat)
        out[i, j] = area.contains(point)
        near[i, j] = area.boundary.distance(point) < 1e-4
    return out, near


def resample(grid, patch, *, lat_deg, lon_deg, step_m, how, outside):
    """Read a patch at every middle; and where a metre more or less would read other cells."""
    geod = pyproj.Geod(ellps="WGS84")
    out, near = np.full(grid.shape, outside), np.zeros(grid.shape, bool)
    rows, cols = patch.shape
    for i, j, lon, lat in middles(grid):
        azm, _, rng = geod.inv(lon_deg, lat_deg, lon, lat)
        c = (cols - 1) / 2 + rng * np.sin(np.radians(azm)) / step_m
        r = (rows - 1) / 2 - rng * np.cos(np.radians(azm)) / step_m
        shift = 0.5 if how == "nearest" else 0.0
        near[i, j] = min(abs((v + shift) - round(v + shift)) for v in (c, r)) < 1.0 / step_m
        if how == "nearest":
            if -0.5 <= c < cols - 0.5 and -0.5 <= r < rows - 0.5:
                out[i, j] = patch[round(r), round(c)]
            continue
        if not (0 <= c <= cols - 1 and 0 <= r <= rows - 1):
            continue
        r0, c0 = int(np.floor(r)), int(np.floor(c))
        four = patch[r0 : r0 + 2, c0 : c0 + 2].astype(float)
        if how == "highest":
            out[i, j] = np.max(four)  # a NaN among them is the maximum
        else:
            fr, fc = r - r0, c - c0
            out[i, j] = np.sum(four * np.outer([1 - fr, fr], [1 - fc, fc]))
    return out, near
