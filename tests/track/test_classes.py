"""Class probabilities: kernels against slow twins, known flights, and whether sure means right."""

import math
from inspect import getsource

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from traffic import BEHAVIOURS, Field, Traffic

from airshield.geo import place_from
from airshield.tables import TRACK_CLASSES
from airshield.track import classes
from airshield.track.classes import _kernels
from reference import track_classes as slow

modes = pytest.mark.parametrize("mode", ["compiled", "interpreted"])
quick = settings(deadline=None, max_examples=60)
nan = math.nan
FORGET_S, REACH_S = _kernels.FORGET_S, _kernels.REACH_S


def pick(kernel, mode):
    return kernel if mode == "compiled" else kernel.py_func


def look(spd, alt=nan, climb=nan, acc=nan, *, logp=None, dt_s=math.inf, sigmas=(2.0, 30.0, 0.4)):
    logp = np.zeros(8) if logp is None else logp
    classes.update_classes(
        logp, np.empty(8), spd, sigmas[0], alt, sigmas[1], climb, sigmas[2], acc, dt_s
    )
    return logp


def weighed(logp, identity):
    p = np.empty(8)
    classes.weigh_classes(logp, identity, p)
    return p


def closed_form(spd, alt, climb, acc, sigmas):
    quantities = (
        (spd, sigmas[0], _kernels.SIGMAS_SPD),
        (max(alt, 0.0), sigmas[1], _kernels.SIGMAS_ALT),
        (climb, sigmas[2], _kernels.SIGMAS_CLIMB),
        (acc, 0.0, _kernels.SIGMAS_ACC),
    )
    return slow.look(
        quantities, _kernels.REGIMES, _kernels.STEADY, _kernels.ANYTHING, _kernels.ODD_SHARE,
        _kernels.MEMORY_MAX, 8,
    )  # fmt: skip


def knots(quantity):
    """Values at which tables hold the closed form itself, and unknown."""
    count, scale = (getattr(_kernels, f"{name}_{quantity}") for name in ("KNOTS", "SCALE"))
    return or_nan_of(st.integers(0, count - 2).map(lambda k: (k / scale) ** 2))


def or_nan_of(values):
    return st.one_of(values, st.just(nan))


sigmas_of_looks = st.tuples(
    st.floats(0.0, 70.0), st.floats(0.0, 4e3), or_nan_of(st.floats(0.0, 30.0))
)


@modes
@quick
@given(
    spd=knots("SPD"),
    alt=knots("ALT"),
    climb=knots("CLIMB"),
    falls=st.booleans(),
    acc=knots("ACC"),
    sigmas=sigmas_of_looks,
)
def test_a_look_equals_its_slow_twin(mode, spd, alt, climb, falls, acc, sigmas):
    climb = -climb if falls else climb
    logp = np.zeros(8)
    pick(_kernels.update_classes, mode)(
        logp, np.empty(8), spd, sigmas[0], alt, sigmas[1], climb, sigmas[2], acc, math.inf
    )
    assert_allclose(logp, closed_form(spd, alt, climb, acc, sigmas), rtol=1e-4, atol=1e-4)


def test_between_the_knots_a_look_is_as_good_as_the_figures():
    rng = np.random.default_rng(4)
    most = np.array([600.0, 25e3, 60.0, 40.0])
    apart = []
    for _ in range(1000):
        flight = np.where(rng.random(4) < 0.5, rng.random(4) ** 2 * most, nan)
        sigmas = 10.0 ** rng.uniform([-1.0, 0.0, -1.0], [1.8, 3.5, 1.4])
        got = look(*flight, sigmas=sigmas)
        apart.append(np.abs(got - closed_form(*flight, sigmas)).max())
    # Logarithms of densities, on which the odds of the classes rest to a factor of two at best.
    assert np.median(apart) < 0.01
    assert np.quantile(apart, 0.99) < 0.35


@modes
@quick
@given(seed=st.integers(0, 2**32 - 1), identity=st.integers(0, 5), before=st.integers(0, 8))
def test_weights_and_names_equal_their_slow_twins(mode, seed, identity, before):
    logp = np.random.default_rng(seed).normal(0.0, 3.0, 8)
    p = np.empty(8)
    pick(_kernels.weigh_classes, mode)(logp, identity, p)
    assert_allclose(p, slow.weigh(logp, _kernels.PRIORS[identity]), rtol=1e-12)
    got = pick(_kernels.name_class, mode)(p, before)
    assert got == slow.name(p, before, _kernels.NAME_P, _kernels.KEEP_SHARE)


def test_codes_are_those_of_the_table():
    names = [
        "AIRLINER", "LIGHT", "JET", "FAST_LOW", "HELICOPTER", "DRONE", "BALLOON", "BIRD_FLOCK",
    ]  # fmt: skip
    assert [name.lower() for name in names] == list(classes.CLASSES)
    assert [getattr(_kernels, name) for name in names] == list(range(8))
    assert all(f"{name.upper()}," in getsource(_kernels) for name in classes.CLASSES)


def test_every_class_has_its_whole_time_in_at_most_four_regimes():
    owner = np.array([regime[0] for regime in _kernels.REGIMES])
    share = np.array([regime[1] for regime in _kernels.REGIMES])
    assert np.all(np.diff(owner) >= 0)
    assert np.bincount(owner).max() <= _kernels.MOST
    assert_allclose(np.bincount(owner, share), 1.0)
    assert_allclose(_kernels.SHARES.sum(axis=0), 1.0 - _kernels.ODD_SHARE, rtol=1e-6)


@pytest.mark.parametrize(("low", "high", "sigma"), [(0, 15, 3), (8000, 12800, 400), (3, 15, 2.5)])
def test_a_soft_box_holds_all_of_its_probability(low, high, sigma):
    x = np.linspace(0.0, high + 30.0 * sigma, 400_001)
    box = _kernels.soft_box(x, float(low), float(high), float(sigma))
    assert_allclose(np.trapezoid(box, x), 1.0, rtol=1e-6)


MODE_S, MODE_AC, SILENT, ADSB, NOT_ASKED = (
    _kernels.MODE_S, _kernels.MODE_AC, _kernels.SILENT, _kernels.ADSB, _kernels.NOT_ASKED,
)  # fmt: skip


@pytest.mark.parametrize(
    ("flight", "identity", "wanted"),
    [
        ((235.0, 11_000.0, 0.0, 0.2), ADSB, "airliner"),
        ((130.0, 3_000.0, 9.0, 0.2), ADSB, "airliner"),
        ((50.0, 1_100.0, 0.0, 0.3), MODE_S, "light"),
        ((420.0, 12_000.0, 0.0, 0.5), MODE_AC, "jet"),
        ((240.0, 5_000.0, 40.0, 20.0), SILENT, "jet"),
        ((220.0, 150.0, 0.0, 1.0), SILENT, "fast_low"),
        ((3.0, 300.0, 0.0, 0.2), MODE_S, "helicopter"),
        ((5.0, 90.0, 3.0, 3.0), SILENT, "drone"),
        ((38.0, 900.0, 0.0, 0.5), SILENT, "drone"),
        ((18.0, 7_000.0, 5.5, 0.2), SILENT, "balloon"),
        ((12.0, 400.0, 0.0, 0.3), SILENT, "bird_flock"),
    ],
)
def test_ordinary_flights_are_likeliest_what_they_are(flight, identity, wanted):
    logp = look(*flight)
    for _ in range(40):
        look(*flight, logp=logp, dt_s=4.0)
    p = weighed(logp, identity)
    assert classes.CLASSES[int(p.argmax())] == wanted, p.round(3)


def test_what_is_unknown_says_nothing_and_the_memory_only_fades():
    logp = look(235.0, 11_000.0, 0.0)
    before = logp.copy()
    look(nan, nan, nan, nan, logp=logp, dt_s=30.0)
    assert_allclose(logp, before * math.exp(-30.0 / FORGET_S), rtol=1e-9, atol=1e-6)
    blind = look(235.0, 11_000.0, 0.0, logp=np.zeros(8), sigmas=(nan, 1e5, math.inf))
    assert_allclose(blind, 0.0, atol=1e-6)


def test_a_radar_that_looks_ten_times_as_often_is_not_ten_times_as_sure():
    often, seldom = look(235.0, 11_000.0), look(235.0, 11_000.0)
    for _ in range(300):
        look(235.0, 11_000.0, logp=often, dt_s=0.5)
    for _ in range(30):
        look(235.0, 11_000.0, logp=seldom, dt_s=5.0)
    assert_allclose(often, seldom, rtol=0.02, atol=1e-3)


def test_a_noisy_look_says_less_than_a_sharp_one():
    sharp, rough = look(12.0, sigmas=(1.0, 30.0, 0.4)), look(12.0, sigmas=(40.0, 30.0, 0.4))
    birds, helicopter = _kernels.BIRD_FLOCK, _kernels.HELICOPTER
    assert 0.0 < rough[birds] - rough[helicopter] < 0.6 * (sharp[birds] - sharp[helicopter])


def test_it_changes_its_mind_within_five_minutes_after_an_hour():
    logp, named = np.zeros(8), 0
    for second in range(0, 3600, 4):
        look(50.0, 1_000.0, 0.0, 0.3, logp=logp, dt_s=4.0 if second else math.inf)
        named = classes.name_class(weighed(logp, MODE_AC), named)
    assert TRACK_CLASSES[named] == "light"
    for _ in range(0, 300, 4):
        look(350.0, 9_000.0, 20.0, 15.0, logp=logp, dt_s=4.0)
        named = classes.name_class(weighed(logp, MODE_AC), named)
    assert TRACK_CLASSES[named] == "jet"


def test_a_name_is_earned_high_and_lost_low():
    def with_light(share):
        p = np.full(8, (1.0 - share) / 7.0)
        p[1] = share
        return p

    assert classes.name_class(with_light(0.65), 0) == 0
    assert classes.name_class(with_light(0.71), 0) == 2
    assert classes.name_class(with_light(0.55), 2) == 2
    assert classes.name_class(with_light(0.50), 2) == 0
    # Another's name is not kept against one that has earned it.
    assert classes.name_class(with_light(0.71), 3) == 2


def test_birds_and_balloons_have_to_be_surer():
    p = np.full(8, 0.02)
    p[7] = 0.86
    assert classes.name_class(p, 0) == 0
    p[:] = 0.01
    p[7] = 0.93
    assert TRACK_CLASSES[classes.name_class(p, 0)] == "bird_flock"


def test_silence_counts_only_after_looks_that_should_have_been_answered():
    few, enough = _kernels.SILENT_LOOKS - 1, _kernels.SILENT_LOOKS
    assert classes.identity_of(False, False, False, False, few) == NOT_ASKED
    assert classes.identity_of(False, False, False, False, enough) == SILENT
    assert classes.identity_of(False, True, False, False, enough) == MODE_AC
    assert classes.identity_of(True, True, False, False, 0) == MODE_S
    assert classes.identity_of(True, True, True, False, 0) == ADSB
    remote = classes.identity_of(True, True, True, True, 0)
    assert classes.CLASSES[int(weighed(np.zeros(8), remote).argmax())] == "drone"


def looks_at_a_benchmark_sky(targets, seed, step_s=5.0):
    """Truth with the noise of a radar's estimates, for the benchmark's random flights."""
    field = Field(lat_deg=50.0, lon_deg=10.0, side_m=500e3, geoid_height_m=45.0)
    radars = place_from(50.0, 10.0, np.arange(6) * 60.0, np.full(6, 150e3))
    sky = Traffic(field, targets=targets, ghosts=0, duration_s=900.0, radars=radars, seed=seed)
    noise = np.random.default_rng([seed, 1])
    rows = np.arange(targets)
    kinds = np.array([classes.CLASSES.index(b.kind.cls) for b in BEHAVIOURS])[sky.behaviour]
    # A third of the radar targets is seen by 3-D or answering radars only; others have no height.
    has_height = (sky.mode_3a >= 0) | (noise.random(targets) < 0.3)
    sigma_alt_m = np.where(sky.mode_3a >= 0, 30.0, 500.0)
    logp, last_s = np.zeros((targets, 8)), np.full(targets, -np.inf)
    truth, p = [], []
    for t_s in np.arange(0.0, 900.0, step_s):
        spot = sky.spot(rows, np.full(targets, t_s))
        spd = np.abs(spot.spd_mps + noise.normal(0.0, 4.0, targets))
        alt = spot.alt_msl_m + sigma_alt_m * noise.normal(0.0, 1.0, targets)
        alt = np.where(has_height, alt, nan)
        for i in np.flatnonzero(spot.present):
            climb = spot.climb_mps[i] if sky.mode_3a[i] >= 0 else nan
            classes.update_classes(
                logp[i], np.empty(8), spd[i], 6.0, alt[i], sigma_alt_m[i], climb, 1.0, nan,
                t_s - last_s[i],
            )  # fmt: skip
            last_s[i] = t_s
            identity = classes.identity_of(
                bool(sky.mode_s[i] >= 0), bool(sky.mode_3a[i] >= 0), bool(sky.has_adsb[i]), False, 9
            )
            truth.append(kinds[i])
            p.append(weighed(logp[i], identity))
    return np.array(truth), np.array(p)


def test_sure_means_right_on_the_benchmarks_random_flights():
    truth, p = looks_at_a_benchmark_sky(300, seed=77)
    best, sure = p.argmax(axis=1), p.max(axis=1)
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.01)):
        of = (sure >= low) & (sure < high)
        right = float(np.mean(best[of] == truth[of]))
        assert right > float(sure[of].mean()) - 0.12, (low, right)
    brier = np.mean(np.sum((p - np.eye(8)[truth]) ** 2, axis=1))
    # Always to tell how common the classes are here scores 0.67.
    assert brier < 0.25
