"""How fast TRACK rows become CAT062, beside libasterix writing the same records.

One process, one thread, half a million rows of 5,000 tracks, 1,250 rows a second of event time:
rows per second of processor time, best of some runs, from table to data blocks with their ends of
batches. libasterix creates a thousand of the same records from values and unparses them; what
becomes of a row, and the search for the values, is done before its clock starts.

Usage::

    python benchmarks/share_tracks.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from airshield import tables
from airshield.read import asterix
from airshield.share import SystemTrackWriter, warm_up
from reference import asterix_author, asterix_oracle

ROWS, LIVE, ROWS_PER_S = 500_000, 5_000, 1_250
RUNS = 5
PEER_ROWS = 1000
T0_NS = 1_795_824_000_000_000_000


def sky(rng: np.random.Generator) -> pa.Table:
    """Rows of tracks that know most of what there is to know; a fifth knows no address."""
    which = rng.integers(0, LIVE, ROWS)

    def of_track(values: np.ndarray, unknown: float, kind: pa.DataType) -> pa.Array:
        return pa.array(values[which], kind, mask=(rng.random(LIVE) < unknown)[which])

    def sometimes(values: np.ndarray, unknown: float) -> np.ndarray:
        return np.where(rng.random(ROWS) < unknown, np.nan, values)

    cov = np.zeros((ROWS, 6))
    cov[:, [0, 3, 5]] = rng.uniform(100.0, 1e4, (ROWS, 3))
    cov[:, 1] = rng.uniform(-50.0, 50.0, ROWS)
    seconds = np.sort(rng.uniform(0.0, ROWS / ROWS_PER_S, ROWS))
    status = rng.choice(4, ROWS, p=[0.05, 0.9, 0.045, 0.005])
    callsigns = np.array([f"TST{k:04d}" for k in range(LIVE)], object)
    columns = {
        "t": pa.array(T0_NS + (seconds * 1e9).astype(np.int64)).cast(tables.TIME),
        "track": which.astype(np.uint64) + np.uint64(1),
        "status": tables.words(status, tables.TRACK_STATUSES),
        "lat_deg": rng.uniform(45.0, 55.0, ROWS),
        "lon_deg": rng.uniform(20.0, 35.0, ROWS),
        "alt_hae_m": sometimes(rng.uniform(0.0, 12_000.0, ROWS), 0.1),
        "alt_baro_m": sometimes(rng.uniform(0.0, 12_000.0, ROWS), 0.2),
        "vel_east_mps": rng.normal(0.0, 150.0, ROWS),
        "vel_north_mps": rng.normal(0.0, 150.0, ROWS),
        "vel_up_mps": sometimes(rng.normal(0.0, 5.0, ROWS), 0.1),
        "cov_m2": pa.FixedSizeListArray.from_arrays(
            pa.array(cov.ravel()), type=tables.TRACK.field("cov_m2").type
        ),
        "existence": np.ones(ROWS),
        "height_basis": tables.words(rng.integers(0, 4, ROWS), tables.HEIGHT_BASES),
        "mode_s": of_track(rng.integers(1, 1 << 24, LIVE), 0.2, pa.uint32()),
        "mode_3a": of_track(rng.integers(0, 1 << 12, LIVE), 0.2, pa.uint16()),
        "callsign": of_track(callsigns, 0.2, pa.string()),
        "sensors": rng.integers(1, 64, ROWS).astype(np.uint64),
        "kinds": rng.integers(1, 32, ROWS).astype(np.uint32),
        "cls": tables.words(np.zeros(ROWS, np.int32), tables.TRACK_CLASSES),
        "adsb_check": tables.words(rng.integers(0, 4, ROWS), tables.ADSB_CHECKS),
        "frame": np.arange(ROWS, dtype=np.uint64),
    }
    return tables.make_table(tables.TRACK, columns, rows=ROWS)


def rate(rows: pa.Table, cut: int, **options: object) -> float:
    """Rows per second of processor time when fed so many at once, best of some runs."""
    parts = [rows.slice(first, cut) for first in range(0, rows.num_rows, cut)]
    best = 0.0
    for _ in range(RUNS):
        writer = SystemTrackWriter(sac=20, sic=1, **options)
        start = time.process_time()
        for part in parts:
            writer.feed(part)
        writer.finish()
        best = max(best, rows.num_rows / (time.process_time() - start))
    return best


def peer(rows: pa.Table) -> float:
    """Records per second of libasterix."""
    writer = SystemTrackWriter(sac=20, sic=1)
    frames = pa.concat_tables([writer.feed(rows).frames, writer.finish().frames])
    (table,) = (t for (category, _), t in asterix.decode(frames).tables.items() if category == 62)
    wanted = [
        asterix_author.arguments(62, "1.21", asterix_oracle.normal(row))
        for row in table.to_pylist()
    ]
    start = time.process_time()
    for record, args in wanted:
        record._create(args).unparse().to_bytes()
    return len(wanted) / (time.process_time() - start)


def main() -> int:
    warm_up()
    rows = sky(np.random.default_rng(1))
    theirs = peer(rows.slice(0, PEER_ROWS))
    print("| fed at once | system plane | rows a second | against libasterix |")
    print("|---|---|---|---|")
    for cut in (ROWS, 8192, ROWS_PER_S):
        for plane, options in (("no", {}), ("yes", {"reference": (50.0, 28.0)})):
            ours = rate(rows, cut, **options)
            print(f"| {cut:,} | {plane} | {ours:,.0f} | {ours / theirs:,.0f} × |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
