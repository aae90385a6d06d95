"""A fingerprint of a table that does not depend on how its rows were batched.

Two runs gave the same tracks when their fingerprints are equal; a line in a log is then enough to
compare a night's watch with its replay.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa


class TableDigest:
    """SHA-256 of a growing table, column by column.

    Each column has its own hash over validity octets and values, so a row split off into another
    batch adds the same octets in the same order. Arrow's own buffers are not hashed: their padding
    and the values under nulls are anybody's.
    """

    def __init__(self) -> None:
        self._columns: dict[str, hashlib._Hash] = {}

    def update(self, table: pa.Table) -> None:
        """Add rows."""
        for name, column in zip(table.column_names, table.columns, strict=True):
            whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            if isinstance(whole, pa.ChunkedArray):  # no rows: combine_chunks gives no chunk
                continue
            self._add(self._columns.setdefault(name, hashlib.sha256()), whole)

    def hexdigest(self) -> str:
        """Return the fingerprint of all rows so far, in hexadecimal."""
        total = hashlib.sha256()
        for name in sorted(self._columns):
            total.update(name.encode())
            total.update(self._columns[name].digest())
        return total.hexdigest()

    def _add(self, column_hash: hashlib._Hash, array: pa.Array) -> None:
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_fixed_size_list(array.type):
            array = array.flatten()
        known = array.is_valid().to_numpy(zero_copy_only=False)
        if pa.types.is_string(array.type) or pa.types.is_large_binary(array.type):
            # A length before each value keeps neighbours apart; a null has a length no value has.
            for value in array.to_pylist():
                text = value.encode() if isinstance(value, str) else value or b""
                length = -1 if value is None else len(text)
                column_hash.update(length.to_bytes(8, "little", signed=True) + text)
            return
        if pa.types.is_timestamp(array.type):
            array = array.cast(pa.int64())
        values = array.fill_null(0).to_numpy(zero_copy_only=False)
        # Row by row, validity beside value: two streams in one hash must not depend on batching.
        rows = np.empty(len(values), dtype=[("known", "u1"), ("value", values.dtype)])
        rows["known"], rows["value"] = known, values
        column_hash.update(rows.tobytes())
