"""Loops of aircraft on the ground."""

import numpy as np

from airshield._kernels import lean_kernel
from airshield.plan.patrol.luck._kernels import (
    OF_DOWN,
    OF_START,
    OF_TURN,
    OF_UP,
    exponential_s,
    factor,
    uniform,
)
from airshield.plan.patrol.queue._kernels import FAIL, REPAIRED, TURNED, U, push
from airshield.plan.patrol.state import ABSENT, DOWN, NOT_KNOWN, READY, TURNAROUND, World

BUSY, TO_TURN, TO_LINE = 0, 1, 2
"""What an aircraft does after an event: something else, is turned round, is ready. Told to the
outermost loop and done there: a loop that is called in one place costs no call."""


@lean_kernel
def set_state(w: World, a: int, state: int, now: float) -> None:
    """Let an aircraft do something else."""
    air = w.air[U(a)]
    was, will = U(air.row + air.state), U(air.row + state)
    w.state_s[was] += now - air.since_s
    w.n_in[was] -= 1
    w.n_in[will] += 1
    w.fleet[U(air.fleet)].lack = NOT_KNOWN
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
        go_down(w, a, 0, now)
        return
    set_state(w, a, READY, now)
    note_alert(w, air.fleet, now)
    w.ready[U(fleet.first + fleet.n_ready)] = a
    air.at = fleet.n_ready
    fleet.n_ready += 1


@lean_kernel
def take_ready(w: World, a: int, now: float) -> None:
    """Take an aircraft from the ready ones; the last takes its place."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    note_alert(w, air.fleet, now)
    fleet.n_ready -= 1
    last = w.ready[U(fleet.first + fleet.n_ready)]
    w.ready[U(fleet.first + air.at)] = last
    w.air[U(last)].at = air.at
    air.at = -1


@lean_kernel
def last_ready(w: World, f: int) -> int:
    """Of the ready aircraft of a fleet the one that became so last."""
    fleet = w.fleet[U(f)]
    last: int = w.ready[U(fleet.first + fleet.n_ready - 1)]
    return last


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
def go_down(w: World, a: int, needs_turn: int, now: float) -> None:
    """An aircraft is out of service, and to be turned round after that or not."""
    air = w.air[U(a)]
    air.has_failed = 0
    air.needs_turn = needs_turn
    mean_s = w.fleet[U(air.fleet)].down_s
    start_job(w, a, DOWN, exponential_s(mean_s, air.key, OF_DOWN, air.n_fail), now)


@lean_kernel
def start_clock(w: World, a: int, now: float) -> None:
    """Draw when an aircraft will next be out of service."""
    air = w.air[U(a)]
    up_s = w.fleet[U(air.fleet)].up_s
    if up_s < np.inf:
        push(w, now + exponential_s(up_s, air.key, OF_UP, air.n_fail), FAIL, a)


@lean_kernel
def turn_round(w: World, a: int, now: float) -> int:
    """Prepare an aircraft for its next flight, unless it goes out of service first."""
    air = w.air[U(a)]
    if air.has_failed:
        go_down(w, a, 1, now)
        return BUSY
    fleet = w.fleet[U(air.fleet)]
    turn_s = fleet.turn_s * factor(fleet.turn_spread, fleet.turn_sigma, air.key, OF_TURN, air.n)
    if turn_s <= 0.0:
        return TO_LINE
    set_state(w, a, TURNAROUND, now)
    push(w, now + turn_s, TURNED, a)
    return BUSY


@lean_kernel
def come(w: World, a: int, now: float) -> None:
    """An aircraft joins: fit with the probability that it has in the long run."""
    air = w.air[U(a)]
    fit = w.fleet[U(air.fleet)].readiness
    if fit < 1.0 and uniform(air.key, OF_START, 0) >= fit:
        go_down(w, a, 0, now)
        return
    make_ready(w, a, now)
    start_clock(w, a, now)


@lean_kernel
def repaired(w: World, a: int, now: float) -> int:
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
            return TO_LINE
    return TO_TURN


@lean_kernel
def fail(w: World, a: int, now: float) -> None:
    """An aircraft's clock rings: it is out of service now, or once it is back."""
    air = w.air[U(a)]
    if air.state == READY:
        take_ready(w, a, now)
        go_down(w, a, 0, now)
    else:
        air.has_failed = 1


@lean_kernel
def go(w: World, f: int, now: float) -> None:
    """A fleet has gone; who is not on the ground and ready goes later."""
    w.fleet[U(f)].lack = NOT_KNOWN
    while w.fleet[U(f)].n_ready > 0:
        a = last_ready(w, f)
        take_ready(w, a, now)
        set_state(w, a, ABSENT, now)
