"""Both halves together: what patrols burn, what supply brings, what patrols can do with that."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from airshield.plan.endurance.model import EndurancePlan
from airshield.plan.logistics import Days, Network, plan_days
from airshield.plan.patrol import PatrolPlan, Sustained, simulate, smallest_flight_kg
from airshield.plan.patrol.arrays import pairs_of
from airshield.units import S_PER_DAY

Floats = NDArray[np.float64]
Progress = Callable[[int, int], object]

ENDLESS_KG: Final = 1.0e12
"""No plan burns this; a double still counts it to a tenth of a gram."""
BURN_RUNS: Final = 16
"""Most replications that say what patrols burn: an average over bases and days is known to a few
percent from so few."""
STEP_S: Final = 43_200.0


@dataclass(frozen=True, kw_only=True)
class Endurance:
    """What became of a plan.

    Attributes
    ----------
    plan : EndurancePlan
    days, seed : int
    sustained : Sustained or None
        The patrols, with the fuel that reached them; None where no station is asked for.
    supply : dict of goods to Days
        The dispatch of each kind of goods.
    burn_kgps : ndarray, shape (days, bases)
        What aircraft would burn if fuel never ran out, by day and base; NaN where it is not said
        what they burn.
    """

    plan: EndurancePlan
    days: int
    seed: int
    sustained: Sustained | None
    supply: dict[str, Days]
    burn_kgps: Floats

    @property
    def runs(self) -> int:
        """How many replications; 1 where there are no patrols."""
        return 1 if self.sustained is None else self.sustained.runs


def endure(
    plan: EndurancePlan,
    *,
    days: int | None = None,
    runs: int | None = None,
    half: float = 0.005,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
    ample: Ample | None = None,
) -> Endurance:
    """Run a plan whose supply figures are all known.

    Parameters
    ----------
    plan : EndurancePlan
    days : int, optional
        None: as long as the longest requirement asks.
    runs, half, seed, threads, progress
        As for :func:`airshield.plan.patrol.simulate`.
    ample : Ample, optional
        Dispatches for the most that could ever be burnt. Where one of them leaves nobody short,
        nothing more has to be asked, and comparing many plans saves most of its work;
        ``burn_kgps`` is then that most.

    Raises
    ------
    UsageError
        A figure of the network is unknown: use :func:`endure_between`.
    """
    days = plan.days if days is None else days
    patrol = plan.patrol
    supply = None if ample is None else ample.dispatched(plan)
    if ample is None or supply is None:
        burn_kgps = (
            np.zeros((days, 0))
            if patrol is None
            else _burn(
                plan,
                patrol,
                days=days,
                runs=BURN_RUNS if runs is None else min(runs, BURN_RUNS),
                seed=seed,
                threads=threads,
            )
        )
        supply = _dispatched(plan, burn_kgps, days=days)
    else:
        burn_kgps = np.tile(ample.burn_kgps, (days, 1))
    sustained = None
    if patrol is not None:
        fed = _fed(plan, patrol, supply)
        sustained = simulate(
            fed, days=days, runs=runs, half=half, seed=seed, threads=threads, progress=progress
        )
    return Endurance(
        plan=plan,
        days=days,
        seed=seed,
        sustained=sustained,
        supply=supply,
        burn_kgps=burn_kgps,
    )


class Ample:
    """Dispatches for the most that a plan's aircraft could burn, by who is gone; made once.

    Parameters
    ----------
    plan : EndurancePlan
        The whole plan, of which others are to be parts (:meth:`EndurancePlan.without`), all its
        figures known.
    days : int
    """

    def __init__(self, plan: EndurancePlan, *, days: int) -> None:
        self._plan, self._days = plan, days
        self._found: dict[tuple[tuple[str, int], ...], dict[str, Days] | None] = {}
        self._lock = threading.Lock()
        self.burn_kgps = np.zeros(0) if plan.patrol is None else _most_burnt(plan, plan.patrol)

    def dispatched(self, plan: EndurancePlan) -> dict[str, Days] | None:
        """The dispatch of each goods for a part of the plan; None where somebody is short."""
        owners = {who for network in self._plan.networks.values() for who in network.owners}
        gone = tuple(sorted({one for one in plan.gone if one[0] in owners}))
        with self._lock:
            if gone not in self._found:
                part = dataclasses.replace(self._plan, gone=gone)
                burn_kgps = np.tile(self.burn_kgps, (self._days, 1))
                found = _dispatched(part, burn_kgps, days=self._days)
                is_short = any(days.first_short is not None for days in found.values())
                self._found[gone] = None if is_short else found
            return self._found[gone]


def endure_between(
    plan: EndurancePlan,
    *,
    days: int | None = None,
    runs: int | None = None,
    half: float = 0.005,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[Endurance, Endurance]:
    """Run a plan with its unknown supply figures at their worst and at their best.

    Returns
    -------
    Endurance, Endurance
        At worst and at best: the same one twice where nothing is unknown. Both have the same
        replications.
    """
    known = between(plan)

    def run(at: Literal["worst", "best"], runs: int | None) -> Endurance:
        return endure(
            known[at],
            days=days,
            runs=runs,
            half=half,
            seed=seed,
            threads=threads,
            progress=progress,
        )

    best = run("best", runs)
    if known["worst"].networks == known["best"].networks:
        return best, best
    return run("worst", best.runs), best


def find_burn(plan: EndurancePlan, *, days: int, runs: int = BURN_RUNS, seed: int = 0) -> Floats:
    """What aircraft would burn if fuel never ran out [kg/s], shape (days, bases).

    NaN where it is not said what they burn, or no node feeds them.
    """
    if plan.patrol is None:
        return np.zeros((days, 0))
    return _burn(plan, plan.patrol, days=days, runs=runs, seed=seed, threads=1)


def find_lasting(plan: EndurancePlan, burn_kgps: Floats, *, days: int) -> Floats:
    """Whether each stock that is asked for lasts while so much is burnt: 1, 0, or NaN: unknown.

    For comparing who is gone: a stock that lasts because nobody is left to draw on it is no help,
    so the burn is to be that of the whole plan. With it nobody who joins makes a stock fail.

    Parameters
    ----------
    plan : EndurancePlan
        All its figures known.
    burn_kgps : ndarray, shape (days, bases)
    days : int

    Returns
    -------
    ndarray, shape (stocks,)
    """
    supply = _dispatched(plan, burn_kgps, days=days)
    bases = plan.patrol.bases if plan.patrol else ()
    untold = {
        plan.nodes[base.name]
        for b, base in enumerate(bases)
        if base.name in plan.nodes and np.isnan(burn_kgps[:, b]).any()
    }
    lasts = np.full(len(plan.stocks), np.nan)
    for k, stock in enumerate(plan.stocks):
        is_untold = stock.goods == plan.fuel and stock.node in untold
        if stock.goods not in plan.networks or stock.days > days or is_untold:
            continue
        of = supply.get(stock.goods)
        if of is None or stock.node not in {node.name for node in of.network.nodes}:
            lasts[k] = 0.0
            continue
        first = of.first_short_day(stock.node)
        lasts[k] = first is None or first >= stock.days
    return lasts


def between(plan: EndurancePlan) -> dict[Literal["worst", "best"], EndurancePlan]:
    """The plan with its unknown supply figures at their worst and at their best."""
    ends: tuple[Literal["worst", "best"], ...] = ("worst", "best")
    return {
        at: dataclasses.replace(
            plan, networks={goods: n.known(at=at) for goods, n in plan.networks.items()}
        )
        for at in ends
    }


def cautions(plan: EndurancePlan) -> tuple[str, ...]:
    """What flatters the answer where patrols and supply meet, in words."""
    if plan.patrol is None:
        return ()
    told = []
    used = {fleet.base for fleet in plan.patrol.fleets}
    free = [b.name for b in plan.patrol.bases if b.name in used and b.name not in plan.nodes]
    if plan.fuel is None:
        free = [b.name for b in plan.patrol.bases if b.name in used]
    told += [
        f"base {name}: no supply node feeds it, so its fuel never runs out, which flatters the plan"
        for name in free
    ]
    for goods, network in plan.networks.items():
        told += [
            f"supply of {goods}: {what} is unknown, and is taken at its best and at its worst"
            for what in _unknowns(network)
        ]
    return tuple(told)


def _unknowns(network: Network) -> list[str]:
    told = []
    for node in network.nodes:
        if math.isnan(node.supply_kgps):
            told.append(f"what enters at {node.name}")
        if math.isnan(node.holds_kg):
            told.append(f"what {node.name} can hold")
    for edge in network.edges:
        for name, words in (("delay_s", "the delay"), ("loss_share", "what is lost on the way")):
            if math.isnan(getattr(edge, name)):
                told.append(f"{words} of {edge.name}")
    return told


def _burn(
    plan: EndurancePlan,
    patrol: PatrolPlan,
    *,
    days: int,
    runs: int,
    seed: int,
    threads: int | None,
) -> Floats:
    """What would be burnt by day and base [kg/s] if there were always fuel."""
    endless = dataclasses.replace(
        patrol,
        bases=tuple(
            dataclasses.replace(base, stock_kg=ENDLESS_KG, holds_kg=None, resupply_kgps=())
            if base.name in plan.nodes
            else base
            for base in patrol.bases
        ),
    )
    seen = simulate(endless, days=days, runs=runs, seed=seed, threads=threads)
    is_fed = np.array([base.name in plan.nodes for base in patrol.bases], bool)
    level_kg = np.concatenate(
        (
            np.full((seen.runs, 1, int(is_fed.sum())), ENDLESS_KG),
            seen.out.stock_kg[:, :, is_fed],
        ),
        axis=1,
    )
    # Fuel is drawn for the whole flight at take-off and what is left comes back: late on the last
    # flights of a day more may come back than is drawn.
    burn = np.zeros((days, len(patrol.bases)))
    burn[:, is_fed] = np.maximum(-np.diff(level_kg, axis=1).mean(axis=0), 0.0) / S_PER_DAY
    for b, base in enumerate(patrol.bases):
        here = [fleet for fleet in patrol.fleets if fleet.base == base.name]
        if any(patrol.class_of(fleet).burn_kgps is None for fleet in here):
            burn[:, b] = math.nan
        elif base.name not in plan.nodes:
            burn[:, b] = math.nan if here else 0.0
    return burn


def _most_burnt(plan: EndurancePlan, patrol: PatrolPlan) -> Floats:
    """What aircraft would burn if all flew as often as they can [kg/s], shape (bases,)."""
    pairs = pairs_of(patrol)
    most = np.zeros(len(patrol.bases))
    names = [base.name for base in patrol.bases]
    for f, fleet in enumerate(patrol.fleets):
        kind = patrol.class_of(fleet)
        rates = [0.0]
        for pair in pairs[f]:
            if pair["stay_s"] > 0.0:
                flight_s = 2.0 * float(pair["transit_s"]) + float(pair["stay_s"])
                ground_s = kind.turnaround.mean_s + kind.repair_s(flight_s)
                rates.append(float(pair["fuel_kg"]) / (flight_s + ground_s))
        burn = fleet.count * max(rates)
        b = names.index(fleet.base)
        is_told = kind.burn_kgps is not None and fleet.base in plan.nodes
        most[b] += burn if is_told else math.nan
    return most


def _dispatched(plan: EndurancePlan, burn_kgps: Floats, *, days: int) -> dict[str, Days]:
    """The best dispatch of each kind of goods, what aircraft burn asked of that of fuel."""
    use: dict[str, Floats] = {}
    for b, base in enumerate(plan.patrol.bases if plan.patrol else ()):
        node = plan.nodes.get(base.name)
        if node is not None:
            # A burn that is not said asks nothing here; what hangs on it is told to be unknown.
            # Where aircraft could burn some and do not, a flight a month keeps the dispatch from
            # sending away what they would need if others could not fly.
            assert plan.patrol is not None
            least = (smallest_flight_kg(plan.patrol, base.name) or 0.0) / (30.0 * S_PER_DAY)
            rate = np.maximum(np.nan_to_num(burn_kgps[:, b]), least)
            use[node] = use.get(node, 0.0) + rate
    supply = {}
    for goods in plan.networks:
        network, outages = plan.network_left(goods)
        if not network.nodes:
            continue
        there = {node.name for node in network.nodes}
        wanted = {
            node: rate + _own(network, node)
            for node, rate in use.items()
            if goods == plan.fuel and node in there
        }
        supply[goods] = plan_days(
            network, days=days, use_kgps=wanted, outages=outages, step_s=STEP_S
        )
    return supply


def _own(network: Network, node: str) -> float:
    return next(one.demand_kgps for one in network.nodes if one.name == node)


def _fed(plan: EndurancePlan, patrol: PatrolPlan, supply: Mapping[str, Days]) -> PatrolPlan:
    """The patrols with the stock and the deliveries that the dispatch leaves to each base."""
    if plan.fuel is None:
        return patrol
    dispatched = supply.get(plan.fuel)
    there = {n.name: i for i, n in enumerate(dispatched.network.nodes)} if dispatched else {}
    fed_there = Counter(plan.nodes.values())
    bases = []
    for base in patrol.bases:
        node = plan.nodes.get(base.name)
        if node is None:
            bases.append(base)
            continue
        if dispatched is None or node not in there:
            bases.append(dataclasses.replace(base, stock_kg=0.0, holds_kg=None, resupply_kgps=()))
            continue
        stock_kg, comes_kgps = _left_to_aircraft(dispatched, there[node])
        part = 1.0 / fed_there[node]
        holds_kg = dispatched.network.nodes[there[node]].holds_kg
        bases.append(
            dataclasses.replace(
                base,
                stock_kg=stock_kg * part,
                holds_kg=holds_kg * part if 0.0 < holds_kg < math.inf else None,
                resupply_kgps=tuple((comes_kgps * part).tolist()),
            )
        )
    return dataclasses.replace(patrol, bases=tuple(bases))


def _left_to_aircraft(dispatched: Days, node: int) -> tuple[float, Floats]:
    """What aircraft at a node may burn: what lies there at first, and what comes by day [kg/s]."""
    per = round(S_PER_DAY / dispatched.step_s)
    days = dispatched.days

    def by_day(amount: Floats) -> Floats:
        total: Floats = amount[:, node].reshape(days, per).sum(axis=1)
        return total

    of = dispatched.network.nodes[node]
    level_kg = dispatched.stock_kg[per - 1 :: per, node]
    need_kg, short_kg = by_day(dispatched.need_kg), by_day(dispatched.short_kg)
    # What is short at a node is short for all who use it there, in proportion.
    served = np.divide(need_kg - short_kg, need_kg, out=np.ones(days), where=need_kg > 0.0)
    burnt_kg = np.cumsum(np.maximum(need_kg - of.demand_kgps * S_PER_DAY, 0.0) * served)
    # Come less gone by the end of each day: what has been burnt and what is still there. Only what
    # no later day sends away again is for the aircraft: the lower envelope, seen from the end.
    comes_kg = level_kg + burnt_kg - of.stock_kg
    free_kg = np.minimum.accumulate(comes_kg[::-1])[::-1]
    before_kg = min(0.0, float(free_kg[0]))
    stock_kg = max(0.0, of.stock_kg + before_kg)
    return stock_kg, np.maximum(np.diff(free_kg, prepend=before_kg), 0.0) / S_PER_DAY
