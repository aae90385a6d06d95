"""FRAME tables for tests, made without the readers."""

import numpy as np
import pyarrow as pa

from airshield import tables

T0_NS = 1_683_014_400_000_000_000  # 2023-05-02 08:00


def frames_of(octets, *, source="file:a", first=0, heard_ns=None, offsets=None):
    """Make a FRAME table: one row per bytes object, each heard a second after the one before."""
    rows = len(octets)
    sources = [source] * rows if isinstance(source, str) else source
    if heard_ns is None:
        heard_ns = [T0_NS + (first + row) * 1_000_000_000 for row in range(rows)]
    if offsets is None:
        offsets = range(first, first + rows)
    return tables.make_table(
        tables.FRAME,
        {
            "frame": np.arange(first, first + rows, dtype=np.uint64),
            "t_heard": pa.array(heard_ns, pa.int64()).cast(tables.TIME),
            "source": sources,
            "offset": pa.array(offsets, pa.uint64()),
            "octets": pa.array(octets, pa.large_binary()),
        },
        rows=rows,
    )


def rows_of(parts):
    """Turn FRAME tables into a list of tuples, times as integers."""
    out = []
    for part in parts:
        heard = part["t_heard"].cast(pa.int64()).to_pylist()
        columns = [part[name].to_pylist() for name in ("frame", "source", "offset", "octets")]
        out.extend(zip(columns[0], heard, *columns[1:], strict=True))
    return out
