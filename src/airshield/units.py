"""Where feet, knots and nautical miles end.

Inside, everything is SI (metres, seconds, metres per second) or degrees on tables and radians
in kernels. These constants are the only door. Each is exact by definition unless it says
otherwise.
"""

from typing import Final

M_PER_NMI: Final = 1852.0
"""Metres in an international nautical mile (1929 definition)."""

M_PER_FT: Final = 0.3048
"""Metres in an international foot (1959 definition)."""

M_PER_FL: Final = 30.48
"""Metres of pressure altitude in one flight level (100 ft)."""

MPS_PER_KT: Final = 1852.0 / 3600.0
"""Metres per second in a knot."""

MPS_PER_FT_MIN: Final = 0.3048 / 60.0
"""Metres per second in a foot per minute."""

NS_PER_S: Final = 1_000_000_000
"""Nanoseconds in a second."""

S_PER_MIN: Final = 60.0
"""Seconds in a minute."""

S_PER_DAY: Final = 86_400.0
"""Seconds in a UTC day without leap second; ASTERIX time of day counts this far."""

NS_PER_DAY: Final = 86_400 * NS_PER_S
"""Nanoseconds in such a day."""

UNITS: Final = {
    "m": "metre",
    "m2": "square metre",
    "deg": "degree",
    "mps": "metre per second",
    "s": "second",
    "min": "minute",
    "dbsm": "decibel relative to one square metre",
    "ppm": "part per million",
    "share": "part of the whole, 0 to 1",
    "people": "inhabitant",
    "kg": "kilogram",
    "aircraft": "aircraft",
    "calls": "call of an alert",
    "kgps": "kilogram per second",
    "days": "day of 86,400 s",
    "figure": "the requirement's own unit",
    "money": "the plan's currency",
}
"""Suffixes that end a column's name, and the unit each stands for (``tables`` checks both)."""
