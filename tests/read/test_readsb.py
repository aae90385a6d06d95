"""readsb's aircraft, lines and traces, against the standard library's reading of the same files."""

import json
import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.read.reader import Options
from airshield.read.readsb import READER
from airshield.tables import ReportFlag
from text_frames import flags_of, frames_in, nanoseconds, reasons, recording, reports_in, tables_in

SNAPSHOTS = {"aircraft_json_1": (64, 63), "aircraft_json_2": (69, 67), "aircraft_json_3": (80, 77)}
"""Aircraft as the recordings' README counts them, and those with a position."""

NUMBERS = {
    **{"alt_geom": "alt_geom_ft", "gs": "gs_kt", "track": "track_deg", "lat": "lat_deg"},
    **{"baro_rate": "baro_rate_ft_min", "geom_rate": "geom_rate_ft_min", "lon": "lon_deg"},
    **{"squawk": "squawk", "emergency": "emergency", "category": "category", "nic": "nic"},
    **{"rc": "rc_m", "nac_p": "nac_p", "nac_v": "nac_v", "sil": "sil", "sil_type": "sil_type"},
    **{"seen": "seen_s", "seen_pos": "seen_pos_s", "rssi": "rssi_dbfs", "mlat": "mlat"},
    **{"tisb": "tisb", "nav_qnh": "nav_qnh_hpa", "nav_modes": "nav_modes", "r": "registration"},
    **{"messages": "messages", "version": "version", "type": "type", "hex": "hex", "gva": "gva"},
    **{"nav_heading": "nav_heading_deg", "true_heading": "true_heading_deg", "sda": "sda"},
}


@pytest.mark.parametrize("name", sorted(SNAPSHOTS))
def test_every_value_of_a_snapshot_is_that_of_the_standard_library(shared_data, name):
    octets = recording(shared_data / "adsb" / f"{name}.json")
    held = json.loads(octets)
    batch = tables_in(READER, octets)
    table = batch.tables["aircraft"]
    assert table.num_rows == SNAPSHOTS[name][0]
    assert batch.rejects.num_rows == 0
    for wire, column in NUMBERS.items():
        assert table[column].to_pylist() == [one.get(wire) for one in held["aircraft"]], wire
    altitudes = [one.get("alt_baro") for one in held["aircraft"]]
    assert table["is_on_ground"].to_pylist() == [alt == "ground" for alt in altitudes]
    assert table["alt_baro_ft"].to_pylist() == [a if a != "ground" else None for a in altitudes]
    callsigns = [(one.get("flight") or "").strip() or None for one in held["aircraft"]]
    assert table["callsign"].to_pylist() == callsigns
    last = [one.get("lastPosition", {}).get("seen_pos") for one in held["aircraft"]]
    assert table["last_seen_pos_s"].to_pylist() == last


@pytest.mark.parametrize("name", sorted(SNAPSHOTS))
def test_a_snapshot_gives_a_report_for_each_aircraft_with_a_position(shared_data, name):
    octets = recording(shared_data / "adsb" / f"{name}.json")
    held = json.loads(octets)
    batch = reports_in(READER, octets)
    placed = [one for one in held["aircraft"] if "lat" in one]
    placed.sort(key=lambda one: -one["seen_pos"])
    assert batch.reports.num_rows == len(placed) == SNAPSHOTS[name][1]
    assert batch.unused == {"no position": len(held["aircraft"]) - len(placed)}
    for report, one in zip(batch.reports.to_pylist(), placed, strict=True):
        assert report["t"].timestamp() == pytest.approx(held["now"] - one["seen_pos"], abs=1e-6)
        assert report["t_heard"].timestamp() == held["now"]
        assert (report["lat_deg"], report["lon_deg"]) == (one["lat"], one["lon"])
        assert report["mode_s"] == int(one["hex"], 16)
        assert report["mode_3a"] == (int(one["squawk"], 8) if "squawk" in one else None)
        assert report["nacp"] == one.get("nac_p")
        if "gs" in one and "track" in one:
            speed = math.hypot(report["vel_east_mps"], report["vel_north_mps"])
            assert speed == pytest.approx(one["gs"] * 1852 / 3600)
            course = math.degrees(math.atan2(report["vel_east_mps"], report["vel_north_mps"]))
            assert math.cos(math.radians(course - one["track"])) == pytest.approx(1.0)
        else:
            assert report["vel_east_mps"] is None
        if "alt_geom" in one:
            assert report["alt_hae_m"] == pytest.approx(one["alt_geom"] * 0.3048)


def test_a_trace_is_read_point_by_point(shared_data):
    octets = recording(shared_data / "adsb" / "readsb_trace_full_ac671b.json")
    held = json.loads(octets)
    table = tables_in(READER, octets).tables["trace"]
    assert table.num_rows == len(held["trace"]) == 2_500
    assert nanoseconds(table["t"]) == [
        round((held["timestamp"] + point[0]) * 1e6) * 1000 for point in held["trace"]
    ]
    places = {"lat_deg": 1, "lon_deg": 2, "gs_kt": 4, "type": 9, "alt_geom_ft": 10, "ias_kt": 12}
    for column, place in places.items():
        assert table[column].to_pylist() == [point[place] for point in held["trace"]], column
    ground = [point[3] == "ground" for point in held["trace"]]
    assert table["is_on_ground"].to_pylist() == ground
    assert sum(ground) == 394
    assert table["track_deg"].to_pylist() == [
        None if is_down else point[5] for is_down, point in zip(ground, held["trace"], strict=True)
    ]
    assert table["is_new_leg"].to_pylist() == [bool(point[6] & 2) for point in held["trace"]]
    assert table["squawk"].to_pylist() == [
        (point[8] or {}).get("squawk") for point in held["trace"]
    ]


def test_reports_of_a_trace_hold_what_was_said_before(shared_data):
    octets = recording(shared_data / "adsb" / "readsb_trace_full_ac671b.json")
    batch = reports_in(READER, octets)
    assert batch.reports.num_rows == 2_499
    assert batch.unused == {"farther from the last good position than the aircraft can be": 1}
    assert set(batch.reports["callsign"].to_pylist()) >= {None, "DAL1812"}
    assert 300 < sum(flags_of(batch.reports, ReportFlag.ON_GROUND)) <= 394


def test_lines_with_their_own_time(shared_data):
    octets = recording(shared_data / "adsb" / "readsb_20minutes.jsonl")
    lines = [json.loads(line) for line in octets.splitlines()]
    batch = reports_in(READER, octets)
    assert batch.counts == {"aircraft": 1_194, "line without aircraft": 418}
    with_place = [k for k, line in enumerate(lines) if "lat" in line]
    assert batch.reports["frame"].to_pylist() == with_place
    addresses = {line["hex"] for line in lines if "hex" in line}
    assert {f"{address:06x}" for address in batch.reports["mode_s"].to_pylist()} == addresses
    assert len(addresses) == 19
    speeds = tables_in(READER, octets).tables["aircraft"]["gs_kt"].to_pylist()
    assert speeds == [lines[k]["gscp"] for k in with_place]


PLANE = {
    **{"hex": "4ca1fa", "type": "adsb_icao", "flight": "A1      ", "alt_baro": 1000},
    **{"lat": 47.0, "lon": 8.0, "seen_pos": 1.0, "gs": 100.0, "track": 90.0, "nac_p": 9},
}


def snapshot(*aircraft, now=1_700_000_000.0):
    return json.dumps({"now": now, "aircraft": list(aircraft)}).encode()


def test_the_same_position_in_the_next_snapshot_is_reported_once():
    octets = snapshot(PLANE) + snapshot(PLANE | {"seen_pos": 3.0}, now=1_700_000_002.0)
    octets += snapshot(PLANE | {"lon": 8.002}, now=1_700_000_004.0)
    batch = reports_in(READER, octets)
    assert batch.reports["lon_deg"].to_pylist() == [8.0, 8.002]
    assert batch.unused == {"the position is not renewed": 1}


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_snapshots_tell_each_position_once_and_in_order_of_time(data):
    """Aircraft heard at times that are known, and what a receiver writes of that now and then."""
    begin, digits = 1_700_000_000, data.draw(st.sampled_from([1, 3]))
    gap = st.floats(0.6, 40.0)
    heard = {}
    for n in range(data.draw(st.integers(1, 6))):
        gaps = data.draw(st.lists(gap, min_size=1, max_size=12))
        is_parked = data.draw(st.booleans())
        heard[f"4ca1{n:02x}"] = [
            (sum(gaps[: k + 1]), 8.0 if is_parked else 8.0 + 1e-4 * k) for k in range(len(gaps))
        ]
    period = data.draw(st.sampled_from([1.0, 7.3, 30.0]))
    octets, expected = b"", set()
    for k in range(1, int(600 / period)):
        said, now = [], k * period
        for address, places in heard.items():
            before = [(t, lon) for t, lon in places if t <= now]
            if before and now - before[-1][0] < 60.0:
                t, lon = before[-1]
                expected.add((address, t))
                age = {"hex": address, "lon": lon, "seen_pos": round(now - t, digits), "gs": 0.5}
                said.append(PLANE | age)
        data.draw(st.randoms(use_true_random=False)).shuffle(said)
        octets += snapshot(*said, now=round(begin + now, digits))
    batch = reports_in(READER, octets)
    assert batch.reports.num_rows == len(expected)
    told = [t - begin * 10**9 for t in nanoseconds(batch.reports["t"])]
    late = [max(told[: k + 1]) - t for k, t in enumerate(told)]
    assert max(late, default=0) <= 2 * 10**9 * 10**-digits  # what rounding does
    for (_, t), got in zip(sorted(expected, key=lambda one: one[1]), sorted(told), strict=True):
        assert got == pytest.approx(t * 1e9, abs=2e9 * 10**-digits)


def test_an_older_snapshot_behind_a_newer_one_tells_nothing_again():
    first, second, third = (
        snapshot(PLANE | {"lon": lon}, now=now)
        for lon, now in ((8.0, 1.7e9), (8.002, 1.7e9 + 3), (8.004, 1.7e9 + 6))
    )
    batch = reports_in(READER, first + second + first + second + third + second)
    assert batch.reports["lon_deg"].to_pylist() == [8.0, 8.002, 8.004]
    assert batch.unused == {"not newer than the position told before": 3}


def test_a_position_is_not_told_again_when_what_came_between_was_not_believed():
    good, wild = snapshot(PLANE), PLANE | {"lat": 12.0, "seen_pos": 0.0}
    again = snapshot(PLANE | {"seen_pos": 3.0}, now=1_700_000_002.0)
    batch = reports_in(READER, good + snapshot(wild, now=1_700_000_001.0) + again)
    assert batch.reports["lat_deg"].to_pylist() == [47.0]


def test_a_clock_set_back_is_believed_in_the_end():
    spots = [(8.0 + 1e-3 * k, 1.7e9 + 2.0 * k - (3_600.0 if k > 5 else 0.0)) for k in range(12)]
    octets = b"".join(snapshot(PLANE | {"lon": lon}, now=now) for lon, now in spots)
    batch = reports_in(READER, octets)
    assert batch.reports.num_rows == 10
    assert batch.unused == {"time goes back": 2}


def test_a_later_trace_tells_only_what_an_earlier_one_had_not(shared_data):
    octets = recording(shared_data / "adsb" / "readsb_trace_full_ac671b.json")
    held = json.loads(octets)
    whole = reports_in(READER, octets).reports

    def part(first, stop):
        points = held["trace"][first:stop]
        start = round(points[0][0], 2)
        moved = [[round(point[0] - start, 2), *point[1:]] for point in points]
        timestamp = round(held["timestamp"] + start, 3)
        return json.dumps(held | {"timestamp": timestamp, "trace": moved}).encode()

    parts = reports_in(READER, part(0, 1_000) + part(800, 1_500) + part(1_400, 2_500))
    assert parts.unused["told by an earlier trace"] == 300
    assert parts.reports.num_rows == whole.num_rows
    assert parts.reports["lat_deg"].to_pylist() == whole["lat_deg"].to_pylist()


def test_what_has_been_told_outlives_a_restart():
    point = [[t, 47.0, 8.0 + 1e-4 * t, 1000, 100.0, 90.0, 0, 0, None] for t in (0.0, 10.0, 20.0)]
    trace = {"icao": "4ca1fb", "timestamp": 1.7e9, "trace": point[:2]}
    octets = b"".join(
        [
            snapshot(PLANE, now=1.7e9),
            json.dumps(trace).encode(),
            snapshot(PLANE | {"lon": 8.002}, PLANE | {"hex": "4ca1fc"}, now=1.7e9 + 4),
            snapshot(PLANE, now=1.7e9),
            json.dumps(trace | {"trace": point}).encode(),
        ]
    )
    frames = frames_in(READER, octets)
    whole = READER.reports(Options()).feed(frames)
    assert whole.reports.num_rows == 6
    told_again = {"told by an earlier trace": 2, "not newer than the position told before": 1}
    assert whole.unused == told_again
    reader, parts = READER.reports(Options()), []
    for row in range(frames.num_rows):
        again = READER.reports(Options())
        again.restore(reader.snapshot())
        reader = again
        parts.append(reader.feed(frames.slice(row, 1)))
    rows = [one for part in parts for one in part.reports.to_pylist()]
    assert rows == whole.reports.to_pylist()
    assert sum((Counter(part.unused) for part in parts), Counter()) == told_again


def test_reports_of_a_snapshot_are_in_order_of_time(shared_data):
    for name in sorted(SNAPSHOTS):
        octets = recording(shared_data / "adsb" / f"{name}.json")
        times = nanoseconds(reports_in(READER, octets).reports["t"])
        assert times == sorted(times)
        assert times[-1] - times[0] > 20 * 10**9


@pytest.mark.parametrize(
    ("change", "kind", "has_quality"),
    [
        ({}, "adsb", True),
        ({"type": "adsr_icao"}, "adsb", True),
        ({"type": "mlat"}, "mlat", False),
        ({"mlat": ["lat", "lon"]}, "mlat", False),
        ({"mlat": ["track"]}, "adsb", True),
        ({"type": "tisb_icao"}, "track", False),
        ({"tisb": ["lat", "lon"]}, "track", False),
    ],
)
def test_the_kind_is_what_the_position_rests_on(change, kind, has_quality):
    report = reports_in(READER, snapshot(PLANE | change)).reports.to_pylist()[0]
    assert report["kind"] == kind
    assert (report["nacp"], report["sigma_pos_m"]) == (
        (9, pytest.approx(30 / 2.4477)) if has_quality else (None, None)
    )


def test_an_address_that_is_not_icaos_stays_out_of_mode_s():
    batch = tables_in(READER, snapshot(PLANE | {"hex": "~4ca1fa"}))
    assert batch.tables["aircraft"]["mode_s"].to_pylist() == [None]
    assert batch.tables["aircraft"]["hex"].to_pylist() == ["~4ca1fa"]


def test_ground_emergency_and_ident_are_flags():
    change = {"alt_baro": "ground", "emergency": "nordo", "spi": 1}
    batch = reports_in(READER, snapshot(PLANE | change))
    report = batch.reports.to_pylist()[0]
    assert report["flags"] == ReportFlag.ON_GROUND | ReportFlag.EMERGENCY | ReportFlag.SPI
    assert report["alt_baro_m"] is None
    lifeguard = reports_in(READER, snapshot(PLANE | {"emergency": "lifeguard"})).reports
    assert flags_of(lifeguard, ReportFlag.EMERGENCY) == [False]


def test_geometric_altitudes_and_rates_of_a_trace_go_where_they_belong():
    point = [0.0, 47.0, 8.0, 1000, 100.0, 90.0, 12, 640, None, "adsb_icao", None, None, None, None]
    octets = json.dumps({"icao": "4ca1fa", "timestamp": 1.7e9, "trace": [point, point[:9]]})
    table = tables_in(READER, octets.encode()).tables["trace"]
    assert table["alt_baro_ft"].to_pylist() == [None, None]
    assert table["alt_geom_ft"].to_pylist() == [1000.0, 1000.0]
    assert table["geom_rate_ft_min"].to_pylist() == [640.0, 640.0]


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (snapshot(PLANE | {"lat": 90.5}), "lat is not what it should be"),
        (snapshot(PLANE | {"lat": "47"}), "lat is not what it should be"),
        (snapshot(PLANE | {"gs": -1}), "gs is not what it should be"),
        (snapshot(PLANE | {"alt_baro": "air"}), "alt_baro is not what it should be"),
        (snapshot(PLANE | {"spi": 2}), "spi is not what it should be"),
        (snapshot(PLANE | {"mlat": "lat"}), "mlat is not what it should be"),
        (snapshot(PLANE | {"nac_p": 10**400}), "nac_p is not what it should be"),
        (snapshot(PLANE | {"flight": "\ud800"}), "flight is not what it should be"),
        (snapshot(PLANE | {"hex": "4ca1f"}), "no address, or one that cannot be"),
        (snapshot(PLANE, now=None), "no time, or one that cannot be"),
        (snapshot([]), "no aircraft"),
        (b'{"now": NaN, "aircraft": []}', "no JSON object"),
        (b'{"hex": "4ca1fa", "lat": 47.0}', "no aircraft with a time, and no trace"),
        (b'{"icao": "4ca1fa", "timestamp": 1, "trace": [[0, 1]]}', "a point is not as in traces"),
    ],
)
def test_what_cannot_be_is_rejected(octets, reason):
    batch = tables_in(READER, octets)
    assert reasons(batch) == [reason]
    assert batch.tables == {}


def test_one_bad_aircraft_costs_no_other():
    batch = tables_in(READER, snapshot(PLANE, PLANE | {"hex": "4ca1fb", "lat": 1e9}, PLANE))
    assert batch.tables["aircraft"]["record"].to_pylist() == [0, 2]
    assert json.loads(batch.rejects["octets"][0].as_py())["hex"] == "4ca1fb"


def test_milliseconds_are_told_by_their_size():
    table = tables_in(READER, snapshot(PLANE, now=1_700_000_000_500)).tables["aircraft"]
    assert nanoseconds(table["t"]) == [1_700_000_000_500_000_000]


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.just(["lat"])
)


@settings(deadline=None, max_examples=60)
@given(
    changes=st.lists(
        st.dictionaries(st.sampled_from([*PLANE, *NUMBERS, "lastPosition"]), anything, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_every_aircraft_becomes_a_row_or_a_reject_whatever_it_says(changes):
    octets = snapshot(*(PLANE | change for change in changes))
    batch = tables_in(READER, octets)
    rows = batch.tables["aircraft"].num_rows if batch.tables else 0
    if reasons(batch) == ["no JSON object"]:
        assert b"NaN" in octets or b"Infinity" in octets
    else:
        assert rows + batch.rejects.num_rows == len(changes) == batch.counts["aircraft"]
    reports = reports_in(READER, octets)
    assert reports.reports.num_rows + sum(reports.unused.values()) == rows
