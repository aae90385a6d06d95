"""The shield as a page draws it: GeoJSON, and heights in words."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from shapely import box, union_all
from shapely.geometry import Polygon, mapping
from shapely.geometry.base import BaseGeometry

from airshield.config import Shield
from airshield.sensors import Radar
from airshield.sensors.horizon import EARTH_MEAN_M, horizon_ground_m
from airshield.units import M_PER_FL, M_PER_FT
from airshield.zones import Limit, Period, Zone

COVER_HEIGHTS_M: Final = (300.0, 1_000.0, 3_000.0)
"""Heights above mean sea level for which the page can show where no radar sees."""

_RING: Final = 120
"""Corners of a range ring."""
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def shield_view(shield: Shield) -> dict[str, Any]:
    """Everything of a shield that a page shows.

    Returns
    -------
    dict
        ``name``, ``about``, ``contributors``, ``sensors`` (names by bit number of a track's
        ``sensors``), ``home`` (west, south, east, north [deg]), GeoJSON feature collections
        ``zones``, ``sites`` and ``radars``, and ``blind``: where no radar sees, one feature for
        the instrumented range (``hgt_msl_m`` null) and one per height of
        :data:`COVER_HEIGHTS_M`.
    """
    return {
        "name": shield.name,
        "about": shield.about,
        "contributors": [
            {"name": contributor.name, "role": contributor.role}
            for contributor in shield.contributors
        ],
        "sensors": [
            {"sensor": radar.sensor, "name": radar.name, "turn_s": radar.turn_s}
            for radar in shield.radars
        ],
        "home": _home(shield),
        "zones": _collection([_zone(zone) for zone in shield.zones]),
        "sites": _collection(
            [
                _feature(
                    {"type": "Point", "coordinates": [site.lon_deg, site.lat_deg]},
                    name=site.name,
                    radius_m=site.radius_m,
                    warning_s=site.warning_s,
                )
                for site in shield.sites
            ]
        ),
        "radars": _collection([_radar(radar) for radar in shield.radars]),
        "blind": _collection(
            [_blind(shield, height_m) for height_m in (None, *COVER_HEIGHTS_M)]
            if shield.radars
            else []
        ),
    }


def limit_text(limit: Limit | None, *, is_floor: bool) -> str:
    """A floor or ceiling as a pilot would say it, metres included."""
    if limit is None:
        return "ground" if is_floor else "unlimited"
    if limit.datum == "baro":
        return f"FL{round(limit.height_m / M_PER_FL):03d}"
    feet = round(limit.height_m / M_PER_FT / 10.0) * 10
    above = {"amsl": "above sea level", "hae": "above ellipsoid", "agl": "above ground"}
    return f"{feet:,} ft ({limit.height_m:,.0f} m) {above[limit.datum]}"


def period_text(period: Period) -> str:
    """When a zone is active, in words, UTC."""
    days = "daily" if len(period.days) == 7 else " ".join(_DAYS[day] for day in period.days)
    whole_day = period.start_s <= 0.0 and period.end_s >= 86_400.0
    hours = "" if whole_day else f" {_clock(period.start_s)}–{_clock(period.end_s)}Z"
    start = "" if period.t_start_ns is None else f" from {_date(period.t_start_ns)}"
    end = "" if period.t_end_ns is None else f" until {_date(period.t_end_ns)}"
    return f"{days}{hours}{start}{end}"


def range_ring(lat_deg: float, lon_deg: float, rng_ground_m: float) -> Polygon:
    """Circle over the ground as a polygon of longitude, latitude [deg].

    Great circles on a sphere of the Earth's mean radius: within 0.6 % of the ellipsoid, finer
    than a ring is drawn (the test measures it).
    """
    lat, arc = math.radians(lat_deg), rng_ground_m / EARTH_MEAN_M
    azm = np.linspace(0.0, 2.0 * np.pi, _RING, endpoint=False)
    sin_lat = math.sin(lat) * math.cos(arc) + math.cos(lat) * math.sin(arc) * np.cos(azm)
    east = np.sin(azm) * math.sin(arc) * math.cos(lat)
    lon = np.arctan2(east, math.cos(arc) - math.sin(lat) * sin_lat)
    ring = np.column_stack([lon_deg + np.degrees(lon), np.degrees(np.arcsin(sin_lat))])
    return Polygon(ring)


def _zone(zone: Zone) -> dict[str, Any]:
    return _feature(
        mapping(zone.area),
        name=zone.name,
        kind=zone.kind,
        floor=limit_text(zone.floor, is_floor=True),
        ceiling=limit_text(zone.ceiling, is_floor=False),
        schedule=", ".join(period_text(period) for period in zone.schedule) or "always",
        permits=len(zone.permits_mode_s) + len(zone.permits_callsign),
    )


def _radar(radar: Radar) -> dict[str, Any]:
    kinds = [
        word
        for word, has in (("primary", radar.has_primary), ("secondary", radar.has_secondary))
        if has
    ]
    return _feature(
        {"type": "Point", "coordinates": [radar.lon_deg, radar.lat_deg]},
        name=radar.name,
        sensor=radar.sensor,
        contributor=radar.contributor,
        sees=" and ".join(kinds),
        turn_s=radar.turn_s,
        rng_max_m=radar.rng_max_m,
        ring=[[list(corner) for corner in _reach(radar).exterior.coords]],
    )


def _reach(radar: Radar, *, rng_ground_m: float | None = None) -> Polygon:
    reach_m = radar.rng_max_m if rng_ground_m is None else min(radar.rng_max_m, rng_ground_m)
    return range_ring(radar.lat_deg, radar.lon_deg, reach_m)


def _blind(shield: Shield, hgt_msl_m: float | None) -> dict[str, Any]:
    """Where no radar sees a target: smooth 4/3 Earth at sea level, no terrain."""
    seen = []
    for radar in shield.radars:
        if hgt_msl_m is None:
            seen.append(_reach(radar))
            continue
        antenna_msl_m = radar.antenna_hae_m - shield.geoid_height_m
        to_horizon_m = float(horizon_ground_m(antenna_msl_m) + horizon_ground_m(hgt_msl_m))
        seen.append(_reach(radar, rng_ground_m=to_horizon_m))
    world: BaseGeometry = box(-180.0, -85.0, 180.0, 85.0)
    return _feature(mapping(world.difference(union_all(seen))), hgt_msl_m=hgt_msl_m)


def _home(shield: Shield) -> list[float]:
    """What to show at first: closed zones and sites, or else the radars, with a margin."""
    places: list[BaseGeometry] = [
        z.area for z in shield.zones if z.kind in ("no_fly", "restricted")
    ]
    places += [range_ring(site.lat_deg, site.lon_deg, site.radius_m) for site in shield.sites]
    places = places or [_reach(radar) for radar in shield.radars]
    west, south, east, north = union_all(places).bounds if places else (-10.0, 35.0, 40.0, 65.0)
    wide, high = 0.15 * (east - west), 0.15 * (north - south)
    return [west - wide, south - high, east + wide, north + high]


def _feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _clock(of_day_s: float) -> str:
    minutes = round(of_day_s / 60.0)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _date(t_ns: int) -> str:
    return f"{np.datetime64(t_ns // 1_000_000_000, 's')}Z".replace("T", " ")
