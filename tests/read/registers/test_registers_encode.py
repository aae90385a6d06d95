"""What is encoded decodes to the same values; what does not fit is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import EncodeError, UsageError
from airshield.read import registers
from airshield.read.registers import REGISTERS

CALLSIGNS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=8)


def values_of(field):
    if field.kind == "text":
        return CALLSIGNS
    if field.kind == "altitude":
        return st.integers(0, 2047).map(lambda steps: 25.0 * steps - 1000.0)
    least = -(1 << (field.bits - 1)) if field.signed else 0
    least, most = field.legal or (least, least + (1 << field.bits) - 1)
    raw = st.integers(least, most).filter(lambda n: n not in field.none)
    if field.kind == "code":
        return raw
    values = raw.map(lambda n: n * field.lsb + field.offset)
    return values.map(lambda deg: deg % 360.0) if field.kind == "angle" else values


@st.composite
def reports(draw):
    register = REGISTERS[draw(st.sampled_from(sorted(REGISTERS)))]
    values = {}
    decided = {}
    for field in register.fields:
        if field.when is not None:
            continue
        # Fields behind one status bit are there together.
        if field.status and field.status not in decided:
            decided[field.status] = draw(st.booleans())
        if decided.get(field.status, True):
            values[field.name] = draw(values_of(field))
    for field in register.fields:
        if field.when is not None and values.get("threat_type") == field.when[2]:
            values[field.name] = draw(values_of(field))
    return register, values


@settings(deadline=None, max_examples=200)
@given(report=reports())
def test_what_is_encoded_decodes_to_the_same_values(report):
    register, values = report
    word = registers.encode_register(register.bds, **values)
    row = registers.decode_registers([word], [register.bds]).to_pylist()[0]
    if word == 0:
        return
    assert row["bds_fault"] is None
    for field in register.fields:
        ours, theirs = row[register.column(field)], values.get(field.name)
        if isinstance(theirs, float):
            assert ours == pytest.approx(theirs, abs=1e-9)
        else:
            assert ours == theirs


def test_a_quantity_is_the_nearest_that_the_field_can_hold():
    word = registers.encode_register(0x40, mcp_alt_ft=3000, baro_setting_hpa=1013.25)
    row = registers.decode_registers([word], [0x40]).to_pylist()[0]
    assert row["bds40_mcp_alt_ft"] == 3008.0
    assert row["bds40_baro_setting_hpa"] == pytest.approx(1013.2)


def test_a_heading_just_short_of_south_or_north_stays_on_the_circle():
    for deg, expected in ((359.99, 0.0), (179.99, 180.0), (180.0, 180.0), (-90.0, 270.0)):
        word = registers.encode_register(0x60, heading_mag_deg=deg)
        row = registers.decode_registers([word], [0x60]).to_pylist()[0]
        assert row["bds60_heading_mag_deg"] == expected


@pytest.mark.parametrize(
    ("bds", "values"),
    [
        (0x40, {"mcp_alt_ft": 70_000}),
        (0x40, {"baro_setting_hpa": 750.0}),
        (0x50, {"roll_deg": 95.0}),
        (0x20, {"callsign": "TOOLONGNAME"}),
        (0x20, {"callsign": "lower"}),
        (0x60, {"ias_kt": "fast"}),
        (0x30, {"threat_alt_ft": 60_000.0}),
        (0x30, {"threat_bearing_deg": 363.0}),
    ],
)
def test_a_value_that_does_not_fit_is_refused(bds, values):
    with pytest.raises(EncodeError, match=f"bds{bds:02x}_"):
        registers.encode_register(bds, **values)


def test_a_register_or_field_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(UsageError, match="4,0"):
        registers.encode_register(0x99)
    with pytest.raises(UsageError, match="mach"):
        registers.encode_register(0x60, speed=3)
    with pytest.raises(UsageError, match="4,0"):
        registers.decode_registers([1], [0x40], registers=[0x99])
    with pytest.raises(UsageError, match="one for each"):
        registers.decode_registers([1, 2], [0x40])
    with pytest.raises(UsageError, match="alt_ft"):
        registers.infer_bds([1, 2], alt_ft=[1.0])
