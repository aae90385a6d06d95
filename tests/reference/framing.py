"""Slow twins of the framing kernels: plain Python over bytes."""

from functools import lru_cache

from reference.asterix_walk import read_form, walk_block


@lru_cache(maxsize=256)
def _form(category):
    try:
        return read_form(category)
    except FileNotFoundError:
        return None


def whole_end(data, at):
    """Give the end of the block here if some edition walks its records to its end, else None.

    Thirty-two records are as good as all.
    """
    form = _form(data[at]) if at + 3 < len(data) else None
    if form is None:
        return None
    block = data[at : at + int.from_bytes(data[at + 1 : at + 3], "big")]
    if len(block) <= 3 or len(block) != int.from_bytes(data[at + 1 : at + 3], "big"):
        return None
    for edition in form["editions"]:
        records, wrong = walk_block(form, edition, block)
        if wrong is None or len(records) >= 32:
            return at + len(block)
    return None


def walk_whole(data, at):
    """Give the begins of whole blocks that touch, and where that ends."""
    begins = []
    while (end := whole_end(data, at)) is not None:
        begins.append(at)
        at = end
    return begins, at


def row_length(data, at):
    """Count whole blocks from here, 3 at most, stepping once over one that only leads on."""
    count, stepped = 0, False
    while count < 3:
        if count and at == len(data):
            return count if stepped else 3
        end = whole_end(data, at)
        if end is not None:
            count, at = count + 1, end
            continue
        length = int.from_bytes(data[at + 1 : at + 3], "big") if at + 3 <= len(data) else 0
        if not count or stepped or length < 3 or at + length > len(data):
            return count
        if at + length == len(data):
            return 3
        stepped, at = True, at + length
    return count


def oradis_blocks(payload):
    """Give the blocks of a payload in which each has an ORADIS header; None of another."""
    out = []
    while payload:
        size = int.from_bytes(payload[:2], "big")
        block = payload[6:size]
        if size < 9 or size > len(payload) or int.from_bytes(block[1:3], "big") != len(block):
            return None
        out.append(block)
        payload = payload[size:]
    return out or None


def header_end(data, at, known):
    """Give the end of the block that begins here, None if none does, -1 if the octets end."""
    if at >= len(data) or not known[data[at]]:
        return None
    if at + 3 > len(data):
        return -1
    length = int.from_bytes(data[at + 1 : at + 3], "big")
    if length < 3:
        return None
    return at + length if at + length <= len(data) else -1


def follow_headers(data, at, known, room):
    """Count up to ``room`` blocks that follow each other, and tell where that ends."""
    count = 0
    while count < room and (end := header_end(data, at, known)) is not None:
        if end == -1:
            return count, -1
        count, at = count + 1, end
    return count, at


def find_headers(data, at, known, enough, last):
    """Give the first place with enough blocks in a row, and the first that might become one."""
    first_open = len(data)
    for place in range(at, len(data)):
        count, stop = follow_headers(data, place, known, enough)
        if count == enough or (count and last and stop == len(data)):
            return place, first_open
        if known[data[place]] and stop in (-1, len(data)):
            first_open = min(first_open, place)
    return -1, first_open
