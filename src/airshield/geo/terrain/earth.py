"""How far the air bends radio rays down: the effective radius of the Earth, by name or by place.

Rays bend towards denser air. Drawn straight, they ask for an Earth that is larger by the factor
``k = 157 / (157 + ΔN)``, where ΔN is the gradient of the refractivity over the lowest kilometre
[N/km]: -39 in the average atmosphere, which is 4/3 (Recommendation ITU-R P.834).
Recommendation ITU-R P.453 maps ΔN for the Earth, by the percentage of time it is not exceeded; the
maps come with the package itur (the extra ``itu``).

A gradient below -157 N/km traps rays: a duct. Radars then see far beyond the horizon inside it, and
miss targets right above it; no factor k describes that, so it is told in words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.geo.terrain.itu import itu_file

EARTH_MEAN_M: Final = 6_371_008.8
"""Mean radius of the Earth, (2a + b) / 3 on WGS 84."""

DUCTING_N_PER_KM: Final = -157.0
"""Gradient of refractivity that bends a ray as much as the Earth is round: 10^6 / 6,371 km."""

K_STANDARD: Final = 4.0 / 3.0
K_WORST: Final = 1.17
"""Exceeded 99 % of the time from Kyiv to Odesa (1.17 to 1.18 by P.453): rays bend little, the
horizon is near."""

PERCENTS: Final = (
    0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0,
    60.0, 70.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.8, 99.9,
)  # fmt: skip
"""Percentages of time that P.453 has maps for."""

MAP_STEP_DEG: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class EarthFactor:
    """Factor of the effective radius of the Earth, and where it comes from."""

    k: float
    """Infinite where rays bend as much as the Earth does, or more."""
    name: str
    """How every output names it: ``4/3``, ``worst case 1.17``, ``P.453 at 50 %: 1.29``."""
    warnings: tuple[str, ...] = ()

    @property
    def earth_m(self) -> float:
        """Effective radius of the Earth [m]."""
        return self.k * EARTH_MEAN_M


def earth_factor(
    which: str | float = "4/3",
    *,
    lat_deg: float | None = None,
    lon_deg: float | None = None,
    time_percent: float = 50.0,
) -> EarthFactor:
    """Factor k by name, by number, or computed for a place.

    Parameters
    ----------
    which : str or float
        ``"4/3"``; ``"worst"``, 1.17; ``"p453"``, from the maps of Recommendation ITU-R P.453 at
        the place; or a number.
    lat_deg, lon_deg : float, optional
        The place, for ``"p453"``.
    time_percent : float
        For ``"p453"``: k is at least this much for so much of an average year, 0.1 to 99.9 %.

    Raises
    ------
    UsageError
        For a name that is not known, a k that makes no sense, ``"p453"`` without a place or
        without itur.

    Examples
    --------
    >>> round(earth_factor().earth_m, 1)
    8494678.4
    >>> earth_factor("worst")
    EarthFactor(k=1.17, name='worst case 1.17', warnings=())
    """
    if which == "4/3":
        return EarthFactor(k=K_STANDARD, name="4/3")
    if which == "worst":
        return EarthFactor(k=K_WORST, name=f"worst case {K_WORST}")
    if which == "p453":
        if lat_deg is None or lon_deg is None:
            raise UsageError("k by p453 is that of a place: give lat_deg and lon_deg")
        gradient = float(refractivity_gradient(lat_deg, lon_deg, time_percent=time_percent))
        k = k_of_gradient(gradient)
        duct = ducting(lat_deg, lon_deg)
        return EarthFactor(
            k=k,
            name=f"P.453 at {time_percent:g} %: {k:.2f}",
            warnings=() if duct is None else (duct.text,),
        )
    try:
        k = float(which)
    except ValueError:
        raise UsageError(
            f"k {which!r} is not known; choose '4/3', 'worst', 'p453' or a number"
        ) from None
    # Half to ten: P.453's extremes are 0.8 and infinity; a radius in km or metres is not a factor.
    if not 0.5 <= k <= 10.0:
        raise UsageError(f"k {which!r} is outside 0.5 to 10; it is a factor, 4/3 as a rule")
    return EarthFactor(k=k, name=f"{k:g}")


def k_of_gradient(gradient_n_per_km: float) -> float:
    """Factor k of a gradient of refractivity [N/km]; infinite for -157 and below.

    Examples
    --------
    >>> round(k_of_gradient(-39.0), 2)
    1.33
    """
    if gradient_n_per_km <= DUCTING_N_PER_KM:
        return math.inf
    return DUCTING_N_PER_KM / (DUCTING_N_PER_KM - gradient_n_per_km)


def refractivity_gradient(
    lat_deg: ArrayLike, lon_deg: ArrayLike, *, time_percent: float = 50.0, lowest_65_m: bool = False
) -> NDArray[np.float64]:
    """Gradient of refractivity near the ground, not exceeded for a percentage of time [N/km].

    Parameters
    ----------
    lat_deg, lon_deg : array_like
        Places [deg]; they broadcast.
    time_percent : float
        Of an average year, 0.1 to 99.9. Between the maps' percentages linear in ln(p / (100 - p)),
        for which the Recommendation gives no rule.
    lowest_65_m : bool
        Over the lowest 65 m instead of the lowest kilometre.

    Returns
    -------
    ndarray, shape (...)
        Bilinear between the maps' points, 0.75 degrees apart. NaN where a place is NaN.

    Raises
    ------
    UsageError
        Without itur, or for another percentage.
    """
    if not PERCENTS[0] <= time_percent <= PERCENTS[-1]:
        raise UsageError(
            f"time_percent {time_percent!r} is outside what P.453 has maps for, {PERCENTS[0]} to "
            f"{PERCENTS[-1]} %"
        )
    above = next(k for k, percent in enumerate(PERCENTS) if percent >= time_percent)
    high = _at_places(lat_deg, lon_deg, PERCENTS[above], lowest_65_m)
    if PERCENTS[above] == time_percent:
        return high
    low = _at_places(lat_deg, lon_deg, PERCENTS[above - 1], lowest_65_m)
    p0, p, p1 = (
        math.log(q / (100.0 - q)) for q in (PERCENTS[above - 1], time_percent, PERCENTS[above])
    )
    return low + (high - low) * (p - p0) / (p1 - p0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ducting:
    """How often rays near the ground are trapped at a place."""

    time_percent: float
    """Of an average year in which the lowest 65 m are a duct; at least 0.1."""
    text: str
    """The warning that goes with every output."""


def ducting(lat_deg: float, lon_deg: float) -> Ducting | None:
    """Ducts over the lowest 65 m at a place, by P.453; None where they are rarer than 0.1 %.

    Raises
    ------
    UsageError
        Without itur.
    """
    gradients = np.array(
        [
            float(refractivity_gradient(lat_deg, lon_deg, time_percent=p, lowest_65_m=True))
            for p in PERCENTS
        ]
    )
    trapped = np.flatnonzero(gradients < DUCTING_N_PER_KM)
    if not trapped.size:
        return None
    last = int(trapped[-1])
    percent = PERCENTS[last]
    if last + 1 < len(PERCENTS):
        odds = np.log([q / (100.0 - q) for q in PERCENTS[last : last + 2]])
        part = (DUCTING_N_PER_KM - gradients[last]) / (gradients[last + 1] - gradients[last])
        percent = 100.0 / (1.0 + math.exp(-(odds[0] + part * (odds[1] - odds[0]))))
    return Ducting(
        time_percent=percent,
        text=f"Ducting: near the ground rays are trapped some {percent:.1g} % of the time here "
        "(ITU-R P.453). Then a radar sees low targets far beyond this cover, and may miss those "
        "just above the duct; false echoes come from afar. Do not count on either.",
    )


def horizon_m(
    hgt1_m: ArrayLike, hgt2_m: ArrayLike, *, k: float = K_STANDARD
) -> NDArray[np.float64]:
    """Ground distance at which two heights over a smooth Earth just see each other [m].

    Parameters
    ----------
    hgt1_m, hgt2_m : array_like
        Heights above the sphere [m]; they broadcast.
    k : float
        Factor of the Earth's radius.

    Notes
    -----
    √(2kR h₁) + √(2kR h₂), which for k = 4/3 is 4.12 km · (√h₁ + √h₂) with h in metres: the parabola
    for the circle, 0.05 % too far at 10 km of height.

    Examples
    --------
    A mast of 20 m and a target at 100 m:

    >>> float((horizon_m(20.0, 100.0) / 1000.0).round(1))
    59.7
    """
    reach = math.sqrt(2.0 * k * EARTH_MEAN_M)
    roots = np.sqrt(np.asarray(hgt1_m, float)) + np.sqrt(np.asarray(hgt2_m, float))
    return np.asarray(reach * roots, np.float64)


def _at_places(
    lat_deg: ArrayLike, lon_deg: ArrayLike, percent: float, lowest_65_m: bool
) -> NDArray[np.float64]:
    table = _map(percent, lowest_65_m)
    lat, lon = np.broadcast_arrays(np.asarray(lat_deg, float), np.asarray(lon_deg, float))
    if np.any(np.abs(lat) > 90.0):
        raise UsageError("a latitude is outside -90 to 90 degrees")
    # Rows from the north pole down, columns from Greenwich east; the last column is the first.
    row, col = (90.0 - lat) / MAP_STEP_DEG, (lon % 360.0) / MAP_STEP_DEG
    known = np.isfinite(row) & np.isfinite(col)
    row, col = np.where(known, row, 0.0), np.where(known, col, 0.0)
    i = np.minimum(row.astype(np.int64), table.shape[0] - 2)
    j = np.minimum(col.astype(np.int64), table.shape[1] - 2)
    v, u = row - i, col - j
    north = table[i, j] * (1.0 - u) + table[i, j + 1] * u
    south = table[i + 1, j] * (1.0 - u) + table[i + 1, j + 1] * u
    return np.where(known, north * (1.0 - v) + south * v, np.nan)


@lru_cache(maxsize=2 * len(PERCENTS))
def _map(percent: float, lowest_65_m: bool) -> NDArray[np.float64]:
    kind = "dn65m" if lowest_65_m else "dn"
    hundredths = round(percent * 100.0)
    name = f"453/v12_{kind}_{hundredths // 100:02d}d{hundredths % 100:02d}_v1.npz"
    with np.load(itu_file(name), allow_pickle=False) as archive:
        return np.asarray(archive[archive.files[0]], np.float64)
