"""UAT lines, against a reading bit by bit."""

import datetime as dt
import math
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.read.reader import Options
from airshield.read.uat import READER, UAT
from airshield.tables import ReportFlag
from reference import uat_bits as slow
from text_frames import nanoseconds, reasons, recording, reports_in, tables_in

START_NS = 1_441_635_461_000_000_000
VALUES = UAT.names[5:]


def same(a, b):
    if isinstance(a, float) and b is not None:
        return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)
    return a == b


def check(row, expected):
    for name, value in row.items():
        assert same(value, expected.get(name)), (name, value, expected.get(name))


def rows_of(table):
    return table.select([name for name in VALUES if name in table.column_names]).to_pylist()


@pytest.fixture(scope="module")
def log(shared_data):
    """The log's octets and its lines as (counter, sign, octets, what follows)."""
    octets = recording(shared_data / "adsb" / "stratux_gms5002_978_uat.log")
    found = re.findall(rb"^(\d+),([+-])([0-9a-f]+);(.*)$", octets, re.M)
    return octets, [(int(n), sign, bytes.fromhex(x.decode()), rest) for n, sign, x, rest in found]


def test_the_log_of_a_problem_is_read_bit_by_bit(log):
    octets, lines = log
    batch = tables_in(READER, octets)
    assert batch.rejects.num_rows == 0
    kinds = Counter("uplink" if sign == b"+" else f"type {m[0] >> 3}" for _, sign, m, _ in lines)
    assert batch.counts == {"START": 1, "type 1": 303, "uplink": 383} == {"START": 1, **kinds}
    down = [one for one in lines if one[1] == b"-"]
    table = batch.tables["uat"]
    for row, (_, _, message, _) in zip(rows_of(table), down, strict=True):
        check(row, slow.message(message))
    assert nanoseconds(table["t"]) == [START_NS + counter for counter, *_ in down]
    corrected = [re.match(rb"rs=(\d+)", rest) for *_, rest in down]
    assert table["corrected"].to_pylist() == [int(one[1]) if one else None for one in corrected]


def test_ground_stations_of_the_log(log):
    octets, lines = log
    table = tables_in(READER, octets).tables["uat_uplink"]
    up = [message for _, sign, message, _ in lines if sign == b"+"]
    for row, message in zip(table.drop(["t", "t_heard"]).to_pylist(), up, strict=True):
        for name, value in slow.uplink(message).items():
            assert same(row[name], value), name


def test_a_message_of_the_log_in_figures(log):
    """As dump978's uat2text prints the first one."""
    row = rows_of(tables_in(READER, log[0]).tables["uat"])[0]
    assert f"{row['address']:06X} {row['address_qualifier']}" == "2AC5A7 3"
    assert (round(row["lat_deg"], 4), round(row["lon_deg"], 4)) == (40.2137, -75.8697)
    assert (row["alt_baro_ft"], row["vel_north_kt"], row["vel_east_kt"]) == (2200.0, 36.0, -100.0)
    assert (int(row["track_deg"]), int(row["gs_kt"]), row["vert_rate_ft_min"]) == (289, 106, 0.0)
    assert (row["nic"], row["nac_p"], row["sil"], row["slot"], row["version"]) == (6, 7, 2, 48, 2)
    assert (row["mode_s"], row["callsign"], row["tisb_site"]) == (None, None, 1)


def test_every_message_of_the_log_is_a_report_of_a_radars_track(log):
    batch = reports_in(READER, log[0])
    assert batch.reports.num_rows == 303
    assert batch.unused == {"ground uplink": 383}
    qualifiers = tables_in(READER, log[0]).tables["uat"]["address_qualifier"].to_pylist()
    kinds = ["track" if qualifier in (2, 3) else "adsb" for qualifier in qualifiers]
    assert batch.reports["kind"].to_pylist() == kinds


def basic(octets):
    return bytes([octets[0] & 7]) + octets[1:18]


messages = st.one_of(
    st.binary(min_size=18, max_size=18).map(basic),
    st.tuples(st.integers(1, 31), st.binary(min_size=34, max_size=34)).map(
        lambda made: bytes([(made[0] << 3) | (made[1][0] & 7)]) + made[1][1:]
    ),
    st.sampled_from([0x00, 0xFF]).map(lambda octet: bytes([0x08]) + bytes([octet]) * 33),
)


@settings(deadline=None, max_examples=150)
@given(made=st.lists(messages, min_size=1, max_size=30))
def test_any_message_is_that_of_the_slow_version(made):
    octets = b"".join(b"-" + message.hex().encode() + b";\n" for message in made)
    batch = tables_in(READER, octets)
    assert batch.rejects.num_rows == 0
    for row, message in zip(rows_of(batch.tables["uat"]), made, strict=True):
        check(row, slow.message(message))


def test_identification_ground_state_and_quality_become_a_report():
    def word(a, b, c):
        return (a * 1600 + b * 40 + c).to_bytes(2, "big")

    name = word(1, 10, 23) + word(1, 2, 3) + word(36, 36, 36)  # category 1, "AN123"
    state = bytes.fromhex("08a1b2c3") + (0x2000000000 | 1).to_bytes(6, "big")
    ground = bytes([0x12, 0x39, 0x80 | (31 >> 6), ((31 << 2) & 0xFF) | 0x01, 0x40, 0x00, 0x08])
    status = bytes([0x20, 0x00, 0x96, 0x02, 0x00])
    octets = (state + ground + name + status).ljust(34, b"\0")
    line = b"-" + octets.hex().encode() + b";rs=2;rssi=-12.5;t=1700000000.250;\n"
    row = tables_in(READER, line).tables["uat"].to_pylist()[0]
    assert (row["corrected"], row["signal_db"]) == (2, -12.5)
    check({name: row[name] for name in VALUES}, slow.message(octets))
    report = reports_in(READER, line).reports.to_pylist()[0]
    assert report["t"] == dt.datetime(2023, 11, 14, 22, 13, 20, 250_000, dt.UTC)
    assert (report["callsign"], report["mode_s"], report["kind"]) == ("AN123", 0xA1B2C3, "adsb")
    assert (report["nacp"], report["sigma_pos_m"]) == (9, pytest.approx(30 / 2.4477))
    assert report["flags"] == ReportFlag.ON_GROUND | ReportFlag.EMERGENCY
    assert report["alt_hae_m"] == pytest.approx(((0x123 - 1) * 25 - 1000) * 0.3048)
    assert report["alt_baro_m"] is None
    assert report["vel_east_mps"] == pytest.approx(30 * 1852 / 3600, rel=1e-3)


def test_a_line_without_any_time_makes_a_row_and_no_report():
    line = b"1000,-" + slow_aircraft().hex().encode() + b";\n"
    assert tables_in(READER, line).tables["uat"]["t"].to_pylist() == [None]
    assert reports_in(READER, line).unused == {"no time: give the day, or hear it live": 1}
    heard = reports_in(READER, line, t_heard="2023-11-14T22:13:20").reports
    assert nanoseconds(heard["t"]) == [1_700_000_000_000_000_000]
    day = reports_in(READER, line, options=Options(date=dt.date(2023, 11, 14))).reports
    assert nanoseconds(day["t"]) == [1_699_920_000_000_001_000]


def slow_aircraft():
    return bytes.fromhex("00a1b2c339315994" + "18ae0816009632c01105")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"-00", "a UAT line without its end"),
        (b"-" + b"00" * 18, "a UAT line without its end"),
        (b"-" + b"00" * 17 + b";", "a message that has neither 18 nor 34 octets"),
        (b"-" + b"00" * 34 + b";", "a payload type that does not belong to this length"),
        (b"-08" + b"00" * 17 + b";", "a payload type that does not belong to this length"),
        (b"+" + b"00" * 34 + b";", "an uplink that has not 432 octets"),
        (b"-0g" + b"00" * 17 + b";", "no UAT line"),
        (b"-0" + b"00" * 17 + b";", "no UAT line"),
        (b"12a,-" + b"00" * 18 + b";", "no UAT line"),
        (b"\xff\x00", "no UAT line"),
    ],
)
def test_a_damaged_line_is_rejected_and_the_next_one_read(line, reason):
    good = b"-" + slow_aircraft().hex().encode() + b";\n"
    batch = tables_in(READER, line + b"\n" + good)
    assert reasons(batch) == [reason]
    assert batch.rejects["octets"].to_pylist() == [line + b"\n"]
    assert batch.tables["uat"]["frame"].to_pylist() == [1]
