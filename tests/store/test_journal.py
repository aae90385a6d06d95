"""The journal in good times: what is appended is read, numbered, grouped, rotated, resumed."""

import os
import threading
import time
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield import tables
from airshield.errors import JournalBusyError, MissingFileError, StoreError, UsageError
from airshield.store import Journal, SourceEnd, read_journal
from frames_by_hand import frames_of, rows_of

BODIES = [bytes([n % 256]) * (n % 90) for n in range(400)]


def test_what_is_appended_is_read_back(tmp_path):
    with Journal(tmp_path) as journal:
        assert journal.append(frames_of(BODIES[:300], first=1000)) == 0
        assert (
            journal.append(frames_of(BODIES[300:], source="udp://b", heard_ns=[None] * 100)) == 300
        )
        rows = rows_of(journal.read())
    assert [row[0] for row in rows] == list(range(400))
    assert [row[4] for row in rows] == BODIES
    assert rows[7][1:4] == (frames_of(BODIES, first=1000)["t_heard"][7].value, "file:a", 1007)
    assert rows[399][1:4] == (None, "udp://b", 99)


def test_what_is_read_has_the_schema_of_frames(tmp_path):
    with Journal(tmp_path, segment_octets=2000) as journal:
        journal.append(frames_of(BODIES))
        journal.wait_sealed()
        for part in journal.read():
            assert part.schema.equals(tables.FRAME, check_metadata=True)


def test_reading_may_start_anywhere(tmp_path):
    with Journal(tmp_path, segment_octets=2000) as journal:
        journal.append(frames_of(BODIES))
        journal.wait_sealed()
        for start in (0, 1, 17, 255, 399, 400, 1000):
            assert [row[0] for row in rows_of(journal.read(start))] == list(range(start, 400))


@settings(deadline=None, max_examples=8)
@given(cuts=st.lists(st.integers(1, 399), max_size=5))
def test_batching_leaves_no_trace(tmp_path_factory, cuts):
    folder = tmp_path_factory.mktemp("journal")
    edges = [0, *sorted(cuts), 400]
    frames = frames_of(BODIES)
    with Journal(folder, segment_octets=5000) as journal:
        for begin, end in pairwise(edges):
            journal.append(frames.slice(begin, end - begin))
    whole = folder.with_name(folder.name + "-whole")
    with Journal(whole, segment_octets=5000) as journal:
        journal.append(frames)
    assert rows_of(read_journal(folder)) == rows_of(read_journal(whole))
    # Name records move with the batches by not one octet, so the parts are cut at the same frames.
    assert sorted(os.listdir(folder)) == sorted(os.listdir(whole))


def test_closed_logs_become_parquet_that_anyone_can_read(tmp_path):
    with Journal(tmp_path, segment_octets=4000) as journal:
        journal.append(frames_of(BODIES))
        journal.wait_sealed()
        parts = sorted(tmp_path.glob("*.parquet"))
        assert len(parts) > 3
        assert len(list(tmp_path.glob("*.log"))) == 1
    table = pa.concat_tables([pq.read_table(part) for part in parts])
    assert table["octets"].to_pylist() == BODIES[: table.num_rows]


def test_a_journal_goes_on_where_it_ended(tmp_path):
    for first in range(0, 400, 100):
        with Journal(tmp_path, segment_octets=3000) as journal:
            assert journal.end == journal.durable == first
            assert journal.append(frames_of(BODIES[first : first + 100])) == first
            assert journal.torn is None
    assert [row[4] for row in rows_of(read_journal(tmp_path))] == BODIES


@pytest.mark.parametrize("segment_octets", [1 << 20, 1500])
def test_each_source_is_known_to_its_last_frame(tmp_path, segment_octets):
    sources = ["file:a", "udp://b", "file:a", "file:c"] * 25
    for _ in range(3):
        with Journal(tmp_path, segment_octets=segment_octets) as journal:
            journal.append(frames_of(BODIES[:100], source=sources, first=0))
            journal.wait_sealed()
    with Journal(tmp_path) as journal:
        assert journal.source_end("file:a") == SourceEnd(frames=150, offset=98)
        assert journal.source_end("udp://b") == SourceEnd(frames=75, offset=97)
        assert journal.source_end("file:c") == SourceEnd(frames=75, offset=99)
        assert journal.source_end("file:d") is None


def test_a_group_is_durable_at_its_size_at_its_age_and_on_demand(tmp_path, monkeypatch):
    synced = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda handle: (synced.append(handle), real(handle))[1])
    with Journal(tmp_path, commit_frames=256, commit_s=0.05) as journal:
        journal.append(frames_of(BODIES[:255]))
        assert (journal.durable, journal.end, len(synced)) == (0, 255, 0)
        journal.append(frames_of(BODIES[255:256]))
        assert (journal.durable, len(synced)) == (256, 1)

        begun = time.monotonic()
        journal.append(frames_of(BODIES[256:257]))
        journal.append(frames_of(BODIES[257:258]))
        assert journal.durable == 256
        while journal.durable < 258 and time.monotonic() < begun + 5.0:
            time.sleep(0.002)
        assert journal.durable == 258
        assert 0.04 < time.monotonic() - begun < 2.0
        assert len(synced) == 2

        journal.append(frames_of(BODIES[258:260]))
        assert journal.commit() == journal.durable == 260
        assert len(synced) == 3
        assert journal.commit() == 260
        assert len(synced) == 3


def test_two_writers_cannot_share_a_journal(tmp_path):
    with Journal(tmp_path), pytest.raises(JournalBusyError, match="another watch is writing"):
        Journal(tmp_path)
    Journal(tmp_path).close()


def test_another_reader_may_look_on_while_it_is_written(tmp_path):
    done = threading.Event()
    seen = []

    def look():
        while not done.is_set():
            numbers = [row[0] for row in rows_of(read_journal(tmp_path))]
            assert numbers == list(range(len(numbers)))
            seen.append(len(numbers))

    with Journal(tmp_path, segment_octets=3000) as journal:
        reader = threading.Thread(target=look)
        reader.start()
        for begin in range(0, 400, 20):
            journal.append(frames_of(BODIES[begin : begin + 20], first=begin))
        done.set()
        reader.join()
    assert seen == sorted(seen)
    assert len(rows_of(read_journal(tmp_path))) == 400


def test_an_empty_table_changes_nothing(tmp_path):
    with Journal(tmp_path) as journal:
        assert journal.append(tables.empty(tables.FRAME)) == 0
        assert journal.commit() == 0
        assert rows_of(journal.read()) == []
    assert rows_of(read_journal(tmp_path)) == []
    with pytest.raises(MissingFileError, match="nothing"):
        rows_of(read_journal(tmp_path / "nothing"))


def test_a_closed_journal_says_so(tmp_path):
    journal = Journal(tmp_path)
    journal.close()
    journal.close()
    with pytest.raises(StoreError, match="closed"):
        journal.append(frames_of([b"x"]))


@pytest.mark.parametrize(
    "options", [{"segment_octets": 3}, {"commit_frames": 0}, {"commit_s": 0.0}]
)
def test_senseless_options_are_refused(tmp_path, options):
    with pytest.raises(UsageError):
        Journal(tmp_path, **options)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "j").write_text("")
    with pytest.raises(StoreError, match="choose another folder"):
        Journal(tmp_path / "j")
