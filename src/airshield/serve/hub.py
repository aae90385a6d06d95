"""The fan-out: one snapshot per tick, encoded once for all readers that are at the same place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

from airshield.picture import Picture, Snapshot, encode_frame, frame_as_json

Format = Literal["binary", "json"]

TICK_S: Final = 0.25
"""How often pictures go out when something changed. An alert waits at most this long."""
STATUS_S: Final = 1.0
"""Heartbeat. A page without three of them calls its picture stale."""
KEY_S: Final = 10.0
"""Every reader gets a whole picture this often, whatever it missed or misread."""


class Hub:
    """Takes a snapshot per tick and wakes the readers."""

    def __init__(self, picture: Picture) -> None:
        self.picture: Final = picture
        self.snapshot: Snapshot = picture.snapshot()
        self.clients = 0
        self._tick = asyncio.Event()
        self._encoded: dict[tuple[Format, int], bytes | str] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tick until the block ends."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def next_tick(self) -> None:
        """Wait for the next snapshot."""
        await self._tick.wait()

    def encoded(self, *, since: int, form: Format) -> bytes | str:
        """The snapshot as difference from a revision; made once per tick and revision."""
        key = (form, since)
        if key not in self._encoded:
            self._encoded[key] = (
                encode_frame(self.snapshot, since=since)
                if form == "binary"
                else json.dumps(frame_as_json(self.snapshot, since=since), allow_nan=False)
            )
        return self._encoded[key]

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.snapshot = self.picture.snapshot()
            self._encoded = {}
            woken, self._tick = self._tick, asyncio.Event()
            woken.set()
