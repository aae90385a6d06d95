"""The tracker's kernels against their slow twins, compiled and interpreted."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield.track.association import _kernels as association
from airshield.track.clutter import _kernels as clutter
from airshield.track.filters import _kernels
from airshield.track.state import (
    CALM,
    CELL_RINGS,
    CELL_SECTORS,
    CONFIG,
    MODELS,
    PLOT,
    RADAR,
    SLOW,
    TRACK_STATE,
    TURNING,
    WORK,
)
from reference import track as slow

modes = pytest.mark.parametrize("mode", ["compiled", "interpreted"])
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=25)
SCALE = np.array([300.0, 300.0, 30.0, 30.0, 0.03])


def pick(kernel, mode):
    return kernel if mode == "compiled" else kernel.py_func


def records(dtype):
    return np.zeros(1, dtype).view(np.recarray)


def states(seed, n=MODELS):
    """Random estimates of the tracker's own sizes, with a height error correlated to them."""
    rng = np.random.default_rng(seed)
    scale = np.append(SCALE, 900.0)
    x = rng.standard_normal((n, 5)) * SCALE
    big = rng.standard_normal((n, 6, 6))
    big = np.einsum("nij,nkj->nik", big, big) + 0.1 * np.eye(6)
    big *= scale[:, None] * scale[None, :]
    # The height's variance is one figure, whatever the model.
    ph = float(big[:, 5, 5].max())
    w = rng.dirichlet(np.ones(n))
    return rng, w, x, big[:, :5, :5].copy(), big[:, :5, 5].copy(), ph


def assert_covariances_equal(got, wanted, rtol=1e-9):
    """Compare covariances of mixed units as correlations, and their variances one by one."""
    root = np.sqrt(np.einsum("...ii->...i", wanted))
    assert_allclose(
        got / (root[..., :, None] * root[..., None, :]),
        wanted / (root[..., :, None] * root[..., None, :]),
        rtol=0,
        atol=rtol,
    )


# --- Motion ---------------------------------------------------------------------------------------


@modes
@quick
@given(seed=seeds, dt=st.floats(0.0, 60.0), q=st.floats(0.0, 100.0))
def test_straight_prediction_equals_its_slow_twin(mode, seed, dt, q):
    _, _, x, P, C, _ = states(seed)
    x, P, C = x[0], P[0], C[0]
    want = slow.predict_straight(x, P, C, dt, q, 2e-3)
    pick(_kernels.predict_straight, mode)(x, P, C, dt, q, 2e-3)
    assert_allclose(x, want[0], rtol=1e-9, atol=1e-9)
    assert_covariances_equal(P, want[1])
    assert_allclose(C, want[2], rtol=1e-9, atol=1e-6)


turn_rates = st.one_of(st.floats(-0.3, 0.3), st.floats(-1e-4, 1e-4), st.just(0.0))


@modes
@quick
@given(seed=seeds, dt=st.floats(0.01, 20.0), turn=turn_rates)
def test_turning_prediction_equals_a_rotated_velocity_and_its_numerical_derivative(
    mode, seed, dt, turn
):
    _, _, x, P, C, _ = states(seed)
    x, P, C = x[0], P[0], C[0]
    x[4] = turn
    want = slow.predict_turning(x, P, C, dt, 4.0, 1e-5, slow.turned_jacobian)
    scratch = np.empty((2, 5, 5))
    pick(_kernels.predict_turning, mode)(x, P, C, dt, 4.0, 1e-5, *scratch)
    assert_allclose(x, want[0], rtol=1e-6, atol=1e-4)
    assert_covariances_equal(P, want[1], rtol=1e-5)
    assert_allclose(C, want[2], rtol=1e-5, atol=np.abs(want[2]).max() * 1e-6)


@modes
@quick
@given(seed=seeds, dt=st.floats(0.5, 20.0), turn=st.floats(0.01, 0.3), left=st.booleans())
def test_turning_prediction_equals_bar_shalom_s_matrices(mode, seed, dt, turn, left):
    _, _, x, P, C, _ = states(seed)
    x, P, C = x[0], P[0], C[0]
    x[4] = turn if left else -turn
    want = slow.predict_turning(x, P, C, dt, 4.0, 1e-5, slow.bar_shalom_jacobian)
    scratch = np.empty((2, 5, 5))
    pick(_kernels.predict_turning, mode)(x, P, C, dt, 4.0, 1e-5, *scratch)
    assert_allclose(x, want[0], rtol=1e-9, atol=1e-6)
    assert_covariances_equal(P, want[1])
    assert_allclose(C, want[2], rtol=1e-9, atol=np.abs(want[2]).max() * 1e-9)


@modes
@quick
@given(seed=seeds, dt=st.floats(0.1, 12.0))
def test_without_a_turn_both_predictions_agree(mode, seed, dt):
    """Closed form: nought degrees a second, known for certain, is straight flight."""
    _, _, x, P, C, _ = states(seed)
    x, P, C = x[0], P[0], C[0]
    x[4] = C[4] = 0.0
    P[4, :] = P[:, 4] = 0.0
    straight = x.copy(), P.copy(), C.copy()
    pick(_kernels.predict_straight, mode)(*straight, dt, 4.0, 0.0)
    pick(_kernels.predict_turning, mode)(x, P, C, dt, 4.0, 0.0, *np.empty((2, 5, 5)))
    for one, other in zip((x, P, C), straight, strict=True):
        assert_allclose(one, other, rtol=1e-9, atol=1e-6)


@modes
@quick
@given(seed=seeds, km=st.floats(0.0, 100.0))
def test_mixing_and_blending_equal_their_slow_twins(mode, seed, km):
    rng, w, x, P, C, _ = states(seed)
    x[:, :2] += 1e3 * km  # far from the frame's origin no digits are lost
    stay = rng.uniform(0.3, 1.0, MODELS)
    c, share = np.empty(MODELS), np.empty((MODELS, MODELS))
    xs, Ps, Cs = np.empty_like(x), np.empty_like(P), np.empty_like(C)
    pick(_kernels.mix, mode)(w, x, P, C, stay, c, xs, Ps, Cs, share)
    want = slow.mix(w, x, P, C, stay)
    for got, wanted in zip((c, xs, Cs), (want[0], want[1], want[3]), strict=True):
        assert_allclose(got, wanted, rtol=1e-9, atol=1e-7)
    assert_covariances_equal(Ps, want[2])
    mean, spread, along = np.empty(5), np.empty((5, 5)), np.empty(5)
    pick(_kernels.blend, mode)(c, xs, Ps, Cs, mean, spread, along)
    want_mean, want_spread = slow.moments(*want[:3])
    assert_allclose(mean, want_mean, rtol=1e-9, atol=1e-7)
    assert_covariances_equal(spread, want_spread)
    assert_allclose(along, want[0] @ want[3], rtol=1e-9, atol=1e-7)


# --- Updates --------------------------------------------------------------------------------------

forms = st.sampled_from([(1.0, 0.0), (0.0, 1.0), (1.0, -2.5)])


def random_pair(rng, steep):
    root = rng.standard_normal((2, 2))
    R = (root @ root.T + np.eye(2)) * 2500.0
    return rng.standard_normal(2) * 300.0, R, steep * rng.standard_normal(2)


@modes
@quick
@given(
    seed=seeds,
    form=forms,
    steep=st.floats(0.0, 2.0),
    trust=st.one_of(st.just(1.0), st.floats(0.0, 1.0)),
)
def test_the_update_equals_joseph_form_with_a_considered_height_and_a_doubted_plot(
    mode, seed, form, steep, trust
):
    rng, _, x, P, C, ph = states(seed)
    x, P, C = x[0], P[0], C[0]
    z, R, gh = random_pair(rng, steep)
    want = slow.fuse(x, P, C, *form, z, R, gh, ph, trust)
    work = records(WORK)[0]
    d2, log_det = pick(_kernels.fuse, mode)(x, P, C, *form, z, R, gh, ph, trust, work)
    assert_allclose(x, want[0], rtol=1e-7, atol=1e-6)
    assert_covariances_equal(P, want[1], rtol=1e-7)
    for got, wanted in zip((C, d2, log_det), want[2:], strict=True):
        assert_allclose(got, wanted, rtol=1e-7, atol=1e-5)


@modes
@quick
@given(seed=seeds, form=forms, steep=st.floats(0.0, 2.0))
def test_what_a_plot_says_of_the_height_equals_the_filter_of_six_states(mode, seed, form, steep):
    rng, _, x, P, C, ph = states(seed)
    z, R, gh = random_pair(rng, steep)
    step, var = slow.height_told(x[0], P[0], C[0], *form, z, R, gh, ph)
    work = records(WORK)[0]
    pick(_kernels.fuse, mode)(x[0], P[0], C[0], *form, z, R, gh, ph, 1.0, work)
    assert_allclose(work.dh, step, rtol=1e-7, atol=1e-6)
    assert_allclose(ph + work.dph, var, rtol=1e-7)


@modes
@quick
@given(seed=seeds, steep=st.floats(0.1, 2.0), trust=st.floats(0.05, 0.95))
def test_a_doubted_plot_leaves_its_doubt_in_the_height_too(mode, seed, steep, trust):
    """The variance of the mixture, as in the update of the place (Bar-Shalom and Tse, 1975)."""
    rng, _, x, P, C, ph = states(seed)
    z, R, gh = random_pair(rng, steep)
    step, var = slow.height_told(x[0], P[0], C[0], 1.0, 0.0, z, R, gh, ph, trust)
    work = records(WORK)[0]
    pick(_kernels.fuse, mode)(x[0], P[0], C[0], 1.0, 0.0, z, R, gh, ph, trust, work)
    assert_allclose(work.dh, step, rtol=1e-7, atol=1e-6)
    assert_allclose(ph + work.dph, var, rtol=1e-7)


@quick
@given(seed=seeds, dt=st.floats(1.0, 12.0), off=st.floats(-600.0, 600.0))
def test_a_whole_update_is_one_turn_of_the_textbook_s_imm(seed, dt, off):
    """A place with known height, through prediction, update and the weights of the models."""
    _, w, x, P, _, _ = states(seed)
    trk, work, plot, cfg = (records(kind)[0] for kind in (TRACK_STATE, WORK, PLOT, CONFIG))
    _kernels.anchor(trk, 0.8, 0.4)
    trk.w, trk.x, trk.P, trk.C = w, x, P, 0.0
    trk.basis, trk.z, trk.is_baro = _kernels.BASIS_GEOMETRIC, 5000.0, 0
    # The second set of models, so that the first is not taken by mistake.
    trk.behaviour = SLOW
    cfg.q[SLOW], cfg.tau_s[:] = (0.3, 100.0, 4.0), (120, 15, 20)
    cfg.var_turn[SLOW], cfg.q_turn = 3e-3, 3e-5
    cfg.anchor_m = np.inf
    plot.what, plot.t, plot.sigma_pos_m, plot.stretch, plot.trust = _kernels.PLACE, dt, 40.0, 1, 1
    plot.baro_m = plot.hae_m = plot.elv_rad = plot.ve = plot.vn = plot.vu = np.nan
    plot.lat_rad, plot.lon_rad = 0.8 + off / 6.37e6, 0.4 - off / 6.37e6
    origin, axes = slow.ecef(0.8, 0.4, 0.0), slow.axes(0.8, 0.4)
    z = (axes @ (slow.ecef(plot.lat_rad, plot.lon_rad, 5000.0) - origin))[:2]

    def straight(q):
        return lambda x, P, C: slow.predict_straight(x, P, C, dt, q, cfg.var_turn[SLOW])

    def turning(x, P, C):
        return slow.predict_turning(x, P, C, dt, 4.0, cfg.q_turn, slow.turned_jacobian)

    want_w, want_x, want_P, density = slow.imm_step(
        w.copy(), x.copy(), P.copy(), dt,
        stay=np.exp(-dt / cfg.tau_s), predict=[straight(0.3), straight(100.0), turning],
        z=z, R=1600.0 * np.eye(2),
    )  # fmt: skip
    assert (CALM, TURNING) == (0, 2)
    _, log_density = _kernels.compare(trk, plot, 1.0, records(RADAR), cfg, work)
    assert_allclose(np.exp(log_density), density, rtol=1e-3, atol=1e-12)
    _kernels.update_track(trk, plot, False, records(RADAR), cfg, work)
    assert_allclose(trk.w, want_w, atol=3e-6)  # no model falls below one in a million
    assert_allclose(trk.x[:, :4], want_x[:, :4], rtol=1e-5, atol=0.01)
    assert_allclose(trk.x[:, 4], want_x[:, 4], atol=1e-6)
    assert_covariances_equal(trk.P, want_P, rtol=1e-4)


@modes
@quick
@given(
    seed=seeds, dt=st.floats(0.0, 30.0), form=st.sampled_from([(1.0, 0.0), (0.0, 1.0), (1.0, -3.0)])
)
def test_the_vertical_filter_equals_its_slow_twin(mode, seed, dt, form):
    rng = np.random.default_rng(seed)
    trk = records(TRACK_STATE)[0]
    root = rng.standard_normal((2, 2)) * np.array([[30.0], [5.0]])
    P = root @ root.T + np.diag([1.0, 0.1])
    z = rng.standard_normal(2) * np.array([5000.0, 10.0])
    trk.z, trk.vz, trk.tz = z[0], z[1], 7.0
    trk.Pz[:] = P[0, 0], P[0, 1], P[1, 1]
    pick(_kernels.predict_height, mode)(trk, 7.0 + dt, 1.0)
    z, P = slow.predict_height(z, P, dt, 1.0)
    assert_allclose([trk.z, trk.vz], z, rtol=1e-9)
    pick(_kernels.fuse_height, mode)(trk, 4000.0, 100.0, *form)
    z, P = slow.fuse_height(z, P, 4000.0, 100.0, *form)
    assert_allclose([trk.z, trk.vz], z, rtol=1e-6, atol=1e-6)
    assert_allclose(trk.Pz, [P[0, 0], P[0, 1], P[1, 1]], rtol=1e-6, atol=1e-6)


@modes
@quick
@given(seed=seeds, miss=st.floats(-5000.0, 5000.0), var=st.floats(100.0, 1e6))
def test_learning_the_height_is_a_kalman_update_of_everything(mode, seed, miss, var):
    _, w, x, P, C, ph = states(seed)
    trk = records(TRACK_STATE)[0]
    trk.w, trk.x, trk.P, trk.C, trk.ph = w, x, P, C, ph
    trk.z, trk.offset_m = 3000.0, 40.0
    pick(_kernels.bound_height, mode)(trk)
    C = trk.C.copy()
    pick(_kernels.learn_height, mode)(trk, 0.0, 3040.0 + miss, var)
    for m in range(MODELS):
        want = slow.learn_height(x[m], P[m], C[m], ph, miss, var)
        assert_allclose(trk.x[m], want[0], rtol=1e-7, atol=1e-6)
        assert_covariances_equal(trk.P[m], want[1], rtol=1e-7)
        assert_allclose(trk.C[m], want[2], rtol=1e-7, atol=1e-5)
        assert_allclose([trk.ph, trk.z - 3000.0], want[3:], rtol=1e-7, atol=1e-6)


@modes
@quick
@given(seed=seeds, ph=st.floats(1.0, 1e6))
def test_a_bounded_height_is_correlated_by_less_than_one_and_else_left_alone(mode, seed, ph):
    _, w, x, P, C, _ = states(seed)
    trk = records(TRACK_STATE)[0]
    trk.w, trk.x, trk.P, trk.C, trk.ph = w, x, P, C, ph
    pick(_kernels.bound_height, mode)(trk)
    most = np.sqrt(np.einsum("nii->ni", P) * ph)
    correlation = trk.C / most
    assert (np.abs(correlation) < 0.999991).all()
    untouched = np.abs(C / most) <= 0.99999
    assert (trk.C[untouched] == C[untouched]).all()
    assert (np.sign(trk.C) == np.sign(C)).all()


@modes
@quick
@given(rng_m=st.floats(100.0, 450e3), hae_m=st.floats(0.0, 1500.0), geoid_m=st.floats(-60.0, 80.0))
def test_the_usual_height_is_low_and_above_the_radar_s_horizon(mode, rng_m, hae_m, geoid_m):
    radar = records(RADAR)
    radar.hae_m, radar.radius_m = hae_m, 6.37e6
    got = pick(_kernels.usual_height_m, mode)(rng_m, radar[0], geoid_m)
    least_m = slow.least_seen_m(rng_m, max(hae_m - geoid_m, 20.0), 4.0 / 3.0 * 6.37e6)
    assert_allclose(got, geoid_m + least_m + min(0.2 * rng_m, 2000.0), atol=1e-3)


# --- Geometry -------------------------------------------------------------------------------------


def radar_record(lat, lon, hae):
    radar = records(RADAR)
    radar.ecef[0] = slow.ecef(lat, lon, hae)
    radar.A[0] = slow.axes(lat, lon)
    radar.radius_m, radar.hae_m = 6.37e6, hae
    return radar


@quick
@given(
    azm=st.floats(0.0, 2.0 * np.pi),
    dist=st.floats(2e3, 350e3),
    hae=st.floats(300.0, 13e3),
    lat=st.floats(-75.0, 75.0),
    off=st.floats(-30e3, 30e3),
)
def test_a_plot_comes_out_where_the_target_is_whatever_the_frame(azm, dist, hae, lat, off):
    """The kernel inverts the twin's forward geometry, to metres when 30 km off the origin."""
    lat, lon = np.radians(lat), 0.4
    there_lat, there_lon = lat + dist * np.cos(azm) / 6.37e6, lon + dist * np.sin(azm) / 6.37e6
    radars = radar_record(lat, lon, 150.0)
    rng_m, azm_rad = slow.radar_polar(there_lat, there_lon, hae, lat, lon, 150.0)
    if hae - 150.0 > 0.9 * rng_m:
        return  # overhead: the kernel declines such heights
    trk, work = records(TRACK_STATE)[0], records(WORK)[0]
    frame_lat = there_lat + off / 6.37e6
    _kernels.anchor(trk, frame_lat, there_lon - off / 6.37e6)
    trk.w[:], trk.basis, trk.z, trk.offset_m = 0.5, _kernels.BASIS_BARO, hae - 40.0, 40.0
    plot = records(PLOT)[0]
    plot.what, plot.rng_m, plot.azm_rad = _kernels.POLAR, rng_m, azm_rad
    plot.sigma_rng_m, plot.sigma_azm_rad, plot.hae_m = 50.0, 1e-3, hae
    association.rough_place(plot, radars, records(CONFIG)[0])
    _kernels.place_polar(plot, hae, radars[0], trk, work)
    got = np.array(_kernels.ecef_of_track_m(trk, work.p[0], work.p[1], hae))
    assert np.linalg.norm(got - slow.ecef(there_lat, there_lon, hae)) < 3.0


@modes
@pytest.mark.parametrize("height_m", [500.0, 10e3])
@pytest.mark.parametrize("dist_m", [12e3, 60e3, 300e3])
def test_noise_and_height_error_move_a_plot_as_the_kernel_says(mode, height_m, dist_m):
    """The kernel's R and gh are the derivatives of its own place, taken by differences."""
    radars = radar_record(0.7, 0.1, 100.0)
    trk, work = records(TRACK_STATE)[0], records(WORK)[0]
    _kernels.anchor(trk, 0.7 + 0.9 * dist_m / 6.37e6, 0.1)
    trk.w[:], trk.basis = 0.5, _kernels.BASIS_BARO

    def place(rng_m, azm_rad, hae_m):
        plot = records(PLOT)[0]
        plot.what, plot.rng_m, plot.azm_rad = _kernels.POLAR, rng_m, azm_rad
        plot.sigma_rng_m, plot.sigma_azm_rad = 30.0, 1e-3
        plot.ecef[:] = slow.ecef(0.7 + np.sqrt(dist_m**2 - hae_m**2) / 6.37e6, 0.1, hae_m)
        pick(_kernels.place_polar, mode)(plot, hae_m, radars[0], trk, work)
        return work.p.copy()

    middle = place(dist_m, 0.05, height_m)
    R, gh = work.R.copy(), work.gh.copy()
    along = (place(dist_m + 1.0, 0.05, height_m) - middle) * 30.0
    across = (place(dist_m, 0.05 + 1e-5, height_m) - middle) / 1e-5 * 1e-3
    assert_allclose(R, np.outer(along, along) + np.outer(across, across), rtol=2e-3, atol=1.0)
    assert_allclose(gh, place(dist_m, 0.05, height_m + 1.0) - middle, rtol=2e-3, atol=1e-3)


@quick
@given(seed=seeds, lat=st.floats(-75.0, 75.0))
def test_laying_the_frame_anew_moves_no_track(seed, lat):
    rng, w, x, P, C, ph = states(seed)
    trk, work = records(TRACK_STATE)[0], records(WORK)[0]
    _kernels.anchor(trk, np.radians(lat), 0.3)
    x[:, :2] += rng.uniform(-3e4, 3e4, 2)
    trk.w, trk.x, trk.P, trk.C, trk.ph, trk.z = w, x, P, C, ph, 9000.0
    ecef = [_kernels.ecef_of_track_m(trk, *x[m, :2], 9000.0) for m in range(MODELS)]
    spd = np.linalg.norm(x[:, 2:4], axis=1)
    _kernels.anchor_anew(trk, work)
    for m in range(MODELS):
        after = _kernels.ecef_of_track_m(trk, *trk.x[m, :2], 9000.0)
        assert_allclose(after, ecef[m], rtol=0, atol=0.5)
    assert abs(trk.x[0, 0]) < 0.5  # the first model now sits at the origin
    assert_allclose(np.linalg.norm(trk.x[:, 2:4], axis=1), spd, rtol=1e-4)


# --- The clutter map ------------------------------------------------------------------------------


@modes
@quick
@given(
    rng_m=st.floats(0.0, 500e3),
    azm_rad=st.floats(-10.0, 10.0),
    cell_m=st.floats(3e3, 4e3),
)
def test_a_place_falls_into_the_cell_that_brute_force_finds(mode, rng_m, azm_rad, cell_m):
    cell = pick(clutter.cell_of, mode)(rng_m, azm_rad, cell_m, CELL_RINGS, CELL_SECTORS)
    ring, sector = slow.ClutterMap(CELL_RINGS, CELL_SECTORS, cell_m, 400e3).cell_of(rng_m, azm_rad)
    assert cell == ring * CELL_SECTORS + sector
    assert 0 <= cell < CELL_RINGS * CELL_SECTORS


@modes
@quick
@given(seed=seeds, turns=st.floats(0.0, 500.0), n=st.integers(0, 60), own=st.floats(0.0, 3.0))
def test_the_clutter_map_equals_a_list_of_all_false_plots(mode, seed, turns, n, own):
    rng = np.random.default_rng(seed)
    rings, sectors, cell_m, reach_m = 4, 6, 3000.0, 12e3
    cells = np.zeros((rings * sectors, 2), np.float32)
    in_rings = np.zeros((rings, 2), np.float32)
    all_seen = slow.ClutterMap(rings, sectors, cell_m, reach_m)
    for turn in np.sort(rng.uniform(0.0, turns, n)):
        ring, sector, count = int(rng.integers(rings)), int(rng.integers(sectors)), rng.uniform()
        at = ring * sectors + sector
        pick(clutter.note_false, mode)(cells, in_rings, at, sectors, turn, count)
        all_seen.note(ring, sector, turn, count)
    for at in range(rings * sectors):
        got = pick(clutter.density_per_m2, mode)(
            cells, in_rings, at, sectors, cell_m, turns, reach_m, own
        )
        wanted = all_seen.density_per_m2(
            *divmod(at, sectors), turns, own,
            kept=clutter.TURNS_KEPT, ring_turns=clutter.RING_TURNS,
            cell_turns=clutter.CELL_TURNS, guess=clutter.GUESS_PER_SCAN,
        )  # fmt: skip
        assert_allclose(got, wanted, rtol=1e-4)


@modes
@pytest.mark.parametrize("since", [0.0, 1.0, 100.0, 1000.0])
def test_counts_fade_by_one_e_in_the_turns_that_are_kept(mode, since):
    got = pick(clutter.faded, mode)(8.0, since)
    assert_allclose(got, 8.0 * 0.5 ** (since / (clutter.TURNS_KEPT * np.log(2.0))))


def test_in_the_long_run_the_map_says_what_there_is():
    """A hundred false plots a scan over a whole disc, for so long that no guess is left."""
    rng = np.random.default_rng(4)
    rings, sectors, cell_m, reach_m, per_scan, scans = 3, 4, 3000.0, 9e3, 100, 600
    cells = np.zeros((rings * sectors, 2), np.float32)
    in_rings = np.zeros((rings, 2), np.float32)
    for scan in range(scans):
        for at in rng.uniform(size=(per_scan, 2)):
            cell = clutter.cell_of(
                reach_m * np.sqrt(at[0]), 2 * np.pi * at[1], cell_m, rings, sectors
            )
            clutter.note_false(cells, in_rings, cell, sectors, scan + at[1], 1.0)
    got = [
        clutter.density_per_m2(cells, in_rings, at, sectors, cell_m, scans, reach_m, 0.0)
        for at in range(rings * sectors)
    ]
    # Some 280 scans' worth of counts in the smallest cell, less what the guess pulls away.
    assert_allclose(got, per_scan / (np.pi * reach_m**2), rtol=0.2)


# --- Compiling ------------------------------------------------------------------------------------


def test_what_other_processes_prepare_is_what_the_tracker_takes_in(tmp_path):
    # A kind of argument that differs would have a loop compiled twice, and nobody would notice.
    done = subprocess.run(
        [sys.executable, "-c", PREPARED],
        env={**os.environ, "AIRSHIELD_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    prepared, twice = done.stdout.splitlines()
    assert len(prepared.split()) > 8
    assert twice.split() == []


PREPARED = """
from airshield import track
from airshield._compiler import Loop

prepared = []
keep = Loop.keep_inner
Loop.keep_inner = lambda loop, *args: prepared.append(loop) or keep(loop, *args)
for part in track.WARM_UP_PARTS:
    part()
track.warm_up()
print(*[loop.__name__ for loop in prepared])
print(*[loop.__name__ for loop in prepared if len(loop._inner) != 1])
"""
