"""The numbers behind the pictures of docs/tracking.md, on a small sky that the oracle follows."""

import json
import math

import numpy as np
import oracle
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import score
import series
import sky

MINUTES = 4


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    profile = sky.Profile(targets=24, radars=3, minutes=MINUTES, side_km=150, false_share=0.3)
    sky.write_scene(sky.Scene(profile, seed=5, biased=True), folder)
    oracle.run(folder, folder / "oracle-tracks.parquet", 10.0)
    oracle.run(folder, folder / "ours.parquet", 0.1)
    return folder


@pytest.fixture(scope="module")
def best(scene):
    return series.follow(scene, scene / "oracle-tracks.parquet")


@pytest.fixture(scope="module")
def stiff(scene):
    return series.follow(scene, scene / "ours.parquet")


def test_the_parts_by_kind_add_up_to_the_scorers_gospa(scene, best):
    parts = series.by_kind(best)
    told = score.score(scene, scene / "oracle-tracks.parquet")
    places, misses, false = (
        sum(getattr(part, name) for part in parts)
        for name in ("places_m2", "misses_m2", "false_m2")
    )
    assert math.sqrt(places) == pytest.approx(told["gospa_localisation_m"])
    assert math.sqrt(misses) == pytest.approx(told["gospa_missed_m"])
    assert math.sqrt(false) == pytest.approx(told["gospa_false_m"])
    assert math.sqrt(places + misses + false) == pytest.approx(told["gospa_per_target_m"])


def test_every_target_that_counts_costs_its_error_or_a_miss(best):
    cost_m2 = best.cost_m2()
    assert np.array_equal(~np.isnan(cost_m2), best.counts)
    assert np.nanmax(cost_m2) < score.CUTOFF_M**2
    missed = best.counts & np.isnan(best.apart_m)
    assert missed.any()
    assert np.all(cost_m2[missed] == 0.5 * score.CUTOFF_M**2)


def test_kinds_of_which_some_bear_no_address_are_told_apart(best):
    names = series.group_names(best.truth)
    silent = best.truth.mode_s < 0
    for name in set(names):
        mine = names == name
        kinds = {best.truth.kind[i] for i in np.flatnonzero(mine)}
        assert len(kinds) == 1
        assert silent[mine].all() or not silent[mine].any()


def test_the_mean_nees_over_time_is_the_scorers_and_the_band_narrows_with_the_targets(best):
    everyone = np.full(len(best.truth.names), "everyone")
    (one,) = series.honesty(best, everyone, bin_s=MINUTES * 60 + 1)
    known = best.errors.nees_place[np.isfinite(best.errors.nees_place)]
    assert one.mean[0] == pytest.approx(known.mean() / 2.0)
    assert one.low[0] < 1.0 < one.high[0]
    halves = np.where(np.arange(len(everyone)) < 4, "few", "many")
    few, many = series.honesty(best, halves, bin_s=MINUTES * 60 + 1)
    assert few.high[0] - few.low[0] > many.high[0] - many.low[0]


def test_95_percent_of_honest_means_lie_within_the_band(best):
    """Targets with errors drawn from their own covariance, each instant for itself."""
    rng = np.random.default_rng(3)
    honest = rng.chisquare(2, best.errors.nees_place.size)
    errors = score.Errors(
        **{
            name: getattr(best.errors, name)
            for name in ("target", "horizontal_m", "velocity_mps", "altitude_m", "nees_height")
        },
        nees_place=honest,
    )
    drawn = series.Followed(
        **{
            name: getattr(best, name)
            for name in ("truth", "rows", "second", "counts", "apart_m", "false", "pair_instant")
        },
        errors=errors,
    )
    told = series.honesty(drawn, series.group_names(best.truth), bin_s=score.STEP_S)
    inside = np.concatenate([(one.mean > one.low) & (one.mean < one.high) for one in told])
    known = np.concatenate([np.isfinite(one.mean) for one in told])
    assert inside[known].mean() == pytest.approx(0.95, abs=0.04)


def test_a_window_is_the_one_with_the_greatest_sum_and_without_a_hole():
    value = np.zeros((3, 10))
    value[1, 4:6] = 1.0
    value[2, 2] = 5.0
    value[2, [1, 3]] = np.nan
    assert series._best_window(value, 3) == (1, 3)
    assert series._best_window(value, 11) is None
    assert series._best_window(np.full((2, 10), np.nan), 3) is None


def test_the_insets_hold_what_they_are_named_for(scene, best, stiff):
    insets = {one.title.split(":")[0]: one for one in series.choose_insets(scene, stiff, best)}
    truth = best.truth
    jet = insets["The jet that manoeuvres hardest"]
    assert truth.kind[jet.target] == "jet"
    crowded = insets["Most clutter in a minute"]
    t_ns, owner, lat, lon = series.plot_places(scene)
    t_s = (t_ns - truth.begin_ns) / 1e9
    off = score.offset_m(
        lat, lon, *(np.full(lat.size, x) for x in place(crowded)), np.zeros(lat.size)
    )
    inside = (np.abs(off) < 0.6 * crowded.side_m).all(axis=1)
    inside &= (t_s >= crowded.from_s) & (t_s < crowded.to_s)
    # Were it even within the 400 km of the largest radar, a square would have a third of a plot.
    even = np.sum(owner == series.CLUTTER) / (MINUTES * math.pi * (400.0 / 30.0) ** 2)
    assert np.sum(inside & (owner == series.CLUTTER)) > 20.0 * even
    worst = insets["Ours loses most"]
    window = (best.second >= worst.from_s) & (best.second < worst.to_s)
    loss = (stiff.cost_m2() - best.cost_m2())[worst.target, window]
    assert loss.sum() > 0.0


def place(inset):
    return inset.lat_deg, inset.lon_deg


def test_plots_of_targets_lie_near_them(scene, best):
    """Biased radars, a slant range laid on the ground: within 3 km, and half within 500 m."""
    t_ns, owner, lat, lon = series.plot_places(scene)
    mine = np.flatnonzero(owner >= 0)
    lat0, lon0, hae0 = score.between(
        best.truth, owner[mine], (t_ns[mine] - best.truth.begin_ns) / 1e9
    )
    off = np.linalg.norm(score.offset_m(lat[mine], lon[mine], lat0, lon0, hae0), axis=1)
    assert np.nanmedian(off) < 500.0


@pytest.fixture(scope="module")
def registration(scene):
    """Estimates that are 3 m too long and known to 2 m, each minute."""
    about = json.loads((scene / "about.json").read_text())
    rows = [
        (about["t_start_ns"] + 60 * 10**9 * minute, radar["sensor"], radar["bias"])
        for minute in range(3)
        for radar in about["radars"]
    ]
    table = pa.table(
        {
            "t": pa.array([row[0] for row in rows], pa.timestamp("ns", tz="UTC")),
            "sensor": [row[1] for row in rows],
            "rng_bias_m": [row[2]["rng_m"] + 3.0 for row in rows],
            "sigma_rng_bias_m": [2.0] * len(rows),
            "azm_bias_deg": pa.array([None, *[row[2]["azm_deg"] for row in rows[1:]]]),
            "sigma_azm_bias_deg": [0.01] * len(rows),
        }
    )
    path = scene / "registration.parquet"
    pq.write_table(table, path)
    return path


def test_the_error_of_a_bias_is_estimate_minus_truth_and_null_stays_unknown(scene, registration):
    found = series.bias_errors(registration, scene, "rng_bias_m")
    assert len(found) == 3
    for one in found:
        assert one.t_s.tolist() == [0.0, 60.0, 120.0]
        assert one.error == pytest.approx(3.0)
        assert one.true != 0.0
    azimuth = series.bias_errors(registration, scene, "azm_bias_deg")
    assert np.isnan(azimuth[0].error[0])
    assert azimuth[1].error == pytest.approx(0.0, abs=1e-12)


def test_a_registration_without_a_column_or_of_strangers_is_refused(scene, registration, tmp_path):
    table = pq.read_table(registration)
    pq.write_table(table.drop_columns(["sigma_rng_bias_m"]), tmp_path / "a.parquet")
    with pytest.raises(score.SceneError, match="sigma_rng_bias_m"):
        series.bias_errors(tmp_path / "a.parquet", scene, "rng_bias_m")
    at = table.schema.get_field_index("sensor")
    other = table.set_column(at, "sensor", pa.array(["9/9"] * table.num_rows))
    pq.write_table(other, tmp_path / "b.parquet")
    with pytest.raises(score.SceneError, match="9/9"):
        series.bias_errors(tmp_path / "b.parquet", scene, "rng_bias_m")


def test_one_command_draws_every_picture_and_none_is_large(
    scene, registration, tmp_path, monkeypatch, capsys
):
    pytest.importorskip("matplotlib", reason="make setup brings it")
    import pictures

    (scene / "stone-soup.parquet").write_bytes((scene / "oracle-tracks.parquet").read_bytes())
    words = ["pictures.py", scene, "--registration", registration, "--out", tmp_path]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    pictures.main()
    drawn = sorted(tmp_path.glob("*.png"))
    assert [path.stem for path in drawn] == [
        "tracking-bias", "tracking-gospa", "tracking-nees", "tracking-scene"
    ]  # fmt: skip
    assert all(5_000 < path.stat().st_size < 200 * 1024 for path in drawn)
    assert "drawn without" not in capsys.readouterr().err
