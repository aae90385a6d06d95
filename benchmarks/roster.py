"""How few aircraft a timetable of six bases and six stations takes, and how soon that is known.

Made plans: bases in a line, stations at random beyond them, a day in half hours. In one run, with
the same limit on time for each:

* airshield: the bound, rhythms, HiGHS for what they leave open;
* HiGHS alone: the programme of the house, aircraft as flows through time, given to SciPy whole;
* HiGHS, busy rows: the usual form, *at no instant are more away than there are*, to SciPy whole.

The last two are given the longest stays only: with all of them, as airshield has them, they find
nothing of use. Their bound is one for longest stays, and a little higher.

Then the fleets that suffice whichever base is lost, of airshield only.

Usage::

    python benchmarks/roster.py [--limit S] [--seeds N] [--json | --markdown]
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from airshield.plan.patrol import (
    AircraftClass,
    Base,
    Duration,
    Fleet,
    PatrolPlan,
    Station,
    find_bound,
)
from airshield.plan.roster import find_roster
from airshield.plan.roster.counts import counts_for
from airshield.plan.roster.programme import programme_of, solve
from airshield.plan.roster.sorties import needs_of, period_of, sorties_of

HOUR_S = 3600.0
MOST = 60


def six_by_six(seed: int) -> PatrolPlan:
    rng = np.random.default_rng(seed)
    fighter = AircraftClass(
        name="Fighter",
        role="patrol",
        cruise_mps=230.0,
        sortie_s=3.0 * HOUR_S,
        turnaround=Duration(mean_s=2.0 * HOUR_S),
        repair_fixed_s=3.0 * HOUR_S,
        repair_share=0.3,
    )
    bases = tuple(
        Base(name=f"B{i}", contributor=f"C{i}", lat_deg=48.0 + 0.9 * i, lon_deg=24.0)
        for i in range(6)
    )
    fleets = tuple(
        Fleet(name=f"F{i}", contributor=f"C{i}", aircraft="Fighter", base=f"B{i}", count=6)
        for i in range(6)
    )
    stations = tuple(
        Station(
            name=f"S{i}",
            role="patrol",
            lat_deg=48.0 + rng.uniform(0.0, 4.5),
            lon_deg=24.0 + rng.uniform(2.8, 6.3),
        )
        for i in range(6)
    )
    return PatrolPlan(aircraft=(fighter,), bases=bases, fleets=fleets, stations=stations)


def longest(plan: PatrolPlan):
    """Period, needs, and the longest sortie of every fleet to every station at every beginning."""
    period = period_of(days=1, step_s=1800.0, first_day=0)
    needs = needs_of(plan, period)
    sorties = sorties_of(plan, period, needs)
    pair = sorties.fleet * len(plan.stations) + sorties.station
    most = np.zeros(pair.max() + 1, np.int64)
    np.maximum.at(most, pair, sorties.steps)
    return period, needs, sorties.take(sorties.steps == most[pair])


def flows(plan: PatrolPlan, limit_s: float) -> dict:
    period, needs, sorties = longest(plan)
    before = time.perf_counter(), time.process_time()
    counts = [counts_for(plan, fleet, "mean", most=MOST) for fleet in plan.fleets]
    whole = programme_of(plan, period, needs, sorties, counts, is_hours=False)
    found = solve(whole, sorties, limit_s=limit_s)
    return told(found.cost, found.bound, before)


def busy_rows(plan: PatrolPlan, limit_s: float) -> dict:
    """Written out anew: rows for each fleet and each take-off time of its own."""
    period, needs, sorties = longest(plan)
    before = time.perf_counter(), time.process_time()
    fleets, many = len(plan.fleets), sorties.many
    rows, low = [], []
    for s in range(len(plan.stations)):
        for step in range(period.steps):
            is_there = (step - sorties.first) % period.steps < sorties.steps
            rows.append(np.append((sorties.station == s) & is_there, np.zeros(fleets)))
            low.append(float(needs[s, step]))
    for f in range(fleets):
        mine = sorties.fleet == f
        for at_s in np.unique(sorties.take_off_s[mine] % period.length_s):
            away = (at_s - sorties.take_off_s) // period.length_s
            away -= (at_s - sorties.ready_s) // period.length_s
            rows.append(np.append(-away * mine, np.arange(fleets) == f))
            low.append(0.0)
    found = milp(
        np.append(np.zeros(many), np.ones(fleets)),
        integrality=np.ones(many + fleets),
        bounds=Bounds(0.0, np.inf),
        constraints=LinearConstraint(sparse.csr_matrix(np.array(rows)), low, np.inf),
        options={"time_limit": limit_s},
    )
    fun, dual = found.fun, found.get("mip_dual_bound")
    return told(
        np.inf if fun is None else float(fun), -np.inf if dual is None else float(dual), before
    )


def ours(plan: PatrolPlan, limit_s: float, *, without_base: bool = False) -> dict:
    before = time.perf_counter(), time.process_time()
    roster = find_roster(plan, readiness="mean", limit_s=limit_s, without_base=without_base)
    return told(
        np.inf if roster.aircraft is None else float(roster.aircraft), float(roster.bound), before
    )


def told(aircraft: float, bound: float, before: tuple[float, float]) -> dict:
    return {
        "aircraft": aircraft,
        "bound": float(np.ceil(bound - 1e-6)),
        "wall_s": time.perf_counter() - before[0],
        "cpu_s": time.process_time() - before[1],
    }


def measure(options: argparse.Namespace) -> list[dict]:
    rows = []
    for seed in range(1, options.seeds + 1):
        plan = six_by_six(seed)
        mean = find_bound(plan, days=1).least["patrol"]
        for name, work in (
            ("airshield, 10 s", lambda plan=plan: ours(plan, 10.0)),
            ("airshield", lambda plan=plan: ours(plan, options.limit)),
            ("HiGHS alone, longest stays", lambda plan=plan: flows(plan, options.limit)),
            ("HiGHS, busy rows, longest stays", lambda plan=plan: busy_rows(plan, options.limit)),
            (
                "any base lost, airshield",
                lambda plan=plan: ours(plan, options.limit, without_base=True),
            ),
        ):
            rows.append({"seed": seed, "mean flows": mean, "way": name, **work()})
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


def table(rows: list[dict]) -> str:
    lines = [
        "| plan | mean flows | way | aircraft | bound | seconds (processor) |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        many = f"{row['aircraft']:.0f}" if np.isfinite(row["aircraft"]) else "none"
        lines.append(
            f"| {row['seed']} | {row['mean flows']:.1f} | {row['way']} | {many} | "
            f"{row['bound']:.0f} | {row['wall_s']:.1f} ({row['cpu_s']:.1f}) |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=40.0, help="seconds for each way")
    parser.add_argument("--seeds", type=int, default=3, help="plans")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="the table alone")
    options = parser.parse_args()
    rows = measure(options)
    print(json.dumps(rows) if options.json else table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
