"""What a patrol plan consists of: classes of aircraft, bases, fleets, stations.

All is SI: seconds, metres, kilograms; times count from the plan's first instant, days from 0. None
is unknown or not said. What is not said is not counted (no repair, no crews, endless fuel), which
flatters the plan: :func:`~airshield.plan.patrol.cautions` tells of each such omission.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from airshield.errors import UsageError
from airshield.units import S_PER_DAY

Spread = Literal["fixed", "exponential", "lognormal"]
Hours = tuple[tuple[float, float], ...]
"""Intervals [s from the plan's first instant), in order and apart from each other."""

MONTH_DAYS: Final = 30
"""The months of crew and airframe limits, as the shield file has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """How long something takes.

    Attributes
    ----------
    mean_s : float
        Its mean [s].
    spread : str
        ``fixed``, ``exponential``, or ``lognormal`` with
    cv : float
        standard deviation over mean, for ``lognormal``.
    """

    mean_s: float
    spread: Spread = "fixed"
    cv: float = 1.0

    def __post_init__(self) -> None:
        _check("Duration", self, not_negative=("mean_s",), positive=("cv",))
        if self.spread not in ("fixed", "exponential", "lognormal"):
            raise UsageError(
                f"spread={self.spread!r}; a duration is fixed, exponential or lognormal"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class AircraftClass:
    """What one aircraft of a class can do.

    Attributes
    ----------
    name, role : str
        Its name; the role of the stations that it can man.
    cruise_mps : float
        True airspeed on the way [m/s]; there is no wind.
    sortie_s : float
        Longest flight on its own fuel, reserve left aside, take-off to landing [s].
    turnaround : Duration
        From landing, or from the end of repair, to ready.
    repair_fixed_s, repair_share : float, optional
        Mean repair after a flight of T seconds: ``repair_fixed_s + repair_share · T`` [s].
    repair_spread, repair_cv
        Its distribution about that mean, as of a :class:`Duration`.
    readiness : float, optional
        Share of the time that an aircraft is fit when nobody flies it, 0 to 1: spells out of
        service that flying does not cause. A published mission-capable rate holds the repair after
        flights too: with both the same hours are counted twice.
    down_s : float, optional
        Mean spell out of service [s], exponential; needed with ``readiness``.
    burn_kgps : float, optional
        Fuel burnt [kg/s].
    offload : tuple of (distance_m, kg)
        Tankers: fuel to give in a sortie to a track so far from the base; straight lines between
        the points, flat outside them.
    crews_per_aircraft, rest_s, duty_s, crew_month_s : float, optional
        Crews; their rest after a landing, longest flight, and most flying in 30 days [s].
    month_s : float, optional
        Flying of one airframe in 30 days at most [s].
    to_air_s : float, optional
        On alert: from the call to take-off [s].
    losses_per_h : float
        Aircraft lost in an hour of flight.
    grounded_share, grounded_s : float, optional
        Share of the time that the whole class is grounded, and mean length of that [s]: what
        makes readiness of a type worse than that of as many independent aircraft.
    """

    name: str
    role: str
    cruise_mps: float
    sortie_s: float
    turnaround: Duration
    repair_fixed_s: float | None = None
    repair_share: float | None = None
    repair_spread: Spread = "exponential"
    repair_cv: float = 1.0
    readiness: float | None = None
    down_s: float | None = None
    burn_kgps: float | None = None
    offload: tuple[tuple[float, float], ...] = ()
    crews_per_aircraft: float | None = None
    rest_s: float | None = None
    duty_s: float | None = None
    crew_month_s: float | None = None
    month_s: float | None = None
    to_air_s: float | None = None
    losses_per_h: float = 0.0
    grounded_share: float | None = None
    grounded_s: float | None = None

    def __post_init__(self) -> None:
        what = f"aircraft {self.name!r}"
        _check(
            what,
            self,
            positive=(
                *("cruise_mps", "sortie_s", "repair_cv", "down_s", "burn_kgps", "duty_s"),
                *("crew_month_s", "month_s", "grounded_s"),
            ),
            not_negative=(
                *("repair_fixed_s", "repair_share", "crews_per_aircraft", "rest_s", "to_air_s"),
                "losses_per_h",
            ),
            share=("readiness", "grounded_share"),
        )
        if self.readiness is not None and self.down_s is None and self.readiness < 1.0:
            raise UsageError(
                f"{what}: readiness without down_s; say how long an aircraft is out of service"
            )
        if self.readiness == 0.0 or self.grounded_share == 1.0:
            raise UsageError(f"{what} is never fit to fly; leave its fleets out instead")
        if self.grounded_share and self.grounded_s is None:
            raise UsageError(f"{what}: grounded_share without grounded_s; say how long it lasts")
        for point in self.offload:
            if not (point[0] >= 0.0 and point[1] >= 0.0 and math.isfinite(sum(point))):
                raise UsageError(
                    f"{what}: offload {point}; give distance [m] and kilograms, not negative"
                )

    def repair_s(self, flight_s: float) -> float:
        """Mean repair after a flight [s]; what is not said is zero."""
        return (self.repair_fixed_s or 0.0) + (self.repair_share or 0.0) * flight_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An airfield.

    Attributes
    ----------
    name, contributor : str
        Its name and whose it is.
    lat_deg, lon_deg : float
        WGS-84 place of the runway [deg].
    spots : int, optional
        Aircraft that can stand there.
    hours : tuple of (open_s, close_s), optional
        When it is open; None is always.
    movements_per_h : float, optional
        Take-offs and landings that the runway takes.
    closed_share, closure_s : float, optional
        Share of the time that weather closes it; mean length of a closure [s], exponential.
    stock_kg : float, optional
        Fuel there at the start. None: fuel is not modelled there, and never runs out.
    holds_kg : float, optional
        Most that it can hold [kg].
    resupply_kgps : tuple of float
        What arrives, by day [kg/s]; the last goes on. Empty: nothing.
    """

    name: str
    contributor: str
    lat_deg: float
    lon_deg: float
    spots: int | None = None
    hours: Hours | None = None
    movements_per_h: float | None = None
    closed_share: float | None = None
    closure_s: float | None = None
    stock_kg: float | None = None
    holds_kg: float | None = None
    resupply_kgps: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        what = f"base {self.name!r}"
        _check(
            what,
            self,
            positive=("movements_per_h", "closure_s", "holds_kg"),
            not_negative=("stock_kg", "spots"),
            share=("closed_share",),
        )
        if self.closed_share and (self.closure_s is None or self.closed_share == 1.0):
            raise UsageError(
                f"{what}: closed_share={self.closed_share} needs closure_s and must be under 1"
            )
        _check_hours(what, self.hours)
        if not all(rate >= 0.0 and math.isfinite(rate) for rate in self.resupply_kgps):
            raise UsageError(f"{what}: resupply_kgps has a rate that is negative or not a number")
        if self.stock_kg is None and (self.resupply_kgps or self.holds_kg is not None):
            raise UsageError(f"{what} has resupply or a store and no stock_kg; say what lies there")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Aircraft of one class that one contributor brings to one base.

    Attributes
    ----------
    name, contributor, aircraft, base : str
        Its name, whose it is, the names of its class and its base.
    count, on_alert : int
        How many; how many ready ones of them are kept back on alert.
    from_day, to_day : int, int or None
        First day there, first day gone (None: it stays). Who is in the air then still lands.
    readiness : float, optional
        In place of that of the class.
    docks : int, optional
        Aircraft that can be repaired at once; None: all.
    scrambles_per_day, scramble_s : float, optional
        Mean number of calls of its alert in a day, at random; how long one flies, from take-off to
        landing [s]. None: not said, and nobody is called, which flatters the plan. Needs
        ``to_air_s`` of the class.
    """

    name: str
    contributor: str
    aircraft: str
    base: str
    count: int
    on_alert: int = 0
    from_day: int = 0
    to_day: int | None = None
    readiness: float | None = None
    docks: int | None = None
    scrambles_per_day: float | None = None
    scramble_s: float | None = None

    def __post_init__(self) -> None:
        what = f"fleet {self.name!r}"
        _check(
            what,
            self,
            positive=("docks", "scramble_s"),
            not_negative=("count", "on_alert", "from_day", "to_day", "scrambles_per_day"),
            share=("readiness",),
        )
        if self.scrambles_per_day:
            if self.scramble_s is None:
                raise UsageError(
                    f"{what}: scrambles_per_day without scramble_s; say how long a scramble flies"
                )
            if not self.on_alert:
                raise UsageError(
                    f"{what}: scrambles_per_day={self.scrambles_per_day} and nobody on alert; set "
                    "on_alert, or leave the scrambles out"
                )
        if self.on_alert > self.count:
            raise UsageError(f"{what}: on_alert={self.on_alert} of {self.count} aircraft")
        if self.to_day is not None and self.to_day < self.from_day:
            raise UsageError(f"{what}: to_day={self.to_day} comes before from_day={self.from_day}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """Where aircraft are to be; a track where tankers wait is a station of role ``tanker``.

    Attributes
    ----------
    name, role : str
        Its name; aircraft of which role man it.
    lat_deg, lon_deg : float
        WGS-84 place [deg].
    count : int
        How many aircraft are to be there at once.
    hours : tuple of (from_s, to_s), optional
        When; None is always.
    stay_s : float, optional
        Longest time on station [s]; None: what fuel and crew allow.
    tankers : tuple of str
        Stations whose aircraft refuel those here.
    fleets : tuple of str
        Who may man it; empty: every fleet of the role.
    """

    name: str
    role: str
    lat_deg: float
    lon_deg: float
    count: int = 1
    hours: Hours | None = None
    stay_s: float | None = None
    tankers: tuple[str, ...] = ()
    fleets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        what = f"station {self.name!r}"
        _check(what, self, positive=("count", "stay_s"))
        _check_hours(what, self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatrolPlan:
    """Everything: classes, bases, fleets and stations, by name.

    Stations are served by who lacks most, in this order where that is equal.

    Raises
    ------
    UsageError
        Two of a name, a name that is not there, more aircraft than spots; the message says which.
    """

    aircraft: tuple[AircraftClass, ...]
    bases: tuple[Base, ...]
    fleets: tuple[Fleet, ...]
    stations: tuple[Station, ...]

    def __post_init__(self) -> None:
        classes = _names("aircraft", self.aircraft)
        bases = _names("base", self.bases)
        fleets = _names("fleet", self.fleets)
        stations = _names("station", self.stations)
        if not self.stations:
            raise UsageError("a patrol plan without a station asks nothing; add one")
        for fleet in self.fleets:
            _known(f"fleet {fleet.name!r}", "aircraft", (fleet.aircraft,), classes)
            _known(f"fleet {fleet.name!r}", "base", (fleet.base,), bases)
            if fleet.readiness is not None and self.class_of(fleet).down_s is None:
                raise UsageError(
                    f"fleet {fleet.name!r}: readiness needs down_s of {fleet.aircraft!r}"
                )
            self._check_scrambles(fleet)
        for station in self.stations:
            _known(f"station {station.name!r}", "fleet", station.fleets, fleets)
            _known(f"station {station.name!r}", "tanker track", station.tankers, stations)
            if station.name in station.tankers:
                raise UsageError(f"station {station.name!r} refuels itself; name another")
            for fleet in self.serving(station):
                if station.tankers and self.class_of(fleet).burn_kgps is None:
                    raise UsageError(
                        f"aircraft {fleet.aircraft!r}: station {station.name!r} has tankers, so "
                        "its burn_kgps must be known"
                    )
        for base in self.bases:
            there = self.most_at(base)
            if base.spots is not None and there > base.spots:
                raise UsageError(
                    f"base {base.name!r} has {base.spots} spots for {there} aircraft; move a "
                    "fleet or find room"
                )

    def _check_scrambles(self, fleet: Fleet) -> None:
        kind = self.class_of(fleet)
        if not fleet.scrambles_per_day or fleet.scramble_s is None:
            return
        if kind.to_air_s is None:
            raise UsageError(
                f"fleet {fleet.name!r}: scrambles need to_air_s of {fleet.aircraft!r}, from the "
                "call to take-off"
            )
        most_s = min(kind.sortie_s, math.inf if kind.duty_s is None else kind.duty_s)
        if fleet.scramble_s > most_s:
            raise UsageError(
                f"fleet {fleet.name!r}: scramble_s={fleet.scramble_s} and {fleet.aircraft!r} flies "
                f"for {most_s} s at most"
            )

    def class_of(self, fleet: Fleet) -> AircraftClass:
        """The class of a fleet."""
        return next(kind for kind in self.aircraft if kind.name == fleet.aircraft)

    def base_of(self, fleet: Fleet) -> Base:
        """The base of a fleet."""
        return next(base for base in self.bases if base.name == fleet.base)

    def readiness_of(self, fleet: Fleet) -> float | None:
        """Readiness of a fleet: its own, or that of its class."""
        return self.class_of(fleet).readiness if fleet.readiness is None else fleet.readiness

    def serving(self, station: Station) -> list[Fleet]:
        """Fleets that may man a station, by role and name; whether they reach it is not asked."""
        return [
            fleet
            for fleet in self.fleets
            if self.class_of(fleet).role == station.role
            and (not station.fleets or fleet.name in station.fleets)
        ]

    def most_at(self, base: Base) -> int:
        """Most aircraft that are based there on any day."""
        here = [fleet for fleet in self.fleets if fleet.base == base.name]
        return max(
            (
                sum(f.count for f in here if f.from_day <= day and (f.to_day or math.inf) > day)
                for day in {fleet.from_day for fleet in here}
            ),
            default=0,
        )

    def without(self, contributors: Collection[str], *, from_day: int = 0) -> PatrolPlan:
        """The plan when contributors do not come, or leave on a day.

        Their fleets go, and so do those of others that stand on their bases. What they carried of
        the others' supply is not known here: give the bases another ``resupply_kgps``.
        """
        gone = set(contributors)
        lost = {base.name for base in self.bases if base.contributor in gone}
        fleets = tuple(
            dataclasses.replace(
                fleet,
                to_day=max(fleet.from_day, min(from_day, fleet.to_day or from_day)),
            )
            if fleet.contributor in gone or fleet.base in lost
            else fleet
            for fleet in self.fleets
        )
        return dataclasses.replace(self, fleets=fleets)


def day_hours(from_s: float, to_s: float, *, days: int) -> Hours:
    """Hours of every day, from and to a second of the day, as intervals of the plan.

    Examples
    --------
    >>> day_hours(6 * 3600.0, 20 * 3600.0, days=2)
    ((21600.0, 72000.0), (108000.0, 158400.0))
    """
    starts = [day * S_PER_DAY for day in range(days)]
    return tuple((start + from_s, start + to_s) for start in starts)


def _check(
    what: str,
    of: object,
    *,
    positive: tuple[str, ...] = (),
    not_negative: tuple[str, ...] = (),
    share: tuple[str, ...] = (),
) -> None:
    for name in (*positive, *not_negative, *share):
        value = getattr(of, name)
        if value is None:
            continue
        if not math.isfinite(value):
            raise UsageError(f"{what}: {name}={value}; give a number, or None for unknown")
        if name in positive and not value > 0:
            raise UsageError(f"{what}: {name}={value}; it must be above zero")
        if not value >= 0:
            raise UsageError(f"{what}: {name}={value}; it must not be negative")
        if name in share and not value <= 1:
            raise UsageError(f"{what}: {name}={value}; a share is from 0 to 1")


def _check_hours(what: str, hours: Hours | None) -> None:
    before = -math.inf
    for start, end in hours or ():
        if not before <= start < end:
            raise UsageError(
                f"{what}: hours from {start} to {end} s; intervals must have a length, be in order "
                "and lie apart"
            )
        before = end


def _names(
    what: str,
    of: tuple[AircraftClass, ...] | tuple[Base, ...] | tuple[Fleet, ...] | tuple[Station, ...],
) -> set[str]:
    names = [one.name for one in of]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two of the name {name!r} ({what}); give each its own")
    return set(names)


def _known(where: str, what: str, names: tuple[str, ...], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(f"{where}: no {what} {name!r}; there are {', '.join(sorted(known))}")
