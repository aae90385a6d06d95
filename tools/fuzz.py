"""Coverage-guided fuzzing of every decoder entry point (atheris, on libFuzzer).

A target is a reader's name (its recognition, splitter, tables and reports), or ``recording``
(containers, compression and the finding of formats, on a file). Each input must be read without an
exception or a warning, within 100 ms of processor time (up to 4 KiB; longer inputs in proportion),
with every octet in a frame, in a reject or in the padding; tables must be valid Arrow. The laws are
in ``tests/contracts/one_input.py``.

Two ways, for two ends:

- ``--interpreted`` runs the compiled loops as plain Python, so that the fuzzer sees and steers
  into every branch of them. Slow; it grows the corpus.
- Without it the loops are compiled, with bounds checked, and their time is watched. Fast; it takes
  the corpus and mutates it over many octets.

Usage::

    python tools/fuzz.py asterix --interpreted --seconds 600
    python tools/fuzz.py asterix --octets 100000000 --max-len 65536

``docs/fuzzing.md`` says how the corpus is kept and what has been run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parents[1]
RECORDINGS = ROOT.parent / "shared" / "data"
SEED_OCTETS = 65_536
PIECES = 8
"""Seeds that are taken out of one recording."""
RECENT = 64
"""Inputs remembered, for pieces that lengthen others."""
RESIDENT_OCTETS_MAX = 3 << 30
"""Memory at which the run goes on in a new process. atheris 3.0 keeps what a traced comparison of
arrays gives for ever, 4 MB an input with some readers; without it, memory does not grow."""
SO_FAR = "AIRSHIELD_FUZZ_SO_FAR"
"""Environment variable in which one process tells the next what is done."""


def main() -> None:
    """Fuzz one target until it has had enough inputs, octets or time, or breaks."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("target", help="a reader's name, or 'recording'")
    asked.add_argument("--octets", type=int, default=100_000_000, help="stop after so many octets")
    asked.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    asked.add_argument("--inputs", type=float, default=float("inf"), help="stop after so many")
    asked.add_argument("--interpreted", action="store_true", help="run the loops as plain Python")
    asked.add_argument("--corpus", type=Path, help="folder that keeps what found new branches")
    asked.add_argument("--made-up", action="store_true", help="no seeds out of recordings")
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
        from airshield.read.reader import find_reader, readers

        for name in readers():
            if options.target in (name, "recording"):
                find_reader(name)
    from contracts import one_input as law

    if options.target not in law.targets():
        asked.error(f"no target {options.target!r}; there are {', '.join(law.targets())}")
    corpus = options.corpus or ROOT / "out" / "fuzz" / options.target
    samples = law.made_up(options.target)
    write_seeds(
        corpus, samples if options.made_up else samples + pieces_of_recordings(options.target)
    )

    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as held:
        read = law.target(options.target, Path(held))
        for sample in samples:  # compiles most of what has to be, before any time is taken
            read(sample[: options.max_len])
        if not options.interpreted:  # plain Python warns where a compiled loop wraps around
            warnings.simplefilter("error")
        watch = law.timed_s if options.interpreted else law.timely_s
        done = Done(**json.loads(os.environ.get(SO_FAR, "{}")))

        def one_input(octets: bytes) -> None:
            done.add(len(octets), watch(read, octets))
            if (
                done.octets >= options.octets
                or done.inputs >= options.inputs
                or time.monotonic() - done.began >= options.seconds
            ):
                clear(Path(held))
                finish(options.target, done)
            if resident_octets() > RESIDENT_OCTETS_MAX:
                clear(Path(held))
                done.rounds += 1
                os.environ[SO_FAR] = json.dumps(asdict(done))
                os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

        flags = [
            f"-max_len={options.max_len}",
            f"-seed={options.seed + done.rounds}",
            f"-artifact_prefix={corpus.parent}/{options.target}-",
            "-len_control=0",
            "-timeout=60",
            "-rss_limit_mb=4096",
            "-verbosity=0",
        ]
        atheris.Setup(
            [sys.argv[0], *flags, str(corpus)],
            one_input,
            custom_mutator=mutator(),
        )
        atheris.Fuzz()


@dataclass(slots=True)
class Done:
    """What a run has done so far."""

    began: float = field(default_factory=time.monotonic)
    rounds: int = 0
    """Processes before this one."""
    octets: int = 0
    inputs: int = 0
    slowest_s: float = 0.0
    """Of the inputs of up to 4 KiB."""
    slowest_long_s: float = 0.0
    """Of the longer ones."""
    slowest_octets: int = 0

    def add(self, octets: int, taken_s: float) -> None:
        """Count one input."""
        self.octets += octets
        self.inputs += 1
        if octets <= 4096:
            self.slowest_s = max(self.slowest_s, taken_s)
        elif taken_s > self.slowest_long_s:
            self.slowest_long_s, self.slowest_octets = taken_s, octets


def mutator() -> Callable[[bytes, int, int], bytes]:
    """Return libFuzzer's own mutation, made as dense in a long input as in a short one.

    An input may first be lengthened with others that have been seen. Then from one to some dozens
    of its places are mutated, each on its own.
    """
    import atheris

    recent: list[bytes] = []

    def several(octets: bytes, longest: int, seed: int) -> bytes:
        dice = random.Random(seed)
        if len(recent) < RECENT:
            recent.append(octets)
        else:
            recent[dice.randrange(RECENT)] = octets
        whole = bytearray(octets)
        if dice.random() < 0.5:
            length = dice.randrange(longest)
            while 0 < len(whole) < length:
                piece = dice.choice(recent)
                whole += piece[dice.randrange(len(piece) + 1) if dice.random() < 0.3 else 0 :]
                if not piece:
                    break
        del whole[longest:]
        for _ in range(1 + int(len(whole) / 256 * dice.random() ** 3)):
            at = dice.randrange(len(whole) + 1)
            size = dice.choice((8, 64, 512))
            whole[at : at + size] = atheris.Mutate(bytes(whole[at : at + size]), size + 32)
        return bytes(whole[:longest])

    return several


def resident_octets() -> int:
    """Return the memory that this process has now; what it once had outlives ``execv``."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def clear(held: Path) -> None:
    """Take the scratch folder away: neither way of leaving lets Python do it."""
    (held / "input").unlink(missing_ok=True)
    held.rmdir()


def finish(target: str, done: Done) -> NoReturn:
    """Say what was done and leave: libFuzzer has no other way to stop in the middle."""
    print(
        f"{target}: {done.inputs:,} inputs, {done.octets:,} octets "
        f"in {time.monotonic() - done.began:.0f} s: no crash, every octet accounted for, "
        f"slowest input {done.slowest_s * 1e3:.1f} ms up to 4 KiB, "
        f"{done.slowest_long_s * 1e3:.1f} ms beyond ({done.slowest_octets:,} octets)",
        flush=True,
    )
    os._exit(0)


def write_seeds(corpus: Path, seeds: Iterable[bytes]) -> None:
    """Put seeds into the corpus; what grew there stays."""
    corpus.mkdir(parents=True, exist_ok=True)
    for k, seed in enumerate(seeds):
        (corpus / f"seed-{k:04d}").write_bytes(seed)


def pieces_of_recordings(target: str) -> list[bytes]:
    """Take pieces out of the recordings, where there are any, that a target reads best."""
    pieces = []
    for file in sorted(RECORDINGS.rglob("*")):
        if file.is_file() and wanted(file, target):
            octets = file.read_bytes()[: 1 << 20]
            step = max(len(octets) // PIECES, SEED_OCTETS)
            pieces += [octets[at : at + SEED_OCTETS] for at in range(0, len(octets), step)]
    return pieces


def wanted(file: Path, target: str) -> bool:
    """Tell whether a recording is one that a target reads best."""
    from airshield.read.reader import find_reader, readers

    if target == "recording":
        return any(folder in file.parts for folder in ("asterix", "adsb", "remoteid"))
    if file.suffix in (".md", ".xml", ".xsd", ".gz"):
        return False
    with file.open("rb") as opened:
        head = opened.read(8192)
    sure = {name: find_reader(name).sniff(head) for name in readers()}
    return sure[target] > 0.0 and max(sure, key=sure.__getitem__) == target


if __name__ == "__main__":
    main()
