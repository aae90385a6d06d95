"""From the tables of a text format to REPORT rows: what its report readers have in common.

In these columns NaN, -1, an empty text and NO_TIME are unknown; what is so or not so is 1 or 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.read.quality import EMERGENCY_CODES, sigma_pos_m
from airshield.read.reader import NO_TIME, ReportBatch
from airshield.read.text.aircraft import REASONS, Ages, Fleet, Gate, LastSaid
from airshield.read.text.rows import (
    KIND_CODES,
    Frames,
    east_of_greenwich_deg,
    flags,
    floats,
    integers,
    join,
    make_reports,
    squawks,
    take,
    velocity_mps,
)
from airshield.read.text.tables import TextTables
from airshield.units import M_PER_FT, MPS_PER_FT_MIN, MPS_PER_KT

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Columns = dict[str, Any]

REMEMBERED: Final[Ages] = {
    "callsign": ("U16", 300.0),
    "mode_3a": (np.int64, 300.0),
    "emergency": (np.int64, 60.0),
    "spi": (np.int64, 20.0),
}
"""What aircraft do not say in every message, and how long [s] it holds."""

NACP_REMEMBERED: Final[Ages] = {"nacp": (np.int64, 60.0)}
"""The same of NACp, for the formats that have it."""

_SI: Final = {
    "m": 1.0,
    "mps": 1.0,
    "ft": M_PER_FT,
    "kt": MPS_PER_KT,
    "ft_min": MPS_PER_FT_MIN,
}


def in_si(table: pa.Table, quantity: str) -> F8:
    """Return a quantity in SI, from the column that has it in whichever unit the wire has."""
    name, factor = next(
        (f"{quantity}_{unit}", factor)
        for unit, factor in _SI.items()
        if f"{quantity}_{unit}" in table.column_names
    )
    return floats(table[name]) * factor


def aircraft_in_si(row: I8, table: pa.Table) -> Columns:
    """Return the columns of REPORT that all text formats tell alike, and what a report rests on.

    The latter are ``row`` (the frame), ``key`` (what tells aircraft of a source apart: the address)
    and ``spd_mps``. A format adds or replaces: ``on_ground``, ``spi``, ``emergency``,
    ``vel_up_mps``, and ``nacp`` with ``is_own``, which tells where the aircraft itself gave its
    place.
    """
    address = integers(table["mode_s"])
    spd_mps = in_si(table, "gs")
    east, north = velocity_mps(spd_mps, floats(table["track_deg"]))
    return {
        "row": row,
        "key": address,
        "t": integers(table["t"], unknown=NO_TIME),
        "t_heard": integers(table["t_heard"], unknown=NO_TIME),
        "kind": np.full(row.size, KIND_CODES["adsb"]),
        "lat_deg": floats(table["lat_deg"]),
        "lon_deg": east_of_greenwich_deg(floats(table["lon_deg"])),
        "alt_baro_m": in_si(table, "alt_baro"),
        "alt_hae_m": in_si(table, "alt_geom"),
        "vel_east_mps": east,
        "vel_north_mps": north,
        "spd_mps": spd_mps,
        "mode_s": address,
        "mode_3a": squawks(table["squawk"]),
        "callsign": table["callsign"].combine_chunks(),
    }


class _Kept(Protocol):
    """What a report reader keeps between batches."""

    def snapshot(self) -> Mapping[str, NDArray[np.generic]]:
        """Return the state."""

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""


class TextReports:
    """Frames of one text format to REPORT rows.

    Keeps the last believed place of each aircraft and what it said last.

    Parameters
    ----------
    table_reader : TextTables
        The same frames to tables.
    columns : callable
        Turns the rows of a table, given its name, their frames and the table, into columns of
        REPORT, as :func:`aircraft_in_si` does.
    remembered : mapping of name to (dtype, age)
        Columns that hold until the aircraft says otherwise, and how long [s].
    unreported : mapping
        Tables that make no reports, and what their rows are counted as.
    """

    def __init__(
        self,
        table_reader: TextTables,
        columns: Callable[[str, I8, pa.Table], Columns],
        *,
        remembered: Ages | None = None,
        unreported: Mapping[str, str] | None = None,
    ) -> None:
        self._tables = table_reader
        self._columns = columns
        self._remembered = remembered or {}
        self._unreported = unreported or {}
        self._fleet = Fleet()
        self._gate = Gate()
        self._said = LastSaid(self._remembered)
        self._parts: tuple[_Kept, ...] = (self._tables, self._fleet, self._gate, self._said)

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read a FRAME table."""
        view = Frames(frames)
        made, rejects, counts = self._tables.read(view)
        unused = {
            self._unreported[n]: t.num_rows for n, (_, t) in made.items() if n in self._unreported
        }
        parts = [self._columns(n, *part) for n, part in made.items() if n not in self._unreported]
        reports = tables.empty(tables.REPORT)
        if parts:
            joined = {name: join([part[name] for part in parts]) for name in parts[0]}
            order = self._order(joined)
            values = {name: take(column, order) for name, column in joined.items()}
            row = values["row"]
            slot = self._fleet.slots(view.source[row], view.source_names, values["key"])
            values |= self._recalled(slot, values)
            kept = self._kept(slot, values, unused)
            reports = make_reports(view, row, kept, values | _finished(values))
        return ReportBatch(
            reports=reports,
            status=tables.empty(tables.SENSOR_STATUS),
            rejects=rejects,
            counts=counts,
            unused={reason: count for reason, count in unused.items() if count},
        )

    def _order(self, values: Columns) -> I8:
        """Return the order in which records are told: that of their frames."""
        return np.argsort(values["row"], kind="stable")

    def _recalled(self, slot: I8, values: Columns) -> Columns:
        """Return the columns that hold until the aircraft says otherwise, filled in."""
        if not self._remembered:
            return {}
        said = {name: values[name] for name in self._remembered}
        said["callsign"] = np.array(values["callsign"].fill_null("").to_pylist(), np.str_)
        said = self._said.recall(slot, values["t"], said)
        return said | {"callsign": pa.array(said["callsign"], mask=said["callsign"] == "")}

    def _kept(self, slot: I8, values: Columns, unused: dict[str, int]) -> I8:
        """Return which records make reports, and count the others by reason."""
        has_place = ~(np.isnan(values["lat_deg"]) | np.isnan(values["lon_deg"]))
        has_time = values["t"] != NO_TIME
        unused["no position"] = int((~has_place).sum())
        unused["no time: give the day, or hear it live"] = int((has_place & ~has_time).sum())
        return self._believed(np.flatnonzero(has_place & has_time), slot, values, unused)

    def _believed(self, at: I8, slot: I8, values: Columns, unused: dict[str, int]) -> I8:
        """Return which of the places ``at`` the aircraft can be at, and count the others."""
        names = ("t", "lat_deg", "lon_deg", "spd_mps", "on_ground")
        verdict = self._gate.judge(slot[at], *(values[name][at] for name in names))
        for code, reason in REASONS.items():
            unused[reason] = int((verdict == code).sum())
        return np.asarray(at[verdict == 0])

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state."""
        return {name: array for part in self._parts for name, array in part.snapshot().items()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        for part in self._parts:
            part.restore(state)


def _finished(values: Columns) -> Columns:
    """Return the columns of REPORT that rest on several of a record's."""
    emergency = (values["emergency"] == 1) | np.isin(values["mode_3a"], EMERGENCY_CODES)
    out: Columns = {
        "flags": flags(spi=values["spi"] == 1, emergency=emergency, on_ground=values["on_ground"])
    }
    if "nacp" in values:
        nacp = np.where(values["is_own"], values["nacp"], -1)
        out |= {"nacp": nacp, "sigma_pos_m": sigma_pos_m(nacp)}
    return out
