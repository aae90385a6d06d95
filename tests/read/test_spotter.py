"""Spotters' reports: strict at the door, a bearing and no place in the tables."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield import tables
from airshield.errors import FieldError, UsageError
from airshield.read.frames import Ledger
from airshield.read.reader import Options
from airshield.read.reader import frames_of as cut_frames
from airshield.read.spotter import (
    COMPASS,
    DOCUMENT_OCTETS_MAX,
    FIELDS,
    READER,
    REPORTS_MAX,
    REQUIRED,
    check_spotter,
    json_schema,
)
from airshield.track import Tracker
from frames_by_hand import T0_NS, frames_of

DOCS = Path(__file__).parents[2] / "docs"
GOOD = {
    "version": 1,
    "spotter": "river-42",
    "time": "2023-05-02T08:00:05.25Z",
    "lat_deg": 49.84,
    "lon_deg": 24.03,
    "sense": "seen",
    "what": "drone",
    "azm_true_deg": 135.0,
    "azm_accuracy_deg": 8.0,
    "elv_deg": 20,
}


def octets(*changes, drop=(), **more):
    report = {**GOOD, **more}
    for name in drop:
        del report[name]
    return json.dumps(report).encode()


def read_reports(*documents):
    return READER.reports(Options()).feed(frames_of(documents, source="spotter:http"))


def refused(document):
    """The field that the door refuses, None where it takes the document."""
    try:
        check_spotter(document)
    except FieldError as error:
        return error.field
    return None


def test_a_report_becomes_a_bearing_from_where_the_person_stands():
    batch = read_reports(octets())
    (row,) = batch.reports.drop_columns(["t", "t_heard"]).to_pylist()
    told = {name: value for name, value in row.items() if value is not None}
    assert told == {
        "sensor": "spotter/river-42",
        "kind": "spotter",
        "azm_true_deg": 135.0,
        "sigma_azm_deg": 8.0,
        "elv_deg": 20.0,
        "flags": 0,
        "frame": 0,
        "sensor_lat_deg": 49.84,
        "sensor_lon_deg": 24.03,
    }
    assert batch.reports["t"].cast(pa.int64()).to_pylist() == [T0_NS + 5_250_000_000]
    assert batch.reports["t_heard"].cast(pa.int64()).to_pylist() == [T0_NS]
    assert batch.status.num_rows == 0


def test_the_table_keeps_everything_that_was_said():
    more = {
        "height": "low",
        "count": 3,
        "words": "it buzzes",
        "exercise": False,
        "place_accuracy_m": 9,
    }
    batch = READER.tables(Options()).feed(frames_of([octets(**more)]))
    (row,) = batch.tables["spotter"].drop_columns(["t_heard", "time"]).to_pylist()
    assert {name: row[name] for name in more} == more
    assert row["what"] == "drone"
    assert row["compass"] is None
    assert batch.counts == {"report": 1}


@pytest.mark.parametrize(
    ("word", "azm_deg", "sigma_deg"),
    [("N", 0.0, 12.99), ("SE", 135.0, 12.99), ("WNW", 292.5, 6.495), ("NNW", 337.5, 6.495)],
)
def test_a_direction_in_words_is_its_middle_and_as_wide_as_the_word(word, azm_deg, sigma_deg):
    document = octets(drop=("azm_true_deg", "azm_accuracy_deg"), compass=word)
    (row,) = read_reports(document).reports.select(["azm_true_deg", "sigma_azm_deg"]).to_pylist()
    assert row["azm_true_deg"] == azm_deg
    assert row["sigma_azm_deg"] == pytest.approx(sigma_deg, abs=1e-2)


def test_the_sixteen_words_go_round_clockwise():
    middles = [
        read_reports(octets(drop=("azm_true_deg", "azm_accuracy_deg"), compass=word))
        .reports["azm_true_deg"][0]
        .as_py()
        for word in COMPASS
    ]
    np.testing.assert_array_equal(middles, np.arange(16) * 22.5)


def test_a_person_who_heard_something_somewhere_makes_a_report_without_direction():
    document = octets(
        drop=("azm_true_deg", "azm_accuracy_deg", "elv_deg"), sense="heard", height="low"
    )
    (row,) = read_reports(document).reports.select(["azm_true_deg", "elv_deg"]).to_pylist()
    assert row == {"azm_true_deg": None, "elv_deg": None}


def test_an_explosion_is_no_aircraft_and_a_drill_is_marked():
    batch = read_reports(octets(what="explosion"), octets(exercise=True))
    assert batch.unused == {"explosion": 1}
    assert batch.reports["flags"].to_pylist() == [tables.ReportFlag.SIMULATED]


@pytest.mark.parametrize(
    ("document", "field", "words"),
    [
        (octets(spoter="x"), "spoter", "did you mean 'spotter'"),
        (octets(zz=1), "zz", "use version, spotter"),
        (octets(drop=["time"]), "time", "add when it was seen"),
        (octets(version=2), "version", "write version 1"),
        (octets(version=True), "version", "version True"),
        (octets(spotter="Anna Petrenko"), "spotter", "river-42"),
        (octets(spotter="a@b.example"), "spotter", "pseudonym"),
        (octets(spotter="380-441-234567"), "spotter", "telephone"),
        (octets(spotter=7), "spotter", "pseudonym"),
        (octets(time="2023-05-02T08:00:05"), "time", "zone"),
        (octets(time="2023-02-30T08:00:05Z"), "time", "day is out of range"),
        (octets(time="1823-02-03T08:00:05Z"), "time", "century"),
        (octets(time=1683014405), "time", "UTC like"),
        (octets(lat_deg=95), "lat_deg", "-90 to 90"),
        (octets(lat_deg="49.84"), "lat_deg", "no number"),
        (octets(lat_deg=True), "lat_deg", "no number"),
        (octets(azm_true_deg=360), "azm_true_deg", "below 360"),
        (octets(azm_true_deg=-1), "azm_true_deg", "clockwise from true north"),
        (octets(sense="saw"), "sense", "use seen, heard, both"),
        (octets(what="dron"), "what", "did you mean 'drone'"),
        (octets(what=["drone"]), "what", "none of them"),
        (octets(compass="SE"), "compass", "not both"),
        (octets(drop=["azm_true_deg"]), "azm_accuracy_deg", "add azm_true_deg"),
        (octets(drop=["azm_true_deg", "azm_accuracy_deg"], compass="south"), "compass", "use N"),
        (octets(height="lo"), "height", "did you mean 'low'"),
        (octets(count=0), "count", "1 to 10000"),
        (octets(count=1.5), "count", "whole number"),
        (octets(words="x" * 501), "words", "500"),
        (octets(exercise=1), "exercise", "true or false"),
        (b"[" + octets() + b"," + octets(count=0) + b"]", "[1].count", "whole number"),
        (octets() + b"\n" + octets(what=1), "[1].what", "none of them"),
        (b"", "document", "no JSON"),
        (b"[]", "document", "1 to 1000"),
        (b"3", "document", "no object"),
        (b"[3]", "[0]", "no object"),
        (b"\xff{}", "document", "UTF-8"),
        (b'{"version": 1, "version": 1}', "version", "twice"),
        (b'{"version": NaN}', "document", "NaN"),
        (octets(lat_deg=49).replace(b"49,", b"9" * 5000 + b","), "lat_deg", "no number"),
        (b"[" * 100_000, "document", ""),
        (b"x" * (DOCUMENT_OCTETS_MAX + 1), "document", "too many"),
        (b"[" + b"1," * REPORTS_MAX + b"1]", "document", "1001 reports"),
    ],
)
def test_a_wrong_report_is_refused_with_its_field_and_remedy(document, field, words):
    with pytest.raises(FieldError) as caught:
        check_spotter(document)
    assert isinstance(caught.value, UsageError)
    assert caught.value.field == field
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400
    batch = read_reports(document)
    assert batch.reports.num_rows == 0
    assert batch.rejects["octets"].to_pylist() == [document]
    assert batch.rejects["item"].to_pylist() == [field]


@pytest.mark.parametrize(
    "document",
    [
        b"[" + octets() + b",\n" + octets(count=2) + b"]",
        octets() + b"\r\n" + octets(count=2) + b"\n\n",
        b"\xef\xbb\xbf[" + octets() + b"," + octets(count=2) + b"]",
    ],
)
def test_several_reports_come_as_an_array_or_as_lines(document):
    check_spotter(document)
    batch = READER.tables(Options()).feed(frames_of([document]))
    assert batch.tables["spotter"]["count"].to_pylist() == [None, 2]
    assert batch.tables["spotter"]["record"].to_pylist() == [0, 1]


def test_one_wrong_report_refuses_its_document_whole_and_no_other():
    mixed = b"[" + octets() + b"," + octets(count=0) + b"]"
    batch = read_reports(octets(), mixed, octets())
    assert batch.reports["frame"].to_pylist() == [0, 2]
    assert batch.rejects["frame"].to_pylist() == [1]


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_random_octets_are_refused_and_kept(document):
    assert READER.sniff(document) == 0.0
    assert read_reports(document).rejects["octets"].to_pylist() == [document]


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from([*FIELDS, "other"]), values)
@settings(deadline=None, max_examples=300)
def test_whatever_stands_in_a_field_is_taken_or_refused_by_name(name, value):
    document = json.dumps({**GOOD, name: value}).encode()
    field = refused(document)
    rejects = read_reports(document).rejects
    assert rejects.num_rows == (field is not None)
    # The parser refuses what is no JSON before it knows the field; two directions are told as one.
    assert field in (None, name, "document") or name in ("compass", "azm_true_deg")


@given(st.binary(max_size=4).map(lambda tail: octets() + tail), st.integers(0, 400))
@settings(deadline=None)
def test_a_report_cut_at_any_octet_is_refused_or_whole(document, size):
    batch = read_reports(document[:size])
    assert batch.reports.num_rows + batch.rejects.num_rows == 1


def test_a_stream_is_cut_into_reports_however_it_comes():
    stream = b"[" + octets() + b",\n" + octets(count=2) + b"]\n" + octets(words="}{") + b"\n"
    assert READER.sniff(stream) == 0.95
    seen = []
    for pieces in (1, 2, 50):
        splitter, ledger, base, waiting, parts, begin = (
            READER.splitter(),
            Ledger("x"),
            0,
            b"",
            [],
            0,
        )
        for edge in np.linspace(0, len(stream), pieces + 1).astype(int)[1:]:
            waiting += stream[begin:edge]
            begin = edge
            split = splitter(
                np.frombuffer(waiting, np.uint8), base=base, last=edge == len(stream), ledger=ledger
            )
            parts.append(cut_frames(split, source="x", first_frame=0))
            waiting, base = waiting[split.used :], base + split.used
        seen.append(tables.concat(tables.FRAME, parts)["octets"].to_pylist())
        assert ledger.padding + ledger.octets == len(stream)
    assert seen[0] == [octets(), octets(count=2), octets(words="}{")]
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


def test_reports_do_not_depend_on_batches_and_there_is_no_state():
    documents = [octets(count=k + 1) for k in range(4)]
    whole = read_reports(*documents).reports
    reader = READER.reports(Options())
    frames = frames_of(documents, source="spotter:http")
    rows = [reader.feed(frames.slice(k, 1)).reports for k in range(4)]
    assert tables.concat(tables.REPORT, rows).equals(tables.concat(tables.REPORT, [whole]))
    assert reader.snapshot() == {}
    reader.restore({})


def test_the_tracker_lets_bearings_without_a_place_pass_and_counts_them():
    batch = Tracker([], geoid_height_m=0.0).feed(read_reports(octets(), octets(count=2)).reports)
    assert batch.tracks.num_rows == 0
    assert batch.dropped == {"kind not tracked": 2}


def test_a_table_of_reports_from_before_the_sensors_place_is_still_one(tmp_path):
    pq.write_table(
        read_reports(octets()).reports.drop_columns(["sensor_lat_deg", "sensor_lon_deg"]),
        tmp_path / "old.parquet",
    )
    old = pq.read_table(tmp_path / "old.parquet")
    columns = {name: old[name] for name in old.column_names}
    table = tables.make_table(tables.REPORT, columns, rows=1)
    assert table["sensor_lat_deg"].to_pylist() == [None]


# ---- the documentation ---------------------------------------------------------------------------


def test_the_published_schema_is_that_of_the_code():
    published = json.loads((DOCS / "spotter.schema.json").read_text())
    assert published == json_schema(), "python -m airshield.read.spotter > docs/spotter.schema.json"


def test_the_examples_of_the_documentation_are_taken():
    page = (DOCS / "drones.md").read_text()
    examples = [part.split("```")[0] for part in page.split("```json\n")[1:]]
    assert len(examples) >= 2
    for example in examples:
        check_spotter(example.encode())
        assert read_reports(example.encode()).reports.num_rows


def test_the_documentation_tells_every_field():
    page = (DOCS / "drones.md").read_text()
    for name in FIELDS:
        assert f"| `{name}` |" in page, name
    assert set(REQUIRED) <= set(FIELDS)


def test_the_schema_and_the_check_agree_on_small_matters():
    schema = json_schema()["$defs"]["report"]
    assert schema["required"] == [*REQUIRED]
    assert set(schema["properties"]) == set(FIELDS)
    for name, spec in schema["properties"].items():
        for word in spec.get("enum", ()):
            drop = ["azm_true_deg", "azm_accuracy_deg"] if name == "compass" else []
            check_spotter(octets(drop=drop, **{name: word}))
        if "maximum" in spec and spec["type"] == "number":
            check_spotter(octets(**{name: spec["maximum"]}))
            with pytest.raises(FieldError):
                check_spotter(octets(**{name: spec["maximum"] + 1}))
