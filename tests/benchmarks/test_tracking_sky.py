"""Scenes of the tracking benchmark against closed forms of what they should be."""

import dataclasses
import json
import math

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import sky
import traffic

from airshield.config import load_shield
from airshield.geo import Origin, enu_axes, enu_from_ecef, ground_distance_m, polar_from_enu
from airshield.tables import REPORT, TRUTH

FT = 0.3048


def make(**sizes):
    biased, ghosts = sizes.pop("biased", False), sizes.pop("ghosts", 0)
    profile = dataclasses.replace(sky.PROFILES["standard"], **sizes)
    return sky.Scene(profile, seed=5, ghosts=ghosts, biased=biased)


@pytest.fixture(scope="module")
def scene():
    return make(targets=100, radars=4, minutes=10, side_km=300)


@pytest.fixture(scope="module")
def made(scene):
    return np.concatenate(list(scene.reports()))


@pytest.fixture(scope="module")
def grid(scene):
    """Every target at every second: rows, times and states."""
    seconds = np.arange(scene.duration_s)
    rows = np.tile(np.arange(scene.traffic.targets), seconds.size)
    t_s = np.repeat(seconds, scene.traffic.targets).astype(float)
    return rows, t_s, scene.traffic.at(rows, t_s)


def polar(scene, number, rows, t_s):
    """True polar coordinates of targets at a radar, and their state."""
    radar = scene.sites[number].radar
    origin = Origin(lat_deg=radar.lat_deg, lon_deg=radar.lon_deg, hae_m=radar.antenna_hae_m)
    state = scene.traffic.at(rows, t_s)
    return (*polar_from_enu(enu_from_ecef(state.ecef_m, origin)), state)


def plots_of(made, number):
    plots = made[(made["sensor"] == number) & (made["target"] >= 0)]
    return plots, plots["t_ns"] / 1e9


def turned(deg):
    return (deg + 180.0) % 360.0 - 180.0


# ------------------------------------------------------------------------------------ truth


def test_velocity_is_the_derivative_of_the_place(scene):
    stream = np.random.default_rng(1)
    rows = stream.integers(scene.traffic.targets, size=4000)
    t_s = scene.traffic.t_start_s[rows] + 1.0 + 100.0 * stream.random(rows.size)
    before, now, after = (scene.traffic.at(rows, t_s + dt) for dt in (-0.005, 0.0, 0.005))
    axes = np.array([enu_axes(*place) for place in zip(now.lat_deg, now.lon_deg, strict=True)])
    moved = np.einsum("nij,nj->ni", axes, after.ecef_m - before.ecef_m) / 0.01
    told = np.column_stack([now.vel_east_mps, now.vel_north_mps, now.vel_up_mps])
    wrong = np.linalg.norm(moved - told, axis=1)
    # Where one stretch ends and the next begins, climb rates jump.
    assert np.quantile(wrong, 0.99) < 1e-3
    assert wrong.max() < 80.0
    np.testing.assert_allclose(now.alt_hae_m - now.alt_msl_m, scene.field.geoid_height_m)


def test_everyone_keeps_to_the_limits_of_its_kind(scene, grid):
    rows, _, state = grid
    later = scene.traffic.at(rows, grid[1] + 0.5)
    spd = np.hypot(state.vel_east_mps, state.vel_north_mps)
    pull = np.hypot(
        later.vel_east_mps - state.vel_east_mps, later.vel_north_mps - state.vel_north_mps
    )
    for i, behaviour in enumerate(traffic.BEHAVIOURS):
        kind = behaviour.kind
        mine = (scene.traffic.behaviour[rows] == i) & state.present
        # The plane stretches speeds by up to one part in a thousand.
        assert spd[mine].max() < behaviour.spd_mps[1] * 1.002
        assert kind.name == "helicopter" or spd[mine].min() > behaviour.spd_mps[0] * 0.998
        assert np.abs(state.vel_up_mps[mine]).max() <= kind.climb_max_mps
        assert state.alt_msl_m[mine].min() > behaviour.alt_msl_m[0] - 1e-6
        assert state.alt_msl_m[mine].max() < min(behaviour.alt_msl_m[1], kind.alt_max_msl_m) + 1e-6
        # g tan(bank) sideways and the acceleration along, half a second of it.
        hardest = 9.80665 * math.tan(math.radians(kind.bank_deg))
        assert pull[mine].max() < 0.51 * (hardest + max(behaviour.accel_mps2, 1.5))


def test_some_helicopter_stands_in_the_air_and_some_jet_accelerates(scene, grid):
    rows, _, state = grid
    spd = np.hypot(state.vel_east_mps, state.vel_north_mps)
    names = np.array([b.kind.name for b in traffic.BEHAVIOURS])[scene.traffic.behaviour[rows]]
    assert np.count_nonzero((names == "helicopter") & state.present & (spd < 1e-6)) > 60
    later = scene.traffic.at(rows, grid[1] + 1.0)
    gain = np.abs(np.hypot(later.vel_east_mps, later.vel_north_mps) - spd)
    assert np.count_nonzero((names == "jet") & (gain > 3.0)) > 30


def test_kinds_come_in_their_shares_and_some_appear_and_leave(scene):
    shares = np.array([b.share for b in traffic.BEHAVIOURS])
    counts = np.bincount(scene.traffic.behaviour, minlength=shares.size)
    np.testing.assert_allclose(counts, shares * scene.traffic.targets, atol=1.0)
    assert 5 < np.count_nonzero(scene.traffic.t_start_s > 0.0) < 40
    assert 5 < np.count_nonzero(scene.traffic.t_end_s < scene.duration_s) < 40


# ------------------------------------------------------------------------------------ radars


def test_noise_has_the_sigma_that_the_shield_tells_and_no_mean(scene, made):
    for number, site in enumerate(scene.sites):
        plots, t_s = plots_of(made, number)
        rng_m, azm_deg, elv_deg, _ = polar(scene, number, plots["target"], t_s)
        wrong = [
            (plots["rng_m"] - rng_m) / site.radar.sigma_rng_m,
            turned(plots["azm_deg"] - azm_deg) / site.radar.sigma_azm_deg,
        ]
        told = ~np.isnan(plots["elv_deg"])
        assert told.any() == (site.cls.name == "long_3d")
        if told.any():
            wrong.append((plots["elv_deg"] - elv_deg)[told] / site.cls.sigma_elv_deg)
        for values in wrong:
            bound = 4.0 / math.sqrt(values.size)
            assert abs(values.mean()) < bound
            # Rounding times to 1/128 s and azimuths to 0.0055 deg adds a little.
            assert -bound < values.std() - 1.0 < bound + 0.01


def test_the_beam_points_at_the_target_at_the_time_of_its_plot(scene, made):
    for number, site in enumerate(scene.sites):
        plots, t_s = plots_of(made, number)
        _, azm_deg, *_ = polar(scene, number, plots["target"], t_s)
        turn_s = site.radar.turn_s
        north_s = np.random.default_rng([scene.seed, 1, number]).random() * turn_s
        beam_deg = (t_s - north_s) / turn_s * 360.0
        # Times are told in 1/128 s: half of it.
        assert np.abs(turned(beam_deg - azm_deg)).max() < 360.0 / turn_s / 250.0


def test_plots_are_as_many_as_the_probabilities_say(scene, made, grid):
    rows, t_s, state = grid
    tr = scene.traffic
    for number, site in enumerate(scene.sites):
        radar = site.radar
        rng_m, _, elv_deg, _ = polar(scene, number, rows, t_s)
        away_m = ground_distance_m(radar.lat_deg, radar.lon_deg, state.lat_deg, state.lon_deg)
        # The textbook horizon: 4.12 km times the roots of the heights.
        reach_m = 4.1219e3 * (np.sqrt(state.alt_msl_m) + math.sqrt(site.ground_msl_m + 20.0))
        seen = state.present & (away_m <= reach_m) & (elv_deg <= 45.0)
        seen &= (rng_m >= 500.0) & (rng_m <= radar.rng_max_m)
        snr = (math.log(1e-6) / math.log(0.8) - 1.0) * 10.0 ** ((tr.rcs_dbsm[rows] - 3.0) / 10.0)
        primary = radar.pd * 1e-6 ** (1.0 / (1.0 + snr * (radar.rng_max_m / rng_m) ** 4))
        secondary = np.where(tr.mode_3a[rows] >= 0, radar.pd, 0.0)
        chances = {
            "any": 1.0 - (1.0 - primary) * (1.0 - secondary),
            "psr": primary * (1.0 - secondary),
        }
        plots, _ = plots_of(made, number)
        counts = {
            "any": plots.size,
            "psr": np.count_nonzero(plots["kind"] == sky.KIND["psr"]),
        }
        for name, chance in chances.items():
            expected = np.sum(chance[seen]) / radar.turn_s
            assert abs(counts[name] - expected) < 4.0 * math.sqrt(expected) + 0.01 * expected


def test_nobody_in_cover_is_left_out_beforehand(scene):
    everyone = np.arange(scene.traffic.count)
    now = scene.traffic.at(everyone, np.full(everyone.size, 60.0))
    for station in scene.stations:
        near = scene._near(station, now, 60.0)
        assert near.size < everyone.size
        for dt_s in (0.0, 15.0, sky.SLICE_S + station.site.radar.turn_s):
            then = scene.traffic.at(everyone, np.full(everyone.size, 60.0 + dt_s))
            primary, secondary, *_ = station.chances(everyone, then)
            assert set(np.flatnonzero(primary + secondary > 0.0)) <= set(near)


def test_clutter_has_its_share_and_is_uneven(scene, made):
    radar = made[made["sensor"] < len(scene.sites)]
    false = radar["target"] == sky.CLUTTER
    expected = scene.profile.false_share
    assert abs(np.count_nonzero(false) / radar.size - expected) < 0.1 * expected
    assert set(radar["kind"][false]) == {sky.KIND["psr"]}
    for number, station in enumerate(scene.stations):
        mine = radar[false & (radar["sensor"] == number)]
        turns = scene.duration_s / station.site.radar.turn_s
        wanted = station.clutter_per_turn * turns
        assert abs(mine.size - wanted) < 4.0 * math.sqrt(wanted)
        # By sectors of 6 degrees: even clutter would have the variance of its mean.
        counts = np.bincount((mine["azm_deg"] / 6.0).astype(int), minlength=60)
        assert counts.var() > 2.0 * counts.mean()


def test_messages_carry_a_sector_and_come_late(scene, made):
    assert np.all(np.diff(made["t_heard_ns"]) >= 0)
    assert np.count_nonzero(np.diff(made["t_ns"]) < 0) > 0.1 * made.size
    for number, site in enumerate(scene.sites):
        plots = made[made["sensor"] == number]
        late_s = (plots["t_heard_ns"] - plots["t_ns"]) / 1e9
        sector_s = site.radar.turn_s / 32.0
        assert late_s.min() > site.latency_s - 0.01
        assert late_s.max() < site.latency_s + 0.5 + sector_s + 0.01
        assert 0.1 <= site.latency_s <= 1.0
        turn_s = site.radar.turn_s
        north_s = np.random.default_rng([scene.seed, 1, number]).random() * turn_s
        sector = np.floor((plots["t_ns"] / 1e9 - north_s) / sector_s).astype(np.int64)
        # A plot whose time was rounded over the sector's edge may look like the next one's.
        pairs = np.unique(np.stack([plots["t_heard_ns"], sector]), axis=1)
        messages = np.unique(plots["t_heard_ns"])
        assert pairs.shape[1] < 1.1 * messages.size


def test_heights_and_codes_are_told_as_transponders_do(scene, made):
    plots = made[(made["sensor"] < len(scene.sites)) & (made["target"] >= 0)]
    state = scene.traffic.at(plots["target"], plots["t_ns"] / 1e9)
    addressed = plots["kind"] == sky.KIND["mode_s"]
    other = (plots["kind"] == sky.KIND["ssr"]) | (plots["kind"] == sky.KIND["psr_ssr"])
    assert addressed.any()
    assert other.any()
    for rows, step_ft in ((addressed, 25.0), (other, 100.0)):
        told_m = plots["baro_m"][rows]
        assert abs(np.isnan(told_m).mean() - sky.NO_HEIGHT_SHARE) < 0.01
        assert abs(np.mean(plots["mode_3a"][rows] < 0) - sky.NO_CODE_SHARE) < 0.01
        wrong = np.abs(told_m - state.alt_msl_m[rows])[~np.isnan(told_m)]
        # Half a step and what a jet climbs in 1/256 s.
        assert np.mean(wrong > 0.5 * step_ft * FT + 0.4) < 0.003
        steps = told_m[~np.isnan(told_m)] / (step_ft * FT)
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    assert np.array_equal(
        plots["mode_s"][addressed], scene.traffic.mode_s[plots["target"][addressed]]
    )
    psr = plots["kind"] == sky.KIND["psr"]
    assert (plots["mode_3a"][psr] == -1).all()
    assert np.isnan(plots["baro_m"][psr]).all()


def test_a_radar_without_mode_s_tells_no_address(made, scene):
    kinds = [site.is_mode_s for site in scene.sites]
    assert set(kinds) == {True, False}
    for number, is_mode_s in enumerate(kinds):
        assert (made["mode_s"][made["sensor"] == number] >= 0).any() == is_mode_s


# ------------------------------------------------------------------------------------ ADS-B


def test_adsb_comes_once_a_second_above_its_floor_only(scene, made, grid):
    rows, _, state = grid
    heard = made[made["kind"] == sky.KIND["adsb"]]
    could = state.present & scene.traffic.has_adsb[rows]
    could &= state.alt_msl_m >= sky.ADSB_FLOOR_MSL_M
    expected = 0.95 * np.count_nonzero(could)
    assert abs(heard.size - expected) < 4.0 * math.sqrt(0.05 * expected) + 0.003 * expected
    target, second = heard["target"], heard["t_ns"] // 10**9
    assert np.unique(np.stack([target, second]), axis=1).shape[1] == heard.size
    late_s = (heard["t_heard_ns"] - heard["t_ns"]) / 1e9
    assert late_s.min() >= 0.1
    assert late_s.max() <= 0.6
    truth = scene.traffic.at(heard["target"], heard["t_ns"] / 1e9)
    assert truth.alt_msl_m.min() >= sky.ADSB_FLOOR_MSL_M - 1e-3
    for told, of in (("ve", truth.vel_east_mps), ("vn", truth.vel_north_mps)):
        # Half a knot of rounding beside the noise.
        wrong = heard[told] - of
        assert abs(wrong.std() - math.hypot(0.5, 1852.0 / 3600.0 / math.sqrt(12.0))) < 0.02


def test_adsb_places_are_as_wrong_as_their_nacp_says():
    many = make(targets=600, radars=1, minutes=0.2)
    heard = np.concatenate(list(many.reports()))
    heard = heard[heard["kind"] == sky.KIND["adsb"]]
    truth = many.traffic.at(heard["target"], heard["t_ns"] / 1e9)
    for nacp, radius_m in ((8, 92.6), (9, 30.0), (10, 10.0), (11, 3.0)):
        mine = heard["nacp"] == nacp
        away_m = ground_distance_m(
            truth.lat_deg[mine], truth.lon_deg[mine], heard["lat_deg"][mine], heard["lon_deg"][mine]
        )
        # 95 % of the places are within the radius; each aircraft keeps most of its error.
        aircraft = np.unique(heard["target"][mine]).size
        assert abs(np.mean(away_m < radius_m) - 0.95) < 4.0 * math.sqrt(0.05 * 0.95 / aircraft)
        assert np.allclose(heard["sigma_pos_m"][mine], radius_m / 2.4477)


# ------------------------------------------------------------------------------------ options


def test_biases_are_what_about_tells_and_the_shield_does_not():
    wrong = make(targets=400, radars=3, minutes=2, side_km=150, biased=True)
    made = np.concatenate(list(wrong.reports()))
    for number, site in enumerate(wrong.sites):
        bias = site.bias
        assert all(bias.values())
        plots, told_s = plots_of(made, number)
        rng_m, azm_deg, elv_deg, _ = polar(wrong, number, plots["target"], told_s - bias["t_s"])
        per_root = 4.0 / math.sqrt(plots.size)
        gain = (1.0 + bias["rng_gain"]) * rng_m + bias["rng_m"]
        assert abs(np.mean(plots["rng_m"] - gain)) < site.radar.sigma_rng_m * per_root
        turn = turned(plots["azm_deg"] - azm_deg - bias["azm_deg"])
        assert abs(turn.mean()) < site.radar.sigma_azm_deg * per_root
        turn_s = site.radar.turn_s
        north_s = np.random.default_rng([wrong.seed, 1, number]).random() * turn_s
        beam_deg = (told_s - bias["t_s"] - north_s) / turn_s * 360.0
        assert np.abs(turned(beam_deg - azm_deg)).max() < 360.0 / turn_s / 250.0
        lift = plots["elv_deg"] - elv_deg - bias["elv_deg"]
        lift = lift[~np.isnan(lift)]
        assert lift.size == 0 or abs(lift.mean()) < 0.3 * 4.0 / math.sqrt(lift.size)
    assert "bias" not in wrong.shield_toml()


def test_ghosts_are_heard_and_nowhere():
    haunted = make(targets=20, radars=2, minutes=2, side_km=150, ghosts=5)
    made = np.concatenate(list(haunted.reports()))
    ghosts = made[made["target"] == sky.GHOST]
    assert set(ghosts["kind"]) == {sky.KIND["adsb"]}
    assert set(ghosts["mode_s"].tolist()) <= set(haunted.about()["ghosts"]["mode_s"])
    assert ghosts.size > 50
    assert made["target"].max() < 20
    told = haunted.truth(0, 121)["mode_s"].to_pylist()
    assert not set(told) & set(haunted.about()["ghosts"]["mode_s"])


# ------------------------------------------------------------------------------------ files


def test_the_same_seed_gives_the_same_octets_and_another_does_not(tmp_path):
    profile = dataclasses.replace(sky.PROFILES["small"], minutes=50.0 / 60.0)
    for name, seed in (("one", 1), ("two", 1), ("other", 2)):
        sky.write_scene(sky.Scene(profile, seed=seed), tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == [
        *("about.json", "oracle.parquet", "reports.parquet", "shield.toml"),
        *("sites.geojson", "truth.parquet", "zones.geojson"),
    ]
    for name in names:
        one, two, other = ((tmp_path / of / name).read_bytes() for of in ("one", "two", "other"))
        assert one == two
        assert (one != other) == (not name.endswith(".geojson"))


def test_a_scene_is_read_as_the_house_reads(tmp_path):
    small = make(targets=20, radars=3, minutes=1.2, side_km=200)
    about = sky.write_scene(small, tmp_path)
    assert json.loads((tmp_path / "about.json").read_text()) == about
    reports = pq.read_table(tmp_path / "reports.parquet")
    assert reports.schema.equals(REPORT)
    assert reports["frame"].to_pylist() == list(range(about["reports"]))
    oracle = pq.read_table(tmp_path / "oracle.parquet")
    assert oracle["frame"].equals(reports["frame"])
    assert pc.max(oracle["target"]).as_py() < 20
    truth = pq.read_table(tmp_path / "truth.parquet")
    assert truth.schema.equals(TRUTH)
    assert truth.num_rows == about["truth_rows"]
    seconds = (truth["t"].cast("int64").to_numpy() - about["t_start_ns"]) / 1e9
    names = np.array(truth["target"].to_pylist())
    stays = about["targets"]
    for name, from_s, to_s in zip(
        stays["target"], stays["t_start_s"], stays["t_end_s"], strict=True
    ):
        mine = seconds[names == name]
        inside = np.arange(math.ceil(from_s), math.ceil(to_s))
        # Whoever stays to the end is told at the last second too.
        assert set(inside) <= set(mine) <= set(inside) | {72.0}
    shield = load_shield(tmp_path)
    assert list(shield.radars) == [
        dataclasses.replace(site.radar, antenna_hae_m=pytest.approx(site.radar.antenna_hae_m))
        for site in small.sites
    ]
    sensors = set(reports["sensor"].cast("string").to_pylist())
    assert sensors <= {radar.sensor for radar in shield.radars} | {sky.ADSB_SENSOR}
