"""Packets and captures for tests, put together from the standards without the reader."""

import struct

UDP = 17


def udp(payload, *, length=None):
    return (
        struct.pack(">HHHH", 8600, 8600, 8 + len(payload) if length is None else length, 0)
        + payload
    )


def tcp(payload=b"", *, sequence, flags="", ports=(40_000, 8600), options=b"", header=None):
    """Make a segment; flags are letters of F, S and R."""
    words = 5 + len(options) // 4 if header is None else header
    bits = 16 | sum({"F": 1, "S": 2, "R": 4}[flag] for flag in flags)
    head = struct.pack(">HHIIBBHHH", *ports, sequence % (1 << 32), 7, words << 4, bits, 512, 0, 0)
    return head + options + payload


def ipv4(body, *, protocol=UDP, options=b"", ident=1, place=0, more=False, total=None):
    header = 20 + len(options)
    size = header + len(body) if total is None else total
    flags = (0x2000 if more else 0) | place // 8
    head = struct.pack(
        ">BBHHHBBH4s4s",
        0x40 | header // 4,
        0,
        size,
        ident,
        flags,
        9,
        protocol,
        0,
        b"\x0a\0\0\1",
        b"\xef\0\0\1",
    )
    return head + options + body


def ipv6(body, *, follows=UDP, extensions=b""):
    head = struct.pack(">IHBB", 6 << 28, len(extensions) + len(body), follows, 9)
    return head + bytes(15) + b"\1" + bytes(15) + b"\2" + extensions + body


def ethernet(body, *, tags=(), kind=None):
    if kind is None:
        kind = 0x86DD if body[0] >> 4 == 6 else 0x0800
    out = bytes(12)
    for tag in tags:
        out += struct.pack(">HH", tag, 5)
    return out + struct.pack(">H", kind) + body


def cooked(body):
    return struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x86DD if body[0] >> 4 == 6 else 0x0800) + body


def cooked2(body):
    kind = 0x86DD if body[0] >> 4 == 6 else 0x0800
    return struct.pack(">HHIHBB8s", kind, 0, 2, 1, 0, 6, bytes(8)) + body


def loopback(body):
    return struct.pack("<I", 2) + body


def pcap(packets, *, order="<", nanoseconds=False, link=1, snap=None):
    """Make a classic capture of (time in ns, packet) pairs."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    for t_ns, packet in packets:
        seconds, rest = divmod(t_ns, 1_000_000_000)
        kept = packet[:snap]
        fraction = rest if nanoseconds else rest // 1000
        out += struct.pack(order + "IIII", seconds, fraction, len(kept), len(packet)) + kept
    return out


def ng_block(kind, body, order="<"):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def ng_section(order="<"):
    return ng_block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def ng_interface(order="<", *, link=1, resolution=None, offset_s=None, snap=0):
    options = b""
    if resolution is not None:
        options += struct.pack(order + "HHB3x", 9, 1, resolution)
    if offset_s is not None:
        options += struct.pack(order + "HHq", 14, 8, offset_s)
    if options:
        options += struct.pack(order + "HH", 0, 0)
    return ng_block(1, struct.pack(order + "HHI", link, 0, snap) + options, order)


def ng_packet(ticks, packet, order="<", *, interface=0):
    head = struct.pack(
        order + "IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet)
    )
    return ng_block(6, head + packet, order)


def ng_simple(packet, order="<"):
    return ng_block(3, struct.pack(order + "I", len(packet)) + packet, order)
