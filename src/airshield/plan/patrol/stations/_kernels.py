"""Loops of stations and their slots."""

import numpy as np

from airshield._kernels import lean_kernel
from airshield.plan.patrol.queue._kernels import (
    LAND,
    LEAVE,
    RELIEVE,
    STATION_OFF,
    STATION_ON,
    STATION_OPENS,
    U,
    push,
)
from airshield.plan.patrol.state import EN_ROUTE, World

OF_NO_USE, REFUSED, EXTENDED = 0, 1, 2
"""What became of a refuelling."""

SLACK_S = 1e-3
"""A relief that is so little late is in time: sums of the same times in another order."""
LEAST_MORE_S = 60.0
"""A refuelling that would give less is not worth the way to the tanker."""


@lean_kernel
def charge_gap(w: World, j: int, now: float) -> None:
    """Count the time that a slot has been empty, up to now."""
    slot = w.slot[U(j)]
    if w.station[U(slot.station)].is_on and slot.air < 0:
        w.gap_s[slot.station, slot.reason] += now - slot.gap_since_s
    slot.gap_since_s = now


@lean_kernel
def blame(w: World, j: int, reason: int, now: float) -> None:
    """From now on put the emptiness of a slot down to a reason."""
    if w.slot[U(j)].reason != reason:
        charge_gap(w, j, now)
        w.slot[U(j)].reason = reason


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
    w.station[U(slot.station)].has_news = 1
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
def note_leaving(w: World, j: int, there_s: float, now: float) -> None:
    """Who is at a slot will leave it if nobody is there in time."""
    slot = w.slot[U(j)]
    if there_s > slot.leave_s + SLACK_S and slot.air >= 0 and not slot.is_leaving:
        slot.is_leaving = 1
        push(w, max(now, slot.leave_s), LEAVE, j)


@lean_kernel
def go_home(w: World, a: int, now: float) -> None:
    """An aircraft turns home."""
    push(w, now + w.air[U(a)].way_s, LAND, a)


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
def arrive(w: World, a: int, now: float) -> None:
    """An aircraft is at its station, and whom it relieves turns home."""
    air = w.air[U(a)]
    j = air.slot
    slot = w.slot[U(j)]
    s = slot.station
    station = w.station[U(s)]
    if slot.coming != a:
        go_home(w, a, now)
        return
    slot.coming = -1
    if not (station.is_on or now >= station.on_s - 1.0):
        go_home(w, a, now)
        return
    if slot.air >= 0:
        go_home(w, slot.air, now)
        slot.is_leaving = 0
    else:
        charge_gap(w, j, now)
        charge_station(w, s, now)
        station.present += 1
    slot.air = a
    slot.reason = EN_ROUTE
    air.on_s = now
    slot.leave_s = now + w.pair[U(air.fleet), U(s)].stay_s
    ask_in_time(w, j, now)


@lean_kernel
def ask_in_time(w: World, j: int, now: float) -> None:
    """Ask for a relief of who is at a slot when the longest way takes what is left."""
    slot = w.slot[U(j)]
    slot.relief_s = max(now, slot.leave_s - w.station[U(slot.station)].lead_s)
    push(w, slot.relief_s, RELIEVE, j)


@lean_kernel
def stay_longer(w: World, j: int, now: float) -> int:
    """Refuel who is at a slot: EXTENDED, REFUSED (no tanker can), or OF_NO_USE."""
    slot = w.slot[U(j)]
    station = w.station[U(slot.station)]
    if station.first_track == station.last_track:
        return OF_NO_USE
    air = w.air[U(slot.air)]
    pair = w.pair[U(air.fleet), U(slot.station)]
    more_s = min(pair.more_s, pair.most_s - (slot.leave_s - air.on_s))
    more_s = min(more_s, station.off_s - slot.leave_s)
    if more_s < LEAST_MORE_S:
        return OF_NO_USE
    need_kg = w.fleet[U(air.fleet)].burn_kgps * (more_s + pair.detour_s)
    for i in range(station.first_track, station.last_track):
        track = w.station[U(w.tracks[i])]
        for k in range(track.first_slot, track.last_slot):
            by = w.slot[U(k)].air
            if by >= 0 and w.air[U(by)].give_kg >= need_kg:
                w.air[U(by)].give_kg -= need_kg
                w.air[U(by)].tank_kg -= need_kg
                air.tank_kg += need_kg
                slot.leave_s += more_s
                station.extended += 1
                ask_in_time(w, j, now)
                return EXTENDED
    return REFUSED


@lean_kernel
def relieve(w: World, j: int, now: float) -> None:
    """Time to ask for a relief, or for fuel."""
    slot = w.slot[U(j)]
    station = w.station[U(slot.station)]
    if slot.air < 0 or slot.relief_s != now or slot.leave_s >= station.off_s:
        return
    told = stay_longer(w, j, now)
    if told == EXTENDED:
        return
    if told == REFUSED:
        station.refused += 1
    slot.relief_s = -np.inf
    open_slot(w, j, slot.leave_s)


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
def await_hours(w: World, s: int, now: float) -> None:
    """Let a station ask for aircraft before its next hours, if there are any."""
    station = w.station[U(s)]
    if station.hours_at < station.last_hours:
        soon_s = w.hours_s[station.hours_at, 0] - station.lead_s
        push(w, max(now, soon_s), STATION_OPENS, s)


@lean_kernel
def station_opens(w: World, s: int, now: float) -> None:
    """Soon a station must be manned: ask for aircraft."""
    station = w.station[U(s)]
    station.on_s = w.hours_s[station.hours_at, 0]
    station.off_s = w.hours_s[station.hours_at, 1]
    push(w, station.on_s, STATION_ON, s)
    push(w, station.off_s, STATION_OFF, s)
    for j in range(station.first_slot, station.last_slot):
        w.slot[U(j)].coming = -1
        w.slot[U(j)].leave_s = -np.inf
        open_slot(w, j, max(now, station.on_s))


@lean_kernel
def station_on(w: World, s: int, now: float) -> None:
    """From now on a station must be manned."""
    station = w.station[U(s)]
    station.is_on = 1
    station.since_s = now
    for j in range(station.first_slot, station.last_slot):
        w.slot[U(j)].gap_since_s = now


@lean_kernel
def station_off(w: World, s: int, now: float) -> None:
    """A station's hours are over: all turn home."""
    station = w.station[U(s)]
    for j in range(station.first_slot, station.last_slot):
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
    await_hours(w, s, now)
