"""``sustain`` and ``depend`` as a user runs them: answers, the same bytes twice, wrong input."""

import json

import pytest

from command_line import EXAMPLES, run
from small_endurance import write_shield

FEW = ("--runs", "8")


@pytest.fixture(scope="module")
def shield(tmp_path_factory):
    """Everybody is needed: the bases, the fighters, the railway and the tankers."""
    return write_shield(tmp_path_factory.mktemp("shields") / "small")


@pytest.fixture(scope="module")
def depended(shield):
    """What ``depend`` says of it, run twice."""
    return [run("depend", shield, *FEW, "--walks", "2", "--json") for _ in range(2)]


def test_sustain_answers_with_figures_causes_and_sources(shield, tmp_path):
    done = run("sustain", shield, *FEW, "--json", "--to", tmp_path / "tables")
    assert done.code == 0, done.err
    told = done.document
    assert told["kind"] == "planning estimate"
    assert told["holds"] == "holds"
    assert (told["days"], told["runs"]) == (20, 8)
    station, stock = told["requirements"]
    assert station["low"] <= station["value"] <= station["high"]
    assert (stock["unit"], stock["value"]) == ("days", 20.0)
    assert [one["station"] for one in told["stations"]] == ["East", "Track"]
    assert {len(one["cover_by_day"]) for one in told["stations"]} == {20}
    patrol = next(one for one in told["roles"] if one["role"] == "patrol")
    assert patrol["there"] == 14
    assert patrol["share"] == 0.8
    assert patrol["mean"] <= patrol["worst"] <= 14
    (line,) = told["supply"]["edges"]
    assert line["sole_way_to"] == ["Tanks"]
    assert 0.0 < line["flow_t_per_day"] <= line["capacity_t_per_day"]
    sortie = next(one for one in told["assumptions"] if one["kind"] == "assumption")
    assert (sortie["value"], sortie["unit"], sortie["low"], sortie["high"]) == (2.5, "h", 1.5, 3.0)
    assert told["cost"]["currency"] == "EUR"
    assert told["cost"]["left_out"] == ["Wing", "Boom"]  # no full cost, no cost at all
    names = {path.name for path in (tmp_path / "tables").iterdir()}
    assert {"station_day.csv", "fleet_day.csv", "supply_edge.csv", "stock_day_jet_fuel.csv"} < names


def test_sustain_without_the_railway_says_on_which_day_and_why(shield):
    done = run(
        "sustain", shield, *FEW, "--no-sizes", "--without", "Railway", "--from-day", "4", "--json"
    )
    assert done.code == 1
    station, stock = done.document["requirements"]
    assert (station["verdict"], stock["verdict"]) == ("fails", "fails")
    assert 4 < stock["from_day"] < 20
    assert "Railway is out" in stock["why"] or "Line is out" in stock["why"]
    codes = [link["code"] for link in done.document["stations"][0]["chain"]]
    assert codes[-2:] == ["fuel", "supply"]
    shown = run("sustain", shield, *FEW, "--no-sizes", "--without", "Railway")
    assert shown.code == 1
    assert "fails" in shown.out
    assert "Tanks" in shown.out


def test_depend_says_the_same_bytes_twice(depended):
    first, second = depended
    assert first.code == 0, first.err
    assert first.out == second.out


def test_depend_tells_losses_shares_vetoes_and_what_replaces_whom(depended):
    told = depended[0].document
    assert told["holds"] == "holds"
    assert told["vetoes"] == ["Host", "Flyers", "Railway", "Enabler"]
    assert told["least_coalitions"] == [["Host", "Flyers", "Railway", "Enabler"]]
    with_all, without = told["comparison"][:2]
    assert (with_all["who"], without["who"]) == ("with everybody", "without the enablers")
    names = [one["name"] for one in told["requirements"]]
    assert names == ["East is manned", "fuel stays", "all requirements"]
    for g, name in enumerate(names):
        shares = [one["share"] for one in told["dependence"] if one["requirement"] == name]
        nobody = told["coalitions"]["value"][0][g]
        assert sum(shares) == pytest.approx(with_all["requirements"][g]["value"] - nobody)
    (enabler,) = [
        one
        for one in told["dependence"]
        if (one["contributor"], one["requirement"]) == ("Enabler", "East is manned")
    ]
    assert enabler["loss_low"] <= enabler["loss"] <= enabler["loss_high"]
    assert enabler["loss"] > 0.3
    cheapest = next(
        one
        for one in told["replacements"]
        if (one["contributor"], one["aim"]) == ("Enabler", "cheapest")
    )
    assert cheapest["bring"] == ["1 x Hired tankers"]
    assert (cheapest["cost"], cheapest["lead_days"]) == (5e6, 20.0)
    decides = [one for one in told["screening"] if one["requirement"] == "all requirements"]
    assert decides[0]["assumption"].endswith("sortie_h")


def test_whoever_joins_never_lowers_cover_beyond_what_is_not_known(depended):
    told = depended[0].document["coalitions"]
    rows = dict(zip(told["mask"], range(len(told["mask"])), strict=True))
    for mask, row in rows.items():
        for i in range(4):
            more = rows[mask | 1 << i]
            for g in range(2):
                assert told["high"][more][g] >= told["low"][row][g]


@pytest.mark.parametrize(
    ("given", "old", "new", "words"),
    [
        ({"crews": 0.0}, None, None, "crews_per_aircraft is 0"),
        ({}, "low = 1.5, high = 3.0", "low = 3.0, high = 1.5", "add low and high, low the smaller"),
        ({}, 'end = "Tanks"', 'end = "Port"', "it leads from 'Port' to itself"),
    ],
)
def test_a_wrong_shield_is_refused_with_the_place_and_the_remedy(tmp_path, given, old, new, words):
    folder = write_shield(tmp_path / "wrong", **given)
    if old is not None:
        text = (folder / "shield.toml").read_text()
        (folder / "shield.toml").write_text(text.replace(old, new))
    done = run("sustain", folder, *FEW, "--json")
    assert done.code == 2
    assert words in json.dumps(done.document) + done.err


def test_a_station_that_nobody_reaches_cannot_be_held_and_it_is_said_why(tmp_path):
    done = run("sustain", write_shield(tmp_path / "far", lon=60.0), *FEW, "--json")
    assert done.code == 1
    station = done.document["requirements"][0]
    assert (station["verdict"], station["value"]) == ("fails", 0.0)
    patrol = next(one for one in done.document["roles"] if one["role"] == "patrol")
    assert patrol["mean"] is None
    assert patrol["why"].startswith("cannot hold, because no fleet reaches East")


def test_a_base_without_fuel_and_a_supply_cut_in_two_are_told(tmp_path):
    folder = write_shield(tmp_path / "cut", stock=0.0)
    text = (folder / "shield.toml").read_text()
    start = text.index("[[supply.edges]]")
    end = text.index("[[supply.stocks]]")
    (folder / "shield.toml").write_text(text[:start] + text[end:])
    done = run("sustain", folder, *FEW, "--no-sizes", "--json")
    assert done.code == 1
    station, stock = done.document["requirements"]
    assert station["value"] == 0.0
    assert stock["from_day"] == 0
    assert "nothing that any source gives or any store holds can get there" in stock["why"]


def test_wrong_options_are_told(shield):
    for words, told in (
        (("--without", "Railways"), "no such contributor"),
        (("--from-day", "3"), "--without NAME"),
    ):
        done = run("sustain", shield, *words)
        assert done.code == 2
        assert told in done.err
    done = run("sustain", EXAMPLES / "carpathians")
    assert done.code == 2
    assert "no [[stations]] and no [supply]" in done.err


def test_a_report_of_a_shield_without_radars_has_the_chapters_that_there_are(shield, tmp_path):
    done = run("report", shield, "--no-depend", "--to", tmp_path / "r.html", "--json")
    assert done.code == 0, done.err
    assert list(done.document["chapters"]) == ["sustain"]
    assert "Endurance" in (tmp_path / "r.html").read_text()


def test_goods_of_which_nobody_says_what_enters_last_or_are_unknown_and_never_surely_fail(tmp_path):
    """Ten tonnes of spares, one used a day: enough for eight days, and for twenty unknown."""
    for days, verdict in ((8, "holds"), (20, "unknown")):
        folder = write_shield(tmp_path / f"spares{days}")
        text = (folder / "shield.toml").read_text()
        spares = f"""
[[supply.stocks]]
node = "Tanks"
goods = "spares"
amount_t = {{ value = 10, kind = "fact", source = "test" }}
use_t_per_day = {{ value = 1, kind = "fact", source = "test" }}

[[requirements.stock]]
name = "spares stay"
node = "Tanks"
goods = "spares"
days = {days}
"""
        (folder / "shield.toml").write_text(text + spares)
        told = run("sustain", folder, *FEW, "--no-sizes", "--json").document
        answer = next(one for one in told["requirements"] if one["name"] == "spares stay")
        assert answer["verdict"] == verdict
        assert any("what enters at Tanks is unknown" in one for one in told["cautions"])
