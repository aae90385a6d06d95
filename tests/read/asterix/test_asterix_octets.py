"""Whatever comes in, every octet is accounted for, and nothing but a reject comes of damage."""

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.read import asterix
from reference import asterix_maker, asterix_walk

from .frames_of import block_of, frames_of, rows_of

FORMS = {category: asterix_walk.read_form(category) for category in (1, 21, 34, 48, 62)}
PLOT = bytes.fromhex("d414813840004080400005 78".replace(" ", ""))


def accounted(decoded):
    return decoded.octets_decoded + decoded.octets_rejected + decoded.octets_skipped


def a_block(seed, category):
    form = FORMS[category]
    return asterix_maker.make_block(
        form, list(form["editions"])[-1], random.Random(seed), records=2
    )


def _edit(octets, edits):
    out = bytearray(octets)
    for at, value in edits:
        if out:
            out[at % len(out)] = value
    return bytes(out)


blocks = st.builds(a_block, st.integers(0, 2**20), st.sampled_from(sorted(FORMS)))
damaged = st.builds(
    _edit,
    st.builds(b"".join, st.lists(blocks | st.binary(max_size=12), max_size=4)),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=5),
)


@settings(deadline=None, max_examples=150)
@given(payloads=st.lists(damaged, max_size=3), asked=st.sets(st.sampled_from([1, 21, 48, 62])))
def test_every_octet_is_decoded_rejected_or_skipped(payloads, asked):
    frames = frames_of(*payloads)
    for categories in (None, asked):
        decoded = asterix.decode(frames, categories=categories)
        assert accounted(decoded) == sum(map(len, payloads))
        lost = sum(len(octets) for octets in decoded.rejects["octets"].to_pylist())
        assert decoded.octets_rejected == lost
        for table in decoded.tables.values():
            table.validate(full=True)


@settings(deadline=None, max_examples=100)
@given(payloads=st.lists(damaged, max_size=3))
def test_rejects_point_at_the_octets_that_they_hold(payloads):
    frames = frames_of(*payloads)
    whole = b"".join(payloads)
    for reject in asterix.decode(frames).rejects.to_pylist():
        at = reject["offset"]
        assert whole[at : at + len(reject["octets"])] == reject["octets"]


@settings(deadline=None, max_examples=40)
@given(payloads=st.lists(damaged, max_size=4))
def test_the_result_does_not_depend_on_batching(payloads):
    frames = frames_of(*payloads)
    whole = asterix.decode(frames)
    pieces = [asterix.decode(frames.slice(k, 1)) for k in range(frames.num_rows)]
    for key, table in whole.tables.items():
        parts = [piece.tables[key] for piece in pieces if key in piece.tables]
        assert pa.concat_tables(parts).equals(table)
    rejects = [row for piece in pieces for row in piece.rejects.to_pylist()]
    assert rejects == whole.rejects.to_pylist()
    chunked = pa.concat_tables([frames.slice(k, 1) for k in range(frames.num_rows)] or [frames])
    assert asterix.decode(chunked).tables == whole.tables


@pytest.mark.parametrize("category", sorted(FORMS))
def test_truncation_at_every_octet_gives_rejects_and_never_an_exception(category):
    block = a_block(7, category)
    for size in range(len(block)):
        # As a datagram cut short: the block says more than there is.
        cut = asterix.decode(frames_of(block[:size]))
        assert accounted(cut) == size
        assert not cut.records
        assert cut.rejects.num_rows == (size > 0)
        # As a block that says what there is: records before the cut are good.
        told = block_of(category, block[3:size])
        short = asterix.decode(frames_of(told))
        assert accounted(short) == len(told)
        assert short.records.get(category, 0) <= 1


def test_a_block_in_a_slice_of_a_larger_table_is_found():
    frames = frames_of(*[block_of(48, PLOT)] * 5).slice(2, 2)
    (table,) = asterix.decode(frames).tables.values()
    assert table["frame"].to_pylist() == [2, 3]


def test_a_bad_record_takes_its_block_and_the_next_block_is_good():
    good = block_of(48, PLOT)
    bad = block_of(48, PLOT + b"\xff\xff\xff\xff\xff" + PLOT)
    decoded = asterix.decode(frames_of(good + bad + good))
    assert decoded.records == {48: 3}
    (reject,) = decoded.rejects.to_pylist()
    assert reject["offset"] == len(good) + 3 + len(PLOT)
    assert reject["octets"] == b"\xff\xff\xff\xff\xff" + PLOT
    assert (reject["category"], reject["item"]) == (48, "I048")
    assert "longer than the profile" in reject["reason"]


WRONG = [
    (48, "1.32", "00", "I048", "names no item"),
    (48, "1.32", "01 00", "I048", "names no item"),
    (48, "1.32", "01", "I048", "ends before"),
    (48, "1.32", "01 01 01 01 00", "I048", "longer than the profile"),
    (48, "1.32", "80 14", "I048/010", "ends before"),
    (48, "1.32", "20 01", "I048/020", "ends before"),
    (48, "1.32", "20" + "01" * 20, "I048/020", "another follows"),
    (48, "1.32", "01 01 01 04 00", "I048/SP", "length zero"),
    (48, "1.32", "01 01 01 04 05 00", "I048/SP", "ends before"),
    (48, "1.32", "01 20 02 01", "I048/250", "ends before"),
    (48, "1.32", "01 20", "I048/250", "ends before"),
    (48, "1.32", "01 01 40 03", "I048/030", "ends before"),
    (48, "1.32", "01 01 04 20 00", "I048/120/FRN3", "names an item that the profile has not"),
    (48, "1.32", "01 01 04 01 00", "I048/120", "longer than the profile"),
    (21, "0.23", "01 01 01 04 00", "I021/FRN27", "names an item that the profile has not"),
    (1, "1.4", "80 01 02", "I001", "which profile"),
    (1, "1.4", "41 01 02 00 01 15", "I001/RFS/FRN21", "names an item that the profile has not"),
]


@pytest.mark.parametrize(("category", "edition", "body", "item", "reason"), WRONG)
def test_what_is_wrong_is_told_with_its_item(category, edition, body, item, reason):
    octets = bytes.fromhex(body)
    frames = frames_of(block_of(category, octets))
    (reject,) = asterix.decode(frames, editions={category: edition}).rejects.to_pylist()
    assert reject["item"] == item
    assert reason in reject["reason"]
    assert reject["octets"] == octets
    assert reject["category"] == category


@pytest.mark.parametrize(
    ("octets", "at", "reason"),
    [
        (b"\x30", 0, "left over"),
        (b"\x30\x00\x02\x00", 0, "below 3"),
        (b"\x30\x00\x09\x00", 0, "longer than what is left"),
    ],
)
def test_what_is_no_block_is_told_with_its_place(octets, at, reason):
    good = block_of(48, PLOT)
    decoded = asterix.decode(frames_of(good + octets))
    assert decoded.records == {48: 1}
    (reject,) = decoded.rejects.to_pylist()
    assert reject["offset"] == len(good) + at
    assert reason in reject["reason"]
    assert reject["category"] is None


def test_the_offset_of_a_reject_on_a_live_feed_counts_in_its_datagram():
    frames = frames_of(block_of(48, PLOT), b"\x30", source="udp://239.0.0.1:8600")
    (reject,) = asterix.decode(frames).rejects.to_pylist()
    assert (reject["frame"], reject["offset"]) == (1, 0)


def test_blocks_of_other_categories_are_counted():
    unknown = block_of(3, b"anything")
    decoded = asterix.decode(
        frames_of(unknown + block_of(48, PLOT), block_of(34, b"\x80\x14\x81")), categories=[34]
    )
    assert decoded.blocks == {3: 1, 34: 1, 48: 1}
    assert decoded.records == {34: 1}
    assert decoded.skipped == {3: len(unknown), 48: len(PLOT) + 3}
    assert decoded.octets_skipped == len(unknown) + len(PLOT) + 3
    assert decoded.rejects.num_rows == 0


def test_several_records_and_categories_in_one_frame_keep_their_places():
    north = block_of(34, b"\x80\x14\x81" * 2)
    plots = block_of(48, PLOT * 2)
    decoded = asterix.decode(frames_of(plots + north + plots, plots))
    table = decoded.tables[48, "1.32"]
    size, between = len(PLOT), len(plots) + len(north)
    assert table["record"].to_pylist() == [0, 1, 2, 3, 0, 1]
    expected = [3, 3 + size, between + 3, between + 3 + size, 3, 3 + size]
    assert table["offset"].to_pylist() == expected
    assert table["frame"].to_pylist() == [0] * 4 + [1] * 2


def test_octets_with_short_offsets_are_read_too():
    frames = frames_of(block_of(48, PLOT), block_of(48, PLOT))
    short = frames.set_column(4, "octets", frames["octets"].cast(pa.binary()))
    assert asterix.decode(short).tables == asterix.decode(frames).tables


def test_no_frames_give_no_tables():
    decoded = asterix.decode(frames_of())
    assert (decoded.tables, decoded.rejects.num_rows, accounted(decoded)) == ({}, 0, 0)
    assert accounted(asterix.decode(frames_of(b"", b""))) == 0


def test_an_expansion_field_of_another_make_keeps_its_octets_and_is_told():
    # RE of length 4 whose field specification promises far more than two octets.
    odd = block_of(48, bytes.fromhex("8101010214810 4ff0102".replace(" ", "")) + PLOT)
    decoded = asterix.decode(frames_of(odd))
    assert accounted(decoded) == len(odd)
    assert rows_of(decoded, 48)[0] == {"i010_sac": 20, "i010_sic": 129, "re": b"\xff\x01\x02"}
    assert decoded.records == {48: 2}
    (reject,) = decoded.rejects.to_pylist()
    assert (reject["item"], reject["octets"]) == ("I048/RE", b"")
    assert "expansion" in reject["reason"]


def test_random_fields_fill_columns_that_would_be_null_and_encode_back():
    # CAT001 plot: I001/020, then random fields: 010 (FRN 1), 130 twice over (FRN 6).
    fields = bytes.fromhex("03 01 0a0b 06 02 06 04")
    block = block_of(1, bytes.fromhex("41 01 02 10") + fields)
    (row,) = rows_of(asterix.decode(frames_of(block)), 1)
    assert (row["i010_sac"], row["i010_sic"], row["profile"]) == (10, 11, "plot")
    assert row["rfs"] == fields
    assert row["i130"] == [1]
    assert asterix.encode(1, [row]) == block
