"""Warnings: issued in time, told again when it matters, cancelled with the right words."""

import math

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield import tables
from airshield.errors import UsageError
from airshield.warn import Site, Warner, WarnSettings, wording
from airshield.zones import Zone, ZoneWatch
from reference.track_rows import T0_NS, track_table

SITE = Site(name="Town", lat_deg=50.0, lon_deg=24.0, radius_m=5000.0, warning_s=120.0)
FAR = Site(name="Far", lat_deg=50.0, lon_deg=30.0, radius_m=5000.0, warning_s=120.0)
ZONE = Zone(name="Z", kind="no_fly", area=shapely.box(23.0, 49.0, 25.0, 51.0))
SMALL = Zone(name="S", kind="restricted", area=shapely.box(23.9, 49.9, 24.1, 50.04))
M_PER_DEG = 111_240.0


def flight(east_m, north_m, *, t_s, vel=(0.0, 0.0), **figures):
    """Rows at places east and north of the town."""
    return track_table(
        lat_deg=50.0 + np.asarray(north_m) / M_PER_DEG,
        lon_deg=24.0 + np.asarray(east_m) / (M_PER_DEG * math.cos(math.radians(50.0)) * 1.003),
        t_s=t_s,
        vel_east_mps=vel[0],
        vel_north_mps=vel[1],
        **figures,
    )


def northbound(n=60, *, start_m=-40_000.0, spd_mps=100.0, dt_s=4.0, east_m=0.0, **figures):
    t_s = np.arange(n) * dt_s
    return flight(east_m, start_m + spd_mps * t_s, t_s=t_s, vel=(0.0, spd_mps), **figures)


def warned(tracks, *, sites=(SITE, FAR), zones=(ZONE,), settings=None):
    incidents = ZoneWatch(zones, geoid_height_m=0.0).feed(tracks)
    return Warner(sites, settings=settings).feed(tracks, incidents)


def states(warnings):
    return warnings["state"].to_pylist()


def test_a_warning_comes_in_time_and_at_the_row_that_causes_it():
    tracks = northbound(n=300)
    out = warned(tracks)
    assert out.schema == tables.WARNING
    assert set(out["site"].to_pylist()) == {"Town"}
    first = {name: out[name][0] for name in out.column_names}
    # 120 s for the people and 60 s to pass the word, seen twice: at most two updates of 4 s later.
    assert 172.0 <= first["dt_reach_s"].as_py() <= 180.0
    t_ns = first["t"].cast(pa.int64()).as_py()
    row = round((t_ns - T0_NS) / 4e9)
    assert first["frame"].as_py() == tracks["frame"][row].as_py()
    assert first["azm_true_deg"].as_py() == pytest.approx(180.0, abs=0.1)
    assert first["rng_closest_m"].as_py() == pytest.approx(0.0, abs=50.0)


def test_a_straight_flight_is_told_when_it_comes_when_it_is_there_and_when_it_is_gone():
    out = warned(northbound(n=300))
    assert states(out) == ["issued", "updated", "cancelled"]
    assert set(out["warning"].to_pylist()) == {1}
    assert out["dt_reach_s"].to_pylist()[1:] == [0.0, None]
    assert "flying away" in out["text"][2].as_py()


def test_the_countdown_is_told_again_when_the_aircraft_hurries():
    slow = northbound(n=20, start_m=-15_000.0, spd_mps=60.0)
    t_s = 80.0 + np.arange(20) * 4.0
    fast = flight(0.0, -10_200.0 + 150.0 * (t_s - 80.0), t_s=t_s, vel=(0.0, 150.0), frame0=20)
    out = warned(tables.concat(tables.TRACK, [slow, fast]))
    assert states(out)[:3] == ["issued", "updated", "updated"]
    assert out["dt_reach_s"].to_pylist()[1] == pytest.approx((10_200 - 5_000) / 150.0, abs=2.0)


def test_an_aircraft_that_will_pass_by_is_not_warned_of():
    assert warned(northbound(n=300, east_m=8000.0)).num_rows == 0


def test_an_aircraft_that_violates_nothing_is_not_warned_of():
    assert warned(northbound(n=300), zones=()).num_rows == 0


def test_one_noisy_course_is_not_enough():
    """The velocity points at the town once, and past it in all other rows."""
    n = 20
    vel_east = np.full(n, 100.0)
    vel_east[7] = 0.0
    tracks = track_table(
        lat_deg=50.0 - 15_000.0 / M_PER_DEG,
        lon_deg=24.0,
        t_s=np.arange(n) * 4.0,
        vel_east_mps=vel_east,
        vel_north_mps=100.0,
    )
    assert warned(tracks).num_rows == 0


def test_turning_away_cancels_after_its_time():
    towards = northbound(n=10, start_m=-15_000.0)
    t_s = 40.0 + np.arange(20) * 4.0
    away = flight(100.0 * (t_s - 40.0), -11_000.0, t_s=t_s, vel=(100.0, 0.0), frame0=10)
    out = warned(tables.concat(tables.TRACK, [towards, away]))
    assert states(out) == ["issued", "cancelled"]
    assert out["t"].cast(pa.int64()).to_pylist()[1] == T0_NS + 60 * 10**9
    assert "passing no nearer" in out["text"][1].as_py() or "flying away" in out["text"][1].as_py()


def test_the_end_of_the_violation_is_an_all_clear_with_its_reason():
    zone = Zone(name="Z", kind="no_fly", area=ZONE.area, permits_callsign=("LOT*",))
    calls = [None] * 10 + ["LOT1"] * 10
    out = warned(northbound(n=20, start_m=-15_000.0, callsign=calls), zones=(zone,))
    assert states(out) == ["issued", "cancelled"]
    assert "All clear" in out["text"][1].as_py()
    assert "LOT1 matches LOT*" in out["text"][1].as_py()


def test_a_lost_track_is_no_all_clear():
    status = ["confirmed"] * 10 + ["coasting"] * 3 + ["ended"]
    out = warned(northbound(n=14, start_m=-15_000.0, status=status))
    assert states(out) == ["issued", "cancelled"]
    assert "no all-clear" in out["text"][1].as_py()
    assert "All clear" not in out["text"][1].as_py()


def test_coasting_rows_issue_nothing():
    status = ["confirmed"] + ["coasting"] * 30
    tracks = northbound(n=31, start_m=-15_000.0, status=status)
    assert warned(tracks).num_rows == 0


def test_a_hovering_violator_is_warned_of_inside_the_radius_only():
    t_s = np.arange(10) * 4.0
    assert warned(flight(0.0, -8000.0, t_s=t_s, vel=(0.0, 2.0))).num_rows == 0
    assert states(warned(flight(0.0, -3000.0, t_s=t_s, vel=(0.0, 2.0)))) == ["issued"]


def test_two_zones_make_one_warning_which_outlives_the_first():
    """The small zone is left while the large one is still violated."""
    out = warned(northbound(n=120, start_m=-9_000.0), zones=(SMALL, ZONE))
    assert set(out["warning"].to_pylist()) == {1}
    assert out["incident"].to_pylist()[0] == 1
    assert 2 in out["incident"].to_pylist()
    assert states(out).count("issued") == 1


def test_unknown_stays_unknown():
    out = warned(northbound(n=300))
    assert set(out["alt_baro_m"].to_pylist()) == {None}
    assert "height unknown" in out["text"][0].as_py()
    assert "without identification" in out["text"][0].as_py()


def test_the_words_hold_the_figures():
    out = warned(northbound(n=300, alt_baro_m=3048.0, mode_s=0x508A33, callsign="VKT22"))
    text = out["text"][0].as_py()
    for words in ("Town", "VKT22", "508A33", "to the south", "360 km/h", "flight level 100", "UTC"):
        assert words in text


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_noise_in_the_velocity_does_not_flicker(seed):
    """5 m/s of noise on 100 m/s, straight at the town: one warning, told but a few times."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(90) * 4.0
    north = -40_000.0 + 100.0 * t_s
    noise = rng.normal(0.0, 5.0, (2, 90))
    tracks = flight(0.0, north, t_s=t_s, vel=(noise[0], 100.0 + noise[1]))
    out = warned(tracks)
    assert states(out).count("issued") == 1
    assert out.num_rows <= 8


def crowd(seed, n=400):
    """Five tracks about the town, some violating, some coasting and ending."""
    rng = np.random.default_rng(seed)
    track = rng.integers(1, 6, n)
    t_s = np.sort(rng.uniform(0.0, 600.0, n))
    start = rng.uniform(-30_000.0, 30_000.0, (6, 2))
    vel = -start / 300.0 + rng.normal(0.0, 30.0, (6, 2))
    noise = rng.normal(0.0, 5.0, (n, 2))
    place = start[track] + vel[track] * t_s[:, None]
    return flight(
        place[:, 0],
        place[:, 1],
        t_s=t_s,
        vel=((vel[track] + noise)[:, 0], (vel[track] + noise)[:, 1]),
        track=track,
        status=rng.choice(["confirmed"] * 15 + ["coasting", "ended"], n).tolist(),
        callsign=[f"T{k}" if k % 2 else None for k in track],
    )


def same(one, other):
    """Equal bit for bit, times to the nanosecond."""
    words = {"t": pa.int64(), "state": pa.string(), "site": pa.string()}
    plain = [
        {name: table[name].cast(words.get(name, table[name].type)) for name in table.column_names}
        for table in (one, other)
    ]
    return pa.table(plain[0]).combine_chunks().equals(pa.table(plain[1]).combine_chunks())


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 100_000), cuts=st.lists(st.integers(0, 400), max_size=10))
def test_batches_and_restarts_change_nothing(seed, cuts):
    tracks = crowd(seed)
    whole = warned(tracks, zones=(SMALL, ZONE))
    watch, warner = ZoneWatch((SMALL, ZONE), geoid_height_m=0.0), Warner((SITE, FAR))
    parts = []
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), 400], strict=True):
        batch = tracks.slice(start, stop - start)
        parts.append(warner.feed(batch, watch.feed(batch)))
        restarted = Warner((SITE, FAR))
        restarted.restore(warner.snapshot())
        warner = restarted
    assert same(tables.concat(tables.WARNING, parts), whole)


def test_the_crowd_makes_warnings_of_every_state():
    assert set(states(warned(crowd(3), zones=(SMALL, ZONE)))) == set(tables.WARNING_STATES)


def test_a_snapshot_of_other_sites_is_refused():
    with pytest.raises(UsageError, match="other sites"):
        Warner((SITE,)).restore(Warner((FAR,)).snapshot())
    with pytest.raises(UsageError, match="other sites"):
        Warner((SITE,), settings=WarnSettings(lead_s=1.0)).restore(Warner((SITE,)).snapshot())


def test_no_sites_give_no_warnings():
    assert warned(northbound(), sites=()).num_rows == 0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (59.6, "1 min"), (60.0, "1 min"), (599.0, "9 min 59 s"), (3600.0, "60 min")],
)
def test_spans_are_told_for_people(seconds, words):
    assert wording.span(seconds) == words


def test_the_clock_turns_over_at_midnight():
    assert wording.clock(T0_NS - 400_000_000) == "00:00:00 UTC"
    assert wording.clock(T0_NS - 1_000_000_000) == "23:59:59 UTC"
