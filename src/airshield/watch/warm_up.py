"""Compiling the kernels of the watch before the first byte arrives.

A kernel is compiled at its first call and kept on disk (``airshield._kernels``). Left alone, the
first plots of a watch would wait many seconds for that; so a watch runs every room's kernels on a
tiny sample first and tells the person at the screen what it is doing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from airshield import track, zones
from airshield._kernels import is_compiled, mark_compiled
from airshield.read import asterix

__all__ = ["STEPS", "is_compiled", "run_steps"]

STEPS: tuple[tuple[str, Callable[[], None]], ...] = (
    ("radar reader", asterix.warm_up),
    ("tracker", track.warm_up),
    ("zones", zones.warm_up),
)
"""Rooms with kernels, by the name a person is shown."""


def run_steps(tell: Callable[[int, str], object]) -> float:
    """Run every step, telling ``tell(steps done, name of the next)``; return the seconds it took."""
    start = time.monotonic()
    for done, (name, warm_up) in enumerate(STEPS):
        tell(done, name)
        warm_up()
    tell(len(STEPS), "done")
    mark_compiled()
    return time.monotonic() - start
