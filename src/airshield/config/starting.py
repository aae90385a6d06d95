"""A new shield: a commented folder that passes the check, runs the watch and can be sustained."""

from __future__ import annotations

import json
import math
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import shapely
from shapely.geometry import shape

from airshield.config.importing import collection_text
from airshield.config.load import SHIELD_FILE
from airshield.errors import UsageError

START = (49.48, 19.53, 42.0)
"""Where a shield begins when nobody says where: latitude, longitude and geoid height (EGM2008) of
Babia Góra in the Carpathians, a place with relief to look at."""

_STATION_NORTH_DEG = 1.0
"""The station of a new shield is so far from its base: eight minutes by fighter."""
_HALF_SIDE_M = 25_000.0
_M_PER_DEG = 111_195.0


def start_shield(
    folder: Path,
    *,
    at: tuple[float, float] | None = None,
    geoid_height_m: float | None = None,
    zones: tuple[dict[str, Any], ...] = (),
    sites: tuple[dict[str, Any], ...] = (),
) -> None:
    """Write a new shield.

    Parameters
    ----------
    folder : Path
        Where; its name is the shield's. It must not be there, or be empty.
    at : (latitude, longitude), optional
        Its middle [deg]; that of ``zones`` or ``sites`` when not given, or :data:`START`.
    geoid_height_m : float, optional
        Mean sea level above the ellipsoid there [m]; needed anywhere else than at START.
    zones, sites : tuple of GeoJSON features
        Imported ones; one of each is made up where there are none.

    Raises
    ------
    UsageError
        Something is there already, or the geoid is not said.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already; name a folder that is not, or is empty")
    name = folder.resolve().name
    drawn = zones or sites
    if at is None and drawn:
        middle = shapely.unary_union([shape(f["geometry"]) for f in drawn]).envelope.centroid
        at = (round(middle.y, 4), round(middle.x, 4))
    if geoid_height_m is None:
        if at is not None:
            raise UsageError(
                f"how high is mean sea level above the WGS-84 ellipsoid at {at[0]:g}, {at[1]:g}? "
                "Give --geoid-height-m: EGM2008, from any geoid calculator (Warsaw 31, Kyiv 25)"
            )
        geoid_height_m = START[2]
    lat_deg, lon_deg = at if at is not None else START[:2]
    text = files("airshield.config").joinpath("starter", SHIELD_FILE).read_text(encoding="utf-8")
    shield = Template(text).substitute(
        # Quotes and backslashes of a folder's name, as a TOML text has them.
        name=json.dumps(name, ensure_ascii=False)[1:-1],
        geoid=f"{geoid_height_m:.1f}",
        lat=f"{lat_deg:.4f}",
        lon=f"{lon_deg:.4f}",
        north=f"{min(90.0, lat_deg + _STATION_NORTH_DEG):.4f}",
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SHIELD_FILE).write_text(shield, encoding="utf-8")
    for part, features, made in (
        ("zones", zones, _zone(lat_deg, lon_deg)),
        ("sites", sites, _site(lat_deg, lon_deg)),
    ):
        written = collection_text(list(features) or [made])
        (folder / f"{part}.geojson").write_text(written, encoding="utf-8")


def _zone(lat_deg: float, lon_deg: float) -> dict[str, Any]:
    north = _HALF_SIDE_M / _M_PER_DEG
    east = north / max(0.05, math.cos(math.radians(lat_deg)))
    corners = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    ring = [[round(lon_deg + x * east, 4), round(lat_deg + y * north, 4)] for x, y in corners]
    return {
        "type": "Feature",
        "properties": {
            "name": "First zone",
            "kind": "no_fly",
            "floor": "GND",
            "ceiling": "FL195",
            "permits_callsign": ["RESCUE*"],
            "about": "Illustrative: a square of 50 km.",
        },
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def _site(lat_deg: float, lon_deg: float) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {
            "name": "First site",
            "radius_m": 8000,
            "warning_min": 10,
            "about": "Illustrative.",
        },
        "geometry": {"type": "Point", "coordinates": [lon_deg, lat_deg]},
    }
