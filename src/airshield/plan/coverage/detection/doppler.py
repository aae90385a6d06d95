"""Speeds and headings at which a Doppler radar is blind.

A radar that filters out what stands still also filters out what moves across its beam, and what
moves by half a wavelength (or a multiple) from pulse to pulse: v = n λ PRF / 2 (Skolnik,
*Introduction to Radar Systems*, chapter 3). With several repetition frequencies in one look it is
blind only where all of them are.

Left out: the depth and shape of real filters; echoes are seen or not.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.plan.coverage.detection.figures import RadarFigures

LIGHT_MPS: Final = 299_792_458.0
"""Speed of light in vacuum (exact, SI)."""

_HEADINGS: Final = 14_400
"""Headings that stand for all: steps of 0.025°."""


def first_blind_mps(freq_hz: float, prf_hz: float) -> float:
    """Radial speed at which the echo turns by one whole phase from pulse to pulse [m/s].

    Examples
    --------
    S band, 1 kHz:

    >>> round(first_blind_mps(3e9, 1000.0), 1)
    50.0
    """
    if not (freq_hz > 0.0 and prf_hz > 0.0):
        raise UsageError(f"freq_hz and prf_hz must be positive, got {freq_hz!r} and {prf_hz!r}")
    return 0.5 * LIGHT_MPS / freq_hz * prf_hz


def blind_speeds_mps(radar: RadarFigures) -> NDArray[np.float64]:
    """First blind speed of each of a radar's repetition frequencies [m/s], shape (n,)."""
    if radar.freq_hz is None:
        return np.zeros(0)
    return np.array([first_blind_mps(radar.freq_hz, prf) for prf in radar.prfs_hz])


def is_blind(radar: RadarFigures, spd_radial_mps: ArrayLike) -> NDArray[np.bool_]:
    """Tell at which radial speeds the radar sees nothing.

    Parameters
    ----------
    radar : RadarFigures
        ``spd_radial_min_mps``, ``prfs_hz`` and ``freq_hz`` matter.
    spd_radial_mps : array_like
        Speed toward or away from the radar [m/s].
    """
    spd = np.abs(np.asarray(spd_radial_mps, np.float64))
    half = radar.spd_radial_min_mps
    blind = spd < half
    speeds = blind_speeds_mps(radar)
    if speeds.size:
        ratio = spd[..., None] / speeds
        blind = blind | (np.abs(ratio - np.round(ratio)) * speeds < half).all(-1)
    return np.asarray(blind)


def tangential_band_deg(radar: RadarFigures, spd_mps: float) -> float:
    """How far either side of flying straight across the beam a target is lost [deg].

    At 60 m/s against a filter of 10 m/s: within 9.6° of tangential.
    """
    if not spd_mps > 0.0:
        return 90.0 if radar.spd_radial_min_mps > 0.0 else 0.0
    return math.degrees(math.asin(min(1.0, radar.spd_radial_min_mps / spd_mps)))


def blind_share(radar: RadarFigures, spd_mps: float) -> float:
    """Share of all headings on which a level target of this speed is not seen, 0 to 1."""
    heading = (np.arange(_HEADINGS) + 0.5) * (2.0 * math.pi / _HEADINGS)
    return float(is_blind(radar, spd_mps * np.cos(heading)).mean())
