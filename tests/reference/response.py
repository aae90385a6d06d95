"""Time to identify, cell by cell and case by case: who is there, who is not, who is first.

PROJ's distances; every combination of who is there, each with its probability.
"""

import itertools
import math

from pyproj import Geod

GEOD = Geod(ellps="WGS84")


def away_m(a, b):
    return GEOD.inv(a[1], a[0], b[1], b[0])[2]


def sources(plan, cell, *, whole, manned):
    """(time, chance) of everybody who may come to a place; bases and stations without hours."""
    found = []
    for fleet, share in zip(plan.fleets, whole, strict=True):
        kind, base = plan.class_of(fleet), plan.base_of(fleet)
        if kind.role != "patrol" or not fleet.on_alert:
            continue
        way_s = away_m((base.lat_deg, base.lon_deg), cell) / kind.cruise_mps
        if 2.0 * way_s <= kind.sortie_s:
            found.append((kind.to_air_s + way_s, share))
    for station, share in zip(plan.stations, manned, strict=True):
        if station.role != "patrol":
            continue
        at = (station.lat_deg, station.lon_deg)
        slowest, least = 0.0, 1.0
        for fleet in plan.fleets:
            kind, base = plan.class_of(fleet), plan.base_of(fleet)
            home = (base.lat_deg, base.lon_deg)
            stay_s = kind.sortie_s - 2.0 * away_m(at, home) / kind.cruise_mps
            if kind.role != "patrol" or stay_s <= 0.0:
                continue
            there_s = away_m(at, cell) / kind.cruise_mps
            back_s = away_m(cell, home) / kind.cruise_mps
            # Tried out: a thousand moments of a stay, in each so much fuel is left.
            enough = 0
            for moment in range(1000):
                left_s = stay_s * (1.0 - (moment + 0.5) / 1000.0)
                left_s += away_m(at, home) / kind.cruise_mps
                enough += there_s + back_s <= left_s
            slowest, least = max(slowest, there_s), min(least, enough / 1000.0)
        if least > 0.0:
            found.append((slowest, share * least))
    return found


def answers(found, chance):
    """(least, mean, kept, nobody) by going through every case; NaN where there is none."""
    cases = []
    for who in itertools.product((True, False), repeat=len(found)):
        weight = math.prod(p if here else 1.0 - p for (_, p), here in zip(found, who, strict=True))
        first = min((t for (t, _), here in zip(found, who, strict=True) if here), default=math.inf)
        cases.append((first, weight))
    comes = sum(weight for first, weight in cases if first < math.inf)
    mean = math.nan
    if comes > 0.0:
        mean = sum(first * weight for first, weight in cases if first < math.inf) / comes
    kept, total = math.nan, 0.0
    for first, weight in sorted(cases):
        total += weight
        if total >= chance - 1e-9:
            kept = first if first < math.inf else math.nan
            break
    least = min((t for t, _ in found), default=math.nan)
    return least, mean, kept, 1.0 - comes
