"""Closest approach and time to reach: closed forms, and PROJ's geodesic."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from airshield.warn import approach_of

GEOD = Geod(ellps="WGS84")


def approach(rng_m, azm_deg, course_deg, spd_mps, *, radius_m=5000.0, min_spd_mps=5.0):
    """A track at range and azimuth from a site at 50 north 24 east, on a course of its own."""
    lon, lat, _ = GEOD.fwd(24.0, 50.0, azm_deg, rng_m)
    course = math.radians(course_deg)
    out = approach_of(
        lat_deg=lat,
        lon_deg=lon,
        vel_east_mps=spd_mps * math.sin(course),
        vel_north_mps=spd_mps * math.cos(course),
        site_lat_deg=[50.0],
        site_lon_deg=[24.0],
        radius_m=[radius_m],
        min_spd_mps=min_spd_mps,
    )
    return tuple(
        float(value[0])
        for value in (out.rng_ground_m, out.azm_true_deg, out.rng_closest_m, out.dt_reach_s)
    )


def test_straight_at_the_site_the_time_is_distance_over_speed():
    rng_m, azm_deg, closest_m, dt_s = approach(25_000.0, 180.0, 0.0, 100.0)
    assert (rng_m, azm_deg) == (pytest.approx(25_000.0, rel=1e-4), pytest.approx(180.0, abs=0.01))
    assert closest_m == pytest.approx(0.0, abs=5.0)
    assert dt_s == pytest.approx(200.0, rel=1e-3)


def test_a_pass_abeam_is_reached_where_the_chord_begins():
    """20 km south and 3 km west, flying north: reached sqrt(5² - 3²) = 4 km before abeam."""
    azm_deg = 180.0 + math.degrees(math.atan2(3.0, 20.0))
    _, _, closest_m, dt_s = approach(math.hypot(20e3, 3e3), azm_deg, 0.0, 100.0)
    assert closest_m == pytest.approx(3000.0, rel=0.01)
    assert dt_s == pytest.approx(160.0, rel=0.01)


def test_a_pass_beyond_the_radius_is_never_reached():
    azm_deg = 180.0 + math.degrees(math.atan2(6.0, 20.0))
    _, _, closest_m, dt_s = approach(math.hypot(20e3, 6e3), azm_deg, 0.0, 100.0)
    assert closest_m == pytest.approx(6000.0, rel=0.01)
    assert math.isnan(dt_s)


def test_flying_away_is_never_nearer_than_now():
    rng_m, _, closest_m, dt_s = approach(20_000.0, 90.0, 90.0, 100.0)
    assert closest_m == rng_m
    assert math.isnan(dt_s)


def test_inside_is_now_whatever_the_course():
    assert approach(4000.0, 90.0, 90.0, 100.0)[3] == 0.0
    assert approach(4000.0, 90.0, 90.0, 1.0)[3] == 0.0


def test_too_slow_has_no_course():
    _, _, closest_m, dt_s = approach(20_000.0, 180.0, 0.0, 4.0)
    assert math.isnan(closest_m)
    assert math.isnan(dt_s)


@settings(deadline=None, max_examples=40)
@given(
    rng_m=st.floats(20_000.0, 400_000.0),
    azm_deg=st.floats(0.0, 360.0),
    off=st.floats(-0.9, 0.9),
)
def test_the_time_is_that_of_the_geodesic_flown(rng_m, azm_deg, off):
    """Fly the ellipsoid's geodesic in steps and see when the circle is entered."""
    radius_m, spd_mps = 10_000.0, 200.0
    lon, lat, back_deg = GEOD.fwd(24.0, 50.0, azm_deg, rng_m)
    course_deg = back_deg + math.degrees(off * radius_m / rng_m)
    _, _, _, dt_s = approach(rng_m, azm_deg, course_deg, spd_mps, radius_m=radius_m)
    flown_m = np.linspace(max(0.0, rng_m - 1.5 * radius_m), rng_m, 4000)
    n = flown_m.size
    lons, lats, _ = GEOD.fwd(np.full(n, lon), np.full(n, lat), np.full(n, course_deg), flown_m)
    _, _, left_m = GEOD.inv(lons, lats, np.full(n, 24.0), np.full(n, 50.0))
    entered = flown_m[np.argmax(left_m <= radius_m)] / spd_mps
    assert dt_s == pytest.approx(entered, rel=5e-3, abs=0.5)
