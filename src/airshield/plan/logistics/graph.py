"""A network as arrays for the loops: one source of all, one sink of all, the greatest flow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from airshield.errors import UsageError
from airshield.plan.logistics import _kernels
from airshield.plan.logistics.network import Floats, Ints, Network, Tempo

_TOL = 1e-12
"""Of the whole demand: flows below are rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A network without its losses, and a greatest flow in it.

    After the network's edges come one from the source of all to each node that supplies, one from
    each node that needs to the sink of all, and a last one, empty, over which flows are given up.

    Attributes
    ----------
    first, out, head, full, residual : ndarray
        See ``_kernels``.
    edges : int
        How many of the edges are the network's own.
    of_supply, of_demand : ndarray of int64, shape (nodes,)
        The edges that bring to and take from each node; -1: none.
    delivered_kgps, tol_kgps : float
    """

    first: Ints
    out: Ints
    head: Ints
    full: Floats
    residual: Floats
    edges: int
    of_supply: Ints
    of_demand: Ints
    delivered_kgps: float
    tol_kgps: float

    @property
    def flow_kgps(self) -> Floats:
        """What each of all edges carries from its start to its end, shape (all edges,)."""
        pairs, full = self.residual.reshape(-1, 2), self.full.reshape(-1, 2)
        flow: Floats = 0.5 * (pairs[:, 1] - full[:, 1] - pairs[:, 0] + full[:, 0])
        flow[np.abs(flow) <= self.tol_kgps] = 0.0
        return flow


def graph_of(network: Network, *, tempo: Tempo = "routine") -> Graph:
    """Arrays of a network whose figures are all known, and a greatest flow (losses left out)."""
    n = len(network.nodes)
    source, sink = n, n + 1
    supply = np.array([node.supply_kgps for node in network.nodes], np.float64)
    demand = np.array([node.demand_kgps for node in network.nodes], np.float64)
    wanted = float(demand.sum())
    starts, ends = network.ends()
    is_one_way = np.array([e.is_one_way for e in network.edges], np.bool_)
    gives, needs = np.flatnonzero(supply > 0.0), np.flatnonzero(demand > 0.0)
    m = starts.size
    heads = np.empty(2 * (m + gives.size + needs.size + 1), np.int64)
    full = np.zeros(heads.size)
    tails = np.concatenate((starts, np.full(gives.size, source), needs, [source]))
    heads[0::2] = np.concatenate((ends, gives, np.full(needs.size, sink), [sink]))
    heads[1::2] = tails
    # The best that an unknown figure may be is infinite. Twice what is wanted in all never flows.
    capacity = np.minimum(network.capacity_kgps(tempo), 2.0 * wanted)
    full[0 : 2 * m : 2] = capacity
    full[1 : 2 * m : 2] = np.where(is_one_way, 0.0, capacity)
    full[2 * m : -2 : 2] = np.concatenate((np.minimum(supply[gives], 2.0 * wanted), demand[needs]))
    of_supply, of_demand = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    of_supply[gives] = m + np.arange(gives.size)
    of_demand[needs] = m + gives.size + np.arange(needs.size)

    tail_of = heads.reshape(-1, 2)[:, ::-1].ravel()
    out = np.argsort(tail_of, kind="stable").astype(np.int64)
    first = np.searchsorted(tail_of[out], np.arange(n + 3)).astype(np.int64)
    residual = full.copy()
    balance = np.zeros(n + 2)
    balance[source], balance[sink] = wanted, -wanted
    tol = _TOL * wanted
    delivered = _kernels.send(
        first,
        out,
        heads,
        residual,
        balance,
        np.empty(n + 2, np.int64),
        np.empty(n + 2, np.int64),
        np.empty(n + 2, np.int64),
        np.empty(n + 3, np.int64),
        tol,
    )
    return Graph(
        first=first,
        out=out,
        head=heads,
        full=full,
        residual=residual,
        edges=m,
        of_supply=of_supply,
        of_demand=of_demand,
        delivered_kgps=float(delivered),
        tol_kgps=tol,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottleneck:
    """A least cut: what all that is delivered must pass, and what is full on it.

    Attributes
    ----------
    delivered_kgps : float
        The most that can be delivered, to all together; what is lost on the way left out.
    edges, sources, served : tuple of str
        Full edges on the cut, sources that give all they have, nodes that get all they need: their
        capacities, supplies and needs add up to what is delivered.
    by_owner : dict of str to float
        How much of the cut each owner runs [kg/s], edges and sources.
    """

    delivered_kgps: float
    edges: tuple[str, ...]
    sources: tuple[str, ...]
    served: tuple[str, ...]
    by_owner: dict[str, float]


def find_bottleneck(network: Network, *, tempo: Tempo = "routine") -> Bottleneck:
    """The least cut that is nearest to the sources (Ford and Fulkerson 1956).

    Raises
    ------
    UsageError
        Figures that are unknown.
    """
    if not network.is_known:
        raise UsageError("supply: some figures are unknown; take network.known(at='worst')")
    graph = graph_of(network, tempo=tempo)
    nodes, total = len(network.nodes), graph.first.size - 1
    near = np.zeros(total, np.bool_)
    _kernels.reach(
        graph.first,
        graph.out,
        graph.head,
        graph.residual > graph.tol_kgps,
        np.array([nodes], np.int64),
        np.zeros(total, np.bool_),
        near,
        np.empty(total, np.int64),
        np.empty(total, np.int64),
    )
    tails, heads = graph.head[1::2], graph.head[0::2]
    flow = graph.flow_kgps
    crosses = (near[tails] != near[heads]) & (flow != 0.0)
    edges = np.flatnonzero(crosses[: graph.edges])
    sources = [i for i, e in enumerate(graph.of_supply) if e >= 0 and crosses[e]]
    served = [i for i, e in enumerate(graph.of_demand) if e >= 0 and crosses[e]]
    by_owner: dict[str, float] = {}
    for owner, carried in (
        *((network.edges[e].owner, flow[e]) for e in edges),
        *((network.nodes[i].owner, flow[graph.of_supply[i]]) for i in sources),
    ):
        by_owner[owner] = by_owner.get(owner, 0.0) + abs(float(carried))
    return Bottleneck(
        delivered_kgps=graph.delivered_kgps,
        edges=tuple(network.edges[e].name for e in edges),
        sources=tuple(network.nodes[i].name for i in sources),
        served=tuple(network.nodes[i].name for i in served),
        by_owner=by_owner,
    )
