"""Compiling is what a cold start waits for: no loop of reading may be compiled twice."""

import datetime as dt
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa

from airshield.read.frames import octets_of
from contracts.samples import SAMPLES

READ_ALL = """
import datetime, sys
import pyarrow as pa
import airshield
from airshield import read
from airshield.read.reader import find_reader

read.warm_up()
rooms = [m for n, m in sys.modules.items() if n.startswith("airshield.") and n.endswith("_kernels")]
loops = {
    f"{room.__name__}.{name}": loop
    for room in rooms
    for name, loop in vars(room).items()
    if hasattr(loop, "signatures") and loop.py_func.__module__ == room.__name__
}
warm = {name for name, loop in loops.items() if loop.signatures}
before = {name: len(loop.signatures) for name, loop in loops.items()}
day = datetime.date.fromisoformat(sys.argv[1])
for word in sys.argv[2:]:
    reading = airshield.read(word, date=day)
    assert reading.tables()
    list(reading.reports())
    for frames in reading.recording:  # as a journal on disk has them: not to be written
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, frames.schema) as stream:
            stream.write_table(frames)
        kept = pa.ipc.open_stream(sink.getvalue()).read_all()
        find_reader(reading.format).tables(reading._options).feed(kept)
many = {name: loop.signatures for name, loop in loops.items() if len(loop.signatures) > 1}
assert not many, many
late = {name for name in warm if len(loops[name].signatures) != before[name]}
assert not late, late
"""


def read_all(folder, names, **more):
    paths = [folder / f"sample.{name}" for name in names]
    for path, name in zip(paths, names, strict=True):
        path.write_bytes(SAMPLES[name]())
    words = [sys.executable, "-c", READ_ALL, str(dt.date(2023, 11, 14)), *map(str, paths)]
    done = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, **more}, check=False
    )
    assert done.returncode == 0, done.stderr


def test_each_loop_of_asterix_is_compiled_once_at_a_cold_start(tmp_path):
    # Loops that only other loops call show their forms only where nothing is in the cache.
    read_all(tmp_path, ["asterix"], AIRSHIELD_CACHE_DIR=str(tmp_path / "cold"))


def test_each_loop_of_reading_is_compiled_once_whoever_calls_it(tmp_path):
    read_all(tmp_path, ["beast", "avr", "modes_csv", "jet1090", "opensky", "sbs"])


def test_octets_of_frames_come_frozen_and_from_the_middle_too():
    column = pa.array([b"ab", b"", b"cde"], pa.large_binary())
    octets, borders = octets_of(column.slice(1))
    assert bytes(octets[borders[0] : borders[-1]]) == b"cde"
    assert borders.tolist() == [2, 2, 5]
    assert not octets.flags.writeable
    assert not borders.flags.writeable
    octets, borders = octets_of(pa.array([], pa.large_binary()))
    assert (octets.size, borders.tolist()) == (0, [0])
    assert np.dtype(np.int64) == borders.dtype
