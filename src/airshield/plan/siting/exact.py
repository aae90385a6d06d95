"""The best choice, proven: what the bound left open, by HiGHS (branch and bound, through SciPy).

SciPy's HiGHS takes no choice to start from. It need not: a choice at hand has already settled most
sites (``bound``), and what remains is a small problem. Only sites are integers; by how much a cell
is covered follows from them, so it stays continuous.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from airshield.plan.coverage.network import merge_equal
from airshield.plan.siting.bound import Bound
from airshield.plan.siting.demand import Demand
from airshield.plan.siting.problem import pack_cover

Floats = NDArray[np.float64]

_SCALE = 1e4
"""HiGHS is content with an absolute gap of 1e-6: against such a total that means nothing."""
_BITS_MAX = 200_000_000
"""Beyond so many entries HiGHS would find nothing in time, and the table would fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """What was found among the sites left open.

    Attributes
    ----------
    is_chosen : ndarray of bool, shape (sites,), optional
        The best choice found; None where there was none in time.
    bound : float
        No choice that keeps to the settled sites is worth more; infinite where none was found.
    """

    is_chosen: NDArray[np.bool_] | None
    bound: float


def solve(demand: Demand, settled: Bound, *, time_limit_s: float) -> Exact:
    """Solve what is left open.

    Parameters
    ----------
    demand : Demand
        The problem.
    settled : Bound
        Which sites need no decision.
    time_limit_s : float
        For HiGHS. When it is reached, what is found depends on the machine.
    """
    d = demand
    is_in = d.is_fixed | settled.is_in
    base = d.value(is_in)
    left = d.limit - float(d.cost[settled.is_in].sum())
    free = np.flatnonzero(~is_in & ~settled.is_out & (d.cost <= left))
    if free.size == 0:
        return Exact(is_chosen=is_in, bound=base)
    if free.size * d.weights.size > _BITS_MAX:
        return Exact(is_chosen=None, bound=math.inf)
    weights, given, table = _open_demand(d, is_in, free)
    if weights.size == 0:
        return Exact(is_chosen=is_in, bound=base)
    worth, most, cell = _pieces(d.credit, weights, given)
    scale = _SCALE / float(worth @ most)
    covered_at = sparse.csr_matrix(
        (np.ones(cell.size), (cell, np.arange(cell.size))), shape=(weights.size, cell.size)
    )
    sites = free.size
    found = milp(
        -np.concatenate([np.zeros(sites), scale * worth]),
        integrality=np.concatenate([np.ones(sites), np.zeros(cell.size)]),
        bounds=Bounds(0.0, np.concatenate([np.ones(sites), most])),
        constraints=[
            LinearConstraint(sparse.hstack([-table, covered_at], format="csr"), -np.inf, 0.0),
            LinearConstraint(
                np.concatenate([d.cost[free] / left, np.zeros(cell.size)])[None, :], -np.inf, 1.0
            ),
        ],
        options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )
    dual = found.get("mip_dual_bound")
    is_chosen = None
    if found.x is not None:
        is_chosen = is_in.copy()
        is_chosen[free[found.x[:sites] > 0.5]] = True
        # HiGHS keeps to limits within 1e-6 only.
        if d.cost[is_chosen & ~d.is_fixed].sum() > d.limit:
            is_chosen = None
    return Exact(
        is_chosen=is_chosen,
        bound=math.inf if dual is None or not math.isfinite(dual) else base - dual / scale,
    )


def _open_demand(
    d: Demand, is_in: NDArray[np.bool_], free: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64], sparse.csr_matrix]:
    """Cells that an open site may still help: weights, by how many covered, which open sites."""
    given = np.minimum(d.count(is_in), d.credit.size)
    table = np.zeros((free.size, d.weights.size), np.bool_)
    for row, s in enumerate(free):
        table[row, d.cells[d.start[s] : d.start[s + 1]]] = True
    helps = table.any(axis=0) & (given < d.credit.size)
    # Cells that differed only in settled sites are equal now.
    bits = np.hstack([given[helps, None].astype(np.uint64), pack_cover(table[:, helps])])
    bits, weights = merge_equal(bits, d.weights[helps])
    octets = np.ascontiguousarray(bits[:, 1:]).astype("<u8").view(np.uint8)
    merged = np.unpackbits(octets, axis=1, bitorder="little", count=free.size)
    return weights, bits[:, 0].astype(np.int64), sparse.csr_matrix(merged.astype(np.float64))


def _pieces(
    credit: Floats, weights: Floats, given: NDArray[np.int64]
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Variables of the cells' cover, one for each run of equal credits that is still open.

    Returns what one more site is worth there, for how many sites, and whose cell it is.
    """
    edges = np.flatnonzero(np.diff(credit)) + 1
    worth, most, cell = [], [], []
    for low, high in zip([0, *edges], [*edges, credit.size], strict=True):
        room = high - np.maximum(given, low)
        at = np.flatnonzero(room > 0)
        worth.append(weights[at] * credit[low])
        most.append(room[at].astype(np.float64))
        cell.append(at)
    return np.concatenate(worth), np.concatenate(most), np.concatenate(cell)
