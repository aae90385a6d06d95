"""Recorders' files: blocks out, headers and trailers counted, times with a date.

The files are made up from descriptions of the formats; GPS and ORADIS also have a real sample.
"""

import datetime as dt
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recorders_by_hand as by_hand
from airshield.read import asterix, read_frames, recorders, replay_frames
from captures_by_hand import ethernet, ipv4, pcap, udp
from damage_by_hand import make_blocks
from frames_by_hand import T0_NS, rows_of

DAY = dt.date(2023, 5, 2)
DAY_NS = 1_682_985_600_000_000_000
BLOCKS = make_blocks(random.Random(3), 60, [48, 34])
PAIRS = [one + two for one, two in zip(BLOCKS[::2], BLOCKS[1::2], strict=True)]
NS = 1_000_000_000

MADE = {
    "final": (by_hand.final([(k / 4, pair) for k, pair in enumerate(PAIRS)]), PAIRS, 250_000_000),
    "ioss_seq": (
        by_hand.final([(k / 4, pair) for k, pair in enumerate(PAIRS)], number=70),
        PAIRS,
        250_000_000,
    ),
    "rff": (by_hand.rff([(250 * k, pair) for k, pair in enumerate(PAIRS)]), PAIRS, 250_000_000),
    "oradis": (by_hand.oradis([(k, one) for k, one in enumerate(BLOCKS)]), BLOCKS, 1_000_000),
    "gps": (by_hand.gps([(k / 2, one) for k, one in enumerate(BLOCKS)]), BLOCKS, 500_000_000),
}


def read(path, data, **options):
    path.write_bytes(data)
    recording = read_frames(path, **options)
    frames = rows_of(recording)
    rejects = recording.rejects()
    lost = sum(map(len, rejects["octets"].to_pylist()))
    assert recording.ledger.octets + recording.ledger.padding + lost == len(data)
    assert sum(recording.ledger.padding_kinds.values()) == recording.ledger.padding
    for _, _, _, offset, octets in frames:
        assert data[offset : offset + len(octets)] == octets
    return recording, frames, rejects


@pytest.mark.parametrize("name", MADE)
def test_a_recorder_is_told_by_its_content_and_gives_its_blocks(tmp_path, name):
    data, contents, step_ns = MADE[name]
    recording, frames, rejects = read(tmp_path / "a.bin", data, date=DAY)
    assert (recording.container, recording.format) == (name, "asterix")
    assert [row[4] for row in frames] == contents
    assert rejects.num_rows == 0
    begin_ns = T0_NS if name == "rff" else DAY_NS
    assert [row[1] for row in frames] == [begin_ns + k * step_ns for k in range(len(contents))]


@pytest.mark.parametrize("name", ["final", "ioss_seq", "oradis", "gps"])
def test_a_time_of_day_without_a_day_is_no_time(tmp_path, name):
    _, frames, _ = read(tmp_path / "a.bin", MADE[name][0])
    assert {row[1] for row in frames} == {None}


def test_a_start_in_words_that_nobody_knows_needs_a_date_too(tmp_path):
    data = by_hand.rff([(5, PAIRS[0]), (9, PAIRS[1])], begin="second of May")
    assert [row[1] for row in read(tmp_path / "a", data)[1]] == [None, None]
    _, frames, _ = read(tmp_path / "a", data, date=DAY)
    assert [row[1] for row in frames] == [DAY_NS + 5_000_000, DAY_NS + 9_000_000]


def test_midnight_passes(tmp_path):
    times = [86_399.5, 86_399.75, 0.25, 0.5]
    data = by_hand.final(list(zip(times, PAIRS, strict=False)))
    _, frames, _ = read(tmp_path / "a", data, date=DAY)
    heard = [(row[1] - DAY_NS) / NS for row in frames]
    assert heard == [86_399.5, 86_399.75, 86_400.25, 86_400.5]


def test_a_replay_hears_what_the_recorder_heard(tmp_path):
    path = tmp_path / "radar_20230502.ff"
    path.write_bytes(MADE["final"][0])
    replay = replay_frames(path)
    assert (replay.date, replay.date_basis) == (DAY, "file name")
    heard = [row[1] for row in rows_of(replay)]
    assert heard == [DAY_NS + k * 250_000_000 for k in range(len(PAIRS))]


@pytest.mark.parametrize("name", MADE)
@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32), batch=st.sampled_from([1, 1000]))
def test_records_around_damage_come_back(tmp_path_factory, name, seed, batch):
    data, contents, _ = MADE[name]
    chance = random.Random(seed)
    head = {"gps": 2200, "rff": 128}.get(name, 0)
    head += 2 * len(contents[0] + contents[1]) + 60
    begin = chance.randrange(head, len(data) - 100)
    spoilt = data[:begin] + chance.randbytes(chance.randrange(1, 60)) + data[begin + 40 :]
    path = tmp_path_factory.mktemp("damage") / "a"
    recording, frames, rejects = read(path, spoilt, batch=batch)
    assert recording.container == name
    given_ = [row[4] for row in frames]
    # The damage is in one or two records; what it leaves of a length may take a third.
    assert sum(content in given_ for content in contents) >= len(contents) - 4
    assert rejects.num_rows <= 3


@pytest.mark.parametrize("name", MADE)
def test_a_file_cut_anywhere_gives_its_whole_records(tmp_path, name):
    data, contents, _ = MADE[name]
    head = {"gps": 2200, "rff": 128}.get(name, 0)
    small = data[: head + len(b"".join(contents[:4])) + 80]
    for size in range(head + len(b"".join(contents[:3])) + 60, len(small)):
        _, frames, rejects = read(tmp_path / "a", small[:size])
        assert [row[4] for row in frames] == contents[: len(frames)]
        assert rejects.num_rows <= 1


def test_no_recorder_is_seen_in_noise_nor_in_raw_blocks():
    chance = random.Random(11)
    for size in (3, 50, 500, 5000, 65_536):
        for _ in range(20):
            assert recorders.sniff(chance.randbytes(size)) is None
    for seed in range(20):
        blocks = make_blocks(random.Random(seed), 30, [[48, 34], [62], [1], [21]][seed % 4])
        assert recorders.sniff(b"".join(blocks)) is None


def test_oradis_headers_inside_datagrams_come_off(tmp_path):
    payload = by_hand.oradis([(45_826_101, one) for one in BLOCKS[:3]])
    plain = BLOCKS[3] + BLOCKS[4]
    packets = [(T0_NS, ethernet(ipv4(udp(payload)))), (T0_NS + 1000, ethernet(ipv4(udp(plain))))]
    recording, frames, rejects = read(tmp_path / "a.pcap", pcap(packets))
    assert [row[4] for row in frames] == [*BLOCKS[:3], plain]
    assert [row[1] for row in frames] == [T0_NS] * 3 + [T0_NS + 1000]
    assert recording.ledger.padding_kinds["ORADIS headers"] == 18
    assert rejects.num_rows == 0


def test_the_samples_decode(shared_data):
    expected = {"parsegps.gps": ("gps", 15, {34, 48}), "cat_001_002.pcap": ("pcap", 6, {1, 2})}
    for name, (container, count, categories) in expected.items():
        recording = read_frames(shared_data / "asterix" / "croatia" / name)
        (frames,) = recording
        decoded = asterix.decode(frames)
        assert recording.container == container
        assert (frames.num_rows, recording.rejects().num_rows) == (count, 0)
        assert set(decoded.blocks) == categories
        assert decoded.rejects.num_rows == 0
