"""A UAT message read bit by bit, as the tables of DO-282B number them (from 1)."""

from __future__ import annotations

import math

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ "


class Bits:
    """Bits of octets, counted from 1 at the first octet's highest bit."""

    def __init__(self, octets):
        self.bits = "".join(f"{octet:08b}" for octet in octets)

    def __call__(self, octet, bit, count):
        """An unsigned field that begins at a bit (1 to 8) of an octet (from 1)."""
        begin = (octet - 1) * 8 + bit - 1
        return int(self.bits[begin : begin + count], 2)


def message(octets):
    """Values by column of the table ``uat``; what is unknown is None."""
    bits = Bits(octets)
    kind, qualifier = bits(1, 1, 5), bits(1, 6, 3)
    address = bits(2, 1, 24)
    out = {
        "payload_type": kind,
        "address_qualifier": qualifier,
        "address": address,
        "mode_s": address if qualifier in (0, 2) else None,
    }
    if kind <= 10:
        out |= state_vector(bits, kind, qualifier)
    if kind in (1, 3):
        out |= mode_status(bits)
    return out


def angle(raw, bits):
    return (raw - (1 << bits) if raw > 1 << (bits - 1) else raw) * 360.0 / (1 << 24)


def state_vector(bits, kind, qualifier):
    raw_lat, raw_lon, nic = bits(5, 1, 23), bits(7, 8, 24), bits(12, 5, 4)
    out = {"nic": nic, "air_ground": bits(13, 1, 2)}
    if raw_lat or raw_lon or nic:
        out["lat_deg"] = angle(raw_lat, 23)
        out["lon_deg"] = angle(raw_lon, 24)
        if out["lon_deg"] == 180.0:
            out["lon_deg"] = -180.0
    names = ["alt_baro_ft", "alt_geom_ft"]
    if bits(10, 8, 1):
        names.reverse()
    out[names[0]] = altitude(bits(11, 1, 12))
    if kind in (1, 2, 5, 6):
        out[names[1]] = altitude(bits(30, 1, 12))
    state = bits(13, 1, 2)
    if state in (0, 1):
        out |= flying(bits, 4.0 if state else 1.0)
    elif state == 2:
        out |= rolling(bits)
    if qualifier in (2, 3):
        out["tisb_site"] = bits(17, 5, 4)
    else:
        out["is_utc_coupled"] = bits(17, 5, 1) == 1
    return out


def altitude(raw):
    return None if raw in (0, 4095) else raw * 25.0 - 1025.0


def flying(bits, scale):
    out = {}
    for name, sign, size in (
        ("vel_north_kt", bits(13, 4, 1), bits(13, 5, 10)),
        ("vel_east_kt", bits(14, 7, 1), bits(14, 8, 10)),
    ):
        if size not in (0, 1023):
            out[name] = (size - 1.0) * scale * (-1.0 if sign else 1.0)
    if len(out) == 2:
        north, east = out["vel_north_kt"], out["vel_east_kt"]
        out["gs_kt"] = math.sqrt(north * north + east * east)
        if out["gs_kt"] > 0.0:
            out["track_deg"] = math.degrees(math.atan2(east, north)) % 360.0
    size = bits(16, 4, 9)
    if size not in (0, 511):
        out["vert_rate_ft_min"] = (size - 1.0) * 64.0 * (-1.0 if bits(16, 3, 1) else 1.0)
        out["is_vert_rate_baro"] = bits(16, 2, 1) == 1
    return out


def rolling(bits):
    out = {}
    speed = bits(13, 4, 11)
    if 0 < speed < 1023:
        out["gs_kt"] = speed - 1.0
    name = [None, "track_deg", "mag_heading_deg", "true_heading_deg"][bits(14, 7, 2)]
    if name:
        out[name] = bits(15, 1, 9) * 360.0 / 512.0
    size = bits(16, 2, 4)
    if size:
        out["length_m"] = [15, 15, 25, 25, 35, 35, 45, 45, 55, 55, 65, 65, 75, 75, 85, 85][size]
        widths = "11.5 23 28.5 34 33 38 39.5 45 45 52 59.5 67 72.5 80 80 90"
        out["width_m"] = float(widths.split()[size])
    return out


def mode_status(bits):
    digits = []
    for octet in (18, 20, 22):
        word = bits(octet, 1, 16)
        digits += [word // 1600 % 40, word // 40 % 40, word % 40]
    letters = [*LETTERS, " ", None, None]
    text = [letters[digit] for digit in digits[1:]]
    name = None if None in text else "".join(text).rstrip()
    out = {
        "category": digits[0],
        "emergency": bits(24, 1, 3),
        "version": bits(24, 4, 3),
        "sil": bits(24, 7, 2),
        "slot": bits(25, 1, 6),
        "nac_p": bits(26, 1, 4),
        "nac_v": bits(26, 5, 3),
        "nic_baro": bits(26, 8, 1),
    }
    modes = ("has_cdti", "has_acas", "is_ra_active", "is_ident_active", "has_atc_services")
    out |= {mode: bits(27, k + 1, 1) == 1 for k, mode in enumerate(modes)}
    if bits(27, 7, 1):
        out["callsign"] = name or None
    elif name and len(name) == 4 and all(letter in "01234567" for letter in name):
        out["squawk"] = name
    return out


def uplink(octets):
    """Values by column of the table ``uat_uplink``."""
    bits = Bits(octets[:8])
    return {
        "lat_deg": angle(bits(1, 1, 23), 23),
        "lon_deg": (angle(bits(3, 8, 24), 24) + 180.0) % 360.0 - 180.0,
        "is_position_valid": bits(6, 8, 1) == 1,
        "is_utc_coupled": bits(7, 1, 1) == 1,
        "has_data": bits(7, 3, 1) == 1,
        "slot": bits(7, 4, 5),
        "tisb_site": bits(8, 1, 4),
    }
