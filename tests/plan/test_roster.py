"""Rosters: possible minute by minute, never below the bound, and words where there is none."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield import tables
from airshield.errors import UsageError
from airshield.plan.patrol import (
    AircraftClass,
    Base,
    Duration,
    Fleet,
    PatrolPlan,
    Station,
    chance_ready,
    day_hours,
    find_bound,
    fleet_for_ready,
    simulate,
)
from airshield.plan.roster import ROSTER_STATES, find_roster
from airshield.plan.roster.counts import owned_for
from airshield.plan.roster.flights import deal, needless
from airshield.plan.roster.losses import fewest
from airshield.plan.roster.rhythm import beginning, chains_of, in_rhythm
from airshield.plan.roster.sorties import needs_of, period_of, sorties_of
from patrol_plans import HOUR_S, kind, north_deg, single
from reference import roster as slow

CREWS = {"crews_per_aircraft": 1.5, "rest_s": 10.0 * HOUR_S}


def crews_of(plan, roster):
    return {
        fleet.name: math.floor((plan.class_of(fleet).crews_per_aircraft or 0.0) * owned + 0.01)
        for fleet in plan.fleets
        for owned in [roster.fleets[fleet.name][1]]
    }


def complaints(plan, roster, *, days=None):
    """What the slow checker says."""
    ready = {name: flying for name, (flying, _) in roster.fleets.items()}
    return slow.complaints(
        plan,
        roster.table(days=days).to_pylist(),
        roster.refuellings(days=days).to_pylist(),
        days=days or roster.period.days,
        first_s=roster.period.start_s,
        ready=ready,
        crews=crews_of(plan, roster),
    )


def two_bases(**station):
    """Two bases, one of them shut at night, and two stations between them."""
    of = kind(sortie_s=3.0 * HOUR_S, repair_fixed_s=HOUR_S, **CREWS)
    days = {"hours": day_hours(5.0 * HOUR_S, 22.0 * HOUR_S, days=7)}
    return PatrolPlan(
        aircraft=(of,),
        bases=(
            Base(name="Alpha", contributor="A", lat_deg=50.0, lon_deg=25.0, movements_per_h=4),
            Base(name="Bravo", contributor="B", lat_deg=50.6, lon_deg=25.0, **days),
        ),
        fleets=(
            Fleet(name="a", contributor="A", aircraft="Fighter", base="Alpha", count=9),
            Fleet(name="b", contributor="B", aircraft="Fighter", base="Bravo", count=9),
        ),
        stations=(
            Station(name="North", role="patrol", lat_deg=51.5, lon_deg=25.3, **station),
            Station(
                name="South", role="patrol", lat_deg=50.9, lon_deg=26.0, count=2,
                hours=day_hours(6.2 * HOUR_S, 19.0 * HOUR_S, days=7),
            ),
        ),
    )  # fmt: skip


def test_two_aircraft_keep_a_station_that_takes_half_of_their_time():
    # On station 3 h of 6 h, with a minute of rounding in each way: the formula says 2.
    roster = find_roster(single(kind(), 9, away_h=0.495), readiness="mean")
    assert (roster.status, roster.aircraft, roster.bound, roster.gap) == ("proven", 2, 2.0, 0.0)
    assert roster.flown_h == pytest.approx(8 * 4.0, abs=0.5)


def test_stations_share_aircraft_where_each_alone_would_waste_some():
    # A cycle of 5 h with 2 h on station: one station takes 3 aircraft, two of them 5 and not 6.
    of = kind(sortie_s=3.0 * HOUR_S)
    many = [
        find_roster(single(of, 9, stations=n, away_h=0.49), readiness="mean").aircraft
        for n in (1, 2)
    ]
    assert many == [3, 5]


def test_the_simulation_mans_with_a_rosters_aircraft_what_it_cannot_with_one_less():
    of = kind(sortie_s=3.0 * HOUR_S)
    many = find_roster(single(of, 9, stations=2, away_h=0.49), readiness="mean").aircraft
    covers = [
        simulate(single(of, n, stations=2, away_h=0.49), days=10, runs=1, threads=1).cover.min()
        for n in (many, many - 1)
    ]
    # It begins with both stations at once, and loses an hour until they have come apart.
    assert covers[0] > 0.995
    assert covers[1] < 0.9


@pytest.mark.parametrize("days", [1, 3])
def test_a_roster_is_possible_minute_by_minute(days):
    plan = two_bases()
    roster = find_roster(plan, readiness="mean", limit_s=3.0)
    assert roster.status in ("found", "proven")
    assert complaints(plan, roster, days=days) == []
    assert {row["base"] for row in roster.table().to_pylist()} == {"Alpha", "Bravo"}


def test_the_checker_sees_what_is_wrong():
    # Else a roster without complaints would mean nothing.
    plan = two_bases()
    roster = find_roster(plan, readiness="mean", limit_s=3.0)
    rows = roster.table().to_pylist()

    def said(rows, **other):
        return " ".join(
            slow.complaints(
                plan, rows, [], days=1, ready={"a": 99, "b": 99}, crews={"a": 99, "b": 99}, **other
            )
        )

    assert said(rows) == ""
    assert "North has 0 of 1" in said([row for row in rows if row["station"] != "North"])
    assert "aircraft 1 of" in said([{**row, "aircraft": 1} for row in rows])
    assert "crew 1 of" in said([{**row, "crew": 1} for row in rows])
    assert "s for a way of" in said([{**row, "take_off_s": row["on_station_s"]} for row in rows])
    later = [{**row, "off_station_s": row["on_station_s"] + 5 * 3600} for row in rows]
    assert "burns" in said([{**r, "landing_s": r["off_station_s"] + 1800} for r in later])
    assert "movements within the hour" in said([{**r, "base": "Alpha"} for r in rows * 3])


def with_tankers(*, offload_kg=20e3):
    """A station that takes five aircraft without tankers; a track on the way to it."""
    fighter = kind(sortie_s=3.0 * HOUR_S, burn_kgps=0.4, duty_s=8.0 * HOUR_S)
    tanker = AircraftClass(
        name="Tanker", role="tanker", cruise_mps=200.0, sortie_s=8.0 * HOUR_S,
        turnaround=Duration(mean_s=2.0 * HOUR_S), burn_kgps=1.5, offload=((0.0, offload_kg),),
    )  # fmt: skip
    return PatrolPlan(
        aircraft=(fighter, tanker),
        bases=(Base(name="Alpha", contributor="A", lat_deg=50.0, lon_deg=25.0),),
        fleets=(
            Fleet(name="f", contributor="A", aircraft="Fighter", base="Alpha", count=3),
            Fleet(name="t", contributor="B", aircraft="Tanker", base="Alpha", count=4),
        ),
        stations=(
            Station(name="S", role="patrol", lat_deg=north_deg(0.99), lon_deg=25.0, tankers=("T",)),
            Station(name="T", role="tanker", lat_deg=north_deg(0.9), lon_deg=25.0),
        ),
    )


def test_tankers_are_there_when_they_give_and_have_what_they_give():
    plan = with_tankers()
    roster = find_roster(plan, readiness="mean", limit_s=3.0)
    assert roster.status in ("found", "proven")
    assert complaints(plan, roster) == []
    given = roster.refuellings().to_pylist()
    assert len(given) >= 4
    by_number = {row["flight"]: row for row in roster.table().to_pylist()}
    for number in {one["giver"] for one in given}:
        told = sum(one["fuel_kg"] for one in given if one["giver"] == number)
        assert told <= by_number[number]["given_kg"] + 1e-6


@pytest.mark.parametrize(("until_h", "status"), [(24.0, "found"), (10.0, "not_possible")])
def test_what_a_tanker_has_left_goes_home_with_it(until_h, status):
    # Three fighters do with tankers what takes five without; by night there are none.
    plan = with_tankers()
    track = dataclasses.replace(plan.stations[1], hours=((0.0, until_h * HOUR_S),))
    plan = dataclasses.replace(plan, stations=(plan.stations[0], track))
    roster = find_roster(plan, aim="hours", readiness="mean", limit_s=5.0)
    assert roster.status.replace("proven", "found") == status
    if status == "found":
        assert complaints(plan, roster) == []


def test_tankers_give_no_more_than_those_who_are_there_have_brought():
    # All day one brings enough for one refuelling in two hours; at noon many want some.
    plan = with_tankers(offload_kg=3e3)
    noon = {"hours": ((12.0 * HOUR_S, 17.0 * HOUR_S),), "count": 3}
    stations = (
        dataclasses.replace(plan.stations[0], **noon),
        dataclasses.replace(plan.stations[1], stay_s=2.0 * HOUR_S),
    )
    fleets = (dataclasses.replace(plan.fleets[0], count=9), plan.fleets[1])
    plan = dataclasses.replace(plan, stations=stations, fleets=fleets)
    roster = find_roster(plan, aim="hours", readiness="mean", limit_s=2.0)
    assert roster.refuellings().num_rows > 0
    assert complaints(plan, roster) == []


@given(data=st.data())
def test_fuel_is_dealt_out_whenever_there_is_a_way(data):
    takers, givers = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 5))
    asked = np.array(data.draw(st.lists(st.integers(1, 9), min_size=takers, max_size=takers)))
    brought = np.array(data.draw(st.lists(st.integers(1, 20), min_size=givers, max_size=givers)))
    cells = st.lists(st.booleans(), min_size=takers * givers, max_size=takers * givers)
    is_there = np.array(data.draw(cells)).reshape(takers, givers)
    # Hall: whatever set of takers, those who can give to any of them have enough.
    is_possible = all(
        asked[list(some)].sum() <= brought[is_there[list(some)].any(axis=0)].sum()
        for many in range(1, takers + 1)
        for some in itertools.combinations(range(takers), many)
    )
    dealt = deal(1000.0 * asked, 1000.0 * brought, is_there)
    assert (dealt[~is_there] == 0.0).all()
    assert (dealt.sum(axis=0) <= 1000.0 * brought + 1.0).all()
    assert bool((dealt.sum(axis=1) >= 1000.0 * asked - 5.0).all()) == is_possible


def test_fighters_are_saved_by_tankers_that_have_enough_to_give():
    # A refuelling takes 2.6 t; a tanker that brings 1 t in a sortie gives none.
    many, few = (
        find_roster(with_tankers(offload_kg=kg), readiness="mean", limit_s=3.0).fleets["f"][0]
        for kg in (20e3, 1e3)
    )
    assert many < few == 5


@settings(deadline=None, max_examples=8)
@given(
    away_h=st.floats(0.1, 0.9),
    repair_h=st.floats(0.0, 4.0),
    stations=st.integers(1, 3),
    at_once=st.integers(1, 2),
    share=st.sampled_from([None, 0.7]),
)
def test_no_roster_beats_the_linear_programme_of_mean_flows(
    away_h, repair_h, stations, at_once, share
):
    fit = {} if share is None else {"readiness": share, "down_s": 48.0 * HOUR_S}
    of = kind(repair_fixed_s=repair_h * HOUR_S, **fit)
    plan = single(of, 40, stations=stations, at_once=at_once, away_h=away_h)
    roster = find_roster(plan, readiness="mean", limit_s=1.0)
    if roster.aircraft is None:  # a slow machine
        assert roster.status == "unknown"
        return
    least = find_bound(plan, days=1).least["patrol"]
    assert roster.aircraft >= roster.bound >= least - 1e-6
    if share is None and stations == 1:
        assert complaints(plan, roster) == []


@given(flying=st.integers(0, 20), alert=st.integers(0, 3), share=st.floats(0.3, 0.95))
def test_enough_aircraft_are_owned_for_the_chance_and_one_less_is_not(flying, alert, share):
    plan = single(kind(readiness=share, down_s=HOUR_S), 9, on_alert=alert)
    fleet = plan.fleets[0]
    owned = owned_for(plan, fleet, flying, 0.9)
    needed = flying + alert
    assert chance_ready(aircraft=owned, readiness=share, needed=needed) >= 0.9
    assert not owned or chance_ready(aircraft=owned - 1, readiness=share, needed=needed) < 0.9
    assert owned_for(plan, fleet, flying, "mean") == math.ceil((flying + alert) / share - 1e-9)


def test_a_roster_takes_what_the_chance_of_readiness_asks_for():
    plan = single(kind(readiness=0.6, down_s=48.0 * HOUR_S), 40, away_h=0.495, on_alert=1)
    sure, mean = (find_roster(plan, readiness=how) for how in (0.95, "mean"))
    assert sure.fleets["one"] == (2, fleet_for_ready(needed=3, readiness=0.6, chance=0.95))
    assert mean.fleets["one"] == (2, 5)
    assert sure.status == mean.status == "proven"


def test_crews_that_rest_longer_than_aircraft_are_what_it_takes():
    # 4 h flights and 10 h rest, a take-off each 3 h: 5 crews at any time, so 5 aircraft and not 2.
    of = kind(crews_per_aircraft=1.0, rest_s=10.0 * HOUR_S)
    roster = find_roster(single(of, 9, away_h=0.495), readiness="mean")
    assert (roster.aircraft, roster.status) == (5, "proven")
    assert max(row["crew"] for row in roster.table(days=5).to_pylist()) == 5


def test_given_fleets_fly_as_little_as_possible():
    plan = single(kind(), 3, away_h=0.495)
    roster = find_roster(plan, aim="hours", readiness="mean", limit_s=5.0)
    assert roster.flown_h == pytest.approx(8 * 4.0, abs=0.5)
    assert roster.fleets["one"][1] == 3
    assert roster.bound == pytest.approx(roster.flown_h)


@pytest.mark.parametrize(("count", "status"), [(3, "not_possible"), (4, "proven")])
def test_of_given_fleets_only_those_fly_that_are_fit(count, status):
    # On average 1.8 of three are fit, and 2.4 of four; it takes two.
    plan = single(kind(readiness=0.6, down_s=48.0 * HOUR_S), count, away_h=0.495)
    roster = find_roster(plan, aim="hours", readiness="mean", limit_s=3.0)
    assert roster.status == status


@pytest.mark.parametrize(("seed", "most"), [(0, 1), (1, 2), (2, 3)])
def test_of_sorties_that_nobody_would_miss_none_is_left(seed, most):
    plan = single(kind(), 9, stations=2, away_h=0.495)
    period = period_of(days=1, step_s=1800.0, first_day=0)
    needs = needs_of(plan, period)
    sorties = sorties_of(plan, period, needs)
    flown = np.random.default_rng(seed).integers(0, most + 1, sorties.many)

    def there(many):
        found = np.zeros_like(needs)
        for j in range(sorties.many):
            for step in range(sorties.steps[j]):
                found[sorties.station[j], (sorties.first[j] + step) % period.steps] += many[j]
        return found

    left = needless(plan, period, needs, sorties, flown)
    assert (there(left) >= np.minimum(needs, there(flown))).all()
    if (there(flown) >= needs).all():
        for j in np.flatnonzero(left):
            fewer = left.copy()
            fewer[j] -= 1
            assert (there(fewer) < needs).any()


def test_fleets_hold_whichever_base_is_lost():
    bases = tuple(
        Base(name=name, contributor=name, lat_deg=50.0, lon_deg=24.5 + 0.5 * i)
        for i, name in enumerate("XYZ")
    )
    plan = PatrolPlan(
        aircraft=(kind(),),
        bases=bases,
        fleets=tuple(
            Fleet(name=b.name.lower(), contributor=b.name, aircraft="Fighter", base=b.name, count=1)
            for b in bases
        ),
        stations=(Station(name="S", role="patrol", lat_deg=north_deg(0.4), lon_deg=25.0, count=2),),
    )
    roster = find_roster(plan, readiness="mean", without_base=True, limit_s=10.0)
    # 2 × 6.1 / 3.2 = 3.9, so 4 aircraft: two at each base, one lost, four left.
    assert (roster.aircraft, roster.bound, roster.status) == (6, 6.0, "proven")
    assert set(roster.losses.by_base) == {"X", "Y", "Z"}
    for base in "XYZ":
        left = roster.without(base)
        assert left.aircraft == 4
        assert base not in {row["base"] for row in left.table().to_pylist()}
        assert complaints(plan, left) == []
    with pytest.raises(UsageError, match="no timetable without base 'W'; there are: X, Y, Z"):
        roster.without("W")
    assert "if any one base is lost" in roster.words


def test_a_station_that_is_never_wanted_takes_nobody():
    roster = find_roster(single(kind(), 9, station={"hours": ((9e5, 9.1e5),)}))
    assert (roster.status, roster.aircraft, roster.bound) == ("proven", 0, 0.0)
    assert roster.table().num_rows == 0
    # From the tenth day to the eleventh it is.
    assert find_roster(single(kind(), 9, station={"hours": ((9e5, 9.1e5),)}), first_day=10).aircraft


@given(least=st.lists(st.integers(0, 6), min_size=2, max_size=4), whole=st.integers(0, 9))
def test_the_bound_of_losses_is_the_smallest_of_all_fleets(least, whole):
    many = len(least)
    bases = tuple(
        Base(name=f"B{i}", contributor="A", lat_deg=50.0, lon_deg=25.0) for i in range(many)
    )
    fleets = tuple(
        Fleet(name=f"f{i}", contributor="A", aircraft="Fighter", base=f"B{i}", count=1)
        for i in range(many)
    )
    plan = dataclasses.replace(single(kind(), 1), bases=bases, fleets=fleets)
    asked = {"": whole} | {f"B{i}": n for i, n in enumerate(least)}
    sizes = (
        some
        for some in itertools.product(range(10), repeat=many)
        if sum(some) >= whole and all(sum(some) - some[i] >= n for i, n in enumerate(least))
    )
    assert fewest(plan, np.arange(many), asked) == min(sum(some) for some in sizes)


@given(nth=st.integers(0, 30))
def test_a_rhythm_mans_all_stations_and_relieves_them_at_different_times(nth):
    plan = single(kind(), 9, stations=2, away_h=0.495)
    period = period_of(days=1, step_s=1800.0, first_day=0)
    needs = needs_of(plan, period)
    sorties = sorties_of(plan, period, needs)
    chains = chains_of(needs, sorties)
    some = sorties.take(in_rhythm(chains, beginning(chains, nth), sorties, period.steps))
    there = np.zeros_like(needs)
    for s, first, steps in zip(some.station, some.first, some.steps, strict=True):
        there[s, (first + np.arange(steps)) % period.steps] += 1
    assert (there == needs).all()
    one, other = (set(some.first[some.station == s] % 48) for s in (0, 1))
    assert not one & other


def test_nobody_does_without_the_only_base_in_reach():
    roster = find_roster(single(kind(), 9), without_base=True, limit_s=3.0)
    assert roster.status == "not_possible"
    assert (
        "without base 'Alpha': cannot be rostered, because no fleet that is there" in roster.words
    )
    with pytest.raises(UsageError, match="find with without_base"):
        find_roster(single(kind(), 9), readiness="mean").without("Alpha")


@pytest.mark.parametrize(
    ("plan", "options", "words"),
    [
        (single(kind(), 9, away_h=1.9), {}, "'S0' is too far: no fleet can stay there for 30 min"),
        (single(kind(), 9, from_day=2), {}, "no fleet that is there all the time may man"),
        (
            single(kind(), 9, away_h=0.5, base={"hours": ((6 * HOUR_S, 20 * HOUR_S),)}),
            {},
            "nobody can be at station 'S0' at 00:00 of the days: the bases that reach it are shut",
        ),
        (
            single(kind(), 1, away_h=0.5),
            {"aim": "hours", "readiness": "mean"},
            "because fleet 'one' has too few aircraft ready",
        ),
        (
            single(kind(), 9, away_h=0.5, stations=5, base={"movements_per_h": 2}),
            {},
            "because the runway of base 'Alpha' takes too few movements in an hour",
        ),
        (
            single(kind(burn_kgps=1.0), 9, away_h=0.5, base={"stock_kg": 50e3}),
            {},
            "because base 'Alpha' has too little fuel for these days",
        ),
        (single(kind(), 1, away_h=0.5, base={"spots": 1}), {}, "base 'Alpha' has too few spots"),
        (
            single(kind(crews_per_aircraft=0.0), 9, away_h=0.5),
            {},
            "because fleet 'one' has too few crews for their rest",
        ),
        (
            single(kind(month_s=10 * HOUR_S), 3, away_h=0.5),
            {"aim": "hours"},
            "because the aircraft of fleet 'one' may not fly so many hours in a month",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_rostered_says_why(plan, options, words):
    roster = find_roster(plan, limit_s=3.0, **options)
    assert (roster.status, roster.aircraft, roster.bound) == ("not_possible", None, math.inf)
    assert math.isnan(roster.gap)
    assert "cannot be rostered, because" in roster.words
    assert words in roster.words
    assert roster.table().num_rows == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"step_s": 1000.0}, "step_s=1000.0"),
        ({"step_s": 90.0}, "whole minutes"),
        ({"days": 0}, "at least one day"),
        ({"readiness": 1.0}, "readiness=1.0"),
        ({"aim": "money"}, "aim='money'"),
        ({"aim": "hours", "without_base": True}, "leave aim at aircraft"),
        ({"limit_s": 0.0}, "limit_s=0.0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, words):
    with pytest.raises(UsageError) as told:
        find_roster(single(kind(), 2), **options)
    assert words in str(told.value)


def test_the_table_repeats_with_the_period_and_tells_what_the_roster_tells():
    roster = find_roster(single(kind(), 3, stations=2, away_h=0.5), readiness="mean")
    assert roster.status in ROSTER_STATES
    table = roster.table(days=2)
    assert table.schema == tables.ROSTER
    rows = table.to_pylist()
    first, second = (
        sorted(
            (row["station"], row["on_station_s"] - day * 86400.0)
            for row in rows
            if day * 86400.0 <= row["on_station_s"] < (day + 1) * 86400.0
        )
        for day in (0, 1)
    )
    assert first == second
    assert len(first) == roster.flown.sum()
    hours = sum(row["landing_s"] - row["take_off_s"] for row in rows) / 3600.0
    assert hours == pytest.approx(2 * roster.flown_h, rel=0.2)
    assert np.all(np.diff(table["take_off_s"].to_numpy()) >= 0.0)
