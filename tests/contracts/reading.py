"""Reading a stream through a reader from end to end, in pieces and batches of any size."""

from itertools import pairwise

import numpy as np
import pyarrow as pa

from airshield import tables
from airshield.read.frames import Ledger
from airshield.read.reader import Options, frames_of

from .samples import OPTIONS


def options(name):
    """What a reader must be told about its sample."""
    return OPTIONS.get(name, Options())


def split_whole(reader, octets, *, cuts=(), first_frame=0):
    """Frames of a stream that came in pieces, and the ledger of what is in none."""
    splitter, ledger = reader.splitter(), Ledger("file:sample")
    edges = [0, *sorted({cut % (len(octets) + 1) for cut in cuts}), len(octets)]
    parts, base, pending = [], 0, b""
    for k, (begin, end) in enumerate(pairwise(edges)):
        pending += octets[begin:end]
        split = splitter(
            np.frombuffer(pending, np.uint8), base=base, last=k == len(edges) - 2, ledger=ledger
        )
        parts.append(
            frames_of(split, source="file:sample", first_frame=first_frame + sum(map(len, parts)))
        )
        base += split.used
        pending = pending[split.used :]
    assert not pending, "the last call may leave nothing"
    return tables.concat(tables.FRAME, parts), ledger


def accounted(frames, ledger):
    rejected = sum(map(len, ledger.rejects()["octets"].to_pylist()))
    return sum(map(len, frames["octets"].to_pylist())) + rejected + ledger.padding


def tables_of(reader, frames, *, batches):
    """All that ``tables()`` gives, for frames fed in some batches."""
    feeder = reader.tables(options(reader.name))
    found, rejects, counts = {}, [], {}
    for batch in _in_batches(frames, batches):
        out = feeder.feed(batch)
        for name, table in out.tables.items():
            assert table.num_rows, "a table without rows has no business in a batch"
            found.setdefault(name, []).append(table)
        rejects.append(out.rejects)
        for name, count in out.counts.items():
            counts[name] = counts.get(name, 0) + count
    whole = {name: pa.concat_tables(rows).combine_chunks() for name, rows in found.items()}
    return whole, tables.concat(tables.REJECT, rejects), counts


def reports_of(reader, frames, *, batches, restart=False):
    feeder = reader.reports(options(reader.name))
    found, counts = [], {}
    for batch in _in_batches(frames, batches):
        out = feeder.feed(batch)
        assert out.reports.schema == tables.REPORT
        assert out.status.schema == tables.SENSOR_STATUS
        assert out.rejects.schema == tables.REJECT
        found.append(out)
        for name, count in (*out.counts.items(), *out.unused.items()):
            counts[name] = counts.get(name, 0) + count
        if restart:
            state = {name: np.array(value) for name, value in feeder.snapshot().items()}
            feeder = reader.reports(options(reader.name))
            feeder.restore(state)
    return (
        tables.concat(tables.REPORT, [out.reports for out in found]),
        tables.concat(tables.SENSOR_STATUS, [out.status for out in found]),
        tables.concat(tables.REJECT, [out.rejects for out in found]),
        counts,
    )


def heard(frames):
    """Frames as a feed would hear them: each with a time, a quarter of a second apart."""
    t_ns = 1_700_000_000_000_000_000 + 250_000_000 * np.arange(frames.num_rows, dtype=np.int64)
    known = frames["t_heard"].is_valid().to_numpy()
    own = frames["t_heard"].cast(pa.int64()).fill_null(0).to_numpy()
    column = pa.array(np.where(known, own, t_ns)).cast(tables.TIME)
    return frames.set_column(
        frames.schema.get_field_index("t_heard"), tables.FRAME.field("t_heard"), column
    )


def _in_batches(frames, batches):
    edges = [0, *sorted({cut % (frames.num_rows + 1) for cut in batches}), frames.num_rows]
    for begin, end in pairwise(edges):
        yield frames.slice(begin, end - begin)
