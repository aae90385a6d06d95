"""What air and rain take from an echo, by ITU-R.

Gas: Recommendation ITU-R P.676-12, annex 1, line by line (79 lines of oxygen and water vapour, the
dry continuum), in the mean global reference atmosphere of P.835-6 (15 °C, 1013.25 hPa, 7.5 g/m³ of
water at the sea, halving every 1.4 km), summed along the ray. Rain: P.838-3, γ = k Rᵅ per
kilometre, along the part of the ray that is in rain. Rates of rain for a place come from P.837,
whose maps are too large to be part of this: a planner states the rate.

Rays run straight over an Earth of k times its radius. Losses here are one way: an echo suffers
them twice.

Left out: cloud and fog (P.840: below 0.1 dB at 10 GHz), snow, the echo of the rain itself, which
hides small targets from radars without Doppler long before the rain's loss does; ducts.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.sensors.horizon import EARTH_MEAN_M, EARTH_RADIO_M

Floats = NDArray[np.float64]

LOWEST_GHZ, HIGHEST_GHZ = 1.0, 1000.0
"""What P.676-12 and P.838-3 hold for. Below, the loss at 1 GHz stands in: too much by a few
hundredths of a decibel in 100 km of rain, and never too little."""

# P.838-3, equations 4 and 5: a sum of Gaussians in the decimal logarithm of the frequency in GHz,
# plus a straight line (slope, constant). Tables 1 to 4.
_LOG_K_H: Final = (
    (
        (-5.33980, -0.10008, 1.13098),
        (-0.35351, 1.26970, 0.45400),
        (-0.23789, 0.86036, 0.15354),
        (-0.94158, 0.64552, 0.16817),
    ),
    (-0.18961, 0.71147),
)
_LOG_K_V: Final = (
    (
        (-3.80595, 0.56934, 0.81061),
        (-3.44965, -0.22911, 0.51059),
        (-0.39902, 0.73042, 0.11899),
        (0.50167, 1.07319, 0.27195),
    ),
    (-0.16398, 0.63297),
)
_ALPHA_H: Final = (
    (
        (-0.14318, 1.82442, -0.55187),
        (0.29591, 0.77564, 0.19822),
        (0.32177, 0.63773, 0.13164),
        (-5.37610, -0.96230, 1.47828),
        (16.1721, -3.29980, 3.43990),
    ),
    (0.67849, -1.95537),
)
_ALPHA_V: Final = (
    (
        (-0.07771, 2.33840, -0.76284),
        (0.56727, 0.95545, 0.54039),
        (-0.20238, 1.14520, 0.26809),
        (-48.2991, 0.791669, 0.116226),
        (48.5833, 0.791459, 0.116479),
    ),
    (-0.053739, 0.83433),
)

_HEIGHTS_M: Final = np.concatenate([np.arange(-500.0, 12e3, 100.0), np.arange(12e3, 47.1e3, 500.0)])
"""Where the gas is computed; between, it is interpolated: within 1 % of the exact."""

_KNOTS, _WEIGHTS = np.polynomial.legendre.leggauss(48)
"""Points along the ray: 48 hold 500 km that rise from the sea to 20 km within 0.3 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rain:
    """Rain around a radar, uniform.

    Attributes
    ----------
    rate_mm_h : float
        How hard it rains [mm/h]: drizzle 0.25, moderate 4, heavy 16; what a place has for 0.01 %
        of a year is in ITU-R P.837.
    top_msl_m : float
        Height of the melting layer, above which there is snow, that takes next to nothing
        (P.839 gives 0.36 km above the mean 0 °C isotherm).
    extent_m : float
        How far from the radar it rains [m]. Heavy rain is seldom wider than 20 km.
    """

    rate_mm_h: float
    top_msl_m: float
    extent_m: float

    def __post_init__(self) -> None:
        for name in ("rate_mm_h", "extent_m"):
            if not getattr(self, name) >= 0.0:
                raise UsageError(f"{name} of rain must be 0 or more, got {getattr(self, name)!r}")
        if not math.isfinite(self.top_msl_m):
            raise UsageError(f"top_msl_m of rain must be metres, got {self.top_msl_m!r}")


def gas_db_per_km(freq_hz: float, alt_msl_m: ArrayLike) -> Floats:
    """Loss in the air of the reference atmosphere, one way [dB/km].

    Parameters
    ----------
    freq_hz : float
        Carrier frequency [Hz], 1 to 1000 GHz; lower ones as at 1 GHz.
    alt_msl_m : array_like
        Height above mean sea level [m], up to 47 km.

    Examples
    --------
    S band at the sea:

    >>> float(gas_db_per_km(3e9, 0.0).round(4))
    0.0075
    """
    temp_k, dry_hpa, rho_g_m3 = reference_air(alt_msl_m)
    return gas_db_per_km_in_air(freq_hz, temp_k, dry_hpa, rho_g_m3)


def reference_air(alt_msl_m: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Temperature [K], dry pressure [hPa] and water vapour [g/m³]: P.835-6, annex 1, 1.

    P.676's own examples take the pressure of P.835 for that of dry air, and so does this.
    """
    z = np.clip(np.asarray(alt_msl_m, np.float64), -500.0, 47e3) / 1000.0
    h = 6356.766 * z / (6356.766 + z)  # geopotential kilometres
    bands = [h <= 11.0, h <= 20.0, h <= 32.0]
    temp = np.select(
        bands, [288.15 - 6.5 * h, np.full_like(h, 216.65), 196.65 + h], 228.65 + 2.8 * (h - 32.0)
    )
    pressure = np.select(
        bands,
        [
            1013.25 * (288.15 / (288.15 - 6.5 * np.minimum(h, 11.0))) ** (-34.1632 / 6.5),
            226.3226 * np.exp(-34.1632 * (h - 11.0) / 216.65),
            54.74980 * (216.65 / (196.65 + h)) ** 34.1632,
        ],
        8.680422 * (228.65 / (228.65 + 2.8 * np.maximum(h - 32.0, 0.0))) ** (34.1632 / 2.8),
    )
    return temp, pressure, 7.5 * np.exp(-z / 2.0)


def gas_db_per_km_in_air(
    freq_hz: float, temp_k: ArrayLike, dry_hpa: ArrayLike, rho_g_m3: ArrayLike
) -> Floats:
    """Loss in air of a given state, one way [dB/km]: P.676-12, annex 1, equations 1 to 9."""
    f = _ghz(freq_hz)
    temp, p, rho = np.broadcast_arrays(*(np.asarray(x, float) for x in (temp_k, dry_hpa, rho_g_m3)))
    temp, p, rho = temp[..., None], p[..., None], rho[..., None]
    theta = 300.0 / temp
    e = rho * temp / 216.7
    oxygen, water = _lines()

    f0, a1, a2, a3, a4, a5, a6 = oxygen
    strength = a1 * 1e-7 * p * theta**3 * np.exp(a2 * (1.0 - theta))
    width = a3 * 1e-4 * (p * theta ** (0.8 - a4) + 1.1 * e * theta)
    width = np.sqrt(width**2 + 2.25e-6)  # Zeeman
    mixing = (a5 + a6 * theta) * 1e-4 * (p + e) * theta**0.8
    total = (strength * _line(f, f0, width, mixing)).sum(-1)

    f0, b1, b2, b3, b4, b5, b6 = water
    strength = b1 * 1e-1 * e * theta**3.5 * np.exp(b2 * (1.0 - theta))
    width = b3 * 1e-4 * (p * theta**b4 + b5 * e * theta**b6)
    width = 0.535 * width + np.sqrt(0.217 * width**2 + 2.1316e-12 * f0**2 / theta)  # Doppler
    total = total + (strength * _line(f, f0, width, np.zeros_like(width))).sum(-1)

    p, e, theta = p[..., 0], e[..., 0], theta[..., 0]
    debye = 5.6e-4 * (p + e) * theta**0.8
    continuum = 6.14e-5 / (debye * (1.0 + (f / debye) ** 2))
    continuum = continuum + 1.4e-12 * p * theta**1.5 / (1.0 + 1.9e-5 * f**1.5)
    return np.asarray(0.1820 * f * (total + f * p * theta**2 * continuum))


def rain_db_per_km(freq_hz: float, rate_mm_h: ArrayLike, *, tilt_deg: float = 45.0) -> Floats:
    """Loss in rain along a level ray, one way [dB/km]: P.838-3.

    Parameters
    ----------
    freq_hz : float
        Carrier frequency [Hz], 1 to 1000 GHz; lower ones as at 1 GHz.
    rate_mm_h : array_like
        Rate of rain [mm/h].
    tilt_deg : float
        Polarisation: 0 horizontal, 90 vertical, 45 circular.

    Examples
    --------
    >>> float(rain_db_per_km(10e9, 16.0).round(3))
    0.362
    """
    log_f = np.log10(_ghz(freq_hz))
    k_h, k_v = 10.0 ** _curve(log_f, _LOG_K_H), 10.0 ** _curve(log_f, _LOG_K_V)
    alpha_h, alpha_v = _curve(log_f, _ALPHA_H), _curve(log_f, _ALPHA_V)
    turn = np.cos(np.radians(2.0 * tilt_deg))
    k = (k_h + k_v + (k_h - k_v) * turn) / 2.0
    alpha = (k_h * alpha_h + k_v * alpha_v + (k_h * alpha_h - k_v * alpha_v) * turn) / (2.0 * k)
    return np.asarray(k * np.asarray(rate_mm_h, np.float64) ** alpha)


def path_loss_db(
    freq_hz: float,
    *,
    antenna_msl_m: float,
    target_msl_m: ArrayLike,
    rng_slant_m: ArrayLike,
    rain: Rain | None = None,
    earth_m: float = EARTH_RADIO_M,
) -> Floats:
    """Loss between a radar and a target, one way [dB].

    Parameters
    ----------
    freq_hz : float
        Carrier frequency [Hz].
    antenna_msl_m : float
        Antenna above mean sea level [m].
    target_msl_m, rng_slant_m : array_like
        Height of the target above mean sea level and slant range [m]; they broadcast. A range
        shorter than the difference of the heights is taken straight up or down.
    rain : Rain, optional
        Without, the air is clear.
    earth_m : float
        Radius of the Earth that rays see as straight [m].

    Returns
    -------
    ndarray
        Never negative, growing with range.
    """
    h, r = np.broadcast_arrays(
        np.asarray(target_msl_m, np.float64), np.asarray(rng_slant_m, np.float64)
    )
    start = earth_m + antenna_msl_m
    # Law of cosines at the antenna: how much the ray climbs.
    with np.errstate(divide="ignore", invalid="ignore"):
        climb = ((earth_m + h) ** 2 - start**2 - r**2) / (2.0 * start * r)
    climb = np.clip(np.where(r > 0.0, climb, 0.0), -1.0, 1.0)
    along = 0.5 * (_KNOTS + 1.0) * r[..., None]
    alt = np.sqrt(start**2 + along**2 + 2.0 * start * along * climb[..., None]) - earth_m
    gas = (np.interp(alt, _HEIGHTS_M, _gas_profile(freq_hz)) @ _WEIGHTS) * 0.5 * r / 1000.0
    if rain is None or rain.rate_mm_h == 0.0:
        return np.asarray(gas)
    # The ray is below the top of the rain between the two places where it cuts that sphere.
    half = start * climb
    inside = half**2 - (start**2 - (earth_m + rain.top_msl_m) ** 2)
    root = np.sqrt(np.maximum(inside, 0.0))
    far = np.minimum(np.minimum(root - half, r), rain.extent_m)
    wet_m = np.where(inside > 0.0, np.maximum(far - np.maximum(-half - root, 0.0), 0.0), 0.0)
    return np.asarray(gas + rain_db_per_km(freq_hz, rain.rate_mm_h) * wet_m / 1000.0)


def earth_radius_m(k: float) -> float:
    """Radius of the Earth on which rays run straight, for a factor k [m]."""
    if not k > 0.0:
        raise UsageError(f"k must be positive, got {k!r}; 4/3 is the standard atmosphere")
    return k * EARTH_MEAN_M


def _ghz(freq_hz: float) -> float:
    ghz = freq_hz / 1e9
    if not 0.0 < ghz <= HIGHEST_GHZ:
        raise UsageError(
            f"freq_hz must be positive and at most 1e12, got {freq_hz!r}; 3 GHz is 3e9"
        )
    return max(ghz, LOWEST_GHZ)


def _curve(log_f: float, table: tuple[tuple[tuple[float, ...], ...], tuple[float, float]]) -> float:
    humps, (slope, constant) = table
    a, b, c = np.transpose(humps)
    return float((a * np.exp(-(((log_f - b) / c) ** 2))).sum() + slope * log_f + constant)


def _line(f: float, f0: Floats, width: Floats, mixing: Floats) -> Floats:
    """Shape of a line, equation 5."""
    below = (width - mixing * (f0 - f)) / ((f0 - f) ** 2 + width**2)
    above = (width - mixing * (f0 + f)) / ((f0 + f) ** 2 + width**2)
    return np.asarray(f / f0 * (below + above))


@lru_cache(maxsize=1)
def _lines() -> tuple[Floats, Floats]:
    """Lines of oxygen and of water, shape (7, n)."""
    text = files(__package__).joinpath("p676_lines.csv").read_text("utf-8")
    rows = list(csv.reader(line for line in text.splitlines() if not line.startswith("#")))[1:]
    pick = {gas: [[float(x) for x in row[1:]] for row in rows if row[0] == gas] for gas, *_ in rows}
    return np.transpose(pick["oxygen"]), np.transpose(pick["water"])


@lru_cache(maxsize=32)
def _gas_profile(freq_hz: float) -> Floats:
    return gas_db_per_km(freq_hz, _HEIGHTS_M)
