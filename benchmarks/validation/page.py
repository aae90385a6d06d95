"""docs/validation.md: the table, what it says taken together, a paragraph for each case."""

from __future__ import annotations

import math
from pathlib import Path

from airshield.plan.patrol import Interval
from validation.answers import Answer
from validation.published import ASKED, MARKS, Case, Figure

PAGE = Path(__file__).with_name("page.md")
"""The text around the table and the cases; names in braces are filled in."""


def page(answers: list[Answer], *, draws: int) -> str:
    """The whole page."""
    counted = [one for one in answers if not one.ask.after]
    cases = list({one.case.name: one.case for one in answers}.values())
    verdicts = [one.verdict for one in counted]
    order = ("agrees", "in range", "kept", "MISS")
    words = {"agrees": "agree", "in range": "in range", "kept": "kept", "MISS": "missed"}
    uses = [1.0 / one.ratio for one in counted if one.verdict == "kept"]
    return PAGE.read_text(encoding="utf-8").format(
        cases=len(cases),
        figures=len(counted),
        summary=", ".join(f"{verdicts.count(v)} {words[v]}" for v in order),
        marks="\n".join(f"- *{mark}*: {meaning}" for mark, meaning in MARKS.items()),
        draws=draws,
        table=table(answers),
        least_use=min(uses, default=math.nan),
        most_use=max(uses, default=math.nan),
        sections="\n\n".join(
            section(case, [one for one in answers if one.case is case]) for case in cases
        ),
    )


def table(answers: list[Answer]) -> str:
    """One row for each figure."""
    lines = [
        "| case | what | published | foreseen | model | ranges | formula | bound "
        "| model / published | verdict |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in answers:
        what = ASKED[one.ask.quantity][0]
        most = "at most " if one.ask.compare == "at most" else ""
        cells = [
            f"`{one.case.name}`",
            f"*{what}, {one.ask.after}*" if one.ask.after else what,
            f"{spread(one.ask.published)}",
            number(one.ask.foreseen),
            most + measured(one.model),
            "–" if one.low == one.high else f"{number(one.low)} to {number(one.high)}",
            number(one.formula),
            number(one.bound),
            number(one.ratio),
            f"*{one.verdict}*" if one.ask.after else one.verdict,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def section(case: Case, answers: list[Answer]) -> str:
    """What is published, inputs, what the model says, why, sources."""
    inputs = "; ".join(
        f"`{name}` {spread(figure)} ({figure.source}{': ' if figure.note else ''}{figure.note})"
        for name, figure in case.inputs.items()
    )
    said = "; ".join(
        f"{measured(one.model)} {ASKED[one.ask.quantity][0]}"
        f"{f' (second thought: {one.ask.after})' if one.ask.after else ''}, published "
        f"{spread(one.ask.published)}: {one.verdict}"
        for one in answers
    )
    sources = "\n".join(
        f"- {key} (*{source.mark}*): {source.title}"
        f"{f', {source.year}' if source.year else ''}{f', <{source.url}>' if source.url else ''}"
        for key, source in case.sources.items()
    )
    return (
        f"### `{case.name}`: {case.title}\n\n{case.says}\n\n**Inputs**: {inputs}.\n\n"
        f"**The model**: {said}.\n\n{case.why}\n\n{sources}"
    )


def spread(figure: Figure) -> str:
    """A figure with its range."""
    if figure.is_sure:
        return number(figure.value)
    return f"{number(figure.value)} ({number(figure.low)} to {number(figure.high)})"


def measured(interval: Interval) -> str:
    """A figure with its interval, where it has one."""
    if not interval.half > 0.0:
        return number(interval.value)
    return f"{number(interval.value)} ± {interval.half:.2g}"


def number(value: float) -> str:
    """Three digits, or all that stand before the point."""
    if math.isnan(value):
        return "–"
    if abs(value) >= 100.0:
        return f"{value:,.0f}"
    return f"{value:.3g}"
