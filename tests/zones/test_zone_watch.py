"""The life of a violation, told by stories and held to a slow twin."""

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield import tables
from airshield.errors import UsageError
from airshield.zones import (
    Limit,
    Period,
    Zone,
    ZoneSettings,
    ZoneWatch,
    _kernels,
    permit_of,
    warm_up,
)
from reference import zones as slow
from reference.track_rows import T0_NS, track_table

GEOID_M = 31.0
M_PER_DEG = 111_240.0
"""Metres per degree of latitude near 50 degrees north, good to a part in a thousand."""

AREA = shapely.box(23.0, 49.5, 25.0, 50.5)
NO_FLY = Zone(name="Z", kind="no_fly", area=AREA)
FL100 = Limit(height_m=3048.0, datum="baro")


def watch(*zones, **options):
    return ZoneWatch(zones, geoid_height_m=GEOID_M, **options)


def northbound(*, start_deg=49.4, spd_mps=200.0, n=60, dt_s=4.0, **figures):
    """A track flying north along 24 degrees east across the zone's southern border."""
    t_s = np.arange(n) * dt_s
    return track_table(
        lat_deg=start_deg + spd_mps * t_s / M_PER_DEG, lon_deg=24.0, t_s=t_s, **figures
    )


def told(incidents):
    return list(zip(incidents["state"].to_pylist(), incidents["zone"].to_pylist(), strict=True))


def states(incidents):
    return incidents["state"].to_pylist()


def test_a_violation_is_suspected_then_confirmed_then_ended():
    out = northbound(spd_mps=100.0, sigma_m=150.0, n=700, dt_s=2.0)
    incidents = watch(NO_FLY).feed(out)
    assert states(incidents) == ["suspected", "confirmed", "ended"]
    depth = incidents["depth_m"].to_pylist()
    assert 0.0 < depth[0] <= 200.0
    assert 450.0 < depth[1] <= 650.0
    assert -650.0 <= depth[2] < -450.0
    assert incidents["incident"].to_pylist() == [1, 1, 1]


def test_each_change_carries_the_time_the_track_and_the_frame_of_its_cause():
    tracks = northbound(sigma_m=400.0, track=7, n=800)
    incidents = watch(NO_FLY).feed(tracks)
    causes = {
        key: lat
        for key, lat in zip(
            zip(
                *(tracks[name].cast(pa.int64()).to_pylist() for name in ("t", "track", "frame")),
                strict=True,
            ),
            tracks["lat_deg"].to_pylist(),
            strict=True,
        )
    }
    rows = zip(
        *(incidents[name].cast(pa.int64()).to_pylist() for name in ("t", "track", "frame")),
        strict=True,
    )
    assert [causes[row] for row in rows] == incidents["lat_deg"].to_pylist()
    assert incidents.num_rows == 3
    assert incidents.schema == tables.INCIDENT


def test_a_track_that_appears_deep_inside_is_confirmed_at_once():
    assert states(watch(NO_FLY).feed(track_table(lat_deg=50.0, lon_deg=24.0, t_s=0.0))) == [
        "confirmed"
    ]


def test_dwelling_just_inside_confirms():
    lat = 49.5 + 150.0 / M_PER_DEG
    incidents = watch(NO_FLY).feed(track_table(lat_deg=lat, lon_deg=24.0, t_s=np.arange(6) * 4.0))
    assert states(incidents) == ["suspected", "confirmed"]
    assert incidents["t"].cast(pa.int64()).to_pylist() == [T0_NS, T0_NS + 8 * 10**9]
    assert "for 8 s and 3 updates" in incidents["reason"][1].as_py()


def test_lingering_just_outside_ends_only_after_its_time():
    inside, outside = 49.5 + 400.0 / M_PER_DEG, 49.5 - 150.0 / M_PER_DEG
    lat = np.array([inside] + [outside] * 12)
    incidents = watch(NO_FLY).feed(track_table(lat_deg=lat, lon_deg=24.0, t_s=np.arange(13) * 4.0))
    assert states(incidents) == ["confirmed", "ended"]
    assert incidents["t"].cast(pa.int64()).to_pylist()[1] == T0_NS + 36 * 10**9


@pytest.mark.parametrize(("correlation", "across_m"), [(0.9, 194.9), (-0.9, 44.7), (0.0, 141.4)])
def test_sigma_is_taken_across_the_border(correlation, across_m):
    """A border that runs north-west to south-east has its normal at 45 degrees: there the variance
    of a place with equal sigmas s and correlation r is s² (1 + r), after equalising the axes."""
    stretch = 1.0 / np.cos(np.radians(50.0))
    area = shapely.Polygon([(24.0 + stretch, 49.0), (24.0 + stretch, 51.0), (24.0 - stretch, 51.0)])
    tracks = track_table(
        lat_deg=50.05, lon_deg=24.05, t_s=0.0, sigma_m=141.4, correlation=correlation
    )
    incidents = watch(Zone(name="D", kind="no_fly", area=area)).feed(tracks)
    assert incidents["sigma_pos_m"].to_pylist() == [pytest.approx(across_m, rel=0.01)]


@pytest.mark.parametrize("status", ["tentative", "coasting"])
def test_what_is_not_measured_opens_nothing(status):
    assert watch(NO_FLY).feed(northbound(status=status, n=200)).num_rows == 0


def test_coasting_out_of_the_zone_does_not_end_a_violation():
    w = watch(NO_FLY)
    assert states(w.feed(track_table(lat_deg=50.0, lon_deg=24.0, t_s=0.0))) == ["confirmed"]
    gone = track_table(lat_deg=52.0, lon_deg=24.0, t_s=np.arange(1, 30) * 4.0, status="coasting")
    assert w.feed(gone).num_rows == 0
    last = w.feed(track_table(lat_deg=52.0, lon_deg=24.0, t_s=130.0, status="ended"))
    assert states(last) == ["ended"]
    assert last["reason"][0].as_py().startswith("the track ended")


def test_a_suspicion_that_ends_unconfirmed_says_so():
    lat = np.array([49.5 + 50.0 / M_PER_DEG, 49.5 - 2000.0 / M_PER_DEG])
    incidents = watch(NO_FLY).feed(track_table(lat_deg=lat, lon_deg=24.0, t_s=[0.0, 4.0]))
    assert states(incidents) == ["suspected", "ended"]
    assert incidents["reason"][1].as_py().endswith("it was never confirmed")


def test_a_permit_learned_later_ends_the_violation():
    zone = Zone(name="Z", kind="no_fly", area=AREA, permits_callsign=("LOT*",))
    calls = [None, None, "LOT7KA", "LOT7KA"]
    tracks = track_table(lat_deg=50.0, lon_deg=24.0, t_s=np.arange(4) * 4.0, callsign=calls)
    incidents = watch(zone).feed(tracks)
    assert states(incidents) == ["confirmed", "ended"]
    assert "callsign LOT7KA matches LOT*" in incidents["reason"][1].as_py()


def test_the_schedule_opens_and_ends_violations():
    zone = Zone(name="Z", kind="no_fly", area=AREA, schedule=(Period(start_s=100.0, end_s=200.0),))
    incidents = watch(zone).feed(track_table(lat_deg=50.0, lon_deg=24.0, t_s=np.arange(60) * 5.0))
    assert incidents["t"].cast(pa.int64()).to_pylist() == [T0_NS + 100 * 10**9, T0_NS + 200 * 10**9]
    assert states(incidents) == ["confirmed", "ended"]


def test_an_aircraft_above_a_flight_level_is_outside_and_below_it_inside():
    zone = Zone(name="Z", kind="no_fly", area=AREA, ceiling=FL100)
    assert (
        watch(zone)
        .feed(track_table(lat_deg=50.0, lon_deg=24.0, t_s=0.0, alt_baro_m=3100.0))
        .num_rows
        == 0
    )
    inside = watch(zone).feed(track_table(lat_deg=50.0, lon_deg=24.0, t_s=0.0, alt_baro_m=3000.0))
    assert states(inside) == ["confirmed"]


def test_without_height_a_limited_zone_stays_suspected_and_says_why():
    zone = Zone(name="Z", kind="no_fly", area=AREA, ceiling=FL100)
    incidents = watch(zone).feed(track_table(lat_deg=50.0, lon_deg=24.0, t_s=np.arange(50) * 4.0))
    assert states(incidents) == ["suspected"]
    assert "height is unknown" in incidents["reason"][0].as_py()


def test_without_height_a_zone_without_limits_is_confirmed():
    incidents = watch(NO_FLY).feed(track_table(lat_deg=50.0, lon_deg=24.0, t_s=0.0))
    assert states(incidents) == ["confirmed"]
    assert incidents["alt_baro_m"].to_pylist() == [None]


@pytest.mark.parametrize(
    ("alt_baro_m", "expected"), [(500.0, ["confirmed"]), (800.0, ["suspected"]), (1200.0, [])]
)
def test_pressure_altitude_stands_in_for_true_height_within_the_unknown_qnh(alt_baro_m, expected):
    zone = Zone(name="Z", kind="no_fly", area=AREA, ceiling=Limit(height_m=1000.0, datum="amsl"))
    tracks = track_table(lat_deg=50.0, lon_deg=24.0, t_s=np.arange(30) * 4.0, alt_baro_m=alt_baro_m)
    assert states(watch(zone).feed(tracks)) == expected


def test_a_true_height_is_compared_without_that_tolerance():
    zone = Zone(name="Z", kind="no_fly", area=AREA, ceiling=Limit(height_m=1000.0, datum="amsl"))
    tracks = track_table(
        lat_deg=50.0,
        lon_deg=24.0,
        t_s=0.0,
        alt_hae_m=800.0 + GEOID_M,
        var_up_m2=25.0,
        basis="geometric",
    )
    assert states(watch(zone).feed(tracks)) == ["confirmed"]


def test_a_height_above_the_ellipsoid_that_rests_on_pressure_is_no_true_height():
    zone = Zone(name="Z", kind="no_fly", area=AREA, ceiling=Limit(height_m=1000.0, datum="amsl"))
    tracks = track_table(
        lat_deg=50.0, lon_deg=24.0, t_s=0.0, alt_hae_m=800.0 + GEOID_M, var_up_m2=25.0, basis="baro"
    )
    assert states(watch(zone).feed(tracks)) == ["suspected"]


def test_a_limit_above_ground_counts_from_the_ground():
    zone = Zone(
        name="Z",
        kind="no_fly",
        area=AREA,
        ceiling=Limit(height_m=500.0, datum="agl"),
        ground_msl_m=300.0,
    )
    figures = {
        "lat_deg": 50.0,
        "lon_deg": 24.0,
        "t_s": 0.0,
        "var_up_m2": 25.0,
        "basis": "geometric",
    }
    assert states(watch(zone).feed(track_table(alt_hae_m=750.0 + GEOID_M, **figures))) == [
        "confirmed"
    ]
    assert states(watch(zone).feed(track_table(alt_hae_m=850.0 + GEOID_M, **figures))) == []


CORRIDOR = Zone(
    name="C",
    kind="corridor",
    area=shapely.box(22.9, 49.9, 25.1, 50.1),
    floor=FL100,
    permits_callsign=("LOT*",),
)


@pytest.mark.parametrize(
    ("callsign", "alt_baro_m", "expected"),
    [
        ("LOT1", 9000.0, []),
        ("XYZ1", 9000.0, ["confirmed"]),
        (None, 9000.0, ["confirmed"]),
        ("LOT1", 2000.0, ["confirmed"]),
        ("LOT1", np.nan, ["suspected"]),
    ],
)
def test_a_corridor_permits_whom_it_lists_at_its_heights(callsign, alt_baro_m, expected):
    tracks = track_table(
        lat_deg=50.0,
        lon_deg=24.0,
        t_s=np.arange(20) * 4.0,
        callsign=callsign,
        alt_baro_m=alt_baro_m,
    )
    assert states(watch(NO_FLY, CORRIDOR).feed(tracks)) == expected


def test_a_corridor_that_lists_nobody_is_open_to_all_and_a_zone_to_none():
    corridor = Zone(name="C", kind="corridor", area=CORRIDOR.area)
    tracks = track_table(lat_deg=50.0, lon_deg=24.0, t_s=0.0)
    assert watch(NO_FLY, corridor).feed(tracks).num_rows == 0


def test_a_corridor_gives_no_right_in_a_restricted_zone():
    zone = Zone(name="R", kind="restricted", area=AREA)
    corridor = Zone(name="C", kind="corridor", area=CORRIDOR.area)
    assert told(watch(zone, corridor).feed(track_table(lat_deg=50.0, lon_deg=24.0, t_s=0.0))) == [
        ("confirmed", "R")
    ]


def test_leaving_the_corridor_inside_the_zone_is_a_violation_and_coming_back_ends_it():
    lat = np.concatenate([np.full(5, 50.0), np.full(5, 50.2), np.full(5, 50.0)])
    tracks = track_table(
        lat_deg=lat, lon_deg=24.0, t_s=np.arange(15) * 4.0, callsign="LOT1", alt_baro_m=9000.0
    )
    incidents = watch(NO_FLY, CORRIDOR).feed(tracks)
    assert states(incidents) == ["confirmed", "ended"]
    assert "inside the corridor C" in incidents["reason"][1].as_py()


def test_a_warning_area_is_never_violated():
    zone = Zone(name="W", kind="warning", area=AREA)
    assert watch(zone).feed(track_table(lat_deg=50.0, lon_deg=24.0, t_s=0.0)).num_rows == 0


def noisy(seed, offset, sigma_m):
    """500 updates that scatter by an honest sigma, ``offset`` sigmas off the border."""
    rng = np.random.default_rng(seed)
    north_m = sigma_m * (offset + rng.normal(size=500))
    tracks = track_table(
        lat_deg=49.5 + north_m / M_PER_DEG,
        lon_deg=24.0,
        t_s=np.arange(500) * 4.0,
        sigma_m=sigma_m,
    )
    return north_m, tracks


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), offset=st.floats(-1.5, 1.5), sigma_m=st.floats(20.0, 500.0))
def test_an_affair_ends_only_on_evidence_and_changes_at_most_three_times(seed, offset, sigma_m):
    north_m, tracks = noisy(seed, offset, sigma_m)
    clear = np.count_nonzero(north_m < -max(200.0, 3.0 * sigma_m) * 0.999)
    outside = "".join("o" if d < -0.999 * sigma_m else "." for d in north_m)
    dwelt = outside.count("o" * 9)  # nine updates of 4 s make more than 30 s
    assert watch(NO_FLY).feed(tracks).num_rows <= 3 * (clear + dwelt + 1)


def test_a_track_on_the_border_seldom_changes_its_state():
    """Beyond three sigma once in 740: 500 updates hold 0.7 such, so one affair and a bit."""
    changes = [watch(NO_FLY).feed(noisy(seed, 0.0, 100.0)[1]).num_rows for seed in range(40)]
    assert np.mean(changes) < 4.0


# ---------------------------------------------------------------- the twin, and batches

SKY = (
    Zone(name="A", kind="no_fly", area=AREA, permits_callsign=("LOT*",)),
    Zone(
        name="B",
        kind="restricted",
        area=shapely.Polygon([(23.8, 49.8), (24.3, 49.7), (24.2, 50.1), (23.9, 50.2)]),
        floor=Limit(height_m=500.0, datum="amsl"),
        ceiling=FL100,
        permits_mode_s=frozenset({3}),
    ),
    Zone(
        name="C",
        kind="corridor",
        area=shapely.box(22.9, 49.95, 25.1, 50.05),
        floor=Limit(height_m=1500.0, datum="hae"),
    ),
)


def traffic(seed, n=400):
    """Rows of six tracks that wander about the zones, with and without height and identity."""
    rng = np.random.default_rng(seed)
    track = rng.integers(1, 7, n)
    lat, lon, t_s = np.empty(n), np.empty(n), np.sort(rng.uniform(0.0, 900.0, n))
    place = np.stack([rng.uniform(49.4, 50.6, 7), rng.uniform(22.9, 25.1, 7)], axis=1)
    drift = rng.normal(0.0, 0.004, (7, 2))
    for i, k in enumerate(track):
        place[k] += drift[k] + rng.normal(0.0, 0.002, 2)
        lat[i], lon[i] = place[k]
    baro = np.where(track % 3 == 0, np.nan, rng.normal(2500.0, 900.0, 7)[track])
    geometric = track == 5
    status = rng.choice(["confirmed"] * 12 + ["coasting", "tentative", "ended"], n).tolist()
    return track_table(
        lat_deg=lat,
        lon_deg=lon,
        t_s=t_s,
        track=track,
        status=status,
        sigma_m=rng.uniform(20.0, 400.0, 7)[track],
        alt_baro_m=np.where(geometric, np.nan, baro),
        alt_hae_m=np.where(geometric, 2000.0, np.nan),
        var_up_m2=np.where(geometric, 900.0, np.nan),
        basis=[
            "geometric" if g else "none" if np.isnan(b) else "baro"
            for g, b in zip(geometric, baro, strict=True)
        ],
        mode_s=[int(k) for k in track],
        callsign=[
            "LOT1" if k == 4 and t > 400.0 else None for k, t in zip(track, t_s, strict=True)
        ],
    )


def by_hand(tracks):
    """The slow twin's incidents."""

    def permitted(zone, row):
        is_open = zone.kind == "corridor" and not (zone.permits_mode_s or zone.permits_callsign)
        return is_open or permit_of(zone, row["mode_s"], row["callsign"]) is not None

    twin = slow.SlowWatch(SKY, GEOID_M, ZoneSettings(), permitted)
    told = []
    names = (
        "track",
        "status",
        "lat_deg",
        "lon_deg",
        "alt_baro_m",
        "alt_hae_m",
        "cov_m2",
        "height_basis",
    )
    columns = [tracks[name].to_pylist() for name in (*names, "mode_s", "callsign")]
    t_ns = tracks["t"].cast(pa.int64()).to_pylist()
    for i, (track, status, lat, lon, baro, hae, cov, basis, mode_s, callsign) in enumerate(
        zip(*columns, strict=True)
    ):
        row = {
            "track": track,
            "status": status,
            "lat": lat,
            "lon": lon,
            "t": (t_ns[i] - T0_NS) / 1e9,
            "baro": baro,
            "msl": hae - GEOID_M if basis == "geometric" else None,
            "sigma": cov[0] ** 0.5,
            "var_up": cov[5],
            "mode_s": mode_s,
            "callsign": callsign,
        }
        told += [(t_ns[i], track, *change) for change in twin.row(row)]
    return told


KERNELS = ("metres_per_rad", "border_m", "score_of", "height_above", "height_score", "lon_from")
MORE_KERNELS = ("volume_score", "in_box", "watch_rows")


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 100_000))
def test_the_watch_equals_the_slow_version(mode, seed):
    tracks = traffic(seed, n=400 if mode == "compiled" else 150)
    with pytest.MonkeyPatch.context() as patch:
        for name in (*KERNELS, *MORE_KERNELS) if mode == "interpreted" else ():
            patch.setattr(_kernels, name, getattr(_kernels, name).py_func)
        incidents = watch(*SKY).feed(tracks)
    expected = by_hand(tracks)
    columns = [incidents[name].to_pylist() for name in ("track", "incident", "zone", "state")]
    found = list(zip(incidents["t"].cast(pa.int64()).to_pylist(), *columns, strict=True))
    assert found == [row[:-1] for row in expected]
    assert incidents["depth_m"].to_pylist() == pytest.approx(
        [row[-1] for row in expected], abs=1e-3
    )


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 100_000), cuts=st.lists(st.integers(0, 400), max_size=12))
def test_batches_and_restarts_change_nothing(seed, cuts):
    tracks = traffic(seed)
    whole = watch(*SKY).feed(tracks)
    w = watch(*SKY)
    parts = []
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), 400], strict=True):
        parts.append(w.feed(tracks.slice(start, stop - start)))
        restarted = watch(*SKY)
        restarted.restore(w.snapshot())
        w = restarted
    assert same(tables.concat(tables.INCIDENT, parts), whole)


def test_one_row_at_a_time_is_the_same():
    tracks = traffic(11)
    whole = watch(*SKY).feed(tracks)
    w = watch(*SKY)
    parts = [w.feed(tracks.slice(i, 1)) for i in range(tracks.num_rows)]
    assert whole.num_rows > 10
    assert same(tables.concat(tables.INCIDENT, parts), whole)


def same(one, other):
    """Equal bit for bit, times to the nanosecond."""
    plain = [
        pa.table(
            {
                name: table[name].cast(pa.int64()) if name == "t" else table[name]
                for name in table.column_names
            }
        )
        for table in (one, other)
    ]
    words = ("state", "zone", "height_basis")
    plain = [
        pa.table({n: t[n].cast(pa.string()) if n in words else t[n] for n in t.column_names})
        for t in plain
    ]
    return plain[0].combine_chunks().equals(plain[1].combine_chunks())


def test_many_affairs_at_once_find_room():
    zones = [Zone(name=f"Z{i}", kind="no_fly", area=AREA) for i in range(40)]
    tracks = track_table(
        lat_deg=50.0, lon_deg=24.0, t_s=np.arange(50) * 0.1, track=np.arange(1, 51)
    )
    w = watch(*zones)
    assert w.feed(tracks).num_rows == 2000
    ends = track_table(
        lat_deg=50.0,
        lon_deg=24.0,
        t_s=np.arange(50) * 0.1 + 10,
        track=np.arange(1, 51),
        status="ended",
    )
    assert states(w.feed(ends)) == ["ended"] * 2000
    assert w.snapshot()["incident"].size == 0


def test_a_snapshot_of_other_zones_is_refused():
    state = watch(NO_FLY).snapshot()
    with pytest.raises(UsageError, match="other zones"):
        watch(CORRIDOR).restore(state)
    with pytest.raises(UsageError, match="other zones"):
        watch(NO_FLY, settings=ZoneSettings(sure_sigmas=2.0)).restore(state)


def test_no_zones_and_no_rows_give_no_incidents():
    assert watch().feed(northbound()).num_rows == 0
    assert watch(NO_FLY).feed(tables.empty(tables.TRACK)).num_rows == 0


def test_warm_up_leaves_every_kernel_compiled():
    warm_up()
    assert _kernels.watch_rows.signatures
