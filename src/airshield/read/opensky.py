"""OpenSky state vectors: JSON arrays or lines, the network's own API, and CSV.

==================  ================================================================================
``state_vector``    rows with ``timestamp, icao24, latitude, longitude, altitude, groundspeed,
                    track, vertical_rate, callsign, onground, squawk`` in feet, knots and feet per
                    minute, as the library *traffic* keeps them: JSON array, JSON lines or CSV
``opensky_state``   the OpenSky Network's own, in metres and metres per second: ``{"time": ...,
                    "states": [[...]]}`` of the REST API, or CSV with ``time, icao24, lat, lon,
                    velocity, heading, vertrate, baroaltitude, geoaltitude, lastposupdate``
==================  ================================================================================

One object, one line of CSV or one answer of the API is one frame. A state vector is a tracker's
memory, made once a second whether or not anything was heard: it repeats the last position, for
minutes if need be, under a new time. So a position equal to the last one of the aircraft makes no
report unless the aircraft is on the ground or below 5 kt, and every position passes a gate
(:class:`airshield.read.text.Gate`): one that the aircraft cannot have reached from its last good
one, or whose time goes back by more than 30 s, is counted in ``unused``, with the reason, until
three new ones in a row agree.

Times are whole seconds of the receivers' clocks or worse. ``alt_baro_m`` is the pressure altitude.
OpenSky's position source 0 (ADS-B) and 3 (FLARM) are of kind ``adsb``, 2 is ``mlat``, 1 (ASTERIX)
is ``track``. Left out: sensor lists, country names, every column not named above.

Sources: OpenSky Network REST API, ``/states/all`` (field order); schema of its historical database.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json
from numpy.typing import NDArray

from airshield import tables
from airshield.read.reader import NO_TIME, Options, Reader
from airshield.read.text import FirstOctetSplitter, Frames, warm_up
from airshield.read.text.reports import Columns, TextReports, aircraft_in_si, in_si
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

__all__ = [
    "OPENSKY_STATE",
    "READER",
    "STATE_VECTOR",
    "OpenSkyReports",
    "OpenSkyTables",
    "sniff",
    "warm_up",
]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
B1 = NDArray[np.bool_]

_RECORD: Final = wire_field("record", pa.uint32(), "place within the frame")
_T: Final = wire_field("t", tables.TIME, "time of the state vector")
_ADDRESS: Final = wire_field("mode_s", pa.uint32(), "24-bit ICAO aircraft address")
_CALLSIGN: Final = wire_field("callsign", pa.string(), "aircraft identification, without padding")
_LAT: Final = wire_field("lat_deg", pa.float64(), "WGS-84 latitude", "deg")
_LON: Final = wire_field("lon_deg", pa.float64(), "WGS-84 longitude", "deg")
_TRACK: Final = wire_field(
    "track_deg", pa.float64(), "direction over ground, clockwise from true north", "deg"
)
_STATES: Final = (
    wire_field("is_on_ground", pa.bool_(), "the aircraft says that it is on the ground"),
    wire_field("squawk", pa.string(), "Mode 3/A code, four octal digits"),
    wire_field("is_alert", pa.bool_(), "alert bit: the squawk has changed or is an emergency"),
    wire_field("is_spi", pa.bool_(), "special position identification"),
)

STATE_VECTOR: Final = pa.schema(
    [
        *FRAME_FIELDS,
        _RECORD,
        _T,
        _ADDRESS,
        _CALLSIGN,
        _LAT,
        _LON,
        wire_field("alt_baro_ft", pa.float64(), "pressure altitude", "ft"),
        wire_field("alt_geom_ft", pa.float64(), "height above the WGS-84 ellipsoid", "ft"),
        wire_field("gs_kt", pa.float64(), "ground speed", "kt"),
        _TRACK,
        wire_field("vert_rate_ft_min", pa.float64(), "vertical rate, up positive", "ft_min"),
        *_STATES,
        wire_field("roll_deg", pa.float64(), "roll, right wing down positive", "deg"),
        wire_field("tas_kt", pa.float64(), "true airspeed", "kt"),
    ],
    metadata={"table": "state_vector"},
)
OPENSKY_STATE: Final = pa.schema(
    [
        *FRAME_FIELDS,
        _RECORD,
        _T,
        wire_field("t_position", tables.TIME, "when the position was last renewed"),
        wire_field("t_contact", tables.TIME, "when anything was last heard of the aircraft"),
        _ADDRESS,
        _CALLSIGN,
        _LAT,
        _LON,
        wire_field("alt_baro_m", pa.float64(), "pressure altitude", "m"),
        wire_field("alt_geom_m", pa.float64(), "height above the WGS-84 ellipsoid", "m"),
        wire_field("gs_mps", pa.float64(), "ground speed", "mps"),
        _TRACK,
        wire_field("vert_rate_mps", pa.float64(), "vertical rate, up positive", "mps"),
        *_STATES,
        wire_field("position_source", pa.uint8(), "0 ADS-B, 1 ASTERIX, 2 MLAT, 3 FLARM"),
    ],
    metadata={"table": "opensky_state"},
)
SCHEMAS: Final = {"state_vector": STATE_VECTOR, "opensky_state": OPENSKY_STATE}

_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "state_vector": {
        **{"timestamp": "t", "icao24": "mode_s", "callsign": "callsign", "latitude": "lat_deg"},
        **{"longitude": "lon_deg", "altitude": "alt_baro_ft", "geoaltitude": "alt_geom_ft"},
        **{"groundspeed": "gs_kt", "track": "track_deg", "vertical_rate": "vert_rate_ft_min"},
        **{"onground": "is_on_ground", "squawk": "squawk", "alert": "is_alert", "spi": "is_spi"},
        **{"roll": "roll_deg", "TAS": "tas_kt"},
    },
    "opensky_state": {
        **{"time": "t", "lastposupdate": "t_position", "lastcontact": "t_contact"},
        **{"icao24": "mode_s", "callsign": "callsign", "lat": "lat_deg", "lon": "lon_deg"},
        **{"baroaltitude": "alt_baro_m", "geoaltitude": "alt_geom_m", "velocity": "gs_mps"},
        **{"heading": "track_deg", "vertrate": "vert_rate_mps", "onground": "is_on_ground"},
        **{"squawk": "squawk", "alert": "is_alert", "spi": "is_spi"},
        "position_source": "position_source",
    },
}
"""Names on the wire to columns, by table."""

_API: Final = (
    *("icao24", "callsign", None, "lastposupdate", "lastcontact", "lon", "lat", "baroaltitude"),
    *("onground", "velocity", "heading", "vertrate", None, "geoaltitude", "squawk", "spi"),
    "position_source",
)
"""Order of the fields of one state in an answer of the API."""

_LEAST_MOST: Final[Mapping[str, tuple[float, float]]] = {
    "lat_deg": (-90.0, 90.0),
    "lon_deg": (-180.0, 180.0),
    "alt_baro_ft": (-5_000.0, 250_000.0),
    "alt_geom_ft": (-5_000.0, 250_000.0),
    "alt_baro_m": (-1_500.0, 76_000.0),
    "alt_geom_m": (-1_500.0, 76_000.0),
    "gs_kt": (0.0, 4_100.0),
    "gs_mps": (0.0, 2_100.0),
    "tas_kt": (0.0, 4_100.0),
    "track_deg": (-360.0, 360.0),
    "vert_rate_ft_min": (-66_000.0, 66_000.0),
    "vert_rate_mps": (-335.0, 335.0),
    "roll_deg": (-180.0, 180.0),
    "position_source": (0.0, 255.0),
}
"""What can be: the reach of the fields that aircraft fill (DO-260B), rounded up."""

_TIMES: Final = ("t", "t_position", "t_contact")
_TEXTS: Final = ("mode_s", "callsign", "squawk")
_TRUTHS: Final = ("is_on_ground", "is_alert", "is_spi")

_FT_TABLE: Final = "state_vector"
_SOURCE_KINDS: Final = (
    KIND_CODES["adsb"],
    KIND_CODES["track"],
    KIND_CODES["mlat"],
    KIND_CODES["adsb"],
)


@dataclass(slots=True)
class _Raw:
    """State vectors of one table on their way: where from, and columns as they were written."""

    row: list[int] = field(default_factory=list)
    record: list[int] = field(default_factory=list)
    state: list[Any] = field(default_factory=list)
    """The record as the document had it, where a frame holds many; None where it is the frame."""
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Found:
    """What frames held: state vectors by table, what could not be read, what was met."""

    raw: dict[str, _Raw] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class OpenSkyTables(TextTables):
    """Frames to tables of state vectors; keeps the header of each source's CSV."""

    def __init__(self, options: Options) -> None:
        super().__init__(options, *SCHEMAS.values())
        self._headers: dict[str, str] = {}

    def read(self, frames: Frames) -> Records:
        """Read frames; all columns are made, whichever were asked for."""
        found = _Found()
        texts = frames.texts
        is_json = np.array([text.lstrip()[:1] == b"{" for text in texts], np.bool_)
        if not (is_json.all() and _read_fast(texts, found)):
            self._read_lines(frames, np.flatnonzero(~is_json), found)
            for row in np.flatnonzero(is_json).tolist():
                _read_object(row, texts[row], found)
        made = {}
        for name, raw in sorted(found.raw.items()):
            of_frame, table = _native(name, raw, frames, found.lost)
            if table.num_rows:
                made[name] = of_frame, table
        return Records(made, frames.rejects(found.lost), dict(sorted(found.counts.items())))

    def _read_lines(self, frames: Frames, rows: I8, found: _Found) -> None:
        """Read lines of CSV; a line that names the columns is the header for those behind it."""
        for row in rows.tolist():
            source = frames.source_names[frames.source[row]]
            try:
                line = frames.texts[row].decode()
                fields = next(csv.reader([line], strict=True), [])
            except (UnicodeDecodeError, csv.Error):
                found.lost.append(Lost(row, "no line of CSV"))
                continue
            if _family(fields):
                self._headers[source] = line
                found.counts["header"] += 1
                continue
            header = next(csv.reader([self._headers.get(source, "")]), [])
            name = _family(header)
            if name is None:
                found.lost.append(Lost(row, "no header names the columns"))
            elif len(fields) != len(header):
                found.lost.append(Lost(row, "another number of fields than the header has"))
            else:
                found.counts["state vector"] += 1
                given = {k: v for k, v in zip(header, fields, strict=True) if v != ""}
                reason = _take(name, row, 0, given, found, _from_text)
                if reason:
                    found.lost.append(Lost(row, reason))

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state."""
        return {
            "csv_sources": np.array(list(self._headers), np.str_),
            "csv_headers": np.array(list(self._headers.values()), np.str_),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        pairs = zip(state["csv_sources"].tolist(), state["csv_headers"].tolist(), strict=True)
        self._headers = {str(source): str(header) for source, header in pairs}


class OpenSkyReports(TextReports):
    """Frames to REPORT rows; keeps the last believed place of each aircraft."""

    def __init__(self, options: Options) -> None:
        super().__init__(OpenSkyTables(Options(date=options.date)), _columns)


def _family(names: Sequence[str]) -> str | None:
    """Tell which table's columns these are."""
    if "icao24" not in names:
        return None
    if "timestamp" in names and "latitude" in names:
        return "state_vector"
    return "opensky_state" if "time" in names and "lat" in names else None


def _read_fast(texts: Sequence[bytes], found: _Found) -> bool:
    """Read all frames at once where each is a plain flat object; tell whether that went well.

    Anything unusual (escapes, NaN, letters beyond ASCII, a wrong type, a missing time) is left to
    the general way, so that both give the same rows.
    """
    data = b"\n".join(texts)
    if not data.isascii() or data.count(b"\n") != len(texts) - 1:
        return False
    # Arrow takes NaN and Infinity for numbers; JSON does not.
    if any(odd in data for odd in (b"\\", b"NaN", b"Inf")):
        return False
    schema = pa.schema([(wire, _raw_type(to)) for wire, to in _NAMES[_FT_TABLE].items()])
    options = pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    try:
        table = pa.json.read_json(
            io.BytesIO(data), read_options=_READ_OPTIONS, parse_options=options
        )
    except pa.ArrowInvalid:
        return False
    if table.num_rows != len(texts) or table["timestamp"].null_count or table["icao24"].null_count:
        return False
    columns = {to: table[wire].combine_chunks() for wire, to in _NAMES[_FT_TABLE].items()}
    rows = len(texts)
    found.raw[_FT_TABLE] = _Raw(list(range(rows)), [0] * rows, [None] * rows, columns)
    found.counts["state vector"] += len(texts)
    return True


_READ_OPTIONS: Final = pa.json.ReadOptions(use_threads=False, block_size=1 << 22)


def _read_object(row: int, text: bytes, found: _Found) -> None:
    """Read one object, the general way."""
    try:
        held = read_json(text)
    except ValueError:
        found.lost.append(Lost(row, "no JSON object"))
        return
    states = held.get("states")
    if isinstance(states, list) and "time" in held:
        found.counts["document"] += 1
        for record, state in enumerate(states):
            found.counts["state vector"] += 1
            reason = "a state is not what the API gives"
            if isinstance(state, list) and len(state) >= len(_API):
                given = {name: v for name, v in zip(_API, state, strict=False) if name is not None}
                given["time"] = held["time"]
                reason = _take("opensky_state", row, record, given, found, _from_json, state)
            if reason:
                octets = json.dumps(state).encode()
                found.lost.append(Lost(row, reason, record, octets))
        return
    name = _family(list(held))
    if name is None:
        found.lost.append(Lost(row, "no state vector"))
        return
    found.counts["state vector"] += 1
    reason = _take(name, row, 0, held, found, _from_json)
    if reason:
        found.lost.append(Lost(row, reason))


def _take(
    name: str,
    row: int,
    record: int,
    given: Mapping[str, Any],
    found: _Found,
    convert: Callable[[str, Any], Any],
    state: Any = None,
) -> str:
    """Take one state vector, or say what is wrong with it."""
    values: dict[str, Any] = {}
    for wire, to in _NAMES[name].items():
        value = given.get(wire)
        try:
            values[to] = None if value is None else convert(to, value)
        except (ValueError, OverflowError):
            return f"{wire} is not what it should be"
    raw = found.raw.setdefault(name, _Raw(columns={to: [] for to in _NAMES[name].values()}))
    raw.row.append(row)
    raw.record.append(record)
    raw.state.append(state)
    for to, value in values.items():
        raw.columns[to].append(value)
    return ""


def _from_json(to: str, value: Any) -> Any:
    """Return a value of a JSON object as its column keeps it."""
    if to in _TEXTS:
        if to == "squawk" and type(value) is int:
            return f"{value:04d}"
        if not isinstance(value, str):
            raise ValueError(value)
        value.encode()  # half a surrogate pair is no text
        return value
    if to in _TRUTHS:
        if not isinstance(value, bool):
            raise ValueError(value)
        return value
    if to in _TIMES and isinstance(value, str):
        return _moment_s(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(value)
    return float(value)


_TRUTH_WORDS: Final = {"true": True, "1": True, "false": False, "0": False}


def _from_text(to: str, text: str) -> Any:
    """Return a field of CSV as its column keeps it."""
    if to in _TRUTHS:
        if text.lower() not in _TRUTH_WORDS:
            raise ValueError(text)
        return _TRUTH_WORDS[text.lower()]
    if to in _TEXTS:
        # A table of numbers with holes writes the code 1000 as 1000.0.
        return text.removesuffix(".0").zfill(4) if to == "squawk" else text
    if to in _TIMES and not re.fullmatch(r"[0-9.eE+]+", text):
        return _moment_s(text)
    number = float(text)
    return None if math.isnan(number) else number


def _moment_s(text: str) -> float:
    """Return a time written as ISO 8601 as Unix time; one without zone is UTC."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return moment.timestamp()


def _native(name: str, raw: _Raw, frames: Frames, lost: list[Lost]) -> tuple[I8, pa.Table]:
    """Make the rows of a native table, each with its frame, and note those that cannot be."""
    row, record = np.array(raw.row, np.int64), np.array(raw.record, np.int64)
    schema = SCHEMAS[name]
    columns: dict[str, Any] = {}
    wrong: dict[str, B1] = {}
    for to, values in raw.columns.items():
        kind = _raw_type(to)
        column = pa.array(values, kind) if isinstance(values, list) else values
        if to == "mode_s":
            address = _addresses(column)
            columns[to] = pa.array(address, pa.uint32(), mask=address < 0)
            wrong["icao24 is no address of 24 bits"] = address < 0
        elif to in _TIMES:
            t_s = epoch_s(floats(column))
            columns[to] = times(epoch_ns(np.where(is_epoch(t_s), t_s, np.nan)))
            wrong[f"{to} is no time that can be"] = ~is_epoch(t_s) & (~np.isnan(t_s) | (to == "t"))
        elif to == "callsign":
            trimmed = pc.utf8_trim_whitespace(column)
            columns[to] = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
        elif to in _LEAST_MOST:
            least, most = _LEAST_MOST[to]
            numbers = floats(column)
            wrong[f"{to} is beyond what can be"] = (numbers < least) | (numbers > most)
            numbers = np.where(wrong[f"{to} is beyond what can be"], np.nan, numbers)
            columns[to] = pa.array(numbers, from_pandas=True).cast(
                schema.field(to).type, safe=False
            )
        else:
            columns[to] = column
    _, table = make_records(frames, row, schema, columns | {"record": record})

    def octets(at: int) -> bytes | None:
        return None if raw.state[at] is None else json.dumps(raw.state[at]).encode()

    return sift(row, table, wrong, octets, lost)


def _raw_type(to: str) -> pa.DataType:
    if to in _TEXTS:
        return pa.string()
    return pa.bool_() if to in _TRUTHS else pa.float64()


def _addresses(column: pa.Array) -> I8:
    """Return addresses written as six hexadecimal digits; -1 where there is none."""
    coded = column.dictionary_encode()
    known = [-1]
    for text in coded.dictionary.to_pylist():
        right = re.fullmatch(r"\s*[0-9a-fA-F]{1,6}\s*", text)
        known.append(int(text, 16) if right else -1)
    return np.asarray(np.array(known, np.int64)[np.asarray(coded.indices.fill_null(-1)) + 1])


def _columns(name: str, row: I8, table: pa.Table) -> Columns:
    """Return the columns of REPORT, over the rows of a native table."""
    said = aircraft_in_si(row, table) | {
        "vel_up_mps": in_si(table, "vert_rate"),
        "emergency": np.full(row.size, -1),  # the squawk alone tells
        "spi": integers(table["is_spi"]),
        "on_ground": truths(table["is_on_ground"]),
    }
    if name == _FT_TABLE:
        return said
    # The time of the answer is when the network heard; the position has its own.
    t_ns, heard_ns = said["t"], said["t_heard"]
    place_ns = integers(table["t_position"], unknown=NO_TIME)
    source = integers(table["position_source"], unknown=0)
    return said | {
        "t": np.where(place_ns == NO_TIME, t_ns, place_ns),
        "t_heard": np.where(heard_ns == NO_TIME, t_ns, heard_ns),
        "kind": np.array(_SOURCE_KINDS)[np.where(source < len(_SOURCE_KINDS), source, 0)],
    }


def sniff(head: bytes) -> float:
    """Tell how sure it is that a stream begins with state vectors."""
    text = head.lstrip(b" \t\r\n\xef\xbb\xbf")
    if text[:1] in (b"{", b"["):
        first = text.partition(b"}")[0].partition(b"{")[2]
        keys = set(re.findall(rb'"(\w+)"\s*:', first))
        if {b"time", b"states"} <= keys:
            return 0.95
        names = [key.decode() for key in keys]
        return 0.95 if _family(names) and not keys & {b"frame", b"df"} else 0.0
    line = text.partition(b"\n")[0]
    if not line.isascii() or len(line) > 1000:
        return 0.0
    return 0.9 if _family(line.decode().strip().split(",")) else 0.0


READER: Final = Reader(
    name="opensky",
    title="OpenSky state vectors: JSON arrays or lines, REST API answers, CSV",
    sniff=sniff,
    splitter=FirstOctetSplitter,
    tables=OpenSkyTables,
    reports=OpenSkyReports,
    time_column="t",
    any_order=True,
)
