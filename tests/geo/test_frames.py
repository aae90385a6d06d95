"""Frames against PROJ, against slow twins, and against their own inverses."""

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield import geo
from airshield.geo import _kernels
from reference import geo as slow

lats = st.floats(-90.0, 90.0)
lons = st.floats(-180.0, 180.0)
heights = st.floats(-5e3, 1e7)
PROJ = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@settings(deadline=None)
@given(lat=lats, lon=lons, hae=heights)
def test_kernels_equal_their_slow_twins(mode, lat, lon, hae):
    there, back = _kernels.ecef_of_place_m, _kernels.place_of_ecef_rad
    if mode == "interpreted":
        there, back = there.py_func, back.py_func
    args = np.radians(lat), np.radians(lon), hae
    assert_allclose(there(*args), slow.ecef_of_place(*args), rtol=0, atol=1e-7)
    xyz = slow.ecef_of_place(*args)
    got, want = back(*xyz), slow.place_of_ecef(*xyz)
    assert abs(got[0] - want[0]) < 1e-13
    assert abs(got[2] - want[2]) < 1e-6


@settings(deadline=None)
@given(lat=lats, lon=lons, hae=heights)
def test_places_agree_with_proj(lat, lon, hae):
    xyz = geo.ecef_from_geodetic(lat, lon, hae)
    assert_allclose(xyz, PROJ.transform(lon, lat, hae), rtol=0, atol=1e-6)
    lat2, lon2, hae2 = geo.geodetic_from_ecef(xyz)
    assert abs(lat2 - lat) < 1e-11
    assert abs(hae2 - hae) < 1e-6
    across_m = np.cos(np.radians(lat)) * 6.4e6
    assert abs((lon2 - lon + 180.0) % 360.0 - 180.0) * across_m < 1e-3


def test_arrays_of_places_keep_their_shape_and_nan_stays_nan():
    lat = np.array([[10.0, np.nan], [-45.0, 90.0]])
    xyz = geo.ecef_from_geodetic(lat, 20.0, 5.0)
    assert xyz.shape == (2, 2, 3)
    back = geo.geodetic_from_ecef(xyz)
    assert_allclose(back[0], lat, atol=1e-11)
    assert np.isnan(back[2][0, 1])


@settings(deadline=None)
@given(lat=lats, lon=lons, east=st.floats(-5e5, 5e5), north=st.floats(-5e5, 5e5))
def test_local_frames_agree_with_proj_and_invert(lat, lon, east, north):
    origin = geo.Origin(lat_deg=lat, lon_deg=lon, hae_m=120.0)
    enu = np.array([east, north, 3000.0])
    ecef = geo.ecef_from_enu(enu, origin)
    assert_allclose(geo.enu_from_ecef(ecef, origin), enu, rtol=0, atol=1e-6)
    pipe = pyproj.Transformer.from_pipeline(
        f"+proj=topocentric +ellps=WGS84 +lat_0={lat} +lon_0={lon} +h_0=120"
    )
    assert_allclose(pipe.transform(*ecef), enu, rtol=0, atol=1e-5)


@settings(deadline=None)
@given(rng=st.floats(1.0, 5e5), azm=st.floats(0.0, 359.999), elv=st.floats(-89.0, 89.0))
def test_polar_inverts(rng, azm, elv):
    rng2, azm2, elv2 = geo.polar_from_enu(geo.enu_from_polar(rng, azm, elv))
    assert rng2 == pytest.approx(rng)
    assert abs((azm2 - azm + 180.0) % 360.0 - 180.0) < 1e-9
    assert elv2 == pytest.approx(elv, abs=1e-9)


def test_azimuth_never_reaches_360():
    _, azm, _ = geo.polar_from_enu([-1e-18, 1.0, 0.0])
    assert azm == 0.0
