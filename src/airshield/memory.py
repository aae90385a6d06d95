"""Memory for arrays of a hundred megabytes, as the system gives it most cheaply.

NumPy asks the system for pages of 2 MB where an array is large. Where the machine has them at hand
they cost half of what pages of 4 kB do; where it has to look for them, or is a guest whose host has
not given it that memory yet, they cost eight times as much: a gigabyte took 0.2 to 3.4 s in large
pages and 0.4 s in small ones, on one machine within one minute. So a survey that makes three
gigabytes of maps took from 5 to 11 s of processor time for nothing but pages. Here the system is
asked for memory and left to choose.
"""

from __future__ import annotations

import math
import mmap
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

LARGE_BYTES: Final = 1 << 22
"""From here on NumPy asks for large pages."""


def zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Array of zeros in C order; pages that nobody writes to take no memory.

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
    room = mmap.mmap(-1, octets, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(room, kind).reshape(shape)


def full(shape: tuple[int, ...], value: float, dtype: DTypeLike) -> NDArray[Any]:
    """Array of one value in C order.

    Examples
    --------
    >>> full((2,), 7, np.int16).tolist()
    [7, 7]
    """
    out = zeros(shape, dtype)
    out.fill(value)
    return out
