"""Several looks, and speeds at which a radar is blind."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield.errors import UsageError
from airshield.plan.coverage.detection import (
    TARGETS,
    RadarFigures,
    blind_share,
    blind_speeds_mps,
    cumulative_pd,
    first_blind_mps,
    is_blind,
    make_table,
    start_probability,
    tangential_band_deg,
)
from reference import detection as slow

chances = st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9)
rules = st.integers(1, 6).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n)))
DOPPLER = RadarFigures(
    name="doppler",
    antenna_msl_m=100.0,
    turn_s=5.0,
    rng_ref_m=100e3,
    rcs_ref_m2=2.0,
    pd_ref=0.8,
    rng_min_m=0.0,
    rng_max_m=200e3,
    freq_hz=3e9,
    spd_radial_min_mps=10.0,
)


@given(pds=chances, rule=rules)
@settings(deadline=None)
def test_a_start_is_the_sum_over_all_outcomes(pds, rule):
    hits, looks = rule
    got = start_probability(pds, hits=hits, looks=looks)
    want = [slow.started(pds[: i + 1], hits, looks) for i in range(len(pds))]
    assert_allclose(got, want, rtol=0, atol=1e-12)


def test_a_start_is_what_chance_does():
    """Monte Carlo: 200,000 targets whose probability rises as they come nearer."""
    pds = np.linspace(0.05, 0.6, 20)
    rng = np.random.default_rng(5)
    seen = rng.random((200_000, 20)) < pds
    summed = np.cumsum(np.pad(seen, ((0, 0), (5, 0))), axis=1)
    started = np.maximum.accumulate(summed[:, 5:] - summed[:, :-5] >= 3, axis=1).mean(0)
    got = start_probability(pds, hits=3, looks=5)
    assert np.all(np.abs(got - started) < 4.5 * np.sqrt(0.25 / 200_000))


@given(pds=chances)
@settings(deadline=None)
def test_one_hit_in_one_look_is_the_cumulative_probability(pds):
    assert_allclose(start_probability(pds, hits=1, looks=1), cumulative_pd(pds), atol=1e-12)


@given(p=st.floats(0.01, 0.99))
@settings(deadline=None)
def test_all_hits_in_as_many_looks_is_their_product(p):
    assert_allclose(start_probability([p] * 4, hits=4, looks=4)[-1], p**4)


@given(pds=chances, rule=rules)
@settings(deadline=None, max_examples=40)
def test_interpreted_and_compiled_chains_are_one(pds, rule):
    from airshield.plan.coverage.detection import _kernels

    rows = np.array([pds])
    assert_allclose(_kernels.start_rows.py_func(rows, *rule), _kernels.start_rows(rows, *rule))


def test_what_is_unknown_makes_what_follows_unknown():
    got = start_probability([0.5, math.nan, 0.5], hits=1, looks=2)
    assert got[0] == 0.5
    assert np.isnan(got[1:]).all()
    assert np.isnan(cumulative_pd([0.5, math.nan, 0.5])[1:]).all()
    assert cumulative_pd([0.5, 1.0, 0.5])[2] == 1.0


@pytest.mark.parametrize("rule", [(0, 3), (4, 3), (2, 13)])
def test_a_rule_that_makes_no_sense_is_refused(rule):
    with pytest.raises(UsageError, match="m hits in n looks"):
        start_probability([0.5], hits=rule[0], looks=rule[1])


@pytest.mark.parametrize("pd", [[1.2], [-0.1]])
def test_what_is_no_probability_is_refused(pd):
    with pytest.raises(UsageError, match="pd must lie between 0 and 1"):
        start_probability(pd, hits=1, looks=1)


def test_blind_speeds_are_half_a_wavelength_per_pulse():
    """λ = 10 cm to 0.07 %, 1 kHz: 50 m/s; Skolnik: v [kt] = 0.97 λ [cm] f [Hz] / 100."""
    assert first_blind_mps(3e9, 1000.0) == pytest.approx(49.97, abs=0.01)
    knots = first_blind_mps(3e9, 1000.0) / (1852.0 / 3600.0)
    assert knots == pytest.approx(0.97 * 9.993 * 1000.0 / 100.0, rel=2e-3)


def test_one_frequency_is_blind_at_every_multiple():
    radar = replace(DOPPLER, prfs_hz=(1000.0,))
    v = first_blind_mps(3e9, 1000.0)
    assert is_blind(radar, [0.0, v, -3.0 * v, 9.0, v - 9.0, 2 * v + 9.0]).all()
    assert not is_blind(radar, [v / 2, 11.0, v + 11.0]).any()


def test_two_frequencies_are_blind_where_both_are():
    """4 to 5: the first common blind speed is 5 times one and 4 times the other."""
    radar = replace(DOPPLER, prfs_hz=(800.0, 1000.0), spd_radial_min_mps=2.0)
    one, two = blind_speeds_mps(radar)
    assert 5.0 * one == pytest.approx(4.0 * two)
    assert not is_blind(radar, [one, two, 2.0 * one]).any()
    assert is_blind(radar, 5.0 * one)


@given(spd=st.floats(5.0, 300.0))
@settings(deadline=None, max_examples=30)
def test_the_share_of_blind_headings_is_the_tangential_band(spd):
    want = 4.0 * tangential_band_deg(DOPPLER, spd) / 360.0
    assert_allclose(blind_share(DOPPLER, spd), want, atol=3e-4)
    assert want == pytest.approx(2.0 / math.pi * math.asin(min(1.0, 10.0 / spd)))


def test_a_table_for_a_speed_loses_the_blind_share():
    whole = make_table(DOPPLER, TARGETS["large_drone"]).pd
    slow_one = make_table(DOPPLER, TARGETS["large_drone"], spd_mps=50.0).pd
    assert_allclose(slow_one, whole * (1.0 - blind_share(DOPPLER, 50.0)), rtol=1e-6)
