"""Where a radar could stand: high, level ground, spread over the territory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError

_WIDER = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Candidate sites on a grid, north to south, west to east.

    Attributes
    ----------
    rows, cols : ndarray of int64, shape (n,)
        Their cells.
    height_m : ndarray of float64, shape (n,)
        Of the ground above mean sea level.
    slope_deg : ndarray of float64, shape (n,)
        Of the ground.
    apart_m : float
        The spacing that was used.
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    height_m: NDArray[np.float64]
    slope_deg: NDArray[np.float64]
    apart_m: float


def find_candidates(
    ground_m: NDArray[np.float32],
    *,
    step_m: float,
    apart_m: float = 5000.0,
    slope_max_deg: float = 10.0,
    allowed: NDArray[np.bool_] | None = None,
    at_most: int = 500,
) -> Candidates:
    """Find the highest usable place of every square, and thin those out that stand too close.

    Parameters
    ----------
    ground_m : ndarray of float32, shape (rows, cols)
        Ground above mean sea level on the map's grid; NaN is unknown and never usable.
    step_m : float
        Side of a cell.
    apart_m : float
        Side of the squares. Of two candidates closer than half of it the higher stays.
    slope_max_deg : float
        Ground that is steeper, measured over two cells, is not usable.
    allowed : ndarray of bool, shape (rows, cols), optional
        Where a radar may stand at all (territory, access, power).
    at_most : int
        With more candidates than this the squares are made wider.

    Notes
    -----
    The highest place of a square is a hill-top where there are hills, and some place where there
    are none: plains need radars too. Cells must be fine enough for the slope to mean something:
    over 9 km cells every slope is gentle.

    Raises
    ------
    UsageError
        Sizes that make no sense, or maps of different shapes.
    """
    if ground_m.ndim != 2 or not (step_m > 0.0 and apart_m > 0.0 and at_most > 0):
        raise UsageError(
            f"ground of shape {ground_m.shape}, step {step_m!r} m, {apart_m!r} m apart, at most "
            f"{at_most!r}: give a map and positive figures"
        )
    if allowed is not None and allowed.shape != ground_m.shape:
        raise UsageError(f"allowed has shape {allowed.shape}, the ground {ground_m.shape}")
    height = np.asarray(ground_m, np.float64)
    slope = _slope_deg(height, step_m)
    usable = np.isfinite(height) & (slope <= slope_max_deg)
    if allowed is not None:
        usable &= allowed
    while True:
        found = _thinned(
            *_highest(height, usable, max(1, round(apart_m / step_m))),
            height,
            0.5 * apart_m / step_m,
        )
        if found[0].size <= at_most:
            break
        apart_m *= _WIDER
    rows, cols = found
    return Candidates(
        rows=rows,
        cols=cols,
        height_m=height[rows, cols],
        slope_deg=slope[rows, cols],
        apart_m=apart_m,
    )


def _slope_deg(height: NDArray[np.float64], step_m: float) -> NDArray[np.float64]:
    """Steepest slope from a cell's neighbours; of a map one cell wide, along it only."""
    padded = np.pad(height, 1, mode="edge")
    # An unknown neighbour is taken to be as high as the cell itself.
    around = [padded[1:-1, 2:], padded[1:-1, :-2], padded[:-2, 1:-1], padded[2:, 1:-1]]
    east, west, north, south = (np.where(np.isnan(a), height, a) for a in around)
    slope: NDArray[np.float64] = np.degrees(
        np.arctan(np.hypot(east - west, north - south) / (2.0 * step_m))
    )
    return slope


def _highest(
    height: NDArray[np.float64], usable: NDArray[np.bool_], side: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Row and column of the highest usable cell of every square of ``side`` cells."""
    rows, cols = height.shape
    down, across = -(-rows // side), -(-cols // side)
    padded = np.full((down * side, across * side), -np.inf)
    padded[:rows, :cols] = np.where(usable, height, -np.inf)
    squares = padded.reshape(down, side, across, side).swapaxes(1, 2).reshape(-1, side * side)
    at = squares.argmax(axis=1)
    has = squares[np.arange(at.size), at] > -np.inf
    square = np.flatnonzero(has)
    row = square // across * side + at[has] // side
    col = square % across * side + at[has] % side
    return row, col


def _thinned(
    rows: NDArray[np.int64],
    cols: NDArray[np.int64],
    height: NDArray[np.float64],
    cells: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Leave out what is closer than so many cells to a higher one that stays."""
    order = np.lexsort((cols, rows, -height[rows, cols]))
    kept: dict[tuple[int, int], list[tuple[int, int]]] = {}
    stays = np.zeros(rows.size, np.bool_)
    wide = max(cells, 1.0)
    for at in order:
        r, c = int(rows[at]), int(cols[at])
        box = int(r // wide), int(c // wide)
        near = [
            other
            for dr in (-1, 0, 1)
            for dc in (-1, 0, 1)
            for other in kept.get((box[0] + dr, box[1] + dc), [])
        ]
        if all((r - r2) ** 2 + (c - c2) ** 2 >= cells * cells for r2, c2 in near):
            stays[at] = True
            kept.setdefault(box, []).append((r, c))
    return rows[stays], cols[stays]
