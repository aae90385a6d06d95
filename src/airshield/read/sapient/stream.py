"""A SAPIENT connection cut into messages: lengths and protobuf, or JSON documents.

Over TCP a message has four octets before it: its length, little-endian. Nothing marks where a
message begins, so a length is believed only when the fields behind it end where it says. When
they do not, the search goes on octet by octet for the next place where they do: a damaged
message is lost and the ones after it are not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.read.frames import REJECT_OCTETS_MAX, Ledger
from airshield.read.reader import NO_TIME, Split, Splitter
from airshield.read.sapient.messages import CONTENTS, READ_CONTENTS
from airshield.read.sapient.wire import (
    MESSAGE_OCTETS_MAX,
    DamagedError,
    is_json,
    read_message,
    walk_fields,
)
from airshield.read.text.splitters import ObjectSplitter

RESYNC_OCTETS_MAX: Final = 65_536
"""Longest message that is believed after damage: a chance length must not hold up the stream."""

_TAGS: Final = frozenset(number << 3 | 2 for number in (1, 2, 3, *CONTENTS, 13))
"""First octets of a message's fields; all of its fields are of this wire type."""

_MORE = -1


class SapientSplitter:
    """Messages of one connection; the first octets tell protobuf from JSON."""

    def __init__(self) -> None:
        self._chosen: Splitter | None = None

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        """Cut ``octets`` into messages."""
        if self._chosen is None:
            head = octets[:64].tobytes()
            blank = not head.strip(b" \t\r\n")
            if (len(head) < 4 or (blank and len(head) < 64)) and not last:
                none = np.empty(0, np.int64)
                return Split(octets, none, none, none, none, 0)
            self._chosen = ObjectSplitter() if is_json(head) else _LengthSplitter()
        return self._chosen(octets, base=base, last=last, ledger=ledger)


class _LengthSplitter:
    """Messages with their lengths before them."""

    def __init__(self) -> None:
        self._lost = False

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        data = octets.data
        spans: list[tuple[int, int]] = []
        at = 0
        while at < octets.size:
            longest = RESYNC_OCTETS_MAX if self._lost else MESSAGE_OCTETS_MAX
            size = _size(data, at, longest)
            if size > 0:
                spans.append((at, at + size))
                ledger.frames += 1
                ledger.octets += size
                at += size
                self._lost = False
                continue
            if size == _MORE and not last:
                break
            self._lost = True
            found, sure = _next(data, at + 1, last=last)
            # Until the end is known, whole pieces only: rejects are the same however it comes.
            end = found if sure else found - (found - at) % REJECT_OCTETS_MAX
            if end == at:
                break
            ledger.reject(base + at, data[at:end], "no SAPIENT message begins here")
            at = end
        edges = np.array(spans, np.int64).reshape(-1, 2)
        first, stop = edges[:, 0], edges[:, 1]
        return Split(octets, first, stop, base + first, np.full(first.size, NO_TIME), at)


def _next(data: memoryview, at: int, *, last: bool) -> tuple[int, bool]:
    """Find the next message, or how far it is sure that there is none; and which of the two."""
    while at < len(data):
        size = _size(data, at, RESYNC_OCTETS_MAX)
        if size > 0:
            return at, True
        if size == _MORE and not last:
            return at, False
        at += 1
    return len(data), last


def _size(data: memoryview, at: int, longest: int) -> int:
    """Return the size of the message with its length; 0 for none, ``_MORE`` to be told later."""
    left = len(data) - at
    if left < 4:
        return _MORE
    length = int.from_bytes(data[at : at + 4], "little")
    if not 2 <= length <= longest or (left > 4 and data[at + 4] not in _TAGS):
        return 0
    if left < 4 + length:
        return _MORE
    try:
        walk_fields(data, at + 4, at + 4 + length)
    except DamagedError:
        return 0
    return 4 + length


def sniff(head: bytes) -> float:
    """Tell how sure it is that a stream begins with a SAPIENT message."""
    if is_json(head):
        named = b'"nodeId"' in head or b'"node_id"' in head
        names = (name.encode() for name in READ_CONTENTS)
        known = any(b'"%s"' % name in head or _camel(name) in head for name in names)
        return 0.9 if named and known else 0.0
    size = _size(memoryview(head), 0, MESSAGE_OCTETS_MAX)
    if size <= 0:
        return 0.0
    try:
        message = read_message(head[:size])
    except DamagedError:
        return 0.0
    return 0.95 if "node_id" in message and any(c in message for c in CONTENTS.values()) else 0.0


def _camel(name: bytes) -> bytes:
    first, *others = name.split(b"_")
    return b'"' + first + b"".join(word.capitalize() for word in others) + b'"'
