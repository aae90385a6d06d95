"""Packets of a capture, whatever they carry: the containers pcap and pcapng.

What is read: classic pcap with microseconds or nanoseconds and pcapng (sections, interfaces,
enhanced, simple and obsolete packets, time resolution and offset), both in either byte order.
Sources: the IETF drafts draft-ietf-opsawg-pcap-04 and -pcapng-02.

After a header that cannot be, nothing marks the next packet: the capture is ``damaged`` from there.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield.read import _kernels
from airshield.read._kernels import PACKET_OCTETS_MAX
from airshield.units import NS_PER_S

CONTAINERS: Final = ("pcap", "pcapng")

ETHERNET: Final = 1
"""Link type of a capture that describes no interface."""

BLOCK_OCTETS_MAX: Final = 1 << 24
"""A longer block of a pcapng capture is a damaged header."""

_PCAP_MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
"""Magic number of a classic capture: byte order and nanoseconds in the time stamp's fraction."""

_PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
_INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 1, 2, 3, 6

_NS_END: Final = 1 << 63
"""Time stamps from here on do not fit a timestamp in nanoseconds (year 2262): unknown."""

_TICKS_MAX: Final = NS_PER_S
_OFFSET_MAX_S: Final = 1 << 32
"""Finer clocks and larger offsets are left to the general path: their products do not fit."""


def sniff_capture(head: bytes) -> str | None:
    """Tell ``'pcap'``, ``'pcapng'`` or None from a file's first four octets."""
    if head[:4] == _PCAPNG_MAGIC:
        return "pcapng"
    return "pcap" if head[:4] in _PCAP_MAGICS else None


def first_link(head: bytes, container: str) -> int:
    """Return the link type of a capture's first interface; Ethernet where none is described.

    The head of a classic capture must hold its whole header, 24 octets.
    """
    if container == "pcapng":
        return next((one.link for one in _interfaces(head)), ETHERNET)
    order, _ = _PCAP_MAGICS[head[:4]]
    link: int = struct.unpack_from(order + "I", head, 20)[0] & 0xFFFF
    return link


class Packet(NamedTuple):
    """One packet: link type, where it lies, its time, and whether the capture kept all of it."""

    link: int
    begin: int
    end: int
    t_ns: int | None
    whole: bool


class Lost(NamedTuple):
    """A block that should hold a packet and does not, and why."""

    begin: int
    end: int
    reason: str


class Packets(ABC):
    """The packets of one capture, one at a time or as many as a compiled loop can take.

    Parameters
    ----------
    links : tuple of int
        Link types below which the compiled loop looks for UDP.

    Attributes
    ----------
    damaged : str
        Why nothing more can be read; empty while it can.
    """

    def __init__(self, links: tuple[int, ...]) -> None:
        self.damaged = ""
        self._links = links

    @abstractmethod
    def step(
        self, octets: NDArray[np.uint8], at: int, last: bool
    ) -> tuple[int, Packet | Lost | None]:
        """Take one packet or block of any kind, and what it held.

        Gives where the next begins; ``at`` itself where it is not all there, or damaged.
        """

    @abstractmethod
    def walk(
        self,
        octets: NDArray[np.uint8],
        at: int,
        first: NDArray[np.int64],
        stop: NDArray[np.int64],
        t_ns: NDArray[np.int64],
        counts: NDArray[np.int64],
    ) -> tuple[int, int]:
        """Walk what is as most packets are; give how many payloads that gave and where it ended.

        Stops before a packet that carries TCP or is odd in any way. ``counts`` adds up packets,
        packets without UDP and the octets of these.
        """

    def _end(self, at: int, last: bool, reason: str) -> tuple[int, None]:
        """Stop at what is not all there: more will come, or the capture is cut."""
        if last:
            self.damaged = reason
        return at, None


def packets_of(container: str, *, links: tuple[int, ...] = ()) -> Packets:
    """Make the walker of one capture, ``'pcap'`` or ``'pcapng'``."""
    return Pcap(links) if container == "pcap" else Pcapng(links)


class Pcap(Packets):
    """A classic capture: a file header, then packets with a header of 16 octets."""

    def __init__(self, links: tuple[int, ...]) -> None:
        super().__init__(links)
        self._order = ""
        self._ns_per_unit = 0
        self._link = 0

    def walk(
        self,
        octets: NDArray[np.uint8],
        at: int,
        first: NDArray[np.int64],
        stop: NDArray[np.int64],
        t_ns: NDArray[np.int64],
        counts: NDArray[np.int64],
    ) -> tuple[int, int]:
        """Walk what is as most packets are."""
        if not self._order or self._link not in self._links:
            return 0, at
        count, at = _kernels.walk_pcap(
            octets, at, self._order == ">", self._ns_per_unit, self._link, first, stop, t_ns, counts
        )
        return int(count), int(at)

    def step(
        self, octets: NDArray[np.uint8], at: int, last: bool
    ) -> tuple[int, Packet | Lost | None]:
        """Take the file's header or one packet."""
        data, left = octets.data, octets.size - at
        if not self._order:
            if left < 24:
                return self._end(at, last, "the capture ends within its header")
            self._order, self._ns_per_unit = _PCAP_MAGICS[bytes(data[at : at + 4])]
            self._link = struct.unpack_from(self._order + "I", data, at + 20)[0] & 0xFFFF
            return at + 24, None
        if left < 16:
            return self._end(at, last and left > 0, "the capture ends within a packet's header")
        seconds, fraction, kept, length = struct.unpack_from(self._order + "IIII", data, at)
        if kept > PACKET_OCTETS_MAX:
            self.damaged = f"a packet header announces {kept} octets: damaged from here"
            return at, None
        end = at + 16 + int(kept)
        if end > octets.size:
            return self._end(at, last, "the capture ends within a packet")
        t_ns = seconds * NS_PER_S + fraction * self._ns_per_unit
        return end, Packet(self._link, at + 16, end, _in_range(t_ns), kept >= length)


class Pcapng(Packets):
    """Blocks with their length at both ends: sections, their interfaces and packets, and others."""

    def __init__(self, links: tuple[int, ...]) -> None:
        super().__init__(links)
        self._order = "<"
        self._interfaces: list[_Interface] = []
        self._table = np.empty((0, 3), np.int64)

    def walk(
        self,
        octets: NDArray[np.uint8],
        at: int,
        first: NDArray[np.int64],
        stop: NDArray[np.int64],
        t_ns: NDArray[np.int64],
        counts: NDArray[np.int64],
    ) -> tuple[int, int]:
        """Walk what is as most packets are."""
        count, at = _kernels.walk_pcapng(
            octets, at, self._order == ">", self._table, first, stop, t_ns, counts
        )
        return int(count), int(at)

    def step(
        self, octets: NDArray[np.uint8], at: int, last: bool
    ) -> tuple[int, Packet | Lost | None]:
        """Take one block."""
        data, left = octets.data, octets.size - at
        if left < 12:
            return self._end(at, last and left > 0, "the capture ends within a block's header")
        if bytes(data[at : at + 4]) == _PCAPNG_MAGIC:
            # The section header says which way round its own lengths are.
            self._order = "<" if bytes(data[at + 8 : at + 12]) == b"\x4d\x3c\x2b\x1a" else ">"
            self._describe([])
        order = self._order
        kind, length = struct.unpack_from(order + "II", data, at)
        if length < 12 or length % 4 or length > BLOCK_OCTETS_MAX:
            self.damaged = f"a capture block announces {length} octets: damaged from here"
            return at, None
        if length > left:
            return self._end(at, last, "the capture ends within a block")
        body, end = at + 8, at + length - 4
        if struct.unpack_from(order + "I", data, end)[0] != length:
            self.damaged = "a capture block's two lengths differ: damaged from here"
            return at, None
        found: Packet | Lost | None = None
        if kind == _INTERFACE and end - body >= 8:
            self._describe([*self._interfaces, _read_interface(data, body, end, order)])
        elif kind in (_ENHANCED, _PACKET, _SIMPLE):
            found = self._packet(data, kind, body, end)
        return at + int(length), found

    def _describe(self, interfaces: list[_Interface]) -> None:
        """Take the interfaces of a section; those that the kernel cannot read have no ticks."""
        self._interfaces = interfaces
        self._table = np.array(
            [
                (one.link, one.ticks_per_s, one.offset_s)
                if one.link in self._links and one.is_simple
                else (one.link, 0, 0)
                for one in interfaces
            ],
            np.int64,
        ).reshape(-1, 3)

    def _packet(self, data: memoryview, kind: int, body: int, end: int) -> Packet | Lost:
        order = self._order
        t_ns: int | None = None
        if end - body < (4 if kind == _SIMPLE else 20):
            return Lost(body, end, "a packet block is too short for its own header")
        if kind == _SIMPLE:
            number, begin, ticks = 0, body + 4, 0
            length = struct.unpack_from(order + "I", data, body)[0]
            kept = length
        else:
            form = "IIIII" if kind == _ENHANCED else "HHIIII"
            fields = struct.unpack_from(order + form, data, body)
            number, begin = fields[0], body + 20
            high, low, kept, length = fields[-4:]
            ticks = (high << 32) | low
        if number >= len(self._interfaces):
            why = f"a packet of interface {number}, which was never described"
            return Lost(body, end, why)
        interface = self._interfaces[number]
        if kind == _SIMPLE:
            if interface.snap_octets:
                kept = min(kept, interface.snap_octets)
        else:
            t_ns = _in_range(interface.t_ns(ticks))
        if begin + kept > end:
            return Lost(body, end, f"a packet announces {kept} octets, its block holds fewer")
        return Packet(interface.link, begin, begin + int(kept), t_ns, kept >= length)


@dataclass(frozen=True, slots=True)
class _Interface:
    """One interface of a pcapng section: how to read its packets and their times."""

    link: int
    snap_octets: int
    ticks_per_s: int
    offset_s: int

    @property
    def is_simple(self) -> bool:
        """Whether the compiled loop can make its times."""
        return self.ticks_per_s <= _TICKS_MAX and abs(self.offset_s) < _OFFSET_MAX_S

    def t_ns(self, ticks: int) -> int:
        return ticks * NS_PER_S // self.ticks_per_s + self.offset_s * NS_PER_S


def _in_range(t_ns: int) -> int | None:
    return t_ns if -_NS_END < t_ns < _NS_END else None


def _interfaces(head: bytes) -> Iterator[_Interface]:
    """Give the interfaces that are described in the first blocks of a pcapng capture."""
    order, at = "<", 0
    while at + 12 <= len(head):
        if head[at : at + 4] == _PCAPNG_MAGIC:
            order = "<" if head[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, length = struct.unpack_from(order + "II", head, at)
        if length < 12 or length % 4 or at + length > len(head):
            return
        if kind == _INTERFACE and length >= 20:
            yield _read_interface(head, at + 8, at + length - 4, order)
        at += length


def _read_interface(data: memoryview | bytes, body: int, end: int, order: str) -> _Interface:
    link, _, snap_octets = struct.unpack_from(order + "HHI", data, body)
    ticks_per_s, offset_s = 1_000_000, 0
    at = body + 8
    while at + 4 <= end:
        code, length = struct.unpack_from(order + "HH", data, at)
        value = data[at + 4 : min(at + 4 + length, end)]
        if code == 9 and len(value) >= 1:  # if_tsresol: a power of 2 or of 10
            ticks_per_s = 1 << (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        elif code == 14 and len(value) >= 8:  # if_tsoffset, seconds
            offset_s = struct.unpack_from(order + "q", value)[0]
        elif code == 0:
            break
        at += 4 + (length + 3) // 4 * 4
    return _Interface(link, snap_octets, ticks_per_s, offset_s)
