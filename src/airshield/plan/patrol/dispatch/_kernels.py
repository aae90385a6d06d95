"""Loops that send aircraft."""

import numpy as np

from airshield._kernels import lean_kernel
from airshield.plan.patrol.aircraft._kernels import last_ready, set_state, take_ready
from airshield.plan.patrol.bases._kernels import fill_up, keeps_down
from airshield.plan.patrol.crews._kernels import (
    book,
    has_crew,
    lacks_hours,
    next_rested_s,
    wake_fleet,
)
from airshield.plan.patrol.flights._kernels import take_off
from airshield.plan.patrol.queue._kernels import TAKE_OFF, WAKE, U, push
from airshield.plan.patrol.state import (
    ALERT,
    ALL_DOWN,
    ALL_FLYING,
    ALL_LOST,
    AWAY,
    CREW_HOURS,
    CREW_REST,
    DOWN,
    EN_ROUTE,
    FLYING,
    FUEL,
    IN_REPAIR,
    IN_TURNAROUND,
    LOST,
    NO_FLEET,
    NOT_KNOWN,
    PLANNED,
    REPAIR,
    TURNAROUND,
    World,
)
from airshield.plan.patrol.stations._kernels import blame, close_slot, note_leaving


@lean_kernel
def lacks_fuel(w: World, f: int, s: int, now: float) -> bool:
    """Whether a base lacks the fuel of a flight; if so, look again when it will have it."""
    pair = w.pair[U(f), U(s)]
    b = w.fleet[U(f)].base
    base = w.base[U(b)]
    if base.stock_kg == np.inf:
        return False
    fill_up(w, b, now)
    if base.stock_kg >= pair.fuel_kg:
        return False
    # One such event at a time: if somebody takes of it meanwhile, it finds that out. Half a second
    # late, so that rounding cannot leave a gram lacking for ever.
    will_be = base.rate_kgps > 0.0 and pair.fuel_kg <= base.holds_kg
    if will_be and pair.wake_s <= now:
        pair.wake_s = now + (pair.fuel_kg - base.stock_kg) / base.rate_kgps + 0.5
        push(w, pair.wake_s, WAKE, 0)
    return True


@lean_kernel
def look_at_fleet(w: World, f: int, now: float) -> int:
    """What keeps a whole fleet from sending anybody anywhere; -1: nothing. Looked up if known."""
    fleet = w.fleet[U(f)]
    if fleet.lack == NOT_KNOWN or now >= fleet.known_s:
        fleet.known_s = np.inf
        if fleet.count == 0 or not fleet.from_s <= now < fleet.to_s:
            fleet.lack = NO_FLEET
        elif w.n_in[U(fleet.row + LOST)] == fleet.count:
            fleet.lack = ALL_LOST
        else:
            fleet.lack = keeps_down(w, f)
            if fleet.lack >= 0:
                pass
            elif fleet.n_ready == 0:
                fleet.lack = ALL_FLYING
            elif fleet.n_ready <= fleet.on_alert:
                fleet.lack = ALERT
            elif not has_crew(w, f, now):
                fleet.lack = CREW_REST
                fleet.known_s = next_rested_s(w, f)
            elif lacks_hours(w, f, fleet.least_s) == CREW_HOURS:
                fleet.lack = CREW_HOURS
            elif lacks_hours(w, f, fleet.most_s) != CREW_HOURS:
                # Whose hours lack must not depend on the flight.
                fleet.lack = lacks_hours(w, f, fleet.least_s)
    found: int = fleet.lack
    return found


@lean_kernel
def lacks(w: World, f: int, s: int, now: float) -> int:
    """What keeps a fleet from sending somebody to a station now; -1: nothing."""
    why = look_at_fleet(w, f, now)
    if why == CREW_REST:
        wake_fleet(w, f, now)
    if why < 0:
        why = lacks_hours(w, f, w.pair[U(f), U(s)].flight_s)
    if why < 0 and lacks_fuel(w, f, s, now):
        return FUEL
    return why


@lean_kernel
def busy_with(w: World, s: int, now: float) -> int:
    """What most aircraft of a station's fleets are busy with, where none is ready."""
    flying = turning = mending = down = 0
    for i in range(w.station[U(s)].reach):
        fleet = w.fleet[U(w.order[s, i])]
        if fleet.from_s <= now < fleet.to_s:
            row = fleet.row
            flying += w.n_in[U(row + FLYING)] + w.n_in[U(row + PLANNED)] + w.n_in[U(row + AWAY)]
            turning += w.n_in[U(row + TURNAROUND)]
            mending += w.n_in[U(row + REPAIR)]
            down += w.n_in[U(row + DOWN)]
    most = max(flying, turning, mending, down)
    if mending == most:
        return IN_REPAIR
    if down == most:
        return ALL_DOWN
    if turning == most:
        return IN_TURNAROUND
    return ALL_FLYING


@lean_kernel
def commit(w: World, f: int, s: int, j: int, now: float) -> None:
    """Bind an aircraft and a crew to a slot, and let them take off in time."""
    pair = w.pair[U(f), U(s)]
    slot = w.slot[U(j)]
    a = last_ready(w, f)
    air = w.air[U(a)]
    take_ready(w, a, now)
    set_state(w, a, PLANNED, now)
    book(w, a, pair.flight_s, pair.fuel_kg)
    air.give_kg = pair.offload_kg
    air.way_s = pair.transit_s
    air.slot = j
    close_slot(w, j)
    slot.coming = a
    air.off_s = max(now, slot.want_s - pair.transit_s)
    note_leaving(w, j, air.off_s + pair.transit_s, now)
    if air.off_s > now:
        push(w, air.off_s, TAKE_OFF, a)
    else:
        take_off(w, a, now)


@lean_kernel
def send(w: World, s: int, now: float) -> bool:
    """Send somebody to a station, from the nearest base that can; or note why not."""
    station = w.station[U(s)]
    j = first_open(w, s)
    reason = NO_FLEET
    for i in range(station.reach):
        f = w.order[s, i]
        way_s = w.pair[U(f), U(s)].transit_s
        if max(now, w.slot[U(j)].want_s - way_s) + way_s >= station.off_s:
            reason = max(reason, EN_ROUTE)  # over before anybody is there
            continue
        lack = lacks(w, f, s, now)
        if lack < 0:
            commit(w, f, s, j, now)
            return True
        reason = max(reason, lack)
    if reason == ALL_FLYING:
        reason = busy_with(w, s, now)
    for j in range(station.first_slot, station.last_slot):
        if w.slot[U(j)].is_open:
            note_leaving(w, j, np.inf, now)
    blame_all(w, s, reason, now)
    station.has_news = 0
    return False


@lean_kernel
def first_open(w: World, s: int) -> int:
    """The first slot of a station where somebody is wanted."""
    j = w.station[U(s)].first_slot
    while not w.slot[U(j)].is_open:
        j += 1
    first: int = j
    return first


@lean_kernel
def blame_all(w: World, s: int, reason: int, now: float) -> None:
    """From now on put the emptiness of all open slots of a station down to a reason."""
    station = w.station[U(s)]
    station.reason = reason
    for j in range(station.first_slot, station.last_slot):
        if w.slot[U(j)].is_open:
            blame(w, j, reason, now)


@lean_kernel
def look_at_fleets(w: World, s: int, now: float) -> None:
    """Whether any fleet that reaches a station has somebody to send; if not, why."""
    station = w.station[U(s)]
    if station.looked == w.clock[0].rounds:
        return
    station.looked = w.clock[0].rounds
    station.has_fleet = 0
    why = NO_FLEET
    for i in range(station.reach):
        lack = look_at_fleet(w, w.order[s, i], now)
        if lack < 0:
            station.has_fleet = 1
            return
        why = max(why, lack)
    station.why = busy_with(w, s, now) if why == ALL_FLYING else why
    if why >= CREW_REST:
        for i in range(station.reach):
            if look_at_fleet(w, w.order[s, i], now) == CREW_REST:
                wake_fleet(w, w.order[s, i], now)


@lean_kernel
def is_settled(w: World, s: int, now: float) -> bool:
    """Whether nobody can be sent to a station that was tried before; notes if the reason changes.

    Only what concerns whole fleets is looked at, once for all stations that the same fleets reach.
    Where one of them has somebody ready, where a slot has been opened since, or where the station's
    hours may be over too soon, the station must be tried.
    """
    station = w.station[U(s)]
    if station.has_news:
        return False
    if station.off_s < np.inf:
        # A second more than enough: ways are added up in another order there.
        there_s = max(now + station.lead_s, w.slot[U(first_open(w, s))].want_s) + 1.0
        if there_s >= station.off_s:
            return False
    like = w.station[U(station.like)]
    look_at_fleets(w, station.like, now)
    if like.has_fleet:
        return False
    if like.why != station.reason:
        blame_all(w, s, like.why, now)
    return True


@lean_kernel
def serve(w: World, now: float) -> None:
    """Send somebody wherever somebody is wanted, first where the largest share is lacking."""
    w.clock[0].rounds += 1
    stations = w.station.size
    untried = 0
    for s in range(stations):
        station = w.station[U(s)]
        station.is_tried = station.open == 0 or is_settled(w, s, now)
        untried += 1 - station.is_tried
    while untried > 0:
        best, least = -1, np.inf
        for s in range(stations):
            station = w.station[U(s)]
            if not station.is_tried:
                share = (station.count - station.open) / station.count
                if share < least:
                    best, least = s, share
        station = w.station[U(best)]
        if not send(w, best, now) or station.open == 0:
            station.is_tried = 1
            untried -= 1
