"""The tracker beside Stone Soup and an oracle, on the same plots, by the same scorer.

    python benchmarks/tracking/bench.py [PART...] [--seeds 1 2 3] [--minutes 15]
        [--more] [--json | --markdown]
    python benchmarks/tracking/bench.py --tune [PART...] [--seeds 101 102 103 104]

Parts: ``standard`` (200 targets, 10 radars), ``clutter`` (20 targets, 3 radars, 4 of 5 plots
false), ``trust`` (standard, with 10 spoofed aircraft; trust.py), ``bias`` (standard with radars
that are wrong untold, against the same sky with right ones), ``country`` (5,000 and 40) and
``continent`` (20,000 and 200); the last four are run by ours alone. Figures are medians over the
seeds, those of trust the worst ones (of accused aircraft the mean). Ours runs as a user would run
it, ``airshield track reports.parquet``: processor time of the whole process with reading and
writing, less that of the same command on 100 reports. Stone Soup's is that of its tracking loop
alone.

``--markdown`` writes the table as docs/performance.md has it, and how each kind of target stands
against what is asked of air traffic control. What EUROCONTROL and EUROCAE ask is given beside what
it bears on; it is asked of co-operative aircraft and counted otherwise than here, so it says how
far away a figure is, not whether a certificate would be given.

``--tune`` looks for the Stone Soup settings with the least GOSPA, one after the other, on seeds
that no table reports.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from oracle import run as run_oracle
from score import score
from trust import figures as trust_figures
from trust import judge

from airshield import track
from airshield.config import load_shield
from airshield.errors import UsageError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEER = ROOT / ".peers" / "tracking" / "bin" / "python"
START_REPORTS = 100
GHOSTS = 10
LEARNT_S = 600
"""When the biases of radars are to be known."""

LATENCY_S = 30.0
"""How much of a scene is played to measure latency."""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """One line of the table of targets.

    Attributes
    ----------
    title, part, key : str
        What it is called, in which part it is measured, and the figure's name.
    must, aim : float
        What is asked; of ours, or of the ratio of ours to Stone Soup's.
    is_ratio : bool
    is_more_better : bool
    form : str
        How the figure is written.
    asks : str
        What EUROCONTROL or EUROCAE asks that bears on it.
    """

    title: str
    part: str
    key: str
    must: float
    aim: float
    is_ratio: bool = False
    is_more_better: bool = False
    form: str = ".2f"
    asks: str = ""


AIMS = (
    Aim(
        title="GOSPA per target [m]", part="standard", key="gospa_per_target_m",
        must=0.80, aim=0.68, is_ratio=True, form=".1f",
    ),
    Aim(
        title="completeness", part="standard", key="completeness",
        must=0.97, aim=0.98, is_more_better=True, form=".4f",
        asks=">= 0.97 within 8 s (ESASSP 5 NM R; ED-142)",
    ),
    Aim(
        title="spuriousness", part="standard", key="spuriousness", must=0.02, aim=0.01, form=".4f",
        asks="<= 0.001, false beyond 2,100 m (ED-142)",
    ),
    Aim(
        title="identity changes per target-hour", part="standard",
        key="id_changes_per_target_hour", must=1.5, aim=0.5,
        asks="wrong identity <= 0.1 % (ESASSP R; ED-142)",
    ),
    Aim(
        title="false tracks per hour", part="standard", key="false_tracks_per_hour",
        must=15.0, aim=5.0, form=".1f",
        asks="<= 10 in 900 NM² in 1 h (ESASSP 5 NM R)",
    ),
    Aim(
        title="RMS, targets with ADS-B [m]", part="standard", key="adsb.rms_horizontal_m",
        must=18.0, aim=14.0, form=".1f",
        asks="500 m (ESASSP 5 NM R); 350 m (ED-142)",
    ),
    Aim(
        title="RMS, radar-only targets [m]", part="standard", key="radar_only.rms_horizontal_m",
        must=200.0, aim=170.0, form=".1f",
        asks="500 m (ESASSP 5 NM R); 350 m (ED-142)",
    ),
    Aim(
        title="RMS velocity [m/s]", part="standard", key="rms_velocity_mps",
        must=15.0, aim=12.0, form=".1f",
    ),
    Aim(
        title="completeness, fast low silent", part="standard",
        key="fast_low_silent.completeness", must=0.85, aim=0.89, is_more_better=True, form=".3f",
    ),
    Aim(
        title="start delay p95 [s]", part="standard", key="start_delay_p95_s",
        must=30.0, aim=20.0, form=".1f",
    ),
    Aim(
        title="plots per CPU-second, end to end", part="standard", key="plots_per_cpu_s",
        must=1e5, aim=3e5, is_more_better=True, form=",.0f",
    ),
    Aim(
        title="heavy clutter: GOSPA per target [m]", part="clutter", key="gospa_per_target_m",
        must=0.70, aim=0.50, is_ratio=True, form=".1f",
    ),
    Aim(
        title="heavy clutter: false tracks per hour", part="clutter", key="false_tracks_per_hour",
        must=20.0, aim=5.0, form=".1f",
    ),
    Aim(
        title="ghosts in cover flagged within 30 s", part="trust", key="flagged_in_time",
        must=1.0, aim=1.0, is_more_better=True, form=".3f",
    ),
    Aim(
        title="delay to the flag p95 [s]", part="trust", key="flag_delay_p95_s",
        must=30.0, aim=30.0, form=".1f",
    ),
    Aim(
        title="delay to the flag, longest [s]", part="trust", key="flag_delay_max_s",
        must=30.0, aim=30.0, form=".1f",
    ),
    Aim(
        title="honest ADS-B aircraft ever contradicted", part="trust", key="honest_accused",
        must=0.001, aim=0.0, form=".4f",
    ),
    Aim(
        title="flagged ghosts still shown", part="trust", key="shown_after_flag",
        must=0.99, aim=1.0, is_more_better=True, form=".4f",
    ),
    Aim(
        title="biased radars: GOSPA against right ones", part="bias", key="gospa_ratio",
        must=1.05, aim=1.02, form=".3f",
    ),
    Aim(
        title="the same, after ten minutes", part="bias", key="gospa_ratio_learnt",
        must=1.05, aim=1.02, form=".3f",
    ),
    Aim(
        title="the same, RMS of place, after ten minutes", part="bias", key="rms_ratio_learnt",
        must=1.05, aim=1.02, form=".3f",
    ),
    Aim(
        title="5,000 aircraft: times real time, one core", part="country", key="times_real_time",
        must=20.0, aim=60.0, is_more_better=True, form=".1f",
    ),
    Aim(
        title="5,000 aircraft: plot in, track out p99 [ms]", part="country", key="latency_p99_ms",
        must=50.0, aim=10.0, form=".1f",
        asks="delay of data <= 2 s (ESASSP R)",
    ),
    Aim(
        title="20,000 aircraft: times real time, one core", part="continent",
        key="times_real_time", must=0.5, aim=1.0, is_more_better=True,
    ),
    Aim(
        title="20,000 aircraft: memory [GiB]", part="continent", key="memory_gib",
        must=2.0, aim=2.0,
    ),
)  # fmt: skip

MORE = (
    ("ambiguity", "ambiguity"),
    ("longest segment", "longest_segment"),
    ("OSPA [m]", "ospa_m"),
    ("GOSPA of misses [m]", "gospa_missed_m"),
    ("GOSPA of false tracks [m]", "gospa_false_m"),
    ("GOSPA of places [m]", "gospa_localisation_m"),
    ("RMS altitude [m]", "rms_altitude_m"),
    ("start delay median [s]", "start_delay_median_s"),
    ("NEES of place, 1 is honest", "nees_place"),
)
"""Figures without a target that tell why."""

MORE_OF_BIAS = (
    ("RMS of place against right radars", "rms_ratio"),
    ("RMS under biased radars [m]", "rms_biased_m"),
    ("RMS under right radars [m]", "rms_unbiased_m"),
    ("the same after ten minutes, biased [m]", "rms_biased_learnt_m"),
    ("the same after ten minutes, right [m]", "rms_unbiased_learnt_m"),
)

MORE_OF_TRUST = (
    ("ghosts that came into cover", "ghosts_judged"),
    ("flagged ghosts still contradicted", "contradicted_after_flag"),
    ("honest ADS-B aircraft", "honest"),
    ("honest ADS-B aircraft ever verified", "honest_verified"),
    ("contradicted tracks of nobody's address", "others_accused"),
)

WORST: dict[str, Callable[[list[float]], float]] = {
    "flagged_in_time": min,
    "flag_delay_p95_s": max,
    "flag_delay_max_s": max,
    "shown_after_flag": min,
    "contradicted_after_flag": min,
    "honest_accused": statistics.mean,
    "others_accused": max,
}
"""Figures of several seeds that are not told by their median: each ghost has to be found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a standard asks of a kind of target; ``is_least``: at least that much."""

    title: str
    key: str
    asks: float
    unit: str
    is_least: bool = False


REQUIREMENTS = (
    Requirement(
        title="position, ESASSP 5 NM (R) and ED-142 en route",
        key="completeness",
        asks=0.97,
        unit="",
        is_least=True,
    ),
    Requirement(title="RMS, ESASSP 5 NM (R)", key="rms_horizontal_m", asks=500.0, unit=" m"),
    Requirement(title="RMS, ED-142 en route", key="rms_horizontal_m", asks=350.0, unit=" m"),
    Requirement(title="RMS, ESASSP 3 NM (R)", key="rms_horizontal_m", asks=300.0, unit=" m"),
    Requirement(title="RMS, ED-142 terminal", key="rms_horizontal_m", asks=150.0, unit=" m"),
)
"""EUROCONTROL-SPEC-0147 (ESASSP) ed. 1.2, volume 1, as recalled; ED-142 as COMPASS evaluates it."""

GRID: dict[str, tuple[float, ...]] = {
    "hits": (3, 4, 6),
    "q": (10.0, 40.0),
    "sigma_spd0_mps": (80.0, 180.0),
    "gate": (3.5, 5.5),
    "window_turns": (4.0, 9.0),
    "end_turns": (2.5, 4.0),
    "sigma_hae_m": (1500.0, 4500.0),
}
"""Values to try beside those that stone_soup.py begins with."""


# ---------------------------------------------------------------- running


def _command(command: Sequence[object]) -> tuple[str, float, float]:
    """Run a command; return its output, its seconds of processor time and its most memory [GiB]."""
    # One thread, or linear algebra burns a second core for matrices of six rows.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(
            [str(word) for word in command], stdout=said, stderr=subprocess.STDOUT, env=environment
        )
        # The high-water mark that wait4 tells is that of the parent too, from before exec.
        most_kib = 0
        while True:
            most_kib = max(most_kib, _high_water_kib(child.pid))
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.1)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read()
    if child.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{text}")
    return text, used.ru_utime + used.ru_stime, most_kib / 2**20


def _high_water_kib(pid: int) -> int:
    """Most memory that a running process has had so far; 0 where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(x.split()[1]) for x in text.splitlines() if x.startswith("VmHWM")), 0)


SPECIAL: dict[str, list[object]] = {
    "trust": ["standard", "--ghosts", GHOSTS],
    "bias": ["standard", "--bias"],
    "unbiased": ["standard"],
}
"""Parts that are no profile of sky.py, and how they are made from one."""


def make_scene(part: str, seed: int, minutes: float | None, out: Path, sizes: list[str]) -> Path:
    """Make a scene with sky.py; of ``bias`` also the same sky under right radars, beside it."""
    scene = out / f"{part}-{seed}"
    more = [] if minutes is None else ["--minutes", minutes]
    words = SPECIAL.get(part, [part])
    _command(
        [sys.executable, HERE / "sky.py", *words, "--seed", seed, "--out", scene, *more, *sizes]
    )
    if part == "bias":
        make_scene("unbiased", seed, minutes, out, sizes)
    return scene


def run_ours(scene: Path, to: Path) -> Figures:
    """Track a scene as a user would."""

    def tracked(reports: Path, target: Path) -> tuple[float, float]:
        _, cpu_s, gib = _command(
            [
                Path(sys.executable).with_name("airshield"), "track", reports,
                "--sensors", scene, "--to", target, "--json",
            ]
        )  # fmt: skip
        return cpu_s, gib

    few = to.with_name("start-reports.parquet")
    reports = pq.ParquetFile(scene / "reports.parquet")
    pq.write_table(pa.Table.from_batches([next(reports.iter_batches(START_REPORTS))]), few)
    # Twice: the first run after a change compiles.
    tracked(few, to.with_name("start-tracks.parquet"))
    start_s, _ = tracked(few, to.with_name("start-tracks.parquet"))
    cpu_s, gib = tracked(scene / "reports.parquet", to)
    # Of a scene too short to tell its cost from that of the start, nothing is said.
    cpu_s = cpu_s - start_s if cpu_s > 1.2 * start_s else math.nan
    return {
        "plots": float(reports.metadata.num_rows),
        "cpu_s": cpu_s,
        "start_cpu_s": start_s,
        "plots_per_cpu_s": reports.metadata.num_rows / cpu_s,
        "times_real_time": _duration_s(scene) / cpu_s,
        "memory_gib": gib,
    }


def run_stone_soup(scene: Path, to: Path, settings: dict[str, float] | None = None) -> Figures:
    """Track a scene with Stone Soup in its own environment."""
    given = [
        word for name, value in (settings or {}).items() for word in ("--set", f"{name}={value}")
    ]
    said, _, gib = _command([PEER, HERE / "stone_soup.py", scene, to, "--json", *given])
    found = json.loads(said.strip().splitlines()[-1])
    return {
        "cpu_s": found["cpu_s"],
        "plots_per_cpu_s": found["per_cpu_s"],
        "times_real_time": _duration_s(scene) / found["cpu_s"],
        "memory_gib": gib,
    }


def _duration_s(scene: Path) -> float:
    t = pq.read_table(scene / "truth.parquet", columns=["t"])["t"].cast(pa.int64()).to_numpy()
    return float(t.max() - t.min()) * 1e-9


def measure_latency(scene: Path) -> float:
    """Return the 99th percentile from plot in to track out [ms], queueing included.

    The tracker is handed whatever has been heard by the time it is free, as a live chain does. How
    long each call takes is measured; when it begins follows from the moments at which plots come.
    """
    shield = load_shield(scene)
    tracker = track.Tracker(shield.radars, geoid_height_m=shield.geoid_height_m)
    track.warm_up()
    reports = pq.read_table(scene / "reports.parquet")
    heard = reports["t_heard"].cast(pa.int64()).to_numpy()
    heard_s = (heard - heard[0]) * 1e-9
    total = int(np.searchsorted(heard_s, LATENCY_S))
    waited_ms = np.empty(total)
    free_s, done = 0.0, 0
    while done < total:
        begin_s = max(free_s, float(heard_s[done]))
        upto = min(int(np.searchsorted(heard_s, begin_s, side="right")), total)
        start = time.perf_counter()
        tracker.feed(reports.slice(done, upto - done))
        free_s = begin_s + time.perf_counter() - start
        waited_ms[done:upto] = 1e3 * (free_s - heard_s[done:upto])
        done = upto
    return float(np.quantile(waited_ms, 0.99))


# ---------------------------------------------------------------- the parts


def flat(found: dict[str, Any]) -> Figures:
    """Figures of a scorer by one name each: ``completeness``, ``adsb.completeness``, ..."""
    out = {
        key: math.nan if value is None else value for key, value in found.items() if key != "groups"
    }
    for group, figures in found.get("groups", {}).items():
        for key, value in figures.items():
            out[f"{group}.{key}"] = math.nan if value is None else float(value)
    return out


def measure(part: str, seed: int, scene: Path, say: Callable[[str], None]) -> dict[str, Figures]:
    """Run everybody who can be run on a scene; return figures by tracker."""
    found: dict[str, Figures] = {}
    compared = part in ("standard", "clutter", "small")
    try:
        ours = run_ours(scene, scene / "ours.parquet")
    except RuntimeError as error:
        say(f"{part} {seed}: ours stopped: {str(error).strip().splitlines()[-1]}")
        return {"ours": {}}
    found["ours"] = ours | flat(score(scene, scene / "ours.parquet"))
    say(f"{part} {seed}: ours {ours['plots']:,.0f} plots in {ours['cpu_s']:.2f} CPU-seconds")
    if compared:
        run_oracle(scene, scene / "oracle-tracks.parquet", 10.0)
        found["oracle"] = flat(score(scene, scene / "oracle-tracks.parquet"))
        if PEER.exists():
            theirs = run_stone_soup(scene, scene / "stone-soup.parquet")
            found["stone_soup"] = theirs | flat(score(scene, scene / "stone-soup.parquet"))
            say(f"{part} {seed}: Stone Soup {theirs['cpu_s']:.1f} CPU-seconds")
        else:
            say(f"{part} {seed}: no Stone Soup here; make peers")
    if part == "trust":
        found["ours"] |= flat(trust_figures(judge(scene, scene / "ours.parquet")))
    if part == "bias":
        found["ours"] |= bias_figures(scene, scene.with_name(scene.name.replace(part, "unbiased")))
    if part == "country":
        try:
            found["ours"]["latency_p99_ms"] = measure_latency(scene)
        except UsageError as error:
            say(f"{part} {seed}: latency: {error}")
    return found


def bias_figures(scene: Path, unbiased: Path) -> Figures:
    """GOSPA per target and RMS [m] where radars are wrong, where they are right, and the ratios.

    GOSPA is mostly misses and false tracks, which a bias hardly changes; the RMS feels it.
    """
    run_ours(unbiased, unbiased / "ours.parquet")
    out: Figures = {}
    for name, since_s in (("", None), ("_learnt", LEARNT_S)):
        wrong, right = (
            flat(score(folder, folder / "ours.parquet", settling_s=since_s))
            for folder in (scene, unbiased)
        )
        if not wrong["instants"]:  # the scene is shorter
            continue
        for short, key in (("gospa", "gospa_per_target_m"), ("rms", "rms_horizontal_m")):
            out[f"{short}_biased{name}_m"] = wrong[key]
            out[f"{short}_unbiased{name}_m"] = right[key]
            out[f"{short}_ratio{name}"] = wrong[key] / right[key]
    return out


def medians(runs: list[dict[str, Figures]]) -> dict[str, Figures]:
    """Median (or WORST) over the seeds of every tracker's figures; who is nowhere stays out."""
    out: dict[str, Figures] = {}
    for who in ("ours", "stone_soup", "oracle"):
        parts = [run[who] for run in runs if who in run]
        keys = dict.fromkeys(key for part in parts for key in part)
        out[who] = {}
        for key in keys:
            values = [p[key] for p in parts if key in p and not math.isnan(p[key])]
            if values:
                out[who][key] = WORST.get(key, statistics.median)(values)
    return out


def verdict(aim: Aim, ours: float, ratio: float) -> str:
    """Return ``aim``, ``must`` or ``MISSED``: what ours reaches."""
    value = ratio if aim.is_ratio else ours
    if math.isnan(value):
        return "-"
    sign = 1.0 if aim.is_more_better else -1.0
    for name, asked in (("aim", aim.aim), ("must", aim.must)):
        if sign * value >= sign * asked:
            return name
    return "MISSED"


def lines(part: str, found: dict[str, Figures]) -> list[dict[str, Any]]:
    """Lines of the table of targets of a part."""
    out = []
    for aim in (one for one in AIMS if one.part == part):
        ours, theirs, best = (
            found[who].get(aim.key, math.nan) for who in ("ours", "stone_soup", "oracle")
        )
        ratio = ours / theirs if theirs else math.nan
        out.append(
            {
                "quantity": aim.title, "ours": ours, "stone_soup": theirs, "oracle": best,
                "ratio": ratio, "must": aim.must, "aim": aim.aim, "of": "ratio" if aim.is_ratio
                else "ours", "verdict": verdict(aim, ours, ratio), "form": aim.form,
                "asks": aim.asks,
            }
        )  # fmt: skip
    return out


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


COLUMNS = ("quantity", "ours", "Stone Soup", "oracle", "ratio", "must", "aim", "verdict")
ASKS = "EUROCONTROL / EUROCAE asks"
NOTE = "R: recalled from the published document (EUROCONTROL-SPEC-0147, ESASSP), not verified."


def cells(row: dict[str, Any]) -> list[str]:
    """Write a line of the table, the last column being what the standards ask."""
    asked = [
        f"x {row[name]:.2f}" if row["of"] == "ratio" else format(row[name], ",g")
        for name in ("must", "aim")
    ]
    values = [_number(row[who], row["form"]) for who in ("ours", "stone_soup", "oracle")]
    ratio = _number(row["ratio"], ".3g")
    return [row["quantity"], *values, ratio, *asked, row["verdict"], row["asks"] or "-"]


def tell(rows: list[dict[str, Any]]) -> str:
    """Write the table of targets."""
    out = [
        f"{one[0]:46s} " + " ".join(f"{word:>10s}" for word in one[1:4])
        + f" {one[4]:>8s} {one[5]:>8s} {one[6]:>8s} {one[7]:7s} {one[8]}"
        for one in [[*COLUMNS, ASKS], *map(cells, rows)]
    ]  # fmt: skip
    return "\n".join(out)


def in_markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    return "\n".join(f"| {' | '.join(one)} |" for one in (head, ["---"] * len(head), *body))


def against_standards(found: Figures) -> list[list[str]]:
    """How each kind of target stands against REQUIREMENTS, a line each; the first is the head."""
    out = [
        ["targets", "number", "completeness", "RMS [m]", "95 % within [m]"]
        + [
            f"{one.title}: {'>=' if one.is_least else '<='} {one.asks:g}{one.unit}"
            for one in REQUIREMENTS
        ]
    ]
    for group in dict.fromkeys(key.rpartition(".")[0] for key in found):
        if not group:
            continue

        def value(key: str, group: str = group) -> float:
            return found.get(f"{group}.{key}", math.nan)

        title = GROUPS.get(group, group.removeprefix("kind ").replace("_", " "))
        line = [title, _number(value("targets"), ".0f")]
        line += [_number(value("completeness"), ".3f")]
        line += [_number(value(key), ".0f") for key in ("rms_horizontal_m", "p95_horizontal_m")]
        for one in REQUIREMENTS:
            now = value(one.key)
            holds = now >= one.asks if one.is_least else now <= one.asks
            line.append("-" if math.isnan(now) else "holds" if holds else "FAILS")
        out.append(line)
    return out


def without_out(words: list[str]) -> list[str]:
    """Leave --out and its folder out of a command: what is published names no machine's paths."""
    at = next((i for i, word in enumerate(words) if word.partition("=")[0] == "--out"), len(words))
    return words[:at] + words[at + (1 if "=" in "".join(words[at : at + 1]) else 2) :]


GROUPS = {
    "adsb": "with ADS-B", "radar_only": "without ADS-B", "fast_low_silent": "fast, low and silent"
}  # fmt: skip


def tell_markdown(
    about: dict[str, Any], rows: list[dict[str, Any]], every: dict[str, Any], command: str
) -> str:
    """Write what docs/performance.md says: the table of targets, and the standards by target."""
    minutes = "the profiles' lengths" if about["minutes"] is None else f"{about['minutes']:g} min"
    out = [
        f"`{command}` on {about['date']}, {about['machine']}; seeds "
        f"{', '.join(map(str, about['seeds']))}, {minutes}.",
        in_markdown([*COLUMNS, ASKS], [cells(row) for row in rows]),
        NOTE,
    ]
    for part in ("standard", "clutter", "small"):
        if every.get(part, {}).get("medians", {}).get("ours"):
            head, *body = against_standards(every[part]["medians"]["ours"])
            out += [
                f"Ours in `{part}` against what is asked. Completeness counts a position not older "
                "than 5 s where the standards ask for one in 8 s (terminal 5 s); an RMS is of "
                "targets found within 1,000 m.",
                in_markdown(head, body),
            ]
    return "\n\n".join(out)


def tell_more(part: str, found: dict[str, Figures]) -> str:
    """Write the figures without a target, and the groups of targets."""
    out = [f"{part}: more figures", f"{'':46s} {'ours':>10s} {'Stone Soup':>10s} {'oracle':>10s}"]
    keys = [*MORE, *{"trust": MORE_OF_TRUST, "bias": MORE_OF_BIAS}.get(part, ())]
    for key in found["ours"]:
        group, dot, name = key.rpartition(".")
        if dot and name in ("completeness", "rms_horizontal_m", "rms_velocity_mps"):
            keys.append((f"{group}: {name}", key))
    for title, key in keys:
        values = (found[who].get(key, math.nan) for who in ("ours", "stone_soup", "oracle"))
        out.append(f"{title:46s} " + " ".join(f"{_number(v, '.3f'):>10s}" for v in values))
    return "\n".join(out)


def tune(scenes: list[Path], say: Callable[[str], None]) -> dict[str, float]:
    """Look for the Stone Soup settings with the least GOSPA per target, one after the other."""
    best: dict[str, float] = {}

    def worth(settings: dict[str, float]) -> float:
        values = []
        for scene in scenes:
            run_stone_soup(scene, scene / "tuning.parquet", settings)
            values.append(flat(score(scene, scene / "tuning.parquet"))["gospa_per_target_m"])
        say(f"{statistics.mean(values):8.2f} m  {settings}")
        return statistics.mean(values)

    least = worth(best)
    for name, choices in GRID.items():
        for value in choices:
            tried = best | {name: value}
            now = worth(tried)
            if now < least:
                least, best = now, tried
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument(
        "parts", nargs="*", metavar="PART",
        default=["standard", "clutter", "trust", "bias", "country", "continent"],
    )  # fmt: skip
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--minutes", type=float, help="length of the scenes")
    parser.add_argument("--targets", type=int, help="other than the profile's, for short runs")
    parser.add_argument("--radars", type=int, help="likewise")
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "tracking")
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--more", action="store_true", help="also figures that have no target")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document, every figure")
    form.add_argument("--markdown", action="store_true", help="as docs/performance.md has it")
    asked = parser.parse_args()
    sizes = [
        word
        for name in ("targets", "radars")
        if getattr(asked, name) is not None
        for word in (f"--{name}", str(getattr(asked, name)))
    ]
    asked.out.mkdir(parents=True, exist_ok=True)

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    if asked.tune:
        seeds = asked.seeds or [101, 102, 103, 104]
        scenes = [
            make_scene(part, seed, asked.minutes, asked.out, sizes)
            for part in asked.parts
            for seed in seeds
        ]
        print(json.dumps(tune(scenes, say)))
        return
    rows: list[dict[str, Any]] = []
    more: list[str] = []
    every: dict[str, Any] = {}
    for part in asked.parts:
        # The large ones are measured once: their figures are of cost, not of chance.
        seeds = asked.seeds or [1, 2, 3]
        runs = []
        for seed in seeds[:1] if part in ("country", "continent") else seeds:
            scene = make_scene(part, seed, asked.minutes, asked.out, sizes)
            runs.append(measure(part, seed, scene, say))
        found = medians(runs)
        every[part] = {"medians": found, "runs": runs}
        rows += lines(part, found)
        more.append(tell_more(part, found))
    about = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}",
        "minutes": asked.minutes,
        "seeds": asked.seeds or [1, 2, 3],
    }
    if asked.json:
        print(json.dumps({"about": about, "table": rows, "parts": every}))
        return
    if asked.markdown:
        print(
            tell_markdown(about, rows, every, f"bench.py {shlex.join(without_out(sys.argv[1:]))}")
        )
        return
    print(f"{about['date']}, {about['machine']}\n")
    print(tell(rows))
    print(f"\n{NOTE}")
    if asked.more:
        print("\n" + "\n\n".join(more))


if __name__ == "__main__":
    main()
