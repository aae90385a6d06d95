"""How fast ASTERIX decodes here, beside the two readers that pip can install.

One process, one thread, the same octets: process time per record, best of several runs for
airshield and for asterix-decoder, one run for libasterix, which is slow. The two peers both install
a top-level package called ``asterix``: asterix-decoder needs an environment of its own, whose
interpreter is named with ``--decoder``; without it that column is left out.

Usage::

    python benchmarks/asterix_decode.py [--decoder PYTHON] FILE[=CAT:EDITION]...
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from airshield.read import asterix, read_frames
from reference import asterix_oracle

RUNS = 5
LIBASTERIX_BLOCKS = 1500
TEN = {
    48: [
        "i010_sac", "i010_sic", "i140_s", "i040_rho_nmi", "i040_theta_deg", "i070_mode3a",
        "i090_fl", "i220", "i240", "i161_trn",
    ],
    62: [
        "i010_sac", "i010_sic", "i070_s", "i105_lat_deg", "i105_lon_deg", "i185_vx_mps",
        "i185_vy_mps", "i040", "i136_fl", "i060_mode3a",
    ],
}  # fmt: skip

PEER = """
import sys, time, asterix
payloads = []
data = sys.stdin.buffer.read()
while data:
    size = int.from_bytes(data[:4], "big")
    payloads.append(data[4:4 + size])
    data = data[4 + size:]
best = 1e9
for _ in range(3):
    start = time.process_time()
    records = sum(len(asterix.parse(payload, verbose=False)) for payload in payloads)
    best = min(best, time.process_time() - start)
print(records, best)
"""


def rate(work: Callable[[], int], runs: int) -> float:
    """Records per second of processor time, best of some runs."""
    best = 0.0
    for _ in range(runs):
        start = time.process_time()
        records = work()
        best = max(best, records / (time.process_time() - start))
    return best


def decode(frames: pa.Table, editions: dict[int, str], columns: list[str] | None) -> int:
    return sum(asterix.decode(frames, editions=editions, columns=columns).records.values())


def libasterix(payloads: list[bytes], category: int, edition: str) -> int:
    """Parse blocks and take the value of each leaf, into flat dictionaries."""
    records = 0
    for payload in payloads:
        rest = payload
        while rest:
            size = int.from_bytes(rest[1:3], "big")
            if rest[0] == category:
                records += len(asterix_oracle.records_of(category, edition, rest[:size]) or [])
            rest = rest[size:]
    return records


def peer(python: str, payloads: list[bytes]) -> float:
    data = b"".join(len(p).to_bytes(4, "big") + p for p in payloads)
    done = subprocess.run([python, "-c", PEER], input=data, capture_output=True, check=True)
    records, seconds = done.stdout.split()
    return int(records) / float(seconds)


def measure(path: Path, editions: dict[int, str], python: str) -> str:
    """One line of the report: a file's main category, by every reader."""
    frames = pa.concat_tables(list(read_frames(path))).combine_chunks()
    payloads = [octets.as_py() for octets in frames["octets"]]
    records = asterix.decode(frames, editions=editions).records
    category = max(records, key=records.__getitem__)
    edition = editions.get(category, asterix.editions()[category][-1])

    every = rate(lambda: decode(frames, editions, None), RUNS)
    rates = {"all leaves": every}
    if category in TEN:
        rates["ten leaves"] = rate(lambda: decode(frames, editions, TEN[category]), RUNS)
    head = asterix.decode(frames.slice(0, 2000), editions=editions).tables[category, edition]
    rows = head.slice(0, 2000).to_pylist()
    rates["encode"] = rate(lambda: encode(category, edition, rows), 2)
    some = payloads[:LIBASTERIX_BLOCKS]
    rates["libasterix"] = rate(lambda: libasterix(some, category, edition), 1)
    if python:
        rates["asterix-decoder"] = peer(python, payloads)
    told = ", ".join(f"{name} {value / 1000:.1f}" for name, value in rates.items())
    peers = [name for name in ("asterix-decoder", "libasterix") if name in rates]
    ratios = ", ".join(f"{every / rates[name]:.0f} x {name}" for name in peers)
    return f"{path.name} (CAT{category:03d}): {told}; all leaves {ratios}"


def main() -> None:
    arguments = sys.argv[1:]
    python = ""
    if arguments[:1] == ["--decoder"]:
        python, arguments = arguments[1], arguments[2:]
    asterix.warm_up()
    print("thousand records per second of processor time")
    for argument in arguments:
        path, _, chosen = argument.partition("=")
        editions = {int(c): e for c, e in (p.split(":") for p in chosen.split(",") if p)}
        print(measure(Path(path), editions, python), flush=True)


def encode(category: int, edition: str, rows: list[dict[str, object]]) -> int:
    for row in rows:
        asterix.encode(category, [row], edition=edition)
    return len(rows)


if __name__ == "__main__":
    main()
