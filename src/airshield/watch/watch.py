"""One watch: frames taken, kept, worked through, counted and shown.

Order matters here and nowhere else: a frame is in the journal, on disk, before the chain sees it;
output parts are on disk before the snapshot that vouches for them. So a kill at any moment leaves
a journal that is whole up to its last acknowledged frame, and a snapshot not younger than the
parts beside it; a restart drops the parts the snapshot does not vouch for and computes them again.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airshield import __version__, tables
from airshield.config import Shield
from airshield.errors import StoreError, UsageError
from airshield.picture import Picture
from airshield.read.reader import Editions
from airshield.store import Archive, Journal, Snapshots
from airshield.track.registration import AlarmLog, known_radars
from airshield.watch.backlog import Backlog
from airshield.watch.chain import Chain, ChainBatch
from airshield.watch.digest import TableDigest
from airshield.watch.notes import ASTERIX, Spoken, spoken_note

_log = logging.getLogger(__name__)

SNAPSHOT_EVERY_FRAMES = 20_000
"""Frames between snapshots: a restart works through at most these again, well under a second."""

LAYOUT = 4
"""What a snapshot holds, counted up when that changes between two releases."""

DIGESTED = ("TRACK", "INCIDENT", "WARNING", "REGISTRATION")
"""Tables of which the summary gives a fingerprint."""

KEPT_TABLES = {
    "TRACK": tables.TRACK,
    "INCIDENT": tables.INCIDENT,
    "WARNING": tables.WARNING,
    "REJECT": tables.REJECT,
    "SENSOR_STATUS": tables.SENSOR_STATUS,
    "REGISTRATION": tables.REGISTRATION,
}
"""Tables the archive keeps. Reports are not: they are the journal, read again."""


class Watch:
    """A watch over one shield.

    Parameters
    ----------
    shield : Shield
        What to watch over.
    folder : Path or None
        Where journal, snapshots and output live. None keeps nothing: for replays, whose recording
        is the record.
    picture : Picture or None
        Shown what happens, as it happens.
    date, editions
        See :class:`Chain`.
    snapshot_every : int
        Frames between snapshots.

    Raises
    ------
    JournalBusyError
        Another watch writes there.
    JournalDamagedError
        A sealed part of the journal fails its check.
    UsageError
        The folder holds the watch over another shield.
    """

    def __init__(
        self,
        shield: Shield,
        *,
        folder: Path | None = None,
        picture: Picture | None = None,
        date: dt.date | None = None,
        editions: Editions | None = None,
        snapshot_every: int = SNAPSHOT_EVERY_FRAMES,
    ) -> None:
        self._chain = Chain(shield, date=date, editions=editions)
        self._picture = picture
        self._snapshot_every = snapshot_every
        self._counts = Counts()
        self._digests = {name: TableDigest() for name in DIGESTED}
        self._alarms = AlarmLog()
        self._next_frame = 0
        self._keeping = threading.RLock()
        self._failure: StoreError | None = None
        self._journal: Journal | None = None
        if folder is not None:
            _claim(folder, shield)
            self._journal = Journal(folder / "journal")
            self._archive = Archive(folder / "archive")
            self._snapshots = Snapshots(folder / "snapshots")
            self._snapshot_frame = 0
            self._unsaved: dict[str, list[pa.Table]] = {name: [] for name in KEPT_TABLES}
            self._recover(self._journal)
        self._backlog = Backlog(self._journal, first=self._next_frame)
        self._spoken = dict(self._chain.spoken)

    @property
    def kept(self) -> int:
        """Number of frames taken so far, durable or not."""
        return self._next_frame

    @property
    def worked(self) -> int:
        """Number of frames that have been worked through."""
        return self._backlog.next

    @property
    def read_again(self) -> int:
        """Frames that had to be read from the journal because too many were waiting."""
        return self._backlog.read_again

    @property
    def durable(self) -> int:
        """Number of frames that no crash can take any more (all taken ones, without a journal)."""
        return self._next_frame if self._journal is None else self._journal.durable

    def frames_of(self, source: str) -> int:
        """Return how many frames of a source the journal has."""
        end = None if self._journal is None else self._journal.source_end(source)
        return 0 if end is None else end.frames

    @property
    def editions(self) -> Editions:
        """The ASTERIX editions that were given."""
        return self._chain.editions

    def spoken(self, source: str) -> Spoken:
        """Return what a source speaks, as it was declared last."""
        return self._spoken.get(source, ASTERIX)

    def declare(self, source: str, spoken: Spoken) -> None:
        """Say what a source speaks, before its first frame; the journal keeps it as a note.

        May be called from any thread.
        """
        with self._keeping:
            if self.spoken(source) != spoken:
                self._spoken[source] = spoken
                self.keep(spoken_note(source, spoken, t_ns=None))

    def keep(self, frames: pa.Table) -> int:
        """Put frames of tables.FRAME into the journal; their numbers are given here.

        May be called from any thread, beside one that calls :meth:`pump`.

        Returns
        -------
        int
            Number of the first; the others follow without gaps.

        Raises
        ------
        StoreError
            The journal cannot be written, now or at an earlier call: what it took last is not
            known, so nothing may follow. Close the watch and start it again.
        """
        with self._keeping:
            if self._failure is not None:
                raise self._failure
            first = self._next_frame
            numbers = pa.array(np.arange(first, first + frames.num_rows, dtype=np.uint64))
            numbered = frames.set_column(0, tables.FRAME.field("frame"), numbers)
            # The chain finds them in memory the moment they are durable.
            self._backlog.add(numbered)
            if self._journal is not None:
                try:
                    self._journal.append(numbered)
                except StoreError as error:
                    self._failure = error
                    raise
            self._next_frame += frames.num_rows
            return first

    def wait_durable(self, frames: int, *, timeout_s: float) -> bool:
        """Wait until so many frames are durable, or the time is up; tell which."""
        if self._journal is not None:
            return self._journal.wait_durable(frames, timeout_s=timeout_s)
        if self._next_frame < frames:
            time.sleep(timeout_s)
        return self._next_frame >= frames

    def take(self, frames: pa.Table) -> None:
        """Take frames of tables.FRAME in order of arrival and work through what is durable."""
        if frames.num_rows:
            self.keep(frames)
            self.pump()

    def pump(self) -> None:
        """Work through what has become durable. Call often: the journal commits by itself."""
        while self.work_batch():
            pass

    def work_batch(self) -> bool:
        """Work through one batch of what has become durable; tell whether there was any."""
        frames = self._backlog.take(self.durable)
        if frames is None:
            return False
        self._work(frames)
        return True

    def tell(self, message: str) -> None:
        """Say something on the map, for people; nothing takes it away."""
        if self._picture is not None:
            self._picture.set_state("running", message)

    def count_rejects(self, rejects: pa.Table) -> None:
        """Add what the framing could not read: octets that never became a frame."""
        self._counts.rejects += rejects.num_rows
        if self._journal is not None:
            self._unsaved["REJECT"].append(rejects)

    def close(self) -> None:
        """Commit, work through the rest, save, and let go of the folder."""
        if self._journal is None:
            return
        with self._keeping:
            self._failure = self._failure or StoreError("this watch has been closed")
        self._journal.commit()
        self.pump()
        if self._next_frame > self._snapshot_frame:
            self._save_at(self._next_frame)
        self._journal.close()
        self._journal = None

    def summary(self) -> dict[str, Any]:
        """Return the counts, what is known of the radars, and fingerprints of what came out."""
        return {
            **self._counts.document(),
            "registration": known_radars(self._chain.registration()),
            "digest": {name.lower(): digest.hexdigest() for name, digest in self._digests.items()},
        }

    def _work(self, frames: pa.Table) -> None:
        batch = self._chain.feed(frames)
        self._counts.add(frames, batch)
        for name, table in (
            ("TRACK", batch.tracks),
            ("INCIDENT", batch.incidents),
            ("WARNING", batch.warnings),
            ("REGISTRATION", batch.registration),
        ):
            self._digests[name].update(table)
        for line in self._alarms.feed(batch.registration):
            _log.warning("%s", line)
        if self._picture is not None:
            self._picture.hear()  # sector messages make no report, and yet the feed is alive
            self._picture.feed(
                reports=batch.reports,
                tracks=batch.tracks,
                incidents=batch.incidents,
                warnings=batch.warnings,
                status=batch.status,
                registration=batch.registration,
            )
        if self._journal is None:
            return
        self._unsaved["TRACK"].append(batch.tracks)
        self._unsaved["INCIDENT"].append(batch.incidents)
        self._unsaved["WARNING"].append(batch.warnings)
        self._unsaved["REJECT"].append(batch.rejects)
        self._unsaved["SENSOR_STATUS"].append(batch.status)
        self._unsaved["REGISTRATION"].append(batch.registration)
        worked = frames["frame"][frames.num_rows - 1].as_py() + 1
        if worked - self._snapshot_frame >= self._snapshot_every:
            self._save_at(worked)

    def _save_at(self, frame: int) -> None:
        """Parts first, the snapshot that vouches for them second."""
        for name, schema in KEPT_TABLES.items():
            table = tables.concat(schema, self._unsaved[name])
            if table.num_rows:
                self._archive.write(
                    name, table, first_frame=self._snapshot_frame, last_frame=frame - 1
                )
            self._unsaved[name] = []
        state = {f"chain.{name}": array for name, array in self._chain.snapshot().items()}
        state["version"], state["layout"] = np.array([__version__]), np.array([LAYOUT])
        state["counts"] = self._counts.to_array()
        state["alarms"] = self._alarms.to_array()
        state |= {f"digest.{name}": d.to_array() for name, d in self._digests.items()}
        self._snapshots.save(frame, state)
        self._snapshot_frame = frame

    def _recover(self, journal: Journal) -> None:
        """Go on where the last watch in this folder ended, however it ended."""
        saved = self._snapshots.load(not_after=journal.durable)
        if saved is not None:
            self._snapshot_frame, state = saved
            made_by = str(state["version"][0])
            layout = int(state["layout"][0]) if "layout" in state else 1
            if (made_by, layout) != (__version__, LAYOUT):
                raise UsageError(
                    f"{self._snapshots.folder}: made by airshield {made_by} (layout {layout}), "
                    f"not {__version__} (layout {LAYOUT}); "
                    "move snapshots and archive away: both are made again from the journal"
                )
            self._chain.restore(
                {
                    name.removeprefix("chain."): a
                    for name, a in state.items()
                    if name.startswith("chain.")
                }
            )
            self._counts = Counts.from_array(state["counts"])
            self._digests = {n: TableDigest.from_array(state[f"digest.{n}"]) for n in DIGESTED}
            self._alarms = AlarmLog.from_array(state["alarms"])
        self._archive.drop_after(self._snapshot_frame)
        if self._picture is not None:
            # Of the tracks the last part is enough; affairs may be older than that.
            self._picture.feed(
                tracks=self._archive.read("TRACK", since_frame=self._snapshot_frame - 1),
                incidents=self._archive.read("INCIDENT"),
                warnings=self._archive.read("WARNING"),
                registration=self._chain.registration(),
            )
        self._next_frame = journal.durable
        for frames in journal.read(self._snapshot_frame):
            self._work(frames)


def _claim(folder: Path, shield: Shield) -> None:
    """Make the folder this shield's, or check that it is.

    What a watch said stands under the rules of its day: a changed shield begins a new folder and
    never rewrites what is kept in the old one.
    """
    mark = folder / "shield.sha256"
    if mark.exists():
        if mark.read_text().strip() != shield.digest:
            raise UsageError(
                f"{folder}: holds the watch over another version of the shield; what was judged "
                "under those rules stays as it is: name another folder with --journal"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    begun = mark.with_suffix(".new")  # a kill must not leave half a mark, which nobody could match
    begun.write_text(f"{shield.digest}\n")
    begun.replace(mark)


class Counts:
    """What went through a watch, by kind."""

    def __init__(self) -> None:
        self.frames = 0
        self.octets = 0
        self.rejects = 0
        self.reports = 0
        self.track_rows = 0
        self.heard: Counter[str] = Counter()
        self.unused: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.incidents: Counter[str] = Counter()
        self.warnings: Counter[str] = Counter()
        self.spoke: Counter[str] = Counter()
        self.states: dict[str, str] = {}
        self.tracks = 0
        self.confirmed = 0
        self._confirmed_now: set[int] = set()

    def add(self, frames: pa.Table, batch: ChainBatch) -> None:
        """Add one batch."""
        self.frames += frames.num_rows
        self.octets += pc.sum(pc.binary_length(frames["octets"])).as_py() or 0
        self.rejects += batch.rejects.num_rows
        self.reports += batch.reports.num_rows
        self.track_rows += batch.tracks.num_rows
        self.heard.update(batch.counts)
        self.unused.update(batch.unused)
        self.dropped.update(batch.dropped)
        self._add_tracks(batch.tracks)
        self._add_status(batch.status)
        self.incidents.update(batch.incidents["state"].to_pylist())
        self.warnings.update(batch.warnings["state"].to_pylist())

    def _add_tracks(self, rows: pa.Table) -> None:
        if rows.num_rows == 0:
            return
        numbers, status = rows["track"].to_numpy(), rows["status"].cast(pa.string())
        self.tracks = max(self.tracks, int(numbers.max()))  # numbers count up from 1
        sure = set(numbers[pc.equal(status, "confirmed").to_numpy()].tolist())
        self.confirmed += len(sure - self._confirmed_now)
        # Numbers are never used again, so an ended track need not be remembered.
        ended = numbers[pc.equal(status, "ended").to_numpy()].tolist()
        self._confirmed_now = (self._confirmed_now | sure).difference(ended)

    def _add_status(self, rows: pa.Table) -> None:
        self.spoke.update(rows["message"].to_pylist())
        said = zip(rows["sensor"].to_pylist(), rows["state"].to_pylist(), strict=True)
        self.states.update({sensor: state for sensor, state in said if state is not None})

    def document(self) -> dict[str, Any]:
        """Return the counts as a JSON-able document."""
        return {
            "frames": self.frames,
            "octets": self.octets,
            "blocks": self._by_category("blocks"),
            "records": self._by_category("records"),
            "rejects": self.rejects,
            "reports": self.reports,
            "sensor_messages": dict(sorted(self.spoke.items())),
            "sensor_states": dict(sorted(self.states.items())),
            "records_not_reported": dict(sorted(self.unused.items())),
            "reports_not_tracked": dict(sorted(self.dropped.items())),
            "tracks": {"all": self.tracks, "confirmed": self.confirmed, "rows": self.track_rows},
            "incidents": {state: self.incidents[state] for state in tables.INCIDENT_STATES},
            "warnings": {state: self.warnings[state] for state in tables.WARNING_STATES},
        }

    def _by_category(self, what: str) -> dict[str, int]:
        """Return what the ASTERIX reader counts as ``CAT048 blocks``, by category."""
        ends = f" {what}"
        return {
            name.removeprefix("CAT").removesuffix(ends): n
            for name, n in sorted(self.heard.items())
            if name.startswith("CAT") and name.endswith(ends)
        }

    def to_array(self) -> np.ndarray:
        """Return the counts as octets, for a snapshot."""
        plain = {
            "numbers": [
                self.frames,
                self.octets,
                self.rejects,
                self.reports,
                self.track_rows,
                self.tracks,
                self.confirmed,
            ],
            "heard": list(self.heard.items()),
            "unused": list(self.unused.items()),
            "spoke": list(self.spoke.items()),
            "states": list(self.states.items()),
            "dropped": list(self.dropped.items()),
            "incidents": list(self.incidents.items()),
            "warnings": list(self.warnings.items()),
            "confirmed_now": sorted(self._confirmed_now),
        }
        return np.frombuffer(json.dumps(plain).encode(), dtype=np.uint8)

    @classmethod
    def from_array(cls, octets: np.ndarray) -> Counts:
        """Take up counts from a snapshot."""
        plain = json.loads(octets.tobytes())
        counts = cls()
        (
            counts.frames,
            counts.octets,
            counts.rejects,
            counts.reports,
            counts.track_rows,
            counts.tracks,
            counts.confirmed,
        ) = plain["numbers"]
        counts.heard = Counter(dict(plain["heard"]))
        counts.spoke = Counter(dict(plain["spoke"]))
        counts.states = dict(plain["states"])
        counts.unused = Counter(dict(plain["unused"]))
        counts.dropped = Counter(dict(plain["dropped"]))
        counts.incidents = Counter(dict(plain["incidents"]))
        counts.warnings = Counter(dict(plain["warnings"]))
        counts._confirmed_now = set(plain["confirmed_now"])
        return counts
