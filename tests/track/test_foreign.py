"""Foreign tracks: never over-confident, known by their numbers, never our own come back."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield.errors import UsageError
from airshield.track import foreign
from airshield.track.foreign import _kernels
from reference import track_foreign as slow

modes = pytest.mark.parametrize("mode", ["compiled", "interpreted"])
sizes = pytest.mark.parametrize("size", [2, 4])
seeds = st.integers(0, 2**32 - 1)
quick = settings(deadline=None, max_examples=40)
SCALE = np.array([300.0, 300.0, 20.0, 20.0])


def pick(kernel, mode):
    return kernel if mode == "compiled" else kernel.py_func


def covariance(rng, size, better):
    """Lopsided and turned, in metres and metres a second."""
    root = rng.standard_normal((size, size)) * 10.0 ** rng.uniform(-0.7, 0.7, size)
    return (root @ root.T + 0.05 * np.eye(size)) * np.outer(SCALE[:size], SCALE[:size]) * better


def pair(seed, size, better=None):
    rng = np.random.default_rng(seed)
    P = covariance(rng, 4, 1.0)
    R = covariance(rng, size, 10.0 ** rng.uniform(-3.0, 3.0) if better is None else better)
    x = rng.standard_normal(4) * SCALE * 10.0
    z = x[:size] + rng.multivariate_normal(np.zeros(size), P[:size, :size] + R)
    return rng, x, P, z, R


def weight(P, R, mode="compiled"):
    if len(R) == 2:
        return pick(_kernels.ci_weight_place, mode)(P, R)
    return pick(_kernels.ci_weight, mode)(P, R, np.empty((2, 4, 4)))


def fused(x, P, z, R, omega, mode="compiled"):
    """State, covariance and gain of a fusion; what went in stays as it is."""
    kernel = _kernels.fuse_ci_place if len(R) == 2 else _kernels.fuse_ci
    x, P, work = x.copy(), P.copy(), np.empty((2, 4, 4))
    pick(kernel, mode)(x, P, z, R, omega, work)
    return x, P, work[0, :, : len(R)]


# --- Against twins and closed forms ---------------------------------------------------------------


@modes
@sizes
@quick
@given(seed=seeds)
def test_the_weight_is_the_one_of_least_determinant(mode, size, seed):
    _, _, P, _, R = pair(seed, size)
    omega = weight(P, R, mode)
    wanted, log_det = slow.weight(P, R)
    # The least is flat: compare what it is worth first, then where it lies.
    floor = 1e-9 if size == 2 else 0.0
    assert log_det(max(omega, floor)) <= log_det(wanted) + 1e-9
    assert_allclose(omega, wanted, rtol=0.0, atol=2e-4)


@modes
@sizes
@quick
@given(seed=seeds, omega=st.floats(0.01, 0.99))
def test_fusion_equals_its_slow_twin(mode, size, seed, omega):
    _, x, P, z, R = pair(seed, size)
    got_x, got_P, _ = fused(x, P, z, R, omega, mode)
    want_x, want_P = slow.fuse(x, P, z, R, omega)
    spread = np.sqrt(np.diag(want_P))
    assert_allclose((got_x - want_x) / spread, 0.0, atol=1e-6)
    assert_allclose((got_P - want_P) / np.outer(spread, spread), 0.0, atol=1e-6)
    assert_allclose(got_P, got_P.T, rtol=0.0, atol=0.0)


@modes
@sizes
@quick
@given(seed=seeds)
def test_the_distance_equals_its_slow_twin(mode, size, seed):
    _, x, P, z, R = pair(seed, size)
    args = (x, P, z, R) if size == 2 else (x, P, z, R, np.empty((2, 4, 4)))
    kernel = _kernels.misfit_place if size == 2 else _kernels.misfit
    assert_allclose(pick(kernel, mode)(*args), slow.misfit(x, P, z, R), rtol=1e-6)


def test_of_two_estimates_of_one_direction_each_the_weight_is_a_half():
    P, R = np.diag([1.0, 100.0, 1.0, 100.0]), np.diag([100.0, 1.0, 100.0, 1.0])
    assert weight(P, R) == pytest.approx(0.5, abs=1e-12)


def test_a_perfect_place_takes_half_the_weight():
    # -2 log w - 2 log(w + (1 - w) m) is least at w = 1/2 for endless m.
    assert weight(np.eye(4), 1e-12 * np.eye(2)) == pytest.approx(0.5, abs=1e-9)
    # For m = 4 in both directions its slope's zero is at w = 4 / 6.
    assert weight(np.eye(4), 0.25 * np.eye(2)) == pytest.approx(4.0 / 6.0, abs=1e-9)


@sizes
def test_the_worse_of_two_estimates_changes_nothing_and_the_better_one_is_taken(size):
    _, x, P, z, _ = pair(1, size)
    R = 2.0 * P[:size, :size]
    assert weight(P, R) == 1.0
    got_x, got_P, gain = fused(x, P, z, R, 1.0)
    assert_allclose(got_x, x, rtol=0.0)
    assert_allclose(got_P, P, rtol=0.0)
    assert_allclose(gain, 0.0)
    if size == 4:
        R = 0.5 * P
        assert weight(P, R) == 0.0
        got_x, got_P, gain = fused(x, P, z, R, 0.0)
        assert_allclose(got_x, z, rtol=0.0)
        assert_allclose(got_P, R, rtol=0.0)
        assert_allclose(gain, np.eye(4))


@sizes
@quick
@given(seed=seeds)
def test_units_do_not_change_the_weight(size, seed):
    _, _, P, _, R = pair(seed, size)
    units = np.array([1e-3, 1e-3, 1.94, 1.94])
    turned = weight(P * np.outer(units, units), R * np.outer(units[:size], units[:size]))
    assert_allclose(turned, weight(P, R), atol=1e-7)


@sizes
@quick
@given(seed=seeds, omega=st.floats(0.05, 0.95))
def test_the_gain_is_that_of_the_step(size, seed, omega):
    _, x, P, z, R = pair(seed, size)
    got_x, _, gain = fused(x, P, z, R, omega)
    assert_allclose(got_x, x + gain @ (z - x[:size]), rtol=1e-9, atol=1e-6)


# --- Honesty --------------------------------------------------------------------------------------


def kalman(x, P, z, R):
    """What must not be done: the update that takes errors to be independent."""
    H = np.eye(len(z), 4)
    K = P @ H.T @ np.linalg.inv(H @ P @ H.T + R)
    return x + K @ (z - H @ x), P - K @ H @ P, K


def real_covariance(P, R, K, share, turn):
    """Covariance of the fused error when ``share`` of the foreign error is ours, turned."""
    H = np.eye(len(R), 4)
    cross = np.linalg.cholesky(P) @ (share * turn) @ np.linalg.cholesky(R).T
    left = np.eye(4) - K @ H
    return left @ P @ left.T + K @ R @ K.T + left @ cross @ K.T + K @ cross.T @ left.T


def excess(told, real):
    """Largest ratio of real to told variance in any direction."""
    root = np.linalg.inv(np.linalg.cholesky(told))
    return float(np.linalg.eigvalsh(root @ real @ root.T).max())


@sizes
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@quick
@given(seed=seeds)
def test_no_correlation_makes_the_fused_covariance_too_small(size, share, seed):
    rng, x, P, z, R = pair(seed, size)
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0][:, :size]
    omega = weight(P, R)
    _, told, K = fused(x, P, z, R, omega)
    assert excess(told, real_covariance(P, R, K, share, turn)) <= 1.0 + 1e-6


@sizes
def test_the_usual_update_is_over_confident_in_the_same_case(size):
    _, x, P, z, _ = pair(3, size)
    R = P[:size, :size].copy()
    _, told, K = kalman(x, P, z, R)
    assert excess(told, real_covariance(P, R, K, 1.0, np.eye(4, size))) > 1.9


@sizes
@pytest.mark.parametrize("share", [0.0, 0.6, 1.0])
def test_drawn_errors_are_no_greater_than_told(size, share):
    """Monte Carlo: mean normalised error squared of the state, at most its four freedoms."""
    rng, _, P, _, R = pair(11, size, better=0.3)
    turn = np.linalg.qr(rng.standard_normal((4, 4)))[0][:, :size]
    ours, theirs = np.linalg.cholesky(P), np.linalg.cholesky(R)
    omega = weight(P, R)
    assert 0.0 < omega < 1.0
    total, runs = 0.0, 4000
    for _ in range(runs):
        a, b = rng.standard_normal(4), rng.standard_normal(size)
        z = theirs @ (share * turn.T @ a + math.sqrt(1.0 - share * share) * b)
        x, told, _ = fused(ours @ a, P, z, R, omega)
        total += x @ np.linalg.solve(told, x)
    # Four sigmas above chi-square's mean.
    assert total / runs < 4.0 + 4.0 * math.sqrt(8.0 / runs)


def test_two_systems_that_send_each_other_their_tracks_stay_honest():
    """Every second both update with a radar of their own and fuse the other's last word."""
    dt, q, sigma_m, steps, runs = 4.0, 1.0, 60.0, 40, 60
    rng = np.random.default_rng(8)
    F = np.eye(4)
    F[0, 2] = F[1, 3] = dt
    Q = np.kron(q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]]), np.eye(2))
    nees = {"intersection": [], "usual": []}
    for _ in range(runs):
        truth = np.array([0.0, 0.0, 150.0, 80.0])
        start = np.diag([100.0, 100.0, 30.0, 30.0]) ** 2
        first = [rng.multivariate_normal(truth, start) for _ in range(2)]
        systems = {name: [[x.copy(), start.copy()] for x in first] for name in nees}
        for _ in range(steps):
            truth = F @ truth + rng.multivariate_normal(np.zeros(4), Q)
            plots = truth[:2] + sigma_m * rng.standard_normal((2, 2))
            for name, both in systems.items():
                for system, plot in zip(both, plots, strict=True):
                    x, P = F @ system[0], F @ system[1] @ F.T + Q
                    system[0], system[1], _ = kalman(x, P, plot, sigma_m**2 * np.eye(2))
                words = [(x.copy(), P.copy()) for x, P in both]
                for system, (z, R) in zip(both, words[::-1], strict=True):
                    if name == "usual":
                        system[0], system[1], _ = kalman(*system, z, R)
                    else:
                        omega = weight(system[1], R)
                        system[0], system[1], _ = fused(*system, z, R, omega)
        for name, both in systems.items():
            for x, P in both:
                nees[name].append((x - truth) @ np.linalg.solve(P, x - truth))
    assert np.mean(nees["intersection"]) < 4.0 + 4.0 * math.sqrt(8.0 / runs)
    assert np.mean(nees["usual"]) > 8.0


# --- Which track ----------------------------------------------------------------------------------


def hear(aliases, source, number, track, t, *, by_address=False, mode="compiled"):
    at = pick(_kernels.find_alias, mode)(aliases, source, number, t)
    fuse = pick(_kernels.judge_alias, mode)(aliases[at], track + 100, track, by_address)
    return bool(fuse), int(aliases[at].track)


words = st.tuples(
    st.integers(0, 2),
    st.sampled_from([1, 2, 65_535, 4_000_000_000]),
    st.integers(0, 3),
    st.integers(0, 9).map(lambda luck: luck == 0),
    st.sampled_from([0.0, 1.0, 4.0, 30.0, 61.0]),
)


@modes
@quick
@given(said=st.lists(words, max_size=60))
def test_the_table_equals_its_slow_twin(mode, said):
    aliases, twin, t = foreign.make_aliases(64), slow.Aliases(_kernels.FORGET_S), 0.0
    for source, number, track, by_address, dt_s in said:
        t += dt_s
        got = hear(aliases, source, number, track, t, by_address=by_address, mode=mode)
        assert got == twin.hear((source, number), track, by_address, t)


def test_three_fits_bind_and_three_misfits_let_go():
    aliases = foreign.make_aliases(8)
    assert [hear(aliases, 0, 7, 5, t)[0] for t in (0.0, 4.0, 8.0, 12.0)] == [
        False,
        False,
        True,
        True,
    ]
    # Two misfits and a fit: still bound.
    assert [hear(aliases, 0, 7, 0, 16.0), hear(aliases, 0, 7, 6, 20.0)] == [(False, 5)] * 2
    assert hear(aliases, 0, 7, 5, 24.0) == (True, 5)
    # Three in a row for another: let go at the third, which is the first for the other.
    assert [hear(aliases, 0, 7, 6, t) for t in (28.0, 32.0, 36.0, 40.0, 44.0)] == [
        (False, 5), (False, 5), (False, 0), (False, 0), (True, 6),
    ]  # fmt: skip


def test_an_address_binds_at_once_and_moves_the_number_at_once():
    aliases = foreign.make_aliases(8)
    assert hear(aliases, 0, 7, 5, 0.0, by_address=True) == (True, 5)
    assert hear(aliases, 0, 7, 6, 4.0, by_address=True) == (True, 6)
    assert aliases[foreign.find_alias(aliases, 0, 7, 4.0)].slot == 106


def test_a_number_not_heard_for_a_minute_is_forgotten():
    aliases = foreign.make_aliases(8)
    hear(aliases, 0, 7, 5, 0.0, by_address=True)
    assert hear(aliases, 0, 7, 5, 60.0) == (True, 5)
    assert hear(aliases, 0, 7, 5, 120.5) == (False, 0)


def test_a_report_out_of_order_does_not_age_what_was_heard_later():
    aliases = foreign.make_aliases(8)
    hear(aliases, 0, 7, 5, 10.0, by_address=True)
    hear(aliases, 0, 7, 5, 2.0)
    assert hear(aliases, 0, 7, 5, 69.0) == (True, 5)


def test_a_full_table_says_so_and_has_room_again_a_minute_later():
    aliases = foreign.make_aliases(4)
    assert sorted(foreign.find_alias(aliases, 0, n, 0.0) for n in range(4)) == [0, 1, 2, 3]
    assert foreign.find_alias(aliases, 0, 99, 30.0) == -1
    assert foreign.find_alias(aliases, 0, 3, 30.0) >= 0
    assert foreign.find_alias(aliases, 0, 99, 61.0) >= 0
    assert foreign.find_alias(aliases, 0, 3, 61.0) >= 0


def test_what_lies_behind_a_forgotten_entry_is_still_found():
    def place(number):
        return foreign.find_alias(foreign.make_aliases(16), 0, number, 0.0)

    first, second, third = [n for n in range(400) if place(n) == place(0)][:3]
    aliases = foreign.make_aliases(16)
    foreign.find_alias(aliases, 0, first, 0.0)
    hear(aliases, 0, second, 5, 50.0, by_address=True)
    # The first is forgotten by now. The second keeps its own place, the third takes the first's.
    assert hear(aliases, 0, second, 5, 70.0) == (True, 5)
    assert foreign.find_alias(aliases, 0, third, 70.0) == place(first)
    assert hear(aliases, 0, second, 5, 70.0) == (True, 5)


@pytest.mark.parametrize("sources", [1, 40])
def test_half_full_of_ordinary_numbers_everybody_finds_room(sources):
    aliases = foreign.make_aliases(8192)
    keys = [(source, n) for source in range(sources) for n in range(4096 // sources)]
    places = {foreign.find_alias(aliases, *key, 0.0) for key in keys}
    assert -1 not in places
    assert len(places) == len(keys)


def test_a_copy_of_the_octets_is_a_snapshot():
    aliases = foreign.make_aliases(8)
    hear(aliases, 0, 7, 5, 0.0)
    hear(aliases, 0, 7, 5, 1.0)
    again = np.frombuffer(aliases.tobytes(), foreign.ALIAS).copy().view(np.recarray)
    assert hear(again, 0, 7, 5, 2.0) == hear(aliases, 0, 7, 5, 2.0) == (True, 5)
    assert again.tobytes() == aliases.tobytes()


@pytest.mark.parametrize("capacity", [0, -4, 3, 1000])
def test_a_capacity_that_is_no_power_of_two_is_refused(capacity):
    with pytest.raises(UsageError, match="power of two"):
        foreign.make_aliases(capacity)


def test_our_own_tracks_are_known_by_their_name():
    own = {(25, 10), (25, 11)}
    assert foreign.is_own("25/10", own)
    assert foreign.is_own("025/011", own)
    for other in ("25/12", "2/510", "25", "/", "", "sapient/25", "25/10/1", "25/x", "udp://25/10"):
        assert not foreign.is_own(other, own), other
    assert not foreign.is_own("25/10", ())
