"""Our own tracks, come back: a report of our own system is no news and is never fused."""

from __future__ import annotations

from collections.abc import Collection


def is_own(sensor: str, own: Collection[tuple[int, int]]) -> bool:
    """Tell whether a report's sensor is one of our own system's identities.

    Parameters
    ----------
    sensor : str
        As REPORT has it: 'SAC/SIC' in decimals. Anything else is nobody of ours.
    own : collection of (int, int)
        SAC and SIC under which our system sends tracks.
    """
    sac, slash, sic = sensor.partition("/")
    if not (slash and sac.isdecimal() and sic.isdecimal()):
        return False
    return (int(sac), int(sic)) in own
