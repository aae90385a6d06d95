"""What radars say of themselves: CAT002 and CAT034; see ``words`` for the states."""

from __future__ import annotations

from typing import Final

import numpy as np

from airshield.read.asterix.reports.rows import F8, I8, Columns, Rows, one_of
from airshield.read.asterix.reports.words import (
    MESSAGES,
    Words,
    any_told,
    begin,
    named,
    opposite,
    say_errors,
    say_place,
    say_window,
    state_of,
)

COLUMNS_002: Final = (
    *("i010_sac", "i010_sic", "i000", "i020_deg", "i030_s", "i041_s", "i050", "i060", "i070_a"),
    *("i070_ident", "i070_counter", "i100_rs_nmi", "i100_re_nmi", "i100_ts_deg", "i100_te_deg"),
    *("i090_re_nmi", "i090_ae_deg", "i080"),
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
_WORTH_COMPARING: Final = 8
"""Records in a batch from which on those that say the same are looked for."""

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


def old_radar_status(columns: Columns) -> Rows:
    """Convert CAT002."""
    rows, status = begin(columns, 2, "i030_s")
    rows.tells_time = True
    names = {1: "north_marker", 2: "sector", 3: "south_marker"}
    names |= {8: "blind_zone_filter_on", 9: "blind_zone_filter_off"}
    status.message = named(columns.ints("i000"), names)
    status.azm_true_deg = _antenna_deg(columns, status.message)
    status.dt_antenna_s = columns.floats("i041_s")

    words = Words(columns)
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
    say_window(words, columns, ("i100_rs_nmi", "i100_re_nmi"), ("i100_ts_deg", "i100_te_deg"))
    say_errors(words, "i090_re_nmi", "i090_ae_deg")
    status.text = words.texts()
    return rows


def radar_status(columns: Columns) -> Rows:
    """Convert CAT034."""
    rows, status = begin(columns, 34, "i030_s")
    names = {1: "north_marker", 2: "sector", 3: "geographical_filter", 4: "jamming_strobe"}
    names |= {5: "solar_storm", 6: "ssr_jamming_strobe", 7: "mode_s_jamming_strobe"}
    status.message = named(columns.ints("i000"), names)
    status.azm_true_deg = _antenna_deg(columns, status.message)
    status.dt_antenna_s = columns.floats("i041_s")
    is_nogo = columns.ints("i050_com_nogo")
    idle = np.zeros(columns.rows, np.bool_)
    for part, none in (("psr", (0,)), ("ssr", (0, 3)), ("mds", (0, 3))):
        idle |= one_of(columns.ints(f"i050_{part}_chab"), none)
    status.state = state_of(operational=is_nogo == 0, degraded=idle, not_operational=is_nogo == 1)
    status.is_overloaded = any_told(
        columns, "i050_com_ovlrdp", "i050_com_ovlxmt", "i050_psr_ovl", "i050_ssr_ovl",
        "i050_mds_ovlsur", "i050_mds_ovlscf", "i050_mds_ovldlf",
    )  # fmt: skip
    status.is_time_valid = opposite(columns.ints("i050_com_tsv"))
    if columns.says("i120_lat_deg"):
        lat_deg, lon_deg = columns.floats("i120_lat_deg"), columns.floats("i120_lon_deg")
        rows.reference = lat_deg, lon_deg, np.nan_to_num(columns.floats("i120_hgt_m"))
    status.text = _radar_words(columns)
    return rows


def _radar_words(columns: Columns) -> list[str | None]:
    """Say the rest of a message; messages that say the same are put into words once."""
    words = Words(columns, _alike(columns))
    words.flag("i050_com_nogo", "not released for operational use")
    words.count("i050_com_rdpc", "processor chain {}", plus=1)
    words.flag("i050_com_rdpr", "processor restarted, track numbers begin anew")
    words.flag("i050_com_ovlrdp", "processor overloaded")
    words.flag("i050_com_ovlxmt", "transmission overloaded")
    words.flag("i050_com_msc", "monitoring disconnected")
    for part, title, overload in (
        ("psr", "PSR", "ovl"),
        ("ssr", "SSR", "ovl"),
        ("mds", "Mode S", "ovlsur"),
    ):
        words.count(f"i050_{part}_ant", f"{title} on antenna {{}}", plus=1)
        words.name(f"i050_{part}_chab", _CHANNELS, f"{title} with {{}}")
        words.flag(f"i050_{part}_{overload}", f"{title} overloaded")
        words.flag(f"i050_{part}_msc", f"{title} monitoring disconnected")
    words.flag("i050_mds_ovlscf", "surveillance co-ordination overloaded")
    words.flag("i050_mds_ovldlf", "data link overloaded")
    words.name("i050_mds_scf", {0: "A", 1: "B"}, "co-ordination on channel {}")
    words.name("i050_mds_dlf", {0: "A", 1: "B"}, "data link on channel {}")
    for name, title in (
        ("i060_com_redrdp", "processor"),
        ("i060_com_redxmt", "transmission"),
        ("i060_psr_redrad", "PSR"),
        ("i060_ssr_redrad", "SSR"),
        ("i060_mds_redrad", "Mode S"),
    ):
        words.count(name, f"{title} at reduction step {{}}", least=1)
    words.name("i060_psr_pol", {0: "linear", 1: "circular"}, "{} polarisation")
    words.count("i060_psr_stc", "sensitivity map {}", plus=1)
    words.flag("i060_mds_clu", "in a cluster of radars")
    which = columns.lists("i070_typ")
    for row, counters in columns.lists("i070_count").items():
        for kind, count in zip(which[row], counters, strict=True):
            words.add(row, f"{count} {_TARGETS_034.get(kind, f'of kind {kind}')}")
    ranges, angles = (
        ("i100_rhost_nmi", "i100_rhoend_nmi"),
        ("i100_thetast_deg", "i100_thetaend_deg"),
    )
    say_window(words, columns, ranges, angles)
    words.name("i110", _FILTERS_034, "leaves out {}")
    say_place(words, columns, "stands at", ("i120_lat_deg", "i120_lon_deg", "i120_hgt_m"))
    say_errors(words, "i090_rng_nmi", "i090_azm_deg")
    return words.texts()


def _alike(columns: Columns) -> list[int] | None:
    """Return for each CAT034 record the first of the batch that says the same in other words."""
    wordy = ("i070_count", "i100_rhost_nmi", "i120_lat_deg", "i090_rng_nmi", "i090_azm_deg")
    if columns.rows < _WORTH_COMPARING or any(columns.says(name) for name in wordy):
        return None
    names = [name for name in COLUMNS_034 if name.startswith(("i050", "i060", "i110"))]
    said = [columns.ints(name) for name in names if columns.says(name)]
    if not said:
        return [0] * columns.rows
    octets, size = np.stack(said, axis=1).astype(np.int16).tobytes(), 2 * len(said)
    first: dict[bytes, int] = {}
    return [first.setdefault(octets[k * size : (k + 1) * size], k) for k in range(columns.rows)]


def _antenna_deg(columns: Columns, message: I8) -> F8:
    """Return where the antenna points: at a sector's edge, at north or at south."""
    azm_deg = columns.floats("i020_deg")
    azm_deg = np.where(message == MESSAGES.index("north_marker"), 0.0, azm_deg)
    return np.where(message == MESSAGES.index("south_marker"), 180.0, azm_deg)
