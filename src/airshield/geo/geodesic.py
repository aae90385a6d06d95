"""Distances and directions over the ground, between places on the WGS-84 ellipsoid.

Closed forms, vectorised: good to a few metres per thousand kilometres, which is far below what a
radar or a warning can tell. For cadastral work use a full geodesic solver.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.geo._kernels import ECC2, FLATTENING, SEMI_MAJOR_M

Floats = NDArray[np.float64]


def ground_distance_m(
    lat1_deg: ArrayLike, lon1_deg: ArrayLike, lat2_deg: ArrayLike, lon2_deg: ArrayLike
) -> Floats:
    """Length of the shortest way over the ellipsoid between two places [m].

    Parameters
    ----------
    lat1_deg, lon1_deg, lat2_deg, lon2_deg : array_like
        WGS-84 places [deg]; all broadcast against each other.

    Returns
    -------
    ndarray
        Distance at height zero [m]; NaN where an input is NaN.

    Notes
    -----
    Lambert's formula: the great circle between the reduced latitudes with the first-order
    correction in the flattening. Off by less than 2e-5 of the distance up to 15,000 km
    (tests/geo/test_geodesic.py, against PROJ); the correction has no meaning near the antipode.

    Examples
    --------
    Kyiv to Lviv:

    >>> float(ground_distance_m(50.4501, 30.5234, 49.8397, 24.0297).round(-3))
    469000.0
    """
    beta1 = np.arctan((1.0 - FLATTENING) * np.tan(np.radians(lat1_deg)))
    beta2 = np.arctan((1.0 - FLATTENING) * np.tan(np.radians(lat2_deg)))
    half_lon = 0.5 * np.radians(np.subtract(lon2_deg, lon1_deg))
    half_sum, half_diff = 0.5 * (beta1 + beta2), 0.5 * (beta2 - beta1)
    hav = np.sin(half_diff) ** 2 + np.cos(beta1) * np.cos(beta2) * np.sin(half_lon) ** 2
    hav = np.clip(hav, 0.0, 1.0)
    arc = 2.0 * np.arcsin(np.sqrt(hav))
    # The two corrections are 0/0 for equal places; their limit there is zero.
    safe = np.where(hav > 0.0, hav, 1.0)
    sum_term = (np.sin(half_sum) * np.cos(half_diff)) ** 2 / np.maximum(1.0 - hav, 1e-12)
    diff_term = (np.cos(half_sum) * np.sin(half_diff)) ** 2 / safe
    sin_arc = np.sin(arc)
    bend = (arc - sin_arc) * sum_term + (arc + sin_arc) * diff_term
    return np.asarray(SEMI_MAJOR_M * (arc - 0.5 * FLATTENING * bend))


def azimuth_true_deg(
    lat1_deg: ArrayLike, lon1_deg: ArrayLike, lat2_deg: ArrayLike, lon2_deg: ArrayLike
) -> Floats:
    """Bearing at the first place of the second, clockwise from true north, in [0, 360) [deg].

    The normal section's azimuth: within 0.01 deg of the geodesic's up to 1,500 km
    (tests/geo/test_geodesic.py). Places broadcast; equal places give 0.

    Examples
    --------
    >>> float(azimuth_true_deg(50.0, 30.0, 50.0, 29.0).round(2))
    270.38
    """
    lat1, lat2 = np.radians(lat1_deg), np.radians(lat2_deg)
    dlon = np.radians(np.subtract(lon2_deg, lon1_deg))
    sin1, cos1, sin2, cos2 = np.sin(lat1), np.cos(lat1), np.sin(lat2), np.cos(lat2)
    normal1 = 1.0 / np.sqrt(1.0 - ECC2 * sin1**2)
    normal2 = 1.0 / np.sqrt(1.0 - ECC2 * sin2**2)
    # East and north components, at the first place, of the chord to the second.
    across2, axial2 = normal2 * cos2, (1.0 - ECC2) * normal2 * sin2
    across1, axial1 = normal1 * cos1, (1.0 - ECC2) * normal1 * sin1
    east = across2 * np.sin(dlon)
    north = cos1 * (axial2 - axial1) - sin1 * (across2 * np.cos(dlon) - across1)
    azm = np.degrees(np.arctan2(east, north)) % 360.0
    return np.asarray(np.where(azm >= 360.0, 0.0, azm))


def place_from(
    lat_deg: ArrayLike, lon_deg: ArrayLike, azm_true_deg: ArrayLike, rng_ground_m: ArrayLike
) -> tuple[Floats, Floats]:
    """Latitude and longitude [deg] reached from a place along an azimuth for a ground distance.

    Vincenty's direct solution (Survey Review XXIII 176, 1975), six rounds: better than 1 mm.
    All inputs broadcast; longitude in [-180, 180).

    Examples
    --------
    >>> lat, lon = place_from(50.0, 30.0, 90.0, 100e3)
    >>> float(lat.round(4)), float(lon.round(4))
    (49.9916, 31.3946)
    """
    azm = np.radians(azm_true_deg)
    tan_u1 = (1.0 - FLATTENING) * np.tan(np.radians(lat_deg))
    cos_u1 = 1.0 / np.sqrt(1.0 + tan_u1**2)
    sin_u1 = tan_u1 * cos_u1
    sin_alpha = cos_u1 * np.sin(azm)
    cos2_alpha = 1.0 - sin_alpha**2
    sigma1 = np.arctan2(tan_u1, np.cos(azm))
    minor = SEMI_MAJOR_M * (1.0 - FLATTENING)
    u2 = cos2_alpha * ECC2 / (1.0 - ECC2)
    a_series = 1.0 + u2 / 16384.0 * (4096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)))
    b_series = u2 / 1024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)))
    arc0 = np.asarray(rng_ground_m, np.float64) / (minor * a_series)
    sigma = arc0
    for _ in range(6):
        cos_2sm = np.cos(2.0 * sigma1 + sigma)
        tail = (
            b_series / 6.0 * cos_2sm * (4.0 * np.sin(sigma) ** 2 - 3.0) * (4.0 * cos_2sm**2 - 3.0)
        )
        bend = np.cos(sigma) * (2.0 * cos_2sm**2 - 1.0) - tail
        sigma = arc0 + b_series * np.sin(sigma) * (cos_2sm + b_series / 4.0 * bend)
    cos_2sm = np.cos(2.0 * sigma1 + sigma)
    sin_s, cos_s = np.sin(sigma), np.cos(sigma)
    sideways = sin_u1 * sin_s - cos_u1 * cos_s * np.cos(azm)
    lat = np.arctan2(
        sin_u1 * cos_s + cos_u1 * sin_s * np.cos(azm),
        (1.0 - FLATTENING) * np.hypot(sin_alpha, sideways),
    )
    lam = np.arctan2(sin_s * np.sin(azm), cos_u1 * cos_s - sin_u1 * sin_s * np.cos(azm))
    c_term = FLATTENING / 16.0 * cos2_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_alpha))
    curl = cos_2sm + c_term * cos_s * (2.0 * cos_2sm**2 - 1.0)
    dlon = lam - (1.0 - c_term) * FLATTENING * sin_alpha * (sigma + c_term * sin_s * curl)
    lon = np.asarray(lon_deg, np.float64) + np.degrees(dlon)
    return np.asarray(np.degrees(lat)), np.asarray((lon + 180.0) % 360.0 - 180.0)
