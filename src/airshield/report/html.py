"""HTML by plain functions: what is text is escaped, what is markup is marked as such."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Final

_EMPTY: Final = frozenset({"br", "img", "meta", "path", "rect", "line", "circle", "image", "use"})
"""Elements without content; those of SVG are closed the XML way, which HTML allows there."""


_ROWS_TOGETHER: Final = 8
"""On paper a table of no more rows goes to the next page rather than in two."""


class Markup(str):
    """Text that is markup already and goes into a page as it is."""

    __slots__ = ()


def tag(name: str, /, *inside: str | None, **attributes: str | float | None) -> Markup:
    """Make an element; text inside is escaped unless it is :class:`Markup`, None is left out.

    An attribute's underlines are hyphens, one at its end is none (``class_``); None leaves it out.

    Examples
    --------
    >>> tag("p", "a < b ", tag("b", "& c"), class_="note", aria_label='say "ah"')
    '<p class="note" aria-label="say &quot;ah&quot;">a &lt; b <b>&amp; c</b></p>'
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Markup(f"<{name}{told}/>")
    return Markup(f"<{name}{told}>{join(inside)}</{name}>")


def join(parts: Iterable[str | None], between: str = "") -> Markup:
    """Put text and markup together, text escaped."""
    return Markup(
        between.join(
            part if isinstance(part, Markup) else html.escape(part, quote=False)
            for part in parts
            if part is not None
        )
    )


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    words: int = 1,
    class_: str | None = None,
) -> Markup:
    """Make a table whose first column names the row.

    Parameters
    ----------
    caption : str
        What it tells, for eyes and for a voice.
    columns : sequence of str
        Heads of the columns.
    rows : iterable of sequences of str
        As many cells as columns.
    words : int
        How many columns from the left are words; the others are figures and stand to the right.
    class_ : str, optional

    Notes
    -----
    A table of few rows is kept together on paper.
    """

    def aligned(at: int) -> str | None:
        return "n" if at >= words else None

    head = tag(
        "tr",
        *(tag("th", name, scope="col", class_=aligned(at)) for at, name in enumerate(columns)),
    )
    body = [
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            *(tag("td", cell, class_=aligned(at)) for at, cell in enumerate(row[1:], start=1)),
        )
        for row in rows
    ]
    classes = [class_ or "", "short" if len(body) <= _ROWS_TOGETHER else ""]
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption),
            tag("thead", head),
            tag("tbody", *body),
            class_=" ".join(filter(None, classes)) or None,
        ),
        class_="wide",
        tabindex="0",
        role="region",
        aria_label=caption,
    )


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"
