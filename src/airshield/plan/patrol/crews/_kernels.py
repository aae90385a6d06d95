"""Loops of crews and of the hours of a month."""

import numpy as np

from airshield._kernels import lean_kernel
from airshield.plan.patrol.bases._kernels import give_back
from airshield.plan.patrol.queue._kernels import WAKE, U, push
from airshield.plan.patrol.state import AIRFRAME_HOURS, CREW_HOURS, World


@lean_kernel
def has_crew(w: World, f: int, now: float) -> bool:
    """Whether a crew of a fleet has rested, or crews are never lacking."""
    fleet = w.fleet[U(f)]
    if fleet.crews < 0:
        return True
    while fleet.resting > 0 and w.rests_s[fleet.first_crew + fleet.rest_at] <= now:
        fleet.rest_at = (fleet.rest_at + 1) % fleet.crews
        fleet.resting -= 1
        fleet.crews_free += 1
    rested: bool = fleet.crews_free > 0
    return rested


@lean_kernel
def next_rested_s(w: World, f: int) -> float:
    """When the next of a fleet's resting crews will have rested; ``inf`` if none rests."""
    fleet = w.fleet[U(f)]
    return w.rests_s[fleet.first_crew + fleet.rest_at] if fleet.resting > 0 else np.inf


@lean_kernel
def wake_fleet(w: World, f: int, now: float) -> None:
    """Look again when the next crew will have rested, if one rests."""
    fleet = w.fleet[U(f)]
    if fleet.resting > 0 and fleet.wake_s <= now:
        fleet.wake_s = max(now, next_rested_s(w, f))
        push(w, fleet.wake_s, WAKE, 0)


@lean_kernel
def lacks_hours(w: World, f: int, flight_s: float) -> int:
    """Whose hours of the month do not suffice for such a flight of a fleet: a reason, or -1."""
    fleet = w.fleet[U(f)]
    if fleet.crew_used_s + flight_s > fleet.crew_month_s:
        return CREW_HOURS
    if fleet.used_s + flight_s > fleet.month_s:
        return AIRFRAME_HOURS
    return -1


@lean_kernel
def charge(w: World, f: int, flight_s: float) -> None:
    """Take hours from what a fleet has in the month; negative gives back."""
    fleet = w.fleet[U(f)]
    fleet.crew_used_s += flight_s
    fleet.used_s += flight_s


@lean_kernel
def book(w: World, a: int, flight_s: float, fuel_kg: float) -> None:
    """Bind crew, hours and fuel to an aircraft's next flight."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    fleet.crews_free -= 1  # counted too where crews never lack, and then not looked at
    charge(w, air.fleet, flight_s)
    w.base[U(fleet.base)].stock_kg -= fuel_kg
    air.charged_s = flight_s
    air.tank_kg = fuel_kg


@lean_kernel
def unbook(w: World, a: int, now: float) -> None:
    """Let go of all that was bound to a flight that will not be."""
    air = w.air[U(a)]
    fleet = w.fleet[U(air.fleet)]
    fleet.crews_free += 1
    charge(w, air.fleet, -air.charged_s)
    give_back(w, fleet.base, air.tank_kg, now)


@lean_kernel
def rest(w: World, f: int, now: float) -> None:
    """A crew is back and rests."""
    fleet = w.fleet[U(f)]
    if fleet.crews < 0:
        return
    at = (fleet.rest_at + fleet.resting) % fleet.crews
    w.rests_s[fleet.first_crew + at] = now + fleet.rest_s
    fleet.resting += 1
    if w.clock[0].open > 0 and fleet.crews_free == 0:
        wake_fleet(w, f, now)
