"""The truth keeps the laws of motion and the limits of each kind."""

import math

import numpy as np
import pytest

from airshield.errors import ShieldError
from airshield.rehearse import KINDS

GRAVITY_MPS2 = 9.80665
STEP_S = 0.5


def _all_at(sky, t_s):
    return sky.at(np.full(len(sky.flights), float(t_s)))


def _enu_rows(state):
    """East, north and up at each aircraft, written out independently of the room."""
    lat, lon = np.radians(state.lat_deg), np.radians(state.lon_deg)
    up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    east = np.cross([0.0, 0.0, 1.0], up)
    east /= np.linalg.norm(east, axis=-1, keepdims=True)
    return east, np.cross(up, east), up


@pytest.mark.parametrize("t_s", [-500.0, 0.0, 33.3, 400.0, 1234.5])
def test_the_velocity_is_the_rate_of_the_place(tiny_sky, t_s):
    h = 1e-2
    before, now, after = (_all_at(tiny_sky, t) for t in (t_s - h, t_s, t_s + h))
    steady = before.present & now.present & after.present
    assert steady.sum() > 25
    rate = (after.ecef_m - before.ecef_m) / (2.0 * h)
    for axis, column in zip(
        _enu_rows(now), (now.vel_east_mps, now.vel_north_mps, now.vel_up_mps), strict=True
    ):
        found = np.sum(rate * axis, axis=-1)
        # A bend or a change of slope may lie within the centimetre-seconds of the difference.
        close = np.abs(found - column)[steady]
        assert np.sort(close)[-2] < 1e-3
        assert close.max() < 5.0


def test_every_flight_keeps_the_limits_of_its_kind(tiny_sky):
    t = np.arange(-600.0, 2400.0, STEP_S)
    states = [_all_at(tiny_sky, t_s) for t_s in t]
    present = np.array([s.present for s in states])
    vel = np.array([[s.vel_east_mps, s.vel_north_mps, s.vel_up_mps] for s in states])
    alt = np.array([s.alt_msl_m for s in states])
    level = np.hypot(vel[:, 0], vel[:, 1])
    course = np.unwrap(np.arctan2(vel[:, 0], vel[:, 1]), axis=0)
    for i, flight in enumerate(tiny_sky.flights):
        kind = KINDS[flight.kind]
        here = present[:, i]
        assert np.all(np.abs(level[here, i] / flight.spd_mps - 1.0) < 2e-3), flight.name
        assert kind.spd_min_mps <= flight.spd_mps <= kind.spd_max_mps
        assert np.abs(vel[here, 2, i]).max() <= kind.climb_max_mps * 1.01, flight.name
        assert alt[here, i].max() <= kind.alt_max_msl_m
        assert alt[here, i].min() >= 200.0, flight.name
        # Where the slope changes the velocity has a kink, which the plane's tilt lets show in the
        # course too: some tenths of a metre per second far from the middle.
        steady = here[1:] & here[:-1] & (np.abs(np.diff(vel[:, 2, i])) < 1e-6)
        turn = np.abs(np.diff(course[:, i]))[steady] / STEP_S
        bank = np.degrees(np.arctan(turn * flight.spd_mps / GRAVITY_MPS2))
        assert bank.max() <= kind.bank_deg * 1.02, flight.name


def test_heights_are_met_exactly(tiny_sky):
    from airshield.geo import geodetic_from_ecef

    state = _all_at(tiny_sky, 100.0)
    lat, lon, hae = geodetic_from_ecef(state.ecef_m)
    np.testing.assert_allclose(hae, state.alt_hae_m, rtol=0.0, atol=1e-6)
    np.testing.assert_allclose(lat, state.lat_deg, atol=1e-12)
    np.testing.assert_allclose(lon, state.lon_deg, atol=1e-12)
    np.testing.assert_allclose(state.alt_hae_m - state.alt_msl_m, 30.9, atol=1e-9)


def test_a_right_angle_is_rounded_with_the_radius_of_a_level_turn(make_sky):
    sky = make_sky(("light", 60.0, [(50.0, 24.0, 500.0), (50.2, 24.0, 500.0), (50.2, 24.4, 500.0)]))
    radius_m = 60.0**2 / (GRAVITY_MPS2 * math.tan(math.radians(30.0)))
    t = np.arange(300.0, 420.0, 0.1)
    course = np.array([
        math.atan2(s.vel_east_mps[0], s.vel_north_mps[0])
        for s in (_all_at(sky, t_s) for t_s in t)
        if s.present[0]
    ])  # fmt: skip
    turning = np.abs(np.diff(course)) / 0.1 > 0.01
    quarter_s = 0.5 * math.pi * radius_m / 60.0
    assert turning.sum() * 0.1 == pytest.approx(quarter_s, rel=0.02)


def test_a_climb_through_a_turn_has_no_step_and_ends_at_the_waypoints_height(make_sky):
    points = [(50.0, 24.0, 500.0), (50.1, 24.0, 800.0), (50.1, 24.2, 1500.0)]
    sky = make_sky(("light", 60.0, points))
    t = np.arange(0.0, 440.0, 0.5)
    states = [_all_at(sky, t_s) for t_s in t]
    alt = np.array([s.alt_msl_m[0] for s in states if s.present[0]])
    assert np.all(np.diff(alt) > 0.0)
    assert np.diff(alt).max() < 6.0 * 0.5
    assert alt[0] == 500.0
    assert alt[-1] == pytest.approx(1500.0, abs=6.0 * 0.5)


def test_a_flight_is_absent_before_its_start_and_after_its_end(make_sky):
    sky = make_sky(("light", 50.0, [(50.0, 24.0, 500.0), (50.1, 24.0, 500.0)]), start_s=10.0)
    length_m = 0.1 * 111_229.0  # a tenth of a degree of latitude at 50 N
    there = [bool(_all_at(sky, t).present[0]) for t in (9.9, 10.1, 10.0 + length_m / 50.0 - 0.5)]
    assert there == [False, True, True]
    assert not _all_at(sky, 10.0 + length_m / 50.0 + 0.5).present[0]


def test_the_seed_moves_only_who_is_free_to_move(tiny, tiny_scenario, tiny_sky):
    from airshield.rehearse import Sky

    other = Sky(tiny_scenario, geoid_height_m=tiny.geoid_height_m, seed=8)
    one, two = _all_at(tiny_sky, 50.0), _all_at(other, 50.0)
    moved = np.linalg.norm(one.ecef_m - two.ecef_m, axis=-1) > 1.0
    free = np.array([flight.spread_s > 0.0 for flight in tiny_sky.flights])
    assert not np.any(moved & ~free)
    assert np.any(moved & free)


@pytest.mark.parametrize(
    ("points", "what"),
    [
        ([(50.0, 24.0, 500.0), (50.01, 24.0, 500.0), (50.0, 24.0, 500.0)], "do not fit"),
        ([(50.0, 24.0, 500.0), (50.02, 24.0, 3000.0)], "climbs"),
        ([(50.0, 24.0, 9000.0), (50.5, 24.0, 9000.0)], "does not fly at"),
    ],
)
def test_a_route_that_cannot_be_flown_is_refused(make_sky, points, what):
    with pytest.raises(ShieldError, match=what):
        make_sky(("light", 60.0, points))


def test_the_truth_table_lists_who_is_in_the_air(tiny_sky):
    table = tiny_sky.truth(0.0, t_start_ns=1_000_000_000)
    assert 38 <= table.num_rows <= 46
    assert table["t"].cast("int64").unique().to_pylist() == [1_000_000_000]
    assert set(table["cls"].to_pylist()) == {"airliner", "light", "helicopter", "drone", "jet"}
    silent = {row["target"]: row for row in table.to_pylist()}["Silent and fast"]
    assert silent["mode_s"] is None
    assert silent["callsign"] is None
