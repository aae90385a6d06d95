"""Where a key stands: the line of a TOML text, the line of a CSV table.

A parser gives values without lines, so the text is looked over once more, line by line: table
headers and keys, as the people who write such files put them (a key a line). A key inside an
inline table has the line of the key that holds the table; what is not found has no line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from airshield.config.problems import Place

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_. -]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_-]+(?:\s*\.\s*[A-Za-z0-9_-]+)*)\s*=")
_LONG_TEXT: Final = re.compile(r'"""|\'\'\'')


def toml_lines(text: str) -> dict[Place, int]:
    """The line, from 1, of every table header and every key of a TOML text.

    >>> toml_lines('name = "x"\\n[[radars]]\\npd = 1\\n[[radars]]\\npd = 0')[("radars", 1, "pd")]
    5
    """
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    long_text: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if long_text is not None:
            if line.count(long_text) % 2:
                long_text = None
            continue
        if match := _HEADER.match(line):
            table = ()
            parts = re.split(r"\s*\.\s*", match[2])
            for depth, part in enumerate(parts, start=1):
                table = (*table, part)
                if depth == len(parts) and match[1] == "[[":
                    counts[table] = counts.get(table, -1) + 1
                if table in counts:
                    table = (*table, counts[table])
            lines.setdefault(table, number)
        elif match := _KEY.match(line):
            lines.setdefault((*table, *re.split(r"\s*\.\s*", match[1])), number)
            opened = _LONG_TEXT.findall(line)
            if len(opened) % 2:
                long_text = opened[-1]
    return lines


def toml_place(lines: dict[Place, int], place: Place) -> str:
    """Say where a key stands: ``line 12, radars 2, lat_deg``; lists count from 1 as people do."""
    words: list[str] = []
    for i, step in enumerate(place):
        if isinstance(step, str):
            after = place[i + 1] if i + 1 < len(place) else None
            words.append(f"{step} {after + 1}" if isinstance(after, int) else step)
    for length in range(len(place), 0, -1):
        if (line := lines.get(place[:length])) is not None:
            return ", ".join([f"line {line}", *words])
    return ", ".join(words) or "the file"


@dataclass(slots=True)
class Document:
    """What ``shield.toml`` says, with the lists that it leaves to CSV files filled in.

    ``tables`` has, for each list that came from a CSV file, that file and the line of each row.
    """

    file: str
    values: dict[str, object]
    lines: dict[Place, int]
    tables: dict[Place, tuple[str, list[int]]] = field(default_factory=dict)

    def find(self, place: Place) -> tuple[str, str]:
        """The file that a place was read from, and words for where in it."""
        for path, (file, rows) in self.tables.items():
            inside = place[len(path) :]
            if place[: len(path)] != path or not inside or not isinstance(inside[0], int):
                continue
            words = [f"line {rows[inside[0]]}", *(str(s) for s in inside[1:] if isinstance(s, str))]
            return file, ", ".join(words)
        return self.file, toml_place(self.lines, place)
