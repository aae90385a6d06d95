"""Columns are named, typed and described by one rule, and can be asked for by name."""

import json

import numpy as np
import pyarrow as pa
import pytest

from airshield.errors import UsageError
from airshield.read import asterix
from airshield.read.asterix.columns import make_plan
from airshield.read.asterix.spec import UNIT_SUFFIXES

from .frames_of import block_of, frames_of

PLOT = {
    "i010_sac": 20,
    "i010_sic": 129,
    "i140_s": 28800.0,
    "i020_typ": 5,
    "i040_rho_nmi": 64.5,
    "i040_theta_deg": 90.0,
    "i070_mode3a": "7700",
    "i090_fl": 350.0,
    "i220": 0x4CA2D6,
    "i240": "RYR4TG",
    "i250_mbdata": [1, 2],
    "i250_bds1": [4, 5],
    "i250_bds2": [0, 0],
    "i030": [1, 23],
    "sp": b"own",
}
BARE = {"i010_sac": 20, "i010_sic": 129}


def decode_rows(*rows, **options):
    frames = frames_of(*[asterix.encode(48, [row]) for row in rows])
    return asterix.decode(frames, **options)


@pytest.mark.parametrize(
    ("category", "name"),
    [
        (48, "i040_rho_nmi"),
        (48, "i090_fl"),
        (48, "i140_s"),
        (48, "i220"),
        (48, "i120_rds_dop_mps"),
        (48, "re_md5_pos_lat_deg"),
        (34, "i020_deg"),
        (62, "i105_lat_deg"),
        (62, "i220_ft_min"),
        (62, "i380_ias_ias_mach"),
        (21, "i131_lat_deg"),
    ],
)
def test_names_follow_the_rule(category, name):
    plan = make_plan(category, asterix.editions()[category][-1], None)
    assert name in plan.schema.names


def test_every_field_tells_item_title_and_unit():
    for category, editions in asterix.editions().items():
        for field in make_plan(category, editions[-1], None).schema:
            if field.name in ("frame", "t_heard", "record", "offset", "profile"):
                continue
            meta = {key.decode(): value.decode() for key, value in field.metadata.items()}
            assert meta["item"].startswith(f"I{category:03d}/")
            kind = field.type.value_type if pa.types.is_list(field.type) else field.type
            assert ("unit" in meta) == pa.types.is_floating(kind)
            if "unit" in meta:
                assert float(meta["lsb"]) > 0.0
                assert field.name.endswith(UNIT_SUFFIXES[meta["unit"]])
            if "codes" in meta:
                assert pa.types.is_unsigned_integer(kind)
                assert all(code.isdigit() for code in json.loads(meta["codes"]))


def test_what_is_absent_is_null_and_what_is_zero_is_zero():
    (table,) = decode_rows(PLOT, BARE, {**BARE, "i040_rho_nmi": 0.0}).tables.values()
    assert table["i040_rho_nmi"].to_pylist() == [64.5, None, 0.0]
    assert table["i250_bds1"].to_pylist() == [[4, 5], None, None]
    assert table["i240"].to_pylist() == ["RYR4TG", None, None]
    assert table["sp"].to_pylist() == [b"own", None, None]
    assert table["i130_srl_deg"].null_count == 3


def test_nothing_repeated_is_an_empty_list():
    row = {**BARE, "i250_mbdata": [], "i250_bds1": [], "i250_bds2": []}
    (table,) = decode_rows(row).tables.values()
    assert table["i250_mbdata"].to_pylist() == [[]]


def test_only_the_columns_asked_for_come_in_the_order_asked_for():
    whole = decode_rows(PLOT, BARE)
    names = ["i240", "i040_rho_nmi", "i250_mbdata", "re_md5_sum_m5"]
    some = decode_rows(PLOT, BARE, columns=names)
    (table,) = some.tables.values()
    assert table.schema.names == ["frame", "t_heard", "record", "offset", *names]
    assert table.equals(whole.tables[48, "1.32"].select(table.schema.names))


def test_each_single_column_is_the_same_alone_as_among_all():
    (whole,) = decode_rows(PLOT, BARE).tables.values()
    for name in whole.schema.names[4:]:
        (alone,) = decode_rows(PLOT, BARE, columns=[name]).tables.values()
        assert alone[name].equals(whole[name]), name


def test_a_column_that_no_category_has_is_told_with_those_alike():
    with pytest.raises(UsageError, match=r"no column 'i040_rho'.*i040_rho_nmi"):
        decode_rows(PLOT, columns=["i040_rho"])
    # A column of another category is no mistake: the categories of a feed differ.
    assert decode_rows(PLOT, columns=["i105_lat_deg"]).records == {48: 1}


def test_an_unknown_edition_or_category_is_a_usage_error():
    with pytest.raises(UsageError, match=r"no edition '9\.9'"):
        decode_rows(PLOT, editions={48: "9.9"})
    with pytest.raises(UsageError, match="no specification of ASTERIX category 003"):
        decode_rows(PLOT, categories=[3])


def test_meanings_that_another_field_decides_are_columns_of_their_own():
    rows = [{"i150_im": 0, "i150_as_nmi_s": 0.125}, {"i150_im": 1, "i150_as_mach": 0.5}]
    frames = frames_of(asterix.encode(21, rows))
    (table,) = asterix.decode(frames).tables.values()
    assert table["i150_as_nmi_s"].to_pylist() == [0.125, None]
    assert table["i150_as_mach"].to_pylist() == [None, 0.5]


def test_six_bit_codes_without_a_letter_are_kept():
    block = block_of(48, bytes.fromhex("0140 000000 041820"))
    (table,) = asterix.decode(frames_of(block)).tables.values()
    assert table["i240"].to_pylist() == ["@@@@AA"]
    assert asterix.encode(48, [{"i240": "@@@@AA"}]) == block


def test_octal_text_becomes_numbers():
    column = pa.chunked_array([["7700", None], ["0000", "1234"]], type=pa.string())
    assert asterix.octal_codes(column).tolist() == [0o7700, 0, 0, 0o1234]
    assert asterix.octal_codes(pa.array([], pa.string())).size == 0


def test_a_block_of_many_records_keeps_its_values_across_chunks():
    rows = [{"i010_sac": k % 256, "i161_trn": k} for k in range(4096)]
    frames = frames_of(*[asterix.encode(48, rows[k : k + 1000]) for k in range(0, 4096, 1000)])
    frames = pa.concat_tables([frames] * 8)
    (table,) = asterix.decode(frames, columns=["i161_trn"]).tables.values()
    assert np.array_equal(table["i161_trn"].to_numpy(), np.tile(np.arange(4096), 8))
    (table,) = asterix.decode(frames).tables.values()
    assert np.array_equal(table["i161_trn"].to_numpy(), np.tile(np.arange(4096), 8))
