"""Steady rates with losses on the way: what each node gets day after day, and what binds it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack

from airshield.errors import AirshieldError, UsageError
from airshield.plan.logistics.network import (
    T_DAY_PER_KGPS,
    Floats,
    Ints,
    Network,
    Tempo,
    list_names,
)
from airshield.tables import SUPPLY_EDGE, SUPPLY_NODE, make_table

SLACK: Final = 1e-7
"""Relative to a whole need: rates nearer than this are equal. HiGHS keeps 1e-7 itself."""
_DUAL: Final = 1e-6
_EVEN: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What keeps some nodes from getting more.

    Attributes
    ----------
    nodes : tuple of str
        Those that get too little for the same reason.
    edges, sources : tuple of str
        Ways that are full, and nodes that give all they have. Both empty: nothing leads there.
    """

    nodes: tuple[str, ...]
    edges: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a network delivers day after day.

    Attributes
    ----------
    network : Network
    tempo : str
    got_kgps : ndarray, shape (nodes,)
        What reaches those who use it there.
    given_kgps : ndarray, shape (nodes,)
        What enters the network there.
    flow_kgps : ndarray, shape (edges,)
        What enters each edge, from start to end; negative from end to start.
    bindings : tuple of Binding
        Why those that get too little do, the worst off first. Only with fair shares.
    """

    network: Network
    tempo: Tempo
    got_kgps: Floats
    given_kgps: Floats
    flow_kgps: Floats
    bindings: tuple[Binding, ...]

    @property
    def delivered_kgps(self) -> float:
        """All that reaches those who use it."""
        return float(self.got_kgps.sum())

    @property
    def short_kgps(self) -> Floats:
        """What is missing at each node, shape (nodes,)."""
        need = _demand(self.network)
        return np.where(self.got_kgps < need * (1.0 - 10.0 * SLACK), need - self.got_kgps, 0.0)

    @property
    def can_hold(self) -> bool:
        """Tell whether every need is met."""
        return not self.short_kgps.any()

    def why(self) -> tuple[str, ...]:
        """Say in words why it cannot hold, one sentence for each cause; none where it can."""
        return tuple(_told(self, binding) for binding in self.bindings)

    def node_table(self) -> pa.Table:
        """Return SUPPLY_NODE: what each node needs, gets and gives."""
        need = _demand(self.network)
        cause = {name: _told(self, binding) for binding in self.bindings for name in binding.nodes}
        nodes = self.network.nodes
        return make_table(
            SUPPLY_NODE,
            {
                "node": [n.name for n in nodes],
                "contributor": [n.owner for n in nodes],
                "kind": [n.kind for n in nodes],
                "need_kgps": need,
                "got_kgps": self.got_kgps,
                "got_share": np.divide(
                    self.got_kgps, need, out=np.full(len(nodes), math.nan), where=need > 0.0
                ),
                "supply_kgps": [n.supply_kgps for n in nodes],
                "given_kgps": self.given_kgps,
                "stock_kg": [n.stock_kg for n in nodes],
                "cause": [cause.get(n.name) for n in nodes],
            },
            rows=len(nodes),
        )

    def edge_table(self) -> pa.Table:
        """Return SUPPLY_EDGE: what each edge carries of what it can."""
        edges = self.network.edges
        capacity = self.network.capacity_kgps(self.tempo)
        binds = {name for binding in self.bindings for name in binding.edges}
        return make_table(
            SUPPLY_EDGE,
            {
                "edge": [e.name for e in edges],
                "contributor": [e.owner for e in edges],
                "mode": [e.mode for e in edges],
                "start": [e.start for e in edges],
                "end": [e.end for e in edges],
                "flow_kgps": self.flow_kgps,
                "capacity_kgps": capacity,
                "used_share": np.divide(
                    np.abs(self.flow_kgps),
                    capacity,
                    out=np.full(len(edges), math.nan),
                    where=capacity > 0.0,
                ),
                "is_binding": [e.name in binds for e in edges],
            },
            rows=len(edges),
        )


def find_rates(
    network: Network, *, tempo: Tempo = "routine", share: Literal["fair", "most"] = "fair"
) -> Rates:
    """What each node gets in the long run, losses on the way counted.

    Parameters
    ----------
    network : Network
        Every figure known (:meth:`Network.known`).
    tempo : {"routine", "surge"}
    share : {"fair", "most"}
        What to do where it is not enough for all. ``"fair"``: the worst served gets the largest
        share of its need that it can, then the next, and so on, which fixes what each gets.
        ``"most"``: as much as possible is delivered in all, whoever gets it.

    Returns
    -------
    Rates
        Among all flows that deliver this, one that spends the least time (and then the least of
        what is carried) on the way.

    Raises
    ------
    UsageError
        Figures that are unknown.

    Notes
    -----
    Linear programmes, through SciPy's HiGHS: a flow with gains (Ahuja, Magnanti, Orlin, Network
    Flows, 1993, ch. 15); fair shares by filling up level by level, where the dual values tell who
    is held back at each level and by what (Bertsekas, Gallager, Data Networks, 1992, ch. 6).
    """
    needs_known(network)
    problem = Steady(network, tempo)
    if not problem.needs.size:
        nothing = np.zeros(len(network.nodes))
        return Rates(
            network=network,
            tempo=tempo,
            got_kgps=nothing,
            given_kgps=nothing,
            flow_kgps=np.zeros(len(network.edges)),
            bindings=(),
        )
    if share == "most":
        return problem.told(problem.most(), ())
    return problem.told(*problem.fair())


def needs_known(network: Network) -> None:
    """Refuse a network with unknown figures."""
    if not network.is_known:
        raise UsageError(
            "supply: some figures are unknown; take network.known(at='worst') and (at='best'), and "
            "tell what lies between"
        )


class Steady:
    """The linear programmes of one network. Rates inside are tonnes a day, for the solver's sake.

    Columns: what enters each direction of each edge, what each source gives, what each user gets.
    Rows: at each node, what comes and is given less what leaves and is used is nothing.
    """

    def __init__(self, network: Network, tempo: Tempo) -> None:
        self.network, self.tempo = network, tempo
        n = len(network.nodes)
        self.need = _demand(network) * T_DAY_PER_KGPS
        supply = np.array([v.supply_kgps for v in network.nodes]) * T_DAY_PER_KGPS
        self.gives, self.needs = np.flatnonzero(supply > 0.0), np.flatnonzero(self.need > 0.0)
        arcs = arcs_of(network, tempo)
        self.of, self.sign, self.arcs = arcs.of, arcs.sign, arcs
        a, g, d = arcs.of.size, self.gives.size, self.needs.size
        column = np.arange(a)
        self.rows = csr_array(
            (
                np.concatenate((-np.ones(a), arcs.arrives, np.ones(g), -np.ones(d))),
                (
                    np.concatenate((arcs.tail, arcs.head, self.gives, self.needs)),
                    np.concatenate((column, column, a + np.arange(g + d))),
                ),
            ),
            shape=(n, a + g + d),
        )
        self.upper = np.concatenate(
            (arcs.capacity * T_DAY_PER_KGPS, supply[self.gives], self.need[self.needs])
        )
        self.a, self.g, self.d = a, g, d

    def most(self, upper: Floats | None = None) -> Floats:
        """What each user gets [t/day] where the sum is as large as can be."""
        return self.most_flow(upper)[self.a + self.g :]

    def most_flow(self, upper: Floats | None = None) -> Floats:
        """All columns [t/day] of a flow that delivers as much as can be."""
        cost = np.zeros(self.upper.size)
        cost[self.a + self.g :] = -1.0
        x, _ = solve(
            cost, self.rows, np.zeros(len(self.need)), self.upper if upper is None else upper
        )
        return x

    def fair(self) -> tuple[Floats, tuple[Binding, ...]]:
        """What each user gets [t/day] by fair shares, and what holds them back."""
        need = self.need[self.needs]
        got = need.copy()
        is_open = np.ones(self.d, np.bool_)
        bindings: list[Binding] = []
        while is_open.any():
            # One more column: the share of its need that every open user gets.
            lower = np.zeros(self.upper.size + 1)
            upper = np.append(self.upper, 1.0)
            at = self.a + self.g + np.arange(self.d)
            # A little less than what is fixed, or rounding leaves nothing feasible.
            lower[at[~is_open]] = np.maximum(got[~is_open] * (1.0 - _EVEN) - _EVEN, 0.0)
            upper[at[~is_open]] = got[~is_open]
            cost = np.zeros(upper.size)
            cost[-1] = -1.0
            open_at = np.flatnonzero(is_open)
            many = open_at.size
            ahead = csr_array(
                (
                    np.concatenate((-np.ones(many), need[open_at])),
                    (
                        np.tile(np.arange(many), 2),
                        np.concatenate((at[open_at], np.full(many, upper.size - 1))),
                    ),
                ),
                shape=(many, upper.size),
            )
            rows = hstack([self.rows, csr_array((len(self.need), 1))], format="csr")
            x, solved = solve(cost, rows, np.zeros(len(self.need)), upper, lower=lower, ahead=ahead)
            level = float(x[-1])
            if level >= 1.0 - SLACK:
                break
            # Those whose rows have a price cannot get more unless another of them gets less.
            price = np.abs(solved.ineqlin.marginals) * need[open_at]
            held = open_at[price > _DUAL * price.max()]
            got[held] = need[held] * max(level, 0.0)
            is_open[held] = False
            bound = np.abs(solved.upper.marginals[:-1]) > _DUAL * np.abs(
                solved.upper.marginals
            ).max(initial=1e-30)
            is_full = bound & (x[:-1] > 0.0) & (x[:-1] >= self.upper * (1.0 - 1e-6))
            bindings.append(self._binding(held, is_full, level))
        return got, tuple(bindings)

    def _binding(self, held: Ints, is_full: NDArray[np.bool_], level: float) -> Binding:
        nodes, edges = self.network.nodes, self.network.edges
        names = tuple(nodes[i].name for i in self.needs[held])
        if level <= SLACK:
            # Nothing at all: a price on something that is empty would explain nothing.
            is_full = np.zeros_like(is_full)
        return Binding(
            nodes=names,
            edges=tuple(edges[e].name for e in np.unique(self.of[is_full[: self.a]])),
            sources=tuple(nodes[i].name for i in self.gives[is_full[self.a : self.a + self.g]]),
        )

    def told(self, got: Floats, bindings: tuple[Binding, ...]) -> Rates:
        """The rates with a flow that brings each user what it gets, soonest."""
        upper = self.upper.copy()
        lower = np.zeros(upper.size)
        lower[self.a + self.g :] = np.maximum(got * (1.0 - 10.0 * _EVEN) - _EVEN, 0.0)
        upper[self.a + self.g :] = np.maximum(got, lower[self.a + self.g :])
        delay = self.arcs.delay
        longest = max(1.0, float(delay[np.isfinite(delay)].max(initial=0.0)))
        cost = np.zeros(upper.size)
        # Where no time is told the fewest edges do; what never arrives is never sent.
        cost[: self.a] = np.where(np.isfinite(delay), delay / longest, 1e3) + 1e-2
        x, _ = solve(cost, self.rows, np.zeros(len(self.need)), upper, lower=lower)
        n, m = len(self.network.nodes), len(self.network.edges)
        given, flow, reached = np.zeros(n), np.zeros(m), np.zeros(n)
        given[self.gives] = x[self.a : self.a + self.g] / T_DAY_PER_KGPS
        np.add.at(flow, self.of, self.sign * x[: self.a] / T_DAY_PER_KGPS)
        reached[self.needs] = got / T_DAY_PER_KGPS
        return Rates(
            network=self.network,
            tempo=self.tempo,
            got_kgps=reached,
            given_kgps=given,
            flow_kgps=flow,
            bindings=bindings,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Arcs:
    """Every direction of every edge: whose, its ends, what may enter, what arrives, how long."""

    of: Ints
    sign: Floats
    tail: Ints
    head: Ints
    capacity: Floats
    arrives: Floats
    delay: Floats


def arcs_of(network: Network, tempo: Tempo) -> Arcs:
    """The directions of a network's edges; a two-way edge has two, with its capacity each."""
    start, end = network.ends()
    both = np.flatnonzero([not e.is_one_way for e in network.edges])
    of = np.concatenate((np.arange(len(network.edges)), both)).astype(np.int64)
    is_back = np.arange(of.size) >= len(network.edges)
    arrives = 1.0 - np.array([e.loss_share for e in network.edges], np.float64)
    return Arcs(
        of=of,
        sign=np.where(is_back, -1.0, 1.0),
        tail=np.where(is_back, end[of], start[of]),
        head=np.where(is_back, start[of], end[of]),
        capacity=network.capacity_kgps(tempo)[of],
        arrives=arrives[of],
        delay=np.array([e.delay_s for e in network.edges], np.float64)[of],
    )


class SolverError(AirshieldError, RuntimeError):
    """The solver gave up on a problem that has a solution; the message carries its own words."""


def solve(
    cost: Floats,
    rows: csr_array,
    equal: Floats,
    upper: Floats,
    *,
    lower: Floats | None = None,
    ahead: csr_array | None = None,
    time_limit_s: float | None = None,
) -> tuple[Floats, Any]:
    """The cheapest x with ``rows @ x = equal``, ``ahead @ x <= 0`` and within bounds; HiGHS's word.

    Raises
    ------
    SolverError
        HiGHS did not come to an end.
    """
    least = np.zeros(upper.size) if lower is None else lower
    options = {} if time_limit_s is None else {"time_limit": time_limit_s}
    done = linprog(
        cost,
        A_ub=ahead,
        b_ub=None if ahead is None else np.zeros(ahead.shape[0]),
        A_eq=rows,
        b_eq=equal,
        bounds=np.column_stack((least, upper)),
        method="highs",
        options=options,
    )
    if done.x is None or done.status != 0:
        raise SolverError(f"supply: HiGHS found no flow: {done.message}")
    return np.clip(done.x, least, upper), done


def _demand(network: Network) -> Floats:
    return np.array([n.demand_kgps for n in network.nodes], np.float64)


def _told(rates: Rates, binding: Binding) -> str:
    at = {n.name: i for i, n in enumerate(rates.network.nodes)}
    edge_at = {e.name: i for i, e in enumerate(rates.network.edges)}
    got = sum(rates.got_kgps[at[name]] for name in binding.nodes)
    need = sum(rates.network.nodes[at[name]].demand_kgps for name in binding.nodes)
    who = list_names(binding.nodes)
    if not binding.edges and not binding.sources:
        return f"{who}: cannot hold, because nothing that any source gives can get there"
    capacity = rates.network.capacity_kgps(rates.tempo)
    causes = [
        *(
            f"{name} carries no more than {t_day(capacity[edge_at[name]])}"
            for name in binding.edges
        ),
        *(
            f"{name} gives no more than {t_day(rates.network.nodes[at[name]].supply_kgps)}"
            for name in binding.sources
        ),
    ]
    verb = "gets" if len(binding.nodes) == 1 else "together get"
    return f"{who} {verb} {t_day(got)} of {t_day(need)}, because {list_names(causes)}"


def t_day(rate_kgps: float) -> str:
    """A rate as people say it.

    Examples
    --------
    >>> t_day(4.7)
    '406 t/day'
    """
    t = rate_kgps * T_DAY_PER_KGPS
    return f"{t:,.0f} t/day" if t >= 10.0 else f"{t:.3g} t/day"
