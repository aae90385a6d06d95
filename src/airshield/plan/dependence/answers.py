"""On whom it depends: losses on withdrawal, vetoes, worst pairs, the least that holds."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from airshield.plan.dependence.game import Game
from airshield.plan.dependence.goals import (
    ALL,
    FAILS,
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
from airshield.plan.dependence.shares import find_shares
from airshield.tables import (
    DEPENDENCE,
    PAIR_DEPENDENCE,
    VERDICTS,
    WITHDRAWAL,
    make_table,
    words,
)

_TRIES: Final = 50
"""Orders of leaving by which small coalitions are looked for where not all were worked out."""


def dependence_table(game: Game) -> pa.Table:
    """Return DEPENDENCE: each contributor's withdrawal loss, Shapley share and veto.

    A veto is proven: with all the requirement surely holds, without this one it surely fails. Were
    it not monotone, some smaller coalition might still hold: see :func:`find_dips`.
    """
    n, goals = len(game.players), len(game.names)
    everybody = game.row(game.everybody)
    without = [game.row(game.everybody ^ 1 << i) for i in range(n)]
    alone = [game.row(1 << i) for i in range(n)]
    shares = find_shares(game)
    loss = [_loss(game, everybody, row) for row in without]
    is_veto = (game.verdict[everybody] == HOLDS) & (game.verdict[without] == FAILS)
    return make_table(
        DEPENDENCE,
        {
            "contributor": words(np.repeat(np.arange(n), goals), game.players),
            "requirement": words(np.tile(np.arange(goals), n), game.names),
            "alone_figure": game.value[alone].ravel(),
            "with_all_figure": np.tile(game.value[everybody], n),
            "without_figure": game.value[without].ravel(),
            "withdrawal_figure": np.array([each[0] for each in loss]).ravel(),
            "withdrawal_low_figure": np.array([each[1] for each in loss]).ravel(),
            "withdrawal_high_figure": np.array([each[2] for each in loss]).ravel(),
            "shapley_figure": shares.share.ravel(),
            "shapley_low_figure": shares.low.ravel(),
            "shapley_high_figure": shares.high.ravel(),
            "verdict_without": words(game.verdict[without].ravel(), VERDICTS),
            "is_veto": is_veto.ravel(),
        },
        rows=n * goals,
    )


def pair_table(game: Game) -> pa.Table:
    """Return PAIR_DEPENDENCE: what is lost without both of two, the worst pairs of each first."""
    everybody = game.row(game.everybody)
    n = len(game.players)
    single = [_loss(game, everybody, game.row(game.everybody ^ 1 << i))[0] for i in range(n)]
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    rows = []
    for i, j in pairs:
        row = game.row(game.everybody ^ (1 << i | 1 << j))
        both = _loss(game, everybody, row)[0]
        beyond = both - np.maximum(single[i], single[j])
        rows += [
            (i, j, g, both[g], beyond[g], game.verdict[row, g]) for g in range(len(game.names))
        ]
    rows.sort(key=lambda r: (r[2], -np.nan_to_num(r[3], nan=-np.inf)))
    return make_table(
        PAIR_DEPENDENCE,
        {
            "contributor": words([r[0] for r in rows], game.players),
            "other": words([r[1] for r in rows], game.players),
            "requirement": words([r[2] for r in rows], game.names),
            "loss_figure": [r[3] for r in rows],
            "beyond_figure": [r[4] for r in rows],
            "verdict_without": words([r[5] for r in rows], VERDICTS),
        },
        rows=len(rows),
    )


def find_vetoes(game: Game, requirement: str = ALL) -> tuple[str, ...]:
    """Those without whom it surely fails, though with everybody it surely holds."""
    g = game.names.index(requirement)
    if game.verdict[game.row(game.everybody), g] != HOLDS:
        return ()
    return tuple(
        name
        for i, name in enumerate(game.players)
        if game.verdict[game.row(game.everybody ^ 1 << i), g] == FAILS
    )


def find_least_coalitions(game: Game, requirement: str = ALL) -> tuple[tuple[str, ...], ...]:
    """The coalitions that surely hold and of which nobody can be spared, the smallest first.

    With all coalitions worked out these are all of them: no part of one surely holds. Where only a
    sample was, they are those found in it, by letting one after another go as long as it holds; a
    smaller one may exist that nobody worked out.
    """
    g = game.names.index(requirement)
    if game.is_complete:
        is_holding = game.verdict[:, g] == HOLDS
        least = _minimal(is_holding, len(game.players))
    else:
        least = _found(game, g)
    ordered = sorted(least, key=lambda mask: (mask.bit_count(), mask))
    return tuple(game.members(mask) for mask in ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dip:
    """A place where somebody more makes it worse, beyond what is not known."""

    coalition: tuple[str, ...]
    joins: str
    requirement: str
    loss: float


def find_dips(game: Game) -> tuple[Dip, ...]:
    """Where the figures are not monotone: a contributor joins and a figure surely gets worse.

    That can be real (more aircraft drain the fuel that all share) or a fault of what works the
    figures out. Whoever need not use a contributor may read the figures as :func:`closed`.
    """
    signs = game.signs
    worst = np.where(signs > 0.0, game.low, -game.high)
    best = np.where(signs > 0.0, game.high, -game.low)
    value = game.value * signs
    dips = []
    for mask, k in game._row.items():
        for i, name in enumerate(game.players):
            more = game._row.get(mask | 1 << i)
            if mask >> i & 1 or more is None:
                continue
            dips += [
                Dip(
                    coalition=game.members(mask),
                    joins=name,
                    requirement=game.names[g],
                    loss=float(value[k, g] - value[more, g]),
                )
                for g in np.flatnonzero(best[more] < worst[k])
            ]
    return tuple(sorted(dips, key=lambda dip: -dip.loss))


def closed(game: Game) -> Codes:
    """Verdicts where a coalition may leave members unused: as good as its best part.

    Returns
    -------
    ndarray of int8, shape (coalitions, goals + 1)
        It surely holds if some part does, surely fails only if all parts do.
    """
    if not game.is_complete:
        return game.verdict
    rank = np.array([2, 0, 1], np.int8)[game.verdict]
    for i in range(len(game.players)):
        masks = np.arange(rank.shape[0])
        more = masks[masks >> i & 1 == 1]
        rank[more] = np.maximum(rank[more], rank[more ^ 1 << i])
    codes: Codes = np.array([FAILS, 2, HOLDS], np.int8)[rank]
    return codes


Leaving = Callable[[str, int | None], Figures | ArrayLike]


def withdrawal_table(
    players: Sequence[str],
    goals: Sequence[Goal],
    leaving: Leaving,
    *,
    stays: Figures | ArrayLike,
    days: Sequence[int | None],
) -> pa.Table:
    """Return WITHDRAWAL: what happens when one goes from some day on.

    Parameters
    ----------
    players, goals : sequence
    leaving : callable
        Takes who goes and from which day (None: was never there), gives the figures.
    stays : Figures or array_like
        The figures when all stay.
    days : sequence of int or None
    """
    base = figures_of(stays, len(goals))
    signs = np.array([goal.sign for goal in goals])
    names = [*(goal.name for goal in goals), ALL]
    before = _verdicts(goals, base)
    columns: dict[str, list[object]] = {name: [] for name in WITHDRAWAL.names}
    for player in players:
        for day in days:
            got = figures_of(leaving(player, day), len(goals))
            codes = _verdicts(goals, got)
            held, may = float((codes == HOLDS).mean()), float((codes != FAILS).mean())
            fewer = float((before == HOLDS).mean()) - held
            columns["contributor"] += [player] * len(names)
            columns["day"] += [day] * len(names)
            columns["requirement"] += names
            columns["value_figure"] += [*got.value, held]
            columns["low_figure"] += [*np.asarray(got.low), held]
            columns["high_figure"] += [*np.asarray(got.high), may]
            columns["loss_figure"] += [*((base.value - got.value) * signs), fewer]
            columns["verdict"] += [VERDICTS[c] for c in (*codes, together(codes))]
    return make_table(WITHDRAWAL, columns, rows=len(columns["day"]))


def _verdicts(goals: Sequence[Goal], figures: Figures) -> Codes:
    return judge(goals, np.asarray(figures.low), np.asarray(figures.high))


def _loss(game: Game, base: int, row: int) -> tuple[Floats, Floats, Floats]:
    """How much worse a coalition is than another, with bounds, shape (goals + 1,) each."""
    signs = game.signs
    loss = (game.value[base] - game.value[row]) * signs
    is_up = signs > 0.0
    with np.errstate(invalid="ignore"):  # between two infinite bounds lies nobody knows what
        least = game.low[base] - game.high[row], game.low[row] - game.high[base]
        most = game.high[base] - game.low[row], game.high[row] - game.low[base]
    low, high = np.where(is_up, *least), np.where(is_up, *most)
    if game.runs is not None:
        half = half_width(game.runs[base] - game.runs[row])
        # NaN: a figure that no replication changes; its bounds stay.
        is_run = ~np.isnan(half)
        low[:-1] = np.where(is_run, loss[:-1] - half, low[:-1])
        high[:-1] = np.where(is_run, loss[:-1] + half, high[:-1])
    return loss, low, high


def _minimal(is_holding: NDArray[np.bool_], n: int) -> list[int]:
    """Coalitions that hold and no part of which does."""
    masks = np.arange(is_holding.size)
    has_part = np.zeros(is_holding.size, np.bool_)
    covered = is_holding.copy()
    for i in range(n):
        more = masks[masks >> i & 1 == 1]
        covered[more] |= covered[more ^ 1 << i]
    for i in range(n):
        more = masks[masks >> i & 1 == 1]
        has_part[more] |= covered[more ^ 1 << i]
    found: list[int] = np.flatnonzero(is_holding & ~has_part).tolist()
    return found


def _found(game: Game, g: int) -> list[int]:
    """Coalitions of a sample from which nobody whose leaving was worked out can be spared."""
    holding = {mask for mask, row in game._row.items() if game.verdict[row, g] == HOLDS}
    lots = random.Random(0)
    found = set()
    for start in sorted(holding, key=lambda mask: (mask.bit_count(), mask))[:_TRIES]:
        mask, order = start, list(range(len(game.players)))
        lots.shuffle(order)
        for i in order:
            if mask >> i & 1 and mask ^ 1 << i in holding:
                mask ^= 1 << i
        found.add(mask)
    return [mask for mask in found if not any(o != mask and o & mask == o for o in found)]
