"""What ``airshield track`` does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.progress import Progress

from airshield import tables
from airshield.cli.console import prepare_kernels, tell_cut
from airshield.cli.outbound import ASTERIX_SUFFIX, AsterixFile
from airshield.cli.output import TableFiles
from airshield.cli.replaying import Said, describe, open_replays, tell_all_unread
from airshield.config import load_shield
from airshield.errors import FormatError, MissingFileError, UsageError
from airshield.read import in_time_order, merge_by_time
from airshield.track import Tracker
from airshield.watch import Spoken
from airshield.watch.readings import Readings

REPORT_ROWS = 32_768
"""Reports handed to the tracker at once; the tracks do not depend on it."""


def track_files(
    inputs: Sequence[Path], *, sensors: Path, to: Path, said: Said, shown: Progress
) -> dict[str, Any]:
    """Track recordings and REPORT tables together, as one stream in order of time."""
    if to.suffix not in (".parquet", ASTERIX_SUFFIX):
        raise UsageError(
            f"--to {to}: tracks are written as Parquet or ASTERIX; name a .parquet or "
            f"{ASTERIX_SUFFIX} file"
        )
    shield = load_shield(sensors.parent if sensors.name == "shield.toml" else sensors)
    given = [_open_parquet(path) for path in inputs if path.suffix == ".parquet"]
    replays = open_replays([path for path in inputs if path.suffix != ".parquet"], said)
    output = AsterixFile(to, shield) if to.suffix == ASTERIX_SUFFIX else TableFiles(to)
    prepare_kernels("track", *(["share"] if isinstance(output, AsterixFile) else []))
    tracker = Tracker(
        shield.radars,
        geoid_height_m=shield.geoid_height_m,
        own=[(shield.system.sac, shield.system.sic)] if shield.system else [],
    )
    counts: Counter[str] = Counter()
    heard: Counter[str] = Counter()
    unused: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    seen: set[int] = set()
    confirmed: set[int] = set()

    def of_recordings() -> Iterator[pa.Table]:
        readings = Readings()
        for one in replays:
            readings.declare(one.source, Spoken.of(one.options, one.format))
        tasks = {
            id(one): shown.add_task(one.recording.path.name, total=one.octets) for one in replays
        }
        for frames in in_time_order(replays):
            read = readings.feed(frames)
            counts["frames"] += frames.num_rows
            counts["rejects"] += read.rejects.num_rows
            heard.update(read.counts)
            unused.update(read.unused)
            yield read.reports
            for one in replays:
                shown.update(tasks[id(one)], completed=one.octets_read)
        counts["rejects"] += sum(one.rejects.num_rows for one in replays)

    streams = [_reports_from_parquet(file) for file in given]
    if replays:
        streams.insert(0, of_recordings())
    for reports in streams[0] if len(streams) == 1 else merge_by_time(streams, tables.REPORT):
        batch = tracker.feed(reports)
        counts["reports"] += reports.num_rows
        counts["rows"] += batch.tracks.num_rows
        dropped.update(batch.dropped)
        numbers = batch.tracks["track"].to_numpy()
        sure = pc.equal(batch.tracks["status"].cast(pa.string()), "confirmed").to_numpy()
        seen.update(np.unique(numbers).tolist())
        confirmed.update(np.unique(numbers[sure]).tolist())
        output.write("tracks", batch.tracks)
    output.close()
    return {
        "inputs": [str(path) for path in inputs],
        **describe(replays),
        "frames": counts["frames"],
        "counts": dict(sorted(heard.items())),
        "reports": counts["reports"],
        "rejects": counts["rejects"],
        "cut": tell_cut(one.recording for one in replays),
        "unread": tell_all_unread(replays) if counts["rejects"] else [],
        "unused": dict(sorted(unused.items())),
        "dropped": dict(sorted(dropped.items())),
        "tracks": {"all": len(seen), "confirmed": len(confirmed)},
        "rows": counts["rows"],
        "left_out": dict(sorted(output.left_out.items()))
        if isinstance(output, AsterixFile)
        else {},
        "written": str(to),
    }


def _open_parquet(path: Path) -> pq.ParquetFile:
    if not path.is_file():
        raise MissingFileError(path=str(path), remedy="give a table of REPORT")
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
    return file


def _reports_from_parquet(file: pq.ParquetFile) -> Iterator[pa.Table]:
    """Yield REPORT tables; one that does not say when a row was heard is heard as it happened."""
    have = [name for name in file.schema_arrow.names if name in tables.REPORT.names]
    for batch in file.iter_batches(batch_size=REPORT_ROWS, columns=have):
        columns = {name: pa.chunked_array([batch.column(name)]) for name in have}
        heard = columns.get("t_heard")
        columns["t_heard"] = columns["t"] if heard is None else pc.coalesce(heard, columns["t"])
        yield tables.make_table(tables.REPORT, columns, rows=batch.num_rows)
