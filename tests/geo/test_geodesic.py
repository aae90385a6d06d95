"""Distances and bearings against PROJ's geodesics."""

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield import geo

GEOD = pyproj.Geod(ellps="WGS84")
lats = st.floats(-89.0, 89.0)
lons = st.floats(-180.0, 180.0)
azms = st.floats(0.0, 359.9)


@settings(deadline=None)
@given(lat=lats, lon=lons, azm=azms, rng=st.floats(0.0, 1.5e7))
def test_ground_distance_agrees_with_proj(lat, lon, azm, rng):
    lon2, lat2, _ = GEOD.fwd(lon, lat, azm, rng)
    assert geo.ground_distance_m(lat, lon, lat2, lon2) == pytest.approx(rng, rel=2e-5, abs=1e-3)


@settings(deadline=None)
@given(lat=st.floats(-80.0, 80.0), lon=lons, azm=azms, rng=st.floats(10.0, 1.5e6))
def test_azimuth_agrees_with_proj(lat, lon, azm, rng):
    lon2, lat2, _ = GEOD.fwd(lon, lat, azm, rng)
    got = float(geo.azimuth_true_deg(lat, lon, lat2, lon2))
    assert abs((got - azm + 180.0) % 360.0 - 180.0) < 0.01


@settings(deadline=None)
@given(lat=lats, lon=lons, azm=azms, rng=st.floats(0.0, 1.9e7))
def test_the_place_reached_agrees_with_proj(lat, lon, azm, rng):
    want_lon, want_lat, _ = GEOD.fwd(lon, lat, azm, rng)
    got_lat, got_lon = geo.place_from(lat, lon, azm, rng)
    assert -180.0 <= got_lon < 180.0
    assert GEOD.inv(want_lon, want_lat, float(got_lon), float(got_lat))[2] < 1e-3


def test_equal_places_are_no_distance_apart_and_arrays_broadcast():
    out = geo.ground_distance_m(
        np.array([[50.0], [51.0]]), 30.0, np.array([50.0, 51.0, np.nan]), 30.0
    )
    assert out.shape == (2, 3)
    assert out[0, 0] == 0.0
    assert out[1, 1] == 0.0
    assert np.isnan(out[:, 2]).all()
    assert geo.azimuth_true_deg(50.0, 30.0, 50.0, 30.0) == 0.0
