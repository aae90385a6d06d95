"""What ``airshield depend`` works out of a shield: every requirement, with and without each."""

from __future__ import annotations

import dataclasses
import math
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airshield.cli.covering import CoverPlan
from airshield.cli.enduring import Tempo, endurance_plan, with_factors
from airshield.cli.responding import answer_response, responses_asked
from airshield.config import Factor, Plan, ReplacementOption, Shield, load_shield
from airshield.errors import UsageError
from airshield.plan.coverage.coalitions import CoverGame
from airshield.plan.dependence import (
    Assumption,
    Figures,
    Game,
    Goal,
    Option,
    Replacement,
    Screening,
    find_replacements,
    play,
    screen,
    withdrawal_table,
)
from airshield.plan.dependence.goals import HOLDS, half_width
from airshield.plan.endurance import (
    Ample,
    EndurancePlan,
    between,
    endure,
    find_burn,
    find_lasting,
    goals_of,
    runs_of,
)
from airshield.plan.patrol import Fleet as PatrolFleet

Floats = NDArray[np.float64]
Say = Callable[[str, int, int], None]

RUNS: Final = 20
"""Replications of each coalition: they share their luck, so that differences are known better than
figures."""
SCREEN_RUNS: Final = 4
TRIES: Final = 40
"""Ways of replacing one contributor that are looked at, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DependAsked:
    """What ``airshield depend`` was asked."""

    shield: Path
    terrain: tuple[Path, ...] = ()
    days: int | None = None
    runs: int = RUNS
    seed: int = 0
    tempo: Tempo = "routine"
    with_cover: bool = True
    with_replacements: bool = True
    walks: int = 6
    threads: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A requirement among all: its kind, and what is asked."""

    name: str
    kind: str
    asked: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Depending:
    """What was found."""

    asked: DependAsked
    shield: Shield
    days: int
    requirements: tuple[Asked, ...]
    game: Game
    withdrawal: Any
    replacements: tuple[Replacement, ...]
    screening: Screening | None
    cover: CoverGame | None
    standing: frozenset[str]
    availability: dict[str, float]
    notes: tuple[str, ...]


def depend_shield(asked: DependAsked, *, say: Say | None = None) -> Depending:
    """Work out what a shield is worth with and without each of its contributors.

    Raises
    ------
    ShieldError, UsageError, TerrainError
        Something in the shield, the options or the terrain is wrong; or nothing is asked.
    """
    told: Say = say if say is not None else (lambda what, done, of: None)
    question = Question(asked, say=told)
    many = asked.threads or os.cpu_count() or 1
    with ThreadPoolExecutor(many) as pool:
        with _counted(pool, "coalitions", told) as mapper:
            game = play(
                question.players, question.goals, question.figures, seed=asked.seed, mapper=mapper
            )
        everybody = frozenset(question.players)
        days = [0, question.days // 3, 2 * question.days // 3]
        withdrawal = withdrawal_table(
            question.players,
            question.goals,
            lambda who, day: question.figures(everybody - {who}, leaves={who: day or 0}),
            stays=question.figures(everybody),
            days=[day for i, day in enumerate(days) if day not in days[:i]],
        )
        replacements: list[Replacement] = []
        if asked.with_replacements and question.options:
            with _counted(pool, "replacements", told) as mapper:
                replacements = list(_replacements(question, game, mapper))
        screening = None
        assumptions = question.assumptions()
        if asked.walks and assumptions and question.plan is not None:
            with _counted(pool, "assumptions", told) as mapper:
                screening = screen(
                    assumptions,
                    question.endurance_goals,
                    question.figures_assuming,
                    walks=asked.walks,
                    seed=asked.seed,
                    mapper=mapper,
                )
    return Depending(
        asked=asked,
        shield=question.shield,
        days=question.days,
        requirements=question.requirements,
        game=game,
        withdrawal=withdrawal,
        replacements=tuple(replacements),
        screening=screening,
        cover=question.cover,
        standing=frozenset(question.standing),
        availability=question.availability,
        notes=question.notes,
    )


class Question:
    """A shield made ready to be asked what any coalition of its contributors gives.

    Attributes
    ----------
    players : tuple of str
        Contributors that bring something.
    goals : tuple of Goal
        Cover and warning first, then stations, then stocks.
    requirements : tuple of Asked
        The same for people.
    """

    def __init__(self, asked: DependAsked, *, say: Say) -> None:
        self.asked = asked
        self.shield = load_shield(asked.shield)
        plan = self.shield.plan
        self.players = tuple(
            one.name for one in self.shield.contributors if brings_of(plan, one.name)
        )
        if not self.players:
            raise UsageError(
                f"{self.shield.name}: no contributor brings anything; give radars, fleets, bases "
                "or supply their contributor (docs/shield.md)"
            )
        notes: list[str] = []
        self.options = _options(plan, notes)
        self._radar_options = {
            name: one.like for name, one in self.options.items() if one.kind == "radar"
        }
        self.cover: CoverGame | None = None
        asks_cover = plan.requirements.cover or plan.requirements.warning
        if asked.with_cover and asks_cover and any(r.has_primary for r in plan.radars):
            self.cover = _cover_game(asked, set(self._radar_options.values()), say)
        elif asks_cover:
            notes.append("requirements of cover and warning were left out (--no-cover)")
        self.standing = {
            radar.name: radar.contributor
            for radar in plan.radars
            if radar.has_primary and radar.status == "standing"
        }
        self.availability = {
            radar.name: radar.failure_s.value / (radar.failure_s.value + radar.repair_s.value)
            for radar in plan.radars
            if radar.failure_s is not None and radar.repair_s is not None
        }
        self.plan: EndurancePlan | None = None
        self.days = asked.days or 0
        if plan.stations or plan.nodes:
            self.plan, more = endurance_plan(self.shield, days=asked.days, tempo=asked.tempo)
            notes += more
            self.days = asked.days or self.plan.days
        self.responses = responses_asked(self.shield) if plan.stations else ()
        self.endurance_goals: tuple[Goal, ...] = ()
        if self.plan is not None:
            self.endurance_goals = (
                *goals_of(self.plan),
                *(Goal(name=one.name, at_least=one.share, unit="share") for one in self.responses),
            )
        self.requirements = (*self._cover_asked(), *self._endurance_asked())
        if not self.requirements:
            raise UsageError(
                f"{self.shield.name} asks for nothing: add [[requirements.cover]], "
                "[[requirements.station]] or others (docs/shield.md)"
            )
        self.goals = tuple(
            Goal(name=one.name, at_least=one.asked, unit=one.unit) for one in self.requirements
        )
        self.notes = tuple(notes)
        self._bounds: tuple[tuple[EndurancePlan, Ample], ...] = ()
        self._burn_kgps = np.zeros((self.days, 0))
        if self.plan is not None:
            self._bounds = _bounds(self.plan, self.days)
            self._burn_kgps = find_burn(self.plan, days=self.days, seed=asked.seed)
        self._runs: dict[Any, Future[tuple[Floats, ...]]] = {}
        self._shares: dict[frozenset[str], tuple[Floats, Floats]] = {}
        self._lock = threading.Lock()

    def figures(
        self, coalition: frozenset[str], *, leaves: Mapping[str, int] | None = None
    ) -> Figures:
        """What a coalition gives; ``leaves`` tells from which day who is not in it has left."""
        cover = self._cover_figures(
            frozenset(name for name, who in self.standing.items() if who in coalition)
        )
        if self.plan is None:
            return Figures(value=cover[0], low=cover[0], high=cover[1])
        gone: dict[int, list[str]] = {}
        for who in self.players:
            if who not in coalition:
                gone.setdefault((leaves or {}).get(who, 0), []).append(who)
        return self._together(cover, lambda plan: _left(plan, gone))

    def figures_with(self, without: str, bring: Mapping[str, int]) -> Figures:
        """What everybody but one gives who bring some options as well."""
        plan = self.shield.plan
        radars = {name for name, who in self.standing.items() if who != without}
        radars |= {
            self._radar_options[name]
            for name, n in bring.items()
            if n and name in self._radar_options
        }
        cover = self._cover_figures(frozenset(radars))
        if self.plan is None:
            return Figures(value=cover[0], low=cover[0], high=cover[1])
        fleets: list[PatrolFleet] = []
        more: dict[str, float] = {}
        for name, n in bring.items():
            option = self.options[name]
            if not n:
                continue
            if option.kind == "fleet":
                fleets.append(_more_aircraft(plan, option, n))
            elif option.kind == "edge" and option.capacity_kgps is not None:
                more[option.like] = more.get(option.like, 0.0) + n * option.capacity_kgps.value
        return self._together(
            cover,
            lambda part: part.without([without]).with_more(fleets=fleets, capacity_kgps=more),
            key=(
                without,
                tuple(
                    sorted((k, n) for k, n in bring.items() if n and k not in self._radar_options)
                ),
            ),
        )

    def figures_assuming(self, values: Mapping[str, float]) -> Figures:
        """What patrols and supply of everybody give if some factors are otherwise."""
        shield = dataclasses.replace(self.shield, plan=with_factors(self.shield.plan, values))
        plan, _ = endurance_plan(shield, days=self.asked.days, tempo=self.asked.tempo)
        worst = {goods: network.known(at="worst") for goods, network in plan.networks.items()}
        result = endure(
            dataclasses.replace(plan, networks=worst),
            days=self.days,
            runs=SCREEN_RUNS,
            seed=self.asked.seed,
            threads=1,
        )
        responses = [answer_response(result, one)[1] for one in self.responses]
        runs = _with_responses(runs_of(result), responses)
        return Figures(value=runs.mean(axis=1), runs=runs)

    def assumptions(self) -> list[Assumption]:
        """Factors with a range that patrols and supply hang on."""
        if self.plan is None:
            return []
        used: dict[str, Assumption] = {}
        for factor in _factors_of(self.shield.plan):
            if factor.low is not None and factor.high is not None and factor.low < factor.high:
                used[factor.name] = Assumption(name=factor.name, low=factor.low, high=factor.high)
        return list(used.values())

    def _together(
        self,
        cover: tuple[Floats, Floats],
        part: Callable[[EndurancePlan], EndurancePlan],
        *,
        key: Any = None,
    ) -> Figures:
        parts = [(part(plan), ample) for plan, ample in self._bounds]
        found = self._once(
            (key, *(plan.alike() for plan, _ in parts)),
            lambda: tuple(
                figures
                for plan, ample in parts
                for figures in self._run(plan, ample if key is None else None)
            ),
        )
        # At worst: figures by run, then bounds of responses; the same at best, the last two.
        (worst, worst_bounds), (best, best_bounds) = found[:2], found[-2:]
        low = np.clip(worst.mean(axis=1) - half_width(worst), 0.0, 1.0)
        high = np.clip(best.mean(axis=1) + half_width(best), 0.0, 1.0)
        runs = worst.copy()
        if self.responses:
            many = len(self.responses)
            low[-many:], high[-many:] = worst_bounds[0], best_bounds[1]
            runs[-many:] = np.nan
        still = np.full((cover[0].size, worst.shape[1]), np.nan)
        return Figures(
            value=np.concatenate((cover[0], worst.mean(axis=1))),
            low=np.concatenate((cover[0], low)),
            high=np.concatenate((cover[1], high)),
            runs=np.vstack((still, runs)),
        )

    def _run(self, plan: EndurancePlan, ample: Ample | None) -> tuple[Floats, Floats]:
        """Figures by run, and bounds of responses, shape (2, responses).

        Stations are as they come, stocks as the whole plan draws on them.
        """
        found = endure(
            plan,
            days=self.days,
            runs=self.asked.runs,
            seed=self.asked.seed,
            threads=1,
            ample=ample,
        )
        responses = [answer_response(found, one)[1:] for one in self.responses]
        runs = _with_responses(runs_of(found), [value for value, _ in responses])
        if plan.stocks:
            supply = (plan.alike()[1], tuple(plan.networks.items()))
            (lasts,) = self._once(
                supply, lambda: (find_lasting(plan, self._burn_kgps, days=self.days),)
            )
            first = len(plan.stations)
            runs[first : first + len(plan.stocks)] = lasts[:, None]
        return runs, np.array([between for _, between in responses]).reshape(-1, 2).T

    def _once(self, key: Any, make: Callable[[], tuple[Floats, ...]]) -> tuple[Floats, ...]:
        """Work something out once; who asks for it meanwhile waits."""
        with self._lock:
            mine = key not in self._runs
            if mine:
                self._runs[key] = Future()
            future = self._runs[key]
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

    def _cover_figures(self, radars: frozenset[str]) -> tuple[Floats, Floats]:
        """Surely reached, and reached if all that is unknown turns out well; NaN is unknown."""
        if self.cover is None:
            return np.zeros(0), np.zeros(0)
        if radars not in self._shares:
            answers = self.cover.answers(radars)
            self._shares[radars] = (
                np.array([math.nan if one.low is None else one.low for one in answers]),
                np.array([math.nan if one.high is None else one.high for one in answers]),
            )
        return self._shares[radars]

    def _cover_asked(self) -> Iterator[Asked]:
        if self.cover is None:
            return
        for one in self.cover.answers(frozenset(self.standing)):
            yield Asked(name=one.name, kind=one.kind, asked=one.asked, unit=one.unit)

    def _endurance_asked(self) -> Iterator[Asked]:
        if self.plan is None:
            return
        kinds = ["station"] * len(self.plan.stations) + ["stock"] * len(self.plan.stocks)
        kinds += ["response"] * len(self.responses)
        for goal, kind in zip(self.endurance_goals, kinds, strict=True):
            yield Asked(name=goal.name, kind=kind, asked=goal.limit, unit=goal.unit or "share")


def _with_responses(runs: Floats, responses: Sequence[float]) -> Floats:
    """Figures by run with those of response below, which are the same in all of them."""
    return np.vstack((runs, *(np.full(runs.shape[1], share) for share in responses)))


def brings_of(plan: Plan, who: str) -> str:
    """What a contributor brings, in words; empty for nothing."""
    counts: dict[str, int] = {}
    for fleet in plan.fleets:
        if fleet.contributor == who:
            counts[fleet.aircraft] = counts.get(fleet.aircraft, 0) + fleet.count
    told = [f"{n} {kind}" for kind, n in counts.items()]
    radars = sum(
        r.contributor == who and r.status == "standing" and r.has_primary for r in plan.radars
    )
    for n, one, several in (
        (radars, "radar", "radars"),
        (sum(b.contributor == who for b in plan.bases), "base", "bases"),
        (sum(n.contributor == who for n in plan.nodes), "supply node", "supply nodes"),
        (sum(e.contributor == who for e in plan.edges), "supply edge", "supply edges"),
    ):
        if n:
            told.append(f"{n} {one if n == 1 else several}")
    return ", ".join(told)


def _cover_game(asked: DependAsked, candidates: set[str], say: Say) -> CoverGame:
    from airshield.cli.covering import cover_shield

    _, found = cover_shield(
        CoverPlan(
            shield=asked.shield,
            terrain=asked.terrain,
            threads=asked.threads,
            also=tuple(sorted(candidates)),
            with_usual=False,
        ),
        say=say,
    )
    return CoverGame(found)


def _bounds(plan: EndurancePlan, days: int) -> tuple[tuple[EndurancePlan, Ample], ...]:
    """The plan with its unknown supply figures at worst, and at best where any is unknown."""
    known = between(plan)
    parts = [known["worst"]]
    if known["worst"].networks != known["best"].networks:
        parts.append(known["best"])
    return tuple((part, Ample(part, days=days)) for part in parts)


def _left(plan: EndurancePlan, gone: Mapping[int, Sequence[str]]) -> EndurancePlan:
    for day, who in sorted(gone.items()):
        plan = plan.without(who, from_day=day)
    return plan


def _options(plan: Plan, notes: list[str]) -> dict[str, ReplacementOption]:
    """Options whose cost and lead time are known; the others are told of."""
    known = {}
    for one in plan.options:
        if one.cost_per_month is None or one.lead_s is None:
            notes.append(f"option {one.name}: its cost or lead time is not said; left out")
        else:
            known[one.name] = one
    return known


def _more_aircraft(plan: Plan, option: ReplacementOption, n: int) -> PatrolFleet:
    like = next(fleet for fleet in plan.fleets if fleet.name == option.like)
    return PatrolFleet(
        name=option.name,
        contributor=option.provider,
        aircraft=like.aircraft,
        base=option.base or like.base,
        count=n * option.count,
    )


def _replacements(
    question: Question, game: Game, mapper: Callable[..., Any]
) -> Iterator[Replacement]:
    """For each whose leaving makes fail what held: what others must bring that it holds again."""
    everybody = game.row(game.everybody)
    held = [g for g in range(len(game.goals)) if game.verdict[everybody, g] == HOLDS]
    goals = [game.goals[g] for g in held]
    if not goals:
        return
    options = []
    for one in question.options.values():
        assert one.cost_per_month is not None
        assert one.lead_s is not None
        options.append(
            Option(
                name=one.name,
                provider=one.provider,
                cost=one.cost_per_month.value,
                lead_s=one.lead_s.value,
                most=one.most,
            )
        )
    needed = [
        who
        for i, who in enumerate(game.players)
        if (game.verdict[game.row(game.everybody ^ 1 << i)][held] != HOLDS).any()
    ]

    def replaced(who: str) -> tuple[Replacement, Replacement]:
        def figures(bring: Mapping[str, int]) -> Figures:
            full = question.figures_with(who, bring)
            return Figures(
                value=full.value[held],
                low=None if full.low is None else full.low[held],
                high=None if full.high is None else full.high[held],
            )

        return find_replacements(who, options, goals, figures, tries=TRIES)

    for pair in mapper(replaced, needed):
        yield from pair


def _factors_of(plan: Plan) -> Iterator[Factor]:
    """Factors of aircraft, bases, fleets, stations and supply, as they are met."""
    parts: tuple[Any, ...] = (
        *plan.aircraft,
        *plan.bases,
        *plan.fleets,
        *plan.stations,
        *plan.nodes,
        *plan.edges,
        *plan.stocks,
    )
    for part in parts:
        for field in dataclasses.fields(part):
            value = getattr(part, field.name)
            if isinstance(value, Factor):
                yield value


@contextmanager
def _counted(pool: ThreadPoolExecutor, what: str, say: Say) -> Iterator[Callable[..., Any]]:
    """A map over threads that tells how far it is."""
    lock = threading.Lock()
    done = 0

    def mapper(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        todo = list(items)

        def work(item: Any) -> Any:
            nonlocal done
            answer = function(item)
            with lock:
                done += 1
                say(what, done, len(todo))
            return answer

        return pool.map(work, todo)

    yield mapper
