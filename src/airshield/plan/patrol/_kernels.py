"""The event engine: one heap, records, and random numbers that depend on nobody else's.

An event is a time and a number that packs its place in the order of coming, its kind and whom it
concerns; equal times go by that order, so a run has one course. Events that have been overtaken
stay in the heap and are known by a time that is no longer the one written down. What lies behind
the horizon is never put in.
"""

import math

import numpy as np

from airshield._kernels import lean_kernel
from airshield.plan.patrol.state import (
    ABSENT,
    AIRFRAME_HOURS,
    ALERT,
    ALL_DOWN,
    ALL_FLYING,
    ALL_LOST,
    AWAY,
    CREW_HOURS,
    CREW_REST,
    DOWN,
    EN_ROUTE,
    EXPONENTIAL,
    F8,
    FIXED,
    FLYING,
    FUEL,
    GROUNDED,
    HOURS,
    I8,
    IN_REPAIR,
    IN_TURNAROUND,
    LOST,
    NO_FLEET,
    PLANNED,
    READY,
    REPAIR,
    RUNWAY,
    TURNAROUND,
    WEATHER,
    Out,
    World,
)

# Kinds of events.
DAY, COME, GO, TAKE_OFF, ARRIVE, RELIEVE, LEAVE, LAND = range(8)
REPAIRED, TURNED, FAIL, SPELL_ENDS, BASE_HOURS = range(8, 13)
STATION_OPENS, STATION_ON, STATION_OFF = range(13, 16)
WAKE = 16  # nothing by itself: somebody may be sent
ID_BITS = 18
KIND_BITS = 5
ID_MASK = (1 << ID_BITS) - 1
KIND_MASK = (1 << KIND_BITS) - 1

# Streams of random numbers: 16 for each of an owner's numbered draws. A lognormal takes two.
OF_REPAIR, OF_TURN, OF_LOSS, OF_DOWN, OF_UP, OF_START, OF_ON, OF_OFF = 0, 2, 4, 5, 6, 7, 8, 9

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
S30, S27, S31, S12 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(12)

U = np.uint64
"""An index that is never negative needs no look whether it counts from the end."""

OF_NO_USE, REFUSED, EXTENDED = 0, 1, 2
"""What became of a refuelling."""

SLACK_S = 1e-3
"""A relief that is so little late is in time: sums of the same times in another order."""
LEAST_MORE_S = 60.0
"""A refuelling that would give less is not worth the way to the tanker."""
DAY_S = 86400.0
MONTH_DAYS = 30


@lean_kernel
def mixed(z: np.uint64) -> np.uint64:
    """Bits well stirred: the finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    z = (z ^ (z >> S30)) * MIX_1
    z = (z ^ (z >> S27)) * MIX_2
    return z ^ (z >> S31)


@lean_kernel
def uniform(key: np.uint64, stream: int, n: int) -> float:
    """Number ``16 n + stream`` of the splitmix64 sequence that starts at a key, in (0, 1)."""
    z = mixed(key + np.uint64(16 * n + stream + 1) * GOLDEN)
    # 52 bits and a half: exact, and neither 0 nor 1.
    return (float(z >> S12) + 0.5) * (1.0 / 4503599627370496.0)


@lean_kernel
def factor(spread: int, sigma: float, key: np.uint64, stream: int, n: int) -> float:
    """Random factor of mean one."""
    if spread == FIXED:
        return 1.0
    if spread == EXPONENTIAL:
        return -math.log(uniform(key, stream, n))
    radius = math.sqrt(-2.0 * math.log(uniform(key, stream, n)))
    normal = radius * math.cos(2.0 * math.pi * uniform(key, stream + 1, n))
    return math.exp(sigma * normal - 0.5 * sigma * sigma)


@lean_kernel
def earlier(heap_s: F8, heap_code: I8, at: int) -> int:
    """Of an event in the heap and the next one: the place of the earlier.

    Which it is is a coin toss to the processor, so it is computed and not branched upon.
    """
    t1, t2 = heap_s[U(at)], heap_s[U(at + 1)]
    is_tie = (t2 == t1) & (heap_code[U(at + 1)] < heap_code[U(at)])
    return at + int((t2 < t1) | is_tie)


@lean_kernel
def push(w: World, t: float, kind: int, who: int) -> None:
    """Put an event into the heap: where the last one was taken from, if that is still free.

    Behind the last event stands ``inf``, the right child of a parent that has one only.
    """
    c = w.clock[0]
    if t > c.horizon_s or c.waiting + 1 >= w.heap_s.size:
        c.is_full |= t <= c.horizon_s
        return
    code = (c.seq << (ID_BITS + KIND_BITS)) | (kind << ID_BITS) | who
    c.seq += 1
    heap_s, heap_code = w.heap_s, w.heap_code
    if c.is_free:
        # Most events bring about one other: this saves taking one out and putting one in.
        c.is_free = 0
        at, down = 0, 1
        while down < c.waiting:
            down = earlier(heap_s, heap_code, down)
            # A new event is the last of its time.
            if heap_s[U(down)] > t:
                break
            heap_s[U(at)] = heap_s[U(down)]
            heap_code[U(at)] = heap_code[U(down)]
            at = down
            down = 2 * at + 1
    else:
        at = c.waiting
        c.waiting += 1
        heap_s[U(c.waiting)] = np.inf
        while at > 0:
            up = (at - 1) >> 1
            if heap_s[U(up)] <= t:
                break
            heap_s[U(at)] = heap_s[U(up)]
            heap_code[U(at)] = heap_code[U(up)]
            at = up
    heap_s[U(at)] = t
    heap_code[U(at)] = code


@lean_kernel
def drop_first(w: World) -> None:
    """Close the gap that the first event of the heap has left.

    It sinks to the bottom, always to the earlier child, and the last event rises from there: it
    seldom rises far.
    """
    c = w.clock[0]
    heap_s, heap_code = w.heap_s, w.heap_code
    c.is_free = 0
    c.waiting -= 1
    last = c.waiting
    t, code = heap_s[U(last)], heap_code[U(last)]
    heap_s[U(last)] = np.inf
    at, down = 0, 1
    while down < last:
        down = earlier(heap_s, heap_code, down)
        heap_s[U(at)] = heap_s[U(down)]
        heap_code[U(at)] = heap_code[U(down)]
        at = down
        down = 2 * at + 1
    while at > 0:
        up = (at - 1) >> 1
        if heap_s[U(up)] < t or (heap_s[U(up)] == t and heap_code[U(up)] < code):
            break
        heap_s[U(at)] = heap_s[U(up)]
        heap_code[U(at)] = heap_code[U(up)]
        at = up
    heap_s[U(at)] = t
    heap_code[U(at)] = code
    if last == 0:
        heap_s[0] = np.inf


@lean_kernel
def set_state(w: World, a: int, state: int, now: float) -> None:
    """Let an aircraft do something else."""
    air = w.air[U(a)]
    w.state_s[U(air.fleet), U(air.state)] += now - air.since_s
    w.n_in[U(air.fleet), U(air.state)] -= 1
    w.n_in[U(air.fleet), U(state)] += 1
    air.state = state
    air.since_s = now


@lean_kernel
def note_alert(w: World, f: int, now: float) -> None:
    """Count the time that a fleet's alert was whole, up to now."""
    fleet = w.fleet[U(f)]
    if fleet.on_alert > 0:
        if fleet.n_ready >= fleet.on_alert:
            fleet.alert_s += now - fleet.alert_since_s
        fleet.alert_since_s = now


@lean_kernel
def make_ready(w: World, a: int, now: float) -> None:
    """An aircraft is ready, unless it is out of service or its fleet has gone."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    if now >= fleet.to_s:
        set_state(w, a, ABSENT, now)
        return
    if air.has_failed:
        air.needs_turn = 0
        go_down(w, a, now)
        return
    set_state(w, a, READY, now)
    note_alert(w, air.fleet, now)
    w.ready[fleet.first + fleet.n_ready] = a
    air.at = fleet.n_ready
    fleet.n_ready += 1


@lean_kernel
def take_ready(w: World, a: int, now: float) -> None:
    """Take an aircraft from the ready ones; the last takes its place."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    note_alert(w, air.fleet, now)
    fleet.n_ready -= 1
    last = w.ready[fleet.first + fleet.n_ready]
    w.ready[fleet.first + air.at] = last
    w.air[U(last)].at = air.at
    air.at = -1


@lean_kernel
def start_job(w: World, a: int, state: int, job_s: float, now: float) -> None:
    """Mend an aircraft, at once or when a dock is free."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    set_state(w, a, state, now)
    if fleet.docks < 0 or fleet.docks_busy < fleet.docks:
        fleet.docks_busy += 1
        push(w, now + job_s, REPAIRED, a)
        return
    air.job_s = job_s
    w.waiting[fleet.first + (fleet.wait_at + fleet.waiting) % fleet.count] = a
    fleet.waiting += 1


@lean_kernel
def go_down(w: World, a: int, now: float) -> None:
    """An aircraft is out of service."""
    air = w.air[U(a)]
    air.has_failed = 0
    down_s = -w.fleet[U(air.fleet)].down_s * math.log(uniform(air.key, OF_DOWN, air.n_fail))
    start_job(w, a, DOWN, down_s, now)


@lean_kernel
def start_clock(w: World, a: int, now: float) -> None:
    """Draw when an aircraft will next be out of service."""
    air = w.air[U(a)]
    up_s = w.fleet[U(air.fleet)].up_s
    if up_s < np.inf:
        push(w, now - up_s * math.log(uniform(air.key, OF_UP, air.n_fail)), FAIL, a)


@lean_kernel
def turn_round(w: World, a: int, now: float) -> None:
    """Prepare an aircraft for its next flight."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    turn_s = fleet.turn_s * factor(fleet.turn_spread, fleet.turn_sigma, air.key, OF_TURN, air.n)
    if turn_s > 0.0:
        set_state(w, a, TURNAROUND, now)
        push(w, now + turn_s, TURNED, a)
    else:
        make_ready(w, a, now)


@lean_kernel
def come(w: World, a: int, now: float) -> None:
    """An aircraft joins: fit with the probability that it has in the long run."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    if fleet.readiness < 1.0 and uniform(air.key, OF_START, 0) >= fleet.readiness:
        air.needs_turn = 0
        go_down(w, a, now)
        return
    make_ready(w, a, now)
    start_clock(w, a, now)


@lean_kernel
def is_shut(w: World, b: int) -> int:
    """Why a base is shut, or -1."""
    base = w.base[U(b)]
    if base.is_shut:
        return HOURS
    if base.spell >= 0 and w.spell[U(base.spell)].is_on:
        return WEATHER
    return -1


@lean_kernel
def fill_up(w: World, b: int, now: float) -> None:
    """Bring a base's stock up to now."""
    base = w.base[U(b)]
    more = base.stock_kg + base.rate_kgps * (now - base.stock_since_s)
    base.stock_kg = max(base.stock_kg, min(base.holds_kg, more))
    base.stock_since_s = now


@lean_kernel
def charge_gap(w: World, j: int, now: float) -> None:
    """Count the time that a slot has been empty, up to now."""
    slot = w.slot[U(j)]
    if w.station[U(slot.station)].is_on and slot.air < 0:
        w.gap_s[slot.station, slot.reason] += now - slot.gap_since_s
    slot.gap_since_s = now


@lean_kernel
def charge_station(w: World, s: int, now: float) -> None:
    """Count the time that a station has been manned in full, up to now."""
    station = w.station[U(s)]
    if station.is_on and station.present >= station.count:
        station.manned_s += now - station.since_s
    station.since_s = now


@lean_kernel
def open_slot(w: World, j: int, want_s: float) -> None:
    """Somebody is wanted at a slot."""
    slot = w.slot[U(j)]
    slot.want_s = want_s
    if not slot.is_open:
        slot.is_open = 1
        w.station[U(slot.station)].open += 1
        w.clock[0].open += 1


@lean_kernel
def close_slot(w: World, j: int) -> None:
    """Nobody is wanted at a slot any more."""
    slot = w.slot[U(j)]
    if slot.is_open:
        slot.is_open = 0
        w.station[U(slot.station)].open -= 1
        w.clock[0].open -= 1


@lean_kernel
def note_leaving(w: World, j: int, now: float) -> None:
    """Who is at a slot will leave it without a relief in time."""
    slot = w.slot[U(j)]
    if slot.air >= 0 and not slot.is_leaving:
        slot.is_leaving = 1
        push(w, max(now, slot.leave_s), LEAVE, j)


@lean_kernel
def go_home(w: World, a: int, now: float) -> None:
    """An aircraft turns home."""
    air = w.air[U(a)]
    push(w, now + w.pair[air.fleet, w.slot[U(air.slot)].station].transit_s, LAND, a)


@lean_kernel
def leave_slot(w: World, j: int, now: float) -> None:
    """Who is at a slot leaves it empty."""
    slot = w.slot[U(j)]
    charge_station(w, slot.station, now)
    go_home(w, slot.air, now)
    slot.air = -1
    slot.is_leaving = 0
    slot.relief_s = -np.inf
    slot.gap_since_s = now
    w.station[U(slot.station)].present -= 1


@lean_kernel
def wake_fleet(w: World, f: int, t: float, now: float) -> None:
    """Look again at a time when a crew will have rested; crews rest in the order they came."""
    fleet = w.fleet[U(f)]
    if fleet.wake_s <= now:
        fleet.wake_s = max(now, t)
        push(w, fleet.wake_s, WAKE, 0)


@lean_kernel
def lacks(w: World, f: int, s: int, now: float) -> int:
    """What keeps a fleet from sending somebody to a station now; -1: nothing."""
    fleet = w.fleet[U(f)]
    pair = w.pair[U(f), U(s)]
    if fleet.count == 0 or not fleet.from_s <= now < fleet.to_s:
        return NO_FLEET
    if w.n_in[f, LOST] == fleet.count:
        return ALL_LOST
    shut = is_shut(w, fleet.base)
    if shut >= 0:
        return shut
    if fleet.spell >= 0 and w.spell[U(fleet.spell)].is_on:
        return GROUNDED
    if fleet.n_ready == 0:
        return ALL_FLYING
    if fleet.n_ready <= fleet.on_alert:
        return ALERT
    flight_s = 2.0 * pair.transit_s + pair.stay_s
    if fleet.crews >= 0:
        while fleet.resting > 0 and w.rests_s[fleet.first_crew + fleet.rest_at] <= now:
            fleet.rest_at = (fleet.rest_at + 1) % fleet.crews
            fleet.resting -= 1
            fleet.crews_free += 1
        if fleet.crews_free == 0:
            if fleet.resting > 0:
                wake_fleet(w, f, w.rests_s[fleet.first_crew + fleet.rest_at], now)
            return CREW_REST
    if fleet.crew_used_s + flight_s > fleet.crew_month_s:
        return CREW_HOURS
    if fleet.used_s + flight_s > fleet.month_s:
        return AIRFRAME_HOURS
    base = w.base[U(fleet.base)]
    if base.stock_kg < np.inf:
        fill_up(w, fleet.base, now)
        if base.stock_kg < pair.fuel_kg:
            # One such event at a time: if somebody takes of it meanwhile, it finds that out. Half a
            # second late, so that rounding cannot leave a gram lacking for ever.
            will_be = base.rate_kgps > 0.0 and pair.fuel_kg <= base.holds_kg
            if will_be and pair.wake_s <= now:
                pair.wake_s = now + (pair.fuel_kg - base.stock_kg) / base.rate_kgps + 0.5
                push(w, pair.wake_s, WAKE, 0)
            return FUEL
    return -1


@lean_kernel
def busy_with(w: World, s: int, now: float) -> int:
    """What most aircraft of a station's fleets are busy with, where none is ready."""
    station = w.station[U(s)]
    flying = turning = mending = down = 0
    for i in range(station.reach):
        f = w.order[s, i]
        fleet = w.fleet[U(f)]
        if fleet.from_s <= now < fleet.to_s:
            flying += w.n_in[f, FLYING] + w.n_in[f, PLANNED] + w.n_in[f, AWAY]
            turning += w.n_in[f, TURNAROUND]
            mending += w.n_in[f, REPAIR]
            down += w.n_in[f, DOWN]
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
    fleet = w.fleet[U(f)]
    pair = w.pair[U(f), U(s)]
    slot = w.slot[U(j)]
    a = w.ready[fleet.first + fleet.n_ready - 1]
    air = w.air[U(a)]
    take_ready(w, a, now)
    set_state(w, a, PLANNED, now)
    if fleet.crews >= 0:
        fleet.crews_free -= 1
    air.charged_s = 2.0 * pair.transit_s + pair.stay_s
    fleet.crew_used_s += air.charged_s
    fleet.used_s += air.charged_s
    air.tank_kg = pair.fuel_kg
    air.give_kg = pair.offload_kg
    w.base[U(fleet.base)].stock_kg -= pair.fuel_kg
    air.slot = j
    air.off_s = max(now, slot.want_s - pair.transit_s)
    close_slot(w, j)
    slot.coming = a
    if air.off_s + pair.transit_s > slot.leave_s + SLACK_S:
        note_leaving(w, j, now)
    if air.off_s > now:
        push(w, air.off_s, TAKE_OFF, a)
    else:
        take_off(w, a, now)


@lean_kernel
def take_off(w: World, a: int, now: float) -> None:
    """An aircraft takes its place on the runway and goes."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    base = w.base[U(fleet.base)]
    slot = w.slot[U(air.slot)]
    off_s = max(now, base.runway_s)
    base.runway_s = off_s + base.slot_s
    set_state(w, a, FLYING, now)
    air.off_s = off_s
    air.n += 1
    fleet.sorties += 1
    there_s = off_s + w.pair[U(air.fleet), U(slot.station)].transit_s
    if off_s > now:
        if there_s > slot.leave_s + SLACK_S:
            note_leaving(w, air.slot, now)
        if slot.reason == EN_ROUTE:
            charge_gap(w, air.slot, now)
            slot.reason = RUNWAY
    push(w, there_s, ARRIVE, a)


@lean_kernel
def send(w: World, s: int, now: float) -> bool:
    """Send somebody to a station, from the nearest base that can; or note why not."""
    station = w.station[U(s)]
    j = station.first_slot
    while not w.slot[U(j)].is_open:
        j += 1
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
        # Reasons are numbered by how far a fleet came.
        reason = max(reason, lack)
    if reason == ALL_FLYING:
        reason = busy_with(w, s, now)
    for j in range(station.first_slot, station.first_slot + station.count):
        slot = w.slot[U(j)]
        if slot.is_open:
            note_leaving(w, j, now)
            if slot.reason != reason:
                charge_gap(w, j, now)
                slot.reason = reason
    return False


@lean_kernel
def serve(w: World, now: float) -> None:
    """Send somebody wherever somebody is wanted, first where the largest share is lacking."""
    stations = w.station.size
    for s in range(stations):
        w.station[U(s)].is_tried = 0
    while w.clock[0].open > 0:
        best, least = -1, np.inf
        for s in range(stations):
            station = w.station[U(s)]
            if station.open > 0 and not station.is_tried:
                share = (station.count - station.open) / station.count
                if share < least:
                    best, least = s, share
        if best < 0:
            return
        if not send(w, best, now):
            w.station[U(best)].is_tried = 1


@lean_kernel
def arrive(w: World, a: int, now: float) -> None:
    """An aircraft is at its station, and whom it relieves turns home."""
    air = w.air[U(a)]
    slot = w.slot[U(air.slot)]
    station = w.station[U(slot.station)]
    pair = w.pair[U(air.fleet), U(slot.station)]
    if slot.coming != a or not (station.is_on or now >= station.on_s - 1.0):
        if slot.coming == a:
            slot.coming = -1
        go_home(w, a, now)
        return
    slot.coming = -1
    if slot.air >= 0:
        go_home(w, slot.air, now)
        slot.is_leaving = 0
    else:
        charge_gap(w, air.slot, now)
        charge_station(w, slot.station, now)
        station.present += 1
    slot.air = a
    slot.reason = EN_ROUTE
    air.on_s = now
    slot.leave_s = now + pair.stay_s
    slot.relief_s = max(now, slot.leave_s - station.lead_s)
    push(w, slot.relief_s, RELIEVE, air.slot)


@lean_kernel
def stay_longer(w: World, j: int, now: float) -> int:
    """Refuel who is at a slot: EXTENDED, REFUSED (no tanker can), or OF_NO_USE."""
    slot = w.slot[U(j)]
    station = w.station[U(slot.station)]
    air = w.air[U(slot.air)]
    pair = w.pair[U(air.fleet), U(slot.station)]
    more_s = min(pair.more_s, pair.most_s - (slot.leave_s - air.on_s))
    more_s = min(more_s, station.off_s - slot.leave_s)
    if more_s < LEAST_MORE_S:
        return OF_NO_USE
    need_kg = w.fleet[U(air.fleet)].burn_kgps * (more_s + pair.detour_s)
    for i in range(station.first_track, station.last_track):
        track = w.station[U(w.tracks[i])]
        for k in range(track.first_slot, track.first_slot + track.count):
            by = w.slot[U(k)].air
            if by >= 0 and w.air[U(by)].give_kg >= need_kg:
                w.air[U(by)].give_kg -= need_kg
                w.air[U(by)].tank_kg -= need_kg
                air.tank_kg += need_kg
                slot.leave_s += more_s
                slot.relief_s = max(now, slot.leave_s - station.lead_s)
                station.extended += 1
                push(w, slot.relief_s, RELIEVE, j)
                return EXTENDED
    return REFUSED


@lean_kernel
def relieve(w: World, j: int, now: float) -> None:
    """Time to ask for a relief, or for fuel."""
    slot = w.slot[U(j)]
    if slot.air < 0 or slot.relief_s != now or slot.leave_s >= w.station[U(slot.station)].off_s:
        return
    told = stay_longer(w, j, now)
    if told == EXTENDED:
        return
    if told == REFUSED:
        w.station[U(slot.station)].refused += 1
    slot.relief_s = -np.inf
    open_slot(w, j, slot.leave_s)


@lean_kernel
def land(w: World, a: int, now: float) -> None:
    """An aircraft is back, unless its base is shut or the runway is taken."""
    air = w.air[U(a)]
    f = air.fleet
    fleet = w.fleet[U(f)]
    base = w.base[U(fleet.base)]
    if air.state == FLYING:
        air.land_s = now
    if not air.is_cleared:
        opens_s = now
        if base.is_shut:
            opens_s = base.opens_s
        if base.spell >= 0 and w.spell[U(base.spell)].is_on:
            opens_s = max(opens_s, w.spell[U(base.spell)].until_s)
        if is_shut(w, fleet.base) >= 0:
            if air.state == FLYING:
                set_state(w, a, AWAY, now)
            push(w, opens_s, LAND, a)
            return
        clear_s = max(now, base.runway_s)
        base.runway_s = clear_s + base.slot_s
        if clear_s > now:
            air.is_cleared = 1
            push(w, clear_s, LAND, a)
            return
    air.is_cleared = 0
    flight_s = air.land_s - air.off_s
    air.slot = -1
    fleet.crew_used_s += flight_s - air.charged_s
    fleet.used_s += flight_s - air.charged_s
    if uniform(air.key, OF_LOSS, air.n) < 1.0 - math.exp(-fleet.loss_per_s * flight_s):
        set_state(w, a, LOST, now)
        return
    if fleet.crews >= 0:
        at = (fleet.rest_at + fleet.resting) % fleet.crews
        w.rests_s[fleet.first_crew + at] = now + fleet.rest_s
        fleet.resting += 1
        if w.clock[0].open > 0 and fleet.crews_free == 0:
            wake_fleet(w, f, w.rests_s[fleet.first_crew + fleet.rest_at], now)
    if base.stock_kg < np.inf:
        fill_up(w, fleet.base, now)
        base.stock_kg += max(0.0, air.tank_kg - fleet.burn_kgps * flight_s)
    if now >= fleet.to_s:
        set_state(w, a, ABSENT, now)
        return
    repair_s = fleet.repair_fixed_s + fleet.repair_share * flight_s
    if repair_s > 0.0:
        repair_s *= factor(fleet.repair_spread, fleet.repair_sigma, air.key, OF_REPAIR, air.n)
        start_job(w, a, REPAIR, repair_s, now)
    elif air.has_failed:
        air.needs_turn = 1
        go_down(w, a, now)
    else:
        turn_round(w, a, now)


@lean_kernel
def repaired(w: World, a: int, now: float) -> None:
    """A job is done, and its dock is free for the next."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    fleet.docks_busy -= 1
    if fleet.waiting > 0:
        b = w.waiting[fleet.first + fleet.wait_at]
        fleet.wait_at = (fleet.wait_at + 1) % fleet.count
        fleet.waiting -= 1
        fleet.docks_busy += 1
        push(w, now + w.air[U(b)].job_s, REPAIRED, b)
    if air.state == DOWN:
        air.n_fail += 1
        start_clock(w, a, now)
        if not air.needs_turn:
            make_ready(w, a, now)
            return
    elif air.has_failed:
        air.needs_turn = 1
        go_down(w, a, now)
        return
    turn_round(w, a, now)


@lean_kernel
def fail(w: World, a: int, now: float) -> None:
    """An aircraft's clock rings: it is out of service now, or once it is back."""
    air = w.air[U(a)]
    if air.state == READY:
        take_ready(w, a, now)
        air.needs_turn = 0
        go_down(w, a, now)
    else:
        air.has_failed = 1


@lean_kernel
def start_spell(w: World, i: int, now: float) -> None:
    """Draw how long a spell, or the time until the next, lasts."""
    spell = w.spell[U(i)]
    mean_s, stream = (spell.on_s, OF_ON) if spell.is_on else (spell.off_s, OF_OFF)
    spell.until_s = now - mean_s * math.log(uniform(spell.key, stream, spell.n))
    spell.n += 1
    push(w, spell.until_s, SPELL_ENDS, i)


@lean_kernel
def set_base_hours(w: World, b: int, now: float) -> None:
    """Open or shut a base by its hours, and look for the next change."""
    base = w.base[U(b)]
    while base.hours_at < base.last_hours and w.hours_s[base.hours_at, 1] <= now:
        base.hours_at += 1
    if base.hours_at == base.last_hours:
        base.is_shut = 1
        base.opens_s = np.inf
    elif w.hours_s[base.hours_at, 0] <= now:
        base.is_shut = 0
        push(w, w.hours_s[base.hours_at, 1], BASE_HOURS, b)
    else:
        base.is_shut = 1
        base.opens_s = w.hours_s[base.hours_at, 0]
        push(w, base.opens_s, BASE_HOURS, b)


@lean_kernel
def station_opens(w: World, s: int, now: float) -> None:
    """Soon a station must be manned: ask for aircraft."""
    station = w.station[U(s)]
    station.on_s = w.hours_s[station.hours_at, 0]
    station.off_s = w.hours_s[station.hours_at, 1]
    push(w, station.on_s, STATION_ON, s)
    push(w, station.off_s, STATION_OFF, s)
    for j in range(station.first_slot, station.first_slot + station.count):
        w.slot[U(j)].coming = -1
        w.slot[U(j)].leave_s = -np.inf
        open_slot(w, j, max(now, station.on_s))


@lean_kernel
def station_on(w: World, s: int, now: float) -> None:
    """From now on a station must be manned."""
    station = w.station[U(s)]
    station.is_on = 1
    station.since_s = now
    for j in range(station.first_slot, station.first_slot + station.count):
        w.slot[U(j)].gap_since_s = now


@lean_kernel
def station_off(w: World, s: int, now: float) -> None:
    """A station's hours are over: all turn home."""
    station = w.station[U(s)]
    for j in range(station.first_slot, station.first_slot + station.count):
        charge_gap(w, j, now)
        if w.slot[U(j)].air >= 0:
            leave_slot(w, j, now)
        close_slot(w, j)
        w.slot[U(j)].coming = -1
        w.slot[U(j)].reason = EN_ROUTE
    charge_station(w, s, now)
    station.is_on = 0
    station.off_s = -np.inf
    station.hours_at += 1
    if station.hours_at < station.last_hours:
        soon_s = w.hours_s[station.hours_at, 0] - station.lead_s
        push(w, max(now, soon_s), STATION_OPENS, s)


@lean_kernel
def end_day(w: World, out: Out, rep: int, now: float) -> None:
    """Write a day down and begin the next; the first call begins the first."""
    c = w.clock[0]
    d = c.day - 1
    for s in range(w.station.size):
        station = w.station[U(s)]
        charge_station(w, s, now)
        for j in range(station.first_slot, station.first_slot + station.count):
            charge_gap(w, j, now)
        if d >= 0:
            out.manned_s[rep, d, s] = station.manned_s
            out.extended[rep, d, s] = station.extended
            out.refused[rep, d, s] = station.refused
            station.extended = 0
            station.refused = 0
            for r in range(w.gap_s.shape[1]):
                out.gap_s[rep, d, s, r] = w.gap_s[s, r]
        station.manned_s = 0.0
        for r in range(w.gap_s.shape[1]):
            w.gap_s[s, r] = 0.0
    for a in range(w.air.size):
        set_state(w, a, w.air[U(a)].state, now)
    for f in range(w.fleet.size):
        fleet = w.fleet[U(f)]
        note_alert(w, f, now)
        if d >= 0:
            for state in range(w.state_s.shape[1]):
                out.state_s[rep, d, f, state] = w.state_s[f, state]
            out.alert_s[rep, d, f] = fleet.alert_s
            out.sorties[rep, d, f] = fleet.sorties
            fleet.sorties = 0
        fleet.alert_s = 0.0
        for state in range(w.state_s.shape[1]):
            w.state_s[f, state] = 0.0
        if c.day % MONTH_DAYS == 0 and d >= 0:
            # Flights under way have been charged to the month that they began in.
            fleet.crew_used_s = 0.0
            fleet.used_s = 0.0
    for b in range(w.base.size):
        base = w.base[U(b)]
        fill_up(w, b, now)
        if d >= 0:
            out.stock_kg[rep, d, b] = base.stock_kg
        if c.day < w.supply_kgps.shape[0]:
            base.rate_kgps = w.supply_kgps[c.day, b]
    c.day += 1
    push(w, c.day * DAY_S, DAY, 0)


@lean_kernel
def cancel(w: World, a: int, now: float) -> None:
    """A planned take-off does not take place."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    if fleet.crews >= 0:
        fleet.crews_free += 1
    fleet.crew_used_s -= air.charged_s
    fleet.used_s -= air.charged_s
    fill_up(w, fleet.base, now)
    w.base[U(fleet.base)].stock_kg += air.tank_kg
    j = air.slot
    air.slot = -1
    make_ready(w, a, now)
    if w.slot[U(j)].coming == a:
        w.slot[U(j)].coming = -1
        open_slot(w, j, w.slot[U(j)].want_s)


@lean_kernel
def try_take_off(w: World, a: int, now: float) -> None:
    """The time of a planned take-off has come."""
    air = w.air[U(a)]
    if air.state != PLANNED or air.off_s != now:
        return
    fleet = w.fleet[U(air.fleet)]
    is_grounded = fleet.spell >= 0 and w.spell[U(fleet.spell)].is_on
    if is_grounded or is_shut(w, fleet.base) >= 0:
        cancel(w, a, now)
    else:
        take_off(w, a, now)


@lean_kernel
def leave(w: World, j: int, now: float) -> None:
    """Who is at a slot must leave it, if nobody has come and no tanker either."""
    slot = w.slot[U(j)]
    if slot.air < 0 or not slot.is_leaving or slot.leave_s > now:
        return
    if slot.coming < 0 and stay_longer(w, j, now) == EXTENDED:
        slot.is_leaving = 0
        close_slot(w, j)
        return
    leave_slot(w, j, now)


@lean_kernel
def go(w: World, f: int, now: float) -> None:
    """A fleet has gone; who is not on the ground and ready goes later."""
    fleet = w.fleet[U(f)]
    while fleet.n_ready > 0:
        a = w.ready[fleet.first + fleet.n_ready - 1]
        take_ready(w, a, now)
        set_state(w, a, ABSENT, now)


@lean_kernel
def reset(w: World, seed_key: np.uint64) -> None:
    """Everything as it is before a replication, with its keys and its first events."""
    c = w.clock[0]
    c.waiting = 0
    c.is_free = 0
    w.heap_s[0] = np.inf
    c.seq = 0
    c.open = 0
    c.day = 0
    start_s = c.start_s
    w.n_in[:] = 0
    w.state_s[:] = 0.0
    w.gap_s[:] = 0.0
    push(w, 0.0, DAY, 0)
    for b in range(w.base.size):
        base = w.base[U(b)]
        base.is_shut = 0
        base.runway_s = -np.inf
        base.stock_kg = base.stock0_kg
        base.stock_since_s = start_s
        base.rate_kgps = 0.0
        base.hours_at = base.first_hours
        if base.first_hours >= 0:
            set_base_hours(w, b, start_s)
    for i in range(w.spell.size):
        spell = w.spell[U(i)]
        spell.key = mixed(spell.name_key ^ seed_key)
        spell.n = 0
        share = spell.on_s / (spell.on_s + spell.off_s)
        spell.is_on = 1 if uniform(spell.key, OF_START, 0) < share else 0
        start_spell(w, i, start_s)
    for j in range(w.slot.size):
        slot = w.slot[U(j)]
        slot.air = -1
        slot.coming = -1
        slot.is_open = 0
        slot.is_leaving = 0
        slot.reason = EN_ROUTE
        slot.leave_s = -np.inf
        slot.relief_s = -np.inf
        slot.gap_since_s = start_s
    for f in range(w.fleet.size):
        fleet = w.fleet[U(f)]
        fleet.n_ready = 0
        fleet.crews_free = fleet.crews
        fleet.resting = 0
        fleet.rest_at = 0
        fleet.docks_busy = 0
        fleet.waiting = 0
        fleet.wait_at = 0
        fleet.crew_used_s = 0.0
        fleet.used_s = 0.0
        fleet.wake_s = -np.inf
        fleet.alert_since_s = start_s
        fleet.alert_s = 0.0
        fleet.sorties = 0
        for a in range(fleet.first, fleet.first + fleet.count):
            air = w.air[U(a)]
            air.at = -1
            air.slot = -1
            air.state = ABSENT
            air.has_failed = 0
            air.needs_turn = 0
            air.is_cleared = 0
            air.n = 0
            air.n_fail = 0
            air.since_s = start_s
            air.key = mixed(air.name_key ^ seed_key)
            w.n_in[f, ABSENT] += 1
            if fleet.from_s < fleet.to_s:
                if fleet.from_s <= start_s:
                    come(w, a, start_s)
                else:
                    push(w, fleet.from_s, COME, a)
        if fleet.to_s > start_s:
            push(w, fleet.to_s, GO, f)
        for s in range(w.station.size):
            w.pair[U(f), U(s)].wake_s = -np.inf
    for s in range(w.station.size):
        station = w.station[U(s)]
        station.is_on = 0
        station.present = 0
        station.open = 0
        station.extended = 0
        station.refused = 0
        station.on_s = np.inf
        station.off_s = -np.inf
        station.since_s = start_s
        station.manned_s = 0.0
        station.hours_at = station.first_hours
        if station.first_hours < station.last_hours:
            soon_s = w.hours_s[station.first_hours, 0] - station.lead_s
            push(w, max(start_s, soon_s), STATION_OPENS, s)


@lean_kernel
def simulate(w: World, out: Out, first: int, seed: int) -> None:
    """Run replications ``first``, ``first + 1``, ... into the rows of ``out``."""
    c = w.clock[0]
    for row in range(out.events.size):
        reset(w, mixed(mixed(np.uint64(seed)) + np.uint64(first + row) * GOLDEN))
        many = 0
        while True:
            if c.is_free:
                drop_first(w)
            if c.waiting == 0:
                break
            t, code = w.heap_s[0], w.heap_code[0]
            c.is_free = 1
            many += 1
            kind, who = (code >> ID_BITS) & KIND_MASK, code & ID_MASK
            # The first four neither free anything nor ask for anybody.
            if kind == ARRIVE:
                arrive(w, who, t)
                continue
            if kind == LEAVE:
                leave(w, who, t)
                continue
            if kind == FAIL:
                fail(w, who, t)
                continue
            if kind == GO:
                go(w, who, t)
                continue
            if kind == RELIEVE:
                relieve(w, who, t)
            elif kind == LAND:
                land(w, who, t)
            elif kind == REPAIRED:
                repaired(w, who, t)
            elif kind == TURNED:
                make_ready(w, who, t)
            elif kind == TAKE_OFF:
                try_take_off(w, who, t)
            elif kind == SPELL_ENDS:
                w.spell[U(who)].is_on = 1 - w.spell[U(who)].is_on
                start_spell(w, who, t)
            elif kind == BASE_HOURS:
                set_base_hours(w, who, t)
            elif kind == DAY:
                end_day(w, out, row, t)
            elif kind == COME:
                come(w, who, t)
            elif kind == STATION_OPENS:
                station_opens(w, who, t)
            elif kind == STATION_ON:
                station_on(w, who, t)
            elif kind == STATION_OFF:
                station_off(w, who, t)
            if c.open > 0:
                serve(w, t)
        out.events[row] = many
