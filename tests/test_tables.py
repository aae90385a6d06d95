"""The contracts of the house say the same thing twice, and mean it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from airshield import tables
from airshield.units import UNITS


@pytest.mark.parametrize("name", sorted(tables.TABLES))
def test_a_unit_in_the_name_is_the_unit_in_the_metadata(name):
    for field in tables.TABLES[name]:
        suffix = field.name.rsplit("_", 1)[-1] if "_" in field.name else None
        unit = (field.metadata or {}).get(b"unit")
        if suffix in UNITS:
            assert unit == suffix.encode(), field.name
        else:
            assert unit is None, field.name


@pytest.mark.parametrize("name", sorted(tables.TABLES))
def test_every_number_that_measures_something_has_a_unit(name):
    for field in tables.TABLES[name]:
        if pa.types.is_floating(field.type) and field.name != "existence":
            assert b"unit" in field.metadata, field.name


@pytest.mark.parametrize("name", sorted(tables.TABLES))
def test_every_column_says_what_it_is(name):
    for field in tables.TABLES[name]:
        assert field.metadata[b"what"]


def test_an_absent_nullable_column_becomes_null_and_never_zero():
    table = tables.make_table(
        tables.REJECT,
        {"frame": [1], "source": ["x"], "offset": [0], "reason": ["short"], "octets": [b"\x30"]},
        rows=1,
    )
    assert table.schema == tables.REJECT
    assert table["category"].to_pylist() == [None]


@pytest.mark.parametrize(
    "name",
    [name for name, table in sorted(tables.TABLES.items()) if any(f.nullable for f in table)],
)
def test_absent_columns_can_be_cast_as_the_archive_casts_them(name):
    nulls = [pa.nulls(2, field.type) for field in tables.TABLES[name] if field.nullable]
    fields = [field for field in tables.TABLES[name] if field.nullable]
    table = pa.Table.from_arrays(nulls, schema=pa.schema(fields))
    assert table.cast(pa.schema(fields)).num_rows == 2


def test_nan_in_a_nullable_column_is_unknown():
    columns = {
        "t": np.zeros(2, "datetime64[ns]"),
        "sensor": ["a", "b"],
        "kind": ["psr", "psr"],
        "rng_slant_m": np.array([1.0, np.nan]),
        "flags": [0, 0],
        "frame": [0, 1],
    }
    table = tables.make_table(tables.REPORT, columns, rows=2)
    assert table["rng_slant_m"].to_pylist() == [1.0, None]


def test_a_missing_required_column_is_refused():
    with pytest.raises(KeyError, match="needs column t"):
        tables.make_table(tables.TRACK, {}, rows=0)


def test_an_unknown_column_is_refused():
    with pytest.raises(KeyError, match="rng_slant"):
        tables.make_table(tables.REJECT, {"rng_slant": []}, rows=0)


def test_the_page_of_the_tables_is_what_the_code_says():
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, root / "tools" / "write_docs.py", "--check"], check=False
    )
    assert done.returncode == 0, "run: make docs"
