"""Sight on a graphics card: the same answers as ``sight``, many cells at a time.

Comes in and goes out: what ``sight.lowest_visible_m`` and ``sight.lowest_visible_levels`` take and
give, but for threads. The formulas, the samples and the order are the processor's; only a card
rounds a product and a sum together where the processor rounds each. That is 0.006 m at most for
antennas up to 12 km and patches that reach 500 km, and two or three units in the last place of a
32-bit float beyond (``benchmarks/cover/gpu.py --rounding``). In Numba's simulator, which rounds as
the processor does, the answers are the same to the bit.

Needs an NVIDIA card and the extra ``gpu`` (``pip install 'airshield[gpu]'``: numba-cuda and
NVIDIA's compiler, ``docs/coverage.md``). Without them ``GpuError`` says what is missing;
``why_not`` says it beforehand. A patch takes 16 bytes of the card's memory per cell.

Left out: more than one card, several sites in one launch, keeping the ground on the card between
calls.
"""

from airshield.plan.coverage.sight.gpu.engine import (
    lowest_visible_levels,
    lowest_visible_m,
    why_not,
)

__all__ = ["lowest_visible_levels", "lowest_visible_m", "why_not"]
