"""Compiled conversions between WGS-84 and Earth-centred axes, one point at a time.

The scalar kernels are meant to be called from other rooms' kernels; the array kernels serve the
wrappers of this room.
"""

import math

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

F8 = NDArray[np.float64]

# WGS 84 (NGA.STND.0036_1.0.0_WGS84, table 3.1): both defining values are exact.
SEMI_MAJOR_M = 6378137.0
FLATTENING = 1.0 / 298.257223563
SEMI_MINOR_M = SEMI_MAJOR_M * (1.0 - FLATTENING)
ECC2 = FLATTENING * (2.0 - FLATTENING)
ECC2_SECOND = ECC2 / (1.0 - ECC2)


@kernel
def ecef_of_place_m(lat_rad: float, lon_rad: float, hae_m: float) -> tuple[float, float, float]:
    """Earth-centred x, y, z of a geodetic place."""
    sin_lat = math.sin(lat_rad)
    cos_lat = math.cos(lat_rad)
    normal_m = SEMI_MAJOR_M / math.sqrt(1.0 - ECC2 * sin_lat * sin_lat)
    across_m = (normal_m + hae_m) * cos_lat
    return (
        across_m * math.cos(lon_rad),
        across_m * math.sin(lon_rad),
        (normal_m * (1.0 - ECC2) + hae_m) * sin_lat,
    )


@kernel
def place_of_ecef_rad(x_m: float, y_m: float, z_m: float) -> tuple[float, float, float]:
    """Latitude, longitude and height above the ellipsoid of an Earth-centred point.

    Bowring (1976), two rounds of the parametric latitude: the second moves the result by less
    than the last bits of a double for any height from -5 km to 10,000 km.
    """
    across_m = math.sqrt(x_m * x_m + y_m * y_m)
    beta_rad = math.atan2(SEMI_MAJOR_M * z_m, SEMI_MINOR_M * across_m)
    lat_rad = 0.0
    for _ in range(2):
        sin_beta = math.sin(beta_rad)
        cos_beta = math.cos(beta_rad)
        lat_rad = math.atan2(
            z_m + ECC2_SECOND * SEMI_MINOR_M * sin_beta * sin_beta * sin_beta,
            across_m - ECC2 * SEMI_MAJOR_M * cos_beta * cos_beta * cos_beta,
        )
        beta_rad = math.atan2((1.0 - FLATTENING) * math.sin(lat_rad), math.cos(lat_rad))
    sin_lat = math.sin(lat_rad)
    # This form of the height loses no digits at the poles, unlike p / cos(lat) - N.
    hae_m = (
        across_m * math.cos(lat_rad)
        + z_m * sin_lat
        - SEMI_MAJOR_M * math.sqrt(1.0 - ECC2 * sin_lat * sin_lat)
    )
    return lat_rad, math.atan2(y_m, x_m), hae_m


@kernel
def ecef_m(lat_rad: F8, lon_rad: F8, hae_m: F8) -> F8:
    """Earth-centred points of places, shape (n, 3)."""
    out = np.empty((lat_rad.size, 3))
    for i in range(lat_rad.size):
        out[i, 0], out[i, 1], out[i, 2] = ecef_of_place_m(lat_rad[i], lon_rad[i], hae_m[i])
    return out


@kernel
def places_rad(ecef: F8) -> F8:
    """Latitude, longitude [rad] and height [m] of Earth-centred points, shape (n, 3)."""
    out = np.empty((ecef.shape[0], 3))
    for i in range(ecef.shape[0]):
        out[i, 0], out[i, 1], out[i, 2] = place_of_ecef_rad(ecef[i, 0], ecef[i, 1], ecef[i, 2])
    return out
