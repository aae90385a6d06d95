"""No-fly volumes, and who violates them.

Comes in: zones (:class:`Zone`) and batches of TRACK rows. Goes out: INCIDENT rows, one per change
of state of a (track, zone) affair: suspected, confirmed, ended.
"""

from airshield.zones.settings import ZoneSettings
from airshield.zones.zone import Limit, Period, Zone

__all__ = ["Limit", "Period", "Zone", "ZoneSettings"]
