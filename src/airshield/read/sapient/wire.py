"""Octets of a SAPIENT message to plain values: protobuf and protobuf's JSON.

Both give the same: a mapping of the fields that are set, times in nanoseconds, enumerations in
words (``UTM_M``), numbers as Python has them. Sources: the protobuf encoding and its JSON mapping
(protobuf.dev, proto3), RFC 8259, RFC 3339.

The package reads some ninety fields of a fixed standard; the tables of :mod:`messages` and two
walks of a hundred lines do that, and let the octets of a task pass unread. Generated code and
its run-time library would decode everything there is.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import struct
from typing import Any, Final

from airshield.errors import DecodeError
from airshield.read.sapient.messages import BY_NAME, ENUMS, MESSAGES, Field
from airshield.units import NS_PER_S

DEPTH_MAX: Final = 32
"""Sub-classes within sub-classes; protobuf's own limit is 100."""

MESSAGE_OCTETS_MAX: Final = 1 << 20

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)"
)
_WHOLE: Final = re.compile(r"-?\d{1,18}")
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SECONDS_MAX: Final = 1 << 33
"""Year 2242: what fits a timestamp in nanoseconds."""

Values = dict[str, Any]


class DamagedError(DecodeError):
    """These octets are no message; the readers of this folder turn it into a reject."""

    def __init__(self, reason: str, item: str = "") -> None:
        super().__init__(reason)
        self.reason, self.item = reason, item


def is_json(octets: bytes) -> bool:
    """Tell JSON from a length and a protobuf message: only the latter has zeros in its head."""
    return octets.lstrip(b" \t\r\n")[:1] in (b"{", b"[") and b"\0" not in octets[:4]


def read_message(octets: bytes) -> Values:
    """Decode one frame: a JSON document, or a length and a message.

    Raises
    ------
    DamagedError
        It is neither; with the reason and the field.
    """
    if is_json(octets):
        return _read_json(octets)
    if len(octets) < 4 or int.from_bytes(octets[:4], "little") != len(octets) - 4:
        raise DamagedError("a length that is not that of its message")
    return _read_fields(octets, 4, len(octets), "SapientMessage", 0)


# ---- protobuf ------------------------------------------------------------------------------------


def walk_fields(octets: bytes | memoryview, at: int, stop: int) -> list[tuple[int, int, int, int]]:
    """Find the fields of a message: number, wire type, first and stop of the value.

    Raises
    ------
    DamagedError
        They do not end where the message ends.
    """
    found = []
    while at < stop:
        tag, at = _varint(octets, at, stop)
        number, wire = tag >> 3, tag & 7
        first = at
        if wire == _VARINT:
            _, at = _varint(octets, at, stop)
        elif wire == _FIXED64:
            at += 8
        elif wire == _FIXED32:
            at += 4
        elif wire == _BYTES:
            size, first = _varint(octets, at, stop)
            at = first + size
        else:
            raise DamagedError("a wire type that is not used")
        if at > stop or not 0 < number < 1 << 29:
            raise DamagedError("a field that does not fit its message")
        found.append((number, wire, first, at))
    return found


def _varint(octets: bytes | memoryview, at: int, stop: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= stop:
            break
        octet = octets[at]
        at += 1
        value |= (octet & 0x7F) << shift
        if octet < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
    raise DamagedError("a number without end")


def _read_fields(octets: bytes, at: int, stop: int, message: str, depth: int) -> Values:
    if depth > DEPTH_MAX:
        raise DamagedError("messages within messages without end", message)
    out: Values = {}
    for number, wire, first, end in walk_fields(octets, at, stop):
        field = MESSAGES[message].get(number)
        if field is None:
            continue
        value = _read_value(octets, first, end, field, wire, depth)
        if value is not None:
            _set(out, field, value, message)
    return out


def _read_value(
    octets: bytes, first: int, end: int, field: Field, wire: int, depth: int
) -> Any | None:
    """Return a field's value; None where the wire type is not that of the field."""
    kind = field.kind
    if kind in ("int32", *ENUMS):
        if wire != _VARINT:
            return None
        number = _varint(octets, first, end)[0] & 0xFFFF_FFFF
        number -= (number >> 31) << 32
        return number if kind == "int32" else _word(kind, number)
    if kind == "double":
        return struct.unpack_from("<d", octets, first)[0] if wire == _FIXED64 else None
    if kind == "float":
        return struct.unpack_from("<f", octets, first)[0] if wire == _FIXED32 else None
    if wire != _BYTES:
        return None
    if kind == "skipped":
        return True
    if kind == "string":
        try:
            return octets[first:end].decode()
        except UnicodeDecodeError as error:
            raise DamagedError("a text that is no UTF-8", field.name) from error
    if kind == "time":
        return _read_time(octets, first, end)
    return _read_fields(octets, first, end, kind, depth + 1)


def _read_time(octets: bytes, first: int, end: int) -> int:
    parts = {1: 0, 2: 0}
    for number, wire, at, stop in walk_fields(octets, first, end):
        if number in parts and wire == _VARINT:
            value = _varint(octets, at, stop)[0]
            parts[number] = value - ((value >> 63) << 64)
    return _time_of(parts[1], parts[2])


def _time_of(seconds: int, nanos: int) -> int:
    if abs(seconds) > _SECONDS_MAX or not 0 <= nanos < NS_PER_S:
        raise DamagedError("a time that cannot be", "timestamp")
    return seconds * NS_PER_S + nanos


def _set(out: Values, field: Field, value: Any, message: str) -> None:
    """Set a field as protobuf does: the last wins, messages merge, a choice has one."""
    if field.many:
        out.setdefault(field.name, []).append(value)
        return
    if field.choice:
        for other in MESSAGES[message].values():
            if other.choice == field.choice and other.name != field.name:
                out.pop(other.name, None)
    before = out.get(field.name)
    out[field.name] = _merged(before, value) if isinstance(before, dict) else value


def _merged(before: Values, after: Values) -> Values:
    out = dict(before)
    for name, value in after.items():
        if isinstance(value, list) and name in out:
            out[name] = out[name] + value
        elif isinstance(value, dict) and name in out:
            out[name] = _merged(out[name], value)
        else:
            out[name] = value
    return out


def _word(kind: str, number: int) -> str | None:
    """Return the word for a value; a value to come keeps its number, UNSPECIFIED is unknown."""
    return ENUMS[kind].get(number, f"unknown {number}") if number else None


# ---- JSON ----------------------------------------------------------------------------------------


def _read_json(octets: bytes) -> Values:
    try:
        document = json.loads(octets.decode("utf-8-sig"), parse_int=_parse_int)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DamagedError("no JSON") from error
    except RecursionError as error:
        raise DamagedError("messages within messages without end") from error
    return _from_json(document, "SapientMessage", "", 0)


def _parse_int(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float(digits)


def _from_json(document: Any, message: str, path: str, depth: int) -> Values:
    if not isinstance(document, dict):
        raise DamagedError("a field that is no object", path)
    if depth > DEPTH_MAX:
        raise DamagedError("messages within messages without end", path)
    out: Values = {}
    for name, value in document.items():
        field = BY_NAME[message].get(name)
        if field is None or value is None:
            continue
        where = f"{path}.{name}" if path else name
        if field.many and not isinstance(value, list):
            raise DamagedError("a field that is no list", where)
        for one in value if field.many else [value]:
            made = _from_value(one, field, where, depth)
            if made is not None:
                _set(out, field, made, message)
    return out


def _from_value(value: Any, field: Field, where: str, depth: int) -> Any | None:
    kind = field.kind
    if kind == "skipped":
        return True
    if kind == "string":
        if not isinstance(value, str):
            raise DamagedError("a field that is no text", where)
        # Lone halves of a letter outside the basic plane are legal JSON and no Unicode.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if kind == "time":
        return _time_from_json(value, where)
    if kind in ENUMS:
        return _word_from_json(value, kind, where)
    if kind in ("double", "float", "int32"):
        return _number_from_json(value, kind, where)
    return _from_json(value, kind, where, depth + 1)


def _time_from_json(value: Any, where: str) -> int:
    told = _TIME.fullmatch(value) if isinstance(value, str) else None
    if told is None:
        raise DamagedError("a time that cannot be", where)
    day, clock, fraction, zone = told.groups()
    try:
        moment = dt.datetime.fromisoformat(f"{day}T{clock}{zone.upper()}")
    except ValueError as error:
        raise DamagedError("a time that cannot be", where) from error
    away = moment - _EPOCH
    return _time_of(away.days * 86_400 + away.seconds, int((fraction or "0").ljust(9, "0")))


def _word_from_json(value: Any, kind: str, where: str) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31:
        return _word(kind, value)
    if not isinstance(value, str):
        raise DamagedError("a field that is no word", where)
    word = value.removeprefix(f"{kind}_")
    if word not in ENUMS[kind].values() and word != "UNSPECIFIED":
        raise DamagedError("a word that is not in the standard", where)
    return None if word == "UNSPECIFIED" else word


def _number_from_json(value: Any, kind: str, where: str) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise DamagedError("a field that is no number", where)
    if kind == "int32":
        whole = _WHOLE.fullmatch(value) if isinstance(value, str) else None
        if whole is None and (isinstance(value, str) or value != value // 1):
            raise DamagedError("a field that is no whole number", where)
        number = int(value)
        if not -(1 << 31) <= number < 1 << 31:
            raise DamagedError("a field that is no whole number", where)
        return number
    try:
        number_f = float(value)
        rounded = struct.unpack("<f", struct.pack("<f", number_f))[0] if kind == "float" else None
    except (ValueError, OverflowError) as error:
        raise DamagedError("a field that is no number", where) from error
    if isinstance(value, float) and not math.isfinite(value):
        raise DamagedError("a field that is no number", where)
    return number_f if rounded is None else rounded
