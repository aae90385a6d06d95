"""The shield: a folder of text in, frozen dataclasses out.

Comes in: ``shield.toml`` (TOML 1.0) and the two GeoJSON files it names (RFC 7946; WGS-84 longitude
and latitude in degrees). Goes out: a :class:`Shield`, all of SI and frozen. Keys carry their units
(``rng_max_m``, ``lat_deg``); limits of zones are written as in an AIP (``FL95``,
``3000 ft AMSL``) and their schedules in UTC (``Mon-Fri 06:00-20:00``).

Pydantic stands at this door and nowhere else inside. What is wrong is told all at once, each with
file, line or feature, field and remedy. Nothing has a silent default: only the thresholds of the
zone watch and of the warning may be left out, and each states its default and reason where it is
defined (:class:`~airshield.zones.ZoneSettings`, :class:`~airshield.warn.WarnSettings`).

Left out: AIXM and ED-269 zones, fleets, bases, supply and requirements: each comes with its issue.
"""

from airshield.config.load import SHIELD_FILE, json_schema, load_shield
from airshield.config.shield import Contributor, Feed, Shield

__all__ = ["SHIELD_FILE", "Contributor", "Feed", "Shield", "json_schema", "load_shield"]
