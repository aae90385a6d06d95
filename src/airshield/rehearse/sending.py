"""An exercise on the wire: UDP datagrams, paced by a clock."""

from __future__ import annotations

import logging
import math
import socket
import threading
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
    preroll_s: float,
    speed: float,
    clock: Callable[[], int],
    sleep: Callable[[float], object],
    stop: threading.Event,
    pace_per_s: float = PACE_PER_S,
) -> Sent:
    """Send an exercise to a UDP port until told to stop.

    First the last ``preroll_s`` before the exercise's start, as quickly as the receiver can take
    it, so that the picture is already full; then each datagram at its time. Whenever it is behind
    the clock it joins datagrams into larger ones; their order and their blocks stay the same.

    Parameters
    ----------
    exercise : Exercise
        What to send. With ``speed`` 1 and a start of now, the times in the messages are UTC.
    host, port : str, int
        Where to: the address of the shield's feed.
    preroll_s : float
        How much of the time before the start is sent first [s].
    speed : float
        Seconds of exercise per second of the clock after the start.
    clock : callable
        Nanoseconds UTC since 1970.
    sleep : callable
        Waits for so many seconds.
    stop : threading.Event
        Set by another thread to end the sending.
    pace_per_s : float
        Most datagrams per second while it is behind the clock.

    Raises
    ------
    FeedError
        The datagrams cannot be sent there.
    """
    start_ns = exercise.t_start_ns
    datagrams = octets = 0
    waiting = b""
    with _open(host, port) as wire:
        for datagram in exercise.datagrams(-preroll_s, math.inf):
            due_ns = start_ns + (datagram.t_ns - start_ns) / speed
            behind = due_ns <= clock()
            if waiting and not (behind and len(waiting) + len(datagram.octets) <= JOINED_OCTETS):
                _give(wire, waiting, host, port)
                datagrams, octets, waiting = datagrams + 1, octets + len(waiting), b""
                sleep(1.0 / pace_per_s)
            while not stop.is_set() and (wait_s := (due_ns - clock()) / NS_PER_S) > 0.0:
                sleep(min(wait_s, LONGEST_SLEEP_S))
            if stop.is_set():
                break
            waiting += datagram.octets
            if not behind:
                _give(wire, waiting, host, port)
                datagrams, octets, waiting = datagrams + 1, octets + len(waiting), b""
    return Sent(datagrams=datagrams, octets=octets)


def _give(wire: socket.socket, payload: bytes, host: str, port: int) -> None:
    """Send one datagram, whether or not anybody listens."""
    try:
        wire.send(payload)
    except ConnectionRefusedError:
        # The kernel reports that nobody listened to an earlier datagram. A radar does not stop
        # for that, and the receiver may come back.
        _log.debug("nobody listens at %s port %d", host, port)
    except OSError as error:
        raise _cannot(host, port, error) from error


def _open(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[
            0
        ]
        wire = socket.socket(family, kind, protocol)
        wire.connect(address)
    except OSError as error:
        raise _cannot(host, port, error) from error
    return wire


def _cannot(host: str, port: int, error: OSError) -> FeedError:
    return FeedError(
        feed=f"udp://{host}:{port}",
        what=f"cannot send there ({error.strerror or error})",
        remedy="give an address of this machine or of one that it can reach",
    )
