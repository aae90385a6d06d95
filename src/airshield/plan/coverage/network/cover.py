"""The cover of one layer, radar by radar, and the lowest altitude that any radar sees down to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield import memory
from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.plan.coverage import reasons
from airshield.plan.coverage.network import _kernels
from airshield.plan.coverage.network.layers import Layer

UNKNOWN_COUNT: Final = 255
"""In a map of counts: nobody surely sees the cell, and somebody may."""
NO_AIR_COUNT: Final = 254
"""In a map of counts: the height lies below the ground."""
NOBODY: Final = _kernels.NOBODY

RANK: Final = np.full(256, -1.0, np.float32)
"""How near a radar is to seeing, by its code: how many of the tests in their order it passes."""
RANK[list(reasons.ORDER)] = np.arange(len(reasons.ORDER))
AS_RANKS: Final = np.zeros(len(reasons.NAMES), np.uint8)
"""The same as loops over whole maps write it: from 1 on, 0 being nothing noted."""
AS_RANKS[list(reasons.ORDER)] = np.arange(1, len(reasons.ORDER) + 1)
_CODES: Final = np.array([reasons.INSTRUMENTED, *reasons.ORDER], np.uint8)
_NOT_TOLD: Final = np.empty(0, np.float32)
_FEW: Final = 127
_ALL_AIR: Final = np.empty(0, np.bool_)


class LayerMaps(NamedTuple):
    """The maps of several layers one after the other, for loops that write to all of them.

    ``bits`` and ``unknown`` have the shape (layers, rows, cols · words), ``why`` and ``why_by``
    (layers, rows, cols). They are the layers' own, but for ``why``: ranks (``AS_RANKS``) until
    :meth:`LayerCover.note_added`. Whoever writes to a part first makes ``NOBODY`` of its
    ``why_by``.
    """

    bits: NDArray[np.uint32]
    unknown: NDArray[np.uint32]
    why: NDArray[np.uint8]
    why_by: NDArray[np.signedinteger[Any]]


class LayerCover:
    """Who sees which cell of one layer. Radars are added one after the other.

    Parameters
    ----------
    grid : Grid
        The map.
    layer : Layer
        What is looked for.
    radars : sequence of str
        All that will be added, in the order that numbers their bits.
    maps, at : LayerMaps and int, optional
        Where loops write to the maps of several layers, and the layer's place among them.

    Attributes
    ----------
    bits, unknown : ndarray of uint32, shape (rows · cols, words)
        Bit r of a cell: radar r surely sees it; nobody knows, for want of terrain.
        :func:`wide_words` makes words of 64 of them.
    no_air : ndarray of bool, shape (rows · cols,)
        The height lies below the ground, as any radar found or ``note_added`` was told.
    why : ndarray of uint8, shape (rows, cols)
        The reason of the radar nearest to seeing (``plan.coverage.reasons``): of the one that
        passes most of the tests in their order; among equals, of the one that falls least short in
        height, then of the first. SEEN where somebody sees.
    why_by : ndarray of int8, of int16 from 128 radars on, shape (rows, cols)
        Which radar that is; ``NOBODY`` before any was added.

    Notes
    -----
    One thread may add to one layer while another adds to the next.
    """

    def __init__(
        self,
        grid: Grid,
        layer: Layer,
        radars: Sequence[str],
        *,
        maps: LayerMaps | None = None,
        at: int = 0,
    ) -> None:
        self.grid, self.layer = grid, layer
        self.radars = tuple(radars)
        if len(set(self.radars)) < len(self.radars):
            raise UsageError("two radars have the same name; give each its own")
        own = maps_of(grid, 1, self.radars) if maps is None else maps
        self.bits = own.bits[at].reshape(grid.rows * grid.cols, -1)
        self.unknown = own.unknown[at].reshape(grid.rows * grid.cols, -1)
        self.no_air = memory.zeros((grid.rows * grid.cols,), np.bool_, is_sparse=True)
        self.why, self.why_by = own.why[at], own.why_by[at]
        if maps is None:
            self.why.fill(reasons.INSTRUMENTED)
            self.why_by.fill(NOBODY)
        self._short = _NOT_TOLD
        self._added: set[str] = set()

    def add(
        self, radar: str, reason: NDArray[np.uint8], *, short_m: NDArray[np.float32] | None = None
    ) -> None:
        """Add what one radar sees.

        Parameters
        ----------
        radar : str
            Its name.
        reason : ndarray of uint8, shape (rows, cols)
            Codes of ``plan.coverage.reasons``; INSTRUMENTED beyond the radar's own map.
        short_m : ndarray of float32, shape (rows, cols), optional
            By how much higher a target would have to be for this radar to see it: ranks radars
            with the same reason. NaN is unknown and ranks last.

        Raises
        ------
        UsageError
            No such radar, added already, a map of another grid, or codes that do not exist.
        """
        if radar not in self.radars:
            raise UsageError(f"no radar {radar!r} in this network: {', '.join(self.radars)}")
        if radar in self._added:
            raise UsageError(f"radar {radar!r} has been added already")
        for given in (reason,) if short_m is None else (reason, short_m):
            if given.shape != self.grid.shape:
                raise UsageError(
                    f"radar {radar!r}: a map of {given.shape} cells on a grid of {self.grid.shape};"
                    " resample it first (Grid.resample)"
                )
        if reason.dtype != np.uint8 or (reason.size and reason.max() >= len(reasons.NAMES)):
            raise UsageError(f"radar {radar!r}: reasons are octets below {len(reasons.NAMES)}")
        self._added.add(radar)
        short = _NOT_TOLD
        if short_m is not None or self._short.size:
            # Who was not told to fall short by so much falls short by more.
            if not self._short.size:
                self._short = np.full(reason.size, np.inf, np.float32)
            told = np.full(self.grid.shape, np.inf) if short_m is None else short_m
            short = np.ascontiguousarray(told, np.float32).reshape(-1)
        _kernels.add_radar(
            np.ascontiguousarray(reason).reshape(-1),
            short,
            self.radars.index(radar),
            RANK,
            self.bits,
            self.unknown,
            self.no_air,
            self.why.reshape(-1),
            self.why_by.reshape(-1),
            self._short,
        )

    def note_added(self, no_air: NDArray[np.bool_] | None) -> None:
        """Take all radars as added, by loops that wrote ranks to the maps themselves.

        Cells that no radar's map reached are beyond the range of the first.

        Parameters
        ----------
        no_air : ndarray of bool, shape (rows, cols), or None
            Where the height lies below the ground; None: nowhere.
        """
        self._added.update(self.radars)
        air = _ALL_AIR
        if no_air is not None:
            air = no_air.reshape(-1)
            self.no_air |= air
        if self.radars:
            _kernels.settle(self.why.reshape(-1), self.why_by.reshape(-1), _CODES, air)
        else:
            self.why.fill(reasons.INSTRUMENTED)
            self.why_by.fill(NOBODY)

    def counts(self, active: Iterable[str] | None = None) -> NDArray[np.uint8]:
        """How many radars surely see each cell, of all or of those named.

        Returns
        -------
        ndarray of uint8, shape (rows, cols)
            ``UNKNOWN_COUNT`` where none surely sees the cell and one of them may, ``NO_AIR_COUNT``
            where the height lies below the ground. Where some see a cell and others may, this is
            the number that surely do.
        """
        out = memory.zeros((self.grid.rows * self.grid.cols,), np.uint8)
        _kernels.count_radars(
            self.bits.reshape(-1),
            self.unknown.reshape(-1),
            self.no_air,
            self._mask(active),
            UNKNOWN_COUNT,
            NO_AIR_COUNT,
            out,
        )
        return out.reshape(self.grid.shape)

    def gaps(
        self, inside: NDArray[np.bool_], active: Iterable[str] | None = None
    ) -> NDArray[np.uint8]:
        """1 for the cells of a territory, with air, that no radar sees or may see; else 0.

        Returns
        -------
        ndarray of uint8, shape (rows, cols)
        """
        out = memory.zeros((self.grid.rows * self.grid.cols,), np.uint8)
        _kernels.note_gaps(
            self.bits.reshape(-1),
            self.unknown.reshape(-1),
            self.no_air,
            np.ascontiguousarray(inside, np.bool_).reshape(-1),
            self._mask(active),
            out,
        )
        return out.reshape(self.grid.shape)

    def _mask(self, active: Iterable[str] | None) -> NDArray[np.uint32]:
        wide = mask_of(self.radars, self.radars if active is None else active)
        return narrow_words(wide)[: self.bits.shape[1]]


class LowestAltitude:
    """The lowest altitude that any radar sees down to, and whose it is, cell by cell.

    Attributes
    ----------
    lowest_m : ndarray of float32, shape (rows, cols)
        Above mean sea level. Where it is known for some radars it is the lowest of theirs: seen
        from there surely, whatever the others may do. Otherwise NaN where it is unknown for any,
        and infinite where all are known to see nothing. As :meth:`LayerCover.counts` has it.
    by : ndarray of int16, shape (rows, cols)
        Which radar's; ``NOBODY`` where none.
    """

    def __init__(self, grid: Grid, radars: Sequence[str]) -> None:
        self.grid, self.radars = grid, tuple(radars)
        self.lowest_m = memory.full(grid.shape, np.inf, np.float32, in_large=True)
        self.by = memory.full(grid.shape, NOBODY, np.int16, in_large=True)

    def add(self, radar: str, lowest_m: NDArray[np.float32]) -> None:
        """Add one radar's lowest altitudes: infinite where it never sees, NaN where unknown."""
        if radar not in self.radars:
            raise UsageError(f"no radar {radar!r} in this network: {', '.join(self.radars)}")
        if lowest_m.shape != self.grid.shape:
            raise UsageError(
                f"radar {radar!r}: a map of {lowest_m.shape} cells on a grid of {self.grid.shape}; "
                "resample it first (Grid.resample)"
            )
        _kernels.add_lowest(
            np.ascontiguousarray(lowest_m, np.float32).reshape(-1),
            self.radars.index(radar),
            self.lowest_m.reshape(-1),
            self.by.reshape(-1),
        )


def maps_of(grid: Grid, layers: int, radars: Sequence[str]) -> LayerMaps:
    """Empty maps of several layers; each is then a :class:`LayerCover`'s."""
    shape = (layers, *grid.shape)
    words = max(1, -(-len(radars) // 32))
    return LayerMaps(
        bits=memory.zeros((layers, grid.rows, grid.cols * words), np.uint32, in_large=True),
        unknown=memory.zeros((layers, grid.rows, grid.cols * words), np.uint32, is_sparse=True),
        why=memory.zeros(shape, np.uint8, in_large=True),
        why_by=memory.zeros(shape, np.int8 if len(radars) <= _FEW else np.int16, in_large=True),
    )


def wide_words(bits: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Words of 64 bits from words of 32, the last axis.

    Examples
    --------
    >>> wide_words(np.array([[1, 2, 3]], np.uint32)).tolist() == [[1 + 2 * 2**32, 3]]
    True
    """
    words = bits.shape[-1]
    out = np.zeros((*bits.shape[:-1], -(-words // 2)), np.uint64)
    for at in range(words):
        out[..., at // 2] |= bits[..., at].astype(np.uint64) << np.uint64(32 * (at % 2))
    return out


def narrow_words(bits: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """Words of 32 bits from words of 64, the last axis.

    Examples
    --------
    >>> narrow_words(np.array([2**33 + 1], np.uint64)).tolist()
    [1, 2]
    """
    halves = np.ascontiguousarray(bits, np.dtype("<u8")).view(np.dtype("<u4"))
    return np.asarray(halves.astype(np.uint32, copy=False))


def mask_of(radars: Sequence[str], active: Iterable[str]) -> NDArray[np.uint64]:
    """Words with the bits of some radars set, 64 to a word.

    Examples
    --------
    >>> mask_of(["a", "b", "c"], ["a", "c"]).tolist()
    [5]
    """
    mask = np.zeros(max(1, math.ceil(len(radars) / 64)), np.uint64)
    place = {radar: at for at, radar in enumerate(radars)}
    for radar in active:
        if radar not in place:
            raise UsageError(f"no radar {radar!r} in this network: {', '.join(radars)}")
        mask[place[radar] // 64] |= np.uint64(1) << np.uint64(place[radar] % 64)
    return mask


def masks_of(radars: Sequence[str], sets: Iterable[Iterable[str]]) -> NDArray[Any]:
    """One row of words for each set of radars."""
    rows = [mask_of(radars, active) for active in sets]
    words = max(1, math.ceil(len(radars) / 64))
    return np.array(rows, np.uint64).reshape(len(rows), words)
