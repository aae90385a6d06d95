"""Registration by itself: a scene's plots beside its ADS-B, or pairs of radars without any.

    python benchmarks/tracking/registration.py SCENE [--mode references|pairs|both] [--jump]
        [--wrong F] [--deaf SENSOR]... [--every S]

Prints the errors of the estimated biases against ``about.json`` over time, the NEES of each radar's
four biases (4 is honest), and the alarms. Reports are taken in order of arrival, so nothing is
known from the future: a reference is the latest report that was heard before the plot was.

--jump     the first Mode S radar's azimuth jumps by 0.15 degrees at minute 8
--wrong F  this share of the plots with an address is compared with another aircraft's report
--deaf S   a radar whose plots are never compared with anything
--mode     ``pairs`` drops ADS-B altogether: the tracker (airshield.track) makes tracks of the
           radars' plots alone, and two radars' plots of a track are a pair; ``both`` has references
           for every second radar, and pairs for all
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from airshield.config import load_shield
from airshield.geo import Origin
from airshield.sensors import Radar
from airshield.track import Tracker
from airshield.track.registration import (
    SIGHT,
    RegistrationSettings,
    _kernels,
    config_record,
    registration_table,
    start_biases,
)

REPORT_MAX_S: Final = 3.0
"""A report further away than this from the plot's time is no reference."""
PAIR_MAX_S: Final = 2.0
SIGMA_ACC_MPS2: Final = 2.0
"""Of an aircraft between a report and the plot: a few per cent of them turn, at 3 to 7 m/s²."""
SIGMA_SPD_MPS: Final = 1.0
SIGMA_HAE_M: Final = 15.0
SIGMA_TRACK_SPD_MPS: Final = 8.0
SETTLE_S: Final = 10.0
JUMP_S: Final = 480.0
JUMP_RAD: Final = math.radians(0.15)


@dataclass(slots=True)
class Shot:
    """The estimates of one moment: time, biases, covariances, elevation, counts, alarms."""

    t_s: float
    b: NDArray[np.float64]
    cov: NDArray[np.float64]
    elv: NDArray[np.float64]
    references: NDArray[np.int64]
    pairs: NDArray[np.int64]


@dataclass(slots=True)
class Scene:
    """What the driver reads of a scene's folder."""

    radars: tuple[Radar, ...]
    about: dict[str, Any]
    table: pa.Table
    t0_ns: int
    geoid_m: float
    columns: dict[str, NDArray[Any]] = field(default_factory=dict)

    def true(self, i: int) -> NDArray[np.float64]:
        """Radar i's biases in the kernels' units; elevation last."""
        bias = self.about["radars"][i]["bias"]
        return np.array(
            [
                bias["rng_m"],
                bias["rng_gain"],
                math.radians(bias["azm_deg"]),
                bias["t_s"],
                math.radians(bias["elv_deg"]),
            ]
        )


def read_scene(folder: Path) -> Scene:
    shield = load_shield(folder)
    table = pq.read_table(folder / "reports.parquet")
    about = json.loads((folder / "about.json").read_text())
    scene = Scene(shield.radars, about, table, about["t_start_ns"], shield.geoid_height_m)
    names = {radar.sensor: i for i, radar in enumerate(shield.radars)}
    columns = scene.columns
    columns["sensor"] = np.array([names.get(s, -1) for s in table["sensor"].to_pylist()])
    for name in ("t", "t_heard"):
        columns[name] = (table[name].cast(pa.int64()).to_numpy() - scene.t0_ns) * 1e-9
    columns["mode_s"] = table["mode_s"].cast(pa.int64()).fill_null(-1).to_numpy()
    for name in (
        *("rng_slant_m", "azm_true_deg", "elv_deg", "lat_deg", "lon_deg", "alt_baro_m"),
        *("alt_hae_m", "vel_east_mps", "vel_north_mps", "vel_up_mps", "sigma_pos_m"),
    ):
        columns[name] = table[name].fill_null(math.nan).to_numpy()
    for name in ("azm_true_deg", "elv_deg", "lat_deg", "lon_deg"):
        columns[name.replace("_deg", "_rad")] = np.radians(columns[name])
    return scene


class Driver:
    """Feeds the kernels as a tracker would."""

    def __init__(
        self,
        scene: Scene,
        *,
        settings: RegistrationSettings | None = None,
        every_s: float = 60.0,
        jump: int = -1,
        wrong: float = 0.0,
        deaf: tuple[int, ...] = (),
    ) -> None:
        self.scene, self.every_s = scene, every_s
        self.jump, self.wrong, self.deaf = jump, wrong, deaf
        n = len(scene.radars)
        self.config = config_record(settings or RegistrationSettings())
        self.biases = start_biases(n, self.config)
        self.seen = np.zeros(2, SIGHT).view(np.recarray)
        self.Y, self.q = np.zeros((4 * n, 4 * n)), np.zeros(4 * n)
        self.A, self.right = np.empty((4 * n + 4, 4 * n + 4)), np.empty(4 * n)
        self.rows, self.S = np.empty(n, np.int64), np.empty((2, 2))
        self.ecef, self.vel = np.empty(3), np.empty(3)
        origins = [
            Origin(lat_deg=r.lat_deg, lon_deg=r.lon_deg, hae_m=r.antenna_hae_m)
            for r in scene.radars
        ]
        self.radar_ecef = [origin.ecef_m() for origin in origins]
        self.radar_axes = [origin.axes() for origin in origins]
        self.var = [
            np.array([r.sigma_rng_m**2, math.radians(r.sigma_azm_deg) ** 2]) for r in scene.radars
        ]
        self.sigma_elv = [math.radians(r["sigma_elv_deg"] or 0.0) for r in scene.about["radars"]]
        self.alarms: list[tuple[float, int]] = []
        self.shots: list[Shot] = []
        self.settled_s = 0.0
        self.luck = np.random.default_rng(5)

    def look(self, row: int, t_ref: float, which: int) -> None:
        """Compare plot ``row`` with the line at hand, whose place is of ``t_ref``."""
        c, i = self.scene.columns, int(self.scene.columns["sensor"][row])
        t = float(c["t"][row])
        azm = float(c["azm_true_rad"][row])
        if i == self.jump and t > JUMP_S:
            azm += JUMP_RAD
        _kernels.sight(
            self.radar_ecef[i], self.radar_axes[i], self.ecef, self.vel, t - t_ref,
            float(c["rng_slant_m"][row]), azm, float(c["elv_rad"][row]), t, self.seen[which],
        )  # fmt: skip

    def note_reference(self, row: int, report: int, since_s: float) -> int:
        c, i = self.scene.columns, int(self.scene.columns["sensor"][row])
        hae, var_hae = float(c["alt_hae_m"][report]), SIGMA_HAE_M**2
        if math.isnan(hae):
            baro = float(c["alt_baro_m"][report])
            hae, var_hae = baro + self.scene.geoid_m, (40.0 + 0.03 * max(baro, 0.0)) ** 2
        vel = [float(c[name][report]) for name in ("vel_east_mps", "vel_north_mps", "vel_up_mps")]
        _kernels.carry_place(
            float(c["lat_rad"][report]), float(c["lon_rad"][report]), hae, *vel, 0.0,
            self.ecef, self.vel,
        )  # fmt: skip
        t_ref = float(c["t"][report])
        self.look(row, t_ref, 0)
        dt = float(c["t"][row]) - t_ref
        carry = dt * dt * (SIGMA_SPD_MPS**2 + (0.5 * SIGMA_ACC_MPS2 * dt) ** 2)
        sigma = float(c["sigma_pos_m"][report])
        stays = (75.0 if math.isnan(sigma) else sigma) ** 2
        done = int(
            _kernels.note_reference(
                self.biases[i], self.seen[0], self.var[i][0], self.var[i][1],
                self.sigma_elv[i] ** 2, stays, var_hae, carry, since_s, self.config[0],
            )
        )  # fmt: skip
        if done == _kernels.ALARM:
            _kernels.forget(i, self.Y, self.q)
            self.alarms.append((float(c["t"][row]), i))
        return done

    def settle(self, now: float) -> None:
        _kernels.settle(
            self.biases, self.Y, self.q, now - self.settled_s, now, self.A, self.right, self.rows,
            self.config[0],
        )  # fmt: skip
        self.settled_s = now

    def shoot(self, now: float) -> None:
        b = self.biases
        self.shots.append(
            Shot(now, b.b.copy(), b.B.copy(), b.elv.copy(), b.references.copy(), b.pairs.copy())
        )

    def run(self, *, with_references: tuple[int, ...], with_pairs: bool) -> None:
        """Take the scene's reports in order of arrival."""
        c = self.scene.columns
        rows = self._tracks() if with_pairs else None
        last_report: dict[int, int] = {}
        last_used: dict[tuple[int, int], float] = {}
        waiting: dict[int, int] = {}
        paired: dict[int, float] = {}
        now = 0.0
        for row in range(len(c["t"])):
            i = int(c["sensor"][row])
            now = max(now, float(c["t_heard"][row]))
            if now - self.settled_s >= SETTLE_S:
                self.settle(now)
                if now // self.every_s > (now - SETTLE_S) // self.every_s:
                    self.shoot(now)
            address = int(c["mode_s"][row])
            if i < 0:
                last_report[address] = row
                continue
            if i in self.deaf or math.isnan(c["rng_slant_m"][row]):
                continue
            t = float(c["t"][row])
            if rows is not None:
                self._pair(row, rows, waiting, paired)
            if address < 0 or i not in with_references:
                continue
            heard = address
            if self.wrong and self.luck.random() < self.wrong:
                heard = list(last_report)[int(self.luck.integers(len(last_report)))]
            report = last_report.get(heard)
            if report is None or abs(t - float(c["t"][report])) > REPORT_MAX_S:
                continue
            since = t - last_used.get((i, heard), -math.inf)
            if self.note_reference(row, report, since) == _kernels.USED:
                last_used[i, heard] = t
        self.settle(now)
        self.shoot(now)

    def _tracks(self) -> dict[str, NDArray[Any]]:
        """What the tracker makes of the radars alone: each plot's track, each track's states."""
        table = self.scene.table
        mine = np.flatnonzero(self.scene.columns["sensor"] >= 0)
        tracker = Tracker(self.scene.radars, geoid_height_m=self.scene.geoid_m)
        batch = tracker.feed(table.take(pa.array(mine)))
        tracks = batch.tracks.filter(pc.is_valid(batch.tracks["alt_hae_m"]))
        track_of = np.zeros(table.num_rows, np.uint64)
        track_of[mine] = batch.track_of_report
        out = {name: tracks[name].to_numpy() for name in tracks.schema.names if name in (
            "track", "frame", "lat_deg", "lon_deg", "alt_hae_m", "vel_east_mps", "vel_north_mps",
        )}  # fmt: skip
        out["vel_up_mps"] = tracks["vel_up_mps"].fill_null(0.0).to_numpy()
        out["t"] = (tracks["t"].cast(pa.int64()).to_numpy() - self.scene.t0_ns) * 1e-9
        # A report's own frame is its row here, so a track's rows before a plot are those of less.
        order = np.lexsort((out["frame"], out["track"]))
        for name in list(out):
            out[name] = out[name][order]
        out["track_of"] = track_of
        out["key"] = out["track"].astype(np.int64) * table.num_rows + out["frame"].astype(np.int64)
        return out

    def _pair(
        self,
        row: int,
        tracks: dict[str, NDArray[Any]],
        waiting: dict[int, int],
        paired: dict[int, float],
    ) -> None:
        """Make a pair of this plot and the last one of its track, if another radar's."""
        c = self.scene.columns
        track = int(tracks["track_of"][row])
        if track == 0:
            return
        other = waiting.get(track)
        waiting[track] = row
        if other is None:
            return
        i, j = int(c["sensor"][other]), int(c["sensor"][row])
        t = float(c["t"][row])
        if i == j or abs(t - float(c["t"][other])) > PAIR_MAX_S:
            return
        at = int(np.searchsorted(tracks["key"], track * len(c["t"]) + row)) - 1
        if at < 0 or tracks["track"][at] != track:
            return
        t_ref = float(tracks["t"][at])
        if abs(t - t_ref) > 8.0:
            return
        _kernels.carry_place(
            math.radians(tracks["lat_deg"][at]), math.radians(tracks["lon_deg"][at]),
            *(float(tracks[name][at]) for name in (
                "alt_hae_m", "vel_east_mps", "vel_north_mps", "vel_up_mps")),
            0.0, self.ecef, self.vel,
        )  # fmt: skip
        self.look(other, t_ref, 0)
        self.look(row, t_ref, 1)
        var_hae = (40.0 + 0.03 * max(float(tracks["alt_hae_m"][at]), 0.0)) ** 2
        done = _kernels.note_pair(
            self.biases, i, j, self.seen[0], self.seen[1], self.var[i], self.var[j], var_hae,
            SIGMA_TRACK_SPD_MPS**2, t - paired.get(track, -math.inf), self.Y, self.q, self.S,
            self.config[0],
        )  # fmt: skip
        del waiting[track]  # each plot's noise counts once
        if done == _kernels.USED:
            paired[track] = t
        elif done >= _kernels.ALARM:
            radar = i if done == _kernels.ALARM else j
            _kernels.forget(radar, self.Y, self.q)
            self.alarms.append((t, radar))


def print_shots(driver: Driver) -> None:
    scene = driver.scene
    print("errors; range at half the radar's range; NEES of the four biases together (4 is honest)")
    print(
        f"{'min':>5} {'sensor':>7} {'refs':>6} {'pairs':>6} {'rng m':>7} {'±':>6} {'azm deg':>8} "
        f"{'±':>7} {'t ms':>7} {'±':>6} {'elv deg':>8} {'NEES':>6}"
    )
    for shot in driver.shots:
        total = []
        for i, radar in enumerate(scene.radars):
            true = scene.true(i)
            if i == driver.jump and shot.t_s > JUMP_S:
                true[2] += JUMP_RAD
            wrong = shot.b[i] - true[:4]
            g = np.array([1.0, 0.5 * radar.rng_max_m, 0.0, 0.0])
            sigma = np.sqrt(np.diag(shot.cov[i]))
            nees = float(wrong @ np.linalg.solve(shot.cov[i], wrong))
            total.append(nees)
            elv = math.degrees(shot.elv[i] - true[4]) if driver.sigma_elv[i] else math.nan
            print(
                f"{shot.t_s / 60.0:5.1f} {radar.sensor:>7} {shot.references[i]:6d} "
                f"{shot.pairs[i]:6d} {g @ wrong:7.1f} {np.sqrt(g @ shot.cov[i] @ g):6.1f} "
                f"{math.degrees(wrong[2]):8.4f} {math.degrees(sigma[2]):7.4f} "
                f"{1e3 * wrong[3]:7.1f} {1e3 * sigma[3]:6.1f} {elv:8.4f} {nees:6.2f}"
            )
        print(f"{'':5} mean NEES {np.mean(total):.2f}")
    for t_s, i in driver.alarms:
        print(f"alarm at {t_s:.1f} s: {scene.radars[i].sensor}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("scene", type=Path)
    parser.add_argument("--mode", choices=("references", "pairs", "both"), default="references")
    parser.add_argument("--jump", action="store_true")
    parser.add_argument("--wrong", type=float, default=0.0)
    parser.add_argument("--deaf", action="append", default=[])
    parser.add_argument("--every", type=float, default=120.0)
    asked = parser.parse_args()
    scene = read_scene(asked.scene)
    names = [radar.sensor for radar in scene.radars]
    mode_s = [i for i, radar in enumerate(scene.about["radars"]) if radar["is_mode_s"]]
    driver = Driver(
        scene,
        every_s=asked.every,
        jump=mode_s[0] if asked.jump else -1,
        wrong=asked.wrong,
        deaf=tuple(names.index(name) for name in asked.deaf),
    )
    everyone = tuple(range(len(names)))
    driver.run(
        with_references={"references": everyone, "pairs": (), "both": everyone[::2]}[asked.mode],
        with_pairs=asked.mode != "references",
    )
    print_shots(driver)
    table = registration_table(
        driver.biases, sensors=names, t_s=driver.settled_s, t0_ns=scene.t0_ns
    )
    for row in table.drop_columns(["t", "t_alarm"]).to_pylist():
        print(row)


if __name__ == "__main__":
    main()
