"""Live TCP over the loopback, from peers that behave badly."""

import contextlib
import random
import select
import socket
import struct
import time

import numpy as np
import pyarrow as pa
import pytest

from airshield import tables
from airshield.errors import FeedError
from airshield.read import tcp
from airshield.read.raw import splitter as asterix_splitter
from airshield.read.reader import NO_TIME, Split
from airshield.read.tcp import TcpSource
from frames_by_hand import T0_NS

PATIENCE_S = 10.0
RANDOM = random.Random(3005)


def blocks(count, *, category=48):
    """Data blocks of one to fifteen records: source and time of day, of random contents."""
    out = []
    for _ in range(count):
        body = b"".join(b"\xc0" + RANDOM.randbytes(5) for _ in range(RANDOM.randrange(1, 16)))
        out.append(bytes([category]) + (3 + len(body)).to_bytes(2, "big") + body)
    return out


class LineSplitter:
    """One line, one frame; what is left at the end is rejected."""

    def __call__(self, octets, *, base, last, ledger):
        ends = np.flatnonzero(octets == ord("\n")) + 1
        first = np.concatenate([[0], ends[:-1]]).astype(np.int64)[: ends.size]
        used = int(ends[-1]) if ends.size else 0
        if last and used < octets.size:
            ledger.reject(base + used, octets[used:].data, "a line without an end")
            used = octets.size
        times = np.full(ends.size, NO_TIME)
        return Split(octets, first, ends.astype(np.int64), base + first, times, used)


@contextlib.contextmanager
def peer():
    """A server that the test is in charge of."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        yield server


def connected(server, feed):
    """Let a feed connect; return the peer's end."""
    wait_for(feed, lambda: feed.state.state == "connected", [])
    return server.accept()[0]


def wait_for(feed, happened, found):
    """Receive until something has happened; frames go to ``found``."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert time.monotonic() < deadline, feed.state
        frames = feed.receive()
        if frames is not None:
            found.append(frames)
        if happened():
            return
        if feed.fileno() >= 0:
            select.select([feed], [], [], 0.01)
        else:
            time.sleep(0.005)


def octets_of(found):
    return [octets for table in found for octets in table["octets"].to_pylist()]


def accounted(feed, found):
    """All octets: in frames, rejected, or padding."""
    in_frames = sum(map(len, octets_of(found)))
    return in_frames + feed.state.rejected_octets + feed.state.padding


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_frames_do_not_depend_on_how_the_stream_is_cut(piece):
    sent = blocks(40)
    stream = b"".join(sent)
    with (
        peer() as server,
        TcpSource("127.0.0.1", server.getsockname()[1], splitter=asterix_splitter) as feed,
    ):
        found = []
        with connected(server, feed) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(stream), piece):
                line.sendall(stream[at : at + piece])
                wait_for(
                    feed,
                    lambda upto=at + piece: feed.octets >= upto or feed.octets == len(stream),
                    found,
                )
        assert octets_of(found) == sent
        edges = np.cumsum([0, *map(len, sent)])[:-1]
        assert [o for t in found for o in t["offset"].to_pylist()] == edges.tolist()
        assert [o for t in found for o in t["frame"].to_pylist()] == list(range(40))
        for table in found:
            assert table.schema.equals(tables.FRAME, check_metadata=True)
            assert set(table["source"].to_pylist()) == {feed.source}
        assert feed.rejects().num_rows == 0


def test_frames_carry_the_time_of_the_feed_clock():
    with (
        peer() as server,
        TcpSource(
            "127.0.0.1",
            server.getsockname()[1],
            splitter=LineSplitter,
            name="north",
            clock_ns=lambda: T0_NS,
        ) as feed,
    ):
        found = []
        with connected(server, feed) as line:
            line.sendall(b"one\ntwo\nthr")
            wait_for(feed, lambda: feed.frames == 2, found)
        assert octets_of(found) == [b"one\n", b"two\n"]
        (table,) = found
        assert table["t_heard"].cast(pa.int64()).to_pylist() == [T0_NS, T0_NS]
        assert table["source"].to_pylist() == ["north", "north"]


def test_half_a_frame_at_the_end_of_a_connection_is_a_reject_and_the_feed_goes_on():
    with (
        peer() as server,
        TcpSource("127.0.0.1", server.getsockname()[1], splitter=LineSplitter) as feed,
    ):
        found = []
        with connected(server, feed) as line:
            line.sendall(b"whole\nhalf a li")
        wait_for(feed, lambda: feed.state.state == "waiting", found)
        lost = feed.rejects()
        assert lost.schema.equals(tables.REJECT, check_metadata=True)
        assert lost["octets"].to_pylist() == [b"half a li"]
        assert lost["offset"].to_pylist() == [6]
        assert lost["reason"].to_pylist() == [
            "the peer closed the connection: a line without an end"
        ]
        assert lost["t_heard"].null_count == 0
        assert feed.rejects().num_rows == 0
        with connected(server, feed) as line:
            line.sendall(b"again\n")
            wait_for(feed, lambda: feed.frames == 2, found)
        assert octets_of(found) == [b"whole\n", b"again\n"]
        assert found[-1]["offset"].to_pylist() == [15]
        assert feed.state.connections == 2
        assert accounted(feed, found) == feed.octets == 21


def test_a_reset_is_told_as_such():
    with (
        peer() as server,
        TcpSource("127.0.0.1", server.getsockname()[1], splitter=LineSplitter) as feed,
    ):
        found = []
        line = connected(server, feed)
        line.sendall(b"whole\nhalf")
        wait_for(feed, lambda: feed.octets == 10, found)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
        wait_for(feed, lambda: feed.state.state == "waiting", found)
        assert feed.rejects()["reason"].to_pylist() == [
            "the connection broke: Connection reset by peer: a line without an end"
        ]
        assert octets_of(found) == [b"whole\n"]


@pytest.mark.parametrize("seed", range(4))
def test_every_octet_of_a_stream_with_garbage_is_accounted_for(seed):
    chance = random.Random(seed)
    with (
        peer() as server,
        TcpSource("127.0.0.1", server.getsockname()[1], splitter=asterix_splitter) as feed,
    ):
        found, sent = [], []
        total = 0
        for _ in range(3):
            with connected(server, feed) as line:
                for _ in range(4):
                    good = blocks(20)
                    noise = b"\xff" * chance.randrange(1, 50)
                    sent += good
                    stream = b"".join(good) + noise
                    cut = chance.randrange(len(stream))
                    line.sendall(stream[:cut])
                    wait_for(feed, lambda: select.select([feed], [], [], 0.0)[0] == [], found)
                    line.sendall(stream[cut:])
                    total += len(stream)
            wait_for(feed, lambda: feed.state.state == "waiting", found)
        assert feed.octets == total
        assert accounted(feed, found) == total
        assert octets_of(found) == sent
        assert sum(map(len, feed.rejects()["octets"].to_pylist())) == feed.state.rejected_octets


def test_a_peer_that_refuses_at_first_is_tried_until_it_is_there(caplog):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with TcpSource("127.0.0.1", port, splitter=LineSplitter) as feed:
        wait_for(feed, lambda: feed.state.state == "waiting", [])
        assert feed.fileno() == -1
        assert feed.state.trouble == "Connection refused"
        start_s = time.monotonic()
        for _ in range(100):
            assert feed.receive() is None
        assert time.monotonic() - start_s < 0.2, "it waits for nobody"
        with socket.create_server(("127.0.0.1", port)) as server:
            server.settimeout(PATIENCE_S)
            found = []
            with connected(server, feed) as line:
                line.sendall(b"here\n")
                wait_for(feed, lambda: feed.frames == 1, found)
        assert octets_of(found) == [b"here\n"]
    assert caplog.text.count("Connection refused") == 1


def test_waits_between_tries_grow_to_a_limit():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    now_s, tries = 0.0, []
    with TcpSource(
        "127.0.0.1",
        port,
        splitter=LineSplitter,
        monotonic_s=lambda: now_s,
        clock_ns=lambda: int(now_s * 1e9),
    ) as feed:
        while now_s < 60.0:
            feed.receive()
            since_s = feed.state.since_ns / 1e9
            if feed.state.state == "waiting" and since_s not in tries:
                tries.append(since_s)
            now_s += 0.125
    waits = np.diff(tries)
    assert waits[0] <= 0.5
    assert waits[-1] == pytest.approx(10.0, abs=0.5)
    assert np.all(np.diff(waits) >= 0.0)


def test_a_stream_in_which_no_frame_ends_is_refused_in_pieces(monkeypatch):
    monkeypatch.setattr(tcp, "TAIL_OCTETS", 1000)
    with (
        peer() as server,
        TcpSource("127.0.0.1", server.getsockname()[1], splitter=LineSplitter) as feed,
    ):
        found = []
        with connected(server, feed) as line:
            line.sendall(b"x" * 1500)
            wait_for(feed, lambda: feed.octets == 1500, found)
            line.sendall(b"y" * 600 + b"\nz\n")
            wait_for(feed, lambda: feed.octets == 2103, found)
        assert feed.rejects()["reason"].to_pylist() == ["no frame ends within 1000 octets"]
        assert octets_of(found)[-1] == b"z\n"
        assert accounted(feed, found) == 2103


def test_closing_gives_what_is_whole_and_tells_what_is_not():
    with peer() as server:
        feed = TcpSource("127.0.0.1", server.getsockname()[1], splitter=LineSplitter)
        with connected(server, feed) as line:
            line.sendall(b"half")
            wait_for(feed, lambda: feed.octets == 4, [])
            assert feed.close() is None
        assert feed.rejects()["reason"].to_pylist() == [
            "the feed was closed here: a line without an end"
        ]
        assert feed.state.state == "closed"
        assert feed.fileno() == -1
        assert feed.receive(max_wait_s=1.0) is None
        assert feed.close() is None


def test_a_listening_feed_takes_one_peer_after_the_other():
    with TcpSource("127.0.0.1", 0, splitter=LineSplitter, listen=True) as feed:
        assert feed.state.state == "listening"
        found = []
        for words in (b"first\n", b"second\n"):
            with socket.create_connection(("127.0.0.1", feed.port)) as line:
                line.sendall(words)
            frames = feed.frames
            wait_for(feed, lambda upto=frames + 1: feed.frames == upto, found)
            wait_for(feed, lambda: feed.state.state == "listening", found)
        assert octets_of(found) == [b"first\n", b"second\n"]
        assert feed.source == f"tcp://127.0.0.1:{feed.port}"


def test_a_port_that_is_taken_cannot_be_listened_on():
    with peer() as server:
        told = pytest.raises(FeedError, match="the port is in use; stop the other program")
        with told:
            TcpSource("127.0.0.1", server.getsockname()[1], splitter=LineSplitter, listen=True)


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [("radar.example", 30005, "is not an IP address"), ("127.0.0.1", 0, "no port 0")],
)
def test_an_address_that_cannot_be_is_told(host, port, said):
    with pytest.raises(FeedError, match=said) as caught:
        TcpSource(host, port, splitter=LineSplitter)
    assert caught.value.remedy
