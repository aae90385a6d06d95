"""Frames of several formats, and notes among them, to one stream of reports."""

import json

import numpy as np
import pyarrow as pa
import pytest

from airshield import tables
from airshield.config import load_shield
from airshield.errors import UsageError
from airshield.rehearse import Exercise, bundled_shield
from airshield.watch import Spoken, Watch
from airshield.watch.notes import reject_notes, spoken_note
from airshield.watch.readings import Readings

T0_NS = 1_780_300_800_000_000_000
REPORT = {
    "version": 1,
    "spotter": "river-42",
    "time": "2026-06-01T08:00:05Z",
    "lat_deg": 50.4,
    "lon_deg": 30.5,
    "azm_true_deg": 70.0,
    "what": "drone",
    "sense": "seen",
}


def one_frame(source, octets, t_ns):
    return tables.make_table(
        tables.FRAME,
        {
            "frame": np.zeros(1, np.uint64),
            "t_heard": pa.array([t_ns]).cast(tables.TIME),
            "source": [source],
            "offset": np.zeros(1, np.uint64),
            "octets": [octets],
        },
        rows=1,
    )


def lost(source, octets, reason):
    return tables.make_table(
        tables.REJECT,
        {
            "frame": [0],
            "t_heard": pa.array([T0_NS]).cast(tables.TIME),
            "source": [source],
            "offset": [17],
            "reason": [reason],
            "octets": [octets],
        },
        rows=1,
    )


@pytest.fixture(scope="module")
def mixed():
    """Radar datagrams, spotters between them, damage, and a note in the middle of it all."""
    shield = load_shield(bundled_shield("tiny"))
    parts = []
    for n, sent in enumerate(Exercise(shield, seed=7, t_start_ns=T0_NS).datagrams(0.0, 8.0)):
        parts.append(one_frame("udp", sent.octets, sent.t_ns))
        if n == 20:
            parts.append(spoken_note("people", Spoken(format="spotter"), t_ns=None))
        if n > 20 and n % 5 == 0:
            parts.append(one_frame("people", json.dumps(REPORT).encode(), sent.t_ns))
        if n % 17 == 3:
            parts.append(reject_notes(lost("tcp", b"\n{}half\0", "it broke")))
        if n % 23 == 9:
            parts.append(one_frame("people", b"{]", sent.t_ns))
    frames = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
    numbers = pa.array(np.arange(frames.num_rows, dtype=np.uint64))
    return frames.set_column(0, tables.FRAME.field("frame"), numbers)


def rows_of(table):
    """Rows with times as numbers: Python's own have no nanoseconds."""
    for at, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(at, field.name, table[field.name].cast(pa.int64()))
    return table.to_pylist()


def read(frames, size, *, restart=False):
    readings = Readings()
    found = {"reports": [], "rejects": [], "status": []}
    counts = {}
    for first in range(0, frames.num_rows, size):
        batch = readings.feed(frames.slice(first, size))
        for name, rows in found.items():
            rows.extend(rows_of(getattr(batch, name)))
        for name, n in batch.counts.items():
            counts[name] = counts.get(name, 0) + n
        if restart:
            state = readings.snapshot()
            readings = Readings()
            readings.restore(state)
    return {**found, "counts": counts}


@pytest.mark.parametrize(("size", "restart"), [(1, False), (7, True), (50, False)])
def test_rows_do_not_depend_on_batches_or_restarts(mixed, size, restart):
    assert read(mixed, size, restart=restart) == read(mixed, mixed.num_rows)


def test_rows_come_in_frame_order_and_each_from_its_own_format(mixed):
    found = read(mixed, mixed.num_rows)
    for rows in found.values():
        if isinstance(rows, list):
            numbers = [row["frame"] for row in rows]
            assert numbers == sorted(numbers)
    sources = mixed["source"].to_pylist()
    for row in found["reports"]:
        assert (row["kind"] == "spotter") == (sources[row["frame"]] == "people")
    kinds = {row["kind"] for row in found["reports"]}
    assert "spotter" in kinds
    assert len(kinds) > 1


def test_a_note_of_lost_octets_is_a_reject_with_its_place(mixed):
    rows = [row for row in read(mixed, 13)["rejects"] if row["source"] == "tcp"]
    assert rows
    for row in rows:
        assert (row["octets"], row["reason"], row["offset"]) == (b"\n{}half\0", "it broke", 17)
        assert mixed["source"][row["frame"]].as_py() == "note:tcp"


def test_before_its_note_a_source_speaks_asterix(mixed):
    bad = [row for row in read(mixed, 13)["rejects"] if row["source"] == "people"]
    assert bad[0]["octets"] == b"{]"
    assert bad[0]["frame"] < mixed["source"].to_pylist().index("note:people")


def test_a_format_that_is_not_installed_is_told():
    note = spoken_note("x", Spoken(format="astreix"), t_ns=None)
    frames = pa.concat_tables([note, one_frame("x", b"", T0_NS)]).unify_dictionaries()
    numbered = frames.set_column(0, tables.FRAME.field("frame"), pa.array([0, 1], pa.uint64()))
    with pytest.raises(UsageError, match="did you mean 'asterix'"):
        Readings().feed(numbered)


def test_the_journal_alone_tells_what_a_source_speaks(mixed, tmp_path):
    shield = load_shield(bundled_shield("tiny"))
    watch = Watch(shield, folder=tmp_path)
    watch.declare("people", Spoken(format="spotter"))
    watch.declare("people", Spoken(format="spotter"))
    watch.take(one_frame("people", json.dumps(REPORT).encode(), T0_NS))
    watch._journal.close()  # as a kill leaves it: no snapshot
    again = Watch(shield, folder=tmp_path)
    assert again.summary()["frames"] == 2
    assert again.summary()["reports"] == 1
    again.declare("people", Spoken(format="spotter"))
    again.close()
    assert again.summary()["frames"] == 2, "said once"
