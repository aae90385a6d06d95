"""Over several looks: the chance of one detection, and of enough of them to start a track."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.plan.coverage.detection import _kernels

LONGEST_WINDOW: Final = 12
"""Looks that a rule may remember: the chain has 2^(n-1) states."""


def cumulative_pd(pd: ArrayLike) -> NDArray[np.float64]:
    """Probability of at least one detection up to each look.

    Parameters
    ----------
    pd : array_like, shape (..., n)
        Probability of detection in each look, oldest first.

    Returns
    -------
    ndarray, same shape
        1 - Π(1 - p). Looks are independent: Swerling 1 and 3 draw anew from scan to scan. NaN
        (unknown) makes all that follow unknown.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(np.cumsum(np.log1p(-np.asarray(pd, np.float64)), axis=-1)))


def start_probability(pd: ArrayLike, *, hits: int, looks: int) -> NDArray[np.float64]:
    """Probability that a track has started by each look, by the rule "m hits in any n looks".

    Parameters
    ----------
    pd : array_like, shape (..., n)
        Probability of detection in each look, oldest first; it may change from look to look.
    hits, looks : int
        m and n of the rule, 1 <= m <= n <= 12.

    Returns
    -------
    ndarray, same shape
        Never falling. NaN makes all that follow unknown.

    Notes
    -----
    Exact: a Markov chain over the outcomes of the last n - 1 looks, with "started" as the state
    that is not left (Bar-Shalom, Li, Kirubarajan, 2001, 7.2; Castella, IEEE Trans. AES-12, 1976).

    Examples
    --------
    Two hits in two looks at 0.5 each: a quarter, then three eighths.

    >>> start_probability([0.5, 0.5, 0.5], hits=2, looks=2).tolist()
    [0.0, 0.25, 0.375]
    """
    check_rule(hits, looks)
    values = np.asarray(pd, np.float64)
    if values.ndim == 0:
        raise UsageError("pd must be one probability for each look, got a single number")
    if bool(((values < 0.0) | (values > 1.0)).any()):
        raise UsageError("pd must lie between 0 and 1")
    rows = np.ascontiguousarray(values.reshape(-1, values.shape[-1]))
    return _kernels.start_rows(rows, hits, looks).reshape(values.shape)


def check_rule(hits: int, looks: int) -> None:
    """Refuse a rule that makes no sense."""
    if not 1 <= hits <= looks <= LONGEST_WINDOW:
        raise UsageError(
            f"a track starts with m hits in n looks, 1 <= m <= n <= {LONGEST_WINDOW}; "
            f"got m = {hits!r}, n = {looks!r}"
        )
