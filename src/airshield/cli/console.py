"""What every command shows: progress with rate and time left, and one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
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
    """Show progress on standard error: what, how far, how fast (in ``unit`` per second), how long yet."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
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


def prepare_kernels() -> float:
    """Compile what is not compiled yet, behind a progress display; return the seconds it took.

    On a warm cache this only loads machine code and shows nothing.
    """
    from airshield.watch.warm_up import STEPS, is_compiled, run_steps

    if is_compiled():
        return run_steps(lambda _done, _name: None)
    with progress() as shown:
        print("airshield: first use, compiling the number kernels (once)", file=sys.stderr)
        task = shown.add_task("compiling", total=len(STEPS))
        return run_steps(
            lambda done, name: shown.update(task, completed=done, description=f"compiling {name}")
        )
