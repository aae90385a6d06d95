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


def first_blocks(path, count):
    """The first data blocks of a raw file."""
    octets = path.read_bytes()
    end = 0
    for _ in range(count):
        end += int.from_bytes(octets[end + 1 : end + 3], "big")
    return octets[:end]


def test_radar_and_state_vectors_are_tracked_together(barcelona_048, tmp_path):
    radar = tmp_path / "radar_20230502.ast"
    radar.write_bytes(first_blocks(barcelona_048, 400))
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


def test_tracks_are_written_as_asterix_and_read_back(barcelona_048, tmp_path):
    part = tmp_path / "radar_20230502.ast"
    part.write_bytes(first_blocks(barcelona_048, 3000))
    sensors = ("--sensors", EXAMPLES / "barcelona", "--json")
    rows = run("track", part, *sensors, "--to", tmp_path / "tracks.parquet").document["rows"]
    to = tmp_path / "tracks_20230502.ast"
    done = run("track", part, *sensors, "--to", to)
    assert done.code == 0, done.err
    assert (done.document["rows"], done.document["left_out"]) == (rows, {})
    assert [one.name for one in tmp_path.iterdir() if "part" in one.name] == []

    reading = airshield.read(to, date=dt.date(2023, 5, 2))
    found = {name: table.num_rows for name, table in reading.tables().items()}
    assert found["cat062"] == rows
    assert set(found) == {"cat062", "cat065"}
    back = pa.concat_tables(airshield.read(to, date=dt.date(2023, 5, 2)).reports())
    own = pq.read_table(tmp_path / "tracks.parquet")
    off_ns = pa.compute.subtract(back["t"].cast(pa.int64()), own["t"].cast(pa.int64()))
    assert pa.compute.max(pa.compute.abs(off_ns)).as_py() <= 1e9 / 256 + 1
    for name in ("mode_s", "mode_3a", "callsign"):
        assert back[name].equals(own[name]), name
    for name, half in (("lat_deg", 90 / 2**25), ("lon_deg", 90 / 2**25), ("alt_baro_m", 3.811)):
        off = pa.compute.abs(pa.compute.subtract(back[name], own[name]))
        assert back[name].null_count == own[name].null_count
        assert pa.compute.max(off).as_py() <= half + 1e-9


def test_asterix_needs_to_know_who_sends_it(tmp_path):
    table = tmp_path / "reports.parquet"
    pq.write_table(tables.empty(tables.REPORT), table)
    to = tmp_path / "tracks.ast"
    done = run("track", table, "--sensors", EXAMPLES / "tiny", "--to", to)
    assert done.code == 2
    assert "add a [system] table with sac and sic" in done.err
    assert "Traceback" not in done.err
    assert not to.exists()


def test_tracks_have_two_formats(tmp_path):
    to = tmp_path / "tracks.csv"
    done = run("track", tmp_path / "no.ast", "--sensors", EXAMPLES / "tiny", "--to", to)
    assert done.code == 2
    assert "name a .parquet or .ast file" in done.err
