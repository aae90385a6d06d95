"""Targets without a name beside each other: each keeps its own track."""

import numpy as np
import pyarrow as pa
import pytest

from reference import track_skies as skies
from reference.followed import Followed
from reference.track_skies import Target


def side_by_side(n, apart_m, spd_mps, seed, *, seconds=160.0, pd=1.0, north_m=20e3):
    """Silent targets abreast: one behind the other in the beam, so all come at one azimuth."""
    radar = skies.radar(pd=pd)
    targets = [
        Target(2e3, north_m + apart_m * k, 90.0, spd_mps, hae_m=1500.0, kind="psr", has_baro=False)
        for k in range(n)
    ]
    reports, truth = skies.sky(targets, [radar], seconds, seed=seed)
    return Followed(reports, [radar], truth), targets, skies.seconds_of(reports)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize(("spd_mps", "apart_m"), [(60.0, 300.0), (200.0, 400.0)])
@pytest.mark.parametrize("seed", range(3))
def test_each_of_some_close_targets_keeps_its_own_track(n, spd_mps, apart_m, seed):
    """Seven to ten sigmas of range apart, while they move by more from plot to plot."""
    found, targets, t = side_by_side(n, apart_m, spd_mps, seed)
    owners = [found.owner(k) for k in range(n)]
    assert len(set(owners)) == n
    assert set(found.track[found.t > 60.0]) == set(owners)
    for k in range(n):
        late = (found.truth == k) & (t > 60.0)
        assert (found.to[late] == owners[k]).mean() > 0.9
        error, _ = found.errors(targets[k], owners[k], after_s=60.0)
        assert np.hypot(error[:, 0], error[:, 1]).mean() < 0.5 * apart_m


def newcomer(n_new):
    """A followed target; others appear before it in the beam, so that theirs are the first plots.

    Course north, the newcomers to the west: azimuth grows eastward, the beam meets them first.
    """
    radar = skies.radar(pd=1.0, sigma_rng_m=20.0, sigma_azm_deg=0.02)
    apart_m = 450.0
    old = Target(3e3, 25e3, 0.0, 100.0, hae_m=1500.0, kind="psr", has_baro=False)
    new = [
        Target(
            3e3 - apart_m * k, 25e3, 0.0, 100.0, hae_m=1500.0, kind="psr", has_baro=False,
            born_s=60.0,
        )
        for k in range(n_new, 0, -1)
    ]  # fmt: skip
    targets = [old, *new]
    reports, truth = skies.sky(targets, [radar], 140.0, seed=6)
    # Just before they appear, the track misses its plot: its gate grows.
    t = skies.seconds_of(reports)
    keep = ~((truth == 0) & (t > 48.0) & (t < 60.0))
    return Followed(reports.filter(pa.array(keep)), [radar], truth[keep]), targets


@pytest.mark.parametrize("n_new", [1, 2])
def test_a_better_plot_of_a_scan_displaces_a_worse_one_which_finds_its_own_track(n_new):
    found, targets = newcomer(n_new)
    # The old target's plots all go to the old track, whatever came first ...
    assert found.owners(0).tolist() == [1]
    # ... and the newcomers are tracks of their own within some scans.
    owners = [found.owner(k) for k in range(len(targets))]
    assert len(set(owners)) == len(targets)
    for k in range(1, len(targets)):
        assert found.t[found.rows(owners[k])[0]] < 100.0
        error, _ = found.errors(targets[k], owners[k], after_s=100.0)
        assert np.hypot(error[:, 0], error[:, 1]).max() < 225.0
    error, _ = found.errors(targets[0], 1, after_s=64.0)
    assert np.hypot(error[:, 0], error[:, 1]).max() < 225.0


def test_every_plot_either_updates_a_track_or_is_counted_as_dropped():
    """A displaced plot that finds no other place is a second plot of a scan."""
    radar = skies.radar(pd=1.0)
    target = Target(-20e3, 40e3, 120.0, 200.0, kind="psr", has_baro=False, hae_m=3000.0)
    rows = skies.plots_of(target, 0, radar, 100.0, np.random.default_rng(0))
    twins = [
        dict(row, t=row["t"] + 10**7, rng_slant_m=row["rng_slant_m"] + 60.0) for row in rows[4:]
    ]
    reports, truth = skies.sky([], [], 0.0, extra=rows + twins)
    found = Followed(reports, [radar], truth)
    assert found.tracker.live == 1
    assert found.dropped == {"second plot of a scan": len(twins)}
