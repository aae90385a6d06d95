"""One rotating surveillance radar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Radar:
    """A rotating radar: where it stands, what it can see, how wrong it is.

    Attributes
    ----------
    name, contributor : str
        Who it is, and who brings it.
    sac, sic : int
        System area and identification code of its ASTERIX messages.
    lat_deg, lon_deg, antenna_hae_m : float
        Antenna phase centre, WGS-84, height above the ellipsoid.
    turn_s : float
        Seconds for one turn of the antenna.
    rng_min_m, rng_max_m : float
        Instrumented slant range.
    sigma_rng_m, sigma_azm_deg : float
        One-sigma noise of a plot.
    has_primary, has_secondary : bool
        Sees skin echoes; interrogates transponders (Mode S included).
    pd : float
        Probability of detection per scan of a target well inside cover, 0 to 1.
    """

    name: str
    contributor: str
    sac: int
    sic: int
    lat_deg: float
    lon_deg: float
    antenna_hae_m: float
    turn_s: float
    rng_min_m: float
    rng_max_m: float
    sigma_rng_m: float
    sigma_azm_deg: float
    has_primary: bool
    has_secondary: bool
    pd: float

    @property
    def sensor(self) -> str:
        """Its name in the ``sensor`` column of REPORT: 'SAC/SIC'."""
        return f"{self.sac}/{self.sic}"
