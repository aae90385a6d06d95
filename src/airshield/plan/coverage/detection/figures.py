"""What is known of a radar, and of the kinds of things it looks for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from airshield.errors import UsageError
from airshield.plan.coverage.detection.chance import CASES, MOST_PULSES


@dataclass(frozen=True, slots=True, kw_only=True)
class RadarFigures:
    """A radar as its maker publishes it: one point that it reaches, and its limits.

    Attributes
    ----------
    name : str
        For messages.
    antenna_msl_m : float
        Antenna phase centre above mean sea level [m].
    turn_s : float
        Seconds between two looks at a place.
    rng_ref_m, rcs_ref_m2, pd_ref : float
        The reference point: slant range [m] at which a target of this cross-section [m²] is
        detected with this probability in one look, in clear air.
    swerling_ref : int
        How that target fluctuates, 0 to 4.
    pfa : float
        Probability of a false alarm in a cell.
    pulses : int
        Echoes added up without phase in one look.
    rng_min_m, rng_max_m : float
        Least and instrumented slant range [m].
    pd_most : float
        Detection of a target well inside the cover: even there plots are lost.
    elv_min_deg, elv_max_deg : float
        Lowest and highest beam [deg]. Above the highest is the cone of silence.
    alt_max_msl_m : float
        Greatest height that it measures to, above mean sea level [m].
    sectors_deg : tuple of (float, float)
        Azimuths it looks to, each clockwise from the first to the second [deg], through north
        where the second is smaller. None means all around.
    freq_hz : float or None
        Carrier frequency [Hz]; without, air and rain take nothing.
    alt_ref_msl_m : float
        Height at which the reference point is reached. Published ranges are for the level of
        airliners; only the loss in air depends on it.
    spd_radial_min_mps : float
        Least radial speed that passes its Doppler filter [m/s]; also the half width of the blind
        bands around its blind speeds. 0 is a radar that sees what stands still.
    prfs_hz : tuple of float
        Pulse repetition frequencies [Hz] of one look. Blind is what is blind for all of them.
        None: no blind speeds but zero.
    """

    name: str
    antenna_msl_m: float
    turn_s: float
    rng_ref_m: float
    rcs_ref_m2: float
    pd_ref: float
    rng_min_m: float
    rng_max_m: float
    swerling_ref: int = 1
    pfa: float = 1e-6
    pulses: int = 1
    pd_most: float = 1.0
    elv_min_deg: float = -90.0
    elv_max_deg: float = 90.0
    alt_max_msl_m: float = math.inf
    sectors_deg: tuple[tuple[float, float], ...] = ()
    freq_hz: float | None = None
    alt_ref_msl_m: float = 10_000.0
    spd_radial_min_mps: float = 0.0
    prfs_hz: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in ("turn_s", "rng_ref_m", "rcs_ref_m2", "rng_max_m"):
            self._need(name, 0.0 < getattr(self, name) < math.inf, "a positive number")
        self._need("antenna_msl_m", math.isfinite(self.antenna_msl_m), "a number of metres")
        self._need(
            "rng_min_m", 0.0 <= self.rng_min_m < self.rng_max_m, "0 or more, below rng_max_m"
        )
        self._need("pfa", 0.0 < self.pfa < 1.0, "between 0 and 1")
        self._need("pd_most", self.pfa < self.pd_most <= 1.0, "above pfa and at most 1")
        self._need("pd_ref", self.pfa < self.pd_ref < self.pd_most, "between pfa and pd_most")
        self._need("pulses", 1 <= self.pulses <= MOST_PULSES, f"1 to {MOST_PULSES}")
        self._need("swerling_ref", self.swerling_ref in CASES, "0 to 4")
        self._need("elv_min_deg", self.elv_min_deg >= -90.0, "-90 or more")
        self._need(
            "elv_max_deg",
            self.elv_min_deg < self.elv_max_deg <= 90.0,
            "above elv_min_deg and at most 90",
        )
        self._need("alt_max_msl_m", self.alt_max_msl_m > 0.0, "positive")
        self._need("spd_radial_min_mps", self.spd_radial_min_mps >= 0.0, "0 or more")
        self._need(
            "freq_hz", self.freq_hz is None or 1e6 <= self.freq_hz <= 1e12, "in hertz: 3 GHz is 3e9"
        )
        self._need("prfs_hz", all(prf > 0.0 for prf in self.prfs_hz), "positive")
        self._need(
            "prfs_hz",
            not self.prfs_hz or self.freq_hz is not None,
            "given together with freq_hz: blind speeds follow from both",
        )
        for sector in self.sectors_deg:
            self._need(
                "sectors_deg",
                len(sector) == 2
                and all(math.isfinite(azm) for azm in sector)
                and sector[0] != sector[1],
                "pairs of two azimuths in degrees, clockwise; leave them out for all around",
            )

    def _need(self, name: str, fits: bool, what: str) -> None:
        if not fits:
            raise UsageError(
                f"radar {self.name!r}: {name} must be {what}, got {getattr(self, name)!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetClass:
    """A kind of thing that flies: a class, not a measured object.

    Attributes
    ----------
    name : str
        One word for tables.
    rcs_low_m2, rcs_m2, rcs_high_m2 : float
        Cross-section [m²] at microwave frequencies: the small end, what plans use, the large end.
    swerling : int
        How its echo fluctuates.
    source : str
        Where the figures come from.
    """

    name: str
    rcs_low_m2: float
    rcs_m2: float
    rcs_high_m2: float
    swerling: int
    source: str

    def __post_init__(self) -> None:
        if not 0.0 < self.rcs_low_m2 <= self.rcs_m2 <= self.rcs_high_m2 < math.inf:
            raise UsageError(
                f"target class {self.name!r}: cross-sections must be positive and rise from low to "
                f"high, got {self.rcs_low_m2!r}, {self.rcs_m2!r}, {self.rcs_high_m2!r}"
            )
        if self.swerling not in CASES:
            raise UsageError(f"target class {self.name!r}: swerling must be 0 to 4")


_BRITANNICA: Final = "Encyclopaedia Britannica, radar, target size"
_SKOLNIK: Final = "Skolnik, Introduction to Radar Systems, chapter 2 (from memory, not re-read)"

TARGETS: Final = {
    target.name: target
    for target in (
        TargetClass(
            name="airliner", rcs_low_m2=10.0, rcs_m2=20.0, rcs_high_m2=100.0, swerling=1,
            source=_BRITANNICA,
        ),
        TargetClass(
            name="light_aircraft", rcs_low_m2=1.0, rcs_m2=2.0, rcs_high_m2=3.0, swerling=1,
            source=f"{_BRITANNICA}: 2 m², on which air traffic radars are specified; {_SKOLNIK}",
        ),
        TargetClass(
            name="fighter_size", rcs_low_m2=1.0, rcs_m2=2.0, rcs_high_m2=5.0, swerling=1,
            source=_SKOLNIK,
        ),
        TargetClass(
            name="helicopter", rcs_low_m2=1.0, rcs_m2=3.0, rcs_high_m2=10.0, swerling=1,
            source=f"{_SKOLNIK}: 3 m²; the range is an assumption",
        ),
        TargetClass(
            name="cruise_missile_like", rcs_low_m2=0.1, rcs_m2=0.2, rcs_high_m2=0.5, swerling=1,
            source=_SKOLNIK,
        ),
        TargetClass(
            name="large_drone", rcs_low_m2=0.05, rcs_m2=0.1, rcs_high_m2=0.5, swerling=1,
            source="assumption: between a small drone and a cruise missile (span 2 to 4 m)",
        ),
        TargetClass(
            name="small_drone", rcs_low_m2=0.01, rcs_m2=0.02, rcs_high_m2=0.1, swerling=1,
            source="open measurements of quadcopters at S to X band (from memory, not re-read)",
        ),
    )
}  # fmt: skip
"""Defaults for plans, to be replaced by whoever knows better: classes, not measured objects."""
