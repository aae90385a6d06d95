"""Zones, sites and areas drawn elsewhere: GeoJSON and GeoPackage in, a shield's GeoJSON out.

Any reference system that the file states is turned into WGS-84 longitude and latitude. Attributes
named as the shield's properties (capitals or not) are taken, all others are left out and told; what
a feature does not say can be given once for all of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import shapely
from pydantic import BaseModel
from shapely.geometry import shape
from shapely.geometry.polygon import orient

from airshield.config.geojson_file import (
    AreaProperties,
    SiteProperties,
    ZoneProperties,
    read_areas,
    read_sites,
    read_zones,
)
from airshield.config.geopackage import Layer, read_geopackage
from airshield.config.problems import Problems
from airshield.errors import MissingFileError, ShieldError

Part = Literal["zones", "sites", "areas"]
MODELS: Final[dict[Part, type[BaseModel]]] = {
    "zones": ZoneProperties,
    "sites": SiteProperties,
    "areas": AreaProperties,
}
_READERS: Final = {"zones": read_zones, "sites": read_sites, "areas": read_areas}
_DECIMALS: Final = 7
"""Of a coordinate in degrees: a centimetre, finer than anybody draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Features as GeoJSON, and the attributes that were left out."""

    features: tuple[dict[str, Any], ...]
    left_out: tuple[str, ...]


def import_features(
    source: str, part: Part, *, fill: Mapping[str, Any], name_field: str | None = None
) -> Imported:
    """Read features that are to become a part of a shield.

    Parameters
    ----------
    source : str
        A GeoJSON file or a GeoPackage; ``FILE.gpkg:LAYER`` where it has several layers.
    part : {"zones", "sites", "areas"}
        What they are to become.
    fill : mapping
        Properties for the features that do not say them.
    name_field : str, optional
        The attribute that holds the names, in files that have it; else ``name``.

    Raises
    ------
    MissingFileError, ShieldError
        There is no such file, it cannot be read, or its features would not pass ``airshield
        check``: all that is wrong, each with feature, field and remedy.
    """
    path, layer = _split(source)
    features, crs = read_geopackage(path, layer) if path.suffix == ".gpkg" else _geojson(path)
    turn = _to_lonlat(path, crs)
    known = MODELS[part].model_fields
    taken: list[dict[str, Any]] = []
    left_out: set[str] = set()
    for label, attributes, geometry in features:
        props: dict[str, Any] = {}
        has_own = name_field in attributes
        for key, value in attributes.items():
            name = "name" if key == name_field else key.lower()
            if name in known and not (name == "name" and has_own and key != name_field):
                props[name] = _plain(value)
            else:
                left_out.add(key)
        if name_field is not None and "name" not in props:
            raise ShieldError(
                file=str(path),
                where=label,
                what=f"it has no attribute {name_field!r}",
                remedy=f"it has {', '.join(map(str, attributes))}",
            )
        props |= {key: value for key, value in fill.items() if props.get(key) is None}
        taken.append(
            {
                "type": "Feature",
                "properties": {key: props[key] for key in known if props.get(key) is not None},
                "geometry": None if geometry is None else _lonlat(geometry, turn),
            }
        )
    if not taken:
        raise ShieldError(
            file=str(path), where="the file", what="it has no features", remedy="draw some"
        )
    problems = Problems()
    _READERS[part](collection_text(taken), file=str(path), problems=problems)
    problems.check()
    return Imported(features=tuple(taken), left_out=tuple(sorted(left_out)))


def add_features(path: Path, part: Part, features: tuple[dict[str, Any], ...]) -> int:
    """Add features to a shield's GeoJSON file, whole or not at all; return how many it has then.

    Raises
    ------
    ShieldError
        Together they would not pass ``airshield check`` (a name that is there already).
    """
    there: list[dict[str, Any]] = []
    if path.is_file():
        there = json.loads(path.read_text(encoding="utf-8-sig"))["features"]
    text = collection_text([*there, *features])
    problems = Problems()
    _READERS[part](text, file=str(path), problems=problems)
    problems.check()
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
    return len(there) + len(features)


def collection_text(features: list[dict[str, Any]]) -> str:
    """A FeatureCollection that a person can read and ``git diff`` shows well: a feature a line."""
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    return f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'


def _split(source: str) -> tuple[Path, str | None]:
    path, layer = Path(source), None
    if not path.is_file() and ".gpkg:" in source:
        head, _, layer = source.rpartition(":")
        path = Path(head)
    if not path.is_file():
        raise MissingFileError(
            path=str(path), remedy="name a GeoJSON file or a GeoPackage (FILE.gpkg:LAYER)"
        )
    return path, layer


def _geojson(path: Path) -> Layer:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        features = [
            (f"feature {number}", dict(feature.get("properties") or {}), feature.get("geometry"))
            for number, feature in enumerate(document["features"], start=1)
        ]
        crs = document.get("crs")
        return [
            (label, props, None if geometry is None else shape(geometry))
            for label, props, geometry in features
        ], "OGC:CRS84" if crs is None else str(crs["properties"]["name"])
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        shapely.errors.ShapelyError,
    ):
        raise ShieldError(
            file=str(path),
            where="the file",
            what="this is no GeoJSON FeatureCollection",
            remedy="save the layer as GeoJSON or GeoPackage",
        ) from None


def _to_lonlat(path: Path, crs: str) -> Any:
    """A transformer to WGS-84 longitude and latitude, or None where they are that already."""
    import pyproj  # noqa: PLC0415  only an import needs it, and it takes 0.1 s to load

    try:
        given = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as unknown:
        raise ShieldError(
            file=str(path),
            where="its reference system",
            what=f"nobody knows {crs[:80]!r} ({str(unknown)[:80]})",
            remedy="save it in WGS 84 (EPSG:4326)",
        ) from None
    if given.to_epsg() == 4326 or crs.endswith("CRS84"):
        return None
    return pyproj.Transformer.from_crs(given, "EPSG:4326", always_xy=True)


def _lonlat(geometry: Any, turn: Any) -> dict[str, Any]:
    flat = shapely.force_2d(geometry)
    if turn is not None:
        flat = shapely.transform(flat, turn.transform, interleaved=False)
        flat = shapely.transform(flat, lambda xy: xy.round(_DECIMALS))
    if flat.geom_type in {"MultiPolygon", "MultiPoint"} and len(flat.geoms) == 1:
        flat = flat.geoms[0]
    if flat.geom_type == "Polygon" and not flat.is_empty:
        flat = orient(flat)  # RFC 7946, 3.1.6: the outer ring runs counterclockwise
    document: dict[str, Any] = json.loads(shapely.to_geojson(flat))
    return document


def _plain(value: Any) -> Any:
    """A number that a database keeps as real, though it is whole, as an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
