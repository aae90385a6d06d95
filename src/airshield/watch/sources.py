"""Where a watch's frames come from: live feeds, or recordings at their own pace or another.

Both loops are told the time and when to stop from outside; a test or a rehearsal runs them on a
clock of its own.
"""

from __future__ import annotations

import datetime as dt
import selectors
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from airshield.config import Shield
from airshield.errors import UsageError
from airshield.read import Replay, UdpSource, replay_frames
from airshield.units import NS_PER_S
from airshield.watch.watch import Watch

WAIT_S = 0.02
"""Longest wait before the journal is looked after; well inside its group commit of 50 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayProgress:
    """How far a replay is."""

    path: Path
    octets_read: int
    octets: int
    frames: int


def open_feeds(
    shield: Shield, *, clock_ns: Callable[[], int], port: int | None = None
) -> list[UdpSource]:
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
    opened: list[UdpSource] = []
    try:
        for feed in shield.feeds:
            opened.append(
                UdpSource(
                    feed.host,
                    feed.port if port is None else port,
                    interface=feed.interface,
                    clock_ns=clock_ns,
                )
            )
    except BaseException:
        for source in opened:
            source.close()
        raise
    return opened


def watch_live(
    watch: Watch,
    feeds: Sequence[UdpSource],
    *,
    stop: threading.Event,
    duration_s: float | None = None,
) -> None:
    """Take what the feeds bring until told to stop or the time is up."""
    end = None if duration_s is None else time.monotonic() + duration_s
    with selectors.DefaultSelector() as selector:
        for feed in feeds:
            selector.register(feed, selectors.EVENT_READ, feed)
        while not stop.is_set() and (end is None or time.monotonic() < end):
            for key, _ in selector.select(timeout=WAIT_S):
                frames = key.data.receive(max_wait_s=0.0)
                if frames is not None:
                    watch.take(frames)
            watch.pump()


def watch_replay(
    watch: Watch,
    paths: Sequence[Path],
    *,
    speed: float | None,
    stop: threading.Event,
    date: dt.date | None = None,
    editions: Mapping[int, str] | None = None,
    duration_s: float | None = None,
    tell: Callable[[ReplayProgress], object] = lambda _progress: None,
) -> list[Replay]:
    """Play recordings into a watch, one after the other.

    Parameters
    ----------
    speed : float or None
        Times the recording's own pace; None is as fast as can be.
    date : datetime.date, optional
        Day of the first frame, for recordings that carry none.
    editions : mapping of category to edition, optional
        Which edition the recordings speak, where the time of day depends on it.
    tell : callable
        Told how far the replay is.

    Returns
    -------
    list of Replay
        The recordings played: the date their times count from and what that rests on, where they
        were cut.

    Notes
    -----
    Frames that the watch's journal already has from the same file are not taken again: a replay
    that was killed goes on where its journal ends.
    """
    end = None if duration_s is None else time.monotonic() + duration_s

    def over() -> bool:
        return stop.is_set() or (end is not None and time.monotonic() >= end)

    pace = None if speed is None else _Pace(speed)
    recordings = [
        replay_frames(path, date=date, editions=editions) for path in paths
    ]  # wrong names are told first
    for path, recording in zip(paths, recordings, strict=True):
        octets = recording.octets
        known = left = watch.frames_of(recording.source)
        frames_done = 0
        for batch in recording:
            rest = batch.slice(min(left, batch.num_rows))
            left -= batch.num_rows - rest.num_rows
            while rest.num_rows and not over():
                ready = rest.num_rows if pace is None else pace.ready(rest)
                if ready == 0:
                    watch.pump()
                    time.sleep(WAIT_S)
                    continue
                watch.take(rest.slice(0, ready))
                frames_done += ready
                rest = rest.slice(ready)
                tell(
                    ReplayProgress(
                        path=path,
                        octets_read=recording.octets_read,
                        octets=octets,
                        frames=frames_done,
                    )
                )
            if over():
                break
        if frames_done or not known:  # a recording that was played to its end has been counted
            watch.count_rejects(recording.rejects)
    return recordings


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
