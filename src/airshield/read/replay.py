"""A recording as if it were live: every frame with the time at which it was heard."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import FormatError
from airshield.read.asterix.clock import UNKNOWN_NS, DayClock, day_ns, is_time_of_day
from airshield.read.asterix.columns import TIME_TITLES
from airshield.read.asterix.decode import decode
from airshield.read.asterix.spec import editions as known_editions
from airshield.read.asterix.spec import find_spec
from airshield.read.recorders import RECORDERS
from airshield.read.recording import BATCH_FRAMES, Recording
from airshield.units import NS_PER_DAY, NS_PER_S

JUMP_S: Final = 600.0
"""A time this far ahead of the one before is believed when the next frame bears it out. One wrong
time would otherwise put all that follow it into the past."""

_DATE_IN_NAME: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(\d\d)(?!\d)")


class Replay:
    """A recording whose frames all have ``t_heard``.

    A capture has its own time stamps. A raw file has none: there a frame is heard when its latest
    record happened, never earlier than the frame before it. Iterating gives FRAME tables as
    :class:`Recording` does, and starts anew each time.

    Parameters
    ----------
    path : str or Path
        A raw ASTERIX file, a pcap or a pcapng.
    date : datetime.date, optional
        Day of the first frame. Without it: the capture's own, else a date in the file's name
        (``20230502``, ``2023-05-02``), else the day on which the file was last changed.
    editions : mapping of category to edition, optional
        For categories whose time of day depends on it: CAT021.
    batch : int
        Most frames in a table.

    Attributes
    ----------
    date : datetime.date
        Day of the first frame.
    date_basis : str
        What that rests on: ``'given'``, ``'capture'``, ``'file name'`` or ``'file time'``.

    Raises
    ------
    MissingFileError, FormatError
        As :class:`Recording`; and FormatError for a raw file in which no record says a time.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        date: dt.date | None = None,
        editions: Mapping[int, str] | None = None,
        batch: int = BATCH_FRAMES,
    ) -> None:
        self.recording = Recording(path, batch=batch)
        self._editions = dict(editions or {})
        self._stamped_ns = _first_stamp(self.recording)
        in_name = _DATE_IN_NAME.search(self.recording.path.name)
        named = _date_of(in_name) if in_name else None
        if date is not None:
            self.date, self.date_basis = date, "given"
        elif self._stamped_ns is not None:
            self.date, self.date_basis = _date_at(self._stamped_ns), "capture"
        elif named is not None:
            self.date, self.date_basis = named, "file name"
        else:
            changed_ns = self.recording.path.stat().st_mtime_ns
            self.date, self.date_basis = _date_at(changed_ns), "file time"
        if self._stamped_ns is None and self.recording.container in RECORDERS:
            # These stamp the time of day: with the date they tell when each frame was heard.
            self.recording = Recording(path, date=self.date, batch=batch)
            self._stamped_ns = _first_stamp(self.recording)
        self._first_ns = self._stamped_ns if self._stamped_ns is not None else self._first_time()

    @property
    def source(self) -> str:
        """The frames' source name."""
        return self.recording.source

    @property
    def octets(self) -> int:
        """Size of the file."""
        return self.recording.octets

    @property
    def octets_read(self) -> int:
        """How far into the file the latest walk has come."""
        return self._octets_read

    @property
    def rejects(self) -> pa.Table:
        """REJECT table of the latest walk: octets that are in no frame."""
        return self.recording.rejects()

    _octets_read = 0

    def __iter__(self) -> Iterator[pa.Table]:
        """Walk the recording from its beginning, yielding FRAME tables."""
        self._octets_read = 0
        shift_ns = 0
        if self._stamped_ns is not None:
            shift_ns = day_ns(self.date) - self._stamped_ns // NS_PER_DAY * NS_PER_DAY
        clock = DayClock(self.date)
        hearing = _Hearing(self._first_ns + shift_ns)
        for frames in self.recording:
            stamped = frames["t_heard"].cast(pa.int64()).fill_null(UNKNOWN_NS).to_numpy()
            if self._stamped_ns is not None:
                heard = hearing.fill(np.where(stamped == UNKNOWN_NS, stamped, stamped + shift_ns))
            else:
                heard = hearing.follow(self._latest(frames, clock))
            column = pa.array(heard).cast(tables.TIME)
            place = frames.schema.get_field_index("t_heard")
            last = frames.num_rows - 1
            self._octets_read = int(frames["offset"][last].as_py()) + len(
                frames["octets"][last].as_py()
            )
            yield frames.set_column(place, tables.FRAME.field("t_heard"), column)
        self._octets_read = self.recording.octets

    def _latest(self, frames: pa.Table, clock: DayClock) -> NDArray[np.int64]:
        """Return the latest time among each frame's records, ``UNKNOWN_NS`` where none has one."""
        row, tod_s = _times_of_day(frames, self._editions)
        times = clock.times_ns(tod_s, np.full(tod_s.size, UNKNOWN_NS, np.int64))
        latest = np.full(frames.num_rows, UNKNOWN_NS, np.int64)
        np.maximum.at(latest, row, times)
        return latest

    def _first_time(self) -> int:
        """Return when the first frame that says a time was heard; those before it are put there."""
        for frames in self.recording:
            latest = self._latest(frames, DayClock(self.date))
            known = latest[latest != UNKNOWN_NS]
            if known.size:
                return int(known[0])
        raise FormatError(
            file=str(self.recording.path),
            offset=0,
            what="no record in it says a time of day",
            remedy="name the right edition, or give a capture, which has its own times",
        )


def replay_frames(
    path: str | os.PathLike[str],
    *,
    date: dt.date | None = None,
    editions: Mapping[int, str] | None = None,
    batch: int = BATCH_FRAMES,
) -> Replay:
    """Open a recording for replay: iterate it for FRAME tables that all have ``t_heard``."""
    return Replay(path, date=date, editions=editions, batch=batch)


class _Hearing:
    """The time of hearing as it runs on, frame by frame."""

    def __init__(self, first_ns: int) -> None:
        self._now_ns = first_ns
        self._ahead_ns = UNKNOWN_NS

    def fill(self, stamped_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give frames without a time stamp that of the frame before."""
        known = np.maximum.accumulate(
            np.where(stamped_ns != UNKNOWN_NS, np.arange(stamped_ns.size), -1)
        )
        heard = np.where(known >= 0, stamped_ns[known], self._now_ns)
        self._now_ns = int(heard[-1])
        return heard

    def follow(self, latest_ns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Run on with the records' own times, never back, and not ahead on one frame's word."""
        jump_ns = int(JUMP_S * NS_PER_S)
        heard = []
        for t_ns in latest_ns.tolist():
            if t_ns != UNKNOWN_NS:
                if t_ns <= self._now_ns + jump_ns:
                    self._now_ns, self._ahead_ns = max(self._now_ns, t_ns), UNKNOWN_NS
                elif self._ahead_ns != UNKNOWN_NS and abs(t_ns - self._ahead_ns) <= jump_ns:
                    self._now_ns, self._ahead_ns = max(t_ns, self._ahead_ns), UNKNOWN_NS
                else:
                    self._ahead_ns = t_ns
            heard.append(self._now_ns)
        return np.array(heard, np.int64)


@lru_cache(maxsize=64)
def _time_column(category: int, edition: str) -> tuple[str, ...]:
    """Return the columns that say when a record of this category happened, the best first."""
    leaves = find_spec(category, edition).leaves
    by_title = {
        leaf.title: name for name, leaf in reversed(list(leaves.items())) if name.count("_") == 1
    }
    return tuple(by_title[title] for title in TIME_TITLES if title in by_title)


def _times_of_day(
    frames: pa.Table, editions: Mapping[int, str]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return frame row and time of day of every record that has one, in order of arrival."""
    chosen = {category: names[-1] for category, names in known_editions().items()}
    chosen.update(editions)
    columns = sorted({name for c, e in chosen.items() for name in _time_column(c, e)})
    decoded = decode(frames, editions=dict(editions), columns=columns)
    rows, offsets, times = [], [], []
    for (category, edition), table in decoded.tables.items():
        tod_s = np.full(table.num_rows, np.nan)
        for name in _time_column(category, edition):
            column = table[name].cast(pa.float64()).fill_null(np.nan).to_numpy()
            tod_s = np.where(np.isnan(tod_s), column, tod_s)
        said = ~np.isnan(tod_s) & is_time_of_day(tod_s)
        rows.append(table["frame"].to_numpy()[said])
        offsets.append(table["offset"].to_numpy()[said])
        times.append(tod_s[said])
    if not rows:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    row = np.concatenate(rows).astype(np.int64) - int(frames["frame"][0].as_py())
    order = np.lexsort((np.concatenate(offsets), row))
    return row[order], np.concatenate(times)[order]


def _first_stamp(recording: Recording) -> int | None:
    """Return the first time stamp of a capture or recorder, None where there is none."""
    if recording.container == "raw":
        return None
    for frames in recording:
        stamps = frames["t_heard"].drop_null()
        if len(stamps):
            return int(stamps[0].cast(pa.int64()).as_py())
    return None


def _date_of(match: re.Match[str]) -> dt.date | None:
    try:
        return dt.date(*map(int, match.groups()))
    except ValueError:
        return None


def _date_at(t_ns: int) -> dt.date:
    return dt.datetime.fromtimestamp(t_ns // NS_PER_S, dt.UTC).date()
