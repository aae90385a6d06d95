"""Cases: what was published, with what inputs, from which sources."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from airshield.errors import UsageError

CASES = Path(__file__).parent / "cases"

MARKS = {
    "found": "its text was read for this page",
    "factors": "read when the project's planning factors were gathered, not again",
    "from memory": "not read for this page: check before quoting",
    "assumption": "no source: ours, with a range",
}

INPUTS = {
    "aircraft": "in the fleet",
    "needed": "that must be ready, on alert",
    "stations": "of the same kind, each at the same distance",
    "at_once": "aircraft wanted at each station at a time",
    "sortie_h": "take-off to landing [h]",
    "transit_h": "one way [h]",
    "stay_h": "longest time on station [h]",
    "missions_a_day": "each wanted at its hour, for as long as its stay",
    "turnaround_h": "on the ground after a sortie, repair aside [h]",
    "repair_h": "mean repair after a sortie [h]",
    "repair_share": "more of it for each hour flown [h/h]",
    "readiness": "share of the time fit when nobody flies",
    "down_h": "mean spell out of service [h]",
    "crews_per_aircraft": "crews",
    "rest_h": "rest of a crew after a landing [h]",
    "carriers": "lorries, trains or aircraft that carry supply",
    "load_t": "carried by each [t]",
    "way_h": "there and back [h]",
    "turn_away_h": "where it unloads [h]",
    "turn_home_h": "where it loads [h]",
    "stock_t": "that lies there on the first day [t]",
    "need_t_day": "used there [t/day]",
    "first_days": "for which less is brought",
    "first_t_day": "brought on them [t/day]",
    "brought_t_day": "brought from then on [t/day]",
    "days": "for which it is asked whether it holds",
}
FLIGHT = ("sortie_h", "turnaround_h")
ASKED = {
    "sortie_rate": (
        "sorties a day of one aircraft, RAND's form",
        (*FLIGHT, "repair_h", "repair_share"),
    ),
    "sorties_a_day": ("sorties a day", ("aircraft", *FLIGHT)),
    "hours_a_day": ("hours flown a day", ("aircraft", *FLIGHT)),
    "cover": ("share of the wanted time", ("aircraft", *FLIGHT)),
    "fleet_mean": ("aircraft for 95 % on average", FLIGHT),
    "fleet_worst": ("aircraft for 95 % in the worst months", FLIGHT),
    "alert_fleet": ("aircraft for enough ready 95 % of the time", ("needed", "readiness")),
    "tonnes_a_day": (
        "tonnes a day",
        ("carriers", "readiness", "load_t", "way_h", "turn_away_h", "turn_home_h"),
    ),
    "held_days": (
        "days until something is lacking",
        ("stock_t", "need_t_day", "first_days", "first_t_day", "brought_t_day", "days"),
    ),
}
"""What can be asked: in words, and the inputs that it takes."""

WHOLE = {
    "first_days",
    "days",
    "aircraft",
    "carriers",
    "needed",
    "stations",
    "at_once",
    "missions_a_day",
}
COMPARE = ("equals", "at most")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    title: str
    year: str
    mark: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number with the range in which it may lie."""

    value: float
    low: float
    high: float
    source: str
    note: str = ""

    @property
    def is_sure(self) -> bool:
        return self.low == self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A published figure, what of the model is to be compared with it, and what was foreseen.

    With ``after`` it is a second thought, had when the answer was known: other inputs (``given``),
    shown and not counted.
    """

    quantity: str
    compare: str
    published: Figure
    foreseen: float
    after: str = ""
    given: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    title: str
    says: str
    why: str
    inputs: dict[str, Figure]
    asks: tuple[Ask, ...]
    sources: dict[str, Source]


def read_cases(paths: list[Path] | None = None) -> list[Case]:
    """Read the cases of the given files, or all that are here, by name."""
    return [read_case(path) for path in paths or sorted(CASES.glob("*.toml"))]


def read_case(path: Path) -> Case:
    """Read one case.

    Raises
    ------
    UsageError
        What is lacking, unknown or upside down, and where.
    """
    try:
        text = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as bad:
        raise UsageError(f"{path.name}: not TOML: {bad}") from bad
    where = path.name
    sources = {
        key: Source(**_known(f"{where}: sources.{key}", row, {"title", "year", "mark", "url"}))
        for key, row in _table(where, text, "sources").items()
    }
    for key, source in sources.items():
        if source.mark not in MARKS:
            raise UsageError(
                f"{where}: sources.{key} is marked {source.mark!r}; one of {', '.join(MARKS)}"
            )
    inputs = {
        key: _figure(f"{where}: inputs.{key}", row, sources, needs_range=key not in WHOLE)
        for key, row in _known(f"{where}: inputs", _table(where, text, "inputs"), INPUTS).items()
    }
    if "readiness" in inputs and {"repair_h", "repair_share"} & set(inputs):
        raise UsageError(
            f"{where}: readiness and repair after flights; a published rate holds both, and the "
            "same hours would count twice: give one of them"
        )
    asks = []
    for i, row in enumerate(text.get("asks", ())):
        at = f"{where}: asks[{i}]"
        _known(at, row, {"quantity", "compare", "published", "foreseen", "after", "given"})
        compare, after = row.get("compare", "equals"), row.get("after", "")
        given = _known(f"{at}.given", row.get("given", {}), inputs)
        if bool(after) != bool(given):
            raise UsageError(f"{at}: after and given go together; say both or neither")
        if compare not in COMPARE:
            raise UsageError(f"{at}: compare={compare!r}; one of {', '.join(COMPARE)}")
        quantity = _there(at, row, "quantity")
        if quantity not in ASKED:
            raise UsageError(f"{at}: quantity={quantity!r}; one of {', '.join(ASKED)}")
        if lacking := [name for name in ASKED[quantity][1] if name not in inputs]:
            raise UsageError(f"{at}: {quantity} takes the inputs {', '.join(lacking)}; give them")
        asks.append(
            Ask(
                quantity=quantity,
                compare=compare,
                published=_figure(f"{at}.published", _there(at, row, "published"), sources),
                foreseen=math.nan if after else float(_there(at, row, "foreseen")),
                after=after,
                given={name: _number(f"{at}.given.{name}", value) for name, value in given.items()},
            )
        )
    if not asks:
        raise UsageError(f"{where}: no [[asks]]; say what was published")
    return Case(
        name=path.stem,
        title=_there(where, text, "title"),
        says=_there(where, text, "says").strip(),
        why=text.get("why", "").strip(),
        inputs=inputs,
        asks=tuple(asks),
        sources=sources,
    )


def _figure(
    where: str, row: Any, sources: dict[str, Source], *, needs_range: bool = False
) -> Figure:
    _known(where, row, {"value", "low", "high", "source", "note"})
    value = _number(where, _there(where, row, "value"))
    low = _number(where, row.get("low", row["value"]))
    high = _number(where, row.get("high", row["value"]))
    if not 0.0 <= low <= value <= high:
        raise UsageError(f"{where}: low={low:g}, value={value:g}, high={high:g}; put them in order")
    source = _there(where, row, "source")
    if source not in sources:
        raise UsageError(f"{where}: no source {source!r}; there are {', '.join(sources)}")
    if needs_range and sources[source].mark == "assumption" and low == high:
        raise UsageError(f"{where}: an assumption needs a range; give low and high")
    return Figure(value=value, low=low, high=high, source=source, note=row.get("note", ""))


def _number(where: str, given: Any) -> float:
    """A number; of a list the first divided by the rest, so that no arithmetic is hidden."""
    parts = given if isinstance(given, list) else [given]
    if not parts or not all(isinstance(p, int | float) and math.isfinite(p) for p in parts):
        raise UsageError(f"{where}: {given!r} is no number and no list of numbers")
    if 0 in parts[1:]:
        raise UsageError(f"{where}: {given!r} divides by nothing")
    return float(parts[0]) / math.prod(parts[1:])


def _table(where: str, text: dict[str, Any], name: str) -> dict[str, Any]:
    table = _there(where, text, name)
    if not isinstance(table, dict):
        raise UsageError(f"{where}: {name} is no table")
    return table


def _there(where: str, row: dict[str, Any], name: str) -> Any:
    if name not in row:
        raise UsageError(f"{where}: {name} is lacking")
    return row[name]


def _known(where: str, row: Any, names: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise UsageError(f"{where}: {row!r} is no table")
    if unknown := set(row) - set(names):
        raise UsageError(f"{where}: {min(unknown)!r} is not known; one of {', '.join(names)}")
    return row
