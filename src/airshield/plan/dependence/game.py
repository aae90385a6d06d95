"""Coalitions of contributors and what each would give: worked out once, asked many times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.plan.dependence.goals import (
    ALL,
    FAILS,
    HOLDS,
    UNKNOWN,
    Codes,
    Figures,
    Floats,
    Goal,
    figures_of,
    judge,
)
from airshield.tables import COALITION, VERDICTS, make_table, words

EXACT: Final = 12
"""So many contributors or fewer: all coalitions are worked out, 4,096 at most."""
PLAYERS_MAX: Final = 64

Evaluate = Callable[[frozenset[str]], Figures | ArrayLike]
Mapper = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """What coalitions of contributors give, requirement by requirement.

    The last requirement, ``ALL``, is all of them together: the share of them that surely holds, and
    up to which share they may.

    Attributes
    ----------
    players : tuple of str
        The contributors; bit i of a coalition is ``players[i]``.
    goals : tuple of Goal
    masks : ndarray of uint64, shape (coalitions,)
        Those worked out, ascending.
    value, low, high : ndarray, shape (coalitions, goals + 1)
    runs : ndarray, shape (coalitions, goals + 1, replications), or None
    verdict : ndarray of int8, shape (coalitions, goals + 1)
        HOLDS, FAILS or UNKNOWN.
    orders : ndarray of int64, shape (orders, players), or None
        The orders of joining that were sampled; None where all coalitions are there.
    """

    players: tuple[str, ...]
    goals: tuple[Goal, ...]
    masks: NDArray[np.uint64]
    value: Floats
    low: Floats
    high: Floats
    runs: Floats | None
    verdict: Codes
    orders: NDArray[np.int64] | None
    _row: dict[int, int] = field(default_factory=dict, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the requirements, ``ALL`` last."""
        return (*(goal.name for goal in self.goals), ALL)

    @property
    def signs(self) -> Floats:
        """1 where more is better, -1 where less is, shape (goals + 1,)."""
        return np.array([*(goal.sign for goal in self.goals), 1.0])

    @property
    def everybody(self) -> int:
        """The coalition of all."""
        return (1 << len(self.players)) - 1

    @property
    def is_complete(self) -> bool:
        """Tell whether every coalition was worked out."""
        return self.orders is None

    def mask(self, coalition: Iterable[str]) -> int:
        """The number of a coalition.

        Raises
        ------
        UsageError
            Somebody who is no contributor.
        """
        mask = 0
        for name in coalition:
            if name not in self.players:
                raise UsageError(f"{name!r} is no contributor of {', '.join(self.players)}")
            mask |= 1 << self.players.index(name)
        return mask

    def members(self, mask: int) -> tuple[str, ...]:
        """Who is in a coalition."""
        return tuple(name for i, name in enumerate(self.players) if mask >> i & 1)

    def row(self, mask: int) -> int:
        """The row of a coalition.

        Raises
        ------
        UsageError
            It was not among those sampled.
        """
        if mask not in self._row:
            raise UsageError(
                f"the coalition of {', '.join(self.members(mask)) or 'nobody'} was not worked out; "
                f"with more than {EXACT} contributors only a sample is"
            )
        return self._row[mask]

    def held(self) -> Game | None:
        """The game of those requirements only that surely hold with everybody; None: none does.

        Where not all hold, nobody has a veto on the whole and no coalition holds it; what the
        contributors are needed for is then told by what does hold.
        """
        kept = np.flatnonzero(self.verdict[self.row(self.everybody), :-1] == HOLDS)
        if not kept.size:
            return None
        return _with_all(
            replace(
                self,
                goals=tuple(self.goals[g] for g in kept),
                value=self.value[:, kept],
                low=self.low[:, kept],
                high=self.high[:, kept],
                runs=None if self.runs is None else self.runs[:, kept],
                verdict=self.verdict[:, kept],
            )
        )

    def table(self) -> pa.Table:
        """Return COALITION: every coalition worked out and every requirement."""
        many, goals = self.value.shape
        comes = [", ".join(self.members(int(mask))) or "nobody" for mask in self.masks]
        return make_table(
            COALITION,
            {
                "coalition": np.repeat(self.masks, goals),
                "comes": pa.array(comes).take(pa.array(np.repeat(np.arange(many), goals))),
                "requirement": words(np.tile(np.arange(goals), many), self.names),
                "value_figure": self.value.ravel(),
                "low_figure": self.low.ravel(),
                "high_figure": self.high.ravel(),
                "verdict": words(self.verdict.ravel(), VERDICTS),
            },
            rows=many * goals,
        )


def play(
    players: Sequence[str],
    goals: Sequence[Goal],
    evaluate: Evaluate,
    *,
    orders: int = 200,
    seed: int = 0,
    mapper: Mapper = map,
) -> Game:
    """Work out what coalitions of contributors give.

    Parameters
    ----------
    players : sequence of str
        The contributors, 64 at most.
    goals : sequence of Goal
    evaluate : callable
        Takes the names of those who come, gives :class:`Figures` or an array: one figure for each
        requirement, or one row of replications for each. Whatever it works out is its own affair:
        radar cover, warning minutes, stations, stocks.
    orders : int
        With more than 12 contributors: how many orders of joining are sampled, each beside its
        reverse. Beside them nobody, each alone, all, all but one and all but two.
    seed : int
        Of that sample: the same seed gives the same sample.
    mapper : callable
        Like ``map``; an executor's, to work coalitions out side by side. Order must be kept.

    Raises
    ------
    UsageError
        No contributor, too many, one twice; other figures than requirements.
    """
    n = len(players)
    if not 1 <= n <= PLAYERS_MAX or len(set(players)) < n:
        raise UsageError(f"{n} contributors; give 1 to {PLAYERS_MAX}, each once")
    if not goals or len({goal.name for goal in goals}) < len(goals):
        raise UsageError("give one requirement at least, each with its own name")
    if n <= EXACT:
        sampled, masks = None, list(range(1 << n))
    else:
        if orders < 4:
            raise UsageError(f"orders={orders}; sample four at least, two and their reverses")
        sampled = _orders(n, orders, seed)
        masks = sorted(_of_interest(n) | _on_the_way(sampled))
    coalitions = [
        frozenset(name for i, name in enumerate(players) if mask >> i & 1) for mask in masks
    ]
    answers = [figures_of(answer, len(goals)) for answer in mapper(evaluate, coalitions)]
    value, low, high = (
        np.array([getattr(answer, what) for answer in answers]) for what in ("value", "low", "high")
    )
    verdict = judge(goals, low, high)
    runs = _common_runs(answers)
    return _with_all(
        Game(
            players=tuple(players),
            goals=tuple(goals),
            masks=np.array(masks, np.uint64),
            value=value,
            low=low,
            high=high,
            runs=runs,
            verdict=verdict,
            orders=sampled,
            _row={mask: k for k, mask in enumerate(masks)},
        )
    )


def _with_all(game: Game) -> Game:
    """The game with ``ALL`` put behind the requirements that it has."""
    verdict = game.verdict
    sure, maybe = (verdict == HOLDS).mean(axis=1), (verdict != FAILS).mean(axis=1)
    overall = np.where(sure == 1.0, HOLDS, np.where(maybe < 1.0, FAILS, UNKNOWN))
    return replace(
        game,
        value=np.column_stack((game.value, sure)),
        low=np.column_stack((game.low, sure)),
        high=np.column_stack((game.high, maybe)),
        verdict=np.column_stack((verdict, overall)).astype(np.int8),
    )


def _common_runs(answers: Sequence[Figures]) -> Floats | None:
    """Replications that can be compared run by run, shape (coalitions, goals, replications)."""
    shapes = {None if answer.runs is None else answer.runs.shape for answer in answers}
    if len(shapes) > 1 or None in shapes:
        return None
    return np.array([answer.runs for answer in answers], np.float64)


def _orders(n: int, many: int, seed: int) -> NDArray[np.int64]:
    """Orders of joining, each beside its reverse: who joins early in one is late in the other."""
    rng = np.random.default_rng(seed)
    ahead = np.array([rng.permutation(n) for _ in range(math.ceil(many / 2))])
    return np.stack((ahead, ahead[:, ::-1]), axis=1).reshape(-1, n).astype(np.int64)


def _of_interest(n: int) -> set[int]:
    everybody = (1 << n) - 1
    alone = {1 << i for i in range(n)}
    pairs = {a | b for a in alone for b in alone}
    return {0, everybody} | alone | {everybody ^ gone for gone in pairs}


def _on_the_way(orders: NDArray[np.int64]) -> set[int]:
    masks = set()
    for order in orders.tolist():
        mask = 0
        for player in order:
            mask |= 1 << player
            masks.add(mask)
    return masks
