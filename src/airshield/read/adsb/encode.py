"""Making Mode S messages: what rehearsals, load tests and round trips send.

Field makers (``position_me``, ``velocity_me`` ...) give the 56-bit ME of many messages as uint64;
message makers (``squitters``, ``replies``, ``all_calls``) put address, format and parity around
them and give octets of shape (n, 14), of which 7 count in a short message. Values that do not fit
their field are refused with an :class:`~airshield.errors.EncodeError`, never wrapped.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from airshield import tables
from airshield._kernels import plain
from airshield.errors import EncodeError
from airshield.read.adsb import _kernels as k
from airshield.read.adsb.columns import MODE_S

U1 = NDArray[np.uint8]
U8 = NDArray[np.uint64]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]

_TWO_17: Final = 1 << 17
_Q_TOP_FT: Final = 50_175
"""The highest that steps of 25 ft from -1000 ft reach; above, steps of 100 ft are sent."""


def altitude_code(altitude_ft: ArrayLike) -> I8:
    """Return 13-bit altitude fields; NaN is unknown, all zeros.

    Up to 50,175 ft in steps of 25 ft, above in the 100 ft steps of Mode C (ICAO Annex 10 volume IV,
    3.1.2.6.5.4).
    """
    height = np.asarray(altitude_ft, np.float64)
    known = ~np.isnan(height)
    filled = np.where(known, height, 0.0)
    _fits("altitude_ft", filled, -1012.4, 126_749.0)
    steps = np.rint((filled + 1000.0) / 25.0).astype(np.int64)
    fine = (steps & 0x7E0) << 2 | (steps & 0x10) << 1 | 0x10 | steps & 0xF
    hundreds = np.clip(np.rint(filled / 100.0).astype(np.int64), -12, 1267)
    coarse = _gillham_fields()[hundreds + 12]
    return np.where(known, np.where(filled > _Q_TOP_FT + 12.5, coarse, fine), 0)


def identity_code(mode_3a: ArrayLike) -> I8:
    """Return 13-bit identity fields of Mode 3/A codes (octal 7700 is 4032)."""
    code = np.asarray(mode_3a, np.int64)
    _fits("mode_3a", code, 0, 4095)
    a, b, c, d = code >> 9 & 7, code >> 6 & 7, code >> 3 & 7, code & 7
    out = (c & 1) << 12 | (a & 1) << 11 | (c & 2) << 9 | (a & 2) << 8 | (c & 4) << 6 | (a & 4) << 5
    return out | (b & 1) << 5 | (d & 1) << 4 | (b & 2) << 2 | (d & 2) << 1 | (b & 4) >> 1 | d >> 2


@lru_cache(maxsize=1)
def _gillham_fields() -> I8:
    """Return the altitude fields of -1200 ft to 126,700 ft in steps of 100 ft."""
    codes = np.arange(4096)
    heights = np.array([plain(k.gillham_ft)(code) for code in codes.tolist()])
    out = np.zeros(1280, np.int64)
    real = heights != -9999
    out[heights[real] // 100 + 12] = identity_code(codes[real])
    return out


def cpr_encode(
    lat_deg: ArrayLike, lon_deg: ArrayLike, odd: ArrayLike, *, surface: bool = False
) -> tuple[I8, I8]:
    """Return the 17-bit latitudes and longitudes of compact position reports.

    Parameters
    ----------
    lat_deg, lon_deg : array_like, shape (n,)
        WGS-84 [deg].
    odd : array_like of bool, shape (n,)
        Which of the two formats.
    surface : bool
        Surface coding: four times finer.

    Notes
    -----
    ICAO Doc 9871 (second edition), C.2.6.3. A step is 5.1 m of latitude, and of longitude at
    most 8 m up to 85 degrees and 16 m next to 87 degrees; on the ground a quarter of that.
    """
    lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
    is_odd = np.asarray(odd, np.int64)
    _fits("lat_deg", lat, -90.0, 90.0)
    turn = 90.0 if surface else 360.0
    cell = turn / (60 - is_odd)
    y = np.floor(_TWO_17 * np.mod(lat, cell) / cell + 0.5)
    coded = cell * (y / _TWO_17 + np.floor(lat / cell))
    count = 59 - np.searchsorted(k.ZONE_EDGES_DEG, np.abs(coded))
    width = turn / np.maximum(count - is_odd, 1)
    x = np.floor(_TWO_17 * np.mod(lon, width) / width + 0.5)
    return y.astype(np.int64) % _TWO_17, x.astype(np.int64) % _TWO_17


def position_me(
    lat_deg: ArrayLike,
    lon_deg: ArrayLike,
    altitude_ft: ArrayLike,
    odd: ArrayLike,
    *,
    type_code: int = 11,
    surveillance_status: int = 0,
    supplement_b: int = 0,
) -> U8:
    """Return airborne positions (BDS 0,5); ``altitude_ft`` is geometric for types 20 to 22."""
    y, x = cpr_encode(lat_deg, lon_deg, odd)
    field = altitude_code(altitude_ft)
    if not (9 <= type_code <= 18 or 20 <= type_code <= 22):
        raise EncodeError(column="type_code", value=type_code, why="9 to 18 or 20 to 22")
    field = field >> 1 & 0xFC0 | field & 0x3F
    head = type_code << 51 | surveillance_status << 49 | supplement_b << 48
    return _word(head | field << 36 | np.asarray(odd, np.int64) << 34 | y << 17 | x)


def surface_me(
    lat_deg: ArrayLike,
    lon_deg: ArrayLike,
    speed_kt: ArrayLike,
    track_deg: ArrayLike,
    odd: ArrayLike,
    *,
    type_code: int = 7,
) -> U8:
    """Return surface positions (BDS 0,6); a speed or track of NaN is not told."""
    if not 5 <= type_code <= 8:
        raise EncodeError(column="type_code", value=type_code, why="5 to 8")
    y, x = cpr_encode(lat_deg, lon_deg, odd, surface=True)
    speed = np.asarray(speed_kt, np.float64)
    movement = np.searchsorted(_MOVEMENT_KT, np.nan_to_num(speed), side="right")
    movement = np.where(np.isnan(speed), 0, movement)
    track = np.asarray(track_deg, np.float64)
    told = ~np.isnan(track)
    turned = np.rint(np.nan_to_num(track) / 2.8125).astype(np.int64) % 128
    head = type_code << 51 | movement.astype(np.int64) << 44 | told.astype(np.int64) << 43
    return _word(head | turned << 36 | np.asarray(odd, np.int64) << 34 | y << 17 | x)


_MOVEMENT_KT: Final = np.array([plain(k.movement_kt)(code) for code in range(1, 125)])


def identification_me(callsigns: list[str], *, category: str = "A3") -> U8:
    """Return identifications (BDS 0,8) of up to eight letters, digits and spaces."""
    group, number = "DCBA".find(category[:1]) + 1, category[1:]
    if not (group and len(number) == 1 and number in "01234567"):
        raise EncodeError(column="category", value=category, why="A0 to D7")
    out = []
    for text in callsigns:
        word = group << 51 | int(number) << 48
        if len(text) > 8:
            raise EncodeError(column="callsign", value=text, why="it has eight places")
        for place, sign in enumerate(text.ljust(8)):
            code = ord(sign)
            if not ("A" <= sign <= "Z" or "0" <= sign <= "9" or sign == " "):
                raise EncodeError(column="callsign", value=text, why="letters, digits and spaces")
            word |= (code & 0x3F) << (42 - 6 * place)
        out.append(word)
    return np.array(out, np.uint64)


def velocity_me(
    east_kt: ArrayLike,
    north_kt: ArrayLike,
    rate_ft_min: ArrayLike,
    *,
    gnss_minus_baro_ft: ArrayLike = np.nan,
    supersonic: bool = False,
    nacv: int = 0,
    rate_is_baro: bool = True,
) -> U8:
    """Return velocities over ground (BDS 0,9, subtypes 1 and 2); NaN is not told."""
    unit = 4 if supersonic else 1
    east, east_sign = _signed("east_kt", east_kt, unit, 1023)
    north, north_sign = _signed("north_kt", north_kt, unit, 1023)
    head = 19 << 51 | (1 + supersonic) << 48 | nacv << 43
    return _word(
        head | east_sign << 42 | east << 32 | north_sign << 31 | north << 21
        | _climb(rate_ft_min, gnss_minus_baro_ft, rate_is_baro)
    )  # fmt: skip


def airspeed_me(
    heading_deg: ArrayLike,
    airspeed_kt: ArrayLike,
    rate_ft_min: ArrayLike,
    *,
    gnss_minus_baro_ft: ArrayLike = np.nan,
    is_true: bool = False,
    supersonic: bool = False,
    rate_is_baro: bool = True,
) -> U8:
    """Return headings and airspeeds (BDS 0,9, subtypes 3 and 4); NaN is not told."""
    unit = 4 if supersonic else 1
    speed, _ = _signed("airspeed_kt", airspeed_kt, unit, 1023)
    heading = np.asarray(heading_deg, np.float64)
    told = (~np.isnan(heading)).astype(np.int64)
    turned = np.rint(np.nan_to_num(heading) * (1024.0 / 360.0)).astype(np.int64) % 1024
    head = 19 << 51 | (3 + supersonic) << 48
    return _word(
        head | told << 42 | turned << 32 | int(is_true) << 31 | speed << 21
        | _climb(rate_ft_min, gnss_minus_baro_ft, rate_is_baro)
    )  # fmt: skip


def _climb(rate_ft_min: ArrayLike, above_ft: ArrayLike, is_baro: bool) -> I8:
    rate, rate_sign = _signed("rate_ft_min", rate_ft_min, 64, 511)
    above, above_sign = _signed("gnss_minus_baro_ft", above_ft, 25, 127)
    return int(is_baro) << 20 | rate_sign << 19 | rate << 10 | above_sign << 7 | above


def status_me(emergency: int, mode_3a: int) -> U8:
    """Return an aircraft status (BDS 6,1, subtype 1): emergency state and Mode 3/A code."""
    _fits("emergency", np.array(emergency), 0, 7)
    return _word(28 << 51 | 1 << 48 | emergency << 45 | identity_code([mode_3a]) << 32)


def target_state_me(
    altitude_ft: float, pressure_hpa: float, heading_deg: float, *, nacp: int = 9, sil: int = 3
) -> U8:
    """Return a target state and status (BDS 6,2, subtype 1) of DO-260B."""
    steps = round(altitude_ft / 32.0) + 1
    _fits("altitude_ft", np.array(steps), 1, 2047)
    pressure = round((pressure_hpa - 800.0) / 0.8) + 1
    _fits("pressure_hpa", np.array(pressure), 1, 511)
    heading = round(heading_deg * 256.0 / 180.0) % 512
    word = 29 << 51 | 1 << 49 | steps << 36 | pressure << 27 | 1 << 26 | heading << 17
    return _word(np.array([word | nacp << 13 | 1 << 12 | sil << 10]))


def operational_me(
    *,
    version: int = 2,
    nacp: int = 9,
    sil: int = 3,
    supplement_a: int = 0,
    supplement_c: int = 0,
    surface: bool = False,
    gva: int = 2,
) -> U8:
    """Return an operational status (BDS 6,5)."""
    word = 31 << 51 | int(surface) << 48 | version << 13 | supplement_a << 12 | nacp << 8 | sil << 4
    word |= supplement_c << 36 if surface else gva << 6 | 1 << 45 | 1 << 3
    return _word(np.array([word]))


def squitters(
    icao: ArrayLike, me: ArrayLike, *, control_field: int | None = None, capability: int = 5
) -> U1:
    """Return extended squitters: DF17, or DF18 where a control field is given."""
    address, field = _together(icao, me)
    _fits("icao", address, 0, 0xFFFFFF)
    head = 17 << 27 | capability << 24 if control_field is None else 18 << 27 | control_field << 24
    return _long(head | address, field, np.zeros(address.size, np.int64))


def replies(
    icao: ArrayLike,
    field: ArrayLike,
    *,
    df: int,
    mb: ArrayLike | None = None,
    flight_status: int = 0,
) -> U1:
    """Return replies whose parity carries the address: DF4, DF5, DF20, DF21, and DF0 and DF16.

    ``field`` is an altitude code (DF0, 4, 16, 20) or an identity code (DF5, 21).
    """
    address, low = _together(icao, field)
    _fits("icao", address, 0, 0xFFFFFF)
    if df not in (0, 4, 5, 16, 20, 21):
        raise EncodeError(column="df", value=df, why="0, 4, 5, 16, 20 or 21")
    head = df << 27 | flight_status << 24 | low
    if df < 16:
        return _short(head, address)
    return _long(
        head, np.broadcast_to(np.asarray(0 if mb is None else mb, np.uint64), head.shape), address
    )


def all_calls(icao: ArrayLike, *, capability: int = 5, interrogator: int = 0) -> U1:
    """Return all-call replies, DF11."""
    address = np.atleast_1d(np.asarray(icao, np.int64))
    _fits("icao", address, 0, 0xFFFFFF)
    _fits("interrogator", np.array(interrogator), 0, 127)
    return _short(11 << 27 | capability << 24 | address, np.full(address.size, interrogator))


def message_table(
    messages: U1, t_ns: ArrayLike | None = None, *, ticks: ArrayLike | None = None
) -> pa.Table:
    """Return messages as rows of ``mode_s``, for ``write_messages``; other columns are null."""
    long = messages[:, 0] >= 0x80
    rows = messages.shape[0]
    octets = [
        row[: 14 if is_long else 7].tobytes() for row, is_long in zip(messages, long, strict=True)
    ]
    columns: dict[str, object] = {"frame": np.arange(rows, dtype=np.uint64), "message": octets}
    if t_ns is not None:
        columns["t"] = pa.array(np.asarray(t_ns, np.int64)).cast(tables.TIME)
    if ticks is not None:
        columns["ticks"] = np.asarray(ticks, np.uint64)
    return tables.make_table(MODE_S, columns, rows=rows)


def _together(first: ArrayLike, second: ArrayLike) -> tuple[I8, I8]:
    a, b = np.broadcast_arrays(
        np.atleast_1d(np.asarray(first)).astype(np.int64),
        np.atleast_1d(np.asarray(second)).astype(np.int64),
    )
    return a, b


def _word(value: NDArray[np.int64] | int) -> U8:
    return np.atleast_1d(np.asarray(value, np.int64)).astype(np.uint64)


def _fits(column: str, values: NDArray[Any], low: float, high: float) -> None:
    good = (values >= low) & (values <= high)
    if not np.all(good):
        value = np.atleast_1d(values)[~np.atleast_1d(good)][0]
        raise EncodeError(column=column, value=value.item(), why=f"{low:g} to {high:g}")


def _signed(column: str, values: ArrayLike, unit: int, top: int) -> tuple[I8, I8]:
    """Return magnitudes, counted from 1, and signs; NaN is 0."""
    value = np.asarray(values, np.float64)
    steps = np.rint(np.abs(np.nan_to_num(value)) / unit).astype(np.int64) + 1
    _fits(column, steps, 0, top)
    told = ~np.isnan(value)
    return np.where(told, steps, 0), (told & (value < 0.0)).astype(np.int64)


def _short(head: I8, parity: I8) -> U1:
    out = np.zeros((head.size, 14), np.uint8)
    for octet in range(4):
        out[:, octet] = head >> (24 - 8 * octet) & 0xFF
    check = np.bitwise_xor.reduce([k.CRC[octet + 7, out[:, octet]] for octet in range(4)])
    return _with_parity(out, 4, check.astype(np.int64) ^ parity)


def _long(head: I8, me: NDArray[np.generic], parity: I8) -> U1:
    out = np.zeros((head.size, 14), np.uint8)
    field = np.asarray(me).astype(np.int64)
    for octet in range(4):
        out[:, octet] = head >> (24 - 8 * octet) & 0xFF
    for octet in range(7):
        out[:, 4 + octet] = field >> (48 - 8 * octet) & 0xFF
    check = np.bitwise_xor.reduce([k.CRC[octet, out[:, octet]] for octet in range(11)])
    return _with_parity(out, 11, check.astype(np.int64) ^ parity)


def _with_parity(out: U1, at: int, parity: I8) -> U1:
    for octet in range(3):
        out[:, at + octet] = parity >> (16 - 8 * octet) & 0xFF
    return out
