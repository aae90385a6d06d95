"""The scenario file's door: what is wrong is named with its place and the remedy."""

import re

import pytest

from airshield.errors import MissingFileError, ShieldError
from airshield.rehearse import load_scenario

GOOD = """
name = "small"
about = "for a test"
lat_deg = 50.0
lon_deg = 24.0
ground_msl_m = 300
clutter_per_turn = 0.5

[routes.there]
waypoints = [[50.0, 24.0, 500], [50.2, 24.0, 500]]

[[flights]]
name = "one"
kind = "light"
route = "there"
start_s = 0
spd_mps = 50
transponder = "mode_s"
mode_s = 0x48A301
mode_3a = 0o7000
"""


def _load(tmp_path, text):
    (tmp_path / "exercise.toml").write_text(text)
    return load_scenario(tmp_path)


def test_a_good_file_is_read(tmp_path):
    scenario = _load(tmp_path, GOOD)
    assert scenario.flights[0].mode_3a == 3584
    assert scenario.flights[0].callsign is None
    assert scenario.routes[0].waypoints == ((50.0, 24.0, 500.0), (50.2, 24.0, 500.0))
    assert not scenario.routes[0].closed


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("spd_mps = 50", "speed_mps = 50", "flight 1: unknown key speed_mps; did you mean spd_mps"),
        ("spd_mps = 50", "", "flight 1: spd_mps is missing"),
        ("spd_mps = 50", "spd_mps = 500", "flight one, spd_mps: a light does not fly 500"),
        ("spd_mps = 50", 'spd_mps = "fast"', "flight 1, spd_mps: 'fast' is no number"),
        ("spd_mps = 50", "spd_mps = true", "flight 1, spd_mps: True is no number"),
        ('route = "there"', 'route = "here"', "flight one, route: 'here' is unknown; choose from"),
        ('kind = "light"', 'kind = "ufo"', "flight one, kind: 'ufo' is unknown"),
        ("mode_s = 0x48A301\n", "", "Mode S without an address"),
        ("mode_3a = 0o7000\n", "", "a transponder without a code"),
        ("mode_3a = 0o7000", "mode_3a = 7.5", "mode_3a: 7.5 is not of type int"),
        ("[50.2, 24.0, 500]", "[50.2, 24.0]", "routes.there, waypoint 2: .* is no waypoint"),
        ("[50.2, 24.0, 500]", "[150.2, 24.0, 500]", "waypoint 2: .* is not on Earth"),
        (", [50.2, 24.0, 500]]", "]", "routes.there: waypoints are missing"),
        ("[[flights]]", "[flights]", "no list of flights"),
        ("[routes.there]", "[routes.there", "syntax: .*line 9"),
        ('name = "small"', 'name = "small"\nnmae = 3', "top level: unknown key nmae; did you mean"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(ShieldError, match=message) as caught:
        _load(tmp_path, GOOD.replace(old, new))
    assert caught.value.file == "exercise.toml"
    assert caught.value.remedy


def test_two_flights_of_one_name_are_refused(tmp_path):
    flight = GOOD[GOOD.index("[[flights]]") :]
    with pytest.raises(ShieldError, match="flight one: the name is taken"):
        _load(tmp_path, GOOD + flight)


def test_a_folder_without_scenario_says_what_to_write(tmp_path):
    with pytest.raises(MissingFileError, match=re.escape("exercise.toml")):
        load_scenario(tmp_path)
