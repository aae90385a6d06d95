"""A live watch: frames on their way from sockets to the chain, and what is told of losses."""

import socket
import threading
import time

import numpy as np
import pyarrow as pa
import pytest

from airshield import tables
from airshield.config import load_shield
from airshield.errors import StoreError
from airshield.read import TcpSource, UdpSource
from airshield.rehearse import Exercise, bundled_shield
from airshield.store import Archive, Journal, read_journal
from airshield.watch import Watch, watch_live
from airshield.watch.backlog import Backlog

T0_NS = 1_780_300_800_000_000_000


@pytest.fixture(scope="module")
def shield():
    return load_shield(bundled_shield("tiny"))


@pytest.fixture(scope="module")
def datagrams(shield):
    return [d.octets for d in Exercise(shield, seed=7, t_start_ns=T0_NS).datagrams(0.0, 20.0)]


def frames(first, count, *, size=100):
    return tables.make_table(
        tables.FRAME,
        {
            "frame": np.arange(first, first + count, dtype=np.uint64),
            "t_heard": pa.array([T0_NS] * count).cast(tables.TIME),
            "source": ["udp"] * count,
            "offset": np.arange(first, first + count, dtype=np.uint64),
            "octets": [bytes([n % 256]) * size for n in range(first, first + count)],
        },
        rows=count,
    )


class Live:
    """A live watch in a thread, ended by the test."""

    def __init__(self, watch, feeds):
        self.stop = threading.Event()
        self.lag = None
        self._thread = threading.Thread(target=self._run, args=(watch, feeds))
        self._thread.start()

    def _run(self, watch, feeds):
        self.lag = watch_live(watch, feeds, stop=self.stop)

    def end(self):
        self.stop.set()
        self._thread.join(90.0)
        assert not self._thread.is_alive()


def wait_until(happened, *, patience_s=90.0):
    deadline = time.monotonic() + patience_s
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("octets_max", [1, 3000, 1 << 20])
def test_a_backlog_gives_every_frame_once_and_in_order(tmp_path, octets_max):
    chance = np.random.default_rng(octets_max)
    with Journal(tmp_path, commit_frames=7) as journal:
        backlog = Backlog(journal, first=0, octets_max=octets_max)
        given, end = [], 0
        while end < 600:
            count = int(chance.integers(1, 30))
            fresh = frames(end, count)
            backlog.add(fresh)
            journal.append(fresh)
            end += count
            for _ in range(int(chance.integers(0, 3))):
                if (table := backlog.take(journal.durable)) is not None:
                    given += table["frame"].to_pylist()
        journal.commit()
        while (table := backlog.take(journal.durable)) is not None:
            assert table.schema.equals(tables.FRAME)
            given += table["frame"].to_pylist()
        assert given == list(range(end))
        assert backlog.next == end
        if octets_max == 1:
            assert backlog.read_again == end
        elif octets_max == 1 << 20:
            assert backlog.read_again == 0


def test_frames_that_are_not_durable_stay_where_they_are():
    backlog = Backlog(None, first=0)
    backlog.add(frames(0, 10))
    assert backlog.take(0) is None
    assert backlog.take(4)["frame"].to_pylist() == [0, 1, 2, 3]
    assert backlog.take(4) is None
    assert backlog.take(10).num_rows == 6


def test_udp_and_tcp_feeds_meet_in_one_journal(shield, datagrams, tmp_path):
    watch = Watch(shield, folder=tmp_path)
    with (
        UdpSource("127.0.0.1", 0) as by_udp,
        TcpSource("127.0.0.1", 0, listen=True) as by_tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radio,
    ):
        live = Live(watch, [by_udp, by_tcp])
        half = len(datagrams) // 2
        for octets in datagrams[:half]:
            radio.sendto(octets, ("127.0.0.1", by_udp.port))
        with socket.create_connection(("127.0.0.1", by_tcp.port)) as line:
            line.sendall(b"".join(datagrams[half:]) + datagrams[0][:10])
        wait_until(lambda: by_udp.datagrams == half and by_tcp.state.trouble)
        live.end()
    watch.close()
    kept = {by_udp.source: b"", by_tcp.source: b""}
    for row in (
        pa.concat_tables(list(read_journal(tmp_path / "journal")))
        .select(["source", "octets"])
        .to_pylist()
    ):
        if row["source"] in kept:
            kept[row["source"]] += row["octets"]
    assert kept[by_udp.source] == b"".join(datagrams[:half])
    assert kept[by_tcp.source] == b"".join(datagrams[half:])
    lost = Archive(tmp_path / "archive").read("REJECT")
    assert lost["octets"].to_pylist() == [datagrams[0][:10]]
    assert lost["source"].to_pylist() == [by_tcp.source]
    assert lost["reason"][0].as_py().startswith("the peer closed the connection: ")
    assert watch.summary()["rejects"] == 1
    assert live.lag.read_again == 0


def test_half_a_frame_is_told_again_after_a_kill(shield, datagrams, tmp_path):
    watch = Watch(shield, folder=tmp_path)
    with TcpSource("127.0.0.1", 0, listen=True) as feed:
        live = Live(watch, [feed])
        with socket.create_connection(("127.0.0.1", feed.port)) as line:
            line.sendall(datagrams[0][:10])
        wait_until(lambda: watch._counts.rejects)
        live.end()
    # Not closed: no snapshot, no archive; the journal alone must tell.
    watch._journal.close()
    again = Watch(shield, folder=tmp_path)
    again.close()
    assert again.summary() == watch.summary()
    assert again.summary()["rejects"] == 1


def test_what_the_system_threw_away_is_counted_and_kept(shield, tmp_path):
    watch = Watch(shield, folder=tmp_path)
    with (
        UdpSource("127.0.0.1", 0, buffer_octets=1) as feed,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood,
    ):
        for _ in range(500):
            flood.sendto(b"x" * 1000, ("127.0.0.1", feed.port))
        if feed.dropped == 0:
            pytest.skip("this system does not tell how many datagrams a full buffer cost")
        live = Live(watch, [feed])
        live.end()
        assert feed.datagrams + feed.dropped == 500
    watch.close()
    reasons = Archive(tmp_path / "archive").read("REJECT")["reason"].to_pylist()
    told = [int(why.split()[0]) for why in reasons if "full receive buffer" in why]
    assert sum(told) == feed.dropped > 0


def test_a_chain_that_is_too_slow_loses_nothing(shield, datagrams, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "airshield.watch.backlog.Backlog.__init__.__kwdefaults__", {"octets_max": 1}
    )
    watch = Watch(shield, folder=tmp_path / "slow")
    with (
        UdpSource("127.0.0.1", 0, name="radar") as feed,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radio,
    ):
        live = Live(watch, [feed])
        for octets in datagrams:
            radio.sendto(octets, ("127.0.0.1", feed.port))
        wait_until(lambda: watch.worked == len(datagrams))
        live.end()
    watch.close()
    assert live.lag.read_again == len(datagrams)
    monkeypatch.undo()
    again = Watch(shield)
    for table in read_journal(tmp_path / "slow" / "journal"):
        again.take(table)
    assert again.summary() == watch.summary()


def test_a_journal_that_cannot_be_written_ends_the_watch(shield, tmp_path, monkeypatch):
    watch = Watch(shield, folder=tmp_path)

    def full(_frames):
        raise StoreError("the disk is full")

    monkeypatch.setattr(watch._journal, "append", full)
    with (
        UdpSource("127.0.0.1", 0) as feed,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as radio,
    ):
        radio.sendto(b"x", ("127.0.0.1", feed.port))
        with pytest.raises(StoreError, match="the disk is full"):
            watch_live(watch, [feed], stop=threading.Event(), duration_s=20.0)
    with pytest.raises(StoreError, match="the disk is full"):
        watch.keep(frames(0, 1))
    watch._journal.close()
