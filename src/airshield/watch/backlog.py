"""Frames that the journal has and the chain has not worked through yet.

They wait in memory while they are few. When the chain falls further behind they are let go: the
journal has them, and they are read from there when their turn comes. So a chain that is too slow
costs neither frames nor memory, only time.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Final

import pyarrow as pa

from airshield import tables
from airshield.store import Journal

BACKLOG_OCTETS: Final = 64 << 20
"""Memory for frames that wait: some ten seconds of 50,000 reports a second."""

BATCH_FRAMES: Final = 4096
"""Most frames given to the chain at once. Fewer cost more each, more delay what follows them."""


class Backlog:
    """A queue of numbered FRAME tables: one thread adds, another takes, in the journal's order.

    Parameters
    ----------
    journal : Journal or None
        Where frames are read again that did not stay in memory. Without one, all stay.
    first : int
        Number of the first frame that the chain has not worked through.
    octets_max : int
        Memory for the frames that wait.

    Attributes
    ----------
    next : int
        Number of the frame that :meth:`take` gives next.
    read_again : int
        Frames that came from the journal because they could not stay.
    """

    def __init__(
        self, journal: Journal | None, *, first: int, octets_max: int = BACKLOG_OCTETS
    ) -> None:
        self.next = first
        self.read_again = 0
        self._journal, self._octets_max = journal, octets_max
        self._lock = threading.Lock()
        # Contiguous. A gap may lie before the first table and after the last: the journal fills it.
        self._tables: deque[pa.Table] = deque()
        self._octets = 0
        self._end = first
        self._reading: Iterator[pa.Table] | None = None

    def add(self, frames: pa.Table) -> None:
        """Add frames that follow those added before."""
        first, octets = _first(frames), frames.nbytes
        with self._lock:
            has_room = self._journal is None or self._octets + octets <= self._octets_max
            if has_room and (not self._tables or self._end == first):
                self._tables.append(frames)
                self._octets += octets
                self._end = first + frames.num_rows

    def take(self, durable: int) -> pa.Table | None:
        """Return the next frames below ``durable``, or None when there are none."""
        with self._lock:
            if self._tables and _first(self._tables[0]) == self.next:
                return self._from_memory(durable)
            stop = min(durable, _first(self._tables[0])) if self._tables else durable
        return self._from_journal(stop) if self.next < stop else None

    def _from_memory(self, durable: int) -> pa.Table | None:
        taken: list[pa.Table] = []
        rows = 0
        while self._tables and rows < BATCH_FRAMES and self.next < durable:
            table = self._tables.popleft()
            self._octets -= table.nbytes
            ready = min(durable - self.next, table.num_rows, BATCH_FRAMES - rows)
            if ready < table.num_rows:
                rest = table.slice(ready)
                self._tables.appendleft(rest)
                self._octets += rest.nbytes
            taken.append(table.slice(0, ready))
            rows += ready
            self.next += ready
        if not taken:
            return None
        return taken[0] if len(taken) == 1 else tables.concat(tables.FRAME, taken)

    def _from_journal(self, stop: int) -> pa.Table | None:
        assert self._journal is not None
        table = next(self._reading, None) if self._reading is not None else None
        if table is None:
            self._reading = self._journal.read(self.next)
            table = next(self._reading)
        rows = min(stop - self.next, table.num_rows)
        if rows < table.num_rows:
            self._reading = None
        self.next += rows
        self.read_again += rows
        return table.slice(0, rows)


def _first(frames: pa.Table) -> int:
    return int(frames["frame"][0].as_py())
