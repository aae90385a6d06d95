"""How many aircraft it takes to have so many fit ones, and how many crews come with them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from airshield.errors import UsageError
from airshield.plan.patrol import Fleet, PatrolPlan, fleet_for_ready
from airshield.plan.patrol.model import MONTH_DAYS
from airshield.plan.roster.sorties import Floats, Ints, Period, Sorties

Readiness = float | Literal["mean"]


@dataclass(slots=True, kw_only=True)
class Counts:
    """A fleet, by how many of its aircraft fly in the roster.

    Attributes
    ----------
    owned : ndarray of int64, shape (most + 1,)
        Aircraft, fit or not and alert ones included, of which enough are fit for 0, 1, ... in the
        roster.
    crews : ndarray of int64, shape (most + 1,)
        Crews that come with them.
    cost : ndarray, shape (most + 1,)
        What having them costs.
    ones, adds : ndarray of int64
        The programme's variables for them, and what one of each adds to ``owned``; none while they
        have no sorties.
    """

    owned: Ints
    crews: Ints
    cost: Floats
    ones: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    adds: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def most(self) -> int:
        """At most so many in the roster."""
        return self.owned.size - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """Aircraft and crews away at once, at most; flying in a month [s]."""

    aircraft: int
    crews: int
    flight_s: float


def check_readiness(readiness: Readiness) -> None:
    """Refuse what is neither 'mean' nor a chance."""
    if readiness != "mean" and not (isinstance(readiness, float) and 0.0 < readiness < 1.0):
        raise UsageError(
            f"readiness={readiness!r}; give 'mean', or the chance with which enough aircraft are "
            "ready, between 0 and 1"
        )


def owned_for(plan: PatrolPlan, fleet: Fleet, flying: int, readiness: Readiness) -> int:
    """Aircraft of a fleet of which so many, and the alert, are fit.

    On average ('mean'), or with a chance, each aircraft by itself (binomial).
    """
    needed = flying + fleet.on_alert
    share = plan.readiness_of(fleet)
    if share is None or share == 1.0:
        return needed
    if readiness == "mean":
        return math.ceil(needed / share - 1e-9)
    return fleet_for_ready(needed=needed, readiness=share, chance=readiness)


def counts_for(plan: PatrolPlan, fleet: Fleet, readiness: Readiness, *, most: int) -> Counts:
    """A fleet of any size, up to so many in the roster."""
    owned = np.array([owned_for(plan, fleet, n, readiness) for n in range(most + 1)], np.int64)
    return Counts(owned=owned, crews=_crews(plan, fleet, owned), cost=owned.astype(np.float64))


def counts_given(plan: PatrolPlan, fleet: Fleet, readiness: Readiness) -> Counts:
    """The fleet that there is: as many in the roster as its count allows."""
    many = 0
    while many < fleet.count and owned_for(plan, fleet, many + 1, readiness) <= fleet.count:
        many += 1
    owned = np.full(many + 1, fleet.count, np.int64)
    return Counts(owned=owned, crews=_crews(plan, fleet, owned), cost=np.zeros(many + 1))


def needed_of(plan: PatrolPlan, period: Period, sorties: Sorties, flown: Ints, f: int) -> Needed:
    """What a fleet's part of a timetable takes at once."""
    kind = plan.class_of(plan.fleets[f])
    mine = sorties.fleet == f
    start_s, many = sorties.take_off_s[mine], flown[mine]
    return Needed(
        aircraft=_most_at_once(start_s, sorties.ready_s[mine], many, period.length_s),
        crews=0
        if kind.crews_per_aircraft is None
        else _most_at_once(start_s, sorties.rested_s[mine], many, period.length_s),
        flight_s=float(sorties.flight_s[mine] @ many) * MONTH_DAYS / period.days,
    )


def least_of(plan: PatrolPlan, has: Counts, needed: Needed, f: int) -> int:
    """How many of a fleet's aircraft must fly: the first place in its counts with all that."""
    kind = plan.class_of(plan.fleets[f])
    for n in range(needed.aircraft, has.most):
        crews, owned = int(has.crews[n]), int(has.owned[n])
        crew_s = math.inf if kind.crew_month_s is None else crews * kind.crew_month_s
        if kind.crews_per_aircraft is None:
            crew_s = math.inf
        airframe_s = math.inf if kind.month_s is None else owned * kind.month_s
        if crews >= needed.crews and needed.flight_s <= min(crew_s, airframe_s) + 1.0:
            return n
    return has.most


def counts_none() -> Counts:
    """A fleet that is not there."""
    nothing = np.zeros(1, np.int64)
    return Counts(owned=nothing, crews=nothing, cost=np.zeros(1))


def _crews(plan: PatrolPlan, fleet: Fleet, owned: Ints) -> Ints:
    each = plan.class_of(fleet).crews_per_aircraft
    # A hundredth of a crew is rounding in the ratio, as in the simulation.
    return owned if each is None else np.floor(each * owned + 0.01).astype(np.int64)


def _most_at_once(start_s: Ints, end_s: Ints, many: Ints, length_s: int) -> int:
    """How many of what is taken over and over in a period are taken at once, at most."""
    at_s = np.unique(start_s % length_s)[:, None]
    away = (at_s - start_s) // length_s - (at_s - end_s) // length_s
    return int((away @ many).max(initial=0))
