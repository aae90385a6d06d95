"""Published operations beside the model: what docs/validation.md says is what is computed."""

import dataclasses
import itertools
import json
import math
import re
import tomllib
from pathlib import Path

import pytest
import validate
from validation import published
from validation.answers import QUANTITIES, Settings, answer, judge, plan_of
from validation.page import page
from validation.published import CASES, MARKS, read_case, read_cases

from airshield.errors import UsageError
from airshield.plan.patrol import Interval

ROOT = Path(__file__).parents[2]
FEW = Settings(runs=48, draws=0, seed=7, threads=1)
NUMBER = r"-?\d[\d,]*\.?\d*(?:e[+-]\d+)?"


@pytest.fixture(scope="module")
def few():
    """All answers at few runs with other random numbers than those of the page."""
    return [answer(case, ask, FEW) for case in read_cases() for ask in case.asks]


@pytest.fixture(scope="module")
def written():
    return (ROOT / "docs/validation.md").read_text(encoding="utf-8")


def rows_of(text):
    """The table's cells, row by row."""
    table = text[text.index("| case | what |") :]
    lines = itertools.takewhile(lambda line: line.startswith("|"), table.splitlines())
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines][2:]


def numbers(cell):
    return [float(n.replace(",", "")) for n in re.findall(NUMBER, cell)]


def test_every_figure_of_the_page_is_computed_again_at_few_runs(few, written):
    rows = rows_of(written)
    assert [row[0] for row in rows] == [f"`{one.case.name}`" for one in few]
    for row, one in zip(rows, few, strict=True):
        model, *half = numbers(row[4])
        if one.ask.quantity.startswith("fleet"):
            assert abs(model - one.model.value) <= max(1.0, 0.05 * model), row
        else:
            # Three standard errors of both, and the page's three digits.
            error = 1.5 * math.hypot(one.model.half, *half) + 6e-3 * abs(model) + 5e-4
            assert abs(model - one.model.value) <= error, row
        for cell, value in ((row[6], one.formula), (row[7], one.bound)):
            assert numbers(cell) == ([] if math.isnan(value) else pytest.approx([value], rel=6e-3))


def test_the_verdicts_of_the_page_follow_from_its_own_figures(few, written):
    for row, one in zip(rows_of(written), few, strict=True):
        (model, *_), low_high = numbers(row[4]), numbers(row[5])
        low, high = low_high or (model, model)
        verdict = judge(one.ask, model, low, high)
        assert row[9].strip("*") == verdict, row
        assert numbers(row[8])[0] == pytest.approx(model / one.ask.published.value, rel=8e-3)


def test_the_rest_of_the_page_is_what_the_cases_say(few, written):
    # All but the figures that take many runs: those are held above.
    again = page(few, draws=Settings().draws)

    def words(text):
        head, tail = text.split("| case | what |")
        body = tail[tail.index("## Taken together") :]
        kept = [line for line in body.splitlines() if not line.startswith("**The model**")]
        head = re.sub(r"\d+ agree, \d+ in range, \d+ kept, \d+ missed", "", head)
        return head.splitlines() + [re.sub(r"from \d+% to \d+%", "", line) for line in kept]

    assert words(written) == words(again)


def test_the_page_counts_its_verdicts_and_hides_no_miss(written):
    counted = [row[9] for row in rows_of(written) if not row[9].startswith("*")]
    told = re.search(r"(\d+) agree, (\d+) in range, (\d+) kept, (\d+) missed", written).groups()
    order = ("agrees", "in range", "kept", "MISS")
    assert [int(n) for n in told] == [counted.count(verdict) for verdict in order]
    assert counted.count("MISS") >= 1
    for case in read_cases():
        assert case.why, f"{case.name} gives no reason"


def test_nothing_simulated_beats_the_linear_programme(few):
    for one in few:
        if not math.isnan(one.bound) and one.ask.quantity in ("sorties_a_day", "hours_a_day"):
            # One sortie of each aircraft more or less in 25 days lies at the ends.
            ends = one.case.inputs["aircraft"].value / 25.0
            if one.ask.quantity == "hours_a_day":
                ends *= one.case.inputs["sortie_h"].value
            assert one.model.value <= one.bound + ends
        if one.ask.quantity.startswith("fleet"):
            assert one.model.value >= one.bound - 1e-9


def test_rands_worked_example_comes_out_by_formula_and_by_simulation(few):
    # Appendix B, page 84: 2 h of flight, 3 h of turnaround, 3.4 h + 0.68 × 2 h = 24 h over 9.76 h.
    form, simulated = (one.model for one in few if one.case.name == "rand_appendix_b")
    assert form.value == pytest.approx(24.0 / 9.76, rel=1e-12)
    assert abs(simulated.value - 24.0 / 9.76) <= 1.5 * simulated.half


def test_an_airlift_is_one_load_for_each_that_can_go_and_each_cycle(few):
    given = tomllib.loads((CASES / "berlin_airlift.toml").read_text())["inputs"]
    flights, away_h, home_h = 413_000 / 194_531, given["turn_away_h"], given["turn_home_h"]
    cycle_h = flights + away_h["value"] + home_h["value"]
    want = 128 * given["load_t"]["value"] * 24.0 / cycle_h
    found = next(one for one in few if one.case.name == "berlin_airlift")
    assert found.model.value == pytest.approx(want, rel=1e-6)


def test_figures_in_the_reasons_are_computed_too():
    def ask(name, quantity, **other):
        values = {
            key: figure.value for key, figure in read_case(CASES / f"{name}.toml").inputs.items()
        }
        return QUANTITIES[quantity].of({**values, **other}, 400, FEW).value

    # e7: three man it nine tenths of the time; afghan: 9.7 h with three, 9.6 h at 80 %.
    assert ask("e7_resilient_fleet", "cover", aircraft=3) == pytest.approx(0.90, abs=0.01)
    assert ask("afghan_assist", "hours_a_day", aircraft=3) == pytest.approx(9.7, abs=0.06)
    assert ask("afghan_assist", "hours_a_day", readiness=0.8) == pytest.approx(9.6, abs=0.08)
    # triton: four and five at 2,000 nmi, three and four half as far.
    fleets = [
        ask("triton_orbit", quantity, transit_h=transit_h)
        for transit_h in (6.4, 3.2)
        for quantity in ("fleet_mean", "fleet_worst")
    ]
    assert fleets == [4, 5, 3, 4]
    # elf_one: four man the orbit all but two hours in a hundred.
    assert ask("elf_one", "cover") == pytest.approx(0.98, abs=0.005)
    # berlin_stocks: in November (days 130 to 159), and not at all with a tenth less.
    assert 130 <= ask("berlin_stocks", "held_days") < 160
    assert ask("berlin_stocks", "held_days", need_t_day=0.9 * 5009) == 239


@pytest.mark.parametrize(
    ("compare", "model", "low", "high", "want"),
    [
        ("equals", 10.0, 10.0, 10.0, "agrees"),
        ("equals", 11.9, 11.9, 11.9, "agrees"),
        ("equals", 12.1, 12.1, 12.1, "MISS"),
        ("equals", 12.1, 9.0, 13.0, "in range"),
        ("equals", 7.0, 6.0, 9.9, "MISS"),
        ("at most", 10.0, 1.0, 99.0, "kept"),
        ("at most", 9.9, 1.0, 99.0, "MISS"),
    ],
)
def test_the_verdict_is_by_distance_then_by_range(compare, model, low, high, want):
    figure = published.Figure(value=10.0, low=10.0, high=10.0, source="s")
    ask = published.Ask(quantity="sorties_a_day", compare=compare, published=figure, foreseen=10.0)
    assert judge(ask, model, low, high) == want


def test_a_published_range_is_as_good_as_its_nearest_end():
    figure = published.Figure(value=4.0, low=4.0, high=6.0, source="s")
    ask = published.Ask(quantity="fleet_mean", compare="equals", published=figure, foreseen=4.0)
    assert judge(ask, 7.0, 7.0, 7.0) == "agrees"
    assert judge(ask, 8.0, 8.0, 8.0) == "MISS"


def test_every_figure_has_a_source_and_every_assumption_a_range():
    for case in read_cases():
        used = {figure.source for figure in case.inputs.values()}
        used |= {ask.published.source for ask in case.asks}
        assert used == set(case.sources), case.name
        for source in case.sources.values():
            assert source.mark in MARKS
            assert source.url or source.mark in ("assumption", "from memory"), case.name
        for ask in case.asks:
            assert case.sources[ask.published.source].mark != "assumption", case.name


TOML = """
title = "A case"
says = "Something was flown."
[inputs]
aircraft = { value = 3, source = "them" }
sortie_h = { value = 6, source = "them" }
readiness = { value = 0.8, low = 0.7, high = 0.9, source = "ours" }
down_h = { value = 24, low = 8, high = 72, source = "ours" }
turnaround_h = { value = 2, low = 1, high = 3, source = "ours" }
[[asks]]
quantity = "hours_a_day"
published = { value = [720, 30], source = "them" }
foreseen = 24
[sources.them]
title = "A report"
year = "2001"
mark = "found"
url = "https://example.org"
[sources.ours]
title = "No source"
year = ""
mark = "assumption"
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("sortie_h", "sorties_h", "'sorties_h' is not known"),
        ("value = 6,", "value = -6,", "put them in order"),
        ("low = 0.7, high = 0.9", "low = 0.9, high = 0.7", "put them in order"),
        ('24, low = 8, high = 72, source = "ours"', '24, source = "ours"', "needs a range"),
        ('mark = "found"', 'mark = "sure"', "one of found"),
        ('source = "them" }\nforeseen', 'source = "they" }\nforeseen', "no source 'they'"),
        ("[720, 30]", "[720, 0]", "divides by nothing"),
        ("value = [720, 30]", 'value = "24"', "is no number"),
        ("foreseen = 24", "", "foreseen is lacking"),
        ("foreseen = 24", 'foreseen = 24\nafter = "later"', "after and given go together"),
        ("foreseen = 24", 'foreseen = 24\ncompare = "about"', "one of equals, at most"),
        ("turnaround_h =", "repair_h =", "the same hours would count twice"),
        ('quantity = "hours_a_day"', 'quantity = "sorties_an_hour"', "'sorties_an_hour'"),
        ("aircraft = { value = 3", "needed = { value = 3", "takes the inputs aircraft"),
        ("[[asks]]", "[asks]", "asks"),
        ('title = "A case"', "title = ", "not TOML"),
    ],
)  # fmt: skip
def test_a_bad_case_is_refused_with_the_place_and_the_remedy(tmp_path, old, new, told):
    path = tmp_path / "bad.toml"
    assert old in TOML
    path.write_text(TOML.replace(old, new, 1))
    with pytest.raises(UsageError, match=r"bad\.toml") as caught:
        read_case(path)
    assert told in str(caught.value)


def test_a_case_from_elsewhere_is_judged_by_the_same_command(tmp_path, monkeypatch, capsys):
    path = tmp_path / "theirs.toml"
    path.write_text(TOML)
    argv = ["validate.py", "--runs", "40", "--draws", "5", "--threads", "1", "--json", str(path)]
    monkeypatch.setattr("sys.argv", argv)
    assert validate.main() == 0
    (row,) = json.loads(capsys.readouterr().out)
    # One aircraft aloft, from three: near the 24 h of flying a day that were published, not above.
    assert row["verdict"] == "agrees"
    assert 22.0 < row["model"] < 24.0
    assert row["range_low"] <= row["range_high"] <= 24.0
    assert row["foreseen"] == row["published"] == 24.0


def test_a_file_that_is_not_there_is_told_and_not_a_traceback(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["validate.py", "nowhere.toml"])
    assert validate.main() == 2
    assert "nowhere.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "aircraft =",
            'transit_h = { value = 4, source = "them" }\naircraft =',
            "no time on station",
        ),
        ("hours_a_day", "fleet_mean", "no number of aircraft"),
    ],
)
def test_what_cannot_be_is_told_and_gets_no_number(tmp_path, monkeypatch, capsys, old, new, told):
    crews = 'crews_per_aircraft = { value = 0, source = "them" }\naircraft ='
    path = tmp_path / "cannot.toml"
    path.write_text(TOML.replace(old, new, 1).replace("aircraft =", crews, 1))
    monkeypatch.setattr("sys.argv", ["validate.py", "--draws", "0", "--runs", "4", str(path)])
    assert validate.main() == 2
    out, err = capsys.readouterr()
    assert told in err
    assert "cannot: " in err
    assert out == ""


def test_missions_are_wanted_evenly_and_must_not_overlap():
    values = {"sortie_h": 8.0, "transit_h": 1.0, "missions_a_day": 3}
    (station,) = plan_of(values).stations
    assert station.stay_s == 6.0 * 3600.0
    assert station.hours[:3] == ((7200.0, 28800.0), (36000.0, 57600.0), (64800.0, 86400.0))
    with pytest.raises(UsageError, match="overlap"):
        plan_of({**values, "missions_a_day": 5})


def test_crews_that_are_given_hold_the_flying_down():
    values = {"aircraft": 4, "sortie_h": 8.0, "turnaround_h": 2.0, "at_once": 4}
    free = QUANTITIES["sorties_a_day"].of(values, 4, FEW).value
    # Two crews for four aircraft, 8 h in the air and 16 h of rest: one flight a day each.
    crewed = {**values, "crews_per_aircraft": 0.5, "rest_h": 16.0}
    held = QUANTITIES["sorties_a_day"].of(crewed, 4, FEW).value
    assert held == pytest.approx(2.0, abs=0.1)
    assert free > 6.0


def test_an_answer_does_not_depend_on_who_asked_before():
    case = read_case(CASES / "e7_resilient_fleet.toml")
    settings = dataclasses.replace(FEW, draws=6)
    first = answer(case, case.asks[0], settings)
    answer(read_case(CASES / "triton_orbit.toml"), first.ask, settings)
    assert answer(case, case.asks[0], settings) == first
    assert isinstance(first.model, Interval)
