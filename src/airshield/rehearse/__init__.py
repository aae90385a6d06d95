"""Scenarios and simulated feeds that drive the watch.

Comes in: a shield and its scenario (``exercise.toml`` in the shield's folder: routes and the
flights on them). Goes out: the bytes that the shield's radars would send, ASTERIX CAT048 edition
1.32 and CAT034 edition 1.29, one datagram per sector, over UDP like the real thing; and the truth
(``tables.TRUTH``) to score the watch against. Everything after the socket is the live code.

The chain: a :class:`Sky` says where everyone is as a closed form of time; an ``Antenna`` solves
when its beam passes each of them, and detects by range, horizon and cross-section, with noise and
clutter; ``messages`` writes bytes. All of it is a function of shield, scenario, seed and start: the
same exercise twice is the same bytes. Every plot carries the flag that says it is simulated.

Frames: WGS 84; heights in scenarios above mean sea level, which the exercise takes for pressure
altitude too (a standard atmosphere). Left out, for the issues that need it: terrain, weather,
wind, garbling, Mode S registers, ADS-B, biases of radars.
"""

from airshield.rehearse.bundled import bundled_shield
from airshield.rehearse.exercise import Datagram, Exercise
from airshield.rehearse.kinds import KINDS, Kind
from airshield.rehearse.motion import SkyState
from airshield.rehearse.scenario import Flight, Route, Scenario, load_scenario
from airshield.rehearse.sending import Sent, send
from airshield.rehearse.sky import Sky

__all__ = [
    "KINDS",
    "Datagram",
    "Exercise",
    "Flight",
    "Kind",
    "Route",
    "Scenario",
    "Sent",
    "Sky",
    "SkyState",
    "bundled_shield",
    "load_scenario",
    "send",
]
