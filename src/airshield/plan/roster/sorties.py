"""Which sorties there could be in a period that repeats: of every fleet, to every station.

Seconds are whole, from the period's first instant. What happens on the ground is rounded to whole
minutes to the bad side: take-off early, landing and ready late. Stays begin and end with the steps.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.plan.patrol import Fleet, PatrolPlan
from airshield.plan.patrol.arrays import pairs_of
from airshield.plan.patrol.model import Hours
from airshield.units import S_PER_DAY, S_PER_MIN

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_FEW_S: Final = 1e-3
"""Below that a stay is as long as the steps that it just misses."""
REFUELLINGS_MOST: Final = 3
"""In a sortie. A plan that says how long crews can fly seldom allows more; in one that does not
stays would be without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The days that repeat.

    Attributes
    ----------
    step_s, steps : int
        Length of a step [s]; how many make the period.
    start_s : float
        Its first instant, from that of the plan [s].
    """

    step_s: int
    steps: int
    start_s: float

    @property
    def length_s(self) -> int:
        """Length of the period [s]."""
        return self.step_s * self.steps

    @property
    def days(self) -> int:
        """The same in days."""
        return round(self.length_s / S_PER_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorties:
    """Possible sorties, one element of each array for each, shape (n,).

    Attributes
    ----------
    fleet, station : ndarray of int64
        Numbers in the plan.
    first, steps : ndarray of int64
        On station from which step of the period, for how many.
    take_off_s, landing_s, ready_s, rested_s : ndarray of int64
        From the period's first instant [s]; may lie before it or after its end. Aircraft ready
        again, crew rested.
    fuel_kg, offload_kg, taken_kg : ndarray of float64
        Burnt on its own fuel; brought for others; taken from tankers [kg].
    refuellings : ndarray of int64
        How many.
    """

    fleet: Ints
    station: Ints
    first: Ints
    steps: Ints
    take_off_s: Ints
    landing_s: Ints
    ready_s: Ints
    rested_s: Ints
    fuel_kg: Floats
    offload_kg: Floats
    taken_kg: Floats
    refuellings: Ints

    @property
    def many(self) -> int:
        """How many."""
        return int(self.fleet.size)

    @property
    def flight_s(self) -> Ints:
        """From take-off to landing [s]."""
        return self.landing_s - self.take_off_s

    def take(self, keep: NDArray[np.bool_] | Ints) -> Sorties:
        """Some of them."""
        return Sorties(
            **{field.name: getattr(self, field.name)[keep] for field in dataclasses.fields(self)}
        )


def period_of(*, days: int, step_s: float, first_day: int) -> Period:
    """Check and make a period.

    Raises
    ------
    UsageError
        The step is no whole number of minutes, or days are no whole number of steps.
    """
    if days < 1 or first_day < 0:
        raise UsageError(f"days={days}, first_day={first_day}; a roster takes at least one day")
    if not (step_s > 0.0 and step_s % S_PER_MIN == 0.0 and S_PER_DAY % step_s == 0.0):
        raise UsageError(
            f"step_s={step_s!r}; give whole minutes of which a day is a whole number, say 1800"
        )
    return Period(
        step_s=round(step_s),
        steps=round(days * S_PER_DAY / step_s),
        start_s=first_day * S_PER_DAY,
    )


def needs_of(plan: PatrolPlan, period: Period) -> Ints:
    """How many aircraft are to be at each station in each step, shape (stations, steps).

    A step in which a station's hours begin or end counts as a whole.
    """
    edges_s = period.start_s + period.step_s * np.arange(period.steps + 1)
    needs = np.zeros((len(plan.stations), period.steps), np.int64)
    for s, station in enumerate(plan.stations):
        for start, end in station.hours if station.hours is not None else ((0.0, math.inf),):
            needs[s, (edges_s[1:] > start) & (edges_s[:-1] < end)] = station.count
    return needs


def is_there(fleet: Fleet, period: Period) -> bool:
    """Whether a fleet is there for all of the period."""
    first = round(period.start_s / S_PER_DAY)
    return fleet.from_day <= first and (fleet.to_day is None or fleet.to_day >= first + period.days)


def sorties_of(plan: PatrolPlan, period: Period, needs: Ints) -> Sorties:
    """All sorties of a period that serve a need: their stay begins and ends with one."""
    pairs = pairs_of(plan)
    parts = []
    for f, fleet in enumerate(plan.fleets):
        if not is_there(fleet, period):
            continue
        for s in range(len(plan.stations)):
            if pairs[f, s]["stay_s"] > 0.0 and needs[s].any():
                parts += _of_pair(plan, period, needs[s] > 0, f, s, pairs[f, s])
    if not parts:
        return no_sorties()
    names = [field.name for field in dataclasses.fields(Sorties)]
    return Sorties(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    )


def no_sorties() -> Sorties:
    """None at all."""
    whole, floats = np.zeros(0, np.int64), np.zeros(0)
    return Sorties(
        fleet=whole,
        station=whole,
        first=whole,
        steps=whole,
        take_off_s=whole,
        landing_s=whole,
        ready_s=whole,
        rested_s=whole,
        fuel_kg=floats,
        offload_kg=floats,
        taken_kg=floats,
        refuellings=whole,
    )


def refuelled_at(sorties: Sorties, plan: PatrolPlan, step_s: int) -> list[tuple[int, int, float]]:
    """Refuellings: which sortie, how many steps after its arrival, how much [kg]."""
    pairs = pairs_of(plan)
    found = []
    for j in np.flatnonzero(sorties.refuellings):
        pair = pairs[sorties.fleet[j], sorties.station[j]]
        burn = plan.class_of(plan.fleets[sorties.fleet[j]]).burn_kgps or 0.0
        left_s = int(sorties.steps[j]) * step_s - float(pair["stay_s"])
        for i in range(int(sorties.refuellings[j])):
            gain_s = min(left_s, float(pair["more_s"]))
            after = math.floor((pair["stay_s"] + i * pair["more_s"] + _FEW_S) / step_s)
            found.append((int(j), after, burn * (gain_s + float(pair["detour_s"]))))
            left_s -= gain_s
    return found


def is_open(hours: Hours | None, period: Period, at_s: Ints) -> NDArray[np.bool_]:
    """Whether a base is open at times of the period, which repeats."""
    if hours is None:
        return np.ones(at_s.shape, bool)
    t_s = period.start_s + at_s % period.length_s
    found = np.zeros(at_s.shape, bool)
    for start, end in hours:
        found |= (t_s >= start) & (t_s <= end)
    return found


def _of_pair(
    plan: PatrolPlan,
    period: Period,
    is_needed: NDArray[np.bool_],
    f: int,
    s: int,
    pair: NDArray[np.void],
) -> list[Sorties]:
    fleet = plan.fleets[f]
    kind = plan.class_of(fleet)
    own_s, more_s = float(pair["stay_s"]), float(pair["more_s"])
    longest_s = min(float(pair["most_s"]), own_s + REFUELLINGS_MOST * more_s, period.length_s)
    way_s = float(pair["transit_s"])
    early_s = int(math.ceil(way_s / S_PER_MIN) * S_PER_MIN)
    parts = []
    for steps in range(1, math.floor((longest_s + _FEW_S) / period.step_s) + 1):
        stay_s = steps * period.step_s
        first = np.flatnonzero(is_needed & np.roll(is_needed, 1 - steps))
        take_off_s = first * period.step_s - early_s
        landing_s = first * period.step_s + stay_s + early_s
        base = plan.base_of(fleet)
        keep = is_open(base.hours, period, take_off_s) & is_open(base.hours, period, landing_s)
        first, take_off_s, landing_s = first[keep], take_off_s[keep], landing_s[keep]
        beyond_s = stay_s - own_s if stay_s - own_s > _FEW_S else 0.0
        refuellings = math.ceil((beyond_s - _FEW_S) / more_s) if beyond_s else 0
        ground_s = kind.turnaround.mean_s + kind.repair_s(2.0 * way_s + stay_s)
        burn = kind.burn_kgps or 0.0
        n = first.size
        parts.append(
            Sorties(
                fleet=np.full(n, f),
                station=np.full(n, s),
                first=first,
                steps=np.full(n, steps),
                take_off_s=take_off_s,
                landing_s=landing_s,
                ready_s=landing_s + int(math.ceil(ground_s / S_PER_MIN) * S_PER_MIN),
                rested_s=landing_s + int(math.ceil((kind.rest_s or 0.0) / S_PER_MIN) * S_PER_MIN),
                fuel_kg=np.full(n, burn * (2.0 * way_s + min(stay_s, own_s))),
                offload_kg=np.full(n, float(pair["offload_kg"])),
                taken_kg=np.full(n, burn * (beyond_s + refuellings * float(pair["detour_s"]))),
                refuellings=np.full(n, refuellings),
            )
        )
    return parts
