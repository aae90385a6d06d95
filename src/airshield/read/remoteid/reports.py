"""Location messages to REPORT rows; remembers who is who between messages.

A drone says who it is in one message and where it is in another. The latest identity heard from
the same transmitter address within :data:`KNOWN_NS` goes with a position; among several the
serial number comes first, then registration, UUID, session. A packet is read whole before its
positions are used, whatever the order inside.

A position that is repeated octet for octet within :data:`REPEAT_NS`, with its time in it, is one
measurement heard again (on three Bluetooth channels, by a beacon ten times a second, over Wi-Fi
NaN and a beacon both): one report.

A message tells its time within the hour. Real transmitters without a clock send the full hour for
ever, which the nearest hour would turn into minutes past or to come. A time further than
:data:`CLOCK_OFF_NS` from that of hearing is therefore not believed: the standard allows a second
of delay (F3411-22a, 5.4.5.9), so a clock is wrong, and ours is the one that we know.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.read.gather import Row, as_octets, count, from_octets, table_of
from airshield.read.quality import SIGMAS_IN_RADIUS_95
from airshield.read.reader import NO_TIME, Options, ReportBatch
from airshield.read.remoteid.decode import (
    SCHEMAS,
    Found,
    Message,
    find_messages,
    make_columns,
)
from airshield.read.remoteid.messages import id_of
from airshield.tables import ReportFlag
from airshield.units import NS_PER_S

KNOWN_NS: Final = 60 * NS_PER_S
"""How long an identity is believed. It is sent every 3 s (F3411-22a, 5.4.2); on Bluetooth 4 it
takes turns with five other messages, and half of what a distant drone sends is lost."""

HOUR_NS: Final = 3600 * NS_PER_S

TRANSMITTERS_MAX: Final = 4096
"""Transmitters remembered at a time; the one heard longest ago makes room."""

CLOCK_OFF_NS: Final = 10 * NS_PER_S
"""A time further from that of hearing is counted and the time of hearing taken."""

REPEAT_NS: Final = 3 * NS_PER_S
"""Positions are renewed each second at least (F3411-22a, 5.4.2); a drone that stands still and has
no clock is reported each time this has gone by."""

_RANK: Final = (0, 4, 3, 2, 1)
"""Which kind of ID goes before which, by type: serial, registration, UUID, session, none."""

_NEEDED: Final = pa.schema(
    [
        SCHEMAS["location"].field(name)
        for name in (
            "status",
            "direction_deg",
            "speed_mps",
            "vertical_speed_mps",
            "lat_deg",
            "lon_deg",
            "alt_baro_m",
            "alt_hae_m",
            "accuracy_horizontal_m",
            "time_of_hour_s",
        )
    ]
)


class _Transmitter:
    """What was heard from one address."""

    __slots__ = ("name", "named_ns", "place", "placed_ns", "rank")

    def __init__(
        self,
        name: str | None = None,
        rank: int = -1,
        named_ns: int = NO_TIME,
        place: str = "",
        placed_ns: int = NO_TIME,
    ) -> None:
        self.name, self.rank, self.named_ns = name, rank, named_ns
        self.place, self.placed_ns = place, placed_ns

    def state(self) -> tuple[str | None, int, int, str, int]:
        """Return what a constructor needs to make it again."""
        return self.name, self.rank, self.named_ns, self.place, self.placed_ns

    def identify(self, message: Message) -> None:
        """Take a Basic ID message."""
        kind = message.octets[1] >> 4
        name = id_of(kind, message.octets[2:22])
        rank = _RANK[kind] if kind < len(_RANK) else 0
        t_ns = message.frame.t_ns
        if name is None or (rank < self.rank and not _is_past(self.named_ns, t_ns)):
            return
        self.name, self.rank, self.named_ns = name, rank, t_ns

    def name_at(self, t_ns: int) -> str | None:
        """Return the identity, if it was heard lately."""
        return None if _is_past(self.named_ns, t_ns) else self.name

    def is_repeat(self, message: Message) -> bool:
        """Tell whether this position was heard before, and remember it."""
        place, t_ns = message.octets.hex(), message.frame.t_ns
        timed = message.octets[21:23] != b"\xff\xff"
        again = (
            timed and place == self.place and not _is_past(self.placed_ns, t_ns, limit=REPEAT_NS)
        )
        if not again:
            self.place, self.placed_ns = place, t_ns
        return again


def _is_past(then_ns: int, now_ns: int, *, limit: int = KNOWN_NS) -> bool:
    """Tell whether something is too long ago; without a time of hearing nothing is."""
    return NO_TIME not in (then_ns, now_ns) and abs(now_ns - then_ns) > limit


class ReportReader:
    """Frames to REPORT rows of kind ``drone_id``.

    Nothing of it is signed in a way that is verified here, and anybody can send it: a report is
    what somebody claims, at most a hint that a drone is there, never proof of identity.

    ``sensor`` is the source of the frame: the receiver. ``callsign`` is the UAS ID;
    ``track_sensor`` the low 32 bits of the transmitter's address. ``t`` is the message's time in
    the hour that brings it nearest to the time of hearing; the time of hearing where the message
    has none, or one that cannot be. ``sigma_pos_m`` is the radius that holds 95 %, over 2.4477.
    """

    def __init__(self, options: Options) -> None:
        del options  # none of them concerns these messages
        self._heard: dict[str, _Transmitter] = {}

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read a FRAME table."""
        found = find_messages(frames)
        told = iter(make_columns("location", found.of_kind("location"), _NEEDED).to_pylist())
        rows: list[Row] = []
        for messages in found.frames:
            if messages:
                self._take(found, messages, told, rows)
        return ReportBatch(
            reports=table_of(tables.REPORT, rows),
            status=tables.empty(tables.SENSOR_STATUS),
            rejects=found.rejects.table(),
            counts=found.counts,
            unused=found.unused,
        )

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return what is known of each transmitter, for :meth:`restore`."""
        return {"heard": as_octets([[mac, *one.state()] for mac, one in self._heard.items()])}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._heard = {mac: _Transmitter(*known) for mac, *known in from_octets(state["heard"])}

    def _take(
        self, found: Found, messages: list[Message], told: Iterator[Row], rows: list[Row]
    ) -> None:
        """Take the messages of one packet."""
        transmitter = self._transmitter(messages[0].payload.mac)
        for message in messages:
            if message.kind == "basic_id":
                transmitter.identify(message)
            if message.kind != "location":
                count(found.unused, message.kind)
        for message in messages:
            if message.kind != "location":
                continue
            values = next(told)
            why = _unusable(values, message, transmitter)
            if why:
                count(found.unused, why)
                continue
            t_ns = _time_ns(values["time_of_hour_s"], message.frame.t_ns)
            if abs(t_ns - message.frame.t_ns) > CLOCK_OFF_NS:
                count(found.counts, "location whose clock is off")
                t_ns = message.frame.t_ns
            rows.append(_report(values, message, transmitter, t_ns))

    def _transmitter(self, mac: str | None) -> _Transmitter:
        """Return what is known of a transmitter; one without address is new each time."""
        if mac is None:
            return _Transmitter()
        found = self._heard.pop(mac, None) or _Transmitter()
        self._heard[mac] = found
        if len(self._heard) > TRANSMITTERS_MAX:
            del self._heard[next(iter(self._heard))]
        return found


def _unusable(values: Row, message: Message, transmitter: _Transmitter) -> str:
    """Return why a position makes no report, or nothing."""
    if values["lat_deg"] is None:
        return "location without a place"
    if message.frame.t_ns == NO_TIME:
        return "location heard at an unknown time"
    return "location heard before" if transmitter.is_repeat(message) else ""


def _report(values: Row, message: Message, transmitter: _Transmitter, t_ns: int) -> Row:
    """Make the REPORT row of a position."""
    frame, payload = message.frame, message.payload
    speed_mps, course_deg = values["speed_mps"], values["direction_deg"]
    moving = speed_mps is not None and course_deg is not None
    course_rad = math.radians(course_deg) if moving else 0.0
    radius_m = values["accuracy_horizontal_m"]
    flags = ReportFlag(0)
    if values["status"] == "emergency":
        flags |= ReportFlag.EMERGENCY
    if values["status"] == "ground":
        flags |= ReportFlag.ON_GROUND
    lon_deg = values["lon_deg"]
    return {
        "t": t_ns,
        "t_heard": frame.t_ns,
        "sensor": frame.source,
        "kind": "drone_id",
        "lat_deg": values["lat_deg"],
        "lon_deg": -180.0 if lon_deg == 180.0 else lon_deg,
        "alt_baro_m": values["alt_baro_m"],
        "alt_hae_m": values["alt_hae_m"],
        "vel_east_mps": speed_mps * math.sin(course_rad) if moving else None,
        "vel_north_mps": speed_mps * math.cos(course_rad) if moving else None,
        "vel_up_mps": values["vertical_speed_mps"],
        "callsign": transmitter.name_at(frame.t_ns),
        "track_sensor": int(payload.mac.replace(":", "")[4:], 16) if payload.mac else None,
        "sigma_pos_m": None if radius_m is None else radius_m / SIGMAS_IN_RADIUS_95,
        "flags": int(flags),
        "frame": frame.number,
    }


def _time_ns(of_hour_s: float | None, heard_ns: int) -> int:
    """Return the time whose place in the hour is given, nearest to when it was heard."""
    if of_hour_s is None:
        return heard_ns
    away = (round(of_hour_s * 10) * (NS_PER_S // 10) - heard_ns) % HOUR_NS
    return heard_ns + (away - HOUR_NS if away >= HOUR_NS // 2 else away)
