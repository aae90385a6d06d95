"""What others drew comes in from GeoJSON and GeoPackage, in any reference system that it states."""

import json
import re
import sqlite3
import struct
from pathlib import Path

import pyproj
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon, shape

from airshield.config import SHIELD_FILE, load_shield
from airshield.config.importing import add_features, import_features
from airshield.config.starting import START, start_shield
from airshield.errors import MissingFileError, ShieldError, UsageError

RING = [(19.20, 49.40), (19.70, 49.38), (19.78, 49.55), (19.60, 49.70), (19.25, 49.68)]
ZONE = {"kind": "no_fly", "floor": "GND", "ceiling": "FL95"}


def blob(geometry, srs, *, envelope=1, empty=False):
    """A GeoPackage binary by the standard's table: GP, version, flags, srs, envelope, WKB."""
    if geometry is None:
        return None
    bounds = geometry.bounds if not empty else (0.0,) * 4
    west, south, east, north = bounds
    boxes = {0: [], 1: [west, east, south, north], 2: [west, east, south, north, 0.0, 1.0]}
    flags = 0b1 | envelope << 1 | (0b10000 if empty else 0)
    head = struct.pack("<2sBBi", b"GP", 0, flags, srs)
    return head + struct.pack(f"<{len(boxes[envelope])}d", *boxes[envelope]) + geometry.wkb


def geopackage(path, layers, *, srs=(2180, "EPSG", 2180, "projected")):
    """Write layers {name: (columns, rows with the geometry last)} with plain SQLite."""
    with sqlite3.connect(path) as base:
        base.executescript(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY,"
            " organization TEXT, organization_coordsys_id INTEGER, definition TEXT);"
            "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT,"
            " geometry_type_name TEXT, srs_id INTEGER, z INTEGER, m INTEGER);"
        )
        base.execute("INSERT INTO gpkg_spatial_ref_sys VALUES ('', ?, ?, ?, ?)", srs)
        for name, (columns, rows) in layers.items():
            base.execute(
                "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'GEOMETRY', ?, 0, 0)",
                (name, srs[0]),
            )
            fields = ", ".join(f'"{column}"' for column in (*columns, "geom"))
            base.execute(f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY, {fields})')
            marks = ", ".join("?" * (len(columns) + 1))
            base.executemany(f'INSERT INTO "{name}" ({fields}) VALUES ({marks})', rows)
    base.close()
    return path


def in_2180(places):
    turn = pyproj.Transformer.from_crs(4326, 2180, always_xy=True)
    return [turn.transform(*place) for place in places]


@pytest.fixture
def drawn(tmp_path):
    """Two zones in Poland's grid of metres, as a GIS program keeps them."""
    first = Polygon(in_2180(RING)[::-1])  # clockwise: GeoJSON wants the other way round
    second = MultiPolygon([Polygon(in_2180([(x + 0.6, y) for x, y in RING]))])
    columns = ["NAZWA", "Kind", "floor", "ceiling", "area_ha"]
    rows = [
        ("Babia", "restricted", "GND", "FL95", 12.5, blob(first, 2180)),
        ("Second", None, "GND", "FL95", None, blob(second, 2180, envelope=2)),
    ]
    return geopackage(tmp_path / "drawn.gpkg", {"strefy": (columns, rows)})


def test_zones_of_a_geopackage_in_metres_come_in_as_longitude_and_latitude(drawn):
    found = import_features(str(drawn), "zones", fill={"kind": "no_fly"}, name_field="NAZWA")
    assert [f["properties"]["name"] for f in found.features] == ["Babia", "Second"]
    assert [f["properties"]["kind"] for f in found.features] == ["restricted", "no_fly"]
    assert found.left_out == ("area_ha", "fid")
    area = shape(found.features[0]["geometry"])
    assert area.exterior.is_ccw
    assert shapely.hausdorff_distance(area, Polygon(RING)) < 1e-6
    assert found.features[1]["geometry"]["type"] == "Polygon"


def test_a_reference_system_by_its_text_is_taken(tmp_path):
    wkt = pyproj.CRS(2180).to_wkt()
    rows = [("A", "no_fly", "GND", "UNL", blob(Polygon(in_2180(RING)), 9, envelope=0))]
    columns = ["name", "kind", "floor", "ceiling"]
    path = geopackage(tmp_path / "w.gpkg", {"z": (columns, rows)}, srs=(9, "NONE", 9, wkt))
    (feature,) = import_features(str(path), "zones", fill={}).features
    assert shapely.hausdorff_distance(shape(feature["geometry"]), Polygon(RING)) < 1e-6


def test_of_several_layers_one_must_be_said(tmp_path):
    point = blob(Point(19.5, 49.6), 4326)
    site = (["name", "radius_m", "warning_min"], [("P", 8000.0, 5.0, point)])
    path = geopackage(
        tmp_path / "two.gpkg", {"a": site, "b": site}, srs=(4326, "EPSG", 4326, "geographic")
    )
    with pytest.raises(ShieldError, match=r"2 layers: a, b; say which: two\.gpkg:a"):
        import_features(str(path), "sites", fill={})
    with pytest.raises(ShieldError, match="no layer 'c'; it has a, b"):
        import_features(f"{path}:c", "sites", fill={})
    (feature,) = import_features(f"{path}:b", "sites", fill={}).features
    assert feature["geometry"] == {"type": "Point", "coordinates": [19.5, 49.6]}


@pytest.mark.parametrize(
    ("srs", "geometry", "said"),
    [
        ((0, "NONE", 0, "undefined"), blob(Polygon(RING), 0), "does not say its reference system"),
        ((9, "EPSG", 99999, "x"), blob(Polygon(RING), 9), "nobody knows 'EPSG:99999'"),
        ((4326, "EPSG", 4326, ""), b"no geometry", "no GeoPackage geometry"),
        ((4326, "EPSG", 4326, ""), blob(Polygon(RING), 4326)[:70], "geometry"),
        ((4326, "EPSG", 4326, ""), blob(Polygon(), 4326, empty=True), "draw a Polygon"),
        ((4326, "EPSG", 4326, ""), None, "draw a Polygon"),
        ((4326, "EPSG", 4326, ""), blob(Point(19.5, 49.5), 4326), "it is Point"),
        (
            (4326, "EPSG", 4326, ""),
            blob(Polygon([RING[0], RING[2], RING[1], RING[3]]), 4326),
            "Self-intersection",
        ),
    ],
)
def test_a_layer_that_cannot_be_taken_says_why(tmp_path, srs, geometry, said):
    columns = ["name", "kind", "floor", "ceiling"]
    rows = [("A", "no_fly", "GND", "UNL", geometry)]
    path = geopackage(tmp_path / "bad.gpkg", {"z": (columns, rows)}, srs=srs)
    with pytest.raises(ShieldError, match=re.escape(said)):
        import_features(str(path), "zones", fill={})


def test_what_is_no_geopackage_is_told(tmp_path):
    path = tmp_path / "text.gpkg"
    path.write_text("not a database, but a long enough text to look like one\n" * 40)
    with pytest.raises(ShieldError, match="this is no GeoPackage"):
        import_features(str(path), "zones", fill={})
    with pytest.raises(MissingFileError, match="GeoJSON file or a GeoPackage"):
        import_features(str(tmp_path / "none.gpkg:z"), "zones", fill={})


def test_geojson_in_metres_is_turned(tmp_path):
    ring = [[*place, 700.0] for place in in_2180([*RING, RING[0]])]
    path = tmp_path / "z.geojson"
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2180"}},
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"NAME": "A", **ZONE},
                        "geometry": {"type": "Polygon", "coordinates": [ring]},
                    }
                ],
            }
        )
    )
    (feature,) = import_features(str(path), "zones", fill={}).features
    assert feature["properties"]["name"] == "A"
    assert shapely.hausdorff_distance(shape(feature["geometry"]), Polygon(RING)) < 1e-6


def test_what_no_feature_says_is_asked_for(drawn):
    with pytest.raises(ShieldError, match=r"feature 2.*kind is missing; add it: no_fly"):
        import_features(str(drawn), "zones", fill={}, name_field="NAZWA")
    with pytest.raises(ShieldError, match="no attribute 'NAME'; it has fid, NAZWA"):
        import_features(str(drawn), "zones", fill={}, name_field="NAME")


def test_the_attribute_for_names_need_not_be_in_every_file_and_heights_are_left_out(tmp_path):
    path = tmp_path / "p.geojson"
    place = {"type": "Point", "coordinates": [19.5, 49.6, 700.0]}
    props = {"name": "P", "radius_m": 8000, "warning_min": 5}
    feature = {"type": "Feature", "properties": props, "geometry": place}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    (found,) = import_features(str(path), "sites", fill={}, name_field="NAZWA").features
    assert found["properties"]["name"] == "P"
    assert found["geometry"]["coordinates"] == [19.5, 49.6]


def test_what_is_imported_twice_is_refused_and_nothing_is_changed(drawn, tmp_path):
    found = import_features(str(drawn), "zones", fill={"kind": "no_fly"}, name_field="NAZWA")
    path = tmp_path / "zones.geojson"
    assert add_features(path, "zones", found.features) == 2
    before = path.read_bytes()
    with pytest.raises(ShieldError, match="name of its own"):
        add_features(path, "zones", found.features)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["drawn.gpkg", "zones.geojson"]


def test_a_new_shield_passes_the_check(tmp_path):
    start_shield(tmp_path / "fresh one")
    shield = load_shield(tmp_path / "fresh one")
    assert shield.name == "fresh one"
    assert (shield.radars[0].lat_deg, shield.radars[0].lon_deg) == START[:2]
    assert shield.zones
    assert shield.sites
    assert shield.feeds
    assert shield.plan.requirements.station[0].station == shield.plan.stations[0].name
    assert shield.plan.stations[0].lat_deg == pytest.approx(START[0] + 1.0)


def test_every_part_of_a_new_shield_that_is_commented_out_passes_too(tmp_path):
    folder = tmp_path / "fresh"
    start_shield(folder)
    path = folder / SHIELD_FILE
    text = path.read_text(encoding="utf-8")
    assert text.count("\n#: ") > 20
    path.write_text(text.replace("\n#: ", "\n"), encoding="utf-8")
    (folder / "areas.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    plan = load_shield(folder).plan
    assert plan.fleets
    assert plan.stations
    assert plan.stocks
    assert plan.options[0].kind == "fleet"
    assert plan.requirements.response
    assert plan.radars[1].origins


@pytest.mark.parametrize("name", ['a "quoted" one', "back\\slash", "Łódź", "x" * 80])
def test_a_new_shield_may_have_any_name_that_a_folder_has(tmp_path, name):
    start_shield(tmp_path / name)
    assert load_shield(tmp_path / name).name == name


def test_a_new_shield_around_what_was_drawn_needs_the_geoid_there(drawn, tmp_path):
    found = import_features(str(drawn), "zones", fill={"kind": "no_fly"}, name_field="NAZWA")
    with pytest.raises(UsageError, match="--geoid-height-m"):
        start_shield(tmp_path / "new", zones=found.features)
    assert not (tmp_path / "new").exists()
    start_shield(tmp_path / "new", zones=found.features, geoid_height_m=42.0)
    shield = load_shield(tmp_path / "new")
    assert [zone.name for zone in shield.zones] == ["Babia", "Second"]
    assert 19.2 < shield.radars[0].lon_deg < 20.4
    assert shield.geoid_height_m == 42.0


def test_a_new_shield_never_writes_over_what_is_there(tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        start_shield(Path(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
