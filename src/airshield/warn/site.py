"""One protected site."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place whose people are warned.

    Attributes
    ----------
    name : str
        Unique in the shield.
    lat_deg, lon_deg : float
        WGS-84.
    radius_m : float
        A violator that will come nearer than this is approaching the site [m over ground].
    warning_s : float
        Warning time that the people there need [s].
    people : int or None
        How many are there; None where nobody said.
    """

    name: str
    lat_deg: float
    lon_deg: float
    radius_m: float
    warning_s: float
    people: int | None = None
