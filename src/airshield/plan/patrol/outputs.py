"""What a simulation says as tables: STATION_DAY, FLEET_DAY, FUEL_DAY."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from airshield import tables
from airshield.plan.patrol.simulate import Sustained
from airshield.plan.patrol.state import REASONS, STATES

EDGES = (0.05, 0.95)


def station_days(result: Sustained) -> pa.Table:
    """STATION_DAY rows, station by station."""
    days, names = result.days, [station.name for station in result.plan.stations]
    cover = result.cover_by_day
    low, high = np.quantile(cover, EDGES, axis=0)
    lacking_s = result.out.gap_s.sum(axis=0, dtype=np.float64)
    total_s = lacking_s.sum(axis=2)
    short = result.binding
    part = np.divide(
        lacking_s.max(axis=2), total_s, out=np.full(total_s.shape, np.nan), where=total_s > 0.0
    )
    columns = {
        "station": np.repeat(names, days).tolist(),
        "day": np.tile(np.arange(days, dtype=np.int32), len(names)),
        "demanded_s": result.demanded_s.T.ravel(),
        "cover_share": cover.mean(axis=0).T.ravel(),
        "cover_low_share": low.T.ravel(),
        "cover_high_share": high.T.ravel(),
        "short_of": [REASONS[r] if r >= 0 else None for r in short.T.ravel()],
        "short_share": part.T.ravel(),
    }
    return tables.make_table(tables.STATION_DAY, columns, rows=days * len(names))


def fleet_days(result: Sustained) -> pa.Table:
    """FLEET_DAY rows, fleet by fleet."""
    days, names = result.days, [fleet.name for fleet in result.plan.fleets]
    means = result.fleet_states.mean(axis=0).transpose(1, 0, 2)
    is_called = np.array([bool(fleet.scrambles_per_day) for fleet in result.plan.fleets], bool)
    answered, missed = (
        np.repeat(np.where(is_called, calls.mean(axis=0), np.nan).T.ravel(), len(STATES))
        for calls in (result.out.answered, result.out.missed)
    )
    columns = {
        "fleet": np.repeat(names, days * len(STATES)).tolist(),
        "day": np.tile(np.repeat(np.arange(days, dtype=np.int32), len(STATES)), len(names)),
        "state": list(STATES) * (days * len(names)),
        "mean_aircraft": means.ravel(),
        "answered_calls": answered,
        "missed_calls": missed,
    }
    return tables.make_table(tables.FLEET_DAY, columns, rows=means.size)


def stock_days(result: Sustained) -> pa.Table:
    """FUEL_DAY rows, base by base."""
    days, bases = result.days, result.plan.bases
    is_known = np.array([base.stock_kg is not None for base in bases], bool)
    stock_kg = np.where(is_known, result.out.stock_kg, np.nan)
    low, high = np.quantile(stock_kg, EDGES, axis=0)
    columns = {
        "base": np.repeat([base.name for base in bases], days).tolist(),
        "day": np.tile(np.arange(days, dtype=np.int32), len(bases)),
        "stock_kg": stock_kg.mean(axis=0).T.ravel(),
        "low_kg": low.T.ravel(),
        "high_kg": high.T.ravel(),
    }
    return tables.make_table(tables.FUEL_DAY, columns, rows=days * len(bases))
