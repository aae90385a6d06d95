"""The columns of the tables ``mode_s`` and ``mode_ac``: names, types, units and meanings.

The order is that of the numbers in ``_kernels``. Values are those on the wire, in the wire's units;
the unit ends the name and stands in the metadata. ``codes`` in the metadata tells what the numbers
of a code mean (JSON).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield.read.adsb import _kernels as k
from airshield.tables import TIME, WORD

CHECKS: Final = ("ok", "corrected", "address_known", "address_unknown")
"""What the parity says: right; right after one bit was turned; an address that announced itself
lately, or one that did not, which may be noise."""

ADDRESS_KINDS: Final = ("icao", "other")

POSITIONS: Final = (
    "accepted",
    "no message of the other kind in time",
    "not confirmed yet",
    "even and odd lie in different zones",
    "too far for the time since the last one",
    "out of the receiver's range",
    "nothing tells which quarter of the Earth",
    "no time",
    "coarse TIS-B is not placed",
)
"""What became of a position message."""

CATEGORIES: Final = tuple(f"{group}{number}" for group in "ABCD" for number in range(8))
"""Emitter categories (DO-260B, table 2-20)."""

EMERGENCIES: Final = (
    "none",
    "general",
    "medical",
    "minimum fuel",
    "no communications",
    "unlawful interference",
    "downed",
    "reserved",
)

_UNITS: Final = {
    "ft_min": "foot per minute",
    "ft": "foot",
    "kt": "knot",
    "deg": "degree",
    "m": "metre",
    "hpa": "hectopascal",
    "dbfs": "decibel below full scale",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of ``mode_s`` that the kernel fills."""

    number: int
    name: str
    kind: pa.DataType
    what: str
    words: tuple[str, ...] = ()
    codes: dict[int, str] = field(default_factory=dict)

    @property
    def schema_field(self) -> pa.Field:
        """Return the Arrow field, with unit and meaning."""
        meta = {"what": self.what}
        for suffix, unit in _UNITS.items():
            if self.name.endswith("_" + suffix):
                meta["unit"] = unit
                break
        if self.codes:
            meta["codes"] = json.dumps(self.codes)
        return pa.field(self.name, self.kind, metadata=meta)


_U1, _BOOL, _I4, _U4, _U2 = pa.uint8(), pa.bool_(), pa.int32(), pa.uint32(), pa.uint16()
_F8, _U8, _TEXT = pa.float64(), pa.uint64(), pa.string()


def _make() -> tuple[Column, ...]:
    out: list[Column] = []

    def add(number: int, name: str, kind: pa.DataType, what: str, **more: Any) -> None:
        out.append(Column(number=number, name=name, kind=kind, what=what, **more))

    add(k.DF, "df", _U1, "downlink format")
    add(k.CHECK, "check", WORD, "what the parity says", words=CHECKS)
    add(k.ICAO, "icao", _U4, "24-bit ICAO address, believed")
    add(
        k.ADDRESS_PARITY,
        "address_parity",
        _U4,
        "address that the parity would mean, believed or not",
    )
    add(k.ADDRESS_OTHER, "address_other", _U4, "announced address that is none of ICAO's")
    add(k.ADDRESS_KIND, "address_kind", WORD, "whose the address is", words=ADDRESS_KINDS)
    add(
        k.CAPABILITY,
        "capability",
        _U1,
        "transponder capability, CA (DF11, DF17)",
        codes={
            0: "level 1",
            4: "level 2 or above, on the ground",
            5: "level 2 or above, airborne",
            6: "level 2 or above",
            7: "downlink request, alert or IDENT",
        },
    )
    add(k.INTERROGATOR, "interrogator", _U1, "code of the interrogator answered, CL and IC (DF11)")
    add(
        k.CONTROL_FIELD,
        "control_field",
        _U1,
        "who sends a DF18, CF",
        codes={
            0: "ADS-B without transponder",
            1: "ADS-B without transponder, no ICAO address",
            2: "TIS-B, fine",
            3: "TIS-B, coarse",
            4: "TIS-B and ADS-R management",
            5: "TIS-B, fine, no ICAO address",
            6: "ADS-R",
        },
    )
    add(k.FLIGHT_STATUS, "flight_status", _U1, "FS (DF4, 5, 20, 21)")
    add(k.DOWNLINK_REQUEST, "downlink_request", _U1, "DR (DF4, 5, 20, 21)")
    add(k.UTILITY_MESSAGE, "utility_message", _U1, "UM (DF4, 5, 20, 21)")
    add(k.CROSS_LINK, "is_cross_link", _BOOL, "cross-link capability, CC (DF0)")
    add(k.SENSITIVITY, "sensitivity", _U1, "ACAS sensitivity level, SL (DF0, DF16)")
    add(k.REPLY_INFORMATION, "reply_information", _U1, "ACAS reply information, RI (DF0, DF16)")
    add(k.ELM_CONTROL, "elm_control", _U1, "Comm-D control, KE (DF24)")
    add(k.ELM_SEGMENT, "elm_segment", _U1, "Comm-D segment number, ND (DF24)")
    add(k.TYPE_CODE, "type_code", _U1, "type code of an extended squitter")
    add(k.SUBTYPE, "subtype", _U1, "subtype of type codes 19, 28, 29, 31")
    add(
        k.ON_GROUND,
        "is_on_ground",
        _BOOL,
        "vertical status, flight status, capability or type code",
    )
    add(k.SPI, "is_spi", _BOOL, "the pilot pressed IDENT")
    add(k.ALERT, "is_alert", _BOOL, "the Mode A code changed or is an emergency code")
    add(
        k.SURVEILLANCE_STATUS,
        "surveillance_status",
        _U1,
        "of an airborne position",
        codes={0: "none", 1: "emergency code", 2: "code changed", 3: "IDENT"},
    )
    add(k.ALTITUDE_FT, "altitude_ft", _I4, "pressure altitude")
    add(k.ALTITUDE_M, "altitude_m", _I4, "pressure altitude, where it is sent in metres")
    add(k.GNSS_HEIGHT_FT, "gnss_height_ft", _I4, "height above the ellipsoid (type codes 20 to 22)")
    add(k.SQUAWK, "mode_3a", _U2, "Mode 3/A code as a number (octal 7700 is 4032)")
    add(
        k.CALLSIGN,
        "callsign",
        _TEXT,
        "identification; a sign that has no letter is shown as of ASCII",
    )
    add(k.EMITTER_CATEGORY, "emitter_category", WORD, "emitter category", words=CATEGORIES)
    add(k.CPR_ODD, "is_cpr_odd", _BOOL, "CPR format")
    add(k.CPR_LAT, "cpr_lat", _I4, "encoded latitude, of 2^17")
    add(k.CPR_LON, "cpr_lon", _I4, "encoded longitude, of 2^17")
    add(k.TIME_SYNC, "is_time_synchronised", _BOOL, "position applies at a UTC tick")
    add(k.POSITION, "position", WORD, "what became of the position", words=POSITIONS)
    add(k.LAT, "lat_deg", _F8, "WGS-84 latitude, where the position was accepted")
    add(k.LON, "lon_deg", _F8, "WGS-84 longitude, [-180, 180)")
    add(k.NUCP, "nucp", _U1, "navigation uncertainty category, position (version 0)")
    add(k.NIC, "nic", _U1, "navigation integrity category (versions 1, 2)")
    add(k.RC, "containment_m", _F8, "radius of containment, Rc, that the category bounds")
    add(k.NIC_SUPPLEMENT_A, "nic_supplement_a", _U1, "NIC supplement A")
    add(
        k.NIC_SUPPLEMENT_B,
        "nic_supplement_b",
        _U1,
        "NIC supplement B; before version 2: one antenna",
    )
    add(k.NIC_SUPPLEMENT_C, "nic_supplement_c", _U1, "NIC supplement C")
    add(k.VEL_EAST, "vel_east_kt", _I4, "ground velocity, east; 1022 (supersonic 4088) or more")
    add(k.VEL_NORTH, "vel_north_kt", _I4, "ground velocity, north; likewise")
    add(k.GROUND_SPEED, "ground_speed_kt", _F8, "ground speed")
    add(k.TRACK, "track_deg", _F8, "track over ground; a heading where is_track_heading says so")
    add(k.HEADING, "heading_deg", _F8, "heading (velocity subtypes 3 and 4)")
    add(k.AIRSPEED, "airspeed_kt", _I4, "airspeed; 1022 (supersonic 4088) or more")
    add(k.IS_TAS, "is_airspeed_true", _BOOL, "true airspeed; else indicated")
    add(k.VERTICAL_RATE, "vertical_rate_ft_min", _I4, "vertical rate, up positive; 32640 or more")
    add(k.RATE_IS_BARO, "is_rate_baro", _BOOL, "vertical rate from pressure; else from GNSS")
    add(k.GNSS_MINUS_BARO, "gnss_minus_baro_ft", _I4, "geometric height less pressure altitude")
    add(k.INTENT_CHANGE, "is_intent_change", _BOOL, "intent change flag")
    add(k.IFR, "is_ifr_capable", _BOOL, "IFR capability flag (version 0, 1)")
    add(k.NACV, "nacv", _U1, "navigation accuracy category, velocity; NUCr in version 0")
    add(
        k.EMERGENCY,
        "emergency",
        WORD,
        "emergency and priority status (BDS 6,1)",
        words=EMERGENCIES,
    )
    add(k.RA_ACTIVE, "ra_active", _U2, "active resolution advisories, ARA, 14 bits")
    add(k.RA_COMPLEMENT, "ra_complement", _U1, "resolution advisory complements, RAC")
    add(k.RA_TERMINATED, "is_ra_terminated", _BOOL, "advisory ended, RAT")
    add(k.RA_MULTIPLE, "is_ra_multiple", _BOOL, "several threats, MTE")
    add(k.RA_THREAT_KIND, "ra_threat_kind", _U1, "threat type, TTI")
    add(k.RA_THREAT, "ra_threat", _U4, "threat identity, TID, 26 bits")
    add(k.SELECTED_ALTITUDE, "selected_altitude_ft", _I4, "selected or target altitude (BDS 6,2)")
    add(k.SELECTED_BY_FMS, "is_selected_by_fms", _BOOL, "by FMS; else by MCP or FCU")
    add(k.SELECTED_PRESSURE, "selected_pressure_hpa", _F8, "barometric pressure setting")
    add(k.SELECTED_HEADING, "selected_heading_deg", _F8, "selected heading")
    add(k.AUTOPILOT, "is_autopilot", _BOOL, "autopilot engaged")
    add(k.VNAV, "is_vnav", _BOOL, "vertical navigation mode")
    add(k.ALTITUDE_HOLD, "is_altitude_hold", _BOOL, "altitude hold mode")
    add(k.APPROACH, "is_approach", _BOOL, "approach mode")
    add(k.LNAV, "is_lnav", _BOOL, "lateral navigation mode")
    add(k.TCAS_OPERATIONAL, "is_tcas_operational", _BOOL, "TCAS works")
    add(k.TCAS_RA_ACTIVE, "is_tcas_ra_active", _BOOL, "a resolution advisory is active")
    add(k.VERSION, "adsb_version", _U1, "ADS-B version: 0 DO-260, 1 DO-260A, 2 DO-260B")
    add(k.NACP, "nacp", _U1, "navigation accuracy category, position")
    add(k.NIC_BARO, "nic_baro", _U1, "pressure altitude was cross-checked")
    add(k.SIL, "sil", _U1, "source (version 1: surveillance) integrity level")
    add(k.SIL_SUPPLEMENT, "sil_supplement", _U1, "SIL is per sample (1), else per hour (0)")
    add(k.GVA, "gva", _U1, "geometric vertical accuracy")
    add(k.SDA, "sda", _U1, "system design assurance")
    add(k.SINGLE_ANTENNA, "is_single_antenna", _BOOL, "one antenna only")
    add(k.HEADING_IS_MAGNETIC, "is_heading_magnetic", _BOOL, "headings are magnetic; else true")
    add(k.TRACK_IS_HEADING, "is_track_heading", _BOOL, "on the ground it sends heading; else track")
    add(k.ES_IN, "is_es_in", _BOOL, "receives 1090 MHz extended squitters")
    add(k.UAT_IN, "is_uat_in", _BOOL, "receives UAT")
    add(k.AIR_VELOCITY_SENT, "is_air_velocity_sent", _BOOL, "air-referenced velocity capability")
    add(k.TARGET_STATE_SENT, "is_target_state_sent", _BOOL, "target state capability")
    add(k.LOW_POWER, "is_low_power", _BOOL, "class B2 transmitter under 70 W")
    add(k.LENGTH_WIDTH, "length_width", _U1, "code of the aircraft's length and width")
    add(k.ANTENNA_OFFSET, "antenna_offset", _U1, "code of the GNSS antenna's place")
    add(k.MB, "mb", _U8, "Comm-B field, 56 bits (DF20, DF21)")
    add(k.MV, "mv", _U8, "air-to-air field, 56 bits (DF16)")
    return tuple(out)


COLUMNS: Final = _make()

HEAD: Final = (
    pa.field("frame", pa.uint64(), nullable=False, metadata={"what": "the frame it came in"}),
    pa.field("t", TIME, metadata={"what": "time of reception, as docs/adsb.md tells"}),
    pa.field("t_heard", TIME, metadata={"what": "when the frame reached us"}),
    pa.field("ticks", pa.uint64(), metadata={"what": "the receiver's 48-bit counter, as sent"}),
    pa.field(
        "signal_dbfs",
        pa.float64(),
        metadata={"what": "signal level, 0 is full scale", "unit": _UNITS["dbfs"]},
    ),
    pa.field(
        "message",
        pa.binary(),
        nullable=False,
        metadata={"what": "the message, 7 or 14 octets, one bit turned where check says corrected"},
    ),
)

MODE_S: Final = pa.schema(
    [*HEAD, *(column.schema_field for column in COLUMNS)], metadata={"table": "mode_s"}
)

MODE_AC: Final = pa.schema(
    [
        *HEAD[:5],
        pa.field(
            "mode_3a",
            pa.uint16(),
            nullable=False,
            metadata={"what": "the reply as a Mode 3/A code; nobody knows which mode was asked"},
        ),
        pa.field("is_spi", pa.bool_(), nullable=False, metadata={"what": "pulse SPI"}),
        pa.field(
            "altitude_ft",
            pa.int32(),
            metadata={"what": "what it is in Mode C, where it is any", "unit": _UNITS["ft"]},
        ),
    ],
    metadata={"table": "mode_ac"},
)


@dataclass(frozen=True, slots=True)
class Pools:
    """What the kernel filled: a row each column, a place each message."""

    out: k.Out
    rows: int

    @classmethod
    def room_for(cls, messages: int) -> Pools:
        """Make empty columns."""
        return cls(
            k.Out(
                small=np.empty((k.N_SMALL, messages), np.uint8),
                whole=np.empty((k.END_WHOLE - k.N_SMALL, messages), np.int32),
                real=np.empty((k.END_REAL - k.END_WHOLE, messages), np.float64),
                wide=np.empty((k.N_COLUMNS - k.END_REAL, messages), np.uint64),
                valid=np.empty((k.N_COLUMNS, messages), np.uint8),
            ),
            0,
        )

    def raw(self, number: int) -> NDArray[Any]:
        """Return a column's values, whether known or not."""
        if number < k.N_SMALL:
            return self.out.small[number, : self.rows]
        if number < k.END_WHOLE:
            return self.out.whole[number - k.N_SMALL, : self.rows]
        if number < k.END_REAL:
            return self.out.real[number - k.END_WHOLE, : self.rows]
        return self.out.wide[number - k.END_REAL, : self.rows]

    def known(self, number: int) -> NDArray[np.bool_]:
        """Return where a column is known."""
        return self.out.valid[number, : self.rows].view(np.bool_)

    def floats(self, number: int) -> NDArray[np.float64]:
        """Return a column as floats, NaN where unknown."""
        if k.END_WHOLE <= number < k.END_REAL:
            return self.raw(number)
        return np.where(self.known(number), self.raw(number).astype(np.float64), np.nan)

    def arrays(self, wanted: list[Column]) -> list[pa.Array]:
        """Make Arrow columns; their bitmaps are packed for all at once."""
        rows = self.rows
        valid = self.out.valid[:, :rows]
        numbers = [column.number for column in wanted]
        packed = np.packbits(valid[numbers], axis=1, bitorder="little")
        counts = _BITS[packed].sum(axis=1, dtype=np.int64).tolist()
        return [self._array(column, packed[at], counts[at]) for at, column in enumerate(wanted)]

    def _array(self, column: Column, bitmap: NDArray[np.uint8], known: int) -> pa.Array:
        if not known:
            return null_array(self.rows, column.kind)
        values = self.raw(column.number)
        mask = None if known == self.rows else pa.py_buffer(bitmap)
        nulls = self.rows - known
        if column.kind == _TEXT:
            return text_array(values, self.known(column.number))
        if column.kind == _BOOL:
            held = pa.py_buffer(np.packbits(values, bitorder="little"))
            return pa.Array.from_buffers(_BOOL, self.rows, [mask, held], nulls)
        if column.words:
            codes = pa.py_buffer(values.astype(np.int32))
            indices = pa.Array.from_buffers(_I4, self.rows, [mask, codes], nulls)
            return pa.DictionaryArray.from_arrays(indices, _words(column.words), safe=False)
        if column.kind == _U2:
            values = values.astype(np.uint16)
        buffer = pa.py_buffer(np.ascontiguousarray(values))
        return pa.Array.from_buffers(column.kind, self.rows, [mask, buffer], nulls)


_BITS: Final = np.array([octet.bit_count() for octet in range(256)], np.uint8)


@lru_cache(maxsize=128)
def null_array(rows: int, kind: pa.DataType) -> pa.Array:
    """Return nothing, many times; batches are mostly of one size, and arrays never change."""
    return pa.nulls(rows, kind)


@lru_cache(maxsize=16)
def _words(words: tuple[str, ...]) -> pa.Array:
    return pa.array(words, _TEXT)


def text_array(packed: NDArray[np.uint64], known: NDArray[np.bool_]) -> pa.Array:
    """Turn eight octets of ASCII packed in an integer into text without trailing spaces."""
    distinct, codes = np.unique(packed[known], return_inverse=True)
    words = [value.to_bytes(8, "big").decode("ascii").rstrip(" ") for value in distinct.tolist()]
    indices = np.zeros(known.size, np.int32)
    indices[known] = codes
    return pc.take(pa.array(words, _TEXT), pa.array(indices, mask=~known))


def choose(asked: tuple[str, ...] | None) -> tuple[pa.Schema, list[Column]]:
    """Return the schema of ``mode_s`` with the columns asked for; the first ones always come."""
    chosen = [column for column in COLUMNS if asked is None or column.name in asked]
    if asked is None:
        return MODE_S, chosen
    return pa.schema(
        [*HEAD, *(one.schema_field for one in chosen)], metadata=MODE_S.metadata
    ), chosen
