"""A live watch: what receives never waits for what computes.

::

    sockets ─► receiver ─► pipe ─► keeper ─► journal ─► chain
               a thread            a thread             the caller's thread

The receiver empties the sockets into memory and touches no disk. The keeper puts all that has come
into the journal at once, so a slow disk makes larger groups and not a longer queue. The chain works
through what is durable; when it is too slow it falls behind, which is measured and told, and
catches up from the journal (``watch.backlog``).

Where the limit is: the pipe holds :data:`PIPE_OCTETS`. When it is full the receiver leaves the
sockets alone; then TCP slows its peers down, and the system throws datagrams away that its own
buffer cannot hold. It counts them, and the count goes into the journal as a reject.
"""

from __future__ import annotations

import logging
import select
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from airshield import tables
from airshield.read import TcpSource, UdpSource
from airshield.watch.editions import LiveEditions
from airshield.watch.notes import ASTERIX, Spoken, reject_notes
from airshield.watch.watch import Watch

_log = logging.getLogger(__name__)

Feed = UdpSource | TcpSource

WAIT_S: Final = 0.02
"""Longest wait before a stop, a feed that reconnects or a failed thread is noticed."""

PIPE_OCTETS: Final = 64 << 20
"""Memory for what has been received and is not in the journal yet."""

LOOK_S: Final = 1.0
"""How often feeds are asked what was lost: a reject says how much in the last second."""

LAST_S: Final = 1.0
"""Longest time in which what has already come in is taken when the watch is told to stop."""

BEHIND_S: Final = 2.0
"""A chain that is this far behind what was received says so on the map and in the log."""


@dataclass(slots=True)
class Lag:
    """How far the chain was behind the journal at its worst.

    Attributes
    ----------
    frames_max : int
        Most frames received and not worked through.
    dt_max_s : float
        Longest time from a frame's way into the journal to the end of its work [s].
    read_again : int
        Frames that did not stay in memory and were read from the journal when their turn came.
    """

    frames_max: int = 0
    dt_max_s: float = 0.0
    read_again: int = 0


class _Pipe:
    """FRAME tables on their way to the journal, bounded by their octets."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tables: list[pa.Table] = []
        self._octets = 0
        self._closed = False

    def has_room(self, *, wait_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._octets < PIPE_OCTETS, wait_s)

    def put(self, frames: pa.Table) -> None:
        with self._changed:
            self._tables.append(frames)
            self._octets += frames.nbytes
            self._changed.notify_all()

    def take(self) -> list[pa.Table]:
        """Return all there is, as soon as there is any; nothing once the pipe has been closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._tables or self._closed)
            taken, self._tables, self._octets = self._tables, [], 0
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _LagMeter:
    """Measures how long frames wait for the chain."""

    def __init__(self, watch: Watch) -> None:
        self.lag = Lag()
        self._watch = watch
        self._marks: deque[tuple[int, float]] = deque()
        self._is_behind = False

    def kept(self) -> None:
        """Note that frames went into the journal just now."""
        self._marks.append((self._watch.kept, time.monotonic()))

    def worked(self) -> None:
        """Note that the chain has come further."""
        watch, lag, marks = self._watch, self.lag, self._marks
        lag.frames_max = max(lag.frames_max, watch.kept - watch.worked)
        lag.read_again = watch.read_again
        now_s = time.monotonic()
        dt_s = 0.0
        while marks and marks[0][0] <= watch.worked:
            dt_s = max(dt_s, now_s - marks.popleft()[1])
        if marks:
            dt_s = max(dt_s, now_s - marks[0][1])
        lag.dt_max_s = max(lag.dt_max_s, dt_s)
        self._tell(dt_s)

    def _tell(self, dt_s: float) -> None:
        if dt_s > BEHIND_S:
            if not self._is_behind:
                _log.warning("the chain is %.0f s behind the feeds; nothing is lost", dt_s)
            self._is_behind = True
            self._watch.tell(f"{dt_s:.0f} s behind the feeds")
        elif self._is_behind and dt_s < BEHIND_S / 2:
            _log.warning("the chain has caught up with the feeds")
            self._is_behind = False
            self._watch.tell("")


def watch_live(
    watch: Watch,
    feeds: Sequence[Feed],
    *,
    stop: threading.Event,
    duration_s: float | None = None,
) -> Lag:
    """Take what the feeds bring until told to stop or the time is up.

    What has been received by then is in the journal when this returns, also that which the chain
    has yet to work through: ``watch.close()`` does.

    Returns
    -------
    Lag
        How far the chain was behind.

    Raises
    ------
    StoreError
        The journal cannot be written.
    """
    end_s = None if duration_s is None else time.monotonic() + duration_s
    pipe, meter = _Pipe(), _LagMeter(watch)
    done = threading.Event()
    spoken = {feed.source: _spoken(watch, feed) for feed in feeds}
    for source, one in spoken.items():
        watch.declare(source, one)
    by_block = {source: one for source, one in spoken.items() if one.format == ASTERIX.format}
    editions = LiveEditions(by_block, watch.editions)

    def is_over() -> bool:
        return stop.is_set() or (end_s is not None and time.monotonic() >= end_s)

    with ThreadPoolExecutor(2, thread_name_prefix="watch") as threads:
        receiver = threads.submit(_receive, feeds, pipe, done)
        keeper = threads.submit(_keep, watch, pipe, meter, editions)
        try:
            while not is_over() and not _has_failed(receiver, keeper):
                watch.wait_durable(watch.worked + 1, timeout_s=WAIT_S)
                while watch.work_batch():
                    meter.worked()
                    if is_over():
                        break
                meter.worked()
        finally:
            done.set()
            wait([receiver])
            pipe.close()
        receiver.result()
        keeper.result()
    return meter.lag


def _has_failed(*threads: Future[None]) -> bool:
    return any(thread.done() for thread in threads)


def _receive(feeds: Sequence[Feed], pipe: _Pipe, done: threading.Event) -> None:
    """Empty the sockets into the pipe until it is done, and once more then (runs in a thread)."""
    look_s = time.monotonic()
    while not done.is_set():
        if not pipe.has_room(wait_s=WAIT_S):
            continue
        for feed in _ready(feeds):
            _put(pipe, feed.receive())
        if time.monotonic() >= look_s:
            look_s = time.monotonic() + LOOK_S
            _put_rejects(pipe, feeds)
    end_s = time.monotonic() + LAST_S
    for feed in feeds:
        while (frames := feed.receive()) is not None and time.monotonic() < end_s:
            pipe.put(frames)
        _put(pipe, frames)
        if isinstance(feed, TcpSource):
            _put(pipe, feed.close())  # what is left of a frame is a reject
    _put_rejects(pipe, feeds)


def _ready(feeds: Sequence[Feed]) -> list[Feed]:
    """Return the feeds that have something, or that have no connection and must be looked after."""
    poll = select.poll()
    by_handle = {}
    idle = []
    for feed in feeds:
        handle = feed.fileno()
        if handle < 0:
            idle.append(feed)
        else:
            by_handle[handle] = feed
            poll.register(handle, select.POLLIN)
    return idle + [by_handle[handle] for handle, _ in poll.poll(1000.0 * WAIT_S)]


def _put(pipe: _Pipe, frames: pa.Table | None) -> None:
    if frames is not None and frames.num_rows:
        pipe.put(frames)


def _put_rejects(pipe: _Pipe, feeds: Sequence[Feed]) -> None:
    for feed in feeds:
        _put(pipe, reject_notes(feed.rejects()))


def _spoken(watch: Watch, feed: Feed) -> Spoken:
    """Say what a feed speaks: as configured, in the editions in which the journal knows it."""
    lat_deg, lon_deg = feed.receiver or (None, None)
    before = watch.spoken(feed.source)
    return Spoken(
        format=feed.format,
        receiver_lat_deg=lat_deg,
        receiver_lon_deg=lon_deg,
        editions=before.editions if before.format == feed.format else (),
    )


def _keep(watch: Watch, pipe: _Pipe, meter: _LagMeter, editions: LiveEditions) -> None:
    """Put into the journal what the pipe brings (runs in a thread)."""
    while waiting := pipe.take():
        for source, spoken in editions.hear(waiting):
            watch.declare(source, spoken)
        watch.keep(tables.concat(tables.FRAME, waiting))
        meter.kept()
