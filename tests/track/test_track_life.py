"""When a track is missed, when it ends, and who has a say in it."""

import numpy as np
import pyarrow as pa
import pytest

from reference import track_skies as skies
from reference.followed import Followed, fleet, without_frame
from reference.track_skies import Target

LAG_S = 1.0  # how long a report may be under way before its absence is a miss


def seen_by(radars, targets_of, seconds, seed=0):
    """Reports of radars that see only some of the targets each; ``targets_of`` by radar."""
    rng = np.random.default_rng(seed)
    rows = []
    for sensor, targets in zip(radars, targets_of, strict=True):
        for number, target in targets:
            rows += skies.plots_of(target, number, sensor, seconds, rng)
    rows.sort(key=lambda row: row["t"])
    return rows


def followed(rows, radars, **settings):
    return Followed(skies.table(rows), radars, np.array([r["truth"] for r in rows]), **settings)


def test_a_radar_that_never_saw_a_track_has_no_say_in_its_life():
    """Behind a hill for the second radar, well inside its range: its beam may pass for ever."""
    radars = [skies.radar(1, turn_s=6.0, pd=0.8), skies.radar(2, east_m=20e3, turn_s=4.0, pd=1.0)]
    hidden = Target(-20e3, 40e3, 120.0, 100.0, mode_s=9)
    # It says nothing between 100 and 130 s.
    rows = [
        row
        for row in seen_by(radars[:1], [[(0, hidden)]], 200.0)
        if not 100e9 < row["t"] - skies.T0_NS < 130e9
    ]
    alone = followed(sorted([*rows, *_clock(radars[0])], key=lambda row: row["t"]), radars)
    other = Target(60e3, -30e3, 0.0, 100.0, mode_s=8)
    both = followed(
        sorted(
            [*rows, *_clock(radars[0]), *seen_by(radars[1:], [[(1, other)]], 200.0)],
            key=lambda row: row["t"],
        ),
        radars,
    )
    for found in (alone, both):
        assert "coasting" in found.status[found.track == found.owner(0)]
    mine = [found.tracks.filter(pa.array(found.track == found.owner(0))) for found in (alone, both)]
    names = ["t", "status", "lat_deg", "lon_deg", "existence"]
    assert mine[0].select(names).equals(mine[1].select(names))


def _clock(sensor, seconds=200.0):
    """A field monitor a second, at whole seconds: it moves the clock and the radar is alive."""
    beacon = Target(90e3, 90e3, 0.0, 0.0, mode_s=0xABCDE)
    return [
        dict(row, t=skies.T0_NS + round(t * 1e9))
        for t, row in zip(
            np.arange(1.0, seconds, sensor.turn_s),
            skies.plots_of(beacon, 7, sensor, 2 * seconds, np.random.default_rng(9)),
            strict=False,
        )
    ]


@pytest.mark.parametrize("turn_s", [4.0, 10.0])
def test_a_miss_counts_once_a_turn_when_the_beam_has_passed(turn_s):
    radar = skies.radar(turn_s=turn_s, pd=1.0)
    gone_s = 20.0 * turn_s
    target = Target(-20e3, 40e3, 120.0, 100.0, mode_s=9, dies_s=gone_s)
    other = Target(60e3, -30e3, 0.0, 100.0, mode_s=8)
    rows = seen_by([radar], [[(0, target), (1, other)]], 40.0 * turn_s)
    found = followed(rows, [radar], told_from=0.0)
    mine = np.flatnonzero(found.track == found.owner(0))
    last_s = skies.seconds_of(skies.table(rows))[found.truth == 0][-1]
    after = mine[found.t[mine] > last_s]
    t, existence = found.t[after], found.existence[after]
    due = last_s + (1.25 + np.arange(10)) * turn_s + LAG_S
    # Whole ticks: what falls due within a second is seen at its end.
    misses = np.array([(due <= at).sum() for at in t])
    before = found.existence[mine[found.t[mine] <= last_s][-1]]
    assert (existence[misses == 0] == before).all()
    for n in range(1, misses.max() + 1):
        assert np.unique(existence[misses == n]).size == 1
    assert (np.diff(existence)[np.diff(misses) > 0] < 0.0).all()
    # Coasting from the first miss on.
    status = found.status[after]
    assert (status[misses == 0] == "confirmed").all()
    assert np.isin(status[misses > 0], ["coasting", "ended"]).all()


@pytest.mark.parametrize("turn_s", [4.0, 10.0])
@pytest.mark.parametrize("kind", ["named", "silent"])
def test_the_track_of_a_vanished_target_ends_once_and_within_nine_turns(turn_s, kind):
    radar = skies.radar(turn_s=turn_s, pd=1.0)
    more = {"mode_s": 9} if kind == "named" else {"kind": "psr", "has_baro": False}
    gone_s = 20.0 * turn_s
    target = Target(-20e3, 40e3, 120.0, 100.0, hae_m=3000.0, dies_s=gone_s, **more)
    other = Target(60e3, -30e3, 0.0, 100.0, mode_s=8)
    found = followed(seen_by([radar], [[(0, target), (1, other)]], 40.0 * turn_s), [radar])
    mine = found.track == found.owner(0)
    assert (found.status[mine] == "ended").sum() == 1
    assert found.status[mine][-1] == "ended"
    silent_s = found.t[mine][-1] - gone_s
    # Neither at the second miss, nor later than an operator would wait.
    assert 2.0 * turn_s < silent_s <= 9.0 * turn_s
    assert found.tracker.live == 1


def test_a_lone_plot_that_comes_to_nothing_ends_within_four_turns():
    radar = skies.radar(pd=1.0)
    lone = Target(-20e3, 40e3, 120.0, 100.0, mode_s=9, born_s=20.0, dies_s=24.0)
    other = Target(60e3, -30e3, 0.0, 100.0, mode_s=8)
    found = followed(seen_by([radar], [[(0, lone), (1, other)]], 80.0), [radar])
    mine = found.track == found.owner(0)
    assert found.status[mine].tolist() == ["tentative", "ended"]
    assert found.t[mine][1] - found.t[mine][0] <= 4.0 * radar.turn_s


def test_a_radar_that_falls_silent_does_not_kill_tracks_that_others_see():
    radars = [skies.radar(1, turn_s=4.0, pd=1.0), skies.radar(2, east_m=60e3, turn_s=5.0)]
    targets = list(fleet(np.random.default_rng(1), 10, furthest_m=80e3))
    rows = seen_by(radars, [list(enumerate(targets))] * 2, 240.0)
    rows = [r for r in rows if r["sensor"] == "1/2" or r["t"] < skies.T0_NS + 120 * 10**9]
    found = followed(rows, radars)
    assert found.tracker.live == 10
    assert "ended" not in found.status
    # Once the silence is known for one, the tracks stand as firm as before.
    for k in range(10):
        assert found.existence[found.rows(found.owner(k))[-1]] > 0.9


def test_when_a_radar_falls_silent_its_tracks_are_coasted_for_eight_turns():
    """Its antenna may have stopped, the aircraft have not: so nobody is in a hurry."""
    radars = [skies.radar(1, turn_s=4.0, pd=1.0), skies.radar(2, east_m=60e3, turn_s=5.0, pd=1.0)]
    target = Target(-20e3, 40e3, 120.0, 100.0, mode_s=9)
    other = Target(90e3, -30e3, 0.0, 100.0, mode_s=8)
    rows = seen_by(radars, [[(0, target)], [(1, other)]], 240.0)
    rows = [r for r in rows if r["sensor"] == "1/2" or r["t"] < skies.T0_NS + 120 * 10**9]
    found = followed(rows, radars)
    mine = found.track == found.owner(0)
    assert found.status[mine][-1] == "ended"
    assert 7.0 * 4.0 <= found.t[mine][-1] - 120.0 <= 11.0 * 4.0


def test_a_target_that_flies_out_of_range_is_not_missed_but_ends_all_the_same():
    radar = skies.radar(pd=1.0)
    target = Target(399e3, 0.0, 90.0, 250.0, mode_s=9)
    other = Target(60e3, -30e3, 0.0, 100.0, mode_s=8)
    rows = [
        r
        for r in seen_by([radar], [[(0, target), (1, other)]], 120.0)
        if r["rng_slant_m"] < radar.rng_max_m
    ]
    found = followed(rows, [radar])
    mine = found.track == found.owner(0)
    assert found.status[mine][-1] == "ended"
    assert (np.diff(found.existence[mine][-4:]) <= 0.0).all()


def test_confirmed_tracks_are_told_every_three_seconds_and_on_whole_seconds():
    """Rows are those of updates, and ticks of UTC between them: nobody waits longer than 3 s."""
    radar = skies.radar(turn_s=10.0, pd=1.0)
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    rows = [*seen_by([radar], [[(0, target)]], 120.0)]
    found = followed(
        sorted([*rows, *_clock(radar, 120.0), *_every_second(120.0)], key=lambda r: r["t"]), [radar]
    )
    mine = np.flatnonzero(found.track == found.owner(0))
    updates = skies.seconds_of(skies.table(rows))
    confirmed = found.t[mine][found.status[mine] != "tentative"]
    assert np.diff(confirmed).max() <= 4.0
    between = confirmed[~np.isin(confirmed, updates)]
    assert between.size > 20
    assert np.abs(between - np.round(between)).max() < 1e-6
    # A row between plots is the state carried forward: it lies on the way.
    error, _ = found.errors(target, found.owner(0), after_s=60.0)
    assert np.hypot(error[:, 0], error[:, 1]).max() < 400.0


def test_what_is_more_likely_gone_than_there_is_waited_for_but_no_longer_told():
    radar = skies.radar(turn_s=4.0, pd=1.0)
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    rows = sorted([*seen_by([radar], [[(0, target)]], 200.0), *_clock(radar)], key=lambda r: r["t"])

    def found(silent_s):
        upto = skies.T0_NS + round((100.0 + silent_s) * 1e9)
        gap = (skies.T0_NS + 100 * 10**9, upto)
        kept = [r for r in rows if r["truth"] != 0 or not gap[0] < r["t"] < gap[1]]
        return followed(kept, [radar])

    gone = found(200.0)
    mine = gone.track == gone.owner(0)
    coasted = mine & (gone.status == "coasting")
    assert gone.existence[coasted].min() >= 0.5
    ended_s = gone.t[mine][-1]
    assert gone.status[mine][-1] == "ended"
    assert ended_s - gone.t[coasted][-1] > 6.0  # it was held for longer than it was told
    # Should it come back meanwhile, it is the same track.
    back = found(ended_s - 100.0 - 4.0)
    assert np.unique(back.track[back.status == "confirmed"]).size == 2  # with the field monitor
    assert back.t[back.track == back.owner(0)][-1] > ended_s + 20.0


def _every_second(seconds):
    beacon = Target(0.0, 300e3, 90.0, 0.0, mode_s=0xBCDEF)
    return skies.places_of(beacon, 8, seconds, np.random.default_rng(4))


def test_existence_is_a_probability_and_falls_only_by_misses():
    radar = skies.radar(pd=0.7)
    targets = list(fleet(np.random.default_rng(2), 20))
    reports, truth = skies.sky(targets, [radar], 200.0, seed=3)
    found = Followed(reports, [radar], truth)
    assert (found.existence >= 0.0).all()
    assert (found.existence <= 1.0).all()
    for k in range(20):
        rows = found.rows(found.owner(k))
        plots = np.isin(found.t[rows], skies.seconds_of(reports)[truth == k])
        falls = np.diff(found.existence[rows]) < -1e-12
        # A plot that fits raises it, but for one that repairs a miss of a second ago.
        assert (falls & plots[1:]).sum() <= 3


def test_two_hundred_radars_work_together():
    """More than the 64 bits of ``sensors``: the last bit stands for all from the 64th on."""
    radars = [
        skies.radar(
            1 + k % 100, sac=1 + k // 100, turn_s=10.0,
            east_m=30e3 * (k % 20 - 9.5), north_m=60e3 * (k // 20 - 4.5),
        )
        for k in range(200)
    ]  # fmt: skip
    targets = list(fleet(np.random.default_rng(3), 6))
    rows = []
    rng = np.random.default_rng(4)
    for sensor in radars[::3]:
        for number, target in enumerate(targets):
            seen = skies.plots_of(target, number, sensor, 60.0, rng)
            rows += [row for row in seen if row["rng_slant_m"] < 150e3]
    rows.sort(key=lambda row: row["t"])
    found = followed(rows, radars)
    assert found.dropped == {}
    assert found.tracker.live == 6
    number_of = {radar.sensor: k for k, radar in enumerate(radars)}
    bits = found.tracks["sensors"].to_numpy()
    for k in range(6):
        saw = {number_of[row["sensor"]] for row in rows if row["truth"] == k}
        assert max(saw) > 63
        want = sum(1 << bit for bit in {min(s, 63) for s in saw})
        assert int(bits[found.rows(found.owner(k))[-1]]) == want
    assert (found.last_nees(targets, 60.0) < 13.8).all()


def test_rows_do_not_depend_on_radars_that_say_nothing():
    radars = [skies.radar(1), skies.radar(2, east_m=50e3)]
    reports, _ = skies.sky(list(fleet(np.random.default_rng(2), 5)), radars[:1], 60.0)
    one = Followed(reports, radars[:1])
    two = Followed(reports, radars)
    assert without_frame(one.tracks).equals(without_frame(two.tracks))
