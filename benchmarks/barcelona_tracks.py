"""How well the tracker does on an hour's half of the Barcelona Mode S radar.

The recording carries two judges that the tracker does not look at: every plot's 24-bit address
(used for association, so it judges the life of tracks, not the association) and the radar's own
track number I048/161 (never used). A second run with the addresses and codes taken away judges
association by place and height alone: there the addresses are an independent truth.

    python benchmarks/barcelona_tracks.py [RECORDING] [--markdown] > result.json

Figures: ``purity`` is the share of a track's plots that are of its main aircraft, over all plots;
``completeness`` the share of an aircraft's plots that are in its longest track; ``time_covered``
the share of the time between an aircraft's first and last plot with a confirmed or coasting track.
A ``leg`` is an aircraft's plots without a gap over ``LEG_GAP_S``; ``breaks`` are tracks beyond
one per leg.

A third judge is I048/200, the speed and course that the radar's own tracker computed, which the
reader leaves out of the reports. Each plot's confirmed row of its own time is beside it where it
says more than ``SPD_MIN_MPS``: all of them, and those from a minute after the track's first plot.
It lags in turns as trackers do, so what is left is the difference of two trackers, not the error of
one.
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

import airshield
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
SPD_MIN_MPS = 50.0
"""Below, a course says little."""

SETTLED_S = 60.0
BESIDE_S = 0.5
"""What is further apart in time is not compared."""

MPS_PER_NMI_S = 1852.0
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


def legs_of(t: np.ndarray, gap_s: float) -> int:
    return 1 + int((np.diff(t) > gap_s).sum())


def judge(
    reports: pa.Table, truth: np.ndarray, batch: track.TrackBatch, *, leg_gap_s: float = LEG_GAP_S
) -> dict[str, Any]:
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
        own_legs = legs_of(t[mine], leg_gap_s)
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


def rows_beside(reports: pa.Table, batch: track.TrackBatch) -> np.ndarray:
    """Return the confirmed row of each report's track that is for its time; -1 for none.

    The nearest in time within ``BESIDE_S``; of several for one moment the one published last.
    """
    rows = batch.tracks
    confirmed = np.flatnonzero(np.array(rows["status"].to_pylist()) == "confirmed")
    if confirmed.size == 0:
        return np.full(reports.num_rows, -1)
    t_ns = rows["t"].cast(pa.int64()).to_numpy()[confirmed]
    track_of_row = rows["track"].to_numpy().astype(np.int64)[confirmed]
    wanted_ns = reports["t"].cast(pa.int64()).to_numpy()
    number = batch.track_of_report.astype(np.int64)
    begin_ns = min(t_ns.min(), wanted_ns.min())
    # Track and time as one ascending key; a track's rows are far from the next one's.
    span_ns = 2 * (max(t_ns.max(), wanted_ns.max()) - begin_ns + 1)
    keys = track_of_row * span_ns + t_ns - begin_ns
    order = np.argsort(keys, kind="stable")
    keys, wanted = keys[order], number * span_ns + wanted_ns - begin_ns
    at = np.searchsorted(keys, wanted, side="right")
    before, after = np.maximum(at - 1, 0), np.minimum(at, keys.size - 1)
    nearer = np.where(np.abs(keys[before] - wanted) <= np.abs(keys[after] - wanted), before, after)
    beside = (np.abs(keys[nearer] - wanted) <= BESIDE_S * 1e9) & (number > 0)
    return np.where(beside, confirmed[order[nearer]], -1)


def is_settled(reports: pa.Table, batch: track.TrackBatch) -> np.ndarray:
    """Tell which reports came SETTLED_S after their track's first one."""
    t, number = seconds(reports), batch.track_of_report
    _, first, of = np.unique(number, return_index=True, return_inverse=True)
    return np.asarray(t - t[first][of] >= SETTLED_S)


def spread(off: np.ndarray) -> dict[str, float]:
    """RMS, median and 95th percentile of the size of differences; NaN of none."""
    size = np.abs(off) if off.size else np.array([np.nan])
    return {
        "rms": float(np.sqrt(np.mean(size**2))),
        "median": float(np.median(size)),
        "p95": float(np.quantile(size, 0.95)),
    }


def velocity_beside(
    batch: track.TrackBatch, row: np.ndarray, east_mps: np.ndarray, north_mps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Our speed [m/s] and course [deg] less those of other velocities."""
    ours_e, ours_n = (batch.tracks[f"vel_{axis}_mps"].to_numpy()[row] for axis in ("east", "north"))
    turn = np.degrees(np.arctan2(ours_e, ours_n) - np.arctan2(east_mps, north_mps))
    course = (turn + 180.0) % 360.0 - 180.0
    return np.hypot(ours_e, ours_n) - np.hypot(east_mps, north_mps), course


def velocities(path: Path, reports: pa.Table, batch: track.TrackBatch) -> dict[str, Any]:
    """Compare our velocities with I048/200 of the same records."""
    told = airshield.read(path).table("cat048")
    # The recording has one record in a block, so a frame is a record.
    frame = told["frame"].to_numpy()
    assert np.unique(frame).size == frame.size
    order = np.argsort(frame, kind="stable")
    at = order[np.searchsorted(frame[order], reports["frame"].to_numpy())]
    spd = MPS_PER_NMI_S * told["i200_gsp_nmi_s"].to_numpy()[at]
    course = np.radians(told["i200_hdg_deg"].to_numpy()[at])
    row = rows_beside(reports, batch)
    out: dict[str, Any] = {}
    good = (row >= 0) & (spd > SPD_MIN_MPS) & np.isfinite(course)
    for label, used in (("all", good), ("settled", good & is_settled(reports, batch))):
        off = velocity_beside(
            batch, row[used], (spd * np.sin(course))[used], (spd * np.cos(course))[used]
        )
        out[label] = {
            "plots": int(used.sum()),
            "speed_mps": spread(off[0]),
            "course_deg": spread(off[1]),
        }
    return out


TITLES = {
    "with_addresses": "everything",
    "codes_and_heights_only": "no addresses",
    "places_and_heights_only": "neither addresses nor codes",
}


def in_markdown(head: list[str], body: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(one)} |" for one in (head, ["---"] * len(head), *body))


def tell_markdown(result: dict[str, Any]) -> str:
    """Write the tables of docs/tracking.md."""
    life, speed = [], []
    for label, title in TITLES.items():
        one = result[label]
        by, own = one["against_addresses"], one["against_radar_track_numbers"]
        life.append(
            [
                title,
                f"{one['tracks']} ({one['tracks_confirmed']})",
                f"{by['purity']:.4f}",
                f"{by['completeness_by_plot']:.3f} / {by['completeness_median_by_aircraft']:.3f}",
                f"{by['time_covered']:.3f}",
                f"{own['purity']:.4f} / {own['completeness_by_plot']:.4f}",
                str(one["two_live_tracks_of_one_address"]),
            ]
        )
        for which, found in one["against_i048_200"].items():
            speed.append(
                [
                    f"{title}, {which}",
                    f"{found['plots']:,}",
                    *(
                        f"{found[key][name]:.1f}"
                        for key in ("speed_mps", "course_deg")
                        for name in ("rms", "median", "p95")
                    ),
                ]
            )
    return "\n\n".join(
        [
            f"{result['recording']}: {result['reports']:,} plots.",
            in_markdown(
                [
                    "given to the tracker", "tracks (confirmed)", "purity by address",
                    "completeness by plot, all / median aircraft", "time covered",
                    "purity / completeness by I048/161", "two live tracks of one address",
                ],
                life,
            ),
            f"Against I048/200 where it says more than {SPD_MIN_MPS:.0f} m/s; settled: from "
            f"{SETTLED_S:.0f} s after a track's first plot.",
            in_markdown(
                ["given to the tracker", "plots"]
                + [
                    f"{what}: {name}"
                    for what in ("speed [m/s]", "course [deg]")
                    for name in ("RMS", "median", "95 %")
                ],
                speed,
            ),
        ]
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recording", nargs="?", type=Path, default=RECORDING)
    parser.add_argument("--markdown", action="store_true", help="as docs/tracking.md has it")
    asked = parser.parse_args()
    path = asked.recording
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
            "against_i048_200": velocities(path, reports, batch),
        }
    if asked.markdown:
        print(tell_markdown(result))
        return
    json.dump(result, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
