"""With everybody, without the outside enablers, without each."""

from __future__ import annotations

from typing import Final

from airshield.report import figures as say
from airshield.report.charts import bar
from airshield.report.depend.study import EVERYBODY, NO_ENABLERS, Row, Study
from airshield.report.html import Markup, join, table, tag
from airshield.report.page import verdict_of
from airshield.report.parts import UNTOLD, in_parts

COLUMNS_MOST: Final = 5
"""Requirements beside each other that paper is wide enough for."""


def compared_body(study: Study) -> Markup:
    """The section of the comparison."""
    if not study.requirements:
        return tag("p", "The shield asks for nothing, so it depends on nobody.")
    return join([_enablers(study), _each(study)])


def _enablers(study: Study) -> Markup:
    everybody = study.compared(EVERYBODY) or {}
    without = study.compared(NO_ENABLERS)
    columns = ["requirement", "asked", EVERYBODY, "reached"]
    if without is not None:
        columns += [NO_ENABLERS, "reached"]
    rows = []
    for one in study.requirements:
        row: list[str] = [one["name"], study.asked(one)]
        for figures in [everybody] if without is None else [everybody, without]:
            row += _cells(study, one, figures.get(one["name"]))
        rows.append(row)
    enablers = [one["name"] for one in study.document["contributors"] if one["kind"] == "enabler"]
    who = f" The outside enablers: {say.listed(enablers)}." if enablers else ""
    none = (
        tag("p", "No contributor is an outside enabler: there is nobody to leave out together.")
        if without is None
        else None
    )
    return join(
        [
            table(
                f"Every requirement with everybody and without the outside enablers.{who}"
                if without is not None
                else "Every requirement with everybody.",
                columns,
                rows,
                words=6,
                class_="compared",
            ),
            none,
            tag(
                "p",
                "Bars are what is reached, the thin line on them its interval, the dashed line "
                "what is asked; a hatched bar is unknown. The last row counts the requirements "
                "that surely hold.",
                class_="note",
            ),
        ]
    )


def _cells(study: Study, one: Row, found: Row | None) -> list[str]:
    if found is None:
        return [UNTOLD, UNTOLD]
    value, low, high = found["value"], found["low"], found["high"]
    top = 1.0
    if one["unit"] == "days":
        top = max([1.1 * one["asked"], *(x for x in (value, high) if x is not None)])
    return [
        verdict_of(found["verdict"]),
        join(
            [
                study.reached(one, value, low, high),
                bar(value, low=low, high=high, top=top, asked=one["asked"]),
            ]
        ),
    ]


def _each(study: Study) -> Markup:
    parts = in_parts(_whole_first(study), COLUMNS_MOST)
    # A single enabler has a row of its own.
    singly = sum(one["kind"] == "enabler" for one in study.document["contributors"]) == 1
    tables = []
    for at, part in enumerate(parts):
        which = f" ({at + 1} of {len(parts)})" if len(parts) > 1 else ""
        rows = []
        for one in study.document["comparison"]:
            if one["who"] == NO_ENABLERS and singly:
                continue
            figures = {found["name"]: found for found in one["requirements"]}
            rows.append([one["who"], *(_small(study, asked, figures) for asked in part)])
        tables.append(
            table(
                f"The same without each contributor{which}.",
                ["", *(one["name"] for one in part)],
                rows,
                words=len(part) + 1,
            )
        )
    return join(tables)


def _whole_first(study: Study) -> list[Row]:
    return sorted(study.requirements, key=lambda one: one["kind"] != "all")


def _small(study: Study, asked: Row, figures: Row) -> str:
    found = figures.get(asked["name"])
    if found is None:
        return UNTOLD
    return join([verdict_of(found["verdict"]), tag("br"), study.reached(asked, found["value"])])
