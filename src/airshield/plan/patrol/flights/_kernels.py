"""Loops of take-offs and landings."""

import math

from airshield._kernels import lean_kernel
from airshield.plan.patrol.aircraft._kernels import (
    BUSY,
    TO_LINE,
    TO_TURN,
    set_state,
    start_job,
)
from airshield.plan.patrol.bases._kernels import (
    give_back,
    keeps_down,
    opens_s,
    shuts,
    use_runway,
)
from airshield.plan.patrol.crews._kernels import charge, rest, unbook
from airshield.plan.patrol.luck._kernels import OF_LOSS, OF_REPAIR, factor, uniform
from airshield.plan.patrol.queue._kernels import ARRIVE, LAND, U, push
from airshield.plan.patrol.state import (
    ABSENT,
    AWAY,
    EN_ROUTE,
    FLYING,
    LOST,
    PLANNED,
    REPAIR,
    RUNWAY,
    World,
)
from airshield.plan.patrol.stations._kernels import blame, note_leaving, open_slot


@lean_kernel
def take_off(w: World, a: int, now: float) -> None:
    """An aircraft takes its place on the runway and goes: to its slot, or where it is called."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    off_s = use_runway(w, fleet.base, now)
    set_state(w, a, FLYING, now)
    air.off_s = off_s
    air.n += 1
    fleet.sorties += 1
    if air.slot < 0:
        fleet.answered += 1
        push(w, off_s + fleet.scramble_s, LAND, a)
        return
    there_s = off_s + air.way_s
    if off_s > now:
        note_leaving(w, air.slot, there_s, now)
        if w.slot[U(air.slot)].reason == EN_ROUTE:
            blame(w, air.slot, RUNWAY, now)
    push(w, there_s, ARRIVE, a)


@lean_kernel
def cancel(w: World, a: int, now: float) -> None:
    """A planned take-off does not take place."""
    air = w.air[U(a)]
    unbook(w, a, now)
    j = air.slot
    air.slot = -1
    if j < 0:
        w.fleet[U(air.fleet)].missed += 1
    elif w.slot[U(j)].coming == a:
        w.slot[U(j)].coming = -1
        open_slot(w, j, w.slot[U(j)].want_s)


@lean_kernel
def try_take_off(w: World, a: int, now: float) -> int:
    """The time of a planned take-off has come."""
    air = w.air[U(a)]
    if air.state == PLANNED and air.off_s == now:
        if keeps_down(w, air.fleet) >= 0:
            cancel(w, a, now)
            return TO_LINE
        take_off(w, a, now)
    return BUSY


@lean_kernel
def is_cleared(w: World, a: int, now: float) -> bool:
    """Whether an aircraft may land now; if not, when it tries again."""
    air = w.air[U(a)]
    if air.is_cleared:
        return True
    b = w.fleet[U(air.fleet)].base
    if shuts(w, b) >= 0:
        if air.state == FLYING:
            set_state(w, a, AWAY, now)
        push(w, opens_s(w, b, now), LAND, a)
        return False
    clear_s = use_runway(w, b, now)
    if clear_s > now:
        air.is_cleared = 1
        push(w, clear_s, LAND, a)
        return False
    return True


@lean_kernel
def land(w: World, a: int, now: float) -> int:
    """An aircraft is back, unless its base is shut or the runway is taken."""
    air = w.air[U(a)]
    f = air.fleet
    fleet = w.fleet[U(f)]
    if air.state == FLYING:
        air.land_s = now
    if not is_cleared(w, a, now):
        return BUSY
    air.is_cleared = 0
    flight_s = air.land_s - air.off_s
    air.slot = -1
    charge(w, f, flight_s - air.charged_s)
    risk = fleet.loss_per_s
    if risk > 0.0 and uniform(air.key, OF_LOSS, air.n) < 1.0 - math.exp(-risk * flight_s):
        set_state(w, a, LOST, now)
        return BUSY
    rest(w, f, now)
    give_back(w, fleet.base, max(0.0, air.tank_kg - fleet.burn_kgps * flight_s), now)
    if now >= fleet.to_s:
        set_state(w, a, ABSENT, now)
        return BUSY
    repair_s = fleet.repair_fixed_s + fleet.repair_share * flight_s
    if repair_s > 0.0:
        repair_s *= factor(fleet.repair_spread, fleet.repair_sigma, air.key, OF_REPAIR, air.n)
        start_job(w, a, REPAIR, repair_s, now)
        return BUSY
    return TO_TURN
