"""What ``airshield sustain`` works out of a shield: its patrols and its supply, run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from airshield.cli.enduring import Tempo, endurance_plan
from airshield.cli.responding import ResponseAsked, answer_response, responses_asked
from airshield.config import Shield, load_shield
from airshield.config.problems import nearest
from airshield.errors import UsageError
from airshield.plan.endurance import (
    Answer,
    Endurance,
    EndurancePlan,
    answers_of,
    endure_between,
)
from airshield.plan.patrol import (
    FleetSizes,
    fleet_sizes,
)
from airshield.plan.response import Response
from airshield.plan.roster import Roster, find_roster

Say = Callable[[str, int, int], None]

SHARE: Final = 0.95
"""What a station is held to, and fleets are sized for, where no requirement names it."""
SIZE_DAYS: Final = 30
SIZE_RUNS: Final = 200
"""Replications for the size of a fleet: the worst twentieth of them is ten months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SustainAsked:
    """What ``airshield sustain`` was asked."""

    shield: Path
    days: int | None = None
    runs: int | None = None
    seed: int = 0
    tempo: Tempo = "routine"
    without: tuple[str, ...] = ()
    from_day: int = 0
    with_sizes: bool = True
    roster_limit_s: float | None = None
    threads: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sustaining:
    """What was found."""

    asked: SustainAsked
    shield: Shield
    plan: EndurancePlan
    worst: Endurance
    best: Endurance
    answers: tuple[Answer, ...]
    responses: tuple[tuple[ResponseAsked, Response, float, tuple[float, float]], ...]
    sizes: tuple[FleetSizes, ...]
    roster: Roster | None
    notes: tuple[str, ...]


def sustain_shield(asked: SustainAsked, *, say: Say | None = None) -> Sustaining:
    """Run a shield's patrols and supply.

    Raises
    ------
    ShieldError, UsageError
        Something in the shield or the options is wrong.
    """
    shield = load_shield(asked.shield)
    known = [one.name for one in shield.contributors]
    for name in asked.without:
        if name not in known:
            raise UsageError(f"--without {name!r}: no such contributor. {nearest(name, known)}")
    plan, notes = endurance_plan(shield, days=asked.days, tempo=asked.tempo)
    if asked.without:
        plan = plan.without(asked.without, from_day=asked.from_day)
    worst, best = endure_between(
        plan,
        days=asked.days,
        runs=asked.runs,
        seed=asked.seed,
        threads=asked.threads,
        progress=None if say is None else lambda done, of: say("months of patrols", done, of),
    )
    sizes: list[FleetSizes] = []
    if plan.patrol is not None and asked.with_sizes:
        roles = list(dict.fromkeys(station.role for station in plan.patrol.stations))
        for done, role in enumerate(roles):
            if say is not None:
                say("sizes of fleets", done, len(roles))
            sizes.append(
                fleet_sizes(
                    plan.patrol,
                    role,
                    share=role_share(plan, role),
                    days=SIZE_DAYS,
                    runs=SIZE_RUNS,
                    seed=asked.seed,
                    threads=asked.threads,
                )
            )
        if say is not None:
            say("sizes of fleets", len(roles), len(roles))
    responses: tuple[tuple[ResponseAsked, Response, float, tuple[float, float]], ...] = ()
    if worst.sustained is not None:
        responses = tuple((one, *answer_response(worst, one)) for one in responses_asked(shield))
    roster = None
    if plan.patrol is not None and asked.roster_limit_s is not None:
        if say is not None:
            say("roster", 0, 1)
        roster = find_roster(plan.patrol, limit_s=asked.roster_limit_s)
    return Sustaining(
        asked=asked,
        shield=shield,
        plan=plan,
        worst=worst,
        best=best,
        answers=answers_of(worst, best),
        responses=responses,
        sizes=tuple(sizes),
        roster=roster,
        notes=notes,
    )


def role_share(plan: EndurancePlan, role: str) -> float:
    """The share that fleets of a role are sized for: the most that is asked of its stations."""
    assert plan.patrol is not None, "fleets are sized for stations only"
    of = {one.name for one in plan.patrol.stations if one.role == role}
    return max((one.share for one in plan.stations if one.station in of), default=SHARE)
