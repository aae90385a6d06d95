"""Run by the interpreter of another environment: NetworkX's flows and SALib's measures.

Reads one JSON document on standard input and writes one: for ``flow`` the greatest flow of a graph
and of the graph without each of some edges, with the CPU seconds that took; for ``morris`` the
measures of a sample that was worked out already.
"""

import json
import sys
import time


def flow(asked):
    import networkx as nx

    graph = nx.DiGraph()
    for tail, head, much in asked["arcs"]:
        graph.add_edge(tail, head, capacity=much)
    before = time.process_time()
    value = nx.maximum_flow_value(graph, asked["source"], asked["sink"])
    base_s = time.process_time() - before
    without = []
    before = time.process_time()
    for edges in asked["without"]:
        kept = {tuple(edge): graph.edges[edge]["capacity"] for edge in map(tuple, edges)}
        graph.remove_edges_from(kept)
        without.append(nx.maximum_flow_value(graph, asked["source"], asked["sink"]))
        graph.add_edges_from((*edge, {"capacity": much}) for edge, much in kept.items())
    return {
        "value": value,
        "without": without,
        "base_s": base_s,
        "without_s": time.process_time() - before,
        "version": nx.__version__,
    }


def morris(asked):
    import numpy as np
    from SALib.analyze.morris import analyze

    names = [f"x{k}" for k in range(len(asked["bounds"]))]
    problem = {"num_vars": len(names), "names": names, "bounds": asked["bounds"]}
    found = analyze(
        problem, np.array(asked["points"]), np.array(asked["values"]), num_levels=asked["levels"]
    )
    return {key: [float(x) for x in found[key]] for key in ("mu", "mu_star", "sigma")}


if __name__ == "__main__":
    question = json.load(sys.stdin)
    json.dump({"flow": flow, "morris": morris}[question["what"]](question), sys.stdout)
