"""The alias table: which of our tracks a foreign system's track number stands for."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from airshield.errors import UsageError

ALIAS: Final = np.dtype(
    [
        ("used", "i8"),  # 0: nothing was ever here
        ("source", "i8"),  # the caller's number for the source
        ("number", "i8"),  # the source's number for the track
        ("t", "f8"),  # last used
        ("slot", "i8"),  # where our track is kept, -1 while not bound
        ("track", "i8"),  # its number, 0 while not bound
        ("misfits", "i8"),  # reports in a row that did not fit it
        ("next_track", "i8"),  # while not bound: the track that the last report fitted
        ("fits", "i8"),  # and how many in a row
    ]
)


def make_aliases(capacity: int) -> Any:
    """Make an empty table; ``tobytes`` is its snapshot.

    Parameters
    ----------
    capacity : int
        A power of two; twice the tracks of all sources together leaves room enough.
    """
    if capacity <= 0 or capacity & (capacity - 1):
        raise UsageError(f"the alias table's capacity must be a power of two, got {capacity}")
    return np.zeros(capacity, ALIAS).view(np.recarray)
