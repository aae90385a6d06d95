"""Mode S registers inside ASTERIX records: columns beside those of the record.

Which items hold registers depends on the category: a list of MB fields with their numbers (I048/250
and its kin), a list of 64 bits with the number at the end (I062/380/BDSDATA), and register 3,0
alone (I048/260).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.read.registers import columns_of_owners, flatten_lists

LISTS: Final[Mapping[int, tuple[str, ...]]] = {
    7: ("i250_mbdata", "i250_bds1", "i250_bds2"),
    10: ("i250_mbdata", "i250_bds1", "i250_bds2"),
    11: ("i380_mb",),
    20: ("i250_bdsdata", "i250_bds1", "i250_bds2"),
    21: ("i250",),
    48: ("i250_mbdata", "i250_bds1", "i250_bds2"),
    62: ("i380_bdsdata",),
}
"""The columns of registers by category: MB fields, and the halves of their numbers."""

ADVISORIES: Final = frozenset({7, 20, 48})
"""The categories whose ``i260`` is register 3,0 as the aircraft sent it."""


def add_registers(table: pa.Table, *, registers: Collection[int] | None = None) -> pa.Table:
    """Put the fields of Mode S registers beside the records that carry them.

    Parameters
    ----------
    table : pyarrow.Table
        Records of one category, as `decode` gives them, with the columns in `LISTS` (and ``i260``).
    registers : collection of int, optional
        The registers to make columns of (0x40 is BDS 4,0); all that are decoded by default.

    Returns
    -------
    pyarrow.Table
        The table, with the columns that ``airshield.read.registers`` describes behind its own, one
        value for each record. Of two good registers of one number in one record the last counts;
        ``bds_faults``, ``bds_repeats`` and ``bds_others`` count, record by record, what gave no
        values. A category without registers, and a table without the columns, come back as they
        are.
    """
    category = int((table.schema.metadata or {}).get(b"category", b"-1"))
    names = LISTS.get(category, ())
    has_lists = bool(names) and all(name in table.column_names for name in names)
    has_advisory = category in ADVISORIES and "i260" in table.column_names
    if not has_lists and not has_advisory:
        return table
    mb, bds, owner = np.empty(0, np.uint64), np.empty(0, np.uint8), np.empty(0, np.int64)
    if has_lists:
        mb, bds, owner = flatten_lists(*(_array(table, name) for name in names))
    if has_advisory:
        advisory = _array(table, "i260")
        if advisory.null_count < len(advisory):
            mb, bds, owner = _with_advisories(mb, bds, owner, advisory)
    made = columns_of_owners(mb, bds, owner, table.num_rows, registers=registers)
    fields, arrays = zip(*made, strict=True)
    schema = pa.schema([*table.schema, *fields], metadata=table.schema.metadata)
    return pa.Table.from_arrays([*table.columns, *arrays], schema=schema)


def _array(table: pa.Table, name: str) -> pa.Array:
    whole = table[name].combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _with_advisories(
    mb: NDArray[np.uint64],
    bds: NDArray[np.uint8],
    owner: NDArray[np.int64],
    advisory: pa.Array,
) -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.int64]]:
    """Put the advisories of I260 behind the registers of their records."""
    rows = np.flatnonzero(advisory.is_valid().to_numpy(zero_copy_only=False))
    own = advisory.drop_null().to_numpy()
    at = np.searchsorted(owner, rows, side="right")
    return (
        np.insert(mb, at, own),
        np.insert(bds, at, np.uint8(0x30)),
        np.insert(owner, at, rows),
    )
