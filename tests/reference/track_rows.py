"""TRACK tables from a few figures, for the tests of the rooms that read them."""

import numpy as np
import pyarrow as pa

from airshield import tables

T0_NS = 1_795_824_000_000_000_000
"""2026-11-28 00:00 UTC, a Saturday."""


def track_table(
    *,
    lat_deg,
    lon_deg,
    t_s,
    track=1,
    status="confirmed",
    sigma_m=100.0,
    correlation=0.0,
    alt_baro_m=np.nan,
    alt_hae_m=np.nan,
    var_up_m2=np.nan,
    basis=None,
    mode_s=None,
    callsign=None,
    vel_east_mps=0.0,
    vel_north_mps=0.0,
    frame0=0,
):
    """Broadcast the figures against each other and make TRACK rows of them."""
    n = np.broadcast(lat_deg, lon_deg, t_s, track, status, sigma_m, alt_baro_m).size

    def wide(value, kind=np.float64):
        return np.broadcast_to(np.asarray(value, kind), (n,)).copy()

    def listed(value):
        return list(value) if isinstance(value, list | tuple) else [value] * n

    if basis is None:
        known_baro = ~np.isnan(wide(alt_baro_m))
        basis = ["baro" if known else "none" for known in known_baro]
    var = wide(sigma_m) ** 2
    up = wide(var_up_m2)
    cov = [
        [v, correlation * v, None, v, None, None if np.isnan(u) else u]
        for v, u in zip(var, up, strict=True)
    ]
    t_ns = T0_NS + np.round(wide(t_s) * 1e9).astype(np.int64)
    return tables.make_table(
        tables.TRACK,
        {
            "t": t_ns.view("datetime64[ns]"),
            "track": wide(track, np.uint64),
            "status": listed(status),
            "lat_deg": wide(lat_deg),
            "lon_deg": wide(lon_deg),
            "alt_hae_m": wide(alt_hae_m),
            "alt_baro_m": wide(alt_baro_m),
            "vel_east_mps": wide(vel_east_mps),
            "vel_north_mps": wide(vel_north_mps),
            "cov_m2": pa.array(cov, tables.TRACK.field("cov_m2").type),
            "existence": wide(1.0),
            "height_basis": listed(basis),
            "mode_s": listed(mode_s),
            "callsign": listed(callsign),
            "sensors": wide(1, np.uint64),
            "kinds": wide(1, np.uint32),
            "cls": ["unknown"] * n,
            "adsb_check": ["none"] * n,
            "frame": np.arange(frame0, frame0 + n, dtype=np.uint64),
        },
        rows=n,
    )
