"""What each part of the default installation weighs: size on disk and time to import.

    python benchmarks/dependencies.py     # a Markdown table

Sizes are of the installed files, import times the processor seconds of a fresh interpreter, the
median of five, less that of an interpreter that imports nothing.
"""

from __future__ import annotations

import importlib.metadata
import re
import statistics
import subprocess
import sys

MODULES = {"uvicorn": "uvicorn", "websockets": "websockets.asyncio.server", "pyarrow": "pyarrow"}
TIMED = (
    "import resource; {}; used = resource.getrusage(resource.RUSAGE_SELF); "
    "print(used.ru_utime + used.ru_stime)"
)


def import_s(statement: str) -> float:
    times = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-c", TIMED.format(statement)],
            capture_output=True,
            text=True,
            check=True,
        )
        times.append(float(done.stdout))
    return statistics.median(times)


def size_mb(names: set[str]) -> float:
    total = 0
    for name in names:
        for file in importlib.metadata.files(name) or []:
            path = file.locate()
            if path.is_file():
                total += path.stat().st_size
    return total / 1e6


def needs(name: str, seen: set[str]) -> set[str]:
    """Return a distribution and everything it installs, extras left out."""
    if name in seen:
        return seen
    seen.add(name)
    for line in importlib.metadata.requires(name) or []:
        if "extra ==" in line:
            continue
        needed = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        try:
            importlib.metadata.distribution(needed)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform
        needs(needed, seen)
    return seen


def main() -> None:
    wanted = [
        re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        for line in importlib.metadata.requires("airshield") or []
        if "extra ==" not in line
    ]
    nothing = import_s("pass")
    print("| part | version | with what it needs [MB] | import [s] |\n|---|---|---|---|")
    for name in sorted(wanted):
        took = import_s(f"import {MODULES.get(name, name)}") - nothing
        size = size_mb(needs(name, set()))
        print(f"| {name} | {importlib.metadata.version(name)} | {size:.0f} | {took:.2f} |")
    everything = set().union(*(needs(name, set()) for name in wanted))
    print(f"| all together | | {size_mb(everything):.0f} | |")


if __name__ == "__main__":
    main()
