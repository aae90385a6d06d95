"""The event engine against what queueing and renewal theory know exactly."""

import math

import numpy as np
import pytest

from airshield.plan.patrol import STATES, Duration, chance_ready, mean_interval, simulate
from patrol_plans import HOUR_S, kind, single

DOWN = STATES.index("down")


def agrees(values, want):
    """Whether a mean is within three standard errors of what it should be."""
    return abs(values.mean() - want) <= 3.0 * values.std(ddof=1) / math.sqrt(values.size)


def machine_repair(machines, rate, mends, docks):
    """Chances of 0, 1, ... machines broken: the birth and death process of the textbooks."""
    weights = [1.0]
    for n in range(machines):
        weights.append(weights[-1] * (machines - n) * rate / (min(n + 1, docks) * mends))
    return np.array(weights) / sum(weights)


@pytest.mark.parametrize("spread", ["fixed", "exponential", "lognormal"])
def test_one_aircraft_mans_its_station_as_a_renewal_process_does(spread):
    # On station T, then two ways, repair and turnaround: the share is T over the mean cycle,
    # whatever the distributions.
    of = kind(
        turnaround=Duration(mean_s=2.0 * HOUR_S, spread=spread, cv=0.7),
        repair_fixed_s=1.0 * HOUR_S,
        repair_share=0.25,
        repair_spread=spread,
        repair_cv=0.7,
    )
    result = simulate(single(of, 1, away_h=0.5), days=300, runs=96, seed=1)
    way_h = 0.5  # to a thousandth: M_PER_DEG
    share = (4.0 - 2 * way_h) / (4.0 + 2.0 + 1.0 + 0.25 * 4.0)
    found = result.out.manned_s[:, 20:].sum(axis=(1, 2)) / (280 * 86400.0)
    if spread == "fixed":
        assert found.mean() == pytest.approx(share, rel=3e-3)
    else:
        assert abs(found.mean() - share) < 3 * found.std() / math.sqrt(96) + 1e-3 * share


def test_independent_aircraft_are_ready_as_often_as_the_binomial_says_from_the_first_day():
    of = kind(role="nobody asks", readiness=0.6, down_s=20.0 * HOUR_S)
    result = simulate(single(of, 20, on_alert=12), days=10, runs=1000, seed=2)
    want = chance_ready(aircraft=20, readiness=0.6, needed=12)
    assert agrees(result.alert[:, 0], want)
    first = result.out.alert_s[:, 0, 0] / 86400.0
    assert agrees(first, want)


@pytest.mark.parametrize(("machines", "docks"), [(20, 5), (6, 1), (8, 8)])
def test_docks_are_the_machine_repair_queue(machines, docks):
    of = kind(role="nobody asks", readiness=0.7, down_s=10.0 * HOUR_S)
    plan = single(of, machines, on_alert=machines // 2, docks=docks)
    result = simulate(plan, days=120, runs=192, seed=3)
    chances = machine_repair(machines, 0.3 / 0.7 / 10.0, 1.0 / 10.0, docks)
    broken = result.fleet_states[:, 40:, 0, DOWN].mean(axis=1)
    assert agrees(broken, float(chances @ np.arange(machines + 1)))
    alert = result.out.alert_s[:, 40:, 0].mean(axis=1) / 86400.0
    assert agrees(alert, chances[: machines - machines // 2 + 1].sum())


def test_many_aircraft_that_seldom_fail_wait_for_docks_as_in_m_m_c():
    # As the source grows the queue becomes M/M/c: Erlang's C, with load a on c servers.
    machines, docks, load = 2000, 3, 1.5
    readiness = 1.0 - load / machines
    of = kind(role="nobody asks", readiness=readiness, down_s=5.0 * HOUR_S)
    result = simulate(single(of, machines, docks=docks), days=25, runs=48, seed=4)
    # a = rate over all / mending rate, with rate = (1 - A) / (A down): load / A.
    a = load / readiness
    tail = a**docks / math.factorial(docks) * docks / (docks - a)
    waits = tail / (sum(a**n / math.factorial(n) for n in range(docks)) + tail)
    in_system = a + waits * a / (docks - a)
    finite = machine_repair(machines, (1 - readiness) / readiness, 1.0, docks)
    assert finite @ np.arange(machines + 1) == pytest.approx(in_system, rel=0.01)
    broken = result.fleet_states[:, 5:, 0, DOWN].mean(axis=1)
    assert abs(broken.mean() - in_system) <= 3 * broken.std() / math.sqrt(48) + 0.01 * in_system


def test_a_closed_cycle_with_docks_does_not_ask_how_flying_is_distributed():
    # Everybody has a slot, so flying is a delay; the shop is exponential. Then the numbers in the
    # shop are those of machine repair with the same mean delay, fixed though it is.
    of = kind(
        turnaround=Duration(mean_s=0.0),
        repair_fixed_s=3.0 * HOUR_S,
        repair_spread="exponential",
    )
    result = simulate(single(of, 6, at_once=6, docks=2), days=200, runs=128, seed=5)
    chances = machine_repair(6, 1.0 / 4.0, 1.0 / 3.0, 2)
    repair = STATES.index("repair")
    mended = result.fleet_states[:, 30:, 0, repair].mean(axis=1)
    assert agrees(mended, float(chances @ np.arange(7)))
    manned = result.out.manned_s[:, 30:, 0].mean(axis=1) / 86400.0
    assert agrees(manned, chances[0])


def test_weather_keeps_the_share_of_take_offs_that_it_closes():
    # A flight of 36 s every 36 s or so: the station is empty while the base is shut, no longer.
    of = kind(sortie_s=36.0, turnaround=Duration(mean_s=0.0))
    base = {"closed_share": 0.25, "closure_s": 3.0 * HOUR_S}
    result = simulate(single(of, 3, base=base), days=30, runs=64, seed=6)
    assert agrees(result.cover[:, 0], 0.75)


def test_enough_aircraft_without_chance_man_every_station_to_the_second():
    # Way 1 h, 2 h on station, 2 h on the ground: three aircraft a station, exactly. A little less
    # way, because the degree is only good to a thousandth.
    plan = single(kind(), 3, away_h=0.995)
    assert simulate(plan, days=30, runs=1).cover[0, 0] == pytest.approx(1.0, abs=1e-6)
    short = simulate(single(kind(), 2, away_h=0.995), days=30, runs=1)
    assert short.cover[0, 0] == pytest.approx(2.0 * 2.0 / 6.0, abs=5e-3)


@pytest.mark.parametrize(("aircraft", "per_day"), [(1, 4.0), (3, 12.0), (4, 40.0)])
def test_calls_find_nobody_as_often_as_erlangs_loss_formula_says(aircraft, per_day):
    # A call takes an aircraft until it has been turned round, and waits for none: M/G/c/c. How the
    # time is spread does not matter, only its mean does.
    of = kind(role="nobody asks", to_air_s=900.0, repair_fixed_s=HOUR_S, repair_spread="lognormal")
    plan = single(
        of, aircraft, on_alert=aircraft, scrambles_per_day=per_day, scramble_s=0.75 * HOUR_S
    )
    result = simulate(plan, days=60, runs=128, seed=8)
    load = per_day / 24.0 * (0.25 + 0.75 + 1.0 + 2.0)
    weights = [load**n / math.factorial(n) for n in range(aircraft + 1)]
    # Days 5 on: the first find all on the ground.
    missed, answered = (
        part[:, 5:, 0].sum(axis=1) for part in (result.out.missed, result.out.answered)
    )
    # The calls of a run vary; what is missed beyond the share of them does not follow them.
    assert agrees(missed - weights[-1] / sum(weights) * (missed + answered), 0.0)
    alert = result.out.alert_s[:, 5:, 0].mean(axis=1) / 86400.0
    assert agrees(alert, weights[0] / sum(weights))
    calls = (result.out.missed + result.out.answered).sum(axis=(1, 2))
    assert agrees(calls, 60.0 * per_day)
    assert abs(calls.var() / (60.0 * per_day) - 1.0) < 3.0 * math.sqrt(2.0 / 127)


def test_losses_follow_the_hours_flown():
    of = kind(losses_per_h=1e-3, turnaround=Duration(mean_s=0.0))
    result = simulate(single(of, 1), days=61, runs=2000, seed=7)
    # Alone it flies until it is lost, four hours at a time; the 60th day begins after 360 flights.
    is_lost = result.out.state_s[:, 60, 0, STATES.index("lost")] == 86400.0
    assert agrees(is_lost.astype(float), 1.0 - math.exp(-1e-3 * 4.0 * 360))


def test_the_interval_of_a_mean_holds_it_19_times_in_20():
    of = kind(role="nobody asks", readiness=0.6, down_s=20.0 * HOUR_S)
    plan = single(of, 4, on_alert=2)
    want = chance_ready(aircraft=4, readiness=0.6, needed=2)
    held = 0
    for seed in range(200):
        interval = mean_interval(simulate(plan, days=2, runs=40, seed=seed, threads=1).alert[:, 0])
        held += interval.low <= want <= interval.high
    assert 180 <= held <= 199
