"""Compiled loops of framing: ASTERIX data blocks in a stream, packets in a capture.

A data block is a category octet, two octets of length (big endian, counting all of the block)
and records. There is no synchronisation mark: a stream is a chain in which each length leads to
the next category. A block is *whole* when its records, walked by some edition of its category,
end exactly where it ends; that is what tells a block from octets that look like one.

What a loop cannot know before more octets have come it calls ``OPEN``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel
from airshield.read.asterix._kernels import FAULT_TRUNCATED, read_bits, walk_record

U1 = NDArray[np.uint8]
U2 = NDArray[np.uint16]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
B1 = NDArray[np.bool_]

NO = 0
OPEN = -1
SURE = 3
"""Whole blocks in a row that are believed whatever else the octets could be."""

RECORDS_ENOUGH = 32
"""Records in a row after which a block is believed to be as long as it says. So many are no chance,
and blocks with more hardly exist; without an end to the walk, octets made so that every place
announces a long block would take time with the square of their number."""


class Forms(NamedTuple):
    """The editions of some categories: the integer tables of their specifications in one.

    ``of`` has the first edition of each category, and of the category after. ``roots`` are the
    nodes of an edition's profiles (-1: no more), ``selector`` is slot, bit, bits and first row of
    ``choices`` of the field that says which profile a record follows (slot -1: there is one).
    The others are as ``asterix._kernels`` has them. ``best`` is the edition of each category that
    fitted last and is tried first; it, ``marks``, ``slots`` and ``stack`` are room for the walk
    and say nothing about what comes out.
    """

    of: I8
    roots: I8
    selector: I8
    choices: I8
    nodes: I4
    kids: I4
    fixed: I8
    parts: I4
    best: I8
    marks: I8
    slots: U2
    stack: I8


@kernel
def whole_block(
    octets: U1,
    at: int,
    last: bool,
    of: I8,
    roots: I8,
    selector: I8,
    choices: I8,
    nodes: I4,
    kids: I4,
    fixed: I8,
    parts: I4,
    best: I8,
    marks: I8,
    slots: U2,
    stack: I8,
) -> int:
    """Tell whether a whole block begins here: where it ends, ``NO`` or ``OPEN``.

    After ``RECORDS_ENOUGH`` records its length is believed: the time that a place takes is bounded,
    whatever length it announces.
    """
    size = octets.size
    if at >= size:
        return NO if last else OPEN
    category = octets[at]
    begin, editions = of[category], of[category + 1] - of[category]
    if editions == 0:
        return NO
    if at + 3 > size:
        return NO if last else OPEN
    stop = at + int(octets[at + 1]) * 256 + int(octets[at + 2])
    if stop <= at + 3 or (stop > size and last):
        return NO
    limit = min(stop, size)
    answer = NO
    row = np.int64(0)  # a literal 0 would compile all of the walk a second time
    for turn in range(editions):
        # The edition that fitted last, then the others from the newest on.
        form = begin + best[category]
        if turn > 0:
            form = begin + turn - (1 if turn <= best[category] else 0)
        slot = selector[form, 0]
        pos = at + 3
        records = 0
        while pos < limit and records < RECORDS_ENOUGH:
            found = NO
            for profile in range(roots.shape[1]):
                root = roots[form, profile]
                if root < 0:
                    break
                if slot >= 0:
                    marks[slot], slots[0] = 0, 0
                found = walk_record(
                    octets, pos, limit, root, nodes, kids, fixed, parts,
                    marks, slots, row, stack, stack[stack.size - 4 :],
                )  # fmt: skip
                if slot >= 0:
                    marks[slot] = -1
                    if found > 0:
                        chosen = -1
                        if slots[0] > 0:
                            place = pos + int(slots[0])
                            value = read_bits(octets, place, selector[form, 1], selector[form, 2])
                            chosen = choices[selector[form, 3] + int(value)]
                        if chosen != profile:
                            found = NO
                if found > 0 or (found == -FAULT_TRUNCATED and limit < stop):
                    break
            if found <= 0:
                if found == -FAULT_TRUNCATED and limit < stop:
                    answer = OPEN
                break
            pos = found
            records += 1
        if records == RECORDS_ENOUGH:
            pos = limit
        if pos == stop:
            best[category] = form - begin
            return stop
        if pos == limit:
            answer = OPEN
    return answer


@kernel
def walk_blocks(
    octets: U1, at: int, last: bool, forms: Forms, begins: I8, count: int
) -> tuple[int, int, int]:
    """Note where whole blocks begin that touch, while there is room for them.

    Gives how many there are now, where that stopped, and why: ``NO``, ``OPEN``, or for want of
    room the end of the last.
    """
    of, roots, selector, choices = forms.of, forms.roots, forms.selector, forms.choices
    nodes, kids, fixed, parts = forms.nodes, forms.kids, forms.fixed, forms.parts
    best, marks, slots, stack = forms.best, forms.marks, forms.slots, forms.stack
    stop = at
    while count < begins.size:
        stop = whole_block(
            octets, at, last, of, roots, selector, choices, nodes, kids, fixed, parts,
            best, marks, slots, stack,
        )  # fmt: skip
        if stop <= 0:
            break
        begins[count] = at
        count += 1
        at = stop
    return count, at, stop


@kernel
def find_row(
    octets: U1,
    at: int,
    end: int,
    count: int,
    longest: int,
    most: int,
    last: bool,
    among: B1,
    forms: Forms,
) -> tuple[int, int, int]:
    """Find the first place in [at, end) from which more than ``count`` whole blocks follow.

    The first must be of some categories and of ``most`` octets at most. ``SURE`` of them are as
    good as any number, and so are any that lead to the end of the stream. They touch, except that
    once a block that is not whole may lie between, if its length leads to one or to the end. As
    many as ``count`` will do where the first is larger than ``longest``. Gives the place, where
    its first block ends, and how many there are (0 where any would do); or a place that cannot be
    judged yet and ``OPEN``; or ``end`` and ``NO``.
    """
    of, roots, selector, choices = forms.of, forms.roots, forms.selector, forms.choices
    nodes, kids, fixed, parts = forms.nodes, forms.kids, forms.fixed, forms.parts
    best, marks, slots, stack = forms.best, forms.marks, forms.slots, forms.stack
    size = octets.size
    while at < end:
        is_one = among[octets[at]]
        if is_one and at + 3 <= size:
            is_one = int(octets[at + 1]) * 256 + int(octets[at + 2]) <= most
        if is_one:
            first_stop, here, place, bridge = NO, 0, at, NO
            while here < SURE:
                stop = NO
                if here == 0 or place < size or not last:
                    stop = whole_block(
                        octets, place, last, of, roots, selector, choices, nodes, kids, fixed,
                        parts, best, marks, slots, stack,
                    )  # fmt: skip
                elif bridge == NO:
                    here = SURE
                    break
                if stop == NO and here > 0 and bridge == NO:
                    # The block after may be damaged inside: its length then leads on.
                    bridge = place + 3
                    if bridge <= size:
                        bridge = place + int(octets[place + 1]) * 256 + int(octets[place + 2])
                    if bridge >= size and not last:
                        stop = OPEN
                    elif bridge == size:
                        here = SURE
                        break
                    elif bridge < size and bridge >= place + 3:
                        place = bridge
                        continue
                if stop == OPEN:
                    return at, OPEN, 0
                if stop == NO:
                    break
                if here == 0:
                    first_stop = stop
                    if count == 0:
                        return at, stop, 0
                here += 1
                place = stop
            if here > count or (here == count and first_stop - at > longest):
                return at, first_stop, here
        at += 1
    return end, NO, 0


@kernel
def follow_headers(octets: U1, at: int, limit: int, known: B1, enough: int) -> tuple[int, int]:
    """Follow headers whose category is known; give how many there are and where that stopped.

    A header is right when its length is at least its own three octets and the block ends within
    ``limit``. Where a block might go on behind ``limit`` the place comes back as minus one.
    """
    count = 0
    while count < enough and at < limit:
        if not known[octets[at]]:
            break
        if at + 3 > limit:
            return count, OPEN
        length = int(octets[at + 1]) * 256 + int(octets[at + 2])
        if length < 3:
            break
        if at + length > limit:
            return count, OPEN
        count += 1
        at += length
    return count, at


@kernel
def find_headers(
    octets: U1, at: int, end: int, limit: int, known: B1, enough: int, last: bool
) -> tuple[int, int]:
    """Find the first place in [at, end) from which headers follow each other up to ``limit``.

    ``enough`` of them, or any number that leads to the very end of the stream. Gives the place,
    or minus one; and the first place that more octets might still make one, or ``end``.
    """
    first_open = end
    while at < end:
        if known[octets[at]]:
            count, stop = follow_headers(octets, at, limit, known, enough)
            if count == enough or (count > 0 and last and stop == octets.size):
                return at, first_open
            if stop in (OPEN, limit) and first_open == end:
                first_open = at
        at += 1
    return -1, first_open


UDP = 1
NOT_UDP = 0
ODD = -2
"""What a loop over packets leaves to the general path."""

PACKET_OCTETS_MAX = 1 << 18
"""libpcap's largest snapshot length for these link types: a longer packet is a damaged header."""


@kernel
def read_word(octets: U1, at: int, is_big: bool) -> int:
    """Unsigned integer of four octets in either order."""
    a, b, c, d = int(octets[at]), int(octets[at + 1]), int(octets[at + 2]), int(octets[at + 3])
    if is_big:
        return (a << 24) | (b << 16) | (c << 8) | d
    return (d << 24) | (c << 16) | (b << 8) | a


@kernel
def udp_payload(octets: U1, link: int, at: int, end: int) -> tuple[int, int, int]:
    """Find the payload of a packet that is as most are: unfragmented UDP, all of it there.

    Gives ``UDP`` and the payload's place; ``NOT_UDP``; or ``ODD`` where the general path must look.
    """
    # Ethernet, Linux cooked (two versions), BSD loopback (two), raw IP.
    if link == 1:
        header, kind_at = 14, 12
    elif link == 113:
        header, kind_at = 16, 14
    elif link == 276:
        header, kind_at = 20, 0
    elif link in (0, 108):
        header, kind_at = 4, -1
    else:
        header, kind_at = 0, -1
    if end - at < header + 20:
        return ODD, at, at
    kind = 0
    if kind_at >= 0:
        kind = int(octets[at + kind_at]) * 256 + int(octets[at + kind_at + 1])
    at += header
    while kind in (0x8100, 0x88A8, 0x9100) and end - at >= 4:
        kind = int(octets[at + 2]) * 256 + int(octets[at + 3])
        at += 4
    if end - at < 28:
        return ODD, at, at
    version = int(octets[at]) >> 4
    if kind_at < 0:
        kind = 0x0800 if version == 4 else (0x86DD if version == 6 else 0)
    if kind == 0x0800 and version == 4:
        if octets[at + 9] != 17:
            return (ODD if octets[at + 9] == 6 else NOT_UDP), at, at
        begin = at + (int(octets[at]) & 15) * 4
        stop = at + int(octets[at + 2]) * 256 + int(octets[at + 3])
        if begin < at + 20 or (octets[at + 6] & 0x3F) != 0 or octets[at + 7] != 0:
            return ODD, at, at
    elif kind == 0x86DD and version == 6:
        if end - at < 48 or octets[at + 6] != 17:
            return ODD, at, at
        begin = at + 40
        stop = begin + int(octets[at + 4]) * 256 + int(octets[at + 5])
    elif kind in (0x0800, 0x86DD):
        return ODD, at, at
    else:
        return NOT_UDP, at, at
    if begin + 8 > stop or stop > end:
        return ODD, at, at
    length = int(octets[begin + 4]) * 256 + int(octets[begin + 5])
    if length < 8 or begin + length > stop:
        return ODD, at, at
    return UDP, begin + 8, begin + length


@kernel
def walk_pcap(
    octets: U1,
    at: int,
    is_big: bool,
    ns_per_unit: int,
    link: int,
    first: I8,
    stop: I8,
    t_ns: I8,
    counts: I8,
) -> tuple[int, int]:
    """Walk the packets of a classic capture up to one that the general path must look at.

    ``counts`` adds up packets, packets without UDP and the octets of these. Gives how many payloads
    there are and where that stopped: at an odd packet, one that is not all there, or for want of
    room.
    """
    count = 0
    size = octets.size
    while count < first.size and at + 16 <= size:
        kept = read_word(octets, at + 8, is_big)
        end = at + 16 + kept
        if kept > PACKET_OCTETS_MAX or end > size:
            break
        code, begin, until = udp_payload(octets, link, at + 16, end)
        if code == ODD:
            break
        counts[0] += 1
        if code == UDP:
            first[count], stop[count] = begin, until
            seconds = read_word(octets, at, is_big)
            t_ns[count] = seconds * 1_000_000_000 + read_word(octets, at + 4, is_big) * ns_per_unit
            count += 1
        else:
            counts[1] += 1
            counts[2] += kept
        at = end
    return count, at


@kernel
def walk_pcapng(
    octets: U1,
    at: int,
    is_big: bool,
    interfaces: I8,
    first: I8,
    stop: I8,
    t_ns: I8,
    counts: I8,
) -> tuple[int, int]:
    """Walk the enhanced packets of a pcapng section; as ``walk_pcap``.

    ``interfaces`` has a row each for link type, ticks per second and offset in seconds.
    """
    count = 0
    size = octets.size
    while count < first.size and at + 32 <= size:
        length = read_word(octets, at + 4, is_big)
        number = read_word(octets, at + 8, is_big)
        kept = read_word(octets, at + 20, is_big)
        if read_word(octets, at, is_big) != 6 or length < 32 or length % 4 != 0:
            break
        if at + length > size or 28 + kept > length - 4 or number >= interfaces.shape[0]:
            break
        if read_word(octets, at + length - 4, is_big) != length:
            break
        ticks_per_s = interfaces[number, 1]
        high = read_word(octets, at + 12, is_big)
        code, begin, until = udp_payload(octets, interfaces[number, 0], at + 28, at + 28 + kept)
        if code == ODD or ticks_per_s == 0 or high >= 1 << 31:
            break
        ticks = (high << 32) | read_word(octets, at + 16, is_big)
        seconds, rest = ticks // ticks_per_s, ticks % ticks_per_s
        if seconds >= 1 << 33:
            break
        counts[0] += 1
        if code == UDP:
            first[count], stop[count] = begin, until
            whole = seconds + interfaces[number, 2]
            t_ns[count] = whole * 1_000_000_000 + rest * 1_000_000_000 // ticks_per_s
            count += 1
        else:
            counts[1] += 1
            counts[2] += kept
        at += length
    return count, at


@kernel
def cut_oradis(octets: U1, first: I8, stop: I8, row: I8, begins: I8) -> int:
    """Cut payloads into the blocks that have ORADIS headers; one without is a piece as it is.

    The header has the octets of itself and the block (two octets), then the time (four). All of
    a payload must be such blocks. ``row`` says which payload a piece is of, ``begins`` where it
    begins. Gives how many pieces there are; minus that where any is cut.
    """
    n = 0
    is_cut = False
    for i in range(first.size):
        at, count = first[i], 0
        while stop[i] - at >= 9:
            length = int(octets[at]) * 256 + int(octets[at + 1])
            inner = int(octets[at + 7]) * 256 + int(octets[at + 8])
            if length > stop[i] - at or inner < 3 or inner != length - 6:
                break
            if n + count < begins.size:
                begins[n + count], row[n + count] = at + 6, i
            count += 1
            at += length
        if count > 0 and at == stop[i]:
            is_cut = True
        else:
            count = 1
            if n < begins.size:
                begins[n], row[n] = first[i], i
        n += count
    return -n if is_cut else n
