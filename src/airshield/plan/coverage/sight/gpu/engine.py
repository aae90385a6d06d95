"""What the card is given, launched on it and taken back."""

from __future__ import annotations

import importlib
import math
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import GpuError
from airshield.plan.coverage.sight import _kernels as fan
from airshield.plan.coverage.sight.task import (
    RAYS_PER_CELL,
    Leg,
    Rays,
    Task,
    nested_patches,
    one_patch,
)

BYTES_PER_CELL: Final = 16
"""On the card: ground and answer, each as it is and turned."""

_INSTALL: Final = "install the extra: pip install 'airshield[gpu]'"
_ELSE: Final = "airshield.plan.coverage.sight gives the same answers without a graphics card"


def lowest_visible_m(
    height_m: ArrayLike,
    *,
    step_m: float | tuple[float, float],
    row: int,
    col: int,
    antenna_msl_m: float,
    k: float = 4.0 / 3.0,
    radius_m: float | None = None,
    through_unknown: bool = False,
    rays_per_cell: float = RAYS_PER_CELL,
) -> NDArray[np.float32]:
    """Lowest altitude at which a sensor's line of sight clears the terrain, for every cell.

    As ``sight.lowest_visible_m``, on the first graphics card. The first call of a process compiles
    for a second or two.

    Raises
    ------
    GpuError
        There is no card, no compiler for it, or too little memory on it.
    UsageError
        The grid, the place or the figures make no sense; the message says which would.
    """
    task = one_patch(
        height_m,
        step_m=step_m,
        row=row,
        col=col,
        antenna_msl_m=antenna_msl_m,
        k=k,
        radius_m=radius_m,
        through_unknown=through_unknown,
        rays_per_cell=rays_per_cell,
    )
    return _swept(task)[0]


def lowest_visible_levels(
    levels: Sequence[tuple[ArrayLike, float]],
    *,
    antenna_msl_m: float,
    k: float = 4.0 / 3.0,
    radius_m: float | None = None,
    through_unknown: bool = False,
    rays_per_cell: float = RAYS_PER_CELL,
) -> list[NDArray[np.float32]]:
    """Lowest visible altitude far out: fine cells near the site, coarser ones beyond.

    As ``sight.lowest_visible_levels``, on the first graphics card; raises what
    ``lowest_visible_m`` raises.
    """
    task = nested_patches(
        levels,
        antenna_msl_m=antenna_msl_m,
        k=k,
        radius_m=radius_m,
        through_unknown=through_unknown,
        rays_per_cell=rays_per_cell,
    )
    return task.joined(_swept(task))


def why_not() -> str | None:
    """Say what is missing for sight on a graphics card, and what to do; None if nothing is."""
    try:
        cuda = _loops().cuda
    except ImportError as error:
        return f"this Numba has no CUDA ({error}); {_INSTALL}; {_ELSE}"
    if cuda.is_available():
        return None
    wrong = cuda.cuda_error()
    if wrong is not None:
        # The first line tells; the others are Numba's advice on its own settings.
        reason = str(wrong).strip().partition("\n")[0].rstrip(".")
        extra = "" if find_spec("numba_cuda") else f"; then {_INSTALL}"
        return (
            f"no NVIDIA graphics card can be used: {reason}; it takes a card and its driver "
            f"(nvidia-smi lists them){extra}; {_ELSE}"
        )
    return f"there is a driver for a graphics card, but no compiler for it; {_INSTALL}; {_ELSE}"


def _loops() -> Any:
    # Not at the top: it imports Numba's CUDA, which takes 0.2 s and may be missing.
    return importlib.import_module("airshield.plan.coverage.sight.gpu._kernels")


def _swept(task: Task) -> list[NDArray[np.float32]]:
    missing = why_not()
    if missing is not None:
        raise GpuError(missing)
    loops = _loops()
    cuda = loops.cuda
    _check_memory(cuda, task)
    rays = [Rays(eighth.rays) for eighth in task.eighths]
    most = max(ray.count for ray in rays) + 1
    before = cuda.to_device(np.full((len(rays), most), fan.LOWEST, np.float32))
    lows = []
    for index, patch in enumerate(task.patches):
        order, legs = _in_order([eighth.legs[index] for eighth in task.eighths])
        tables = _Tables([rays[i] for i in order], legs, most, task.rng_m)
        rows, columns = patch.ground.shape
        ground = cuda.to_device(patch.ground)
        ground_turned = cuda.device_array((columns, rows), np.float32)
        low = cuda.device_array((rows, columns), np.float32)
        low_turned = cuda.device_array((columns, rows), np.float32)
        after = cuda.device_array((len(legs), most), np.float32)
        eighths, last_cells = cuda.to_device(tables.eighths), cuda.to_device(tables.last_cells)
        tiles = (math.ceil(columns / loops.TILE), math.ceil(rows / loops.TILE))
        tile = (loops.TILE, loops.TILE_ROWS)
        _launch(loops.transpose, tiles, tile, ground_turned, ground)
        _launch(
            loops.sweep,
            ((most - 1) // (loops.LANES - 1) + 1, len(legs)),
            loops.LANES,
            low,
            low_turned,
            ground,
            ground_turned,
            patch.row,
            patch.col,
            eighths,
            cuda.to_device(tables.last_rays),
            last_cells,
            before,
            after,
            cuda.to_device(tables.tangents),
            cuda.to_device(tables.inverses),
            cuda.to_device(tables.rows2_m2),
            cuda.to_device(tables.steps_m),
            np.float32(1.0 / task.earth_m**2),
            np.float32(task.earth_m + task.antenna_m),
            np.float32(task.antenna_m),
            fan.LOWEST if task.through_unknown else fan.UNKNOWN,
        )
        _launch(
            loops.join, tiles, tile, low, low_turned, ground, patch.row, patch.col, eighths,
            last_cells,
        )  # fmt: skip
        lows.append(low.copy_to_host())
        before = after
    return lows


def _check_memory(cuda: Any, task: Task) -> None:
    largest = max(task.patches, key=lambda patch: patch.ground.size)
    needed = BYTES_PER_CELL * largest.ground.size
    free = cuda.current_context().get_memory_info()[0]
    if needed > free:
        raise GpuError(
            f"a patch of {largest.ground.shape[0]} by {largest.ground.shape[1]} cells takes "
            f"{needed / 1e9:.2f} GB of the graphics card's memory, of which {free / 1e9:.2f} GB "
            "are free; give a smaller patch, or coarser levels beyond it "
            f"(lowest_visible_levels); {_ELSE}"
        )


def _launch(loop: Any, blocks: tuple[int, int], threads: Any, *args: Any) -> None:
    with warnings.catch_warnings():
        # Numba warns of launches that keep only a part of the card busy: small patches do.
        warnings.filterwarnings("ignore", message="Grid size")
        ready = loop[blocks, threads]
    ready(*args)


def _in_order(legs: list[Leg]) -> tuple[list[int], list[Leg]]:
    """Sort legs as ``join`` numbers eighths, with where each came from."""
    order = sorted(range(len(legs)), key=lambda i: (legs[i].down, legs[i].right, legs[i].turned))
    return order, [legs[i] for i in order]


class _Tables:
    """What the card looks up, a line per eighth."""

    def __init__(self, rays: list[Rays], legs: list[Leg], most: int, rng_m: float) -> None:
        rows = max(leg.rows for leg in legs) + 1
        self.eighths = np.zeros((len(legs), 7), np.int32)
        self.last_rays = np.zeros((len(legs), rows), np.int32)
        self.last_cells = np.zeros((len(legs), rows), np.int32)
        self.steps_m = np.zeros((len(legs), 2), np.float32)
        self.tangents, self.inverses, self.rows2_m2 = np.zeros((3, len(legs), most), np.float32)
        for i, (ray, leg) in enumerate(zip(rays, legs, strict=True)):
            # On the transpose down is right and right is down.
            down, right = (leg.right, leg.down) if leg.turned else (leg.down, leg.right)
            self.eighths[i] = (
                down, right, leg.turned, leg.first_row, leg.rows, leg.columns, ray.count
            )  # fmt: skip
            self.last_rays[i, : leg.rows + 1] = _last_rays(leg, ray.count, rng_m)
            self.last_cells[i, : leg.rows + 1] = _last_cells(leg, rng_m)
            self.steps_m[i] = leg.along_m, leg.across_m
            self.tangents[i, : ray.count + 1] = ray.tangent
            self.inverses[i, : ray.count + 1] = ray.inverse
            self.rows2_m2[i, : ray.count + 1] = ray.row2_m2(leg)


def _last_rays(leg: Leg, rays: int, rng_m: float) -> NDArray[np.int64]:
    """Last ray of each row that is inside the patch and, but for two more, within the range."""
    k = np.arange(1, leg.rows + 1)
    last = np.where(leg.columns < k, leg.columns * rays // k, rays)
    within = (rng_m / k) ** 2 - leg.along_m**2
    out = within < leg.across_m**2
    last[out] = np.minimum(
        last[out], rays * np.sqrt(np.maximum(within[out], 0.0)) // leg.across_m + 2
    )
    return np.append(rays, last)


def _last_cells(leg: Leg, rng_m: float) -> NDArray[np.int64]:
    """Last cell of each row that is inside the patch and the range."""
    k = np.arange(leg.rows + 1)
    across = np.sqrt(np.maximum(rng_m**2 - (k * leg.along_m) ** 2, 0.0)) / leg.across_m
    last: NDArray[np.int64] = np.minimum(across, np.minimum(leg.columns, k)).astype(np.int64)
    return last
