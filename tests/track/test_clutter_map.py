"""False echoes are learnt where they come from; a young target's own echoes are none."""

import numpy as np
import pytest

from reference import track_skies as skies
from reference.followed import Followed
from reference.track_skies import Target

SPOT_RNG_M, SPOT_AZM_DEG = 41.5e3, 61.5


def hot_spot(radar, seconds, per_turn, rng):
    """False echoes of a wind farm 3 km across, new places every turn."""
    return skies.clutter(
        radar, seconds, per_turn, rng,
        rng_m=(SPOT_RNG_M - 1500.0, SPOT_RNG_M + 1500.0),
        azm_deg=(SPOT_AZM_DEG - 1.5, SPOT_AZM_DEG + 1.5),
    )  # fmt: skip


def through_the_spot(at_s, *, course_deg=150.0, **more):
    azm, way = np.radians([SPOT_AZM_DEG, course_deg])
    spd = 150.0
    return Target(
        SPOT_RNG_M * np.sin(azm) - spd * at_s * np.sin(way),
        SPOT_RNG_M * np.cos(azm) - spd * at_s * np.cos(way),
        course_deg, spd, hae_m=2000.0, kind="psr", has_baro=False, **more,
    )  # fmt: skip


@pytest.mark.parametrize("per_turn", [2, 10])
@pytest.mark.parametrize("seed", range(2))
def test_a_hot_spot_is_learnt_and_what_crosses_it_keeps_its_track(per_turn, seed):
    """Twenty minutes' noise of 2 or 10 echoes a turn in one place, 10 elsewhere."""
    radar = skies.radar()
    rng = np.random.default_rng(seed)
    noise = hot_spot(radar, 560.0, per_turn, rng) + skies.clutter(radar, 560.0, 10, rng)
    target = through_the_spot(450.0, born_s=200.0)
    reports, truth = skies.sky([target], [radar], 560.0, seed=seed, extra=noise)
    found = Followed(reports, [radar], truth)
    own = found.owner(0)
    assert found.share(0) > 0.9
    assert found.t[found.rows(own)[-1]] > 545.0
    # Nothing else was ever believed, in the spot or out of it.
    assert set(found.track[found.status == "confirmed"]) == {own}
    # On its way through it stays where it is: no echo of the spot leads it astray.
    error, _ = found.errors(target, own, after_s=420.0, until_s=480.0)
    assert np.hypot(error[:, 0], error[:, 1]).max() < 1000.0


def test_what_appears_inside_a_hot_spot_is_found_when_it_has_left_it():
    radar = skies.radar(pd=1.0)
    rng = np.random.default_rng(3)
    noise = hot_spot(radar, 400.0, 5, rng)
    target = through_the_spot(300.0, born_s=300.0)
    reports, truth = skies.sky([target], [radar], 400.0, seed=3, extra=noise)
    found = Followed(reports, [radar], truth)
    confirmed = found.track == found.owner(0)
    confirmed &= found.status == "confirmed"
    # It is out of the spot after 10 to 20 s.
    assert found.t[confirmed].min() < 300.0 + 20.0 + 30.0


@pytest.mark.parametrize("spd_mps", [0.0, 5.0, 60.0])
@pytest.mark.parametrize("born_s", [0.0, 200.0])
def test_a_young_track_s_own_echoes_do_not_speak_against_it(spd_mps, born_s):
    """A drone that hovers fills one and the same cell of the map, turn after turn."""
    radar = skies.radar(pd=1.0)
    target = Target(
        -18e3, 24e3, 70.0, spd_mps, hae_m=500.0, kind="psr", has_baro=False, born_s=born_s
    )
    other = Target(60e3, -60e3, 0.0, 200.0, mode_s=1)  # so that the map has watched before
    for seed in range(3):
        reports, truth = skies.sky([target, other], [radar], born_s + 60.0, seed=seed)
        found = Followed(reports, [radar], truth)
        assert found.owners(0).size == 1
        # Counted against it they would cost one to three turns more.
        turns = 4 if born_s == 0.0 else 3
        assert found.t[found.rows(found.owner(0))[0]] < born_s + (turns + 0.5) * radar.turn_s


def test_three_silent_targets_in_one_cell_of_the_map_do_not_hold_each_other_up():
    """Drones a kilometre apart: each one's echoes are clutter for the others until they are sure.

    Alone such a drone is confirmed at its third or fourth plot.
    """
    radar = skies.radar(pd=1.0)
    targets = [
        Target(3e3, 20e3 + 1000.0 * k, 90.0, 5.0, hae_m=500.0, kind="psr", has_baro=False)
        for k in range(3)
    ]
    for seed in range(3):
        reports, truth = skies.sky(targets, [radar], 120.0, seed=seed)
        found = Followed(reports, [radar], truth)
        for k in range(3):
            assert found.t[found.rows(found.owner(k))[0]] < 60.0
            assert found.owners(k).size == 1


def test_few_false_tracks_in_noise_of_eighty_echoes_a_turn():
    radar = skies.radar()
    noise = skies.clutter(radar, 900.0, 80, np.random.default_rng(5))
    reports, truth = skies.sky([], [radar], 900.0, extra=noise)
    found = Followed(reports, [radar], truth)
    # Twenty an hour are allowed: five in a quarter of an hour.
    assert len(set(found.track[found.status == "confirmed"])) <= 5
