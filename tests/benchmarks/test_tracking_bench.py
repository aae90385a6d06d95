"""Plots in a plane, the oracle and Stone Soup on a sky made by hand, the table's verdicts."""

import json
import math
import subprocess
from pathlib import Path

import bench
import numpy as np
import oracle
import plane
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest

from airshield.geo import Origin, ecef_from_geodetic, enu_from_ecef, polar_from_enu
from airshield.tables import REPORT, make_table

STONE_SOUP = Path(plane.__file__).with_name("stone_soup.py")
SECOND_NS = 1_000_000_000
GEOID_M = 30.0
RADARS = {"1/1": (50.0, 10.0, 4.0), "1/2": (50.5, 10.6, 6.0)}
SHIELD = """geoid_height_m = 30.0
[[radars]]
sac = 1
sic = 1
lat_deg = 50.0
lon_deg = 10.0
ground_msl_m = 100.0
antenna_agl_m = 20.0
turn_s = 4.0
sigma_rng_m = 30.0
sigma_azm_deg = 0.05
[[radars]]
sac = 1
sic = 2
lat_deg = 50.5
lon_deg = 10.6
ground_msl_m = 100.0
antenna_agl_m = 20.0
turn_s = 6.0
sigma_rng_m = 30.0
sigma_azm_deg = 0.05
"""


def place_of(target, t_s):
    """Where a target flying north at 200 m/s is: latitude, longitude, height.

    The second one, whose height nobody is told, is near the height that is assumed.
    """
    return (
        50.1 + 0.05 * target + 200.0 * t_s / 111_250.0,
        10.2 + 0.1 * target,
        9_000.0 - 4_500.0 * target,
    )


def polar_of(radar, target, t_s):
    lat, lon, _ = RADARS[radar]
    origin = Origin(lat_deg=lat, lon_deg=lon, hae_m=150.0)
    return [
        float(v)
        for v in polar_from_enu(enu_from_ecef(ecef_from_geodetic(*place_of(target, t_s)), origin))
    ]


@pytest.fixture
def scene(tmp_path):
    """Two targets, one with an address and its height, seen for 80 s by two radars, and clutter."""
    rng = np.random.default_rng(3)
    rows = []
    for radar, (_, _, turn_s) in RADARS.items():
        for turn in range(int(80 / turn_s)):
            for target in (0, 1):
                t_s = turn * turn_s + polar_of(radar, target, turn * turn_s)[1] / 360.0 * turn_s
                rows.append((t_s, radar, target, *polar_of(radar, target, t_s)[:2]))
            azm = rng.uniform(0.0, 360.0)
            rows.append((turn * turn_s + azm / 360 * turn_s, radar, -1, rng.uniform(2e4, 9e4), azm))
    rows.sort()
    t_ns = np.array([round(row[0] * SECOND_NS) for row in rows])
    target = np.array([row[2] for row in rows])
    known = target == 0
    columns = {
        "t": t_ns,
        "t_heard": t_ns + SECOND_NS // 2,
        "sensor": [row[1] for row in rows],
        "kind": ["mode_s" if k else "psr" for k in known],
        "rng_slant_m": [row[3] + rng.normal() * 30.0 for row in rows],
        "azm_true_deg": [(row[4] + rng.normal() * 0.05) % 360.0 for row in rows],
        "alt_baro_m": np.where(known, 9_000.0 - GEOID_M, np.nan),
        "mode_s": pa.array(np.full(len(rows), 0xABCDEF), pa.uint32(), mask=~known),
        "flags": [0] * len(rows),
        "frame": np.arange(len(rows)) + 7,
    }
    pq.write_table(make_table(REPORT, columns, rows=len(rows)), tmp_path / "reports.parquet")
    given = pa.table({"frame": np.arange(len(rows)) + 7, "target": target})
    pq.write_table(given, tmp_path / "oracle.parquet")
    (tmp_path / "shield.toml").write_text(SHIELD)
    return tmp_path


def off_m(tracks, target):
    """Distance [m] of rows from where a target was."""
    t_s = tracks["t"].cast(pa.int64()).to_numpy() / SECOND_NS
    lat, lon, _ = place_of(target, t_s)
    _, _, apart = pyproj.Geod(ellps="WGS84").inv(
        tracks["lon_deg"].to_numpy(), tracks["lat_deg"].to_numpy(), np.full(t_s.size, lon), lat
    )
    return np.asarray(apart)


def test_the_plane_is_the_oblique_stereographic_projection():
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(44, 56, 200), rng.uniform(2, 18, 200)
    ours = plane.Plane(50.0, 10.0)
    theirs = pyproj.Proj("+proj=stere +lat_0=50 +lon_0=10 +ellps=WGS84")
    xy = ours.of(lat, lon)
    assert np.abs(xy - np.stack(theirs(lon, lat), -1)).max() < 1e-3
    back = ours.back(xy)
    assert np.abs(back[0] - lat).max() < 1e-9
    assert np.abs(back[1] - lon).max() < 1e-9


def test_velocities_are_turned_by_the_convergence_and_stretched_by_the_scale():
    lat, lon = np.array([46.0, 50.0, 55.0]), np.array([4.0, 10.0, 17.0])
    turn = plane.Plane(50.0, 10.0).turn(lat, lon)
    told = pyproj.Proj("+proj=stere +lat_0=50 +lon_0=10 +ellps=WGS84").get_factors(lon, lat)
    scale = np.sqrt(np.linalg.det(turn))
    assert np.abs(scale - np.asarray(told.meridional_scale)).max() < 1e-6
    north = np.degrees(np.arctan2(turn[:, 0, 1], turn[:, 1, 1]))
    assert np.abs(np.abs(north) - np.abs(np.asarray(told.meridian_convergence))).max() < 1e-4


def test_a_plot_of_known_height_is_placed_where_the_target_was(scene):
    plots = plane.read_plots(scene)
    known = np.flatnonzero(plots.mode_s >= 0)
    lat, lon, hae = place_of(0, plots.t_s[known] + (plots.t0_ns / SECOND_NS))
    true = plots.plane.of(lat, np.full(lat.shape, lon))
    away = plots.z_m[known, :2] - true
    assert np.allclose(plots.z_m[known, 2], hae)
    # Each axis's error over its own noise: nobody is put in the wrong place, and R is honest.
    nees = np.einsum("ni,nij,nj->n", away, np.linalg.inv(plots.cov_m2[known]), away)
    assert 1.0 < nees.mean() < 3.2


def test_an_unknown_height_makes_the_noise_along_the_range_larger(scene):
    plots = plane.read_plots(scene)
    big = np.sqrt(np.linalg.eigvalsh(plots.cov_m2)[:, 1])
    assert np.all(np.isinf(plots.sigma_z_m[plots.mode_s < 0]))
    assert np.median(big[plots.mode_s < 0]) > 2.0 * np.median(big[plots.mode_s >= 0])


def test_the_oracle_follows_every_target_and_nothing_else(scene):
    oracle.run(scene, scene / "tracks.parquet", 5.0)
    tracks = pq.read_table(scene / "tracks.parquet")
    numbers = tracks["track"].to_numpy()
    assert set(numbers.tolist()) == {0, 1}
    first = tracks.filter(pa.array(numbers == 0))
    assert np.median(off_m(first, 0)) < 60.0
    north = first["vel_north_mps"].to_numpy()
    assert abs(np.median(north[len(north) // 2 :]) - 200.0) < 10.0


def test_stone_soup_tracks_both_targets_and_no_clutter(scene, peer_python):
    said = subprocess.run(
        [
            str(peer_python("tracking")), str(STONE_SOUP), str(scene),
            str(scene / "tracks.parquet"), "--json", "--set", "hits=4",
        ],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert json.loads(said)["reports"] == pq.read_metadata(scene / "reports.parquet").num_rows
    tracks = pq.read_table(scene / "tracks.parquet")
    assert set(tracks.column_names) >= {"t", "track", "status", "cov_m2", "existence", "frame"}
    numbers = tracks["track"].to_numpy()
    assert len(set(numbers.tolist())) == 2
    known = tracks["mode_s"].is_valid().to_numpy()
    assert np.median(off_m(tracks.filter(pa.array(known)), 0)) < 60.0
    assert np.median(off_m(tracks.filter(pa.array(~known)), 1)) < 600.0


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [(60.0, 100.0, "aim"), (75.0, 100.0, "must"), (90.0, 100.0, "MISSED"), (1.0, math.nan, "-")],
)
def test_a_ratio_is_judged_against_stone_soup(ours, theirs, said):
    aim = bench.Aim(title="", part="", key="", must=0.8, aim=0.68, is_ratio=True)
    assert bench.verdict(aim, ours, ours / theirs) == said


@pytest.mark.parametrize(("ours", "said"), [(0.99, "aim"), (0.975, "must"), (0.5, "MISSED")])
def test_more_is_better_where_it_is(ours, said):
    aim = bench.Aim(title="", part="", key="", must=0.97, aim=0.98, is_more_better=True)
    assert bench.verdict(aim, ours, math.nan) == said


def test_every_target_of_the_table_names_a_figure_that_someone_measures():
    found = {who: {} for who in ("ours", "stone_soup", "oracle")}
    rows = [row for part in {aim.part for aim in bench.AIMS} for row in bench.lines(part, found)]
    assert len(rows) == len(bench.AIMS)
    assert {row["verdict"] for row in rows} == {"-"}
    assert bench.tell(rows).count("\n") == len(rows)


def test_the_table_in_markdown_says_what_the_standards_ask_and_which_figures_are_recalled():
    found = {who: {} for who in ("ours", "stone_soup", "oracle")}
    found["ours"] = {
        "completeness": 0.98, "kind jet.completeness": 0.9, "kind jet.rms_horizontal_m": 320.0,
        "kind jet.targets": 3.0,
    }  # fmt: skip
    about = {"date": "2026-01-01", "machine": "a machine", "seeds": [1, 2], "minutes": None}
    rows = bench.lines("standard", found)
    said = bench.tell_markdown(about, rows, {"standard": {"medians": found}}, "bench.py standard")
    lines = said.split("\n")
    (completeness,) = (line for line in lines if line.startswith("| completeness "))
    assert "| 0.9800 |" in completeness
    assert "| aim |" in completeness
    assert "(ESASSP 5 NM R; ED-142)" in completeness
    (jet,) = (line for line in lines if line.startswith("| jet "))
    assert jet == "| jet | 3 | 0.900 | 320 | - | FAILS | holds | holds | FAILS | FAILS |"
    assert "`bench.py standard` on 2026-01-01, a machine; seeds 1, 2" in said
    assert "not verified" in said
    widths = {line.count("|") for line in lines if line.startswith("| ")}
    assert widths == {10, 11}  # every table is as wide as its head


def test_one_seed_in_which_a_ghost_is_missed_is_not_outvoted():
    runs = [{"ours": {"flagged_in_time": share, "x": share}} for share in (1.0, 0.9, 1.0)]
    runs[0]["ours"]["honest_accused"] = 0.0
    runs[1]["ours"]["honest_accused"] = 0.01
    found = bench.medians(runs)["ours"]
    assert found["flagged_in_time"] == 0.9
    assert found["x"] == 1.0
    assert found["honest_accused"] == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["standard", "--out", "/a/b", "--seeds", "1"], ["standard", "--seeds", "1"]),
        (["--out=/a/b", "trust"], ["trust"]),
        (["trust", "--more"], ["trust", "--more"]),
    ],
)
def test_a_published_command_names_no_folder_of_the_machine(words, left):
    assert bench.without_out(words) == left


def test_biased_radars_are_held_against_right_ones_and_a_short_scene_tells_nothing_of_later(
    monkeypatch, tmp_path
):
    def scored(folder, tracks, *, settling_s=None):
        wrong = folder.name == "bias-1"
        return {
            "instants": 10 if settling_s is None else 0,
            "gospa_per_target_m": 110.0 if wrong else 100.0,
            "rms_horizontal_m": 60.0 if wrong else 50.0,
        }

    monkeypatch.setattr(bench, "score", scored)
    monkeypatch.setattr(bench, "run_ours", lambda scene, to: {})
    found = bench.bias_figures(tmp_path / "bias-1", tmp_path / "unbiased-1")
    assert found["gospa_ratio"] == pytest.approx(1.1)
    assert found["rms_ratio"] == pytest.approx(1.2)
    assert "gospa_ratio_learnt" not in found
