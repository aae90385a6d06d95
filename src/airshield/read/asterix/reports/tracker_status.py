"""What trackers say of their sensors (CAT063) and of themselves (CAT065); see ``words``."""

from __future__ import annotations

from typing import Final

import numpy as np

from airshield.read.asterix.reports.rows import Columns, Rows, one_of
from airshield.read.asterix.reports.words import (
    MESSAGES,
    Words,
    any_told,
    begin,
    named,
    opposite,
    state_of,
)
from airshield.units import M_PER_NMI

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


def sensor_status(columns: Columns) -> Rows:
    """Convert CAT063: a tracker speaks of a sensor."""
    rows, status = begin(columns, 63, "i030_s")
    teller = np.where(rows.sac < 0, -1, rows.sac * 256 + rows.sic)
    rows.sac, rows.sic = columns.ints("i050_sac"), columns.ints("i050_sic")
    status.message = np.full(columns.rows, MESSAGES.index("sensor_status"))
    connected, inhibited = columns.ints("i060_con"), columns.ints("i060_ops")
    parts = {part: columns.ints(f"i060_{part}") for part in ("psr", "ssr", "mds", "ads", "mlt")}
    broken = np.any([part == 1 for part in parts.values()], axis=0)
    status.state = state_of(
        operational=connected == 0,
        degraded=(connected == 1) | broken,
        initialising=connected == 2,
        not_operational=(connected == 3) | (inhibited == 1),
    )
    status.is_overloaded = any_told(columns, "i060_odp", "i060_oxt")
    status.is_time_valid = opposite(columns.ints("i060_tsv"))

    words = Words(columns)
    for row in np.flatnonzero(teller >= 0).tolist():
        words.add(row, f"told by {teller[row] // 256}/{teller[row] % 256}")
    words.say(connected == 3, "not connected")
    titles = {"psr": "PSR", "ssr": "SSR", "mds": "Mode S", "ads": "ADS-B", "mlt": "multilateration"}
    for part, title in titles.items():
        words.say(parts[part] == 1, f"{title} not usable")
    words.say(inhibited == 1, "not released for operational use")
    words.flag("i060_odp", "data processor overloaded")
    words.flag("i060_oxt", "transmission overloaded")
    words.flag("i060_msc", "monitoring disconnected")
    words.flag("i060_npw", "no plots come")
    for part, told in (("ttf", "test target fails"), ("spo", "possible spoofing attack")):
        is_told = columns.ints(f"i060_{part}_ep") == 1
        words.say(is_told & (columns.ints(f"i060_{part}_val") == 1), told)
    words.measure("i070_ms", "time bias {:+g} ms")
    for title, gain, bias, angle in (
        ("Mode S", "i080_srg", "i080_srb_nmi", "i081_deg"),
        ("PSR", "i090_prg", "i090_prb_nmi", "i091_deg"),
    ):
        words.measure(gain, f"{title} range gain {{:+g}}")
        words.measure(bias, f"{title} range bias {{:+.1f}} m", scale=M_PER_NMI)
        words.measure(angle, f"{title} azimuth bias {{:+.3f}} degrees")
    words.measure("i092_deg", "PSR elevation bias {:+.3f} degrees")
    status.text = words.texts()
    return rows


def tracker_status(columns: Columns) -> Rows:
    """Convert CAT065."""
    rows, status = begin(columns, 65, "i030_s")
    names = {1: "status", 2: "end_of_batch", 3: "service_status"}
    status.message = named(columns.ints("i000"), names)
    is_nogo, report = columns.ints("i040_nogo"), columns.ints("i050")
    told = {
        state: one_of(report, (code for code, name in _STATES_065.items() if name == state))
        for state in ("operational", "degraded", "not_operational")
    }
    status.state = state_of(
        operational=(is_nogo == 0) | told["operational"],
        degraded=(is_nogo == 1) | told["degraded"],
        not_operational=(is_nogo == 2) | told["not_operational"],
    )
    status.is_overloaded = columns.ints("i040_ovl")
    status.is_time_valid = opposite(columns.ints("i040_tsv"))

    words = Words(columns)
    words.count("i015", "service {}")
    words.count("i020", "batch {}")
    words.say(is_nogo == 2, "not connected")
    words.count("i040_pss", "processing system {}", least=1)
    words.count("i040_sttn", "track numbering {}")
    words.name("i050", _SERVICE_065)
    status.text = words.texts()
    return rows
