"""From the plane in which a radar tracks back to the ground."""

from __future__ import annotations

from typing import Final

import numpy as np

from airshield.geo import place_from
from airshield.read.asterix.reports.rows import F8

_EARTH_MEAN_M: Final = 6_371_008.8
"""Mean radius of the ellipsoid (Moritz, Geodetic Reference System 1980)."""


def place_in_plane(lat_deg: float, lon_deg: float, x_m: F8, y_m: F8) -> tuple[F8, F8]:
    """Return where points of the ground are whose stereographic projection is known.

    Parameters
    ----------
    lat_deg, lon_deg : float
        Where the plane touches the Earth.
    x_m, y_m : ndarray, shape (n,)
        East and north in the plane.

    Returns
    -------
    tuple of ndarray, shape (n,)
        WGS-84 latitude and longitude, in [-180, 180).

    Notes
    -----
    A point s away along the ground of a sphere of radius R lies 2 R tan(s / 2R) away in the plane.
    The mean radius in place of the local one is 0.2 m wrong at 250 km.
    """
    in_plane_m = np.hypot(x_m, y_m)
    ground_m = 2.0 * _EARTH_MEAN_M * np.arctan(in_plane_m / (2.0 * _EARTH_MEAN_M))
    return place_from(lat_deg, lon_deg, np.degrees(np.arctan2(x_m, y_m)), ground_m)
