"""What each source said last, for records that lean on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield.read.asterix.reports.rows import I8


class LastWords:
    """The last word of each source on one matter, in order of arrival.

    Parameters
    ----------
    name : str
        What the arrays of :meth:`snapshot` are named after.
    nothing : sequence of numbers
        What :meth:`recall` answers for a source that has not spoken: as many as a word has.
    """

    def __init__(self, name: str, nothing: NDArray[Any]) -> None:
        self._name, self._nothing = name, nothing
        self._words: dict[int, NDArray[Any]] = {}

    def recall(
        self,
        asking: I8,
        asking_at: I8,
        *,
        told: I8,
        told_at: I8,
        words: NDArray[Any],
    ) -> NDArray[Any]:
        """Return what each asking source said last, and keep what it says now.

        Parameters
        ----------
        asking, told : ndarray, shape (n,) and (m,)
            Sources that ask and that tell.
        asking_at, told_at : ndarray, shape (n,) and (m,)
            When: places in the order of arrival, ``told_at`` ascending.
        words : ndarray, shape (m, k)
            What they tell.

        Returns
        -------
        ndarray, shape (n, k)
        """
        out = np.tile(self._nothing, (asking.size, 1))
        for source in np.unique(asking).tolist():
            mine, theirs = asking == source, np.flatnonzero(told == source)
            before = self._words.get(source, self._nothing)
            latest = np.searchsorted(told_at[theirs], asking_at[mine])
            out[mine] = np.concatenate([before[None], words[theirs]])[latest]
        for source in np.unique(told).tolist():
            self._words[source] = words[np.flatnonzero(told == source)[-1]]
        return out

    def tell(self, source: int, word: NDArray[Any]) -> None:
        """Keep a word that comes from elsewhere."""
        self._words[source] = word

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state, for :meth:`restore`."""
        sources = sorted(self._words)
        words = [self._words[source] for source in sources]
        return {
            f"{self._name}_source": np.array(sources, np.int64),
            f"{self._name}_word": np.array(words, self._nothing.dtype).reshape(
                len(sources), self._nothing.size
            ),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        sources = state[f"{self._name}_source"].tolist()
        self._words = dict(zip(sources, state[f"{self._name}_word"], strict=True))
