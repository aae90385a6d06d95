"""How many aircraft it takes: on average, in most runs, in the worst months; and what misleads."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Final, Literal

from airshield.errors import UsageError
from airshield.plan.patrol.arrays import pairs_of
from airshield.plan.patrol.bound import find_bound
from airshield.plan.patrol.formula import chance_ready, fleet_for_ready, station_fleet
from airshield.plan.patrol.model import PatrolPlan
from airshield.plan.patrol.simulate import Sustained, mean_interval, quantile_interval, simulate

Measure = Literal["mean", "worst"]

GIVE_UP: Final = 8
"""A search ends at so many times the formula: what is lacking then is no aircraft."""


TRY_RUNS: Final = 16
CLEARLY: Final = 0.02
"""So many runs, and so far below the share, say that no number of aircraft does it: mean cover of a
month is known to a percent from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSizes:
    """Aircraft of a role, four ways. Only the last two are fleets to plan with.

    Attributes
    ----------
    role : str
        Whose.
    given : int
        As the plan has it.
    formula : float
        Closed station formula: each station by its nearest fleet, on its own fuel; inf where none
        reaches one.
    bound : float
        Linear programme: no fleet that is smaller does it on average.
    mean : int or None
        Simulated: the least that the stations of the role are manned for the share on average.
    worst : int or None
        Simulated: the same in all but the worst 5 % of the runs ("months" where days is 30).
    why : str
        Why there is no number, where one is None: cannot hold, because ...
    """

    role: str
    given: int
    formula: float
    bound: float
    mean: int | None
    worst: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something that flatters the plan: a code, whom it concerns, and words."""

    code: Literal["sized_on_means", "counted_twice", "not_counted", "out_of_reach", "no_crews"]
    who: str
    words: str


def scaled(plan: PatrolPlan, role: str, count: int) -> PatrolPlan:
    """The plan with so many aircraft of a role, shared as its fleets are (largest remainders).

    Alert is kept; spots are not asked.
    """
    of = [fleet for fleet in plan.fleets if plan.class_of(fleet).role == role]
    total = sum(fleet.count for fleet in of)
    if not of or total == 0:
        raise UsageError(f"no aircraft of role {role!r} to scale; give a fleet with a count")
    exact = {fleet.name: fleet.count * count / total for fleet in of}
    counts = {name: math.floor(part) for name, part in exact.items()}
    by_rest = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_rest[: count - sum(counts.values())]:
        counts[name] += 1
    fleets = tuple(
        dataclasses.replace(
            fleet,
            count=counts[fleet.name],
            on_alert=min(fleet.on_alert, counts[fleet.name]),
        )
        if fleet.name in counts
        else fleet
        for fleet in plan.fleets
    )
    bases = tuple(dataclasses.replace(base, spots=None) for base in plan.bases)
    return dataclasses.replace(plan, fleets=fleets, bases=bases)


def find_fleet(
    plan: PatrolPlan,
    role: str,
    *,
    share: float = 0.95,
    measure: Measure = "mean",
    chance: float = 0.05,
    days: int = 30,
    runs: int = 400,
    seed: int = 0,
    threads: int | None = None,
    more_than: int = 0,
) -> int | None:
    """Least number of aircraft of a role with which its stations hold, by bisection.

    Every station of the role must be manned for the share: on average, or in all but ``chance``
    of the runs. All sizes meet the same random numbers. None: no number does it. ``more_than`` is
    a number that is known not to do.
    """
    formula = _formula(plan, role)
    if not math.isfinite(formula):
        return None
    low, high = more_than, max(more_than + 1, math.ceil(formula))
    most = GIVE_UP * max(1, math.ceil(formula))
    ample = simulate(
        scaled(plan, role, most), days=days, runs=min(runs, TRY_RUNS), seed=seed, threads=threads
    )
    if _cover(ample, role, "mean", chance) < share - CLEARLY:
        return None  # what is lacking is no aircraft

    def holds(count: int) -> bool:
        sized = simulate(
            scaled(plan, role, count), days=days, runs=runs, seed=seed, threads=threads
        )
        return _cover(sized, role, measure, chance) >= share

    while not holds(high):
        low, high = high, 2 * high
        if low >= most:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def fleet_sizes(
    plan: PatrolPlan,
    role: str,
    *,
    share: float = 0.95,
    days: int = 30,
    runs: int = 400,
    seed: int = 0,
    threads: int | None = None,
) -> FleetSizes:
    """Formula, bound, and both simulated fleets of a role, side by side."""
    formula = _formula(plan, role)
    found: dict[Measure, int | None] = {"mean": None, "worst": None}
    why = ""
    if math.isfinite(formula):
        for measure in found:
            on_average = found["mean"]
            if measure == "worst" and on_average is None:
                break  # a month in twenty is worse than the mean of all
            found[measure] = find_fleet(
                plan,
                role,
                share=share,
                measure=measure,
                days=days,
                runs=runs,
                seed=seed,
                threads=threads,
                more_than=0 if on_average is None else on_average - 1,
            )
        if None in found.values():
            why = (
                f"cannot hold, because more aircraft of role {role!r} do not help: crews, fuel, "
                "runways, weather or tankers are short"
            )
    else:
        lost = _unreached(plan, role)
        why = f"cannot hold, because no fleet reaches {', '.join(lost)} and has fuel to stay"
    return FleetSizes(
        role=role,
        given=sum(fleet.count for fleet in plan.fleets if plan.class_of(fleet).role == role),
        formula=formula,
        bound=find_bound(plan, days=days).least.get(role, 0.0),
        mean=found["mean"],
        worst=found["worst"],
        why=why,
    )


def cautions(plan: PatrolPlan) -> tuple[Caution, ...]:
    """What flatters a plan: sizes that are means, readiness counted twice, figures not said."""
    told = []
    for role in dict.fromkeys(station.role for station in plan.stations):
        told += [
            Caution(
                code="out_of_reach",
                who=name,
                words=f"station {name}: no fleet reaches it and has fuel to stay",
            )
            for name in _unreached(plan, role)
        ]
        told += _sized_on_means(plan, role)
    used = {fleet.aircraft for fleet in plan.fleets}
    for kind in plan.aircraft:
        if kind.name not in used:
            continue
        if kind.readiness is not None and kind.readiness < 1.0 and kind.repair_s(3600.0) > 0.0:
            told.append(
                Caution(
                    code="counted_twice",
                    who=kind.name,
                    words=(
                        f"{kind.name}: readiness {kind.readiness:.2f} and repair after flights; a "
                        "published mission-capable rate holds both, and then the same hours count "
                        "twice"
                    ),
                )
            )
        lacking = {
            "repair after flights": kind.repair_fixed_s is None and kind.repair_share is None,
            "readiness": kind.readiness is None,
            "crews": kind.crews_per_aircraft is None,
            "rest of crews": kind.crews_per_aircraft is not None and kind.rest_s is None,
            "fuel burnt": kind.burn_kgps is None,
        }
        told += [
            Caution(
                code="not_counted",
                who=kind.name,
                words=f"{kind.name}: {what} is not said and not counted, which flatters the plan",
            )
            for what, is_lacking in lacking.items()
            if is_lacking
        ]
    told += [
        Caution(
            code="not_counted",
            who=fleet.name,
            words=(
                f"{fleet.name}: {fleet.on_alert} on alert and calls are not said and not counted, "
                "which flatters the plan"
            ),
        )
        for fleet in plan.fleets
        if fleet.on_alert and fleet.scrambles_per_day is None
    ]
    for fleet in plan.fleets:
        ratio = plan.class_of(fleet).crews_per_aircraft
        if ratio is not None and fleet.count and math.floor(ratio * fleet.count + 0.01) == 0:
            told.append(
                Caution(
                    code="no_crews",
                    who=fleet.name,
                    words=f"{fleet.name}: {fleet.count} aircraft and no whole crew; it never flies",
                )
            )
    return tuple(told)


def _sized_on_means(plan: PatrolPlan, role: str) -> list[Caution]:
    """A fleet that is large enough on average and whose ready aircraft often are too few."""
    fleets = [fleet for fleet in plan.fleets if plan.class_of(fleet).role == role]
    fits = [1.0 if (fit := plan.readiness_of(fleet)) is None else fit for fleet in fleets]
    given = sum(fleet.count for fleet in fleets)
    ready = sum(fleet.count * fit for fleet, fit in zip(fleets, fits, strict=True))
    formula = _formula(plan, role, is_fit=True)
    if not given or not math.isfinite(formula) or ready / given >= 1.0:
        return []
    needed = math.ceil(formula + sum(fleet.on_alert for fleet in fleets) - 1e-9)
    readiness = ready / given
    chance = chance_ready(aircraft=given, readiness=readiness, needed=needed)
    if ready < needed - 1e-9 or chance >= 0.95:
        return []
    return [
        Caution(
            code="sized_on_means",
            who=role,
            words=(
                f"{role}: {given} aircraft at {readiness:.0%} readiness give the {needed} that are "
                f"needed on average, and only {chance:.0%} of the time; 95 % of the time takes "
                f"{fleet_for_ready(needed=needed, readiness=readiness)}, more where a whole type "
                "can be grounded"
            ),
        )
    ]


def _formula(plan: PatrolPlan, role: str, *, is_fit: bool = False) -> float:
    """The closed formula for a role: each station by the fleet with the shortest way."""
    pairs = pairs_of(plan)
    total = 0.0
    for s, station in enumerate(plan.stations):
        if station.role != role:
            continue
        reach = [f for f in range(len(plan.fleets)) if pairs[f, s]["stay_s"] > 0.0]
        if not reach:
            return math.inf
        f = min(reach, key=lambda f: float(pairs[f, s]["transit_s"]))
        kind, pair = plan.class_of(plan.fleets[f]), pairs[f, s]
        transit_s, stay_s = float(pair["transit_s"]), float(pair["stay_s"])
        readiness = plan.readiness_of(plan.fleets[f])
        total += station_fleet(
            stations=1,
            count=station.count,
            transit_s=transit_s,
            on_station_s=stay_s,
            ground_s=kind.turnaround.mean_s + kind.repair_s(2.0 * transit_s + stay_s),
            available=1.0 if is_fit or readiness is None else readiness,
        )
    return total


def _unreached(plan: PatrolPlan, role: str) -> list[str]:
    pairs = pairs_of(plan)
    return [
        station.name
        for s, station in enumerate(plan.stations)
        if station.role == role and not (pairs[:, s]["stay_s"] > 0.0).any()
    ]


def _cover(result: Sustained, role: str, measure: Measure, chance: float) -> float:
    """Cover of the station of a role that is worst by the measure."""
    stations = [
        s
        for s, station in enumerate(result.plan.stations)
        if station.role == role and result.demanded_s[:, s].any()
    ]
    if measure == "mean":
        return min(mean_interval(result.cover[:, s]).value for s in stations)
    return min(quantile_interval(result.cover[:, s], chance).value for s in stations)
