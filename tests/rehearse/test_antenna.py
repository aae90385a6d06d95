"""Beam times are exact, noise is as stated, and detection keeps to cover."""

import dataclasses

import numpy as np
import pytest

from airshield.geo import Origin, enu_from_ecef, polar_from_enu
from airshield.rehearse.antenna import Antenna
from airshield.sensors import Radar

RADAR = Radar(
    name="Test",
    contributor="Nobody",
    sac=0,
    sic=9,
    lat_deg=50.0,
    lon_deg=24.0,
    antenna_hae_m=60.0,
    turn_s=8.0,
    rng_min_m=500.0,
    rng_max_m=150_000.0,
    sigma_rng_m=50.0,
    sigma_azm_deg=0.1,
    has_primary=True,
    has_secondary=True,
    pd=0.9,
)
HOME = Origin(lat_deg=50.0, lon_deg=24.0, hae_m=60.0)


def _azimuth_deg(sky, flight, t_s):
    state = sky.at(np.full(len(sky.flights), t_s))
    return float(polar_from_enu(enu_from_ecef(state.ecef_m, HOME))[1][flight])


def test_the_beam_points_at_the_target_when_it_meets_it(tiny, tiny_sky):
    for number, radar in enumerate(tiny.radars):
        antenna = Antenna(radar, tiny_sky, seed=7, number=number)
        home = Origin(lat_deg=radar.lat_deg, lon_deg=radar.lon_deg, hae_m=radar.antenna_hae_m)
        for turn in (-30, 0, 17):
            flight, t_s, azm_deg, _ = antenna.passes(turn)
            assert flight.size > 30
            assert np.all(np.diff(t_s) >= 0.0)
            for row in range(0, flight.size, 5):
                truth = tiny_sky.at(np.full(len(tiny_sky.flights), t_s[row]))
                azm = polar_from_enu(enu_from_ecef(truth.ecef_m, home))[1][flight[row]]
                beam = 360.0 * (t_s[row] - antenna.begin_s(turn)) / radar.turn_s
                assert azm == pytest.approx(azm_deg[row], abs=1e-6)
                assert beam == pytest.approx(azm_deg[row], abs=1e-6)


@pytest.mark.parametrize("west_to_east", [True, False])
def test_a_target_crossing_north_is_met_as_often_as_the_beam_passes_it(make_sky, west_to_east):
    points = [(50.08, 23.9, 900.0), (50.08, 24.1, 900.0)]
    sky = make_sky(("light", 80.0, points if west_to_east else points[::-1]), start_s=-10.0)
    antenna = Antenna(RADAR, sky, seed=3, number=0)
    met = np.concatenate([antenna.passes(turn)[1] for turn in range(20)])

    # By brute force: where the angle from the beam to the target passes zero.
    begin_s, end_s = antenna.begin_s(0), antenna.begin_s(20)
    coarse_s = np.arange(begin_s, end_s + 0.5, 0.5)
    coarse = np.unwrap([_azimuth_deg(sky, 0, t_s) for t_s in coarse_s], period=360.0)
    t = np.arange(begin_s, end_s, 0.01)
    azm = np.interp(t, coarse_s, coarse)
    ahead = np.remainder(azm - 360.0 * (t - begin_s) / RADAR.turn_s + 180.0, 360.0) - 180.0
    passes = t[1:][(ahead[:-1] > 0.0) & (ahead[1:] <= 0.0) & (ahead[:-1] < 90.0)]
    assert met.size == passes.size
    np.testing.assert_allclose(met, passes, atol=0.011)


def test_noise_has_the_stated_spread_and_no_bias(make_sky):
    far = [(50.6, 23.6, 8000.0), (50.6, 25.2, 8000.0)]
    sky = make_sky(*[("airliner", 150.0 + i, far) for i in range(40)], start_s=0.0)
    antenna = Antenna(RADAR, sky, seed=11, number=0)
    off_rng, off_azm = [], []
    for turn in range(2, 40):
        plots = antenna.plots(turn)
        flight, t_s, azm_deg, state = antenna.passes(turn)
        rng_m = polar_from_enu(enu_from_ecef(state.ecef_m, HOME))[0]
        where = {int(f): i for i, f in enumerate(flight)}
        rows = np.array([where[int(f)] for f in plots.flight])
        off_rng.append(plots.rng_slant_m - rng_m[rows])
        off_azm.append(np.remainder(plots.azm_true_deg - azm_deg[rows] + 180.0, 360.0) - 180.0)
        np.testing.assert_array_equal(plots.t_s, t_s[rows])
    rng, azm = np.concatenate(off_rng), np.concatenate(off_azm)
    assert rng.size > 1000
    for sample, sigma in ((rng, RADAR.sigma_rng_m), (azm, RADAR.sigma_azm_deg)):
        # Four standard errors of a mean and of a spread.
        assert abs(sample.mean()) < 4.0 * sigma / np.sqrt(sample.size)
        assert abs(sample.std() / sigma - 1.0) < 4.0 / np.sqrt(2.0 * sample.size)
    assert abs(np.corrcoef(rng, azm)[0, 1]) < 4.0 / np.sqrt(rng.size)


def test_a_silent_target_gives_primary_plots_at_the_stated_rate(make_sky):
    near = [(50.3, 23.6, 3000.0), (50.3, 24.6, 3000.0)]
    sky = make_sky(*[("jet", 150.0 + i, near) for i in range(30)])
    antenna = Antenna(RADAR, sky, seed=5, number=0)
    turns = [antenna.plots(turn) for turn in range(2, 42)]
    seen = sum(plots.t_s.size for plots in turns)
    possible = sum(antenna.passes(turn)[0].size for turn in range(2, 42))
    assert not any(np.any(plots.secondary) for plots in turns)
    # 34 km away the curve is flat: only the radar's own pd is left.
    assert abs(seen / possible - 0.9) < 4.0 * np.sqrt(0.9 * 0.1 / possible)


def test_nothing_below_the_horizon_is_seen(make_sky):
    low = [(50.8, 24.0, 150.0), (50.8, 24.3, 150.0)]  # 89 km away; the horizon is 72 km away
    sky = make_sky(("drone", 30.0, low))
    antenna = Antenna(RADAR, sky, seed=5, number=0)
    assert sum(antenna.plots(turn).t_s.size for turn in range(40)) == 0


def test_clutter_comes_at_its_rate_and_only_from_a_primary_channel(make_sky):
    sky = make_sky(
        ("light", 50.0, [(50.0, 24.0, 500.0), (50.1, 24.0, 500.0)]),
        start_s=1e6,
        clutter_per_turn=3.0,
    )
    count = sum(Antenna(RADAR, sky, seed=1, number=0).plots(turn).t_s.size for turn in range(200))
    assert abs(count - 600) < 4.0 * np.sqrt(600)
    deaf = Antenna(dataclasses.replace(RADAR, has_primary=False), sky, seed=1, number=0)
    assert sum(deaf.plots(turn).t_s.size for turn in range(50)) == 0


def test_a_turn_is_the_same_whatever_was_asked_before(tiny, tiny_sky):
    one = Antenna(tiny.radars[0], tiny_sky, seed=7, number=0)
    two = Antenna(tiny.radars[0], tiny_sky, seed=7, number=0)
    one.plots(3)
    for name in one.plots(4).__slots__:
        np.testing.assert_array_equal(getattr(one.plots(4), name), getattr(two.plots(4), name))


def test_every_seed_radar_and_turn_has_its_own_noise(make_sky):
    sky = make_sky(("airliner", 150.0, [(50.5, 23.6, 8000.0), (50.5, 25.2, 8000.0)]))
    radar = dataclasses.replace(RADAR, pd=1.0, sigma_azm_deg=0.0)

    def noise_m(seed, number, turn):
        antenna = Antenna(radar, sky, seed=seed, number=number)
        _, _, _, state = antenna.passes(turn)
        rng_m = polar_from_enu(enu_from_ecef(state.ecef_m, HOME))[0]
        return float((antenna.plots(turn).rng_slant_m - rng_m)[0])

    drawn = {round(noise_m(*who), 6) for who in ((1, 0, 5), (2, 0, 5), (1, 1, 5), (1, 0, 6))}
    assert len(drawn) == 4
