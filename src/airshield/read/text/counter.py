"""Lines with a counter in front, as Stratux logs them: nanoseconds since a START line.

::

    START,Mon Sep 7 14:17:41 +0000 UTC 2015
    597318177,-0b2ac5a7...;

The time behind START is as Go writes it: weekday, month, day, time, offset, zone, year.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.read.reader import NO_TIME, Options
from airshield.read.text.rows import Frames, midnight_ns
from airshield.read.text.tables import TextTables
from airshield.units import NS_PER_S

MARKS: Final = ("START", "STOP", "PAUSE", "UNPAUSE")
"""Words of lines that are not data."""

COUNTER_MAX: Final = 1 << 62

_MONTHS: Final = [
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
]
_GO_TIME: Final = re.compile(
    r"\w{3} (\w{3}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2}) \S+ (\d{4})"
)


class Counted(NamedTuple):
    """A line without its counter."""

    counter_ns: int
    """NO_TIME where there is none."""
    text: str


def split_counter(line: str) -> Counted:
    """Take the counter off a line."""
    head, comma, rest = line.partition(",")
    if comma and head.isascii() and head.isdigit() and len(head) < 20:
        counter = int(head)
        if counter < COUNTER_MAX:
            return Counted(counter, rest)
    return Counted(NO_TIME, line)


def mark_of(text: str) -> str | None:
    """Return the word of a line that is a mark."""
    word = text.partition(",")[0]
    return word if word in MARKS else None


class CounterClock:
    """Times of counters, by the last START of each source; else by a day that is given."""

    def __init__(self, midnight_ns: int) -> None:
        self._midnight_ns = midnight_ns
        self._start_ns: dict[str, int] = {}

    def start(self, source: str, text: str) -> None:
        """Take note of a START line; one whose time cannot be read leaves the counter without."""
        began = _go_time_ns(text.partition(",")[2])
        self._start_ns[source] = began

    def t_ns(self, source: str, counter_ns: int) -> int:
        """Return when a counter stood there, NO_TIME where nothing tells."""
        began = self._start_ns.get(source, self._midnight_ns)
        if NO_TIME in (counter_ns, began):
            return NO_TIME
        return began + counter_ns if began + counter_ns < COUNTER_MAX else NO_TIME

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state."""
        return {
            "start_sources": np.array(list(self._start_ns), np.str_),
            "start_ns": np.array(list(self._start_ns.values()), np.int64),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        pairs = zip(state["start_sources"].tolist(), state["start_ns"].tolist(), strict=True)
        self._start_ns = {str(source): int(began) for source, began in pairs}


class Line(NamedTuple):
    """A line that is no mark, without its counter."""

    row: int
    """The frame it came in, as a row of its table."""
    text: str
    heard_ns: int
    """When the frame was heard."""
    t_ns: int
    """When it was written: what the counter says, else when the frame was heard."""


class CountedTables(TextTables):
    """Lines, with a counter in front or without, to tables; keeps when each counter started."""

    def __init__(self, options: Options, *schemas: pa.Schema) -> None:
        super().__init__(options, *schemas)
        self._clock = CounterClock(midnight_ns(options))

    def _lines(self, frames: Frames, *, padding: str, counts: Counter[str]) -> Iterator[Line]:
        """Give each line without the ``padding`` at its ends; marks are counted and obeyed."""
        names = frames.source_names
        columns = (frames.texts, frames.source.tolist(), frames.heard_ns.tolist())
        for row, (octets, source, heard_ns) in enumerate(zip(*columns, strict=True)):
            counter_ns, text = split_counter(octets.decode("latin-1").strip(padding))
            mark = mark_of(text)
            if mark is None:
                t_ns = self._clock.t_ns(names[source], counter_ns)
                yield Line(row, text, heard_ns, heard_ns if t_ns == NO_TIME else t_ns)
                continue
            counts[mark] += 1
            if mark == "START":
                self._clock.start(names[source], text)

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state."""
        return self._clock.snapshot()

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._clock.restore(state)


def share_of_lines(head: bytes, pattern: re.Pattern[bytes]) -> float:
    """Return how many of the first lines of a stream, marks left out, begin like this: 0 to 1."""
    lines = [line for line in head.splitlines()[:50] if line.strip()]
    if len(lines) > 1 and not head.endswith(b"\n"):
        lines.pop()
    lines = [line for line in lines if not line.startswith((b"START,", b"STOP"))]
    right = sum(1 for line in lines if pattern.match(line))
    return right / len(lines) if right else 0.0


def _go_time_ns(text: str) -> int:
    """Return a time as Go writes it; NO_TIME where it is none."""
    match = _GO_TIME.fullmatch(text.strip())
    if match is None or match[1] not in _MONTHS:
        return NO_TIME
    day, hour, minute, second, offset_h, offset_min, year = (
        int(match[group]) for group in (2, 3, 4, 5, 7, 8, 9)
    )
    try:
        local = dt.datetime(
            year, _MONTHS.index(match[1]) + 1, day, hour, minute, second, tzinfo=dt.UTC
        )
    except ValueError:
        return NO_TIME
    ahead_s = (offset_h * 3600 + offset_min * 60) * (1 if match[6] == "+" else -1)
    began = (int(local.timestamp()) - ahead_s) * NS_PER_S
    return began if abs(began) < COUNTER_MAX else NO_TIME  # from 1823 to 2116
