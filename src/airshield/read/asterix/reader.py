"""ASTERIX as a reader among others: the contract of ``airshield.read.reader``, kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from airshield.geo import Origin
from airshield.read.asterix.columns import PLACE_FIELDS, PROFILE_FIELD
from airshield.read.asterix.decode import decode
from airshield.read.asterix.finding import EditionFinder, FoundEdition
from airshield.read.asterix.registers import LISTS, add_registers
from airshield.read.asterix.reports import ReportReader
from airshield.read.asterix.writing import encode_table
from airshield.read.raw import sniff, splitter
from airshield.read.reader import Options, Reader, Settled, TableBatch, no_such_column
from airshield.read.registers import columns_of_owners

LOOK_OCTETS: Final = 64 << 20
"""How far into a recording editions are looked for: a source that first speaks after a million
records is read in the edition of its category."""


class TableReader:
    """Frames to one table for each category and edition, named ``cat048``.

    A category that is read in several editions has a table for each, named ``cat021_0.23``.
    """

    def __init__(self, options: Options) -> None:
        self._editions = options.editions
        self._wanted = options.columns
        self._columns = options.columns
        of_registers = {name for name in options.columns or () if name.startswith("bds")}
        for name in of_registers - (register_columns() if of_registers else set()):
            raise no_such_column(name, register_columns())
        self._registers = options.registers or bool(of_registers)
        if options.columns is not None and self._registers:
            own = [name for name in options.columns if name not in of_registers]
            carriers = {name for names in LISTS.values() for name in names} | {"i260"}
            self._columns = (*own, *sorted(carriers.difference(own)))
        spoken: dict[int, set[str]] = {}
        for key, edition in options.editions.items():
            category = key if isinstance(key, int) else key[0]
            spoken.setdefault(category, set()).add(edition)
        self._mixed = {category for category, names in spoken.items() if len(names) > 1}

    def feed(self, frames: pa.Table) -> TableBatch:
        """Read a FRAME table."""
        found = decode(frames, editions=self._editions, columns=self._columns)
        counts = Counter({f"CAT{c:03d} blocks": n for c, n in found.blocks.items()})
        counts.update({f"CAT{c:03d} records": n for c, n in found.records.items()})
        counts.update({f"CAT{c:03d} octets skipped": n for c, n in found.skipped.items()})
        return TableBatch(
            tables={self._name(*key): self._finish(t) for key, t in found.tables.items()},
            rejects=found.rejects,
            counts=counts,
        )

    def _finish(self, table: pa.Table) -> pa.Table:
        """Add the registers that were asked for, and leave out what only carried them."""
        if not self._registers:
            return table
        table = add_registers(table)
        if self._wanted is None:
            return table
        known = set(table.column_names)
        place = [field.name for field in (*PLACE_FIELDS, PROFILE_FIELD)]
        return table.select([name for name in (*place, *self._wanted) if name in known])

    def _name(self, category: int, edition: str) -> str:
        return f"cat{category:03d}" + (f"_{edition}" if category in self._mixed else "")


@lru_cache(maxsize=1)
def register_columns() -> frozenset[str]:
    """Return the names of the columns that registers make."""
    nothing = np.empty(0, np.int64)
    made = columns_of_owners(nothing.astype(np.uint64), nothing.astype(np.uint8), nothing, 0)
    return frozenset(field.name for field, _ in made)


def settle(sample: Iterable[pa.Table], options: Options) -> Settled:
    """Find out which edition each source speaks, where ``options`` leave it open."""
    finder = EditionFinder(options.editions)
    octets = 0
    for frames in sample:
        curious = finder.look(frames)
        octets += frames["octets"].nbytes
        if not curious or octets > LOOK_OCTETS:
            break
    return Settled(
        options=options.with_editions(finder.editions()),
        found=[_told(one) for one in finder.found()],
    )


def _told(one: FoundEdition) -> dict[str, Any]:
    return {
        "category": f"{one.category:03d}",
        "sac": one.sac,
        "sic": one.sic,
        "edition": one.edition,
        "basis": one.basis,
        "why": one.why,
        "also_fit": list(one.also),
    }


def _reports(options: Options) -> ReportReader:
    points = {
        sensor: Origin(lat_deg=lat_deg, lon_deg=lon_deg, hae_m=0.0 if hae_m is None else hae_m)
        for sensor, (lat_deg, lon_deg, hae_m) in options.reference_points.items()
    }
    return ReportReader(editions=options.editions, date=options.date, reference_points=points)


def _write(table: pa.Table) -> bytes:
    category = int(table.schema.metadata[b"category"])
    return encode_table(category, table).octets.tobytes()


READER: Final = Reader(
    name="asterix",
    title="ASTERIX data blocks: raw, in captures, in recorder formats; every category",
    sniff=sniff,
    splitter=splitter,
    tables=TableReader,
    reports=_reports,
    settle=settle,
    write=_write,
)
