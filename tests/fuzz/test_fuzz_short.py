"""A short look, each time, at what ``tools/fuzz.py`` does for hours."""

import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from contracts import one_input as law

FUZZ = Path(__file__).parents[2] / "tools" / "fuzz.py"
INPUTS = 25


def damaged(seed, dice):
    """Bits flipped, pieces lost, doubled and put elsewhere; as the air and careless hands do."""
    octets = bytearray(seed)
    for _ in range(dice.randrange(1, 12)):
        at, size = dice.randrange(len(octets) + 1), dice.choice((1, 1, 4, 32))
        piece = octets[at : at + size]
        match dice.randrange(5):
            case 0:
                octets[at : at + size] = dice.randbytes(len(piece))
            case 1:
                del octets[at : at + size]
            case 2:
                octets[at:at] = piece * dice.randrange(1, 4)
            case 3:
                octets[at : at + size] = bytes([dice.choice((0, 0xFF, 0x1A, 0x0A, 0x22))]) * size
            case 4:
                to = dice.randrange(len(octets) + 1)
                octets[to : to + size] = piece
    return bytes(octets[: law.SHORT_OCTETS])


@pytest.mark.parametrize("name", law.targets())
def test_damaged_input_keeps_the_laws_of_reading(name, tmp_path):
    read, dice = law.target(name, tmp_path), random.Random(name)
    seeds = [seed[: law.SHORT_OCTETS] for seed in law.made_up(name)]
    for seed in seeds:
        read(seed)
    for _ in range(INPUTS):
        octets = damaged(dice.choice(seeds), dice)
        print(octets.hex())  # shown where the test fails
        law.timely_s(read, octets)


@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("name", ["spotter", "beast"])
def test_the_fuzzer_runs(name, tmp_path):
    command = [sys.executable, str(FUZZ), name, "--interpreted", "--made-up", "--inputs", "40"]
    run = subprocess.run(
        [*command, "--corpus", str(tmp_path / name), "--max-len", "512"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    assert "no crash, every octet accounted for" in run.stdout
