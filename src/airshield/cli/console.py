"""What every command shows: progress with rate and time left, and one JSON document."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress


def print_json(document: Any) -> None:
    """Write the one JSON document of ``--json`` to standard output."""
    json.dump(document, sys.stdout, indent=2, allow_nan=False, default=str)
    sys.stdout.write("\n")


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


KERNEL_ROOMS: Mapping[str, str] = {
    "read.asterix": "radar messages",
    "track": "tracker",
    "zones": "zones",
}
"""Rooms with compiled loops, and what a person is told while they compile."""


def prepare_kernels(*rooms: str) -> None:
    """Compile the loops of some rooms before the first byte needs them.

    Behind a progress display at first use; on a warm cache it loads their machine code and says
    nothing.
    """
    from airshield._kernels import is_compiled, mark_compiled

    missing = [room for room in rooms if not is_compiled(room)]
    for room in rooms:
        if room not in missing:
            _warm_up(room)
    if not missing:
        return
    print("airshield: first use, compiling the number kernels (once)", file=sys.stderr)
    with progress() as shown:
        task = shown.add_task("compiling", total=len(missing))
        for room in missing:
            shown.update(task, description=f"compiling: {KERNEL_ROOMS[room]}")
            _warm_up(room)
            mark_compiled(room)
            shown.advance(task)


def _warm_up(room: str) -> None:
    importlib.import_module(f"airshield.{room}").warm_up()
