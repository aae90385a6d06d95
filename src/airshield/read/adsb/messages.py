"""Frames to messages and their fields: the tables ``mode_s`` and ``mode_ac``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield._kernels import plain
from airshield.read import registers
from airshield.read.adsb import _kernels as k
from airshield.read.adsb.columns import MODE_AC, MODE_S, Pools, choose, null_array
from airshield.read.adsb.containers import (
    COUNTER_SPAN,
    MLAT_MARK,
    TAKE_REASONS,
    TICKS_PER_S,
    Container,
    Taken,
)
from airshield.read.adsb.containers import _kernels as cut
from airshield.read.adsb.positions import Addresses, Gates
from airshield.read.asterix.clock import DayClock
from airshield.read.frames import octets_of
from airshield.read.reader import NO_TIME, Options, TableBatch, no_such_column
from airshield.read.text.rows import Frames, midnight_ns, times
from airshield.units import NS_PER_S, S_PER_DAY

I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

REASONS: Final = {
    k.FAULT_PARITY: "the parity does not match",
    k.FAULT_FORMAT: "no downlink format that is read",
    k.FAULT_LENGTH: "the length is not that of the downlink format",
    **{16 + fault: reason for fault, reason in TAKE_REASONS.items()},
}
"""What REJECT ``reason`` can say."""

_BACK_TICKS: Final = TICKS_PER_S
"""Counters of neighbouring messages can be out of order by less than this."""


@lru_cache(maxsize=1)
def register_fields() -> dict[str, pa.Field]:
    """Return the columns that registers add to ``mode_s``, by name."""
    schema = registers.decode_registers(np.empty(0, np.uint64)).schema
    return {field.name: field for field in schema}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What frames held."""

    frames: Frames
    taken: Taken
    row: I8
    """The frame of each Mode S message that has a row, as a row of ``frames``."""
    ac_row: I8
    """The same of Mode A/C replies."""
    pools: Pools
    t_ns: I8
    """Time of each frame; NO_TIME where nobody knows."""
    is_synthetic: NDArray[np.bool_]
    """Each frame: made up by a server from multilateration."""
    rejects: pa.Table
    counts: dict[str, int]


class Decoder:
    """Frames in order to messages; keeps clocks and what is known of each address."""

    def __init__(self, container: Container, options: Options, gates: Gates) -> None:
        self._container = container
        self._clocks = _Clocks(options)
        self._addresses = Addresses(gates.forget_s)
        self._gates = gates.times_ns()
        self._limits = gates.limits(options.receiver_lat_deg, options.receiver_lon_deg)

    def decode(self, table: pa.Table) -> Decoded:
        """Read a FRAME table."""
        frames = Frames(table)
        octets, first, stop = _octets(table)
        taken = self._container.take(octets, first, stop)
        synthetic = taken.ticks == MLAT_MARK
        t_ns, order_ns = self._clocks.times_ns(frames, taken, synthetic)

        message_row = np.flatnonzero(taken.what == cut.IS_MODE_S)
        message, size = taken.message[message_row], taken.size[message_row]
        pools, origin, fault = self._read(
            message, size, order_ns[message_row], synthetic[message_row]
        )
        taken.message[message_row] = message  # one bit may have been turned
        bad = taken.fault.astype(np.int64)
        bad[bad > 0] += 16
        bad[message_row] = fault
        return Decoded(
            frames=frames,
            taken=taken,
            row=message_row[origin[: pools.rows]],
            ac_row=np.flatnonzero(taken.what == cut.IS_MODE_AC),
            pools=pools,
            t_ns=t_ns,
            is_synthetic=synthetic,
            rejects=_rejects(frames, bad),
            counts=_counts(taken, message, fault, pools),
        )

    def _read(
        self, message: U1, size: U1, t_ns: I8, synthetic: NDArray[np.bool_]
    ) -> tuple[Pools, I8, U1]:
        pools = Pools.room_for(size.size)
        origin, fault = np.zeros(size.size, np.int64), np.zeros(size.size, np.uint8)
        counters = np.array([self._addresses.used, 0], np.int64)
        start = 0
        while True:
            start = k.read_messages(
                message,
                size,
                t_ns,
                synthetic,
                NO_TIME,
                start,
                self._addresses.table,
                self._addresses.memo,
                self._addresses.place,
                self._gates,
                self._limits,
                counters,
                pools.out,
                origin,
                fault,
            )
            self._addresses.used = int(counters[0])
            if start == size.size:
                return Pools(pools.out, int(counters[1])), origin, fault
            self._addresses.make_room(int(t_ns[start]) if t_ns[start] != NO_TIME else 0)
            counters[0] = self._addresses.used

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state, for :meth:`restore`."""
        return {**self._addresses.snapshot(), **self._clocks.snapshot()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._addresses.restore(state)
        self._clocks.restore(state)


class MessageReader:
    """Frames of one stream to the tables ``mode_s`` and ``mode_ac``.

    Parameters
    ----------
    container : Container
        How the messages are wrapped.
    options : Options
        ``date``, ``columns`` and the receiver's place.
    gates : Gates, optional
        Limits of positions.

    Raises
    ------
    UsageError
        A column is asked for that no table has.
    """

    def __init__(
        self, container: Container, options: Options | None = None, gates: Gates | None = None
    ) -> None:
        options = options or Options()
        self._decoder = Decoder(container, options, gates or Gates())
        asked = None if options.columns is None else tuple(options.columns)
        core, self._columns = choose(asked)
        self._registers: list[str] = []
        if asked is None or not {*MODE_S.names, *MODE_AC.names}.issuperset(asked):
            more = register_fields()
            known = {*MODE_S.names, *MODE_AC.names, *more}
            for name in asked or ():
                if name not in known:
                    raise no_such_column(name, known)
            self._registers = [name for name in more if asked is None or name in asked]
        self._schema = pa.schema(
            [*core, *(register_fields()[name] for name in self._registers)],
            metadata=core.metadata,
        )

    def feed(self, frames: pa.Table) -> TableBatch:
        """Read a FRAME table. What comes out does not depend on how frames are batched."""
        found = self._decoder.decode(frames)
        made = {"mode_s": self._mode_s(found), "mode_ac": _mode_ac(found)}
        return TableBatch(
            tables={name: table for name, table in made.items() if table.num_rows},
            rejects=found.rejects,
            counts=found.counts,
        )

    def _mode_s(self, found: Decoded) -> pa.Table:
        if not found.pools.rows:
            return self._schema.empty_table()
        size = found.taken.size[found.row].astype(np.int32)
        offsets = np.zeros(size.size + 1, np.int32)
        np.cumsum(size, out=offsets[1:])
        octets = found.taken.message[found.row]
        data = octets[np.arange(14) < size[:, None]]
        message = pa.Array.from_buffers(
            pa.binary(), size.size, [None, pa.py_buffer(offsets), pa.py_buffer(data)]
        )
        head = [*_head(found, found.row), message]
        columns = [*found.pools.arrays(self._columns), *self._register_columns(found.pools)]
        return pa.Table.from_arrays([*head, *columns], schema=self._schema)

    def _register_columns(self, pools: Pools) -> list[pa.Array]:
        """Read what Comm-B replies carry; every other row is null."""
        if not self._registers:
            return []
        mb = pools.raw(k.MB)
        at = np.flatnonzero(pools.known(k.MB) & (mb > 0))
        kinds = [register_fields()[name].type for name in self._registers]
        if not at.size:
            return [null_array(pools.rows, kind) for kind in kinds]
        east, north = pools.floats(k.KNOWN_EAST)[at], pools.floats(k.KNOWN_NORTH)[at]
        decoded = registers.decode_registers(
            mb[at],
            alt_ft=pools.floats(k.ALTITUDE_FT)[at],
            gs_kt=np.hypot(east, north),
            track_true_deg=np.degrees(np.arctan2(east, north)) % 360.0,
        )
        found = dict(zip(decoded.column_names, decoded.to_batches()[0].columns, strict=True))
        place = np.full(pools.rows, -1, np.int64)
        place[at] = np.arange(at.size)
        spread = pa.array(place, mask=place < 0)
        return [
            null_array(pools.rows, kind)
            if found[name].null_count == at.size
            else found[name].take(spread)
            for name, kind in zip(self._registers, kinds, strict=True)
        ]


def _octets(table: pa.Table) -> tuple[U1, I8, I8]:
    """Return the octets of all frames in one run, and where each begins and ends."""
    column = table["octets"].combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], pa.large_binary())
    octets, borders = octets_of(column)
    return octets, borders[:-1], borders[1:]


def _head(found: Decoded, row: I8) -> list[pa.Array]:
    """Make the columns that every table begins with."""
    ticks = found.taken.ticks[row]
    return [
        pa.array(found.frames.number[row]),
        times(found.t_ns[row]),
        found.frames.heard(row),
        pa.array(ticks.astype(np.uint64), mask=(ticks < 0) | found.is_synthetic[row]),
        pa.array(found.taken.signal_dbfs[row], from_pandas=True),
    ]


def _mode_ac(found: Decoded) -> pa.Table:
    row = found.ac_row
    if not row.size:
        return MODE_AC.empty_table()
    octets = found.taken.message[row, :2].astype(np.int64)
    word = octets[:, 0] << 8 | octets[:, 1]
    code = (word >> 12 & 7) << 9 | (word >> 8 & 7) << 6 | (word >> 4 & 7) << 3 | word & 7
    height_ft = _HEIGHT_FT[code]
    return pa.Table.from_arrays(
        [
            *_head(found, row),
            pa.array(code.astype(np.uint16)),
            pa.array((word & 0x80) != 0),
            pa.array(height_ft, mask=height_ft == _NO_HEIGHT),
        ],
        schema=MODE_AC,
    )


_NO_HEIGHT: Final = -9999
_HEIGHT_FT: Final = np.array([plain(k.gillham_ft)(code) for code in range(4096)], np.int32)


def _rejects(frames: Frames, bad: I8) -> pa.Table:
    """Make REJECT rows of whole frames."""
    row = np.flatnonzero(bad)
    if not row.size:
        return tables.empty(tables.REJECT)
    in_file = np.array([name.startswith("file:") for name in frames.source_names], np.bool_)
    offset = np.asarray(frames.table["offset"].to_numpy(), np.uint64)[row]
    codes, reason = np.unique(bad[row], return_inverse=True)
    return tables.make_table(
        tables.REJECT,
        {
            "frame": frames.number[row],
            "t_heard": frames.heard(row),
            "source": tables.words(frames.source[row].astype(np.int32), frames.source_names),
            "offset": np.where(in_file[frames.source[row]], offset, np.uint64(0)),
            "reason": tables.words(reason.astype(np.int32), [REASONS[c] for c in codes.tolist()]),
            "octets": frames.table["octets"].take(pa.array(row)),
        },
        rows=row.size,
    )


def _counts(taken: Taken, message: U1, fault: U1, pools: Pools) -> dict[str, int]:
    """Count messages by downlink format, with those that are rejected, and everything else."""
    formats = np.minimum(message[:, 0] >> 3, 24)
    counts = np.bincount(formats, minlength=25)
    out = {f"DF{df}": int(counts[df]) for df in np.flatnonzero(counts).tolist()}
    whats = np.bincount(taken.what, minlength=5)
    for what, name in (
        (cut.IS_MODE_AC, "mode_ac"),
        (cut.IS_STATUS, "status"),
        (cut.IS_COMMENT, "remark"),
    ):
        out[name] = int(whats[what])
    out["parity_wrong"] = int(np.count_nonzero(fault == k.FAULT_PARITY))
    check = np.bincount(pools.raw(k.CHECK), minlength=4)
    out["address_unknown"] = int(check[k.CHECK_UNKNOWN])
    out["corrected"] = int(check[k.CHECK_CORRECTED])
    return {name: count for name, count in out.items() if count}


class _Clocks:
    """When each frame was received: its own stamp, GPS time, the time of hearing, or a counter."""

    def __init__(self, options: Options) -> None:
        self._start_ns = midnight_ns(options)
        self._day = DayClock(options.date)
        self._sources: list[str] = []
        self._last = np.empty(0, np.int64)
        self._total = np.empty(0, np.int64)
        self._is_gps = np.empty(0, np.bool_)

    def times_ns(self, frames: Frames, taken: Taken, synthetic: NDArray[np.bool_]) -> tuple[I8, I8]:
        """Return the time of each frame, and what orders them where that is not known."""
        if not frames.size:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        t_ns = np.where(taken.t_ns != NO_TIME, taken.t_ns, frames.heard_ns)
        counted = (taken.ticks >= 0) & ~synthetic
        if not (counted.any() or (taken.is_gps != 255).any()):
            return t_ns, t_ns
        source = self._number(frames)
        is_gps = counted & self._gps(source, taken.is_gps)
        if is_gps.any():
            tod_s = (taken.ticks >> 30) + (taken.ticks & (1 << 30) - 1) * 1e-9
            right = is_gps & (tod_s < S_PER_DAY)
            t_ns[right] = self._day.times_ns(tod_s[right], frames.heard_ns[right])
        ticks = np.where(counted & ~is_gps, taken.ticks, -1)
        cut.count_on(ticks, source, self._last, self._total, COUNTER_SPAN, _BACK_TICKS)
        since_ns = ticks * (NS_PER_S // 1_000_000) // (TICKS_PER_S // 1_000_000)
        base_ns = 0 if self._start_ns == NO_TIME else self._start_ns
        stamped = t_ns != NO_TIME
        order_ns = np.where(stamped, t_ns, base_ns + since_ns)
        heard_before = counted | (self._last[source] >= 0)
        order_ns[~stamped & ~heard_before] = NO_TIME
        return (t_ns if self._start_ns == NO_TIME else order_ns), order_ns

    def _number(self, frames: Frames) -> I8:
        """Number the sources over all batches."""
        for name in frames.source_names:
            if name not in self._sources:
                self._sources.append(name)
        more = len(self._sources) - self._last.size
        self._last = np.append(self._last, np.full(more, -1, np.int64))
        self._total = np.append(self._total, np.zeros(more, np.int64))
        self._is_gps = np.append(self._is_gps, np.zeros(more, np.bool_))
        number = np.array([self._sources.index(name) for name in frames.source_names], np.int64)
        return number[frames.source]

    def _gps(self, source: I8, told: U1) -> NDArray[np.bool_]:
        """Tell at each frame what the last status message of its source said."""
        out = self._is_gps[source]
        for at in np.flatnonzero(told != 255).tolist():
            same = source[at:] == source[at]
            out[at:][same] = told[at] == 1
            self._is_gps[source[at]] = told[at] == 1
        return out

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state."""
        return {
            "sources": np.frombuffer("\n".join(self._sources).encode(), np.uint8).copy(),
            "ticks_last": self._last.copy(),
            "ticks_total": self._total.copy(),
            "is_gps": self._is_gps.copy(),
            **self._day.snapshot(),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        names: Any = np.asarray(state["sources"], np.uint8).tobytes().decode()
        self._sources = names.split("\n") if names else []
        self._last = np.array(state["ticks_last"], np.int64)
        self._total = np.array(state["ticks_total"], np.int64)
        self._is_gps = np.array(state["is_gps"], np.bool_)
        self._day.restore(state)
