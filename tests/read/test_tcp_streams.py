"""TCP in captures: each direction is one stream, whatever order its segments came in."""

import dataclasses
import random
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import captures_by_hand as by_hand
from airshield.read import capture, read_frames, streams
from airshield.read.frames import Ledger
from airshield.read.reader import NO_TIME, Split, find_reader
from captures_by_hand import cooked, cooked2, ethernet, ipv4, ipv6, loopback, pcap, tcp, udp
from contracts.samples import SAMPLES
from damage_by_hand import make_blocks
from frames_by_hand import T0_NS, rows_of
from reference.tcp_streams import put_together

BLOCKS = make_blocks(random.Random(5), 120, [48, 34, 62])
STREAM = b"".join(BLOCKS)
STEP_NS = 1_000_000


def one_by_one(octets, *, base, last, ledger):
    """A splitter whose frames are single octets."""
    first = np.arange(octets.size)
    ledger.frames += octets.size
    ledger.octets += octets.size
    times = np.full(octets.size, NO_TIME)
    return Split(octets, first, first + 1, base + first, times, octets.size)


EVERY_OCTET = dataclasses.replace(
    find_reader("asterix"), sniff=lambda head: 1.0, splitter=lambda: one_by_one
)


def segments_of(data, sizes, sequence):
    """Cut a stream into (sequence, payload) pairs."""
    out, at = [], 0
    while at < len(data):
        size = sizes[len(out) % len(sizes)]
        out.append((sequence + at, data[at : at + size]))
        at += size
    return out


def capture_of(segments, *, form="pcap", wrap=ethernet, link=1, ip=ipv4):
    """Make a capture of bodies of IP (a segment each, or whole packets), a millisecond apart."""
    packets = [(T0_NS + k * STEP_NS, wrap(ip(one, **IP[ip]))) for k, one in enumerate(segments)]
    if form == "pcap":
        return pcap(packets, link=link)
    out = by_hand.ng_section() + by_hand.ng_interface(link=link)
    return out + b"".join(by_hand.ng_packet(t_ns // 1000, packet) for t_ns, packet in packets)


IP = {ipv4: {"protocol": 6}, ipv6: {"follows": 6}}


def split(data, reader, *, piece=None, form="pcap"):
    """All that a splitter says of a capture, given whole or in pieces."""
    stream = np.frombuffer(data, np.uint8)
    ledger, splitter = Ledger("a"), capture.splitter(form, reader=reader)
    frames, at, end = [], 0, 0
    while True:
        end = stream.size if piece is None else min(end + piece, stream.size)
        found = splitter(stream[at:end], base=at, last=end == stream.size, ledger=ledger)
        spans = zip(found.first.tolist(), found.stop.tolist(), strict=True)
        octets = [found.octets[first:stop].tobytes() for first, stop in spans]
        frames += zip(found.offset.tolist(), found.t_ns.tolist(), octets, strict=True)
        at += found.used
        if end == stream.size:
            break
    rejects = ledger.rejects()
    rejects = rejects.set_column(1, "t_heard", rejects["t_heard"].cast(pa.int64())).to_pylist()
    lost = sum(len(row["octets"]) for row in rejects)
    assert at == stream.size == ledger.octets + ledger.padding + lost
    assert ledger.octets == sum(len(frame[2]) for frame in frames)
    assert ledger.frames == len(frames)
    for row in rejects:
        assert data[row["offset"] : row["offset"] + len(row["octets"])] == row["octets"]
    return frames, rejects, ledger


def read(path, data, **options):
    path.write_bytes(data)
    recording = read_frames(path, **options)
    return rows_of(recording), recording.rejects().to_pylist(), recording.ledger


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
@pytest.mark.parametrize(
    ("link", "wrap"),
    [
        (1, ethernet),
        (1, lambda body: ethernet(body, tags=[0x88A8, 0x8100])),
        (113, cooked),
        (276, cooked2),
        (0, loopback),
        (108, loopback),
        (101, bytes),
    ],
)
@pytest.mark.parametrize("ip", [ipv4, ipv6])
def test_blocks_over_tcp_are_frames_under_every_wrapping(tmp_path, form, link, wrap, ip):
    parts = segments_of(STREAM, [1400, 37, 536], 9)
    made = [tcp(payload, sequence=at) for at, payload in parts]
    data = capture_of(made, form=form, wrap=wrap, link=link, ip=ip)
    frames, rejects, ledger = read(tmp_path / "a", data)
    assert [row[4] for row in frames] == BLOCKS
    assert rejects == []
    assert ledger.octets == len(STREAM)
    assert ledger.packets == ledger.not_udp == len(parts)


def test_a_frame_has_the_place_of_its_beginning_and_the_time_of_its_last_packet():
    parts = segments_of(STREAM, [100], 0)
    data = capture_of([tcp(payload, sequence=at) for at, payload in parts])
    frames, _, _ = split(data, find_reader("asterix"))
    at = 0
    for (offset, t_ns, octets), block in zip(frames, BLOCKS, strict=True):
        assert octets == block
        payload = 24 + (at // 100) * (16 + 14 + 40 + 100) + 16 + 14 + 40
        assert offset == payload + at % 100
        at += len(block)
        assert t_ns == T0_NS + (at - 1) // 100 * STEP_NS


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_it_equals_a_dictionary_of_octets_by_sequence_number(data):
    begin = data.draw(st.sampled_from([0, 5, 2**31 - 20, 2**32 - 30, 2**32 - 1]))
    original = bytes(range(100))
    is_begun = data.draw(st.booleans())
    drawn = data.draw(
        st.lists(st.tuples(st.integers(0, 99), st.integers(1, 40)), min_size=1, max_size=14)
    )
    sent = []
    for k, (at, size) in enumerate(drawn):
        # Copies that differ tell which one counted.
        payload = bytes((octet + k) % 256 for octet in original[at : at + size])
        sent.append(((begin + at) % 2**32, payload, k))
    made = [tcp(payload, sequence=at) for at, payload, _ in sent]
    if is_begun:
        made.insert(0, tcp(sequence=begin - 1, flags="S"))
    runs = put_together(sent, begin=begin if is_begun else None)
    octets = capture_of(made)
    frames, rejects, ledger = split(octets, EVERY_OCTET)
    expected, starts = [], packet_starts(octets)
    for _, run in runs:
        for octet, k, index in run:
            row = k + is_begun
            expected.append((starts[row] + 54 + index, T0_NS + row * STEP_NS, bytes([octet])))
    assert sorted(frames) == sorted(expected)
    gaps = [row["reason"] for row in rejects if not row["octets"]]
    assert gaps == [
        f"{gap} octets of a TCP stream are not in the capture" for gap, _ in runs if gap
    ]
    piece = data.draw(st.integers(1, 300))
    again, again_rejects, again_ledger = split(octets, EVERY_OCTET, piece=piece)
    assert (again, again_rejects) == (frames, rejects)
    assert again_ledger.padding_kinds == ledger.padding_kinds


def packet_starts(octets):
    """Where the packets of a classic capture begin."""
    starts, at = [], 24
    while at < len(octets):
        starts.append(at + 16)
        at += 16 + int.from_bytes(octets[at + 8 : at + 12], "little")
    return starts


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_segments_in_any_order_and_twice_give_the_same_blocks(data):
    begin = data.draw(st.sampled_from([0, 2**32 - 3000]))
    parts = segments_of(STREAM, data.draw(st.lists(st.integers(50, 900), min_size=1)), begin)
    twice = parts + data.draw(st.lists(st.sampled_from(parts), max_size=8))
    order = data.draw(st.permutations(twice))
    made = [tcp(sequence=begin - 1, flags="S")]
    made += [tcp(payload, sequence=at) for at, payload in order]
    data_there = capture_of(made, form=data.draw(st.sampled_from(["pcap", "pcapng"])))
    form = "pcap" if data_there[:1] == b"\xd4" else "pcapng"
    frames, rejects, ledger = split(data_there, find_reader("asterix"), form=form)
    assert sorted(frame[2] for frame in frames) == sorted(BLOCKS)
    assert rejects == []
    again = sum(len(payload) for _, payload in twice) - len(STREAM)
    assert ledger.padding_kinds.get("TCP octets sent again, or after the end", 0) == again


def test_a_lost_segment_costs_the_blocks_it_touches_and_is_told():
    parts = segments_of(STREAM, [500], 0)
    made = [tcp(payload, sequence=at) for k, (at, payload) in enumerate(parts) if k != 4]
    frames, rejects, _ = split(capture_of(made), find_reader("asterix"))
    ends = np.cumsum([len(block) for block in BLOCKS])
    begins = ends - [len(block) for block in BLOCKS]
    untouched = [
        block
        for block, first, stop in zip(BLOCKS, begins, ends, strict=True)
        if stop <= 2000 or first >= 2500
    ]
    assert [frame[2] for frame in frames] == untouched
    reasons = [row["reason"] for row in rejects]
    assert reasons.count("500 octets of a TCP stream are not in the capture") == 1
    lost = sum(len(row["octets"]) for row in rejects)
    assert lost == len(STREAM) - 500 - sum(map(len, untouched))


def test_a_capture_from_the_middle_of_a_connection_finds_the_first_whole_block():
    parts = segments_of(STREAM[20:], [700], 2**32 - 900)
    made = [tcp(payload, sequence=at) for at, payload in parts]
    frames, rejects, _ = split(capture_of(made), find_reader("asterix"))
    assert [frame[2] for frame in frames] == BLOCKS[1:]
    assert sum(len(row["octets"]) for row in rejects) == len(BLOCKS[0]) - 20


def test_what_came_before_the_first_packet_of_the_capture_is_rejected():
    made = [tcp(b"later", sequence=100), tcp(b"before", sequence=94), tcp(b"after", sequence=105)]
    frames, rejects, _ = split(capture_of(made), EVERY_OCTET)
    assert b"".join(frame[2] for frame in frames) == b"laterafter"
    assert [row["octets"] for row in rejects] == [b"before"]


def test_both_directions_and_the_ports_again_after_the_end_are_streams_of_their_own():
    back = b"\x0a\0\0\1" + b"\xef\0\0\1"
    there = segments_of(STREAM[: len(STREAM) // 2], [300], 50)
    made = [ipv4(tcp(sequence=49, flags="S"), protocol=6)]
    for at, payload in there:
        made.append(ipv4(tcp(payload, sequence=at), protocol=6))
        other = bytearray(ipv4(tcp(b"ok\r\n", sequence=at, ports=(8600, 40_000)), protocol=6))
        other[12:20] = back[4:] + back[:4]
        made.append(bytes(other))
    made.append(ipv4(tcp(sequence=50 + len(STREAM) // 2, flags="F"), protocol=6))
    made.append(ipv4(tcp(sequence=7000, flags="S"), protocol=6))
    for at, payload in segments_of(STREAM, [300], 7001):
        made.append(ipv4(tcp(payload, sequence=at), protocol=6))
    data = pcap([(T0_NS + k, ethernet(one)) for k, one in enumerate(made)])
    frames, rejects, ledger = split(data, find_reader("asterix"))
    half = len(STREAM) // 2
    ends = np.cumsum([len(block) for block in BLOCKS])
    whole = [block for block, end in zip(BLOCKS, ends, strict=True) if end <= half]
    assert [frame[2] for frame in frames] == whole + BLOCKS
    assert sum(len(row["octets"]) for row in rejects) == half - sum(map(len, whole))
    assert ledger.padding_kinds["TCP streams that are not read"] == 4 * len(there)


@pytest.mark.parametrize("flags", ["F", "R"])
def test_an_end_before_missing_octets_gives_what_there_is(flags):
    made = [
        tcp(sequence=0, flags="S"),
        tcp(b"abc", sequence=1),
        tcp(b"xyz", sequence=6),
        tcp(sequence=11, flags=flags),
        tcp(b"beyond", sequence=9),
    ]
    frames, rejects, ledger = split(capture_of(made), EVERY_OCTET)
    assert b"".join(frame[2] for frame in frames)[:6] == b"abcxyz"
    assert "2 octets of a TCP stream" in rejects[0]["reason"]
    if flags == "R":
        assert ledger.padding_kinds["TCP octets sent again, or after the end"] == 6


def test_a_gap_is_waited_for_only_so_long(monkeypatch):
    made = [tcp(b"abc", sequence=1), tcp(b"xyz", sequence=6), tcp(b"uvw", sequence=9)]
    made.append(tcp(b"de", sequence=4))
    monkeypatch.setattr(streams, "WAITING_OCTETS_MAX", 6)
    frames, rejects, _ = split(capture_of(made), EVERY_OCTET)
    assert {frame[2] for frame in frames} == {bytes([one]) for one in b"abcdexyzuvw"}
    assert rejects == []
    monkeypatch.setattr(streams, "WAITING_OCTETS_MAX", 5)
    frames, rejects, _ = split(capture_of(made), EVERY_OCTET)
    assert b"".join(frame[2] for frame in frames) == b"abcxyzuvw"
    assert [row["octets"] for row in rejects] == [b"de", b""]
    assert "was read" in rejects[0]["reason"]


def test_a_gap_is_waited_for_ten_seconds():
    packets = [(0, 1, b"abc"), (1, 6, b"xyz"), (10, 9, b"uvw"), (12, 12, b"rst"), (13, 4, b"de")]
    data = pcap(
        [
            (T0_NS + s * 1_000_000_000, ethernet(ipv4(tcp(one, sequence=at), protocol=6)))
            for s, at, one in packets
        ]
    )
    frames, rejects, _ = split(data, EVERY_OCTET)
    assert b"".join(frame[2] for frame in frames) == b"abcxyzuvwrst"
    assert [row["octets"] for row in rejects] == [b"de", b""]


def test_more_connections_than_are_followed_end_the_one_silent_longest(monkeypatch):
    monkeypatch.setattr(streams, "STREAMS_MAX", 2)
    made = [tcp(b"a", sequence=1, ports=(n, 80)) for n in (1, 2, 1, 3, 2)]
    frames, _, ledger = split(capture_of(made), EVERY_OCTET)
    assert [frame[2] for frame in frames] == [b"a"] * 4
    assert ledger.padding_kinds["TCP octets sent again, or after the end"] == 1


def test_a_segment_far_outside_every_window_is_another_connections():
    made = [tcp(b"abc", sequence=1), tcp(b"xyz", sequence=1 << 31), tcp(b"!", sequence=1 << 30)]
    frames, rejects, _ = split(capture_of(made), EVERY_OCTET)
    assert b"".join(frame[2] for frame in frames)[:6] == b"abcxyz"
    assert all(row["octets"] for row in rejects)


def test_streams_that_the_format_does_not_know_are_padding():
    page = b"GET / HTTP/1.1\r\nHost: example\r\n\r\n" * 4000
    made = [tcp(one, sequence=at) for at, one in segments_of(page, [1400], 3)]
    frames, rejects, ledger = split(capture_of(made), find_reader("asterix"))
    assert frames == rejects == []
    assert ledger.padding_kinds["TCP streams that are not read"] == len(page)
    noise = random.Random(1).randbytes(90_000)
    made = [tcp(one, sequence=at) for at, one in segments_of(noise, [1400], 3)]
    assert split(capture_of(made), find_reader("asterix"))[0] == []


def test_a_stream_that_is_known_only_later_is_read_from_its_beginning(monkeypatch):
    monkeypatch.setattr(capture, "ORDERED_OCTETS", 200)
    made = [tcp(one, sequence=at) for at, one in segments_of(STREAM, [11], 3)]
    data = capture_of(made)
    asked = []
    reader = find_reader("asterix")

    def sniff(head):
        asked.append(len(head))
        return reader.sniff(head) if len(head) > 500 else 0.0

    frames, rejects, _ = split(data, dataclasses.replace(reader, sniff=sniff))
    assert [frame[2] for frame in frames] == BLOCKS
    assert rejects == []
    assert asked == sorted(asked)
    assert len(asked) < 10


@pytest.mark.parametrize("header", [4, 15])
def test_segments_without_the_shape_of_one_are_padding(header):
    data = capture_of([tcp(b"payload", sequence=1, header=header), b"short"])
    frames, rejects, ledger = split(data, EVERY_OCTET)
    assert frames == rejects == []
    assert ledger.padding_kinds["packets without UDP"] == 27 + 5


@pytest.mark.parametrize("name", ["avr", "beast", "sbs", "uat", "spotter", "sapient", "jet1090"])
def test_any_format_is_read_from_tcp(tmp_path, name):
    sample = SAMPLES[name]()
    made = [tcp(one, sequence=at) for at, one in segments_of(sample, [333], 77)]
    path = tmp_path / "a.pcap"
    path.write_bytes(capture_of(made))
    frames = rows_of(read_frames(path, format=name))
    bare = tmp_path / "bare"
    bare.write_bytes(sample)
    assert [row[4] for row in frames] == [row[4] for row in rows_of(read_frames(bare, format=name))]
    assert len(frames) > 1
    assert all(row[1] is not None for row in frames)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_udp_and_tcp_come_in_order_however_the_file_is_cut(data):
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr(capture, "ORDERED_OCTETS", data.draw(st.sampled_from([300, 2000, 1 << 18])))
        parts = segments_of(STREAM[:2500], [data.draw(st.integers(20, 400))], 0)
        queue = [tcp(one, sequence=at) for at, one in parts]
        packets = []
        while queue:
            kind = data.draw(st.sampled_from(["tcp", "tcp", "udp", "arp", "odd"]))
            if kind == "tcp":
                packets.append(ethernet(ipv4(queue.pop(0), protocol=6)))
            elif kind == "udp":
                packets.append(ethernet(ipv4(udp(BLOCKS[len(packets) % 100]))))
            elif kind == "arp":
                packets.append(ethernet(bytes(46), kind=0x0806))
            else:
                packets.append(ethernet(ipv4(udp(b"x", length=900))))
        octets = pcap([(T0_NS + k * STEP_NS, one) for k, one in enumerate(packets)])
        whole = split(octets, find_reader("asterix"))
        pieces = split(octets, find_reader("asterix"), piece=data.draw(st.integers(1, 900)))
        assert whole == pieces
        exact = split(octets, EVERY_OCTET)[0]
        assert [frame[1] for frame in exact] == sorted(frame[1] for frame in exact)


def test_fragments_of_segments_are_put_together():
    segment = tcp(b"a segment in two fragments", sequence=5)
    pieces = [
        ipv4(segment[:24], protocol=6, ident=9, more=True),
        ipv4(segment[24:], protocol=6, ident=9, place=24),
    ]
    data = pcap([(T0_NS, ethernet(one)) for one in reversed(pieces)])
    frames, rejects, ledger = split(data, EVERY_OCTET)
    assert b"".join(frame[2] for frame in frames) == segment[20:]
    assert (rejects, ledger.reassembled) == ([], 1)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_damaged_segments_lose_no_octet_and_break_nothing(data):
    parts = segments_of(STREAM[:1500], [200], 2**32 - 600)
    made = [tcp(sequence=parts[0][0] - 1, flags="S", options=bytes(4))]
    made += [tcp(one, sequence=at) for at, one in parts]
    made.append(tcp(sequence=900, flags="F"))
    form = data.draw(st.sampled_from(["pcap", "pcapng"]))
    octets = bytearray(capture_of(made, form=form))
    for _ in range(data.draw(st.integers(1, 6))):
        octets[data.draw(st.integers(24, len(octets) - 1))] = data.draw(st.integers(0, 255))
    reader = data.draw(st.sampled_from([EVERY_OCTET, find_reader("asterix")]))
    whole = split(bytes(octets), reader, form=form)
    assert split(bytes(octets), reader, form=form, piece=data.draw(st.integers(1, 500))) == whole


def test_twenty_megabytes_a_second_of_tcp_are_read(tmp_path):
    """A third of that here, so that a busy machine does not fail it."""
    data = capture_of(
        [tcp(one, sequence=at) for at, one in segments_of(STREAM * 150, [1448], 2**32 - 5000)]
    )
    path = tmp_path / "a.pcap"
    path.write_bytes(data)
    best_s = 60.0
    for _ in range(3):
        begin = time.process_time()
        assert sum(part.num_rows for part in read_frames(path)) == len(BLOCKS) * 150
        best_s = min(best_s, time.process_time() - begin)
    assert len(data) / best_s > 7e6
