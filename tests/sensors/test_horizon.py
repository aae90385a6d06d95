"""The smooth-Earth radio horizon against closed forms and published figures."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.sensors import horizon_ground_m, is_above_horizon
from airshield.sensors.horizon import EARTH_RADIO_M

heights_m = st.floats(0.0, 30_000.0)
raised_m = st.floats(1.0, 30_000.0)  # from the ground itself every ray is a tangent


@pytest.mark.parametrize(("hgt_m", "km"), [(20.0, 18.4), (100.0, 41.2), (3000.0, 225.6)])
def test_the_horizon_equals_the_rule_of_thumb(hgt_m, km):
    assert 4.12 * math.sqrt(hgt_m) == pytest.approx(km, abs=0.1)
    assert float(horizon_ground_m(hgt_m)) / 1000.0 == pytest.approx(km, rel=2e-3)


@settings(deadline=None)
@given(hgt_m=heights_m)
def test_the_ray_to_the_horizon_touches_the_circle(hgt_m):
    arc = float(horizon_ground_m(hgt_m)) / EARTH_RADIO_M
    # The tangent point, the eye and the centre make a right angle at the tangent point.
    assert math.cos(arc) == pytest.approx(EARTH_RADIO_M / (EARTH_RADIO_M + hgt_m), rel=1e-12)


@settings(deadline=None)
@given(sensor_m=raised_m, target_m=raised_m, share=st.floats(0.0, 2.0))
def test_visibility_equals_a_ray_walked_over_the_circle(sensor_m, target_m, share):
    reach_m = float(horizon_ground_m(sensor_m) + horizon_ground_m(target_m))
    ground_m = max(share * reach_m, 1.0)
    if abs(ground_m - reach_m) < 1.0:
        return
    arc = ground_m / EARTH_RADIO_M
    eye = np.array([0.0, EARTH_RADIO_M + sensor_m])
    there = (EARTH_RADIO_M + target_m) * np.array([math.sin(arc), math.cos(arc)])
    way = there - eye
    nearest = np.clip(-(eye @ way) / (way @ way), 0.0, 1.0)
    clears = bool(np.hypot(*(eye + nearest * way)) >= EARTH_RADIO_M - 1e-6)
    assert bool(is_above_horizon(sensor_m, target_m, ground_m)) == clears


def test_an_unknown_height_is_not_called_visible():
    assert not is_above_horizon(20.0, np.nan, 1000.0)
