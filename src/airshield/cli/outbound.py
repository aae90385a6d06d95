"""Tracks to a raw ASTERIX file, as a system would send them."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyarrow as pa

from airshield.cli.output import check_writable, writing
from airshield.config import Shield
from airshield.errors import UsageError
from airshield.share import Outbound, SystemTrackWriter

ASTERIX_SUFFIX: Final = ".ast"


class AsterixFile:
    """A raw file of CAT062 with the ends of batches (CAT065), which appears when it is whole.

    Raises
    ------
    UsageError
        The shield does not say under which codes its system sends, or the folder is not there.
    """

    def __init__(self, to: Path, shield: Shield) -> None:
        if shield.system is None:
            raise UsageError(
                f"--to {to}: ASTERIX names its sender; add a [system] table with sac and sic to "
                f"{shield.folder / 'shield.toml'}"
            )
        check_writable(to, option="--to")
        self._to = to
        self._part = to.with_name(f".{to.name}.part")
        self._writer = SystemTrackWriter(sac=shield.system.sac, sic=shield.system.sic)
        self._file = self._part.open("wb")
        self.left_out: Counter[str] = Counter()
        """Items that could not be told, by reason."""

    def write(self, _name: str, tracks: pa.Table) -> None:
        """Add TRACK rows."""
        self._put(self._writer.feed(tracks))

    def close(self) -> None:
        """Finish the file."""
        self._put(self._writer.finish())
        with writing(self._to):
            self._file.close()
            self._part.replace(self._to)

    def discard(self) -> None:
        """Leave nothing behind of what was not finished."""
        # What the buffer still holds may not fit on the disk; it is not wanted.
        with suppress(OSError):
            self._file.close()
        self._part.unlink(missing_ok=True)

    def _put(self, made: Outbound) -> None:
        with writing(self._to):
            self._file.write(made.octets)
        self.left_out.update(made.left_out)
