"""The messages of BSI Flex 335 v2 that are read, by field number and by name.

Only what is read stands here. A field that is not in the tables is skipped, whatever it holds;
the contents of ``skipped`` fields, all tasks among them, are not decoded at all.
Source: BSI Flex 335 v2.0 (2024) and its published message definitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple


class Field(NamedTuple):
    """One field of a message."""

    name: str
    kind: str
    """``string``, ``double``, ``float``, ``int32``, ``time``, ``skipped``, or the name of an
    enumeration or a message."""
    many: bool = False
    choice: str = ""
    """Of the fields with the same choice a message has one: the last."""


def _numbered(*words: str) -> dict[int, str]:
    return dict(enumerate(words, start=1))


ENUMS: Final[Mapping[str, Mapping[int, str]]] = {
    "LOCATION_COORDINATE_SYSTEM": {1: "LAT_LNG_DEG_M", 2: "LAT_LNG_RAD_M", 5: "UTM_M"},
    "LOCATION_DATUM": {1: "WGS84_E", 2: "WGS84_G"},
    "RANGE_BEARING_COORDINATE_SYSTEM": _numbered(
        *("DEGREES_M", "RADIANS_M", "DEGREES_KM", "RADIANS_KM")
    ),
    "RANGE_BEARING_DATUM": {1: "TRUE", 2: "MAGNETIC", 3: "GRID", 4: "PLATFORM"},
    "NODE_TYPE": _numbered(
        *("OTHER", "RADAR", "LIDAR", "CAMERA", "SEISMIC", "ACOUSTIC", "PROXIMITY_SENSOR"),
        *("PASSIVE_RF", "HUMAN", "CHEMICAL", "BIOLOGICAL", "RADIATION", "KINETIC", "JAMMER"),
        *("CYBER", "LDEW", "RFDEW", "MOBILE_NODE", "POINTABLE_NODE", "FUSION_NODE"),
    ),
    "SPEED_UNITS": {1: "MS", 2: "KPH"},
    "SYSTEM": {1: "OK", 2: "WARNING", 3: "ERROR", 5: "GOODBYE"},
    "INFO": {1: "NEW", 2: "UNCHANGED"},
    "POWERSOURCE": _numbered(
        *("OTHER", "MAINS", "INTERNAL_BATTERY", "EXTERNAL_BATTERY", "GENERATOR", "SOLAR_PV"),
        *("WIND_TURBINE", "FUEL_CELL"),
    ),
    "POWERSTATUS": {1: "OK", 2: "FAULT"},
    "STATUS_LEVEL": {2: "INFORMATION_STATUS", 3: "WARNING_STATUS", 4: "ERROR_STATUS"},
    "STATUS_TYPE": _numbered(
        *("INTERNAL_FAULT", "EXTERNAL_FAULT", "ILLUMINATION", "WEATHER", "CLUTTER", "EXPOSURE"),
        *("MOTION_SENSITIVITY", "PTZ_STATUS", "PD", "FAR", "NOT_DETECTING", "PLATFORM", "OTHER"),
    ),
    "ALERT_TYPE": _numbered(
        *("INFORMATION", "WARNING", "CRITICAL", "ERROR", "FATAL", "MODE_CHANGE")
    ),
    "ALERT_STATUS": _numbered("ACTIVE", "ACKNOWLEDGE", "REJECT", "IGNORE", "CLEAR"),
    "DISCRETE_PRIORITY": {1: "LOW", 2: "MEDIUM", 3: "HIGH"},
    "TASK_STATUS": {1: "ACCEPTED", 2: "REJECTED", 3: "COMPLETED", 4: "FAILED"},
}
"""Values by number; 0, which is UNSPECIFIED in all of them, is unknown."""

CONTENTS: Final = {
    4: "registration",
    5: "registration_ack",
    6: "status_report",
    7: "detection_report",
    8: "task",
    9: "task_ack",
    10: "alert",
    11: "alert_ack",
    12: "error",
}
"""What a message may be, by field number."""

READ_CONTENTS: Final = {
    "registration": "Registration",
    "status_report": "StatusReport",
    "detection_report": "DetectionReport",
    "task_ack": "TaskAck",
    "alert": "Alert",
}
"""Those whose contents are decoded."""

_TYPED: Final = {1: Field("type", "string"), 2: Field("confidence", "float")}

MESSAGES: Final[Mapping[str, Mapping[int, Field]]] = {
    "SapientMessage": {
        1: Field("timestamp", "time"),
        2: Field("node_id", "string"),
        3: Field("destination_id", "string"),
        **{
            number: Field(name, READ_CONTENTS.get(name, "skipped"), choice="content")
            for number, name in CONTENTS.items()
        },
        13: Field("additional_information", "string"),
    },
    "DetectionReport": {
        1: Field("report_id", "string"),
        2: Field("object_id", "string"),
        3: Field("task_id", "string"),
        4: Field("state", "string"),
        5: Field("range_bearing", "RangeBearing", choice="location"),
        6: Field("location", "Location", choice="location"),
        7: Field("detection_confidence", "float"),
        8: Field("track_info", "Info", many=True),
        10: Field("object_info", "Info", many=True),
        11: Field("classification", "Classification", many=True),
        12: Field("behaviour", "Behaviour", many=True),
        14: Field("signal", "Signal", many=True),
        15: Field("associated_detection", "Related", many=True),
        16: Field("derived_detection", "Derived", many=True),
        19: Field("enu_velocity", "Velocity"),
        22: Field("colour", "string"),
        23: Field("id", "string"),
    },
    "Location": {
        1: Field("x", "double"),
        2: Field("y", "double"),
        3: Field("z", "double"),
        4: Field("x_error", "double"),
        5: Field("y_error", "double"),
        6: Field("z_error", "double"),
        7: Field("coordinate_system", "LOCATION_COORDINATE_SYSTEM"),
        8: Field("datum", "LOCATION_DATUM"),
        9: Field("utm_zone", "string"),
    },
    "RangeBearing": {
        1: Field("elevation", "double"),
        2: Field("azimuth", "double"),
        3: Field("range", "double"),
        4: Field("elevation_error", "double"),
        5: Field("azimuth_error", "double"),
        6: Field("range_error", "double"),
        7: Field("coordinate_system", "RANGE_BEARING_COORDINATE_SYSTEM"),
        8: Field("datum", "RANGE_BEARING_DATUM"),
    },
    "Info": {
        1: Field("type", "string"),
        2: Field("value", "string"),
        3: Field("error", "float"),
    },
    "Classification": {**_TYPED, 3: Field("sub_class", "SubClass", many=True)},
    "SubClass": {
        **_TYPED,
        3: Field("level", "int32"),
        4: Field("sub_class", "SubClass", many=True),
    },
    "Behaviour": _TYPED,
    "Signal": {
        1: Field("amplitude", "float"),
        2: Field("start_frequency", "float"),
        3: Field("centre_frequency", "float"),
        4: Field("stop_frequency", "float"),
        5: Field("pulse_duration", "float"),
    },
    "Related": {2: Field("node_id", "string"), 3: Field("object_id", "string")},
    "Derived": {2: Field("node_id", "string"), 3: Field("object_id", "string")},
    "Velocity": {
        1: Field("east_rate", "double"),
        2: Field("north_rate", "double"),
        3: Field("up_rate", "double"),
        4: Field("east_rate_error", "double"),
        5: Field("north_rate_error", "double"),
        6: Field("up_rate_error", "double"),
    },
    "StatusReport": {
        1: Field("report_id", "string"),
        2: Field("system", "SYSTEM"),
        3: Field("info", "INFO"),
        4: Field("active_task_id", "string"),
        5: Field("mode", "string"),
        6: Field("power", "Power"),
        7: Field("node_location", "Location"),
        11: Field("status", "Status", many=True),
    },
    "Power": {
        3: Field("level", "int32"),
        4: Field("source", "POWERSOURCE"),
        5: Field("status", "POWERSTATUS"),
    },
    "Status": {
        1: Field("status_level", "STATUS_LEVEL"),
        3: Field("status_value", "string"),
        4: Field("status_type", "STATUS_TYPE"),
    },
    "Registration": {
        1: Field("node_definition", "NodeDefinition", many=True),
        2: Field("icd_version", "string"),
        3: Field("name", "string"),
        4: Field("short_name", "string"),
        7: Field("mode_definition", "ModeDefinition", many=True),
        8: Field("dependent_nodes", "string", many=True),
    },
    "NodeDefinition": {
        1: Field("node_type", "NODE_TYPE"),
        2: Field("node_sub_type", "string", many=True),
    },
    "ModeDefinition": {
        1: Field("mode_name", "string"),
        10: Field("detection_definition", "DetectionDefinition", many=True),
    },
    "DetectionDefinition": {6: Field("velocity_type", "VelocityType")},
    "VelocityType": {4: Field("enu_velocity_units", "VelocityUnits")},
    "VelocityUnits": {
        1: Field("east_north_rate_units", "SPEED_UNITS"),
        2: Field("up_rate_units", "SPEED_UNITS"),
    },
    "Alert": {
        1: Field("alert_id", "string"),
        2: Field("alert_type", "ALERT_TYPE"),
        3: Field("status", "ALERT_STATUS"),
        4: Field("description", "string"),
        5: Field("range_bearing", "RangeBearing", choice="location"),
        6: Field("location", "Location", choice="location"),
        7: Field("region_id", "string"),
        8: Field("priority", "DISCRETE_PRIORITY"),
        9: Field("ranking", "float"),
        10: Field("confidence", "float"),
        12: Field("associated_detection", "Related", many=True),
        13: Field("additional_information", "string"),
    },
    "TaskAck": {
        1: Field("task_id", "string"),
        2: Field("task_status", "TASK_STATUS"),
        5: Field("reason", "string", many=True),
    },
}
"""Fields by message and number."""


def camel(name: str) -> str:
    """Return a field's name as JSON writes it.

    >>> camel("east_rate_error")
    'eastRateError'
    """
    first, *others = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _by_name() -> dict[str, dict[str, Field]]:
    out: dict[str, dict[str, Field]] = {}
    for message, fields in MESSAGES.items():
        known = out.setdefault(message, {})
        for field in fields.values():
            known[field.name] = known[camel(field.name)] = field
    return out


BY_NAME: Final[Mapping[str, Mapping[str, Field]]] = _by_name()
"""The same by name, in both of the spellings that JSON allows."""

NUMBER_KINDS: Final[Sequence[str]] = ("double", "float", "int32")
