"""What the model says of a case: formulas, linear programme, simulation, airlift."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from airshield.plan.logistics import Edge, Network, Node, convoy_kgps, find_rates
from airshield.plan.patrol import (
    AircraftClass,
    Base,
    Duration,
    Fleet,
    Interval,
    PatrolPlan,
    Station,
    day_hours,
    find_bound,
    find_fleet,
    fleet_for_ready,
    fleet_sizes,
    mean_interval,
    simulate,
    sorties_per_day,
)
from airshield.units import S_PER_DAY
from validation.published import WHOLE, Ask, Case

HOUR_S = 3600.0
DAYS = 30
CRUISE_MPS = 200.0
M_PER_DEG = 111_229.0
"""Of latitude about 50° north, good to a thousandth: stations lie north of the base, so far that
the way takes as long as the case says."""
BASE_LAT_DEG = 40.0
T_DAY_PER_KGPS = 86.4
WANTED = 0.95
"""Cover that a fleet is sized for, and the chance that enough are ready on alert."""

Values = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How much is simulated: runs for the answer, and draws of the inputs with runs each."""

    runs: int = 2000
    draws: int = 200
    draw_runs: int = 40
    seed: int = 1
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What can be compared: words, how near is near, and what computes it."""

    words: str
    of: Callable[[Values, int, Settings], Interval]
    near: Callable[[float, float], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The model beside one published figure."""

    case: Case
    ask: Ask
    model: Interval
    low: float
    high: float
    verdict: str

    @property
    def ratio(self) -> float:
        return self.model.value / self.ask.published.value


def plan_of(values: Values) -> PatrolPlan:
    """One fleet at one base, and stations of one kind."""
    kind = AircraftClass(
        name="aircraft",
        role="patrol",
        cruise_mps=CRUISE_MPS,
        sortie_s=values["sortie_h"] * HOUR_S,
        turnaround=Duration(mean_s=values.get("turnaround_h", 0.0) * HOUR_S),
        repair_fixed_s=_hours(values, "repair_h"),
        repair_share=values.get("repair_share"),
        readiness=values.get("readiness"),
        down_s=_hours(values, "down_h"),
        crews_per_aircraft=values.get("crews_per_aircraft"),
        rest_s=_hours(values, "rest_h"),
    )
    north_deg = values.get("transit_h", 0.0) * HOUR_S * CRUISE_MPS / M_PER_DEG
    hours = None
    if "hours_a_day" in values:
        start_s = 6.0 * HOUR_S
        end_s = start_s + values["hours_a_day"] * HOUR_S
        hours = day_hours(start_s, end_s, days=DAYS)
    needed = int(values.get("needed", 0))
    return PatrolPlan(
        aircraft=(kind,),
        bases=(Base(name="base", contributor="they", lat_deg=BASE_LAT_DEG, lon_deg=0.0),),
        fleets=(
            Fleet(
                name="fleet",
                contributor="they",
                aircraft="aircraft",
                base="base",
                count=int(values.get("aircraft", 1)),
                on_alert=needed,
            ),
        ),
        stations=tuple(
            Station(
                name=f"station {i}",
                role="patrol",
                lat_deg=BASE_LAT_DEG + north_deg,
                lon_deg=0.0,
                count=int(values.get("at_once", 1)),
                stay_s=_hours(values, "stay_h"),
                hours=hours,
            )
            for i in range(int(values.get("stations", 1)))
        ),
    )


def network_of(values: Values) -> Network:
    """An airlift: more than enough where it loads, wanted without end where it unloads."""
    carries_kgps = convoy_kgps(
        carriers=int(values["aircraft"]),
        load_kg=1000.0 * values["load_t"],
        cycle_s=HOUR_S * sum(values[name] for name in ("flight_h", "turn_away_h", "turn_home_h")),
        readiness=values["readiness"],
    )
    return Network(
        nodes=(
            Node(name="home", owner="they", supply_kgps=2.0 * carries_kgps),
            Node(name="away", owner="they", demand_kgps=2.0 * carries_kgps),
        ),
        edges=(
            Edge(
                name="airlift",
                owner="they",
                start="home",
                end="away",
                mode="air",
                capacity_kgps=carries_kgps,
                is_one_way=True,
            ),
        ),
    )


def answer(case: Case, ask: Ask, settings: Settings) -> Answer:
    """The model's figure, its interval, its range over the inputs' ranges, and the verdict."""
    quantity = QUANTITIES[ask.quantity]
    centre = {name: figure.value for name, figure in case.inputs.items()}
    model = quantity.of(centre, settings.runs, settings)
    low = high = model.value
    if settings.draws and not all(figure.is_sure for figure in case.inputs.values()):
        rng = np.random.default_rng(settings.seed)
        drawn = [
            quantity.of(_draw(case, rng), settings.draw_runs, settings).value
            for _ in range(settings.draws)
        ]
        low, high = (float(q) for q in np.quantile(drawn, (0.05, 0.95)))
    return Answer(
        case=case,
        ask=ask,
        model=model,
        low=low,
        high=high,
        verdict=judge(ask, model.value, low, high),
    )


def judge(ask: Ask, model: float, low: float, high: float) -> str:
    """Say whether the model and what was published go together.

    ``agrees``: near enough. ``in range``: not, but some of the inputs' range is. ``kept``: what was
    flown is no more than the model says can be. ``MISS``: none of these.
    """
    published = ask.published
    if ask.compare == "at most":
        return "kept" if published.value <= model else "MISS"
    near = QUANTITIES[ask.quantity].near
    nearest = min(max(model, published.low), published.high)
    if near(model, nearest):
        return "agrees"
    return "in range" if low <= published.high and high >= published.low else "MISS"


def bound_of(case: Case) -> float:
    """Most presence by the linear programme, as a share of what is wanted."""
    plan = plan_of({name: figure.value for name, figure in case.inputs.items()})
    return find_bound(plan, days=DAYS).most


def _draw(case: Case, rng: np.random.Generator) -> Values:
    values = {}
    for name, figure in case.inputs.items():
        value = float(rng.uniform(figure.low, figure.high))
        if name in WHOLE:
            value = float(rng.integers(round(figure.low), round(figure.high) + 1))
        values[name] = value
    return values


def _hours(values: Values, name: str) -> float | None:
    return None if name not in values else values[name] * HOUR_S


def _exactly(value: float) -> Interval:
    return Interval(value=value, low=value, high=value)


def _sortie_rate(values: Values, runs: int, settings: Settings) -> Interval:
    return _exactly(
        sorties_per_day(
            flight_s=values["sortie_h"] * HOUR_S,
            turnaround_s=values["turnaround_h"] * HOUR_S,
            repair_fixed_s=values["repair_h"] * HOUR_S,
            repair_share=values["repair_share"],
        )
    )


def _simulated(what: str) -> Callable[[Values, int, Settings], Interval]:
    def of(values: Values, runs: int, settings: Settings) -> Interval:
        result = simulate(
            plan_of(values), days=DAYS, runs=runs, seed=settings.seed, threads=settings.threads
        )
        found = {
            "sorties": lambda: result.out.sorties.sum(axis=(1, 2)) / DAYS,
            "hours": lambda: result.flight_h.sum(axis=1) / DAYS,
            "cover": lambda: result.cover.mean(axis=1),
        }
        return mean_interval(found[what]())

    return of


def _fleet(measure: str) -> Callable[[Values, int, Settings], Interval]:
    def of(values: Values, runs: int, settings: Settings) -> Interval:
        plan = plan_of({**values, "aircraft": 1})
        if measure == "formula":
            return _exactly(fleet_sizes(plan, "patrol", runs=1, days=1).formula)
        found = find_fleet(
            plan,
            "patrol",
            share=WANTED,
            measure=measure,
            days=DAYS,
            runs=min(runs, 400),
            seed=settings.seed,
            threads=settings.threads,
        )
        return _exactly(math.nan if found is None else float(found))

    return of


def _alert_fleet(values: Values, runs: int, settings: Settings) -> Interval:
    needed = int(values["needed"])
    return _exactly(
        float(fleet_for_ready(needed=needed, readiness=values["readiness"], chance=WANTED))
    )


def _tonnes(values: Values, runs: int, settings: Settings) -> Interval:
    rates = find_rates(network_of(values))
    return _exactly(float(rates.got_kgps[1]) * T_DAY_PER_KGPS)


def _within(share: float) -> Callable[[float, float], bool]:
    return lambda model, published: abs(model - published) <= share * published


def _aircraft_near(model: float, published: float) -> bool:
    return abs(model - published) <= max(1.0, 0.2 * published)


def _share_near(model: float, published: float) -> bool:
    return abs(model - published) <= 0.05


QUANTITIES = {
    "sortie_rate": Quantity(
        words="sorties a day of one aircraft, RAND's form", of=_sortie_rate, near=_within(0.10)
    ),
    "sorties_a_day": Quantity(
        words="sorties a day, simulated", of=_simulated("sorties"), near=_within(0.20)
    ),
    "hours_a_day": Quantity(
        words="hours flown a day, simulated", of=_simulated("hours"), near=_within(0.20)
    ),
    "cover": Quantity(
        words="share of the wanted time, simulated", of=_simulated("cover"), near=_share_near
    ),
    "fleet_mean": Quantity(
        words="aircraft, 95 % on average", of=_fleet("mean"), near=_aircraft_near
    ),
    "fleet_worst": Quantity(
        words="aircraft, 95 % in the worst months", of=_fleet("worst"), near=_aircraft_near
    ),
    "alert_fleet": Quantity(
        words="aircraft, enough ready 95 % of the time", of=_alert_fleet, near=_aircraft_near
    ),
    "tonnes_a_day": Quantity(words="tonnes a day", of=_tonnes, near=_within(0.20)),
}
