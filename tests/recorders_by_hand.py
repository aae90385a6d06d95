"""Recorders' files for tests, put together from the descriptions without the reader."""

import struct


def final(records, *, number=None, trailer=b"\xa5" * 4):
    """Records of (time of day in s, blocks); with ``number`` as the IOSS recorder counts them."""
    out = b""
    for k, (tod_s, blocks) in enumerate(records):
        extra = b"" if number is None else struct.pack(">I", number + k)
        size = 8 + len(extra) + len(blocks) + len(trailer)
        time = round(tod_s * 100).to_bytes(3, "big")
        out += struct.pack(">H", size) + extra + b"\x01\x02\x11" + time + blocks + trailer
    return out


def rff(records, *, begin="2023-05-02 08:00:00"):
    out = begin.encode().ljust(20) + b"2023-05-02 09:00:00".ljust(20) + bytes(range(88))
    for ms, blocks in records:
        out += struct.pack(">I", ms) + struct.pack("<H", len(blocks)) + blocks
    return out


def oradis(records):
    """Records of (time of day in ms, one block)."""
    return b"".join(struct.pack(">HI", 6 + len(block), tod_ms) + block for tod_ms, block in records)


def gps(records):
    """Records of (time of day in s, one block)."""
    out = b"\xcd" * 2200
    for tod_s, block in records:
        out += block + b"\x11\xd2\x8f\x0a\0\0" + round(tod_s * 128).to_bytes(3, "big") + b"\0"
    return out
