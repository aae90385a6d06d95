"""Where a watch's frames come from: live feeds, or recordings at their own pace or another.

Both loops are told the time and when to stop from outside; a test or a rehearsal runs them on a
clock of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from airshield.config import Feed, Shield
from airshield.errors import UsageError
from airshield.read import Replay, TcpSource, UdpSource, in_time_order
from airshield.units import NS_PER_S
from airshield.watch.notes import Spoken
from airshield.watch.watch import Watch

WAIT_S = 0.02
"""Longest wait before the journal is looked after; well inside its group commit of 50 ms."""


def open_feeds(
    shield: Shield, *, clock_ns: Callable[[], int], port: int | None = None
) -> list[UdpSource | TcpSource]:
    """Open every live feed of a shield.

    Parameters
    ----------
    clock_ns : callable
        Nanoseconds UTC since 1970: stamps what is heard.
    port : int, optional
        Use this port in place of the shield's (a shield with one feed; 0 takes any free port).

    Raises
    ------
    FeedError
        A port is in use or an address is not ours.
    UsageError
        The shield names no feed, or none that can be read.
    """
    if not shield.feeds:
        raise UsageError(
            f"shield {shield.name!r} names no feed to watch: add a [[feeds]] table to "
            f"{shield.folder / 'shield.toml'}, or give --replay FILE"
        )
    opened: list[UdpSource | TcpSource] = []
    try:
        for feed in shield.feeds:
            opened.append(_open(feed, feed.port if port is None else port, clock_ns))
    except BaseException:
        for source in opened:
            source.close()
        raise
    return opened


def _open(feed: Feed, port: int, clock_ns: Callable[[], int]) -> UdpSource | TcpSource:
    if feed.protocol == "tcp":
        return TcpSource(
            feed.host,
            port,
            listen=feed.listen,
            format=feed.format,
            receiver=feed.receiver,
            clock_ns=clock_ns,
        )
    return UdpSource(
        feed.host,
        port,
        interface=feed.interface,
        format=feed.format,
        receiver=feed.receiver,
        clock_ns=clock_ns,
    )


def watch_replay(
    watch: Watch,
    recordings: Sequence[Replay],
    *,
    speed: float | None,
    stop: threading.Event,
    duration_s: float | None = None,
    tell: Callable[[Replay], object] = lambda _recording: None,
) -> None:
    """Play recordings into a watch, as one stream in order of the time at which they were heard.

    What each recording speaks is declared first, with the editions given or found, so that the
    journal alone suffices to read it again.

    Parameters
    ----------
    recordings : sequence of Replay
        From ``airshield.read.replay_frames``, of any format.
    speed : float or None
        Times the recordings' own pace; None is as fast as can be.
    tell : callable
        Given each recording after each batch; its ``octets_read`` tells how far it is.

    Raises
    ------
    UsageError
        Two recordings have the same name.

    Notes
    -----
    Frames that the watch's journal already has from the same file are not taken again: a replay
    that was killed goes on where its journal ends.
    """
    end = None if duration_s is None else time.monotonic() + duration_s

    def over() -> bool:
        return stop.is_set() or (end is not None and time.monotonic() >= end)

    pace = None if speed is None else _Pace(speed)
    known = {one.source: watch.frames_of(one.source) for one in recordings}
    for one in recordings:
        watch.declare(one.source, Spoken.of(one.options, one.format))
    taken: set[str] = set()
    for batch in in_time_order(recordings, skip=known):
        rest = batch
        while rest.num_rows and not over():
            ready = rest.num_rows if pace is None else pace.ready(rest)
            if ready == 0:
                watch.pump()
                time.sleep(WAIT_S)
                continue
            watch.take(rest.slice(0, ready))
            taken.update(rest["source"].slice(0, ready).unique().to_pylist())
            rest = rest.slice(ready)
            for one in recordings:
                tell(one)
        if over():
            break
    for one in recordings:  # those of a recording that was played to its end are counted
        if one.source in taken or not known[one.source]:
            watch.count_rejects(one.rejects)


class _Pace:
    """Lets frames go when their time has come, ``speed`` times as fast as they were heard."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start_s: float | None = None
        self._first_ns = 0

    def ready(self, frames: pa.Table) -> int:
        """Return how many of the first rows are due."""
        heard = frames["t_heard"].cast(pa.int64()).to_numpy()
        if self._start_s is None:
            self._start_s, self._first_ns = time.monotonic(), int(heard[0])
        played_s = (time.monotonic() - self._start_s) * self._speed
        return int(np.searchsorted(heard, self._first_ns + int(played_s * NS_PER_S), side="right"))
