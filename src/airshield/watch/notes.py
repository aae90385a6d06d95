"""What the watch itself writes into its journal about a feed.

The journal alone must tell the whole story: which octets of a stream never became a frame, how many
datagrams the system threw away, in which format and editions a source speaks. None of that is in
the frames of the source, so it stands beside them, in frames of a source of its own: ``note:`` and
the name of the source that it is about. A note is one line of JSON and then, for a reject, the lost
octets. It is on the disk as soon as the frames around it, and no kill takes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airshield import tables
from airshield.read import asterix
from airshield.read.reader import EditionKey, Options, Place

PREFIX: Final = "note:"
"""Begins the source of a note. Sources of feeds and files begin with udp:, tcp: or file:."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a source speaks, and what its reader must know to read it.

    A source about which the journal has no note speaks ASTERIX: so did all before there were notes.
    """

    format: str = "asterix"
    receiver_lat_deg: float | None = None
    receiver_lon_deg: float | None = None
    editions: tuple[tuple[EditionKey, str], ...] = ()
    """ASTERIX editions, given or found, by category or (category, SAC, SIC)."""
    reference_points: tuple[tuple[str, Place], ...] = ()
    """Where x and y of surface sensors begin, by ``SAC/SIC``."""

    @classmethod
    def of(cls, options: Options, format: str) -> Spoken:
        """Say it for a source that is read with these options.

        The newest edition of a category is what a reader takes that is told nothing; it is left
        out, so that a source which needs no note has none, live and in a replay alike.
        """
        newest = {category: names[-1] for category, names in asterix.editions().items()}
        told = dict(options.editions.items())
        return cls(
            format=format,
            receiver_lat_deg=options.receiver_lat_deg,
            receiver_lon_deg=options.receiver_lon_deg,
            editions=tuple(
                (key, edition)
                for key, edition in told.items()
                if not isinstance(key, int) or newest.get(key) != edition
            ),
            reference_points=tuple(options.reference_points.items()),
        )

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Spoken:
        """Take up what ``dataclasses.asdict`` and JSON made of it."""
        lists = {"editions", "reference_points"}
        plain = {name: value for name, value in said.items() if name not in lists}
        return cls(
            **plain,
            editions=tuple(
                (key if isinstance(key, int) else tuple(key), edition)
                for key, edition in said.get("editions", ())
            ),
            reference_points=tuple(
                (sensor, tuple(place)) for sensor, place in said.get("reference_points", ())
            ),
        )

    def options(self, options: Options) -> Options:
        """Return these options with what is known of the source in them."""
        return replace(
            options,
            receiver_lat_deg=self.receiver_lat_deg,
            receiver_lon_deg=self.receiver_lon_deg,
            editions={**dict(options.editions.items()), **dict(self.editions)},
            reference_points={**options.reference_points, **dict(self.reference_points)},
        )


ASTERIX: Final = Spoken()


def spoken_note(source: str, spoken: Spoken, *, t_ns: int | None) -> pa.Table:
    """Make the FRAME that says what a source speaks."""
    return _frames(source, [t_ns], [0], [_line({"speaks": asdict(spoken)})])


def reject_notes(rejects: pa.Table) -> pa.Table:
    """Make one FRAME of each row of a REJECT table, all of one source."""
    rows = rejects.num_rows
    if not rows:
        return tables.empty(tables.FRAME)
    return _frames(
        str(rejects["source"][0].as_py()),
        rejects["t_heard"],
        rejects["offset"],
        [
            _line({"reject": reason}) + octets
            for reason, octets in zip(
                rejects["reason"].to_pylist(), rejects["octets"].to_pylist(), strict=True
            )
        ],
    )


def is_note(source: str) -> bool:
    """Tell whether frames of this source are notes."""
    return source.startswith(PREFIX)


def read_notes(notes: pa.Table) -> tuple[pa.Table, list[tuple[int, str, Spoken]]]:
    """Read frames that are notes.

    Returns
    -------
    pyarrow.Table of tables.REJECT
        What the notes say is lost.
    list of (int, str, Spoken)
        Frame number of a note, and which source speaks what from there on.
    """
    spoken: list[tuple[int, str, Spoken]] = []
    rows: list[dict[str, Any]] = []
    for row in notes.select(["frame", "source", "octets"]).to_pylist():
        line, _, octets = row["octets"].partition(b"\n")
        said = json.loads(line)
        about = row["source"].removeprefix(PREFIX)
        if "speaks" in said:
            spoken.append((row["frame"], about, Spoken.from_json(said["speaks"])))
        else:
            rows.append({**row, "source": about, "reason": said["reject"], "octets": octets})
    at = pc.index_in(
        pa.array([row["frame"] for row in rows], pa.uint64()), notes["frame"].combine_chunks()
    )
    return (
        tables.make_table(
            tables.REJECT,
            {
                "frame": [row["frame"] for row in rows],
                "t_heard": notes["t_heard"].take(at),
                "source": [row["source"] for row in rows],
                "offset": notes["offset"].take(at),
                "reason": [row["reason"] for row in rows],
                "octets": [row["octets"] for row in rows],
            },
            rows=len(rows),
        ),
        spoken,
    )


def _line(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _frames(source: str, t_heard: Any, offsets: Any, octets: list[bytes]) -> pa.Table:
    rows = len(octets)
    times = t_heard if isinstance(t_heard, pa.ChunkedArray) else pa.array(t_heard, pa.int64())
    return tables.make_table(
        tables.FRAME,
        {
            "frame": np.zeros(rows, np.uint64),
            "t_heard": times.cast(tables.TIME),
            "source": tables.words(np.zeros(rows, np.int32), [PREFIX + source]),
            "offset": offsets
            if isinstance(offsets, pa.ChunkedArray)
            else pa.array(offsets, pa.uint64()),
            "octets": pa.array(octets, pa.large_binary()),
        },
        rows=rows,
    )
