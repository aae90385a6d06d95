"""Memory for arrays of a hundred megabytes, as the system gives it most cheaply.

NumPy asks the system for pages of 2 MB where an array is large. Where the machine has them at hand
they cost half of what pages of 4 kB do; where it has to look for them, or (so it seems) is a guest
whose host has not given it that memory yet, they cost eight times as much: a gigabyte took 0.2 to
3.4 s in large pages and 0.4 s in small ones, on one machine within one minute. So a survey that
makes three gigabytes of maps took from 5 to 11 s of processor time for nothing but pages. Here the
system is asked for memory and left to choose, unless the caller knows better: maps that are written
whole, once, are 2.4 s of 10.9 cheaper in large pages on a quiet machine, and where large ones are
dear small ones are so too; what is made and given back again and again is dearer in them.
"""

from __future__ import annotations

import math
import mmap
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

LARGE_BYTES: Final = 1 << 22
"""From here on NumPy asks for large pages."""

_ALIGNED: Final = 64
_spare: Final[list[NDArray[np.uint8]]] = []
_lock: Final = threading.Lock()


def zeros(
    shape: tuple[int, ...], dtype: DTypeLike, *, is_sparse: bool = False, in_large: bool = False
) -> NDArray[Any]:
    """Array of zeros in C order; pages that nobody writes to take no memory.

    ``is_sparse``: most are never written to, so nothing spare is taken for them (``made_of``).
    ``in_large``: all of it will be written to and kept, so large pages are asked for.

    Examples
    --------
    >>> zeros((2, 3), np.uint8).tolist()
    [[0, 0, 0], [0, 0, 0]]
    """
    kind = np.dtype(dtype)
    octets = math.prod(shape) * kind.itemsize
    # Elsewhere than on Linux NumPy asks for nothing.
    if octets < LARGE_BYTES or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.zeros(shape, kind)
    found = None if is_sparse else _spare_octets(octets)
    if found is None:
        room = mmap.mmap(-1, octets, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if in_large:
            room.madvise(mmap.MADV_HUGEPAGE)
        return np.frombuffer(room, kind).reshape(shape)
    found.fill(0)
    return found.view(kind).reshape(shape)


@contextmanager
def made_of(arrays: Sequence[NDArray[Any]]) -> Iterator[None]:
    """Within, large arrays are made of the memory of others, which nobody may use any more.

    Pages that are given back and asked for anew cost four times what it takes to write zeros to
    them, and up to forty times that in a guest, it seems where its host has taken back what was
    free.
    """
    given = [array.reshape(-1).view(np.uint8) for array in arrays]
    with _lock:
        _spare.extend(given)
    try:
        yield
    finally:
        with _lock:
            _spare.clear()


def _spare_octets(octets: int) -> NDArray[np.uint8] | None:
    """So many octets of what is spare, if there are so many next to each other."""
    with _lock:
        for at, room in enumerate(_spare):
            if room.size >= octets:
                _spare[at] = room[-(-octets // _ALIGNED) * _ALIGNED :]
                return room[:octets]
    return None


def full(
    shape: tuple[int, ...], value: float, dtype: DTypeLike, *, in_large: bool = False
) -> NDArray[Any]:
    """Array of one value in C order.

    Examples
    --------
    >>> full((2,), 7, np.int16).tolist()
    [7, 7]
    """
    out = zeros(shape, dtype, in_large=in_large)
    out.fill(value)
    return out
