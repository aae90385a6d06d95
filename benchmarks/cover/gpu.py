"""Sight on a graphics card beside sight on one core: cells a second, and how far apart they are.

    python benchmarks/cover/gpu.py              # a Markdown table; says so where there is no card
    python benchmarks/cover/gpu.py --rounding   # what rounding once instead of twice does; no card

Times are of whole calls on the wall, from an array in memory to an array in memory, the best of
five after one to warm up. ``--rounding`` compiles the loops of the processor so that a product and
a sum may be rounded together, as cards do it, and compares the answers.
"""

from __future__ import annotations

import argparse
import sys
import time

import numba
import numpy as np

from airshield._kernels import plain
from airshield.plan.coverage import sight
from airshield.plan.coverage.sight import _kernels, gpu

CASES = (  # posts each way, step [m], antenna [m]
    (1_001, 60.0, 900.0),
    (2_001, 60.0, 900.0),
    (6_667, 30.0, 900.0),
    (16_001, 30.0, 900.0),
)
ROUNDED = (  # posts each way, step [m], antenna [m], highest ground [m]
    (2_001, 60.0, 900.0, 2_000.0),
    (2_001, 350.0, 900.0, 2_000.0),
    (2_001, 350.0, 20.0, 0.0),
    (2_001, 350.0, 12_000.0, 2_000.0),
    (2_001, 800.0, 900.0, 2_000.0),
    (2_001, 800.0, 12_000.0, 2_000.0),
    (2_001, 350.0, 400_000.0, 2_000.0),
)
LOOPS = ("slope_of", "altitude_m", "lift_axis", "lift", "lift_between", "read")
LOOPS += ("fetch", "put", "last_ray", "sweep_eighth")


def relief(posts: int, highest_m: float = 800.0) -> np.ndarray:
    """Hills of all sizes: random grids, each half as fine and twice as high as the last."""
    rng = np.random.default_rng(1)
    ground = np.zeros((posts, posts), np.float32)
    share = 0.5
    for fine in (256, 128, 64, 32, 16, 8):
        coarse = rng.random((posts // fine + 2, posts // fine + 2), np.float32)
        at = np.arange(posts, dtype=np.float32) / fine
        i, f = at.astype(int), at % 1.0
        rows = coarse[i] * (1 - f[:, None]) + coarse[i + 1] * f[:, None]
        ground += share * highest_m * (rows[:, i] * (1 - f) + rows[:, i + 1] * f)
        share /= 2
    return ground


def best_s(call, repeats: int) -> float:
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def on_a_card() -> int:
    missing = gpu.why_not()
    if missing is not None:
        print(missing, file=sys.stderr)
        return 2
    print("| cells | card [s] | card [cells/s] | one core [s] | times | apart at most [m] |")
    print("|---|---|---|---|---|---|")
    for posts, step_m, antenna_m in CASES:
        asked = {"height_m": relief(posts), "step_m": step_m, "row": posts // 2, "col": posts // 3}
        asked |= {"antenna_msl_m": antenna_m}
        card_s = best_s(lambda asked=asked: gpu.lowest_visible_m(**asked), 5)
        core_s = best_s(lambda asked=asked: sight.lowest_visible_m(**asked), 2)
        apart = np.abs(gpu.lowest_visible_m(**asked) - sight.lowest_visible_m(**asked)).max()
        print(
            f"| {posts**2 / 1e6:.0f} M | {card_s:.4f} | {posts**2 / card_s:.2e} | {core_s:.3f} "
            f"| {core_s / card_s:.1f} | {apart:.4f} |"
        )
    return 0


def rounding() -> int:
    asked = [
        {"height_m": relief(posts, highest_m), "step_m": step_m, "row": posts // 2, "col": 1_000}
        | {"antenna_msl_m": antenna_m}
        for posts, step_m, antenna_m, highest_m in ROUNDED
    ]
    twice = [sight.lowest_visible_m(**each) for each in asked]
    for name in LOOPS:
        loop = plain(getattr(_kernels, name))
        setattr(_kernels, name, numba.njit(fastmath={"contract"}, error_model="numpy")(loop))
    print(
        "| reach [km] | antenna [m] | highest answer [km] | apart at most [m] | cells apart [%] |"
    )
    print("|---|---|---|---|---|")
    for (posts, step_m, antenna_m, _), each, before in zip(ROUNDED, asked, twice, strict=True):
        once = sight.lowest_visible_m(**each)
        apart = np.abs(once - before)
        reach_km = posts // 2 * step_m * 2**0.5 / 1e3
        print(
            f"| {reach_km:.0f} | {antenna_m:.0f} | {before.max() / 1e3:.1f} | {apart.max():.4f} "
            f"| {np.mean(apart > 0) * 100:.1f} |"
        )
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounding", action="store_true")
    return rounding() if parser.parse_args().rounding else on_a_card()


if __name__ == "__main__":
    sys.exit(main())
