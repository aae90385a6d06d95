"""Lambert's azimuthal equal-area projection, and where a place lies as seen from a site."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.geo._kernels import ECC2, FLATTENING, SEMI_MAJOR_M

Floats = NDArray[np.float64]

_ECC = math.sqrt(ECC2)
# Snyder (3-12) at the pole, and the radius of the sphere of equal area (3-13).
_Q_POLE = 1.0 - (1.0 - ECC2) / (2.0 * _ECC) * math.log((1.0 - _ECC) / (1.0 + _ECC))
AUTHALIC_M = SEMI_MAJOR_M * math.sqrt(0.5 * _Q_POLE)
# Nearer to a pole the projection's constant D is a quotient of two vanishing numbers.
_LAT_MAX_DEG = 89.0


def _sin_authalic(sin_lat: Floats) -> Floats:
    """Sine of the authalic latitude (Snyder 3-11, 3-12)."""
    q = (1.0 - ECC2) * (
        sin_lat / (1.0 - ECC2 * sin_lat**2)
        - np.log((1.0 - _ECC * sin_lat) / (1.0 + _ECC * sin_lat)) / (2.0 * _ECC)
    )
    return np.clip(q / _Q_POLE, -1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualArea:
    """The projection around one place: x east and y north [m], areas as on the ellipsoid.

    Attributes
    ----------
    lat0_deg, lon0_deg : float
        Its middle, WGS 84; within 89 degrees of the equator.
    """

    lat0_deg: float
    lon0_deg: float

    def __post_init__(self) -> None:
        if not (abs(self.lat0_deg) <= _LAT_MAX_DEG and abs(self.lon0_deg) <= 360.0):
            raise UsageError(
                f"the middle of the map, latitude {self.lat0_deg!r} and longitude "
                f"{self.lon0_deg!r}, is not a place within 89 degrees of the equator; give "
                "degrees, latitude first"
            )

    def _constants(self) -> tuple[float, float, float]:
        """Sine and cosine of the middle's authalic latitude, and D (Snyder 24-20)."""
        sin_lat = math.sin(math.radians(self.lat0_deg))
        sin_b = float(_sin_authalic(np.asarray(sin_lat)))
        cos_b = math.sqrt(1.0 - sin_b * sin_b)
        across = math.cos(math.radians(self.lat0_deg)) / math.sqrt(1.0 - ECC2 * sin_lat**2)
        return sin_b, cos_b, SEMI_MAJOR_M * across / (AUTHALIC_M * cos_b)

    def xy_from_places(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[Floats, Floats]:
        """x and y [m] of places (Snyder 24-17 to 24-19); NaN in is NaN out.

        Examples
        --------
        >>> x, y = EqualArea(lat0_deg=50.0, lon0_deg=30.0).xy_from_places(51.0, 30.0)
        >>> float(x), float(y.round(1))
        (0.0, 111236.2)
        """
        sin_b0, cos_b0, d = self._constants()
        sin_b = _sin_authalic(np.sin(np.radians(lat_deg)))
        cos_b = np.sqrt(1.0 - sin_b**2)
        dlon = np.radians(np.subtract(lon_deg, self.lon0_deg))
        toward = cos_b * np.cos(dlon)
        # The antipode has no place on the map; it comes out as infinite.
        with np.errstate(divide="ignore"):
            b = AUTHALIC_M * np.sqrt(2.0 / (1.0 + sin_b0 * sin_b + cos_b0 * toward))
        return np.asarray(b * d * cos_b * np.sin(dlon)), np.asarray(
            b / d * (cos_b0 * sin_b - sin_b0 * toward)
        )

    def places_from_xy(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Floats, Floats]:
        """Latitude and longitude [deg] of points, the way back (Snyder 24-24 to 24-26, 3-18).

        Longitude in [-180, 180). NaN where a point is beyond the map's edge, 12,742 km out.
        """
        sin_b0, cos_b0, d = self._constants()
        x, y = np.asarray(x_m, np.float64) / d, np.asarray(y_m, np.float64) * d
        rho = np.hypot(x, y)
        with np.errstate(invalid="ignore"):
            arc = 2.0 * np.arcsin(rho / (2.0 * AUTHALIC_M))
        sin_arc, cos_arc = np.sin(arc), np.cos(arc)
        safe = np.where(rho > 0.0, rho, 1.0)
        sin_b = np.clip(cos_arc * sin_b0 + y * sin_arc * cos_b0 / safe, -1.0, 1.0)
        lon = np.radians(self.lon0_deg) + np.arctan2(
            x * sin_arc, safe * cos_b0 * cos_arc - y * sin_b0 * sin_arc
        )
        b = np.arcsin(sin_b)
        e2, e4, e6 = ECC2, ECC2**2, ECC2**3
        lat = (
            b
            + (e2 / 3.0 + 31.0 * e4 / 180.0 + 517.0 * e6 / 5040.0) * np.sin(2.0 * b)
            + (23.0 * e4 / 360.0 + 251.0 * e6 / 3780.0) * np.sin(4.0 * b)
            + 761.0 * e6 / 45360.0 * np.sin(6.0 * b)
        )
        return np.degrees(lat), (np.degrees(lon) + 180.0) % 360.0 - 180.0


def offsets_m(
    site_lat_deg: float, site_lon_deg: float, lat_deg: ArrayLike, lon_deg: ArrayLike
) -> tuple[Floats, Floats]:
    """East and north [m] of places in the azimuthal-equidistant projection around a site.

    Their hypotenuse is the ground distance from the site, their direction the bearing there: those
    of the geodesic on WGS 84, by Vincenty's inverse solution, within 1 mm up to 10,000 km. Places
    near the site's antipode, where it does not settle, are NaN.

    Examples
    --------
    >>> east, north = offsets_m(50.0, 30.0, 50.0, 31.0)
    >>> float(east.round(1)), float(north.round(1))
    (71693.6, 479.3)
    """
    u1 = math.atan((1.0 - FLATTENING) * math.tan(math.radians(site_lat_deg)))
    sin1, cos1 = math.sin(u1), math.cos(u1)
    u2 = np.arctan((1.0 - FLATTENING) * np.tan(np.radians(lat_deg)))
    sin2, cos2 = np.sin(u2), np.cos(u2)
    turn = np.subtract(lon_deg, site_lon_deg)
    apart = np.radians((turn + 180.0) % 360.0 - 180.0)
    lam = apart
    moved = np.inf
    for _ in range(20):
        east = cos2 * np.sin(lam)
        north = cos1 * sin2 - sin1 * cos2 * np.cos(lam)
        sin_s = np.hypot(east, north)
        cos_s = sin1 * sin2 + cos1 * cos2 * np.cos(lam)
        arc = np.arctan2(sin_s, cos_s)
        safe = np.where(sin_s > 0.0, sin_s, 1.0)
        sin_a = cos1 * east / safe
        cos2_a = 1.0 - sin_a**2
        # Along the equator there is no middle to speak of, and its term has no weight.
        cos_2m = cos_s - 2.0 * sin1 * sin2 / np.where(cos2_a > 1e-12, cos2_a, np.inf)
        c = FLATTENING / 16.0 * cos2_a * (4.0 + FLATTENING * (4.0 - 3.0 * cos2_a))
        bend = cos_2m + c * cos_s * (2.0 * cos_2m**2 - 1.0)
        before = lam
        lam = apart + (1.0 - c) * FLATTENING * sin_a * (arc + c * sin_s * bend)
        moved = np.abs(lam - before)
        if not np.any(moved > 1e-12):
            break
    big_u2 = cos2_a * ECC2 / (1.0 - ECC2)
    a = 1.0 + big_u2 / 16384.0 * (4096.0 + big_u2 * (-768.0 + big_u2 * (320.0 - 175.0 * big_u2)))
    b = big_u2 / 1024.0 * (256.0 + big_u2 * (-128.0 + big_u2 * (74.0 - 47.0 * big_u2)))
    tail = b / 6.0 * cos_2m * (4.0 * sin_s**2 - 3.0) * (4.0 * cos_2m**2 - 3.0)
    slack = b * sin_s * (cos_2m + b / 4.0 * (cos_s * (2.0 * cos_2m**2 - 1.0) - tail))
    rng = SEMI_MAJOR_M * (1.0 - FLATTENING) * a * (arc - slack)
    rng = np.where(moved > 1e-9, np.nan, rng)
    return np.asarray(rng * east / safe), np.asarray(rng * north / safe)
