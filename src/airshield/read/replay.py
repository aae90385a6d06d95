"""A recording as if it were live: every frame with the time at which it was heard."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import FormatError, UsageError
from airshield.read.asterix.clock import UNKNOWN_NS, DayClock, day_ns, is_time_of_day
from airshield.read.asterix.columns import TIME_TITLES
from airshield.read.asterix.decode import decode
from airshield.read.asterix.spec import editions as known_editions
from airshield.read.asterix.spec import find_spec
from airshield.read.reader import (
    EditionKey,
    Editions,
    Options,
    Place,
    Reader,
    Settled,
    find_reader,
)
from airshield.read.recorders import RECORDERS
from airshield.read.recording import BATCH_FRAMES, Recording
from airshield.units import NS_PER_DAY, NS_PER_S

JUMP_S: Final = 600.0
"""A time this far ahead of the one before is believed when the next frame bears it out. One wrong
time would otherwise put all that follow it into the past."""

BACK_S: Final = 8.0
"""A file whose times go back by more than this is not in the order in which it was heard; a report
that is later than that finds its track gone on."""

SORT_OCTETS: Final = 1 << 30
"""Octets of frames that are put into order of time in memory; a larger file stays as it is."""

LOOK_FRAMES: Final = 1 << 16
"""Frames in which a format must say a full time, or it is taken not to say any."""

NEVER_NS: Final = np.iinfo(np.int64).max
"""Later than any time."""

_DATE_IN_NAME: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_]?(0[1-9]|1[0-2])[-_]?(\d\d)(?!\d)")

_Latest = Callable[[pa.Table], NDArray[np.int64]]
"""The latest time that each frame's records say [ns], ``UNKNOWN_NS`` where they say none."""


class Replay:
    """A recording of any format whose frames all have ``t_heard``.

    When a frame was heard and when its records happened are two times, and both are kept:

    ``stamp``
        Captures, files of recorders and lines with a time of reception (jet1090, CSV of Mode S)
        say when each frame was heard.
    ``records``
        Others say when their records happened. There a frame is heard when its latest record
        happened, never earlier than the frame before it. Where the records only say a time of day
        or a counter, the day is that of ``date``.

    A file in which every frame says its own full time need not be in order: state vectors stand
    flight after flight. Where its times go back by more than :data:`BACK_S` its frames are put
    into order of time before they are heard (:attr:`order` is then ``'time'``), so that a day of
    flights looks like the day. That takes the file into memory; one of more than
    :data:`SORT_OCTETS` is heard in the order of the file, with a time that never goes back, and
    so are all streams (ASTERIX, Beast, AVR, SBS, UAT), whose order is that of arrival.

    Iterating gives FRAME tables as :class:`Recording` does, and starts anew each time.

    Parameters
    ----------
    path : str or Path
        A recording in any format that has a reader, captured, compressed or bare.
    format : str, optional
        A reader's name; found by content otherwise.
    date : datetime.date, optional
        Day of the first frame. Captures and recorders are moved to it by whole days; formats that
        say full dates keep their own. Without it: the recording's own day, else a date in the
        file's name (``20230502``, ``2023-05-02``), else the day on which it was last changed.
    editions : mapping of category, or of (category, SAC, SIC), to edition, optional
        ASTERIX editions that are known; the others are found out.
    receiver : (float, float), optional
        WGS-84 latitude and longitude of an ADS-B receiver [deg].
    reference_points : mapping of ``SAC/SIC`` to place, optional
        See :attr:`airshield.read.reader.Options.reference_points`.
    batch : int
        Most frames in a table.

    Attributes
    ----------
    format : str
        The reader's name.
    date : datetime.date
        Day of the first frame.
    date_basis : str
        What that rests on: ``'given'``, ``'capture'``, ``'recording'`` (the frames say full
        times), ``'file name'`` or ``'file time'``.
    order : str
        ``'file'``, or ``'time'`` where the frames were sorted.
    options : Options
        With what the frames are to be read: editions, receiver, reference points. No date: all
        frames have a time.
    found : sequence of mapping
        What was found out about the recording, such as editions, and why.

    Raises
    ------
    MissingFileError, FormatError
        As :class:`Recording`; and FormatError where nothing in the file says a time.
    UsageError
        There is no such format or edition.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        date: dt.date | None = None,
        editions: Editions | None = None,
        receiver: tuple[float, float] | None = None,
        reference_points: Mapping[str, Place] | None = None,
        batch: int = BATCH_FRAMES,
    ) -> None:
        self.recording = Recording(path, format=format, batch=batch)
        self.format = self.recording.format
        self._reader = find_reader(self.format)
        lat_deg, lon_deg = (None, None) if receiver is None else receiver
        options = Options(
            editions=dict(editions.items()) if editions else {},
            receiver_lat_deg=lat_deg,
            receiver_lon_deg=lon_deg,
            reference_points=dict(reference_points or {}),
        )
        self._reader.reports(options)  # says at once what is wrong with the options
        settled = Settled(options=options, found=())
        if self._reader.settle is not None:
            settled = self._reader.settle(iter(self.recording), options)
        self.options, self.found = settled.options, settled.found
        self.order = "file"
        self._octets_read = 0
        self._shift_ns = 0
        self._clock_date: dt.date | None = None
        self._begin(date)

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

    def __iter__(self) -> Iterator[pa.Table]:
        """Walk the recording from its beginning, yielding FRAME tables."""
        self._octets_read = 0
        if self.order == "time":
            yield from self._sorted()
        else:
            hearing = _Hearing(self._first_ns + self._shift_ns)
            latest = self._latest()
            for frames in self.recording:
                times = latest(frames)
                heard = hearing.fill(times) if self._is_stamped else hearing.follow(times)
                last = frames.num_rows - 1
                self._octets_read = int(frames["offset"][last].as_py()) + len(
                    frames["octets"][last].as_py()
                )
                yield _with_times(frames, heard)
        self._octets_read = self.recording.octets

    def _begin(self, date: dt.date | None) -> None:
        """Find out what says the times, the day of the first, and whether they are in order."""
        path = self.recording.path
        in_name = _DATE_IN_NAME.search(path.name)
        named = _date_of(in_name) if in_name else None
        self._is_stamped = True
        first_ns = self._first_time(_stamps)
        if first_ns is None and self.recording.container in RECORDERS:
            # These stamp the time of day: with the date they tell when each frame was heard.
            self.date, self.date_basis = _choose_date(date, named, path)
            self.recording = Recording(
                path, format=self.format, date=self.date, batch=self.recording.batch
            )
            first_ns = self._first_time(_stamps)
            if first_ns is not None:
                self._first_ns = first_ns
                self._shift_ns = day_ns(self.date) - first_ns // NS_PER_DAY * NS_PER_DAY
                return
        if first_ns is not None and self.recording.container != "raw":
            self._first_ns = first_ns
            self.date, self.date_basis = _date_at(first_ns), "capture"
            if date is not None:
                self.date, self.date_basis = date, "given"
                self._shift_ns = day_ns(date) - first_ns // NS_PER_DAY * NS_PER_DAY
            return
        if first_ns is None:
            self._is_stamped = False
            if self.format != "asterix":  # whose times of day are never full
                first_ns = self._first_time(self._latest())
        if first_ns is not None:
            self._first_ns = first_ns
            self._look_for_order()
            self.date, self.date_basis = _date_at(self._first_ns), "recording"
            return
        self.date, self.date_basis = _choose_date(date, named, path)
        self._clock_date = self.date
        first_ns = self._first_time(self._latest(), frames_max=None)
        if first_ns is None:
            raise FormatError(
                file=str(path),
                offset=0,
                what=f"no record in it, read as {self.format}, says a time",
                remedy="name the right format and edition, or give a capture, which has its own "
                "times",
            )
        self._first_ns = first_ns

    def _latest(self) -> _Latest:
        """Make what reads the times of frames, from the recording's beginning on."""
        if self._is_stamped:
            return lambda frames: _shifted(_stamps(frames), self._shift_ns)
        if self.format == "asterix":
            return _BlockTimes(self.options.editions, self.date)
        return _RecordTimes(self._reader, replace(self.options, date=self._clock_date))

    def _first_time(self, latest: _Latest, *, frames_max: int | None = LOOK_FRAMES) -> int | None:
        """Return the first time that a frame says; None where none does."""
        seen = 0
        for frames in self.recording:
            times = latest(frames)
            known = times[times != UNKNOWN_NS]
            if known.size:
                return int(known[0])
            seen += frames.num_rows
            if frames_max is not None and seen >= frames_max:
                break
        return None

    def _look_for_order(self) -> None:
        """Have frames sorted where the format allows it, their times go back, and they fit."""
        if not self._reader.any_order:
            return
        latest, octets, newest, goes_back = self._latest(), 0, UNKNOWN_NS, False
        earliest = self._first_ns
        for frames in self.recording:
            octets += frames["octets"].nbytes
            if octets > SORT_OCTETS:
                return
            times = latest(frames)
            times = times[times != UNKNOWN_NS]
            if times.size:
                so_far = np.maximum(np.maximum.accumulate(times), newest)
                goes_back |= bool((so_far - times > BACK_S * NS_PER_S).any())
                newest, earliest = int(so_far[-1]), min(earliest, int(times.min()))
        if goes_back:
            self.order, self._first_ns = "time", earliest

    def _sorted(self) -> Iterator[pa.Table]:
        """Yield the frames by their own times; one that says none stays behind the one before."""
        latest = self._latest()
        hearing = _Hearing(self._first_ns)
        parts, times = [], []
        for frames in self.recording:
            parts.append(frames)
            times.append(hearing.fill(latest(frames)))
        whole, heard = tables.concat(tables.FRAME, parts), np.concatenate(times)
        order = np.argsort(heard, kind="stable")
        for first in range(0, order.size, self.recording.batch):
            rows = order[first : first + self.recording.batch]
            frames = whole.take(rows).combine_chunks()
            self._octets_read = self.octets * (first + rows.size) // order.size
            yield _with_times(_numbered(frames, first), heard[rows])


def replay_frames(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    date: dt.date | None = None,
    editions: Editions | None = None,
    receiver: tuple[float, float] | None = None,
    reference_points: Mapping[str, Place] | None = None,
    batch: int = BATCH_FRAMES,
) -> Replay:
    """Open a recording for replay: iterate it for FRAME tables that all have ``t_heard``.

    See :class:`Replay` for the parameters.
    """
    return Replay(
        path,
        format=format,
        date=date,
        editions=editions,
        receiver=receiver,
        reference_points=reference_points,
        batch=batch,
    )


def in_time_order(
    replays: Sequence[Replay], *, skip: Mapping[str, int] | None = None
) -> Iterator[pa.Table]:
    """Play several recordings as one stream, in order of ``t_heard``.

    Frames of one recording stay in their order; of frames heard at the same time those of the
    recording named first come first. At most some batches of each are in memory.

    Parameters
    ----------
    replays : sequence of Replay
        Recordings of one time, or of several.
    skip : mapping of source to int, optional
        Frames of each recording that are not wanted again.

    Yields
    ------
    pyarrow.Table of tables.FRAME
        Numbered anew, from 0.

    Raises
    ------
    UsageError
        Two recordings have the same name, by which their frames would be told apart.
    """
    sources = [one.source for one in replays]
    for source in sources:
        if sources.count(source) > 1:
            raise UsageError(f"two recordings are called {source!r}: give one another name")
    known = skip or {}
    walks = [_without_first(iter(one), known.get(one.source, 0)) for one in replays]
    given = 0
    for frames in merge_by_time(walks, tables.FRAME):
        yield _numbered(frames, given)
        given += frames.num_rows


def merge_by_time(streams: Sequence[Iterator[pa.Table]], schema: pa.Schema) -> Iterator[pa.Table]:
    """Join streams of tables into one in order of ``t_heard``, which has no nulls.

    Rows of one stream stay in their order, as if none were heard before the one in front of it;
    of rows heard at the same time those of the stream named first come first.
    """
    walks = [_Walk(stream, schema) for stream in streams]
    while any(walk.rows.num_rows for walk in walks):
        until_ns = min(walk.sure_until_ns for walk in walks)
        parts = [walk.take(until_ns) for walk in walks]
        heard = np.concatenate([times for _, times in parts])
        if heard.size:
            order = np.argsort(heard, kind="stable")
            yield tables.concat(schema, (rows for rows, _ in parts)).take(order).combine_chunks()
            continue
        for walk in walks:
            if walk.sure_until_ns == until_ns:
                walk.read_on()


def _without_first(batches: Iterator[pa.Table], skip: int) -> Iterator[pa.Table]:
    for frames in batches:
        rest = frames.slice(min(skip, frames.num_rows))
        skip -= frames.num_rows - rest.num_rows
        yield rest


class _Walk:
    """One stream on its way into one of several."""

    def __init__(self, batches: Iterator[pa.Table], schema: pa.Schema) -> None:
        self._batches, self._schema = batches, schema
        self._is_over = False
        self._now_ns = UNKNOWN_NS
        self._heard = np.empty(0, np.int64)
        self.rows = tables.empty(schema)
        self.read_on()

    @property
    def sure_until_ns(self) -> int:
        """All rows heard before this are here."""
        return NEVER_NS if self._is_over else self._now_ns

    def read_on(self) -> None:
        """Read the next table that has a row, if there is one."""
        for rows in self._batches:
            if not rows.num_rows:
                continue
            heard = rows["t_heard"].cast(pa.int64()).to_numpy()
            heard = np.maximum(np.maximum.accumulate(heard), self._now_ns)
            self._now_ns = int(heard[-1])
            self.rows = tables.concat(self._schema, [self.rows, rows])
            self._heard = np.concatenate([self._heard, heard])
            return
        self._is_over = True

    def take(self, until_ns: int) -> tuple[pa.Table, NDArray[np.int64]]:
        """Take the rows heard before a time, and read on when none are left."""
        count = int(np.searchsorted(self._heard, until_ns, side="left"))
        taken = self.rows.slice(0, count), self._heard[:count]
        self.rows, self._heard = self.rows.slice(count), self._heard[count:]
        if not self.rows.num_rows and not self._is_over:
            self.read_on()
        return taken


class _BlockTimes:
    """When the records of ASTERIX blocks happened; decodes nothing else of them."""

    def __init__(self, editions: Editions, date: dt.date) -> None:
        self._editions, self._clock = editions, DayClock(date)

    def __call__(self, frames: pa.Table) -> NDArray[np.int64]:
        row, tod_s = _times_of_day(frames, self._editions)
        times = self._clock.times_ns(tod_s, np.full(tod_s.size, UNKNOWN_NS, np.int64))
        return _latest_of(row, times, frames.num_rows)


class _RecordTimes:
    """When the records of any other format happened, as its own reader says."""

    def __init__(self, reader: Reader, options: Options) -> None:
        self._column = reader.time_column
        if self._column:
            self._tables = reader.tables(replace(options, columns=("frame", self._column)))
        else:
            self._reports = reader.reports(options)

    def __call__(self, frames: pa.Table) -> NDArray[np.int64]:
        found: Iterable[pa.Table]
        if self._column:
            found = self._tables.feed(frames).tables.values()
        else:
            read = self._reports.feed(frames)
            found = (read.reports, read.status)
        column = self._column or "t"
        first = int(frames["frame"][0].as_py())
        latest = np.full(frames.num_rows, UNKNOWN_NS, np.int64)
        for table in found:
            row = table["frame"].to_numpy().astype(np.int64) - first
            times = table[column].cast(pa.int64()).fill_null(UNKNOWN_NS).to_numpy()
            np.maximum.at(latest, row, times)
        return latest


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
    frames: pa.Table, editions: Editions
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return frame row and time of day of every record that has one, in order of arrival."""
    given: dict[EditionKey, str] = dict(editions.items())
    spoken = {(c, names[-1]) for c, names in known_editions().items() if c not in given}
    spoken |= {(key if isinstance(key, int) else key[0], e) for key, e in given.items()}
    columns = sorted({name for c, e in spoken for name in _time_column(c, e)})
    decoded = decode(frames, editions=given, columns=columns)
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


def _latest_of(row: NDArray[np.int64], times: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Return the latest of the times in each row, ``UNKNOWN_NS`` where there is none."""
    latest = np.full(rows, UNKNOWN_NS, np.int64)
    np.maximum.at(latest, row, times)
    return latest


def _stamps(frames: pa.Table) -> NDArray[np.int64]:
    stamps: NDArray[np.int64] = frames["t_heard"].cast(pa.int64()).fill_null(UNKNOWN_NS).to_numpy()
    return stamps


def _shifted(times: NDArray[np.int64], shift_ns: int) -> NDArray[np.int64]:
    return np.where(times == UNKNOWN_NS, times, times + shift_ns) if shift_ns else times


def _with_times(frames: pa.Table, heard: NDArray[np.int64]) -> pa.Table:
    place = frames.schema.get_field_index("t_heard")
    column = pa.array(heard).cast(tables.TIME)
    return frames.set_column(place, tables.FRAME.field("t_heard"), column)


def _numbered(frames: pa.Table, first: int) -> pa.Table:
    numbers = np.arange(first, first + frames.num_rows, dtype=np.uint64)
    return frames.set_column(0, tables.FRAME.field("frame"), pa.array(numbers))


def _choose_date(given: dt.date | None, named: dt.date | None, path: Path) -> tuple[dt.date, str]:
    """Return the day of the first frame, and what it rests on, where no frame says it."""
    if given is not None:
        return given, "given"
    if named is not None:
        return named, "file name"
    return _date_at(path.stat().st_mtime_ns), "file time"


def _date_of(match: re.Match[str]) -> dt.date | None:
    try:
        return dt.date(*map(int, match.groups()))
    except ValueError:
        return None


def _date_at(t_ns: int) -> dt.date:
    return dt.datetime.fromtimestamp(t_ns // NS_PER_S, dt.UTC).date()
