"""Who may enter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from airshield.zones.zone import Zone

_CACHE_MAX = 65_536
"""Identities remembered: far more than fly at once; when it is full we start afresh."""


def permit_of(zone: Zone, mode_s: int | None, callsign: str | None) -> str | None:
    """What permits an aircraft in a zone, in words; None where nothing does.

    An address is matched before a callsign: it is harder to mistype. Neither is proof of identity;
    a permit is a rule about what an aircraft says it is.

    Examples
    --------
    >>> from shapely import box
    >>> zone = Zone(name="A", kind="no_fly", area=box(0, 0, 1, 1), permits_callsign=("LOT*",))
    >>> permit_of(zone, 0x508A01, "LOT7KA")
    'callsign LOT7KA matches LOT*'
    >>> permit_of(zone, 0x508A01, None) is None
    True
    """
    if mode_s is not None and mode_s in zone.permits_mode_s:
        return f"address {mode_s:06X} is listed"
    if callsign:
        for pattern in zone.permits_callsign:
            if callsign == pattern:
                return f"callsign {callsign} is listed"
            if pattern.endswith("*") and callsign.startswith(pattern[:-1]):
                return f"callsign {callsign} matches {pattern}"
    return None


class Permits:
    """Which identities may enter which zones, remembered."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = tuple(zones)
        self._restricts = any(zone.permits_mode_s or zone.permits_callsign for zone in zones)
        self._open = np.array([_is_open(zone) for zone in zones], np.uint8)
        self._known: dict[tuple[int | None, str | None], NDArray[np.uint8]] = {}

    def matrix(
        self, mode_s: Sequence[int | None], callsigns: Sequence[str | None]
    ) -> NDArray[np.uint8]:
        """Shape (rows, zones): 1 where the row's aircraft may be in the zone.

        A corridor that lists nobody is open to all; a zone that lists nobody to none.
        """
        if not self._restricts:
            return np.broadcast_to(self._open, (len(mode_s), len(self._zones))).copy()
        out = np.empty((len(mode_s), len(self._zones)), np.uint8)
        for i, identity in enumerate(zip(mode_s, callsigns, strict=True)):
            row = self._known.get(identity)
            if row is None:
                if len(self._known) >= _CACHE_MAX:
                    self._known.clear()
                row = self._known[identity] = self._row(*identity)
            out[i] = row
        return out

    def _row(self, mode_s: int | None, callsign: str | None) -> NDArray[np.uint8]:
        listed = [permit_of(zone, mode_s, callsign) is not None for zone in self._zones]
        return self._open | np.array(listed, np.uint8)


def _is_open(zone: Zone) -> bool:
    return zone.kind == "corridor" and not (zone.permits_mode_s or zone.permits_callsign)
