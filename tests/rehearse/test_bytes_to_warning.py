"""From the exercise's bytes to the warning, through the code that watches a real sky."""

import numpy as np
import pyarrow as pa
import pytest

from airshield import tables
from airshield.geo import ground_distance_m
from airshield.rehearse import Exercise
from airshield.tables import ReportFlag
from airshield.watch.chain import Chain

START_NS = 1_790_000_000_000_000_000


@pytest.fixture(scope="module")
def exercise(tiny):
    return Exercise(tiny, seed=1, t_start_ns=START_NS)


@pytest.fixture(scope="module")
def watched(tiny, exercise):
    sent = list(exercise.datagrams(-90.0, 90.0))
    frames = tables.make_table(
        tables.FRAME,
        {
            "frame": np.arange(len(sent)),
            "t_heard": np.array([datagram.t_ns for datagram in sent]),
            "source": ["udp://test"] * len(sent),
            "offset": np.arange(len(sent)),
            "octets": pa.array([datagram.octets for datagram in sent], pa.large_binary()),
        },
        rows=len(sent),
    )
    return Chain(tiny).feed(frames)


def _seconds(table):
    return (table["t"].cast("int64").to_numpy() - START_NS) / 1e9


def test_every_report_of_an_exercise_is_flagged_as_simulated(watched):
    flags = watched.reports["flags"].to_numpy()
    assert flags.size > 1500
    assert np.all(flags & ReportFlag.SIMULATED)
    assert watched.rejects.num_rows == 0


def test_the_stray_is_confirmed_and_the_city_warned_within_a_minute(watched):
    rows = watched.incidents.drop_columns("t").to_pylist()
    first = {
        row["callsign"]: t
        for t, row in reversed(list(zip(_seconds(watched.incidents), rows, strict=True)))
        if row["state"] == "confirmed"
    }
    assert 0.0 < first["SPKAM"] < 30.0
    # The silent one enters a minute later and has no name.
    assert 60.0 < first[None] < 90.0
    assert min(first.values()) > 0.0
    issued = [
        (t, row["site"])
        for t, row in zip(
            _seconds(watched.warnings), watched.warnings.drop_columns("t").to_pylist(), strict=True
        )
        if row["state"] == "issued"
    ]
    assert issued[0][1] == "Lviv centre"
    assert first["SPKAM"] <= issued[0][0] < 60.0


def test_nearly_everyone_in_the_air_has_a_confirmed_track_at_the_start(watched, exercise):
    t = _seconds(watched.tracks)
    recent = watched.tracks.filter(pa.array((t > -15.0) & (t <= 0.0)))
    rows = [
        row
        for row in recent.drop_columns(["t", "cov_m2"]).to_pylist()
        if row["status"] == "confirmed"
    ]
    lat, lon = (np.array([row[name] for row in rows]) for name in ("lat_deg", "lon_deg"))
    truth = exercise.truth(0.0)
    near = [
        float(ground_distance_m(a, b, lat, lon).min()) < 5000.0  # 15 s at 270 m/s and some noise
        for a, b in zip(truth["lat_deg"].to_pylist(), truth["lon_deg"].to_pylist(), strict=True)
    ]
    assert np.mean(near) > 0.9
