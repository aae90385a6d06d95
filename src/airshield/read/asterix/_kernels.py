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
OP_EXPLICIT     compound within, -1  its first slot              its last slot + 1
OP_COMPOUND     first row of kids    octets of its FSPEC (most)  1: FSPEC of fixed length, no FX
OP_RFS          the record's node
==============  ===================  ==========================  ==================================

``kids`` holds a node, or -1 where the specification has none, for every bit that the longest FSPEC
can hold. ``parts`` holds twice the octets of a part, plus one when it ends in an FX bit.

No loop reads past the ``limit`` it is given, whatever the octets say.
"""

import numpy as np

from airshield._kernels import kernel

OP_FIXED = 0
OP_EXTENDED = 1
OP_REPEAT = 2
OP_REPEAT_FX = 3
OP_EXPLICIT = 4
OP_COMPOUND = 5
OP_RFS = 6

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

LEVELS = 5
"""Record, random fields, expansion, compound; one to spare."""

_LEADING = np.array([8 - int(octet).bit_length() for octet in range(256)], dtype=np.int64)
"""Zero bits before the first set bit of an octet."""


@kernel
def split_blocks(octets, frame_first, category, frame, start, stop, fault, fault_at):
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
def read_bits(octets, first, bit, bits):
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
def walk_record(octets, first, limit, root, nodes, kids, parts, rows, slots, r, stack, told):
    """Step through one record and note its slots; return where it ends, or minus a fault.

    ``told`` comes back with the node at fault, the octet, the FRN where there is no node, and the
    node of an expansion field that is not as its specification (or -1). Such a field is stepped
    over by its own length and leaves no slots but its own: the record is good without it.
    """
    told[3] = -1
    pos = first
    end = limit
    level = -1
    enter = root
    owner = root
    base, index, kind, bits, fspec, fspec_end = 0, 0, 0, 0, 0, 0
    expansion, expansion_level, expansion_end = -1, -1, 0
    rfs_level, rfs_node = -1, -1
    seen = 0
    muted = False
    while True:
        fault = 0
        at = pos
        node = owner
        if enter >= 0:
            if level >= 0:
                stack[level, 0], stack[level, 1], stack[level, 2] = base, index, kind
                stack[level, 3], stack[level, 4], stack[level, 5] = bits, fspec, fspec_end
                stack[level, 6] = owner
            level += 1
            owner, node = enter, enter
            enter = -1
            base, kind = nodes[owner, 2], nodes[owner, 4]
            most = nodes[owner, 3]
            size = 0
            flags = 0
            if kind == 1:
                size = most
                if pos + size > end:
                    fault = FAULT_TRUNCATED
            else:
                more = True
                while more:
                    if pos + size >= end:
                        fault = FAULT_TRUNCATED
                        break
                    if size == most:
                        fault = FAULT_FSPEC_LONG
                        break
                    octet = int(octets[pos + size])
                    size += 1
                    flags |= octet & 0xFE
                    more = octet & 1 == 1
                if fault == 0 and level == 0 and flags == 0:
                    fault = FAULT_FSPEC_EMPTY
            fspec = pos - 1
            fspec_end = pos + size
            index = -8 if kind == 1 else -7
            bits = 0
            pos = fspec_end
        elif bits == 0:
            if kind != 2 and fspec + 1 < fspec_end:
                fspec += 1
                if kind == 1:
                    bits = int(octets[fspec])
                    index += 8
                else:
                    bits = int(octets[fspec]) & 0xFE
                    index += 7
                continue
            if level == expansion_level:
                if pos != expansion_end:
                    fault = FAULT_EXPANSION
                else:
                    expansion_level = -1
                    end = limit
            elif level == rfs_level:
                row = rows[nodes[rfs_node, 1] + 1]
                if row >= 0:
                    slots[row, r] = pos - first
                rfs_level = -1
            if fault == 0:
                if level == 0:
                    return pos
                level -= 1
                base, index, kind = stack[level, 0], stack[level, 1], stack[level, 2]
                bits, fspec, fspec_end = stack[level, 3], stack[level, 4], stack[level, 5]
                owner = stack[level, 6]
        else:
            frn = 0
            if kind == 2:
                bits -= 1
                if pos >= end:
                    fault = FAULT_TRUNCATED
                    frn = -1
                else:
                    frn = int(octets[pos]) - 1
                    pos += 1
                    if frn >= index:
                        frn = -1
            else:
                lead = _LEADING[bits]
                bits ^= 0x80 >> lead
                frn = index + lead
            kid = -1
            if frn >= 0:
                kid = kids[base + frn]
            if kid >= 0 and kind == 2 and nodes[kid, 0] == OP_RFS:
                kid = -1
            if kid < 0:
                if fault == 0:
                    fault = FAULT_NO_SUCH_ITEM
                told[2] = frn + 1
            else:
                node = kid
                if level == 0 or kind == 2:
                    muted = kind == 2 and (seen >> frn) & 1 == 1
                    seen |= 1 << frn
                op = nodes[node, 0]
                slot = nodes[node, 1]
                if op == OP_FIXED:
                    if pos + nodes[node, 2] > end:
                        fault = FAULT_TRUNCATED
                    else:
                        row = rows[slot]
                        if row >= 0 and not muted:
                            slots[row, r] = pos - first
                        pos += nodes[node, 2]
                elif op == OP_COMPOUND:
                    enter = node
                elif op == OP_EXTENDED:
                    for j in range(nodes[node, 3]):
                        part = parts[nodes[node, 2] + j]
                        if pos + (part >> 1) > end:
                            fault = FAULT_TRUNCATED
                            break
                        row = rows[slot + j]
                        if row >= 0 and not muted:
                            slots[row, r] = pos - first
                        pos += part >> 1
                        if part & 1 == 1:
                            if int(octets[pos - 1]) & 1 == 0:
                                break
                            if j == nodes[node, 3] - 1:
                                fault = FAULT_ENDLESS
                elif op == OP_REPEAT:
                    size = nodes[node, 2]
                    if pos + size > end:
                        fault = FAULT_TRUNCATED
                    else:
                        count = 0
                        for j in range(size):
                            count = count * 256 + int(octets[pos + j])
                        size += count * nodes[node, 3]
                        if pos + size > end:
                            fault = FAULT_TRUNCATED
                        else:
                            row = rows[slot]
                            if row >= 0 and not muted:
                                slots[row, r] = pos - first
                            pos += size
                elif op == OP_REPEAT_FX:
                    row = rows[slot]
                    if row >= 0 and not muted:
                        slots[row, r] = pos - first
                    while True:
                        if pos + nodes[node, 3] > end:
                            fault = FAULT_TRUNCATED
                            break
                        pos += nodes[node, 3]
                        if int(octets[pos - 1]) & 1 == 0:
                            break
                elif op == OP_EXPLICIT:
                    if pos >= end:
                        fault = FAULT_TRUNCATED
                    elif octets[pos] == 0:
                        fault = FAULT_LENGTH_ZERO
                    elif pos + int(octets[pos]) > end:
                        fault = FAULT_TRUNCATED
                    else:
                        row = rows[slot]
                        if row >= 0 and not muted:
                            slots[row, r] = pos - first
                        size = int(octets[pos])
                        if nodes[node, 2] >= 0 and not muted:
                            expansion, expansion_level = node, level + 1
                            expansion_end = pos + size
                            end = expansion_end
                            enter = nodes[node, 2]
                            pos += 1
                        else:
                            pos += size
                elif pos >= end:
                    fault = FAULT_TRUNCATED
                else:
                    row = rows[slot]
                    if row >= 0:
                        slots[row, r] = pos - first
                    stack[level, 0], stack[level, 1], stack[level, 2] = base, index, kind
                    stack[level, 3], stack[level, 4], stack[level, 5] = bits, fspec, fspec_end
                    stack[level, 6] = owner
                    level += 1
                    rfs_level, rfs_node = level, node
                    base = nodes[nodes[node, 2], 2]
                    index = nodes[nodes[node, 2], 3] * 7
                    kind = 2
                    bits = int(octets[pos])
                    pos += 1
        if fault != 0:
            if expansion_level >= 0:
                told[3] = expansion
                for slot in range(nodes[expansion, 3], nodes[expansion, 4]):
                    if rows[slot] >= 0:
                        slots[rows[slot], r] = 0
                level = expansion_level - 1
                pos = expansion_end
                end = limit
                expansion_level = -1
                enter = -1
                base, index, kind = stack[level, 0], stack[level, 1], stack[level, 2]
                bits, fspec, fspec_end = stack[level, 3], stack[level, 4], stack[level, 5]
                owner = stack[level, 6]
            else:
                told[0], told[1] = node, at
                return -fault


@kernel
def walk_blocks(
    octets,
    block_start,
    block_stop,
    block_frame,
    roots,
    selector,
    choices,
    nodes,
    kids,
    parts,
    rows,
    state,
    slots,
    rec_first,
    rec_frame,
    rec_number,
    rec_profile,
    rec_expansion,
    fault,
    fault_first,
    fault_node,
    fault_at,
    fault_frn,
):
    """Walk the records of one category until the blocks or the room for records run out.

    ``state`` holds the block and octet to go on with, the frame of the last record and its number
    in that frame. ``slots`` comes in zeroed. Returns the number of records.
    """
    room = rec_first.size
    stack = np.zeros((LEVELS, 7), dtype=np.int64)
    told = np.zeros(4, dtype=np.int64)
    n = 0
    block = state[0]
    pos = state[1]
    while block < block_start.size:
        if pos < block_start[block]:
            pos = block_start[block]
        while pos < block_stop[block]:
            if n == room:
                state[0], state[1] = block, pos
                return n
            found = -1
            worst = FAULT_NO_PROFILE
            profile = 0
            while profile < roots.size:
                told[2] = 0
                found = walk_record(
                    octets, pos, block_stop[block], roots[profile],
                    nodes, kids, parts, rows, slots, n, stack, told,
                )  # fmt: skip
                if roots.size == 1:
                    worst = -found
                    break
                if found >= 0:
                    at = slots[selector[0], n]
                    if at != 0:
                        value = np.int64(read_bits(octets, pos + at, selector[1], selector[2]))
                        if choices[value] == profile:
                            break
                    told[0], told[1] = roots[profile], pos
                elif profile == 0:
                    worst = -found
                found = -1
                for row in range(slots.shape[0]):
                    slots[row, n] = 0
                profile += 1
            if found < 0:
                for row in range(slots.shape[0]):
                    slots[row, n] = 0
                fault[block], fault_first[block] = worst, pos
                fault_node[block], fault_at[block], fault_frn[block] = told[0], told[1], told[2]
                break
            if block_frame[block] != state[2]:
                state[2], state[3] = block_frame[block], 0
            rec_first[n], rec_frame[n] = pos, block_frame[block]
            rec_number[n] = state[3]
            rec_profile[n], rec_expansion[n] = profile, told[3]
            state[3] += 1
            n += 1
            pos = found
        block += 1
    state[0], state[1] = block, pos
    return n


@kernel
def place(first, slot, pos, bitmap):
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
def place_if(octets, pos, bit, bits, wanted, out, bitmap):
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
def count_repeats(octets, pos, count_octets, stride, offsets):
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
def place_repeats(pos, count_octets, stride, offsets, out):
    """Absolute octet of every repetition."""
    for i in range(pos.size):
        at = pos[i] + count_octets
        for k in range(offsets[i], offsets[i + 1]):
            out[k] = at
            at += stride


@kernel
def gather_integers(octets, pos, bit, bits, signed, width, out):
    """Bit range of each place as a little-endian integer of ``width`` octets; 0 where absent."""
    sign = np.uint64(1) << np.uint64(bits - 1)
    for i in range(pos.size):
        if pos[i] >= 0:
            value = read_bits(octets, pos[i], bit, bits)
            if signed:
                value = (value ^ sign) - sign
            for k in range(width):
                out[i * width + k] = np.uint8((value >> np.uint64(8 * k)) & np.uint64(0xFF))
        else:
            for k in range(width):
                out[i * width + k] = 0


@kernel
def gather_quantities(octets, pos, bit, bits, signed, lsb, out):
    """Bit range of each place times the value of its last bit; 0 where absent."""
    half = np.int64(1) << np.int64(bits - 1)
    for i in range(pos.size):
        if pos[i] >= 0:
            value = np.int64(read_bits(octets, pos[i], bit, bits))
            if signed:
                value = (value ^ half) - half
            out[i] = float(value) * lsb
        else:
            out[i] = 0.0


@kernel
def gather_text(octets, pos, bit, bits, width, offsets, out):
    """Characters of 3 (octal), 6 (ICAO) or 8 bits as UTF-8, without trailing spaces."""
    n = 0
    offsets[0] = 0
    for i in range(pos.size):
        if pos[i] >= 0:
            keep = n
            for k in range(bits // width):
                code = np.int64(read_bits(octets, pos[i], bit + k * width, width))
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
def gather_octets(octets, pos, length, offsets, out):
    """Runs of octets, one after the other; ``offsets`` comes in with the running total."""
    for i in range(pos.size):
        at = offsets[i]
        for k in range(length[i]):
            out[at + k] = octets[pos[i] + k]
