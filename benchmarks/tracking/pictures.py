"""Draw the pictures of docs/tracking.md.

    python benchmarks/tracking/pictures.py SCENE [--ours T.parquet] [--stone-soup T.parquet]
        [--oracle T.parquet] [--registration R.parquet --biased SCENE] [--out docs/images]

SCENE is a folder of sky.py in which bench.py has left the tracks (``out/tracking/standard-1``).
Each picture whose files are there is drawn:

tracking-scene.png   ours and Stone Soup over the truth, with insets (series.choose_insets)
tracking-gospa.png   what costs GOSPA, by kind of target: ours, Stone Soup, the oracle
tracking-nees.png    whether the published covariances are true, over time, by kind of target
tracking-bias.png    how registration comes to know the radars' biases

Matplotlib is a tool of development: the product does not need it.
"""

from __future__ import annotations

import argparse
import io
import math
import sys
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray
from PIL import Image
from plane import Plane
from score import OLDEST_S, SECOND_NS, SHOWN, SceneError, Truth, float_column, ns_column
from series import (
    CLUTTER,
    Followed,
    Inset,
    bias_errors,
    by_kind,
    choose_insets,
    follow,
    honesty,
    plot_places,
)

from airshield.config import load_shield

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Okabe and Ito's colours, told apart by people who see fewer of them.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9",
)  # fmt: skip
GREY, PALE = "#555555", "#B8B8B8"
WHO: Final = {
    "ours": ("airshield", BLUE),
    "theirs": ("Stone Soup", ORANGE),
    "oracle": ("oracle", GREEN),
}
GAP_S: Final = 2.0 * OLDEST_S
"""Between rows further apart the track was out of the picture for OLDEST_S: no line there."""

STYLE: Final[dict[str, Any]] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def save(figure: Figure, path: Path) -> None:
    """Write a picture in 128 colours: less than half of the octets, and no difference to be seen.

    Colours are chosen for being far apart: by number of dots, those of small marks are lost.
    """
    whole = io.BytesIO()
    figure.savefig(whole, format="png", dpi=130)
    small = (
        Image.open(whole)
        .convert("RGB")
        .quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    small.save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1024:.0f} KiB")


# ---------------------------------------------------------------- the scene


class Lines:
    """Rows of a tracker in the plane of the picture, as an operator saw them."""

    def __init__(self, path: Path, plane: Plane, begin_ns: int) -> None:
        rows = pq.read_table(path, columns=["t", "track", "status", "lat_deg", "lon_deg"])
        rows = rows.filter(pc.is_in(rows["status"].cast(pa.string()), pa.array(SHOWN)))
        track = rows["track"].to_numpy().astype(np.int64)
        t_s = (ns_column(rows["t"]) - begin_ns) / SECOND_NS
        order = np.lexsort((t_s, track))
        self.t_s, self.track = t_s[order], track[order]
        self.km = 1e-3 * plane.of(
            float_column(rows, "lat_deg")[order], float_column(rows, "lon_deg")[order]
        )

    def between(self, from_s: float, to_s: float) -> Floats:
        """Lines of all tracks in a stretch of time, NaN between tracks and across gaps."""
        inside = (self.t_s >= from_s) & (self.t_s <= to_s)
        t_s, track, km = self.t_s[inside], self.track[inside], self.km[inside]
        cut = np.flatnonzero((np.diff(track) != 0) | (np.diff(t_s) > GAP_S)) + 1
        return np.insert(km, cut, np.nan, axis=0)


def truth_line(truth: Truth, plane: Plane, target: int, from_s: int, to_s: int) -> Floats:
    """Way of a target [km]."""
    rows = truth.row_of[target, from_s : to_s + 1]
    rows = rows[rows >= 0]
    return 1e-3 * plane.of(truth.lat_deg[rows], truth.lon_deg[rows])


def draw_scene(scene: Path, ours: Path, theirs: Path, to: Path) -> None:
    """Draw ours and Stone Soup over the truth: all of it, and four parts larger."""
    followed = {"ours": follow(scene, ours), "theirs": follow(scene, theirs)}
    truth = followed["ours"].truth
    middle = float(np.median(truth.lat_deg)), float(np.median(truth.lon_deg))
    plane = Plane(*middle)
    lines = {
        "ours": Lines(ours, plane, truth.begin_ns),
        "theirs": Lines(theirs, plane, truth.begin_ns),
    }
    insets = choose_insets(scene, followed["ours"], followed["theirs"])
    t_ns, owner, lat, lon = plot_places(scene)
    plots_km = 1e-3 * plane.of(lat, lon)
    plots_s = (t_ns - truth.begin_ns) / SECOND_NS

    figure = Figure(figsize=(13.2, 7.4), layout="constrained")
    axes = figure.subplot_mosaic([["all", "all", "0", "1"], ["all", "all", "2", "3"]])
    whole = axes["all"]
    for target in range(len(truth.names)):
        whole.plot(*truth_line(truth, plane, target, 0, truth.seconds).T, color=PALE, lw=3.2)
    for who, width in (("theirs", 1.7), ("ours", 0.7)):
        whole.plot(*lines[who].between(0, truth.seconds).T, color=WHO[who][1], lw=width)
    radars = load_shield(scene).radars
    sites = 1e-3 * plane.of(
        np.array([r.lat_deg for r in radars]), np.array([r.lon_deg for r in radars])
    )
    whole.plot(*sites.T, "^", color="black", ms=5)
    whole.set_title(
        f"{len(truth.names)} targets, {len(radars)} radars, {truth.seconds // 60} minutes",
        loc="left",
    )
    whole.set_xlabel("east [km]")
    whole.set_ylabel("north [km]")
    whole.set_aspect("equal", adjustable="datalim")
    for letter, inset, name in zip("ABCD", insets, "0123", strict=False):
        around = _draw_inset(
            axes[name], letter, inset, truth, plane, followed, lines, (plots_s, owner, plots_km)
        )
        whole.annotate(
            letter, around, fontsize=9, fontweight="bold", ha="center", va="center",
            bbox={"boxstyle": "circle,pad=0.2", "fc": "white", "ec": "black", "lw": 0.8},
        )  # fmt: skip
    for name in "0123"[len(insets) :]:
        axes[name].set_visible(False)
    figure.legend(
        handles=[
            Line2D([], [], color=PALE, lw=3, label="truth"),
            *(Line2D([], [], color=WHO[w][1], lw=1.6, label=WHO[w][0]) for w in ("ours", "theirs")),
            Line2D([], [], color="black", marker="^", ls="", label="radar"),
            Line2D([], [], color=GREY, marker=".", ls="", ms=4, label="plot of a target"),
            Line2D([], [], color=PURPLE, marker="x", ls="", ms=4, label="false plot"),
        ],
        loc="outside lower center", ncols=6,
    )  # fmt: skip
    save(figure, to)


def _draw_inset(
    axes: Axes,
    letter: str,
    inset: Inset,
    truth: Truth,
    plane: Plane,
    followed: dict[str, Followed],
    lines: dict[str, Lines],
    plots: tuple[Floats, Ints, Floats],
) -> tuple[float, float]:
    """Draw a part of the scene; return its middle [km]."""
    if inset.target >= 0:
        way = truth_line(truth, plane, inset.target, inset.from_s, inset.to_s)
        low, high = way.min(axis=0), way.max(axis=0)
        middle = 0.5 * (low + high)
        half = max(0.62 * float((high - low).max()), 1.5)
    else:
        middle = 1e-3 * plane.of(np.array([inset.lat_deg]), np.array([inset.lon_deg]))[0]
        half = 0.5e-3 * inset.side_m
    for target in range(len(truth.names)):
        way = truth_line(truth, plane, target, inset.from_s, inset.to_s)
        if way.size and np.any(np.abs(way - middle).max(axis=1) < 1.2 * half):
            axes.plot(*way.T, color=PALE, lw=6, solid_capstyle="round")
    plots_s, owner, plots_km = plots
    here = (plots_s >= inset.from_s) & (plots_s <= inset.to_s)
    here &= np.abs(plots_km - middle).max(axis=1) < 1.15 * half
    false = here & (owner == CLUTTER)
    axes.plot(*plots_km[false].T, "x", color=PURPLE, ms=3.5, mew=0.8)
    axes.plot(*plots_km[here & ~false].T, ".", color=GREY, ms=3.5)
    for who in ("theirs", "ours"):
        axes.plot(
            *lines[who].between(inset.from_s, inset.to_s).T, color=WHO[who][1], lw=1.5,
            marker="o", ms=2.2, mew=0,
        )  # fmt: skip
    # Room for what is said below.
    axes.set_xlim(middle[0] - 1.15 * half, middle[0] + 1.15 * half)
    axes.set_ylim(middle[1] - 1.3 * half, middle[1] + half)
    axes.set_aspect("equal")
    axes.set_title(f"{letter}  {inset.title}", loc="left")
    said = f"seconds {inset.from_s} to {inset.to_s}"
    if inset.target >= 0:
        said += "\n" + ", ".join(
            f"{WHO[who][0]} {_root_cost_m(found, inset):.0f} m" for who, found in followed.items()
        )
    axes.annotate(
        said, (0.02, 0.015), xycoords="axes fraction", fontsize=8,
        bbox={"boxstyle": "square,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
    )  # fmt: skip
    axes.set_xlabel("east [km]")
    axes.set_ylabel("north [km]")
    return float(middle[0]), float(middle[1])


def _root_cost_m(found: Followed, inset: Inset) -> float:
    """GOSPA of one target over an inset [m]: its error, or 707 m where it is missed."""
    inside = (found.second >= inset.from_s) & (found.second <= inset.to_s)
    return math.sqrt(float(np.nanmean(found.cost_m2()[inset.target, inside])))


# ---------------------------------------------------------------- figures over time and kind


def draw_gospa(followed: dict[str, Followed], to: Path) -> None:
    """Draw the parts of GOSPA squared by kind of target, one bar for each tracker."""
    parts = {who: by_kind(found) for who, found in followed.items()}
    titles = [part.title for part in next(iter(parts.values()))]
    figure = Figure(figsize=(10.5, 5.2), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(titles))[::-1]
    height = 0.8 / len(parts)
    for i, (who, some) in enumerate(parts.items()):
        at = place + 0.4 - height * (i + 0.5)
        places, misses, false = (
            1e-3 * np.array([getattr(part, name) for part in some])
            for name in ("places_m2", "misses_m2", "false_m2")
        )
        color = WHO[who][1]
        axes.barh(at, places, 0.9 * height, color=color)
        axes.barh(at, misses, 0.9 * height, left=places, color=color, alpha=0.35, hatch="////")
        axes.barh(at, false, 0.9 * height, color=color, alpha=0.6, hatch="....")
    axes.set_yticks(place, titles)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("share of GOSPA² per target [1,000 m²]")
    axes.set_title("What costs GOSPA, by kind of target", loc="left")
    totals = {
        who: math.sqrt(sum(p.places_m2 + p.misses_m2 + p.false_m2 for p in some))
        for who, some in parts.items()
    }
    axes.legend(
        handles=[
            *(Patch(color=WHO[w][1], label=f"{WHO[w][0]}: GOSPA {totals[w]:.0f} m") for w in parts),
            Patch(fc=GREY, label="errors of place"),
            Patch(fc="#BBBBBB", ec=GREY, hatch="////", label="misses"),
            Patch(fc="#999999", ec=GREY, hatch="....", label="false tracks, also over 1 km off"),
        ],
        loc="best",
    )  # fmt: skip
    save(figure, to)


def draw_nees(found: Followed, to: Path) -> None:
    """Draw mean NEES over time by kind of target, each with the band of honest means."""
    kinds = np.array([kind.replace("_", " ") for kind in found.truth.kind])
    groups = np.where(found.truth.has_adsb, "with ADS-B", kinds)
    told = honesty(found, groups)
    told.sort(key=lambda one: (one.title != "with ADS-B", one.title))
    columns = 4
    rows = -(-len(told) // columns)
    figure = Figure(figsize=(11.5, 2.4 * rows + 0.8), layout="constrained")
    every = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, one in zip(every, told, strict=False):
        axes.fill_between(one.t_s, one.low, one.high, color=SKY, alpha=0.35, lw=0)
        axes.axhline(1.0, color=GREY, lw=0.8)
        axes.plot(one.t_s, one.mean, color=BLUE, lw=1.4)
        axes.set_title(one.title, loc="left")
        axes.set_yscale("log")
        axes.set_ylim(0.1, 10.0)
        axes.set_yticks([0.1, 1.0, 10.0], ["0.1", "1", "10"])
    for axes in every[len(told) :]:
        axes.set_visible(False)
    for axes in every[max(0, len(told) - columns) : len(told)]:
        axes.set_xlabel("time [s]")
        axes.tick_params(labelbottom=True)
    for axes in every[::columns]:
        axes.set_ylabel("NEES / 2")
    figure.suptitle(
        "Are the published covariances true? NEES of place per dimension: 1 is honest, above is "
        "over-confident.\nRadar-only targets by kind; band: 95 % of means if errors of different "
        "targets are independent",
        fontsize=10, x=0.01, ha="left",
    )  # fmt: skip
    save(figure, to)


DRAWN_BIASES: Final = (
    ("rng_bias_m", "range", "m", 10.0),
    ("rng_gain_ppm", "range gain", "ppm", math.nan),
    ("azm_bias_deg", "azimuth", "deg", 0.01),
    ("t_bias_s", "clock", "s", math.nan),
)
"""Column, its name and unit, and what is asked after ten minutes; NaN where nothing is."""


def draw_bias(registration: Path, scene: Path, to: Path) -> None:
    """Draw estimate minus truth of biases: the three largest with bands, and all radars."""
    there = pq.read_schema(registration).names
    wanted = [one for one in DRAWN_BIASES if one[0] in there]
    figure = Figure(figsize=(12.0, 2.2 * len(wanted) + 0.8), layout="constrained")
    every = figure.subplots(len(wanted), 4, sharex=True, squeeze=False)
    for row, (column, title, unit, must) in zip(every, wanted, strict=True):
        found = bias_errors(registration, scene, column)
        # Those that begin with the largest error have the furthest to go.
        known = [one for one in found if np.isfinite(one.error).any()]
        worst = sorted(known, key=lambda one: -abs(one.true))
        for axes, one in zip(row[:3], worst, strict=False):
            axes.fill_between(
                one.t_s, -2.0 * one.sigma, 2.0 * one.sigma, color=SKY, alpha=0.35, lw=0
            )
            axes.axhline(0.0, color=GREY, lw=0.8)
            axes.plot(one.t_s, one.error, color=BLUE, lw=1.4)
            # Seen from the beginning, but not to the height of a sigma when nothing is known.
            most = 1.2 * np.nanmax([abs(one.true), 3.0 * must, 1e-6])
            axes.set_ylim(-most, most)
            axes.set_title(f"{one.sensor}: {title} {one.true:+.3g} {unit}", loc="left")
        row[0].set_ylabel(f"estimate - truth [{unit}]")
        last = row[3]
        for one in worst:
            # Crossing zero is chance: what would plunge is cut off at a hundredth of a sigma.
            size = np.maximum(np.abs(one.error), 0.01 * one.sigma)
            last.plot(one.t_s, size, color=BLUE, lw=0.9, alpha=0.7)
        if not math.isnan(must):
            last.axhline(must, color=RED, lw=1.4, ls="--")
        last.set_yscale("log")
        last.set_title(f"{title}, {len(known)} of {len(found)} radars", loc="left")
        last.set_ylabel(f"|estimate - truth| [{unit}]")
    for axes in every[-1]:
        axes.set_xlabel("time [s]")
    figure.suptitle(
        "Registration: how far the estimated biases are from the true ones; the three largest of "
        "each kind, and every radar of which anything is known",
        fontsize=10, x=0.01, ha="left",
    )  # fmt: skip
    figure.legend(
        handles=[
            Line2D([], [], color=BLUE, lw=1.4, label="error of the estimate"),
            Patch(fc=SKY, alpha=0.35, label="two sigma, as published"),
            Line2D([], [], color=RED, lw=1.4, ls="--", label="asked for after 10 minutes"),
        ],
        loc="outside lower center", ncols=3,
    )  # fmt: skip
    save(figure, to)


# ---------------------------------------------------------------- the command


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("scene", type=Path, help="folder of sky.py, with tracks of bench.py")
    parser.add_argument("--ours", type=Path, help="default: SCENE/ours.parquet")
    parser.add_argument("--stone-soup", type=Path, help="default: SCENE/stone-soup.parquet")
    parser.add_argument("--oracle", type=Path, help="default: SCENE/oracle-tracks.parquet")
    parser.add_argument("--registration", type=Path, help="Parquet with the biases' estimates")
    parser.add_argument("--biased", type=Path, help="the scene of the registration; else SCENE")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    asked = parser.parse_args()
    files = {
        "ours": asked.ours or asked.scene / "ours.parquet",
        "theirs": asked.stone_soup or asked.scene / "stone-soup.parquet",
        "oracle": asked.oracle or asked.scene / "oracle-tracks.parquet",
    }
    there = {who: path for who, path in files.items() if path.exists()}
    for who in files.keys() - there.keys():
        print(f"no {files[who]}: drawn without", file=sys.stderr)
    asked.out.mkdir(parents=True, exist_ok=True)
    try:
        with mpl.rc_context(STYLE):
            if {"ours", "theirs"} <= there.keys():
                draw_scene(
                    asked.scene, there["ours"], there["theirs"], asked.out / "tracking-scene.png"
                )
            if "ours" in there:
                followed = {who: follow(asked.scene, path) for who, path in there.items()}
                draw_gospa(followed, asked.out / "tracking-gospa.png")
                draw_nees(followed["ours"], asked.out / "tracking-nees.png")
            if asked.registration is not None:
                draw_bias(
                    asked.registration, asked.biased or asked.scene, asked.out / "tracking-bias.png"
                )
    except SceneError as error:
        sys.exit(f"pictures.py: {error}")


if __name__ == "__main__":
    main()
