"""The compiled loops of the ASTERIX encoder: the mirror of the decoder's.

The decoder notes where each slot of each record lies and gathers a column from there; here the
sizes of the items say where each slot will lie, and ``scatter_`` loops write a column into it. All
work on one batch of records: ``size`` is what an item takes in each record (0 where it is not
there), ``pos`` the octet of the batch at which it will lie (-1 where it is not there).

The octets come in zeroed and bits are only ever set, so fields of one octet need no order. A
scatter loop stops at the first value that does not fit and returns its place, or -1: the plain
encoder then says what is wrong with that row.
"""

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

U1 = NDArray[np.uint8]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]


@kernel
def write_bits(octets: U1, first: int, bit: int, bits: int, value: np.uint64) -> None:
    """Set a big-endian integer of up to 64 bits that starts ``bit`` bits after an octet."""
    pos = first + (bit >> 3)
    left = (bit & 7) + bits - 8
    if left <= 0:
        octets[pos] |= np.uint8(value << np.uint64(-left))
        return
    octets[pos] |= np.uint8(value >> np.uint64(left))
    while left >= 8:
        left -= 8
        pos += 1
        octets[pos] |= np.uint8((value >> np.uint64(left)) & np.uint64(0xFF))
    if left > 0:
        octets[pos + 1] |= np.uint8((value << np.uint64(8 - left)) & np.uint64(0xFF))


@kernel
def add_member(size: I4, frn: int, total: I4, last: I4) -> None:
    """Count a member into its compound: octets, and the last one that is there."""
    for i in range(size.size):
        if size[i] > 0:
            total[i] += size[i]
            last[i] = frn


@kernel
def begin_compound(pos: I4, last: I4, fixed: int, octets: U1, after: I4) -> None:
    """Chain the octets of a field specification; ``after`` is where the first member lies.

    ``fixed`` is the octets of a specification of fixed length, which has no FX bits, or 0.
    """
    for i in range(pos.size):
        after[i] = pos[i]
        if pos[i] >= 0:
            more = last[i] // 7
            if fixed > 0:
                after[i] += fixed
            else:
                after[i] += more + 1
                for k in range(more):
                    octets[pos[i] + k] |= np.uint8(1)


@kernel
def place_member(size: I4, frn: int, width: int, fspec: I4, octets: U1, after: I4, pos: I4) -> None:
    """Set a member's bit and give it the next place; ``width`` is members to an octet."""
    at = frn // width
    flag = np.uint8(0x80 >> (frn % width))
    for i in range(size.size):
        pos[i] = -1
        if size[i] > 0:
            octets[fspec[i] + at] |= flag
            pos[i] = after[i]
            after[i] += size[i]


@kernel
def keep_said(pos: I4, said: U1, out: I4) -> None:
    """Places of a slot where a column has something to say."""
    for i in range(pos.size):
        out[i] = pos[i] if said[i] != 0 else -1


@kernel
def spread_repeats(pos: I4, said: U1, offsets: I8, head: int, stride: int, out: I4) -> None:
    """Place of every entry of a list column; ``out`` comes in as -1."""
    for i in range(pos.size):
        if pos[i] >= 0 and said[i] != 0:
            at = pos[i] + head
            for k in range(offsets[i], offsets[i + 1]):
                out[k] = at
                at += stride


@kernel
def chain_repeats(pos: I4, count: I4, stride: int, octets: U1) -> None:
    """Set the FX bit of every repetition but the last."""
    for i in range(pos.size):
        if pos[i] >= 0:
            for k in range(1, count[i]):
                octets[pos[i] + k * stride - 1] |= np.uint8(1)


@kernel
def scatter_ones(pos: I4, bit: int, bits: int, value: int, octets: U1) -> None:
    """Write the same number at every place."""
    for i in range(pos.size):
        if pos[i] >= 0:
            write_bits(octets, pos[i], bit, bits, np.uint64(value))


@kernel
def scatter_codes(values: U1, pos: I4, bit: int, bits: int, octets: U1) -> int:
    """Write numbers that lie within one octet: most columns are flags and codes."""
    first = bit >> 3
    shift = 8 - (bit & 7) - bits
    high = (1 << bits) - 1
    for i in range(pos.size):
        if pos[i] >= 0:
            value = int(values[i])
            if value > high:
                return i
            octets[pos[i] + first] |= np.uint8(value << shift)
    return -1


@kernel
def scatter_integers(
    values: I8, pos: I4, bit: int, bits: int, low: int, high: int, octets: U1
) -> int:
    """Write whole numbers from ``low`` to ``high`` as two's complement."""
    mask = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - bits)
    for i in range(pos.size):
        if pos[i] >= 0:
            if values[i] < low or values[i] > high:
                return i
            write_bits(octets, pos[i], bit, bits, np.uint64(values[i]) & mask)
    return -1


@kernel
def scatter_quantities(
    values: F8, pos: I4, bit: int, bits: int, lsb: float, low: float, high: float, octets: U1
) -> int:
    """Write quantities as the nearest multiple of ``lsb``, the even one where two are as near."""
    mask = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - bits)
    for i in range(pos.size):
        if pos[i] >= 0:
            number = np.rint(values[i] / lsb)
            if not low <= number <= high:
                return i
            write_bits(octets, pos[i], bit, bits, np.uint64(np.int64(number)) & mask)
    return -1


@kernel
def scatter_text(
    text: U1, offsets: I8, pos: I4, bit: int, bits: int, width: int, octets: U1
) -> int:
    """Write UTF-8 as characters of 3 (octal), 6 (ICAO) or 8 bits.

    Short text is filled with spaces behind, octal text with zeros before.
    """
    letters = bits // width
    fill = 48 if width == 3 else 32
    for i in range(pos.size):
        if pos[i] < 0:
            continue
        at, end = offsets[i], offsets[i + 1]
        missing = letters
        for k in range(at, end):
            if int(text[k]) & 0xC0 != 0x80:
                missing -= 1
        if missing < 0:
            return i
        value = np.uint64(0)
        for k in range(letters):
            code = fill
            if at < end and (width != 3 or k >= missing):
                code = int(text[at])
                at += 1
                if code >= 0x80:
                    # Two octets of UTF-8 that begin with C2 or C3 are U+0080 to U+00FF.
                    if code > 0xC3:
                        return i
                    code = (code & 3) << 6 | (int(text[at]) & 0x3F)
                    at += 1
            if width == 3:
                code -= 48
                if code < 0 or code > 7:
                    return i
            elif width == 6:
                if code < 32 or code > 95:
                    return i
                code &= 0x3F
            value = value << np.uint64(width) | np.uint64(code)
            if k & 7 == 7 or k == letters - 1:
                held = ((k & 7) + 1) * width
                write_bits(octets, pos[i], bit + (k + 1) * width - held, held, value)
                value = np.uint64(0)
    return -1


@kernel
def scatter_octets(data: U1, offsets: I8, pos: I4, exactly: int, octets: U1) -> int:
    """Write runs of octets, of one length unless ``exactly`` is negative."""
    for i in range(pos.size):
        if pos[i] >= 0:
            length = offsets[i + 1] - offsets[i]
            if exactly >= 0 and length != exactly:
                return i
            for k in range(length):
                octets[pos[i] + k] |= data[offsets[i] + k]
    return -1


@kernel
def group_records(size: I8, together: U1, most: int, longest: int, rows: I8) -> int:
    """First row of every block: as long as rows go together and the block has room."""
    blocks = 0
    length = 0
    count = 0
    for i in range(size.size):
        if i == 0 or together[i] == 0 or count == most or length + size[i] > longest:
            rows[blocks] = i
            blocks += 1
            length = 3
            count = 0
        length += size[i]
        count += 1
    rows[blocks] = size.size
    return blocks


@kernel
def write_blocks(category: int, records: U1, first: I8, rows: I8, starts: I8, octets: U1) -> None:
    """Put records behind the headers of their blocks; ``first`` is where each record starts."""
    for b in range(rows.size - 1):
        at = starts[b]
        length = starts[b + 1] - at
        octets[at] = category
        octets[at + 1], octets[at + 2] = length >> 8, length & 0xFF
        # Views, so that the compiler knows both indices and copies many octets at once.
        whence = records[first[rows[b]] : first[rows[b + 1]]]
        where = octets[at + 3 : starts[b + 1]]
        for k in range(whence.size):
            where[k] = whence[k]
