"""What is to be kept up: patrols, the supply behind them, and what is asked of both."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from airshield.errors import UsageError
from airshield.plan.logistics import Network, Outage
from airshield.plan.patrol import Fleet, PatrolPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAsked:
    """A station must be manned for a share of its hours, on average, over so many days."""

    name: str
    station: str
    share: float
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAsked:
    """A node must never be empty of a kind of goods, nor short of it, for so many days."""

    name: str
    node: str
    goods: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndurancePlan:
    """Patrols and supply.

    Attributes
    ----------
    patrol : PatrolPlan or None
        None: no station is asked for. Its bases carry no stock of their own; the node does.
    networks : mapping of goods to Network
        Each kind of goods has its own.
    fuel : str or None
        Which of the goods aircraft burn; None: no network carries it.
    nodes : mapping of base to node
        Where a base's fuel comes from; a base that is not there has fuel for ever.
    stations, stocks : tuple
        What is asked.
    gone : tuple of (contributor, from_day)
        Who has left the supply networks. Patrols carry it in their fleets.

    Raises
    ------
    UsageError
        A requirement, a base or a node that names what is not there.
    """

    patrol: PatrolPlan | None
    networks: Mapping[str, Network] = field(default_factory=dict)
    fuel: str | None = None
    nodes: Mapping[str, str] = field(default_factory=dict)
    stations: tuple[StationAsked, ...] = ()
    stocks: tuple[StockAsked, ...] = ()
    gone: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        stations = {one.name for one in self.patrol.stations} if self.patrol else set()
        bases = {one.name for one in self.patrol.bases} if self.patrol else set()
        for asked in self.stations:
            _known(f"requirement {asked.name!r}", "station", asked.station, stations)
        if self.fuel is not None:
            _known("fuel", "goods", self.fuel, set(self.networks))
        fed = {n.name for n in self.networks[self.fuel].nodes} if self.fuel else set()
        for base, node in self.nodes.items():
            _known(f"node {node!r}", "base", base, bases)
            if self.fuel is not None:
                _known(f"base {base!r}", "node", node, fed)
        for stock in self.stocks:
            of = self.networks.get(stock.goods)
            if of is not None:
                _known(
                    f"requirement {stock.name!r}", "node", stock.node, {n.name for n in of.nodes}
                )

    @property
    def days(self) -> int:
        """The longest that anything is asked for; 30 where nothing is."""
        asked = [one.days for one in self.stations] + [one.days for one in self.stocks]
        return max(asked, default=30)

    def without(self, contributors: Collection[str], *, from_day: int = 0) -> EndurancePlan:
        """The plan when contributors do not come, or leave on a day."""
        gone = sorted(set(contributors))
        return dataclasses.replace(
            self,
            patrol=self.patrol and self.patrol.without(gone, from_day=from_day),
            gone=(*self.gone, *((name, from_day) for name in gone)),
        )

    def with_more(
        self, *, fleets: Sequence[Fleet] = (), capacity_kgps: Mapping[str, float] | None = None
    ) -> EndurancePlan:
        """The plan with more fleets, and more capacity on some edges of the fuel's network.

        Whether there is room for them at their bases is not asked.
        """
        more = capacity_kgps or {}
        patrol, networks = self.patrol, dict(self.networks)
        if fleets and patrol is not None:
            patrol = dataclasses.replace(
                patrol,
                fleets=(*patrol.fleets, *fleets),
                bases=tuple(dataclasses.replace(base, spots=None) for base in patrol.bases),
            )
        if more and self.fuel is not None:
            network = networks[self.fuel]
            edges = {edge.name for edge in network.edges}
            for name in more:
                _known("more capacity", "edge", name, edges)
            networks[self.fuel] = Network(
                nodes=network.nodes,
                edges=tuple(
                    dataclasses.replace(
                        edge,
                        capacity_kgps=edge.capacity_kgps + more.get(edge.name, 0.0),
                        surge_kgps=edge.surge_kgps + more.get(edge.name, 0.0),
                    )
                    for edge in network.edges
                ),
            )
        return dataclasses.replace(self, patrol=patrol, networks=networks)

    def alike(self) -> tuple[object, ...]:
        """What two parts of one plan must have in common to come to the same.

        Fleets that are never there, and who is gone without having run any supply, do not count.
        """
        there = tuple(
            (fleet.name, fleet.from_day, fleet.to_day)
            for fleet in (self.patrol.fleets if self.patrol else ())
            if fleet.to_day is None or fleet.to_day > fleet.from_day
        )
        owners = {who for network in self.networks.values() for who in network.owners}
        return there, tuple(sorted({one for one in self.gone if one[0] in owners}))

    def network_left(self, goods: str) -> tuple[Network, tuple[Outage, ...]]:
        """A network without what was never there, and what goes out on a later day."""
        network = self.networks[goods]
        owners = set(network.owners)
        network = network.without(*(who for who, day in self.gone if day <= 0 and who in owners))
        left = set(network.owners)
        return network, tuple(
            Outage(name=who, from_day=day) for who, day in self.gone if day > 0 and who in left
        )


def _known(where: str, what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise UsageError(f"{where}: no {what} {name!r}; there are: {there}")
