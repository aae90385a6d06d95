"""Writing tables to files as they come: Parquet, Arrow IPC, JSON lines or CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from airshield.errors import StoreError, UsageError


class _Writer(Protocol):
    def write_table(self, table: pa.Table) -> None: ...
    def close(self) -> None: ...


class _JsonLines:
    """One JSON object a row; octets as hexadecimal, times as ISO 8601."""

    def __init__(self, path: Path, _schema: pa.Schema) -> None:
        self._file = path.open("w", encoding="utf-8")

    def write_table(self, table: pa.Table) -> None:
        for row in _with_times_as_text(table).to_pylist():
            self._file.write(json.dumps(row, default=_plain, separators=(",", ":")) + "\n")

    def close(self) -> None:
        self._file.close()


class _Csv:
    """Comma-separated, with lists and octets as JSON text: CSV has no word for them."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._flat = pa.schema([_csv_field(field) for field in schema])
        self._writer = pcsv.CSVWriter(str(path), self._flat)

    def write_table(self, table: pa.Table) -> None:
        arrays = [
            _csv_column(column, field)
            for column, field in zip(table.columns, self._flat, strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._flat))

    def close(self) -> None:
        self._writer.close()


def _parquet(path: Path, schema: pa.Schema) -> _Writer:
    # A dictionary that grows to the usual megabyte costs 30 MB while it is built and saves 4 % of
    # the file. One of measured numbers is looked for in vain, a third of the time to write.
    repeated = [field.name for field in schema if not _is_measured(field.type)]
    writer = pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=repeated,
        dictionary_pagesize_limit=1 << 17,
    )
    return cast(_Writer, writer)


def _is_measured(kind: pa.DataType) -> bool:
    """Tell whether a column is of numbers that hardly ever come again."""
    if pa.types.is_fixed_size_list(kind):
        return _is_measured(kind.value_type)
    return bool(pa.types.is_floating(kind))


class _Arrow:
    """An Arrow IPC file. A dictionary in it may only grow, so each column keeps its words."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
        self._writer = pa.ipc.new_file(str(path), schema, options=options)
        self._words: dict[int, pa.Array] = {
            i: pa.array([], field.type.value_type)
            for i, field in enumerate(schema)
            if pa.types.is_dictionary(field.type)
        }

    def write_table(self, table: pa.Table) -> None:
        for i in self._words:
            table = table.set_column(i, table.schema.field(i), self._grown(i, table.column(i)))
        self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()

    def _grown(self, i: int, column: pa.ChunkedArray) -> pa.DictionaryArray:
        values = column.cast(column.type.value_type).combine_chunks()
        met = pc.unique(values.drop_null())
        fresh = met.filter(pc.invert(pc.is_in(met, value_set=self._words[i])))
        self._words[i] = pa.concat_arrays([self._words[i], fresh])
        codes = pc.index_in(values, value_set=self._words[i]).cast(column.type.index_type)
        return pa.DictionaryArray.from_arrays(codes, self._words[i])


WRITERS = {".parquet": _parquet, ".arrow": _Arrow, ".jsonl": _JsonLines, ".csv": _Csv}


ROWS_TOGETHER: Final = 262_144
"""Rows that are written at once: row groups of Parquet that are worth skipping, and still small
beside the memory of a small machine."""


class TableFiles:
    """Several tables to files beside each other.

    With one table the file gets the name asked for; with more, each gets its own name before the
    suffix (``OUT.cat048.parquet``). Files appear under their names only when they are whole.

    Raises
    ------
    UsageError
        The suffix names no format, or the folder is not there.
    """

    def __init__(self, to: Path, *, option: str = "--to") -> None:
        if to.suffix not in WRITERS:
            raise UsageError(f"{option} {to}: the name must end with one of {', '.join(WRITERS)}")
        check_writable(to, option=option)
        self._to = to
        self._begun: set[str] = set()
        self._writers: dict[str, _Writer] = {}
        self._waiting: dict[str, list[pa.Table]] = {}

    def write(self, name: str, table: pa.Table) -> None:
        """Add rows to the table called ``name``."""
        if name not in self._writers:
            # Noted before: Ctrl-C may come when the file is there and its writer is not yet.
            self._begun.add(name)
            with writing(self._to):
                self._writers[name] = WRITERS[self._to.suffix](self._part(name), table.schema)
        self._waiting.setdefault(name, []).append(table)
        if sum(part.num_rows for part in self._waiting[name]) >= ROWS_TOGETHER:
            self._flush(name)

    def _flush(self, name: str) -> None:
        together = pa.concat_tables(self._waiting.pop(name, []))
        # Not made contiguous: that would hold everything twice for the time of writing.
        with writing(self._to):
            self._writers[name].write_table(together.unify_dictionaries())
        del together
        pa.default_memory_pool().release_unused()

    def close(self) -> list[Path]:
        """Finish every file; return the names they got."""
        for name in list(self._waiting):
            self._flush(name)
        main = [name for name in self._writers if name != "rejects"]
        written = []
        for name, writer in self._writers.items():
            alone = main == [name]
            final = self._to if alone else self._to.with_suffix(f".{name}{self._to.suffix}")
            with writing(final):
                writer.close()
                self._part(name).replace(final)
            written.append(final)
        return written

    def discard(self) -> None:
        """Leave nothing behind of what was not finished."""
        for name in self._begun:
            self._part(name).unlink(missing_ok=True)

    def _part(self, name: str) -> Path:
        return self._to.with_name(f".{self._to.name}.{name}.part")


@contextmanager
def writing(to: Path) -> Iterator[None]:
    """Tell what the system says while a file is written, as an error of ours.

    Raises
    ------
    StoreError
        The disk is full, or the folder has gone.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{to}: could not be written ({error}); make room or name another place, and run it "
            "again"
        ) from error


def check_writable(to: Path, *, option: str) -> None:
    """Refuse, before any work is done, a place where no file can be put.

    Raises
    ------
    UsageError
        There is no such folder, it may not be written to, or a folder has that name.
    """
    if not to.parent.is_dir():
        raise UsageError(f"{option} {to}: there is no folder {to.parent}; make it first")
    if to.is_dir():
        raise UsageError(f"{option} {to}: that is a folder; name a file")
    probe = to.with_name(f".{to.name}.is-writable.part")
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f"{option} {to}: cannot be written ({error.strerror}); name another place"
        ) from error


def write_tables(tables: Mapping[str, pa.Table], folder: Path) -> list[str]:
    """Write tables as CSV into a folder that is there, each under its name; tell the files."""
    files = []
    for name, table in tables.items():
        to = folder / f"{name}.csv"
        with writing(to):
            pcsv.write_csv(table, to)
        files.append(str(to))
    return files


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _with_times_as_text(table: pa.Table) -> pa.Table:
    """Write times as ISO 8601 with nanoseconds, which Python's own datetime has not."""
    for i, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            text = pc.strftime(table.column(i), format="%Y-%m-%dT%H:%M:%SZ")
            table = table.set_column(i, field.name, text)
    return table


def _needs_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    )


def _csv_field(field: pa.Field) -> pa.Field:
    if pa.types.is_dictionary(field.type):
        return pa.field(field.name, field.type.value_type)
    return pa.field(field.name, pa.string()) if _needs_text(field.type) else field


def _csv_column(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    if _needs_text(column.type):
        texts = [None if v is None else json.dumps(v, default=_plain) for v in column.to_pylist()]
        return pa.array(texts, pa.string())
    return column.cast(field.type)
