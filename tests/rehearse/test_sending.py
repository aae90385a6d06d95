"""Sending: paced by the clock, stopped at once, heard on a real socket."""

import socket
import threading

import pytest

from airshield.errors import FeedError
from airshield.rehearse import Exercise, send
from airshield.rehearse.sending import JOINED_OCTETS

START_NS = 1_790_000_000_000_000_000


class FakeClock:
    """A clock that only sleeping moves, and that stops the sending at an hour."""

    def __init__(self, stop, *, until_s):
        self.now_ns, self.stop, self.slept = START_NS, stop, []
        self.until_ns = START_NS + int(until_s * 1e9)

    def __call__(self):
        return self.now_ns

    def sleep(self, dt_s):
        self.slept.append(dt_s)
        self.now_ns += round(dt_s * 1e9)
        if self.now_ns >= self.until_ns:
            self.stop.set()


@pytest.fixture
def receiver():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        wire.bind(("127.0.0.1", 0))
        wire.settimeout(0.5)
        yield wire


@pytest.fixture(scope="module")
def exercise(tiny):
    return Exercise(tiny, seed=2, t_start_ns=START_NS)


def _drain(wire, count):
    return [wire.recv(65536) for _ in range(count)]


def _run(exercise, receiver, *, until_s, preroll_s=0.0, speed=1.0):
    stop = threading.Event()
    clock = FakeClock(stop, until_s=until_s)
    sent = send(
        exercise,
        host="127.0.0.1",
        port=receiver.getsockname()[1],
        stop=stop,
        preroll_s=preroll_s,
        speed=speed,
        clock=clock,
        sleep=clock.sleep,
    )
    return sent, clock, _drain(receiver, sent.datagrams)


def test_each_datagram_leaves_at_its_time(exercise, receiver):
    sent, clock, heard = _run(exercise, receiver, until_s=4.0)
    wanted = [d.octets for d in exercise.datagrams(0.0, 4.0)]
    assert heard == wanted[: len(heard)]
    assert len(wanted) - len(heard) <= 1
    assert sent.octets == sum(map(len, heard))
    assert max(clock.slept) <= 0.25


def test_the_preroll_comes_first_and_whole_and_in_order(exercise, receiver):
    _, clock, heard = _run(exercise, receiver, until_s=3.0, preroll_s=30.0)
    wanted = b"".join(d.octets for d in exercise.datagrams(-30.0, 3.0))
    got = b"".join(heard)
    assert wanted.startswith(got)
    assert got.startswith(b"".join(d.octets for d in exercise.datagrams(-30.0, 2.5)))
    joined = [octets for octets in heard if len(octets) > 400]
    assert joined
    assert max(map(len, heard)) <= JOINED_OCTETS
    # Joined datagrams are few, and a pause follows each.
    assert len(heard) < 250
    assert clock.slept[0] == pytest.approx(1.0 / 2000.0)


def test_a_faster_exercise_is_the_same_bytes_in_less_time(exercise, receiver):
    _, _, heard = _run(exercise, receiver, until_s=1.0, speed=4.0)
    wanted = [d.octets for d in exercise.datagrams(0.0, 4.0)]
    assert heard == wanted[: len(heard)]
    assert len(wanted) - len(heard) <= 1


def test_nobody_listening_stops_nothing(exercise):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        port = wire.getsockname()[1]
    stop = threading.Event()
    clock = FakeClock(stop, until_s=1.0)
    sent = send(exercise, host="127.0.0.1", port=port, stop=stop, clock=clock, sleep=clock.sleep)
    assert sent.datagrams > 20


def test_a_stop_ends_a_wait_at_once(exercise, receiver):
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    later = Exercise(exercise.shield, seed=2, t_start_ns=START_NS)
    sent = send(
        later,
        host="127.0.0.1",
        port=receiver.getsockname()[1],
        stop=stop,
        clock=lambda: START_NS - 3_600_000_000_000,
    )
    assert sent.datagrams == 0


def test_an_address_that_does_not_exist_is_refused(exercise):
    with pytest.raises(FeedError, match=r"no\.such\.host\.invalid"):
        send(exercise, host="no.such.host.invalid", port=9, stop=threading.Event())
