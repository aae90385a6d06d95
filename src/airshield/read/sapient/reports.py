"""Detections to REPORT rows, and what nodes say of themselves to SENSOR_STATUS rows.

A detection carries neither the kind of its sensor nor where that stands: both come from the
node's latest registration and status report, which are remembered.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.read.gather import (
    Frame,
    Row,
    as_octets,
    count,
    from_octets,
    joined,
    table_of,
)
from airshield.read.reader import NO_TIME, Options, ReportBatch
from airshield.read.sapient.decode import find_messages, finite, units_of
from airshield.read.sapient.utm import geodetic_from_utm
from airshield.read.sapient.wire import Values

KIND_OF: Final = {
    "RADAR": "psr",
    "LIDAR": "psr",
    "CAMERA": "psr",
    "ACOUSTIC": "acoustic",
    "SEISMIC": "acoustic",
    "PASSIVE_RF": "drone_id",
    "HUMAN": "spotter",
}
"""REPORT kind by type of node. A passive receiver hears what the drone sends, which the drone may
choose: it counts as a drone's own word. All others, fusion nodes above all, report a ``track``:
somebody's conclusion, of which the tracker believes less."""

EFFECTORS: Final = ("KINETIC", "JAMMER", "CYBER", "LDEW", "RFDEW")
"""Nodes that act on drones. airshield has nothing to do with them, their detections neither."""

STATE_OF: Final = {
    "OK": "operational",
    "WARNING": "degraded",
    "ERROR": "not_operational",
    "GOODBYE": "not_operational",
}

NODES_MAX: Final = 4096
"""Nodes remembered at a time; the one heard longest ago makes room."""

_MPS: Final = {"MS": 1.0, "KPH": 1.0 / 3.6, "": math.nan}


class _Node(NamedTuple):
    """What a node has said of itself."""

    kinds: tuple[str, ...] = ()
    speed_units: str = "MS"
    climb_units: str = "MS"
    lat_deg: float | None = None
    lon_deg: float | None = None


class ReportReader:
    """Frames to REPORT and SENSOR_STATUS rows; remembers nodes between frames.

    ``sensor`` is ``sapient/`` and the node's UUID, ``track_sensor`` a CRC-32 of the object's ID:
    the same object has the same number, two objects of one node share one once in four billion
    pairs. ``callsign`` is what the object calls itself. Where the node stands is in
    ``sensor_lat_deg`` and ``sensor_lon_deg``, once a status report has told.
    """

    def __init__(self, options: Options) -> None:
        del options  # none of them concerns these messages
        self._nodes: dict[str, _Node] = {}

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read a FRAME table."""
        found = find_messages(frames)
        reports: list[Row] = []
        status: list[Row] = []
        for frame, kind, message in found.messages:
            t_ns = message.get("timestamp", frame.t_ns)
            if t_ns == NO_TIME:
                count(found.unused, f"{kind} of an unknown time")
                continue
            node = self._node(message["node_id"])
            content = message[kind]
            head = _head(frame, t_ns, message)
            if kind == "detection_report":
                row = _detection(content, node)
                if isinstance(row, str):
                    count(found.unused, row)
                else:
                    reports.append({**head, **row})
                continue
            if kind == "registration":
                self._nodes[message["node_id"]] = _registered(content, node)
            if kind == "status_report":
                self._nodes[message["node_id"]] = _placed(content, node)
            if kind == "task_ack":
                count(found.unused, kind)
            else:
                status.append({**head, **_STATUS[kind](content)})
        return ReportBatch(
            reports=table_of(tables.REPORT, reports),
            status=table_of(tables.SENSOR_STATUS, status),
            rejects=found.rejects.table(),
            counts=found.counts,
            unused=found.unused,
        )

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return what is known of each node, for :meth:`restore`."""
        return {"nodes": as_octets([[name, *node] for name, node in self._nodes.items()])}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._nodes = {
            name: _Node(tuple(kinds), *rest) for name, kinds, *rest in from_octets(state["nodes"])
        }

    def _node(self, name: str) -> _Node:
        """Return what is known of a node, and note that it was heard last."""
        node = self._nodes.pop(name, None) or _Node()
        self._nodes[name] = node
        if len(self._nodes) > NODES_MAX:
            del self._nodes[next(iter(self._nodes))]
        return node


def _head(frame: Frame, t_ns: int, message: Values) -> Row:
    return {
        "t": t_ns,
        "t_heard": None if frame.t_ns == NO_TIME else frame.t_ns,
        "sensor": f"sapient/{message['node_id']}",
        "frame": frame.number,
    }


def _registered(content: Values, node: _Node) -> _Node:
    speed, climb = units_of(content)
    kinds = [one.get("node_type", "OTHER") for one in content.get("node_definition", [])]
    return node._replace(kinds=tuple(kinds), speed_units=speed, climb_units=climb)


def _placed(content: Values, node: _Node) -> _Node:
    place = place_of(content.get("node_location", {}))
    if isinstance(place, str):
        return node
    return node._replace(lat_deg=place[0], lon_deg=place[1])


def _kind_of(node: _Node) -> str:
    """Return the REPORT kind of a node; one of several kinds is a fusion of them."""
    kinds = {KIND_OF.get(kind, "track") for kind in node.kinds}
    return kinds.pop() if len(kinds) == 1 else "track"


def _detection(content: Values, node: _Node) -> Row | str:
    """Return the columns of a detection, or why it makes no report."""
    if any(kind in EFFECTORS for kind in node.kinds):
        return "detection of an effector"
    location, bearing = content.get("location"), content.get("range_bearing")
    where: Row | str = "detection without a place"
    if location is not None:
        where = _by_place(location)
    elif bearing is not None:
        where = _by_bearing(bearing)
    if isinstance(where, str):
        return where
    velocity = content.get("enu_velocity", {})
    horizontal, vertical = _MPS.get(node.speed_units), _MPS.get(node.climb_units)
    object_id = content.get("object_id")
    return {
        **where,
        "kind": _kind_of(node),
        "vel_east_mps": _times(velocity.get("east_rate"), horizontal),
        "vel_north_mps": _times(velocity.get("north_rate"), horizontal),
        "vel_up_mps": _times(velocity.get("up_rate"), vertical),
        "callsign": content.get("id") or None,
        "track_sensor": zlib.crc32(object_id.encode()) if object_id else None,
        "flags": 0,
        "sensor_lat_deg": node.lat_deg,
        "sensor_lon_deg": node.lon_deg,
    }


def _times(value: float | None, factor: float | None) -> float | None:
    """Return a rate in metres per second; None where either is not known."""
    number = finite(value)
    return None if number is None or factor is None else finite(number * factor)


def place_of(location: Values) -> tuple[float, float] | str:
    """Return latitude and longitude [deg] of a location, or why there is none."""
    x, y = finite(location.get("x")), finite(location.get("y"))
    system = location.get("coordinate_system")
    if x is None or y is None or system is None:
        return "location without coordinates or their system"
    if system == "UTM_M":
        if not location.get("utm_zone"):
            return "UTM location without a zone"
        return geodetic_from_utm(x, y, location["utm_zone"]) or "UTM location outside its zone"
    if system == "LAT_LNG_RAD_M":
        x, y = math.degrees(x), math.degrees(y)
    elif system != "LAT_LNG_DEG_M":
        return "location in an unknown system"
    if abs(y) > 90.0 or abs(x) > 180.0:
        return "location that is not on Earth"
    return y, (-180.0 if x == 180.0 else x)


def _by_place(location: Values) -> Row | str:
    """Return the columns of a place."""
    place = place_of(location)
    if isinstance(place, str):
        return place
    height_m = finite(location.get("z")) if location.get("datum") == "WGS84_E" else None
    errors = [finite(location.get(name)) for name in ("x_error", "y_error")]
    sigma_m = None
    # In degrees the standard leaves open whether errors are degrees or metres.
    if location["coordinate_system"] == "UTM_M":
        sigma_m = max((error for error in errors if error is not None), default=None)
    return {
        "lat_deg": place[0],
        "lon_deg": place[1],
        "alt_hae_m": height_m,
        "sigma_pos_m": sigma_m if sigma_m and sigma_m > 0.0 else None,
    }


def _by_bearing(bearing: Values) -> Row | str:
    """Return the columns of a range, an azimuth and an elevation."""
    system, datum = bearing.get("coordinate_system"), bearing.get("datum")
    if datum != "TRUE":
        return "bearing from another north than the true one"
    angle_unit, _, length_unit = str(system).partition("_")
    if angle_unit not in ("DEGREES", "RADIANS") or length_unit not in ("M", "KM"):
        return "bearing in an unknown system"
    degrees = 1.0 if angle_unit == "DEGREES" else math.degrees(1.0)
    metres = 1.0 if length_unit == "M" else 1000.0
    azm_deg = _times(bearing.get("azimuth"), degrees)
    elv_deg = _times(bearing.get("elevation"), degrees)
    rng_m = _times(bearing.get("range"), metres)
    if azm_deg is None and elv_deg is None and rng_m is None:
        return "bearing without a value"
    if (elv_deg is not None and abs(elv_deg) > 90.0) or (rng_m is not None and rng_m < 0.0):
        return "bearing that cannot be"
    sigma_azm_deg = _times(bearing.get("azimuth_error"), degrees)
    sigma_rng_m = _times(bearing.get("range_error"), metres)
    return {
        "azm_true_deg": None if azm_deg is None else _round(azm_deg),
        "elv_deg": elv_deg,
        "rng_slant_m": rng_m,
        "sigma_azm_deg": sigma_azm_deg if sigma_azm_deg and sigma_azm_deg > 0.0 else None,
        "sigma_rng_m": sigma_rng_m if sigma_rng_m and sigma_rng_m > 0.0 else None,
    }


def _round(angle_deg: float) -> float:
    """Return an azimuth in [0, 360)."""
    out = angle_deg % 360.0
    return 0.0 if out >= 360.0 else out


# ---- what nodes say of themselves ----------------------------------------------------------------


def _status(content: Values) -> Row:
    power = content.get("power", {})
    fault = "power fault" if power.get("status") == "FAULT" else None
    level = power.get("level")
    said = [
        _plain(one.get("status_type"), one.get("status_value")) for one in content.get("status", [])
    ]
    return {
        "message": "status",
        "state": STATE_OF.get(content.get("system", "")),
        "text": joined(
            [
                "goodbye" if content.get("system") == "GOODBYE" else None,
                f"mode {content['mode']}" if content.get("mode") else None,
                fault,
                None if level is None else f"power {level} %",
                *said,
            ]
        ),
    }


def _registration(content: Values) -> Row:
    nodes = content.get("node_definition", [])
    return {
        "message": "registration",
        "text": joined(
            [
                content.get("name"),
                ", ".join(one["node_type"].lower() for one in nodes if "node_type" in one),
                content.get("icd_version"),
            ]
        ),
    }


def _alert(content: Values) -> Row:
    return {
        "message": "alert",
        "text": joined(
            [
                _plain(content.get("alert_type"), content.get("description")),
                content.get("additional_information"),
            ]
        ),
    }


def _plain(word: str | None, more: str | None) -> str | None:
    """Join a word of the standard and what was said with it."""
    plain = word.lower().replace("_", " ") if word else None
    return ": ".join(part for part in (plain, more) if part) or None


_STATUS: Final = {"status_report": _status, "registration": _registration, "alert": _alert}
