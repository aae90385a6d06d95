"""The answers as tables, and against what the sites need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.plan.coverage.warning.given import Inbound, WarnedSite
from airshield.tables import (
    SITE_WARNING,
    VERDICTS,
    WARNING_STATES_PLANNED,
    WARNING_TIME,
    make_table,
    words,
)
from airshield.units import S_PER_MIN

Floats = NDArray[np.float64]

CONFIRMED, UNKNOWN, UNCONFIRMED, UNSEEN = range(4)
HOLDS, FAILS, OPEN = range(3)


def warning_table(
    sites: Sequence[WarnedSite],
    inbounds: Sequence[Inbound],
    bearings_deg: Floats,
    answers: Sequence[Floats],
    *,
    delay_s: float,
) -> pa.Table:
    """WARNING_TIME from seconds left at confirmation, one array (inbounds, 3, bearings) per site:
    unknown ground hides the target; it hides nothing; whether any radar had a chance at all."""
    n_in, n_azm = len(inbounds), bearings_deg.size
    shape = (len(sites), n_in, 3, n_azm)
    left = np.array(answers, np.float64).reshape(shape)
    sure_s, best_s, seen = (left[:, :, k].ravel() for k in range(3))
    rows = sure_s.size
    status = np.full(rows, UNCONFIRMED)
    status[seen == 0.0] = UNSEEN
    status[np.isfinite(best_s)] = UNKNOWN
    status[np.isfinite(sure_s)] = CONFIRMED

    def spread(values: Sequence[float]) -> Floats:
        return np.tile(np.repeat(np.array(values, np.float64), n_azm), len(sites))

    required_s = np.repeat(_required_s(sites), n_in * n_azm)
    verdict = np.where(
        _reaches(sure_s - delay_s, required_s),
        HOLDS,
        np.where(_reaches(best_s - delay_s, required_s), OPEN, FAILS),
    )
    spd = spread([one.spd_mps for one in inbounds])
    names, targets = (
        _dictionary([s.name for s in sites]),
        _dictionary([one.target.name for one in inbounds]),
    )
    above = np.array([0 if one.above_ground else 1 for one in inbounds], np.int32)
    return make_table(
        WARNING_TIME,
        {
            "site": words(np.repeat(names[0], n_in * n_azm), names[1]),
            "target": words(np.tile(np.repeat(targets[0], n_azm), len(sites)), targets[1]),
            "spd_mps": spd,
            "hgt_m": spread([one.hgt_m for one in inbounds]),
            "height_above": words(np.tile(np.repeat(above, n_azm), len(sites)), ["ground", "sea"]),
            "azm_true_deg": np.tile(bearings_deg, len(sites) * n_in),
            "status": words(status, WARNING_STATES_PLANNED),
            "warning_min": (sure_s - delay_s) / S_PER_MIN,
            "best_min": (best_s - delay_s) / S_PER_MIN,
            "rng_confirmed_m": sure_s * spd,
            "required_min": required_s / S_PER_MIN,
            "verdict": _verdicts(verdict, required_s),
        },
        rows=rows,
    )


def site_table(table: pa.Table) -> pa.Table:
    """SITE_WARNING from WARNING_TIME: the worst bearing of every site and inbound target.

    A bearing without a confirmed track counts as less than any number of minutes.
    """
    keys = ["site", "target", "spd_mps", "hgt_m", "height_above"]
    rows = table.to_pylist()
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    out = []
    for key, group in groups.items():
        minutes = np.array(
            [-np.inf if row["warning_min"] is None else row["warning_min"] for row in group]
        )
        worst = int(np.argmin(minutes))
        middle = np.sort(minutes)[(minutes.size - 1) // 2 : minutes.size // 2 + 1]
        verdicts = {row["verdict"] for row in group}
        out.append(
            {
                **dict(zip(keys, key, strict=True)),
                "least_min": _finite(minutes[worst]),
                "least_azm_deg": group[worst]["azm_true_deg"],
                "median_min": _finite(middle.mean()),
                "bearings": len(group),
                "bearings_without": int(np.isinf(minutes).sum()),
                "bearings_unknown": sum(row["status"] == "unknown" for row in group),
                "required_min": group[0]["required_min"],
                "verdict": next((v for v in ("fails", "unknown", "holds") if v in verdicts), None),
            }
        )
    return pa.Table.from_pylist(out, schema=SITE_WARNING)


def _finite(minutes: float) -> float | None:
    return float(minutes) if np.isfinite(minutes) else None


def _required_s(sites: Sequence[WarnedSite]) -> Floats:
    return np.array([np.nan if s.required_s is None else s.required_s for s in sites], np.float64)


def _reaches(warning_s: Floats, required_s: Floats) -> NDArray[np.bool_]:
    """NaN, no confirmed track, reaches nothing."""
    return np.asarray(warning_s >= required_s)


def _verdicts(verdict: NDArray[np.int64], required_s: Floats) -> pa.Array:
    codes = pa.array(verdict, pa.int32(), mask=np.isnan(required_s))
    return pa.DictionaryArray.from_arrays(codes, pa.array(VERDICTS, pa.string()))


def _dictionary(names: Sequence[str]) -> tuple[NDArray[np.int32], list[str]]:
    """Codes of names, and each name once."""
    once = list(dict.fromkeys(names))
    return np.array([once.index(name) for name in names], np.int32), once
