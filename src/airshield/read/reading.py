"""``airshield.read("x.pcap")``: any recording as batches of Arrow tables.

One call finds the container, the format and the editions, and gives tables as they come; nothing
is kept, so a file larger than memory streams through.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import pyarrow as pa

from airshield import tables
from airshield.errors import UsageError
from airshield.read.reader import Editions, Options, Place, Settled, find_reader
from airshield.read.recording import Cut, Recording, read_frames

FEED_OCTETS: Final = 1 << 19
"""Octets of frames that are read at once: enough that fixed costs hardly count, few enough that a
file of any size is read in less than 300 MB, two thirds of which are the libraries."""

BATCH_ROWS: Final = 16_384
"""Rows in a batch, about: a table's rows wait until there are so many."""


class Batch(NamedTuple):
    """Rows of one table of a recording."""

    name: str
    """The table: ``cat048``, ``mode_s``, ..."""
    table: pa.Table


class Reading:
    """A recording that gives its records as batches of Arrow tables.

    Iterating reads the file from its beginning, each time anew, and yields :class:`Batch` es.
    Tables of one name all have one schema. What could not be read is in :meth:`rejects` and in
    :attr:`counts` once the walk has come to its end.

    Parameters
    ----------
    path : str or Path
        A recording; ``.gz`` is unpacked on the way.
    format : str, optional
        A reader's name (``asterix``, ``beast``, ...); found by content otherwise.
    editions : mapping of category, or of (category, SAC, SIC), to edition, optional
        ASTERIX editions that are known. The others are found out, and :attr:`found` says why.
    columns : sequence of str, optional
        The columns to make; all by default. Asking for few is much quicker.
    registers : bool
        Make columns of the Mode S registers inside ASTERIX records too.
    date : datetime.date, optional
        Day of the first record, for formats that tell only the time of day or a counter.
    receiver : (float, float), optional
        WGS-84 latitude and longitude of an ADS-B receiver [deg].
    reference_points : mapping of str to (float, float, float or None), optional
        Where the x and y of ASTERIX surface sensors begin, for :meth:`reports`: ``{"0/107":
        (41.3, 2.1, None)}``, latitude and longitude [deg] and height above the ellipsoid [m].

    Attributes
    ----------
    recording : Recording
        The file and how its frames are cut.
    format : str
        The reader's name.
    found : sequence of mapping
        What was found out about the recording, such as editions, and why.
    counts : Counter
        What the latest walk met, in the format's own terms.
    frames : int
        Frames of the latest walk.

    Raises
    ------
    MissingFileError, FormatError
        Nothing is there, or no reader recognises it.
    UsageError
        There is no such format, edition or column.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        editions: Editions | None = None,
        columns: Sequence[str] | None = None,
        registers: bool = False,
        date: dt.date | None = None,
        receiver: tuple[float, float] | None = None,
        reference_points: Mapping[str, Place] | None = None,
    ) -> None:
        self.recording = read_frames(path, format=format, date=date)
        self.format = self.recording.format
        self._reader = find_reader(self.format)
        lat_deg, lon_deg = (None, None) if receiver is None else receiver
        options = Options(
            editions=dict(editions.items()) if editions else {},
            date=date,
            columns=None if columns is None else tuple(columns),
            registers=registers,
            receiver_lat_deg=lat_deg,
            receiver_lon_deg=lon_deg,
            reference_points=dict(reference_points or {}),
        )
        settled = Settled(options=options, found=())
        if self._reader.settle is not None:
            settled = self._reader.settle(iter(self.recording), options)
        self._options, self.found = settled.options, settled.found
        self._reader.tables(self._options)  # says at once what is wrong with the options
        self.counts: Counter[str] = Counter()
        self.frames = 0
        self._rejects: list[pa.Table] = []

    def __iter__(self) -> Iterator[Batch]:
        """Read the recording from its beginning."""
        self.counts, self.frames, self._rejects = Counter(), 0, []
        reader = self._reader.tables(self._options)
        waiting: dict[str, list[pa.Table]] = {}
        for frames in _in_larger_pieces(self.recording):
            found = reader.feed(frames)
            self.frames += frames.num_rows
            self.counts.update(found.counts)
            self._keep(self.recording.take_rejects())
            self._keep(found.rejects)
            for name, table in found.tables.items():
                rows = waiting.setdefault(name, [])
                rows.append(table)
                if sum(part.num_rows for part in rows) >= BATCH_ROWS:
                    yield Batch(name, pa.concat_tables(waiting.pop(name)))
        for name, rows in waiting.items():
            yield Batch(name, pa.concat_tables(rows))
        self._keep(self.recording.take_rejects())

    def reports(self) -> Iterator[pa.Table]:
        """Read the recording as REPORT tables: SI units, full times, one schema for every format.

        Yields
        ------
        pyarrow.Table of tables.REPORT
        """
        self.counts, self.frames, self._rejects = Counter(), 0, []
        reader = self._reader.reports(self._options)
        for frames in _in_larger_pieces(self.recording):
            found = reader.feed(frames)
            self.frames += frames.num_rows
            self.counts.update(found.counts)
            self.counts.update({f"unused: {why}": n for why, n in found.unused.items()})
            self._keep(self.recording.take_rejects())
            self._keep(found.rejects)
            if found.reports.num_rows:
                yield found.reports
        self._keep(self.recording.take_rejects())

    def table(self, name: str | None = None) -> pa.Table:
        """Read all rows of one table; its name may be left out where there is only one.

        Raises
        ------
        UsageError
            There is no such table, or there are several and none was named.
        """
        found = self.tables()
        if name is None and len(found) == 1:
            return next(iter(found.values()))
        if name not in found:
            have = ", ".join(found) or "none: nothing in it could be read"
            raise UsageError(f"no table {name!r} in {self.recording.path}; there are {have}")
        return found[name]

    def tables(self) -> dict[str, pa.Table]:
        """Read everything into memory, one table a name."""
        found: dict[str, list[pa.Table]] = {}
        for name, table in self:
            found.setdefault(name, []).append(table)
        return {name: pa.concat_tables(rows) for name, rows in sorted(found.items())}

    def rejects(self) -> pa.Table:
        """Return the REJECT table of the latest walk: octets that are in no row, where and why.

        They are in memory until the next walk, but for those that :meth:`take_rejects` gave.
        """
        return tables.concat(tables.REJECT, self._rejects)

    def take_rejects(self) -> pa.Table:
        """Return the rejects since the last time and forget them.

        Taken between batches, they keep a long recording that is damaged all over in little memory.
        """
        rejects = self.rejects()
        self._rejects.clear()
        return rejects

    def cut(self) -> Cut | None:
        """Tell where the recording was cut short, if it was; known after a walk."""
        return self.recording.cut()

    def _keep(self, rejects: pa.Table) -> None:
        if rejects.num_rows:
            self._rejects.append(rejects)


def read(
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    editions: Editions | None = None,
    columns: Sequence[str] | None = None,
    registers: bool = False,
    date: dt.date | None = None,
    receiver: tuple[float, float] | None = None,
    reference_points: Mapping[str, Place] | None = None,
) -> Reading:
    """Open a recording of any format; iterate it for batches of Arrow tables.

    See :class:`Reading` for the parameters, and ``docs/reading.md`` for a tour.

    Examples
    --------
    ::

        for name, table in airshield.read("radar.pcap"):
            print(name, table.num_rows)
        airshield.read("radar.pcap", columns=["i140_s", "i090_fl"]).table("cat048")
    """
    return Reading(
        path,
        format=format,
        editions=editions,
        columns=columns,
        registers=registers,
        date=date,
        receiver=receiver,
        reference_points=reference_points,
    )


def _in_larger_pieces(recording: Recording) -> Iterator[pa.Table]:
    """Join small FRAME tables to some megabytes of octets."""
    waiting: list[pa.Table] = []
    octets = 0
    for frames in recording:
        waiting.append(frames)
        octets += frames["octets"].nbytes
        if octets >= FEED_OCTETS:
            yield tables.concat(tables.FRAME, waiting)
            waiting, octets = [], 0
    if waiting:
        yield tables.concat(tables.FRAME, waiting)
