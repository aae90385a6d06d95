"""Packet captures: pcap and pcapng, down to the payload of each UDP datagram.

What is read: classic pcap with microseconds or nanoseconds and pcapng (sections, interfaces,
enhanced and simple packets, time resolution and offset), both in either byte order; Ethernet with
any depth of VLAN tags, Linux cooked (SLL, SLL2), BSD loopback and raw IP; IPv4 with options and
IPv6 with extension headers, fragments of both put together; UDP. Sources: the IETF drafts
draft-ietf-opsawg-pcap-04 and -pcapng-02, RFC 791, RFC 8200, RFC 768, IEEE 802.1Q-2018.

Packets of IEEE 802.11 and Bluetooth LE are given whole: what they carry is the reader's to find.

A payload in which every data block has an ORADIS header (octets of header and block, then the
time of day, six octets in all) is cut into its blocks, a frame each; the headers are padding.

Most packets are alike and a compiled loop walks them; fragments, headers with extensions and
whatever is wrong go the general path, which reads them all. Checksums are not verified: capture
cards often see packets before the sender's card has filled them in. TCP is not read.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield.errors import FormatError
from airshield.read import _kernels
from airshield.read._kernels import PACKET_OCTETS_MAX
from airshield.read.asterix._kernels import gather_octets
from airshield.read.frames import REJECT_OCTETS_MAX, Ledger, frozen
from airshield.read.reader import NO_TIME, Split, Splitter
from airshield.units import NS_PER_S

CONTAINERS: Final = ("pcap", "pcapng")

_PCAP_MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
"""Magic number of a classic capture: byte order and nanoseconds in the time stamp's fraction."""

_PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
_INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 1, 2, 3, 6

BLOCK_OCTETS_MAX: Final = 1 << 24
"""A longer block of a pcapng capture is a damaged header."""

_NULL, _ETHERNET, _LOOP, _SLL, _SLL2 = 0, 1, 108, 113, 276
_RAW_IP: Final = (12, 14, 101, 228, 229)
_LINKS: Final = (_NULL, _ETHERNET, _LOOP, _SLL, _SLL2, *_RAW_IP)
DRONE_LINKS: Final = (105, 127, 251, 256, 272)
"""IEEE 802.11, the same behind a radiotap header, Bluetooth LE in three wrappings."""
_VLAN_TAGS: Final = (0x8100, 0x88A8, 0x9100)
_IPV4, _IPV6 = 0x0800, 0x86DD
_IPV6_OPTIONS: Final = (0, 43, 60)
_IPV6_FRAGMENT, _AUTHENTICATION, _UDP = 44, 51, 17

PENDING_MAX: Final = 64
"""Datagrams whose fragments may be incomplete at a time; the oldest is given up for a new one."""

_NS_END: Final = 1 << 63
"""Time stamps from here on do not fit a timestamp in nanoseconds (year 2262): unknown."""

_TICKS_MAX: Final = NS_PER_S
_OFFSET_MAX_S: Final = 1 << 32
"""Finer clocks and larger offsets are left to the general path: their products do not fit."""

_PACKET_OCTETS_LEAST: Final = 16 + 4 + 20 + 8
_ORADIS_OCTETS: Final = 6

_Key = tuple[bytes, bytes, int]


def sniff_capture(head: bytes) -> str | None:
    """Tell ``'pcap'``, ``'pcapng'`` or None from a file's first four octets."""
    if head[:4] == _PCAPNG_MAGIC:
        return "pcapng"
    return "pcap" if head[:4] in _PCAP_MAGICS else None


def check_head(head: bytes, container: str, *, name: str) -> int:
    """Return the link type of a capture's first interface; Ethernet where none is described.

    Raises
    ------
    FormatError
        The file header is cut, or a classic capture's link type is not read.
    """
    if container == "pcapng":
        links = [one.link for one in _interfaces(head)]
        return links[0] if links else _ETHERNET
    if len(head) < 24:
        raise FormatError(
            file=name,
            offset=0,
            what=f"the pcap file header is cut ({len(head)} of 24 octets)",
            remedy="copy the capture again",
        )
    order, _ = _PCAP_MAGICS[head[:4]]
    link: int = struct.unpack_from(order + "I", head, 20)[0] & 0xFFFF
    if link not in _LINKS + DRONE_LINKS:
        raise FormatError(
            file=name,
            offset=20,
            what=f"link type {link} is not read",
            remedy="capture on Ethernet, Linux cooked, loopback, raw IP, IEEE 802.11 or Bluetooth "
            "LE (types " + ", ".join(map(str, sorted(_LINKS + DRONE_LINKS))) + ")",
        )
    return link


def splitter(container: str) -> Splitter:
    """Make a splitter for one capture, ``'pcap'`` or ``'pcapng'``.

    A frame is a UDP payload, an ORADIS block in one, or a packet of one of ``DRONE_LINKS``. The
    octets of a call's frames are copied behind each other; the headers between are padding.
    """
    return _Pcap() if container == "pcap" else _Pcapng()


class _Pieces(NamedTuple):
    """Frames that a stretch of a capture holds, or one put together; ``base`` is its offset."""

    octets: NDArray[np.uint8]
    base: int
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    t_ns: NDArray[np.int64]


class _Capture(ABC):
    """What both forms share: payloads gathered, headers counted, fragments kept between calls."""

    def __init__(self) -> None:
        self._unwrap = _Unwrapper()
        self._damaged = ""
        self._found: list[_Pieces] = []

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        octets = frozen(octets)
        unwrap = self._unwrap
        unwrap.begin(octets.data, base, ledger)
        self._found = []
        room = octets.size // _PACKET_OCTETS_LEAST + 1
        first, stop, t_ns = (np.empty(room, np.int64) for _ in range(3))
        at = 0
        while not self._damaged and at < octets.size:
            counts = np.zeros(3, np.int64)
            count, at = self._walk(octets, at, first, stop, t_ns, counts)
            ledger.packets += int(counts[0])
            ledger.not_udp += int(counts[1])
            ledger.pad(int(counts[2]), "packets without UDP")
            unwrap.kept += int(counts[2]) + int((stop[:count] - first[:count]).sum())
            self._take(_Pieces(octets, base, first[:count], stop[:count], t_ns[:count]))
            first, stop, t_ns = first[count:], stop[count:], t_ns[count:]
            stepped = self._step(octets, at, last)
            if stepped == at:
                break
            at = stepped
        if self._damaged:
            # In pieces as large as a row of the ledger, however the octets came.
            lost = octets.size - at
            lost -= 0 if last else lost % REJECT_OCTETS_MAX
            if lost:
                unwrap.reject(at, at + lost, self._damaged)
                at += lost
        ledger.pad(at - unwrap.kept, "headers of a capture")
        if last:
            unwrap.finish()
        return _join(self._found, at)

    @abstractmethod
    def _walk(
        self,
        octets: NDArray[np.uint8],
        at: int,
        first: NDArray[np.int64],
        stop: NDArray[np.int64],
        t_ns: NDArray[np.int64],
        counts: NDArray[np.int64],
    ) -> tuple[int, int]:
        """Walk what is as most packets are; give how many payloads that gave and where it ended."""

    @abstractmethod
    def _step(self, octets: NDArray[np.uint8], at: int, last: bool) -> int:
        """Take one packet or block of any kind; give where the next begins, or ``at`` for none."""

    def _end(self, at: int, last: bool, reason: str) -> int:
        """Stop at what is not all there: more will come, or the capture is cut."""
        if last:
            self._damaged = reason
        return at

    def _packet(self, link: int, begin: int, end: int, t_ns: int | None, *, whole: bool) -> None:
        """Take a packet of any kind."""
        if t_ns is not None and not -_NS_END < t_ns < _NS_END:
            t_ns = None
        datagram = self._unwrap.packet(link, begin, end, t_ns, whole=whole)
        if datagram is None:
            return
        size = len(datagram.octets)
        self._take(
            _Pieces(
                frozen(np.frombuffer(datagram.octets, np.uint8)),
                datagram.offset,
                np.zeros(1, np.int64),
                np.full(1, size),
                np.full(1, NO_TIME if t_ns is None else t_ns),
            )
        )

    def _take(self, pieces: _Pieces) -> None:
        """Take payloads, or the blocks in them that have ORADIS headers."""
        ledger, count = self._unwrap.ledger, pieces.first.size
        row = np.empty(count, np.int64)
        begins = np.empty(count, np.int64)
        more = int(_kernels.cut_oradis(pieces.octets, pieces.first, pieces.stop, row, begins))
        if more < 0:
            row, begins = np.empty(-more, np.int64), np.empty(-more, np.int64)
            _kernels.cut_oradis(pieces.octets, pieces.first, pieces.stop, row, begins)
            headers = int(np.count_nonzero(begins != pieces.first[row])) * _ORADIS_OCTETS
            ends = pieces.stop[row]
            same = np.flatnonzero(row[1:] == row[:-1])
            ends[same] = begins[same + 1] - _ORADIS_OCTETS
            ledger.pad(headers, "ORADIS headers")
            pieces = pieces._replace(first=begins, stop=ends, t_ns=pieces.t_ns[row])
        ledger.frames += pieces.first.size
        ledger.octets += int((pieces.stop - pieces.first).sum())
        if count:
            self._found.append(pieces)


class _Pcap(_Capture):
    """A classic capture: a file header, then packets with a header of 16 octets."""

    def __init__(self) -> None:
        super().__init__()
        self._order = ""
        self._ns_per_unit = 0
        self._link = 0

    def _walk(
        self,
        octets: NDArray[np.uint8],
        at: int,
        first: NDArray[np.int64],
        stop: NDArray[np.int64],
        t_ns: NDArray[np.int64],
        counts: NDArray[np.int64],
    ) -> tuple[int, int]:
        if not self._order or self._link in DRONE_LINKS:
            return 0, at
        count, at = _kernels.walk_pcap(
            octets, at, self._order == ">", self._ns_per_unit, self._link, first, stop, t_ns, counts
        )
        return int(count), int(at)

    def _step(self, octets: NDArray[np.uint8], at: int, last: bool) -> int:
        data, left = octets.data, octets.size - at
        if not self._order:
            if left < 24:
                return self._end(at, last, "the capture ends within its header")
            self._order, self._ns_per_unit = _PCAP_MAGICS[bytes(data[at : at + 4])]
            self._link = struct.unpack_from(self._order + "I", data, at + 20)[0] & 0xFFFF
            return at + 24
        if left < 16:
            return self._end(at, last and left > 0, "the capture ends within a packet's header")
        seconds, fraction, kept, length = struct.unpack_from(self._order + "IIII", data, at)
        if kept > PACKET_OCTETS_MAX:
            self._damaged = f"a packet header announces {kept} octets: damaged from here"
            return at
        if at + 16 + kept > octets.size:
            return self._end(at, last, "the capture ends within a packet")
        t_ns = seconds * NS_PER_S + fraction * self._ns_per_unit
        self._packet(self._link, at + 16, at + 16 + kept, t_ns, whole=kept >= length)
        return at + 16 + int(kept)


class _Pcapng(_Capture):
    """Blocks with their length at both ends: sections, their interfaces and packets, and others."""

    def __init__(self) -> None:
        super().__init__()
        self._order = "<"
        self._interfaces: list[_Interface] = []
        self._table = np.empty((0, 3), np.int64)

    def _walk(
        self,
        octets: NDArray[np.uint8],
        at: int,
        first: NDArray[np.int64],
        stop: NDArray[np.int64],
        t_ns: NDArray[np.int64],
        counts: NDArray[np.int64],
    ) -> tuple[int, int]:
        count, at = _kernels.walk_pcapng(
            octets, at, self._order == ">", self._table, first, stop, t_ns, counts
        )
        return int(count), int(at)

    def _step(self, octets: NDArray[np.uint8], at: int, last: bool) -> int:
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
            self._damaged = f"a capture block announces {length} octets: damaged from here"
            return at
        if length > left:
            return self._end(at, last, "the capture ends within a block")
        body, end = at + 8, at + length - 4
        if struct.unpack_from(order + "I", data, end)[0] != length:
            self._damaged = "a capture block's two lengths differ: damaged from here"
            return at
        if kind == _INTERFACE and end - body >= 8:
            self._describe([*self._interfaces, _read_interface(data, body, end, order)])
        elif kind in (_ENHANCED, _PACKET, _SIMPLE):
            self._read_packet(data, kind, body, end)
        return at + int(length)

    def _describe(self, interfaces: list[_Interface]) -> None:
        """Take the interfaces of a section; those that the kernel cannot read have no ticks."""
        self._interfaces = interfaces
        self._table = np.array(
            [
                (
                    one.link,
                    one.ticks_per_s if self._is_simple(one) else 0,
                    one.offset_s if self._is_simple(one) else 0,
                )
                for one in interfaces
            ],
            np.int64,
        ).reshape(-1, 3)

    @staticmethod
    def _is_simple(one: _Interface) -> bool:
        is_read = one.link in _LINKS
        return is_read and one.ticks_per_s <= _TICKS_MAX and abs(one.offset_s) < _OFFSET_MAX_S

    def _read_packet(self, data: memoryview, kind: int, body: int, end: int) -> None:
        order, unwrap = self._order, self._unwrap
        t_ns: int | None = None
        if end - body < (4 if kind == _SIMPLE else 20):
            unwrap.reject(body, end, "a packet block is too short for its own header")
            return
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
            unwrap.reject(body, end, why)
            return
        interface = self._interfaces[number]
        if kind == _SIMPLE:
            if interface.snap_octets:
                kept = min(kept, interface.snap_octets)
        else:
            t_ns = interface.t_ns(ticks)
        if begin + kept > end:
            unwrap.reject(body, end, f"a packet announces {kept} octets, its block holds fewer")
            return
        self._packet(interface.link, begin, begin + kept, t_ns, whole=kept >= length)


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


@dataclass(frozen=True, slots=True)
class _Interface:
    """One interface of a pcapng section: how to read its packets and their times."""

    link: int
    snap_octets: int
    ticks_per_s: int
    offset_s: int

    def t_ns(self, ticks: int) -> int:
        return ticks * NS_PER_S // self.ticks_per_s + self.offset_s * NS_PER_S


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


class _Datagram(NamedTuple):
    """A payload that a packet holds or completes."""

    offset: int
    octets: memoryview


@dataclass(slots=True)
class _Unwrapper:
    """From a packet of some link type down to the UDP payload; holds fragments in between.

    Places count in ``data``, which begins ``base`` octets into the capture. ``kept`` are octets of
    packets that are in a frame, rejected, told as padding or held; the others are headers.
    """

    data: memoryview = field(default_factory=lambda: memoryview(b""))
    base: int = 0
    ledger: Ledger = field(default_factory=lambda: Ledger(""))
    kept: int = 0
    pending: dict[_Key, _Fragments] = field(default_factory=dict)

    def begin(self, data: memoryview, base: int, ledger: Ledger) -> None:
        """Take the next stretch of the capture."""
        self.data, self.base, self.ledger, self.kept = data, base, ledger, 0

    def reject(self, begin: int, end: int, reason: str, *, t_ns: int | None = None) -> None:
        """Note octets of this stretch as lost."""
        self.kept += end - begin
        self.ledger.reject(self.base + begin, self.data[begin:end], reason, t_ns=t_ns)

    def packet(
        self, link: int, begin: int, end: int, t_ns: int | None, *, whole: bool
    ) -> _Datagram | None:
        """Return the datagram that a packet holds or completes, if it does."""
        ledger, data = self.ledger, self.data
        ledger.packets += 1
        if link in DRONE_LINKS:
            self.kept += end - begin
            return _Datagram(self.base + begin, data[begin:end])
        if link not in _LINKS:
            self.reject(begin, end, f"link type {link} is not read", t_ns=t_ns)
            return None
        at, ether_type = self._link_payload(link, begin, end)
        is_ipv4 = ether_type == _IPV4 and end - at >= 20 and data[at] >> 4 == 4
        is_ipv6 = ether_type == _IPV6 and end - at >= 40 and data[at] >> 4 == 6
        payload = None
        if is_ipv4 or is_ipv6:
            not_udp = ledger.not_udp
            payload = self._ipv4(at, end, t_ns) if is_ipv4 else self._ipv6(at, end, t_ns)
            is_other = ledger.not_udp > not_udp
        else:
            ledger.not_udp += 1
            is_other = True
        if is_other:
            self.kept += end - begin
            ledger.pad(end - begin, "packets without UDP")
        if payload is None:
            return None
        return self._udp(*payload, t_ns, whole=whole)

    def _udp(
        self, offset: int, segment: memoryview, held: int, t_ns: int | None, *, whole: bool
    ) -> _Datagram | None:
        """Return the payload of a UDP segment, of which ``held`` octets are counted already."""
        length = int.from_bytes(segment[4:6], "big") if len(segment) >= 8 else 0
        if len(segment) < 8:
            reason = "a UDP datagram without room for its header"
        elif length < 8:
            reason = f"a UDP datagram announces {length} octets"
        elif length > len(segment) and whole:
            reason = "a UDP datagram announces more octets than its packet holds"
        elif length > len(segment):
            reason = "a UDP datagram announces more octets than the capture kept"
        else:
            self.kept += length - 8 - held
            return _Datagram(offset + 8, segment[8:length])
        self.kept += len(segment) - held
        self.ledger.reject(offset, segment, reason, t_ns=t_ns)
        return None

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

    def _ipv4(self, at: int, end: int, t_ns: int | None) -> tuple[int, memoryview, int] | None:
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
            self.reject(at, end, "an IPv4 header with a wrong length", t_ns=t_ns)
            return None
        flags = (data[at + 6] << 8) | data[at + 7]
        start, more = (flags & 0x1FFF) * 8, bool(flags & 0x2000)
        if not start and not more:
            return self.base + begin, data[begin:stop], 0
        ident = (data[at + 4] << 8) | data[at + 5]
        key = (bytes(data[at + 12 : at + 16]), bytes(data[at + 16 : at + 20]), ident)
        return self._fragment(key, start, more, begin=begin, end=stop, t_ns=t_ns)

    def _ipv6(self, at: int, end: int, t_ns: int | None) -> tuple[int, memoryview, int] | None:
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
            self.reject(at, end, "an IPv6 header with a wrong length", t_ns=t_ns)
            return None
        if fragment is None or (not fragment[1] and not fragment[2]):
            return self.base + begin, data[begin:stop], 0
        return self._fragment(*fragment, begin=begin, end=stop, t_ns=t_ns)

    def _fragment(
        self, key: _Key, start: int, more: bool, *, begin: int, end: int, t_ns: int | None
    ) -> tuple[int, memoryview, int] | None:
        """Keep a fragment; give the whole payload when it was the last one missing."""
        if key not in self.pending:
            if len(self.pending) >= PENDING_MAX:
                self._give_up(next(iter(self.pending)))
            self.pending[key] = _Fragments(t_ns)
        waiting = self.pending[key]
        _, before = waiting.pieces.get(start, (0, b""))
        self.kept += end - begin - len(before)
        waiting.pieces[start] = (self.base + begin, bytes(self.data[begin:end]))
        if not more:
            waiting.total = start + end - begin
        payload = waiting.payload()
        if payload is None:
            return None
        del self.pending[key]
        self.ledger.reassembled += 1
        held = sum(len(piece) for _, piece in waiting.pieces.values())
        return waiting.pieces[0][0], memoryview(payload), held

    def _give_up(self, key: _Key) -> None:
        waiting = self.pending.pop(key)
        for begin, piece in waiting.pieces.values():
            reason = "a fragment of a datagram whose other fragments are missing"
            self.ledger.reject(begin, piece, reason, t_ns=waiting.t_ns)


def _join(found: list[_Pieces], used: int) -> Split:
    """Copy the frames of a call behind each other."""
    none = np.empty(0, np.int64)
    size = np.concatenate([none, *(one.stop - one.first for one in found)])
    stop = np.cumsum(size)
    octets = np.empty(int(size.sum()), np.uint8)
    begin, done = stop - size, 0
    for one in found:
        there = slice(done, done + one.first.size)
        gather_octets(one.octets, one.first, size[there], begin[there], octets)
        done = there.stop
    return Split(
        octets=octets,
        first=begin,
        stop=stop,
        offset=np.concatenate([none, *(one.base + one.first for one in found)]),
        t_ns=np.concatenate([none, *(one.t_ns for one in found)]),
        used=used,
    )
