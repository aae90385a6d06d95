"""One input, of whatever octets, through an entry point of reading: the laws it must keep.

The fuzzer (``tools/fuzz.py``) and the tests in ``tests/fuzz`` hold every target to them.
"""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from airshield.errors import FormatError
from airshield.read import read_frames
from airshield.read.reader import find_reader, readers

from .reading import accounted, heard, reports_of, split_whole, tables_of
from .samples import SAMPLES

RECORDING = "recording"
"""The target beside the readers: containers, compression and the finding of formats."""

HEAD_OCTETS = 65_536
SLOWEST_S = 0.1
SHORT_OCTETS = 4096
"""What may take ``SLOWEST_S``; a longer input may take in proportion."""

Target = Callable[[bytes], None]


def targets() -> list[str]:
    """Name every entry point."""
    return [*sorted(readers()), RECORDING]


def target(name: str, scratch: Path) -> Target:
    """Return what reads one input under the laws; a recording is a file in ``scratch``."""
    if name == RECORDING:
        return lambda octets: read_recording(octets, scratch / "input")
    return lambda octets: read_stream(octets, name)


def read_stream(octets: bytes, name: str) -> None:
    """Read one input as a stream of one format."""
    reader = find_reader(name)
    assert 0.0 <= reader.sniff(octets[:HEAD_OCTETS]) <= 1.0
    frames, ledger = split_whole(reader, octets)
    assert accounted(frames, ledger) == len(octets), "an octet is unaccounted for"
    frames = heard(frames)
    found, rejects, _ = tables_of(reader, frames, batches=[])
    reports, status, lost, _ = reports_of(reader, frames, batches=[])
    for table in (frames, *found.values(), rejects, reports, status, lost):
        table.validate(full=True)


def read_recording(octets: bytes, file: Path) -> None:
    """Read one input as a file of which nothing is known."""
    file.write_bytes(octets)
    try:
        recording = read_frames(file)
    except FormatError:
        return
    inside = 0
    for frames in recording:
        frames.validate(full=True)
        inside += sum(map(len, frames["octets"].to_pylist()))
    ledger = recording.ledger
    rejects = ledger.rejects()
    rejects.validate(full=True)
    whole = octets
    if recording.is_compressed:
        try:
            whole = gzip.decompress(octets)
        except (OSError, EOFError, zlib.error):
            return
    rejected = sum(map(len, rejects["octets"].to_pylist()))
    assert inside + rejected + ledger.padding == len(whole), "an octet is unaccounted for"


def timed_s(read: Target, octets: bytes) -> float:
    """Return the processor time that an input takes."""
    start = time.thread_time()
    read(octets)
    return time.thread_time() - start


def timely_s(read: Target, octets: bytes) -> float:
    """Return the same, and hold it to what an input may take."""
    allowed_s = SLOWEST_S * max(1.0, len(octets) / SHORT_OCTETS)
    taken_s = timed_s(read, octets)
    if taken_s > allowed_s:
        # Something may just have been compiled: three of three slow runs are ours.
        taken_s = min(taken_s, timed_s(read, octets), timed_s(read, octets))
        assert taken_s <= allowed_s, f"{taken_s * 1e3:.0f} ms for {len(octets)} octets"
    return taken_s


def made_up(name: str) -> list[bytes]:
    """Return the seeds that need no recording: samples of a format, or of all of them."""
    if name != RECORDING:
        return [SAMPLES[name]()] if name in SAMPLES else []
    samples = [sample() for sample in SAMPLES.values()]
    return [*samples, *(gzip.compress(sample[:SHORT_OCTETS], mtime=0) for sample in samples)]
