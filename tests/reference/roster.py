"""Is this timetable possible? Minute by minute, from the plan's own words and the table's rows.

Knows nothing of programmes, sorties in arrays or periods: it walks through the minutes of the days
and looks at each flight by itself. Distances come from PROJ.
"""

import itertools
import math

from pyproj import Geod

GEOD = Geod(ellps="WGS84")
MINUTE_S = 60


def complaints(plan, rows, refuellings, *, days, first_s=0.0, ready=None, crews=None):
    """Everything that is wrong with a timetable, as sentences; none: it is possible.

    ``ready`` and ``crews``: by fleet, numbers that aircraft and crews may have.
    """
    told = []
    stations = {station.name: station for station in plan.stations}
    fleets = {fleet.name: fleet for fleet in plan.fleets}
    bases = {base.name: base for base in plan.bases}
    kinds = {kind.name: kind for kind in plan.aircraft}
    end_s = first_s + days * 86400
    for row in rows:
        told += _flight(row, stations, fleets, bases, kinds, first_s, end_s, days)
        fleet = row["fleet"]
        if ready is not None and not 1 <= row["aircraft"] <= ready[fleet]:
            told.append(f"flight {row['flight']}: aircraft {row['aircraft']} of {ready[fleet]}")
        if crews is not None and row["crew"] is not None and row["crew"] > crews[fleet]:
            told.append(f"flight {row['flight']}: crew {row['crew']} of {crews[fleet]}")
    for minute in range(int(first_s) // MINUTE_S, int(end_s) // MINUTE_S):
        t = minute * MINUTE_S
        for station in plan.stations:
            spans = station.hours if station.hours is not None else ((0.0, math.inf),)
            if not any(a <= t < b for a, b in spans):
                continue
            there = sum(
                row["on_station_s"] <= t < row["off_station_s"]
                for row in rows
                if row["station"] == station.name
            )
            if there < station.count:
                told.append(f"{station.name} has {there} of {station.count} at {t} s")
    for who in ("aircraft", "crew"):
        for name in fleets:
            kind = kinds[fleets[name].aircraft]
            mine = [row for row in rows if row["fleet"] == name and row[who] is not None]
            for number in {row[who] for row in mine}:
                flights = sorted(
                    (row for row in mine if row[who] == number), key=lambda r: r["take_off_s"]
                )
                for one, other in itertools.pairwise(flights):
                    ground_s = kind.rest_s or 0.0
                    if who == "aircraft":
                        flight_s = one["landing_s"] - one["take_off_s"]
                        # Up to two minutes of the flight are rounding.
                        ground_s = kind.turnaround.mean_s + kind.repair_s(flight_s - 120.0)
                    if other["take_off_s"] < one["landing_s"] + ground_s:
                        told.append(f"{who} {number} of {name} goes at {other['take_off_s']} s")
    for base in plan.bases:
        moves = sorted(
            t
            for row in rows
            if row["base"] == base.name
            for t in (row["take_off_s"], row["landing_s"])
            if first_s <= t < end_s
        )
        if base.movements_per_h is not None:
            for t in moves:
                many = sum(t <= other < t + 3600 for other in moves)
                if many > base.movements_per_h:
                    told.append(f"{base.name}: {many} movements within the hour from {t} s")
    return told + _fuel(plan, rows, refuellings, stations, fleets, kinds, first_s, end_s)


def _flight(row, stations, fleets, bases, kinds, first_s, end_s, days):
    told, who = [], f"flight {row['flight']}"
    station, fleet = stations[row["station"]], fleets[row["fleet"]]
    base, kind = bases[fleet.base], kinds[fleet.aircraft]
    if row["base"] != fleet.base or kind.role != station.role:
        told.append(f"{who}: {row['fleet']} is not of {row['base']} or not for {row['station']}")
    if station.fleets and fleet.name not in station.fleets:
        told.append(f"{who}: {fleet.name} may not man {station.name}")
    _, _, away_m = GEOD.inv(base.lon_deg, base.lat_deg, station.lon_deg, station.lat_deg)
    way_s = away_m / kind.cruise_mps
    for a, b in (("take_off_s", "on_station_s"), ("off_station_s", "landing_s")):
        if not way_s - 0.5 <= row[b] - row[a] <= way_s + 60.5:
            told.append(f"{who}: {row[b] - row[a]} s for a way of {way_s:.0f} s")
    stay_s = row["off_station_s"] - row["on_station_s"]
    if station.stay_s is not None and stay_s > station.stay_s + 0.5:
        told.append(f"{who}: stays {stay_s} s")
    if kind.duty_s is not None and stay_s + 2 * way_s > kind.duty_s + 1.0:
        told.append(f"{who}: on duty for too long")
    burn_kg = (kind.burn_kgps or 0.0) * (stay_s + 2 * way_s)
    beyond_s = stay_s + 2 * way_s - kind.sortie_s
    if beyond_s > 1.0 and row["taken_kg"] < (kind.burn_kgps or math.inf) * (beyond_s - 1.0):
        told.append(f"{who}: burns {burn_kg:.0f} kg and takes {row['taken_kg']:.0f}")
    if row["ready_s"] < row["landing_s"] + kind.turnaround.mean_s:
        told.append(f"{who}: ready at {row['ready_s']} s")
    if base.hours is not None:
        for t in (row["take_off_s"], row["landing_s"]):
            # The days repeat: what happens before or after them happens in them, too.
            within = first_s + (t - first_s) % (end_s - first_s) if days == 1 else t
            if first_s <= within < end_s and not any(a <= within <= b for a, b in base.hours):
                told.append(f"{who}: {base.name} is shut at {t} s")
    return told


def _fuel(plan, rows, refuellings, stations, fleets, kinds, first_s, end_s):
    told = []
    by_number = {row["flight"]: row for row in rows}
    given, taken = {}, {}
    for one in refuellings:
        giver, taker = by_number[one["giver"]], by_number[one["taker"]]
        given[one["giver"]] = given.get(one["giver"], 0.0) + one["fuel_kg"]
        taken[one["taker"]] = taken.get(one["taker"], 0.0) + one["fuel_kg"]
        for row in (giver, taker):
            if not row["on_station_s"] <= one["at_s"] < row["off_station_s"]:
                told.append(f"flight {row['flight']} is not there at {one['at_s']} s")
        if giver["station"] not in stations[taker["station"]].tankers:
            told.append(f"{giver['station']} does not serve {taker['station']}")
    for number, kg in given.items():
        row = by_number[number]
        fleet, track = fleets[row["fleet"]], stations[row["station"]]
        kind, base = kinds[fleet.aircraft], next(b for b in plan.bases if b.name == fleet.base)
        _, _, away_m = GEOD.inv(base.lon_deg, base.lat_deg, track.lon_deg, track.lat_deg)
        (d0, kg0), (d1, kg1) = (kind.offload * 2)[:2]
        share = 0.0 if d0 == d1 else min(1.0, max(0.0, (away_m - d0) / (d1 - d0)))
        if kg > kg0 + share * (kg1 - kg0) + 20.0:
            told.append(f"flight {number} gives {kg:.0f} kg")
    for row in rows:
        # Of who stays beyond both ends of the days, not every refuelling is in the table.
        lacking = row["taken_kg"] - taken.get(row["flight"], 0.0)
        inside = first_s <= row["on_station_s"] and row["off_station_s"] <= end_s
        if inside and lacking > 10.0:
            told.append(f"flight {row['flight']} gets {lacking:.0f} kg too little")
    return told
