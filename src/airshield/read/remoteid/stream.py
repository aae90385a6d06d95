"""A receiver's stream: a capture as it is written, ``tcpdump -w -`` or ``dumpcap -w -``.

Classic pcap and pcapng, either byte order (draft-ietf-opsawg-pcap-04, -pcapng-02). A packet is a
frame, heard at its time stamp; headers and other blocks are padding. Packets of link types that
carry no drone identification are lost, with the link type as the reason. After a header that
cannot be, nothing marks the next packet: the rest of the stream is lost.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield.read.frames import REJECT_OCTETS_MAX, Ledger
from airshield.read.reader import NO_TIME, Split
from airshield.read.remoteid.link import find_payloads
from airshield.units import NS_PER_S

LINKS: Final = {
    105: "802.11",
    127: "802.11 with radiotap",
    251: "Bluetooth LE",
    256: "Bluetooth LE with header",
    272: "Nordic BLE sniffer",
}
"""Link types that are read."""

BLOCK_OCTETS_MAX: Final = 1 << 18
"""libpcap's largest snapshot length: a longer packet is a damaged header."""

_PCAP_MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
_PCAPNG: Final = b"\x0a\x0d\x0d\x0a"
_INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 1, 2, 3, 6
_NS_END: Final = 1 << 63


class _Interface(NamedTuple):
    link: int
    ticks_per_s: int
    offset_s: int
    snap_octets: int


class CaptureSplitter:
    """Packets of one capture, from a file or as they come."""

    def __init__(self) -> None:
        self._kind = ""
        self._order = "<"
        self._ns_per_unit = 1_000
        self._interfaces: list[_Interface] = []
        self._frames: list[tuple[int, int, int]] = []

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        """Cut ``octets`` into packets."""
        data = octets.data
        self._frames = []
        at = 0
        while at < octets.size:
            step = self._step(data, at, base, ledger) if self._kind != "lost" else 0
            if not step and self._kind == "lost":
                step = self._lose(data, at, base, last, ledger)
            if not step:
                break
            at += step
        if last and at < octets.size:
            ledger.reject(base + at, data[at:], "the capture ends within a packet or header")
            at = octets.size
        found = np.array(self._frames, np.int64).reshape(-1, 3)
        first, stop, t_ns = found[:, 0], found[:, 1], found[:, 2]
        ledger.octets += int((stop - first).sum())
        return Split(octets, first, stop, base + first, t_ns, at)

    def _step(self, data: memoryview, at: int, base: int, ledger: Ledger) -> int:
        """Take one packet, header or block; returns its size, 0 where it cannot be taken."""
        left = len(data) - at
        if left < 4:
            return 0
        if not self._kind:
            return self._begin(data, at, left, ledger)
        step = self._packet if self._kind == "pcap" else self._block
        return step(data, at, left, base, ledger)

    def _lose(self, data: memoryview, at: int, base: int, last: bool, ledger: Ledger) -> int:
        """Lose what cannot be read, in pieces that do not depend on how the stream comes."""
        left = len(data) - at
        size = left if last else left - left % REJECT_OCTETS_MAX
        if size:
            why = "not a capture, or damaged before here"
            ledger.reject(base + at, data[at : at + size], why)
        return size

    def _begin(self, data: memoryview, at: int, left: int, ledger: Ledger) -> int:
        magic = bytes(data[at : at + 4])
        if magic == _PCAPNG:
            self._kind = "pcapng"
            return self._block(data, at, left, 0, ledger)
        if magic not in _PCAP_MAGICS:
            self._kind = "lost"
            return 0
        if left < 24:
            return 0
        self._order, self._ns_per_unit = _PCAP_MAGICS[magic]
        link = struct.unpack_from(self._order + "I", data, at + 20)[0] & 0xFFFF
        self._interfaces = [_Interface(link, NS_PER_S // self._ns_per_unit, 0, 0)]
        self._kind = "pcap"
        ledger.padding += 24
        return 24

    def _packet(self, data: memoryview, at: int, left: int, base: int, ledger: Ledger) -> int:
        """Take a packet of a classic capture."""
        if left < 16:
            return 0
        seconds, fraction, kept, _ = struct.unpack_from(self._order + "IIII", data, at)
        if kept > BLOCK_OCTETS_MAX:
            self._kind = "lost"
            return 0
        if left < 16 + kept:
            return 0
        ledger.padding += 16
        t_ns = seconds * NS_PER_S + fraction * self._ns_per_unit
        self._take(data, at + 16, at + 16 + kept, t_ns, self._interfaces[0].link, base, ledger)
        return int(16 + kept)

    def _block(self, data: memoryview, at: int, left: int, base: int, ledger: Ledger) -> int:
        """Take a block of a pcapng."""
        if left < 12:
            return 0
        is_section = bytes(data[at : at + 4]) == _PCAPNG
        if is_section:
            self._order = "<" if bytes(data[at + 8 : at + 12]) == b"\x4d\x3c\x2b\x1a" else ">"
            self._interfaces = []
        kind, size = struct.unpack_from(self._order + "II", data, at)
        if size < 12 or size % 4 or size > BLOCK_OCTETS_MAX + 1024:
            self._kind = "lost"
            return 0
        if left < size:
            return 0
        if kind == _INTERFACE and size >= 20:
            self._interfaces.append(self._interface(data, at, at + size))
        elif kind in (_ENHANCED, _SIMPLE, _PACKET):
            packet = self._packet_in(data, at, int(size), kind)
            if packet is None:
                why = "a packet block that holds no packet of a known interface"
                ledger.reject(base + at, data[at : at + size], why)
                return int(size)
            first, stop, t_ns, link = packet
            ledger.padding += size - (stop - first)
            self._take(data, first, stop, t_ns, link, base, ledger)
            return int(size)
        ledger.padding += size
        return int(size)

    def _packet_in(
        self, data: memoryview, at: int, size: int, kind: int
    ) -> tuple[int, int, int, int] | None:
        """Find the packet of a block: first and stop, time in ns, link type."""
        if kind == _SIMPLE:
            if size < 16 or not self._interfaces:
                return None
            length = struct.unpack_from(self._order + "I", data, at + 8)[0]
            known = self._interfaces[0]
            kept = min(length, size - 16, known.snap_octets or size)
            return at + 12, at + 12 + kept, NO_TIME, known.link
        if size < 32 or kind == _PACKET:  # the obsolete packet block is not read
            return None
        number, high, low, kept = struct.unpack_from(self._order + "IIII", data, at + 8)
        if number >= len(self._interfaces) or 32 + kept > size:
            return None
        known = self._interfaces[number]
        ticks = (high << 32) | low
        t_ns = known.offset_s * NS_PER_S + ticks * NS_PER_S // known.ticks_per_s
        return at + 28, at + 28 + kept, t_ns, known.link

    def _interface(self, data: memoryview, at: int, end: int) -> _Interface:
        link, _, snap_octets = struct.unpack_from(self._order + "HHI", data, at + 8)
        ticks_per_s, offset_s = 1_000_000, 0
        place = at + 16
        while place + 4 <= end - 4:
            code, size = struct.unpack_from(self._order + "HH", data, place)
            if not code or place + 4 + size > end - 4:
                break
            if code == 9 and size == 1:
                step = data[place + 4]
                ticks_per_s = 1 << (step & 0x3F) if step & 0x80 else 10 ** min(step, 18)
            elif code == 14 and size == 8:
                offset_s = struct.unpack_from(self._order + "q", data, place + 4)[0]
            place += 4 + size + (-size % 4)
        return _Interface(link, ticks_per_s, offset_s, snap_octets)

    def _take(
        self,
        data: memoryview,
        first: int,
        stop: int,
        t_ns: int,
        link: int,
        base: int,
        ledger: Ledger,
    ) -> None:
        """Take a packet as a frame."""
        ledger.packets += 1
        known = -_NS_END < t_ns < _NS_END
        if link not in LINKS:
            why = f"link type {link} carries no drone identification"
            ledger.reject(base + first, data[first:stop], why, t_ns=t_ns if known else None)
            return
        ledger.frames += 1
        self._frames.append((first, stop, t_ns if known else NO_TIME))


def sniff(head: bytes) -> float:
    """Tell how sure it is that a stream begins with drone identification.

    A capture of a link type that is read, or one packet with such a message in it. A capture on
    the right link may be anybody's Wi-Fi: only a message among its first packets makes it sure.
    """
    splitter = CaptureSplitter()
    ledger = Ledger("")
    octets = np.frombuffer(head, np.uint8)
    if head[:4] == _PCAPNG or head[:4] in _PCAP_MAGICS:
        split = splitter(octets, base=0, last=False, ledger=ledger)
        spans = zip(split.first.tolist(), split.stop.tolist(), strict=True)
        if any(_speaks(head[first:stop]) for first, stop in spans):
            return 1.0
        return 0.3 if split.first.size else 0.0
    return 0.9 if _speaks(head) else 0.0


def _speaks(packet: bytes) -> bool:
    """Tell whether a packet holds drone identification."""
    payloads = find_payloads(packet)
    return isinstance(payloads, list) and bool(payloads)
