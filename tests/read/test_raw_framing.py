"""Raw files: every octet ends in a frame or in a reject, and damage costs little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import FormatError, MissingFileError, UsageError
from airshield.read import _kernels, read_frames
from frames_by_hand import rows_of
from reference import framing as slow


def block(category, body):
    return bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body


# Radar blocks: their octets are spread out, so that few of them look like the head of a block.
bodies = st.binary(min_size=5, max_size=60)
blocks = st.builds(block, st.sampled_from([34, 48, 62]), bodies)
octets_of_few_values = st.lists(st.sampled_from([0, 3, 4, 5, 34, 48]), max_size=60).map(bytes)


def made(count, seed=1, categories=(48,)):
    rng = np.random.default_rng(seed)
    return [
        block(
            categories[n % len(categories)], rng.integers(128, 256, 20 + n % 30, np.uint8).tobytes()
        )
        for n in range(count)
    ]


def read(path, data, **options):
    path.write_bytes(data)
    recording = read_frames(path, **options)
    frames = rows_of(recording)
    return recording, frames, recording.rejects()


def every_octet(frames, rejects):
    pieces = [(row[3], row[4]) for row in frames]
    pieces += zip(rejects["offset"].to_pylist(), rejects["octets"].to_pylist(), strict=True)
    out = b""
    for offset, piece in sorted(pieces):
        assert offset == len(out)
        out += piece
    return out


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@settings(deadline=None)
@given(data=octets_of_few_values, at=st.integers(0, 60), room=st.integers(1, 6))
def test_following_headers_equals_the_slow_version(mode, data, at, room):
    known = np.zeros(256, np.bool_)
    known[[34, 48]] = True
    kernel = _kernels.follow_headers
    kernel = kernel if mode == "compiled" else kernel.py_func
    octets = np.frombuffer(data, np.uint8)
    found = kernel(octets, min(at, len(data)), len(data), known, room)
    assert found == slow.follow_headers(data, min(at, len(data)), known, room)


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@settings(deadline=None)
@given(
    data=octets_of_few_values,
    at=st.integers(0, 60),
    enough=st.integers(1, 4),
    last=st.booleans(),
)
def test_finding_headers_equals_the_slow_version(mode, data, at, enough, last):
    known = np.zeros(256, np.bool_)
    known[[34, 48]] = True
    kernel = _kernels.find_headers if mode == "compiled" else _kernels.find_headers.py_func
    octets = np.frombuffer(data, np.uint8)
    size = len(data)
    found = kernel(octets, min(at, size), size, size, known, enough, last)
    assert found == slow.find_headers(data, min(at, size), known, enough, last)


@settings(deadline=None, max_examples=50)
@given(data=st.lists(blocks, min_size=8, max_size=40), batch=st.integers(1, 50))
def test_whole_blocks_come_one_to_a_frame(tmp_path_factory, data, batch):
    path = tmp_path_factory.mktemp("raw") / "radar.ast"
    recording, frames, rejects = read(path, b"".join(data), batch=batch)
    assert [row[4] for row in frames] == data
    assert [row[0] for row in frames] == list(range(len(data)))
    assert [row[3] for row in frames] == [sum(map(len, data[:n])) for n in range(len(data))]
    assert {row[1:3] for row in frames} == {(None, "file:radar.ast")}
    assert rejects.num_rows == 0
    assert recording.ledger.octets == recording.octets


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_every_octet_of_a_damaged_file_is_accounted_for(tmp_path_factory, data):
    whole = bytearray(b"".join(data.draw(st.lists(blocks, min_size=25, max_size=40))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert"])):
            case "flip":
                whole[at] ^= 1 << data.draw(st.integers(0, 7))
            case "cut":
                del whole[at : at + data.draw(st.integers(1, 50))]
            case "insert":
                whole[at:at] = data.draw(st.binary(min_size=1, max_size=50))
    path = tmp_path_factory.mktemp("raw") / "radar.ast"
    try:
        _, frames, rejects = read(path, whole)
    except FormatError:
        return
    assert every_octet(frames, rejects) == bytes(whole)
    batched = read_frames(path, batch=3)
    assert rows_of(batched) == frames
    assert batched.rejects().equals(rejects)


def test_a_wrong_length_costs_its_block_only(tmp_path):
    data = made(40)
    for wrong in (4, 12, 300, 0xFFFF):
        spoilt = bytearray(b"".join(data))
        at = sum(map(len, data[:20]))
        spoilt[at + 1 : at + 3] = wrong.to_bytes(2, "big")
        _, frames, rejects = read(tmp_path / "a", spoilt)
        good = {row[4] for row in frames}
        assert good >= {*data[:20], *data[21:]}
        assert len(frames) in (39, 40)
        assert rejects.num_rows == 1
        assert every_octet(frames, rejects) == bytes(spoilt)


def test_a_recorder_trailer_between_blocks_is_stepped_over(tmp_path):
    data = made(40)
    _, frames, rejects = read(
        tmp_path / "a", b"".join([*data[:20], b"\x00trailer\xff", *data[20:]])
    )
    assert [row[4] for row in frames] == data
    assert rejects["octets"].to_pylist() == [b"\x00trailer\xff"]
    assert rejects["reason"].to_pylist() == ["no data block begins here"]
    assert rejects["offset"].to_pylist() == [sum(map(len, data[:20]))]
    assert rejects["frame"].to_pylist() == [20]


def test_a_spoilt_head_does_not_cost_the_file(tmp_path):
    data = made(40)
    _, frames, rejects = read(tmp_path / "a", b"\xff" * 100 + b"".join(data))
    assert [row[4] for row in frames] == data
    assert rejects["octets"].to_pylist() == [b"\xff" * 100]


def test_a_category_that_comes_late_is_taken_when_its_chain_holds(tmp_path):
    data = made(20) + made(3, categories=(246,)) + made(20)
    _, frames, rejects = read(tmp_path / "a", b"".join(data))
    assert [row[4] for row in frames] == data
    assert rejects.num_rows == 0


def test_a_file_cut_at_any_octet_gives_its_whole_blocks_and_rejects_the_rest(tmp_path):
    data = made(6, categories=(48, 34))
    whole = b"".join(data)
    ends = np.cumsum([len(one) for one in data])
    for size in range(len(data[0]), len(whole)):
        _, frames, rejects = read(tmp_path / "a", whole[:size])
        count = int(np.searchsorted(ends, size, side="right"))
        assert [row[4] for row in frames] == data[:count]
        assert every_octet(frames, rejects) == whole[:size]
        assert rejects.num_rows == (size not in ends)
        if rejects.num_rows:
            assert rejects["reason"][0].as_py().startswith("the file ends within a block")


def test_long_stretches_are_cut_into_rows(tmp_path):
    data = made(20)
    lost = b"\x00" * 150_000
    _, frames, rejects = read(tmp_path / "a", b"".join([*data, lost, *data]))
    assert len(frames) == 40
    assert [len(one) for one in rejects["octets"].to_pylist()] == [65_536, 65_536, 18_928]
    assert every_octet(frames, rejects) == b"".join([*data, lost, *data])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"t,lat,lon\n" + b"0,41.5,2.5\n" * 400, "no format is sure of this file"),
        (b'"name","value"\n' * 3000, "no format is sure of this file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "begins with 89 50 4e 47"),
        (b"\x00" * 5000, "no format is sure of this file"),
        (b"\xff" * 5000, "no format is sure of this file"),
        (bytes([48, 0, 62]) + b"\xff" * 20, "category 048 announces 62 octets, 23 are left"),
        (bytes([48, 0]), "within a block's header (2 of 3 octets)"),
        (bytes([48, 0, 2]) * 10, "no format is sure of this file"),
    ],
)
def test_what_is_no_asterix_is_told_with_place_and_remedy(tmp_path, data, said):
    path = tmp_path / "what.bin"
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        read_frames(path)
    assert said in str(caught.value)
    assert caught.value.offset == 0
    assert str(path) in str(caught.value)
    assert caught.value.remedy


@settings(deadline=None, max_examples=200)
@given(st.binary(min_size=200, max_size=3000))
def test_random_octets_are_hardly_ever_taken_for_asterix(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("noise") / "noise"
    path.write_bytes(data)
    try:
        recording = read_frames(path)
    except FormatError:
        return
    assert every_octet(rows_of(recording), recording.rejects()) == data


def test_no_file_a_folder_and_a_senseless_batch_are_told(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        read_frames(tmp_path / "nothing.ast")
    with pytest.raises(FormatError, match="not a file"):
        read_frames(tmp_path)
    with pytest.raises(UsageError, match="at least 1"):
        read_frames(tmp_path, batch=0)
