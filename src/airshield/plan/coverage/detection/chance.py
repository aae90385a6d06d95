"""With which probability an echo is told from noise: exactly, for Swerling's five targets.

A radar adds up the power of ``pulses`` echoes (square-law detector) and calls a target where the
sum passes a threshold set by the false alarms it may give. In units of the noise power the sum is
gamma-distributed with shape n + j, where j, the number of quanta that the signal adds, is Poisson
with mean n·SNR for a steady target. A fluctuating one mixes those means by a gamma law of shape κ
(a chi-square of 2κ degrees), which makes j negative binomial. With P the lower incomplete gamma
function of integer shape,

    1 - Pd = Σ_j w_j P(n + j, T),      Pfa = 1 - P(n, T)

===========  ====================================================  ==================
Swerling     the target                                            κ
===========  ====================================================  ==================
0 (also 5)   steady                                                without end
1            many scatterers, one draw per scan                    1
2            many scatterers, one draw per pulse                   n
3            one large and many small, one draw per scan           2
4            one large and many small, one draw per pulse          2 n
===========  ====================================================  ==================

All terms are positive and P falls to nothing soon after j = T - n, so the sum is short and exact to
the last digits of a double in absolute terms: no approximation such as Albersheim's or Shnidman's
is needed (docs/detection.md shows how far off those are).

Sources: Swerling, IRE Trans. IT-6, 1960; DiFranco, Rubin, Radar Detection, 1968, chapters 9 to 11;
Shnidman, IEEE Trans. AES-31 (2), 1995 (the gamma family); Richards, Fundamentals of Radar Signal
Processing, chapter 6.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError

Floats = NDArray[np.float64]

MOST_PULSES: Final = 10_000
"""More are not added up one by one by any surveillance radar, and the sums would grow long."""

CASES: Final = (0, 1, 2, 3, 4, 5)
"""Swerling's numbers; 5 is another name for 0."""


def threshold(*, pfa: float, pulses: int = 1) -> float:
    """Sum of powers, in units of the noise power, that noise alone passes with probability pfa.

    Examples
    --------
    One pulse: the power of noise is exponential.

    >>> round(threshold(pfa=1e-6), 6) == round(-math.log(1e-6), 6)
    True
    """
    _check(pfa, pulses)
    return _threshold(pfa, pulses)


def pd_of_snr(
    snr_db: ArrayLike, *, pfa: float, pulses: int = 1, swerling: int = 1
) -> NDArray[np.float64]:
    """Probability of detection in one look.

    Parameters
    ----------
    snr_db : array_like
        Mean signal to noise of a single pulse [dB]; minus infinity is no signal, NaN stays NaN.
    pfa : float
        Probability that noise alone is called a target, between 0 and 1.
    pulses : int
        Echoes that are added up without phase, 1 to 10,000. Pulses added with phase count as one,
        with their gain in the SNR.
    swerling : int
        How the target fluctuates, 0 to 4 (5 is 0).

    Returns
    -------
    ndarray, same shape
        ``pfa`` to 1, rising with SNR. Within 1e-10 of SciPy, 1e-12 up to 100 pulses
        (tests/plan/coverage/test_detection_chance.py).

    Raises
    ------
    UsageError
        A figure makes no sense; the message says which.

    Examples
    --------
    Swerling 1 with one pulse has a closed form, Pfa^(1 / (1 + SNR)):

    >>> pd = pd_of_snr(20.0, pfa=1e-6, pulses=1, swerling=1)
    >>> bool(abs(pd - 1e-6 ** (1 / 101)) < 1e-12)
    True
    """
    _check(pfa, pulses)
    shape = _shape(swerling, pulses)
    snr = np.atleast_1d(np.asarray(snr_db, np.float64))
    mean = pulses * 10.0 ** (snr.ravel() / 10.0)
    miss_of = _misses(pfa, pulses)
    out = np.empty(mean.size)
    # Blocks bound the memory: a block is SNRs by terms.
    block = max(1, 2_000_000 // miss_of.size)
    for first in range(0, mean.size, block):
        part = mean[first : first + block]
        out[first : first + block] = 1.0 - np.exp(_log_weights(part, miss_of.size, shape)) @ miss_of
    return np.clip(out, pfa, 1.0).reshape(np.shape(snr_db))


def snr_needed_db(*, pd: float, pfa: float, pulses: int = 1, swerling: int = 1) -> float:
    """Mean signal to noise of a single pulse that gives a probability of detection [dB].

    The inverse of :func:`pd_of_snr`, by bisection to 1e-10 dB.

    Raises
    ------
    UsageError
        ``pd`` is not between ``pfa`` and 1, or another figure makes no sense.

    Examples
    --------
    >>> round(snr_needed_db(pd=0.9, pfa=1e-6, swerling=0), 2)
    13.18
    >>> round(snr_needed_db(pd=0.9, pfa=1e-6, swerling=1), 2)
    21.14
    """
    _check(pfa, pulses)
    if not pfa < pd < 1.0:
        raise UsageError(f"pd must lie between pfa = {pfa!r} and 1, got {pd!r}")
    return _snr_needed_db(pd, pfa, pulses, swerling)


@lru_cache(maxsize=256)
def _snr_needed_db(pd: float, pfa: float, pulses: int, swerling: int) -> float:
    low, high = -60.0, 160.0  # Swerling 1 at pd = 1 - 1e-12 needs 131 dB
    if float(pd_of_snr(high, pfa=pfa, pulses=pulses, swerling=swerling)) < pd:
        raise UsageError(f"no signal gives pd = {pd!r}; ask for less")
    while high - low > 1e-10:
        middle = 0.5 * (low + high)
        if float(pd_of_snr(middle, pfa=pfa, pulses=pulses, swerling=swerling)) < pd:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _check(pfa: float, pulses: int) -> None:
    if not 0.0 < pfa < 1.0:
        raise UsageError(f"pfa must lie between 0 and 1, got {pfa!r}")
    if not 1 <= pulses <= MOST_PULSES or pulses != int(pulses):
        raise UsageError(f"pulses must be a whole number, 1 to {MOST_PULSES}, got {pulses!r}")


def _shape(swerling: int, pulses: int) -> float:
    if swerling not in CASES:
        raise UsageError(f"swerling must be one of {', '.join(map(str, CASES))}, got {swerling!r}")
    return {1: 1.0, 2: float(pulses), 3: 2.0, 4: 2.0 * pulses}.get(swerling, math.inf)


def _log_factorials(n: int) -> Floats:
    """Logarithms of 0!, 1!, ... (n - 1)!."""
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, n)))])[:n]


@lru_cache(maxsize=64)
def _threshold(pfa: float, pulses: int) -> float:
    log_factorials = _log_factorials(pulses)
    j = np.arange(pulses)
    t = float(pulses)
    # log Q(n, T) is concave and falls: Newton overshoots once to the right, then closes in.
    for _ in range(200):
        terms = j * math.log(t) - t - log_factorials
        top = terms.max()
        log_q = top + math.log(np.exp(terms - top).sum())
        step = (log_q - math.log(pfa)) / math.exp(terms[-1] - log_q)
        # A loose pfa puts the root near zero, where Newton could step past it.
        t = max(t + step, 0.1 * t)
        if abs(step) <= 1e-14 * t:
            break
    return float(t)


@lru_cache(maxsize=64)
def _misses(pfa: float, pulses: int) -> Floats:
    """P(n + j, T) for j = 0, 1, ... until it is nothing beside a double's last digit."""
    t = _threshold(pfa, pulses)
    last = int(max(t, pulses) + 12.0 * math.sqrt(max(t, pulses)) + 80.0)
    log_factorials = _log_factorials(last + 1)
    poisson = np.exp(np.arange(last + 1) * math.log(t) - t - log_factorials)
    above = np.cumsum(poisson[::-1])[::-1]  # P(n, T) is the chance of n or more
    return np.ascontiguousarray(above[pulses:])


def _log_weights(mean: Floats, terms: int, shape: float) -> Floats:
    """Logarithm of the chance of j = 0 ... terms - 1 quanta, a row for every mean."""
    j = np.arange(terms)
    with np.errstate(divide="ignore", invalid="ignore"):
        if math.isinf(shape):
            log_step, log_none = np.log(mean), -mean
            choices = np.zeros(terms)
        else:
            log_step, log_none = -np.log1p(shape / mean), -shape * np.log1p(mean / shape)
            choices = np.concatenate([[0.0], np.cumsum(np.log(shape + j[:-1]))])
        rows = log_none[:, None] + j * log_step[:, None] + choices - _log_factorials(terms)
    rows[:, 0] = log_none  # 0 · log 0
    return np.asarray(rows)
