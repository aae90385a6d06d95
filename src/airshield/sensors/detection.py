"""With which probability a rotating radar detects a target in one turn.

Primary: the echo falls with the fourth power of range and rises with the radar cross-section.
One reference point per radar fixes the curve, as planners know no better: at its instrumented
range it detects :data:`REFERENCE_RCS_DBSM` with :data:`REFERENCE_PD`. Between the points runs the
closed form of a slowly fluctuating target (Swerling 1), Pd = Pfa^(1 / (1 + SNR)). The shield's
``pd`` multiplies it: even well inside the cover a plot is lost now and then.

Secondary: a transponder answers with its own power, so cover ends with the instrumented range.

Cross-sections are classes, not measured objects. Left out: weather, gas, clutter, blind speeds,
multipath, terrain, interference.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.sensors.horizon import is_above_horizon
from airshield.sensors.radar import Radar

REFERENCE_RCS_DBSM: Final = 3.0
"""2 m², the target on which air traffic control radars are specified."""

REFERENCE_PD: Final = 0.8
"""Detection of the reference target at the instrumented range: the usual specification."""

FALSE_ALARM: Final = 1e-6
"""Probability of a false alarm in a cell, the figure that textbooks compute with."""

CONE_ELV_DEG: Final = 45.0
"""Above this elevation a fan beam sees nothing: the cone of silence."""

REFERENCE_SNR: Final = float(np.log(FALSE_ALARM) / np.log(REFERENCE_PD) - 1.0)
"""Signal to noise that gives REFERENCE_PD, from the Swerling 1 form turned round (17.9 dB)."""


def is_in_cover(
    radar: Radar,
    *,
    rng_slant_m: ArrayLike,
    elv_deg: ArrayLike,
    rng_ground_m: ArrayLike,
    target_hae_m: ArrayLike,
    surface_hae_m: float,
) -> NDArray[np.bool_]:
    """Tell whether targets are where the radar could see them at all.

    Parameters
    ----------
    radar : Radar
        The radar.
    rng_slant_m, elv_deg : array_like
        Slant range [m] and elevation [deg] from the antenna.
    rng_ground_m : array_like
        Distance over the ground [m].
    target_hae_m : array_like
        Height of the targets above the ellipsoid [m].
    surface_hae_m : float
        Height above the ellipsoid of the smooth Earth that stands for the ground [m].

    Returns
    -------
    ndarray of bool
        Within range, above the radio horizon and out of the cone of silence.
    """
    rng = np.asarray(rng_slant_m, np.float64)
    seen = is_above_horizon(
        radar.antenna_hae_m - surface_hae_m,
        np.asarray(target_hae_m, np.float64) - surface_hae_m,
        rng_ground_m,
    )
    within = (rng >= radar.rng_min_m) & (rng <= radar.rng_max_m)
    return np.asarray(seen & within & (np.asarray(elv_deg, np.float64) <= CONE_ELV_DEG))


def primary_pd(radar: Radar, *, rng_slant_m: ArrayLike, rcs_dbsm: ArrayLike) -> NDArray[np.float64]:
    """Probability that one turn gives a primary plot of a target in cover.

    Parameters
    ----------
    radar : Radar
        The radar; without a primary channel the answer is 0.
    rng_slant_m : array_like
        Slant range [m], positive.
    rcs_dbsm : array_like
        Radar cross-section [dB relative to 1 m²].

    Returns
    -------
    ndarray
        0 to ``radar.pd``, falling with range, rising with cross-section.
    """
    if not radar.has_primary:
        return np.zeros(np.broadcast_shapes(np.shape(rng_slant_m), np.shape(rcs_dbsm)))
    gain = 10.0 ** ((np.asarray(rcs_dbsm, np.float64) - REFERENCE_RCS_DBSM) / 10.0)
    snr = REFERENCE_SNR * gain * (radar.rng_max_m / np.asarray(rng_slant_m, np.float64)) ** 4
    return np.asarray(radar.pd * FALSE_ALARM ** (1.0 / (1.0 + snr)))


def secondary_pd(radar: Radar, *, has_transponder: ArrayLike) -> NDArray[np.float64]:
    """Probability that one turn gives a transponder's reply from a target in cover."""
    pd = radar.pd if radar.has_secondary else 0.0
    return np.where(np.asarray(has_transponder, bool), pd, 0.0)
