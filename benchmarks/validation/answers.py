"""What the model says of a case: formulas, linear programme, simulation, airlift."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from airshield.errors import UsageError
from airshield.plan.logistics import (
    Edge,
    Network,
    Node,
    Outage,
    convoy_kgps,
    find_rates,
    plan_days,
)
from airshield.plan.patrol import (
    STATES,
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
    mean_interval,
    simulate,
    sorties_per_day,
    station_fleet,
)
from airshield.units import S_PER_DAY
from validation.published import WHOLE, Ask, Case

HOUR_S = 3600.0
DAYS = 30
SETTLED = 5
"""Rates are counted from this day on: at first everybody is ready."""
CRUISE_MPS = 200.0
M_PER_DEG = 111_229.0
"""Of latitude about 50° north, good to a thousandth: stations lie north of the base, so far that
the way takes as long as the case says."""
BASE_LAT_DEG = 40.0
T_DAY_PER_KGPS = 86.4
FLYING = STATES.index("flying")
WANTED = 0.95
"""Cover that a fleet is sized for, and the chance that enough are ready on alert."""

LEAST_FOR_WORST, MOST_FOR_FLEETS = 60, 400
"""Runs for a fleet: three of 60 are the worst 5 %; more than 400 seldom change a whole number."""

Values = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How much is simulated: runs for the answer, and draws of the inputs with runs each."""

    runs: int = 1000
    draws: int = 60
    draw_runs: int = 10
    seed: int = 1
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What computes a quantity and its closed forms, and how near is near."""

    of: Callable[[Values, int, Settings], Interval]
    closed: Callable[[Values], tuple[float, float]]
    near: Callable[[float, float], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The model beside one published figure.

    ``formula`` and ``bound`` are what the closed form and the linear programme say of the same
    thing; NaN where they say nothing.
    """

    case: Case
    ask: Ask
    model: Interval
    formula: float
    bound: float
    low: float
    high: float
    verdict: str

    @property
    def ratio(self) -> float:
        return self.model.value / self.ask.published.value


def plan_of(values: Values) -> PatrolPlan:
    """One fleet at one base, and stations of one kind."""
    stay_h = stay_h_of(values)
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
    stay_s, hours = _hours(values, "stay_h"), None
    if "missions_a_day" in values:
        stay_s = stay_h * HOUR_S
        hours = mission_hours(stay_s, int(values["missions_a_day"]))
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
                stay_s=stay_s,
                hours=hours,
            )
            for i in range(int(values.get("stations", 1)))
        ),
    )


def stay_h_of(values: Values) -> float:
    """On station in a sortie [h]."""
    left_h = values["sortie_h"] - 2.0 * values.get("transit_h", 0.0)
    if not left_h > 0.0:
        raise UsageError(
            f"a sortie of {values['sortie_h']:g} h with {values['transit_h']:g} h each way leaves "
            "no time on station; give a longer sortie or a nearer station"
        )
    return min(left_h, values.get("stay_h", left_h))


def mission_hours(stay_s: float, missions: int) -> tuple[tuple[float, float], ...]:
    """Hours in which a station is wanted for so many missions a day, evenly over the day."""
    apart_s = S_PER_DAY / missions
    if stay_s > apart_s:
        raise UsageError(
            f"{missions} missions a day of {stay_s / HOUR_S:g} h overlap; ask for a station around "
            "the clock instead"
        )
    starts = [i * apart_s + 0.25 * apart_s for i in range(missions)]
    each = [day_hours(start_s, start_s + stay_s, days=DAYS) for start_s in starts]
    return tuple(sorted(one for hours in each for one in hours))


def network_of(values: Values) -> Network:
    """A convoy or airlift: more than enough where it loads, wanted without end where it unloads."""
    carries_kgps = convoy_kgps(
        carriers=int(values["carriers"]),
        load_kg=1000.0 * values["load_t"],
        cycle_s=HOUR_S * sum(values[name] for name in ("way_h", "turn_away_h", "turn_home_h")),
        readiness=values["readiness"],
    )
    return Network(
        nodes=(
            Node(name="home", owner="they", supply_kgps=2.0 * carries_kgps),
            Node(name="away", owner="they", demand_kgps=2.0 * carries_kgps),
        ),
        edges=(
            Edge(
                name="carriers",
                owner="they",
                start="home",
                end="away",
                capacity_kgps=carries_kgps,
                is_one_way=True,
            ),
        ),
    )


def stocks_of(values: Values) -> tuple[Network, Outage]:
    """A place that is supplied by one way at first and by a second one besides later on."""
    less_kgps = min(values["first_t_day"], values["brought_t_day"]) / T_DAY_PER_KGPS
    more_kgps = values["brought_t_day"] / T_DAY_PER_KGPS - less_kgps
    source = Node(name="source", owner="they", supply_kgps=less_kgps + more_kgps, holds_kg=0.0)
    place = Node(
        name="place",
        owner="they",
        demand_kgps=values["need_t_day"] / T_DAY_PER_KGPS,
        stock_kg=1000.0 * values["stock_t"],
        holds_kg=math.inf,
    )
    edges = tuple(
        Edge(
            name=name,
            owner="they",
            start="source",
            end="place",
            capacity_kgps=kgps,
            is_one_way=True,
        )
        for name, kgps in (("at first", less_kgps), ("later", more_kgps))
    )
    return (
        Network(nodes=(source, place), edges=edges),
        Outage(name="later", from_day=0, to_day=int(values["first_days"])),
    )


def answer(case: Case, ask: Ask, settings: Settings) -> Answer:
    """The model's figure, its interval, its range over the inputs' ranges, and the verdict."""
    quantity = QUANTITIES[ask.quantity]
    centre = {name: figure.value for name, figure in case.inputs.items()} | ask.given
    model = quantity.of(centre, settings.runs, settings)
    formula, bound = quantity.closed(centre)
    low = high = model.value
    if settings.draws and not all(figure.is_sure for figure in case.inputs.values()):
        rng = np.random.default_rng(settings.seed)
        drawn = [
            quantity.of(_draw(case, rng) | ask.given, settings.draw_runs, settings).value
            for _ in range(settings.draws)
        ]
        low, high = (float(q) for q in np.quantile(drawn, (0.05, 0.95), method="inverted_cdf"))
    return Answer(
        case=case,
        ask=ask,
        model=model,
        formula=formula,
        bound=bound,
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
        if what == "cover":
            return mean_interval(result.cover.mean(axis=1))
        if what == "sorties":
            return mean_interval(result.out.sorties[:, SETTLED:].sum(axis=2).mean(axis=1))
        flown_s = result.out.state_s[:, SETTLED:, :, FLYING].sum(axis=2, dtype=np.float64)
        return mean_interval(flown_s.mean(axis=1) / HOUR_S)

    return of


def _flow(times: Callable[[Values], float]) -> Callable[[Values], tuple[float, float]]:
    """Sorties a day by the closed form and by the linear programme, times something.

    What is wanted, or what the fleet can do if that is less.
    """

    def closed(values: Values) -> tuple[float, float]:
        plan = plan_of(values)
        stay_h = stay_h_of(values)
        wanted = values.get("stations", 1) * values.get("at_once", 1) * 24.0 / stay_h
        wanted = values.get("missions_a_day", wanted)
        kind = plan.aircraft[0]
        ground_s = kind.turnaround.mean_s + kind.repair_s(kind.sortie_s)
        cycle_s = 2.0 * values.get("transit_h", 0.0) * HOUR_S + stay_h * HOUR_S + ground_s
        can = values["aircraft"] * values.get("readiness", 1.0) * S_PER_DAY / cycle_s
        most = find_bound(plan, days=DAYS).most * wanted
        return min(can, wanted) * times(values), most * times(values)

    return closed


def _station_formula(values: Values) -> tuple[float, float]:
    plan = plan_of({**values, "aircraft": 1})
    kind, stay_s = plan.aircraft[0], stay_h_of(values) * HOUR_S
    transit_s = values.get("transit_h", 0.0) * HOUR_S
    formula = station_fleet(
        stations=values.get("stations", 1),
        count=values.get("at_once", 1),
        transit_s=transit_s,
        on_station_s=stay_s,
        ground_s=kind.turnaround.mean_s + kind.repair_s(2.0 * transit_s + stay_s),
        available=values.get("readiness", 1.0),
    )
    return formula, find_bound(plan, days=DAYS).least["patrol"]


def _nothing(values: Values) -> tuple[float, float]:
    return math.nan, math.nan


def _most_cover(values: Values) -> tuple[float, float]:
    return math.nan, find_bound(plan_of(values), days=DAYS).most


def _fleet(measure: str) -> Callable[[Values, int, Settings], Interval]:
    def of(values: Values, runs: int, settings: Settings) -> Interval:
        found = find_fleet(
            plan_of({**values, "aircraft": 1}),
            "patrol",
            share=WANTED,
            measure=measure,
            days=DAYS,
            runs=min(max(runs, LEAST_FOR_WORST), MOST_FOR_FLEETS),
            seed=settings.seed,
            threads=settings.threads,
        )
        if found is None:
            raise UsageError("no number of aircraft holds it; look at crews and their rest")
        return _exactly(float(found))

    return of


def _alert_fleet(values: Values, runs: int, settings: Settings) -> Interval:
    needed = int(values["needed"])
    return _exactly(
        float(fleet_for_ready(needed=needed, readiness=values["readiness"], chance=WANTED))
    )


def _tonnes(values: Values, runs: int, settings: Settings) -> Interval:
    rates = find_rates(network_of(values))
    return _exactly(float(rates.got_kgps[1]) * T_DAY_PER_KGPS)


def _held_days(values: Values, runs: int, settings: Settings) -> Interval:
    network, outage = stocks_of(values)
    days = int(values["days"])
    planned = plan_days(network, days=days, outages=(outage,), step_s=S_PER_DAY)
    first = planned.first_short_day("place")
    return _exactly(float(days if first is None else first))


def _held_formula(values: Values) -> tuple[float, float]:
    """Stock over what is lacking each day, first and then."""
    lacks_first = values["need_t_day"] - values["first_t_day"]
    left = values["stock_t"] - values["first_days"] * lacks_first
    if left < 0.0:
        return values["stock_t"] / lacks_first, math.nan
    lacks = values["need_t_day"] - values["brought_t_day"]
    held = values["first_days"] + (left / lacks if lacks > 0.0 else math.inf)
    return min(held, values["days"]), math.nan


def _within(share: float) -> Callable[[float, float], bool]:
    return lambda model, published: abs(model - published) <= share * published


def _aircraft_near(model: float, published: float) -> bool:
    return abs(model - published) <= max(1.0, 0.2 * published)


def _share_near(model: float, published: float) -> bool:
    return abs(model - published) <= 0.05


QUANTITIES = {
    "sortie_rate": Quantity(of=_sortie_rate, closed=_nothing, near=_within(0.10)),
    "sorties_a_day": Quantity(
        of=_simulated("sorties"), closed=_flow(lambda values: 1.0), near=_within(0.20)
    ),
    "hours_a_day": Quantity(
        of=_simulated("hours"),
        closed=_flow(lambda values: stay_h_of(values) + 2.0 * values.get("transit_h", 0.0)),
        near=_within(0.20),
    ),
    "cover": Quantity(of=_simulated("cover"), closed=_most_cover, near=_share_near),
    "fleet_mean": Quantity(of=_fleet("mean"), closed=_station_formula, near=_aircraft_near),
    "fleet_worst": Quantity(of=_fleet("worst"), closed=_station_formula, near=_aircraft_near),
    "alert_fleet": Quantity(of=_alert_fleet, closed=_nothing, near=_aircraft_near),
    "held_days": Quantity(of=_held_days, closed=_held_formula, near=_within(0.20)),
    "tonnes_a_day": Quantity(of=_tonnes, closed=_nothing, near=_within(0.20)),
}
