"""Shapley's shares of the whole: exact over all coalitions, or from sampled orders of joining."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airshield.plan.dependence.game import Game
from airshield.plan.dependence.goals import Floats, half_width


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Each contributor's share of what all together give beyond what nobody gives.

    Attributes
    ----------
    share, low, high : ndarray, shape (players, goals + 1)
        Better is positive. The shares of a requirement add up to the whole of it, exactly.
    whole : ndarray, shape (goals + 1,)
    """

    share: Floats
    low: Floats
    high: Floats
    whole: Floats


def find_shares(game: Game) -> Shares:
    """Shapley's shares with what is not known about them.

    Returns
    -------
    Shares
        With replications the interval is that of the shares run by run (95 %). Without them it is
        what the bounds of the figures allow. Where orders were sampled it is theirs, and that of
        the replications on top.

    Notes
    -----
    Shapley, Contributions to the Theory of Games II, 1953; sampling with reversed orders: Castro,
    Gómez, Tejada, Computers & Operations Research 36, 2009; Mitchell, Cooper, Frank, Holmes,
    Journal of Machine Learning Research 23, 2022.
    """
    signs = game.signs
    value = game.value * signs
    whole = value[game.row(game.everybody)] - value[game.row(0)]
    if game.orders is None:
        return _exact(game, value, whole)
    return _sampled(game, game.orders, value, whole)


def _exact(game: Game, value: Floats, whole: Floats) -> Shares:
    signs = game.signs
    share = shapley(value)
    # With bounds the least share comes of the least with and the most without.
    worst = np.where(signs > 0.0, game.low, -game.high)
    best = np.where(signs > 0.0, game.high, -game.low)
    low, high = shapley(worst, without=best), shapley(best, without=worst)
    if game.runs is not None:
        of_runs = shapley(game.runs * signs[:-1, None])
        half = half_width(of_runs)
        # NaN: a figure that no replication changes; what its bounds allow stays.
        is_run = ~np.isnan(half)
        low[:, :-1] = np.where(is_run, share[:, :-1] - half, low[:, :-1])
        high[:, :-1] = np.where(is_run, share[:, :-1] + half, high[:, :-1])
    return Shares(share=share, low=low, high=high, whole=whole)


def shapley(value: Floats, *, without: Floats | None = None) -> Floats:
    """Shapley's values of a game whose coalitions stand in the order of their numbers.

    Parameters
    ----------
    value : ndarray, shape (2**players, ...)
    without : ndarray of that shape, optional
        What coalitions without the player are worth; ``value`` unless told otherwise.

    Returns
    -------
    ndarray, shape (players, ...)

    Examples
    --------
    Glove game: the left glove is scarce (one left, two right; a pair is worth 1):

    >>> worth = [0, 0, 0, 1, 0, 1, 0, 1]
    >>> (6 * shapley(np.array(worth, float))).round(9).tolist()
    [4.0, 1.0, 1.0]
    """
    base = value if without is None else without
    n = value.shape[0].bit_length() - 1
    masks = np.arange(1 << n)
    size = np.array([mask.bit_count() for mask in range(1 << n)])
    weight = np.array(
        [math.factorial(k) * math.factorial(n - k - 1) / math.factorial(n) for k in range(n)]
    )
    out = np.empty((n, *value.shape[1:]))
    for i in range(n):
        absent = masks[masks >> i & 1 == 0]
        with np.errstate(invalid="ignore"):  # between two infinite bounds lies nobody knows what
            gain = value[absent | 1 << i] - base[absent]
        out[i] = np.tensordot(weight[size[absent]], gain, axes=1)
    return out


def _sampled(game: Game, orders: NDArray[np.int64], value: Floats, whole: Floats) -> Shares:
    n = len(game.players)
    of_order = _gains(game, orders, value)
    share = of_order.mean(axis=0)
    # An order and its reverse belong together: their mean is one observation.
    pairs = of_order.reshape(-1, 2, n, value.shape[1]).mean(axis=1)
    half = half_width(pairs, axis=0)
    if game.runs is not None:
        of_runs = _gains(game, orders, game.runs * game.signs[:-1, None]).mean(axis=0)
        half[:, :-1] = np.hypot(half[:, :-1], np.nan_to_num(half_width(of_runs)))
    return Shares(share=share, low=share - half, high=share + half, whole=whole)


def _gains(game: Game, orders: NDArray[np.int64], value: Floats) -> Floats:
    """What each player adds in each order, shape (orders, players, ...)."""
    gains = np.empty((*orders.shape, *value.shape[1:]))
    for k, order in enumerate(orders.tolist()):
        mask, before = 0, value[game.row(0)]
        for player in order:
            mask |= 1 << player
            after = value[game.row(mask)]
            gains[k, player] = after - before
            before = after
    return gains
