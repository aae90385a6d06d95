"""OpenSky state vectors, against the standard library's reading of the same files."""

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.read import opensky
from airshield.read.opensky import READER
from airshield.read.reader import Options
from airshield.tables import ReportFlag
from reference import text_feeds as slow
from text_frames import flags_of, frames_in, nanoseconds, reasons, recording, reports_in, tables_in

FILES = {
    "switzerland_statevectors": (139_098, 842, 138_310),
    "tour_de_france_lowlevel": (99_031, 2, 96_776),
    "zurich_airport_surface": (17_132, 10, 16_958),
    "noisy_time_issue": (8_294, 1, 6_406),
    "inflight_refuelling": (10_397, 1, 9_991),
}
"""Rows and airframes as the recordings' README counts them, and reports."""

NAMES = {
    **{"latitude": "lat_deg", "longitude": "lon_deg", "altitude": "alt_baro_ft"},
    **{"groundspeed": "gs_kt", "track": "track_deg", "vertical_rate": "vert_rate_ft_min"},
    **{"callsign": "callsign", "onground": "is_on_ground", "roll": "roll_deg", "TAS": "tas_kt"},
}


@pytest.fixture(scope="module", params=sorted(FILES))
def whole(request, shared_data):
    """A file's name, its octets, and its rows as the standard library reads them."""
    octets = recording(shared_data / "adsb" / f"{request.param}.json.gz")
    return request.param, octets, json.loads(octets)


def test_every_value_of_every_row_is_that_of_the_standard_library(whole):
    name, octets, rows = whole
    batch = tables_in(READER, octets)
    table = batch.tables["state_vector"]
    assert batch.rejects.num_rows == 0
    assert batch.counts == {"state vector": FILES[name][0]}
    assert (table.num_rows, len(set(table["mode_s"].to_pylist()))) == FILES[name][:2]
    for wire, column in NAMES.items():
        assert table[column].to_pylist() == [row.get(wire) for row in rows], wire
    assert table["mode_s"].to_pylist() == [int(row["icao24"], 16) for row in rows]
    assert nanoseconds(table["t"]) == [row["timestamp"] * 1_000_000 for row in rows]


def test_reports_are_the_places_that_the_slow_gate_believes(whole):
    name, octets, rows = whole
    batch = reports_in(READER, octets)
    gates, expected, placed = {}, [], 0
    for k, row in enumerate(rows):
        if row["latitude"] is None:
            continue
        placed += 1
        on_ground = row.get("onground", False)
        unknown = 60.0 * 3600 / 1852 if on_ground else float("nan")
        knots = unknown if row["groundspeed"] is None else row["groundspeed"]
        gate = gates.setdefault(row["icao24"], slow.Places())
        verdict = gate.judge(
            row["timestamp"] / 1000,
            row["latitude"],
            row["longitude"],
            knots * 1852 / 3600,
            on_ground or knots < 5.0,
        )
        if verdict == slow.GOOD:
            expected.append(k)
    assert batch.reports["frame"].to_pylist() == expected
    assert batch.reports.num_rows == FILES[name][2]
    assert batch.reports.num_rows + sum(batch.unused.values()) == len(rows)
    assert batch.unused.get("no position", 0) == len(rows) - placed


def test_no_report_is_where_the_aircraft_cannot_be(whole):
    """Whatever the gate's figures: nothing in these files flies faster than 400 m/s."""
    _, octets, _ = whole
    reports = reports_in(READER, octets).reports
    t_s = np.array(nanoseconds(reports["t"])) / 1e9
    lat, lon = (np.radians(reports[c].to_numpy()) for c in ("lat_deg", "lon_deg"))
    for address in set(reports["mode_s"].to_pylist()):
        at = np.flatnonzero(reports["mode_s"].to_numpy() == address)
        dt = np.diff(t_s[at])
        half = np.sin(np.diff(lat[at]) / 2) ** 2
        half += np.cos(lat[at][1:]) * np.cos(lat[at][:-1]) * np.sin(np.diff(lon[at]) / 2) ** 2
        apart_m = 2 * 6_371_000.0 * np.arcsin(np.sqrt(half))
        forward = dt > -30.0  # the files put flights of one aircraft in any order
        # Stamps are whole seconds and up to two seconds wrong.
        assert (apart_m[forward] <= 400.0 * (np.abs(dt[forward]) + 2.0) + 200.0).all()


def test_aircraft_on_the_ground_say_so(shared_data):
    octets = recording(shared_data / "adsb" / "zurich_airport_surface.json.gz")
    rows = json.loads(octets)
    reports = reports_in(READER, octets).reports
    expected = [rows[frame]["onground"] for frame in reports["frame"].to_pylist()]
    assert flags_of(reports, ReportFlag.ON_GROUND) == expected
    assert 8_000 < sum(expected) < len(expected)


def test_the_absurd_places_at_zurich_make_no_reports(shared_data):
    """4b17fd jumps 4 km off the airport and back within 11 s, standing on its taxiway."""
    octets = recording(shared_data / "adsb" / "zurich_airport_surface.json.gz")
    frames = set(reports_in(READER, octets).reports["frame"].to_pylist())
    assert not frames & set(range(11_899, 11_910))
    assert {11_898, 11_910} <= frames


ROWS = [
    {
        **{"timestamp": 1_700_000_000_000 + 1000 * k, "icao24": "4ca1fa", "latitude": 47 + k / 500},
        **{"longitude": 180.0, "altitude": 100.0, "groundspeed": 430.0, "track": 90.0},
        **{"vertical_rate": -600, "callsign": "ABC 1   ", "onground": False, "squawk": "7600"},
    }
    for k in range(4)
]


def test_a_report_is_in_si_and_unknown_is_null():
    report = reports_in(READER, json.dumps(ROWS[:1]).encode()).reports.to_pylist()[0]
    assert report["lat_deg"] == 47.0
    assert report["lon_deg"] == -180.0
    assert report["alt_baro_m"] == pytest.approx(30.48)
    assert report["vel_east_mps"] == pytest.approx(430 * 1852 / 3600)
    assert report["vel_north_mps"] == pytest.approx(0.0, abs=1e-9)
    assert report["vel_up_mps"] == pytest.approx(-3.048)
    assert (report["mode_s"], report["mode_3a"]) == (0x4CA1FA, 0o7600)
    assert (report["callsign"], report["sensor"], report["kind"]) == ("ABC 1", "file:x", "adsb")
    assert report["flags"] == ReportFlag.EMERGENCY
    assert report["t"].isoformat() == "2023-11-14T22:13:20+00:00"
    assert (
        report["alt_hae_m"] is report["t_heard"] is report["nacp"] is report["sigma_pos_m"] is None
    )


def test_a_position_under_a_new_time_is_not_renewed():
    rows = [row | {"latitude": 47.0} for row in ROWS]
    batch = reports_in(READER, json.dumps(rows).encode())
    assert batch.reports.num_rows == 1
    assert batch.unused == {"the position is not renewed": 3}
    at_rest = [row | {"groundspeed": 0.0} for row in rows]
    assert reports_in(READER, json.dumps(at_rest).encode()).reports.num_rows == 4


def test_csv_and_json_lines_say_the_same_as_the_array():
    array = tables_in(READER, json.dumps(ROWS).encode()).tables["state_vector"]
    lines = "\n".join(json.dumps(row) for row in ROWS).encode()
    assert tables_in(READER, lines).tables["state_vector"].to_pydict() == array.to_pydict()
    text = io.StringIO()
    writer = csv.DictWriter(text, ROWS[0])
    writer.writeheader()
    writer.writerows(ROWS)
    batch = tables_in(READER, text.getvalue().encode())
    assert batch.counts == {"header": 1, "state vector": 4}
    of_csv = batch.tables["state_vector"].drop(["frame"])
    assert of_csv.to_pydict() == array.drop(["frame"]).to_pydict()


def test_the_networks_own_csv_is_in_si():
    head = "time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,squawk,baroaltitude"
    octets = f"{head},lastposupdate\n1700000010,4ca1fa,47.0,8.0,200,90,-1,A1 ,false,1000.0,9000,"
    octets += "1700000008.25\n1700000010,4ca1fa,,,,,,,,,,\n"
    table = tables_in(READER, octets.encode()).tables["opensky_state"]
    assert table["gs_mps"].to_pylist() == [200.0, None]
    assert table["squawk"].to_pylist() == ["1000", None]
    batch = reports_in(READER, octets.encode())
    report = batch.reports.to_pylist()[0]
    assert report["t"].isoformat() == "2023-11-14T22:13:28.250000+00:00"
    assert (report["alt_baro_m"], report["vel_up_mps"]) == (9000.0, -1.0)
    assert batch.unused == {"no position": 1}


def test_an_answer_of_the_api_gives_positions_with_their_own_time_and_source():
    state = ["4ca1fa", "A1", "X", 1_700_000_007, 1_700_000_009, 8.0, 47.0, 9000, False, 200, 90, 0]
    rest = [None, 9100, "7700", True]
    states = [[*state, *rest, 2], ["3c0001", *state[1:], *rest, 1], state]
    octets = json.dumps({"time": 1_700_000_010, "states": states}).encode()
    batch = reports_in(READER, octets)
    assert batch.counts == {"document": 1, "state vector": 3}
    assert batch.reports["kind"].to_pylist() == ["mlat", "track"]
    first = batch.reports.to_pylist()[0]
    assert first["t"].timestamp() == 1_700_000_007
    assert first["t_heard"].timestamp() == 1_700_000_010
    assert first["alt_hae_m"] == 9100.0
    assert first["flags"] == ReportFlag.SPI | ReportFlag.EMERGENCY
    assert reasons(batch) == ["a state is not what the API gives"]
    assert json.loads(batch.rejects["octets"][0].as_py()) == state


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"latitude": 91.0}, "lat_deg is beyond what can be"),
        ({"longitude": -1e999}, "no JSON object"),
        ({"longitude": "8"}, "longitude is not what it should be"),
        ({"altitude": 1e6}, "alt_baro_ft is beyond what can be"),
        ({"altitude": True}, "altitude is not what it should be"),
        ({"groundspeed": -1.0}, "gs_kt is beyond what can be"),
        ({"icao24": "xyz"}, "icao24 is no address of 24 bits"),
        ({"icao24": None}, "icao24 is no address of 24 bits"),
        ({"timestamp": None}, "t is no time that can be"),
        ({"timestamp": 9e15}, "t is no time that can be"),
        ({"onground": "no"}, "onground is not what it should be"),
        ({"callsign": "\ud800"}, "callsign is not what it should be"),
    ],
)
def test_a_row_that_cannot_be_is_rejected_and_the_others_kept(change, reason):
    rows = [ROWS[0], ROWS[1] | change, ROWS[2]]
    octets = json.dumps(rows).encode()
    batch = tables_in(READER, octets)
    assert reasons(batch) == [reason]
    assert batch.tables["state_vector"]["frame"].to_pylist() == [0, 2]
    assert batch.rejects["octets"][0].as_py() in octets
    assert batch.rejects["offset"][0].as_py() == octets.index(batch.rejects["octets"][0].as_py())


def test_lines_of_csv_that_do_not_fit_are_rejected():
    octets = b"icao24,timestamp,latitude,longitude\n4ca1fa,1700000000,47.0\n"
    octets += b'4ca1fa,"2023-11-14 22:13:20+00:00",47.0,8.0\n4ca1fa,x,47.0,8.0\n"a\n'
    batch = tables_in(READER, octets)
    assert reasons(batch) == [
        "another number of fields than the header has",
        "timestamp is not what it should be",
        "no line of CSV",
    ]
    times = batch.tables["state_vector"]["t"]
    assert nanoseconds(times) == [1_700_000_000_000_000_000]
    assert reasons(tables_in(READER, b"4ca1fa,1700000000,47.0,8.0\n")) == [
        "no header names the columns"
    ]


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(-(10**20), 10**20),
    st.sampled_from(["", "4ca1fa", "1000", "é", '"', "2023-11-14T22:13:20Z", [1], {"latitude": 1}]),
)


@settings(deadline=None, max_examples=150)
@given(
    changes=st.lists(
        st.dictionaries(st.sampled_from([*ROWS[0], "roll", "other"]), odd, max_size=2), max_size=5
    )
)
def test_the_fast_path_is_the_general_path(changes):
    rows = [ROWS[k % 4] | change for k, change in enumerate(changes)]
    frames = frames_in(READER, json.dumps(rows).encode())
    fast = READER.tables(Options()).feed(frames)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opensky, "_read_fast", lambda *_: False)
        general = READER.tables(Options()).feed(frames)
    assert fast.rejects.to_pydict() == general.rejects.to_pydict()
    assert fast.counts == general.counts
    assert fast.tables.keys() == general.tables.keys()
    for name, table in general.tables.items():
        assert fast.tables[name].to_pydict() == table.to_pydict()


def test_only_the_columns_asked_for_are_made():
    frames = frames_in(READER, json.dumps(ROWS).encode())
    table = READER.tables(Options(columns=["lat_deg", "mode_s"])).feed(frames)
    assert table.tables["state_vector"].column_names == ["mode_s", "lat_deg"]
    with pytest.raises(ValueError, match="no column 'latitude'"):
        READER.tables(Options(columns=["latitude"]))


def test_jet1090_lines_are_not_taken_for_state_vectors():
    line = b'{"timestamp":1717.5,"frame":"8d400f99","df":"17","icao24":"400f99","latitude":43.6}\n'
    assert READER.sniff(line) == 0.0
