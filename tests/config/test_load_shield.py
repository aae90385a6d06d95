"""A shield through the door: what is good comes in, what is wrong is told with place and remedy."""

import dataclasses
import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airshield.config import SHIELD_FILE, json_schema, load_shield
from airshield.errors import MissingFileError, ShieldError, ShieldProblemsError
from airshield.units import M_PER_FL
from airshield.warn import WarnSettings
from airshield.zones import ZoneSettings

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def tiny(tmp_path):
    """A copy of the tiny shield that a test may spoil."""
    return Path(shutil.copytree(EXAMPLES / "tiny", tmp_path / "tiny"))


def spoil(folder, old, new, *, file=SHIELD_FILE, count=1):
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


def problems_of(folder):
    with pytest.raises(ShieldError) as caught:
        load_shield(folder)
    return caught.value.problems


def only_problem(folder):
    problems = problems_of(folder)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


@pytest.mark.parametrize("name", ["tiny", "barcelona"])
def test_every_example_loads_and_says_that_it_is_illustrative(name):
    shield = load_shield(EXAMPLES / name)
    assert shield.name == name
    assert "llustrative" in shield.about
    assert shield.zones
    assert shield.sites
    assert (EXAMPLES / name / "README.md").is_file()


def test_an_antenna_stands_on_its_ground_on_the_geoid():
    radar = load_shield(EXAMPLES / "barcelona").radars[0]
    assert radar.antenna_hae_m == pytest.approx(2.007 + 25.25 + 49.5)
    assert radar.sensor == "20/129"


def test_zones_and_sites_come_in_si(tiny):
    shield = load_shield(tiny / SHIELD_FILE)
    city = next(zone for zone in shield.zones if zone.name == "Lviv city")
    assert city.floor is None
    assert city.ceiling.height_m == pytest.approx(95 * M_PER_FL)
    corridor = next(zone for zone in shield.zones if zone.kind == "corridor")
    assert corridor.permits_mode_s == frozenset(range(0x508A00, 0x508A40))
    assert shield.sites[0].warning_s == 600.0


def test_thresholds_left_out_are_the_documented_ones_and_given_ones_are_taken(tiny):
    assert load_shield(tiny).zone_settings == ZoneSettings()
    with (tiny / SHIELD_FILE).open("a") as file:
        file.write(
            "\n[zone_settings]\nsure_sigmas = 2\nend_updates = 7\n[warn_settings]\nlead_s = 30.0\n"
        )
    shield = load_shield(tiny)
    assert shield.zone_settings == ZoneSettings(sure_sigmas=2.0, end_updates=7)
    assert shield.warn_settings == WarnSettings(lead_s=30.0)


@pytest.mark.parametrize("settings", [ZoneSettings, WarnSettings])
def test_every_threshold_says_what_it_is_and_why(settings):
    for field in dataclasses.fields(settings):
        assert field.metadata["what"]
        assert field.name in settings.__doc__
        assert field.default > 0


TOML_MISTAKES = [
    (
        "lat_deg = 49.985",
        "lat_dge = 49.985",
        r"line \d+, radars 1, lat_dge",
        "did you mean 'lat_deg'",
    ),
    ("lat_deg = 49.985", 'lat_deg = "49.985"', r"line \d+, radars 1, lat_deg", "latitude"),
    ("lat_deg = 49.985", "lat_deg = 149.985", r"line \d+, radars 1, lat_deg", "latitude"),
    ("lat_deg = 49.985", "lat_deg = nan", r"line \d+, radars 1, lat_deg", "latitude"),
    ("sic = 2\n", "sic = 300\n", r"line \d+, radars 2, sic", "0 to 255"),
    ("sic = 2\n", "sic = 1\n", r"line \d+, radars 2, sic", "two radars cannot share one"),
    ("turn_s = 2.5\n", "", r"line \d+, radars 3, turn_s", "add it: seconds for one turn"),
    ("has_primary = true", 'has_primary = "yes"', r"radars 1, has_primary", "true if it sees"),
    ("port = 30048", "port = 300480", r"feeds 1, port", "1 to 65535"),
    ('host = "127.0.0.1"', 'host = "localhost"', r"feeds 1, host", "127.0.0.1"),
    ('format = "asterix"', 'format = "asterics"', r"feeds 1, format", "asterix"),
    (
        "port = 30048",
        'port = 30048\ninterface = "127.0.0.1"',
        r"feeds 1, interface",
        "leave interface out",
    ),
    (
        'contributor = "Poland"',
        'contributor = "Polnad"',
        r"radars 3, contributor",
        "did you mean 'Poland'",
    ),
    ('name = "Poland"', 'name = "Ukraine"', r"contributors 2, name", "name of its own"),
    (
        "geoid_height_m = 30.9",
        "geoid_height = 30.9",
        r"geoid_height",
        "did you mean 'geoid_height_m'",
    ),
    ("rng_min_m = 1000.0", "rng_min_m = 400000.0", r"radars 1, rng_max_m", "swap or mend"),
    ('zones = "zones.geojson"', 'zones = "zone.geojson"', r"line \d+, zones", "name one"),
    ("pd = 0.95", "pd = 1.95", r"radars 2, pd", "probability"),
]


@pytest.mark.parametrize(("old", "new", "where", "remedy"), TOML_MISTAKES)
def test_a_mistake_in_the_shield_file_is_told_with_line_and_remedy(tiny, old, new, where, remedy):
    spoil(tiny, old, new)
    found = problems_of(tiny)
    told = [p for p in found if re.search(where, p.where) and remedy in p.remedy]
    assert told, [str(problem) for problem in found]
    assert told[0].file.endswith(SHIELD_FILE)
    if named := re.match(r"line (\d+)", told[0].where):
        line = (tiny / SHIELD_FILE).read_text().splitlines()[int(named[1]) - 1]
        assert line.startswith((told[0].where.rsplit(" ", 1)[-1], "[["))


def test_a_key_with_a_wrong_name_is_told_on_its_own_line(tiny):
    spoil(tiny, "antenna_agl_m = 22.0", "antena_agl_m = 22.0")
    lines = (tiny / SHIELD_FILE).read_text().splitlines()
    line = lines.index("antena_agl_m = 22.0") + 1
    assert any(f"line {line}," in problem.where for problem in problems_of(tiny))


def test_broken_toml_names_the_line(tiny):
    spoil(tiny, "sac = 0", "sac = = 0")
    problem = only_problem(tiny)
    assert re.search(r"line \d+, column", problem.where)


def test_bytes_that_are_no_text_are_told(tiny):
    (tiny / "sites.geojson").write_bytes(b"\xff\xfe\x00{")
    assert "UTF-8" in only_problem(tiny).what


def test_a_byte_order_mark_is_taken(tiny):
    path = tiny / "sites.geojson"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_shield(tiny).sites


def test_no_folder_and_no_shield_in_it_are_told(tmp_path):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(MissingFileError, match=r"shield\.toml"):
            load_shield(place)


def test_everything_wrong_is_told_together(tiny):
    spoil(tiny, 'contributor = "Poland"', 'contributor = "Polnad"')
    spoil(tiny, '"no_fly"', '"nofly"', file="zones.geojson")
    spoil(tiny, '"radius_m": 8000', '"radius_m": -8000', file="sites.geojson")
    with pytest.raises(ShieldProblemsError) as caught:
        load_shield(tiny)
    files = [Path(problem.file).name for problem in caught.value.problems]
    assert files == [SHIELD_FILE, "zones.geojson", "sites.geojson"]
    assert str(caught.value).count("\n") == 2


ZONE_MISTAKES = [
    ('"ceiling": "FL95"', '"ceiling": "FL 9x"', "ceiling", "flight level"),
    ('"ceiling": "FL95"', '"ceiling": "3000 ft"', "ceiling", "AMSL"),
    ('"ceiling": "FL95"', '"ceiling": "3000 ft XYZ"', "ceiling", "AMSL"),
    ('"ceiling": "FL95"', '"ceiling": "900 m AGL"', "ceiling", "ground_msl_m"),
    ('"ceiling": "FL95"', '"ceiling": "GND"', "ceiling", "UNL"),
    ('"floor": "FL245"', '"floor": "UNL"', "floor", "GND"),
    ('"floor": "FL245"', '"floor": "FL470"', "ceiling", "swap"),
    ('"ceiling": "FL95"', '"roof": "FL95"', "roof", "known are"),
    ('"ceiling": "FL95"', '"ceeling": "FL95"', "ceeling", "did you mean 'ceiling'"),
    ('"kind": "restricted"', '"kind": "forbidden"', "kind", "no_fly, restricted"),
    ('"Lviv city"', '"Lviv no-fly zone"', "feature 2", "name of its own"),
    ('"508AF0-508AFF"', '"508AFF-508AF0"', "permits_mode_s", "lower first"),
    ('"508AF0-508AFF"', '"XYZ"', "permits_mode_s", "six hex digits"),
    ('"RESCUE*"', '"rescue"', "permits_callsign", "star"),
    (
        "[23.40, 49.62], [23.75, 49.40]",
        "[49.62, 223.40], [23.75, 49.40]",
        "geometry",
        "-180 to 180",
    ),
    ("[23.40, 49.62], [23.75, 49.40]", "[23.40, 249.62], [23.75, 49.40]", "geometry", "-90 to 90"),
    ("[23.45, 50.15],", "[23.45, 50.15], [24.95, 49.00],", "geometry", "mend it there"),
    ("[23.45, 50.15],\n          [23.40, 49.62]", "[23.45, 50.15]", "geometry", "RFC 7946"),
    ("[23.45, 50.15],", "[-170.45, 50.15],", "geometry", "antimeridian"),
    ("[23.45, 50.15],", '["23.45", 50.15],', "geometry", "two numbers"),
    ('"Polygon"', '"LineString"', "geometry", "Polygon"),
    ('"floor": "GND",', '"floor": "GND", "schedule": "Mon-Fry",', "schedule", "UTC hours"),
    ('"floor": "GND",', '"floor": "GND", "schedule": "25:00-26:00",', "schedule", "00:00 to 24:00"),
    ('"FeatureCollection",', '"FeatureCollection", ,', "line 2", "comma"),
    ('"FeatureCollection"', '"Topology"', "the file", "FeatureCollection"),
]


@pytest.mark.parametrize(("old", "new", "where", "remedy"), ZONE_MISTAKES)
def test_a_mistake_in_a_zone_is_told_with_feature_field_and_remedy(tiny, old, new, where, remedy):
    spoil(tiny, old, new, file="zones.geojson")
    found = problems_of(tiny)
    assert any(where in p.where and remedy in p.remedy for p in found), [str(p) for p in found]
    assert all(p.file.endswith("zones.geojson") for p in found)


def test_swapped_coordinates_are_recognised(tiny):
    spoil(tiny, "[24.0297, 49.8397]", "[49.8397, 124.0297]", file="sites.geojson")
    assert "longitude first" in only_problem(tiny).remedy


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ('"radius_m": 8000', '"radius": 8000', "did you mean 'radius_m'"),
        ('"warning_min": 10', '"warning_min": 0', "minutes"),
        ('"type": "Point"', '"type": "MultiPoint"', "a site is a Point"),
        ('"Lviv hospital"', '"Lviv centre"', "name of its own"),
    ],
)
def test_a_mistake_in_a_site_is_told(tiny, old, new, remedy):
    spoil(tiny, old, new, file="sites.geojson")
    assert any(remedy in problem.remedy for problem in problems_of(tiny))


def test_what_qgis_writes_is_taken(tiny):
    """Nulls for properties not set, a crs member, an id, heights on points, lists as one text."""
    path = tiny / "zones.geojson"
    document = json.loads(path.read_text())
    document["name"] = "zones"
    document["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    for number, feature in enumerate(document["features"]):
        feature["id"] = number
        feature["properties"] |= {
            "ground_msl_m": None,
            "schedule": "Mon-Fri 06:00-20:00; Sat 08:00-12:00",
        }
        feature["properties"]["permits_callsign"] = "LOT*, AUI*"
        feature["geometry"]["coordinates"] = [
            [[*place, 0.0] for place in ring] for ring in feature["geometry"]["coordinates"]
        ]
    path.write_text(json.dumps(document))
    zone = load_shield(tiny).zones[0]
    assert len(zone.schedule) == 2
    assert zone.permits_callsign == ("LOT*", "AUI*")


def test_another_reference_system_is_refused(tiny):
    spoil(
        tiny,
        '"type": "FeatureCollection",',
        '"type": "FeatureCollection", "crs": {"properties": {"name": "EPSG:3857"}},',
        file="zones.geojson",
    )
    assert "EPSG:4326" in only_problem(tiny).remedy


def test_the_schema_describes_every_key_with_its_unit_in_the_name():
    schema = json_schema()
    assert set(schema) == {"shield", "zone", "site", "area", "factor"}
    radar = schema["shield"]["$defs"]["RadarTable"]["properties"]
    for name, figure in radar.items():
        assert figure["description"], name
        if figure.get("type") == "number" and name not in {"pd", "ref_pd", "ref_pfa", "cost"}:
            assert name.rsplit("_", 1)[-1] in {"m", "s", "deg", "hz", "m2", "mps"}, name
    thresholds = schema["shield"]["$defs"]["ZoneSettingsTable"]["properties"]
    assert thresholds["margin_m"]["default"] == 200.0
    json.dumps(schema)


EDITS = (
    "",
    "[",
    '"',
    "]",
    "=",
    "\n",
    "9",
    "-",
    "{",
    "null",
    "\x00",
    "1e999",
    "[[radars]]\n",
    "9" * 400,
)


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    file=st.sampled_from([SHIELD_FILE, "zones.geojson", "sites.geojson"]),
    edits=st.lists(
        st.tuples(st.floats(0.0, 1.0), st.integers(0, 12), st.sampled_from(EDITS)),
        min_size=1,
        max_size=3,
    ),
)
def test_whatever_is_typed_the_answer_is_a_shield_or_a_problem_with_its_place(tiny, file, edits):
    path = tiny / file
    good = text = path.read_text()
    for share, length, new in edits:
        at = int(share * len(text))
        text = text[:at] + new + text[at + length :]
    path.write_text(text)
    told = ()
    try:
        load_shield(tiny)
    except ShieldError as wrong:
        told = wrong.problems
    path.write_text(good)
    assert all(problem.where and problem.what and problem.remedy for problem in told)


def add_system(folder, text):
    path = folder / SHIELD_FILE
    path.write_text(f"{path.read_text()}\n[system]\n{text}\n")


def test_the_codes_under_which_the_system_sends_are_optional(tiny):
    assert load_shield(tiny).system is None
    add_system(tiny, "sac = 20\nsic = 7")
    system = load_shield(tiny).system
    assert (system.sac, system.sic) == (20, 7)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sac = 0\nsic = 0", "SAC 0 with SIC 0 names no system"),
        ("sac = 0\nsic = 1", "SAC/SIC 0/1 is that of radar 'Roztochia long range' too"),
        ("sac = 256\nsic = 1", "sac is 256"),
        ("sac = 1", "sic is missing"),
        ("sac = 1\nsic = 1\nsics = 2", "did you mean 'sic'?"),
    ],
)
def test_codes_that_no_system_can_send_under_are_refused_in_their_line(tiny, text, said):
    add_system(tiny, text)
    problem = only_problem(tiny)
    assert said in str(problem)
    assert "line " in problem.where
