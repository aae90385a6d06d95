"""From the tables at the door to the frozen dataclasses inside: SI, factors resolved."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from airshield.config.factors import UNITS, Factor, FactorRow, FactorTable, factor_of, unit_of
from airshield.config.links import LISTS, figures_of, kinds_like, rows_of
from airshield.config.periods import period_from_text
from airshield.config.places import Document
from airshield.config.plan import (
    Aircraft,
    Area,
    Base,
    CoverRequirement,
    Fleet,
    Place,
    Plan,
    RadarPlan,
    Receiver,
    ReplacementOption,
    Requirements,
    ResponseRequirement,
    Station,
    StationRequirement,
    Stock,
    StockRequirement,
    SupplyEdge,
    SupplyNode,
    Tanker,
    WarningRequirement,
    WatchRequirement,
)
from airshield.config.plan_tables import StockTable
from airshield.config.problems import Place as Spot
from airshield.config.problems import Problems
from airshield.config.toml_file import RadarTable, ShieldFile

_T = TypeVar("_T")


class Builder:
    """Makes the plan of a shield file.

    What is wrong with its factors goes to ``problems``; they are None in a plan then, which must
    not come out.
    """

    def __init__(
        self,
        file: ShieldFile,
        document: Document,
        rows: Mapping[str, FactorRow],
        problems: Problems,
    ) -> None:
        self._file, self._document = file, document
        self._rows, self._problems = rows, problems
        self._factors: dict[str, Factor] = {}

    def plan(self, *, areas: tuple[Area, ...], terrain: tuple[Path, ...]) -> Plan:
        """Everything that the file says for planning."""
        requirements = Requirements(
            cover=self._list(CoverRequirement, "requirements", "cover"),
            warning=self._list(WarningRequirement, "requirements", "warning"),
            response=self._list(ResponseRequirement, "requirements", "response"),
            station=self._list(StationRequirement, "requirements", "station"),
            stock=self._list(StockRequirement, "requirements", "stock"),
            watch=self._list(WatchRequirement, "requirements", "watch"),
        )
        lists: dict[str, Any] = {
            "radars": tuple(self._radar(i, radar) for i, radar in enumerate(self._file.radars)),
            "receivers": self._list(Receiver, "receivers"),
            "people": self._list(Place, "people"),
            "aircraft": self._list(Aircraft, "aircraft"),
            "bases": self._list(Base, "bases"),
            "fleets": self._list(Fleet, "fleets"),
            "stations": self._list(Station, "stations"),
            "tankers": self._list(Tanker, "tankers"),
            "nodes": self._list(SupplyNode, "supply", "nodes"),
            "edges": self._list(SupplyEdge, "supply", "edges"),
            "stocks": self._list(Stock, "supply", "stocks"),
            "options": self._options(),
        }
        return Plan(
            currency=self._file.currency,
            terrain=terrain,
            earth_k=self._file.earth_k,
            areas=areas,
            requirements=requirements,
            **lists,
            factors=tuple(self._factors.values()),
        )

    def _list(self, made: type[_T], *path: str) -> tuple[_T, ...]:
        found = []
        for i, row in enumerate(rows_of(self._file, path)):
            figures = {key: getattr(row, key) for key in type(row).model_fields}
            found.append(made(**self._inside(row, figures, path, i)))
        return tuple(found)

    def _radar(self, i: int, radar: RadarTable) -> RadarPlan:
        figures, taken = figures_of(radar)
        inside = self._inside(radar, figures, ("radars",), i)
        sac, sic = inside.pop("sac"), inside.pop("sic")
        return RadarPlan(
            **inside,
            sensor=None if sac is None else f"{sac}/{sic}",
            origins={key: f"{figure.source} ({figure.state})" for key, figure in taken.items()},
        )

    def _options(self) -> tuple[ReplacementOption, ...]:
        found = []
        for i, option in enumerate(self._file.options):
            figures = {key: getattr(option, key) for key in type(option).model_fields}
            inside = self._inside(option, figures, ("options",), i)
            # Like nothing that is there: noted with the links, and the plan does not come out.
            for kind in kinds_like(self._file, option.like)[:1]:
                found.append(ReplacementOption(**inside, kind=kind))
        return tuple(found)

    def _inside(
        self, row: BaseModel, figures: Mapping[str, Any], path: Spot, i: int
    ) -> dict[str, Any]:
        """Keys and figures as the dataclasses have them."""
        inside: dict[str, Any] = {}
        for key, value in figures.items():
            if isinstance(value, FactorTable):
                inside[unit_of(key)[1]] = self._factor(row, key, value, (*path, i, key))
            elif _is_factor(row, key):
                inside[unit_of(key)[1]] = None
            elif key == "hours":
                inside[key] = tuple(period_from_text(text) for text in value)
            elif key == "offload_points":
                inside[key] = tuple((km * 1000.0, t * 1000.0) for km, t in value)
            elif key == "minutes":
                inside["within_s"] = value * 60.0
            else:
                inside[key] = tuple(value) if isinstance(value, list) else value
        return inside

    def _factor(self, row: BaseModel, key: str, table: FactorTable, spot: Spot) -> Factor | None:
        # A stock has no name of its own, and a node may have several.
        if isinstance(row, StockTable):
            who = f"of {row.goods} at {row.node}"
        else:
            who = getattr(row, "name", "")
        owner = f"{LISTS[spot[:-2]]} {who}"
        bounds = type(row).model_fields[key].json_schema_extra
        assert isinstance(bounds, Mapping), "a factor's field says what it can be"
        try:
            factor = factor_of(
                table, key, rows=self._rows, currency=self._file.currency, owner=owner
            )
            unit, _ = unit_of(key)
            size = UNITS[unit][1] if unit in UNITS else 1.0
            most = bounds.get("most", float("inf"))
            assert isinstance(most, int | float), "a bound of a factor is a number"
            told = (factor.value, factor.low, factor.high)
            for figure in (one for one in told if one is not None):
                if not 0.0 <= figure <= most * size * (1.0 + 1e-9):
                    raise ValueError(
                        f"{key} is {figure / size:g}, not within 0 to {most:g}; mend the factor: "
                        f"{type(row).model_fields[key].description}"
                    )
                if figure == 0.0 and bounds["above_zero"]:
                    raise ValueError(
                        f"{key} is 0 or may be 0, and with that there is no answer; mend the "
                        "factor, or leave the key out where it may be left out and is not known: "
                        f"{type(row).model_fields[key].description}"
                    )
        except ValueError as wrong:
            file, where = self._document.find(spot)
            what, _, remedy = str(wrong).partition("; ")
            self._problems.add(file=file, where=where, what=what, remedy=remedy)
            return None
        return self._factors.setdefault(factor.name, factor)


def _is_factor(row: BaseModel, key: str) -> bool:
    extra = type(row).model_fields[key].json_schema_extra
    return isinstance(extra, Mapping) and "least" in extra


def unknown_figures(plan: Plan) -> dict[str, tuple[str, ...]]:
    """What nobody said of each radar, by its name: None in :class:`RadarPlan`."""
    skipped = {"type", "sensor", "cost", "ground_msl_m"}
    return {
        radar.name: unknown
        for radar in plan.radars
        if (
            unknown := tuple(
                field.name
                for field in dataclasses.fields(radar)
                if field.name not in skipped and getattr(radar, field.name) is None
            )
        )
    }


def plan_notes(plan: Plan) -> tuple[str, ...]:
    """What is no mistake of the file, and yet leaves a part of the plan without an answer."""
    roles = {kind.name: kind.role for kind in plan.aircraft}
    there = {roles[fleet.aircraft] for fleet in plan.fleets}
    notes = [
        f"station {station.name!r} has nobody to man it: no fleet is of role {station.role}"
        for station in plan.stations
        if station.role not in there
    ]
    if "tanker" not in there:
        notes += [
            f"tanker track {track.name!r} has nobody to man it: no fleet is of role tanker"
            for track in plan.tankers
        ]
    return tuple(notes)
