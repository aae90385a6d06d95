"""Published figures of radar sets, each with who published it.

``radars.csv`` beside this module has one row a figure. ``checked`` is read in a public page,
``recall`` is well-known open literature that was not read again. Where only a range is published
the figure is left to the person who knows the set. Figures are for exercises: a maker's best case,
of no particular unit, and every one can be written over in the shield.
"""

from __future__ import annotations

import csv
import functools
import io
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One published figure: ``value`` is None where only ``low`` to ``high`` is published."""

    value: float | bool | str | None
    low: float | None
    high: float | None
    state: Literal["checked", "recall"]
    source: str


@functools.cache
def radar_types() -> dict[str, dict[str, Published]]:
    """Figures by radar type and by key of ``[[radars]]``.

    >>> radar_types()["TRML-4D"]["rng_max_m"].value
    250000.0
    """
    text = files("airshield.config").joinpath("radars.csv").read_text(encoding="utf-8")
    types: dict[str, dict[str, Published]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        figures = types.setdefault(row["type"], {})
        if row["figure"]:
            figures[row["figure"]] = Published(
                value=_value(row["value"]) if row["value"] else None,
                low=float(row["low"]) if row["low"] else None,
                high=float(row["high"]) if row["high"] else None,
                state="checked" if row["state"] == "checked" else "recall",
                source=row["source"],
            )
    return types


def _value(cell: str) -> float | bool | str:
    if cell in _TRUTH:
        return _TRUTH[cell]
    try:
        return float(cell)
    except ValueError:
        return cell
