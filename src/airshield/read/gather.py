"""Rows gathered one by one, for formats that bring tens of records a second and not thousands.

Radars and transponders are read by the column. A drone's identification, a SAPIENT node or a
person with a phone speaks once a second at most, in documents of many shapes: there a row is a
mapping, and the columns are made at the end.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.read.reader import NO_TIME

Row = Mapping[str, Any]

PLACE_FIELDS: Final = (
    pa.field("frame", pa.uint64(), nullable=False, metadata={"what": "the frame it came in"}),
    pa.field("t_heard", tables.TIME, metadata={"what": "when the frame reached us"}),
    pa.field(
        "record",
        pa.uint32(),
        nullable=False,
        metadata={"what": "place among the records of the frame, from 0"},
    ),
    pa.field(
        "offset",
        pa.uint32(),
        nullable=False,
        metadata={"what": "octet of the frame at which the record starts"},
    ),
)
"""The columns that every table of records begins with."""


class Frame(NamedTuple):
    """One row of a FRAME table."""

    number: int
    t_ns: int
    """When it was heard; ``NO_TIME`` where that is not known."""
    source: str
    offset: int
    octets: bytes


def each_frame(frames: pa.Table) -> Iterator[Frame]:
    """Give the rows of a FRAME table."""
    heard = frames["t_heard"].cast(pa.int64()).fill_null(NO_TIME).to_pylist()
    names = ("source", "offset", "octets")
    columns = (frames["frame"].to_pylist(), heard, *(frames[name].to_pylist() for name in names))
    return map(Frame._make, zip(*columns, strict=True))


class Rejects:
    """What could not be read, on its way into a REJECT table."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def add(
        self, frame: Frame, octets: bytes, reason: str, *, offset: int = 0, item: str | None = None
    ) -> None:
        """Note octets that lie ``offset`` octets into a frame."""
        base = frame.offset if frame.source.startswith("file:") else 0
        self._rows.append(
            {
                "frame": frame.number,
                "t_heard": None if frame.t_ns == NO_TIME else frame.t_ns,
                "source": frame.source,
                "offset": base + offset,
                "item": item,
                "reason": reason,
                "octets": octets,
            }
        )

    def table(self) -> pa.Table:
        """Return the REJECT table."""
        return table_of(tables.REJECT, self._rows)


def table_of(schema: pa.Schema, rows: Sequence[Row]) -> pa.Table:
    """Make a table of rows; what a row does not say is null, and times are nanoseconds."""
    arrays = []
    for field in schema:
        values = [row.get(field.name) for row in rows]
        if field.type == tables.WORD:
            array = pa.array(values, pa.string()).dictionary_encode()
            array = pa.DictionaryArray.from_arrays(array.indices, array.dictionary)
        elif field.type == tables.TIME:
            array = pa.array(values, pa.int64()).cast(tables.TIME)
        else:
            array = pa.array(values, field.type)
        arrays.append(array)
    return pa.Table.from_arrays(arrays, schema=schema)


def chosen_columns(
    schemas: Mapping[str, pa.Schema], columns: Sequence[str] | None
) -> Mapping[str, pa.Schema]:
    """Return the schemas with only the columns asked for, after those of the place.

    Raises
    ------
    UsageError
        No table has a column of that name.
    """
    if columns is None:
        return schemas
    known = {name for schema in schemas.values() for name in schema.names}
    for name in columns:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise UsageError(f"no column {name!r}{hint} Tables are {', '.join(schemas)}")
    places = {field.name for field in PLACE_FIELDS}
    return {
        table: pa.schema([field for field in schema if field.name in places | set(columns)])
        for table, schema in schemas.items()
    }


def filled(
    schemas: Mapping[str, pa.Schema], rows: Mapping[str, Sequence[Row]]
) -> dict[str, pa.Table]:
    """Make the tables that have rows."""
    return {name: table_of(schemas[name], found) for name, found in rows.items() if found}


def as_octets(state: Any) -> NDArray[np.uint8]:
    """Keep a state of plain lists, numbers and strings as octets, for a snapshot."""
    return np.frombuffer(json.dumps(state, separators=(",", ":")).encode(), np.uint8).copy()


def from_octets(octets: NDArray[np.generic]) -> Any:
    """Give back what :func:`as_octets` kept."""
    return json.loads(octets.astype(np.uint8).tobytes())


def count(into: dict[str, int], what: str, times: int = 1) -> None:
    """Count something that was met."""
    into[what] = into.get(what, 0) + times


def joined(parts: Iterable[str | None]) -> str | None:
    """Join what there is to say; nothing is null."""
    return "; ".join(part for part in parts if part) or None
