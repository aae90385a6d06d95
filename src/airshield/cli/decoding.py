"""What ``airshield decode`` does, and how editions and dates are written on the command line."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.progress import Progress

from airshield.cli.output import TableFiles
from airshield.errors import UsageError
from airshield.read import Reading, Replay, asterix
from airshield.read.reader import EditionKey, Place

FIRST_REJECTS = 5
"""Rejects that the summary shows; all of them are in the reject table."""


HEIGHT_MAX_M = 10_000.0
"""No sensor stands higher."""


def parse_editions(texts: Sequence[str]) -> dict[EditionKey, str]:
    """Read ``021=0.23`` as {21: '0.23'}, and ``021/20/219=2.1`` as {(21, 20, 219): '2.1'}.

    Raises
    ------
    UsageError
        Not of that form, or a category or edition that there is no specification of.
    """
    known = asterix.editions()
    found: dict[EditionKey, str] = {}
    for text in texts:
        key, _, edition = text.partition("=")
        numbers = [part.strip() for part in key.split("/")]
        if len(numbers) not in (1, 3) or not all(map(str.isdigit, numbers)) or not edition:
            raise UsageError(
                f"--edition {text}: write CATEGORY=EDITION, e.g. 021=0.23, or for one source "
                "CATEGORY/SAC/SIC=EDITION, e.g. 021/20/219=2.1"
            )
        number, *source = map(int, numbers)
        if number not in known:
            have = ", ".join(f"{c:03d}" for c in sorted(known))
            raise UsageError(
                f"--edition {text}: no specification of category {number:03d}; there are {have}"
            )
        if edition not in known[number]:
            raise UsageError(
                f"--edition {text}: category {number:03d} has editions {', '.join(known[number])}"
            )
        if any(part > 255 for part in source):
            raise UsageError(f"--edition {text}: SAC and SIC are 0 to 255")
        found[(number, source[0], source[1]) if source else number] = edition
    return found


def tell_editions(found: Sequence[Mapping[str, Any]]) -> None:
    """Print which edition each source speaks, and why."""
    for one in found:
        source = "" if one["sac"] is None else f" from {one['sac']}/{one['sic']}"
        print(f"CAT{one['category']}{source}: edition {one['edition']} ({one['why']})")


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


def parse_place(text: str | None) -> tuple[float, float] | None:
    """Read ``41.3,2.1`` as latitude and longitude in degrees.

    Raises
    ------
    UsageError
        Not two numbers, or no place on Earth.
    """
    if text is None:
        return None
    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--receiver {text}: write LAT,LON in degrees, e.g. 41.3,2.1") from error
    if not (abs(lat_deg) <= 90.0 and abs(lon_deg) <= 180.0):
        raise UsageError(f"--receiver {text}: no such place; latitude comes first")
    return lat_deg, lon_deg


def parse_references(texts: Sequence[str]) -> dict[str, Place]:
    """Read ``0/107=41.3,2.1,52`` as {'0/107': (41.3, 2.1, 52.0)}; the height may be left out.

    Raises
    ------
    UsageError
        Not of that form, no SAC and SIC, or no place on Earth.
    """
    found: dict[str, Place] = {}
    for text in texts:
        sensor, _, place = text.partition("=")
        try:
            sac, sic = map(int, sensor.split("/"))
            lat_deg, lon_deg, *height = map(float, place.split(","))
            is_right = (
                {sac, sic} <= set(range(256))
                and abs(lat_deg) <= 90.0
                and abs(lon_deg) <= 180.0
                and (not height or (len(height) == 1 and abs(height[0]) < HEIGHT_MAX_M))
            )
        except ValueError:
            is_right = False
        if not is_right:
            raise UsageError(
                f"--reference {text}: write SAC/SIC=LAT,LON in degrees, or LAT,LON,HEIGHT with "
                "metres above the WGS-84 ellipsoid, e.g. 0/107=41.297,2.083,52"
            )
        found[f"{sac}/{sic}"] = (lat_deg, lon_deg, height[0] if height else None)
    return found


class Summary:
    """What decoding some recordings came to."""

    def __init__(self) -> None:
        self.frames = self.reject_count = 0
        self.counts: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.padding: Counter[str] = Counter()
        self.rejects: list[dict[str, Any]] = []
        self.unread: list[str] = []

    def take_rejects(self, table: pa.Table) -> None:
        """Count rejects and keep the first few for show."""
        self.reject_count += table.num_rows
        self.rejects += table.slice(0, max(FIRST_REJECTS - len(self.rejects), 0)).to_pylist()

    def document(self, readings: Sequence[Reading], written: Sequence[Path]) -> dict[str, Any]:
        """Return it as the JSON document of ``--json``."""
        found = [{"file": str(r.recording.path), **one} for r in readings for one in r.found]
        return {
            "files": [
                {
                    "file": str(r.recording.path),
                    "format": r.format,
                    "container": r.recording.container,
                }
                for r in readings
            ],
            "frames": self.frames,
            "tables": dict(sorted(self.rows.items())),
            "counts": dict(sorted(self.counts.items())),
            "categories": self._categories(found),
            "editions": found,
            "rejects": self.reject_count,
            "unread": self.unread,
            "first_rejects": [
                {
                    "source": row["source"],
                    "offset": row["offset"],
                    "category": row["category"],
                    "item": row["item"],
                    "reason": row["reason"],
                    "octets": row["octets"][:32].hex(" "),
                }
                for row in self.rejects
            ],
            "written": [str(path) for path in written],
        }

    def _categories(self, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return blocks and records by ASTERIX category, with the editions they were read in."""
        categories: dict[str, dict[str, Any]] = {}
        for name, count in sorted(self.counts.items()):
            category, _, what = name.partition(" ")
            if category.startswith("CAT") and what in ("blocks", "records"):
                categories.setdefault(category[3:], {"edition": None, "blocks": 0, "records": 0})
                categories[category[3:]][what] = count
        for one in found:
            entry = categories.get(one["category"])
            if entry is not None:
                spoken = {one["edition"], *(entry["edition"] or "").split(", ")} - {""}
                entry["edition"] = ", ".join(sorted(spoken))
        return categories


def decode_recordings(
    readings: Sequence[Reading], *, output: TableFiles | None, reports: bool, shown: Progress
) -> dict[str, Any]:
    """Decode recordings one after the other, write the tables, return what was found.

    Where the recordings speak several editions of a category, each has a table of its own.
    """
    spoken: dict[str, set[str]] = {}
    for reading in readings:
        for one in reading.found:
            spoken.setdefault(f"cat{one['category']}", set()).add(one["edition"])
    summary = Summary()
    for reading in readings:
        recording = reading.recording
        before, lost_before = sum(summary.rows.values()), summary.reject_count
        task = shown.add_task(recording.path.name, total=recording.octets)
        batches = (("reports", t) for t in reading.reports()) if reports else reading
        for kind, table in batches:
            name = kind
            if len(spoken.get(kind, ())) > 1:
                name = f"{kind}_{table.schema.metadata[b'edition'].decode()}"
            summary.rows[name] += table.num_rows
            if output is not None:
                output.write(name, table)
            shown.update(task, completed=recording.ledger.octets)
            _take_rejects(reading, summary, output)
        _take_rejects(reading, summary, output)
        summary.frames += reading.frames
        summary.counts.update(reading.counts)
        if summary.reject_count > lost_before and sum(summary.rows.values()) == before:
            summary.unread.append(tell_unread(reading))
    written = output.close() if output is not None else []
    return summary.document(readings, written)


def _take_rejects(reading: Reading, summary: Summary, output: TableFiles | None) -> None:
    """Count and write the rejects that have come since the last time."""
    rejects = reading.take_rejects()
    summary.take_rejects(rejects)
    if output is not None and rejects.num_rows:
        output.write("rejects", rejects)


def tell_unread(reading: Reading | Replay) -> str:
    """Say on standard error that nothing at all in a recording could be read; return its name."""
    print(
        f"airshield: {reading.recording.path}: nothing in it could be read as {reading.format}; "
        "the rejects say why; leave --format out to have the format found, or name another",
        file=sys.stderr,
    )
    return str(reading.recording.path)
