"""What the network sees, and what each part of it is worth: tables COVER and the three VALUEs.

A value is a loss: what nobody surely sees any more without the part (n-1). Values do not add up.
Where two radars see the same place each is worth nothing there, and the two together are worth it
all; ``beyond`` in PAIR_VALUE is that difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.plan.coverage.network.groups import AREA, BY_UNKNOWN, PEOPLE, SITES, Groups

Floats = NDArray[np.float64]


def cover_table(layers: Iterable[Groups], *, active: Iterable[str] | None = None) -> pa.Table:
    """COVER rows of layers, for all radars or for those named.

    Returns
    -------
    pyarrow.Table
        Schema COVER: seven rows a layer.
    """
    chosen = None if active is None else list(active)
    parts = []
    for groups in layers:
        by = groups.tally([groups.radars if chosen is None else chosen])[0]
        shares = _shares(by, by.sum(axis=0))
        shares = np.vstack([shares, np.full(3, np.nan)])
        by = np.where(groups.known, np.vstack([by, groups.no_air]), np.nan)
        columns = {
            "layer": [groups.layer.name] * len(by),
            "seen_by": list(tables.SEEN_BY),
            "area_m2": by[:, AREA],
            "area_share": shares[:, AREA],
            "n_people": by[:, PEOPLE],
            "people_share": shares[:, PEOPLE],
            "sites": _whole(by[:, SITES]),
            "sites_share": shares[:, SITES],
        }
        parts.append(tables.make_table(tables.COVER, columns, rows=len(by)))
    return tables.concat(tables.COVER, parts)


def radar_values(layers: Iterable[Groups], contributors: Mapping[str, str]) -> pa.Table:
    """RADAR_VALUE rows: each radar by itself, and what is lost without it.

    Parameters
    ----------
    layers : iterable of Groups
        The layers.
    contributors : mapping of radar to contributor
        Who brings each radar.
    """
    parts = []
    for groups in layers:
        _check_contributors(groups.radars, contributors)
        columns = {
            "layer": [groups.layer.name] * len(groups.radars),
            "radar": list(groups.radars),
            "contributor": [contributors[radar] for radar in groups.radars],
            **_value_columns(groups, [[radar] for radar in groups.radars])[0],
        }
        parts.append(tables.make_table(tables.RADAR_VALUE, columns, rows=len(groups.radars)))
    return tables.concat(tables.RADAR_VALUE, parts)


def pair_values(layers: Iterable[Groups]) -> pa.Table:
    """PAIR_VALUE rows: every two radars, and what is lost without both (n-2)."""
    parts = []
    for groups in layers:
        pairs = list(combinations(groups.radars, 2))
        columns, lost = _value_columns(groups, pairs)
        single = groups.lost([radar] for radar in groups.radars)
        apart = np.array([a + b for a, b in combinations(single, 2)]).reshape(-1, 3)
        # A difference of sums; what is only rounding must not look like a loss.
        beyond = np.maximum(lost - apart, 0.0)
        columns |= {
            "layer": [groups.layer.name] * len(pairs),
            "radar": [a for a, _ in pairs],
            "other": [b for _, b in pairs],
            "beyond_area_m2": beyond[:, AREA],
            "beyond_people": beyond[:, PEOPLE] if groups.known[PEOPLE] else [None] * len(pairs),
        }
        parts.append(tables.make_table(tables.PAIR_VALUE, columns, rows=len(pairs)))
    return tables.concat(tables.PAIR_VALUE, parts)


def contributor_values(layers: Iterable[Groups], contributors: Mapping[str, str]) -> pa.Table:
    """CONTRIBUTOR_VALUE rows: what is lost when a contributor takes away all that it brings."""
    parts = []
    for groups in layers:
        _check_contributors(groups.radars, contributors)
        brings: dict[str, list[str]] = {}
        for radar in groups.radars:
            brings.setdefault(contributors[radar], []).append(radar)
        columns = {
            "layer": [groups.layer.name] * len(brings),
            "contributor": list(brings),
            "radars": [len(radars) for radars in brings.values()],
            **_value_columns(groups, list(brings.values()))[0],
        }
        parts.append(tables.make_table(tables.CONTRIBUTOR_VALUE, columns, rows=len(brings)))
    return tables.concat(tables.CONTRIBUTOR_VALUE, parts)


def _value_columns(groups: Groups, sets: Sequence[Sequence[str]]) -> tuple[dict[str, Any], Floats]:
    """Columns that all VALUE tables have, one row for each set, and the losses behind them."""
    alone = groups.tally(sets)[:, 1:BY_UNKNOWN].sum(axis=1)
    lost = groups.lost(sets)
    whole = groups.weights.sum(axis=0)
    columns: dict[str, Any] = {}
    for name, found in (("alone", alone), ("lost", lost)):
        shares = _shares(found, whole)
        values = np.where(groups.known, found, np.nan)
        columns |= {
            f"{name}_area_m2": values[:, AREA],
            f"{name}_area_share": shares[:, AREA],
            f"{name}_people": values[:, PEOPLE],
            f"{name}_people_share": shares[:, PEOPLE],
            f"{name}_sites": _whole(values[:, SITES]),
        }
    return columns, lost


def _shares(values: Floats, whole: Floats) -> Floats:
    """Parts of the whole; unknown where there is no whole."""
    safe = np.where(whole > 0.0, whole, np.nan)
    return np.clip(values / safe, 0.0, 1.0)


def _whole(values: Floats) -> pa.Array:
    return pa.array(values, pa.float64(), from_pandas=True).cast(pa.int64())


def _check_contributors(radars: Sequence[str], contributors: Mapping[str, str]) -> None:
    missing = [radar for radar in radars if radar not in contributors]
    if missing:
        raise UsageError(f"nobody is said to bring radar {missing[0]!r}; name its contributor")
