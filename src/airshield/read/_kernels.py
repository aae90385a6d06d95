"""Compiled loops of framing: chains of ASTERIX data blocks in a raw file.

A data block is a category octet, two octets of length (big endian, counting all of the block)
and records. There is no synchronisation mark: a file is a chain in which each length leads to
the next category.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

U1 = NDArray[np.uint8]
I8 = NDArray[np.int64]
B1 = NDArray[np.bool_]


@kernel
def walk_blocks(octets: U1, at: int, known: B1, begins: I8, count: int) -> tuple[int, int]:
    """Note where blocks begin, until ``begins`` is full, the octets end or a header is not right.

    A header is right when its category is ``known``, its length is at least its own three octets
    and the block ends within the octets. Gives how many begins there are now, and where it stopped.
    """
    size = octets.size
    while count < begins.size and at + 3 <= size:
        length = (int(octets[at + 1]) << 8) | int(octets[at + 2])
        if not known[octets[at]] or length < 3 or at + length > size:
            break
        begins[count] = at
        count += 1
        at += length
    return count, at


@kernel
def find_chain(octets: U1, at: int, end: int, known: B1, enough: int) -> int:
    """Find the first place in [at, end) where ``enough`` blocks, or blocks to the very end, follow.

    Gives ``end`` where there is none.
    """
    size = octets.size
    while at < end:
        if known[octets[at]]:
            here = at
            count = 0
            while count < enough and here + 3 <= size:
                length = (int(octets[here + 1]) << 8) | int(octets[here + 2])
                if not known[octets[here]] or length < 3 or here + length > size:
                    break
                count += 1
                here += length
            if count >= enough or (count > 0 and here == size):
                return at
        at += 1
    return end
