"""The map: least time, mean, and what is kept with a chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.plan.patrol import PatrolPlan
from airshield.plan.response.sources import Leg, Source, sources_of
from airshield.units import S_PER_MIN

Floats = NDArray[np.float64]

_CELLS_EACH: Final = 100_000
"""Cells that are worked out at once: each takes some hundred bytes for every source."""
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Time to identify, on a grid; arrays of the grid's shape.

    Attributes
    ----------
    grid : Grid
        Where the cells are.
    inside : ndarray of bool
        Those that count.
    sources : tuple of Source
        Who may come.
    left_out : tuple of str
        Fleets on alert whose time to the air is not known: they are taken as not there.
    chance : float
        Of what ``kept_s`` says.
    least_s : ndarray
        From the call until the first is there, if all are where they should be [s]. NaN: outside,
        or nobody can come.
    first : ndarray of int16
        Number of who that is in ``sources``; -1 nobody.
    mean_s : ndarray
        Mean over the cases in which somebody comes [s].
    kept_s : ndarray
        Time that is kept with the chance [s]. NaN: nobody comes too often for that.
    nobody_share : ndarray
        How often nobody can come; NaN outside.
    """

    grid: Grid
    inside: NDArray[np.bool_] = field(repr=False)
    sources: tuple[Source, ...]
    left_out: tuple[str, ...]
    chance: float
    least_s: Floats = field(repr=False)
    first: NDArray[np.int16] = field(repr=False)
    mean_s: Floats = field(repr=False)
    kept_s: Floats = field(repr=False)
    nobody_share: Floats = field(repr=False)

    def within(self, minutes: ArrayLike, *, of: str = "kept") -> Floats:
        """Share of the cells inside that somebody reaches within so many minutes.

        Parameters
        ----------
        minutes : array_like, shape (n,)
        of : str
            'least', 'mean' or 'kept'.

        Returns
        -------
        ndarray, shape (n,)
            0 to 1; NaN where no cell counts.
        """
        if of not in ("least", "mean", "kept"):
            raise UsageError(f"of={of!r}; choose least, mean or kept")
        times_s = {"least": self.least_s, "mean": self.mean_s, "kept": self.kept_s}[of]
        counted = times_s[self.inside]
        if counted.size == 0:
            return np.full(np.shape(minutes), np.nan)
        limits_s = np.asarray(minutes, np.float64)[..., None] * S_PER_MIN
        return np.asarray((counted <= limits_s).mean(axis=-1))

    def table(self) -> pa.Table:
        """RESPONSE_CELL rows of the cells inside, row by row from north-west."""
        lat_deg, lon_deg = self.grid.places_deg()
        names = [source.name for source in self.sources]
        first = self.first[self.inside]
        columns = {
            "lat_deg": lat_deg[self.inside],
            "lon_deg": lon_deg[self.inside],
            "least_s": self.least_s[self.inside],
            "first": [names[i] if i >= 0 else None for i in first],
            "mean_s": self.mean_s[self.inside],
            "kept_s": self.kept_s[self.inside],
            "nobody_share": self.nobody_share[self.inside],
        }
        return tables.make_table(tables.RESPONSE_CELL, columns, rows=first.size)


def find_response(
    plan: PatrolPlan,
    grid: Grid,
    *,
    inside: NDArray[np.bool_] | None = None,
    alert_share: Sequence[float] | Floats | None = None,
    manned_share: Sequence[float] | Floats | None = None,
    role: str = "patrol",
    identify_s: float = 0.0,
    chance: float = 0.95,
    days: int = 1,
) -> Response:
    """Work out how long it takes until somebody is there, at every cell.

    Parameters
    ----------
    plan : PatrolPlan
        Fleets with aircraft on alert, and stations.
    grid : Grid
        The map.
    inside : ndarray of bool, optional
        Cells that count, of the grid's shape; None: all.
    alert_share : array_like, shape (fleets,), optional
        How often each fleet's alert is whole, say ``Sustained.alert.mean(axis=0)``; None: always.
        NaN for a fleet that keeps an alert is unknown, and makes unknown what depends on it.
    manned_share : array_like, shape (stations,), optional
        How often each station is manned, say ``Sustained.cover.mean(axis=0)``; None: always.
    role : str
        Whose aircraft identify.
    identify_s : float
        From being there to knowing [s]; added everywhere.
    chance : float
        With which ``kept_s`` is kept.
    days : int
        Over which of the first days the share of hours of bases and stations is taken.

    Raises
    ------
    UsageError
        Arrays of another length, or shares, chance, days or times that make no sense.
    """
    whole = _shares("alert_share", alert_share, len(plan.fleets), "fleet")
    manned = _shares("manned_share", manned_share, len(plan.stations), "station")
    if not (0.0 < chance < 1.0 and identify_s >= 0.0 and days >= 1):
        raise UsageError(
            f"chance={chance}, identify_s={identify_s}, days={days}; give a chance between 0 and "
            "1, a time that is not negative and at least one day"
        )
    if inside is None:
        inside = np.ones(grid.shape, np.bool_)
    if inside.shape != grid.shape:
        raise UsageError(f"inside has shape {inside.shape} on a grid of {grid.shape}; use its own")
    sources, legs, left_out = sources_of(plan, role=role, whole=whole, manned=manned, days=days)
    lat_deg, lon_deg = grid.places_deg()
    maps = {name: np.full(grid.shape, np.nan) for name in ("least", "mean", "kept", "nobody")}
    first = np.full(grid.shape, -1, np.int16)
    cells = np.flatnonzero(inside)
    there = np.array([source.share for source in sources], np.float64)
    for start in range(0, cells.size, _CELLS_EACH):
        at = cells[start : start + _CELLS_EACH]
        times_s, share = _all_times(legs, lat_deg.flat[at], lon_deg.flat[at], there)
        found = first_come(times_s + identify_s, share, chance)
        for name, values in zip(maps, found[:4], strict=True):
            maps[name].flat[at] = values
        first.flat[at] = found[4]
    return Response(
        grid=grid,
        inside=inside,
        sources=tuple(sources),
        left_out=tuple(left_out),
        chance=chance,
        least_s=maps["least"],
        first=first,
        mean_s=maps["mean"],
        kept_s=maps["kept"],
        nobody_share=maps["nobody"],
    )


def first_come(
    times_s: Floats, share: Floats, chance: float
) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.int16]]:
    """Who is first if each is there by itself with a chance.

    Parameters
    ----------
    times_s, share : ndarray, shape (sources, n)
        When each comes; how often it can. NaN in ``times_s``: never; in ``share``: unknown.

    Returns
    -------
    least_s, mean_s, kept_s, nobody_share : ndarray, shape (n,)
    first : ndarray of int16, shape (n,)
        Who is there first if all are; -1 nobody.
    """
    many, cells = times_s.shape
    if many == 0:
        nothing = np.full(cells, np.nan)
        return nothing, nothing, nothing, np.ones(cells), np.full(cells, -1, np.int16)
    order = np.argsort(times_s, axis=0, kind="stable")  # NaN last
    times = np.take_along_axis(times_s, order, axis=0)
    chances = np.where(np.isnan(times), 0.0, np.take_along_axis(share, order, axis=0))
    nobody, sum_s = np.ones(cells), np.zeros(cells)
    kept = np.full(cells, np.nan)
    for time_s, each in zip(times, chances, strict=True):
        # After somebody who is always there it does not matter that a share is unknown.
        comes = np.where(nobody == 0.0, 0.0, each)
        sum_s += np.where(np.isnan(time_s), 0.0, time_s) * comes * nobody
        nobody = nobody * (1.0 - comes)
        is_kept = np.isnan(kept) & (1.0 - nobody >= chance - _ROUNDING)
        kept = np.where(is_kept, time_s, kept)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sum_s / (1.0 - nobody)
    first = np.where(np.isnan(times[0]), -1, order[0]).astype(np.int16)
    return times[0], mean, kept, nobody, first


def _all_times(
    legs: list[tuple[Leg, ...]], lat_deg: Floats, lon_deg: Floats, there: Floats
) -> tuple[Floats, Floats]:
    """Times [s] and chances of all sources, shape (sources, n); NaN times: never."""
    times_s = np.full((len(legs), lat_deg.size), np.nan)
    share = np.zeros((len(legs), lat_deg.size))
    for i, mine in enumerate(legs):
        each = [leg.times(lat_deg, lon_deg) for leg in mine]
        times_s[i] = np.max([time_s for time_s, _ in each], axis=0)
        share[i] = np.min([fuel for _, fuel in each], axis=0)
    never = ~(share > 0.0)
    return np.where(never, np.nan, times_s), share * there[:, None]


def _shares(what: str, given: Sequence[float] | Floats | None, many: int, each: str) -> Floats:
    if given is None:
        return np.ones(many)
    shares = np.asarray(given, np.float64)
    if shares.shape != (many,):
        raise UsageError(
            f"{what} has shape {shares.shape}; give one share for each {each}, that is {many}"
        )
    with np.errstate(invalid="ignore"):
        if ((shares < 0.0) | (shares > 1.0)).any():
            raise UsageError(f"{what} has a share outside of 0 to 1: {shares.tolist()}")
    return shares
