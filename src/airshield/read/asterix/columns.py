"""From slots to Arrow columns: one array per leaf, scaled, with its meaning in the metadata.

A slot's validity bitmap is made once and shared by the columns of that slot; a slot that no record
has costs nothing but a shared run of zeros. Columns of numbers are written straight into the memory
that Arrow then holds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.read.asterix import _kernels
from airshield.read.asterix.spec import ALPHABETS, Leaf, Repeat, Spec, When, find_spec
from airshield.tables import TIME, WORD

PLACE_FIELDS: Final = (
    pa.field("frame", pa.uint64(), nullable=False, metadata={"what": "the frame it came in"}),
    pa.field("t_heard", TIME, metadata={"what": "when the frame reached us"}),
    pa.field(
        "record",
        pa.uint32(),
        nullable=False,
        metadata={"what": "place among this table's records of the frame, from 0"},
    ),
    pa.field(
        "offset",
        pa.uint32(),
        nullable=False,
        metadata={"what": "octet of the frame at which the record starts"},
    ),
)
"""The columns that every table of records begins with."""

PROFILE_FIELD: Final = pa.field(
    "profile",
    WORD,
    nullable=False,
    metadata={"what": "the user application profile, where the category has several"},
)


TIME_TITLES: Final = (
    "Time of Applicability for Position",
    "Time of Message Reception of Position",
    "Time of Message Reception for Position",
    "Time of Day",
    "Time Of Day",
    "Time of Track Information",
    "Time Of Track Information",
    "Time of Applicability",
    "Time of ASTERIX Report Generation",
    "Time of ASTERIX Report Transmission",
)
"""Titles of the items that say when a record happened, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which leaves of a specification to decode, and what the walk must note for them."""

    spec: Spec
    leaves: tuple[Leaf, ...]
    rows: NDArray[np.int64] = field(repr=False)
    row_count: int
    types: tuple[pa.DataType, ...] = field(repr=False)
    schema: pa.Schema = field(repr=False)


@lru_cache(maxsize=256)
def make_plan(category: int, edition: str, columns: tuple[str, ...] | None) -> Plan:
    """Choose the leaves of one category; names that it has not are passed over.

    The order of the columns is the order asked for, or that of the profile.
    """
    spec = find_spec(category, edition)
    if columns is None:
        leaves = tuple(spec.leaves.values())
    else:
        leaves = tuple(spec.leaves[name] for name in columns if name in spec.leaves)
    return plan_of(spec, leaves)


def plan_of(spec: Spec, leaves: tuple[Leaf, ...]) -> Plan:
    """Plan for some leaves of a specification, or for others that lie in its slots."""
    rows = np.full(spec.slots, -1, dtype=np.int64)
    wanted = {leaf.slot for leaf in leaves}
    wanted |= {leaf.slot + 1 for leaf in leaves if leaf.kind == "random"}
    if spec.selector is not None:
        wanted.add(spec.selector.slot)
    rows[sorted(wanted)] = np.arange(len(wanted))
    head = [*PLACE_FIELDS] + ([PROFILE_FIELD] if len(spec.profiles) > 1 else [])
    schema = pa.schema(
        [*head, *(_field(leaf) for leaf in leaves)],
        metadata={"category": str(spec.category), "edition": spec.edition},
    )
    return Plan(
        spec=spec,
        leaves=leaves,
        rows=rows,
        row_count=len(wanted),
        types=tuple(arrow_type(leaf) for leaf in leaves),
        schema=schema,
    )


def arrow_type(leaf: Leaf) -> pa.DataType:
    """Return the type of a leaf's column."""
    if leaf.repeat is not None:
        return pa.list_(_value_type(leaf))
    return _value_type(leaf)


def make_columns(
    plan: Plan, octets: NDArray[np.uint8], first: NDArray[np.int64], slots: NDArray[np.uint16]
) -> list[pa.Array]:
    """Make the leaves' arrays for a run of records.

    Parameters
    ----------
    plan : Plan
        What to make.
    octets : ndarray of uint8
        The octets that ``first`` counts in.
    first : ndarray of int64, shape (n,)
        Where each record starts.
    slots : ndarray of uint16, shape (plan.row_count, n)
        Octet of the record at which each slot lies; 0 is absent.
    """
    maker = _Maker(octets, first)
    seen: list[bool] = np.any(slots, axis=1).tolist()
    rows: list[int] = plan.rows.tolist()
    return [
        maker.column(leaf, kind, slots, rows)
        if seen[rows[leaf.slot]]
        else _nothing(kind, first.size, maker.zeros)
        for leaf, kind in zip(plan.leaves, plan.types, strict=True)
    ]


@dataclass(slots=True)
class _Places:
    """Where one slot is, record by record (or repetition by repetition)."""

    pos: NDArray[np.int64]
    bitmap: pa.Buffer | None
    present: int


@dataclass(slots=True)
class _Spread:
    """The repetitions of one slot: where each is, and which record has which."""

    places: _Places
    offsets: pa.Buffer
    inner: NDArray[np.int64]


class _Maker:
    """Makes columns for one run of records, keeping what columns of one slot share."""

    def __init__(self, octets: NDArray[np.uint8], first: NDArray[np.int64]) -> None:
        self.octets, self.first = octets, first
        self.places: dict[int, _Places] = {}
        self.spreads: dict[int, _Spread] = {}
        self.zeros = pa.py_buffer(np.zeros(first.size + 1, dtype=np.int64))

    def column(
        self, leaf: Leaf, kind: pa.DataType, slots: NDArray[np.uint16], rows: list[int]
    ) -> pa.Array:
        places = self._places(leaf.slot, slots[rows[leaf.slot]])
        if leaf.kind == "random":
            end = slots[rows[leaf.slot + 1]]
            length = np.where(places.pos >= 0, self.first + end - places.pos, 0)
            return self._octets(places, places.pos, length)
        if leaf.kind == "octets":
            length = np.zeros(places.pos.size, dtype=np.int64)
            there = places.pos >= 0
            length[there] = self.octets[places.pos[there]].astype(np.int64) - 1
            return self._octets(places, places.pos + 1, length)
        if leaf.when is not None:
            places = self._places_when(leaf.when, places)
            if places.present == 0:
                return _nothing(kind, self.first.size, self.zeros)
        if leaf.repeat is None:
            return self._values(leaf, kind, places)
        spread = self._spread(leaf.slot, leaf.repeat, places)
        inner = _Places(pos=spread.inner, bitmap=None, present=spread.inner.size)
        return pa.Array.from_buffers(
            kind,
            self.first.size,
            [places.bitmap, spread.offsets],
            null_count=self.first.size - places.present,
            children=[self._values(leaf, kind.value_type, inner)],
        )

    def _places(self, slot: int, noted: NDArray[np.uint16]) -> _Places:
        if slot not in self.places:
            pos = np.empty(self.first.size, dtype=np.int64)
            bitmap = np.zeros((self.first.size + 7) // 8, dtype=np.uint8)
            present = int(_kernels.place(self.first, noted, pos, bitmap))
            self.places[slot] = _Places(pos, _validity(bitmap, present, pos.size), present)
        return self.places[slot]

    def _places_when(self, when: When, places: _Places) -> _Places:
        pos = np.empty(places.pos.size, dtype=np.int64)
        bitmap = np.zeros((places.pos.size + 7) // 8, dtype=np.uint8)
        present = int(
            _kernels.place_if(self.octets, places.pos, when.bit, when.bits, when.value, pos, bitmap)
        )
        return _Places(pos, _validity(bitmap, present, pos.size), present)

    def _spread(self, slot: int, repeat: Repeat, places: _Places) -> _Spread:
        if slot not in self.spreads:
            offsets = np.empty(places.pos.size + 1, dtype=np.int32)
            total = int(
                _kernels.count_repeats(
                    self.octets, places.pos, repeat.count_octets, repeat.stride, offsets
                )
            )
            inner = np.empty(total, dtype=np.int64)
            _kernels.place_repeats(places.pos, repeat.count_octets, repeat.stride, offsets, inner)
            self.spreads[slot] = _Spread(places, pa.py_buffer(offsets), inner)
        return self.spreads[slot]

    def _values(self, leaf: Leaf, kind: pa.DataType, places: _Places) -> pa.Array:
        n = places.pos.size
        nulls = n - places.present
        values: NDArray[Any]
        if leaf.kind == "quantity":
            values = np.empty(n, dtype=np.float64)
            _kernels.gather_quantities(
                self.octets, places.pos, leaf.bit, leaf.bits, leaf.signed, leaf.lsb, values
            )
        elif leaf.kind == "integer":
            width = kind.bit_width // 8
            values = np.empty(n * width, dtype=np.uint8)
            _kernels.gather_integers(
                self.octets, places.pos, leaf.bit, leaf.bits, leaf.signed, width, values
            )
        elif leaf.kind == "bits":
            size = leaf.bits // 8
            values = np.zeros(n * size, dtype=np.uint8)
            length = np.where(places.pos >= 0, size, 0)
            starts = np.arange(n, dtype=np.int64) * size
            _kernels.gather_octets(self.octets, places.pos + leaf.bit // 8, length, starts, values)
        else:
            return self._text(leaf, places)
        buffers = [places.bitmap, pa.py_buffer(values)]
        return pa.Array.from_buffers(kind, n, buffers, null_count=nulls)

    def _text(self, leaf: Leaf, places: _Places) -> pa.Array:
        n = places.pos.size
        width = ALPHABETS[leaf.alphabet]
        longest = leaf.bits // width * (2 if width == 8 else 1)
        offsets = np.empty(n + 1, dtype=np.int32)
        text = np.empty(places.present * longest, dtype=np.uint8)
        total = int(
            _kernels.gather_text(self.octets, places.pos, leaf.bit, leaf.bits, width, offsets, text)
        )
        buffers = [places.bitmap, pa.py_buffer(offsets), pa.py_buffer(text[:total])]
        return pa.Array.from_buffers(pa.string(), n, buffers, null_count=n - places.present)

    def _octets(
        self, places: _Places, pos: NDArray[np.int64], length: NDArray[np.int64]
    ) -> pa.Array:
        n = pos.size
        offsets = np.zeros(n + 1, dtype=np.int32)
        np.cumsum(length, out=offsets[1:])
        values = np.empty(int(offsets[-1]), dtype=np.uint8)
        _kernels.gather_octets(self.octets, pos, length, offsets.astype(np.int64), values)
        buffers = [places.bitmap, pa.py_buffer(offsets), pa.py_buffer(values)]
        return pa.Array.from_buffers(pa.binary(), n, buffers, null_count=n - places.present)


def octal_codes(column: pa.Array | pa.ChunkedArray) -> NDArray[np.uint16]:
    """Turn a column of four octal digits (Mode 3/A, Mode 2) into numbers; null becomes 0.

    Examples
    --------
    >>> octal_codes(pa.array(["7700", None, "0021"])).tolist()
    [4032, 0, 17]
    """
    digits = np.array(column.fill_null("0000").to_numpy(zero_copy_only=False), dtype="S4")
    cells = digits.view(np.uint8).reshape(-1, 4).astype(np.uint16) - ord("0")
    codes: NDArray[np.uint16] = cells @ np.array([512, 64, 8, 1], dtype=np.uint16)
    return codes


def _validity(bitmap: NDArray[np.uint8], present: int, n: int) -> pa.Buffer | None:
    return None if present == n else pa.py_buffer(bitmap)


def _nothing(kind: pa.DataType, n: int, zeros: pa.Buffer) -> pa.Array:
    """Return an array of nulls whose buffers all are one shared run of zeros."""
    if pa.types.is_list(kind):
        child = pa.array([], kind.value_type)
        return pa.Array.from_buffers(kind, n, [zeros, zeros], null_count=n, children=[child])
    if pa.types.is_fixed_size_binary(kind):
        return pa.nulls(n, kind)
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return pa.Array.from_buffers(kind, n, [zeros, zeros, pa.py_buffer(b"")], null_count=n)
    return pa.Array.from_buffers(kind, n, [zeros, zeros], null_count=n)


def _value_type(leaf: Leaf) -> pa.DataType:
    if leaf.kind == "quantity":
        return pa.float64()
    if leaf.kind == "text":
        return pa.string()
    if leaf.kind == "bits":
        return pa.binary(leaf.bits // 8)
    if leaf.kind in ("octets", "random"):
        return pa.binary()
    width = next(width for width in (8, 16, 32, 64) if leaf.bits <= width)
    return pa.type_for_alias(f"{'' if leaf.signed else 'u'}int{width}")


def _field(leaf: Leaf) -> pa.Field:
    meta: dict[str, Any] = {"item": leaf.item, "title": leaf.title}
    if leaf.kind == "quantity":
        meta |= {"unit": leaf.unit, "lsb": repr(leaf.lsb)}
    if leaf.codes is not None:
        meta["codes"] = json.dumps(leaf.codes, ensure_ascii=False)
    if leaf.alphabet:
        meta["alphabet"] = leaf.alphabet
    return pa.field(leaf.name, arrow_type(leaf), metadata=meta)
