"""The tracker on made-up skies whose truth is known."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import UsageError
from airshield.tables import REPORT, TRACK, ReportFlag, empty
from airshield.track import DROP_REASONS, Tracker, TrackSettings
from reference import track_skies as skies
from reference.followed import Followed, fleet, without_frame
from reference.track_skies import GEOID_M, Target


def follow(reports, radars, **settings_):
    tracker = Tracker(radars, geoid_height_m=GEOID_M, settings=TrackSettings(**settings_))
    return tracker.feed(reports), tracker


def column(tracks, name):
    return tracks[name].to_numpy()


def words(tracks, name):
    return np.array(tracks[name].to_pylist())


def owner(batch, truth, target):
    """Numbers of the tracks that took a target's plots, most plots first."""
    numbers, counts = np.unique(batch.track_of_report[truth == target], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return numbers[order][numbers[order] > 0]


def rows_of(tracks, number, *, after_s=0.0, statuses=("confirmed", "coasting")):
    mine = column(tracks, "track") == number
    return np.flatnonzero(
        mine & np.isin(words(tracks, "status"), statuses) & (skies.seconds_of(tracks) >= after_s)
    )


# --- One aircraft ---------------------------------------------------------------------------------


def test_an_airliner_is_confirmed_at_its_second_plot_and_followed_to_metres():
    radar = skies.radar()
    target = Target(-60e3, 20e3, 80.0, 230.0, mode_s=0x501234, mode_3a=0o1234)
    reports, _ = skies.sky([target], [radar], 300.0)
    batch, tracker = follow(reports, [radar])
    assert tracker.live == 1
    assert set(batch.track_of_report.tolist()) == {1}
    status = words(batch.tracks, "status")
    assert status[:2].tolist() == ["tentative", "confirmed"]
    error, _ = skies.errors(batch.tracks, rows_of(batch.tracks, 1, after_s=60.0), target)
    assert np.sqrt((error[:, :2] ** 2).sum(1).mean()) < 90.0
    # The pressure altitude stands in for the height, and the table says so.
    assert set(words(batch.tracks, "height_basis")) == {"baro"}
    assert np.abs(error[:, 2]).max() < 60.0
    spd = np.hypot(column(batch.tracks, "vel_east_mps"), column(batch.tracks, "vel_north_mps"))
    assert abs(spd[-1] - 230.0) < 10.0
    last = {name: batch.tracks[name].to_pylist()[-1] for name in ("mode_s", "mode_3a", "cls")}
    assert last == {"mode_s": 0x501234, "mode_3a": 0o1234, "cls": "airliner"}


@pytest.mark.parametrize("dist_m", [15e3, 60e3, 200e3])
@pytest.mark.parametrize("lat_deg", [-70.0, 0.0, 60.0])
def test_without_noise_the_track_lies_on_the_truth_anywhere_on_earth(dist_m, lat_deg, monkeypatch):
    """Closed form: exact plots of a straight flight leave no error but the model's."""
    monkeypatch.setattr(skies, "LAT", lat_deg)
    radar = skies.radar(sigma_rng_m=1e-3, sigma_azm_deg=1e-6, pd=1.0)
    target = Target(dist_m, 0.3 * dist_m, 300.0, 200.0, hae_m=8000.0, mode_s=5)
    reports, _ = skies.sky([target], [radar], 120.0)
    batch, _ = follow(reports, [radar])
    error, _ = skies.errors(batch.tracks, rows_of(batch.tracks, 1, after_s=30.0), target)
    assert np.abs(error[:, :2]).max() < 2.0 + 4.0  # 3.8 m of height are Mode C quanta


def test_a_standard_rate_turn_keeps_its_track():
    radar = skies.radar()
    target = Target(
        20e3, 20e3, 90.0, 130.0, hae_m=2500.0, mode_s=7,
        turn_degps=3.0, turn_at_s=60.0, turn_end_s=240.0,
    )  # fmt: skip
    reports, truth = skies.sky([target], [radar], 300.0)
    batch, _ = follow(reports, [radar])
    assert owner(batch, truth, 0).tolist() == [1]
    assert batch.dropped == {}
    error, _ = skies.errors(batch.tracks, rows_of(batch.tracks, 1, after_s=30.0), target)
    assert np.sqrt((error[:, :2] ** 2).sum(1).mean()) < 120.0


def test_a_silent_target_is_confirmed_by_its_echoes_alone():
    radar = skies.radar()
    target = Target(-30e3, 5e3, 90.0, 80.0, hae_m=1500.0, kind="psr", has_baro=False)
    reports, truth = skies.sky([target], [radar], 200.0)
    batch, _ = follow(reports, [radar])
    assert owner(batch, truth, 0).tolist() == [1]
    rows = rows_of(batch.tracks, 1)
    assert skies.seconds_of(batch.tracks)[rows[0]] < 20.0
    assert set(words(batch.tracks, "height_basis")) == {"none"}
    assert batch.tracks["alt_hae_m"].null_count == batch.tracks.num_rows
    assert batch.tracks["mode_s"].null_count == batch.tracks.num_rows


# --- Honesty --------------------------------------------------------------------------------------


def test_a_standing_error_of_the_pressure_altitude_is_covered():
    """Heights 300 m off, low and near the radar, where that moves the place by up to 200 m."""
    rng = np.random.default_rng(9)
    targets = []
    for k in range(60):
        azm = np.radians(6.0 * k)
        targets.append(
            Target(
                14e3 * np.sin(azm),
                14e3 * np.cos(azm),
                rng.uniform(0, 360),
                60.0,
                hae_m=7000.0,
                mode_s=100 + k,
                baro_error_m=240.0 * rng.standard_normal(),
            )
        )
    radar = skies.radar()
    reports, truth = skies.sky(targets, [radar], 60.0, seed=4)
    far = Followed(reports, [radar], truth).last_nees(targets, 60.0)
    assert 0.7 < far.mean() < 3.0


def test_learning_the_height_puts_the_place_right_at_once():
    radar = skies.radar(sigma_rng_m=10.0, sigma_azm_deg=0.02)
    target = Target(0.0, 12e3, 90.0, 100.0, hae_m=8000.0, mode_s=3)
    reports, _ = skies.sky([target], [radar], 80.0)
    silent = pa.array(
        [
            None if s < 60.0 else v
            for s, v in zip(
                skies.seconds_of(reports), reports["alt_baro_m"].to_pylist(), strict=True
            )
        ],
        pa.float64(),
    )
    at = REPORT.get_field_index("alt_baro_m")
    reports = reports.set_column(at, REPORT.field("alt_baro_m"), silent)
    batch, _ = follow(reports, [radar])
    error, cov = skies.errors(batch.tracks, rows_of(batch.tracks, 1), target)
    t = skies.seconds_of(batch.tracks)[rows_of(batch.tracks, 1)]
    far = np.hypot(error[:, 0], error[:, 1])
    # Rows of ticks come before the first plot that tells a height.
    before, after = far[(t > 40.0) & (t < 60.0)], far[t > 64.0]
    assert before.min() > 1000.0  # the guess of the height was wrong by kilometres ...
    sigma = np.sqrt(cov[(t > 40.0) & (t < 60.0)][:, [0, 1], [0, 1]].sum(1))
    assert (before < 4.0 * sigma).all()  # ... and said so
    assert after.max() < 600.0  # 280 m of doubt in the pressure altitude, seen at 42 degrees


# --- Several --------------------------------------------------------------------------------------


def test_crossing_aircraft_with_addresses_keep_their_tracks():
    radar = skies.radar()
    targets = [
        Target(-10e3, 30e3, 90.0, 100.0, hae_m=5000.0, mode_s=1),
        Target(10e3, 30e3, 270.0, 100.0, hae_m=5000.0, mode_s=2),
    ]
    reports, truth = skies.sky(targets, [radar], 200.0)
    batch, tracker = follow(reports, [radar])
    assert tracker.live == 2
    for k in range(2):
        assert len(owner(batch, truth, k)) == 1


def test_crossing_aircraft_with_codes_only_keep_their_tracks():
    radar = skies.radar()
    targets = [
        Target(-10e3, 30e3, 90.0, 100.0, hae_m=5000.0, mode_3a=0o2001, kind="ssr"),
        Target(0.0, 20e3, 0.0, 100.0, hae_m=5000.0, mode_3a=0o2002, kind="ssr"),
    ]
    reports, truth = skies.sky(targets, [radar], 200.0)
    batch, tracker = follow(reports, [radar])
    assert tracker.live == 2
    for k in range(2):
        assert len(owner(batch, truth, k)) == 1


def test_two_radars_make_one_track_and_both_bits_are_set():
    radars = [skies.radar(1), skies.radar(2, east_m=80e3, north_m=-30e3, turn_s=6.0)]
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    reports, _ = skies.sky([target], radars, 200.0)
    batch, tracker = follow(reports, radars)
    assert tracker.live == 1
    assert batch.dropped == {}
    assert column(batch.tracks, "sensors")[-1] == 0b11
    error, _ = skies.errors(batch.tracks, rows_of(batch.tracks, 1, after_s=60.0), target)
    assert np.sqrt((error[:, :2] ** 2).sum(1).mean()) < 80.0


def test_a_primary_radar_feeds_the_track_another_radar_named():
    radars = [skies.radar(1), skies.radar(2, east_m=30e3)]
    path = {"hae_m": 6000.0}
    named = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9, **path)
    echo = Target(-20e3, 40e3, 120.0, 200.0, kind="psr", has_baro=False, **path)
    rng = np.random.default_rng(0)
    rows = skies.plots_of(named, 0, radars[0], 200.0, rng)
    rows += skies.plots_of(echo, 0, radars[1], 200.0, rng)
    reports, truth = skies.sky([], [], 0.0, extra=rows)
    batch, tracker = follow(reports, radars)
    assert tracker.live == 1
    assert len(owner(batch, truth, 0)) == 1


def test_clutter_makes_few_false_tracks():
    radar = skies.radar()
    targets = list(fleet(np.random.default_rng(1), 10))
    noise = skies.clutter(radar, 400.0, 15, np.random.default_rng(3))
    reports, truth = skies.sky(targets, [radar], 400.0, extra=noise)
    batch, _ = follow(reports, [radar])
    status = words(batch.tracks, "status")
    confirmed = set(column(batch.tracks, "track")[status == "confirmed"].tolist())
    real = {int(owner(batch, truth, k)[0]) for k in range(10)}
    assert real <= confirmed
    assert len(confirmed - real) <= 2


@pytest.mark.parametrize("named", [{"mode_s": 5}, {"mode_3a": 0o2001, "kind": "ssr"}])
def test_a_bent_bearing_neither_breaks_nor_bends_the_track(named):
    """Fifteen sigmas across, as behind a hillside: the owner is known, so it is doubted."""
    radar = skies.radar(pd=1.0)
    target = Target(10e3, 40e3, 90.0, 90.0, hae_m=1500.0, **named)
    rows = skies.plots_of(target, 0, radar, 200.0, np.random.default_rng(2))
    bent = [
        dict(row, azm_true_deg=row["azm_true_deg"] + (1.2 if i in (20, 30) else 0.0))
        for i, row in enumerate(rows)
    ]
    batch, tracker = follow(skies.table(bent), [radar])
    assert tracker.live == 1
    assert batch.dropped == {}
    error, _ = skies.errors(batch.tracks, rows_of(batch.tracks, 1, after_s=60.0), target)
    assert np.hypot(error[:, 0], error[:, 1]).max() < 250.0  # the bend is 860 m


def test_parked_aircraft_without_any_name_are_not_shuffled():
    radar = skies.radar(sigma_azm_deg=0.05, sigma_rng_m=10.0, pd=1.0)
    targets = [
        Target(3e3 + 375.0 * k, 2e3 - 225.0 * k, 0.0, 0.0, hae_m=300.0, has_baro=False, kind="psr")
        for k in range(6)
    ]
    reports, truth = skies.sky(targets, [radar], 60.0)
    batch, tracker = follow(reports, [radar])
    assert tracker.live == 6
    assert all(len(owner(batch, truth, k)) == 1 for k in range(6))


# --- Addresses ------------------------------------------------------------------------------------


def live_addresses(tracks):
    """Check row by row that no two live tracks bear one address."""
    holder = {}
    for number, address, status in zip(
        tracks["track"].to_pylist(), tracks["mode_s"].to_pylist(), tracks["status"].to_pylist(),
        strict=True,
    ):  # fmt: skip
        if address is None:
            continue
        assert holder.setdefault(address, number) == number
        if status == "ended":
            del holder[address]


def test_two_aircraft_of_one_address_never_have_two_tracks():
    radar = skies.radar()
    targets = [
        Target(-40e3, 30e3, 90.0, 200.0, mode_s=77),
        Target(60e3, -30e3, 0.0, 200.0, mode_s=77),
    ]
    reports, truth = skies.sky(targets, [radar], 200.0)
    batch, tracker = follow(reports, [radar])
    assert tracker.live == 1
    live_addresses(batch.tracks)
    # It keeps to one of the two, and every plot of the other is counted.
    taken = [int((batch.track_of_report[truth == k] > 0).sum()) for k in range(2)]
    assert min(taken) <= 1
    assert batch.dropped["address contradicted"] >= 40


def test_a_track_on_the_wrong_place_comes_over_to_its_aircraft():
    """The first two plots are a reflection; then only the aircraft itself is seen."""
    radar = skies.radar(pd=1.0)
    ghost = Target(-40e3, 30e3, 90.0, 200.0, mode_s=77, dies_s=9.0)
    real = Target(60e3, -30e3, 0.0, 200.0, mode_s=77, born_s=9.0)
    reports, truth = skies.sky([ghost, real], [radar], 60.0)
    batch, _ = follow(reports, [radar])
    assert owner(batch, truth, 0).tolist() == owner(batch, truth, 1).tolist() == [1]
    assert batch.dropped == {"address contradicted": 2}
    error, _ = skies.errors(batch.tracks, rows_of(batch.tracks, 1)[-1:], real)
    assert np.hypot(*error[0, :2]) < 300.0


@pytest.mark.parametrize("address", [0, 0xFFFFFF])
def test_an_address_of_all_zeros_or_ones_names_nobody(address):
    radar = skies.radar()
    targets = [
        Target(-40e3, 30e3, 90.0, 200.0, mode_s=address),
        Target(60e3, -30e3, 0.0, 200.0, mode_s=address),
    ]
    reports, _ = skies.sky(targets, [radar], 60.0)
    batch, tracker = follow(reports, [radar])
    assert tracker.live == 2
    assert batch.tracks["mode_s"].null_count == batch.tracks.num_rows


# --- Life -----------------------------------------------------------------------------------------


def test_a_silent_gap_is_coasted_and_the_end_comes_once():
    radar = skies.radar(pd=1.0)
    other = Target(50e3, 50e3, 0.0, 100.0, mode_s=1)  # keeps the clock going
    target = Target(-40e3, 30e3, 90.0, 200.0, mode_s=2, dies_s=100.0)
    reports, truth = skies.sky([other, target], [radar], 200.0)
    batch, tracker = follow(reports, [radar])
    number = owner(batch, truth, 1)[0]
    mine = column(batch.tracks, "track") == number
    status = words(batch.tracks, "status")[mine].tolist()
    assert status[-1] == "ended"
    assert status.count("ended") == 1
    # Rows of ticks every 3 s, from the first miss (5 s) to an existence below 0.1 (four misses).
    assert 3 <= status.count("coasting") <= 8
    t = skies.seconds_of(batch.tracks)[mine]
    assert 12.0 <= t[-1] - 100.0 <= 36.0
    existence = column(batch.tracks, "existence")[mine]
    assert (np.diff(existence[-status.count("coasting") :]) <= 0.0).all()
    assert tracker.live == 1


def test_a_returning_aircraft_gets_a_new_number_and_no_number_comes_twice():
    radar = skies.radar(pd=1.0)
    other = Target(50e3, 50e3, 0.0, 100.0, mode_s=1)
    first = Target(-40e3, 30e3, 90.0, 200.0, mode_s=2, dies_s=60.0)
    again = Target(-40e3, 30e3, 90.0, 200.0, mode_s=2, born_s=150.0)
    reports, truth = skies.sky([other, first, again], [radar], 200.0)
    batch, _ = follow(reports, [radar])
    assert owner(batch, truth, 1).tolist() != owner(batch, truth, 2).tolist()
    live_addresses(batch.tracks)


def test_a_dropout_of_three_turns_breaks_nothing():
    radar = skies.radar(pd=1.0)
    target = Target(-40e3, 30e3, 90.0, 200.0, mode_s=2)
    other = Target(50e3, 50e3, 0.0, 100.0, mode_s=1)
    reports, truth = skies.sky([target, other], [radar], 120.0)
    t = skies.seconds_of(reports)
    keep = ~((truth == 0) & (t > 60.0) & (t < 72.0))
    batch, tracker = follow(reports.filter(pa.array(keep)), [radar])
    assert len(owner(batch, truth[keep], 0)) == 1
    assert "coasting" in words(batch.tracks, "status")
    assert tracker.live == 2


# --- Time -----------------------------------------------------------------------------------------


def test_late_plots_help_and_rows_never_go_back():
    radars = [skies.radar(1), skies.radar(2, east_m=60e3, turn_s=5.0)]
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    reports, _ = skies.sky([target], radars, 200.0)
    t = skies.seconds_of(reports)
    late = np.where(np.array(reports["sensor"].to_pylist()) == "1/2", 2.5, 0.1)
    order = np.argsort(t + late, kind="stable")
    reports = reports.take(pa.array(order))
    batch, _ = follow(reports, radars)
    assert batch.dropped == {}
    assert (np.diff(skies.seconds_of(batch.tracks)) >= 0.0).all()
    rows = rows_of(batch.tracks, 1, after_s=60.0)
    error, cov = skies.errors(batch.tracks, rows, target)
    assert np.sqrt((error[:, :2] ** 2).sum(1).mean()) < 80.0
    nees = np.einsum("ni,nij,nj->n", error[:, :2], np.linalg.inv(cov[:, :2, :2]), error[:, :2])
    assert nees.mean() < 4.0


def test_time_stamps_from_nowhere_hurt_nobody():
    radar = skies.radar(pd=1.0)
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    rows = skies.plots_of(target, 0, radar, 100.0, np.random.default_rng(0))
    plain, _ = follow(skies.table(rows), [radar])
    bad = [dict(rows[5], t=rows[5]["t"] + 3600 * 10**9), dict(rows[5], t=rows[5]["t"] - 60 * 10**9)]
    batch, _ = follow(skies.table(rows[:10] + bad + rows[10:]), [radar])
    assert batch.dropped == {"too late": 1, "far ahead of the clock": 1}
    assert without_frame(batch.tracks).equals(without_frame(plain.tracks))


def test_the_clock_follows_a_gap_after_three_reports():
    radar = skies.radar(pd=1.0)
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    rows = skies.plots_of(target, 0, radar, 200.0, np.random.default_rng(0))
    rows = [row for row in rows if not 40 * 10**9 < row["t"] - skies.T0_NS < 140 * 10**9]
    batch, tracker = follow(skies.table(rows), [radar])
    assert batch.dropped == {"far ahead of the clock": 2}
    assert tracker.live == 1
    assert words(batch.tracks, "status").tolist().count("ended") == 1


def test_nothing_happens_at_midnight():
    """Time is UTC in nanoseconds: the day's end is no place at all."""
    radar = skies.radar(pd=1.0)
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    rows = skies.plots_of(target, 0, radar, 100.0, np.random.default_rng(0))
    day = 86_400 * 10**9
    shift = day - skies.T0_NS % day - 50 * 10**9
    moved = [dict(row, t=row["t"] + shift) for row in rows]
    plain, _ = follow(skies.table(rows), [radar])
    batch, _ = follow(skies.table(moved), [radar])
    assert batch.track_of_report.tolist() == plain.track_of_report.tolist()
    assert np.allclose(column(batch.tracks, "lat_deg"), column(plain.tracks, "lat_deg"), atol=1e-9)


# --- Sources without a radar ----------------------------------------------------------------------


def test_adsb_alone_is_unverified_and_a_radar_verifies_it():
    radar = skies.radar()
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9, baro_error_m=-150.0)
    rng = np.random.default_rng(0)
    rows = skies.places_of(target, 0, 60.0, rng)
    alone, _ = follow(skies.sky([], [], 0.0, extra=rows)[0], [])
    assert words(alone.tracks, "adsb_check")[-1] == "unverified"
    assert alone.tracks["callsign"].to_pylist()[-1] == "DEMO12"
    error, _ = skies.errors(alone.tracks, rows_of(alone.tracks, 1, after_s=20.0), target)
    assert np.sqrt((error[:, :2] ** 2).sum(1).mean()) < 30.0
    assert np.abs(error[:, 2]).max() < 30.0
    assert words(alone.tracks, "height_basis")[-1] == "geometric"
    both = rows + skies.plots_of(target, 0, radar, 60.0, rng)
    batch, tracker = follow(skies.sky([], [], 0.0, extra=both)[0], [radar])
    assert tracker.live == 1
    assert words(batch.tracks, "adsb_check")[-1] == "verified"
    assert column(batch.tracks, "sensors")[-1] == 0b11


@pytest.mark.parametrize("kind", ["mlat", "track", "drone_id"])
def test_other_places_are_tracked_too(kind):
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    rng = np.random.default_rng(0)
    rows = skies.places_of(target, 0, 60.0, rng, kind=kind, every_s=4.0)
    batch, _ = follow(skies.sky([], [], 0.0, extra=rows)[0], [])
    assert words(batch.tracks, "adsb_check")[-1] == "none"
    assert words(batch.tracks, "status")[-1] == "confirmed"


# --- What is not used -----------------------------------------------------------------------------


def test_what_cannot_be_used_is_counted_and_changes_nothing():
    radar = skies.radar(pd=1.0)
    target = Target(-20e3, 40e3, 120.0, 200.0, mode_s=9)
    rows = skies.plots_of(target, 0, radar, 100.0, np.random.default_rng(0))
    plain, _ = follow(skies.table(rows), [radar])
    odd = [
        dict(rows[3], sensor="7/7"),
        dict(rows[3], rng_slant_m=None),
        dict(rows[3], rng_slant_m=float("nan")),
        dict(rows[3], kind="acoustic"),
        dict(rows[3], flags=int(ReportFlag.TEST)),
    ]
    batch, _ = follow(skies.table(rows[:8] + odd + rows[8:]), [radar])
    assert batch.dropped == {
        "unknown sensor": 1, "no position": 2, "kind not tracked": 1, "test target": 1,
    }  # fmt: skip
    assert set(batch.dropped) <= set(DROP_REASONS)
    assert without_frame(batch.tracks).equals(without_frame(plain.tracks))


def test_no_reports_make_no_rows():
    batch, tracker = follow(empty(REPORT), [skies.radar()])
    assert batch.tracks.num_rows == 0
    assert batch.tracks.schema.equals(TRACK)
    assert tracker.live == 0


def test_wrong_set_ups_are_refused():
    with pytest.raises(UsageError, match="same SAC/SIC"):
        Tracker([skies.radar(1), skies.radar(1)], geoid_height_m=0.0)
    with pytest.raises(UsageError, match="geoid"):
        Tracker([], geoid_height_m=float("nan"))


# --- Determinism ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def busy():
    """All at once: late plots, silent and close targets, clutter, ADS-B, codes, second plots."""
    rng = np.random.default_rng(8)
    radars = [
        skies.radar(1),
        skies.radar(2, east_m=60e3, turn_s=5.0),
        skies.radar(3, north_m=-50e3, turn_s=6.0),
    ]
    targets = [
        *fleet(rng, 8),
        *fleet(rng, 5, mode_s=None, kind="psr", has_baro=False, highest_m=4000.0),
        *fleet(rng, 4, mode_s=None, kind="ssr", mode_3a=lambda rng: int(rng.integers(1, 4096))),
        # Abreast of each other; one stays behind a while.
        *(
            Target(
                5e3, 30e3 + 350.0 * k, 90.0, 120.0, kind="psr", has_baro=False, born_s=10.0 * k,
                dies_s=45.0,
            )
            for k in range(2)
        ),
        Target(
            -20e3, -30e3, 0.0, 150.0, hae_m=4000.0, mode_s=99, turn_degps=3.0, turn_at_s=15.0,
            turn_end_s=50.0,
        ),
    ]  # fmt: skip
    extra = [
        *skies.clutter(radars[0], 60.0, 90, rng),
        *skies.clutter(radars[1], 60.0, 6, rng, rng_m=(20e3, 22e3), azm_deg=(50.0, 53.0)),
        *(
            row
            for k in range(4)
            for row in skies.places_of(targets[k], k, 60.0, rng, has_speed=True)
        ),
        *skies.places_of(targets[9], 9, 60.0, rng, kind="mlat", sensor="9/2", every_s=4.0),
        *(
            dict(row, track_sensor=17)
            for row in skies.places_of(targets[14], 14, 60.0, rng, kind="track", every_s=4.0)
        ),
    ]
    reports, _ = skies.sky(targets, radars, 60.0, extra=extra)
    order = np.argsort(skies.seconds_of(reports) + rng.uniform(0.0, 2.0, reports.num_rows))
    twice = np.sort(np.concatenate([np.arange(reports.num_rows), np.arange(40, 400, 9)]))
    reports = reports.take(pa.array(order[twice]))
    batch, tracker = follow(reports, radars)
    assert reports.num_rows > 1500
    assert tracker.snapshot()["links"].shape[1] > 256  # the tables have grown
    return reports, radars, batch, tracker


@settings(deadline=None, max_examples=15)
@given(cuts=st.lists(st.integers(0, 5000), max_size=12))
def test_the_cut_into_batches_changes_nothing(busy, cuts):
    reports, radars, whole, _ = busy
    tracker = Tracker(radars, geoid_height_m=GEOID_M)
    edges = [0, *sorted(c % reports.num_rows for c in cuts), reports.num_rows]
    parts = [tracker.feed(reports.slice(a, b - a)) for a, b in pairwise(edges)]
    tracks = pa.concat_tables([p.tracks for p in parts]).unify_dictionaries().combine_chunks()
    assert tracks.equals(whole.tracks)
    assert (np.concatenate([p.track_of_report for p in parts]) == whole.track_of_report).all()


def test_one_row_at_a_time_changes_nothing(busy):
    reports, radars, whole, _ = busy
    tracker = Tracker(radars, geoid_height_m=GEOID_M)
    parts = [tracker.feed(reports.slice(i, 1)).tracks for i in range(300)]
    tracks = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
    assert tracks.equals(whole.tracks.slice(0, tracks.num_rows))
    assert tracks.num_rows >= 250


@pytest.mark.parametrize("words_", [["9/9", "9/1"], ["9/1", "9/9"]])
def test_other_sources_are_numbered_as_they_first_report_however_the_rows_are_cut(words_):
    """The words of a table's dictionary may stand in any order: a reader's or a writer's affair."""
    rng = np.random.default_rng(0)
    rows = skies.places_of(Target(0.0, 30e3, 0.0, 100.0, mode_s=1), 0, 10.0, rng, sensor="9/9")
    later = skies.places_of(Target(5e4, 30e3, 0.0, 100.0, mode_s=2), 1, 10.0, rng, sensor="9/1")
    reports = skies.table(rows + [dict(row, t=row["t"] + 20 * 10**9) for row in later])
    at = REPORT.get_field_index("sensor")
    codes = pa.array([words_.index(word) for word in reports["sensor"].to_pylist()], pa.int32())
    reports = reports.set_column(
        at, REPORT.field("sensor"), pa.DictionaryArray.from_arrays(codes, words_)
    )
    whole = Tracker([], geoid_height_m=0.0).feed(reports).tracks["sensors"].to_pylist()
    tracker = Tracker([], geoid_height_m=0.0)
    parts = [tracker.feed(reports.slice(i, 1)).tracks for i in range(reports.num_rows)]
    assert [bits for part in parts for bits in part["sensors"].to_pylist()] == whole
    assert (whole[0], whole[-1]) == (0b01, 0b10)


@settings(deadline=None, max_examples=10)
@given(cut=st.integers(0, 5000))
def test_a_restored_tracker_goes_on_bit_by_bit(busy, cut):
    reports, radars, whole, undisturbed = busy
    cut %= reports.num_rows
    first = Tracker(radars, geoid_height_m=GEOID_M)
    head = first.feed(reports.slice(0, cut)).tracks
    state = first.snapshot()
    first.feed(reports.slice(cut))  # must not reach into the snapshot
    assert all(a.dtype.kind in "biuf" for a in state.values())
    second = Tracker(radars, geoid_height_m=GEOID_M)
    second.restore(state)
    tail = second.feed(reports.slice(cut)).tracks
    tracks = pa.concat_tables([head, tail]).unify_dictionaries().combine_chunks()
    assert tracks.equals(whole.tracks)
    # What it remembers is the same too: evidence that has not yet moved a row.
    again, wanted = remembered(second), remembered(undisturbed)
    assert again.keys() == wanted.keys()
    for name, array in wanted.items():
        assert again[name].tobytes() == array.tobytes(), name


def remembered(tracker):
    """The memory that no row shows, or none has shown yet.

    The tracks' own records are left out: a slot that is used again keeps what its unused places
    held before, and so does the stack of free slots above its top.
    """
    memory = tracker._memory
    names = (
        "heads", "links", "radars", "aliases", "cover", "biases", "pair_info", "pair_sum", "cells",
        "rings",
    )  # fmt: skip
    tables = {name: np.asarray(getattr(memory, name)) for name in names}
    return tables | {"free": memory.free[: tracker._clock.free_n[0]]}


def test_a_snapshot_of_other_radars_is_refused():
    state = Tracker([skies.radar(1)], geoid_height_m=0.0).snapshot()
    with pytest.raises(UsageError, match="other radars"):
        Tracker([], geoid_height_m=0.0).restore(state)
