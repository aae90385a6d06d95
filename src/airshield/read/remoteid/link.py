"""From a packet of the air to the drone identification messages in it.

The packet is told by its content, because a frame does not carry its capture's link type::

    Bluetooth LE   access address d6 be 89 8e at octet 0 (link type 251), 10 (256: a header with
                   channel and level before it) or 17 (272: Nordic's sniffer)
    radiotap       version 0 and a length that the packet holds (127); then 802.11
    802.11         a beacon, a probe response or an action frame (105)

====================  ============================================================================
``wifi_beacon``       vendor specific element, OUI FA-0B-BC, type 0x0D: counter, message (pack)
``wifi_nan``          NaN service discovery frame, service ``org.opendroneid.remoteid``, whose ID
                      is the first six octets of its SHA-256: counter, message (pack)
``bluetooth_legacy``  ADV_IND, ADV_NONCONN_IND or ADV_SCAN_IND with service data of UUID 0xFFFA,
                      application code 0x0D: counter, one message
``bluetooth_ext``     AUX_ADV_IND and its kin, LE 1M or Coded: the same with a message pack
====================  ============================================================================

Check sums are verified where the capture kept them: Bluetooth's always, 802.11's where radiotap
says that it is there. Air this close to the noise brings wrong bits: in a capture of LE Coded at
the edge of its range one packet in nine failed its check.

Sources: ASTM F3411-22a 5.4 and annex A (transports), ASD-STAN prEN 4709-002, IEEE 802.11-2020
clause 9, Wi-Fi Aware 4.0, Bluetooth Core 5.4 volume 6 part B, radiotap.org, tcpdump's link types.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

TRANSPORTS: Final = ("wifi_beacon", "wifi_nan", "bluetooth_legacy", "bluetooth_ext")

ADVERTISING: Final = bytes.fromhex("d6be898e")
"""Access address of every advertising packet (Core 5.4, volume 6, part B, 2.1.2)."""

_NAN_SERVICE: Final = bytes.fromhex("8869199d9209")
_NAN_HEADER: Final = bytes.fromhex("0409506f9a13")
"""Public action, vendor specific, Wi-Fi Alliance, NaN."""

_ELEMENT: Final = bytes.fromhex("fa0bbc0d")
_SERVICE_DATA: Final = bytes.fromhex("16faff0d")

_RADIOTAP_FIELDS: Final = (
    *((8, 8), (1, 1), (1, 1), (2, 4), (2, 2), (1, 1), (1, 1), (2, 2), (2, 2), (2, 2), (1, 1)),
    *((1, 1), (1, 1), (1, 1), (2, 2), (2, 2), (1, 1), (1, 1), (4, 8), (1, 3), (4, 8), (2, 12)),
)
"""Alignment and size of the radiotap fields that bits 0 to 21 announce."""

_BEACON, _PROBE_RESPONSE, _ACTION = 0x80, 0x50, 0xD0


class Payload(NamedTuple):
    """One message or message pack, and how it came."""

    transport: int
    """Index in :data:`TRANSPORTS`."""
    mac: str | None
    """Transmitter's address; an extended advertisement may be without."""
    rssi_dbm: int | None
    freq_mhz: int | None
    counter: int
    first: int
    """Octet of the packet at which the message begins."""
    stop: int
    """One past the octets that the transport has for it."""


class Unread(NamedTuple):
    """A packet of this kind that cannot be read, and why."""

    reason: str


def find_payloads(packet: bytes) -> list[Payload] | Unread | None:
    """Return the payloads of a packet, none where it is somebody else's; None for no packet."""
    for header in (0, 10, 17):
        if packet[header : header + 4] == ADVERTISING and _is_bluetooth(packet, header):
            return _bluetooth(packet, header)
    if len(packet) >= 8 and packet[0] == 0:
        header = int.from_bytes(packet[2:4], "little")
        if 8 <= header < len(packet):
            return _radiotap(packet, header)
    if len(packet) >= 10 and packet[0] & 3 == 0:  # protocol version 0; an ACK has ten octets
        return _wifi(packet, 0, len(packet), None, None)
    return None


def _is_bluetooth(packet: bytes, header: int) -> bool:
    """Tell whether an access address at ``header`` has the right header before it."""
    if header == 17:
        return int.from_bytes(packet[1:3], "little") == len(packet) - 7 and packet[7] == 10
    return True


def _bluetooth(packet: bytes, header: int) -> list[Payload] | Unread:
    rssi_dbm = freq_mhz = None
    if header == 10:
        flags = int.from_bytes(packet[8:10], "little")
        freq_mhz = 2402 + 2 * packet[0] if packet[0] < 40 else None
        rssi_dbm = int.from_bytes(packet[1:2], "little", signed=True) if flags & 2 else None
    elif header == 17:
        freq_mhz, rssi_dbm = _frequency(packet[9]), -packet[10]
    # LE Coded has one more octet, the coding indicator; the check sum tells.
    for begin in (header + 4, header + 5):
        stop = begin + 2 + packet[begin + 1] if begin + 1 < len(packet) else len(packet)
        if stop + 3 <= len(packet) and crc24(packet[begin:stop]) == packet[stop : stop + 3]:
            return list(_advertisement(packet, begin, stop, rssi_dbm, freq_mhz))
    return Unread("a Bluetooth packet that fails its check sum")


def _frequency(channel: int) -> int | None:
    """Return a Bluetooth LE channel's frequency [MHz] (Core 5.4, volume 6, part B, 1.4.1)."""
    if channel > 39:
        return None
    advertising = {37: 2402, 38: 2426, 39: 2480}
    return advertising.get(channel, 2404 + 2 * channel + (2 if channel > 10 else 0))


def _advertisement(
    packet: bytes, begin: int, stop: int, rssi_dbm: int | None, freq_mhz: int | None
) -> Iterator[Payload]:
    kind = packet[begin] & 0x0F
    at = begin + 2
    mac = None
    if kind in (0, 2, 6):
        transport = TRANSPORTS.index("bluetooth_legacy")
        if stop - at < 6:
            return
        mac, at = _mac(packet[at : at + 6][::-1]), at + 6
    elif kind == 7 and at < stop:
        transport = TRANSPORTS.index("bluetooth_ext")
        extended = packet[at] & 0x3F
        if extended and at + 1 < stop:
            has = packet[at + 1]
            if has & 1 and extended >= 7 and at + 8 <= stop:
                mac = _mac(packet[at + 2 : at + 8][::-1])
        at += 1 + extended
    else:
        return
    while at + 1 < stop:
        size = packet[at]
        end = min(at + 1 + size, stop)
        if packet[at + 1 : at + 5] == _SERVICE_DATA and end - at > 6:
            yield Payload(transport, mac, rssi_dbm, freq_mhz, packet[at + 5], at + 6, end)
        if not size:
            return
        at = end


def _radiotap(packet: bytes, header: int) -> list[Payload] | Unread:
    present = [int.from_bytes(packet[4:8], "little")]
    at = 8
    while present[-1] >> 31 and at + 4 <= header:
        present.append(int.from_bytes(packet[at : at + 4], "little"))
        at += 4
    flags, rssi_dbm, freq_mhz = 0, None, None
    for bit, (align, size) in enumerate(_RADIOTAP_FIELDS):
        if not present[0] >> bit & 1:
            continue
        at += -at % align
        if at + size > header:
            break
        if bit == 1:
            flags = packet[at]
        elif bit == 3:
            freq_mhz = int.from_bytes(packet[at : at + 2], "little")
        elif bit == 5:
            rssi_dbm = int.from_bytes(packet[at : at + 1], "little", signed=True)
        at += size
    stop = len(packet)
    if flags & 0x40:
        return Unread("an 802.11 frame that fails its check sum")
    if flags & 0x10:
        stop -= 4
        check = zlib.crc32(packet[header:stop]).to_bytes(4, "little")
        if check != packet[stop:]:
            return Unread("an 802.11 frame that fails its check sum")
    return _wifi(packet, header, stop, rssi_dbm, freq_mhz)


def _wifi(
    packet: bytes, begin: int, stop: int, rssi_dbm: int | None, freq_mhz: int | None
) -> list[Payload]:
    kind = packet[begin]
    mac = _mac(packet[begin + 10 : begin + 16])
    at = begin + 24
    if kind in (_BEACON, _PROBE_RESPONSE):
        spans = list(_elements(packet, at + 12, stop))
        transport = TRANSPORTS.index("wifi_beacon")
    elif kind == _ACTION and packet[at : at + 6] == _NAN_HEADER:
        spans = list(_attributes(packet, at + 6, stop))
        transport = TRANSPORTS.index("wifi_nan")
    else:
        return []
    return [
        Payload(transport, mac, rssi_dbm, freq_mhz, packet[first], first + 1, end)
        for first, end in spans
        if end > first + 1
    ]


def _elements(packet: bytes, at: int, stop: int) -> Iterator[tuple[int, int]]:
    """Find the elements of a beacon that are drone identification."""
    while at + 2 <= stop:
        end = min(at + 2 + packet[at + 1], stop)
        if packet[at] == 0xDD and packet[at + 2 : at + 6] == _ELEMENT:
            yield at + 6, end
        at = end


def _attributes(packet: bytes, at: int, stop: int) -> Iterator[tuple[int, int]]:
    """Find the service information of the drone identification service among NaN attributes."""
    while at + 3 <= stop:
        end = min(at + 3 + int.from_bytes(packet[at + 1 : at + 3], "little"), stop)
        if packet[at] == 3 and packet[at + 3 : at + 9] == _NAN_SERVICE and end - at > 12:
            control, info = packet[at + 11], at + 12
            if control & 0x40:  # binding bitmap
                info += 2
            for bit in (0x04, 0x08):  # matching filter, service response filter
                if control & bit and info < end:
                    info += 1 + packet[info]
            if control & 0x10 and info < end:
                yield info + 1, min(info + 1 + packet[info], end)
        at = end


def _mac(octets: bytes) -> str:
    return octets.hex(":")


def _make_crc24() -> tuple[int, ...]:
    table = []
    for octet in range(256):
        value = octet
        for _ in range(8):
            value = (value >> 1) ^ (0xDA6000 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC24: Final = _make_crc24()


def crc24(octets: bytes) -> bytes:
    """Return the check sum of an advertising packet (Core 5.4, volume 6, part B, 3.1.1)."""
    value = 0xAAAAAA  # 0x555555 with the bits in the order of the air
    for octet in octets:
        value = (value >> 8) ^ _CRC24[(value ^ octet) & 0xFF]
    return value.to_bytes(3, "little")
