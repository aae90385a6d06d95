"""The 25 octets of a message, field by field, for many messages at once.

::

    octet 0      type (high half) and protocol version (low half)
    Basic ID     1 ID type, aircraft type · 2-21 UAS ID
    Location     1 status, height type, direction half, speed multiplier · 2 direction · 3 speed
                 4 vertical speed · 5-8 latitude · 9-12 longitude · 13-14 pressure altitude
                 15-16 geodetic altitude · 17-18 height · 19 accuracies vertical, horizontal
                 20 accuracies of pressure altitude, speed · 21-22 time · 23 accuracy of time
    Auth.        1 type, page · page 0: 2 last page, 3 length, 4-7 time, 8-24 data
                 · other pages: 2-24 data
    Self ID      1 description type · 2-24 text
    System       1 classification, operator location type · 2-5 latitude · 6-9 longitude
                 10-11 aircraft · 12 radius · 13-14 ceiling · 15-16 floor · 17 EU category, class
                 18-19 operator altitude · 20-23 time
    Operator ID  1 type · 2-21 ID

Numbers are little-endian. What a field's own "unknown" value says is null: direction 361, speed
255 m/s, vertical speed 63 m/s, altitude -1000 m, latitude and longitude both 0, time 0xFFFF.
Source: ASTM F3411-22a, 5.4.5 and tables 5 to 14; versions 0 (F3411-19) and 1 (prEN 4709-002 P1)
differ in values that they had not yet. Reserved codes keep their number: ``reserved 7``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.units import M_PER_NMI, NS_PER_S

U1 = NDArray[np.uint8]
F8 = NDArray[np.float64]
Codes = NDArray[np.integer[Any]]

MESSAGE_OCTETS: Final = 25
PACK: Final = 15
"""Message type of a pack; the six others are indices of :data:`KINDS`."""

KINDS: Final = ("basic_id", "location", "authentication", "self_id", "system", "operator_id")

ID_TYPES: Final = ("none", "serial_number", "caa_registration", "utm_uuid", "session_id")
UA_TYPES: Final = (
    *("none", "aeroplane", "helicopter_or_multirotor", "gyroplane", "hybrid_lift", "ornithopter"),
    *("glider", "kite", "free_balloon", "captive_balloon", "airship", "parachute", "rocket"),
    *("tethered", "ground_obstacle", "other"),
)
STATUSES: Final = ("undeclared", "ground", "airborne", "emergency", "remote_id_failure")
HEIGHT_TYPES: Final = ("take_off", "ground")
AUTH_TYPES: Final = (
    *("none", "uas_id_signature", "operator_id_signature", "message_set_signature"),
    *("network_remote_id", "specific"),
)
DESCRIPTION_TYPES: Final = ("text", "emergency", "extended_status")
OPERATOR_PLACES: Final = ("take_off", "live_gnss", "fixed")
CLASSIFICATIONS: Final = ("undeclared", "eu")
EU_CATEGORIES: Final = ("undeclared", "open", "specific", "certified")
EU_CLASSES: Final = ("undeclared", *(f"class_{number}" for number in range(7)))

HORIZONTAL_M: Final = (
    *(np.nan, 10 * M_PER_NMI, 4 * M_PER_NMI, 2 * M_PER_NMI, M_PER_NMI, 0.5 * M_PER_NMI),
    *(0.3 * M_PER_NMI, 0.1 * M_PER_NMI, 0.05 * M_PER_NMI, 30.0, 10.0, 3.0, 1.0),
    *(np.nan, np.nan, np.nan),
)
"""Radius that holds 95 %, by code; the codes are those of NACp."""
VERTICAL_M: Final = (np.nan, 150.0, 45.0, 25.0, 10.0, 3.0, 1.0, *[np.nan] * 9)
SPEED_MPS: Final = (np.nan, 10.0, 3.0, 1.0, 0.3, *[np.nan] * 11)

EPOCH_2019_S: Final = 1_546_300_800
"""2019-01-01 00:00 UTC, from which System and Authentication count seconds."""

NO_TIME: Final = 0xFFFF
TENTHS_PER_HOUR: Final = 36_000

_F8 = pa.float64()
_Maker = Callable[[U1], Any]


def _field(name: str, kind: pa.DataType, what: str, unit: str = "") -> pa.Field:
    meta = {"what": what, **({"unit": unit} if unit else {})}
    return pa.field(name, kind, metadata=meta)


def _word(octets: Codes, names: Sequence[str]) -> pa.Array:
    """Make words of codes; a code without a name keeps its number."""
    known = [*names, *(f"reserved {code}" for code in range(len(names), 256))]
    codes, which = np.unique(octets, return_inverse=True)
    return tables.words(which.astype(np.int32), [known[code] for code in codes])


def _high(octets: U1) -> Codes:
    return octets >> 4


def _low(octets: U1) -> Codes:
    return octets & 0x0F


def _number(octets: U1, kind: str) -> NDArray[Any]:
    return np.ascontiguousarray(octets).view(kind)[:, 0]


def _altitude(octets: U1) -> F8:
    """Half metres from -1000 m; 0 is unknown."""
    steps = _number(octets, "<u2").astype(np.float64)
    return np.where(steps == 0, np.nan, steps * 0.5 - 1000.0)


def _degrees(octets: U1, first: int, other: int) -> F8:
    """Ten millionths of a degree, unknown where this one and the other are both 0."""
    here = _number(octets[:, first : first + 4], "<i4")
    there = _number(octets[:, other : other + 4], "<i4")
    return np.where((here == 0) & (there == 0), np.nan, here / 1e7)


def _direction(octets: U1) -> F8:
    degrees = octets[:, 2] + 180.0 * ((octets[:, 1] >> 1) & 1)
    return np.where(degrees > 360.0, np.nan, degrees)


def _speed(octets: U1) -> F8:
    fast = (octets[:, 1] & 1) == 1
    steps = octets[:, 3].astype(np.float64)
    out = np.where(fast, steps * 0.75 + 63.75, steps * 0.25)
    return np.where(fast & (octets[:, 3] == 255), np.nan, out)


def _climb(octets: U1) -> F8:
    climb = octets[:, 4].astype(np.int8) * 0.5
    return np.where(np.abs(climb) > 62.0, np.nan, climb)


def _of_hour(octets: U1) -> F8:
    tenths = _number(octets[:, 21:23], "<u2")
    return np.where(tenths == NO_TIME, np.nan, tenths / 10.0)


def _scaled(codes: Codes, values: Sequence[float]) -> F8:
    return np.array(values)[codes]


def _since_2019(octets: U1) -> pa.Array:
    """Make times of seconds since 2019; 0, which older versions send, is unknown."""
    seconds = _number(octets, "<u4").astype(np.int64)
    return pa.array((seconds + EPOCH_2019_S) * NS_PER_S, tables.TIME, mask=seconds == 0)


def text_of(octets: bytes) -> str | None:
    """Return what a text field says: up to the first zero octet, without padding.

    The standard allows ASCII only. Other octets, and control codes, are shown as ``\\xe9``: what
    a stranger sends ends up on screens.
    """
    said = octets.split(b"\0", 1)[0].decode("latin-1")
    shown = "".join(
        letter if " " <= letter <= "~" else f"\\x{ord(letter):02x}" for letter in said
    ).strip()
    return shown or None


def id_of(kind: int, octets: bytes) -> str | None:
    """Return a UAS ID as people write it: text, a UUID, or the octets of a session ID in hex."""
    if kind == 3:
        plain = octets[:16].hex()
        return "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))
    if kind == 4:
        return octets.hex() if any(octets) else None
    return text_of(octets)


def _texts(octets: U1, first: int, stop: int) -> pa.Array:
    return pa.array([text_of(row[first:stop].tobytes()) for row in octets], pa.string())


def _ids(octets: U1) -> pa.Array:
    return pa.array([id_of(row[1] >> 4, row[2:22].tobytes()) for row in octets], pa.string())


def _pieces(octets: U1) -> pa.Array:
    firsts = np.where(octets[:, 1] & 0x0F, 2, 8)
    return pa.array(
        [row[first:].tobytes() for row, first in zip(octets, firsts, strict=True)], pa.binary()
    )


def _on_page_0(octets: U1, values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind, mask=(octets[:, 1] & 0x0F) != 0)


def _auth_time(octets: U1) -> pa.Array:
    seconds = _number(octets[:, 4:8], "<u4").astype(np.int64)
    other = ((octets[:, 1] & 0x0F) != 0) | (seconds == 0)
    return pa.array((seconds + EPOCH_2019_S) * NS_PER_S, tables.TIME, mask=other)


def _in_eu(octets: U1, codes: Codes, names: Sequence[str]) -> pa.Array:
    """Make words that only the European classification has."""
    words = _word(codes, names)
    other = ((octets[:, 1] >> 2) & 7) != 1
    indices = pa.array(words.indices.to_numpy(), pa.int32(), mask=other)
    return pa.DictionaryArray.from_arrays(indices, words.dictionary)


_W = tables.WORD
COLUMNS: Final[Mapping[str, Sequence[tuple[pa.Field, _Maker]]]] = {
    "basic_id": (
        (
            _field("id_type", _W, "what the UAS ID is"),
            lambda o: _word(_high(o[:, 1]), ID_TYPES),
        ),
        (_field("ua_type", _W, "kind of aircraft"), lambda o: _word(_low(o[:, 1]), UA_TYPES)),
        (_field("uas_id", pa.string(), "the UAS ID, as people write it"), _ids),
        (
            _field("uas_id_octets", pa.binary(), "the UAS ID, as it was sent"),
            lambda o: pa.array([row[2:22].tobytes() for row in o], pa.binary()),
        ),
    ),
    "location": (
        (_field("status", _W, "flight status"), lambda o: _word(_high(o[:, 1]), STATUSES)),
        (_field("direction_deg", _F8, "course, clockwise from true north", "deg"), _direction),
        (_field("speed_mps", _F8, "ground speed; 254.25 is that or more", "mps"), _speed),
        (
            _field("vertical_speed_mps", _F8, "up positive; 62 is that or more", "mps"),
            _climb,
        ),
        (_field("lat_deg", _F8, "WGS-84 latitude", "deg"), lambda o: _degrees(o, 5, 9)),
        (_field("lon_deg", _F8, "WGS-84 longitude", "deg"), lambda o: _degrees(o, 9, 5)),
        (
            _field("alt_baro_m", _F8, "pressure altitude, 1013.25 hPa", "m"),
            lambda o: _altitude(o[:, 13:15]),
        ),
        (
            _field("alt_hae_m", _F8, "height above the WGS-84 ellipsoid", "m"),
            lambda o: _altitude(o[:, 15:17]),
        ),
        (
            _field("height_type", _W, "above what height_m is"),
            lambda o: _word((o[:, 1] >> 2) & 1, HEIGHT_TYPES),
        ),
        (
            _field("height_m", _F8, "height above take-off or ground", "m"),
            lambda o: _altitude(o[:, 17:19]),
        ),
        (
            _field("accuracy_horizontal_m", _F8, "radius that holds 95 %", "m"),
            lambda o: _scaled(_low(o[:, 19]), HORIZONTAL_M),
        ),
        (
            _field("accuracy_vertical_m", _F8, "of the geodetic altitude, 95 %", "m"),
            lambda o: _scaled(_high(o[:, 19]), VERTICAL_M),
        ),
        (
            _field("accuracy_baro_m", _F8, "of the pressure altitude, 95 %", "m"),
            lambda o: _scaled(_high(o[:, 20]), VERTICAL_M),
        ),
        (
            _field("accuracy_speed_mps", _F8, "of the velocity, 95 %", "mps"),
            lambda o: _scaled(_low(o[:, 20]), SPEED_MPS),
        ),
        (_field("time_of_hour_s", _F8, "since the full hour, UTC", "s"), _of_hour),
        (
            _field("accuracy_time_s", _F8, "of the time of applicability", "s"),
            lambda o: _scaled(_low(o[:, 23]), (np.nan, *np.arange(1, 16) / 10)),
        ),
    ),
    "authentication": (
        (
            _field("auth_type", _W, "what is signed; nothing here verifies it"),
            lambda o: _word(_high(o[:, 1]), AUTH_TYPES),
        ),
        (
            _field("page", pa.uint8(), "page number, from 0"),
            lambda o: pa.array(_low(o[:, 1]), pa.uint8()),
        ),
        (
            _field("last_page", pa.uint8(), "number of the last page, on page 0"),
            lambda o: _on_page_0(o, o[:, 2], pa.uint8()),
        ),
        (
            _field("length", pa.uint8(), "octets of data on all pages, on page 0"),
            lambda o: _on_page_0(o, o[:, 3], pa.uint8()),
        ),
        (_field("signed_at", tables.TIME, "time of the signature, on page 0"), _auth_time),
        (_field("data", pa.binary(), "the page's data, with filling"), _pieces),
    ),
    "self_id": (
        (
            _field("description_type", _W, "what the text is for"),
            lambda o: _word(o[:, 1], DESCRIPTION_TYPES),
        ),
        (_field("description", pa.string(), "free text"), lambda o: _texts(o, 2, 25)),
    ),
    "system": (
        (
            _field("operator_place", _W, "what the operator's place is"),
            lambda o: _word(o[:, 1] & 3, OPERATOR_PLACES),
        ),
        (
            _field("classification", _W, "whose categories apply"),
            lambda o: _word((o[:, 1] >> 2) & 7, CLASSIFICATIONS),
        ),
        (
            _field("operator_lat_deg", _F8, "WGS-84 latitude of the operator", "deg"),
            lambda o: _degrees(o, 2, 6),
        ),
        (
            _field("operator_lon_deg", _F8, "WGS-84 longitude of the operator", "deg"),
            lambda o: _degrees(o, 6, 2),
        ),
        (
            _field("operator_alt_hae_m", _F8, "height of the operator above the ellipsoid", "m"),
            lambda o: _altitude(o[:, 18:20]),
        ),
        (
            _field("area_count", pa.uint16(), "aircraft in the area"),
            lambda o: pa.array(_number(o[:, 10:12], "<u2"), pa.uint16()),
        ),
        (
            _field("area_radius_m", _F8, "radius of the area flown in", "m"),
            lambda o: o[:, 12] * 10.0,
        ),
        (
            _field("area_ceiling_m", _F8, "its top above the ellipsoid", "m"),
            lambda o: _altitude(o[:, 13:15]),
        ),
        (
            _field("area_floor_m", _F8, "its bottom above the ellipsoid", "m"),
            lambda o: _altitude(o[:, 15:17]),
        ),
        (
            _field("eu_category", _W, "open, specific or certified"),
            lambda o: _in_eu(o, _high(o[:, 17]), EU_CATEGORIES),
        ),
        (
            _field("eu_class", _W, "class of the aircraft"),
            lambda o: _in_eu(o, _low(o[:, 17]), EU_CLASSES),
        ),
        (
            _field("sent_at", tables.TIME, "time of the message, from version 2 on"),
            lambda o: _since_2019(o[:, 20:24]),
        ),
    ),
    "operator_id": (
        (
            _field("operator_id_type", pa.uint8(), "0 is the operator's number"),
            lambda o: pa.array(o[:, 1], pa.uint8()),
        ),
        (_field("operator_id", pa.string(), "the operator's number"), lambda o: _texts(o, 2, 22)),
    ),
}
"""Columns of each table, and how they are made of an array of messages, shape (n, 25)."""


def wrong_with(message: bytes) -> str:
    """Return what cannot be in a message, or nothing."""
    kind = message[0] >> 4
    if kind == 1:
        lat, lon = _signed(message, 5), _signed(message, 9)
        if abs(lat) > 900_000_000 or abs(lon) > 1_800_000_000:
            return "a place that is not on Earth"
        if TENTHS_PER_HOUR < int.from_bytes(message[21:23], "little") < NO_TIME:
            return "a time past the end of the hour"
    elif kind == 2 and not message[1] & 0x0F:
        last, length = message[2], message[3]
        if last > 15 or length > 17 + 23 * last:
            return "an authentication message longer than its pages"
    elif kind == 4 and (
        abs(_signed(message, 2)) > 900_000_000 or abs(_signed(message, 6)) > 1_800_000_000
    ):
        return "an operator's place that is not on Earth"
    return ""


def _signed(message: bytes, at: int) -> int:
    return int.from_bytes(message[at : at + 4], "little", signed=True)
