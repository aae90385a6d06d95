"""The event engine's outermost loop: replications, days, and what each event does."""

import numpy as np

from airshield._kernels import lean_kernel
from airshield.plan.patrol.aircraft._kernels import (
    BUSY,
    TO_LINE,
    TO_TURN,
    come,
    fail,
    go,
    make_ready,
    note_alert,
    repaired,
    set_state,
    turn_round,
)
from airshield.plan.patrol.alert._kernels import await_call, call
from airshield.plan.patrol.bases._kernels import end_spell, fill_up, set_base_hours, start_spell
from airshield.plan.patrol.dispatch._kernels import serve
from airshield.plan.patrol.flights._kernels import land, try_take_off
from airshield.plan.patrol.luck._kernels import GOLDEN, OF_START, mixed, uniform
from airshield.plan.patrol.queue._kernels import (
    ARRIVE,
    BASE_HOURS,
    CALL,
    COME,
    DAY,
    FAIL,
    GO,
    ID_BITS,
    ID_MASK,
    LAND,
    LEAVE,
    RELIEVE,
    REPAIRED,
    SPELL_ENDS,
    STATION_OFF,
    STATION_ON,
    STATION_OPENS,
    TAKE_OFF,
    TURNED,
    U,
    clear_queue,
    open_bucket,
    push,
)
from airshield.plan.patrol.state import ABSENT, EN_ROUTE, NOT_KNOWN, Out, World
from airshield.plan.patrol.stations._kernels import (
    arrive,
    await_hours,
    charge_gap,
    charge_station,
    leave,
    relieve,
    station_off,
    station_on,
    station_opens,
)

DAY_S = 86400.0
MONTH_DAYS = 30


@lean_kernel
def end_day(w: World, out: Out, rep: int, now: float) -> None:
    """Write a day down and begin the next; the first call begins the first."""
    c = w.clock[0]
    d = c.day - 1
    for s in range(w.station.size):
        station = w.station[U(s)]
        charge_station(w, s, now)
        for j in range(station.first_slot, station.last_slot):
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
    for a in range(w.air.size):
        set_state(w, a, w.air[U(a)].state, now)
    for f in range(w.fleet.size):
        fleet = w.fleet[U(f)]
        note_alert(w, f, now)
        if d >= 0:
            for state in range(out.state_s.shape[3]):
                out.state_s[rep, d, f, state] = w.state_s[U(fleet.row + state)]
            out.alert_s[rep, d, f] = fleet.alert_s
            out.sorties[rep, d, f] = fleet.sorties
            out.answered[rep, d, f] = fleet.answered
            out.missed[rep, d, f] = fleet.missed
            fleet.sorties = 0
            fleet.answered = 0
            fleet.missed = 0
        fleet.alert_s = 0.0
        if c.day % MONTH_DAYS == 0 and d >= 0:
            # Flights under way have been charged to the month that they began in.
            fleet.crew_used_s = 0.0
            fleet.used_s = 0.0
    w.state_s[:] = 0.0
    w.gap_s[:] = 0.0
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
def reset(w: World, seed_key: np.uint64) -> None:
    """Everything as it is before a replication, with its keys and its first events."""
    c = w.clock[0]
    clear_queue(w)
    c.open = 0
    c.rounds = 0
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
        fleet.lack = NOT_KNOWN
        fleet.known_s = np.inf
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
        fleet.answered = 0
        fleet.missed = 0
        fleet.n_calls = 0
        fleet.key = mixed(fleet.name_key ^ seed_key)
        await_call(w, f, 0.0)
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
            w.n_in[U(air.row + ABSENT)] += 1
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
        station.has_news = 0
        station.looked = 0
        station.extended = 0
        station.refused = 0
        station.on_s = np.inf
        station.off_s = -np.inf
        station.since_s = start_s
        station.manned_s = 0.0
        station.hours_at = station.first_hours
        await_hours(w, s, start_s)


@lean_kernel
def simulate(w: World, out: Out, first: int, seed: int) -> None:
    """Run replications ``first``, ``first + 1``, ... into the rows of ``out``."""
    c = w.clock[0]
    for row in range(out.events.size):
        reset(w, mixed(mixed(np.uint64(seed)) + np.uint64(first + row) * GOLDEN))
        many = 0
        while True:
            if c.waiting == 0 and not open_bucket(w):
                break
            c.waiting -= 1
            t, what = w.next_s[U(c.waiting)], w.next_what[U(c.waiting)]
            many += 1
            kind, who = what >> ID_BITS, what & ID_MASK
            # The first five neither free anything nor ask for anybody.
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
            if kind == CALL:
                call(w, who, t)
                continue
            todo = BUSY
            if kind == RELIEVE:
                relieve(w, who, t)
            elif kind == LAND:
                todo = land(w, who, t)
            elif kind == REPAIRED:
                todo = repaired(w, who, t)
            elif kind == TURNED:
                todo = TO_LINE
            elif kind == TAKE_OFF:
                todo = try_take_off(w, who, t)
            elif kind == SPELL_ENDS:
                end_spell(w, who, t)
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
            if todo == TO_TURN:
                todo = turn_round(w, who, t)
            if todo == TO_LINE:
                make_ready(w, who, t)
            if c.open > 0:
                serve(w, t)
        out.events[row] = many
