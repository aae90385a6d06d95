"""The fingerprint of a table is that of its rows, not of its batches."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.watch import digest as digest_module
from airshield.watch.digest import TableDigest

ROWS = pa.table(
    {
        "t": pa.array(range(6), pa.timestamp("ns", tz="UTC")),
        "state": pa.array(["a", "b", "a", None, "", "c"]).dictionary_encode(),
        "name": pa.array(["x", None, "", "yy", "z", None]),
        "value": pa.array([1.0, None, 0.0, -0.5, None, 2.0]),
        "is_odd": pa.array([True, None, False, True, None, False]),
        "cov": pa.array([[1.0, None]] * 6, pa.list_(pa.float64(), 2)),
    }
)


def fingerprint(*parts):
    digest = TableDigest()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def test_chunks_are_cut_at_the_same_rows_whatever_the_batches(monkeypatch):
    monkeypatch.setattr(digest_module, "CHUNK_ROWS", 4)
    thrice = pa.concat_tables([ROWS] * 3)
    assert fingerprint(*[thrice.slice(i, 1) for i in range(18)]) == fingerprint(thrice)
    assert fingerprint(thrice.slice(0, 11), thrice.slice(11)) == fingerprint(thrice)


@pytest.mark.parametrize("before", [0, 3, 4, 9])
def test_a_state_that_was_kept_goes_on_as_if_never_stopped(monkeypatch, before):
    monkeypatch.setattr(digest_module, "CHUNK_ROWS", 4)
    twice = pa.concat_tables([ROWS] * 2)
    first = TableDigest()
    first.update(twice.slice(0, before))
    second = TableDigest.from_array(first.to_array())
    second.update(twice.slice(before))
    assert second.hexdigest() == fingerprint(twice)


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 6)))
def test_it_does_not_depend_on_how_the_rows_were_batched(cuts):
    edges = sorted({0, 6, *cuts})
    parts = [ROWS.slice(a, b - a) for a, b in pairwise(edges)]
    assert fingerprint(*parts) == fingerprint(ROWS)


def test_every_value_counts():
    whole = fingerprint(ROWS)
    for name in ROWS.column_names:
        i = ROWS.column_names.index(name)
        turned = ROWS.column(name).take(np.array([1, 0, 2, 3, 4, 5]))
        changed = ROWS.set_column(i, ROWS.field(name), turned)
        if not changed.equals(ROWS):
            assert fingerprint(changed) != whole, name


def test_null_is_neither_zero_nor_the_empty_string():
    assert fingerprint(pa.table({"v": [None, 1.0]})) != fingerprint(pa.table({"v": [0.0, 1.0]}))
    assert fingerprint(pa.table({"v": [None, "a"]})) != fingerprint(pa.table({"v": ["", "a"]}))


def test_a_string_cannot_lend_letters_to_its_neighbour():
    assert fingerprint(pa.table({"v": ["ab", "c"]})) != fingerprint(pa.table({"v": ["a", "bc"]}))
