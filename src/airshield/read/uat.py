"""UAT, 978 MHz: ADS-B and ground uplinks as lines of hexadecimal octets, as dump978 writes them.

::

    -0b2ac5a73931599418ae0816009632c01105c4e6c4e6c40ac2700300000000000000;rs=1;
    +38d0c59482f6a4901f80...;rs=4;ss=-12;

One line is one frame. ``-`` lines are ADS-B messages of aircraft or of the ground for them, 18
octets (basic) or 34 (long), and make rows of the table ``uat``; ``+`` lines are ground uplinks of
432 octets, rows of ``uat_uplink``. Behind the octets come ``rs`` (symbols corrected by the
Reed-Solomon code), ``ss`` or ``rssi`` (signal strength) and ``t`` (Unix time). A counter in front
and START lines, as Stratux logs them, are understood.

Time is ``t``, else the counter since START (or since midnight of the day given), else when the
frame was heard; without any of them a message makes a row and no report.

Layout (RTCA DO-282B, 2.2.4.5; octets counted from 0)
-----------------------------------------------------
========  ==========================================================================================
0-3       payload type (5 bits), address qualifier (3), address (24)
4-16      state vector: latitude (23), longitude (24), altitude type (1), altitude (12), NIC (4),
          air/ground state (2), reserved (1), north and east velocity (11 each) or speed and track
          on the ground, vertical rate (11) or size, UTC coupling (1) or TIS-B site (4)
17-28     mode status, payload types 1 and 3: category and identification (48), emergency (3),
          version (3), SIL (2), transmission slot (6), NACp (4), NACv (3), NICbaro (1), modes
29-33     auxiliary state vector, types 1, 2, 5 and 6: the altitude of the other type (12)
========  ==========================================================================================

Target state and trajectory parts are left out, and so is what the uplinks carry (FIS-B weather and
notices): the ground station's place, slot and site are read.

Reports
-------
Address qualifiers 0 and 2 are ICAO addresses; others leave ``mode_s`` null. What comes by TIS-B
(qualifiers 2 and 3) is a ground radar's and of kind ``track``, the rest ``adsb``. Callsign, squawk
(5 min), NACp, emergency (1 min) and IDENT (20 s) are those of the last mode status on the same
feed. Values at the end of their scale mean "more than that" and are unknown. Positions pass the
gate of :class:`airshield.read.text.Gate`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.read.reader import NO_TIME, Options, Reader
from airshield.read.text import Frames, LineSplitter, warm_up
from airshield.read.text.counter import CountedTables, share_of_lines
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
    floats,
    integers,
    is_epoch,
    times,
    wire_field,
)
from airshield.read.text.tables import Records, make_records
from airshield.units import MPS_PER_KT

__all__ = ["READER", "UAT", "UAT_UPLINK", "UatReports", "UatTables", "sniff", "warm_up"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

BASIC, LONG, UPLINK = 18, 34, 432
"""Octets of a message without its Reed-Solomon code."""

_LINE_FIELDS: Final = (
    wire_field("t", tables.TIME, "when it was received"),
    wire_field("corrected", pa.uint8(), "symbols that the Reed-Solomon code put right"),
    wire_field("signal_db", pa.float64(), "signal strength, as the receiver tells", "db"),
)
UAT: Final = pa.schema(
    [
        *FRAME_FIELDS,
        *_LINE_FIELDS,
        wire_field("payload_type", pa.uint8(), "what the message holds, 0 to 31"),
        wire_field("address_qualifier", pa.uint8(), "0 ICAO, 2 ICAO by TIS-B, 3 track file, ..."),
        wire_field("address", pa.uint32(), "address, whoever gave it"),
        wire_field("mode_s", pa.uint32(), "24-bit ICAO aircraft address"),
        wire_field("lat_deg", pa.float64(), "WGS-84 latitude", "deg"),
        wire_field("lon_deg", pa.float64(), "WGS-84 longitude", "deg"),
        wire_field("alt_baro_ft", pa.float64(), "pressure altitude", "ft"),
        wire_field("alt_geom_ft", pa.float64(), "height above the WGS-84 ellipsoid", "ft"),
        wire_field("nic", pa.uint8(), "navigation integrity category"),
        wire_field("air_ground", pa.uint8(), "0 airborne, 1 supersonic, 2 on ground, 3 reserved"),
        wire_field("vel_north_kt", pa.float64(), "ground velocity to the north", "kt"),
        wire_field("vel_east_kt", pa.float64(), "ground velocity to the east", "kt"),
        wire_field("gs_kt", pa.float64(), "ground speed", "kt"),
        wire_field("track_deg", pa.float64(), "direction over ground, from true north", "deg"),
        wire_field("true_heading_deg", pa.float64(), "heading on ground, true", "deg"),
        wire_field("mag_heading_deg", pa.float64(), "heading on ground, magnetic", "deg"),
        wire_field("vert_rate_ft_min", pa.float64(), "vertical rate, up positive", "ft_min"),
        wire_field("is_vert_rate_baro", pa.bool_(), "it is of the pressure altitude"),
        wire_field("length_m", pa.float64(), "not longer than this", "m"),
        wire_field("width_m", pa.float64(), "not wider than this", "m"),
        wire_field("is_utc_coupled", pa.bool_(), "sent in time with UTC"),
        wire_field("tisb_site", pa.uint8(), "ground station of a TIS-B message"),
        wire_field("category", pa.uint8(), "emitter category, 0 to 39"),
        wire_field("callsign", pa.string(), "aircraft identification, without padding"),
        wire_field("squawk", pa.string(), "Mode 3/A code, four octal digits"),
        wire_field("emergency", pa.uint8(), "0 none, 1 general, 2 medical, 3 fuel, ..."),
        wire_field("version", pa.uint8(), "UAT version"),
        wire_field("sil", pa.uint8(), "source integrity level"),
        wire_field("slot", pa.uint8(), "message start opportunity, six low bits"),
        wire_field("nac_p", pa.uint8(), "navigation accuracy category, position"),
        wire_field("nac_v", pa.uint8(), "navigation accuracy category, velocity"),
        wire_field("nic_baro", pa.uint8(), "integrity of the pressure altitude"),
        wire_field("has_cdti", pa.bool_(), "has a display of traffic"),
        wire_field("has_acas", pa.bool_(), "has collision avoidance"),
        wire_field("is_ra_active", pa.bool_(), "a resolution advisory is active"),
        wire_field("is_ident_active", pa.bool_(), "the pilot pressed IDENT"),
        wire_field("has_atc_services", pa.bool_(), "receives services of air traffic control"),
    ],
    metadata={"table": "uat"},
)
UAT_UPLINK: Final = pa.schema(
    [
        *FRAME_FIELDS,
        *_LINE_FIELDS,
        wire_field("lat_deg", pa.float64(), "WGS-84 latitude of the ground station", "deg"),
        wire_field("lon_deg", pa.float64(), "WGS-84 longitude of the ground station", "deg"),
        wire_field("is_position_valid", pa.bool_(), "the station says that this is its place"),
        wire_field("is_utc_coupled", pa.bool_(), "sent in time with UTC"),
        wire_field("has_data", pa.bool_(), "carries application data"),
        wire_field("slot", pa.uint8(), "time slot of the station, 0 to 31"),
        wire_field("tisb_site", pa.uint8(), "TIS-B site of the station"),
    ],
    metadata={"table": "uat_uplink"},
)

_LSB_DEG: Final = 360.0 / (1 << 24)
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ  ??"
"""Base 40: 36 is a space, 37 says that there is no letter; the last two are reserved."""

_WIDTHS_M: Final = np.array(
    [11.5, 23, 28.5, 34, 33, 38, 39.5, 45, 45, 52, 59.5, 67, 72.5, 80, 80, 90]
)
_HAS_STATE: Final = 10
"""Payload types up to this one have a state vector."""
_HAS_STATUS: Final = (1, 3)
_HAS_AUXILIARY: Final = (1, 2, 5, 6)
_ICAO: Final = (0, 2)
_TISB: Final = (2, 3)
_SUPERSONIC, _GROUND = 1, 2
_EMERGENCIES: Final = (1, 3, 4, 5, 6)
"""General, minimum fuel, no communications, unlawful interference, downed; 2 is medical."""


@dataclass(slots=True)
class _Lines:
    """Messages of one length on their way."""

    row: list[int] = field(default_factory=list)
    t_ns: list[int] = field(default_factory=list)
    corrected: list[int | None] = field(default_factory=list)
    signal_db: list[float | None] = field(default_factory=list)
    octets: list[bytes] = field(default_factory=list)


class UatTables(CountedTables):
    """Lines to the tables ``uat`` and ``uat_uplink``; keeps when each source's counter started."""

    def __init__(self, options: Options) -> None:
        super().__init__(options, UAT, UAT_UPLINK)

    def read(self, frames: Frames) -> Records:
        """Read frames; all columns are made, whichever were asked for."""
        found = {BASIC: _Lines(), LONG: _Lines(), UPLINK: _Lines()}
        lost: list[Lost] = []
        counts: Counter[str] = Counter()
        for line in self._lines(frames, padding="\r\n ", counts=counts):
            try:
                message, said = _message(line.text)
            except ValueError as wrong:
                lost.append(Lost(line.row, str(wrong)))
                continue
            t_ns = said.get("t_ns", NO_TIME)
            lines = found[len(message)]
            lines.row.append(line.row)
            lines.t_ns.append(line.t_ns if t_ns == NO_TIME else t_ns)
            lines.corrected.append(said.get("corrected"))
            lines.signal_db.append(said.get("signal_db"))
            lines.octets.append(message)
            kind = "uplink" if len(message) == UPLINK else f"type {message[0] >> 3}"
            counts[kind] += 1
        made = {}
        if found[BASIC].row or found[LONG].row:
            made["uat"] = _messages(found[BASIC], found[LONG], frames)
        if found[UPLINK].row:
            made["uat_uplink"] = _uplinks(found[UPLINK], frames)
        return Records(made, frames.rejects(lost), dict(sorted(counts.items())))


class UatReports(TextReports):
    """Lines to REPORT rows; keeps what each aircraft said last and its last believed place."""

    def __init__(self, options: Options) -> None:
        super().__init__(
            UatTables(Options(date=options.date)),
            _columns,
            remembered=REMEMBERED | NACP_REMEMBERED,
            unreported={"uat_uplink": "ground uplink"},
        )


def _columns(_name: str, row: I8, table: pa.Table) -> Columns:
    """Return the columns of REPORT, over all messages."""
    qualifier, nacp = integers(table["address_qualifier"]), integers(table["nac_p"])
    is_tisb = np.isin(qualifier, _TISB)
    is_emergency = np.isin(integers(table["emergency"]), _EMERGENCIES)
    spd_kt, track_rad = floats(table["gs_kt"]), np.radians(floats(table["track_deg"]))
    return aircraft_in_si(row, table) | {
        "key": integers(table["address"]) | (qualifier << 24),
        "kind": np.where(is_tisb, KIND_CODES["track"], KIND_CODES["adsb"]),
        "vel_east_mps": _either(floats(table["vel_east_kt"]), spd_kt * np.sin(track_rad)),
        "vel_north_mps": _either(floats(table["vel_north_kt"]), spd_kt * np.cos(track_rad)),
        "vel_up_mps": in_si(table, "vert_rate"),
        "nacp": nacp,
        "is_own": ~is_tisb,
        "emergency": np.where(nacp >= 0, is_emergency, -1),  # both are of the mode status
        "spi": integers(table["is_ident_active"]),
        "on_ground": integers(table["air_ground"]) == _GROUND,
    }


def _either(first_kt: F8, other_kt: F8) -> F8:
    """Return speeds in m/s, the second where the first is unknown."""
    return np.where(np.isnan(first_kt), other_kt, first_kt) * MPS_PER_KT


_HEX: Final = re.compile(r"([+-])((?:[0-9a-fA-F]{2})*)((?:;[^;]*)*)")
_WHOLE: Final = re.compile(r"\d{1,3}")
_NUMBER: Final = re.compile(r"-?\d{1,12}(\.\d{1,9})?")


def _message(text: str) -> tuple[bytes, dict[str, Any]]:
    """Return a line's octets and what stands behind them; raise ValueError with the reason."""
    match = _HEX.fullmatch(text)
    if match is None:
        raise ValueError("no UAT line")
    octets = bytes.fromhex(match[2])
    if not match[3].endswith(";"):
        raise ValueError("a UAT line without its end")
    if match[1] == "+" and len(octets) != UPLINK:
        raise ValueError("an uplink that has not 432 octets")
    if match[1] == "-":
        if len(octets) not in (BASIC, LONG):
            raise ValueError("a message that has neither 18 nor 34 octets")
        if (octets[0] >> 3 == 0) != (len(octets) == BASIC):
            raise ValueError("a payload type that does not belong to this length")
    said: dict[str, Any] = {}
    for entry in match[3].split(";"):
        name, _, value = entry.partition("=")
        if name == "rs" and _WHOLE.fullmatch(value) and int(value) < 256:
            said["corrected"] = int(value)
        elif name in ("ss", "rssi") and _NUMBER.fullmatch(value):
            said["signal_db"] = float(value)
        elif name == "t" and _NUMBER.fullmatch(value) and is_epoch(np.array(float(value))):
            said["t_ns"] = int(epoch_ns(np.array([float(value)]))[0])
    return octets, said


def _messages(basic: _Lines, long: _Lines, frames: Frames) -> tuple[I8, pa.Table]:
    """Make rows of ``uat``, in the order of frames, each with its frame."""
    octets = np.zeros((len(basic.row) + len(long.row), LONG), np.uint8)
    octets[: len(basic.row), :BASIC] = _matrix(basic, BASIC)
    octets[len(basic.row) :] = _matrix(long, LONG)
    row = np.array(basic.row + long.row, np.int64)
    order = np.argsort(row, kind="stable")
    row = row[order]
    columns: dict[str, Any] = decode(octets[order])
    columns |= _line_columns(basic, long, order)
    return make_records(frames, row, UAT, columns)


def _uplinks(lines: _Lines, frames: Frames) -> tuple[I8, pa.Table]:
    """Make rows of ``uat_uplink``, each with its frame."""
    row = np.array(lines.row, np.int64)
    columns: dict[str, Any] = decode_uplink(_matrix(lines, UPLINK))
    columns |= _line_columns(lines, _Lines(), np.arange(row.size))
    return make_records(frames, row, UAT_UPLINK, columns)


def _matrix(lines: _Lines, width: int) -> U1:
    return np.frombuffer(b"".join(lines.octets), np.uint8).reshape(-1, width)


def _line_columns(first: _Lines, second: _Lines, order: I8) -> dict[str, Any]:
    at = pa.array(order)
    return {
        "t": times(np.array(first.t_ns + second.t_ns, np.int64)[order]),
        "corrected": pa.array(first.corrected + second.corrected, pa.uint8()).take(at),
        "signal_db": pa.array(first.signal_db + second.signal_db, pa.float64()).take(at),
    }


def decode(octets: U1) -> dict[str, pa.Array]:
    """Return the columns of ``uat`` that messages give.

    Parameters
    ----------
    octets : ndarray of uint8, shape (n, 34)
        Messages; a basic one (payload type 0) has 18 octets and anything behind.
    """
    m = octets.astype(np.int64)
    payload, qualifier = m[:, 0] >> 3, m[:, 0] & 7
    address = (m[:, 1] << 16) | (m[:, 2] << 8) | m[:, 3]
    return {
        "payload_type": pa.array(payload, pa.uint8()),
        "address_qualifier": pa.array(qualifier, pa.uint8()),
        "address": pa.array(address, pa.uint32()),
        "mode_s": _known(address, np.isin(qualifier, _ICAO), pa.uint32()),
        **_state_vector(m, payload, np.isin(qualifier, _TISB)),
        **_mode_status(m, np.isin(payload, _HAS_STATUS)),
    }


def decode_uplink(octets: U1) -> dict[str, pa.Array]:
    """Return the columns of ``uat_uplink`` that uplinks give; ``octets`` has shape (n, 432)."""
    m = octets[:, :8].astype(np.int64)
    lat, lon, _ = _place(m, 0)
    everywhere = np.ones(len(m), np.bool_)
    return {
        "lat_deg": pa.array(lat),
        "lon_deg": pa.array(lon),
        "is_position_valid": pa.array((m[:, 5] & 0x01) != 0),
        "is_utc_coupled": pa.array((m[:, 6] & 0x80) != 0),
        "has_data": pa.array((m[:, 6] & 0x20) != 0),
        "slot": _known(m[:, 6] & 0x1F, everywhere, pa.uint8()),
        "tisb_site": _known(m[:, 7] >> 4, everywhere, pa.uint8()),
    }


def _place(m: I8, at: int) -> tuple[F8, F8, B1]:
    """Return latitude, longitude, and which are all zeros, from six octets."""
    raw_lat = (m[:, at] << 15) | (m[:, at + 1] << 7) | (m[:, at + 2] >> 1)
    raw_lon = ((m[:, at + 2] & 1) << 23) | (m[:, at + 3] << 15)
    raw_lon |= (m[:, at + 4] << 7) | (m[:, at + 5] >> 1)
    # Angles in two's complement, 23 and 24 bits of a turn in 2^24.
    lat = np.where(raw_lat > 1 << 22, raw_lat - (1 << 23), raw_lat) * _LSB_DEG
    lon = np.where(raw_lon >= 1 << 23, raw_lon - (1 << 24), raw_lon) * _LSB_DEG
    return lat, lon, (raw_lat == 0) & (raw_lon == 0)


def _altitude_ft(raw: I8) -> F8:
    """Return an altitude; 0 is unknown, 4095 is "above 101,337.5 ft"."""
    return np.where((raw == 0) | (raw == 4095), np.nan, (raw - 1) * 25.0 - 1000.0)


def _component_kt(raw: I8, scale: I8) -> F8:
    """Return a velocity of ten bits and sign; 0 is unknown, 1023 is "more"."""
    size = raw & 0x3FF
    signed = np.where(raw & 0x400, -1.0, 1.0) * (size - 1.0) * scale
    return np.where((size == 0) | (size == 1023), np.nan, signed)


def _state_vector(m: I8, payload: I8, is_tisb: B1) -> dict[str, pa.Array]:
    has_state = payload <= _HAS_STATE
    lat, lon, is_zero = _place(m, 4)
    nic = m[:, 11] & 0x0F
    has_place = has_state & ~(is_zero & (nic == 0))

    is_geometric = (m[:, 9] & 1) != 0
    first_ft = _altitude_ft((m[:, 10] << 4) | (m[:, 11] >> 4))
    second_ft = _altitude_ft((m[:, 29] << 4) | (m[:, 30] >> 4))
    second_ft = np.where(np.isin(payload, _HAS_AUXILIARY), second_ft, np.nan)
    baro_ft = np.where(is_geometric, second_ft, first_ft)
    geom_ft = np.where(is_geometric, first_ft, second_ft)

    state = m[:, 12] >> 6
    airborne = has_state & (state <= _SUPERSONIC)
    on_ground = has_state & (state == _GROUND)
    scale = np.where(state == _SUPERSONIC, 4, 1)
    first = ((m[:, 12] & 0x1F) << 6) | (m[:, 13] >> 2)
    second = ((m[:, 13] & 0x03) << 9) | (m[:, 14] << 1) | (m[:, 15] >> 7)
    north = np.where(airborne, _component_kt(first, scale), np.nan)
    east = np.where(airborne, _component_kt(second, scale), np.nan)
    rolling = np.where((first == 0) | (first >= 1023), np.nan, first - 1.0)
    speed = np.where(on_ground, rolling, np.hypot(north, east))
    moves = (north != 0.0) | (east != 0.0)
    track = np.where(moves, np.degrees(np.arctan2(east, north)) % 360.0, np.nan)
    angle_type = np.where(on_ground, second >> 9, 0)
    angle = np.asarray((second & 0x1FF) * (360.0 / 512.0), np.float64)

    rate = ((m[:, 15] & 0x7F) << 4) | (m[:, 16] >> 4)
    rate_size = rate & 0x1FF
    has_rate = airborne & (rate_size != 0) & (rate_size != 511)
    climbs = np.where(rate & 0x200, -64.0, 64.0) * (rate_size - 1.0)
    size_code = (m[:, 15] >> 3) & 0x0F
    has_size = on_ground & (size_code != 0)  # 0 is "no data", or the smallest in older versions
    return {
        "lat_deg": _floats(lat, has_place),
        "lon_deg": _floats(lon, has_place),
        "alt_baro_ft": _floats(baro_ft, has_state),
        "alt_geom_ft": _floats(geom_ft, has_state),
        "nic": _known(nic, has_state, pa.uint8()),
        "air_ground": _known(state, has_state, pa.uint8()),
        "vel_north_kt": _floats(north, airborne),
        "vel_east_kt": _floats(east, airborne),
        "gs_kt": _floats(speed, has_state),
        "track_deg": _floats(np.asarray(np.where(angle_type == 1, angle, track)), has_state),
        "mag_heading_deg": _floats(angle, angle_type == 2),
        "true_heading_deg": _floats(angle, angle_type == 3),
        "vert_rate_ft_min": _floats(climbs, has_rate),
        "is_vert_rate_baro": pa.array((rate & 0x400) != 0, mask=~has_rate),
        "length_m": _floats(15.0 + 10.0 * (size_code >> 1), has_size),
        "width_m": _floats(_WIDTHS_M[size_code], has_size),
        "is_utc_coupled": pa.array((m[:, 16] & 0x08) != 0, mask=~has_state | is_tisb),
        "tisb_site": _known(m[:, 16] & 0x0F, has_state & is_tisb, pa.uint8()),
    }


def _mode_status(m: I8, has: B1) -> dict[str, pa.Array]:
    words = [(m[:, at] << 8) | m[:, at + 1] for at in (17, 19, 21)]
    digits = np.stack([word // place % 40 for word in words for place in (1600, 40, 1)], axis=1)
    letters = np.array(list(_ALPHABET))[digits[:, 1:]]
    texts = ["".join(row).rstrip() for row in letters.tolist()]
    right = np.array(["?" not in text and text != "" for text in texts], np.bool_)
    modes = m[:, 26]
    is_callsign = (modes & 0x02) != 0
    is_squawk = np.array([re.fullmatch("[0-7]{4}", text) is not None for text in texts], np.bool_)
    return {
        "category": _known(digits[:, 0], has, pa.uint8()),
        "callsign": pa.array(texts, mask=~(has & right & is_callsign)),
        "squawk": pa.array(texts, mask=~(has & is_squawk & ~is_callsign)),
        "emergency": _known(m[:, 23] >> 5, has, pa.uint8()),
        "version": _known((m[:, 23] >> 2) & 7, has, pa.uint8()),
        "sil": _known(m[:, 23] & 3, has, pa.uint8()),
        "slot": _known((m[:, 24] >> 2) & 0x3F, has, pa.uint8()),
        "nac_p": _known(m[:, 25] >> 4, has, pa.uint8()),
        "nac_v": _known((m[:, 25] >> 1) & 7, has, pa.uint8()),
        "nic_baro": _known(m[:, 25] & 1, has, pa.uint8()),
        "has_cdti": pa.array((modes & 0x80) != 0, mask=~has),
        "has_acas": pa.array((modes & 0x40) != 0, mask=~has),
        "is_ra_active": pa.array((modes & 0x20) != 0, mask=~has),
        "is_ident_active": pa.array((modes & 0x10) != 0, mask=~has),
        "has_atc_services": pa.array((modes & 0x08) != 0, mask=~has),
    }


def _known(values: I8, has: B1, kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind, mask=~has)


def _floats(values: NDArray[np.floating[Any]], has: B1) -> pa.Array:
    return pa.array(np.where(has, values, np.nan), from_pandas=True)


_LINE: Final = re.compile(rb"(\d+,)?[+-]([0-9a-fA-F]{2}){18,432};")


def sniff(head: bytes) -> float:
    """Tell how sure it is that a stream begins with UAT lines."""
    return 0.9 * share_of_lines(head, _LINE)


READER: Final = Reader(
    name="uat",
    title="UAT (978 MHz) lines, as dump978 writes them",
    sniff=sniff,
    splitter=LineSplitter,
    tables=UatTables,
    reports=UatReports,
    time_column="t",
)
