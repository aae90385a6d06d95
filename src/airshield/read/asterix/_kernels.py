"""The compiled loops of the ASTERIX decoder.

Three steps, each over all frames at once. ``split_blocks`` cuts frames into data blocks by their
length octets. ``walk_blocks`` steps through the records of one category's blocks and notes where
each *slot* lies: a slot is a run of octets whose inner layout is fixed, such as a fixed item, one
part of an extended item, or the first octet of a repetitive one. The ``place_`` and ``gather_``
loops then turn one slot and one bit range of it into one column.

The walk is driven by integer tables that ``spec.py`` makes. A row of ``nodes`` is
``(op, slot, a, b, c)``:

==============  ===================  ==========================  ==================================
op              a                    b                           c
==============  ===================  ==========================  ==================================
OP_FIXED        octets
OP_EXTENDED     first row of parts   number of parts
OP_REPEAT       octets of the count  octets of one repetition
OP_REPEAT_FX                         octets of one repetition
OP_EXPLICIT     its first slot       its last slot + 1           the compound within, or -1
OP_COMPOUND     first row of kids    octets of its FSPEC (most)  FSPEC_FX or FSPEC_FIXED
OP_RFS          first row of kids    highest FRN                 FSPEC_RANDOM
==============  ===================  ==========================  ==================================

``kids`` holds a node, or -1 where the specification has none, for every bit that the longest FSPEC
can hold. Most items are fixed: ``fixed`` has, for each of ``kids``, the octets of such an item
(else 0) and where its slot is noted (else -1), so that a run of them is stepped over without
looking at nodes. ``parts`` holds twice the octets of a part, plus one when it ends in an FX bit.

No loop reads past the ``limit`` it is given, whatever the octets say.
"""

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

U1 = NDArray[np.uint8]
U2 = NDArray[np.uint16]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]

OP_FIXED = 0
OP_EXTENDED = 1
OP_REPEAT = 2
OP_REPEAT_FX = 3
OP_EXPLICIT = 4
OP_COMPOUND = 5
OP_RFS = 6

FSPEC_FX = 0
FSPEC_FIXED = 1
FSPEC_RANDOM = 2

FAULT_TRUNCATED = 1
FAULT_FSPEC_LONG = 2
FAULT_FSPEC_EMPTY = 3
FAULT_NO_SUCH_ITEM = 4
FAULT_ENDLESS = 5
FAULT_LENGTH_ZERO = 6
FAULT_NO_PROFILE = 7
FAULT_EXPANSION = 8
FAULT_BLOCK_SHORT = 9
FAULT_BLOCK_LONG = 10
FAULT_LEFTOVER = 11

STACK_SIZE = 8 * 5 + 4
"""Record, random fields, expansion, compound and one to spare; then what a walk tells."""

_LEADING = np.array([8 - int(octet).bit_length() for octet in range(256)], dtype=np.int64)
"""Zero bits before the first set bit of an octet."""


@kernel
def split_blocks(
    octets: U1,
    frame_first: I8,
    category: U1,
    frame: I8,
    start: I8,
    stop: I8,
    fault: I8,
    fault_at: I8,
) -> int:
    """Cut frames into data blocks; return how many there are, also beyond the arrays' room."""
    n = 0
    for f in range(frame_first.size - 1):
        pos = frame_first[f]
        end = frame_first[f + 1]
        while pos < end:
            if end - pos < 3:
                fault[f], fault_at[f] = FAULT_LEFTOVER, pos
                break
            length = int(octets[pos + 1]) * 256 + int(octets[pos + 2])
            if length < 3:
                fault[f], fault_at[f] = FAULT_BLOCK_SHORT, pos
                break
            if length > end - pos:
                fault[f], fault_at[f] = FAULT_BLOCK_LONG, pos
                break
            if n < category.size:
                category[n], frame[n] = octets[pos], f
                start[n], stop[n] = pos + 3, pos + length
            n += 1
            pos += length
    return n


@kernel
def read_bits(octets: U1, first: int, bit: int, bits: int) -> np.uint64:
    """Big-endian unsigned integer of up to 64 bits that starts ``bit`` bits after an octet."""
    pos = first + (bit >> 3)
    lead = bit & 7
    left = bits - (8 - lead)
    value = np.uint64(int(octets[pos]) & (0xFF >> lead))
    if left < 0:
        return value >> np.uint64(-left)
    while left >= 8:
        pos += 1
        value = (value << np.uint64(8)) | np.uint64(octets[pos])
        left -= 8
    if left > 0:
        pos += 1
        value = (value << np.uint64(left)) | np.uint64(int(octets[pos]) >> (8 - left))
    return value


@kernel
def read_octets(octets: U1, first: int, span: int) -> np.int64:
    """Big-endian unsigned integer of 1 to 7 whole octets."""
    value = np.int64(octets[first])
    for k in range(1, span):
        value = (value << 8) | np.int64(octets[first + k])
    return value


@kernel
def walk_record(
    octets: U1,
    first: int,
    limit: int,
    root: int,
    nodes: I4,
    kids: I4,
    fixed: I8,
    parts: I4,
    marks: I8,
    slots: U2,
    r: int | np.int64,
    stack: I8,
    told: I8,
) -> int:
    """Step through one record and note its slots; return where it ends, or minus a fault.

    ``marks`` says where the noted slots of record 0 are in ``slots``, -1 for those nobody asked
    for. ``told`` comes back with the node at fault, the FRN where the node has no such member, and
    the node of an expansion field that is not as its specification (or -1). Such a field is
    stepped over by its own length and leaves no slots but its own: the record is good without it.
    """
    told[1], told[2] = 0, -1
    pos = first
    end = limit
    level = -1
    enter = root
    # The field specification being read: its compound's node, the kid of its first bit, the FRN of
    # the first bit of the current octet, the bits left of that octet, where it and the last are.
    owner, base, index, bits, fspec, fspec_end = root, 0, 0, 0, 0, 0
    kind = FSPEC_FX
    expansion, expansion_level, rfs_level = -1, -1, -1
    seen = 0
    muted = False
    while True:
        fault = 0
        leave = False
        node = owner
        if enter >= 0:
            if level >= 0:
                top = level * 8
                stack[top], stack[top + 1], stack[top + 2] = owner, base, index
                stack[top + 3], stack[top + 4], stack[top + 5] = bits, fspec, fspec_end
                stack[top + 6] = kind
            level += 1
            node = enter
            enter = -1
            owner, base, kind = node, nodes[node, 2], nodes[node, 4]
            index, bits, fspec, fspec_end = -7, 0, pos - 1, pos
            if kind == FSPEC_RANDOM:
                rfs_level = level
                bits = int(octets[pos - 1])
            elif kind == FSPEC_FIXED:
                index = -8
                fspec_end = pos + nodes[node, 3]
                if fspec_end > end:
                    fault = FAULT_TRUNCATED
            else:
                flags = 0
                octet = 1
                while octet & 1 == 1:
                    if fspec_end >= end:
                        fault = FAULT_TRUNCATED
                        break
                    if fspec_end - pos == nodes[node, 3]:
                        fault = FAULT_FSPEC_LONG
                        break
                    octet = int(octets[fspec_end])
                    flags |= octet & 0xFE
                    fspec_end += 1
                if fault == 0 and level == 0 and flags == 0:
                    fault = FAULT_FSPEC_EMPTY
            pos = fspec_end
        elif bits == 0 and kind != FSPEC_RANDOM and fspec + 1 < fspec_end:
            fspec += 1
            bits = int(octets[fspec])
            index += 8
            if kind == FSPEC_FX:
                bits &= 0xFE
                index -= 1
        elif bits == 0:
            if level == 0:
                return pos
            if level == expansion_level and pos != end:
                fault = FAULT_EXPANSION
            elif level == rfs_level:
                mark = marks[nodes[owner, 1] + 1]
                if mark >= 0:
                    slots[mark + r] = pos - first
                rfs_level = -1
            leave = True
        else:
            if kind != FSPEC_RANDOM:
                while bits != 0:
                    frn = index + _LEADING[bits]
                    size = fixed[0, base + frn]
                    if size == 0 or pos + size > end:
                        break
                    mark = fixed[1, base + frn]
                    if mark >= 0 and not muted:
                        slots[mark + r] = pos - first
                    if level == 0:
                        seen |= 1 << frn
                    pos += size
                    bits ^= 0x80 >> _LEADING[bits]
                if bits == 0:
                    continue
            if kind == FSPEC_RANDOM:
                bits -= 1
                if pos < end:
                    frn = int(octets[pos]) - 1
                    pos += 1
                else:
                    frn = -1
                    fault = FAULT_TRUNCATED
                if frn >= nodes[owner, 3]:
                    frn = -1
            else:
                lead = _LEADING[bits]
                bits ^= 0x80 >> lead
                frn = index + lead
            kid = kids[base + frn] if frn >= 0 else -1
            if kid < 0 or (kind == FSPEC_RANDOM and nodes[kid, 0] == OP_RFS):
                told[1] = frn + 1
                if fault == 0:
                    fault = FAULT_NO_SUCH_ITEM
            else:
                node = kid
                if level == 0 or kind == FSPEC_RANDOM:
                    # A random field repeats an item that is there already: the first one counts.
                    muted = kind == FSPEC_RANDOM and (seen >> frn) & 1 == 1
                    seen |= 1 << frn
                op = nodes[node, 0]
                size = 0
                if op == OP_FIXED:
                    size = nodes[node, 2]
                elif op == OP_COMPOUND:
                    enter = node
                elif op == OP_EXTENDED:
                    for j in range(nodes[node, 3]):
                        part = parts[nodes[node, 2] + j]
                        pos += part >> 1
                        if pos > end:
                            fault = FAULT_TRUNCATED
                            break
                        mark = marks[nodes[node, 1] + j]
                        if mark >= 0 and not muted:
                            slots[mark + r] = pos - (part >> 1) - first
                        if part & 1 == 1:
                            if int(octets[pos - 1]) & 1 == 0:
                                break
                            if j == nodes[node, 3] - 1:
                                fault = FAULT_ENDLESS
                elif op == OP_REPEAT_FX:
                    octet = 1
                    while octet & 1 == 1 and fault == 0:
                        size += nodes[node, 3]
                        if pos + size > end:
                            fault = FAULT_TRUNCATED
                        else:
                            octet = int(octets[pos + size - 1])
                elif pos + (nodes[node, 2] if op == OP_REPEAT else 1) > end:
                    fault = FAULT_TRUNCATED
                elif op == OP_REPEAT:
                    count = 0
                    for j in range(nodes[node, 2]):
                        count = count * 256 + int(octets[pos + j])
                    size = nodes[node, 2] + count * nodes[node, 3]
                elif op == OP_EXPLICIT:
                    size = int(octets[pos])
                    if size == 0:
                        fault = FAULT_LENGTH_ZERO
                else:
                    size = 1
                    enter = node
                if pos + size > end:
                    fault = FAULT_TRUNCATED
                if fault == 0 and size > 0:
                    mark = marks[nodes[node, 1]]
                    if mark >= 0 and not muted:
                        slots[mark + r] = pos - first
                    pos += size
                    if op == OP_EXPLICIT and nodes[node, 4] >= 0 and not muted:
                        expansion, expansion_level = node, level + 1
                        enter = nodes[node, 4]
                        end = pos
                        pos -= size - 1
        if fault != 0:
            if expansion_level < 0:
                told[0] = node
                return -fault
            told[2] = expansion
            for slot in range(nodes[expansion, 2], nodes[expansion, 3]):
                if marks[slot] >= 0:
                    slots[marks[slot] + r] = 0
            level = expansion_level
            leave = True
            enter = -1
            pos = end
        if leave:
            if level == expansion_level:
                expansion_level = -1
                end = limit
            level -= 1
            top = level * 8
            owner, base, index = stack[top], stack[top + 1], stack[top + 2]
            bits, fspec, fspec_end = stack[top + 3], stack[top + 4], stack[top + 5]
            kind = stack[top + 6]


@kernel
def walk_blocks(
    octets: U1,
    blocks: I8,
    roots: I8,
    selector: I8,
    choices: I8,
    nodes: I4,
    kids: I4,
    fixed: I8,
    parts: I4,
    marks: I8,
    state: I8,
    stack: I8,
    slots: U2,
    records: I8,
    faults: I8,
    n: int,
) -> int:
    """Walk the records of one category until the blocks or the room for records run out.

    ``blocks`` has a row each for frame, start and stop. ``state`` holds the block and octet to go
    on with, the frame of the last record and the number of the next in that frame. ``slots``
    comes in zeroed. ``records`` gets rows for start, frame, number, profile and odd expansion;
    ``faults`` for fault, start of the record, node and FRN, by block. ``n`` records are there
    already; returns how many there are then. (A literal 0 here would compile everything twice.)
    """
    room = records.shape[1]
    told = stack[stack.size - 4 :]
    block, pos = state[0], state[1]
    while block < blocks.shape[1]:
        pos = max(pos, blocks[1, block])
        while pos < blocks[2, block]:
            if n == room:
                state[0], state[1] = block, pos
                return n
            found = -FAULT_NO_PROFILE
            first_fault = 0
            for profile in range(roots.size):
                found = walk_record(
                    octets, pos, blocks[2, block], roots[profile],
                    nodes, kids, fixed, parts, marks, slots, n, stack, told,
                )  # fmt: skip
                if found >= 0 and roots.size > 1:
                    at = slots[selector[0] + n]
                    chosen = -1
                    if at > 0:
                        chosen = choices[read_bits(octets, pos + at, selector[1], selector[2])]
                    if chosen != profile:
                        found = -FAULT_NO_PROFILE
                        told[0], told[1] = roots[profile], 0
                if found >= 0:
                    records[0, n], records[1, n], records[2, n] = pos, blocks[0, block], state[3]
                    records[3, n], records[4, n] = profile, told[2]
                    break
                for row in range(slots.size // room):
                    slots[row * room + n] = 0
                if first_fault == 0:
                    first_fault = -found
                    faults[1, block], faults[2, block], faults[3, block] = pos, told[0], told[1]
            if found < 0:
                faults[0, block] = first_fault
                break
            if blocks[0, block] != state[2]:
                state[2], state[3] = blocks[0, block], 0
                records[2, n] = 0
            state[3] += 1
            n += 1
            pos = found
        block += 1
    state[0], state[1] = block, pos
    return n


@kernel
def place(first: I8, slot: U2, pos: I8, bitmap: U1) -> int:
    """Absolute octet of a slot in each record, -1 where absent, and its validity bits."""
    present = 0
    for i in range(first.size):
        if slot[i] == 0:
            pos[i] = -1
        else:
            pos[i] = first[i] + slot[i]
            bitmap[i >> 3] |= np.uint8(1 << (i & 7))
            present += 1
    return present


@kernel
def place_if(octets: U1, pos: I8, bit: int, bits: int, wanted: int, out: I8, bitmap: U1) -> int:
    """Keep the places where another field of the same slot has the wanted value."""
    present = 0
    for i in range(pos.size):
        out[i] = -1
        if pos[i] >= 0 and np.int64(read_bits(octets, pos[i], bit, bits)) == wanted:
            out[i] = pos[i]
            bitmap[i >> 3] |= np.uint8(1 << (i & 7))
            present += 1
    return present


@kernel
def count_repeats(octets: U1, pos: I8, count_octets: int, stride: int, offsets: I4) -> int:
    """Running count of repetitions, for a list column; no count octets means chained by FX."""
    total = 0
    offsets[0] = 0
    for i in range(pos.size):
        if pos[i] >= 0:
            if count_octets > 0:
                count = 0
                for j in range(count_octets):
                    count = count * 256 + int(octets[pos[i] + j])
                total += count
            else:
                last = pos[i] + stride - 1
                total += 1
                while int(octets[last]) & 1 == 1:
                    last += stride
                    total += 1
        offsets[i + 1] = total
    return total


@kernel
def place_repeats(pos: I8, count_octets: int, stride: int, offsets: I4, out: I8) -> None:
    """Absolute octet of every repetition."""
    for i in range(pos.size):
        at = pos[i] + count_octets
        for k in range(offsets[i], offsets[i + 1]):
            out[k] = at
            at += stride


@kernel
def gather_integers(
    octets: U1, pos: I8, bit: int, bits: int, signed: bool, width: int, out: U1
) -> None:
    """Bit range of each place as a little-endian integer of ``width`` octets; 0 where absent."""
    shift = -(bit + bits) & 7
    span = ((bit & 7) + bits + 7) >> 3
    mask = (1 << bits) - 1
    if width == 1 and not signed and span == 1:
        # Most leaves are a few bits of one octet: flags and codes.
        for i in range(pos.size):
            out[i] = 0
            if pos[i] >= 0:
                out[i] = (int(octets[pos[i] + (bit >> 3)]) >> shift) & mask
        return
    if width <= 4 and not signed and span <= 4:
        for i in range(pos.size):
            few = np.int64(0)
            if pos[i] >= 0:
                few = (read_octets(octets, pos[i] + (bit >> 3), span) >> shift) & mask
            for k in range(width):
                out[i * width + k] = few >> (8 * k) & 0xFF
        return
    sign = np.uint64(1) << np.uint64(bits - 1)
    above = ~(sign | (sign - np.uint64(1)))
    for i in range(pos.size):
        value = np.uint64(0)
        if pos[i] >= 0:
            value = read_bits(octets, pos[i], bit, bits)
            if signed and value & sign != 0:
                value |= above
        for k in range(width):
            out[i * width + k] = np.uint8((value >> np.uint64(8 * k)) & np.uint64(0xFF))


@kernel
def gather_quantities(
    octets: U1, pos: I8, bit: int, bits: int, signed: bool, lsb: float, out: F8
) -> None:
    """Bit range of each place times the value of its last bit; 0 where absent."""
    half = np.int64(1) << np.int64(bits - 1) if signed else np.int64(0)
    shift = -(bit + bits) & 7
    span = ((bit & 7) + bits + 7) >> 3
    mask = (np.int64(1) << np.int64(bits)) - 1
    for i in range(pos.size):
        out[i] = 0.0
        if pos[i] >= 0:
            if span <= 7:
                value = (read_octets(octets, pos[i] + (bit >> 3), span) >> shift) & mask
            else:
                value = np.int64(read_bits(octets, pos[i], bit, bits))
            out[i] = float((value ^ half) - half) * lsb


@kernel
def gather_text(octets: U1, pos: I8, bit: int, bits: int, width: int, offsets: I4, out: U1) -> int:
    """Characters of 3 (octal), 6 (ICAO) or 8 bits as UTF-8, without trailing spaces."""
    n = 0
    offsets[0] = 0
    shift = -(bit + bits) & 7
    span = ((bit & 7) + bits + 7) >> 3
    mask = (1 << width) - 1
    for i in range(pos.size):
        if pos[i] >= 0:
            keep = n
            word = np.int64(0)
            if span <= 7:
                word = read_octets(octets, pos[i] + (bit >> 3), span) >> shift
            left = bits
            while left > 0:
                left -= width
                if span <= 7:
                    code = (word >> left) & mask
                else:
                    code = np.int64(read_bits(octets, pos[i], bit + bits - left - width, width))
                if width == 3:
                    code += 48
                elif width == 6 and code < 32:
                    code += 64
                if code < 128:
                    out[n] = code
                    n += 1
                else:
                    out[n] = 0xC0 | (code >> 6)
                    out[n + 1] = 0x80 | (code & 0x3F)
                    n += 2
                if code != 32:
                    keep = n
            n = keep
        offsets[i + 1] = n
    return n


@kernel
def gather_octets(octets: U1, pos: I8, length: I8, offsets: I8, out: U1) -> None:
    """Runs of octets, one after the other; ``offsets`` comes in with the running total."""
    for i in range(pos.size):
        at = offsets[i]
        for k in range(length[i]):
            out[at + k] = octets[pos[i] + k]
