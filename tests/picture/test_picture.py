"""The picture: newest rows, trails, alerts, life signs, and who may read it while it is written."""

import sys
import threading
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import UsageError
from airshield.picture import Picture, decode_frame, encode_frame
from airshield.picture.frame import ellipse
from serve.synthetic_sky import (
    Flight,
    flights,
    incident_table,
    registration_table,
    reports_table,
    tracks_table,
    warning_table,
)

T0 = 1_700_000_000_000_000_000
S = 1_000_000_000


class Clock:
    """A watch's clock that moves when told."""

    def __init__(self) -> None:
        self.ns = T0

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def picture(clock):
    return Picture(mode="live", now_ns=clock)


def flight(number=1, **changes):
    base = Flight(
        track=number, lat_deg=49.0, lon_deg=24.0, spd_mps=100.0, course_deg=90.0, alt_m=3000.0
    )
    return replace(base, **changes)


def test_the_last_row_of_a_track_is_shown(picture):
    picture.feed(tracks=tracks_table([flight(1), flight(2), flight(1, alt_m=4000.0)], 0, T0))
    rows = picture.snapshot().rows
    assert rows["track"].tolist() == [1, 2]
    assert rows["alt_baro_m"].tolist() == [4000.0, 3000.0]


def test_an_ended_track_goes_and_may_come_again(picture):
    picture.feed(tracks=tracks_table([flight(1), flight(2)], 0, T0))
    before = picture.snapshot()
    picture.feed(tracks=tracks_table([flight(1)], 4, T0 + 4 * S, ended=True))
    after = picture.snapshot()
    assert after.rows["track"].tolist() == [2]
    assert after.changes(before.rev)[1].tolist() == [1]
    picture.feed(tracks=tracks_table([flight(1)], 8, T0 + 8 * S))
    assert picture.snapshot().rows["track"].tolist() == [1, 2]


def test_a_track_that_began_and_ended_between_two_looks_is_never_seen(picture):
    picture.feed(tracks=tracks_table([flight(1)], 0, T0))
    picture.feed(tracks=tracks_table([flight(1)], 4, T0 + 4 * S, ended=True))
    snapshot = picture.snapshot()
    assert len(snapshot.rows) == 0
    assert snapshot.removed.tolist() == []


def test_a_snapshot_stays_as_it_was(picture, clock):
    picture.feed(tracks=tracks_table([flight(1)], 0, T0))
    snapshot = picture.snapshot()
    was = encode_frame(snapshot)
    picture.feed(tracks=tracks_table([flight(1, alt_m=1.0)], 9, T0 + 9 * S))
    picture.feed(incidents=incident_table(flight(1), 9, T0 + 9 * S, state="confirmed"))
    picture.snapshot()
    assert encode_frame(snapshot) == was


steps = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 40), st.booleans()), min_size=1, max_size=40
)


@settings(deadline=None, max_examples=40)
@given(steps=steps, cuts=st.sets(st.integers(1, 39)))
def test_rows_and_trails_do_not_depend_on_the_batches(steps, cuts):
    """Against a slow twin: one row at a time into a dictionary."""
    tables = [
        tracks_table([flight(number)], float(t_s), T0 + t_s * S, ended=ended)
        for number, t_s, ended in steps
    ]
    newest = {}
    for (number, t_s, ended), _ in zip(steps, tables, strict=True):
        newest.pop(number, None)
        if not ended:
            newest[number] = T0 + t_s * S

    whole = Picture(mode="live", now_ns=lambda: T0)
    whole.feed(tracks=pa.concat_tables(tables))
    parts = Picture(mode="live", now_ns=lambda: T0)
    for at, table in enumerate(tables):
        parts.feed(tracks=table)
        if at in cuts:
            parts.snapshot()
    a, b = whole.snapshot().rows, parts.snapshot().rows
    for name in a.dtype.names:
        if name != "rev":
            np.testing.assert_array_equal(a[name], b[name])
    assert dict(zip(a["track"].tolist(), a["t_ns"].tolist(), strict=True)) == newest
    assert whole.trails().tobytes() == parts.trails().tobytes()


def test_a_trail_has_one_point_per_slot_and_forgets_the_old(picture):
    for t_s in range(0, 1000, 2):
        picture.feed(tracks=tracks_table([flight(1), flight(2)], t_s, T0 + t_s * S))
        if t_s % 6 == 0:  # a look in the middle of a slot changes nothing
            picture.snapshot()
    trail = picture.trails(track=1)
    gaps_s = np.diff(trail["t_ns"]) / S
    assert set(gaps_s.tolist()) == {4.0}
    assert trail["t_ns"][-1] == T0 + 996 * S
    assert (T0 + 998 * S - trail["t_ns"][0]) / S <= 600.0
    assert len(trail) == 150
    assert len(picture.trails()) == 2 * len(trail)
    assert len(picture.trails(most=100)) <= 100


def test_alerts_are_numbered_without_gaps_and_never_change(picture):
    stray = flight(1, callsign="STRAY")
    picture.feed(incidents=incident_table(stray, 0, T0, state="suspected"))
    picture.feed(
        incidents=incident_table(stray, 4, T0 + 4 * S, state="confirmed"),
        warnings=warning_table(stray, T0 + 4 * S, state="issued", dt_reach_s=None),
    )
    alerts = picture.alerts_after(0)
    assert [alert.number for alert in alerts] == [1, 2, 3]
    assert [alert.table for alert in alerts] == ["incident", "incident", "warning"]
    assert picture.alerts_after(2) == alerts[2:]
    assert picture.alerts_after(99) == []
    assert alerts[0].row["t"] == "2023-11-14T22:13:20.000Z"
    assert alerts[0].row["alt_hae_m"] is None
    assert alerts[2].row["dt_reach_s"] is None


def test_the_tracks_that_alerts_are_about_are_marked_until_they_are_over(picture):
    stray = flight(7)
    picture.feed(incidents=incident_table(stray, 0, T0, state="confirmed"))  # before its track
    picture.feed(tracks=tracks_table([flight(1), stray], 0, T0))
    assert picture.snapshot().rows["alarm"].tolist() == [0, 2]
    picture.feed(warnings=warning_table(stray, T0, state="issued"))
    assert picture.snapshot().rows["alarm"].tolist() == [0, 6]
    picture.feed(tracks=tracks_table([stray], 4, T0 + 4 * S))
    assert picture.snapshot().rows["alarm"].tolist() == [0, 6]
    rev = picture.snapshot().rev
    picture.feed(
        incidents=incident_table(stray, 8, T0 + 8 * S, state="ended"),
        warnings=warning_table(stray, T0 + 8 * S, state="cancelled"),
    )
    after = picture.snapshot()
    assert after.rows["alarm"].tolist() == [0, 0]
    assert after.changes(rev)[0]["track"].tolist() == [7]


def test_silence_is_told_from_life(clock):
    picture = Picture(mode="live", now_ns=clock, silent_after_s=3.0)
    assert picture.status().age_s is None
    clock.ns += 60 * S
    assert not picture.status().is_silent  # still preparing
    picture.set_state("running")
    assert not picture.status().is_silent
    clock.ns += 4 * S
    assert picture.status().is_silent
    picture.feed(reports=reports_table("20/129", clock.ns))
    assert not picture.status().is_silent
    clock.ns += 4 * S
    assert picture.status().is_silent
    picture.hear("20/129")
    status = picture.status()
    assert not status.is_silent
    assert status.sensors["20/129"].reports == 3
    assert status.sensors["20/129"].t_heard_ns == clock.ns
    assert status.t_data_ns == T0 + 64 * S
    picture.set_state("ended", "the recording is over")
    clock.ns += 4 * S
    assert not picture.status().is_silent


def test_in_a_replay_the_time_of_the_watch_follows_the_data(clock):
    picture = Picture(mode="replay", now_ns=clock)
    picture.set_state("running")
    past = T0 - 86_400 * 365 * S
    picture.feed(tracks=tracks_table([flight(1)], 0, past), reports=reports_table("1/1", past))
    assert picture.snapshot().t_now_ns == past
    clock.ns += 2 * S
    assert picture.status().t_now_ns == past + 2 * S
    assert picture.status().as_json()["sensors"]["1/1"]["age_s"] == 2.0
    picture.feed(tracks=tracks_table([flight(1)], 0, past + 40 * S))  # at twenty times the pace
    assert picture.snapshot().t_now_ns == past + 40 * S
    clock.ns += 2 * S
    assert not picture.status().is_silent
    clock.ns += 2 * S
    assert picture.status().is_silent  # silence counts by the steady clock
    picture.set_state("ended")
    assert picture.status().t_now_ns == past + 40 * S


def test_the_status_tells_the_newest_bias_of_each_radar_that_is_known(picture):
    assert picture.status().as_json()["registration"] == {}
    picture.feed(registration=registration_table(("1/1", 0.1, None), ("1/2", None, None)))
    picture.feed(registration=registration_table(("1/1", 0.2, T0 - 5 * S)))
    assert picture.status().as_json()["registration"] == {
        "1/1": {
            "rng_bias_m": 12.0,
            "sigma_rng_bias_m": 3.0,
            "azm_bias_deg": 0.2,
            "sigma_azm_bias_deg": 0.01,
            "t_bias_s": 0.02,
            "sigma_t_bias_s": 0.01,
            "t_alarm_ms": (T0 - 5 * S) // 10**6,
            "is_alarmed": True,
        }
    }


def test_feeding_nothing_is_no_sign_of_life(clock, picture):
    picture.set_state("running")
    clock.ns += 4 * S
    picture.feed(tracks=tracks_table([flight(1)], 0, T0).slice(0, 0))
    assert picture.status().is_silent


def test_reports_without_a_time_of_hearing_count_by_their_own(picture):
    reports = reports_table("20/129", T0 + 5 * S)
    at = reports.schema.get_field_index("t_heard")
    reports = reports.set_column(
        at, reports.schema.field(at), pa.nulls(3, pa.timestamp("ns", "UTC"))
    )
    picture.feed(reports=reports)
    assert picture.status().sensors["20/129"].t_heard_ns == T0 + 5 * S


@pytest.mark.parametrize(
    "call",
    [
        lambda picture: picture.set_state("asleep"),
        lambda _: Picture(mode="war", now_ns=lambda: 0),
    ],
)
def test_unknown_words_are_refused(picture, call):
    with pytest.raises(UsageError, match="must be one of"):
        call(picture)


def test_a_reader_that_lags_too_far_gets_everything(picture):
    picture.feed(tracks=tracks_table([flight(1)], 0, T0))
    old = picture.snapshot().rev
    crowd = [flight(number) for number in range(1000, 1000 + 21_000)]
    picture.feed(tracks=tracks_table(crowd, 0, T0))
    picture.snapshot()
    picture.feed(tracks=tracks_table(crowd, 4, T0 + 4 * S, ended=True))
    snapshot = picture.snapshot()
    rows, removed, base = snapshot.changes(old)
    assert (rows["track"].tolist(), removed.tolist(), base) == ([1], [], 0)
    assert decode_frame(encode_frame(snapshot, since=old)).is_key


def test_many_threads_may_write_and_read(picture):
    fleet = flights()
    seen = []
    stop = threading.Event()

    def read():
        while not stop.is_set():
            snapshot = picture.snapshot()
            seen.append((snapshot.rev, len(snapshot.rows), len(picture.alerts_after(0))))
            encode_frame(snapshot, since=max(1, snapshot.rev - 2))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for step in range(150):
        picture.feed(
            tracks=tracks_table(fleet, step, T0 + step * S),
            incidents=incident_table(fleet[0], step, T0 + step * S, state="confirmed"),
        )
    stop.set()
    for reader in readers:
        reader.join()
    sys.setswitchinterval(before)
    assert len(picture.alerts_after(0)) == 150
    assert picture.snapshot().rows["t_ns"].tolist() == [T0 + 149 * S] * len(fleet)
    assert {count for _, count, _ in seen} <= {0, len(fleet)}


def test_the_ellipse_is_that_of_the_covariance(picture):
    picture.feed(tracks=tracks_table(flights(), 0, T0))
    rows = picture.snapshot().rows
    major_m, minor_m, azm_deg = ellipse(rows)
    for row, major, minor, azm in zip(rows, major_m, minor_m, azm_deg, strict=True):
        cov = np.array([[row["cov_ee_m2"], row["cov_en_m2"]], [row["cov_en_m2"], row["cov_nn_m2"]]])
        values, vectors = np.linalg.eigh(cov)
        assert major == pytest.approx(np.sqrt(values[1]))
        assert minor == pytest.approx(np.sqrt(values[0]))
        east, north = vectors[:, 1]
        assert azm == pytest.approx(np.degrees(np.arctan2(east, north)) % 180.0)
