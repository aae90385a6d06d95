"""How fast patrols are simulated, beside SimPy, in one run on the same plan.

Plans of 30 days: 24 aircraft, then 13, and four stations an hour away; and one that uses all that
the model has. SimPy runs the slow twin of the tests, one replication after the other on one core,
and for the first two plans a lean model with nothing in it but the sorties and one total. Rates of
one core are by processor time, that of all cores by the clock.

Usage::

    python benchmarks/sustain.py [--runs N] [--twin-runs N] [--json | --markdown]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from airshield.plan.patrol import PatrolPlan, simulate, warm_up
from patrol_plans import HOUR_S, everything, kind, single
from reference import patrol as slow

DAYS = 30
MUST = {"events/s": 20e6, "times SimPy": 100.0, "1,000 runs, s": 1.0}
AIM = {"events/s": 40e6, "times SimPy": 200.0, "1,000 runs, s": 0.2}


def plans() -> dict[str, PatrolPlan]:
    of = kind(
        sortie_s=6.0 * HOUR_S, repair_fixed_s=3.0 * HOUR_S, readiness=0.9, down_s=48.0 * HOUR_S
    )
    return {
        "24 aircraft, 4 stations": single(of, 24, stations=4, away_h=0.999),
        "13 aircraft, 4 stations: too few": single(of, 13, stations=4, away_h=0.999),
        "everything: fuel, tankers, nights, weather": everything(days=DAYS),
    }


class Counted(slow.Twin):
    """The twin, counting what its environment steps through."""

    def run(self) -> Counted:
        step, self.events = self.env.step, 0

        def counted() -> None:
            self.events += 1
            step()

        self.env.step = counted
        super().run()
        return self


def best_cpu_s(work, times: int) -> float:
    """Least processor time of several tries: others use the machine too."""
    found = []
    for _ in range(times):
        before = time.process_time()
        work()
        found.append(time.process_time() - before)
    return min(found)


def measure(options: argparse.Namespace) -> list[dict]:
    rows = []
    cores = os.cpu_count() or 1
    for name, plan in plans().items():
        result = simulate(plan, days=DAYS, runs=options.runs, threads=1)
        events = int(result.out.events.sum())
        cpu_s = best_cpu_s(
            lambda plan=plan: simulate(plan, days=DAYS, runs=options.runs, threads=1), 5
        )
        walls = []
        for _ in range(7):
            before = time.perf_counter()
            simulate(plan, days=DAYS, runs=1000, threads=cores)
            walls.append(time.perf_counter() - before)

        def twins(plan=plan) -> list[slow.Twin]:
            rngs = np.random.default_rng(0).spawn(options.twin_runs)
            return [slow.Twin(plan, DAYS, rng).run() for rng in rngs]

        twin_s = best_cpu_s(twins, 3)
        stepped = Counted(plan, DAYS, np.random.default_rng(0)).run().events
        rows.append(
            {
                "plan": name,
                "events a run": events / options.runs,
                "events/s": events / cpu_s,
                "runs/s": options.runs / cpu_s,
                "SimPy events a run": stepped,
                "SimPy runs/s": options.twin_runs / twin_s,
                "times SimPy": options.runs / cpu_s / (options.twin_runs / twin_s),
                f"1,000 runs, s ({cores} cores)": min(walls),
            }
        )
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def table(rows: list[dict]) -> str:
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
    for row in rows:
        cells = [
            v if isinstance(v, str) else f"{v:,.3g}" if v < 100 else f"{v:,.0f}"
            for v in row.values()
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500, help="replications on one core")
    parser.add_argument("--twin-runs", type=int, default=10, help="replications of SimPy")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="the table alone")
    options = parser.parse_args()
    warm_up()
    rows = measure(options)
    if options.json:
        print(json.dumps({"rows": rows, "must": MUST, "aim": AIM}, indent=1))
        return 0
    print(table(rows))
    if not options.markdown:
        print(f"must: {MUST}\naim:  {AIM}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
