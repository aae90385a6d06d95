"""From the cells of an output grid to the pixels of a layer, through a mesh of exact places.

A geodesic for each of twenty million cells takes half a minute; a mesh of some thousand nodes with
bilinear interpolation between them takes milliseconds. How far a mesh may be from the exact places
is told, and kept: the nodes of a mesh are compared with what one of half their density would have
said there, and a mesh that is too coarse is made finer until it is the exact places themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.geo.geodesic import place_from
from airshield.geo.terrain.layer import Layer

F8 = NDArray[np.float64]

Places = Callable[[F8, F8], tuple[F8, F8]]
"""Latitude and longitude [deg] of the centres of output cells, from their rows and columns."""

COARSEST: Final = 64
"""Cells between two nodes, before anything else is found to be needed."""

OFF_CELLS: Final = 0.04
"""What a mesh of half the density may be off, in cells of the layer or of the output, whichever is
smaller. The error goes with the square of the distance between nodes, so the mesh itself is off by
a hundredth of a cell (measured: tests/geo/terrain/test_patches.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """Pixel coordinates at every so many cells of an output grid; bilinear between."""

    row: F8
    col: F8
    every: int

    def is_finite(self) -> bool:
        """Tell whether every node has a place in the layer."""
        return bool(np.isfinite(self.row).all() and np.isfinite(self.col).all())


def mesh_of(
    layer: Layer,
    places: Places,
    *,
    row0: int,
    col0: int,
    rows: int,
    cols: int,
    near_deg: float,
    step_m: float,
    most_nodes: int = 1 << 18,
) -> Mesh | None:
    """Mesh for a block of output cells that is good enough; None where it needs too many nodes.

    Parameters
    ----------
    row0, col0, rows, cols : int
        The block.
    near_deg : float
        Longitude of the output's middle: see :meth:`Layer.pixels`.
    step_m : float
        Size of an output cell [m].
    """
    every = COARSEST
    # A mesh of half the density needs three nodes at least, to be compared in the middle.
    while every > 1 and every > max(rows, cols):
        every //= 2
    allowed = OFF_CELLS * min(1.0, step_m / layer.cell_m)
    while True:
        # An even number of steps, so that a mesh of half the density fits on it.
        high = 2 * -(-rows // (2 * every)) + 1
        wide = 2 * -(-cols // (2 * every)) + 1
        if high * wide > most_nodes:
            return None
        at_row, at_col = np.meshgrid(
            row0 + every * np.arange(high, dtype=np.float64),
            col0 + every * np.arange(wide, dtype=np.float64),
            indexing="ij",
        )
        row, col = layer.pixels(*places(at_row, at_col), near_deg)
        mesh = Mesh(row=row, col=col, every=every)
        if every == 1 or max(_off(row), _off(col)) <= allowed:
            return mesh
        every //= 2


def _off(nodes: F8) -> float:
    """How far the nodes are from a mesh of every other of them; infinite where one is unknown."""
    coarse = nodes[::2, ::2]
    between = np.empty_like(nodes)
    between[::2, ::2] = coarse
    between[1::2, ::2] = 0.5 * (coarse[1:] + coarse[:-1])
    between[:, 1::2] = 0.5 * (between[:, 2::2] + between[:, :-2:2])
    with np.errstate(invalid="ignore"):
        worst = float(np.abs(nodes - between).max())
    return worst if np.isfinite(worst) else np.inf


def around_site(lat_deg: float, lon_deg: float, *, half_cells: int, step_m: float) -> Places:
    """Places of an azimuthal-equidistant grid: bearing and distance from the site are true."""

    def places(row: F8, col: F8) -> tuple[F8, F8]:
        east_m = (col - half_cells) * step_m
        north_m = (half_cells - row) * step_m
        azm_deg = np.degrees(np.arctan2(east_m, north_m))
        return place_from(lat_deg, lon_deg, azm_deg, np.hypot(east_m, north_m))

    return places
