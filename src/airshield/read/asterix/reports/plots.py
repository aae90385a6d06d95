"""Monoradar plots: CAT001 (EUROCONTROL Part 2a) and CAT048 (EUROCONTROL-SPEC-0149 Part 4).

A record that has no measured position may have the calculated one of the radar's own tracker, x
and y (I001/042, I048/042: "calculated position of an aircraft in Cartesian co-ordinates"). It is
told as kind ``track``, for that is what made it: smoothed, its errors last from one report to the
next. What x and y mean says I048/170 TCC:

- 0, "tracking performed in so-called 'Radar Plane', i.e. neither slant range correction nor
  stereographical projection was applied": the distance is the slant range and the angle the
  azimuth, both of which need no place of the radar. So too where TCC is not told, and in CAT001,
  which has no such item. In the one recording with both positions and no TCC, 64 records of
  CAT048, x and y give the measured slant range to 4 m in the median; to the ground range there
  are 204 m.
- 1, "slant range correction and a suitable projection technique are used to track in a 2D reference
  plane, tangential to the earth model at the Radar Site co-ordinates": latitude and longitude from
  where the radar stands (I034/120, or as the caller says), by the stereographic projection, which
  TCC 0 names. Were it the orthographic one, the place would be 6 m off at 100 km and 96 m at 250.

The standard deviations of x and y (I048/210) go with them; I001/210 is no quantity.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from airshield.read.asterix.reports.rows import (
    B1,
    IDENT_STATES,
    KIND_CODES,
    ON_GROUND_STATES,
    Columns,
    Rows,
    address_or_none,
    flags_of,
    good_codes,
    good_levels,
    one_of,
    rows_of,
)
from airshield.read.quality import EMERGENCY_CODES
from airshield.units import M_PER_FL, M_PER_NMI

COLUMNS_001: Final = (
    *("i010_sac", "i010_sic", "i141_s", "i020_ssrpsr", "i020_sim", "i020_spi", "i020_rab"),
    *("i020_tst", "i020_ds1ds2", "i020_me", "i040_rho_nmi", "i040_theta_deg", "i070_v", "i070_g"),
    *("i070_mode3a", "i090_v", "i090_g", "i090_hgt_fl", "i120_nmi_s", "i161", "i042_x_nmi"),
    "i042_y_nmi",
)
COLUMNS_048: Final = (
    *("i010_sac", "i010_sic", "i140_s", "i020_typ", "i020_sim", "i020_spi", "i020_tst", "i020_rab"),
    *("i020_me", "i040_rho_nmi", "i040_theta_deg", "i070_v", "i070_g", "i070_mode3a", "i090_v"),
    *("i090_g", "i090_fl", "i220", "i240", "i161_trn", "i120_cal_d", "i120_cal_cal_mps"),
    *("i230_stat", "re_err_nmi", "i042_x_nmi", "i042_y_nmi", "i170_tcc", "i210_sigx_nmi"),
    "i210_sigy_nmi",
)

_KINDS_001: Final = ("psr", "psr", "ssr", "psr_ssr")
"""I001/020 SSR/PSR to kind. 0, no detection, makes no report."""

_KINDS_048: Final = ("psr", "psr", "ssr", "psr_ssr", "mode_s", "mode_s", "mode_s", "mode_s")
"""I048/020 TYP to kind. TYP 0, no detection, makes no report."""


def old_plots(columns: Columns) -> Rows:
    """Convert CAT001, plots and tracks alike: both say what the antenna saw last.

    Who and when may stand only in the first record of a block: the reader of reports fills them
    in. The calculated velocity of a track (I001/200) is not used, for the reason given for
    I048/200.
    """
    seen = columns.ints("i020_ssrpsr")
    rng_nmi, azm_deg = columns.floats("i040_rho_nmi"), columns.floats("i040_theta_deg")
    mode_3a = good_codes(columns, "i070_mode3a", "i070")
    told = np.where(columns.ints("i070_v") >= 0, 2, 1)
    kinds = np.array([KIND_CODES[name] for name in _KINDS_001])
    rows = rows_of(columns, 1, columns.floats("i141_s"))
    rows.is_truncated = True
    rows.values = {
        "kind": kinds[np.where(seen < 0, told, seen)],
        "rng_slant_m": rng_nmi * M_PER_NMI,
        "azm_true_deg": azm_deg,
        "alt_baro_m": good_levels(columns, "i090_hgt_fl") * M_PER_FL,
        "spd_radial_mps": columns.floats("i120_nmi_s") * M_PER_NMI,
        "mode_3a": mode_3a,
        "track_sensor": columns.ints("i161"),
        "flags": flags_of(
            columns.rows,
            spi=columns.ints("i020_spi") == 1,
            emergency=one_of(mode_3a, EMERGENCY_CODES)
            | (columns.ints("i020_ds1ds2") > 0)
            | (columns.ints("i020_me") == 1),
            simulated=columns.ints("i020_sim") == 1,
            test=(columns.ints("i020_tst") == 1) | (columns.ints("i020_rab") == 1),
        ),
    }
    has_place = _take_calculated(columns, rows)
    rows.unused = {
        "001: no detection": seen == 0,
        "001: no position": (seen != 0) & ~has_place,
    }
    return rows


def plots(columns: Columns) -> Rows:
    """Convert CAT048."""
    kind = columns.ints("i020_typ")
    address = columns.ints("i220")
    mode_3a = good_codes(columns, "i070_mode3a", "i070")
    status = columns.ints("i230_stat")
    rng_nmi, azm_deg = columns.floats("i040_rho_nmi"), columns.floats("i040_theta_deg")
    if columns.says("re_err_nmi"):
        # Beyond 256 NM I048/040 stands at its end and the expansion field has the range.
        far_nmi = columns.floats("re_err_nmi")
        rng_nmi = np.where(np.isnan(far_nmi), rng_nmi, far_nmi)
    doppler_good = columns.ints("i120_cal_d") == 0

    # A record without I048/020, which the standard does not allow, is what its other items make it.
    told = np.where(address >= 0, 5, np.where(columns.ints("i070_v") >= 0, 2, 1))
    kinds = np.array([KIND_CODES[name] for name in _KINDS_048])
    rows = rows_of(columns, 48, columns.floats("i140_s"))
    rows.values = {
        "kind": kinds[np.where(kind < 0, told, kind)],
        "rng_slant_m": rng_nmi * M_PER_NMI,
        "azm_true_deg": azm_deg,
        "alt_baro_m": good_levels(columns, "i090_fl") * M_PER_FL,
        "spd_radial_mps": np.where(doppler_good, columns.floats("i120_cal_cal_mps"), np.nan),
        "mode_s": address_or_none(address),
        "mode_3a": mode_3a,
        "callsign": columns.texts("i240"),
        "track_sensor": columns.ints("i161_trn"),
        "flags": flags_of(
            columns.rows,
            spi=(columns.ints("i020_spi") == 1) | one_of(status, IDENT_STATES),
            emergency=one_of(mode_3a, EMERGENCY_CODES) | (columns.ints("i020_me") == 1),
            simulated=columns.ints("i020_sim") == 1,
            test=(columns.ints("i020_tst") == 1) | (columns.ints("i020_rab") == 1),
            on_ground=one_of(status, ON_GROUND_STATES),
        ),
    }
    has_place = _take_calculated(columns, rows)
    rows.unused = {
        "048: no detection": kind == 0,
        "048: no position": (kind != 0) & ~has_place,
    }
    return rows


def _take_calculated(columns: Columns, rows: Rows) -> B1:
    """Take x and y where nothing was measured; tell which records have either."""
    values = rows.values
    measured: B1 = ~(np.isnan(values["rng_slant_m"]) | np.isnan(values["azm_true_deg"]))
    if measured.all() or not columns.says("i042_x_nmi"):
        return measured
    names = ("i042_x_nmi", "i042_y_nmi", "i210_sigx_nmi", "i210_sigy_nmi")
    x_m, y_m, sigma_x_m, sigma_y_m = (columns.floats(name) * M_PER_NMI for name in names)
    calculated = ~measured & ~(np.isnan(x_m) | np.isnan(y_m))
    projected = calculated & (columns.ints("i170_tcc") == 1)
    in_radar_plane = calculated & ~projected
    values["kind"] = np.where(calculated, KIND_CODES["track"], values["kind"])

    rng_m = np.hypot(x_m, y_m)
    values["rng_slant_m"] = np.where(in_radar_plane, rng_m, values["rng_slant_m"])
    azm_deg = np.degrees(np.arctan2(x_m, y_m)) % 360.0
    values["azm_true_deg"] = np.where(in_radar_plane, azm_deg, values["azm_true_deg"])
    with np.errstate(divide="ignore", invalid="ignore"):  # over the radar there is no azimuth
        along_m = np.hypot(x_m * sigma_x_m, y_m * sigma_y_m) / rng_m
        across_deg = np.degrees(np.hypot(y_m * sigma_x_m, x_m * sigma_y_m) / rng_m**2)
    values["sigma_rng_m"] = np.where(in_radar_plane, along_m, np.nan)
    values["sigma_azm_deg"] = np.where(in_radar_plane, across_deg, np.nan)

    if projected.any():
        none = np.full(columns.rows, np.nan)
        values["lat_deg"], values["lon_deg"] = none.copy(), none.copy()
        sigma_m = np.hypot(sigma_x_m, sigma_y_m) / np.sqrt(2.0)
        values["sigma_pos_m"] = np.where(projected, sigma_m, np.nan)
        rows.plane_m = (
            np.where(projected, x_m, np.nan),
            np.where(projected, y_m, np.nan),
            none,
        )
        rows.is_projected = True
    return np.asarray(measured | calculated)
