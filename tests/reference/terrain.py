"""Slow twins of airshield.geo.terrain: one place at a time, other methods, no shared code."""

import math

import numpy as np
import pyproj

GEOD = pyproj.Geod(ellps="WGS84")


def height_m(window, row, col):
    """Bilinear from the known of four cells; at least half of the weight must be known."""
    if not (math.isfinite(row) and math.isfinite(col)):
        return math.nan
    parts = []
    for i in (math.floor(row), math.floor(row) + 1):
        for j in (math.floor(col), math.floor(col) + 1):
            weight = max(0.0, 1.0 - abs(row - i)) * max(0.0, 1.0 - abs(col - j))
            if 0 <= i < len(window) and 0 <= j < len(window[0]) and not np.isnan(window[i][j]):
                parts.append((weight, float(window[i][j])))
    total = math.fsum(weight for weight, _ in parts)
    if total < 0.5 - 1e-6:
        return math.nan
    return math.fsum(weight * height for weight, height in parts) / total


def heights_m(window, rows, cols):
    """The same for arrays of pixel coordinates."""
    flat = [height_m(window, r, c) for r, c in zip(np.ravel(rows), np.ravel(cols), strict=True)]
    return np.reshape(flat, np.shape(rows))


def mesh_at(nodes, every, i, j):
    """Bilinear in a mesh, as a weighted mean of the four nodes around a cell."""
    a, b = divmod(i, every)[0], divmod(j, every)[0]
    t, u = i / every - a, j / every - b
    corners = nodes[a : a + 2, b : b + 2]
    return float(np.array([1 - t, t]) @ corners @ np.array([1 - u, u]))


def highest_m(window, north, south, west, east):
    """Highest of the bilinear surface in a rectangle: every break of the surface is looked at."""
    rows = sorted({north, south, *range(math.ceil(north), math.floor(south) + 1)})
    cols = sorted({west, east, *range(math.ceil(west), math.floor(east) + 1)})
    found = [height_m(window, r, c) for r in rows for c in cols]
    found = [height for height in found if not math.isnan(height)]
    return max(found) if found else math.nan


def bridged_m(window, widest):
    """Holes bridged along rows, columns and diagonals, from lists of what is met."""
    out = np.array(window, float)
    rows, cols = out.shape
    for i, j in zip(*np.nonzero(np.isnan(window)), strict=True):
        pairs = []
        for di, dj in ((0, 1), (1, 0), (1, 1), (1, -1)):
            ends = []
            for sign in (1, -1):
                line = [
                    (k, window[i + sign * k * di, j + sign * k * dj])
                    for k in range(1, max(rows, cols))
                    if 0 <= i + sign * k * di < rows and 0 <= j + sign * k * dj < cols
                ]
                ends.append(next(((k, h) for k, h in line if not np.isnan(h)), None))
            if None in ends:
                continue
            (k1, h1), (k2, h2) = ends
            if k1 + k2 - 1 <= widest:
                length = math.hypot(di, dj) * (k1 + k2)
                pairs.append((length**-2, np.interp(0.0, [-k2, k1], [h2, h1])))
        if pairs:
            out[i, j] = np.average([h for _, h in pairs], weights=[w for w, _ in pairs])
    return out


def cell_place(lat_deg, lon_deg, half_cells, step_m, row, col):
    """Place of the centre of a patch's cell, by PROJ's geodesics."""
    east, north = (col - half_cells) * step_m, (half_cells - row) * step_m
    azm = np.degrees(np.arctan2(east, north))
    lon, lat, _ = GEOD.fwd(
        np.full(np.shape(azm), lon_deg), np.full(np.shape(azm), lat_deg), azm, np.hypot(east, north)
    )
    return np.asarray(lat), np.asarray(lon)
