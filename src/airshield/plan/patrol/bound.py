"""What no roster can beat in the long run: a linear programme over mean flows (HiGHS).

The unknowns are how many aircraft of each fleet are on average at each station. Every one of them
costs flying, ground time, crews, fuel and movements in proportion; so the programme with the least
aircraft generalises the closed station formula, and equals it for a single fleet. Whole aircraft,
chance, nights and queues only make it worse: a simulation of many days that is better is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from airshield.errors import UsageError
from airshield.plan.patrol.arrays import demanded_s, pairs_of, world_of
from airshield.plan.patrol.model import MONTH_DAYS, Fleet, PatrolPlan
from airshield.units import S_PER_DAY

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What the linear programme says.

    Attributes
    ----------
    most : float
        Largest mean share of all aircraft wanted at all stations together that can be there.
    least : dict of role to float
        Aircraft of each role, fit or not, when their sum is least and every station is manned all
        its hours; inf where no fleet reaches one. Counts of fleets, crews and fuel do not limit it.
    """

    most: float
    least: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A fleet at a station: what one aircraft kept there costs on average."""

    fleet: int
    station: int
    aircraft: float
    flying: float
    sorties_per_s: float
    fuel_kgps: float
    offload_kgps: float
    refuel_kgps: float
    crews: float
    cycle_s: float


def find_bound(plan: PatrolPlan, *, days: int = 30) -> Bound:
    """Solve both programmes: most presence of the plan as it is, least aircraft for all of it.

    Parameters
    ----------
    plan : PatrolPlan
        Weather and losses only count through the runway's open hours.
    days : int
        Over how long stocks may be used up. What the aircraft need not do any more at the end
        counts in favour of them, so that no simulation over as many days can be better.

    Raises
    ------
    UsageError
        The solver gave up; it says why.
    """
    ways = _ways(plan)
    wanted = np.array([station.count for station in plan.stations]) * (
        demanded_s(plan, days=days).sum(axis=0) / (days * S_PER_DAY)
    )
    at = _sums([way.station for way in ways], np.ones(len(ways)), len(plan.stations))
    rows, limits = _limits(plan, ways, days)
    most = 0.0
    if ways and wanted.any():
        found = linprog(
            -np.ones(len(ways)),
            A_ub=np.vstack([at, *rows]),
            b_ub=np.concatenate([wanted, limits]),
            method="highs",
        )
        most = -_value(found) / float(wanted.sum())
    return Bound(most=min(1.0, most), least=_least(plan, ways, at, wanted))


def _least(plan: PatrolPlan, ways: list[_Way], at: Floats, wanted: Floats) -> dict[str, float]:
    """Aircraft by role when the sum is least."""
    roles = {station.role: 0.0 for station in plan.stations}
    reached = np.asarray(at.any(axis=1))
    for s, station in enumerate(plan.stations):
        if not reached[s] and wanted[s] > 0.0:
            roles[station.role] = np.inf
    if not ways:
        return roles
    cost = np.array([way.aircraft for way in ways])
    found = linprog(
        cost,
        A_eq=at[reached],
        b_eq=wanted[reached],
        A_ub=_refuelling(ways).reshape(1, -1),
        b_ub=[0.0],
        method="highs",
    )
    _value(found)
    for way, many in zip(ways, found.x, strict=True):
        roles[plan.stations[way.station].role] += float(way.aircraft * many)
    return roles


def _limits(plan: PatrolPlan, ways: list[_Way], days: int) -> tuple[list[Floats], list[float]]:
    """What the plan has: rows of the programme and their right sides."""
    horizon_s = days * S_PER_DAY
    fleet_of = [way.fleet for way in ways]
    fleets = world_of(plan, days=days).fleet
    rows, limits = [_refuelling(ways)], [0.0]
    for f, fleet in enumerate(plan.fleets):
        mine = np.array([way.fleet == f for way in ways])
        if not mine.any():
            continue
        there_s = max(0.0, min(fleets[f]["to_s"], horizon_s) - max(0.0, float(fleets[f]["from_s"])))
        # The last flight's ground time and the first one's way lie outside of the days.
        grace = 1.0 + max(w.cycle_s for w in ways if w.fleet == f) / horizon_s
        part = there_s / horizon_s * grace
        rows.append(mine * np.array([way.aircraft for way in ways]))
        limits.append((fleet.count - fleet.on_alert) * part)
        if fleets[f]["crews"] >= 0:
            rows.append(mine * np.array([way.crews for way in ways]))
            limits.append(int(fleets[f]["crews"]) * part)
        months = np.ceil(days / MONTH_DAYS)
        for each_s in (float(fleets[f]["crew_month_s"]), float(fleets[f]["month_s"])):
            if np.isfinite(each_s):
                rows.append(mine * np.array([way.flying for way in ways]))
                limits.append(each_s * months * grace / horizon_s)
    for base in plan.bases:
        here = np.array([plan.fleets[f].base == base.name for f in fleet_of])
        if base.movements_per_h is not None and here.any():
            rows.append(here * np.array([2.0 * way.sorties_per_s for way in ways]))
            limits.append(base.movements_per_h / 3600.0 * (1.0 + 1.0 / days))
        if base.stock_kg is not None and here.any():
            rates = base.resupply_kgps
            comes = [rates[min(day, len(rates) - 1)] for day in range(days)] if rates else [0.0]
            own = np.array([way.fuel_kgps - way.offload_kgps for way in ways])
            rows.append(here * own)
            # What is in the tanks when the days end was not needed within them.
            limits.append(base.stock_kg / horizon_s + float(np.mean(comes)))
    return rows, limits


def _ways(plan: PatrolPlan) -> list[_Way]:
    """Every fleet at every station that it reaches, on its own fuel and refuelled to the most.

    What lies between is a mixture of the two: all costs are linear in sorties per second.
    """
    pairs = pairs_of(plan)
    ways = []
    for s in range(len(plan.stations)):
        for f, fleet in enumerate(plan.fleets):
            pair = pairs[f, s]
            if pair["stay_s"] > 0.0:
                stays = [float(pair["stay_s"])]
                if pair["more_s"] > 0.0 and pair["most_s"] > pair["stay_s"]:
                    # On station for ever is a sortie of a year.
                    stays.append(min(float(pair["most_s"]), 365.0 * S_PER_DAY))
                ways += [_way(plan, pair, f, s, fleet, stay_s) for stay_s in stays]
    return ways


def _way(plan: PatrolPlan, pair: Any, f: int, s: int, fleet: Fleet, stay_s: float) -> _Way:
    kind = plan.class_of(fleet)
    burn = kind.burn_kgps or 0.0
    flight_s = 2.0 * float(pair["transit_s"]) + stay_s
    cycle_s = flight_s + kind.turnaround.mean_s + kind.repair_s(flight_s)
    more_s = stay_s - float(pair["stay_s"])
    refuellings = more_s / float(pair["more_s"]) if more_s > 0.0 else 0.0
    return _Way(
        fleet=f,
        station=s,
        aircraft=cycle_s / stay_s / fit_share(plan, fleet, cycle_s),
        flying=flight_s / stay_s,
        sorties_per_s=1.0 / stay_s,
        fuel_kgps=float(pair["fuel_kg"]) / stay_s,
        offload_kgps=float(pair["offload_kg"]) / stay_s,
        refuel_kgps=burn * (more_s + refuellings * float(pair["detour_s"])) / stay_s,
        crews=(flight_s + (kind.rest_s or 0.0)) / stay_s,
        cycle_s=cycle_s,
    )


def fit_share(plan: PatrolPlan, fleet: Fleet, cycle_s: float) -> float:
    """Share of the time that an aircraft in use is not out of service.

    A little more than its readiness: who should go out of service in flight first finishes the
    cycle that it is in.
    """
    readiness = plan.readiness_of(fleet)
    down_s = plan.class_of(fleet).down_s
    if readiness is None or readiness == 1.0 or down_s is None:
        return 1.0
    up_s = down_s * readiness / (1.0 - readiness) + cycle_s
    return up_s / (up_s + down_s)


def _refuelling(ways: list[_Way]) -> Floats:
    """What is taken from tankers less what they bring, all tracks together."""
    return np.array([way.refuel_kgps - way.offload_kgps for way in ways])


def _sums(of: list[int], values: Floats, many: int) -> Floats:
    table = np.zeros((many, values.size))
    table[of, np.arange(values.size)] = values
    return table


def _value(found: Any) -> float:
    if found.status != 0:
        raise UsageError(f"the linear programme of the plan was not solved: {found.message}")
    return float(found.fun)
