"""Packet captures, down to the payload of each UDP datagram and the streams of TCP.

What is read: pcap and pcapng (``packets``); Ethernet with any depth of VLAN tags, Linux cooked
(SLL, SLL2), BSD loopback and raw IP; IPv4 with options and IPv6 with extension headers, fragments
of both put together; UDP; TCP (``streams``). Sources: RFC 791, RFC 8200, RFC 768, RFC 9293,
IEEE 802.1Q-2018.

Packets of IEEE 802.11 and Bluetooth LE are given whole: what they carry is the reader's to find.

A payload in which every data block has an ORADIS header (octets of header and block, then the
time of day, six octets in all) is cut into its blocks, a frame each; the headers are padding.

Frames come in the order of the packets that complete them. Where there is TCP, a quarter of a
megabyte of the capture is put in order at a time; a frame that only later octets make sure of
(``raw``), or that is in a stream which is not yet known, comes as soon as it is.

Most packets are alike and a compiled loop walks them; TCP, fragments, headers with extensions and
whatever is wrong go the general path, which reads them all. Checksums are not verified: capture
cards often see packets before the sender's card has filled them in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield.errors import FormatError
from airshield.read import _kernels
from airshield.read.asterix._kernels import gather_octets
from airshield.read.frames import REJECT_OCTETS_MAX, Ledger, frozen
from airshield.read.packets import Packet, first_link, packets_of
from airshield.read.reader import NO_TIME, Reader, Split, Splitter
from airshield.read.streams import Pieces, Streams

_NULL, _ETHERNET, _LOOP, _SLL, _SLL2 = 0, 1, 108, 113, 276
_RAW_IP: Final = (12, 14, 101, 228, 229)
_LINKS: Final = (_NULL, _ETHERNET, _LOOP, _SLL, _SLL2, *_RAW_IP)
DRONE_LINKS: Final = (105, 127, 251, 256, 272)
"""IEEE 802.11, the same behind a radiotap header, Bluetooth LE in three wrappings."""
_VLAN_TAGS: Final = (0x8100, 0x88A8, 0x9100)
_IPV4, _IPV6 = 0x0800, 0x86DD
_IPV6_OPTIONS: Final = (0, 43, 60)
_IPV6_FRAGMENT, _AUTHENTICATION, _TCP, _UDP = 44, 51, 6, 17

PENDING_MAX: Final = 64
"""Datagrams whose fragments may be incomplete at a time; the oldest is given up for a new one."""

ORDERED_OCTETS: Final = 1 << 18
"""Octets of a capture with TCP whose frames are put in order at a time."""

_PACKET_OCTETS_LEAST: Final = 16 + 4 + 20 + 8
_ORADIS_OCTETS: Final = 6

_NO_UDP: Final = "packets without UDP"

_Key = tuple[bytes, int, int]


def check_head(head: bytes, container: str, *, name: str) -> int:
    """Return the link type of a capture's first interface; Ethernet where none is described.

    Raises
    ------
    FormatError
        The file header is cut, or a classic capture's link type is not read.
    """
    if container == "pcap" and len(head) < 24:
        raise FormatError(
            file=name,
            offset=0,
            what=f"the pcap file header is cut ({len(head)} of 24 octets)",
            remedy="copy the capture again",
        )
    link = first_link(head, container)
    if container == "pcapng":
        return link
    if link not in _LINKS + DRONE_LINKS:
        raise FormatError(
            file=name,
            offset=20,
            what=f"link type {link} is not read",
            remedy="capture on Ethernet, Linux cooked, loopback, raw IP, IEEE 802.11 or Bluetooth "
            "LE (types " + ", ".join(map(str, sorted(_LINKS + DRONE_LINKS))) + ")",
        )
    return link


def splitter(container: str, *, reader: Reader | None = None) -> Splitter:
    """Make a splitter for one capture, ``'pcap'`` or ``'pcapng'``.

    A frame is a UDP payload, an ORADIS block in one, a frame of ``reader`` in a TCP stream, or a
    packet of one of ``DRONE_LINKS``. The octets of a call's frames are copied behind each other;
    the headers between are padding. Without a reader TCP is padding too.
    """
    return _Capture(container, reader)


class _Capture:
    """Payloads gathered, headers counted, fragments and streams kept between calls."""

    def __init__(self, container: str, reader: Reader | None) -> None:
        self._packets = packets_of(container, links=_LINKS)
        self._streams = None if reader is None else Streams(reader)
        self._unwrap = _Unwrapper(streams=self._streams)
        self._ready: list[Pieces] = []
        self._later: list[Pieces] = []

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        octets = frozen(octets)
        unwrap, packets = self._unwrap, self._packets
        unwrap.begin(octets.data, base, ledger)
        room = octets.size // _PACKET_OCTETS_LEAST + 1
        first, stop, t_ns = (np.empty(room, np.int64) for _ in range(3))
        at = 0
        while not packets.damaged and at < octets.size:
            # Behind a segment of TCP comes another, as a rule.
            if not unwrap.is_tcp:
                counts = np.zeros(3, np.int64)
                count, at = packets.walk(octets, at, first, stop, t_ns, counts)
                ledger.packets += int(counts[0])
                ledger.not_udp += int(counts[1])
                ledger.pad(int(counts[2]), _NO_UDP)
                unwrap.kept += int(counts[2]) + int((stop[:count] - first[:count]).sum())
                if count:
                    there = base + first[:count]
                    found = (octets, first[:count], stop[:count], there, t_ns[:count], there)
                    self._take(Pieces(*found))
                first, stop, t_ns = first[count:], stop[count:], t_ns[count:]
            stepped, packet = packets.step(octets, at, last)
            if stepped == at:
                break
            at = stepped
            if packet is not None:
                self._settle_before(base + packet.begin)
            if isinstance(packet, Packet):
                self._packet(packet)
            elif packet is not None:
                unwrap.reject(*packet)
        if packets.damaged:
            # In pieces as large as a row of the ledger, however the octets came.
            lost = octets.size - at
            lost -= 0 if last else lost % REJECT_OCTETS_MAX
            if lost:
                unwrap.reject(at, at + lost, packets.damaged)
                at += lost
        ledger.pad(at - unwrap.kept, "headers of a capture")
        if last:
            unwrap.finish()
            if self._streams is not None:
                self._streams.finish(base + at)
                self._settle()
        ready, self._ready = self._ready, []
        return _join(ready, at)

    def _packet(self, packet: Packet) -> None:
        """Take a packet of any kind."""
        link, begin, end, t_ns, whole = packet
        datagram = self._unwrap.packet(link, begin, end, t_ns, whole=whole)
        if datagram is None:
            return
        self._take(
            Pieces(
                octets=frozen(np.frombuffer(datagram.octets, np.uint8)),
                first=np.zeros(1, np.int64),
                stop=np.full(1, len(datagram.octets)),
                offset=np.full(1, datagram.offset),
                t_ns=np.full(1, NO_TIME if t_ns is None else t_ns),
                key=np.full(1, self._unwrap.base + begin),
            )
        )

    def _take(self, pieces: Pieces) -> None:
        """Take payloads, or the blocks in them that have ORADIS headers."""
        streams = self._streams
        if streams is not None and streams.since is not None:
            cut = int(np.searchsorted(pieces.key, _edge(streams.since)))
            if cut:
                self._later.append(self._without_oradis(_rows(pieces, slice(cut))))
            if cut == pieces.key.size:
                return
            self._settle()
            pieces = _rows(pieces, slice(cut, None))
        self._ready.append(self._without_oradis(pieces))

    def _settle_before(self, place: int) -> None:
        """Put in order what came before a place, if that is enough."""
        streams = self._streams
        if streams is not None and streams.since is not None and place >= _edge(streams.since):
            self._settle()

    def _settle(self) -> None:
        """Cut the streams into frames, and put all since the last time in order."""
        if self._streams is not None:
            found = [*self._later, *self._streams.settle(self._unwrap.ledger)]
            self._later = []
            if found:
                split = _join(found, 0)
                order = np.argsort(np.concatenate([one.key for one in found]), kind="stable")
                self._ready.append(_rows(Pieces(*split[:5], key=split.offset), order))

    def _without_oradis(self, pieces: Pieces) -> Pieces:
        """Cut payloads into blocks where all of one has ORADIS headers, and count frames."""
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
            moved = begins - pieces.first[row]
            pieces = _rows(pieces, row)
            pieces = pieces._replace(first=begins, stop=ends, offset=pieces.offset + moved)
        ledger.frames += pieces.first.size
        ledger.octets += int((pieces.stop - pieces.first).sum())
        return pieces


def _edge(since: int) -> int:
    """Give the place up to which frames are put in order with those from ``since`` on."""
    return (since // ORDERED_OCTETS + 1) * ORDERED_OCTETS


def _rows(pieces: Pieces, rows: slice | NDArray[np.int64]) -> Pieces:
    """Choose some frames."""
    octets, *columns = pieces
    return Pieces(octets, *(column[rows] for column in columns))


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


class _Segment(NamedTuple):
    """What IP carries: UDP or TCP, of which ``held`` octets are counted already."""

    protocol: int
    addresses: bytes
    offset: int
    octets: memoryview
    held: int


@dataclass(slots=True)
class _Unwrapper:
    """From a packet of some link type down to UDP and TCP; holds fragments in between.

    Places count in ``data``, which begins ``base`` octets into the capture. ``kept`` are octets of
    packets that are in a frame, rejected, told as padding or held; the others are headers.
    ``is_tcp`` and ``is_other`` say of the latest packet that it carries TCP or what is not read.
    """

    data: memoryview = field(default_factory=lambda: memoryview(b""))
    base: int = 0
    ledger: Ledger = field(default_factory=lambda: Ledger(""))
    kept: int = 0
    pending: dict[_Key, _Fragments] = field(default_factory=dict)
    streams: Streams | None = None
    is_tcp: bool = False
    is_other: bool = False

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
        self.is_tcp = self.is_other = False
        if link in DRONE_LINKS:
            self.kept += end - begin
            return _Datagram(self.base + begin, data[begin:end])
        if link not in _LINKS:
            self.reject(begin, end, f"link type {link} is not read", t_ns=t_ns)
            return None
        at, ether_type = self._link_payload(link, begin, end)
        segment: _Segment | None = None
        if ether_type == _IPV4 and end - at >= 20 and data[at] >> 4 == 4:
            segment = self._ipv4(at, end, t_ns)
        elif ether_type == _IPV6 and end - at >= 40 and data[at] >> 4 == 6:
            segment = self._ipv6(at, end, t_ns)
        else:
            self.is_other = True
        if self.is_other:
            self.kept += end - begin
            ledger.pad(end - begin, _NO_UDP)
        ledger.not_udp += self.is_other or self.is_tcp
        if segment is None:
            return None
        if segment.protocol == _TCP:
            self._tcp(segment, self.base + begin, t_ns, whole=whole)
            return None
        return self._udp(segment.offset, segment.octets, segment.held, t_ns, whole=whole)

    def _tcp(self, segment: _Segment, packet: int, t_ns: int | None, *, whole: bool) -> None:
        """Give a segment to its stream."""
        if self.streams is None:
            return
        _, addresses, offset, octets, held = segment
        taken = self.streams.segment(
            addresses, octets, offset, packet=packet, t_ns=t_ns, whole=whole, ledger=self.ledger
        )
        if taken is None:
            taken = len(octets)
            self.ledger.pad(taken, _NO_UDP)
        self.kept += taken - held

    def _carries(self, protocol: int) -> bool:
        """Tell whether what IP carries is read."""
        self.is_tcp = protocol == _TCP and self.streams is not None
        self.is_other = protocol != _UDP and not self.is_tcp
        return not self.is_other

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

    def _ipv4(self, at: int, end: int, t_ns: int | None) -> _Segment | None:
        data = self.data
        header = (data[at] & 0x0F) * 4
        total = (data[at + 2] << 8) | data[at + 3]
        protocol, addresses = data[at + 9], bytes(data[at + 12 : at + 20])
        if not self._carries(protocol):
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
            return _Segment(protocol, addresses, self.base + begin, data[begin:stop], 0)
        key = (addresses, protocol, (data[at + 4] << 8) | data[at + 5])
        return self._fragment(key, start, more, begin=begin, end=stop, t_ns=t_ns)

    def _ipv6(self, at: int, end: int, t_ns: int | None) -> _Segment | None:
        data = self.data
        addresses = bytes(data[at + 8 : at + 40])
        length = (data[at + 4] << 8) | data[at + 5]
        stop = min(at + 40 + length, end) if length else end
        follows, begin = data[at + 6], at + 40
        fragment: tuple[int, int, bool] | None = None
        while begin + 8 <= stop and follows not in (_UDP, _TCP):
            if follows == _IPV6_FRAGMENT:
                place = (data[begin + 2] << 8) | data[begin + 3]
                ident = int.from_bytes(data[begin + 4 : begin + 8], "big")
                fragment = (ident, place & 0xFFF8, bool(place & 1))
                follows, begin = data[begin], begin + 8
                if fragment[1]:  # later fragments start in the middle of the payload
                    break
            elif follows in _IPV6_OPTIONS:
                follows, begin = data[begin], begin + (data[begin + 1] + 1) * 8
            elif follows == _AUTHENTICATION:
                follows, begin = data[begin], begin + (data[begin + 1] + 2) * 4
            else:
                break
        if not self._carries(follows):
            return None
        if begin > stop:
            self.reject(at, end, "an IPv6 header with a wrong length", t_ns=t_ns)
            return None
        if fragment is None or (not fragment[1] and not fragment[2]):
            return _Segment(follows, addresses, self.base + begin, data[begin:stop], 0)
        ident, start, more = fragment
        key = (addresses, follows, ident)
        return self._fragment(key, start, more, begin=begin, end=stop, t_ns=t_ns)

    def _fragment(
        self, key: _Key, start: int, more: bool, *, begin: int, end: int, t_ns: int | None
    ) -> _Segment | None:
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
        addresses, protocol, _ = key
        return _Segment(protocol, addresses, waiting.pieces[0][0], memoryview(payload), held)

    def _give_up(self, key: _Key) -> None:
        waiting = self.pending.pop(key)
        for begin, piece in waiting.pieces.values():
            reason = "a fragment of a datagram whose other fragments are missing"
            self.ledger.reject(begin, piece, reason, t_ns=waiting.t_ns)


def _join(found: list[Pieces], used: int) -> Split:
    """Copy frames behind each other."""
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
        offset=np.concatenate([none, *(one.offset for one in found)]),
        t_ns=np.concatenate([none, *(one.t_ns for one in found)]),
        used=used,
    )
