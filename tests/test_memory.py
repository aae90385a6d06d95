"""Large arrays: zeros, and of the memory of others where those are done with."""

import numpy as np
import pytest

from airshield import memory

LARGE = memory.LARGE_BYTES


@pytest.mark.parametrize("octets", [16, LARGE + 40])
def test_arrays_are_zeros_and_may_be_written_to(octets):
    made = memory.zeros((octets // 8, 2), np.float32)
    assert made.shape == (octets // 8, 2)
    assert made.flags.c_contiguous
    assert not made.any()
    made[-1] = 7.0
    assert made.sum() == 14.0
    assert (memory.full((octets,), 3, np.uint8) == 3).all()


def test_arrays_are_made_of_the_memory_of_others_while_it_lasts():
    old = memory.full((3 * LARGE,), 9, np.uint8)
    with memory.made_of([old]):
        small = memory.zeros((8,), np.uint8)
        sparse = memory.zeros((LARGE,), np.uint8, is_sparse=True)
        first = memory.zeros((LARGE + 4,), np.uint8)
        second = memory.zeros((LARGE // 4, 1), np.float32)
        third = memory.zeros((LARGE,), np.uint8)
    after = memory.zeros((LARGE,), np.uint8)
    inside = [np.shares_memory(old, made) for made in (first, second)]
    assert inside == [True, True]
    assert not any(np.shares_memory(old, made) for made in (small, sparse, third, after))
    assert not np.shares_memory(first, second)
    assert second.ctypes.data % second.itemsize == 0
    for made in (first, second, third):
        assert not made.any()
