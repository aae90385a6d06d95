"""One picture as bytes: the layout a page reads without copying.

Little endian. A header of 48 bytes, then columns in this order; every column starts at a multiple
of 8 from the beginning, the gap filled with zeros, so that typed arrays can lie right over them::

    0   4 bytes  "ASPF"
    4   u16      version, 1
    6   u16      1 key frame: every live track. 2 difference: the tracks that changed
    8   u64      revision of the picture that the reader has after applying this
    16  u64      revision that a difference builds on; 0 in a key frame
    24  i64      the watch's clock, UTC, nanoseconds since 1970
    32  i64      newest time of measurement, the same; -2^63 when nothing has been measured
    40  u32      n, rows
    44  u32      r, tracks removed since (always 0 in a key frame)

    u64[n]       track number
    u64[n]       sensors: bit i is sensor i of the shield
    8 bytes [n]  callsign, ASCII, filled with zero bytes; all zero unknown
    u64[r]       track numbers removed
    i32[n]       time the state is for, milliseconds after the watch's clock (mostly negative)
    i32[n]       latitude, 1e-7 degree
    i32[n]       longitude, 1e-7 degree
    i32[n]       pressure altitude, decimetre; -2^31 unknown
    i32[n]       height above the WGS-84 ellipsoid, decimetre; -2^31 unknown
    f32[n]       one-sigma ellipse, semi-major axis, metre; NaN unknown
    f32[n]       one-sigma ellipse, semi-minor axis, metre; NaN unknown
    f32[n]       direction of the semi-major axis, degree from true north, [0, 180); NaN unknown
    f32[n]       one-sigma of the height, metre; NaN unknown
    u32[n]       24-bit aircraft address; 2^32-1 unknown
    u32[n]       kinds: bit i is REPORT_KINDS[i]
    i16[n]       velocity east, 0.1 m/s
    i16[n]       velocity north, 0.1 m/s
    i16[n]       vertical rate, 0.02 m/s, up positive; -2^15 unknown
    u16[n]       Mode 3/A code as a number; 2^16-1 unknown
    u8[n]        existence, 1/255
    u8[n]        status: place in TRACK_STATUSES
    u8[n]        height basis: place in HEIGHT_BASES
    u8[n]        class: place in TRACK_CLASSES
    u8[n]        ADS-B check: place in ADSB_CHECKS
    u8[n]        alarm bits: 1 suspected in a zone, 2 confirmed in a zone, 4 a site is warned

A value beyond the range of its column is held at the end of the range.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airshield.errors import DecodeError
from airshield.picture.picture import Snapshot
from airshield.picture.rows import Rows
from airshield.picture.trails import UNKNOWN_I32, decimetres, none_for_nan
from airshield.tables import ADSB_CHECKS, HEIGHT_BASES, TRACK_CLASSES, TRACK_STATUSES

MAGIC: Final = b"ASPF"
VERSION: Final = 1
KEY: Final = 1
DIFFERENCE: Final = 2
UNKNOWN_T: Final = -(2**63)
UNKNOWN_U32: Final = 2**32 - 1
UNKNOWN_I16: Final = -(2**15)
UNKNOWN_U16: Final = 2**16 - 1

_HEADER: Final = struct.Struct("<4sHHQQqqII")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A decoded picture frame.

    ``columns`` has one array per name of :func:`frame_as_json`, floats with NaN for unknown,
    ``mode_s`` and ``mode_3a`` with -1, ``callsign`` with ''.
    """

    is_key: bool
    rev: int
    since: int
    t_now_ns: int
    t_data_ns: int | None
    columns: dict[str, NDArray[Any]]
    removed: NDArray[np.uint64]


def encode_frame(snapshot: Snapshot, *, since: int = 0) -> bytes:
    """Encode a snapshot, or what changed in it since a revision.

    Parameters
    ----------
    snapshot : Snapshot
        From :meth:`Picture.snapshot`.
    since : int
        Revision that the reader has. 0, or one that the snapshot can no longer tell the
        difference from, gives a key frame.

    Returns
    -------
    bytes
        In the layout of this module's docstring.
    """
    rows, removed, base = snapshot.changes(since)
    n = len(rows)
    major_m, minor_m, azm_deg = ellipse(rows)
    parts = [
        _HEADER.pack(
            MAGIC,
            VERSION,
            DIFFERENCE if base else KEY,
            snapshot.rev,
            base,
            snapshot.t_now_ns,
            UNKNOWN_T if snapshot.t_data_ns is None else snapshot.t_data_ns,
            n,
            len(removed),
        )
    ]
    dt_ms = (rows["t_ns"] - snapshot.t_now_ns) // 1_000_000
    for column in (
        rows["track"].astype("<u8"),
        rows["sensors"].astype("<u8"),
        np.char.encode(rows["callsign"], "ascii", "replace").astype("S8"),
        removed.astype("<u8"),
        _held(dt_ms, "<i4"),
        np.rint(rows["lat_deg"] * 1e7).astype("<i4"),
        np.rint(rows["lon_deg"] * 1e7).astype("<i4"),
        decimetres(rows["alt_baro_m"]),
        decimetres(rows["alt_hae_m"]),
        major_m.astype("<f4"),
        minor_m.astype("<f4"),
        azm_deg.astype("<f4"),
        np.sqrt(rows["cov_uu_m2"]).astype("<f4"),
        np.where(rows["mode_s"] < 0, UNKNOWN_U32, rows["mode_s"]).astype("<u4"),
        rows["kinds"].astype("<u4"),
        _held(np.rint(rows["vel_east_mps"] * 10.0), "<i2"),
        _held(np.rint(rows["vel_north_mps"] * 10.0), "<i2"),
        _vertical(rows["vel_up_mps"]),
        np.where(rows["mode_3a"] < 0, UNKNOWN_U16, rows["mode_3a"]).astype("<u2"),
        np.rint(rows["existence"] * 255.0).astype("u1"),
        rows["status"],
        rows["height_basis"],
        rows["cls"],
        rows["adsb_check"],
        rows["alarm"],
    ):
        raw = column.tobytes()
        parts.append(raw + bytes(-len(raw) % 8))
    return b"".join(parts)


def decode_frame(octets: bytes) -> Frame:
    """Decode what :func:`encode_frame` made.

    Raises
    ------
    DecodeError
        The bytes are no picture frame, of another version, or cut short.
    """
    if len(octets) < _HEADER.size:
        raise DecodeError(f"a picture frame has at least {_HEADER.size} bytes, got {len(octets)}")
    magic, version, kind, rev, since, t_now_ns, t_data_ns, n, r = _HEADER.unpack_from(octets)
    if magic != MAGIC or version != VERSION:
        raise DecodeError(
            f"not a picture frame of version {VERSION}: starts with {magic!r}, version {version}"
        )
    at = _HEADER.size

    def take(kind: str, count: int = n) -> NDArray[Any]:
        nonlocal at
        width = np.dtype(kind).itemsize * count
        if at + width > len(octets):
            raise DecodeError(
                f"the picture frame announces {n} rows but ends at byte {len(octets)}"
            )
        out = np.frombuffer(octets, kind, count, at)
        at += width + -width % 8
        return out

    columns: dict[str, NDArray[Any]] = {"track": take("<u8"), "sensors": take("<u8")}
    columns["callsign"] = np.char.decode(take("S8"), "ascii")
    removed = take("<u8", r)
    columns["t_ms"] = take("<i4").astype(np.int64) + t_now_ns // 1_000_000
    columns["lat_deg"], columns["lon_deg"] = take("<i4") / 1e7, take("<i4") / 1e7
    for name in ("alt_baro_m", "alt_hae_m"):
        columns[name] = _nan_where(take("<i4"), UNKNOWN_I32, 0.1)
    for name in ("sigma_major_m", "sigma_minor_m", "azm_major_true_deg", "sigma_up_m"):
        columns[name] = take("<f4").astype(np.float64)
    columns["mode_s"] = _minus_one_where(take("<u4"), UNKNOWN_U32)
    columns["kinds"] = take("<u4")
    columns["vel_east_mps"], columns["vel_north_mps"] = take("<i2") * 0.1, take("<i2") * 0.1
    columns["vel_up_mps"] = _nan_where(take("<i2"), UNKNOWN_I16, 0.02)
    columns["mode_3a"] = _minus_one_where(take("<u2"), UNKNOWN_U16)
    columns["existence"] = take("u1") / 255.0
    for name in ("status", "height_basis", "cls", "adsb_check", "alarm"):
        columns[name] = take("u1")
    return Frame(
        is_key=kind == KEY,
        rev=rev,
        since=since,
        t_now_ns=t_now_ns,
        t_data_ns=None if t_data_ns == UNKNOWN_T else t_data_ns,
        columns=columns,
        removed=removed,
    )


def frame_as_json(snapshot: Snapshot, *, since: int = 0) -> dict[str, Any]:
    """The same as :func:`encode_frame`, as columns for ``json.dumps``; unknown is None.

    Words stand in full, ``t_ms`` is UTC in milliseconds since 1970, ``sensors`` is a list of the
    numbers of the sensors, ``mode_3a`` the four octal digits, ``mode_s`` six hexadecimal ones.
    """
    rows, removed, base = snapshot.changes(since)
    major_m, minor_m, azm_deg = ellipse(rows)
    columns: dict[str, list[Any]] = {
        "track": rows["track"].tolist(),
        "t_ms": (rows["t_ns"] // 1_000_000).tolist(),
        "lat_deg": np.round(rows["lat_deg"], 7).tolist(),
        "lon_deg": np.round(rows["lon_deg"], 7).tolist(),
        "alt_baro_m": none_for_nan(rows["alt_baro_m"], 1),
        "alt_hae_m": none_for_nan(rows["alt_hae_m"], 1),
        "vel_east_mps": np.round(rows["vel_east_mps"], 2).tolist(),
        "vel_north_mps": np.round(rows["vel_north_mps"], 2).tolist(),
        "vel_up_mps": none_for_nan(rows["vel_up_mps"], 2),
        "sigma_major_m": none_for_nan(major_m, 1),
        "sigma_minor_m": none_for_nan(minor_m, 1),
        "azm_major_true_deg": none_for_nan(azm_deg, 1),
        "sigma_up_m": none_for_nan(np.sqrt(rows["cov_uu_m2"]), 1),
        "existence": np.round(rows["existence"], 4).tolist(),
        "mode_s": [None if code < 0 else f"{code:06X}" for code in rows["mode_s"].tolist()],
        "mode_3a": [None if code < 0 else f"{code:04o}" for code in rows["mode_3a"].tolist()],
        "callsign": [word or None for word in rows["callsign"].tolist()],
        "sensors": [_bits(mask) for mask in rows["sensors"].tolist()],
        "kinds": [_bits(mask) for mask in rows["kinds"].tolist()],
        "status": [TRACK_STATUSES[code] for code in rows["status"]],
        "height_basis": [HEIGHT_BASES[code] for code in rows["height_basis"]],
        "cls": [TRACK_CLASSES[code] for code in rows["cls"]],
        "adsb_check": [ADSB_CHECKS[code] for code in rows["adsb_check"]],
        "alarm": rows["alarm"].tolist(),
    }
    return {
        "type": "picture",
        "kind": "difference" if base else "key",
        "rev": snapshot.rev,
        "since": base,
        "t_now_ms": snapshot.t_now_ns // 1_000_000,
        "t_data_ms": None if snapshot.t_data_ns is None else snapshot.t_data_ns // 1_000_000,
        "columns": columns,
        "removed": removed.tolist(),
    }


def ellipse(
    rows: Rows,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """One-sigma ellipse of each place: semi-axes [m], direction of the longer [deg, 0 to 180).

    The eigenvalues of the 2x2 covariance in closed form. The direction counts clockwise from true
    north, so it is half the angle of (nn - ee, 2 en) from the north axis.
    """
    ee, en, nn = rows["cov_ee_m2"], rows["cov_en_m2"], rows["cov_nn_m2"]
    middle, half = 0.5 * (ee + nn), np.hypot(0.5 * (nn - ee), en)
    azm_deg = np.degrees(0.5 * np.arctan2(2.0 * en, nn - ee)) % 180.0
    return np.sqrt(middle + half), np.sqrt(np.maximum(middle - half, 0.0)), azm_deg


def _held(values: NDArray[Any], kind: str) -> NDArray[Any]:
    limits = np.iinfo(np.dtype(kind))
    out: NDArray[Any] = np.clip(values, limits.min + 1, limits.max).astype(kind)
    return out


def _vertical(vel_up_mps: NDArray[np.float64]) -> NDArray[Any]:
    known = np.isfinite(vel_up_mps)
    held = _held(np.rint(np.where(known, vel_up_mps, 0.0) * 50.0), "<i2")
    out: NDArray[Any] = np.where(known, held, UNKNOWN_I16).astype("<i2")
    return out


def _nan_where(codes: NDArray[Any], unknown: int, unit: float) -> NDArray[np.float64]:
    return np.where(codes == unknown, np.nan, codes * unit)


def _minus_one_where(codes: NDArray[Any], unknown: int) -> NDArray[np.int64]:
    return np.where(codes == unknown, -1, codes.astype(np.int64))


def _bits(mask: int) -> list[int]:
    return [at for at in range(mask.bit_length()) if mask >> at & 1]
