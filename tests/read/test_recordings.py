"""Recordings of any container and format: windows, compression, formats given and found."""

import gzip
import random
import time

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import captures_by_hand as by_hand
from airshield.errors import FormatError, UsageError
from airshield.read import _kernels, asterix, capture, read_frames, recording
from airshield.read import frames as frames_module
from airshield.read.frames import Ledger
from airshield.read.packets import Pcap, Pcapng
from airshield.read.reading import Reading
from captures_by_hand import cooked, cooked2, ethernet, ipv4, ipv6, loopback, pcap, udp
from damage_by_hand import DAMAGES, damage, make_blocks
from frames_by_hand import T0_NS, rows_of

BLOCKS = make_blocks(random.Random(8), 300, [48, 34])
STREAM = b"".join(BLOCKS)
CAPTURE = pcap([(T0_NS + k * 1000, ethernet(ipv4(udp(one)))) for k, one in enumerate(BLOCKS)])


def read(path, data, **options):
    path.write_bytes(data)
    found = read_frames(path, **options)
    return found, rows_of(found), found.rejects()


@pytest.mark.parametrize("data", [STREAM, CAPTURE], ids=["raw", "pcap"])
@pytest.mark.parametrize("window", [1, 100, 5000])
def test_small_windows_give_what_one_large_one_gives(tmp_path, monkeypatch, data, window):
    _, frames, _ = read(tmp_path / "a", data)
    assert [row[4] for row in frames] == BLOCKS
    monkeypatch.setattr(recording, "WINDOW_OCTETS", window)
    again, frames_again, rejects = read(tmp_path / "a", data)
    assert frames_again == frames
    assert rejects.num_rows == 0
    assert again.ledger.octets + again.ledger.padding == len(data)
    assert again.cut() is None


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 2**32),
    damages=st.lists(st.tuples(st.integers(0, 19), st.sampled_from(DAMAGES)), max_size=5),
)
def test_windows_do_not_matter_around_damage(tmp_path_factory, seed, damages):
    chance = random.Random(seed)
    made = damage(chance, make_blocks(chance, 20, [62, 65]), damages)
    path = tmp_path_factory.mktemp("windows") / "a"
    _, frames, rejects = read(path, made.octets, format="asterix")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "WINDOW_OCTETS", chance.randrange(1, 400))
        _, frames_again, rejects_again = read(path, made.octets, format="asterix")
    assert frames_again == frames
    assert rejects_again.equals(rejects)


@pytest.mark.parametrize("data", [STREAM, CAPTURE], ids=["raw", "pcap"])
@pytest.mark.parametrize("window", [700, 1 << 22])
def test_a_compressed_recording_reads_as_the_plain_one(tmp_path, monkeypatch, data, window):
    monkeypatch.setattr(recording, "WINDOW_OCTETS", window)
    _, frames, _ = read(tmp_path / "a", data)
    half = len(data) // 2
    for packed in (
        gzip.compress(data),
        gzip.compress(data[:half]) + gzip.compress(data[half:]),
        gzip.compress(data) + bytes(512),
    ):
        found, frames_again, rejects = read(tmp_path / "a", packed)
        assert found.is_compressed
        assert frames_again == frames
        assert rejects.num_rows == 0
        assert found.cut() is None


def test_a_cut_or_damaged_compressed_file_gives_what_came_before(tmp_path):
    data = b"".join(make_blocks(random.Random(4), 3000, [48]))
    packed = gzip.compress(data)
    for spoilt, said in (
        (packed[: len(packed) // 2], "cut short"),
        (packed[:200_000] + bytes(300) + packed[200_300:], "damaged"),
    ):
        found, frames, rejects = read(tmp_path / "a", spoilt)
        assert len(frames) > 500
        assert b"".join(row[4] for row in frames[:500]) == data[: frames[500][3]]
        assert said in rejects["reason"][-1].as_py()
        assert said in found.cut().reason or found.cut().reason.startswith("the file ends")


def test_a_format_may_be_given_and_must_be_known(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(100))
    with pytest.raises(FormatError, match=r"no format is sure of this file, .*one of asterix"):
        read_frames(path)
    found = read_frames(path, format="asterix")
    assert rows_of(found) == []
    assert found.rejects()["octets"].to_pylist() == [bytes(100)]
    with pytest.raises(UsageError, match="no reader for format 'asterisk'"):
        read_frames(path, format="asterisk")


@pytest.mark.parametrize("link", capture.DRONE_LINKS)
def test_packets_that_may_identify_a_drone_are_frames_as_they_are(tmp_path, link):
    packets = [b"\x00\x01whole", b"packet"]
    made = pcap([(T0_NS, one) for one in packets], link=link)
    found, frames, _ = read(tmp_path / "a", made)
    assert (found.container, found.format) == ("pcap", "remoteid")
    assert [row[4] for row in frames] == packets
    head = by_hand.ng_section() + by_hand.ng_interface(link=link)
    made = head + by_hand.ng_packet(T0_NS // 1000, packets[0])
    found, frames, _ = read(tmp_path / "a", made)
    assert (found.container, found.format) == ("pcapng", "remoteid")
    assert [row[1:5:3] for row in frames] == [(T0_NS, packets[0])]


wrapped = st.sampled_from(
    [
        (1, ethernet(ipv4(udp(b"payload")), tags=[0x8100])),
        (1, ethernet(ipv4(udp(b"payload"), options=b"\x94\x04\0\0"))),
        (1, ethernet(ipv4(udp(b"payload"), more=True))),
        (1, ethernet(ipv6(udp(b"payload")))),
        (1, ethernet(ipv6(udp(b"payload"), follows=44, extensions=b"\x11\0\0\1" + bytes(4)))),
        (1, ethernet(ipv4(bytes(30), protocol=6))),
        (113, cooked(ipv4(udp(b"payload")))),
        (276, cooked2(ipv4(udp(b"payload")))),
        (0, loopback(ipv4(udp(b"payload")))),
        (108, loopback(ipv6(udp(b"payload")))),
        (101, ipv4(udp(b"payload"))),
        (12, ipv6(udp(b"payload"))),
    ]
)


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@settings(deadline=None, max_examples=150)
@given(one=wrapped, data=st.data())
def test_the_quick_path_of_a_packet_equals_the_general_one(mode, one, data):
    link, packet = one
    packet = bytearray(packet)
    for _ in range(data.draw(st.integers(0, 3))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    packet = bytes(packet[: data.draw(st.integers(0, len(packet)))])
    kernel = _kernels.udp_payload if mode == "compiled" else _kernels.udp_payload.py_func
    code, first, stop = kernel(np.frombuffer(packet, np.uint8), link, 0, len(packet))
    if code == _kernels.ODD:
        return
    ledger = Ledger("a")
    unwrap = capture._Unwrapper()
    unwrap.begin(memoryview(packet), 0, ledger)
    datagram = unwrap.packet(link, 0, len(packet), None, whole=True)
    if code == _kernels.NOT_UDP:
        assert datagram is None
        assert ledger.not_udp == 1
    else:
        assert datagram.offset == first
        assert bytes(datagram.octets) == packet[first:stop]
    assert ledger.rejects().num_rows == 0


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_capture_reads_the_same_with_and_without_the_quick_path(form, data):
    packets = data.draw(st.lists(wrapped.filter(lambda one: one[0] == 1), max_size=12))
    if form == "pcap":
        octets = bytearray(pcap([(T0_NS + k * 7000, p) for k, (_, p) in enumerate(packets)]))
        head = 24
    else:
        octets = bytearray(by_hand.ng_section() + by_hand.ng_interface(resolution=9))
        head = len(octets)
        for k, (_, packet) in enumerate(packets):
            octets += by_hand.ng_packet(T0_NS + k * 7000, packet)
    for _ in range(data.draw(st.integers(0, 2))):
        if len(octets) > head:
            octets[data.draw(st.integers(head, len(octets) - 1))] = data.draw(st.integers(0, 255))
    stream = np.frombuffer(bytes(octets), np.uint8)
    quick = split(form, stream)
    with pytest.MonkeyPatch.context() as patch:
        for name in (Pcap, Pcapng):
            patch.setattr(name, "walk", lambda _, __, at, *rest: (0, at))
        general = split(form, stream)
    assert quick == general
    pieces = split(form, stream, piece=data.draw(st.integers(1, 200)))
    assert pieces == general


def split(form, stream, *, piece=None):
    """All that a splitter says of a capture, given whole or in pieces."""
    ledger, splitter = Ledger("a"), capture.splitter(form)
    out, at, end = [], 0, 0
    while True:
        end = stream.size if piece is None else min(end + piece, stream.size)
        found = splitter(stream[at:end], base=at, last=end == stream.size, ledger=ledger)
        spans = zip(found.first.tolist(), found.stop.tolist(), strict=True)
        octets = [found.octets[first:stop].tobytes() for first, stop in spans]
        out += zip(found.offset.tolist(), found.t_ns.tolist(), octets, strict=True)
        at += found.used
        if end == stream.size:
            break
    assert at == stream.size
    rejects = ledger.rejects()
    lost = sum(map(len, rejects["octets"].to_pylist()))
    assert ledger.octets + ledger.padding + lost == stream.size
    rows = rejects.set_column(1, "t_heard", rejects["t_heard"].cast(pa.int64())).to_pylist()
    return out, rows, ledger.packets, ledger.not_udp, ledger.reassembled


def test_packets_are_walked_a_million_a_second(tmp_path):
    """A quarter of that here, so that a busy machine does not fail it."""
    path = tmp_path / "a.pcap"
    path.write_bytes(CAPTURE[:24] + CAPTURE[24:] * 300)
    list(read_frames(path))
    best_s = min(timed(path) for _ in range(3))
    assert len(BLOCKS) * 300 / best_s > 250_000


def timed(path):
    begin = time.process_time()
    rows = sum(part.num_rows for part in read_frames(path))
    assert rows == len(BLOCKS) * 300
    return time.process_time() - begin


def test_a_long_damage_is_told_in_full_and_held_in_part(monkeypatch):
    monkeypatch.setattr(frames_module, "REJECTS_KEPT_MAX", 10)
    ledger = Ledger("file:x")
    for at in (0, 6, 12):
        ledger.reject(at, b"abcdef", "damaged")
    ledger.frames += 1
    assert (ledger.lost_from, ledger.lost_to, ledger.lost_because) == (0, 18, "damaged")
    rows = ledger.take_rejects().select(["offset", "reason", "octets"]).to_pylist()
    unkept = "damaged; 6 octets, not kept: there are too many"
    assert [tuple(row.values()) for row in rows] == [
        (0, "damaged", b"abcdef"),
        (6, unkept, b""),
        (12, unkept, b""),
    ]
    ledger.reject(30, b"abcdef", "damaged again")
    assert ledger.rejects()["octets"].to_pylist() == [b"abcdef"]
    assert (ledger.lost_from, ledger.lost_because) == (30, "damaged again")


def test_rejects_taken_on_the_way_are_those_of_the_whole_walk(tmp_path):
    block = asterix.encode(48, [{"i010_sac": 1, "i010_sic": 2}])
    path = tmp_path / "damaged.ast"
    path.write_bytes(block * 20 + bytes(50) + block * 20 + bytes(30))
    whole, taken = Reading(path), Reading(path)
    assert sum(table.num_rows for _, table in whole) == 40
    parts = [taken.take_rejects() for _ in taken]
    parts.append(taken.take_rejects())
    assert taken.rejects().num_rows == 0
    assert sum(map(len, whole.rejects()["octets"].to_pylist())) == 80
    assert pa.concat_tables(parts).to_pylist() == whole.rejects().to_pylist()
    assert whole.cut() == taken.cut() is not None
