"""From a way in a tangent plane to places and velocities on the Earth.

What moves is told in the plane tangent to the ellipsoid at some place: x east, y north, course,
ground speed, height above mean sea level. Points of the plane go up its normal until they meet
their height.

The plane stretches distances by 1 / cos(d / R): 0.08 % at 250 km from the middle. Velocities are
those of the curved way and agree with the places exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from airshield.geo import ecef_from_geodetic, enu_axes, geodetic_from_ecef

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkyState:
    """Every flight at a moment (its own moment each), arrays of shape (n,).

    ``ecef_m`` has shape (n, 3). Where ``present`` is False the flight is not in the air then, and
    the other values have no meaning.
    """

    present: NDArray[np.bool_]
    ecef_m: Floats
    lat_deg: Floats
    lon_deg: Floats
    alt_hae_m: Floats
    alt_msl_m: Floats
    vel_east_mps: Floats
    vel_north_mps: Floats
    vel_up_mps: Floats


class Moving(Protocol):
    """Whatever moves as a closed form of time: ``count`` aircraft, each asked at its own moment."""

    @property
    def count(self) -> int:
        """How many there are, present or not."""

    def at(self, t_s: Floats) -> SkyState:
        """Return the state of each at its moment, ``t_s`` of shape (count,)."""

    def ecef_at(self, t_s: Floats) -> Floats:
        """Return the places only, shape (count, 3) [m]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Places in the tangent plane, course and speed there, height and climb: arrays (n,)."""

    present: NDArray[np.bool_]
    x_m: Floats
    y_m: Floats
    course_rad: Floats
    spd_mps: Floats
    alt_msl_m: Floats
    climb_mps: Floats


def along_arc(
    x_m: Floats, y_m: Floats, course_rad: Floats, bend_rad_per_m: Floats, ds_m: Floats
) -> tuple[Floats, Floats, Floats]:
    """Go a distance along circular arcs, or lines where the bend is zero.

    Parameters
    ----------
    x_m, y_m, course_rad : ndarray
        Where each arc begins, and the course there, clockwise from north.
    bend_rad_per_m : ndarray
        Change of course per distance, clockwise positive.
    ds_m : ndarray
        Distance to go.

    Returns
    -------
    x_m, y_m, course_rad : ndarray
        There.
    """
    half_rad = 0.5 * bend_rad_per_m * ds_m
    chord_m = ds_m * np.sinc(half_rad / np.pi)
    middle_rad = course_rad + half_rad
    return (
        x_m + chord_m * np.sin(middle_rad),
        y_m + chord_m * np.cos(middle_rad),
        middle_rad + half_rad,
    )


class Planes:
    """Tangent planes: one that all share, or one for each.

    Parameters
    ----------
    lat_deg, lon_deg : sequence of float
        Where each plane touches the ellipsoid.
    geoid_height_m : float
        Mean sea level above the ellipsoid [m].
    """

    def __init__(
        self, lat_deg: Sequence[float], lon_deg: Sequence[float], *, geoid_height_m: float
    ) -> None:
        self._geoid_height_m = geoid_height_m
        self._middle_m = ecef_from_geodetic(
            np.asarray(lat_deg), np.asarray(lon_deg), np.zeros(len(lat_deg))
        )
        self._axes = np.array(
            [enu_axes(lat, lon) for lat, lon in zip(lat_deg, lon_deg, strict=True)]
        ).reshape(-1, 3, 3)
        self._radius_m = np.linalg.norm(self._middle_m, axis=-1)

    def of(self, rows: NDArray[np.intp]) -> Planes:
        """Return the planes of some of those that have one each; they may be named repeatedly."""
        some = object.__new__(Planes)
        some._geoid_height_m = self._geoid_height_m
        some._middle_m, some._axes = self._middle_m[rows], self._axes[rows]
        some._radius_m = self._radius_m[rows]
        return some

    def ecef_m(self, spot: Spot) -> Floats:
        """Find how far up the plane's normal each height is met; shape (n, 3)."""
        hae_m = spot.alt_msl_m + self._geoid_height_m
        away2_m2 = spot.x_m * spot.x_m + spot.y_m * spot.y_m
        up_m = hae_m - away2_m2 / (2.0 * self._radius_m)
        tilt = np.sqrt(1.0 - away2_m2 / self._radius_m**2)
        # Newton's step with a sphere's slope: 26 m off at first, 250 km from the middle, each round
        # gains five digits, so that two meet the height to the last bits of a double.
        for _ in range(2):
            _, _, got_m = geodetic_from_ecef(self._lifted(spot, up_m))
            up_m = up_m + (hae_m - got_m) / tilt
        return self._lifted(spot, up_m)

    def state(self, spot: Spot) -> SkyState:
        """Return places and velocities on the Earth."""
        ecef = self.ecef_m(spot)
        lat_deg, lon_deg, _ = geodetic_from_ecef(ecef)
        lat, lon = np.radians(lat_deg), np.radians(lon_deg)
        cos_lat, sin_lat, cos_lon, sin_lon = np.cos(lat), np.sin(lat), np.cos(lon), np.sin(lon)
        east = np.column_stack([-sin_lon, cos_lon, np.zeros_like(lon)])
        north = np.column_stack([-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat])
        up = np.column_stack([cos_lat * cos_lon, cos_lat * sin_lon, sin_lat])
        axes = self._axes
        spd = spot.spd_mps[:, None]
        level = spd * (np.sin(spot.course_rad)[:, None] * axes[:, 0])
        level += spd * (np.cos(spot.course_rad)[:, None] * axes[:, 1])
        # The speed along the plane's normal that makes the vertical rate the climb.
        lift = np.sum(up * axes[:, 2], axis=-1)
        rise = (spot.climb_mps - np.sum(level * up, axis=-1)) / lift
        whole = level + rise[:, None] * axes[:, 2]
        return SkyState(
            present=spot.present,
            ecef_m=ecef,
            lat_deg=lat_deg,
            lon_deg=lon_deg,
            alt_hae_m=spot.alt_msl_m + self._geoid_height_m,
            alt_msl_m=spot.alt_msl_m,
            vel_east_mps=np.sum(whole * east, axis=-1),
            vel_north_mps=np.sum(whole * north, axis=-1),
            vel_up_mps=np.sum(whole * up, axis=-1),
        )

    def _lifted(self, spot: Spot, up_m: Floats) -> Floats:
        axes = self._axes
        ecef: Floats = spot.x_m[:, None] * axes[:, 0] + spot.y_m[:, None] * axes[:, 1]
        ecef += up_m[:, None] * axes[:, 2]
        ecef += self._middle_m
        return ecef
