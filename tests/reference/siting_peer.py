"""Run by the interpreter of another environment: PuLP's own CBC on a maximal covering problem.

Reads one JSON document: ``covers`` (for each demand cell the sites that cover it), ``weights``,
``sites``, ``radars``, ``time_limit_s``. Writes one: the value, the bound's proof, CPU and wall
seconds of solving, and the version.
"""

import json
import os
import sys
import time

import pulp


def main():
    asked = json.load(sys.stdin)
    model = pulp.LpProblem("cover", pulp.LpMaximize)
    x = [pulp.LpVariable(f"x{s}", cat="Binary") for s in range(asked["sites"])]
    y = [pulp.LpVariable(f"y{d}", 0, 1) for d in range(len(asked["weights"]))]
    model += pulp.lpSum(w * v for w, v in zip(asked["weights"], y, strict=True))
    model += pulp.lpSum(x) <= asked["radars"]
    for d, sites in enumerate(asked["covers"]):
        model += y[d] <= pulp.lpSum(x[s] for s in sites)
    wall, before = time.perf_counter(), os.times()
    model.solve(
        pulp.PULP_CBC_CMD(
            msg=False, threads=1, gapRel=0.0, timeLimit=asked["time_limit_s"], timeMode="cpu"
        )
    )
    after = os.times()
    json.dump(
        {
            "value": pulp.value(model.objective),
            # CBC calls what it found in time 'Optimal' too; the solution's own status tells.
            "is_proven": model.sol_status == pulp.LpSolutionOptimal,
            "cpu_s": (after.user + after.children_user) - (before.user + before.children_user),
            "wall_s": time.perf_counter() - wall,
            "version": pulp.__version__,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
