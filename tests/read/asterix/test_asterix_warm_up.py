"""After the warm-up nothing is left to compile, whatever comes."""

import random

from airshield.read import asterix
from airshield.read.asterix import _kernels
from reference import asterix_maker, asterix_walk

from .frames_of import frames_of


def test_nothing_is_compiled_after_the_warm_up():
    asterix.warm_up()
    kernels = {name: f for name, f in vars(_kernels).items() if hasattr(f, "signatures")}
    before = {name: list(f.signatures) for name, f in kernels.items()}
    for category, editions in asterix.editions().items():
        form = asterix_walk.read_form(category)
        rng = random.Random(category)
        block = asterix_maker.make_block(form, editions[-1], rng, records=2, fill=0.9)
        asterix.decode(frames_of(block, block[:-1]))
    assert {name: list(f.signatures) for name, f in kernels.items()} == before
    assert all(len(signatures) <= 1 for signatures in before.values())
