"""How far a radio wave sees over a smooth Earth.

Refraction bends a wave down. A standard atmosphere is stood in for by an Earth of 4/3 its radius
and straight rays (Recommendation ITU-R P.310; Skolnik, *Introduction to Radar Systems*). Heights
here are above that smooth surface: the ground around the sensor, not sea level in the mountains.
Terrain is left out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_MEAN_M: Final = 6_371_008.8
"""Mean radius of the Earth (IUGG, 2a + b over 3 of WGS 84)."""

EARTH_RADIO_M: Final = EARTH_MEAN_M * 4.0 / 3.0
"""Radius of the 4/3 Earth on which rays run straight."""


def horizon_ground_m(hgt_m: ArrayLike, *, earth_m: float = EARTH_RADIO_M) -> NDArray[np.float64]:
    """Distance over the ground to the horizon, seen from a height.

    Parameters
    ----------
    hgt_m : array_like
        Height above the smooth surface [m]. Below the surface counts as on it.
    earth_m : float
        Radius of the Earth that rays see as straight [m].

    Returns
    -------
    ndarray, same shape
        Length of the arc from the foot of the height to the tangent point [m].

    Examples
    --------
    The rule of thumb, 4.12 km times the root of the height in metres:

    >>> float((horizon_ground_m(100.0) / 1000.0).round(1))
    41.2
    """
    hgt = np.maximum(np.asarray(hgt_m, np.float64), 0.0)
    # arccos(R / (R + h)) loses half its digits for a small height; this form keeps them.
    return np.asarray(earth_m * np.arctan2(np.sqrt(hgt * (2.0 * earth_m + hgt)), earth_m))


def is_above_horizon(
    sensor_hgt_m: ArrayLike,
    target_hgt_m: ArrayLike,
    rng_ground_m: ArrayLike,
    *,
    earth_m: float = EARTH_RADIO_M,
) -> NDArray[np.bool_]:
    """Tell whether the straight ray from sensor to target clears the smooth Earth.

    Parameters
    ----------
    sensor_hgt_m, target_hgt_m : array_like
        Heights above the smooth surface [m].
    rng_ground_m : array_like
        Distance between their feet over the ground [m].
    earth_m : float
        Radius of the Earth that rays see as straight [m].

    Returns
    -------
    ndarray of bool
        False where anything is NaN: an unknown place is not called visible.
    """
    reach_m = horizon_ground_m(sensor_hgt_m, earth_m=earth_m) + horizon_ground_m(
        target_hgt_m, earth_m=earth_m
    )
    return np.asarray(np.asarray(rng_ground_m, np.float64) <= reach_m)
