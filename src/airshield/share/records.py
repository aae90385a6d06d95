"""Values on their way into the items of one category: what fits, what does not, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.read.asterix.spec import find_spec
from airshield.tables import TIME
from airshield.units import NS_PER_DAY, NS_PER_S

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
B1 = NDArray[np.bool_]

EDITIONS: Final = {62: "1.21", 63: "1.7", 65: "1.6"}
"""The categories that this room writes, and no others, each with its edition."""

_LIMITS: Final = {
    "i105_lat_deg": (-90.0, 90.0),
    "i105_lon_deg": (-180.0, 180.0),
    "i130_ft": (-1_500.0, 150_000.0),
    "i135_ctb_fl": (-15.0, 1_500.0),
}
"""Narrower than the bits allow: EUROCONTROL-SPEC-0149-9, edition 1.21, the items' definitions."""

_TICKS_PER_S: Final = 128
"""Of a time of day: I062/070, I063/030, I065/030."""


class Records:
    """Columns of the encoder for some rows of one category.

    ``left_out`` counts, by reason, the items that a row cannot have because its value lies beyond
    them. An unknown value (NaN) is left out too, and not counted: there is nothing to leave out.
    """

    def __init__(self, category: int, rows: int) -> None:
        self.rows = rows
        self.columns: dict[str, pa.Array] = {}
        self.left_out: Counter[str] = Counter()
        self._leaves = find_spec(category, EDITIONS[category]).leaves

    def put(self, name: str, values: Any, where: B1 | None = None) -> None:
        """Set a column as it is; null where not ``where``."""
        if isinstance(values, int):
            values = np.full(self.rows, values, np.uint8)
        if not isinstance(values, pa.Array):
            values = _array(np.ascontiguousarray(values), where)
        self.columns[name] = values

    def put_time(self, name: str, t_ns: I8) -> None:
        """Set a time of day, which begins again at midnight."""
        ticks = ((t_ns % NS_PER_DAY) * _TICKS_PER_S + NS_PER_S // 2) // NS_PER_S
        ticks %= NS_PER_DAY // NS_PER_S * _TICKS_PER_S
        self.columns[name] = pa.array(ticks / _TICKS_PER_S)

    def leave_out(self, reason: str, where: B1) -> None:
        """Count what is left out."""
        count = int(np.count_nonzero(where))
        if count:
            self.left_out[reason] += count

    def measure(self, item: str, columns: Mapping[str, F8], where: B1 | None = None) -> B1:
        """Set the quantities of one item, which are all there or not at all.

        Returns
        -------
        ndarray of bool, shape (rows,)
            Where the item is there.
        """
        known = np.ones(self.rows, np.bool_) if where is None else where
        fits = np.ones(self.rows, np.bool_)
        for name, values in columns.items():
            low, high = self._range(name)
            known = known & ~np.isnan(values)
            with np.errstate(over="ignore"):  # infinity is beyond every range
                steps = np.rint(values / self._leaves[name].lsb)
            fits &= (low <= steps) & (steps <= high)
        there = known & fits
        self.leave_out(f"{item}: beyond its range", known & ~fits)
        self._put_all(columns, there)
        return there

    def measure_error(self, columns: Mapping[str, F8], where: B1 | None = None) -> None:
        """Set one-sigmas: never smaller than they are, and the greatest means that or more."""
        known = np.ones(self.rows, np.bool_) if where is None else where
        told: dict[str, F8] = {}
        for name, values in columns.items():
            _, high = self._range(name)
            lsb = self._leaves[name].lsb
            known = known & ~np.isnan(values)
            # A thousandth of a step is no step: 2.0000001 stays 2.
            told[name] = np.clip(np.ceil(values / lsb - 1e-3), 1.0, high) * lsb
        self._put_all(told, known)

    def table(self, frame: I8, t_heard_ns: I8, place: I8) -> pa.Table:
        """Return the encoder's table: rows of one ``frame`` share a block, in order of place."""
        places = {
            "frame": pa.array(frame, pa.uint64()),
            "t_heard": pa.array(t_heard_ns, pa.int64()).cast(TIME),
            "offset": pa.array(place, pa.uint32()),
        }
        return pa.table({**places, **self.columns})

    def _range(self, name: str) -> tuple[float, float]:
        """The first and the last step of a quantity."""
        leaf = self._leaves[name]
        if name in _LIMITS:
            low, high = _LIMITS[name]
            return low / leaf.lsb, high / leaf.lsb
        if leaf.signed:
            return -float(1 << (leaf.bits - 1)), float((1 << (leaf.bits - 1)) - 1)
        return 0.0, float((1 << leaf.bits) - 1)

    def _put_all(self, columns: Mapping[str, F8], there: B1) -> None:
        if not there.any():
            return
        bitmap = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
        # One bitmap for all: the encoder then reads it once.
        for name, values in columns.items():
            self.columns[name] = pa.Array.from_buffers(
                pa.float64(), self.rows, [bitmap, pa.py_buffer(np.ascontiguousarray(values))]
            )


def _array(values: NDArray[Any], where: B1 | None) -> pa.Array:
    return pa.array(values) if where is None else pa.array(values, mask=~where)
