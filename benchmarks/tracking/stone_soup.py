"""The reference open tracker on a scene: Stone Soup, tuned as well as we know how.

    .peers/tracking/bin/python benchmarks/tracking/stone_soup.py SCENE TRACKS.parquet
        [--set q=8 ...] [--json]

It runs in an environment of its own (``make peers``) and needs no airshield. Stone Soup's own parts
do the work: its Kalman predictor and updater, its Mahalanobis distance, distance hypothesiser and
global nearest neighbour assignment. What "tuned" means:

- plots become places in a plane for all at once, and detections are made, outside the clock;
- plain linear Kalman updates; the motion model gives its matrices in closed form;
- arrays tell which tracks a plot could belong to before Stone Soup sees the pair, and assignment is
  solved in clusters of pairs that share a plot or a track;
- a plot with an address goes straight to the track of that address, and never starts a second one;
- confirmed tracks choose before tentative ones;
- a plot that arrives late takes its track back to its time without noise of motion, so nothing is
  held back to be sorted;
- a track remembers one state;
- a confirmed track that had no plot for a while is published where it is predicted to be;
- process noise and life cycle as they scored best on seeds that no table reports
  (``bench.py --tune``).

The clock is the processor time of the tracking loop alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plane import NO_CODE, Assumed, Plots, read_plots, write_tracks
from stonesoup.base import Property
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.measures import Mahalanobis
from stonesoup.models.base import TimeVariantModel
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.transition.linear import LinearGaussianTransitionModel
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.types.array import CovarianceMatrix, StateVector
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.types.track import Track
from stonesoup.updater.kalman import KalmanUpdater

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHUNK = 20_000
"""Detections made at once, so that a long recording's need not all be in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What is chosen by what scores best.

    Attributes
    ----------
    q : float
        Density of the white-noise acceleration, each horizontal axis [m²/s³].
    q_z : float
        The same upwards.
    gate, gate_address : float
        Mahalanobis distance within which a plot fits; with the track's own address.
    hits, hits_address : int
        Plots that confirm a track, of any kind or with an address.
    window_turns : float
        Turns of the radar within which they must come.
    end_turns, end_min_s : float
        Turns without a plot, and least time, after which a confirmed track ends.
    sigma_spd0_mps : float
        One sigma of each velocity component at birth.
    publish_s : float
        Age of a track's last row after which it is published where it is predicted to be.
    sigma_hae_m : float
        How well an assumed height is known.
    """

    q: float = 20.0
    q_z: float = 2.0
    gate: float = 4.5
    gate_address: float = 8.0
    hits: int = 5
    hits_address: int = 2
    window_turns: float = 6.0
    end_turns: float = 3.0
    end_min_s: float = 12.0
    sigma_spd0_mps: float = 120.0
    publish_s: float = 4.0
    sigma_hae_m: float = 3000.0


class Motion(LinearGaussianTransitionModel, TimeVariantModel):
    """Constant velocity on three axes, state x, vx, y, vy, z, vz.

    The library's combined model gives the same matrices in several times the time.
    """

    densities: Any = Property(doc="Density of the white-noise acceleration on each axis [m²/s³]")

    @property
    def ndim_state(self) -> int:
        return 6

    def matrix(self, time_interval: dt.timedelta, **_: Any) -> Floats:
        out = np.eye(6)
        out[0, 1] = out[2, 3] = out[4, 5] = time_interval.total_seconds()
        return out

    def covar(self, time_interval: dt.timedelta, **_: Any) -> CovarianceMatrix:
        # Back in time a state is known as well as the noise that has been added lets it be.
        step = max(time_interval.total_seconds(), 0.0)
        out = np.zeros((6, 6))
        for i, q in enumerate(self.densities):
            a = 2 * i
            out[a, a] = q * step**3 / 3.0
            out[a, a + 1] = out[a + 1, a] = q * step**2 / 2.0
            out[a + 1, a + 1] = q * step
        return out.view(CovarianceMatrix)


@dataclass(slots=True, eq=False)
class Life:
    """What the tracker knows of a track beside Stone Soup's state."""

    track: Track
    number: int
    slot: int
    mode_s: int
    mode_3a: int
    give_up_s: float
    confirmed: bool = False
    hits: int = 0
    strikes: int = 0


class StoneSoupTracker:
    """Global nearest neighbour over plots of many sensors."""

    def __init__(self, plots: Plots, tuning: Tuning) -> None:
        self.plots, self.tuning = plots, tuning
        predictor = KalmanPredictor(Motion(densities=(tuning.q, tuning.q, tuning.q_z)))
        self.updater = KalmanUpdater(force_symmetric_covariance=True)
        self.near = DistanceHypothesiser(predictor, self.updater, Mahalanobis(), tuning.gate)
        self.near_address = DistanceHypothesiser(
            predictor, self.updater, Mahalanobis(), tuning.gate_address
        )
        self.assign = GNNWith2DAssignment(self.near)
        self.lives: dict[int, Life] = {}
        self.of_track: dict[Track, Life] = {}
        self.by_address: dict[int, Life] = {}
        self.made = 0
        self.updates = 0
        # Copies of the states, for the gates: slots of ended tracks are used again.
        self.free: list[int] = []
        self.size = 0
        self._grow(256)
        self.rows: list[tuple[float, int, Floats, Floats, int, int]] = []
        self.swept_s = -math.inf

    def _grow(self, size: int) -> None:
        old = self.size
        empty = {
            "x": np.zeros((size, 6)),
            "p": np.zeros((size, 3)),
            "t": np.zeros(size),
            "live": np.zeros(size, bool),
            "sure": np.zeros(size, bool),
            "address": np.full(size, NO_CODE),
            "code": np.full(size, NO_CODE),
            "published": np.full(size, -np.inf),
            "deadline": np.zeros(size),
            "number": np.zeros(size, np.int64),
            "last": np.full((size, len(self.plots.turn_s)), -np.inf),
        }
        for name, array in empty.items():
            if old:
                array[:old] = getattr(self, name)
            setattr(self, name, array)
        self.free.extend(range(size - 1, old - 1, -1))
        self.size = size

    # ------------------------------------------------------------------ one message

    def take(self, rows: Ints, detections: list[Detection]) -> None:
        """Take the reports of one message of one sensor."""
        plots = self.plots
        left: list[int] = []
        updated: set[int] = set()
        for i in range(len(rows)):
            life = self.by_address.get(int(plots.mode_s[rows[i]]))
            if life is None:
                left.append(i)
            elif self._by_address(life, int(rows[i]), detections[i]):
                updated.add(life.number)
        for sure in (True, False):
            if left:
                left = self._by_place(rows, detections, left, sure, updated)
        for i in left:
            self._begin(int(rows[i]), detections[i])

    def _by_address(self, life: Life, row: int, detection: Detection) -> bool:
        found = self.near_address.hypothesise(life.track[-1], [detection], detection.timestamp)
        best = found[0]
        if best:
            life.strikes = 0
            self._update(life, row, best)
            return True
        life.strikes += 1
        if life.strikes >= 3:
            self._end(life)
            self._begin(row, detection)
        return False

    def _by_place(
        self,
        rows: Ints,
        detections: list[Detection],
        left: list[int],
        sure: bool,
        updated: set[int],
    ) -> list[int]:
        pairs = self._gated(rows[left], sure, updated)
        taken: set[int] = set()
        for lives, local in _clusters(pairs):
            if len(lives) == 1 and len(local) == 1:
                state = lives[0].track[-1]
                one = detections[left[local[0]]]
                found = {lives[0]: self.near.hypothesise(state, [one], one.timestamp)[0]}
            else:
                these = [detections[left[j]] for j in local]
                joint = self.assign.associate(
                    {life.track for life in lives}, these, these[0].timestamp
                )
                found = {self.of_track[track]: best for track, best in joint.items()}
            at = {id(detections[left[j]]): j for j in local}
            for life, best in sorted(found.items(), key=lambda item: item[0].number):
                if best:
                    j = at[id(best.measurement)]
                    taken.add(j)
                    updated.add(life.number)
                    self._update(life, int(rows[left[j]]), best)
        return [left[j] for j in range(len(left)) if j not in taken]

    def _gated(self, rows: Ints, sure: bool, updated: set[int]) -> list[tuple[int, Life]]:
        """Pairs of a plot and a track that arrays alone cannot rule out."""
        slots = np.flatnonzero(self.live & (self.sure == sure))
        if not slots.size:
            return []
        plots, tuning = self.plots, self.tuning
        step = plots.t_s[rows][:, None] - self.t[slots][None, :]
        x, p = self.x[slots], self.p[slots]
        var = p[:, 0] + 2 * step * p[:, 1] + step**2 * p[:, 2]
        var += 2 * tuning.q * np.maximum(step, 0) ** 3 / 3
        var += np.trace(plots.cov_m2[rows], axis1=1, axis2=2)[:, None]
        away = (x[:, 0] + step * x[:, 1] - plots.z_m[rows, :1]) ** 2
        away += (x[:, 2] + step * x[:, 3] - plots.z_m[rows, 1:2]) ** 2
        fits = away <= tuning.gate**2 * var
        for have, told in ((self.address, plots.mode_s), (self.code, plots.mode_3a)):
            mine, theirs = have[slots][None, :], told[rows][:, None]
            fits &= (mine == theirs) | (mine == NO_CODE) | (theirs == NO_CODE)
        # One radar sees a track once a turn.
        sensor = plots.sensor[rows]
        last = self.last[slots][:, sensor].T
        fits &= plots.t_s[rows][:, None] - last > 0.5 * plots.turn_s[sensor][:, None]
        return [
            (int(j), self.lives[int(self.number[slots[k]])])
            for j, k in zip(*np.nonzero(fits), strict=True)
            if int(self.number[slots[k]]) not in updated
        ]

    # ------------------------------------------------------------------ life

    def _begin(self, row: int, detection: Detection) -> None:
        plots, tuning = self.plots, self.tuning
        z, vel = plots.z_m[row], plots.vel_mps[row]
        x = np.zeros(6)
        x[[0, 2, 4]] = z
        cov = np.zeros((6, 6))
        cov[np.ix_([0, 2], [0, 2])] = plots.cov_m2[row]
        cov[4, 4] = min(plots.sigma_z_m[row], tuning.sigma_hae_m) ** 2
        cov[1, 1] = cov[3, 3] = tuning.sigma_spd0_mps**2
        cov[5, 5] = 10.0**2
        if not math.isnan(vel[0]):
            x[[1, 3]] = vel[:2]
            cov[1, 1] = cov[3, 3] = 5.0**2
        self.made += 1
        if not self.free:
            self._grow(2 * self.size)
        state = GaussianState(StateVector(x), CovarianceMatrix(cov), timestamp=detection.timestamp)
        life = Life(
            track=Track([state]),
            number=self.made,
            slot=self.free.pop(),
            mode_s=int(plots.mode_s[row]),
            mode_3a=int(plots.mode_3a[row]),
            give_up_s=float(plots.heard_s[row]) + tuning.window_turns * self._turn_s(row),
        )
        slot = life.slot
        self.lives[life.number] = life
        self.of_track[life.track] = life
        if life.mode_s != NO_CODE:
            self.by_address[life.mode_s] = life
        self.live[slot], self.sure[slot] = True, False
        self.number[slot], self.address[slot] = life.number, life.mode_s
        self.published[slot] = self.deadline[slot] = -math.inf
        self.last[slot] = -math.inf
        self._note(life, row)

    def _turn_s(self, row: int) -> float:
        return max(float(self.plots.turn_s[self.plots.sensor[row]]), 4.0)

    def _update(self, life: Life, row: int, hypothesis: Any) -> None:
        plots = self.plots
        self.updates += 1
        done = self.updater.update(hypothesis)
        # An update remembers what it was made of, and so on back to the first plot: cut it.
        life.track.states = [GaussianState(done.state_vector, done.covar, timestamp=done.timestamp)]
        mode_s = int(plots.mode_s[row])
        if life.mode_s == NO_CODE and mode_s != NO_CODE and mode_s not in self.by_address:
            life.mode_s = mode_s
            self.by_address[mode_s] = life
            self.address[life.slot] = mode_s
        if plots.mode_3a[row] != NO_CODE:
            life.mode_3a = int(plots.mode_3a[row])
        self._note(life, row)

    def _note(self, life: Life, row: int) -> None:
        """Keep the arrays beside the states, and judge whether the track is confirmed."""
        plots, tuning, slot = self.plots, self.tuning, life.slot
        state = life.track.states[-1]
        t_s, cov = float(plots.t_s[row]), state.covar
        x = np.asarray(state.state_vector, float).ravel()
        self.x[slot], self.t[slot] = x, t_s
        self.p[slot] = (
            cov[0, 0] + cov[2, 2],
            cov[0, 1] + cov[2, 3],
            cov[1, 1] + cov[3, 3],
        )
        self.code[slot] = life.mode_3a
        self.last[slot, plots.sensor[row]] = t_s
        life.hits += 1
        if not life.confirmed and life.hits >= (
            tuning.hits if life.mode_s == NO_CODE else tuning.hits_address
        ):
            life.confirmed = True
            self.sure[slot] = True
        turns = tuning.end_turns if life.confirmed else min(tuning.end_turns, 2.5)
        wait = max(turns * self._turn_s(row), tuning.end_min_s)
        self.deadline[slot] = max(self.deadline[slot], float(plots.heard_s[row]) + wait)
        if life.confirmed:
            place = np.asarray(cov)[np.ix_([0, 2, 4], [0, 2, 4])]
            self.rows.append((t_s, life.number, x, place, life.mode_s, row))
            self.published[slot] = float(plots.heard_s[row])

    def _end(self, life: Life) -> None:
        self.live[life.slot] = False
        self.address[life.slot] = NO_CODE
        self.free.append(life.slot)
        del self.lives[life.number], self.of_track[life.track]
        if self.by_address.get(life.mode_s) is life:
            del self.by_address[life.mode_s]

    def sweep(self, row: int) -> None:
        """End what has had no plot for too long; publish what has not been told for a while."""
        now = float(self.plots.heard_s[row])
        if now - self.swept_s < 0.5:
            return
        self.swept_s = now
        for slot in np.flatnonzero(self.live & ~self.sure):
            life = self.lives[int(self.number[slot])]
            if now > life.give_up_s or now > self.deadline[slot]:
                self._end(life)
        for slot in np.flatnonzero(self.live & self.sure & (now > self.deadline)):
            self._end(self.lives[int(self.number[slot])])
        old = self.live & self.sure & (now - self.published > self.tuning.publish_s)
        for slot in np.flatnonzero(old):
            life = self.lives[int(self.number[slot])]
            state = self.near.predictor.predict(
                life.track.states[-1],
                timestamp=life.track.states[-1].timestamp
                + dt.timedelta(seconds=now - float(self.t[slot])),
            )
            place = np.asarray(state.covar)[np.ix_([0, 2, 4], [0, 2, 4])]
            x = np.asarray(state.state_vector, float).ravel()
            self.rows.append((now, life.number, x, place, life.mode_s, row))
            self.published[slot] = now


def _clusters(pairs: list[tuple[int, Life]]) -> list[tuple[list[Life], list[int]]]:
    """Tracks and plots that share pairs with each other and with nothing else."""
    of_plot: dict[int, list[Life]] = {}
    of_life: dict[Life, list[int]] = {}
    for j, life in pairs:
        of_plot.setdefault(j, []).append(life)
        of_life.setdefault(life, []).append(j)
    out = []
    seen: set[int] = set()
    for first in of_plot:
        if first in seen:
            continue
        seen.add(first)
        plots, lives, todo = [first], dict[Life, None](), [first]
        while todo:
            for life in of_plot[todo.pop()]:
                if life in lives:
                    continue
                lives[life] = None
                new = [j for j in of_life[life] if j not in seen]
                seen.update(new)
                plots += new
                todo += new
        out.append((list(lives), sorted(plots)))
    return out


def _detections(plots: Plots, start: int, stop: int) -> list[Detection]:
    """Make Stone Soup's detections of some reports."""
    epoch = dt.datetime.fromtimestamp(0, dt.UTC).replace(tzinfo=None)
    out = []
    for i in range(start, stop):
        axes, noise = [0, 2], plots.cov_m2[i]
        z = list(plots.z_m[i, :2])
        extra: list[tuple[int, float, float]] = []
        if math.isfinite(plots.sigma_z_m[i]):
            extra.append((4, plots.z_m[i, 2], plots.sigma_z_m[i]))
        if not math.isnan(plots.vel_mps[i, 0]):
            extra += [(1, plots.vel_mps[i, 0], 3.0), (3, plots.vel_mps[i, 1], 3.0)]
        if not math.isnan(plots.vel_mps[i, 2]):
            extra.append((5, plots.vel_mps[i, 2], 1.5))
        cov = np.zeros((2 + len(extra), 2 + len(extra)))
        cov[:2, :2] = noise
        for k, (axis, value, sigma) in enumerate(extra, start=2):
            axes.append(axis)
            z.append(value)
            cov[k, k] = sigma**2
        out.append(
            Detection(
                StateVector(z),
                timestamp=epoch + dt.timedelta(microseconds=round(plots.t_s[i] * 1e6)),
                measurement_model=LinearGaussian(
                    ndim_state=6, mapping=axes, noise_covar=CovarianceMatrix(cov)
                ),
            )
        )
    return out


def run(scene: Path, to: Path, tuning: Tuning) -> dict[str, float]:
    """Track a scene; return what it took."""
    plots = read_plots(scene, Assumed(sigma_hae_m=tuning.sigma_hae_m))
    tracker = StoneSoupTracker(plots, tuning)
    total = len(plots.t_s)
    edges = np.append(np.flatnonzero(np.diff(plots.group, prepend=-1)), total)
    took_s, done = 0.0, 0
    while done < len(edges) - 1:
        upto = done + 1
        while upto < len(edges) - 1 and edges[upto] - edges[done] < CHUNK:
            upto += 1
        first = int(edges[done])
        detections = _detections(plots, first, int(edges[upto]))
        start = time.process_time()
        for start_row, stop in zip(edges[done:upto], edges[done + 1 : upto + 1], strict=True):
            tracker.take(np.arange(start_row, stop), detections[start_row - first : stop - first])
            tracker.sweep(int(stop) - 1)
        took_s += time.process_time() - start
        done = upto
    rows = tracker.rows
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
    return {
        "reports": total,
        "updates": tracker.updates,
        "begun": tracker.made,
        "cpu_s": took_s,
        "per_cpu_s": total / took_s if took_s else math.nan,
    }


def parse_tuning(texts: list[str]) -> Tuning:
    """Read ``NAME=VALUE`` settings."""
    kinds = {field.name: type(field.default) for field in fields(Tuning)}
    given = dict(text.split("=", 1) for text in texts)
    return replace(Tuning(), **{name: kinds[name](value) for name, value in given.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scene", type=Path)
    parser.add_argument("tracks", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = run(asked.scene, asked.tracks, parse_tuning(asked.set))
    if asked.json:
        print(json.dumps(found))
        return
    print(
        f"{found['reports']:,.0f} reports, {found['begun']:,.0f} tracks begun, "
        f"{found['cpu_s']:.1f} CPU-seconds, {found['per_cpu_s']:,.0f} reports per CPU-second"
    )


if __name__ == "__main__":
    main()
