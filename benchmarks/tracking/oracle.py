"""The oracle: who each plot came from is known, and a plain constant-velocity filter does the rest.

    python benchmarks/tracking/oracle.py SCENE TRACKS.parquet [--q 10]

It shows what association costs: better than this takes a better filter than one model of motion.
Plots are placed in a plane as for Stone Soup (plane.py); a late plot takes its state back to its
time without noise of motion. A target is published from its second plot on, at every plot and
where it is predicted to be when there was none for 4 s, and ends 30 s after the last.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from plane import NO_CODE, Assumed, Plots, read_plots, write_tracks

Floats = NDArray[np.float64]

SIGMA_SPD0_MPS = 120.0
Q_UP = 2.0
PUBLISH_S = 4.0
END_S = 30.0
SWEEP_S = 0.5


class _Target:
    """State x, vx, y, vy, z, vz of one target, with its covariance."""

    def __init__(self, plots: Plots, row: int, q: float) -> None:
        self.plots, self.q = plots, np.array([q, q, Q_UP])
        self.t_s = float(plots.t_s[row])
        self.x = np.zeros(6)
        self.x[[0, 2, 4]] = plots.z_m[row]
        self.cov = np.diag([0.0, SIGMA_SPD0_MPS**2, 0.0, SIGMA_SPD0_MPS**2, 0.0, 100.0])
        self.cov[np.ix_([0, 2], [0, 2])] = plots.cov_m2[row]
        self.cov[4, 4] = min(float(plots.sigma_z_m[row]), Assumed().sigma_hae_m) ** 2
        self.plots_seen = 1
        self.mode_s = int(plots.mode_s[row])
        self.published_s = -math.inf
        self.heard_s = float(plots.heard_s[row])
        if not math.isnan(plots.vel_mps[row, 0]):
            self.x[[1, 3]] = plots.vel_mps[row, :2]
            self.cov[1, 1] = self.cov[3, 3] = 25.0

    def at(self, t_s: float) -> tuple[Floats, Floats]:
        step = t_s - self.t_s
        F = np.eye(6)
        F[0, 1] = F[2, 3] = F[4, 5] = step
        cov = F @ self.cov @ F.T
        ahead = max(step, 0.0)
        for i, q in enumerate(self.q):
            a = 2 * i
            cov[a, a] += q * ahead**3 / 3.0
            cov[a, a + 1] += q * ahead**2 / 2.0
            cov[a + 1, a] += q * ahead**2 / 2.0
            cov[a + 1, a + 1] += q * ahead
        return F @ self.x, cov

    def update(self, row: int) -> None:
        plots = self.plots
        t_s = float(plots.t_s[row])
        x, cov = self.at(t_s)
        axes, z, noise = [0, 2], list(plots.z_m[row, :2]), [0.0, 0.0]
        if math.isfinite(plots.sigma_z_m[row]):
            axes.append(4)
            z.append(plots.z_m[row, 2])
            noise.append(float(plots.sigma_z_m[row]) ** 2)
        if not math.isnan(plots.vel_mps[row, 0]):
            axes += [1, 3]
            z += list(plots.vel_mps[row, :2])
            noise += [9.0, 9.0]
        R = np.diag(noise)
        R[:2, :2] = plots.cov_m2[row]
        gain = np.linalg.solve(cov[np.ix_(axes, axes)] + R, cov[axes]).T
        self.x = x + gain @ (np.array(z) - x[axes])
        cov = cov - gain @ cov[axes]
        self.cov = 0.5 * (cov + cov.T)
        self.t_s, self.heard_s = t_s, float(plots.heard_s[row])
        self.plots_seen += 1
        if plots.mode_s[row] != NO_CODE:
            self.mode_s = int(plots.mode_s[row])


def run(scene: Path, to: Path, q: float) -> float:
    """Track a scene; return the seconds of processor time that the filter took."""
    plots = read_plots(scene)
    given = pq.read_table(scene / "oracle.parquet", columns=["frame", "target"])
    frames = given["frame"].to_numpy()
    order = np.argsort(frames, kind="stable")
    target_of = given["target"].to_numpy()[order][np.searchsorted(frames[order], plots.frame)]
    targets: dict[int, _Target] = {}
    rows: list[tuple[float, int, Floats, Floats, int, int]] = []
    place = np.ix_([0, 2, 4], [0, 2, 4])
    start = time.process_time()
    swept_s = -math.inf
    for row, number in enumerate(target_of.tolist()):
        now = float(plots.heard_s[row])
        if number >= 0:
            one = targets.get(number)
            if one is None:
                targets[number] = _Target(plots, row, q)
            else:
                one.update(row)
                rows.append((one.t_s, number, one.x, one.cov[place], one.mode_s, row))
                one.published_s = now
        if now - swept_s < SWEEP_S:
            continue
        swept_s = now
        for known, one in list(targets.items()):
            if now - one.heard_s > END_S:
                del targets[known]
            elif one.plots_seen > 1 and now - one.published_s > PUBLISH_S:
                x, cov = one.at(now)
                rows.append((now, known, x, cov[place], one.mode_s, row))
                one.published_s = now
    took_s = time.process_time() - start
    write_tracks(
        to,
        plots,
        t_s=np.array([r[0] for r in rows]),
        track=np.array([r[1] for r in rows], np.int64),
        state=np.array([r[2] for r in rows]).reshape(-1, 6),
        cov=np.array([r[3] for r in rows]).reshape(-1, 3, 3),
        mode_s=np.array([r[4] for r in rows], np.int64),
        report=np.array([r[5] for r in rows], np.int64),
    )
    return took_s


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("scene", type=Path)
    parser.add_argument("tracks", type=Path)
    parser.add_argument("--q", type=float, default=10.0, help="noise of motion [m²/s³]")
    asked = parser.parse_args()
    took_s = run(asked.scene, asked.tracks, asked.q)
    print(f"{took_s:.1f} CPU-seconds")


if __name__ == "__main__":
    main()
