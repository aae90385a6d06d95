"""The supply network: places, the ways between them, and what each gives, needs and holds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Tempo = Literal["routine", "surge"]

T_DAY_PER_KGPS: Final = 86.4
"""Tonnes a day in a kilogram a second: people read the former, and solvers like its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A place of the supply network.

    Rates are kilograms a second, amounts kilograms; 0 is none. NaN is unknown, which a supply and
    a store may be; what is used and what lies there must be known.

    Attributes
    ----------
    name, owner, kind : str
        Who runs it, and what it is: source, port, railhead, depot, base, ...
    supply_kgps, demand_kgps : float
        What enters the network there, and what is used there.
    stock_kg, holds_kg : float
        What lies there on the first day, and the most that can.
    """

    name: str
    owner: str
    kind: str = "depot"
    supply_kgps: float = 0.0
    demand_kgps: float = 0.0
    stock_kg: float = 0.0
    holds_kg: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A way between two nodes, in both directions unless ``is_one_way``: road, convoy, airlift.

    Attributes
    ----------
    name, owner, start, end, mode : str
    capacity_kgps, surge_kgps : float
        What may enter it, in routine and in surge tempo. Where no surge is told (NaN) the routine
        capacity is all that is counted on.
    delay_s, loss_share : float
        From one end to the other; the share of what enters that does not arrive.
    """

    name: str
    owner: str
    start: str
    end: str
    capacity_kgps: float
    mode: str = "road"
    surge_kgps: float = math.nan
    delay_s: float = 0.0
    loss_share: float = 0.0
    is_one_way: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Nodes and edges that fit together.

    Raises
    ------
    UsageError
        A name twice, an edge to nowhere, a figure that cannot be; the message says which.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        names = [node.name for node in self.nodes] + [edge.name for edge in self.edges]
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise UsageError(f"supply: {name!r} is there twice; give each its own name")
            seen.add(name)
        places = {node.name for node in self.nodes}
        for node in self.nodes:
            for what in ("supply_kgps", "demand_kgps", "stock_kg", "holds_kg"):
                _check(f"node {node.name!r}", what, getattr(node, what))
            if not (math.isfinite(node.demand_kgps) and math.isfinite(node.stock_kg)):
                raise UsageError(
                    f"supply: node {node.name!r} has demand_kgps={node.demand_kgps:g} and "
                    f"stock_kg={node.stock_kg:g}; what is used and what is there must be known"
                )
            if node.stock_kg > node.holds_kg:
                raise UsageError(
                    f"supply: node {node.name!r} has {node.stock_kg:g} kg in stock and holds "
                    f"{node.holds_kg:g} kg; make it hold more or put less there"
                )
        for edge in self.edges:
            for end in (edge.start, edge.end):
                if end not in places:
                    raise UsageError(
                        f"supply: edge {edge.name!r} goes to {end!r}, which is no node; name a node"
                    )
            if edge.start == edge.end:
                raise UsageError(
                    f"supply: edge {edge.name!r} goes from {edge.start!r} to itself; leave it out"
                )
            for what in ("capacity_kgps", "surge_kgps", "delay_s", "loss_share"):
                _check(f"edge {edge.name!r}", what, getattr(edge, what))
            if edge.loss_share > 1.0:
                raise UsageError(
                    f"supply: edge {edge.name!r} loses {edge.loss_share:g} of what it carries; "
                    "loss_share is a share from 0 to 1"
                )
            if edge.surge_kgps < edge.capacity_kgps:
                raise UsageError(
                    f"supply: edge {edge.name!r} carries less in a surge ({edge.surge_kgps:g} "
                    f"kg/s) than in routine ({edge.capacity_kgps:g} kg/s); exchange the two"
                )

    @property
    def owners(self) -> tuple[str, ...]:
        """Everybody who runs a node or an edge, in the order of the network."""
        return tuple(
            dict.fromkeys([*(n.owner for n in self.nodes), *(e.owner for e in self.edges)])
        )

    @property
    def is_known(self) -> bool:
        """Tell whether all is known that a steady flow hangs on: stores and delays do not count."""
        return not any(
            math.isnan(value)
            for value in (
                *(n.supply_kgps for n in self.nodes),
                *(e.capacity_kgps for e in self.edges),
                *(e.loss_share for e in self.edges),
            )
        )

    def known(self, *, at: Literal["worst", "best"]) -> Network:
        """The network with the worst or the best in place of each unknown.

        At worst a supply or capacity is nothing, all is lost on the way or never comes, and a store
        holds only what lies in it (what comes can still pass through); at best the other way round.
        What holds at worst holds, what fails at best fails; the rest is unknown.
        """
        is_best = at == "best"
        most, least = (math.inf, 0.0) if is_best else (0.0, math.inf)
        return Network(
            nodes=tuple(
                dataclasses.replace(
                    n,
                    supply_kgps=_or(n.supply_kgps, most),
                    holds_kg=_or(n.holds_kg, math.inf if is_best else n.stock_kg),
                )
                for n in self.nodes
            ),
            edges=tuple(
                dataclasses.replace(
                    e,
                    capacity_kgps=_or(e.capacity_kgps, most),
                    delay_s=_or(e.delay_s, least),
                    loss_share=_or(e.loss_share, 0.0 if is_best else 1.0),
                )
                for e in self.edges
            ),
        )

    def without(self, *lost: str) -> Network:
        """The network without nodes, edges or whatever an owner runs, by name.

        Raises
        ------
        UsageError
            A name that is none of the three.
        """
        gone = set(lost)
        names = {n.name for n in self.nodes} | {e.name for e in self.edges}
        if unknown := gone - names - set(self.owners):
            raise UsageError(
                f"supply: {min(unknown)!r} is no node, edge or owner; it cannot be lost"
            )
        nodes = tuple(n for n in self.nodes if not gone & {n.name, n.owner})
        left = {n.name for n in nodes}
        edges = tuple(
            e
            for e in self.edges
            if not gone & {e.name, e.owner} and e.start in left and e.end in left
        )
        return Network(nodes=nodes, edges=edges)

    def demanding(self, demand_kgps: Mapping[str, float]) -> Network:
        """The network with other demands at some nodes, by name: what aircraft burn, say."""
        if unknown := set(demand_kgps) - {n.name for n in self.nodes}:
            raise UsageError(f"supply: {min(unknown)!r} is no node; nothing can be used there")
        nodes = tuple(
            dataclasses.replace(n, demand_kgps=demand_kgps.get(n.name, n.demand_kgps))
            for n in self.nodes
        )
        return Network(nodes=nodes, edges=self.edges)

    def ends(self) -> tuple[Ints, Ints]:
        """Numbers of the nodes at each edge's start and end, shape (edges,) each."""
        at = {node.name: i for i, node in enumerate(self.nodes)}
        return (
            np.array([at[e.start] for e in self.edges], np.int64),
            np.array([at[e.end] for e in self.edges], np.int64),
        )

    def capacity_kgps(self, tempo: Tempo) -> Floats:
        """What may enter each edge, shape (edges,)."""
        routine = np.array([e.capacity_kgps for e in self.edges], np.float64)
        if tempo == "routine":
            return routine
        surge = np.array([e.surge_kgps for e in self.edges], np.float64)
        return np.where(np.isnan(surge), routine, surge)


def convoy_kgps(*, carriers: int, load_kg: float, cycle_s: float, readiness: float = 1.0) -> float:
    """What a convoy or an airlift carries as an edge: one load for each carrier and cycle.

    Parameters
    ----------
    carriers : int
        Lorries, trains, ships or aircraft on the way.
    load_kg, cycle_s : float
        What each carries, and from one loading of it to the next [s].
    readiness : float
        Share of them that can go, on average.

    Examples
    --------
    Twenty lorries of 15 t, there and back in a day, four in five of them running:

    >>> round(86.4 * convoy_kgps(carriers=20, load_kg=15e3, cycle_s=86400.0, readiness=0.8))
    240
    """
    if not (carriers >= 0 and load_kg >= 0.0 and cycle_s > 0.0 and 0.0 <= readiness <= 1.0):
        raise UsageError(
            f"a convoy of {carriers} carriers of {load_kg:g} kg every {cycle_s:g} s, {readiness:g} "
            "of them ready; the cycle must be positive, readiness from 0 to 1, the rest not below 0"
        )
    return carriers * readiness * load_kg / cycle_s


def _check(where: str, what: str, value: float) -> None:
    if value < 0.0:
        raise UsageError(f"supply: {where} has {what}={value:g}; it must not be below 0")


def _or(value: float, instead: float) -> float:
    return instead if math.isnan(value) else value


def list_names(names: Iterable[str], *, at_most: int = 4) -> str:
    """Names in a sentence: 'A', 'A and B', 'A, B and 3 more'.

    Examples
    --------
    >>> list_names(["Lublin", "Bacău", "Łask"])
    'Lublin, Bacău and Łask'
    """
    told = list(names)
    if len(told) > at_most:
        told = [*told[: at_most - 1], f"{len(told) - at_most + 1} more"]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}" if told else ""
