"""Recorded registers read as other decoders read them, and are guessed right."""

import gzip
import itertools
import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from airshield.read import asterix, read_frames, registers
from airshield.read.registers import REGISTERS
from reference import register_oracle as oracle

EVERY = 23


@pytest.fixture(scope="module")
def radar(barcelona_048):
    """Words, numbers and altitudes of all registers that the radar extracted."""
    frames = pa.concat_tables(list(read_frames(barcelona_048)))
    columns = ["i250_mbdata", "i250_bds1", "i250_bds2", "i090_fl"]
    found = asterix.decode(frames, columns=columns).tables.values()
    records = pa.concat_tables(found).combine_chunks()
    lists = [records[name].chunk(0) for name in columns[:3]]
    words, numbers, owner = registers.flatten_lists(*lists)
    return words, numbers, 100.0 * records["i090_fl"].to_numpy(zero_copy_only=False)[owner]


@pytest.fixture(scope="module")
def receiver(shared_data):
    """Some of the Comm-B replies that a receiver kept: frames in hex, words and altitudes."""
    frames, alts = [], []
    with gzip.open(shared_data / "adsb" / "lfbo_jet1090_71939.jsonl.gz", "rt") as lines:
        for line in itertools.islice(lines, 0, None, 11):
            row = json.loads(line)
            if row["df"] in ("20", "21"):
                frames.append(row["frame"])
                alts.append(row.get("altitude", np.nan))
    return frames, np.array([int(f[8:22], 16) for f in frames], np.uint64), np.array(alts, float)


def own_values(table):
    """For each row the values of its own register, by names without the register."""
    for row in table.to_pylist():
        fields = REGISTERS[row["bds"]].fields if row["bds"] in REGISTERS else ()
        yield row, {f.name: row[f"bds{row['bds']:02x}_{f.name}"] for f in fields}


def strange(bds, ours, theirs, names):
    """Values that differ for a reason that docs/registers.md does not tell."""
    return [
        (f"{bds:02x}", column, ours[column], theirs.get(name))
        for name, column in names.items()
        if oracle.differs(column, ours[column], theirs.get(name))
        and not oracle.is_known_difference(column, ours[column], theirs.get(name))
    ]


def assert_like_the_others(python, table, words, frames):
    answers = oracle.comm_b(python, words, table["bds"].fill_null(0).to_pylist(), frames)
    compared = Counter()
    for (row, ours), (told, _, other) in zip(own_values(table), answers, strict=True):
        bds = row["bds"]
        if row["bds_fault"] is not None or bds is None:
            continue
        assert strange(bds, ours, told, oracle.PYMODES.get(bds, {})) == []
        reading = other.get(f"bds{bds:02x}")
        if reading is not None and bds in oracle.RS1090:
            assert strange(bds, ours, reading, oracle.RS1090[bds]) == []
            compared["rs1090"] += 1
        compared["pyModeS"] += 1
    return compared


def test_registers_of_a_radar_read_as_others_read_them(radar, peer_python):
    words, numbers, alt_ft = (column[::EVERY] for column in radar)
    alts = [None if np.isnan(a) else a for a in alt_ft.tolist()]
    frames = [oracle.frame_of(w, a) for w, a in zip(words.tolist(), alts, strict=True)]
    table = registers.decode_registers(words, numbers)
    seen = assert_like_the_others(peer_python("adsb"), table, words.tolist(), frames)
    assert seen["pyModeS"] > 1900
    assert seen["rs1090"] > 1600


def test_registers_of_a_receiver_read_as_others_read_them(receiver, peer_python):
    frames, words, alt_ft = receiver
    table = registers.decode_registers(words, alt_ft=alt_ft)
    seen = assert_like_the_others(peer_python("adsb"), table, words.tolist(), frames)
    assert seen["pyModeS"] > 3300
    assert seen["rs1090"] > 3300


def test_registers_of_a_radar_read_as_asterix_decoder_reads_them(radar, barcelona_048, peer_python):
    words, numbers, _ = radar
    found = oracle.asterix_decoder(peer_python("asterix"), barcelona_048.read_bytes())
    theirs = list(itertools.chain(*found))[::EVERY]
    table = registers.decode_registers(words[::EVERY], numbers[::EVERY])
    compared = 0
    for (row, ours), other in zip(own_values(table), theirs, strict=True):
        bds = row["bds"]
        if bds not in oracle.DECODER:
            continue
        values = oracle.decoder_values(bds, other)
        if values.get("baro_setting_hpa") is not None:
            values["baro_setting_hpa"] += 800.0
        for name in ("track_true_deg", "heading_mag_deg"):
            if values.get(name) is not None:
                values[name] %= 360.0
        assert strange(bds, ours, values, {name: name for name in values}) == []
        compared += 1
    assert compared > 1800


@pytest.mark.parametrize("with_altitude", [False, True])
def test_registers_are_named_right_or_not_at_all(radar, with_altitude):
    words, numbers, alt_ft = radar
    guess = registers.infer_bds(words, alt_ft=alt_ft if with_altitude else None)
    known = np.isin(numbers, list(REGISTERS))
    right = (guess == numbers)[known]
    wrong = ~right & (guess != 0)[known]
    assert right.mean() > 0.985
    assert wrong.sum() == 0


def test_what_a_receiver_heard_is_named_as_rs1090_names_it(receiver, peer_python):
    frames, words, alt_ft = receiver
    guess = registers.infer_bds(words, alt_ft=alt_ft)
    answers = oracle.comm_b(peer_python("adsb"), words.tolist(), [0] * words.size, frames)
    both = 0
    for ours, (_, _, found) in zip(guess.tolist(), answers, strict=True):
        theirs = {int(name[3:], 16) for name in found} & REGISTERS.keys()
        if ours and len(theirs) == 1:
            assert theirs == {ours}
            both += 1
    assert both > 3300
    assert np.count_nonzero(guess) / np.count_nonzero(words) > 0.98
