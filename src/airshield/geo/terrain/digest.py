"""A name for the content of a terrain: whatever is computed from it may be kept under that name.

Two terrains have the same digest only if they give the same heights. Small files count with every
byte. A large one counts with its size, its time of last change and a sample of its bytes: reading
gigabytes would take longer than what the cache saves. So a large file that was copied may look new
(and is computed again), but one that was edited never looks old.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from airshield.errors import MissingFileError
from airshield.geo.terrain.layer import Layer

RULES: Final = b"terrain 1"
"""To be counted up with any change of how heights come from rasters."""

WHOLE_BYTES: Final = 64 << 20
"""Files up to here count with every byte: a tenth of a second."""

SAMPLES: Final = 64
SAMPLE_BYTES: Final = 1 << 16


def digest_of(layers: Sequence[Layer]) -> str:
    """Name of the content of layers, 32 hexadecimal digits.

    Raises
    ------
    MissingFileError
        Where a file has gone since it was opened.
    """
    digest = hashlib.blake2b(RULES, digest_size=16)
    for layer in layers:
        digest.update(f"layer {layer.period} ".encode())
        for heights, row, col in layer.members:
            options = [
                getattr(heights, name, None) for name in ("nodata", "scale", "offset", "sea")
            ]
            # Where a file lies does not matter, what it says and how it is read does.
            digest.update(
                f"{row} {col} {heights.rows} {heights.cols} {heights.transform} {heights.crs} "
                f"{options} ".encode()
            )
            for file in heights.files:
                digest.update(_digest_of_file(file))
    return digest.hexdigest()


def _digest_of_file(file: str) -> bytes:
    try:
        told = os.stat(file)
    except OSError as why:
        raise MissingFileError(
            path=file, remedy="it was there when the terrain was opened; put it back"
        ) from why
    return _digest_of_bytes(file, told.st_size, told.st_mtime_ns, told.st_ino)


@lru_cache(maxsize=4096)
def _digest_of_bytes(file: str, size: int, mtime_ns: int, inode: int) -> bytes:
    """Digest of a file's content; the other arguments are there for the cache to notice changes."""
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    with Path(file).open("rb") as stream:
        if size <= WHOLE_BYTES:
            while part := stream.read(1 << 20):
                digest.update(part)
        else:
            digest.update(str(mtime_ns).encode())
            for k in range(SAMPLES):
                stream.seek(k * (size - SAMPLE_BYTES) // (SAMPLES - 1))
                digest.update(stream.read(SAMPLE_BYTES))
    return digest.digest()
