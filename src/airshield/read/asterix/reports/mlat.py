"""Airport surface sensors and multilateration: CAT010 (Part 7) and CAT020 (Part 14).

A place is told as WGS-84, as range and azimuth, or only as x and y from the system's reference
point. Nothing in CAT010 says where that point is: such a record is a report when the caller gives
the point, or when the stream has told it (I019/600, I025/600) for the same source; else it is
counted as unused. The plane's axes are taken as true east and north at the point, and a target
without a measured height as lying in the plane; a target 1 km above it is then placed 1.6 m wrong
for each 10 km from the point.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from airshield.read.asterix.reports.rows import (
    B1,
    F8,
    IDENT_STATES,
    KIND_CODES,
    ON_GROUND_STATES,
    Columns,
    Rows,
    address_or_none,
    first_known,
    flags_of,
    good_codes,
    good_levels,
    off_the_globe,
    one_of,
    rows_of,
    velocity_mps,
    within_180,
)
from airshield.read.asterix.reports.station_status import surface_status
from airshield.read.quality import EMERGENCY_CODES
from airshield.units import M_PER_FL, M_PER_FT, M_PER_NMI

COLUMNS_010: Final = (
    *("i010_sac", "i010_sic", "i000", "i140_s", "i020_typ", "i020_gbs", "i020_sim", "i020_tst"),
    *("i020_rab", "i020_tot", "i020_spi", "i041_lat_deg", "i041_lon_deg", "i040_rho_m"),
    *("i040_th_deg", "i042_x_m", "i042_y_m", "i091_ft", "i200_gsp_nmi_s", "i200_tra_deg"),
    *("i202_vx_mps", "i202_vy_mps", "i161_trk", "i060_v", "i060_g", "i060_mode3a", "i220"),
    *("i245_chr", "i090_v", "i090_g", "i090_fl", "i500_devx_m", "i500_devy_m", "i550_nogo"),
    *("i550_ovl", "i550_tsv", "i550_div", "i550_ttf"),
)
COLUMNS_020: Final = (
    *("i010_sac", "i010_sic", "i140_s", "i020_rab", "i020_spi", "i020_gbs", "i020_sim", "i020_tst"),
    *("i020_cf", "i041_lat_deg", "i041_lon_deg", "i042_x_m", "i042_y_m", "i110_ft", "i105_ft"),
    *("i202_vx_mps", "i202_vy_mps", "i161_trn", "i070_v", "i070_g", "i070_mode3a", "i220"),
    *("i245_chr", "i090_v", "i090_g", "i090_fl", "i230_stat", "i500_sdp_x_m", "i500_sdp_y_m"),
)

_KINDS_010: Final = {0: "mlat", 1: "mlat", 2: "adsb", 3: "psr", 5: "mlat"}
"""I010/020 TYP to kind. Magnetic loops (4) and other types have no kind here."""

_NON_ICAO: Final = 1
"""I020/020 CF: the 24-bit address is not an ICAO one."""


def surface(columns: Columns) -> Rows:
    """Convert CAT010: target reports to REPORT, the other messages to SENSOR_STATUS."""
    message = columns.ints("i000")
    is_target = one_of(message, (1, -1))
    typ = columns.ints("i020_typ")
    kind = np.full(columns.rows, -1)
    for code, name in _KINDS_010.items():
        kind[typ == code] = KIND_CODES[name]
    lat_deg, lon_deg = columns.floats("i041_lat_deg"), within_180(columns.floats("i041_lon_deg"))
    rng_m, azm_deg = columns.floats("i040_rho_m"), columns.floats("i040_th_deg")
    has_place = ~(np.isnan(lat_deg) | np.isnan(lon_deg)) | ~(np.isnan(rng_m) | np.isnan(azm_deg))
    mode_3a = good_codes(columns, "i060_mode3a", "i060")
    along = velocity_mps(
        columns.floats("i200_gsp_nmi_s") * M_PER_NMI, columns.floats("i200_tra_deg")
    )

    rows = rows_of(columns, 10, columns.floats("i140_s"))
    rows.values = {
        "kind": kind,
        "rng_slant_m": rng_m,
        "azm_true_deg": azm_deg,
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "alt_baro_m": good_levels(columns, "i090_fl") * M_PER_FL,
        "vel_east_mps": first_known(columns.floats("i202_vx_mps"), along[0]),
        "vel_north_mps": first_known(columns.floats("i202_vy_mps"), along[1]),
        "mode_s": address_or_none(columns.ints("i220")),
        "mode_3a": mode_3a,
        "callsign": columns.texts("i245_chr"),
        "track_sensor": columns.ints("i161_trk"),
        "sigma_pos_m": _sigma_m(columns, "i500_devx_m", "i500_devy_m"),
        "flags": flags_of(
            columns.rows,
            spi=columns.ints("i020_spi") == 1,
            emergency=one_of(mode_3a, EMERGENCY_CODES),
            simulated=columns.ints("i020_sim") == 1,
            test=(columns.ints("i020_tst") == 1) | (columns.ints("i020_rab") == 1),
            on_ground=(columns.ints("i020_gbs") == 1) | (columns.ints("i020_tot") == 2),
        ),
    }
    rows.plane_m = _plane_m(columns, "i091_ft", ~has_place)
    is_seen = is_target & (kind >= 0)
    in_plane = ~np.isnan(rows.plane_m[0])
    rows.status = surface_status(columns, message, ~is_target)
    rows.unused = {
        "010: service message": ~is_target,
        "010: a kind of sensor that reports have no name for": is_target & (kind < 0),
        "010: no position": is_seen & ~has_place & ~in_plane,
    }
    rows.wrong = off_the_globe(lat_deg, lon_deg)
    return rows


def multilateration(columns: Columns) -> Rows:
    """Convert CAT020."""
    lat_deg, lon_deg = columns.floats("i041_lat_deg"), within_180(columns.floats("i041_lon_deg"))
    has_place = ~(np.isnan(lat_deg) | np.isnan(lon_deg))
    mode_3a = good_codes(columns, "i070_mode3a", "i070")
    status = columns.ints("i230_stat")
    address = address_or_none(columns.ints("i220"))

    rows = rows_of(columns, 20, columns.floats("i140_s"))
    rows.values = {
        "kind": np.full(columns.rows, KIND_CODES["mlat"]),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "alt_baro_m": good_levels(columns, "i090_fl") * M_PER_FL,
        "alt_hae_m": columns.floats("i105_ft") * M_PER_FT,
        "vel_east_mps": columns.floats("i202_vx_mps"),
        "vel_north_mps": columns.floats("i202_vy_mps"),
        "mode_s": np.where(columns.ints("i020_cf") == _NON_ICAO, -1, address),
        "mode_3a": mode_3a,
        "callsign": columns.texts("i245_chr"),
        "track_sensor": columns.ints("i161_trn"),
        "sigma_pos_m": _sigma_m(columns, "i500_sdp_x_m", "i500_sdp_y_m"),
        "flags": flags_of(
            columns.rows,
            spi=(columns.ints("i020_spi") == 1) | one_of(status, IDENT_STATES),
            emergency=one_of(mode_3a, EMERGENCY_CODES),
            simulated=columns.ints("i020_sim") == 1,
            test=(columns.ints("i020_tst") == 1) | (columns.ints("i020_rab") == 1),
            on_ground=(columns.ints("i020_gbs") == 1) | one_of(status, ON_GROUND_STATES),
        ),
    }
    rows.plane_m = _plane_m(columns, "i110_ft", ~has_place)
    rows.unused = {"020: no position": ~has_place & np.isnan(rows.plane_m[0])}
    rows.wrong = off_the_globe(lat_deg, lon_deg)
    return rows


def _plane_m(columns: Columns, height: str, wanted: B1) -> tuple[F8, F8, F8]:
    """Return x, y and height over the system's plane where they are all there is, else NaN."""
    x_m, y_m = columns.floats("i042_x_m"), columns.floats("i042_y_m")
    up_m = columns.floats(height) * M_PER_FT
    there = wanted & ~np.isnan(x_m) & ~np.isnan(y_m)
    x_m, y_m = (np.where(there, value, np.nan) for value in (x_m, y_m))
    return x_m, y_m, np.where(np.isnan(up_m), 0.0, up_m)


def _sigma_m(columns: Columns, x: str, y: str) -> F8:
    """Return the standard deviation per axis of a place whose axes have one each."""
    sigma_m: F8 = np.hypot(columns.floats(x), columns.floats(y)) / np.sqrt(2.0)
    return sigma_m
