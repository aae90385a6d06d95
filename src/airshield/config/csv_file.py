"""The door for CSV (RFC 4180): tables of many rows, as a spreadsheet writes them.

The first line names the columns: the keys that the table has in ``shield.toml``. An empty cell is a
key not written. Separated by commas, or by semicolons where the first line has some (spreadsheets
of half of Europe), and then numbers may have a decimal comma.
"""

from __future__ import annotations

import csv
import io
import re
import types
import typing
from typing import Any, Final

from pydantic import BaseModel

from airshield.config.factors import FactorTable
from airshield.config.problems import Problems, nearest

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_TRUTH: Final = {"true": True, "yes": True, "false": False, "no": False}


def read_table(
    text: str, model: type[BaseModel], *, file: str, problems: Problems
) -> tuple[list[dict[str, Any]], list[int]]:
    """Rows of a CSV text as ``model`` wants them, each with its line; what is wrong is noted.

    Cells become numbers, truths and lists where the model has such fields. A row with a cell that
    cannot is noted and left out, and so is a column that the model does not know; where a column
    that must be there is missing, that is noted once and there are no rows.
    """
    first, _, _ = text.partition("\n")
    separator = ";" if ";" in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[dict[str, Any]] = []
    lines: list[int] = []
    names: list[str] | None = None
    end = 0
    try:
        for cells in reader:
            line, end = end + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = _header(cells, model, file=file, line=line, problems=problems)
                if names is None:
                    return [], []
                continue
            if len(cells) != len(names) and any(cell.strip() for cell in cells[len(names) :]):
                problems.add(
                    file=file,
                    where=f"line {line}",
                    what=f"it has {len(cells)} cells, the first line names {len(names)} columns",
                    remedy=f"put a text with a {separator!r} in it between double quotes",
                )
                continue
            row: dict[str, Any] = {}
            before = len(problems)
            for name, cell in zip(names, cells, strict=False):
                if not name or not cell.strip():
                    continue
                try:
                    row[name] = _value(cell.strip(), model, name, comma=separator == ";")
                except ValueError as wrong:
                    what, _, remedy = str(wrong).partition("; ")
                    problems.add(file=file, where=f"line {line}, {name}", what=what, remedy=remedy)
            if len(problems) == before:
                rows.append(row)
                lines.append(line)
    except csv.Error as wrong:
        problems.add(
            file=file,
            where=f"line {reader.line_num}",
            what=f"this is no CSV ({wrong})",
            remedy="save the table as CSV, UTF-8, from the spreadsheet",
        )
    if names is None:
        problems.add(
            file=file,
            where="the file",
            what="it is empty",
            remedy=f"name the columns in its first line: {', '.join(model.model_fields)}",
        )
    return rows, lines


def _header(
    cells: list[str], model: type[BaseModel], *, file: str, line: int, problems: Problems
) -> list[str] | None:
    """Names of the columns, "" for one to be passed over; None where one is missing."""
    names = [cell.strip() for cell in cells]
    for column, name in enumerate(names):
        if not name:
            continue
        if name not in model.model_fields:
            problems.add(
                file=file,
                where=f"line {line}, column {column + 1}",
                what=f"there is no column {name!r} here",
                remedy=nearest(name, model.model_fields),
            )
            names[column] = ""
        elif name in names[:column]:
            problems.add(
                file=file,
                where=f"line {line}, column {column + 1}",
                what=f"there is a column {name!r} already",
                remedy="keep one of them",
            )
            names[column] = ""
    needed = {key: field for key, field in model.model_fields.items() if field.is_required()}
    for name, field in needed.items():
        if name not in names:
            problems.add(
                file=file,
                where=f"line {line}",
                what=f"the column {name} is missing",
                remedy=f"add it: {field.description}",
            )
    return names if needed.keys() <= set(names) else None


def _value(cell: str, model: type[BaseModel], name: str, *, comma: bool) -> Any:
    kinds = _kinds(model.model_fields[name].annotation)
    about = model.model_fields[name].description
    if list in kinds:
        parts = [part.strip() for part in re.split("[;|]", cell) if part.strip()]
        if tuple in kinds:
            return [[_number(n, about, comma=comma) for n in part.split()] for part in parts]
        if float in kinds:
            return [_number(part, about, comma=comma) for part in parts]
        return parts
    if bool in kinds:
        if cell.lower() not in _TRUTH:
            raise ValueError(f"{cell!r} is neither true nor false; write one of them: {about}")
        return _TRUTH[cell.lower()]
    if FactorTable in kinds:
        if _NUMBER.fullmatch(cell):
            raise ValueError(
                f"{cell} does not say where it comes from; give it a row in the factors file and "
                "write that row's name here"
            )
        return cell
    if float in kinds or int in kinds:
        value = _number(cell, about, comma=comma)
        return int(value) if int in kinds and value.is_integer() else value
    return cell


def _number(cell: str, about: str | None, *, comma: bool) -> float:
    number = cell.replace(",", ".") if comma and cell.count(",") == 1 else cell
    if not _NUMBER.fullmatch(number):
        point = ", with a point for the decimals" if "," in cell and not comma else ""
        raise ValueError(f"{cell!r} is no number; write one{point}: {about}")
    return float(number)


def _kinds(annotation: Any) -> set[Any]:
    """The plain types inside ``X | None``, ``list[X]`` (list too) and ``Annotated[X, ...]``.

    A list in a list says tuple too: its cells hold several numbers between separators.
    """
    origin = typing.get_origin(annotation)
    if origin is list:
        inner = _kinds(typing.get_args(annotation)[0])
        return {list, tuple} | inner if list in inner else {list} | inner
    if origin in {typing.Union, types.UnionType, typing.Annotated}:
        parts = typing.get_args(annotation)
        parts = parts[:1] if origin is typing.Annotated else parts
        return set().union(*(_kinds(part) for part in parts))
    return {annotation}
