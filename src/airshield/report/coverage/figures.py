"""Figures of cover in words, rounded to the worse side; those of all chapters are here too."""

from __future__ import annotations

import math
from typing import Final

from airshield.report.figures import (
    HAIR,
    UNKNOWN,
    at_least,
    at_most,
    listed,
    many,
    place,
    points_short,
    points_spare,
)

__all__ = [
    "UNKNOWN",
    "WHY_WORDS",
    "area",
    "at_least",
    "at_most",
    "listed",
    "many",
    "minutes",
    "people",
    "place",
    "points_short",
    "points_spare",
    "title_of",
]

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
    return none if value is None else f"{math.floor(value * 10.0 + HAIR) / 10.0:.1f}"


def title_of(layer: str) -> str:
    """A layer's name for people.

    Examples
    --------
    >>> title_of("light_aircraft 300 m AGL")
    'light aircraft 300 m above ground'
    """
    words = layer.replace("_", " ")
    return words.replace(" m AGL", " m above ground").replace(" m AMSL", " m above sea")
