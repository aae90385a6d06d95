"""Rows in, data blocks out: batches, blocks, frames, and a memory that can be saved."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.read.asterix import encode_frames
from airshield.share.numbers import TrackNumbers
from airshield.share.records import EDITIONS, I8, Records
from airshield.share.service import (
    BatchEnd,
    Message,
    SensorState,
    ServiceReport,
    SystemState,
    check_message,
    code_of,
    sensor_records,
    system_records,
)
from airshield.share.system_tracks import (
    System,
    codes_of,
    columns_of,
    mode_3a_of,
    system_tracks,
    times_ns,
)
from airshield.tables import TRACK, TRACK_STATUSES
from airshield.units import NS_PER_S

RECORDS_PER_BLOCK: Final = 20
"""A block of as many system tracks fits a datagram over Ethernet, with room for a tunnel's header:
20 records of 66 octets at most and their own header are 1,323 of 1,472."""

_NO_BATCH: Final = -(1 << 62)
_MESSAGES: Final = {kind.__name__: kind for kind in (SensorState, SystemState, ServiceReport)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What there is to send.

    Attributes
    ----------
    frames : pyarrow.Table of tables.FRAME
        One data block a row, in the order of sending; ``frame`` and ``offset`` count on from call
        to call, ``t_heard`` is the end of the block's batch.
    left_out : dict of str to int
        Items and messages that could not be told, by reason.
    """

    frames: pa.Table
    left_out: dict[str, int]

    @property
    def octets(self) -> bytes:
        """All blocks, one after the other: what a raw file holds."""
        return b"".join(self.frames["octets"].to_pylist())


class SystemTrackWriter:
    """Writes tracks and states as ASTERIX: CAT062, CAT063, CAT065, and nothing else.

    Rows go out in batches of event time. A batch is over when something later than its period is
    fed; then come the system's messages (CAT065), the sensors' (CAT063), the tracks (CAT062) in
    the order of their rows, and an end of batch (CAT065). So the octets are a function of what was
    fed and in which order, however it was cut into calls.

    Parameters
    ----------
    sac, sic : int
        System area and identification code of this system, not both 0.
    service : int
        Number of the service, 0 to 255 (I062/015): the system's own choice.
    period_s : float
        Length of a batch [s].
    reference : (float, float), optional
        WGS-84 latitude and longitude [deg] at which the system's stereographic plane touches the
        Earth. Without it there are no Cartesian places (I062/100).
    is_simulated : bool
        Every track says that it is simulated: for exercises.
    records_per_block : int
        System tracks in a block, at most.

    Raises
    ------
    UsageError
        A figure is out of range.

    Examples
    --------
    >>> writer = SystemTrackWriter(sac=20, sic=1)
    >>> _ = writer.tell(SystemState(t_ns=0, state="operational"))
    >>> writer.finish().octets.hex(" ")
    '41 00 0c f4 14 01 01 01 00 00 00 00 41 00 0c f8 14 01 02 01 00 00 80 00'
    """

    def __init__(
        self,
        *,
        sac: int,
        sic: int,
        service: int = 1,
        period_s: float = 1.0,
        reference: tuple[float, float] | None = None,
        is_simulated: bool = False,
        records_per_block: int = RECORDS_PER_BLOCK,
    ) -> None:
        for name, value in (("sac", sac), ("sic", sic), ("service", service)):
            if not 0 <= value <= 255:
                raise UsageError(f"{name} is 0 to 255, not {value!r}")
        if sac == sic == 0:
            raise UsageError("SAC 0 with SIC 0 names no system; give the codes allotted to yours")
        if not 1e-3 <= period_s <= 3600.0:
            raise UsageError(f"period_s is 0.001 to 3600, not {period_s!r}")
        if records_per_block < 1:
            raise UsageError(f"a block holds one record or more, not {records_per_block!r}")
        if reference is not None and not (abs(reference[0]) < 90.0 and abs(reference[1]) <= 180.0):
            raise UsageError(f"reference is latitude and longitude in degrees, not {reference!r}")
        self._system = System(
            sac=sac, sic=sic, service=service, reference=reference, is_simulated=is_simulated
        )
        self._period_ns = round(period_s * NS_PER_S)
        self._per_block = records_per_block
        self._numbers = TrackNumbers()
        self._batch = _NO_BATCH
        self._tracks: list[pa.Table] = []
        self._track_batches: list[I8] = []
        self._messages: list[tuple[int, Message]] = []
        self._frames = 0
        self._octets = 0
        self._left_out: Counter[str] = Counter()

    @property
    def live(self) -> int:
        """How many tracks have a number (I062/040)."""
        return self._numbers.live

    def feed(self, tracks: pa.Table) -> Outbound:
        """Take TRACK rows in the order in which the tracker published them.

        Returns
        -------
        Outbound
            The batches that are over.
        """
        if tracks.num_rows == 0:
            return self._close(self._batch)
        t_ns = tracks["t"].cast(pa.int64()).to_numpy()
        # A row of an earlier period than one before it goes out with that one's batch.
        batch = np.maximum(np.maximum.accumulate(t_ns // self._period_ns), self._batch)
        self._tracks.append(tracks.select(TRACK.names))
        self._track_batches.append(batch)
        self._batch = int(batch[-1])
        return self._close(self._batch)

    def tell(self, *messages: Message) -> Outbound:
        """Take states of sensors and of the system, and reports about the service.

        Returns
        -------
        Outbound
            The batches that are over.

        Raises
        ------
        UsageError
            A state or report that there is not.
        """
        for message in messages:
            check_message(message)
        for message in messages:
            self._batch = max(self._batch, message.t_ns // self._period_ns)
            if isinstance(message, SensorState) and code_of(message.sensor) is None:
                self._left_out["CAT063: the sensor has no SAC/SIC"] += 1
            else:
                self._messages.append((self._batch, message))
        return self._close(self._batch)

    def finish(self) -> Outbound:
        """Close the batch in progress; the writer may go on after it."""
        return self._close(self._batch + 1)

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Everything the writer remembers, as plain arrays; :meth:`restore` goes on octet by octet.

        What waits for its batch to end is in it too.
        """
        rows = self._waiting_rows()
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_table(rows)
        said = [
            [batch, type(message).__name__, dataclasses.asdict(message)]
            for batch, message in self._messages
        ]
        left_out = dict(self._left_out)
        memory = {"settings": self._settings(), "messages": said, "left_out": left_out}
        return {
            "clock": np.array([self._batch, self._frames, self._octets], np.int64),
            "rows": np.frombuffer(sink.getvalue(), np.uint8).copy(),
            "row_batches": np.concatenate([np.empty(0, np.int64), *self._track_batches]),
            "memory": np.frombuffer(json.dumps(memory).encode(), np.uint8).copy(),
            **{f"numbers_{name}": kept for name, kept in self._numbers.snapshot().items()},
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over the memory of a writer of the same settings.

        Raises
        ------
        UsageError
            The snapshot belongs to a writer of other settings.
        """
        memory = json.loads(np.asarray(state["memory"], np.uint8).tobytes())
        if memory["settings"] != self._settings():
            raise UsageError(
                f"the snapshot is of a writer with {memory['settings']}, this one has "
                f"{self._settings()}; begin without it"
            )
        self._batch, self._frames, self._octets = np.asarray(state["clock"]).tolist()
        octets = np.ascontiguousarray(state["rows"], np.uint8)
        rows = pa.ipc.open_stream(pa.py_buffer(octets)).read_all()
        self._tracks = [rows] if rows.num_rows else []
        self._track_batches = [np.asarray(state["row_batches"], np.int64)] if rows.num_rows else []
        self._messages = [
            (batch, _MESSAGES[kind](**fields)) for batch, kind, fields in memory["messages"]
        ]
        self._left_out = Counter(memory["left_out"])
        self._numbers.restore(
            {
                name.removeprefix("numbers_"): kept
                for name, kept in state.items()
                if name.startswith("numbers_")
            }
        )

    def _settings(self) -> dict[str, Any]:
        """Return what the octets depend on beside the rows, as JSON has it."""
        told = dataclasses.asdict(self._system)
        told |= {"period_ns": self._period_ns, "records_per_block": self._per_block}
        told["reference"] = None if told["reference"] is None else list(told["reference"])
        return told

    def _waiting_rows(self) -> pa.Table:
        if not self._tracks:
            return tables.empty(TRACK)
        return pa.concat_tables(self._tracks)

    def _close(self, batch: int) -> Outbound:
        """Write what belongs to batches before this one."""
        over = [message for message in self._messages if message[0] < batch]
        rows, row_batches = self._rows_before(batch)
        if not over and not row_batches.size:
            return self._outbound(tables.empty(tables.FRAME))
        self._messages = self._messages[len(over) :]
        return self._outbound(self._write(over, rows, row_batches))

    def _rows_before(self, batch: int) -> tuple[pa.Table, I8]:
        """Take the rows of batches before this one out of those that wait."""
        if not self._track_batches or self._track_batches[0][0] >= batch:
            return tables.empty(TRACK), np.empty(0, np.int64)
        rows, batches = self._waiting_rows(), np.concatenate(self._track_batches)
        count = int(np.searchsorted(batches, batch))
        self._tracks = [rows.slice(count)] if count < batches.size else []
        self._track_batches = [batches[count:]] if count < batches.size else []
        return rows.slice(0, count), batches[:count]

    def _write(
        self, messages: list[tuple[int, Message]], rows: pa.Table, row_batches: I8
    ) -> pa.Table:
        """Write whole batches: what belongs to each, block by block."""
        own = [(b, m) for b, m in messages if not isinstance(m, SensorState)]
        sensors = [(b, m) for b, m in messages if isinstance(m, SensorState)]
        own_batches = np.array([b for b, _ in own], np.int64)
        sensor_batches = np.array([b for b, _ in sensors], np.int64)
        every = np.unique(np.concatenate([own_batches, sensor_batches, row_batches]))
        ends = [BatchEnd(t_ns=int(b + 1) * self._period_ns) for b in every]

        # The blocks of all batches, counted on: the system's, the sensors', the tracks', the end.
        places = [
            _blocks(batches, every, self._per_block)
            for batches in (own_batches, sensor_batches, row_batches, every)
        ]
        counts = np.array([count for _, _, count in places])
        first = self._frames + np.cumsum(counts.T.ravel()) - counts.T.ravel()
        first_of = first.reshape(every.size, len(places)).T
        heard_ns = (every + 1) * self._period_ns

        def table(records: Records, which: int, batches: I8) -> pa.Table:
            self._left_out.update(records.left_out)
            block, place, _ = places[which]
            at = np.searchsorted(every, batches)
            return records.table(first_of[which][at] + block, heard_ns[at], place)

        found: dict[tuple[int, str], pa.Table] = {}
        own_table = table(system_records([m for _, m in own], self._system), 0, own_batches)
        ends_table = table(system_records(ends, self._system), 3, every)
        found[65, EDITIONS[65]] = pa.concat_tables([own_table, ends_table])
        if sensors:
            records = sensor_records([m for _, m in sensors], self._system)
            found[63, EDITIONS[63]] = table(records, 1, sensor_batches)
        if rows.num_rows:
            found[62, EDITIONS[62]] = table(self._track_records(rows), 2, row_batches)
        return encode_frames(found, source=f"sdps:{self._system.sac}/{self._system.sic}")

    def _track_records(self, rows: pa.Table) -> Records:
        batch = columns_of(rows)
        numbers = self._numbers.give(
            batch.column("track").to_numpy(),
            times_ns(batch),
            codes_of(batch, "status", TRACK_STATUSES),
            mode_3a_of(batch),
        )
        return system_tracks(batch, numbers, self._system)

    def _outbound(self, frames: pa.Table) -> Outbound:
        """Let the offsets count on, and hand over what was left out."""
        if frames.num_rows:
            offset = pa.array(frames["offset"].to_numpy() + np.uint64(self._octets))
            at = frames.schema.get_field_index("offset")
            frames = frames.set_column(at, frames.schema.field(at), offset)
            self._frames += frames.num_rows
            self._octets = int(offset[-1].as_py()) + len(frames["octets"][-1].as_py())
        left_out = dict(sorted(self._left_out.items()))
        self._left_out.clear()
        return Outbound(frames=frames, left_out=left_out)


def _blocks(batches: I8, every: I8, per_block: int) -> tuple[I8, I8, I8]:
    """Return each row's block within its batch, its place in that block, and each batch's blocks.

    ``batches`` never fall; ``every`` are all batches, of which some may have no rows here.
    """
    first = np.searchsorted(batches, every)
    size = np.append(first[1:], batches.size) - first
    at = np.arange(batches.size) - np.repeat(first, size)
    return at // per_block, at % per_block, -(-size // per_block)
