"""readsb and its kin (tar1090, dump1090-fa, the aggregators' APIs): JSON of aircraft and of traces.

============  ======================================================================================
``aircraft``  one row per aircraft of an ``aircraft.json`` (or of an API's answer: ``ac`` for
              ``aircraft``), or of a line with its own ``now``, as ``--json-port`` gives
``trace``     one row per point of a ``trace_full`` or ``trace_recent`` file
============  ======================================================================================

One JSON document, or one line, is one frame; documents may follow each other without anything
between. All columns are as readsb's README-json has them, in its units (feet, knots, feet per
minute), ``ground`` in place of an altitude as ``is_on_ground``. Times are Unix times of the
receiver; milliseconds, as some APIs give, are told by their size.

Reports
-------
- ``t`` is when the position was heard: ``now`` less ``seen_pos``. ``t_heard`` is the frame's, or
  ``now``. An aircraft without ``lat`` (its position is older than a minute, ``lastPosition``, or
  guessed, ``rr_lat``) makes no report.
- The positions of a document make reports in the order of their times, which lie up to a minute
  apart, not in that of the document.
- The same position in the next snapshot makes no second report, nor does one from an older
  snapshot, nor the points that an earlier trace of the aircraft had
  (:class:`airshield.read.text.told.Told`); nor one that the aircraft cannot have reached from the
  last good one (:class:`airshield.read.text.Gate`).
- Type ``mlat``, or ``lat`` among the fields named in ``mlat``: kind ``mlat``. Type ``tisb_*``, or
  ``lat`` among those in ``tisb``: kind ``track``, for it is a ground radar's. Else ``adsb``.
- ``nac_p`` belongs to what the aircraft said; it says nothing of an MLAT or TIS-B position.
- ``alt_geom`` is above the WGS-84 ellipsoid. A trace's altitude is geometric where its flag says.
- An address with ``~`` is no ICAO address: ``mode_s`` is null, ``hex`` has it.
- In a trace the details (callsign, squawk, NACp) stand in some rows only and hold for the next:
  callsign and squawk five minutes, NACp and emergency one.

Left out: ``acas_ra``, ``gpsOkBefore``, what a data base adds beyond registration and type.

Source: wiedehopf/readsb, README-json.md: fields, flags, ``seen_pos``, ``lastPosition``.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield import tables
from airshield.read.reader import NO_TIME, Options, Reader
from airshield.read.text import Frames, ObjectSplitter, warm_up
from airshield.read.text.reports import (
    NACP_REMEMBERED,
    REMEMBERED,
    Columns,
    TextReports,
    aircraft_in_si,
    in_si,
)
from airshield.read.text.rows import (
    FRAME_FIELDS,
    KIND_CODES,
    Lost,
    epoch_ns,
    epoch_s,
    floats,
    integers,
    is_epoch,
    read_json,
    times,
    truths,
    wire_field,
)
from airshield.read.text.tables import Records, TextTables, make_records, sift
from airshield.read.text.told import Told

__all__ = ["AIRCRAFT", "READER", "TRACE", "ReadsbReports", "ReadsbTables", "sniff", "warm_up"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

_F8: Final = pa.float64()
_TEXTS: Final = pa.list_(pa.string())


class _Field(NamedTuple):
    """One field of an aircraft: its name on the wire, its column, and what can be."""

    wire: str
    column: str
    kind: pa.DataType
    what: str
    unit: str | None = None
    least: float = -1e12
    most: float = 1e12


_ALT: Final = (-5_000.0, 250_000.0)
_SPD: Final = (0.0, 4_100.0)
_TURN: Final = (-360.0, 360.0)
_RATE: Final = (-66_000.0, 66_000.0)

_FIELDS: Final = (
    _Field("hex", "hex", pa.string(), "address as written; ~ marks one that is not ICAO's"),
    _Field("type", "type", pa.string(), "what the data rest on: adsb_icao, mlat, tisb_other, ..."),
    _Field("flight", "callsign", pa.string(), "aircraft identification, without padding"),
    _Field("r", "registration", pa.string(), "registration, from a data base"),
    _Field("t", "aircraft_type", pa.string(), "ICAO type code, from a data base"),
    _Field("dbFlags", "db_flags", pa.uint32(), "1 military, 2 interesting, 4 PIA, 8 LADD"),
    _Field("alt_baro", "alt_baro_ft", _F8, "pressure altitude", "ft", *_ALT),
    _Field("alt_geom", "alt_geom_ft", _F8, "height above the WGS-84 ellipsoid", "ft", *_ALT),
    _Field("gs", "gs_kt", _F8, "ground speed", "kt", *_SPD),
    _Field("ias", "ias_kt", _F8, "indicated airspeed", "kt", *_SPD),
    _Field("tas", "tas_kt", _F8, "true airspeed", "kt", *_SPD),
    _Field("mach", "mach", _F8, "Mach number", None, 0.0, 10.0),
    _Field("track", "track_deg", _F8, "direction over ground, from true north", "deg", *_TURN),
    _Field("calc_track", "calc_track_deg", _F8, "the same, from positions", "deg", *_TURN),
    _Field("track_rate", "track_rate_deg_s", _F8, "change of track", "deg_s", -360.0, 360.0),
    _Field("roll", "roll_deg", _F8, "roll, left wing down negative", "deg", -180.0, 180.0),
    _Field("mag_heading", "mag_heading_deg", _F8, "heading, from magnetic north", "deg", *_TURN),
    _Field("true_heading", "true_heading_deg", _F8, "heading, from true north", "deg", *_TURN),
    _Field("baro_rate", "baro_rate_ft_min", _F8, "rate of alt_baro", "ft_min", *_RATE),
    _Field("geom_rate", "geom_rate_ft_min", _F8, "rate of alt_geom", "ft_min", *_RATE),
    _Field("squawk", "squawk", pa.string(), "Mode 3/A code, four octal digits"),
    _Field("emergency", "emergency", pa.string(), "none, general, lifeguard, minfuel, nordo, ..."),
    _Field("category", "category", pa.string(), "emitter category, A0 to D7"),
    _Field("nav_qnh", "nav_qnh_hpa", _F8, "altimeter setting", "hpa"),
    _Field("nav_altitude_mcp", "nav_altitude_mcp_ft", _F8, "altitude selected by hand", "ft"),
    _Field("nav_altitude_fms", "nav_altitude_fms_ft", _F8, "altitude selected by the FMS", "ft"),
    _Field("nav_heading", "nav_heading_deg", _F8, "selected heading", "deg", *_TURN),
    _Field("nav_modes", "nav_modes", _TEXTS, "autopilot, vnav, althold, approach, lnav, tcas"),
    _Field("lat", "lat_deg", _F8, "WGS-84 latitude", "deg", -90.0, 90.0),
    _Field("lon", "lon_deg", _F8, "WGS-84 longitude", "deg", -180.0, 180.0),
    _Field("seen_pos", "seen_pos_s", _F8, "age of the position", "s", -3600.0, 1e9),
    _Field("seen", "seen_s", _F8, "age of the last message", "s", -3600.0, 1e9),
    _Field("nic", "nic", pa.uint8(), "navigation integrity category"),
    _Field("rc", "rc_m", _F8, "radius of containment", "m", 0.0, 1e8),
    _Field("version", "version", pa.uint8(), "ADS-B version"),
    _Field("nic_baro", "nic_baro", pa.uint8(), "integrity of the pressure altitude"),
    _Field("nac_p", "nac_p", pa.uint8(), "navigation accuracy category, position"),
    _Field("nac_v", "nac_v", pa.uint8(), "navigation accuracy category, velocity"),
    _Field("sil", "sil", pa.uint8(), "source integrity level"),
    _Field("sil_type", "sil_type", pa.string(), "unknown, perhour, persample"),
    _Field("gva", "gva", pa.uint8(), "geometric vertical accuracy"),
    _Field("sda", "sda", pa.uint8(), "system design assurance"),
    _Field("alert", "is_alert", pa.bool_(), "alert bit"),
    _Field("spi", "is_spi", pa.bool_(), "special position identification"),
    _Field("mlat", "mlat", _TEXTS, "fields that rest on multilateration"),
    _Field("tisb", "tisb", _TEXTS, "fields that rest on TIS-B"),
    _Field("wd", "wind_deg", _F8, "wind direction, computed", "deg", *_TURN),
    _Field("ws", "wind_kt", _F8, "wind speed, computed", "kt"),
    _Field("oat", "oat_degc", _F8, "outside air temperature, computed", "degc"),
    _Field("tat", "tat_degc", _F8, "total air temperature, computed", "degc"),
    _Field("messages", "messages", pa.uint64(), "messages heard of the aircraft"),
    _Field("rssi", "rssi_dbfs", _F8, "signal strength", "dbfs"),
    _Field("r_dst", "rng_nmi", _F8, "distance from the receiver", "nmi"),
    _Field("r_dir", "azm_deg", _F8, "bearing from the receiver", "deg", *_TURN),
    _Field("rr_lat", "rough_lat_deg", _F8, "latitude guessed from receivers", "deg", -90.0, 90.0),
    _Field("rr_lon", "rough_lon_deg", _F8, "longitude guessed", "deg", -180.0, 180.0),
)

_LAST: Final = (
    _Field("lat", "last_lat_deg", _F8, "latitude, older than a minute", "deg", -90.0, 90.0),
    _Field("lon", "last_lon_deg", _F8, "longitude, older than a minute", "deg", -180.0, 180.0),
    _Field("seen_pos", "last_seen_pos_s", _F8, "age of that position", "s"),
)

_ALIASES: Final = {"gs": "gscp"}
"""Names that reduced rows have in place of readsb's."""

_DETAILS: Final = tuple(
    one
    for one in _FIELDS
    if one.wire
    in (
        *("flight", "squawk", "emergency", "category", "nav_qnh", "nav_altitude_mcp"),
        *("nav_altitude_fms", "nav_heading", "nav_modes", "nic", "rc", "version", "nic_baro"),
        *("nac_p", "nac_v", "sil", "sil_type", "gva", "sda", "alert", "spi", "mlat", "tisb"),
        *("tas", "mach", "mag_heading", "true_heading", "track_rate", "wd", "ws", "oat", "tat"),
    )
)

_BY_COLUMN: Final = {one.column: one for one in _FIELDS}
_POINT: Final = tuple(
    _BY_COLUMN[name]._replace(wire=name)
    for name in (
        *("lat_deg", "lon_deg", "alt_baro_ft", "alt_geom_ft", "gs_kt", "track_deg"),
        *("baro_rate_ft_min", "geom_rate_ft_min", "type", "ias_kt", "roll_deg"),
    )
)


def _schema(name: str, *fields: pa.Field, of: Sequence[_Field]) -> pa.Schema:
    return pa.schema(
        [
            *FRAME_FIELDS,
            wire_field("record", pa.uint32(), "place within the frame"),
            *fields,
            *(wire_field(one.column, one.kind, one.what, one.unit) for one in of),
        ],
        metadata={"table": name},
    )


_ADDRESS: Final = wire_field("mode_s", pa.uint32(), "24-bit ICAO aircraft address")
_GROUND: Final = wire_field("is_on_ground", pa.bool_(), "says 'ground' for its altitude")
AIRCRAFT: Final = _schema(
    "aircraft",
    wire_field("t", tables.TIME, "when the document was written"),
    _ADDRESS,
    _GROUND,
    of=(*_FIELDS, *_LAST),
)
TRACE: Final = _schema(
    "trace",
    wire_field("t", tables.TIME, "time of the point"),
    _ADDRESS,
    wire_field("hex", pa.string(), "address as written; ~ marks one that is not ICAO's"),
    _GROUND,
    wire_field("is_stale", pa.bool_(), "nothing was heard in the 20 s before"),
    wire_field("is_new_leg", pa.bool_(), "a new flight begins here"),
    of=(*_POINT, *_DETAILS),
)
SCHEMAS: Final = {"aircraft": AIRCRAFT, "trace": TRACE}

_POINT_FIELDS: Final = 9
"""A point of a trace has at least so many places; files since 2022 have 14."""
_STALE, _NEW_LEG, _GEOMETRIC_RATE, _GEOMETRIC_ALT = 1, 2, 4, 8
_EMERGENCIES: Final = ("general", "minfuel", "nordo", "unlawful", "downed")
"""Values of ``emergency`` that are one; a ``lifeguard`` flight has priority only."""


@dataclass(slots=True)
class _Records:
    """Records of one table on their way: where from, when, and what each says."""

    row: list[int] = field(default_factory=list)
    record: list[int] = field(default_factory=list)
    t_s: list[float] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)
    extra: list[tuple[bool, int]] = field(default_factory=list)
    """On the ground; flags of the point."""
    is_part: list[bool] = field(default_factory=list)
    """Whether the frame holds other records too."""


@dataclass(slots=True)
class _Found:
    """What frames held."""

    aircraft: _Records = field(default_factory=_Records)
    trace: _Records = field(default_factory=_Records)
    lost: list[Lost] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class ReadsbTables(TextTables):
    """Frames to tables of aircraft and of traces."""

    def __init__(self, options: Options) -> None:
        super().__init__(options, *SCHEMAS.values())

    def read(self, frames: Frames) -> Records:
        """Read frames; all columns are made, whichever were asked for."""
        found = _Found()
        for row, text in enumerate(frames.texts):
            _read_document(row, text, found)
        made = {}
        for name, documents, of in (
            ("aircraft", found.aircraft, (*_FIELDS, *_LAST)),
            ("trace", found.trace, (*_POINT, *_DETAILS)),
        ):
            if not documents.row:
                continue
            of_frame, table = _native(name, documents, of, frames, found.lost)
            if table.num_rows:
                made[name] = of_frame, table
        return Records(made, frames.rejects(found.lost), dict(sorted(found.counts.items())))


class ReadsbReports(TextReports):
    """Frames to REPORT rows; keeps also which positions have been told."""

    def __init__(self, options: Options) -> None:
        del options  # the documents tell everything
        remembered = REMEMBERED | NACP_REMEMBERED
        super().__init__(ReadsbTables(Options()), _columns, remembered=remembered)
        self._told = Told()
        self._parts = (*self._parts, self._told)

    def _order(self, values: Columns) -> I8:
        """Return the order in which records are told: by time, within their frame."""
        return np.lexsort((values["t"], values["row"]))

    def _believed(self, at: I8, slot: I8, values: Columns, unused: dict[str, int]) -> I8:
        """Return which of the places ``at`` are news and can be, and count the others."""
        points = at[values["of_trace"][at]]
        new = self._told.are_new_points(slot[points], values["row"][points], values["t"][points])
        good = super()._believed(at[~np.isin(at, points[~new])], slot, values, unused)
        told = (values[name][good] for name in ("t", "lat_deg", "lon_deg", "of_trace"))
        news = self._told.are_news(slot[good], *told)
        unused["told by an earlier trace"] = int((~new).sum())
        unused["not newer than the position told before"] = int((~news).sum())
        return np.asarray(good[news])


def _read_document(row: int, text: bytes, found: _Found) -> None:
    """Sort out what a JSON object is, and take its records."""
    try:
        held = read_json(text)
    except ValueError:
        found.lost.append(Lost(row, "no JSON object"))
        return
    if not isinstance(held, dict):
        found.lost.append(Lost(row, "no JSON object"))
        return
    many = held.get("aircraft", held.get("ac"))
    if isinstance(many, list):
        found.counts["document"] += 1
        now_s = _number(held.get("now"))
        for record, said in enumerate(many):
            found.counts["aircraft"] += 1
            _take_aircraft(row, record, now_s, said, found, is_part=True)
    elif isinstance(held.get("trace"), list):
        found.counts["trace"] += 1
        _take_trace(row, held, found)
    elif "now" not in held:
        found.lost.append(Lost(row, "no aircraft with a time, and no trace"))
    elif "hex" in held:
        found.counts["aircraft"] += 1
        _take_aircraft(row, 0, _number(held["now"]), held, found, is_part=False)
    else:
        found.counts["line without aircraft"] += 1


def _take_aircraft(
    row: int, record: int, now_s: float, said: Any, found: _Found, *, is_part: bool
) -> None:
    if not isinstance(said, dict):
        found.lost.append(Lost(row, "no aircraft", record, json.dumps(said).encode()))
        return
    for wire, alias in _ALIASES.items():
        if wire not in said and alias in said:
            said[wire] = said[alias]
    on_ground = said.get("alt_baro") == "ground"
    if on_ground:
        said = said | {"alt_baro": None}
    last = said.get("lastPosition")
    if isinstance(last, dict):
        said = said | {f"last_{wire}": last.get(wire) for wire, *_ in _LAST}
    _append(found.aircraft, row, record, now_s, said, (on_ground, 0), is_part=is_part)


def _take_trace(row: int, held: dict[str, Any], found: _Found) -> None:
    base_s = _number(held.get("timestamp"))
    for record, point in enumerate(held["trace"]):
        found.counts["point"] += 1
        fields = point if isinstance(point, list) else []
        marks = fields[6] if len(fields) >= _POINT_FIELDS else None
        details = fields[8] if len(fields) >= _POINT_FIELDS else None
        if type(marks) is not int or not isinstance(details, dict | None):
            found.lost.append(
                Lost(row, "a point is not as in traces", record, json.dumps(point).encode())
            )
            continue
        fields = [*fields, *[None] * 14][:14]
        dt_s, lat, lon, alt, gs, track, _, rate, _, kind, geom, geom_rate, ias, roll = fields
        said = dict(details or {})
        on_ground = alt == "ground"
        alt = None if on_ground else alt
        is_geometric, is_geometric_rate = marks & _GEOMETRIC_ALT, marks & _GEOMETRIC_RATE
        said |= {
            "hex": held.get("icao"),
            "lat_deg": lat,
            "lon_deg": lon,
            "alt_baro_ft": None if is_geometric else alt,
            "alt_geom_ft": geom if geom is not None else alt if is_geometric else None,
            "gs_kt": gs,
            "track_deg": None if on_ground else track,
            "baro_rate_ft_min": None if is_geometric_rate else rate,
            "geom_rate_ft_min": (
                geom_rate if geom_rate is not None else rate if is_geometric_rate else None
            ),
            "type": kind if kind is not None else said.get("type"),
            "ias_kt": ias,
            "roll_deg": roll,
        }
        if on_ground and track is not None:  # then this place holds the true heading
            said["true_heading"] = track
        t_s = base_s + _number(dt_s)
        _append(found.trace, row, record, t_s, said, (on_ground, marks), is_part=True)


def _append(
    records: _Records,
    row: int,
    record: int,
    t_s: float,
    said: dict[str, Any],
    extra: tuple[bool, int],
    *,
    is_part: bool,
) -> None:
    records.row.append(row)
    records.record.append(record)
    records.t_s.append(t_s)
    records.said.append(said)
    records.extra.append(extra)
    records.is_part.append(is_part)


def _number(value: Any) -> float:
    """Return a number of a JSON document; NaN where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        return np.nan
    return float(value)


def _native(
    name: str, records: _Records, of: Sequence[_Field], frames: Frames, lost: list[Lost]
) -> tuple[I8, pa.Table]:
    """Make the rows of a native table, and note those that cannot be."""
    row = np.array(records.row, np.int64)
    t_s = epoch_s(np.array(records.t_s, np.float64))
    wrong: dict[str, B1] = {"no time, or one that cannot be": ~is_epoch(t_s)}
    columns: dict[str, Any] = {}
    for one in of:
        wire = f"last_{one.wire}" if one in _LAST else one.wire
        values = [said.get(wire) for said in records.said]
        columns[one.column], bad = _column(values, one)
        wrong[f"{wire} is not what it should be"] = bad
    address, bad = _addresses([said.get("hex") for said in records.said])
    wrong["no address, or one that cannot be"] = bad
    if name == "trace":
        columns["hex"], bad = _column([said.get("hex") for said in records.said], _FIELDS[0])
        marks = np.array([marks for _, marks in records.extra], np.int64)
        columns["is_stale"] = pa.array((marks & _STALE) != 0)
        columns["is_new_leg"] = pa.array((marks & _NEW_LEG) != 0)
    columns["callsign"] = _callsigns(columns["callsign"])
    columns |= {
        "record": np.array(records.record, np.int64),
        "t": times(epoch_ns(np.where(is_epoch(t_s), t_s, np.nan))),
        "mode_s": pa.array(address, pa.uint32(), mask=address < 0),
        "is_on_ground": pa.array([ground for ground, _ in records.extra], pa.bool_()),
    }
    _, table = make_records(frames, row, SCHEMAS[name], columns)

    def octets(at: int) -> bytes | None:
        return json.dumps(records.said[at]).encode() if records.is_part[at] else None

    return sift(row, table, wrong, octets, lost)


def _column(values: list[Any], one: _Field) -> tuple[pa.Array, B1]:
    """Make a column, and tell which values are not of its kind or beyond what can be."""
    bad = np.zeros(len(values), np.bool_)
    if one.kind == _TEXTS:
        right = [
            value is None or (isinstance(value, list) and all(map(_is_text, value)))
            for value in values
        ]
        bad = ~np.array(right, np.bool_)
    elif one.kind == pa.string():
        bad = np.array([value is not None and not _is_text(value) for value in values], np.bool_)
    else:
        numbers = np.array([np.nan if v is None else _number(v) for v in values], np.float64)
        is_there = np.array([value is not None for value in values], np.bool_)
        if one.kind == pa.bool_():
            is_truth = np.array([isinstance(value, bool) for value in values], np.bool_)
            numbers[is_truth] = [
                bool(v) for v, is_one in zip(values, is_truth, strict=True) if is_one
            ]
            bad = is_there & (numbers != 0.0) & (numbers != 1.0)
            return pa.array(numbers == 1.0, mask=~is_there | bad), bad
        with np.errstate(invalid="ignore"):
            least, most = one.least, one.most
            if pa.types.is_integer(one.kind):
                least, most = 0.0, 255.0 if one.kind == pa.uint8() else 4e9
            bad = is_there & ~((numbers >= least) & (numbers <= most))
        numbers[bad] = np.nan
        return pa.array(numbers, from_pandas=True).cast(one.kind, safe=False), bad
    kept = [None if is_bad else value for value, is_bad in zip(values, bad, strict=True)]
    return pa.array(kept, one.kind), bad


def _is_text(value: Any) -> bool:
    """Tell whether it is text that can be written: half a surrogate pair cannot."""
    return isinstance(value, str) and (value.isascii() or not re.search("[\ud800-\udfff]", value))


def _addresses(values: list[Any]) -> tuple[I8, B1]:
    """Return 24-bit ICAO addresses, -1 for others; and which are no addresses at all."""
    known: dict[Any, int] = {}
    for value in {value for value in values if isinstance(value, str)}:
        if re.fullmatch("[0-9a-fA-F]{6}", value):
            known[value] = int(value, 16)
        elif re.fullmatch("~[0-9a-fA-F]{6}", value):
            known[value] = -1
    out = [known.get(value, -2) if isinstance(value, str) else -2 for value in values]
    address = np.array(out, np.int64)
    return np.maximum(address, -1), address == -2


def _callsigns(column: pa.Array) -> pa.Array:
    """Return callsigns without padding; an empty one, all zero signs or N/A, is unknown."""
    trimmed = pc.utf8_trim(column, " @")
    none = pc.is_in(trimmed, pa.array(["", "N/A"]))
    return pc.if_else(none, pa.scalar(None, pa.string()), trimmed)


_NO_ICAO: Final = 1 << 24
"""Added to addresses that are not ICAO's, to tell them from those that are."""


def _columns(name: str, row: I8, table: pa.Table) -> Columns:
    """Return the columns of REPORT, over the rows of a native table."""
    said = aircraft_in_si(row, table)
    if name == "aircraft":
        t_ns, heard_ns, age_s = said["t"], said["t_heard"], floats(table["seen_pos_s"])
        said["t"] = t_ns - epoch_ns(np.where(np.isnan(age_s), 0.0, age_s))
        said["t_heard"] = np.where(heard_ns == NO_TIME, t_ns, heard_ns)
    up_mps = in_si(table, "baro_rate")
    kinds, is_own = _kinds(table)
    is_emergency = pc.is_in(table["emergency"], pa.array(_EMERGENCIES))
    return said | {
        "of_trace": np.full(row.size, name == "trace"),
        "key": _keys(table["hex"]),
        "kind": kinds,
        "vel_up_mps": np.where(np.isnan(up_mps), in_si(table, "geom_rate"), up_mps),
        "nacp": integers(table["nac_p"]),
        "is_own": is_own,
        "emergency": np.where(truths(table["emergency"].is_null()), -1, truths(is_emergency)),
        "spi": integers(table["is_spi"]),
        "on_ground": truths(table["is_on_ground"]),
    }


def _kinds(table: pa.Table) -> tuple[I8, B1]:
    """Return the kind of each position, and whether the aircraft itself told it."""
    of_type = table["type"].fill_null("")
    is_mlat = truths(pc.equal(of_type, "mlat")) | _names_lat(table["mlat"])
    is_tisb = truths(pc.starts_with(of_type, "tisb")) | _names_lat(table["tisb"])
    kinds = np.full(table.num_rows, KIND_CODES["adsb"])
    kinds[is_tisb] = KIND_CODES["track"]
    kinds[is_mlat] = KIND_CODES["mlat"]
    return kinds, ~(is_mlat | is_tisb)


def _names_lat(column: pa.ChunkedArray) -> B1:
    """Tell where a list of fields has the position."""
    return np.array(["lat" in (names or ()) for names in column.to_pylist()], np.bool_)


def _keys(column: pa.ChunkedArray) -> I8:
    """Return a number for each address, whether ICAO's or not."""
    coded = column.combine_chunks().dictionary_encode()
    keys = [
        int(text.lstrip("~"), 16) + (_NO_ICAO if text.startswith("~") else 0)
        for text in coded.dictionary.to_pylist()
    ]
    return np.asarray(np.array(keys, np.int64)[np.asarray(coded.indices)])


def sniff(head: bytes) -> float:
    """Tell how sure it is that a stream begins with readsb's JSON."""
    text = head.lstrip(b" \t\r\n\xef\xbb\xbf")
    if text[:1] not in (b"{", b"["):
        return 0.0
    keys = set(re.findall(rb'"(\w+)"\s*:', text[:4096]))
    if b"aircraft" in keys and b"now" in keys:
        return 0.95
    if {b"icao", b"timestamp", b"trace"} <= keys:
        return 0.95
    if {b"now", b"hex"} <= keys and (b"lat" in keys or b"flight" in keys or b"type" in keys):
        return 0.9
    return 0.0


READER: Final = Reader(
    name="readsb",
    title="readsb and tar1090: aircraft.json, traces, JSON lines",
    sniff=sniff,
    splitter=ObjectSplitter,
    tables=ReadsbTables,
    reports=ReadsbReports,
    time_column="t",
    any_order=True,
)
