"""From a plan to the simulator's records."""

from __future__ import annotations

import hashlib
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.geo import ground_distance_m
from airshield.plan.patrol.model import Duration, Fleet, Hours, PatrolPlan, Station
from airshield.plan.patrol.state import (
    AIRCRAFT,
    BASE,
    CLOCK,
    FLEET,
    PAIR,
    REASONS,
    SLOT,
    SPELL,
    SPREADS,
    STATES,
    STATION,
    Out,
    Rows,
    World,
)
from airshield.units import S_PER_DAY

EVENTS_EACH: Final = 8
"""Room in the queue for each aircraft, slot, station, base and spell. Pending at once: an
aircraft's next event, its clock and a cancelled take-off; a slot's relief and leaving, with
overtaken ones."""
BUCKETS_EACH: Final = 2
"""Of the queue, for each aircraft and day: some three events to each. Half as many or twice as
many cost up to some per cent more."""
BUCKETS_MOST: Final = 1 << 17


def transit_table(plan: PatrolPlan) -> NDArray[np.float64]:
    """Time on the way from each fleet's base to each station [s], shape (fleets, stations)."""
    bases = [plan.base_of(fleet) for fleet in plan.fleets]
    away_m = ground_distance_m(
        np.array([base.lat_deg for base in bases]).reshape(-1, 1),
        np.array([base.lon_deg for base in bases]).reshape(-1, 1),
        np.array([station.lat_deg for station in plan.stations]),
        np.array([station.lon_deg for station in plan.stations]),
    )
    cruise_mps = np.array([plan.class_of(fleet).cruise_mps for fleet in plan.fleets])
    return np.asarray(away_m / cruise_mps.reshape(-1, 1))


def pairs_of(plan: PatrolPlan) -> Rows:
    """What each fleet can do at each station: records PAIR, shape (fleets, stations).

    A refuelling fills up who has fuel left for the way home: E − t more on the fuel of E, less the
    way to the track and back. Until then it has the stay on its own fuel, E − 2t.
    """
    transit_s = transit_table(plan)
    pairs = np.zeros(transit_s.shape, PAIR)
    pairs["transit_s"] = transit_s
    for s, station in enumerate(plan.stations):
        serving = {fleet.name for fleet in plan.serving(station)}
        for f, fleet in enumerate(plan.fleets):
            if fleet.name in serving:
                _fill_pair(pairs[f, s], plan, fleet, station)
    return pairs


def _fill_pair(pair: Rows, plan: PatrolPlan, fleet: Fleet, station: Station) -> None:
    kind = plan.class_of(fleet)
    transit_s = float(pair["transit_s"])
    most_s = min(
        math.inf if station.stay_s is None else station.stay_s,
        math.inf if kind.duty_s is None else kind.duty_s - 2.0 * transit_s,
    )
    stay_s = max(0.0, min(kind.sortie_s - 2.0 * transit_s, most_s))
    pair["stay_s"], pair["most_s"] = stay_s, most_s
    if stay_s == 0.0:
        return
    away_m = transit_s * kind.cruise_mps
    if kind.offload:
        points = sorted(kind.offload)
        pair["offload_kg"] = np.interp(away_m, [p[0] for p in points], [p[1] for p in points])
    pair["flight_s"] = 2.0 * transit_s + stay_s
    pair["fuel_kg"] = (kind.burn_kgps or 0.0) * (2.0 * transit_s + stay_s) + pair["offload_kg"]
    if station.tankers:
        tracks = [one for one in plan.stations if one.name in station.tankers]
        detour_s = max(
            2.0
            * float(ground_distance_m(station.lat_deg, station.lon_deg, one.lat_deg, one.lon_deg))
            / kind.cruise_mps
            for one in tracks
        )
        pair["detour_s"] = detour_s
        pair["more_s"] = max(0.0, kind.sortie_s - transit_s - detour_s)


def world_of(plan: PatrolPlan, *, days: int) -> World:
    """Records for replications of a plan; one set for each thread."""
    pairs = pairs_of(plan)
    fleets, stations = _fleets(plan), np.zeros(len(plan.stations), STATION)
    for f, row in enumerate(fleets):
        flights_s = pairs[f]["flight_s"][pairs[f]["stay_s"] > 0.0]
        if flights_s.size:
            row["least_s"], row["most_s"] = flights_s.min(), flights_s.max()
    bases, spells = _bases(plan), _spells(plan)
    _link_spells(plan, fleets, bases)
    hours: list[tuple[float, float]] = []
    for b, base in enumerate(plan.bases):
        bases[b]["first_hours"] = -1
        if base.hours is not None:
            bases[b]["first_hours"], bases[b]["last_hours"] = _append(hours, base.hours)
    order = np.zeros((len(plan.stations), max(1, len(plan.fleets))), np.int64)
    tracks: list[int] = []
    alike: dict[frozenset[int], int] = {}
    names = [station.name for station in plan.stations]
    first = 0
    horizon_s = days * S_PER_DAY
    for s, station in enumerate(plan.stations):
        row = stations[s]
        row["first_slot"], row["count"] = first, station.count
        first += station.count
        row["last_slot"] = first
        row["first_track"] = len(tracks)
        tracks += [names.index(name) for name in station.tankers]
        row["last_track"] = len(tracks)
        always = ((0.0, math.inf),)
        wanted = always if station.hours is None else station.hours
        row["first_hours"], row["last_hours"] = _append(hours, wanted)
        reach = np.flatnonzero(pairs[:, s]["stay_s"] > 0.0)
        reach = reach[np.argsort(pairs[reach, s]["transit_s"], kind="stable")]
        order[s, : reach.size] = reach
        row["reach"] = reach.size
        row["like"] = alike.setdefault(frozenset(reach.tolist()), s)
        row["lead_s"] = pairs[reach, s]["transit_s"].max() if reach.size else 0.0
    slots = np.zeros(first, SLOT)
    slots["station"] = np.repeat(np.arange(stations.size), stations["count"])
    clock = np.zeros(1, CLOCK)
    clock["horizon_s"] = horizon_s
    clock["start_s"] = -stations["lead_s"].max()
    aircraft = _aircraft(plan)
    rows = (aircraft, slots, stations, bases, spells, fleets, pairs.ravel())
    room = EVENTS_EACH * sum(map(len, rows)) + 8
    buckets = min(BUCKETS_MOST, 64 + BUCKETS_EACH * days * len(aircraft))
    # Half a bucket less: the horizon itself lies in the last.
    clock["buckets_per_s"] = (buckets - 0.5) / (horizon_s - clock["start_s"])
    crews = int(np.maximum(fleets["crews"], 0).sum())
    return World(
        air=aircraft,
        fleet=fleets,
        base=bases,
        spell=spells,
        station=stations,
        slot=slots,
        pair=pairs,
        clock=clock,
        order=order,
        tracks=np.array(tracks, np.int64),
        hours_s=np.array(hours, np.float64).reshape(-1, 2),
        supply_kgps=_supply(plan, days),
        hung_s=np.empty(room),
        hung_what=np.empty(room, np.int64),
        after=np.empty(room, np.int64),
        bucket=np.empty(buckets, np.int64),
        next_s=np.empty(room),
        next_what=np.empty(room, np.int64),
        ready=np.empty(aircraft.size, np.int64),
        waiting=np.empty(aircraft.size, np.int64),
        rests_s=np.empty(crews),
        n_in=np.zeros(len(plan.fleets) * len(STATES), np.int32),
        state_s=np.zeros(len(plan.fleets) * len(STATES)),
        gap_s=np.zeros((len(plan.stations), len(REASONS))),
    )


def out_of(plan: PatrolPlan, *, days: int, runs: int) -> Out:
    """Room for the results of so many replications."""
    fleets, stations, bases = len(plan.fleets), len(plan.stations), len(plan.bases)
    return Out(
        manned_s=np.empty((runs, days, stations), np.float32),
        gap_s=np.empty((runs, days, stations, len(REASONS)), np.float32),
        state_s=np.empty((runs, days, fleets, len(STATES)), np.float32),
        alert_s=np.empty((runs, days, fleets), np.float32),
        sorties=np.empty((runs, days, fleets), np.int32),
        answered=np.empty((runs, days, fleets), np.int32),
        missed=np.empty((runs, days, fleets), np.int32),
        extended=np.empty((runs, days, stations), np.int32),
        refused=np.empty((runs, days, stations), np.int32),
        stock_kg=np.empty((runs, days, bases)),
        events=np.empty(runs, np.int64),
    )


def rows_of(out: Out, first: int, last: int) -> Out:
    """Replications ``first`` to ``last`` of the results, to be written into."""
    return Out._make(part[first:last] for part in out)


def demanded_s(plan: PatrolPlan, *, days: int) -> NDArray[np.float64]:
    """How long each station is to be manned on each day [s], shape (days, stations)."""
    edges = np.arange(days + 1) * S_PER_DAY
    table = np.empty((days, len(plan.stations)))
    for s, station in enumerate(plan.stations):
        spans = ((0.0, math.inf),) if station.hours is None else station.hours
        table[:, s] = sum(
            np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0.0, None)
            for start, end in spans
        )
    return table


def smallest_flight_kg(plan: PatrolPlan, base: str) -> float | None:
    """Fuel of the shortest flight to a station from a base [kg]; None: no flight there burns any.

    With less in store a base is empty to its aircraft.
    """
    pairs = pairs_of(plan)
    fuel_kg = [
        float(pair["fuel_kg"])
        for f, fleet in enumerate(plan.fleets)
        if fleet.base == base
        for pair in pairs[f]
        if pair["stay_s"] > 0.0 and pair["fuel_kg"] > 0.0
    ]
    return min(fuel_kg, default=None)


def _key(*names: str) -> int:
    """A number for who somebody is, the same in every plan that has the names."""
    text = "\0".join(names).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def _spread(duration: Duration) -> tuple[int, float]:
    return SPREADS.index(duration.spread), math.sqrt(math.log1p(duration.cv**2))


def _fleets(plan: PatrolPlan) -> Rows:
    rows = np.zeros(len(plan.fleets), FLEET)
    first = first_crew = 0
    names = [base.name for base in plan.bases]
    for f, (row, fleet) in enumerate(zip(rows, plan.fleets, strict=True)):
        kind = plan.class_of(fleet)
        row["first"], row["count"] = first, fleet.count
        first += fleet.count
        row["row"] = f * len(STATES)
        row["name_key"] = _key("alert", fleet.contributor, fleet.name)
        row["base"] = names.index(fleet.base)
        row["on_alert"] = fleet.on_alert
        row["docks"] = -1 if fleet.docks is None else fleet.docks
        crews = -1
        if kind.crews_per_aircraft is not None:
            # A hundredth of a crew is rounding in the ratio, not a crew that is lacking.
            crews = math.floor(kind.crews_per_aircraft * fleet.count + 0.01)
        row["crews"], row["first_crew"] = crews, first_crew
        first_crew += max(0, crews)
        row["turn_spread"], row["turn_sigma"] = _spread(kind.turnaround)
        row["turn_s"] = kind.turnaround.mean_s
        repair = Duration(mean_s=0.0, spread=kind.repair_spread, cv=kind.repair_cv)
        row["repair_spread"], row["repair_sigma"] = _spread(repair)
        row["repair_fixed_s"] = kind.repair_fixed_s or 0.0
        row["repair_share"] = kind.repair_share or 0.0
        # Day 0 begins before the first instant: who is there then is there for the first take-off.
        row["from_s"] = fleet.from_day * S_PER_DAY if fleet.from_day > 0 else -math.inf
        row["to_s"] = math.inf if fleet.to_day is None else fleet.to_day * S_PER_DAY
        if fleet.to_day is not None and fleet.to_day <= fleet.from_day:
            row["to_s"] = row["from_s"]
        readiness = plan.readiness_of(fleet)
        row["readiness"], row["up_s"] = 1.0, math.inf
        if readiness is not None and readiness < 1.0:
            down_s = kind.down_s or 0.0  # the plan has checked that it is said
            row["readiness"], row["down_s"] = readiness, down_s
            row["up_s"] = down_s * readiness / (1.0 - readiness)
        row["loss_per_s"] = kind.losses_per_h / 3600.0
        row["burn_kgps"] = kind.burn_kgps or 0.0
        row["rest_s"] = kind.rest_s or 0.0
        row["crew_month_s"] = row["month_s"] = math.inf
        if kind.crew_month_s is not None and crews >= 0:
            row["crew_month_s"] = crews * kind.crew_month_s
        if kind.month_s is not None:
            row["month_s"] = fleet.count * kind.month_s
        if fleet.scrambles_per_day:
            row["calls_s"] = S_PER_DAY / fleet.scrambles_per_day
            row["scramble_s"] = fleet.scramble_s or 0.0  # the plan has checked that both are said
            row["to_air_s"] = kind.to_air_s or 0.0
    return rows


def _aircraft(plan: PatrolPlan) -> Rows:
    rows = np.zeros(sum(fleet.count for fleet in plan.fleets), AIRCRAFT)
    at = 0
    for f, fleet in enumerate(plan.fleets):
        for i in range(fleet.count):
            rows[at]["fleet"], rows[at]["row"] = f, f * len(STATES)
            rows[at]["name_key"] = _key("aircraft", fleet.contributor, fleet.name, str(i))
            at += 1
    return rows


def _bases(plan: PatrolPlan) -> Rows:
    rows = np.zeros(len(plan.bases), BASE)
    for row, base in zip(rows, plan.bases, strict=True):
        if base.movements_per_h is not None:
            row["slot_s"] = 3600.0 / base.movements_per_h
        row["stock0_kg"] = math.inf if base.stock_kg is None else base.stock_kg
        row["holds_kg"] = math.inf if base.holds_kg is None else base.holds_kg
    return rows


def _spells(plan: PatrolPlan) -> Rows:
    """Weather over bases, then classes grounded; only those that can be."""
    spells = []
    for base in plan.bases:
        if base.closed_share and base.closure_s is not None:
            off_s = base.closure_s * (1.0 - base.closed_share) / base.closed_share
            spells.append((_key("weather", base.name), base.closure_s, off_s))
    for kind in plan.aircraft:
        if kind.grounded_share and kind.grounded_s is not None:
            off_s = kind.grounded_s * (1.0 - kind.grounded_share) / kind.grounded_share
            spells.append((_key("grounded", kind.name), kind.grounded_s, off_s))
    rows = np.zeros(len(spells), SPELL)
    for row, (key, on_s, off_s) in zip(rows, spells, strict=True):
        row["name_key"], row["on_s"], row["off_s"] = key, on_s, off_s
    return rows


def _link_spells(plan: PatrolPlan, fleets: Rows, bases: Rows) -> None:
    many = 0
    bases["spell"] = fleets["spell"] = -1
    for b, base in enumerate(plan.bases):
        if base.closed_share:
            bases[b]["spell"] = many
            many += 1
    for kind in plan.aircraft:
        if kind.grounded_share:
            mine = [f for f, fleet in enumerate(plan.fleets) if fleet.aircraft == kind.name]
            fleets["spell"][mine] = many
            many += 1


def _append(hours: list[tuple[float, float]], more: Hours) -> tuple[int, int]:
    """Add intervals, those that touch as one; returns where they lie."""
    first = len(hours)
    for start, end in more:
        if len(hours) > first and hours[-1][1] == start:
            hours[-1] = (hours[-1][0], end)
        else:
            hours.append((start, end))
    return first, len(hours)


def _supply(plan: PatrolPlan, days: int) -> NDArray[np.float64]:
    table = np.zeros((days, len(plan.bases)))
    for b, base in enumerate(plan.bases):
        if base.resupply_kgps:
            rates = np.array(base.resupply_kgps[:days])
            table[: rates.size, b] = rates
            table[rates.size :, b] = rates[-1]
    return table
