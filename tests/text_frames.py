"""Frames of a text format, straight from octets: for the tests of those formats."""

import gzip

import numpy as np
import pyarrow as pa

from airshield import tables
from airshield.read.frames import Ledger
from airshield.read.reader import NO_TIME, Options, frames_of


def frames_in(reader, octets, *, source="file:x", t_heard=None):
    """All frames of a stream; nothing may be lost on the way."""
    ledger = Ledger(source)
    split = reader.splitter()(np.frombuffer(octets, np.uint8), base=0, last=True, ledger=ledger)
    assert ledger.rejects().num_rows == 0
    if t_heard is not None:
        heard = np.full(split.first.size, int(np.datetime64(t_heard, "ns").astype(np.int64)))
        split = split._replace(t_ns=heard)
    else:
        assert (split.t_ns == NO_TIME).all()
    return frames_of(split, source=source, first_frame=0)


def recording(path):
    """The octets of a recording, unpacked."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def tables_in(reader, octets, **how):
    return reader.tables(Options()).feed(frames_in(reader, octets, **how))


def reports_in(reader, octets, *, options=None, **how):
    return reader.reports(options or Options()).feed(frames_in(reader, octets, **how))


def nanoseconds(column):
    """A time column as integers: Python's own times end at microseconds."""
    return column.cast(pa.int64()).to_pylist()


def reasons(batch):
    return batch.rejects["reason"].to_pylist()


def flags_of(reports, flag):
    return [bool(value & flag) for value in reports["flags"].to_pylist()]


REPORT_NAMES = tables.REPORT.names
