"""How good class probabilities are: a scene's tracks, fed row by row to the classes' kernels.

    python benchmarks/tracking/classes.py SCENE TRACKS.parquet

Prints which class was named how often by what the target really was, what the probabilities are
worth (Brier score, share of being right by how sure it was), and how long a name took. A scene is
a folder of sky.py, TRACKS has the TRACK columns and was made from the scene's reports. What a
track follows is read off the oracle: the target of most of the plots that published its rows.

A TRACK row tells no accuracy of velocity and no acceleration, so both are taken from the rows: a
usual accuracy by what the height and the place rest on, and the change of velocity over 8 s.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from airshield.tables import REPORT_KINDS, TRACK_CLASSES
from airshield.track import classes

Floats = NDArray[np.float64]

LOOK_S: Final = 2.0
"""A track is looked at no more often."""

FIRST_ROW: Final = 3
"""Before its fourth row a track's velocity is mostly a guess."""

ACC_S: Final = 8.0
"""Acceleration is the change of velocity over this time."""

SIGMA_SPD_ADSB_MPS, SIGMA_SPD_RADAR_MPS = 2.0, 6.0
SIGMA_CLIMB_TOLD_MPS, SIGMA_CLIMB_ELEVATION_MPS = 1.0, 15.0

SURE: Final = np.array([0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01])


@dataclass(frozen=True, slots=True)
class Looks:
    """What a class was weighed by, one row per look.

    Attributes
    ----------
    truth, named : ndarray of int
        Codes into ``TRACK_CLASSES``.
    p : ndarray, shape (n, 8)
    age_s : ndarray
        Since the track's first row.
    track : ndarray of int
    """

    truth: NDArray[np.int64]
    named: NDArray[np.int64]
    p: Floats
    age_s: Floats
    track: NDArray[np.int64]


def look(scene: Path, tracks: Path) -> Looks:
    """Feed the rows of every track of a target to the kernels."""
    about = json.loads((scene / "about.json").read_text())
    table = pq.read_table(tracks).unify_dictionaries().combine_chunks()
    target = _targets(scene, table)
    kinds = np.array([TRACK_CLASSES.index(kind) for kind in about["targets"]["kind"]])
    columns = {name: _plain(table, name) for name in _COLUMNS}
    t_s = _plain(table, "t", pa.int64()) / 1e9
    uu_m2 = np.array(pc.list_element(table.column("cov_m2"), 5).to_numpy(zero_copy_only=False))
    elevation = np.array(table.column("height_basis").to_pylist()) == "elevation"
    shown = np.isin(np.array(table.column("status").to_pylist()), ["confirmed", "coasting"])
    adsb = (columns["kinds"] >> REPORT_KINDS.index("adsb")) & 1 == 1
    primary = columns["kinds"] == 1 << REPORT_KINDS.index("psr")
    alt_msl_m = columns["alt_hae_m"] - about["geoid_height_m"]

    out: list[tuple[Any, ...]] = []
    order = np.argsort(columns["track"], kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(columns["track"][order])) + 1):
        whose = _majority(target[rows])
        if whose < 0:
            continue
        logp, p, named, last_s = np.zeros(8), np.zeros(8), 0, -math.inf
        vel = np.column_stack([columns["vel_east_mps"][rows], columns["vel_north_mps"][rows]])
        before = np.searchsorted(t_s[rows], t_s[rows] - ACC_S, side="right") - 1
        for n, row in enumerate(rows):
            if n < FIRST_ROW or not shown[row] or t_s[row] < last_s + LOOK_S:
                continue
            then = before[n]
            acc_mps2 = math.nan
            if then >= FIRST_ROW:
                change_mps = float(np.hypot(*(vel[n] - vel[then])))
                acc_mps2 = change_mps / float(t_s[row] - t_s[rows[then]])
            classes.update_classes(
                logp,
                p,
                float(np.hypot(*vel[n])),
                SIGMA_SPD_ADSB_MPS if adsb[row] else SIGMA_SPD_RADAR_MPS,
                alt_msl_m[row],
                math.sqrt(uu_m2[row]),
                columns["vel_up_mps"][row],
                SIGMA_CLIMB_ELEVATION_MPS if elevation[row] else SIGMA_CLIMB_TOLD_MPS,
                acc_mps2,
                t_s[row] - last_s,
            )
            last_s = t_s[row]
            identity = classes.identity_of(
                not math.isnan(columns["mode_s"][row]),
                not math.isnan(columns["mode_3a"][row])
                or not math.isnan(columns["alt_baro_m"][row]),
                bool(adsb[row]),
                False,
                n if primary[row] else 0,
            )
            classes.weigh_classes(logp, identity, p)
            named = classes.name_class(p, named)
            number = int(columns["track"][row])
            out.append((kinds[whose], named, p.copy(), t_s[row] - t_s[rows[0]], number))
    truth, names, p_all, age_s, number_of = zip(*out, strict=True)
    return Looks(
        truth=np.array(truth),
        named=np.array(names),
        p=np.array(p_all),
        age_s=np.array(age_s),
        track=np.array(number_of),
    )


def brier(looks: Looks) -> Floats:
    """Brier score of every look: 0 for certain and right, 2 for certain and wrong."""
    right = np.eye(len(TRACK_CLASSES))[looks.truth][:, 1:]
    score: Floats = np.sum((looks.p - right) ** 2, axis=1)
    return score


def reliability(looks: Looks, edges: Floats) -> list[tuple[float, float, int]]:
    """By how sure the likeliest class is: mean probability, share of being right, looks."""
    best = looks.p.argmax(axis=1)
    sure, right = looks.p.max(axis=1), best + 1 == looks.truth
    rows = []
    for low, high in pairwise(edges):
        of = (sure >= low) & (sure < high)
        if of.any():
            rows.append((float(sure[of].mean()), float(right[of].mean()), int(of.sum())))
    return rows


def print_looks(looks: Looks) -> None:
    """Print the tables."""
    print("Named (columns, % of looks) by what it was (rows)")
    print(f"{'':12}" + "".join(f"{name[:9]:>10}" for name in TRACK_CLASSES) + "     looks  Brier")
    score = brier(looks)
    for code in np.unique(looks.truth):
        of = looks.truth == code
        shares = 100.0 * np.bincount(looks.named[of], minlength=len(TRACK_CLASSES)) / of.sum()
        cells = "".join(f"{share:10.1f}" for share in shares)
        print(f"{TRACK_CLASSES[code]:12}{cells}{of.sum():10d}{score[of].mean():7.3f}")
    named = looks.named > 0
    wrong = named & (looks.named != looks.truth)
    print(f"named {named.mean():.3f}, of these wrong {wrong.sum() / named.sum():.4f}")
    alike = np.mean([score[looks.truth == code].mean() for code in np.unique(looks.truth)])
    print(f"Brier score {score.mean():.4f}; {alike:.4f} with all classes as common")
    print("Sure    right   looks")
    for sure, right, count in reliability(looks, SURE):
        print(f"{sure:.3f}   {right:.3f}   {count}")
    first_s = [
        looks.age_s[(looks.track == track) & (looks.named == looks.truth)].min(initial=math.inf)
        for track in np.unique(looks.track)
    ]
    print(f"named rightly after {np.median(first_s):.0f} s (median of the tracks)")


_COLUMNS: Final = (
    "track", "kinds", "alt_hae_m", "alt_baro_m", "vel_east_mps", "vel_north_mps", "vel_up_mps",
    "mode_s", "mode_3a",
)  # fmt: skip


def _plain(table: pa.Table, name: str, kind: pa.DataType | None = None) -> Any:
    """Return a column as numbers; an unknown is NaN."""
    column = table.column(name) if kind is None else table.column(name).cast(kind)
    return column.to_numpy()


def _targets(scene: Path, table: pa.Table) -> NDArray[np.int64]:
    """Target of the report that published each row; below zero for none."""
    oracle = pq.read_table(scene / "oracle.parquet")
    frames = oracle.column("frame").to_numpy()
    at = np.searchsorted(frames, table.column("frame").to_numpy())
    return np.asarray(oracle.column("target").to_numpy()[at], np.int64)


def _majority(targets: NDArray[np.int64]) -> int:
    values, counts = np.unique(targets, return_counts=True)
    return int(values[counts.argmax()])


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("scene", type=Path)
    parser.add_argument("tracks", type=Path)
    args = parser.parse_args()
    print_looks(look(args.scene, args.tracks))


if __name__ == "__main__":
    main()
