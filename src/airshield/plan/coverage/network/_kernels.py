"""The network's loops: who sees which cell, equal cells gathered, subsets tallied, outlines traced.

``bits`` and ``unknown`` have a row for each cell or group and a bit for each radar: it surely sees
the cell; nobody knows whether it does. Cells have 32 to a word, half the memory on a large map;
groups have 64.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.plan.coverage.reasons import GROUND, SEEN, UNKNOWN

U1 = NDArray[np.uint8]
U4 = NDArray[np.uint32]
U8 = NDArray[np.uint64]
I2 = NDArray[np.int16]
By = NDArray[Any]  # radars: octets where they are few
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]
Cells = NDArray[Any]

ALIKE = 16
NOBODY = -1
FULL = -1
# Columns of a tally: seen by none, one, two, three, four or more; nobody knows.
BY_MANY, BY_UNKNOWN, TALLIES = 4, 5, 6
FNV_PRIME = np.uint64(0x100000001B3)
MIX = np.uint64(0x9E3779B97F4A7C15)
# Steps to the next corner: east, north, west, south.
EAST = 0


@lean_kernel
def add_radar(
    reason: U1,
    short_m: F4,
    radar: int,
    rank: F4,
    bits: U4,
    unknown: U4,
    no_air: B1,
    why: U1,
    why_by: By,
    why_short: F4,
) -> None:
    """Note what one radar sees, and whether it is the one that comes nearest to seeing.

    ``short_m`` and ``why_short`` of size 0 mean that nobody told by how much it falls short.
    """
    for i in range(reason.size):
        no_air[i] |= reason[i] == GROUND
    if short_m.size == 0:
        add_codes(reason, radar, rank, bits, unknown, why, why_by)
        return
    word = radar // 32
    bit = np.uint32(np.uint32(1) << np.uint32(radar % 32))
    for i in range(reason.size):
        code = reason[i]
        if code == SEEN:
            bits[i, word] |= bit
        elif code == UNKNOWN:
            unknown[i, word] |= bit
        short = short_m[i]
        if math.isnan(short):
            short = math.inf
        mine, best = rank[code], rank[why[i]]
        if why_by[i] == NOBODY or mine > best or (mine == best and short < why_short[i]):
            why[i] = code
            why_by[i] = radar
            why_short[i] = short


@lean_kernel
def add_codes(reason: U1, radar: int, rank: F4, bits: U4, unknown: U4, why: U1, why_by: By) -> None:
    """Note what one radar sees of some cells; among equals the first comes nearest to seeing."""
    word = radar // 32
    bit = np.uint32(np.uint32(1) << np.uint32(radar % 32))
    # What is never written to takes no memory: of maps where all is known, ``unknown``.
    for i in range(reason.size):
        code = reason[i]
        if code == SEEN:
            bits[i, word] |= bit
        elif code == UNKNOWN:
            unknown[i, word] |= bit
        if rank[code] > rank[why[i]] or why_by[i] == NOBODY:
            why[i] = code
            why_by[i] = radar


@lean_kernel
def add_ranks(
    rank: U1,
    seen: int,
    doubt: int,
    layer: int,
    row: int,
    col: int,
    radar: int,
    bits: U4,
    unknown: U4,
    why: U1,
    why_by: By,
) -> None:
    """Note what one radar sees of some cells of a row, in the maps of all layers.

    ``rank`` is how near it comes to seeing, ``seen`` and ``doubt`` are those of cells that it sees
    and that nobody knows of. ``why`` has ranks, zero before any was noted; among equals the first
    comes nearest.
    """
    words = bits.shape[2] // why.shape[2]
    word = radar // 32
    bit = np.uint32(np.uint32(1) << np.uint32(radar % 32))
    none = np.uint32(0)
    # Unsigned places are not looked for from the end, which leaves LLVM its vectors.
    is_doubted = False
    for i in range(rank.size):
        at = np.uint64(col + i)
        mine, best, by = rank[i], why[layer, row, at], why_by[layer, row, at]
        is_doubted |= mine == doubt
        why[layer, row, at] = mine if mine > best else best
        why_by[layer, row, at] = radar if mine > best else by
    if words == 1:
        for i in range(rank.size):
            bits[layer, row, np.uint64(col + i)] |= bit if rank[i] == seen else none
    else:
        for i in range(rank.size):
            bits[layer, row, np.uint64((col + i) * words + word)] |= (
                bit if rank[i] == seen else none
            )
    # What is never written to takes no memory.
    if is_doubted:
        for i in range(rank.size):
            if rank[i] == doubt:
                unknown[layer, row, np.uint64((col + i) * words + word)] |= bit


@lean_kernel
def settle(why: U1, why_by: By, codes: U1, no_air: B1) -> None:
    """Codes from ranks. What nobody reaches is beyond the range of the first, where there is air;
    ``no_air`` of size 0: everywhere."""
    for i in range(why.size):
        by = why_by[i]
        why[i] = codes[why[i]]
        why_by[i] = by if by != NOBODY else 0
        if no_air.size > 0 and by == NOBODY and no_air[i]:
            why[i] = GROUND


@lean_kernel
def add_lowest(lowest_m: F4, radar: int, best_m: F4, best_by: I2) -> None:
    """Keep the lowest of the lowest altitudes and whose it is.

    Unknown (NaN) gives way to what is known to be seen, and what is never seen (infinite) to both.
    """
    for i in range(lowest_m.size):
        mine, best = lowest_m[i], best_m[i]
        if mine < best or (mine < math.inf and math.isnan(best)):
            best_m[i] = mine
            best_by[i] = radar
        elif math.isnan(mine) and best == math.inf:
            best_m[i] = mine


@lean_kernel
def ones(word: np.uint64) -> Any:
    """How many bits of a word are set (Warren, Hacker's Delight, 5-2)."""
    x = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@lean_kernel
def count_radars(
    bits: U4, unknown: U4, no_air: B1, active: U4, unknown_code: int, ground_code: int, out: U1
) -> None:
    """Count, cell by cell, the active radars that see it. ``bits`` and ``unknown`` are flat."""
    words = active.size
    if words == 1:  # without a loop over words there are vectors
        mask = active[0]
        for i in range(out.size):
            seen_by = ones(np.uint64(bits[i] & mask))
            code = seen_by if seen_by < ground_code - 1 else ground_code - 1
            is_doubted = (seen_by == 0) & (unknown[i] & mask != 0)
            code = unknown_code if is_doubted else code
            out[i] = np.uint8(ground_code if no_air[i] else code)
        return
    for i in range(out.size):
        if no_air[i]:
            out[i] = ground_code
            continue
        count: Any = np.int64(0)
        doubt = np.uint32(0)
        for w in range(words):
            count += ones(np.uint64(bits[i * words + w] & active[w]))
            doubt |= unknown[i * words + w] & active[w]
        if count == 0 and doubt != 0:
            out[i] = unknown_code
        else:
            out[i] = min(count, np.int64(ground_code - 1))


@lean_kernel
def note_gaps(bits: U4, unknown: U4, no_air: B1, inside: B1, active: U4, out: U1) -> None:
    """1 for cells inside, with air, that no active radar sees or may see; else 0."""
    words = active.size
    if words == 1:
        mask = active[0]
        for i in range(out.size):
            is_gap = ((bits[i] | unknown[i]) & mask == 0) & inside[i] & (not no_air[i])
            out[i] = 1 if is_gap else 0
        return
    for i in range(out.size):
        seen_by = np.uint32(0)
        for w in range(words):
            seen_by |= (bits[i * words + w] | unknown[i * words + w]) & active[w]
        out[i] = 1 if (seen_by == 0) & inside[i] & (not no_air[i]) else 0


@lean_kernel
def group_cells(
    bits: U4,
    unknown: U4,
    no_air: B1,
    inside: B1,
    people: F8,
    sites: F8,
    cell_m2: float,
    table: I4,
    first: I4,
    totals: F8,
    below: F8,
) -> int:
    """Gather the cells whose bits are equal, and add up their weights: area, people, sites.

    Weights of size 0 are none. What lies below the ground (``no_air``, which may be of size 0 too)
    goes to ``below``. ``table`` is filled with NOBODY, of a power of two's size; group g is like
    cell ``first[g]`` and weighs ``totals[g]``. Returns the number of groups, or FULL when there is
    no room.
    """
    many = 0
    words = bits.shape[1]
    has_people, has_sites, may_lack_air = people.size > 0, sites.size > 0, no_air.size > 0
    flat_bits, flat_unknown = bits.reshape(-1), unknown.reshape(-1)
    i = 0
    while i < bits.shape[0]:
        is_inside = inside.size > 0 and inside[i]
        lives = people[i] if has_people else 0.0
        stand = sites[i] if has_sites else 0.0
        if not is_inside and lives == 0.0 and stand == 0.0:
            i += 1
            continue
        if may_lack_air and no_air[i]:
            below[0] += cell_m2 if is_inside else 0.0
            below[1] += lives
            below[2] += stand
            i += 1
            continue
        found = NOBODY
        digest = MIX
        for w in range(words):
            digest = (digest ^ np.uint64(bits[i, w])) * FNV_PRIME
            digest ^= digest >> np.uint64(29)
            digest = (digest ^ np.uint64(unknown[i, w])) * MIX
            digest ^= digest >> np.uint64(32)
        slot = np.int64(digest & np.uint64(table.size - 1))
        while table[slot] != NOBODY:
            at = first[table[slot]]
            same = True
            for w in range(words):
                if bits[i, w] != bits[at, w] or unknown[i, w] != unknown[at, w]:
                    same = False
                    break
            if same:
                found = table[slot]
                break
            slot = (slot + 1) & (table.size - 1)
        if found == NOBODY:
            if many == first.size:
                return FULL
            found = many
            table[slot] = many
            first[many] = i
            many += 1
        # Neighbours are mostly alike: they are counted here, and added up once. Unsigned places are
        # not looked for from the end.
        end = i + 1
        if words == 1:
            end = same_until(flat_bits, flat_unknown, no_air, end)
        while end < bits.shape[0]:
            j = np.uint64(end)
            if bits[j, 0] != bits[i, 0] or unknown[j, 0] != unknown[i, 0]:
                break
            same = not (may_lack_air and no_air[j])
            for w in range(1, words):
                same &= (bits[j, w] == bits[i, w]) & (unknown[j, w] == unknown[i, w])
            if not same:
                break
            end += 1
        cells = 0
        if inside.size > 0:
            for k in range(end - i):
                cells += 1 if inside[np.uint64(i + k)] else 0
        if has_people:
            for k in range(i + 1, end):
                lives += people[k]
        if has_sites:
            for k in range(i + 1, end):
                stand += sites[k]
        totals[found, 0] += cells * cell_m2
        totals[found, 1] += lives
        totals[found, 2] += stand
        i = end
    return many


@lean_kernel
def same_until(bits: U4, unknown: U4, no_air: B1, at: int) -> int:
    """A place up to which all cells are like the one before ``at``, in steps of so many that they
    are compared in vectors."""
    seen_by, doubted = bits[at - 1], unknown[at - 1]
    while at + ALIKE <= bits.size:
        other = np.uint32(0)
        for k in range(ALIKE):
            j = np.uint64(at + k)
            other |= (bits[j] ^ seen_by) | (unknown[j] ^ doubted)
        if no_air.size > 0:
            for k in range(ALIKE):
                other |= np.uint32(1) if no_air[np.uint64(at + k)] else np.uint32(0)
        if other != 0:
            break
        at += ALIKE
    return at


@lean_kernel
def tally(bits: U8, unknown: U8, weights: F8, actives: U8, out: F8) -> None:
    """Weigh what each set of active radars sees none, one, ... times: ``out[set, TALLIES, k]``."""
    for m in range(actives.shape[0]):
        for g in range(bits.shape[0]):
            count: Any = np.int64(0)
            doubt = np.uint64(0)
            for w in range(actives.shape[1]):
                count += ones(bits[g, w] & actives[m, w])
                doubt |= unknown[g, w] & actives[m, w]
            column = min(count, np.int64(BY_MANY))
            if count == 0 and doubt != np.uint64(0):
                column = BY_UNKNOWN
            for k in range(weights.shape[1]):
                out[m, column, k] += weights[g, k]


@lean_kernel
def weigh_lost(bits: U8, weights: F8, gone: U8, out: F8) -> None:
    """Weigh what only the radars of each set see: what is lost without them, ``out[set, k]``."""
    for m in range(gone.shape[0]):
        for g in range(bits.shape[0]):
            sees, stays = False, False
            for w in range(gone.shape[1]):
                sees |= bits[g, w] & gone[m, w] != np.uint64(0)
                stays |= bits[g, w] & ~gone[m, w] != np.uint64(0)
            if sees and not stays:
                for k in range(weights.shape[1]):
                    out[m, k] += weights[g, k]


@lean_kernel
def share_covered(bits: U8, weights: F8, active: U8) -> float:
    """Share of the weight that at least one active radar sees; NaN where nothing weighs."""
    seen, whole = 0.0, 0.0
    for g in range(bits.shape[0]):
        whole += weights[g]
        for w in range(active.size):
            if bits[g, w] & active[w] != np.uint64(0):
                seen += weights[g]
                break
    return seen / whole


@lean_kernel
def find_runs(which: U1, row: int, starts: I4, ends: I4, kinds: U1, row_at: I8) -> Any:
    """Runs of equal cells that are not 0, row after row from ``row`` on: columns from ``starts`` to
    before ``ends``.

    ``row_at[r]`` is the first run of row r. Returns the row from which there may be no room left,
    which is the number of rows when all are done.
    """
    rows, cols = which.shape
    many = row_at[row]
    for r in range(row, rows):
        if many + cols > starts.size:
            return r
        before = 0
        for c in range(cols):
            here = which[r, c]
            if here != before:
                if before != 0:
                    ends[many] = c
                    many += 1
                if here != 0:
                    starts[many] = c
                    kinds[many] = here
                before = here
        if before != 0:
            ends[many] = cols
            many += 1
        row_at[r + 1] = many
    return rows


@lean_kernel
def join_runs(starts: I4, ends: I4, kinds: U1, row_at: I8, parent: I4) -> int:
    """Join runs of one kind that touch along sides: ``parent`` leads to the first run of each
    region. Returns how many sides of cells lie between regions."""
    sides = 0
    for run in range(row_at[row_at.size - 1]):
        parent[run] = run
        sides += 2 + 2 * (ends[run] - starts[run])
    for r in range(1, row_at.size - 1):
        above, last = row_at[r - 1], row_at[r]
        for run in range(row_at[r], row_at[r + 1]):
            while above < last and ends[above] <= starts[run]:
                above += 1
            other = above
            while other < last and starts[other] < ends[run]:
                if kinds[other] == kinds[run]:
                    sides -= 2 * (min(ends[other], ends[run]) - max(starts[other], starts[run]))
                    a, b = first_of(parent, other), first_of(parent, run)
                    parent[max(a, b)] = min(a, b)
                other += 1
    return sides


@lean_kernel
def first_of(parent: I4, run: Any) -> Any:
    """The first run of the region that a run belongs to; ways there are halved."""
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@lean_kernel
def number_runs(kinds: U1, parent: I4, many_of: I8, label: I4) -> None:
    """Regions numbered from 1 on, by kind and then by their first cells. ``many_of[kind]`` are how
    many there are."""
    for run in range(label.size):
        if parent[run] == run:
            many_of[kinds[run]] += 1
    for kind in range(many_of.size):
        label_next = 1
        for other in range(kind):
            label_next += many_of[other]
        if many_of[kind] == 0:
            continue
        for run in range(label.size):
            if kinds[run] == kind and parent[run] == run:
                label[run] = label_next
                label_next += 1
    for run in range(label.size):
        # What a run's parent is has been numbered before it.
        label[run] = label[parent[run]]


@lean_kernel
def draw_runs(starts: I4, ends: I4, row_at: I8, label: I4, labels: I4, cells: I8) -> None:
    """Put labels on a map with a border of zeros, and count the cells of each."""
    for r in range(row_at.size - 1):
        for run in range(row_at[r], row_at[r + 1]):
            cells[label[run] - 1] += ends[run] - starts[run]
            for c in range(starts[run], ends[run]):
                labels[r + 1, c + 1] = label[run]


@lean_kernel
def weigh_runs(
    starts: I4, ends: I4, row_at: I8, label: I4, why: U1, people: F8, by_reason: I8, lives: F8
) -> None:
    """Cells of each region by reason, and who lives there. ``people`` of size 0: nobody says."""
    for r in range(row_at.size - 1):
        for run in range(row_at[r], row_at[r + 1]):
            region = label[run] - 1
            for c in range(starts[run], ends[run]):
                by_reason[region, why[r, c]] += 1
            if people.size > 0:
                for c in range(starts[run], ends[run]):
                    lives[region] += people[r, c]


@lean_kernel
def middle_cells(
    starts: I4, ends: I4, row_at: I8, label: I4, cols: int, left: I8, cell: I8
) -> None:
    """Half-way through each region's cells, row by row. ``left`` is half of how many it has."""
    for r in range(row_at.size - 1):
        for run in range(row_at[r], row_at[r + 1]):
            region = label[run] - 1
            many = ends[run] - starts[run]
            if 0 <= left[region] < many:
                cell[region] = r * cols + starts[run] + left[region]
            left[region] -= many


@lean_kernel
def trace_rings(
    labels: I4,
    row_at: I8,
    run_starts: I4,
    run_ends: I4,
    turns_only: bool,
    seen: B1,
    rows: I4,
    cols: I4,
    starts: I8,
    ring_label: I4,
) -> int:
    """Walk around every region of equal labels, the region on the left; returns how many rings.

    ``labels`` has a border of zeros, which is no region; regions are connected through sides. Ring
    r has the corners from ``starts[r]`` to ``starts[r + 1]``, its last not repeated; a corner's row
    and column are those of the cell south-east of it. Where two cells of a region touch at a corner
    only, the walk turns right: what lies between them on one side is then another ring than what
    lies on the other, and no ring meets itself. ``turns_only``: corners on straight lines are left
    out, which is right where regions touch nowhere but at corners.
    """
    many = 0
    at = 0
    starts[0] = 0
    for row in range(row_at.size - 1):
        for run in range(row_at[row], row_at[row + 1]):
            for col in range(run_starts[run], run_ends[run]):
                # Runs are of the map without its border.
                i, j = row + 1, col + 1
                label = labels[i, j]
                if seen[i, j] or labels[i + 1, j] == label:
                    continue
                at = walk_ring(labels, i, j, turns_only, seen, rows, cols, at)
                ring_label[many] = label
                many += 1
                starts[many] = at
    return many


@lean_kernel
def walk_ring(
    labels: I4, i: int, j: int, turns_only: bool, seen: B1, rows: I4, cols: I4, at: int
) -> int:
    """Walk around the region of a cell, eastward along its lower side first. Returns the place for
    the next corner."""
    label = labels[i, j]
    r, c, heading, before = i + 1, j, EAST, -1
    while True:
        if heading == EAST:
            if seen[r - 1, c]:
                break
            seen[r - 1, c] = True
        if heading != before or not turns_only:
            rows[at] = r
            cols[at] = c
            at += 1
        before = heading
        if heading == 0:
            c += 1
        elif heading == 1:
            r -= 1
        elif heading == 2:
            c -= 1
        else:
            r += 1
        # Right, straight on, left: the first along which the region is on the left only.
        for turn in (3, 0, 1):
            way = (heading + turn) % 4
            if way == 0:
                left, right = labels[r - 1, c], labels[r, c]
            elif way == 1:
                left, right = labels[r - 1, c - 1], labels[r - 1, c]
            elif way == 2:
                left, right = labels[r, c - 1], labels[r - 1, c - 1]
            else:
                left, right = labels[r, c], labels[r, c - 1]
            if left == label and right != label:
                heading = way
                break
    return at
