"""Which assumptions decide the answer: Morris's screening of their ranges."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from airshield.errors import UsageError
from airshield.plan.dependence.game import Mapper
from airshield.plan.dependence.goals import (
    ALL,
    HOLDS,
    Codes,
    Figures,
    Floats,
    Goal,
    figures_of,
    half_width,
    judge,
    together,
)
from airshield.tables import SCREENING, make_table, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A figure that nobody knows, and between what it lies."""

    name: str
    low: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise UsageError(
                f"assumption {self.name!r} ranges from {self.low:g} to {self.high:g}; give two "
                "known figures, the lower one first"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What came of moving one assumption after another.

    Attributes
    ----------
    assumptions : tuple of Assumption
    names : tuple of str
        The requirements, ``ALL`` last.
    points : ndarray, shape (runs, assumptions)
        The figures that were tried, walk after walk.
    values : ndarray, shape (runs, goals + 1)
    effects : ndarray, shape (walks, assumptions, goals + 1)
        Change of a figure for a step through the whole range of an assumption.
    turned : ndarray of bool, shape (walks, assumptions, goals + 1)
        Whether that step turned the answer.
    """

    assumptions: tuple[Assumption, ...]
    names: tuple[str, ...]
    points: Floats
    values: Floats
    effects: Floats
    turned: np.ndarray

    @property
    def mu(self) -> Floats:
        """Mean effect, shape (assumptions, goals + 1)."""
        mean: Floats = self.effects.mean(axis=0)
        return mean

    @property
    def mu_star(self) -> Floats:
        """Mean size of the effect."""
        mean: Floats = np.abs(self.effects).mean(axis=0)
        return mean

    @property
    def sigma(self) -> Floats:
        """Spread of the effect: it bends, or hangs on other assumptions."""
        spread: Floats = self.effects.std(axis=0, ddof=1)
        return spread

    def table(self) -> pa.Table:
        """Return SCREENING, for each requirement the assumption that moves it most first."""
        k, goals = self.mu.shape
        size = np.nan_to_num(self.mu_star, nan=np.inf)
        order = [(i, g) for g in range(goals) for i in np.argsort(-size[:, g], kind="stable")]
        i, g = np.array(order).T
        flips = self.turned.mean(axis=0)
        half = half_width(np.abs(self.effects), axis=0)
        return make_table(
            SCREENING,
            {
                "assumption": words(i, [a.name for a in self.assumptions]),
                "requirement": words(g, self.names),
                "effect_figure": self.mu[i, g],
                "effect_abs_figure": self.mu_star[i, g],
                "effect_half_figure": half[i, g],
                "sigma_figure": self.sigma[i, g],
                "flips_share": flips[i, g],
                "is_deciding": flips[i, g] > 0.0,
            },
            rows=k * goals,
        )


def screen(
    assumptions: Sequence[Assumption],
    goals: Sequence[Goal],
    evaluate: Callable[[Mapping[str, float]], Figures | ArrayLike],
    *,
    walks: int = 20,
    levels: int = 4,
    seed: int = 0,
    mapper: Mapper = map,
) -> Screening:
    """Walk through the ranges, one assumption at a time, and see what moves the figures.

    Parameters
    ----------
    assumptions : sequence of Assumption
    goals : sequence of Goal
    evaluate : callable
        Takes a figure for each assumption by name, gives the figures of the requirements.
    walks : int
        Each asks once more than there are assumptions. Ten are the least that is usual.
    levels : int
        Steps of the grid over each range; an even number.
    seed : int
    mapper : callable
        Like ``map``, order kept.

    Returns
    -------
    Screening

    Notes
    -----
    Morris, Technometrics 33, 1991, with the mean size of the effects of Campolongo, Cariboni,
    Saltelli, Environmental Modelling & Software 22, 2007. Measures as SALib has them, to rounding;
    it is not a dependency because it brings pandas and Matplotlib along.
    """
    if not assumptions or len({a.name for a in assumptions}) < len(assumptions):
        raise UsageError("give one assumption at least, each with its own name")
    if not goals:
        raise UsageError("give one requirement at least")
    if walks < 2 or levels < 2 or levels % 2:
        raise UsageError(f"walks={walks}, levels={levels}; give two walks and an even number")
    unit = np.concatenate(_walks(len(assumptions), walks, levels, seed))
    low = np.array([a.low for a in assumptions])
    points = low + unit * (np.array([a.high for a in assumptions]) - low)
    names = [a.name for a in assumptions]
    asked = [dict(zip(names, point.tolist(), strict=True)) for point in points]
    answers = [figures_of(answer, len(goals)) for answer in mapper(evaluate, asked)]
    codes: Codes = judge(
        goals, np.array([a.low for a in answers]), np.array([a.high for a in answers])
    )
    values = np.column_stack(([answer.value for answer in answers], (codes == HOLDS).mean(axis=1)))
    codes = np.column_stack((codes, together(codes)))
    per = len(assumptions) + 1
    steps = np.diff(unit.reshape(walks, per, -1), axis=1)
    # Each step moves one assumption: which, and how far.
    which = np.abs(steps).argmax(axis=2)
    far = np.take_along_axis(steps, which[..., None], axis=2)
    change = np.diff(values.reshape(walks, per, -1), axis=1) / far
    turn = np.diff(codes.reshape(walks, per, -1), axis=1) != 0
    effects, turned = np.empty_like(change), np.empty_like(turn)
    np.put_along_axis(effects, which[..., None], change, axis=1)
    np.put_along_axis(turned, which[..., None], turn, axis=1)
    return Screening(
        assumptions=tuple(assumptions),
        names=(*(goal.name for goal in goals), ALL),
        points=points,
        values=values,
        effects=effects,
        turned=turned,
    )


def _walks(k: int, walks: int, levels: int, seed: int) -> list[Floats]:
    """Walks over the unit cube's grid, shape (k + 1, k) each: one step along each axis."""
    rng = np.random.default_rng(seed)
    half = levels // 2
    made = []
    for _ in range(walks):
        # From the lower half up or from the upper half down: every level is met equally often.
        start = rng.integers(0, half, k)
        is_up = rng.integers(0, 2, k).astype(np.bool_)
        at = np.where(is_up, start, start + half)
        walk = [at.copy()]
        for i in rng.permutation(k):
            at[i] += half if is_up[i] else -half
            walk.append(at.copy())
        made.append(np.array(walk) / (levels - 1))
    return made
