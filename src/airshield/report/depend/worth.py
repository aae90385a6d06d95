"""What each contributor is worth: loss, share, veto; coalitions and pairs; from some day on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from airshield.report import figures as say
from airshield.report.charts import bar
from airshield.report.depend.answer import carriers, unmissed, vetoed
from airshield.report.depend.compared import COLUMNS_MOST
from airshield.report.depend.study import EVERYBODY, Row, Study
from airshield.report.html import Markup, join, table, tag
from airshield.report.page import verdict_of
from airshield.report.parts import UNTOLD, in_parts, listing

PAIRS_MOST: Final = 8
COALITIONS_MOST: Final = 12
DAYS_MOST: Final = 6
KINDS: Final = {"enabler": "outside enabler", "member": "member", "host": "host"}


def worth_body(study: Study) -> Markup:
    """The section of what each contributor is worth."""
    if not study.contributors:
        return tag("p", "The shield has no contributor.")
    told = [*carriers(study), *unmissed(study)]
    asked = [one for one in study.requirements if one["kind"] != "all"]
    return join(
        [
            _together(study),
            listing(told) if told else None,
            *_matrix(
                study, asked, "What each requirement loses without a contributor",
                lambda one, row: study.lost(one, row["loss"], row["loss_low"], row["loss_high"]),
            ),
            *_matrix(
                study, asked, "What each contributor brings on average over every order of joining "
                "(Shapley): it adds up to the whole",
                lambda one, row: study.share(one, row["share"]),
            ),
            tag(
                "p",
                "Neither figure is enough. Losses do not add up: what two bring alike is lost with "
                "neither and lost with both. Below zero something is gained: who draws on what "
                "all share can cost more than it brings.",
                class_="note",
            ),
        ]
    )  # fmt: skip


def _together(study: Study) -> Markup:
    whole = study.whole
    if whole is None:
        return tag("p", "The document has no figure for all requirements together.")
    rows = []
    for one in sorted(study.document["contributors"], key=lambda one: _worst(study, one)):
        row = study.dependence(one["name"], whole["name"])
        veto = vetoed(study, one["name"])
        rows.append(
            [
                join([one["name"], tag("br"), tag("small", KINDS.get(one["kind"], one["role"]))]),
                one["brings"] or UNTOLD,
                f"yes: {say.listed(veto)}" if veto else "no",
                say.UNKNOWN if row is None
                else _with_bar(
                    study.lost(whole, row["loss"], row["loss_low"], row["loss_high"]),
                    row["loss"], "loss",
                ),
                say.UNKNOWN if row is None
                else _with_bar(study.share(whole, row["share"]), row["share"], ""),
                study.reached(whole, study.alone(one["name"], whole["name"])),
            ]
        )  # fmt: skip
    return table(
        "All requirements together: how many that hold are lost without a contributor, its share "
        "of those that hold, how many hold with it alone. Whoever is missed most stands first.",
        ["contributor", "brings", "veto over", "lost without it", "share", "alone"],
        rows,
        words=6,
    )


def _with_bar(told: str, value: float | None, look: str) -> Markup:
    return join([told, bar(value, look=look)])


def _worst(study: Study, one: Row) -> tuple[int, float]:
    whole = study.whole
    row = None if whole is None else study.dependence(one["name"], whole["name"])
    loss = math.inf if row is None or row["loss"] is None else row["loss"]
    return -len(vetoed(study, one["name"])), -loss


def _matrix(
    study: Study, asked: list[Row], caption: str, cell: Callable[[Row, Row], str]
) -> list[Markup]:
    parts = in_parts(asked, COLUMNS_MOST) if asked else []
    tables = []
    for at, part in enumerate(parts):
        which = f" ({at + 1} of {len(parts)})" if len(parts) > 1 else ""
        rows = []
        for name in study.contributors:
            found = [study.dependence(name, one["name"]) for one in part]
            rows.append(
                [
                    name,
                    *(
                        UNTOLD if row is None else cell(one, row)
                        for one, row in zip(part, found, strict=True)
                    ),
                ]
            )
        tables.append(table(f"{caption}{which}.", ["", *(one["name"] for one in part)], rows))
    return tables


def together_body(study: Study) -> Markup:
    """The section of who is needed together."""
    least = study.document["least_coalitions"]
    vetoes = study.document["vetoes"]
    shown = least[:COALITIONS_MOST]
    more = f" {len(least) - len(shown)} more are not shown." if len(least) > len(shown) else ""
    return join(
        [
            tag("p", _veto_words(study, vetoes)),
            table(
                f"The least coalitions: everything holds, and without any one of them it does "
                f"not.{more}",
                ["", "who", "how many"],
                [
                    [f"{at}", say.listed(list(who)) if who else "nobody", f"{len(who)}"]
                    for at, who in enumerate(shown, start=1)
                ],
                words=2,
            )
            if shown
            else tag("p", "No coalition that was worked out makes everything hold."),
            _pairs(study),
        ]
    )


def _veto_words(study: Study, vetoes: list[str]) -> str:
    if study.document["holds"] != "holds":
        return (
            "The whole does not surely hold even with everybody, so nobody has a veto over it; who "
            "has one over a single requirement is in the table above."
        )
    if not vetoes:
        return "Nobody has a veto: whoever leaves, the others hold it."
    have = "has" if len(vetoes) == 1 else "have"
    return f"{say.listed(list(vetoes))} {have} a veto: without any one of them the whole fails."


def _pairs(study: Study) -> Markup | None:
    # The worst first, but last those that lose no more together than one by one: nothing new.
    pairs = sorted(
        study.document["pairs"],
        key=lambda one: one["beyond"] is not None and one["beyond"] <= say.HAIR,
    )[:PAIRS_MOST]
    if not pairs:
        return None
    rows = []
    for row in pairs:
        one = study.requirement(row["requirement"])
        rows.append(
            [
                f"{row['first']} and {row['second']}",
                row["requirement"],
                study.lost(one, row["loss"], row["loss_low"], row["loss_high"]),
                study.lost(one, row["beyond"]),
            ]
        )
    return table(
        "The worst pairs: lost together, and how much of that is beyond the two losses by "
        "themselves. Those that are missed together more than one by one stand first.",
        ["pair", "requirement", "lost without both", "beyond single losses"],
        rows,
        words=2,
    )


def withdrawal_body(study: Study) -> Markup:
    """The section of withdrawals from some day on."""
    rows = study.document["withdrawal"]
    if not rows:
        return tag("p", "Withdrawals from a later day were not worked out.")
    days = sorted({row["from_day"] for row in rows})
    everybody = study.compared(EVERYBODY) or {}
    by = {(row["contributor"], row["requirement"], row["from_day"]): row for row in rows}
    parts = []
    for one in sorted(study.requirements, key=lambda one: one["kind"] != "all"):
        if not any(row["requirement"] == one["name"] for row in rows):
            continue
        for part in in_parts(days, DAYS_MOST):
            body = []
            for who in study.contributors:
                found = [by.get((who, one["name"], day)) for day in part]
                before = everybody.get(one["name"], {}).get("verdict")
                told = [row for row in found if row is not None]
                if one["kind"] == "all" or any(row["verdict"] != before for row in told):
                    body.append([who, *(_withdrawn(study, one, row) for row in found)])
            if body:
                parts.append(
                    table(
                        f"{one['name'][:1].upper()}{one['name'][1:]} (asked: {study.asked(one)}), "
                        "when a contributor withdraws from a day on.",
                        ["", *(f"day {day}" for day in part)],
                        body,
                        words=len(part) + 1,
                    )
                )
    parts.append(
        tag(
            "p",
            f"Over the whole {say.many(study.document['days'], 'day')}: the later somebody leaves, "
            "the less it shows in the mean. Whoever changes no answer to a requirement is left out "
            "of its table, and a requirement whose answer nobody changes has none.",
            class_="note",
        )
    )
    return join(parts)


def _withdrawn(study: Study, one: Row, row: Row | None) -> str:
    if row is None:
        return UNTOLD
    return join(
        [
            verdict_of(row["verdict"]),
            tag("br"),
            study.reached(one, row["value"], row["low"], row["high"]),
        ]
    )
