"""What readers of text have in common: fields with units, rejects, REPORT rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.read.reader import NO_TIME, Options, no_such_column
from airshield.tables import REPORT_KINDS, ReportFlag
from airshield.units import NS_PER_S

B1 = NDArray[np.bool_]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]

KIND_CODES: Final = {name: code for code, name in enumerate(REPORT_KINDS)}

FRAME_FIELDS: Final = (
    pa.field("frame", pa.uint64(), nullable=False, metadata={"what": "the frame it came in"}),
    pa.field("t_heard", tables.TIME, metadata={"what": "when the bytes reached us"}),
)
"""What the native table of every format begins with."""


def wire_field(name: str, kind: pa.DataType, what: str, unit: str | None = None) -> pa.Field:
    """Make a nullable field in the wire's own unit, which ends its name and stands beside it."""
    if unit is not None and not name.endswith(f"_{unit}"):
        raise UsageError(f"the name of column {name} must end with its unit {unit}")
    return pa.field(name, kind, metadata={"what": what} | ({"unit": unit} if unit else {}))


class Lost(NamedTuple):
    """A frame, or a record in one, that is lost to the tables."""

    row: int
    """The frame, as a row of its table."""
    reason: str
    record: int = 0
    """Place within the frame."""
    octets: bytes | None = None
    """The record, written anew as JSON where it is part of a document; None is the whole frame."""


class Frames:
    """A FRAME table as arrays."""

    def __init__(self, frames: pa.Table) -> None:
        self.table = frames
        self.size = frames.num_rows

    @cached_property
    def texts(self) -> list[bytes]:
        """The octets of each frame."""
        octets: list[bytes] = self.table["octets"].to_pylist()
        return octets

    @cached_property
    def number(self) -> NDArray[np.uint64]:
        """Place in the journal."""
        return np.asarray(self.table["frame"].to_numpy(), np.uint64)

    @cached_property
    def heard_ns(self) -> I8:
        """When each was heard; NO_TIME where nobody knows."""
        heard = self.table["t_heard"].cast(pa.int64()).fill_null(NO_TIME)
        return np.asarray(heard.to_numpy(), np.int64)

    @cached_property
    def _sources(self) -> pa.DictionaryArray:
        column = self.table["source"].unify_dictionaries().combine_chunks()
        return column.chunk(0) if isinstance(column, pa.ChunkedArray) else column

    @cached_property
    def source_names(self) -> list[str]:
        """Names of sources; :attr:`source` counts in them."""
        names: list[str] = self._sources.dictionary.to_pylist() if self.size else []
        return names

    @cached_property
    def source(self) -> I8:
        """The source of each, as its place in :attr:`source_names`."""
        if not self.size:
            return np.empty(0, np.int64)
        return np.asarray(self._sources.indices.to_numpy(zero_copy_only=False), np.int64)

    def heard(self, row: I8) -> pa.Array:
        """Return ``t_heard`` of the frames ``row``."""
        return times(self.heard_ns[row])

    def rejects(self, lost: Iterable[Lost]) -> pa.Table:
        """Make REJECT rows of whole frames, or of records in them."""
        rows = sorted(lost, key=lambda one: (one.row, one.record))
        at = np.array([one.row for one in rows], np.int64)
        if not at.size:
            return tables.empty(tables.REJECT)
        in_file = np.array([name.startswith("file:") for name in self.source_names], np.bool_)
        offset = np.asarray(self.table["offset"].to_numpy(), np.uint64)[at]
        return tables.make_table(
            tables.REJECT,
            {
                "frame": self.number[at],
                "t_heard": self.heard(at),
                "source": tables.words(self.source[at].astype(np.int32), self.source_names),
                "offset": np.where(in_file[self.source[at]], offset, np.uint64(0)),
                "reason": [one.reason for one in rows],
                "octets": pa.array(
                    [self.texts[one.row] if one.octets is None else one.octets for one in rows],
                    pa.large_binary(),
                ),
            },
            rows=at.size,
        )


def times(t_ns: I8) -> pa.Array:
    """Make a time column; NO_TIME becomes null."""
    return pa.array(t_ns, mask=t_ns == NO_TIME).cast(tables.TIME)


def floats(column: pa.ChunkedArray) -> F8:
    """Return a column of numbers as floats; null becomes NaN."""
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def integers(column: pa.ChunkedArray, *, unknown: int = -1) -> I8:
    """Return a column of counts or codes; null becomes ``unknown``."""
    return np.asarray(column.cast(pa.int64()).fill_null(unknown).to_numpy(), np.int64)


def truths(column: pa.ChunkedArray) -> B1:
    """Return a column of yes and no; null becomes no."""
    return np.asarray(column.fill_null(False).to_numpy(), np.bool_)


_MS_FROM: Final = 1e11
"""Unix times above this are in milliseconds: in seconds it would be the year 5138."""


def epoch_s(t: F8) -> F8:
    """Return Unix times in seconds; those in milliseconds are told by their size."""
    return np.where(np.abs(t) > _MS_FROM, t / 1000.0, t)


def epoch_ns(t_s: F8) -> I8:
    """Return Unix times [s] in ns, whole microseconds: what a double holds in this century."""
    known = np.isfinite(t_s)
    micros = np.rint(np.where(known, t_s, 0.0) * 1e6).astype(np.int64)
    return np.where(known, micros * 1000, NO_TIME)


T_MIN_S: Final = 0.0
T_MAX_S: Final = 7_258_118_400.0
"""Unix times that a feed can mean: up to the year 2200."""


def is_epoch(t_s: F8) -> B1:
    """Tell which numbers can be Unix times [s]."""
    with np.errstate(invalid="ignore"):
        return np.asarray((t_s >= T_MIN_S) & (t_s < T_MAX_S))


def read_json(text: bytes) -> Any:
    """Return what a JSON document holds.

    Raises
    ------
    ValueError
        It is none (RFC 8259: NaN and Infinity are no numbers), or nested too deep to be read.
    """

    def no_constant(word: str) -> float:
        raise ValueError(f"{word} is no JSON")

    try:
        return json.loads(text, parse_constant=no_constant)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def squawks(column: pa.ChunkedArray) -> I8:
    """Return Mode 3/A codes written as four octal digits; -1 where there is none."""
    coded = column.combine_chunks().dictionary_encode()
    known = [-1]
    for text in coded.dictionary.to_pylist():
        known.append(int(text, 8) if len(text) == 4 and set(text) <= set("01234567") else -1)
    return np.asarray(np.array(known, np.int64)[np.asarray(coded.indices.fill_null(-1)) + 1])


def east_of_greenwich_deg(lon_deg: F8) -> F8:
    """Return longitudes in [-180, 180): some feeds write 180."""
    return np.where(lon_deg >= 180.0, lon_deg - 360.0, lon_deg)


def join(parts: Sequence[Any]) -> Any:
    """Join columns that are arrays of NumPy or of Arrow."""
    if isinstance(parts[0], pa.Array):
        return pa.concat_arrays(parts)
    return np.concatenate(parts)


def take(column: Any, at: I8) -> Any:
    """Return the values at these places, of an array of NumPy or of Arrow."""
    return column.take(pa.array(at)) if isinstance(column, pa.Array) else column[at]


def flags(*, spi: B1, emergency: B1, on_ground: B1) -> NDArray[np.uint16]:
    """Join what is so into bits of ReportFlag."""
    out = np.zeros(spi.size, np.uint16)
    out[spi] |= np.uint16(ReportFlag.SPI)
    out[emergency] |= np.uint16(ReportFlag.EMERGENCY)
    out[on_ground] |= np.uint16(ReportFlag.ON_GROUND)
    return out


def velocity_mps(spd_mps: F8, track_deg: F8) -> tuple[F8, F8]:
    """Return velocity to the east and north from speed and direction over the ground."""
    track = np.radians(track_deg)
    return spd_mps * np.sin(track), spd_mps * np.cos(track)


def make_reports(frames: Frames, row: I8, kept: I8, values: Mapping[str, Any]) -> pa.Table:
    """Make REPORT rows of records.

    Parameters
    ----------
    frames : Frames
        Where the records are from.
    row : ndarray, shape (n,)
        Frame of each record, as a row of ``frames``.
    kept : ndarray
        The records to report, in their order.
    values : mapping
        Columns of REPORT over the n records, by name; ``t`` and ``t_heard`` in ns, ``kind`` as
        codes of REPORT_KINDS. NaN, -1 and NO_TIME are unknown. Sensors are named by their sources.
    """
    if not kept.size:
        return tables.empty(tables.REPORT)
    columns: dict[str, Any] = {}
    for field in tables.REPORT:
        name = field.name
        if name not in values or name in ("t", "t_heard", "kind"):
            continue
        taken = take(values[name], kept)
        if pa.types.is_integer(field.type) and field.nullable:
            taken = pa.array(taken, field.type, mask=taken < 0)
        columns[name] = taken
    heard = values.get("t_heard")
    return tables.make_table(
        tables.REPORT,
        {
            **columns,
            "t": times(values["t"][kept]),
            "t_heard": frames.heard(row[kept]) if heard is None else times(heard[kept]),
            "sensor": tables.words(frames.source[row[kept]].astype(np.int32), frames.source_names),
            "kind": tables.words(values["kind"][kept].astype(np.int32), REPORT_KINDS),
            "frame": frames.number[row[kept]],
        },
        rows=kept.size,
    )


def chosen(table: pa.Table, names: Sequence[str] | None) -> pa.Table:
    """Return the columns of a native table that were asked for."""
    if names is None:
        return table
    return table.select([name for name in table.column_names if name in names])


def check_columns(options: Options, *schemas: pa.Schema) -> None:
    """Make sure that every column asked for exists.

    Raises
    ------
    UsageError
        One is in none of the format's tables.
    """
    known = {name for schema in schemas for name in schema.names}
    for name in options.columns or ():
        if name not in known:
            raise no_such_column(name, known)


def midnight_ns(options: Options) -> int:
    """Return when the day of the options began, NO_TIME where none is given."""
    if options.date is None:
        return NO_TIME
    return (options.date.toordinal() - 719_163) * 86_400 * NS_PER_S
