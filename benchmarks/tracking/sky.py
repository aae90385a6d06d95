"""Make a scene for the tracking benchmark: reports, the shield that heard them, and the truth.

    python benchmarks/tracking/sky.py PROFILE [--seed N] [--targets N] [--radars N] [--minutes M]
        [--area-km L] [--false-share F] [--ghosts N] [--bias] [--out DIR]

A scene is a folder:

reports.parquet  REPORT rows in order of arrival. Plots come in messages of 1/32 of a turn, each
                 with a latency of its own, so that times of measurement are out of order.
shield.toml      the radars, with what a tracker is told; never their biases.
truth.parquet    TRUTH rows, every target each whole second while it is in the air.
about.json       what truth has no column for: ``targets`` and ``ghosts`` as columns, ``radars``
                 with class, biases and clutter, seed, sizes, counts.
oracle.parquet   frame of each report -> target (its place in ``targets``), -1 clutter, -2 ghost.

The same arguments give the same octets. Scenes are made in slices of time, so that memory depends
on the plots of a slice, not on the length.

Left out: terrain, weather, wind (pressure altitude is the height above mean sea level), Doppler and
blind speeds, plots that two aircraft share, false replies, several ADS-B stations, refraction.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from traffic import BEHAVIOURS, Field, Seen, Traffic

from airshield.geo import Origin, enu_from_ecef, ground_distance_m, place_from, polar_from_enu
from airshield.read.quality import sigma_pos_m
from airshield.rehearse import SkyState
from airshield.rehearse.antenna import Beam
from airshield.sensors import Radar, horizon_ground_m, is_in_cover, primary_pd, secondary_pd
from airshield.tables import (
    REPORT,
    REPORT_KINDS,
    TRACK_CLASSES,
    TRUTH,
    ReportFlag,
    make_table,
    words,
)
from airshield.units import M_PER_FL, M_PER_FT, M_PER_NMI, MPS_PER_FT_MIN, MPS_PER_KT, NS_PER_S

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

T_START_NS: Final = 1_767_700_800 * NS_PER_S
"""Second 0 of every scene: 2026-01-06 12:00 UTC."""

SLICE_S: Final = 30
"""Seconds made at once."""

SPD_MAX_MPS: Final = 400.0
ALT_MAX_M: Final = 20e3
"""Nobody is faster; nobody is higher."""

SECTORS: Final = 32
GHOST, CLUTTER = -2, -1
ANTENNA_AGL_M: Final = 20.0
ADSB_SENSOR: Final = "250/1"
ADSB_FLOOR_MSL_M: Final = 1_000.0
"""Below, no ADS-B station hears anything."""

ADSB_HEARD: Final = 0.95
"""Share of an aircraft's seconds from which a position comes through."""

ADSB_LATENCY_S: Final = (0.1, 0.6)
LATENCY_S: Final = (0.1, 1.0)
LATENCY_MORE_S: Final = 0.5
"""A radar's own latency, and what a message may take longer: 0.1 to 1.5 s in all."""

NO_CODE_SHARE, NO_HEIGHT_SHARE, WRONG_CODE_SHARE = 0.02, 0.03, 0.001
SIGMA_GPS_HEIGHT_M: Final = 10.0
SIGMA_GPS_SPD_MPS: Final = 0.5

BIAS_SIGMAS: Final = {
    "rng_m": 40.0,
    "rng_gain": 2e-4,
    "azm_deg": 0.1,
    "elv_deg": 0.1,
    "t_s": 0.05,
}

KIND: Final = {name: i for i, name in enumerate(REPORT_KINDS)}

PLOT: Final = np.dtype(
    [
        ("t_heard_ns", "i8"), ("t_ns", "i8"), ("sensor", "i4"), ("kind", "i4"), ("target", "i4"),
        ("rng_m", "f8"), ("azm_deg", "f8"), ("elv_deg", "f8"), ("lat_deg", "f8"),
        ("lon_deg", "f8"), ("baro_m", "f8"), ("hae_m", "f8"), ("ve", "f8"), ("vn", "f8"),
        ("vu", "f8"), ("mode_s", "i4"), ("mode_3a", "i4"), ("callsign", "i4"),
        ("sigma_pos_m", "f8"), ("nacp", "i4"),
    ]
)  # fmt: skip
"""One report while it is being made; numbers -1 and floats NaN are unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Sizes of a scene; ``false_share`` is that of the radars' plots that are nobody's."""

    targets: int
    radars: int
    minutes: float
    side_km: float
    false_share: float


PROFILES: Final = {
    "small": Profile(targets=20, radars=3, minutes=15, side_km=250, false_share=0.1),
    "clutter": Profile(targets=20, radars=3, minutes=15, side_km=250, false_share=0.8),
    "standard": Profile(targets=200, radars=10, minutes=15, side_km=600, false_share=0.25),
    "country": Profile(targets=5_000, radars=40, minutes=15, side_km=1_200, false_share=0.2),
    "continent": Profile(targets=20_000, radars=200, minutes=15, side_km=2_900, false_share=0.15),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RadarClass:
    """Figures of a class of radars; ranges are uniform over the radars of the class."""

    name: str
    turn_s: tuple[float, float]
    rng_max_m: float
    sigma_rng_m: float
    sigma_azm_deg: float
    sigma_elv_deg: float | None
    pd: float
    ground_msl_m: tuple[float, float]


LONG_3D: Final = RadarClass(
    name="long_3d", turn_s=(10.0, 12.0), rng_max_m=400e3, sigma_rng_m=100.0, sigma_azm_deg=0.15,
    sigma_elv_deg=0.3, pd=0.93, ground_msl_m=(100.0, 700.0),
)  # fmt: skip
LONG_2D: Final = RadarClass(
    name="long_2d", turn_s=(8.0, 12.0), rng_max_m=300e3, sigma_rng_m=70.0, sigma_azm_deg=0.1,
    sigma_elv_deg=None, pd=0.93, ground_msl_m=(100.0, 700.0),
)  # fmt: skip
TERMINAL: Final = RadarClass(
    name="terminal", turn_s=(4.0, 5.0), rng_max_m=111_120.0, sigma_rng_m=40.0, sigma_azm_deg=0.07,
    sigma_elv_deg=None, pd=0.96, ground_msl_m=(0.0, 300.0),
)  # fmt: skip
CLASSES: Final = (
    LONG_3D, TERMINAL, LONG_2D, TERMINAL, LONG_2D, TERMINAL, LONG_3D, LONG_2D, TERMINAL, TERMINAL,
)  # fmt: skip
"""Which class the radars have, in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A radar with what its tracker is not told.

    Attributes
    ----------
    radar : Radar
    cls : RadarClass
    ground_msl_m : float
    is_mode_s : bool
        Asks for addresses; the others know Mode A and C only.
    latency_s : float
        Least time from the end of a sector to its message's arrival.
    bias : dict
        By which its words are too great: keys of ``BIAS_SIGMAS``.
    hot : ndarray, shape (cells, 5)
        Cells of much clutter: azimuth [deg], width [deg], range [m], depth [m], share.
    clutter_rng_m : float
        Mean distance of the clutter from the ground around it.
    """

    radar: Radar
    cls: RadarClass
    ground_msl_m: float
    is_mode_s: bool
    latency_s: float
    bias: dict[str, float]
    hot: Floats
    clutter_rng_m: float


def make_sites(field: Field, *, count: int, seed: int, biased: bool) -> list[Site]:
    """Draw the radars: spread over the square, each the one of 20 that is furthest from others."""
    stream = np.random.default_rng([seed, 11])
    lat_deg, lon_deg = np.empty(0), np.empty(0)
    for _ in range(count):
        lats, lons = field.scatter(stream, 20)
        apart = ground_distance_m(lats[:, None], lons[:, None], lat_deg, lon_deg)
        best = int(np.argmax(apart.min(axis=1, initial=np.inf)))
        lat_deg, lon_deg = np.append(lat_deg, lats[best]), np.append(lon_deg, lons[best])
    sites = []
    for i in range(count):
        cls = CLASSES[i % len(CLASSES)]
        turn_s = round(stream.uniform(*cls.turn_s), 2)
        ground_msl_m = round(stream.uniform(*cls.ground_msl_m), 1)
        is_mode_s = bool(stream.random() < 0.7)
        latency_s = float(stream.uniform(*LATENCY_S))
        errors = stream.standard_normal(len(BIAS_SIGMAS))
        bias = {
            name: float(error * sigma) if biased else 0.0
            for error, (name, sigma) in zip(errors, BIAS_SIGMAS.items(), strict=True)
        }
        cells = int(stream.integers(6, 16))
        hot = np.column_stack(
            [
                360.0 * stream.random(cells),
                stream.uniform(1.0, 6.0, cells),
                stream.uniform(0.05, 0.5, cells) * cls.rng_max_m,
                stream.uniform(2e3, 10e3, cells),
                stream.dirichlet(np.ones(cells)),
            ]
        )
        radar = Radar(
            name=f"{cls.name} {i + 1}",
            contributor="benchmark",
            sac=1 + i // 200,
            sic=1 + i % 200,
            lat_deg=round(float(lat_deg[i]), 6),
            lon_deg=round(float(lon_deg[i]), 6),
            antenna_hae_m=ground_msl_m + ANTENNA_AGL_M + field.geoid_height_m,
            turn_s=turn_s,
            rng_min_m=500.0,
            rng_max_m=cls.rng_max_m,
            sigma_rng_m=cls.sigma_rng_m,
            sigma_azm_deg=cls.sigma_azm_deg,
            has_primary=True,
            has_secondary=True,
            pd=cls.pd,
        )
        sites.append(
            Site(
                radar=radar,
                cls=cls,
                ground_msl_m=ground_msl_m,
                is_mode_s=is_mode_s,
                latency_s=latency_s,
                bias=bias,
                hot=hot,
                clutter_rng_m=float(stream.uniform(15e3, 40e3)),
            )
        )
    return sites


class Station:
    """One radar over the traffic: what each turn of its antenna reports."""

    def __init__(
        self, site: Site, traffic: Traffic, field: Field, *, seed: int, number: int
    ) -> None:
        self.site, self.number = site, number
        self.clutter_per_turn = 0.0
        self._traffic, self._seed = traffic, seed
        self._surface_hae_m = field.geoid_height_m
        self._origin = Origin(
            lat_deg=site.radar.lat_deg,
            lon_deg=site.radar.lon_deg,
            hae_m=site.radar.antenna_hae_m,
        )
        self.origin_m = self._origin.ecef_m()

    def chances(self, rows: Rows, state: SkyState) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Probabilities that either channel sees aircraft, and their true polar coordinates."""
        radar = self.site.radar
        polar = polar_from_enu(enu_from_ecef(state.ecef_m, self._origin))
        away_m = ground_distance_m(radar.lat_deg, radar.lon_deg, state.lat_deg, state.lon_deg)
        covered = state.present & is_in_cover(
            radar,
            rng_slant_m=polar[0],
            elv_deg=polar[2],
            rng_ground_m=away_m,
            target_hae_m=state.alt_hae_m,
            surface_hae_m=self._surface_hae_m,
        )
        primary = primary_pd(radar, rng_slant_m=polar[0], rcs_dbsm=self._traffic.rcs_dbsm[rows])
        secondary = secondary_pd(radar, has_transponder=self._traffic.mode_3a[rows] >= 0)
        return np.where(covered, primary, 0.0), np.where(covered, secondary, 0.0), *polar

    def mean_plots(self, state: SkyState) -> float:
        """Expected plots of aircraft in a turn, from the state of all targets."""
        primary, secondary, *_ = self.chances(np.arange(self._traffic.targets), state)
        return float(np.sum(1.0 - (1.0 - primary) * (1.0 - secondary)))

    def plots(self, t_from_s: float, t_to_s: float, near: Rows) -> list[NDArray[Any]]:
        """Make the plots of the turns that begin in a stretch of time.

        Parameters
        ----------
        t_from_s, t_to_s : float
            The stretch, the end not included.
        near : ndarray of int
            The aircraft that the radar may see then.
        """
        beam = Beam(self.site.radar, Seen(self._traffic, near), seed=self._seed, number=self.number)
        first = math.ceil((t_from_s - beam.north_s) / self.site.radar.turn_s)
        if t_from_s == 0.0:
            first -= 1  # the one that is under way at the beginning
        after = math.ceil((t_to_s - beam.north_s) / self.site.radar.turn_s)
        return [self._turn(beam, near, turn) for turn in range(first, after)]

    def _turn(self, beam: Beam, near: Rows, turn: int) -> NDArray[Any]:
        site, radar, traffic = self.site, self.site.radar, self._traffic
        stream = np.random.default_rng([self._seed, 12, self.number, turn + 1])
        waits_s = site.latency_s + LATENCY_MORE_S * stream.random(SECTORS)
        which, t_s, beam_deg, state = beam.passes(turn)
        rows = near[which]
        pd_primary, pd_secondary, rng_m, azm_deg, elv_deg = self.chances(rows, state)
        luck = stream.random((7, rows.size))
        noise = stream.standard_normal((3, rows.size))
        primary, secondary = luck[0] < pd_primary, luck[1] < pd_secondary

        out = _unknown(rows.size)
        addressed = secondary & site.is_mode_s & (traffic.mode_s[rows] >= 0)
        kind = np.where(primary, np.where(secondary, KIND["psr_ssr"], KIND["psr"]), KIND["ssr"])
        out["kind"] = np.where(addressed, KIND["mode_s"], kind)
        out["target"] = rows
        out["rng_m"] = rng_m + radar.sigma_rng_m * noise[0]
        out["azm_deg"] = azm_deg + radar.sigma_azm_deg * noise[1]
        if site.cls.sigma_elv_deg is not None:
            wrong_deg = site.cls.sigma_elv_deg * noise[2]
            out["elv_deg"] = np.where(primary, elv_deg + wrong_deg, np.nan)
        # Mode S tells its height in steps of 25 ft, Mode C in steps of 100 ft.
        step_m = np.where(addressed, 0.25, 1.0) * M_PER_FL
        told = secondary & (luck[2] >= NO_HEIGHT_SHARE)
        baro_m = np.round(state.alt_msl_m / step_m) * step_m
        garbled = ~addressed & (luck[3] < WRONG_CODE_SHARE)
        baro_m = np.where(garbled, np.round(400.0 * luck[4]) * M_PER_FL, baro_m)
        out["baro_m"] = np.where(told, baro_m, np.nan)
        code = np.where(
            ~addressed & (luck[5] < WRONG_CODE_SHARE),
            (4096.0 * luck[4]).astype(np.int64),
            traffic.mode_3a[rows],
        )
        out["mode_3a"] = np.where(secondary & (luck[6] >= NO_CODE_SHARE), code, -1)
        out["mode_s"] = np.where(addressed, traffic.mode_s[rows], -1)
        out["callsign"] = np.where(addressed, rows, -1)

        seen = primary | secondary
        false, false_t_s, false_deg = self._clutter(stream, beam.begin_s(turn))
        out = np.concatenate([out[seen], false])
        t_s = np.concatenate([t_s[seen], false_t_s])
        sector = (np.concatenate([beam_deg[seen], false_deg]) / 360.0 * SECTORS).astype(np.int64)
        sector = np.clip(sector, 0, SECTORS - 1)
        out["sensor"] = self.number
        bias = site.bias
        # The grids of CAT048: 1/256 NM, 360/65536 deg, 1/128 s (I048/040, I048/140).
        rng_m = out["rng_m"] * (1.0 + bias["rng_gain"]) + bias["rng_m"]
        out["rng_m"] = np.round(np.maximum(rng_m, 1.0) / M_PER_NMI * 256.0) / 256.0 * M_PER_NMI
        turned = np.round((out["azm_deg"] + bias["azm_deg"]) / 360.0 * 65_536.0) % 65_536.0
        out["azm_deg"] = turned / 65_536.0 * 360.0
        out["elv_deg"] += bias["elv_deg"]
        told_s = np.round((t_s + bias["t_s"]) * 128.0) / 128.0
        out["t_ns"] = np.round(told_s * NS_PER_S).astype(np.int64)
        sent_s = beam.begin_s(turn) + (sector + 1) / SECTORS * radar.turn_s
        out["t_heard_ns"] = np.round((sent_s + waits_s[sector]) * NS_PER_S).astype(np.int64)
        within = (t_s >= 0.0) & (t_s < traffic.duration_s)
        return out[within][np.argsort(t_s[within], kind="stable")]

    def _clutter(
        self, stream: np.random.Generator, begin_s: float
    ) -> tuple[NDArray[Any], Floats, Floats]:
        """False plots: a third everywhere in range, a third near by, the rest in hot cells."""
        site, radar = self.site, self.site.radar
        count = int(stream.poisson(self.clutter_per_turn))
        which = stream.integers(3, size=count)
        azm_deg = 360.0 * stream.random(count)
        rng_m = radar.rng_max_m * stream.random(count)
        near_m = np.minimum(stream.exponential(site.clutter_rng_m, count), radar.rng_max_m)
        rng_m = np.where(which == 1, near_m, rng_m)
        cell = site.hot[stream.choice(len(site.hot), count, p=site.hot[:, 4])]
        inside = stream.random((2, count)) - 0.5
        azm_deg = np.where(which == 2, cell[:, 0] + cell[:, 1] * inside[0], azm_deg) % 360.0
        rng_m = np.where(which == 2, cell[:, 2] + cell[:, 3] * inside[1], rng_m)
        out = _unknown(count)
        out["kind"] = KIND["psr"]
        out["target"] = CLUTTER
        out["rng_m"] = np.maximum(rng_m, radar.rng_min_m)
        out["azm_deg"] = azm_deg
        if site.cls.sigma_elv_deg is not None:
            out["elv_deg"] = np.abs(stream.normal(0.5, 1.0, count))
        return out, begin_s + azm_deg / 360.0 * radar.turn_s, azm_deg


class Adsb:
    """What one network of ADS-B stations hears."""

    def __init__(self, traffic: Traffic, *, seed: int, sensor: int) -> None:
        self._traffic, self._seed, self._sensor = traffic, seed, sensor
        self.rows = np.flatnonzero(traffic.has_adsb)
        stream = np.random.default_rng([seed, 13])
        self._phase_s = 0.8 * stream.random(self.rows.size)
        self._sigma_m = sigma_pos_m(traffic.nacp[self.rows].astype(np.int64))
        # GPS errors last for minutes: most of an aircraft's error stays the same.
        self._stays_m = 0.8 * self._sigma_m * stream.standard_normal((2, self.rows.size))

    def reports(self, second_from: int, second_to: int) -> NDArray[Any]:
        """Make the reports of some whole seconds."""
        seconds = np.arange(second_from, second_to)
        stream = np.random.default_rng([self._seed, 14, second_from])
        shape = (self.rows.size, seconds.size)
        t_s = (seconds + self._phase_s[:, None] + 0.2 * stream.random(shape)).ravel()
        which = np.repeat(np.arange(self.rows.size), seconds.size)
        heard = stream.random(t_s.size) < ADSB_HEARD
        t_s, which = t_s[heard], which[heard]
        rows = self.rows[which]
        state = self._traffic.at(rows, t_s)
        kept = state.present & (state.alt_msl_m >= ADSB_FLOOR_MSL_M)
        kept &= t_s < self._traffic.duration_s
        noise = stream.standard_normal((6, t_s.size))
        wait_s = stream.uniform(*ADSB_LATENCY_S, t_s.size)

        out = _unknown(t_s.size)
        wrong_m = self._stays_m[:, which] + 0.6 * self._sigma_m[which] * noise[:2]
        out["lat_deg"], out["lon_deg"] = place_from(
            state.lat_deg,
            state.lon_deg,
            np.degrees(np.arctan2(wrong_m[0], wrong_m[1])),
            np.hypot(wrong_m[0], wrong_m[1]),
        )
        step_m = 0.25 * M_PER_FL
        out["baro_m"] = np.round(state.alt_msl_m / step_m) * step_m
        above_m = state.alt_hae_m - state.alt_msl_m + SIGMA_GPS_HEIGHT_M * noise[2]
        out["hae_m"] = out["baro_m"] + np.round(above_m / (25.0 * M_PER_FT)) * 25.0 * M_PER_FT
        for name, of, wrong in (("ve", state.vel_east_mps, 3), ("vn", state.vel_north_mps, 4)):
            told = of + SIGMA_GPS_SPD_MPS * noise[wrong]
            out[name] = np.round(told / MPS_PER_KT) * MPS_PER_KT
        climb = state.vel_up_mps + SIGMA_GPS_SPD_MPS * noise[5]
        out["vu"] = np.round(climb / (64.0 * MPS_PER_FT_MIN)) * 64.0 * MPS_PER_FT_MIN
        out["kind"] = KIND["adsb"]
        out["sensor"] = self._sensor
        out["target"] = np.where(self._traffic.is_ghost[rows], GHOST, rows)
        out["mode_s"] = self._traffic.mode_s[rows]
        out["mode_3a"] = self._traffic.mode_3a[rows]
        out["callsign"] = rows
        out["nacp"] = self._traffic.nacp[rows]
        out["sigma_pos_m"] = self._sigma_m[which]
        out["t_ns"] = np.round(t_s * NS_PER_S).astype(np.int64)
        out["t_heard_ns"] = np.round((t_s + wait_s) * NS_PER_S).astype(np.int64)
        return out[kept]


class Scene:
    """Everything that a scene's files say.

    Parameters
    ----------
    profile : Profile
    seed : int
    ghosts : int
        Spoofed aircraft.
    biased : bool
        Radars are wrong by ``BIAS_SIGMAS``.
    """

    def __init__(
        self, profile: Profile, *, seed: int, ghosts: int = 0, biased: bool = False
    ) -> None:
        self.profile, self.seed, self.ghosts, self.biased = profile, seed, ghosts, biased
        self.duration_s = round(60.0 * profile.minutes)
        self.field = Field(
            lat_deg=49.0, lon_deg=11.0, side_m=1e3 * profile.side_km, geoid_height_m=45.0
        )
        self.sites = make_sites(self.field, count=profile.radars, seed=seed, biased=biased)
        radars = [site.radar for site in self.sites]
        self._places = (
            np.array([radar.lat_deg for radar in radars]),
            np.array([radar.lon_deg for radar in radars]),
        )
        self.traffic = Traffic(
            self.field,
            targets=profile.targets,
            ghosts=ghosts,
            duration_s=self.duration_s,
            radars=self._places,
            seed=seed,
        )
        self.stations = [
            Station(site, self.traffic, self.field, seed=seed, number=i)
            for i, site in enumerate(self.sites)
        ]
        self.adsb = Adsb(self.traffic, seed=seed, sensor=len(radars))
        self.sensors = [radar.sensor for radar in radars] + [ADSB_SENSOR]
        climbs_mps = np.array([behaviour.kind.climb_max_mps for behaviour in BEHAVIOURS])
        self._climb_max_mps = climbs_mps[self.traffic.behaviour]
        self._spread_clutter()

    def _spread_clutter(self) -> None:
        """Give each radar its clutter: half as its own traffic, half as everyone's, times luck."""
        everyone = np.arange(self.traffic.targets)
        mean = np.zeros(len(self.stations))
        for share in (0.25, 0.5, 0.75):
            state = self.traffic.at(everyone, np.full(everyone.size, share * self.duration_s))
            mean += [station.mean_plots(state) / 3.0 for station in self.stations]
        turn_s = np.array([site.radar.turn_s for site in self.sites])
        stream = np.random.default_rng([self.seed, 15])
        weight = (0.5 * mean + 0.5 * mean.mean()) * stream.uniform(0.5, 1.5, mean.size)
        share = self.profile.false_share
        wanted = share / (1.0 - share) * np.sum(mean / turn_s)
        weight *= wanted / np.sum(weight / turn_s)
        for station, per_turn in zip(self.stations, weight, strict=True):
            station.clutter_per_turn = float(per_turn)

    def reports(self) -> Iterator[NDArray[Any]]:
        """Yield the reports in order of arrival, slice by slice."""
        everyone = np.arange(self.traffic.count)
        waiting = np.empty(0, PLOT)
        for begin_s in range(0, self.duration_s, SLICE_S):
            end_s = min(begin_s + SLICE_S, self.duration_s)
            state = self.traffic.at(everyone, np.full(everyone.size, float(begin_s)))
            parts = [waiting, self.adsb.reports(begin_s, end_s)]
            for station in self.stations:
                near = self._near(station, state, float(begin_s))
                parts += station.plots(float(begin_s), float(end_s), near)
            made = np.concatenate(parts)
            made = made[np.lexsort((made["t_ns"], made["sensor"], made["t_heard_ns"]))]
            # What later turns give is heard after the slice's end.
            last = end_s == self.duration_s
            ripe = made.size if last else np.searchsorted(made["t_heard_ns"], end_s * NS_PER_S)
            yield made[:ripe]
            waiting = made[ripe:]

    def _near(self, station: Station, state: SkyState, begin_s: float) -> Rows:
        """Who may come into a radar's cover within a slice, and the turn that ends after it."""
        site, radar = station.site, station.site.radar
        within_s = SLICE_S + 2.0 * radar.turn_s
        away_m = np.linalg.norm(state.ecef_m - station.origin_m, axis=1) - SPD_MAX_MPS * within_s
        top_m = state.alt_msl_m + self._climb_max_mps * within_s
        reach_m = horizon_ground_m(site.ground_msl_m + ANTENNA_AGL_M) + horizon_ground_m(top_m)
        # The chord is no longer than the way over the ground and the height together.
        here = (away_m <= radar.rng_max_m) & (away_m <= reach_m + ALT_MAX_M)
        here &= (self.traffic.t_start_s < begin_s + within_s) & (self.traffic.t_end_s > begin_s)
        return np.flatnonzero(here & ~self.traffic.is_ghost)

    def report_table(self, made: NDArray[Any], first_frame: int) -> pa.Table:
        """Turn reports into REPORT rows, numbered by their arrival."""
        names = pa.array(self.traffic.callsign, pa.string())
        return make_table(
            REPORT,
            {
                "t": T_START_NS + made["t_ns"],
                "t_heard": T_START_NS + made["t_heard_ns"],
                "sensor": words(made["sensor"], self.sensors),
                "kind": words(made["kind"], REPORT_KINDS),
                "rng_slant_m": made["rng_m"],
                "azm_true_deg": made["azm_deg"],
                "elv_deg": made["elv_deg"],
                "lat_deg": made["lat_deg"],
                "lon_deg": made["lon_deg"],
                "alt_baro_m": made["baro_m"],
                "alt_hae_m": made["hae_m"],
                "vel_east_mps": made["ve"],
                "vel_north_mps": made["vn"],
                "vel_up_mps": made["vu"],
                "mode_s": _known(made["mode_s"], pa.uint32()),
                "mode_3a": _known(made["mode_3a"], pa.uint16()),
                "callsign": names.take(_known(made["callsign"], pa.int64())),
                "sigma_pos_m": made["sigma_pos_m"],
                "nacp": _known(made["nacp"], pa.uint8()),
                "flags": np.full(made.size, int(ReportFlag.SIMULATED), np.uint16),
                "frame": first_frame + np.arange(made.size, dtype=np.uint64),
            },
            rows=made.size,
        )

    def truth(self, second_from: int, second_to: int) -> pa.Table:
        """Tell where every target is at some whole seconds, as TRUTH rows."""
        traffic = self.traffic
        seconds = np.arange(second_from, second_to)
        rows = np.tile(np.arange(traffic.targets), seconds.size)
        t_s = np.repeat(seconds, traffic.targets)
        here = (t_s >= traffic.t_start_s[rows]) & (t_s < traffic.t_end_s[rows])
        rows, t_s = rows[here], t_s[here]
        state = traffic.at(rows, t_s.astype(np.float64))
        cls = np.array([TRACK_CLASSES.index(b.kind.cls) for b in BEHAVIOURS])
        callsign = pa.array([name or None for name in traffic.callsign], pa.string())
        return make_table(
            TRUTH,
            {
                "t": T_START_NS + t_s * NS_PER_S,
                "target": pa.array(self.names(), pa.string()).take(pa.array(rows)),
                "cls": words(cls[traffic.behaviour[rows]], TRACK_CLASSES),
                "lat_deg": state.lat_deg,
                "lon_deg": state.lon_deg,
                "alt_hae_m": state.alt_hae_m,
                "alt_baro_m": state.alt_msl_m,
                "vel_east_mps": state.vel_east_mps,
                "vel_north_mps": state.vel_north_mps,
                "vel_up_mps": state.vel_up_mps,
                "rcs_dbsm": traffic.rcs_dbsm[rows],
                "mode_s": _known(traffic.mode_s[rows], pa.uint32()),
                "mode_3a": _known(traffic.mode_3a[rows], pa.uint16()),
                "callsign": callsign.take(pa.array(rows)),
            },
            rows=rows.size,
        )

    def names(self) -> list[str]:
        """Name the targets as TRUTH does."""
        return [f"T{i:05d}" for i in range(self.traffic.targets)]

    def about(self) -> dict[str, Any]:
        """Tell what truth has no column for, but the counts."""
        traffic, n = self.traffic, self.traffic.targets
        kinds = [BEHAVIOURS[i].kind.name for i in traffic.behaviour[:n]]
        radars = [
            {
                "sensor": site.radar.sensor,
                "class": site.cls.name,
                "sigma_elv_deg": site.cls.sigma_elv_deg,
                "is_mode_s": site.is_mode_s,
                "latency_s": site.latency_s,
                "clutter_per_turn": station.clutter_per_turn,
                "bias": site.bias,
            }
            for site, station in zip(self.sites, self.stations, strict=True)
        ]
        ends_s = np.minimum(traffic.t_end_s, self.duration_s)
        return {
            "seed": self.seed,
            "profile": asdict(self.profile),
            "biased": self.biased,
            "duration_s": self.duration_s,
            "t_start_ns": T_START_NS,
            "geoid_height_m": self.field.geoid_height_m,
            "ground_msl_m": 0.0,
            "adsb_floor_msl_m": ADSB_FLOOR_MSL_M,
            "adsb_sensor": ADSB_SENSOR,
            "targets": {
                "target": self.names(),
                "kind": kinds,
                "has_adsb": traffic.has_adsb[:n].tolist(),
                "has_transponder": (traffic.mode_3a[:n] >= 0).tolist(),
                "is_fast_low": [kind == "fast_low" for kind in kinds],
                "t_start_s": traffic.t_start_s[:n].tolist(),
                "t_end_s": ends_s[:n].tolist(),
            },
            "ghosts": {
                "mode_s": traffic.mode_s[n:].tolist(),
                "callsign": traffic.callsign[n:],
                "t_start_s": traffic.t_start_s[n:].tolist(),
                "t_end_s": ends_s[n:].tolist(),
            },
            "radars": radars,
        }

    def shield_toml(self) -> str:
        """Write the radars as a person would."""
        lines = [
            'name = "benchmark"',
            'about = "Made up for the tracking benchmark; describes no existing or planned place."',
            f"geoid_height_m = {self.field.geoid_height_m!r}",
            'zones = "zones.geojson"',
            'sites = "sites.geojson"',
            "",
            "[[contributors]]",
            'name = "benchmark"',
            'role = "all radars"',
        ]
        for site in self.sites:
            figures = asdict(site.radar) | {
                "ground_msl_m": site.ground_msl_m,
                "antenna_agl_m": ANTENNA_AGL_M,
            }
            del figures["antenna_hae_m"]
            lines += ["", "[[radars]]"]
            lines += [f"{key} = {json.dumps(value)}" for key, value in figures.items()]
        return "\n".join(lines) + "\n"


def write_scene(scene: Scene, folder: Path) -> dict[str, Any]:
    """Write a scene's files, over those of the same names; return what ``about.json`` says."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shield.toml").write_text(scene.shield_toml())
    for name in ("zones", "sites"):
        (folder / f"{name}.geojson").write_text('{"type": "FeatureCollection", "features": []}\n')
    oracle = pa.schema([("frame", pa.uint64()), ("target", pa.int32())])
    counts = {name: 0 for name in (*REPORT_KINDS, "clutter", "ghost")}
    frame = truths = 0
    with (
        _writer(folder / "reports.parquet", REPORT) as reports,
        _writer(folder / "oracle.parquet", oracle) as whose,
        _writer(folder / "truth.parquet", TRUTH) as truth,
    ):
        slices = range(0, scene.duration_s + 1, SLICE_S)
        made_slices = scene.reports()
        for begin_s in slices:
            told = scene.truth(begin_s, min(begin_s + SLICE_S, scene.duration_s + 1))
            truth.write_table(told)
            truths += told.num_rows
            made = next(made_slices, None)
            if made is None:
                continue
            table = scene.report_table(made, frame)
            reports.write_table(table)
            whose.write_table(
                pa.table({"frame": table["frame"], "target": made["target"]}, schema=oracle)
            )
            frame += made.size
            for name, number in zip(
                REPORT_KINDS, np.bincount(made["kind"], minlength=len(REPORT_KINDS)), strict=True
            ):
                counts[name] += int(number)
            counts["clutter"] += int(np.count_nonzero(made["target"] == CLUTTER))
            counts["ghost"] += int(np.count_nonzero(made["target"] == GHOST))
    about = scene.about() | {
        "reports": frame,
        "truth_rows": truths,
        "counts": {name: number for name, number in counts.items() if number},
    }
    (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n")
    return about


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a file to write; looking for a dictionary of floats took most of the time."""
    repeated = [field.name for field in schema if not pa.types.is_floating(field.type)]
    return pq.ParquetWriter(path, schema, use_dictionary=repeated)


def _unknown(count: int) -> NDArray[Any]:
    """Reports of which nothing is known yet."""
    out = np.zeros(count, PLOT)
    for name in PLOT.names or ():
        out[name] = np.nan if PLOT[name].kind == "f" else -1
    return out


def _known(numbers: NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Numbers as an Arrow array in which the negative ones are null."""
    return pa.array(np.maximum(numbers, 0), mask=numbers < 0).cast(kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("profile", choices=sorted(PROFILES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--targets", type=int)
    parser.add_argument("--radars", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--area-km", type=float, help="side of the square in which targets begin")
    parser.add_argument("--false-share", type=float, help="share of radar plots that are nobody's")
    parser.add_argument("--ghosts", type=int, default=0, help="spoofed aircraft in ADS-B")
    parser.add_argument("--bias", action="store_true", help="the radars are wrong, untold")
    parser.add_argument("--out", type=Path, help="default: out/tracking/PROFILE-SEED")
    given = parser.parse_args()
    sizes = {
        "targets": given.targets,
        "radars": given.radars,
        "minutes": given.minutes,
        "side_km": given.area_km,
        "false_share": given.false_share,
    }
    profile = replace(
        PROFILES[given.profile], **{name: size for name, size in sizes.items() if size is not None}
    )
    folder = given.out or Path("out/tracking") / f"{given.profile}-{given.seed}"
    scene = Scene(profile, seed=given.seed, ghosts=given.ghosts, biased=given.bias)
    about = write_scene(scene, folder)
    rate = about["reports"] / scene.duration_s
    print(f"{about['reports']:,} reports ({rate:,.0f} a second), {about['counts']}, in {folder}")


if __name__ == "__main__":
    main()
