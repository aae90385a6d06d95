"""What one radar sees down to, kept between runs."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from airshield.geo.terrain import EarthFactor, Terrain, coarse_of
from airshield.plan.coverage.sight import lowest_visible_levels
from airshield.plan.coverage.survey import _kernels
from airshield.plan.coverage.survey.task import SurveyRadar

NEAR_M: Final = 60_000.0
FAR_M: Final = 120_000.0
"""Out to where cells are of the single and of the double step; four times the step beyond. A cell
of 90 m at 60 km is as wide as 0.09 degrees, a radar's beam is ten times that."""

FORMAT: Final = 2
"""Raised when what is kept means something else than before."""

# Heights are kept in half metres, lowest visible altitudes rounded up: never too optimistic. No
# ground lies deeper below the sea than the kernels' BELOW_M (the Dead Sea's shore at -430 m).
_HALF_M: Final = float(_kernels.HALF_M)
_UNKNOWN: Final = _kernels.NOT_KNOWN
_BELOW_M: Final = float(_kernels.BELOW_M)
_NOTHING: Final = np.empty((0, 0), np.uint16)


@dataclass(frozen=True, slots=True, kw_only=True)
class SightLevel:
    """A square patch around a radar, row 0 north, column 0 west, the radar in the middle cell.

    ``lowest_told`` and ``ground_told``: in half metres from 1,000 m below the sea, uint16.
    """

    step_m: float
    lowest_told: NDArray[np.uint16] = field(repr=False)
    ground_told: NDArray[np.uint16] = field(repr=False)

    @property
    def lowest_msl_m(self) -> NDArray[np.float32]:
        """Lowest visible altitude above mean sea level [m], NaN unknown; made at each call."""
        return _metres(self.lowest_told)

    @property
    def ground_msl_m(self) -> NDArray[np.float32]:
        """Ground above mean sea level [m], NaN unknown; made at each call."""
        return _metres(self.ground_told)

    @property
    def half_m(self) -> float:
        """How far its outermost cells' middles are from the radar to the north."""
        return float(self.lowest_told.shape[0] // 2 * self.step_m)


@dataclass(frozen=True, slots=True, kw_only=True)
class RadarSight:
    """What terrain leaves a radar to see.

    Attributes
    ----------
    antenna_msl_m : float
        Antenna above mean sea level [m].
    surface_msl_m : float
        Median of the ground around [m]: the plain that the smooth Earth stands for.
    levels : tuple of SightLevel
        From fine to coarse; each reaches further.
    coarse_share, coarse_m : float
        Of the ground around, how much is known from coarse cells only, and how large those are [m].
    unknown_share : float
        How much of it nobody knows.
    """

    antenna_msl_m: float
    surface_msl_m: float
    levels: tuple[SightLevel, ...]
    coarse_share: float
    coarse_m: float
    unknown_share: float

    def told(self) -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]:
        """Lowest visible altitudes of the levels, as the loops take them: three, or none of it."""
        found = [level.lowest_told for level in self.levels]
        found += [_NOTHING] * (3 - len(found))
        return found[0], found[1], found[2]


class SightCache:
    """Sights of radars in a folder, by the digest of all that they depend on.

    Files appear under their names when they are whole, and one that cannot be read is as good as
    none: whoever kills a survey, or runs two at once, loses nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.hits = 0
        self._lock = threading.Lock()

    def has(self, key: str) -> bool:
        """Tell whether something is kept under a key, whole or not."""
        return self.folder is not None and (self.folder / f"{key}.npz").exists()

    def get(self, key: str) -> RadarSight | None:
        """What is kept under a key, None if nothing is."""
        if self.folder is None:
            return None
        try:
            # NumPy leaves a file that it opened and could not read open.
            with (
                (self.folder / f"{key}.npz").open("rb") as file,
                np.load(file, allow_pickle=False) as kept,
            ):
                told = json.loads(str(kept["told"]))
                levels = tuple(
                    SightLevel(
                        step_m=step_m,
                        lowest_told=kept[f"lowest{i}"],
                        ground_told=kept[f"ground{i}"],
                    )
                    for i, step_m in enumerate(told.pop("steps_m"))
                )
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile):
            return None
        with self._lock:
            self.hits += 1
        return RadarSight(levels=levels, **told)

    def put(self, key: str, sight: RadarSight) -> None:
        """Keep a sight; a folder that cannot be written to keeps nothing."""
        if self.folder is None:
            return
        told = {
            "antenna_msl_m": sight.antenna_msl_m,
            "surface_msl_m": sight.surface_msl_m,
            "coarse_share": sight.coarse_share,
            "coarse_m": sight.coarse_m,
            "unknown_share": sight.unknown_share,
            "steps_m": [level.step_m for level in sight.levels],
        }
        arrays: dict[str, Any] = {"told": np.array(json.dumps(told))}
        for i, level in enumerate(sight.levels):
            arrays[f"lowest{i}"] = level.lowest_told
            arrays[f"ground{i}"] = level.ground_told
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as part:
                try:
                    np.savez(part, **arrays)
                except BaseException:
                    os.unlink(part.name)
                    raise
            os.replace(part.name, self.folder / f"{key}.npz")
        except OSError:
            return


def _half_metres(height_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    told = np.empty(height_m.shape, np.uint16)
    _kernels.half_metres(np.ascontiguousarray(height_m).reshape(-1), told.reshape(-1))
    return told


def _metres(told: NDArray[np.uint16]) -> NDArray[np.float32]:
    out = told.astype(np.float32) * np.float32(_HALF_M) - np.float32(_BELOW_M)
    out[told == _UNKNOWN] = np.nan
    return out


def reach_m(radar: SurveyRadar) -> float:
    """How far a radar's maps go: its instrumented range."""
    return radar.figures.rng_max_m


def sight_key(radar: SurveyRadar, *, terrain: Terrain, earth: EarthFactor, step_m: float) -> str:
    """Digest of all that a radar's sight depends on."""
    told = [
        FORMAT,
        terrain.digest,
        radar.lat_deg,
        radar.lon_deg,
        radar.antenna_agl_m,
        radar.ground_msl_m,
        reach_m(radar),
        earth.k,
        step_m,
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:40]


def look_around(
    radar: SurveyRadar,
    *,
    terrain: Terrain,
    earth: EarthFactor,
    step_m: float,
    cache: SightCache | None = None,
) -> RadarSight:
    """Work out what a radar sees down to, or read it from the cache.

    Parameters
    ----------
    radar : SurveyRadar
    terrain : Terrain
    earth : EarthFactor
    step_m : float
        Side of a cell out to 60 km [m].
    cache : SightCache, optional

    Returns
    -------
    RadarSight
        The same octets whether it was kept or not. Where the ground at the radar itself is
        unknown, so is everything it sees.
    """
    key = sight_key(radar, terrain=terrain, earth=earth, step_m=step_m)
    if cache is not None and (kept := cache.get(key)) is not None:
        return kept
    # One coarse cell further than the range: a cell at its end is read among its neighbours.
    reach = reach_m(radar) + 6.0 * step_m
    patches = []
    for factor, upto_m in ((1, NEAR_M), (2, FAR_M), (4, np.inf)):
        step = factor * step_m
        # Levels share their middle, and a coarse one begins where a fine one has a whole number of
        # its cells.
        half = np.ceil(min(reach, upto_m) / (4.0 * step_m)) * 4.0 * step_m
        patches.append(
            terrain.around(
                radar.lat_deg,
                radar.lon_deg,
                half_m=float(half),
                step_m=step,
                reduce="bilinear" if factor == 1 else "max",
            )
        )
        if reach <= upto_m:
            break
    fine = patches[0]
    ground_m = radar.ground_msl_m
    if ground_m is None:
        ground_m = float(fine.height_m[fine.half_cells, fine.half_cells])
    antenna_m = ground_m + radar.antenna_agl_m
    grounds = [patch.height_m for patch in patches]
    if np.isfinite(antenna_m):
        lows = lowest_visible_levels(
            [(patch.height_m, patch.step_m) for patch in patches],
            antenna_msl_m=antenna_m,
            k=earth.k,
            radius_m=reach,
        )
    else:
        lows = [np.full_like(ground, np.nan) for ground in grounds]
    coarse_share, coarse_m = coarse_of(patches[-1].shares)
    known = grounds[-1][np.isfinite(grounds[-1])]
    sight = RadarSight(
        antenna_msl_m=antenna_m,
        surface_msl_m=float(np.median(known)) if known.size else 0.0,
        levels=tuple(
            SightLevel(
                step_m=patch.step_m,
                lowest_told=_half_metres(low),
                ground_told=_half_metres(ground),
            )
            for patch, low, ground in zip(patches, lows, grounds, strict=True)
        ),
        coarse_share=coarse_share,
        coarse_m=coarse_m,
        unknown_share=patches[-1].unknown_share,
    )
    if cache is not None:
        cache.put(key, sight)
    return sight
