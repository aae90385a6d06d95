"""From a shield to a plan that can be run: classes, bases, fleets, stations, supply, in SI."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np

from airshield.config import Aircraft, Base, Factor, Fleet, Plan, Shield, SupplyNode
from airshield.errors import UsageError
from airshield.plan.endurance import EndurancePlan, StationAsked, StockAsked
from airshield.plan.logistics import Edge, Network, Node
from airshield.plan.patrol import AircraftClass, Duration, PatrolPlan
from airshield.plan.patrol import Base as PatrolBase
from airshield.plan.patrol import Fleet as PatrolFleet
from airshield.plan.patrol import Station as PatrolStation
from airshield.units import NS_PER_DAY, NS_PER_S, S_PER_DAY
from airshield.zones import Period, is_active

Tempo = Literal["routine", "surge"]
Hours = tuple[tuple[float, float], ...]

FUEL_WORDS: Final = ("jet fuel", "fuel", "kerosene")
"""Goods of this name are what aircraft burn."""

DOWN_S: Final = 86_400.0
"""A spell out of service where nobody says how long one is: a day. It sets how failures cluster,
not how many aircraft are out on average."""

MONDAY_NS: Final = 4 * NS_PER_DAY
"""5 January 1970: plans have no date, and their first day is a Monday unless hours name dates."""

MINUTE_S: Final = 60.0


def tempo_of(word: str) -> Tempo:
    """Read ``--tempo``."""
    if word == "routine":
        return "routine"
    if word == "surge":
        return "surge"
    raise UsageError(f"--tempo {word!r}; say routine or surge")


def endurance_plan(
    shield: Shield, *, days: int | None = None, tempo: Tempo = "routine"
) -> tuple[EndurancePlan, tuple[str, ...]]:
    """Take what a shield says of patrols and supply.

    Parameters
    ----------
    shield : Shield
    days : int, optional
        For how long hours are laid out; None: as long as the longest requirement asks.
    tempo : {"routine", "surge"}
        Which capacities of edges and which hours of airframes.

    Returns
    -------
    EndurancePlan, tuple of str
        And what had to be taken for granted, in words.

    Raises
    ------
    UsageError
        The shield asks for nothing that patrols or supply could answer, or parts do not fit.
    """
    plan = shield.plan
    asked = plan.requirements
    if not plan.stations and not plan.stocks and not plan.nodes:
        raise UsageError(
            f"{shield.name}: no [[stations]] and no [supply]; add a station with a fleet that mans "
            "it, or nodes, edges and stocks (docs/shield.md), or start from: airshield new NAME"
        )
    notes: list[str] = []
    lasts = [one.days for one in asked.station] + [one.days for one in asked.stock]
    longest = max(lasts, default=30)
    horizon = days or longest
    patrol = _patrol(plan, days=horizon, tempo=tempo, notes=notes) if plan.stations else None
    fuel = _fuel(plan)
    lies = {stock.node for stock in plan.stocks if stock.goods == fuel}
    notes += [
        f"base {base.name}: no stock of {fuel} is said for {base.node}, which begins empty"
        for base in plan.bases
        if base.node is not None and base.node not in lies
    ]
    unlost = {
        kind.name for kind in plan.aircraft if patrol and kind.losses_per_million_h is None
    } & {fleet.aircraft for fleet in plan.fleets}
    notes += [f"{name}: losses are not said and not counted" for name in sorted(unlost)]
    networks = {goods: _network(plan, goods, fuel, tempo) for goods in _goods(plan, fuel)}
    return (
        EndurancePlan(
            patrol=patrol,
            networks=networks,
            fuel=fuel if fuel in networks else None,
            nodes={b.name: b.node for b in plan.bases if b.node is not None and fuel in networks}
            if patrol
            else {},
            stations=tuple(
                StationAsked(name=one.name, station=one.station, share=one.share, days=one.days)
                for one in asked.station
            ),
            stocks=tuple(
                StockAsked(name=one.name, node=one.node, goods=one.goods, days=one.days)
                for one in asked.stock
            ),
        ),
        tuple(notes),
    )


def net_readiness(kind: Aircraft) -> float | None:
    """Share of the time that an aircraft is fit when nobody flies it.

    A published mission-capable rate counts the repair after flights too. Where the shield says how
    much was flown when it was measured (``readiness_month_h``), that repair is taken out again, so
    that it counts once: where it happens.
    """
    if kind.readiness is None or kind.readiness_month_s is None:
        return _value(kind.readiness)
    sortie_s = kind.sortie_s.value
    flights = kind.readiness_month_s.value / sortie_s
    repair_s = (_value(kind.repair_fixed_s) or 0.0) + (_value(kind.repair_share) or 0.0) * sortie_s
    return min(1.0, kind.readiness.value + flights * repair_s / (30.0 * S_PER_DAY))


def with_factors(plan: Plan, values: Mapping[str, float]) -> Plan:
    """The plan with other values for some factors, wherever they are used."""
    changed: Plan = _changed(plan, values)
    return changed


def _changed(part: Any, values: Mapping[str, float]) -> Any:
    if isinstance(part, Factor):
        return dataclasses.replace(part, value=values[part.name]) if part.name in values else part
    if isinstance(part, tuple):
        return tuple(_changed(one, values) for one in part)
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        new = {
            field.name: _changed(getattr(part, field.name), values)
            for field in dataclasses.fields(part)
            if isinstance(getattr(part, field.name), (tuple, Factor))
            or dataclasses.is_dataclass(getattr(part, field.name))
        }
        return dataclasses.replace(part, **new)
    return part


# ---------------------------------------------------------------- patrols


def _patrol(plan: Plan, *, days: int, tempo: Tempo, notes: list[str]) -> PatrolPlan:
    used = {fleet.aircraft for fleet in plan.fleets}
    own = {fleet.aircraft for fleet in plan.fleets if fleet.readiness is not None}
    first_ns = _first_ns(plan)
    return PatrolPlan(
        aircraft=tuple(
            _class(kind, tempo, notes, is_own=kind.name in own)
            for kind in plan.aircraft
            if kind.name in used
        ),
        bases=tuple(_base(base, days, first_ns) for base in plan.bases),
        fleets=tuple(_fleet(fleet, plan, notes) for fleet in plan.fleets),
        stations=(
            *(
                PatrolStation(
                    name=one.name,
                    role=one.role,
                    lat_deg=one.lat_deg,
                    lon_deg=one.lon_deg,
                    count=one.count,
                    hours=_hours(one.hours, days, first_ns),
                    stay_s=_value(one.stay_s),
                    tankers=one.tankers,
                )
                for one in plan.stations
            ),
            *(
                PatrolStation(
                    name=one.name,
                    role="tanker",
                    lat_deg=one.lat_deg,
                    lon_deg=one.lon_deg,
                    count=one.count,
                    fleets=one.fleets,
                )
                for one in plan.tankers
            ),
        ),
    )


def _class(kind: Aircraft, tempo: Tempo, notes: list[str], *, is_own: bool) -> AircraftClass:
    readiness = net_readiness(kind)
    if readiness is not None and kind.readiness is not None and readiness > kind.readiness.value:
        notes.append(
            f"{kind.name}: readiness {kind.readiness.value:.0%} was measured with repair after "
            f"flights in it; without that it is {readiness:.0%}"
        )
    down_s = _value(kind.down_s)
    if down_s is None and (is_own or (readiness is not None and readiness < 1.0)):
        down_s = DOWN_S
        notes.append(
            f"{kind.name}: down_h is not said; a spell out of service is taken to last "
            f"{DOWN_S / 3600.0:.0f} h (an assumption: it sets how failures cluster)"
        )
    month = kind.month_surge_s if tempo == "surge" and kind.month_surge_s else kind.month_s
    offload: tuple[tuple[float, float], ...] = tuple(kind.offload_points)
    if not offload and kind.offload_kg is not None:
        offload = ((0.0, kind.offload_kg.value),)
    spread: dict[str, Any] = {}
    if kind.repair_cv is not None:
        spread = {"repair_spread": "lognormal", "repair_cv": kind.repair_cv.value}
    return AircraftClass(
        name=kind.name,
        role=kind.role,
        cruise_mps=kind.cruise_mps.value,
        sortie_s=kind.sortie_s.value,
        turnaround=Duration(mean_s=kind.turnaround_s.value)
        if kind.turnaround_cv is None
        else Duration(
            mean_s=kind.turnaround_s.value, spread="lognormal", cv=kind.turnaround_cv.value
        ),
        repair_fixed_s=_value(kind.repair_fixed_s),
        repair_share=_value(kind.repair_share),
        readiness=readiness,
        down_s=down_s,
        burn_kgps=_value(kind.burn_kgps),
        offload=offload,
        crews_per_aircraft=_value(kind.crews_per_aircraft),
        rest_s=_value(kind.rest_s),
        duty_s=_value(kind.duty_s),
        crew_month_s=_value(kind.crew_month_s),
        month_s=_value(month),
        to_air_s=_value(kind.to_air_s),
        losses_per_h=(_value(kind.losses_per_million_h) or 0.0) * 1e-6,
        grounded_share=_value(kind.grounded_share),
        grounded_s=_value(kind.grounded_s),
        **spread,
    )


def _fleet(fleet: Fleet, plan: Plan, notes: list[str]) -> PatrolFleet:
    kind = next(kind for kind in plan.aircraft if kind.name == fleet.aircraft)
    own = None
    if fleet.readiness is not None:
        own = net_readiness(dataclasses.replace(kind, readiness=fleet.readiness))
    scramble_s = _value(fleet.scramble_s)
    if scramble_s is not None and scramble_s > kind.sortie_s.value:
        scramble_s = kind.sortie_s.value
        notes.append(
            f"{fleet.name}: scramble_h is longer than its aircraft fly; taken as their sortie"
        )
    return PatrolFleet(
        name=fleet.name,
        contributor=fleet.contributor,
        aircraft=fleet.aircraft,
        base=fleet.base,
        count=fleet.count,
        on_alert=fleet.on_alert,
        from_day=fleet.from_day,
        to_day=fleet.to_day,
        readiness=own,
        docks=fleet.docks,
        scrambles_per_day=_value(fleet.scrambles_per_day),
        scramble_s=scramble_s,
    )


def _base(base: Base, days: int, first_ns: int) -> PatrolBase:
    return PatrolBase(
        name=base.name,
        contributor=base.contributor,
        lat_deg=base.lat_deg,
        lon_deg=base.lon_deg,
        spots=base.spots,
        hours=_hours(base.hours, days, first_ns),
        movements_per_h=_value(base.movements_per_h),
        closed_share=_value(base.closed_share),
        closure_s=_value(base.closure_s),
    )


def _first_ns(plan: Plan) -> int:
    """Midnight at which the plan starts: of the first date that its hours name, or of a Monday."""
    hours = [base.hours for base in plan.bases] + [one.hours for one in plan.stations]
    dated = [
        period.t_start_ns
        for periods in hours
        for period in periods
        if period.t_start_ns is not None
    ]
    return min(dated) // NS_PER_DAY * NS_PER_DAY if dated else MONDAY_NS


def _hours(periods: tuple[Period, ...], days: int, first_ns: int) -> Hours | None:
    """Hours as intervals from the plan's first instant; shields write them to the minute."""
    if not periods:
        return None
    minutes = np.arange(days * round(S_PER_DAY / MINUTE_S), dtype=np.int64)
    is_on = is_active(periods, first_ns + minutes * round(MINUTE_S * NS_PER_S))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_on, [False])).astype(np.int8)))
    starts, ends = edges[::2] * MINUTE_S, edges[1::2] * MINUTE_S
    return tuple(zip(starts.tolist(), ends.tolist(), strict=True))


# ---------------------------------------------------------------- supply


def _fuel(plan: Plan) -> str:
    """The goods that aircraft burn, as this shield calls them."""
    there = list(dict.fromkeys(stock.goods for stock in plan.stocks))
    there += [one.goods for one in plan.requirements.stock if one.goods not in there]
    for goods in there:
        if goods.lower() in FUEL_WORDS:
            return goods
    return FUEL_WORDS[0]


def _goods(plan: Plan, fuel: str) -> list[str]:
    if not plan.nodes:
        return []
    others = [stock.goods for stock in plan.stocks if stock.goods != fuel]
    return [fuel, *dict.fromkeys(others)]


def _network(plan: Plan, goods: str, fuel: str, tempo: Tempo) -> Network:
    """The network of one kind of goods: fuel has what enters and what edges carry."""
    is_fuel = goods == fuel
    lies = {stock.node: stock for stock in plan.stocks if stock.goods == goods}
    return Network(
        nodes=tuple(_node(node, lies, is_fuel=is_fuel) for node in plan.nodes),
        edges=tuple(
            Edge(
                name=edge.name,
                owner=edge.contributor,
                start=edge.start,
                end=edge.end,
                mode=edge.mode,
                is_one_way=edge.one_way,
                capacity_kgps=_or_nan(
                    edge.surge_kgps
                    if tempo == "surge" and edge.surge_kgps is not None
                    else edge.capacity_kgps
                ),
                delay_s=_or_nan(edge.delay_s),
                loss_share=_or_nan(edge.loss_share),
            )
            for edge in plan.edges
        )
        if is_fuel
        else (),
    )


def _node(node: SupplyNode, lies: Mapping[str, Any], *, is_fuel: bool) -> Node:
    stock = lies.get(node.name)
    gives = node.kind in ("source", "port") and node.supply_kgps is None
    # A shield says what fuel enters, and of no other goods: where those are used, that is unknown.
    if is_fuel:
        supply_kgps = math.nan if gives else _value(node.supply_kgps) or 0.0
    else:
        supply_kgps = 0.0 if stock is None or stock.use_kgps is None else math.nan
    stock_kg = 0.0 if stock is None else stock.amount_kg.value
    use_kgps = 0.0 if stock is None else (_value(stock.use_kgps) or 0.0)
    return Node(
        name=node.name,
        owner=node.contributor,
        kind=node.kind,
        supply_kgps=supply_kgps,
        demand_kgps=use_kgps + ((_value(node.demand_kgps) or 0.0) if is_fuel else 0.0),
        stock_kg=stock_kg,
        holds_kg=_holds_kg(node, stock_kg) if is_fuel else stock_kg,
    )


def _holds_kg(node: SupplyNode, stock_kg: float) -> float:
    """What a node can hold; ports and railheads of which it is not said only pass things on."""
    if node.holds_kg is not None:
        return max(node.holds_kg.value, stock_kg)
    return math.nan if node.kind in ("depot", "base") else stock_kg


def _value(factor: Factor | None) -> float | None:
    return None if factor is None else factor.value


def _or_nan(factor: Factor | None) -> float:
    return math.nan if factor is None else factor.value


def used_factors(shield: Shield) -> list[dict[str, Any]]:
    """Every factor that a shield uses, as the documents list them: in the unit it is written in."""
    seen: dict[str, dict[str, Any]] = {}
    for factor in shield.plan.factors:
        if factor.name in seen:
            continue
        value, low, high = factor.written
        seen[factor.name] = {
            "name": factor.name,
            "value": value,
            "unit": factor.unit,
            "kind": factor.kind,
            "low": low,
            "high": high,
            "source": factor.source,
            "url": factor.url,
            "year": factor.year,
            "note": factor.note,
        }
    return list(seen.values())
