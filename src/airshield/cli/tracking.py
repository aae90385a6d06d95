"""What ``airshield track`` does."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.progress import Progress, TaskID

from airshield import tables
from airshield.cli.console import prepare_kernels, tell_cut
from airshield.cli.outbound import ASTERIX_SUFFIX, AsterixFile
from airshield.cli.output import TableFiles
from airshield.cli.pipeline import one_arrow_thread, run_stages
from airshield.cli.replaying import Said, describe, open_replays, tell_all_unread
from airshield.config import Shield, load_shield
from airshield.errors import FormatError, MissingFileError, UsageError
from airshield.read import Replay, in_time_order, merge_by_time
from airshield.track import TrackBatch, Tracker, TrackRun
from airshield.track.registration import AlarmLog, known_radars
from airshield.watch import Spoken
from airshield.watch.readings import Readings

REPORT_ROWS = 32_768
"""Reports handed to the tracker at once; the tracks do not depend on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackPlan:
    """What the command line asked for."""

    inputs: tuple[Path, ...]
    sensors: Path
    to: Path
    registration: Path | None
    threads: int
    said: Said


def track_files(plan: TrackPlan, *, shown: Progress) -> dict[str, Any]:
    """Track recordings and REPORT tables together, as one stream in order of time."""
    if plan.to.suffix not in (".parquet", ASTERIX_SUFFIX):
        raise UsageError(
            f"--to {plan.to}: tracks are written as Parquet or ASTERIX; name a .parquet or "
            f"{ASTERIX_SUFFIX} file"
        )
    if plan.registration is not None and plan.registration.resolve() == plan.to.resolve():
        raise UsageError(f"--registration {plan.registration}: the tracks go there (--to)")
    sensors = plan.sensors
    shield = load_shield(sensors.parent if sensors.name == "shield.toml" else sensors)
    given = [_open_parquet(path) for path in plan.inputs if path.suffix == ".parquet"]
    replays = open_replays([path for path in plan.inputs if path.suffix != ".parquet"], plan.said)
    output = _Output(plan, shield)
    heard = Heard()
    streams = [_reports_from_parquet(path, file, shown) for path, file in given]
    if replays:
        streams.insert(0, _reports_of_recordings(replays, heard, shown))
    try:
        prepare_kernels("track", *(["share"] if plan.to.suffix == ASTERIX_SUFFIX else []))
        tracker = Tracker(
            shield.radars,
            geoid_height_m=shield.geoid_height_m,
            own=[(shield.system.sac, shield.system.sic)] if shield.system else [],
        )
        start_s, start_cpu_s = time.monotonic(), time.process_time()
        with one_arrow_thread():
            reports = streams[0] if len(streams) == 1 else merge_by_time(streams, tables.REPORT)
            used = run_stages(
                reports,
                (tracker.prepare, tracker.run, TrackRun.batch, output.take),
                threads=plan.threads,
            )
            output.tell_alarms(tracker.registration())
            output.close()
    except BaseException:
        output.discard()
        raise
    seconds = time.monotonic() - start_s, time.process_time() - start_cpu_s
    rejects = heard.counts["rejects"]
    return {
        "inputs": [str(path) for path in plan.inputs],
        **describe(replays),
        "frames": heard.counts["frames"],
        "counts": dict(sorted(heard.kinds.items())),
        "reports": output.counts["reports"],
        "rejects": rejects,
        "cut": tell_cut(one.recording for one in replays),
        "unread": tell_all_unread(replays) if rejects else [],
        "unused": dict(sorted(heard.unused.items())),
        **output.document(),
        "registration": known_radars(tracker.registration()),
        "threads_used": used,
        "seconds": {"work": round(seconds[0], 3), "processor": round(seconds[1], 3)},
    }


class Heard:
    """What recordings held, by kind."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.unused: Counter[str] = Counter()


class _Output:
    """The files that are written, and what is counted on the way there."""

    def __init__(self, plan: TrackPlan, shield: Shield) -> None:
        self._to = plan.to
        self._tracks: AsterixFile | TableFiles
        if plan.to.suffix == ASTERIX_SUFFIX:
            self._tracks = AsterixFile(plan.to, shield)
        else:
            self._tracks = TableFiles(plan.to)
        try:
            self._registration = (
                TableFiles(plan.registration, option="--registration")
                if plan.registration is not None
                else None
            )
        except UsageError:
            self._tracks.discard()
            raise
        self._alarms = AlarmLog()
        self.counts: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._seen: set[int] = set()
        self._confirmed: set[int] = set()

    def take(self, batch: TrackBatch) -> None:
        """Write what one table of reports gave."""
        self.counts["reports"] += batch.track_of_report.size
        self.counts["rows"] += batch.tracks.num_rows
        self._dropped.update(batch.dropped)
        numbers = batch.tracks["track"].to_numpy()
        sure = pc.equal(batch.tracks["status"].cast(pa.string()), "confirmed").to_numpy()
        self._seen.update(np.unique(numbers).tolist())
        self._confirmed.update(np.unique(numbers[sure]).tolist())
        self._tracks.write("tracks", batch.tracks)
        if self._registration is not None:
            self._registration.write("registration", batch.registration)
        self.tell_alarms(batch.registration)

    def tell_alarms(self, registration: pa.Table) -> None:
        """Say on standard error which radar's bias has jumped."""
        for line in self._alarms.feed(registration):
            print(f"airshield: {line}", file=sys.stderr)

    def close(self) -> None:
        """Finish the files."""
        self._tracks.close()
        if self._registration is not None:
            self._registration.close()

    def discard(self) -> None:
        """Leave nothing behind of what was not finished."""
        self._tracks.discard()
        if self._registration is not None:
            self._registration.discard()

    def document(self) -> dict[str, Any]:
        """Return what the JSON document says of the output."""
        left_out = self._tracks.left_out if isinstance(self._tracks, AsterixFile) else {}
        return {
            "dropped": dict(sorted(self._dropped.items())),
            "tracks": {"all": len(self._seen), "confirmed": len(self._confirmed)},
            "rows": self.counts["rows"],
            "left_out": dict(sorted(left_out.items())),
            "written": str(self._to),
        }


def _reports_of_recordings(
    replays: Sequence[Replay], heard: Heard, shown: Progress
) -> Iterator[pa.Table]:
    readings = Readings()
    for one in replays:
        readings.declare(one.source, Spoken.of(one.options, one.format))
    tasks = {id(one): shown.add_task(one.recording.path.name, total=one.octets) for one in replays}
    for frames in in_time_order(replays):
        read = readings.feed(frames)
        heard.counts["frames"] += frames.num_rows
        heard.counts["rejects"] += read.rejects.num_rows
        heard.kinds.update(read.counts)
        heard.unused.update(read.unused)
        yield read.reports
        for one in replays:
            _show(shown, tasks[id(one)], completed=one.octets_read)
    heard.counts["rejects"] += sum(one.rejects.num_rows for one in replays)


def _show(shown: Progress, task: TaskID, **how: float) -> None:
    shown.update(task, refresh=not shown.live.auto_refresh, **cast(Any, how))


def _open_parquet(path: Path) -> tuple[Path, pq.ParquetFile]:
    if not path.is_file():
        raise MissingFileError(path=str(path), remedy="give a table of REPORT")
    try:
        # With its buffer ahead, PyArrow 26 keeps every row group read until the file is closed.
        file = pq.ParquetFile(path, pre_buffer=False)
    except pa.ArrowInvalid as error:
        raise _no_table(path, f"not a Parquet file ({error})") from error
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
    return path, file


def _reports_from_parquet(path: Path, file: pq.ParquetFile, shown: Progress) -> Iterator[pa.Table]:
    """Yield REPORT tables; one that does not say when a row was heard is heard as it happened."""
    have = [name for name in file.schema_arrow.names if name in tables.REPORT.names]
    task = shown.add_task(path.name, total=file.metadata.num_rows)
    batches = file.iter_batches(batch_size=REPORT_ROWS, columns=have, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            columns = {name: pa.chunked_array([batch.column(name)]) for name in have}
            heard = columns.get("t_heard")
            columns["t_heard"] = columns["t"] if heard is None else pc.coalesce(heard, columns["t"])
            reports = tables.make_table(tables.REPORT, columns, rows=batch.num_rows)
        except (pa.ArrowException, OSError) as error:
            raise _no_table(path, f"cannot be read as a table of REPORT ({error})") from error
        yield reports
        _show(shown, task, advance=batch.num_rows)


def _no_table(path: Path, what: str) -> FormatError:
    return FormatError(
        file=str(path), offset=0, what=what, remedy="give a table of REPORT (docs/tables.md)"
    )
