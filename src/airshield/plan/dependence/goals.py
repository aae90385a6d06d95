"""What is asked of a shield, and the figures that answer it, with what is not known about them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from airshield.errors import UsageError

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

HOLDS: Final = 0
FAILS: Final = 1
UNKNOWN: Final = 2
"""Places in ``tables.VERDICTS``."""

ALL: Final = "all requirements"
"""What is asked of all of them together: the share that surely holds, which must be 1."""

SURE: Final = 0.95
"""Intervals from replications hold the truth with this probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A requirement: a figure that must be at least or at most something.

    Attributes
    ----------
    name : str
    at_least, at_most : float, optional
        One of the two.
    unit : str, optional
        What the figure counts, for people.
    """

    name: str
    at_least: float | None = None
    at_most: float | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        if self.name == ALL:
            raise UsageError(f"a requirement cannot be called {ALL!r}; call it otherwise")
        asked = [x for x in (self.at_least, self.at_most) if x is not None]
        if len(asked) != 1 or math.isnan(asked[0]):
            raise UsageError(f"requirement {self.name!r}: give either at_least or at_most")

    @property
    def sign(self) -> float:
        """1 where more is better, -1 where less is."""
        return 1.0 if self.at_most is None else -1.0

    @property
    def limit(self) -> float:
        """What the figure is held to."""
        limit = self.at_most if self.at_least is None else self.at_least
        assert limit is not None, "one of the two is given"
        return float(limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One figure for each requirement; NaN is unknown.

    Attributes
    ----------
    value : ndarray, shape (goals,)
    low, high : ndarray, shape (goals,), optional
        Between what it surely is; the value itself where nothing is told.
    runs : ndarray, shape (goals, replications), optional
        The figure in each replication; NaN, all of them, where replications do not change it (give
        its bounds). Where all coalitions have the same number of them, and the
        same random numbers go into the same replication, differences are taken run by run.
    """

    value: Floats
    low: Floats | None = None
    high: Floats | None = None
    runs: Floats | None = None


def figures_of(answer: Figures | ArrayLike, goals: int) -> Figures:
    """Make figures of what a function gave: one number for each requirement, or one for each run.

    Raises
    ------
    UsageError
        Another number of figures than of requirements, or bounds upside down.
    """
    if not isinstance(answer, Figures):
        array = np.asarray(answer, np.float64)
        answer = (
            Figures(value=array.mean(axis=1), runs=array)
            if array.ndim == 2
            else Figures(value=array)
        )
    value = np.asarray(answer.value, np.float64)
    if value.shape != (goals,):
        raise UsageError(f"{value.shape} figures for {goals} requirements; give one for each")
    if answer.runs is not None and answer.runs.shape[-1] < 2:
        raise UsageError(
            "one replication tells nothing of its spread; give two at least, or the figure alone"
        )
    half = half_width(answer.runs) if answer.runs is not None else np.zeros(goals)
    low = value - half if answer.low is None else np.asarray(answer.low, np.float64)
    high = value + half if answer.high is None else np.asarray(answer.high, np.float64)
    if (low > high).any():
        raise UsageError(f"figures from {low} to {high}; give the lower bound first")
    return Figures(value=value, low=low, high=high, runs=answer.runs)


def half_width(runs: Floats, axis: int = -1) -> Floats:
    """Half the width of Student's interval around a mean of two or more replications.

    Examples
    --------
    >>> float(half_width(np.array([1.0, 2.0, 3.0])).round(3))
    2.484
    """
    many = runs.shape[axis]
    spread = runs.std(axis=axis, ddof=1) / math.sqrt(many)
    half: Floats = spread * float(stdtrit(many - 1, 0.5 + 0.5 * SURE))
    return half


def judge(goals: Sequence[Goal], low: Floats, high: Floats) -> Codes:
    """Verdicts on figures between bounds, shape (..., goals): HOLDS, FAILS or UNKNOWN.

    Examples
    --------
    >>> goal = Goal(name="cover", at_least=0.9)
    >>> judge([goal], np.array([[0.91], [0.5], [0.8]]), np.array([[0.95], [0.6], [0.9]])).ravel()
    array([0, 1, 2], dtype=int8)
    """
    sign = np.array([goal.sign for goal in goals])
    limit = np.array([goal.limit for goal in goals]) * sign
    worst = np.where(sign > 0.0, low, -high)
    best = np.where(sign > 0.0, high, -low)
    # NaN compares false: what is not known neither holds nor fails.
    codes: Codes = np.where(worst >= limit, HOLDS, np.where(best < limit, FAILS, UNKNOWN)).astype(
        np.int8
    )
    return codes


def together(codes: Codes) -> Codes:
    """The verdict on all requirements, over the last axis: fails if any does, holds if all do."""
    fails, unknown = (codes == FAILS).any(axis=-1), (codes == UNKNOWN).any(axis=-1)
    both: Codes = np.where(fails, FAILS, np.where(unknown, UNKNOWN, HOLDS)).astype(np.int8)
    return both
