"""What others must bring instead, and which assumptions decide."""

from __future__ import annotations

from typing import Final

from airshield.report import figures as say
from airshield.report.charts import bar
from airshield.report.depend.study import Row, Study
from airshield.report.html import Markup, join, table, tag
from airshield.report.page import verdict_of
from airshield.report.parts import sentence

DECISIVE_MOST: Final = 12
PER_REQUIREMENT: Final = 3


def replacements_body(study: Study) -> Markup:
    """The section of replacements."""
    rows = study.document["replacements"]
    if not rows:
        return tag("p", "What others would have to bring instead was not worked out.")
    return table(
        "What others must bring so that the shield holds again without a contributor, what it "
        "costs and when it is there.",
        ["without", "then it", "others bring", "in words", "cost", "there in"],
        [
            [
                one["contributor"],
                verdict_of(_verdict(one["holds"])),
                _bring(one),
                sentence(one["words"] or "–"),
                _cost(one),
                _there(one),
            ]
            for one in rows
        ],
        words=4,
    )


def _verdict(holds: bool | None) -> str:
    return "unknown" if holds is None else "holds" if holds else "fails"


def _bring(one: Row) -> str:
    if one["bring"]:
        return say.listed(list(one["bring"]))
    return "nothing" if one["holds"] else "nothing that could be brought is enough"


def _cost(one: Row) -> str:
    if one["holds"] is False and not one["bring"]:
        return "–"
    return say.money(one["cost"], one["currency"])


def _there(one: Row) -> str:
    if one["holds"] is False and not one["bring"]:
        return "–"
    return say.takes(one["lead_days"])


def screening_body(study: Study) -> Markup:
    """The section of assumptions that decide."""
    rows = study.document["screening"]
    if not rows:
        return tag("p", "Which assumptions decide was not worked out.")
    return join([_strongest(study, rows), _by_requirement(study, rows), _unknown(rows)])


def _strongest(study: Study, rows: list[Row]) -> Markup | None:
    """The strongest effect of each assumption on any share, in one table with bars."""
    best: dict[str, Row] = {}
    for row in rows:
        one = study.requirement(row["requirement"])
        if row["effect"] is None or one["unit"] != "share" or one["kind"] == "all":
            continue
        had = best.get(row["assumption"])
        if had is None or row["effect"] > had["effect"]:
            best[row["assumption"]] = row
    order = sorted(best.values(), key=lambda row: -row["effect"])[:DECISIVE_MOST]
    if not order:
        return None
    top = max(order[0]["effect"], say.HAIR)
    return table(
        "Assumptions that decide: by how much an answer moves when the assumption is taken through "
        "its range, where it moves most.",
        ["assumption", "moves most", "by", ""],
        [
            [
                row["assumption"],
                row["requirement"],
                say.lost(row["effect"], "share"),
                bar(row["effect"], top=top, look="loss"),
            ]
            for row in order
        ],
        words=2,
    )


def _by_requirement(study: Study, rows: list[Row]) -> Markup:
    told: list[list[str]] = []
    for one in study.requirements:
        mine = sorted(
            (
                row
                for row in rows
                if row["requirement"] == one["name"] and row["effect"] is not None
            ),
            key=lambda row: -row["effect"],
        )
        moving = [row for row in mine if row["effect"] > say.HAIR][:PER_REQUIREMENT]
        if mine:
            told.append(
                [
                    one["name"],
                    "; ".join(
                        f"{row['assumption']} ({study.lost(one, row['effect'])})" for row in moving
                    )
                    or "none moves it",
                ]
            )
    return table(
        "The assumptions that move each requirement most.",
        ["requirement", "assumptions, the strongest first"],
        told,
        words=2,
    )


def _unknown(rows: list[Row]) -> Markup | None:
    names = list(dict.fromkeys(row["assumption"] for row in rows if row["effect"] is None))
    if not names:
        return None
    return tag("p", f"What they move is unknown: {say.listed(names)}.")


def radars_body(study: Study) -> Markup:
    """The section of the radars' own availability."""
    return table(
        "Share of the time in which each radar works: repair and spares, not what it sees.",
        ["radar", "contributor", "works"],
        [
            [one["radar"], one["contributor"], say.at_least(one["availability"])]
            for one in study.document["radars"]
        ],
        words=2,
    )
