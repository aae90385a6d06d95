"""How fast ASTERIX encodes here, beside libasterix writing the same records.

One process, one thread, the same decoded table: records per second of processor time, best of
several runs here. libasterix creates records from values and unparses them; its time holds neither
the reading of rows nor the search for their values, which are done before. The plain encoder
(``encode``) is measured with rows as dictionaries, made before.

Usage::

    python benchmarks/asterix_encode.py FILE[=CAT:EDITION]...
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from airshield.read import asterix, read_frames
from reference import asterix_author, asterix_oracle

RUNS = 7
PLAIN_ROWS = 2000
PEER_ROWS = 1000


def rate(table: pa.Table, category: int, edition: str) -> float:
    """Records per second of processor time, best of some runs."""
    best = 0.0
    for _ in range(RUNS):
        start = time.process_time()
        asterix.encode_table(category, table, edition=edition)
        best = max(best, table.num_rows / (time.process_time() - start))
    return best


def plain(rows: list[dict[str, object]], category: int, edition: str) -> float:
    start = time.process_time()
    for row in rows:
        asterix.encode(category, [row], edition=edition)
    return len(rows) / (time.process_time() - start)


def peer(rows: list[dict[str, object]], category: int, edition: str) -> float:
    wanted = [
        asterix_author.arguments(category, edition, asterix_oracle.normal(row)) for row in rows
    ]
    start = time.process_time()
    for record, args in wanted:
        record._create(args).unparse().to_bytes()
    return len(rows) / (time.process_time() - start)


def measure(path: Path, editions: dict[int, str]) -> str:
    """One line of the report: a file's main category."""
    frames = pa.concat_tables(list(read_frames(path)))
    found = asterix.decode(frames, editions=editions).tables
    (category, edition), table = max(found.items(), key=lambda item: item[1].num_rows)
    values = sum(table.num_rows - column.null_count for column in table.columns[4:])
    head = table.slice(0, PLAIN_ROWS).to_pylist()
    rates = {
        "encode_table": rate(table, category, edition),
        "encode": plain(head, category, edition),
        "libasterix": peer(head[:PEER_ROWS], category, edition),
    }
    told = ", ".join(f"{name} {value / 1000:.1f}" for name, value in rates.items())
    ratio = rates["encode_table"] / rates["libasterix"]
    return (
        f"{path.name} (CAT{category:03d}, {values / table.num_rows:.0f} values a record): {told}; "
        f"encode_table {ratio:.0f} x libasterix"
    )


def main() -> None:
    print("thousand records per second of processor time")
    for argument in sys.argv[1:]:
        path, _, chosen = argument.partition("=")
        editions = {int(c): e for c, e in (p.split(":") for p in chosen.split(",") if p)}
        print(measure(Path(path), editions), flush=True)


if __name__ == "__main__":
    main()
