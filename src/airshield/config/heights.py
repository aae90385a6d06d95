"""Limits of zones as people write them: ``GND``, ``FL95``, ``3000 ft AMSL``, ``UNL``."""

from __future__ import annotations

import re
from typing import Final

from airshield.units import M_PER_FL, M_PER_FT
from airshield.zones import Limit
from airshield.zones.zone import Datum

GROUND: Final = frozenset({"GND", "SFC"})
UNLIMITED: Final = frozenset({"UNL", "UNLTD", "UNLIMITED"})

_LEVEL: Final = re.compile(r"FL\s*(\d{1,3})")
_HEIGHT: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*(FT|M)\s+(\S+)")
_METRES: Final = {"FT": M_PER_FT, "M": 1.0}
_DATUMS: Final[dict[str, Datum]] = {
    "STD": "baro",
    "AMSL": "amsl",
    "MSL": "amsl",
    "HAE": "hae",
    "WGS84": "hae",
    "AGL": "agl",
    "SFC": "agl",
    "GND": "agl",
}
HINT: Final = (
    "write GND, UNL, a flight level (FL95) or a height with unit and datum "
    "(3000 ft AMSL, 900 m AGL, 500 ft STD, 120 m HAE)"
)


def limit_from_text(text: str) -> Limit | None:
    """Read a floor or a ceiling.

    Parameters
    ----------
    text : str
        Capitals or not. The datum is one of STD (1013.25 hPa), AMSL or MSL, AGL (also SFC, GND) and
        HAE or WGS84 (the ellipsoid). Words as in ICAO Annex 15, 16th edition, and AIXM 5.1.

    Returns
    -------
    Limit or None
        None for the ground and for "unlimited".

    Raises
    ------
    ValueError
        The text is none of these; the message says what to write.

    Examples
    --------
    >>> limit_from_text("FL95")
    Limit(height_m=2895.6, datum='baro')
    >>> limit_from_text("900 m AGL")
    Limit(height_m=900.0, datum='agl')
    >>> limit_from_text("GND") is None
    True
    """
    words = " ".join(text.upper().split())
    if words in GROUND or words in UNLIMITED:
        return None
    if level := _LEVEL.fullmatch(words):
        return Limit(height_m=int(level[1]) * M_PER_FL, datum="baro")
    height = _HEIGHT.fullmatch(words)
    if height is None:
        raise ValueError(f"{text!r} is no height; {HINT}")
    number, unit, datum = height.groups()
    if datum not in _DATUMS:
        raise ValueError(f"{text!r} counts from {datum}, which is unknown; {HINT}")
    return Limit(height_m=float(number) * _METRES[unit], datum=_DATUMS[datum])
