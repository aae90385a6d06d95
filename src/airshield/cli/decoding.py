"""What ``airshield decode`` does, and how editions and dates are written on the command line."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from rich.progress import Progress

from airshield.cli.output import TableFiles
from airshield.errors import UsageError
from airshield.read import Recording, asterix

FIRST_REJECTS = 5
"""Rejects that the summary shows; all of them are in the reject table."""


def parse_editions(texts: Sequence[str]) -> dict[int, str]:
    """Read ``021=0.23`` as {21: '0.23'}.

    Raises
    ------
    UsageError
        Not of that form, or a category or edition that there is no specification of.
    """
    known = asterix.editions()
    found: dict[int, str] = {}
    for text in texts:
        category, _, edition = text.partition("=")
        if not category.strip().isdigit() or not edition:
            raise UsageError(f"--edition {text}: write CATEGORY=EDITION, e.g. --edition 021=0.23")
        number = int(category)
        if number not in known:
            have = ", ".join(f"{c:03d}" for c in sorted(known))
            raise UsageError(
                f"--edition {text}: no specification of category {number:03d}; there are {have}"
            )
        if edition not in known[number]:
            raise UsageError(
                f"--edition {text}: category {number:03d} has editions {', '.join(known[number])}"
            )
        found[number] = edition
    return found


def parse_date(text: str | None) -> dt.date | None:
    """Read ``2023-05-02``.

    Raises
    ------
    UsageError
        No such day.
    """
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date {text}: write a day as YYYY-MM-DD ({error})") from error


def decode_recordings(
    recordings: Sequence[Recording],
    *,
    output: TableFiles | None,
    editions: Mapping[int, str],
    columns: Sequence[str] | None,
    shown: Progress,
) -> dict[str, Any]:
    """Decode recordings one after the other, write the tables, return what was found."""
    blocks: Counter[int] = Counter()
    records: Counter[int] = Counter()
    used: dict[int, str] = {}
    frames = 0
    rejects: list[dict[str, Any]] = []
    reject_count = 0

    def take_rejects(table: pa.Table) -> None:
        nonlocal reject_count
        reject_count += table.num_rows
        rejects.extend(
            table.slice(0, FIRST_REJECTS - len(rejects)).to_pylist()
            if len(rejects) < FIRST_REJECTS
            else []
        )
        if output is not None and table.num_rows:
            output.write("rejects", table)

    for recording in recordings:
        task = shown.add_task(recording.path.name, total=recording.octets)
        for batch in recording:
            decoded = asterix.decode(batch, editions=editions, columns=columns)
            frames += batch.num_rows
            blocks.update(decoded.blocks)
            records.update(decoded.records)
            for (category, edition), table in decoded.tables.items():
                used[category] = edition
                if output is not None:
                    output.write(f"cat{category:03d}", table)
            take_rejects(decoded.rejects)
            shown.update(task, completed=int(batch["offset"][-1].as_py()))
        take_rejects(recording.rejects())
    written = output.close() if output is not None else []
    return {
        "files": [str(recording.path) for recording in recordings],
        "frames": frames,
        "categories": {
            f"{category:03d}": {
                "edition": used.get(category),
                "blocks": blocks[category],
                "records": records[category],
            }
            for category in sorted(blocks)
        },
        "rejects": reject_count,
        "first_rejects": [
            {
                "source": row["source"],
                "offset": row["offset"],
                "category": row["category"],
                "item": row["item"],
                "reason": row["reason"],
                "octets": row["octets"][:32].hex(" "),
            }
            for row in rejects
        ],
        "written": [str(path) for path in written],
    }
