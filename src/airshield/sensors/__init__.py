"""What a radar or receiver can see, and how wrong it is.

Comes in: the figures of a sensor as its shield file or its maker gives them. Goes out: frozen
descriptions (:class:`Radar`) and plain functions of arrays: is a target above the radio horizon,
within range, and with which probability is it detected.

Heights are above the WGS-84 ellipsoid unless the name says otherwise; azimuths are from true
north, clockwise. Terrain, weather and detection theory come with the coverage issue; here the
horizon is the smooth 4/3 Earth.
"""

from airshield.sensors.detection import is_in_cover, primary_pd, secondary_pd
from airshield.sensors.horizon import horizon_ground_m, is_above_horizon
from airshield.sensors.radar import Radar

__all__ = [
    "Radar",
    "horizon_ground_m",
    "is_above_horizon",
    "is_in_cover",
    "primary_pd",
    "secondary_pd",
]
