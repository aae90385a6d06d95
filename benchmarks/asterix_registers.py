"""How fast CAT048 decodes with the Mode S registers inside, beside asterix-decoder.

One process, one thread, the same octets: process time, best of several runs. asterix-decoder
decodes registers 4,0, 5,0 and 6,0 of I048/250 always; airshield all of them. It runs in an
environment of its own (`make peers`); without it that column is left out. Then registers alone,
named and unnamed.

Usage::

    python benchmarks/asterix_registers.py [FILE]
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from airshield.read import asterix, read_frames, registers
from airshield.read.asterix.registers import add_registers

ROOT = Path(__file__).resolve().parents[1]
BARCELONA = ROOT.parent / "shared/data/asterix/barcelona/cat048_20230502_first.ast"
PEER = ROOT / ".peers/asterix/bin/python"
RUNS = 9
REPEATS = 10

SCRIPT = """
import sys, time, asterix
data = sys.stdin.buffer.read()
blocks = []
while data:
    size = int.from_bytes(data[1:3], "big")
    blocks.append(data[:size])
    data = data[size:]
best = 1e9
for _ in range(3):
    start = time.process_time()
    records = sum(len(asterix.parse(block, verbose=False)) for block in blocks)
    best = min(best, time.process_time() - start)
print(records / best)
"""


def rate(work: Callable[[], object], n: int) -> float:
    """How many of something a second of processor time."""
    best = 0.0
    for _ in range(RUNS):
        start = time.process_time()
        work()
        best = max(best, n / (time.process_time() - start))
    return best


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else BARCELONA
    if not path.exists():
        print(f"no recording at {path}; name a raw file of CAT048")
        return
    frames = pa.concat_tables(list(read_frames(path))).combine_chunks()

    def decode() -> pa.Table:
        return pa.concat_tables(asterix.decode(frames, categories=[48]).tables.values())

    table = decode().combine_chunks()
    plain = rate(decode, table.num_rows)
    wide = rate(lambda: add_registers(decode()), table.num_rows)
    told = f"all leaves {plain / 1000:.0f}, with registers {wide / 1000:.0f}"
    if PEER.exists():
        done = subprocess.run(
            [PEER, "-c", SCRIPT], input=path.read_bytes(), capture_output=True, check=True
        )
        peer = float(done.stdout)
        told += f", asterix-decoder with registers {peer / 1000:.1f}: {wide / peer:.0f} times"
    print(f"{path.name}, thousand records a second of processor time: {told}")

    lists = [table[f"i250_{name}"].chunk(0) for name in ("mbdata", "bds1", "bds2")]
    words, numbers, owner = registers.flatten_lists(*lists)
    alt_ft = np.tile(100.0 * table["i090_fl"].to_numpy(zero_copy_only=False)[owner], REPEATS)
    words, numbers = np.tile(words, REPEATS), np.tile(numbers, REPEATS)
    named = rate(lambda: registers.decode_registers(words, numbers), words.size)
    guess = rate(lambda: registers.infer_bds(words, alt_ft=alt_ft), words.size)
    blind = rate(lambda: registers.decode_registers(words, alt_ft=alt_ft), words.size)
    print(
        f"million registers a second: named {named / 1e6:.1f}, guessed which {guess / 1e6:.1f}, "
        f"guessed and decoded {blind / 1e6:.1f}"
    )


if __name__ == "__main__":
    main()
