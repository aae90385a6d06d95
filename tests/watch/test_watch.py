"""A watch on an exercise: batches, restarts, folders."""

import dataclasses
import datetime as dt
import threading
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from airshield import tables
from airshield.config import load_shield
from airshield.errors import UsageError
from airshield.picture import Picture
from airshield.read import replay_frames
from airshield.rehearse import Exercise, bundled_shield
from airshield.store import Archive
from airshield.watch import TableDigest, Watch, watch_replay
from airshield.watch.watch import DIGESTED
from reference.jumping_radar import make_frames, make_reports

T0_NS = 1_780_300_800_000_000_000
T_JUMP = dt.date(2023, 11, 14)
T_2215_S = 1_700_000_100.0


@pytest.fixture(scope="module")
def shield():
    return load_shield(bundled_shield("tiny"))


@pytest.fixture(scope="module")
def frames(shield):
    """Two minutes of the exercise, one of them after the light aircraft has strayed."""
    sent = list(Exercise(shield, seed=7, t_start_ns=T0_NS).datagrams(-60.0, 60.0))
    return tables.make_table(
        tables.FRAME,
        {
            "frame": np.zeros(len(sent), np.uint64),
            "t_heard": pa.array([d.t_ns for d in sent]).cast(tables.TIME),
            "source": ["udp"] * len(sent),
            "offset": np.arange(len(sent), dtype=np.uint64),
            "octets": [d.octets for d in sent],
        },
        rows=len(sent),
    )


@pytest.fixture(scope="module")
def whole(shield, frames):
    watch = Watch(shield)
    watch.take(frames)
    return watch.summary()


def test_the_exercise_leads_to_a_violation_and_a_warning(whole):
    assert whole["rejects"] == 0
    assert whole["tracks"]["confirmed"] > 30
    assert whole["incidents"]["confirmed"] > 0
    assert whole["warnings"]["issued"] > 0


@pytest.mark.parametrize("size", [7, 100])
def test_the_summary_does_not_depend_on_how_frames_arrive(shield, frames, whole, size):
    watch = Watch(shield)
    for first in range(0, frames.num_rows, size):
        watch.take(frames.slice(first, size))
    assert watch.summary() == whole


def test_a_watch_that_is_ended_and_begun_again_goes_on_as_one(shield, frames, whole, tmp_path):
    for first in range(0, frames.num_rows, 400):
        watch = Watch(shield, folder=tmp_path / "watch", snapshot_every=150)
        watch.take(frames.slice(first, 400))
        watch.close()
    again = Watch(shield, folder=tmp_path / "watch")
    summary = again.summary()
    again.close()
    assert summary == whole
    for name in DIGESTED:
        digest = TableDigest()
        digest.update(Archive(tmp_path / "watch" / "archive").read(name))
        assert digest.hexdigest() == whole["digest"][name.lower()]


@pytest.fixture(scope="module")
def jumping(shield):
    """Two and a half minutes of three radars, the last of which turns by half a degree."""
    return make_frames(make_reports(shield.radars))


def test_what_is_known_of_the_radars_is_kept_and_an_alarm_is_logged_once(
    shield, jumping, tmp_path, caplog
):
    whole = Watch(shield, date=T_JUMP)
    whole.take(jumping)
    said = [record.getMessage() for record in caplog.records if "jumped" in record.getMessage()]
    assert len(said) == 1
    assert said[0].startswith("radar 0/3: a bias jumped, noticed at 2023-11-14T22:15:")

    caplog.clear()
    heard_s = jumping["t_heard"].cast(pa.int64()).to_numpy() * 1e-9
    # Noticed at 22:15:03 and told at 22:15:10: ended and begun again in between, and elsewhere.
    cuts = np.searchsorted(heard_s, [0.0, *T_2215_S + np.array([-60.0, 5.0, 12.0, 31.0]), np.inf])
    for first, last in pairwise(cuts.tolist()):
        watch = Watch(shield, folder=tmp_path, date=T_JUMP, snapshot_every=100)
        watch.take(jumping.slice(first, last - first))
        watch.close()
    assert watch.summary() == whole.summary()
    assert [r.getMessage() for r in caplog.records if "jumped" in r.getMessage()] == said

    known = whole.summary()["registration"]
    assert [(row["sensor"], row["alarms"]) for row in known] == [("0/1", 0), ("0/2", 0), ("0/3", 1)]
    rows = Archive(tmp_path / "archive").read("REGISTRATION")
    assert rows.num_rows == 14 * 3
    assert rows["is_alarmed"].to_pylist().count(True) in (3, 4)
    digest = TableDigest()
    digest.update(rows)
    assert digest.hexdigest() == whole.summary()["digest"]["registration"]


def test_the_picture_shows_what_is_known_of_the_radars_after_a_restart_too(
    shield, jumping, tmp_path
):
    seen = []
    for first in (0, jumping.num_rows):
        picture = Picture(mode="live", now_ns=lambda: T0_NS)
        watch = Watch(shield, folder=tmp_path, date=T_JUMP, picture=picture)
        watch.take(jumping.slice(first))
        watch.close()
        seen.append(picture.status().registration)
    assert seen[0]["0/3"].is_alarmed
    assert seen[0]["0/3"].t_alarm_ns == seen[1]["0/3"].t_alarm_ns
    assert set(seen[0]) == set(seen[1]) == {"0/1", "0/2", "0/3"}


def test_a_folder_belongs_to_one_version_of_a_shield(shield, frames, tmp_path):
    first = Watch(shield, folder=tmp_path)
    first.take(frames.slice(0, 10))
    first.close()
    edited = dataclasses.replace(shield, digest="0" * 64)
    with pytest.raises(UsageError, match="another version of the shield"):
        Watch(edited, folder=tmp_path)


def test_a_replay_into_a_journal_takes_nothing_twice(shield, frames, tmp_path):
    file = tmp_path / "20260601.ast"
    file.write_bytes(b"".join(frames["octets"].to_pylist()))
    summaries = []
    for _ in range(2):
        watch = Watch(shield, folder=tmp_path / "watch")
        watch_replay(watch, [replay_frames(file)], speed=None, stop=threading.Event())
        watch.close()
        summaries.append(watch.summary())
    assert summaries[0]["records"]["048"] > 500
    assert summaries[1] == summaries[0]


def test_a_snapshot_of_another_version_is_refused_with_a_remedy(
    shield, frames, tmp_path, monkeypatch
):
    watch = Watch(shield, folder=tmp_path)
    watch.take(frames.slice(0, 10))
    watch.close()
    monkeypatch.setattr("airshield.watch.watch.__version__", "99.0")
    with pytest.raises(UsageError, match="made again from the journal"):
        Watch(shield, folder=tmp_path)
