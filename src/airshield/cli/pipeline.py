"""Work in stages, one after the other for every item, by as many threads as one wants.

A stage takes items in their order and one at a time, so it may remember, and what comes out is the
same with any number of threads. Which thread does what is not fixed: whoever is free takes the
last stage that has something to do, so a slow stage is never without a thread, few items wait in
memory, and one thread alone does what a plain loop would.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa

WAITING_MAX: Final = 2
"""Items that may wait in front of a stage: enough that it need not, and no more memory."""


def run_stages(
    items: Iterator[Any], stages: Sequence[Callable[[Any], Any]], *, threads: int
) -> int:
    """Put every item through all stages; what the last one returns is let go.

    Parameters
    ----------
    items : iterator
        Where items come from: a stage too.
    stages : sequence of callable
        Each takes what the one before it gave.
    threads : int
        Most threads that work, the caller's among them. One per stage and one for the items are
        the most that have something to do.

    Returns
    -------
    int
        How many threads there were.

    Raises
    ------
    Exception
        What a stage raised, or the items. By then all threads have ended.
    """
    work = _Work(items, stages)
    threads = min(threads, len(stages) + 1)
    if threads == 1:
        work.until_done()
        return 1
    with ThreadPoolExecutor(threads - 1, thread_name_prefix="stage") as helpers:
        helping = [helpers.submit(work.until_done) for _ in range(threads - 1)]
        # The caller's thread works as well: it is the one that Ctrl-C reaches.
        work.until_done()
    for helper in helping:
        helper.result()
    return threads


@contextmanager
def one_arrow_thread() -> Iterator[None]:
    """Keep Arrow's own pool to one thread, whatever the machine has."""
    before = pa.cpu_count()
    pa.set_cpu_count(1)
    try:
        yield
    finally:
        pa.set_cpu_count(before)


class _Work:
    """What waits in front of which stage, and who is at it. Place 0 is where items come from."""

    def __init__(self, items: Iterator[Any], stages: Sequence[Callable[[Any], Any]]) -> None:
        self._items = items
        self._stages = stages
        self._waiting: list[deque[Any]] = [deque() for _ in range(len(stages) + 1)]
        self._is_busy = [False] * (len(stages) + 1)
        self._has_more = True
        self._is_over = False
        self._change = threading.Condition()

    def until_done(self) -> None:
        """Work until all is done, or somebody has failed."""
        try:
            while (place := self._take_place()) is not None:
                self._work_at(place)
        finally:
            # Whatever ended this thread ends the others: there is no more to do, or no sense in it.
            with self._change:
                self._is_over = True
                self._change.notify_all()

    def _take_place(self) -> int | None:
        """Wait for something to do; None when nothing is left."""
        with self._change:
            while not self._is_over:
                for place in range(len(self._stages), -1, -1):
                    if self._can_work_at(place):
                        self._is_busy[place] = True
                        return place
                if not any(self._is_busy) and not self._has_more:
                    return None
                self._change.wait()
            return None

    def _can_work_at(self, place: int) -> bool:
        if self._is_busy[place]:
            return False
        if place < len(self._stages) and len(self._waiting[place + 1]) >= WAITING_MAX:
            return False
        return bool(self._waiting[place]) if place else self._has_more

    def _work_at(self, place: int) -> None:
        """Do one item there. An error leaves the place busy: nobody may go on behind it."""
        has_made = True
        if place:
            made = self._stages[place - 1](self._waiting[place].popleft())
        else:
            made = next(self._items, self)
            has_made = made is not self
        with self._change:
            self._is_busy[place] = False
            if not has_made:
                self._has_more = False
            elif place < len(self._stages):
                self._waiting[place + 1].append(made)
            self._change.notify_all()
