"""From one published point to the probability of detection at any range.

Echoes fall with the fourth power of range and rise with the cross-section:

    SNR(R, h) = SNR₀ + 10 lg(σ/σ₀) - 40 lg(R/R₀) - 2 [L(R, h) - L(R₀, h₀)]     [dB]

SNR₀ is what the reference target needs for its published probability; L is the loss in air one way
(``atmosphere``), rain only in the first of the two. The answer is kept as a table in range and
height that maps look up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.plan.coverage.detection import chance
from airshield.plan.coverage.detection.atmosphere import Rain, path_loss_db
from airshield.plan.coverage.detection.doppler import blind_share
from airshield.plan.coverage.detection.figures import RadarFigures, TargetClass
from airshield.sensors.horizon import EARTH_RADIO_M

PD_NOTHING: Final = 1e-3
"""Below, an echo counts as none: fifty looks at it give one plot in twenty."""

RANGES: Final = 1024
ALTITUDES_M: Final = 500.0 * np.arange(65)
"""A table's steps in range, and its heights where air takes its part: 0 to 32 km. Between them the
probability is within 1e-3 of the exact (tests/plan/coverage/test_detection_cells.py)."""

LOSS_EVERY: Final = 8
"""Loss is summed along the ray for one step of range in so many: it bends slowly."""

_CURVE_DB: Final = np.linspace(-50.0, 110.0, 16_001)
"""Signals for which the exact probability is kept; between, it is within 1e-4 even for 10,000
pulses of a steady target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdTable:
    """Probability of detection of one class by one radar, over range and height.

    Attributes
    ----------
    pd : ndarray, float32, shape (heights, ranges)
        Row i is for ``alt_step_m`` · i above mean sea level, column j for a slant range of
        ``rng_step_m`` · j. One row where height does not matter. The last column is 0
        where power ends what is seen (:func:`make_table`).
    rng_step_m, alt_step_m : float
        Steps [m].
    """

    pd: NDArray[np.float32] = field(repr=False)
    rng_step_m: float
    alt_step_m: float

    @property
    def rng_end_m(self) -> float:
        """Slant range beyond which nothing is seen [m]."""
        return float(self.rng_step_m * (self.pd.shape[1] - 2))


def sees_all(radar: RadarFigures) -> PdTable:
    """The table of a radar of which nobody says what it reaches: what is in its sight may be seen,
    out to the instrumented range."""
    columns = 3
    return PdTable(
        pd=np.ones((1, columns), np.float32),
        rng_step_m=radar.rng_max_m / (columns - 2),
        alt_step_m=1.0,
    )


def snr_db(
    radar: RadarFigures,
    target: TargetClass,
    *,
    rng_slant_m: ArrayLike,
    alt_msl_m: ArrayLike = 0.0,
    rcs_m2: float | None = None,
    rain: Rain | None = None,
    earth_m: float = EARTH_RADIO_M,
) -> NDArray[np.float64]:
    """Mean signal to noise of one pulse [dB].

    Parameters
    ----------
    radar, target
        Who looks, at what.
    rng_slant_m, alt_msl_m : array_like
        Slant range and height above mean sea level of the target [m]; they broadcast.
    rcs_m2 : float, optional
        Cross-section in place of the class's planning value [m²].
    rain : Rain, optional
        Without, the air is clear.
    earth_m : float
        Radius of the Earth that rays see as straight [m].

    Raises
    ------
    UsageError
        Rain is given for a radar whose frequency is unknown.
    """
    excess = two_way_excess_db(
        radar, rng_slant_m=rng_slant_m, alt_msl_m=alt_msl_m, rain=rain, earth_m=earth_m
    )
    return np.asarray(_clear_snr_db(radar, target, rng_slant_m, rcs_m2) - excess)


def _clear_snr_db(
    radar: RadarFigures, target: TargetClass, rng_slant_m: ArrayLike, rcs_m2: float | None
) -> NDArray[np.float64]:
    """The same if air took no more than it does at the published point."""
    reference = chance.snr_needed_db(
        pd=radar.pd_ref / radar.pd_most,
        pfa=radar.pfa,
        pulses=radar.pulses,
        swerling=radar.swerling_ref,
    )
    sigma = target.rcs_m2 if rcs_m2 is None else rcs_m2
    if not sigma > 0.0:
        raise UsageError(f"rcs_m2 must be positive, got {sigma!r}")
    gain = 10.0 * np.log10(sigma / radar.rcs_ref_m2)
    with np.errstate(divide="ignore"):
        spread = 40.0 * np.log10(np.asarray(rng_slant_m, np.float64) / radar.rng_ref_m)
    return np.asarray(reference + gain - spread)


def two_way_excess_db(
    radar: RadarFigures,
    *,
    rng_slant_m: ArrayLike,
    alt_msl_m: ArrayLike,
    rain: Rain | None,
    earth_m: float,
) -> NDArray[np.float64]:
    """What air and rain take from an echo, there and back, beyond what they take at the published
    point in clear air [dB]; parameters as for :func:`snr_db`. Zero where the frequency is unknown.
    """
    if radar.freq_hz is None:
        if rain is not None:
            raise UsageError(f"radar {radar.name!r}: rain needs its freq_hz")
        return np.zeros(np.broadcast_shapes(np.shape(rng_slant_m), np.shape(alt_msl_m)))
    usual = path_loss_db(
        radar.freq_hz,
        antenna_msl_m=radar.antenna_msl_m,
        target_msl_m=radar.alt_ref_msl_m,
        rng_slant_m=radar.rng_ref_m,
        earth_m=earth_m,
    )
    loss = path_loss_db(
        radar.freq_hz,
        antenna_msl_m=radar.antenna_msl_m,
        target_msl_m=alt_msl_m,
        rng_slant_m=rng_slant_m,
        rain=rain,
        earth_m=earth_m,
    )
    return np.asarray(2.0 * (loss - usual))


def pd_at(
    radar: RadarFigures,
    target: TargetClass,
    *,
    rng_slant_m: ArrayLike,
    alt_msl_m: ArrayLike = 0.0,
    rcs_m2: float | None = None,
    rain: Rain | None = None,
    earth_m: float = EARTH_RADIO_M,
) -> NDArray[np.float64]:
    """Probability of detection in one look, by power alone: no limits, no terrain.

    Parameters as for :func:`snr_db`.

    Returns
    -------
    ndarray
        At most ``radar.pd_most``.
    """
    snr = snr_db(
        radar,
        target,
        rng_slant_m=rng_slant_m,
        alt_msl_m=alt_msl_m,
        rcs_m2=rcs_m2,
        rain=rain,
        earth_m=earth_m,
    )
    return radar.pd_most * chance.pd_of_snr(
        snr, pfa=radar.pfa, pulses=radar.pulses, swerling=target.swerling
    )


def range_by_power_m(
    radar: RadarFigures,
    target: TargetClass,
    *,
    pd: float,
    alt_msl_m: ArrayLike = 0.0,
    rcs_m2: float | None = None,
    rain: Rain | None = None,
    earth_m: float = EARTH_RADIO_M,
) -> NDArray[np.float64]:
    """Slant range at which a class is detected with a probability, by power alone [m].

    It may lie beyond the instrumented range or the horizon: power is not what ends the cover then.

    Parameters
    ----------
    pd : float
        Probability of detection in one look, between ``pfa`` and ``pd_most``.
    alt_msl_m, rcs_m2, rain, earth_m, radar, target
        As for :func:`snr_db`.

    Raises
    ------
    UsageError
        The radar never reaches this probability.

    Examples
    --------
    With a sixteenth of the cross-section a radar reaches half as far:

    >>> radar = RadarFigures(name="R", antenna_msl_m=20.0, turn_s=5.0, rng_ref_m=200e3,
    ...     rcs_ref_m2=16.0, pd_ref=0.8, rng_min_m=0.0, rng_max_m=250e3)
    >>> small = TargetClass(name="one", rcs_low_m2=1, rcs_m2=1, rcs_high_m2=1, swerling=1,
    ...     source="an example")
    >>> float(range_by_power_m(radar, small, pd=0.8).round(3))
    100000.0
    """
    if not radar.pfa < pd < radar.pd_most:
        raise UsageError(
            f"radar {radar.name!r} detects with pd_most = {radar.pd_most!r} at best; ask for less "
            f"than that and more than pfa, not {pd!r}"
        )
    needed = chance.snr_needed_db(
        pd=pd / radar.pd_most, pfa=radar.pfa, pulses=radar.pulses, swerling=target.swerling
    )
    alt = np.asarray(alt_msl_m, np.float64)
    # Bisection in the logarithm of range; loss only grows with range, so there is one answer.
    low, high = np.full(alt.shape, np.log(1.0)), np.full(alt.shape, np.log(1e8))
    for _ in range(60):
        middle = 0.5 * (low + high)
        snr = snr_db(
            radar,
            target,
            rng_slant_m=np.exp(middle),
            alt_msl_m=alt,
            rcs_m2=rcs_m2,
            rain=rain,
            earth_m=earth_m,
        )
        low, high = np.where(snr >= needed, middle, low), np.where(snr >= needed, high, middle)
    return np.asarray(np.exp(0.5 * (low + high)))


def make_table(
    radar: RadarFigures,
    target: TargetClass,
    *,
    rcs_m2: float | None = None,
    spd_mps: float | None = None,
    rain: Rain | None = None,
    earth_m: float = EARTH_RADIO_M,
) -> PdTable:
    """Tabulate the probability of detection of a class by a radar, for maps.

    Parameters
    ----------
    radar, target, rcs_m2, rain, earth_m
        As for :func:`snr_db`.
    spd_mps : float, optional
        Speed of the target [m/s]: the probability is then a mean over all headings, of which some
        are lost to the radar's Doppler filter. Without, none are.

    Returns
    -------
    PdTable
        From the radar out to where the probability falls below ``PD_NOTHING`` or the instrumented
        range ends.
    """
    alt = ALTITUDES_M if radar.freq_hz is not None else np.zeros(1)
    end_m = radar.rng_max_m
    if radar.pd_most > PD_NOTHING > radar.pfa:
        reach = range_by_power_m(
            radar,
            target,
            pd=PD_NOTHING,
            alt_msl_m=alt,
            rcs_m2=rcs_m2,
            rain=rain,
            earth_m=earth_m,
        )
        end_m = min(end_m, float(reach.max()))
    rng = np.maximum(np.linspace(0.0, end_m, RANGES + 1), 1.0)
    some = rng[::LOSS_EVERY]
    loss = two_way_excess_db(
        radar, rng_slant_m=some, alt_msl_m=alt[:, None], rain=rain, earth_m=earth_m
    )
    clear = _clear_snr_db(radar, target, rng, rcs_m2)
    snr = clear - np.array([np.interp(rng, some, row) for row in loss])
    curve = _pd_curve(radar.pfa, radar.pulses, target.swerling)
    pd = radar.pd_most * np.interp(snr, _CURVE_DB, curve)
    if spd_mps is not None:
        pd = pd * (1.0 - blind_share(radar, spd_mps))
    # One more column, of nothing: whoever looks beyond the end finds it.
    pd = np.concatenate([pd, np.zeros((alt.size, 1))], axis=1)
    alt_step_m = float(alt[1] - alt[0]) if alt.size > 1 else 1.0
    return PdTable(
        pd=np.ascontiguousarray(pd, np.float32),
        rng_step_m=end_m / RANGES,
        alt_step_m=alt_step_m,
    )


@lru_cache(maxsize=32)
def _pd_curve(pfa: float, pulses: int, swerling: int) -> NDArray[np.float64]:
    return chance.pd_of_snr(_CURVE_DB, pfa=pfa, pulses=pulses, swerling=swerling)
