"""Radars that fail and are mended: the share of the time that a requirement holds."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.plan.coverage.coalitions.game import CoverGame
from airshield.plan.coverage.survey import Answer

BAD_SHARE: Final = 0.05
"""The bad part of the time: what is told of it is kept in all but this share."""

_SURE: Final = 1.959964
"""Half of a 95 % interval in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAnswer:
    """What becomes of a requirement over time, its radars being up and down.

    Attributes
    ----------
    name, kind, asked, unit
        As in :class:`~airshield.plan.coverage.survey.Answer`.
    holds_share, may_hold_share : float
        Share of the time that it surely holds; that it holds if all that is unknown turns out well.
    holds_error : float
        Half the width of a 95 % interval around both, from the number of draws alone.
    low, high : float or None
        Mean of its figure, surely and at best; None where there is nothing to share.
    low_bad, high_bad : float or None
        What the figure falls below in :data:`BAD_SHARE` of the time at most.
    low_runs, high_runs : ndarray of float64, shape (draws,)
        The figure of each draw, the same draws for all coalitions; NaN where there is none.
    """

    name: str
    kind: str
    asked: float
    unit: str
    holds_share: float
    may_hold_share: float
    holds_error: float
    low: float | None
    high: float | None
    low_bad: float | None
    high_bad: float | None
    low_runs: NDArray[np.float64] = field(repr=False)
    high_runs: NDArray[np.float64] = field(repr=False)


def availability_of(failure_s: float | None, repair_s: float | None) -> float | None:
    """Share of the time that a machine is up, from its mean times between and of repairs [s].

    None where either is unknown.

    Examples
    --------
    >>> availability_of(500 * 3600.0, 12 * 3600.0)
    0.9765625
    """
    if failure_s is None or repair_s is None:
        return None
    if not (failure_s > 0.0 and repair_s >= 0.0 and math.isfinite(failure_s + repair_s)):
        raise UsageError(
            f"a radar that fails after {failure_s!r} s and is mended in {repair_s!r} s; give a "
            "positive time between failures and one not negative of repair"
        )
    return failure_s / (failure_s + repair_s)


def draw_states(
    radars: Sequence[str], availability: Mapping[str, float], *, draws: int, seed: int
) -> NDArray[np.bool_]:
    """Draw which radars are up.

    Parameters
    ----------
    radars : sequence of str
    availability : mapping of str to float
        Share of the time that each is up, above 0 to 1; who is not in it is always up.
    draws, seed : int

    Returns
    -------
    ndarray of bool, shape (draws, radars)
        A radar's column depends on its name, its availability and the seed alone; with a greater
        availability it is up in the same draws and more.

    Raises
    ------
    UsageError
        An availability that is no share, or no draw.
    """
    if draws < 1:
        raise UsageError(f"{draws} draws tell nothing; give one at least")
    up = np.ones((draws, len(radars)), np.bool_)
    for column, name in enumerate(radars):
        if name not in availability:
            continue
        share = availability[name]
        if not 0.0 < share <= 1.0:
            raise UsageError(
                f"radar {name!r} is up {share!r} of the time; give a share above 0 to 1, and leave "
                "out one that is never up"
            )
        digest = hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
        stream = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))
        up[:, column] = stream.random(draws) < share
    return up


def expected_answers(
    game: CoverGame,
    radars: Collection[str],
    availability: Mapping[str, float],
    *,
    draws: int = 500,
    seed: int = 0,
) -> tuple[ExpectedAnswer, ...]:
    """Answer everything asked over time, with these radars only, each up at times.

    Parameters
    ----------
    game : CoverGame
    radars : collection of str
    availability, draws, seed
        As :func:`draw_states` takes them.

    Returns
    -------
    tuple of ExpectedAnswer
        In the order of :meth:`CoverGame.answers`.
    """
    chosen = [name for name in game.radars if name in set(radars)]
    if len(chosen) < len(set(radars)):
        game.answers(radars)  # tells which of them nobody surveyed
    up = draw_states(chosen, availability, draws=draws, seed=seed)
    states, which = np.unique(up, axis=0, return_inverse=True)
    found = [
        game.answers([name for name, is_up in zip(chosen, state, strict=True) if is_up])
        for state in states
    ]
    which = which.reshape(-1)
    return tuple(_over_time([answers[k] for answers in found], which) for k in range(len(found[0])))


def _over_time(answers: Sequence[Answer], which: NDArray[np.intp]) -> ExpectedAnswer:
    """One requirement: its answer in each state, and the state of each draw."""
    one = answers[0]
    holds = np.array([answer.verdict == "holds" for answer in answers])[which]
    fails = np.array([answer.verdict == "fails" for answer in answers])[which]
    low, high = (
        np.array([math.nan if figure is None else figure for figure in figures])[which]
        for figures in ([a.low for a in answers], [a.high for a in answers])
    )
    surely, perhaps = float(holds.mean()), float(1.0 - fails.mean())
    spread = max(surely * (1.0 - surely), perhaps * (1.0 - perhaps))
    return ExpectedAnswer(
        name=one.name,
        kind=one.kind,
        asked=one.asked,
        unit=one.unit,
        holds_share=surely,
        may_hold_share=perhaps,
        holds_error=_SURE * math.sqrt(spread / which.size),
        low=_mean(low),
        high=_mean(high),
        low_bad=_bad(low),
        high_bad=_bad(high),
        low_runs=low,
        high_runs=high,
    )


def _mean(runs: NDArray[np.float64]) -> float | None:
    return None if np.isnan(runs).any() else float(runs.mean())


def _bad(runs: NDArray[np.float64]) -> float | None:
    if np.isnan(runs).any():
        return None
    return float(np.quantile(runs, BAD_SHARE, method="inverted_cdf"))
