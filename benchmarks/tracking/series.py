"""The numbers behind the pictures of docs/tracking.md: plain arrays out of scenes and track files.

What each track file costs by target and instant (:func:`follow`), whose cost that is
(:func:`by_kind`), whether its covariances are true over time (:func:`honesty`), which parts of a
scene are worth a closer look (:func:`choose_insets`) and how far off estimated biases are
(:func:`bias_errors`). ``pictures.py`` draws them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measures import Instant, tally
from numpy.typing import NDArray
from scipy.stats import chi2
from score import (
    CUTOFF_M,
    REPORT_COLUMNS,
    SECOND_NS,
    STEP_S,
    Errors,
    Looks,
    Rows,
    SceneError,
    Truth,
    errors,
    float_column,
    ns_column,
    read_tracks,
    read_truth,
)

from airshield.config import load_shield
from airshield.geo import place_from

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CLUTTER: Final = -1
"""Target of a false plot in oracle.parquet."""

INSET_S: Final = 120
CLUTTER_S: Final = 60
CLUTTER_SIDE_M: Final = 30e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A track file on a scene, target by target and instant by instant.

    Attributes
    ----------
    truth : Truth
    rows : Rows
    second : ndarray of int, shape (instants,)
        Seconds after the beginning.
    counts : ndarray of bool, shape (targets, instants)
        Where a target counts.
    apart_m : ndarray, shape (targets, instants)
        Distance of its track; NaN where it has none or does not count.
    false : ndarray of int, shape (instants,)
        Tracks that are no target's.
    errors : Errors
        The pairs' errors, one entry each.
    pair_instant : ndarray of int, shape (pairs,)
        Place in ``second`` of each of them.
    """

    truth: Truth
    rows: Rows
    second: Ints
    counts: Bools
    apart_m: Floats
    false: Ints
    errors: Errors
    pair_instant: Ints

    def cost_m2(self) -> Floats:
        """What each target adds to GOSPA squared at each instant; NaN where it does not count."""
        missed = np.where(np.isnan(self.apart_m), 0.5 * CUTOFF_M**2, self.apart_m**2)
        return np.where(self.counts, missed, np.nan)


def follow(scene: Path, tracks: Path) -> Followed:
    """Go through a scene as the scorer does and keep what it adds up."""
    reports = pq.read_table(scene / "reports.parquet", columns=REPORT_COLUMNS)
    about = json.loads((scene / "about.json").read_text())
    truth = read_truth(scene, about, reports)
    rows = read_tracks(tracks, reports, truth)
    looks = Looks(truth=truth, rows=rows, ghosts=np.array(about["ghosts"]["mode_s"], np.int64))
    there: list[Ints] = []
    shown: list[int] = []

    def watched() -> Iterator[Instant]:
        for now in looks.instants():
            there.append(now.targets)
            shown.append(now.tracks.size)
            yield now

    found = tally(watched(), cutoff_m=CUTOFF_M)
    shape = (len(truth.names), len(there))
    counts = np.zeros(shape, bool)
    for at, targets in enumerate(there):
        counts[targets, at] = True
    apart_m = np.full(shape, np.nan)
    apart_m[found.target, found.instant] = found.apart_m
    paired = np.bincount(found.instant, minlength=len(there))
    return Followed(
        truth=truth,
        rows=rows,
        second=np.array(looks.instant_s, np.int64),
        counts=counts,
        apart_m=apart_m,
        false=np.array(shown, np.int64) - paired,
        errors=errors(looks, found),
        pair_instant=found.instant,
    )


# ---------------------------------------------------------------- by kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What some targets cost, in GOSPA squared per target and instant of the whole scene [m²]."""

    title: str
    places_m2: float
    misses_m2: float
    false_m2: float = 0.0


def by_kind(found: Followed) -> list[Part]:
    """Split GOSPA per target, squared, by kind of target; false tracks are nobody's.

    Silent targets of a kind are told apart from those that answer where there are both. The sum of
    all parts is the square of the scorer's ``gospa_per_target_m``.
    """
    total = max(int(found.counts.sum()), 1)
    groups = group_names(found.truth)
    parts = []
    for group in sorted(set(groups.tolist())):
        mine = found.counts & (groups == group)[:, None]
        missed = mine & np.isnan(found.apart_m)
        parts.append(
            Part(
                title=group,
                places_m2=float(np.sum(found.apart_m[mine & ~missed] ** 2)) / total,
                misses_m2=0.5 * CUTOFF_M**2 * int(missed.sum()) / total,
            )
        )
    false_m2 = 0.5 * CUTOFF_M**2 * int(found.false.sum()) / total
    return [*parts, Part(title="false tracks", places_m2=0.0, misses_m2=0.0, false_m2=false_m2)]


def group_names(truth: Truth) -> NDArray[np.str_]:
    """Name each target by kind, ``silent`` before it if it bears no address and others do."""
    kinds = np.array([kind.replace("_", " ") for kind in truth.kind])
    silent = truth.mode_s < 0
    mixed = [kind for kind in set(kinds) if 0 < silent[kinds == kind].mean() < 1]
    return np.array(
        [
            f"{kind}, no address" if alone and kind in mixed else kind
            for kind, alone in zip(kinds.tolist(), silent.tolist(), strict=True)
        ]
    )


# ---------------------------------------------------------------- honesty


@dataclass(frozen=True, slots=True, kw_only=True)
class Honesty:
    """Mean NEES of place per dimension over time, and where 95 % of honest means lie.

    Attributes
    ----------
    t_s, mean, low, high : ndarray, shape (instants,)
        NaN where nobody of the group was tracked.
    """

    title: str
    t_s: Floats
    mean: Floats
    low: Floats
    high: Floats


def honesty(found: Followed, groups: NDArray[np.str_], *, bin_s: int = 20) -> list[Honesty]:
    """NEES by group of targets; instants of ``bin_s`` seconds together are told as one.

    A mean over n targets has 2 n degrees of freedom (Bar-Shalom, Li, Kirubarajan, 2001, 5.4.2). The
    errors of one target some seconds apart are not independent: the band is that of the targets
    within one instant, so a bin's mean stays within it at least as often.
    """
    nees, target = found.errors.nees_place, found.errors.target
    known = np.isfinite(nees)
    bins = int(found.second.max() // bin_s) + 1 if found.second.size else 0
    at = found.second[found.pair_instant] // bin_s
    instants = np.bincount(found.second // bin_s, minlength=bins)
    out = []
    for group in sorted(set(groups.tolist())):
        mine = known & (groups[target] == group)
        number = np.bincount(at[mine], minlength=bins)
        total = np.bincount(at[mine], weights=nees[mine], minlength=bins)
        with np.errstate(divide="ignore", invalid="ignore"):
            targets = number / instants
            mean = np.where(number > 0, total / (2.0 * number), np.nan)
            low, high = (
                np.where(number > 0, chi2.ppf(p, 2.0 * targets) / (2.0 * targets), np.nan)
                for p in (0.025, 0.975)
            )
        t_s = bin_s * (np.arange(bins) + 0.5)
        out.append(Honesty(title=group, t_s=t_s, mean=mean, low=low, high=high))
    return out


# ---------------------------------------------------------------- insets


@dataclass(frozen=True, slots=True, kw_only=True)
class Inset:
    """A part of a scene to be drawn larger.

    Attributes
    ----------
    title : str
    from_s, to_s : int
        Seconds after the beginning.
    target : int
        The target it is about, -1 for a place.
    lat_deg, lon_deg, side_m : float
        A square to show; of a target NaN: all of its way.
    """

    title: str
    from_s: int
    to_s: int
    target: int = -1
    lat_deg: float = np.nan
    lon_deg: float = np.nan
    side_m: float = np.nan


def choose_insets(scene: Path, ours: Followed, theirs: Followed) -> list[Inset]:
    """Choose by rules that ask for no one's success, but the last, which asks for our failure.

    The jet that accelerates most, and the silent fast low target that does, each within two
    minutes in which it counts; the 30 km square and the minute with most clutter that hold a target
    too; and the two minutes in which ours costs more beside the other tracker than anywhere else.
    """
    truth = ours.truth
    kinds = np.array(truth.kind)
    accel = accelerations_mps2(truth)
    out = []
    for title, who in (
        ("The jet that manoeuvres hardest", kinds == "jet"),
        ("A silent, fast, low target", truth.is_fast_low & (truth.mode_s < 0)),
    ):
        found = _best_window(np.where(who[:, None], accel, np.nan), INSET_S)
        if found is not None:
            target, from_s = found
            out.append(Inset(title=title, from_s=from_s, to_s=from_s + INSET_S, target=target))
    crowded = _clutter_inset(scene, truth)
    if crowded is not None:
        out.append(crowded)
    loss = np.full((len(truth.names), truth.seconds), np.nan)
    loss[:, ours.second] = ours.cost_m2() - theirs.cost_m2()
    # Each instant stands for the seconds up to the next.
    for step in range(1, STEP_S):
        later = ours.second[ours.second + step < truth.seconds]
        loss[:, later + step] = loss[:, later]
    chosen = [one.target for one in out]
    loss[chosen] = np.nan
    found = _best_window(loss, INSET_S)
    if found is not None:
        target, from_s = found
        title = f"Ours loses most: {truth.kind[target].replace('_', ' ')}"
        out.append(Inset(title=title, from_s=from_s, to_s=from_s + INSET_S, target=target))
    return out


def accelerations_mps2(truth: Truth) -> Floats:
    """Horizontal acceleration by target and second; NaN where it does not count or is not there."""
    shape = truth.row_of.shape
    velocity = np.full((*shape, 2), np.nan)
    here = truth.row_of >= 0
    velocity[here] = truth.velocity_mps[truth.row_of[here], :2]
    out = np.full(shape, np.nan)
    out[:, 1:] = np.linalg.norm(np.diff(velocity, axis=1), axis=2)
    counts = np.zeros(shape, bool)
    counts[here] = truth.counts[truth.row_of[here]]
    return np.where(counts, out, np.nan)


def _best_window(value: Floats, length: int) -> tuple[int, int] | None:
    """Row and begin of the window without a NaN whose sum is greatest; None if there is none."""
    if value.shape[1] < length:
        return None
    gaps = np.cumsum(np.pad(np.isnan(value).astype(np.int64), ((0, 0), (1, 0))), axis=1)
    sums = np.cumsum(np.pad(np.nan_to_num(value), ((0, 0), (1, 0))), axis=1)
    whole = gaps[:, length:] == gaps[:, :-length]
    if not whole.any():
        return None
    total = np.where(whole, sums[:, length:] - sums[:, :-length], -np.inf)
    row, begin = np.unravel_index(int(np.argmax(total)), total.shape)
    return int(row), int(begin)


def _clutter_inset(scene: Path, truth: Truth) -> Inset | None:
    """Find the square and the minute with most clutter, among those where a target counts."""
    t_ns, target, lat, lon = plot_places(scene)
    false = target == CLUTTER
    middle = float(np.median(truth.lat_deg))
    size = np.array([CLUTTER_SIDE_M / 111e3, CLUTTER_SIDE_M / 111e3 / np.cos(np.radians(middle))])

    def cells(seconds: Floats, lat_deg: Floats, lon_deg: Floats) -> Ints:
        parts = [
            np.floor(seconds / CLUTTER_S), np.floor(lat_deg / size[0]), np.floor(lon_deg / size[1])
        ]  # fmt: skip
        return np.stack(parts, axis=1).astype(np.int64)

    plots = cells((t_ns[false] - truth.begin_ns) / SECOND_NS, lat[false], lon[false])
    known = truth.counts
    held = cells(truth.second[known].astype(float), truth.lat_deg[known], truth.lon_deg[known])
    unique, number = np.unique(plots, axis=0, return_counts=True)
    held_set = {tuple(one) for one in np.unique(held, axis=0).tolist()}
    for at in np.argsort(-number, kind="stable"):
        minute, row, column = unique[at].tolist()
        if (minute, row, column) in held_set and minute > 0:
            return Inset(
                title="Most clutter in a minute",
                from_s=CLUTTER_S * minute,
                to_s=CLUTTER_S * (minute + 1),
                lat_deg=float(size[0] * (row + 0.5)),
                lon_deg=float(size[1] * (column + 0.5)),
                side_m=CLUTTER_SIDE_M,
            )
    return None


def plot_places(scene: Path) -> tuple[Ints, Ints, Floats, Floats]:
    """Time [ns], target, latitude and longitude [deg] of every radar plot.

    Slant range is laid on the ground as it is: good for a picture, not for a tracker.
    """
    columns = ["t", "sensor", "rng_slant_m", "azm_true_deg", "frame"]
    plots = pq.read_table(scene / "reports.parquet", columns=columns)
    plots = plots.filter(plots["rng_slant_m"].is_valid())
    given = pq.read_table(scene / "oracle.parquet", columns=["frame", "target"])
    frames = given["frame"].to_numpy()
    order = np.argsort(frames, kind="stable")
    at = order[np.searchsorted(frames, plots["frame"].to_numpy(), sorter=order)]
    radars = {radar.sensor: radar for radar in load_shield(scene).radars}
    names = plots["sensor"].cast(pa.string()).to_pylist()
    lat0, lon0 = (np.array([getattr(radars[n], key) for n in names]) for key in SITE)
    lat, lon = place_from(
        lat0, lon0, float_column(plots, "azm_true_deg"), float_column(plots, "rng_slant_m")
    )
    return ns_column(plots["t"]), given["target"].to_numpy()[at].astype(np.int64), lat, lon


SITE: Final = ("lat_deg", "lon_deg")


# ---------------------------------------------------------------- registration


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasError:
    """How far an estimated bias of one radar is from what it is, over time.

    Attributes
    ----------
    sensor : str
    true : float
    t_s, error, sigma : ndarray, shape (n,)
        Seconds after the scene's beginning; estimate minus truth; the estimate's own sigma.
    """

    sensor: str
    true: float
    t_s: Floats
    error: Floats
    sigma: Floats


BIASES: Final = {
    "rng_bias_m": ("rng_m", 1.0),
    "rng_gain_ppm": ("rng_gain", 1e6),
    "azm_bias_deg": ("azm_deg", 1.0),
    "t_bias_s": ("t_s", 1.0),
    "elv_bias_deg": ("elv_deg", 1.0),
}
"""Column of a registration table -> the bias of ``about.json``, and by what it is multiplied.

``sigma_`` before a column is its sigma. All are what the radar tells minus what is so.
"""


def bias_errors(registration: Path, scene: Path, column: str) -> list[BiasError]:
    """Compare one bias of every radar with what ``about.json`` says.

    Parameters
    ----------
    registration : Path
        Parquet with ``t``, ``sensor`` and for each bias a column and its sigma; null is unknown.
    scene : Path
    column : str
        One of BIASES.

    Raises
    ------
    SceneError
        A sensor is not in the scene, or the column is not in the table.
    """
    table = pq.read_table(registration)
    about: dict[str, Any] = json.loads((scene / "about.json").read_text())
    key, times = BIASES[column]
    true = {radar["sensor"]: times * radar["bias"][key] for radar in about["radars"]}
    wanted: Sequence[str] = ("t", "sensor", column, f"sigma_{column}")
    missing = [name for name in wanted if name not in table.column_names]
    if missing:
        raise SceneError(f"{registration}: no column {', '.join(missing)}")
    sensor = np.array(table["sensor"].cast(pa.string()).to_pylist())
    t_s = (ns_column(table["t"]) - about["t_start_ns"]) / SECOND_NS
    told, sigma = float_column(table, column), float_column(table, f"sigma_{column}")
    strangers = sorted(set(sensor) - set(true))
    if strangers:
        raise SceneError(f"{registration}: sensor {strangers[0]} is not in {scene}")
    out = []
    for name, bias in true.items():
        mine = np.flatnonzero(sensor == name)
        mine = mine[np.argsort(t_s[mine], kind="stable")]
        out.append(
            BiasError(
                sensor=name,
                true=bias,
                t_s=t_s[mine],
                error=told[mine] - bias,
                sigma=sigma[mine],
            )
        )
    return out
