"""What ``airshield track`` does."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.progress import Progress

from airshield import tables
from airshield.cli.console import tell_cut
from airshield.cli.output import TableFiles
from airshield.config import load_shield
from airshield.errors import FormatError, UsageError
from airshield.read import replay_frames
from airshield.read.asterix.reports import ReportReader
from airshield.track import Tracker

REPORT_ROWS = 8192
"""Reports handed to the tracker at once; the tracks do not depend on it."""


def track_files(
    inputs: Sequence[Path],
    *,
    sensors: Path,
    to: Path,
    editions: Mapping[int, str],
    date: dt.date | None,
    shown: Progress,
) -> dict[str, Any]:
    """Track recordings or REPORT tables one after the other, as one stream."""
    if to.suffix != ".parquet":
        raise UsageError(f"--to {to}: tracks are written as Parquet; name a .parquet file")
    shield = load_shield(sensors.parent if sensors.name == "shield.toml" else sensors)
    tracker = Tracker(shield.radars, geoid_height_m=shield.geoid_height_m)
    output = TableFiles(to)
    counts: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    cut: list[dict[str, Any]] = []
    seen: set[int] = set()
    confirmed: set[int] = set()
    for path in inputs:
        task = shown.add_task(path.name, total=path.stat().st_size if path.exists() else None)
        for reports, done in _reports(path, editions=editions, date=date, counts=counts, cut=cut):
            batch = tracker.feed(reports)
            counts["reports"] += reports.num_rows
            counts["rows"] += batch.tracks.num_rows
            dropped.update(batch.dropped)
            numbers = batch.tracks["track"].to_numpy()
            sure = pc.equal(batch.tracks["status"].cast(pa.string()), "confirmed").to_numpy()
            seen.update(np.unique(numbers).tolist())
            confirmed.update(np.unique(numbers[sure]).tolist())
            output.write("tracks", batch.tracks)
            shown.update(task, completed=done)
    output.close()
    return {
        "inputs": [str(path) for path in inputs],
        "reports": counts["reports"],
        "rejects": counts["rejects"],
        "cut": cut,
        "dropped": dict(sorted(dropped.items())),
        "tracks": {"all": len(seen), "confirmed": len(confirmed)},
        "rows": counts["rows"],
        "written": str(to),
    }


def _reports(
    path: Path,
    *,
    editions: Mapping[int, str],
    date: dt.date | None,
    counts: Counter[str],
    cut: list[dict[str, Any]],
) -> Iterator[tuple[pa.Table, int]]:
    """Yield REPORT tables and how many octets of the file they took."""
    if path.suffix == ".parquet":
        yield from _reports_from_parquet(path)
        return
    reader = ReportReader(editions=editions, date=date)
    recording = replay_frames(path, date=date, editions=editions)
    for frames in recording:
        read = reader.feed(frames)
        counts["rejects"] += read.rejects.num_rows
        yield read.reports, recording.octets_read
    counts["rejects"] += recording.rejects.num_rows
    cut += tell_cut([recording.recording])


def _reports_from_parquet(path: Path) -> Iterator[tuple[pa.Table, int]]:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise FormatError(
            file=str(path),
            offset=0,
            what=f"not a Parquet file ({error})",
            remedy="give a table of REPORT",
        ) from error
    missing = [
        f.name for f in tables.REPORT if not f.nullable and f.name not in file.schema_arrow.names
    ]
    if missing:
        raise FormatError(
            file=str(path),
            offset=0,
            what=f"no column {', '.join(missing)}",
            remedy="a table of REPORT needs them; docs/tables.md lists all columns",
        )
    have = [name for name in file.schema_arrow.names if name in tables.REPORT.names]
    size, rows = path.stat().st_size, max(file.metadata.num_rows, 1)
    done = 0
    for batch in file.iter_batches(batch_size=REPORT_ROWS, columns=have):
        columns = {name: pa.chunked_array([batch.column(name)]) for name in have}
        done += batch.num_rows
        yield tables.make_table(tables.REPORT, columns, rows=batch.num_rows), size * done // rows
