"""The door for GeoJSON (RFC 7946): zones, sites and areas, as QGIS writes them too.

QGIS writes a ``crs`` member that RFC 7946 forbids, and ``null`` for a property not set: the first
is accepted when it names WGS 84 longitude and latitude, the second counts as absent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import shapely
from pydantic import BeforeValidator, Field, field_validator
from shapely.geometry import MultiPolygon, Polygon

from airshield.config.fields import Name, split_text
from airshield.config.heights import GROUND, UNLIMITED, limit_from_text
from airshield.config.periods import period_from_text
from airshield.config.plan import Area
from airshield.config.problems import Door, Place, Problems
from airshield.warn import Site
from airshield.zones import Limit, Zone

_WGS84: Final = frozenset({"OGC:1.3:CRS84", "OGC::CRS84", "OGC:CRS84", "EPSG::4326", "EPSG:4326"})
_BLOCK_MAX: Final = 65_536
"""Most addresses in one permitted block: more than any fleet, less than a large state's block."""
_ADDRESSES: Final = re.compile(r"([0-9A-Fa-f]{6})(?:-([0-9A-Fa-f]{6}))?")
_CALLSIGN: Final = re.compile(r"[A-Z0-9]{1,8}|[A-Z0-9]{1,7}\*")
_AREAS: Final = ("Polygon", "MultiPolygon")


class ZoneProperties(Door):
    """Properties of a zone's feature."""

    name: Name = Field(description="the zone's name, unique in the shield")
    kind: Literal["no_fly", "restricted", "corridor", "warning"] = Field(
        description="no_fly, restricted, corridor or warning"
    )
    floor: str = Field(description="GND, a flight level, or a height with unit and datum")
    ceiling: str = Field(description="UNL, a flight level, or a height with unit and datum")
    ground_msl_m: float | None = Field(
        default=None,
        ge=-500.0,
        le=9000.0,
        description="ground of the zone above mean sea level in metres; needed for limits AGL",
    )
    schedule: Annotated[list[str], BeforeValidator(split_text(";"))] = Field(
        default=[], description="when it is active, UTC: 'Mon-Fri 06:00-20:00'; empty is always"
    )
    permits_mode_s: Annotated[list[str], BeforeValidator(split_text("[;,]"))] = Field(
        default=[],
        description="24-bit addresses that may enter, six hex digits: 508A01 or 508A00-508A3F",
    )
    permits_callsign: Annotated[list[str], BeforeValidator(split_text("[;,]"))] = Field(
        default=[], description="callsigns that may enter; LOT* is every callsign that starts so"
    )
    about: str | None = Field(default=None, description="a word about it")

    @field_validator("floor", "ceiling")
    @classmethod
    def _is_limit(cls, text: str) -> str:
        limit_from_text(text)
        return text

    @field_validator("schedule")
    @classmethod
    def _are_periods(cls, texts: list[str]) -> list[str]:
        for text in texts:
            period_from_text(text)
        return texts

    @field_validator("permits_mode_s")
    @classmethod
    def _are_addresses(cls, texts: list[str]) -> list[str]:
        for text in texts:
            _addresses(text)
        return texts

    @field_validator("permits_callsign")
    @classmethod
    def _are_callsigns(cls, texts: list[str]) -> list[str]:
        for text in texts:
            if not _CALLSIGN.fullmatch(text):
                raise ValueError(
                    f"{text!r} is no callsign; write up to eight capitals and digits, or a "
                    "beginning and a star: LOT*"
                )
        return texts


class SiteProperties(Door):
    """Properties of a site's feature."""

    name: Name = Field(description="the site's name, unique in the shield")
    radius_m: float = Field(
        gt=0.0, le=200_000.0, description="nearer than this over ground is a threat, in metres"
    )
    warning_min: float = Field(
        gt=0.0, le=120.0, description="warning time that the people there need, in minutes"
    )
    people: int | None = Field(
        default=None, ge=0, le=50_000_000, description="how many people are there; empty: unknown"
    )
    about: str | None = Field(default=None, description="a word about it")


class AreaProperties(Door):
    """Properties of an area's feature."""

    name: Name = Field(description="the area's name, unique among areas and zones")
    about: str | None = Field(default=None, description="a word about it")


def read_zones(text: str, *, file: str, problems: Problems) -> tuple[Zone, ...]:
    """Zones of a GeoJSON text; what is wrong goes to ``problems``."""
    zones: list[Zone] = []
    names: list[tuple[object, tuple[str, str]]] = []
    for label, feature in _features(text, file=file, problems=problems):
        props = _properties(ZoneProperties, feature, label, file=file, problems=problems)
        area = _area(feature.get("geometry"), label, file=file, problems=problems)
        if props is None:
            continue
        names.append((repr(props.name), (file, label)))
        floor, ceiling = _limits(props, label, file=file, problems=problems)
        if area is None:
            continue
        zones.append(
            Zone(
                name=props.name,
                kind=props.kind,
                area=area,
                floor=floor,
                ceiling=ceiling,
                ground_msl_m=props.ground_msl_m,
                schedule=tuple(period_from_text(part) for part in props.schedule),
                permits_mode_s=frozenset(
                    address for part in props.permits_mode_s for address in _addresses(part)
                ),
                permits_callsign=tuple(props.permits_callsign),
            )
        )
    problems.unique(names, what="the name", remedy="give each zone a name of its own")
    return tuple(zones)


def read_sites(text: str, *, file: str, problems: Problems) -> tuple[Site, ...]:
    """Protected sites of a GeoJSON text; what is wrong goes to ``problems``."""
    sites: list[Site] = []
    names: list[tuple[object, tuple[str, str]]] = []
    for label, feature in _features(text, file=file, problems=problems):
        props = _properties(SiteProperties, feature, label, file=file, problems=problems)
        place = _point(feature.get("geometry"), label, file=file, problems=problems)
        if props is None:
            continue
        names.append((repr(props.name), (file, label)))
        if place is not None:
            sites.append(
                Site(
                    name=props.name,
                    lat_deg=place[1],
                    lon_deg=place[0],
                    radius_m=props.radius_m,
                    warning_s=props.warning_min * 60.0,
                    people=props.people,
                )
            )
    problems.unique(names, what="the name", remedy="give each site a name of its own")
    return tuple(sites)


def read_areas(text: str, *, file: str, problems: Problems) -> tuple[Area, ...]:
    """Areas of a GeoJSON text; what is wrong goes to ``problems``."""
    areas: list[Area] = []
    names: list[tuple[object, tuple[str, str]]] = []
    for label, feature in _features(text, file=file, problems=problems):
        props = _properties(AreaProperties, feature, label, file=file, problems=problems)
        area = _area(feature.get("geometry"), label, file=file, problems=problems)
        if props is None:
            continue
        names.append((repr(props.name), (file, label)))
        if area is not None:
            areas.append(Area(name=props.name, area=area))
    problems.unique(names, what="the name", remedy="give each area a name of its own")
    return tuple(areas)


def names_in(text: str) -> tuple[str, ...]:
    """Names of a GeoJSON text's features, sound or not: what else the shield may speak of."""
    features = _features(text, file="", problems=Problems())
    props = [feature.get("properties") for _, feature in features]
    names = [prop.get("name") for prop in props if isinstance(prop, dict)]
    return tuple(name for name in names if isinstance(name, str))


def _features(text: str, *, file: str, problems: Problems) -> list[tuple[str, dict[str, Any]]]:
    """The features of a collection, each with words for where it stands."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as wrong:
        problems.add(
            file=file,
            where=f"line {wrong.lineno}, column {wrong.colno}",
            what=f"this is no JSON ({wrong.msg})",
            remedy="mend the text there; a missing or extra comma is the usual cause",
        )
        return []
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        problems.add(
            file=file,
            where="the file",
            what="this is no GeoJSON FeatureCollection",
            remedy='save it as GeoJSON: {"type": "FeatureCollection", "features": [...]}',
        )
        return []
    crs = document.get("crs")
    if crs is not None and not any(str(name).endswith(tuple(_WGS84)) for name in _crs_names(crs)):
        problems.add(
            file=file,
            where="crs",
            what=f"the coordinates are in {', '.join(map(str, _crs_names(crs))) or crs!r}",
            remedy="save it in WGS 84 longitude and latitude (EPSG:4326), as GeoJSON wants",
        )
    found: list[tuple[str, dict[str, Any]]] = []
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            problems.add(
                file=file,
                where=f"feature {number}",
                what="this is no Feature",
                remedy='write {"type": "Feature", "properties": {...}, "geometry": {...}}',
            )
            continue
        props = feature.get("properties")
        name = props.get("name") if isinstance(props, dict) else None
        found.append((f"feature {number} ({name!r})" if name else f"feature {number}", feature))
    return found


def _crs_names(crs: object) -> list[object]:
    """The name in an old-style ``crs`` member, if it has one."""
    props = crs.get("properties") if isinstance(crs, dict) else None
    return [props["name"]] if isinstance(props, dict) and "name" in props else []


def _properties(
    model: type[Any], feature: dict[str, Any], label: str, *, file: str, problems: Problems
) -> Any:
    props = feature.get("properties")
    if not isinstance(props, dict):
        problems.add(
            file=file,
            where=label,
            what="it has no properties",
            remedy=f"give it {', '.join(model.model_fields)}",
        )
        return None
    present = {key: value for key, value in props.items() if value is not None}

    def find(place: Place) -> tuple[str, str]:
        return file, ", ".join([label, *(str(step) for step in place if isinstance(step, str))])

    return problems.read(model, present, find=find)


def _limits(
    props: ZoneProperties, label: str, *, file: str, problems: Problems
) -> tuple[Limit | None, Limit | None]:
    """Floor and ceiling, with the checks that need both."""
    floor, ceiling = limit_from_text(props.floor), limit_from_text(props.ceiling)

    def add(field: str, what: str, remedy: str) -> None:
        problems.add(file=file, where=f"{label}, {field}", what=what, remedy=remedy)

    if props.floor.strip().upper() in UNLIMITED:
        add("floor", "a floor cannot be unlimited", "write GND or the height it starts at")
    if props.ceiling.strip().upper() in GROUND:
        add("ceiling", "a ceiling cannot be the ground", "write UNL or the height it ends at")
    for field, limit in (("floor", floor), ("ceiling", ceiling)):
        if limit is not None and limit.datum == "agl" and props.ground_msl_m is None:
            add(
                field,
                "it counts from the ground, whose height is not given",
                "add ground_msl_m: ground of the zone above mean sea level in metres",
            )
    if (
        floor is not None
        and ceiling is not None
        and floor.datum == ceiling.datum
        and ceiling.height_m <= floor.height_m
    ):
        add("ceiling", f"{props.ceiling} is not above the floor {props.floor}", "swap or mend them")
    return floor, ceiling


def _area(
    geometry: object, label: str, *, file: str, problems: Problems
) -> Polygon | MultiPolygon | None:
    """A sound polygon in longitude and latitude, or None with the reason noted."""

    def refuse(what: str, remedy: str) -> None:
        problems.add(file=file, where=f"{label}, geometry", what=what, remedy=remedy)

    if not isinstance(geometry, dict) or geometry.get("type") not in _AREAS:
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        refuse(f"it is {kind or 'empty'}", "draw a Polygon or a MultiPolygon")
        return None
    parts = geometry.get("coordinates")
    if geometry["type"] == "Polygon":
        parts = [parts]
    if not isinstance(parts, list) or not parts:
        refuse("it has no coordinates", "draw its border")
        return None
    polygons = []
    for part in parts:
        if not isinstance(part, list) or not part:
            refuse("a polygon has no rings", "draw its border")
            return None
        rings = []
        for ring in part:
            places = [_position(place) for place in ring] if isinstance(ring, list) else [None]
            if None in places:
                bad = places.index(None) + 1
                refuse(f"position {bad} of a ring is no [longitude, latitude]", "give two numbers")
                return None
            ring_lonlat = [place for place in places if place is not None]
            if not _in_range(ring_lonlat, refuse):
                return None
            if len(ring_lonlat) < 4 or ring_lonlat[0] != ring_lonlat[-1]:
                refuse(
                    "a ring is not closed", "repeat its first position at the end (RFC 7946, 3.1.6)"
                )
                return None
            lons = [lon for lon, _ in ring_lonlat]
            if max(lons) - min(lons) > 180.0:
                refuse(
                    f"it spans {max(lons) - min(lons):.0f} degrees of longitude",
                    "cut it in two at the antimeridian, as a MultiPolygon (RFC 7946, 3.1.9)",
                )
                return None
            rings.append(ring_lonlat)
        polygons.append(Polygon(rings[0], rings[1:]))
    area = polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
    if not area.is_valid:
        refuse(
            f"its border is not sound: {shapely.is_valid_reason(area)} (lon lat)", "mend it there"
        )
        return None
    return area


def _point(
    geometry: object, label: str, *, file: str, problems: Problems
) -> tuple[float, float] | None:
    def refuse(what: str, remedy: str) -> None:
        problems.add(file=file, where=f"{label}, geometry", what=what, remedy=remedy)

    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        refuse(f"it is {kind or 'empty'}", "a site is a Point")
        return None
    place = _position(geometry.get("coordinates"))
    if place is None:
        refuse("it is no [longitude, latitude]", "give two numbers")
        return None
    return place if _in_range([place], refuse) else None


def _position(value: object) -> tuple[float, float] | None:
    """Longitude and latitude; a height behind them is allowed and left out (QGIS writes one)."""
    if not isinstance(value, list) or len(value) not in {2, 3}:
        return None
    lon, lat = value[0], value[1]
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in (lon, lat)):
        return None
    if not all(abs(v) <= 1e6 for v in (lon, lat)):  # no place, and perhaps no double
        return None
    return float(lon), float(lat)


def _in_range(places: list[tuple[float, float]], refuse: Callable[[str, str], None]) -> bool:
    for lon, lat in places:
        if abs(lon) <= 180.0 and abs(lat) <= 90.0:
            continue
        swapped = abs(lon) <= 90.0 and abs(lat) <= 180.0
        refuse(
            f"[{lon:g}, {lat:g}] is not on Earth",
            "these look swapped: GeoJSON wants longitude first"
            if swapped
            else "longitude is -180 to 180, latitude -90 to 90",
        )
        return False
    return True


def _addresses(text: str) -> range:
    """Addresses of ``508A01`` or ``508A00-508A3F``."""
    match = _ADDRESSES.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is no 24-bit address; write six hex digits (508A01) or a block "
            "(508A00-508A3F)"
        )
    first = int(match[1], 16)
    last = int(match[2] or match[1], 16)
    if not first <= last < first + _BLOCK_MAX:
        raise ValueError(
            f"{text!r} is no block of addresses; give the lower first and at most {_BLOCK_MAX} "
            "of them"
        )
    return range(first, last + 1)
