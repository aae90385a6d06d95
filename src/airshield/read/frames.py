"""Frames: bytes as they came in, and the ledger of what could not become one.

A frame is the piece of input that the journal keeps whole: one data block of a raw file, one
UDP payload of a capture or of a live feed. Whatever is not in a frame is in the ledger: a
stretch of octets that could not be read, with its place and the reason, or a count of packets
that were none of our business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables

REJECT_OCTETS_MAX: Final = 65_536
"""A longer stretch of lost octets is cut into rows of this size."""

REJECTS_KEPT_MAX: Final = 64 << 20
"""Rejected octets that a ledger holds until they are taken; of more it holds place and reason."""


_Scalar = TypeVar("_Scalar", bound=np.generic)


def frozen(array: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """Return a view that cannot be written: kernels are compiled for one kind of array only."""
    view = array.view()
    view.flags.writeable = False
    return view


def octets_of(column: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the octets of all frames in one run, and where each begins, one more for the end.

    Nothing is copied; both are frozen.
    """
    _, offsets, data = column.buffers()
    rows = len(column)
    if offsets is None or not rows:
        return frozen(np.empty(0, np.uint8)), frozen(np.zeros(1, np.int64))
    borders = np.frombuffer(offsets, np.int64, rows + 1, offset=8 * column.offset)
    octets = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return frozen(octets), frozen(borders)


class Datagram(NamedTuple):
    """One frame on its way into a table."""

    offset: int
    t_ns: int | None
    octets: bytes


def frame_table(source: str, datagrams: Sequence[Datagram], *, first_frame: int) -> pa.Table:
    """Make a FRAME table of one source, numbered from ``first_frame``."""
    rows = len(datagrams)
    return tables.make_table(
        tables.FRAME,
        {
            "frame": np.arange(first_frame, first_frame + rows, dtype=np.uint64),
            "t_heard": pa.array([one.t_ns for one in datagrams], pa.int64()).cast(tables.TIME),
            "source": tables.words(np.zeros(rows, np.int32), [source]),
            "offset": pa.array([one.offset for one in datagrams], pa.uint64()),
            "octets": pa.array([one.octets for one in datagrams], pa.large_binary()),
        },
        rows=rows,
    )


@dataclass(slots=True)
class Ledger:
    """What a recording or stream held besides the frames it gave.

    A splitter counts the frames it gives, notes what it cannot use, and counts padding.

    Attributes
    ----------
    source : str
        The source's name, as in FRAME.
    frames, octets : int
        Frames given so far and the octets in them.
    packets : int
        Packets of a capture, of any kind; zero for a raw file.
    not_udp : int
        Packets that carry no UDP datagram: ARP, spanning tree and the like, and TCP, read or not.
    reassembled : int
        Datagrams put together from IP fragments.
    padding : int
        Octets that carry nothing and belong there: headers of a container, line ends.
    padding_kinds : dict
        The same by what they are, where a container tells.
    lost_from, lost_to : int
        The latest run of rejected octets that touch, and ...
    lost_because : str
        ... the reason of its first; empty where nothing was rejected.
    """

    source: str
    frames: int = 0
    octets: int = 0
    packets: int = 0
    not_udp: int = 0
    reassembled: int = 0
    padding: int = 0
    padding_kinds: dict[str, int] = field(default_factory=dict)
    lost_from: int = 0
    lost_to: int = 0
    lost_because: str = ""
    _kept: int = 0
    _rows: list[tuple[int, int | None, int, str, bytes]] = field(default_factory=list)

    def reject(
        self, offset: int, octets: bytes | memoryview, reason: str, *, t_ns: int | None = None
    ) -> None:
        """Note that the octets at ``offset`` are lost to the tables, and why."""
        if not self.lost_because or offset != self.lost_to:
            self.lost_from, self.lost_because = offset, reason
        self.lost_to = offset + len(octets)
        for cut in range(0, max(len(octets), 1), REJECT_OCTETS_MAX):
            piece = bytes(octets[cut : cut + REJECT_OCTETS_MAX])
            why = reason
            if self._kept + len(piece) > REJECTS_KEPT_MAX:
                why, piece = f"{reason}; {len(piece)} octets, not kept: there are too many", b""
            self._kept += len(piece)
            self._rows.append((self.frames, t_ns, offset + cut, why, piece))

    def pad(self, octets: int, kind: str) -> None:
        """Count octets that carry nothing and belong there, and say what they are."""
        if octets:
            self.padding += octets
            self.padding_kinds[kind] = self.padding_kinds.get(kind, 0) + octets

    def take_rejects(self) -> pa.Table:
        """Return the REJECT rows noted since the last time, and forget them."""
        rejects = self.rejects()
        self._rows.clear()
        self._kept = 0
        return rejects

    def rejects(self) -> pa.Table:
        """Return a REJECT table; ``frame`` is the number of frames given before the damage."""
        rows = self._rows
        return tables.make_table(
            tables.REJECT,
            {
                "frame": pa.array([row[0] for row in rows], pa.uint64()),
                "t_heard": pa.array([row[1] for row in rows], pa.int64()).cast(tables.TIME),
                "source": tables.words(np.zeros(len(rows), np.int32), [self.source]),
                "offset": pa.array([row[2] for row in rows], pa.uint64()),
                "reason": [row[3] for row in rows],
                "octets": pa.array([row[4] for row in rows], pa.large_binary()),
            },
            rows=len(rows),
        )
