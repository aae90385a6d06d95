import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield.read.adsb import _kernels, encode
from reference import mode_s as slow

MODES = pytest.mark.parametrize("mode", ["compiled", "interpreted"])
LATS = st.floats(-89.9, 89.9)
LONS = st.floats(-180.0, 179.999)


def form(kernel, mode):
    return kernel if mode == "compiled" else kernel.py_func


def same_place(got, want):
    if math.isnan(want[0]):
        return math.isnan(got[0])
    turned = (got[1] - want[1] + 180.0) % 360.0 - 180.0
    return abs(got[0] - want[0]) < 1e-9 and abs(turned) < 1e-9


@MODES
@given(octets=st.binary(min_size=14, max_size=14), is_long=st.booleans())
@settings(deadline=None)
def test_the_parity_is_that_of_a_division_bit_by_bit(mode, octets, is_long):
    size = 14 if is_long else 7
    message = np.frombuffer(octets, np.uint8).reshape(1, 14)
    got = form(_kernels.syndrome, mode)(message, 0, size)
    assert got == slow.parity(octets[:size])


@MODES
@given(lat=LATS)
@settings(deadline=None)
def test_the_number_of_zones_is_that_of_the_formula(mode, lat):
    assert form(_kernels.zones, mode)(lat) == slow.zones(lat)


@MODES
@given(lat=LATS, lon=LONS, odd=st.integers(0, 1), ground=st.integers(0, 1), by=st.floats(-0.4, 0.4))
@settings(deadline=None)
def test_one_message_and_a_reference_mean_the_nearest_of_all_places(
    mode, lat, lon, odd, ground, by
):
    y, x = slow.encode(lat, lon, odd, 90 if ground else 360)
    ref = (lat + by, lon - by)
    got = form(_kernels.cpr_local, mode)(y, x, odd, ground, *ref)
    want = slow.local(y, x, odd, 90 if ground else 360, *ref)
    # Next to the edge of a zone of longitude the nearest latitude may fall on its other side.
    if slow.zones(got[0]) == slow.zones(want[0]):
        assert same_place(got, want)


@MODES
@given(lat=LATS, lon=LONS, odd=st.integers(0, 1))
@settings(deadline=None)
def test_a_pair_means_what_the_standard_says(mode, lat, lon, odd):
    pair = slow.encode(lat, lon, 0), slow.encode(lat, lon, 1)
    got = form(_kernels.cpr_global, mode)(*pair[0], *pair[1], odd, 0, 0.0, 0.0)
    assert same_place(got, slow.globally(*pair, odd))


@given(lat=LATS, lon=LONS, odd=st.integers(0, 1), surface=st.booleans())
@settings(deadline=None)
def test_places_are_encoded_as_the_standard_says(lat, lon, odd, surface):
    y, x = encode.cpr_encode([lat], [lon], [odd], surface=surface)
    assert (y[0], x[0]) == slow.encode(lat, lon, odd, 90 if surface else 360)


@MODES
def test_every_mode_c_reply_is_its_height(mode):
    got = [form(_kernels.gillham_ft, mode)(code) for code in range(4096)]
    want = [slow.mode_c_ft(code) for code in range(4096)]
    assert got == [-9999 if height is None else height for height in want]
    assert sum(height is not None for height in want) == 1280


@given(height=st.integers(-40, 5068))
@settings(deadline=None)
def test_a_height_that_is_sent_is_the_height_that_is_read(height):
    altitude_ft = 25.0 * height
    v = np.full(_kernels.N_COLUMNS, _kernels.UNTOLD, np.int64)
    (field,) = encode.altitude_code([altitude_ft])
    _kernels.put_altitude(v, field, _kernels.ALTITUDE_FT)
    step = 12.5 if altitude_ft <= 50_175 else 50.0
    assert abs(v[_kernels.ALTITUDE_FT] - altitude_ft) <= step


def test_ground_speeds_grow_with_their_code():
    speeds = [_kernels.movement_kt(code) for code in range(1, 125)]
    assert_allclose(speeds[:10], [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0, 1.25])
    assert (np.diff(speeds) > 0.0).all()
    assert speeds[-1] == 175.0
    assert math.isnan(_kernels.movement_kt(0))
    assert math.isnan(_kernels.movement_kt(125))


@pytest.mark.parametrize(
    ("type_code", "version", "a", "b", "c", "nic", "radius_nmi"),
    [
        (11, 2, 1, 1, 0, 9, 75.0 / 1852.0),
        (11, 2, 0, 0, 0, 8, 0.1),
        (12, 2, 0, 0, 0, 7, 0.2),
        (13, 2, 0, 1, 0, 6, 0.3),
        (13, 2, 0, 0, 0, 6, 0.5),
        (13, 2, 1, 1, 0, 6, 0.6),
        (14, 2, 0, 0, 0, 5, 1.0),
        (15, 2, 0, 0, 0, 4, 2.0),
        (16, 2, 1, 1, 0, 3, 4.0),
        (16, 2, 0, 0, 0, 2, 8.0),
        (17, 2, 0, 0, 0, 1, 20.0),
        (18, 2, 0, 0, 0, 0, math.nan),
        (7, 2, 1, 0, 0, 9, 75.0 / 1852.0),
        (7, 2, 0, 0, 0, 8, 0.1),
        (8, 2, 1, 0, 1, 7, 0.2),
        (8, 2, 1, 0, 0, 6, 0.3),
        (8, 2, 0, 0, 1, 6, 0.6),
        (8, 2, 0, 0, 0, 0, math.nan),
        (13, 1, 1, 0, 0, 6, 0.6),
        (16, 1, 1, 0, 0, 3, 4.0),
        (11, 2, -1, 0, 0, -1, math.nan),
    ],
)
@MODES
def test_integrity_is_that_of_the_tables(mode, type_code, version, a, b, c, nic, radius_nmi):
    got = form(_kernels.integrity, mode)(type_code, version, a, b, c)
    assert got[0] == nic
    assert_allclose(got[1], radius_nmi * 1852.0)


def test_every_one_bit_error_has_a_sign_of_its_own():
    assert np.unique(_kernels.BIT_SYNDROMES).size == 112
    for bit in range(112):
        octets = bytearray(14)
        octets[bit // 8] = 0x80 >> bit % 8
        assert slow.parity(octets) == _kernels.BIT_SYNDROMES[bit]
