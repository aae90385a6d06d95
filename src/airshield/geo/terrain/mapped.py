"""Heights that lie in a file as they lie in memory: its pages are taken as they are.

A GeoTIFF of 32-bit floats that is not compressed, in strips one behind the other (what GDAL writes
where it is not told otherwise), is an array in C order behind some octets. To read 77 MB of it took
58 ms of processor time, half of that for new pages; to look at the system's own copy of the file
takes 4.

References: TIFF Revision 6.0 (Adobe, 1992), sections 2 and 8 (BigTIFF: libtiff's description).
"""

from __future__ import annotations

import mmap
import struct
import sys
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield import memory

F4 = NDArray[np.float32]

# Tags that decide how the heights lie in the file, and what they must say; 1 where untold.
_WIDTH, _LENGTH, _OFFSETS, _COUNTS, _TILES = 256, 257, 273, 279, 324
_MUST: Final = {258: (32,), 259: (1,), 277: (1,), 339: (3,)}
"""32 bits, not compressed, one sample, floating-point numbers."""
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 16: 8}
_CODES: Final = {1: "u1", 3: "u2", 4: "u4", 16: "u8"}


class _Entry(NamedTuple):
    kind: int
    many: int
    at: int
    """Where in the file its values are."""


def mapped_m(path: Path, rows: int, cols: int) -> F4 | None:
    """The raw values of a raster's file; None where they do not lie there as an array.

    Not copied, but for those that begin between two numbers' places, as in every other file.

    What is written to the array stays in memory. The file must not become shorter while it is used.
    """
    try:
        with path.open("rb") as file:
            octets = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except (OSError, ValueError):
        return None
    try:
        start = _start(octets, rows, cols)
    except (struct.error, ValueError, OverflowError):
        start = None
    if start is None:
        octets.close()
        return None
    if start % 4:
        room: F4 = memory.zeros((rows, cols), np.float32)
        room.reshape(-1).view(np.uint8)[:] = np.frombuffer(octets, np.uint8, room.nbytes, start)
        return room
    return np.frombuffer(octets, np.float32, rows * cols, start).reshape(rows, cols)


def _start(octets: mmap.mmap, rows: int, cols: int) -> int | None:
    """Where the array begins; None where there is none."""
    order = {"little": b"II", "big": b"MM"}[sys.byteorder]
    version = struct.unpack_from("=H", octets, 2)[0]
    if octets[:2] != order or version not in (42, 43):
        return None
    entries = _entries(octets, is_big=version == 43)

    def told(tag: int) -> NDArray[np.int64] | None:
        entry = entries.get(tag)
        if entry is None or entry.kind not in _CODES:
            return None
        found = np.frombuffer(octets, f"={_CODES[entry.kind]}", entry.many, entry.at)
        return found.astype(np.int64)

    for tag, must in {**_MUST, _WIDTH: (cols,), _LENGTH: (rows,)}.items():
        found = told(tag)
        if (tuple(found.tolist()) if found is not None else (1,)) != must:
            return None
    offsets, counts = told(_OFFSETS), told(_COUNTS)
    if _TILES in entries or offsets is None or counts is None or offsets.size != counts.size:
        return None
    start, size = int(offsets[0]), 4 * rows * cols
    is_one_piece = bool((offsets[1:] == offsets[:-1] + counts[:-1]).all())
    if not is_one_piece or int(counts.sum()) != size or start + size > len(octets):
        return None
    return start


def _entries(octets: mmap.mmap, *, is_big: bool) -> dict[int, _Entry]:
    """The first directory of a file: where the values of each tag are."""
    pointer, many, entry = ("=Q", "=Q", "=HHQ") if is_big else ("=I", "=H", "=HHI")
    at = struct.unpack_from(pointer, octets, 8 if is_big else 4)[0]
    number = struct.unpack_from(many, octets, at)[0]
    at += struct.calcsize(many)
    inline = struct.calcsize(pointer)
    found = {}
    for _ in range(number):
        tag, kind, count = struct.unpack_from(entry, octets, at)
        values = at + struct.calcsize(entry)
        at = values + inline
        if _SIZES.get(kind, inline + 1) * count > inline:
            values = struct.unpack_from(pointer, octets, values)[0]
        found[tag] = _Entry(kind, count, values)
    return found
