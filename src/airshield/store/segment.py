"""One part of the journal, open (a log of records) or sealed (a Parquet file).

A log is a header and records, little endian::

    header   magic 8 · version u32 · crc32 u32 of the rest · first frame u64
    record   mark 4 · crc32 u32 of the rest · octets u32 · source u32 · durable u32
             · t_heard i64 · offset u64 · octets

``source`` numbers the names that the log's name records (bit 31 set, the octets are the name)
have given before. ``durable`` is how many octets of this log were known to be on the disk when the
record was written. That tells a torn tail, which no one was promised, from damage: where a record
fails its check and a whole one further on says that this place was durable, someone changed it.

A sealed part holds the FRAME columns. Its name carries the first frame, the number of frames and
the CRC-32 of the whole file, so that reading it needs no other file to be believed; its metadata
carry where each source stood at its end.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from airshield import tables
from airshield.errors import JournalDamagedError

MAGIC: Final = b"airshldJ"
VERSION: Final = 1
HEADER: Final = struct.Struct("<8sIIQ")
MARK: Final = b"\xa5FR\x1e"
RECORD: Final = struct.Struct("<4sIIIIqQ")
CHECKED: Final = struct.Struct("<IIIqQ")
"""The part of a record's head that its CRC covers, together with the octets."""

NAME_BIT: Final = 1 << 31
CLOSE_SOURCE: Final = (1 << 32) - 1
"""Source of the empty record that a clean close leaves: it says that all before it is durable."""

NO_TIME: Final = -(1 << 63)
"""Stands for a null ``t_heard``: Arrow's own least timestamp, which no clock shows."""

READ_BATCH: Final = 4096
_SOURCES_KEY: Final = b"airshield.sources"
_LOG_NAME: Final = re.compile(r"frames-(\d{20})\.log")
_SEALED_NAME: Final = re.compile(r"frames-(\d{20})-(\d+)-([0-9a-f]{8})\.parquet")


class SourceEnd(NamedTuple):
    """How far the journal has a source: so many frames, the last of them at this offset."""

    frames: int
    offset: int


class Part(NamedTuple):
    """A file of the journal, as its name tells."""

    first: int
    path: Path
    frames: int | None
    """Number of frames; None for a log, which must be read to know."""
    crc: int | None


@dataclass(slots=True)
class Log:
    """A log that has been read: where its frames are, and where the good records end."""

    first: int
    data: bytes
    names: dict[int, str] = field(default_factory=dict)
    t_heard: array[int] = field(default_factory=lambda: array("q"))
    source: array[int] = field(default_factory=lambda: array("q"))
    offset: array[int] = field(default_factory=lambda: array("Q"))
    begin: array[int] = field(default_factory=lambda: array("q"))
    end: array[int] = field(default_factory=lambda: array("q"))
    good: int = 0
    """Octets of the file that are whole records: the rest is a torn tail."""

    @property
    def count(self) -> int:
        """Number of whole frames."""
        return len(self.begin)

    def table(self, start: int, stop: int) -> pa.Table:
        """Make the FRAME table of rows ``start`` to ``stop`` of this log."""
        stop = min(stop, self.count)
        names = [self.names[key] for key in sorted(self.names)]
        t_heard = np.array(self.t_heard[start:stop], np.int64)
        begins, ends = self.begin[start:stop], self.end[start:stop]
        octets = [self.data[a:b] for a, b in zip(begins, ends, strict=True)]
        return tables.make_table(
            tables.FRAME,
            {
                "frame": np.arange(self.first + start, self.first + stop, dtype=np.uint64),
                "t_heard": pa.array(t_heard, mask=t_heard == NO_TIME).cast(tables.TIME),
                "source": tables.words(np.array(self.source[start:stop], np.int32), names),
                "offset": np.array(self.offset[start:stop], np.uint64),
                "octets": pa.array(octets, pa.large_binary()),
            },
            rows=max(stop - start, 0),
        )


def header(first: int) -> bytes:
    """Make the header of a log that begins with frame ``first``."""
    crc = zlib.crc32(struct.pack("<Q", first))
    return HEADER.pack(MAGIC, VERSION, crc, first)


def record(octets: Any, *, source: int, durable: int, t_heard: int, offset: int) -> bytes:
    """Make one record."""
    checked = CHECKED.pack(len(octets), source, durable, t_heard, offset)
    crc = zlib.crc32(octets, zlib.crc32(checked))
    return b"".join((MARK, crc.to_bytes(4, "little"), checked, octets))


def name_record(name: str, *, source: int, durable: int) -> bytes:
    """Make the record that gives source number ``source`` its name."""
    octets = name.encode()
    return record(octets, source=source | NAME_BIT, durable=durable, t_heard=NO_TIME, offset=0)


def close_record(*, durable: int) -> bytes:
    """Make the record that a clean close leaves."""
    return record(b"", source=CLOSE_SOURCE, durable=durable, t_heard=NO_TIME, offset=0)


def has_header(path: Path) -> bool:
    """Tell whether a log got as far as its header before its writer died.

    Raises
    ------
    JournalDamagedError
        There is more than a header, and the header is not right.
    """
    with path.open("rb") as file:
        head = file.read(HEADER.size + 1)
    if _header_first(head) == log_first(path):
        return True
    if len(head) > HEADER.size:
        raise JournalDamagedError(path=str(path), offset=0, what="the header is not right")
    return False


def read_log(path: Path, *, last: bool) -> Log:
    """Read a log up to its last whole record.

    Parameters
    ----------
    path : Path
        The log.
    last : bool
        Whether this is the journal's last part, the only one whose tail may be torn.

    Raises
    ------
    JournalDamagedError
        Octets that had been acknowledged fail their check.
    """
    data = path.read_bytes()
    first = log_first(path)
    if _header_first(data) != first:
        raise JournalDamagedError(path=str(path), offset=0, what="the header is not right")
    log = Log(first, data)
    at = HEADER.size
    while (found := _whole_record(data, at, log.names)) is not None:
        source, t_heard, offset, end = found
        if source == CLOSE_SOURCE:
            pass
        elif source & NAME_BIT:
            log.names[source ^ NAME_BIT] = data[at + RECORD.size : end].decode()
        else:
            log.source.append(source)
            log.t_heard.append(t_heard)
            log.offset.append(offset)
            log.begin.append(at + RECORD.size)
            log.end.append(end)
        at = end
    log.good = at
    if at < len(data):
        what = "a record fails its check, and records after it say that it had been durable"
        if not last:
            what = "a record fails its check"
        if not last or _was_durable(data, at):
            raise JournalDamagedError(path=str(path), offset=at, what=what)
    return log


def marks_in(data: bytes, begin: int) -> int:
    """Count the frames begun in a torn tail, as far as their marks can be seen."""
    return data.count(MARK, begin)


def list_parts(folder: Path) -> list[Part]:
    """List the parts of a journal by first frame; a sealed part stands before its own log.

    A part that someone has renamed is not one: its frames show as a gap.
    """
    parts = []
    for path in folder.iterdir():
        if (sealed := _SEALED_NAME.fullmatch(path.name)) is not None:
            first, count, crc = sealed.groups()
            parts.append(Part(int(first), path, int(count), int(crc, 16)))
        elif _LOG_NAME.fullmatch(path.name) is not None:
            parts.append(Part(log_first(path), path, None, None))
    return sorted(parts, key=lambda part: (part.first, part.frames is None))


def log_path(folder: Path, first: int) -> Path:
    """Name the log that begins with frame ``first``."""
    return folder / f"frames-{first:020d}.log"


def log_first(path: Path) -> int:
    """Read a log's first frame off its name."""
    return int(path.stem.split("-")[1])


def sealed_file(log: Log, before: Mapping[str, SourceEnd]) -> tuple[str, memoryview]:
    """Make the sealed form of a log: the file's name and its contents.

    Parameters
    ----------
    log : Log
        The whole log.
    before : mapping of source to SourceEnd
        Where the sources stood before this log.
    """
    ends = {name: list(end) for name, end in source_ends(log, before).items()}
    metadata = {**(tables.FRAME.metadata or {}), _SOURCES_KEY: json.dumps(ends).encode()}
    schema = tables.FRAME.with_metadata(metadata)
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for start in range(0, log.count, 16 * READ_BATCH):
            rows = log.table(start, start + 16 * READ_BATCH)
            writer.write_table(rows.replace_schema_metadata(metadata))
    data = memoryview(sink.getvalue())
    return f"frames-{log.first:020d}-{log.count}-{zlib.crc32(data):08x}.parquet", data


def read_sealed(part: Part) -> pq.ParquetFile:
    """Open a sealed part after checking every octet of it.

    Raises
    ------
    JournalDamagedError
        The file is not what was sealed.
    """
    data = part.path.read_bytes()
    if zlib.crc32(data) != part.crc:
        raise JournalDamagedError(
            path=str(part.path), offset=0, what="the file's CRC-32 is not the one in its name"
        )
    return pq.ParquetFile(pa.BufferReader(data), read_dictionary=["source"])


def sealed_tables(part: Part, start_frame: int) -> Iterator[pa.Table]:
    """Give the FRAME tables of a sealed part, from ``start_frame`` on."""
    at = part.first
    for rows in read_sealed(part).iter_batches(batch_size=READ_BATCH):
        table = pa.Table.from_batches([rows]).cast(tables.FRAME)
        if at + table.num_rows > start_frame:
            yield table.slice(max(start_frame - at, 0))
        at += table.num_rows


def sealed_sources(part: Part) -> dict[str, SourceEnd]:
    """Read from a sealed part's metadata where each source stood at its end."""
    metadata = read_sealed(part).schema_arrow.metadata
    return {name: SourceEnd(*end) for name, end in json.loads(metadata[_SOURCES_KEY]).items()}


def source_ends(log: Log, before: Mapping[str, SourceEnd]) -> dict[str, SourceEnd]:
    """Tell where each source stands after a log, given where it stood before."""
    ends = dict(before)
    codes = np.array(log.source, np.int64)
    for code, name in log.names.items():
        rows = np.flatnonzero(codes == code)
        if rows.size:
            frames = ends.get(name, SourceEnd(0, 0)).frames + int(rows.size)
            ends[name] = SourceEnd(frames, int(log.offset[int(rows[-1])]))
    return ends


def _header_first(data: bytes) -> int | None:
    if len(data) < HEADER.size:
        return None
    magic, version, crc, first = HEADER.unpack_from(data)
    right = magic == MAGIC and version == VERSION and crc == zlib.crc32(struct.pack("<Q", first))
    return int(first) if right else None


def _whole_record(
    data: bytes, at: int, names: Mapping[int, str] | None
) -> tuple[int, int, int, int] | None:
    """Read the record at ``at``: source, t_heard, offset and its end; None if it is not whole."""
    if at + RECORD.size > len(data):
        return None
    mark, crc, length, source, _, t_heard, offset = RECORD.unpack_from(data, at)
    end = at + RECORD.size + length
    if mark != MARK or end > len(data):
        return None
    if zlib.crc32(memoryview(data)[at + 8 : end]) != crc:
        return None
    if names is not None and not source & NAME_BIT and source not in names:
        return None
    return source, t_heard, offset, end


def _was_durable(data: bytes, bad: int) -> bool:
    """Tell whether a whole record after ``bad`` says that the octets there were on the disk."""
    at = data.find(MARK, bad + 1)
    while at >= 0:
        if _whole_record(data, at, None) is not None:
            durable = RECORD.unpack_from(data, at)[4]
            if durable > bad:
                return True
        at = data.find(MARK, at + 1)
    return False
