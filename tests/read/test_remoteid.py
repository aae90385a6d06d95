"""Drone identification: every transport, every field, and what a position becomes."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import captures_by_hand as captures
from airshield import tables
from airshield.errors import UsageError
from airshield.read.frames import Ledger
from airshield.read.reader import Options
from airshield.read.reader import frames_of as cut_frames
from airshield.read.remoteid import READER, link
from airshield.read.remoteid.messages import KINDS, wrong_with
from airshield.read.remoteid.reports import TRANSMITTERS_MAX
from frames_by_hand import T0_NS, frames_of
from reference import remoteid as slow

S = 1_000_000_000
MAC = "02:00:00:00:00:01"


def read_tables(*packets, columns=None):
    return READER.tables(Options(columns=columns)).feed(frames_of(packets))


def read_reports(*packets, heard_s=None, reader=None):
    heard = (
        None if heard_s is None else [None if s is None else T0_NS + round(s * S) for s in heard_s]
    )
    reader = reader or READER.reports(Options())
    return reader.feed(frames_of(packets, heard_ns=heard))


def plain(table):
    """Rows as dicts, times as aware datetimes of whole seconds."""
    rows = table.drop_columns([f.name for f in table.schema if f.type == tables.TIME]).to_pylist()
    for field in table.schema:
        if field.type == tables.TIME:
            for row, ns in zip(rows, table[field.name].cast(pa.int64()).to_pylist(), strict=True):
                row[field.name] = None if ns is None else dt.datetime.fromtimestamp(ns // S, dt.UTC)
    return rows


def only_row(batch):
    (table,) = batch.tables.values()
    (row,) = plain(table)
    return row


# ---- the messages ------------------------------------------------------------------------------

messages = st.builds(
    lambda kind, version, rest: bytes([kind << 4 | version]) + rest,
    st.integers(0, 5),
    st.integers(0, 15),
    st.binary(min_size=24, max_size=24),
)


@given(st.lists(messages, min_size=1, max_size=9))
@settings(deadline=None)
def test_a_message_says_what_the_standards_tables_say(them):
    batch = read_tables(slow.beacon(slow.pack(*them)))
    expected = {kind: [] for kind in KINDS}
    for message in them:
        if not wrong_with(message):
            kind, fields = slow.decode(message)
            expected[kind].append({**fields, "version": message[0] & 15})
    for kind, rows in expected.items():
        got = plain(batch.tables[kind]) if rows else []
        assert (kind in batch.tables) == bool(rows)
        for row, want in zip(got, rows, strict=True):
            for name, value in want.items():
                near = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
                assert row[name] == near, (kind, name)
    assert batch.rejects.num_rows == sum(bool(wrong_with(one)) for one in them)


def test_every_field_of_a_position_written_by_hand():
    message = bytes.fromhex("12262d28f62043bc1c20ddc109c408d00934084b3210270a00")
    row = only_row(read_tables(slow.beacon(slow.pack(message))))
    assert row["status"] == "airborne"
    assert row["height_type"] == "ground"
    assert row["direction_deg"] == 225.0  # 45 with the western half set
    assert row["speed_mps"] == 10.0
    assert row["vertical_speed_mps"] == -5.0
    assert (row["lat_deg"], row["lon_deg"]) == (48.21, 16.37)
    assert (row["alt_baro_m"], row["alt_hae_m"], row["height_m"]) == (122.0, 256.0, 50.0)
    assert (row["accuracy_horizontal_m"], row["accuracy_vertical_m"]) == (3.0, 10.0)
    assert (row["accuracy_baro_m"], row["accuracy_speed_mps"]) == (25.0, 3.0)
    assert (row["time_of_hour_s"], row["accuracy_time_s"]) == (1000.0, 1.0)


def test_what_a_field_calls_unknown_is_null():
    message = bytes.fromhex("12 02 b5 ff 7e") + bytes(8) + bytes(6) + bytes(2) + b"\xff\xff\0\0"
    message = bytes([message[0], 0x03]) + message[2:]  # western half and fast: 361 deg, 255 m/s
    row = only_row(read_tables(slow.beacon(slow.pack(message))))
    unknown = {name for name, value in row.items() if value is None}
    assert unknown >= {
        *("direction_deg", "speed_mps", "vertical_speed_mps", "lat_deg", "lon_deg", "alt_baro_m"),
        *("alt_hae_m", "height_m", "accuracy_horizontal_m", "time_of_hour_s", "accuracy_time_s"),
    }


def test_text_from_strangers_is_shown_without_its_control_codes():
    message = b"\x32\x00" + b"\x1b[2J<b>\xe9 hi".ljust(23, b"\0")
    row = only_row(read_tables(slow.beacon(slow.pack(message))))
    assert row["description"] == "\\x1b[2J<b>\\xe9 hi"


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (slow.make_location(lat_deg=95.0), "not on Earth"),
        (slow.make_location(lon_deg=-181.0), "not on Earth"),
        (slow.make_location(tenths=36_001), "past the end of the hour"),
        (b"\x22\x10\x10\x05" + bytes(21), "longer than its pages"),
        (b"\x22\x10\x01\xff" + bytes(21), "longer than its pages"),
        (b"\x42\x00" + b"\x7f" * 23, "operator's place"),
        (slow.pack(slow.make_basic_id())[:25], "a pack within a pack"),
    ],
)
def test_what_cannot_be_is_refused_and_the_rest_of_the_pack_is_read(message, why):
    batch = read_tables(slow.beacon(slow.pack(message, slow.make_basic_id())))
    assert list(batch.tables) == ["basic_id"]
    (reject,) = batch.rejects.to_pylist()
    assert why in reject["reason"]
    assert reject["octets"] == message


# ---- the transports ----------------------------------------------------------------------------

PACK = slow.pack(slow.make_basic_id(), slow.make_location())
ONE = slow.make_location()
CODED = slow.extended(PACK, coding=b"\0")
TRANSPORTS = {
    "wifi_beacon": slow.beacon(PACK),
    "wifi_nan": slow.nan_frame(PACK),
    "bluetooth_legacy": slow.legacy(ONE),
    "bluetooth_ext": slow.extended(PACK),
}


@pytest.mark.parametrize(
    ("packet", "transport", "mac", "rssi_dbm", "freq_mhz"),
    [
        (slow.beacon(PACK), "wifi_beacon", "01", None, None),
        (b"\x50" + slow.beacon(PACK)[1:], "wifi_beacon", "01", None, None),
        (slow.radiotap(slow.beacon(PACK)), "wifi_beacon", "01", -60, 2437),
        (slow.radiotap(slow.beacon(PACK), tsft=True), "wifi_beacon", "01", -60, 2437),
        (slow.radiotap(slow.beacon(PACK), flags=0x10, fcs=0), "wifi_beacon", "01", -60, 2437),
        (slow.radiotap(slow.nan_frame(PACK), freq_mhz=5745), "wifi_nan", "01", -60, 5745),
        (slow.nan_frame(PACK, control=0x1C, before=b"\2ab\1c"), "wifi_nan", "01", None, None),
        (slow.nan_frame(PACK, control=0x50, before=b"\0\0"), "wifi_nan", "01", None, None),
        *((slow.legacy(ONE, kind=k), "bluetooth_legacy", "02", None, None) for k in (0, 2, 6)),
        (slow.with_header(slow.legacy(ONE)), "bluetooth_legacy", "02", -70, 2426),
        (slow.nordic(slow.legacy(ONE)), "bluetooth_legacy", "02", -54, 2402),
        (slow.extended(PACK), "bluetooth_ext", "03", None, None),
        (slow.with_header(CODED, coded=True), "bluetooth_ext", "03", -70, 2426),
        (slow.nordic(CODED, channel=11), "bluetooth_ext", "03", -54, 2428),
    ],
)  # fmt: skip
def test_every_transport_is_read(packet, transport, mac, rssi_dbm, freq_mhz):
    batch = read_tables(packet)
    assert batch.rejects.num_rows == 0
    (row,) = plain(batch.tables["location"])
    assert row["transport"] == transport
    assert row["mac"] == f"02:00:00:00:00:{mac}"
    assert (row["rssi_dbm"], row["freq_mhz"], row["counter"]) == (rssi_dbm, freq_mhz, 7)
    assert packet[row["offset"] : row["offset"] + 25] == ONE
    assert ("basic_id" in batch.tables) == (transport != "bluetooth_legacy")


def test_an_extended_advertisement_without_address_is_read():
    row = only_row(read_tables(slow.extended(slow.pack(ONE), mac=None)))
    assert row["mac"] is None


@pytest.mark.parametrize(
    "packet",
    [
        slow.beacon(PACK).replace(b"\xfa\x0b\xbc\x0d", b"\xfa\x0b\xbc\x0e"),
        slow.nan_frame(PACK, service=b"abcdef"),
        slow.nan_frame(PACK, control=0),
        slow.le(bytes([0x42, 9]) + bytes(6) + b"\2\1\6"),
        slow.le(bytes([0x45, 3]) + b"abc"),
        b"\x08\x02" + bytes(40),  # data of somebody else
    ],
)
def test_other_peoples_packets_are_counted_and_not_looked_into(packet):
    batch = read_tables(packet)
    assert not batch.tables
    assert batch.rejects.num_rows == 0
    assert batch.counts == {"packet without drone identification": 1}


@pytest.mark.parametrize(
    "packet",
    [
        slow.legacy(ONE, damage=1),
        slow.radiotap(slow.beacon(PACK), flags=0x10, fcs=1),
        slow.radiotap(slow.beacon(PACK), flags=0x40),
    ],
)
def test_a_packet_that_fails_its_check_sum_is_refused_whole(packet):
    batch = read_tables(packet)
    assert not batch.tables
    (reject,) = batch.rejects.to_pylist()
    assert "check sum" in reject["reason"]
    assert reject["octets"] == packet


@given(st.sampled_from(sorted(TRANSPORTS)), st.integers(0, 2000), st.integers(1, 255))
@settings(deadline=None)
def test_a_wrong_bit_never_gets_through_bluetooths_check_sum(transport, at, wrong):
    packet = bytearray(TRANSPORTS[transport])
    packet[at % len(packet)] ^= wrong
    batch = read_tables(bytes(packet))
    if transport.startswith("bluetooth"):
        assert not batch.tables


@pytest.mark.parametrize("transport", sorted(TRANSPORTS))
def test_a_packet_cut_at_any_octet_gives_whole_messages_or_a_reject(transport):
    packet = TRANSPORTS[transport]
    for size in range(len(packet)):
        batch = read_tables(packet[:size])
        for kind, table in batch.tables.items():
            for row in plain(table):
                begin = row["offset"]
                assert begin + 25 <= size
                name, _ = slow.decode(packet[begin : begin + 25])
                assert name == kind


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_random_octets_are_no_drone(octets):
    assert READER.sniff(octets) == 0.0
    batch = read_reports(octets)
    assert batch.reports.num_rows == 0
    assert batch.rejects.num_rows + sum(batch.unused.values()) == 1


def test_the_check_sum_is_that_of_the_specifications_shift_register():
    rng = np.random.default_rng(3)
    for size in (0, 1, 2, 39, 255):
        octets = rng.bytes(size)
        assert link.crc24(octets) == slow.crc24(octets)


def test_a_pack_that_promises_more_than_it_holds_gives_what_it_holds():
    broken = bytearray(slow.pack(slow.make_basic_id(), ONE))
    broken[2] = 3
    batch = read_tables(slow.extended(bytes(broken)))
    assert sorted(batch.tables) == ["basic_id", "location"]
    assert "not hold whole" in batch.rejects["reason"][0].as_py()
    for wrong in (b"\xf2\x18\x01" + ONE[:24], b"\xf2\x19\x0a" + bytes(225), b"\xf2\x19"):
        batch = read_tables(slow.beacon(wrong))
        assert not batch.tables
        assert batch.rejects["octets"].to_pylist() == [wrong]


def test_kinds_of_messages_to_come_are_counted():
    batch = read_reports(slow.beacon(slow.pack(b"\x62" + bytes(24), ONE)))
    assert batch.unused == {"message of type 6": 1}
    assert batch.reports.num_rows == 1


# ---- the recordings ----------------------------------------------------------------------------


def cut(octets, pieces=1, ledger=None):
    """Cut a stream given in pieces into FRAME tables."""
    splitter, ledger = READER.splitter(), ledger or Ledger("file:a")
    edges = np.linspace(0, len(octets), pieces + 1).astype(int)[1:]
    out, waiting, base, count = [], b"", 0, 0
    begin = 0
    for edge in edges:
        waiting += octets[begin:edge]
        begin = edge
        split = splitter(
            np.frombuffer(waiting, np.uint8), base=base, last=edge == len(octets), ledger=ledger
        )
        out.append(cut_frames(split, source="file:a", first_frame=count))
        count += out[-1].num_rows
        waiting, base = waiting[split.used :], base + split.used
    assert not waiting
    return tables.concat(tables.FRAME, out), ledger


def test_the_nan_capture_gives_what_the_other_decoder_gives(shared_data):
    octets = (shared_data / "interop/remoteid/odid_wifi_sample.pcap").read_bytes()
    assert READER.sniff(octets) == 1.0
    frames, _ = cut(octets)
    batch = READER.tables(Options()).feed(frames)
    assert batch.rejects.num_rows == 0
    rows = {kind: table.num_rows for kind, table in batch.tables.items()}
    assert rows == {"location": 31, "self_id": 4, "system": 4, "operator_id": 3}
    assert batch.counts["wifi_nan"] == batch.counts["wifi_beacon"] == 21
    # Values from opendroneid-core-c (2026-02) on the same octets.
    first = plain(batch.tables["location"])[0]
    assert (first["lat_deg"], first["lon_deg"]) == (45.5450519, -122.9722906)
    assert (first["direction_deg"], first["speed_mps"]) == (288.0, 20.5)
    assert first["alt_hae_m"] == 237.0
    assert batch.tables["self_id"]["description"][0].as_py() == "Recreational"
    assert batch.tables["operator_id"]["operator_id"][0].as_py() == "GBR-OP-123ABCD"
    system = plain(batch.tables["system"])[0]
    assert (system["operator_lat_deg"], system["operator_lon_deg"]) == pytest.approx(
        (45.539, -122.967), abs=0.02
    )


def test_the_beacon_capture_is_one_named_drone(shared_data):
    octets = (shared_data / "interop/remoteid/odid_wifi_bcn_sample.pcap").read_bytes()
    frames, _ = cut(octets)
    batch = READER.reports(Options()).feed(frames)
    # 21 positions, five of them sent again unchanged within three seconds.
    assert batch.unused["location heard before"] + batch.reports.num_rows == 21
    assert set(batch.reports["callsign"].to_pylist()) == {"MFG1A0123456789"}
    assert set(batch.reports["kind"].to_pylist()) == {"drone_id"}
    # Its clock stands at the full hour; the time of hearing is taken.
    assert batch.counts["location whose clock is off"] == batch.reports.num_rows
    assert batch.reports["t"].equals(batch.reports["t_heard"])
    np.testing.assert_allclose(batch.reports["sigma_pos_m"].to_numpy(), 30.0 / 2.4477)


def test_the_captures_as_streams_are_cut_the_same_however_they_come(shared_data):
    octets = (shared_data / "interop/remoteid/odid_wifi_bcn_sample.pcap").read_bytes()
    whole, ledger = cut(octets)
    assert ledger.padding + ledger.octets == len(octets)
    for pieces in (2, 7, 500):
        assert cut(octets, pieces)[0].equals(whole)


# ---- streams -----------------------------------------------------------------------------------

PACKETS = [(T0_NS + k * S // 2, packet) for k, packet in enumerate(TRANSPORTS.values())]


def pcapng(order="<"):
    out = captures.ng_section(order)
    out += captures.ng_interface(order, link=105) + captures.ng_interface(
        order, link=251, resolution=9
    )
    for k, (t_ns, packet) in enumerate(PACKETS):
        ticks = t_ns if k >= 2 else t_ns // 1000
        out += captures.ng_packet(ticks, packet, order, interface=int(k >= 2))
    return out + captures.ng_simple(PACKETS[0][1], order)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pieces", [1, 3, 250])
def test_a_pcapng_gives_its_packets_and_their_times(order, pieces):
    octets = pcapng(order)
    frames, ledger = cut(octets, pieces)
    heard = frames["t_heard"].cast(pa.int64()).to_pylist()
    assert list(zip(heard, frames["octets"].to_pylist(), strict=True))[:4] == PACKETS
    assert heard[4] is None
    assert frames["octets"][4].as_py() == PACKETS[0][1]
    assert ledger.padding + ledger.octets == len(octets)
    offsets = frames["offset"].to_pylist()
    assert all(
        octets[o:].startswith(p) for o, p in zip(offsets, frames["octets"].to_pylist(), strict=True)
    )


@pytest.mark.parametrize("nanoseconds", [False, True])
def test_a_pcap_gives_its_packets_and_their_times(nanoseconds):
    octets = captures.pcap(PACKETS[:2], order=">", nanoseconds=nanoseconds, link=105)
    frames, ledger = cut(octets, 40)
    assert frames["octets"].to_pylist() == [packet for _, packet in PACKETS[:2]]
    assert frames["t_heard"].cast(pa.int64()).to_pylist() == [t_ns for t_ns, _ in PACKETS[:2]]
    assert ledger.padding + ledger.octets == len(octets)


@pytest.mark.parametrize("octets", [captures.pcap(PACKETS, link=105), pcapng()])
def test_every_octet_of_a_stream_cut_short_is_accounted_for(octets):
    for size in range(len(octets)):
        _, ledger = cut(octets[:size]) if size else (None, Ledger("file:a"))
        lost = sum(len(one) for one in ledger.rejects()["octets"].to_pylist())
        assert ledger.padding + ledger.octets + lost == size


def test_a_capture_of_something_else_is_refused_with_its_link_type():
    frames, ledger = cut(captures.pcap([(T0_NS, b"x" * 60)], link=1))
    assert frames.num_rows == 0
    assert "link type 1 " in ledger.rejects()["reason"][0].as_py()
    assert READER.sniff(captures.pcap([(T0_NS, b"x" * 60)], link=1)) == 0.0
    assert READER.sniff(captures.pcap([(T0_NS, bytes(60))], link=127)) == 0.3
    assert READER.sniff(captures.pcap(PACKETS, link=105)) == 1.0
    assert READER.sniff(TRANSPORTS["bluetooth_ext"]) == 0.9


def test_a_damaged_header_loses_the_rest_and_says_so():
    good = captures.pcap(PACKETS[:1], link=105)
    bad = good + b"\xff" * 40
    frames, ledger = cut(bad)
    assert frames.num_rows == 1
    assert ledger.rejects()["octets"].to_pylist() == [b"\xff" * 40]
    frames, ledger = cut(b"no capture at all")
    assert ledger.rejects()["octets"].to_pylist() == [b"no capture at all"]


def test_rejects_of_a_lost_stream_do_not_depend_on_how_it_comes():
    junk = captures.pcap(PACKETS[:1], link=105) + b"\xff" * 150_000
    whole = cut(junk)[1].rejects()
    assert [len(one) for one in whole["octets"].to_pylist()] == [65_536, 65_536, 18_928]
    assert cut(junk, 9)[1].rejects().equals(whole)


# ---- the reports -------------------------------------------------------------------------------


def test_a_position_becomes_a_report_in_si():
    place = slow.make_location(
        48.25,
        16.5,
        status=3,
        course=270,
        speed=100,
        climb=6,
        baro_m=120.0,
        hae_m=256.5,
        accuracy=10,
    )
    batch = read_reports(slow.beacon(slow.pack(slow.make_basic_id(b"SN-1"), place)))
    (row,) = plain(batch.reports)
    assert (row["lat_deg"], row["lon_deg"]) == (48.25, 16.5)
    assert (row["alt_hae_m"], row["alt_baro_m"]) == (256.5, 120.0)
    assert (row["vel_east_mps"], row["vel_north_mps"]) == pytest.approx((-25.0, 0.0), abs=1e-9)
    assert row["vel_up_mps"] == 3.0
    assert row["sigma_pos_m"] == pytest.approx(4.0855, abs=1e-4)
    assert row["callsign"] == "SN-1"
    assert row["track_sensor"] == 1
    assert row["sensor"] == "file:a"
    assert row["flags"] == tables.ReportFlag.EMERGENCY
    ground = slow.beacon(slow.pack(slow.make_location(status=1)))
    assert read_reports(ground).reports["flags"].to_pylist() == [tables.ReportFlag.ON_GROUND]


@pytest.mark.parametrize(
    ("heard_s", "tenths", "t_s"),
    [
        (3599.9, 35_990, 3599.0),
        (3600.2, 35_995, 3599.5),  # heard after the hour, measured before it
        (3599.9, 3, 3600.3),  # a clock that runs a little ahead of ours
        (7200.0, 0xFFFF, 7200.0),  # no time: when it was heard
        (1800.0, 0, 1800.0),  # half an hour off: not believed
        (100.0, 1101, 100.0),
        (100.0, 1100, 110.0),
    ],
)
def test_the_hour_of_a_position_is_the_one_nearest_to_its_hearing(heard_s, tenths, t_s):
    packet = slow.beacon(slow.pack(slow.make_location(tenths=tenths)))
    batch = read_reports(packet, heard_s=[heard_s])
    (t_ns,) = batch.reports["t"].cast(pa.int64()).to_pylist()
    assert t_ns == T0_NS + round(t_s * S)


def test_a_name_goes_with_the_positions_of_its_transmitter_for_a_minute():
    name = slow.legacy(slow.make_basic_id(b"ME"), mac=b"\0\0\0\0\0\1")
    mine = [slow.legacy(slow.make_location(48.0 + k / 100), mac=b"\0\0\0\0\0\1") for k in range(3)]
    other = slow.legacy(slow.make_location(47.0), mac=b"\0\0\0\0\0\2")
    batch = read_reports(mine[0], name, mine[1], other, mine[2], heard_s=[0, 1, 61, 61, 61.5])
    assert batch.reports["callsign"].to_pylist() == [None, "ME", None, None]


def test_a_serial_number_goes_before_a_session_and_a_later_name_before_an_older():
    place = slow.make_location()
    session = slow.make_basic_id(b"\1" + bytes(18) + b"\2", id_type=4)
    serial = slow.make_basic_id(b"SERIAL")
    both = slow.beacon(slow.pack(place, serial, session))
    assert read_reports(both).reports["callsign"].to_pylist() == ["SERIAL"]
    only = slow.beacon(slow.pack(session, place))
    assert read_reports(only).reports["callsign"].to_pylist() == ["01" + "00" * 18 + "02"]
    changed = slow.beacon(slow.pack(slow.make_basic_id(b"NEW"), slow.make_location(48.3)))
    assert read_reports(both, changed).reports["callsign"].to_pylist() == ["SERIAL", "NEW"]
    uuid = slow.make_basic_id(bytes(range(16)) + bytes(4), id_type=3)
    told = read_reports(slow.beacon(slow.pack(uuid, place))).reports["callsign"][0].as_py()
    assert told == "00010203-0405-0607-0809-0a0b0c0d0e0f"


def test_a_measurement_heard_again_is_one_report():
    timed = slow.legacy(slow.make_location(tenths=20))
    batch = read_reports(timed, timed, timed, heard_s=[2.1, 2.2, 6.0])
    assert batch.reports.num_rows == 2
    assert batch.unused == {"location heard before": 1}
    untimed = slow.legacy(slow.make_location())
    assert read_reports(untimed, untimed, heard_s=[2.1, 2.2]).reports.num_rows == 2


def test_positions_without_place_or_hearing_are_counted():
    nowhere = slow.legacy(slow.make_location(0.0, 0.0))
    batch = read_reports(nowhere, slow.legacy(ONE), heard_s=[1, None])
    assert batch.reports.num_rows == 0
    assert batch.unused == {"location without a place": 1, "location heard at an unknown time": 1}


packets = st.lists(
    st.builds(
        lambda make, mac, lat, name: make(
            slow.pack(slow.make_basic_id(name), slow.make_location(lat))
            if name
            else slow.pack(slow.make_location(lat)),
            mac=bytes(5) + bytes([mac]),
        ),
        st.sampled_from([slow.beacon, slow.nan_frame, slow.extended]),
        st.integers(1, 3),
        st.sampled_from([48.0, 48.1]),
        st.sampled_from([b"", b"A", b"B"]),
    ),
    max_size=12,
)


@given(packets, st.integers(0, 12))
@settings(deadline=None, max_examples=50)
def test_reports_depend_neither_on_batches_nor_on_a_restart(them, at):
    frames = frames_of(them)
    whole = READER.reports(Options()).feed(frames)
    single = READER.reports(Options())
    rows = [single.feed(frames.slice(k, 1)).reports for k in range(frames.num_rows)]
    assert tables.concat(tables.REPORT, rows).equals(tables.concat(tables.REPORT, [whole.reports]))

    first, second = READER.reports(Options()), READER.reports(Options())
    before = first.feed(frames.slice(0, at)).reports
    second.restore(first.snapshot())
    after = second.feed(frames.slice(at)).reports
    assert tables.concat(tables.REPORT, [before, after]).equals(
        tables.concat(tables.REPORT, [whole.reports])
    )


def test_the_memory_of_transmitters_has_an_end():
    reader = READER.reports(Options())
    message = slow.pack(slow.make_basic_id(b"FIRST"), ONE)
    swarm = [
        slow.beacon(message, mac=bytes([9, 0, 0, 0, *divmod(k, 256)]))
        for k in range(TRANSMITTERS_MAX + 5)
    ]
    read_reports(*swarm, reader=reader, heard_s=[0] * len(swarm))
    assert len(reader._heard) == TRANSMITTERS_MAX


def test_columns_can_be_chosen_and_wrong_ones_are_told():
    batch = read_tables(TRANSPORTS["wifi_beacon"], columns=("lat_deg", "mac"))
    assert batch.tables["location"].column_names == [
        "frame",
        "t_heard",
        "record",
        "offset",
        "mac",
        "lat_deg",
    ]
    assert "mac" in batch.tables["basic_id"].column_names
    with pytest.raises(UsageError, match="did you mean 'lat_deg'"):
        READER.tables(Options(columns=("lat_degs",)))


def test_there_is_no_writer_of_identities():
    assert READER.write is None
