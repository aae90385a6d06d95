"""The journal in bad times: torn tails, broken-off sealing, kills, flipped bits, full disks."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import JournalDamagedError, StoreError
from airshield.store import Journal, disk, read_journal, segment
from airshield.store.journal import seal
from frames_by_hand import frames_of, rows_of
from journal_writing_child import body

BODIES = [b"first", b"", b"third frame"]


class Crash(BaseException):
    """The machine stops here."""


def written(folder, bodies=BODIES, **options):
    with Journal(folder, **options) as journal:
        journal.append(frames_of(bodies))
    return next(iter(sorted(folder.glob("*.log"))))


def crash_at(monkeypatch, step):
    """Let the ``step``-th of the lasting steps, and all after it, never happen."""
    left = [step]

    def guarded(real):
        def act(*args):
            if left[0] == 0:
                raise Crash
            left[0] -= 1
            return real(*args)

        return act

    for name in ("write_synced", "rename", "remove", "sync_folder"):
        monkeypatch.setattr(disk, name, guarded(getattr(disk, name)))
    return left


def test_a_torn_tail_is_cut_at_every_octet_and_counted(tmp_path):
    log = written(tmp_path / "j")
    whole = log.read_bytes()
    ends = [segment.HEADER.size, *segment.read_log(log, last=True).end]
    for size in range(segment.HEADER.size, len(whole) + 1):
        log.write_bytes(whole[:size])
        kept = sum(end <= size for end in ends[1:])
        with Journal(tmp_path / "j") as journal:
            assert journal.end == kept
            assert [row[4] for row in rows_of(journal.read())] == BODIES[:kept]
            if journal.torn is not None:
                assert journal.torn.path.read_bytes() == whole[size - journal.torn.octets : size]
            assert journal.append(frames_of([b"after"])) == kept
        assert [row[4] for row in rows_of(read_journal(tmp_path / "j"))] == [
            *BODIES[:kept],
            b"after",
        ]
        for path in (tmp_path / "j").iterdir():
            path.unlink()
    assert whole[: segment.HEADER.size] == segment.header(0)


def test_a_torn_tail_tells_how_many_frames_had_been_begun(tmp_path):
    log = written(tmp_path / "j", [b"x" * 100] * 5)
    third_ends = segment.read_log(log, last=True).end[2]
    log.write_bytes(log.read_bytes()[: third_ends - 1] + b"\0" * 50)
    with Journal(tmp_path / "j") as journal:
        assert (journal.end, journal.torn.frames) == (2, 1)
        assert journal.torn.octets == segment.RECORD.size + 99 + 50


@pytest.mark.parametrize("size", [0, 1, 23])
def test_a_log_that_died_at_birth_is_forgotten(tmp_path, size):
    log = written(tmp_path / "j")
    Journal(tmp_path / "j").close()
    newborn = segment.log_path(tmp_path / "j", 3)
    newborn.write_bytes(segment.header(3)[:size])
    assert len(rows_of(read_journal(tmp_path / "j"))) == 3
    with Journal(tmp_path / "j") as journal:
        assert journal.append(frames_of([b"next"])) == 3
    assert len(rows_of(read_journal(tmp_path / "j"))) == 4
    assert log.exists() or list((tmp_path / "j").glob("*.parquet"))


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_flipped_bit_is_never_read_past_silently(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("flip") / "j"
    bodies = [bytes([n]) * 20 for n in range(6)]
    with Journal(folder) as journal:
        for one in bodies:
            journal.append(frames_of([one]))
            journal.commit()
    log = next(folder.glob("*.log"))
    octets = bytearray(log.read_bytes())
    log_read = segment.read_log(log, last=True)
    at = data.draw(st.integers(0, log_read.end[-1] - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    log.write_bytes(octets)
    with pytest.raises(JournalDamagedError) as caught:
        Journal(folder)
    assert caught.value.offset <= at
    with pytest.raises(JournalDamagedError):
        rows_of(read_journal(folder))
    shutil.rmtree(folder)


def test_a_flipped_bit_in_a_sealed_part_is_found(tmp_path):
    with Journal(tmp_path, segment_octets=300) as journal:
        journal.append(frames_of([b"0123456789"] * 30))
        journal.wait_sealed()
    part = sorted(tmp_path.glob("*.parquet"))[1]
    whole = part.read_bytes()
    for at in (0, 7, len(whole) // 2, len(whole) - 1):
        octets = bytearray(whole)
        octets[at] ^= 4
        part.write_bytes(octets)
        with pytest.raises(JournalDamagedError, match="CRC-32"):
            rows_of(read_journal(tmp_path))
    part.write_bytes(whole)
    assert len(rows_of(read_journal(tmp_path))) == 30


def test_a_part_moved_away_leaves_a_gap_that_is_told(tmp_path):
    with Journal(tmp_path, segment_octets=300) as journal:
        journal.append(frames_of([b"0123456789"] * 30))
        journal.wait_sealed()
    parts = segment.list_parts(tmp_path)
    parts[1].path.unlink()
    gone = range(parts[1].first, parts[2].first)
    with Journal(tmp_path) as journal:
        assert journal.gaps == ((gone.start, gone.stop),)
        assert journal.end == 30
        numbers = [row[0] for row in rows_of(journal.read())]
    assert numbers == [n for n in range(30) if n not in gone]


def test_strange_files_in_the_folder_do_no_harm(tmp_path):
    written(tmp_path / "j")
    for name in ("frames-notes.log", "frames-a-b-c.parquet", "README", "frames-1.log"):
        (tmp_path / "j" / name).write_text("mine")
    with Journal(tmp_path / "j") as journal:
        assert journal.end == 3


@pytest.mark.parametrize("step", range(5))
def test_sealing_may_break_off_between_any_two_steps(tmp_path, monkeypatch, step):
    log = written(tmp_path / "j", [b"0123456789"] * 10)
    before = rows_of(read_journal(tmp_path / "j"))
    segment.log_path(tmp_path / "j", 10).write_bytes(segment.header(10))
    with monkeypatch.context() as patch:
        left = crash_at(patch, step)
        with pytest.raises(Crash):
            seal(log)
        assert left == [0]
    assert rows_of(read_journal(tmp_path / "j")) == before
    with Journal(tmp_path / "j") as journal:
        journal.wait_sealed()
        assert rows_of(journal.read()) == before
        assert journal.source_end("file:a").frames == 10
        assert journal.append(frames_of([b"next"])) == 10
    names = [path.suffix for path in sorted((tmp_path / "j").glob("frames-*"))]
    assert names == [".parquet", ".log"]


@pytest.mark.parametrize("step", range(2))
def test_rotation_may_break_off_between_any_two_steps(tmp_path, monkeypatch, step):
    journal = Journal(tmp_path, segment_octets=400)
    with monkeypatch.context() as patch:
        crash_at(patch, step)
        with pytest.raises(Crash):
            journal.append(frames_of([b"0123456789"] * 20))
    acknowledged = journal.durable
    assert acknowledged > 0
    # What the kernel does for a process that dies: it lets go of the lock.
    os.close(journal._lock_handle)
    with Journal(tmp_path, segment_octets=400) as again:
        assert again.end >= acknowledged
        assert [row[4] for row in rows_of(again.read())] == [b"0123456789"] * again.end


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_loses_nothing_that_was_acknowledged(tmp_path, seed):
    rng = random.Random(seed)
    tests = Path(__file__).parents[1]
    path = os.pathsep.join([str(tests), os.environ.get("PYTHONPATH", "")])
    acknowledged = 0
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, str(tests / "journal_writing_child.py"), str(tmp_path / "j")],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        ) as child:
            begun = [child.stdout.readline() for _ in range(2)]
            time.sleep(rng.uniform(0.05, 0.4))
            child.send_signal(signal.SIGKILL)
            told = [*begun, *child.stdout.read().split()]
        acknowledged = max([acknowledged, *map(int, told)])
        with Journal(tmp_path / "j") as journal:
            assert journal.durable >= acknowledged
            rows = rows_of(journal.read())
        assert [row[4] for row in rows] == [body(n) for n in range(len(rows))]
        assert len(rows) >= acknowledged
    assert acknowledged > 0


def test_a_full_disk_keeps_what_was_acknowledged_and_the_journal_usable(tmp_path, monkeypatch):
    journal = Journal(tmp_path, commit_s=60.0)
    journal.append(frames_of([b"kept"]))
    journal.commit()
    real = os.write

    def full(handle, data):
        real(handle, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StoreError, match="No space left on device"):
            journal.append(frames_of([b"lost"], source="file:new"))
    assert journal.end == 1
    assert journal.source_end("file:new") is None
    assert journal.append(frames_of([b"later"], source="file:new")) == 1
    journal.close()
    assert [row[4] for row in rows_of(read_journal(tmp_path))] == [b"kept", b"later"]


def test_after_a_failed_sync_nothing_is_acknowledged_any_more(tmp_path, monkeypatch):
    journal = Journal(tmp_path, commit_s=60.0)

    def broken(handle):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        journal.append(frames_of([b"x"]))
        with pytest.raises(StoreError, match="Input/output error"):
            journal.commit()
    with pytest.raises(StoreError):
        journal.append(frames_of([b"y"]))
    assert journal.durable == 0
    with pytest.raises(StoreError):
        journal.close()
    Journal(tmp_path).close()
