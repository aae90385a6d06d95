"""Subsets of radars: what surveys of them alone say, and what remains where radars fail."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from shapely import box

from airshield.errors import UsageError
from airshield.geo.terrain import Terrain, earth_factor
from airshield.plan.coverage.coalitions import (
    CoverGame,
    availability_of,
    draw_states,
    expected_answers,
)
from airshield.plan.coverage.detection import TARGETS, RadarFigures
from airshield.plan.coverage.network import Layer
from airshield.plan.coverage.survey import (
    CoverAsked,
    SightCache,
    SurveyRadar,
    SurveySite,
    SurveyTask,
    WarningAsked,
    survey,
)
from airshield.plan.coverage.warning import Inbound

LOW = Layer(cls="light_aircraft", height_m=300.0, above="ground")
HIGH = Layer(cls="cruise_missile_like", height_m=900.0, above="sea")
AREA = box(19.4, 49.6, 20.6, 50.4)


def radar(name, lat, lon, *, turn_s=4.0, contributor="north", pd_most=0.95, rng_ref_m=60e3, **more):
    figures = RadarFigures(
        name=name, antenna_msl_m=0.0, turn_s=turn_s, rng_ref_m=rng_ref_m, rcs_ref_m2=2.0,
        pd_ref=0.5, rng_min_m=0.0, rng_max_m=80e3, pd_most=pd_most,
    )  # fmt: skip
    where = {"lat_deg": lat, "lon_deg": lon, "antenna_agl_m": 20.0}
    return SurveyRadar(figures=figures, contributor=contributor, **where, **more)


RADARS = (
    radar("a", 50.0, 20.0),
    radar("b", 50.05, 20.35, turn_s=10.0, pd_most=0.7),
    radar("c", 50.2, 20.0, contributor="south"),
    radar("power untold", 49.8, 19.6, contributor="south", is_power_known=False),
    radar("turn untold", 49.8, 20.1, contributor="west", is_turn_known=False),
)


def cover(name, of, share, **more):
    return CoverAsked(name=name, **{"of": of, "layer": LOW, "share": share, **more})


def warning(name, spd_mps, **more):
    target = TARGETS["cruise_missile_like"]
    inbound = Inbound(target=target, spd_mps=spd_mps, hgt_m=300.0, above_ground=True)
    given = {"sites": (), "inbound": inbound, "chain_s": 20.0, **more}
    return WarningAsked(name=name, **given)


ASKED = (
    cover("territory", "territory", 0.8),
    cover("high", "territory", 0.6, layer=HIGH),
    cover("two", "territory", 0.5, radars=2, area=box(19.8, 49.8, 20.3, 50.2)),
    cover("people", "people", 0.7),
    cover("sites", "sites", 1.0),
    cover("less one", "territory", 0.5, without_any_one=True),
    cover("two less one", "people", 0.5, radars=2, without_any_one=True),
    cover("nobody there", "people", 0.5, area=box(19.4, 49.6, 19.41, 49.61)),
)
WARNED = (
    warning("quick", 230.0, share_of_bearings=0.3),
    warning("slow", 60.0),
    warning("one site", 120.0, sites=("town",), share_of_bearings=0.2),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Survey some of the radars; a ridge in the east, unknown ground in the west."""
    folder = tmp_path_factory.mktemp("coalitions")
    west, north, cell = 19.0, 51.0, 1.0 / 120.0
    height = np.full((240, 240), 100.0, np.float32)
    height[:, round(1.2 / cell)] = 800.0
    height[100:140, : round(0.7 / cell)] = -9999.0
    with rasterio.open(
        folder / "ground.tif", "w", driver="GTiff", width=240, height=240, count=1,
        dtype="float32", crs="EPSG:4326", nodata=-9999.0,
        transform=rasterio.Affine(cell, 0.0, west, 0.0, -cell, north),
    ) as out:  # fmt: skip
        out.write(height, 1)
    sites = (
        SurveySite(name="town", lat_deg=50.0, lon_deg=20.05, warning_s=150.0),
        SurveySite(name="east", lat_deg=50.1, lon_deg=20.4, warning_s=100.0),
        SurveySite(name="no hurry", lat_deg=49.7, lon_deg=19.5),
    )

    def made(radars, asked=ASKED, warned=WARNED):
        task = SurveyTask(
            radars=tuple(radars), area=AREA, layers=(LOW,), targets=dict(TARGETS),
            earth=earth_factor("4/3"), step_m=2000.0, sight_step_m=1000.0, pd_least=0.4,
            sites=sites,
            place_lat_deg=np.array([49.7, 50.0, 50.3]), place_lon_deg=np.array([20.5, 20.1, 19.6]),
            place_people=np.array([1e5, 5e4, 1e4]),
        )  # fmt: skip
        terrain = Terrain.open(folder / "ground.tif")
        return survey(task, terrain=terrain, asked=asked, warned=warned, cache=SightCache(folder))

    return made


@pytest.fixture(scope="module")
def game(made):
    return CoverGame(made(RADARS))


def subsets(names):
    return [s for n in range(len(names) + 1) for s in itertools.combinations(names, n)]


def test_the_answers_for_a_subset_are_those_of_a_survey_of_it_alone(made, game):
    verdicts = set()
    for some in [*subsets(game.radars)[::2], game.radars]:
        alone = made([one for one in RADARS if one.name in some])
        got = game.answers(some)
        assert len(got) == len(alone.answers) == len(ASKED) + len(WARNED)
        for one, want in zip(got, alone.answers, strict=True):
            figures = ("low", "high")
            assert replace(one, low=None, high=None) == replace(want, low=None, high=None), some
            for figure in figures:
                assert getattr(one, figure) == pytest.approx(getattr(want, figure), abs=1e-12)
            verdicts.add((one.name, one.verdict))
    # What is asked tells subsets apart: all kinds of answers are among these.
    assert {("high", v) for v in ("holds", "fails", "unknown")} <= verdicts
    assert {("quick", v) for v in ("holds", "fails", "unknown")} <= verdicts
    assert ("nobody there", "unknown") in verdicts


def test_two_radars_of_which_none_is_enough_may_be_enough_together(made):
    weak = [radar(name, 50.0, 20.0, pd_most=0.65) for name in "xy"]
    asked = warning("fast", 230.0, share_of_bearings=0.3)
    found = made(weak, asked=(), warned=(asked,))
    game = CoverGame(found)
    low = {some: game.answers(some)[0].low for some in subsets("xy")}
    assert low[()] == low["x",] == low["y",] == 0.0
    assert low["x", "y"] > 0.3
    assert game.answers("xy") == found.answers


def test_a_slow_radar_that_joins_lengthens_the_window_as_it_does_in_the_survey(made):
    quick = radar("quick", 50.0, 20.05, rng_ref_m=600e3)
    slow = radar("slow", 50.95, 20.95, turn_s=40.0)
    asked = (warning("fast", 300.0, sites=("town",), share_of_bearings=0.3),)
    game = CoverGame(made([quick, slow], asked=(), warned=asked))
    alone, both = game.answers(["quick"])[0], game.answers(["quick", "slow"])[0]
    assert both == made([quick, slow], asked=(), warned=asked).answers[0]
    assert both.low < alone.low


def test_threads_that_ask_at_once_are_told_the_same(made):
    found = made(RADARS)
    some = subsets([one.name for one in RADARS])
    one, many = CoverGame(found), CoverGame(found, threads=2)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(many.answers, some)) == [one.answers(s) for s in some]


def test_radars_go_by_contributor_and_one_that_nobody_surveyed_is_told(game):
    assert game.radars_of({"south", "west"}) == ("c", "power untold", "turn untold")
    with pytest.raises(UsageError, match="no radar 'z' in this survey: a, b"):
        game.answers(["a", "z"])
    with pytest.raises(UsageError, match="no radar 'z'"):
        expected_answers(game, ["a", "z"], {})


UP = {"a": 0.9, "b": 0.7, "c": 0.93, "turn untold": 0.5}


def exactly(game, radars, up):
    """Every state of the radars with its chance: shares of time, means, and 5 % quantiles."""
    uncertain = [name for name in radars if name in up]
    told = []
    for states in itertools.product([True, False], repeat=len(uncertain)):
        chance = 1.0
        there = [name for name in radars if name not in up]
        for name, is_up in zip(uncertain, states, strict=True):
            chance *= up[name] if is_up else 1.0 - up[name]
            there += [name] * is_up
        told.append((chance, game.answers(there)))
    for k in range(len(told[0][1])):
        rows = [(chance, answers[k]) for chance, answers in told]
        holds = sum(chance for chance, answer in rows if answer.verdict == "holds")
        fails = sum(chance for chance, answer in rows if answer.verdict == "fails")
        yield holds, 1.0 - fails, [(answer.low, chance) for chance, answer in rows]


def quantile(figures, share):
    below = 0.0
    for figure, chance in sorted(figures):
        below += chance
        if below >= share:
            return figure
    raise AssertionError("chances add up to one")


def test_draws_tell_what_all_states_of_the_radars_tell(game):
    draws = 20_000
    got = expected_answers(game, game.radars, UP, draws=draws, seed=5)
    for one, (holds, may_hold, low) in zip(got, exactly(game, game.radars, UP), strict=True):
        assert one.holds_share == pytest.approx(holds, abs=4.0 * 0.5 / draws**0.5)
        assert one.may_hold_share == pytest.approx(may_hold, abs=4.0 * 0.5 / draws**0.5)
        assert abs(one.holds_share - holds) <= 2.5 * one.holds_error + 1e-9
        if low[0][0] is None:
            assert one.low is one.low_bad is None
            continue
        mean = sum(figure * chance for figure, chance in low)
        assert one.low == pytest.approx(mean, abs=4.0 * one.low_runs.std() / draws**0.5 + 1e-12)
        # Four standard errors of a share of 5 % to either side.
        off = 4.0 * (0.05 * 0.95 / draws) ** 0.5
        assert quantile(low, 0.05 - off) - 1e-12 <= one.low_bad
        assert one.low_bad <= quantile(low, 0.05 + off) + 1e-12
        assert one.low_bad <= one.low <= one.high
    assert any(0.05 < one.holds_share < 0.95 for one in got)


def test_radars_that_never_fail_hold_always_or_never(game):
    for one, answer in zip(
        expected_answers(game, game.radars, dict.fromkeys(game.radars, 1.0), draws=3),
        game.answers(game.radars),
        strict=True,
    ):
        assert one.holds_share == (answer.verdict == "holds")
        assert one.may_hold_share == (answer.verdict != "fails")
        assert one.low_bad == answer.low
        assert one.holds_error == 0.0


def test_whether_a_radar_is_up_does_not_depend_on_who_else_is_there():
    few = draw_states(["c", "a"], UP, draws=200, seed=3)
    all_of_them = draw_states(["a", "b", "c", "d"], UP, draws=300, seed=3)
    assert (few[:, 0] == all_of_them[:200, 2]).all()
    assert (few[:, 1] == all_of_them[:200, 0]).all()
    assert all_of_them[:, 3].all()  # nobody told how often d is up
    better = draw_states(["b"], {"b": 0.8}, draws=300, seed=3)[:, 0]
    assert (better >= all_of_them[:, 1]).all()
    assert (all_of_them != draw_states(["a", "b", "c", "d"], UP, draws=300, seed=4)).any()
    # Streams are apart: a and c fail at different times.
    assert np.corrcoef(all_of_them[:, 0], all_of_them[:, 1])[0, 1] < 0.2


def test_availability_is_unknown_where_a_time_is_and_shares_that_are_none_are_refused(game):
    assert availability_of(9.0, 1.0) == 0.9
    assert availability_of(9.0, None) is availability_of(None, 1.0) is None
    with pytest.raises(UsageError, match="positive time"):
        availability_of(0.0, 1.0)
    with pytest.raises(UsageError, match=r"'a' is up 0\.0 of the time"):
        expected_answers(game, game.radars, {"a": 0.0})
    with pytest.raises(UsageError, match="one at least"):
        expected_answers(game, game.radars, UP, draws=0)
