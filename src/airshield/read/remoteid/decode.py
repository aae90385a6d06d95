"""Frames to tables of messages, one table for each of the six kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from airshield import tables
from airshield.read.gather import (
    PLACE_FIELDS,
    Frame,
    Rejects,
    chosen_columns,
    count,
    each_frame,
)
from airshield.read.reader import NO_TIME, Options, TableBatch
from airshield.read.remoteid.link import TRANSPORTS, Payload, Unread, find_payloads
from airshield.read.remoteid.messages import COLUMNS, KINDS, MESSAGE_OCTETS, PACK, wrong_with

PACK_MESSAGES_MAX: Final = 9
"""ASTM F3411-22a, table 14: what fits an extended advertisement."""

_LINK_FIELDS: Final = (
    pa.field("transport", tables.WORD, metadata={"what": "how it came: " + ", ".join(TRANSPORTS)}),
    pa.field("mac", tables.WORD, metadata={"what": "address of the transmitter, as it claims"}),
    pa.field("rssi_dbm", pa.int16(), metadata={"what": "level at the receiver", "unit": "dbm"}),
    pa.field("freq_mhz", pa.uint16(), metadata={"what": "channel's frequency", "unit": "mhz"}),
    pa.field("counter", pa.uint8(), metadata={"what": "the transmitter's message counter"}),
    pa.field("version", pa.uint8(), metadata={"what": "protocol version: 2 is F3411-22a"}),
)

SCHEMAS: Final = {
    kind: pa.schema([*PLACE_FIELDS, *_LINK_FIELDS, *(column for column, _ in COLUMNS[kind])])
    for kind in KINDS
}
"""The tables, by kind of message."""


class Message(NamedTuple):
    """One message and where it was."""

    frame: Frame
    record: int
    offset: int
    payload: Payload
    octets: bytes

    @property
    def kind(self) -> str:
        """One of :data:`KINDS`."""
        return KINDS[self.octets[0] >> 4]


@dataclass(slots=True)
class Found:
    """What frames gave."""

    frames: list[list[Message]] = field(default_factory=list)
    """Messages by frame, in order of arrival."""
    rejects: Rejects = field(default_factory=Rejects)
    counts: dict[str, int] = field(default_factory=dict)
    unused: dict[str, int] = field(default_factory=dict)

    def of_kind(self, kind: str) -> list[Message]:
        """Return the messages of one kind in order of arrival."""
        return [one for frame in self.frames for one in frame if one.kind == kind]

    def leave(self, what: str) -> None:
        """Count something that is no message."""
        count(self.counts, what)
        count(self.unused, what)


def find_messages(frames: pa.Table) -> Found:
    """Take packets apart down to messages that can be."""
    found = Found()
    for frame in each_frame(frames):
        payloads = find_payloads(frame.octets)
        if payloads is None:
            found.rejects.add(frame, frame.octets, "neither an 802.11 nor a Bluetooth packet")
        elif isinstance(payloads, Unread):
            found.rejects.add(frame, frame.octets, payloads.reason)
        elif not payloads:
            found.leave("packet without drone identification")
        else:
            messages: list[Message] = []
            for payload in payloads:
                _take(found, frame, payload, messages)
            found.frames.append(messages)
    return found


def _take(found: Found, frame: Frame, payload: Payload, into: list[Message]) -> None:
    """Take the messages of one payload."""
    octets, at, stop = frame.octets, payload.first, payload.stop
    count(found.counts, TRANSPORTS[payload.transport])
    if octets[at] >> 4 == PACK:
        head, at = octets[at : at + 3], at + 3
        if len(head) < 3 or at > stop or head[1] != MESSAGE_OCTETS:
            _refuse(found, frame, payload.first, stop, "a pack whose messages are not of 25 octets")
            return
        messages = head[2]
        if messages > PACK_MESSAGES_MAX:
            _refuse(found, frame, payload.first, stop, f"a pack of {messages} messages")
            return
        if not messages:
            found.leave("empty pack")
    else:
        messages = 1
    for _ in range(messages):
        end = at + MESSAGE_OCTETS
        if end > stop:
            _refuse(found, frame, at, stop, "a message that its packet does not hold whole")
            break
        message = octets[at:end]
        kind = message[0] >> 4
        why = "a pack within a pack" if kind == PACK else wrong_with(message)
        if why:
            _refuse(found, frame, at, end, why)
        elif kind >= len(KINDS):
            found.leave(f"message of type {kind}")
        else:
            count(found.counts, KINDS[kind])
            into.append(Message(frame, len(into), at, payload, message))
        at = end


def _refuse(found: Found, frame: Frame, first: int, stop: int, reason: str) -> None:
    found.rejects.add(frame, frame.octets[first:stop], reason, offset=first)


def make_columns(kind: str, messages: list[Message], schema: pa.Schema) -> pa.Table:
    """Make the table of one kind of message."""
    whole = b"".join(one.octets for one in messages)
    octets = np.frombuffer(whole, np.uint8).reshape(-1, MESSAGE_OCTETS)
    heard = [one.frame.t_ns if one.frame.t_ns != NO_TIME else None for one in messages]
    makers = {column.name: maker for column, maker in COLUMNS[kind]}
    heads = {
        "frame": [one.frame.number for one in messages],
        "t_heard": pa.array(heard, pa.int64()).cast(tables.TIME),
        "record": [one.record for one in messages],
        "offset": [one.offset for one in messages],
        "transport": tables.words([one.payload.transport for one in messages], TRANSPORTS),
        "mac": [one.payload.mac for one in messages],
        "rssi_dbm": [one.payload.rssi_dbm for one in messages],
        "freq_mhz": [one.payload.freq_mhz for one in messages],
        "counter": [one.payload.counter for one in messages],
        "version": octets[:, 0] & 0x0F,
    }
    columns = {
        name: heads[name] if name in heads else makers[name](octets) for name in schema.names
    }
    return tables.make_table(schema, columns, rows=len(messages))


class TableReader:
    """Frames to one table for each kind of message."""

    def __init__(self, options: Options) -> None:
        self._schemas = chosen_columns(SCHEMAS, options.columns)

    def feed(self, frames: pa.Table) -> TableBatch:
        """Read a FRAME table."""
        found = find_messages(frames)
        by_kind = {kind: found.of_kind(kind) for kind in KINDS}
        return TableBatch(
            tables={
                kind: make_columns(kind, messages, self._schemas[kind])
                for kind, messages in by_kind.items()
                if messages
            },
            rejects=found.rejects.table(),
            counts=found.counts,
        )
