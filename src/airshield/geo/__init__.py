"""Frames, geodesy, distances: where things are.

Comes in: WGS-84 latitude and longitude in degrees, heights above the ellipsoid in metres, radar
slant range, true azimuth and elevation. Goes out: the same place in another frame. The frames are
geodetic (WGS 84, NGA.STND.0036), Earth-centred Earth-fixed (``ecef_m``), a local tangent plane
east-north-up (``enu_m``, with its :class:`Origin`) and radar polar. Azimuths run clockwise from
true north, elevations from the plane tangent to the ellipsoid. Converters read right to left::

    polar_from_enu(enu_from_ecef(ecef_from_geodetic(lat_deg, lon_deg, hae_m), origin))

Everything broadcasts, and NaN in is NaN out. Left out: the geoid (a shield states its height over
the ellipsoid), refraction, map projections, datums other than WGS 84.
"""

import numpy as np

from airshield.geo.frames import (
    Origin,
    ecef_from_enu,
    ecef_from_geodetic,
    enu_axes,
    enu_from_ecef,
    enu_from_polar,
    geodetic_from_ecef,
    polar_from_enu,
)
from airshield.geo.geodesic import azimuth_true_deg, ground_distance_m, place_from

__all__ = [
    "Origin",
    "azimuth_true_deg",
    "ecef_from_enu",
    "ecef_from_geodetic",
    "enu_axes",
    "enu_from_ecef",
    "enu_from_polar",
    "geodetic_from_ecef",
    "ground_distance_m",
    "place_from",
    "polar_from_enu",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    geodetic_from_ecef(ecef_from_geodetic(np.zeros(1), np.zeros(1), np.zeros(1)))
