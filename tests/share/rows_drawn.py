"""TRACK rows that Hypothesis draws: plain dictionaries, None for unknown, and tables of them."""

import math

import pyarrow as pa
from hypothesis import strategies as st

from airshield import tables

T0_NS = 1_795_824_000_000_000_000
"""2026-11-28 00:00 UTC."""

_FLOATS = (
    *("lat_deg", "lon_deg", "alt_hae_m", "alt_baro_m", "vel_east_mps", "vel_north_mps"),
    "vel_up_mps",
)


def known(low, high):
    return st.floats(low, high, allow_subnormal=False)


def maybe(values):
    return st.none() | values


variances = known(0.0, 1e9)

rows = st.fixed_dictionaries(
    {
        "t": st.integers(T0_NS - 5 * 10**9, T0_NS + 5 * 10**9),
        "track": st.integers(1, 5) | st.integers(1, 2**64 - 1),
        "status": st.sampled_from(tables.TRACK_STATUSES),
        "lat_deg": known(-90.0, 90.0) | st.just(math.nan),
        "lon_deg": known(-180.0, math.nextafter(180.0, 0.0)),
        "alt_hae_m": maybe(known(-1000.0, 60_000.0)),
        "alt_baro_m": maybe(known(-1000.0, 60_000.0)),
        "vel_east_mps": known(-9000.0, 9000.0) | st.just(math.nan),
        "vel_north_mps": known(-9000.0, 9000.0) | st.just(math.inf),
        "vel_up_mps": maybe(known(-1200.0, 1200.0)),
        "cov_m2": st.tuples(
            variances, known(-1e9, 1e9), st.none(), variances, st.none(), maybe(variances)
        ).map(list),
        "existence": known(0.0, 1.0),
        "height_basis": st.sampled_from(tables.HEIGHT_BASES),
        "mode_s": maybe(st.integers(0, 2**24 + 1)),
        "mode_3a": maybe(st.integers(0, 0o7777) | st.just(0o10000)),
        "callsign": maybe(
            st.text("ABCXYZ0189 ", max_size=8) | st.sampled_from(["", "D-EABC", "lower", "A" * 9])
        ),
        "sensors": st.sampled_from([0, 1, 3, 1 << 62, 1 << 63, (1 << 63) + 1]),
        "kinds": st.integers(0, 2 ** len(tables.REPORT_KINDS) - 1),
        "cls": st.just("unknown"),
        "cls_p": st.none(),
        "adsb_check": st.sampled_from(tables.ADSB_CHECKS),
        "frame": st.integers(0, 2**63),
    }
)

in_range = rows.filter(lambda row: not math.isnan(row["lat_deg"]))


def table_of(some):
    """A TRACK table of rows; NaN in a column that may be null is unknown."""
    columns = {name: [row[name] for row in some] for name in tables.TRACK.names}
    columns["t"] = pa.array(columns["t"], pa.int64()).cast(tables.TIME)
    for name in _FLOATS:
        columns[name] = pa.array(columns[name], pa.float64())
    return tables.make_table(tables.TRACK, columns, rows=len(some))


def row(**more):
    """One plain row, for tests that are about one thing."""
    return {
        "t": T0_NS,
        "track": 1,
        "status": "confirmed",
        "lat_deg": 50.0,
        "lon_deg": 30.0,
        "alt_hae_m": None,
        "alt_baro_m": None,
        "vel_east_mps": 0.0,
        "vel_north_mps": 0.0,
        "vel_up_mps": None,
        "cov_m2": [1e4, 0.0, None, 1e4, None, None],
        "existence": 1.0,
        "height_basis": "none",
        "mode_s": None,
        "mode_3a": None,
        "callsign": None,
        "sensors": 1,
        "kinds": 1,
        "cls": "unknown",
        "cls_p": None,
        "adsb_check": "none",
        "frame": 0,
    } | more
