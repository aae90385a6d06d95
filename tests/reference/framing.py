"""Slow twins of the framing kernels: plain Python over bytes."""


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
