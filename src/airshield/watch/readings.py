"""Frames of many sources and formats to one stream of reports.

Each source's frames go to the reader of the format that it speaks, as the journal's notes say
(``watch.notes``). There is one reader for all sources of which the same is said, so that messages
of one aircraft heard by two of them meet. What the readers give is put back into the order of the
frames: a frame goes to one reader only, so the order is that of the journal whatever the batches.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.read.reader import Editions, Options, ReportBatch, ReportReader, find_reader
from airshield.watch.notes import ASTERIX, Spoken, is_note, read_notes


class Readings:
    """A reader of reports for frames of any format.

    Parameters
    ----------
    date, editions
        As in :class:`airshield.read.reader.Options`.

    Raises
    ------
    UsageError
        There is no such edition; in :meth:`feed`: a source speaks a format that is not installed.
    """

    def __init__(self, *, date: dt.date | None = None, editions: Editions | None = None) -> None:
        self._options = Options(date=date, editions=dict(editions.items()) if editions else {})
        self._spoken: dict[str, Spoken] = {}
        self._readers: dict[Spoken, ReportReader] = {}
        self._reader(ASTERIX)

    @property
    def editions(self) -> Editions:
        """The ASTERIX editions that were given."""
        return self._options.editions

    @property
    def spoken(self) -> Mapping[str, Spoken]:
        """What each source speaks that does not speak ASTERIX."""
        return self._spoken

    def declare(self, source: str, spoken: Spoken) -> None:
        """Say what a source speaks from here on, where no note among the frames does."""
        self._spoken[source] = spoken

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read frames in the order of the journal."""
        sources = frames["source"].unify_dictionaries().combine_chunks()
        names: list[str] = sources.dictionary.to_pylist()
        codes = sources.indices.to_numpy()
        if not any(map(is_note, names)):
            return self._read(frames, codes, names)
        of_note = np.array([is_note(name) for name in names])[codes]
        rejects, said = read_notes(frames.filter(pa.array(of_note)))
        batches: list[ReportBatch] = []
        begin = 0
        first = int(frames["frame"][0].as_py()) if frames.num_rows else 0
        for frame, source, spoken in [*said, (first + frames.num_rows, "", ASTERIX)]:
            rows = np.flatnonzero(~of_note[begin : frame - first]) + begin
            if rows.size:
                batches.append(self._read(frames.take(rows), codes[rows], names))
            begin = frame - first
            if source:
                self._spoken[source] = spoken
        batch = _joined(batches)
        if not rejects.num_rows:
            return batch
        return _with_rejects(batch, _in_frame_order(tables.REJECT, [batch.rejects, rejects]))

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Return the state, for :meth:`restore`."""
        index = {
            "spoken": {source: asdict(spoken) for source, spoken in self._spoken.items()},
            "readers": [asdict(spoken) for spoken in self._readers],
        }
        state: dict[str, NDArray[Any]] = {
            "index": np.frombuffer(json.dumps(index).encode(), np.uint8)
        }
        for number, reader in enumerate(self._readers.values()):
            state |= {f"{number}.{name}": array for name, array in reader.snapshot().items()}
        return state

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on where a snapshot was taken."""
        index = json.loads(state["index"].tobytes())
        self._spoken = {source: Spoken.from_json(said) for source, said in index["spoken"].items()}
        self._readers = {}
        for number, said in enumerate(index["readers"]):
            begins = f"{number}."
            self._reader(Spoken.from_json(said)).restore(
                {
                    name.removeprefix(begins): array
                    for name, array in state.items()
                    if name.startswith(begins)
                }
            )

    def _reader(self, spoken: Spoken) -> ReportReader:
        if spoken not in self._readers:
            options = spoken.options(self._options)
            self._readers[spoken] = find_reader(spoken.format).reports(options)
        return self._readers[spoken]

    def _read(
        self, frames: pa.Table, codes: NDArray[np.integer[Any]], names: Sequence[str]
    ) -> ReportBatch:
        """Read frames of which none is a note, by what their sources speak now."""
        by_code = [self._spoken.get(name, ASTERIX) for name in names]
        met = by_code[:1] if len(names) == 1 else [by_code[code] for code in np.unique(codes)]
        kinds = dict.fromkeys(met)
        if len(kinds) < 2:
            return self._reader(met[0] if met else ASTERIX).feed(frames)
        batches = []
        for spoken in kinds:
            rows = np.flatnonzero(np.array([one == spoken for one in by_code])[codes])
            batches.append(self._reader(spoken).feed(frames.take(rows).combine_chunks()))
        batch = _joined(batches)
        return ReportBatch(
            reports=_in_frame_order(tables.REPORT, [batch.reports]),
            status=_in_frame_order(tables.SENSOR_STATUS, [batch.status]),
            rejects=_in_frame_order(tables.REJECT, [batch.rejects]),
            counts=batch.counts,
            unused=batch.unused,
        )


def _joined(batches: Sequence[ReportBatch]) -> ReportBatch:
    """Put batches one after the other."""
    if len(batches) == 1:
        return batches[0]
    return ReportBatch(
        reports=tables.concat(tables.REPORT, (one.reports for one in batches)),
        status=tables.concat(tables.SENSOR_STATUS, (one.status for one in batches)),
        rejects=tables.concat(tables.REJECT, (one.rejects for one in batches)),
        counts=_sum(one.counts for one in batches),
        unused=_sum(one.unused for one in batches),
    )


def _with_rejects(batch: ReportBatch, rejects: pa.Table) -> ReportBatch:
    return ReportBatch(
        reports=batch.reports,
        status=batch.status,
        rejects=rejects,
        counts=batch.counts,
        unused=batch.unused,
    )


def _in_frame_order(schema: pa.Schema, parts: Iterable[pa.Table]) -> pa.Table:
    """Join tables and sort by frame; rows of one frame stay as they are."""
    table = tables.concat(schema, parts)
    order = np.argsort(table["frame"].to_numpy(), kind="stable")
    return table.take(order).combine_chunks() if table.num_rows else table


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total
