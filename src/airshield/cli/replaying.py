"""What the command line says about recordings, and how ``airshield track`` and ``airshield watch
--replay`` open and describe them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from airshield.cli.console import prepare_format
from airshield.cli.decoding import (
    parse_date,
    parse_editions,
    parse_place,
    parse_references,
    tell_unread,
)
from airshield.read import Replay, read_frames, replay_frames
from airshield.read.reader import Editions, Place, find_reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the command line says about recordings."""

    format: str | None = None
    date: dt.date | None = None
    editions: Editions = field(default_factory=dict)
    receiver: tuple[float, float] | None = None
    reference_points: Mapping[str, Place] = field(default_factory=dict)

    @classmethod
    def parse(
        cls,
        *,
        format: str | None,
        date: str | None,
        edition: Sequence[str] | None,
        receiver: str | None,
        reference: Sequence[str] | None,
    ) -> Self:
        """Read the options as they were written.

        Raises
        ------
        UsageError
            One is not of its form.
        """
        return cls(
            format=format,
            date=parse_date(date),
            editions=parse_editions(edition or ()),
            receiver=parse_place(receiver),
            reference_points=parse_references(reference or ()),
        )


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


def tell_all_unread(replays: Iterable[Replay]) -> list[str]:
    """Say in which recordings nothing at all could be read, as ``decode`` does; return their names.

    Reports do not tell: records that make none have been read too. So each recording is opened
    again and read up to its first record, which is soon where there is one.
    """
    return [tell_unread(one) for one in replays if _is_unread(one)]


def _is_unread(replay: Replay) -> bool:
    recording = read_frames(replay.recording.path, format=replay.format)
    reader = find_reader(replay.format).tables(replay.options)
    rejects = 0
    for frames in recording:
        found = reader.feed(frames)
        if found.tables:
            return False
        rejects += found.rejects.num_rows + recording.take_rejects().num_rows
    return bool(rejects + recording.take_rejects().num_rows)


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
