"""Who lives where: places with a population, put onto the grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.geo.grid import Grid

_REACH: Final = 2
"""A harbour town's cell may have its middle in the sea: so many cells away it is still found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPeople:
    """People on a grid.

    Attributes
    ----------
    people : ndarray of float64, shape (rows, cols)
        In each cell; zero outside the territory.
    elsewhere_people : float
        Of the places given, those who live off the territory and are in no cell.
    """

    people: NDArray[np.float64]
    elsewhere_people: float


def place_people(
    grid: Grid,
    inside: NDArray[np.bool_],
    *,
    lat_deg: ArrayLike,
    lon_deg: ArrayLike,
    people: ArrayLike,
    radius_m: ArrayLike = 0.0,
) -> PlacedPeople:
    """Put places' people onto the cells of a territory.

    Parameters
    ----------
    grid, inside
        The map, and which of its cells are territory.
    lat_deg, lon_deg, people : array_like, shape (n,)
        Places and how many live there.
    radius_m : array_like
        People are spread evenly over the territory's cells whose middle is so near; zero, or
        less than to the next middle, puts all into the nearest cell. One figure or one per place.

    Notes
    -----
    A place whose own cell is not territory goes to the nearest cell that is, at most two cells
    away; otherwise its people are counted in ``elsewhere_people``.

    Raises
    ------
    UsageError
        Unequal lengths, or numbers of people or radii that are negative or unknown.
    """
    lat, lon, many, radius = np.broadcast_arrays(
        np.atleast_1d(lat_deg), np.atleast_1d(lon_deg), np.atleast_1d(people), radius_m
    )
    wrong = np.flatnonzero(~((many >= 0.0) & (radius >= 0.0) & np.isfinite(many + radius)))
    if wrong.size:
        raise UsageError(
            f"place {wrong[0]} has {many[wrong[0]]!r} people within {radius[wrong[0]]!r} m; give "
            "numbers that are not negative, or leave the place out"
        )
    x_m, y_m = grid.middles_xy_m()
    px, py = grid.projection.xy_from_places(lat, lon)
    out = np.zeros(grid.shape)
    elsewhere = 0.0
    for x, y, n, r in zip(px, py, many, radius, strict=True):
        cells = _cells_near(grid, inside, x_m, y_m, x, y, float(r))
        if cells is None:
            elsewhere += float(n)
        else:
            out[cells] += float(n) / cells[0].size
    return PlacedPeople(people=out, elsewhere_people=elsewhere)


def _cells_near(
    grid: Grid,
    inside: NDArray[np.bool_],
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    x: float,
    y: float,
    radius_m: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Rows and columns of the territory's cells that a place's people live in."""
    if not np.isfinite(x + y):
        return None
    reach_m = max(radius_m, (_REACH + 0.5) * grid.step_m)
    r0, r1 = np.searchsorted(-y_m, [-y - reach_m, -y + reach_m])
    c0, c1 = np.searchsorted(x_m, [x - reach_m, x + reach_m])
    away2 = (x_m[None, c0:c1] - x) ** 2 + (y_m[r0:r1, None] - y) ** 2
    at = np.where(inside[r0:r1, c0:c1], away2, np.inf)
    if not np.isfinite(at).any():
        return None
    near = at <= radius_m * radius_m
    if near.any():
        rows, cols = np.nonzero(near)
    else:
        own = np.unravel_index(int(np.argmin(at)), at.shape)
        rows, cols = np.array([own[0]]), np.array([own[1]])
    return rows + r0, cols + c0
