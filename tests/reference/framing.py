"""Slow twins of the framing kernels: plain Python over bytes."""


def header_end(data, at, known):
    """Give the end of the block that begins here, None if none does."""
    if at + 3 > len(data) or not known[data[at]]:
        return None
    length = int.from_bytes(data[at + 1 : at + 3], "big")
    return at + length if length >= 3 and at + length <= len(data) else None


def walk_blocks(data, at, known, room):
    """Give up to ``room`` begins of blocks that follow each other, and where that ends."""
    begins = []
    while len(begins) < room and (end := header_end(data, at, known)) is not None:
        begins.append(at)
        at = end
    return begins, at


def find_chain(data, at, end, known, enough):
    """Give the first place in [at, end) with enough blocks in a row, or blocks to the very end."""
    for place in range(at, end):
        begins, stop = walk_blocks(data, place, known, enough)
        if len(begins) >= enough or (begins and stop == len(data)):
            return place
    return end
