"""Slow twins of the Mode S kernels: parity bit by bit, CPR as ICAO Doc 9871 C.2.6 writes it.

Plain Python, no code shared with the package.
"""

from fractions import Fraction
from math import acos, cos, floor, nan, pi

GENERATOR = 0b1111111111111010000001001
"""ICAO Annex 10 volume IV, 3.1.2.3.3.1.2."""


def parity(octets):
    """Remainder of the whole message: zero where the last 24 bits are its parity."""
    value = int.from_bytes(octets, "big")
    for bit in range(len(octets) * 8 - 1, 23, -1):
        if value >> bit & 1:
            value ^= GENERATOR << (bit - 24)
    return value


def zones(lat):
    """NL, the number of longitude zones."""
    lat = abs(lat)
    if lat > 87.0:
        return 1
    if lat == 87.0:
        return 2
    if lat == 0.0:
        return 59
    a = 1.0 - cos(pi / 30.0)
    return floor(2.0 * pi / acos(1.0 - a / cos(pi / 180.0 * lat) ** 2))


def encode(lat, lon, odd, turn=360):
    """XZ and YZ of a place."""
    cell = turn / (60 - odd)
    y = floor(2**17 * (lat % cell) / cell + 0.5)
    coded = cell * (y / 2**17 + floor(lat / cell))
    width = turn / max(zones(coded) - odd, 1)
    x = floor(2**17 * (lon % width) / width + 0.5)
    return y % 2**17, x % 2**17


def local(y, x, odd, turn, lat, lon):
    """The place nearest to a reference: of all that one message can mean."""
    cell = Fraction(turn, 60 - odd)
    part = Fraction(y, 2**17)
    out_lat = float(
        min((cell * (j + part) for j in range(-130, 131)), key=lambda v: abs(v - Fraction(lat)))
    )
    width = Fraction(turn, max(zones(out_lat) - odd, 1))
    part = Fraction(x, 2**17)
    out_lon = float(
        min((width * (m + part) for m in range(-130, 131)), key=lambda v: abs(v - Fraction(lon)))
    )
    return out_lat, (out_lon + 180.0) % 360.0 - 180.0


def globally(even, odd_pair, odd):
    """The airborne place that a pair means; NaN where its zones differ."""
    (y0, x0), (y1, x1) = even, odd_pair
    j = floor(Fraction(59 * y0 - 60 * y1, 2**17) + Fraction(1, 2))
    lat0 = float(6 * (j % 60 + Fraction(y0, 2**17)))
    lat1 = float(Fraction(360, 59) * (j % 59 + Fraction(y1, 2**17)))
    lat0, lat1 = (lat - 360.0 if lat >= 270.0 else lat for lat in (lat0, lat1))
    if abs(lat0) > 90.0 or abs(lat1) > 90.0 or zones(lat0) != zones(lat1):
        return nan, nan
    lat = lat1 if odd else lat0
    count = zones(lat)
    ni = max(count - odd, 1)
    m = floor(Fraction(x0 * (count - 1) - x1 * count, 2**17) + Fraction(1, 2))
    lon = float(Fraction(360, ni) * (m % ni + Fraction(x1 if odd else x0, 2**17)))
    return lat, (lon + 180.0) % 360.0 - 180.0


def gray(bits):
    """Number of a reflected Gray code, highest bit first."""
    out = 0
    for bit in bits:
        out = out << 1 | (bit ^ (out & 1))
    return out


def mode_c_ft(code):
    """Height of a Mode C reply, written ABCD in octal; None where there is none."""
    a, b, c, d = code >> 9 & 7, code >> 6 & 7, code >> 3 & 7, code & 7

    def pulse(digit, weight):
        return 1 if digit & weight else 0

    if pulse(d, 1):
        return None
    five = gray(
        [
            pulse(d, 2),
            pulse(d, 4),
            *(pulse(a, w) for w in (1, 2, 4)),
            *(pulse(b, w) for w in (1, 2, 4)),
        ]
    )
    hundreds = {0b001: 1, 0b011: 2, 0b010: 3, 0b110: 4, 0b100: 5}
    pattern = pulse(c, 1) << 2 | pulse(c, 2) << 1 | pulse(c, 4)
    if pattern not in hundreds:
        return None
    one = hundreds[pattern]
    if five % 2:
        one = 6 - one
    return five * 500 - 1200 + (one - 1) * 100
