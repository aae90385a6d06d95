"""What is lost with each edge, node, owner and pair of edges, and what only one way carries."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.plan.logistics import _kernels
from airshield.plan.logistics.graph import Graph, graph_of
from airshield.plan.logistics.network import T_DAY_PER_KGPS, Floats, Ints, Network, Tempo
from airshield.plan.logistics.rates import SLACK, Steady, needs_known
from airshield.tables import SOLE_WAY, SUPPLY_LOSS, make_table

Kind = Literal["edge", "node", "owner"]
KINDS: Final[tuple[Kind, ...]] = ("edge", "node", "owner")


def find_losses(
    network: Network,
    *,
    kinds: Sequence[Kind] = KINDS,
    tempo: Tempo = "routine",
    worst: int | None = None,
) -> pa.Table:
    """By how much less can be delivered without each edge, each node, each owner.

    Parameters
    ----------
    network : Network
        Supplies, capacities and losses known (:meth:`Network.known`).
    kinds : sequence of {"edge", "node", "owner"}
        A lost node takes its edges, its supply and its own need with it.
    tempo : {"routine", "surge"}
    worst : int, optional
        Only so many of each kind, the worst: proven to be the worst. Where goods are lost on the
        way each loss is a linear programme, and this spares most of them.

    Returns
    -------
    pyarrow.Table
        SUPPLY_LOSS, the worst of each kind first, ties in the order of the network.

    Notes
    -----
    What is delivered is the most that can be, whoever gets it, in the long run: stocks bridge, see
    :func:`~airshield.plan.logistics.plan_days`. What carries nothing in one greatest flow costs
    nothing, for that flow is left. Without losses on the way what the lost part carried is led
    round it as far as that goes; the rest is the loss, exactly (``_kernels.losses``).
    """
    needs_known(network)
    parts = [part for kind in kinds for part in _parts(network, kind)]
    graph = graph_of(network, tempo=tempo)
    sets = [_edges_of(network, graph, part) for part in parts]
    if any(e.loss_share > 0.0 for e in network.edges):
        delivered, lost = _lossy(network, parts, sets, graph, tempo=tempo, worst=worst)
    else:
        delivered = graph.delivered_kgps
        start = np.cumsum([0, *map(len, sets)]).astype(np.int64)
        lost = _kernels.losses(
            graph.first,
            graph.out,
            graph.head,
            graph.full,
            graph.residual,
            start,
            np.concatenate([np.empty(0, np.int64), *sets]),
            graph.tol_kgps,
        )
    cut = Cut(network, graph)
    rows: list[int] = []
    for kind in kinds:
        mine = [k for k, part in enumerate(parts) if part.kind == kind and not math.isnan(lost[k])]
        mine.sort(key=lambda k: -lost[k])
        rows += mine[:worst]
    return make_table(
        SUPPLY_LOSS,
        {
            "kind": [parts[k].kind for k in rows],
            "lost": [parts[k].name for k in rows],
            "contributor": [parts[k].owner for k in rows],
            "delivered_kgps": delivered - lost[rows],
            "lost_kgps": lost[rows],
            "lost_share": lost[rows] / delivered if delivered > 0.0 else [None] * len(rows),
            "cut_off": [cut.without(parts[k]) for k in rows],
        },
        rows=len(rows),
    )


def find_worst_pairs(
    network: Network, *, tempo: Tempo = "routine", worst: int = 20
) -> tuple[pa.Table, int]:
    """The pairs of edges that are worst to lose together.

    Returns
    -------
    pyarrow.Table
        SUPPLY_LOSS of kind ``pair``, the worst first: those that cost more than either edge alone.
    int
        How many pairs had to be worked out; that none of the others is worse is proven.

    Raises
    ------
    UsageError
        Where goods are lost on the way: pairs are worked out without such losses only, which a
        caller may leave out (:func:`lossless`).
    """
    needs_known(network)
    if any(e.loss_share > 0.0 for e in network.edges):
        raise UsageError(
            "supply: pairs are worked out without losses on the way; give lossless(network)"
        )
    if worst < 1:
        raise UsageError(f"worst={worst}; ask for one pair at least")
    graph = graph_of(network, tempo=tempo)
    m = graph.edges
    used = np.flatnonzero(graph.flow_kgps[:m])
    alone = np.zeros(m)
    alone[used] = _kernels.losses(
        graph.first,
        graph.out,
        graph.head,
        graph.full,
        graph.residual,
        np.arange(used.size + 1),
        used,
        graph.tol_kgps,
    )
    order = used[np.argsort(-alone[used], kind="stable")]
    back = graph.full.size // 2 - 1
    one, other, lost, tried = _kernels.pair_losses(
        graph.first,
        graph.out,
        graph.head,
        graph.full,
        graph.residual,
        order,
        alone,
        m,
        back,
        worst,
        graph.tol_kgps,
    )
    rows = [k for k in np.argsort(-lost, kind="stable") if one[k] >= 0]
    edges, cut = network.edges, Cut(network, graph)
    table = make_table(
        SUPPLY_LOSS,
        {
            "kind": ["pair"] * len(rows),
            "lost": [edges[one[k]].name for k in rows],
            "other": [edges[other[k]].name for k in rows],
            "contributor": [
                " and ".join(dict.fromkeys((edges[one[k]].owner, edges[other[k]].owner)))
                for k in rows
            ],
            "delivered_kgps": graph.delivered_kgps - lost[rows],
            "lost_kgps": lost[rows],
            "lost_share": lost[rows] / graph.delivered_kgps,
            "cut_off": [cut.without_edges([int(one[k]), int(other[k])]) for k in rows],
        },
        rows=len(rows),
    )
    return table, int(tried)


def lossless(network: Network) -> Network:
    """The same network with nothing lost on the way."""
    return Network(
        nodes=network.nodes,
        edges=tuple(dataclasses.replace(e, loss_share=0.0) for e in network.edges),
    )


def find_sole_ways(network: Network, *, tempo: Tempo = "routine") -> pa.Table:
    """What each node in need hangs on alone: an edge, node or owner without which nothing comes.

    Returns
    -------
    pyarrow.Table
        SOLE_WAY. A node that nothing reaches even with everything has no rows here; SUPPLY_NODE of
        :func:`~airshield.plan.logistics.find_rates` tells of it.
    """
    needs_known(network)
    cut = Cut(network, graph_of(network, tempo=tempo))
    need = {n.name: n.demand_kgps for n in network.nodes}
    capacity = network.capacity_kgps(tempo)
    rows = [
        (name, part)
        for kind in KINDS
        for part in _parts(network, kind)
        for name in cut.without(part)
        if name != part.name
    ]
    order = {node.name: i for i, node in enumerate(network.nodes)}
    rows.sort(key=lambda row: order[row[0]])
    return make_table(
        SOLE_WAY,
        {
            "node": [name for name, _ in rows],
            "kind": [part.kind for _, part in rows],
            "way": [part.name for _, part in rows],
            "contributor": [part.owner for _, part in rows],
            "capacity_kgps": [
                float(capacity[part.edges[0]]) if part.kind == "edge" else None for _, part in rows
            ],
            "need_kgps": [need[name] for name, _ in rows],
        },
        rows=len(rows),
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that can be lost: an edge or a node by its number, or all that an owner runs."""

    kind: Kind
    name: str
    owner: str
    edges: tuple[int, ...]
    nodes: tuple[int, ...]


def _parts(network: Network, kind: Kind) -> list[Part]:
    if kind == "edge":
        return [
            Part(kind=kind, name=e.name, owner=e.owner, edges=(i,), nodes=())
            for i, e in enumerate(network.edges)
        ]
    if kind == "node":
        return [
            Part(kind=kind, name=n.name, owner=n.owner, edges=(), nodes=(i,))
            for i, n in enumerate(network.nodes)
        ]
    if kind == "owner":
        return [
            Part(
                kind=kind,
                name=owner,
                owner=owner,
                edges=tuple(i for i, e in enumerate(network.edges) if e.owner == owner),
                nodes=tuple(i for i, n in enumerate(network.nodes) if n.owner == owner),
            )
            for owner in network.owners
        ]
    raise UsageError(f"kind {kind!r} of loss; give one of {', '.join(KINDS)}")


def _edges_of(network: Network, graph: Graph, part: Part) -> Ints:
    """The edges of the graph that go with a part, each once."""
    gone = list(part.edges)
    for i in part.nodes:
        arcs = graph.out[graph.first[i] : graph.first[i + 1]]
        gone += (arcs // 2).tolist()
    return np.unique(np.array(gone, np.int64))


class Cut:
    """Who is cut off from every source when something is lost.

    Every node that can be reached is reached along one path first found; only what lies on it can
    cut the node off, so nothing else is tried.
    """

    def __init__(self, network: Network, graph: Graph) -> None:
        self.network, self.graph = network, graph
        arrives = np.array([e.loss_share < 1.0 for e in network.edges], np.bool_)
        self.is_open = graph.full > 0.0
        self.is_open[: 2 * graph.edges] &= np.repeat(arrives, 2)
        nodes = len(network.nodes)
        self.arrived_by = np.full(nodes + 2, -1, np.int64)
        seen = self._seen(self.is_open, (), self.arrived_by)
        self.needy = np.flatnonzero((graph.of_demand >= 0) & seen[:nodes])
        self.on_path_edges: set[int] = set()
        self.on_path_nodes: set[int] = set()
        for b in self.needy:
            i = int(b)
            while i != nodes:
                self.on_path_nodes.add(i)
                arc = int(self.arrived_by[i])
                self.on_path_edges.add(arc // 2)
                i = int(graph.head[arc ^ 1])

    def without(self, part: Part) -> list[str]:
        """Names of the needy that nothing reaches any more without a part."""
        if self.on_path_edges.isdisjoint(part.edges) and self.on_path_nodes.isdisjoint(part.nodes):
            return []
        return self.without_edges(part.edges, part.nodes)

    def without_edges(self, edges: Sequence[int], nodes: Sequence[int] = ()) -> list[str]:
        """Names of the needy that nothing reaches any more without some edges and nodes."""
        is_open = self.is_open.copy()
        for e in edges:
            is_open[2 * e : 2 * e + 2] = False
        seen = self._seen(is_open, nodes, np.empty(self.arrived_by.size, np.int64))
        return [self.network.nodes[b].name for b in self.needy if not seen[b]]

    def _seen(
        self, is_open: NDArray[np.bool_], gone: Sequence[int], arrived_by: Ints
    ) -> NDArray[np.bool_]:
        g = self.graph
        nodes = g.first.size - 1
        is_gone = np.zeros(nodes, np.bool_)
        is_gone[list(gone)] = True
        seen = np.zeros(nodes, np.bool_)
        root = np.array([nodes - 2], np.int64)
        queue = np.empty(nodes, np.int64)
        _kernels.reach(g.first, g.out, g.head, is_open, root, is_gone, seen, queue, arrived_by)
        return seen


def _lossy(
    network: Network,
    parts: Sequence[Part],
    sets: Sequence[Ints],
    graph: Graph,
    *,
    tempo: Tempo,
    worst: int | None,
) -> tuple[float, Floats]:
    """What is delivered in all, and what less without each part (NaN: not among the worst)."""
    problem = Steady(network, tempo)
    x = problem.most_flow()
    delivered = float(x[problem.a + problem.g :].sum())
    # All edges of the graph: the network's own, those from the source of all, those to the sink.
    columns: list[list[int]] = [[] for _ in range(graph.full.size // 2)]
    for column, e in enumerate(problem.of):
        columns[e].append(column)
    for k, i in enumerate(problem.gives):
        columns[graph.of_supply[i]].append(problem.a + k)
    for k, i in enumerate(problem.needs):
        columns[graph.of_demand[i]].append(problem.a + problem.g + k)
    taken = [np.array([c for e in edges for c in columns[e]], np.int64) for edges in sets]
    most = at_most(problem, x, taken)
    lost = np.where(most > SLACK * max(delivered, 1.0), math.nan, 0.0)
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for k in np.argsort(-most, kind="stable"):
        if lost[k] == 0.0:
            continue
        mine = found[parts[k].kind]
        if worst is not None and len(mine) >= worst and sorted(mine)[-worst] >= most[k]:
            continue
        upper = problem.upper.copy()
        upper[taken[k]] = 0.0
        less = delivered - float(problem.most(upper).sum())
        lost[k] = less if less > SLACK * delivered else 0.0
        mine.append(float(lost[k]))
    return delivered / T_DAY_PER_KGPS, lost / T_DAY_PER_KGPS


def at_most(problem: Steady, x: Floats, taken: Sequence[Ints]) -> Floats:
    """What is lost at most [t/day] without each set of columns, from what can be led round them."""
    arcs, n = problem.arcs, len(problem.network.nodes)
    source, sink = n, n + 1
    head = np.empty(2 * x.size, np.int64)
    head[0::2] = np.concatenate((arcs.head, problem.gives, np.full(problem.d, sink)))
    head[1::2] = np.concatenate((arcs.tail, np.full(problem.g, source), problem.needs))
    arrives = np.concatenate((arcs.arrives, np.ones(problem.g + problem.d)))
    gain, residual = np.empty(head.size), np.empty(head.size)
    gain[0::2] = arrives
    gain[1::2] = np.divide(1.0, arrives, out=np.ones_like(arrives), where=arrives > 0.0)
    # Over an edge that loses all nothing is brought, and nothing can be brought back.
    whole = 2.0 * float(problem.need.sum()) / float(arrives[arrives > 0.0].min(initial=1.0))
    residual[0::2] = np.where(arrives > 0.0, np.minimum(problem.upper, whole) - x, 0.0)
    residual[1::2] = x * arrives
    tail = head.reshape(-1, 2)[:, ::-1].ravel()
    out = np.argsort(tail, kind="stable").astype(np.int64)
    return _kernels.losses_at_most(
        np.searchsorted(tail[out], np.arange(n + 3)).astype(np.int64),
        out,
        head,
        gain,
        np.maximum(residual, 0.0),
        x,
        np.cumsum([0, *map(len, taken)]).astype(np.int64),
        np.concatenate([np.empty(0, np.int64), *taken]),
        0.1 * SLACK * max(float(problem.need.sum()), 1.0) / max(len(problem.rows.data), 1),
    )
