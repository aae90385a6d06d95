"""Live UDP: one frame per datagram, unicast or multicast."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import select
import socket
import struct
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import pyarrow as pa

from airshield import tables
from airshield.errors import FeedError
from airshield.read._mmsg import ManyDatagrams
from airshield.read.frames import Datagram, frame_table

DATAGRAM_OCTETS_MAX: Final = 65_535
"""No UDP datagram is longer: its length field has 16 bits."""

BUFFER_OCTETS: Final = 32 << 20
"""Receive buffer asked for: a second and more of every radar of a country. The system may give less
(on Linux ``net.core.rmem_max``); :attr:`UdpSource.buffer_octets` says what it gave."""

RECEIVE_MAX: Final = 4096
"""Most datagrams in one table, so that a flood cannot keep the watch from its other feeds."""

_SO_RCVBUFFORCE: Final = 33
"""Linux: a buffer beyond the system's limit, for those who may administer the network."""

_SO_MEMINFO: Final = 55
"""Linux 4.12: what the socket holds, and how many datagrams a full buffer has cost it so far.
Unlike ``SO_RXQ_OVFL``, which comes with a datagram, it tells those after the last one too."""

_MEMINFO: Final = struct.Struct("=9I")
_MEMINFO_DROPS: Final = 8


class UdpSource:
    """A live feed over UDP.

    Parameters
    ----------
    host : str
        An address of this machine to listen on (``0.0.0.0`` or ``::`` for all), or a multicast
        group to join.
    port : int
        UDP port; 0 lets the system choose one, see :attr:`port`.
    interface : str, optional
        For multicast: name of the interface, or an IPv4 address of it; else the system chooses.
    format : str
        What its octets are written in: the name of a reader.
    receiver : (float, float), optional
        WGS-84 latitude and longitude of the receiver that sends them [deg].
    name : str, optional
        Source name in FRAME; ``udp://host:port`` by default.
    clock_ns : callable
        Gives the time now in nanoseconds UTC since 1970: stamps ``t_heard``.
    buffer_octets : int
        Receive buffer to ask for.

    Attributes
    ----------
    datagrams : int
        Datagrams received so far; FRAME ``offset`` counts them from 0.
    octets : int
        Octets in them.

    Raises
    ------
    FeedError
        The port is in use, or the address is not one of this machine, or no such interface.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        interface: str | None = None,
        format: str = "asterix",
        receiver: tuple[float, float] | None = None,
        name: str | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
        buffer_octets: int = BUFFER_OCTETS,
    ) -> None:
        feed = _feed_name(host, port)
        try:
            address = ipaddress.ip_address(host)
        except ValueError as error:
            raise FeedError(
                feed=feed,
                what=f"{host!r} is not an IP address",
                remedy="give an address of this machine, 0.0.0.0 or a multicast group",
            ) from error
        if not 0 <= port <= 65_535:
            raise FeedError(feed=feed, what=f"no port {port}", remedy="give one from 1 to 65535")
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        self._clock_ns = clock_ns
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        try:
            self._socket.setblocking(False)
            if address.is_multicast:
                # Several readers may share a group; a unicast port belongs to one.
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                self._socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            _ask_for_buffer(self._socket, buffer_octets)
            self._socket.bind((host, port))
            if address.is_multicast:
                _join(self._socket, address, interface)
        except OSError as error:
            self._socket.close()
            raise FeedError(feed=feed, **_explain(error, interface)) from error
        self.host, self.format, self.receiver = host, format, receiver
        self.port: int = self._socket.getsockname()[1]
        self.source = name or _feed_name(host, self.port)
        self.datagrams = self.octets = 0
        self._dropped = self._told = 0
        self._read = _reader(self._socket)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def buffer_octets(self) -> int:
        """Receive buffer that the system gave."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    @property
    def dropped(self) -> int:
        """Datagrams that the system threw away so far because its buffer was full.

        Linux, from 4.12; elsewhere it stays 0.
        """
        if self._socket.fileno() >= 0 and os.uname().sysname == "Linux":
            told = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
            if len(told) == _MEMINFO.size:
                # The system counts in 32 bits and begins again.
                fresh = (_MEMINFO.unpack(told)[_MEMINFO_DROPS] - self._dropped) % (1 << 32)
                self._dropped += fresh
        return self._dropped

    def fileno(self) -> int:
        """Return the socket's descriptor, for ``select`` and its kin."""
        return self._socket.fileno()

    def receive(self, max_wait_s: float = 0.0) -> pa.Table | None:
        """Return what has come as a FRAME table, or None when nothing came in ``max_wait_s``.

        Does not wait longer than it must: what is there is returned at once. ``frame`` counts this
        feed's own datagrams; the journal numbers them anew.
        """
        if max_wait_s > 0.0 and not select.select([self._socket], [], [], max_wait_s)[0]:
            return None
        rows: list[Datagram] = []
        while len(rows) < RECEIVE_MAX and (came := self._read()):
            for octets in came:
                rows.append(Datagram(self.datagrams, self._clock_ns(), octets))
                self.datagrams += 1
                self.octets += len(octets)
        return frame_table(self.source, rows, first_frame=rows[0].offset) if rows else None

    def rejects(self) -> pa.Table:
        """Return what the system has thrown away since the last call: a REJECT of no or one row."""
        lost = self.dropped - self._told
        self._told += lost
        if not lost:
            return tables.empty(tables.REJECT)
        return tables.make_table(
            tables.REJECT,
            {
                "frame": pa.array([self.datagrams], pa.uint64()),
                "t_heard": pa.array([self._clock_ns()]).cast(tables.TIME),
                "source": [self.source],
                "offset": pa.array([self.datagrams], pa.uint64()),
                "reason": [f"{lost} datagrams lost in a full receive buffer"],
                "octets": [b""],
            },
            rows=1,
        )

    def close(self) -> None:
        """Close the socket and leave the group. What it lost is known until the end."""
        _ = self.dropped
        self._socket.close()


def _feed_name(host: str, port: int) -> str:
    return f"udp://[{host}]:{port}" if ":" in host else f"udp://{host}:{port}"


def _ask_for_buffer(feed: socket.socket, octets: int) -> None:
    feed.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, octets)
    if feed.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) < octets and os.geteuid() == 0:
        with contextlib.suppress(PermissionError):
            feed.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, octets)


def _reader(feed: socket.socket) -> Callable[[], list[bytes]]:
    """Return what receives: many datagrams a call, or one where the system has no such call."""
    try:
        return ManyDatagrams(feed).receive
    except OSError:

        def receive() -> list[bytes]:
            try:
                return [feed.recv(DATAGRAM_OCTETS_MAX)]
            except BlockingIOError:
                return []

        return receive


def _join(
    feed: socket.socket,
    group: ipaddress.IPv4Address | ipaddress.IPv6Address,
    interface: str | None,
) -> None:
    if isinstance(group, ipaddress.IPv6Address):
        index = socket.if_nametoindex(interface) if interface else 0
        request = group.packed + struct.pack("=I", index)
        feed.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
        return
    local, index = bytes(4), 0
    if interface is not None:
        try:
            local = ipaddress.IPv4Address(interface).packed
        except ValueError:
            index = socket.if_nametoindex(interface)
    request = struct.pack("=4s4si", group.packed, local, index)  # struct ip_mreqn
    feed.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)


def _explain(error: OSError, interface: str | None) -> dict[str, str]:
    if error.errno == errno.EADDRINUSE:
        return {
            "what": "the port is in use",
            "remedy": "stop the other program (ss -lup shows it) or choose another port",
        }
    if error.errno == errno.EADDRNOTAVAIL:
        return {
            "what": "the address is not one of this machine",
            "remedy": "give one that `ip address` lists, or 0.0.0.0 for all",
        }
    if error.errno == errno.EACCES:
        return {"what": "the port needs privileges", "remedy": "choose one from 1024 up"}
    if interface is not None:
        return {
            "what": f"interface {interface}: {error.strerror or error}",
            "remedy": "give one that `ip address` lists",
        }
    return {
        "what": str(error.strerror or error),
        "remedy": "name the interface that the group arrives on, or check the network",
    }
