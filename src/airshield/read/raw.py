"""Streams of ASTERIX data blocks, nothing between them: raw files, TCP.

A stream has no marks to hold on to, so a damaged length or a recorder's trailer throws a naive
reader off for good. This one believes a block when its records end exactly where it ends, by
some edition of its category, and nothing inside it begins a longer row of such blocks. A block
that is not like that (damaged inside, or of an edition that nobody published) is believed when
its length leads to one that is, or to a row of headers. Where neither holds, the octets are noted
as lost up to the next place where one does.

Nothing is decided before the octets that decide it have come, so blocks do not depend on how the
stream was cut; and a block that is beyond doubt is given as soon as its last octet is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.read import _kernels
from airshield.read._kernels import NO, OPEN, SURE, Forms
from airshield.read.asterix._kernels import (
    OP_COMPOUND,
    OP_EXPLICIT,
    OP_EXTENDED,
    OP_RFS,
    STACK_SIZE,
)
from airshield.read.asterix.spec import categories, editions, find_spec
from airshield.read.frames import REJECT_OCTETS_MAX, Ledger, frozen
from airshield.read.reader import NO_TIME, Split, Splitter

PUBLISHED_CATEGORIES: Final = (
    *(1, 2, 3, 4, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20, 21, 23, 25, 30, 31, 32, 34, 48),
    *(62, 63, 65, 129, 150, 205, 240, 247, 252),
)
"""Categories that EUROCONTROL lists or that recorders are known to write. Without a specification
a block of these is believed by its header and its neighbours; one of any other category only where
a row of them holds."""

HEADERS: Final = 4
"""Headers that must follow each other to be believed without whole blocks. Four chance headers in
a row: (1/8)^4 times the odds of the lengths."""

BLOCKS_BEYOND_DOUBT: Final = 8
SHARE_BEYOND_DOUBT: Final = 0.9
"""Whole blocks at the beginning of a file, and the part of its head that they make up, that leave
no doubt of what it is."""

HEADERS_TO_BEGIN: Final = 8
HEADERS_TO_BEGIN_LATE: Final = 16
"""The same at the start of a file that has no whole block, and after a start that is none."""

_LEADS_NOWHERE: Final = "the length of this block leads nowhere"
_NONE_HERE: Final = "no data block begins here"
_SLOTS_MAX: Final = 4096
"""No specification has as many slots."""
_ANY_SIZE: Final = 1 << 32
_TURNS_MAX: Final = 64
"""Chance blocks between a chance block and the one that displaces it that are looked at: octets
made to hold one at every place must not take time with the square of their number."""


def splitter() -> Splitter:
    """Make a splitter for one stream of data blocks: a raw file, or TCP.

    A frame is one block. A block is given once its last octet has come, unless its inside could
    begin another (up to one in twenty in real streams), or it is not whole: then with the octets
    that decide, at most a few blocks later.
    """
    return _Blocks()


def sniff(head: bytes) -> float:
    """Tell how sure it is that a stream which begins like this is raw ASTERIX.

    Most of its octets must be in whole blocks; or its first octets a row of headers of published
    categories, up to the end or at least eight; or such a row of sixteen comes later.
    """
    octets = np.frombuffer(head, np.uint8)
    if octets.size < 3 or _is_text(octets):
        return 0.0
    count, end = _kernels.follow_headers(octets, 0, octets.size, _headed(), HEADERS_TO_BEGIN)
    chained = count == HEADERS_TO_BEGIN or (count > 0 and end in (octets.size, OPEN))
    found = _Blocks()(octets, base=0, last=True, ledger=Ledger("sniff"))
    spans = zip(found.first.tolist(), found.stop.tolist(), strict=True)
    whole = [stop - first for first, stop in spans if is_whole(octets[first:stop])]
    share = float(sum(whole)) / octets.size
    if share > 0.5 and (chained or len(whole) >= SURE):
        return 0.5 + share / 2
    if not chained:
        late, _ = _kernels.find_headers(
            octets, 1, octets.size, octets.size, _headed(), HEADERS_TO_BEGIN_LATE, False
        )
        return 0.25 if late > 0 else 0.0
    return 0.4 if count == HEADERS_TO_BEGIN else 0.3


def is_beyond_doubt(head: bytes) -> bool:
    """Tell, quickly, that nothing but raw ASTERIX can begin like this.

    Whole blocks touch from the first octet on and fill all but the end of the head. False says
    nothing: :func:`sniff` looks closer.
    """
    octets = np.frombuffer(head, np.uint8)
    begins = np.empty(octets.size // 3 + 1, np.int64)
    count, end = _Blocks()._walk(octets, 0, False, begins)
    return count >= BLOCKS_BEYOND_DOUBT and end > SHARE_BEYOND_DOUBT * octets.size


def is_row(octets: NDArray[np.uint8]) -> bool:
    """Tell whether data blocks of known categories, by their headers, fill some octets exactly."""
    octets = frozen(octets)
    count, stop = _kernels.follow_headers(octets, 0, octets.size, _headed(), octets.size)
    return bool(count > 0 and stop == octets.size)


def is_whole(octets: NDArray[np.uint8]) -> bool:
    """Tell whether some octets are one data block that some edition walks to its end."""
    octets = frozen(octets)
    if octets.size == 0:
        return False
    forms = _pack(categories() & {int(octets[0])})
    return _whole_block(octets, 0, True, forms) == octets.size


class _Blocks:
    """The splitter's state: what it has met, and whether it has lost the thread."""

    def __init__(self) -> None:
        self._met = np.zeros(256, np.bool_)
        self._longest = 0
        self._forms = _pack(frozenset())
        self._loaded: frozenset[int] = frozenset()
        self._lost: str | None = None
        self._refused = 0

    def __call__(
        self, octets: NDArray[np.uint8], *, base: int, last: bool, ledger: Ledger
    ) -> Split:
        octets = frozen(octets)
        begins = np.empty(octets.size // 3 + 1, np.int64)
        stops = np.empty(octets.size // 3 + 1, np.int64)
        count = at = 0
        while at < octets.size:
            if self._lost is None:
                more, stop = self._follow(octets, at, last, begins[count:])
                if more == 0:
                    break
                if more > 0:
                    stops[count : count + more - 1] = begins[count + 1 : count + more]
                    stops[count + more - 1] = stop
                    ledger.frames += more
                    ledger.octets += stop - at
                    count, at = count + more, stop
                continue
            reason = self._lost
            more, resumed = self._search(octets, at, last, begins[count:], stops[count:])
            if resumed > at:
                ledger.reject(base + at, octets[at:resumed].data, reason)
            at = resumed
            if more == 0:
                break
            count, at = count + more, int(stops[count + more - 1])
            ledger.frames += more
            ledger.octets += at - resumed
        first = begins[:count].copy()
        none = np.full(count, NO_TIME)
        return Split(octets, first, stops[:count].copy(), base + first, none, at)

    def _follow(
        self, octets: NDArray[np.uint8], at: int, last: bool, begins: NDArray[np.int64]
    ) -> tuple[int, int]:
        """Follow the chain from a border; give how many blocks came and where the last ends.

        None (0) asks for more octets; minus one has lost the thread.
        """
        count, stop = self._walk(octets, at, last, begins)
        if not (last and stop == octets.size):
            # The last ones are not yet followed by others that bear them out.
            count = max(count - SURE + 1, 0)
        if count:
            if not (last and stop == octets.size):
                stop = int(begins[count])
            self._met[octets[begins[:count]]] = True
            longest = int(np.diff(begins[:count], append=stop).max())
            self._longest = max(self._longest, longest)
            return count, stop
        begins[0] = at
        stop = self._accept(octets, at, last)
        if stop > 0:
            return 1, stop
        return (0 if stop == OPEN else -1), at

    def _walk(
        self, octets: NDArray[np.uint8], at: int, last: bool, begins: NDArray[np.int64]
    ) -> tuple[int, int]:
        """Note the whole blocks from here on; specifications are read when they are met."""
        count = 0
        while True:
            count, at, why = _kernels.walk_blocks(octets, at, last, self._forms, begins, count)
            if why > 0 or at >= octets.size or not self._load({int(octets[at])}):
                return int(count), int(at)

    def _load(self, wanted: set[int]) -> bool:
        """Read the specifications of some categories; tell whether any was new."""
        more = (wanted & categories()) - self._loaded
        if more:
            self._loaded |= more
            self._forms = _pack(self._loaded)
        return bool(more)

    def _accept(self, octets: NDArray[np.uint8], at: int, last: bool) -> int:
        """Decide on the block at a border: where it ends, ``OPEN``, or ``NO`` and lost."""
        stop = _whole_block(octets, at, last, self._forms)
        if stop == NO:
            return self._accept_header(octets, at, last)
        if stop == OPEN:
            return OPEN
        # A block of a category that has not come yet may be chance itself: anything else may be
        # inside it.
        among, forms = self._met, self._forms
        if not among[octets[at]]:
            among, forms = _specified(), _everything()
        most = max(self._longest, stop - at)
        _, inside, _ = _kernels.find_row(octets, at + 1, stop, 0, 0, most, last, among, forms)
        if inside != NO:
            forms = _everything()
            count = _count_blocks(octets, at, last, forms)
            if count == OPEN:
                return OPEN
            if count < SURE:
                other, end, _ = _kernels.find_row(
                    octets, at + 1, stop, count, _ANY_SIZE, most, last, among, forms
                )
                if end > 0:
                    other, end = _outlasting(octets, int(other), int(end), last)
                if end == OPEN:
                    return OPEN
                if end != NO and other < stop:
                    return self._lose(_LEADS_NOWHERE)
        self._met[octets[at]] = True
        self._longest = max(self._longest, stop - at)
        return stop

    def _accept_header(self, octets: NDArray[np.uint8], at: int, last: bool) -> int:
        """Decide on a block at a border whose records do not end where it does."""
        forms, size = _everything(), octets.size
        headed = _headed()
        is_odd = not headed[octets[at]]
        if is_odd:
            headed[octets[at]] = True
        if size - at < 3:
            return self._lose(_describe_cut(octets, at)) if last else OPEN
        stop = at + _announced(octets, at)
        if stop < at + 3:
            return self._lose(_NONE_HERE)
        if stop > size:
            return self._lose(_NONE_HERE if is_odd else _describe_cut(octets, at)) if last else OPEN
        if is_odd:
            row = self._is_row(octets, at, last, headed)
            if row <= 0:
                return OPEN if row == OPEN else self._lose(_NONE_HERE)
        follows = stop == size and last
        if not follows:
            whole = _whole_block(octets, stop, last, forms)
            row = whole if whole != NO else self._is_row(octets, stop, last, headed)
            if row == OPEN:
                return OPEN
            follows = row > 0
        _, better, _ = _kernels.find_row(
            octets, at + 1, stop, int(follows), _ANY_SIZE, _ANY_SIZE, last, _specified(), forms
        )
        if better == NO and not follows:
            inside, first_open = _kernels.find_headers(
                octets, at + 1, stop, size, headed, HEADERS, last
            )
            better = OPEN if inside < 0 and first_open < stop and not last else int(inside) + 1
        if better == OPEN:
            return OPEN
        return stop if better == NO else self._lose(_LEADS_NOWHERE)

    def _is_row(
        self, octets: NDArray[np.uint8], at: int, last: bool, headed: NDArray[np.bool_]
    ) -> int:
        """Tell whether headers follow each other from here: 1, ``NO`` or ``OPEN``."""
        count, stop = _kernels.follow_headers(octets, at, octets.size, headed, HEADERS)
        if count == HEADERS or (last and count > 0 and stop == octets.size):
            return 1
        return OPEN if stop in (OPEN, octets.size) and not last else NO

    def _lose(self, reason: str) -> int:
        self._lost, self._refused = reason, 1
        return NO

    def _search(
        self,
        octets: NDArray[np.uint8],
        at: int,
        last: bool,
        begins: NDArray[np.int64],
        stops: NDArray[np.int64],
    ) -> tuple[int, int]:
        """Look for the next block; give how many are found and how far the octets are lost."""
        forms, size = _everything(), octets.size
        start, specified = at + self._refused, _specified()
        place, stop, _ = _kernels.find_row(
            octets, start, size, 0, 0, _ANY_SIZE, last, specified, forms
        )
        row, first_open = _kernels.find_headers(
            octets, start, place, place, _headed(), HEADERS, last
        )
        # A row is the first for certain once no place before it can become one.
        if row >= 0 and (stop > 0 or last or row < first_open):
            more, end = 0, int(row)
            while more < HEADERS and end < place:
                begins[more] = end
                end += _announced(octets, end)
                stops[more] = end
                more += 1
            self._lost, self._refused = None, 0
            return more, int(row)
        if stop > 0:
            place, stop = _first_standing(octets, int(place), int(stop), last)
        if stop > 0:
            begins[0], stops[0] = place, stop
            self._met[octets[place]] = True
            self._longest = max(self._longest, stop - place)
            self._lost, self._refused = None, 0
            return 1, place
        if last:
            return 0, size
        # What is surely lost goes in pieces as large as a row of the ledger.
        sure = (min(int(place), int(first_open)) - at) // REJECT_OCTETS_MAX * REJECT_OCTETS_MAX
        self._refused = 0 if sure else self._refused
        return 0, at + sure


@lru_cache(maxsize=64)
def _pack(wanted: frozenset[int]) -> Forms:
    """Put the specifications of some categories into one set of tables, newest edition first."""
    of = np.zeros(257, np.int64)
    roots: list[list[int]] = []
    selector: list[list[int]] = []
    choices: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    nodes: list[NDArray[np.int32]] = [np.empty((0, 5), np.int32)]
    kids: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    fixed: list[NDArray[np.int64]] = [np.empty((2, 0), np.int64)]
    parts: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    known = editions() if wanted else {}
    for category in range(256):
        names = known[category] if category in wanted else ()
        for name in reversed(names):
            spec = find_spec(category, name)
            node, kid, part = (sum(map(len, done)) for done in (nodes, kids, parts))
            roots.append([node + record.number for record in spec.records])
            leaf, first = spec.selector, sum(map(len, choices))
            selector.append(
                [-1, 0, 0, 0] if leaf is None else [leaf.slot, leaf.bit, leaf.bits, first]
            )
            choices.append(spec.choices)
            rows = spec.nodes.copy()
            op = rows[:, 0]
            rows[op == OP_EXTENDED, 2] += part
            rows[(op == OP_COMPOUND) | (op == OP_RFS), 2] += kid
            rows[(op == OP_EXPLICIT) & (rows[:, 4] >= 0), 4] += node
            nodes.append(rows)
            kids.append(np.where(spec.kids >= 0, spec.kids + node, -1).astype(np.int32))
            marks = np.full(spec.kids.size, -1)
            if leaf is not None:
                marks[spec.fixed_slots == leaf.slot] = 0
            fixed.append(np.stack([spec.fixed_octets, marks]))
            parts.append(spec.parts)
        of[category + 1] = len(roots)
    most = max(map(len, roots), default=1)
    return Forms(
        of=of,
        roots=np.array([row + [-1] * (most - len(row)) for row in roots], np.int64).reshape(
            -1, most
        ),
        selector=np.array(selector, np.int64).reshape(-1, 4),
        choices=np.concatenate(choices),
        nodes=np.concatenate(nodes),
        kids=np.concatenate(kids),
        fixed=np.concatenate(fixed, axis=1),
        parts=np.concatenate(parts),
        best=np.zeros(256, np.int64),
        marks=np.full(_SLOTS_MAX, -1, np.int64),
        slots=np.zeros(1, np.uint16),
        stack=np.zeros(STACK_SIZE, np.int64),
    )


def _everything() -> Forms:
    """Give every specification there is."""
    return _pack(categories())


def _whole_block(octets: NDArray[np.uint8], at: int, last: bool, forms: Forms) -> int:
    """Tell whether a whole block begins here: where it ends, ``NO`` or ``OPEN``."""
    return int(_kernels.walk_blocks(octets, at, last, forms, np.empty(1, np.int64), 0)[2])


def _count_blocks(octets: NDArray[np.uint8], at: int, last: bool, forms: Forms) -> int:
    """Count the whole blocks that follow each other from here, as ``find_row`` does."""
    _, stop, count = _kernels.find_row(
        octets, at, at + 1, -1, 0, _ANY_SIZE, last, _specified(), forms
    )
    return OPEN if stop == OPEN else int(count)


def _first_standing(
    octets: NDArray[np.uint8], place: int, stop: int, last: bool
) -> tuple[int, int]:
    """Find the first block to believe from a whole one on that was come upon in a search.

    It is that one unless it is outlasted by one that overlaps it. Then it may be one that lies
    between where the two begin. Gives its place and end; the first place and ``OPEN`` where more
    octets may change the answer.
    """
    forms, specified, begin = _everything(), _specified(), place
    winner, end = _outlasting(octets, place, stop, last)
    for _ in range(_TURNS_MAX):
        if end == OPEN:
            return begin, OPEN
        if winner == place or 0 < stop <= winner:
            return place, stop
        # What overlaps the winner, its end come or not, is displaced by it.
        most = winner - place - 1
        found = _kernels.find_row(octets, place + 1, winner, 0, 0, most, last, specified, forms)
        place, stop = int(found[0]), int(found[1])
        if stop == NO:
            break
        if 0 < stop <= winner:
            other, other_end = _outlasting(octets, place, stop, last)
            if other < stop or other_end == OPEN:
                winner, end = other, other_end
    return winner, end


def _outlasting(octets: NDArray[np.uint8], at: int, stop: int, last: bool) -> tuple[int, int]:
    """Find the block whose row outlasts that of a whole block here and of all that lie between.

    A place inside a block outlasts it when more blocks follow from there, or as many and its own
    is larger; another inside that one may outlast it in turn. Gives where the one that is left
    begins and ends; if it does not overlap the first, then what would have displaced that one has
    been displaced itself. The end is ``OPEN`` while more octets may change it.
    """
    forms, specified = _everything(), _specified()
    while True:
        count = _count_blocks(octets, at, last, forms)
        if count == OPEN:
            return at, OPEN
        if count >= SURE:
            return at, stop
        other, end, _ = _kernels.find_row(
            octets, at + 1, stop, count, stop - at, _ANY_SIZE, last, specified, forms
        )
        if end == OPEN:
            return at, OPEN
        if end == NO:
            return at, stop
        at, stop = int(other), int(end)


@lru_cache(maxsize=1)
def _specified() -> NDArray[np.bool_]:
    return _among(categories())


def _headed() -> NDArray[np.bool_]:
    """Give the categories that are believed by their headers."""
    return _among(categories() | set(PUBLISHED_CATEGORIES))


def _among(wanted: Iterable[int]) -> NDArray[np.bool_]:
    known = np.zeros(256, np.bool_)
    known[list(wanted)] = True
    return known


def describe_cut(octets: NDArray[np.uint8]) -> str:
    """Say which block a stream of one cut block holds; empty where it is none."""
    if octets.size >= 3 and not 3 <= octets.size < _announced(octets, 0):
        return ""
    return _describe_cut(octets, 0) if _headed()[octets[0]] else ""


def _describe_cut(octets: NDArray[np.uint8], at: int) -> str:
    """Say in which way the octets end within the block that begins here."""
    left = octets.size - at
    if not _headed()[octets[at]]:
        return _NONE_HERE
    if left < 3:
        return f"the file ends within a block's header ({left} of 3 octets)"
    return (
        f"the file ends within a block: category {octets[at]:03d} announces "
        f"{_announced(octets, at)} octets, {left} are left"
    )


def _announced(octets: NDArray[np.uint8], at: int) -> int:
    return (int(octets[at + 1]) << 8) | int(octets[at + 2])


def _is_text(octets: NDArray[np.uint8]) -> bool:
    """Tell whether a file is text: ASTERIX never goes a kilobyte without a control octet."""
    head = octets[:1024]
    printable = (head >= 0x20) & (head < 0x7F) | (head == 0x09) | (head == 0x0A) | (head == 0x0D)
    return bool(printable.all())
