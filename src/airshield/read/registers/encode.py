"""From values to MB fields: for simulated aircraft and for tests."""

from __future__ import annotations

from airshield.errors import EncodeError, UsageError
from airshield.read.registers.layout import REGISTERS, WORD_BITS, Field, Register


def encode_register(bds: int, **fields: float | str | None) -> int:
    """Make the MB field of one register.

    Parameters
    ----------
    bds : int
        The register's number: 0x40 is BDS 4,0.
    **fields : float, str or None
        Values by the names of the register's columns without their ``bds40_``. What is left out or
        None is 0, and its status bit with it.

    Returns
    -------
    int
        56 bits; a quantity is the nearest that the field can hold.

    Raises
    ------
    UsageError
        The register is not known here, or has no such field.
    EncodeError
        A value does not fit its field.

    Examples
    --------
    >>> hex(encode_register(0x40, mcp_alt_ft=3000, baro_setting_hpa=1020.0))
    '0x85e00031300000'
    """
    if bds not in REGISTERS:
        known = ", ".join(register.label for register in REGISTERS.values())
        raise UsageError(f"register {bds:#04x} is not known here; there are {known}")
    register = REGISTERS[bds]
    by_name = {field.name: field for field in register.fields}
    unknown = sorted(fields.keys() - by_name.keys())
    if unknown:
        raise UsageError(
            f"register {register.label} has no field {unknown[0]!r}; it has {', '.join(by_name)}"
        )
    word = bds << 48 if register.marked else 0
    for name, value in fields.items():
        if value is None:
            continue
        field = by_name[name]
        word |= _raw(register, field, value) << field.shift
        if field.status:
            word |= 1 << (WORD_BITS - field.status)
        if field.when is not None:
            first, bits, decides = field.when
            word |= decides << (WORD_BITS + 1 - first - bits)
    return word


def _raw(register: Register, field: Field, value: float | str) -> int:
    column = register.column(field)
    if field.kind == "text":
        return _characters(column, str(value))
    if isinstance(value, str):
        raise EncodeError(column=column, value=value, why="it is a number")
    if field.kind == "altitude":
        steps = round((value + 1000.0) / 25.0)
        if not 0 <= steps < 1 << 11:
            raise EncodeError(column=column, value=value, why="it is -1000 to 50175 ft")
        return (steps & 0x7E0) << 2 | (steps & 0x10) << 1 | 0x10 | steps & 0xF
    if field.kind == "angle":
        value = (value + 180.0) % 360.0 - 180.0
    raw = round((value - field.offset) / field.lsb)
    least = -(1 << (field.bits - 1)) if field.signed else 0
    most = least + (1 << field.bits) - 1
    if field.kind == "angle" and raw > most:
        raw = least
    if not least <= raw <= most or raw in field.none:
        low, high = (bound * field.lsb + field.offset for bound in (least, most))
        raise EncodeError(column=column, value=value, why=f"it is {low:g} to {high:g}")
    return raw & ((1 << field.bits) - 1)


def _characters(column: str, text: str) -> int:
    word = 0
    padded = text.ljust(8)
    if len(padded) > 8:
        raise EncodeError(column=column, value=text, why="it has at most eight characters")
    for character in padded:
        code = ord(character)
        if not 32 <= code < 96:
            raise EncodeError(column=column, value=text, why="six-bit ASCII has capitals only")
        word = word << 6 | code & 0x3F
    return word
