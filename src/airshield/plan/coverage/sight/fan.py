"""The square fan's front: checks, tables for the loops, threads over eighths, levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.plan.coverage.sight import _kernels
from airshield.sensors.horizon import EARTH_MEAN_M

RAYS_PER_CELL: Final = 0.25
"""Rays per cell at the outer edge. The shadows' field is smooth along the azimuth: with four times
as many the error in the Carpathians falls from 2.7 to 0.9 m at 60 m cells and from 0.6 to 0.1 m at
20 m, for twice the time (docs/coverage.md)."""

RAYS_MIN: Final = 256
"""Rays per eighth of a small patch: 0.18 degree apart. Costs nothing there."""

STEP_MIN_M: Final = 0.05
"""Below this a step is one in degrees that was taken for metres: 3" are 0.00083 degree."""

ANGLE_MAX: Final = 0.15
"""Angle at the Earth's centre up to which the series are used: 1,274 km at k = 4/3."""


class _Eighth(NamedTuple):
    down: int
    right: int
    turned: bool
    rows: int
    columns: int


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
    threads: int = 1,
) -> NDArray[np.float32]:
    """Lowest altitude at which a sensor's line of sight clears the terrain, for every cell.

    Parameters
    ----------
    height_m : array_like, shape (rows, columns)
        Ground above mean sea level [m], one post per cell, bilinear between posts. NaN is unknown.
        Not changed; 32-bit floats in C order are not copied.
    step_m : float or (float, float)
        Distance between posts [m]; (along a row, from row to row) where the two differ.
    row, col : int
        The post under the antenna. It may be on an edge.
    antenna_msl_m : float
        Phase centre above mean sea level [m]; may be below it, or far above any terrain.
    k : float
        Radius of the Earth on which rays are straight, over the mean radius.
    radius_m : float, optional
        Ground distance to which cells are wanted [m]; the whole patch by default.
    through_unknown : bool
        What unknown ground on the way means. By default what lies behind it is unknown too, so
        that no gap in the terrain looks like cover. True lets rays pass as if nothing stood there:
        a lower bound.
    rays_per_cell : float
        Rays at the outer edge, for each cell there.
    threads : int
        Threads among which the eighths of the patch are shared. More than eight have nothing to do.

    Returns
    -------
    ndarray of float32, shape (rows, columns)
        Lowest visible altitude above mean sea level [m], never below the ground; equal to it where
        the ground itself is seen, and at the site. NaN: unknown (no ground height here, or on
        the way: tell them apart by ``height_m``), or beyond ``radius_m``.

    Raises
    ------
    UsageError
        The grid, the place or the figures make no sense; the message says which would.

    Notes
    -----
    Distances are those of the grid, exact along any line through the site in an azimuthal
    equidistant projection around it. The Earth's curve is exact to 1,200 km, not a parabola
    (20 m off at 500 km). In relief, against dense exact lines over bilinear ground: 2.7 m RMSE at
    60 m cells, 0.6 m at 20 m (benchmarks/cover). Within a cell of unknown ground the answer may be
    unknown where a line just misses it.

    Examples
    --------
    A 300 m wall 2 km north of a 50 m mast on a plain; behind it cover starts ever higher:

    >>> plain = np.zeros((9, 9), np.float32)
    >>> plain[2] = 300.0
    >>> low = lowest_visible_m(plain, step_m=1000.0, row=4, col=4, antenna_msl_m=50.0)
    >>> low[:5, 4].round().tolist()
    [550.0, 425.0, 300.0, 0.0, 0.0]
    """
    ground = _grid(height_m, "height_m")
    steps = _steps(step_m)
    row, col = _place(row, "row", ground.shape[0]), _place(col, "col", ground.shape[1])
    antenna = _finite(antenna_msl_m, "antenna_msl_m")
    earth_m = _earth_m(k)
    rng_m = _radius_m(radius_m)
    rays_per_cell = _positive(rays_per_cell, "rays_per_cell", "0.25 is the default")
    _check_reach(ground.shape, steps, row, col, rng_m, earth_m)
    sight = _Sight(earth_m, antenna, rng_m, through_unknown)
    low = np.empty_like(ground)
    _blank_beyond(low, row, col, steps, rng_m)
    low[row, col] = ground[row, col]

    def sweep(eighth: _Eighth) -> None:
        _Fan(_rays(eighth.rows, rays_per_cell)).sweep(
            low, ground, row, col, eighth, steps, 1, sight
        )

    _share(threads, _eighths(ground.shape, row, col), sweep)
    return low


def lowest_visible_levels(
    levels: Sequence[tuple[ArrayLike, float]],
    *,
    antenna_msl_m: float,
    k: float = 4.0 / 3.0,
    radius_m: float | None = None,
    through_unknown: bool = False,
    rays_per_cell: float = RAYS_PER_CELL,
    threads: int = 1,
) -> list[NDArray[np.float32]]:
    """Lowest visible altitude far out: fine cells near the site, coarser ones beyond.

    The rays go on from level to level with the horizon that they have, so a ridge in the fine
    level hides what lies behind it in the coarse ones.

    Parameters
    ----------
    levels : sequence of (array_like of shape (2n + 1, 2n + 1), float)
        Ground [m] and step [m] of square patches with one middle, the site, from fine to coarse.
        Each step is a whole multiple of the one before and each patch reaches further. The coarser
        ground should be a maximum (``coarser_m``), so that no ridge is lost.
    antenna_msl_m, k, radius_m, through_unknown, rays_per_cell, threads
        As for ``lowest_visible_m``.

    Returns
    -------
    list of ndarray of float32
        One for each level, of its shape. Where a finer level reaches, a coarser one holds the
        finer's values at the same posts.

    Raises
    ------
    UsageError
        Levels that do not nest, and all that ``lowest_visible_m`` raises.

    Examples
    --------
    >>> fine = np.zeros((5, 5), np.float32)
    >>> fine[1] = 100.0
    >>> far = coarser_m(np.zeros((17, 17), np.float32), 2)
    >>> near, low = lowest_visible_levels([(fine, 500.0), (far, 1000.0)], antenna_msl_m=50.0)
    >>> low[:5, 4].round().tolist()
    [451.0, 350.0, 250.0, 150.0, 0.0]
    """
    grounds, steps_m = _levels(levels)
    antenna = _finite(antenna_msl_m, "antenna_msl_m")
    earth_m = _earth_m(k)
    rng_m = _radius_m(radius_m)
    rays_per_cell = _positive(rays_per_cell, "rays_per_cell", "0.25 is the default")
    outer = len(grounds[-1]) // 2
    _check_reach(grounds[-1].shape, (steps_m[-1],) * 2, outer, outer, rng_m, earth_m)
    sight = _Sight(earth_m, antenna, rng_m, through_unknown)
    lows = [np.empty_like(ground) for ground in grounds]
    for low, ground, step_m in zip(lows, grounds, steps_m, strict=True):
        middle = len(ground) // 2
        _blank_beyond(low, middle, middle, (step_m, step_m), rng_m)
        low[middle, middle] = ground[middle, middle]
    rays = _rays(max(len(ground) for ground in grounds) // 2, rays_per_cell)

    def sweep(eighth: _Eighth) -> None:
        fan = _Fan(rays)
        first_row = 1
        for i, (ground, step_m) in enumerate(zip(grounds, steps_m, strict=True)):
            n = len(ground) // 2
            steps = (step_m, step_m)
            here = eighth._replace(rows=n, columns=n)
            fan.sweep(lows[i], ground, n, n, here, steps, first_row, sight)
            if i + 1 < len(grounds):
                first_row = n // round(steps_m[i + 1] / step_m) + 1

    _share(threads, _eighths((3, 3), 1, 1), sweep)
    for i in range(1, len(lows)):
        _copy_inner(lows[i - 1], lows[i], round(steps_m[i] / steps_m[i - 1]))
    return lows


def coarser_m(height_m: ArrayLike, factor: int = 2) -> NDArray[np.float32]:
    """Ground at every ``factor``-th post around the middle: the highest of the posts about it.

    Parameters
    ----------
    height_m : array_like, shape (2n + 1, 2n + 1)
        Ground [m]; NaN is unknown.
    factor : int
        How many times longer the step becomes.

    Returns
    -------
    ndarray of float32, shape (2m + 1, 2m + 1), m = n // factor
        The maximum over the ``2 factor - 1`` posts each way: the surface that is bilinear between
        the coarse posts is nowhere below the one between the fine posts. NaN only where all
        of them are unknown.

    Examples
    --------
    >>> coarser_m([[0, 0, 0, 0, 0], [0, 7, 0, 0, 0], [0, 0, 1, 0, 0], [0] * 5, [0] * 5]).tolist()
    [[7.0, 7.0, 0.0], [7.0, 7.0, 0.0], [0.0, 0.0, 0.0]]
    """
    ground = _grid(height_m, "height_m")
    n = _middle(ground.shape, "height_m")
    if factor < 1 or int(factor) != factor:
        raise UsageError(f"factor must be a whole number from 1 on, got {factor!r}")
    reach, out = int(factor) - 1, ground
    for axis in (0, 1):
        width = [(0, 0), (0, 0)]
        width[axis] = (reach, reach)
        padded = np.pad(out, width, constant_values=np.nan)
        first = n % int(factor)
        picks = []
        for shift in range(2 * reach + 1):
            part = [slice(None), slice(None)]
            stop = shift + first + (n // int(factor)) * 2 * int(factor) + 1
            part[axis] = slice(shift + first, stop, int(factor))
            picks.append(padded[tuple(part)])
        out = picks[0]
        for pick in picks[1:]:
            out = np.fmax(out, pick)
    return np.ascontiguousarray(out)


def bare_earth_m(
    rng_ground_m: ArrayLike,
    *,
    antenna_msl_m: float,
    surface_msl_m: float = 0.0,
    k: float = 4.0 / 3.0,
) -> NDArray[np.float64]:
    """Lowest visible altitude over a smooth Earth: what the horizon alone hides.

    Where ``lowest_visible_m`` is above this, it is terrain that hides; where it is not, nothing
    but a higher antenna helps.

    Parameters
    ----------
    rng_ground_m : array_like
        Distance over the ground [m].
    antenna_msl_m, surface_msl_m : float
        Antenna and smooth surface above mean sea level [m]. An antenna below the surface stands
        on it.
    k : float
        As for ``lowest_visible_m``.

    Returns
    -------
    ndarray, same shape
        Altitude above mean sea level [m]; the surface's up to the horizon.

    Examples
    --------
    The rule of thumb has a target at 100 m seen from 20 m as far as 59.6 km:

    >>> float(bare_earth_m(59_600.0, antenna_msl_m=20.0).round())
    100.0
    """
    earth_m = _earth_m(k)
    # Distances are those at sea level.
    surface_m = earth_m + _finite(surface_msl_m, "surface_msl_m")
    hgt_m = max(_finite(antenna_msl_m, "antenna_msl_m") + earth_m - surface_m, 0.0)
    horizon_rad = math.atan2(math.sqrt(hgt_m * (2.0 * surface_m + hgt_m)), surface_m)
    beyond_rad = np.maximum(np.asarray(rng_ground_m, np.float64) / earth_m - horizon_rad, 0.0)
    # sec a - 1 = sec a · 2 sin²(a/2), which keeps its digits for small angles.
    rise_m = surface_m * 2.0 * np.sin(0.5 * beyond_rad) ** 2 / np.cos(beyond_rad)
    return np.asarray(surface_m - earth_m + rise_m)


def warm_up() -> None:
    """Compile the loops, or load them, for the types that they are used with."""
    lowest_visible_m(np.zeros((3, 3), np.float32), step_m=1.0, row=1, col=1, antenna_msl_m=1.0)


class _Sight(NamedTuple):
    earth_m: float
    antenna_m: float
    rng_m: float
    through_unknown: bool


class _Fan:
    """The rays of one eighth: their tangents, and the horizon that each has met so far."""

    def __init__(self, rays: int) -> None:
        self.rays = rays
        self.tangent = np.arange(rays + 1) / rays
        inverse = np.zeros(rays + 1)  # the ray along the axis crosses no column
        inverse[1:] = rays / np.arange(1.0, rays + 1)
        self.tangent_f4 = self.tangent.astype(np.float32)
        self.inverse_f4 = inverse.astype(np.float32)
        self.horizon = np.full(rays + 3, _kernels.LOWEST, np.float32)

    def sweep(
        self,
        low: NDArray[np.float32],
        ground: NDArray[np.float32],
        row: int,
        col: int,
        eighth: _Eighth,
        steps: tuple[float, float],
        first_row: int,
        sight: _Sight,
    ) -> None:
        along_m, across_m = steps if eighth.turned else steps[::-1]
        reach = sight.rng_m / along_m
        rows = eighth.rows if reach >= eighth.rows else int(reach)
        # Rows of posts at hand, each a few lines of the cache and an odd one longer, so that the
        # rows do not fall on the same places of the cache.
        width = (eighth.columns + 2 + 31) // 32 * 32 + 16
        _kernels.sweep_eighth(
            low,
            ground,
            row,
            col,
            eighth.down,
            eighth.right,
            eighth.turned,
            first_row,
            rows,
            eighth.columns,
            self.rays,
            self.horizon,
            self.tangent_f4,
            self.inverse_f4,
            (along_m**2 + (self.tangent * across_m) ** 2).astype(np.float32),
            np.arange(eighth.columns + 1, dtype=np.float32),
            np.zeros((_kernels.BLOCK + 1, width), np.float32),
            np.zeros((_kernels.BLOCK, width), np.float32),
            along_m,
            across_m,
            sight.rng_m,
            np.float32(1.0 / sight.earth_m**2),
            np.float32(sight.earth_m + sight.antenna_m),
            np.float32(sight.antenna_m),
            _kernels.LOWEST if sight.through_unknown else _kernels.UNKNOWN,
        )


def _rays(rows: int, rays_per_cell: float) -> int:
    return max(RAYS_MIN, math.ceil(rows * rays_per_cell))


def _eighths(shape: tuple[int, ...], row: int, col: int) -> list[_Eighth]:
    """List the eighths, those first that take longest: threads end together then."""
    found = []
    for down, rows in ((-1, row), (1, shape[0] - 1 - row)):
        for right, columns in ((-1, col), (1, shape[1] - 1 - col)):
            found.append(_Eighth(down, right, False, rows, columns))
            found.append(_Eighth(down, right, True, columns, rows))
    return sorted(found, key=lambda e: (-e.rows * e.columns, not e.turned))


def _share(threads: int, eighths: list[_Eighth], sweep: Callable[[_Eighth], None]) -> None:
    if threads < 1:
        raise UsageError(f"threads must be at least 1, got {threads!r}")
    if threads == 1:
        for eighth in eighths:
            sweep(eighth)
        return
    with ThreadPoolExecutor(min(threads, len(eighths))) as pool:
        for _ in pool.map(sweep, eighths):
            pass


def _blank_beyond(
    low: NDArray[np.float32], row: int, col: int, steps: tuple[float, float], rng_m: float
) -> None:
    """Make NaN of the rows and columns that are wholly out of range: no loop visits them."""
    for index, step_m, rows_first in ((row, steps[1], low), (col, steps[0], low.T)):
        reach = int(min(rng_m / step_m, float(len(rows_first))))
        rows_first[: max(index - reach, 0)] = np.nan
        rows_first[index + reach + 1 :] = np.nan


def _copy_inner(fine: NDArray[np.float32], coarse: NDArray[np.float32], factor: int) -> None:
    n, m = len(fine) // 2, len(coarse) // 2
    reach = n // factor
    coarse[m - reach : m + reach + 1, m - reach : m + reach + 1] = fine[
        n - reach * factor : n + reach * factor + 1 : factor,
        n - reach * factor : n + reach * factor + 1 : factor,
    ]


def _grid(height_m: ArrayLike, name: str) -> NDArray[np.float32]:
    ground = np.ascontiguousarray(height_m, dtype=np.float32)
    if ground.ndim != 2 or ground.size == 0:
        raise UsageError(
            f"{name} must be a grid of rows and columns with at least one post, got shape "
            f"{np.shape(height_m)}"
        )
    return ground


def _middle(shape: tuple[int, ...], name: str) -> int:
    if shape[0] != shape[1] or shape[0] % 2 == 0:
        raise UsageError(
            f"{name} must be square with an odd number of posts, the site in the middle, got "
            f"shape {shape}; cut a patch around the site"
        )
    return shape[0] // 2


def _levels(
    levels: Sequence[tuple[ArrayLike, float]],
) -> tuple[list[NDArray[np.float32]], list[float]]:
    if not levels:
        raise UsageError("levels is empty; give at least one pair of ground and step")
    grounds: list[NDArray[np.float32]] = []
    steps_m: list[float] = []
    for i, (height_m, told_m) in enumerate(levels):
        name = f"levels[{i}]"
        ground = _grid(height_m, name)
        n = _middle(ground.shape, name)
        step_m = _step(told_m, f"step of {name}")
        if grounds:
            factor = step_m / steps_m[-1]
            if factor < 1.5 or abs(factor - round(factor)) > 1e-9 * factor:
                raise UsageError(
                    f"step of {name} must be a whole multiple, from 2 on, of the step before, "
                    f"{steps_m[-1]} m, got {step_m} m"
                )
            inner_m = (len(grounds[-1]) // 2) * steps_m[-1]
            if n * step_m <= inner_m:
                raise UsageError(
                    f"{name} reaches {n * step_m} m, no further than the finer level before it, "
                    f"{inner_m} m; order them from fine to coarse, each larger than the last"
                )
        grounds.append(ground)
        steps_m.append(step_m)
    return grounds, steps_m


def _steps(step_m: float | tuple[float, float]) -> tuple[float, float]:
    if isinstance(step_m, tuple | list):
        if len(step_m) != 2:
            raise UsageError(f"step_m is one number or (step_x_m, step_y_m), got {step_m!r}")
        return _step(step_m[0], "step_x_m"), _step(step_m[1], "step_y_m")
    step = _step(step_m, "step_m")
    return step, step


def _step(step_m: float, name: str) -> float:
    step = _positive(step_m, name, "the distance between posts in metres")
    if step < STEP_MIN_M:
        raise UsageError(
            f"{name} is {step} m, which looks like degrees; project the terrain to metres around "
            "the site first"
        )
    return step


def _place(index: int, name: str, count: int) -> int:
    if int(index) != index or not 0 <= index < count:
        raise UsageError(
            f"{name} must be a post of the patch, 0 to {count - 1}, got {index!r}; the site must "
            "be inside the terrain"
        )
    return int(index)


def _finite(value: float, name: str) -> float:
    if not math.isfinite(value):
        raise UsageError(f"{name} must be a number of metres above mean sea level, got {value!r}")
    return float(value)


def _positive(value: float, name: str, which: str) -> float:
    if not 0.0 < value < math.inf:
        raise UsageError(f"{name} must be positive and finite, got {value!r} ({which})")
    return float(value)


def _radius_m(radius_m: float | None) -> float:
    return math.inf if radius_m is None else _positive(radius_m, "radius_m", "metres")


def _earth_m(k: float) -> float:
    return EARTH_MEAN_M * _positive(
        k, "k", "4/3 is the standard atmosphere, 1 no refraction; a duct has none"
    )


def _check_reach(
    shape: tuple[int, ...],
    steps: tuple[float, float],
    row: int,
    col: int,
    rng_m: float,
    earth_m: float,
) -> None:
    across_m = max(col, shape[1] - 1 - col) * steps[0]
    along_m = max(row, shape[0] - 1 - row) * steps[1]
    reach_m = min(math.hypot(across_m, along_m), rng_m)
    if reach_m > ANGLE_MAX * earth_m:
        raise UsageError(
            f"the patch reaches {reach_m / 1000.0:.0f} km from the site, more than the "
            f"{ANGLE_MAX * earth_m / 1000.0:.0f} km to which lines of sight are computed; give a "
            "smaller patch or radius_m"
        )
