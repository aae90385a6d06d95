"""The document of ``airshield sustain``: what was found, as a page and a report show it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

from airshield import __version__
from airshield.cli.enduring import used_factors
from airshield.cli.responding import ResponseAsked
from airshield.cli.sustaining import SHARE, Sustaining, role_share
from airshield.config import Plan
from airshield.plan.endurance import (
    Answer,
    EndurancePlan,
    cautions,
    chain_words,
    find_chain,
)
from airshield.plan.logistics import (
    Days,
    Network,
    find_losses,
    find_rates,
    find_sole_ways,
    find_worst_pairs,
    lossless,
)
from airshield.plan.patrol import (
    REASONS,
    STATES,
    Cause,
    FleetSizes,
    fleet_days,
    station_days,
    stock_days,
)
from airshield.plan.patrol import cautions as patrol_cautions
from airshield.plan.response import Response
from airshield.plan.roster import Roster
from airshield.units import S_PER_DAY

PAIRS: Final = 10
KG_PER_T: Final = 1000.0


def verdict_of(requirements: Sequence[dict[str, Any]]) -> str:
    """Answer all requirements at once; 'nothing asked' where none is."""
    verdicts = {one["verdict"] for one in requirements}
    for worst in ("fails", "unknown", "holds"):
        if worst in verdicts:
            return worst
    return "nothing asked"


def sustain_document(found: Sustaining) -> dict[str, Any]:
    """What ``sustain --json`` prints (docs/sustain.md)."""
    shield, result = found.shield, found.worst
    stations = _stations(found)
    requirements = [
        *(_requirement(one) for one in found.answers),
        *(
            _response_asked(found, asked, value, between)
            for asked, _, value, between in found.responses
        ),
    ]
    document: dict[str, Any] = {
        "shield": shield.name,
        "about": shield.about,
        "digest": shield.digest,
        "version": __version__,
        "kind": "planning estimate",
        "days": result.days,
        "runs": result.runs,
        "seed": result.seed,
        "tempo": found.asked.tempo,
        "without": list(found.asked.without),
        "without_from_day": found.asked.from_day,
        "holds": verdict_of(requirements),
        "requirements": requirements,
        "stations": stations,
        "roles": [_role(one, found.plan) for one in found.sizes],
        "roster": None if found.roster is None else _roster(found.roster),
        "fleets": _fleets(found),
        "bases": _bases(found),
        "response": [_response(asked, response) for asked, response, *_ in found.responses],
        "supply": _supply(found),
        "cost": _cost(found),
        "assumptions": used_factors(shield),
        "cautions": _cautions(found),
    }
    document["answer"] = _answer(document)
    return document


def tables_of(found: Sustaining) -> dict[str, pa.Table]:
    """The tables behind the document, by the name of their file."""
    tables: dict[str, pa.Table] = {}
    if found.worst.sustained is not None:
        tables["station_day"] = station_days(found.worst.sustained)
        tables["fleet_day"] = fleet_days(found.worst.sustained)
        tables["fuel_day"] = stock_days(found.worst.sustained)
    for asked, response, *_ in found.responses:
        tables[f"response_{_slug(asked.name)}"] = response.table()
    if found.roster is not None and found.roster.aircraft is not None:
        tables["roster"] = found.roster.table()
    for goods, days in found.worst.supply.items():
        tables[f"stock_day_{_slug(goods)}"] = days.table()
    fuel = found.worst.plan.fuel
    if fuel in found.worst.supply:
        network = _steady(found, found.worst.supply[fuel])
        rates = find_rates(network)
        tables["supply_node"] = rates.node_table()
        tables["supply_edge"] = rates.edge_table()
        tables["supply_loss"] = _plain(find_losses(network))
    return tables


def _slug(text: str) -> str:
    return "_".join(text.lower().split())


def _plain(table: pa.Table) -> pa.Table:
    """A table whose lists are text, as CSV has no lists."""
    cut = [", ".join(names) for names in table["cut_off"].to_pylist()]
    return table.set_column(table.schema.get_field_index("cut_off"), "cut_off", pa.array(cut))


# ---------------------------------------------------------------- parts of the document


def _requirement(one: Answer) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "of": one.of,
        "asked": one.asked,
        "asked_days": one.asked_days,
        "unit": one.unit,
        "value": number(one.value),
        "low": number(one.low),
        "high": number(one.high),
        "verdict": one.verdict,
        "from_day": one.from_day,
        "why": one.why,
    }


def _response_asked(
    found: Sustaining, asked: ResponseAsked, value: float, between: tuple[float, float]
) -> dict[str, Any]:
    minutes = asked.within_s / 60.0
    low, high = between
    is_known = not math.isnan(value)
    verdict = "holds" if low >= asked.share else "fails" if high < asked.share else "unknown"
    if verdict == "holds":
        why = None
    elif not is_known:
        why = f"{asked.area} has no cell to ask for"
    else:
        why = (
            f"within {minutes:.0f} minutes somebody is there in {value:.1%} of {asked.area}, in "
            f"95 % of the cases; {asked.share:.0%} is asked"
        )
    return {
        "kind": "response",
        "name": asked.name,
        "of": asked.area,
        "asked": asked.share,
        "asked_days": found.worst.days,
        "unit": "share",
        "value": number(value),
        "low": number(low),
        "high": number(high),
        "verdict": verdict,
        "from_day": None,
        "why": why,
    }


MINUTES: Final = (10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0)


def _response(asked: ResponseAsked, response: Response) -> dict[str, Any]:
    """Shares of an area reached within so many minutes: if all are there, and in 95 % of cases."""
    return {
        "requirement": asked.name,
        "area": asked.area,
        "minutes": list(MINUTES),
        "least_share": numbers(response.within(MINUTES, of="least")),
        "kept_share": numbers(response.within(MINUTES, of="kept")),
        "from": [source.name for source in response.sources],
        "left_out": list(response.left_out),
    }


def _stations(found: Sustaining) -> list[dict[str, Any]]:
    result = found.worst
    sustained, patrol = result.sustained, result.plan.patrol
    if sustained is None or patrol is None:
        return []
    asked = {one.station: one.share for one in found.plan.stations}
    by_day = sustained.cover_by_day
    low, high = np.quantile(by_day, (0.05, 0.95), axis=0)
    out = []
    for s, station in enumerate(patrol.stations):
        share = asked.get(station.name, SHARE)
        cover, bad = sustained.cover_of(s), sustained.bad_cover_of(s)
        # Of a station that holds in all, the last bad days before the end are no failure.
        day: int | None = None
        chain: tuple[Cause, ...] = ()
        if not cover.value >= share:
            day, chain = find_chain(result, station.name, share=share)
        fails = sustained.cover[:, s] < share
        out.append(
            {
                "station": station.name,
                "role": station.role,
                "lat_deg": station.lat_deg,
                "lon_deg": station.lon_deg,
                "count": station.count,
                "cover": number(cover.value),
                "cover_low": number(max(cover.low, 0.0)),
                "cover_high": number(min(cover.high, 1.0)),
                "cover_bad": number(bad.value),
                "aircraft": sum(fleet.count for fleet in patrol.serving(station)),
                "fails_from": day,
                "chance": float(fails.mean()),
                "why": chain_words(station.name, day, chain) if chain else None,
                "chain": [
                    {
                        "code": cause.code,
                        "who": cause.who,
                        "words": cause.words,
                        "since_day": cause.since_day,
                    }
                    for cause in chain
                ],
                "cover_by_day": numbers(by_day[:, :, s].mean(axis=0)),
                "low_by_day": numbers(low[:, s]),
                "high_by_day": numbers(high[:, s]),
                "binding_by_day": [
                    None if code < 0 else REASONS[code] for code in sustained.binding[:, s]
                ],
            }
        )
    return out


def _role(sizes: FleetSizes, plan: EndurancePlan) -> dict[str, Any]:
    assert plan.patrol is not None, "fleets are sized for stations only"
    return {
        "role": sizes.role,
        "stations": [one.name for one in plan.patrol.stations if one.role == sizes.role],
        "share": role_share(plan, sizes.role),
        "there": sizes.given,
        "formula": number(sizes.formula),
        "bound": number(sizes.bound),
        "mean": sizes.mean,
        "worst": sizes.worst,
        "why": sizes.why,
    }


def _roster(roster: Roster) -> dict[str, Any]:
    return {
        "status": roster.status,
        "aircraft": roster.aircraft,
        "bound": number(roster.bound),
        "fleets": {name: list(counts) for name, counts in roster.fleets.items()},
        "words": roster.words,
        "why": roster.why,
    }


def _fleets(found: Sustaining) -> list[dict[str, Any]]:
    sustained = found.worst.sustained
    if sustained is None:
        return []
    kinds = {kind.name: kind for kind in found.shield.plan.aircraft}
    states = sustained.fleet_states.mean(axis=(0, 1))
    sorties = sustained.out.sorties.sum(axis=1).mean(axis=0) / sustained.days
    flight_h = sustained.flight_h.mean(axis=0) / sustained.days
    alert = sustained.alert
    out = []
    for f, fleet in enumerate(sustained.plan.fleets):
        kind = kinds[fleet.aircraft]
        per_month = float(flight_h[f]) * 30.0

        def money(rate: Any, hours: float = per_month) -> float | None:
            return None if rate is None else rate.value * hours

        out.append(
            {
                "fleet": fleet.name,
                "contributor": fleet.contributor,
                "aircraft": fleet.aircraft,
                "base": fleet.base,
                "count": fleet.count,
                "on_alert": fleet.on_alert,
                "sorties_per_day": float(sorties[f]),
                "flight_h_per_day": float(flight_h[f]),
                "states": dict(zip(STATES, states[f].tolist(), strict=True)),
                "alert": number(float(np.mean(alert[:, f]))),
                "cost_variable_per_month": money(kind.cost_variable_per_h),
                "cost_full_per_month": money(kind.cost_full_per_h),
            }
        )
    return out


def _bases(found: Sustaining) -> list[dict[str, Any]]:
    result = found.worst
    sustained = result.sustained
    if sustained is None:
        return []
    out = []
    for b, base in enumerate(sustained.plan.bases):
        stock: dict[str, Any] = dict.fromkeys(("stock_t_by_day", "low_t_by_day", "high_t_by_day"))
        out_day = None
        burn = result.burn_kgps[:, b]
        if base.stock_kg is not None and not np.isnan(burn).any():
            level_t = sustained.out.stock_kg[:, :, b] / KG_PER_T
            low, high = np.quantile(level_t, (0.05, 0.95), axis=0)
            stock = {
                "stock_t_by_day": numbers(level_t.mean(axis=0)),
                "low_t_by_day": numbers(low),
                "high_t_by_day": numbers(high),
            }
            out_day = _first_out(found, base.name)
        out.append(
            {
                "base": base.name,
                "contributor": base.contributor,
                "lat_deg": base.lat_deg,
                "lon_deg": base.lon_deg,
                "node": result.plan.nodes.get(base.name),
                **stock,
                "burn_t_per_day": number(float(burn.mean()) * S_PER_DAY / KG_PER_T),
                "first_out_day": out_day,
            }
        )
    return out


def _first_out(found: Sustaining, base: str) -> int | None:
    """The day on which a base's aircraft find no fuel, in the middle run of those where they do."""
    from airshield.plan.patrol import smallest_flight_kg

    sustained = found.worst.sustained
    assert sustained is not None
    least_kg = smallest_flight_kg(sustained.plan, base)
    if least_kg is None:
        return None
    b = [one.name for one in sustained.plan.bases].index(base)
    is_out = sustained.out.stock_kg[:, :, b] < least_kg
    runs = is_out.any(axis=1)
    if runs.mean() < 0.5:
        return None
    return int(np.median(is_out[runs].argmax(axis=1)))


def _steady(found: Sustaining, days: Days) -> Network:
    """The network asked for what is used on an average day."""
    mean = days.need_kg.mean(axis=0) / days.step_s
    return days.network.demanding(
        {node.name: float(mean[i]) for i, node in enumerate(days.network.nodes)}
    )


def _supply(found: Sustaining) -> dict[str, Any] | None:
    fuel = found.worst.plan.fuel
    if fuel is None or fuel not in found.worst.supply:
        return None
    days = found.worst.supply[fuel]
    network = _steady(found, days)
    if not network.is_known:
        network = network.known(at="worst")
    rates = find_rates(network)
    losses = find_losses(network).to_pylist()
    ways = find_sole_ways(network).to_pylist()
    pairs, _ = find_worst_pairs(lossless(network), worst=PAIRS)
    plan = found.shield.plan
    at = {node.name: node for node in plan.nodes}
    level_t = _by_day(days, days.stock_kg, last=True) / KG_PER_T
    nodes = []
    for i, node in enumerate(network.nodes):
        nodes.append(
            {
                "node": node.name,
                "contributor": node.owner,
                "kind": node.kind,
                "lat_deg": at[node.name].lat_deg,
                "lon_deg": at[node.name].lon_deg,
                "need_t_per_day": per_day_t(node.demand_kgps),
                "got_t_per_day": per_day_t(float(rates.got_kgps[i])),
                "stock_t_by_day": numbers(level_t[:, i]),
                "first_short_day": days.first_short_day(node.name),
                "why": days.why(node.name) if node.demand_kgps > 0.0 else None,
            }
        )
    lost = {row["lost"]: row for row in losses if row["kind"] == "edge"}
    edges = []
    capacity = network.capacity_kgps(days.tempo)
    for e, edge in enumerate(network.edges):
        row = lost[edge.name]
        flow = float(np.abs(days.flow_kg[:, e]).mean() / days.step_s)
        edges.append(
            {
                "edge": edge.name,
                "contributor": edge.owner,
                "start": edge.start,
                "end": edge.end,
                "mode": edge.mode,
                "lat_deg": [at[edge.start].lat_deg, at[edge.end].lat_deg],
                "lon_deg": [at[edge.start].lon_deg, at[edge.end].lon_deg],
                "capacity_t_per_day": per_day_t(float(capacity[e])),
                "flow_t_per_day": per_day_t(flow),
                "used_share": number(flow / capacity[e]) if capacity[e] > 0.0 else None,
                "loss_t_per_day": per_day_t(row["lost_kgps"]),
                "loss_share": row["lost_share"],
                "sole_way_to": [
                    way["node"] for way in ways if way["kind"] == "edge" and way["way"] == edge.name
                ],
            }
        )
    return {
        "goods": fuel,
        "nodes": nodes,
        "edges": edges,
        "worst_pairs": [
            {
                "first": row["lost"],
                "second": row["other"],
                "loss_t_per_day": per_day_t(row["lost_kgps"]),
                "loss_share": row["lost_share"],
            }
            for row in pairs.to_pylist()
        ],
        "owners": [
            {
                "contributor": row["lost"],
                "loss_t_per_day": per_day_t(row["lost_kgps"]),
                "loss_share": row["lost_share"],
            }
            for row in losses
            if row["kind"] == "owner"
        ],
    }


def _by_day(days: Days, amount: Any, *, last: bool) -> Any:
    per = round(S_PER_DAY / days.step_s)
    return amount[per - 1 :: per] if last else amount.reshape(days.days, per, -1).sum(axis=1)


def _cost(found: Sustaining) -> dict[str, Any]:
    plan: Plan = found.shield.plan
    rows = _fleets(found)
    known = {
        name: [row[name] for row in rows if row[name] is not None]
        for name in ("cost_variable_per_month", "cost_full_per_month")
    }
    return {
        "currency": plan.currency,
        "variable_per_month": sum(known["cost_variable_per_month"])
        if known["cost_variable_per_month"]
        else None,
        "full_per_month": sum(known["cost_full_per_month"])
        if known["cost_full_per_month"]
        else None,
        "left_out": [
            row["fleet"]
            for row in rows
            if row["cost_variable_per_month"] is None or row["cost_full_per_month"] is None
        ],
    }


def _cautions(found: Sustaining) -> list[str]:
    told = list(found.notes)
    net = {kind.name for kind in found.shield.plan.aircraft if kind.readiness_month_s is not None}
    if found.plan.patrol is not None:
        told += [
            one.words
            for one in patrol_cautions(found.plan.patrol)
            if not (one.code == "counted_twice" and one.who in net)
        ]
    told += cautions(found.plan)
    return list(dict.fromkeys(told))


def _answer(document: dict[str, Any]) -> list[str]:
    """The whole in a few plain sentences."""
    days, runs = document["days"], document["runs"]
    asked = document["requirements"]
    held = [one for one in asked if one["verdict"] == "holds"]
    failing = [one for one in asked if one["verdict"] == "fails"]
    unsure = [one for one in asked if one["verdict"] == "unknown"]
    who = f" without {', '.join(document['without'])}" if document["without"] else ""
    open_words = f" and {len(unsure)} cannot be answered" if unsure else ""
    if not asked:
        told = [f"Nothing is asked of stations or stocks; {days} days were run {runs} times{who}."]
    elif not failing and not unsure:
        told = [
            f"All {len(asked)} requirements of patrols and supply hold{who} (asked for up to "
            f"{max(one['asked_days'] for one in asked)} days, run {runs} times)."
        ]
    else:
        told = [
            f"{len(held)} of {len(asked)} requirements of patrols and supply hold{who}, "
            f"{len(failing)} fail{open_words} ({days} days, run {runs} times)."
        ]
    first = min(
        (one for one in failing if one["from_day"] is not None),
        key=lambda one: one["from_day"],
        default=None,
    )
    if first is not None:
        told.append(f"First to fail, on day {first['from_day']}: {first['why']}.")
    elif failing:
        why = failing[0]["why"] or failing[0]["name"]
        told.append(f"{why[0].upper()}{why[1:]}.")
    for role in document["roles"]:
        if role["worst"] is None:
            if role["why"]:
                told.append(f"{role['role'].replace('_', ' ').capitalize()}: {role['why']}.")
        elif role["there"] < role["worst"]:
            told.append(
                f"{role['role'].replace('_', ' ').capitalize()}: {role['there']} aircraft are "
                f"there; the formula says {math.ceil(role['formula'])}, and {role['worst']} man "
                f"every station {role['share']:.0%} of the time in all but one month of twenty."
            )
    return told


def per_day_t(kgps: float) -> float | None:
    """Kilograms a second as tonnes a day."""
    return number(kgps * S_PER_DAY / KG_PER_T)


def number(value: float) -> float | None:
    """A figure for JSON: what is unknown or endless is null."""
    return float(value) if math.isfinite(value) else None


def numbers(values: Any) -> list[float | None]:
    """Figures for JSON."""
    return [number(float(value)) for value in values]
