"""Coverage-guided fuzzing of every decoder entry point (atheris, on libFuzzer).

A target is a reader's name (its splitter, tables and reports), or ``recording`` (containers and
the finding of formats, on a file). Each input must be read without an exception, within
100 ms, and with every octet in a frame, in a reject or in the padding; tables must be valid Arrow.

Two ways, for two ends:

- ``--interpreted`` runs the compiled loops as plain Python, so that the fuzzer sees and steers
  into every branch of them. Slow; it grows the corpus.
- Without it the loops are compiled, with bounds checked, and their time is watched. Fast; it takes
  the corpus and mutates it over many octets.

Usage::

    python tools/fuzz.py asterix --interpreted --seconds 600
    python tools/fuzz.py asterix --octets 100000000

``docs/fuzzing.md`` says how the corpus is kept and what has been run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
RECORDINGS = ROOT.parent / "shared" / "data"
SEED_OCTETS = 4096
SLOWEST_S = 0.1


def main() -> None:
    """Fuzz one target until it has had enough octets or time, or breaks."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("target", help="a reader's name, or 'recording'")
    asked.add_argument("--octets", type=int, default=100_000_000, help="stop after so many octets")
    asked.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    asked.add_argument("--interpreted", action="store_true", help="run the loops as plain Python")
    asked.add_argument("--corpus", type=Path, help="folder that keeps what found new branches")
    asked.add_argument("--max-len", type=int, default=4096, help="octets of the longest input")
    asked.add_argument("--seed", type=int, default=1, help="of the fuzzer's random numbers")
    options = asked.parse_args()

    # Both are read when numba is first imported.
    os.environ["NUMBA_DISABLE_JIT" if options.interpreted else "NUMBA_BOUNDSCHECK"] = "1"
    os.environ["AIRSHIELD_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / "airshield-fuzz")
    sys.path.insert(0, str(ROOT / "tests"))

    import atheris

    kernels = [
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        for path in (ROOT / "src").rglob("_kernels.py")
    ]
    # What numba compiles may not have the fuzzer's counters in it.
    with atheris.instrument_imports(
        include=["airshield.read"], exclude=[] if options.interpreted else kernels
    ):
        import airshield.read
        from airshield.read.reader import find_reader, readers

        names = sorted(readers())
        for name in names:
            find_reader(name)
    if options.target not in (*names, "recording"):
        asked.error(f"no target {options.target!r}; there are {', '.join(names)}, recording")

    from contracts.reading import accounted, heard, reports_of, split_whole, tables_of

    def through_reader(octets: bytes) -> None:
        reader = find_reader(options.target)
        reader.sniff(octets)
        frames, ledger = split_whole(reader, octets)
        assert accounted(frames, ledger) == len(octets), "an octet is unaccounted for"
        found, *_ = tables_of(reader, heard(frames), batches=[])
        for table in found.values():
            table.validate(full=True)
        reports_of(reader, heard(frames), batches=[])

    scratch = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))

    def through_recording(octets: bytes) -> None:
        file = scratch / "input"
        file.write_bytes(octets)
        try:
            recording = airshield.read.read_frames(file)
        except airshield.errors.FormatError:
            return
        inside = sum(sum(map(len, frames["octets"].to_pylist())) for frames in recording)
        ledger = recording.ledger
        rejected = sum(map(len, ledger.rejects()["octets"].to_pylist()))
        if recording.container in ("raw", "stream"):
            assert inside + rejected + ledger.padding == len(octets), "an octet is unaccounted for"

    read = through_recording if options.target == "recording" else through_reader
    corpus = options.corpus or ROOT / "out" / "fuzz" / options.target
    seeds = write_seeds(corpus, options.target, options.max_len)
    for seed in seeds:  # compiles what has to be compiled before any time is taken
        read(seed)

    done = {"octets": 0, "inputs": 0, "slowest_s": 0.0}
    began = time.monotonic()

    def one_input(octets: bytes) -> None:
        taken = timed(read, octets)
        if taken > SLOWEST_S and not options.interpreted:
            # Another process may have had the core: three of three slow runs are ours.
            taken = min(taken, timed(read, octets), timed(read, octets))
            assert taken <= SLOWEST_S, f"{taken * 1e3:.0f} ms for {len(octets)} octets"
        done["octets"] += len(octets)
        done["inputs"] += 1
        done["slowest_s"] = max(done["slowest_s"], taken)
        spent = time.monotonic() - began
        if done["octets"] >= options.octets or spent >= options.seconds:
            finish(options.target, done, spent)

    flags = [
        f"-max_len={options.max_len}",
        f"-seed={options.seed}",
        f"-artifact_prefix={corpus.parent}/{options.target}-",
        "-len_control=0",
        "-timeout=60",
        "-rss_limit_mb=4096",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], one_input)
    atheris.Fuzz()


def timed(read: Callable[[bytes], None], octets: bytes) -> float:
    """Return the processor seconds that reading takes."""
    start = time.thread_time()
    read(octets)
    return time.thread_time() - start


def finish(target: str, done: dict[str, float], spent: float) -> NoReturn:
    """Say what was done and leave: libFuzzer has no other way to stop in the middle."""
    print(
        f"{target}: {done['inputs']:,} inputs, {done['octets']:,} octets in {spent:.0f} s: "
        "no crash, every octet accounted for, "
        f"slowest input {done['slowest_s'] * 1e3:.1f} ms",
        flush=True,
    )
    os._exit(0)


def write_seeds(corpus: Path, target: str, longest: int) -> list[bytes]:
    """Put made-up samples, and pieces of recordings where there are any, into the corpus."""
    from contracts.samples import SAMPLES

    corpus.mkdir(parents=True, exist_ok=True)
    seeds = [SAMPLES[target]()[:longest]] if target in SAMPLES else [s() for s in SAMPLES.values()]
    for file in sorted(RECORDINGS.rglob("*")):
        if file.is_file() and wanted(file, target):
            octets = file.read_bytes()[: 1 << 20]
            step = max(len(octets) // 8, SEED_OCTETS)
            seeds += [octets[at : at + longest] for at in range(0, len(octets), step)]
    for k, seed in enumerate(seeds):
        (corpus / f"seed-{k:04d}").write_bytes(seed)
    return seeds


def wanted(file: Path, target: str) -> bool:
    """Tell whether a recording is one that a target reads best."""
    from airshield.read.reader import find_reader, readers

    if file.suffix in (".md", ".xml", ".xsd", ".gz"):
        return False
    if target == "recording":
        return any(folder in file.parts for folder in ("asterix", "adsb", "remoteid"))
    with file.open("rb") as opened:
        head = opened.read(65_536)
    sure = {name: find_reader(name).sniff(head) for name in readers()}
    return sure[target] > 0.0 and max(sure, key=sure.__getitem__) == target


if __name__ == "__main__":
    main()
