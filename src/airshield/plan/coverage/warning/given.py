"""Who looks out, whom to warn, what comes, and by which rule a track counts as confirmed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.plan.coverage.detection import RadarFigures, TargetClass
from airshield.plan.coverage.detection.starts import check_rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """A radar where it stands, with what the terrain lets it see.

    Attributes
    ----------
    figures : RadarFigures
        What it can do.
    lat_deg, lon_deg : float
        WGS-84.
    lowest_msl_m : ndarray of float32, shape (2 n + 1, 2 n + 1)
        Lowest visible altitude above mean sea level [m] on the azimuthal-equidistant patch around
        it, row 0 north, column 0 west. NaN is unknown.
    ground_msl_m : ndarray of float32, same shape
        Ground above mean sea level [m], NaN unknown.
    step_m : float
        Distance between cells [m].
    surface_msl_m : float
        Height of the plain around it [m]: the stand-in for unknown ground where that hides
        nothing.
    is_sure : bool
        False where nobody says what it reaches or how often it looks: then it sees nothing for
        certain, and at best all that is in its sight.
    """

    figures: RadarFigures
    lat_deg: float
    lon_deg: float
    lowest_msl_m: NDArray[np.float32] = field(repr=False)
    ground_msl_m: NDArray[np.float32] = field(repr=False)
    step_m: float
    surface_msl_m: float
    is_sure: bool = True

    def __post_init__(self) -> None:
        for name in ("lowest_msl_m", "ground_msl_m"):
            cells = getattr(self, name)
            shape = cells.shape
            if len(shape) != 2 or shape[0] != shape[1] or shape[0] % 2 == 0 or shape[0] < 3:
                raise UsageError(
                    f"radar {self.figures.name!r}: {name} must be square with an odd number of "
                    f"cells, three or more, the radar in the middle one; got shape {shape}"
                )
            if cells.dtype != np.float32 or not cells.flags.c_contiguous:
                raise UsageError(
                    f"radar {self.figures.name!r}: {name} must be contiguous float32, got "
                    f"{cells.dtype}"
                )
        if self.lowest_msl_m.shape != self.ground_msl_m.shape:
            raise UsageError(
                f"radar {self.figures.name!r}: ground_msl_m is {self.ground_msl_m.shape} and "
                f"lowest_msl_m {self.lowest_msl_m.shape}; they must be one patch"
            )
        if not self.step_m > 0.0:
            raise UsageError(
                f"radar {self.figures.name!r}: step_m must be positive, got {self.step_m!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnedSite:
    """A protected site. ``required_s`` is the warning time it needs [s]; None: it does not say."""

    name: str
    lat_deg: float
    lon_deg: float
    required_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What comes: a class of target on a straight track to the site.

    Attributes
    ----------
    target : TargetClass
        The class.
    spd_mps : float
        Ground speed [m/s].
    hgt_m : float
        Height [m], above ground if ``above_ground``, which then follows every hill and valley;
        else above mean sea level, and over mountains that are higher.
    above_ground : bool
        Which of the two.
    """

    target: TargetClass
    spd_mps: float
    hgt_m: float
    above_ground: bool

    def __post_init__(self) -> None:
        if not 0.0 < self.spd_mps < math.inf:
            raise UsageError(f"spd_mps of an inbound target must be positive, got {self.spd_mps!r}")
        if not math.isfinite(self.hgt_m) or (self.above_ground and self.hgt_m < 0.0):
            raise UsageError(
                f"hgt_m of an inbound target must be metres, not below ground, got {self.hgt_m!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRule:
    """When a track counts as confirmed, and how long the word takes from there.

    Attributes
    ----------
    hits, looks : int
        m and n: a track is confirmed once m of n windows in a row hold a plot of any radar.
    window_s : float
        Length of a window [s]: a turn of the slower radars, so that each looks once.
    confidence : float
        Chance of being confirmed that counts as confirmed.
    delay_s : float
        From confirmation to the people being told [s].
    """

    hits: int
    looks: int
    window_s: float
    confidence: float
    delay_s: float

    def __post_init__(self) -> None:
        check_rule(self.hits, self.looks)
        if not 0.0 < self.window_s < math.inf:
            raise UsageError(f"window_s must be positive, got {self.window_s!r}")
        if not 0.0 < self.confidence < 1.0:
            raise UsageError(f"confidence must lie between 0 and 1, got {self.confidence!r}")
        if not 0.0 <= self.delay_s < math.inf:
            raise UsageError(f"delay_s must be 0 or more, got {self.delay_s!r}")
