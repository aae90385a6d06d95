"""The simulated sky: where every aircraft truly is, as a function of time.

Routes become paths of straight lines and circular arcs in the plane tangent to the ellipsoid at
the middle of the exercise. The arc's radius is that of a level turn, v² / (g tan bank). Where an
aircraft is at any moment is a closed form of the time; nothing is integrated, so every radar can
ask at exactly the moment its beam passes, in any order, and gets the same answer.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield.errors import ShieldError
from airshield.geo import Origin, ecef_from_geodetic, enu_from_ecef
from airshield.rehearse.motion import Planes, SkyState, Spot, along_arc
from airshield.rehearse.scenario import SCENARIO_FILE, Flight, Route, Scenario
from airshield.tables import TRUTH, make_table
from airshield.units import NS_PER_S

Floats = NDArray[np.float64]

GRAVITY_MPS2: Final = 9.80665
"""Standard gravity, exact by definition (ISO 80000-3)."""


class Sky:
    """The truth of a scenario.

    Parameters
    ----------
    scenario : Scenario
        Who flies where and when.
    geoid_height_m : float
        Mean sea level above the ellipsoid [m].
    seed : int
        Moves the starts of the flights that have a ``spread_s``.

    Raises
    ------
    ShieldError
        A route cannot be flown: turns that do not fit between its waypoints, a climb too steep,
        too high for the kind.
    """

    def __init__(self, scenario: Scenario, *, geoid_height_m: float, seed: int) -> None:
        self.scenario = scenario
        self.flights = scenario.flights
        self.geoid_height_m = geoid_height_m
        origin = Origin(lat_deg=scenario.lat_deg, lon_deg=scenario.lon_deg, hae_m=0.0)
        self._planes = Planes([scenario.lat_deg], [scenario.lon_deg], geoid_height_m=geoid_height_m)
        routes = {route.name: route for route in scenario.routes}
        paths = [_path(flight, routes[flight.route], origin) for flight in self.flights]
        self._length_m = np.array([path[-1].start_m + path[-1].length_m for path in paths])
        self._first = np.cumsum([0, *(len(path) for path in paths)])[:-1]
        # Where each flight's later pieces begin, one row per flight, infinity after the last.
        self._later_m = np.full((len(paths), max(len(path) for path in paths)), np.inf)
        for row, path in zip(self._later_m, paths, strict=True):
            row[: len(path) - 1] = [piece.start_m for piece in path[1:]]
        pieces = [piece for path in paths for piece in path]
        self._start_m = np.array([piece.start_m for piece in pieces])
        self._x_m = np.array([piece.x_m for piece in pieces])
        self._y_m = np.array([piece.y_m for piece in pieces])
        self._course_rad = np.array([piece.course_rad for piece in pieces])
        self._bend = np.array([piece.bend_rad_per_m for piece in pieces])
        self._alt_m = np.array([piece.alt_msl_m for piece in pieces])
        self._slope = np.array([piece.slope for piece in pieces])

        draw = np.random.default_rng([seed, 0]).uniform(-1.0, 1.0, len(self.flights))
        spread_s = np.array([flight.spread_s for flight in self.flights])
        self._t_start_s = np.array([flight.start_s for flight in self.flights]) + draw * spread_s
        self._spd_mps = np.array([flight.spd_mps for flight in self.flights])
        # A closed route begins again where it ends; an open one after its pause, or never.
        round_s = [
            self._length_m[i] / flight.spd_mps if routes[flight.route].closed
            else math.inf if flight.repeat_s is None
            else flight.repeat_s
            for i, flight in enumerate(self.flights)
        ]  # fmt: skip
        self._round_s = np.array(round_s)
        for i, flight in enumerate(self.flights):
            whole_s = self._length_m[i] / flight.spd_mps
            # The comparison forgives the last bits of a closed route's own round.
            if self._round_s[i] < whole_s * (1.0 - 1e-12):
                raise ShieldError(
                    file=SCENARIO_FILE,
                    where=f"flight {flight.name}, repeat_s",
                    what=f"it begins anew after {self._round_s[i]:g} s, before the route is flown",
                    remedy=f"give {math.ceil(whole_s)} s or more",
                )

    @property
    def count(self) -> int:
        """How many flights there are, in the air or not."""
        return len(self.flights)

    def at(self, t_s: Floats) -> SkyState:
        """Return the state of every flight.

        Parameters
        ----------
        t_s : ndarray, shape (n,)
            Seconds of the exercise, one per flight.
        """
        return self._planes.state(self._spot(t_s))

    def ecef_at(self, t_s: Floats) -> Floats:
        """Return every flight's place only, shape (n, 3) [m]: see :meth:`at`."""
        return self._planes.ecef_m(self._spot(t_s))

    def truth(self, t_s: float, *, t_start_ns: int) -> pa.Table:
        """Return who is in the air at a moment, as a table of ``tables.TRUTH``."""
        state = self.at(np.full(len(self.flights), float(t_s)))
        rows = np.flatnonzero(state.present)
        flights = [self.flights[i] for i in rows]
        return make_table(
            TRUTH,
            {
                "t": np.full(rows.size, t_start_ns + round(t_s * NS_PER_S), np.int64),
                "target": [flight.name for flight in flights],
                "cls": [flight.figures.cls for flight in flights],
                "lat_deg": state.lat_deg[rows],
                "lon_deg": state.lon_deg[rows],
                "alt_hae_m": state.alt_hae_m[rows],
                "alt_baro_m": state.alt_msl_m[rows],
                "vel_east_mps": state.vel_east_mps[rows],
                "vel_north_mps": state.vel_north_mps[rows],
                "vel_up_mps": state.vel_up_mps[rows],
                "rcs_dbsm": [flight.figures.rcs_dbsm for flight in flights],
                "mode_s": [flight.mode_s for flight in flights],
                "mode_3a": [flight.mode_3a for flight in flights],
                "callsign": [flight.callsign for flight in flights],
            },
            rows=rows.size,
        )

    def _spot(self, t_s: Floats) -> Spot:
        """Where every flight is on its path."""
        since_s = t_s - self._t_start_s
        # Where the round is infinite the remainder is the time itself.
        along_m = self._spd_mps * np.fmod(np.maximum(since_s, 0.0), self._round_s)
        present = (since_s >= 0.0) & (along_m <= self._length_m)
        along_m = np.minimum(along_m, self._length_m)
        piece = self._first + np.count_nonzero(along_m[:, None] >= self._later_m, axis=1)
        ds_m = along_m - self._start_m[piece]
        x_m, y_m, course_rad = along_arc(
            self._x_m[piece], self._y_m[piece], self._course_rad[piece], self._bend[piece], ds_m
        )
        return Spot(
            present=present,
            x_m=x_m,
            y_m=y_m,
            course_rad=course_rad,
            spd_mps=self._spd_mps,
            alt_msl_m=self._alt_m[piece] + self._slope[piece] * ds_m,
            climb_mps=self._spd_mps * self._slope[piece],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A stretch of constant bend and slope: a line or an arc."""

    start_m: float
    length_m: float
    x_m: float
    y_m: float
    course_rad: float
    bend_rad_per_m: float
    alt_msl_m: float
    slope: float


@dataclass(frozen=True, slots=True)
class _Corner:
    """The rounding of one waypoint: how far before it the arc begins, and the arc."""

    before_m: float
    turn_rad: float
    arc_m: float


_NO_CORNER: Final = _Corner(0.0, 0.0, 0.0)


def _path(flight: Flight, route: Route, origin: Origin) -> list[_Piece]:
    """Round a route's corners for a flight and give each stretch its slope."""
    points, alts = _plane(route, origin)
    figures = flight.figures
    if max(alts) > figures.alt_max_msl_m:
        raise _unflyable(flight, route, f"a {flight.kind} does not fly at {max(alts):g} m")
    legs = np.diff(points, axis=0)
    length_m = np.hypot(legs[:, 0], legs[:, 1])
    course = np.arctan2(legs[:, 0], legs[:, 1])
    radius_m = flight.spd_mps**2 / (GRAVITY_MPS2 * math.tan(math.radians(figures.bank_deg)))
    corners = [_NO_CORNER]
    for before, after in itertools.pairwise(course):
        turn = math.remainder(after - before, math.tau)
        cut = radius_m * math.tan(abs(turn) / 2.0)
        corners.append(_Corner(cut, turn, radius_m * abs(turn)))
    corners.append(_NO_CORNER)

    pieces: list[_Piece] = []
    along = 0.0
    for leg in range(len(length_m)):
        near, far = corners[leg], corners[leg + 1]
        straight_m = length_m[leg] - near.before_m - far.before_m
        if straight_m < 0.0:
            raise _unflyable(
                flight,
                route,
                f"turns of {radius_m:.0f} m radius do not fit into leg {leg + 1}",
            )
        way_m = straight_m + 0.5 * (near.arc_m + far.arc_m)
        slope = (alts[leg + 1] - alts[leg]) / way_m
        if abs(slope) * flight.spd_mps > figures.climb_max_mps:
            raise _unflyable(
                flight,
                route,
                f"it climbs {abs(slope) * flight.spd_mps:.1f} m/s on leg {leg + 1}",
            )
        # Half the arc behind, the line, half the arc ahead: heights meet in mid-turn.
        alt = alts[leg]
        ahead = np.array([math.sin(course[leg]), math.cos(course[leg])])
        start = points[leg] + near.before_m * ahead
        stretches = []
        if near.arc_m:
            stretches.append((0.5 * near.arc_m, near.turn_rad / near.arc_m, None))
        stretches.append((straight_m, 0.0, start))
        if far.arc_m:
            stretches.append(
                (0.5 * far.arc_m, far.turn_rad / far.arc_m, start + straight_m * ahead)
            )
        for size_m, bend, at in stretches:
            where, heading = (at, float(course[leg])) if at is not None else _end(pieces[-1])
            pieces.append(
                _Piece(
                    start_m=along,
                    length_m=size_m,
                    x_m=float(where[0]),
                    y_m=float(where[1]),
                    course_rad=heading,
                    bend_rad_per_m=bend,
                    alt_msl_m=alt,
                    slope=slope,
                )
            )
            along += size_m
            alt += slope * size_m
    return pieces


def _end(piece: _Piece) -> tuple[Floats, float]:
    """Where a piece ends, and its course there."""
    half = 0.5 * piece.bend_rad_per_m * piece.length_m
    chord = piece.length_m * float(np.sinc(half / np.pi))
    course = piece.course_rad + half
    place = np.array([piece.x_m + chord * math.sin(course), piece.y_m + chord * math.cos(course)])
    return place, piece.course_rad + 2.0 * half


def _plane(route: Route, origin: Origin) -> tuple[Floats, list[float]]:
    """Waypoints in the tangent plane, and their heights; a closed route starts in mid-leg."""
    lat, lon, alt = np.array(route.waypoints).T
    points = enu_from_ecef(ecef_from_geodetic(lat, lon, np.zeros_like(lat)), origin)[:, :2]
    alts = [float(a) for a in alt]
    if route.closed:
        middle = 0.5 * (points[-1] + points[0])
        height = 0.5 * (alts[-1] + alts[0])
        points = np.vstack([middle, points, middle])
        alts = [height, *alts, height]
    return points, alts


def _unflyable(flight: Flight, route: Route, what: str) -> ShieldError:
    return ShieldError(
        file=SCENARIO_FILE,
        where=f"flight {flight.name} on route {route.name}",
        what=what,
        remedy="spread the waypoints, or fly slower",
    )
