"""What a radar sees of a map: a code and a probability for every cell."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.plan.coverage import reasons
from airshield.plan.coverage.detection import _kernels
from airshield.plan.coverage.detection.figures import RadarFigures
from airshield.plan.coverage.detection.reach import PdTable
from airshield.sensors.horizon import EARTH_RADIO_M, horizon_ground_m

Limits = _kernels.Limits

AS_CODES = np.arange(len(reasons.NAMES), dtype=np.uint8)
"""What the loops write for each code, where it is the code itself."""

ROWS_AT_ONCE = 256
"""Rows that one thread takes: a million cells of a large map, about 3 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCells:
    """What a radar sees of cells.

    Attributes
    ----------
    code : ndarray of uint8
        Why or why not: codes of ``airshield.plan.coverage.reasons``.
    pd : ndarray of float32, or None
        Probability of detection in one look; 0 where limits or the ground hide the cell, NaN where
        the ground is unknown. None where it was not asked for.
    """

    code: NDArray[np.uint8]
    pd: NDArray[np.float32] | None


def see_patch(
    radar: RadarFigures,
    table: PdTable,
    *,
    lowest_msl_m: NDArray[np.float32],
    step_m: float,
    hgt_agl_m: float | None = None,
    alt_msl_m: float | None = None,
    ground_msl_m: NDArray[np.float32] | None = None,
    surface_msl_m: float,
    pd_least: float,
    with_pd: bool = False,
    earth_m: float = EARTH_RADIO_M,
    pool: Executor | None = None,
) -> SeenCells:
    """What a radar sees of one height layer of the square patch around it.

    Parameters
    ----------
    radar : RadarFigures
        The radar, in the middle of the patch.
    table : PdTable
        What it detects of a class (``make_table``).
    lowest_msl_m : ndarray of float32, shape (2 n + 1, 2 n + 1)
        Lowest visible altitude above mean sea level [m]; row 0 is north, column 0 west, in the
        azimuthal-equidistant projection around the radar. NaN is unknown.
    step_m : float
        Distance between cells [m].
    hgt_agl_m, alt_msl_m : float
        The layer: above the ground, or above mean sea level [m]. Exactly one of them.
    ground_msl_m : ndarray of float32, same shape, optional
        Ground above mean sea level [m], NaN unknown. A layer above ground needs it; with it, cells
        of a level layer that lie inside a mountain are coded ``GROUND``.
    surface_msl_m : float
        Height of the smooth Earth that tells ``HORIZON`` from ``TERRAIN`` [m]: the plain or the
        sea around the radar.
    pd_least : float
        Probability in one look that counts as seen.
    with_pd : bool
        Give the probabilities too: four more octets per cell.
    earth_m : float
        Radius of the Earth that rays see as straight [m].
    pool : Executor, optional
        Threads that share the rows.

    Returns
    -------
    SeenCells
        The same whether or not threads share the work.

    Raises
    ------
    UsageError
        Shapes, types or heights do not fit each other; the message says which.

    Notes
    -----
    Slant ranges are within 3e-7 of the exact circle's, elevations below 89 deg within 1e-3 deg, out
    to 500 km (tests/plan/coverage/test_detection_cells.py).
    """
    _check_square(lowest_msl_m, "lowest_msl_m")
    if (hgt_agl_m is None) == (alt_msl_m is None):
        raise UsageError("a layer lies above ground or above sea: give hgt_agl_m or alt_msl_m")
    if not step_m > 0.0:
        raise UsageError(f"step_m must be positive, got {step_m!r}")
    if ground_msl_m is None:
        if hgt_agl_m is not None:
            raise UsageError("a layer above ground needs ground_msl_m")
        ground = np.empty((0, 0), np.float32)
    else:
        _check_square(ground_msl_m, "ground_msl_m")
        if ground_msl_m.shape != lowest_msl_m.shape:
            raise UsageError(
                f"ground_msl_m is {ground_msl_m.shape} and lowest_msl_m {lowest_msl_m.shape}; they "
                "must be one patch"
            )
        ground = ground_msl_m
    hgt = alt_msl_m if hgt_agl_m is None else hgt_agl_m
    if hgt is None or not math.isfinite(hgt):
        raise UsageError(f"the height of a layer must be a number of metres, got {hgt!r}")
    limits = limits_of(
        radar, table, surface_msl_m=surface_msl_m, pd_least=pd_least, earth_m=earth_m
    )
    rows = lowest_msl_m.shape[0]
    code = np.empty(lowest_msl_m.shape, np.uint8)
    pd = np.empty(lowest_msl_m.shape if with_pd else (0, 0), np.float32)
    pds = table.pd if alt_msl_m is None else _at_height(table, alt_msl_m)
    reach = np.empty(0, np.float32) if with_pd else _reach_m(pds, table.rng_step_m, pd_least)
    sectors = sector_sides(radar)

    def some(row_from: int) -> None:
        _kernels.patch_cells(
            lowest_msl_m,
            ground,
            float(step_m),
            float(hgt),
            hgt_agl_m is not None,
            limits,
            pds,
            reach,
            sectors,
            AS_CODES,
            row_from,
            min(row_from + ROWS_AT_ONCE, rows),
            np.empty((_kernels.WORK_ROWS, _kernels.CHUNK), np.float32),
            code,
            pd,
        )

    for _ in (map if pool is None else pool.map)(some, range(0, rows, ROWS_AT_ONCE)):
        pass
    return SeenCells(code=code, pd=pd if with_pd else None)


def see_cells(
    radar: RadarFigures,
    table: PdTable,
    *,
    rng_ground_m: ArrayLike,
    azm_true_deg: ArrayLike,
    alt_msl_m: ArrayLike,
    lowest_msl_m: ArrayLike,
    ground_msl_m: ArrayLike | None = None,
    surface_msl_m: float,
    pd_least: float,
    earth_m: float = EARTH_RADIO_M,
) -> SeenCells:
    """What a radar sees of cells anywhere around it.

    Parameters
    ----------
    rng_ground_m, azm_true_deg : array_like
        Where the cells are: distance over the ground [m] and azimuth from true north [deg].
    alt_msl_m : array_like
        Height of the target there, above mean sea level [m]; NaN where the ground is unknown.
    lowest_msl_m : array_like
        Lowest visible altitude there [m]; NaN is unknown.
    ground_msl_m : array_like, optional
        Ground there [m]; what lies below is coded ``GROUND``.
    radar, table, surface_msl_m, pd_least, earth_m
        As for :func:`see_patch`. All arrays broadcast.

    Returns
    -------
    SeenCells
        With probabilities, in the arrays' common shape.
    """
    rng, azm = np.asarray(rng_ground_m, np.float64), np.radians(azm_true_deg)
    columns = [rng * np.sin(azm), rng * np.cos(azm), alt_msl_m, lowest_msl_m]
    columns += [] if ground_msl_m is None else [ground_msl_m]
    wide = np.broadcast_arrays(*columns)
    x, y, alt, lowest, *rest = (np.ascontiguousarray(column, np.float32).ravel() for column in wide)
    code = np.empty(x.size, np.uint8)
    pd = np.empty(x.size, np.float32)
    _kernels.listed_cells(
        x,
        y,
        alt,
        lowest,
        rest[0] if rest else np.empty(0, np.float32),
        limits_of(radar, table, surface_msl_m=surface_msl_m, pd_least=pd_least, earth_m=earth_m),
        table.pd,
        sector_sides(radar),
        AS_CODES,
        np.empty((_kernels.WORK_ROWS, _kernels.CHUNK), np.float32),
        code,
        pd,
    )
    return SeenCells(code=code.reshape(wide[0].shape), pd=pd.reshape(wide[0].shape))


def see_offsets(
    radar: RadarFigures,
    table: PdTable,
    *,
    east_m: NDArray[np.float32],
    north_m: NDArray[np.float32],
    alt_msl_m: NDArray[np.float32],
    lowest_msl_m: NDArray[np.float32],
    ground_msl_m: NDArray[np.float32] | None = None,
    surface_msl_m: float,
    pd_least: float,
    earth_m: float = EARTH_RADIO_M,
) -> NDArray[np.uint8]:
    """Why cells of any map are seen or not, where they lie being told in the radar's own frame.

    As :func:`see_cells`, for maps: ``east_m`` and ``north_m`` are offsets in the
    azimuthal-equidistant projection around the radar (``Grid.offsets_from``), all arrays are
    float32 of one shape, and only the codes come back.
    """
    given = [east_m, north_m, alt_msl_m, lowest_msl_m]
    given += [] if ground_msl_m is None else [ground_msl_m]
    if any(one.shape != east_m.shape for one in given):
        raise UsageError(
            f"radar {radar.name!r}: maps of shapes {[one.shape for one in given]} are not one map"
        )
    x, y, alt, lowest, *rest = (np.ascontiguousarray(one, np.float32).ravel() for one in given)
    code = np.empty(x.size, np.uint8)
    _kernels.listed_cells(
        x,
        y,
        alt,
        lowest,
        rest[0] if rest else np.empty(0, np.float32),
        limits_of(radar, table, surface_msl_m=surface_msl_m, pd_least=pd_least, earth_m=earth_m),
        table.pd,
        sector_sides(radar),
        AS_CODES,
        np.empty((_kernels.WORK_ROWS, _kernels.CHUNK), np.float32),
        code,
        np.empty(x.size, np.float32),
    )
    return code.reshape(east_m.shape)


def limits_of(
    radar: RadarFigures, table: PdTable, *, surface_msl_m: float, pd_least: float, earth_m: float
) -> _kernels.Limits:
    """A radar's limits, as the loops take them."""
    if not math.isfinite(surface_msl_m):
        raise UsageError(f"surface_msl_m must be a number of metres, got {surface_msl_m!r}")
    if not 0.0 < pd_least <= 1.0:
        raise UsageError(f"pd_least must be above 0 and at most 1, got {pd_least!r}")
    # Straight up and down are no limits; rounding must not make them one.
    never = 8.0 * earth_m
    twice = 2.0 * (earth_m + radar.antenna_msl_m)
    low, high = (math.sin(math.radians(e)) for e in (radar.elv_min_deg, radar.elv_max_deg))
    above_m = radar.antenna_msl_m - surface_msl_m
    return _kernels.Limits(
        antenna_m=np.float32(radar.antenna_msl_m),
        surface_m=np.float32(surface_msl_m),
        earth_m=np.float32(earth_m),
        rng_min_m=np.float32(radar.rng_min_m),
        rng_max_m=np.float32(radar.rng_max_m),
        alt_max_m=np.float32(radar.alt_max_msl_m),
        lift_min_m=np.float32(twice * low if radar.elv_min_deg > -90.0 else -never),
        lift_max_m=np.float32(twice * high if radar.elv_max_deg < 90.0 else never),
        horizon_m=np.float32(horizon_ground_m(above_m, earth_m=earth_m)),
        pd_least=np.float32(pd_least),
        rng_step_m=np.float32(table.rng_step_m),
        alt_step_m=np.float32(table.alt_step_m),
    )


def sector_sides(radar: RadarFigures) -> NDArray[np.float32]:
    """East and north of both sides of each sector, and whether it is wider than half a turn."""
    sides = np.zeros((len(radar.sectors_deg), 5), np.float32)
    for k, (first, second) in enumerate(radar.sectors_deg):
        one, two = math.radians(first), math.radians(second)
        width = (second - first) % 360.0
        wide = width > 180.0 or width == 0.0  # a whole turn
        sides[k] = math.sin(one), math.cos(one), math.sin(two), math.cos(two), wide
    return sides


def _at_height(table: PdTable, alt_msl_m: float) -> NDArray[np.float32]:
    """The table at one height: a quarter of the look-ups."""
    if table.pd.shape[0] == 1:
        return table.pd
    v = min(max(alt_msl_m / table.alt_step_m, 0.0), table.pd.shape[0] - 1.0)
    k = min(int(v), table.pd.shape[0] - 2)
    row = table.pd[k] + np.float32(v - k) * (table.pd[k + 1] - table.pd[k])
    return np.ascontiguousarray(row[None, :], np.float32)


def _reach_m(pds: NDArray[np.float32], rng_step_m: float, pd_least: float) -> NDArray[np.float32]:
    """Range up to which each row of a table has the probability; below zero where it never has."""
    # The last column is zero, so every row falls below somewhere.
    after = (pds < pd_least).argmax(axis=1)
    row = np.arange(after.size)
    high, low = pds[row, np.maximum(after - 1, 0)], pds[row, after]
    part = (high - pd_least) / np.where(after > 0, high - low, 1.0)
    return np.where(after > 0, (after - 1 + part) * rng_step_m, -1.0).astype(np.float32)


def reach_of(pds: NDArray[np.float32], rng_step_m: float, pd_least: float) -> np.float32:
    """The last range [m] at which the loops find the probability in a table of one row; below zero
    where they find it at none. NaN where they must look it up: more rows, or not falling."""
    row = pds[0]
    if len(pds) > 1 or not (np.diff(row) <= 0.0).all():
        return np.float32(np.nan)
    per_rng = np.float32(1.0) / np.float32(rng_step_m)
    last = np.float32(row.size - 1)

    def is_seen(rng: np.float32) -> bool:
        u = min(rng * per_rng, last)
        j = int(min(u, last - np.float32(1.0)))
        return bool(row[j] + (u - np.float32(j)) * (row[j + 1] - row[j]) >= np.float32(pd_least))

    # Bisection among the numbers themselves, which follow each other as their bits do.
    low, high = 0, int(np.float32(np.inf).view(np.uint32))
    if is_seen(np.float32(np.inf)):
        return np.float32(np.inf)
    if not is_seen(np.float32(0.0)):
        return np.float32(-1.0)
    while high - low > 1:
        middle = (low + high) // 2
        if is_seen(np.uint32(middle).view(np.float32)):
            low = middle
        else:
            high = middle
    return np.float32(np.uint32(low).view(np.float32))


def _check_square(cells: NDArray[np.float32], name: str) -> None:
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or cells.shape[0] % 2 == 0:
        raise UsageError(
            f"{name} must be square with an odd number of cells, the radar in the middle one; got "
            f"shape {cells.shape}"
        )
    if cells.dtype != np.float32 or not cells.flags.c_contiguous:
        raise UsageError(f"{name} must be contiguous float32, got {cells.dtype}")
