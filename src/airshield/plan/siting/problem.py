"""What is asked: candidate sites, what each would cover, how many or for how much."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.plan.coverage.network import Groups

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SitingProblem:
    """Where to put radars so that they cover as much as possible.

    Attributes
    ----------
    sites : tuple of str
        Candidates and radars that stand already, in the order of their bits.
    bits : ndarray of uint64, shape (cells, words)
        Bit s of a demand cell: site s covers it. See :func:`pack_cover`, :func:`demand_of`.
    weights : ndarray of float64, shape (cells,)
        What each demand cell counts: m², people, or a mixture over layers.
    existing : frozenset of str
        Those that stand already: kept, and not paid for.
    radars : int, optional
        At most so many new ones; or
    budget : float, optional
        they may cost so much together (to a billionth, for rounding).
    costs : ndarray of float64, shape (sites,), optional
        What each costs; needed with a budget.
    folds : int
        A cell counts in full when so many cover it, and min(count, folds) / folds before.

    Raises
    ------
    UsageError
        Figures that contradict each other; the message says which.
    """

    sites: tuple[str, ...]
    bits: NDArray[np.uint64]
    weights: Floats
    existing: frozenset[str] = field(default_factory=frozenset)
    radars: int | None = None
    budget: float | None = None
    costs: Floats | None = None
    folds: int = 1

    def __post_init__(self) -> None:
        words = max(1, math.ceil(len(self.sites) / 64))
        if self.bits.shape != (self.weights.size, words):
            raise UsageError(
                f"bits of shape {self.bits.shape} for {self.weights.size} demand cells and "
                f"{len(self.sites)} sites; give {(self.weights.size, words)} (pack_cover)"
            )
        if not (self.weights >= 0.0).all() or not np.isfinite(self.weights).all():
            raise UsageError("weights of demand cells must be known and not negative")
        if len(set(self.sites)) < len(self.sites):
            raise UsageError("two sites have the same name; give each its own")
        if unknown := self.existing - set(self.sites):
            raise UsageError(f"existing radar {min(unknown)!r} is not among the sites; add it")
        if self.folds < 1:
            raise UsageError(f"folds={self.folds}; a cell counts when at least one covers it")
        if (self.radars is None) == (self.budget is None):
            raise UsageError("say either how many radars or with which budget")
        if self.radars is not None and self.radars < 0:
            raise UsageError(f"radars={self.radars}; give a number that is not negative")
        if self.budget is not None:
            if self.costs is None or self.costs.shape != (len(self.sites),):
                raise UsageError("a budget needs the cost of every site (costs)")
            if not ((self.costs > 0.0).all() and self.budget >= 0.0):
                raise UsageError("costs must be positive and the budget not negative")

    @property
    def limit(self) -> float:
        """How many radars, or how much they may cost."""
        return float(self.radars) if self.radars is not None else float(self.budget or 0.0)

    @property
    def cost(self) -> Floats:
        """What each site takes of the limit: its cost, or one."""
        if self.radars is not None or self.costs is None:
            return np.ones(len(self.sites))
        return self.costs


def pack_cover(cover: ArrayLike) -> NDArray[np.uint64]:
    """Bits of demand cells from a table of which site covers which.

    Parameters
    ----------
    cover : array_like of bool, shape (sites, cells)

    Examples
    --------
    >>> pack_cover([[True, False], [True, True]]).tolist()
    [[3], [2]]
    """
    table = np.asarray(cover, np.bool_)
    words = max(1, math.ceil(table.shape[0] / 64))
    octets = np.zeros((table.shape[1], 8 * words), np.uint8)
    packed = np.packbits(table.T, axis=1, bitorder="little")
    octets[:, : packed.shape[1]] = packed
    return octets.view("<u8").astype(np.uint64)


def demand_of(
    layers: Iterable[Groups], *, of: int, layer_weights: Sequence[float] | None = None
) -> tuple[NDArray[np.uint64], Floats]:
    """Demand of a network's layers: bits and weights for a :class:`SitingProblem`.

    Parameters
    ----------
    layers : iterable of Groups
        The cover of candidates and existing radars together, all with the same radars. What is
        unknown counts as not covered.
    of : int
        ``network.AREA``, ``PEOPLE`` or ``SITES``.
    layer_weights : sequence of float, optional
        How much each layer counts; equally unless told otherwise.
    """
    groups = list(layers)
    factors = [1.0] * len(groups) if layer_weights is None else list(layer_weights)
    if not groups or len(factors) != len(groups):
        raise UsageError(f"{len(groups)} layers with {len(factors)} weights; give one for each")
    if any(g.radars != groups[0].radars for g in groups):
        raise UsageError("the layers have different radars; build them with the same list")
    bits = np.concatenate([g.bits for g in groups])
    weights = [by * g.weights[:, of] for by, g in zip(factors, groups, strict=True)]
    return bits, np.concatenate(weights)
