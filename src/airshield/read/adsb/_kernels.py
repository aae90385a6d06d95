"""The compiled loops of Mode S: reading every field of a message, and CPR.

``read_messages`` goes through messages of 7 or 14 octets in order of arrival. It keeps what it
knows of each address in three arrays: ``table``, an open hash table from key to slot; ``memo``
and ``place``, one row a slot, whose columns are the ``M_`` and ``P_`` numbers below. Because it
goes message by message, nothing depends on how messages are batched.

The ``read_`` kernels write what one message tells into two arrays, ``v`` for integers and ``r``
for quantities, at the numbers of the columns; ``UNTOLD`` and NaN are not there. ``store`` then
moves it into columns. A column's number says its pool: numbers below ``N_SMALL`` are rows of
``small``, those after are rows of ``whole``, ``real`` and ``wide``; ``valid`` has a row for each of
all columns. ``columns.py`` names them.

Bits of a message are counted as the standards count them, from 1 at the left. ``me`` is the 56-bit
field of a long message (ME, MB or MV), bit 1 its highest, so ``me >> 56 - 20 & 0xFFF`` are its
bits 9 to 20.
"""

# Membership in a tuple takes longer to compile than comparisons.
# ruff: noqa: PLR1714

import math
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

B1 = NDArray[np.bool_]
U1 = NDArray[np.uint8]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U8 = NDArray[np.uint64]
F8 = NDArray[np.float64]

whole = cast("type[int]", np.int64)
"""What ``int`` is in compiled code, whatever its argument: an ``int`` of an octet were unsigned."""

# --- columns -------------------------------------------------------------------------------------
# fmt: off
(
    DF, CHECK, ADDRESS_KIND, CAPABILITY, INTERROGATOR, CONTROL_FIELD, FLIGHT_STATUS,
    DOWNLINK_REQUEST, UTILITY_MESSAGE, CROSS_LINK, SENSITIVITY, REPLY_INFORMATION, ELM_CONTROL,
    ELM_SEGMENT, TYPE_CODE, SUBTYPE, ON_GROUND, SPI, ALERT, SURVEILLANCE_STATUS, NIC_SUPPLEMENT_B,
    TIME_SYNC, CPR_ODD, POSITION, NUCP, NIC, EMITTER_CATEGORY, INTENT_CHANGE, IFR, NACV, IS_TAS,
    RATE_IS_BARO, EMERGENCY, RA_COMPLEMENT, RA_TERMINATED, RA_MULTIPLE, RA_THREAT_KIND,
    SELECTED_BY_FMS, NACP, NIC_BARO, SIL, SIL_SUPPLEMENT, GVA, AUTOPILOT, VNAV, ALTITUDE_HOLD,
    APPROACH, LNAV, TCAS_OPERATIONAL, VERSION, NIC_SUPPLEMENT_A, NIC_SUPPLEMENT_C, TCAS_RA_ACTIVE,
    SINGLE_ANTENNA, SDA, TRACK_IS_HEADING, HEADING_IS_MAGNETIC, ES_IN, UAT_IN, AIR_VELOCITY_SENT,
    TARGET_STATE_SENT, LOW_POWER, LENGTH_WIDTH, ANTENNA_OFFSET, KNOWN_NACP, KNOWN_FLAGS,
    N_SMALL,
) = range(67)
(
    ICAO, ADDRESS_PARITY, ADDRESS_OTHER, ALTITUDE_FT, ALTITUDE_M, GNSS_HEIGHT_FT, SQUAWK, CPR_LAT,
    CPR_LON, VERTICAL_RATE, GNSS_MINUS_BARO, AIRSPEED, VEL_EAST, VEL_NORTH, SELECTED_ALTITUDE,
    RA_ACTIVE, RA_THREAT, KNOWN_SQUAWK, KNOWN_GNSS_MINUS_BARO, KNOWN_UP,
    END_WHOLE,
) = range(N_SMALL, N_SMALL + 21)
(
    LAT, LON, RC, GROUND_SPEED, TRACK, HEADING, SELECTED_PRESSURE, SELECTED_HEADING, KNOWN_EAST,
    KNOWN_NORTH,
    END_REAL,
) = range(END_WHOLE, END_WHOLE + 11)
(MB, MV, CALLSIGN, KNOWN_CALLSIGN, N_COLUMNS) = range(END_REAL, END_REAL + 5)
# fmt: on

READ = np.array([df in (0, 4, 5, 11, 16, 17, 18, 20, 21, 24) for df in range(25)])
"""Downlink formats that are read."""

CHECK_OK, CHECK_CORRECTED, CHECK_KNOWN, CHECK_UNKNOWN = range(4)
"""Parity right; right after one bit was turned; address in the parity, known or not."""

KIND_ICAO, KIND_OTHER = range(2)

FAULT_PARITY, FAULT_FORMAT, FAULT_LENGTH = 1, 2, 3

(
    POSITION_ACCEPTED,
    POSITION_LONE,
    POSITION_UNCONFIRMED,
    POSITION_ZONES,
    POSITION_TOO_FAR,
    POSITION_OUT_OF_RANGE,
    POSITION_NO_REFERENCE,
    POSITION_NO_TIME,
    POSITION_COARSE,
) = range(9)

FLAG_SPI, FLAG_EMERGENCY = 1, 2

# --- what is known of an address -----------------------------------------------------------------
# fmt: off
(
    M_KEY, M_HEARD, M_VOUCHED, M_ONCE, M_NACP_T, M_CPR_T, M_CPR_T_ODD, M_GOOD_T, M_MAYBE_T, M_VEL_T,
    M_UP_T, M_CALL_T, M_SQUAWK_T, M_EMERGENCY_T, M_SPI_T, M_DIFF_T,
    M_VERSION, M_NIC_A, M_NIC_C,
    M_NACP, M_CPR_LAT, M_CPR_LAT_ODD, M_CPR_LON, M_CPR_LON_ODD, M_CPR_GROUND, M_CPR_GROUND_ODD,
    M_GOOD_GROUND, M_REFUSED, M_MAYBE_ODD, M_MAYBE_GROUND, M_UP, M_CALL, M_SQUAWK, M_DIFF,
    N_MEMO,
) = range(35)
(P_LAT, P_LON, P_MAYBE_LAT, P_MAYBE_LON, P_EAST, P_NORTH, N_PLACE) = range(7)
# fmt: on

NEVER = -(1 << 62)
"""A time so far back that any age is too old; the difference to any time still fits 64 bits."""

# --- settings, in the order of ``Gates`` ---------------------------------------------------------
(
    G_TRUST_NS,
    G_FORGET_NS,
    G_PAIR_NS,
    G_PAIR_FAST_NS,
    G_PAIR_SLOW_NS,
    G_LOCAL_NS,
    G_VELOCITY_NS,
    G_KNOWN_NS,
    G_REFUSALS,
    G_FIX_ONE_BIT,
    N_GATES,
) = range(11)
(L_SPEED_AIR, L_SPEED_GROUND, L_CLOCK_S, L_RANGE_M, L_RANGE_GROUND_M, L_LAT, L_LON, N_LIMITS) = (
    range(8)
)


UNTOLD = -(1 << 63)
"""Stands in ``v`` for what a message does not tell."""


class Out(NamedTuple):
    """The columns being filled; all arrays have a row for each column and a place each message."""

    small: U1
    whole: I4
    real: F8
    wide: U8
    valid: U1


def _crc_table() -> NDArray[np.uint32]:
    """Parity that one octet leaves behind, by its place in a long message and its value.

    The generator is that of ICAO Annex 10 volume IV, 3.1.2.3.3.1.2.
    """
    by_bit = np.empty(88, np.uint32)
    remainder = 0x800000
    for bit in range(87, -1, -1):
        remainder = (remainder << 1) ^ (0x1FFF409 if remainder & 0x800000 else 0)
        by_bit[bit] = remainder
    out = np.zeros((11, 256), np.uint32)
    values = np.arange(256)
    for bit in range(88):
        out[bit // 8] ^= np.where(values >> (7 - bit % 8) & 1, by_bit[bit], np.uint32(0))
    return out


CRC = _crc_table()

BIT_SYNDROMES = np.array(
    [CRC[bit // 8, 0x80 >> bit % 8] if bit < 88 else 1 << (111 - bit) for bit in range(112)],
    np.int64,
)
"""What the parity check gives when exactly this bit of a long message is wrong."""

ZONE_EDGES_DEG = np.degrees(
    np.arccos(
        np.sqrt((1.0 - np.cos(np.pi / 30.0)) / (1.0 - np.cos(2.0 * np.pi / np.arange(59, 1, -1))))
    )
)
"""Latitudes at which the number of longitude zones falls by one (ICAO Doc 9871, C.2.6.2)."""

EARTH_M = 6_371_008.8
_TWO_17 = 131072.0
_M_PER_NMI = 1852.0
_MPS_PER_KT = 1852.0 / 3600.0


# --- fields --------------------------------------------------------------------------------------


@kernel
def store(out: Out, i: int, v: I8, r: F8) -> None:
    """Move what one message told into its place in the columns, and empty ``v`` and ``r``."""
    # Without branches: which columns a message fills is nothing that a processor can foresee. What
    # is not told leaves zeros or NaN behind: a shift to and fro takes the one bit of UNTOLD away.
    # Machine code needs no shift, it drops the high bits; plain Python would not have it.
    for column in range(N_SMALL):
        out.small[column, i] = v[column] << 1 >> 1
        out.valid[column, i] = v[column] != UNTOLD
        v[column] = UNTOLD
    for column in range(N_SMALL, END_WHOLE):
        out.whole[column - N_SMALL, i] = v[column] << 1 >> 1
        out.valid[column, i] = v[column] != UNTOLD
        v[column] = UNTOLD
    for column in range(END_WHOLE, END_REAL):
        out.real[column - END_WHOLE, i] = r[column]
        out.valid[column, i] = r[column] == r[column]
        r[column] = math.nan
    for column in range(END_REAL, N_COLUMNS):
        out.wide[column - END_REAL, i] = v[column] & 0x7FFFFFFFFFFFFFFF
        out.valid[column, i] = v[column] != UNTOLD
        v[column] = UNTOLD


@kernel
def identity_code(field: int) -> int:
    """Return the Mode A code in a 13-bit identity field, C1 A1 C2 A2 C4 A4 x B1 D1 B2 D2 B4 D4."""
    a = (field >> 11 & 1) | (field >> 9 & 1) << 1 | (field >> 7 & 1) << 2
    b = (field >> 5 & 1) | (field >> 3 & 1) << 1 | (field >> 1 & 1) << 2
    c = (field >> 12 & 1) | (field >> 10 & 1) << 1 | (field >> 8 & 1) << 2
    d = (field >> 4 & 1) | (field >> 2 & 1) << 1 | (field & 1) << 2
    return a << 9 | b << 6 | c << 3 | d


@kernel
def gillham_ft(code: int) -> int:
    """Return the height [ft] that a Mode C reply stands for; -9999 where it stands for none.

    ``code`` is arranged like a Mode A code, ABCD. D2 D4 A1 A2 A4 B1 B2 B4 count 500 ft in a Gray
    code, C1 C2 C4 count 100 ft in another (ICAO Annex 10 volume IV, appendix to chapter 3).
    """
    d1 = code & 1
    gray = 0
    gray = gray << 1 | (code >> 1 & 1)  # D2
    gray = gray << 1 | (code >> 2 & 1)  # D4
    gray = gray << 1 | (code >> 9 & 1)  # A1
    gray = gray << 1 | (code >> 10 & 1)
    gray = gray << 1 | (code >> 11 & 1)
    gray = gray << 1 | (code >> 6 & 1)  # B1
    gray = gray << 1 | (code >> 7 & 1)
    gray = gray << 1 | (code >> 8 & 1)
    fives = gray
    fives ^= fives >> 4
    fives ^= fives >> 2
    fives ^= fives >> 1
    ones = (code >> 3 & 1) << 2 | (code >> 4 & 1) << 1 | (code >> 5 & 1)  # C1 C2 C4
    ones ^= ones >> 2
    ones ^= ones >> 1
    if d1 == 1 or ones == 0 or ones == 5 or ones == 6:
        return -9999
    if ones == 7:
        ones = 5
    if fives & 1:
        ones = 6 - ones
    return 500 * fives + 100 * ones - 1300


@kernel
def put_altitude(v: I8, field: int, column: int) -> None:
    """Write the height in a 13-bit altitude field; all zeros is unknown.

    ICAO Annex 10 volume IV, 3.1.2.6.5.4: M tells metres, Q tells steps of 25 ft from -1000 ft.
    """
    if field == 0:
        return
    if field & 0x40:
        v[ALTITUDE_M] = (field >> 1 & 0xFC0) | (field & 0x3F)
    elif field & 0x10:
        steps = (field & 0x1F80) >> 2 | (field & 0x20) >> 1 | (field & 0xF)
        v[column] = 25 * steps - 1000
    else:
        height_ft = gillham_ft(identity_code(field))
        if height_ft != -9999:
            v[column] = height_ft


@kernel
def letters(me: int) -> int:
    """Return the eight six-bit signs in the last 48 bits as octets of ASCII."""
    text = 0
    for k in range(8):
        code = me >> (42 - 6 * k) & 0x3F
        text = text << 8 | (code if code >= 32 else code + 64)
    return text


@kernel
def movement_kt(code: int) -> float:
    """Return the ground speed [kt] of a surface movement code; NaN where it tells none.

    Steps grow with speed (DO-260B, table 2-16); 124 is 175 kt or more.
    """
    if code == 1:
        return 0.0
    if code < 1 or code > 124:
        return math.nan
    if code < 9:
        return 0.125 * (code - 1)
    if code < 13:
        return 1.0 + 0.25 * (code - 9)
    if code < 39:
        return 2.0 + 0.5 * (code - 13)
    if code < 94:
        return 15.0 + (code - 39)
    if code < 109:
        return 70.0 + 2.0 * (code - 94)
    if code < 124:
        return 100.0 + 5.0 * (code - 109)
    return 175.0


@kernel
def integrity(type_code: int, version: int, a: int, b: int, c: int) -> tuple[int, float]:
    """Return NIC and the radius of containment [m] (DO-260B, tables 2-14 and 2-70; DO-260A).

    A supplement of -1 has not been heard; where it decides, both are unknown (-1, NaN).
    """
    if type_code == 5 or type_code == 9 or type_code == 20:
        return 11, 7.5
    if type_code == 6 or type_code == 10 or type_code == 21:
        return 10, 25.0
    if type_code == 0 or type_code == 22:
        return 0, math.nan
    if type_code == 7:
        if a < 0 or (version == 2 and c < 0):
            return -1, math.nan
        return (9, 75.0) if a == 1 and (version == 1 or c == 0) else (8, 0.1 * _M_PER_NMI)
    if type_code == 8:
        if version == 1:
            return 0, math.nan
        if a < 0 or c < 0:
            return -1, math.nan
        if a == 1:
            return (7, 0.2 * _M_PER_NMI) if c == 1 else (6, 0.3 * _M_PER_NMI)
        return (6, 0.6 * _M_PER_NMI) if c == 1 else (0, math.nan)
    if a < 0 and (type_code == 11 or type_code == 13 or type_code == 16):
        return -1, math.nan
    both = a == 1 and (version == 1 or b == 1)
    if type_code == 11:
        return (9, 75.0) if both else (8, 0.1 * _M_PER_NMI)
    if type_code == 13:
        if both:
            return 6, 0.6 * _M_PER_NMI
        return (6, 0.3 * _M_PER_NMI) if version == 2 and b == 1 else (6, 0.5 * _M_PER_NMI)
    if type_code == 16:
        return (3, 4.0 * _M_PER_NMI) if both else (2, 8.0 * _M_PER_NMI)
    if type_code == 12:
        return 7, 0.2 * _M_PER_NMI
    if type_code == 14:
        return 5, 1.0 * _M_PER_NMI
    if type_code == 15:
        return 4, 2.0 * _M_PER_NMI
    if type_code == 17:
        return 1, 20.0 * _M_PER_NMI
    return 0, math.nan


@kernel
def uncertainty(type_code: int) -> int:
    """Return NUCp, what version 0 calls it (DO-260, table 2-11)."""
    if 5 <= type_code <= 8:
        return 14 - type_code
    if 9 <= type_code <= 18:
        return 18 - type_code
    return 29 - type_code if type_code == 20 or type_code == 21 else 0


# --- compact position reporting ------------------------------------------------------------------


@kernel
def zones(lat_deg: float) -> int:
    """Return the number of longitude zones at a latitude, NL (ICAO Doc 9871, C.2.6.2)."""
    low, high = 0, 58
    while low < high:
        middle = (low + high) >> 1
        if ZONE_EDGES_DEG[middle] < abs(lat_deg):
            low = middle + 1
        else:
            high = middle
    return 59 - low


@kernel
def wrap_deg(lon_deg: float) -> float:
    """Bring a longitude into [-180, 180)."""
    return lon_deg - 360.0 * math.floor((lon_deg + 180.0) / 360.0)


@kernel
def cpr_local(
    lat: int, lon: int, odd: int, ground: int, ref_lat: float, ref_lon: float
) -> tuple[float, float]:
    """Return the place [deg] nearest to a reference that one message can mean (C.2.6.5)."""
    turn = 90.0 if ground else 360.0
    cell = turn / (60 - odd)
    part = lat / _TWO_17
    near = ref_lat / cell
    out_lat = cell * (math.floor(0.5 + near - part) + part)
    width = turn / max(zones(out_lat) - odd, 1)
    part = lon / _TWO_17
    out_lon = width * (math.floor(0.5 + ref_lon / width - part) + part)
    return out_lat, wrap_deg(out_lon)


@kernel
def cpr_global(
    even_y: int,
    even_x: int,
    odd_y: int,
    odd_x: int,
    odd: int,
    ground: int,
    ref_lat: float,
    ref_lon: float,
) -> tuple[float, float]:
    """Return the place [deg] that an even and an odd message mean together (C.2.6.7, C.2.6.8).

    Both are NaN where the two lie in different zones. On the ground the place repeats every 90
    degrees, and the one nearest to the reference is taken.
    """
    turn = 90.0 if ground else 360.0
    j = (59 * even_y - 60 * odd_y + 65536) >> 17
    even_lat = turn / 60.0 * (j % 60 + even_y / _TWO_17)
    odd_lat = turn / 59.0 * (j % 59 + odd_y / _TWO_17)
    if ground:
        shift = 90.0 * math.floor(0.5 + (ref_lat - even_lat) / 90.0)
        even_lat += shift
        odd_lat += shift
    else:
        even_lat -= 360.0 if even_lat >= 270.0 else 0.0
        odd_lat -= 360.0 if odd_lat >= 270.0 else 0.0
    out_lat = odd_lat if odd else even_lat
    n = zones(out_lat)
    if abs(even_lat) > 90.0 or abs(odd_lat) > 90.0 or zones(even_lat) != zones(odd_lat):
        return math.nan, math.nan
    count = max(n - odd, 1)
    m = (even_x * (n - 1) - odd_x * n + 65536) >> 17
    out_lon = turn / count * (m % count + (odd_x if odd else even_x) / _TWO_17)
    if ground:
        out_lon += 90.0 * math.floor(0.5 + (ref_lon - out_lon) / 90.0)
    return out_lat, wrap_deg(out_lon)


@kernel
def apart_m(lat: float, lon: float, lat_2: float, lon_2: float) -> float:
    """Return the distance on a sphere of the Earth's mean radius; haversine."""
    north = math.sin(math.radians(lat_2 - lat) / 2.0)
    east = math.sin(math.radians(lon_2 - lon) / 2.0)
    h = north * north + math.cos(math.radians(lat)) * math.cos(math.radians(lat_2)) * east * east
    return 2.0 * EARTH_M * math.asin(math.sqrt(min(h, 1.0)))


@kernel
def in_range(lat: float, lon: float, ground: int, limits: F8) -> bool:
    """Tell whether the receiver can have heard this place; true where nobody said where it is."""
    if math.isnan(limits[L_LAT]):
        return True
    away_m = apart_m(lat, lon, limits[L_LAT], limits[L_LON])
    return bool(away_m <= (limits[L_RANGE_GROUND_M] if ground else limits[L_RANGE_M]))


@kernel
def may_reach(
    lat: float, lon: float, lat_2: float, lon_2: float, age_ns: int, ground: bool, limits: F8
) -> bool:
    """Tell whether one can be at both places, this long apart."""
    speed = limits[L_SPEED_GROUND] if ground else limits[L_SPEED_AIR]
    reach_m = speed * (abs(age_ns) * 1e-9 + limits[L_CLOCK_S])
    return bool(apart_m(lat, lon, lat_2, lon_2) <= reach_m)


@kernel
def find_position(
    m: I8,
    p: F8,
    t_ns: int,
    lat: int,
    lon: int,
    odd: int,
    ground: int,
    speed_kt: float,
    gates: I8,
    limits: F8,
) -> tuple[int, float, float]:
    """Place one message, and tell why not where it cannot be; see ``docs/adsb.md`` for the rules.

    ``m`` and ``p`` are the rows of ``memo`` and ``place`` of its address.
    """
    other = 1 - odd
    m[M_CPR_T + odd] = t_ns
    m[M_CPR_LAT + odd] = lat
    m[M_CPR_LON + odd] = lon
    m[M_CPR_GROUND + odd] = ground

    age = t_ns - m[M_GOOD_T]
    if m[M_REFUSED] < gates[G_REFUSALS] and abs(age) <= gates[G_LOCAL_NS]:
        at_lat, at_lon = cpr_local(lat, lon, odd, ground, p[P_LAT], p[P_LON])
        slow = ground == 1 and m[M_GOOD_GROUND] == 1
        if not may_reach(at_lat, at_lon, p[P_LAT], p[P_LON], age, slow, limits):
            m[M_REFUSED] += 1
            return POSITION_TOO_FAR, at_lat, at_lon
        if not in_range(at_lat, at_lon, ground, limits):
            m[M_REFUSED] += 1
            return POSITION_OUT_OF_RANGE, at_lat, at_lon
    else:
        confirmed = False
        at_lat = math.nan
        at_lon = math.nan
        age = t_ns - m[M_MAYBE_T]
        if abs(age) <= gates[G_PAIR_NS] and m[M_MAYBE_GROUND] == ground:
            at_lat, at_lon = cpr_local(lat, lon, odd, ground, p[P_MAYBE_LAT], p[P_MAYBE_LON])
            if may_reach(at_lat, at_lon, p[P_MAYBE_LAT], p[P_MAYBE_LON], age, ground == 1, limits):
                # A wrong zone shifts even and odd places by different amounts, so only a message
                # of the other kind is a witness.
                if m[M_MAYBE_ODD] == odd:
                    return POSITION_UNCONFIRMED, at_lat, at_lon
                confirmed = True
            else:
                m[M_MAYBE_T] = NEVER
        if not confirmed and ground == 1 and not math.isnan(limits[L_LAT]):
            at_lat, at_lon = cpr_local(lat, lon, odd, ground, limits[L_LAT], limits[L_LON])
            if not in_range(at_lat, at_lon, ground, limits):
                return POSITION_OUT_OF_RANGE, at_lat, at_lon
            confirmed = True
        if not confirmed:
            limit = gates[G_PAIR_NS]
            if ground == 1:
                limit = gates[G_PAIR_SLOW_NS] if speed_kt <= 25.0 else gates[G_PAIR_FAST_NS]
            if m[M_CPR_GROUND + other] != ground or abs(t_ns - m[M_CPR_T + other]) > limit:
                return POSITION_LONE, math.nan, math.nan
            if ground == 1 and m[M_GOOD_T] == NEVER:
                return POSITION_NO_REFERENCE, math.nan, math.nan
            at_lat, at_lon = cpr_global(
                m[M_CPR_LAT],
                m[M_CPR_LON],
                m[M_CPR_LAT_ODD],
                m[M_CPR_LON_ODD],
                odd,
                ground,
                p[P_LAT],
                p[P_LON],
            )
            if math.isnan(at_lat):
                return POSITION_ZONES, math.nan, math.nan
            if not in_range(at_lat, at_lon, ground, limits):
                return POSITION_OUT_OF_RANGE, at_lat, at_lon
            m[M_MAYBE_T], m[M_MAYBE_ODD], m[M_MAYBE_GROUND] = t_ns, odd, ground
            p[P_MAYBE_LAT], p[P_MAYBE_LON] = at_lat, at_lon
            return POSITION_UNCONFIRMED, at_lat, at_lon
        if not in_range(at_lat, at_lon, ground, limits):
            m[M_MAYBE_T] = NEVER
            return POSITION_OUT_OF_RANGE, at_lat, at_lon
    m[M_GOOD_T], m[M_GOOD_GROUND], m[M_REFUSED] = t_ns, ground, 0
    m[M_MAYBE_T] = NEVER
    p[P_LAT], p[P_LON] = at_lat, at_lon
    return POSITION_ACCEPTED, at_lat, at_lon


# --- addresses -----------------------------------------------------------------------------------


@kernel
def find_slot(table: I4, memo: I8, key: int) -> int:
    """Return the slot of a key, or -1 minus the place in the table where it would go."""
    mask = table.size - 1
    at = (key * 2654435761 >> 8) & mask
    while table[at] >= 0:
        if memo[table[at], M_KEY] == key:
            return whole(table[at])
        at = (at + 1) & mask
    return -1 - at


@kernel
def clear_slot(m: I8, key: int) -> None:
    """Forget everything about a slot."""
    for column in range(m.size):
        if column < M_VERSION:
            m[column] = NEVER
        else:
            m[column] = -1 if column < M_NACP else 0
    m[M_KEY] = key


@kernel
def enter_keys(table: I4, memo: I8, used: int) -> None:
    """Fill an empty hash table with the slots in use."""
    for slot in range(used):
        table[-1 - find_slot(table, memo, memo[slot, M_KEY])] = slot


# --- messages ------------------------------------------------------------------------------------


@kernel
def syndrome(message: U1, i: int, size: int) -> int:
    """Return what the parity check leaves: zero, the address, or a sign of damage."""
    check = np.uint32(0)
    shift = 14 - size
    for k in range(size - 3):
        check ^= CRC[k + shift, message[i, k]]
    parity = (
        whole(message[i, size - 3]) << 16
        | whole(message[i, size - 2]) << 8
        | whole(message[i, size - 1])
    )
    return whole(check) ^ parity


@kernel
def fix_one_bit(message: U1, i: int, left: int) -> bool:
    """Turn the one bit of a long message that explains what the check left, if there is one.

    The format itself (bits 1 to 5) is not touched: had it been wrong, this were another format.
    """
    for bit in range(5, 112):
        if BIT_SYNDROMES[bit] == left:
            message[i, bit >> 3] ^= np.uint8(0x80 >> (bit & 7))
            return True
    return False


@kernel
def read_position(
    v: I8, r: F8, me: int, t_ns: int, m: I8, p: F8, timed: bool, gates: I8, limits: F8
) -> None:
    """Read an airborne or surface position (BDS 0,5 and 0,6)."""
    type_code = me >> 56 - 5 & 0x1F
    ground = 1 if 5 <= type_code <= 8 else 0
    version = m[M_VERSION]
    speed_kt = math.nan
    extra = 0
    v[ON_GROUND] = ground
    if ground:
        speed_kt = movement_kt(me >> 56 - 12 & 0x7F)
        if not math.isnan(speed_kt):
            r[GROUND_SPEED] = speed_kt
        if me >> 56 - 13 & 1:
            track = (me >> 56 - 20 & 0x7F) * 2.8125
            r[TRACK] = track
            if not math.isnan(speed_kt):
                m[M_VEL_T] = t_ns
                p[P_EAST] = speed_kt * math.sin(math.radians(track))
                p[P_NORTH] = speed_kt * math.cos(math.radians(track))
    else:
        status = me >> 56 - 7 & 3
        v[SURVEILLANCE_STATUS] = status
        v[SPI] = 1 if status == 3 else 0
        v[ALERT] = 1 if status == 1 or status == 2 else 0
        if status == 3:
            m[M_SPI_T] = t_ns
        if status == 1:
            m[M_EMERGENCY_T] = t_ns
        extra = me >> 56 - 8 & 1
        v[NIC_SUPPLEMENT_B] = extra
        field = me >> 56 - 20 & 0xFFF
        field = (field & 0xFC0) << 1 | field & 0x3F  # the M bit is left out here
        put_altitude(v, field, whole(ALTITUDE_FT if type_code < 20 else GNSS_HEIGHT_FT))
    if version == 1 or version == 2:
        nic, radius_m = integrity(type_code, version, m[M_NIC_A], extra, m[M_NIC_C])
        if nic >= 0:
            v[NIC] = nic
        if not math.isnan(radius_m):
            r[RC] = radius_m
    elif version <= 0:
        v[NUCP] = uncertainty(type_code)
    if type_code == 0:
        return
    odd = me >> 56 - 22 & 1
    lat, lon = (me >> 56 - 39 & 0x1FFFF), (me >> 56 - 56 & 0x1FFFF)
    v[TIME_SYNC] = me >> 56 - 21 & 1
    v[CPR_ODD] = odd
    v[CPR_LAT] = lat
    v[CPR_LON] = lon
    if not timed:
        v[POSITION] = POSITION_NO_TIME
        return
    why, at_lat, at_lon = find_position(m, p, t_ns, lat, lon, odd, ground, speed_kt, gates, limits)
    v[POSITION] = why
    if why == POSITION_ACCEPTED:
        r[LAT] = at_lat
        r[LON] = at_lon


@kernel
def read_velocity(v: I8, r: F8, me: int, t_ns: int, m: I8, p: F8, is_tisb: bool) -> None:
    """Read an airborne velocity (BDS 0,9)."""
    subtype = me >> 56 - 8 & 7
    v[SUBTYPE] = subtype
    if subtype < 1 or subtype > 4:
        return
    unit = 4 if subtype == 2 or subtype == 4 else 1
    if is_tisb:
        v[NACP] = me >> 56 - 13 & 15
    else:
        v[INTENT_CHANGE] = me >> 56 - 9 & 1
        v[IFR] = me >> 56 - 10 & 1
        v[NACV] = me >> 56 - 13 & 7
    first, second = (me >> 56 - 24 & 0x3FF), (me >> 56 - 35 & 0x3FF)
    if subtype <= 2:
        if first > 0 and second > 0:
            east = (first - 1) * (-unit if (me >> 56 - 14 & 1) else unit)
            north = (second - 1) * (-unit if (me >> 56 - 25 & 1) else unit)
            v[VEL_EAST] = east
            v[VEL_NORTH] = north
            r[GROUND_SPEED] = math.hypot(east, north)
            track = math.degrees(math.atan2(east, north))
            r[TRACK] = track + 360.0 if track < 0.0 else track
            if first < 1023 and second < 1023:
                m[M_VEL_T] = t_ns
                p[P_EAST], p[P_NORTH] = east, north
    else:
        if me >> 56 - 14 & 1:
            r[HEADING] = first * (360.0 / 1024.0)
        v[IS_TAS] = me >> 56 - 25 & 1
        if second > 0:
            v[AIRSPEED] = (second - 1) * unit
    rate = me >> 56 - 46 & 0x1FF
    if not is_tisb:
        v[RATE_IS_BARO] = me >> 56 - 36 & 1
    if rate > 0:
        climb = (rate - 1) * (-64 if (me >> 56 - 37 & 1) else 64)
        v[VERTICAL_RATE] = climb
        if rate < 511:
            m[M_UP_T], m[M_UP] = t_ns, climb
    above = me >> 56 - 56 & 0x7F
    if above > 0 and not is_tisb:
        difference = (above - 1) * (-25 if (me >> 56 - 49 & 1) else 25)
        v[GNSS_MINUS_BARO] = difference
        if above < 127:
            m[M_DIFF_T], m[M_DIFF] = t_ns, difference


@kernel
def read_status(v: I8, me: int, t_ns: int, m: I8) -> None:
    """Read an aircraft status: emergency and squawk, or a resolution advisory (BDS 6,1)."""
    subtype = me >> 56 - 8 & 7
    v[SUBTYPE] = subtype
    if subtype == 1:
        state = me >> 56 - 11 & 7
        code = identity_code(me >> 56 - 24 & 0x1FFF)
        v[EMERGENCY] = state
        v[SQUAWK] = code
        m[M_SQUAWK_T], m[M_SQUAWK] = t_ns, code
        # 2 is a medical flight: it has priority and is no emergency.
        m[M_EMERGENCY_T] = t_ns if 1 <= state <= 6 and state != 2 else NEVER
    elif subtype == 2:
        v[RA_ACTIVE] = me >> 56 - 22 & 0x3FFF
        v[RA_COMPLEMENT] = me >> 56 - 26 & 15
        v[RA_TERMINATED] = me >> 56 - 27 & 1
        v[RA_MULTIPLE] = me >> 56 - 28 & 1
        v[RA_THREAT_KIND] = me >> 56 - 30 & 3
        v[RA_THREAT] = me >> 56 - 56 & 0x3FFFFFF


@kernel
def read_target_state(v: I8, r: F8, me: int, t_ns: int, m: I8) -> None:
    """Read a target state and status (BDS 6,2): subtype 0 of DO-260A, subtype 1 of DO-260B."""
    subtype = me >> 56 - 7 & 3
    v[SUBTYPE] = subtype
    if subtype > 1:
        return
    v[NACP] = me >> 56 - 43 & 15
    v[NIC_BARO] = me >> 56 - 44 & 1
    v[SIL] = me >> 56 - 46 & 3
    m[M_NACP_T], m[M_NACP] = t_ns, (me >> 56 - 43 & 15)
    if subtype == 0:
        if (me >> 56 - 9 & 3) > 0:
            v[SELECTED_ALTITUDE] = 100 * (me >> 56 - 25 & 0x3FF) - 1000
        if (me >> 56 - 27 & 3) > 0 and (me >> 56 - 36 & 0x1FF) < 360:
            r[SELECTED_HEADING] = float(me >> 56 - 36 & 0x1FF)
        v[EMERGENCY] = me >> 56 - 56 & 7
        v[TCAS_OPERATIONAL] = 1 - (me >> 56 - 52 & 1)
        v[TCAS_RA_ACTIVE] = me >> 56 - 53 & 1
        return
    v[SIL_SUPPLEMENT] = me >> 56 - 8 & 1
    if (me >> 56 - 20 & 0x7FF) > 0:
        v[SELECTED_BY_FMS] = me >> 56 - 9 & 1
        v[SELECTED_ALTITUDE] = 32 * ((me >> 56 - 20 & 0x7FF) - 1)
    if (me >> 56 - 29 & 0x1FF) > 0:
        r[SELECTED_PRESSURE] = 800.0 + 0.8 * ((me >> 56 - 29 & 0x1FF) - 1)
    if me >> 56 - 30 & 1:
        r[SELECTED_HEADING] = (me >> 56 - 39 & 0x1FF) * (180.0 / 256.0)
    if me >> 56 - 47 & 1:
        v[AUTOPILOT] = me >> 56 - 48 & 1
        v[VNAV] = me >> 56 - 49 & 1
        v[ALTITUDE_HOLD] = me >> 56 - 50 & 1
        v[APPROACH] = me >> 56 - 52 & 1
        v[LNAV] = me >> 56 - 54 & 1
    v[TCAS_OPERATIONAL] = me >> 56 - 53 & 1


@kernel
def read_operations(v: I8, me: int, t_ns: int, m: I8) -> None:
    """Read an operational status (BDS 6,5), in the layout of the version that it tells."""
    subtype = me >> 56 - 8 & 7
    v[SUBTYPE] = subtype
    if subtype > 1:
        return
    version = me >> 56 - 43 & 7
    v[VERSION] = version
    m[M_VERSION] = version
    if version < 1 or version > 2:
        return
    m[M_NIC_A] = me >> 56 - 44 & 1
    v[NIC_SUPPLEMENT_A] = me >> 56 - 44 & 1
    v[NACP] = me >> 56 - 48 & 15
    m[M_NACP_T], m[M_NACP] = t_ns, (me >> 56 - 48 & 15)
    v[SIL] = me >> 56 - 52 & 3
    v[HEADING_IS_MAGNETIC] = me >> 56 - 54 & 1
    v[TCAS_RA_ACTIVE] = me >> 56 - 27 & 1
    v[SPI] = me >> 56 - 28 & 1
    if me >> 56 - 28 & 1:
        m[M_SPI_T] = t_ns
    if version == 2:
        v[SIL_SUPPLEMENT] = me >> 56 - 55 & 1
        v[SINGLE_ANTENNA] = me >> 56 - 30 & 1
        v[SDA] = me >> 56 - 32 & 3
        v[ES_IN] = me >> 56 - 12 & 1
    if subtype == 0:
        v[NIC_BARO] = me >> 56 - 53 & 1
        v[AIR_VELOCITY_SENT] = me >> 56 - 15 & 1
        v[TARGET_STATE_SENT] = me >> 56 - 16 & 1
        # Version 1 says "not operational", version 2 "operational".
        tcas = me >> 56 - 11 & 1
        v[TCAS_OPERATIONAL] = tcas if version == 2 else 1 - tcas
        if version == 2:
            v[GVA] = me >> 56 - 50 & 3
            v[UAT_IN] = me >> 56 - 19 & 1
    else:
        v[ON_GROUND] = 1
        v[TRACK_IS_HEADING] = me >> 56 - 53 & 1
        v[LOW_POWER] = me >> 56 - 15 & 1
        v[LENGTH_WIDTH] = me >> 56 - 24 & 15
        if version == 2:
            m[M_NIC_C] = me >> 56 - 20 & 1
            v[NIC_SUPPLEMENT_C] = me >> 56 - 20 & 1
            v[UAT_IN] = me >> 56 - 16 & 1
            v[NACV] = me >> 56 - 19 & 7
            v[ANTENNA_OFFSET] = me >> 56 - 40 & 0xFF


@kernel
def put_known(v: I8, r: F8, t_ns: int, m: I8, p: F8, gates: I8) -> None:
    """Write what other messages of the same address said lately, beside its position."""
    if abs(t_ns - m[M_VEL_T]) <= gates[G_VELOCITY_NS]:
        r[KNOWN_EAST] = p[P_EAST]
        r[KNOWN_NORTH] = p[P_NORTH]
    if abs(t_ns - m[M_UP_T]) <= gates[G_VELOCITY_NS]:
        v[KNOWN_UP] = m[M_UP]
    if abs(t_ns - m[M_DIFF_T]) <= gates[G_VELOCITY_NS] and m[M_VERSION] == 2:
        v[KNOWN_GNSS_MINUS_BARO] = m[M_DIFF]
    if abs(t_ns - m[M_CALL_T]) <= gates[G_KNOWN_NS]:
        v[KNOWN_CALLSIGN] = m[M_CALL]
    if abs(t_ns - m[M_SQUAWK_T]) <= gates[G_KNOWN_NS]:
        v[KNOWN_SQUAWK] = m[M_SQUAWK]
    if abs(t_ns - m[M_NACP_T]) <= gates[G_KNOWN_NS]:
        v[KNOWN_NACP] = m[M_NACP]
    flags = 0
    if abs(t_ns - m[M_SPI_T]) <= gates[G_VELOCITY_NS]:
        flags |= FLAG_SPI
    if abs(t_ns - m[M_EMERGENCY_T]) <= gates[G_KNOWN_NS]:
        flags |= FLAG_EMERGENCY
    v[KNOWN_FLAGS] = flags


@kernel
def read_squitter(
    v: I8, r: F8, me: int, t_ns: int, m: I8, p: F8, timed: bool, cf: int, gates: I8, limits: F8
) -> None:
    """Read the 56-bit field of an extended squitter (DF17, DF18)."""
    type_code = me >> 56 - 5 & 0x1F
    is_tisb = cf == 2 or cf == 5
    v[TYPE_CODE] = type_code
    if 1 <= type_code <= 4:
        text = letters(me)
        v[EMITTER_CATEGORY] = (4 - type_code) * 8 + (me >> 56 - 8 & 7)
        v[CALLSIGN] = text
        m[M_CALL_T], m[M_CALL] = t_ns, text
    elif type_code <= 18 or 20 <= type_code <= 22:
        read_position(v, r, me, t_ns, m, p, timed, gates, limits)
        if timed:
            put_known(v, r, t_ns, m, p, gates)
    elif type_code == 19:
        read_velocity(v, r, me, t_ns, m, p, is_tisb)
    elif type_code == 28:
        read_status(v, me, t_ns, m)
    elif type_code == 29:
        read_target_state(v, r, me, t_ns, m)
    elif type_code == 31:
        read_operations(v, me, t_ns, m)


@kernel
def read_reply(v: I8, df: int, head: int, me: int) -> None:
    """Read what surveillance, Comm-B and air-to-air replies tell, but their address."""
    field = head & 0x1FFF
    if df == 0 or df == 16:
        v[ON_GROUND] = head >> 26 & 1
        if df == 0:
            v[CROSS_LINK] = head >> 25 & 1
        v[SENSITIVITY] = head >> 21 & 7
        v[REPLY_INFORMATION] = head >> 15 & 15
    else:
        status = head >> 24 & 7
        v[FLIGHT_STATUS] = status
        v[DOWNLINK_REQUEST] = head >> 19 & 31
        v[UTILITY_MESSAGE] = head >> 13 & 63
        v[ALERT] = 1 if 2 <= status <= 4 else 0
        v[SPI] = 1 if 4 <= status <= 5 else 0
        if status <= 3:
            v[ON_GROUND] = status & 1
    if df == 5 or df == 21:
        v[SQUAWK] = identity_code(field)
    else:
        put_altitude(v, field, whole(ALTITUDE_FT))
    if df == 16:
        v[MV] = me
    elif df >= 20:
        v[MB] = me


@kernel
def other_address(df: int, cf: int, me: int) -> bool:
    """Tell whether an extended squitter's address is no ICAO address (DO-260B, 2.2.18.4.7)."""
    if df == 17 or cf == 0:
        return False
    if cf == 1 or cf == 5:
        return True
    type_code = me >> 56 - 5 & 0x1F
    if cf == 3:
        return (me >> 56 - 1 & 1) == 1
    if 9 <= type_code <= 18 or 20 <= type_code <= 22:
        return (me >> 56 - 8 & 1) == 1
    if 5 <= type_code <= 8:
        return (me >> 56 - 21 & 1) == 1
    if type_code == 19:
        return (me >> 56 - 9 & 1) == 1
    if type_code == 29:
        return (me >> 56 - 51 & 1) == 1
    if type_code == 28 or type_code == 31:
        return (me >> 56 - 56 & 1) == 1
    return False


@kernel
def read_messages(
    message: U1,
    size: U1,
    t_ns: I8,
    synthetic: B1,
    no_time: int,
    start: int,
    table: I4,
    memo: I8,
    place: F8,
    gates: I8,
    limits: F8,
    counters: I8,
    out: Out,
    origin: I8,
    fault: U1,
) -> int:
    """Read messages in order from ``start``; return how far it came.

    It stops early when a new address finds no slot free. ``counters`` keeps the slots in use and
    the rows written; ``origin`` tells which message each row is of.
    """
    v = np.full(N_COLUMNS, UNTOLD, np.int64)
    r = np.full(N_COLUMNS, math.nan)
    for n in range(start, size.size):
        df = whole(message[n, 0]) >> 3
        df = 24 if df >= 24 else df
        fault[n] = FAULT_FORMAT
        if not READ[df]:
            continue
        fault[n] = FAULT_LENGTH
        if size[n] != (7 if df < 16 else 14):
            continue
        fault[n] = FAULT_PARITY
        timed = t_ns[n] != no_time
        t = t_ns[n] if timed else 0
        left = syndrome(message, n, size[n])
        check = CHECK_OK
        if df == 17 or df == 18:
            if left != 0 and gates[G_FIX_ONE_BIT] and fix_one_bit(message, n, left):
                left = 0
                check = CHECK_CORRECTED
            if left != 0:
                continue
        elif df == 11 and left > 0x7F:
            continue
        head = (
            whole(message[n, 0]) << 24
            | whole(message[n, 1]) << 16
            | whole(message[n, 2]) << 8
            | whole(message[n, 3])
        )
        me = whole(0)
        if size[n] == 14:
            for k in range(4, 11):
                me = me << 8 | whole(message[n, k])

        i = counters[1]
        slot = whole(-1)
        key = left
        cf = whole(0)
        is_other = False
        if df == 11 or df == 17 or df == 18:
            key = head & 0xFFFFFF
            if df == 18:
                cf = head >> 24 & 7
                is_other = other_address(df, cf, me)
                key |= (2 * cf + is_other) << 24
            if synthetic[n]:
                key |= 16 << 24
            slot = find_slot(table, memo, key)
            if slot < 0:
                if counters[0] == memo.shape[0]:
                    return n
                table[-1 - slot] = slot = counters[0]
                counters[0] += 1
                clear_slot(memo[slot], key)
            m = memo[slot]
            if abs(t - m[M_HEARD]) > gates[G_FORGET_NS]:
                clear_slot(m, key)
            m[M_HEARD] = t
            # An all-call reply whose parity carries an interrogator's code is checked by 17 bits
            # only: it vouches for its address when it has been heard before.
            if key < 1 << 24 and (left == 0 or abs(t - m[M_ONCE]) <= gates[G_TRUST_NS]):
                m[M_VOUCHED] = t
            m[M_ONCE] = t
            column = ADDRESS_OTHER if is_other else ICAO
            v[column] = head & 0xFFFFFF
            v[ADDRESS_KIND] = KIND_OTHER if is_other else KIND_ICAO
        else:
            slot = find_slot(table, memo, key)
            v[ADDRESS_PARITY] = key
            check = CHECK_UNKNOWN
            if slot >= 0 and abs(t - memo[slot, M_VOUCHED]) <= gates[G_TRUST_NS]:
                check = CHECK_KNOWN
                v[ICAO] = key
                v[ADDRESS_KIND] = KIND_ICAO

        fault[n] = 0
        origin[i] = n
        counters[1] += 1
        v[DF] = df
        v[CHECK] = check
        if df == 17 or df == 18:
            m, p = memo[slot], place[slot]
            if df == 17:
                v[CAPABILITY] = head >> 24 & 7
            else:
                v[CONTROL_FIELD] = cf
            if df == 18 and cf == 3:
                v[POSITION] = POSITION_COARSE
            elif df == 17 or cf <= 2 or cf == 5 or cf == 6:
                read_squitter(v, r, me, t, m, p, timed, cf if df == 18 else 0, gates, limits)
        elif df == 11:
            capability = head >> 24 & 7
            v[CAPABILITY] = capability
            v[INTERROGATOR] = left
            if capability == 4 or capability == 5:
                v[ON_GROUND] = 5 - capability
        elif df == 24:
            v[ELM_CONTROL] = head >> 28 & 1
            v[ELM_SEGMENT] = head >> 24 & 15
        else:
            read_reply(v, df, head, me)
            if check == CHECK_KNOWN:
                m = memo[slot]
                m[M_HEARD] = t
                if df == 5 or df == 21:
                    m[M_SQUAWK_T] = t
                    m[M_SQUAWK] = v[SQUAWK]
                if v[SPI] == 1:
                    m[M_SPI_T] = t
                if df >= 20:
                    put_known(v, r, t, m, place[slot], gates)
        store(out, i, v, r)
    return size.size
