"""``airshield track``: recordings or REPORT tables in, TRACK rows out."""

import datetime as dt
import json

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
import pytest

import airshield
from airshield import tables
from airshield.read import replay_frames
from airshield.read.asterix.reports import ReportReader
from command_line import EXAMPLES, run


@pytest.fixture(scope="module")
def tracked(barcelona_048, tmp_path_factory):
    to = tmp_path_factory.mktemp("tracks") / "tracks.parquet"
    sensors = EXAMPLES / "barcelona" / "shield.toml"
    done = run("track", barcelona_048, "--sensors", sensors, "--to", to, "--json")
    assert done.code == 0, done.err
    return done.document, to


def test_it_writes_track_rows_and_counts_them(tracked):
    document, to = tracked
    rows = pq.read_table(to)
    assert rows.schema.equals(tables.TRACK)
    assert rows.num_rows == document["rows"]
    assert document["tracks"]["confirmed"] > 100


def test_reports_from_a_table_give_the_same_tracks(tracked, barcelona_048, tmp_path):
    reader = ReportReader()
    reports = pa.concat_tables([reader.feed(f).reports for f in replay_frames(barcelona_048)])
    table = tmp_path / "reports.parquet"
    pq.write_table(reports, table)
    to = tmp_path / "again.parquet"
    done = run("track", table, "--sensors", EXAMPLES / "barcelona", "--to", to)
    assert done.code == 0, done.err
    assert pq.read_table(to).equals(pq.read_table(tracked[1]))


def test_a_table_without_the_needed_columns_is_refused(tmp_path):
    table = tmp_path / "other.parquet"
    pq.write_table(pa.table({"a": [1]}), table)
    done = run("track", table, "--sensors", EXAMPLES / "tiny", "--to", tmp_path / "t.parquet")
    assert done.code == 2
    assert "no column t" in done.err
    assert "Traceback" not in done.err


def test_an_input_that_is_not_there_is_told_before_anything_is_made(tmp_path):
    to = tmp_path / "t.parquet"
    done = run("track", tmp_path / "no.ast", "--sensors", EXAMPLES / "tiny", "--to", to)
    assert done.code == 2
    assert "no such file" in done.err
    assert list(tmp_path.iterdir()) == []


def test_radar_and_state_vectors_are_tracked_together(barcelona_048, tmp_path):
    radar = tmp_path / "radar_20230502.ast"
    octets = barcelona_048.read_bytes()
    end = 0
    for _ in range(400):
        end += int.from_bytes(octets[end + 1 : end + 3], "big")
    radar.write_bytes(octets[:end])
    t_ms = 1_683_014_400_000  # 2023-05-02 08:00 UTC
    lines = [
        {
            "timestamp": t_ms + 1000 * n,
            "icao24": "3003ae",
            "callsign": "DLH8JW",
            "latitude": 41.9 + 0.002 * n,
            "longitude": 3.5,
            "altitude": 35_000.0,
            "groundspeed": 432.0,
            "track": 0.0,
            "vertical_rate": 0.0,
        }
        for n in range(20)
    ]
    vectors = tmp_path / "vectors.jsonl"
    vectors.write_text("".join(json.dumps(line) + "\n" for line in lines))
    to = tmp_path / "tracks.parquet"
    words = ("--sensors", EXAMPLES / "barcelona", "--to", to, "--json")
    done = run("track", vectors, radar, *words)
    assert done.code == 0, done.err
    document = done.document
    assert [one["format"] for one in document["recordings"]] == ["opensky", "asterix"]
    assert document["editions"][0]["category"] == "048"
    assert document["counts"]["state vector"] == 20
    assert document["frames"] == 420
    rows = pq.read_table(to)
    mine = rows.filter(pa.compute.equal(rows["mode_s"], 0x3003AE))
    assert len(mine["track"].unique()) == 1
    # Fused by time: the radar's rows do not all come after those of the file named first.
    others = rows.filter(pa.compute.not_equal(rows["mode_s"], 0x3003AE))
    assert others["frame"][0].as_py() < mine["frame"][-1].as_py()


def test_x_and_y_from_a_reference_point_that_is_told(shared_data, tmp_path):
    octets = (shared_data / "asterix/barcelona/cat010_mlat_20201002.ast").read_bytes()[:60_000]
    part = tmp_path / "mlat_20201002.ast"
    part.write_bytes(octets)
    words = ("--sensors", EXAMPLES / "barcelona", "--to", tmp_path / "t.parquet", "--json")
    done = run("track", part, *words, "--reference", "0/107=41.297,2.083,52")
    document = done.document
    assert document["reports"] > 500
    assert not any("a point that is not told" in reason for reason in document["unused"])
    points = {"0/107": (41.297, 2.083, None)}
    reading = airshield.read(part, date=dt.date(2020, 10, 2), reference_points=points)
    assert sum(table.num_rows for table in reading.reports()) == document["reports"]
