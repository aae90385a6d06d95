"""TCP inside captures: each direction of each connection is one stream of octets, put together.

Segments go in by sequence number, modulo 2^32 (RFC 9293, 3.4). Of octets that came more than once
the first copy counts. A stream begins at its SYN, or at the first segment that the capture has of
it, and ends with FIN, RST or the capture. Octets that are not in the capture are waited for until
``WAITING_OCTETS_MAX`` octets behind them have come or ``WAITING_NS_MAX`` have passed; then they
are lost, the ledger says how many, and a fresh splitter goes on behind them.

A stream is read when the format's ``sniff`` knows it: asked as octets come, up to ``HEAD_OCTETS``.
Of one that is not read the payloads are padding.

Splitters are not called for each segment, but once for all streams at a time: ``Streams.settle``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield.read.frames import Ledger, frozen
from airshield.read.reader import NO_TIME, Reader, Splitter
from airshield.units import NS_PER_S

HEAD_OCTETS: Final = 1 << 16
"""A stream that the format does not know after so many octets is not read."""

SURE_ENOUGH: Final = 0.2
"""A format that is less sure than this does not have a stream given to it."""

STREAMS_MAX: Final = 256
"""Streams that are followed at a time; for a new one the one that was silent longest is ended."""

WAITING_OCTETS_MAX: Final = 1 << 20
"""Octets that a stream holds behind a gap: in all 256 MiB at the very most."""

WAITING_NS_MAX: Final = 10 * NS_PER_S
"""Time that a gap stays open: some retransmissions, which come after 1, 3, 7 s (RFC 6298)."""

JUMP_MAX: Final = 1 << 30
"""No window is larger (RFC 7323, 2.3): a segment farther away is another connection's."""

_LOST_MAX: Final = 16
"""Gaps that a stream remembers, to tell what comes too late from what comes twice."""

_FIN, _SYN, _RST = 1, 2, 4
_HEADER_OCTETS: Final = 20
_NOT_READ: Final = "TCP streams that are not read"
_TWICE: Final = "TCP octets sent again, or after the end"
_LATE: Final = "octets of a TCP stream that came after what follows them was read"


class Pieces(NamedTuple):
    """Frames that lie in some octets; ``key`` puts them in order with others of the capture."""

    octets: NDArray[np.uint8]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    offset: NDArray[np.int64]
    t_ns: NDArray[np.int64]
    key: NDArray[np.int64]


class _Chunk(NamedTuple):
    """Octets of a stream that came in one packet; ``place`` is theirs in the capture."""

    position: int
    octets: bytes
    place: int
    packet: int
    t_ns: int | None

    def part(self, begin: int, end: int) -> _Chunk:
        """Cut out what lies in a stretch of the stream."""
        octets = self.octets[begin - self.position : end - self.position]
        return _Chunk(begin, octets, self.place + begin - self.position, self.packet, self.t_ns)

    @property
    def end(self) -> int:
        return self.position + len(self.octets)


class _Gap(NamedTuple):
    """Octets of a stream that are not in the capture, none at its end; then what follows."""

    octets: int
    place: int
    t_ns: int | None


class _Stream:
    """One direction of a connection. Positions count from its first octet and do not wrap."""

    def __init__(self, reader: Reader, sequence: int, *, is_begun: bool) -> None:
        self.sequence = sequence
        self.is_over = False
        self.is_refused = False
        self.queue: list[_Chunk | _Gap] = []
        self._reader = reader
        self._next = 0
        self._waiting: list[_Chunk] = []
        self._held = 0
        self._since: int | None = None
        self._lost: list[tuple[int, int]] = [] if is_begun else [(-JUMP_MAX, 0)]
        self._fin: _Gap | None = None
        self._splitter: Splitter | None = None
        self._tail = b""
        self._asked = 0
        self._gaps: list[_Gap] = []
        self._chunks: list[_Chunk] = []

    def position(self, sequence: int) -> int:
        """Give the position of a sequence number: the nearest one to what comes next."""
        away = (sequence - self.sequence - self._next + (1 << 31)) % (1 << 32) - (1 << 31)
        return self._next + away

    def is_near(self, position: int) -> bool:
        """Tell whether a position can belong to this connection."""
        return abs(position - self._next) <= JUMP_MAX

    def take(self, chunk: _Chunk, ledger: Ledger) -> None:
        """Take the octets of a segment."""
        if self.is_refused or self.is_over:
            ledger.pad(len(chunk.octets), _NOT_READ if self.is_refused else _TWICE)
            return
        if chunk.position < self._next:
            self._tell_past(chunk.part(chunk.position, min(chunk.end, self._next)), ledger)
            if chunk.end <= self._next:
                return
            chunk = chunk.part(self._next, chunk.end)
        if chunk.position == self._next and not self._waiting:
            self._go_on(chunk)
        else:
            self._wait(chunk, ledger)
        self._end_at_fin()

    def finish_at(self, position: int, place: int, t_ns: int | None) -> None:
        """Note where the stream ends."""
        if self._fin is None and position >= self._next:
            self._fin = _Gap(position, place, t_ns)
            self._end_at_fin()

    def end(self) -> None:
        """End it now, whatever is missing."""
        if self.is_over:
            return
        while self._waiting:
            self._give_up()
        fin = self._fin
        if fin is not None and fin.octets > self._next and not self.is_refused:
            self.queue.append(fin._replace(octets=fin.octets - self._next))
        self.is_over = True
        self.queue.append(_Gap(0, 0, None))

    def _end_at_fin(self) -> None:
        if self._fin is not None and self._next >= self._fin.octets:
            self.end()

    def _go_on(self, chunk: _Chunk) -> None:
        self.queue.append(chunk)
        self._next = chunk.end

    def _tell_past(self, chunk: _Chunk, ledger: Ledger) -> None:
        """Tell what came twice from what was given up."""
        at = chunk.position
        for begin, end in [*self._lost, (self._next, self._next)]:
            if min(begin, chunk.end) > at:
                ledger.pad(min(begin, chunk.end) - at, _TWICE)
                at = min(begin, chunk.end)
            if min(end, chunk.end) > at:
                late = chunk.part(at, min(end, chunk.end))
                ledger.reject(late.place, late.octets, _LATE, t_ns=late.t_ns)
                at = late.end

    def _wait(self, chunk: _Chunk, ledger: Ledger) -> None:
        """Keep what of a segment is not there yet, and go on if it fills a gap."""
        waiting, at = self._waiting, chunk.position
        row = bisect_right(waiting, at, key=lambda one: one.position)
        if row and waiting[row - 1].end > at:
            row -= 1
        while at < chunk.end:
            there = waiting[row] if row < len(waiting) else None
            if there is not None and there.position <= at:
                ledger.pad(min(there.end, chunk.end) - at, _TWICE)
                at = there.end
            else:
                end = chunk.end if there is None else min(there.position, chunk.end)
                waiting.insert(row, chunk.part(at, end))
                self._held += end - at
                at = end
            row += 1
        if self._since is None:
            self._since = chunk.t_ns
        self._drain()
        if waiting and self._is_overdue(chunk.t_ns):
            self._give_up()
            self._since = chunk.t_ns if waiting else None
        while self._held > WAITING_OCTETS_MAX:
            self._give_up()

    def _is_overdue(self, t_ns: int | None) -> bool:
        """Tell whether a gap has been open for too long."""
        if t_ns is None or self._since is None:
            return False
        return t_ns - self._since > WAITING_NS_MAX

    def _drain(self) -> None:
        """Go on with what waits and is next."""
        ready = 0
        for chunk in self._waiting:
            if chunk.position != self._next:
                break
            self._go_on(chunk)
            self._held -= len(chunk.octets)
            ready += 1
        del self._waiting[:ready]
        if not self._waiting:
            self._since = None

    def _give_up(self) -> None:
        """Give up the octets before what waits."""
        chunk = self._waiting[0]
        if chunk.position > self._next:
            lost = (self._next, chunk.position)
            self._lost = [*self._lost[-_LOST_MAX + 1 :], lost]
            self.queue.append(_Gap(lost[1] - lost[0], chunk.place, chunk.t_ns))
            self._next = chunk.position
        self._drain()

    def settle(self, ledger: Ledger) -> Iterator[Pieces]:
        """Cut what has come into frames."""
        queue, self.queue = self.queue, []
        fresh: list[_Chunk] = []
        for one in queue:
            if isinstance(one, _Chunk):
                fresh.append(one)
                continue
            yield from self._cut(fresh, ledger, last=True)
            fresh = []
            self._tail, self._chunks, self._asked = b"", [], 0
            self._gaps = [*self._gaps[-_LOST_MAX + 1 :], one] if one.octets else self._gaps
            if self._splitter is not None:
                self._splitter = self._begin(ledger)
        if fresh:
            yield from self._cut(fresh, ledger, last=False)

    def _begin(self, ledger: Ledger) -> Splitter:
        """Begin a run of octets, and tell what is missing before it."""
        for gap in self._gaps:
            what = f"{gap.octets} octets of a TCP stream are not in the capture"
            ledger.reject(gap.place, b"", what, t_ns=gap.t_ns)
        self._gaps = []
        return self._reader.splitter()

    def _cut(self, fresh: list[_Chunk], ledger: Ledger, *, last: bool) -> Iterator[Pieces]:
        """Cut a run of octets without gaps."""
        octets = b"".join([self._tail, *(one.octets for one in fresh)])
        self._chunks += fresh
        if not octets:
            return
        begin = self._chunks[-1].end - len(octets)
        if self._splitter is None and not self._is_known(octets, last):
            self._tail = b"" if self.is_refused or last else octets
            self._chunks = self._chunks if self._tail else []
            ledger.pad(len(octets) - len(self._tail), _NOT_READ)
            return
        if self._splitter is None:
            self._splitter = self._begin(ledger)
        own = Ledger("")
        split = self._splitter(np.frombuffer(octets, np.uint8), base=begin, last=last, ledger=own)
        ledger.frames += own.frames
        ledger.octets += own.octets
        self._pass_on(own, ledger)
        if split.first.size:
            size = split.stop - split.first
            offset, t_ns, key = self._place(split.offset, split.offset + size - 1)
            yield Pieces(frozen(split.octets), split.first, split.stop, offset, t_ns, key)
        self._tail = octets[split.used :]
        done = begin + split.used
        self._chunks = [one for one in self._chunks if one.end > done]

    def _is_known(self, octets: bytes, last: bool) -> bool:
        """Tell whether the format knows the stream; asked again when there is twice as much."""
        if self.is_refused or (len(octets) < 2 * self._asked and not last):
            return False
        self._asked = len(octets)
        if self._reader.sniff(octets[:HEAD_OCTETS]) >= SURE_ENOUGH:
            return True
        self.is_refused = len(octets) >= HEAD_OCTETS
        return False

    def _pass_on(self, own: Ledger, ledger: Ledger) -> None:
        """Tell of what the splitter could not use, at its places in the capture."""
        told = 0
        for kind, octets in own.padding_kinds.items():
            ledger.pad(octets, kind)
            told += octets
        ledger.pad(own.padding - told, "padding of a TCP stream")
        if not own.lost_because:
            return
        rejects = own.rejects()
        columns = (rejects[name].to_pylist() for name in ("offset", "reason", "octets"))
        starts = [one.position for one in self._chunks]
        for position, reason, octets in zip(*columns, strict=True):
            at, end = position, position + len(octets)
            while at < end:
                chunk = self._chunks[bisect_right(starts, at) - 1]
                part = chunk.part(at, min(end, chunk.end))
                ledger.reject(part.place, part.octets, reason, t_ns=part.t_ns)
                at = part.end

    def _place(
        self, first: NDArray[np.int64], last: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Find where frames lie in the capture, when the last packet of each came, and which."""
        chunks = self._chunks
        starts = np.array([one.position for one in chunks], np.int64)
        places = np.array([one.place for one in chunks], np.int64)
        packets = np.array([one.packet for one in chunks], np.int64)
        times = np.array([NO_TIME if one.t_ns is None else one.t_ns for one in chunks], np.int64)
        begin = np.searchsorted(starts, first, "right") - 1
        end = np.searchsorted(starts, last, "right")
        by_packet = np.argsort(packets, kind="stable")
        rank = np.empty(packets.size + 1, np.int64)
        rank[by_packet], rank[-1] = np.arange(packets.size), -1
        spans = np.column_stack([begin, end]).ravel()
        latest = by_packet[np.maximum.reduceat(rank, spans)[::2]]
        return places[begin] + first - starts[begin], times[latest], packets[latest]


class Streams:
    """All TCP of one capture, read with one format."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._streams: dict[bytes, _Stream] = {}
        self._touched: dict[int, _Stream] = {}
        self.since: int | None = None
        """Place of the first packet since the last :meth:`settle` that some stream takes."""

    def segment(
        self,
        addresses: bytes,
        segment: memoryview,
        place: int,
        *,
        packet: int,
        t_ns: int | None,
        whole: bool,
        ledger: Ledger,
    ) -> int | None:
        """Take a segment, header first; give the octets of its payload, None where it has no shape.

        Each octet of the payload is a frame's, a reject or padding by the time of :meth:`finish`.

        Parameters
        ----------
        addresses : bytes
            Source and destination, one behind the other.
        place, packet : int
            Place of the segment in the capture, and of its packet, which is no less each time.
        t_ns : int or None
            Time of the packet.
        whole : bool
            Whether the capture kept all of it.
        """
        header = (segment[12] >> 4) * 4 if len(segment) >= _HEADER_OCTETS else 0
        if not _HEADER_OCTETS <= header <= len(segment):
            return None
        ports, flags = bytes(segment[:4]), segment[13]
        sequence = int.from_bytes(segment[4:8], "big")
        payload = segment[header:]
        key = addresses + ports
        stream = self._streams.pop(key, None)
        if flags & _SYN:
            sequence = (sequence + 1) % (1 << 32)
            is_same = stream is not None and stream.sequence == sequence
            if stream is not None and not is_same:
                self._end(stream, packet)
                stream = None
        elif stream is not None and len(payload) and not stream.is_near(stream.position(sequence)):
            self._end(stream, packet)
            stream = None
        if stream is None and (len(payload) or flags & _SYN):
            stream = _Stream(self._reader, sequence, is_begun=bool(flags & _SYN))
            if len(self._streams) >= STREAMS_MAX:
                self._end(self._streams.pop(next(iter(self._streams))), packet)
        if stream is None:
            return 0
        self._streams[key] = stream
        at = stream.position(sequence)
        if len(payload):
            stream.take(_Chunk(at, bytes(payload), place + header, packet, t_ns), ledger)
        if flags & _FIN and whole:
            stream.finish_at(at + len(payload), place, t_ns)
        if flags & _RST:
            stream.end()
            half = len(addresses) // 2
            back = addresses[half:] + addresses[:half] + ports[2:] + ports[:2]
            if back in self._streams:
                self._end(self._streams[back], packet)
        self._touch(stream, packet)
        return len(payload)

    def settle(self, ledger: Ledger) -> list[Pieces]:
        """Cut into frames what has come; none of them has a key before :attr:`since`."""
        since = self.since or 0
        touched, self._touched, self.since = self._touched, {}, None
        return [
            pieces._replace(key=np.maximum(pieces.key, since))
            for stream in touched.values()
            for pieces in stream.settle(ledger)
        ]

    def finish(self, packet: int) -> None:
        """End all streams; :meth:`settle` then gives the rest."""
        for stream in self._streams.values():
            self._end(stream, packet)
        self._streams.clear()

    def _end(self, stream: _Stream, packet: int) -> None:
        stream.end()
        self._touch(stream, packet)

    def _touch(self, stream: _Stream, packet: int) -> None:
        if stream.queue:
            self._touched[id(stream)] = stream
            if self.since is None:
                self.since = packet
