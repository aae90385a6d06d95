"""Wrong input gets a clear line with place and remedy, exit code 2, and never a trace-back."""

import json
import shutil
import socket

import pytest

from airshield.cli.decoding import parse_references
from airshield.errors import UsageError
from captures_by_hand import ethernet, ipv4, pcap, udp
from command_line import EXAMPLES, run


def refused(done, *words):
    assert done.code == 2, done.err
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err


def captured(*payloads):
    """Make a capture of datagrams, one a second."""
    packets = (ethernet(ipv4(udp(payload))) for payload in payloads)
    return pcap([((1_700_000_000 + k) * 10**9, packet) for k, packet in enumerate(packets)])


def test_a_recording_that_is_not_there():
    refused(run("decode", "no_such_file.ast"), "no_such_file.ast", "no such file")


def test_a_file_that_is_no_asterix(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("this is a shopping list, and a long one at that\n" * 20)
    refused(run("decode", file), "notes.txt", "byte 0")


def test_an_empty_file(tmp_path):
    file = tmp_path / "empty.ast"
    file.touch()
    refused(run("decode", file), "empty.ast", "empty")


def test_an_edition_that_there_is_not(tmp_path):
    refused(run("decode", tmp_path / "x.ast", "--edition", "048=9.9"), "048", "1.32")


class TestOtherFormats:
    """Formats by name and by content, and what they must be told."""

    @pytest.fixture
    def lines(self, tmp_path):
        file = tmp_path / "feed.txt"
        file.write_bytes(b"*8D4CA1FA58C382D690C8AC2863A7;\n" * 20)
        return file

    def test_a_format_that_there_is_not(self, lines):
        refused(run("decode", lines, "--format", "beats"), "'beats'", "did you mean 'beast'?")

    def test_a_format_that_it_is_not(self, lines):
        done = run("decode", lines, "--format", "sbs", "--json")
        refused(done, "feed.txt", "nothing in it could be read as sbs")
        assert done.document["unread"] == [str(lines)]

    def test_a_place_that_is_none(self, lines):
        refused(run("decode", lines, "--receiver", "99,2"), "--receiver 99,2", "latitude")

    def test_an_edition_of_half_a_source(self, lines):
        refused(run("decode", lines, "--edition", "021/20=2.1"), "021/20=2.1", "CATEGORY/SAC/SIC")

    def test_a_column_that_there_is_not(self, lines):
        refused(run("decode", lines, "--columns", "altitude_foot"), "did you mean altitude_ft")

    def test_reports_of_a_stream_that_tells_no_day(self, tmp_path):
        file = tmp_path / "north.ast"
        file.write_bytes(bytes.fromhex("22000ae0148101384000") * 10)
        refused(run("decode", file, "--reports"), "--date YYYY-MM-DD")


def test_an_output_format_that_there_is_not(tmp_path):
    file = tmp_path / "north.ast"
    file.write_bytes(bytes.fromhex("22000bf01981023841c000")[:11])
    refused(run("decode", file, "--to", tmp_path / "out.xls"), ".parquet")


def test_an_error_is_a_json_document_where_json_was_asked_for():
    done = run("decode", "no_such_file.ast", "--json")
    assert done.code == 2
    assert done.document["error"]["kind"] == "MissingFileError"


def test_a_shield_that_is_not_there(tmp_path):
    refused(run("check", tmp_path / "nowhere"), "nowhere")


def test_a_shield_with_a_wrong_field_names_the_nearest_right_one(tmp_path):
    shield = tmp_path / "tiny"
    shutil.copytree(EXAMPLES / "tiny", shield)
    text = (shield / "shield.toml").read_text()
    (shield / "shield.toml").write_text(text.replace("turn_s = 10.0", "turn_sec = 10.0", 1))
    refused(run("check", shield), "shield.toml", "turn_sec", "turn_s")


def test_a_port_in_use_for_the_map(barcelona_048):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run("watch", EXAMPLES / "barcelona", "--replay", barcelona_048, "--port", port)
    refused(done, str(port), "in use", "--port")


def test_a_port_in_use_for_a_feed(tmp_path):
    shield = tmp_path / "barcelona"
    shutil.copytree(EXAMPLES / "barcelona", shield)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        text = (shield / "shield.toml").read_text().replace("port = 8600", f"port = {port}")
        (shield / "shield.toml").write_text(text)
        done = run("watch", shield, "--headless", "--journal", tmp_path / "journal")
    refused(done, str(port), "in use")


@pytest.mark.parametrize("speed", ["fast", "0", "-1", "inf", "nan"])
def test_a_speed_that_is_none(speed):
    done = run("watch", EXAMPLES / "tiny", "--replay", "x.ast", "--speed", speed, "--headless")
    refused(done, "--speed", "max")


def test_an_option_that_there_is_not():
    refused(run("watch", EXAMPLES / "tiny", "--fast"), "--fast")


class TestDamagedRecordings:
    """What was whole before the damage is there, the rest is counted."""

    def test_a_truncated_file(self, barcelona_048, tmp_path):
        file = tmp_path / "cut.ast"
        file.write_bytes(barcelona_048.read_bytes()[:10_000])
        done = run("decode", file, "--json")
        refused(done, "cut.ast", "everything before was read")
        found = done.document
        assert found["rejects"] == 1
        assert found["categories"]["048"]["records"] > 100
        assert found["first_rejects"][0]["offset"] < 10_000

    def test_a_capture_cut_in_the_middle(self, shared_data, tmp_path):
        whole = shared_data / "asterix" / "croatia" / "cat_034_048.pcap"
        file = tmp_path / "cut.pcap"
        file.write_bytes(whole.read_bytes()[:6_001])
        done = run("decode", file, "--json")
        refused(done, "cut.pcap", "everything before was read")
        assert done.document["rejects"] == 1
        assert sum(c["records"] for c in done.document["categories"].values()) > 20

    def test_what_is_written_is_whole(self, barcelona_048, tmp_path):
        out = tmp_path / "out.jsonl"
        columns = "i010_sac,i010_sic,i140_s"
        done = run("decode", barcelona_048, "--columns", columns, "--to", out, "--json")
        assert done.document["written"] == [str(out)]
        lines = out.read_text().splitlines()
        assert len(lines) == 22_146
        assert json.loads(lines[0])["i010_sic"] == 129
        assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


class TestPlayedRecordings:
    """``track`` and ``watch --replay`` refuse what ``decode`` refuses."""

    WATCH = ("watch", EXAMPLES / "tiny", "--headless")

    @pytest.fixture
    def lines(self, tmp_path):
        file = tmp_path / "feed.txt"
        file.write_bytes(b"*8D4CA1FA58C382D690C8AC2863A7;\n" * 20)
        return file

    def track(self, lines, *words):
        to = lines.parent / "t.parquet"
        done = run("track", lines, "--sensors", EXAMPLES / "tiny", "--to", to, *words)
        assert not to.exists()
        return done

    def test_a_format_that_there_is_not(self, lines):
        refused(self.track(lines, "--format", "beats"), "'beats'", "did you mean 'beast'?")

    def test_a_recording_that_says_no_time(self, lines):
        refused(run(*self.WATCH, "--replay", lines), "feed.txt", "read as avr", "says a time")

    @pytest.fixture
    def nonsense(self, tmp_path):
        file = tmp_path / "nonsense.pcap"
        file.write_bytes(captured(*[b"no radar at all"] * 5))
        return file

    def test_a_capture_of_which_nothing_can_be_read(self, nonsense):
        to = nonsense.parent / "t.parquet"
        words = ("--format", "asterix", "--json")
        done = run("track", nonsense, "--sensors", EXAMPLES / "tiny", "--to", to, *words)
        refused(done, "nonsense.pcap", "nothing in it could be read as asterix")
        assert done.document["unread"] == [str(nonsense)]
        assert done.document["rejects"] == 5
        done = run(*self.WATCH, "--speed", "max", "--replay", nonsense, *words)
        refused(done, "nonsense.pcap", "nothing in it could be read as asterix")
        assert done.document["unread"] == [str(nonsense)]

    def test_a_capture_that_is_damaged_here_and_there_is_read(self, tmp_path):
        file = tmp_path / "patchy.pcap"
        north = bytes.fromhex("22000bf01981023841c000")
        file.write_bytes(captured(b"no radar at all", north))
        to = tmp_path / "t.parquet"
        words = ("--format", "asterix", "--json")
        done = run("track", file, "--sensors", EXAMPLES / "tiny", "--to", to, *words)
        assert (done.code, done.document["rejects"], done.document["unread"]) == (0, 1, [])

    def test_a_receiver_or_a_reference_that_is_no_place(self, lines):
        refused(self.track(lines, "--receiver", "99,2"), "--receiver 99,2", "latitude")

    def test_a_format_of_a_live_feed(self):
        refused(run(*self.WATCH, "--format", "beast"), "[[feeds]]")

    @pytest.mark.parametrize(
        "text", ["0/107", "107=41.3,2.1", "0/300=41.3,2.1", "0/1=99,2", "0/1=1,2,3,4", "a/b=1,2"]
    )
    def test_references_that_are_none(self, text):
        with pytest.raises(UsageError, match="SAC/SIC=LAT,LON"):
            parse_references([text])


def test_a_reference_may_have_a_height():
    found = parse_references(["0/107=41.3,2.1", "20/1=-41.3,182e-1,52"])
    assert found == {"0/107": (41.3, 2.1, None), "20/1": (-41.3, 18.2, 52.0)}
