"""Who could come, and how often it is there to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from airshield.geo import ground_distance_m
from airshield.plan.patrol import PatrolPlan
from airshield.plan.patrol.arrays import pairs_of
from airshield.plan.patrol.model import Hours
from airshield.units import S_PER_DAY

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An alert on the ground, or a station.

    Attributes
    ----------
    name : str
        Of the fleet or the station.
    is_station : bool
        Which of the two.
    share : float
        How often somebody is there to go; NaN: unknown.
    """

    name: str
    is_station: bool
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A kind of aircraft that may be a source's: where it is, how fast, what it has left.

    Attributes
    ----------
    lat_deg, lon_deg : float
        Where it starts from.
    home_lat_deg, home_lon_deg : float
        Where it must land.
    wait_s, cruise_mps : float
        Until it moves; how fast then.
    least_s, most_s : float
        Flying that is left when it starts: evenly spread between the two [s].
    """

    lat_deg: float
    lon_deg: float
    home_lat_deg: float
    home_lon_deg: float
    wait_s: float
    cruise_mps: float
    least_s: float
    most_s: float

    def times(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
        """Time to cells [s], and share of the time that fuel allows it; both shape (n,)."""
        there_s = ground_distance_m(self.lat_deg, self.lon_deg, lat_deg, lon_deg) / self.cruise_mps
        home_s = (
            ground_distance_m(self.home_lat_deg, self.home_lon_deg, lat_deg, lon_deg)
            / self.cruise_mps
        )
        spare_s = self.most_s - (there_s + home_s)
        if self.most_s > self.least_s:
            share = np.clip(spare_s / (self.most_s - self.least_s), 0.0, 1.0)
        else:
            share = (spare_s >= 0.0).astype(np.float64)
        return self.wait_s + there_s, share


def sources_of(
    plan: PatrolPlan, *, role: str, whole: Floats, manned: Floats, days: int
) -> tuple[list[Source], list[tuple[Leg, ...]], list[str]]:
    """Sources with the kinds of aircraft each may have, and fleets on alert that are left out.

    Left out is whose time to the air is not known.
    """
    sources: list[Source] = []
    legs: list[tuple[Leg, ...]] = []
    left_out = []
    for f, fleet in enumerate(plan.fleets):
        kind = plan.class_of(fleet)
        if kind.role != role or fleet.on_alert == 0:
            continue
        if kind.to_air_s is None:
            left_out.append(fleet.name)
            continue
        base = plan.base_of(fleet)
        longest_s = kind.sortie_s if kind.duty_s is None else min(kind.sortie_s, kind.duty_s)
        share = float(whole[f]) * _open_share(base.hours, days) * (1.0 - (base.closed_share or 0.0))
        sources.append(Source(name=fleet.name, is_station=False, share=share))
        legs.append(
            (
                Leg(
                    lat_deg=base.lat_deg,
                    lon_deg=base.lon_deg,
                    home_lat_deg=base.lat_deg,
                    home_lon_deg=base.lon_deg,
                    wait_s=kind.to_air_s,
                    cruise_mps=kind.cruise_mps,
                    least_s=longest_s,
                    most_s=longest_s,
                ),
            )
        )
    pairs = pairs_of(plan)
    for s, station in enumerate(plan.stations):
        wanted = _open_share(station.hours, days)
        if station.role != role or wanted == 0.0:
            continue
        mine = []
        for f, fleet in enumerate(plan.fleets):
            pair = pairs[f, s]
            if pair["stay_s"] <= 0.0:
                continue
            kind, base = plan.class_of(fleet), plan.base_of(fleet)
            # A stay that is shorter than fuel allows leaves fuel at its end.
            home_s = kind.sortie_s - float(pair["transit_s"]) - float(pair["stay_s"])
            mine.append(
                Leg(
                    lat_deg=station.lat_deg,
                    lon_deg=station.lon_deg,
                    home_lat_deg=base.lat_deg,
                    home_lon_deg=base.lon_deg,
                    wait_s=0.0,
                    cruise_mps=kind.cruise_mps,
                    least_s=home_s,
                    most_s=home_s + float(pair["stay_s"]),
                )
            )
        if mine:
            sources.append(
                Source(name=station.name, is_station=True, share=wanted * float(manned[s]))
            )
            legs.append(tuple(mine))
    return sources, legs, left_out


def _open_share(hours: Hours | None, days: int) -> float:
    """Share of the first days that lies within hours."""
    if hours is None:
        return 1.0
    end_s = days * S_PER_DAY
    return sum(max(0.0, min(b, end_s) - max(a, 0.0)) for a, b in hours) / end_s
