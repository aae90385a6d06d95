"""What every command shows: progress with rate and time left, and one JSON document."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

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
def progress(*, unit: str | None = None) -> Iterator[Progress]:
    """Show progress on standard error: what, how far, how fast (``unit`` per second), how long."""
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
        transient=True,
    ) as shown:
        yield shown


KERNEL_ROOMS = ("track", "read", "zones")
"""Rooms with compiled loops, the one that takes longest first."""


def prepare_kernels(*rooms: str) -> None:
    """Compile the loops of some rooms before the first byte needs them, and load them.

    At first use each room compiles in a process of its own, as many at a time as there are cores,
    behind a progress display. On a warm cache nothing is said.
    """
    from airshield._kernels import is_compiled, mark_compiled

    missing = [room for room in KERNEL_ROOMS if room in rooms and not is_compiled(room)]
    if missing:
        print("airshield: first use, compiling the number kernels (once)", file=sys.stderr)
        workers = ProcessPoolExecutor(
            min(len(missing), os.cpu_count() or 1), mp_context=multiprocessing.get_context("spawn")
        )
        with workers, progress() as shown:
            task = shown.add_task("compiling", total=len(missing))
            compiling = {workers.submit(_warm_up, room): room for room in missing}
            for done in as_completed(compiling):
                done.result()
                mark_compiled(compiling[done])
                shown.advance(task)
    for room in rooms:
        _warm_up(room)


def _warm_up(room: str) -> None:
    importlib.import_module(f"airshield.{room}").warm_up()
