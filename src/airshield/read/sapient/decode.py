"""Frames to tables of SAPIENT messages, one table for each kind that is read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from airshield import tables
from airshield.read.gather import (
    PLACE_FIELDS,
    Frame,
    Rejects,
    Row,
    chosen_columns,
    count,
    each_frame,
    filled,
)
from airshield.read.reader import NO_TIME, Options, TableBatch
from airshield.read.sapient.messages import CONTENTS, READ_CONTENTS
from airshield.read.sapient.wire import DamagedError, Values, read_message

_F8, _F4, _S, _W = pa.float64(), pa.float32(), pa.string(), tables.WORD


def _field(name: str, kind: pa.DataType, what: str, unit: str = "") -> pa.Field:
    return pa.field(name, kind, metadata={"what": what, **({"unit": unit} if unit else {})})


_HEAD: Final = (
    *PLACE_FIELDS,
    _field("timestamp", tables.TIME, "when the message was sent"),
    _field("node_id", _W, "UUID of the node that speaks"),
    _field("destination_id", _W, "UUID of the node it speaks to"),
    _field("additional_information", _S, "words at the message's end"),
)
_IN_SYSTEM: Final = "in the unit of coordinate_system"
_PLACE: Final = (
    _field("x", _F8, f"easting or longitude, {_IN_SYSTEM}"),
    _field("y", _F8, f"northing or latitude, {_IN_SYSTEM}"),
    _field("z_m", _F8, "height above datum", "m"),
    _field("x_error", _F8, "error of x; its unit is not standardised for degrees"),
    _field("y_error", _F8, "error of y, likewise"),
    _field("z_error_m", _F8, "error of the height", "m"),
    _field("coordinate_system", _W, "LAT_LNG_DEG_M, LAT_LNG_RAD_M or UTM_M"),
    _field("datum", _W, "WGS84_E (ellipsoid) or WGS84_G (geoid)"),
    _field("utm_zone", _S, "such as 30U"),
)
_BEARING: Final = (
    _field("range", _F8, "from the node, in the unit of bearing_system"),
    _field("azimuth", _F8, "from bearing_datum, in the unit of bearing_system"),
    _field("elevation", _F8, "above the node's horizon, in the unit of bearing_system"),
    _field("range_error", _F8, "error of range"),
    _field("azimuth_error", _F8, "error of azimuth"),
    _field("elevation_error", _F8, "error of elevation"),
    _field("bearing_system", _W, "DEGREES_M, RADIANS_M, DEGREES_KM or RADIANS_KM"),
    _field("bearing_datum", _W, "which north: TRUE, MAGNETIC, GRID or PLATFORM"),
)


def _list_of(**kinds: pa.DataType) -> pa.DataType:
    return pa.list_(pa.struct([pa.field(name, kind) for name, kind in kinds.items()]))


SCHEMAS: Final = {
    "detection_report": pa.schema(
        [
            *_HEAD,
            _field("report_id", _S, "ULID of the report"),
            _field("object_id", _S, "ULID of the object"),
            _field("task_id", _S, "ULID of the task that the node works on"),
            _field("state", _S, "such as lost"),
            *_PLACE,
            *_BEARING,
            _field("detection_confidence", _F4, "0 to 1"),
            _field("class", _S, "the surest classification, sub-classes after dots"),
            _field("class_confidence", _F4, "0 to 1"),
            _field(
                "classification",
                _list_of(type=_S, confidence=_F4, level=pa.int32()),
                "all of them, sub-classes after their class",
            ),
            _field("behaviour", _list_of(type=_S, confidence=_F4), "such as loitering"),
            _field("track_info", _list_of(type=_S, value=_S, error=_F4), "as registered"),
            _field("object_info", _list_of(type=_S, value=_S, error=_F4), "as registered"),
            _field(
                "signal",
                _list_of(
                    amplitude=_F4,
                    start_frequency=_F4,
                    centre_frequency=_F4,
                    stop_frequency=_F4,
                    pulse_duration=_F4,
                ),
                "radio signals",
            ),
            _field("associated", pa.list_(_S), "IDs of objects this one goes with"),
            _field("derived", pa.list_(_S), "IDs of objects made of this one"),
            _field("east_rate", _F8, "velocity to the east, in the registered unit"),
            _field("north_rate", _F8, "velocity to the north"),
            _field("up_rate", _F8, "velocity upwards"),
            _field("east_rate_error", _F8, "error of east_rate"),
            _field("north_rate_error", _F8, "error of north_rate"),
            _field("up_rate_error", _F8, "error of up_rate"),
            _field("colour", _S, "of the object"),
            _field("id", _S, "what the object calls itself, such as a tail number"),
        ]
    ),
    "status_report": pa.schema(
        [
            *_HEAD,
            _field("report_id", _S, "ULID of the report"),
            _field("system", _W, "OK, WARNING, ERROR or GOODBYE"),
            _field("info", _W, "NEW or UNCHANGED"),
            _field("active_task_id", _S, "ULID of the task that the node works on"),
            _field("mode", _S, "the node's mode"),
            _field("power_source", _W, "such as MAINS"),
            _field("power_status", _W, "OK or FAULT"),
            _field("power_level", pa.int32(), "per cent"),
            *_PLACE,
            _field("status", _list_of(level=_S, type=_S, value=_S), "what else there is to say"),
        ]
    ),
    "registration": pa.schema(
        [
            *_HEAD,
            _field("node_type", pa.list_(_S), "such as RADAR"),
            _field("node_sub_type", pa.list_(_S), "in the maker's words"),
            _field("icd_version", _S, "the standard that the node speaks"),
            _field("name", _S, "the node's name"),
            _field("short_name", _S, "the same, shorter"),
            _field("dependent_nodes", pa.list_(_S), "UUIDs of nodes behind this one"),
            _field("modes", pa.list_(_S), "names of its modes"),
            _field("speed_units", _W, "of horizontal rates: MS or KPH, null where modes differ"),
            _field("climb_units", _W, "of vertical rates, likewise"),
        ]
    ),
    "alert": pa.schema(
        [
            *_HEAD,
            _field("alert_id", _S, "ULID of the alert"),
            _field("alert_type", _W, "INFORMATION to FATAL"),
            _field("status", _W, "such as ACTIVE"),
            _field("description", _S, "in plain words"),
            _field("priority", _W, "LOW, MEDIUM or HIGH"),
            _field("ranking", _F4, "0 to 1"),
            _field("confidence", _F4, "0 to 1"),
            _field("region_id", _S, "ULID of the region"),
            *_PLACE,
            *_BEARING,
            _field("associated", pa.list_(_S), "IDs of objects it is about"),
            _field("more", _S, "additional information"),
        ]
    ),
    "task_ack": pa.schema(
        [
            *_HEAD,
            _field("task_id", _S, "ULID of somebody's task to the node"),
            _field("task_status", _W, "ACCEPTED, REJECTED, COMPLETED or FAILED"),
            _field("reason", pa.list_(_S), "why"),
        ]
    ),
}
"""The tables, by kind of message. Left out: predicted places, fields of view, coverage, files."""


@dataclass(slots=True)
class Found:
    """What frames gave."""

    messages: list[tuple[Frame, str, Values]] = field(default_factory=list)
    """Frame, kind of content and all its values, in order of arrival."""
    rejects: Rejects = field(default_factory=Rejects)
    counts: dict[str, int] = field(default_factory=dict)
    unused: dict[str, int] = field(default_factory=dict)


def find_messages(frames: pa.Table) -> Found:
    """Decode frames; tasks and acknowledgements are counted and not looked into."""
    found = Found()
    for frame in each_frame(frames):
        try:
            message = read_message(frame.octets)
        except DamagedError as damage:
            item = damage.item[:100] or None
            found.rejects.add(frame, frame.octets, damage.reason, item=item)
            continue
        kind = next((name for name in CONTENTS.values() if name in message), "")
        if kind in READ_CONTENTS and message.get("node_id"):
            count(found.counts, kind)
            found.messages.append((frame, kind, message))
        else:
            what = kind if kind and message.get("node_id") else "message without node or content"
            count(found.counts, what)
            count(found.unused, what)
    return found


class TableReader:
    """Frames to one table for each kind of message that is read."""

    def __init__(self, options: Options) -> None:
        self._schemas = chosen_columns(SCHEMAS, options.columns)

    def feed(self, frames: pa.Table) -> TableBatch:
        """Read a FRAME table."""
        found = find_messages(frames)
        rows: dict[str, list[Row]] = {}
        for frame, kind, message in found.messages:
            rows.setdefault(kind, []).append(_row(frame, kind, message))
        return TableBatch(
            tables=filled(self._schemas, rows),
            rejects=found.rejects.table(),
            counts=found.counts,
        )


def _row(frame: Frame, kind: str, message: Values) -> Row:
    content = message[kind]
    return {
        "frame": frame.number,
        "t_heard": None if frame.t_ns == NO_TIME else frame.t_ns,
        "record": 0,
        "offset": 0,
        **{name: message.get(name) for name in ("timestamp", "node_id", "destination_id")},
        "additional_information": message.get("additional_information"),
        **_ROWS[kind](content),
    }


def _detection(content: Values) -> Row:
    classes = list(_classes(content.get("classification", []), 0, ""))
    best = max(classes, key=lambda one: one[2] or 0.0, default=None) if classes else None
    return {
        **content,
        **_place(content.get("location", {})),
        **_bearing(content.get("range_bearing", {})),
        **content.get("enu_velocity", {}),
        "class": best[1] if best else None,
        "class_confidence": best[2] if best else None,
        "classification": [
            {"type": name.rsplit(".", 1)[-1], "confidence": sure, "level": level}
            for level, name, sure in classes
        ]
        or None,
        "associated": _ids(content, "associated_detection"),
        "derived": _ids(content, "derived_detection"),
    }


def _classes(them: list[Values], level: int, above: str) -> Iterator[tuple[int, str, float | None]]:
    """Give classes and, after each, its sub-classes: level, name with those above, confidence."""
    for one in them:
        name = above + one.get("type", "")
        yield level, name, one.get("confidence")
        yield from _classes(one.get("sub_class", []), level + 1, f"{name}.")


def _ids(content: Values, name: str) -> list[str] | None:
    found = [one["object_id"] for one in content.get(name, []) if "object_id" in one]
    return found or None


def _place(place: Values) -> Row:
    return {**place, "z_m": place.get("z"), "z_error_m": place.get("z_error")}


def _bearing(bearing: Values) -> Row:
    out = dict(bearing)
    out["bearing_system"] = out.pop("coordinate_system", None)
    out["bearing_datum"] = out.pop("datum", None)
    return out


def _status(content: Values) -> Row:
    power = content.get("power", {})
    return {
        **content,
        **_place(content.get("node_location", {})),
        "power_source": power.get("source"),
        "power_status": power.get("status"),
        "power_level": power.get("level"),
        "status": [
            {
                "level": one.get("status_level"),
                "type": one.get("status_type"),
                "value": one.get("status_value"),
            }
            for one in content.get("status", [])
        ]
        or None,
    }


def _registration(content: Values) -> Row:
    nodes = content.get("node_definition", [])
    modes = content.get("mode_definition", [])
    speed, climb = units_of(content)
    return {
        **content,
        "node_type": [one["node_type"] for one in nodes if "node_type" in one] or None,
        "node_sub_type": [sub for one in nodes for sub in one.get("node_sub_type", [])] or None,
        "modes": [one["mode_name"] for one in modes if "mode_name" in one] or None,
        "speed_units": speed or None,
        "climb_units": climb or None,
    }


def units_of(registration: Values) -> tuple[str, str]:
    """Return the units of horizontal and vertical rates; empty where modes differ.

    A node that does not say means metres per second: they are the unit of the standard.
    """
    told = [
        one.get("velocity_type", {}).get("enu_velocity_units", {})
        for mode in registration.get("mode_definition", [])
        for one in mode.get("detection_definition", [])
    ]
    speeds = {one["east_north_rate_units"] for one in told if "east_north_rate_units" in one}
    climbs = {one["up_rate_units"] for one in told if "up_rate_units" in one}
    speed, climb = ("" if len(units) > 1 else next(iter(units), "MS") for units in (speeds, climbs))
    return speed, climb


def _alert(content: Values) -> Row:
    return {
        **content,
        **_place(content.get("location", {})),
        **_bearing(content.get("range_bearing", {})),
        "associated": _ids(content, "associated_detection"),
        "more": content.get("additional_information"),
        "additional_information": None,
    }


def _acknowledgement(content: Values) -> Row:
    return content


_ROWS: Final = {
    "detection_report": _detection,
    "status_report": _status,
    "registration": _registration,
    "alert": _alert,
    "task_ack": _acknowledgement,
}


def finite(value: Any) -> float | None:
    """Return a number that is one."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
