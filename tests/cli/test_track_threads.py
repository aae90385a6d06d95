"""``airshield track`` with one thread and with several: the same files, the same errors."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from airshield import tables
from airshield.cli.console import progress
from airshield.cli.replaying import Said
from airshield.cli.tracking import REPORT_ROWS, TrackPlan, track_files
from airshield.config import load_shield
from command_line import EXAMPLES, run, start
from reference.jumping_radar import make_reports

TINY = EXAMPLES / "tiny"


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """More rows than the tracker is handed at once."""
    table = make_reports(load_shield(TINY).radars, seconds=120.0)
    t = table["t"].cast(pa.int64()).to_numpy()
    parts = []
    rows = 0
    while rows <= 2 * REPORT_ROWS:
        late = pa.array(t + len(parts) * 120 * 10**9).cast(tables.TIME)
        parts.append(table.set_column(0, tables.REPORT.field("t"), late))
        rows += table.num_rows
    file = tmp_path_factory.mktemp("reports") / "reports.parquet"
    pq.write_table(pa.concat_tables(parts), file)
    return file


def tracked(source, folder, threads, suffix=".parquet", shield=TINY):
    to = folder / f"tracks{threads}{suffix}"
    registration = folder / f"registration{threads}.parquet"
    words = ("--sensors", shield, "--to", to, "--registration", registration)
    done = run("track", source, *words, "--threads", threads, "--json")
    assert done.code == 0, done.err
    document = done.document
    assert document.pop("written") == str(to)
    assert set(document.pop("seconds")) == {"work", "processor"}
    used = document.pop("threads_used")
    return used, document, done.err, to.read_bytes(), registration.read_bytes()


def test_one_thread_and_several_write_the_same_octets(reports, tmp_path):
    one = tracked(reports, tmp_path, 1)
    two = tracked(reports, tmp_path, 2)
    many = tracked(reports, tmp_path, 64)
    assert (one[0], two[0], many[0]) == (1, 2, 5)
    assert one[1]["reports"] > 2 * REPORT_ROWS
    assert one[1:] == two[1:] == many[1:]


def test_a_recording_gives_the_same_with_several_threads(barcelona_048, tmp_path):
    shield = EXAMPLES / "barcelona"
    one = tracked(barcelona_048, tmp_path, 1, shield=shield)
    two = tracked(barcelona_048, tmp_path, 3, shield=shield)
    assert one[1:] == two[1:]
    one = tracked(barcelona_048, tmp_path, 1, suffix=".ast", shield=shield)
    two = tracked(barcelona_048, tmp_path, 2, suffix=".ast", shield=shield)
    assert one[1:] == two[1:]


def seconds_by_thread():
    """Processor seconds of each thread of this process, as the system counts them."""
    spent = {}
    for stat in Path("/proc/self/task").glob("*/stat"):
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        spent[stat.parent.name] = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return spent


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux counts them there")
def test_one_thread_is_one(reports, tmp_path):
    plan = TrackPlan(
        inputs=(reports,),
        sensors=TINY,
        to=tmp_path / "t.parquet",
        registration=None,
        threads=1,
        said=Said(),
    )
    before = seconds_by_thread()
    with progress(by_itself=False) as shown:
        document = track_files(plan, shown=shown)
    more = {k: v - before.get(k, 0.0) for k, v in seconds_by_thread().items()}
    mine = more.pop(str(os.getpid()))
    assert mine > 0.2
    # Arrow's reader of Parquet hands a little to a thread of its own.
    assert sum(more.values()) <= 0.02 + 0.02 * mine
    assert document["threads_used"] == 1


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_input_that_is_damaged_further_on_is_told_and_leaves_nothing(reports, tmp_path, threads):
    table = pq.read_table(reports)
    file = tmp_path / "in.parquet"
    pq.write_table(table, file, row_group_size=20_000)
    octets = bytearray(file.read_bytes())
    group = pq.ParquetFile(file).metadata.row_group(2).column(0)
    begin = group.dictionary_page_offset or group.data_page_offset
    octets[begin : begin + 40] = b"\xff" * 40
    file.write_bytes(octets)
    to, registration = tmp_path / "out.parquet", tmp_path / "r.parquet"
    words = ("--sensors", TINY, "--to", to, "--registration", registration, "--json")
    done = run("track", file, *words, "--threads", threads)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert "in.parquet" in done.err
    assert "cannot be read as a table of REPORT" in done.err
    assert done.document["error"]["kind"] == "FormatError"
    assert [one.name for one in tmp_path.iterdir()] == ["in.parquet"]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_full_disk_is_told_and_leaves_nothing(reports, tmp_path, threads):
    resource = pytest.importorskip("resource")
    to = tmp_path / "out.parquet"
    done = run(
        *("track", reports, "--sensors", TINY, "--to", to, "--threads", threads),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert done.code == 2
    assert "Traceback" not in done.err
    assert "out.parquet: could not be written" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("threads", [1, 3])
def test_ctrl_c_ends_all_threads_and_leaves_nothing(reports, tmp_path, threads):
    table = pq.read_table(reports)
    file = tmp_path / "long.parquet"
    with pq.ParquetWriter(file, table.schema) as writer:
        for _ in range(60):
            writer.write_table(table)
    to = tmp_path / "out.parquet"
    child = start("track", file, "--sensors", TINY, "--to", to, "--threads", threads, "--json")
    part = tmp_path / ".out.parquet.tracks.part"
    while not part.exists():
        assert child.poll() is None, child.communicate()
        time.sleep(0.02)
    # One that comes while Python runs a finaliser is lost, as its manual says: press again.
    for _ in range(20):
        child.send_signal(signal.SIGINT)
        try:
            out, err = child.communicate(timeout=1.0)
            break
        except subprocess.TimeoutExpired:
            continue
    assert child.returncode == 130, err
    assert "Traceback" not in err
    assert out == ""
    assert [one.name for one in tmp_path.iterdir()] == ["long.parquet"]


def test_a_column_of_another_type_is_told(tmp_path):
    table = pa.table(
        {"t": ["noon"], "sensor": ["0/1"], "kind": ["psr"], "flags": [0], "frame": [0]}
    )
    file = tmp_path / "words.parquet"
    pq.write_table(table, file)
    done = run("track", file, "--sensors", TINY, "--to", tmp_path / "t.parquet")
    assert done.code == 2
    assert "Traceback" not in done.err
    assert "words.parquet" in done.err
    assert "docs/tables.md" in done.err


@pytest.fixture(scope="module")
def jumped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jump")
    radars = load_shield(TINY).radars
    pq.write_table(make_reports(radars), folder / "in.parquet")
    words = ("--sensors", TINY, "--to", folder / "t.parquet")
    words = (*words, "--registration", folder / "r.parquet", "--json")
    done = run("track", folder / "in.parquet", *words)
    assert done.code == 0, done.err
    return done, pq.read_table(folder / "r.parquet")


class TestRegistration:
    """What is known of the radars: in the JSON document, in a file, and in words when it jumps."""

    def test_the_file_has_a_row_of_each_radar_every_ten_seconds(self, jumped):
        rows = jumped[1]
        assert rows.schema.equals(tables.REGISTRATION)
        seconds = rows["t"].cast(pa.int64()).to_numpy() // 10**9
        assert len(set(seconds // 10)) == rows.num_rows // 3 == 14

    def test_the_document_has_what_is_known_at_the_end(self, jumped):
        known = jumped[0].document["registration"]
        assert [radar["sensor"] for radar in known] == ["0/1", "0/2", "0/3"]
        assert set(known[0]) == set(tables.REGISTRATION.names)
        last = known[2]
        assert last["alarms"] == 1
        assert last["t_alarm"].startswith("2023-11-14T22:15:")
        assert last["elv_bias_deg"] is None
        assert abs(last["azm_bias_deg"] - 0.5) < 3.0 * last["sigma_azm_bias_deg"]
        assert known[0]["alarms"] == known[1]["alarms"] == 0
        json.dumps(known, allow_nan=False)

    def test_an_alarm_is_said_once_on_standard_error(self, jumped):
        lines = [line for line in jumped[0].err.splitlines() if "jumped" in line]
        assert len(lines) == 1
        assert "radar 0/3: a bias jumped, noticed at 2023-11-14T22:15:" in lines[0]
        assert "azimuth +0." in lines[0]

    def test_radars_of_which_nothing_is_known_are_left_out_of_the_document(self, tmp_path):
        pq.write_table(tables.empty(tables.REPORT), tmp_path / "in.parquet")
        registration = tmp_path / "r.parquet"
        words = ("--sensors", TINY, "--to", tmp_path / "t.parquet", "--registration", registration)
        done = run("track", tmp_path / "in.parquet", *words, "--json")
        assert done.code == 0, done.err
        assert done.document["registration"] == []
        assert done.document["threads_used"] == 1


class TestWrongPlaces:
    """Where nothing can be written is told before any work is done."""

    @pytest.fixture
    def source(self, tmp_path):
        folder = tmp_path / "in"
        folder.mkdir()
        pq.write_table(tables.empty(tables.REPORT), folder / "in.parquet")
        return folder / "in.parquet"

    def refused(self, source, *words, to="t.parquet", shield=TINY):
        folder = source.parent.parent
        done = run("track", source, "--sensors", shield, "--to", folder / to, *words)
        assert done.code == 2, done.err
        assert "Traceback" not in done.err
        assert [one.name for one in folder.iterdir() if one.is_file()] == []
        return done.err

    def test_no_such_folder(self, source):
        assert "there is no folder" in self.refused(source, to="nowhere/t.parquet")
        where = source.parent / "nowhere" / "r.parquet"
        told = self.refused(source, "--registration", where)
        assert f"--registration {where}: there is no folder" in told
        shield = EXAMPLES / "barcelona"
        told = self.refused(source, "--registration", where, to="t.ast", shield=shield)
        assert f"--registration {where}: there is no folder" in told

    def test_a_folder_in_the_place_of_the_file(self, source):
        (source.parent.parent / "t.parquet").mkdir()
        assert "t.parquet: that is a folder" in self.refused(source)

    def test_a_folder_that_takes_no_files(self, source):
        told = self.refused(source, to="/proc/self/t.parquet")
        assert "--to /proc/self/t.parquet: cannot be written" in told

    def test_a_format_that_registration_has_not(self, source):
        where = source.parent.parent / "r.xls"
        assert ".parquet" in self.refused(source, "--registration", where)

    def test_both_in_one_file(self, source):
        where = source.parent.parent / "t.parquet"
        assert "the tracks go there" in self.refused(source, "--registration", where)

    @pytest.mark.parametrize("threads", ["0", "-3", "two"])
    def test_numbers_of_threads_that_are_none(self, source, threads):
        assert "--threads" in self.refused(source, "--threads", threads)
