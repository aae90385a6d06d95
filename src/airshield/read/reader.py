"""What a reader is: the contract that every format keeps, and how readers are found.

A reader turns the octets of one format into frames, and frames into tables::

    octets ── splitter ──► FRAME ──► tables()   records in the wire's own units, one table a kind
                                └──► reports()  REPORT rows in SI with full times

Recordings and live streams share the splitter; what the journal kept reads as the feed did. Each
format is an entry point of the group ``airshield.readers`` and loads on first use, so a package of
somebody else's can bring one more. ``tests/contracts/test_readers.py`` holds every reader to the
same laws.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.read.frames import Ledger

GROUP: Final = "airshield.readers"
"""Entry point group in which readers are named."""

EditionKey = int | tuple[int, int, int]
"""What an ASTERIX edition is chosen for: a category, or a category of one SAC and SIC."""

Editions = Mapping[int, str] | Mapping[EditionKey, str]
"""ASTERIX editions, as a caller writes them: ``{21: "0.23"}``, ``{(21, 20, 219): "2.1"}``."""

Place = tuple[float, float, float | None]
"""WGS-84 latitude and longitude [deg], and height above the ellipsoid [m] where it is known."""

NO_TIME: Final = np.iinfo(np.int64).min
"""A time in ns that is not known."""


class Split(NamedTuple):
    """Where the frames in a run of octets are.

    ``first`` and ``stop`` count in ``octets``, which is the splitter's input except where frames
    had to be put together (IP fragments). ``offset`` is the place of each frame in the input,
    counted as the splitter's ``base`` was. ``t_ns`` is when each was heard, :data:`NO_TIME` where
    the octets do not tell. ``used`` octets of the input are dealt with: the caller gives the
    others again, with more behind them.
    """

    octets: NDArray[np.uint8]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    offset: NDArray[np.int64]
    t_ns: NDArray[np.int64]
    used: int


class Splitter(Protocol):
    """Cuts a stream of octets into frames; may keep state between calls.

    Every octet of the input ends in a frame, is noted with ``ledger.reject``, is counted there as
    padding of the container (headers, line ends), or is left for the next call. Frames do not
    depend on where the stream was cut into calls. With ``last`` nothing may be left.
    """

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        """Cut ``octets``, which begin ``base`` octets into the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a user may say about a recording; each format takes what concerns it."""

    editions: Editions = field(default_factory=dict)
    """ASTERIX editions by category, or by category, SAC and SIC."""
    registers: bool = False
    """Mode S registers inside ASTERIX records as columns too (``bds40_mcp_alt_ft``); asking for
    one of these columns by name does the same."""
    date: dt.date | None = None
    """Day of the first record, for formats that tell only the time of day or a counter."""
    columns: Sequence[str] | None = None
    """The columns of ``tables()`` to make; None is all."""
    receiver_lat_deg: float | None = None
    """WGS-84 latitude of the receiver: resolves a surface position from one message."""
    receiver_lon_deg: float | None = None
    """WGS-84 longitude of the receiver."""

    reference_points: Mapping[str, Place] = field(default_factory=dict)
    """Where the x and y of an ASTERIX surface sensor begin, or of a radar that projects its tracks
    onto the ground, by ``SAC/SIC``: (latitude [deg], longitude [deg], height above the WGS-84
    ellipsoid [m], or None for that of the ellipsoid)."""

    def with_editions(self, editions: Editions) -> Options:
        """Return the same with other editions."""
        return replace(self, editions=editions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a look at a recording settled of the options that the user left open."""

    options: Options
    found: Sequence[Mapping[str, Any]]
    """What was chosen and why, one row a choice, for the user to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBatch:
    """What frames gave, in the wire's own units."""

    tables: Mapping[str, pa.Table]
    """Records by the name of their table, such as ``cat048`` or ``mode_s``; none is empty."""
    rejects: pa.Table
    """REJECT rows in frame order."""
    counts: Mapping[str, int]
    """What was met, in the format's own terms, such as ``DF17`` or ``line``; all of it, also what
    made no row."""


class TableReader(Protocol):
    """Frames of one stream, in order, to tables of records."""

    def feed(self, frames: pa.Table) -> TableBatch:
        """Read a FRAME table. What comes out does not depend on how frames are batched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBatch:
    """What frames gave to the chain behind ``read``."""

    reports: pa.Table
    """REPORT rows in order of arrival."""
    status: pa.Table
    """SENSOR_STATUS rows in order of arrival."""
    rejects: pa.Table
    """REJECT rows in the same order: octets that do not decode, records that cannot be."""
    counts: Mapping[str, int]
    """What was met, as in :class:`TableBatch`."""
    unused: Mapping[str, int]
    """Records that make no report, by reason."""


class ReportReader(Protocol):
    """Frames of any number of sources, in order, to REPORT rows."""

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read a FRAME table. What comes out does not depend on how frames are batched."""

    def snapshot(self) -> Mapping[str, NDArray[np.generic]]:
        """Return the state between batches: the watch keeps it beside its journal."""

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken, as if nothing had happened between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One format."""

    name: str
    """As on the command line: ``--format NAME``."""
    title: str
    """One line for people."""
    sniff: Callable[[bytes], float]
    """How sure it is, 0 to 1, that a stream that begins like this (up to 64 KiB) is of its format;
    0 for random octets and for the samples of other formats."""
    splitter: Callable[[], Splitter]
    """Make a splitter for one stream."""
    tables: Callable[[Options], TableReader]
    """Make a reader of tables."""
    reports: Callable[[Options], ReportReader]
    """Make a reader of REPORT rows."""
    settle: Callable[[Iterable[pa.Table], Options], Settled] | None = None
    """Look at a recording's FRAME tables, as many as it takes, to settle open options."""
    time_column: str = ""
    """The column of ``tables()`` that says when a record happened, where there is one."""
    any_order: bool = False
    """Every frame says in full when it was, and so a file need not be in order of time: a replay
    puts it in order."""
    write: Callable[[pa.Table], bytes] | None = None
    """Turn a table of ``tables()`` back into octets, where the format allows."""


def frames_of(split: Split, *, source: str, first_frame: int) -> pa.Table:
    """Make a FRAME table of what a splitter found, without copying where frames touch."""
    first, stop = split.first, split.stop
    size = stop - first
    offsets = np.zeros(first.size + 1, np.int64)
    np.cumsum(size, out=offsets[1:])
    if first.size and np.array_equal(first[1:], stop[:-1]):
        data = split.octets[int(first[0]) : int(stop[-1])]
    else:
        data = split.octets[np.repeat(first - offsets[:-1], size) + np.arange(offsets[-1])]
    octets = pa.Array.from_buffers(
        pa.large_binary(), first.size, [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )
    known = split.t_ns != NO_TIME
    return tables.make_table(
        tables.FRAME,
        {
            "frame": np.arange(first_frame, first_frame + first.size, dtype=np.uint64),
            "t_heard": pa.array(split.t_ns, mask=~known).cast(tables.TIME),
            "source": tables.words(np.zeros(first.size, np.int32), [source]),
            "offset": split.offset.astype(np.uint64),
            "octets": octets,
        },
        rows=first.size,
    )


def no_such_column(name: str, known: Iterable[str]) -> UsageError:
    """Make the error for a column that nobody has: the nearest names, or all where none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3)
    hint = f"did you mean {', '.join(close)}?" if close else f"there are {', '.join(names)}"
    return UsageError(f"no column {name!r}; {hint}")


@lru_cache(maxsize=1)
def readers() -> Mapping[str, EntryPoint]:
    """Return the formats that are installed, by name, without loading any."""
    return {entry.name: entry for entry in sorted(entry_points(group=GROUP))}


@lru_cache(maxsize=64)
def find_reader(name: str) -> Reader:
    """Return the reader of a format.

    Raises
    ------
    UsageError
        There is none of that name; the message lists those there are.
    """
    known = readers()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"no reader for format {name!r}{hint} There are {', '.join(known)}")
    found = known[name].load()
    if not isinstance(found, Reader):
        raise UsageError(f"entry point {known[name].value} of {GROUP} is no Reader")
    return found
