"""Registration: the kernels against their slow twins, and what its figures promise."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield import tables
from airshield.errors import UsageError
from airshield.track.registration import (
    SIGHT,
    RegistrationSettings,
    _kernels,
    config_record,
    registration_table,
    start_biases,
)
from reference import registration as slow
from reference.track import axes, ecef

modes = pytest.mark.parametrize("mode", ["compiled", "interpreted"])
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=30)
CONFIG = config_record(RegistrationSettings())
VAR = np.array([50.0**2, math.radians(0.1) ** 2])
SIGMA0 = np.sqrt(CONFIG[0].var0)
RADAR = (0.85, 0.2, 150.0)


def pick(kernel, mode):
    return kernel if mode == "compiled" else kernel.py_func


def sights(n=1):
    return np.zeros(n, SIGHT).view(np.recarray)


def look(mode, radar, place, vel, plot, t=0.0, dt=0.0):
    seen = sights()[0]
    pick(_kernels.sight, mode)(ecef(*radar), axes(*radar[:2]), place, vel, dt, *plot, t, seen)
    return seen


def fill(seen, t, rng_m, rate, y, azm_rate=0.0):
    """What ``sight`` would say of a target low over the horizon."""
    seen.t, seen.rng_m, seen.across_m = t, rng_m, rng_m
    seen.y[:] = *y, math.nan
    seen.rate[:] = rate, azm_rate, 0.0
    seen.G[:] = [[1.0, rng_m, 0.0, -rate], [0.0, 0.0, 1.0, -azm_rate]]


def note(bias, seen, since_s=5.0, stays_m2=25.0, var=VAR, config=CONFIG):
    return _kernels.note_reference(
        bias, seen, var[0], var[1], 1e-5, stays_m2, 100.0, 0.0, since_s, config[0]
    )


targets = {
    "azm": st.floats(-math.pi, math.pi),
    "dist": st.floats(15e3, 300e3),
    "hae": st.floats(500.0, 12e3),
    "course": st.floats(-math.pi, math.pi),
}


def target(azm, dist, hae, course):
    lat = RADAR[0] + dist * math.cos(azm) / 6.37e6
    lon = RADAR[1] + dist * math.sin(azm) / 6.37e6 / math.cos(RADAR[0])
    vel = 220.0 * (math.sin(course) * axes(lat, lon)[0] + math.cos(course) * axes(lat, lon)[1])
    return lat, lon, ecef(lat, lon, hae), vel


@modes
@quick
@given(**targets)
def test_residuals_and_rates_are_those_of_the_exact_geometry(mode, azm, dist, hae, course):
    _, _, place, vel = target(azm, dist, hae, course)
    # A plot that is 80 m, 2 mrad and 3 mrad off, on the far side of north where that matters.
    at = slow.polar(place + 1.5 * vel, RADAR)
    plot = at + np.array([80.0, 0.002, 0.003])
    plot[1] %= 2.0 * math.pi
    seen = look(mode, RADAR, place, vel, plot, dt=1.5)
    assert_allclose(seen.y, [80.0, 0.002, 0.003], rtol=1e-5, atol=1e-8)
    assert_allclose(seen.rng_m, at[0])
    assert_allclose(seen.rate, slow.rates(place + 1.5 * vel, vel, RADAR), rtol=1e-4, atol=1e-6)


@modes
@quick
@given(**targets, seed=seeds)
def test_biases_do_to_a_plot_what_its_rows_say(mode, azm, dist, hae, course, seed):
    """Told values are made from the exact geometry at the true time, then compared."""
    _, _, place, vel = target(azm, dist, hae, course)
    b = np.random.default_rng(seed).standard_normal(4) * SIGMA0
    rng_m, azm, elv = slow.polar(place - b[3] * vel, RADAR)
    seen = look(mode, RADAR, place, vel, (rng_m * (1 + b[1]) + b[0], azm + b[2], elv))
    # What is left are accelerations of range and azimuth within the time offset, and b0 · b1.
    assert_allclose((seen.G @ b)[0], seen.y[0], rtol=0, atol=0.5)
    assert_allclose((seen.G @ b)[1], seen.y[1], rtol=0, atol=3e-5)


@modes
@quick
@given(**targets)
def test_each_bias_moves_the_place_as_its_column_says(mode, azm, dist, hae, course):
    """Told range and azimuth are solved for the place at the target's height, and compared."""
    lat, lon, place, vel = target(azm, dist, hae, course)
    rng, azm, elv = slow.polar(place, RADAR)
    seen = look(mode, RADAR, place, vel, (rng + 50.0, azm + 1e-3, elv))

    def moved(d_rng, d_azm, d_hae=0.0):
        told = slow.place_at(rng + d_rng, azm + d_azm, hae + d_hae, RADAR, (lat, lon))
        return slow.ground_step(told, (lat, lon), hae)

    assert_allclose(seen.E[:, 0], (moved(50, 0) - moved(-50, 0)) / 100, rtol=0, atol=2e-3)
    assert_allclose(seen.E[:, 1], seen.E[:, 0] * rng)
    size = np.linalg.norm(seen.E[:, 2])
    assert_allclose(seen.E[:, 2], (moved(0, 1e-4) - moved(0, -1e-4)) / 2e-4, atol=2e-3 * size)
    assert_allclose(seen.h, (moved(0, 0, 20) - moved(0, 0, -20)) / 40, rtol=0, atol=2e-3)
    # A clock that is late labels an old place with a new time.
    assert_allclose(seen.E[:, 3], -(axes(lat, lon) @ vel)[:2], rtol=0, atol=0.01)
    assert_allclose(seen.z, 50.0 * seen.E[:, 0] + 1e-3 * seen.E[:, 2], rtol=1e-6, atol=1e-6)


@modes
@quick
@given(seed=seeds, stays_m2=st.floats(0.0, 2000.0), turn_s=st.floats(1.0, 12.0))
def test_the_filter_equals_its_slow_twin(mode, seed, stays_m2, turn_s):
    rng = np.random.default_rng(seed)
    cfg = CONFIG[0]
    bias = start_biases(1, CONFIG)[0]
    twin = slow.Bias(cfg.var0, cfg.drift, cfg.stay_s, cfg.var_latency_s2, cfg.gate, cfg.cut)
    seen = sights()[0]
    for k in range(12):
        where, rate = rng.uniform(1e4, 2e5), rng.uniform(-250.0, 250.0)
        y = rng.standard_normal(2) * [150.0, 6e-3]
        fill(seen, turn_s * k, where, rate, y, azm_rate=rng.uniform(-3e-3, 3e-3))
        seen.across_m = 0.98 * where
        since = math.inf if k % 3 == 0 else turn_s
        used = pick(_kernels.note_reference, mode)(
            bias, seen, VAR[0], VAR[1], 1e-5, stays_m2, 225.0, 9.0, since, cfg
        )
        wanted = twin.note(
            turn_s * k, y, seen.G, VAR, stays_m2, 225.0, 9.0, since, seen.across_m, where
        )
        assert (used == _kernels.USED) == wanted
    scale = np.outer(SIGMA0, SIGMA0)
    # The clip is on each row's score before either is used; twin and kernel agree to rounding.
    assert_allclose(bias.x / SIGMA0, twin.x / SIGMA0, rtol=0, atol=1e-6)
    assert_allclose(bias.P / scale, twin.P / scale, rtol=0, atol=1e-6)
    assert_allclose(bias.b, bias.x)
    assert_allclose(bias.noise[:2], twin.noise)


def simulate(seed, *, minutes=10.0, aircraft=12, jump=None, config=CONFIG, noise=1.0, after=None):
    """A radar under traffic whose errors of place last as long as the settings say.

    Returns the filter, the true biases, and the alarms' times.
    """
    rng = np.random.default_rng(seed)
    bias, seen = start_biases(1, config)[0], sights()[0]
    true = rng.standard_normal(4) * SIGMA0
    turn_s, sigma_m = 5.0, 15.0
    stays = math.exp(-turn_s / config[0].stay_s)
    error = sigma_m * rng.standard_normal((aircraft, 2))
    late_s = math.sqrt(config[0].var_latency_s2) * rng.standard_normal(aircraft)
    where, rate = rng.uniform(3e4, 1.8e5, aircraft), rng.uniform(-230.0, 230.0, aircraft)
    alarms = []
    for k in range(int(minutes * 60.0 / turn_s)):
        t = turn_s * k
        if jump is not None and t == jump[0]:
            true += jump[1]
        error = stays * error + math.sqrt(1 - stays**2) * sigma_m * rng.standard_normal(error.shape)
        where += rate * turn_s
        rate = np.where((where < 3e4) | (where > 1.8e5), -rate, rate)
        where = np.clip(where, 3e4, 1.8e5)
        plots = rng.standard_normal((aircraft, 2)) * np.sqrt(VAR) * noise
        for a in range(aircraft):
            side = 1.5e-3 * math.cos(a)
            fill(seen, t + 0.1 * a, where[a], rate[a], (0.0, 0.0), azm_rate=side)
            y = seen.G @ true + plots[a] + error[a] / [1.0, where[a]]
            seen.y[:2] = y + late_s[a] * np.array([-rate[a], -side])
            since = turn_s if k else math.inf
            done = note(bias, seen, since, stays_m2=sigma_m**2, config=config)
            if done == _kernels.ALARM:
                alarms.append(seen.t)
            if after is not None:
                after(t, bias, true)
    return bias, true, alarms


def nees(bias, true):
    miss = bias.b - true
    return float(miss @ np.linalg.solve(bias.B, miss))


def test_the_published_uncertainty_is_honest_when_errors_last():
    """30 radars: NEES of four biases; 4 is exact, and a mean of 30 has a sigma of 0.52."""
    ended = [simulate(seed, minutes=5.0) for seed in range(30)]
    mean = np.mean([nees(bias, true) for bias, true, _ in ended])
    assert 2.0 < mean < 5.2
    assert not any(alarms for _, _, alarms in ended)


def test_counting_every_residual_in_full_would_not_be():
    """What the correlation is for: with it left out, the same errors make the filter too sure."""
    values = {300.0: [], 1e-3: []}
    for stay_s, seed in itertools.product(values, range(10)):
        config = config_record(RegistrationSettings(stay_s=stay_s))
        bias, seen = start_biases(1, config)[0], sights()[0]
        rng = np.random.default_rng(seed)
        true = rng.standard_normal(4) * SIGMA0
        error = 15.0 * rng.standard_normal(4)
        for k in range(200):
            a = k % 4
            fill(seen, 1.0 * k, 4e4 + 3e4 * a, 0.0, (0.0, 0.0))
            seen.y[:2] = seen.G @ true + rng.standard_normal(2) * np.sqrt(VAR) * 0.2
            seen.y[0] += error[a]
            note(bias, seen, 4.0, stays_m2=225.0, var=VAR * 0.04, config=config)
        values[stay_s].append(nees(bias, true))
    assert np.mean(values[1e-3]) > 8.0
    assert np.mean(values[300.0]) < 5.5


def test_more_noise_than_was_told_does_not_make_the_filter_too_sure():
    mean = np.mean([nees(*simulate(seed, minutes=5.0, noise=1.6)[:2]) for seed in range(20)])
    assert mean < 6.0


@pytest.mark.parametrize(
    "step",
    [
        pytest.param([150.0, 0.0, 0.0, 0.0], id="range"),
        pytest.param([0.0, 0.0, math.radians(0.15), 0.0], id="azimuth"),
        pytest.param([0.0, 0.0, math.radians(-1.5), 0.0], id="azimuth far beyond the gate"),
        pytest.param([0.0, 0.0, 0.0, 0.5], id="time"),
        pytest.param([0.0, 0.0, 0.0, -2.0], id="time far beyond the gate"),
    ],
)
def test_a_jump_is_noticed_within_half_a_minute_and_learned_anew(step):
    bias, true, alarms = simulate(3, minutes=9.0, jump=(240.0, np.array(step)))
    assert alarms
    assert 240.0 <= alarms[0] < 270.0
    assert alarms[-1] < 330.0
    miss = bias.b - true
    assert abs(miss[0] + 1e5 * miss[1]) < 20.0
    assert abs(miss[2]) < math.radians(0.01)
    assert abs(miss[3]) < 0.15
    assert nees(bias, true) < 14.9


def test_no_jump_is_seen_where_there_is_none():
    for seed in range(4):
        assert simulate(seed, minutes=40.0)[2] == []


def test_one_wrong_pair_in_ten_changes_little():
    rng = np.random.default_rng(1)
    bias, seen = start_biases(1, CONFIG)[0], sights()[0]
    true = np.array([60.0, 2e-4, -3e-3, 0.05])
    for k in range(2000):
        fill(seen, 0.5 * k, rng.uniform(2e4, 2e5), rng.uniform(-230.0, 230.0), (0.0, 0.0))
        seen.y[:2] = seen.G @ true + rng.standard_normal(2) * np.sqrt(VAR)
        if k % 10 == 0:
            seen.y[:2] = rng.uniform(-1.0, 1.0, 2) * [2e5, math.pi]
        assert note(bias, seen, math.inf) != _kernels.ALARM
    assert nees(bias, true) < 14.9  # 99.5 % of four
    assert 195 <= bias.odd <= 205


def test_a_radar_that_never_hears_a_reference_stays_where_it_began_and_says_so():
    biases = start_biases(2, CONFIG)
    fill(seen := sights()[0], 7.0, 9e4, 100.0, (30.0, 1e-3))
    note(biases[0], seen)
    table = registration_table(biases, sensors=["1/1", "1/2"], t_s=8.0, t0_ns=0)
    assert table.schema == tables.REGISTRATION
    known, unknown = table.drop_columns(["t", "t_alarm"]).to_pylist()
    assert known["rng_bias_m"] > 0.0
    assert known["references"] == 1
    assert known["elv_bias_deg"] is None
    assert unknown["rng_bias_m"] is None
    assert unknown["azm_bias_deg"] is None
    assert unknown["sigma_rng_bias_m"] == pytest.approx(60.0)
    assert unknown["sigma_azm_bias_deg"] == pytest.approx(0.2)
    assert (unknown["references"], unknown["is_alarmed"]) == (0, False)
    assert table["t_alarm"].null_count == 2


def test_an_alarm_stands_in_the_table_until_the_bias_is_learned_anew():
    def row(t, bias, true):
        del true
        if bias.alarms:
            biases = np.array([tuple(bias)], bias.dtype)
            table = registration_table(biases, sensors=["1/1"], t_s=t, t0_ns=1_000_000_000)
            rows.append(table.drop_columns(["t", "t_alarm"]).to_pylist()[0]["is_alarmed"])

    rows = []
    simulate(3, minutes=7.0, aircraft=4, jump=(240.0, [0, 0, 0.003, 0]), after=row)
    assert rows[0]
    assert not rows[-1]


@modes
@pytest.mark.parametrize("broken", ["y", "t_since", "rng"])
def test_nothing_is_learned_from_what_is_not_known(mode, broken):
    bias, seen = start_biases(1, CONFIG)[0], sights()[0]
    fill(seen, 1.0, 9e4, 100.0, (30.0, 1e-3))
    since = 5.0
    if broken == "y":
        seen.y[0] = math.nan
    elif broken == "rng":
        seen.rng_m = math.nan
    else:
        since = math.nan
    done = pick(_kernels.note_reference, mode)(
        bias, seen, VAR[0], VAR[1], 1e-5, 25.0, 100.0, 0.0, since, CONFIG[0]
    )
    assert done == _kernels.UNUSED
    assert bias.references == bias.odd == 0
    assert_allclose(bias.b, 0.0)


def test_the_elevation_offset_is_learned_beside_the_others():
    rng = np.random.default_rng(2)
    bias, seen = start_biases(1, CONFIG)[0], sights()[0]
    for k in range(400):
        fill(seen, 1.0 * k, 1e5, 100.0, (0.0, 0.0))
        seen.y[2] = math.radians(0.25 + 0.3 * rng.standard_normal())
        _kernels.note_reference(
            bias, seen, VAR[0], VAR[1], math.radians(0.3) ** 2, 25.0, 100.0, 0.0, 10.0, CONFIG[0]
        )
    assert abs(math.degrees(bias.elv) - 0.25) < 3.0 * math.degrees(math.sqrt(bias.var_elv))
    assert math.degrees(math.sqrt(bias.var_elv)) < 0.03
    assert bias.elevations == 400


def test_an_elevation_that_jumps_is_noticed_too():
    rng = np.random.default_rng(3)
    bias, seen = start_biases(1, CONFIG)[0], sights()[0]
    alarms = []
    for k in range(800):
        fill(seen, 1.0 * k, 1e5, 100.0, (0.0, 0.0))
        seen.y[2] = math.radians((0.25 if k < 400 else -0.35) + 0.3 * rng.standard_normal())
        done = _kernels.note_reference(
            bias, seen, VAR[0], VAR[1], math.radians(0.3) ** 2, 25.0, 100.0, 0.0, 10.0, CONFIG[0]
        )
        if done == _kernels.ALARM:
            alarms.append(k)
    assert len(alarms) == 1
    assert 400 <= alarms[0] < 430
    assert math.degrees(bias.elv) == pytest.approx(-0.35, abs=0.08)


# --- Pairs ----------------------------------------------------------------------------------------


class Net:
    """Radars round an area, and pairs of plots of targets in it."""

    def __init__(self, seed, radars=4, config=CONFIG):
        self.rng, self.n, self.config = np.random.default_rng(seed), radars, config
        self.biases = start_biases(radars, config)
        self.true = self.rng.standard_normal((radars, 4)) * SIGMA0
        turn = 2.0 * np.pi * np.arange(radars) / radars
        self.places = [(0.85 + 0.012 * math.cos(a), 0.2 + 0.02 * math.sin(a), 100.0) for a in turn]
        self.Y, self.q, self.S = np.zeros((4 * radars,) * 2), np.zeros(4 * radars), np.empty((2, 2))
        self.seen = sights(2)

    def pair(self, mode="compiled", t=0.0, wrong=0.0):
        i, j = (int(k) for k in self.rng.choice(self.n, 2, replace=False))
        lat, lon = self.rng.uniform(0.838, 0.862), self.rng.uniform(0.18, 0.22)
        hae, course = self.rng.uniform(2e3, 11e3), self.rng.uniform(-3.0, 3.0)
        vel = 220.0 * (math.sin(course) * axes(lat, lon)[0] + math.cos(course) * axes(lat, lon)[1])
        place = ecef(lat, lon, hae)
        for k, seen in ((i, self.seen[0]), (j, self.seen[1])):
            b = self.true[k]
            rng_m, azm, elv = slow.polar(place - b[3] * vel, self.places[k])
            told = rng_m * (1 + b[1]) + b[0], azm + b[2], elv
            plot = np.array(told)
            plot[:2] += self.rng.standard_normal(2) * np.sqrt(VAR)
            plot[0] += wrong
            radar = self.places[k]
            _kernels.sight(ecef(*radar), axes(*radar[:2]), place, vel, 0.0, *plot, t, seen)
        done = pick(_kernels.note_pair, mode)(
            self.biases, i, j, self.seen[0], self.seen[1], VAR, VAR, 100.0, 64.0, math.inf,
            self.Y, self.q, self.S, self.config[0],
        )  # fmt: skip
        return i, j, done

    def noise(self):
        N = np.zeros((2, 2))
        for seen in self.seen:
            r, a = np.array(seen.r), np.array(seen.a)
            N += VAR[0] * np.outer(r, r) + VAR[1] * np.outer(a, a)
        h = self.seen[1].h - self.seen[0].h
        return N + 100.0 * np.outer(h, h)

    def settle(self, mode="compiled", t=0.0, dt=0.0):
        n = self.n
        pick(_kernels.settle, mode)(
            self.biases, self.Y, self.q, dt, t, np.empty((4 * n + 4,) * 2), np.empty(4 * n),
            np.empty(n, np.int64), self.config[0],
        )  # fmt: skip


LOOSE = config_record(RegistrationSettings(gate=1e6, clip_sigmas=1e3, limit_sigmas=1e9))


@modes
@settings(deadline=None, max_examples=8)
@given(seed=seeds)
def test_pairs_give_what_one_solution_for_everything_gives(mode, seed):
    net = Net(seed, config=LOOSE)
    pairs = []
    for _ in range(25):
        i, j, done = net.pair(mode)
        if done == _kernels.USED:
            z = net.seen[1].z - net.seen[0].z
            pairs.append((i, j, *(np.array(seen.E) for seen in net.seen), z, net.noise()))
    net.settle(mode)
    b, cov = slow.joint([(np.zeros(4), np.diag(SIGMA0**2))] * net.n, pairs)
    for k in range(net.n):
        at = slice(4 * k, 4 * k + 4)
        if not net.biases[k].pairs:
            continue
        assert_allclose(net.biases[k].b / SIGMA0, b[at] / SIGMA0, rtol=0, atol=1e-6)
        scale = np.outer(SIGMA0, SIGMA0)
        assert_allclose(net.biases[k].B / scale, cov[at, at] / scale, rtol=0, atol=1e-6)


@modes
def test_a_forgotten_radar_leaves_what_it_taught_others_of_each_other(mode):
    """The rest's information is the Schur complement, as NumPy's pseudo-inverse has it."""
    net = Net(4)
    for _ in range(60):
        net.pair()
    Y, q = net.Y.copy(), net.q.copy()
    gone, rest = np.arange(4, 8), np.r_[0:4, 8:16]
    scale = np.tile(1.0 / SIGMA0, net.n)
    scaled = Y / np.outer(scale, scale)
    back = np.linalg.pinv(scaled[np.ix_(gone, gone)], hermitian=True)
    across = scaled[np.ix_(rest, gone)]
    wanted = scaled[np.ix_(rest, rest)] - across @ back @ across.T
    vector = (q / scale)[rest] - across @ back @ (q / scale)[gone]
    pick(_kernels.forget, mode)(1, net.Y, net.q)
    got = net.Y / np.outer(scale, scale)
    assert_allclose(got[np.ix_(rest, rest)], wanted, rtol=0, atol=1e-6 * np.abs(scaled).max())
    assert_allclose((net.q / scale)[rest], vector, rtol=0, atol=1e-6 * np.abs(q / scale).max())
    assert not net.Y[gone].any()
    assert not net.Y[:, gone].any()


def test_radars_learn_from_each_other_without_references():
    net = Net(11)
    values = []
    for k in range(1500):
        net.pair(t=0.2 * k)
        if k % 50 == 49:
            net.settle(t=0.2 * k, dt=10.0)
    for k in range(net.n):
        miss = np.abs(net.biases[k].b - net.true[k])
        assert math.degrees(miss[2]) < 0.02
        values.append(nees(net.biases[k], net.true[k]))
    assert np.mean(values) < 8.0


def test_pairs_never_tell_what_all_clocks_have_in_common():
    """However many pairs: with four radars half of a clock's doubt is common to all."""
    net = Net(12)
    for k in range(1500):
        net.pair(t=0.2 * k)
        if k % 50 == 49:
            net.settle(t=0.2 * k, dt=10.0)
    for bias in net.biases:
        assert math.sqrt(bias.B[3, 3]) > 0.45 * SIGMA0[3]


def test_a_radar_that_knows_itself_teaches_its_neighbours_and_is_not_taught():
    net = Net(13)
    net.biases[0].x[:] = net.true[0]
    net.biases[0].P[:] = np.diag((0.02 * SIGMA0) ** 2)
    net.biases[0].b[:], net.biases[0].B[:] = net.biases[0].x, net.biases[0].P
    for k in range(1500):
        net.pair(t=0.2 * k)
        if k % 50 == 49:
            net.settle(t=0.2 * k, dt=10.0)
    for k, bias in enumerate(net.biases):
        assert abs(bias.b[3] - net.true[k, 3]) < 0.05
        assert math.sqrt(bias.B[3, 3]) < 0.3 * SIGMA0[3]
        assert nees(bias, net.true[k]) < 14.9


def test_pairs_find_the_radar_that_jumped():
    net = Net(14)
    alarms = []
    for k in range(4000):
        if k == 2000:
            net.true[2, 2] += math.radians(0.3)
        i, j, done = net.pair(t=0.2 * k)
        if done >= _kernels.ALARM:
            moved = i if done == _kernels.ALARM else j
            alarms.append((k, moved))
            assert not net.biases.up[:, _kernels.BY_PAIR].any()
            assert not net.biases.down[:, _kernels.BY_PAIR].any()
            _kernels.forget(moved, net.Y, net.q)
        if k % 25 == 24:
            net.settle(t=0.2 * k, dt=5.0)
    assert alarms
    assert alarms[0][0] in range(2000, 2120)
    assert {radar for _, radar in alarms} == {2}
    assert abs(net.biases[2].b[2] - net.true[2, 2]) < math.radians(0.03)


def test_biases_that_pairs_are_still_learning_are_no_jumps():
    """Between two solutions the estimates stand still, and all residuals have one sign."""
    for seed in range(8):
        net = Net(seed)
        net.true *= 1.5
        for k in range(600):
            assert net.pair(t=0.2 * k)[2] < _kernels.ALARM
            if k % 150 == 149:
                net.settle(t=0.2 * k, dt=30.0)


def test_a_pair_that_is_none_changes_nothing():
    net = Net(15)
    for _ in range(200):
        net.pair()
    net.settle()
    odd = net.biases.odd.sum()
    Y, q = net.Y.copy(), net.q.copy()
    assert net.pair(wrong=20e3)[2] == _kernels.UNUSED
    assert net.biases.odd.sum() == odd + 2
    assert_allclose(net.Y, Y, rtol=0)
    assert_allclose(net.q, q, rtol=0)


# --- Corrections, records, settings ---------------------------------------------------------------


@modes
@quick
@given(
    rng_m=st.floats(1e3, 4e5), azm=st.floats(0.0, 6.28), rate=st.floats(-300.0, 300.0), seed=seeds
)
def test_a_correction_takes_the_biases_out(mode, rng_m, azm, rate, seed):
    rng = np.random.default_rng(seed)
    bias = start_biases(1, CONFIG)[0]
    bias.b[:] = rng.standard_normal(4) * SIGMA0
    bias.elv = 0.002
    root = rng.standard_normal((4, 4)) * SIGMA0[:, None]
    bias.B[:] = root @ root.T
    told = rng_m * (1.0 + bias.b[1]) + bias.b[0], azm + bias.b[2], 0.01 + bias.elv, 5.0 + bias.b[3]
    got = pick(_kernels.correct, mode)(bias, *told)
    assert_allclose(got, [rng_m, azm, 0.01, 5.0], rtol=1e-12, atol=1e-15)
    G = np.array([[1.0, rng_m, 0.0, -rate], [0.0, 0.0, 1.0, -rate / 1e5]])
    wanted = np.diag(G @ bias.B @ G.T)
    var_r, var_a, var_e = pick(_kernels.correction_variance, mode)(bias, rng_m, rate, rate / 1e5)
    assert_allclose([var_r, var_a], wanted, rtol=1e-6, atol=1e-12)
    assert var_e == bias.var_elv


def test_a_plain_copy_goes_on_as_the_original_does():
    biases, seen = start_biases(1, CONFIG), sights()[0]
    for k in range(40):
        if k == 20:
            copy = np.frombuffer(biases.tobytes(), biases.dtype).copy().view(np.recarray)
        fill(seen, 5.0 * k, 9e4 + 1e3 * k, 100.0, (30.0 - k, 1e-3))
        note(biases[0], seen)
        if k >= 20:
            note(copy[0], seen)
    assert copy.tobytes() == biases.tobytes()


@modes
def test_a_report_carried_along_is_where_its_velocity_takes_it(mode):
    place, vel = np.empty(3), np.empty(3)
    kernel = pick(_kernels.carry_place, mode)
    kernel(0.85, 0.2, 9000.0, 180.0, -120.0, 5.0, 2.0, place, vel)
    want = ecef(0.85, 0.2, 9000.0) + 2.0 * axes(0.85, 0.2).T @ [180.0, -120.0, 5.0]
    assert_allclose(place, want, rtol=0, atol=1e-3)
    assert_allclose(vel, axes(0.85, 0.2).T @ [180.0, -120.0, 5.0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_setting_that_makes_no_sense_is_refused(value):
    with pytest.raises(UsageError, match="stay_s must be a number above zero"):
        config_record(RegistrationSettings(stay_s=value))
