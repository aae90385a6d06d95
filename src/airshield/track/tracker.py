"""The tracker: REPORT tables in, TRACK tables out, and a memory that can be saved."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield import geo
from airshield._kernels import keep_inner
from airshield.errors import UsageError
from airshield.geo._kernels import ECC2, SEMI_MAJOR_M
from airshield.sensors import Radar
from airshield.tables import (
    ADSB_CHECKS,
    HEIGHT_BASES,
    REPORT_KINDS,
    TIME,
    TRACK,
    TRACK_CLASSES,
    TRACK_STATUSES,
    ReportFlag,
    make_table,
    words,
)
from airshield.track import _kernels
from airshield.track.association._kernels import choose_foreign, choose_track
from airshield.track.classes._kernels import judge_class
from airshield.track.filters import _kernels as filters
from airshield.track.foreign import is_own, make_aliases
from airshield.track.life._kernels import is_due, start_track, weigh
from airshield.track.past._kernels import take_in_time
from airshield.track.publication._kernels import publish
from airshield.track.registration import (
    SIGHT,
    RegistrationSettings,
    config_record,
    registration_table,
    registration_tables,
    start_biases,
)
from airshield.track.registration._kernels import learn_biases, settle, straighten
from airshield.track.sources._kernels import note_source
from airshield.track.state import (
    CELL_RINGS,
    CELL_SECTORS,
    CLOCK,
    CONFIG,
    DROPS,
    MOTION_FROM,
    MOTION_UPTO,
    NEAR,
    NO_CODE,
    PAST,
    PLOT,
    RADAR,
    ROW,
    TRACK_STATE,
    WORK,
    Memory,
)
from airshield.track.trust._kernels import (
    COVER_AZIMUTHS,
    COVER_ELEVATIONS,
    ELEVATION_EDGES_RAD,
)
from airshield.units import M_PER_NMI, NS_PER_S

FIRST_CAPACITY: Final = 1 << 15
"""Tracks that there is room for at first. What has not been used costs addresses, not memory;
growing later holds the tracker up by half a second."""

PAIRED_MAX: Final = 64
"""With more radars than this they are registered by ADS-B alone: what pairs of radars say is solved
for all at once every ten seconds, 9 ms for 64 and 400 ms for 200."""

TOLD_EVERY_S: Final = 10
"""Event time between rows of registration: biases drift by far less, and a jump is an alarm."""

ALIASES: Final = 1 << 14
"""Room for foreign systems' track numbers: some 8,000 foreign tracks at a time."""

RANGE_MAX_M: Final = 2e6
"""No radar's plot is further away: beyond even the horizon of what flies highest."""

FIRST_STEP_S: Final = 2.0
"""By how much a report moves the clock on average, before any has: at first a jump of a minute is
believed."""

TABLE_SIZE: Final = 1 << 15
"""Buckets of the address table and of the grid: more than one per track over a continent."""

CELL_MIN_M: Final = 3000.0
"""Least depth of a ring of the clutter map."""

OTHER_INTERVALS_S: Final = (5.0, 12.0)
"""Silence that means something, of sources that are no radar: ADS-B, multilateration and drone
identification come every second or so; foreign tracks every 4 to 12."""

OTHER_PD: Final = 0.8

PLACE_KINDS: Final = ("adsb", "mlat", "track", "drone_id")
RADAR_KINDS: Final = ("psr", "ssr", "psr_ssr", "mode_s")

SIGMA_POS_M: Final = {"adsb": 75.0, "mlat": 50.0, "track": 150.0, "drone_id": 30.0}
"""One-sigma per axis of a place whose source says nothing: ADS-B of unknown quality, wide-area
multilateration well inside ED-142's 150 m, a foreign track inside ESASSP's 300 m."""

SIGMA_POS_MIN_M: Final = {"adsb": 10.0, "mlat": 10.0, "track": 100.0, "drone_id": 5.0}
"""What no claim gets below: antenna place, time stamps (0.05 s at 200 m/s), and for foreign
tracks that their errors last from one report to the next, which a filter must not average away."""

EPU_95_M: Final = (
    math.nan,
    10.0 * M_PER_NMI,
    4.0 * M_PER_NMI,
    2.0 * M_PER_NMI,
    1.0 * M_PER_NMI,
    0.5 * M_PER_NMI,
    0.3 * M_PER_NMI,
    0.1 * M_PER_NMI,
    0.05 * M_PER_NMI,
    30.0,
    10.0,
    3.0,
)
"""Estimated position uncertainty by NACp (DO-260B, table 2-70): radius that holds 95 %."""

RADIUS_95_SIGMAS: Final = math.sqrt(-2.0 * math.log(0.05))
"""The circle that holds 95 % of a round Gaussian, in sigmas per axis: 2.4477."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSettings:
    """The tracker's constants. The defaults suit air traffic seen by rotating radars.

    Those without another source were chosen by what scores best on scenes of benchmarks/tracking
    whose seeds no table reports; docs/tracking.md says what each is worth.

    Attributes
    ----------
    q_calm_m2ps3, q_agile_m2ps3, q_turning_m2ps3 : float
        Density of the white-noise acceleration of the three motion models. Calm: wind and
        autopilot, 0.4 m/s wander in 1 s. Agile: what a fighter does in the 4 to 12 s between plots.
        Turning: what a coordinated turn does beside turning.
    q_agile_slow_m2ps3 : float
        Of the agile model for what flies like a light aircraft, helicopter or drone.
    sigma_turn_degps, sigma_turn_slow_degps, turn_noise_degps : float
        One sigma of a rate of turn that is not known, of fast and of slow targets, and by how much
        it changes in a second.
    stay_calm_s, stay_agile_s, stay_turning_s : float
        Mean time in each model.
    height_noise_m : float
        By how much (one sigma, in the root of a second) a height changes that nobody tells.
    sigma_spd0_mps, sigma_spd0_calm_mps : float
        One sigma of each velocity component at birth: three sigmas are Mach 1.8.
    climb_change_mps : float
        An altitude that this change of climb explains is believed at once, not at the third.
    gate : float
        Squared normalised distance up to which a plot without address fits: 99.97 % of its own.
    gate_address : float
        The same for a plot that carries the track's address: five sigmas, because nobody else's
        plot competes. A narrower one would take the first plots of a hard turn for outliers.
    gate_foreign : float
        The same, of a cautious distance, for another system's track.
    q_vertical_m2ps3 : float
        The same as the other densities for the climb rate: a level-off within three plots.
    clutter_per_m2 : tuple of 7 float
        False plots per square metre and scan for kinds psr … track; where a radar's echoes are
        concerned the map says what it has measured.
    births_per_m2, births_first_per_m2 : float
        New silent targets per square metre and scan, and at a radar's first turn, which finds
        everybody new.
    confirm, give_up : float
        Existence that makes a track confirmed, and below which one ends.
    odds_max, odds_hit : float
        Odds of existence that no track exceeds; for one of echoes alone, per echo.
    pd_max, fade : float, tuple of 2 float
        No radar is believed to see a target oftener than this; the probability of a second miss
        after a first, and of a further one: 0.39 and 0.67 to 0.84 in half an hour of a real Mode S
        radar (Barcelona, targets that go out of cover included).
    publish_s : float
        Age of a track's last row at which it is told again.
    told_from : float
        Existence below which it is not, until a plot comes or it ends: a target more likely gone
        than there would be shown where it is not.
    adsb_spread : float
        Factor on the sigma that ADS-B tells. GPS errors stay for minutes: taken as independent,
        a report every second would soon be believed to the metre.
    sigma_baro_m, sigma_hae_m, sigma_climb_mps, sigma_spd_mps, sigma_spd_foreign_mps : float
        One-sigma noise of a pressure altitude (quanta of 25 and 100 ft), of a geometric height, of
        a reported climb rate, and of each component of a reported velocity and of a foreign
        track's.
    late_max_s : float
        A report older than the newest by more than this is dropped, and counted.
    ahead_max_s : float
        A report further ahead of the clock is dropped unless three in a row agree.
    lag_s : float
        How late a report may arrive before its absence counts as a miss.
    misses_end : int
        Turns without a plot after which a confirmed track ends.
    anchor_m : float
        Distance from its frame's origin at which a track gets a new frame.
    sigma_elv_deg : float
        Noise of a 3-D radar's elevation.
    """

    q_calm_m2ps3: float = 0.2
    q_agile_m2ps3: float = 100.0
    q_turning_m2ps3: float = 4.0
    q_agile_slow_m2ps3: float = 20.0
    sigma_turn_slow_degps: float = 6.0
    stay_calm_s: float = 120.0
    stay_agile_s: float = 15.0
    stay_turning_s: float = 30.0
    sigma_turn_degps: float = 3.0
    turn_noise_degps: float = 0.3
    height_noise_m: float = 30.0
    q_vertical_m2ps3: float = 1.0
    sigma_spd0_mps: float = 200.0
    sigma_spd0_calm_mps: float = 200.0
    climb_change_mps: float = 40.0
    adsb_spread: float = 4.2
    gate: float = 16.0
    gate_address: float = 25.0
    clutter_per_m2: tuple[float, ...] = (1e-9, 1e-11, 1e-11, 1e-13, 1e-13, 1e-13, 1e-13)
    births_per_m2: float = 1e-14
    births_first_per_m2: float = 1e-12
    confirm: float = 0.999
    give_up: float = 0.15
    odds_hit: float = 1.5
    odds_max: float = 100.0
    pd_max: float = 0.95
    fade: tuple[float, float] = (0.4, 0.6)
    publish_s: float = 3.0
    told_from: float = 0.5
    sigma_baro_m: float = 10.0
    sigma_hae_m: float = 20.0
    sigma_climb_mps: float = 1.5
    sigma_spd_mps: float = 1.0
    sigma_spd_foreign_mps: float = 10.0
    gate_foreign: float = 13.8
    sigma_elv_deg: float = 0.3
    late_max_s: float = 8.0
    ahead_max_s: float = 60.0
    lag_s: float = 1.0
    misses_end: int = 8
    anchor_m: float = 30_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackBatch:
    """What one call of :meth:`Tracker.feed` gave.

    Attributes
    ----------
    tracks : pyarrow.Table
        TRACK rows in the order in which they were published.
    track_of_report : ndarray of uint64, shape (reports,)
        The track each report went to; 0 for none.
    dropped : dict of str to int
        Reports that updated no track, by reason (``airshield.track.DROP_REASONS``).
    registration : pyarrow.Table
        REGISTRATION rows, one for each radar, of every ten seconds of event time that passed.
    """

    tracks: pa.Table
    track_of_report: NDArray[np.uint64]
    dropped: dict[str, int]
    registration: pa.Table


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRun:
    """What one call of :meth:`Tracker.run` gave, not yet in tables.

    Attributes
    ----------
    rows : tuple of ndarray of ROW
    track_of_report, dropped
        As in :class:`TrackBatch`.
    biases : tuple of (float, ndarray of BIAS)
        What was known of the radars, and when: seconds after second zero.
    t0_ns : int
        Second zero, UTC.
    sensors : tuple of str
        The radars' names.
    """

    rows: tuple[Any, ...]
    track_of_report: NDArray[np.uint64]
    dropped: dict[str, int]
    biases: tuple[tuple[float, Any], ...]
    t0_ns: int
    sensors: tuple[str, ...]

    def batch(self) -> TrackBatch:
        """Make the tables. May run in another thread than the tracker's."""
        return TrackBatch(
            tracks=_track_table(np.concatenate(self.rows) if self.rows else _records(ROW, 0)),
            track_of_report=self.track_of_report,
            dropped=self.dropped,
            registration=registration_tables(self.biases, sensors=self.sensors, t0_ns=self.t0_ns),
        )


class Tracker:
    """Turns reports of many sensors into tracks.

    Parameters
    ----------
    radars : sequence of Radar
        Every radar whose range and azimuth are to be used. The order numbers the bits of TRACK
        ``sensors``; sources without a radar (ADS-B, multilateration, foreign tracks) take the
        following bits as they appear. The last of the 64 bits stands for all sensors from there.
    geoid_height_m : float
        Height of mean sea level above the WGS-84 ellipsoid in the area.
    settings : TrackSettings
    own : collection of (int, int)
        SAC and SIC under which tracks of ours are sent out: what comes back is never fused.

    Raises
    ------
    UsageError
        Two radars of the same SAC/SIC, or a figure out of range.
    """

    def __init__(
        self,
        radars: Sequence[Radar],
        *,
        geoid_height_m: float,
        settings: TrackSettings | None = None,
        own: Collection[tuple[int, int]] = (),
    ) -> None:
        settings = settings or TrackSettings()
        self._radar_of = {radar.sensor: i for i, radar in enumerate(radars)}
        if len(self._radar_of) != len(radars):
            raise UsageError("two radars have the same SAC/SIC; give each its own")
        if not math.isfinite(geoid_height_m):
            raise UsageError(f"geoid_height_m must be a number of metres, got {geoid_height_m!r}")
        self._own = frozenset(own)
        self._adsb_spread = settings.adsb_spread
        self._others: dict[str, int] = {}
        self._sigma_rng_m = np.array([radar.sigma_rng_m for radar in radars])
        self._sigma_azm_deg = np.array([radar.sigma_azm_deg for radar in radars])
        self._config = _config_record(settings, geoid_height_m)
        self._clock = _records(CLOCK, 1)
        self._clock.t0_ns = -1
        self._clock.step = FIRST_STEP_S
        self._clock.next_number = 1
        self._work = _records(WORK, 1)
        scratch = _records(TRACK_STATE, 1)
        bias_config = config_record(RegistrationSettings())
        paired = len(radars) if 1 < len(radars) <= PAIRED_MAX else 0
        self._memory = Memory(
            **_track_tables(0),
            scratch=scratch,
            scratch_flat=np.asarray(scratch).view(np.int64),
            replay=_records(PLOT, PAST + 1),
            moved=_records(PLOT, 2),
            free=np.empty(0, np.int64),
            heads=np.full((2, TABLE_SIZE), -1, np.int64),
            links=np.empty((2, 0), np.int64),
            radars=_radar_records(radars),
            aliases=make_aliases(ALIASES),
            cover=np.zeros((len(radars), COVER_AZIMUTHS * COVER_ELEVATIONS, 2), np.float32),
            cover_edges=ELEVATION_EDGES_RAD.copy(),
            biases=start_biases(len(radars), bias_config),
            bias_cfg=bias_config,
            sights=_records(SIGHT, 2),
            pair_info=np.zeros((4 * paired, 4 * paired)),
            pair_sum=np.zeros(4 * paired),
            pair_work=np.zeros((4 * paired + 4, 4 * paired + 4)),
            pair_right=np.zeros(4 * paired),
            pair_rows=np.zeros(paired, np.int64),
            cells=np.zeros((len(radars), CELL_RINGS * CELL_SECTORS, 2), np.float32),
            rings=np.zeros((len(radars), CELL_RINGS, 2), np.float32),
        )
        self._grow(FIRST_CAPACITY)

    @property
    def live(self) -> int:
        """How many tracks are alive now."""
        return int(self._clock.live[0])

    def feed(self, reports: pa.Table) -> TrackBatch:
        """Take reports in the order of their arrival.

        The result does not depend on how the reports are cut into tables.

        Parameters
        ----------
        reports : pyarrow.Table
            REPORT rows. Those that are out of order by a few seconds update their track at its
            own time; rows never go back in a track's time.

        Returns
        -------
        TrackBatch
        """
        return self.run(self.prepare(reports)).batch()

    def prepare(self, reports: pa.Table) -> Any:
        """First third of :meth:`feed`: REPORT rows to the records that :meth:`run` takes.

        One call at a time, in the order of arrival; another thread may be in :meth:`run`.
        """
        return self._plots(reports)

    def run(self, plots: Any) -> TrackRun:
        """Second third of :meth:`feed`: everything that remembers. Runs without the GIL."""
        track_of = np.zeros(plots.size, np.uint64)
        drops = np.zeros(len(DROPS), np.int64)
        parts = []
        biases: list[tuple[float, Any]] = []
        due_s = self._due_s()
        done = 0
        while done < plots.size:
            upto = self._first_due(plots, done, due_s) + 1
            while done < upto:
                rows = _records(ROW, max(512, 2 * self.live + 64, min(upto - done, 20_000)))
                done = int(
                    _kernels.run(
                        self._memory, self._clock, self._config, self._work,
                        plots[:upto], done, track_of, drops, rows,
                    )
                )  # fmt: skip
                parts.append(rows[: int(self._clock.rows[0])])
                if int(self._clock.free_n[0]) <= _kernels.DISPLACED_MAX:
                    self._grow(2 * self._memory.tracks.size)
            now_s = float(self._clock.now[0])
            if now_s >= due_s:
                if math.isfinite(due_s):
                    biases.append((now_s, self._memory.biases.copy()))
                due_s = self._due_s()
        return TrackRun(
            rows=tuple(parts),
            track_of_report=track_of,
            dropped={DROPS[i]: int(n) for i, n in enumerate(drops) if n},
            biases=tuple(biases),
            t0_ns=max(int(self._clock.t0_ns[0]), 0),
            sensors=tuple(self._radar_of),
        )

    def _due_s(self) -> float:
        """When registration is told next, after second zero; before the first report, at once.

        At multiples of ten seconds of UTC by the tracker's own clock, which no report from the
        future moves. So it follows from that clock alone, and batches leave no trace.
        """
        clock = self._clock[0]
        if clock.t0_ns < 0:
            return -math.inf
        phase_s = int(clock.t0_ns) // NS_PER_S % TOLD_EVERY_S
        due_s = (clock.now + phase_s) // TOLD_EVERY_S * TOLD_EVERY_S - phase_s
        while due_s <= clock.now:
            due_s += TOLD_EVERY_S
        return float(due_s)

    def _first_due(self, plots: Any, done: int, due_s: float) -> int:
        """Find the first plot, of those not done, that may bring the clock there; else the last."""
        # As the kernel counts, to the bit.
        t_s = (plots.t_ns[done:] - max(int(self._clock.t0_ns[0]), 0)) * 1e-9
        may = (t_s >= due_s) & (plots.what[done:] >= 0)
        at = int(np.argmax(may))
        return done + at if may[at] else plots.size - 1

    def registration(self) -> pa.Table:
        """What is known of the radars' biases now: REGISTRATION rows, one for each radar."""
        clock = self._clock[0]
        return registration_table(
            self._memory.biases,
            sensors=list(self._radar_of),
            t_s=float(clock.now),
            t0_ns=max(int(clock.t0_ns), 0),
        )

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Everything the tracker remembers, as plain arrays; :meth:`restore` goes on bit by bit."""
        names = "\n".join(self._others).encode()
        memory = self._memory
        live = np.flatnonzero(memory.tracks.number > 0)
        of_tracks = {
            name: _octets(table[_rows_of(name, live)]) for name, table in _tables_of(memory).items()
        }
        return of_tracks | {
            "live": live,
            **{name: getattr(memory, name).copy() for name in _PLAIN_MEMORY},
            **{name: _octets(getattr(memory, name)) for name in _RECORD_MEMORY},
            "clock": _octets(self._clock),
            "others": np.frombuffer(names, np.uint8).copy(),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take over the memory of a tracker with the same radars and settings.

        Raises
        ------
        UsageError
            The snapshot belongs to a tracker with other radars, or to another version.
        """
        memory = self._memory
        live = np.asarray(state["live"], np.int64)
        fits = (
            all(
                np.asarray(state[name]).size == getattr(memory, name).nbytes
                for name in _RECORD_MEMORY
            )
            and np.asarray(state["cells"]).shape == memory.cells.shape
        )
        if not fits or np.asarray(state["tracks"]).size != live.size * TRACK_STATE.itemsize:
            raise UsageError(
                "the snapshot is of a tracker with other radars or of another version; "
                "start from the journal instead"
            )
        tables = _track_tables(np.asarray(state["links"]).shape[1])
        restored = memory._replace(
            **tables,
            **{name: np.array(state[name], getattr(memory, name).dtype) for name in _PLAIN_MEMORY},
            **{
                name: _from_octets(state[name], getattr(memory, name).dtype)
                for name in _RECORD_MEMORY
            },
        )
        for name, table in _tables_of(restored).items():
            rows = _rows_of(name, live)
            table[rows] = _from_octets(state[name], table.dtype).reshape(table[rows].shape)
        self._memory = restored
        self._clock = _from_octets(state["clock"], CLOCK)
        names = np.asarray(state["others"], np.uint8).tobytes().decode()
        self._others = {name: i for i, name in enumerate(names.split("\n"))} if names else {}

    def _grow(self, capacity: int) -> None:
        """Make room for more tracks; live ones keep their slots."""
        old = self._memory
        before = old.tracks.size
        tables = _track_tables(capacity)
        for name, table in tables.items():
            if name == "flat":
                continue  # the octets of ``tracks``
            # Octets, not fields: copying records field by field held the tracker up by 0.7 s.
            had = np.asarray(getattr(old, name)).view(np.uint8)
            np.asarray(table).view(np.uint8)[: len(had)] = had
        free = np.zeros(capacity, np.int64)
        count = int(self._clock.free_n[0])
        # The stack hands out the lowest new slot first.
        free[:count] = old.free[:count]
        free[count : count + capacity - before] = np.arange(capacity - 1, before - 1, -1)
        self._clock.free_n = count + capacity - before
        links = np.full((2, capacity), -1, np.int64)
        links[:, :before] = old.links
        self._memory = old._replace(**tables, free=free, links=links)

    def _plots(self, reports: pa.Table) -> Any:
        """Turn REPORT rows into the kernels' records; ``what`` says how, or why not."""
        n = reports.num_rows
        plots = _records(PLOT, n)
        if n == 0:
            return plots
        reports = reports.unify_dictionaries().combine_chunks()
        plots.t_ns = _integers(reports, "t")
        plots.frame = reports.column("frame").to_numpy()
        kind = _codes(reports, "kind", {name: i for i, name in enumerate(REPORT_KINDS)})
        plots.kind = np.maximum(kind, 0)
        sensor = reports.column("sensor").chunk(0)
        names = sensor.dictionary.to_pylist()
        which = np.asarray(sensor.indices)
        radar = np.array([self._radar_of.get(name, -1) for name in names], np.int64)[which]

        for field, column in _PLAIN.items():
            plots[field] = _floats(reports, column)
        for field, column in _ANGLES.items():
            plots[field] = np.radians(_floats(reports, column))
        plots.mode_3a = _integers(reports, "mode_3a")
        address = _integers(reports, "mode_s")
        # All zeros and all ones are what a transponder without an address sends.
        plots.mode_s = np.where((address == 0) | (address == 0xFFFFFF), NO_CODE, address)
        plots.callsign = _callsigns(reports)

        polar = (plots.rng_m > 0.0) & (plots.rng_m < RANGE_MAX_M)
        polar &= np.abs(plots.azm_rad) <= math.tau
        place = (np.abs(plots.lat_rad) <= 0.5 * math.pi) & (np.abs(plots.lon_rad) <= math.tau)
        is_radar = np.isin(kind, [REPORT_KINDS.index(k) for k in RADAR_KINDS])
        is_place = np.isin(kind, [REPORT_KINDS.index(k) for k in PLACE_KINDS])
        test = (reports.column("flags").to_numpy() & ReportFlag.TEST) != 0
        what = np.full(n, -DROPS.index("no position"))
        what[polar & (radar < 0)] = -DROPS.index("unknown sensor")
        what[place] = filters.PLACE
        what[polar & (radar >= 0)] = filters.POLAR
        what[~is_radar & ~is_place] = -DROPS.index("kind not tracked")
        what[test] = -DROPS.index("test target")
        plots.track_sensor = -1
        foreign = kind == REPORT_KINDS.index("track")
        if foreign.any():
            ours = np.array([is_own(name, self._own) for name in names], bool)[which]
            what[foreign & ours] = -DROPS.index("own system's track")
            plots.track_sensor = _integers(reports, "track_sensor")
        plots.what = what

        bits = radar.copy()
        # In the order in which they first report, however the rows are cut into tables.
        of_places = which[what == filters.PLACE]
        codes, firsts = np.unique(of_places, return_index=True)
        for code in codes[np.argsort(firsts)]:
            if self._radar_of.get(names[code], -1) < 0:
                number = self._others.setdefault(names[code], len(self._others))
                bits[which == code] = len(self._radar_of) + number
        plots.sensor = bits
        plots.source = bits
        # Sources that are no radar are expected every few seconds, all of a kind alike.
        slow = kind == REPORT_KINDS.index("track")
        plots.link = np.where(what == filters.POLAR, radar, len(self._radar_of) + slow)

        at = np.flatnonzero(what == filters.POLAR)
        rng, azm = _floats(reports, "sigma_rng_m")[at], _floats(reports, "sigma_azm_deg")[at]
        plots.sigma_rng_m[at] = np.where(rng > 0.0, rng, self._sigma_rng_m[radar[at]])
        plots.sigma_azm_rad[at] = np.radians(
            np.where(azm > 0.0, azm, self._sigma_azm_deg[radar[at]])
        )
        plots.sigma_pos_m = _sigma_pos_m(reports, kind)
        plots.sigma_pos_m[kind == REPORT_KINDS.index("adsb")] *= self._adsb_spread
        return plots


_PLAIN: Final = {
    "rng_m": "rng_slant_m",
    "baro_m": "alt_baro_m",
    "hae_m": "alt_hae_m",
    "ve": "vel_east_mps",
    "vn": "vel_north_mps",
    "vu": "vel_up_mps",
}
_ANGLES: Final = {
    "azm_rad": "azm_true_deg",
    "elv_rad": "elv_deg",
    "lat_rad": "lat_deg",
    "lon_rad": "lon_deg",
}


def _records(dtype: np.dtype[Any], n: int) -> Any:
    return np.zeros(n, dtype).view(np.recarray)


_PLAIN_MEMORY: Final = (
    "free", "heads", "links", "cover", "pair_info", "pair_sum", "cells", "rings",
)  # fmt: skip
"""Arrays of the tracker's memory that a snapshot copies whole, beside those of live tracks."""

_RECORD_MEMORY: Final = ("radars", "aliases", "biases")


def _tables_of(memory: Memory) -> dict[str, Any]:
    """The tables of which a snapshot keeps the live tracks' rows; ``flat`` is ``tracks`` again."""
    return {
        name: getattr(memory, name) for name in ("tracks", "near", "past", "past_t", "past_plots")
    }


def _rows_of(name: str, live: NDArray[np.int64]) -> NDArray[np.int64]:
    if name != "past_plots":
        return live
    return np.asarray((live[:, None] * PAST + np.arange(PAST)).ravel())


def _track_tables(capacity: int) -> dict[str, Any]:
    """Make the tables that have room for so many tracks."""
    tracks = _records(TRACK_STATE, capacity)
    return {
        "tracks": tracks,
        "flat": np.asarray(tracks).view(np.int64).reshape(capacity, TRACK_STATE.itemsize // 8),
        "near": _records(NEAR, capacity),
        "past": np.zeros((capacity, PAST, MOTION_UPTO - MOTION_FROM), np.int64),
        "past_t": np.zeros((capacity, PAST)),
        "past_plots": _records(PLOT, capacity * PAST),
    }


def _octets(records: Any) -> NDArray[np.uint8]:
    return np.frombuffer(records.tobytes(), np.uint8).copy()


def _from_octets(octets: NDArray[Any], dtype: np.dtype[Any]) -> Any:
    return np.frombuffer(np.asarray(octets, np.uint8).tobytes(), dtype).copy().view(np.recarray)


def compile_motion(tracker: Tracker) -> None:
    """Compile, for ``run`` to take in, what moves, compares and updates tracks."""
    memory, config, work = tracker._memory, tracker._config[0], tracker._work[0]
    plot = _records(PLOT, 1)[0]
    keep_inner(choose_foreign, memory, plot, config, work)
    keep_inner(choose_track, memory, plot, 1.0, config, work)
    keep_inner(take_in_time, memory, 0, plot, 0, config, work)
    keep_inner(filters.start_state, memory.tracks[0], plot, memory.radars, config, work)


def compile_life(tracker: Tracker) -> None:
    """Compile, for ``run`` to take in, what else happens to tracks and radars."""
    memory, config, work = tracker._memory, tracker._config[0], tracker._work[0]
    clock, plot, row = tracker._clock[0], _records(PLOT, 1)[0], _records(ROW, 1)[0]
    keep_inner(learn_biases, memory, memory.tracks[0], plot, clock, work)
    keep_inner(is_due, memory, 0, 0.0, config)
    keep_inner(judge_class, memory.tracks[0], row, work, config)
    keep_inner(straighten, memory, plot)
    keep_inner(note_source, memory.tracks[0], plot, memory.radars)
    keep_inner(weigh, memory, memory.tracks[0], plot, 1.0, True, config)
    keep_inner(start_track, memory, plot, clock, config)
    keep_inner(
        publish,
        memory.tracks[0],
        0.0,
        0,
        plot.frame,
        config,
        _records(ROW, 1),
        clock,
        work,
    )
    keep_inner(
        settle, memory.biases, memory.pair_info, memory.pair_sum, 1.0, 1.0,
        memory.pair_work, memory.pair_right, memory.pair_rows, memory.bias_cfg[0],
    )  # fmt: skip


def _radar_records(radars: Sequence[Radar]) -> Any:
    """Make the radars' records, and after them those of the other sources."""
    records = _records(RADAR, len(radars) + len(OTHER_INTERVALS_S))
    records.t_first, records.t_last, records.beam_t = np.inf, -np.inf, -np.inf
    for i, radar in enumerate(radars):
        record = records[i]
        record.ecef = geo.ecef_from_geodetic(radar.lat_deg, radar.lon_deg, radar.antenna_hae_m)
        record.A = geo.enu_axes(radar.lat_deg, radar.lon_deg)
        sin2 = math.sin(math.radians(radar.lat_deg)) ** 2
        record.radius_m = SEMI_MAJOR_M * math.sqrt(1.0 - ECC2) / (1.0 - ECC2 * sin2)
        record.hae_m = radar.antenna_hae_m
        record.turn_s = radar.turn_s
        record.rng_min_m = radar.rng_min_m
        record.rng_max_m = radar.rng_max_m
        record.pd = radar.pd
        record.asks = int(radar.has_secondary)
        record.cell_m = max(CELL_MIN_M, radar.rng_max_m / CELL_RINGS)
    others = records[len(radars) :]
    others.turn_s, others.pd, others.rng_max_m = OTHER_INTERVALS_S, OTHER_PD, np.inf
    return records


def _config_record(settings: TrackSettings, geoid_height_m: float) -> Any:
    config = _records(CONFIG, 1)
    config.q[0, 0] = settings.q_calm_m2ps3, settings.q_agile_m2ps3, settings.q_turning_m2ps3
    config.q[0, 1] = settings.q_calm_m2ps3, settings.q_agile_slow_m2ps3, settings.q_turning_m2ps3
    config.tau_s[0] = settings.stay_calm_s, settings.stay_agile_s, settings.stay_turning_s
    config.w0[0] = 0.4, 0.4, 0.2
    config.var_turn[0] = (
        math.radians(settings.sigma_turn_degps) ** 2,
        math.radians(settings.sigma_turn_slow_degps) ** 2,
    )
    config.q_turn = math.radians(settings.turn_noise_degps) ** 2
    config.q_height = settings.height_noise_m**2
    config.q_vertical = settings.q_vertical_m2ps3
    fast = settings.sigma_spd0_mps
    config.sigma_spd0[0] = settings.sigma_spd0_calm_mps, fast, fast
    config.climb_change = settings.climb_change_mps
    config.gate = settings.gate
    config.gate_address = settings.gate_address
    # Of kinds without a figure of their own false ones are as rare as foreign tracks.
    config.clutter[0] = settings.clutter_per_m2[-1]
    config.clutter[0, : len(settings.clutter_per_m2)] = settings.clutter_per_m2
    config.geoid_m = geoid_height_m
    config.var_baro_m2 = settings.sigma_baro_m**2
    config.var_hae_m2 = settings.sigma_hae_m**2
    config.var_climb = settings.sigma_climb_mps**2
    config.var_spd = settings.sigma_spd_mps**2
    config.var_spd_foreign = settings.sigma_spd_foreign_mps**2
    config.gate_foreign = settings.gate_foreign
    config.sigma_elv_rad = math.radians(settings.sigma_elv_deg)
    config.late_max_s = settings.late_max_s
    config.ahead_max_s = settings.ahead_max_s
    config.lag_s = settings.lag_s
    config.misses_end = settings.misses_end
    config.anchor_m = settings.anchor_m
    config.births = settings.births_per_m2
    config.births_first = settings.births_first_per_m2
    config.confirm = settings.confirm
    config.give_up = settings.give_up
    config.odds_hit = settings.odds_hit
    config.odds_max = settings.odds_max
    config.fade[0] = settings.fade
    config.pd_max = settings.pd_max
    config.publish_s = settings.publish_s
    config.told_from = settings.told_from
    return config


def _floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column's figures; null, NaN and infinity are all unknown."""
    figures = np.array(table.column(name).to_numpy(), np.float64)
    figures[~np.isfinite(figures)] = np.nan
    return figures


def _integers(table: pa.Table, name: str) -> NDArray[np.int64]:
    return np.asarray(pc.fill_null(table.column(name).cast(pa.int64()), NO_CODE).to_numpy())


def _codes(table: pa.Table, name: str, numbers: Mapping[str, int]) -> NDArray[np.int64]:
    column = table.column(name).chunk(0)
    words_ = column.dictionary.to_pylist()
    lookup = np.array([numbers.get(word, -1) for word in words_], np.int64)
    return np.asarray(lookup[np.asarray(column.indices)])


def _callsigns(table: pa.Table) -> NDArray[np.uint64]:
    """Callsigns as eight octets of ASCII; what is no such thing is unknown."""
    column = table.column("callsign").chunk(0).dictionary_encode()
    packed = [0]
    for name in column.dictionary.to_pylist():
        plain = name.isascii() and 0 < len(name) <= 8 and "\0" not in name
        packed.append(int.from_bytes(name.encode().ljust(8, b"\0"), "little") if plain else 0)
    codes = np.asarray(pc.fill_null(column.indices, -1))
    return np.asarray(np.array(packed, np.uint64)[codes + 1])


def _sigma_pos_m(table: pa.Table, kind: NDArray[np.int64]) -> NDArray[np.float64]:
    """One-sigma per axis of a place: what the source says, else NACp, else by kind."""
    told = _floats(table, "sigma_pos_m")
    nacp = np.clip(_integers(table, "nacp"), 0, len(EPU_95_M) - 1)
    by_nacp = np.array(EPU_95_M)[nacp] / RADIUS_95_SIGMAS
    usual = np.full(len(REPORT_KINDS), math.nan)
    least = np.full(len(REPORT_KINDS), math.nan)
    for i, name in enumerate(REPORT_KINDS):
        usual[i] = SIGMA_POS_M.get(name, 150.0)
        least[i] = SIGMA_POS_MIN_M.get(name, 10.0)
    sigma = np.where(told > 0.0, told, np.where(np.isfinite(by_nacp), by_nacp, usual[kind]))
    return np.asarray(np.maximum(sigma, least[kind]))


def _track_table(rows: Any) -> pa.Table:
    """Turn the kernels' rows into a TRACK table."""
    rows = rows.view(np.recarray)
    packed, which = np.unique(rows.callsign, return_inverse=True)
    names = [int(p).to_bytes(8, "little").rstrip(b"\0").decode() or None for p in packed]
    callsign = pa.array(names, pa.string()).take(pa.array(which, pa.int64()))
    cov = pa.array(np.ascontiguousarray(rows.cov).ravel(), pa.float64(), from_pandas=True)
    lon_deg = (np.degrees(rows.lon_rad) + 180.0) % 360.0 - 180.0
    columns = {
        "t": pa.array(np.ascontiguousarray(rows.t_ns), pa.int64()).cast(TIME),
        "track": rows.number,
        "status": words(rows.status, TRACK_STATUSES),
        "lat_deg": np.degrees(rows.lat_rad),
        "lon_deg": lon_deg,
        "alt_hae_m": rows.hae_m,
        "alt_baro_m": rows.baro_m,
        "vel_east_mps": rows.ve,
        "vel_north_mps": rows.vn,
        "vel_up_mps": rows.vu,
        "cov_m2": pa.FixedSizeListArray.from_arrays(cov, type=TRACK.field("cov_m2").type),
        "existence": rows.existence,
        "height_basis": words(rows.basis, HEIGHT_BASES),
        "mode_s": _known(rows.mode_s, pa.uint32()),
        "mode_3a": _known(rows.mode_3a, pa.uint16()),
        "callsign": callsign,
        "sensors": rows.sensors,
        "kinds": pa.array(rows.kinds.astype(np.uint32)),
        "cls": words(rows.cls, TRACK_CLASSES),
        "cls_p": _class_shares(rows.cls_p),
        "adsb_check": words(rows.adsb, ADSB_CHECKS),
        "frame": rows.frame,
    }
    return make_table(TRACK, columns, rows=len(rows))


def _class_shares(shares: NDArray[np.float64]) -> pa.Array:
    """Class probabilities; null where nothing has been weighed yet."""
    kind = TRACK.field("cls_p").type
    flat = pa.array(np.ascontiguousarray(shares, np.float32).ravel(), pa.float32())
    return pa.FixedSizeListArray.from_arrays(flat, type=kind, mask=pa.array(np.isnan(shares[:, 0])))


def _known(codes: NDArray[np.int64], kind: pa.DataType) -> pa.Array:
    return pa.array(codes, pa.int64(), mask=codes < 0).cast(kind)
