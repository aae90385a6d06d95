"""Raw recordings: ASTERIX data blocks one after the other, nothing between them.

A raw file has no marks to hold on to, so a damaged length or a recorder's trailer throws a naive
reader off for the rest of the file. This one believes a header only when the block ends where
another believable header stands; when the chain breaks it looks for the next place from which
several blocks of categories already met follow each other, and notes what it stepped over.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.errors import FormatError
from airshield.read import _kernels
from airshield.read.frames import Datagram, Ledger
from airshield.read.reader import NO_TIME, Split, Splitter

PUBLISHED_CATEGORIES: Final = (
    *(1, 2, 3, 4, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20, 21, 23, 25, 30, 31, 32, 34, 48),
    *(62, 63, 65, 129, 150, 205, 240, 247, 252),
)
"""Categories that EUROCONTROL lists or that recorders are known to write. A file must begin with
one of these; later on any category is taken whose chain holds."""

CHAIN_TO_RESYNC: Final = 4
"""Blocks that must follow each other before a place inside a damaged file is believed. Four
chance headers of one category in a row: (1/256)^4 times the odds of the lengths."""

CHAIN_TO_BEGIN: Final = 8
CHAIN_TO_BEGIN_LATE: Final = 16
"""The same at the start of a file, and after a start that is not ASTERIX: there no category has
been met yet, so some thirty of 256 octets look right."""

SEARCH_AT_START: Final = 65_536
"""A file whose head is damaged is still read when blocks begin within this many octets."""


def splitter() -> Splitter:
    """Make a splitter for one stream of data blocks: a raw file, or TCP."""
    return _Chain()


class _Chain:
    """Blocks one after the other, found again where the chain breaks."""

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        known = _published()
        begins = np.empty(octets.size // 3 + 1, np.int64)
        stops = np.empty(octets.size // 3 + 1, np.int64)
        count = at = 0
        while True:
            before = count
            count, at = _kernels.walk_blocks(octets, at, known, begins, count)
            if count > before:
                stops[before : count - 1], stops[count - 1] = begins[before + 1 : count], at
            if at == octets.size or (not last and _is_cut_block(octets, at, known)):
                break
            resumed = int(_kernels.find_chain(octets, at, octets.size, known, CHAIN_TO_RESYNC))
            if resumed == octets.size and not last:
                break
            ledger.reject(base + at, octets[at:resumed].data, "no data block begins here")
            at = resumed
        first = begins[:count]
        ledger.frames += count
        ledger.octets += int((stops[:count] - first).sum())
        return Split(octets, first, stops[:count], base + first, np.full(count, NO_TIME), at)


def find_start(octets: NDArray[np.uint8], *, name: str) -> int:
    """Find where the blocks begin: 0 in a whole file.

    Raises
    ------
    FormatError
        These octets are no chain of data blocks.
    """
    known = _published()
    if not _is_text(octets):
        count, end = _chain_length(octets, 0, known, CHAIN_TO_BEGIN)
        whole = count >= CHAIN_TO_BEGIN or (count > 0 and end == octets.size)
        if whole or (count > 0 and _is_cut_block(octets, end, known)):
            return 0
        limit = min(octets.size, SEARCH_AT_START)
        start = int(_kernels.find_chain(octets, 1, limit, known, CHAIN_TO_BEGIN_LATE))
        count, _ = _chain_length(octets, start, known, CHAIN_TO_BEGIN_LATE)
        if start < limit and count >= CHAIN_TO_BEGIN_LATE:
            return start
    cut = _is_cut_block(octets, 0, known)
    begins = f"begins with {bytes(octets[:8]).hex(' ')}"
    raise FormatError(
        file=name,
        offset=0,
        what=f"no whole ASTERIX data block ({_describe_cut(octets, 0) if cut else begins})",
        remedy="give a raw ASTERIX file, a pcap or a pcapng, whole; recorder formats (Final, RFF, "
        "GPS) must be exported to one of these",
    )


def walk_raw(octets: NDArray[np.uint8], ledger: Ledger, *, batch: int) -> Iterator[list[Datagram]]:
    """Give the blocks of a raw file, ``batch`` at a time, and note the rest in ``ledger``."""
    at = find_start(octets, name=ledger.source.removeprefix("file:"))
    data = octets.data
    if at:
        ledger.reject(0, data[:at], "no data block begins here")
    known, published = np.zeros(256, np.bool_), _published()
    known[octets[at]] = True

    # One begin more than a batch: the last block is believed only once its successor is.
    begins = np.empty(batch + 1, np.int64)
    count = 0
    while True:
        count, at = _kernels.walk_blocks(octets, at, known, begins, count)
        if count == begins.size:
            yield _blocks(data, begins[:batch], int(begins[batch]), ledger)
            begins[0], count = begins[batch], 1
            continue
        if at == octets.size:
            break
        if _is_new_category(octets, at, known | published):
            known[octets[at]] = True
            continue

        last = int(begins[count - 1]) if count else at
        resumed = int(_kernels.find_chain(octets, last + 1, octets.size, known, CHAIN_TO_RESYNC))
        if resumed < at:  # the last block's own length was wrong: it holds blocks inside
            count -= 1
            reason, lost = "the length of this block leads nowhere", last
        elif resumed == octets.size and _is_cut_block(octets, at, known | published):
            reason, lost = _describe_cut(octets, at), at
        else:
            reason, lost = "no data block begins here", at
        if count:
            yield _blocks(data, begins[:count], lost, ledger)
            count = 0
        ledger.reject(lost, data[lost:resumed], reason)
        if resumed == octets.size:
            return
        at = resumed
    if count:
        yield _blocks(data, begins[:count], octets.size, ledger)


def _published() -> NDArray[np.bool_]:
    known = np.zeros(256, np.bool_)
    known[list(PUBLISHED_CATEGORIES)] = True
    return known


def _blocks(
    data: memoryview, begins: NDArray[np.int64], end: int, ledger: Ledger
) -> list[Datagram]:
    edges = [*begins.tolist(), end]
    ledger.frames += len(begins)
    ledger.octets += end - edges[0]
    return [Datagram(begin, None, bytes(data[begin:stop])) for begin, stop in pairwise(edges)]


def _chain_length(
    octets: NDArray[np.uint8], at: int, known: NDArray[np.bool_], enough: int
) -> tuple[int, int]:
    """Count blocks in a row from ``at``, up to ``enough``; and where the last ends."""
    count, end = _kernels.walk_blocks(octets, at, known, np.empty(enough, np.int64), 0)
    return int(count), int(end)


def _is_new_category(octets: NDArray[np.uint8], at: int, believed: NDArray[np.bool_]) -> bool:
    """Tell whether blocks follow each other from here, given that this category exists."""
    is_published = believed[octets[at]]
    believed[octets[at]] = True
    count, end = _chain_length(octets, at, believed, CHAIN_TO_RESYNC)
    if count >= CHAIN_TO_RESYNC or (count > 0 and end == octets.size):
        return True
    return bool(count > 0 and is_published and _is_cut_block(octets, end, believed))


def _is_cut_block(octets: NDArray[np.uint8], at: int, known: NDArray[np.bool_]) -> bool:
    """Tell whether the octets end within a block that begins here."""
    left = octets.size - at
    if not left or not known[octets[at]]:
        return False
    return left < 3 or _announced(octets, at) > left


def _describe_cut(octets: NDArray[np.uint8], at: int) -> str:
    left = octets.size - at
    if left < 3:
        return f"the file ends within a block's header ({left} of 3 octets)"
    return (
        f"the file ends within a block: category {octets[at]:03d} announces "
        f"{_announced(octets, at)} octets, {left} are left"
    )


def _announced(octets: NDArray[np.uint8], at: int) -> int:
    return (int(octets[at + 1]) << 8) | int(octets[at + 2])


def _is_text(octets: NDArray[np.uint8]) -> bool:
    """Tell whether a file is text: ASTERIX never goes a kilobyte without a control octet."""
    head = octets[:1024]
    printable = (head >= 0x20) & (head < 0x7F) | (head == 0x09) | (head == 0x0A) | (head == 0x0D)
    return bool(printable.all())
