"""How fast patrols are simulated, beside SimPy, in one run on the same plan.

Plans of 30 days: 24 aircraft, then 13, and four stations an hour away; the first with an alert that
is called; and one that uses all that the model has. SimPy runs the slow twin of the tests, one
replication after the other on one core, and for the first two plans a lean model with nothing in it
but the sorties and one total. Rates of one core are by processor time; a thousand runs on all cores
are told by processor time and by the clock, which differ on a machine that others use too.

Usage::

    python benchmarks/sustain.py [--runs N] [--twin-runs N] [--json | --markdown]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import simpy

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from airshield.plan.patrol import PatrolPlan, simulate, warm_up
from patrol_plans import HOUR_S, crowd, everything, kind, single
from reference import patrol as slow

DAYS = 30
DAY_S, WAY_S, DOWN_S = 86400.0, 0.999 * HOUR_S, 48.0 * HOUR_S
LARGE = "128 aircraft, 13 fleets, 11 stations: too few"  # nobody waits for SimPy here
MUST = {"events/s": 20e6, "times SimPy": 100.0, "1,000 runs, s": 1.0}
AIM = {"events/s": 40e6, "times SimPy": 200.0, "1,000 runs, s": 0.2}


def plans() -> dict[str, PatrolPlan]:
    of = kind(sortie_s=6.0 * HOUR_S, repair_fixed_s=3.0 * HOUR_S, readiness=0.9, down_s=DOWN_S)
    return {
        "24 aircraft, 4 stations": single(of, 24, stations=4, away_h=0.999),
        "13 aircraft, 4 stations: too few": single(of, 13, stations=4, away_h=0.999),
        "24 aircraft, 4 stations, 6 calls a day": single(
            dataclasses.replace(of, to_air_s=900.0),
            24,
            stations=4,
            away_h=0.999,
            on_alert=2,
            scrambles_per_day=6.0,
            scramble_s=1.5 * HOUR_S,
        ),
        "everything: fuel, tankers, nights, weather": everything(days=DAYS),
        LARGE: crowd(),
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


class Lean:
    """Sorties, readiness and one total: the least that SimPy can be asked for the first two plans.

    A slot asks a store of ready aircraft for its next one, in time for the way.
    """

    def __init__(self, plan: PatrolPlan, rng: np.random.Generator) -> None:
        self.env, self.rng = simpy.Environment(initial_time=-WAY_S), rng
        self.kind, self.count = plan.aircraft[0], plan.fleets[0].count
        self.ready = simpy.Store(self.env)
        self.manned_s = 0.0
        for _ in plan.stations:
            self.env.process(self.slot())
        for _ in range(self.count):
            self.env.process(self.aircraft(np.inf))

    def aircraft(self, busy_s: float) -> Iterator[simpy.Event]:
        """On the ground until ready; out of service with the chance that the fit share leaves."""
        if busy_s < np.inf:
            yield self.env.timeout(WAY_S)
            yield self.env.timeout(self.rng.exponential(self.kind.repair_s(busy_s)))
            yield self.env.timeout(self.kind.turnaround.mean_s)
        fit, share = self.kind.readiness, 1.0
        if busy_s < np.inf:
            cycle_s = busy_s + self.kind.repair_s(busy_s) + self.kind.turnaround.mean_s
            share = cycle_s / DOWN_S / fit
        down_share = share * (1.0 - fit)
        if self.rng.random() < down_share:
            yield self.env.timeout(self.rng.exponential(DOWN_S))
        self.ready.put(None)

    def slot(self) -> Iterator[simpy.Event]:
        env, stay_s = self.env, self.kind.sortie_s - 2.0 * WAY_S
        free_s = 0.0
        while True:
            yield self.ready.get()
            there_s = max(free_s, env.now + WAY_S)
            yield env.timeout(there_s - env.now)
            free_s = there_s + stay_s
            self.manned_s += max(0.0, min(free_s, DAYS * DAY_S) - there_s)
            yield env.timeout(max(0.0, stay_s - WAY_S))
            env.process(self.leaving(free_s - env.now))

    def leaving(self, in_s: float) -> Iterator[simpy.Event]:
        yield self.env.timeout(in_s)
        yield from self.aircraft(self.kind.sortie_s)

    def run(self) -> Lean:
        self.env.run(until=DAYS * DAY_S)
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
        runs = options.runs // 10 if name == LARGE else options.runs
        result = simulate(plan, days=DAYS, runs=runs, threads=1)
        events = int(result.out.events.sum())
        cpu_s = best_cpu_s(
            lambda plan=plan, runs=runs: simulate(plan, days=DAYS, runs=runs, threads=1), 5
        )
        walls, all_cpu = [], []
        for _ in range(7):
            before, before_cpu = time.perf_counter(), time.process_time()
            simulate(plan, days=DAYS, runs=2 * runs, threads=cores)
            scale = 1000 / (2 * runs)
            walls.append((time.perf_counter() - before) * scale)
            all_cpu.append((time.process_time() - before_cpu) * scale)

        def twins(plan=plan) -> list[slow.Twin]:
            rngs = np.random.default_rng(0).spawn(options.twin_runs)
            return [slow.Twin(plan, DAYS, rng).run() for rng in rngs]

        twin_rate = lean_rate = stepped = np.nan
        if name != LARGE:
            twin_rate = options.twin_runs / best_cpu_s(twins, 3)
            stepped = Counted(plan, DAYS, np.random.default_rng(0)).run().events
        if len(plan.fleets) == 1 and not plan.fleets[0].scrambles_per_day:

            def lean(plan=plan) -> list[Lean]:
                rngs = np.random.default_rng(0).spawn(options.twin_runs)
                return [Lean(plan, rng).run() for rng in rngs]

            lean_rate = options.twin_runs / best_cpu_s(lean, 3)
            share = np.mean([one.manned_s for one in lean()]) / (DAYS * DAY_S * len(plan.stations))
            print(
                f"cover {result.cover.mean():.4f}, lean SimPy {share:.4f}",
                file=sys.stderr,
                flush=True,
            )
        rows.append(
            {
                "plan": name,
                "events a run": events / runs,
                "events/s": events / cpu_s,
                "runs/s": runs / cpu_s,
                "twin events a run": stepped,
                "twin runs/s": twin_rate,
                "lean SimPy runs/s": lean_rate,
                "times twin": runs / cpu_s / twin_rate,
                "times lean SimPy": runs / cpu_s / lean_rate,
                "1,000 runs, processor s": min(all_cpu),
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
            v
            if isinstance(v, str)
            else ""
            if math.isnan(v)
            else f"{v:,.3g}"
            if v < 100
            else f"{v:,.0f}"
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
