"""Write docs/conformance.md: what libasterix and airshield make of the same octets.

First every category and edition with random records, both ways; then whole recordings, where they
lie beside the checkout (without them the second part stays as it was written before). Everything
that is random has a fixed seed, so the document changes only when the code, libasterix or a
recording does. Takes four minutes on two cores; libasterix reads a thousand records a second.

Usage::

    python tools/conformance.py [--records N]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from compare_with_libasterix import compare

from airshield.errors import FormatError
from airshield.read import asterix, read_frames
from reference.asterix_conformance import conform

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "conformance.md"
RECORDINGS = ROOT.parent / "shared" / "data" / "asterix"
HEADING = "## Recordings"
FRAMES_A_TASK = 4000
"""Frames of a recording that one process compares before it takes others."""

UNKNOWN = "croatia/asterix.pcap"
EDITIONS = {
    "barcelona/cat021_ed0.23_20160510.ast": {21: "0.23"},
    "barcelona/cat021_ed2.1_023_first.ast": {21: "2.1"},
}
"""Recordings of other editions than the newest; one-block vectors have theirs in the name."""


def main() -> int:
    """Write the document."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--records", type=int, default=100, help="random records an edition")
    records = parser.parse_args().records
    with ProcessPoolExecutor() as pool:
        first = editions_part(pool, records)
        if RECORDINGS.is_dir():
            second = recordings_part(pool)
        else:
            print("the recordings are not beside this checkout: their part stays as it is")
            second = HEADING + DOCUMENT.read_text(encoding="utf-8").partition(HEADING)[2]
    DOCUMENT.write_text(f"{first}\n{second.rstrip()}\n", encoding="utf-8")
    return 0


def editions_part(pool: ProcessPoolExecutor, records: int) -> str:
    """Every edition, with random records."""
    every = [(category, e) for category, es in asterix.editions().items() for e in es]
    counts = list(pool.map(_conform, [(*one, records) for one in every]))
    rows = [
        f"| {category:03d} | {edition} | {count['decoded']} | {count['octets']} "
        f"| {count['encoded']} | {count['expanded'] or ''} |"
        for (category, edition), count in zip(every, counts, strict=True)
    ]
    wrong = sum(3 * records - c["decoded"] - c["octets"] - c["encoded"] for c in counts)
    verdict = "All are equal." if wrong == 0 else f"**{wrong} are not equal.**"
    return f"""# Conformance

What libasterix {version("libasterix")} and airshield make of the same octets and of the same
values. `python tools/conformance.py` writes this page; nothing here is typed by hand.

## Every category and edition

For each of the {len(every)} editions of {len(asterix.editions())} categories, {2 * records}
random records with a tenth to nearly all of their items, spare bits zero. {verdict}

- **read**: libasterix writes values, airshield reads the same values (of {records} records).
- **octets**: airshield writes those values again, expansion fields from their columns, and the
  octets are libasterix's (of the same {records}).
- **written**: airshield writes other values, libasterix reads the same values (of another
  {records}).
- **RE**: how many of the first had an expansion field with columns.

Values are all there are: numbers, quantities to the last bit, text, lists, octets. Not in it:
random fields (RFS), and the six-bit codes that are no letter, which libasterix drops when it
reads and airshield keeps as signs.

| category | edition | read | octets | written | RE |
|---|---|---|---|---|---|
{chr(10).join(rows)}
"""


def _conform(task: tuple[int, str, int]) -> Counter[str]:
    category, edition, records = task
    return conform(category, edition, records=records)


class Recording(NamedTuple):
    """A recording and the editions that it is read in."""

    name: str
    editions: dict[int, str]
    stated: int | None
    """Records that the data's own description states."""


def recordings_part(pool: ProcessPoolExecutor) -> str:
    """Every recording, value by value and octet by octet."""
    readme = (RECORDINGS / "README.md").read_text(encoding="utf-8")
    some = list(_recordings(readme))
    tasks = [task for one in some for task in _tasks(one)]
    counts: dict[str, dict[int, Counter[str]]] = {one.name: {} for one in some}
    for (name, _, _, _), found in zip(tasks, pool.map(_compare, tasks), strict=True):
        for category, count in found.items():
            counts[name].setdefault(category, Counter()).update(count)
    rows = [row for one in some for row in _rows(one, counts[one.name])]
    return f"""{HEADING}

Every record of every recording that the project may read but not ship, and every value of them,
by airshield and by libasterix. *Stated* is what the description of the data says of all its
categories together, counted with another decoder or another walk. *Octets again* are the records
that come back octet for octet when the decoded table is encoded.

| recording | category | edition | records | stated | values | differ | octets again | remark |
|---|---|---|---|---|---|---|---|---|
{chr(10).join(rows)}

Why a record does not come back octet for octet: no column tells what it held more than its
values. *Spare bits* were set that the edition leaves spare. A field specification, or an extended
item, *goes on with nothing*: it says that another octet follows, in which no item and no value is.
An item is *there but empty*: its field specification names nothing in it.

{_vectors(some)}"""


def _recordings(readme: str) -> Iterator[Recording]:
    known = asterix.editions()
    for name, cell in re.findall(r"^\| (\S+/\S+) \| \d+ \| [^|]* \| ([^|]*) \|", readme, re.M):
        numbers = re.sub(r"\(.*?\)", "", cell)
        stated = None
        if re.fullmatch(r"[\d+ ]+", numbers):
            stated = sum(int(number) for number in numbers.split("+"))
        editions = EDITIONS.get(name, {})
        in_name = re.search(r"jasterix/cat(\d{3})ed(.*)\.bin$", name)
        if in_name and in_name[2] in known.get(int(in_name[1]), ()):
            editions = {int(in_name[1]): in_name[2]}
        yield Recording(name, editions, stated)


def _frames(name: str) -> pa.Table:
    try:
        return pa.concat_tables(list(read_frames(RECORDINGS / name))).combine_chunks()
    except FormatError:
        return pa.table({})


Task = tuple[str, dict[int, str], int, int]


def _tasks(one: Recording) -> list[Task]:
    rows = _frames(one.name).num_rows
    return [(one.name, one.editions, at, FRAMES_A_TASK) for at in range(0, rows, FRAMES_A_TASK)]


def _compare(task: Task) -> dict[int, Counter[str]]:
    """Count one task's records: those compared, values that differ, octets that come back."""
    name, editions, at, size = task
    frames = _frames(name).slice(at, size)
    counts = compare(frames, editions, 1, encode=False)
    payload = frames["octets"].to_pylist()
    number = {frame: k for k, frame in enumerate(frames["frame"].to_pylist())}
    decoded = asterix.decode(frames, editions=editions)
    for (category, edition), table in decoded.tables.items():
        back = asterix.encode_table(category, table, edition=edition, records_per_block=1)
        where = zip(
            table["frame"].to_pylist(),
            table["offset"].to_pylist(),
            back.blocks().to_pylist(),
            strict=True,
        )
        for frame, offset, block in where:
            data = payload[number[frame]][offset:]
            again = block[3:]
            if data.startswith(again):
                counts[category]["again"] += 1
            else:
                counts[category][_why(data, again)] += 1
    return counts


WHYS = ("spare bits", "goes on with nothing", "there but empty")


def _why(data: bytes, again: bytes) -> str:
    """Say what a record held more than its values; ``data`` goes on after it."""
    # Bits that are missing leave the others in their place; octets that are missing move them.
    if all(a & b == b for a, b in zip(data, again, strict=False)):
        return WHYS[0]
    first = next(a ^ b for a, b in zip(data, again, strict=False) if a != b)
    return WHYS[1] if first == 1 else WHYS[2]


def _rows(one: Recording, counts: dict[int, Counter[str]]) -> Iterator[str]:
    """One row for each category of a recording."""
    rejects = counts.pop(-1, Counter())
    told = [f"rejects: {reason} ({number})" for reason, number in sorted(rejects.items())]
    total = sum(count["records"] for count in counts.values())
    if one.stated is not None and total != one.stated:
        told.append("see below")
    if not counts:
        yield _row(one.name, "", "", 0, one, "", "", "", told or ["no frames found; see below"])
    for k, (category, count) in enumerate(sorted(counts.items())):
        edition = one.editions.get(category, asterix.editions()[category][-1])
        differ = sum(n for what, n in count.items() if what.startswith("differs"))
        remarks = [f"{count[reason]} {reason}" for reason in WHYS if count[reason]]
        if refused := count["blocks that differ in length"]:
            remarks.append(f"libasterix refuses {refused} blocks whole")
        yield _row(
            "" if k else one.name, f"{category:03d}", edition, count["records"],
            None if k else one, count["values"], differ, count["again"],
            remarks + ([] if k else told),
        )  # fmt: skip


def _row(
    name: str,
    category: str,
    edition: str,
    records: int,
    one: Recording | None,
    values: int | str,
    differ: int | str,
    again: int | str,
    remarks: list[str],
) -> str:
    stated = "" if one is None or one.stated is None else f"{one.stated:,}"
    cells = [values, differ, again]
    shown = [f"{cell:,}" if isinstance(cell, int) else cell for cell in cells]
    columns = [name, category, edition, f"{records:,}", stated, *shown, "; ".join(remarks)]
    return f"| {' | '.join(columns)} |"


def _vectors(some: list[Recording]) -> str:
    """What fits recordings whose edition is not among those there are."""
    rows = []
    for one in some:
        named = re.search(r"jasterix/cat(\d{3})ed(.*)\.bin$", one.name)
        if named is None and one.name != UNKNOWN:
            continue
        category = int(named[1]) if named else 62
        known = asterix.editions().get(category, ())
        fits = [edition for edition in known if _fits(one, category, edition)]
        mine = named[2] if named else "unknown"
        there = "yes" if mine in known else "no" if known else "no, nor the category"
        rows.append(
            f"| {one.name} | {category:03d} | {mine} | {there} | {', '.join(fits) or 'none'} |"
        )
    return f"""### Recordings of other editions

Test vectors of one block each name their edition, and libasterix does not have all of those.
*Read whole by* are the editions in which every octet is a record, as many as stated, and every
value is the one that libasterix gives. Reading whole does not make an edition the right one: the
meaning of a bit may have changed. {UNKNOWN} is of a layout that no published edition has.

| recording | category | its edition | specified | read whole by |
|---|---|---|---|---|
{chr(10).join(rows)}
"""


def _fits(one: Recording, category: int, edition: str) -> bool:
    frames = _frames(one.name)
    if frames.num_rows == 0:
        return False
    found = asterix.decode(frames, editions={category: edition})
    if found.rejects.num_rows or sum(found.records.values()) != one.stated:
        return False
    counts = compare(frames, {category: edition}, 1, encode=False)
    told = [what for count in counts.values() for what in count]
    return not any(what.startswith(("differs", "blocks that")) for what in told)


if __name__ == "__main__":
    sys.exit(main())
