"""What every category's conversion stands on: columns by name, and rows on their way out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield.read.asterix.columns import octal_codes
from airshield.tables import REPORT_KINDS, ReportFlag

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
B1 = NDArray[np.bool_]

KIND_CODES: Final = {name: code for code, name in enumerate(REPORT_KINDS)}
"""Place of each kind in REPORT_KINDS."""

ON_GROUND_STATES: Final = (1, 3)
"""Flight status (I048/230 STAT and its likes): on the ground, without and with alert."""

IDENT_STATES: Final = (4, 5)
"""Flight status: special position identification, with and without alert."""


@dataclass(slots=True, kw_only=True)
class Status:
    """SENSOR_STATUS columns of the records of one category."""

    says: B1
    """Which records are service messages."""
    message: I8
    """Codes into ``words.MESSAGES``."""
    state: I8
    """Codes into SENSOR_STATES, -1 where the message does not tell."""
    azm_true_deg: F8
    dt_antenna_s: F8
    is_overloaded: I8
    """1, 0, or -1 where it does not tell."""
    is_time_valid: I8
    text: list[str | None]


@dataclass(slots=True, kw_only=True)
class Rows:
    """The records of one category and edition on their way into REPORT and SENSOR_STATUS."""

    category: int
    table: pa.Table
    tod_s: F8
    """Time of day, NaN where the record has none."""
    sac: I8
    sic: I8
    is_truncated: bool = False
    """``tod_s`` is what is left of the time of day over whole 512 s."""
    tells_time: bool = False
    """``tod_s`` completes the truncated times of the same source."""
    values: dict[str, Any] = field(default_factory=dict)
    """REPORT columns; without ``kind`` there are no reports."""
    plane_m: tuple[F8, F8, F8] | None = None
    """East, north and up from the system's reference point, where only that is told; else NaN."""
    is_projected: bool = False
    """``plane_m`` is a stereographic projection of the ground, without up."""
    reference: tuple[F8, F8, F8] | None = None
    """Latitude, longitude [deg] and height [m] of the system's reference point, where told."""
    status: Status | None = None
    unused: dict[str, B1] = field(default_factory=dict)
    """Records that make no report, by reason; a record has one reason."""
    wrong: dict[str, B1] = field(default_factory=dict)
    """Records that cannot be, by reason."""

    @property
    def size(self) -> int:
        """Number of records."""
        return int(self.tod_s.size)


class Columns:
    """Columns of a decoded table by name; one that the edition has not is all unknown."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.rows = table.num_rows
        # Taken apart once: looking a column up in a table costs more than reading a short one.
        batches = table.to_batches()
        self._arrays = (
            dict(zip(table.column_names, batches[0].columns, strict=True)) if batches else {}
        )
        self._ints: dict[str, I8] = {}

    def has(self, name: str) -> bool:
        """Tell whether the edition has the column."""
        return name in self._arrays

    def says(self, name: str) -> bool:
        """Tell whether any record has a value there."""
        array = self._arrays.get(name)
        return array is not None and array.null_count < self.rows

    def floats(self, name: str) -> F8:
        """Return a column as floats, NaN where unknown."""
        array = self._arrays.get(name)
        if array is None or array.null_count == self.rows:
            return np.full(self.rows, np.nan)
        return np.asarray(array.to_numpy(zero_copy_only=False), np.float64)

    def ints(self, name: str) -> I8:
        """Return a column as integers, -1 where unknown; no field here is wider than 32 bits."""
        if name not in self._ints:
            array = self._arrays.get(name)
            if array is None or array.null_count == self.rows:
                self._ints[name] = np.full(self.rows, -1, np.int64)
            elif array.null_count == 0:
                self._ints[name] = array.to_numpy().astype(np.int64)
            else:
                values = np.asarray(array.to_numpy(zero_copy_only=False), np.float64)
                self._ints[name] = np.where(np.isnan(values), -1.0, values).astype(np.int64)
        return self._ints[name]

    def lists(self, name: str) -> dict[int, list[Any]]:
        """Return the repetitions of a repetitive item, by row; rows without it are left out."""
        if not self.says(name):
            return {}
        return {row: said for row, said in enumerate(self._arrays[name].to_pylist()) if said}

    def codes(self, name: str, known: B1) -> I8:
        """Return an octal code column as numbers, -1 where not ``known`` or absent."""
        if not self.says(name):
            return np.full(self.rows, -1, np.int64)
        array = self._arrays[name]
        present = known & array.is_valid().to_numpy(zero_copy_only=False)
        return np.where(present, octal_codes(array).astype(np.int64), -1)

    def texts(self, *names: str) -> pa.Array:
        """Return the first of some text columns that says something, without padding."""
        found = pa.nulls(self.rows, pa.string())
        for name in names:
            if not self.says(name):
                continue
            # An aircraft that has no identification sends '@', the six-bit code 0.
            text = pc.utf8_trim(self._arrays[name], " @")
            text = pc.if_else(pc.equal(text, ""), None, text)
            found = pc.coalesce(found, text)
        return found

    def strings(self, name: str) -> dict[int, str]:
        """Return what a text column says, by row; rows where it says nothing are left out."""
        if not self.says(name):
            return {}
        return {row: said for row, said in enumerate(self.texts(name).to_pylist()) if said}


def rows_of(columns: Columns, category: int, tod_s: F8) -> Rows:
    """Begin the rows of a category: who, and when."""
    return Rows(
        category=category,
        table=columns.table,
        tod_s=tod_s,
        sac=columns.ints("i010_sac"),
        sic=columns.ints("i010_sic"),
    )


def one_of(values: I8, options: Iterable[int]) -> B1:
    """Tell where an integer is one of a few: quicker than sorting for so few."""
    out = np.zeros(values.size, np.bool_)
    for option in options:
        out |= values == option
    return out


def first_known(*columns: F8) -> F8:
    """Return for each record the first of some values that is known."""
    out = columns[0]
    for column in columns[1:]:
        out = np.where(np.isnan(out), column, out)
    return out


def good_codes(columns: Columns, name: str, item: str) -> I8:
    """Return Mode 3/A codes that are validated and not garbled, -1 for the others."""
    good = (columns.ints(f"{item}_v") == 0) & (columns.ints(f"{item}_g") == 0)
    return columns.codes(name, good)


def good_levels(columns: Columns, name: str) -> F8:
    """Return flight levels that are validated and not garbled, NaN for the others."""
    good = (columns.ints("i090_v") == 0) & (columns.ints("i090_g") == 0)
    return np.where(good, columns.floats(name), np.nan)


def address_or_none(address: I8) -> I8:
    """Return 24-bit addresses, -1 for zero, which no aircraft has."""
    return np.where(address > 0, address, -1)


def velocity_mps(speed_mps: F8, track_deg: F8) -> tuple[F8, F8]:
    """Return east and north of a ground speed along a track angle."""
    track_rad = np.radians(track_deg)
    return speed_mps * np.sin(track_rad), speed_mps * np.cos(track_rad)


def flags_of(
    size: int,
    *,
    spi: B1 | None = None,
    emergency: B1 | None = None,
    simulated: B1 | None = None,
    test: B1 | None = None,
    on_ground: B1 | None = None,
) -> NDArray[np.uint16]:
    """Put masks together as the bits of ReportFlag."""
    out = np.zeros(size, np.uint16)
    for mask, flag in (
        (spi, ReportFlag.SPI),
        (emergency, ReportFlag.EMERGENCY),
        (simulated, ReportFlag.SIMULATED),
        (test, ReportFlag.TEST),
        (on_ground, ReportFlag.ON_GROUND),
    ):
        if mask is not None:
            out[mask] |= np.uint16(flag)
    return out


def within_180(lon_deg: F8) -> F8:
    """Return longitudes with 180 as -180, as tables want them."""
    return np.where(lon_deg == 180.0, -180.0, lon_deg)


def off_the_globe(lat_deg: F8, lon_deg: F8) -> dict[str, B1]:
    """Tell which places are nowhere on Earth."""
    return {
        "a latitude beyond 90 degrees": np.abs(lat_deg) > 90.0,
        "a longitude beyond 180 degrees": np.abs(lon_deg) > 180.0,
    }
