"""Live TCP: a stream cut into frames as the format says, its breaks mended and told.

The stream has no datagrams, so the format's splitter finds the frames (``read.reader``), and what
it cannot use stays here until more has come. When a connection ends, what is left of a frame is a
reject with the reason: nothing that was received is dropped. A source never waits for its peer: it
connects, gives up, waits and tries again between calls of :meth:`TcpSource.receive`.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal, Self

import numpy as np
import pyarrow as pa

from airshield import tables
from airshield.errors import FeedError
from airshield.read.frames import Ledger
from airshield.read.reader import Splitter, find_reader, frames_of

_log = logging.getLogger(__name__)

RECEIVE_OCTETS: Final = 1 << 20
"""Most octets taken in one call, so that a flood cannot keep the watch from its other feeds."""

TAIL_OCTETS: Final = 1 << 20
"""No frame of any format is this long: a stream in which none ends is refused in pieces."""

CONNECT_S: Final = 5.0
"""How long a peer may take to answer."""

BACKOFF_S: Final = (0.25, 10.0)
"""First and longest wait before connecting again; it doubles until octets come."""

KEEPALIVE: Final = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""A peer whose cable was pulled says nothing: after 25 s of silence that it does not answer for,
the connection counts as broken."""

_PATIENCE_S: Final = 0.02
"""How often a source without a connection is looked after while somebody waits for it."""

State = Literal["connecting", "connected", "waiting", "listening", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpState:
    """How a TCP feed is.

    Attributes
    ----------
    state : str
        ``connecting``, ``connected``, ``waiting`` (to connect again), ``listening`` or ``closed``.
    since_ns : int
        Since when, by the feed's clock [ns UTC].
    connections : int
        Connections made so far; the first is one too.
    octets, frames, padding, rejected_octets : int
        Octets received; frames given; octets between frames that carry nothing; octets that are in
        no frame, which :meth:`TcpSource.rejects` gives. Octets are all in one of these or wait for
        the rest of their frame.
    trouble : str
        Why the latest connection ended or did not come about; empty if none ever did.
    """

    state: State
    since_ns: int
    connections: int
    octets: int
    frames: int
    padding: int
    rejected_octets: int
    trouble: str


class TcpSource:
    """A live feed over TCP.

    Parameters
    ----------
    host : str
        IP address of the peer; with ``listen`` the address of this machine to accept one on.
    port : int
        TCP port; with ``listen`` 0 lets the system choose one, see :attr:`port`.
    splitter : callable, optional
        Makes what cuts the stream into frames, anew for each connection; that of the format's
        reader by default.
    listen : bool
        Accept a peer instead of connecting to one; one at a time, the next waits its turn.
    format : str
        What its octets are written in: the name of a reader.
    receiver : (float, float), optional
        WGS-84 latitude and longitude of the receiver that sends them [deg].
    name : str, optional
        Source name in FRAME; ``tcp://host:port`` by default.
    clock_ns : callable
        Gives the time now in nanoseconds UTC since 1970: stamps ``t_heard``.
    monotonic_s : callable
        A clock that is never set, for waits.

    Attributes
    ----------
    octets, frames : int
        As in :class:`TcpState`. FRAME ``offset`` counts octets over all connections.

    Raises
    ------
    FeedError
        The address makes no sense, or cannot be listened on. A peer that does not answer is no
        error: it is tried again.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        splitter: Callable[[], Splitter] | None = None,
        listen: bool = False,
        format: str = "asterix",
        receiver: tuple[float, float] | None = None,
        name: str | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        feed = _feed_name(host, port)
        try:
            address = ipaddress.ip_address(host)
        except ValueError as error:
            raise FeedError(
                feed=feed, what=f"{host!r} is not an IP address", remedy="give the peer's address"
            ) from error
        if not (0 if listen else 1) <= port <= 65_535:
            raise FeedError(feed=feed, what=f"no port {port}", remedy="give one from 1 to 65535")
        self._family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        self._make_splitter = splitter or find_reader(format).splitter
        self._clock_ns, self._now_s = clock_ns, monotonic_s
        self._listener = _listen(self._family, host, port) if listen else None
        self.host, self.format, self.receiver = host, format, receiver
        self.port: int = self._listener.getsockname()[1] if self._listener else port
        self.source = name or _feed_name(host, self.port)
        self.octets = self.frames = 0
        self._padding = self._rejected_octets = self._connections = 0
        self._trouble = ""
        self._rejects: list[pa.Table] = []
        self._socket: socket.socket | None = None
        self._splitter = self._make_splitter()
        self._tail = b""
        self._backoff_s = BACKOFF_S[0]
        self._state: State
        self._deadline_s: float
        self._begin()

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
    def state(self) -> TcpState:
        """How the feed is now."""
        return TcpState(
            state=self._state,
            since_ns=self._since_ns,
            connections=self._connections,
            octets=self.octets,
            frames=self.frames,
            padding=self._padding,
            rejected_octets=self._rejected_octets,
            trouble=self._trouble,
        )

    def fileno(self) -> int:
        """Return the descriptor to wait on for reading, -1 while there is none.

        Without one, :meth:`receive` must be called now and then for the feed to get on.
        """
        if self._state == "connected" and self._socket is not None:
            return self._socket.fileno()
        if self._state == "listening" and self._listener is not None:
            return self._listener.fileno()
        return -1

    def receive(self, max_wait_s: float = 0.0) -> pa.Table | None:
        """Return the frames that are whole by now as a FRAME table, or None when there are none.

        Does not wait longer than it must. ``frame`` counts this feed's own frames; the journal
        numbers them anew.
        """
        end_s = self._now_s() + max_wait_s
        while True:
            frames = self._step()
            left_s = end_s - self._now_s()
            if frames is not None or left_s <= 0.0 or self._state == "closed":
                return frames
            handle, wait_s = self.fileno(), min(left_s, _PATIENCE_S)
            if handle < 0:
                time.sleep(wait_s)
            else:
                select.select([handle], [], [], wait_s)

    def rejects(self) -> pa.Table:
        """Return what is in no frame since the last call, as a REJECT table.

        ``frame`` is the number of this feed's frames before the damage.
        """
        fresh, self._rejects = self._rejects, []
        return tables.concat(tables.REJECT, fresh)

    def close(self) -> pa.Table | None:
        """End the connection; return the frames that were whole, :meth:`rejects` has the rest."""
        if self._state == "closed":
            return None
        frames = None
        if self._socket is not None:
            if self._state == "connected":
                frames = self._split(b"", ended="the feed was closed here")
            self._socket.close()
            self._socket = None
        if self._listener is not None:
            self._listener.close()
        self._enter("closed")
        return frames

    # --- the connection --------------------------------------------------------------------------

    def _enter(self, state: State, *, wait_s: float = 0.0) -> None:
        self._state, self._since_ns = state, self._clock_ns()
        self._deadline_s = self._now_s() + wait_s

    def _begin(self) -> None:
        """Connect, or wait for a peer."""
        if self._listener is not None:
            self._enter("listening")
            return
        self._socket = socket.socket(self._family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._enter("connecting", wait_s=CONNECT_S)
        failed = self._socket.connect_ex((self.host, self.port))
        if failed not in (0, errno.EINPROGRESS):
            self._give_up(os.strerror(failed))

    def _step(self) -> pa.Table | None:
        if self._state == "waiting" and self._now_s() >= self._deadline_s:
            self._begin()
        if self._state == "connecting":
            self._finish_connecting()
        elif self._state == "listening":
            self._accept()
        return self._read() if self._state == "connected" else None

    def _finish_connecting(self) -> None:
        assert self._socket is not None
        poll = select.poll()
        poll.register(self._socket, select.POLLOUT)
        if not poll.poll(0):
            if self._now_s() >= self._deadline_s:
                self._give_up(f"no answer within {CONNECT_S:g} s")
            return
        failed = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            self._give_up(os.strerror(failed))
        else:
            self._connected(self._socket)

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            peer, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        peer.setblocking(False)
        self._socket = peer
        self._connected(peer)

    def _connected(self, peer: socket.socket) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            if hasattr(socket, option):
                peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        self._splitter = self._make_splitter()
        self._connections += 1
        self._enter("connected")
        _log.info("%s: connected", self.source)

    def _give_up(self, why: str) -> None:
        """Leave a connection that did not come about."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if why != self._trouble:  # said once, not at every try
            _log.warning("%s: %s; trying again", self.source, why)
        self._trouble = why
        if self._listener is not None:
            self._enter("listening")
            return
        self._enter("waiting", wait_s=self._backoff_s)
        self._backoff_s = min(2.0 * self._backoff_s, BACKOFF_S[1])

    def _end(self, why: str) -> pa.Table | None:
        """Leave a connection that was; what is left of a frame is rejected with the reason."""
        frames = self._split(b"", ended=why)
        self._give_up(why)
        return frames

    # --- the stream ------------------------------------------------------------------------------

    def _read(self) -> pa.Table | None:
        """Take what has come; a connection that has ended is left."""
        assert self._socket is not None
        pieces: list[bytes] = []
        size = 0
        ended = ""
        while size < RECEIVE_OCTETS and not ended:
            try:
                piece = self._socket.recv(RECEIVE_OCTETS - size)
            except BlockingIOError:
                break
            except OSError as error:
                ended = f"the connection broke: {error.strerror or error}"
                break
            if not piece:
                ended = "the peer closed the connection"
            pieces.append(piece)
            size += len(piece)
        if size:
            self._backoff_s = BACKOFF_S[0]
        found = [self._split(b"".join(pieces))] if size else []
        if ended:
            found.append(self._end(ended))
        frames = [one for one in found if one is not None]
        return tables.concat(tables.FRAME, frames) if frames else None

    def _split(self, fresh: bytes, *, ended: str = "") -> pa.Table | None:
        data = self._tail + fresh if self._tail else fresh
        base = self.octets - len(self._tail)
        self.octets += len(fresh)
        ledger = Ledger(self.source)
        split = self._splitter(
            np.frombuffer(data, np.uint8), base=base, last=bool(ended), ledger=ledger
        )
        now_ns = self._clock_ns() if split.first.size or split.used else 0
        self._tail = data[split.used :]
        self._padding += ledger.padding
        frames = None
        if split.first.size:
            stamped = split._replace(t_ns=np.full(split.first.size, now_ns))
            frames = frames_of(stamped, source=self.source, first_frame=self.frames)
        self._keep(ledger.rejects(), now_ns, because=ended)
        self.frames += split.first.size
        if len(self._tail) > TAIL_OCTETS:
            self._refuse_tail(now_ns or self._clock_ns())
        return frames

    def _refuse_tail(self, now_ns: int) -> None:
        ledger = Ledger(self.source)
        reason = f"no frame ends within {TAIL_OCTETS} octets"
        ledger.reject(self.octets - len(self._tail), self._tail, reason)
        self._keep(ledger.rejects(), now_ns, because="")
        self._tail, self._splitter = b"", self._make_splitter()

    def _keep(self, rejects: pa.Table, now_ns: int, *, because: str) -> None:
        """Note rejects with the time; those at the end of a connection tell that it ended."""
        rows = rejects.num_rows
        if not rows:
            return
        self._rejected_octets += sum(len(octets) for octets in rejects["octets"].to_pylist())
        columns = {name: rejects[name] for name in rejects.column_names}
        columns["frame"] = pa.array([self.frames] * rows, pa.uint64())
        columns["t_heard"] = pa.array([now_ns] * rows, pa.int64()).cast(tables.TIME)
        if because:
            columns["reason"] = [f"{because}: {why}" for why in rejects["reason"].to_pylist()]
        self._rejects.append(tables.make_table(tables.REJECT, columns, rows=rows))


def _feed_name(host: str, port: int) -> str:
    return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"


def _listen(family: int, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    with contextlib.ExitStack() as undo:
        undo.callback(listener.close)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setblocking(False)
            listener.bind((host, port))
            listener.listen(1)
        except OSError as error:
            in_use = error.errno == errno.EADDRINUSE
            raise FeedError(
                feed=_feed_name(host, port),
                what="the port is in use" if in_use else str(error.strerror or error),
                remedy="stop the other program (ss -ltp shows it) or choose another port"
                if in_use
                else "give an address of this machine, and a port from 1024 up",
            ) from error
        undo.pop_all()
    return listener
