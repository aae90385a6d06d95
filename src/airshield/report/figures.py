"""Figures in words, rounded to the worse side.

What is reached is rounded down and what is lost, lacking or paid is rounded up. Unknown is a word,
never a zero and never an empty cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

UNKNOWN: Final = "unknown"

HAIR: Final = 1e-9
"""A share is a quotient of sums: what is 0.8 may come out a hair below it."""


def at_least(share: float | None) -> str:
    """A share that is reached, rounded down.

    Examples
    --------
    >>> at_least(0.99999), at_least(1.0), at_least(0.7996), at_least(0.8), at_least(None)
    ('99.9 %', '100 %', '79.9 %', '80 %', 'unknown')
    """
    return UNKNOWN if share is None else _percent(math.floor((share + HAIR) * 1000.0))


def at_most(share: float | None) -> str:
    """A share that is lost or missing, rounded up.

    Examples
    --------
    >>> at_most(0.00001), at_most(0.0), at_most(0.123)
    ('0.1 %', '0 %', '12.3 %')
    """
    return UNKNOWN if share is None else _percent(math.ceil((share - HAIR) * 1000.0))


def points_spare(difference: float) -> str:
    """Percentage points by which a share is more than asked, rounded down.

    Examples
    --------
    >>> points_spare(0.18), points_spare(0.00001)
    ('18 points', '0 points')
    """
    return f"{_tenths(math.floor((difference + HAIR) * 1000.0))} points"


def points_short(difference: float) -> str:
    """Percentage points by which a share is less than asked, rounded up.

    Examples
    --------
    >>> points_short(0.6222), points_short(0.00001)
    ('62.3 points', '0.1 points')
    """
    return f"{_tenths(math.ceil((difference - HAIR) * 1000.0))} points"


def reached(value: float | None, unit: str) -> str:
    """A figure that is reached, in the unit of its requirement, rounded down.

    Examples
    --------
    >>> reached(0.9496, "share"), reached(19.99, "days"), reached(1.0, "days")
    ('94.9 %', '19.9 days', '1 day')
    """
    if unit == "share" or value is None:
        return at_least(value)
    return _of_unit(math.floor((value + HAIR) * 10.0), unit)


def lost(value: float | None, unit: str) -> str:
    """What a figure is less, in the unit of its requirement, rounded up; below 0 it is more.

    Examples
    --------
    >>> lost(0.1431, "share"), lost(-0.0123, "share"), lost(2.01, "days"), lost(None, "days")
    ('14.4 points', '−1.2 points', '2.1 days', 'unknown')
    """
    if value is None:
        return UNKNOWN
    if unit == "share":
        return _of_unit(math.ceil((value - HAIR) * 1000.0), "points")
    return _of_unit(math.ceil((value - HAIR) * 10.0), unit)


def lasts(days: float | None) -> str:
    """Days that something lasts, rounded down to a tenth.

    Examples
    --------
    >>> lasts(17.46), lasts(1.0), lasts(None)
    ('17.4 days', '1 day', 'unknown')
    """
    return reached(days, "days")


def takes(days: float | None) -> str:
    """Days that something takes, rounded up to whole ones.

    Examples
    --------
    >>> takes(17.46), takes(1.0), takes(None)
    ('18 days', '1 day', 'unknown')
    """
    return UNKNOWN if days is None else many(math.ceil(days - HAIR), "day")


def needed(number: float | None) -> str:
    """So many are needed, rounded up to a tenth.

    Examples
    --------
    >>> needed(29.74), needed(13), needed(None)
    ('29.8', '13', 'unknown')
    """
    return UNKNOWN if number is None else _tenths(math.ceil((number - HAIR) * 10.0))


def mean(number: float | None) -> str:
    """A mean that is neither good nor bad, to the nearest tenth.

    Examples
    --------
    >>> mean(2.449), mean(0.0), mean(1234.5), mean(None)
    ('2.4', '0', '1,234.5', 'unknown')
    """
    return UNKNOWN if number is None else _tenths(round(number * 10.0))


def tonnes_at_least(tonnes: float | None) -> str:
    """Tonnes that are there or arrive, rounded down.

    Examples
    --------
    >>> tonnes_at_least(2039.9), tonnes_at_least(7.77), tonnes_at_least(0.0)
    ('2,039 t', '7.7 t', '0 t')
    """
    return _tonnes(tonnes, math.floor, HAIR)


def tonnes_at_most(tonnes: float | None) -> str:
    """Tonnes that are used, needed or lost, rounded up.

    Examples
    --------
    >>> tonnes_at_most(2039.1), tonnes_at_most(7.71), tonnes_at_most(None)
    ('2,040 t', '7.8 t', 'unknown')
    """
    return _tonnes(tonnes, math.ceil, -HAIR)


def money(amount: float | None, currency: str | None) -> str:
    """A sum to be paid, rounded up to three figures.

    Examples
    --------
    >>> money(12_345_678.0, "USD"), money(960.0, None), money(2.0e9, "EUR"), money(None, "USD")
    ('12.4 million USD', '960', '2 billion EUR', 'unknown')
    """
    if amount is None:
        return UNKNOWN
    size = abs(amount)
    step = 10.0 ** max(0, math.floor(math.log10(size)) - 2) if size > 0.0 else 1.0
    up = math.ceil(amount / step - HAIR) * step
    for scale, word in ((1e9, " billion"), (1e6, " million")):
        if abs(up) >= scale:
            return f"{up / scale:,.4g}{word} {currency or ''}".rstrip()
    return f"{up:,.0f} {currency or ''}".rstrip()


def value_of(number: float | str | None, unit: str | None) -> str:
    """A planning factor as it was written: never rounded.

    Examples
    --------
    >>> value_of(0.7153, "1"), value_of(125.0, "min"), value_of(None, "t"), value_of("log", None)
    ('0.7153', '125 min', 'unknown', 'log')
    """
    if number is None:
        return UNKNOWN
    told = number if isinstance(number, str) else f"{number:.12g}"
    return told if unit in (None, "", "1") else f"{told} {unit}"


def place(lat_deg: float, lon_deg: float) -> str:
    """A place to a hundredth of a degree, a kilometre or less.

    Examples
    --------
    >>> place(49.614, -19.734)
    '49.61 N 19.73 W'
    """
    return (
        f"{abs(lat_deg):.2f} {'N' if lat_deg >= 0 else 'S'} "
        f"{abs(lon_deg):.2f} {'E' if lon_deg >= 0 else 'W'}"
    )


def listed(words: list[str]) -> str:
    """Words as a list in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def many(number: int, what: str) -> str:
    """A number of things.

    Examples
    --------
    >>> many(1, "radar"), many(3, "radar")
    ('1 radar', '3 radars')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _percent(tenths: int) -> str:
    return f"{_tenths(tenths)} %"


def _tenths(tenths: int) -> str:
    told = f"{tenths // 10:,}" if tenths % 10 == 0 else f"{tenths / 10.0:,.1f}"
    return told.replace("-", "−")


def _of_unit(tenths: int, unit: str) -> str:
    """Many of something; a single one is without its s."""
    return f"{_tenths(tenths)} {unit.removesuffix('s') if tenths == 10 else unit}"


def _tonnes(tonnes: float | None, rounded: Callable[[float], int], hair: float) -> str:
    """Whole tonnes from ten on, below them tenths."""
    if tonnes is None:
        return UNKNOWN
    if abs(tonnes) >= 10.0:
        return f"{rounded(tonnes + hair):,} t".replace("-", "−")
    return f"{_tenths(rounded((tonnes + hair) * 10.0))} t"
