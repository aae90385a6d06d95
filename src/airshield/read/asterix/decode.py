"""Frames to tables: cut blocks, walk records, make columns, and account for every octet."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.read.asterix import _kernels
from airshield.read.asterix.columns import Plan, make_columns, make_plan
from airshield.read.asterix.spec import Spec, find_spec
from airshield.read.asterix.spec import editions as known_editions
from airshield.read.frames import octets_of
from airshield.read.reader import EditionKey, Editions

REASONS: Final[Mapping[int, str]] = {
    _kernels.FAULT_TRUNCATED: "the block ends before the item does",
    _kernels.FAULT_FSPEC_LONG: "the field specification is longer than the profile",
    _kernels.FAULT_FSPEC_EMPTY: "the field specification names no item",
    _kernels.FAULT_NO_SUCH_ITEM: "the field specification names an item that the profile has not",
    _kernels.FAULT_ENDLESS: "the last part of an extended item says that another follows",
    _kernels.FAULT_LENGTH_ZERO: "an explicit item of length zero",
    _kernels.FAULT_NO_PROFILE: "nothing says which profile the record follows",
    _kernels.FAULT_EXPANSION: "the expansion field is not as its specification; kept as octets",
    _kernels.FAULT_BLOCK_SHORT: "a block length below 3",
    _kernels.FAULT_BLOCK_LONG: "the block is longer than what is left of the frame",
    _kernels.FAULT_LEFTOVER: "octets left over after the last block",
}
"""What REJECT ``reason`` can say."""

_CHUNK_CELLS: Final = 1 << 20
"""Slots noted before columns are made from them: 2 MiB, about a second-level cache."""
_CHUNK_RECORDS: Final = 1 << 16
"""Records in a chunk, at most, where few slots are wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What :func:`decode` found.

    Every octet of the frames is in exactly one of the four counts.
    """

    tables: dict[tuple[int, str], pa.Table]
    """Records by category and edition; only categories that have a record."""
    rejects: pa.Table
    """REJECT rows in frame order."""
    blocks: dict[int, int]
    """Data blocks by category: those decoded, those not asked for, those without specification."""
    records: dict[int, int]
    """Records decoded, by category."""
    skipped: dict[int, int]
    """Octets of blocks that were not decoded on purpose, by category."""
    octets_decoded: int
    """Octets of decoded records and of the headers of their blocks."""
    octets_rejected: int
    """Octets in ``rejects``."""
    octets_skipped: int
    """Octets of the blocks in ``skipped``."""


def decode(
    frames: pa.Table,
    *,
    editions: Editions | None = None,
    columns: Sequence[str] | None = None,
    categories: Collection[int] | None = None,
) -> Decoded:
    """Decode frames of ASTERIX data blocks into one table per category.

    Parameters
    ----------
    frames : pyarrow.Table of tables.FRAME
        Each frame holds whole data blocks, of any categories.
    editions : mapping of category, or of (category, SAC, SIC), to edition, optional
        Such as ``{21: "0.23", (21, 20, 219): "2.1"}``: one feed can mix stations that speak
        different editions. A block is of the source that its first record names. The newest
        edition is taken where nothing is said; :class:`EditionFinder` finds out.
    columns : sequence of str, optional
        The leaves to decode; each is taken from every category that has it. All by default.
    categories : collection of int, optional
        The categories to decode; blocks of others are counted as skipped. All by default.

    Returns
    -------
    Decoded
        Tables whose columns are ``frame``, ``t_heard``, ``record``, ``offset``, ``profile`` (only
        in categories with several) and then one for each leaf; see the essay of this package for
        names and types. The result does not depend on how frames are batched.

    Raises
    ------
    UsageError
        There is no such edition, category or column; the message says which there are.

    Notes
    -----
    A block's length is trusted: a record that cannot be read takes the rest of its block with it
    into the REJECT table, and decoding goes on with the next block.
    """
    wanted = None if columns is None else tuple(columns)
    chosen = _choose(
        _pairs(editions),
        None if categories is None else frozenset(categories),
        wanted,
    )
    runs: dict[tuple[int, str], list[Run]] = {}
    blocks: dict[int, int] = {}
    skipped: dict[int, int] = {}
    rejects: list[pa.Table] = []
    decoded = rejected = 0
    for batch in frames.to_batches():
        if batch.num_rows == 0:
            continue
        cut = cut_blocks(batch)
        bad = [cut.faults()]
        for category in np.unique(cut.category).tolist():
            mine = np.flatnonzero(cut.category == category)
            blocks[category] = blocks.get(category, 0) + mine.size
            if category not in chosen:
                size = int((cut.stop[mine] - cut.start[mine] + 3).sum())
                skipped[category] = skipped.get(category, 0) + size
                continue
            for edition, part in _by_edition(cut, mine, chosen[category]):
                run = walk(cut, part, make_plan(category, edition, wanted))
                runs.setdefault((category, edition), []).append(run)
                bad.append(run.faults)
                decoded += int((cut.stop[part] - cut.start[part] + 3).sum()) - run.faults.octets()
        faults = Faults.join(bad)
        rejected += faults.octets()
        rejects.append(faults.table(cut))
    found = {key: [t for run in parts for t in run.tables] for key, parts in runs.items()}
    out = {key: pa.concat_tables(parts) for key, parts in sorted(found.items()) if parts}
    records: dict[int, int] = {}
    for (category, _), table in out.items():
        records[category] = records.get(category, 0) + table.num_rows
    return Decoded(
        tables=out,
        rejects=tables.concat(tables.REJECT, rejects),
        blocks=dict(sorted(blocks.items())),
        records=records,
        skipped=dict(sorted(skipped.items())),
        octets_decoded=decoded,
        octets_rejected=rejected,
        octets_skipped=sum(skipped.values()),
    )


class _Editions(NamedTuple):
    """What one category is decoded in: by default, and by source (SAC, SIC)."""

    default: str
    by_source: dict[tuple[int, int], str]


def _pairs(editions: Editions | None) -> tuple[tuple[EditionKey, str], ...]:
    return () if editions is None else tuple(editions.items())


@lru_cache(maxsize=64)
def _choose(
    asked: tuple[tuple[EditionKey, str], ...],
    categories: frozenset[int] | None,
    columns: tuple[str, ...] | None,
) -> dict[int, _Editions]:
    """Return the editions of every category to decode; checks what was asked for."""
    for category in categories or ():
        find_spec(category)
    newest = {category: names[-1] for category, names in known_editions().items()}
    wanted = newest.keys() if categories is None else categories
    chosen = {category: _Editions(newest[category], {}) for category in sorted(wanted)}
    for key, edition in asked:
        category, *source = (key,) if isinstance(key, int) else key
        find_spec(category, edition)
        if category not in chosen:
            continue
        if source:
            chosen[category].by_source[source[0], source[1]] = edition
        else:
            chosen[category] = chosen[category]._replace(default=edition)
    unknown = set(columns or ())
    seen: set[str] = set()
    for category, editions in chosen.items():
        if not unknown:
            break
        for edition in {editions.default, *editions.by_source.values()}:
            leaves = find_spec(category, edition).leaves
            unknown -= leaves.keys()
            seen |= leaves.keys()
    if unknown:
        name = min(unknown)
        close = difflib.get_close_matches(name, sorted(seen), n=3)
        hint = f"; did you mean {', '.join(close)}" if close else ""
        raise UsageError(f"no column {name!r} in the categories and editions to decode{hint}")
    return chosen


def _by_edition(
    cut: Cut, mine: NDArray[np.int64], editions: _Editions
) -> list[tuple[str, NDArray[np.int64]]]:
    """Share a category's blocks out by the edition that their source speaks."""
    if not editions.by_source:
        return [(editions.default, mine)]
    source = sources_of(cut, mine)
    left = np.ones(mine.size, dtype=np.bool_)
    parts: dict[str, NDArray[np.bool_]] = {}
    for (sac, sic), edition in editions.by_source.items():
        here = source == (sac << 8 | sic)
        left &= ~here
        parts[edition] = parts[edition] | here if edition in parts else here
    parts[editions.default] = parts[editions.default] | left if editions.default in parts else left
    return [(edition, mine[here]) for edition, here in parts.items() if here.any()]


def sources_of(cut: Cut, mine: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return SAC times 256 plus SIC of the first record of some blocks, -1 where it has none.

    In every category the data source identifier is the first item of the profile, two octets.
    """
    at, stop = cut.start[mine].copy(), cut.stop[mine]
    last = cut.octets.size - 1
    named = cut.octets[np.minimum(at, last)] & 0x80 != 0
    while True:
        more = (at < stop) & (cut.octets[np.minimum(at, last)] & 1 == 1)
        if not more.any():
            break
        at[more] += 1
    whole = named & (at + 3 <= stop)
    first, second = (cut.octets[np.minimum(at + k, last)].astype(np.int64) for k in (1, 2))
    return np.where(whole, first << 8 | second, -1)


@dataclass(frozen=True, slots=True)
class Cut:
    """The blocks of a batch of frames."""

    batch: pa.RecordBatch
    octets: NDArray[np.uint8]
    frame_first: NDArray[np.int64]
    category: NDArray[np.uint8]
    frame: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    fault: NDArray[np.int64]
    fault_at: NDArray[np.int64]

    def faults(self) -> Faults:
        """Return what could not be cut into blocks: at most one run at each frame's end."""
        bad = np.flatnonzero(self.fault)
        return Faults(
            frame=bad,
            first=self.fault_at[bad],
            stop=self.frame_first[bad + 1],
            reason=self.fault[bad],
            category=np.full(bad.size, -1, dtype=np.int64),
            items=[None] * bad.size,
        )


@dataclass(frozen=True, slots=True)
class Faults:
    """Rows of the REJECT table in the making; places count in the batch's octets."""

    frame: NDArray[np.int64]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]
    reason: NDArray[np.int64]
    category: NDArray[np.int64]
    items: list[str | None]

    @classmethod
    def join(cls, parts: Iterable[Faults]) -> Faults:
        """Put the faults of several categories into the order of the octets."""
        some = list(parts)
        first = np.concatenate([p.first for p in some])
        order = np.argsort(first, kind="stable")
        items = [item for p in some for item in p.items]
        return cls(
            frame=np.concatenate([p.frame for p in some])[order],
            first=first[order],
            stop=np.concatenate([p.stop for p in some])[order],
            reason=np.concatenate([p.reason for p in some])[order],
            category=np.concatenate([p.category for p in some])[order],
            items=[items[k] for k in order.tolist()],
        )

    def octets(self) -> int:
        """Return how many octets are lost."""
        return int((self.stop - self.first).sum())

    def table(self, cut: Cut) -> pa.Table:
        """Return the REJECT table."""
        rows = self.frame.size
        if rows == 0:
            return tables.empty(tables.REJECT)
        batch, where = cut.batch, pa.array(self.frame)
        sources = batch.column("source").take(where)
        offset = self.first - cut.frame_first[self.frame]
        # In a file the octet's own offset finds it again; a datagram only has its inside.
        in_file = [str(source).startswith("file:") for source in sources.to_pylist()]
        base = batch.column("offset").take(where).to_numpy().astype(np.int64)
        spans = zip(self.first.tolist(), self.stop.tolist(), strict=True)
        return tables.make_table(
            tables.REJECT,
            {
                "frame": batch.column("frame").take(where),
                "t_heard": batch.column("t_heard").take(where),
                "source": sources,
                "offset": np.where(in_file, base + offset, offset).astype(np.uint64),
                "category": pa.array(
                    [None if c < 0 else c for c in self.category.tolist()], pa.uint8()
                ),
                "item": pa.array(self.items, pa.string()),
                "reason": [REASONS[code] for code in self.reason.tolist()],
                "octets": [cut.octets[a:b].tobytes() for a, b in spans],
            },
            rows=rows,
        )


@dataclass(frozen=True, slots=True)
class Run:
    """Records of one category and edition of one batch."""

    tables: list[pa.Table]
    faults: Faults


def cut_blocks(batch: pa.RecordBatch) -> Cut:
    """Cut a batch of frames into data blocks."""
    column = batch.column("octets").cast(pa.large_binary())
    n = batch.num_rows
    octets, first = octets_of(column)
    fault = np.zeros(n, dtype=np.int64)
    fault_at = np.zeros(n, dtype=np.int64)
    room = 0
    while True:
        category = np.empty(room, dtype=np.uint8)
        frame, start, stop = (np.empty(room, dtype=np.int64) for _ in range(3))
        found = int(
            _kernels.split_blocks(octets, first, category, frame, start, stop, fault, fault_at)
        )
        if found == room:
            return Cut(batch, octets, first, category, frame, start, stop, fault, fault_at)
        room = found


def walk(cut: Cut, mine: NDArray[np.int64], plan: Plan) -> Run:
    """Walk the blocks ``mine`` and make columns, a chunk of records at a time."""
    spec = plan.spec
    blocks = np.stack([cut.frame[mine], cut.start[mine], cut.stop[mine]])
    # Two octets are the least that a record can have.
    least = int((blocks[2] - blocks[1]).sum()) // 2 + 1
    room = min(least, _CHUNK_RECORDS, max(_CHUNK_CELLS // max(plan.row_count, 1), 256))
    marks = np.where(plan.rows < 0, -1, plan.rows * room)
    fixed = np.stack([spec.fixed_octets, np.append(marks, -1)[spec.fixed_slots]])
    selector = np.zeros(3, dtype=np.int64)
    if spec.selector is not None:
        leaf = spec.selector
        selector[:] = marks[leaf.slot], leaf.bit, leaf.bits
    roots = np.array([record.number for record in spec.records], dtype=np.int64)
    state = np.array([0, 0, -1, 0], dtype=np.int64)
    stack = np.zeros(_kernels.STACK_SIZE, dtype=np.int64)
    faults = np.zeros((4, mine.size), dtype=np.int64)
    made: list[pa.Table] = []
    flagged: list[NDArray[np.int64]] = []
    while state[0] < mine.size:
        slots = np.zeros((plan.row_count, room), dtype=np.uint16)
        records = np.empty((5, room), dtype=np.int64)
        n = int(
            _kernels.walk_blocks(
                cut.octets, blocks, roots, selector, spec.choices,
                spec.nodes, spec.kids, fixed, spec.parts, marks, state, stack, slots.reshape(-1),
                records, faults, 0,
            )
        )  # fmt: skip
        if n == 0:
            continue
        first, where, number, profile, expansion = records[:, :n]
        bad = np.flatnonzero(expansion >= 0)
        flagged.append(np.stack([where[bad], first[bad], expansion[bad]]))
        place = [
            cut.batch.column("frame").take(pa.array(where)),
            cut.batch.column("t_heard").take(pa.array(where)),
            pa.array(number.astype(np.uint32)),
            pa.array((first - cut.frame_first[where]).astype(np.uint32)),
        ]
        if len(spec.profiles) > 1:
            place.append(tables.words(profile, spec.profiles))
        columns = make_columns(plan, cut.octets, first, slots[:, :n])
        made.append(pa.Table.from_arrays(place + columns, schema=plan.schema))
    return Run(made, _faults_of(spec, blocks, flagged, faults))


def _faults_of(
    spec: Spec,
    blocks: NDArray[np.int64],
    flagged: list[NDArray[np.int64]],
    faults: NDArray[np.int64],
) -> Faults:
    """Gather what went wrong: tails of blocks, and records whose expansion field is odd."""
    bad = np.flatnonzero(faults[0])
    reason, first, node, frn = faults[:, bad]
    kept, at, odd = np.concatenate([np.empty((3, 0), dtype=np.int64), *flagged], axis=1)
    items: list[str | None] = []
    for k in range(bad.size):
        item = spec.node_items[node[k]]
        items.append(f"{item}/FRN{frn[k]}" if frn[k] > 0 else item)
    items += [spec.node_items[k] for k in odd.tolist()]
    return Faults(
        frame=np.concatenate([blocks[0, bad], kept]),
        first=np.concatenate([first, at]),
        # An odd expansion field stays in its record, as octets: nothing is lost to the tables.
        stop=np.concatenate([blocks[2, bad], at]),
        reason=np.concatenate([reason, np.full(kept.size, _kernels.FAULT_EXPANSION)]),
        category=np.full(bad.size + kept.size, spec.category, dtype=np.int64),
        items=items,
    )
