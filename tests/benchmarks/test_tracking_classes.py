"""The table of confusions: its measures, and whose track it takes a track to be."""

import json
import math

import classes as bench
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_allclose

from airshield.tables import ADSB_CHECKS, HEIGHT_BASES, TRACK, TRACK_CLASSES, make_table

GEOID_M = 45.0


def looks_of(truth, p):
    count = len(truth)
    return bench.Looks(
        truth=np.array(truth), named=np.zeros(count, int), p=np.array(p), age_s=np.zeros(count),
        track=np.zeros(count, int),
    )  # fmt: skip


def test_certain_and_right_costs_nothing_and_certain_and_wrong_costs_two():
    sure = np.eye(8)
    scores = bench.brier(looks_of([1, 1, 1], [sure[0], sure[3], np.full(8, 0.125)]))
    assert_allclose(scores, [0.0, 2.0, 0.875**2 + 7 * 0.125**2])


def test_reliability_sets_being_sure_against_being_right():
    sure = 0.2 / 7 * np.ones(8)
    sure[0] = 0.8
    looks = looks_of([1, 1, 1, 2], [sure] * 4)
    (row,) = bench.reliability(looks, np.array([0.0, 0.5, 1.01]))
    assert row == (pytest.approx(0.8), pytest.approx(0.75), 4)


@pytest.fixture
def scene(tmp_path):
    """Two targets: a jetliner on high, and something silent and fast near the ground."""
    about = {"targets": {"kind": ["airliner", "fast_low"]}, "geoid_height_m": GEOID_M}
    (tmp_path / "about.json").write_text(json.dumps(about))
    rows = 60
    # Every tenth report of the first is really clutter; a third track is nothing but clutter.
    target = np.concatenate([np.where(np.arange(rows) % 10, 0, -1), np.ones(rows), -np.ones(rows)])
    oracle = {"frame": np.arange(3 * rows, dtype=np.uint64), "target": target.astype(np.int32)}
    pq.write_table(pa.table(oracle), tmp_path / "oracle.parquet")
    which = np.repeat([0, 1, 2], rows)
    spd_mps = np.array([240.0, 230.0, 50.0])[which]
    uu_m2 = np.array([100.0, 900.0, np.nan])[which]
    columns = {
        "t": (4e9 * np.tile(np.arange(rows), 3)).astype(np.int64).astype("datetime64[ns]"),
        "track": which + 1,
        "status": ["confirmed"] * 3 * rows,
        "lat_deg": np.zeros(3 * rows),
        "lon_deg": np.zeros(3 * rows),
        "alt_hae_m": np.array([11_000.0, 150.0, np.nan])[which] + GEOID_M,
        "vel_east_mps": spd_mps,
        "vel_north_mps": np.zeros(3 * rows),
        "vel_up_mps": np.array([0.0, 0.0, np.nan])[which],
        "cov_m2": pa.array(
            [[1.0, 0.0, 0.0, 1.0, 0.0, uu] for uu in uu_m2], TRACK.field("cov_m2").type
        ),
        "existence": np.ones(3 * rows),
        "height_basis": [HEIGHT_BASES[0]] * 3 * rows,
        "mode_s": pa.array([0x3C0001 if w == 0 else None for w in which], pa.uint32()),
        "sensors": np.ones(3 * rows, np.uint64),
        "kinds": np.array([1 << 4, 1, 1], np.uint32)[which],
        "cls": ["unknown"] * 3 * rows,
        "adsb_check": [ADSB_CHECKS[0]] * 3 * rows,
        "frame": np.arange(3 * rows, dtype=np.uint64),
    }
    pq.write_table(make_table(TRACK, columns, rows=3 * rows), tmp_path / "tracks.parquet")
    return tmp_path


def test_a_track_is_the_target_of_most_of_its_plots_and_clutter_is_nobody(scene):
    looks = bench.look(scene, scene / "tracks.parquet")
    assert sorted(set(looks.track)) == [1, 2]
    for track, name in ((1, "airliner"), (2, "fast_low")):
        of = looks.track == track
        assert of.sum() == 60 - bench.FIRST_ROW
        assert set(looks.truth[of]) == {TRACK_CLASSES.index(name)}
        assert TRACK_CLASSES[looks.named[of][-1]] == name
    assert not math.isnan(looks.p.sum())


def test_the_tables_are_printed(scene, capsys):
    bench.print_looks(bench.look(scene, scene / "tracks.parquet"))
    out = capsys.readouterr().out
    assert "fast_low" in out
    assert "wrong 0.0000" in out
