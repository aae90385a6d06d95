"""How long supply robustness and dependence take, beside SciPy's and NetworkX's flows.

A made network: nodes at random in a square, joined to their neighbours, whole capacities; some
nodes supply and some need. Every edge is lost once, in one process, one run, CPU seconds:

* airshield: one greatest flow, then what each used edge carried is led round it;
* SciPy: ``maximum_flow`` anew without each used edge;
* NetworkX: likewise, on a sample of the edges, where ``make peers`` has put it.

All three must give the same losses. Then owners, worst pairs, days of stock, and 4,096 coalitions.

Usage::

    python benchmarks/supply.py [--nodes N] [--edges M] [--json | --markdown]
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow
from scipy.spatial import cKDTree

from airshield.plan import dependence, logistics
from airshield.plan.logistics import Edge, Network, Node

ROOT = Path(__file__).parents[1]
PEER = ROOT / ".peers" / "supply" / "bin" / "python"
MUST_S, AIM_S = 2.0, 0.5
SAMPLE = 20


def made(nodes: int, edges: int, seed: int, loss: float = 0.0) -> Network:
    """Neighbours joined both ways; one node in a hundred supplies, three in a hundred need."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(size=(nodes, 2))
    _, near = cKDTree(at).query(at, k=12)
    pairs = list(
        dict.fromkeys(
            (min(a, b), max(a, b)) for k in range(1, 12) for a, b in enumerate(near[:, k].tolist())
        )
    )[:edges]
    order = rng.permutation(nodes)
    gives, needs = order[: nodes // 100], order[nodes // 100 : nodes // 25]
    supply, need = np.zeros(nodes), np.zeros(nodes)
    supply[gives] = 200.0
    need[needs] = rng.integers(20, 110, needs.size)
    return Network(
        nodes=tuple(
            Node(
                name=f"n{i}",
                owner=f"o{i % 12}",
                supply_kgps=supply[i],
                demand_kgps=need[i],
                stock_kg=need[i] * 86400.0,
                holds_kg=need[i] * 864000.0,
            )
            for i in range(nodes)
        ),
        edges=tuple(
            Edge(
                name=f"e{k}",
                owner=f"o{k % 12}",
                start=f"n{a}",
                end=f"n{b}",
                capacity_kgps=float(rng.integers(5, 60)),
                loss_share=loss,
                delay_s=float(rng.integers(0, 3)) * 21600.0,
            )
            for k, (a, b) in enumerate(pairs)
        ),
    )


def timed(work: Callable[[], object]) -> tuple[object, float]:
    before = time.process_time()
    done = work()
    return done, time.process_time() - before


def arcs(network: Network) -> tuple[list[tuple[int, int, int]], int]:
    """Arcs for the peers, both directions of the network's edges first; the source is node n."""
    n = len(network.nodes)
    number = {node.name: i for i, node in enumerate(network.nodes)}
    out = []
    for e in network.edges:
        a, b, much = number[e.start], number[e.end], int(e.capacity_kgps)
        out += [(a, b, much), (b, a, much)]
    out += [(n, i, int(v.supply_kgps)) for i, v in enumerate(network.nodes) if v.supply_kgps]
    out += [(i, n + 1, int(v.demand_kgps)) for i, v in enumerate(network.nodes) if v.demand_kgps]
    return out, n


def scipy_losses(network: Network, edges: list[int]) -> list[int]:
    """What SciPy delivers without each edge, every flow worked out anew."""
    out, n = arcs(network)
    tails, heads, much = np.array(out).T
    order = np.lexsort((heads, tails))
    place = np.argsort(order)
    where = tails[order], heads[order]
    graph = csr_matrix((much[order].astype(np.int32), where), shape=(n + 2, n + 2))
    base = maximum_flow(graph, n, n + 1).flow_value
    lost = []
    for e in edges:
        kept = graph.data[place[2 * e : 2 * e + 2]].copy()
        graph.data[place[2 * e : 2 * e + 2]] = 0
        lost.append(base - maximum_flow(graph, n, n + 1).flow_value)
        graph.data[place[2 * e : 2 * e + 2]] = kept
    return lost


def networkx_losses(network: Network, edges: list[int]) -> dict | None:
    if not PEER.exists():
        return None
    out, n = arcs(network)
    asked = {
        "what": "flow",
        "arcs": out,
        "source": n,
        "sink": n + 1,
        "without": [[out[2 * e][:2], out[2 * e + 1][:2]] for e in edges],
    }
    script = ROOT / "tests" / "reference" / "supply_peer.py"
    done = subprocess.run(
        [PEER, script], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def measure(options: argparse.Namespace) -> dict:
    logistics.warm_up()
    network = made(options.nodes, options.edges, seed=1)
    table, edges_s = timed(lambda: logistics.find_losses(network, kinds=["edge"]))
    rows = {r["lost"]: r["lost_kgps"] for r in table.to_pylist()}
    flow = logistics.graph.graph_of(network)
    used = np.flatnonzero(flow.flow_kgps[: flow.edges]).tolist()
    theirs, scipy_s = timed(lambda: scipy_losses(network, used))
    ours = [rows[f"e{e}"] for e in used]
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    some = used[:: max(1, len(used) // SAMPLE)][:SAMPLE]
    peer = networkx_losses(network, some)
    if peer is not None:
        lost = [peer["value"] - after for after in peer["without"]]
        np.testing.assert_allclose(lost, [rows[f"e{e}"] for e in some], atol=1e-6)
    _, nodes_s = timed(lambda: logistics.find_losses(network, kinds=["node", "owner"]))
    _, ways_s = timed(lambda: logistics.find_sole_ways(network))
    _, rates_s = timed(lambda: logistics.find_rates(network))
    small = made(200, 600, seed=2)
    (_, tried), pairs_s = timed(lambda: logistics.find_worst_pairs(small))
    _, days_s = timed(lambda: logistics.plan_days(small, days=30))
    lossy = made(200, 600, seed=2, loss=0.01)
    _, lossy_s = timed(lambda: logistics.find_losses(lossy, kinds=["edge"]))
    large = made(options.nodes, options.edges, seed=1, loss=0.01)
    _, worst_s = timed(lambda: logistics.find_losses(large, kinds=["edge"], worst=10))
    # A made figure: what is timed is what airshield does with it.
    players = [f"c{i}" for i in range(12)]
    goals = [dependence.Goal(name=f"g{k}", at_least=0.5) for k in range(10)]
    noise = np.random.default_rng(0).normal(size=(10, 60))

    def figures(coalition: frozenset[str]) -> np.ndarray:
        return math.sqrt(len(coalition) / 12) + 0.1 * noise

    game, play_s = timed(lambda: dependence.play(players, goals, figures))
    _, tables_s = timed(
        lambda: (dependence.dependence_table(game), dependence.pair_table(game), game.table())
    )
    return {
        "nodes": options.nodes,
        "edges": len(network.edges),
        "used": len(used),
        "matter": int(np.count_nonzero(np.array(ours) > 0.0)),
        "worst_share": max(ours) / flow.delivered_kgps,
        "edges_s": edges_s,
        "scipy_s": scipy_s,
        "networkx_s": None if peer is None else peer["without_s"] / len(some) * len(used),
        "nodes_s": nodes_s,
        "ways_s": ways_s,
        "rates_s": rates_s,
        "pairs_s": pairs_s,
        "pairs_tried": tried,
        "days_s": days_s,
        "lossy_s": lossy_s,
        "worst_s": worst_s,
        "play_s": play_s,
        "tables_s": tables_s,
    }


def table(got: dict) -> str:
    size = f"{got['nodes']:,} nodes, {got['edges']:,} edges"
    peer = "not there" if got["networkx_s"] is None else f"{got['networkx_s']:.0f}"
    lines = [
        "| what | CPU s |",
        "|---|---|",
        f"| every single-edge loss, {size} ({got['used']:,} used, {got['matter']} matter, "
        f"the worst {got['worst_share']:.1%}) | {got['edges_s']:.2f} |",
        f"| the same by SciPy's greatest flow, used edges only | {got['scipy_s']:.1f} |",
        f"| the same by NetworkX, from {SAMPLE} of them | {peer} |",
        f"| every node and owner, {size} | {got['nodes_s']:.2f} |",
        f"| what each node hangs on alone, {size} | {got['ways_s']:.2f} |",
        f"| fair steady rates, {size} | {got['rates_s']:.2f} |",
        f"| the 20 worst pairs, 200 nodes, 600 edges ({got['pairs_tried']:,} of 179,700 tried) | "
        f"{got['pairs_s']:.2f} |",
        f"| 30 days of stock in half days, 200 nodes, 600 edges | {got['days_s']:.1f} |",
        "| every single-edge loss with goods lost on the way, 200 nodes, 600 edges | "
        f"{got['lossy_s']:.1f} |",
        f"| the 10 worst with goods lost on the way, {size} | {got['worst_s']:.1f} |",
        f"| 4,096 coalitions × 10 requirements × 60 replications, taken in | {got['play_s']:.2f} |",
        f"| their shares, losses, pairs and tables | {got['tables_s']:.2f} |",
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=2000)
    parser.add_argument("--edges", type=int, default=7500)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--markdown", action="store_true", help="the table alone")
    options = parser.parse_args()
    got = measure(options)
    if options.json:
        print(json.dumps(got))
        return 0
    print(table(got))
    if not options.markdown:
        took = got["edges_s"]
        verdict = "aim met" if took <= AIM_S else "met" if took <= MUST_S else "missed"
        lids = f"{MUST_S:g} s (aim {AIM_S:g} s)"
        print(f"\nevery single-edge loss within {lids}: {took:.2f} s, {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
