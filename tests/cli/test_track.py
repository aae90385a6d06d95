"""``airshield track``: recordings or REPORT tables in, TRACK rows out."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

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
