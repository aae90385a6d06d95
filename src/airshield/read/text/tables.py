"""From frames of text to the tables of a format: what its table readers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.read.reader import Options, TableBatch
from airshield.read.text.rows import Frames, Lost, check_columns, chosen

B1 = NDArray[np.bool_]
I8 = NDArray[np.int64]
State = dict[str, NDArray[np.generic]]


class Records(NamedTuple):
    """What frames gave."""

    made: dict[str, tuple[I8, pa.Table]]
    """Tables by name, none empty, each with the frame of its rows (as a row of the FRAME table)."""
    rejects: pa.Table
    counts: dict[str, int]


class TextTables(ABC):
    """Frames of one text format to its tables; a format says what a frame holds."""

    def __init__(self, options: Options, *schemas: pa.Schema) -> None:
        check_columns(options, *schemas)
        self._columns = options.columns

    def feed(self, frames: pa.Table) -> TableBatch:
        """Read a FRAME table."""
        made, rejects, counts = self.read(Frames(frames))
        return TableBatch(
            tables={name: chosen(table, self._columns) for name, (_, table) in made.items()},
            rejects=rejects,
            counts=counts,
        )

    @abstractmethod
    def read(self, frames: Frames) -> Records:
        """Read frames; all columns are made, whichever were asked for."""

    def snapshot(self) -> State:
        """Return the state; most formats have none."""
        return {}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        del state


def make_records(
    frames: Frames, row: I8, schema: pa.Schema, columns: Mapping[str, Any]
) -> tuple[I8, pa.Table]:
    """Make rows of a table of the format; ``row`` is the frame of each, and given back."""
    place = {"frame": frames.number[row], "t_heard": frames.heard(row)}
    return row, tables.make_table(schema, {**place, **columns}, rows=row.size)


def sift(
    row: I8,
    table: pa.Table,
    wrong: Mapping[str, B1],
    octets: Callable[[int], bytes | None],
    lost: list[Lost],
) -> tuple[I8, pa.Table]:
    """Take out the records that cannot be, and note each with the first reason in ``lost``.

    Parameters
    ----------
    row, table
        As :func:`make_records` gives them; the table has a column ``record``.
    wrong : mapping
        Which records are wrong, by reason.
    octets : callable
        Gives a record as it was written, None where it is its whole frame.
    lost : list of Lost
        Grows by what is taken out.
    """
    record = table["record"].to_numpy()
    bad = np.zeros(row.size, np.bool_)
    for reason, mask in wrong.items():
        for at in np.flatnonzero(mask & ~bad).tolist():
            lost.append(Lost(int(row[at]), reason, int(record[at]), octets(at)))
        bad |= mask
    return row[~bad], table.filter(pa.array(~bad)) if bad.any() else table
