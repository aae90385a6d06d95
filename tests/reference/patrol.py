"""Patrols as SimPy processes: the slow twin of the event engine.

Written from the essay of ``airshield.plan.patrol``, with SimPy's processes, events and interrupts
in place of a heap of codes, its own random numbers (NumPy's), and plain dictionaries for totals.
It takes the same plan and nothing else of the room: distances come from PROJ.
"""

import math
from collections import defaultdict

import numpy as np
import pyproj
import simpy

DAY_S = 86400.0
GEOD = pyproj.Geod(ellps="WGS84")


class Plane:
    def __init__(self, fleet):
        self.fleet, self.state, self.since = fleet, "absent", 0.0
        self.has_failed = False
        self.tank_kg = self.give_kg = self.charged_s = self.off_s = self.on_s = 0.0


class FleetOf:
    """A fleet with its people and what it may use."""

    def __init__(self, plan, fleet):
        self.plan, self.fleet = plan, fleet
        self.kind = next(k for k in plan.aircraft if k.name == fleet.aircraft)
        self.planes = [Plane(self) for _ in range(fleet.count)]
        ratio = self.kind.crews_per_aircraft
        self.crews = math.inf if ratio is None else math.floor(ratio * fleet.count + 0.01)
        month_s = self.kind.crew_month_s
        self.crew_month_s = self.crews * month_s if month_s is not None else math.inf
        month_s = self.kind.month_s
        self.month_s = fleet.count * month_s if month_s is not None else math.inf
        self.crew_used_s = self.used_s = 0.0
        fit = self.kind.readiness if fleet.readiness is None else fleet.readiness
        self.readiness = 1.0 if fit is None else fit
        self.docks = None
        to_day = fleet.to_day
        self.to_s = math.inf if to_day is None else to_day * DAY_S
        self.from_s = fleet.from_day * DAY_S if fleet.from_day else -math.inf

    def ready(self):
        return [p for p in self.planes if p.state == "ready"]


class SlotOf:
    def __init__(self, station):
        self.station = station
        self.plane = self.coming = None
        self.wants = False
        self.want_s = self.leave_s = -math.inf
        self.stay = None  # the process of who is there


class StationOf:
    def __init__(self, station):
        self.station = station
        self.slots = [SlotOf(self) for _ in range(station.count)]
        self.is_on, self.off_s, self.since = False, -math.inf, 0.0


class BaseOf:
    def __init__(self, base):
        self.base = base
        self.weather, self.is_closed = False, False
        self.opened = None
        self.runway_s = -math.inf
        self.stock_kg = math.inf if base.stock_kg is None else base.stock_kg

    @property
    def is_shut(self):
        return self.weather or self.is_closed

    def rate_at(self, t):
        rates = self.base.resupply_kgps
        return rates[min(int(t // DAY_S), len(rates) - 1)] if rates and t >= 0.0 else 0.0


class Twin:
    """One replication."""

    def __init__(self, plan, days, rng):
        self.plan, self.days, self.rng = plan, days, rng
        self.fleets = [FleetOf(plan, f) for f in plan.fleets]
        self.stations = [StationOf(s) for s in plan.stations]
        self.bases = {b.name: BaseOf(b) for b in plan.bases}
        self.grounded = dict.fromkeys((k.name for k in plan.aircraft), False)
        self.ways = {}
        for f in self.fleets:
            for s in self.stations:
                if way := self.way(f, s.station):
                    self.ways[f.fleet.name, s.station.name] = way
        self.lead_s = {
            s.station.name: max(
                (w["transit"] for (_, name), w in self.ways.items() if name == s.station.name),
                default=0.0,
            )
            for s in self.stations
        }
        self.start_s = -max(self.lead_s.values())
        self.env = simpy.Environment(initial_time=self.start_s)
        for f in self.fleets:
            docks = f.fleet.docks or 10**6
            f.docks = simpy.Resource(self.env, docks)
        self.manned_s = defaultdict(float)
        self.gap_s = defaultdict(float)
        self.state_s = defaultdict(float)
        self.alert_s = defaultdict(float)
        self.sorties = defaultdict(int)
        self.extended = defaultdict(int)
        self.refused = defaultdict(int)
        self.answered = defaultdict(int)
        self.missed = defaultdict(int)
        self.stock_kg = {}
        self.looked_s = self.start_s

    def way(self, f, station):
        """What a fleet can do at a station; None: nothing."""
        if f.kind.role != station.role or (station.fleets and f.fleet.name not in station.fleets):
            return None
        base = next(b for b in self.plan.bases if b.name == f.fleet.base)

        def away_m(lon, lat, to):
            return GEOD.inv(lon, lat, to.lon_deg, to.lat_deg)[2]

        dist_m = away_m(base.lon_deg, base.lat_deg, station)
        transit = dist_m / f.kind.cruise_mps
        most = math.inf
        if station.stay_s is not None:
            most = station.stay_s
        if f.kind.duty_s is not None:
            most = min(most, f.kind.duty_s - 2 * transit)
        stay = min(f.kind.sortie_s - 2 * transit, most)
        if stay <= 0:
            return None
        offload = 0.0
        if f.kind.offload:
            xs, ys = zip(*sorted(f.kind.offload), strict=True)
            offload = float(np.interp(dist_m, xs, ys))
        tracks = [s for s in self.plan.stations if s.name in station.tankers]
        detour = max(
            (2 * away_m(station.lon_deg, station.lat_deg, t) / f.kind.cruise_mps for t in tracks),
            default=0.0,
        )
        return {
            "transit": transit,
            "stay": stay,
            "most": most,
            "more": max(0.0, f.kind.sortie_s - transit - detour) if tracks else 0.0,
            "detour": detour,
            "fuel": (f.kind.burn_kgps or 0.0) * (2 * transit + stay) + offload,
            "offload": offload,
            "is_waited_for": False,
        }

    # ---- totals: everything between two events is as it was after the first

    def look(self):
        """Add up the time since the last look."""
        now, dt = self.env.now, self.env.now - self.looked_s
        self.looked_s = now
        if dt <= 0.0 or now <= 0.0:
            return
        for base in self.bases.values():
            # A look at midnight belongs to the day that ends.
            more = base.stock_kg + base.rate_at(now - 0.5 * dt) * dt
            holds = math.inf if base.base.holds_kg is None else base.base.holds_kg
            base.stock_kg = max(base.stock_kg, min(holds, more))
        for s in self.stations:
            if s.is_on:
                lacking = sum(slot.plane is None for slot in s.slots)
                self.gap_s[s.station.name] += dt * lacking
                if not lacking:
                    self.manned_s[s.station.name] += dt
        for f in self.fleets:
            for plane in f.planes:
                self.state_s[f.fleet.name, plane.state] += dt
            if len(f.ready()) >= f.fleet.on_alert:
                self.alert_s[f.fleet.name] += dt

    def spread(self, mean_s, kind, cv):
        if kind == "fixed" or mean_s == 0.0:
            return mean_s
        if kind == "exponential":
            return self.rng.exponential(mean_s)
        sigma = math.sqrt(math.log(1 + cv * cv))
        return mean_s * self.rng.lognormal(-sigma * sigma / 2, sigma)

    # ---- who is sent where

    def may_fly(self, f, flight_s, *, kept):
        """Whether somebody beyond those that are kept back may take off, fuel aside."""
        if not f.from_s <= self.env.now < f.to_s or self.bases[f.fleet.base].is_shut:
            return False
        if self.grounded[f.kind.name] or len(f.ready()) <= kept or f.crews < 1:
            return False
        return f.crew_used_s + flight_s <= f.crew_month_s and f.used_s + flight_s <= f.month_s

    def bind(self, f, flight_s, fuel_kg):
        """Bind an aircraft, a crew, hours and fuel to a flight."""
        plane = f.ready()[0]
        plane.state = "planned"
        f.crews -= 1
        plane.charged_s, plane.tank_kg, plane.give_kg = flight_s, fuel_kg, 0.0
        f.crew_used_s += flight_s
        f.used_s += flight_s
        self.bases[f.fleet.base].stock_kg -= fuel_kg
        return plane

    def unbind(self, plane):
        f = plane.fleet
        f.crews += 1
        f.crew_used_s -= plane.charged_s
        f.used_s -= plane.charged_s
        self.bases[f.fleet.base].stock_kg += plane.tank_kg
        self.back_on_line(plane)

    def may_send(self, f, way):
        base = self.bases[f.fleet.base]
        if not self.may_fly(f, 2 * way["transit"] + way["stay"], kept=f.fleet.on_alert):
            return False
        if base.stock_kg < way["fuel"]:
            self.env.process(self.look_again(f, way))
            return False
        return True

    def serve(self):
        """Somebody may be sent who could not before."""
        self.look()
        given_up = set()
        while True:
            lacking = [
                (1 - sum(slot.wants for slot in s.slots) / len(s.slots), i)
                for i, s in enumerate(self.stations)
                if i not in given_up and any(slot.wants for slot in s.slots)
            ]
            if not lacking:
                return
            i = min(lacking)[1]
            if not self.send(self.stations[i]):
                given_up.add(i)

    def send(self, s):
        slot = next(slot for slot in s.slots if slot.wants)
        name = s.station.name
        ways = [
            (self.ways[f.fleet.name, name]["transit"], k, f)
            for k, f in enumerate(self.fleets)
            if (f.fleet.name, name) in self.ways
        ]
        for transit, _, f in sorted(ways, key=lambda w: w[:2]):
            way = self.ways[f.fleet.name, name]
            if max(self.env.now, slot.want_s - transit) + transit >= s.off_s:
                continue
            if self.may_send(f, way):
                plane = self.bind(f, 2 * transit + way["stay"], way["fuel"])
                plane.give_kg = way["offload"]
                slot.wants, slot.coming = False, plane
                self.env.process(self.sortie(plane, slot, way))
                return True
        return False

    # ---- the life of a sortie

    def sortie(self, plane, slot, way):
        f, s, env = plane.fleet, slot.station, self.env
        base = self.bases[f.fleet.base]
        wait_s = slot.want_s - way["transit"] - env.now
        if wait_s > 0:
            yield env.timeout(wait_s)
            self.look()
            if base.is_shut or self.grounded[f.kind.name]:
                self.unbind(plane)
                if slot.coming is plane:
                    slot.coming, slot.wants = None, True
                self.serve()
                return
        yield from self.take_off(plane, base)
        yield env.timeout(way["transit"])
        self.look()
        about_to_start = s.off_s > env.now and not s.is_on and s.on_s <= env.now + 1.0
        if slot.coming is plane and (s.is_on or about_to_start):
            slot.coming = None
            if slot.plane is not None:
                slot.stay.interrupt("relieved")
            slot.plane = plane
            plane.on_s, slot.leave_s = env.now, env.now + way["stay"]
            slot.stay = env.active_process
            yield from self.stay(plane, slot, way)
        elif slot.coming is plane:
            slot.coming = None
        yield env.timeout(way["transit"])
        yield from self.land(plane, base)

    def take_off(self, plane, base):
        plane.state = "flying"
        self.sorties[plane.fleet.fleet.name] += 1
        plane.off_s = max(self.env.now, base.runway_s)
        base.runway_s = plane.off_s + 3600 / (base.base.movements_per_h or math.inf)
        yield self.env.timeout(plane.off_s - self.env.now)

    # ---- calls of the alert

    def calls(self, f):
        env, name = self.env, f.fleet.name
        burn, flight_s = f.kind.burn_kgps or 0.0, f.fleet.scramble_s
        yield env.timeout(-env.now)
        while True:
            yield env.timeout(self.rng.exponential(DAY_S / f.fleet.scrambles_per_day))
            self.look()
            has_fuel = self.bases[f.fleet.base].stock_kg >= burn * flight_s
            if has_fuel and self.may_fly(f, flight_s, kept=0):
                env.process(self.scramble(self.bind(f, flight_s, burn * flight_s)))
            elif f.from_s <= env.now < f.to_s:
                self.missed[name] += 1

    def scramble(self, plane):
        f, base = plane.fleet, self.bases[plane.fleet.fleet.base]
        yield self.env.timeout(f.kind.to_air_s)
        self.look()
        if base.is_shut or self.grounded[f.kind.name]:
            self.missed[f.fleet.name] += 1
            self.unbind(plane)
            self.serve()
            return
        self.answered[f.fleet.name] += 1
        yield from self.take_off(plane, base)
        yield self.env.timeout(f.fleet.scramble_s)
        yield from self.land(plane, base)

    def stay(self, plane, slot, way):
        """On station until relieved, out of fuel, or the station's hours are over."""
        env, s = self.env, slot.station
        try:
            while True:
                ask_s = slot.leave_s - self.lead_s[s.station.name]
                if ask_s > env.now:
                    yield env.timeout(ask_s - env.now)
                if slot.leave_s >= s.off_s:
                    yield env.event()  # the end of the hours comes first
                if self.refuel(plane, slot, way, counts=True):
                    continue
                slot.wants, slot.want_s = True, slot.leave_s
                self.serve()
                # A relief that is in time comes at this very instant: let it come first.
                yield env.timeout(max(0.0, slot.leave_s - env.now) + 1e-4)
                if slot.coming is None and self.refuel(plane, slot, way, counts=False):
                    slot.wants = False
                    continue
                self.look()
                slot.plane = None
                return
        except simpy.Interrupt as why:
            if why.cause == "hours":
                slot.plane = None

    def refuel(self, plane, slot, way, *, counts):
        s = slot.station
        more = min(way["more"], way["most"] - (slot.leave_s - plane.on_s), s.off_s - slot.leave_s)
        if more < 60.0:
            return False
        need = plane.fleet.kind.burn_kgps * (more + way["detour"])
        for name in s.station.tankers:
            track = next(t for t in self.stations if t.station.name == name)
            for other in track.slots:
                if other.plane is not None and other.plane.give_kg >= need:
                    other.plane.give_kg -= need
                    other.plane.tank_kg -= need
                    plane.tank_kg += need
                    slot.leave_s += more
                    self.extended[s.station.name] += 1
                    return True
        self.refused[s.station.name] += counts
        return False

    def land(self, plane, base):
        f, env = plane.fleet, self.env
        landed_s = env.now
        while base.is_shut:
            self.look()
            plane.state = "away"
            yield base.opened
        wait_s = max(0.0, base.runway_s - env.now)
        base.runway_s = env.now + wait_s + 3600 / (base.base.movements_per_h or math.inf)
        yield env.timeout(wait_s)
        self.look()
        if plane.state == "flying" and wait_s > 0:
            pass  # it circles; the time of landing is that of its first try
        flight_s = landed_s - plane.off_s
        f.crew_used_s += flight_s - plane.charged_s
        f.used_s += flight_s - plane.charged_s
        if self.rng.random() < -math.expm1(-f.kind.losses_per_h * flight_s / 3600):
            plane.state = "lost"
            return
        env.process(self.rest(f))
        base.stock_kg += max(0.0, plane.tank_kg - (f.kind.burn_kgps or 0.0) * flight_s)
        if env.now >= f.to_s:
            plane.state = "absent"
            return
        mean_s = (f.kind.repair_fixed_s or 0.0) + (f.kind.repair_share or 0.0) * flight_s
        if mean_s > 0.0:
            plane.state = "repair"
            self.serve()
            with f.docks.request() as dock:
                yield dock
                job_s = self.spread(mean_s, f.kind.repair_spread, f.kind.repair_cv)
                yield env.timeout(job_s)
            self.look()
        if plane.has_failed:
            yield from self.down(plane)
        plane.state = "turnaround"
        self.serve()
        turn = f.kind.turnaround
        yield env.timeout(self.spread(turn.mean_s, turn.spread, turn.cv))
        self.look()
        self.back_on_line(plane)
        self.serve()

    def rest(self, f):
        yield self.env.timeout(f.kind.rest_s or 0.0)
        f.crews += 1
        self.serve()

    def back_on_line(self, plane):
        if self.env.now >= plane.fleet.to_s:
            plane.state = "absent"
        elif plane.has_failed:
            self.env.process(self.down_and_back(plane))
        else:
            plane.state = "ready"

    def down(self, plane):
        f = plane.fleet
        plane.has_failed = False
        plane.state = "down"
        with f.docks.request() as dock:
            yield dock
            yield self.env.timeout(self.rng.exponential(f.kind.down_s))
        self.look()
        self.env.process(self.clock(plane))

    def down_and_back(self, plane):
        yield from self.down(plane)
        self.back_on_line(plane)
        self.serve()

    def clock(self, plane):
        f = plane.fleet
        if f.readiness == 1.0:
            return
        yield self.env.timeout(
            self.rng.exponential(f.kind.down_s * f.readiness / (1 - f.readiness))
        )
        self.look()
        plane.has_failed = True
        if plane.state == "ready":
            self.env.process(self.down_and_back(plane))

    # ---- the world around

    def coming(self, plane):
        f = plane.fleet
        if f.from_s > self.env.now:
            yield self.env.timeout(f.from_s - self.env.now)
            self.look()
        if self.rng.random() >= f.readiness:
            plane.has_failed = True
        else:
            self.env.process(self.clock(plane))
        self.back_on_line(plane)
        self.serve()

    def going(self, f):
        yield self.env.timeout(f.to_s - self.env.now)
        self.look()
        for plane in f.ready():
            plane.state = "absent"

    def spells(self, share, mean_s, switch):
        is_on = self.rng.random() < share
        while True:
            switch(is_on)
            off_s = mean_s * (1 - share) / share
            yield self.env.timeout(self.rng.exponential(mean_s if is_on else off_s))
            self.look()
            is_on = not is_on

    def set_base(self, base, *, weather=None, closed=None):
        if base.opened is None:
            base.opened = self.env.event()
        base.weather = base.weather if weather is None else weather
        base.is_closed = base.is_closed if closed is None else closed
        if not base.is_shut:
            base.opened.succeed()
            base.opened = self.env.event()
            self.serve()

    def set_grounded(self, kind, is_on):
        self.grounded[kind.name] = is_on
        self.serve()

    def base_hours(self, base):
        for start, end in base.base.hours:
            if end <= self.env.now:
                continue
            if start > self.env.now:
                self.set_base(base, closed=True)
                yield self.env.timeout(start - self.env.now)
                self.look()
            self.set_base(base, closed=False)
            yield self.env.timeout(end - self.env.now)
            self.look()
        self.set_base(base, closed=True)

    def station_hours(self, s):
        spans = [list(span) for span in s.station.hours or ((0.0, math.inf),)]
        for i in range(len(spans) - 1, 0, -1):
            if spans[i - 1][1] == spans[i][0]:
                spans[i - 1][1] = spans.pop(i)[1]
        for start, end in spans:
            soon_s = start - self.lead_s[s.station.name]
            yield self.env.timeout(max(0.0, soon_s - self.env.now))
            s.on_s, s.off_s = start, end
            for slot in s.slots:
                slot.coming, slot.wants = None, True
                slot.want_s = max(self.env.now, start)
            self.serve()
            yield self.env.timeout(start - self.env.now)
            self.look()
            s.is_on = True
            if end == math.inf:
                return
            yield self.env.timeout(end - self.env.now)
            self.look()
            for slot in s.slots:
                if slot.plane is not None:
                    slot.stay.interrupt("hours")
                slot.wants, slot.coming = False, None
            s.is_on, s.off_s = False, -math.inf

    def look_again(self, f, way):
        """Wait until a base will have the fuel of a flight; by then it may be another's."""
        base = self.bases[f.fleet.base]
        rate = base.rate_at(self.env.now)
        if base.stock_kg < way["fuel"] and rate > 0.0 and not way["is_waited_for"]:
            way["is_waited_for"] = True
            yield self.env.timeout((way["fuel"] - base.stock_kg) / rate + 0.1)
            way["is_waited_for"] = False
            self.serve()

    def days_pass(self):
        """A new day may bring fuel faster."""
        yield self.env.timeout(-self.env.now)
        while True:
            self.serve()
            yield self.env.timeout(DAY_S)

    def months(self):
        yield self.env.timeout(-self.env.now)
        while True:
            yield self.env.timeout(30 * DAY_S)
            for f in self.fleets:
                f.crew_used_s = f.used_s = 0.0
            self.serve()

    def run(self):
        env = self.env
        for base in self.bases.values():
            self.set_base(base)
            if base.base.hours is not None:
                env.process(self.base_hours(base))
            if base.base.closed_share:
                env.process(
                    self.spells(
                        base.base.closed_share,
                        base.base.closure_s,
                        lambda is_on, base=base: self.set_base(base, weather=is_on),
                    )
                )
        for kind in self.plan.aircraft:
            if kind.grounded_share:
                env.process(
                    self.spells(
                        kind.grounded_share,
                        kind.grounded_s,
                        lambda is_on, kind=kind: self.set_grounded(kind, is_on),
                    )
                )
        for f in self.fleets:
            if f.from_s < f.to_s:
                for plane in f.planes:
                    env.process(self.coming(plane))
            if f.to_s < math.inf:
                env.process(self.going(f))
            if f.fleet.scrambles_per_day:
                env.process(self.calls(f))
        for s in self.stations:
            env.process(self.station_hours(s))
        env.process(self.days_pass())
        env.process(self.months())
        env.run(until=self.days * DAY_S)
        self.look()
        return self


def replicate(plan, *, days, runs, seed):
    """Totals of replications, as a dictionary of arrays of shape (runs,)."""
    found = defaultdict(list)
    for rng in np.random.default_rng(seed).spawn(runs):
        twin = Twin(plan, days, rng).run()
        for s in plan.stations:
            found["manned_s", s.name].append(twin.manned_s[s.name])
            found["gap_s", s.name].append(twin.gap_s[s.name])
            found["extended", s.name].append(twin.extended[s.name])
            found["refused", s.name].append(twin.refused[s.name])
        for f in plan.fleets:
            found["sorties", f.name].append(twin.sorties[f.name])
            found["alert_s", f.name].append(twin.alert_s[f.name])
            found["answered", f.name].append(twin.answered[f.name])
            found["missed", f.name].append(twin.missed[f.name])
            for state in (
                *("ready", "planned", "flying", "away", "repair", "turnaround", "down"),
                *("lost", "absent"),
            ):
                found["state_s", f.name, state].append(twin.state_s[f.name, state])
        for b in plan.bases:
            found["stock_kg", b.name].append(twin.bases[b.name].stock_kg)
    return {name: np.array(values, float) for name, values in found.items()}
