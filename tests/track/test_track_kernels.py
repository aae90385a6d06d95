"""The tracker's kernels against their slow twins, compiled and interpreted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield.track import _kernels
from airshield.track.state import CONFIG, MODELS, PLOT, RADAR, TRACK_STATE, WORK
from reference import track as slow

modes = pytest.mark.parametrize("mode", ["compiled", "interpreted"])
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=40)


def pick(kernel, mode):
    return kernel if mode == "compiled" else kernel.py_func


def records(dtype):
    return np.zeros(1, dtype).view(np.recarray)


def states(seed, n=MODELS):
    """Random estimates of the tracker's own sizes, with a height error correlated to them."""
    rng = np.random.default_rng(seed)
    scale = np.array([300.0, 300.0, 30.0, 30.0, 900.0])
    x = rng.standard_normal((n, 4)) * scale[:4]
    big = rng.standard_normal((n, 5, 5))
    big = np.einsum("nij,nkj->nik", big, big) + 0.1 * np.eye(5)
    big *= scale[:, None] * scale[None, :]
    # The height's variance is one figure, whatever the model.
    ph = float(big[:, 4, 4].max())
    w = rng.dirichlet(np.ones(n))
    return rng, w, x, big[:, :4, :4].copy(), big[:, :4, 4].copy(), ph


@modes
@quick
@given(seed=seeds, dt=st.floats(0.0, 60.0), q=st.floats(0.0, 100.0))
def test_prediction_equals_its_slow_twin(mode, seed, dt, q):
    _, _, x, P, C, _ = states(seed)
    want = slow.predict(x[0], P[0], C[0], dt, q)
    pick(_kernels.predict_cv, mode)(x[0], P[0], C[0], dt, q)
    for got, wanted in zip((x[0], P[0], C[0]), want, strict=True):
        assert_allclose(got, wanted, rtol=1e-9, atol=1e-6)


@modes
@quick
@given(seed=seeds, models=st.integers(2, 4))
def test_mixing_and_blending_equal_their_slow_twins(mode, seed, models):
    rng, w, x, P, C, _ = states(seed, models)
    stay = rng.uniform(0.3, 1.0, models)
    c = np.empty(models)
    xs, Ps, Cs = np.empty((models + 1, 4)), np.empty((models + 1, 4, 4)), np.empty((models + 1, 4))
    pick(_kernels.mix, mode)(w, x, P, C, stay, c, xs, Ps, Cs)
    want = slow.mix(w, x, P, C, stay)
    for got, wanted in zip((c, xs[:-1], Ps[:-1], Cs[:-1]), want, strict=True):
        assert_allclose(got, wanted, rtol=1e-9, atol=1e-6)
    pick(_kernels.blend, mode)(c, xs, Ps, Cs)
    mean, spread = slow.moments(want[0], want[1], want[2])
    assert_allclose(xs[-1], mean, rtol=1e-9, atol=1e-6)
    assert_allclose(Ps[-1], spread, rtol=1e-9, atol=1e-6)
    assert_allclose(Cs[-1], want[0] @ want[3], rtol=1e-9, atol=1e-6)


@modes
@quick
@given(
    seed=seeds,
    form=st.sampled_from([(1.0, 0.0), (0.0, 1.0), (1.0, -2.5)]),
    steep=st.floats(0.0, 2.0),
)
def test_the_update_equals_joseph_form_with_a_considered_height(mode, seed, form, steep):
    rng, _, x, P, C, ph = states(seed)
    root = rng.standard_normal((2, 2))
    R = (root @ root.T + np.eye(2)) * 2500.0
    gh = steep * rng.standard_normal(2)
    z = rng.standard_normal(2) * 300.0
    want = slow.fuse(x[0], P[0], C[0], *form, z, R, gh, ph)
    d2, log_det = pick(_kernels.fuse, mode)(x[0], P[0], C[0], *form, z, R, gh, ph, records(WORK)[0])
    for got, wanted in zip((x[0], P[0], C[0], d2, log_det), want, strict=True):
        assert_allclose(got, wanted, rtol=1e-7, atol=1e-4)


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
    pick(_kernels.learn_height, mode)(trk, 0.0, 3040.0 + miss, var)
    for m in range(MODELS):
        want = slow.learn_height(x[m], P[m], C[m], ph, miss, var)
        for got, wanted in zip((trk.x[m], trk.P[m], trk.C[m], trk.ph), want, strict=True):
            assert_allclose(got, wanted, rtol=1e-7, atol=1e-4)


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
    _kernels.rough_place(plot, radars, records(CONFIG)[0])
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
    spd = np.linalg.norm(x[:, 2:], axis=1)
    _kernels.anchor_anew(trk, work)
    for m in range(MODELS):
        after = _kernels.ecef_of_track_m(trk, *trk.x[m, :2], 9000.0)
        assert_allclose(after, ecef[m], rtol=0, atol=0.5)
    assert abs(trk.x[0, 0]) < 0.5  # the first model now sits at the origin
    assert_allclose(np.linalg.norm(trk.x[:, 2:], axis=1), spd, rtol=1e-4)
