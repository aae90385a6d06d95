"""What is asked for, checked: patches of ground, and the way of the rays through them.

The engines, this machine's loops and those of a graphics card, start from the same ``Task`` and
give the same answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.sensors.horizon import EARTH_MEAN_M

F4 = NDArray[np.float32]

RAYS_PER_CELL: Final = 0.25
"""Rays per cell at the outer edge. The shadows' field is smooth along the azimuth: with four times
as many the error in the Carpathians falls from 2.7 to 0.9 m at 60 m cells and from 0.6 to 0.1 m at
20 m, for twice the time (docs/coverage.md)."""

RAYS_MIN: Final = 256
"""Rays per eighth of a small patch: 0.18 degree apart. Costs nothing there."""

BLOCKS: Final = 8
"""Parts in which an answer is made ready."""

STEP_MIN_M: Final = 0.05
"""Below this a step is one in degrees that was taken for metres: 3" are 0.00083 degree."""

ANGLE_MAX: Final = 0.15
"""Angle at the Earth's centre up to which the series are used: 1,274 km at k = 4/3."""


class Patch(NamedTuple):
    """Ground [m] around a site, one post per cell."""

    ground: F4
    step_x_m: float
    step_y_m: float
    row: int
    col: int


class Leg(NamedTuple):
    """The way of one eighth's rays through one patch: rows ``first_row`` to ``rows`` of it.

    ``turned``: its rows run along the columns of the patch. ``along_m`` is from one of its rows to
    the next, ``across_m`` from post to post in one. ``rows`` are those within the range.
    """

    patch: int
    down: int
    right: int
    turned: bool
    first_row: int
    rows: int
    columns: int
    along_m: float
    across_m: float


class Eighth(NamedTuple):
    """One of the eight wedges around a site: how many rays, and their legs from fine to coarse."""

    rays: int
    legs: tuple[Leg, ...]


class Rays:
    """The rays of one eighth: ``count`` + 1 tangents from 0 to 1, and the tables of the loops."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._tangent = np.arange(count + 1) / count
        inverse = np.zeros(count + 1)  # the ray along the axis crosses no column
        inverse[1:] = count / np.arange(1.0, count + 1)
        self.tangent = self._tangent.astype(np.float32)
        self.inverse = inverse.astype(np.float32)

    def row2_m2(self, leg: Leg) -> F4:
        """Squared length [m²] of each ray from one row of a leg to the next."""
        row2_m2: F4 = (leg.along_m**2 + (self._tangent * leg.across_m) ** 2).astype(np.float32)
        return row2_m2


class Task(NamedTuple):
    """All that an engine needs to know."""

    patches: list[Patch]
    eighths: list[Eighth]
    earth_m: float
    antenna_m: float
    rng_m: float
    through_unknown: bool

    def blank(self, mapper: Callable[..., Iterable[object]] = map) -> list[F4]:
        """Answers to be filled in: the site is, and what no loop visits is NaN.

        Parameters
        ----------
        mapper : callable
            Like ``map``; an executor's shares the rows among its threads. A column beyond the range
            touches every page of an answer, and whoever touches a page first waits for it: a tenth
            of the work, were it one thread's alone.
        """
        lows = []
        for patch in self.patches:
            low = np.empty_like(patch.ground)
            edges = np.linspace(0, len(low), BLOCKS + 1).astype(int).tolist()
            blocks = [slice(first, end) for first, end in pairwise(edges)]
            for _ in mapper(partial(_blank_beyond, low, patch, self.rng_m), blocks):
                pass
            low[patch.row, patch.col] = patch.ground[patch.row, patch.col]
            lows.append(low)
        return lows

    def joined(self, lows: list[F4]) -> list[F4]:
        """Put the finer answers where coarser patches have the same posts."""
        for i in range(1, len(lows)):
            factor = round(self.patches[i].step_x_m / self.patches[i - 1].step_x_m)
            _copy_inner(lows[i - 1], lows[i], factor)
        return lows


def one_patch(
    height_m: ArrayLike,
    *,
    step_m: float | tuple[float, float],
    row: int,
    col: int,
    antenna_msl_m: float,
    k: float,
    radius_m: float | None,
    through_unknown: bool,
    rays_per_cell: float,
) -> Task:
    """Check what ``lowest_visible_m`` was asked."""
    ground = grid(height_m, "height_m")
    step_x_m, step_y_m = _steps(step_m)
    row, col = _place(row, "row", ground.shape[0]), _place(col, "col", ground.shape[1])
    patch = Patch(ground, step_x_m, step_y_m, row, col)
    task = _task([patch], antenna_msl_m, k, radius_m, through_unknown)
    rays_per_cell = _positive(rays_per_cell, "rays_per_cell", "0.25 is the default")
    eighths = []
    for leg in _legs(patch, 0, 1, task.rng_m):
        # The range leaves rows out, but not rays.
        rows = _size(patch, leg.down, leg.right, leg.turned)[0]
        eighths.append(Eighth(_rays(rows, rays_per_cell), (leg,)))
    return task._replace(eighths=eighths)


def nested_patches(
    levels: Sequence[tuple[ArrayLike, float]],
    *,
    antenna_msl_m: float,
    k: float,
    radius_m: float | None,
    through_unknown: bool,
    rays_per_cell: float,
) -> Task:
    """Check what ``lowest_visible_levels`` was asked."""
    patches = []
    for ground, step_m in zip(*_levels(levels), strict=True):
        n = len(ground) // 2
        patches.append(Patch(ground, step_m, step_m, n, n))
    task = _task(patches, antenna_msl_m, k, radius_m, through_unknown)
    rays_per_cell = _positive(rays_per_cell, "rays_per_cell", "0.25 is the default")
    rays = _rays(max(patch.row for patch in patches), rays_per_cell)
    legs = []
    first_row = 1
    for i, patch in enumerate(patches):
        legs.append(_legs(patch, i, first_row, task.rng_m))
        if i + 1 < len(patches):
            first_row = patch.row // round(patches[i + 1].step_x_m / patch.step_x_m) + 1
    return task._replace(eighths=[Eighth(rays, through) for through in zip(*legs, strict=True)])


def _task(
    patches: list[Patch],
    antenna_msl_m: float,
    k: float,
    radius_m: float | None,
    through_unknown: bool,
) -> Task:
    antenna = finite(antenna_msl_m, "antenna_msl_m")
    task = Task(patches, [], earth_radius_m(k), antenna, _radius_m(radius_m), through_unknown)
    _check_reach(patches[-1], task.rng_m, task.earth_m)
    return task


def _rays(rows: int, rays_per_cell: float) -> int:
    return max(RAYS_MIN, math.ceil(rows * rays_per_cell))


def _size(patch: Patch, down: int, right: int, turned: bool) -> tuple[int, int]:
    """Rows and columns that an eighth has of a patch."""
    rows = patch.row if down < 0 else patch.ground.shape[0] - 1 - patch.row
    columns = patch.col if right < 0 else patch.ground.shape[1] - 1 - patch.col
    return (columns, rows) if turned else (rows, columns)


def _legs(patch: Patch, index: int, first_row: int, rng_m: float) -> list[Leg]:
    """List a patch's legs, those first that take longest: threads end together then."""
    found = []
    for down in (-1, 1):
        for right in (-1, 1):
            for turned in (False, True):
                rows, columns = _size(patch, down, right, turned)
                along_m, across_m = (
                    (patch.step_x_m, patch.step_y_m) if turned else (patch.step_y_m, patch.step_x_m)
                )
                within = rows if rng_m / along_m >= rows else int(rng_m / along_m)
                leg = Leg(index, down, right, turned, first_row, within, columns, along_m, across_m)
                found.append((-rows * columns, not turned, leg))
    return [leg for _, _, leg in sorted(found, key=lambda each: each[:2])]


def _blank_beyond(low: F4, patch: Patch, rng_m: float, rows: slice) -> None:
    """Make NaN, among some rows, of rows and columns wholly out of range: no loop visits them."""
    first, end = _reached(patch.row, patch.step_y_m, len(low), rng_m)
    low[rows.start : min(rows.stop, first)] = np.nan
    low[max(rows.start, end) : max(rows.stop, end)] = np.nan
    first, end = _reached(patch.col, patch.step_x_m, low.shape[1], rng_m)
    low[rows, :first] = np.nan
    low[rows, end:] = np.nan


def _reached(index: int, step_m: float, count: int, rng_m: float) -> tuple[int, int]:
    """First row or column within range, and the first beyond it again."""
    reach = int(min(rng_m / step_m, float(count)))
    return max(index - reach, 0), min(index + reach + 1, count)


def _copy_inner(fine: F4, coarse: F4, factor: int) -> None:
    n, m = len(fine) // 2, len(coarse) // 2
    reach = n // factor
    coarse[m - reach : m + reach + 1, m - reach : m + reach + 1] = fine[
        n - reach * factor : n + reach * factor + 1 : factor,
        n - reach * factor : n + reach * factor + 1 : factor,
    ]


def grid(height_m: ArrayLike, name: str) -> F4:
    """Take what is given as 32-bit floats in C order, not copied where it is that already."""
    ground = np.ascontiguousarray(height_m, dtype=np.float32)
    if ground.ndim != 2 or ground.size == 0:
        raise UsageError(
            f"{name} must be a grid of rows and columns with at least one post, got shape "
            f"{np.shape(height_m)}"
        )
    return ground


def middle_of(shape: tuple[int, ...], name: str) -> int:
    """Index of the middle post of a square patch."""
    if shape[0] != shape[1] or shape[0] % 2 == 0:
        raise UsageError(
            f"{name} must be square with an odd number of posts, the site in the middle, got "
            f"shape {shape}; cut a patch around the site"
        )
    return shape[0] // 2


def _levels(
    levels: Sequence[tuple[ArrayLike, float]],
) -> tuple[list[F4], list[float]]:
    if not levels:
        raise UsageError("levels is empty; give at least one pair of ground and step")
    grounds: list[F4] = []
    steps_m: list[float] = []
    for i, (height_m, told_m) in enumerate(levels):
        name = f"levels[{i}]"
        ground = grid(height_m, name)
        n = middle_of(ground.shape, name)
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


def finite(value: float, name: str) -> float:
    """Check an altitude."""
    if not math.isfinite(value):
        raise UsageError(f"{name} must be a number of metres above mean sea level, got {value!r}")
    return float(value)


def _positive(value: float, name: str, which: str) -> float:
    if not 0.0 < value < math.inf:
        raise UsageError(f"{name} must be positive and finite, got {value!r} ({which})")
    return float(value)


def _radius_m(radius_m: float | None) -> float:
    return math.inf if radius_m is None else _positive(radius_m, "radius_m", "metres")


def earth_radius_m(k: float) -> float:
    """Radius [m] of the Earth on which rays are straight."""
    return EARTH_MEAN_M * _positive(
        k, "k", "4/3 is the standard atmosphere, 1 no refraction; a duct has none"
    )


def _check_reach(patch: Patch, rng_m: float, earth_m: float) -> None:
    rows, columns = patch.ground.shape
    across_m = max(patch.col, columns - 1 - patch.col) * patch.step_x_m
    along_m = max(patch.row, rows - 1 - patch.row) * patch.step_y_m
    reach_m = min(math.hypot(across_m, along_m), rng_m)
    if reach_m > ANGLE_MAX * earth_m:
        raise UsageError(
            f"the patch reaches {reach_m / 1000.0:.0f} km from the site, more than the "
            f"{ANGLE_MAX * earth_m / 1000.0:.0f} km to which lines of sight are computed; give a "
            "smaller patch or radius_m"
        )
