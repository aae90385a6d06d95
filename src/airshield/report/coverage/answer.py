"""The answer in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from airshield.config import Shield
from airshield.plan.coverage.survey import Answer, Survey
from airshield.plan.coverage.warning import site_table
from airshield.report.coverage import figures as say
from airshield.report.coverage.without import Enablers, layer_groups, share_seen


def plain_answer(
    shield: Shield,
    found: Survey,
    *,
    enablers: Enablers,
    without: Mapping[tuple[str, str], Answer],
    layers: Sequence[str],
) -> tuple[str, ...]:
    """Sentences: does it hold, by how much, on whom does it hang, where is it worst."""
    if not found.radars:
        return (
            f"No radar of {shield.name} stands yet, so nothing is seen and no requirement holds; "
            "airshield site finds places for them, and --candidates counts those proposed.",
        )
    return tuple(
        [
            *_proposed(shield, found),
            *_verdict(shield, found),
            *_least_warning(found),
            *_enablers(found, enablers, without, layers),
            *_largest(found, enablers, layers),
            *_worst_gap(found, layers),
        ]
    )


def _proposed(shield: Shield, found: Survey) -> Iterator[str]:
    surveyed = {one.radar.name for one in found.radars}
    many = sum(
        radar.status == "candidate" and radar.name in surveyed for radar in shield.plan.radars
    )
    if many:
        yield f"Counted as if standing: {say.many(many, 'radar')} so far only proposed."


def _verdict(shield: Shield, found: Survey) -> Iterator[str]:
    answers = found.answers
    radars = say.many(len(found.radars), "radar")
    if not answers:
        yield (
            f"The shield {shield.name} asks for no cover and no warning, so nothing holds or "
            f"fails; what its {radars} see is below."
        )
        return
    failing = [one for one in answers if one.verdict == "fails"]
    unknown = [one for one in answers if one.verdict == "unknown"]
    whole = say.many(len(answers), "requirement")
    if failing:
        yield f"As planned, the {radars} of {shield.name} miss {len(failing)} of {whole}."
        worst = max(failing, key=lambda one: one.asked - (one.high or 0.0))
        short = worst.asked - (worst.high or 0.0)
        yield (
            f"The widest miss: {_quoted(worst)} reaches {say.at_least(worst.high)} at best, where "
            f"{say.at_least(worst.asked)} is asked: {say.points_short(short)} short."
        )
    elif unknown:
        yield (
            f"Whether the {radars} of {shield.name} are enough cannot be said: "
            f"{len(unknown)} of {whole} cannot be answered."
        )
    else:
        yield f"As planned, the {radars} of {shield.name} meet {_all_of(len(answers))}."
        cover = [one for one in answers if one.kind == "cover"]
        if cover:
            close = min(cover, key=lambda one: (one.low or 0.0) - one.asked)
            spare = (close.low or 0.0) - close.asked
            yield (
                f"The closest call of cover: {_quoted(close)} reaches {say.at_least(close.low)}, "
                f"where {say.at_least(close.asked)} is asked: {say.points_spare(spare)} to spare."
            )
    for one in unknown:
        if one.low is None or one.high is None:
            yield (
                f"There is no answer to {_quoted(one)}: nothing is said that it could be measured "
                "by."
            )
        else:
            yield (
                f"What {_quoted(one)} asks for lies between {say.at_least(one.low)} and "
                f"{say.at_least(one.high)}, where {say.at_least(one.asked)} is asked: ground, or "
                "what a radar reaches, is unknown."
            )


def _least_warning(found: Survey) -> Iterator[str]:
    """The site that a target reaches soonest after the word, of those that need some time."""
    rows = [row for row in site_table(found.warning).to_pylist() if row["required_min"] is not None]
    if not rows:
        return

    def spare(row: dict[str, Any]) -> float:
        least = 0.0 if row["least_min"] is None else row["least_min"]
        return float(least - row["required_min"])

    worst = min(rows, key=spare)
    least = (
        "no warning at all"
        if worst["least_min"] is None
        else f"{say.minutes(worst['least_min'])} minutes"
    )
    yield (
        f"The least warning: {worst['site']} has {least} of the class "
        f"“{worst['target'].replace('_', ' ')}” from {worst['least_azm_deg']:.0f}° and needs "
        f"{say.minutes(worst['required_min'])}."
    )


def _all_of(number: int) -> str:
    return "the one requirement" if number == 1 else f"all {number} requirements"


def _quoted(one: Answer) -> str:
    return f"“{one.name}”"


def _enablers(
    found: Survey,
    enablers: Enablers,
    without: Mapping[tuple[str, str], Answer],
    layers: Sequence[str],
) -> Iterator[str]:
    if not enablers.names:
        yield "No radar in it belongs to an outside enabler."
        return
    who = say.listed(list(enablers.names))
    yield (
        f"{len(enablers.theirs)} of the {say.many(len(found.radars), 'radar')} "
        f"{'belongs' if len(enablers.theirs) == 1 else 'belong'} to outside enablers ({who})."
    )
    if without:
        now = {(one.kind, one.name): one.verdict for one in found.answers}
        broken = [
            one.name
            for key, one in without.items()
            if one.verdict != "holds" and now.get(key) == "holds"
        ]
        failing = [
            one.name
            for key, one in without.items()
            if one.verdict == "fails" and now.get(key) == "unknown"
        ]
        if broken:
            yield f"Without them {_names(broken)} {_s('hold', broken)} no longer."
        if failing:
            yield f"Without them {_names(failing)} surely {_s('fail', failing)}."
        if not broken and not failing:
            yield "Without them no answer is worse."
    lost = [
        (share_seen(groups, groups.radars) or 0.0, share_seen(groups, enablers.others) or 0.0, name)
        for name in layers
        for groups in [layer_groups(found, name)]
    ]
    if lost:
        with_all, rest, name = max(lost, key=lambda one: one[0] - one[1])
        if with_all > rest:
            yield (
                f"What is seen of {say.title_of(name)} shrinks from {say.at_least(with_all)} of "
                f"the territory to {say.at_least(rest)}."
            )


def _names(names: Sequence[str]) -> str:
    return say.listed([f"“{name}”" for name in names])


def _s(verb: str, names: Sequence[str]) -> str:
    return f"{verb}s" if len(names) == 1 else verb


def _largest(found: Survey, enablers: Enablers, layers: Sequence[str]) -> Iterator[str]:
    rows = [
        row
        for row in found.contributor_value.to_pylist()
        if row["layer"] in layers and row["lost_area_m2"] > 0.0
    ]
    if not rows:
        groups = [layer_groups(found, name) for name in layers]
        if any(share_seen(one, one.radars) for one in groups):
            yield "No contributor is indispensable: whoever leaves, others see what it saw."
        else:
            yield "Nothing is surely seen, so what each contributor is worth cannot be weighed."
        return
    worst = max(rows, key=lambda row: row["lost_area_m2"])
    kind = "an outside enabler" if worst["contributor"] in enablers.names else "no outside enabler"
    people = (
        ""
        if worst["lost_people"] is None
        else f", where {say.people(worst['lost_people'])} people live"
    )
    yield (
        f"Most hangs on {worst['contributor']} ({kind}): without it nobody sees "
        f"{say.area(worst['lost_area_m2'])} more of the territory for "
        f"{say.title_of(worst['layer'])}{people}."
    )


def _worst_gap(found: Survey, layers: Sequence[str]) -> Iterator[str]:
    rows = [
        row for row in found.gaps.drop_columns(["outline"]).to_pylist() if row["layer"] in layers
    ]
    if not rows:
        yield "At the heights that matter there is no gap in the territory."
        return
    worst = max(rows, key=lambda row: (row["n_people"] or 0.0, row["area_m2"]))
    people = (
        "" if worst["n_people"] is None else f" with {say.people(worst['n_people'])} people below"
    )
    yield (
        f"The worst gap is {say.area(worst['area_m2'])}{people} around "
        f"{say.place(worst['lat_deg'], worst['lon_deg'])}, for {say.title_of(worst['layer'])}: "
        f"{say.WHY_WORDS[worst['reason']]}."
    )
