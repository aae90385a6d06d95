"""One requirement of cover, for any of the radars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from airshield.plan.coverage.network import AREA, Groups, merge_equal
from airshield.plan.coverage.network.cover import mask_of
from airshield.plan.coverage.survey import Answer, CoverAsked
from airshield.plan.coverage.survey.answers import OF, answer_shares

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]


class CoverPart:
    """One requirement of cover: which radars see what weighs something.

    Parameters
    ----------
    asked : CoverAsked
    groups : Groups
        Of its layer, over its area.
    cell_m2 : float
        Area of a cell [m²].
    """

    def __init__(self, asked: CoverAsked, groups: Groups, *, cell_m2: float) -> None:
        self._asked, self._radars = asked, groups.radars
        of = OF[asked.of]
        weights = groups.weights[:, of]
        if of == AREA:
            # Whole numbers of cells: their sums are exact, in any order.
            weights = np.round(weights / cell_m2)
        # What the other two weights tell apart is one here.
        words = groups.bits.shape[1]
        both, self._weights = merge_equal(np.hstack([groups.bits, groups.unknown]), weights)
        self._whole = float(self._weights.sum()) if groups.known[of] else 0.0
        self._sure = np.ascontiguousarray(both[:, :words])
        self._best = self._sure | both[:, words:]
        self._is_sure = bool((self._sure == self._best).all())

    def answer(self, active: Sequence[str]) -> Answer:
        """Answer it for some radars, in the order of the survey."""
        if not self._whole > 0.0:
            return answer_shares(self._asked, [(np.nan, np.nan, None)])
        mask = mask_of(self._radars, active)
        is_asked = self._asked.without_any_one and bool(active)
        names: list[str | None] = list(active) if is_asked else [None]
        low = self._shares(self._sure, mask, names)
        high = low if self._is_sure else self._shares(self._best, mask, names)
        return answer_shares(self._asked, list(zip(low, high, names, strict=True)))

    def _shares(self, bits: Words, mask: Words, without: list[str | None]) -> list[float]:
        """Share that enough of the radars see, without each of some of them in turn."""
        seen_by = bits & mask
        many = np.bitwise_count(seen_by).sum(axis=1)
        seen = float(self._weights[many >= self._asked.radars].sum())
        if without == [None]:
            return [seen / self._whole]
        # Of what just enough see, each of them takes away all that it sees itself.
        just = many == self._asked.radars
        bits_just, weights = seen_by[just], self._weights[just]
        out = []
        for name in without:
            assert name is not None, "either nobody is left out or each is in turn"
            own = (bits_just & mask_of(self._radars, [name])).any(axis=1)
            out.append((seen - float(weights[own].sum())) / self._whole)
        return out
