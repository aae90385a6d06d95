"""The bit tables are whole, and columns say what they are."""

import pyarrow as pa
import pytest

from airshield.read import registers
from airshield.read.registers import REGISTERS

ALL = (1 << 56) - 1


@pytest.mark.parametrize("bds", sorted(REGISTERS))
def test_every_bit_of_a_register_is_told_once(bds):
    register = REGISTERS[bds]
    seen = register.reserved_mask
    if register.marked:
        seen |= 0xFF << 48
    for bit in register.gates:
        assert not seen >> (56 - bit) & 1
        seen |= 1 << (56 - bit)
    for field in register.fields:
        # The threat's identity in 3,0 has a meaning for each type of threat.
        if field.when is None:
            assert not seen & field.mask, field.name
        seen |= field.mask
    assert seen == ALL


def test_columns_tell_bits_units_and_source_and_none_is_twice():
    table = registers.decode_registers([], [])
    assert len(set(table.column_names)) == len(table.column_names)
    for name in table.column_names[2:]:
        meta = {k.decode(): v.decode() for k, v in table.schema.field(name).metadata.items()}
        assert name.startswith(f"bds{meta['item'][4].lower()}{meta['item'][6].lower()}_")
        assert "bit" in meta["item"]
        assert meta["title"]
        assert "ICAO" in meta["source"]
        if pa.types.is_floating(table.schema.field(name).type):
            assert "unit" in meta


SUFFIXES = {
    "ft": "_ft", "hPa": "_hpa", "kt": "_kt", "deg": "_deg", "degC": "_degc", "deg/s": "_deg_s",
    "ft/min": "_ft_min", "%": "_pct", "NM": "_nmi",
}  # fmt: skip


def test_the_unit_ends_the_name():
    for register in REGISTERS.values():
        for field in register.fields:
            if field.unit:
                assert field.name.endswith(SUFFIXES[field.unit])


def test_chosen_registers_make_the_only_columns():
    table = registers.decode_registers([0x85E42F31300000], [0x40], registers=[0x40, 0x60])
    assert {name[:5] for name in table.column_names[2:]} == {"bds40", "bds60"}
    assert table["bds40_mcp_alt_ft"].to_pylist() == [3008.0]
