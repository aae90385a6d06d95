"""Several registers a record: each finds its row, the last of a kind counts, faults are counted."""

import pyarrow as pa
import pytest

from airshield import tables
from airshield.read import asterix, registers
from airshield.read.asterix.registers import add_registers
from airshield.read.registers import encode_register

TURN = encode_register(0x50, roll_deg=-11.25, gs_kt=300.0)
SPEED = encode_register(0x60, ias_kt=250.0, mach=0.52)
LEVEL = encode_register(0x40, mcp_alt_ft=8000.0)
HIGHER = encode_register(0x40, mcp_alt_ft=16000.0)
NAME = encode_register(0x20, callsign="KLM123")
ADVICE = encode_register(0x30, ra_one_sense=1, ra_downward=1, threat_mode_s=0x484B00)
BROKEN = LEVEL | 1 << 16  # a reserved bit

RECORDS = [
    [(0x50, TURN), (0x60, SPEED)],
    None,
    [],
    [(0x40, LEVEL), (0x40, HIGHER), (0x40, BROKEN)],
    [(0x00, NAME), (0x05, 1), (0x60, 0)],
]


def lists():
    def column(kind, take):
        rows = [None if r is None else [take(b, w) for b, w in r] for r in RECORDS]
        return pa.array(rows, pa.list_(kind))

    return (
        column(pa.uint64(), lambda b, w: w),
        column(pa.uint8(), lambda b, w: b >> 4),
        column(pa.uint8(), lambda b, w: b & 15),
    )


def check(columns):
    assert columns["bds50_roll_deg"] == [-11.25, None, None, None, None]
    assert columns["bds50_tas_kt"] == [None] * 5
    assert columns["bds60_ias_kt"] == [250.0, None, None, None, None]
    assert columns["bds40_mcp_alt_ft"] == [None, None, None, 16000.0, None]
    assert columns["bds20_callsign"] == [None, None, None, None, "KLM123"]
    assert columns["bds_repeats"] == [0, 0, 0, 1, 0]
    assert columns["bds_faults"] == [0, 0, 0, 1, 0]
    assert columns["bds_others"] == [0, 0, 0, 0, 2]


def test_registers_find_their_record():
    made = registers.columns_of_lists(*lists())
    check({field.name: array.to_pylist() for field, array in made})


def test_a_slice_of_lists_gives_the_slice_of_columns():
    whole = {f.name: a.to_pylist() for f, a in registers.columns_of_lists(*lists())}
    part = registers.columns_of_lists(*(array.slice(2, 3) for array in lists()))
    assert {f.name: a.to_pylist() for f, a in part} == {k: v[2:5] for k, v in whole.items()}


def test_numbers_may_stand_behind_the_words():
    mb, *_ = lists()
    rows = [None if r is None else [w << 8 | b for b, w in r] for r in RECORDS]
    made = registers.columns_of_lists(pa.array(rows, mb.type))
    check({field.name: array.to_pylist() for field, array in made})


def decoded(category, records):
    frames = tables.make_table(
        tables.FRAME,
        {
            "frame": range(len(records)),
            "source": ["test"] * len(records),
            "offset": range(len(records)),
            "octets": [asterix.encode(category, [record]) for record in records],
        },
        rows=len(records),
    )
    (table,) = asterix.decode(frames).tables.values()
    return table


def record_048(found):
    record = {"i010_sac": 1, "i010_sic": 2}
    if found:
        record["i250_mbdata"] = [w for _, w in found]
        record["i250_bds1"] = [b >> 4 for b, _ in found]
        record["i250_bds2"] = [b & 15 for b, _ in found]
    return record


def test_registers_stand_beside_the_records_of_category_048():
    table = decoded(48, [record_048(found) for found in RECORDS])
    wide = add_registers(table)
    wide.validate(full=True)
    assert wide.schema.metadata == table.schema.metadata
    assert wide.select(table.column_names).equals(table)
    check({name: wide[name].to_pylist() for name in wide.column_names if name.startswith("bds")})


def test_the_advisory_of_item_260_is_register_3_0():
    with_advice = record_048([(0x50, TURN)]) | {"i260": ADVICE}
    wide = add_registers(decoded(48, [record_048([(0x60, SPEED)]), with_advice, {"i260": 1}]))
    assert wide["bds30_threat_mode_s"].to_pylist() == [None, 0x484B00, None]
    assert wide["bds30_ra_downward"].to_pylist() == [None, 1, None]
    assert wide["bds50_gs_kt"].to_pylist() == [None, 300.0, None]
    assert wide["bds_faults"].to_pylist() == [0, 0, 1]


@pytest.mark.parametrize(("category", "column"), [(62, "i380_bdsdata"), (21, "i250")])
def test_registers_of_64_bits_carry_their_number_at_the_end(category, column):
    words = [w << 8 | b for b, w in RECORDS[0]]
    wide = add_registers(decoded(category, [{"i010_sac": 1, "i010_sic": 2, column: words}]))
    assert wide["bds50_roll_deg"].to_pylist() == [-11.25]
    assert wide["bds60_mach"].to_pylist() == [0.52]


def test_a_table_without_registers_comes_back_as_it_is():
    table = decoded(34, [{"i010_sac": 1, "i010_sic": 2}])
    assert add_registers(table) is table
    narrow = decoded(48, [record_048(RECORDS[0])]).select(["frame", "i010_sac"])
    assert add_registers(narrow) is narrow
