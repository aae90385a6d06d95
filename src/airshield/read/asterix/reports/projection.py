"""Between the plane in which a radar or a system tracks and the ground."""

from __future__ import annotations

from typing import Final

import numpy as np

from airshield.geo import azimuth_true_deg, ground_distance_m, place_from
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


def plane_from_place(lat_deg: float, lon_deg: float, lat2_deg: F8, lon2_deg: F8) -> tuple[F8, F8]:
    """Return the stereographic projection of points of the ground: the way back.

    Parameters
    ----------
    lat_deg, lon_deg : float
        Where the plane touches the Earth.
    lat2_deg, lon2_deg : ndarray, shape (n,)
        WGS-84 places.

    Returns
    -------
    tuple of ndarray, shape (n,)
        East and north in the plane [m].
    """
    ground_m = ground_distance_m(lat_deg, lon_deg, lat2_deg, lon2_deg)
    in_plane_m = 2.0 * _EARTH_MEAN_M * np.tan(ground_m / (2.0 * _EARTH_MEAN_M))
    azm_rad = np.radians(azimuth_true_deg(lat_deg, lon_deg, lat2_deg, lon2_deg))
    return in_plane_m * np.sin(azm_rad), in_plane_m * np.cos(azm_rad)


def turn_and_stretch(lat_deg: float, lon_deg: float, lat2_deg: F8, lon2_deg: F8) -> tuple[F8, F8]:
    """Return how true north at points of the ground lies in the plane, and the plane's scale there.

    Returns
    -------
    tuple of ndarray, shape (n,)
        Angle of the plane's picture of true north, clockwise from the plane's own [rad]; metres in
        the plane for a metre of ground.
    """
    ground_m = ground_distance_m(lat_deg, lon_deg, lat2_deg, lon2_deg)
    out_deg = azimuth_true_deg(lat_deg, lon_deg, lat2_deg, lon2_deg)
    back_deg = azimuth_true_deg(lat2_deg, lon2_deg, lat_deg, lon_deg)
    # The way out keeps its direction in a conformal plane, and goes on against the way back.
    turn_rad = np.radians(out_deg - back_deg - 180.0)
    return turn_rad, 1.0 / np.cos(ground_m / (2.0 * _EARTH_MEAN_M)) ** 2
