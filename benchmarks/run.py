"""Run every benchmark here, one after the other, each in a process of its own.

python benchmarks/run.py [NAME...]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    names = sys.argv[1:] or sorted(p.stem for p in HERE.glob("*.py") if p.stem != "run")
    worst = 0
    for name in names:
        print(f"\n## {name}\n", flush=True)
        worst = max(
            worst, subprocess.run([sys.executable, HERE / f"{name}.py"], check=False).returncode
        )
    return worst


if __name__ == "__main__":
    sys.exit(main())
