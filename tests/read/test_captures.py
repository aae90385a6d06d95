"""Captures: whatever wraps a datagram, its payload comes out with its time and its place."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import captures_by_hand as by_hand
from airshield.errors import FormatError
from airshield.read import read_frames
from captures_by_hand import cooked, cooked2, ethernet, ipv4, ipv6, loopback, pcap, udp
from frames_by_hand import T0_NS, rows_of

PAYLOAD = bytes([48, 0, 7, 1, 2, 3, 4])


def read(path, data, **options):
    path.write_bytes(data)
    recording = read_frames(path, **options)
    return recording, rows_of(recording), recording.rejects()


def check(tmp_path, data, *payloads, t_ns=T0_NS):
    recording, frames, rejects = read(tmp_path / "a.pcap", data)
    assert [row[4] for row in frames] == list(payloads)
    assert [row[1] for row in frames] == [t_ns] * len(payloads)
    for row in frames:
        if not recording.ledger.reassembled:
            assert data[row[3] : row[3] + len(row[4])] == row[4]
    assert rejects.num_rows == 0
    return recording.ledger


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_classic_captures_of_either_order_and_resolution(tmp_path, order, nanoseconds):
    t_ns = T0_NS + 123_456_000 + (789 if nanoseconds else 0)
    packet = ethernet(ipv4(udp(PAYLOAD)))
    check(
        tmp_path, pcap([(t_ns, packet)], order=order, nanoseconds=nanoseconds), PAYLOAD, t_ns=t_ns
    )


@pytest.mark.parametrize(
    ("link", "packet"),
    [
        (1, ethernet(ipv4(udp(PAYLOAD)))),
        (1, ethernet(ipv4(udp(PAYLOAD)), tags=[0x8100])),
        (1, ethernet(ipv4(udp(PAYLOAD)), tags=[0x88A8, 0x8100, 0x9100])),
        (1, ethernet(ipv4(udp(PAYLOAD))) + b"padding to sixty octets"),
        (1, ethernet(ipv4(udp(PAYLOAD), options=b"\x94\x04\0\0"))),
        (1, ethernet(ipv4(udp(PAYLOAD), total=0))),
        (1, ethernet(ipv6(udp(PAYLOAD)))),
        (
            1,
            ethernet(
                ipv6(
                    udp(PAYLOAD), follows=0, extensions=b"\x3c\0" + bytes(6) + b"\x11\1" + bytes(14)
                )
            ),
        ),
        (1, ethernet(ipv6(udp(PAYLOAD), follows=51, extensions=b"\x11\4" + bytes(22)))),
        (1, ethernet(ipv6(udp(PAYLOAD), follows=44, extensions=b"\x11\0\0\0" + bytes(4)))),
        (113, cooked(ipv4(udp(PAYLOAD)))),
        (113, cooked(ipv6(udp(PAYLOAD)))),
        (276, cooked2(ipv4(udp(PAYLOAD)))),
        (0, loopback(ipv4(udp(PAYLOAD)))),
        (108, loopback(ipv6(udp(PAYLOAD)))),
        (101, ipv4(udp(PAYLOAD))),
        (12, ipv6(udp(PAYLOAD))),
        (228, ipv4(udp(PAYLOAD))),
        (229, ipv6(udp(PAYLOAD))),
    ],
)
def test_every_wrapping_comes_off(tmp_path, link, packet):
    check(tmp_path, pcap([(T0_NS, packet), (T0_NS, packet)], link=link), PAYLOAD, PAYLOAD)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("resolution", "ticks_per_s"), [(None, 10**6), (9, 10**9), (3, 10**3), (0x80 | 20, 1 << 20)]
)
def test_pcapng_of_either_order_and_any_resolution(tmp_path, order, resolution, ticks_per_s):
    ticks = 1_683_014_400 * ticks_per_s + ticks_per_s // 4
    data = (
        by_hand.ng_section(order)
        + by_hand.ng_block(0x0BAD, b"unknown", order)
        + by_hand.ng_interface(order, resolution=resolution)
        + by_hand.ng_packet(ticks, ethernet(ipv4(udp(PAYLOAD))), order)
    )
    check(tmp_path, data, PAYLOAD, t_ns=T0_NS + 250_000_000)


def test_pcapng_sections_interfaces_and_offsets(tmp_path):
    packet = ethernet(ipv4(udp(PAYLOAD)))
    data = (
        by_hand.ng_section()
        + by_hand.ng_interface(offset_s=1_683_014_400)
        + by_hand.ng_interface(link=101)
        + by_hand.ng_packet(0, packet)
        + by_hand.ng_packet(1_683_014_400_000_000, ipv4(udp(PAYLOAD)), interface=1)
        + by_hand.ng_section(">")
        + by_hand.ng_interface(">", link=113)
        + by_hand.ng_packet(1_683_014_400_000_000, cooked(ipv4(udp(PAYLOAD))), ">")
    )
    check(tmp_path, data, PAYLOAD, PAYLOAD, PAYLOAD)


def test_a_simple_packet_has_no_time(tmp_path):
    data = (
        by_hand.ng_section()
        + by_hand.ng_interface()
        + by_hand.ng_simple(ethernet(ipv4(udp(PAYLOAD))))
    )
    check(tmp_path, data, PAYLOAD, t_ns=None)


def test_what_is_not_udp_is_counted_and_nothing_more(tmp_path):
    others = [
        ethernet(b"\0" * 46, kind=0x0806),
        ethernet(ipv4(b"\0" * 20, protocol=6)),
        ethernet(ipv6(b"\0" * 20, follows=58)),
        ethernet(b"\x42\x42\3" + b"\0" * 40, kind=38),
        b"short",
    ]
    data = pcap([(T0_NS, packet) for packet in [*others, ethernet(ipv4(udp(PAYLOAD)))]])
    ledger = check(tmp_path, data, PAYLOAD)
    assert (ledger.packets, ledger.not_udp) == (6, 5)


def test_several_blocks_in_a_datagram_are_one_frame(tmp_path):
    check(tmp_path, pcap([(T0_NS, ethernet(ipv4(udp(PAYLOAD * 5))))]), PAYLOAD * 5)


def fragments(payload, sizes, version=4):
    body, out, place = udp(payload), [], 0
    for size in [*sizes, len(body)]:
        piece = body[place : place + size]
        if not piece:
            break
        more = place + size < len(body)
        if version == 4:
            out.append(ethernet(ipv4(piece, ident=7, place=place, more=more)))
        else:
            head = b"\x11\0" + (place | more).to_bytes(2, "big") + b"\0\0\0\7"
            out.append(ethernet(ipv6(piece, follows=44, extensions=head)))
        place += size
    return out


@pytest.mark.parametrize("version", [4, 6])
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_fragments_are_put_together_in_any_order(tmp_path_factory, version, data):
    payload = data.draw(st.binary(min_size=30, max_size=200))
    sizes = [8 * n for n in data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))]
    pieces = data.draw(st.permutations(fragments(payload, sizes, version)))
    folder = tmp_path_factory.mktemp("fragments")
    ledger = check(folder, pcap([(T0_NS, piece) for piece in pieces]), payload)
    assert ledger.reassembled == (len(pieces) > 1)


def test_a_datagram_with_a_missing_fragment_is_rejected_piece_by_piece(tmp_path):
    pieces = fragments(b"x" * 100, [40, 40])
    data = pcap([(T0_NS, pieces[0]), (T0_NS, pieces[2]), (T0_NS, ethernet(ipv4(udp(PAYLOAD))))])
    _, frames, rejects = read(tmp_path / "a", data)
    assert [row[4] for row in frames] == [PAYLOAD]
    assert rejects["octets"].to_pylist() == [udp(b"x" * 100)[:40], udp(b"x" * 100)[80:]]
    assert {"missing" in why for why in rejects["reason"].to_pylist()} == {True}


def test_a_flood_of_first_fragments_stays_within_bounds(tmp_path):
    packets = [(T0_NS, ethernet(ipv4(udp(b"x" * 64)[:32], ident=n, more=True))) for n in range(500)]
    _, frames, rejects = read(tmp_path / "a", pcap(packets))
    assert frames == []
    assert rejects.num_rows == 500


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (ethernet(ipv4(udp(PAYLOAD, length=7))), "announces 7 octets"),
        (ethernet(ipv4(udp(PAYLOAD, length=900))), "more octets than its packet holds"),
        (ethernet(ipv4(udp(PAYLOAD)[:5])), "without room for its header"),
        (ethernet(b"\x41" + ipv4(udp(PAYLOAD))[1:]), "a wrong length"),
    ],
)
def test_datagrams_that_cannot_be_are_rejected(tmp_path, packet, said):
    good = ethernet(ipv4(udp(PAYLOAD)))
    _, frames, rejects = read(tmp_path / "a", pcap([(T0_NS, packet), (T0_NS, good)]))
    assert [row[4] for row in frames] == [PAYLOAD]
    assert said in rejects["reason"][0].as_py()
    assert rejects["t_heard"][0].value == T0_NS


def test_a_snapped_datagram_is_rejected(tmp_path):
    data = pcap([(T0_NS, ethernet(ipv4(udp(b"x" * 100))))], snap=96)
    _, frames, rejects = read(tmp_path / "a", data)
    assert frames == []
    assert "the capture kept" in rejects["reason"][0].as_py()


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a_capture_cut_anywhere_gives_what_was_whole(tmp_path, form):
    packet = ethernet(ipv4(udp(PAYLOAD)))
    if form == "pcap":
        head, one = pcap([]), pcap([(T0_NS, packet)])[24:]
    else:
        head = by_hand.ng_section() + by_hand.ng_interface()
        one = by_hand.ng_packet(T0_NS // 1000, packet)
    whole = head + one * 3
    for size in range(len(head), len(whole)):
        _, frames, rejects = read(tmp_path / "a", whole[:size])
        count = (size - len(head)) // len(one)
        assert len(frames) == count
        rest = whole[len(head) + count * len(one) : size]
        assert b"".join(rejects["octets"].to_pylist()) == rest


def test_a_capture_cut_within_its_header_is_told(tmp_path):
    for size in range(4, 24):
        path = tmp_path / "a.pcap"
        path.write_bytes(pcap([])[:size])
        with pytest.raises(FormatError, match="header is cut"):
            list(read_frames(path))


def test_a_damaged_packet_length_keeps_what_came_before(tmp_path):
    packet = ethernet(ipv4(udp(PAYLOAD)))
    data = bytearray(pcap([(T0_NS, packet)] * 4))
    at = 24 + 2 * (16 + len(packet)) + 8
    data[at : at + 4] = b"\xff\xff\xff\x7f"
    _, frames, rejects = read(tmp_path / "a", data)
    assert len(frames) == 2
    assert "damaged from here" in rejects["reason"][0].as_py()
    assert len(rejects["octets"][0].as_py()) == len(data) - at + 8


def test_a_link_type_that_is_not_read_is_told(tmp_path):
    path = tmp_path / "usb.pcap"
    path.write_bytes(pcap([], link=189))
    with pytest.raises(FormatError, match="link type 189 is not read"):
        list(read_frames(path))
    data = by_hand.ng_section() + by_hand.ng_interface(link=189) + by_hand.ng_packet(0, b"usb.")
    _, frames, rejects = read(tmp_path / "a", data)
    assert frames == []
    assert rejects["octets"].to_pylist() == [b"usb."]


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_damage_never_ends_in_an_exception(tmp_path_factory, data):
    packet = data.draw(
        st.sampled_from(
            [
                ethernet(ipv4(udp(PAYLOAD)), tags=[0x8100]),
                ethernet(ipv6(udp(PAYLOAD), follows=44, extensions=b"\x11\0\0\1\0\0\0\7")),
                fragments(b"x" * 60, [24])[0],
            ]
        )
    )
    if data.draw(st.booleans()):
        head, whole = 24, pcap([(T0_NS, packet)] * 3)
    else:
        head = 0
        whole = by_hand.ng_section() + by_hand.ng_interface(resolution=9)
        whole += by_hand.ng_packet(T0_NS, packet) * 3
    whole = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(max(head, 4), len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damage") / "a"
    _, frames, rejects = read(path, whole)
    batched = read_frames(path, batch=1)
    assert rows_of(batched) == frames
    assert batched.rejects().equals(rejects)


def test_batches_are_as_large_as_asked(tmp_path):
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap([(T0_NS, ethernet(ipv4(udp(PAYLOAD))))] * 25))
    assert [part.num_rows for part in read_frames(path, batch=10)] == [10, 10, 5]


def test_the_obsolete_packet_block_is_read_too(tmp_path):
    packet = ethernet(ipv4(udp(PAYLOAD)))
    ticks = T0_NS // 1000
    head = struct.pack("<HHIIII", 0, 9, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
    data = by_hand.ng_section() + by_hand.ng_interface() + by_hand.ng_block(2, head + packet)
    check(tmp_path, data, PAYLOAD)
