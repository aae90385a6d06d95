"""Terrain: how high the ground is, and how far the air bends rays over it.

Comes in: rasters of heights that users have (GeoTIFF, COG, VRT, hgt, zipped or not, several at a
time, in any coordinate system), places in WGS-84 degrees. Goes out: heights above mean sea level
in metres, float32, NaN where nobody knows: as a :class:`Patch` around a site, azimuthal-equidistant
on the ellipsoid, so that bearing and distance from the site are true; on a map :class:`Grid` that
many sites share; at single places. With them goes who told how much, and what every output has to
warn of. And the factor k of the Earth's effective radius, by name or from ITU-R P.453::

    terrain = Terrain.open("dem/", world=True)
    patch = terrain.around(50.45, 30.52, half_m=200e3, step_m=90.0)
    earth_factor("p453", lat_deg=50.45, lon_deg=30.52, time_percent=99.0).earth_m

**Finest first.** Rasters with a common grid are one layer, read across their seams as if they were
one; layers follow each other from the finest, a coarser one serving where the finer know nothing.

**No data.** Holes up to eight cells wide are bridged from both sides; larger ones stay NaN and are
counted. The sea is 0 m where the raster says so; ``sea=`` tells of rasters that have its floor, or
nothing. Unknown is never zero.

**Memory.** Windows of at most 16 million cells are read at a time, whatever the raster's size. Who
looks around many sites may have what they share held: at most 268 million cells. A raster as it
lies on disk, for who has one in metres already, is :func:`read_raster`'s; it is not copied where
the file is an array.

**Refused**, with the remedy: rasters without coordinate system or place, pictures, heights above
the ellipsoid, metres taken for degrees and the other way round, depths taken for heights, feet
taken for metres where heights give it away, blocks too large to be read in part.

Left out: the difference between mean sea levels (EGM96, EGM2008, national: below a metre or two),
heights of forests and houses (a surface model has them, a terrain model does not: nothing is added
or removed), gaps between different surveys where layers meet.

References: Karney, J. Geodesy 87, 2013 (geodesics; Vincenty's solution is used); Recommendations
ITU-R P.453-14 (refractivity), P.834 (effective radius), P.1511-2 (topography).
"""

from __future__ import annotations

import numpy as np

from airshield.geo.terrain import _kernels
from airshield.geo.terrain.earth import (
    EARTH_MEAN_M,
    K_STANDARD,
    K_WORST,
    Ducting,
    EarthFactor,
    ducting,
    earth_factor,
    horizon_m,
    k_of_gradient,
    refractivity_gradient,
)
from airshield.geo.terrain.patch import (
    COARSE_M,
    COARSE_WARNING,
    LEAST_SHARE,
    UNKNOWN_WARNING,
    GridPatch,
    Patch,
    Share,
    coarse_of,
    coarse_warnings,
)
from airshield.geo.terrain.raster import Raster, read_raster
from airshield.geo.terrain.terrain import Terrain

__all__ = [
    "COARSE_M",
    "COARSE_WARNING",
    "EARTH_MEAN_M",
    "K_STANDARD",
    "K_WORST",
    "LEAST_SHARE",
    "UNKNOWN_WARNING",
    "Ducting",
    "EarthFactor",
    "GridPatch",
    "Patch",
    "Raster",
    "Share",
    "Terrain",
    "coarse_of",
    "coarse_warnings",
    "ducting",
    "earth_factor",
    "horizon_m",
    "k_of_gradient",
    "read_raster",
    "refractivity_gradient",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    window = np.zeros((3, 3), np.float32)
    window[1, 1] = np.nan
    _kernels.are_heights(window.reshape(-1), np.float32(np.nan), -500.0, 9000.0)
    _kernels.clean_m(window, 0, 0, 3, 3, np.nan, 1.0, 0.0, -500.0, 9000.0)
    window = np.asarray(_kernels.filled_m(np.tile(window, (2, 2)), 1))
    nodes = np.array([[0.0, 2.0, 4.0]] * 3)
    # A block of an output is seldom the whole of it: its rows are not next to each other.
    out = np.full((2, 4), np.nan, np.float32)
    for loop in (_kernels.bilinear_m, _kernels.highest_m):
        loop(window, 0.0, 0.0, nodes.T.copy(), nodes, 2, out[:, :2])
        loop(window, 0.0, 0.0, nodes.T.copy(), nodes, 2, np.full((2, 2), np.nan, np.float32))
    # A window is a part of something larger, too.
    _kernels.points_m(window[1:4, 1:4], np.zeros(1), np.zeros(1), np.full(1, np.nan, np.float32))
