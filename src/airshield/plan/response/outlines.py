"""Where somebody is within so many minutes, as areas for a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from airshield.geo.grid import Grid
from airshield.units import S_PER_MIN


def outlines(
    grid: Grid, times_s: NDArray[np.float64], minutes: Sequence[float]
) -> list[BaseGeometry]:
    """Areas within so many minutes.

    Parameters
    ----------
    grid : Grid
        Whose cells have the times.
    times_s : ndarray, shape of the grid
        Say ``Response.kept_s`` [s]; NaN is in no area.
    minutes : sequence of float
        Limits.

    Returns
    -------
    list of shapely geometry
        One for each limit, longitude and latitude [deg]; edges are those of cells. Empty: nowhere.

    Examples
    --------
    >>> grid = Grid.around(shapely.box(30.0, 50.0, 30.1, 50.1), step_m=2000.0)
    >>> near, all_ = outlines(grid, np.full(grid.shape, 300.0), [4.0, 5.0])
    >>> near.is_empty, shapely.contains_xy(all_, 30.05, 50.05).item()
    (True, True)
    """
    return [_outline(grid, times_s <= limit * S_PER_MIN) for limit in minutes]


def _outline(grid: Grid, is_in: NDArray[np.bool_]) -> BaseGeometry:
    # Runs of cells in each row: far fewer boxes to join than cells.
    edges = np.diff(np.pad(is_in.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    north = grid.north_m - rows * grid.step_m
    boxes = shapely.box(
        grid.west_m + starts * grid.step_m,
        north - grid.step_m,
        grid.west_m + ends * grid.step_m,
        north,
    )
    whole = shapely.segmentize(shapely.union_all(boxes), 10.0 * grid.step_m)
    return shapely.transform(whole, lambda xy: _places(grid, xy))


def _places(grid: Grid, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    lat_deg, lon_deg = grid.projection.places_from_xy(xy[:, 0], xy[:, 1])
    return np.column_stack([lon_deg, lat_deg])
