"""Service messages to SENSOR_STATUS: what sensors and systems say about themselves.

=====  ==============================  ============================================================
002    radar service messages          EUROCONTROL Part 2b, editions 1.0 to 1.2
010    surface movement status         Part 7, edition 1.1: message types 2, 3 and 4
019    multilateration system status   Part 18, edition 1.3
023    ADS-B ground station status     Part 16, editions 1.2 and 1.3
025    ground system status            Part 26, editions 1.5 and 1.6
034    radar service messages          Part 2b, editions 1.27 to 1.29
063    sensors as a tracker sees them  Part 10, editions 1.6 and 1.7; ``sensor`` is the sensor
065    tracker status                  Part 15, editions 1.4 to 1.6
=====  ==============================  ============================================================

``state`` is what the message says of the whole:

- ``not_operational``: not released for use (NOGO), failed, disabled, interrupted or ended by its
  operator, in maintenance, not connected;
- ``initialising``: I023/110 and I063/060 say so;
- ``degraded``: it says so, or a part of it gives nothing: no channel of a radar's PSR, SSR or
  Mode S is selected (I034/050 CHAB), a part is NOGO (I063/060), receiver diversity is lost
  (I010/550);
- ``operational``: it says that it is released, and nothing of the above;
- null: the message says nothing about it, or that it is unknown.

Overload and an invalid time source have columns of their own and do not degrade. What a station
defines for itself (I002/050, 060, 080) is told as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from airshield.read.asterix.reports.rows import B1, F8, I8, Columns, Rows, Status, one_of, rows_of
from airshield.tables import SENSOR_STATES
from airshield.units import M_PER_NMI

MESSAGES: Final = (
    "north_marker",
    "sector",
    "south_marker",
    "blind_zone_filter_on",
    "blind_zone_filter_off",
    "geographical_filter",
    "jamming_strobe",
    "solar_storm",
    "ssr_jamming_strobe",
    "mode_s_jamming_strobe",
    "start_of_update",
    "status",
    "status_change",
    "service_status",
    "component_status",
    "statistics",
    "sensor_status",
    "end_of_batch",
    "other",
)
"""What SENSOR_STATUS ``message`` says for ASTERIX."""

COLUMNS_002: Final = (
    *("i010_sac", "i010_sic", "i000", "i020_deg", "i030_s", "i041_s", "i050", "i060", "i070_a"),
    *("i070_ident", "i070_counter", "i100_rs_nmi", "i100_re_nmi", "i100_ts_deg", "i100_te_deg"),
    *("i090_re_nmi", "i090_ae_deg", "i080"),
)
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
COLUMNS_034: Final = (
    *("i010_sac", "i010_sic", "i000", "i030_s", "i020_deg", "i041_s", "i050_com_nogo"),
    *("i050_com_rdpc", "i050_com_rdpr", "i050_com_ovlrdp", "i050_com_ovlxmt", "i050_com_msc"),
    *("i050_com_tsv", "i050_psr_ant", "i050_psr_chab", "i050_psr_ovl", "i050_psr_msc"),
    *("i050_ssr_ant", "i050_ssr_chab", "i050_ssr_ovl", "i050_ssr_msc", "i050_mds_ant"),
    *("i050_mds_chab", "i050_mds_ovlsur", "i050_mds_msc", "i050_mds_scf", "i050_mds_dlf"),
    *("i050_mds_ovlscf", "i050_mds_ovldlf", "i060_com_redrdp", "i060_com_redxmt", "i060_psr_pol"),
    *("i060_psr_redrad", "i060_psr_stc", "i060_ssr_redrad", "i060_mds_redrad", "i060_mds_clu"),
    *("i070_typ", "i070_count", "i100_rhost_nmi", "i100_rhoend_nmi", "i100_thetast_deg"),
    *("i100_thetaend_deg", "i110", "i120_hgt_m", "i120_lat_deg", "i120_lon_deg", "i090_rng_nmi"),
    *("i090_azm_deg",),
)
COLUMNS_063: Final = (
    *("i010_sac", "i010_sic", "i015", "i030_s", "i050_sac", "i050_sic", "i060_con", "i060_psr"),
    *("i060_ssr", "i060_mds", "i060_ads", "i060_mlt", "i060_ops", "i060_odp", "i060_oxt"),
    *("i060_msc", "i060_tsv", "i060_npw", "i060_ttf_ep", "i060_ttf_val", "i060_spo_ep"),
    *("i060_spo_val", "i070_ms", "i080_srg", "i080_srb_nmi", "i081_deg", "i090_prg"),
    *("i090_prb_nmi", "i091_deg", "i092_deg"),
)
COLUMNS_065: Final = (
    *("i010_sac", "i010_sic", "i000", "i015", "i030_s", "i020", "i040_nogo", "i040_ovl"),
    *("i040_tsv", "i040_pss", "i040_sttn", "i050"),
)

_TARGETS_034: Final = {
    0: "misses",
    1: "PSR reports",
    2: "SSR reports",
    3: "SSR and PSR reports",
    4: "Mode S all-call reports",
    5: "Mode S roll-call reports",
    6: "Mode S all-call and PSR reports",
    7: "Mode S roll-call and PSR reports",
    8: "filtered weather",
    9: "filtered jamming strobes",
    10: "filtered PSR",
    11: "filtered SSR or Mode S",
    12: "filtered SSR or Mode S with PSR",
    13: "filtered enhanced surveillance",
    14: "filtered PSR and enhanced surveillance",
    15: "filtered PSR and surveillance outside the area of prime interest",
    16: "filtered PSR and all SSR or Mode S",
    17: "re-interrogations",
    18: "wrong Mode S replies",
    19: "Mode A/C replies to others",
    20: "Mode S replies to others",
}
_FILTERS_034: Final = {
    1: "weather",
    2: "jamming strobes",
    3: "PSR",
    4: "SSR or Mode S",
    5: "SSR or Mode S with PSR",
    6: "enhanced surveillance",
    7: "PSR and enhanced surveillance",
    8: "PSR, and surveillance outside the area of prime interest",
    9: "PSR and all SSR or Mode S",
}
_CHANNELS: Final = {0: "no channel", 1: "channel A", 2: "channel B", 3: "channels A and B"}
_PLOTS_002: Final = {1: "PSR plots", 2: "SSR plots", 3: "combined plots"}
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
_COUNTED: Final = {
    0: "unknown messages received",
    1: "too old messages received",
    2: "messages not converted",
    3: "messages received",
    4: "messages sent",
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
_SERVICE_065: Final = {
    1: "service degraded",
    2: "service no longer degraded",
    3: "main radar out of service",
    4: "service interrupted by the operator",
    5: "service interrupted, contingency",
    6: "ready to restart after contingency",
    7: "service ended by the operator",
    8: "user's main radar failed",
    9: "service restarted by the operator",
    10: "main radar becomes operational",
    11: "main radar becomes degraded",
    12: "service continuity lost: adjacent unit disconnected",
    13: "service continuity restarted",
    14: "service follows the backup radar",
    15: "service follows the main radar",
    16: "main and backup radar failed",
}
_STATES_065: Final = {
    1: "degraded",
    2: "operational",
    4: "not_operational",
    5: "not_operational",
    7: "not_operational",
    9: "operational",
    13: "operational",
}


class _Words:
    """Gathers what each record says, in plain words."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._said: dict[int, list[str]] = {}

    def say(self, where: B1, words: str) -> None:
        """Say the same for some records."""
        for row in np.flatnonzero(where).tolist():
            self._said.setdefault(row, []).append(words)

    def add(self, row: int, words: str) -> None:
        """Say something for one record."""
        self._said.setdefault(row, []).append(words)

    def count(self, values: I8, words: str) -> None:
        """Say a number that is known."""
        for row in np.flatnonzero(values >= 0).tolist():
            self.add(row, words.format(int(values[row])))

    def measure(self, values: F8, words: str) -> None:
        """Say a quantity that is known."""
        for row in np.flatnonzero(~np.isnan(values)).tolist():
            self.add(row, words.format(float(values[row])))

    def name(self, values: I8, names: Mapping[int, str], words: str = "{}") -> None:
        """Say the name of a code; one without a name is told as a number."""
        for row in np.flatnonzero(values >= 0).tolist():
            code = int(values[row])
            self.add(row, words.format(names.get(code, f"code {code}")))

    def texts(self) -> list[str | None]:
        """Return everything that was said, record by record."""
        return ["; ".join(self._said[k]) if k in self._said else None for k in range(self._rows)]


def old_radar_status(columns: Columns) -> Rows:
    """Convert CAT002."""
    rows, status = _begin(columns, 2, "i030_s")
    rows.tells_time = True
    names = {1: "north_marker", 2: "sector", 3: "south_marker"}
    names |= {8: "blind_zone_filter_on", 9: "blind_zone_filter_off"}
    status.message = _named(columns.ints("i000"), names)
    status.azm_true_deg = _antenna_deg(columns, status.message)
    status.dt_antenna_s = columns.floats("i041_s")

    words = _Words(columns.rows)
    for column, what in (
        ("i050", "station configuration {}"),
        ("i060", "processing mode {}"),
        ("i080", "warning {}"),
    ):
        for row, said in columns.lists(column).items():
            words.add(row, what.format(" ".join(map(str, said))))
    counters, which = columns.lists("i070_counter"), columns.lists("i070_ident")
    antennas = columns.lists("i070_a")
    for row, numbers in counters.items():
        for number, ident, antenna in zip(numbers, which[row], antennas[row], strict=True):
            plots = _PLOTS_002.get(ident, f"plots of kind {ident}")
            words.add(row, f"{number} {plots} from antenna {antenna + 1}")
    _say_window(words, columns, ("i100_rs_nmi", "i100_re_nmi"), ("i100_ts_deg", "i100_te_deg"))
    _say_errors(words, columns, "i090_re_nmi", "i090_ae_deg")
    status.text = words.texts()
    return rows


def radar_status(columns: Columns) -> Rows:
    """Convert CAT034."""
    rows, status = _begin(columns, 34, "i030_s")
    names = {1: "north_marker", 2: "sector", 3: "geographical_filter", 4: "jamming_strobe"}
    names |= {5: "solar_storm", 6: "ssr_jamming_strobe", 7: "mode_s_jamming_strobe"}
    status.message = _named(columns.ints("i000"), names)
    status.azm_true_deg = _antenna_deg(columns, status.message)
    status.dt_antenna_s = columns.floats("i041_s")
    is_nogo = columns.ints("i050_com_nogo")
    idle = np.zeros(columns.rows, np.bool_)
    for part, none in (("psr", (0,)), ("ssr", (0, 3)), ("mds", (0, 3))):
        idle |= one_of(columns.ints(f"i050_{part}_chab"), none)
    status.state = _state(operational=is_nogo == 0, degraded=idle, not_operational=is_nogo == 1)
    status.is_overloaded = _any_told(
        columns, "i050_com_ovlrdp", "i050_com_ovlxmt", "i050_psr_ovl", "i050_ssr_ovl",
        "i050_mds_ovlsur", "i050_mds_ovlscf", "i050_mds_ovldlf",
    )  # fmt: skip
    status.is_time_valid = _not(columns.ints("i050_com_tsv"))
    status.text = _radar_words(columns, is_nogo)
    return rows


def _radar_words(columns: Columns, is_nogo: I8) -> list[str | None]:
    words = _Words(columns.rows)
    words.say(is_nogo == 1, "not released for operational use")
    words.name(columns.ints("i050_com_rdpc"), {0: "1", 1: "2"}, "processor chain {}")
    words.say(columns.ints("i050_com_rdpr") == 1, "processor restarted, track numbers begin anew")
    words.say(columns.ints("i050_com_ovlrdp") == 1, "processor overloaded")
    words.say(columns.ints("i050_com_ovlxmt") == 1, "transmission overloaded")
    words.say(columns.ints("i050_com_msc") == 1, "monitoring disconnected")
    for part, title, overload in (
        ("psr", "PSR", "ovl"),
        ("ssr", "SSR", "ovl"),
        ("mds", "Mode S", "ovlsur"),
    ):
        antenna = columns.ints(f"i050_{part}_ant")
        channel = columns.ints(f"i050_{part}_chab")
        for row in np.flatnonzero(channel >= 0).tolist():
            used = _CHANNELS[int(channel[row])]
            words.add(row, f"{title} on antenna {antenna[row] + 1} with {used}")
        words.say(columns.ints(f"i050_{part}_{overload}") == 1, f"{title} overloaded")
        words.say(columns.ints(f"i050_{part}_msc") == 1, f"{title} monitoring disconnected")
    words.say(columns.ints("i050_mds_ovlscf") == 1, "surveillance co-ordination overloaded")
    words.say(columns.ints("i050_mds_ovldlf") == 1, "data link overloaded")
    channel_names = {0: "A", 1: "B"}
    words.name(columns.ints("i050_mds_scf"), channel_names, "co-ordination on channel {}")
    words.name(columns.ints("i050_mds_dlf"), channel_names, "data link on channel {}")
    for column, title in (
        ("i060_com_redrdp", "processor"),
        ("i060_com_redxmt", "transmission"),
        ("i060_psr_redrad", "PSR"),
        ("i060_ssr_redrad", "SSR"),
        ("i060_mds_redrad", "Mode S"),
    ):
        step = columns.ints(column)
        words.count(np.where(step > 0, step, -1), f"{title} at reduction step {{}}")
    words.name(columns.ints("i060_psr_pol"), {0: "linear", 1: "circular"}, "{} polarisation")
    stc = columns.ints("i060_psr_stc")
    words.count(np.where(stc >= 0, stc + 1, -1), "sensitivity map {}")
    words.say(columns.ints("i060_mds_clu") == 1, "in a cluster of radars")
    which = columns.lists("i070_typ")
    for row, counters in columns.lists("i070_count").items():
        for kind, count in zip(which[row], counters, strict=True):
            words.add(row, f"{count} {_TARGETS_034.get(kind, f'of kind {kind}')}")
    _say_window(
        words, columns, ("i100_rhost_nmi", "i100_rhoend_nmi"),
        ("i100_thetast_deg", "i100_thetaend_deg"),
    )  # fmt: skip
    words.name(columns.ints("i110"), _FILTERS_034, "leaves out {}")
    _say_place(words, columns, "i120_lat_deg", "i120_lon_deg", "i120_hgt_m")
    _say_errors(words, columns, "i090_rng_nmi", "i090_azm_deg")
    return words.texts()


def surface_status(columns: Columns, message: I8, says: B1) -> Status:
    """Return what CAT010's status messages say."""
    status = _silent(columns.rows)
    status.says = says
    names = {2: "start_of_update", 3: "status", 4: "status_change"}
    status.message = _named(message, names)
    if columns.says("i550_nogo"):
        is_nogo, diversity = columns.ints("i550_nogo"), columns.ints("i550_div")
        status.state = _state(
            operational=is_nogo == 0,
            degraded=(is_nogo == 1) | (diversity == 1),
            not_operational=is_nogo == 2,
        )
        status.is_overloaded = columns.ints("i550_ovl")
        status.is_time_valid = _not(columns.ints("i550_tsv"))
        words = _Words(columns.rows)
        words.say(is_nogo == 2, "not released for operational use")
        words.say(diversity == 1, "receiver diversity degraded")
        words.say(columns.ints("i550_ttf") == 1, "test target fails")
        status.text = words.texts()
    return status


def multilateration_status(columns: Columns) -> Rows:
    """Convert CAT019; the reference point that it tells places the records of CAT020."""
    rows, status = _begin(columns, 19, "i140_s")
    names = {1: "start_of_update", 2: "status", 3: "status_change"}
    status.message = _named(columns.ints("i000"), names)
    is_nogo = columns.ints("i550_nogo")
    status.state = _state(
        operational=is_nogo == 0, degraded=is_nogo == 1, not_operational=is_nogo == 2
    )
    status.is_overloaded = columns.ints("i550_ovl")
    status.is_time_valid = _not(columns.ints("i550_tsv"))
    words = _Words(columns.rows)
    words.say(is_nogo == 2, "not released for operational use")
    words.say(columns.ints("i550_ttf") == 1, "test target fails")
    for number in "1234":
        is_good = columns.ints(f"i551_tp{number}b")
        words.say(is_good == 0, f"tracking processor {number} faulted")
    for number in "1234":
        transponder = columns.ints(f"i553_reftr{number}")
        words.say(transponder == 1, f"reference transponder {number} warns")
        words.say(transponder == 2, f"reference transponder {number} faulted")
    good, online = columns.lists("i552_rss"), columns.lists("i552_rso")
    for row, stations in columns.lists("i552_rsi").items():
        for station, works, on in zip(stations, good[row], online[row], strict=True):
            if not works:
                words.add(row, f"remote station {station} faulted")
            if not on:
                words.add(row, f"remote station {station} offline")
    _say_place(words, columns, "i600_lat_deg", "i600_lon_deg", "i610_m")
    status.text = words.texts()
    # I019/610 is above mean sea level and I019/620 how far that lies above the ellipsoid.
    above_msl_m, geoid_m = columns.floats("i610_m"), columns.floats("i620_m")
    rows.reference = _reference(columns, above_msl_m + np.nan_to_num(geoid_m))
    return rows


def ground_station_status(columns: Columns) -> Rows:
    """Convert CAT023."""
    rows, status = _begin(columns, 23, "i070_s")
    names = {1: "status", 2: "service_status", 3: "statistics"}
    status.message = _named(columns.ints("i000"), names)
    is_nogo, service = columns.ints("i100_nogo"), columns.ints("i110_stat")
    status.state = _state(
        operational=(is_nogo == 0) | (service == 4),
        degraded=service == 3,
        initialising=service == 5,
        not_operational=(is_nogo == 1) | one_of(service, (1, 2)),
    )
    status.is_overloaded = _any_told(columns, "i100_odp", "i100_oxt")
    status.is_time_valid = _not(columns.ints("i100_tsv"))

    words = _Words(columns.rows)
    kind, number = columns.ints("i015_styp"), columns.ints("i015_sid")
    for row in np.flatnonzero(number >= 0).tolist():
        what = _SERVICES_023.get(int(kind[row]), f"type {kind[row]}")
        words.add(row, f"service {number[row]}: {what}")
    words.say(is_nogo == 1, "not released for operational use")
    words.name(service, {
        0: "unknown", 1: "failed", 2: "disabled", 3: "degraded", 4: "normal", 5: "initialising",
    }, "service is {}")  # fmt: skip
    words.say(columns.ints("i100_odp") == 1, "data processor overloaded")
    words.say(columns.ints("i100_oxt") == 1, "ground data link overloaded")
    words.say(columns.ints("i100_msc") == 0, "monitoring not connected or unknown")
    words.say(columns.ints("i100_spo") == 1, "possible spoofing attack")
    words.say(columns.ints("i100_rn") == 1, "track numbering has restarted")
    words.measure(columns.floats("i100_gssp_s"), "status every {:g} s")
    period_s = columns.floats("i101_rp_s")
    words.say(period_s == 0.0, "reports as data come")
    words.measure(np.where(period_s == 0.0, np.nan, period_s), "reports every {:g} s")
    words.say(columns.ints("i101_sc") == 1, "service class NRA")
    words.measure(columns.floats("i200_nmi") * M_PER_NMI / 1e3, "operational range {:.1f} km")
    _say_counters(words, columns, ("i120_type", "i120_ref", "i120_cv"))
    status.text = words.texts()
    return rows


def system_status(columns: Columns) -> Rows:
    """Convert CAT025."""
    rows, status = _begin(columns, 25, "i070_s")
    names = {1: "service_status", 2: "component_status", 3: "statistics"}
    status.message = _named(columns.ints("i000_rtyp"), names)
    is_nogo, mode = columns.ints("i100_nogo"), columns.ints("i100_ops")
    parts = [columns.ints(f"i100_{part}") for part in ("sstat", "systat", "sestat")]
    failed = np.any([part == 1 for part in parts], axis=0)
    degraded = np.any([part == 2 for part in parts], axis=0)
    status.state = _state(
        operational=(is_nogo == 0) & (parts[0] == 0),
        degraded=degraded,
        not_operational=(is_nogo == 1) | (mode == 2) | failed,
    )
    errors = columns.lists("i105")
    for row, codes in errors.items():
        if status.says[row]:
            status.is_overloaded[row] = int(5 in codes or 6 in codes)
            status.is_time_valid[row] = int(2 not in codes)

    words = _Words(columns.rows)
    words.count(columns.ints("i015"), "service {}")
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
    _say_counters(words, columns, ("i140_type", "i140_ref", "i140_count"))
    _say_place(words, columns, "i600_lat_deg", "i600_lon_deg", "i610_m")
    status.text = words.texts()
    rows.reference = _reference(columns, columns.floats("i610_m"))
    return rows


def sensor_status(columns: Columns) -> Rows:
    """Convert CAT063: a tracker speaks of a sensor."""
    rows, status = _begin(columns, 63, "i030_s")
    teller = np.where(rows.sac < 0, -1, rows.sac * 256 + rows.sic)
    rows.sac, rows.sic = columns.ints("i050_sac"), columns.ints("i050_sic")
    status.message = np.full(columns.rows, MESSAGES.index("sensor_status"))
    connected, inhibited = columns.ints("i060_con"), columns.ints("i060_ops")
    parts = {part: columns.ints(f"i060_{part}") for part in ("psr", "ssr", "mds", "ads", "mlt")}
    broken = np.any([part == 1 for part in parts.values()], axis=0)
    status.state = _state(
        operational=connected == 0,
        degraded=(connected == 1) | broken,
        initialising=connected == 2,
        not_operational=(connected == 3) | (inhibited == 1),
    )
    status.is_overloaded = _any_told(columns, "i060_odp", "i060_oxt")
    status.is_time_valid = _not(columns.ints("i060_tsv"))

    words = _Words(columns.rows)
    for row in np.flatnonzero(teller >= 0).tolist():
        words.add(row, f"told by {teller[row] // 256}/{teller[row] % 256}")
    words.say(connected == 3, "not connected")
    titles = {"psr": "PSR", "ssr": "SSR", "mds": "Mode S", "ads": "ADS-B", "mlt": "multilateration"}
    for part, title in titles.items():
        words.say(parts[part] == 1, f"{title} not usable")
    words.say(inhibited == 1, "not released for operational use")
    words.say(columns.ints("i060_odp") == 1, "data processor overloaded")
    words.say(columns.ints("i060_oxt") == 1, "transmission overloaded")
    words.say(columns.ints("i060_msc") == 1, "monitoring disconnected")
    words.say(columns.ints("i060_npw") == 1, "no plots come")
    for part, told in (("ttf", "test target fails"), ("spo", "possible spoofing attack")):
        is_told = columns.ints(f"i060_{part}_ep") == 1
        words.say(is_told & (columns.ints(f"i060_{part}_val") == 1), told)
    words.measure(columns.floats("i070_ms"), "time bias {:+g} ms")
    for title, gain, bias, angle in (
        ("Mode S", "i080_srg", "i080_srb_nmi", "i081_deg"),
        ("PSR", "i090_prg", "i090_prb_nmi", "i091_deg"),
    ):
        words.measure(columns.floats(gain), f"{title} range gain {{:+g}}")
        words.measure(columns.floats(bias) * M_PER_NMI, f"{title} range bias {{:+.1f}} m")
        words.measure(columns.floats(angle), f"{title} azimuth bias {{:+.3f}} degrees")
    words.measure(columns.floats("i092_deg"), "PSR elevation bias {:+.3f} degrees")
    status.text = words.texts()
    return rows


def tracker_status(columns: Columns) -> Rows:
    """Convert CAT065."""
    rows, status = _begin(columns, 65, "i030_s")
    names = {1: "status", 2: "end_of_batch", 3: "service_status"}
    status.message = _named(columns.ints("i000"), names)
    is_nogo, report = columns.ints("i040_nogo"), columns.ints("i050")
    told = {
        state: one_of(report, (code for code, name in _STATES_065.items() if name == state))
        for state in ("operational", "degraded", "not_operational")
    }
    status.state = _state(
        operational=(is_nogo == 0) | told["operational"],
        degraded=(is_nogo == 1) | told["degraded"],
        not_operational=(is_nogo == 2) | told["not_operational"],
    )
    status.is_overloaded = columns.ints("i040_ovl")
    status.is_time_valid = _not(columns.ints("i040_tsv"))

    words = _Words(columns.rows)
    words.count(columns.ints("i015"), "service {}")
    words.count(columns.ints("i020"), "batch {}")
    words.say(is_nogo == 2, "not connected")
    chain = columns.ints("i040_pss")
    words.count(np.where(chain > 0, chain, -1), "processing system {}")
    words.count(columns.ints("i040_sttn"), "track numbering {}")
    words.name(report, _SERVICE_065)
    status.text = words.texts()
    return rows


def _begin(columns: Columns, category: int, time: str) -> tuple[Rows, Status]:
    """Begin the rows of a category that has service messages only."""
    rows = rows_of(columns, category, columns.floats(time))
    status = _silent(columns.rows)
    rows.status = status
    rows.unused = {f"{category:03d}: service message": np.ones(columns.rows, np.bool_)}
    return rows, status


def _silent(rows: int) -> Status:
    """Return messages that say nothing yet."""
    return Status(
        says=np.ones(rows, np.bool_),
        message=np.full(rows, MESSAGES.index("other")),
        state=np.full(rows, -1),
        azm_true_deg=np.full(rows, np.nan),
        dt_antenna_s=np.full(rows, np.nan),
        is_overloaded=np.full(rows, -1),
        is_time_valid=np.full(rows, -1),
        text=[None] * rows,
    )


def _named(codes: I8, names: Mapping[int, str]) -> I8:
    """Return message codes into MESSAGES."""
    out = np.full(codes.size, MESSAGES.index("other"))
    for code, name in names.items():
        out[codes == code] = MESSAGES.index(name)
    return out


def _state(**states: B1) -> I8:
    """Return codes into SENSOR_STATES; of several that hold, the last one given counts."""
    out = np.full(next(iter(states.values())).size, -1)
    for name, where in states.items():
        out[where] = SENSOR_STATES.index(name)
    return out


def _not(told: I8) -> I8:
    """Turn a flag round; unknown stays unknown."""
    return np.where(told < 0, -1, 1 - told)


def _any_told(columns: Columns, *names: str) -> I8:
    """Return whether any of some flags is set, -1 where none is told."""
    out = columns.ints(names[0])
    for name in names[1:]:
        out = np.maximum(out, columns.ints(name))
    return out


def _antenna_deg(columns: Columns, message: I8) -> F8:
    """Return where the antenna points: at a sector's edge, at north or at south."""
    azm_deg = columns.floats("i020_deg")
    azm_deg = np.where(message == MESSAGES.index("north_marker"), 0.0, azm_deg)
    return np.where(message == MESSAGES.index("south_marker"), 180.0, azm_deg)


def _reference(columns: Columns, height_m: F8) -> tuple[F8, F8, F8]:
    """Return the system's reference point; an unknown height is taken as zero."""
    lat_deg, lon_deg = columns.floats("i600_lat_deg"), columns.floats("i600_lon_deg")
    return lat_deg, lon_deg, np.nan_to_num(height_m)


def _say_window(
    words: _Words, columns: Columns, ranges: tuple[str, str], angles: tuple[str, str]
) -> None:
    """Say which part of the sky a message is about."""
    if not columns.says(ranges[0]):
        return
    near, far = (columns.floats(name) * M_PER_NMI / 1e3 for name in ranges)
    first, last = (columns.floats(name) for name in angles)
    for row in np.flatnonzero(~np.isnan(near)).tolist():
        words.add(
            row,
            f"from {near[row]:.1f} to {far[row]:.1f} km, "
            f"from {first[row]:.1f} to {last[row]:.1f} degrees",
        )


def _say_place(words: _Words, columns: Columns, lat: str, lon: str, height: str) -> None:
    """Say where the sensor or its reference point is."""
    if not columns.says(lat):
        return
    lat_deg, lon_deg, height_m = (columns.floats(name) for name in (lat, lon, height))
    for row in np.flatnonzero(~np.isnan(lat_deg)).tolist():
        above = "" if np.isnan(height_m[row]) else f", height {height_m[row]:.1f} m"
        words.add(
            row, f"stands at latitude {lat_deg[row]:.5f}, longitude {lon_deg[row]:.5f}{above}"
        )


def _say_errors(words: _Words, columns: Columns, range_nmi: str, angle_deg: str) -> None:
    """Say a collimation error: averaged difference between PSR and SSR."""
    words.measure(columns.floats(range_nmi) * M_PER_NMI, "range error {:+.1f} m")
    words.measure(columns.floats(angle_deg), "azimuth error {:+.3f} degrees")


def _say_counters(words: _Words, columns: Columns, names: tuple[str, str, str]) -> None:
    """Say what a station has counted."""
    kinds, since, counts = (columns.lists(name) for name in names)
    for row, numbers in counts.items():
        for kind, reference, count in zip(kinds[row], since[row], numbers, strict=True):
            what = _COUNTED.get(kind, f"messages of kind {kind}")
            begin = "the last report" if reference else "midnight"
            words.add(row, f"{count} {what} since {begin}")
