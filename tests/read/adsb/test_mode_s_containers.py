import datetime as dt
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield import tables
from airshield.errors import EncodeError, UsageError
from airshield.read import adsb, registers
from airshield.read.adsb import encode
from airshield.read.frames import Ledger
from airshield.read.reader import Options, find_reader, frames_of
from mode_s_by_hand import T0_NS, flight, frames_from_octets

LONG = bytes.fromhex("8D4840D6202CC371C32CE0576098")
SHORT = bytes.fromhex("5D484FDEA248F5")
DAY = Options(date=dt.date(2024, 5, 1))


def beast(kind, ticks, level, message):
    plain = ticks.to_bytes(6, "big") + bytes([level]) + message
    return b"\x1a" + kind + plain.replace(b"\x1a", b"\x1a\x1a")


def sample(container, count=40):
    messages, _, _ = flight(0.5 * np.arange(count))
    t_ns = T0_NS + 500_000_000 * np.arange(count)
    table = encode.message_table(messages, t_ns, ticks=0x1A1A1A00 + 6_000_000 * np.arange(count))
    return adsb.write_messages(table, container)


SAMPLES = [
    (reader, container)
    for reader, container in zip(
        adsb.READERS, (adsb.BEAST, adsb.AVR, adsb.MODES_CSV, adsb.JET1090), strict=True
    )
]


def cut(container, octets, sizes):
    """Split a stream that comes in pieces; give frames, their offsets and the ledger."""
    ledger, splitter = Ledger("tcp:test"), container.splitter()
    out, offsets, held, base = [], [], b"", 0
    for piece in [*sizes, None]:
        take = len(octets) if piece is None else piece
        held += octets[base + len(held) : base + len(held) + take]
        split = splitter(
            np.frombuffer(held, np.uint8), base=base, last=piece is None, ledger=ledger
        )
        for a, b in zip(split.first.tolist(), split.stop.tolist(), strict=True):
            out.append(split.octets[a:b].tobytes())
        offsets += split.offset.tolist()
        held, base = held[split.used :], base + split.used
    assert held == b""
    return out, offsets, ledger


@pytest.mark.parametrize(("reader", "container"), SAMPLES)
def test_a_reader_knows_its_own_and_not_the_others(reader, container):
    octets = sample(container)
    for other in adsb.READERS:
        assert (other.sniff(octets) > 0.9) == (other is reader)
        assert other.sniff(np.random.default_rng(1).bytes(4096)) == 0.0
    assert find_reader(reader.name) is reader


@pytest.mark.parametrize(("reader", "container"), SAMPLES)
@given(sizes=st.lists(st.integers(0, 200), max_size=12))
@settings(deadline=None, max_examples=25)
def test_frames_do_not_depend_on_where_the_stream_was_cut(reader, container, sizes):
    octets = sample(container, 12)
    whole, at, _ = cut(container, octets, [])
    assert cut(container, octets, sizes)[:2] == (whole, at)
    assert b"".join(whole) == octets


@given(junk=st.binary(max_size=60), sizes=st.lists(st.integers(0, 30), max_size=8))
@settings(deadline=None, max_examples=200)
def test_beast_messages_are_found_between_junk_and_every_octet_is_told(junk, sizes):
    octets = beast(b"3", 5, 9, LONG) + junk + b"\x00" + beast(b"2", 6, 9, SHORT) * 2
    whole, at, ledger = cut(adsb.BEAST, octets, [])
    again, at_again, ledger_again = cut(adsb.BEAST, octets, sizes)
    assert (whole, at) == (again, at_again)
    rejects = ledger.rejects()
    assert rejects["octets"].to_pylist() == ledger_again.rejects()["octets"].to_pylist()
    pieces = [*zip(at, whole, strict=True)]
    pieces += zip(rejects["offset"].to_pylist(), rejects["octets"].to_pylist(), strict=True)
    assert b"".join(piece for _, piece in sorted(pieces)) == octets
    assert whole[0] == beast(b"3", 5, 9, LONG)
    assert whole[-1] == beast(b"2", 6, 9, SHORT)


@pytest.mark.parametrize(("reader", "container"), SAMPLES)
def test_a_stream_that_ends_anywhere_is_read_as_far_as_it_goes(reader, container):
    octets = sample(container, 3)
    for end in range(len(octets)):
        frames = frames_from_octets(octets[:end], container)
        batch = adsb.MessageReader(container, DAY).feed(frames)
        # A line that ends after two octets of hexadecimal is a Mode A/C reply.
        rows = sum(table.num_rows for table in batch.tables.values())
        assert rows + batch.rejects.num_rows == frames.num_rows


@pytest.mark.parametrize(("reader", "container"), SAMPLES)
def test_what_is_written_is_read_again(reader, container):
    octets = sample(container)
    table = adsb.MessageReader(container, DAY).feed(frames_from_octets(octets, container))
    assert reader.write(table.tables["mode_s"]) == octets


@given(code=st.integers(0, 4095), is_spi=st.booleans())
@settings(deadline=None, max_examples=40)
def test_a_mode_ac_reply_is_written_and_read_again(code, is_spi):
    digits = f"{code:04o}"
    octets = bytes.fromhex(digits[:2] + f"{int(digits[2:], 16) | 0x80 * is_spi:02x}")
    frames = frames_from_octets(beast(b"1", 77, 128, octets))
    table = adsb.MessageReader(adsb.BEAST, DAY).feed(frames).tables["mode_ac"]
    assert table["mode_3a"].to_pylist() == [code]
    assert table["is_spi"].to_pylist() == [is_spi]
    assert adsb.write_messages(table, adsb.BEAST) == beast(b"1", 77, 128, octets)


def test_registers_of_replies_stand_beside_them():
    icao = 0x3C6586
    word = registers.encode_register(0x20, callsign="DLH4AB")
    messages = np.concatenate(
        [
            encode.all_calls([icao]),
            encode.replies([icao], encode.altitude_code([9000.0]), df=20, mb=[word]),
        ]
    )
    table = encode.message_table(messages, T0_NS + np.arange(2))
    octets = adsb.write_messages(table, adsb.MODES_CSV)
    found = adsb.MessageReader(adsb.MODES_CSV).feed(frames_from_octets(octets, adsb.MODES_CSV))
    assert found.tables["mode_s"]["bds"].to_pylist() == [None, 0x20]
    assert found.tables["mode_s"]["bds_fault"].to_pylist() == [None, None]
    some = Options(columns=["bds20_callsign", "icao"])
    reader = adsb.MessageReader(adsb.MODES_CSV, some)
    chosen = reader.feed(frames_from_octets(octets, adsb.MODES_CSV)).tables["mode_s"]
    assert chosen.column_names[-2:] == ["icao", "bds20_callsign"]
    assert chosen["bds20_callsign"].to_pylist() == [None, "DLH4AB"]
    with pytest.raises(UsageError, match="no column 'nonsense'"):
        adsb.MessageReader(adsb.MODES_CSV, Options(columns=["nonsense"]))


def test_beast_tells_level_counter_and_mode_ac():
    octets = beast(b"1", 0x1A, 128, b"\x77\x00") + beast(b"3", 0x1A1A, 255, LONG)
    octets += beast(b"4", 7, 0, bytes(14)) + beast(b"2", 12_000_000 + 0x1A, 1, SHORT)
    batch = adsb.MessageReader(adsb.BEAST, DAY).feed(frames_from_octets(octets))
    assert batch.counts["status"] == 1
    row = batch.tables["mode_ac"].to_pylist()[0]
    assert (row["mode_3a"], row["is_spi"], row["ticks"]) == (0o7700, False, 0x1A)
    table = batch.tables["mode_s"]
    assert table["ticks"].to_pylist() == [0x1A1A, 12_000_000 + 0x1A]
    assert table["signal_dbfs"].to_pylist() == pytest.approx([0.0, -48.1308])
    # Midnight is the first message; the counter has 12 million ticks a second.
    assert table["t"][1].as_py() == dt.datetime(2024, 5, 1, 0, 0, 1, tzinfo=dt.UTC)


def test_a_counter_that_wraps_goes_on_and_one_that_starts_again_stands_still():
    ticks = [2**48 - 12_000_000, 0, 12_000_000, 24_000_000, 5, 12_000_005]
    octets = b"".join(beast(b"2", count, 9, SHORT) for count in ticks)
    table = adsb.MessageReader(adsb.BEAST, DAY).feed(frames_from_octets(octets)).tables["mode_s"]
    t = table["t"].cast("int64").to_numpy()
    assert ((t - t[0]) // 1_000_000_000).tolist() == [0, 1, 2, 3, 3, 4]


def test_gps_time_is_time_of_day_once_the_status_says_so():
    of_day = (3600 << 30) | 250_000_000
    octets = beast(b"4", of_day, 0, bytes([0x10]) + bytes(13)) + beast(b"2", of_day, 9, SHORT)
    table = adsb.MessageReader(adsb.BEAST, DAY).feed(frames_from_octets(octets)).tables["mode_s"]
    assert table["t"].to_pylist() == [dt.datetime(2024, 5, 1, 1, 0, 0, 250_000, tzinfo=dt.UTC)]


def test_on_a_live_feed_time_is_when_it_was_heard():
    frames = frames_from_octets(beast(b"2", 77, 9, SHORT), source="tcp:host")
    heard = tables.make_table(
        tables.FRAME,
        {name: frames[name] for name in frames.column_names if name != "t_heard"}
        | {"t_heard": [T0_NS]},
        rows=1,
    )
    row = adsb.MessageReader(adsb.BEAST).feed(heard).tables["mode_s"]
    assert row["t"].cast("int64").to_pylist() == [T0_NS]
    assert row["ticks"].to_pylist() == [77]


def test_a_place_that_a_server_made_up_is_multilateration():
    messages, _, _ = flight(0.5 * np.arange(6))
    octets = b"".join(beast(b"3", 0xFF004D4C4154, 9, row.tobytes()) for row in messages)
    frames = frames_from_octets(octets, source="tcp:host")
    heard = frames.set_column(
        1,
        tables.FRAME.field("t_heard"),
        encode.message_table(messages, T0_NS + 500_000_000 * np.arange(6))["t"],
    )
    batch = adsb.AdsbReportReader(adsb.BEAST).feed(heard)
    assert set(batch.reports["kind"].to_pylist()) == {"mlat"}


@pytest.mark.parametrize(
    ("line", "ticks", "level"),
    [
        ("*8D4840D6202CC371C32CE0576098;\n", None, None),
        (":8d4840d6202cc371c32ce0576098;\r\n", None, None),
        ("@016CE3671C748D4840D6202CC371C32CE0576098;\n", 0x016CE3671C74, None),
        ("%016CE3671C748D4840D6202CC371C32CE0576098;", 0x016CE3671C74, None),
        ("<016CE3671C74FF8D4840D6202CC371C32CE0576098;\n", 0x016CE3671C74, 0.0),
    ],
)
def test_every_kind_of_avr_line_is_read(line, ticks, level):
    frames = frames_from_octets(line.encode(), adsb.AVR)
    row = adsb.MessageReader(adsb.AVR).feed(frames).tables["mode_s"].to_pylist()[0]
    assert (row["message"], row["ticks"], row["signal_dbfs"]) == (LONG, ticks, level)
    assert adsb.READER_AVR.sniff(line.encode()) > 0.9


@pytest.mark.parametrize(
    ("stamp", "t_ns"),
    [
        ("1457996402", 1_457_996_402_000_000_000),
        ("1457996402.5", 1_457_996_402_500_000_000),
        ("1457996402.123456789", 1_457_996_402_123_456_789),
        ("1457996402500", 1_457_996_402_500_000_000),
        ("1457996402500000", 1_457_996_402_500_000_000),
        ("1457996402500000001", 1_457_996_402_500_000_001),
    ],
)
@pytest.mark.parametrize("between", [" ", ",", ", ", "\t"])
def test_times_are_read_whatever_their_unit(stamp, t_ns, between):
    octets = f"t,frame\n{stamp}{between}{LONG.hex()}\n".encode()
    batch = adsb.MessageReader(adsb.MODES_CSV).feed(frames_from_octets(octets, adsb.MODES_CSV))
    table = batch.tables["mode_s"]
    assert table["t"].cast("int64").to_pylist() == [t_ns]
    assert table["t_heard"].cast("int64").to_pylist() == [t_ns]
    assert batch.counts["remark"] == 1


@pytest.mark.parametrize(
    ("container", "line", "reason"),
    [
        (adsb.AVR, "*8D4840D6202CC371C32CE05760;", "a message is 2, 7 or 14 octets long"),
        (adsb.AVR, "*8D4840D6202CC371C32CE057609G;", "what should be a message is not hexadecimal"),
        (adsb.AVR, "8D4840D6202CC371C32CE0576098", "no message in it"),
        (adsb.MODES_CSV, "1457996402,8D48", "a message is 2, 7 or 14 octets long"),
        (adsb.MODES_CSV, "1e9,8D4840D6202CC371C32CE0576098", "no time that can be read"),
        (adsb.JET1090, '{"timestamp":1.0,"x":"8D"}', "no message in it"),
        (adsb.JET1090, f'{{"timestamp":null,"frame":"{LONG.hex()}"}}', "no time that can be read"),
        (adsb.JET1090, '{"timestamp":1.0,"frame":"8DX0"}', "what should be a message is not"),
    ],
)
def test_lines_that_are_none_are_told(container, line, reason):
    if line.endswith("8D48"):
        reason = None  # two octets are a Mode A/C reply
    batch = adsb.MessageReader(container).feed(frames_from_octets(line.encode(), container))
    told = batch.rejects["reason"].to_pylist()
    assert (told == []) if reason is None else told[0].startswith(reason)


def test_messages_that_cannot_be_wrapped_are_refused():
    table = encode.message_table(np.frombuffer(LONG, np.uint8).reshape(1, 14))
    with pytest.raises(EncodeError, match="says when"):
        adsb.write_messages(table, adsb.JET1090)


def test_a_recording_of_counters_needs_a_date_for_reports():
    octets = sample(adsb.BEAST)
    frames = frames_from_octets(octets)
    with pytest.raises(UsageError, match="give the day"):
        adsb.AdsbReportReader(adsb.BEAST).feed(frames)
    dated = adsb.AdsbReportReader(adsb.BEAST, DAY).feed(frames)
    assert dated.reports.num_rows == 38
    assert adsb.MessageReader(adsb.BEAST).feed(frames).tables["mode_s"]["t"].null_count == 40


def test_counters_of_two_receivers_are_kept_apart():
    one, two = sample(adsb.BEAST, 10), sample(adsb.BEAST, 10).replace(b"\x1a1", b"\x1a1")
    parts = [
        frames_of(
            adsb.BEAST.splitter()(
                np.frombuffer(octets, np.uint8), base=0, last=True, ledger=Ledger(name)
            ),
            source=name,
            first_frame=first,
        )
        for octets, name, first in ((one, "file:a", 0), (two, "file:b", 10))
    ]
    reader = adsb.MessageReader(adsb.BEAST, DAY)
    t = [reader.feed(part).tables["mode_s"]["t"].cast("int64").to_pylist() for part in parts]
    assert t[0] == t[1]
    assert len(set(itertools.chain(*t))) == 10
