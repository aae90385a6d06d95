"""Streams of data blocks, damaged in known places, for tests of framing."""

from dataclasses import dataclass
from functools import lru_cache

from reference.asterix_maker import make_block
from reference.asterix_walk import read_form

EDITIONS = {
    1: "1.2",
    10: "1.1",
    20: "1.9",
    21: "2.1",
    34: "1.27",
    48: "1.27",
    62: "1.18",
    65: "1.4",
}
"""Categories as a radar, a surface system and a tracker send them; not always the newest."""

DAMAGES = ("records", "length", "category", "cut", "random", "alike")


def make_blocks(chance, count, categories):
    """Blocks of random records, spare bits zero as real ones have them."""
    out = []
    for _ in range(count):
        category = chance.choice(categories)
        records = chance.choice([1, 1, 1, 2, 5])
        form, edition = form_of(category), EDITIONS[category]
        out.append(make_block(form, edition, chance, records=records, tidy=True, fill=0.4))
    return out


@lru_cache(maxsize=256)
def form_of(category):
    """The specification of a category, None if there is none."""
    try:
        return read_form(category)
    except FileNotFoundError:
        return None


@dataclass
class Damaged:
    """A stream, where its undamaged blocks are, and which octets damage has touched."""

    octets: bytes
    good: list[tuple[int, int]]


def damage(chance, blocks, damages):
    """Damage some blocks; ``damages`` are pairs of a block's number and what befalls it."""
    out, good = b"", []
    befallen = {}
    for number, what in damages:
        befallen.setdefault(number, []).append(what)
    for number, block in enumerate(blocks):
        one, spoilt = bytearray(block), False
        for what in befallen.get(number, []):
            if what in ("random", "alike"):
                out += garbage(chance, blocks, what)
                continue
            spoilt = True
            spoil(chance, one, what)
        if not spoilt:
            good.append((len(out), len(out) + len(one)))
        out += bytes(one)
    return Damaged(out, good)


def spoil(chance, block, what):
    """Damage one block in place; what it was before never comes back."""
    before = bytes(block)
    while block and bytes(block) == before:
        if what == "cut" or len(block) < 4:
            begin = chance.randrange(len(block))
            del block[begin : begin + chance.randrange(1, len(block) + 1)]
            return
        begin, end = {"records": (3, len(block)), "length": (1, 3), "category": (0, 1)}[what]
        for _ in range(chance.choice([1, 1, 1, 3])):
            block[chance.randrange(begin, end)] ^= 1 << chance.randrange(8)


def garbage(chance, blocks, what):
    """Octets that no block was: noise, or pieces of blocks and headers without their blocks."""
    if what == "random":
        return chance.randbytes(chance.randrange(1, 200))
    other = chance.choice(blocks)
    begin = chance.randrange(1, len(other))
    piece = other[begin : begin + chance.randrange(1, 100)]
    return piece + other[:3] if chance.random() < 0.5 else piece
