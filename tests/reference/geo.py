"""Slow twins of airshield.geo's kernels: other methods, no shared code."""

import math

A = 6378137.0
F = 1 / 298.257223563


def ecef_of_place(lat, lon, hae):
    """By way of the parametric latitude and the surface normal."""
    b = A * (1 - F)
    beta = math.atan2(b * math.sin(lat), A * math.cos(lat))
    foot = (
        A * math.cos(beta) * math.cos(lon),
        A * math.cos(beta) * math.sin(lon),
        b * math.sin(beta),
    )
    normal = (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
    return tuple(f + hae * n for f, n in zip(foot, normal, strict=True))


def place_of_ecef(x, y, z):
    """By fixed-point iteration on the latitude (Hofmann-Wellenhof), carried far beyond need."""
    e2 = F * (2 - F)
    p = math.hypot(x, y)
    lat = math.atan2(z, p * (1 - e2))
    for _ in range(200):
        n = A / math.sqrt(1 - e2 * math.sin(lat) ** 2)
        lat = math.atan2(z + e2 * n * math.sin(lat), p)
    n = A / math.sqrt(1 - e2 * math.sin(lat) ** 2)
    # The distance from the foot of the normal, signed by which side the point is on.
    foot_p, foot_z = n * math.cos(lat), n * (1 - e2) * math.sin(lat)
    hae = (p - foot_p) * math.cos(lat) + (z - foot_z) * math.sin(lat)
    return lat, math.atan2(y, x), hae
