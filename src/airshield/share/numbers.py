"""Sixteen bits for tracks whose own numbers have sixty-four (I062/040)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airshield.share import _kernels

NUMBERS: Final = 1 << 16

_LIFE: Final = np.dtype(
    [
        ("track", "u8"),
        ("t_first_ns", "i8"),
        ("code", "i4"),  # last Mode 3/A code known
        ("status", "i4"),  # of the last row
        ("following", "i4"),  # next number in the same bucket
    ]
)
_RING: Final = np.dtype([("first", "i8"), ("count", "i8")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """What the numbers know about some rows; all arrays of shape (rows,)."""

    number: NDArray[np.int32]
    """0 to 65535; -1 where every number is taken."""
    before: NDArray[np.int32]
    """Place in TRACK_STATUSES of the track's row before; -1 where this is its first."""
    age_ns: NDArray[np.int64]
    """Since the track's first row."""
    is_changed: NDArray[np.uint8]
    """1 where the Mode 3/A code is another than the last one known."""


class TrackNumbers:
    """Gives every live track one of 65,536 numbers, and takes it back when the track ends.

    The numbers wait in a queue: 1, 2, … 65535, 0 at first (some displays take 0 for none, so it
    comes last), and a number that is given back goes to the end. So a number is used again as late
    as can be: after as many new tracks as numbers were free.
    """

    def __init__(self) -> None:
        self._lives = np.zeros(NUMBERS, _LIFE).view(np.recarray)
        self._heads = np.full(NUMBERS, _kernels.NOBODY, np.int32)
        self._free = np.roll(np.arange(NUMBERS, dtype=np.int32), -1)
        self._ring = np.zeros(1, _RING).view(np.recarray)
        self._ring.count = NUMBERS

    @property
    def live(self) -> int:
        """How many tracks have a number."""
        return NUMBERS - int(self._ring.count[0])

    def give(
        self,
        track: NDArray[np.uint64],
        t_ns: NDArray[np.int64],
        status: NDArray[np.int32],
        code: NDArray[np.int32],
    ) -> Numbered:
        """Number the rows of TRACK in their order; ``code`` is -1 where unknown."""
        rows = track.size
        number, before = np.empty(rows, np.int32), np.empty(rows, np.int32)
        age_ns, is_changed = np.empty(rows, np.int64), np.empty(rows, np.uint8)
        # Arrow's arrays may not be written to, NumPy's may: to the compiler that is two types.
        _kernels.number_tracks(
            np.array(track), np.array(t_ns), status, code,
            self._lives, self._heads, self._free, self._ring[0],
            number, before, age_ns, is_changed,
        )  # fmt: skip
        return Numbered(number=number, before=before, age_ns=age_ns, is_changed=is_changed)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Return who has which number, and in which order the others wait."""
        ring = self._ring[0]
        waiting = np.roll(self._free, -int(ring.first))[: int(ring.count)]
        taken = np.setdiff1d(np.arange(NUMBERS, dtype=np.int32), waiting)
        lives = self._lives[taken]
        return {
            "free": waiting.astype(np.uint16),
            "number": taken.astype(np.uint16),
            **{name: np.array(lives[name]) for name in ("track", "t_first_ns", "code", "status")},
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over what :meth:`snapshot` gave."""
        taken = np.asarray(state["number"], np.int64)
        waiting = np.asarray(state["free"], np.int32)
        self._free[: waiting.size] = waiting
        self._ring.first, self._ring.count = 0, waiting.size
        self._heads[:] = _kernels.NOBODY
        for name in ("track", "t_first_ns", "code", "status"):
            self._lives[name][taken] = state[name]
        for number in taken.tolist():
            _kernels.hang(self._lives, self._heads, number)
