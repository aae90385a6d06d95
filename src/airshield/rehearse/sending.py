"""An exercise on the wire: UDP datagrams, paced by a clock."""

from __future__ import annotations

import logging
import math
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from airshield.errors import FeedError
from airshield.rehearse.exercise import Exercise
from airshield.units import NS_PER_S

_log = logging.getLogger(__name__)

PACE_PER_S: Final = 2000.0
"""Datagrams a second while catching up: below what a loopback receiver with a small socket buffer
loses."""

JOINED_OCTETS: Final = 1200
"""While catching up, datagrams are joined up to this size, as a gateway joins the blocks of several
radars. It fits an Ethernet frame with room to spare."""

LONGEST_SLEEP_S: Final = 0.25
"""So soon a stop is noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What went out: datagrams and octets."""

    datagrams: int
    octets: int


def send(
    exercise: Exercise,
    *,
    host: str,
    port: int,
    stop: threading.Event,
    preroll_s: float = 0.0,
    speed: float = 1.0,
    clock: Callable[[], int] = time.time_ns,
    sleep: Callable[[float], object] | None = None,
    pace_per_s: float = PACE_PER_S,
) -> Sent:
    """Send an exercise to a UDP port until told to stop.

    First the last ``preroll_s`` before the exercise's start, as quickly as the receiver can take
    it, so that the picture is already full; then each datagram at its time. Whenever it is behind
    the clock it joins datagrams into larger ones; their order and their blocks stay the same.

    Parameters
    ----------
    exercise : Exercise
        What to send. With ``t_start_ns`` now and ``speed`` 1 the times in its messages are UTC.
    host, port : str, int
        Where to: the address of the shield's feed.
    stop : threading.Event
        Set by another thread to end the sending.
    preroll_s : float
        How much of the time before the start is sent first [s].
    speed : float
        Seconds of exercise per second of the clock after the start.
    clock : callable
        Nanoseconds UTC since 1970.
    sleep : callable, optional
        Waits for so many seconds; waits on ``stop`` when not given.
    pace_per_s : float
        Most datagrams per second while it is behind the clock.

    Raises
    ------
    FeedError
        The datagrams cannot be sent there.
    """
    start_ns = exercise.t_start_ns
    pause = sleep if sleep is not None else stop.wait
    waiting = b""
    with _Wire(host, port) as wire:
        for datagram in exercise.datagrams(-preroll_s, math.inf):
            due_ns = start_ns + (datagram.t_ns - start_ns) / speed
            behind = due_ns <= clock()
            if waiting and not (behind and len(waiting) + len(datagram.octets) <= JOINED_OCTETS):
                wire.send(waiting)
                waiting = b""
                pause(1.0 / pace_per_s)
            while not stop.is_set() and (wait_s := (due_ns - clock()) / NS_PER_S) > 0.0:
                pause(min(wait_s, LONGEST_SLEEP_S))
            if stop.is_set():
                break
            waiting += datagram.octets
            if not behind:
                wire.send(waiting)
                waiting = b""
        return wire.sent


class _Wire:
    """A UDP socket towards the feed, and what went through it."""

    def __init__(self, host: str, port: int) -> None:
        self.sent = Sent(datagrams=0, octets=0)
        self._host, self._port = host, port
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
            self._socket = socket.socket(*found[:3])
            self._socket.connect(found[4])
        except OSError as error:
            raise self._cannot(error) from error

    def __enter__(self) -> _Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, payload: bytes) -> None:
        """Send one datagram, whether or not anybody listens."""
        try:
            self._socket.send(payload)
        except ConnectionRefusedError:
            # The kernel reports that nobody listened to an earlier datagram. A radar does not
            # stop for that, and the receiver may come back.
            _log.debug("nobody listens at %s port %d", self._host, self._port)
        except OSError as error:
            raise self._cannot(error) from error
        self.sent = Sent(datagrams=self.sent.datagrams + 1, octets=self.sent.octets + len(payload))

    def _cannot(self, error: OSError) -> FeedError:
        return FeedError(
            feed=f"udp://{self._host}:{self._port}",
            what=f"cannot send there ({error.strerror or error})",
            remedy="give an address of this machine or of one that it can reach",
        )
