"""SAPIENT messages for tests: an encoder of protobuf and JSON from plain values.

Field numbers are transcribed once more from BSI Flex 335 v2.0, so that a wrong one in the package
does not go unnoticed. Values are nested dicts of proto names; enumerations are (prefix, word,
number), floats are those of 32 bits where the standard says so.
"""

import json
import struct
from datetime import UTC, datetime, timedelta

D, F, N, S, E, T, M = "double", "float", "int", "string", "enum", "time", "message"
LOCATION = {
    **{"x": (1, D), "y": (2, D), "z": (3, D), "x_error": (4, D), "y_error": (5, D)},
    **{"z_error": (6, D), "coordinate_system": (7, E), "datum": (8, E), "utm_zone": (9, S)},
}
BEARING = {
    **{"elevation": (1, D), "azimuth": (2, D), "range": (3, D), "elevation_error": (4, D)},
    **{"azimuth_error": (5, D), "range_error": (6, D), "coordinate_system": (7, E)},
    "datum": (8, E),
}
SUB_CLASS = {"type": (1, S), "confidence": (2, F), "level": (3, N)}
SUB_CLASS["sub_class"] = (4, SUB_CLASS)
RELATED = {"timestamp": (1, T), "node_id": (2, S), "object_id": (3, S)}
INFO = {"type": (1, S), "value": (2, S), "error": (3, F)}
DETECTION = {
    **{"report_id": (1, S), "object_id": (2, S), "task_id": (3, S), "state": (4, S)},
    **{"range_bearing": (5, BEARING), "location": (6, LOCATION), "detection_confidence": (7, F)},
    **{"track_info": (8, INFO), "object_info": (10, INFO)},
    "classification": (11, {"type": (1, S), "confidence": (2, F), "sub_class": (3, SUB_CLASS)}),
    "behaviour": (12, {"type": (1, S), "confidence": (2, F)}),
    "signal": (14, {"amplitude": (1, F), "start_frequency": (2, F), "centre_frequency": (3, F)}),
    "associated_detection": (15, RELATED),
    "derived_detection": (16, RELATED),
    "enu_velocity": (
        19,
        {
            **{"east_rate": (1, D), "north_rate": (2, D), "up_rate": (3, D)},
            **{"east_rate_error": (4, D), "north_rate_error": (5, D), "up_rate_error": (6, D)},
        },
    ),
    "colour": (22, S),
    "id": (23, S),
}
STATUS = {
    **{"report_id": (1, S), "system": (2, E), "info": (3, E), "active_task_id": (4, S)},
    "mode": (5, S),
    "power": (6, {"level": (3, N), "source": (4, E), "status": (5, E)}),
    "node_location": (7, LOCATION),
    "status": (11, {"status_level": (1, E), "status_value": (3, S), "status_type": (4, E)}),
}
UNITS = {"east_north_rate_units": (1, E), "up_rate_units": (2, E)}
REGISTRATION = {
    "node_definition": (1, {"node_type": (1, E), "node_sub_type": (2, S)}),
    **{"icd_version": (2, S), "name": (3, S), "short_name": (4, S)},
    "mode_definition": (
        7,
        {
            "mode_name": (1, S),
            "detection_definition": (
                10,
                {"velocity_type": (6, {"enu_velocity_units": (4, UNITS)})},
            ),
        },
    ),
    "dependent_nodes": (8, S),
}
ALERT = {
    **{"alert_id": (1, S), "alert_type": (2, E), "status": (3, E), "description": (4, S)},
    **{"range_bearing": (5, BEARING), "location": (6, LOCATION), "region_id": (7, S)},
    **{"priority": (8, E), "ranking": (9, F), "confidence": (10, F)},
    **{"associated_detection": (12, RELATED), "additional_information": (13, S)},
}
MESSAGE = {
    **{"timestamp": (1, T), "node_id": (2, S), "destination_id": (3, S)},
    "registration": (4, REGISTRATION),
    "registration_ack": (5, {"acceptance": (1, N)}),
    "status_report": (6, STATUS),
    "detection_report": (7, DETECTION),
    "task": (8, {"task_id": (1, S), "task_name": (2, S), "control": (6, E)}),
    "task_ack": (9, {"task_id": (1, S), "task_status": (2, E), "reason": (5, S)}),
    "alert": (10, ALERT),
    "alert_ack": (11, {"alert_id": (1, S)}),
    "error": (12, {"error_message": (3, S)}),
    "additional_information": (13, S),
}


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number, wire, body):
    return varint(number << 3 | wire) + body


def chunk(number, octets):
    return field(number, 2, varint(len(octets)) + octets)


def proto(values, spec=None):
    """Octets of a message."""
    spec = MESSAGE if spec is None else spec
    out = b""
    for name, value in values.items():
        number, kind = spec[name]
        for one in value if isinstance(value, list) else [value]:
            if isinstance(kind, dict):
                out += chunk(number, proto(one, kind))
            elif kind == S:
                out += chunk(number, one.encode())
            elif kind == T:
                seconds, nanos = divmod(one, 1_000_000_000)
                out += chunk(number, field(1, 0, varint(seconds)) + field(2, 0, varint(nanos)))
            elif kind == D:
                out += field(number, 1, struct.pack("<d", one))
            elif kind == F:
                out += field(number, 5, struct.pack("<f", one))
            else:
                out += field(number, 0, varint(one[2] if kind == E else one))
    return out


def framed(values):
    octets = proto(values)
    return struct.pack("<I", len(octets)) + octets


def camel(name):
    words = name.split("_")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def as_json(values, spec=None, *, spell=camel):
    """The same as plain JSON values."""
    spec = MESSAGE if spec is None else spec
    out = {}
    for name, value in values.items():
        _, kind = spec[name]
        made = []
        for one in value if isinstance(value, list) else [value]:
            if isinstance(kind, dict):
                made.append(as_json(one, kind, spell=spell))
            elif kind == T:
                seconds, nanos = divmod(one, 1_000_000_000)
                moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
                made.append(f"{moment:%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z")
            elif kind == E:
                made.append(f"{one[0]}_{one[1]}")
            else:
                made.append(one)
        out[spell(name)] = made if isinstance(value, list) else made[0]
    return out


def document(values, **more):
    return json.dumps(as_json(values, **more)).encode()


def plain(values, spec=None):
    """The values as a reader gives them: enumerations as words."""
    spec = MESSAGE if spec is None else spec
    out = {}
    for name, value in values.items():
        _, kind = spec[name]
        many = value if isinstance(value, list) else [value]
        made = [
            plain(v, kind) if isinstance(kind, dict) else v[1] if kind == E else v for v in many
        ]
        out[name] = made if isinstance(value, list) else made[0]
    return out


# ---- words of the standard -----------------------------------------------------------------------

DEGREES = ("LOCATION_COORDINATE_SYSTEM", "LAT_LNG_DEG_M", 1)
RADIANS = ("LOCATION_COORDINATE_SYSTEM", "LAT_LNG_RAD_M", 2)
UTM = ("LOCATION_COORDINATE_SYSTEM", "UTM_M", 5)
ELLIPSOID = ("LOCATION_DATUM", "WGS84_E", 1)
GEOID = ("LOCATION_DATUM", "WGS84_G", 2)
POLAR = {
    name: ("RANGE_BEARING_COORDINATE_SYSTEM", name, number)
    for number, name in enumerate(("DEGREES_M", "RADIANS_M", "DEGREES_KM", "RADIANS_KM"), start=1)
}
NORTH = {
    name: ("RANGE_BEARING_DATUM", name, number)
    for number, name in enumerate(("TRUE", "MAGNETIC", "GRID", "PLATFORM"), start=1)
}
NODE = {
    name: ("NODE_TYPE", name, number)
    for number, name in {
        **{1: "OTHER", 2: "RADAR", 3: "LIDAR", 4: "CAMERA", 5: "SEISMIC", 6: "ACOUSTIC"},
        **{8: "PASSIVE_RF", 9: "HUMAN", 13: "KINETIC", 14: "JAMMER", 15: "CYBER", 16: "LDEW"},
        **{17: "RFDEW", 20: "FUSION_NODE"},
    }.items()
}
SYSTEM = {
    name: ("SYSTEM", name, number)
    for number, name in {1: "OK", 2: "WARNING", 3: "ERROR", 5: "GOODBYE"}.items()
}
SPEED = {"MS": ("SPEED_UNITS", "MS", 1), "KPH": ("SPEED_UNITS", "KPH", 2)}
