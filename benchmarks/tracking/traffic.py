"""Who flies in a scene of the tracking benchmark: random courses as closed forms of time.

A course is a row of stretches, each of constant bend, slope and acceleration along the way, in a
tangent plane of the target's own. So places, velocities and the moments when a beam passes are
exact at any time, whoever asks. Straight legs and manoeuvres alternate: level turns at a bank, runs
up and down in speed, climbs and descents, and for helicopters a stop in the air.

Figures are of the class (``airshield.rehearse.KINDS``). Left out: wind, formations, airways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.geo import place_from
from airshield.rehearse import KINDS, Kind, SkyState
from airshield.rehearse.motion import Planes, Spot, along_arc
from airshield.rehearse.sky import GRAVITY_MPS2

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Numbers = NDArray[np.int64]

NEAR_M: Final = 70e3
"""Low and silent targets begin within this distance of a radar, else nobody ever saw them."""

TURN_RATE_MAX_RADPS: Final = math.radians(6.0)
"""Twice a rate-one turn: what the slow ones could do and nobody does."""

HOVER_BRAKE_MPS2: Final = 1.5
SHARED_CODE: Final = 0o7000
"""The code that light aircraft without a flight plan share."""

TURN, SPEED, CLIMB, HOVER = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a kind of aircraft is flown here; ranges are uniform.

    Attributes
    ----------
    kind : Kind
        Class, limits and cross-section.
    share : float
        Of all targets.
    spd_mps, alt_msl_m, leg_s, turn_deg : (low, high)
        Speeds, heights, seconds of straight flight between manoeuvres, size of turns.
    accel_mps2 : float
        Hardest change of speed.
    weights : tuple of 4
        How often the manoeuvre is a turn, a change of speed, a climb, a stop in the air.
    mode_s, mode_ac, adsb : float
        Shares with a Mode S transponder, with an older one, and (of Mode S) with ADS-B.
    near_radar : bool
        Begins within ``NEAR_M`` of some radar.
    """

    kind: Kind
    share: float
    spd_mps: tuple[float, float]
    alt_msl_m: tuple[float, float]
    leg_s: tuple[float, float]
    turn_deg: tuple[float, float]
    accel_mps2: float
    weights: tuple[float, float, float, float]
    mode_s: float
    mode_ac: float
    adsb: float
    near_radar: bool


FAST_LOW: Final = Kind(
    name="fast_low",
    cls="fast_low",
    spd_min_mps=150.0,
    spd_max_mps=300.0,
    bank_deg=45.0,
    climb_max_mps=15.0,
    alt_max_msl_m=1_000.0,
    rcs_dbsm=-3.0,
)
"""Silent and low: between the drone and the jet in its echo."""

BEHAVIOURS: Final = (
    Behaviour(
        kind=KINDS["airliner"], share=0.52, spd_mps=(150.0, 260.0), alt_msl_m=(3e3, 12e3),
        leg_s=(60.0, 300.0), turn_deg=(10.0, 90.0), accel_mps2=0.5, weights=(0.4, 0.2, 0.4, 0.0),
        mode_s=1.0, mode_ac=0.0, adsb=0.95, near_radar=False,
    ),
    Behaviour(
        kind=KINDS["light"], share=0.16, spd_mps=(35.0, 80.0), alt_msl_m=(400.0, 3e3),
        leg_s=(30.0, 180.0), turn_deg=(30.0, 270.0), accel_mps2=0.5, weights=(0.6, 0.1, 0.3, 0.0),
        mode_s=0.6, mode_ac=0.3, adsb=0.4, near_radar=False,
    ),
    Behaviour(
        kind=KINDS["jet"], share=0.12, spd_mps=(160.0, 380.0), alt_msl_m=(1e3, 13e3),
        leg_s=(10.0, 80.0), turn_deg=(30.0, 180.0), accel_mps2=8.0, weights=(0.5, 0.3, 0.2, 0.0),
        mode_s=0.3, mode_ac=0.4, adsb=0.0, near_radar=False,
    ),
    Behaviour(
        kind=FAST_LOW, share=0.06, spd_mps=(180.0, 280.0), alt_msl_m=(80.0, 500.0),
        leg_s=(20.0, 120.0), turn_deg=(10.0, 90.0), accel_mps2=2.0, weights=(0.6, 0.2, 0.2, 0.0),
        mode_s=0.0, mode_ac=0.0, adsb=0.0, near_radar=True,
    ),
    Behaviour(
        kind=KINDS["drone"], share=0.07, spd_mps=(20.0, 55.0), alt_msl_m=(150.0, 3e3),
        leg_s=(30.0, 200.0), turn_deg=(30.0, 360.0), accel_mps2=1.0, weights=(0.7, 0.1, 0.2, 0.0),
        mode_s=0.0, mode_ac=0.0, adsb=0.0, near_radar=True,
    ),
    Behaviour(
        kind=KINDS["helicopter"], share=0.07, spd_mps=(25.0, 75.0), alt_msl_m=(150.0, 1.5e3),
        leg_s=(20.0, 120.0), turn_deg=(30.0, 180.0), accel_mps2=1.5, weights=(0.4, 0.1, 0.2, 0.3),
        mode_s=0.6, mode_ac=0.2, adsb=0.3, near_radar=True,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where the scene is.

    Attributes
    ----------
    lat_deg, lon_deg, side_m : float
        Middle and side of the square in which targets begin.
    geoid_height_m : float
        Mean sea level above the ellipsoid; the ground lies at mean sea level.
    """

    lat_deg: float
    lon_deg: float
    side_m: float
    geoid_height_m: float

    def scatter(self, stream: np.random.Generator, count: int) -> tuple[Floats, Floats]:
        """Draw places all over the square: latitudes and longitudes [deg]."""
        x_m, y_m = self.side_m * (stream.random((2, count)) - 0.5)
        azm_deg = np.degrees(np.arctan2(x_m, y_m))
        return place_from(self.lat_deg, self.lon_deg, azm_deg, np.hypot(x_m, y_m))


class Traffic:
    """Targets, and after them ghosts: aircraft that are nowhere but in ADS-B messages.

    Parameters
    ----------
    field : Field
        Where.
    targets, ghosts : int
        How many of each.
    duration_s : float
        How long their courses are told.
    radars : tuple of ndarray
        Latitudes and longitudes of the radars [deg].
    seed : int
        Everything else is a function of it.

    Attributes
    ----------
    behaviour : ndarray of int
        Index into ``BEHAVIOURS``; the following arrays are per aircraft too.
    t_start_s, t_end_s : ndarray
        It is in the air from the first (included) to the second.
    rcs_dbsm : ndarray
    mode_s, mode_3a : ndarray of int
        -1 for none.
    has_adsb, is_ghost : ndarray of bool
    callsign : list of str
        Empty for none.
    nacp : ndarray of int
        What its ADS-B promises.
    """

    def __init__(
        self,
        field: Field,
        *,
        targets: int,
        ghosts: int,
        duration_s: float,
        radars: tuple[Floats, Floats],
        seed: int,
    ) -> None:
        stream = np.random.default_rng([seed, 10])
        count = targets + ghosts
        self.count, self.targets, self.duration_s = count, targets, duration_s
        self.is_ghost = np.arange(count) >= targets
        shares = np.array([b.share for b in BEHAVIOURS])
        # As many of each kind as their shares say, in any order: small scenes have some of all.
        places = (np.arange(targets) + stream.random()) / targets
        kinds = np.searchsorted(np.cumsum(shares / shares.sum()), places).clip(0, len(shares) - 1)
        self.behaviour = np.concatenate([stream.permutation(kinds), np.zeros(ghosts, np.intp)])
        self.rcs_dbsm = self._per_kind([b.kind.rcs_dbsm for b in BEHAVIOURS])

        lat_deg, lon_deg = field.scatter(stream, count)
        near = np.array([b.near_radar for b in BEHAVIOURS])[self.behaviour]
        whose = stream.integers(radars[0].size, size=count)
        away_m = NEAR_M * np.sqrt(stream.random(count))
        beside = place_from(
            radars[0][whose], radars[1][whose], 360.0 * stream.random(count), away_m
        )
        self.planes = Planes(
            np.where(near, beside[0], lat_deg).tolist(),
            np.where(near, beside[1], lon_deg).tolist(),
            geoid_height_m=field.geoid_height_m,
        )

        late, early = stream.random((2, count)) < 0.2
        late |= self.is_ghost
        self.t_start_s = np.where(late, duration_s * 0.6 * stream.random(count), 0.0)
        stays_s = np.maximum(120.0, (duration_s - self.t_start_s) * stream.random(count))
        self.t_end_s = np.where(early, self.t_start_s + stays_s, np.inf)
        self._name(stream)
        self._fly(stream)

    def at(self, rows: Rows, t_s: Floats) -> SkyState:
        """Return the states of aircraft, named by their numbers, each at its own moment."""
        return self.planes.of(rows).state(self.spot(rows, t_s))

    def _per_kind(self, values: Sequence[float]) -> Floats:
        figures: Floats = np.array(values, np.float64)[self.behaviour]
        return figures

    def _between(
        self, stream: np.random.Generator, ranges: Sequence[tuple[float, float]]
    ) -> Floats:
        low, high = np.array(ranges, np.float64)[self.behaviour].T
        between: Floats = low + (high - low) * stream.random(self.count)
        return between

    def _name(self, stream: np.random.Generator) -> None:
        """Give out transponders, addresses, codes and callsigns."""
        count = self.count
        luck = stream.random(count)
        share_s = self._per_kind([b.mode_s for b in BEHAVIOURS])
        share_ac = self._per_kind([b.mode_ac for b in BEHAVIOURS])
        addressed = luck < share_s
        answers = luck < share_s + share_ac
        self.has_adsb = addressed & (
            stream.random(count) < self._per_kind([b.adsb for b in BEHAVIOURS])
        )
        self.has_adsb |= self.is_ghost
        free = np.unique(stream.integers(0x100000, 0xF00000, 2 * count + 16))
        self.mode_s = np.where(addressed, stream.permutation(free)[:count], -1)
        codes = stream.integers(0o0010, 0o7477, count)
        shared = np.array([b.kind.name == "light" for b in BEHAVIOURS])[self.behaviour]
        shared &= stream.random(count) < 0.5
        self.mode_3a = np.where(answers, np.where(shared, SHARED_CODE, codes), -1)
        letters = stream.integers(ord("A"), ord("Z") + 1, (count, 3))
        self.callsign = [
            "".join(map(chr, word)) + f"{i % 10_000:04d}" if has else ""
            for i, (word, has) in enumerate(zip(letters.tolist(), addressed.tolist(), strict=True))
        ]
        self.nacp = stream.choice(np.array([8, 9, 10, 11]), count, p=[0.1, 0.35, 0.45, 0.1])

    def _fly(self, stream: np.random.Generator) -> None:
        """Lay the stretches end to end until every course is as long as the scene."""
        count = self.count
        spd_ranges = [b.spd_mps for b in BEHAVIOURS]
        weights = np.cumsum([b.weights for b in BEHAVIOURS], axis=1)[self.behaviour]
        bank_max = self._per_kind([b.kind.bank_deg for b in BEHAVIOURS])
        climb_max = self._per_kind([b.kind.climb_max_mps for b in BEHAVIOURS])
        accel_max = self._per_kind([b.accel_mps2 for b in BEHAVIOURS])
        low_mps, high_mps = np.array(spd_ranges)[self.behaviour].T

        t_s = self.t_start_s.copy()
        x_m, y_m = np.zeros((2, count))
        course = math.tau * stream.random(count)
        alt_m = self._between(stream, [b.alt_msl_m for b in BEHAVIOURS])
        spd = self._between(stream, spd_ranges)
        stopping = np.zeros(count, bool)
        standing = np.zeros(count, bool)
        stretches: list[tuple[Floats, ...]] = []
        while True:
            straight = len(stretches) % 2 == 0
            accel, bend, slope = np.zeros((3, count))
            if straight:
                dt_s = self._between(stream, [b.leg_s for b in BEHAVIOURS])
                standing, stopping = stopping, np.zeros(count, bool)
            else:
                choice = stream.random(count)[:, None] >= weights
                what = np.minimum(np.count_nonzero(choice, axis=1), HOVER)
                # Who stands in the air can only fly off again.
                what[standing] = SPEED
                dt_s = np.ones(count)

                bank = np.radians(bank_max * (0.4 + 0.6 * stream.random(count)))
                rate = GRAVITY_MPS2 * np.tan(bank) / np.maximum(spd, 1.0)
                rate = np.minimum(rate, TURN_RATE_MAX_RADPS)
                size = np.radians(self._between(stream, [b.turn_deg for b in BEHAVIOURS]))
                side = np.where(stream.random(count) < 0.5, -1.0, 1.0)
                rows = what == TURN
                dt_s[rows] = (size / rate)[rows]
                bend[rows] = (side * rate / np.maximum(spd, 1.0))[rows]

                wish = self._between(stream, spd_ranges)
                hard = accel_max * (0.3 + 0.7 * stream.random(count))
                rows = what == SPEED
                dt_s[rows] = np.maximum(np.abs(wish - spd) / hard, 1.0)[rows]
                accel[rows] = ((wish - spd) / dt_s)[rows]

                level = self._between(stream, [b.alt_msl_m for b in BEHAVIOURS])
                climb = climb_max * (0.2 + 0.7 * stream.random(count))
                rows = what == CLIMB
                dt_s[rows] = np.maximum(np.abs(level - alt_m) / climb, 1.0)[rows]
                slope[rows] = ((level - alt_m) / dt_s / np.maximum(spd, 1.0))[rows]

                stopping = what == HOVER
                dt_s[stopping] = (spd / HOVER_BRAKE_MPS2)[stopping]
                accel[stopping] = -HOVER_BRAKE_MPS2
                # A manoeuvre's last moment obeys the limits, so does all of it.
                last = spd + accel * dt_s
                assert np.all(stopping | (last > low_mps - 1e-6) & (last < high_mps + 1e-6))
            stretches.append((t_s, x_m, y_m, course, alt_m, spd, accel, bend, slope))
            if t_s.min() >= self.duration_s:
                break
            way_m = spd * dt_s + 0.5 * accel * dt_s**2
            x_m, y_m, course = along_arc(x_m, y_m, course, bend, way_m)
            alt_m = alt_m + slope * way_m
            spd = np.where(stopping, 0.0, spd + accel * dt_s)
            t_s = t_s + dt_s
        columns = np.array(stretches).transpose(1, 2, 0)
        self._per_course = columns.shape[2]
        # One sorted row of numbers finds the stretch of any aircraft at any time. Beyond the
        # scene times do not matter; within it the sum is good to a microsecond.
        self._stride_s = 2.0 * self.duration_s + 1.0
        base_s = self._stride_s * np.arange(count)[:, None]
        self._keys = (base_s + np.minimum(columns[0], self.duration_s + 1.0)).ravel()
        self._stretches = np.ascontiguousarray(columns.reshape(9, -1))

    def spot(self, rows: Rows, t_s: Floats) -> Spot:
        """Where they are in their planes: see :meth:`at`."""
        within = np.clip(t_s, self.t_start_s[rows], self.duration_s + 0.5)
        at = np.searchsorted(self._keys, self._stride_s * rows + within, side="right") - 1
        at = np.clip(at, rows * self._per_course, (rows + 1) * self._per_course - 1)
        t0_s, x_m, y_m, course, alt_m, spd, accel, bend, slope = self._stretches[:, at]
        dt_s = np.where(t_s < self.t_start_s[rows], 0.0, t_s - t0_s)
        way_m = spd * dt_s + 0.5 * accel * dt_s * dt_s
        x_m, y_m, course = along_arc(x_m, y_m, course, bend, way_m)
        spd_now = spd + accel * dt_s
        return Spot(
            present=(t_s >= self.t_start_s[rows]) & (t_s < self.t_end_s[rows]),
            x_m=x_m,
            y_m=y_m,
            course_rad=course,
            spd_mps=spd_now,
            alt_msl_m=alt_m + slope * way_m,
            climb_mps=slope * spd_now,
        )


class Seen:
    """Some of the traffic, as a beam asks for it."""

    def __init__(self, traffic: Traffic, rows: Rows) -> None:
        self.rows = rows
        self._traffic = traffic
        self._planes = traffic.planes.of(rows)

    @property
    def count(self) -> int:
        """How many they are."""
        return self.rows.size

    def at(self, t_s: Floats) -> SkyState:
        """Return the state of each at its moment."""
        return self._planes.state(self._traffic.spot(self.rows, t_s))

    def ecef_at(self, t_s: Floats) -> Floats:
        """Return the places only."""
        return self._planes.ecef_m(self._traffic.spot(self.rows, t_s))
