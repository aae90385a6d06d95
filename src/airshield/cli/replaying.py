"""Recordings as ``airshield track`` and ``airshield watch --replay`` open and describe them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airshield.cli.console import prepare_format
from airshield.read import Replay, read_frames, replay_frames
from airshield.read.reader import Editions, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the command line says about recordings."""

    format: str | None = None
    date: dt.date | None = None
    editions: Editions = field(default_factory=dict)
    receiver: tuple[float, float] | None = None
    reference_points: Mapping[str, Place] = field(default_factory=dict)


def open_replays(paths: Iterable[Path], said: Said) -> list[Replay]:
    """Open recordings to be played, and prepare what reading their formats takes."""
    opened = []
    for path in paths:
        prepare_format(read_frames(path, format=said.format).format)
        opened.append(
            replay_frames(
                path,
                format=said.format,
                date=said.date,
                editions=said.editions,
                receiver=said.receiver,
                reference_points=said.reference_points,
            )
        )
    return opened


def describe(replays: Sequence[Replay]) -> dict[str, Any]:
    """Return what the JSON document says of recordings: formats, days, editions and why."""
    return {
        "recordings": [
            {
                "file": str(one.recording.path),
                "format": one.format,
                "container": one.recording.container,
                "date": str(one.date),
                "date_from": one.date_basis,
                "order": one.order,
            }
            for one in replays
        ],
        "editions": [
            {"file": str(one.recording.path), **row} for one in replays for row in one.found
        ],
    }
