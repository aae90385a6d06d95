"""From MB fields to columns."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from airshield.errors import UsageError
from airshield.read.registers import _kernels
from airshield.read.registers.infer import infer_bds
from airshield.read.registers.layout import CAPABILITIES, REGISTERS, Field, Register
from airshield.read.registers.rules import make_rules, row_of
from airshield.tables import WORD

FAULTS: Final = (
    "no register: all bits are zero",
    "not decoded here",
    "first octet is not the register's number",
    "reserved bits are set",
    "value without its status bit",
    "value out of range",
    "nobody says which register, and none fits",
    "nobody says which register, and several fit",
)
"""What can be wrong with a register, in the order of the kernels' codes from 1."""

BDS_FIELD: Final = pa.field(
    "bds", pa.uint8(), metadata={"title": "the register's number, 0x40 is BDS 4,0"}
)
FAULT_FIELD: Final = pa.field(
    "bds_fault", WORD, metadata={"title": "why the register gave no values"}
)
COUNT_FIELDS: Final = (
    pa.field(
        "bds_faults",
        pa.uint8(),
        metadata={"title": "registers of the record that break their own rules"},
    ),
    pa.field(
        "bds_repeats",
        pa.uint8(),
        metadata={"title": "registers of the record that a later one of the same number replaced"},
    ),
    pa.field(
        "bds_others",
        pa.uint8(),
        metadata={"title": "registers of the record that are empty or not decoded here"},
    ),
)
"""The columns that count, record by record, what made no values."""


def decode_registers(
    mb: ArrayLike,
    bds: ArrayLike | None = None,
    *,
    registers: Collection[int] | None = None,
    alt_ft: ArrayLike | None = None,
    gs_kt: ArrayLike | None = None,
    track_true_deg: ArrayLike | None = None,
    capability: ArrayLike | None = None,
) -> pa.Table:
    """Decode MB fields, one row for each.

    Parameters
    ----------
    mb : array_like of uint64, shape (n,)
        MB fields of 56 bits; bit 1 of the standards is bit 55 of the number. 0 is none.
    bds : array_like of uint8, shape (n,), optional
        Which register each is (0x40 is BDS 4,0), where somebody says: ASTERIX does. 0 is a Comm-B
        broadcast, whose first octet says it. Without it the registers are guessed (`infer_bds`).
    registers : collection of int, optional
        The registers to make columns of; all that are decoded here by default.
    alt_ft, gs_kt, track_true_deg, capability : array_like, shape (n,), optional
        What is known of the aircraft, for the guess: see `infer_bds`.

    Returns
    -------
    pyarrow.Table
        ``bds`` (null where nothing says or fits), ``bds_fault`` (null where the register is good or
        there is none) and then the fields of each register, such as ``bds40_mcp_alt_ft``: null
        where the row is another register, the status bit is 0 or the register breaks its rules.

    Raises
    ------
    UsageError
        A register is not decoded here, or the arrays differ in length.

    Examples
    --------
    >>> table = decode_registers([0x85E42F31300000], [0x40])
    >>> row = table.to_pylist()[0]
    >>> row["bds40_mcp_alt_ft"], row["bds40_baro_setting_hpa"], row["bds40_vnav"]
    (3008.0, 1020.0, None)
    """
    word = np.ascontiguousarray(mb, dtype=np.uint64)
    read = word
    several = np.zeros(word.size, dtype=bool)
    if bds is None:
        guess = infer_bds(
            word,
            alt_ft=alt_ft,
            gs_kt=gs_kt,
            track_true_deg=track_true_deg,
            capability=capability,
            tell_several=True,
        )
        several = guess == _kernels.SEVERAL
        number = np.where(several, 0, guess).astype(np.uint8)
        # Number 0 stands for a broadcast, and would be believed its first octet.
        read = np.where(number == 0, np.uint64(0), word)
    else:
        number = np.ascontiguousarray(bds, dtype=np.uint8)
    if number.shape != word.shape:
        raise UsageError(f"mb has {word.size} fields and bds {number.size}; give one for each")
    rows = np.arange(word.size, dtype=np.int64)
    made = _Columns(read, number, rows, word.size, _chosen(registers))
    code = made.fault.astype(np.int32)
    if bds is None:
        code[made.named == 0] = len(FAULTS) - 1
        code[several] = len(FAULTS)
    code[word == 0] = 0
    faults = pa.array(code - 1, mask=code == 0)
    head = [
        pa.array(made.named, mask=made.named == 0),
        pa.DictionaryArray.from_arrays(faults, pa.array(FAULTS)),
    ]
    columns = [*zip((BDS_FIELD, FAULT_FIELD), head, strict=True), *made.columns()]
    schema = pa.schema([field for field, _ in columns])
    return pa.Table.from_arrays([array for _, array in columns], schema=schema)


def columns_of_owners(
    mb: NDArray[np.uint64],
    bds: NDArray[np.uint8],
    owner: NDArray[np.int64],
    rows: int,
    *,
    registers: Collection[int] | None = None,
) -> list[tuple[pa.Field, pa.Array]]:
    """Decode MB fields of which a record may have several: one value for each record.

    Parameters
    ----------
    mb, bds : ndarray, shape (m,)
        As in `decode_registers`.
    owner : ndarray of int64, shape (m,)
        The record each belongs to, ascending.
    rows : int
        How many records there are.
    registers : collection of int, optional
        As in `decode_registers`.

    Returns
    -------
    list of (pyarrow.Field, pyarrow.Array)
        The fields of each register, then `COUNT_FIELDS`. Of several good registers of one number in
        one record the last counts; ``bds_repeats`` tells how many gave way.
    """
    made = _Columns(mb, bds, owner, rows, _chosen(registers))
    columns = made.columns()
    broken = made.fault >= _kernels.FAULT_MARK
    other = (made.fault > 0) & ~broken
    counts: tuple[NDArray[Any], ...] = (
        np.bincount(owner[broken], minlength=rows),
        made.repeats,
        np.bincount(owner[other], minlength=rows),
    )
    for field, count in zip(COUNT_FIELDS, counts, strict=True):
        columns.append((field, pa.array(count.astype(np.uint8))))
    return columns


def columns_of_lists(
    mb: pa.ListArray, bds1: pa.ListArray | None = None, bds2: pa.ListArray | None = None
) -> list[tuple[pa.Field, pa.Array]]:
    """Decode a list of registers for each record, as ASTERIX has them: one value for each record.

    Parameters
    ----------
    mb : pyarrow.ListArray of uint64
        MB fields. Without ``bds1`` and ``bds2`` each has 64 bits, its number in the last eight.
    bds1, bds2 : pyarrow.ListArray of uint8, optional
        The two halves of each number.

    Returns
    -------
    list of (pyarrow.Field, pyarrow.Array)
        As `columns_of_owners` tells.
    """
    return columns_of_owners(*flatten_lists(mb, bds1, bds2), len(mb))


def flatten_lists(
    mb: pa.ListArray, bds1: pa.ListArray | None = None, bds2: pa.ListArray | None = None
) -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.int64]]:
    """Return MB fields, numbers and owners of lists of registers."""
    length = mb.value_lengths().fill_null(0).to_numpy()
    owner = np.repeat(np.arange(len(mb), dtype=np.int64), length)
    word: NDArray[np.uint64] = mb.flatten().to_numpy()
    if bds1 is None or bds2 is None:
        return word >> np.uint64(8), (word & np.uint64(0xFF)).astype(np.uint8), owner
    high: NDArray[np.uint8] = bds1.flatten().to_numpy()
    low: NDArray[np.uint8] = bds2.flatten().to_numpy()
    return word, (high << np.uint8(4)) | low, owner


def capability_names(capability: int) -> list[str]:
    """Return the registers that a value of ``bds17_capability`` names.

    Examples
    --------
    >>> capability_names(0x281000)
    ['2,0', '4,0', '5,0']
    """
    return [name for bit, name in enumerate(CAPABILITIES, start=1) if capability >> (28 - bit) & 1]


def _chosen(registers: Collection[int] | None) -> tuple[Register, ...]:
    if registers is None:
        return tuple(REGISTERS.values())
    unknown = sorted(set(registers) - REGISTERS.keys())
    if unknown:
        known = ", ".join(register.label for register in REGISTERS.values())
        raise UsageError(f"register {unknown[0]:#04x} is not decoded here; there are {known}")
    return tuple(register for bds, register in REGISTERS.items() if bds in registers)


class _Columns:
    """Makes the columns of one run of words; what no word has shares one run of zeros."""

    def __init__(
        self,
        mb: NDArray[np.uint64],
        bds: NDArray[np.uint8],
        owner: NDArray[np.int64],
        rows: int,
        registers: tuple[Register, ...],
    ) -> None:
        rules = make_rules(usual=False)
        self.mb, self.rows, self.registers, self.rules = mb, rows, registers, rules
        self.named = np.empty(mb.size, np.uint8)
        self.fault = np.empty(mb.size, np.uint8)
        self.repeats = np.zeros(rows, np.uint8)
        count = np.zeros(len(REGISTERS), np.int64)
        _kernels.find_faults(mb, bds, rules, self.named, self.fault, count)
        self.first = np.cumsum(count) - count
        self.stop = self.first.copy()
        self.source = np.empty(int(count.sum()), np.int64)
        self.target = np.empty(self.source.size, np.int64)
        _kernels.group(
            self.named, self.fault, owner, rules, self.stop, self.source, self.target, self.repeats
        )
        self.zeros = pa.py_buffer(np.zeros(rows + 1, np.int64))

    def columns(self) -> list[tuple[pa.Field, pa.Array]]:
        made = []
        for register in self.registers:
            k = self.rules.place[register.bds]
            run = slice(self.first[k], self.stop[k])
            for field, described in zip(register.fields, register.arrow_fields, strict=True):
                made.append((described, self._column(field, described.type, run)))
        return made

    def _column(self, field: Field, kind: pa.DataType, run: slice) -> pa.Array:
        source, target = self.source[run], self.target[run]
        if source.size == 0:
            rest = [pa.py_buffer(b"")] if field.kind == "text" else []
            return pa.Array.from_buffers(
                kind, self.rows, [self.zeros, self.zeros, *rest], null_count=self.rows
            )
        bitmap = np.zeros((self.rows + 7) // 8, np.uint8)
        if field.kind == "text":
            offsets = np.empty(self.rows + 1, np.int32)
            text = np.empty(8 * source.size, np.uint8)
            n = _kernels.gather_text(self.mb, source, target, offsets, text, bitmap)
            rest = [pa.py_buffer(offsets), pa.py_buffer(text[: offsets[-1]])]
        else:
            values: NDArray[Any]
            number = field.kind != "code"
            values = np.zeros(self.rows if number else 0, np.float64)
            cells = np.zeros(0 if number else self.rows * (kind.bit_width // 8), np.uint8)
            n = _kernels.gather(
                self.mb, source, target, row_of(field), np.array(field.none, np.int64),
                field.lsb, field.offset, values, cells, bitmap,
            )  # fmt: skip
            rest = [pa.py_buffer(values if number else cells)]
        buffers = [pa.py_buffer(bitmap), *rest]
        return pa.Array.from_buffers(kind, self.rows, buffers, null_count=self.rows - n)
