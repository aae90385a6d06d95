"""Tables of records to data blocks, and blocks to frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import EncodeError, UsageError
from airshield.read.asterix.columns import arrow_type
from airshield.read.asterix.encode import LONGEST_BLOCK, PLACE_COLUMNS, encode_record
from airshield.read.asterix.spec import Leaf, Spec, find_spec
from airshield.read.asterix.writing import _kernels
from airshield.read.asterix.writing.layout import Item, Mask, Sheet, measure

_BATCH_ROWS: Final = 1 << 15
"""Rows at a time: calls weigh little, and twice or half as many change nothing."""
_BATCH_OCTETS: Final = 1 << 28
"""Octets at a time: places are counted in 32 bits, and 32,768 radar videos would overflow them."""
_HEADER: Final = 3
"""Octets of a block's category and length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedTable:
    """What :func:`encode_table` made: data blocks, one after the other."""

    octets: NDArray[np.uint8]
    """All blocks; ``octets.tobytes()`` is a raw file."""
    first: NDArray[np.int64]
    """Where each block starts, shape (blocks + 1,): the last is the end."""
    rows: NDArray[np.int64]
    """The first row of each block, shape (blocks + 1,)."""
    places: pa.Table | None
    """``frame``, ``t_heard`` and ``offset`` of each block, where the rows tell them all."""

    def blocks(self) -> pa.LargeBinaryArray:
        """Return the data blocks, sharing their memory."""
        return _cut(pa.py_buffer(self.octets), self.first)


def encode_table(
    category: int,
    table: pa.Table,
    *,
    edition: str | None = None,
    records_per_block: int | None = None,
) -> EncodedTable:
    """Encode a table of records, as :func:`decode` gives it, into data blocks.

    The octets are those that :func:`encode` makes of the same rows, a hundred times sooner.

    Parameters
    ----------
    category : int
        ASTERIX category.
    table : pyarrow.Table
        One row for each record; columns are those of :func:`decode`, in any order, none needed.
        Null is absent. Numbers may be of any integer or floating type, text and octets of any of
        Arrow's types for them.
    edition : str, optional
        The edition that the table says it is of (``table.schema.metadata``) by default, or the
        newest where it says nothing.
    records_per_block : int, optional
        Consecutive records that share a block. By default those that shared one when they were
        decoded, where ``frame`` and ``offset`` tell, and otherwise every record has a block of its
        own.

    Returns
    -------
    EncodedTable
        Blocks in the order of the rows. A block that would be longer than 65535 octets is split.

    Raises
    ------
    EncodeError
        A value does not fit its field, a column does not exist, a row says nothing; it is the
        error of the first such row and names column, value and ``row``.
    UsageError
        There is no such category or edition.

    Examples
    --------
    >>> import pyarrow as pa
    >>> north = pa.table({"i010_sac": [20, 20], "i010_sic": [129, 130], "i000": [1, 1]})
    >>> encode_table(34, north, records_per_block=2).octets.tobytes().hex(" ")
    '22 00 0b c0 14 81 01 c0 14 82 01'
    """
    if records_per_block is not None and records_per_block < 1:
        raise UsageError(f"a block holds one record or more, not {records_per_block}")
    spec = find_spec(category, edition or _edition_of(table, category))
    some = [name for name in table.schema.names if _says(table[name], name)]
    mine = table.select(some).combine_chunks()
    octets: list[NDArray[np.uint8]] = []
    sizes: list[NDArray[np.int64]] = []
    done = 0
    for batch in mine.to_batches(max_chunksize=_BATCH_ROWS):
        records, size = _encode_batch(spec, batch, done)
        octets.append(records)
        sizes.append(size)
        done += batch.num_rows
    if done < table.num_rows:
        # No column says anything, so there are no batches, but there are rows.
        encode_record(spec, {}, 0)
    return _join(category, table, octets, sizes, records_per_block)


def encode_frames(
    found: Mapping[tuple[int, str], pa.Table], *, source: str = "file:encoded.ast"
) -> pa.Table:
    """Encode the tables of a recording back into its frames.

    Parameters
    ----------
    found : mapping of (category, edition) to pyarrow.Table
        As ``decode(frames).tables``; every table with ``frame``, ``t_heard`` and ``offset``.
    source : str
        What the frames say about where they are from.

    Returns
    -------
    pyarrow.Table of tables.FRAME
        Frames in the order of their numbers, with the blocks of all categories in the order of
        their offsets. ``offset`` counts octets, as in a file that holds just these frames.

    Raises
    ------
    EncodeError
        As :func:`encode_table`.
    UsageError
        A table does not tell the frame and offset of every row.
    """
    blocks: list[pa.Array] = []
    places: list[pa.Table] = []
    for (category, edition), table in found.items():
        made = encode_table(category, table, edition=edition)
        if made.places is None:
            raise UsageError(
                f"the table of category {category:03d} does not tell the frame and offset of every "
                "row; encode it with encode_table and frame the blocks yourself"
            )
        blocks.append(made.blocks())
        places.append(made.places)
    if not blocks:
        return tables.empty(tables.FRAME)
    place = pa.concat_tables(places)
    number = place["frame"].to_numpy()
    order = np.lexsort((place["offset"].to_numpy(), number))
    joined = pa.concat_arrays(blocks).take(pa.array(order))
    _, offsets, data = joined.buffers()
    ends = np.frombuffer(offsets, np.int64, len(joined) + 1)
    starts = np.flatnonzero(np.diff(number[order], prepend=-1.0))
    first = np.append(ends[starts], ends[-1])
    mine = pa.array(order[starts])
    return tables.make_table(
        tables.FRAME,
        {
            "frame": place["frame"].take(mine),
            "t_heard": place["t_heard"].take(mine),
            "source": tables.words(np.zeros(starts.size, dtype=np.int32), [source]),
            "offset": first[:-1].astype(np.uint64),
            "octets": _cut(data, first),
        },
        rows=starts.size,
    )


def _cut(data: pa.Buffer, first: NDArray[np.int64]) -> pa.LargeBinaryArray:
    buffers = [None, pa.py_buffer(np.ascontiguousarray(first)), data]
    return pa.Array.from_buffers(pa.large_binary(), first.size - 1, buffers)


def _says(column: pa.ChunkedArray, name: str) -> bool:
    return column.null_count < len(column) and (name == "profile" or name not in PLACE_COLUMNS)


def _edition_of(table: pa.Table, category: int) -> str | None:
    meta = table.schema.metadata or {}
    if meta.get(b"category") != str(category).encode():
        return None
    told: str | None = meta[b"edition"].decode() if b"edition" in meta else None
    return told


def _encode_batch(
    spec: Spec, batch: pa.RecordBatch, first_row: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the records of a batch, one after the other, and their sizes."""
    sheet = Sheet(rows=batch.num_rows, columns={}, worst=batch.num_rows)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        _take_in(sheet, spec.leaves.get(name), name, column)
    roots: list[Item] = []
    size = np.zeros(sheet.rows, dtype=np.int32)
    for root, live in zip(spec.records, _lives(spec, sheet, batch), strict=True):
        item = measure(sheet, root, live)
        if item is not None:
            roots.append(item)
            size += item.size
    silent = np.flatnonzero(size == 0)
    if silent.size:
        sheet.refuse(int(silent[0]))
    total = int(size.sum())
    if total > _BATCH_OCTETS and sheet.rows > 1:
        half = sheet.rows // 2
        one = _encode_batch(spec, batch.slice(0, half), first_row)
        two = _encode_batch(spec, batch.slice(half), first_row + half)
        return np.concatenate([one[0], two[0]]), np.concatenate([one[1], two[1]])
    if sheet.worst == sheet.rows:
        first = np.cumsum(size) - size
        sheet.octets = np.zeros(total, dtype=np.uint8)
        for root_item in roots:
            root_item.write(sheet, np.where(root_item.size > 0, first, -1).astype(np.int32))
        if sheet.worst == sheet.rows:
            return sheet.octets, size.astype(np.int64)
    elif sheet.worst > 0:
        # Sizes are wrong here, but an earlier row may have a value that is.
        _encode_batch(spec, batch.slice(0, sheet.worst), first_row)
    _tell(spec, batch, sheet.worst, first_row + sheet.worst)
    raise AssertionError(f"row {first_row + sheet.worst}: encode() takes what encode_table() not")


def _tell(spec: Spec, batch: pa.RecordBatch, at: int, row: int) -> None:
    """Raise what the plain encoder says about a row."""
    (values,) = batch.slice(at, 1).to_pylist()
    encode_record(spec, values, row)


def _take_in(sheet: Sheet, leaf: Leaf | None, name: str, column: pa.Array) -> None:
    """Put a column on the sheet, in a type that the kernels take."""
    if name == "profile" or column.null_count == len(column):
        return
    fitted = None if leaf is None else _fitting(leaf, column)
    if fitted is None:
        sheet.refuse(int(np.argmax(sheet.valid(column))))
    else:
        sheet.columns[name] = fitted


def _fitting(leaf: Leaf, column: pa.Array) -> pa.Array | None:
    """Return a column in a type that the kernels take; None where no value could fit."""
    kind = arrow_type(leaf)
    if column.type == kind:
        return column
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if leaf.repeat is None:
        to = _fitting_type(leaf, column.type)
        return None if to is None else column.cast(to, safe=False)
    listed = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if not any(test(column.type) for test in listed):
        return None
    inner = column.type.value_type
    if pa.types.is_dictionary(inner):
        inner = inner.value_type
    to = kind.value_type if pa.types.is_null(inner) else _fitting_type(leaf, inner)
    return None if to is None else column.cast(pa.list_(to), safe=False)


def _fitting_type(leaf: Leaf, kind: pa.DataType) -> pa.DataType | None:
    is_number = pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    if leaf.kind == "integer":
        if not is_number:
            return None
        return pa.uint8() if pa.types.is_boolean(kind) else kind
    if leaf.kind == "quantity":
        return pa.float64() if is_number or pa.types.is_floating(kind) else None
    text = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    octets = (
        pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary,
        pa.types.is_binary_view,
    )  # fmt: skip
    if leaf.kind == "text":
        return pa.string() if any(test(kind) for test in text) else None
    return pa.binary() if any(test(kind) for test in octets) else None


def _lives(spec: Spec, sheet: Sheet, batch: pa.RecordBatch) -> list[Mask | None]:
    """Return, for each profile, the records that follow it."""
    if spec.selector is None:
        return [None]
    chosen = np.full(sheet.rows, -1, dtype=np.int64)
    leaf = sheet.columns.get(spec.selector.name)
    if leaf is not None:
        values = leaf.cast(pa.int64(), safe=False).fill_null(-1).to_numpy()
        inside = (values >= 0) & (values < spec.choices.size)
        chosen[inside] = spec.choices[values[inside]]
    if "profile" in batch.schema.names:
        names = batch.column("profile").cast(pa.string()).to_pylist()
        known = {name: k for k, name in enumerate(spec.profiles)}
        told = [k for k, name in enumerate(names) if name is not None]
        chosen[told] = [known.get(names[k], -1) for k in told]
    return [(chosen == k).view(np.uint8) for k in range(len(spec.records))]


def _join(
    category: int,
    table: pa.Table,
    octets: list[NDArray[np.uint8]],
    sizes: list[NDArray[np.int64]],
    records_per_block: int | None,
) -> EncodedTable:
    """Put the records of all batches into blocks."""
    size = np.concatenate([np.empty(0, dtype=np.int64), *sizes])
    records = np.concatenate([np.empty(0, dtype=np.uint8), *octets])
    over = np.flatnonzero(size + _HEADER > LONGEST_BLOCK)
    if over.size:
        row = int(over[0])
        raise EncodeError(
            column="(block)",
            value=int(size[row]) + _HEADER,
            why=f"a data block holds {LONGEST_BLOCK} octets",
            row=row,
        )
    place = _places(table)
    together = np.ones(size.size, dtype=np.uint8)
    most = size.size
    if records_per_block is not None:
        most = records_per_block
    elif place is None:
        most = 1
    else:
        frame = place["frame"].to_numpy()
        offset = place["offset"].to_numpy().astype(np.int64)
        # Between two blocks there is the header of the second at least.
        gap = np.diff(offset) - size[:-1]
        together[1:] = (np.diff(frame) == 0) & (np.diff(offset) > 0) & (gap < _HEADER)
    rows = np.empty(size.size + 1, dtype=np.int64)
    found = int(_kernels.group_records(size, together, most, LONGEST_BLOCK, rows))
    rows = rows[: found + 1].copy()
    first = np.append(0, np.cumsum(size))
    starts = first[rows] + _HEADER * np.arange(rows.size)
    out = np.empty(int(starts[-1]), dtype=np.uint8)
    _kernels.write_blocks(category, records, first, rows, starts, out)
    return EncodedTable(
        octets=out,
        first=starts,
        rows=rows,
        places=None if place is None else place.take(pa.array(rows[:-1])),
    )


def _places(table: pa.Table) -> pa.Table | None:
    """Return where each row came from, if all of them tell."""
    if not {"frame", "offset"} <= set(table.schema.names):
        return None
    if table["frame"].null_count or table["offset"].null_count:
        return None
    heard = (
        table["t_heard"]
        if "t_heard" in table.schema.names
        else pa.nulls(table.num_rows, tables.TIME)
    )
    return pa.table({"frame": table["frame"], "t_heard": heard, "offset": table["offset"]})
