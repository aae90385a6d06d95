"""Recorders' own framings around ASTERIX data blocks, in files.

==========  ==================  =====================================  =============================
name        file header         before the blocks                      after them
==========  ==================  =====================================  =============================
final       none                octets of all (2), board, line, day,   four times a5
                                time of day in 0.01 s (3)
ioss_seq    none                octets of all (2), number (4), board,  four times a5
                                line, day, time of day in 0.01 s (3)
rff         128: begin and end  ms since the begin (4), octets of the  nothing
            as text, and more   blocks (2, least first)
oradis      none                octets of all (2), time of day in ms   nothing
                                (4)
gps         2,200               nothing: the block itself says its     ten: four that are always the
                                length                                 same, two, time of day in
                                                                       1/128 s (3), one
==========  ==================  =====================================  =============================

Numbers have their most significant octet first except where said. *Final* is also
what other descriptions call IOSS. A frame is what one record holds: one or more data
blocks. Headers and trailers are padding, counted by what they are. A record is believed when
data blocks fill it exactly and its length leads to its trailer, if there is one; where another has
just ended also when its length alone leads on and no record lies inside it. What is damaged is lost
up to the next record that is believed.

Facts: the format descriptions of jASTERIX (``ioss``, ``ioss_seq``, ``rff``) and of Croatia
Control's decoder (Final, ORADIS, GPS), and two of the latter's samples. **No file of a Final, IOSS
or RFF recorder was at hand**: these are tested on files made up from the descriptions. The ORADIS
clock in milliseconds and the constant octets of GPS trailers are what the samples show. Times of
day need a date (``read_frames(date=...)``), without one they give no ``t_heard``.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield.read import raw
from airshield.read.frames import REJECT_OCTETS_MAX, Ledger
from airshield.read.reader import NO_TIME, Split, Splitter
from airshield.units import NS_PER_DAY, NS_PER_S

SURE_RECORDS: Final = 2
"""A file of fewer records than this is believed only when they fill it."""
SURE_SHARE: Final = 0.5
"""Part of a file's head that its records must make up."""

_RECORDS_MAX: Final = 1 << 18
"""Two of the largest records with header and trailer."""

_FINAL_TRAILER: Final = b"\xa5\xa5\xa5\xa5"
_RFF_TIMES: Final = ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d-%b-%Y %H:%M:%S")
_NONE_HERE: Final = "no record begins here"


def splitter(name: str, *, date: dt.date | None = None) -> Splitter:
    """Make a splitter for one recorder's file; ``date`` is the day of its first record."""
    return _FORMS[name](date)


def sniff(head: bytes) -> str | None:
    """Tell which recorder wrote a file that begins like this; None if none did."""
    octets = np.frombuffer(head, np.uint8)
    for name, form in _FORMS.items():
        if octets.size <= form.file_header:
            continue
        ledger = Ledger("sniff")
        found = form(None)(octets, base=0, last=False, ledger=ledger)
        spans = zip(found.first.tolist(), found.stop.tolist(), strict=True)
        share = sum(raw.is_row(octets[first:stop]) for first, stop in spans) / SURE_RECORDS
        if ledger.padding + ledger.octets < SURE_SHARE * found.used:
            continue
        if share >= 1.0 or (share > 0.0 and found.used == octets.size):
            return name
    return None


class _Record(NamedTuple):
    """One record: where its blocks are and where it ends, in the octets at hand."""

    first: int
    stop: int
    end: int


class _Recorder(ABC):
    """A splitter for files of records one after the other."""

    file_header = 0

    def __init__(self, date: dt.date | None) -> None:
        self._has_begun = False
        midnight = None if date is None else dt.datetime.combine(date, dt.time(), dt.UTC)
        self._day_ns = None if midnight is None else int(midnight.timestamp()) * NS_PER_S
        self._before_ns = 0

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        data, size = octets.data, octets.size
        records: list[_Record] = []
        times: list[int] = []
        at = 0
        if not self._has_begun:
            if size < self.file_header:
                if last:
                    ledger.reject(base, data, "the recording ends within its header")
                return _split(octets, base, records, times, size if last else 0)
            at = self.file_header
            self._begin(bytes(data[:at]))
            self._has_begun = True
            ledger.pad(at, "file header")
        while at < size:
            place = at
            record = self._follow(octets, at)
            while record is None and (last or size - place >= _RECORDS_MAX) and place < size - 1:
                place += 1
                record = self._find(octets, place)
            if record is None:
                lost = size - at if last else (place - at) // REJECT_OCTETS_MAX * REJECT_OCTETS_MAX
                reason = "the recording ends within a record" if last else _NONE_HERE
            else:
                lost, reason = place - at, _NONE_HERE
            if lost:
                ledger.reject(base + at, data[at : at + lost], reason)
                at += lost
            if record is None:
                break
            records.append(record)
            times.append(self._heard(data, at, record))
            ledger.frames += 1
            ledger.octets += record.stop - record.first
            ledger.pad(record.first - at, "record headers")
            ledger.pad(record.end - record.stop, "record trailers")
            at = record.end
        return _split(octets, base, records, times, at)

    def _begin(self, header: bytes) -> None:
        """Take the file header."""
        del header  # most formats say nothing in it

    def _follow(self, octets: NDArray[np.uint8], at: int) -> _Record | None:
        """Return the record at a border: believed also when only its length leads on.

        Then no whole record may begin inside it.
        """
        record = self._find(octets, at)
        if record is not None:
            return record
        record = self._cut(octets.data, at)
        if record is None or record.stop <= record.first or record.end > octets.size:
            return None
        if not self._is_closed(octets, record) and self._find(octets, record.end) is None:
            return None
        inside = any(self._find(octets, place) for place in range(at + 1, record.end))
        return None if inside else record

    def _find(self, octets: NDArray[np.uint8], at: int) -> _Record | None:
        """Return the record that begins here, if it is whole."""
        record = self._cut(octets.data, at)
        if record is None or record.stop <= record.first or record.end > octets.size:
            return None
        return record if self._is_good(octets, record) else None

    @abstractmethod
    def _cut(self, data: memoryview, at: int) -> _Record | None:
        """Cut a record by the length that its header announces; None without a whole header."""

    def _is_good(self, octets: NDArray[np.uint8], record: _Record) -> bool:
        """Tell whether a record is beyond doubt wherever it is met."""
        return raw.is_row(octets[record.first : record.stop])

    def _is_closed(self, octets: NDArray[np.uint8], record: _Record) -> bool:
        """Tell whether the record's length leads to its trailer."""
        return False

    @abstractmethod
    def _heard(self, data: memoryview, at: int, record: _Record) -> int:
        """Return when the record at ``at`` was heard."""

    def _full_time(self, tod_ns: int) -> int:
        """Return the time of a time of day, which may have passed midnight since the last."""
        if self._day_ns is None:
            return NO_TIME
        if tod_ns < self._before_ns - NS_PER_DAY // 2:
            self._day_ns += NS_PER_DAY
        self._before_ns = tod_ns
        return self._day_ns + tod_ns


class _Final(_Recorder):
    """Records between a header of eight octets and four times a5."""

    header = 8

    def _cut(self, data: memoryview, at: int) -> _Record | None:
        if at + self.header > len(data):
            return None
        end = at + int.from_bytes(data[at : at + 2], "big")
        return _Record(at + self.header, end - len(_FINAL_TRAILER), end)

    def _is_good(self, octets: NDArray[np.uint8], record: _Record) -> bool:
        return self._is_closed(octets, record) and super()._is_good(octets, record)

    def _is_closed(self, octets: NDArray[np.uint8], record: _Record) -> bool:
        return bytes(octets[record.stop : record.end]) == _FINAL_TRAILER

    def _heard(self, data: memoryview, at: int, record: _Record) -> int:
        first = record.first
        return self._full_time(int.from_bytes(data[first - 3 : first], "big") * 10_000_000)


class _IossNumbered(_Final):
    """The same with a number of four octets after the length."""

    header = 12


class _Rff(_Recorder):
    """Records behind milliseconds since the file's begin and a length."""

    file_header = 128

    def __init__(self, date: dt.date | None) -> None:
        super().__init__(date)
        self._begin_ns: int | None = None

    def _begin(self, header: bytes) -> None:
        text = header[:20].rstrip(b" \0").decode("ascii", "replace")
        for form in _RFF_TIMES:
            try:
                begin = dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC)
            except ValueError:
                continue
            self._begin_ns = int(begin.timestamp()) * NS_PER_S
            return

    def _cut(self, data: memoryview, at: int) -> _Record | None:
        if at + 6 > len(data):
            return None
        stop = at + 6 + int.from_bytes(data[at + 4 : at + 6], "little")
        return _Record(at + 6, stop, stop)

    def _heard(self, data: memoryview, at: int, record: _Record) -> int:
        begin_ns = self._day_ns if self._begin_ns is None else self._begin_ns
        if begin_ns is None:
            return NO_TIME
        return begin_ns + int.from_bytes(data[at : at + 4], "big") * 1_000_000


class _Oradis(_Recorder):
    """A header of six octets before each block: octets of both, time of day in milliseconds."""

    def _cut(self, data: memoryview, at: int) -> _Record | None:
        if at + 6 > len(data):
            return None
        stop = at + int.from_bytes(data[at : at + 2], "big")
        return _Record(at + 6, stop, stop)

    def _heard(self, data: memoryview, at: int, record: _Record) -> int:
        return self._full_time(int.from_bytes(data[at + 2 : at + 6], "big") * 1_000_000)


class _Gps(_Recorder):
    """Blocks with ten octets after each, of which the first four are always the same."""

    file_header = 2200

    def __init__(self, date: dt.date | None) -> None:
        super().__init__(date)
        self._mark = b""

    def _cut(self, data: memoryview, at: int) -> _Record | None:
        if at + 3 > len(data):
            return None
        stop = at + int.from_bytes(data[at + 1 : at + 3], "big")
        return _Record(at, stop, stop + 10)

    def _is_good(self, octets: NDArray[np.uint8], record: _Record) -> bool:
        is_closed = not self._mark or self._is_closed(octets, record)
        return is_closed and raw.is_whole(octets[record.first : record.stop])

    def _is_closed(self, octets: NDArray[np.uint8], record: _Record) -> bool:
        return bytes(octets[record.stop : record.stop + 4]) == self._mark

    def _heard(self, data: memoryview, at: int, record: _Record) -> int:
        tail = bytes(data[record.stop : record.end])
        self._mark = self._mark or tail[:4]
        return self._full_time(int.from_bytes(tail[6:9], "big") * NS_PER_S // 128)


_FORMS: Final[Mapping[str, type[_Recorder]]] = {
    "final": _Final,
    "ioss_seq": _IossNumbered,
    "rff": _Rff,
    "oradis": _Oradis,
    "gps": _Gps,
}
RECORDERS: Final = tuple(_FORMS)


def _split(
    octets: NDArray[np.uint8], base: int, records: list[_Record], times: list[int], used: int
) -> Split:
    first = np.array([record.first for record in records], np.int64)
    stop = np.array([record.stop for record in records], np.int64)
    return Split(octets, first, stop, base + first, np.array(times, np.int64), used)
