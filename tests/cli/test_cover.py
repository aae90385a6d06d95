"""``cover`` and ``site`` as a user runs them."""

import json
import shutil
import signal
from urllib.request import urlopen

import pytest

from airshield.config.plan import Target
from airshield.geo.terrain import earth_factor
from airshield.plan.coverage.detection import TARGETS
from command_line import EXAMPLES, run, start


@pytest.fixture(scope="module")
def shield(tmp_path_factory):
    """The Carpathian example on its own height model."""
    folder = tmp_path_factory.mktemp("shields") / "carpathians"
    shutil.copytree(EXAMPLES / "carpathians", folder)
    return folder


COARSE = ("--step", "500", "--height", "300agl", "--target", "light aircraft")


def test_cover_answers_every_requirement_and_says_what_it_rests_on(shield):
    done = run("cover", shield, *COARSE, "--json")
    assert done.code == 0, done.err
    told = done.document
    assert told["kind"] == "planning estimate"
    assert told["earth"] == "4/3"
    assert told["terrain"][0].endswith("N49E019.hgt.zip")
    assert any("Coarse terrain" in note for note in told["warnings"])
    assert {one["verdict"] for one in told["requirements"]} == {"holds"}
    assert [one["kind"] for one in told["requirements"]] == ["cover"] * 3 + ["warning"]
    by_layer = {}
    for row in told["cover"]:
        if row["seen_by"] != "ground":
            by_layer.setdefault(row["layer"], []).append(row["area_share"])
    assert len(by_layer) == 3  # what was asked for and what is required
    for shares in by_layer.values():
        assert sum(shares) == pytest.approx(1.0)
    worth = {one["contributor"]: one for one in told["contributor_value"]}
    assert worth["Outside enabler"]["lost_area_share"] > 0.0
    for site in told["warning"]:
        assert site["required_min"] is not None


def test_a_requirement_that_fails_leaves_with_one_and_the_figure(shield, tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(shield, mine)
    text = (mine / "shield.toml").read_text()
    (mine / "shield.toml").write_text(text.replace("share = 0.8\n", "share = 1.0\n", 1))
    done = run("cover", mine, *COARSE, "--json")
    assert done.code == 1
    failed = [one for one in done.document["requirements"] if one["verdict"] == "fails"]
    assert len(failed) == 1
    assert 0.9 < failed[0]["high"] < 1.0
    shown = run("cover", mine, *COARSE)
    assert shown.code == 1
    assert "fails" in shown.out


def test_the_same_shield_gives_the_same_document_with_any_number_of_threads(shield):
    one, two = (
        run("cover", shield, *COARSE, "--no-cache", "--threads", n, "--json").out for n in (1, 3)
    )
    assert one == two


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--height", "300"), "write metres and above what, as 300agl"),
        (("--height", "-5agl"), "is no height"),
        (("--target", "airlinre"), "did you mean 'airliner'"),
        (("--k", "2/3"), "is not known"),
        (("--k", "p453:often"), "a percentage of time"),
        (("--pd", "1.5"), "between 0 and 1"),
        (("--terrain", "nowhere.tif"), "nowhere.tif"),
        (("--step", "1"), "take a step of at least"),
    ],
)
def test_wrong_options_say_what_to_write(shield, options, words):
    done = run("cover", shield, *options)
    assert done.code == 2
    assert words in " ".join(done.err.split())


def test_a_shield_without_territory_is_told_to_draw_one(shield, tmp_path):
    mine = tmp_path / "mine"
    shutil.copytree(shield, mine)
    empty = json.dumps({"type": "FeatureCollection", "features": []})
    text = (mine / "shield.toml").read_text()
    (mine / "shield.toml").write_text(
        text.replace('areas = "areas.geojson"\n', "").replace('area = "Orava and Żywiec"\n', "")
    )
    (mine / "zones.geojson").write_text(empty)
    done = run("cover", mine)
    assert done.code == 2
    assert "draw one in a GeoJSON file" in done.err


def test_site_finds_places_in_the_terrain_and_proves_them(shield):
    done = run(
        "site", shield, "--radars", "2", "--like", "Leskowiec", "--anew", "--height", "100agl",
        "--candidates", "20", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    told = done.document
    assert told["is_proven"]
    assert told["share_existing"] == 0.0
    assert len(told["chosen"]) == 2
    shares = [one["share_so_far"] for one in told["chosen"]]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(told["share"])
    assert told["share"] <= told["share_bound"] + 1e-9
    assert told["share_worst_loss"] < told["share"]
    # The highest mountain of the tile is the first choice of anybody.
    assert told["chosen"][0]["antenna_msl_m"] > 1500.0


def test_site_with_the_candidates_of_the_shield_and_wrong_questions(shield):
    done = run("site", shield, "--radars", "1", "--json")
    assert done.code == 0, done.err
    assert done.document["figures_of"] == "candidates of the shield"
    assert "Give --radars N, or --budget" in run("site", shield).err
    assert "choose territory or people" in run("site", shield, "--radars", 1, "--for", "x").err
    asked = run("site", shield, "--radars", 1, "--like", "Leskowice")
    assert asked.code == 2
    assert "did you mean 'Leskowiec'" in asked.err


def test_what_a_shield_may_name_is_what_the_planners_know():
    assert set(Target.__args__) == set(TARGETS)
    for name in ("4/3", "worst", "p453", "1.2"):
        assert earth_factor(name, lat_deg=50.0, lon_deg=30.0).k > 0.0


def test_the_plan_is_shown_until_it_is_stopped(shield):
    process = start("cover", shield, *COARSE, "--port", 0, "--no-browser")
    try:
        told = next(line for line in process.stderr if "the plan is at" in line)
        url = next(word for word in told.split() if word.startswith("http"))
        plan = json.load(urlopen(f"{url}api/plan"))
        with urlopen(url) as page:
            assert page.status == 200
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert plan["estimate"] == "planning estimate"
    assert {one["kind"] for one in plan["contributors"]} == {"host", "enabler"}
    assert len(plan["radars"]) == 3
    # Roses for everybody, without each contributor, and without the enabler, who is one of them.
    sets = {tuple(rose["without"]) for rose in plan["roses"]}
    assert sets == {(), ("Poland",), ("Slovakia",), ("Outside enabler",)}
    assert [one["verdict"] for one in plan["answers"]] == ["holds"] * 4
