"""System tracks: CAT062 (EUROCONTROL-SPEC-0149 Part 9)."""

from __future__ import annotations

from typing import Final

import numpy as np

from airshield.read.asterix.reports.rows import (
    KIND_CODES,
    ON_GROUND_STATES,
    Columns,
    Rows,
    address_or_none,
    first_known,
    flags_of,
    off_the_globe,
    one_of,
    rows_of,
    within_180,
)
from airshield.read.quality import EMERGENCY_CODES
from airshield.units import M_PER_FL, M_PER_FT, MPS_PER_FT_MIN

COLUMNS_062: Final = (
    *("i010_sac", "i010_sic", "i070_s", "i105_lat_deg", "i105_lon_deg", "i185_vx_mps"),
    *("i185_vy_mps", "i060_mode3a", "i060_v", "i060_g", "i245_chr", "i380_adr", "i380_id", "i040"),
    *("i080_spi", "i080_sim", "i080_me", "i080_sfc", "i136_fl", "i130_ft", "i135_qnh"),
    *("i135_ctb_fl", "i220_ft_min", "i380_com_stat", "i500_apc_x_m", "i500_apc_y_m"),
    *("i500_apw_lat_deg", "i500_apw_lon_deg"),
)

_M_PER_DEG: Final = 111_195.08
"""A degree of the sphere with the Earth's mean radius: a standard deviation 0.6 % off at worst."""


def system_tracks(columns: Columns) -> Rows:
    """Convert CAT062."""
    lat_deg, lon_deg = columns.floats("i105_lat_deg"), within_180(columns.floats("i105_lon_deg"))
    # Editions before 1.17 have no validity bits: a code without them counts.
    code_good = (columns.ints("i060_v") != 1) & (columns.ints("i060_g") != 1)
    mode_3a = columns.codes("i060_mode3a", code_good)
    # Without a measured level, the calculated one, unless it has been corrected to the local QNH.
    calculated = np.where(columns.ints("i135_qnh") == 0, columns.floats("i135_ctb_fl"), np.nan)
    level = first_known(columns.floats("i136_fl"), calculated)
    north_m = columns.floats("i500_apw_lat_deg") * _M_PER_DEG
    east_m = columns.floats("i500_apw_lon_deg") * _M_PER_DEG * np.cos(np.radians(lat_deg))
    in_plane_m = np.hypot(columns.floats("i500_apc_x_m"), columns.floats("i500_apc_y_m"))
    # APW is the accuracy of I062/105, which the place is; APC that of the same place in the plane.
    apart_m = first_known(np.hypot(east_m, north_m), in_plane_m)

    rows = rows_of(columns, 62, columns.floats("i070_s"))
    rows.values = {
        "kind": np.full(columns.rows, KIND_CODES["track"]),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "alt_baro_m": level * M_PER_FL,
        "alt_hae_m": columns.floats("i130_ft") * M_PER_FT,
        "vel_east_mps": columns.floats("i185_vx_mps"),
        "vel_north_mps": columns.floats("i185_vy_mps"),
        "vel_up_mps": columns.floats("i220_ft_min") * MPS_PER_FT_MIN,
        "mode_s": address_or_none(columns.ints("i380_adr")),
        "mode_3a": mode_3a,
        "callsign": columns.texts("i380_id", "i245_chr"),
        "track_sensor": columns.ints("i040"),
        "sigma_pos_m": apart_m / np.sqrt(2.0),
        "flags": flags_of(
            columns.rows,
            spi=columns.ints("i080_spi") == 1,
            emergency=one_of(mode_3a, EMERGENCY_CODES) | (columns.ints("i080_me") == 1),
            simulated=columns.ints("i080_sim") == 1,
            on_ground=one_of(columns.ints("i380_com_stat"), ON_GROUND_STATES)
            | (columns.ints("i080_sfc") == 1),
        ),
    }
    rows.unused = {"062: no WGS-84 position": np.isnan(lat_deg) | np.isnan(lon_deg)}
    rows.wrong = off_the_globe(lat_deg, lon_deg)
    return rows
