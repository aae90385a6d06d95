"""Minutes to identify: arithmetic for one base, every case for several, laws, what is refused."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield import tables
from airshield.errors import UsageError
from airshield.geo import ground_distance_m
from airshield.geo.grid import Grid
from airshield.plan.patrol import Base, Fleet, PatrolPlan, Station, day_hours, simulate
from airshield.plan.response import find_response, outlines
from airshield.plan.response.response import first_come
from patrol_plans import HOUR_S, kind, north_deg, single
from reference import response as slow

GRID = Grid.around(shapely.box(23.0, 49.0, 29.0, 53.0), step_m=40_000.0)
READY = kind(to_air_s=600.0)


def alert_only(of=READY, **base):
    """One alert at Alpha; its station is never wanted within the first day."""
    never = {"hours": ((9e5, 9.1e5),)}
    return single(of, 2, on_alert=2, base=base, station=never)


def several(alert=(1, 1), stations=2):
    """Two bases and up to two stations."""
    slower = dataclasses.replace(READY, name="Slow", cruise_mps=150.0, to_air_s=300.0)
    return PatrolPlan(
        aircraft=(READY, slower),
        bases=(
            Base(name="Alpha", contributor="A", lat_deg=50.0, lon_deg=25.0),
            Base(name="Bravo", contributor="B", lat_deg=51.5, lon_deg=27.0),
        ),
        fleets=(
            Fleet(name="a", contributor="A", aircraft="Fighter", base="Alpha", count=4,
                  on_alert=alert[0]),
            Fleet(name="b", contributor="B", aircraft="Slow", base="Bravo", count=4,
                  on_alert=alert[1]),
        ),
        stations=(
            Station(name="East", role="patrol", lat_deg=51.0, lon_deg=28.5),
            Station(name="North", role="patrol", lat_deg=52.0, lon_deg=25.0),
        )[:stations],
    )  # fmt: skip


def test_one_base_is_there_after_its_alert_and_the_way():
    found = find_response(alert_only(), GRID)
    lat_deg, lon_deg = GRID.places_deg()
    way_s = ground_distance_m(50.0, 25.0, lat_deg, lon_deg) / 200.0
    assert np.allclose(found.least_s, 600.0 + way_s)
    assert np.array_equal(found.kept_s, found.least_s)
    assert np.allclose(found.mean_s, found.least_s)
    assert (found.first == 0).all()
    assert [source.name for source in found.sources] == ["one"]


def test_sixty_kilometres_at_two_hundred_metres_a_second_take_five_minutes_and_the_alert_ten():
    row, col = GRID.cells_of(north_deg(300.0 / 3600.0), 25.0)
    lat_deg, lon_deg = (places[row, col] for places in GRID.places_deg())
    # At that cell's middle, whatever it is from there to the point 60 km north.
    off_s = (ground_distance_m(50.0, 25.0, lat_deg, lon_deg) - 60_000.0) / 200.0
    least_s = find_response(alert_only(), GRID).least_s[row, col]
    assert least_s == pytest.approx(900.0 + off_s, abs=2.0)
    more_s = find_response(alert_only(), GRID, identify_s=120.0).least_s[row, col]
    assert more_s == pytest.approx(least_s + 120.0)


def test_nobody_goes_farther_than_fuel_and_crew_allow_there_and_back():
    for of in (kind(sortie_s=0.5 * HOUR_S, to_air_s=600.0), kind(duty_s=0.5 * HOUR_S, to_air_s=0)):
        found = find_response(alert_only(of), GRID)
        lat_deg, lon_deg = GRID.places_deg()
        is_near = ground_distance_m(50.0, 25.0, lat_deg, lon_deg) <= 0.25 * HOUR_S * 200.0
        assert np.array_equal(np.isfinite(found.least_s), is_near)
        assert (found.first[~is_near] == -1).all()
        assert (found.nobody_share[~is_near] == 1.0).all()
        assert np.isnan(found.kept_s[~is_near]).all()
        assert 0 < is_near.sum() < is_near.size


def test_an_alert_is_there_when_it_is_whole_and_the_base_is_open():
    half_day = {"hours": day_hours(6.0 * HOUR_S, 18.0 * HOUR_S, days=1)}
    weather = {"closed_share": 0.2, "closure_s": HOUR_S}
    for base, share in (({}, 0.9), (half_day, 0.45), (weather, 0.72)):
        found = find_response(alert_only(**base), GRID, alert_share=[0.9])
        assert found.nobody_share == pytest.approx(np.full(GRID.shape, 1.0 - share))
        assert np.isnan(found.kept_s).all()
        assert np.isfinite(find_response(alert_only(**base), GRID, chance=share).kept_s).all()


@settings(deadline=None, max_examples=15)
@given(
    shares=st.lists(st.sampled_from([0.0, 0.3, 0.8, 0.95, 1.0]), min_size=4, max_size=4),
    chance=st.sampled_from([0.5, 0.9, 0.95]),
)
def test_the_map_is_what_going_through_every_case_gives(shares, chance):
    plan = several()
    found = find_response(
        plan, GRID, alert_share=shares[:2], manned_share=shares[2:], chance=chance
    )
    lat_deg, lon_deg = GRID.places_deg()
    for row, col in ((0, 0), (3, 8), (8, 10), (11, 2)):
        cell = (float(lat_deg[row, col]), float(lon_deg[row, col]))
        who = slow.sources(plan, cell, whole=shares[:2], manned=shares[2:])
        least, mean, kept, nobody = slow.answers(who, chance)
        assert found.least_s[row, col] == pytest.approx(least, abs=0.5, nan_ok=True)
        assert found.mean_s[row, col] == pytest.approx(mean, rel=2e-3, nan_ok=True)
        assert found.nobody_share[row, col] == pytest.approx(nobody, abs=2e-3)
        # The slow one tries a thousand moments: next to the chance it may fall on the other side.
        margins = [abs(sure - chance) for sure in sure_after(who)]
        if min(margins, default=1.0) > 2e-3 or shares.count(1.0) == 4:
            assert found.kept_s[row, col] == pytest.approx(kept, abs=0.5, nan_ok=True)


def sure_after(who):
    """Chance that somebody has come, after each time."""
    nobody = 1.0
    for _, share in sorted(who):
        nobody *= 1.0 - share
        yield 1.0 - nobody


@given(st.data())
def test_who_is_first_is_the_sum_over_all_cases(data):
    times = data.draw(st.lists(st.floats(0.0, 1e4), min_size=1, max_size=6, unique=True))
    shares = data.draw(st.lists(st.floats(0.0, 1.0), min_size=len(times), max_size=len(times)))
    least, mean, kept, nobody, first = (
        values[0] for values in first_come(np.c_[times], np.c_[shares], 0.9)
    )
    want = slow.answers(list(zip(times, shares, strict=True)), 0.9)
    assert (least, first) == (min(times), int(np.argmin(times)))
    assert nobody == pytest.approx(want[3], abs=1e-9)
    if 1.0 - nobody > 1e-6:
        assert mean == pytest.approx(want[1], rel=1e-6)
    if all(abs(sure - 0.9) > 1e-6 for sure in sure_after(zip(times, shares, strict=True))):
        assert kept == pytest.approx(want[2], nan_ok=True)


def test_more_bases_and_stations_are_never_slower():
    plans = [several((1, 0), 1), several((1, 1), 1), several((1, 1), 2)]
    maps = [
        find_response(
            plan, GRID, alert_share=[0.9, 0.9], manned_share=[0.8] * len(plan.stations), chance=0.7
        )
        for plan in plans
    ]
    for less, more in itertools.pairwise(maps):
        for name in ("least_s", "kept_s"):
            few, many = (np.nan_to_num(getattr(one, name), nan=np.inf) for one in (less, more))
            assert (many <= few).all()
            assert (many < few).any()
        assert (more.nobody_share <= less.nobody_share + 1e-12).all()
        assert (more.within([20.0, 40.0]) >= less.within([20.0, 40.0])).all()


def test_unknown_shares_make_unknown_what_depends_on_them_and_nothing_else():
    plan = several(stations=1)
    known = find_response(plan, GRID, alert_share=[1.0, 0.5], manned_share=[0.5])
    unknown = find_response(plan, GRID, alert_share=[1.0, math.nan], manned_share=[0.5])
    is_a_first = known.first == 0
    assert 0 < is_a_first.sum() < is_a_first.size
    assert np.array_equal(unknown.mean_s[is_a_first], known.mean_s[is_a_first])
    assert np.isnan(unknown.mean_s[known.first == 1]).all()
    assert np.array_equal(unknown.least_s, known.least_s)


def test_a_fleet_without_a_time_to_the_air_is_told_and_not_guessed():
    found = find_response(alert_only(kind()), GRID)
    assert found.left_out == ("one",)
    assert found.sources == ()
    assert np.isnan(found.least_s).all()
    assert found.within([60.0]).tolist() == [0.0]


def test_shares_of_a_simulation_go_in_as_they_come_out():
    plan = single(kind(to_air_s=600.0, readiness=0.7, down_s=20 * HOUR_S), 5, on_alert=2)
    result = simulate(plan, days=5, runs=20, threads=1)
    found = find_response(
        plan,
        GRID,
        alert_share=result.alert.mean(axis=0),
        manned_share=result.cover.mean(axis=0),
    )
    assert (found.nobody_share > 0.0).all()
    assert (found.nobody_share < 1.0).all()


def test_only_cells_inside_count():
    area = shapely.box(24.0, 49.5, 26.0, 50.5)
    inside = GRID.inside(area)
    found = find_response(alert_only(), GRID, inside=inside)
    assert np.array_equal(np.isfinite(found.least_s), inside)
    minutes = found.least_s[inside] / 60.0
    share = found.within([16.0, 1e9], of="least")
    assert share.tolist() == [(minutes <= 16.0).mean(), 1.0]
    assert 0.0 < share[0] < 1.0
    nothing = find_response(alert_only(), GRID, inside=np.zeros(GRID.shape, bool))
    assert math.isnan(nothing.within(20.0))
    table = found.table()
    assert table.schema == tables.RESPONSE_CELL
    assert table.num_rows == inside.sum()
    assert table["least_s"].to_pylist() == found.least_s[inside].tolist()
    assert set(table["first"].to_pylist()) == {"one"}


def test_outlines_hold_the_cells_that_are_within_and_no_others():
    found = find_response(alert_only(), GRID)
    lat_deg, lon_deg = GRID.places_deg()
    areas = outlines(GRID, found.least_s, [20.0, 30.0])
    for area, limit in zip(areas, (20.0, 30.0), strict=True):
        is_in = shapely.contains_xy(area, lon_deg, lat_deg)
        assert np.array_equal(is_in, found.least_s <= limit * 60.0)
        assert 0 < is_in.sum() < is_in.size
    assert outlines(GRID, found.least_s, [0.0])[0].is_empty


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"alert_share": [0.5, 0.5]}, "alert_share has shape (2,); give one share for each fleet"),
        ({"manned_share": [1.5]}, "manned_share has a share outside of 0 to 1"),
        ({"chance": 1.0}, "chance=1.0"),
        ({"identify_s": -1.0}, "identify_s=-1.0"),
        ({"days": 0}, "at least one day"),
        ({"inside": np.ones((2, 2), bool)}, "inside has shape (2, 2)"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, words):
    with pytest.raises(UsageError) as told:
        find_response(alert_only(), GRID, **options)
    assert words in str(told.value)
    with pytest.raises(UsageError, match="choose least, mean or kept"):
        find_response(alert_only(), GRID).within([1.0], of="best")
