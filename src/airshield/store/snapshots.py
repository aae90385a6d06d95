"""Snapshots: what the stages of a watch know at one place of the journal."""

from __future__ import annotations

import io
import logging
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.errors import StoreError, UsageError
from airshield.store import disk

_log = logging.getLogger(__name__)

KEPT: Final = 2
"""The newest, and one to fall back to should the disk have spoiled it."""

_KINDS: Final = "biufU"
"""Array kinds that a snapshot holds: booleans, integers, floats and fixed-width text."""


class Snapshots:
    """States of a watch in a folder, each tied to a place in the journal.

    A state is a mapping of names to NumPy arrays of booleans, numbers or fixed-width text. Nothing
    is pickled. The file's name carries the frame and the CRC-32 of its contents.

    Parameters
    ----------
    folder : str or Path
        Made if need be; may be shared with nothing else.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        disk.make_folder(self.folder)
        disk.sweep(self.folder)

    def save(self, frame: int, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Save the state in which every frame below ``frame`` has been worked in, and no other.

        Raises
        ------
        UsageError
            An array of objects, or of another kind that has no plain form on disk.
        StoreError
            The disk is full or the folder cannot be written; the older snapshots remain.
        """
        for name, values in state.items():
            if values.dtype.kind not in _KINDS:
                raise UsageError(f"snapshot: {name} is of type {values.dtype}, which is not kept")
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **dict(state))
        data = buffer.getbuffer()
        saved = self.folder / f"state-{frame:020d}-{zlib.crc32(data):08x}.npz"
        disk.write_whole(saved, data)
        # One that is further on was passed over when this run was loaded: damaged, or not ours.
        paths = self._paths()
        ahead = paths[paths.index(saved) + 1 :]
        for path in [*paths[: -len(ahead) - KEPT], *ahead]:
            disk.remove(path)

    def load(
        self, *, not_after: int | None = None
    ) -> tuple[int, dict[str, NDArray[np.generic]]] | None:
        """Return the newest whole snapshot as (frame, state), or None if there is none.

        Parameters
        ----------
        not_after : int, optional
            The journal's end: a snapshot that is ahead of it does not belong to it.
        """
        for path in reversed(self._paths()):
            _, frame, crc = path.stem.split("-")
            data = path.read_bytes()
            if zlib.crc32(data) != int(crc, 16):
                _log.warning("%s is damaged; going on from an older snapshot", path)
                continue
            if not_after is not None and int(frame) > not_after:
                _log.warning("%s is ahead of the journal; going on from an older snapshot", path)
                continue
            try:
                with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                    return int(frame), {name: arrays[name] for name in arrays.files}
            except (ValueError, zipfile.BadZipFile) as error:
                raise StoreError(f"{path}: not a snapshot ({error}); move it away") from error
        return None

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("state-*.npz"))
