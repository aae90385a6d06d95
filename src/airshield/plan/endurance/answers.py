"""What a plan that was run answers: verdicts with intervals, days, and chains of causes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from airshield.plan.dependence import Goal
from airshield.plan.endurance.endure import Endurance
from airshield.plan.endurance.model import EndurancePlan, StationAsked, StockAsked
from airshield.plan.patrol import (
    Cause,
    Interval,
    find_failure,
    mean_interval,
    quantile_interval,
    smallest_flight_kg,
)

Floats = NDArray[np.float64]
Verdict = Literal["holds", "fails", "unknown"]

LASTS: Final = 0.95
"""A stock holds when it lasts in this share of the runs: it must in all but the worst 5 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a requirement.

    Attributes
    ----------
    kind : {"station", "stock"}
    name, of : str
        The requirement, and the station or node that it is about.
    asked : float
        A station's share, or a stock's days.
    asked_days : int
    unit : {"share", "days"}
    value, low, high : float
        Mean cover with its 95 % interval; or the days that a stock lasts in all but the worst 5 %
        of the runs. NaN: unknown. Between them lie unknown supply figures too.
    verdict : str
    from_day : int or None
        From which day a station no longer holds, or on which a stock is out.
    why : str or None
        In words, where it does not hold.
    """

    kind: Literal["station", "stock"]
    name: str
    of: str
    asked: float
    asked_days: int
    unit: Literal["share", "days"]
    value: float
    low: float
    high: float
    verdict: Verdict
    from_day: int | None
    why: str | None


def goals_of(plan: EndurancePlan) -> tuple[Goal, ...]:
    """The requirements as ``plan.dependence`` takes them, stations first, in the plan's order."""
    return (
        *(Goal(name=one.name, at_least=one.share, unit="share") for one in plan.stations),
        *(Goal(name=one.name, at_least=LASTS, unit="chance") for one in plan.stocks),
    )


def runs_of(result: Endurance) -> Floats:
    """One figure for each requirement and replication, shape (goals, runs); NaN is unknown.

    A station's is the share of its hours that it was manned within the days asked, a stock's is 1
    where it lasted them and 0 where it did not.
    """
    rows = [_cover(result, one) for one in result.plan.stations]
    for stock in result.plan.stocks:
        lasted = _lasted(result, stock)
        rows.append(np.where(np.isnan(lasted), np.nan, lasted >= stock.days))
    return np.array(rows, np.float64).reshape(-1, result.runs)


def answers_of(worst: Endurance, best: Endurance) -> tuple[Answer, ...]:
    """Answer every requirement between two runs of a plan (the same one twice if all is known)."""
    return (
        *(_station_answer(worst, best, one) for one in worst.plan.stations),
        *(_stock_answer(worst, best, one) for one in worst.plan.stocks),
    )


def find_chain(
    result: Endurance, station: str, *, share: float
) -> tuple[int | None, tuple[Cause, ...]]:
    """From which day a station is not manned for a share, and why, down to the supply.

    Returns
    -------
    int or None, tuple of Cause
        None: it holds in every run. The codes are those of ``plan.patrol``, and ``supply``.
    """
    assert result.sustained is not None, "a station is asked for, so there are patrols"
    failure = find_failure(result.sustained, station, share=share)
    chain = failure.chain
    fuel = result.plan.fuel
    if not chain or chain[-1].code != "fuel" or fuel is None:
        return failure.day, chain
    base = chain[-1].who
    node = result.plan.nodes.get(base)
    if node is None:
        return failure.day, chain
    days = result.supply.get(fuel)
    if days is None or node not in {one.name for one in days.network.nodes}:
        gone = ", ".join(dict.fromkeys(name for name, day in result.plan.gone if day <= 0))
        words = f"{node} is not there" + (f" without {gone}" if gone else "")
        return failure.day, (*chain, Cause(code="supply", who=node, words=words, since_day=0))
    why = days.why(node)
    if why is not None:
        chain = (
            *chain,
            Cause(code="supply", who=node, words=why, since_day=days.first_short_day(node)),
        )
    return failure.day, chain


def chain_words(station: str, day: int | None, chain: tuple[Cause, ...]) -> str:
    """A chain of causes in one sentence."""
    if day is None:
        return f"station {station} holds"
    why = ", because ".join(cause.words for cause in chain)
    return f"station {station} fails from day {day}: {why}"


def _cover(result: Endurance, asked: StationAsked) -> Floats:
    """Share of its hours that a station was manned in the days asked, shape (runs,)."""
    sustained = result.sustained
    assert sustained is not None, "a station is asked for, so there are patrols"
    if asked.days > result.days:
        return np.full(result.runs, np.nan)
    s = _station(result, asked.station)
    wanted_s = sustained.demanded_s[: asked.days, s].sum()
    if not wanted_s > 0.0:
        return np.full(result.runs, np.nan)
    manned_s = sustained.out.manned_s[:, : asked.days, s].sum(axis=1, dtype=np.float64)
    return np.asarray(manned_s / wanted_s)


def _station_answer(worst: Endurance, best: Endurance, asked: StationAsked) -> Answer:
    low, high = _mean(_cover(worst, asked)), _mean(_cover(best, asked))
    verdict = _judge(low.low, high.high, asked.share)
    day, why = None, None
    if math.isnan(low.value):
        why = _not_seen(worst, asked)
    elif verdict != "holds":
        day, chain = find_chain(worst, asked.station, share=asked.share)
        why = chain_words(asked.station, day, chain) if chain else _by_a_little(low, asked)
    return Answer(
        kind="station",
        name=asked.name,
        of=asked.station,
        asked=asked.share,
        asked_days=asked.days,
        unit="share",
        value=0.5 * (low.value + high.value) if worst is not best else low.value,
        low=max(low.low, 0.0),
        high=min(high.high, 1.0),
        verdict=verdict,
        from_day=day,
        why=why,
    )


def _by_a_little(cover: Interval, asked: StationAsked) -> str:
    return (
        f"station {asked.station} is manned for {cover.value:.1%} of its hours on average, "
        f"{asked.share:.0%} is asked; no day is below for good"
    )


def _not_seen(result: Endurance, asked: StationAsked) -> str:
    if asked.days > result.days:
        return f"asked for {asked.days} days and looked at {result.days}"
    return f"station {asked.station} has no hours within {asked.days} days"


def _mean(values: Floats) -> Interval:
    if np.isnan(values).any():
        return Interval(value=math.nan, low=math.nan, high=math.nan)
    return mean_interval(values)


def _judge(low: float, high: float, asked: float) -> Verdict:
    """NaN compares false: what is not known neither holds nor fails."""
    if low >= asked:
        return "holds"
    return "fails" if high < asked else "unknown"


def _lasted(result: Endurance, asked: StockAsked) -> Floats:
    """Days for which a node was neither empty nor short, at most those asked, shape (runs,)."""
    unknown = np.full(result.runs, np.nan)
    if asked.days > result.days or asked.goods not in result.plan.networks:
        return unknown
    supply = result.supply.get(asked.goods)
    names = [n.name for n in supply.network.nodes] if supply else []
    if supply is None or asked.node not in names:
        return np.zeros(result.runs)  # who brought the node is not there
    first = supply.first_short_day(asked.node)
    lasted = np.full(result.runs, float(asked.days if first is None else min(first, asked.days)))
    if asked.goods != result.plan.fuel or result.sustained is None:
        return lasted
    patrol = result.sustained.plan
    for b, base in enumerate(patrol.bases):
        if result.plan.nodes.get(base.name) != asked.node:
            continue
        if np.isnan(result.burn_kgps[:, b]).any():
            return unknown
        least_kg = smallest_flight_kg(patrol, base.name)
        if least_kg is not None:
            # Below the fuel of its shortest flight a base is empty to its aircraft.
            is_out = result.sustained.out.stock_kg[:, : asked.days, b] < least_kg
            days = np.where(is_out.any(axis=1), is_out.argmax(axis=1), asked.days)
            lasted = np.minimum(lasted, days) if first is None else days.astype(np.float64)
    return lasted


def _stock_answer(worst: Endurance, best: Endurance, asked: StockAsked) -> Answer:
    low, high = _lasted(worst, asked), _lasted(best, asked)
    if np.isnan(low).any() or np.isnan(high).any():
        value = lower = upper = math.nan
        verdict: Verdict = "unknown"
    else:
        last, first = quantile_interval(low, 1.0 - LASTS), quantile_interval(high, 1.0 - LASTS)
        value = last.value
        lower, upper = max(last.low, float(low.min())), min(first.high, float(asked.days))
        sure = float((low >= asked.days).mean()), float((high >= asked.days).mean())
        verdict = "holds" if sure[0] >= LASTS else "fails" if sure[1] < LASTS else "unknown"
    return Answer(
        kind="stock",
        name=asked.name,
        of=asked.node,
        asked=float(asked.days),
        asked_days=asked.days,
        unit="days",
        value=value,
        low=lower,
        high=upper,
        verdict=verdict,
        from_day=int(value) if verdict != "holds" and value < asked.days else None,
        why=None if verdict == "holds" else _stock_why(worst, asked, value),
    )


def _stock_why(result: Endurance, asked: StockAsked, value: float) -> str:
    if asked.goods not in result.plan.networks:
        return f"no stock of {asked.goods} is said for any node"
    if asked.days > result.days:
        return f"asked for {asked.days} days and looked at {result.days}"
    supply = result.supply.get(asked.goods)
    if supply is None or asked.node not in {n.name for n in supply.network.nodes}:
        return f"{asked.node} is not there: who runs it does not come"
    if math.isnan(value):
        return f"it is not said what the aircraft at {asked.node} burn"
    why = supply.why(asked.node)
    return why or (
        f"{asked.node} is empty on day {value:.0f} in one run of twenty: it gets what is burnt on "
        "average, and has too little in store for what is burnt beyond that"
    )


def _station(result: Endurance, name: str) -> int:
    assert result.sustained is not None, "a station is asked for, so there are patrols"
    return [one.name for one in result.sustained.plan.stations].index(name)
