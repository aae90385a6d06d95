"""The scorer of spoofed ADS-B on a sky made by hand: one radar, one ghost, one honest aircraft."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import score
import trust

from airshield.geo import place_from
from airshield.tables import REPORT, TRACK, TRUTH, make_table

LAT, LON = 50.0, 30.0
BEGIN_NS = 1_767_225_600_000_000_000
SECONDS = 121
GHOST, HONEST, STRANGER = 0xBAD001, 0xA00001, 0xC00001
SHIELD = f"""
name = "one radar"
about = "for a test"
geoid_height_m = 0.0
zones = "none.geojson"
sites = "none.geojson"

[[contributors]]
name = "We"
role = "radar"

[[radars]]
name = "R"
contributor = "We"
sac = 1
sic = 2
lat_deg = {LAT}
lon_deg = {LON}
ground_msl_m = 0.0
antenna_agl_m = 30.0
turn_s = 5.0
rng_min_m = 0.0
rng_max_m = 100000.0
sigma_rng_m = 50.0
sigma_azm_deg = 0.1
has_primary = true
has_secondary = true
pd = 0.9
"""


def place(north_m):
    lat, lon = place_from(LAT, LON, 0.0, north_m)
    return float(lat), float(lon)


def write_scene(folder, ghost_north_m, *, ghosts=(GHOST,)):
    """Both say where they are each second: frame 2 s the ghost, 2 s + 1 the honest aircraft.

    ``ghost_north_m`` tells where the ghost is at each second, None where it is silent. Messages
    are heard half a second after they are sent.
    """
    folder.mkdir()
    (folder / "shield.toml").write_text(SHIELD)
    (folder / "none.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    lat, lon = place(30_000.0)
    same = np.full(SECONDS, 1.0)
    truth = {
        "t": [BEGIN_NS + s * 10**9 for s in range(SECONDS)],
        "target": ["A"] * SECONDS,
        "cls": ["airliner"] * SECONDS,
        "lat_deg": lat * same,
        "lon_deg": lon * same,
        "alt_hae_m": 5_000.0 * same,
        "alt_baro_m": 5_000.0 * same,
        "vel_east_mps": 0.0 * same,
        "vel_north_mps": 0.0 * same,
        "vel_up_mps": 0.0 * same,
        "rcs_dbsm": 10.0 * same,
        "mode_s": pa.array([HONEST] * SECONDS, pa.uint32()),
    }
    pq.write_table(make_table(TRUTH, truth, rows=SECONDS), folder / "truth.parquet")
    rows = []
    for s in range(SECONDS):
        if ghost_north_m(s) is not None:
            rows.append((s, GHOST, *place(ghost_north_m(s)), 2 * s))
        rows.append((s, HONEST, lat, lon, 2 * s + 1))
    columns = {
        "t": [BEGIN_NS + row[0] * 10**9 for row in rows],
        "t_heard": [BEGIN_NS + row[0] * 10**9 + 500_000_000 for row in rows],
        "sensor": ["250/1"] * len(rows),
        "kind": ["adsb"] * len(rows),
        "mode_s": pa.array([row[1] for row in rows], pa.uint32()),
        "lat_deg": [row[2] for row in rows],
        "lon_deg": [row[3] for row in rows],
        "alt_hae_m": [5_000.0] * len(rows),
        "flags": [0] * len(rows),
        "frame": [row[4] for row in rows],
    }
    pq.write_table(make_table(REPORT, columns, rows=len(rows)), folder / "reports.parquet")
    about = {"ghosts": {"mode_s": list(ghosts)}}
    (folder / "about.json").write_text(json.dumps(about))
    return folder


def row(s, check, *, mode_s=GHOST, track=1, status="confirmed"):
    """A row published with the ghost's message of a second (of the honest one for others)."""
    return {
        "t": BEGIN_NS + s * 10**9, "track": track, "status": status, "mode_s": mode_s,
        "adsb_check": check, "frame": 2 * s + (mode_s != GHOST),
    }  # fmt: skip


def write_tracks(path, rows):
    n = len(rows)
    columns = {name: [one[name] for one in rows] for name in rows[0]}
    lat, lon = place(0.0)
    columns |= {
        "mode_s": pa.array(columns["mode_s"], pa.uint32()),
        "lat_deg": [lat] * n,
        "lon_deg": [lon] * n,
        "vel_east_mps": [0.0] * n,
        "vel_north_mps": [0.0] * n,
        "cov_m2": pa.array([[1.0, 0.0, None, 1.0, None, None]] * n, TRACK.field("cov_m2").type),
        "existence": [1.0] * n,
        "height_basis": ["none"] * n,
        "sensors": [1] * n,
        "kinds": [16] * n,
        "cls": ["unknown"] * n,
    }
    pq.write_table(make_table(TRACK, columns, rows=n), path)
    return path


def judged(tmp_path, rows, ghost_north_m=lambda s: 20_000.0):
    scene = write_scene(tmp_path / "scene", ghost_north_m)
    return trust.figures(trust.judge(scene, write_tracks(tmp_path / "tracks.parquet", rows)))


def test_a_ghost_flagged_after_twelve_seconds_has_a_delay_of_twelve_and_a_half(tmp_path):
    rows = [row(s, "contradicted" if s >= 12 else "unverified") for s in range(SECONDS)]
    found = judged(tmp_path, rows)
    assert found["flagged_in_time"] == 1.0
    assert found["flag_delay_max_s"] == pytest.approx(12.5)
    assert found["shown_after_flag"] == found["contradicted_after_flag"] == 1.0
    assert found["honest_accused"] == 0.0


def test_the_delay_begins_where_a_radar_could_have_seen_it(tmp_path):
    """The radar reaches 100 km; the ghost says that it enters at second 40."""
    rows = [row(s, "contradicted" if s >= 50 else "unverified") for s in range(SECONDS)]
    found = judged(tmp_path, rows, lambda s: 90_000.0 if s >= 40 else 130_000.0)
    assert found["flag_delay_max_s"] == pytest.approx(10.5)


def test_a_ghost_that_is_never_flagged_fails_with_all_its_time(tmp_path):
    found = judged(tmp_path, [row(s, "unverified") for s in range(SECONDS)])
    assert found["flagged_in_time"] == 0.0
    assert found["flag_delay_max_s"] == pytest.approx(120.0)
    assert found["shown_after_flag"] is None


def test_a_tentative_row_flags_nothing(tmp_path):
    rows = [row(s, "contradicted", status="tentative") for s in range(SECONDS)]
    assert judged(tmp_path, rows)["flagged_in_time"] == 0.0


def test_a_ghost_too_briefly_in_cover_is_not_judged(tmp_path):
    """In for 21 s, then out for good."""
    rows = [row(s, "unverified") for s in range(SECONDS)]
    found = judged(tmp_path, rows, lambda s: 90_000.0 if 40 <= s <= 60 else 130_000.0)
    assert found["ghosts"] == 1.0
    assert found["ghosts_judged"] == 0.0
    assert found["flagged_in_time"] is None


def test_a_flagged_track_that_is_taken_away_is_told(tmp_path):
    """Flagged with the message of second 10, heard at 10.5; the last row lasts 5 s beyond 59."""
    rows = [row(s, "contradicted") for s in range(10, 60)]
    found = judged(tmp_path, rows)
    assert found["shown_after_flag"] == pytest.approx((64 - 10) / (120 - 10))


def test_a_flag_that_is_taken_back_is_told(tmp_path):
    """From 10 on shown; from 71 on, half a second after the message of 70, as unverified."""
    rows = [row(s, "contradicted" if 10 <= s < 70 else "unverified") for s in range(SECONDS)]
    found = judged(tmp_path, rows)
    assert found["shown_after_flag"] == 1.0
    assert found["contradicted_after_flag"] == pytest.approx((70 - 10) / (120 - 10))


def test_one_row_against_an_honest_aircraft_makes_it_accused(tmp_path):
    rows = [row(5, "contradicted", mode_s=HONEST, track=2, status="tentative")]
    rows += [row(s, "verified", mode_s=HONEST, track=2) for s in range(6, SECONDS)]
    found = judged(tmp_path, rows)
    assert found["honest"] == 1.0
    assert found["honest_accused"] == 1.0
    assert found["honest_verified"] == 1.0


def test_an_accused_track_with_nobodys_address_is_counted_for_itself(tmp_path):
    rows = [row(s, "contradicted", mode_s=STRANGER, track=3) for s in range(SECONDS)]
    found = judged(tmp_path, rows)
    assert found["others_accused"] == 1.0
    assert found["honest_accused"] == 0.0


def test_a_ghost_with_an_honest_aircrafts_address_is_refused(tmp_path):
    scene = write_scene(tmp_path / "scene", lambda s: 20_000.0, ghosts=(HONEST,))
    tracks = write_tracks(tmp_path / "tracks.parquet", [row(0, "unverified")])
    with pytest.raises(score.SceneError, match="address"):
        trust.judge(scene, tracks)


@pytest.mark.parametrize(
    ("covered", "begin_s"),
    [("11111", 0.0), ("01111", 10.0), ("11011", np.nan), ("00000", np.nan)],
)
def test_a_spell_is_thirty_seconds_on_end(covered, begin_s, monkeypatch):
    """Messages 10 s apart, which is a gap unless such gaps are allowed."""
    t_s = 10.0 * np.arange(5)
    inside = np.array([letter == "1" for letter in covered])
    assert np.isnan(trust.spell_begin_s(t_s, inside)[0])
    monkeypatch.setattr(trust, "SPELL_GAP_S", 10.0)
    np.testing.assert_equal(trust.spell_begin_s(t_s, inside)[0], begin_s)


def test_the_script_prints_a_table_or_json(tmp_path):
    scene = write_scene(tmp_path / "scene", lambda s: 20_000.0)
    tracks = write_tracks(tmp_path / "tracks.parquet", [row(3, "contradicted")])
    command = [sys.executable, Path(trust.__file__), scene, tracks]
    said = subprocess.run(
        [*map(str, command), "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout)["flag_delay_max_s"] == 3.5
    said = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    assert "flag_delay_max_s             3.5" in said.stdout
