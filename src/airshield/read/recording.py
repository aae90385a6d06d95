"""One recording, whatever its container and format, as batches of frames.

Container and format are told by content, never by the file's name. A file is a container or bare:
a packet capture (``capture``), a recorder's own framing around data blocks (``recorders``), or a
stream of one of the formats that ``reader`` finds. Any of them may be compressed with gzip.

The file is read a window at a time: a day of a country's radars reads in
the memory of one window. A window grows only where not even one frame fits in it.

What a capture carries is told by its link type. Ethernet and the like carry ASTERIX, or the format
that is asked for: in UDP, where a frame is the payload, and in TCP, where each direction of each
connection that the format knows is a stream (``streams``). IEEE 802.11 and Bluetooth LE carry drone
identification (``remoteid``); a frame is then the whole packet, link layer first, and the reader
tells from it which it is.
"""

from __future__ import annotations

import datetime as dt
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.errors import FormatError, MissingFileError, UsageError
from airshield.read import capture, packets, raw, recorders
from airshield.read.frames import Ledger
from airshield.read.reader import Splitter, find_reader, frames_of, readers

BATCH_FRAMES: Final = 4096
"""Frames in a batch unless asked otherwise: some 250 KB of radar data."""

WINDOW_OCTETS: Final = 1 << 20
"""Octets that a splitter is given at a time."""

HEAD_OCTETS: Final = 1 << 16
"""Octets from which container and format are told."""

SURE_ENOUGH: Final = 0.2
"""A reader that is less sure than this does not have a file given to it."""

_GZIP_MAGIC: Final = b"\x1f\x8b"
_PACKED_OCTETS: Final = 1 << 18


class Cut(NamedTuple):
    """Where a recording was cut short, how many octets are left of it, and what is wrong."""

    offset: int
    octets: int
    reason: str


class Recording:
    """A recording that gives its frames in batches, and afterwards what it could not give.

    Iterating walks the file from its beginning, each time anew, and yields FRAME tables of at
    most ``batch`` rows: one frame per data block or line of a bare stream, one per payload of a
    capture. ``frame`` counts from 0, ``source`` is ``file:NAME``, ``offset`` is the place of the
    frame in the file (in the uncompressed stream of a compressed one), ``t_heard`` the time stamp
    of capture or recorder, null where there is none. Octets that are in no frame are rows of
    :meth:`rejects`, complete once the walk has come to its end, or counted as padding.

    Parameters
    ----------
    path : str or Path
        A recording in any format that has a reader, bare, captured or compressed.
    format : str, optional
        Name of the reader, such as ``'asterix'``; found from the file's head where not given.
    date : datetime.date, optional
        Day of the first frame: a recorder that stamps the time of day gives ``t_heard`` with it.
    batch : int
        Most frames in a table.

    Attributes
    ----------
    source : str
        ``file:`` and the file's name without folders.
    container : str
        ``'raw'``, ``'pcap'``, ``'pcapng'``, or one of ``recorders.RECORDERS``.
    format : str
        Name of the reader for the frames.
    is_compressed : bool
        Whether the file is a gzip stream.
    octets : int
        Size of the file.
    ledger : Ledger
        Counts of the latest walk: frames, octets in them, padding, packets, not UDP, reassembled.

    Raises
    ------
    MissingFileError
        Nothing is there.
    FormatError
        The file is empty, or no container or reader is sure of it; said at once, before any frame.
    UsageError
        There is no reader of that name.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        date: dt.date | None = None,
        batch: int = BATCH_FRAMES,
    ) -> None:
        if batch < 1:
            raise UsageError(f"batch must be at least 1, got {batch}")
        self.path = Path(path)
        self.batch = batch
        self.date = date
        self.source = f"file:{self.path.name}"
        if not self.path.exists():
            raise MissingFileError(path=str(path), remedy="give a recording")
        if not self.path.is_file():
            raise self._wrong("this is not a file", "give a recording")
        self.octets = self.path.stat().st_size
        if not self.octets:
            raise self._wrong("the file is empty", "copy the recording again")
        with self.path.open("rb") as file:
            self.is_compressed = file.read(2) == _GZIP_MAGIC
        with self._open() as octets:
            head = octets.window(0, HEAD_OCTETS)[0].tobytes()
            if not head:
                what = octets.damage or "the compressed stream is empty"
                raise self._wrong(what, "copy the recording again")
        self.container, self.format = self._recognise(head, format)
        self.ledger = Ledger(self.source)
        self._size = 0 if self.is_compressed else self.octets

    def __iter__(self) -> Iterator[pa.Table]:
        """Walk the file from its beginning, yielding FRAME tables."""
        self.ledger = ledger = Ledger(self.source)
        split = self._splitter()
        at, size, last, given = 0, WINDOW_OCTETS, False, 0
        with self._open() as octets:
            while not last:
                window, last = octets.window(at, size)
                found = split(window, base=at, last=last, ledger=ledger)
                if found.first.size:
                    frames = frames_of(found, source=self.source, first_frame=given)
                    for row in range(0, frames.num_rows, self.batch):
                        yield frames.slice(row, self.batch)
                given += found.first.size
                size = size if found.used else 2 * size
                at += found.used
            self._size = at
            if octets.damage:
                ledger.reject(at, b"", octets.damage)

    def rejects(self) -> pa.Table:
        """Return the REJECT table of the latest walk: what was no frame, where and why."""
        return self.ledger.rejects()

    def take_rejects(self) -> pa.Table:
        """Return the REJECT rows since the last time and forget them: damage may be long."""
        return self.ledger.take_rejects()

    def cut(self) -> Cut | None:
        """Tell whether the file ends in octets that are no whole frame: it was cut short.

        Known once a walk has come to its end; the whole frames before it have all been given.
        """
        ledger, end = self.ledger, self._size
        if not ledger.lost_because or ledger.lost_to != end:
            return None
        return Cut(ledger.lost_from, end - ledger.lost_from, ledger.lost_because)

    def _wrong(self, what: str, remedy: str) -> FormatError:
        return FormatError(file=str(self.path), offset=0, what=what, remedy=remedy)

    def _open(self) -> _Octets:
        return _Unzipped(self.path) if self.is_compressed else _Plain(self.path)

    def _recognise(self, head: bytes, wanted: str | None) -> tuple[str, str]:
        """Tell container and format from the file's first octets."""
        reader = None if wanted is None else find_reader(wanted).name
        container = packets.sniff_capture(head[:4])
        if container is not None:
            link = capture.check_head(head, container, name=str(self.path))
            return container, reader or ("remoteid" if link in capture.DRONE_LINKS else "asterix")
        if reader is None and raw.is_beyond_doubt(head):
            return "raw", "asterix"
        if reader in (None, "asterix"):
            container = recorders.sniff(head)
            if container is not None:
                return container, "asterix"
        if reader is not None:
            return "raw", reader
        sure = {name: find_reader(name).sniff(head) for name in readers()}
        best = max(sure, key=lambda name: sure[name], default="")
        if not best or sure[best] < SURE_ENOUGH:
            raise self._wrong(
                f"no format is sure of this file, which {_describe(head)}",
                f"name its format, one of {', '.join(sure)}; captures (pcap, pcapng) and files of "
                f"recorders ({', '.join(recorders.RECORDERS)}) are told by themselves",
            )
        return "raw", best

    def _splitter(self) -> Splitter:
        if self.container in packets.CONTAINERS:
            return capture.splitter(self.container, reader=find_reader(self.format))
        if self.container in recorders.RECORDERS:
            return recorders.splitter(self.container, date=self.date)
        return find_reader(self.format).splitter()


def read_frames(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    date: dt.date | None = None,
    batch: int = BATCH_FRAMES,
) -> Recording:
    """Open a recording: iterate it for FRAME tables, then ask it for ``rejects()``.

    Examples
    --------
    ::

        recording = read_frames("radar.pcap")
        for frames in recording:
            ...
        lost = recording.rejects()
    """
    return Recording(path, format=format, date=date, batch=batch)


class _Octets(Protocol):
    """The octets of a file, a window at a time."""

    damage: str
    """Why they end before their time; empty where they do not."""

    def __enter__(self) -> _Octets:
        """Open the file."""

    def __exit__(self, *_: object) -> None:
        """Close it."""

    def window(self, at: int, size: int) -> tuple[NDArray[np.uint8], bool]:
        """Give octets from ``at`` on, and whether they are the last. Never goes back."""


class _Plain:
    """A file as it lies on disk.

    Read, not mapped: the pages of a map count as the process's memory until the system takes them
    back, and a file larger than memory should not look as if it were in it.
    """

    damage = ""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._octets = path.stat().st_size
        self._file: BinaryIO

    def __enter__(self) -> _Plain:
        self._file = self._path.open("rb", buffering=0)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def window(self, at: int, size: int) -> tuple[NDArray[np.uint8], bool]:
        octets = os.pread(self._file.fileno(), min(size, self._octets - at), at)
        return np.frombuffer(octets, np.uint8), at + size >= self._octets


class _Unzipped:
    """The octets inside a gzip stream, of any number of members (RFC 1952)."""

    def __init__(self, path: Path) -> None:
        self.damage = ""
        self._path = path
        self._file: BinaryIO
        self._member = zlib.decompressobj(wbits=31)
        self._packed = b""
        self._held = b""
        self._at = 0
        self._ended = False

    def __enter__(self) -> _Unzipped:
        self._file = self._path.open("rb")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def window(self, at: int, size: int) -> tuple[NDArray[np.uint8], bool]:
        parts = [self._held[at - self._at :]]
        held = len(parts[0])
        while held <= size and not self._ended:
            parts.append(self._unpack(size + 1 - held))
            held += len(parts[-1])
        self._at, self._held = at, b"".join(parts)
        return np.frombuffer(self._held, np.uint8)[:size], held <= size

    def _unpack(self, most: int) -> bytes:
        """Give some more octets, none at the end or at damage."""
        packed = self._packed or self._file.read(_PACKED_OCTETS)
        if self._member.eof and packed.strip(b"\0"):
            self._member = zlib.decompressobj(wbits=31)
        if not packed or self._member.eof:
            self._ended = not packed
            self._packed = b""
            if not packed and not self._member.eof:
                self.damage = "the compressed stream is cut short"
            return b""
        try:
            octets = self._member.decompress(packed, most)
        except zlib.error as problem:
            self._ended, self.damage = True, f"the compressed stream is damaged here ({problem})"
            return b""
        self._packed = self._member.unconsumed_tail or self._member.unused_data
        return octets


def _describe(head: bytes) -> str:
    """Say what a file looks like."""
    octets = np.frombuffer(head, np.uint8)
    cut = raw.describe_cut(octets)
    return cut or f"begins with {head[:8].hex(' ')}"
