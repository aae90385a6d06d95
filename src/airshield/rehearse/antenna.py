"""A turning antenna: when its beam passes each aircraft, and what it sees and measures then.

A radar's turns are numbered from the exercise's beginning; turn ``n`` starts as the beam passes
true north at ``north_s + n * turn_s``. Every turn draws its noise from its own stream, seeded by
(seed, radar, turn), so a turn comes out the same whatever was asked before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.geo import Origin, enu_from_ecef, ground_distance_m, polar_from_enu
from airshield.rehearse.motion import Moving, SkyState
from airshield.rehearse.sky import Sky
from airshield.sensors import Radar, is_in_cover, primary_pd, secondary_pd

Floats = NDArray[np.float64]

CLUTTER_RNG_M: Final = 15_000.0
"""Mean distance of false plots: most come from the ground near by."""

_SETTLED_DEG: Final = 1e-7
"""A beam moves so far in some nanoseconds."""

_MOST_STEPS: Final = 16
"""Steps that the search for a meeting may take; who needs more is passing overhead."""

_TURN_ZERO: Final = 1 << 40
"""Seeds are not negative; turns before the exercise are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """What one turn of one radar gives, in the order the beam met it; arrays of shape (n,).

    Attributes
    ----------
    t_s : ndarray
        When the beam passed [s of the exercise].
    azm_beam_deg : ndarray
        Where the beam pointed then, from true north, [0, 360).
    rng_slant_m, azm_true_deg : ndarray
        Measured, with noise.
    flight : ndarray of int
        Whose plot it is; -1 is nobody's (clutter).
    primary, secondary : ndarray of bool
        Which channels saw it.
    alt_msl_m : ndarray
        True height, for the transponder to tell; NaN for clutter.
    """

    t_s: Floats
    azm_beam_deg: Floats
    rng_slant_m: Floats
    azm_true_deg: Floats
    flight: NDArray[np.intp]
    primary: NDArray[np.bool_]
    secondary: NDArray[np.bool_]
    alt_msl_m: Floats


class Beam:
    """The turning beam of one radar: when it passes what moves.

    Parameters
    ----------
    radar : Radar
        Its place and turn.
    sky : Moving
        What it passes.
    seed, number : int
        The exercise's seed and the radar's place in the shield: they draw where it points first.
    """

    def __init__(self, radar: Radar, sky: Moving, *, seed: int, number: int) -> None:
        self.radar = radar
        self._sky = sky
        self.origin = Origin(
            lat_deg=radar.lat_deg, lon_deg=radar.lon_deg, hae_m=radar.antenna_hae_m
        )
        draw = np.random.default_rng([seed, 1, number]).random()
        self.north_s = float(draw) * radar.turn_s

    def turn_at(self, t_s: float) -> int:
        """Return the number of the turn that a moment falls into."""
        return int(np.floor((t_s - self.north_s) / self.radar.turn_s))

    def begin_s(self, turn: int) -> float:
        """Return when a turn begins: the beam passes north."""
        return self.north_s + turn * self.radar.turn_s

    def passes(self, turn: int) -> tuple[NDArray[np.intp], Floats, Floats, SkyState]:
        """Solve when the beam passes each aircraft during one turn.

        The beam points to ``360 (t - begin) / turn_s``; the aircraft's azimuth hardly changes in
        the meantime, so the moment when the two agree is found in a few steps. An aircraft that
        crosses north against the beam is met twice in a turn, one that crosses with it perhaps
        not at all.

        Returns
        -------
        flight : ndarray of int
            Which of the sky's aircraft, in the order of the beam.
        t_s, azm_beam_deg : ndarray
            Moment and direction of each meeting.
        state : SkyState
            The sky at those moments (one entry per meeting).
        """
        begin_s, turn_s = self.begin_s(turn), self.radar.turn_s
        count = self._sky.count
        first_deg = self._azimuth_deg(np.full(count, begin_s))
        moved_deg = self._moved_deg(np.full(count, begin_s + turn_s), first_deg)
        once = self._meet(begin_s, first_deg, 0.0)
        met = [once]
        # Only who crosses north against the beam can be met again.
        if np.any(first_deg + moved_deg < 0.0):
            met.append(self._meet(begin_s, first_deg, 360.0))
        flights, times, states = [], [], []
        for t_s in met:
            # What does not settle passes over the antenna, where the beam does not reach.
            within = (t_s >= begin_s) & (t_s < begin_s + turn_s)
            safe_s = np.where(within, t_s, begin_s)
            state = self._sky.at(safe_s)
            flight = np.flatnonzero(within & state.present)
            flights.append(flight)
            times.append(safe_s[flight])
            states.append(_take(state, flight))
        t_s = np.concatenate(times)
        order = np.argsort(t_s, kind="stable")
        t_s = t_s[order]
        return (
            np.concatenate(flights)[order],
            t_s,
            (t_s - begin_s) / turn_s * 360.0,
            _take(_join(states), order),
        )

    def _meet(self, begin_s: float, first_deg: Floats, ahead_deg: float) -> Floats:
        """Solve for the moments when the beam has turned to the azimuths plus ``ahead_deg``.

        The secant method on the angle by which the target is ahead of the beam, which falls almost
        evenly: far targets settle in three steps. NaN where it has not settled.
        """
        turn_s = self.radar.turn_s
        last_s = np.full(first_deg.size, begin_s)
        last_deg = first_deg + ahead_deg
        t_s = begin_s + last_deg / 360.0 * turn_s
        for _ in range(_MOST_STEPS):
            beam_deg = (t_s - begin_s) / turn_s * 360.0
            left_deg = first_deg + ahead_deg + self._moved_deg(t_s, first_deg) - beam_deg
            settled = np.abs(left_deg) < _SETTLED_DEG
            if np.all(settled):
                break
            fall = np.where(settled | (left_deg == last_deg), np.inf, left_deg - last_deg)
            next_s = t_s - left_deg * (t_s - last_s) / fall
            # A target overhead can throw the step far away; within a turn or two it is kept.
            next_s = np.clip(next_s, begin_s - turn_s, begin_s + 3.0 * turn_s)
            last_s, last_deg, t_s = t_s, left_deg, next_s
        return np.where(settled, t_s, np.nan)

    def _azimuth_deg(self, t_s: Floats) -> Floats:
        return polar_from_enu(enu_from_ecef(self._sky.ecef_at(t_s), self.origin))[1]

    def _moved_deg(self, t_s: Floats, first_deg: Floats) -> Floats:
        """Azimuth since a first one, the shorter way round [-180, 180)."""
        moved: Floats = np.remainder(self._azimuth_deg(t_s) - first_deg + 180.0, 360.0) - 180.0
        return moved


class Antenna(Beam):
    """One radar of the shield over the simulated sky.

    Parameters
    ----------
    radar : Radar
        Its place and figures.
    sky : Sky
        The truth.
    seed, number : int
        The exercise's seed and the radar's place in the shield.
    """

    def __init__(self, radar: Radar, sky: Sky, *, seed: int, number: int) -> None:
        super().__init__(radar, sky, seed=seed, number=number)
        self._seed, self._number = seed, number
        self._clutter_per_turn = sky.scenario.clutter_per_turn
        self._surface_hae_m = sky.scenario.ground_msl_m + sky.geoid_height_m
        self._rcs_dbsm = np.array([flight.figures.rcs_dbsm for flight in sky.flights])
        self._answers = np.array([flight.transponder != "none" for flight in sky.flights])

    def plots(self, turn: int) -> Plots:
        """Return what one turn detects, with noise and clutter."""
        radar = self.radar
        flight, t_s, azm_deg, state = self.passes(turn)
        rng_m, _, elv_deg = polar_from_enu(enu_from_ecef(state.ecef_m, self.origin))
        covered = is_in_cover(
            radar,
            rng_slant_m=rng_m,
            elv_deg=elv_deg,
            rng_ground_m=ground_distance_m(
                radar.lat_deg, radar.lon_deg, state.lat_deg, state.lon_deg
            ),
            target_hae_m=state.alt_hae_m,
            surface_hae_m=self._surface_hae_m,
        )
        stream = np.random.default_rng([self._seed, 2, self._number, _TURN_ZERO + turn])
        # One draw of each kind per flight, detected or not: what one flight does leaves the
        # noise of the others alone.
        luck = stream.random((2, self._sky.count))[:, flight]
        noise = stream.standard_normal((2, self._sky.count))[:, flight]
        primary = covered & (
            luck[0] < primary_pd(radar, rng_slant_m=rng_m, rcs_dbsm=self._rcs_dbsm[flight])
        )
        secondary = covered & (luck[1] < secondary_pd(radar, has_transponder=self._answers[flight]))
        seen = primary | secondary
        false = self._clutter(stream, turn)
        t_all = np.concatenate([t_s[seen], false[0]])
        order = np.argsort(t_all, kind="stable")
        nobody = np.zeros(false[0].size, bool)
        return Plots(
            t_s=t_all[order],
            azm_beam_deg=np.concatenate([azm_deg[seen], false[1]])[order],
            rng_slant_m=np.concatenate(
                [np.maximum(rng_m + radar.sigma_rng_m * noise[0], 0.0)[seen], false[2]]
            )[order],
            azm_true_deg=np.concatenate(
                [np.remainder(azm_deg + radar.sigma_azm_deg * noise[1], 360.0)[seen], false[1]]
            )[order],
            flight=np.concatenate([flight[seen], np.full(nobody.size, -1)])[order],
            primary=np.concatenate([primary[seen], ~nobody])[order],
            secondary=np.concatenate([secondary[seen], nobody])[order],
            alt_msl_m=np.concatenate([state.alt_msl_m[seen], np.full(nobody.size, np.nan)])[order],
        )

    def _clutter(self, stream: np.random.Generator, turn: int) -> tuple[Floats, Floats, Floats]:
        """Moments, directions and ranges of one turn's false plots."""
        radar = self.radar
        mean = self._clutter_per_turn if radar.has_primary else 0.0
        count = int(stream.poisson(mean))
        azm_deg = 360.0 * stream.random(count)
        rng_m = radar.rng_min_m + stream.exponential(CLUTTER_RNG_M, count)
        return (
            self.begin_s(turn) + azm_deg / 360.0 * radar.turn_s,
            azm_deg,
            np.minimum(rng_m, radar.rng_max_m),
        )


def _take(state: SkyState, rows: NDArray[np.intp]) -> SkyState:
    return SkyState(**{name: getattr(state, name)[rows] for name in SkyState.__slots__})


def _join(states: list[SkyState]) -> SkyState:
    return SkyState(
        **{
            name: np.concatenate([getattr(state, name) for state in states])
            for name in SkyState.__slots__
        }
    )
