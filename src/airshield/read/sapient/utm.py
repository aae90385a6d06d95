"""UTM to latitude and longitude: Krüger's series, as the Army's manual and ISO 19111 have it.

Sources: L. Krüger, Konforme Abbildung des Erdellipsoids in der Ebene (1912); C. F. F. Karney,
Transverse Mercator with an accuracy of a few nanometers, J. Geodesy 85 (2011), equations 12 to 36
to the fourth order: within a tenth of a millimetre inside a zone.
"""

from __future__ import annotations

import math
import re
from typing import Final

_A_M: Final = 6_378_137.0
_F: Final = 1.0 / 298.257223563
_N: Final = _F / (2.0 - _F)
_E: Final = math.sqrt(_F * (2.0 - _F))
_RADIUS_M: Final = _A_M / (1 + _N) * (1 + _N**2 / 4 + _N**4 / 64)
_BETA: Final = (
    _N / 2 - 2 * _N**2 / 3 + 37 * _N**3 / 96 - _N**4 / 360,
    _N**2 / 48 + _N**3 / 15 - 437 * _N**4 / 1440,
    17 * _N**3 / 480 - 37 * _N**4 / 840,
    4397 * _N**4 / 161280,
)
_SCALE: Final = 0.9996
_FALSE_EAST_M, _FALSE_NORTH_M = 500_000.0, 10_000_000.0
_ZONE: Final = re.compile(r"(\d{1,2}) ?([C-HJ-NP-X])", re.IGNORECASE)


def geodetic_from_utm(easting_m: float, northing_m: float, zone: str) -> tuple[float, float] | None:
    """Return WGS-84 latitude and longitude [deg]; None where it is no place of that zone.

    Parameters
    ----------
    easting_m, northing_m : float
        Grid coordinates [m].
    zone : str
        Number and latitude band, such as ``30U``. Bands N to X are north of the equator. ``S`` is
        refused: some mean the band, off Spain, and some the southern hemisphere.

    Examples
    --------
    >>> [round(value, 6) for value in geodetic_from_utm(500_000.0, 0.0, "31N")]
    [0.0, 3.0]
    """
    told = _ZONE.fullmatch(zone.strip())
    if told is None or not 1 <= int(told[1]) <= 60 or told[2].upper() == "S":
        return None
    if not (100_000.0 <= easting_m <= 900_000.0 and 0.0 <= northing_m <= _FALSE_NORTH_M):
        return None
    north = northing_m - (0.0 if told[2].upper() >= "N" else _FALSE_NORTH_M)
    xi, eta = north / (_SCALE * _RADIUS_M), (easting_m - _FALSE_EAST_M) / (_SCALE * _RADIUS_M)
    xi_p, eta_p = xi, eta
    for k, beta in enumerate(_BETA, start=1):
        xi_p -= beta * math.sin(2 * k * xi) * math.cosh(2 * k * eta)
        eta_p -= beta * math.cos(2 * k * xi) * math.sinh(2 * k * eta)
    # From the conformal latitude to the geodetic one, by Newton's method on its tangent.
    tau_p = math.sin(xi_p) / math.hypot(math.sinh(eta_p), math.cos(xi_p))
    tau = tau_p
    for _ in range(5):
        sigma = math.sinh(_E * math.atanh(_E * tau / math.hypot(1.0, tau)))
        held = tau * math.hypot(1.0, sigma) - sigma * math.hypot(1.0, tau)
        slope = (1 - _E**2) * math.hypot(1.0, held) * math.hypot(1.0, tau)
        tau += (tau_p - held) * (1 + (1 - _E**2) * tau**2) / slope
    lon_deg = math.degrees(math.atan2(math.sinh(eta_p), math.cos(xi_p))) + int(told[1]) * 6 - 183
    return math.degrees(math.atan(tau)), (lon_deg + 180.0) % 360.0 - 180.0
