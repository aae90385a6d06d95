"""The layout as the compiled loops want it: arrays."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from airshield.read.registers._kernels import Rules
from airshield.read.registers.layout import CAPABILITIES, REGISTERS, WORD_BITS, Field, Register


@lru_cache(maxsize=2)
def make_rules(*, usual: bool) -> Rules:
    """Return the rules of all registers; with ``usual``, the narrower ones for guessing."""
    registers = tuple(REGISTERS.values())
    place = np.full(256, -1, np.int64)
    place[[register.bds for register in registers]] = np.arange(len(registers))
    gates: list[tuple[int, int]] = []
    limits: list[tuple[int, ...]] = []
    gate_first, limit_first = [0], [0]
    for register in registers:
        gates += [(1 << (WORD_BITS - bit), mask) for bit, mask in register.gates.items()]
        for field in register.fields:
            bounds = (field.usual if usual else None) or field.legal
            if bounds is not None:
                status = WORD_BITS - field.status if field.status else -1
                limits.append((field.shift, field.bits, int(field.signed), status, *bounds))
        gate_first.append(len(gates))
        limit_first.append(len(limits))
    return Rules(
        place=place,
        mark=np.array([r.bds if r.marked else -1 for r in registers], np.int64),
        reserved=np.array([r.reserved_mask for r in registers], np.uint64),
        gate_first=np.array(gate_first, np.int64),
        gates=np.array(gates, np.uint64),
        limit_first=np.array(limit_first, np.int64),
        limits=np.array(limits, np.int64),
        fives=np.array(
            [
                [(f.shift, f.bits, int(f.signed), WORD_BITS - f.status) for f in register.fields]
                for register in (REGISTERS[0x50], REGISTERS[0x60])
            ],
            np.int64,
        ),
        five_lsb=np.array([[f.lsb for f in REGISTERS[bds].fields] for bds in (0x50, 0x60)]),
        five_place=place[[0x50, 0x60]],
        announced=np.array([_announced(r) for r in registers], np.int64),
    )


def _announced(register: Register) -> int:
    """Return the bit of ``bds17_capability`` for a register that is guessed by its values."""
    if register.marked or register.label not in CAPABILITIES:
        return -1
    return 27 - CAPABILITIES.index(register.label)


FORMS = {"quantity": 0, "angle": 1, "altitude": 2}


def row_of(field: Field) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return a field as ``_kernels.gather`` wants it."""
    status = WORD_BITS - field.status if field.status else -1
    shift, bits, value = 0, 0, 0
    if field.when is not None:
        first, bits, value = field.when
        shift = WORD_BITS + 1 - first - bits
    form = FORMS.get(field.kind)
    if form is None:
        form = {8: 4, 16: 5, 32: 6}[field.type.bit_width]
    row = (field.shift, field.bits, int(field.signed), status, shift, bits, value, form)
    return np.array(row, np.int64)
