"""What a shield says for planning comes in whole, in SI, with sources; what is wrong is told."""

import math
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airshield.config import SHIELD_FILE, load_shield, plan_notes, radar_types, unknown_figures
from airshield.config.factors import UNITS, unit_of
from airshield.errors import ShieldError

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ["carpathians", "ukraine", "sky-shield"]


@pytest.fixture(scope="session")
def loaded():
    return {name: load_shield(EXAMPLES / name) for name in NAMES}


@pytest.fixture
def ukraine(tmp_path):
    """A copy of the largest shield that a test may spoil."""
    return Path(shutil.copytree(EXAMPLES / "ukraine", tmp_path / "ukraine"))


def spoil(folder, file, old, new):
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems_of(folder):
    with pytest.raises(ShieldError) as caught:
        load_shield(folder)
    return caught.value.problems


@pytest.mark.parametrize("name", NAMES)
def test_every_planning_example_is_whole_and_says_that_it_is_illustrative(loaded, name):
    shield = loaded[name]
    assert shield.name == name
    assert "llustrative" in shield.about
    assert len(shield.plan.requirements)
    assert shield.plan.people
    assert "CC BY 4.0" in (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    assert any(who.kind == "enabler" for who in shield.contributors)


def test_sky_shield_has_the_120_fighters_of_the_proposal_and_none_are_the_enablers(loaded):
    shield = loaded["sky-shield"]
    fighters = [fleet for fleet in shield.plan.fleets if fleet.aircraft == "Fighter"]
    enablers = {who.name for who in shield.contributors if who.kind == "enabler"}
    assert sum(fleet.count for fleet in fighters) == 120
    assert not enablers & {fleet.contributor for fleet in fighters}
    assert sum("nuclear" in site.name for site in shield.sites) == 3


def test_the_border_of_ukraine_is_the_recognised_one(loaded):
    import shapely
    from pyproj import Geod

    area = next(area.area for area in loaded["ukraine"].plan.areas if area.name == "Ukraine")
    m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(shapely.normalize(area))
    assert abs(m2) == pytest.approx(603_550e6, rel=0.01)  # km² that the state gives
    assert shapely.contains_xy(area, 34.10, 44.95)  # Simferopol
    assert shapely.contains_xy(area, [24.02, 36.25, 37.80], [49.84, 49.98, 48.02]).all()
    assert not shapely.contains_xy(area, [21.0, 26.1, 28.86], [52.2, 44.4, 47.01]).any()


def test_factors_come_in_si_with_kind_range_and_source(loaded):
    fighter = next(a for a in loaded["ukraine"].plan.aircraft if a.name == "Fighter")
    assert fighter.cruise_mps.value == pytest.approx(257.2, abs=0.05)  # 500 kt
    assert fighter.turnaround_s.value == 125 * 60.0
    assert (fighter.turnaround_s.low, fighter.turnaround_s.high) == (7500.0, 10800.0)
    assert fighter.burn_kgps.value == pytest.approx(1600.0 / 3600.0)
    assert fighter.crews_per_aircraft.kind == "assumption"
    assert "RAND" in fighter.turnaround_s.source
    edge = loaded["ukraine"].plan.edges[0]
    assert edge.capacity_kgps.value == pytest.approx(1500.0 * 1000.0 / 86400.0)


def test_what_keeps_aircraft_flying_comes_in_si(loaded):
    plan = loaded["ukraine"].plan
    fighter = next(a for a in plan.aircraft if a.name == "Fighter")
    hours = {"readiness_month_s": 20, "down_s": 72, "grounded_s": 240, "rest_s": 12, "duty_s": 8}
    for key, count in hours.items():
        assert getattr(fighter, key).value == count * 3600.0, key
    assert fighter.grounded_share.value == 0.01
    assert (fighter.turnaround_cv.value, fighter.repair_cv.value) == (0.2, 1.0)
    assert fighter.losses_per_million_h.value == 27.0
    alert = next(f for f in plan.fleets if f.on_alert)
    assert (alert.scrambles_per_day.value, alert.scramble_s.value) == (0.2, 1.5 * 3600.0)
    assert alert.docks is None
    response = plan.requirements.response[0]
    assert (response.area, response.share, response.within_s) == ("West and centre", 0.9, 1800.0)


def test_what_could_be_brought_says_what_it_is_like(loaded):
    options = {option.name: option for option in loaded["ukraine"].plan.options}
    tankers = options["Two more common tankers at Powidz"]
    assert (tankers.kind, tankers.count, tankers.base, tankers.most) == ("fleet", 2, "Powidz", 4)
    assert tankers.cost_per_month.value == 4e6
    assert tankers.lead_s.value == 180 * 86400.0
    assert options["A radar at Budjak"].kind == "radar"
    train = options["A second train to Lublin"]
    assert (train.kind, train.like) == ("edge", "Warsaw railhead to Lublin fuel")
    assert train.capacity_kgps.value == pytest.approx(500e3 / 86400.0)
    assert {option.kind for option in loaded["sky-shield"].plan.options} == {
        *("fleet", "radar", "edge")
    }


def test_an_option_like_two_things_asks_which(ukraine):
    spoil(ukraine, "radars.csv", "Cherkasy", "Warsaw railhead to Lublin fuel")
    (problem,) = problems_of(ukraine)
    assert problem.what == "'Warsaw railhead to Lublin fuel' is radar and edge"
    assert problem.remedy == "give one another name"


OFFLOAD = 'offload_points = [[0, 60], [1000, 52.5]]\noffload_source = "us"'


def test_what_a_tanker_gives_may_depend_on_how_far_it_flies(ukraine):
    spoil(ukraine, SHIELD_FILE, 'offload_t = "tanker offload"', OFFLOAD)
    tanker = next(a for a in load_shield(ukraine).plan.aircraft if a.name == "Tanker")
    assert tanker.offload_points == ((0.0, 60_000.0), (1e6, 52_500.0))
    assert (tanker.offload_kg, tanker.offload_source) == (None, "us")


def test_points_of_offload_may_stand_in_a_cell(ukraine):
    text = (ukraine / SHIELD_FILE).read_text(encoding="utf-8")
    tables = text[text.index("[[aircraft]]") : text.index("[[stations]]")]
    (ukraine / SHIELD_FILE).write_text(
        text.replace(tables, "").replace("options =", 'aircraft = "aircraft.csv"\noptions ='),
        encoding="utf-8",
    )
    rows = [
        "name,role,cruise_kt,sortie_h,turnaround_h,offload_points,offload_source",
        "Fighter,patrol,fighter cruise,fighter sortie,fighter turnaround,,",
        "Airborne radar,airborne_radar,tanker cruise,tanker sortie,tanker turnaround,,",
        "Tanker,tanker,tanker cruise,tanker sortie,tanker turnaround,0 60; 1000 52.5,us",
        "Drone,drone,drone cruise,drone endurance,drone turnaround,,",
    ]
    (ukraine / "aircraft.csv").write_text("\n".join(rows), encoding="utf-8")
    tanker = load_shield(ukraine).plan.aircraft[2]
    assert tanker.offload_points == ((0.0, 60_000.0), (1e6, 52_500.0))
    spoil(ukraine, "aircraft.csv", "1000 52.5", "1000 52.5 7")
    (problem,) = problems_of(ukraine)
    assert "line 4, offload_points" in problem.where


def test_a_station_that_no_fleet_can_man_is_noted_and_no_mistake(ukraine, loaded):
    assert plan_notes(loaded["ukraine"].plan) == ()
    path = ukraine / "fleets.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    left = [row for row in rows if ",Tanker," not in row and ",Drone," not in row]
    path.write_text("".join(left), encoding="utf-8")
    path = ukraine / "options.csv"
    rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    left = [row for row in rows if "tankers" not in row and "drones" not in row]
    path.write_text("".join(left), encoding="utf-8")
    notes = plan_notes(load_shield(ukraine).plan)
    assert [re.findall(r"'(.*)'.*role (\w+)", note) for note in notes] == [
        [("Border watch", "drone")],
        [("Track Poland", "tanker")],
        [("Track Romania", "tanker")],
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_assumption_without_a_range_and_no_factor_without_a_source(loaded, name):
    for factor in loaded[name].plan.factors:
        assert factor.source
        if factor.kind == "assumption":
            assert factor.low < factor.high
            assert factor.low <= factor.value <= factor.high
    assert len({factor.name for factor in loaded[name].plan.factors}) == len(
        loaded[name].plan.factors
    )


def test_a_radar_of_the_catalogue_has_its_figures_and_says_whose_they_are(loaded):
    radar = next(r for r in loaded["carpathians"].plan.radars if r.name == "Pilsko")
    assert radar.rng_max_m == 250_000.0
    assert radar.turn_s == 2.0
    assert radar.origins["rng_max_m"] == "Hensoldt release of 3 May 2024 (checked)"
    assert "recall" in radar.origins["turn_s"]
    assert "ref_rng_m" not in radar.origins  # written by hand
    assert radar.sensor is None
    assert radar.ground_msl_m is None


def test_a_written_figure_goes_before_a_published_one(tmp_path):
    folder = Path(shutil.copytree(EXAMPLES / "carpathians", tmp_path / "c"))
    spoil(folder, SHIELD_FILE, 'type = "TRML-4D"', 'type = "TRML-4D"\nrng_max_m = 90000.0')
    radar = next(r for r in load_shield(folder).plan.radars if r.name == "Pilsko")
    assert radar.rng_max_m == 90_000.0
    assert "rng_max_m" not in radar.origins


def test_only_radars_with_codes_are_watched_and_candidates_never(loaded):
    shield = loaded["carpathians"]
    assert [radar.name for radar in shield.radars] == ["Leskowiec"]
    assert len(shield.plan.radars) == 4
    assert shield.radars[0].antenna_hae_m == 913.0 + 25.0 + 42.0
    assert not loaded["ukraine"].radars


def test_what_nobody_published_is_told_as_unknown(loaded):
    unknown = unknown_figures(loaded["ukraine"].plan)
    assert "elv_max_deg" in unknown["Volyn"]
    assert "rng_max_m" not in unknown["Volyn"]


def test_every_figure_of_the_catalogue_is_a_key_within_its_bounds_and_has_a_source():
    from airshield.config.toml_file import RadarTable

    place = {"name": "x", "contributor": "y", "lat_deg": 0.0, "lon_deg": 0.0, "antenna_agl_m": 1.0}
    for name, figures in radar_types().items():
        values = {key: figure.value for key, figure in figures.items() if figure.value is not None}
        RadarTable.model_validate({**place, **values, "type": name})
        for figure in figures.values():
            assert figure.source
            assert (figure.value is None) == (figure.low is not None)
            assert figure.low is None or figure.low < figure.high


def test_figures_of_a_radar_that_belong_together_are_asked_for_together(tmp_path):
    folder = Path(shutil.copytree(EXAMPLES / "carpathians", tmp_path / "c"))
    spoil(folder, SHIELD_FILE, "ref_pfa = 1e-6", "prf_hz = [800.0, 1000.0]\nazm_from_deg = 350.0")
    where = {problem.where.rsplit(", ", 1)[-1] for problem in problems_of(folder)}
    assert where == {"ref_pfa", "azm_to_deg", "freq_hz"}


def test_a_type_that_publishes_no_range_needs_one(tmp_path):
    folder = Path(shutil.copytree(EXAMPLES / "carpathians", tmp_path / "c"))
    spoil(folder, SHIELD_FILE, 'type = "TRML-4D"', 'type = "AN/TPS-80"')
    (problem,) = problems_of(folder)
    assert problem.what == "rng_max_m is missing"
    assert "nobody published it for AN/TPS-80" in problem.remedy
    spoil(folder, SHIELD_FILE, 'type = "AN/TPS-80"', 'type = "STAR 2000"')
    (problem,) = problems_of(folder)
    assert "only 111120 to 185200" in problem.remedy


MISTAKES = [
    (SHIELD_FILE, 'role = "patrol"', 'role = "patroll"', r"line \d+, aircraft 1, role", "patrol"),
    (
        SHIELD_FILE,
        'readiness = "fighter readiness"',
        "readiness = 0.6",
        r"line \d+, aircraft 1, readiness",
        "factors.csv",
    ),
    (
        SHIELD_FILE,
        'readiness = "fighter readiness"',
        'readiness = { value = 0.6, kind = "assumption", source = "us" }',
        r"line \d+, aircraft 1, readiness",
        "add low and high",
    ),
    (
        SHIELD_FILE,
        'readiness = "fighter readiness"',
        'readiness = { value = 0.6, kind = "fact", low = 0.7, high = 0.5, source = "us" }',
        r"line \d+, aircraft 1, readiness",
        "swap them",
    ),
    (
        SHIELD_FILE,
        'readiness = "fighter readiness"',
        'readiness = { value = 60, kind = "fact", source = "us" }',
        r"line \d+, aircraft 1, readiness",
        "0 to 1",
    ),
    (
        SHIELD_FILE,
        'readiness = "fighter readiness"',
        'readiness = { value = 0.6, kind = "guess", source = "us" }',
        r"line \d+, aircraft 1, readiness, kind",
        "assumption",
    ),
    (
        SHIELD_FILE,
        'readiness = "fighter readiness"',
        'readiness = { value = 0.6, source = "us" }',
        r"line \d+, aircraft 1, readiness",
        "kind =",
    ),
    (
        SHIELD_FILE,
        'readiness = "fighter readiness"',
        'readiness = "fihgter readiness"',
        r"line \d+, aircraft 1, readiness",
        "did you mean 'fighter readiness'",
    ),
    (
        SHIELD_FILE,
        'readiness = "fighter readiness"',
        'readiness = "fighter burn"',
        r"line \d+, aircraft 1, readiness",
        "readiness takes 1",
    ),
    (
        SHIELD_FILE,
        'cost_full_per_h = "fighter cost"',
        'cost_full_per_h = "fighter burn"',
        r"line \d+, aircraft 1, cost_full_per_h",
        "currency",
    ),
    (
        SHIELD_FILE,
        'currency = "USD"',
        'currency = "EUR"',
        r"aircraft 1, cost_full_per_h",
        "currency",
    ),
    (SHIELD_FILE, 'currency = "USD"', 'currency = "dollars"', r"line \d+, currency", "EUR, USD"),
    (
        SHIELD_FILE,
        'tankers = ["Track Poland"]',
        'tankers = ["Track Polnad"]',
        r"line \d+, stations 1, tankers",
        "did you mean 'Track Poland'",
    ),
    (SHIELD_FILE, "terrain = []", 'terrain = ["dem/*.tif"]', r"line \d+, terrain", "put one there"),
    (SHIELD_FILE, 'earth_k = "4/3"', 'earth_k = "5/3"', r"line \d+, earth_k", "worst"),
    (SHIELD_FILE, '"cruise_missile_like"', '"cruise missile"', r"cover 3, target", "class of"),
    (SHIELD_FILE, 'fleets = "fleets.csv"', 'fleets = "fleet.csv"', r"line \d+, fleets", "name one"),
    (SHIELD_FILE, 'nodes = "nodes.csv"', 'nods = "nodes.csv"', r"supply, nods", "'nodes'"),
    (
        SHIELD_FILE,
        'area = "Ukraine"',
        'area = "Ukrane"',
        r"line \d+, requirements, cover 1, area",
        "did you mean 'Ukraine'",
    ),
    (
        SHIELD_FILE,
        "hgt_msl_m = 3000.0\ntarget",
        "hgt_msl_m = 3000.0\nhgt_agl_m = 3.0\ntarget",
        r"line \d+, requirements, cover 1",
        "not both",
    ),
    (
        SHIELD_FILE,
        'station = "Kyiv"',
        'station = "Kiev"',
        r"requirements, station 2, station",
        "did you mean 'Kyiv'",
    ),
    ("fleets.csv", "Poland,Fighter", "Polnad,Fighter", r"line 3, contributor", "'Poland'"),
    ("fleets.csv", ",Fighter,", ",Figther,", r"line 2, aircraft", "'Fighter'"),
    ("fleets.csv", "base,count", "base,cuont", r"line 1, column 5", "did you mean 'count'"),
    ("fleets.csv", "r,Łask,", "r,Łask,many", r"line 3, count", "how many aircraft"),
    ("fleets.csv", "r,Łask,", "r,Łask,1.", r"line 3, count", "how many aircraft"),
    ("fleets.csv", ",2,alert calls", ",900,alert calls", r"line 2, on_alert", "swap or mend"),
    ("fleets.csv", "alert flight", "alert flight,9", r"line 2", "double quotes"),
    ("fleets.csv", "r,Łask,", 'r,Łask,"', r"line \d+", "CSV"),
    ("bases.csv", "50.11,22.019", "22.019,50.11", r"line 2, lat_deg", "swap"),
    ("bases.csv", "Rzeszów fuel", "Rzeszow fule", r"line 2, node", "'Rzeszów fuel'"),
    ("bases.csv", ",runway movements,", ",20,", r"line 2, movements_per_h", "factors file"),
    (
        "edges.csv",
        "Gdańsk port,Powidz depot,rail",
        "Gdańsk port,Gdańsk port,rail",
        "line 2",
        "another node",
    ),
    ("stocks.csv", "Powidz depot,jet", "Gdańsk port,jet", r"line 3, goods", "add the two up"),
    ("radars.csv", "TRML-4D", "TRML-4E", r"line 4, type", "did you mean 'TRML-4D'"),
    ("radars.csv", ",true,12,", ",maybe,12,", r"line 2, has_secondary", "true or false|write one"),
    ("radars.csv", "Volyn,", "Lviv heights,", r"line 3, name", "name of its own"),
    ("people.csv", "2952301", "-5", r"line 2, people", "how many live there"),
    ("people.csv", "name,lat_deg", "name,latitude", r"line 1", "lat_deg"),
    ("fleets.csv", ",2,alert calls", ",0,alert calls", r"line 2, scrambles_per_day", "on_alert"),
    (
        "fleets.csv",
        "alert calls,alert flight",
        "alert calls,",
        r"line 2, scramble_h",
        "mean flight",
    ),
    ("fleets.csv", "alert calls,alert flight", ",alert flight", r"scrambles_per_day", "number of"),
    (
        SHIELD_FILE,
        'grounded_h = "fighter grounding length"\n',
        "",
        r"grounded_h",
        "such a grounding",
    ),
    (
        SHIELD_FILE,
        'crews_per_aircraft = "fighter crews"',
        'crews_per_aircraft = { value = 0, kind = "fact", source = "us" }',
        r"line \d+, aircraft 1, crews_per_aircraft",
        "crews of each aircraft",
    ),
    (
        SHIELD_FILE,
        'readiness = "fighter readiness"',
        'readiness = { value = 0.1, kind = "assumption", low = 0, high = 0.5, source = "us" }',
        r"line \d+, aircraft 1, readiness",
        "mend the factor",
    ),
    (
        SHIELD_FILE,
        'offload_t = "tanker offload"',
        f'{OFFLOAD}\noffload_t = "tanker offload"',
        r"aircraft 3",
        "keep one",
    ),
    (
        SHIELD_FILE,
        'offload_t = "tanker offload"',
        OFFLOAD.replace("[0,", "[2000,"),
        r"aircraft 3",
        "farther than the one before",
    ),
    (
        SHIELD_FILE,
        'offload_t = "tanker offload"',
        OFFLOAD.replace("[0,", "[-2,"),
        r"aircraft 3",
        "from 0 km on",
    ),
    (SHIELD_FILE, 'offload_t = "tanker offload"', OFFLOAD.replace(" 60", " -6"), "aircraft 3", "0"),
    (
        SHIELD_FILE,
        'offload_t = "tanker offload"',
        OFFLOAD.split("\n", maxsplit=1)[0],
        r"aircraft 3",
        "add offload_source",
    ),
    (SHIELD_FILE, "minutes = 30.0", "minutes = 0", r"response 1, minutes", "to identify"),
    (
        SHIELD_FILE,
        "minutes = 30.0",
        "hours = 0.5",
        r"response 1, (hours|minutes)",
        "to identify|known",
    ),
    (
        "options.csv",
        "Multinational tankers: tankers at Eindhoven,2",
        "Multinational tankers: tankers at Powidz,2",
        r"line 2, like",
        "did you mean",
    ),
    ("options.csv", ",2,Powidz,", ",2,Powids,", r"line 2, base", "'Powidz'"),
    ("options.csv", "Budjak,,", "Budjak,2,", r"line \d+, count", "leave it out"),
    ("options.csv", "Budjak,,,,,", "Budjak,,,,3,", r"line \d+, most", "leave it out"),
    ("options.csv", "Budjak,,,", "Budjak,,Łask,", r"line \d+, base", "leave it out"),
    ("options.csv", "Budjak,,,,", "Budjak,,,train a day,", r"capacity_t_per_day", "leave it out"),
    ("options.csv", ",,,train a day,", ",,,,", r"line \d+, capacity_t_per_day", "how much more"),
    ("options.csv", "train, cost", "train, lead", r"line \d+, cost_per_month", "currency"),
    ("factors.csv", "1.8,h,assumption,1.25,2.3", "1.8,h,assumption,,", r"line 3", "add low and"),
    ("factors.csv", "1.8,h,", "1.8,hours,", r"line 3", "known are|did you mean"),
    ("factors.csv", "fighter sortie", "fighter cruise", r"line 3, name", "name of its own"),
    ("sites.geojson", "[24.0232, 49.8383]", "[49.8383, 24.0232]", "site 'Lviv'", "swap"),
    ("areas.geojson", '"name": "Ukraine"', '"nmae": "Ukraine"', r"feature 1", "'name'"),
]


@pytest.mark.parametrize(("file", "old", "new", "where", "remedy"), MISTAKES)
def test_a_mistake_is_told_with_file_line_field_and_remedy(ukraine, file, old, new, where, remedy):
    spoil(ukraine, file, old, new)
    found = problems_of(ukraine)
    told = [
        problem
        for problem in found
        if re.search(where, problem.where) and re.search(remedy, problem.remedy)
    ]
    assert told, [str(problem) for problem in found]
    assert any(Path(problem.file).name == file for problem in told)


def test_one_mistake_does_not_make_ten(ukraine):
    spoil(ukraine, "fleets.csv", "r,Łask,", "r,Łask,many")
    assert len(problems_of(ukraine)) == 1


def test_mistakes_in_several_files_are_told_together_in_the_order_of_the_files(ukraine):
    spoil(ukraine, SHIELD_FILE, 'area = "Ukraine"', 'area = "Ukrane"')
    spoil(ukraine, "fleets.csv", "Poland,Fighter", "Polnad,Fighter")
    spoil(ukraine, "zones.geojson", '"no_fly"', '"nofly"')
    files = [Path(problem.file).name for problem in problems_of(ukraine)]
    assert files == [SHIELD_FILE, "fleets.csv", "zones.geojson"]


def test_a_spreadsheet_with_semicolons_and_decimal_commas_is_taken(ukraine):
    path = ukraine / "bases.csv"
    before = load_shield(ukraine).plan.bases
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    text = "\r\n".join(
        ";".join(cell.replace(".", ",") if re.fullmatch(r"[\d.]+", cell) else cell for cell in row)
        for row in rows
    )
    path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n;;;;;;;;\r\n")
    assert ";" in path.read_text(encoding="utf-8")
    assert load_shield(ukraine).plan.bases == before


def test_a_decimal_comma_between_commas_is_told(ukraine):
    spoil(ukraine, "bases.csv", "50.11,22.019", '"50,11",22.019')
    (problem,) = problems_of(ukraine)
    assert "point for the decimals" in problem.remedy


def test_a_table_in_toml_and_one_in_csv_are_the_same(tmp_path):
    folder = Path(shutil.copytree(EXAMPLES / "sky-shield", tmp_path / "s"))
    before = load_shield(folder).plan.stocks
    rows = (folder / "stocks.csv").read_text(encoding="utf-8").splitlines()[1:]
    tables = "".join(
        '\n[[supply.stocks]]\nnode = "{}"\ngoods = "{}"\namount_t = "{}"\n'.format(*row.split(","))
        for row in rows
    )
    spoil(folder, SHIELD_FILE, 'stocks = "stocks.csv"\n', "")
    path = folder / SHIELD_FILE
    path.write_text(path.read_text(encoding="utf-8") + tables, encoding="utf-8")
    assert load_shield(folder).plan.stocks == before


def test_every_text_of_the_shield_is_in_its_digest(ukraine):
    before = load_shield(ukraine).digest
    for file in ("people.csv", "factors.csv", "areas.geojson", "stocks.csv"):
        path = ukraine / file
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        after = load_shield(ukraine).digest
        assert after != before, file
        before = after


def test_units_of_factors_agree_with_independent_constants():
    hour, knot, day = 3600.0, 0.514444, 86400.0
    known = {"kt": knot, "nm": 1852.0, "t/h": 1000 / hour, "t/day": 1000 / day, "km/h": 1 / 3.6}
    for unit, size in known.items():
        assert UNITS[unit][1] == pytest.approx(size, rel=1e-5)
    assert unit_of("capacity_t_per_day") == ("t/day", "capacity_kgps")
    assert unit_of("cost_full_per_h") == ("money/h", "cost_full_per_h")
    assert unit_of("to_air_min") == ("min", "to_air_s")


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    file=st.sampled_from(["fleets.csv", "factors.csv", "bases.csv", "edges.csv", SHIELD_FILE]),
    share=st.floats(0.0, 1.0),
    length=st.integers(0, 15),
    new=st.sampled_from(["", '"', ",", ";", "\n", "9" * 400, "nan", "\x00", "[", "{", "-1", "="]),
)
def test_whatever_is_typed_the_answer_is_a_shield_or_problems(ukraine, file, share, length, new):
    path = ukraine / file
    good = path.read_text(encoding="utf-8")
    at = int(share * len(good))
    path.write_text(good[:at] + new + good[at + length :], encoding="utf-8")
    told = ()
    try:
        load_shield(ukraine)
    except ShieldError as wrong:
        told = wrong.problems
    finally:
        path.write_text(good, encoding="utf-8")
    assert all(problem.where and problem.what and problem.remedy for problem in told)


def test_numbers_are_finite(loaded):
    for shield in loaded.values():
        for factor in shield.plan.factors:
            assert math.isfinite(factor.value)
