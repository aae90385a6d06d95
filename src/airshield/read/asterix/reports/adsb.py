"""ADS-B target reports: CAT021 (EUROCONTROL-SPEC-0149 Part 12), both of its layouts."""

from __future__ import annotations

from typing import Final

import numpy as np

from airshield.read.asterix.reports.rows import (
    KIND_CODES,
    Columns,
    Rows,
    first_known,
    flags_of,
    off_the_globe,
    one_of,
    rows_of,
    velocity_mps,
    within_180,
)
from airshield.read.quality import EMERGENCY_CODES, sigma_of_nucp_m, sigma_pos_m
from airshield.units import M_PER_FL, M_PER_FT, M_PER_NMI, MPS_PER_FT_MIN

COLUMNS_021: Final = (
    *("i010_sac", "i010_sic", "i071_s", "i073_s", "i077_s", "i075_s", "i072_s", "i030_s"),
    *("i040_atp", "i040_gbs", "i040_sim", "i040_tst", "i040_rab", "i040_spi", "i080"),
    *("i130_lat_deg", "i130_lon_deg", "i131_lat_deg", "i131_lon_deg", "i140_ft", "i145_fl"),
    *("i155_ft_min", "i157_ft_min", "i155_bvr_ft_min", "i155_re", "i157_gvr_ft_min", "i157_re"),
    *("i160_gs_nmi_s", "i160_ta_deg", "i160_re", "i170", "i161_trnum", "i070_mode3a", "i070_v"),
    *("i070_g", "i090_nacp", "i090_nucpnic", "i210_vns", "i210_vn", "i200", "i200_ps", "i200_ss"),
)

EMERGENCY_STATES: Final = (1, 3, 4, 5, 6)
"""I021/200: general, minimum fuel, no communications, unlawful interference, downed; a medical
flight (2) has priority and is no emergency."""

_GEOMETRIC_HEIGHT_MAX_FT: Final = 0x7FFF * 6.25
"""I021/140: this value says "greater than", so the height is unknown."""


def adsb(columns: Columns) -> Rows:
    """Convert CAT021, either layout."""
    is_old = columns.has("i030_s")
    address = columns.ints("i080")
    unique = one_of(columns.ints("i040_atp"), (1, 2, -1) if is_old else (0, 2, -1))
    times = ("i071_s", "i073_s", "i030_s", "i077_s", "i075_s", "i072_s")
    tod_s = first_known(*(columns.floats(name) for name in times))
    fine = ~(np.isnan(columns.floats("i131_lat_deg")) | np.isnan(columns.floats("i131_lon_deg")))
    lat_deg = np.where(fine, columns.floats("i131_lat_deg"), columns.floats("i130_lat_deg"))
    lon_deg = np.where(fine, columns.floats("i131_lon_deg"), columns.floats("i130_lon_deg"))
    lon_deg = within_180(lon_deg)

    # Unlike elsewhere, a code without validity bits counts: most editions have none.
    code_good = (columns.ints("i070_v") != 1) & (columns.ints("i070_g") != 1)
    mode_3a = columns.codes("i070_mode3a", code_good)
    height_ft = columns.floats("i140_ft")
    height_ft = np.where(height_ft >= _GEOMETRIC_HEIGHT_MAX_FT, np.nan, height_ft)
    speed_mps = columns.floats("i160_gs_nmi_s") * M_PER_NMI
    speed_mps = np.where(columns.ints("i160_re") == 1, np.nan, speed_mps)
    east_mps, north_mps = velocity_mps(speed_mps, columns.floats("i160_ta_deg"))
    rates = (
        ("i157_gvr_ft_min", "i157_re"),
        ("i157_ft_min", ""),
        ("i155_bvr_ft_min", "i155_re"),
        ("i155_ft_min", ""),
    )
    climb_ft_min = first_known(
        *(
            np.where(columns.ints(beyond) == 1, np.nan, columns.floats(name))
            for name, beyond in rates
        )
    )
    nacp = columns.ints("i090_nacp")
    # Version 0 (DO-260) has no NACp, and calls NUCp what others call NIC.
    is_nucp = (columns.ints("i210_vn") == 0) & (columns.ints("i210_vns") == 0)
    nucp = np.where(is_nucp, columns.ints("i090_nucpnic"), -1)

    rows = rows_of(columns, 21, tod_s)
    rows.values = {
        "kind": np.full(columns.rows, KIND_CODES["adsb"]),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "alt_baro_m": columns.floats("i145_fl") * M_PER_FL,
        "alt_hae_m": height_ft * M_PER_FT,
        "vel_east_mps": east_mps,
        "vel_north_mps": north_mps,
        "vel_up_mps": climb_ft_min * MPS_PER_FT_MIN,
        "mode_s": np.where(unique & (address > 0), address, -1),
        "mode_3a": mode_3a,
        "callsign": columns.texts("i170"),
        "track_sensor": columns.ints("i161_trnum"),
        "sigma_pos_m": first_known(sigma_pos_m(nacp), sigma_of_nucp_m(nucp)),
        "nacp": nacp,
        "flags": flags_of(
            columns.rows,
            spi=(columns.ints("i040_spi") == 1) | (columns.ints("i200_ss") == 3),
            emergency=one_of(mode_3a, EMERGENCY_CODES)
            | one_of(columns.ints("i200"), EMERGENCY_STATES)
            | one_of(columns.ints("i200_ps"), EMERGENCY_STATES),
            simulated=columns.ints("i040_sim") == 1,
            test=(columns.ints("i040_tst") == 1) | (columns.ints("i040_rab") == 1),
            on_ground=columns.ints("i040_gbs") == 1,
        ),
    }
    rows.unused = {"021: no position": np.isnan(lat_deg) | np.isnan(lon_deg)}
    rows.wrong = off_the_globe(lat_deg, lon_deg)
    return rows
