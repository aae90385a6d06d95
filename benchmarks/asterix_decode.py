"""How fast ASTERIX decodes here, beside the readers that others use.

One thread, the same octets, processor time, medians of several runs; the peers run in between, so
that a busy machine slows all alike. libasterix is in our environment; asterix-decoder is in
``.peers/asterix`` (``make peers``; both install a package called ``asterix``); jASTERIX is a C++
program that must be built, and is named with ``--jasterix CLIENT DEFINITIONS``. Who is not there is
left out, saying so.

Usage::

    python benchmarks/asterix_decode.py [--jasterix CLIENT DEFINITIONS] [FILE[=CAT:EDITION]...]
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from airshield.read import asterix, read_frames
from reference import asterix_oracle

ROOT = Path(__file__).parents[1]
RECORDINGS = ROOT.parent / "shared" / "data" / "asterix"
FILES = (
    "barcelona/cat048_20230502_first.ast",
    "argentina/cat062_260429_first.pcap",
    "barcelona/cat010_mlat_20201002.ast",
    "barcelona/cat021_ed2.1_023_first.ast=21:2.1",
    "barcelona/cat021_ed0.23_20160510.ast=21:0.23",
)
RUNS = 5
LIBASTERIX_BLOCKS = 1500
COPIES = 8
"""How often a recording is repeated for jASTERIX, whose start (a second of reading definitions)
would drown it; the start is measured on the first block alone and taken off."""
TEN = {
    10: [
        "i010_sac", "i010_sic", "i140_s", "i040_rho_m", "i040_th_deg", "i041_lat_deg",
        "i041_lon_deg", "i220", "i161_trk", "i090_fl",
    ],
    21: [
        "i010_sac", "i010_sic", "i130_lat_deg", "i130_lon_deg", "i080", "i145_fl", "i160_ta_deg",
        "i170", "i140_ft", "i020",
    ],
    48: [
        "i010_sac", "i010_sic", "i140_s", "i040_rho_nmi", "i040_theta_deg", "i070_mode3a",
        "i090_fl", "i220", "i240", "i161_trn",
    ],
    62: [
        "i010_sac", "i010_sic", "i070_s", "i105_lat_deg", "i105_lon_deg", "i185_vx_mps",
        "i185_vy_mps", "i040", "i136_fl", "i060_mode3a",
    ],
}  # fmt: skip

DECODER = """
import sys, time, asterix
payloads = []
data = sys.stdin.buffer.read()
while data:
    size = int.from_bytes(data[:4], "big")
    payloads.append(data[4:4 + size])
    data = data[4 + size:]
start = time.process_time()
records = sum(len(asterix.parse(payload, verbose=False)) for payload in payloads)
print(records / (time.process_time() - start))
"""

NO_BYTECODE = ("PYTHONDONTWRITEBYTECODE",)
"""A user's Python keeps the bytecode of what it has imported."""

LIBRARIES = """
import time
start = time.perf_counter()
import numba, numpy, pyarrow, pyarrow.compute
@numba.njit(cache=True)
def first(values):
    return values[0]
first(numpy.zeros(1))
print(time.perf_counter() - start)
"""

FIRST = """
import time
start = time.perf_counter()
import airshield
name, table = next(iter(airshield.read({path!r}, editions={editions!r})))
print(time.perf_counter() - start)
"""


@dataclass(frozen=True)
class Case:
    """One recording and what it is read as."""

    path: Path
    frames: pa.Table
    category: int
    editions: dict[int, str]
    records: int

    @property
    def edition(self) -> str:
        return self.editions.get(self.category, asterix.editions()[self.category][-1])


def load(argument: str) -> Case:
    name, _, chosen = argument.partition("=")
    path = Path(name) if Path(name).exists() else RECORDINGS / name
    editions = {int(c): e for c, e in (part.split(":") for part in chosen.split(",") if part)}
    frames = pa.concat_tables(list(read_frames(path))).unify_dictionaries().combine_chunks()
    records = asterix.decode(frames, editions=editions).records
    category = max(records, key=records.__getitem__)
    return Case(path, frames, category, editions, records[category])


def ours(case: Case, columns: list[str] | None) -> float:
    """Records per second; all categories are decoded for all leaves, one for ten columns."""
    categories = None if columns is None else [case.category]
    start = time.process_time()
    found = asterix.decode(
        case.frames, editions=case.editions, columns=columns, categories=categories
    )
    return sum(found.records.values()) / (time.process_time() - start)


def libasterix(case: Case) -> float:
    """Parse blocks and take the value of each leaf, into flat dictionaries."""
    start = time.process_time()
    records = 0
    for payload in case.frames["octets"].slice(0, LIBASTERIX_BLOCKS).to_pylist():
        rest = payload
        while rest:
            size = int.from_bytes(rest[1:3], "big")
            if rest[0] == case.category:
                found = asterix_oracle.records_of(case.category, case.edition, rest[:size])
                records += len(found or [])
            rest = rest[size:]
    return records / (time.process_time() - start)


def asterix_decoder(case: Case) -> float:
    python = ROOT / ".peers" / "asterix" / "bin" / "python"
    data = b"".join(len(p).to_bytes(4, "big") + p for p in case.frames["octets"].to_pylist())
    done = subprocess.run([python, "-c", DECODER], input=data, capture_output=True, check=True)
    return float(done.stdout)


def jasterix(case: Case, client: str, definitions: str, *flags: str) -> float:
    """Records per second of one thread, its start taken off; NaN where it has no such edition."""
    octets = b"".join(case.frames["octets"].to_pylist())
    editions = ",".join(f"{category}:{edition}" for category, edition in case.editions.items())
    more = ["--editions", editions] if editions else []

    def seconds(data: bytes) -> float:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            command = [client, "--filename", file.name, "--definition_path", definitions]
            command += ["--single_thread", *flags, *more]
            subprocess.run(command, capture_output=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    try:
        start = seconds(case.frames["octets"][0].as_py())
    except subprocess.CalledProcessError:
        return math.nan
    return COPIES * case.records / (seconds(octets * COPIES) - start)


def starts(case: Case) -> tuple[float, float]:
    """Seconds from the start of a process, kernels and bytecode in their caches.

    Until the first batch is there; and until the libraries are there that everything is built on,
    with one loop of one line loaded.
    """
    first = FIRST.format(path=str(case.path), editions=case.editions)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "libraries.py"
        library.write_text(LIBRARIES, encoding="utf-8")
        env = {name: value for name, value in os.environ.items() if name not in NO_BYTECODE}
        env |= {"PYTHONPYCACHEPREFIX": folder, "NUMBA_CACHE_DIR": folder}
        words = [["-c", first], [str(library)]]
        seconds = [
            [
                float(
                    subprocess.run(
                        [sys.executable, *some], env=env, capture_output=True, check=True
                    ).stdout
                )
                for some in words
            ]
            for _ in range(RUNS + 1)
        ]
    batch, libraries = zip(*seconds[1:], strict=True)  # the first run fills the caches
    return statistics.median(batch), statistics.median(libraries)


def measure(case: Case, readers: dict[str, Callable[[Case], float]]) -> None:
    """Run everybody in turns, several times, and print a block of lines."""
    rates: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(RUNS):
        for name, work in readers.items():
            # The slow ones do not get quicker by being asked again.
            if len(rates[name]) < (2 if name in ("libasterix", "asterix-decoder") else RUNS):
                rates[name].append(work(case))
    median = {name: statistics.median(values) for name, values in rates.items()}
    table = asterix.decode(case.frames, editions=case.editions).tables[case.category, case.edition]
    print(f"\n{case.path.name}: CAT{case.category:03d} edition {case.edition}, {case.records:,}")
    for name, value in median.items():
        spread = f"{min(rates[name]) / 1e3:,.1f} to {max(rates[name]) / 1e3:,.1f}"
        times = f"{median['all leaves'] / value:7.1f} x" if name not in ("all leaves",) else ""
        print(f"  {name:18} {value / 1e3:10,.1f} thousand records/s ({spread}) {times}")
    each = table.get_total_buffer_size() / table.num_rows
    print(f"  {'memory':18} {each:10,.0f} octets a record, all {table.num_columns} columns")
    batch, libraries = starts(case)
    print(f"  {'first batch':18} {batch:10.2f} s from the start of the process;", end=" ")
    print(f"libraries alone {libraries:.2f} s")


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--jasterix", nargs=2, metavar=("CLIENT", "DEFINITIONS"))
    asked.add_argument("files", nargs="*", default=FILES)
    options = asked.parse_args()

    readers: dict[str, Callable[[Case], float]] = {
        "all leaves": lambda case: ours(case, None),
        "ten columns": lambda case: ours(case, TEN[case.category]),
        "libasterix": libasterix,
    }
    if (ROOT / ".peers" / "asterix").exists():
        readers["asterix-decoder"] = asterix_decoder
    else:
        print("asterix-decoder is left out: `make peers` puts it into .peers/asterix")
    if options.jasterix:
        client, definitions = options.jasterix
        readers["jASTERIX"] = lambda case: jasterix(case, client, definitions)
        readers["jASTERIX --flat"] = lambda case: jasterix(case, client, definitions, "--flat")
    else:
        print("jASTERIX is left out: build it and name it with --jasterix CLIENT DEFINITIONS")
    asterix.warm_up()
    for argument in options.files:
        measure(load(argument), readers)


if __name__ == "__main__":
    main()
