"""Detection against the figures that define it and the laws it must keep."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.sensors import Radar, is_in_cover, primary_pd, secondary_pd

RADAR = Radar(
    name="Test",
    contributor="Nobody",
    sac=1,
    sic=2,
    lat_deg=50.0,
    lon_deg=24.0,
    antenna_hae_m=350.0,
    turn_s=4.0,
    rng_min_m=500.0,
    rng_max_m=200_000.0,
    sigma_rng_m=50.0,
    sigma_azm_deg=0.08,
    has_primary=True,
    has_secondary=True,
    pd=0.95,
)


def test_the_reference_target_is_detected_as_specified_at_the_instrumented_range():
    found = primary_pd(RADAR, rng_slant_m=RADAR.rng_max_m, rcs_dbsm=3.0)
    assert float(found) == pytest.approx(0.8 * 0.95)


@settings(deadline=None)
@given(rng_m=st.floats(1e3, 2e5), rcs_dbsm=st.floats(-30.0, 30.0))
def test_forty_decibels_less_is_a_tenth_of_the_range(rng_m, rcs_dbsm):
    here = primary_pd(RADAR, rng_slant_m=rng_m, rcs_dbsm=rcs_dbsm)
    there = primary_pd(RADAR, rng_slant_m=rng_m / 10.0, rcs_dbsm=rcs_dbsm - 40.0)
    assert float(here) == pytest.approx(float(there), rel=1e-9)


def test_detection_never_rises_with_range_and_never_exceeds_the_radars_own():
    pd = primary_pd(RADAR, rng_slant_m=np.linspace(500.0, 2e5, 400), rcs_dbsm=-17.0)
    assert np.all(np.diff(pd) <= 0.0)
    assert pd[0] == pytest.approx(0.95, abs=1e-3)
    assert pd[-1] < 0.01


def test_only_a_primary_channel_sees_skin_and_only_a_transponder_answers():
    deaf = dataclasses.replace(RADAR, has_primary=False)
    blind = dataclasses.replace(RADAR, has_secondary=False)
    assert float(primary_pd(deaf, rng_slant_m=1e4, rcs_dbsm=20.0)) == 0.0
    assert secondary_pd(RADAR, has_transponder=[True, False]).tolist() == [0.95, 0.0]
    assert secondary_pd(blind, has_transponder=[True]).tolist() == [0.0]


@pytest.mark.parametrize(
    ("rng_m", "elv_deg", "hae_m", "seen"),
    [
        (100_000.0, 3.0, 6000.0, True),
        (200_001.0, 3.0, 12_000.0, False),  # beyond the instrumented range
        (400.0, 3.0, 400.0, False),  # nearer than the least range
        (9000.0, 46.0, 6900.0, False),  # cone of silence
        (100_000.0, 0.0, 500.0, False),  # below the horizon: 4.12 (√50 + √200) = 87 km
        (80_000.0, 0.0, 500.0, True),
    ],
)
def test_cover_ends_at_range_horizon_and_cone(rng_m, elv_deg, hae_m, seen):
    answer = is_in_cover(
        RADAR,
        rng_slant_m=rng_m,
        elv_deg=elv_deg,
        rng_ground_m=rng_m,
        target_hae_m=hae_m,
        surface_hae_m=300.0,
    )
    assert bool(answer) is seen
