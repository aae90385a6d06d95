"""Plots that come late are taken at their own time: what arrives when must not matter."""

import numpy as np
import pyarrow as pa
import pytest

from reference import track_skies as skies
from reference.followed import Followed, fleet
from reference.track_skies import Target

RADARS = [
    skies.radar(1),
    skies.radar(2, east_m=80e3, turn_s=5.0),
    skies.radar(3, north_m=-70e3, turn_s=6.0),
]


def in_both_orders(radars, *, kind, seed, first_s):
    """Eight targets, in order and delayed by up to 3 s after some time: the last rows of both.

    Returns places and speeds of the one less those of the other, in standard deviations of the
    place [m], and metres and metres a second, one row per target.
    """
    rng = np.random.default_rng(seed)
    silent = {"kind": "psr", "mode_s": None, "has_baro": False}
    more = silent if kind == "silent" else {"has_baro": kind == "named"}
    targets = list(fleet(rng, 8, highest_m=4000.0, **more))
    reports, truth = skies.sky(targets, radars, 160.0, seed=seed)
    t = skies.seconds_of(reports)
    order = np.argsort(t + np.where(t > first_s, rng.uniform(0.0, 3.0, t.size), 0.0), kind="stable")
    assert (np.diff(order) < 0).sum() > 50
    plain = Followed(reports, radars, truth)
    late = Followed(reports.take(pa.array(order)), radars, truth[order])
    assert plain.dropped == late.dropped == {}
    out = []
    for k in range(len(targets)):
        one, other = (found.states()[found.owner(k)] for found in (plain, late))
        dt = one[0] - other[0]
        north = (one[1] - other[1]) * 111.2e3 - dt * other[4]
        east = (one[2] - other[2]) * 111.4e3 * np.cos(np.radians(one[1])) - dt * other[3]
        _, cov = plain.errors(targets[k], plain.owner(k))
        off = np.array([east, north])
        sigmas = np.sqrt(off @ np.linalg.solve(cov[-1, :2, :2], off))
        out.append((sigmas, np.hypot(east, north), np.hypot(*(one[3:] - other[3:])), dt))
    return np.array(out)


@pytest.mark.parametrize("kind", ["named", "without height", "silent"])
@pytest.mark.parametrize("seed", range(3))
def test_shuffled_within_three_seconds_the_states_are_those_of_plots_in_order(kind, seed):
    # Known heights under several radars register these, from what has come so far: see below.
    far = in_both_orders(RADARS[: 1 if kind == "named" else 3], kind=kind, seed=seed, first_s=30.0)
    # How far an echo is clutter, and by which models of motion a class flies, is judged when a
    # plot comes: decimetres.
    loose = 10.0 if kind == "silent" else 4.0
    assert far[:, 1].max() < 0.05 * loose
    assert far[:, 2].max() < 0.05 * loose
    assert (np.abs(far[:, 3]) < 3.0).all()  # the last row of one may be a tick's


@pytest.mark.parametrize("seed", range(2))
def test_while_radars_are_registered_the_order_matters_less_than_the_doubt(seed):
    """Biases are learnt from what has come: another order, another estimate, within its sigma."""
    far = in_both_orders(RADARS, kind="named", seed=seed, first_s=30.0)
    assert np.sqrt((far[:, 0] ** 2).mean()) < 1.0


def test_where_a_track_began_is_forgotten_when_plots_were_late_from_the_first():
    """Another first plot lays another frame; two minutes later it is a matter of decimetres."""
    far = in_both_orders(RADARS[1:2], kind="named", seed=4, first_s=-1.0)
    assert far[:, 1].max() < 1.0
    assert far[:, 2].max() < 0.1


def test_the_rows_of_a_track_never_go_back_in_time():
    """Seen only by a radar whose plots come 2.5 s late, while another moves the clock."""
    radars = [skies.radar(1, pd=1.0), skies.radar(2, east_m=60e3, turn_s=5.0, pd=1.0)]
    rng = np.random.default_rng(0)
    rows = skies.plots_of(Target(-20e3, 40e3, 120.0, 200.0, mode_s=1), 0, radars[0], 120.0, rng)
    rows += skies.plots_of(Target(40e3, 60e3, 120.0, 200.0, mode_s=2), 1, radars[1], 120.0, rng)
    rows.sort(key=lambda row: row["t"] + (25 * 10**8 if row["truth"] == 1 else 0))
    found = Followed(skies.table(rows), radars)
    assert found.dropped == {}
    for number in np.unique(found.track):
        assert (np.diff(found.t[found.track == number]) >= 0.0).all()


def late_by_seven_seconds(*, late):
    """A target told by ADS-B every second, and one radar plot that comes when all else is newer."""
    radar = skies.radar(pd=1.0, sigma_rng_m=5.0, sigma_azm_deg=0.005)
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    rng = np.random.default_rng(1)
    plot = skies.plots_of(target, 0, radar, 60.0, rng)[8]
    end_s = (plot["t"] - skies.T0_NS) * 1e-9 + 7.5
    rows = skies.places_of(target, 0, end_s, rng) + [plot] * late
    return Followed(skies.table(rows), [radar], np.zeros(len(rows))), target


def test_a_plot_older_than_all_that_is_remembered_is_fused_with_the_state_of_now():
    plain, target = late_by_seven_seconds(late=False)
    late, _ = late_by_seven_seconds(late=True)
    assert late.dropped == {}
    assert (late.to == 1).all()
    error, cov = late.errors(target, 1)
    before, cov_before = plain.errors(target, 1)
    assert late.t[-1] == plain.t[-1]  # of now, not of then
    # It helps a little and hurts nobody: seven seconds of unknown acceleration are taken off it.
    assert np.linalg.det(cov[-1, :2, :2]) < np.linalg.det(cov_before[-1, :2, :2])
    moved = error[-1, :2] - before[-1, :2]
    assert 0.0 < moved @ np.linalg.solve(cov_before[-1, :2, :2], moved) < 1.0


def test_a_late_plot_of_a_silent_target_finds_the_track_where_it_was():
    """At 250 m/s a target is 750 m on after three seconds: far outside the gate of now."""
    radars = [skies.radar(1, pd=1.0), skies.radar(2, east_m=5e3, turn_s=4.3, pd=1.0)]
    target = Target(-20e3, 40e3, 90.0, 250.0, hae_m=3000.0, kind="psr", has_baro=False)
    reports, truth = skies.sky([target], radars, 120.0)
    t = skies.seconds_of(reports)
    second = np.array(reports["sensor"].to_pylist()) == "1/2"
    order = np.argsort(t + np.where(second, 3.0, 0.0), kind="stable")
    found = Followed(reports.take(pa.array(order)), radars, truth[order])
    assert set(found.to.tolist()) == {1}
    assert found.dropped == {}
