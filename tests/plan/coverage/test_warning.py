"""Minutes of warning: closed forms, a slow twin, and laws."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from pyproj import Geod

from airshield.errors import UsageError
from airshield.plan.coverage.detection import (
    TARGETS,
    RadarFigures,
    first_blind_mps,
    pd_at,
    range_by_power_m,
)
from airshield.plan.coverage.warning import (
    Inbound,
    Lookout,
    WarnedSite,
    WarningRule,
    plan_warning,
    site_table,
)
from airshield.plan.coverage.warning.walk import NODE_M, PHASES, _nodes
from airshield.sensors.horizon import EARTH_RADIO_M, horizon_ground_m
from reference import warning as slow

# Certain to see whatever is in range: what is left is geometry.
SURE = RadarFigures(
    name="sure",
    antenna_msl_m=20.0,
    turn_s=10.0,
    rng_ref_m=3e6,
    rcs_ref_m2=1.0,
    pd_ref=0.9,
    rng_min_m=0.0,
    rng_max_m=100e3,
)
SITE = WarnedSite(name="town", lat_deg=50.0, lon_deg=30.0, required_s=300.0)
HIGH = Inbound(target=TARGETS["airliner"], spd_mps=200.0, hgt_m=5000.0, above_ground=False)
RULE = WarningRule(hits=2, looks=3, window_s=10.0, confidence=0.9, delay_s=60.0)


def flat(figures=SURE, lat_deg=50.0, lon_deg=30.0, half=130, step_m=1000.0, **change):
    cells = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    what = {"lowest_msl_m": cells, "ground_msl_m": cells, "step_m": step_m, "surface_msl_m": 0.0}
    return Lookout(figures=figures, lat_deg=lat_deg, lon_deg=lon_deg, **{**what, **change})


def minutes(sites, lookouts, inbounds, **options):
    table = plan_warning(sites, lookouts, inbounds, **{"rule": RULE, **options})
    return np.array(
        [math.nan if m is None else m for m in table["warning_min"].to_pylist()], np.float64
    )


@pytest.mark.parametrize("spd_mps", [50.0, 200.0, 700.0])
@pytest.mark.parametrize(("hits", "looks"), [(1, 1), (2, 3), (3, 3)])
def test_one_radar_at_the_site_warns_for_range_over_speed(spd_mps, hits, looks):
    """Less m windows, and between a quarter and a half of one more for the latest phase of four."""
    inbound = replace(HIGH, spd_mps=spd_mps)
    rule = replace(RULE, hits=hits, looks=looks, delay_s=0.0)
    got = minutes([SITE], [flat()], [inbound], rule=rule, bearings_deg=7)
    rise = 5000.0 - 20.0
    in_range_s = math.sqrt(100e3**2 - rise**2) / spd_mps
    # A window counts if its middle is in range; all phases must have had m of them.
    window = RULE.window_s
    latest, earliest = (hits + 0.5) * window, (hits + 0.5 - 1.0 / PHASES) * window
    assert np.all(60.0 * got >= in_range_s - latest - 0.05)
    assert np.all(60.0 * got <= in_range_s - earliest + 0.05)


def test_a_low_target_is_seen_at_the_horizon():
    """Over the sea, with the lowest visible altitude of a smooth Earth."""
    step, half = 500.0, 150
    offset = step * (np.arange(2 * half + 1) - half)
    d = np.hypot(*np.meshgrid(offset, offset))
    beyond = np.maximum(d - float(horizon_ground_m(20.0)), 0.0) / EARTH_RADIO_M
    lowest = (EARTH_RADIO_M * (1.0 / np.cos(beyond) - 1.0)).astype(np.float32)
    lookout = flat(half=half, step_m=step, lowest_msl_m=lowest, ground_msl_m=0 * lowest)
    inbound = replace(HIGH, hgt_m=100.0, above_ground=True)
    rule = replace(RULE, hits=1, looks=1, window_s=1.0, delay_s=0.0)
    figures = replace(SURE, turn_s=1.0)
    got = minutes([SITE], [replace(lookout, figures=figures)], [inbound], rule=rule)
    # 4.12 (√20 + √100) km = 59.6 km
    assert_allclose(60.0 * got * 200.0, 59.6e3 - 1.5 * 200.0, atol=400.0)


def test_the_delay_of_the_word_comes_off():
    early = minutes([SITE], [flat()], [HIGH], rule=replace(RULE, delay_s=0.0))
    late = minutes([SITE], [flat()], [HIGH], rule=replace(RULE, delay_s=600.0))
    assert_allclose(early - late, 10.0)
    assert np.all(late < 0.0)  # it arrives before the word


def test_ground_that_nobody_knows_is_neither_sight_nor_cover():
    dark = np.full((261, 261), np.nan, np.float32)
    lookout = flat(lowest_msl_m=dark, ground_msl_m=dark)
    table = plan_warning([SITE], [lookout], [HIGH], rule=RULE, bearings_deg=4)
    known = plan_warning([SITE], [flat()], [HIGH], rule=RULE, bearings_deg=4)
    assert table["status"].to_pylist() == ["unknown"] * 4
    assert table["warning_min"].to_pylist() == [None] * 4
    assert table["best_min"].to_pylist() == known["warning_min"].to_pylist()
    assert table["verdict"].to_pylist() == ["unknown"] * 4
    # More than even the best could give, less the delay, fails whatever the ground is like.
    much = replace(SITE, required_s=60.0 * table["best_min"].to_pylist()[0] + 15.0)
    table = plan_warning([much], [lookout], [HIGH], rule=RULE, bearings_deg=4)
    assert table["verdict"].to_pylist() == ["fails"] * 4


def test_what_flies_level_climbs_over_a_mountain_that_is_higher():
    plateau = np.full((261, 261), 2000.0, np.float32)
    high_radar = replace(SURE, antenna_msl_m=2050.0)
    lookout = flat(high_radar, lowest_msl_m=plateau, ground_msl_m=plateau)
    low, over = replace(HIGH, hgt_m=500.0), replace(HIGH, hgt_m=2000.0)
    got = minutes([SITE], [lookout], [low, over], bearings_deg=1)
    assert got[0] == got[1] > 5.0


def test_over_unknown_ground_a_low_target_is_as_high_as_over_the_plain():
    """On a high plain a radar that looks down no farther than a degree."""
    plain = np.full((261, 261), 3000.0, np.float32)
    figures = replace(SURE, antenna_msl_m=3020.0, elv_min_deg=-1.0)
    low = replace(HIGH, hgt_m=100.0, above_ground=True)
    dark = {"ground_msl_m": plain * np.float32(np.nan), "lowest_msl_m": plain * np.float32(np.nan)}
    known = flat(figures, ground_msl_m=plain, lowest_msl_m=plain, surface_msl_m=3000.0)
    unknown = flat(figures, surface_msl_m=3000.0, **dark)
    want = plan_warning([SITE], [known], [low], rule=RULE, bearings_deg=1)["warning_min"]
    got = plan_warning([SITE], [unknown], [low], rule=RULE, bearings_deg=1)
    assert got["best_min"].to_pylist() == want.to_pylist() != [None]
    assert got["warning_min"].to_pylist() == [None]


def test_ground_unknown_on_one_side_leaves_the_other_side_known():
    lowest = np.zeros((261, 261), np.float32)
    lowest[:, 135:] = np.nan  # from 5 km east of the radar on
    table = plan_warning(
        [SITE], [flat(lowest_msl_m=lowest)], [HIGH], rule=RULE, bearings_deg=[90.0, 270.0]
    )
    east, west = table.to_pylist()
    assert east["warning_min"] is None
    assert (east["status"], west["status"]) == ("unknown", "confirmed")
    assert west["verdict"] == "holds"


def test_what_nobody_can_see_is_unseen_and_what_is_seen_too_late_is_unconfirmed():
    hidden = np.full((261, 261), 9000.0, np.float32)
    table = plan_warning([SITE], [flat(lowest_msl_m=hidden)], [HIGH], rule=RULE, bearings_deg=3)
    assert table["status"].to_pylist() == ["unseen"] * 3
    assert table["verdict"].to_pylist() == ["fails"] * 3
    # 20 km at 700 m/s are 28 s: not three windows of ten.
    near = flat(replace(SURE, rng_max_m=20e3))
    fast = replace(HIGH, spd_mps=700.0)
    rule = replace(RULE, hits=3, looks=3)
    table = plan_warning([SITE], [near], [fast], rule=rule, bearings_deg=3)
    assert table["status"].to_pylist() == ["unconfirmed"] * 3
    assert table["warning_min"].to_pylist() == [None] * 3


def test_without_any_radar_nobody_sees_anything():
    table = plan_warning([SITE], [], [HIGH], rule=RULE, bearings_deg=2)
    assert table["status"].to_pylist() == ["unseen"] * 2


def test_a_radar_that_looks_north_warns_of_what_comes_from_the_north():
    lookout = flat(replace(SURE, sectors_deg=((300.0, 60.0),)))
    table = plan_warning([SITE], [lookout], [HIGH], rule=RULE, bearings_deg=8)
    told = [m is not None for m in table["warning_min"].to_pylist()]
    assert told == [True, True, False, False, False, False, False, True]


def test_a_target_at_a_blind_speed_is_not_seen_until_it_is_overhead():
    blind = first_blind_mps(3e9, 4000.0)  # 199.9 m/s
    figures = replace(SURE, freq_hz=3e9, prfs_hz=(4000.0,), spd_radial_min_mps=5.0)
    table = plan_warning(
        [SITE],
        [flat(figures)],
        [replace(HIGH, spd_mps=s) for s in (blind, 1.4 * blind)],
        rule=RULE,
        bearings_deg=1,
    )
    lost, seen = table["rng_confirmed_m"].to_pylist()
    assert seen > 90e3
    # Slant speed falls by 5 m/s where the height takes a fifth of the way: 22 km out.
    assert lost < 5000.0 / math.tan(math.acos(1.0 - 5.5 / blind)) + 1e3


def test_what_passes_across_the_beam_is_lost_for_a_while():
    """A radar 30 km beside the track: blind within asin(vmin / v) of the tangential."""
    figures = replace(SURE, rng_max_m=60e3, spd_radial_min_mps=100.0)
    lon = 30.0 + 30e3 / (111.3e3 * math.cos(math.radians(50.0)))
    # The site is 60 km farther south; the radar abeam of a point 60 km north of it.
    site = replace(SITE, lat_deg=50.0 - 60e3 / 111.2e3)
    lookout = flat(figures, lon_deg=lon)
    rule = replace(RULE, hits=1, looks=1, window_s=1.0, confidence=0.05, delay_s=0.0)
    inbound = replace(HIGH, hgt_m=1000.0, spd_mps=101.0)
    table = plan_warning([site], [lookout], [inbound], rule=rule, bearings_deg=[0.0])
    # Radial speed is 101 cos θ: above 100 only within 8° of the radar's own direction, and the
    # target is never nearer to flying at it than 30°.
    assert table["status"].to_pylist() == ["unseen"]
    inbound = replace(inbound, spd_mps=150.0)
    table = plan_warning([site], [lookout], [inbound], rule=rule, bearings_deg=[0.0])
    assert table["status"].to_pylist() == ["confirmed"]


bearings = st.floats(0.0, 359.9)


@given(azm=bearings, seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=10)
def test_one_more_radar_never_shortens_the_warning(azm, seed):
    rng = np.random.default_rng(seed)
    lookouts = []
    for _ in range(3):
        figures = replace(SURE, rng_ref_m=90e3, turn_s=float(rng.choice([4.0, 6.0, 12.0])))
        lookouts.append(
            flat(
                figures,
                lat_deg=50.0 + rng.uniform(-1.0, 1.0),
                lon_deg=30.0 + rng.uniform(-1.0, 1.0),
                lowest_msl_m=rng.uniform(0.0, 8000.0, (261, 261)).astype(np.float32),
            )
        )
    before = -np.inf
    for n in (1, 2, 3):
        got = minutes([SITE], lookouts[:n], [HIGH], bearings_deg=[azm])[0]
        got = -np.inf if math.isnan(got) else got
        assert got >= before
        before = got


@given(azm=bearings, seed=st.integers(0, 2**32 - 1), above=st.booleans(), doppler=st.booleans())
@settings(deadline=None, max_examples=8)
def test_the_walk_is_the_slow_walk(azm, seed, above, doppler):
    rng = np.random.default_rng(seed)
    target = TARGETS["light_aircraft"]
    inbound = Inbound(
        target=target,
        spd_mps=float(rng.uniform(100.0, 300.0)),
        hgt_m=float(rng.uniform(100.0, 3000.0)),
        above_ground=above,
    )
    rule = WarningRule(hits=2, looks=4, window_s=8.0, confidence=0.8, delay_s=0.0)
    lookouts, pds = [], []
    for _ in range(2):
        figures = RadarFigures(
            name="twin",
            antenna_msl_m=400.0,
            turn_s=float(rng.choice([3.0, 8.0, 12.0])),
            rng_ref_m=40e3,
            rcs_ref_m2=2.0,
            pd_ref=0.6,
            rng_min_m=1e3,
            rng_max_m=60e3,
            elv_max_deg=35.0,
            spd_radial_min_mps=30.0 if doppler else 0.0,
        )
        coarse = rng.uniform(0.0, 900.0, (14, 14))
        ground = np.kron(coarse, np.ones((5, 5)))[:69, :69].astype(np.float32)
        lowest = ground + np.kron(rng.uniform(0.0, 2500.0, (14, 14)), np.ones((5, 5)))[:69, :69]
        lowest[:, :8] = np.nan
        lookouts.append(
            flat(
                figures,
                lat_deg=50.0 + rng.uniform(-0.3, 0.3),
                lon_deg=30.0 + rng.uniform(-0.4, 0.4),
                ground_msl_m=ground,
                lowest_msl_m=lowest.astype(np.float32),
                step_m=2000.0,
                surface_msl_m=200.0,
            )
        )
        pds.append(
            lambda r, h, figures=figures: float(
                pd_at(figures, target, rng_slant_m=r, alt_msl_m=0.0 if math.isnan(h) else h)
            )
        )
    table = plan_warning([SITE], lookouts, [inbound], rule=rule, bearings_deg=[azm])
    for column, hides in (("warning_min", True), ("best_min", False)):
        curve, borderline = slow.chances(
            SITE, lookouts, inbound, azm, pds, rule, PHASES, 130e3, EARTH_RADIO_M, hides
        )
        assume(not borderline)
        got = table[column].to_pylist()[0]
        left_s = -1.0 if got is None else 60.0 * got
        # Never late and never early: the table of probabilities is good to 1e-3.
        before = curve[curve[:, 0] > left_s + 1e-6, 1]
        assert np.all(before < rule.confidence + 5e-3)
        if got is not None:
            assert curve[np.abs(curve[:, 0] - left_s) < 1e-6, 1][0] >= rule.confidence - 5e-3


def test_tracks_between_their_nodes_are_where_the_ellipsoid_has_them():
    geod = Geod(ellps="WGS84")
    lookout = flat(replace(SURE, rng_max_m=400e3), lat_deg=47.0, lon_deg=36.0)
    azms = np.array([10.0, 100.0, 250.0])
    x, y = _nodes(SITE, [lookout], azms, 550e3)[0]
    s = np.arange(0.5, 40.0) * NODE_M
    for b, azm in enumerate(azms):
        lon, lat, _ = geod.fwd(np.full(40, 30.0), np.full(40, 50.0), np.full(40, azm), s)
        out, _, d = geod.inv(np.full(40, 36.0), np.full(40, 47.0), lon, lat)
        near = d < 450e3
        east, north = d * np.sin(np.radians(out)), d * np.cos(np.radians(out))
        mid_x, mid_y = 0.5 * (x[b, :40] + x[b, 1:41]), 0.5 * (y[b, :40] + y[b, 1:41])
        assert_allclose(mid_x[near], east[near], atol=2.0)
        assert_allclose(mid_y[near], north[near], atol=2.0)


def test_threads_change_nothing():
    sites = [replace(SITE, name=f"s{k}", lat_deg=49.5 + 0.2 * k) for k in range(5)]
    inbounds = [HIGH, replace(HIGH, hgt_m=200.0, above_ground=True)]
    alone = plan_warning(sites, [flat()], inbounds, rule=RULE, bearings_deg=9)
    with ThreadPoolExecutor(3) as pool:
        shared = plan_warning(sites, [flat()], inbounds, rule=RULE, bearings_deg=9, pool=pool)
    assert alone.equals(shared)
    assert alone.num_rows == 5 * 2 * 9


def test_the_worst_bearing_decides_for_a_site():
    """The radar stands 60 km north: it sees what comes from there two minutes and more earlier."""
    sites = [SITE, replace(SITE, name="other", required_s=None)]
    table = plan_warning(sites, [flat(lat_deg=50.54)], [HIGH], rule=RULE, bearings_deg=8)
    rows = site_table(table).to_pylist()
    town = [r for r in table.to_pylist() if r["site"] == "town"]
    every = [r["warning_min"] for r in town]
    assert rows[0]["least_min"] == min(every)
    assert rows[0]["least_azm_deg"] == town[every.index(min(every))]["azm_true_deg"]
    assert rows[0]["least_azm_deg"] == 180.0
    assert rows[0]["median_min"] == pytest.approx(np.median(every))
    assert rows[0]["verdict"] == "fails"
    assert rows[0]["required_min"] == 5.0
    assert (rows[1]["verdict"], rows[1]["required_min"]) == (None, None)


def test_a_bearing_without_a_track_is_less_than_any_number_of_minutes():
    lookout = flat(replace(SURE, sectors_deg=((300.0, 60.0),)))
    table = plan_warning([SITE], [lookout], [HIGH], rule=RULE, bearings_deg=8)
    row = site_table(table).to_pylist()[0]
    assert row["least_min"] is None
    assert row["median_min"] is None
    assert row["least_azm_deg"] == 90.0
    assert (row["bearings"], row["bearings_without"], row["verdict"]) == (8, 5, "fails")


def test_a_weak_echo_is_confirmed_later_than_a_strong_one():
    figures = replace(SURE, rng_ref_m=80e3, rcs_ref_m2=2.0)
    big = range_by_power_m(figures, TARGETS["airliner"], pd=0.9)
    small = range_by_power_m(figures, TARGETS["small_drone"], pd=0.9)
    assert big > 2.0 * small
    got = minutes(
        [SITE],
        [flat(figures)],
        [HIGH, replace(HIGH, target=TARGETS["small_drone"])],
        bearings_deg=1,
    )
    assert got[0] > got[1]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: replace(HIGH, spd_mps=0.0), "spd_mps of an inbound target must be positive"),
        (lambda: replace(HIGH, hgt_m=-5.0, above_ground=True), "not below ground"),
        (lambda: replace(RULE, hits=4), "m hits in n looks"),
        (lambda: replace(RULE, window_s=0.0), "window_s must be positive"),
        (lambda: replace(RULE, confidence=1.0), "confidence must lie between"),
        (lambda: replace(RULE, delay_s=math.nan), "delay_s must be 0 or more"),
        (lambda: flat(lowest_msl_m=np.zeros((4, 4), np.float32)), "'sure': lowest_msl_m must be"),
        (lambda: flat(ground_msl_m=np.zeros((5, 5))), "contiguous float32, got float64"),
        (lambda: flat(ground_msl_m=np.zeros((5, 5), np.float32)), "must be one patch"),
        (lambda: flat(step_m=-1.0), "step_m must be positive"),
        (
            lambda: plan_warning([SITE], [flat()], [HIGH], rule=RULE, bearings_deg=0),
            "at least one bearing",
        ),
        (
            lambda: plan_warning([SITE], [flat()], [HIGH], rule=RULE, bearings_deg=[math.nan]),
            "at least one bearing",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, words):
    with pytest.raises(UsageError, match=words):
        make()
