"""The problem as the loops want it: equal demand cells merged, sites with lists of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airshield.plan.coverage.network import merge_equal
from airshield.plan.siting import _kernels
from airshield.plan.siting.problem import SitingProblem

Floats = NDArray[np.float64]

_ROUNDING = 1e-9
"""Costs of 0.1 and 0.2 fit a budget of 0.3, whatever their sum in binary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Merged demand, sorted by site.

    Attributes
    ----------
    start, cells : ndarray of int64 and int32
        Site s covers ``cells[start[s]:start[s + 1]]``.
    weights : ndarray, shape (cells,)
        Summed over the merged ones; what no site covers is left out.
    credit : ndarray, shape (most,)
        What the first, the second, ... site that covers a cell is worth; they never rise.
    cost : ndarray, shape (sites,)
        What each takes of the limit.
    limit : float
        How much may be taken together.
    is_fixed : ndarray of bool, shape (sites,)
        Which stand already.
    total : float
        Weight of all demand, also of what no site covers.
    """

    start: NDArray[np.int64]
    cells: NDArray[np.int32]
    weights: Floats
    credit: Floats
    cost: Floats
    limit: float
    is_fixed: NDArray[np.bool_]
    total: float

    @property
    def sites(self) -> int:
        """How many candidates and existing radars there are."""
        return self.start.size - 1

    @property
    def tol(self) -> float:
        """A difference in value that is only rounding."""
        return 1e-12 * max(self.total, 1e-300)

    def count(self, is_chosen: NDArray[np.bool_]) -> NDArray[np.int32]:
        """By how many of the chosen sites each cell is covered."""
        count = np.zeros(self.weights.size, np.int32)
        for s in np.flatnonzero(is_chosen):
            _kernels.put(int(s), 1, self.start, self.cells, count)
        return count

    def value(self, is_chosen: NDArray[np.bool_]) -> float:
        """What the chosen sites are worth."""
        upto = np.concatenate([[0.0], np.cumsum(self.credit)])
        count = np.minimum(self.count(is_chosen), self.credit.size)
        return float(np.dot(self.weights, upto[count]))

    def matrix(self) -> NDArray[np.bool_]:
        """Which site covers which cell, shape (cells, sites)."""
        table = np.zeros((self.weights.size, self.sites), np.bool_)
        of = np.repeat(np.arange(self.sites), np.diff(self.start))
        table[self.cells, of] = True
        return table


def demand_from(problem: SitingProblem, *, credit: Floats | None = None) -> Demand:
    """Merge equal demand cells and list the cells of every site."""
    bits, weights = merge_equal(problem.bits, problem.weights)
    is_covered = (bits != 0).any(axis=1)
    bits, weights = bits[is_covered], weights[is_covered]
    sites = len(problem.sites)
    octets = np.ascontiguousarray(bits).astype("<u8").view(np.uint8)
    table = np.unpackbits(octets, axis=1, bitorder="little", count=sites)
    of, cells = np.nonzero(table.T)
    start = np.zeros(sites + 1, np.int64)
    np.cumsum(np.bincount(of, minlength=sites), out=start[1:])
    return Demand(
        start=start,
        cells=cells.astype(np.int32),
        weights=weights,
        credit=np.full(problem.folds, 1.0 / problem.folds) if credit is None else credit,
        cost=problem.cost,
        limit=problem.limit * (1.0 + _ROUNDING),
        is_fixed=np.array([site in problem.existing for site in problem.sites], np.bool_),
        total=float(problem.weights.sum()),
    )
