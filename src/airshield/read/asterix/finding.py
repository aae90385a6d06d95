"""Which edition a source speaks, found out from its octets.

Octets do not name their edition. But only with the right one does every block end where its length
says (or with one that is alike in what the source uses). So each source's blocks are walked with
every edition of their category, and the editions that fail least are kept. What still ties is
judged by its values: latitudes beyond the pole, times past the end of the day, codes that the
edition does not define and bits that it leaves spare but the source sets all speak against it.
What ties then cannot be told apart on these octets; the newest is taken, and the others are named.

A source is a (category, SAC, SIC): one feed can mix stations that speak different editions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield import tables
from airshield.read.asterix.columns import TIME_TITLES, Plan, make_plan, plan_of
from airshield.read.asterix.decode import Cut, cut_blocks, decode, sources_of, walk
from airshield.read.asterix.spec import Leaf, Node, find_spec
from airshield.read.asterix.spec import editions as known_editions
from airshield.read.reader import EditionKey, Editions
from airshield.units import S_PER_DAY

BLOCKS_MAX: Final = 65_536
"""Blocks of one source that are walked with every edition: at a few million records a second and
eleven editions a quarter of a second. Editions of CAT021 that differ in one item show it in one
block of forty (a real recording of edition 2.1); so many blocks leave no chance to luck."""

VALUES_MAX: Final = 2_000
"""Blocks of one source whose values are looked at where editions tie."""

SOURCES_MAX: Final = 256
"""Sources that are looked at: noise that passes for blocks names as many as it has blocks. One
that comes later is read in the edition of its category."""

FAILING_MAX: Final = 0.1
"""Share of failing blocks from which on no edition is believed to be the right one."""

_SHOWN: Final = 3
"""Editions that fail, told in the reason with how often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEdition:
    """What was chosen for one source, and why."""

    category: int
    sac: int | None
    """Null where the first record of its blocks names no source."""
    sic: int | None
    edition: str
    basis: str
    """``'given'``; ``'the only one'``; ``'structure'``: no other fails as little; ``'values'``:
    others end blocks too, but say what cannot be; ``'newest'``: others fit too; ``'none fits'``:
    more than one block of ten fails with every edition."""
    blocks: int
    """Blocks that were looked at."""
    failing: dict[str, int]
    """Blocks that do not end where they should, by edition."""
    implausible: dict[str, int]
    """Values that cannot be and spare bits that are set, by edition, where editions tied."""
    also: tuple[str, ...]
    """Editions that fit as well, newest first."""

    @property
    def key(self) -> EditionKey:
        """What :func:`decode` wants as key of its ``editions``."""
        if self.sac is None or self.sic is None:
            return self.category
        return (self.category, self.sac, self.sic)

    @property
    def why(self) -> str:
        """The reason in plain words."""
        if self.basis in ("given", "the only one"):
            return self.basis
        failed = self.failing[self.edition]
        ends = (
            f"all {self.blocks:,} blocks end as they should"
            if not failed
            else f"{failed:,} of {self.blocks:,} blocks fail, fewest of all"
        )
        worse = sorted((n, e) for e, n in self.failing.items() if n > failed)
        if self.basis == "none fits":
            ends = f"NO EDITION FITS: {ends}"
        parts = [ends]
        if worse:
            shown = ", ".join(f"{edition} fails in {n:,}" for n, edition in worse[:_SHOWN])
            more = f" and {len(worse) - _SHOWN} more fail" if len(worse) > _SHOWN else ""
            parts.append(shown + more)
        odd = self.implausible.get(self.edition, 0)
        worse = sorted((n, e) for e, n in self.implausible.items() if n > odd)
        if worse:
            shown = ", ".join(f"{edition} ({n:,})" for n, edition in worse[:_SHOWN])
            parts.append(f"values that cannot be or spare bits set with {shown}")
        if odd:
            parts.append(f"{odd:,} odd values with this one too")
        if self.also:
            parts.append(f"{', '.join(self.also)} fit as well on these octets")
        return "; ".join(parts)


@dataclass(slots=True)
class _Source:
    """What is known of one source so far."""

    blocks: int
    failing: dict[str, int]
    sample: list[bytes]


class EditionFinder:
    """Looks at frames, then says which edition each source speaks.

    Parameters
    ----------
    given : mapping of category, or of (category, SAC, SIC), to edition, optional
        What somebody knows already; it is not questioned.

    Examples
    --------
    ::

        finder = EditionFinder()
        for frames in recording:
            if not finder.look(frames):
                break
        decoded = decode(frames, editions=finder.editions())
    """

    def __init__(self, given: Editions | None = None) -> None:
        self._given: dict[EditionKey, str] = {} if given is None else dict(given.items())
        self._sources: dict[tuple[int, int], _Source] = {}
        self._found: dict[tuple[int, int], FoundEdition] = {}

    def look(self, frames: pa.Table) -> bool:
        """Look at a FRAME table; False when all sources in it are known well enough."""
        curious = False
        for batch in frames.to_batches():
            if batch.num_rows == 0:
                continue
            cut = cut_blocks(batch)
            for category in np.unique(cut.category).tolist():
                if category not in known_editions():
                    continue
                mine = np.flatnonzero(cut.category == category)
                named = sources_of(cut, mine)
                for source in np.unique(named).tolist():
                    curious |= self._look(cut, category, source, mine[named == source])
        return curious

    def found(self) -> list[FoundEdition]:
        """Return what was chosen for every source, by category and source."""
        return [self.choose(*key) for key in sorted(self._sources)]

    def blocks(self) -> dict[tuple[int, int], int]:
        """Return how many blocks of each category and source (SAC * 256 + SIC) were looked at."""
        return {key: one.blocks for key, one in self._sources.items()}

    @property
    def is_curious(self) -> bool:
        """Whether more blocks of some source that was met would help."""
        return any(
            one.blocks < BLOCKS_MAX and self._is_open(*key) for key, one in self._sources.items()
        )

    def choose(self, category: int, source: int) -> FoundEdition:
        """Return what is chosen for one source of those that were looked at."""
        key = (category, source)
        if key not in self._found:
            self._found[key] = self._choose(category, source)
        return self._found[key]

    def editions(self) -> dict[EditionKey, str]:
        """Return the editions for :func:`decode`: what was given, and what was found."""
        return editions_of(self.found(), self._given)

    def _look(self, cut: Cut, category: int, source: int, mine: NDArray[np.int64]) -> bool:
        """Walk one source's blocks with every edition; tell whether more of them would help."""
        candidates = known_editions()[category]
        key = (category, source)
        if key not in self._sources:
            if len(self._sources) >= SOURCES_MAX:
                return False
            self._sources[key] = _Source(0, dict.fromkeys(candidates, 0), [])
        known = self._sources[key]
        if known.blocks >= BLOCKS_MAX:
            return False
        known.blocks += mine.size
        self._found.pop(key, None)
        if not self._is_open(category, source):
            return False
        for alike in _alike(category):
            faults = walk(cut, mine, make_plan(category, alike[0], ())).faults
            lost = faults.stop > faults.first
            failing = int(np.unique(faults.stop[lost]).size)
            for edition in alike:
                known.failing[edition] += failing
        room = VALUES_MAX - len(known.sample)
        for k in mine[:room].tolist():
            known.sample.append(cut.octets[cut.start[k] - 3 : cut.stop[k]].tobytes())
        return known.blocks < BLOCKS_MAX

    def _is_open(self, category: int, source: int) -> bool:
        return len(known_editions()[category]) > 1 and not self._is_given(category, source)

    def _is_given(self, category: int, source: int) -> bool:
        return category in self._given or _key(category, source) in self._given

    def _choose(self, category: int, source: int) -> FoundEdition:
        known = self._sources[category, source]
        candidates = known_editions()[category]
        sac, sic = (None, None) if source < 0 else divmod(source, 256)
        found = FoundEdition(
            category=category,
            sac=sac,
            sic=sic,
            edition=candidates[-1],
            basis="the only one",
            blocks=known.blocks,
            failing={},
            implausible={},
            also=(),
        )
        if self._is_given(category, source):
            given = self._given.get(_key(category, source), self._given.get(category, ""))
            return replace(found, edition=given, basis="given")
        if len(candidates) == 1:
            return found
        failing = known.failing
        least = min(failing.values())
        if least > FAILING_MAX * known.blocks:
            best = [edition for edition in candidates if failing[edition] == least]
            return replace(found, edition=best[-1], basis="none fits", failing=failing)
        tied = [edition for edition in candidates if failing[edition] == least]
        if len(tied) == 1:
            return replace(found, edition=tied[0], basis="structure", failing=failing)
        odd = {edition: _implausible(category, edition, known.sample) for edition in tied}
        fit = [edition for edition in tied if odd[edition] == min(odd.values())]
        return replace(
            found,
            edition=fit[-1],
            basis="values" if len(fit) == 1 else "newest",
            failing=failing,
            implausible=odd,
            also=tuple(reversed(fit[:-1])),
        )


def editions_of(
    found: Iterable[FoundEdition], given: Mapping[EditionKey, str]
) -> dict[EditionKey, str]:
    """Make editions for :func:`decode` of what was given and what was found.

    Where all sources of a category speak one edition, it stands for the category, so that a
    source that is met later is read like its neighbours.
    """
    by_category: dict[int, list[FoundEdition]] = {}
    for one in found:
        by_category.setdefault(one.category, []).append(one)
    editions = dict(given)
    for category, some in by_category.items():
        most = max(some, key=lambda one: one.blocks)
        editions.setdefault(category, most.edition)
        for one in some:
            if one.edition != editions[category]:
                editions.setdefault(one.key, one.edition)
    return editions


def _key(category: int, source: int) -> EditionKey:
    return category if source < 0 else (category, source >> 8, source & 255)


@lru_cache(maxsize=64)
def _alike(category: int) -> list[list[str]]:
    """Group a category's editions by what the walk sees of them: one stands for its group."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for edition in known_editions()[category]:
        spec = find_spec(category, edition)
        tables = (spec.nodes, spec.kids, spec.parts, spec.fixed_octets, spec.fixed_slots)
        selector = spec.selector
        place = None if selector is None else (selector.slot, selector.bit, selector.bits)
        key = (*(table.tobytes() for table in (*tables, spec.choices)), place)
        groups.setdefault(key, []).append(edition)
    return list(groups.values())


def _implausible(category: int, edition: str, blocks: list[bytes]) -> int:
    """Count values that cannot be, and set spare bits, in blocks of one category."""
    frames = tables.make_table(
        tables.FRAME,
        {
            "frame": np.arange(len(blocks), dtype=np.uint64),
            "source": tables.words(np.zeros(len(blocks), np.int32), ["sample"]),
            "offset": np.zeros(len(blocks), np.uint64),
            "octets": pa.array(blocks, pa.large_binary()),
        },
        rows=len(blocks),
    )
    odd = 0
    leaves = {
        name: leaf
        for name, leaf in find_spec(category, edition).leaves.items()
        if _has_gaps(leaf) or _limit(leaf) is not None
    }
    found = decode(
        frames, editions={category: edition}, categories=[category], columns=list(leaves)
    )
    for table in found.tables.values():
        for name, leaf in leaves.items():
            column = table[name]
            if column.null_count < table.num_rows:
                odd += _count_odd(leaf, column)
    spare = _spare_plan(category, edition)
    for batch in frames.to_batches():
        cut = cut_blocks(batch)
        for table in walk(cut, np.arange(cut.category.size), spare).tables:
            for leaf in spare.leaves:
                odd += _count(pc.not_equal(_flat(table[leaf.name]), 0))
    return odd


def _count_odd(leaf: Leaf, column: pa.ChunkedArray) -> int:
    values = _flat(column)
    if leaf.codes is not None:
        return _count(pc.invert(pc.is_in(values, value_set=_codes(leaf, values.type))))
    return _count(pc.greater(pc.abs(values), _limit(leaf)))


def _has_gaps(leaf: Leaf) -> bool:
    """Tell whether some value of a table of codes is not defined."""
    return leaf.codes is not None and len(leaf.codes) < 1 << leaf.bits


def _limit(leaf: Leaf) -> float | None:
    """Give the largest amount that a quantity can have, if something limits it."""
    if leaf.kind != "quantity":
        return None
    if leaf.unit == "s" and leaf.title in TIME_TITLES:
        return S_PER_DAY
    if leaf.unit == "°":
        title = leaf.title.lower()
        return 90.0 if "latitude" in title else 180.0 if "longitude" in title else None
    return None


def _codes(leaf: Leaf, kind: pa.DataType) -> pa.Array:
    assert leaf.codes is not None
    return pa.array([int(code) for code in leaf.codes], kind)


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    flat = pc.list_flatten(column) if pa.types.is_list(column.type) else column
    return flat.drop_null()


def _count(marks: pa.ChunkedArray) -> int:
    return int(pc.sum(marks).as_py() or 0)


@lru_cache(maxsize=64)
def _spare_plan(category: int, edition: str) -> Plan:
    """Make a plan whose columns are the bits that an edition leaves spare."""
    spec = find_spec(category, edition)
    leaves: dict[str, Leaf] = {}
    for record in spec.records:
        for node in _nodes(record):
            for j, (octets, has_fx, known) in enumerate(node.parts):
                for bit, bits in _gaps(octets * 8 - has_fx, known):
                    leaf = Leaf(
                        name=f"spare_{node.number}_{j}_{bit}",
                        item=node.item,
                        title="Spare bits",
                        kind="integer",
                        slot=node.slot + j,
                        bit=bit,
                        bits=bits,
                        repeat=node.repeat,
                    )
                    leaves[leaf.name] = leaf
    return plan_of(spec, tuple(leaves.values()))


def _nodes(node: Node) -> list[Node]:
    inner = [member for member in (*node.members, node.within) if member is not None]
    return [node, *(one for member in inner for one in _nodes(member))]


def _gaps(bits: int, leaves: tuple[Leaf, ...]) -> list[tuple[int, int]]:
    """Return start and size of the runs of bits that no leaf covers, none longer than 64."""
    covered = np.zeros(bits + 1, dtype=np.bool_)
    covered[bits] = True
    for leaf in leaves:
        covered[leaf.bit : leaf.bit + leaf.bits] = True
    gaps = []
    start = 0
    for bit in range(bits + 1):
        if covered[bit] or bit - start == 64:
            if bit > start:
                gaps.append((start, bit - start))
            start = bit + 1 if covered[bit] else bit
    return gaps
