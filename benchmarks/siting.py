"""How long it takes to place radars and prove it, beside HiGHS alone and CBC.

Made problems: candidates and demand cells at random in a square, a site covers the disk around it,
weights exponential. Equal cells are merged for everybody before the clock starts. Processor
seconds of this process and its children, one thread each, in one run:

* airshield: greedy, swaps, kicks, Lagrangian bound, HiGHS for what is left open;
* HiGHS alone: the same formulation given to SciPy whole;
* CBC: the same through PuLP, where ``make .peers/siting/.done`` has put it.

Usage::

    python benchmarks/siting.py [--limit S] [--seeds N] [--large] [--json | --markdown]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from airshield.plan.siting import SitingProblem, pack_cover, plan_sites, warm_up
from airshield.plan.siting.bound import Bound
from airshield.plan.siting.demand import demand_from
from airshield.plan.siting.exact import solve

ROOT = Path(__file__).parents[1]
PEER = ROOT / ".peers" / "siting" / "bin" / "python"
CASES = ((100, 2000, 10, 0.12), (300, 5000, 15, 0.07), (300, 5000, 15, 0.10))
LARGE = ((500, 20000, 20, 0.09), (1000, 50000, 30, 0.08))
MUST_S, AIM_S = 5.0, 2.0


def disks(sites: int, cells: int, radius: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which site covers which cell, and what each cell weighs."""
    rng = np.random.default_rng(seed)
    at, of = rng.uniform(size=(sites, 2)), rng.uniform(size=(cells, 2))
    weights = rng.exponential(1.0, cells)
    reach = radius * rng.uniform(0.7, 1.3, (sites, 1))
    away2 = (at[:, None, 0] - of[None, :, 0]) ** 2 + (at[:, None, 1] - of[None, :, 1]) ** 2
    return away2 < reach**2, weights


def ours(problem: SitingProblem, limit_s: float) -> dict:
    before = time.process_time()
    plan = plan_sites(problem, time_limit_s=limit_s)
    cpu_s = time.process_time() - before
    return {"value": plan.value, "gap": plan.gap, "is_proven": plan.is_proven, "cpu_s": cpu_s}


def highs(problem: SitingProblem, limit_s: float) -> dict:
    demand = demand_from(problem)
    nothing = np.zeros(demand.sites, bool)
    unsettled = Bound(value=np.inf, dearest=nothing, is_in=nothing, is_out=nothing)
    before = time.process_time()
    found = solve(demand, unsettled, time_limit_s=limit_s)
    cpu_s = time.process_time() - before
    value = 0.0 if found.is_chosen is None else demand.value(found.is_chosen)
    gap = (found.bound - value) / found.bound
    return {"value": value, "gap": gap, "is_proven": gap <= 1e-6, "cpu_s": cpu_s}


def cbc(problem: SitingProblem, limit_s: float, python: Path) -> dict | None:
    if not python.exists():
        return None
    demand = demand_from(problem)
    asked = {
        "covers": [np.flatnonzero(row).tolist() for row in demand.matrix()],
        "weights": demand.weights.tolist(),
        "sites": demand.sites,
        "radars": problem.radars,
        "time_limit_s": limit_s,
    }
    script = ROOT / "tests" / "reference" / "siting_peer.py"
    done = subprocess.run(
        [python, script], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return {"gap": None, **json.loads(done.stdout)}


def measure(options: argparse.Namespace) -> list[dict]:
    rows = []
    for sites, cells, radars, radius in CASES + (LARGE if options.large else ()):
        for seed in range(options.seeds):
            cover, weights = disks(sites, cells, radius, seed)
            problem = SitingProblem(
                sites=tuple(f"s{i}" for i in range(sites)),
                bits=pack_cover(cover),
                weights=weights,
                radars=radars,
            )
            answers = {
                "airshield": ours(problem, options.limit),
                "HiGHS alone": highs(problem, options.limit),
                "CBC": cbc(problem, options.limit, options.peer),
            }
            best = max(a["value"] for a in answers.values() if a)
            for name, answer in answers.items():
                if answer is not None:
                    rows.append(
                        {
                            "sites": sites,
                            "cells": cells,
                            "radars": radars,
                            "radius": radius,
                            "seed": seed,
                            "solver": name,
                            "of_best": answer["value"] / best,
                            **answer,
                        }
                    )
                    print(f"{rows[-1]}", file=sys.stderr, flush=True)
    return rows


def table(rows: list[dict]) -> str:
    """Medians over the seeds, one line for each case and solver."""
    lines = [
        "| candidates × cells, radars | solver | CPU s, median (worst) | proven | of the best |",
        "|---|---|---|---|---|",
    ]
    for case in dict.fromkeys((r["sites"], r["cells"], r["radars"], r["radius"]) for r in rows):
        mine = [r for r in rows if (r["sites"], r["cells"], r["radars"], r["radius"]) == case]
        for solver in dict.fromkeys(r["solver"] for r in mine):
            of = [r for r in mine if r["solver"] == solver]
            cpu_s = [r["cpu_s"] for r in of]
            proven = sum(r["is_proven"] for r in of)
            worth = np.mean([r["of_best"] for r in of])
            lines.append(
                f"| {case[0]} × {case[1]:,}, {case[2]} (disks of {case[3]:g}) | {solver} | "
                f"{np.median(cpu_s):.2f} ({max(cpu_s):.2f}) | {proven} of {len(of)} | {worth:.4f} |"
            )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for each solver")
    parser.add_argument("--seeds", type=int, default=3, help="problems of each size")
    parser.add_argument("--large", action="store_true", help="also 500 and 1,000 candidates")
    parser.add_argument("--peer", type=Path, default=PEER, help="interpreter that has PuLP")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="the table alone")
    options = parser.parse_args()
    warm_up()
    rows = measure(options)
    if options.json:
        print(json.dumps(rows))
        return 0
    print(table(rows))
    if not options.markdown:
        # What was not proven in time has not met anything.
        target = [
            r["cpu_s"] if r["is_proven"] else np.inf
            for r in rows
            if r["solver"] == "airshield" and (r["sites"], r["cells"]) == (300, 5000)
        ]
        worst = max(target)
        verdict = "aim met" if worst <= AIM_S else "met" if worst <= MUST_S else "missed"
        print(
            f"\n300 × 5,000 proven within {MUST_S:g} s (aim {AIM_S:g} s): worst {worst:.2f} s of "
            f"{len(target)}, {verdict}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
