"""The archive: what the watch made of the journal, as Parquet parts anyone can query."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from airshield import tables
from airshield.errors import StoreError, UsageError
from airshield.store import disk


class Archive:
    """Append-only Parquet parts, a folder per table of tables.py.

    Each part covers a range of the journal's frames, so that after a crash what came after the
    last snapshot can be dropped and made again from the journal.

    Parameters
    ----------
    folder : str or Path
        Made if need be.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        disk.make_folder(self.folder)
        for name in tables.TABLES:
            if (self.folder / name).is_dir():
                disk.sweep(self.folder / name)

    def write(self, name: str, table: pa.Table, first_frame: int, last_frame: int) -> None:
        """Write the rows that frames ``first_frame`` to ``last_frame`` gave, both included.

        A table without rows leaves no part. A part of the same first frame is replaced.

        Raises
        ------
        UsageError
            No such table, or a range that runs backwards.
        StoreError
            The disk is full or the folder cannot be written.
        """
        folder = self._folder(name)
        if last_frame < first_frame:
            raise UsageError(f"archive: frames {first_frame} to {last_frame} run backwards")
        if not table.num_rows:
            return
        disk.make_folder(folder)
        sink = pa.BufferOutputStream()
        pq.write_table(table.cast(tables.TABLES[name]), sink, compression="zstd")
        path = folder / f"part-{first_frame:020d}-{last_frame:020d}.parquet"
        disk.write_whole(path, memoryview(sink.getvalue()))
        for other in self._parts(name):
            if other != path and _first(other) == first_frame:
                disk.remove(other)

    def drop_after(self, frame: int) -> None:
        """Drop every part that starts at ``frame`` or later: it will be made again.

        Raises
        ------
        StoreError
            A part begins before ``frame`` and ends after it, so it can neither stay nor go.
        """
        for name in tables.TABLES:
            for path in self._parts(name):
                if _first(path) >= frame:
                    disk.remove(path)
                elif _last(path) >= frame:
                    raise StoreError(
                        f"{path}: holds frames before and after {frame}, where the snapshot "
                        "stands; move the archive and the snapshots away to have both made again"
                    )
            if (self.folder / name).is_dir():
                disk.sync_folder(self.folder / name)

    def read(self, name: str, *, since_frame: int = 0) -> pa.Table:
        """Return the rows of a table, in the order of the journal.

        Parameters
        ----------
        name : str
            A table of tables.py.
        since_frame : int
            Leave out the parts that end before this frame.

        Raises
        ------
        StoreError
            A part is damaged.
        """
        parts = []
        for path in self._parts(name):
            if _last(path) < since_frame:
                continue
            try:
                parts.append(pq.read_table(path).cast(tables.TABLES[name]))
            except (pa.ArrowInvalid, OSError) as error:
                raise StoreError(f"{path}: damaged ({error}); restore it from a copy") from error
        return tables.concat(tables.TABLES[name], parts)

    def _folder(self, name: str) -> Path:
        if name not in tables.TABLES:
            raise UsageError(f"archive: no table {name}; there are {', '.join(tables.TABLES)}")
        return self.folder / name

    def _parts(self, name: str) -> list[Path]:
        return sorted(self._folder(name).glob("part-*.parquet"))


def _first(path: Path) -> int:
    return int(path.stem.split("-")[1])


def _last(path: Path) -> int:
    return int(path.stem.split("-")[2])
