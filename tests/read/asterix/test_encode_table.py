"""Tables encode to the octets, and fail with the errors, of the plain encoder."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import EncodeError, UsageError
from airshield.read import asterix, read_frames
from airshield.read.asterix.columns import make_plan
from airshield.read.asterix.spec import find_spec
from airshield.read.asterix.writing import _kernels
from airshield.read.asterix.writing import table as table_module
from reference import asterix_maker, asterix_walk

from .frames_of import frames_of

EVERY = [(category, edition) for category, es in asterix.editions().items() for edition in es]
KERNELS = [name for name in dir(_kernels) if hasattr(getattr(_kernels, name), "py_func")]


def table_of(category, edition, seed, *, records=3, fill=0.5, tidy=True):
    """Random records, as octets and as the table that they decode to."""
    form = asterix_walk.read_form(category)
    rng = random.Random(f"{seed} {category} {edition}")
    block = asterix_maker.make_block(form, edition, rng, records=records, tidy=tidy, fill=fill)
    (table,) = asterix.decode(frames_of(block), editions={category: edition}).tables.values()
    return block, table


def outcome(work):
    """What some work gives, or the error that it ends with."""
    try:
        return work()
    except EncodeError as error:
        return error.column, repr(error.value), error.why, error.row


def assert_alike(category, edition, table):
    """Both encoders make the same octets of a table, or name the same mistake."""
    rows = table.to_pylist()
    options = {"edition": edition, "records_per_block": len(rows)}
    fast = outcome(lambda: bytes(asterix.encode_table(category, table, **options).octets))
    assert fast == outcome(lambda: asterix.encode(category, rows, edition=edition))
    return fast


@pytest.mark.parametrize(("category", "edition"), EVERY)
def test_random_records_of_every_edition_come_back_octet_for_octet(category, edition):
    for fill in (0.1, 0.5, 0.9):
        block, table = table_of(category, edition, fill, fill=fill)
        assert asterix.encode_table(category, table).octets.tobytes() == block
        assert assert_alike(category, edition, table) == block
        assert_alike(
            category, edition, table.drop_columns(["re"] if "re" in table.schema.names else [])
        )


@settings(deadline=None, max_examples=40)
@given(data=st.data(), seed=st.integers(0, 2**32), which=st.sampled_from(EVERY))
def test_any_columns_of_a_table_encode_as_the_plain_encoder_does(mode, data, seed, which):
    category, edition = which
    _, table = table_of(category, edition, seed, tidy=False)
    some = data.draw(st.sets(st.sampled_from(table.schema.names[4:])), label="dropped")
    table = table.drop_columns(sorted(some))
    for interpreted in (False, True):
        with mode(interpreted):
            assert_alike(category, edition, table)


ODD = {
    "integer": st.integers(-(2**63), 2**64 - 1),
    "quantity": st.floats() | st.floats(-500, 500),
    "text": st.text(max_size=12) | st.text("0123456789ABCabcÿ", max_size=8),
    "bits": st.binary(max_size=4),
    "octets": st.binary(max_size=260),
    "random": st.binary(max_size=12),
}


@settings(deadline=None, max_examples=60)
@given(data=st.data(), seed=st.integers(0, 2**32), which=st.sampled_from(EVERY))
def test_odd_values_are_refused_with_the_same_words(mode, data, seed, which):
    category, edition = which
    _, table = table_of(category, edition, seed, fill=0.3)
    rows = table.to_pylist()
    leaves = find_spec(category, edition).leaves
    schema = make_plan(category, edition, None).schema
    for _ in range(data.draw(st.integers(1, 3))):
        leaf = leaves[data.draw(st.sampled_from(sorted(leaves)))]
        value = (
            ODD[leaf.kind]
            if leaf.repeat is None
            else st.lists(ODD[leaf.kind] | st.none(), max_size=4)
        )
        row = data.draw(st.integers(0, len(rows) - 1))
        kind = schema.field(leaf.name).type
        try:
            odd = pa.array([data.draw(value)], kind)
        except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
            continue
        rows[row] = {**rows[row], leaf.name: odd[0].as_py()}
    table = pa.Table.from_pylist(rows, schema=schema)
    for interpreted in (False, True):
        with mode(interpreted):
            assert_alike(category, edition, table)


@pytest.fixture(scope="module")
def mode():
    """A context that swaps kernels for their plain functions."""

    class Swap:
        def __init__(self, interpreted):
            self.patch = pytest.MonkeyPatch() if interpreted else None

        def __enter__(self):
            for name in KERNELS if self.patch else ():
                self.patch.setattr(_kernels, name, getattr(_kernels, name).py_func)

        def __exit__(self, *_):
            if self.patch:
                self.patch.undo()

    return Swap


PLOT = {
    "i010_sac": [20, 20, None],
    "i040_rho_nmi": [1.0, None, 3.5],
    "i070_mode3a": ["7700", None, "21"],
    "i240": ["RYR4TG", "A", None],
    "i030": [[1, 2], [], None],
    "i020_tst": [1, 0, None],
    "sp": [b"own", None, b""],
    "re_rpc_sco": [None, None, 7],
}
PLOT["i030"][1] = None


def plot(**types):
    return pa.table({name: pa.array(PLOT[name], types.get(name)) for name in PLOT})


@pytest.mark.parametrize(
    "types",
    [
        {},
        {"i010_sac": pa.int64(), "re_rpc_sco": pa.uint64()},
        {"i010_sac": pa.int8(), "i040_rho_nmi": pa.float32()},
        {"i040_rho_nmi": pa.float64(), "i030": pa.large_list(pa.int16())},
        {"i240": pa.large_string(), "i070_mode3a": pa.string_view(), "sp": pa.large_binary()},
        {"i240": pa.dictionary(pa.int8(), pa.string()), "sp": pa.binary_view()},
    ],
)
def test_columns_of_other_types_encode_the_same(types):
    assert_alike(48, "1.32", plot(**types))


def test_whole_numbers_and_flags_are_quantities_and_codes_too():
    table = pa.table({"i040_rho_nmi": [1, 2], "i020_tst": [True, False], "i030": [[], []]})
    assert_alike(48, "1.32", table.drop_columns(["i030"]))
    table = table.append_column("sp", pa.nulls(2))
    assert_alike(48, "1.32", table)
    empty = pa.table({"i250_mbdata": pa.array([[], []], pa.list_(pa.null()))})
    assert assert_alike(48, "1.32", empty)[3:] == bytes([1, 0x20, 0]) * 2


@pytest.mark.parametrize(
    ("column", "values", "row", "why"),
    [
        ("i010_sac", [1, None, 256], 2, "0 to 255"),
        ("i010_sac", [1, 1, -1], 2, "0 to 255"),
        ("i010_sac", ["1", "2", "3"], 0, "whole number"),
        ("i010_sac", [None, 1.0, 2.0], 1, "whole number"),
        ("i040_rho_nmi", [1.0, float("nan"), float("inf")], 1, "finite"),
        ("i040_rho_nmi", ["1", "2", "3"], 0, "finite"),
        ("i090_fl", [0.0, 2048.0, None], 1, "-2048.0 to 2047.75"),
        ("i240", ["A", "lower", "B"], 1, "no 'l'"),
        ("i240", [1, 2, 3], 0, "text of 8"),
        ("i070_mode3a", ["0000", "77777", None], 1, "text of 4"),
        ("i030", [[1], [], [2]], 1, "repeated"),
        ("i030", [[1], [None], [2]], 1, "whole number"),
        ("i030", [1, 2, 3], 0, "not a list"),
        ("i250_mbdata", [[0]] + [[0] * 256] * 2, 1, "repeated"),
        ("sp", [b"", bytes(255), b""], 1, "254 octets"),
        ("sp", ["", "", ""], 0, "not octets"),
        ("re_rpc_sco", [None, 0, 300], 2, "0 to 255"),
        ("i999", [None, 1, 2], 1, "no such column"),
        ("i120_cal_cal_mps", [None, None, None], 0, "says nothing"),
    ],
)
def test_the_first_row_that_does_not_fit_is_told_with_its_column(column, values, row, why):
    table = pa.table({column: values})
    if why != "says nothing":
        table = table.append_column("i161_trn", pa.array([1, 2, 3]))
    assert_alike(48, "1.32", table)
    with pytest.raises(EncodeError, match=f"of row {row}: .*{why}") as told:
        asterix.encode_table(48, table)
    assert told.value.row == row


def test_the_row_named_is_counted_over_all_batches():
    table = pa.table({"i161_trn": np.arange(40_000) % 4096, "i010_sac": np.zeros(40_000, np.int16)})
    asterix.encode_table(48, table)
    wrong = np.zeros(40_000, np.int16)
    wrong[39_999] = -1
    with pytest.raises(EncodeError, match="of row 39999"):
        asterix.encode_table(48, table.set_column(1, "i010_sac", pa.array(wrong)))


def test_batches_of_long_records_are_halved_and_change_nothing(monkeypatch):
    _, short = table_of(48, "1.32", 7, records=12)
    whole = asterix.encode_table(48, short)
    wrong = pa.table({"i010_sac": [1, 1, 1, 300, 1, 300], "sp": [bytes(9)] * 6})
    monkeypatch.setattr(table_module, "_BATCH_OCTETS", 20)
    halved = asterix.encode_table(48, short)
    assert bytes(halved.octets) == bytes(whole.octets)
    assert halved.rows.tolist() == whole.rows.tolist()
    with pytest.raises(EncodeError, match="of row 3"):
        asterix.encode_table(48, wrong)


def test_an_earlier_row_is_told_before_one_whose_size_is_wrong():
    table = pa.table({"i010_sac": [1, 300, 1], "sp": [b"", b"", bytes(255)]})
    assert assert_alike(48, "1.32", table)[3] == 1


def test_lists_of_unequal_length_are_refused():
    table = pa.table({"i250_mbdata": [[0], [0]], "i250_bds1": [[1], [1, 2]]})
    assert assert_alike(48, "1.32", table)[0] == "i250_bds1"


def test_a_meaning_that_contradicts_its_flag_is_refused():
    table = pa.table({"i150_as_mach": [0.5, 0.5, 0.5], "i150_im": [1, None, 0]})
    assert assert_alike(21, "2.7", table)[2:] == ("i150_im is 0 and not 1", 2)


def test_profiles_are_told_by_row_or_by_their_selecting_item():
    table = pa.table(
        {"i020_typ": [0, 1, 1], "i161": [None, 5, 6], "i040_rho_nmi": [1.0, None, 2.0]}
    )
    assert isinstance(assert_alike(1, "1.4", table), bytes)
    named = table.append_column("profile", pa.array([None, "track", "plot"]))
    assert isinstance(assert_alike(1, "1.4", named), bytes)
    odd = table.append_column("profile", pa.array(["plot", "video", None]))
    assert assert_alike(1, "1.4", odd)[0] == "profile"
    assert assert_alike(1, "1.4", table.drop_columns(["i020_typ"]))[0] == "i020_typ"


def test_random_fields_stay_where_they_were():
    # I002/010 at its place; I002/000 and I002/030 as random fields.
    body = bytes.fromhex("8102 1481 02 0202 04384000".replace(" ", ""))
    block = bytes([2]) + (len(body) + 3).to_bytes(2, "big") + body
    decoded = asterix.decode(frames_of(block))
    for (category, edition), table in decoded.tables.items():
        assert table["rfs"].null_count == 0
        assert asterix.encode_table(category, table).octets.tobytes() == block
        assert assert_alike(category, edition, table) == block
    broken = table.set_column(
        table.schema.get_field_index("rfs"), "rfs", pa.array([b"\x02\x02"], pa.binary())
    )
    assert assert_alike(category, edition, broken)[0] == "rfs"


def test_a_table_remembers_its_edition():
    block, table = table_of(21, "0.23", 1)
    assert asterix.encode_table(21, table).octets.tobytes() == block
    assert asterix.encode_table(21, table, edition="0.23").octets.tobytes() == block
    with pytest.raises(UsageError, match="no edition"):
        asterix.encode_table(21, table, edition="9.9")


def test_blocks_are_those_of_decoding_or_as_many_records_as_asked_for():
    _, one = table_of(48, "1.32", 1, records=5)
    _, two = table_of(48, "1.32", 2, records=2)
    pair = [asterix.encode_table(48, t).octets.tobytes() for t in (one, two)]
    frames = frames_of(pair[0] + pair[1], pair[1])
    (table,) = asterix.decode(frames).tables.values()
    made = asterix.encode_table(48, table)
    assert made.blocks().to_pylist() == [pair[0], pair[1], pair[1]]
    assert made.rows.tolist() == [0, 5, 7, 9]
    assert made.places["frame"].to_pylist() == [0, 0, 1]
    assert asterix.encode_table(48, table, records_per_block=4).rows.tolist() == [0, 4, 8, 9]
    bare = asterix.encode_table(48, table.drop_columns(["frame"]))
    assert bare.rows.tolist() == list(range(10))
    assert bare.places is None
    with pytest.raises(UsageError, match="one record or more"):
        asterix.encode_table(48, table, records_per_block=0)


def test_a_block_is_split_before_its_length_overflows():
    table = pa.table({"sp": [bytes(254)] * 300})
    made = asterix.encode_table(48, table, records_per_block=300)
    assert len(made.blocks()) == 2
    decoded = asterix.decode(frames_of(made.octets.tobytes()))
    assert decoded.records == {48: 300}
    video = pa.table({"i052": [[bytes(256)] * 255] * 2, "i010_sac": [1, 1]})
    assert asterix.encode_table(240, video, records_per_block=2).rows.tolist() == [0, 1, 2]
    more = video.append_column("i051", pa.array([[], [bytes(64)] * 5]))
    with pytest.raises(EncodeError, match=r"\(block\).*of row 1: .*65535"):
        asterix.encode_table(240, more)


def test_no_rows_make_no_blocks():
    for table in (pa.table({}), make_plan(48, "1.32", None).schema.empty_table()):
        made = asterix.encode_table(48, table)
        assert made.octets.size == 0
        assert made.blocks().to_pylist() == []
    assert asterix.encode_frames({}).num_rows == 0


def test_frames_of_several_categories_come_back_whole():
    blocks = [table_of(c, asterix.editions()[c][-1], c, records=2)[0] for c in (34, 48, 34, 62)]
    frames = frames_of(blocks[0] + blocks[1] + blocks[2], blocks[3], blocks[1])
    back = asterix.encode_frames(asterix.decode(frames).tables, source="file:test.ast")
    assert back.schema == frames.schema
    assert back.to_pylist() == frames.to_pylist()
    bare = {key: t.drop_columns(["frame"]) for key, t in asterix.decode(frames).tables.items()}
    with pytest.raises(UsageError, match="does not tell the frame"):
        asterix.encode_frames(bare)


RECORDINGS = {
    # Frames that come back octet for octet, of how many; docs/conformance.md says why not all.
    "argentina/cat034_048_260429.pcap": ({}, 19_907, 19_907),
    "argentina/cat062_260429_first.pcap": ({}, 5_171, 5_190),
    "barcelona/cat010_mlat_20201002.ast": ({}, 116_308, 116_308),
    "barcelona/cat010_smr_20201002.ast": ({}, 52_659, 52_659),
    "barcelona/cat021_ed0.23_20160510.ast": ({21: "0.23"}, 48_382, 49_330),
    "barcelona/cat021_ed2.1_023_first.ast": ({21: "2.1"}, 3_809, 3_809),
    "barcelona/cat048_20230502_first.ast": ({}, 22_146, 22_146),
    "croatia/cat_034_048.pcap": ({}, 100, 100),
    "jahorina/cat034_048_jahorina.raw": ({}, 642, 642),
    "video/cat240_1.bin": ({}, 1, 1),
}


@pytest.mark.parametrize("path", RECORDINGS)
def test_recordings_come_back_octet_for_octet(shared_data, path):
    editions, exact, frames = RECORDINGS[path]
    recording = pa.concat_tables(list(read_frames(shared_data / "asterix" / path)))
    found = asterix.decode(recording, editions=editions).tables
    back = asterix.encode_frames(found)
    assert back["frame"].equals(recording["frame"])
    assert back["t_heard"].equals(recording["t_heard"])
    pairs = zip(back["octets"].to_pylist(), recording["octets"].to_pylist(), strict=True)
    assert (sum(ours == theirs for ours, theirs in pairs), back.num_rows) == (exact, frames)
    again = asterix.decode(back, editions=editions).tables
    for key, table in again.items():
        leaves = table.schema.names[4:]
        assert table.select(leaves).equals(found[key].select(leaves))


def test_each_loop_is_compiled_for_one_set_of_types():
    for name in KERNELS:
        assert len(getattr(_kernels, name).signatures) <= 1, name
