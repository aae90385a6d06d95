"""How long the plan view takes from a tick to the new map and figures, in a real browser.

``python benchmarks/plan_view.py [--step-m 1100]``: the synthetic plan of ``tests/serve`` with
twenty radars on a million cells (people in every cell, the worst case), a window of 1440 × 900.
Prints, for each of the three maps, the time from the click until the browser is ready for its next
frame, over some ticks of a contributor: median, longest, shortest. The aim is 200 ms.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from playwright.sync_api import sync_playwright

from airshield.serve import Server, create_plan_app
from serve import synthetic_plan
from serve.conftest import BROWSERS, QUIET, RENDERERS, wait

MORE_RADARS = tuple(
    (f"More {i}", i % 4, 46.8 + (0.7 * i) % 4, 24.0 + (2.3 * i) % 14, 250, 200) for i in range(7)
)
TICK = """async () => {
    const began = performance.now();
    document.getElementById('contributor-3').click();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    return performance.now() - began;
}"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--step-m", type=float, default=1100.0)
    options.add_argument("--ticks", type=int, default=20)
    options.add_argument("--renderer", choices=list(RENDERERS), default="canvas")
    given = options.parse_args()
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        sys.exit(f"no browser: none of {', '.join(BROWSERS)} is on the path")
    view = synthetic_plan.plan_view(step_m=given.step_m, radars=synthetic_plan.RADARS + MORE_RADARS)
    cells = view.grid.rows * view.grid.cols
    print(f"{len(view.radars)} radars, {cells:,} cells, {given.renderer}")
    with Server(create_plan_app(view), port=0) as server, sync_playwright() as playwright:
        args = [*QUIET, *RENDERERS[given.renderer]]
        browser = playwright.chromium.launch(executable_path=path, args=args)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{server.url}plan#cls=airliner&h=1000g")
        wait(page, "window.airshield?.state.weights", within_s=120.0)
        wait(page, f"airshield.loaded.size === {len(view.layers)}", within_s=120.0)
        for show in ("count", "why", "lowest"):
            page.check(f"[name=show][value={show}]")
            if show == "lowest":
                wait(page, "airshield.state.lowest !== null", within_s=120.0)
            took = [page.evaluate(TICK) for _ in range(given.ticks)]
            print(f"{show:8} median {statistics.median(took):4.0f} ms, longest {max(took):4.0f} ms,"
                  f" shortest {min(took):4.0f} ms")  # fmt: skip
        browser.close()


if __name__ == "__main__":
    main()
