"""What the supply network brings to each base, for how long stocks last, and what it hangs on.

Comes in: a :class:`Network` of nodes (what enters, what is used, what lies and fits there) and
edges (capacity in routine and surge, delay, share lost on the way, one way or both), each run by an
owner. A convoy or an airlift is an edge like any other (:func:`convoy_kgps`). Rates are kilograms a
second, amounts kilograms, delays seconds; sentences say tonnes a day. Goes out:

* **steady rates** (:func:`find_rates`): what each node gets day after day, losses on the way
  counted, shared fairly or as much as possible in all, and what binds it: SUPPLY_NODE, SUPPLY_EDGE;
* **days** (:func:`plan_days`): stocks, deliveries and shortages over time with delays, stores and
  outages, under the best dispatch there is; the first short day and why: STOCK_DAY;
* **losses** (:func:`find_losses`, :func:`find_worst_pairs`): how much less can be delivered without
  each edge, node, owner, pair of edges: SUPPLY_LOSS;
* **sole ways** (:func:`find_sole_ways`): without what alone nothing reaches a node: SOLE_WAY;
* **the bottleneck** (:func:`find_bottleneck`): a least cut, and who runs what lies on it.

**Best dispatch** is what makes a failure certain: what is short here in all, nobody could have
brought. A real dispatcher foresees less, so what holds here may still fail for want of foresight.

**Unknown** figures (NaN) are refused by the solvers. :meth:`Network.known` puts the worst or the
best in their place; :func:`judge_days` does both and answers holds, fails or unknown.

Left out: several goods that share an edge's capacity (give each goods its network and its part of
the capacity), whole lorries and trains (rates are averages), loading and unloading (a delay),
prices. Aircraft and their burn are ``plan.patrol``'s; it gives the use by day.

References: Ford, Fulkerson, Flows in Networks, 1962; Dinic, Soviet Mathematics Doklady 11, 1970;
Ahuja, Magnanti, Orlin, Network Flows, 1993 (gains: chapter 15); Bertsekas, Gallager, Data Networks,
1992, chapter 6 (fair shares); Megiddo, Mathematical Programming 7, 1974; Huangfu and Hall,
Mathematical Programming Computation 10, 2018 (HiGHS).
"""

from airshield.plan.logistics.days import Days, Outage, judge_days, plan_days
from airshield.plan.logistics.graph import Bottleneck, find_bottleneck
from airshield.plan.logistics.losses import (
    find_losses,
    find_sole_ways,
    find_worst_pairs,
    lossless,
)
from airshield.plan.logistics.network import Edge, Network, Node, convoy_kgps
from airshield.plan.logistics.rates import Binding, Rates, SolverError, find_rates

__all__ = [
    "Binding",
    "Bottleneck",
    "Days",
    "Edge",
    "Network",
    "Node",
    "Outage",
    "Rates",
    "SolverError",
    "convoy_kgps",
    "find_bottleneck",
    "find_losses",
    "find_rates",
    "find_sole_ways",
    "find_worst_pairs",
    "judge_days",
    "lossless",
    "plan_days",
    "warm_up",
]


def warm_up() -> None:
    """Compile this room's kernels, or load them from the cache."""
    network = Network(
        nodes=(
            Node(name="a", owner="x", supply_kgps=2.0),
            Node(name="b", owner="x", demand_kgps=1.0),
        ),
        edges=(
            Edge(name="1", owner="x", start="a", end="b", capacity_kgps=0.6),
            Edge(name="2", owner="x", start="a", end="b", capacity_kgps=0.6, loss_share=0.1),
        ),
    )
    find_losses(network)
    find_losses(lossless(network))
    find_worst_pairs(lossless(network))
