"""The whole tracker as plain Python: the same rows, and no index out of bounds."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from airshield.tables import TRACK
from airshield.track import Tracker
from reference import track_skies as skies
from reference.followed import fleet
from reference.track_skies import Target
from track.interpreted_child import RADARS

TESTS = Path(__file__).parents[1]


def all_kinds_of_reports():
    """Half a minute of everything that a report can be, some of it late, some of it twice."""
    rng = np.random.default_rng(8)
    targets = [
        *fleet(rng, 2),
        *fleet(rng, 2, mode_s=None, kind="psr", has_baro=False, highest_m=4000.0),
        Target(-20e3, -30e3, 0.0, 150.0, hae_m=4000.0, kind="ssr", mode_3a=0o1234),
        Target(-20e3, 30e3, 0.0, 150.0, hae_m=4000.0, kind="psr_ssr", mode_3a=0o1235),
    ]
    extra = skies.clutter(RADARS[0], 30.0, 6, rng)
    for number, kind in enumerate(("adsb", "mlat", "track", "drone_id")):
        told = Target(30e3 * number, 30e3, 90.0, 100.0, mode_s=700 + number)
        nameless = Target(30e3 * number, -60e3, 90.0, 100.0)
        for target in (told, nameless):
            extra += skies.places_of(
                target, 9, 30.0, rng, kind=kind, sensor=f"9/{number}", every_s=4.0
            )
    reports, _ = skies.sky(targets, RADARS, 30.0, extra=extra)
    order = np.argsort(skies.seconds_of(reports) + rng.uniform(0.0, 2.0, reports.num_rows))
    return reports.take(pa.array(np.insert(order, 30, order[:20])))


def test_interpreted_loops_check_every_index_and_give_the_same_rows(tmp_path):
    reports = all_kinds_of_reports()
    pq.write_table(reports, tmp_path / "reports.parquet")
    done = subprocess.run(
        [
            sys.executable,
            TESTS / "track" / "interpreted_child.py",
            "reports.parquet",
            "out.parquet",
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "NUMBA_DISABLE_JIT": "1",
            "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Warning" not in done.stderr
    slow = pq.read_table(tmp_path / "out.parquet").cast(TRACK)
    fast = Tracker(RADARS, geoid_height_m=skies.GEOID_M).feed(reports).tracks
    exact = ("track", "status", "height_basis", "mode_s", "mode_3a", "sensors", "kinds", "frame")
    for name in exact:
        assert slow[name].to_pylist() == fast[name].to_pylist(), name
    assert (skies.seconds_of(slow) == skies.seconds_of(fast)).all()
    for name in ("lat_deg", "lon_deg", "vel_east_mps", "existence", "alt_hae_m"):
        one, other = (table[name].to_numpy() for table in (slow, fast))
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-7)
