"""Every value is what libasterix and the slow twin make of the same octets."""

import random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.read import asterix, read_frames
from airshield.read.asterix import _kernels
from airshield.read.asterix.spec import find_spec
from reference import asterix_maker, asterix_oracle, asterix_walk

from .frames_of import block_of, frames_of, plain, rows_of

EVERY = [(category, edition) for category, es in asterix.editions().items() for edition in es]
WATCHED = [(c, e) for c, e in EVERY if c in (21, 34, 48, 62)]

KERNELS = [name for name in dir(_kernels) if hasattr(getattr(_kernels, name), "py_func")]


def icao_columns(category, edition):
    leaves = find_spec(category, edition).leaves.values()
    return {leaf.name for leaf in leaves if leaf.alphabet == "icao"}


def assert_like_the_oracle(category, edition, block, rows):
    theirs = asterix_oracle.records_of(category, edition, block)
    assert theirs is not None
    assert len(theirs) == len(rows)
    icao = icao_columns(category, edition)
    for ours, other in zip(rows, theirs, strict=True):
        assert asterix_oracle.same(asterix_oracle.normal(ours), other, icao_columns=icao) == []


@pytest.mark.parametrize(("category", "edition"), EVERY)
def test_random_records_of_every_edition_decode_as_libasterix_does(category, edition):
    form = asterix_walk.read_form(category)
    rng = random.Random(f"{category} {edition}")
    for fill in (0.1, 0.5, 0.9):
        block = asterix_maker.make_block(form, edition, rng, records=2, fill=fill)
        decoded = asterix.decode(frames_of(block), editions={category: edition})
        assert decoded.rejects["octets"].to_pylist() == [b""] * decoded.rejects.num_rows
        assert_like_the_oracle(category, edition, block, rows_of(decoded, category))


@pytest.mark.parametrize(("category", "edition"), EVERY)
def test_random_records_of_every_edition_encode_back_octet_for_octet(category, edition):
    form = asterix_walk.read_form(category)
    rng = random.Random(f"{category} {edition} tidy")
    for fill in (0.1, 0.5, 0.9):
        block = asterix_maker.make_block(form, edition, rng, records=2, tidy=True, fill=fill)
        decoded = asterix.decode(frames_of(block), editions={category: edition})
        rows = rows_of(decoded, category)
        assert asterix.encode(category, rows, edition=edition).hex() == block.hex()


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), which=st.sampled_from(WATCHED), fill=st.floats(0.05, 1.0))
def test_what_we_encode_libasterix_decodes(seed, which, fill):
    category, edition = which
    form = asterix_walk.read_form(category)
    made = asterix_maker.make_block(form, edition, random.Random(seed), tidy=True, fill=fill)
    rows = rows_of(asterix.decode(frames_of(made), editions={category: edition}), category)
    # Without their octets, expansion fields are written from their columns.
    rows = [{name: row[name] for name in row if name != "re" or not _expanded(row)} for row in rows]
    block = asterix.encode(category, rows, edition=edition)
    theirs = asterix_oracle.records_of(category, edition, block)
    icao = icao_columns(category, edition)
    for ours, other in zip(rows, theirs, strict=True):
        if "re" not in ours:
            other.pop("re", None)
        assert asterix_oracle.same(ours, other, icao_columns=icao) == []


def _expanded(row):
    return any(name.startswith("re_") for name in row)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32),
    which=st.sampled_from(EVERY),
    damage=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=4),
)
def test_the_walk_equals_the_slow_version_on_damaged_records(mode_seeds, seed, which, damage):
    category, edition = which
    form = asterix_walk.read_form(category)
    octets = bytearray(asterix_maker.make_block(form, edition, random.Random(seed), records=3))
    for at, value in damage:
        octets[3 + at % (len(octets) - 3)] = value
    block = bytes(octets)
    expected, bad_at = asterix_walk.walk_block(form, edition, block)
    for interpreted in (False, True):
        with mode_seeds(interpreted):
            decoded = asterix.decode(frames_of(block), editions={category: edition})
        found = [t for t in decoded.tables.values()]
        rows = found[0].to_pylist() if found else []
        assert [row["offset"] for row in rows] == [start for start, _ in expected]
        assert [plain(row) for row in rows] == [values for _, values in expected]
        lost = [r for r in decoded.rejects.to_pylist() if r["octets"]]
        assert [r["offset"] for r in lost] == ([] if bad_at is None else [bad_at])


@pytest.fixture(scope="module")
def mode_seeds():
    """A context that swaps kernels for their plain functions, cheaper than a test each."""

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


RECORDINGS = [
    ("barcelona/cat048_20230502_first.ast", {}, 24),
    ("jahorina/cat034_048_jahorina.raw", {}, 4),
    ("argentina/cat034_048_260429.pcap", {}, 24),
    ("argentina/cat062_260429_first.pcap", {}, 60),
    ("croatia/cat_034_048.pcap", {}, 1),
    ("croatia/cat_062_065.pcap", {}, 1),
    ("croatia/cat062cat065.raw", {}, 1),
    ("croatia/cat21_re.ast", {}, 1),
    ("barcelona/cat021_ed0.23_20160510.ast", {21: "0.23"}, 48),
    ("barcelona/cat021_ed2.1_023_first.ast", {21: "2.1"}, 16),
    ("misc/cat062_all_1.bin", {}, 1),
]


@pytest.mark.parametrize(("path", "editions", "every"), RECORDINGS)
def test_recordings_decode_as_libasterix_does(shared_data, path, editions, every):
    # Every frame is decoded; each n-th of them is compared, from the n-th part of a second on.
    # tools/compare_with_libasterix.py compares all of them, in some minutes.
    frames = pa.concat_tables(list(read_frames(shared_data / "asterix" / path)))
    decoded = asterix.decode(frames, editions=editions)
    assert decoded.rejects.num_rows == 0
    some = frames.take(list(range(0, frames.num_rows, every)))
    sample = asterix.decode(some, editions=editions)
    rows = {}
    for (category, edition), table in sample.tables.items():
        for row in table.to_pylist():
            rows.setdefault((row["frame"], category, edition), []).append(row)
    for frame in some.to_pylist():
        for block in _blocks(frame["octets"]):
            mine = next((k for k in rows if k[0] == frame["frame"] and k[1] == block[0]), None)
            if mine is not None:
                count = len(asterix_oracle.records_of(mine[1], mine[2], block))
                assert_like_the_oracle(mine[1], mine[2], block, rows[mine][:count])
                del rows[mine][:count]
    assert not any(rows.values())


def _blocks(octets):
    while octets:
        size = int.from_bytes(octets[1:3], "big")
        yield octets[:size]
        octets = octets[size:]


COUNTS = {
    "argentina/cat034_048_260429.pcap": ({}, {34: 16366, 48: 3541}),
    "argentina/cat062_260429_first.pcap": ({}, {62: 25435}),
    "barcelona/cat010_mlat_20201002.ast": ({}, {10: 116308}),
    "barcelona/cat010_smr_20201002.ast": ({}, {10: 52659}),
    "barcelona/cat021_ed0.23_20160510.ast": ({21: "0.23"}, {21: 49330}),
    "barcelona/cat021_ed2.1_023_first.ast": ({21: "2.1"}, {21: 3780, 23: 29}),
    "barcelona/cat048_20230502_first.ast": ({}, {48: 22146}),
    "jahorina/cat034_048_jahorina.raw": ({}, {34: 20, 48: 2099}),
    "video/cat240_1.bin": ({}, {240: 1}),
}


@pytest.mark.parametrize("path", COUNTS)
def test_recordings_have_as_many_records_as_their_readme_says(shared_data, path):
    editions, counts = COUNTS[path]
    some = ["i010_sac", "i010_sic"]
    records = {}
    for frames in read_frames(shared_data / "asterix" / path):
        decoded = asterix.decode(frames, editions=editions, columns=some)
        assert decoded.rejects.num_rows == 0
        for category, count in decoded.records.items():
            records[category] = records.get(category, 0) + count
    assert records == counts


@pytest.mark.parametrize("kernel_mode", ["compiled", "interpreted"])
def test_a_record_by_hand(kernel_mode, mode_seeds):
    # I048/010 20/129, I048/140 28800 s, I048/040 64.5 NM and 90 degrees, I048/090 FL 350.
    record = bytes.fromhex("d4 1481 384000 4080 4000 0578".replace(" ", ""))
    with mode_seeds(kernel_mode == "interpreted"):
        (row,) = rows_of(asterix.decode(frames_of(block_of(48, record))), 48)
    assert row == {
        "i010_sac": 20,
        "i010_sic": 129,
        "i140_s": 28800.0,
        "i040_rho_nmi": 64.5,
        "i040_theta_deg": 90.0,
        "i090_v": 0,
        "i090_g": 0,
        "i090_fl": 350.0,
    }
