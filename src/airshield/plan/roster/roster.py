"""The question, and its answer in words and tables."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa

from airshield import tables
from airshield.errors import UsageError
from airshield.plan.patrol import PatrolPlan
from airshield.plan.patrol.model import MONTH_DAYS
from airshield.plan.roster.counts import (
    Counts,
    Readiness,
    check_readiness,
    counts_for,
    counts_given,
    counts_none,
    least_of,
    needed_of,
)
from airshield.plan.roster.flights import Flights, flights_of, needless
from airshield.plan.roster.losses import Losses, Stuck, find_losses, without
from airshield.plan.roster.programme import Limit
from airshield.plan.roster.search import Problem, blame, search
from airshield.plan.roster.sorties import (
    Ints,
    Period,
    Sorties,
    is_there,
    needs_of,
    no_sorties,
    period_of,
    sorties_of,
)
from airshield.units import S_PER_DAY

Status = Literal["proven", "found", "not_possible", "unknown"]
ROSTER_STATES: Final = ("proven", "found", "not_possible", "unknown")
"""The best there is; one, a better may exist; none exists; none was found in time."""

_BECAUSE: Final = {
    "aircraft": "fleet {who} has too few aircraft ready",
    "crews": "fleet {who} has too few crews for their rest",
    "crew hours": "the crews of fleet {who} may not fly so many hours in a month",
    "airframe hours": "the aircraft of fleet {who} may not fly so many hours in a month",
    "spots": "base {who} has too few spots",
    "runway": "the runway of base {who} takes too few movements in an hour",
    "fuel": "base {who} has too little fuel for these days",
    "fuel in the air": "tankers bring too little fuel for station {who}",
    "station": "it is station {who} that takes too much of what the others need as well",
}
_ALL: Final = {
    "aircraft": "too few aircraft are ready",
    "crews": "crews are too few for their rest",
    "crew hours": "crews may not fly so many hours in a month",
    "airframe hours": "aircraft may not fly so many hours in a month",
    "spots": "bases have too few spots",
    "runway": "runways take too few movements in an hour",
    "fuel": "bases have too little fuel for these days",
    "fuel in the air": "tankers bring too little fuel",
    "station": "the stations together take more than there is",
}
_TOO_SOON: Final = "no roster was found within {:g} s, and none is ruled out"


@dataclass(frozen=True, kw_only=True)
class Roster:
    """A timetable for days that repeat, or why there is none.

    Attributes
    ----------
    plan : PatrolPlan
        For whom.
    status : str
        One of ROSTER_STATES.
    aim : str
        What it has least of: 'aircraft', or 'hours' flown.
    readiness : float or 'mean'
        How sure it is that so many aircraft are fit.
    aircraft : int, optional
        How many are owned, fit or not and alert ones included. None: there is no roster.
    flown_h : float, optional
        Hours flown in the days that repeat.
    bound : float
        No roster of these steps has fewer aircraft or hours (see ``aim``); inf: there is none.
    fleets : dict of str to (int, int)
        Aircraft of each fleet in the roster, and owned for that.
    why : str, optional
        Why there is none.
    losses : Losses, optional
        What remains when a base is lost; only where that was asked for.
    """

    plan: PatrolPlan
    status: Status
    aim: str
    readiness: Readiness
    aircraft: int | None
    flown_h: float | None
    bound: float
    fleets: Mapping[str, tuple[int, int]]
    why: str | None
    losses: Losses | None
    period: Period = field(repr=False)
    sorties: Sorties = field(repr=False)
    flown: Ints = field(repr=False)

    @property
    def gap(self) -> float:
        """By what share of it the best may be below what was found; NaN without a roster."""
        figure = self.aircraft if self.aim == "aircraft" else self.flown_h
        if figure is None or not math.isfinite(self.bound):
            return math.nan
        return max(0.0, 1.0 - self.bound / figure) if figure > 0 else 0.0

    @cached_property
    def words(self) -> str:
        """The answer in a sentence."""
        many = self.period.days
        days = "a day that repeats" if many == 1 else f"{many} days that repeat"
        if self.aircraft is None or self.flown_h is None:
            return f"{days}: {self.why}"
        sure = (
            "on average"
            if self.readiness == "mean"
            else f"with a chance of {self.readiness:.0%} for each fleet"
        )
        text = (
            f"{days}: {self.aircraft} aircraft man every station, {int(self.flown.sum())} sorties "
            f"and {self.flown_h:.1f} h flown; enough are fit {sure}"
        )
        if self.losses is not None:
            text += ", and so it stays if any one base is lost"
        unit = "aircraft" if self.aim == "aircraft" else "h"
        bound = f"{self.bound:.0f}" if self.aim == "aircraft" else f"{self.bound:.1f}"
        if self.status == "proven":
            return f"{text}; fewer than {bound} {unit} cannot do it"
        return f"{text}; fewer than {bound} {unit} surely cannot do it, what lies between is open"

    def without(self, base: str) -> Roster:
        """Give the timetable for when a base is lost, by the aircraft that are left.

        Raises
        ------
        UsageError
            The roster was not made for losses, or does not use that base.
        """
        if self.losses is None or base not in self.losses.by_base:
            known = (
                ", ".join(self.losses.by_base) if self.losses else "none; find with without_base"
            )
            raise UsageError(f"no timetable without base {base!r}; there are: {known}")
        found = self.losses.by_base[base]
        flown = needless(
            self.plan, self.period, needs_of(self.plan, self.period), found.sorties, found.flown
        )
        left = {
            fleet.name: self.fleets[fleet.name][1] if fleet.base != base else 0
            for fleet in self.plan.fleets
        }
        many = sum(left.values())
        return dataclasses.replace(
            self,
            status="found",
            aircraft=many,
            bound=0.0,
            flown_h=float((found.sorties.flight_s * flown).sum()) / 3600.0,
            fleets={name: (owned, owned) for name, owned in left.items()},
            losses=None,
            sorties=found.sorties,
            flown=flown,
        )

    def flights(self, *, days: int | None = None) -> Flights:
        """Name the flights of the first so many days; None: of the days that repeat."""
        return flights_of(
            self.plan, self.period, self.sorties, self.flown, days=days or self.period.days
        )

    def table(self, *, days: int | None = None) -> pa.Table:
        """ROSTER rows in order of take-off; empty without a roster."""
        found = self.flights(days=days)
        kind, plan, sorties = found.kind, self.plan, self.sorties
        fleet = sorties.fleet[kind]
        columns = {
            "flight": np.arange(kind.size),
            "fleet": [plan.fleets[f].name for f in fleet],
            "aircraft": found.aircraft,
            "crew": [int(crew) if crew else None for crew in found.crew],
            "base": [plan.fleets[f].base for f in fleet],
            "station": [plan.stations[s].name for s in sorties.station[kind]],
            "take_off_s": found.take_off_s,
            "on_station_s": found.on_s,
            "off_station_s": found.off_s,
            "landing_s": found.landing_s,
            "ready_s": found.ready_s,
            "taken_kg": sorties.taken_kg[kind],
            "given_kg": found.given_kg,
        }
        return tables.make_table(tables.ROSTER, columns, rows=kind.size)

    def refuellings(self, *, days: int | None = None) -> pa.Table:
        """REFUELLING rows in order of time; flights are numbered as in ``table``."""
        found = self.flights(days=days).refuellings
        columns = {
            "at_s": [t for t, *_ in found],
            "taker": [taker for _, taker, _, _ in found],
            "giver": [giver for _, _, giver, _ in found],
            "fuel_kg": [kg for *_, kg in found],
        }
        return tables.make_table(tables.REFUELLING, columns, rows=len(found))


def find_roster(
    plan: PatrolPlan,
    *,
    days: int = 1,
    step_s: float = 1800.0,
    first_day: int = 0,
    readiness: Readiness = 0.95,
    aim: Literal["aircraft", "hours"] = "aircraft",
    limit_s: float = 60.0,
    without_base: bool = False,
) -> Roster:
    """Find a timetable that mans every station.

    Parameters
    ----------
    plan : PatrolPlan
        The plan. Means count for repair; chance, weather, losses and groundings do not.
    days, first_day : int
        How many days repeat, and which day of the plan is the first of them.
    step_s : float
        Stays begin and end with multiples of it [s].
    readiness : float or 'mean'
        Chance with which each fleet has as many fit aircraft as the roster takes, and the alert
        besides; 'mean': on average, so half of the time.
    aim : str
        'aircraft': of every fleet as many as it takes, together as few as possible; counts of the
        fleets do not limit it. 'hours': with the fleets that there are, as little flying as
        possible.
    limit_s : float
        For looking. When it is reached, what is found depends on the machine.
    without_base : bool
        Find fleets that have a roster whichever single base is lost; with ``aim`` 'aircraft'.

    Raises
    ------
    UsageError
        Days, step, readiness or aim make no sense.

    Examples
    --------
    One station half an hour away, four hours' sorties with two hours between them: each is three
    hours on station of six, so two aircraft do it.

    >>> from airshield.plan.patrol import AircraftClass, Base, Duration, Fleet, Station
    >>> plan = PatrolPlan(
    ...     aircraft=(AircraftClass(name="F", role="patrol", cruise_mps=200.0, sortie_s=4 * 3600.0,
    ...                             turnaround=Duration(mean_s=2 * 3600.0)),),
    ...     bases=(Base(name="B", contributor="C", lat_deg=50.0, lon_deg=25.0),),
    ...     fleets=(Fleet(name="f", contributor="C", aircraft="F", base="B", count=3),),
    ...     stations=(Station(name="S", role="patrol", lat_deg=53.2, lon_deg=25.0),),
    ... )
    >>> roster = find_roster(plan)
    >>> roster.status, roster.aircraft, roster.bound
    ('proven', 2, 2.0)
    """
    if aim not in ("aircraft", "hours"):
        raise UsageError(f"aim={aim!r}; choose aircraft or hours")
    if without_base and aim != "aircraft":
        raise UsageError("without_base asks how many aircraft it takes; leave aim at aircraft")
    if not limit_s > 0.0:
        raise UsageError(f"limit_s={limit_s!r}; give a positive time to look for a roster")
    check_readiness(readiness)
    period = period_of(days=days, step_s=step_s, first_day=first_day)
    needs = needs_of(plan, period)
    sorties = sorties_of(plan, period, needs)
    asked: dict[str, Any] = {"plan": plan, "aim": aim, "readiness": readiness, "period": period}
    unmanned = _unmanned(plan, period, needs, sorties)
    if unmanned is not None:
        return _none(asked, "not_possible", f"cannot be rostered, because {unmanned}")

    def counts() -> list[Counts]:
        if aim == "hours":
            return [
                counts_given(plan, fleet, readiness) if is_there(fleet, period) else counts_none()
                for fleet in plan.fleets
            ]
        return [
            counts_for(plan, fleet, readiness, most=_most(plan, period, needs, sorties, f))
            if is_there(fleet, period)
            else counts_none()
            for f, fleet in enumerate(plan.fleets)
        ]

    problem = Problem(
        plan=plan,
        period=period,
        needs=needs,
        sorties=sorties,
        counts=counts,
        is_hours=aim == "hours",
    )
    losses: Losses | None = None
    owned: Ints | None = None
    if without_base and needs.any():
        answer = find_losses(problem, limit_s=limit_s)
        if isinstance(answer, Stuck):
            return _stuck(asked, problem, answer, limit_s)
        losses = answer
        found, bound, owned = losses.whole, float(losses.bound), losses.owned
    else:
        found = search(problem, limit_s=limit_s)
        bound = found.bound
        if aim == "aircraft":
            bound += sum(int(has.owned[0]) for has in counts())
    if found.flown.size == 0 and needs.any():
        if math.isfinite(bound):
            why = _TOO_SOON.format(limit_s)
            return dataclasses.replace(_none(asked, "unknown", why), bound=bound)
        return _none(asked, "not_possible", _why(blame(problem)))
    flown = needless(plan, period, needs, found.sorties, found.flown)
    keep = flown > 0
    kept, flown = found.sorties.take(keep), flown[keep]
    fleets = _fleets(plan, period, kept, flown, counts(), owned=owned)
    aircraft = sum(many for _, many in fleets.values())
    flown_h = float((kept.flight_s * flown).sum()) / 3600.0
    figure = float(aircraft) if aim == "aircraft" else flown_h
    is_proven = figure <= bound * (1.0 + 1e-6) + 1e-6
    return Roster(
        **asked,
        status="proven" if is_proven else "found",
        aircraft=aircraft,
        flown_h=flown_h,
        # Hours are the solver's, and a little beside themselves.
        bound=min(bound, figure) if aim == "hours" else bound,
        fleets=fleets,
        why=None,
        losses=losses,
        sorties=kept,
        flown=flown,
    )


def _none(asked: Mapping[str, Any], status: Status, why: str) -> Roster:
    nothing = np.zeros(0, np.int64)
    return Roster(
        **asked,
        status=status,
        aircraft=None,
        flown_h=None,
        bound=math.inf,
        fleets={},
        why=why,
        losses=None,
        sorties=no_sorties(),
        flown=nothing,
    )


def _stuck(asked: Mapping[str, Any], problem: Problem, at: Stuck, limit_s: float) -> Roster:
    """Say why no fleets do without a base."""
    lost = f"without base {at.base!r}: " if at.base else ""
    if not at.is_ruled_out:
        no = _none(asked, "unknown", lost + _TOO_SOON.format(limit_s))
        return dataclasses.replace(no, bound=0.0)
    case = without(problem, at.base) if at.base else problem
    unmanned = _unmanned(case.plan, case.period, case.needs, case.sorties, lost=at.base)
    why = _why(blame(case)) if unmanned is None else f"cannot be rostered, because {unmanned}"
    return _none(asked, "not_possible", lost + why)


def _unmanned(
    plan: PatrolPlan, period: Period, needs: Ints, sorties: Sorties, *, lost: str = ""
) -> str | None:
    """Why a station has nobody to man it at some time, a base perhaps lost; None: all have."""
    for s, station in enumerate(plan.stations):
        mine = sorties.station == s
        there = np.zeros(period.steps, bool)
        for first, steps in np.unique(
            np.stack([sorties.first[mine], sorties.steps[mine]]), axis=1
        ).T:
            there[(first + np.arange(steps)) % period.steps] = True
        lacking = np.flatnonzero((needs[s] > 0) & ~there)
        if lacking.size == 0:
            continue
        serving = [
            fleet
            for fleet in plan.serving(station)
            if is_there(fleet, period) and fleet.base != lost
        ]
        if not serving:
            return f"no fleet that is there all the time may man station {station.name!r}"
        if not mine.any() and not any(plan.base_of(fleet).hours for fleet in serving):
            return (
                f"station {station.name!r} is too far: no fleet can stay there for "
                f"{period.step_s / 60:g} min"
            )
        at_s = int(lacking[0]) * period.step_s
        return (
            f"nobody can be at station {station.name!r} at {at_s // 3600:02d}:"
            f"{at_s % 3600 // 60:02d} of the days: the bases that reach it are shut when they "
            "would have to take off or land"
        )
    return None


def _why(guilty: list[Limit]) -> str:
    if not guilty:
        return (
            "cannot be rostered, because whole sorties of whole steps do not do what is possible "
            "on average; try shorter steps or more of what is scarce"
        )
    told = [(_BECAUSE[kind] if who else _ALL[kind]).format(who=repr(who)) for kind, who in guilty]
    return f"cannot be rostered, because {'; or because '.join(told)}"


def _most(plan: PatrolPlan, period: Period, needs: Ints, sorties: Sorties, f: int) -> int:
    """Twice as many aircraft of a fleet as all its stations take from it, on their own fuel."""
    kind = plan.class_of(plan.fleets[f])
    stay_s = sorties.steps * period.step_s
    each = [(sorties.ready_s - sorties.take_off_s) / stay_s]
    month_s = sorties.flight_s / stay_s * MONTH_DAYS * S_PER_DAY
    if kind.month_s is not None:
        each.append(month_s / kind.month_s)
    if kind.crews_per_aircraft:
        each.append((sorties.rested_s - sorties.take_off_s) / stay_s / kind.crews_per_aircraft)
        if kind.crew_month_s is not None:
            each.append(month_s / kind.crew_month_s / kind.crews_per_aircraft)
    most = np.maximum.reduce(each)
    found = 0
    for s in np.unique(sorties.station[sorties.fleet == f]):
        mine = (sorties.fleet == f) & (sorties.station == s)
        mine &= sorties.refuellings == sorties.refuellings[mine].min()
        name = plan.stations[s].name
        fed = [of for of, one in enumerate(plan.stations) if name in one.tankers]
        found += max(int(needs[of].max()) for of in [s, *fed]) * math.ceil(most[mine].min() + 1.0)
    return 2 * found


def _fleets(
    plan: PatrolPlan,
    period: Period,
    sorties: Sorties,
    flown: Ints,
    counts: list[Counts],
    *,
    owned: Ints | None,
) -> dict[str, tuple[int, int]]:
    """Aircraft of each fleet in a roster, and owned for that."""
    found = {}
    for f, fleet in enumerate(plan.fleets):
        needed = needed_of(plan, period, sorties, flown, f)
        many = int(counts[f].owned[least_of(plan, counts[f], needed, f)])
        found[fleet.name] = (needed.aircraft, many if owned is None else int(owned[f]))
    return found
