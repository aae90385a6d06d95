"""Stocks day by day under the best dispatch that there is, and what runs out first and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array

from airshield.errors import UsageError
from airshield.plan.logistics.network import Floats, Ints, Network, Tempo, list_names
from airshield.plan.logistics.rates import Arcs, Rates, arcs_of, needs_known, solve, t_day
from airshield.tables import STOCK_DAY, make_table
from airshield.units import S_PER_DAY

KG_PER_T: Final = 1000.0
PIECES: Final = 4
"""A shortage costs more by quarters of the need, so that one is not starved to feed another."""
_ROUNDING_T: Final = 1e-6
"""A gram, ten times what HiGHS keeps to."""
_SHORT: Final = 1e-6
"""Of a step's need: a shortage below is rounding, of the rates that came in too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """An edge, a node or all that an owner runs is out from one day to before another.

    A node that is out gives nothing and lets nothing through; what lies there is still used there.
    """

    name: str
    from_day: int
    to_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Stocks and shortages over time.

    Attributes
    ----------
    network : Network
    tempo : str
    step_s : float
    stock_kg, need_kg, short_kg, arrived_kg, sent_kg, given_kg : ndarray, shape (steps, nodes)
        At the end of each step; during it the others.
    flow_kg : ndarray, shape (steps, edges)
        What enters each edge, negative from end to start.
    """

    network: Network
    tempo: Tempo
    step_s: float
    stock_kg: Floats
    need_kg: Floats
    short_kg: Floats
    arrived_kg: Floats
    sent_kg: Floats
    given_kg: Floats
    flow_kg: Floats
    _problem: _TimedProblem

    @property
    def days(self) -> int:
        """How many days were looked at."""
        return 1 + self._day(self.need_kg.shape[0] - 1)

    def first_short_day(self, node: str) -> int | None:
        """The first day on which a node gets less than it needs; None: it holds to the end."""
        step = self._first_short_step(self._at(node))
        return None if step is None else self._day(step)

    @property
    def first_short(self) -> tuple[str, int] | None:
        """Which node is short first and on which day; None: none is."""
        firsts = [
            (step, n.name)
            for i, n in enumerate(self.network.nodes)
            if (step := self._first_short_step(i)) is not None
        ]
        if not firsts:
            return None
        step, name = min(firsts, key=lambda first: first[0])
        return name, self._day(step)

    def why(self, node: str) -> str | None:
        """Say in words why a node is short on its first short day; None where it is not.

        Named are the ways that carried, the sources that gave and the stores that held all they
        could, whenever a little more would have helped that node on that day (dual values of the
        programme up to then).
        """
        i = self._at(node)
        step = self._first_short_step(i)
        if step is None:
            return None
        day = self._day(step)
        need = t_day(float(self.need_kg[step, i]) / self.step_s)
        head = f"{node} is short from day {day}, when it needs {need}"
        causes = self._problem.causes(i, step)
        if not causes:
            return f"{head}: nothing that any source gives or any store holds can get there in time"
        return f"{head}: {list_names(causes)}"

    def table(self) -> pa.Table:
        """Return STOCK_DAY for every node that has or needs something."""
        per = round(S_PER_DAY / self.step_s)
        days = self.days
        some = np.flatnonzero(
            (self.need_kg > 0.0).any(axis=0)
            | np.array([n.stock_kg > 0.0 for n in self.network.nodes])
        )

        def by_day(amount: Floats) -> Floats:
            total: Floats = amount[:, some].reshape(days, per, some.size).sum(axis=1)
            return total.T.ravel()

        stock = self.stock_kg[per - 1 :: per, some].T.ravel()
        need = by_day(self.need_kg)
        return make_table(
            STOCK_DAY,
            {
                "node": np.repeat([self.network.nodes[i].name for i in some], days),
                "day": np.tile(np.arange(days), some.size),
                "stock_kg": stock,
                "need_kg": need,
                "short_kg": by_day(self.short_kg),
                "arrived_kg": by_day(self.arrived_kg),
                "sent_kg": by_day(self.sent_kg),
                "left_days": np.divide(
                    stock, need, out=np.full(stock.size, math.nan), where=need > 0.0
                ),
            },
            rows=stock.size,
        )

    def _day(self, step: int) -> int:
        return step // round(S_PER_DAY / self.step_s)

    def _at(self, node: str) -> int:
        for i, n in enumerate(self.network.nodes):
            if n.name == node:
                return i
        raise UsageError(f"supply: {node!r} is no node of the network; name one that is")

    def _first_short_step(self, i: int) -> int | None:
        steps = np.flatnonzero(self.short_kg[:, i] > 0.0)
        return int(steps[0]) if steps.size else None


def plan_days(
    network: Network,
    *,
    days: int,
    tempo: Tempo = "routine",
    use_kgps: Mapping[str, ArrayLike] | None = None,
    outages: Sequence[Outage] = (),
    before: Rates | None = None,
    step_s: float = 43_200.0,
) -> Days:
    """Send goods so that shortages come as late and are as small as can be.

    Parameters
    ----------
    network : Network
        Every figure known, stores and delays too (:meth:`Network.known`).
    days : int
    tempo : {"routine", "surge"}
    use_kgps : mapping of node to array_like, shape (days,), optional
        What is used there day by day, instead of its ``demand_kgps``.
    outages : sequence of Outage
    before : Rates, optional
        The flow that was under way before the first day, on the same network. Without it nothing is
        on the way at first.
    step_s : float
        Length of a step [s], a whole number of them a day. Delays are rounded up to whole steps, so
        that nothing comes sooner than it can.

    Returns
    -------
    Days
        No dispatch makes the first shortage of all come later where nothing is lost on the way;
        where goods are, it weighs a tonne at one place against a tonne at another and may
        differ by such losses. What is short at one moment is shared out by quarters of the need.
        Among such dispatches one that lays stocks in early where they are used.

    Raises
    ------
    UsageError

    Notes
    -----
    One linear programme over a time-expanded network (Ford, Fulkerson, Operations Research 6,
    1958), and a second one for where stocks lie. A shortage weighs the more the sooner it is: as
    what is served at all places and times is a polymatroid, any falling weights serve the earliest
    need first (Megiddo, Mathematical Programming 7, 1974).
    """
    needs_known(network)
    per = S_PER_DAY / step_s if step_s > 0.0 else 0.0
    if days < 1 or per < 1.0 or abs(per - round(per)) > 1e-9:
        raise UsageError(
            f"supply: days={days} in steps of {step_s:g} s; give one day at least, in whole steps"
        )
    if any(math.isnan(n.holds_kg) for n in network.nodes) or any(
        math.isnan(e.delay_s) for e in network.edges
    ):
        raise UsageError(
            "supply: a store or a delay is unknown; take network.known(at='worst') and (at='best')"
        )
    if before is not None and [e.name for e in before.network.edges] != [
        e.name for e in network.edges
    ]:
        raise UsageError("supply: the flow before is of another network; give one of this network")
    steps = days * round(per)
    problem = _TimedProblem(
        network=network,
        tempo=tempo,
        step_s=step_s,
        need_t=_needs(network, days, round(per), use_kgps or {}) * step_s / KG_PER_T,
        is_up=_is_up(network, steps, round(per), outages),
        before=before,
    )
    return problem.solved()


def judge_days(
    network: Network, *, days: Mapping[str, int], **asked: Any
) -> dict[str, tuple[str, str | None]]:
    """Answer for how many days each node must never be short: the verdict, and why not.

    Parameters
    ----------
    network : Network
        Figures may be unknown: what then hangs on them is ``unknown``.
    days : mapping of node to int
        For how long each must hold.
    asked
        Further arguments of :func:`plan_days`.

    Returns
    -------
    dict of node to (verdict, reason)
        ``holds``, ``fails`` or ``unknown``, and the reason where it does not surely hold.
    """
    if not days:
        return {}
    longest = max(days.values())
    worst = plan_days(network.known(at="worst"), days=longest, **asked)
    holds = {node: _is_held(worst, node, many) for node, many in days.items()}
    best = worst
    if not all(holds.values()) and network.known(at="worst") != network.known(at="best"):
        best = plan_days(network.known(at="best"), days=longest, **asked)
    answers: dict[str, tuple[str, str | None]] = {}
    for node, many in days.items():
        if holds[node]:
            answers[node] = ("holds", None)
        elif _is_held(best, node, many):
            answers[node] = ("unknown", f"at worst, where figures are unknown: {worst.why(node)}")
        else:
            answers[node] = ("fails", best.why(node))
    return answers


def _is_held(plan: Days, node: str, days: int) -> bool:
    first = plan.first_short_day(node)
    return first is None or first >= days


def _needs(network: Network, days: int, per: int, use_kgps: Mapping[str, ArrayLike]) -> Floats:
    """Rates of use by step and node [kg/s], shape (steps, nodes)."""
    need = np.tile([n.demand_kgps for n in network.nodes], (days * per, 1)).astype(np.float64)
    at = {n.name: i for i, n in enumerate(network.nodes)}
    for name, rates in use_kgps.items():
        if name not in at:
            raise UsageError(f"supply: {name!r} is no node; nothing can be used there")
        rate = np.asarray(rates, np.float64)
        if rate.shape != (days,) or not (np.isfinite(rate) & (rate >= 0.0)).all():
            raise UsageError(
                f"supply: the use at {name!r} must be {days} known rates that are not below 0, got "
                f"{rate.shape}"
            )
        need[:, at[name]] = np.repeat(rate, per)
    return need


def _is_up(
    network: Network, steps: int, per: int, outages: Sequence[Outage]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which edges and which nodes work in which step."""
    edges = np.ones((steps, len(network.edges)), np.bool_)
    nodes = np.ones((steps, len(network.nodes)), np.bool_)
    for outage in outages:
        node_out = [outage.name in {n.name, n.owner} for n in network.nodes]
        out = {n.name for n, is_out in zip(network.nodes, node_out, strict=True) if is_out}
        edge_out = [
            outage.name in {e.name, e.owner} or bool(out & {e.start, e.end}) for e in network.edges
        ]
        if not any(node_out) and not any(edge_out):
            raise UsageError(f"supply: {outage.name!r} is no node, edge or owner; it cannot be out")
        if outage.from_day < 0 or (outage.to_day is not None and outage.to_day < outage.from_day):
            raise UsageError(
                f"supply: {outage.name!r} is out from day {outage.from_day} to {outage.to_day}; "
                "give days from 0 on, the first one first"
            )
        when = slice(outage.from_day * per, None if outage.to_day is None else outage.to_day * per)
        edges[when, np.flatnonzero(edge_out)] = False
        nodes[when, np.flatnonzero(node_out)] = False
    return edges, nodes


class _TimedProblem:
    """The linear programmes over time. Amounts inside are tonnes, for the solver's sake.

    Columns of each step, step after step: what enters each direction of each edge, what each source
    gives, what lies at each node at its end, what is thrown away there, and the pieces of what is
    short at each node in need. Rows: for each step and node what lies there at its end.
    """

    def __init__(
        self,
        *,
        network: Network,
        tempo: Tempo,
        step_s: float,
        need_t: Floats,
        is_up: tuple[NDArray[np.bool_], NDArray[np.bool_]],
        before: Rates | None,
    ) -> None:
        self.network, self.tempo, self.step_s, self.need_t = network, tempo, step_s, need_t
        self.steps, self.n = need_t.shape
        self.arcs = arcs_of(network, tempo)
        supply = np.array([v.supply_kgps for v in network.nodes])
        self.gives = np.flatnonzero(supply > 0.0)
        self.needs = np.flatnonzero((need_t > 0.0).any(axis=0))
        a, g, n, d = self.arcs.of.size, self.gives.size, self.n, self.needs.size
        self.at = np.cumsum([0, a, g, n, n, d * PIECES])
        self.wide = int(self.at[-1])
        # Beyond the horizon all delays are equal: what is sent does not come.
        late = np.minimum(self.arcs.delay / step_s, self.steps)
        self.lag = np.ceil(late - 1e-9).astype(np.int64)
        edges_up, nodes_up = is_up

        upper = np.full((self.steps, self.wide), np.inf)
        per_step = step_s / KG_PER_T
        upper[:, : self.at[1]] = edges_up[:, self.arcs.of] * np.where(
            edges_up[:, self.arcs.of], self.arcs.capacity * per_step, 0.0
        )
        upper[:, self.at[1] : self.at[2]] = np.where(
            nodes_up[:, self.gives], supply[self.gives] * per_step, 0.0
        )
        upper[:, self.at[2] : self.at[3]] = [v.holds_kg / KG_PER_T for v in network.nodes]
        upper[:, self.at[4] :] = np.repeat(need_t[:, self.needs] / PIECES, PIECES, axis=1)
        self.upper = upper
        self.rows = self._rows()
        self.equal = -need_t.copy()
        self.equal[0] += [v.stock_kg / KG_PER_T for v in network.nodes]
        self.before_t = _under_way(self.arcs, self.lag, self.steps, n, before, per_step)
        self.equal += self.before_t

    def _rows(self) -> csr_array:
        """Stock at the end less the one before, less what comes, plus what goes: less the need."""
        a, n, at = self.arcs.of.size, self.n, self.at
        tails, heads = self.arcs.tail, self.arcs.head
        blocks: list[tuple[Ints, Ints, Floats, Ints]] = [
            # rows within a step, columns within a step, factor, steps later
            (tails, np.arange(a), np.ones(a), np.zeros(a, np.int64)),
            (heads, np.arange(a), -self.arcs.arrives, self.lag),
            (self.gives, at[1] + np.arange(self.gives.size), *_ones(self.gives.size, -1.0, 0)),
            (np.arange(n), at[2] + np.arange(n), *_ones(n, 1.0, 0)),
            (np.arange(n), at[2] + np.arange(n), *_ones(n, -1.0, 1)),
            (np.arange(n), at[3] + np.arange(n), *_ones(n, 1.0, 0)),
            (
                np.repeat(self.needs, PIECES),
                at[4] + np.arange(self.needs.size * PIECES),
                *_ones(self.needs.size * PIECES, -1.0, 0),
            ),
        ]
        row, column, factor, later = (
            np.concatenate([block[k] for block in blocks]) for k in range(4)
        )
        step = np.arange(self.steps)[:, None]
        there = step + later
        is_in = there < self.steps
        return csr_array(
            coo_array(
                (
                    np.broadcast_to(factor, is_in.shape)[is_in],
                    ((there * n + row)[is_in], (step * self.wide + column)[is_in]),
                ),
                shape=(self.steps * n, self.steps * self.wide),
            )
        )

    def _part(self, x: Floats, k: int) -> Floats:
        return x.reshape(self.steps, self.wide)[:, self.at[k] : self.at[k + 1]]

    def _settled(self, short: Floats) -> Floats:
        """Bounds that keep shortages as they are, up to rounding: HiGHS needs a little room."""
        full = self.upper[: short.shape[0], self.at[4] :]
        settled: Floats = np.minimum(full, short + 2.0 * _ROUNDING_T)
        return settled

    def solved(self) -> Days:
        """The dispatch: first the least shortage, then stocks near those who use them."""
        cost = np.zeros((self.steps, self.wide))
        # One step is worth more than all quarters of a later one.
        sooner = 1.0 + np.arange(self.steps, 0, -1.0)
        pieces = np.tile(np.arange(PIECES) / PIECES * 0.9, self.needs.size)
        cost[:, self.at[4] :] = (sooner[:, None] + pieces) / (self.steps + 2.0)
        x, _ = solve(cost.ravel(), self.rows, self.equal.ravel(), self.upper.ravel())
        self.short = self._part(x, 4).copy()
        upper = self.upper.copy()
        upper[:, self.at[4] :] = self._settled(self.short)
        cost = np.zeros((self.steps, self.wide))
        cost[:, self.at[2] + self.needs] = -1.0 / self.steps
        cost[:, : self.at[1]] = 1e-2 / self.steps
        cost[:, self.at[3] : self.at[4]] = 1e-3
        # A shortage must not pay, not even within the room that is left for rounding.
        cost[:, self.at[4] :] = 10.0 * sooner[:, None]
        x, _ = solve(cost.ravel(), self.rows, self.equal.ravel(), upper.ravel())
        short = self.short.reshape(self.steps, self.needs.size, PIECES).sum(axis=2)
        is_none = short <= _SHORT * self.need_t[:, self.needs] + _ROUNDING_T
        return self._told(x, np.where(is_none, 0.0, short))

    def _told(self, x: Floats, short_t: Floats) -> Days:
        sent_by_arc = self._part(x, 0)
        flow = np.zeros((self.steps, len(self.network.edges)))
        np.add.at(flow.T, self.arcs.of, (sent_by_arc * self.arcs.sign).T)
        sent, arrived = np.zeros((self.steps, self.n)), self.before_t.copy()
        np.add.at(sent.T, self.arcs.tail, sent_by_arc.T)
        for k, lag in enumerate(self.lag):
            come = sent_by_arc[: self.steps - lag, k] * self.arcs.arrives[k]
            arrived[lag:, self.arcs.head[k]] += come
        given, short = np.zeros((self.steps, self.n)), np.zeros((self.steps, self.n))
        given[:, self.gives] = self._part(x, 1)
        short[:, self.needs] = short_t
        return Days(
            network=self.network,
            tempo=self.tempo,
            step_s=self.step_s,
            stock_kg=self._part(x, 2) * KG_PER_T,
            need_kg=self.need_t * KG_PER_T,
            short_kg=short * KG_PER_T,
            arrived_kg=arrived * KG_PER_T,
            sent_kg=sent * KG_PER_T,
            given_kg=given * KG_PER_T,
            flow_kg=flow * KG_PER_T,
            _problem=self,
        )

    def causes(self, node: int, step: int) -> list[str]:
        """What would have to be more for a node to be less short in a step, in words."""
        many = step + 1
        upper = self.upper[:many].copy()
        # All others keep what they have, and this node what it has before that step.
        upper[:, self.at[4] :] = self._settled(self.short[:many])
        k = int(np.flatnonzero(self.needs == node)[0])
        mine = self.at[4] + k * PIECES + np.arange(PIECES)
        upper[step, mine] = self.upper[step, mine]
        cost = np.zeros((many, self.wide))
        cost[step, mine] = 1.0
        rows = self.rows[: many * self.n, : many * self.wide]
        _, solved = solve(cost.ravel(), rows, self.equal[:many].ravel(), upper.ravel())
        price = -solved.upper.marginals.reshape(many, self.wide) > 1e-6
        worth = solved.eqlin.marginals.reshape(many, self.n)
        return [
            *self._edge_causes(price[:, : self.at[1]]),
            *self._source_causes(price[:, self.at[1] : self.at[2]]),
            *self._store_causes(price[:, self.at[2] : self.at[3]], worth),
        ]

    def _when(self, steps: Ints) -> str:
        per = round(S_PER_DAY / self.step_s)
        first, last = int(steps.min()) // per, int(steps.max()) // per
        return f"on day {first}" if first == last else f"on days {first} to {last}"

    def _edge_causes(self, price: NDArray[np.bool_]) -> list[str]:
        told = []
        for e in dict.fromkeys(self.arcs.of[price.any(axis=0)].tolist()):
            columns = np.flatnonzero(self.arcs.of == e)
            steps = np.flatnonzero(price[:, columns].any(axis=1))
            edge = self.network.edges[e]
            is_out = self.upper[: price.shape[0], columns].max(axis=1) == 0.0
            capacity = float(self.network.capacity_kgps(self.tempo)[e])
            down, full = steps[is_out[steps]], steps[~is_out[steps]]
            if full.size:
                told.append(
                    f"{edge.name} carries no more than {t_day(capacity)} {self._when(full)}"
                )
            if down.size and capacity > 0.0:
                told.append(f"{edge.name} is out {self._when(down)}")
        return told

    def _source_causes(self, price: NDArray[np.bool_]) -> list[str]:
        told = []
        for k in np.flatnonzero(price.any(axis=0)):
            node = self.network.nodes[self.gives[k]]
            steps = np.flatnonzero(price[:, k])
            is_out = self.upper[steps, self.at[1] + k] == 0.0
            if (~is_out).any():
                gives = t_day(node.supply_kgps)
                told.append(f"{node.name} gives no more than {gives} {self._when(steps[~is_out])}")
            if is_out.any():
                told.append(f"{node.name} is out {self._when(steps[is_out])}")
        return told

    def _store_causes(self, price: NDArray[np.bool_], worth: Floats) -> list[str]:
        told = []
        for i in np.flatnonzero((np.abs(worth[0]) > 1e-6) | price.any(axis=0)):
            node = self.network.nodes[i]
            if abs(worth[0, i]) > 1e-6 and node.stock_kg > 0.0:
                told.append(
                    f"the {node.stock_kg / KG_PER_T:,.0f} t that lay at {node.name} are used up"
                )
            if price[:, i].any() and node.holds_kg > 0.0:
                told.append(f"{node.name} holds no more than {node.holds_kg / KG_PER_T:,.0f} t")
        return told


def _ones(many: int, factor: float, later: int) -> tuple[Floats, Ints]:
    return np.full(many, factor), np.full(many, later, np.int64)


def _under_way(
    arcs: Arcs, lag: Ints, steps: int, nodes: int, before: Rates | None, per_step: float
) -> Floats:
    """What arrives of the flow before the first day [t], shape (steps, nodes)."""
    come = np.zeros((steps, nodes))
    if before is None:
        return come
    entered = np.maximum(before.flow_kgps[arcs.of] * arcs.sign, 0.0) * per_step
    for k in range(arcs.of.size):
        come[: min(int(lag[k]), steps), arcs.head[k]] += entered[k] * arcs.arrives[k]
    return come
