"""Live UDP over the loopback."""

import select
import socket

import pytest

from airshield import tables
from airshield.errors import FeedError
from airshield.read import UdpSource
from airshield.read._mmsg import SLOTS
from frames_by_hand import T0_NS, rows_of


class Clock:
    def __init__(self):
        self.now_ns = T0_NS

    def __call__(self):
        self.now_ns += 1
        return self.now_ns


def test_each_datagram_is_a_frame_with_its_time_and_count():
    with (
        UdpSource("127.0.0.1", 0, clock_ns=Clock()) as feed,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        assert feed.receive() is None
        for n in range(3):
            sender.sendto(b"x" * n, ("127.0.0.1", feed.port))
        frames = feed.receive(max_wait_s=5.0)
        sender.sendto(b"last", ("127.0.0.1", feed.port))
        more = feed.receive(max_wait_s=5.0)
        name = f"udp://127.0.0.1:{feed.port}"
        assert frames.schema.equals(tables.FRAME, check_metadata=True)
        assert rows_of([frames, more]) == [
            (n, T0_NS + 1 + n, name, n, octets)
            for n, octets in enumerate([b"", b"x", b"xx", b"last"])
        ]
        assert feed.datagrams == 4
        assert feed.dropped == 0


def test_waiting_ends_when_nothing_comes():
    with UdpSource("127.0.0.1", 0) as feed:
        assert feed.receive(max_wait_s=0.01) is None


def test_a_feed_can_be_selected_on_and_named():
    with (
        UdpSource("127.0.0.1", 0, name="north radar") as feed,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sender.sendto(b"x", ("127.0.0.1", feed.port))
        assert select.select([feed], [], [], 5.0)[0] == [feed]
        assert feed.receive()["source"].to_pylist() == ["north radar"]


@pytest.mark.parametrize("interface", ["127.0.0.1", "lo"])
def test_a_multicast_group_is_joined_and_may_be_shared(interface):
    with (
        UdpSource("239.7.7.7", 0, interface=interface) as one,
        UdpSource("239.7.7.7", one.port, interface=interface) as two,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        local = socket.inet_aton("127.0.0.1")
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, local)
        sender.sendto(b"to all", ("239.7.7.7", one.port))
        for feed in (one, two):
            assert feed.receive(max_wait_s=5.0)["octets"].to_pylist() == [b"to all"]


def test_ipv6_works_where_the_machine_has_it():
    try:
        feed = UdpSource("::1", 0)
    except FeedError:
        pytest.skip("this machine has no IPv6 loopback")
    with feed, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"six", ("::1", feed.port))
        frames = feed.receive(max_wait_s=5.0)
        assert frames["octets"].to_pylist() == [b"six"]
        assert frames["source"].to_pylist() == [f"udp://[::1]:{feed.port}"]


def test_what_a_full_buffer_cost_is_told():
    with (
        UdpSource("127.0.0.1", 0, buffer_octets=1) as feed,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        for _ in range(200):
            sender.sendto(b"x" * 1000, ("127.0.0.1", feed.port))
        taken = feed.receive(max_wait_s=5.0).num_rows
        assert taken < 200
        if feed.dropped == 0:
            pytest.skip("this system does not tell how many datagrams a full buffer cost")
        # Nothing has come since, and still all are known.
        assert feed.dropped == 200 - taken
        told = feed.rejects()
        assert told.schema.equals(tables.REJECT, check_metadata=True)
        assert told["reason"].to_pylist() == [
            f"{200 - taken} datagrams lost in a full receive buffer"
        ]
        assert feed.rejects().num_rows == 0
    assert feed.dropped == 200 - taken, "also when it is closed"


def test_more_datagrams_than_one_call_takes_come_in_order():
    with (
        UdpSource("127.0.0.1", 0, clock_ns=Clock()) as feed,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        sent = [n.to_bytes(2, "big") * (1 + n % 3) for n in range(3 * SLOTS + 1)]
        sent[5] = b"x" * 60_000
        found = []
        for first in range(0, len(sent), 50):
            for octets in sent[first : first + 50]:
                sender.sendto(octets, ("127.0.0.1", feed.port))
            if first >= 2 * SLOTS:
                found += feed.receive()["octets"].to_pylist()
        assert found == sent
        assert feed.octets == sum(map(len, sent))
        assert feed.dropped == 0


def test_a_port_in_use_is_told_with_a_remedy():
    told = pytest.raises(FeedError, match="the port is in use; stop the other program")
    with UdpSource("127.0.0.1", 0) as feed, told:
        UdpSource("127.0.0.1", feed.port)


@pytest.mark.parametrize(
    ("host", "port", "options", "said"),
    [
        ("192.0.2.1", 8600, {}, "not one of this machine"),
        ("radar.example", 8600, {}, "is not an IP address"),
        ("127.0.0.1", 70_000, {}, "no port 70000"),
        ("239.7.7.7", 0, {"interface": "nosuch0"}, "interface nosuch0"),
    ],
)
def test_a_feed_that_cannot_be_is_told(host, port, options, said):
    with pytest.raises(FeedError) as caught:
        UdpSource(host, port, **options)
    assert said in str(caught.value)
    assert caught.value.remedy
