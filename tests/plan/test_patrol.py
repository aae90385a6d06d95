"""Patrols: what a simulation must keep to, its sizes, its causes, and what it refuses."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import UsageError
from airshield.plan.patrol import (
    REASONS,
    STATES,
    AircraftClass,
    Base,
    Duration,
    Fleet,
    PatrolPlan,
    Station,
    cautions,
    day_hours,
    find_bound,
    find_failure,
    find_fleet,
    fleet_days,
    fleet_sizes,
    quantile_interval,
    scaled,
    simulate,
    station_days,
    station_fleet,
    stock_days,
)
from airshield.plan.patrol.arrays import out_of, world_of
from airshield.plan.patrol.luck import _kernels as luck
from airshield.plan.patrol.queue import _kernels as queue
from patrol_plans import FIGHTER, HOUR_S, everything, kind, north_deg, single

MASK = (1 << 64) - 1


def slow_uniform(key, stream, n):
    """Splitmix64 in Python's own integers, as its authors wrote it."""
    z = (key + (16 * n + stream + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return (((z ^ (z >> 31)) >> 12) + 0.5) / 2**52


@settings(deadline=None)
@given(key=st.integers(0, MASK), stream=st.integers(0, 15), n=st.integers(0, 10**9))
def test_random_numbers_are_those_of_splitmix64(key, stream, n):
    assert luck.uniform(np.uint64(key), stream, n) == slow_uniform(key, stream, n)


def test_splitmix64_gives_its_published_sequence():
    # The first outputs for seed 1234567, as in the test of Rosetta Code's task "Splitmix64".
    want = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    found = [int(slow_uniform(1234567, i, 0) * 2**52) for i in range(3)]
    assert found == [number >> 12 for number in want]


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(
        st.one_of(st.integers(0, 24), st.floats(0.0, 25.0), st.just("take")), max_size=80
    ),
    buckets=st.sampled_from([1, 2, 7, 100]),
)
@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
def test_events_come_out_by_time_and_then_in_the_order_they_went_in(mode, steps, buckets):
    world = world_of(single(kind(), 12), days=1)
    world = world._replace(bucket=np.empty(buckets, np.int64))
    world.clock["buckets_per_s"] = (buckets - 0.5) / 86400.0
    push, opens, clear = queue.push, queue.open_bucket, queue.clear_queue
    if mode == "interpreted":
        push, opens, clear = push.py_func, opens.py_func, clear.py_func
        world = world._replace(clock=world.clock.view(np.recarray))
    clear(world)
    clock = world.clock

    def take():
        if clock["waiting"][0] == 0 and not opens(world):
            return None
        clock["waiting"] -= 1
        at = clock["waiting"][0]
        return world.next_s[at], int(world.next_what[at])

    waiting, now = [], 0.0
    for i, step in enumerate([*steps, *["take"] * (len(steps) + 1)]):
        if step == "take":
            found = min(waiting, default=None)
            assert take() == found
            if found is not None:
                waiting.remove(found)
                now = found[0]
        elif step <= 24:  # a day's hours; what is later is never put in
            t = max(now, step * HOUR_S)  # nothing is put in before what has been taken out
            push(world, t, 1, i)
            waiting.append((t, (1 << queue.ID_BITS) | i))
        else:
            push(world, step * HOUR_S, 1, i)
    assert not waiting
    assert not clock["is_full"][0]


def same(one, other):
    return all(a.tobytes() == b.tobytes() for a, b in zip(one.out, other.out, strict=True))


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads():
    plan = everything()
    first = simulate(plan, days=12, runs=70, seed=5, threads=1)
    for threads in (2, 3, 7):
        assert same(first, simulate(plan, days=12, runs=70, seed=5, threads=threads))
    assert not same(first, simulate(plan, days=12, runs=70, seed=6, threads=2))


def test_more_runs_begin_with_the_same_runs():
    plan = everything()
    few, many = (simulate(plan, days=6, runs=n, seed=5).out for n in (20, 50))
    assert all(np.array_equal(a, b[:20]) for a, b in zip(few, many, strict=True))


def test_calls_come_whoever_is_there_to_answer_them():
    # The base shuts every night: some are called in time and cannot take off any more.
    of = dataclasses.replace(FIGHTER, to_air_s=HOUR_S)
    calls = {"on_alert": 2, "scrambles_per_day": 6.0, "scramble_s": HOUR_S}
    base = {"hours": day_hours(5 * HOUR_S, 20 * HOUR_S, days=10)}
    few, many = (
        simulate(single(of, n, away_h=0.4, base=base, **calls), days=10, runs=60, seed=7)
        for n in (2, 9)
    )
    # Who is called just before the end has not yet taken off.
    called = [(r.out.answered + r.out.missed).sum(axis=(1, 2)) for r in (few, many)]
    assert (abs(called[0] - called[1]) <= 2).all()
    assert np.nanmean(few.answered) < np.nanmean(many.answered) - 0.1
    assert few.out.missed.sum() > 0 < few.out.answered.sum()
    assert (many.out.sorties >= many.out.answered).all()
    # Without calls everything is as if they could not be said.
    quiet = single(of, 9, away_h=0.4, **{**calls, "scrambles_per_day": 0.0})
    never = single(of, 9, away_h=0.4, on_alert=2)
    assert same(*(simulate(p, days=10, runs=20, seed=7) for p in (quiet, never)))
    assert np.isnan(simulate(never, days=1, runs=2).answered).all()


def test_a_call_takes_an_aircraft_from_the_alert_and_keeps_it_as_long_as_a_flight_does():
    # Two man the station without a break; the others are the alert, and more than is needed.
    of = kind(to_air_s=600.0)
    for count, is_enough in ((4, False), (12, True)):
        quiet, called = (
            simulate(
                single(
                    of, count, away_h=0.49, on_alert=2, scrambles_per_day=calls, scramble_s=HOUR_S
                ),
                days=20,
                runs=40,
                seed=3,
            )
            for calls in (None, 8.0)
        )
        assert quiet.cover.min() == pytest.approx(1.0, abs=1e-6)
        assert quiet.alert.min() == 1.0
        assert (called.alert.mean() > 0.999) == is_enough
        assert (called.cover.mean() > 0.999) == is_enough
    taken = called.out.answered.mean() * (600.0 + HOUR_S + 2 * HOUR_S) / 86400.0
    ready = [r.fleet_states[..., STATES.index("ready")].mean() for r in (quiet, called)]
    assert ready[0] - ready[1] == pytest.approx(taken, abs=0.01)


@pytest.mark.parametrize("stock_kg", [None, 120e3])
@pytest.mark.parametrize("month_h", [None, 20.0])
def test_stations_that_are_looked_at_together_do_as_each_would_alone(stock_kg, month_h):
    # A fleet without aircraft that may man one of them makes stations unlike, and nothing else.
    hours = {} if month_h is None else {"month_s": month_h * HOUR_S, "crew_month_s": 12.0 * HOUR_S}
    plan = everything(
        stock_kg=stock_kg,
        alpha={"movements_per_h": 5.0},
        fighter=dataclasses.replace(FIGHTER, **hours),
    )
    nobody = dataclasses.replace(plan.fleets[0], name="z", count=0, on_alert=0)
    unlike = dataclasses.replace(
        plan,
        fleets=(*plan.fleets, nobody),
        stations=(
            dataclasses.replace(plan.stations[0], fleets=("a", "b")),
            dataclasses.replace(plan.stations[1], fleets=("a", "b", "z")),
            plan.stations[2],
        ),
    )
    likes = [world_of(p, days=1).station["like"].tolist() for p in (plan, unlike)]
    assert likes == [[0, 0, 2], [0, 1, 2]]
    together, alone = (simulate(p, days=12, runs=60, seed=4).out for p in (plan, unlike))
    for name in ("manned_s", "gap_s", "extended", "refused", "stock_kg"):
        assert getattr(together, name).tobytes() == getattr(alone, name).tobytes()
    assert np.array_equal(together.state_s, alone.state_s[:, :, :3])


def test_who_goes_takes_nobody_elses_luck_along():
    plan = everything(stock_kg=None)
    # Where B serves nobody's station but its own, A's and C's lives are the same without it.
    apart = dataclasses.replace(
        plan,
        stations=(
            dataclasses.replace(plan.stations[0], fleets=("a",)),
            dataclasses.replace(plan.stations[1], fleets=("b",)),
            plan.stations[2],
        ),
    )
    whole = simulate(apart, days=12, runs=40, seed=8).out
    less = simulate(apart.without({"B"}), days=12, runs=40, seed=8).out
    for name in ("manned_s", "extended", "refused"):
        assert np.array_equal(getattr(whole, name)[:, :, [0, 2]], getattr(less, name)[:, :, [0, 2]])
    # Gaps are added up in other pieces, and reasons are looked at when anything happens anywhere.
    gaps = [out.gap_s[:, :, [0, 2]].sum(axis=3) for out in (whole, less)]
    assert np.allclose(*gaps, atol=0.1)
    assert less.manned_s[:, :, 1].sum() == 0.0 < whole.manned_s[:, :, 1].sum()
    # From a day on: until then nothing is different for anybody.
    later = simulate(apart.without({"B"}, from_day=5), days=12, runs=40, seed=8).out
    assert np.array_equal(later.manned_s[:, :5], whole.manned_s[:, :5])
    assert later.manned_s[:, 7:, 1].sum() == 0.0


@pytest.mark.parametrize("fleet", [0, 1, 2])
def test_more_aircraft_never_man_less_beyond_the_interval(fleet):
    plan = everything(stock_kg=None)
    fleets = list(plan.fleets)
    fleets[fleet] = dataclasses.replace(fleets[fleet], count=fleets[fleet].count + 3)
    more = dataclasses.replace(plan, fleets=tuple(fleets))
    one, other = (simulate(p, days=12, runs=400, seed=9) for p in (plan, more))
    gain = (other.cover - one.cover).mean(axis=0)
    error = (other.cover - one.cover).std(axis=0) / math.sqrt(400)
    assert (gain >= -3.0 * error - 1e-9).all()


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), stock_kg=st.sampled_from([None, 60e3, 400e3]))
def test_time_is_neither_lost_nor_made(seed, stock_kg):
    days = 8
    plan = everything(days=days, stock_kg=stock_kg)
    result = simulate(plan, days=days, runs=4, seed=seed, threads=1)
    out, counts = result.out, np.array([fleet.count for fleet in plan.fleets])
    assert np.allclose(out.state_s.sum(axis=3), 86400.0 * counts, rtol=1e-5)
    slots = np.array([station.count for station in plan.stations])
    lacking = out.gap_s.sum(axis=3)
    assert (lacking <= result.demanded_s * slots + 0.1).all()
    # Manned in full is all that is asked less at least the longest gap, at most all gaps.
    assert (out.manned_s <= result.demanded_s - lacking / slots + 0.1).all()
    assert (out.manned_s >= result.demanded_s - lacking - 0.1).all()
    assert (out.alert_s <= 86400.0 + 0.1).all()


def test_fuel_that_is_burnt_is_gone_and_no_other():
    of = kind(burn_kgps=0.5)
    plan = single(of, 3, away_h=0.995, base={"stock_kg": 1e6, "resupply_kgps": (0.1,)})
    result = simulate(plan, days=20, runs=1)
    # Whole flights are drawn ahead; what is in the tanks of three aircraft is the doubt.
    flown_s = result.flight_h[0, 0] * 3600.0
    want = 1e6 + 0.1 * 20 * 86400.0 - 0.5 * flown_s
    assert result.out.stock_kg[0, -1, 0] == pytest.approx(want, abs=3 * 0.5 * 4 * HOUR_S)


def test_a_stock_runs_out_on_the_day_that_arithmetic_says():
    # A station takes one aircraft in the air all the time and half of one on the ways.
    of = kind(sortie_s=6.0 * HOUR_S, burn_kgps=0.5)
    daily_kg = 0.5 * 86400.0 * 6.0 / 4.0
    plan = single(of, 4, away_h=0.995, base={"stock_kg": 10.0 * daily_kg})
    result = simulate(plan, days=20, runs=1)
    assert result.fails_from(0.95)[0, 0] in (9.0, 10.0)
    told = find_failure(result, "S0")
    assert [cause.code for cause in told.chain] == ["fuel"]
    assert told.chain[0].who == "Alpha"
    assert told.chain[0].since_day in (9, 10)
    assert told.words.startswith(f"station S0 fails from day {told.day}: fuel at Alpha is out")


def test_resupply_of_just_what_is_burnt_keeps_a_station_up():
    of = kind(sortie_s=6.0 * HOUR_S, burn_kgps=0.5)
    for share, holds in ((1.02, True), (0.7, False)):
        rate = share * 0.5 * 6.0 / 4.0
        base = {"stock_kg": 60e3, "holds_kg": 80e3, "resupply_kgps": (rate,)}
        result = simulate(single(of, 4, away_h=0.995, base=base), days=60, runs=1)
        assert math.isnan(result.fails_from(0.95)[0, 0]) == holds
        if not holds:
            assert result.cover_by_day[0, 40:, 0].mean() == pytest.approx(share, abs=0.03)


def with_tankers(tankers, *, offload_kg=20e3):
    fighter = kind(sortie_s=3.0 * HOUR_S, burn_kgps=0.4, duty_s=8.0 * HOUR_S)
    tanker = AircraftClass(
        name="Tanker", role="tanker", cruise_mps=200.0, sortie_s=8.0 * HOUR_S,
        turnaround=Duration(mean_s=2.0 * HOUR_S), burn_kgps=1.5, offload=((0.0, offload_kg),),
    )  # fmt: skip
    base = Base(name="Alpha", contributor="A", lat_deg=50.0, lon_deg=25.0)
    return PatrolPlan(
        aircraft=(fighter, tanker),
        bases=(base,),
        fleets=(
            Fleet(name="f", contributor="A", aircraft="Fighter", base="Alpha", count=3),
            Fleet(name="t", contributor="B", aircraft="Tanker", base="Alpha", count=tankers),
        ),
        stations=(
            Station(
                name="S", role="patrol", lat_deg=north_deg(0.995), lon_deg=25.0, tankers=("T",)
            ),
            Station(name="T", role="tanker", lat_deg=north_deg(0.9), lon_deg=25.0),
        ),
    )


def test_tankers_let_few_fighters_do_what_they_could_not_alone():
    without, with_ = (simulate(with_tankers(n), days=10, runs=1) for n in (0, 2))
    # Alone: one hour on station of five. Refuelled: six hours of ten, by three aircraft.
    assert without.cover[0, 0] == pytest.approx(3.0 / 5.0, abs=0.02)
    assert with_.cover[0, 0] > 0.999
    assert with_.out.extended[0, :, 0].sum() > 0 == with_.out.extended[0, :, 1].sum()
    told = find_failure(without, "S")
    assert [cause.code for cause in told.chain][1:] == ["tankers", "no_fleet"]
    assert "100% of its refuellings are refused" in told.words


def test_a_tanker_gives_no_more_than_it_has():
    # One refuelling of an hour and a half at 0.4 kg/s and more takes 2.9 t.
    result = simulate(with_tankers(2, offload_kg=2e3), days=10, runs=1)
    assert result.out.extended.sum() == 0
    assert result.out.refused[0, :, 0].sum() > 0


def test_the_bound_is_the_formula_for_one_fleet():
    of = kind(repair_fixed_s=3.0 * HOUR_S, repair_share=0.5)
    plan = single(of, 50, stations=5, at_once=2, away_h=0.7)
    t_s = 0.7 * HOUR_S
    want = station_fleet(
        stations=5, count=2, transit_s=t_s, on_station_s=4 * HOUR_S - 2 * t_s,
        ground_s=2 * HOUR_S + 3 * HOUR_S + 0.5 * 4 * HOUR_S,
    )  # fmt: skip
    assert find_bound(plan).least["patrol"] == pytest.approx(want, rel=2e-3)
    assert find_bound(plan).most == pytest.approx(1.0)


@pytest.mark.parametrize("count", [2, 5, 9, 14])
@pytest.mark.parametrize("stock_kg", [None, 120e3])
def test_no_simulation_beats_the_bound(count, stock_kg):
    plan = scaled(everything(days=30, stock_kg=stock_kg), "patrol", count)
    result = simulate(plan, days=30, runs=60, seed=3)
    slots = np.array([station.count for station in plan.stations])
    wanted = (result.demanded_s * slots).sum()
    present = 1.0 - result.out.gap_s.sum(axis=(1, 2, 3)) / wanted
    assert present.mean() <= find_bound(plan, days=30).most + 1e-6


def test_sizes_stand_in_the_order_of_what_they_promise():
    of = kind(repair_fixed_s=3.08 * HOUR_S, repair_spread="exponential")
    plan = single(of, 10, stations=2, away_h=0.7)
    sizes = fleet_sizes(plan, "patrol", runs=100, seed=1)
    assert sizes.bound <= sizes.formula * 1.001
    # 95 % takes no more than the formula's 100 % to a whole aircraft or two.
    assert 0.95 * sizes.formula <= sizes.mean <= sizes.worst
    assert sizes.why == ""
    fewer = simulate(scaled(plan, "patrol", sizes.mean - 1), runs=100, seed=1)
    enough = simulate(scaled(plan, "patrol", sizes.mean), runs=100, seed=1)
    assert fewer.cover.mean(axis=0).min() < 0.95 <= enough.cover.mean(axis=0).min()


def test_what_no_number_of_aircraft_can_do_is_said_and_not_numbered():
    far = fleet_sizes(single(kind(), 4, away_h=2.5), "patrol")
    assert (far.formula, far.bound, far.mean, far.worst) == (math.inf, math.inf, None, None)
    assert far.why == "cannot hold, because no fleet reaches S0 and has fuel to stay"
    dry = single(kind(burn_kgps=0.5), 4, away_h=0.9, base={"stock_kg": 0.0})
    told = fleet_sizes(dry, "patrol", runs=4)
    assert told.mean is None
    assert told.why.startswith("cannot hold, because more aircraft")
    assert find_fleet(single(kind(crews_per_aircraft=0.0), 4), "patrol", runs=2) is None


def test_a_plan_that_is_sized_on_the_mean_is_warned_of():
    # Twelve are needed: 4 stations, three each. Twenty at 60 % give twelve on average.
    of = kind(readiness=0.6, down_s=24 * HOUR_S, repair_fixed_s=0.0, crews_per_aircraft=2.0)
    told = {c.code: c.words for c in cautions(single(of, 20, stations=4, away_h=0.999))}
    assert "20 aircraft at 60% readiness give the 12 that are needed" in told["sized_on_means"]
    assert "only 60% of the time; 95 % of the time takes 27" in told["sized_on_means"]
    assert "not_counted" in told
    enough = cautions(single(of, 27, stations=4, away_h=0.999))
    assert "sized_on_means" not in {c.code for c in enough}


def test_cautions_tell_what_is_counted_twice_and_what_is_out_of_reach():
    twice = cautions(single(FIGHTER, 4, away_h=4.0))
    assert {"counted_twice", "out_of_reach"} <= {c.code for c in twice}
    none = cautions(single(dataclasses.replace(FIGHTER, crews_per_aircraft=0.2), 4))
    assert "no_crews" in {c.code for c in none}


def test_runs_go_on_until_the_interval_is_as_narrow_as_asked():
    plan = everything(stock_kg=None)
    seen = []
    result = simulate(
        plan, days=10, half=0.01, seed=2, progress=lambda done, todo: seen.append(done)
    )
    assert all(result.cover_of(s).half <= 0.01 for s in range(3))
    assert seen == [64 * 2**i for i in range(len(seen))]
    assert result.runs == seen[-1] > 64
    assert same(result, simulate(plan, days=10, runs=result.runs, seed=2))
    assert simulate(plan, days=10, half=1e-6, runs_most=100).runs == 100


def test_a_quantile_and_its_interval_are_order_statistics():
    values = np.random.default_rng(0).permutation(np.arange(1.0, 1001.0))
    found = quantile_interval(values, 0.05)
    assert found.value == 50.0
    assert 30.0 <= found.low < 45.0
    assert 55.0 < found.high <= 70.0
    assert quantile_interval(values[:10], 0.05).low == -math.inf


def test_a_station_with_hours_is_asked_for_nothing_outside_of_them():
    hours = {"hours": day_hours(6 * HOUR_S, 20 * HOUR_S, days=5)}
    result = simulate(single(kind(), 4, away_h=0.9, station=hours), days=5, runs=1)
    assert result.demanded_s[:, 0].tolist() == [14 * 3600.0] * 5
    assert result.cover[0, 0] == pytest.approx(1.0, abs=1e-6)
    flying = result.fleet_states[0, :, 0, STATES.index("flying")]
    # Seven flights of four hours a day at most, where the whole day would take eleven.
    assert (flying <= 7 * 4.0 / 24.0).all()
    never = simulate(single(kind(), 4, station={"hours": ((8e5, 9e5),)}), days=2, runs=1)
    assert math.isnan(never.cover[0, 0])


def test_touching_hours_are_one_stretch():
    hours = {"hours": ((0.0, 90_000.0), (90_000.0, 172_800.0))}
    result = simulate(single(kind(), 4, away_h=0.9, station=hours), days=2, runs=1)
    assert result.cover[0, 0] == pytest.approx(1.0, abs=1e-6)


def test_a_type_that_is_grounded_together_is_worse_than_as_many_alone():
    alone = kind(readiness=0.8, down_s=48 * HOUR_S)
    together = kind(grounded_share=0.2, grounded_s=48 * HOUR_S)
    covers = [
        quantile_interval(
            simulate(single(of, 8, stations=2, away_h=0.5), runs=200, seed=4).cover[:, 0], 0.05
        ).value
        for of in (alone, together)
    ]
    assert covers[1] < covers[0] - 0.1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: single(kind(), 3, on_alert=1, scrambles_per_day=2.0),
            "scrambles_per_day without scramble_s; say how long",
        ),
        (
            lambda: single(kind(), 3, scrambles_per_day=2.0, scramble_s=60.0),
            "scrambles_per_day=2.0 and nobody on alert",
        ),
        (
            lambda: single(kind(), 3, on_alert=1, scrambles_per_day=2.0, scramble_s=60.0),
            "scrambles need to_air_s of 'Fighter'",
        ),
        (
            lambda: single(
                kind(to_air_s=60.0), 3, on_alert=1, scrambles_per_day=2.0, scramble_s=2e4
            ),
            "scramble_s=20000.0 and 'Fighter' flies for 14400.0 s at most",
        ),
        (lambda: single(kind(), 3, scrambles_per_day=-1.0), "scrambles_per_day=-1.0; it must not"),
        (lambda: kind(sortie_s=0.0), "sortie_s=0.0; it must be above zero"),
        (lambda: kind(cruise_mps=math.nan), "cruise_mps=nan; give a number"),
        (lambda: kind(readiness=1.4), "readiness=1.4; a share is from 0 to 1"),
        (lambda: kind(readiness=0.7), "readiness without down_s"),
        (lambda: kind(offload=((0.0, -1.0),)), "offload"),
        (lambda: Duration(mean_s=1.0, spread="normal"), "fixed, exponential or lognormal"),
        (lambda: single(kind(), 3, on_alert=4), "on_alert=4 of 3"),
        (lambda: single(kind(), 3, from_day=5, to_day=2), "to_day=2 comes before from_day=5"),
        (lambda: single(kind(), 3, base={"spots": 2}), "2 spots for 3 aircraft"),
        (lambda: single(kind(), 3, base={"closed_share": 0.1}), "needs closure_s"),
        (lambda: single(kind(), 3, base={"resupply_kgps": (1.0,)}), "no stock_kg"),
        (lambda: single(kind(), 3, station={"hours": ((5.0, 1.0),)}), "hours from 5.0 to 1.0"),
        (lambda: single(kind(), 3, station={"tankers": ("X",)}), "no tanker track 'X'"),
        (lambda: single(kind(), 3, station={"fleets": ("two",)}), "no fleet 'two'"),
        (lambda: single(kind(), 3, stations=0), "asks nothing"),
        (lambda: scaled(single(kind(), 3), "tanker", 5), "no aircraft of role 'tanker'"),
        (lambda: simulate(single(kind(), 3), days=0), "days=0"),
        (lambda: simulate(single(kind(), 3), runs=0), "runs=0"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy(make, words):
    with pytest.raises(UsageError, match=None) as told:
        make()
    assert words in str(told.value)


def test_a_plan_without_any_fleet_is_simulated_and_holds_nothing():
    plan = dataclasses.replace(single(kind(), 1), fleets=())
    result = simulate(plan, days=3, runs=2)
    assert (result.cover == 0.0).all()
    assert find_failure(result, "S0").chain[0].code == "no_fleet"
    assert find_bound(plan).most == 0.0


def test_the_tables_say_what_the_arrays_say():
    plan = everything()
    result = simulate(plan, days=5, runs=40, seed=2)
    rows = station_days(result).to_pylist()
    assert [row["day"] for row in rows] == list(range(5)) * 3
    east = [row for row in rows if row["station"] == "East"]
    for day, row in enumerate(east):
        assert row["cover_share"] == pytest.approx(result.cover_by_day[:, day, 1].mean())
        assert row["cover_low_share"] <= row["cover_share"] <= row["cover_high_share"]
        lacking = result.out.gap_s[:, day, 1].sum(axis=0)
        assert row["short_of"] == REASONS[lacking.argmax()]
        assert row["short_share"] == pytest.approx(lacking.max() / lacking.sum())
    fleets = fleet_days(result).to_pylist()
    of_a = sum(row["mean_aircraft"] for row in fleets if (row["fleet"], row["day"]) == ("a", 3))
    assert of_a == pytest.approx(10.0)
    away = [r for r in fleets if (r["fleet"], r["state"]) == ("b", "absent")]
    assert [row["mean_aircraft"] for row in away[:3]] == [6.0, 6.0, 0.0]
    assert (
        {row["answered_calls"] for row in fleets}
        == {row["missed_calls"] for row in fleets}
        == {None}
    )
    stocks = stock_days(result).to_pylist()
    assert stocks[4]["stock_kg"] == pytest.approx(result.out.stock_kg[:, 4, 0].mean())
    assert [row["stock_kg"] for row in stocks[5:]] == [None] * 5


def test_the_table_of_fleets_tells_the_calls_of_each_day():
    of = kind(to_air_s=600.0)
    plan = single(of, 2, on_alert=1, scrambles_per_day=9.0, scramble_s=HOUR_S)
    result = simulate(plan, days=3, runs=30, seed=2)
    rows = fleet_days(result).to_pylist()
    for row in rows:
        assert row["answered_calls"] == result.out.answered[:, row["day"], 0].mean()
        assert row["missed_calls"] == result.out.missed[:, row["day"], 0].mean()
    assert rows[0]["answered_calls"] != rows[-1]["answered_calls"]


def test_results_have_the_shapes_that_they_say():
    plan = everything()
    out = out_of(plan, days=4, runs=3)
    assert out.gap_s.shape[:3] == (3, 4, 3)
    result = simulate(plan, days=4, runs=3)
    assert result.binding.shape == (4, 3)
    assert result.cover.shape == result.first_below(0.95).shape == (3, 3)
