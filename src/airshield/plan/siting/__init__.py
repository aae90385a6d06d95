"""Where the next radars should stand.

Comes in: candidate sites (from terrain, :func:`find_candidates`, or given), which demand cells each
would cover, what a cell counts (m², people, over several layers), which radars stand already, and
either how many new ones there may be or what they cost and the budget. Goes out: a
:class:`SitingPlan` with the sites, what they cover, and how far from the best it can be at most.

**The model** is maximal covering location (Church and ReVelle 1974): a cell counts when a chosen
site covers it. With ``folds`` k it counts min(count, k) / k: for cross-checks, for triangulation.

**The way**: equal demand cells are merged; lazy greedy; exchanges of one site for another, from
there and from where lots have taken some sites away; a Lagrangian bound, which settles most sites
for good; HiGHS for the rest, with a time limit. The gap told is proven, whether or not the time
was enough.

**Robust**: every plan tells what is left after the worst loss of any one radar, and which that is.
``is_robust`` maximises that figure: by swaps, with a proven bound, but seldom proven best.

Left out: sites that may stand anywhere (candidates are a list), probabilities that add up over
radars, pairs that only see together (multistatic), the order in which to build (``values`` tells
what each adds).

References: Church, ReVelle, Papers of the Regional Science Association 32, 1974; Nemhauser, Wolsey,
Fisher, Mathematical Programming 14, 1978; Minoux, Optimization Techniques (Springer), 1978 (lazy
greedy); Held, Wolfe, Crowder, Mathematical Programming 6, 1974; Khuller, Moss, Naor, Information
Processing Letters 70, 1999 (budgets); Huangfu and Hall, Mathematical Programming Computation 10,
2018 (HiGHS).
"""

import numpy as np

from airshield.plan.siting.candidates import Candidates, find_candidates
from airshield.plan.siting.plan import SitingPlan, plan_sites
from airshield.plan.siting.problem import SitingProblem, demand_of, pack_cover

__all__ = [
    "Candidates",
    "SitingPlan",
    "SitingProblem",
    "demand_of",
    "find_candidates",
    "pack_cover",
    "plan_sites",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    problem = SitingProblem(
        sites=("a", "b", "c"),
        bits=pack_cover(np.eye(3)),
        weights=np.arange(1.0, 4.0),
        radars=2,
    )
    plan_sites(problem, time_limit_s=0.0, is_robust=True)
