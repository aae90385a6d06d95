"""What the benchmarks on recordings compare, on tables made by hand."""

import barcelona_tracks
import numpy as np
import pyarrow as pa
import pytest
import system_tracks

from airshield.geo import place_from
from airshield.tables import REGISTRATION, REPORT, TRACK, empty, make_table
from airshield.track import TrackBatch

SECOND_NS = 10**9
LAT, LON = 50.0, 30.0


def reports_of(rows):
    """Reports of (second, number of the system, code or None)."""
    n = len(rows)
    return make_table(
        REPORT,
        {
            "t": [int(row[0] * SECOND_NS) for row in rows],
            "sensor": ["1/1"] * n,
            "kind": ["track"] * n,
            "lat_deg": [LAT] * n,
            "lon_deg": [LON] * n,
            "vel_east_mps": [0.0] * n,
            "vel_north_mps": [100.0] * n,
            "track_sensor": pa.array([row[1] for row in rows], pa.uint32()),
            "mode_3a": pa.array([row[2] for row in rows], pa.uint16()),
            "flags": [0] * n,
            "frame": list(range(n)),
        },
        rows=n,
    )


def batch_of(rows, track_of_report, *, east_mps=0.0, north_mps=100.0):
    """Track rows of (second, track, status, metres north)."""
    n = len(rows)
    lat, lon = place_from(LAT, LON, 0.0, np.array([row[3] for row in rows], float))
    tracks = make_table(
        TRACK,
        {
            "t": [int(row[0] * SECOND_NS) for row in rows],
            "track": [row[1] for row in rows],
            "status": [row[2] for row in rows],
            "lat_deg": lat,
            "lon_deg": lon,
            "vel_east_mps": [east_mps] * n,
            "vel_north_mps": [north_mps] * n,
            "cov_m2": pa.array([[1.0, 0.0, None, 1.0, None, None]] * n, TRACK.field("cov_m2").type),
            "existence": [1.0] * n,
            "height_basis": ["none"] * n,
            "sensors": [1] * n,
            "kinds": [1] * n,
            "cls": ["unknown"] * n,
            "adsb_check": ["none"] * n,
            "frame": list(range(n)),
        },
        rows=n,
    )
    return TrackBatch(
        tracks=tracks,
        registration=empty(REGISTRATION),
        track_of_report=np.array(track_of_report, np.uint64),
        dropped={},
    )


def test_a_report_is_beside_its_own_tracks_confirmed_row_of_its_time():
    reports = reports_of(
        [(10, 1, None), (10, 2, None), (14, 1, None), (18, 1, None), (20, 3, None)]
    )
    batch = batch_of(
        [
            (10, 5, "confirmed", 0), (10, 6, "tentative", 0), (14.2, 5, "confirmed", 0),
            (19, 5, "confirmed", 0), (20, 5, "confirmed", 0), (10, 5, "confirmed", 1),
        ],
        [5, 6, 5, 5, 0],
    )  # fmt: skip
    # The last word about second 10; nothing confirmed; near enough; a second off; no track at all.
    assert barcelona_tracks.rows_beside(reports, batch).tolist() == [5, -1, 2, -1, -1]


def test_courses_are_compared_across_north():
    batch = batch_of([(0, 1, "confirmed", 0)], [1], east_mps=-3.0, north_mps=100.0)
    speed, course = barcelona_tracks.velocity_beside(
        batch, np.array([0]), np.array([3.0]), np.array([100.0])
    )
    assert speed == pytest.approx([0.0])
    assert course == pytest.approx([-2.0 * np.degrees(np.arctan(0.03))])


def test_reports_are_settled_a_minute_after_their_tracks_first():
    reports = reports_of(
        [(0, 1, None), (50, 2, None), (59, 1, None), (60, 1, None), (109, 2, None)]
    )
    batch = batch_of([(0, 1, "confirmed", 0)], [1, 2, 1, 1, 2])
    settled = barcelona_tracks.is_settled(reports, batch)
    assert settled.tolist() == [False, False, False, True, False]


def test_a_code_of_two_track_numbers_names_nobody():
    reports = reports_of([(0, 1, 64), (4, 1, 64), (8, 2, 64), (8, 3, 65), (12, 3, None)])
    kind, name = system_tracks.names(reports)
    assert kind == "codes"
    np.testing.assert_equal(name, [np.nan, np.nan, np.nan, 65.0, np.nan])


def test_a_row_of_another_moment_is_carried_to_the_reports():
    """Ours 0.4 s before the report, 40 m behind at 100 m/s, and 30 m further behind."""
    reports = reports_of([(10, 1, None)])
    batch = batch_of([(9.6, 1, "confirmed", -70.0)], [1])
    found = system_tracks.differences(reports, batch)["all"]
    assert found["reports"] == 1
    assert found["place_m"]["rms"] == pytest.approx(30.0, abs=0.1)
    assert found["speed_mps"]["rms"] == pytest.approx(0.0, abs=1e-9)


def test_where_nothing_is_confirmed_differences_are_unknown_not_zero():
    reports = reports_of([(10, 1, None)])
    batch = batch_of([(10, 1, "tentative", 0)], [1])
    found = system_tracks.differences(reports, batch)["all"]
    assert found["reports"] == 0
    assert np.isnan(found["place_m"]["rms"])
