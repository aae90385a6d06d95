"""From zones to the flat arrays that the kernel walks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon

from airshield.errors import UsageError
from airshield.zones._kernels import VOLUME
from airshield.zones.zone import Limit, Zone


def volumes_of(
    zones: Sequence[Zone], *, geoid_height_m: float
) -> tuple[NDArray[np.void], NDArray[np.float64]]:
    """Flatten zones to VOLUME records and their edges, radians about a reference of their own.

    A limit above the ground or the ellipsoid becomes one above mean sea level; a flight level
    stays a pressure altitude.

    Raises
    ------
    UsageError
        A limit counts from the ground, and the zone does not say how high the ground is.
    """
    volumes = np.zeros(len(zones), VOLUME)
    edges: list[NDArray[np.float64]] = [np.zeros((0, 4))]
    n_edges = 0
    for volume, zone in zip(volumes, zones, strict=True):
        ref_deg, area = whole_about(zone.area)
        lines = [_edges(ring) for part in shapely.get_parts(area) for ring in _rings(part)]
        edges += lines
        volume["first"] = n_edges
        n_edges += sum(len(line) for line in lines)
        volume["stop"] = n_edges
        volume["lon_ref"] = math.radians(ref_deg)
        for side, bound in zip(("west", "south", "east", "north"), area.bounds, strict=True):
            volume[side] = np.radians(bound)
        volume["floor_m"], volume["floor_is_baro"] = _limit(zone, zone.floor, geoid_height_m)
        volume["ceiling_m"], volume["ceiling_is_baro"] = _limit(zone, zone.ceiling, geoid_height_m)
        volume["is_corridor"] = zone.kind == "corridor"
        volume["heeds_corridors"] = zone.kind == "no_fly"
    return volumes, np.radians(np.concatenate(edges))


def whole_about(area: Polygon | MultiPolygon) -> tuple[float, Polygon | MultiPolygon]:
    """A reference longitude, and the area in longitudes relative to it, made whole.

    RFC 7946 cuts an area at the antimeridian. Relative to a reference inside, the parts meet again;
    joined, the cut is no border any more.
    """
    parts = list(shapely.get_parts(area))
    ref_deg = 0.5 * (parts[0].bounds[0] + parts[0].bounds[2])
    moved = []
    for part in parts:
        middle = 0.5 * (part.bounds[0] + part.bounds[2])
        turns = math.floor((middle - ref_deg) / 360.0 + 0.5)
        moved.append(translate(part, xoff=-ref_deg - 360.0 * turns))
    return ref_deg, moved[0] if len(moved) == 1 else shapely.union_all(moved)


def _rings(part: Polygon) -> list[NDArray[np.float64]]:
    return [shapely.get_coordinates(ring) for ring in (part.exterior, *part.interiors)]


def _edges(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hstack([ring[:-1], ring[1:]])


def _limit(zone: Zone, limit: Limit | None, geoid_height_m: float) -> tuple[float, bool]:
    """Height over mean sea level, or a pressure altitude and True; NaN for none."""
    if limit is None:
        return math.nan, False
    if limit.datum == "agl":
        if zone.ground_msl_m is None:
            raise UsageError(
                f"zone {zone.name!r} has a limit above the ground; give its ground_msl_m too"
            )
        return limit.height_m + zone.ground_msl_m, False
    if limit.datum == "hae":
        return limit.height_m - geoid_height_m, False
    return limit.height_m, limit.datum == "baro"
