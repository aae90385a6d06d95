"""Mode S messages as FRAME tables, for tests."""

import numpy as np

from airshield.read import adsb
from airshield.read.adsb import encode
from airshield.read.frames import Ledger
from airshield.read.reader import frames_of

T0_NS = 1_700_000_000_000_000_000


def frames_from_octets(octets, container=adsb.BEAST, source="file:test"):
    ledger = Ledger(source)
    split = container.splitter()(np.frombuffer(octets, np.uint8), base=0, last=True, ledger=ledger)
    return frames_of(split, source=source, first_frame=0)


def frames_of_messages(messages, t_s):
    """Frames of octets (n, 14) or of hexadecimal, heard at times [s] after T0."""
    if isinstance(messages[0], str):
        rows = [bytes.fromhex(one).ljust(14, b"\0") for one in messages]
        messages = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, 14)
    t_ns = T0_NS + np.rint(np.asarray(t_s) * 1e9).astype(np.int64)
    table = encode.message_table(np.asarray(messages), t_ns)
    return frames_from_octets(adsb.write_messages(table, adsb.MODES_CSV), adsb.MODES_CSV)


def mode_s(messages, t_s, options=None, gates=None):
    """Decode messages heard at times [s] after T0 into the table ``mode_s``."""
    reader = adsb.MessageReader(adsb.MODES_CSV, options, gates)
    return reader.feed(frames_of_messages(messages, t_s)).tables["mode_s"]


def flight(
    t_s, *, icao=0x3C6586, lat=50.0, lon=8.0, east_mps=150.0, north_mps=150.0, alt_ft=30_000.0
):
    """Airborne positions of a straight flight, even and odd in turn, and where they really are."""
    t_s = np.asarray(t_s, np.float64)
    lats = lat + north_mps * t_s / 111_195.0
    lons = lon + east_mps * t_s / (111_195.0 * np.cos(np.radians(lat)))
    odd = np.arange(t_s.size) % 2
    me = encode.position_me(lats, lons, np.full(t_s.size, alt_ft), odd)
    return encode.squitters(np.full(t_s.size, icao), me), lats, lons


def apart_m(lat, lon, lat_2, lon_2):
    lat, lon, lat_2, lon_2 = (
        np.radians(np.asarray(x, np.float64)) for x in (lat, lon, lat_2, lon_2)
    )
    h = (
        np.sin((lat_2 - lat) / 2) ** 2
        + np.cos(lat) * np.cos(lat_2) * np.sin((lon_2 - lon) / 2) ** 2
    )
    return 2 * 6_371_008.8 * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
