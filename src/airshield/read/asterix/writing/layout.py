"""How long every item of every record is, and so where it lies; then its octets.

Each node of a specification becomes, for one batch of rows, an item that knows its size in each
record: ``measure`` asks the columns which of them say something. Sizes add up to places, and
``write`` goes through the items again with them, down to the columns, whose values it scatters.

A mask of records may keep an item silent: a record of another profile, an expansion field that is
given as octets, an item that random fields carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.errors import EncodeError
from airshield.read.asterix import _kernels as walk
from airshield.read.asterix.encode import random_frns
from airshield.read.asterix.spec import ALPHABETS, Leaf, Node
from airshield.read.asterix.writing import _kernels

Mask = NDArray[np.uint8]
Counts = NDArray[np.int32]

_LOWEST, _HIGHEST = -(1 << 63), (1 << 63) - 1


class Item(Protocol):
    """A node of the specification in one batch."""

    size: Counts
    """Octets in each record; 0 where it is not there."""

    def write(self, sheet: Sheet, pos: Counts) -> None:
        """Write it where it lies, -1 where it is not there."""


@dataclass(slots=True)
class Sheet:
    """A batch of rows, and the octets that they become."""

    rows: int
    columns: dict[str, pa.Array]
    """Only those that say something; text, octets and numbers in the types of ``fitting``."""
    worst: int
    """The first row that cannot be written; ``rows`` if none."""
    octets: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, dtype=np.uint8))
    validity: dict[tuple[int, int], Mask] = field(default_factory=dict)

    def refuse(self, row: int) -> None:
        """Note a row that cannot be written."""
        self.worst = min(self.worst, row)

    def said(self, leaf: Leaf) -> Mask | None:
        """Return which rows say something in a column; None where it is not there at all."""
        column = self.columns.get(leaf.name)
        return None if column is None else self.valid(column)

    def valid(self, column: pa.Array) -> Mask:
        """Return a column's validity, an octet for each row; shared where Arrow shares it."""
        bitmap = column.buffers()[0]
        if bitmap is None or column.null_count == 0:
            key = (0, len(column))
        else:
            key = (bitmap.address, column.offset)
        if key not in self.validity:
            if key[0] == 0:
                self.validity[key] = np.ones(len(column), dtype=np.uint8)
            else:
                first = column.offset >> 3
                lead = column.offset & 7
                bits = np.frombuffer(bitmap, np.uint8, (lead + len(column) + 7) >> 3, first)
                self.validity[key] = np.unpackbits(bits, bitorder="little")[
                    lead : lead + len(column)
                ]
        return self.validity[key]


def measure(sheet: Sheet, node: Node, live: Mask | None) -> Item | None:
    """Return a node's item, or None where no row says anything about it."""
    if node.op in (walk.OP_FIXED, walk.OP_EXTENDED):
        return _measure_parts(sheet, node, live)
    if node.op in (walk.OP_REPEAT, walk.OP_REPEAT_FX):
        return _measure_repeat(sheet, node, live)
    if node.op == walk.OP_EXPLICIT:
        return _measure_explicit(sheet, node, live)
    if node.op == walk.OP_RFS:
        return _measure_random(sheet, node, live)
    return _measure_compound(sheet, node, live)


@dataclass(slots=True)
class _Part:
    """A run of octets of a fixed or extended item."""

    octets: int
    there: Mask
    more: Mask | None
    """Where another part follows, if the specification has a bit to say so."""
    leaves: list[tuple[Leaf, Mask]]


@dataclass(slots=True)
class _Parts:
    """A fixed item, or an extended one."""

    size: Counts
    parts: list[_Part]

    def write(self, sheet: Sheet, pos: Counts) -> None:
        for k, part in enumerate(self.parts):
            if k > 0:
                # The part before it is there too, and is where pos still points.
                pos = np.where(part.there != 0, pos + self.parts[k - 1].octets, np.int32(-1))
            places: dict[int, Counts] = {}
            for leaf, said in part.leaves:
                if id(said) not in places:
                    places[id(said)] = _kept(pos, said, part.there)
                _scatter(sheet, leaf, sheet.columns[leaf.name], places[id(said)], None)
            if part.more is not None:
                more = _kept(pos, part.more, part.there)
                _kernels.scatter_ones(more, part.octets * 8 - 1, 1, 1, sheet.octets)


def _kept(pos: Counts, said: Mask, there: Mask) -> Counts:
    """Return the places where a column speaks; most speak wherever their slot is."""
    if np.array_equal(said, there):
        return pos
    out = np.empty_like(pos)
    _kernels.keep_said(pos, said, out)
    return out


def _measure_parts(sheet: Sheet, node: Node, live: Mask | None) -> _Parts | None:
    size = np.zeros(sheet.rows, dtype=np.int32)
    later = np.zeros(sheet.rows, dtype=np.uint8)
    parts: list[_Part] = []
    for octets, has_fx, leaves in reversed(node.parts):
        speaking = [(leaf, said) for leaf in leaves if (said := sheet.said(leaf)) is not None]
        if not speaking and not parts:
            continue
        more = later if has_fx and parts else None
        there = _any([said for _, said in speaking], sheet.rows)
        if live is not None:
            there &= live
        there |= later
        size += there * np.int32(octets)
        later = there
        parts.insert(0, _Part(octets, there, more, speaking))
    return _Parts(size, parts) if parts and later.any() else None


def _any(masks: Sequence[Mask], rows: int) -> Mask:
    """Return where any of some masks is set; masks that are one object count once."""
    out = np.zeros(rows, dtype=np.uint8)
    for mask in {id(mask): mask for mask in masks}.values():
        out |= mask
    return out


@dataclass(slots=True)
class _Repeated:
    """A repetitive item."""

    size: Counts
    node: Node
    count: Counts
    leaves: list[tuple[Leaf, Mask, NDArray[np.int64]]]

    def write(self, sheet: Sheet, pos: Counts) -> None:
        repeat = self.node.repeat
        assert repeat is not None
        head = repeat.count_octets
        if head:
            _kernels.scatter_integers(
                self.count.astype(np.int64), pos, 0, 8 * head, 0, _HIGHEST, sheet.octets
            )
        else:
            _kernels.chain_repeats(pos, self.count, repeat.stride, sheet.octets)
        for leaf, said, offsets in self.leaves:
            column = sheet.columns[leaf.name]
            first = int(offsets[0])
            entries = column.values.slice(first, int(offsets[-1]) - first)
            places = np.full(len(entries), -1, dtype=np.int32)
            local = offsets - first
            _kernels.spread_repeats(pos, said, local, head, repeat.stride, places)
            if entries.null_count:
                missing = np.flatnonzero((sheet.valid(entries) == 0) & (places >= 0))
                if missing.size:
                    sheet.refuse(_row_of(local, int(missing[0])))
            _scatter(sheet, leaf, entries, places, local)


def _row_of(offsets: NDArray[np.int64], entry: int) -> int:
    return int(np.searchsorted(offsets, entry, side="right")) - 1


def _measure_repeat(sheet: Sheet, node: Node, live: Mask | None) -> _Repeated | None:
    assert node.repeat is not None
    ((_, has_fx, leaves),) = node.parts
    count = np.full(sheet.rows, -1, dtype=np.int32)
    speaking = []
    for leaf in leaves:
        said = sheet.said(leaf)
        if said is None:
            continue
        if live is not None:
            said = said & live
        column = sheet.columns[leaf.name]
        offsets = np.frombuffer(
            column.buffers()[1], np.int32, sheet.rows + 1, 4 * column.offset
        ).astype(np.int64)
        mine = np.where(said != 0, np.diff(offsets), -1).astype(np.int32)
        unlike = np.flatnonzero((mine >= 0) & (count >= 0) & (mine != count))
        if unlike.size:
            sheet.refuse(int(unlike[0]))
        count = np.maximum(count, mine)
        speaking.append((leaf, said, offsets))
    head = node.repeat.count_octets
    wrong = count == 0 if has_fx else count >= 1 << (8 * head)
    if wrong.any():
        sheet.refuse(int(np.argmax(wrong)))
        # So many would only need room: the row is told anyway.
        count[wrong] = -1
    if not (count >= 0).any():
        return None
    size = np.where(count >= 0, head + count * node.repeat.stride, 0).astype(np.int32)
    return _Repeated(size, node, count, speaking)


@dataclass(slots=True)
class _Octets:
    """Octets as they are: an explicit item behind its length, or random fields."""

    size: Counts
    column: pa.Array | None
    said: Mask
    head: int
    within: Item | None

    def write(self, sheet: Sheet, pos: Counts) -> None:
        inner = np.where(pos >= 0, pos + np.int32(self.head), np.int32(-1))
        if self.head:
            _kernels.scatter_integers(
                self.size.astype(np.int64), pos, 0, 8, 0, _HIGHEST, sheet.octets
            )
        if self.column is not None:
            own = np.empty_like(inner)
            _kernels.keep_said(inner, self.said, own)
            _kernels.scatter_octets(*_runs(self.column), own, -1, sheet.octets)
        if self.within is not None:
            _kernels.keep_said(inner, (self.within.size > 0).view(np.uint8), inner)
            self.within.write(sheet, inner)


def _measure_explicit(sheet: Sheet, node: Node, live: Mask | None) -> _Octets | None:
    assert node.leaf is not None
    said = sheet.said(node.leaf)
    column = sheet.columns.get(node.leaf.name)
    size = np.zeros(sheet.rows, dtype=np.int32)
    if column is None or said is None:
        said = np.zeros(sheet.rows, dtype=np.uint8)
    else:
        if live is not None:
            said = said & live
        _, offsets = _runs(column)
        size = np.where(said != 0, np.diff(offsets) + 1, 0).astype(np.int32)
    within = None
    if node.within is not None:
        silent = said == 0
        inner = silent.view(np.uint8) if live is None else silent & live
        within = measure(sheet, node.within, inner)
        if within is not None:
            size += within.size + (within.size > 0)
    if not size.any():
        return None
    _refuse_over(sheet, size, 255)
    return _Octets(size, column, said, 1, within)


def _refuse_over(sheet: Sheet, size: Counts, most: int) -> None:
    over = size > most
    if over.any():
        sheet.refuse(int(np.argmax(over)))


def _measure_random(sheet: Sheet, node: Node, live: Mask | None) -> _Octets | None:
    assert node.leaf is not None
    said = sheet.said(node.leaf)
    if said is None:
        return None
    if live is not None:
        said = said & live
    column = sheet.columns[node.leaf.name]
    size = np.where(said != 0, np.diff(_runs(column)[1]), 0).astype(np.int32)
    return _Octets(size, column, said, 0, None)


@dataclass(slots=True)
class _Compound:
    """Members behind their field specification; a record is a compound too."""

    size: Counts
    node: Node
    last: Counts
    members: list[tuple[int, Item]]

    def write(self, sheet: Sheet, pos: Counts) -> None:
        fixed = self.node.fspec_octets if self.node.fspec_fixed else 0
        after = np.empty_like(pos)
        _kernels.begin_compound(pos, self.last, fixed, sheet.octets, after)
        inner = np.empty_like(pos)
        for frn, member in self.members:
            _kernels.place_member(
                member.size, frn, 8 if fixed else 7, pos, sheet.octets, after, inner
            )
            member.write(sheet, inner)


def _measure_compound(sheet: Sheet, node: Node, live: Mask | None) -> _Compound | None:
    elsewhere = _carried_elsewhere(sheet, node, live)
    size = np.zeros(sheet.rows, dtype=np.int32)
    last = np.zeros(sheet.rows, dtype=np.int32)
    members = []
    for frn, member in enumerate(node.members):
        if member is None:
            continue
        mask = live
        if frn in elsewhere:
            mask = elsewhere[frn] if live is None else elsewhere[frn] & live
        item = measure(sheet, member, mask)
        if item is not None:
            _kernels.add_member(item.size, frn, size, last)
            members.append((frn, item))
    if not members:
        return None
    there = size > 0
    if node.fspec_fixed:
        size += there * np.int32(node.fspec_octets)
    else:
        size += there * (last // 7 + 1)
    return _Compound(size, node, last, members)


def _carried_elsewhere(sheet: Sheet, node: Node, live: Mask | None) -> dict[int, Mask]:
    """Return, for members that random fields carry, the records that write them at their place."""
    random = next((m for m in node.members if m is not None and m.op == walk.OP_RFS), None)
    out: dict[int, Mask] = {}
    if random is None or random.leaf is None:
        return out
    said = sheet.said(random.leaf)
    if said is None:
        return out
    for row in np.flatnonzero(said if live is None else said & live).tolist():
        try:
            frns = random_frns(node, sheet.columns[random.leaf.name][row].as_py())
        except EncodeError:
            sheet.refuse(row)
            continue
        for frn in frns:
            out.setdefault(frn, np.ones(sheet.rows, dtype=np.uint8))[row] = 0
    return out


def _scatter(
    sheet: Sheet, leaf: Leaf, column: pa.Array, pos: Counts, entries: NDArray[np.int64] | None
) -> None:
    """Write a column's values; ``entries`` says which row has which where it is a list."""
    bad = _write_values(sheet.octets, leaf, column, pos)
    if leaf.when is not None:
        # Saying one meaning of a field says what decides it.
        when = leaf.when
        _kernels.scatter_ones(pos, when.bit, when.bits, when.value, sheet.octets)
        decider = sheet.columns.get(when.name)
        if decider is not None:
            stated = decider.to_numpy(zero_copy_only=False)
            against = (pos >= 0) & (sheet.valid(decider) != 0) & (stated != when.value)
            if against.any():
                sheet.refuse(int(np.argmax(against)))
    if bad >= 0:
        sheet.refuse(bad if entries is None else _row_of(entries, bad))


def _write_values(octets: NDArray[np.uint8], leaf: Leaf, column: pa.Array, pos: Counts) -> int:
    """Write a column's values; return the first that does not fit, or -1."""
    bit, bits = leaf.bit, leaf.bits
    if leaf.kind == "quantity":
        low, high = _range(leaf)
        return int(
            _kernels.scatter_quantities(
                _numbers(column, np.float64), pos, bit, bits, leaf.lsb, low, high, octets
            )
        )
    if leaf.kind == "text":
        text, offsets = _runs(column)
        width = ALPHABETS[leaf.alphabet]
        return int(_kernels.scatter_text(text, offsets, pos, bit, bits, width, octets))
    if leaf.kind == "bits":
        data, offsets = _runs(column)
        places = np.where(pos >= 0, pos + np.int32(bit // 8), np.int32(-1))
        return int(_kernels.scatter_octets(data, offsets, places, bits // 8, octets))
    if column.type == pa.uint8() and not leaf.signed and (bit & 7) + bits <= 8:
        return int(_kernels.scatter_codes(_numbers(column, np.uint8), pos, bit, bits, octets))
    ints, low, high = _integers(leaf, column)
    return int(_kernels.scatter_integers(ints, pos, bit, bits, low, high, octets))


def _integers(leaf: Leaf, column: pa.Array) -> tuple[NDArray[np.int64], int, int]:
    """Return values as int64 and what is allowed; the upper half of uint64 looks negative."""
    low, high = _range(leaf)
    if column.type == pa.uint64():
        values = _numbers(column, np.uint64).view(np.int64)
        if high > _HIGHEST:
            return values, _LOWEST, _HIGHEST
        return values, 0, high
    kind = column.type.to_pandas_dtype()
    values = _numbers(column, kind).astype(np.int64, copy=False)
    return values, max(low, _LOWEST), min(high, _HIGHEST)


def _range(leaf: Leaf) -> tuple[int, int]:
    if leaf.signed:
        return -(1 << (leaf.bits - 1)), (1 << (leaf.bits - 1)) - 1
    return 0, (1 << leaf.bits) - 1


def _numbers(column: pa.Array, kind: Any) -> NDArray[Any]:
    size = np.dtype(kind).itemsize
    return np.frombuffer(column.buffers()[1], kind, len(column), size * column.offset)


def _runs(column: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return a text or octets column as octets and the places where each value begins."""
    buffers = column.buffers()
    data = np.frombuffer(buffers[-1] if buffers[-1] is not None else b"", np.uint8)
    if pa.types.is_fixed_size_binary(column.type):
        size = column.type.byte_width
        first = column.offset * size
        return data, np.arange(first, first + size * len(column) + 1, size, dtype=np.int64)
    offsets = np.frombuffer(buffers[1], np.int32, len(column) + 1, 4 * column.offset)
    return data, offsets.astype(np.int64)
