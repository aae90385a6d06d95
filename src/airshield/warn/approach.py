"""How near a track will come to a site, and when, if it flies on as it does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.geo import azimuth_true_deg, ground_distance_m

_EARTH_M = 6_371_008.8
"""Mean radius (IUGG): it only bends the way flown, distances come from the ellipsoid."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """One track seen from some sites, shape (sites,) each.

    ``rng_closest_m`` is the least distance from now on: that of now for a track that flies away.
    ``dt_reach_s`` is the time until the site's radius is reached: 0 inside it, NaN when it never
    is. Both are NaN for a track too slow to have a course, except that inside is inside.
    """

    rng_ground_m: Floats
    azm_true_deg: Floats
    rng_closest_m: Floats
    dt_reach_s: Floats


def approach_of(
    *,
    lat_deg: float,
    lon_deg: float,
    vel_east_mps: float,
    vel_north_mps: float,
    site_lat_deg: ArrayLike,
    site_lon_deg: ArrayLike,
    radius_m: ArrayLike,
    min_spd_mps: float,
) -> Approach:
    """Closest approach and time to reach, on the great circle that the track's course begins.

    Parameters
    ----------
    lat_deg, lon_deg, vel_east_mps, vel_north_mps : float
        The track: WGS-84 place and ground velocity.
    site_lat_deg, site_lon_deg, radius_m : array_like, shape (sites,)
        The sites and their radii over ground.
    min_spd_mps : float
        Below this speed there is no course.

    Notes
    -----
    Cross-track and along-track distance on a sphere (Todhunter, *Spherical Trigonometry*, 1886,
    art. 65): with d the distance, D the angle between course and site, both as angles, the pass is
    asin(sin d sin D) off and atan2(sin d cos D, cos d) ahead. Against PROJ's geodesic the time to
    reach is within 0.5 % out to 400 km (tests/warn/test_approach.py).

    Examples
    --------
    Flying north at 100 m/s towards a site one degree of latitude (111.2 km) ahead:

    >>> a = approach_of(
    ...     lat_deg=49.0, lon_deg=24.0, vel_east_mps=0.0, vel_north_mps=100.0, min_spd_mps=5.0,
    ...     site_lat_deg=[50.0], site_lon_deg=[24.0], radius_m=[8000.0],
    ... )
    >>> float(a.dt_reach_s[0].round()), float(a.rng_closest_m[0].round())
    (1032.0, 0.0)
    """
    radius = np.asarray(radius_m, np.float64)
    rng_m = ground_distance_m(site_lat_deg, site_lon_deg, lat_deg, lon_deg)
    azm_deg = azimuth_true_deg(site_lat_deg, site_lon_deg, lat_deg, lon_deg)
    inside = rng_m <= radius
    spd_mps = float(np.hypot(vel_east_mps, vel_north_mps))
    if spd_mps < min_spd_mps:
        unknown = np.full(rng_m.shape, np.nan)
        return Approach(
            rng_ground_m=rng_m,
            azm_true_deg=azm_deg,
            rng_closest_m=unknown,
            dt_reach_s=np.where(inside, 0.0, np.nan),
        )
    course = np.arctan2(vel_east_mps, vel_north_mps)
    off = np.radians(azimuth_true_deg(lat_deg, lon_deg, site_lat_deg, site_lon_deg)) - course
    d = rng_m / _EARTH_M
    across = np.abs(np.arcsin(np.sin(d) * np.sin(off)))
    ahead = np.arctan2(np.sin(d) * np.cos(off), np.cos(d))
    flies_away = ahead <= 0.0
    closest_m = np.where(flies_away, rng_m, across * _EARTH_M)
    reaches = ~flies_away & (closest_m <= radius)
    chord = np.arccos(np.minimum(1.0, np.cos(radius / _EARTH_M) / np.cos(across)))
    dt_s = np.where(reaches, np.maximum(0.0, ahead - chord) * _EARTH_M / spd_mps, np.nan)
    return Approach(
        rng_ground_m=rng_m,
        azm_true_deg=azm_deg,
        rng_closest_m=closest_m,
        dt_reach_s=np.where(inside, 0.0, dt_s),
    )
