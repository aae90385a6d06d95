"""What a survey is asked."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from airshield.errors import UsageError
from airshield.geo.terrain import EarthFactor
from airshield.plan.coverage.detection import RadarFigures, Rain, TargetClass
from airshield.plan.coverage.network import Layer

CELLS_WANTED: Final = 1_000_000
"""A map of the whole territory that a screen can show; finer where asked."""

PD_LEAST: Final = 0.8
"""Detection in one look that counts as seen, unless the plan says otherwise: the figure at which
air traffic control radars are specified (published reference points are mostly given for it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRadar:
    """A radar where it stands.

    Attributes
    ----------
    figures : RadarFigures
        What it can do; its ``antenna_msl_m`` is replaced by what follows from the ground.
    contributor : str
        Who brings it.
    lat_deg, lon_deg : float
        WGS-84.
    antenna_agl_m : float
        Antenna above the ground [m].
    ground_msl_m : float or None
        Ground above mean sea level [m]; None: as the terrain says.
    is_power_known, is_turn_known : bool
        Whether anybody says what it reaches: without, nothing in its sight is surely seen. Whether
        anybody says how often it looks: without, whether it warns in time is unknown.
    """

    figures: RadarFigures
    contributor: str
    lat_deg: float
    lon_deg: float
    antenna_agl_m: float
    ground_msl_m: float | None = None
    is_power_known: bool = True
    is_turn_known: bool = True

    @property
    def name(self) -> str:
        """Its name."""
        return self.figures.name


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySite:
    """A place to protect or warn: WGS-84 [deg], how many are there (None: not said), and the
    warning that they need [s]."""

    name: str
    lat_deg: float
    lon_deg: float
    people: int | None = None
    warning_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyTask:
    """Everything that a survey depends on beside the terrain.

    Attributes
    ----------
    radars : tuple of SurveyRadar
    area : shapely geometry
        The territory, longitude and latitude [deg].
    layers : tuple of Layer
        Their classes are keys of ``targets``.
    targets : dict of str to TargetClass
    earth : EarthFactor
    step_m : float
        Side of a cell of the common grid.
    sight_step_m : float
        Side of a cell around a radar, out to 60 km; twice that to 120 km, four times beyond.
    pd_least : float
        Probability of detection in one look that counts as seen.
    rain : Rain or None
        Around every radar; takes its part from radars whose frequency is told.
    sites : tuple of SurveySite
    place_lat_deg, place_lon_deg, place_people : ndarray or None
        Where people live, and how many; None where nobody said.
    notes : tuple of str
        What whoever made the task had to assume; goes into the stamp's warnings.
    """

    radars: tuple[SurveyRadar, ...]
    area: BaseGeometry
    layers: tuple[Layer, ...]
    targets: dict[str, TargetClass]
    earth: EarthFactor
    step_m: float
    sight_step_m: float
    pd_least: float = PD_LEAST
    rain: Rain | None = None
    sites: tuple[SurveySite, ...] = ()
    place_lat_deg: NDArray[np.float64] | None = field(default=None, repr=False)
    place_lon_deg: NDArray[np.float64] | None = field(default=None, repr=False)
    place_people: NDArray[np.float64] | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [radar.name for radar in self.radars]
        if len(set(names)) < len(names):
            raise UsageError("two radars have the same name; give each its own")
        for name in ("step_m", "sight_step_m"):
            value = getattr(self, name)
            if not (value > 0.0 and math.isfinite(value)):
                raise UsageError(f"{name} must be a positive number of metres, got {value!r}")
        if not 0.0 < self.pd_least < 1.0:
            raise UsageError(f"pd_least must lie between 0 and 1, got {self.pd_least!r}")
        for layer in self.layers:
            if layer.cls not in self.targets:
                raise UsageError(
                    f"no target class {layer.cls!r}; there are {', '.join(self.targets)}"
                )

    def contributors(self) -> dict[str, str]:
        """Who brings each radar, by its name."""
        return {radar.name: radar.contributor for radar in self.radars}


def round_step_m(least_m: float) -> float:
    """The next length of 1, 2 or 5 times a power of ten.

    Examples
    --------
    >>> round_step_m(730.0)
    1000.0
    """
    power = 10.0 ** math.floor(math.log10(least_m))
    steps: list[Any] = [factor * power for factor in (1.0, 2.0, 5.0, 10.0)]
    return float(next(step for step in steps if step >= least_m * (1.0 - 1e-9)))
