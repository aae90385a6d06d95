"""Drone identification the slow way: one message at a time, bit by bit, from the standard's tables.

Also the encoder of packets for tests: whole Wi-Fi and Bluetooth packets by hand. Shares no code
with the package.
"""

import binascii
import datetime as dt
import struct

Y2019 = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)


def bits(message, octet, high, low):
    """Bits ``high`` down to ``low`` of an octet, 7 the most significant."""
    text = f"{message[octet]:08b}"
    return int(text[7 - high : 8 - low], 2)


def coded(number, names):
    return names[number] if number < len(names) else f"reserved {number}"


def little(message, at, size, *, signed=False):
    value = 0
    for k in range(size):
        value += message[at + k] << (8 * k)
    return value - (1 << (8 * size)) if signed and value >> (8 * size - 1) else value


def altitude(message, at):
    steps = little(message, at, 2)
    return None if steps == 0 else steps / 2 - 1000


def place(message, at):
    lat, lon = little(message, at, 4, signed=True), little(message, at + 4, 4, signed=True)
    return (None, None) if lat == lon == 0 else (lat / 1e7, lon / 1e7)


def text(octets):
    out = ""
    for octet in octets:
        if octet == 0:
            break
        out += chr(octet) if 32 <= octet < 127 else f"\\x{octet:02x}"
    return out.strip(" ") or None


def since_2019(message, at):
    seconds = little(message, at, 4)
    return None if seconds == 0 else Y2019 + dt.timedelta(seconds=seconds)


def metres(code, table):
    return table.get(code)


HORIZONTAL = {
    **{1: 18520.0, 2: 7408.0, 3: 3704.0, 4: 1852.0, 5: 926.0, 6: 555.6, 7: 185.2, 8: 92.6},
    **{9: 30.0, 10: 10.0, 11: 3.0, 12: 1.0},
}
VERTICAL = {1: 150.0, 2: 45.0, 3: 25.0, 4: 10.0, 5: 3.0, 6: 1.0}
SPEED = {1: 10.0, 2: 3.0, 3: 1.0, 4: 0.3}


def basic_id(message):
    kind, octets = bits(message, 1, 7, 4), message[2:22]
    if kind == 3:
        h = binascii.hexlify(octets[:16]).decode()
        shown = f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
    elif kind == 4:
        shown = binascii.hexlify(octets).decode() if octets != bytes(20) else None
    else:
        shown = text(octets)
    return {
        "id_type": coded(
            kind, ["none", "serial_number", "caa_registration", "utm_uuid", "session_id"]
        ),
        "ua_type": [
            "none aeroplane helicopter_or_multirotor gyroplane hybrid_lift ornithopter glider kite",
            "free_balloon captive_balloon airship parachute rocket tethered ground_obstacle other",
        ][bits(message, 1, 3, 0) // 8].split()[bits(message, 1, 3, 0) % 8],
        "uas_id": shown,
        "uas_id_octets": octets,
    }


def location(message):
    east_west, fast = bits(message, 1, 1, 1), bits(message, 1, 0, 0)
    course = message[2] + (180 if east_west else 0)
    speed = message[3] * 0.75 + 255 * 0.25 if fast else message[3] * 0.25
    climb = (message[4] - 256 if message[4] > 127 else message[4]) / 2
    lat, lon = place(message, 5)
    tenths = little(message, 21, 2)
    return {
        "status": coded(
            bits(message, 1, 7, 4),
            ["undeclared", "ground", "airborne", "emergency", "remote_id_failure"],
        ),
        "direction_deg": None if course > 360 else float(course),
        "speed_mps": None if speed == 255 else speed,
        "vertical_speed_mps": climb if -62 <= climb <= 62 else None,
        "lat_deg": lat,
        "lon_deg": lon,
        "alt_baro_m": altitude(message, 13),
        "alt_hae_m": altitude(message, 15),
        "height_type": "ground" if bits(message, 1, 2, 2) else "take_off",
        "height_m": altitude(message, 17),
        "accuracy_horizontal_m": metres(bits(message, 19, 3, 0), HORIZONTAL),
        "accuracy_vertical_m": metres(bits(message, 19, 7, 4), VERTICAL),
        "accuracy_baro_m": metres(bits(message, 20, 7, 4), VERTICAL),
        "accuracy_speed_mps": metres(bits(message, 20, 3, 0), SPEED),
        "time_of_hour_s": None if tenths == 65535 else tenths / 10,
        "accuracy_time_s": bits(message, 23, 3, 0) / 10 or None,
    }


def authentication(message):
    page = bits(message, 1, 3, 0)
    return {
        "auth_type": coded(
            bits(message, 1, 7, 4),
            [
                *("none", "uas_id_signature", "operator_id_signature", "message_set_signature"),
                *("network_remote_id", "specific"),
            ],
        ),
        "page": page,
        "last_page": None if page else message[2],
        "length": None if page else message[3],
        "signed_at": None if page else since_2019(message, 4),
        "data": message[2:] if page else message[8:],
    }


def self_id(message):
    return {
        "description_type": coded(message[1], ["text", "emergency", "extended_status"]),
        "description": text(message[2:]),
    }


def system(message):
    lat, lon = place(message, 2)
    eu = bits(message, 1, 4, 2) == 1
    classes = ["undeclared", *(f"class_{n}" for n in range(7))]
    return {
        "operator_place": coded(bits(message, 1, 1, 0), ["take_off", "live_gnss", "fixed"]),
        "classification": coded(bits(message, 1, 4, 2), ["undeclared", "eu"]),
        "operator_lat_deg": lat,
        "operator_lon_deg": lon,
        "operator_alt_hae_m": altitude(message, 18),
        "area_count": little(message, 10, 2),
        "area_radius_m": message[12] * 10.0,
        "area_ceiling_m": altitude(message, 13),
        "area_floor_m": altitude(message, 15),
        "eu_category": coded(
            bits(message, 17, 7, 4), ["undeclared", "open", "specific", "certified"]
        )
        if eu
        else None,
        "eu_class": coded(bits(message, 17, 3, 0), classes) if eu else None,
        "sent_at": since_2019(message, 20),
    }


def operator_id(message):
    return {"operator_id_type": message[1], "operator_id": text(message[2:22])}


READ = (basic_id, location, authentication, self_id, system, operator_id)


def decode(message):
    """Name of the kind and the fields of one message."""
    made = READ[message[0] >> 4]
    return made.__name__, made(message)


# ---- messages and packets by hand ---------------------------------------------------------------


def make_basic_id(uas_id=b"1596F3DRONE001", *, id_type=1, ua_type=2, version=2):
    return bytes([version, id_type << 4 | ua_type]) + uas_id.ljust(20, b"\0") + bytes(3)


def make_location(
    lat_deg=48.2,
    lon_deg=16.37,
    *,
    status=2,
    course=90,
    speed=40,
    fast=0,
    climb=0,
    baro_m=None,
    hae_m=250.0,
    height_m=50.0,
    accuracy=11,
    tenths=0xFFFF,
    version=2,
):
    """Speed and climb as they are on the wire; heights in metres, None unknown."""

    def height(value):
        return 0 if value is None else round((value + 1000) * 2)

    return struct.pack(
        "<BBBBbiiHHHBBHBB",
        0x10 | version,
        status << 4 | (course >= 180) << 1 | fast,
        course - 180 if course >= 180 else course,
        speed,
        climb,
        round(lat_deg * 1e7),
        round(lon_deg * 1e7),
        height(baro_m),
        height(hae_m),
        height(height_m),
        accuracy,
        0,
        tenths,
        1,
        0,
    )


def pack(*messages, version=2):
    return bytes([0xF0 | version, 25, len(messages)]) + b"".join(messages)


def beacon(payload, *, mac=b"\x02\0\0\0\0\1", counter=7, ssid=b"drone", other=b""):
    elements = bytes([0, len(ssid)]) + ssid + bytes.fromhex("010882848b960c121824") + other
    info = b"\xfa\x0b\xbc\x0d" + bytes([counter]) + payload
    elements += bytes([0xDD, len(info)]) + info
    return (
        b"\x80\0\0\0" + b"\xff" * 6 + mac + mac + b"\x10\0" + bytes(8) + b"\x64\0\x21\4" + elements
    )


def nan_frame(payload, *, mac=b"\x02\0\0\0\0\1", counter=7, control=0x10, before=b"", service=None):
    service = service or bytes.fromhex("8869199d9209")
    info = bytes([counter]) + payload
    body = service + bytes([1, 0, control]) + before
    if control & 0x10:
        body += bytes([len(info)]) + info
    attributes = b"\x01\x02\0\xfe\0" + b"\x03" + struct.pack("<H", len(body)) + body
    head = b"\xd0\0\0\0" + bytes.fromhex("516f9a010000") + mac + bytes.fromhex("506f9a010000")
    return head + b"\x20\0" + bytes.fromhex("0409506f9a13") + attributes


def radiotap(frame, *, rssi_dbm=-60, freq_mhz=2437, flags=0, fcs=None, tsft=False):
    present = 0b101010 | tsft
    fields = (bytes(8) if tsft else b"") + bytes([flags, 0])  # the channel stands on even octets
    fields += struct.pack("<HHb", freq_mhz, 0xA0, rssi_dbm)
    size = 8 + len(fields)
    out = struct.pack("<BBHI", 0, 0, size, present) + fields + frame
    if fcs is not None:
        out += struct.pack("<I", binascii.crc32(frame) ^ fcs)
    return out


def crc24(octets):
    """Bit by bit, as the specification's shift register does it."""
    register = [int(bit) for bit in f"{0x555555:024b}"]  # position 23 first
    for octet in octets:
        for k in range(8):
            feedback = register[0] ^ (octet >> k & 1)
            register = [*register[1:], 0]
            for tap in (0, 1, 3, 4, 6, 9, 10):
                register[23 - tap] ^= feedback
    # Sent most significant position first, and each octet least significant bit first.
    out = bytearray()
    for k in range(0, 24, 8):
        out.append(sum(bit << j for j, bit in enumerate(register[k : k + 8])))
    return bytes(out)


ACCESS = bytes.fromhex("d6be898e")


def service_data(payload, counter=7):
    body = b"\x16\xfa\xff\x0d" + bytes([counter]) + payload
    return bytes([len(body)]) + body


def le(pdu, *, damage=0, coding=b""):
    check = crc24(pdu)
    return ACCESS + coding + pdu + check[:2] + bytes([check[2] ^ damage])


def legacy(message, *, mac=b"\x02\0\0\0\0\2", kind=2, counter=7, **more):
    body = mac[::-1] + service_data(message, counter)
    return le(bytes([0x40 | kind, len(body)]) + body, **more)


def extended(payload, *, mac=b"\x02\0\0\0\0\3", counter=7, **more):
    fields = b"" if mac is None else mac[::-1]
    header = bytes([1 + len(fields) + 2, 0x08 | (mac is not None)]) + fields + b"\x75\x0e"
    body = header + service_data(payload, counter)
    return le(bytes([0x47, len(body)]) + body, **more)


def with_header(packet, *, channel=12, rssi_dbm=-70, coded=False):
    """Link type 256."""
    flags = 0x0001 | 0x0002 | 0x0010 | (0x8000 if coded else 0)
    return struct.pack("<BbbB4sH", channel, rssi_dbm, -128, 0, ACCESS, flags) + packet


def nordic(packet, *, channel=37, rssi_dbm=-54, coded=False):
    """Link type 272."""
    inner = struct.pack("<BBBBHI", 10, 0x01 | coded << 5, channel, -rssi_dbm, 0, 0) + packet
    return struct.pack("<BHBHB", 3, len(inner), 3, 1, 2) + inner
