"""SAPIENT: protobuf and JSON alike, detections to reports, and nobody is tasked from here."""

import ast
import binascii
import json
import math
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import airshield.read.sapient as room
from airshield import tables
from airshield.read.frames import Ledger
from airshield.read.reader import Options
from airshield.read.reader import frames_of as cut_frames
from airshield.read.sapient import READER
from airshield.read.sapient.reports import NODES_MAX
from airshield.read.sapient.utm import geodetic_from_utm
from airshield.read.sapient.wire import DamagedError, read_message
from frames_by_hand import T0_NS, frames_of
from reference import sapient as by_hand

NODE = "a8654cdf-4328-47de-81fa-c495589e30c9"
T_NS = T0_NS + 250_000_000
HEAD = {"timestamp": T_NS, "node_id": NODE}
PLACE = {
    "x": 16.37,
    "y": 48.21,
    "z": 320.0,
    "coordinate_system": by_hand.DEGREES,
    "datum": by_hand.ELLIPSOID,
}
BEARING = {
    "azimuth": 90.0,
    "elevation": 5.0,
    "range": 1500.0,
    "coordinate_system": by_hand.POLAR["DEGREES_M"],
    "datum": by_hand.NORTH["TRUE"],
}


DETECTION = "detectionReport."


def detection(**content):
    return {**HEAD, "detection_report": {"object_id": "01GGYFBAXH4VYRQYEX7S3XGK3H", **content}}


def registration(*kinds, **content):
    nodes = [{"node_type": by_hand.NODE[kind]} for kind in kinds]
    return {**HEAD, "registration": {"node_definition": nodes, **content}}


def status(**content):
    return {**HEAD, "status_report": {"system": by_hand.SYSTEM["OK"], **content}}


def read_reports(*messages, reader=None):
    octets = [one if isinstance(one, bytes) else by_hand.framed(one) for one in messages]
    return (reader or READER.reports(Options())).feed(frames_of(octets, source="tcp:10.0.0.1:5020"))


def only_report(*messages):
    batch = read_reports(*messages)
    (row,) = batch.reports.drop_columns(["t", "t_heard"]).to_pylist()
    return {name: value for name, value in row.items() if value is not None}


# ---- protobuf and JSON ---------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)
doubles = st.floats(allow_nan=False, allow_infinity=False)


def some(required=(), **fields):
    return st.fixed_dictionaries({k: fields.pop(k) for k in required}, optional=fields)


def few(one):
    return st.lists(one, min_size=1, max_size=3)


locations = some(
    **dict.fromkeys(("x", "y", "z", "x_error", "y_error", "z_error"), doubles),
    coordinate_system=st.sampled_from([by_hand.DEGREES, by_hand.RADIANS, by_hand.UTM]),
    datum=st.sampled_from([by_hand.ELLIPSOID, by_hand.GEOID]),
    utm_zone=texts,
)
bearings = some(
    **dict.fromkeys(("elevation", "azimuth", "range", "azimuth_error", "range_error"), doubles),
    coordinate_system=st.sampled_from([*by_hand.POLAR.values()]),
    datum=st.sampled_from([*by_hand.NORTH.values()]),
)
classes = some(
    type=texts,
    confidence=floats,
    sub_class=few(some(type=texts, confidence=floats, level=st.integers(-(2**31), 2**31 - 1))),
)
infos = some(type=texts, value=texts, error=floats)
detections = st.one_of(
    some(
        **dict.fromkeys(("report_id", "object_id", "task_id", "state", "colour", "id"), texts),
        **{place: strategy},
        detection_confidence=floats,
        classification=few(classes),
        behaviour=few(some(type=texts, confidence=floats)),
        track_info=few(infos),
        object_info=few(infos),
        signal=few(some(amplitude=floats, centre_frequency=floats)),
        associated_detection=few(some(node_id=texts, object_id=texts)),
        enu_velocity=some(**dict.fromkeys(("east_rate", "north_rate", "up_rate"), doubles)),
    )
    for place, strategy in (("location", locations), ("range_bearing", bearings))
)
statuses = some(
    system=st.sampled_from([*by_hand.SYSTEM.values()]),
    mode=texts,
    power=some(level=st.integers(-1, 101)),
    node_location=locations,
    status=few(some(status_value=texts, status_type=st.just(("STATUS_TYPE", "WEATHER", 4)))),
)
registrations = some(
    node_definition=few(
        some(node_type=st.sampled_from([*by_hand.NODE.values()]), node_sub_type=few(texts))
    ),
    name=texts,
    icd_version=texts,
    mode_definition=few(
        some(
            mode_name=texts,
            detection_definition=few(
                some(
                    velocity_type=some(
                        enu_velocity_units=some(
                            east_north_rate_units=st.sampled_from([*by_hand.SPEED.values()])
                        )
                    )
                )
            ),
        )
    ),
    dependent_nodes=few(texts),
)
alerts = some(
    alert_type=st.just(("ALERT_TYPE", "WARNING", 2)),
    description=texts,
    location=locations,
    ranking=floats,
    additional_information=texts,
)
heads = some(
    required=("node_id",),
    node_id=st.sampled_from(["n1", "n2", NODE]),
    timestamp=st.integers(T0_NS, T0_NS + 10**12),
    destination_id=texts,
    additional_information=texts,
)
messages = st.builds(
    lambda head, content: {**head, **content},
    heads,
    st.one_of(
        detections.map(lambda c: {"detection_report": c}),
        statuses.map(lambda c: {"status_report": c}),
        registrations.map(lambda c: {"registration": c}),
        alerts.map(lambda c: {"alert": c}),
        st.just({"task_ack": {"task_status": ("TASK_STATUS", "REJECTED", 2), "reason": ["no"]}}),
    ),
)


@given(messages)
@settings(deadline=None)
def test_protobuf_and_both_spellings_of_json_say_the_same(message):
    want = by_hand.plain(message)
    assert read_message(by_hand.framed(message)) == want
    assert read_message(by_hand.document(message)) == want
    assert read_message(by_hand.document(message, spell=str)) == want


def test_the_last_of_a_choice_and_of_a_repeated_number_counts_and_messages_merge():
    place, bearing = by_hand.proto(PLACE, by_hand.LOCATION), by_hand.proto(BEARING, by_hand.BEARING)
    report = by_hand.chunk(5, bearing) + by_hand.chunk(6, place)
    octets = by_hand.proto(HEAD) + by_hand.chunk(7, report)
    got = read_message(struct.pack("<I", len(octets)) + octets)["detection_report"]
    assert list(got) == ["location"]
    halves = by_hand.chunk(7, by_hand.chunk(1, b"a") + by_hand.chunk(2, b"old"))
    halves += by_hand.chunk(7, by_hand.chunk(2, b"new"))
    got = read_message(struct.pack("<I", len(halves)) + halves)
    assert got["detection_report"] == {"report_id": "a", "object_id": "new"}


def test_what_the_tables_do_not_know_is_stepped_over():
    more = (
        by_hand.field(99, 0, b"\x05")
        + by_hand.field(98, 5, b"abcd")
        + by_hand.field(97, 1, bytes(8))
    )
    octets = by_hand.proto(detection(location=PLACE)) + more
    assert read_message(struct.pack("<I", len(octets)) + octets) == by_hand.plain(
        detection(location=PLACE)
    )
    document = {
        **by_hand.as_json(detection(location=PLACE)),
        "novelty": {"a": [1]},
        "destinationId": None,
    }
    assert read_message(json.dumps(document).encode()) == by_hand.plain(detection(location=PLACE))
    assert read_message(by_hand.framed(status(system=("SYSTEM", "x", 77))))["status_report"] == {
        "system": "unknown 77"
    }


@pytest.mark.parametrize(
    ("octets", "reason", "item"),
    [
        (b"", "a length", None),
        (b"\x05\0\0\0ab", "a length", None),
        (b"\x02\0\0\0\x0a\x7f", "does not fit", None),
        (b"\x02\0\0\0\x0b\x00", "wire type", None),
        (b"\x02\0\0\0\x08\xff", "without end", None),
        (b"\x04\0\0\0\x12\x02\xff\xfe", "no UTF-8", "node_id"),
        (b'{"nodeId": 3}', "no text", "nodeId"),
        (b'{"timestamp": "yesterday"}', "a time", "timestamp"),
        (b'{"timestamp": "2023-02-30T00:00:00Z"}', "a time", "timestamp"),
        (b'{"statusReport": {"system": "SYSTEM_FINE"}}', "no", "statusReport.system"),
        (b'{"detectionReport": {"location": {"x": "far"}}}', "no number", DETECTION + "location.x"),
        (b'{"detectionReport": {"location": {"x": NaN}}}', "no number", DETECTION + "location.x"),
        (
            b'{"detectionReport": {"detectionConfidence": 1e99}}',
            "no number",
            DETECTION + "detectionConfidence",
        ),
        (b'{"detectionReport": {"classification": {}}}', "no list", DETECTION + "classification"),
        (b'{"statusReport": {"power": {"level": 1.5}}}', "whole", "statusReport.power.level"),
        (b'{"detectionReport": []}', "no object", "detectionReport"),
        (b'{"nodeId": "a"', "no JSON", None),
        (b"[" * 100_000, "", None),
    ],
)
def test_what_is_no_message_is_a_reject_with_its_reason(octets, reason, item):
    with pytest.raises(DamagedError):
        read_message(octets)
    batch = read_reports(octets)
    (reject,) = batch.rejects.to_pylist()
    assert reason in reject["reason"]
    assert reject["item"] == item
    assert reject["octets"] == octets


def test_classes_nest_no_deeper_than_a_limit():
    inner = {"type": "x"}
    for _ in range(80):
        inner = {"type": "x", "sub_class": [inner]}
    message = detection(classification=[inner])
    for octets in (by_hand.framed(message), by_hand.document(message)):
        with pytest.raises(DamagedError, match="without end"):
            read_message(octets)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_random_octets_are_no_message(octets):
    assert READER.sniff(octets) == 0.0
    batch = read_reports(octets, struct.pack("<I", len(octets)) + octets)
    assert batch.reports.num_rows == 0
    assert batch.rejects.num_rows + sum(batch.unused.values()) == 2


@pytest.mark.parametrize("make", [by_hand.framed, by_hand.document])
def test_a_message_cut_at_any_octet_is_refused(make):
    octets = make(detection(location=PLACE, classification=[{"type": "Air Vehicle"}]))
    for size in range(len(octets)):
        batch = read_reports(octets[:size])
        assert batch.reports.num_rows == 0
        assert batch.rejects["octets"].to_pylist() == [octets[:size]]


# ---- detections ----------------------------------------------------------------------------------


def test_a_place_becomes_a_report():
    message = detection(
        location=PLACE,
        id="UAV-7",
        enu_velocity={"east_rate": 3.0, "north_rate": -4.0, "up_rate": 1.0},
    )
    assert only_report(message) == {
        "sensor": f"sapient/{NODE}",
        "kind": "track",
        "lat_deg": 48.21,
        "lon_deg": 16.37,
        "alt_hae_m": 320.0,
        "vel_east_mps": 3.0,
        "vel_north_mps": -4.0,
        "vel_up_mps": 1.0,
        "callsign": "UAV-7",
        "track_sensor": binascii.crc32(b"01GGYFBAXH4VYRQYEX7S3XGK3H"),
        "flags": 0,
        "frame": 0,
    }
    batch = read_reports(message)
    assert batch.reports["t"].cast(pa.int64()).to_pylist() == [T_NS]
    assert batch.reports["t_heard"].cast(pa.int64()).to_pylist() == [T0_NS]


def test_a_height_over_a_geoid_that_is_not_named_stays_in_the_table():
    assert "alt_hae_m" not in only_report(detection(location={**PLACE, "datum": by_hand.GEOID}))


def test_radians_are_places_too():
    place = {
        **PLACE,
        "x": math.radians(16.37),
        "y": math.radians(48.21),
        "coordinate_system": by_hand.RADIANS,
    }
    row = only_report(detection(location=place))
    assert (row["lat_deg"], row["lon_deg"]) == pytest.approx((48.21, 16.37), abs=1e-12)


@pytest.mark.parametrize(
    ("system", "azimuth", "elevation", "range_", "error"),
    [
        ("DEGREES_M", 270.0, 5.0, 1500.0, 2.0),
        ("DEGREES_KM", -90.0, 5.0, 1.5, 2.0),
        ("RADIANS_M", math.radians(270.0), math.radians(5.0), 1500.0, math.radians(2.0)),
        ("RADIANS_KM", math.radians(630.0), math.radians(5.0), 1.5, math.radians(2.0)),
    ],
)
def test_a_bearing_becomes_a_report_in_degrees_and_metres(
    system, azimuth, elevation, range_, error
):
    bearing = {
        "azimuth": azimuth,
        "elevation": elevation,
        "range": range_,
        "azimuth_error": error,
        "range_error": 30.0 if system.endswith("_M") else 0.03,
        "coordinate_system": by_hand.POLAR[system],
        "datum": by_hand.NORTH["TRUE"],
    }
    row = only_report(detection(range_bearing=bearing))
    assert row["azm_true_deg"] == pytest.approx(270.0)
    assert row["elv_deg"] == pytest.approx(5.0)
    assert row["rng_slant_m"] == pytest.approx(1500.0)
    assert row["sigma_azm_deg"] == pytest.approx(2.0)
    assert row["sigma_rng_m"] == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({}, "detection without a place"),
        ({"location": {"x": 1.0, "y": 2.0}}, "location without coordinates or their system"),
        ({"location": {**PLACE, "y": 91.0}}, "location that is not on Earth"),
        ({"location": {**PLACE, "x": math.nan}}, "location without coordinates or their system"),
        ({"location": {**PLACE, "coordinate_system": by_hand.UTM}}, "UTM location without a zone"),
        (
            {"location": {**PLACE, "coordinate_system": by_hand.UTM, "utm_zone": "30U"}},
            "UTM location outside its zone",
        ),
        (
            {"location": {**PLACE, "coordinate_system": ("", "", 9)}},
            "location in an unknown system",
        ),
        *(
            (
                {"range_bearing": {**BEARING, "datum": by_hand.NORTH[north]}},
                "bearing from another north than the true one",
            )
            for north in ("MAGNETIC", "GRID", "PLATFORM")
        ),
        (
            {"range_bearing": {"datum": by_hand.NORTH["TRUE"], "azimuth": 1.0}},
            "bearing in an unknown system",
        ),
        ({"range_bearing": {**BEARING, "elevation": 91.0}}, "bearing that cannot be"),
        ({"range_bearing": {**BEARING, "range": -1.0}}, "bearing that cannot be"),
    ],
)
def test_a_detection_that_cannot_be_used_is_counted_with_its_reason(content, why):
    batch = read_reports(detection(**content))
    assert batch.reports.num_rows == 0
    assert batch.rejects.num_rows == 0
    assert batch.unused == {why: 1}


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        (["RADAR"], "psr"),
        (["CAMERA", "LIDAR"], "psr"),
        (["ACOUSTIC"], "acoustic"),
        (["SEISMIC"], "acoustic"),
        (["PASSIVE_RF"], "drone_id"),
        (["HUMAN"], "spotter"),
        (["FUSION_NODE"], "track"),
        (["OTHER"], "track"),
        (["RADAR", "PASSIVE_RF"], "track"),
        ([], "track"),
    ],
)
def test_the_kind_of_a_report_is_that_of_its_node(kinds, kind):
    assert only_report(registration(*kinds), detection(location=PLACE))["kind"] == kind


@pytest.mark.parametrize("kind", ["KINETIC", "JAMMER", "CYBER", "LDEW", "RFDEW"])
def test_what_acts_on_drones_is_no_sensor(kind):
    batch = read_reports(registration("RADAR", kind), detection(location=PLACE))
    assert batch.reports.num_rows == 0
    assert batch.unused == {"detection of an effector": 1}


def velocity_in(*units):
    return [
        {
            "detection_definition": [
                {
                    "velocity_type": {
                        "enu_velocity_units": {
                            "east_north_rate_units": by_hand.SPEED[one],
                            "up_rate_units": by_hand.SPEED["MS"],
                        }
                    }
                }
            ]
        }
        for one in units
    ]


@pytest.mark.parametrize(
    ("units", "east_mps"), [(["MS"], 36.0), (["KPH"], 10.0), (["KPH", "MS"], None), ([], 36.0)]
)
def test_velocities_are_in_the_unit_that_the_node_registered(units, east_mps):
    rate = {"east_rate": 36.0, "north_rate": 0.0, "up_rate": 2.0}
    row = only_report(
        registration("RADAR", mode_definition=velocity_in(*units)),
        detection(location=PLACE, enu_velocity=rate),
    )
    assert row.get("vel_east_mps") == (None if east_mps is None else pytest.approx(east_mps))
    assert row["vel_up_mps"] == 2.0


def test_where_the_node_stands_goes_with_its_bearings():
    row = only_report(status(node_location=PLACE), detection(range_bearing=BEARING))
    assert (row["sensor_lat_deg"], row["sensor_lon_deg"]) == (48.21, 16.37)
    other = {**status(node_location=PLACE), "node_id": "another"}
    assert "sensor_lat_deg" not in only_report(other, detection(range_bearing=BEARING))


def test_utm_is_what_proj_says():
    rng = np.random.default_rng(7)
    for zone, band, south in ((30, "U", False), (1, "N", False), (60, "X", False), (33, "K", True)):
        to_geodetic = pyproj.Transformer.from_crs(
            f"+proj=utm +zone={zone} {'+south' if south else ''} +ellps=WGS84", "EPSG:4326"
        )
        for _ in range(25):
            east, north = rng.uniform(170_000, 830_000), rng.uniform(1_000_000, 9_300_000)
            want = to_geodetic.transform(east, north)
            got = geodetic_from_utm(east, north, f"{zone}{band}")
            assert got == pytest.approx(want, abs=2e-9)  # 0.2 mm
    for zone in ("0U", "61U", "30I", "30", "30S", "U30", ""):
        assert geodetic_from_utm(500_000.0, 5_000_000.0, zone) is None


def test_errors_count_where_their_unit_is_known():
    utm = {
        "x": 318_720.0,
        "y": 5_650_000.0,
        "x_error": 10.0,
        "y_error": 12.0,
        "coordinate_system": by_hand.UTM,
        "datum": by_hand.ELLIPSOID,
        "utm_zone": "30U",
    }
    assert only_report(detection(location=utm))["sigma_pos_m"] == 12.0
    degrees = {**PLACE, "x_error": 5.0, "y_error": 5.0}
    assert "sigma_pos_m" not in only_report(detection(location=degrees))


def test_the_surest_class_is_named_with_those_above_it():
    uav = {"type": "UAV", "confidence": 0.75, "level": 1}
    air = {"type": "Air Vehicle", "confidence": 0.5, "sub_class": [uav]}
    message = detection(location=PLACE, classification=[{"type": "Bird", "confidence": 0.25}, air])
    table = READER.tables(Options()).feed(frames_of([by_hand.framed(message)])).tables
    (row,) = table["detection_report"].select(["class", "class_confidence"]).to_pylist()
    assert row == {"class": "Air Vehicle.UAV", "class_confidence": 0.75}


# ---- status --------------------------------------------------------------------------------------


def test_a_node_says_how_it_is():
    words = [{"status_type": ("STATUS_TYPE", "WEATHER", 4), "status_value": "Rain"}]
    power = {"level": 40, "status": ("POWERSTATUS", "FAULT", 2)}
    batch = read_reports(
        registration("RADAR", name="North hill", icd_version="BSI Flex 335 v2.0"),
        status(mode="Default", status=words, power=power),
        status(system=by_hand.SYSTEM["WARNING"]),
        status(system=by_hand.SYSTEM["ERROR"]),
        status(system=by_hand.SYSTEM["GOODBYE"]),
        {**HEAD, "alert": {"alert_type": ("ALERT_TYPE", "CRITICAL", 3), "description": "tilted"}},
    )
    rows = batch.status.select(["sensor", "message", "state", "text"]).to_pylist()
    assert {row.pop("sensor") for row in rows} == {f"sapient/{NODE}"}
    assert [tuple(row.values()) for row in rows] == [
        ("registration", None, "North hill; radar; BSI Flex 335 v2.0"),
        ("status", "operational", "mode Default; power fault; power 40 %; weather: Rain"),
        ("status", "degraded", None),
        ("status", "not_operational", None),
        ("status", "not_operational", "goodbye"),
        ("alert", None, "critical: tilted"),
    ]
    assert batch.status["t"].cast(pa.int64()).to_pylist() == [T_NS] * 6


def test_a_message_without_a_time_happened_when_it_was_heard():
    message = {"node_id": NODE, "detection_report": {"location": PLACE}}
    assert read_reports(message).reports["t"].cast(pa.int64()).to_pylist() == [T0_NS]
    frames = frames_of([by_hand.framed(message)], heard_ns=[None])
    batch = READER.reports(Options()).feed(frames)
    assert batch.unused == {"detection_report of an unknown time": 1}


# ---- nobody is tasked ----------------------------------------------------------------------------


def test_a_task_that_passes_is_counted_and_not_looked_into():
    task = {
        **HEAD,
        "task": {"task_id": "t", "task_name": "look", "control": ("CONTROL", "START", 1)},
    }
    document = b'{"nodeId": "a", "task": {"command": {"lookAt": {"anything": [1, {"b": 2}]}}}}'
    for octets in (by_hand.framed(task), document):
        assert read_message(octets)["task"] is True
        batch = read_reports(octets)
        assert batch.reports.num_rows == batch.status.num_rows == batch.rejects.num_rows == 0
        assert batch.unused == {"task": 1}
        assert not READER.tables(Options()).feed(frames_of([octets])).tables


def test_there_is_no_encoder_of_any_message():
    assert READER.write is None
    folder = Path(room.__file__).parent
    for file in folder.glob("*.py"):
        tree = ast.parse(file.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                words = node.name.lower().strip("_").split("_")
                assert not {"encode", "encoder", "write", "send", "serialise", "task"} & set(words)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                # Octets are packed in one place: to round a number to 32 bits.
                if node.func.attr in ("pack", "to_bytes"):
                    assert (file.name, ast.unparse(node)) == (
                        "wire.py",
                        "struct.pack('<f', number_f)",
                    )
                assert node.func.attr not in ("dumps", "sendall", "connect", "SerializeToString")


# ---- streams -------------------------------------------------------------------------------------

STREAM = [
    by_hand.framed(one)
    for one in (
        registration("RADAR"),
        status(node_location=PLACE, mode="x" * 200),
        detection(location=PLACE),
        detection(range_bearing=BEARING),
    )
]


def cut(octets, pieces=1):
    splitter, ledger, base, waiting, parts, begin = READER.splitter(), Ledger("x"), 0, b"", [], 0
    for edge in sorted({*np.linspace(0, len(octets), pieces + 1).astype(int)[1:].tolist()}):
        waiting += octets[begin:edge]
        begin = edge
        split = splitter(
            np.frombuffer(waiting, np.uint8), base=base, last=edge == len(octets), ledger=ledger
        )
        parts.append(cut_frames(split, source="x", first_frame=0))
        waiting, base = waiting[split.used :], base + split.used
    assert not waiting
    lost = sum(map(len, ledger.rejects()["octets"].to_pylist()))
    assert ledger.octets + ledger.padding + lost == len(octets)
    return tables.concat(tables.FRAME, parts)["octets"].to_pylist(), ledger


@pytest.mark.parametrize("pieces", [1, 2, 7, 400, 5000])
def test_a_connection_is_cut_into_messages_however_it_comes(pieces):
    octets = b"".join(STREAM)
    assert READER.sniff(octets) == 0.95
    assert cut(octets, pieces)[0] == STREAM
    documents = [by_hand.document(detection(location=PLACE)), by_hand.document(status())]
    octets = b"\r\n".join(documents) + b"\n"
    assert READER.sniff(octets) == 0.9
    assert cut(octets, pieces)[0] == documents


@given(st.integers(0, 3), st.integers(0, 5000), st.integers(1, 255), st.sampled_from([1, 9]))
@settings(deadline=None)
def test_after_damage_every_other_message_is_found(which, at, wrong, pieces):
    damaged = bytearray(STREAM[which])
    damaged[at % len(damaged)] ^= wrong
    got, _ = cut(b"".join([*STREAM[:which], bytes(damaged), *STREAM[which + 1 :]]), pieces)
    whole = [one for k, one in enumerate(STREAM) if k != which]
    assert [one for one in got if one in whole] == whole


def test_a_stream_cut_short_at_any_octet_is_accounted_for():
    octets = b"".join(STREAM)
    edges = np.cumsum([len(one) for one in STREAM])
    for size in range(1, len(octets)):
        got, _ = cut(octets[:size])
        assert got == STREAM[: int((edges <= size).sum())]


def test_rejects_of_a_lost_stretch_do_not_depend_on_how_it_comes():
    octets = STREAM[0] + b"\xff" * 150_000 + STREAM[1]
    got, ledger = cut(octets)
    assert got == [STREAM[0], STREAM[1]]
    lost = [len(one) for one in ledger.rejects()["octets"].to_pylist()]
    assert lost == [65_536, 65_536, 18_928]
    got, other = cut(octets, 9)
    assert got == [STREAM[0], STREAM[1]]
    assert other.rejects().equals(ledger.rejects())


# ---- laws of readers -----------------------------------------------------------------------------


@given(st.lists(messages, max_size=6), st.integers(0, 6))
@settings(deadline=None, max_examples=40)
def test_reports_depend_neither_on_batches_nor_on_a_restart(them, at):
    frames = frames_of([by_hand.framed(one) for one in them])
    whole = READER.reports(Options()).feed(frames)
    single, first, second = (READER.reports(Options()) for _ in range(3))
    parts = [single.feed(frames.slice(k, 1)) for k in range(frames.num_rows)]
    before = first.feed(frames.slice(0, at))
    second.restore(first.snapshot())
    halves = [before, second.feed(frames.slice(at))]
    for pieces in (parts, halves):
        for schema, name in ((tables.REPORT, "reports"), (tables.SENSOR_STATUS, "status")):
            joined = tables.concat(schema, [getattr(one, name) for one in pieces])
            assert joined.equals(tables.concat(schema, [getattr(whole, name)]))


def test_the_memory_of_nodes_has_an_end():
    reader = READER.reports(Options())
    read_reports(*({**status(), "node_id": f"n{k}"} for k in range(NODES_MAX + 3)), reader=reader)
    assert len(reader._nodes) == NODES_MAX


def test_the_test_harness_files_are_read(shared_data):
    files = sorted((shared_data / "interop" / "sapient").glob("*.json"))
    documents = [file.read_bytes() for file in files]
    assert [READER.sniff(one) for one in documents] == [0.9] * 7
    batch = READER.tables(Options()).feed(frames_of(documents))
    assert batch.rejects.num_rows == 0
    assert batch.counts == {
        **{"alert": 1, "detection_report": 1, "registration": 1, "status_report": 1},
        "task_ack": 3,
    }
    (row,) = batch.tables["detection_report"].drop_columns(["timestamp", "t_heard"]).to_pylist()
    assert row["class"] == "Human"
    assert [one["type"] for one in row["classification"]] == ["Human", "Male"]
    assert (row["x"], row["y"], row["utm_zone"]) == (51.1739726374, -1.82237671048, "30U")
    assert (row["east_rate"], row["up_rate_error"], row["colour"]) == (1.0, 6.0, "Red")
    (node,) = batch.tables["registration"].select(["node_type", "name"]).to_pylist()
    assert node == {"node_type": ["CAMERA"], "name": "Car Park Camera at Entrance"}
    # The sample's detection writes degrees where it says UTM.
    reports = READER.reports(Options()).feed(frames_of(documents))
    assert reports.unused == {"UTM location outside its zone": 1, "task_ack": 3}
    assert reports.status.num_rows == 3
