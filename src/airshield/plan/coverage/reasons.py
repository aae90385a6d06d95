"""Why a cell of a map is seen or not: one octet per cell.

Several things may keep a radar from a cell; the code tells the first of them in the order of
``ORDER``. What the radar's own limits rule out comes before what depends on the ground, so that a
place out of range is *not covered* even where nobody knows the terrain; only what would be seen if
the ground allowed it is ``UNKNOWN`` there. Power comes after terrain: behind a ridge a stronger
radar would see no more.
"""

from __future__ import annotations

from typing import Final

SEEN: Final = 0
"""Seen, with at least the probability of detection that was asked for."""
TERRAIN: Final = 1
"""Hidden by the ground between."""
HORIZON: Final = 2
"""Hidden by the Earth's curve: a smooth Earth would hide it too."""
POWER: Final = 3
"""In sight, but the echo is too weak for the probability that was asked for."""
INSTRUMENTED: Final = 4
"""Beyond the range or above the height that the radar measures to."""
LEAST_RANGE: Final = 5
"""Nearer than the radar can measure."""
CONE: Final = 6
"""Above the highest beam: the cone of silence."""
SECTOR: Final = 7
"""Outside the azimuths that the radar looks to."""
UNKNOWN: Final = 8
"""Nobody knows the ground here or on the way: neither covered nor a gap."""
GROUND: Final = 9
"""The height asked for lies below the ground here: there is no air to watch."""
BELOW_BEAM: Final = 10
"""Below the lowest beam of a radar that looks down no farther."""

NAMES: Final = (
    "seen",
    "terrain",
    "horizon",
    "power",
    "instrumented_range",
    "least_range",
    "cone",
    "sector",
    "unknown_ground",
    "ground",
    "below_beam",
)
"""The name of each code, for tables and legends: ``NAMES[code]``."""

ORDER: Final = (
    GROUND,
    INSTRUMENTED,
    LEAST_RANGE,
    SECTOR,
    CONE,
    BELOW_BEAM,
    UNKNOWN,
    HORIZON,
    TERRAIN,
    POWER,
    SEEN,
)
"""Which code is told where several hold: the first. One exception: where the ground is unknown
and the echo would be too weak anyway, the code is ``POWER``: it is not covered, whatever the ground
is like."""
