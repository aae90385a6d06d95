"""One recording, whatever its container, as batches of frames.

The container is told by content, never by the file's name. The file is mapped, not loaded: a day
of a country's radars reads in the memory of one batch.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from airshield.errors import FormatError, MissingFileError, UsageError
from airshield.read.capture import sniff_capture, walk_pcap, walk_pcapng
from airshield.read.frames import Datagram, Ledger, frame_table
from airshield.read.raw import find_start, walk_raw

BATCH_FRAMES: Final = 4096
"""Frames in a batch unless asked otherwise: some 250 KB of radar data."""


class Cut(NamedTuple):
    """Where a recording was cut short, how many octets are left of it, and what is wrong."""

    offset: int
    octets: int
    reason: str


class Recording:
    """A recording that gives its frames in batches, and afterwards what it could not give.

    Iterating walks the file from its beginning, each time anew, and yields FRAME tables of at
    most ``batch`` rows: one frame per data block of a raw ASTERIX file, one per UDP payload of a
    capture. ``frame`` counts from 0, ``source`` is ``file:NAME``, ``offset`` is the place of the
    block or payload in the file, ``t_heard`` the capture's time stamp (null in a raw file). Bytes
    that are no frame are rows of :meth:`rejects`, complete once the walk has come to its end.

    Parameters
    ----------
    path : str or Path
        A raw ASTERIX file, a pcap or a pcapng.
    batch : int
        Most frames in a table.

    Attributes
    ----------
    source : str
        ``file:`` and the file's name without folders.
    container : str
        ``'raw'``, ``'pcap'`` or ``'pcapng'``.
    octets : int
        Size of the file.
    ledger : Ledger
        Counts of the latest walk: frames, octets in them, packets, not UDP, reassembled.

    Raises
    ------
    MissingFileError
        Nothing is there.
    FormatError
        The file is empty or none of the containers; said at once, before any frame.
    """

    def __init__(self, path: str | os.PathLike[str], *, batch: int = BATCH_FRAMES) -> None:
        if batch < 1:
            raise UsageError(f"batch must be at least 1, got {batch}")
        self.path = Path(path)
        self.batch = batch
        self.source = f"file:{self.path.name}"
        self.ledger = Ledger(self.source)
        if not self.path.exists():
            raise MissingFileError(
                path=str(path), remedy="give a recording: raw ASTERIX, pcap or pcapng"
            )
        if not self.path.is_file():
            raise FormatError(
                file=str(path),
                offset=0,
                what="this is not a file",
                remedy="give a recording: raw ASTERIX, pcap or pcapng",
            )
        self.octets = self.path.stat().st_size
        if not self.octets:
            raise FormatError(
                file=str(path),
                offset=0,
                what="the file is empty",
                remedy="copy the recording again",
            )
        data = self._map()
        self.container = sniff_capture(data[:4]) or "raw"
        if self.container == "raw":
            find_start(np.frombuffer(data, np.uint8), name=str(path))

    def __iter__(self) -> Iterator[pa.Table]:
        """Walk the file from its beginning, yielding FRAME tables."""
        self.ledger = ledger = Ledger(self.source)
        data = self._map()
        first = 0
        for datagrams in self._batches(data, ledger):
            yield frame_table(self.source, datagrams, first_frame=first)
            first += len(datagrams)

    def rejects(self) -> pa.Table:
        """Return the REJECT table of the latest walk: what was no frame, where and why."""
        return self.ledger.rejects()

    def cut(self) -> Cut | None:
        """Tell whether the file ends in octets that are no whole frame: it was cut short.

        Known once a walk has come to its end; the whole frames before it have all been given.
        """
        rejects = self.rejects()
        begin, reason = self.octets, ""
        for row in range(rejects.num_rows - 1, -1, -1):
            offset = int(rejects["offset"][row].as_py())
            if offset + len(rejects["octets"][row].as_py()) != begin:
                break
            begin, reason = offset, str(rejects["reason"][row].as_py())
        return None if not reason else Cut(begin, self.octets - begin, reason)

    def _map(self) -> mmap.mmap:
        with self.path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def _batches(self, data: mmap.mmap, ledger: Ledger) -> Iterable[list[Datagram]]:
        if self.container == "raw":
            return walk_raw(np.frombuffer(data, np.uint8), ledger, batch=self.batch)
        walk = walk_pcap if self.container == "pcap" else walk_pcapng
        return _batched(walk(memoryview(data), ledger), self.batch)


def read_frames(path: str | os.PathLike[str], *, batch: int = BATCH_FRAMES) -> Recording:
    """Open a recording: iterate it for FRAME tables, then ask it for ``rejects()``.

    Examples
    --------
    ::

        recording = read_frames("radar.pcap")
        for frames in recording:
            ...
        lost = recording.rejects()
    """
    return Recording(path, batch=batch)


def _batched(datagrams: Iterator[Datagram], batch: int) -> Iterator[list[Datagram]]:
    while rows := list(islice(datagrams, batch)):
        yield rows
