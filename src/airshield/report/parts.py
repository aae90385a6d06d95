"""Parts that chapters share: figures with intervals, sources, cautions, what a study rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from airshield.report import figures as say
from airshield.report.chapters import Chapter
from airshield.report.html import Markup, join, table, tag

T = TypeVar("T")

UNTOLD: Final = "–"
"""In a cell that has nothing to say: not asked, or not of this row. Never an unknown figure."""

KINDS: Final = {
    "fact": "Facts: published, and read where the source says.",
    "estimate": "Estimates: published or computed, of something alike.",
    "assumption": "Assumptions: nobody publishes them; the answer is as good as their range.",
}
"""Captions of the tables of planning factors, the surest first."""


def with_interval(value: float | None, low: float | None, high: float | None, unit: str) -> str:
    """A figure that is reached and its interval, all rounded down.

    Examples
    --------
    >>> with_interval(0.912, 0.895, 0.9266, "share"), with_interval(None, 3.0, 9.0, "days")
    ('91.2 % (89.5 to 92.6)', 'unknown (3 days to 9 days)')
    """
    return _with_interval(
        say.reached(value, unit),
        *(None if one is None else say.reached(one, unit) for one in (low, high)),
    )


def lost_interval(value: float | None, low: float | None, high: float | None, unit: str) -> str:
    """A figure that is lost and its interval, all rounded up.

    Examples
    --------
    >>> lost_interval(0.1431, 0.12, 0.1611, "share"), lost_interval(2.0, 2.0, 2.0, "days")
    ('14.4 points (12 to 16.2)', '2 days')
    """
    return _with_interval(
        say.lost(value, unit),
        *(None if one is None else say.lost(one, unit) for one in (low, high)),
    )


def _with_interval(told: str, low: str | None, high: str | None) -> str:
    """A figure and its interval; a unit that all three have is written once."""
    if low is None or high is None or low == high == told:
        return told
    _, _, unit = told.partition(" ")
    if unit and low.endswith(f" {unit}") and high.endswith(f" {unit}"):
        low = low.removesuffix(f" {unit}")
        high = high.removesuffix(f" {unit}")
    return f"{told} ({low} to {high})"


def sentence(words: str) -> str:
    """Words as a sentence of their own.

    Examples
    --------
    >>> sentence("station West fails, because fuel is out")
    'Station West fails, because fuel is out.'
    """
    told = words.strip()
    told = f"{told[:1].upper()}{told[1:]}"
    return told if told.endswith((".", "!", "?")) or not told else f"{told}."


def figure(
    drawing: Markup,
    caption: str,
    *,
    legend: Markup | None = None,
    class_: str | None = None,
) -> Markup:
    """A drawing with what it shows below it."""
    return tag("figure", drawing, legend, tag("figcaption", caption), class_=class_)


def listing(items: Iterable[str], *, ordered: bool = False) -> Markup:
    """A list."""
    return tag("ol" if ordered else "ul", *(tag("li", item) for item in items))


def in_parts(columns: Sequence[T], most: int) -> list[list[T]]:
    """Columns in parts that a page is wide enough for, as even as can be.

    Examples
    --------
    >>> in_parts(list("abcdefg"), 3)
    [['a', 'b', 'c'], ['d', 'e'], ['f', 'g']]
    """
    parts = max(1, -(-len(columns) // most))
    short, longer = divmod(len(columns), parts)
    left = iter(columns)
    return [list(islice(left, short + (at < longer))) for at in range(parts)]


def cautions_of(document: Mapping[str, Any], *, nothing: str) -> Markup:
    """What flatters or weakens an answer, and how it was worked out."""
    told = [sentence(one) for one in document["cautions"]]
    return listing(told) if told else tag("p", nothing)


def made_of(document: Mapping[str, Any], *more: str) -> Markup:
    """What a study was: its runs, its days, the plan and the program."""
    runs, days, seed = document["runs"], document["days"], document["seed"]
    return tag(
        "p",
        f"{sentence(document['kind'])} {say.many(runs, 'run')} of {say.many(days, 'day')} each, "
        f"seed {seed}; days are counted from 0. ",
        join(more, " "),
        f" Worked out by airshield {document['version']} from the plan with the digest ",
        tag("code", document["digest"]),
        ".",
        class_="note",
    )


def assumptions_of(document: Mapping[str, Any], *, told_by: Chapter | None = None) -> Markup:
    """Tables of planning factors with their sources: facts, estimates and assumptions apart.

    Those that another chapter of the report has told are not told twice; a link leads there.
    """
    rows: list[Mapping[str, Any]] = list(document["assumptions"])
    if not rows:
        return tag("p", "No planning factor was told, so what this rests on is unknown.")
    parts: list[Markup] = []
    if told_by is not None:
        before = told_by.document["assumptions"]
        known = [one for one in rows if one in before]
        rows = [one for one in rows if one not in before]
        if known:
            parts.append(
                tag(
                    "p",
                    f"{say.many(len(known), 'planning factor')} are those of ",
                    tag("a", told_by.title, href=f"#{told_by.name}-sources"),
                    ".",
                )
            )
    kinds = dict.fromkeys([*KINDS, *(one["kind"] for one in rows)])
    for kind in kinds:
        mine = [one for one in rows if one["kind"] == kind]
        if not mine:
            continue
        parts.append(
            table(
                KINDS.get(kind, f"Planning factors of the kind “{kind}”."),
                ["factor", "value", "range", "source", "year", "note"],
                [
                    [
                        one["name"],
                        say.value_of(one["value"], one["unit"]),
                        _range(one),
                        source_of(one["source"], one["url"]),
                        _year(one),
                        one["note"] or "",
                    ]
                    for one in mine
                ],
                words=6,
                class_="sources",
            )
        )
    return join(parts)


def source_of(source: str | None, url: str | None) -> Markup:
    """A source, as a link for a person to follow where it has an address; nothing fetches it."""
    told = source or ("its address" if url else "no source")
    # Whatever else stands in a plan's cell is words: a script is no address.
    if not (url or "").startswith(("https://", "http://")):
        return join([told, f" ({url})" if url else None])
    return tag("a", told, href=url, rel="noreferrer noopener", class_="source")


def _year(one: Mapping[str, Any]) -> str:
    if one["year"] is not None:
        return f"{one['year']}"
    return "undated" if one["url"] else UNTOLD


def _range(one: Mapping[str, Any]) -> str:
    low, high = one["low"], one["high"]
    if low is None and high is None:
        return "range unknown" if one["kind"] == "assumption" else UNTOLD
    return f"{say.value_of(low, None)} to {say.value_of(high, None)}"
