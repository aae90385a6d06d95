"""What every command shows: progress with rate and time left, and one JSON document."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from airshield.read import Recording


def print_json(document: Any) -> None:
    """Write the one JSON document of ``--json`` to standard output."""
    json.dump(document, sys.stdout, indent=2, allow_nan=False, default=str)
    sys.stdout.write("\n")


def tell_cut(recordings: Iterable[Recording]) -> list[dict[str, Any]]:
    """Say on standard error which recordings were cut short; return the same for ``--json``.

    What was whole has been read by then; the caller still leaves with the exit code of bad input.
    """
    found = []
    for recording in recordings:
        cut = recording.cut()
        if cut is None:
            continue
        print(
            f"airshield: {recording.path}: at byte {cut.offset}: {cut.reason}; everything before "
            f"was read, the last {cut.octets:,} octets are rejects: copy the recording again",
            file=sys.stderr,
        )
        found.append({"file": str(recording.path), **cut._asdict()})
    return found


@contextmanager
def progress(*, unit: str | None = None, by_itself: bool = True) -> Iterator[Progress]:
    """Show progress on standard error: what, how far, how fast (``unit`` per second), how long.

    Drawn by a thread of its own; not ``by_itself``, by the caller's, when it is told something.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class RateColumn(ProgressColumn):
        """Items per second, or nothing where a rate means nothing."""

        def render(self, task: Task) -> Text:
            if unit is None or task.speed is None:
                return Text("")
            return Text(f"{task.speed:,.0f} {unit}/s", style="progress.data.speed")

    with Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        RateColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=by_itself,
        transient=True,
    ) as shown:
        yield shown


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show work that tells what it does, how many of it are done, and how many there are."""
    with progress() as shown:
        bars: dict[str, TaskID] = {}

        def say(what: str, done: int, of: int) -> None:
            if what not in bars:
                bars[what] = shown.add_task(what, total=of)
            shown.update(bars[what], completed=done)

        yield say


LIVE_ROOMS = ("track", "read.asterix", "zones")
REPLAY_ROOMS = ("track", "read", "zones")
"""Rooms with compiled loops, the one that takes longest first: what a live watch needs, and what a
replay needs, which also has to find the blocks in a file."""


def prepare_kernels(*rooms: str, load: bool = True) -> None:
    """Compile the loops of some rooms before the first byte needs them, and load them.

    At first use they compile in other processes, as many at a time as there are cores, behind a
    progress display. On a warm cache nothing is said. What is not loaded here loads when it is
    first called, a few milliseconds a loop: time and memory for those that are, and no others.
    """
    from airshield._kernels import is_compiled, mark_compiled

    missing = [room for room in rooms if not is_compiled(room)]
    if missing:
        print("airshield: first use, compiling the number kernels (once)", file=sys.stderr)
        for room in _compile(missing):
            mark_compiled(room)
            if load:
                _room(room).warm_up()  # while the next room compiles
    for room in rooms:
        if load and room not in missing:
            _room(room).warm_up()


def prepare_format(name: str) -> None:
    """Compile the loops that reading a format takes, where it has any."""
    from airshield.read.reader import readers

    module = readers()[name].module
    if module.startswith("airshield.") and hasattr(importlib.import_module(module), "warm_up"):
        prepare_kernels(module.removeprefix("airshield."), load=False)


def _compile(rooms: Sequence[str]) -> Iterator[str]:
    """Compile rooms side by side and yield each when it is done.

    A room that comes in parts is compiled as a whole when all of them are.
    """
    parts = {
        room: [part.__name__ for part in getattr(_room(room), "WARM_UP_PARTS", ())]
        for room in rooms
    }
    total = len(rooms) + sum(len(names) for names in parts.values())
    workers = ProcessPoolExecutor(
        min(total, os.cpu_count() or 1), mp_context=multiprocessing.get_context("spawn")
    )
    with workers, progress() as shown:
        task = shown.add_task("compiling", total=total)
        # Parts of a room share callees. The longest first and the others last: by then most of
        # what they share is in the cache, and no core has compiled it twice.
        whole = [(room, "warm_up") for room in rooms if not parts[room]]
        first = [(room, name) for room in rooms for name in parts[room][:1]]
        others = [(room, name) for room in rooms for name in parts[room][1:]]
        waiting = {
            workers.submit(_warm_up, room, name): room for room, name in first + whole + others
        }
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                room = waiting.pop(future)
                future.result()
                shown.advance(task)
                if not parts[room]:
                    yield room
                elif room not in waiting.values():
                    parts[room] = []
                    waiting[workers.submit(_warm_up, room, "warm_up")] = room


def _warm_up(room: str, name: str) -> None:
    getattr(_room(room), name)()


def _room(name: str) -> ModuleType:
    return importlib.import_module(f"airshield.{name}")
