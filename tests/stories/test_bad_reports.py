"""Bad reports are counted by reason, and the rest is tracked as if they had not been there."""

import numpy as np
import pytest

from airshield.tables import ReportFlag
from airshield.track import DROP_REASONS
from reference import track_skies as skies
from reference.followed import Followed, fleet, without_frame
from reference.track_skies import Target

RADARS = [
    skies.radar(1),
    skies.radar(2, east_m=60e3, turn_s=5.0),
    skies.radar(3, north_m=-50e3, turn_s=6.0),
]
SECONDS = 90.0
NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def good():
    """Three radars, named and silent targets, clutter, ADS-B: rows in order of arrival."""
    rng = np.random.default_rng(8)
    targets = [
        *fleet(rng, 5),
        *fleet(rng, 3, mode_s=None, kind="psr", has_baro=False, highest_m=4000.0),
        Target(-20e3, -30e3, 0.0, 150.0, hae_m=4000.0, kind="ssr", mode_3a=0o1234),
    ]
    rows = skies.clutter(RADARS[0], SECONDS, 8, rng)
    for k in range(3):
        rows += skies.places_of(targets[k], k, SECONDS, rng, has_speed=True)
    for sensor in RADARS:
        for number, target in enumerate(targets):
            rows += skies.plots_of(target, number, sensor, SECONDS, rng)
    for row in rows:
        row.setdefault("t_heard", row["t"] + round(rng.uniform(0.1, 1.0) * 1e9))
    rows.sort(key=lambda row: row["t_heard"])
    return rows


@pytest.fixture(scope="module")
def plain(good):
    found = Followed(skies.table(good), RADARS)
    assert found.dropped == {}
    assert len(set(found.track[found.status == "confirmed"])) >= 8
    return found


def with_bad(good, bad_of, *, every=11, choose=lambda row: True):
    """Put a bad row behind every eleventh good one of a sort; returns all rows, and how many."""
    rows, n = [], 0
    for row in good:
        rows.append(row)
        if choose(row):
            n += 1
            if n % every == 0:
                rows.append(bad_of(row))
    return rows, len(rows) - len(good)


def is_plot(row):
    return "rng_slant_m" in row


def is_place(row):
    return "lat_deg" in row


def is_named(row):
    return is_plot(row) and row.get("mode_s") is not None


def is_echo(row):
    return row["kind"] == "psr" and row["truth"] >= 0


def later(seconds):
    return lambda row: dict(row, t=row["t"] + round(seconds * 1e9))


CASES = {
    "a radar that the shield does not know": (
        is_plot, lambda row: dict(row, sensor="7/7"), "unknown sensor"),
    "a range that is not a number": (
        is_plot, lambda row: dict(row, rng_slant_m=NAN), "no position"),
    "an infinite range": (is_plot, lambda row: dict(row, rng_slant_m=INF), "no position"),
    "a negative range": (is_plot, lambda row: dict(row, rng_slant_m=-5e3), "no position"),
    "a range of nought": (is_plot, lambda row: dict(row, rng_slant_m=0.0), "no position"),
    "a range beyond the Moon": (is_plot, lambda row: dict(row, rng_slant_m=5e8), "no position"),
    "an azimuth that is not a number": (
        is_plot, lambda row: dict(row, azm_true_deg=NAN), "no position"),
    "an infinite azimuth": (is_plot, lambda row: dict(row, azm_true_deg=-INF), "no position"),
    "an azimuth of 720 degrees": (
        is_plot, lambda row: dict(row, azm_true_deg=720.0), "no position"),
    "an azimuth of -400 degrees": (
        is_plot, lambda row: dict(row, azm_true_deg=-400.0), "no position"),
    "no range": (is_plot, lambda row: dict(row, rng_slant_m=None), "no position"),
    "a latitude that is not a number": (
        is_place, lambda row: dict(row, lat_deg=NAN), "no position"),
    "an infinite longitude": (is_place, lambda row: dict(row, lon_deg=INF), "no position"),
    "a latitude of 95 degrees": (is_place, lambda row: dict(row, lat_deg=95.0), "no position"),
    "a longitude of 400 degrees": (is_place, lambda row: dict(row, lon_deg=400.0), "no position"),
    "a plot ten seconds out of order": (is_plot, later(-10.0), "too late"),
    "a place ten seconds out of order": (is_place, later(-10.0), "too late"),
    "a plot of an hour ago": (is_plot, later(-3600.0), "too late"),
    "a plot from the future": (is_plot, later(3600.0), "far ahead of the clock"),
    "a place from the next century": (is_place, later(3e9), "far ahead of the clock"),
    "the same plot twice": (is_named, dict, "second plot of a scan"),
    "the same echo twice": (is_echo, dict, "second plot of a scan"),
    "an acoustic bearing": (is_plot, lambda row: dict(row, kind="acoustic"), "kind not tracked"),
    "a field monitor": (
        is_plot, lambda row: dict(row, flags=int(ReportFlag.TEST)), "test target"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_reports_are_counted_and_the_rest_is_tracked_as_if_they_were_not_there(
    good, plain, case
):
    choose, bad_of, reason = CASES[case]
    rows, n = with_bad(good, bad_of, choose=choose)
    assert n >= 5
    found = Followed(skies.table(rows), RADARS)
    assert reason in DROP_REASONS
    assert found.dropped == {reason: n}
    assert without_frame(found.tracks).equals(without_frame(plain.tracks))


def test_a_place_told_twice_teaches_nothing_new(good, plain):
    """Two stations hear one squitter: the same place, the same instant, no second opinion."""
    rows, n = with_bad(good, lambda row: dict(row, sensor="9/2"), choose=is_place, every=1)
    assert n > 200
    found = Followed(skies.table(rows), RADARS)
    names = ("lat_deg", "lon_deg", "vel_east_mps", "cov_m2")
    for k in np.unique(plain.track[plain.tracks["mode_s"].is_valid().to_numpy()]):
        address = plain.tracks["mode_s"].to_pylist()[np.flatnonzero(plain.track == k)[-1]]
        one, two = (f.tracks.slice(_last(f, address), 1) for f in (plain, found))
        for name in names:
            got, want = (np.array(table[name].to_pylist()[0], float) for table in (two, one))
            np.testing.assert_allclose(got, want, rtol=1e-9, err_msg=name)


def _last(found, address):
    return int(np.flatnonzero(np.array(found.tracks["mode_s"].to_pylist(), float) == address)[-1])


@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize(
    "column",
    [
        "alt_baro_m", "alt_hae_m", "vel_east_mps", "vel_north_mps", "vel_up_mps", "elv_deg",
        "sigma_rng_m", "sigma_azm_deg", "sigma_pos_m", "spd_radial_mps",
    ],
)  # fmt: skip
def test_a_figure_that_is_none_is_as_good_as_not_told(good, column, value):
    """Beside a good position: the position is used, the figure is not."""
    told, silent = (
        [dict(row, **{column: x}) if k % 5 == 0 else row for k, row in enumerate(good)]
        for x in (value, None)
    )
    found, wanted = (Followed(skies.table(rows), RADARS) for rows in (told, silent))
    assert found.dropped == wanted.dropped == {}
    for name in ("lat_deg", "lon_deg", "vel_east_mps", "vel_north_mps", "existence"):
        assert np.isfinite(found.tracks[name].to_numpy()).all()
    assert found.tracks.equals(wanted.tracks)


def test_all_at_once_is_counted_by_reason_too(good, plain):
    rows, wanted = [], {}
    cases = [CASES[name] for name in CASES if "twice" not in name]
    for k, row in enumerate(good):
        rows.append(row)
        choose, bad_of, reason = cases[k % len(cases)]
        if k > 20 and choose(row):
            rows.append(bad_of(row))
            wanted[reason] = wanted.get(reason, 0) + 1
    found = Followed(skies.table(rows), RADARS)
    assert found.dropped == wanted
    assert without_frame(found.tracks).equals(without_frame(plain.tracks))


def jumped(good, seconds, *, sensor="1/2", from_s=30.0, until_s=50.0):
    """One radar's clock is wrong for a while: all rows, and those of the others alone."""

    def is_wrong(row):
        since_s = (row["t"] - skies.T0_NS) * 1e-9
        return row["sensor"] == sensor and from_s <= since_s < until_s

    rows = [later(seconds)(row) if is_wrong(row) else row for row in good]
    return rows, [row for row in good if not is_wrong(row)]


@pytest.mark.parametrize(
    ("seconds", "reason"),
    [
        (-3600.0, "too late"),
        (-20.0, "too late"),
        (20.0, "far ahead of the clock"),
        (3600.0, "far ahead of the clock"),
        (3e9, "far ahead of the clock"),
    ],
)
def test_a_radar_whose_clock_jumps_harms_nobody_else(good, seconds, reason):
    rows, rest = jumped(good, seconds)
    found, wanted = (Followed(skies.table(r), RADARS) for r in (rows, rest))
    assert found.dropped == {reason: len(rows) - len(rest)}
    assert without_frame(found.tracks).equals(without_frame(wanted.tracks))


@pytest.mark.parametrize("seconds", [20.0, 3600.0])
def test_a_message_of_one_radar_from_the_future_moves_no_clock(good, seconds):
    """A sector's plots come together, so that several in a row agree on the wrong time."""
    rows = list(good)
    at = len(rows) // 2
    sector = [row for row in rows[at - 60 : at] if row["sensor"] == "1/2"][:8]
    assert len(sector) == 8
    bad = [later(seconds)(row) for row in sector]
    found = Followed(skies.table(rows[:at] + bad + rows[at:]), RADARS)
    wanted = Followed(skies.table(rows), RADARS)
    assert found.dropped == {"far ahead of the clock": 8}
    assert without_frame(found.tracks).equals(without_frame(wanted.tracks))


def test_a_first_report_from_the_future_does_not_shut_out_all_others(good, plain):
    found = Followed(skies.table([later(3600.0)(good[0]), *good]), RADARS)
    assert sum(found.dropped.values()) <= 20
    confirmed = len(set(found.track[found.status == "confirmed"]))
    assert confirmed == len(set(plain.track[plain.status == "confirmed"]))


def test_a_first_report_of_1970_does_not_shut_out_all_others(good, plain):
    found = Followed(skies.table([dict(good[0], t=0), *good]), RADARS)
    assert sum(found.dropped.values()) <= 20
    confirmed = len(set(found.track[found.status == "confirmed"]))
    assert confirmed == len(set(plain.track[plain.status == "confirmed"]))


def test_when_every_clock_jumps_the_tracker_follows(good, plain):
    """The recording goes on a day later: the old tracks end, new ones begin, little is lost."""
    at = len(good) // 2
    found = Followed(skies.table(good[:at] + [later(86_400.0)(row) for row in good[at:]]), RADARS)
    assert sum(found.dropped.values()) <= 20
    assert set(found.dropped) <= {"far ahead of the clock"}
    assert found.tracker.live >= 8


def test_when_every_clock_is_set_back_tracking_begins_again_and_the_loss_is_counted(good):
    """A dozen late reports in a row and none in time: the old tracks end, new ones begin."""
    at = len(good) // 2
    found = Followed(skies.table(good[:at] + [later(-3600.0)(row) for row in good[at:]]), RADARS)
    assert found.dropped == {"too late": 11}
    sure = found.status != "tentative"
    ended = set(found.track[sure & (found.status == "ended")])
    again = set(found.track[sure]) - ended
    assert ended
    assert len(again) >= 8  # by the end of the sky some have gone out of cover


def test_a_kind_that_nobody_knows_is_counted_not_fatal(good, plain):
    rows, n = with_bad(good, lambda row: dict(row, kind="radar"), choose=is_plot)
    found = Followed(skies.table(rows), RADARS)
    assert found.dropped == {"kind not tracked": n}
    assert without_frame(found.tracks).equals(without_frame(plain.tracks))


def test_an_echo_told_as_a_place_does_no_harm(good):
    """A plot extractor that gives latitude and longitude, of a sensor that the shield lacks."""
    rng = np.random.default_rng(3)
    target = Target(30e3, 60e3, 90.0, 100.0)
    told = skies.places_of(target, 20, SECONDS, rng, kind="psr", sensor="7/8", every_s=4.0)
    told = [dict(row, callsign=None, alt_baro_m=None, alt_hae_m=None) for row in told]
    rows = sorted(good + told, key=lambda row: row["t"])
    found = Followed(skies.table(rows), RADARS)
    for name in ("lat_deg", "lon_deg", "existence"):
        assert np.isfinite(found.tracks[name].to_numpy()).all()
    assert len(rows) == (found.to > 0).sum() + sum(found.dropped.values())
