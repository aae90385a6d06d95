"""Warning minutes around a site, as a rose: how long before arrival, from every bearing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from airshield.report.html import Markup, tag

_REACH: Final = 100.0
"""Radius of the outermost ring in the drawing's own units."""
_TIMES: Final = 3.0
"""The ring is at so many times of what the most demanding site needs, at most."""
_CLASSES: Final = {"holds": "enough", "fails": "short", "unknown": "doubt"}


def rose_ring_min(rows: Sequence[dict[str, Any]]) -> float:
    """Minutes at the outer ring of several roses that are to be compared.

    Slow targets may be seen hours ahead; beyond a few times what anybody needs it says nothing
    more, and would make everything that matters too small to see.
    """
    most = max([row["warning_min"] or 0.0 for row in rows] + [1.0])
    asked = max([row["required_min"] or 0.0 for row in rows] + [0.0])
    return _round_up(max(min(most, _TIMES * asked), asked) if asked else most)


def rose(
    rows: Sequence[dict[str, Any]], *, ring_min: float, name: str, title: str, words: str
) -> Markup:
    """Draw WARNING_TIME rows of one site and one inbound target.

    A wedge for each bearing points to where the target comes from and is as long as the warning; a
    bearing without any warning has a short dark one, so that it does not look like nothing to worry
    about. The dashed ring is what the site needs.
    """
    asked = next((row["required_min"] for row in rows if row["required_min"] is not None), None)
    half = math.pi / max(len(rows), 1)
    wedges: dict[str, list[str]] = {}
    for row in rows:
        warned = row["warning_min"]
        none = warned is None or warned <= 0.0
        length = 12.0 if none else min(_REACH * warned / ring_min, _REACH)
        kind = _CLASSES.get(row["verdict"] or "", "enough")
        if none:
            kind = "doubt" if row["status"] == "unknown" else "never"
        wedges.setdefault(kind, []).append(
            _wedge(math.radians(row["azm_true_deg"]), half, max(length, 1.0))
        )
    parts = [
        tag("title", title, id=f"{name}-title"),
        tag("desc", words, id=f"{name}-desc"),
        *(tag("circle", r=_REACH * part, class_="ring") for part in (0.5, 1.0)),
        *(tag("path", d="".join(paths), class_=kind) for kind, paths in wedges.items()),
    ]
    if asked is not None:
        parts.append(tag("circle", r=round(_REACH * asked / ring_min, 1), class_="asked"))
    parts += [
        tag("text", "N", x=0, y=-_REACH - 5.0, text_anchor="middle", class_="axis"),
        tag("text", f"{ring_min:g} min", x=3.0, y=_REACH - 4.0, class_="axis"),
        tag("text", f"{ring_min / 2:g}", x=3.0, y=_REACH / 2.0 - 4.0, class_="axis"),
    ]
    return tag(
        "svg",
        *parts,
        viewBox="-112 -116 224 224",
        class_="rose",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def _wedge(azm_rad: float, half_rad: float, length: float) -> str:
    """Clockwise from north, as bearings are; y is down."""
    (x1, y1), (x2, y2) = (
        (length * math.sin(azm_rad + turn), -length * math.cos(azm_rad + turn))
        for turn in (-0.9 * half_rad, 0.9 * half_rad)
    )
    return f"M0 0L{x1:.1f} {y1:.1f}A{length:.1f} {length:.1f} 0 0 1 {x2:.1f} {y2:.1f}Z"


def _round_up(value: float) -> float:
    """The next number of few digits, so that a half of it has few too."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
    return next(step * power for step in steps if step * power >= value * (1.0 - 1e-9))
