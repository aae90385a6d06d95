"""Compare every value of whole recordings with libasterix, and round-trip every block.

Slow: libasterix reads a thousand records a second. Prints one line for each file and category, and
ends with exit code 1 where a value differs. ``--values`` leaves the round trip out; so a test runs
it over whole recordings.

Usage::

    python tools/compare_with_libasterix.py [--values] [--every N] FILE[=CAT:EDITION]...
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from airshield.read import asterix, read_frames
from reference import asterix_oracle as oracle


def compare(
    frames: pa.Table, editions: dict[int, str], every: int, *, encode: bool
) -> dict[int, Counter[str]]:
    """Count records, records that differ, and blocks that encode back, for each category."""
    counts: dict[int, Counter[str]] = {}
    for start in range(0, frames.num_rows, 2000):
        part = frames.slice(start, 2000)
        found = asterix.decode(part, editions=editions)
        for (category, edition), table in found.tables.items():
            count = counts.setdefault(category, Counter())
            icao = {f.name for f in table.schema if (f.metadata or {}).get(b"alphabet") == b"icao"}
            for block, rows in blocks_of(part, category, table):
                count["blocks"] += 1
                if count["blocks"] % every:
                    continue
                theirs = oracle.records_of(category, edition, block)
                count["records"] += len(rows)
                if theirs is None or len(theirs) != len(rows):
                    count["blocks that differ in length"] += 1
                    continue
                for ours, other in zip(rows, theirs, strict=True):
                    count["values"] += len(other)
                    wrong = oracle.same(oracle.normal(ours), other, icao_columns=icao)
                    for name in wrong:
                        count[f"differs: {name}"] += 1
                if not encode:
                    continue
                for ours, octets in zip(rows, records_in(block, rows), strict=True):
                    encoded = asterix.encode(category, [ours], edition=edition)[3:]
                    count["encoded back"] += encoded == octets
                    again = oracle.records_of(category, edition, block_of(category, encoded))
                    count["encoded to the same values"] += again == theirs[rows.index(ours) :][:1]
        for reason in found.rejects["reason"].to_pylist():
            counts.setdefault(-1, Counter())[reason] += 1
    return counts


def blocks_of(frames: pa.Table, category: int, table: pa.Table):
    """Yield each data block of one category with its rows."""
    rows = table.to_pylist()
    at = 0
    number = {frame: k for k, frame in enumerate(frames["frame"].to_pylist())}
    octets = frames["octets"]
    while at < len(rows):
        frame = rows[at]["frame"]
        data = octets[number[frame]].as_py()
        pos = 0
        while pos + 3 <= len(data):
            size = int.from_bytes(data[pos + 1 : pos + 3], "big")
            mine = []
            while at < len(rows) and rows[at]["frame"] == frame and rows[at]["offset"] < pos + size:
                mine.append(rows[at])
                at += 1
            if data[pos] == category and mine:
                yield data[pos : pos + size], mine
            pos += max(size, 3)


def records_in(block: bytes, rows: list[dict[str, object]]) -> list[bytes]:
    """Cut a block into its records."""
    first = rows[0]["offset"]
    starts = [3 + row["offset"] - first for row in rows]
    return [block[a:b] for a, b in zip(starts, [*starts[1:], len(block)], strict=True)]


def block_of(category: int, records: bytes) -> bytes:
    """Put records into a block."""
    return bytes([category]) + (len(records) + 3).to_bytes(2, "big") + records


def main() -> None:
    """Run over the files named on the command line."""
    arguments = sys.argv[1:]
    every = 1
    encode = arguments[:1] != ["--values"]
    if not encode:
        arguments = arguments[1:]
    if arguments[:1] == ["--every"]:
        every = int(arguments[1])
        arguments = arguments[2:]
    failed = False
    for argument in arguments:
        path, _, editions = argument.partition("=")
        chosen = dict(pair.split(":") for pair in editions.split(",") if pair)
        recording = read_frames(Path(path))
        frames = pa.concat_tables(list(recording))
        counts = compare(frames, {int(c): e for c, e in chosen.items()}, every, encode=encode)
        for category, count in sorted(counts.items()):
            print(Path(path).name, category, dict(count), flush=True)
            failed |= any(name.startswith(("differs", "blocks that")) for name in count)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
