"""What ground stations and systems say of themselves: CAT010, 019, 023 and 025; see ``words``."""

from __future__ import annotations

from typing import Final

import numpy as np

from airshield.read.asterix.reports.rows import B1, I8, Columns, Rows, Status, one_of
from airshield.read.asterix.reports.words import (
    Words,
    any_told,
    begin,
    named,
    opposite,
    reference_of,
    say_counters,
    say_place,
    silent,
    state_of,
)
from airshield.units import M_PER_NMI

KM_PER_NMI: Final = M_PER_NMI / 1e3

COLUMNS_019: Final = (
    *("i010_sac", "i010_sic", "i000", "i140_s", "i550_nogo", "i550_ovl", "i550_tsv", "i550_ttf"),
    *("i551_tp1b", "i551_tp2b", "i551_tp3b", "i551_tp4b", "i552_rsi", "i552_rss", "i552_rso"),
    *("i553_reftr1", "i553_reftr2", "i553_reftr3", "i553_reftr4", "i600_lat_deg", "i600_lon_deg"),
    *("i610_m", "i620_m"),
)
COLUMNS_023: Final = (
    *("i010_sac", "i010_sic", "i000", "i015_sid", "i015_styp", "i070_s", "i100_nogo", "i100_odp"),
    *("i100_oxt", "i100_msc", "i100_tsv", "i100_spo", "i100_rn", "i100_gssp_s", "i101_rp_s"),
    *("i101_sc", "i200_nmi", "i110_stat", "i120_type", "i120_ref", "i120_cv"),
)
COLUMNS_025: Final = (
    *("i010_sac", "i010_sic", "i000_rtyp", "i000_rg", "i015", "i020", "i070_s", "i100_nogo"),
    *("i100_ops", "i100_sstat", "i100_systat", "i100_sestat", "i105", "i120_cid", "i120_errc"),
    *("i120_cs", "i140_type", "i140_ref", "i140_count", "i600_lat_deg", "i600_lon_deg", "i610_m"),
)
_SERVICES_023: Final = {
    1: "ADS-B on VDL Mode 4",
    2: "ADS-B on extended squitter",
    3: "ADS-B on UAT",
    4: "TIS-B on VDL Mode 4",
    5: "TIS-B on extended squitter",
    6: "TIS-B on UAT",
    7: "FIS-B on VDL Mode 4",
    8: "GRAS on VDL Mode 4",
    9: "multilateration",
}
_STATES_023: Final = {
    0: "unknown",
    1: "failed",
    2: "disabled",
    3: "degraded",
    4: "normal",
    5: "initialising",
}
_ERRORS_025: Final = {
    1: "an undefined error",
    2: "time source invalid",
    3: "time source coasting",
    4: "track numbering has restarted",
    5: "data processor overloaded",
    6: "ground data link overloaded",
    7: "stopped by its operator",
    8: "built-in test failed",
    9: "test target fails",
}


def surface_status(columns: Columns, message: I8, says: B1) -> Status:
    """Return what CAT010's status messages say."""
    status = silent(columns.rows)
    status.says = says
    names = {2: "start_of_update", 3: "status", 4: "status_change"}
    status.message = named(message, names)
    if columns.says("i550_nogo"):
        is_nogo, diversity = columns.ints("i550_nogo"), columns.ints("i550_div")
        status.state = state_of(
            operational=is_nogo == 0,
            degraded=(is_nogo == 1) | (diversity == 1),
            not_operational=is_nogo == 2,
        )
        status.is_overloaded = columns.ints("i550_ovl")
        status.is_time_valid = opposite(columns.ints("i550_tsv"))
        words = Words(columns)
        words.say(is_nogo == 2, "not released for operational use")
        words.say(diversity == 1, "receiver diversity degraded")
        words.flag("i550_ttf", "test target fails")
        status.text = words.texts()
    return status


def multilateration_status(columns: Columns) -> Rows:
    """Convert CAT019; the reference point that it tells places the records of CAT020."""
    rows, status = begin(columns, 19, "i140_s")
    names = {1: "start_of_update", 2: "status", 3: "status_change"}
    status.message = named(columns.ints("i000"), names)
    is_nogo = columns.ints("i550_nogo")
    status.state = state_of(
        operational=is_nogo == 0, degraded=is_nogo == 1, not_operational=is_nogo == 2
    )
    status.is_overloaded = columns.ints("i550_ovl")
    status.is_time_valid = opposite(columns.ints("i550_tsv"))
    words = Words(columns)
    words.say(is_nogo == 2, "not released for operational use")
    words.flag("i550_ttf", "test target fails")
    for number in "1234":
        words.flag(f"i551_tp{number}b", f"tracking processor {number} faulted", when=0)
    for number in "1234":
        words.flag(f"i553_reftr{number}", f"reference transponder {number} warns")
        words.flag(f"i553_reftr{number}", f"reference transponder {number} faulted", when=2)
    good, online = columns.lists("i552_rss"), columns.lists("i552_rso")
    for row, stations in columns.lists("i552_rsi").items():
        for station, works, on in zip(stations, good[row], online[row], strict=True):
            if not works:
                words.add(row, f"remote station {station} faulted")
            if not on:
                words.add(row, f"remote station {station} offline")
    say_place(words, columns, "reference point at", ("i600_lat_deg", "i600_lon_deg", "i610_m"))
    status.text = words.texts()
    # I019/610 is above mean sea level and I019/620 how far that lies above the ellipsoid.
    above_msl_m, geoid_m = columns.floats("i610_m"), columns.floats("i620_m")
    rows.reference = reference_of(columns, above_msl_m + np.nan_to_num(geoid_m))
    return rows


def ground_station_status(columns: Columns) -> Rows:
    """Convert CAT023."""
    rows, status = begin(columns, 23, "i070_s")
    names = {1: "status", 2: "service_status", 3: "statistics"}
    status.message = named(columns.ints("i000"), names)
    is_nogo, service = columns.ints("i100_nogo"), columns.ints("i110_stat")
    status.state = state_of(
        operational=(is_nogo == 0) | (service == 4),
        degraded=service == 3,
        initialising=service == 5,
        not_operational=(is_nogo == 1) | one_of(service, (1, 2)),
    )
    status.is_overloaded = any_told(columns, "i100_odp", "i100_oxt")
    status.is_time_valid = opposite(columns.ints("i100_tsv"))

    words = Words(columns)
    kind, number = columns.ints("i015_styp"), columns.ints("i015_sid")
    for row in np.flatnonzero(number >= 0).tolist():
        what = _SERVICES_023.get(int(kind[row]), f"type {kind[row]}")
        words.add(row, f"service {number[row]}: {what}")
    words.say(is_nogo == 1, "not released for operational use")
    words.name("i110_stat", _STATES_023, "service is {}")
    words.flag("i100_odp", "data processor overloaded")
    words.flag("i100_oxt", "ground data link overloaded")
    words.flag("i100_msc", "monitoring not connected or unknown", when=0)
    words.flag("i100_spo", "possible spoofing attack")
    words.flag("i100_rn", "track numbering has restarted")
    words.measure("i100_gssp_s", "status every {:g} s")
    words.measure("i101_rp_s", "report period {:g} s")
    words.flag("i101_sc", "service class NRA")
    words.measure("i200_nmi", "operational range {:.1f} km", scale=KM_PER_NMI)
    say_counters(words, columns, ("i120_type", "i120_ref", "i120_cv"))
    status.text = words.texts()
    return rows


def system_status(columns: Columns) -> Rows:
    """Convert CAT025."""
    rows, status = begin(columns, 25, "i070_s")
    names = {1: "service_status", 2: "component_status", 3: "statistics"}
    status.message = named(columns.ints("i000_rtyp"), names)
    is_nogo, mode = columns.ints("i100_nogo"), columns.ints("i100_ops")
    parts = [columns.ints(f"i100_{part}") for part in ("sstat", "systat", "sestat")]
    failed = np.any([part == 1 for part in parts], axis=0)
    degraded = np.any([part == 2 for part in parts], axis=0)
    status.state = state_of(
        operational=(is_nogo == 0) & (parts[0] == 0),
        degraded=degraded,
        not_operational=(is_nogo == 1) | (mode == 2) | failed,
    )
    errors = columns.lists("i105")
    for row, codes in errors.items():
        if status.says[row]:
            status.is_overloaded[row] = int(5 in codes or 6 in codes)
            status.is_time_valid[row] = int(2 not in codes)

    words = Words(columns)
    words.count("i015", "service {}")
    for row, said in columns.strings("i020").items():
        words.add(row, f"called {said}")
    words.say(is_nogo == 1, "not released for operational use")
    words.say(mode == 1, "on standby")
    words.say(mode == 2, "in maintenance")
    for part, title in zip(parts, ("service", "system", "service part"), strict=True):
        words.say(part == 1, f"{title} failed")
        words.say(part == 2, f"{title} degraded")
    for row, codes in errors.items():
        for code in codes:
            words.add(row, _ERRORS_025.get(code, f"error {code}"))
    components = columns.lists("i120_cid")
    trouble, running = columns.lists("i120_errc"), columns.lists("i120_cs")
    for row, numbers in components.items():
        for number, error, state in zip(numbers, trouble[row], running[row], strict=True):
            told = {0: "runs", 1: "failed", 2: "in maintenance"}.get(state, f"in state {state}")
            more = {0: "", 1: ", undefined error", 2: ", alert", 3: ", alarm"}
            words.add(row, f"component {number} {told}{more.get(error, f', error {error}')}")
    say_counters(words, columns, ("i140_type", "i140_ref", "i140_count"))
    say_place(words, columns, "reference point at", ("i600_lat_deg", "i600_lon_deg", "i610_m"))
    status.text = words.texts()
    rows.reference = reference_of(columns, columns.floats("i610_m"))
    return rows
