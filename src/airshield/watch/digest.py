"""A fingerprint of a growing table that does not depend on how its rows were batched.

Two runs gave the same tracks when their fingerprints are equal; a line in a log is then enough to
compare a night's watch with its replay.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

CHUNK_ROWS = 4096
"""Rows hashed together. Part of what a fingerprint means: another number, another fingerprint."""


class TableDigest:
    """SHA-256 of a growing table: a chain over chunks of ``CHUNK_ROWS`` rows.

    Rows wait until a chunk is full, so the chunks are the same whatever the batches were, and the
    whole state (the chain so far and the rows that wait) fits into a snapshot.
    """

    def __init__(self) -> None:
        self._chain = b""
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0

    def update(self, table: pa.Table) -> None:
        """Add rows; every table has the same columns."""
        if table.num_rows == 0:
            return
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        if self._waiting_rows < CHUNK_ROWS:
            return
        rows = _join(self._waiting)
        full = rows.num_rows // CHUNK_ROWS * CHUNK_ROWS
        for first in range(0, full, CHUNK_ROWS):
            self._chain = _link(self._chain, rows.slice(first, CHUNK_ROWS))
        self._waiting = [rows.slice(full)] if full < rows.num_rows else []
        self._waiting_rows = rows.num_rows - full

    def hexdigest(self) -> str:
        """Return the fingerprint of all rows so far, in hexadecimal."""
        if not self._waiting:
            return hashlib.sha256(self._chain).hexdigest()
        return hashlib.sha256(_link(self._chain, _join(self._waiting))).hexdigest()

    def to_array(self) -> NDArray[np.uint8]:
        """Return the state as octets, for a snapshot."""
        sink = pa.BufferOutputStream()
        if self._waiting:
            rows = _join(self._waiting)
            with pa.ipc.new_stream(sink, rows.schema) as writer:
                writer.write_table(rows)
        state = len(self._chain).to_bytes(1, "little") + self._chain + sink.getvalue().to_pybytes()
        return np.frombuffer(state, np.uint8)

    @classmethod
    def from_array(cls, octets: NDArray[np.generic]) -> TableDigest:
        """Take up a state from a snapshot."""
        state = octets.tobytes()
        size = state[0]
        digest = cls()
        digest._chain = state[1 : 1 + size]
        if len(state) > 1 + size:
            digest.update(pa.ipc.open_stream(state[1 + size :]).read_all())
        return digest


def _join(tables: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def _link(chain: bytes, rows: pa.Table) -> bytes:
    total = hashlib.sha256(chain)
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        total.update(name.encode())
        _add(total, column.combine_chunks())
    return total.digest()


def _add(total: hashlib._Hash, array: pa.Array | pa.ChunkedArray) -> None:
    """Hash validity and values. Not Arrow's buffers: what lies under a null is anybody's."""
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_fixed_size_list(array.type):
        array = array.flatten()
    total.update(array.is_valid().to_numpy(zero_copy_only=False).tobytes())
    if pa.types.is_string(array.type) or pa.types.is_large_binary(array.type):
        # Lengths keep neighbours apart: "ab", "c" is not "a", "bc".
        texts = [b if isinstance(b, bytes) else (b or "").encode() for b in array.to_pylist()]
        total.update(np.array([len(text) for text in texts], np.int64).tobytes())
        total.update(b"".join(texts))
        return
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    elif pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    total.update(array.fill_null(0).to_numpy(zero_copy_only=False).tobytes())
