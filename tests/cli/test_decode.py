"""``airshield decode`` writes what it read, in every format, down to the nanosecond."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from command_line import run

COLUMNS = "i010_sac,i010_sic,i240,i030"


@pytest.fixture(scope="module")
def capture(shared_data):
    return shared_data / "asterix" / "croatia" / "cat_034_048.pcap"


@pytest.fixture(scope="module")
def parquet(capture, tmp_path_factory):
    to = tmp_path_factory.mktemp("decoded") / "out.parquet"
    done = run("decode", capture, "--to", to, "--json")
    assert done.code == 0, done.err
    return done.document, to


def test_one_file_a_category_when_there_are_several(parquet):
    document, to = parquet
    assert sorted(p.name for p in to.parent.iterdir()) == [
        "out.cat034.parquet",
        "out.cat048.parquet",
    ]
    assert document["categories"]["048"]["records"] == 128
    assert document["categories"]["034"]["records"] == 34
    assert document["rejects"] == 0


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "arrow"])
def test_every_format_holds_the_same_rows(parquet, capture, tmp_path, suffix):
    to = tmp_path / f"out.{suffix}"
    done = run("decode", capture, "--to", to, "--columns", COLUMNS)
    assert done.code == 0, done.err
    whole = pq.read_table(parquet[1].with_name("out.cat048.parquet"))
    file = to.with_name(f"out.cat048.{suffix}")
    if suffix == "jsonl":
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        callsigns = [row["i240"] for row in rows]
        first = rows[0]["t_heard"]
    elif suffix == "csv":
        with file.open(newline="") as text:
            rows = list(csv.DictReader(text))
        # CSV readers cannot tell an empty string from nothing.
        callsigns = [row["i240"] for row in rows]
        first = rows[0]["t_heard"].replace(" ", "T")
    else:
        rows = pa.ipc.open_file(file).read_all()
        callsigns = rows["i240"].to_pylist()
        first = rows["t_heard"].cast(pa.string())[0].as_py().replace(" ", "T")
    expected = whole["i240"].to_pylist()
    assert callsigns == (
        ["" if c is None else c for c in expected] if suffix == "csv" else expected
    )
    assert first == whole["t_heard"].cast(pa.string())[0].as_py().replace(" ", "T")


def test_registers_are_columns_where_they_are_asked_for(barcelona_048, tmp_path):
    done = run("decode", barcelona_048, "--registers", "--to", tmp_path / "out.parquet")
    assert done.code == 0, done.err
    assert "bds40_mcp_alt_ft" in pq.read_schema(tmp_path / "out.parquet").names
