"""The shield: a folder of text in, frozen dataclasses out.

Comes in: ``shield.toml`` (TOML 1.0) and the files it names: zones, sites and areas as GeoJSON
(RFC 7946; WGS-84 longitude and latitude in degrees), tables of many rows and planning factors as
CSV (RFC 4180). Goes out: a :class:`Shield`, all of SI and frozen; what is for planning alone is
its ``plan``. Keys carry their units (``rng_max_m``, ``turnaround_h``); limits of zones are written
as in an AIP (``FL95``, ``3000 ft AMSL``) and schedules in UTC (``Mon-Fri 06:00-20:00``).

Pydantic stands at this door and nowhere else inside. What is wrong is told all at once, each with
file, line or feature, field and remedy. Nothing has a silent default: what nobody said is None,
published figures of radars come from a catalogue only when a radar names its type, and every
planning factor says its source and kind. Only the thresholds of the zone watch and of the warning
may be left out, and each states its default and reason where it is defined
(:class:`~airshield.zones.ZoneSettings`, :class:`~airshield.warn.WarnSettings`).

docs/shield.md is the reference of every table and key, made from the models.

Left out: AIXM and ED-269 zones (they come with the zones issue); whether a plan holds (``plan``).
"""

from airshield.config.build import plan_notes, unknown_figures
from airshield.config.catalogue import Published, radar_types
from airshield.config.factors import Factor
from airshield.config.load import SHIELD_FILE, json_schema, load_shield, named_files
from airshield.config.plan import (
    Aircraft,
    Area,
    Base,
    CoverRequirement,
    Fleet,
    Place,
    Plan,
    RadarPlan,
    Receiver,
    ReplacementOption,
    Requirements,
    ResponseRequirement,
    Station,
    StationRequirement,
    Stock,
    StockRequirement,
    SupplyEdge,
    SupplyNode,
    Tanker,
    WarningRequirement,
    WatchRequirement,
)
from airshield.config.shield import Contributor, Feed, Shield

__all__ = [
    "SHIELD_FILE",
    "Aircraft",
    "Area",
    "Base",
    "Contributor",
    "CoverRequirement",
    "Factor",
    "Feed",
    "Fleet",
    "Place",
    "Plan",
    "Published",
    "RadarPlan",
    "Receiver",
    "ReplacementOption",
    "Requirements",
    "ResponseRequirement",
    "Shield",
    "Station",
    "StationRequirement",
    "Stock",
    "StockRequirement",
    "SupplyEdge",
    "SupplyNode",
    "Tanker",
    "WarningRequirement",
    "WatchRequirement",
    "json_schema",
    "load_shield",
    "named_files",
    "plan_notes",
    "radar_types",
    "unknown_figures",
]
