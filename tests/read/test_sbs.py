"""BaseStation lines, against a plain reading with the csv module."""

import csv
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.read.reader import Options
from airshield.read.sbs import READER
from airshield.tables import ReportFlag
from text_frames import nanoseconds, reasons, recording, reports_in, tables_in

T = "2023/11/14,22:13:20.250"
T_NS = 1_700_000_000_250_000_000


def line(kind=3, address="4CA1FA", when=f"{T},2023/11/14,22:13:20.500", rest="," * 11):
    return f"MSG,{kind},1,1,{address},1,{when},{rest}\n".encode()


POSITION = ",37000,,,47.5,8.25,,,0,0,0,0"


def test_the_log_of_a_problem_is_read_line_by_line(shared_data):
    octets = recording(shared_data / "adsb" / "stratux_gms5002_1090_sbs.log")
    rows = [row for row in csv.reader(octets.decode().splitlines()) if len(row) == 23]
    batch = tables_in(READER, octets)
    table = batch.tables["sbs"]
    assert table.num_rows == len(rows) == 1_060
    assert batch.rejects.num_rows == 0
    assert batch.counts == {
        **{"START": 1, "MSG,3": 2, "MSG,4": 1, "MSG,5": 721, "MSG,6": 5, "MSG,8": 331},
    }
    start_ns = 1_441_635_461_000_000_000  # 2015-09-07 14:17:41 UTC
    assert nanoseconds(table["t"]) == [start_ns + int(row[0]) for row in rows]
    assert table["mode_s"].to_pylist() == [int(row[5], 16) for row in rows]
    assert table["alt_baro_ft"].to_pylist() == [float(row[12]) if row[12] else None for row in rows]
    assert table["squawk"].to_pylist() == [row[18] or None for row in rows]
    assert table["is_on_ground"].to_pylist() == [{"": None, "0": False}[row[22]] for row in rows]
    assert table["gs_kt"].to_pylist() == [float(row[13]) if row[13] else None for row in rows]


def test_a_log_without_positions_gives_no_reports_and_says_why(shared_data):
    octets = recording(shared_data / "adsb" / "stratux_gms5002_1090_sbs.log")
    batch = reports_in(READER, octets)
    assert batch.reports.num_rows == 0
    assert batch.unused == {"no position": 1_060}


def test_a_position_is_reported_with_what_was_said_before():
    octets = line(1, rest="RYR1  ,,,,,,,,,,,") + line(4, rest=",,100,90,,,-600,,,,,")
    octets += line(6, rest=",,,,,,,7600,0,-1,-1,0") + line(rest=POSITION)
    report = reports_in(READER, octets).reports.to_pylist()[0]
    assert report["t"] == dt.datetime(2023, 11, 14, 22, 13, 20, 250_000, dt.UTC)
    assert (report["lat_deg"], report["lon_deg"]) == (47.5, 8.25)
    assert report["alt_baro_m"] == pytest.approx(37_000 * 0.3048)
    assert report["vel_east_mps"] == pytest.approx(100 * 1852 / 3600)
    assert report["vel_up_mps"] == pytest.approx(-3.048)
    assert (report["callsign"], report["mode_3a"], report["mode_s"]) == ("RYR1", 0o7600, 0x4CA1FA)
    assert report["kind"] == "adsb"
    assert report["flags"] == ReportFlag.EMERGENCY  # the newest line says that IDENT is off


def test_what_was_said_too_long_ago_is_forgotten():
    later = "2023/11/14,22:13:31.000,,"
    octets = line(4, rest=",,100,90,,,-600,,,,,") + line(when=later, rest=POSITION)
    report = reports_in(READER, octets).reports.to_pylist()[0]
    assert report["vel_east_mps"] is report["vel_up_mps"] is None


def test_surface_positions_are_on_the_ground():
    report = reports_in(READER, line(2, rest=",,5,90,47.5,8.25,,,,,,")).reports.to_pylist()[0]
    assert report["flags"] == ReportFlag.ON_GROUND


@pytest.mark.parametrize(
    "octets",
    [line(rest=POSITION).replace(b"MSG", b"MLAT"), line(rest=",37000,,,47.5,8.25,,,4,35,0,0")],
)
def test_results_of_multilateration_are_told_from_adsb(octets):
    assert reports_in(READER, octets).reports["kind"].to_pylist() == ["mlat"]


def test_an_altitude_with_h_is_above_the_ellipsoid():
    octets = line(rest=POSITION.replace("37000", "37500H"))
    report = reports_in(READER, octets).reports.to_pylist()[0]
    assert report["alt_baro_m"] is None
    assert report["alt_hae_m"] == pytest.approx(37_500 * 0.3048)


@pytest.mark.parametrize(
    ("when", "heard", "expected_ns"),
    [
        (f"{T},{T}", None, T_NS),
        (f",,{T}", None, T_NS),
        (f"{T},,", "2023-11-14T22:13:21", T_NS),
        ("2023/11/15,00:13:20.250,,", "2023-11-14T22:13:21", T_NS),  # two hours ahead
        ("2023/11/15,03:58:20.250,,", "2023-11-14T22:13:21", T_NS),  # Nepal
        ("2023/11/14,13:13:20.250,,", "2023-11-14T22:13:21", T_NS),  # Alaska
        ("2023/11/14,22:08:20.250,,", "2023-11-14T22:13:21", T_NS - 300 * 10**9),  # delayed
        (",,,", "2023-11-14T22:13:20.25", T_NS),
    ],
)
def test_the_time_is_utc_whatever_zone_the_station_writes(when, heard, expected_ns):
    batch = reports_in(READER, line(when=when, rest=POSITION), t_heard=heard)
    assert nanoseconds(batch.reports["t"]) == [expected_ns]


def test_a_counter_without_start_counts_from_the_day_given():
    octets = b"80000250000000," + line(when=",,,", rest=POSITION)
    assert reports_in(READER, octets).unused == {"no time: give the day, or hear it live": 1}
    day = Options(date=dt.date(2023, 11, 14))
    reports = reports_in(READER, octets, options=day).reports
    assert nanoseconds(reports["t"]) == [T_NS]


def test_messages_of_the_program_are_counted():
    octets = b"SEL,,1,2,4CA4E5,3,,,,,A1\nID,,1,2,4CA4E5,3,,,,,A1\nAIR,,1,2,4CA4E5,3,,,,\n"
    octets += b"STA,,1,2,4CA4E5,3,,,,,RM\nCLK,,1,-1,,-1,,,,\nSTOP\n"
    batch = tables_in(READER, octets)
    assert batch.counts == dict.fromkeys(["AIR", "CLK", "ID", "SEL", "STA", "STOP"], 1)
    assert batch.tables == {}


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"MSG,3,1,1,4CA1FA,1\n", "a MSG line that has not 22 fields"),
        (line(rest=POSITION + ","), "a MSG line that has not 22 fields"),
        (line(9), "a transmission type other than 1 to 8"),
        (line(address="4CA1F"), "no address of six hexadecimal digits"),
        (line(address="~4CA1F"), "no address of six hexadecimal digits"),
        (line(rest=POSITION.replace("47.5", "97.5")), "lat_deg is beyond what can be"),
        (line(rest=POSITION.replace("47.5", "4e1")), "lat_deg is no number"),
        (line(rest=POSITION.replace("37000", "nan")), "alt_baro_ft is no number"),
        (line(rest=POSITION.replace("37000", "999999")), "alt_baro_ft is beyond what can be"),
        (line(rest=",,,,,,,7800,,,,"), "a squawk that is not octal"),
        (line(rest=",,,,,,,,x,,,"), "a flag other than 0, 1 and -1"),
        (line(when="2023/13/14,22:13:20,,"), "a date or time that cannot be"),
        (line(when="2023/11/14,25:13:20,,"), "a date or time that cannot be"),
        (line(rest="R\xe9,,,,,,,,,,,"), "a callsign that is not plain letters"),
        (b"\x00\xff\n", "no BaseStation line"),
        (b"HELLO\n", "no BaseStation line"),
    ],
)
def test_a_line_that_cannot_be_is_rejected_and_the_next_one_read(octets, reason):
    batch = tables_in(READER, octets + line(rest=POSITION))
    assert reasons(batch) == [reason]
    assert batch.rejects["octets"].to_pylist() == [octets]
    assert batch.tables["sbs"]["frame"].to_pylist() == [1]


fields = st.sampled_from(["", "0", "-1", "47.5", "x", "7700", "99999", "1e5", "2023/11/14", "MSG"])


@settings(deadline=None, max_examples=80)
@given(
    changes=st.lists(st.dictionaries(st.integers(0, 22), fields, max_size=3), max_size=6),
    cut=st.integers(0, 150),
)
def test_every_line_is_a_row_a_count_or_a_reject(changes, cut):
    lines = []
    for change in changes:
        whole = line(rest=POSITION).decode().strip().split(",")
        for place, value in change.items():
            whole[place : place + 1] = [value]
        lines.append(",".join(whole).encode())
    octets = b"\n".join([*lines, line(rest=POSITION)[:cut].strip()])
    batch = tables_in(READER, octets)
    rows = batch.tables["sbs"].num_rows if batch.tables else 0
    kept = len([one for one in octets.split(b"\n") if one])
    assert sum(batch.counts.values()) + batch.rejects.num_rows == kept
    assert rows <= sum(batch.counts.values())
    reports = reports_in(READER, octets)
    assert reports.reports.num_rows + sum(reports.unused.values()) == rows
