"""Small drawings for a page: a line over days with its band, and a bar beside a figure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from airshield.report.html import Markup, tag

Days = Sequence[float | None]

_WIDE: Final = 420.0
_TALL: Final = 132.0
_LEFT: Final = 46.0
_RIGHT: Final = 8.0
_TOP: Final = 14.0
_FOOT: Final = 22.0
_HATCH_PX: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """Something that changes from day to day.

    Attributes
    ----------
    mean, low, high : sequence of float or None, one for each day
        The line and its band; None is unknown, and is hatched, not left out.
    top : float
        Where the scale ends; it begins at 0.
    ticks : tuple of (float, str)
        What is written beside the scale.
    asked : float or None
        A level that is asked for, drawn as a dashed line.
    mark : (float, str) or None
        A day, and what happens on it.
    """

    mean: Days = field(repr=False)
    low: Days = field(repr=False)
    high: Days = field(repr=False)
    top: float
    ticks: tuple[tuple[float, str], ...]
    asked: float | None = None
    mark: tuple[float, str] | None = None


def day_chart(line: DayLine, *, name: str, title: str, words: str) -> Markup:
    """Draw a line over days: its band, what is asked, and a day that matters.

    Parameters
    ----------
    line : DayLine
    name : str
        An anchor of its own in the page.
    title, words : str
        What it is, and what it tells, for who cannot see it.
    """
    days = len(line.mean)
    across = (_WIDE - _LEFT - _RIGHT) / max(days, 1)
    base = _TALL - _FOOT

    def x(day: float) -> float:
        return round(_LEFT + day * across, 1)

    def y(value: float) -> float:
        return round(base - (base - _TOP) * min(max(value / line.top, 0.0), 1.0), 1)

    parts = [
        tag("title", title, id=f"{name}-title"),
        tag("desc", words, id=f"{name}-desc"),
        *(
            tag("path", d=f"M{_LEFT} {y(value)}H{_WIDE - _RIGHT}", class_="rule")
            for value, _ in line.ticks
        ),
    ]
    for first, last in _runs([value is None for value in line.mean]):
        parts.append(tag("path", d=_hatch(x(first), x(last), _TOP, base), class_="doubt"))
    known_band = [None not in pair for pair in zip(line.low, line.high, strict=True)]
    for first, last in _runs(known_band):
        edge = [(x(day + 0.5), y(line.high[day] or 0.0)) for day in range(first, last)]
        edge += [(x(day + 0.5), y(line.low[day] or 0.0)) for day in range(last - 1, first - 1, -1)]
        parts.append(tag("path", d=f"M{_joined(edge)}Z", class_="band"))
    for first, last in _runs([value is not None for value in line.mean]):
        dots = [(x(day + 0.5), y(line.mean[day] or 0.0)) for day in range(first, last)]
        # A day by itself has a length too: with round ends it is a dot.
        parts.append(tag("path", d=f"M{_joined(dots)}" + "h0" * (len(dots) == 1), class_="mean"))
    if line.asked is not None:
        parts.append(tag("path", d=f"M{_LEFT} {y(line.asked)}H{_WIDE - _RIGHT}", class_="asked"))
    if line.mark is not None:
        day, told = line.mark
        late = day > 0.6 * days
        parts += [
            tag("path", d=f"M{x(day)} {_TOP - 4.0}V{base}", class_="mark"),
            tag(
                "text", told, x=x(day) + (-4.0 if late else 4.0), y=_TOP - 4.0,
                text_anchor="end" if late else "start", class_="told",
            ),
        ]  # fmt: skip
    parts += [
        *(
            tag("text", told, x=_LEFT - 5.0, y=y(value) + 4.0, text_anchor="end", class_="axis")
            for value, told in line.ticks
        ),
        *(
            tag("text", str(day), x=x(day), y=_TALL - 7.0, text_anchor="middle", class_="axis")
            for day in day_ticks(days)
        ),
        tag("path", d=f"M{_LEFT} {base}H{_WIDE - _RIGHT}", class_="zero"),
    ]
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {_WIDE:g} {_TALL:g}",
        class_="days",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
    )


def day_ticks(days: int) -> list[int]:
    """Days that are written below a line: round ones, six at most.

    Examples
    --------
    >>> day_ticks(90), day_ticks(7), day_ticks(1)
    ([0, 20, 40, 60, 80], [0, 2, 4, 6], [0, 1])
    """
    steps = (f * 10**power for power in range(9) for f in (1, 2, 5))
    step = next(one for one in steps if days / one <= 5.0)
    return list(range(0, days + 1, step))


def round_top(value: float) -> float:
    """Where a scale of round numbers ends that holds a value.

    Examples
    --------
    >>> round_top(1840.0), round_top(0.0), round_top(31.0)
    (2000.0, 1.0, 40.0)
    """
    if not value > 0.0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
    return float(next(step * power for step in steps if step * power >= value * (1.0 - 1e-9)))


def bar(
    value: float | None,
    *,
    low: float | None = None,
    high: float | None = None,
    top: float = 1.0,
    asked: float | None = None,
    look: str = "",
) -> Markup:
    """Draw a figure as a bar with its interval; the figure itself stands beside it in words.

    Parameters
    ----------
    value : float or None
        None is unknown: hatched all over.
    low, high : float or None
        The interval, a thin line.
    top : float
        What the whole width is.
    asked : float or None
        A level that is asked for, a line across.
    look : str
        More classes, for a pattern of its own.
    """
    wide, tall = 120.0, 16.0

    def x(at: float) -> float:
        return round(1.0 + (wide - 2.0) * min(max(at / top, 0.0), 1.0), 1)

    parts = [tag("path", d=f"M1 2.5H{wide - 1}V13.5H1Z", class_="whole")]
    if value is None:
        parts.append(tag("path", d=_hatch(1.0, wide - 1.0, 2.5, 13.5), class_="doubt"))
    else:
        parts.append(tag("path", d=f"M1 3.5H{x(value)}V12.5H1Z", class_="full"))
    if low is not None and high is not None and high > low:
        line = f"M{x(low)} 8H{x(high)}"
        parts += [tag("path", d=line, class_="halo"), tag("path", d=line, class_="interval")]
    if asked is not None:
        parts.append(tag("path", d=f"M{x(asked)} 0V{tall}", class_="asked"))
    return tag(
        "svg", *parts, viewBox=f"0 0 {wide:g} {tall:g}", class_=f"bar-of {look}".rstrip(),
        aria_hidden="true",
    )  # fmt: skip


def _runs(wanted: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Where a condition holds without a break: first, and one past the last."""
    first = None
    for at, yes in enumerate([*wanted, False]):
        if yes and first is None:
            first = at
        elif not yes and first is not None:
            yield first, at
            first = None


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:g} {y:g}" for x, y in points)


def _hatch(left: float, right: float, top: float, low: float) -> str:
    """Slanted lines that fill a rectangle, and its frame."""
    tall = low - top
    lines = [f"M{left:g} {top:g}H{right:g}V{low:g}H{left:g}Z"]
    at = left - tall
    while at < right:
        # From (at, low) up to (at + tall, top), as far as it lies within.
        x0, x1 = max(at, left), min(at + tall, right)
        lines.append(f"M{x0:g} {low - (x0 - at):g}L{x1:g} {low - (x1 - at):g}")
        at += _HATCH_PX
    return "".join(lines)
