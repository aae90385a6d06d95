"""Where every track has been: thinned, bounded, for a page that is opened later.

A trail keeps the first state of a track in each slot of a few seconds. Which states are kept
depends on their times alone, not on the batches they came in.

Binary layout of :func:`encode_trails`, little endian, every column starting at a multiple of 8::

    0   4 bytes   "ASPT"
    4   u16       version, 1
    6   u16       0
    8   u32       points
    12  u32       0
    16  u64[n]    track
        f64[n]    t: UTC, milliseconds since 1970
        i32[n]    latitude, 1e-7 degree
        i32[n]    longitude, 1e-7 degree
        i32[n]    pressure altitude, decimetre; -2147483648 unknown
        i32[n]    height above the WGS-84 ellipsoid, decimetre; -2147483648 unknown

Points are sorted by track, then by time.
"""

from __future__ import annotations

import math
import struct
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airshield.picture.rows import Rows
from airshield.units import NS_PER_S

POINT: Final = np.dtype(
    [
        ("track", "u8"),
        ("t_ns", "i8"),
        ("lat_deg", "f8"),
        ("lon_deg", "f8"),
        ("alt_baro_m", "f8"),
        ("alt_hae_m", "f8"),
    ]
)

UNKNOWN_I32: Final = -(2**31)
"""Stands for an unknown height in binary layouts."""

Points = NDArray[np.void]


class Trails:
    """Bounded history of places.

    Parameters
    ----------
    keep_s : float
        Points older than this before the newest are dropped [s].
    slot_s : float
        One point per track and slot [s].
    most_points : int
        Upper bound for all tracks together; the oldest go first.
    """

    def __init__(self, *, keep_s: float, slot_s: float, most_points: int) -> None:
        self._keep_ns = int(keep_s * NS_PER_S)
        self._slot_ns = int(slot_s * NS_PER_S)
        self._most = most_points
        self._chunks: list[Points] = []
        self._count = 0
        self._slot_of: dict[int, int] = {}
        self._newest_ns = self._tidied_ns = 0

    def add(self, rows: Rows) -> None:
        """Take states in the order they happened."""
        if not len(rows):
            return
        order = np.argsort(rows["track"], kind="stable")
        track, slot = rows["track"][order], rows["t_ns"][order] // self._slot_ns
        starts = np.r_[True, track[1:] != track[:-1]]
        fresh = np.r_[True, slot[1:] != slot[:-1]]
        first = np.flatnonzero(starts)
        known = np.array([self._slot_of.get(int(number), -1) for number in track[first]])
        fresh[first] = slot[first] != known
        last = np.r_[first[1:], len(track)] - 1
        self._slot_of.update(zip(track[last].tolist(), slot[last].tolist(), strict=True))

        picked = rows[order[fresh]]
        points: Points = np.empty(len(picked), POINT)
        for name in POINT.names or ():
            points[name] = picked[name]
        self._chunks.append(points)
        self._count += len(points)
        self._newest_ns = max(self._newest_ns, int(rows["t_ns"].max()))
        if self._count > self._most or self._newest_ns - self._tidied_ns > self._keep_ns // 8:
            self._tidy()

    def points(self, *, track: int | None = None, most: int | None = None) -> Points:
        """Points sorted by track and time.

        Parameters
        ----------
        track : int, optional
            Only this track's.
        most : int, optional
            Thin every trail evenly so that about this many remain.
        """
        joined = self._joined()
        joined = joined[joined["t_ns"] >= self._newest_ns - self._keep_ns]
        if track is not None:
            joined = joined[joined["track"] == track]
        out = joined[np.lexsort((joined["t_ns"], joined["track"]))]
        if most is not None and len(out) > most:
            out = out[:: -(-len(out) // most)]
        return out

    def _joined(self) -> Points:
        if len(self._chunks) != 1:
            self._chunks = [np.concatenate([np.empty(0, POINT), *self._chunks])]
        return self._chunks[0]

    def _tidy(self) -> None:
        joined = self._joined()
        oldest_ns = self._newest_ns - self._keep_ns
        if len(joined) > self._most:
            # Cut a quarter more than needed: cutting at every batch would copy without end.
            spare = len(joined) - self._most * 3 // 4
            oldest_ns = max(oldest_ns, int(np.partition(joined["t_ns"], spare)[spare]))
        kept = joined[joined["t_ns"] >= oldest_ns]
        self._chunks, self._count, self._tidied_ns = [kept], len(kept), self._newest_ns
        first_slot = oldest_ns // self._slot_ns
        self._slot_of = {key: slot for key, slot in self._slot_of.items() if slot >= first_slot}


def encode_trails(points: Points) -> bytes:
    """Encode trail points in the layout of this module's docstring."""
    parts = [struct.pack("<4sHHII", b"ASPT", 1, 0, len(points), 0)]
    for column in (
        points["track"].astype("<u8"),
        (points["t_ns"] / 1e6).astype("<f8"),
        np.rint(points["lat_deg"] * 1e7).astype("<i4"),
        np.rint(points["lon_deg"] * 1e7).astype("<i4"),
        decimetres(points["alt_baro_m"]),
        decimetres(points["alt_hae_m"]),
    ):
        raw = column.tobytes()
        parts.append(raw + bytes(-len(raw) % 8))
    return b"".join(parts)


def trails_as_json(points: Points) -> dict[str, Any]:
    """Trail points as columns, unknown as None; ``t_ms`` is UTC in milliseconds since 1970."""
    return {
        "track": points["track"].tolist(),
        "t_ms": (points["t_ns"] // 1_000_000).tolist(),
        "lat_deg": np.round(points["lat_deg"], 7).tolist(),
        "lon_deg": np.round(points["lon_deg"], 7).tolist(),
        "alt_baro_m": none_for_nan(points["alt_baro_m"], 1),
        "alt_hae_m": none_for_nan(points["alt_hae_m"], 1),
    }


def decimetres(height_m: NDArray[np.float64]) -> NDArray[np.int32]:
    """Heights as whole decimetres, :data:`UNKNOWN_I32` where unknown."""
    known = np.isfinite(height_m)
    out: NDArray[np.int32] = np.where(
        known, np.rint(np.where(known, height_m, 0.0) * 10.0), UNKNOWN_I32
    ).astype("<i4")
    return out


def none_for_nan(values: NDArray[np.float64], digits: int) -> list[float | None]:
    """Rounded values as a list, NaN as None: JSON knows no NaN."""
    return [None if math.isnan(value) else value for value in np.round(values, digits).tolist()]
