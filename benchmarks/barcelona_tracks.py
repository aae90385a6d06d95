"""How well the tracker does on an hour's half of the Barcelona Mode S radar.

The recording carries two judges that the tracker does not look at: every plot's 24-bit address
(used for association, so it judges the life of tracks, not the association) and the radar's own
track number I048/161 (never used). A second run with the addresses and codes taken away judges
association by place and height alone: there the addresses are an independent truth.

    python benchmarks/barcelona_tracks.py [RECORDING] > result.json

Figures: ``purity`` is the share of a track's plots that are of its main aircraft, over all plots;
``completeness`` the share of an aircraft's plots that are in its longest track; ``time_covered``
the share of the time between an aircraft's first and last plot with a confirmed or coasting track.
A ``leg`` is an aircraft's plots without a gap over ``LEG_GAP_S``; ``breaks`` are tracks beyond
one per leg.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from airshield import track
from airshield.read.asterix.reports import ReportReader
from airshield.read.replay import replay_frames
from airshield.sensors import Radar
from airshield.tables import REPORT, concat

RECORDING = (
    Path(__file__).parents[2]
    / "shared" / "data" / "asterix" / "barcelona" / "cat048_20230502_first.ast"
)  # fmt: skip
GEOID_M = 49.6
# A track ends after 8 turns of 4 s and the time for a plot to arrive; the gap after which the
# tracker is allowed, and meant, to begin anew.
LEG_GAP_S = 34.0
# From the recording itself: interval between plots of one address, scatter about straight flight.
BARCELONA = Radar(
    name="Barcelona",
    contributor="ENAIRE",
    sac=20,
    sic=129,
    lat_deg=41.3007023,
    lon_deg=2.1020582,
    antenna_hae_m=27.257 + GEOID_M,
    turn_s=4.0,
    rng_min_m=0.0,
    rng_max_m=60 * 1852.0,
    sigma_rng_m=30.0,
    sigma_azm_deg=0.07,
    has_primary=True,
    has_secondary=True,
    pd=0.97,
)


def read_reports(path: Path) -> tuple[pa.Table, dict[str, int]]:
    reader = ReportReader()
    parts, counts = [], Counter()
    for frames in replay_frames(path):
        batch = reader.feed(frames)
        parts.append(batch.reports)
        counts["blocks"] += frames.num_rows
        counts["rejects"] += batch.rejects.num_rows
    return concat(REPORT, parts), dict(counts)


def seconds(table: pa.Table) -> np.ndarray:
    return table["t"].cast(pa.int64()).to_numpy() * 1e-9


def interval_s(reports: pa.Table) -> dict[str, float]:
    """Turn time of the antenna as the plots of each address show it."""
    t, address = seconds(reports), reports["mode_s"].to_numpy()
    gaps = np.concatenate(
        [np.diff(t[address == a]) for a in np.unique(address[~np.isnan(address)])]
    )
    usual = gaps[(gaps > 3.0) & (gaps < 5.0)]
    return {"median": float(np.median(usual)), "p05": float(np.quantile(usual, 0.05)),
            "p95": float(np.quantile(usual, 0.95))}  # fmt: skip


def legs_of(t: np.ndarray) -> int:
    return 1 + int((np.diff(t) > LEG_GAP_S).sum())


def judge(reports: pa.Table, truth: np.ndarray, batch: track.TrackBatch) -> dict[str, Any]:
    """Compare tracks with a name per plot (NaN where there is none)."""
    t, number = seconds(reports), batch.track_of_report.astype(np.int64)
    named = ~np.isnan(truth)
    pure = 0
    owners: dict[int, set[int]] = {}
    for k in np.unique(number[(number > 0) & named]):
        names, counts = np.unique(truth[(number == k) & named], return_counts=True)
        pure += int(counts.max())
        owners[int(k)] = {int(n) for n in names}
    shares, covered, wanted, breaks, legs = [], 0.0, 0.0, {}, 0
    rows_t, rows_k = seconds(batch.tracks), batch.tracks["track"].to_numpy()
    alive = np.isin(batch.tracks["status"].to_pylist(), ["confirmed", "coasting"])
    spans = {int(k): (rows_t[m].min(), rows_t[m].max())
             for k in np.unique(rows_k[alive]) for m in [alive & (rows_k == k)]}  # fmt: skip
    for name in np.unique(truth[named]):
        mine = truth == name
        tracks, counts = np.unique(number[mine & (number > 0)], return_counts=True)
        if mine.sum() < 3:
            continue
        shares.append((int(counts.max(initial=0)), int(mine.sum())))
        first, last = t[mine].min(), t[mine].max()
        grid = np.arange(first, last + 1e-9, 1.0)
        on = np.zeros(grid.size, bool)
        for k in tracks:
            if int(k) in spans:
                on |= (grid >= spans[int(k)][0]) & (grid <= spans[int(k)][1] + 4.5)
        covered, wanted = covered + on.sum(), wanted + grid.size
        own_legs = legs_of(t[mine])
        legs += own_legs
        if len(tracks) > own_legs:
            breaks[f"{int(name):X}"] = f"{len(tracks)} tracks, {own_legs} legs"
    return {
        "aircraft": int(np.unique(truth[named]).size),
        "legs": legs,
        "tracks_with_plots": len(owners),
        "purity": pure / int(((number > 0) & named).sum()),
        "mixed_tracks": sum(len(names) > 1 for names in owners.values()),
        "completeness_by_plot": sum(a for a, _ in shares) / sum(b for _, b in shares),
        "completeness_median_by_aircraft": float(np.median([a / b for a, b in shares])),
        "time_covered": float(covered / wanted),
        "breaks": breaks,
    }  # fmt: skip


def twins(tracks: pa.Table) -> int:
    """Times at which a second live track bore an address that another one bore already."""
    holder: dict[int, int] = {}
    found = 0
    rows = zip(*(tracks[c].to_pylist() for c in ("track", "mode_s", "status")), strict=True)
    for number, address, status in rows:
        if address is None:
            continue
        found += holder.setdefault(address, number) != number
        if status == "ended":
            holder.pop(address)
    return found


def without(reports: pa.Table, *columns: str) -> pa.Table:
    for name in columns:
        at = REPORT.get_field_index(name)
        reports = reports.set_column(
            at, REPORT.field(at), pa.nulls(reports.num_rows, REPORT.field(at).type)
        )
    return reports


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", nargs="?", type=Path, default=RECORDING)
    path = parser.parse_args().recording
    track.warm_up()
    reports, counts = read_reports(path)
    address = reports["mode_s"].to_numpy()
    own_number = reports["track_sensor"].to_numpy().astype(float)

    result: dict[str, Any] = {"recording": path.name, **counts, "reports": reports.num_rows}
    result["kinds"] = dict(Counter(reports["kind"].to_pylist()))
    result["turn_s"] = interval_s(reports)
    for label, table in (
        ("with_addresses", reports),
        ("codes_and_heights_only", without(reports, "mode_s", "callsign")),
        ("places_and_heights_only", without(reports, "mode_s", "callsign", "mode_3a")),
    ):
        start = time.process_time()
        batch = track.Tracker([BARCELONA], geoid_height_m=GEOID_M).feed(table)
        spent_s = time.process_time() - start
        status = Counter(batch.tracks["status"].to_pylist())
        numbers = batch.tracks["track"].to_numpy()
        sure = np.array(batch.tracks["status"].to_pylist()) == "confirmed"
        result[label] = {
            "tracks": int(np.unique(numbers).size),
            "tracks_confirmed": int(np.unique(numbers[sure]).size),
            "rows_by_status": dict(status),
            "dropped": batch.dropped,
            "plots_per_cpu_second": round(reports.num_rows / spent_s),
            "two_live_tracks_of_one_address": twins(batch.tracks),
            "against_addresses": judge(reports, address, batch),
            "against_radar_track_numbers": judge(reports, own_number, batch),
        }
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
