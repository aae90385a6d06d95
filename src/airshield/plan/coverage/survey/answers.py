"""Requirements of cover, answered with bounds: unknown ground is neither seen nor missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from airshield.plan.coverage.network import AREA, PEOPLE, SITES, Groups, Layer
from airshield.plan.coverage.network.cover import mask_of

Verdict = Literal["holds", "fails", "unknown"]
OF: Final = {"territory": AREA, "people": PEOPLE, "sites": SITES}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverAsked:
    """A share of a territory, its people or its sites that radars must see.

    Attributes
    ----------
    name : str
    of : str
        'territory', 'people' or 'sites'.
    layer : Layer
    share : float
        Asked for, 0 to 1.
    radars : int
        By so many radars at least.
    without_any_one : bool
        Whichever single radar is away.
    area : shapely geometry or None
        Longitude and latitude [deg]; None is the survey's territory.
    """

    name: str
    of: str
    layer: Layer
    share: float
    radars: int = 1
    without_any_one: bool = False
    area: BaseGeometry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a requirement.

    ``low`` is what is surely reached and ``high`` what would be reached if all that is unknown
    turned out well; both are None where there is nothing to share (no people told, no site inside).
    ``without`` is the radar whose absence is the worst, where that was asked. ``asked`` and both
    figures are in ``unit``.
    """

    name: str
    kind: str
    verdict: Verdict
    asked: float
    low: float | None
    high: float | None
    unit: str
    without: str | None = None


def share_bounds(
    groups: Groups, active: Iterable[str], *, of: int = AREA, radars: int = 1
) -> tuple[float, float]:
    """Share that at least so many radars see: surely, and if all unknown ground lets them.

    Places where the layer lies below the ground are left out. NaN, both, where nothing weighs.
    """
    mask = mask_of(groups.radars, active)
    weights = groups.weights[:, of]
    whole = weights.sum()
    if not whole > 0.0 or not groups.known[of]:
        return np.nan, np.nan

    def share(bits: NDArray[Any]) -> float:
        many = np.bitwise_count(bits & mask).sum(axis=1)
        return float(weights[many >= radars].sum() / whole)

    return share(groups.bits), share(groups.bits | groups.unknown)


def answer_cover(asked: CoverAsked, groups: Groups) -> Answer:
    """Answer a requirement from the groups of its layer and area."""
    of = OF[asked.of]
    everybody = list(groups.radars)
    sets: list[tuple[str | None, list[str]]] = [(None, everybody)]
    if asked.without_any_one:
        sets = [(name, [r for r in everybody if r != name]) for name in everybody] or sets
    found = [
        (*share_bounds(groups, active, of=of, radars=asked.radars), name) for name, active in sets
    ]
    return answer_shares(asked, found)


def answer_shares(asked: CoverAsked, found: Sequence[tuple[float, float, str | None]]) -> Answer:
    """Answer a requirement from the shares reached, surely and perhaps, without each radar in turn.

    NaN where nothing weighs.
    """
    low, _, without = min(found, key=lambda one: one[:2])
    if np.isnan(low):
        return Answer(
            name=asked.name, kind="cover", verdict="unknown", asked=asked.share, low=None,
            high=None, unit="share",
        )  # fmt: skip
    # It fails as soon as one absence surely makes it fail.
    worst_high = min(one[1] for one in found)
    verdict: Verdict = (
        "holds" if low >= asked.share else "fails" if worst_high < asked.share else "unknown"
    )
    return Answer(
        name=asked.name, kind="cover", verdict=verdict, asked=asked.share, low=low,
        high=worst_high, unit="share", without=without,
    )  # fmt: skip
