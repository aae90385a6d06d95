"""The Arrow schemas rooms exchange: the contracts of the house.

Every column's name ends with its unit, the unit stands in the field's metadata too, and a test
compares the two. ``t`` is when it happened, ``t_heard`` is when we heard of it; both are UTC in
nanoseconds and are never mixed. An unknown is null, never zero. A nullable column is one whose
value may be unknown; the others are always known.

WARNING_TIME       one row per site, inbound target and bearing: how many minutes of warning
SITE_WARNING       one row per site and inbound target: the worst bearing
STATION_DAY        one row per patrol station and day: how long it is manned, and what is short
FLEET_DAY          one row per fleet, day and state: how many aircraft are in it
FUEL_DAY           one row per base and day: fuel at its end
ROSTER             one row per flight of a timetable: who, where, from when to when
REFUELLING         one row per refuelling in it: who gives whom how much
RESPONSE_CELL      one row per cell of a map: how long until somebody is there to identify
SUPPLY_NODE        one row per node of the supply network: what it needs, gets and gives
SUPPLY_EDGE        one row per edge of it: what it carries of what it can
SUPPLY_LOSS        one row per loss of an edge, node, owner or pair: what is then delivered
SOLE_WAY           one row per node in need and each thing without which nothing reaches it
STOCK_DAY          one row per node and day: stock, need, what is missing
COALITION          one row per set of contributors and requirement: figure and verdict
DEPENDENCE         one row per contributor and requirement: withdrawal loss, Shapley share, veto
PAIR_DEPENDENCE    one row per pair of contributors and requirement
WITHDRAWAL         one row per contributor, day from which it is gone, and requirement
REPLACEMENT        one row per contributor and aim: what others must bring instead
SCREENING          one row per assumption and requirement: how much its range moves the answer
=================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntFlag
from typing import Any, Final

import pyarrow as pa

from airshield.units import UNITS

REPORT_KINDS: Final = (
    "psr",
    "ssr",
    "psr_ssr",
    "mode_s",
    "adsb",
    "mlat",
    "track",
    "drone_id",
    "acoustic",
    "spotter",
)
"""What made a report. The order numbers the bits of TRACK ``kinds``: never reorder, only append."""

TRACK_STATUSES: Final = ("tentative", "confirmed", "coasting", "ended")
HEIGHT_BASES: Final = ("none", "baro", "geometric", "elevation", "ranges")
"""What a track's height rests on: nothing; Mode C or ADS-B pressure altitude; an ADS-B, GNSS or
multilateration height above the ellipsoid; a radar's own elevation angle; the slant ranges of
several radars at different distances."""
TRACK_CLASSES: Final = (
    "unknown",
    "airliner",
    "light",
    "jet",
    "fast_low",
    "helicopter",
    "drone",
    "balloon",
    "bird_flock",
)
ADSB_CHECKS: Final = ("none", "unverified", "verified", "contradicted")
INCIDENT_STATES: Final = ("suspected", "confirmed", "ended")
WARNING_STATES: Final = ("issued", "updated", "cancelled")


class ReportFlag(IntFlag):
    """Bits of REPORT ``flags``."""

    SPI = 1
    """Special position identification: the pilot pressed IDENT."""
    EMERGENCY = 2
    """Mode 3/A 7500, 7600 or 7700, or an emergency status that the aircraft sent."""
    SIMULATED = 4
    """The sensor says that the target is simulated."""
    TEST = 8
    """The sensor says that the target is a test target (field monitor, test transponder)."""
    ON_GROUND = 16
    """The aircraft or the sensor says that it is on the ground."""


TIME: Final = pa.timestamp("ns", tz="UTC")
WORD: Final = pa.dictionary(pa.int32(), pa.string())
"""A string out of a small set (sensor names, states, classes)."""


def _field(name: str, kind: pa.DataType, what: str, *, null: bool = False) -> pa.Field:
    """Make a field whose unit is read off its name and kept in its metadata."""
    meta = {"what": what}
    suffix = name.rsplit("_", 1)[-1]
    if "_" in name and suffix in UNITS:
        meta["unit"] = suffix
    return pa.field(name, kind, nullable=null, metadata=meta)


_F8 = pa.float64()

FRAME: Final = pa.schema(
    [
        _field("frame", pa.uint64(), "place in the journal, counted from 0 without gaps"),
        _field(
            "t_heard",
            TIME,
            "when the bytes reached us; null until a replay gives a raw file its clock",
            null=True,
        ),
        _field("source", WORD, "where from: 'udp://239.0.0.1:8600', 'file:NAME'"),
        _field("offset", pa.uint64(), "byte offset in a file, datagram count on a live feed"),
        _field(
            "octets",
            pa.large_binary(),
            "the bytes, whole: one data block of a raw file, one datagram's payload",
        ),
    ],
    metadata={"table": "FRAME"},
)

REPORT: Final = pa.schema(
    [
        _field("t", TIME, "time of measurement"),
        _field("t_heard", TIME, "when the bytes reached us", null=True),
        _field("sensor", WORD, "who measured: 'SAC/SIC' in decimals for ASTERIX, e.g. '20/129'"),
        _field("kind", WORD, "one of REPORT_KINDS"),
        _field("rng_slant_m", _F8, "slant range from the sensor", null=True),
        _field(
            "azm_true_deg",
            _F8,
            "azimuth at the sensor, clockwise from true north, [0, 360)",
            null=True,
        ),
        _field("elv_deg", _F8, "elevation above the sensor's horizontal plane", null=True),
        _field("lat_deg", _F8, "WGS-84 latitude, where the source gives a place", null=True),
        _field("lon_deg", _F8, "WGS-84 longitude, [-180, 180)", null=True),
        _field(
            "alt_baro_m",
            _F8,
            "pressure altitude (ISA, 1013.25 hPa), valid and ungarbled only",
            null=True,
        ),
        _field("alt_hae_m", _F8, "height above the WGS-84 ellipsoid", null=True),
        _field("vel_east_mps", _F8, "ground velocity, true east at the target", null=True),
        _field("vel_north_mps", _F8, "ground velocity, true north at the target", null=True),
        _field("vel_up_mps", _F8, "vertical rate, up positive", null=True),
        _field("spd_radial_mps", _F8, "Doppler speed, away from the sensor positive", null=True),
        _field("mode_s", pa.uint32(), "24-bit ICAO aircraft address", null=True),
        _field(
            "mode_3a",
            pa.uint16(),
            "Mode 3/A code as a number (octal 7700 is 4032), valid only",
            null=True,
        ),
        _field("callsign", pa.string(), "aircraft identification, without padding", null=True),
        _field("track_sensor", pa.uint32(), "the sensor's own number for the track", null=True),
        _field(
            "sigma_rng_m", _F8, "one-sigma of the slant range, where the source tells", null=True
        ),
        _field("sigma_azm_deg", _F8, "one-sigma of the azimuth, where the source tells", null=True),
        _field(
            "sigma_pos_m",
            _F8,
            "one-sigma per axis of the horizontal place, where the source tells",
            null=True,
        ),
        _field("nacp", pa.uint8(), "navigation accuracy category, position (DO-260B)", null=True),
        _field("flags", pa.uint16(), "bits of ReportFlag"),
        _field("frame", pa.uint64(), "the frame it came in"),
        _field(
            "sensor_lat_deg",
            _F8,
            "WGS-84 latitude of where the sensor stood, for sensors that no shield lists",
            null=True,
        ),
        _field(
            "sensor_lon_deg",
            _F8,
            "WGS-84 longitude of where the sensor stood, [-180, 180), likewise",
            null=True,
        ),
    ],
    metadata={"table": "REPORT"},
)

TRACK: Final = pa.schema(
    [
        _field("t", TIME, "time the state is for"),
        _field("track", pa.uint64(), "track number, stable for life, never used again"),
        _field("status", WORD, "one of TRACK_STATUSES"),
        _field("lat_deg", _F8, "WGS-84 latitude"),
        _field("lon_deg", _F8, "WGS-84 longitude, [-180, 180)"),
        _field("alt_hae_m", _F8, "height above the WGS-84 ellipsoid", null=True),
        _field("alt_baro_m", _F8, "pressure altitude", null=True),
        _field("vel_east_mps", _F8, "ground velocity, true east at the target"),
        _field("vel_north_mps", _F8, "ground velocity, true north at the target"),
        _field("vel_up_mps", _F8, "vertical rate, up positive", null=True),
        _field(
            "cov_m2",
            pa.list_(pa.field("item", _F8, nullable=True), 6),
            "position covariance ee, en, eu, nn, nu, uu; null where it takes an unknown height",
        ),
        _field("existence", _F8, "probability that something real is there, 0 to 1"),
        _field("height_basis", WORD, "one of HEIGHT_BASES"),
        _field("mode_s", pa.uint32(), "24-bit ICAO aircraft address", null=True),
        _field("mode_3a", pa.uint16(), "Mode 3/A code as a number", null=True),
        _field("callsign", pa.string(), "aircraft identification", null=True),
        _field("sensors", pa.uint64(), "bit i: sensor i of the shield has contributed"),
        _field("kinds", pa.uint32(), "bit i: REPORT_KINDS[i] has contributed"),
        _field("cls", WORD, "one of TRACK_CLASSES"),
        _field(
            "cls_p",
            pa.list_(pa.field("item", pa.float32(), nullable=True), len(TRACK_CLASSES) - 1),
            "probability of each class, in the order of TRACK_CLASSES without 'unknown'",
            null=True,
        ),
        _field("adsb_check", WORD, "one of ADSB_CHECKS"),
        _field("frame", pa.uint64(), "the frame whose arrival published this row"),
    ],
    metadata={"table": "TRACK"},
)

INCIDENT: Final = pa.schema(
    [
        _field("t", TIME, "when the state changed, in the track's own time"),
        _field("incident", pa.uint64(), "incident number, one per (track, zone) affair"),
        _field("state", WORD, "one of INCIDENT_STATES"),
        _field("track", pa.uint64(), "the track"),
        _field("zone", WORD, "the zone's name"),
        _field("lat_deg", _F8, "WGS-84 latitude of the track then"),
        _field("lon_deg", _F8, "WGS-84 longitude of the track then"),
        _field("alt_hae_m", _F8, "height above the ellipsoid then", null=True),
        _field("alt_baro_m", _F8, "pressure altitude then", null=True),
        _field("depth_m", _F8, "distance to the zone's border, positive inside"),
        _field("sigma_pos_m", _F8, "one-sigma of the place across the border"),
        _field("height_basis", WORD, "one of HEIGHT_BASES: what the vertical judgement rests on"),
        _field("mode_s", pa.uint32(), "24-bit ICAO aircraft address", null=True),
        _field("mode_3a", pa.uint16(), "Mode 3/A code as a number", null=True),
        _field("callsign", pa.string(), "aircraft identification", null=True),
        _field(
            "reason", pa.string(), "why, in plain words, for the watch officer and the evidence"
        ),
        _field("frame", pa.uint64(), "the frame whose arrival changed the state"),
    ],
    metadata={"table": "INCIDENT"},
)

WARNING: Final = pa.schema(
    [
        _field("t", TIME, "when the warning changed, in the track's own time"),
        _field("warning", pa.uint64(), "warning number, one per (track, site) affair"),
        _field("state", WORD, "one of WARNING_STATES"),
        _field("site", WORD, "the site's name"),
        _field("incident", pa.uint64(), "the confirmed incident behind it"),
        _field("track", pa.uint64(), "the track that approaches"),
        _field("rng_ground_m", _F8, "ground distance from the site to the track now"),
        _field("azm_true_deg", _F8, "bearing of the track seen from the site"),
        _field("rng_closest_m", _F8, "predicted least ground distance from the site", null=True),
        _field(
            "dt_reach_s",
            _F8,
            "time until the track reaches the site's radius; null when it will not",
            null=True,
        ),
        _field("spd_mps", _F8, "ground speed"),
        _field("alt_baro_m", _F8, "pressure altitude", null=True),
        _field("text", pa.string(), "the warning in plain words"),
        _field("frame", pa.uint64(), "the frame whose arrival changed the warning"),
    ],
    metadata={"table": "WARNING"},
)

REJECT: Final = pa.schema(
    [
        _field("frame", pa.uint64(), "the frame it was in"),
        _field("t_heard", TIME, "when the frame was heard", null=True),
        _field("source", WORD, "where from"),
        _field(
            "offset", pa.uint64(), "offset in the source: file offset, or octet within the datagram"
        ),
        _field("category", pa.uint8(), "ASTERIX category, where one was read", null=True),
        _field("item", pa.string(), "the item being read, e.g. 'I048/130'", null=True),
        _field("reason", WORD, "what was wrong"),
        _field("octets", pa.large_binary(), "the octets that are lost to the tables"),
    ],
    metadata={"table": "REJECT"},
)

SENSOR_STATES: Final = ("operational", "degraded", "not_operational", "initialising", "test")

SENSOR_STATUS: Final = pa.schema(
    [
        _field("t", TIME, "time of the message"),
        _field("t_heard", TIME, "when the bytes reached us", null=True),
        _field("sensor", WORD, "who speaks or is spoken of: 'SAC/SIC' in decimals for ASTERIX"),
        _field("message", WORD, "what kind of message, e.g. 'north_marker', 'sector', 'status'"),
        _field("state", WORD, "one of SENSOR_STATES, where the message tells", null=True),
        _field(
            "azm_true_deg",
            _F8,
            "azimuth that the antenna passes: of the sector's edge or north",
            null=True,
        ),
        _field("dt_antenna_s", _F8, "time of one turn of the antenna", null=True),
        _field("is_overloaded", pa.bool_(), "the sensor says that it leaves data out", null=True),
        _field("is_time_valid", pa.bool_(), "its clock is synchronised", null=True),
        _field("text", pa.string(), "everything else that it says, in plain words", null=True),
        _field("frame", pa.uint64(), "the frame it came in"),
    ],
    metadata={"table": "SENSOR_STATUS"},
)

REGISTRATION: Final = pa.schema(
    [
        _field("t", TIME, "moment for which it holds"),
        _field("sensor", WORD, "the radar, 'SAC/SIC'"),
        _field("rng_bias_m", _F8, "told minus true slant range at range zero", null=True),
        _field("sigma_rng_bias_m", _F8, "one-sigma of it"),
        _field("rng_gain_ppm", _F8, "by how much more it grows with range", null=True),
        _field("sigma_rng_gain_ppm", _F8, "one-sigma of it"),
        _field("azm_bias_deg", _F8, "told minus true azimuth", null=True),
        _field("sigma_azm_bias_deg", _F8, "one-sigma of it"),
        _field("t_bias_s", _F8, "told minus true time of measurement", null=True),
        _field("sigma_t_bias_s", _F8, "one-sigma of it"),
        _field("elv_bias_deg", _F8, "told minus true elevation, refraction included", null=True),
        _field("sigma_elv_bias_deg", _F8, "one-sigma of it", null=True),
        _field("references", pa.uint64(), "plots that were compared with ADS-B"),
        _field("pairs", pa.uint64(), "plots that were compared with another radar's"),
        _field("odd", pa.uint64(), "comparisons that were left out as wrong"),
        _field("alarms", pa.uint64(), "jumps since the start"),
        _field("t_alarm", TIME, "when the last jump was noticed", null=True),
        _field("is_alarmed", pa.bool_(), "a bias has just jumped and is being learned anew"),
    ],
    metadata={"table": "REGISTRATION"},
)
"""A bias of which nothing is known is null; its sigma is then what was assumed at the start."""

SEEN_BY: Final = ("0", "1", "2", "3", "4+", "unknown", "ground")
"""How many radars see a place; or nobody knows, for want of terrain; or there is no air: the
height asked for lies below the ground."""

_LAYER: Final = _field("layer", WORD, "the layer's name: a target class at a height")


def _value_fields() -> list[pa.Field]:
    """What a part of a network sees by itself, and what is lost without it."""
    return [
        _field("alone_area_m2", _F8, "area that it sees, whoever else does"),
        _field("alone_area_share", _F8, "of the territory with air in it", null=True),
        _field("alone_people", _F8, "people below what it sees", null=True),
        _field("alone_people_share", _F8, "of all people", null=True),
        _field("alone_sites", pa.int64(), "protected sites that it sees", null=True),
        _field("lost_area_m2", _F8, "area that nobody surely sees without it"),
        _field("lost_area_share", _F8, "of the territory with air in it", null=True),
        _field("lost_people", _F8, "people below that area", null=True),
        _field("lost_people_share", _F8, "of all people", null=True),
        _field(
            "lost_sites",
            pa.int64(),
            "protected sites that nobody surely sees without it",
            null=True,
        ),
    ]


COVER: Final = pa.schema(
    [
        _LAYER,
        _field("seen_by", WORD, "one of SEEN_BY"),
        _field("area_m2", _F8, "territory"),
        _field("area_share", _F8, "of the territory with air in it; null for 'ground'", null=True),
        _field("n_people", _F8, "people in it", null=True),
        _field("people_share", _F8, "of all people with air above; null for 'ground'", null=True),
        _field("sites", pa.int64(), "protected sites in it", null=True),
        _field("sites_share", _F8, "of all sites with air above; null for 'ground'", null=True),
    ],
    metadata={"table": "COVER"},
)
"""Planning estimates. 'unknown' is neither covered nor a gap: the rows of a layer other than
'ground' add up to one."""

RADAR_VALUE: Final = pa.schema(
    [
        _LAYER,
        _field("radar", WORD, "the radar or receiver"),
        _field("contributor", WORD, "who brings it"),
        *_value_fields(),
    ],
    metadata={"table": "RADAR_VALUE"},
)

PAIR_VALUE: Final = pa.schema(
    [
        _LAYER,
        _field("radar", WORD, "one of the two"),
        _field("other", WORD, "the other, later in the shield's order"),
        *_value_fields(),
        _field("beyond_area_m2", _F8, "how much more is lost than without each of them by itself"),
        _field("beyond_people", _F8, "how many more people are below that", null=True),
    ],
    metadata={"table": "PAIR_VALUE"},
)

CONTRIBUTOR_VALUE: Final = pa.schema(
    [
        _LAYER,
        _field("contributor", WORD, "who brings them"),
        _field("radars", pa.int64(), "how many it brings"),
        *_value_fields(),
    ],
    metadata={"table": "CONTRIBUTOR_VALUE"},
)

GAP: Final = pa.schema(
    [
        _LAYER,
        _field("gap", pa.int64(), "number within the layer, the largest is 0"),
        _field("area_m2", _F8, "its area, counted in cells"),
        _field("n_people", _F8, "people in it", null=True),
        _field("reason", WORD, "why nobody sees, for most of its area: a name of plan's reasons"),
        _field("lat_deg", _F8, "WGS-84 latitude of a place in it"),
        _field("lon_deg", _F8, "WGS-84 longitude of that place, [-180, 180)"),
        _field("outline", pa.large_binary(), "WKB, longitude and latitude, right-hand rule"),
    ],
    metadata={"table": "GAP"},
)
"""Terrain that nobody knows is no gap."""

TRUTH: Final = pa.schema(
    [
        _field("t", TIME, "moment of the exercise"),
        _field("target", pa.string(), "the flight's name in the scenario"),
        _field("cls", WORD, "one of TRACK_CLASSES: what it really is"),
        _field("lat_deg", _F8, "WGS-84 latitude"),
        _field("lon_deg", _F8, "WGS-84 longitude, [-180, 180)"),
        _field("alt_hae_m", _F8, "height above the WGS-84 ellipsoid"),
        _field(
            "alt_baro_m", _F8, "pressure altitude; an exercise flies in the standard atmosphere"
        ),
        _field("vel_east_mps", _F8, "ground velocity, true east at the target"),
        _field("vel_north_mps", _F8, "ground velocity, true north at the target"),
        _field("vel_up_mps", _F8, "vertical rate, up positive"),
        _field("rcs_dbsm", _F8, "radar cross-section, a class figure"),
        _field("mode_s", pa.uint32(), "24-bit address of its transponder", null=True),
        _field("mode_3a", pa.uint16(), "Mode 3/A code as a number", null=True),
        _field("callsign", pa.string(), "what its transponder says", null=True),
    ],
    metadata={"table": "TRUTH"},
)
"""What a rehearsal knows and the watch does not: where everything really was."""

WARNING_STATES_PLANNED: Final = ("confirmed", "unknown", "unconfirmed", "unseen")
"""What becomes of an inbound track: confirmed in time; so or not, depending on ground that nobody
knows; seen now and then, but never surely enough; out of everybody's sight to the end."""
VERDICTS: Final = ("holds", "fails", "unknown")
"""Answers to a requirement."""

_INBOUND: Final = (
    _field("site", WORD, "the protected site"),
    _field("target", WORD, "class of the inbound target: a class, not a measured object"),
    _field("spd_mps", _F8, "its ground speed"),
    _field("hgt_m", _F8, "its height"),
    _field("height_above", WORD, "what that height is above: 'ground' or 'sea'"),
)

WARNING_TIME: Final = pa.schema(
    [
        *_INBOUND,
        _field("azm_true_deg", _F8, "bearing from the site to where it comes from, [0, 360)"),
        _field("status", WORD, "one of WARNING_STATES_PLANNED"),
        _field(
            "warning_min",
            _F8,
            "time from the word reaching the site to arrival, unknown ground hiding the target; "
            "below zero it arrives first; null: not confirmed before arrival",
            null=True,
        ),
        _field("best_min", _F8, "the same where unknown ground hides nothing", null=True),
        _field("rng_confirmed_m", _F8, "distance to go when the track is confirmed", null=True),
        _field("required_min", _F8, "what the site needs; null where it does not say", null=True),
        _field("verdict", WORD, "one of VERDICTS; null without a requirement", null=True),
    ],
    metadata={"table": "WARNING_TIME"},
)
"""One row per site, inbound target and bearing. A planning estimate."""

SITE_WARNING: Final = pa.schema(
    [
        *_INBOUND,
        _field(
            "least_min", _F8, "least over all bearings; null: from one there is none", null=True
        ),
        _field("least_azm_deg", _F8, "the bearing with the least, or the first with none"),
        _field(
            "median_min", _F8, "median over all bearings; null: half of them have none", null=True
        ),
        _field("bearings", pa.int64(), "how many were tried"),
        _field("bearings_without", pa.int64(), "how many give no confirmed track before arrival"),
        _field("bearings_unknown", pa.int64(), "how many hang on ground that nobody knows"),
        _field("required_min", _F8, "what the site needs; null where it does not say", null=True),
        _field("verdict", WORD, "one of VERDICTS; null without a requirement", null=True),
    ],
    metadata={"table": "SITE_WARNING"},
)
"""One row per site and inbound target: the worst bearing decides. A planning estimate."""

_DAY: Final = _field("day", pa.int32(), "day of the plan, from 0")

STATION_DAY: Final = pa.schema(
    [
        _field("station", WORD, "the patrol station"),
        _DAY,
        _field("demanded_s", _F8, "how long it is to be manned"),
        _field(
            "cover_share", _F8, "of that, manned in full, mean of replications; null: never asked",
            null=True,
        ),
        _field("cover_low_share", _F8, "what is missed in the worst 5 % only", null=True),
        _field("cover_high_share", _F8, "what is exceeded in the best 5 % only", null=True),
        _field(
            "short_of", WORD, "what most often kept aircraft away that day; null: nothing",
            null=True,
        ),
        _field("short_share", _F8, "of all time that aircraft are lacking, due to it", null=True),
    ],
    metadata={"table": "STATION_DAY"},
)  # fmt: skip
"""``short_of`` is one of ``airshield.plan.patrol.REASONS``. A planning estimate."""

FLEET_DAY: Final = pa.schema(
    [
        _field("fleet", WORD, "the fleet"),
        _DAY,
        _field("state", WORD, "one of airshield.plan.patrol.STATES"),
        _field("mean_aircraft", _F8, "how many are in it: mean over the day and replications"),
        _field("answered_calls", _F8, "the fleet's calls that were answered that day", null=True),
        _field("missed_calls", _F8, "its calls that nobody could answer", null=True),
    ],
    metadata={"table": "FLEET_DAY"},
)
"""Calls are the same in every row of a fleet and day; null: its alert is not called."""

FUEL_DAY: Final = pa.schema(
    [
        _field("base", WORD, "the base"),
        _DAY,
        _field("stock_kg", _F8, "fuel at the end of the day: mean; null: not modelled", null=True),
        _field("low_kg", _F8, "what is missed in the worst 5 % only", null=True),
        _field("high_kg", _F8, "what is exceeded in the best 5 % only", null=True),
    ],
    metadata={"table": "FUEL_DAY"},
)

ROSTER: Final = pa.schema(
    [
        _field("flight", pa.int64(), "number, in order of take-off, from 0"),
        _field("fleet", WORD, "whose aircraft"),
        _field("aircraft", pa.int64(), "which of the fleet's, from 1"),
        _field("crew", pa.int64(), "which, from 1; null: crews are not counted", null=True),
        _field("base", WORD, "where it takes off and lands"),
        _field("station", WORD, "the station that it mans"),
        _field("take_off_s", _F8, "from the plan's first instant, may lie before it"),
        _field("on_station_s", _F8, "likewise"),
        _field("off_station_s", _F8, "likewise"),
        _field("landing_s", _F8, "likewise"),
        _field("ready_s", _F8, "likewise, after turnaround and mean repair"),
        _field("taken_kg", _F8, "fuel taken from tankers"),
        _field("given_kg", _F8, "fuel given to others"),
    ],
    metadata={"table": "ROSTER"},
)

REFUELLING: Final = pa.schema(
    [
        _field("at_s", _F8, "from the plan's first instant"),
        _field("taker", pa.int64(), "the flight that is refuelled"),
        _field("giver", pa.int64(), "the tanker's flight"),
        _field("fuel_kg", _F8, "how much"),
    ],
    metadata={"table": "REFUELLING"},
)

RESPONSE_CELL: Final = pa.schema(
    [
        _field("lat_deg", _F8, "WGS-84 latitude of the cell's middle"),
        _field("lon_deg", _F8, "WGS-84 longitude, [-180, 180)"),
        _field("least_s", _F8, "until the first is there; null: nobody can come", null=True),
        _field("first", WORD, "the fleet on alert or the station it comes from", null=True),
        _field("mean_s", _F8, "mean over the cases in which somebody comes", null=True),
        _field("kept_s", _F8, "kept with the chance asked for; null: it is not", null=True),
        _field("nobody_share", _F8, "how often nobody can come", null=True),
    ],
    metadata={"table": "RESPONSE_CELL"},
)

_NODE: Final = _field("node", WORD, "the node of the supply network")
_CONTRIBUTOR: Final = _field("contributor", WORD, "who brings or runs it")

SUPPLY_NODE: Final = pa.schema(
    [
        _NODE,
        _CONTRIBUTOR,
        _field("kind", WORD, "source, port, railhead, depot, base, ..."),
        _field("need_kgps", _F8, "what is used there"),
        _field("got_kgps", _F8, "what of it comes day after day, stocks left alone"),
        _field("got_share", _F8, "of the need; null where nothing is needed", null=True),
        _field("supply_kgps", _F8, "what could enter the network there", null=True),
        _field("given_kgps", _F8, "what does"),
        _field("stock_kg", _F8, "what lies there on the first day"),
        _field("cause", pa.string(), "why it gets too little, in words", null=True),
    ],
    metadata={"table": "SUPPLY_NODE"},
)

SUPPLY_EDGE: Final = pa.schema(
    [
        _field("edge", WORD, "the edge of the supply network"),
        _CONTRIBUTOR,
        _field("mode", WORD, "road, rail, sea, air, pipeline, ..."),
        _field("start", WORD, "the node at one end"),
        _field("end", WORD, "the node at the other end"),
        _field("flow_kgps", _F8, "what enters it, negative from end to start"),
        _field("capacity_kgps", _F8, "what may", null=True),
        _field("used_share", _F8, "of its capacity; null where it has none", null=True),
        _field("is_binding", pa.bool_(), "it is full, and somebody gets too little for that"),
    ],
    metadata={"table": "SUPPLY_EDGE"},
)

SUPPLY_LOSS: Final = pa.schema(
    [
        _field("kind", WORD, "what is lost: edge, node, owner or pair (of edges)"),
        _field("lost", pa.string(), "its name"),
        _field("other", pa.string(), "the other edge of a pair", null=True),
        _field("contributor", WORD, "who runs what is lost"),
        _field("delivered_kgps", _F8, "the most that can then be delivered, to all together"),
        _field("lost_kgps", _F8, "how much less that is than with everything"),
        _field("lost_share", _F8, "of what everything delivers", null=True),
        _field(
            "cut_off",
            pa.list_(pa.field("item", pa.string(), nullable=False)),
            "nodes with a need that no way leads to any more",
        ),
    ],
    metadata={"table": "SUPPLY_LOSS"},
)

SOLE_WAY: Final = pa.schema(
    [
        _NODE,
        _field("kind", WORD, "edge, node or owner"),
        _field("way", pa.string(), "without which nothing reaches the node from any source"),
        _field("contributor", WORD, "who runs it"),
        _field("capacity_kgps", _F8, "what it can carry; null: it is no edge", null=True),
        _field("need_kgps", _F8, "what the node needs"),
    ],
    metadata={"table": "SOLE_WAY"},
)

STOCK_DAY: Final = pa.schema(
    [
        _NODE,
        _field("day", pa.int64(), "counted from 0"),
        _field("stock_kg", _F8, "what lies there at its end"),
        _field("need_kg", _F8, "what is to be used on that day"),
        _field("short_kg", _F8, "what of it is missing"),
        _field("arrived_kg", _F8, "what comes over edges"),
        _field("sent_kg", _F8, "what leaves over edges"),
        _field("left_days", _F8, "for how long the stock lasts if nothing comes", null=True),
    ],
    metadata={"table": "STOCK_DAY"},
)

COALITION: Final = pa.schema(
    [
        _field("coalition", pa.uint64(), "bit i: contributor i comes"),
        _field("comes", pa.string(), "who comes, in words"),
        _field("requirement", WORD, "what is asked"),
        _field("value_figure", _F8, "the figure; null: unknown", null=True),
        _field("low_figure", _F8, "the least it may be", null=True),
        _field("high_figure", _F8, "the most it may be", null=True),
        _field("verdict", WORD, "one of VERDICTS"),
    ],
    metadata={"table": "COALITION"},
)

DEPENDENCE: Final = pa.schema(
    [
        _field("contributor", WORD, "who"),
        _field("requirement", WORD, "of what"),
        _field("alone_figure", _F8, "the figure with this one alone", null=True),
        _field("with_all_figure", _F8, "the figure with everybody", null=True),
        _field("without_figure", _F8, "the figure with everybody else", null=True),
        _field(
            "withdrawal_figure", _F8, "how much worse it is without, positive is worse", null=True
        ),
        _field("withdrawal_low_figure", _F8, "the least that loss may be", null=True),
        _field("withdrawal_high_figure", _F8, "the most it may be", null=True),
        _field("shapley_figure", _F8, "the share of the whole, better is positive", null=True),
        _field("shapley_low_figure", _F8, "the least that share may be", null=True),
        _field("shapley_high_figure", _F8, "the most it may be", null=True),
        _field("verdict_without", WORD, "one of VERDICTS"),
        _field("is_veto", pa.bool_(), "with all it holds, without this one it surely fails"),
    ],
    metadata={"table": "DEPENDENCE"},
)
"""Figures are in the requirement's own unit."""

PAIR_DEPENDENCE: Final = pa.schema(
    [
        _field("contributor", WORD, "one of the two"),
        _field("other", WORD, "the other"),
        _field("requirement", WORD, "of what"),
        _field(
            "loss_figure", _F8, "how much worse it is without both, positive is worse", null=True
        ),
        _field("beyond_figure", _F8, "how much of that neither loss by itself tells", null=True),
        _field("verdict_without", WORD, "one of VERDICTS"),
    ],
    metadata={"table": "PAIR_DEPENDENCE"},
)

WITHDRAWAL: Final = pa.schema(
    [
        _field("contributor", WORD, "who goes"),
        _field("day", pa.int64(), "from which day; null: never there", null=True),
        _field("requirement", WORD, "of what"),
        _field("value_figure", _F8, "the figure then", null=True),
        _field("low_figure", _F8, "the least it may be", null=True),
        _field("high_figure", _F8, "the most it may be", null=True),
        _field("loss_figure", _F8, "how much worse that is than if all stay", null=True),
        _field("verdict", WORD, "one of VERDICTS"),
    ],
    metadata={"table": "WITHDRAWAL"},
)

REPLACEMENT: Final = pa.schema(
    [
        _field("without", WORD, "the contributor that is to be replaced"),
        _field("aim", WORD, "cheapest or soonest"),
        _field(
            "brings",
            pa.string(),
            "what the others must bring, in words; null: none found",
            null=True,
        ),
        _field("cost_money", _F8, "what that costs", null=True),
        _field("bound_money", _F8, "no way is cheaper; null: not known", null=True),
        _field("lead_s", _F8, "until all of it is there", null=True),
        _field("state", WORD, "one of REPLACEMENT_STATES"),
        _field("tried", pa.int64(), "how many ways were worked out"),
    ],
    metadata={"table": "REPLACEMENT"},
)
REPLACEMENT_STATES: Final = ("not_needed", "proven", "found", "not_possible", "unknown")
"""It holds without; the way told is the best; it holds, a better may exist; not even all options
together make it hold; nobody can say."""

SCREENING: Final = pa.schema(
    [
        _field("assumption", WORD, "the assumption that has a range"),
        _field("requirement", WORD, "of what"),
        _field(
            "effect_figure", _F8, "mean effect of a step through the whole range (mu)", null=True
        ),
        _field("effect_abs_figure", _F8, "mean of its size, whichever way (mu*)", null=True),
        _field("effect_half_figure", _F8, "half-width of its 95 % interval", null=True),
        _field(
            "sigma_figure", _F8, "spread of the effects: bends, or works with others", null=True
        ),
        _field("flips_share", _F8, "of the steps that turned the answer", null=True),
        _field("is_deciding", pa.bool_(), "some step turned the answer"),
    ],
    metadata={"table": "SCREENING"},
)
"""Effects are in the requirement's own unit."""

TABLES: Final[Mapping[str, pa.Schema]] = {
    "FRAME": FRAME,
    "REPORT": REPORT,
    "TRACK": TRACK,
    "INCIDENT": INCIDENT,
    "WARNING": WARNING,
    "REJECT": REJECT,
    "SENSOR_STATUS": SENSOR_STATUS,
    "REGISTRATION": REGISTRATION,
    "COVER": COVER,
    "RADAR_VALUE": RADAR_VALUE,
    "PAIR_VALUE": PAIR_VALUE,
    "CONTRIBUTOR_VALUE": CONTRIBUTOR_VALUE,
    "GAP": GAP,
    "TRUTH": TRUTH,
    "WARNING_TIME": WARNING_TIME,
    "SITE_WARNING": SITE_WARNING,
    "STATION_DAY": STATION_DAY,
    "FLEET_DAY": FLEET_DAY,
    "FUEL_DAY": FUEL_DAY,
    "ROSTER": ROSTER,
    "REFUELLING": REFUELLING,
    "RESPONSE_CELL": RESPONSE_CELL,
    "SUPPLY_NODE": SUPPLY_NODE,
    "SUPPLY_EDGE": SUPPLY_EDGE,
    "SUPPLY_LOSS": SUPPLY_LOSS,
    "SOLE_WAY": SOLE_WAY,
    "STOCK_DAY": STOCK_DAY,
    "COALITION": COALITION,
    "DEPENDENCE": DEPENDENCE,
    "PAIR_DEPENDENCE": PAIR_DEPENDENCE,
    "WITHDRAWAL": WITHDRAWAL,
    "REPLACEMENT": REPLACEMENT,
    "SCREENING": SCREENING,
}

# Making one takes as long as reading a frame: live, several were made for every frame.
_EMPTY: Final = {id(schema): schema.empty_table() for schema in TABLES.values()}


def make_table(schema: pa.Schema, columns: Mapping[str, Any], *, rows: int) -> pa.Table:
    """Build a table of ``schema`` from the columns at hand; the absent nullable ones become null.

    Parameters
    ----------
    schema : pyarrow.Schema
        One of the house's schemas.
    columns : mapping of name to array-like
        Arrow arrays, NumPy arrays or lists, each of length ``rows``. NaN in a float column of a
        nullable field is unknown and becomes null.
    rows : int
        Number of rows.

    Raises
    ------
    KeyError
        A column that the schema has not, or a required one that is missing.
    """
    unknown = sorted(set(columns) - set(schema.names))
    if unknown:
        raise KeyError(f"no such columns in {_title(schema)}: {', '.join(unknown)}")
    arrays = []
    for field in schema:
        if field.name not in columns:
            if not field.nullable:
                raise KeyError(f"{_title(schema)} needs column {field.name}")
            arrays.append(pa.nulls(rows, field.type))
            continue
        arrays.append(_as_array(columns[field.name], field))
    return pa.Table.from_arrays(arrays, schema=schema)


def empty(schema: pa.Schema) -> pa.Table:
    """Return a table of no rows; those of the house's schemas are made once."""
    made = _EMPTY.get(id(schema))
    return schema.empty_table() if made is None else made


def concat(schema: pa.Schema, tables: Iterable[pa.Table]) -> pa.Table:
    """Join tables of one schema, with one dictionary per column, into one contiguous table."""
    parts = [table for table in tables if table.num_rows]
    if not parts:
        return empty(schema)
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()


def words(codes: Any, names: Sequence[str]) -> pa.DictionaryArray:
    """Make a dictionary column from integer codes into ``names``."""
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(names, pa.string()))


def _as_array(values: Any, field: pa.Field) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values if values.type.equals(field.type) else values.cast(field.type)
    if field.type == WORD:
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, field.type, from_pandas=field.nullable)


def _title(schema: pa.Schema) -> str:
    name: bytes = (schema.metadata or {}).get(b"table", b"the table")
    return name.decode()
