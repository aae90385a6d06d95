"""The tracker fed with another tracker's tracks: CAT062 recordings as reference of themselves.

Every report is a system track's state: place, velocity, the system's own track number (I062/040).
What comes out should be the same tracks again. Judges: the numbers, never shown to the tracker
(``track_sensor`` is taken away), and the names that aircraft bear, 24-bit addresses where there are
any, else the Mode 3/A codes that no two numbers bear; purity, completeness and legs are those of
barcelona_tracks.py. A second run is without codes, addresses and callsigns, so that place and
height alone decide.

    python benchmarks/system_tracks.py [RECORDING...] [--markdown] > result.json

Differences of place and velocity are between a report and the confirmed row of its track for its
time. They say how far our filter moves what is already filtered: not an accuracy.
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
from barcelona_tracks import (
    SPD_MIN_MPS,
    in_markdown,
    is_settled,
    judge,
    read_reports,
    rows_beside,
    seconds,
    spread,
    velocity_beside,
    without,
)

from airshield import track
from airshield.geo import ground_distance_m, place_from

DATA = Path(__file__).parents[2] / "shared" / "data" / "asterix"
RECORDINGS = [DATA / "argentina" / "cat062_260429_first.pcap"]
GEOID_M = 20.0
"""Near enough: no height above the ellipsoid is compared."""

LEG_GAP_S = 60.0
"""A silence after which a track may begin anew; the systems' tracks come every 4 to 12 s."""

RUNS = {
    "everything": ("track_sensor",),
    "places_and_heights_only": ("track_sensor", "mode_s", "callsign", "mode_3a"),
}


def names(reports: pa.Table) -> tuple[str, np.ndarray]:
    """Return what the aircraft's names are and the name of each report, NaN for none."""
    address = reports["mode_s"].to_numpy(zero_copy_only=False).astype(float)
    if np.isfinite(address).any():
        return "addresses", address
    number = reports["track_sensor"].to_numpy(zero_copy_only=False).astype(float)
    code = reports["mode_3a"].to_numpy(zero_copy_only=False).astype(float)
    for one in np.unique(code[np.isfinite(code)]):
        if np.unique(number[code == one]).size > 1:
            code[code == one] = np.nan
    return "codes", code


def differences(reports: pa.Table, batch: track.TrackBatch) -> dict[str, Any]:
    """Compare our rows with the reports: place, speed and course."""
    row = rows_beside(reports, batch)
    lat, lon, east, north = (
        reports[name].to_numpy(zero_copy_only=False)
        for name in ("lat_deg", "lon_deg", "vel_east_mps", "vel_north_mps")
    )
    out: dict[str, Any] = {}
    for label, used in (("all", row >= 0), ("settled", (row >= 0) & is_settled(reports, batch))):
        mine = row[used]
        ours = {
            name: batch.tracks[name].to_numpy()[mine]
            for name in ("lat_deg", "lon_deg", "vel_east_mps", "vel_north_mps")
        }
        dt_s = seconds(reports)[used] - seconds(batch.tracks)[mine]
        course = np.degrees(np.arctan2(ours["vel_east_mps"], ours["vel_north_mps"]))
        way_m = np.hypot(ours["vel_east_mps"], ours["vel_north_mps"]) * dt_s
        at = place_from(ours["lat_deg"], ours["lon_deg"], course, way_m)
        speed, turn = velocity_beside(batch, mine, east[used], north[used])
        fast = np.hypot(east[used], north[used]) > SPD_MIN_MPS
        out[label] = {
            "reports": int(used.sum()),
            "place_m": spread(ground_distance_m(*at, lat[used], lon[used])),
            "speed_mps": spread(speed[fast]),
            "course_deg": spread(turn[fast]),
        }
    return out


def measure(path: Path) -> dict[str, Any]:
    """Track a recording; the figures of both runs."""
    reports, counts = read_reports(path)
    tracks = np.array(reports["kind"].to_pylist()) == "track"
    reports = reports.filter(pa.array(tracks))
    number = reports["track_sensor"].to_numpy(zero_copy_only=False).astype(float)
    kind, name = names(reports)
    result: dict[str, Any] = {
        "recording": path.name, **counts, "reports": reports.num_rows, "names": kind,
        "numbers": int(np.unique(number[np.isfinite(number)]).size),
    }  # fmt: skip
    for label, hidden in RUNS.items():
        start = time.process_time()
        batch = track.Tracker([], geoid_height_m=GEOID_M).feed(without(reports, *hidden))
        spent_s = time.process_time() - start
        ours = batch.tracks["track"].to_numpy()
        sure = np.array(batch.tracks["status"].to_pylist()) == "confirmed"
        result[label] = {
            "tracks": int(np.unique(ours).size),
            "tracks_confirmed": int(np.unique(ours[sure]).size),
            "rows_by_status": dict(Counter(batch.tracks["status"].to_pylist())),
            "dropped": batch.dropped,
            "reports_per_cpu_second": round(reports.num_rows / spent_s),
            "against_numbers": judge(reports, number, batch, leg_gap_s=LEG_GAP_S),
            "against_names": judge(reports, name, batch, leg_gap_s=LEG_GAP_S),
            "differences": differences(reports, batch),
        }
    return result


TITLES = {"everything": "everything", "places_and_heights_only": "places and heights only"}


def tell_markdown(results: list[dict[str, Any]]) -> str:
    """Write the tables of docs/tracking.md."""
    out = []
    for result in results:
        life, off = [], []
        for label, title in TITLES.items():
            one = result[label]
            by_number, by_name = one["against_numbers"], one["against_names"]
            life.append(
                [
                    title,
                    f"{one['tracks']} ({one['tracks_confirmed']})",
                    f"{by_number['purity']:.4f} / {by_number['completeness_by_plot']:.4f}",
                    f"{by_name['purity']:.4f} / {by_name['completeness_by_plot']:.4f}",
                    f"{by_number['time_covered']:.3f}",
                    str(len(by_number["breaks"])),
                ]
            )
            for which, found in one["differences"].items():
                off.append(
                    [f"{title}, {which}", f"{found['reports']:,}"]
                    + [
                        " / ".join(f"{found[key][n]:{form}}" for n in ("rms", "median", "p95"))
                        for key, form in (
                            ("place_m", ".0f"), ("speed_mps", ".1f"), ("course_deg", ".1f")
                        )
                    ]
                )  # fmt: skip
        out += [
            f"{result['recording']}: {result['reports']:,} states of {result['numbers']} track "
            f"numbers.",
            in_markdown(
                [
                    "given to the tracker", "tracks (confirmed)",
                    "purity / completeness by I062/040",
                    f"purity / completeness by {result['names']}", "time covered",
                    "numbers with more tracks than legs",
                ],
                life,
            ),
            in_markdown(
                [
                    "given to the tracker", "states", "place [m]: RMS / median / 95 %",
                    "speed [m/s]", "course [deg]",
                ],
                off,
            ),
        ]  # fmt: skip
    return "\n\n".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("recordings", nargs="*", type=Path, default=RECORDINGS)
    parser.add_argument("--markdown", action="store_true", help="as docs/tracking.md has it")
    asked = parser.parse_args()
    track.warm_up()
    results = [measure(path) for path in asked.recordings]
    if asked.markdown:
        print(tell_markdown(results))
        return
    json.dump(results, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
