"""How long a newcomer waits for the first aircraft: cold (nothing compiled) and warm.

    python benchmarks/first_picture.py [RUNS]

Starts ``airshield demo`` as a user does and asks its web interface until a confirmed track is
there. Prints each run, and the medians, in seconds from the start of the process.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request


def first_picture_s(cache: str) -> tuple[float, float]:
    """Return the seconds until the page answers, and until it has a confirmed track."""
    start = time.monotonic()
    words = [sys.executable, "-m", "airshield", "demo", "--no-browser", "--port", "0"]
    with subprocess.Popen(
        ["env", f"AIRSHIELD_CACHE_DIR={cache}", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        try:
            assert demo.stderr is not None
            found = re.search(r"http://\S+/", demo.stderr.readline())
            assert found, "the demo did not say where its map is"
            page_s = time.monotonic() - start
            while time.monotonic() - start < 300.0:
                with urllib.request.urlopen(f"{found.group()}api/picture", timeout=10) as answer:
                    picture = json.load(answer)
                if "confirmed" in json.dumps(picture):
                    return page_s, time.monotonic() - start
                time.sleep(0.05)
            raise SystemExit("no track within 300 s")
        finally:
            demo.terminate()
            demo.communicate()


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    cold, warm = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as cache:
            for times, name in ((cold, "cold"), (warm, "warm")):
                page_s, track_s = first_picture_s(cache)
                times.append(track_s)
                print(
                    f"{name}: page {page_s:.1f} s, first confirmed track {track_s:.1f} s",
                    flush=True,
                )
    typical = {name: statistics.median(times) for name, times in (("cold", cold), ("warm", warm))}
    print(f"median of {runs}: cold {typical['cold']:.1f} s, warm {typical['warm']:.1f} s")


if __name__ == "__main__":
    main()
