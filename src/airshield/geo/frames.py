"""Geodetic places, Earth-centred axes, local tangent planes and radar polar coordinates.

Converters read right to left, so that they chain:
``polar_from_enu(enu_from_ecef(ecef_from_geodetic(lat, lon, hae), origin))``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.geo import _kernels

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a local east-north-up frame touches the Earth: WGS-84 place and height."""

    lat_deg: float
    lon_deg: float
    hae_m: float = 0.0

    def ecef_m(self) -> Floats:
        """Earth-centred place of the origin, shape (3,)."""
        return ecef_from_geodetic(self.lat_deg, self.lon_deg, self.hae_m)

    def axes(self) -> Floats:
        """East, north and up as the rows of a rotation from Earth-centred axes, shape (3, 3)."""
        return enu_axes(self.lat_deg, self.lon_deg)


def enu_axes(lat_deg: float, lon_deg: float) -> Floats:
    """East, north and up at a place, as the rows of a (3, 3) matrix in Earth-centred axes."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    sin_lat, cos_lat, sin_lon, cos_lon = np.sin(lat), np.cos(lat), np.sin(lon), np.cos(lon)
    return np.array(
        [
            [-sin_lon, cos_lon, 0.0],
            [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
            [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
        ]
    )


def ecef_from_geodetic(lat_deg: ArrayLike, lon_deg: ArrayLike, hae_m: ArrayLike = 0.0) -> Floats:
    """Earth-centred, Earth-fixed points of WGS-84 places.

    Parameters
    ----------
    lat_deg, lon_deg : array_like
        Geodetic latitude and longitude [deg]; they broadcast against each other.
    hae_m : array_like
        Height above the ellipsoid [m].

    Returns
    -------
    ndarray, shape (..., 3)
        x through the Greenwich meridian, z through the north pole [m]. NaN where an input is NaN.

    Examples
    --------
    >>> ecef_from_geodetic(0.0, 90.0, 100.0).round(3).tolist()
    [0.0, 6378237.0, 0.0]
    """
    lat, lon, hae = np.broadcast_arrays(
        np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64), np.asarray(hae_m, float)
    )
    flat = _kernels.ecef_m(np.radians(lat).ravel(), np.radians(lon).ravel(), hae.ravel())
    return np.asarray(flat).reshape(*lat.shape, 3)


def geodetic_from_ecef(ecef_m: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """WGS-84 latitude [deg], longitude [deg] and height above the ellipsoid [m] of points.

    Parameters
    ----------
    ecef_m : array_like, shape (..., 3)
        Earth-centred points [m].

    Returns
    -------
    lat_deg, lon_deg, hae_m : ndarray, shape (...)
        Longitude in [-180, 180].

    Notes
    -----
    Bowring's method with two rounds: agrees with PROJ to 1e-6 m and 1e-11 deg from -5 km to
    10,000 km above the ellipsoid (tests/geo/test_frames.py).
    """
    ecef = np.asarray(ecef_m, np.float64)
    out = np.asarray(_kernels.places_rad(np.ascontiguousarray(ecef.reshape(-1, 3))))
    lat, lon, hae = (out[:, i].reshape(ecef.shape[:-1]) for i in range(3))
    return np.degrees(lat), np.degrees(lon), hae


def enu_from_ecef(ecef_m: ArrayLike, origin: Origin) -> Floats:
    """Points in the east-north-up frame of ``origin``, shape (..., 3) [m]."""
    return (np.asarray(ecef_m, np.float64) - origin.ecef_m()) @ origin.axes().T


def ecef_from_enu(enu_m: ArrayLike, origin: Origin) -> Floats:
    """Earth-centred points of places given in the frame of ``origin``, shape (..., 3) [m]."""
    return np.asarray(enu_m, np.float64) @ origin.axes() + origin.ecef_m()


def polar_from_enu(enu_m: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Radar polar coordinates of points in the radar's own east-north-up frame.

    Returns
    -------
    rng_slant_m, azm_true_deg, elv_deg : ndarray, shape (...)
        Slant range [m]; azimuth clockwise from true north in [0, 360) [deg]; elevation above the
        plane tangent to the ellipsoid at the radar [deg], without refraction.

    Examples
    --------
    >>> [float(v) for v in polar_from_enu([0.0, -3000.0, 4000.0])]
    [5000.0, 180.0, 53.13010235415598]
    """
    enu = np.asarray(enu_m, np.float64)
    east, north, up = enu[..., 0], enu[..., 1], enu[..., 2]
    across = np.hypot(east, north)
    azm = np.degrees(np.arctan2(east, north)) % 360.0
    # A tiny negative angle modulo 360 rounds to 360 itself, which is outside [0, 360).
    azm = np.where(azm >= 360.0, 0.0, azm)
    return np.hypot(across, up), azm, np.degrees(np.arctan2(up, across))


def enu_from_polar(rng_slant_m: ArrayLike, azm_true_deg: ArrayLike, elv_deg: ArrayLike) -> Floats:
    """Points, shape (..., 3) [m], in the radar's own frame: see :func:`polar_from_enu`."""
    rng = np.asarray(rng_slant_m, np.float64)
    azm, elv = np.radians(azm_true_deg), np.radians(elv_deg)
    across = rng * np.cos(elv)
    parts = np.broadcast_arrays(across * np.sin(azm), across * np.cos(azm), rng * np.sin(elv))
    return np.stack(parts, axis=-1)
