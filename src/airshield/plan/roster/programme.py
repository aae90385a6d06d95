"""The timetable as a mixed-integer programme, solved by HiGHS through SciPy.

How many of each possible sortie are flown is a whole number; aircraft of a fleet are not told
apart. They flow through time: from being ready to a sortie and back, or from one take-off to the
next doing nothing. In this form every sortie stands in two rows of its fleet. The usual one, *at no
instant are more away than there are*, has it in every row from take-off to ready, seven times as
many entries for six bases and six stations (docs/roster.md). Crews and runways flow likewise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from airshield.plan.patrol import PatrolPlan
from airshield.plan.patrol.model import MONTH_DAYS
from airshield.plan.roster.counts import Counts
from airshield.plan.roster.sorties import Floats, Ints, Period, Sorties, refuelled_at
from airshield.units import S_PER_DAY

_KG_EACH: Final = 1000.0
"""Fuel counts in tonnes: HiGHS keeps to limits within 1e-6 of its own numbers."""
_HOUR_S: Final = 3600

Limit = tuple[str, str]
"""What a row stands for and whose it is: ('aircraft', fleet), ('runway', base), ..."""


@dataclass(slots=True)
class Programme:
    """Variables and rows while they are put together; unknowns are never negative."""

    cost: list[Floats] = field(default_factory=list)
    is_whole: list[NDArray[np.bool_]] = field(default_factory=list)
    high: list[Floats] = field(default_factory=list)
    many: int = 0
    rows: list[sparse.csr_matrix] = field(default_factory=list)
    low: list[Floats] = field(default_factory=list)
    most: list[Floats] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    """Of each block of rows."""

    def add(
        self,
        many: int,
        *,
        cost: Floats | float = 0.0,
        is_whole: bool = False,
        high: Floats | float = math.inf,
    ) -> int:
        """Add variables; returns the number of the first."""
        first = self.many
        self.cost.append(np.broadcast_to(np.asarray(cost, np.float64), (many,)))
        self.is_whole.append(np.full(many, is_whole))
        self.high.append(np.broadcast_to(np.asarray(high, np.float64), (many,)))
        self.many += many
        return first

    def limit(
        self,
        row: Any,
        col: Any,
        value: Any,
        *,
        what: Limit,
        low: Floats | float = -math.inf,
        most: Floats | float = math.inf,
        rows: int = 1,
    ) -> None:
        """Add rows, entry by entry; entries of one place add up."""
        row, col, value = np.broadcast_arrays(row, col, np.asarray(value, np.float64))
        self.rows.append(
            sparse.csr_matrix(
                (value.ravel(), (row.ravel().astype(np.int64), col.ravel().astype(np.int64))),
                shape=(rows, self.many),
            )
        )
        self.low.append(np.broadcast_to(np.asarray(low, np.float64), (rows,)))
        self.most.append(np.broadcast_to(np.asarray(most, np.float64), (rows,)))
        self.limits.append(what)

    def table(self, without: Iterable[Limit] = ()) -> tuple[sparse.csr_matrix, Floats, Floats]:
        """All rows, or those that do not stand for what is left out."""
        gone = set(without)
        keep = [i for i, what in enumerate(self.limits) if what not in gone]
        parts = []
        for i in keep:
            part = self.rows[i].copy()
            part.resize((part.shape[0], self.many))
            parts.append(part)
        return (
            sparse.vstack(parts, format="csr"),
            np.concatenate([self.low[i] for i in keep]),
            np.concatenate([self.most[i] for i in keep]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What HiGHS said.

    Attributes
    ----------
    flown : ndarray of int64, shape (sorties,), optional
        How many of each; None: none found.
    cost, bound : float
        Of what was found (inf: nothing), and what no roster of these sorties can cost less than.
    """

    flown: Ints | None
    cost: float
    bound: float


def programme_of(
    plan: PatrolPlan,
    period: Period,
    needs: Ints,
    sorties: Sorties,
    counts: list[Counts],
    *,
    is_hours: bool,
) -> Programme:
    """Put the programme together; its first variables are the sorties.

    Parameters
    ----------
    counts : list of Counts
        What each fleet has, or costs.
    is_hours : bool
        Cost is hours flown, and not what aircraft cost.
    """
    p = Programme()
    hours = sorties.flight_s / _HOUR_S
    p.add(sorties.many, cost=hours if is_hours else 0.0, is_whole=True)
    _man(p, plan, period, needs, sorties)
    for f in range(len(plan.fleets)):
        _fly(p, plan, period, sorties, f, counts[f], is_free=is_hours)
    _park(p, plan, counts)
    _move(p, plan, period, sorties)
    given = _refuel(p, plan, period, sorties)
    _burn(p, plan, period, sorties, given)
    return p


def lower_bound(p: Programme, without: Iterable[Limit] = ()) -> float:
    """Least cost if parts of sorties could be flown; inf: not even so.

    The interior-point method, because it takes a fiftieth of the simplex method's time here.
    """
    rows, low, most = p.table(without)
    is_equal = low == most
    upper, lower = np.isfinite(most) & ~is_equal, np.isfinite(low) & ~is_equal
    found = linprog(
        np.concatenate(p.cost),
        A_ub=sparse.vstack([rows[upper], -rows[lower]], format="csr"),
        b_ub=np.concatenate([most[upper], -low[lower]]),
        A_eq=rows[is_equal],
        b_eq=low[is_equal],
        bounds=np.column_stack([np.zeros(p.many), np.concatenate(p.high)]),
        method="highs-ipm",
    )
    return float(found.fun) if found.status == 0 else math.inf


def solve(p: Programme, sorties: Sorties, *, limit_s: float, below: float = math.inf) -> Solved:
    """Solve it in whole numbers, for something that costs at most ``below``."""
    cost = np.concatenate(p.cost)
    constraints = [LinearConstraint(*p.table())]
    if math.isfinite(below):
        constraints.append(LinearConstraint(cost[None, :], -np.inf, below))
    found = milp(
        cost,
        integrality=np.concatenate(p.is_whole).astype(int),
        bounds=Bounds(0.0, np.concatenate(p.high)),
        constraints=constraints,
        options={"time_limit": limit_s},
    )
    dual = found.get("mip_dual_bound")
    bound = -math.inf if dual is None or math.isnan(dual) else float(dual)
    if found.status == 2:  # nothing is that good
        return Solved(flown=None, cost=math.inf, bound=below)
    if found.x is None:
        return Solved(flown=None, cost=math.inf, bound=bound)
    flown = np.rint(found.x[: sorties.many]).astype(np.int64)
    return Solved(flown=flown, cost=float(found.fun), bound=bound)


def flow(
    p: Programme, period: Period, of: Ints, start_s: Ints, end_s: Ints, *, what: Limit
) -> int | None:
    """Let things be taken from ``start_s`` to ``end_s``, over and over.

    Parameters
    ----------
    of : ndarray of int64, shape (n,)
        The variable that takes one.
    start_s, end_s : ndarray of int64, shape (n,)
        From when until when, from the period's first instant [s]; what ends as another begins
        serves both.

    Returns
    -------
    int, optional
        The variable that says how many things there are; None where nobody takes any.
    """
    if of.size == 0:
        return None
    length_s = period.length_s
    start, end = start_s % length_s, end_s % length_s
    starts, ends = np.unique(start), np.unique(end)
    # Things that come back, and then those that go: one place in time for each such run, named by
    # its last start.
    later = np.searchsorted(ends, starts, side="right")
    next_end = np.where(later < ends.size, ends[later % ends.size], ends[0] + length_s)
    places = starts[next_end <= np.append(starts[1:], starts[0] + length_s)]
    many = places.size
    idle = p.add(many)
    total = p.add(1)
    at = np.arange(many)
    p.limit(
        np.concatenate(
            [
                np.searchsorted(places, start) % many,
                np.searchsorted(places, end) % many,
                at,
                (at + 1) % many,
            ]
        ),
        np.concatenate([of, of, idle + at, idle + at]),
        np.repeat([-1.0, 1.0, -1.0, 1.0], [of.size, of.size, many, many]),
        what=what,
        low=0.0,
        most=0.0,
        rows=many,
    )
    # All of them, just after the last place: those that are away, some perhaps twice over.
    away = (places[-1] - start_s) // length_s - (places[-1] - end_s) // length_s
    p.limit(
        0,
        np.concatenate([of, [idle + many - 1, total]]),
        np.concatenate([away, [1.0, -1.0]]),
        what=what,
        low=0.0,
        most=0.0,
    )
    return total


def _man(p: Programme, plan: PatrolPlan, period: Period, needs: Ints, sorties: Sorties) -> None:
    """Every station has its aircraft in every step."""
    for s, station in enumerate(plan.stations):
        wanted = np.flatnonzero(needs[s])
        if wanted.size == 0:
            continue
        mine = np.flatnonzero(sorties.station == s)
        row_of = np.full(period.steps, -1)
        row_of[wanted] = np.arange(wanted.size)
        col, step = _present(sorties, mine, period)
        row = row_of[step]
        what = ("station", station.name)
        p.limit(
            row[row >= 0],
            col[row >= 0],
            1.0,
            what=what,
            low=needs[s, wanted].astype(np.float64),
            rows=wanted.size,
        )
        if mine.size:
            # Half a sortie mans nothing: so many there must be.
            least = math.ceil(int(needs[s].sum()) / int(sorties.steps[mine].max()))
            p.limit(0, mine, 1.0, what=what, low=float(least))


def _fly(
    p: Programme,
    plan: PatrolPlan,
    period: Period,
    sorties: Sorties,
    f: int,
    has: Counts,
    *,
    is_free: bool,
) -> None:
    """A fleet's aircraft and crews suffice, at every instant and over the months."""
    fleet = plan.fleets[f]
    kind = plan.class_of(fleet)
    mine = np.flatnonzero(sorties.fleet == f)
    away = flow(p, period, mine, sorties.take_off_s[mine], sorties.ready_s[mine], what=("flow", ""))
    if away is None:
        return
    if has.most == 0:
        p.limit(0, away, 1.0, what=("aircraft", fleet.name), most=0.0)
        return
    # Aircraft one by one, each with what it adds. Those that are alike need no telling apart, and
    # if none is cheaper than one before it they need no order.
    adds = [np.diff(has.cost), np.diff(has.owned), np.diff(has.crews)]
    dearer = np.flatnonzero(np.diff(adds[0]))
    if all(np.ptp(add) == 0 for add in adds[1:]) and (np.diff(adds[0]) >= 0.0).all():
        firsts = np.concatenate([[0], dearer + 1])
        alike = np.diff(np.append(firsts, has.most)).astype(np.float64)
    else:
        firsts = np.arange(has.most)
        alike = np.ones(has.most)
    ones = np.arange(firsts.size) + p.add(
        firsts.size, cost=0.0 if is_free else adds[0][firsts], is_whole=True, high=alike
    )
    if firsts.size == has.most > 1:
        at = np.repeat(np.arange(has.most - 1), 2)
        sign = np.tile([1.0, -1.0], has.most - 1)
        pairs = np.stack([ones[1:], ones[:-1]], axis=1).ravel()
        p.limit(at, pairs, sign, what=("flow", ""), most=0.0, rows=has.most - 1)
    owned, crews = adds[1][firsts], adds[2][firsts]
    p.limit(
        0,
        np.append(ones, away),
        np.append(-np.ones(ones.size), 1.0),
        what=("aircraft", fleet.name),
        most=0.0,
    )
    has.ones, has.adds = ones, owned
    flight_s = sorties.flight_s[mine].astype(np.float64)
    share = period.days / MONTH_DAYS
    if kind.month_s is not None:
        p.limit(
            0,
            np.concatenate([mine, ones]),
            np.concatenate([flight_s, -kind.month_s * share * owned]) / _HOUR_S,
            what=("airframe hours", fleet.name),
            most=kind.month_s * share * has.owned[0] / _HOUR_S,
        )
    if kind.crews_per_aircraft is None:
        return
    if kind.crew_month_s is not None:
        p.limit(
            0,
            np.concatenate([mine, ones]),
            np.concatenate([flight_s, -kind.crew_month_s * share * crews]) / _HOUR_S,
            what=("crew hours", fleet.name),
            most=kind.crew_month_s * share * has.crews[0] / _HOUR_S,
        )
    sooner = sorties.rested_s[mine] <= sorties.ready_s[mine]
    if sooner.all() and (has.crews >= np.arange(has.crews.size)).all():
        return  # whoever has an aircraft has a crew
    busy = flow(
        p, period, mine, sorties.take_off_s[mine], sorties.rested_s[mine], what=("flow", "")
    )
    assert busy is not None  # it has sorties
    p.limit(
        0,
        np.append(ones, busy),
        np.append(-crews, 1.0),
        what=("crews", fleet.name),
        most=float(has.crews[0]),
    )


def _park(p: Programme, plan: PatrolPlan, counts: list[Counts]) -> None:
    """Fleets find room at their bases."""
    for base in plan.bases:
        here = [f for f, fleet in enumerate(plan.fleets) if fleet.base == base.name]
        here = [f for f in here if counts[f].ones.size]
        if base.spots is None or not here:
            continue
        p.limit(
            0,
            np.concatenate([counts[f].ones for f in here]),
            np.concatenate([counts[f].adds for f in here]),
            what=("spots", base.name),
            most=float(base.spots - sum(int(counts[f].owned[0]) for f in here)),
        )


def _move(p: Programme, plan: PatrolPlan, period: Period, sorties: Sorties) -> None:
    """Within any hour, no more take-offs and landings than the runway has."""
    base_of = np.array([_number(plan.bases, fleet.base) for fleet in plan.fleets], np.int64)
    for b, base in enumerate(plan.bases):
        if base.movements_per_h is None:
            continue
        here = np.flatnonzero(base_of[sorties.fleet] == b)
        at_s = np.concatenate([sorties.take_off_s[here], sorties.landing_s[here]])
        busy = flow(
            p, period, np.concatenate([here, here]), at_s, at_s + _HOUR_S, what=("flow", "")
        )
        if busy is not None:
            p.limit(
                0,
                busy,
                1.0,
                what=("runway", base.name),
                most=float(math.floor(base.movements_per_h)),
            )


def _refuel(p: Programme, plan: PatrolPlan, period: Period, sorties: Sorties) -> dict[int, Ints]:
    """Whoever stays longer than its own fuel lasts gets more from a tanker that is there.

    Fuel aboard a track's tankers is kept as one store, which those who come fill, and which never
    holds more than those who are there have brought. For needs and stays in time that is as good
    as telling tankers apart: a store fails only if, over some stretch, more is asked for than all
    who are there within it have.

    Returns
    -------
    dict of int to ndarray of int64
        For each track, the variables that say what is given in each step [t].
    """
    asked = refuelled_at(sorties, plan, period.step_s)
    if not asked:
        return {}
    steps = np.arange(period.steps)
    stations = sorted({int(sorties.station[j]) for j, _, _ in asked})
    gives = {
        (s, _number(plan.stations, name)): p.add(period.steps) + steps
        for s in stations
        for name in plan.stations[s].tankers
    }
    for s in stations:
        name = plan.stations[s].name
        mine = [(j, after, kg) for j, after, kg in asked if sorties.station[j] == s]
        cols = np.array([j for j, _, _ in mine])
        at = (sorties.first[cols] + [after for _, after, _ in mine]) % period.steps
        tonnes = np.array([kg for _, _, kg in mine]) / _KG_EACH
        from_ = [of for (who, _), of in gives.items() if who == s]
        p.limit(
            np.concatenate([at, *[steps] * len(from_)]),
            np.concatenate([cols, *from_]),
            np.concatenate([tonnes, *[-np.ones(period.steps)] * len(from_)]),
            what=("fuel in the air", name),
            low=0.0,
            most=0.0,
            rows=period.steps,
        )
    given = {}
    for k in sorted({track for _, track in gives}):
        of_track = np.flatnonzero(sorties.station == k)
        brings = sorties.offload_kg[of_track] / _KG_EACH
        store = p.add(period.steps) + steps
        taken = [of for (_, track), of in gives.items() if track == k]
        given[k] = np.concatenate(taken)
        out = np.concatenate([steps] * len(taken))
        what = ("flow", "")
        col, there = _present(sorties, of_track, period)
        # Aboard are at most what those who are there have brought,
        p.limit(
            np.concatenate([steps, there]),
            np.concatenate([store, col]),
            np.concatenate([np.ones(period.steps), -sorties.offload_kg[col] / _KG_EACH]),
            what=what,
            most=0.0,
            rows=period.steps,
        )
        # at most what was there a step before, less what was given, and what has come,
        p.limit(
            np.concatenate(
                [
                    steps,
                    (steps + 1) % period.steps,
                    (out + 1) % period.steps,
                    sorties.first[of_track],
                ]
            ),
            np.concatenate([store, store, given[k], of_track]),
            np.concatenate(
                [np.ones(period.steps), -np.ones(period.steps), np.ones(out.size), -brings]
            ),
            what=what,
            most=0.0,
            rows=period.steps,
        )
        # and no more is given than is aboard.
        p.limit(
            np.concatenate([out, steps]),
            np.concatenate([given[k], store]),
            np.concatenate([np.ones(out.size), -np.ones(period.steps)]),
            what=what,
            most=0.0,
            rows=period.steps,
        )
    return given


def _burn(
    p: Programme, plan: PatrolPlan, period: Period, sorties: Sorties, given: dict[int, Ints]
) -> None:
    """Stocks and what arrives last for the period; what a tanker gives comes from its base."""
    base_of = np.array([_number(plan.bases, fleet.base) for fleet in plan.fleets], np.int64)
    at_base = base_of[sorties.fleet]
    shares = {}
    for k, of in given.items():
        mine = sorties.station == k
        bases = np.unique(at_base[mine])
        shares[k] = dict(
            zip(bases.tolist(), p.add(bases.size) + np.arange(bases.size), strict=True)
        )
        for b, share in shares[k].items():
            cols = np.flatnonzero(mine & (at_base == b))
            p.limit(
                0,
                np.append(cols, share),
                np.append(-sorties.offload_kg[cols] / _KG_EACH, 1.0),
                what=("flow", ""),
                most=0.0,
            )
        own = np.array(list(shares[k].values()), np.int64)
        p.limit(
            0,
            np.concatenate([of, own]),
            np.repeat([1.0, -1.0], [of.size, own.size]),
            what=("flow", ""),
            low=0.0,
            most=0.0,
        )
    first = round(period.start_s / S_PER_DAY)
    for b, base in enumerate(plan.bases):
        if base.stock_kg is None:
            continue
        rates = base.resupply_kgps
        comes_kg = S_PER_DAY * sum(
            rates[min(day, len(rates) - 1)] for day in range(first, first + period.days) if rates
        )
        here = np.flatnonzero(at_base == b)
        share = [of[b] for of in shares.values() if b in of]
        p.limit(
            0,
            np.concatenate([here, np.array(share, np.int64)]),
            np.concatenate([sorties.fuel_kg[here] / _KG_EACH, np.ones(len(share))]),
            what=("fuel", base.name),
            most=(base.stock_kg + comes_kg) / _KG_EACH,
        )


def _present(sorties: Sorties, of: Ints, period: Period) -> tuple[Ints, Ints]:
    """Some sorties, each as often as it has steps on station, and those steps of the period."""
    steps = sorties.steps[of]
    col = np.repeat(of, steps)
    nth = np.arange(col.size) - np.repeat(np.cumsum(steps) - steps, steps)
    return col, (sorties.first[col] + nth) % period.steps


def _number(of: tuple[Any, ...], name: str) -> int:
    return next(i for i, one in enumerate(of) if one.name == name)
