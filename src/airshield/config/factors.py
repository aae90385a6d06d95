"""Planning factors: figures about the world that a plan stands on, each with where it comes from.

A factor is written where it is used, as an inline table, or named there and written once in the
shield's ``factors.csv`` (docs/adr/0009 says why)::

    readiness = { value = 0.6, kind = "assumption", low = 0.5, high = 0.7, source = "..." }
    readiness = "fighter readiness"

A bare number is refused: nobody could tell a measured figure from a guess. A fact is published by
somebody who could count; an estimate is published or computed, with a doubt; an assumption is ours,
and has a range, because a study must vary it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from airshield.config.problems import Door, nearest
from airshield.units import M_PER_NMI, MPS_PER_KT, S_PER_DAY

Kind = Literal["fact", "estimate", "assumption"]
Text = Annotated[str, Field(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A figure with its origin, in SI; a share is 0 to 1, money is in the shield's currency.

    ``low`` and ``high`` bound it; both are None where nobody said how far it may be off. It was
    written in ``unit``, one of which is ``unit_size`` in SI. Two
    figures of one ``name`` are one factor: a study varies them together.
    """

    name: str
    value: float
    kind: Kind
    source: str
    low: float | None = None
    high: float | None = None
    unit: str = "1"
    unit_size: float = 1.0
    url: str | None = None
    year: str | None = None
    note: str | None = None

    @property
    def written(self) -> tuple[float, float | None, float | None]:
        """Value, low and high in ``unit``, as somebody wrote them."""
        size = self.unit_size
        return (
            self.value / size,
            None if self.low is None else self.low / size,
            None if self.high is None else self.high / size,
        )


_T: Final = 1000.0
_H: Final = 3600.0
UNITS: Final[dict[str, tuple[str, float]]] = {
    "1": ("1", 1.0),
    "%": ("1", 0.01),
    "h/h": ("1", 1.0),
    "crews/aircraft": ("1", 1.0),
    "s": ("s", 1.0),
    "min": ("s", 60.0),
    "h": ("s", _H),
    "h/sortie": ("s", _H),
    "day": ("s", S_PER_DAY),
    "m": ("m", 1.0),
    "km": ("m", 1000.0),
    "nm": ("m", M_PER_NMI),
    "m/s": ("m/s", 1.0),
    "km/h": ("m/s", 1.0 / 3.6),
    "kt": ("m/s", MPS_PER_KT),
    "1/h": ("1/h", 1.0),
    "1/day": ("1/day", 1.0),
    "kg": ("kg", 1.0),
    "t": ("kg", _T),
    "kg/s": ("kg/s", 1.0),
    "kg/h": ("kg/s", 1.0 / _H),
    "t/h": ("kg/s", _T / _H),
    "t/day": ("kg/s", _T / S_PER_DAY),
}
"""Units of ``factors.csv``: the SI unit of each and its size in that."""

SUFFIXES: Final[tuple[tuple[str, str, str], ...]] = (
    ("_t_per_h", "t/h", "_kgps"),
    ("_t_per_day", "t/day", "_kgps"),
    ("_per_day", "1/day", "_per_day"),
    ("_per_h", "1/h", "_per_h"),
    ("_per_million_h", "1", "_per_million_h"),
    ("_h", "h", "_s"),
    ("_min", "min", "_s"),
    ("_days", "day", "_s"),
    ("_s", "s", "_s"),
    ("_kt", "kt", "_mps"),
    ("_mps", "m/s", "_mps"),
    ("_km", "km", "_m"),
    ("_m", "m", "_m"),
    ("_t", "t", "_kg"),
)
"""Ends of keys: the unit that each means, and how the key ends inside; the first that fits."""

_SHOWN: Final = 'name a row of factors.csv, or write { value = 1.0, kind = "fact", source = "..." }'


def unit_of(key: str) -> tuple[str, str]:
    """Unit of a key, and its name inside; what an hour costs is in ``money/h``, or month.

    >>> unit_of("turnaround_h")
    ('h', 'turnaround_s')
    >>> unit_of("readiness")
    ('1', 'readiness')
    """
    if key.startswith("cost_"):
        return f"money/{'month' if key.endswith('_per_month') else 'h'}", key
    for end, unit, inside in SUFFIXES:
        if key.endswith(end):
            return unit, key.removesuffix(end) + inside
    return "1", key


class FactorTable(Door):
    """A planning factor: the name of a row of factors.csv, or a table of its own."""

    value: float | None = Field(default=None, description="the figure, in the unit its key ends in")
    kind: Kind | None = Field(
        default=None,
        description="fact (published by who could count), estimate (published or computed, with "
        "a doubt) or assumption (ours: needs low and high)",
    )
    source: Text | None = Field(
        default=None, description="who says so, and when; of an assumption: why this"
    )
    low: float | None = Field(default=None, description="the least it may be, in the same unit")
    high: float | None = Field(default=None, description="the most it may be, in the same unit")
    row: Text | None = Field(default=None, description="the row of factors.csv that it is")

    @model_validator(mode="before")
    @classmethod
    def _either(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"row": given}
        if isinstance(given, Mapping):
            if "row" in given:
                raise ValueError(f"there is no key 'row' here; {_SHOWN}")
            for key in ("value", "kind", "source"):
                if key not in given:
                    raise ValueError(f"a planning factor without its {key}; {_SHOWN}")
            return given
        raise ValueError(f"a planning factor needs to say where it comes from; {_SHOWN}")

    @model_validator(mode="after")
    def _is_sound(self) -> FactorTable:
        if self.value is not None and self.kind is not None:
            check_range(self.value, self.low, self.high, self.kind)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        table = handler.resolve_ref_schema(handler(core))
        table["properties"].pop("row")
        table["required"] = ["value", "kind", "source"]
        about = table.pop("description")
        return {"description": about, "anyOf": [{"type": "string", "minLength": 1}, table]}


class FactorRow(Door):
    """One row of ``factors.csv``."""

    name: Text = Field(description="what the shield calls it, unique in the file")
    value: float = Field(description="the figure, in the unit of its column")
    unit: str = Field(
        description=f"{', '.join(UNITS)}, or money by the hour or month such as EUR/h",
    )
    kind: Kind = Field(description="fact, estimate or assumption; an assumption needs a range")
    low: float | None = Field(default=None, description="the least it may be, in the same unit")
    high: float | None = Field(default=None, description="the most it may be, in the same unit")
    source: Text = Field(description="who says so, and when; of an assumption: why this")
    url: str | None = Field(default=None, description="where that can be read")
    year: str | None = Field(default=None, description="the year that it speaks of")
    note: str | None = Field(default=None, description="a word about it")

    @model_validator(mode="after")
    def _is_sound(self) -> FactorRow:
        check_range(self.value, self.low, self.high, self.kind)
        if self.unit not in UNITS and not _is_money(self.unit):
            raise ValueError(f"there is no unit {self.unit!r}; {nearest(self.unit, UNITS)}")
        return self


def check_range(value: float, low: float | None, high: float | None, kind: str) -> None:
    """Refuse, as a ValueError in words, a range that bounds nothing or that an assumption lacks."""
    if kind == "assumption" and (low is None or high is None or not low < high):
        raise ValueError("an assumption needs its range; add low and high, low the smaller one")
    if low is not None and high is not None and low > high:
        raise ValueError(f"its range is upside down: low {low:g}, high {high:g}; swap them")
    if (low is not None and value < low) or (high is not None and value > high):
        shown = f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}"
        raise ValueError(f"{value:g} is outside its own range {shown}; mend one of them")


def factor_of(
    table: FactorTable,
    key: str,
    *,
    rows: Mapping[str, FactorRow],
    currency: str | None,
    owner: str,
) -> Factor:
    """What a person wrote under ``key``, as a factor in SI.

    Raises
    ------
    ValueError
        There is no such row, or its unit is not one of the key's kind; in words, with a remedy.
    """
    unit, _ = unit_of(key)
    if table.row is None:
        assert table.value is not None, "the door lets no table pass without its value"
        assert table.kind is not None
        assert table.source is not None
        size = 1.0 if unit.startswith("money/") else UNITS[unit][1]
        return Factor(
            name=f"{owner}: {key}",
            value=table.value * size,
            kind=table.kind,
            source=table.source,
            low=None if table.low is None else table.low * size,
            high=None if table.high is None else table.high * size,
            unit=unit.replace("money", currency or "money"),
            unit_size=size,
        )
    if table.row not in rows:
        near = nearest(table.row, rows) if rows else "this shield names no factors file"
        raise ValueError(f"there is no factor {table.row!r}; {near}")
    row = rows[table.row]
    if unit.startswith("money/"):
        per = unit.removeprefix("money/")
        if row.unit != f"{currency}/{per}":
            raise ValueError(
                f"factor {row.name!r} is in {row.unit}, not in {currency or 'any currency'}/{per}; "
                "this shield's currency is its key currency: convert the row and say so in it"
            )
        size = 1.0
    else:
        dimension = UNITS[unit][0]
        if UNITS.get(row.unit, ("money", 1.0))[0] != dimension:
            fitting = ", ".join(u for u, (d, _) in UNITS.items() if d == dimension)
            raise ValueError(f"factor {row.name!r} is in {row.unit!r}; {key} takes {fitting}")
        size = UNITS[row.unit][1]
    return Factor(
        name=row.name,
        value=row.value * size,
        kind=row.kind,
        source=row.source,
        low=None if row.low is None else row.low * size,
        high=None if row.high is None else row.high * size,
        unit=row.unit,
        unit_size=size,
        url=row.url,
        year=row.year,
        note=row.note,
    )


def _is_money(unit: str) -> bool:
    currency, _, per = unit.partition("/")
    return (
        per in {"h", "month"} and len(currency) == 3 and currency.isalpha() and currency.isupper()
    )
