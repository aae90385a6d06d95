"""The journal: every frame, in the order in which it was heard, before anything is made of it."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import numpy as np
import pyarrow as pa

from airshield.errors import (
    JournalBusyError,
    JournalDamagedError,
    MissingFileError,
    StoreError,
    UsageError,
)
from airshield.store import disk, segment
from airshield.store.segment import READ_BATCH, Part, SourceEnd

_log = logging.getLogger(__name__)

COMMIT_FRAMES: Final = 256
COMMIT_S: Final = 0.05
"""A group is forced to the disk when it has this many frames or its first frame is this old."""

SEGMENT_OCTETS: Final = 64 << 20
SEGMENT_OCTETS_MAX: Final = 2 << 30
"""Logs count their own octets in 32 bits; half of that leaves room for the last frame."""


class TornTail(NamedTuple):
    """What the last writer had begun when it died; none of it had been acknowledged."""

    path: Path
    """Where the octets have been put aside."""
    octets: int
    frames: int
    """Frames begun in it, as far as their marks can be seen."""


@dataclass(slots=True)
class _Group:
    """Records on their way into the log, and what they will change once they are there."""

    ids: dict[str, int]
    size: int
    """Octets of the log when the group is in it."""
    records: list[bytes] = field(default_factory=list)
    ends: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Frames in the group and offset of the last, by source."""

    def add(
        self, name: str, octets: memoryview, *, durable: int, t_heard: int, offset: int
    ) -> None:
        """Add a frame, and before it the source's name if the log has not met it."""
        if name not in self.ids:
            self.ids[name] = len(self.ids)
            self._put(segment.name_record(name, source=self.ids[name], durable=durable))
        source = self.ids[name]
        self._put(
            segment.record(octets, source=source, durable=durable, t_heard=t_heard, offset=offset)
        )
        self.ends[name] = (self.ends.get(name, (0, 0))[0] + 1, offset)

    def _put(self, record: bytes) -> None:
        self.records.append(record)
        self.size += len(record)


class Journal:
    """An append-only journal of frames in a folder, for one writer.

    A frame is acknowledged once its number is below :attr:`durable`: it then survives a kill and a
    power cut. :meth:`append` hands the frames to the operating system at once (so they survive a
    kill of this process) and forces them to the disk in groups: every ``commit_frames``, at the
    latest ``commit_s`` after the first, and at :meth:`commit`.

    Parameters
    ----------
    folder : str or Path
        Made if need be. Holds the open log, the sealed parts and a lock file.
    segment_octets : int
        A log that has grown to this size is closed and sealed into Parquet in the background.
    commit_frames : int
        Frames in a group.
    commit_s : float
        Longest time a frame waits for its group [s].

    Attributes
    ----------
    torn : TornTail or None
        The torn tail that was cut at opening.
    gaps : tuple of (int, int)
        Ranges of frames, first and past the last, whose parts someone has moved away.

    Raises
    ------
    JournalBusyError
        Another process, or another Journal of this one, writes here.
    JournalDamagedError
        Acknowledged octets fail their check.
    StoreError
        The folder cannot be written.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        segment_octets: int = SEGMENT_OCTETS,
        commit_frames: int = COMMIT_FRAMES,
        commit_s: float = COMMIT_S,
    ) -> None:
        if not segment.HEADER.size < segment_octets <= SEGMENT_OCTETS_MAX:
            raise UsageError(
                f"segment_octets must be at most {SEGMENT_OCTETS_MAX}, got {segment_octets}"
            )
        if commit_frames < 1 or not commit_s > 0.0:
            raise UsageError("commit_frames must be at least 1 and commit_s positive")
        self.folder = Path(folder)
        self.segment_octets = segment_octets
        self.commit_frames, self.commit_s = commit_frames, commit_s
        self.torn: TornTail | None = None
        self.gaps: tuple[tuple[int, int], ...] = ()
        self._sources: dict[str, SourceEnd] = {}
        self._ids: dict[str, int] = {}
        self._closed = False
        self._failure: OSError | None = None
        self._changed = threading.Condition(threading.RLock())
        self._seals: list[Future[None]] = []
        self._seal_failure: StoreError | None = None

        disk.make_folder(self.folder)
        self._lock_handle = _lock(self.folder / "lock")
        try:
            disk.sweep(self.folder)
            self._open_parts()
        except BaseException:
            os.close(self._lock_handle)
            raise
        self._sealer = ThreadPoolExecutor(1, thread_name_prefix="journal-seal")
        for part in segment.list_parts(self.folder)[:-1]:
            if part.frames is None:
                self._seals.append(self._sealer.submit(self._seal, part.path))
        self._committer = threading.Thread(
            target=self._commit_groups, name="journal-commit", daemon=True
        )
        self._committer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def end(self) -> int:
        """Number of the next frame: how many have been appended, durable or not."""
        return self._next

    @property
    def durable(self) -> int:
        """Every frame below this number is on the disk."""
        return self._durable

    def source_end(self, source: str) -> SourceEnd | None:
        """Tell how many frames of a source are here and the last one's offset; None if none."""
        with self._changed:
            return self._sources.get(source)

    def append(self, frames: pa.Table) -> int:
        """Append frames; they are handed to the system at once and are durable soon after.

        Parameters
        ----------
        frames : pyarrow.Table
            FRAME columns; ``frame`` is ignored, the journal numbers frames itself.

        Returns
        -------
        int
            Number of the first of these frames; the others follow without gaps.

        Raises
        ------
        StoreError
            The disk is full or broken. What had been acknowledged stays so; of these frames, those
            below :attr:`end` are kept.
        """
        with self._changed:
            self._check_open()
            first, durable = self._next, self._durable
            self._append_rows(frames)
            if self._next - self._durable >= self.commit_frames:
                self._commit()
            elif self._next > self._durable and (durable == first or self._durable > durable):
                self._due = time.monotonic() + self.commit_s
                self._changed.notify_all()
            return first

    def commit(self) -> int:
        """Force everything appended to the disk now, and return :attr:`durable`."""
        with self._changed:
            self._check_open()
            self._commit()
            return self._durable

    def wait_durable(self, frames: int, *, timeout_s: float) -> bool:
        """Wait until ``frames`` frames are durable, or the time is up; tell which.

        Raises
        ------
        StoreError
            They never will be: the disk is broken, or the journal has been closed.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._durable >= frames or self._closed or self._failure is not None,
                timeout_s,
            )
            if self._durable >= frames:
                return True
            self._check_open()
            return False

    def read(self, start_frame: int = 0) -> Iterator[pa.Table]:
        """Give FRAME tables from ``start_frame`` to what is the end now, in order.

        Raises
        ------
        JournalDamagedError
            A part fails its check.
        """
        end = self._next
        for table in read_journal(self.folder, start_frame=start_frame):
            over = int(table["frame"][-1].as_py()) + 1 - end
            if over >= table.num_rows:
                return
            yield table.slice(0, table.num_rows - max(over, 0))

    def close(self) -> None:
        """Make everything durable, wait for the sealing under way, let the next writer in.

        Raises
        ------
        StoreError
            The last group could not be forced to the disk, or a log could not be sealed. A log
            that was not sealed is as safe as a sealed one, and is sealed at the next opening.
        """
        if self._closed:
            return
        try:
            with self._changed:
                self._check_open()
                self._commit()
                self._write([segment.close_record(durable=self._size)])
                self._commit()
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            self._committer.join()
            self._sealer.shutdown(wait=True)
            os.close(self._handle)
            os.close(self._lock_handle)
        if self._seal_failure is not None:
            raise self._seal_failure

    def wait_sealed(self) -> None:
        """Wait until every closed log has been sealed."""
        with self._changed:
            seals = list(self._seals)
        for future in seals:
            future.result()
        if self._seal_failure is not None:
            raise self._seal_failure

    # --- opening ---------------------------------------------------------------------------------

    def _open_parts(self) -> None:
        parts = _settle_twins(segment.list_parts(self.folder))
        if parts and parts[-1].frames is None and not segment.has_header(parts[-1].path):
            disk.remove(parts.pop().path)
        end = parts[0].first if parts else 0
        gaps = [(0, end)] if end else []
        self._durable = self._next = end
        self._handle = -1
        for part in parts:
            if part.first < end:
                raise JournalDamagedError(
                    path=str(part.path), offset=0, what=f"frame {part.first} is in two parts"
                )
            if part.first > end:
                gaps.append((end, part.first))
            if part.frames is not None:
                end = part.first + part.frames
                if part is parts[-1] or not _next_is_sealed(parts, part):
                    self._sources = segment.sealed_sources(part)
                continue
            log = segment.read_log(part.path, last=part is parts[-1])
            self._sources = segment.source_ends(log, self._sources)
            end = part.first + log.count
            if part is parts[-1]:
                self._continue_log(part.path, log)
        self.gaps = tuple(gaps)
        if gaps:
            _log.warning("%s: frames are missing, parts were moved away: %s", self.folder, gaps)
        self._durable = self._next = end
        if self._handle < 0:
            self._begin_log()

    def _continue_log(self, path: Path, log: segment.Log) -> None:
        tail = log.data[log.good :]
        if tail:
            aside = self.folder / f"torn-{log.first + log.count:020d}-{len(tail)}.bin"
            disk.write_whole(aside, tail)
            self.torn = TornTail(aside, len(tail), segment.marks_in(log.data, log.good))
            _log.warning("%s: a torn tail of %d octets was cut, kept in %s", path, len(tail), aside)
        self._path, self._handle = path, os.open(path, os.O_WRONLY | os.O_APPEND)
        os.ftruncate(self._handle, log.good)
        os.fsync(self._handle)
        self._size = self._synced = log.good
        self._ids = {name: code for code, name in log.names.items()}

    def _begin_log(self) -> None:
        path = segment.log_path(self.folder, self._next)
        head = segment.header(self._next)
        try:
            disk.write_synced(path, head)
            disk.sync_folder(self.folder)
            handle = os.open(path, os.O_WRONLY | os.O_APPEND)
        except OSError as error:
            disk.remove(path)
            raise _full(self.folder, error) from error
        self._path, self._handle = path, handle
        self._size = self._synced = len(head)
        self._ids = {}

    # --- writing ---------------------------------------------------------------------------------

    def _append_rows(self, frames: pa.Table) -> None:
        table = frames.select(["t_heard", "source", "offset", "octets"])
        for rows in table.unify_dictionaries().combine_chunks().to_batches():
            times = rows.column("t_heard").cast(pa.int64()).fill_null(segment.NO_TIME).to_pylist()
            sources = rows.column("source")
            names = sources.dictionary.to_pylist()
            codes = sources.indices.to_pylist()
            offsets = rows.column("offset").to_pylist()
            octets, edges = _octets_of(rows.column("octets"))
            group = _Group(dict(self._ids), self._size)
            for row, (t_ns, code, offset) in enumerate(zip(times, codes, offsets, strict=True)):
                body = octets[edges[row] : edges[row + 1]]
                group.add(names[code], body, durable=self._synced, t_heard=t_ns, offset=offset)
                if group.size >= self.segment_octets:
                    self._take(group)
                    self._rotate()
                    group = _Group({}, self._size)
            self._take(group)

    def _take(self, group: _Group) -> None:
        """Write a group of records, and only then count its frames."""
        self._write(group.records)
        self._ids = group.ids
        for name, (count, offset) in group.ends.items():
            before = self._sources.get(name, SourceEnd(0, 0)).frames
            self._sources[name] = SourceEnd(before + count, offset)
            self._next += count

    def _write(self, records: list[bytes]) -> None:
        data = b"".join(records)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
        except OSError as error:
            os.ftruncate(self._handle, self._size)
            raise _full(self.folder, error) from error
        self._size += len(data)

    def _commit(self) -> None:
        if self._synced < self._size:
            try:
                os.fdatasync(self._handle)
            except OSError as error:
                # After a failed sync the kernel may have thrown the pages away: trying again would
                # succeed without the data. Only a new start, which reads the file, may go on.
                self._failure = error
                raise _full(self.folder, error) from error
            self._synced = self._size
        self._durable = self._next
        self._changed.notify_all()

    def _rotate(self) -> None:
        self._commit()
        full, handle = self._path, self._handle
        self._begin_log()
        os.close(handle)
        self._seals = [future for future in self._seals if not future.done()]
        self._seals.append(self._sealer.submit(self._seal, full))

    def _seal(self, path: Path) -> None:
        """Seal a log (runs in a thread); a failure costs no frame and is told at closing."""
        try:
            seal(path)
        except StoreError as error:
            _log.exception("%s stays as it is and is sealed at the next start", path)
            self._seal_failure = error

    def _commit_groups(self) -> None:
        """Commit each group when its first frame has waited long enough (runs in a thread)."""
        with self._changed:
            while not self._closed and self._failure is None:
                if self._durable == self._next:
                    self._changed.wait()
                    continue
                left_s = self._due - time.monotonic()
                if left_s > 0.0:
                    self._changed.wait(left_s)
                    continue
                try:
                    self._commit()
                except StoreError:
                    self._changed.notify_all()
                    _log.exception("the journal cannot be made durable; the next append says so")

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"{self.folder}: this journal has been closed")
        if self._failure is not None:
            raise _full(self.folder, self._failure) from self._failure


def read_journal(folder: str | os.PathLike[str], *, start_frame: int = 0) -> Iterator[pa.Table]:
    """Give the FRAME tables of a journal, also while another process writes it.

    Parameters
    ----------
    folder : str or Path
        The journal's folder.
    start_frame : int
        First frame wanted.

    Raises
    ------
    MissingFileError
        There is no such folder.
    JournalDamagedError
        A part fails its check.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFileError(path=str(folder), remedy="give the journal folder of a watch")
    at = start_frame
    while True:
        parts = segment.list_parts(folder)
        part = _part_holding(parts, at)
        if part is None:
            return
        last = part.first == parts[-1].first
        try:
            if part.frames is not None:
                for table in segment.sealed_tables(part, at):
                    yield table
                    at = int(table["frame"][-1].as_py()) + 1
                end = part.first + part.frames
            else:
                if last and not segment.has_header(part.path):
                    return
                log = segment.read_log(part.path, last=last)
                for start in range(max(at - log.first, 0), log.count, READ_BATCH):
                    table = log.table(start, start + READ_BATCH)
                    yield table
                    at = int(table["frame"][-1].as_py()) + 1
                end = log.first + log.count
        except FileNotFoundError:
            continue  # sealed between listing and opening: its sealed form is there now
        if last:
            return
        at = max(at, end)


def seal(path: Path) -> None:
    """Turn a closed log into a sealed part; after a crash at any step the frames are there once.

    Raises
    ------
    JournalDamagedError
        The log is not whole; it stays where it is.
    """
    parts = segment.list_parts(path.parent)
    log = segment.read_log(path, last=False)
    before = [part for part in parts if part.first < log.first]
    sources: dict[str, SourceEnd] = {}
    for part in before:
        if part.frames is None:
            sources = segment.source_ends(segment.read_log(part.path, last=False), sources)
        elif part is before[-1] or not _next_is_sealed(before, part):
            sources = segment.sealed_sources(part)
    name, data = segment.sealed_file(log, sources)
    disk.write_whole(path.parent / name, data)
    disk.remove(path)
    disk.sync_folder(path.parent)


def _settle_twins(parts: list[Part]) -> list[Part]:
    """Where a crash left both forms of a part, keep the sealed one if it is whole, else the log."""
    settled: list[Part] = []
    for part in parts:
        if settled and settled[-1].first == part.first:
            try:
                segment.read_sealed(settled[-1])
            except JournalDamagedError:
                disk.remove(settled.pop().path)
                settled.append(part)
            else:
                disk.remove(part.path)
        else:
            settled.append(part)
    return settled


def _next_is_sealed(parts: list[Part], part: Part) -> bool:
    at = parts.index(part) + 1
    return at < len(parts) and parts[at].frames is not None


def _part_holding(parts: list[Part], frame: int) -> Part | None:
    """Find the part to read next: the one that holds ``frame``, or the first after it."""
    for part, follows in zip_longest(parts, parts[1:]):
        if part.frames is not None and frame < part.first + part.frames:
            return part
        if part.frames is None and (follows is None or frame < follows.first):
            return part
    return None


def _octets_of(column: pa.Array) -> tuple[memoryview, list[int]]:
    """Return the bytes of a large_binary column and the edges between its values."""
    _, edges, data = column.buffers()
    size = 8 * (column.offset + len(column) + 1)
    all_edges = np.frombuffer(edges, np.int64, count=size // 8) if len(column) else np.zeros(1)
    return memoryview(data if data is not None else b""), all_edges[column.offset :].tolist()


def _lock(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise _full(path.parent, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise JournalBusyError(path=str(path.parent)) from error
    return handle


def _full(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"{folder}: the journal cannot be written ({error.strerror}); what was acknowledged is "
        "safe: make room or mend the disk, then start again"
    )
