"""``check``, ``new`` and ``import`` as a user runs them."""

import json

from command_line import EXAMPLES, run


def test_check_tells_what_a_shield_holds_and_what_nobody_said():
    told = run("check", EXAMPLES / "ukraine", "--json").document
    assert told["ok"]
    assert told["radars"] == 21
    assert told["candidates"] == 7
    assert told["radars_watched"] == 0
    brought = {who["name"]: who for who in told["brought"]}
    assert brought["Outside enablers"]["kind"] == "enabler"
    assert sum(who["aircraft"] for who in told["brought"]) == told["aircraft"] > 100
    assert told["factors"]["assumption"] > 20
    assert "elv_max_deg" in told["unknown"]["Volyn"]
    assert told["options"] == 12
    assert told["notes"] == []
    shown = run("check", EXAMPLES / "carpathians")
    assert shown.code == 0
    assert "Outside enabler (enabler): 1 radars" in shown.out
    assert "Unknown has_secondary (transponders): Gubałówka" in shown.out


def test_a_shield_begun_is_checked_and_taken_into_and_its_mistakes_are_objects(tmp_path):
    folder = tmp_path / "mine"
    done = run("new", folder, "--json")
    assert done.code == 0, done.err
    assert done.document["radars_watched"] == 1
    places = tmp_path / "places.geojson"
    site = {
        "type": "Feature",
        "properties": {"NAZWA": "Zawoja", "gmina": 12},
        "geometry": {"type": "Point", "coordinates": [19.54, 49.64]},
    }
    places.write_text(json.dumps({"type": "FeatureCollection", "features": [site]}))
    refused = run("import", folder, "--sites", places, "--name-field", "NAZWA")
    assert refused.code == 2
    assert "radius_m is missing" in refused.err
    options = ("--name-field", "NAZWA", "--radius-m", "5000", "--warning-min", "4")
    taken = run("import", folder, "--sites", places, *options, "--json")
    assert taken.document["imported"] == {"sites": 1}
    assert taken.document["left_out"] == {"sites": ["gmina"]}
    shield = folder / "shield.toml"
    written = shield.read_text()
    shield.write_text(written.replace('role = "patrol"\nlat_deg', 'role = "drone"\nlat_deg'))
    noted = run("check", folder)
    assert noted.code == 0
    assert "Note: station 'North' has nobody to man it: no fleet is of role drone" in noted.out
    shield.write_text(shield.read_text().replace("turn_s", "trun_s").replace('"Host"', '"Hots"', 2))
    checked = run("check", folder, "--json")
    assert checked.code == 2
    problems = checked.document["error"]["problems"]
    assert any(p["remedy"] == "did you mean 'turn_s'?" for p in problems)
    assert all(p["file"].endswith("shield.toml") and "line" in p["where"] for p in problems)


def test_new_refuses_a_place_without_its_geoid_and_one_off_the_earth(tmp_path):
    done = run("new", tmp_path / "x", "--at", "50.45,30.52")
    assert done.code == 2
    assert "--geoid-height-m" in done.err
    assert "latitude (-90 to 90) comes first" in run("new", tmp_path / "x", "--at", "130,50").err
    assert not (tmp_path / "x").exists()
