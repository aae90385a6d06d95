"""A scenario: who flies where and when, as a file that a person edits.

``exercise.toml`` lies in the shield's folder. Routes are lists of waypoints ``[lat_deg, lon_deg,
alt_msl_m]``, flown with rounded turns; flights follow a route from ``start_s`` on (seconds from
the start of the exercise, negative is before it) and fly it again every ``repeat_s``. A closed
route is flown round and round.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from airshield.errors import MissingFileError, ShieldError
from airshield.rehearse.kinds import KINDS, Kind

SCENARIO_FILE = "exercise.toml"
"""Name of the scenario in a shield's folder."""

TRANSPONDERS = ("none", "mode_ac", "mode_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Waypoints, in order.

    Attributes
    ----------
    name : str
        As flights call it.
    waypoints : tuple of (lat_deg, lon_deg, alt_msl_m)
        WGS-84 places and heights above mean sea level; heights run evenly in between.
    closed : bool
        After the last waypoint comes the first again, for ever.
    """

    name: str
    waypoints: tuple[tuple[float, float, float], ...]
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """One aircraft on one route.

    Attributes
    ----------
    name : str
        Unique in the scenario; the label of its truth.
    kind : str
        One of ``KINDS``.
    route : str
        The route's name.
    start_s : float
        When it is at the route's beginning, in seconds of the exercise. Absent before.
    spd_mps : float
        Ground speed [m/s], the same all the way.
    repeat_s : float or None
        Flown again after so many seconds. None: once (a closed route has no need of it).
    spread_s : float
        The seed moves the start by up to so much either way [s].
    transponder : str
        ``none``, ``mode_ac`` (code and height) or ``mode_s`` (address and callsign as well).
    mode_s, mode_3a : int or None
        24-bit address and Mode 3/A code (a number: octal 7000 is 3584).
    callsign : str or None
        What the transponder says.
    """

    name: str
    kind: str
    route: str
    start_s: float
    spd_mps: float
    repeat_s: float | None = None
    spread_s: float = 0.0
    transponder: str = "none"
    mode_s: int | None = None
    mode_3a: int | None = None
    callsign: str | None = None

    @property
    def figures(self) -> Kind:
        """The limits and the look of its kind."""
        return KINDS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything a scenario file says.

    Attributes
    ----------
    name, about : str
        Title and one sentence.
    lat_deg, lon_deg : float
        Middle of the exercise; routes are rounded in the plane tangent there.
    ground_msl_m : float
        Height of the smooth Earth that stands for the ground, for the radio horizon [m].
    clutter_per_turn : float
        False primary plots that each radar makes in a turn, on average.
    routes : tuple of Route
    flights : tuple of Flight
    """

    name: str
    about: str
    lat_deg: float
    lon_deg: float
    ground_msl_m: float
    clutter_per_turn: float
    routes: tuple[Route, ...]
    flights: tuple[Flight, ...]


def load_scenario(path: Path) -> Scenario:
    """Read a scenario.

    Parameters
    ----------
    path : Path
        The file, or the shield's folder that holds ``exercise.toml``.

    Raises
    ------
    MissingFileError
        There is no such file.
    ShieldError
        What it says is wrong: names the file, the place and the remedy.
    """
    file = path / SCENARIO_FILE if path.is_dir() else path
    if not file.is_file():
        raise MissingFileError(
            path=str(file),
            remedy="a shield is rehearsed with a scenario; write one beside shield.toml",
        )
    try:
        text = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ShieldError(
            file=file.name, where="syntax", what=str(error), remedy="correct the TOML there"
        ) from error
    return _Reader(file.name).scenario(text)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns tables into scenario parts, and complains with the file and the place."""

    file: str

    def scenario(self, text: Mapping[str, Any]) -> Scenario:
        routes = []
        for name, table in self._table(text, "routes").items():
            where = f"routes.{name}"
            row = dict(self._as_table(table, where))
            row["waypoints"] = self._waypoints(row.get("waypoints"), where)
            routes.append(self._build(Route, row | {"name": name}, where))
        listed = text.get("flights")
        if not isinstance(listed, list):
            raise self._wrong("flights", "no list of flights", "write [[flights]] tables")
        flights = []
        for number, table in enumerate(listed, start=1):
            where = f"flight {number}"
            flights.append(self._build(Flight, self._as_table(table, where), where))
        rest = dict(text) | {"routes": tuple(routes), "flights": tuple(flights)}
        scenario: Scenario = self._build(Scenario, rest, "top level")
        self._check(scenario)
        return scenario

    def _build(self, part: type[Any], row: Mapping[str, Any], where: str) -> Any:
        known = {field.name: field for field in fields(part)}
        for key in row:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
                raise self._wrong(where, f"unknown key {key}", hint)
        values = {}
        for key, field in known.items():
            if key not in row:
                if field.default is MISSING:
                    raise self._wrong(where, f"{key} is missing", f"add {key}")
                continue
            values[key] = self._value(row[key], str(field.type), f"{where}, {key}")
        return part(**values)

    def _value(self, value: object, kind: str, where: str) -> object:
        if kind.startswith("float"):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self._wrong(where, f"{value!r} is no number", "give a number")
            return float(value)
        for word, wanted in (("int", int), ("str", str), ("bool", bool)):
            if kind.startswith(word) and (
                not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))
            ):
                raise self._wrong(where, f"{value!r} is not of type {word}", f"give a {word}")
        return value

    def _waypoints(self, value: object, where: str) -> tuple[tuple[float, float, float], ...]:
        remedy = "give two or more waypoints [lat_deg, lon_deg, alt_msl_m]"
        if not isinstance(value, list) or len(value) < 2:
            raise self._wrong(where, "waypoints are missing", remedy)
        points = []
        for number, point in enumerate(value, start=1):
            place = f"{where}, waypoint {number}"
            if not isinstance(point, list) or len(point) != 3:
                raise self._wrong(place, f"{point!r} is no waypoint", remedy)
            lat, lon, alt = (float(str(self._value(v, "float", place))) for v in point)
            if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
                raise self._wrong(place, f"{lat}, {lon} is not on Earth", "latitude comes first")
            points.append((lat, lon, alt))
        return tuple(points)

    def _check(self, scenario: Scenario) -> None:
        routes = {route.name for route in scenario.routes}
        seen: set[str] = set()
        for flight in scenario.flights:
            where = f"flight {flight.name}"
            if flight.name in seen:
                raise self._wrong(where, "the name is taken", "give each flight its own name")
            seen.add(flight.name)
            for value, names, key in (
                (flight.kind, tuple(KINDS), "kind"),
                (flight.route, tuple(sorted(routes)), "route"),
                (flight.transponder, TRANSPONDERS, "transponder"),
            ):
                if value not in names:
                    raise self._wrong(
                        f"{where}, {key}",
                        f"{value!r} is unknown",
                        f"choose from {', '.join(names)}",
                    )
            figures = flight.figures
            if not figures.spd_min_mps <= flight.spd_mps <= figures.spd_max_mps:
                raise self._wrong(
                    f"{where}, spd_mps",
                    f"a {flight.kind} does not fly {flight.spd_mps:g} m/s",
                    f"stay within {figures.spd_min_mps:g} to {figures.spd_max_mps:g}",
                )
            if flight.transponder == "mode_s" and flight.mode_s is None:
                raise self._wrong(where, "Mode S without an address", "give mode_s")
            if flight.transponder != "none" and flight.mode_3a is None:
                raise self._wrong(where, "a transponder without a code", "give mode_3a")

    def _table(self, text: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        return self._as_table(text.get(key), key)

    def _as_table(self, value: object, where: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(where, "no such table", f"write [{where}]")
        return value

    def _wrong(self, where: str, what: str, remedy: str) -> ShieldError:
        return ShieldError(file=self.file, where=where, what=what, remedy=remedy)
