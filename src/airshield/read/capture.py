"""Packet captures: pcap and pcapng, down to the payload of each UDP datagram.

What is read: classic pcap with microseconds or nanoseconds and pcapng (sections, interfaces,
enhanced and simple packets, time resolution and offset), both in either byte order; Ethernet with
any depth of VLAN tags, Linux cooked (SLL, SLL2), BSD loopback and raw IP; IPv4 with options and
IPv6 with extension headers, fragments of both put together; UDP. Sources: the IETF drafts
draft-ietf-opsawg-pcap-04 and -pcapng-02, RFC 791, RFC 8200, RFC 768, IEEE 802.1Q-2018.

Checksums are not verified: capture cards often see packets before the sender's card has filled
them in. TCP is not read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from airshield.errors import FormatError
from airshield.read.frames import Datagram, Ledger
from airshield.units import NS_PER_S

_PCAP_MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
"""Magic number of a classic capture: byte order and nanoseconds in the time stamp's fraction."""

_PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
_SECTION, _INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6

PACKET_OCTETS_MAX: Final = 1 << 18
"""libpcap's largest snapshot length for these link types: a longer packet is a damaged header."""

_NULL, _ETHERNET, _LOOP, _SLL, _SLL2 = 0, 1, 108, 113, 276
_RAW_IP: Final = (12, 14, 101, 228, 229)
_LINKS: Final = (_NULL, _ETHERNET, _LOOP, _SLL, _SLL2, *_RAW_IP)
_VLAN_TAGS: Final = (0x8100, 0x88A8, 0x9100)
_IPV4, _IPV6 = 0x0800, 0x86DD
_IPV6_OPTIONS: Final = (0, 43, 60)
_IPV6_FRAGMENT, _AUTHENTICATION, _UDP = 44, 51, 17

PENDING_MAX: Final = 64
"""Datagrams whose fragments may be incomplete at a time; the oldest is given up for a new one."""

_NS_END: Final = 1 << 63
"""Time stamps from here on do not fit a timestamp in nanoseconds (year 2262): unknown."""

_Key = tuple[bytes, bytes, int]


def sniff_capture(head: bytes) -> str | None:
    """Tell ``'pcap'``, ``'pcapng'`` or None from a file's first four octets."""
    if head[:4] == _PCAPNG_MAGIC:
        return "pcapng"
    return "pcap" if head[:4] in _PCAP_MAGICS else None


def walk_pcap(data: memoryview, ledger: Ledger) -> Iterator[Datagram]:
    """Give the UDP payloads of a classic capture, and note the rest in ``ledger``.

    Raises
    ------
    FormatError
        The file header is cut, or the link type is none that we read.
    """
    name = ledger.source.removeprefix("file:")
    order, ns_per_unit = _PCAP_MAGICS[bytes(data[:4])]
    if len(data) < 24:
        raise FormatError(
            file=name,
            offset=0,
            what=f"the pcap file header is cut ({len(data)} of 24 octets)",
            remedy="copy the capture again",
        )
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    if link not in _LINKS:
        raise FormatError(
            file=name,
            offset=20,
            what=f"link type {link} is not read",
            remedy="capture on Ethernet, Linux cooked, loopback or raw IP "
            "(types " + ", ".join(map(str, sorted(_LINKS))) + ")",
        )
    header = struct.Struct(order + "IIII")
    unwrap = _Unwrapper(data, ledger)
    at = 24
    while at < len(data):
        if at + 16 > len(data):
            ledger.reject(at, data[at:], "the capture ends within a packet's header")
            break
        seconds, fraction, kept, length = header.unpack_from(data, at)
        if kept > PACKET_OCTETS_MAX:
            ledger.reject(
                at, data[at:], f"a packet header announces {kept} octets: damaged from here"
            )
            break
        if at + 16 + kept > len(data):
            ledger.reject(at, data[at:], "the capture ends within a packet")
            break
        t_ns = seconds * NS_PER_S + fraction * ns_per_unit
        yield from unwrap.packet(link, at + 16, at + 16 + kept, t_ns, whole=kept >= length)
        at += 16 + kept
    unwrap.finish()


def walk_pcapng(data: memoryview, ledger: Ledger) -> Iterator[Datagram]:
    """Give the UDP payloads of a pcapng capture, and note the rest in ``ledger``."""
    unwrap = _Unwrapper(data, ledger)
    order = "<"
    interfaces: list[_Interface] = []
    at = 0
    while at < len(data):
        left = len(data) - at
        if left < 12:
            ledger.reject(at, data[at:], "the capture ends within a block's header")
            break
        if bytes(data[at : at + 4]) == _PCAPNG_MAGIC:
            # The section header says which way round its own lengths are.
            order = "<" if bytes(data[at + 8 : at + 12]) == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "II", data, at)
        if length < 12 or length % 4:
            ledger.reject(
                at, data[at:], f"a capture block announces {length} octets: damaged from here"
            )
            break
        if length > left:
            ledger.reject(at, data[at:], "the capture ends within a block")
            break
        body, end = at + 8, at + length - 4
        if struct.unpack_from(order + "I", data, end)[0] != length:
            ledger.reject(at, data[at:], "a capture block's two lengths differ: damaged from here")
            break
        if kind == _INTERFACE and end - body >= 8:
            interfaces.append(_read_interface(data, body, end, order))
        elif kind in (_ENHANCED, _PACKET, _SIMPLE):
            yield from _read_packet(
                data, kind, body, end, order, interfaces=interfaces, unwrap=unwrap
            )
        at += length
    unwrap.finish()


@dataclass(frozen=True, slots=True)
class _Interface:
    """One interface of a pcapng section: how to read its packets and their times."""

    link: int
    snap_octets: int
    ticks_per_s: int
    offset_s: int

    def t_ns(self, high: int, low: int) -> int:
        ticks = (high << 32) | low
        return ticks * NS_PER_S // self.ticks_per_s + self.offset_s * NS_PER_S


def _read_interface(data: memoryview, body: int, end: int, order: str) -> _Interface:
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


def _read_packet(
    data: memoryview,
    kind: int,
    body: int,
    end: int,
    order: str,
    *,
    interfaces: list[_Interface],
    unwrap: _Unwrapper,
) -> Iterator[Datagram]:
    ledger = unwrap.ledger
    t_ns: int | None
    if end - body < (4 if kind == _SIMPLE else 20):
        ledger.reject(body, data[body:end], "a packet block is too short for its own header")
        return
    if kind == _SIMPLE:
        number, begin = 0, body + 4
        length = struct.unpack_from(order + "I", data, body)[0]
        kept = length
    else:
        form = "IIIII" if kind == _ENHANCED else "HHIIII"
        fields = struct.unpack_from(order + form, data, body)
        number, begin = fields[0], body + 20
        high, low, kept, length = fields[-4:]
    if number >= len(interfaces):
        ledger.reject(
            body, data[body:end], f"a packet of interface {number}, which was never described"
        )
        return
    interface = interfaces[number]
    if kind == _SIMPLE:
        t_ns = None
        if interface.snap_octets:
            kept = min(kept, interface.snap_octets)
    else:
        t_ns = interface.t_ns(high, low)
    if begin + kept > end:
        ledger.reject(
            body, data[body:end], f"a packet announces {kept} octets, its block holds fewer"
        )
        return
    yield from unwrap.packet(interface.link, begin, begin + kept, t_ns, whole=kept >= length)


@dataclass(slots=True)
class _Fragments:
    """The pieces of one IP datagram that have come so far."""

    t_ns: int | None
    pieces: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    total: int | None = None

    def payload(self) -> bytes | None:
        """Return the whole payload once every piece is there."""
        out = bytearray()
        for start, (_, piece) in sorted(self.pieces.items()):
            if start > len(out):
                return None
            out[start:] = piece
        return bytes(out) if len(out) == self.total else None


@dataclass(slots=True)
class _Unwrapper:
    """From a packet of some link type down to the UDP payload; holds fragments in between."""

    data: memoryview
    ledger: Ledger
    pending: dict[_Key, _Fragments] = field(default_factory=dict)

    def packet(
        self, link: int, begin: int, end: int, t_ns: int | None, *, whole: bool
    ) -> Iterator[Datagram]:
        """Give the datagram that a packet holds or completes, if it does."""
        ledger, data = self.ledger, self.data
        ledger.packets += 1
        if t_ns is not None and not -_NS_END <= t_ns < _NS_END:
            t_ns = None
        if link not in _LINKS:
            ledger.reject(begin, data[begin:end], f"link type {link} is not read", t_ns=t_ns)
            return
        at, ether_type = self._link_payload(link, begin, end)
        if ether_type == _IPV4 and end - at >= 20 and data[at] >> 4 == 4:
            payload = self._ipv4(at, end, t_ns)
        elif ether_type == _IPV6 and end - at >= 40 and data[at] >> 4 == 6:
            payload = self._ipv6(at, end, t_ns)
        else:
            ledger.not_udp += 1
            return
        if payload is None:
            return
        offset, segment = payload
        if len(segment) < 8:
            ledger.reject(offset, segment, "a UDP datagram without room for its header", t_ns=t_ns)
            return
        length = int.from_bytes(segment[4:6], "big")
        if length < 8:
            ledger.reject(offset, segment, f"a UDP datagram announces {length} octets", t_ns=t_ns)
        elif length > len(segment):
            why = (
                "more octets than its packet holds"
                if whole
                else "more octets than the capture kept"
            )
            ledger.reject(offset, segment, f"a UDP datagram announces {why}", t_ns=t_ns)
        else:
            ledger.frames += 1
            ledger.octets += length - 8
            yield Datagram(offset + 8, t_ns, bytes(segment[8:length]))

    def finish(self) -> None:
        """Give up the datagrams whose fragments never all came."""
        for key in list(self.pending):
            self._give_up(key)

    def _link_payload(self, link: int, at: int, end: int) -> tuple[int, int | None]:
        """Find where the network layer begins, and its Ethernet type."""
        data = self.data
        if link in _RAW_IP or (link in (_NULL, _LOOP) and end - at > 4):
            at += 0 if link in _RAW_IP else 4
            version = data[at] >> 4 if at < end else 0
            return at, {4: _IPV4, 6: _IPV6}.get(version)
        header, type_at = {_ETHERNET: (14, 12), _SLL: (16, 14), _SLL2: (20, 0)}.get(link, (4, 0))
        if end - at < header:
            return end, None
        ether_type = (data[at + type_at] << 8) | data[at + type_at + 1]
        at += header
        while ether_type in _VLAN_TAGS and end - at >= 4:
            ether_type = (data[at + 2] << 8) | data[at + 3]
            at += 4
        return at, ether_type

    def _ipv4(self, at: int, end: int, t_ns: int | None) -> tuple[int, memoryview] | None:
        data = self.data
        header = (data[at] & 0x0F) * 4
        total = (data[at + 2] << 8) | data[at + 3]
        if data[at + 9] != _UDP:
            self.ledger.not_udp += 1
            return None
        # A card that splits packets itself shows them with a total length of zero.
        stop = min(at + total, end) if total else end
        begin = at + header
        if header < 20 or begin > stop:
            self.ledger.reject(at, data[at:end], "an IPv4 header with a wrong length", t_ns=t_ns)
            return None
        flags = (data[at + 6] << 8) | data[at + 7]
        start, more = (flags & 0x1FFF) * 8, bool(flags & 0x2000)
        if not start and not more:
            return begin, data[begin:stop]
        ident = (data[at + 4] << 8) | data[at + 5]
        key = (bytes(data[at + 12 : at + 16]), bytes(data[at + 16 : at + 20]), ident)
        return self._fragment(key, start, more, begin=begin, end=stop, t_ns=t_ns)

    def _ipv6(self, at: int, end: int, t_ns: int | None) -> tuple[int, memoryview] | None:
        data = self.data
        length = (data[at + 4] << 8) | data[at + 5]
        stop = min(at + 40 + length, end) if length else end
        follows, begin = data[at + 6], at + 40
        fragment: tuple[_Key, int, bool] | None = None
        while begin + 8 <= stop and follows != _UDP:
            if follows == _IPV6_FRAGMENT:
                place = (data[begin + 2] << 8) | data[begin + 3]
                ident = int.from_bytes(data[begin + 4 : begin + 8], "big")
                key = (bytes(data[at + 8 : at + 24]), bytes(data[at + 24 : at + 40]), ident)
                fragment = (key, place & 0xFFF8, bool(place & 1))
                follows, begin = data[begin], begin + 8
                if fragment[1]:  # later fragments start in the middle of the payload
                    break
            elif follows in _IPV6_OPTIONS:
                follows, begin = data[begin], begin + (data[begin + 1] + 1) * 8
            elif follows == _AUTHENTICATION:
                follows, begin = data[begin], begin + (data[begin + 1] + 2) * 4
            else:
                break
        if follows != _UDP:
            self.ledger.not_udp += 1
            return None
        if begin > stop:
            self.ledger.reject(at, data[at:end], "an IPv6 header with a wrong length", t_ns=t_ns)
            return None
        if fragment is None or (not fragment[1] and not fragment[2]):
            return begin, data[begin:stop]
        return self._fragment(*fragment, begin=begin, end=stop, t_ns=t_ns)

    def _fragment(
        self, key: _Key, start: int, more: bool, *, begin: int, end: int, t_ns: int | None
    ) -> tuple[int, memoryview] | None:
        """Keep a fragment; give the whole payload when it was the last one missing."""
        if key not in self.pending:
            if len(self.pending) >= PENDING_MAX:
                self._give_up(next(iter(self.pending)))
            self.pending[key] = _Fragments(t_ns)
        waiting = self.pending[key]
        waiting.pieces[start] = (begin, bytes(self.data[begin:end]))
        if not more:
            waiting.total = start + end - begin
        payload = waiting.payload()
        if payload is None:
            return None
        del self.pending[key]
        self.ledger.reassembled += 1
        return waiting.pieces[0][0], memoryview(payload)

    def _give_up(self, key: _Key) -> None:
        waiting = self.pending.pop(key)
        for begin, piece in waiting.pieces.values():
            reason = "a fragment of a datagram whose other fragments are missing"
            self.ledger.reject(begin, piece, reason, t_ns=waiting.t_ns)
