"""ASTERIX among the readers: names of tables, registers on request, editions settled."""

import pytest

from airshield.errors import UsageError
from airshield.read import asterix
from airshield.read.asterix.reader import READER
from airshield.read.reader import Options
from airshield.read.registers import encode_register

from .frames_of import frames_of

PLOT = {
    "i010_sac": 1,
    "i010_sic": 2,
    "i220": 0x4CA1FA,
    "i250_mbdata": [encode_register(0x40, mcp_alt_ft=24_000.0), encode_register(0x60, mach=0.7)],
    "i250_bds1": [4, 6],
    "i250_bds2": [0, 0],
}


def tables_of(*payloads, **options):
    return READER.tables(Options(**options)).feed(frames_of(*payloads)).tables


class TestNames:
    """A table is named for its category, and for its edition where there are several."""

    def test_one_edition(self):
        block = asterix.encode(21, [{"i010_sac": 1, "i010_sic": 1}], edition="2.1")
        assert list(tables_of(block, editions={21: "2.1"})) == ["cat021"]

    def test_several_editions_of_a_category(self):
        old = asterix.encode(21, [{"i010_sac": 1, "i010_sic": 1}], edition="0.23")
        new = asterix.encode(21, [{"i010_sac": 1, "i010_sic": 2}], edition="2.1")
        found = tables_of(old, new, editions={21: "2.1", (21, 1, 1): "0.23"})
        assert {name: table.num_rows for name, table in found.items()} == {
            "cat021_0.23": 1,
            "cat021_2.1": 1,
        }


class TestRegisters:
    """Their columns come on request, and the items that carry them need not be named."""

    block = asterix.encode(48, [PLOT])

    def test_not_unless_asked(self):
        (table,) = tables_of(self.block).values()
        assert not [name for name in table.column_names if name.startswith("bds")]

    def test_all_of_them(self):
        (table,) = tables_of(self.block, registers=True).values()
        (row,) = table.to_pylist()
        assert row["i250_bds1"] == [4, 6]
        assert row["bds40_mcp_alt_ft"] == 24_000.0
        assert row["bds60_mach"] == pytest.approx(0.7, abs=0.004)

    def test_one_by_name_without_what_carries_it(self):
        (whole,) = tables_of(self.block, registers=True).values()
        (table,) = tables_of(self.block, columns=("bds40_mcp_alt_ft", "i220")).values()
        assert table.column_names == [
            *("frame", "t_heard", "record", "offset"),
            *("bds40_mcp_alt_ft", "i220"),
        ]
        assert table["bds40_mcp_alt_ft"].to_pylist() == whole["bds40_mcp_alt_ft"].to_pylist()

    def test_a_name_that_no_register_has(self):
        with pytest.raises(UsageError, match=r"no column 'bds40_mcp_alt'.*bds40_mcp_alt_ft"):
            READER.tables(Options(columns=("bds40_mcp_alt",)))


def test_settling_keeps_what_was_given_and_finds_the_rest():
    old = asterix.encode(21, [{"i010_sac": 1, "i010_sic": 1}], edition="0.23")
    plot = asterix.encode(48, [PLOT], edition="1.30")
    settled = READER.settle([frames_of(old, plot)], Options(editions={21: "0.23"}))
    assert settled.options.editions[21] == "0.23"
    assert settled.options.editions[48] == "1.32"
    told = {one["category"]: (one["basis"], one["also_fit"]) for one in settled.found}
    assert told == {
        "021": ("given", []),
        "048": ("newest", ["1.31", "1.30", "1.29", "1.28", "1.27"]),
    }
