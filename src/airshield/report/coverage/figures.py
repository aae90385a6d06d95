"""Figures in words, rounded to the worse side."""

from __future__ import annotations

import math
from typing import Final

WHY_WORDS: Final = {
    "seen": "seen",
    "terrain": "terrain in between",
    "horizon": "below the horizon",
    "power": "too far for this target",
    "instrumented_range": "beyond every radar's range",
    "least_range": "too near to the radar",
    "cone": "cone of silence",
    "sector": "outside the radar's sector",
    "unknown_ground": "ground unknown",
    "ground": "below the ground",
    "below_beam": "below the beam",
}
"""Plain words for the names of ``plan.coverage.reasons``."""

UNKNOWN: Final = "unknown"

# A share is a quotient of sums: what is 0.8 may come out a hair below it.
_HAIR: Final = 1e-9


def at_least(share: float | None) -> str:
    """A share that is reached, rounded down.

    Examples
    --------
    >>> at_least(0.99999), at_least(1.0), at_least(0.7996), at_least(0.8), at_least(None)
    ('99.9 %', '100 %', '79.9 %', '80 %', 'unknown')
    """
    return UNKNOWN if share is None else _percent(math.floor((share + _HAIR) * 1000.0))


def at_most(share: float | None) -> str:
    """A share that is lost or missing, rounded up.

    Examples
    --------
    >>> at_most(0.00001), at_most(0.0), at_most(0.123)
    ('0.1 %', '0 %', '12.3 %')
    """
    return UNKNOWN if share is None else _percent(math.ceil((share - _HAIR) * 1000.0))


def points_spare(difference: float) -> str:
    """Percentage points by which a share is more than asked, rounded down.

    Examples
    --------
    >>> points_spare(0.18), points_spare(0.00001)
    ('18 points', '0 points')
    """
    return f"{_tenths(math.floor((difference + _HAIR) * 1000.0))} points"


def points_short(difference: float) -> str:
    """Percentage points by which a share is less than asked, rounded up.

    Examples
    --------
    >>> points_short(0.6222), points_short(0.00001)
    ('62.3 points', '0.1 points')
    """
    return f"{_tenths(math.ceil((difference - _HAIR) * 1000.0))} points"


def area(m2: float | None) -> str:
    """An area in km², three figures of it.

    Examples
    --------
    >>> area(3_227_660_000.0), area(0.0), area(123_000.0), area(5_400_000.0)
    ('3,228 km²', '0 km²', '0.12 km²', '5.4 km²')
    """
    if m2 is None:
        return UNKNOWN
    km2 = m2 * 1e-6
    if km2 == 0.0:
        return "0 km²"
    return f"{km2:,.0f} km²" if km2 >= 10.0 else f"{km2:.2g} km²"


def people(many: float | None) -> str:
    """A number of people, rounded to three figures: places and their sizes are not known better.

    Examples
    --------
    >>> people(251_224.0), people(12.4), people(None)
    ('251,000', '12', 'unknown')
    """
    if many is None:
        return UNKNOWN
    if many <= 0.0:
        return "0"
    step = 10.0 ** max(0, math.floor(math.log10(many)) - 2)
    return f"{round(many / step) * step:,.0f}"


def minutes(value: float | None, none: str = "none") -> str:
    """Minutes of warning, rounded down to a tenth."""
    return none if value is None else f"{math.floor(value * 10.0 + _HAIR) / 10.0:.1f}"


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


def title_of(layer: str) -> str:
    """A layer's name for people.

    Examples
    --------
    >>> title_of("light_aircraft 300 m AGL")
    'light aircraft 300 m above ground'
    """
    words = layer.replace("_", " ")
    return words.replace(" m AGL", " m above ground").replace(" m AMSL", " m above sea")


def _percent(tenths: int) -> str:
    return f"{_tenths(tenths)} %"


def _tenths(tenths: int) -> str:
    return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths / 10.0:.1f}"
