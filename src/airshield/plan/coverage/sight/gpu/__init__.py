"""Sight on a graphics card: the same answers as ``sight``, many cells at a time.

Comes in and goes out: what ``sight.lowest_visible_m`` and ``sight.lowest_visible_levels`` take and
give, but for threads. The answers are those of this machine's processor to 0.01 m: the formulas and
the samples are the same, only the card rounds a multiplication and an addition once where the
processor rounds twice. (An antenna hundreds of kilometres up is beyond that: there 0.03 m is what a
32-bit float can tell.)

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
