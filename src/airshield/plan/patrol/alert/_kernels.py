"""Loops of calls."""

from airshield._kernels import lean_kernel
from airshield.plan.patrol.aircraft._kernels import last_ready, set_state, take_ready
from airshield.plan.patrol.bases._kernels import fill_up, keeps_down
from airshield.plan.patrol.crews._kernels import book, has_crew, lacks_hours
from airshield.plan.patrol.luck._kernels import OF_CALL, exponential_s
from airshield.plan.patrol.queue._kernels import CALL, TAKE_OFF, U, push
from airshield.plan.patrol.state import PLANNED, World


@lean_kernel
def await_call(w: World, f: int, now: float) -> None:
    """Draw when a fleet's alert will be called next."""
    fleet = w.fleet[U(f)]
    if fleet.calls_s > 0.0:
        push(w, now + exponential_s(fleet.calls_s, fleet.key, OF_CALL, fleet.n_calls), CALL, f)
        fleet.n_calls += 1


@lean_kernel
def may_answer(w: World, f: int, fuel_kg: float, now: float) -> bool:
    """Whether somebody of a fleet can answer a call now."""
    fleet = w.fleet[U(f)]
    if fleet.n_ready == 0 or keeps_down(w, f) >= 0:
        return False
    if not has_crew(w, f, now) or lacks_hours(w, f, fleet.scramble_s) >= 0:
        return False
    fill_up(w, fleet.base, now)
    has_fuel: bool = w.base[U(fleet.base)].stock_kg >= fuel_kg
    return has_fuel


@lean_kernel
def call(w: World, f: int, now: float) -> None:
    """A fleet's alert is called."""
    fleet = w.fleet[U(f)]
    await_call(w, f, now)
    if not fleet.from_s <= now < fleet.to_s:
        return
    fuel_kg = fleet.burn_kgps * fleet.scramble_s
    if not may_answer(w, f, fuel_kg, now):
        fleet.missed += 1
        return
    a = last_ready(w, f)
    take_ready(w, a, now)
    set_state(w, a, PLANNED, now)
    book(w, a, fleet.scramble_s, fuel_kg)
    w.air[U(a)].off_s = now + fleet.to_air_s
    push(w, w.air[U(a)].off_s, TAKE_OFF, a)
