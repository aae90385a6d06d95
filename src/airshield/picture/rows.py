"""Newest state of every track, as one structured NumPy array sorted by track number.

A Table of TRACK rows becomes an array of :data:`ROW`; :func:`merge` lays it over what is known.
Every function returns new arrays: a snapshot handed out stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.tables import ADSB_CHECKS, HEIGHT_BASES, TRACK_CLASSES, TRACK_STATUSES

ROW: Final = np.dtype(
    [
        ("track", "u8"),
        ("t_ns", "i8"),
        ("lat_deg", "f8"),
        ("lon_deg", "f8"),
        ("alt_hae_m", "f8"),
        ("alt_baro_m", "f8"),
        ("vel_east_mps", "f8"),
        ("vel_north_mps", "f8"),
        ("vel_up_mps", "f8"),
        ("cov_ee_m2", "f8"),
        ("cov_en_m2", "f8"),
        ("cov_nn_m2", "f8"),
        ("cov_uu_m2", "f8"),
        ("existence", "f8"),
        ("sensors", "u8"),
        ("frame", "u8"),
        ("mode_s", "i8"),
        ("mode_3a", "i4"),
        ("kinds", "u4"),
        ("status", "u1"),
        ("height_basis", "u1"),
        ("cls", "u1"),
        ("adsb_check", "u1"),
        ("alarm", "u1"),
        ("callsign", "U8"),
        ("rev", "u8"),
    ]
)
"""NaN is an unknown float, -1 an unknown ``mode_s`` or ``mode_3a``, '' an unknown callsign.
``alarm`` holds bits of :data:`ALARM_SUSPECTED` and its neighbours; ``rev`` is the picture's
revision in which the row last changed."""

ALARM_SUSPECTED: Final = 1
"""Suspected to be inside a zone."""
ALARM_CONFIRMED: Final = 2
"""Confirmed to be inside a zone."""
ALARM_WARNED: Final = 4
"""A site is warned of it."""

ENDED: Final = TRACK_STATUSES.index("ended")

Rows = NDArray[np.void]


def no_rows() -> Rows:
    """Return an array of no tracks."""
    return np.empty(0, ROW)


def rows_from_table(tracks: pa.Table) -> Rows:
    """Turn TRACK rows into :data:`ROW`, one to one and in order; ``alarm`` and ``rev`` are zero."""
    out: Rows = np.zeros(tracks.num_rows, ROW)
    if not tracks.num_rows:
        return out
    for name in ("track", "sensors", "kinds", "frame", "existence", "lat_deg", "lon_deg"):
        out[name] = tracks.column(name).to_numpy()
    for name in ("alt_hae_m", "alt_baro_m", "vel_east_mps", "vel_north_mps", "vel_up_mps"):
        out[name] = tracks.column(name).to_numpy()  # Arrow turns a null into NaN
    out["t_ns"] = ns_from_column(tracks, "t")
    for name in ("mode_s", "mode_3a"):
        out[name] = tracks.column(name).cast(pa.int64()).fill_null(-1).to_numpy()
    out["callsign"] = tracks.column("callsign").fill_null("").to_pylist()
    cov_m2 = _covariances(tracks.column("cov_m2"))
    for name, at in (("cov_ee_m2", 0), ("cov_en_m2", 1), ("cov_nn_m2", 3), ("cov_uu_m2", 5)):
        out[name] = cov_m2[:, at]
    for name, names in (
        ("status", TRACK_STATUSES),
        ("height_basis", HEIGHT_BASES),
        ("cls", TRACK_CLASSES),
        ("adsb_check", ADSB_CHECKS),
    ):
        out[name] = codes_from_column(tracks, name, names)
    return out


def merge(known: Rows, fresh: Rows, *, rev: int) -> tuple[Rows, NDArray[np.uint64]]:
    """Lay new rows over the known ones.

    Parameters
    ----------
    known : array of ROW
        One row per track, sorted by track.
    fresh : array of ROW
        In the order they happened; of several rows of a track the last counts.
    rev : int
        Revision to stamp on what changes.

    Returns
    -------
    rows : array of ROW
        One row per live track, sorted by track.
    removed : array of uint64
        Tracks that were known and have ended.
    """
    if not len(fresh):
        return known, np.empty(0, np.uint64)
    # unique() keeps the first of equals, so look at the rows backwards.
    _, at = np.unique(fresh["track"][::-1], return_index=True)
    last = fresh[::-1][at]
    last["rev"] = rev
    place = np.searchsorted(known["track"], last["track"])
    inside = np.minimum(place, max(len(known) - 1, 0))
    was_known = (
        known["track"][inside] == last["track"] if len(known) else np.zeros(len(last), np.bool_)
    )
    last["alarm"][was_known] = known["alarm"][inside[was_known]]
    ended = last["status"] == ENDED
    keep = np.ones(len(known), np.bool_)
    keep[place[was_known]] = False
    rows = np.concatenate([known[keep], last[~ended]])
    return rows[np.argsort(rows["track"], kind="stable")], last["track"][ended & was_known]


def ns_from_column(table: pa.Table, name: str) -> NDArray[np.int64]:
    """Timestamps of a column without nulls as nanoseconds since 1970 [ns]."""
    out: NDArray[np.int64] = table.column(name).cast(pa.int64()).to_numpy()
    return out


def codes_from_column(table: pa.Table, name: str, names: Sequence[str]) -> NDArray[np.uint8]:
    """Places of a column's words in ``names``.

    Raises
    ------
    ValueError
        The column holds a word that is not among the names.
    """
    column = table.column(name).unify_dictionaries().combine_chunks()
    place = np.array([names.index(word) for word in column.dictionary.to_pylist()], np.uint8)
    out: NDArray[np.uint8] = place[column.indices.to_numpy()]
    return out


def _covariances(column: pa.ChunkedArray) -> NDArray[np.float64]:
    values: Any = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    out: NDArray[np.float64] = values.reshape(-1, 6)
    return out
