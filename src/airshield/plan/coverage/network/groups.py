"""Cells with the same radars, gathered: any subset is then tallied in microseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.plan.coverage.network import _kernels
from airshield.plan.coverage.network.cover import (
    LayerCover,
    mask_of,
    masks_of,
    narrow_words,
    wide_words,
)
from airshield.plan.coverage.network.layers import Layer

AREA, PEOPLE, SITES = 0, 1, 2
"""Columns of every weight: m² of territory, people, protected sites."""
BY_MANY: Final = _kernels.BY_MANY
BY_UNKNOWN: Final = _kernels.BY_UNKNOWN
_ROOM: Final = 1 << 12
_NEVER: Final = np.empty(0, np.bool_)
_NONE: Final = np.empty(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The cover of one layer, without the map.

    Attributes
    ----------
    layer : Layer
        What is looked for.
    radars : tuple of str
        In the order of their bits.
    bits, unknown : ndarray of uint64, shape (groups, words)
        Which radars surely see a group's cells, and which may.
    weights : ndarray of float64, shape (groups, 3)
        Area [m²], people, sites of each group, where there is air.
    no_air : ndarray of float64, shape (3,)
        The same where the height lies below the ground.
    known : ndarray of bool, shape (3,)
        Which of the weights were given; the others are zero here and null in tables.
    """

    layer: Layer
    radars: tuple[str, ...]
    bits: NDArray[np.uint64]
    unknown: NDArray[np.uint64]
    weights: NDArray[np.float64]
    no_air: NDArray[np.float64]
    known: NDArray[np.bool_]

    def tally(self, sets: Iterable[Iterable[str]]) -> NDArray[np.float64]:
        """Weigh what each of several sets of radars sees.

        Returns
        -------
        ndarray of float64, shape (sets, 6, 3)
            Seen by none, one, two, three, four or more of the set, and unknown; area [m²], people
            and sites of each. The six add up to the same for every set.
        """
        actives = masks_of(self.radars, sets)
        out = np.zeros((actives.shape[0], _kernels.TALLIES, self.weights.shape[1]))
        _kernels.tally(self.bits, self.unknown, self.weights, actives, out)
        return out

    def lost(self, sets: Iterable[Iterable[str]]) -> NDArray[np.float64]:
        """Weigh what nobody surely sees any more without each of several sets of radars.

        Returns
        -------
        ndarray of float64, shape (sets, 3)
            Area [m²], people and sites; exactly zero where others see everything that the set does.
        """
        gone = masks_of(self.radars, sets)
        out = np.zeros((gone.shape[0], self.weights.shape[1]))
        _kernels.weigh_lost(self.bits, self.weights, gone, out)
        return out

    def share_covered(self, active: Iterable[str], *, of: int = AREA) -> float:
        """Share that at least one of some radars surely sees, of area, people or sites.

        NaN where nothing weighs: a share of no people is unknown.
        """
        mask = mask_of(self.radars, active)
        weights = np.ascontiguousarray(self.weights[:, of])
        return float(_kernels.share_covered(self.bits, weights, mask))


def site_weights(
    grid: Grid, lat_deg: Sequence[float], lon_deg: Sequence[float]
) -> NDArray[np.float64]:
    """How many sites lie in each cell, shape (rows, cols).

    Raises
    ------
    UsageError
        A site off the grid: it would silently count as nothing.
    """
    rows, cols = grid.cells_of(lat_deg, lon_deg)
    off = np.flatnonzero(rows < 0)
    if off.size:
        raise UsageError(
            f"site {off[0]} at latitude {lat_deg[off[0]]} and longitude {lon_deg[off[0]]} lies off "
            "the map; give the grid a wider area or margin"
        )
    out = np.zeros(grid.shape)
    np.add.at(out, (rows, cols), 1.0)
    return out


def group_cells(
    cover: LayerCover,
    *,
    inside: NDArray[np.bool_],
    people: NDArray[np.float64] | None = None,
    sites: NDArray[np.float64] | None = None,
) -> Groups:
    """Gather the cells of a layer that the same radars see.

    Parameters
    ----------
    cover : LayerCover
        The layer, with its radars added.
    inside : ndarray of bool, shape (rows, cols)
        The territory, whose area counts.
    people, sites : ndarray of float64, shape (rows, cols), optional
        How many live and stand in each cell (``place_people``, ``site_weights``). Sites may stand
        outside the territory.

    Raises
    ------
    UsageError
        Maps of another grid, or weights that are negative or unknown.
    """
    grid = cover.grid
    maps = {"inside": inside, "people": people, "sites": sites}
    for name, given in maps.items():
        if given is None:
            continue
        if given.shape != grid.shape:
            raise UsageError(f"{name}: a map of {given.shape} cells on a grid of {grid.shape}")
        if given.size and not given.min() >= 0.0:
            raise UsageError(f"{name}: weights must be known and not negative; give 0 for none")
    first, totals, below = _gather(
        cover.bits,
        cover.unknown,
        no_air=cover.no_air,
        inside=np.ascontiguousarray(inside, np.bool_).reshape(-1),
        people=_flat(people),
        sites=_flat(sites),
        cell_m2=grid.cell_m2,
    )
    return Groups(
        layer=cover.layer,
        radars=cover.radars,
        bits=wide_words(cover.bits[first]),
        unknown=wide_words(cover.unknown[first]),
        weights=totals,
        no_air=below,
        known=np.array([given is not None for given in maps.values()]),
    )


def _flat(given: NDArray[np.float64] | None) -> NDArray[np.float64]:
    return _NONE if given is None else np.ascontiguousarray(given, np.float64).reshape(-1)


def merge_equal(
    bits: NDArray[np.uint64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """Merge rows of equal bits and add up their weights; rows without weight are left out.

    Parameters
    ----------
    bits : ndarray of uint64, shape (n, words)
    weights : ndarray of float64, shape (n,)

    Returns
    -------
    ndarray of uint64, shape (m, words), and ndarray of float64, shape (m,)
        In the order in which each first occurs.
    """
    rows = narrow_words(bits)
    first, totals, _ = _gather(
        rows,
        np.zeros_like(rows),
        no_air=_NEVER,
        inside=_NEVER,
        people=_flat(weights),
        sites=_NONE,
        cell_m2=0.0,
    )
    return bits[first], totals[:, PEOPLE].copy()


def _gather(
    bits: NDArray[np.uint32],
    unknown: NDArray[np.uint32],
    *,
    no_air: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    people: NDArray[np.float64],
    sites: NDArray[np.float64],
    cell_m2: float,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """A row for each group of equal ones, what each group weighs, and what is below ground."""
    room = _ROOM
    while True:
        first = np.empty(room, np.int32)
        totals, below = np.zeros((room, 3)), np.zeros(3)
        # Twice as many slots as groups at most: a search meets two or three.
        table = np.full(2 * room, _kernels.NOBODY, np.int32)
        many = _kernels.group_cells(
            bits, unknown, no_air, inside, people, sites, cell_m2, table, first, totals, below
        )
        if many != _kernels.FULL:
            return first[:many], totals[:many].copy(), below
        room *= 4
