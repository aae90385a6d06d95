"""What ``airshield watch`` and ``airshield demo`` do."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from airshield.cli.console import LIVE_ROOMS, REPLAY_ROOMS, prepare_kernels, progress, tell_cut
from airshield.cli.replaying import Said, describe, open_replays, tell_all_unread
from airshield.config import Shield, load_shield
from airshield.errors import UsageError
from airshield.picture import Picture
from airshield.read import Replay, TcpSource, UdpSource
from airshield.serve import Server, SpotterDoor, create_app
from airshield.watch import Watch, open_feeds, watch_live, watch_replay

WEB_HOST = "127.0.0.1"
"""The map is for this machine; who may see it from others is for a proxy with a login to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPlan:
    """What the command line asked for."""

    shield: Path
    recordings: tuple[Path, ...]
    speed: float | None
    port: int | None
    duration_s: float | None
    journal: Path | None
    said: Said


def parse_speed(text: str) -> float | None:
    """Read ``max`` as None, a factor as itself.

    Raises
    ------
    UsageError
        Neither.
    """
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0.0 < factor < float("inf"):
        raise UsageError(f"--speed {text}: write a factor above 0, or max")
    return factor


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and a polite kill set, so that a watch ends in order."""
    stop = threading.Event()

    def handler(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def run_watch(plan: WatchPlan) -> dict[str, Any]:
    """Watch until the recording, the time or the person's patience ends; return the summary."""
    shield = load_shield(plan.shield)
    live = not plan.recordings
    recordings = open_replays(plan.recordings, plan.said)
    folder = plan.journal or (_state_folder(shield) if live else None)
    picture = None
    door = SpotterDoor()
    lag = None
    start = time.monotonic()
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_signal())
        feeds = open_feeds(shield, clock_ns=time.time_ns) if live else []
        for feed in feeds:
            stack.callback(feed.close)
        if plan.port is not None:
            picture = Picture(
                mode="live" if live else "replay",
                now_ns=time.time_ns,
                silent_after_s=silent_after_s(shield),
            )
            app = create_app(picture, shield, spotters=door)
            server = stack.enter_context(Server(app, host=WEB_HOST, port=plan.port))
            print(f"airshield: the map is at {server.url}", file=sys.stderr)
        # A stream has to be cut into blocks, as a file has.
        is_cut = not live or any(feed.protocol == "tcp" for feed in shield.feeds)
        prepare_kernels(*(REPLAY_ROOMS if is_cut else LIVE_ROOMS))
        # A replay's frames have full times, and its editions go into the journal with them.
        date, editions = (plan.said.date, plan.said.editions) if live else (None, None)
        watch = Watch(shield, folder=folder, picture=picture, date=date, editions=editions)
        stack.callback(watch.close)
        if picture is not None:
            picture.set_state("running", "")
        work_start = time.monotonic()
        if live:
            names = ", ".join(feed.source for feed in feeds)
            print(f"airshield: watching {names}; Ctrl-C ends the watch", file=sys.stderr)
            if picture is not None:
                door.open(watch)
            lag = watch_live(watch, feeds, stop=stop, duration_s=plan.duration_s)
            door.close()
        else:
            _replay(plan, watch, recordings, stop)
        work_s = time.monotonic() - work_start
        watch.close()
        summary = watch.summary()
        if picture is not None:
            picture.set_state("ended", "the recording has ended")
            if not live and plan.duration_s is None:
                stop.wait()
        return {
            "shield": shield.name,
            "mode": "live" if live else "replay",
            "journal": str(folder) if folder else None,
            **describe(recordings),
            "feeds": [_feed_summary(feed) for feed in feeds],
            "lag": None if lag is None else asdict(lag),
            "spotter_reports": dict(door.counts),
            "cut": tell_cut(r.recording for r in recordings),
            "unread": tell_all_unread(recordings) if summary["rejects"] else [],
            **summary,
            "seconds": {"work": round(work_s, 3), "all": round(time.monotonic() - start, 3)},
        }


def _feed_summary(feed: UdpSource | TcpSource) -> dict[str, Any]:
    about = {"source": feed.source, "format": feed.format, "octets": feed.octets}
    if isinstance(feed, UdpSource):
        return {**about, "datagrams": feed.datagrams, "lost_by_system": feed.dropped}
    return {**about, **asdict(feed.state), "lost_by_system": 0}


def _replay(
    plan: WatchPlan, watch: Watch, recordings: Sequence[Replay], stop: threading.Event
) -> None:
    with progress(unit="octets") as shown:
        tasks = {
            id(one): shown.add_task(one.recording.path.name, total=one.octets) for one in recordings
        }
        watch_replay(
            watch,
            recordings,
            speed=plan.speed,
            stop=stop,
            duration_s=plan.duration_s,
            tell=lambda one: shown.update(tasks[id(one)], completed=one.octets_read),
        )


def silent_after_s(shield: Shield) -> float:
    """How long nothing may be heard before a picture is stale: a turn of the quickest radar.

    Radars without sector messages say nothing while no aircraft is in the beam; 3 s is the least.
    """
    return max(3.0, min((radar.turn_s for radar in shield.radars), default=0.0) + 1.0)


def _state_folder(shield: Shield) -> Path:
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    name = f"{shield.folder.resolve().name}-{shield.digest[:8]}"
    return Path(base).expanduser() / "airshield" / name
