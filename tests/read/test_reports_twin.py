"""The report reader against a slow twin on libasterix: random octets and real recordings."""

import random
import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.read import replay_frames
from airshield.read.asterix import decode, editions
from airshield.read.asterix.clock import complete_tod_ns
from airshield.read.asterix.reports import CATEGORIES, ReportReader
from frames_by_hand import T0_NS, frames_of
from reference import asterix_maker, asterix_reports, asterix_walk

NEWEST = {category: editions()[category][-1] for category in CATEGORIES}
FORMS = {category: asterix_walk.read_form(category) for category in CATEGORIES}
S_NS = 10**9
UNLIKE = {"text", "callsign"}
"""Columns that are not compared word for word."""


def rows(table):
    """Rows as dictionaries of what is known, times as integers."""
    for name in ("t", "t_heard"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(pa.int64()))
    return [{k: v for k, v in row.items() if v is not None} for row in table.to_pylist()]


def known(row):
    return {k: v for k, v in row.items() if v is not None}


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for mine, told in zip(ours, theirs, strict=True):
        wanted = known(told)
        assert mine.keys() - UNLIKE == wanted.keys() - UNLIKE
        # libasterix drops six-bit codes outside of the alphabet; airshield keeps them as signs.
        letters = re.sub("[^A-Z0-9 ]", "", mine.get("callsign", "")).strip()
        assert letters == wanted.get("callsign", "")
        for name, value in wanted.items():
            if name in UNLIKE:
                continue
            if isinstance(value, float):
                assert mine[name] == pytest.approx(value, rel=1e-12, abs=1e-9), name
            else:
                assert mine[name] == value, name


def assert_equals_twin(frames, spoken=None):
    """Read frames here and by the twin; the rows and the accounts must agree."""
    spoken = spoken or {}
    twin = asterix_reports.Reader({**NEWEST, **spoken})
    heard = frames["t_heard"].cast(pa.int64()).to_pylist()
    octets, numbers = frames["octets"].to_pylist(), frames["frame"].to_pylist()
    for number, heard_ns, block in zip(numbers, heard, octets, strict=True):
        twin.feed(number, heard_ns, block)
    got = ReportReader(spoken).feed(frames)
    assert_same(rows(got.reports), twin.reports)
    assert_same(rows(got.status), twin.status)
    assert got.unused == dict(twin.unused)
    reasons = set().union(*(why for _, why in twin.rejected))
    refused = [
        (row["frame"], row["reason"])
        for row in got.rejects.drop_columns(["t_heard"]).to_pylist()
        if row["reason"] in reasons
    ]
    assert [frame for frame, _ in refused] == [frame for frame, _ in twin.rejected]
    for (_, reason), (_, reasons) in zip(refused, twin.rejected, strict=True):
        assert reason in reasons
    return got, twin


def of_two_sources(block, rng):
    """Make a block's records come from one of two sources: so they lean on each other."""
    (table,) = decode(frames_of([block]), columns=["i010_sac"]).tables.values()
    octets = bytearray(block)
    for start in table["offset"].to_pylist():
        place = start
        while octets[place] & 1:
            place += 1
        if octets[start] & 0x80:
            octets[place + 1 : place + 3] = bytes([20, rng.randint(1, 2)])
    return bytes(octets)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    chosen=st.lists(
        st.sampled_from([*CATEGORIES, 1, 1, 2, 19, 20, 20, 10]), min_size=1, max_size=10
    ),
    fill=st.sampled_from([0.3, 0.6, 0.95]),
    hear=st.booleans(),
)
def test_random_records_of_every_category_read_as_the_slow_version_does(seed, chosen, fill, hear):
    rng = random.Random(seed)
    made = [
        asterix_maker.make_block(FORMS[c], NEWEST[c], rng, records=2, tidy=True, fill=fill)
        for c in chosen
    ]
    blocks = [of_two_sources(block, rng) for block in made]
    frames, left = [], blocks
    while left:
        size = rng.randint(1, len(left))
        frames.append(b"".join(left[:size]))
        left = left[size:]
    heard = [T0_NS + k * S_NS if hear or k % 2 == 0 else None for k in range(len(frames))]
    assert_equals_twin(frames_of(frames, heard_ns=heard))


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32), hear=st.booleans())
def test_one_frame_at_a_time_gives_the_same_rows_across_restarts(seed, hear):
    rng = random.Random(seed)
    blocks = [
        of_two_sources(asterix_maker.make_block(FORMS[c], NEWEST[c], rng, tidy=True), rng)
        for c in [*CATEGORIES, 1, 20, 1, 20]
    ]
    rng.shuffle(blocks)
    heard = [T0_NS + k * S_NS if hear or k == 0 else None for k in range(len(blocks))]
    frames = frames_of(blocks, heard_ns=heard)
    whole = ReportReader().feed(frames)
    reader, parts = ReportReader(), []
    for row in range(frames.num_rows):
        again = ReportReader()
        again.restore(reader.snapshot())
        reader = again
        parts.append(reader.feed(frames.slice(row, 1)))
    assert [row for part in parts for row in rows(part.reports)] == rows(whole.reports)
    assert [row for part in parts for row in rows(part.status)] == rows(whole.status)
    assert sum((Counter(part.unused) for part in parts), Counter()) == whole.unused
    assert sum((Counter(part.counts) for part in parts), Counter()) == whole.counts


SAMPLES = (
    ("barcelona/cat010_smr_20201002.ast", {}),
    ("barcelona/cat010_mlat_20201002.ast", {}),
    ("barcelona/cat048_20230502_first.ast", {}),
    ("barcelona/cat021_ed2.1_023_first.ast", {21: "2.1"}),
    ("argentina/cat034_048_260429.pcap", {}),
    ("argentina/cat062_260429_first.pcap", {}),
    ("jahorina/cat034_048_jahorina.raw", {}),
    ("croatia/cat_034_048.pcap", {}),
    ("croatia/cat062cat065.raw", {}),
    ("jasterix/cat002ed1.0.bin", {}),
    ("jasterix/cat019ed1.3.bin", {}),
)


@pytest.mark.parametrize(("name", "spoken"), SAMPLES)
def test_recordings_read_as_the_slow_version_does(shared_data, name, spoken):
    path = shared_data / "asterix" / name
    frames = next(iter(replay_frames(path, editions=spoken, batch=100)))
    got, twin = assert_equals_twin(frames, spoken)
    records = decode(frames, editions=spoken, categories=CATEGORIES).records
    made = got.reports.num_rows + sum(got.unused.values()) + len(twin.rejected)
    assert made == sum(records.values()) > 0


@settings(deadline=None, max_examples=200)
@given(
    truncated=st.integers(0, 512 * 128 - 1),
    reference=st.one_of(
        st.integers(0, 86_400 * S_NS - 1),
        st.integers(0, 600 * S_NS),
        st.integers(85_800 * S_NS, 86_400 * S_NS - 1),
    ),
)
def test_truncated_times_complete_as_the_slow_version_does(truncated, reference):
    truncated_ns = truncated * 7_812_500
    out = complete_tod_ns(np.array([truncated_ns]), np.array([reference]))
    assert out.tolist() == [asterix_reports.whole_tod(truncated_ns, reference)]


@settings(deadline=None)
@given(true=st.integers(0, 86_400 * 128 - 1), apart=st.integers(-191 * S_NS, 191 * S_NS))
def test_a_truncated_time_is_completed_right_while_the_clocks_are_192_s_apart(true, apart):
    true_ns = true * 7_812_500
    reference = (true_ns + apart) % (86_400 * S_NS)
    out = complete_tod_ns(np.array([true_ns % (512 * S_NS)]), np.array([reference]))
    assert out.tolist() == [true_ns]
