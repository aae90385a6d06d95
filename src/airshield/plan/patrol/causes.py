"""Why a station is not manned: from the station down to what ran out, in codes and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from airshield.plan.patrol.arrays import pairs_of
from airshield.plan.patrol.simulate import Sustained
from airshield.plan.patrol.state import (
    ALL_DOWN,
    ALL_FLYING,
    FLYING,
    FUEL,
    IN_REPAIR,
    IN_TURNAROUND,
    REASONS,
    STATES,
)

OFTEN: Final = 0.25
"""From this share of refused refuellings on, the tankers belong into the chain."""

NOTABLE_S: Final = 600.0
"""So long aircraft must be lacking on a day, for want of fuel, for it to count as out."""

WORDS: Final = {
    "en_route": "reliefs are on their way, too late",
    "no_fleet": "no fleet that is there reaches it",
    "lost": "all its aircraft are lost",
    "weather": "weather has shut the bases",
    "hours": "the bases are shut at these hours",
    "grounded": "the class is grounded",
    "alert": "those that are ready are kept on alert",
    "crew_rest": "all crews fly or rest",
    "crew_hours": "the crews have flown all their hours of the month",
    "airframe_hours": "the aircraft have flown all their hours of the month",
    "fuel": "fuel is out",
    "runway": "the runway is taken",
    "flying": "too few aircraft: most are in the air",
    "turnaround": "too few aircraft: most are being turned round",
    "repair": "too few aircraft: most are in repair",
    "down": "too few aircraft: most are out of service",
    "tankers": "refuelling is refused",
}
"""What the codes of causes mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One link of a chain.

    Attributes
    ----------
    code : str
        One of ``WORDS``: of REASONS, or ``tankers``.
    who : str
        Station, base or fleets that it is about.
    words : str
        The same for a person, with figures.
    since_day : int or None
        Since when, where that can be told.
    """

    code: str
    who: str
    words: str
    since_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How a station fails.

    Attributes
    ----------
    station : str
        Which.
    chance : float
        Share of the replications in which it does not hold to the end.
    day : int or None
        The day, counted from 0, from which it does not, in the middle one of those; None: none.
    chain : tuple of Cause
        Why, each because of the next.
    """

    station: str
    chance: float
    day: int | None
    chain: tuple[Cause, ...]

    @property
    def words(self) -> str:
        """The whole in one sentence."""
        if self.day is None:
            return f"station {self.station} holds"
        why = ", because ".join(cause.words for cause in self.chain)
        return f"station {self.station} fails from day {self.day}: {why}"


def find_failure(result: Sustained, station: str, *, share: float = 0.95) -> Failure:
    """Tell from which day a station is manned for less than a share, and why.

    Raises
    ------
    KeyError
        No such station.
    """
    names = [one.name for one in result.plan.stations]
    if station not in names:
        raise KeyError(f"no station {station!r}; there are {', '.join(names)}")
    s = names.index(station)
    days = result.fails_from(share)[:, s]
    failing = np.flatnonzero(~np.isnan(days))
    chance = failing.size / result.runs
    if failing.size == 0:
        return Failure(station=station, chance=0.0, day=None, chain=())
    day = int(np.sort(days[failing])[failing.size // 2])
    chain = tuple(_links(result, failing, s, day, {s}))
    return Failure(station=station, chance=chance, day=day, chain=chain)


def _links(result: Sustained, failing: np.ndarray, s: int, day: int, told: set[int]) -> list[Cause]:
    """Links of the chain from a station on; tracks of tankers are stations too."""
    plan, out = result.plan, result.out
    lacking_s = out.gap_s[failing, day:, s].sum(axis=(0, 1), dtype=np.float64)
    if not lacking_s.any():
        return []
    reason = int(lacking_s.argmax())
    station = plan.stations[s]
    fleets = [f for f, fleet in enumerate(plan.fleets) if fleet in plan.serving(station)]
    if reason == FUEL:
        return [_fuel(result, failing, s, day, fleets)]
    who = ", ".join(plan.fleets[f].name for f in fleets) or station.name
    links = [
        Cause(code=REASONS[reason], who=who, words=f"{station.name}: {WORDS[REASONS[reason]]}")
    ]
    if reason in (ALL_FLYING, IN_TURNAROUND, IN_REPAIR, ALL_DOWN):
        links[0] = _aircraft(result, failing, station.name, day, fleets, REASONS[reason])
    refused = int(out.refused[failing, day:, s].sum())
    asked = refused + int(out.extended[failing, day:, s].sum())
    if refused and refused >= OFTEN * asked:
        tracks = [t for t, one in enumerate(plan.stations) if one.name in station.tankers]
        manned = result.cover_by_day[failing, day:][..., tracks]
        links.append(
            Cause(
                code="tankers",
                who=", ".join(station.tankers),
                words=(
                    f"{refused / asked:.0%} of its refuellings are refused "
                    f"(tankers of {', '.join(station.tankers)} there {np.nanmean(manned):.0%} of "
                    "the time)"
                ),
            )
        )
        for track in tracks:
            if track not in told:
                links += _links(result, failing, track, day, told | set(tracks))
    return links


def _aircraft(
    result: Sustained, failing: np.ndarray, station: str, day: int, fleets: list[int], code: str
) -> Cause:
    """Too few aircraft, and what they do."""
    states = result.fleet_states[failing, day:][:, :, fleets].mean(axis=(0, 1)).sum(axis=0)
    doing = ", ".join(
        f"{many:.1f} {state}"
        for many, state in sorted(zip(states, STATES, strict=True), reverse=True)
        if many >= 0.05
    )
    total = sum(result.plan.fleets[f].count for f in fleets)
    who = ", ".join(result.plan.fleets[f].name for f in fleets)
    words = f"{station}: {WORDS[code]} (of {total}: {doing})"
    return Cause(code=code, who=who, words=words)


def _fuel(result: Sustained, failing: np.ndarray, s: int, day: int, fleets: list[int]) -> Cause:
    """The base whose fuel keeps most aircraft from the station, and since when it is out."""
    plan, out = result.plan, result.out
    pairs = pairs_of(plan)[:, s]
    names = [base.name for base in plan.bases]
    best: tuple[float, int] | None = None
    for f in fleets:
        b = names.index(plan.fleets[f].base)
        if pairs[f]["stay_s"] > 0.0 and plan.bases[b].stock_kg is not None:
            # Lowest against what a flight takes: below one nobody leaves.
            stock_kg = float(np.median(out.stock_kg[failing, day:, b]))
            found = (-stock_kg / float(pairs[f]["fuel_kg"]), b)
            best = found if best is None else max(best, found)
    if best is None:  # no fleet with a stock of its own: cannot be the reason
        return Cause(code="fuel", who="", words=WORDS["fuel"])
    b = best[1]
    lacking_s = out.gap_s[failing, :, :, FUEL].sum(axis=2, dtype=np.float64).mean(axis=0)
    since = int(np.flatnonzero(lacking_s >= NOTABLE_S)[0]) if lacking_s.max() >= NOTABLE_S else day
    since = min(since, day)
    here = [f for f, fleet in enumerate(plan.fleets) if fleet.base == names[b]]
    flown_s = out.state_s[failing][:, : max(1, since)][:, :, here, FLYING].mean(axis=(0, 1))
    burnt = sum(
        float(flown) * (plan.class_of(plan.fleets[f]).burn_kgps or 0.0)
        for f, flown in zip(here, flown_s, strict=True)
    )
    rates = plan.bases[b].resupply_kgps
    comes = rates[min(since, len(rates) - 1)] * 86400.0 if rates else 0.0
    return Cause(
        code="fuel",
        who=names[b],
        since_day=since,
        words=(
            f"fuel at {names[b]} is out since day {since} ({comes / 1000.0:.0f} t a day arrive, "
            f"its aircraft burnt {burnt / 1000.0:.0f} before)"
        ),
    )
