"""The picture itself: what the watch writes and pages read, from different threads."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.picture.rows import (
    ALARM_CONFIRMED,
    ALARM_SUSPECTED,
    ALARM_WARNED,
    Rows,
    merge,
    no_rows,
    ns_from_column,
    rows_from_table,
)
from airshield.picture.trails import Points, Trails
from airshield.units import NS_PER_S

Mode = Literal["live", "replay", "exercise"]
State = Literal["preparing", "running", "ended"]
MODES: Final[tuple[Mode, ...]] = ("live", "replay", "exercise")
STATES: Final[tuple[State, ...]] = ("preparing", "running", "ended")

_MOST_REMOVED: Final = 20_000
"""Removals remembered for readers that lag behind; a reader that lags further gets a key frame."""
_MOST_WAITING: Final = 20_000
"""Rows that may wait to be folded in before ``feed`` does it itself: bounds the memory of a watch
that nobody looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One INCIDENT or WARNING row, as it goes to pages.

    Attributes
    ----------
    number : int
        Counted from 1 without gaps over both tables.
    table : str
        ``incident`` or ``warning``.
    row : dict
        The row's columns; ``t`` as ISO 8601 text, ``t_ms`` as milliseconds since 1970, unknown as
        None.
    """

    number: int
    table: Literal["incident", "warning"]
    row: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """For ``json.dumps``."""
        return {"type": "alert", "number": self.number, "table": self.table, "row": self.row}


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorLife:
    """A sensor's reports so far, when it was last heard and when it last measured [ns UTC]."""

    reports: int
    t_heard_ns: int
    t_data_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """How wrong a radar is as far as is known, each bias with its one-sigma; and its last jump.

    ``is_alarmed`` says that a bias has just jumped and is being learned anew.
    """

    rng_m: tuple[float, float]
    azm_deg: tuple[float, float]
    t_s: tuple[float, float]
    t_alarm_ns: int | None
    is_alarmed: bool

    def as_json(self) -> dict[str, Any]:
        """For ``json.dumps``, under the names of REGISTRATION."""
        return {
            "rng_bias_m": self.rng_m[0],
            "sigma_rng_bias_m": self.rng_m[1],
            "azm_bias_deg": self.azm_deg[0],
            "sigma_azm_bias_deg": self.azm_deg[1],
            "t_bias_s": self.t_s[0],
            "sigma_t_bias_s": self.t_s[1],
            "t_alarm_ms": None if self.t_alarm_ns is None else self.t_alarm_ns // 1_000_000,
            "is_alarmed": self.is_alarmed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How the picture is, apart from what is in it: goes out each second, data or no data.

    ``age_s`` is how long ago anything was heard, None when nothing ever was; ``is_silent`` says
    that this is too long for a running watch. ``states`` are the sensors' own words about
    themselves (tables.SENSOR_STATES), of those that say any. ``registration`` has the radars of
    which something is known.
    """

    mode: Mode
    state: State
    message: str
    rev: int
    t_now_ns: int
    t_data_ns: int | None
    age_s: float | None
    is_silent: bool
    tracks: int
    alerts: int
    sensors: dict[str, SensorLife]
    states: dict[str, str]
    registration: dict[str, Bias]

    def as_json(self) -> dict[str, Any]:
        """For ``json.dumps``; times are milliseconds since 1970."""
        return {
            "type": "status",
            "mode": self.mode,
            "state": self.state,
            "message": self.message,
            "rev": self.rev,
            "t_now_ms": self.t_now_ns // 1_000_000,
            "t_data_ms": None if self.t_data_ns is None else self.t_data_ns // 1_000_000,
            "age_s": self.age_s,
            "is_silent": self.is_silent,
            "tracks": self.tracks,
            "alerts": self.alerts,
            "states": dict(sorted(self.states.items())),
            "registration": {
                name: bias.as_json() for name, bias in sorted(self.registration.items())
            },
            "sensors": {
                name: {
                    "reports": life.reports,
                    "age_s": max(0.0, (self.t_now_ns - life.t_heard_ns) / NS_PER_S),
                }
                for name, life in sorted(self.sensors.items())
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The picture at one revision. Its arrays never change.

    Attributes
    ----------
    rev : int
        Revision; grows with every change.
    t_now_ns, t_data_ns : int
        The watch's clock, and the newest time of measurement (None when there is none) [ns UTC].
    rows : array of ROW
        One row per live track, sorted by track.
    removed_rev, removed : arrays
        Revision and number of tracks that ended, oldest first.
    since_oldest : int
        Differences from revisions before this one can no longer be told.
    """

    rev: int
    t_now_ns: int
    t_data_ns: int | None
    rows: Rows
    removed_rev: NDArray[np.uint64]
    removed: NDArray[np.uint64]
    since_oldest: int

    def changes(self, since: int) -> tuple[Rows, NDArray[np.uint64], int]:
        """Rows changed and tracks removed after a revision, and the revision it builds on.

        The last is 0 where all rows are given: for ``since`` 0, unknown, or too long ago.
        """
        if not max(self.since_oldest, 1) <= since <= self.rev:
            return self.rows, self.removed[:0], 0
        gone = self.removed[self.removed_rev > since]
        return self.rows[self.rows["rev"] > since], gone, since


@dataclass(slots=True)
class _Affairs:
    """Which tracks stand in which zone and which are warned of, from incidents and warnings."""

    incidents: dict[int, tuple[int, int]] = field(default_factory=dict)
    warnings: dict[int, int] = field(default_factory=dict)

    def alarms(self) -> dict[int, int]:
        """Alarm bits of every track concerned."""
        out: dict[int, int] = {}
        for track, bit in self.incidents.values():
            out[track] = out.get(track, 0) | bit
        for track in self.warnings.values():
            out[track] = out.get(track, 0) | ALARM_WARNED
        return out


class Picture:
    """The recognised air picture. Every method may be called from any thread.

    Parameters
    ----------
    mode : {'live', 'replay', 'exercise'}
        What pages must show, unmistakably.
    now_ns : callable
        A clock that never stands still: UTC in nanoseconds since 1970. It is the watch's clock, but
        in a replay, where the watch's clock follows the data: the newest time of measurement, and
        on from there until the next.
    silent_after_s : float
        A running watch that has heard nothing for this long is silent, and its picture stale [s].
        A watch of one radar without sector messages wants at least that radar's turn here.
    trail_s : float
        How far back trails go [s].

    Raises
    ------
    UsageError
        An unknown mode.
    """

    def __init__(
        self,
        *,
        mode: Mode,
        now_ns: Callable[[], int],
        silent_after_s: float = 3.0,
        trail_s: float = 600.0,
    ) -> None:
        if mode not in MODES:
            raise UsageError(f"mode must be one of {', '.join(MODES)}, got {mode!r}")
        self.mode: Final = mode
        self._now_ns = now_ns
        self._silent_after_ns = int(silent_after_s * NS_PER_S)
        self._lock = threading.Lock()
        self._state: State = "preparing"
        self._message = ""
        self._waiting: list[Rows] = []
        self._waiting_rows = 0
        self._rows = no_rows()
        self._rev = 1
        self._removed: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._removed_rev: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._since_oldest = 1
        self._trails = Trails(keep_s=trail_s, slot_s=4.0, most_points=400_000)
        self._sensors: dict[str, SensorLife] = {}
        self._states: dict[str, str] = {}
        self._registration: dict[str, Bias] = {}
        self._heard_ns: int | None = None
        self._t_data_ns: int | None = None
        self._t_data_since_ns = 0
        self._alerts: list[Alert] = []
        self._affairs = _Affairs()
        self._alerts_folded = 0

    def feed(
        self,
        *,
        reports: pa.Table | None = None,
        tracks: pa.Table | None = None,
        incidents: pa.Table | None = None,
        warnings: pa.Table | None = None,
        status: pa.Table | None = None,
        registration: pa.Table | None = None,
    ) -> None:
        """Take what the watch has just computed: tables of the house's schemas, in order.

        Cheap: the work of laying tracks over each other is done when somebody looks.
        """
        fresh = rows_from_table(tracks) if tracks is not None else no_rows()
        lives = _lives(reports) if reports is not None and reports.num_rows else {}
        fresh_incidents = _rows_as_json(incidents) if incidents is not None else []
        fresh_warnings = _rows_as_json(warnings) if warnings is not None else []
        states = _states(status) if status is not None else {}
        biases = _biases(registration) if registration is not None else {}
        newest_ns = [life.t_data_ns for life in lives.values() if life.t_data_ns is not None]
        newest_ns += [int(fresh["t_ns"].max())] if len(fresh) else []
        with self._lock:
            if len(fresh) or lives:
                self._heard_ns = self._now_ns()
            for t_ns in newest_ns:
                if self._t_data_ns is None or t_ns > self._t_data_ns:
                    self._t_data_ns, self._t_data_since_ns = t_ns, self._now_ns()
            for name, life in lives.items():
                self._note_life(name, life)
            self._states.update(states)
            self._registration.update(biases)
            if len(fresh):
                self._waiting.append(fresh)
                self._waiting_rows += len(fresh)
            for row in fresh_incidents:
                self._note_incident(row)
            for row in fresh_warnings:
                self._note_warning(row)
            if self._waiting_rows > _MOST_WAITING:
                self._fold()

    def hear(self, sensor: str | None = None) -> None:
        """Note that bytes came in, of a sensor if known, though no report came of them.

        Radars send north and sector messages over an empty sky; they are signs of life.
        """
        with self._lock:
            self._heard_ns = self._now_ns()
            if sensor is not None:
                now_ns = self._watch_ns()
                self._note_life(sensor, SensorLife(reports=0, t_heard_ns=now_ns, t_data_ns=None))

    def set_state(self, state: State, message: str = "") -> None:
        """Say whether the watch is ``preparing``, ``running`` or has ``ended``; a word for people.

        Raises
        ------
        UsageError
            An unknown state.
        """
        if state not in STATES:
            raise UsageError(f"state must be one of {', '.join(STATES)}, got {state!r}")
        with self._lock:
            if state == "running" and self._state != "running":
                # Silence counts from here: a watch that has just started has not been silent.
                self._heard_ns = self._now_ns()
            self._state, self._message = state, message

    def snapshot(self) -> Snapshot:
        """The newest state of all tracks, consistent in itself."""
        with self._lock:
            self._fold()
            return Snapshot(
                rev=self._rev,
                t_now_ns=self._watch_ns(),
                t_data_ns=self._t_data_ns,
                rows=self._rows,
                removed_rev=self._removed_rev,
                removed=self._removed,
                since_oldest=self._since_oldest,
            )

    def status(self) -> Status:
        """How the watch is."""
        with self._lock:
            self._fold()
            age_ns = None if self._heard_ns is None else max(0, self._now_ns() - self._heard_ns)
            return Status(
                mode=self.mode,
                state=self._state,
                message=self._message,
                rev=self._rev,
                t_now_ns=self._watch_ns(),
                t_data_ns=self._t_data_ns,
                age_s=None if age_ns is None else age_ns / NS_PER_S,
                is_silent=self._state == "running"
                and (age_ns is None or age_ns > self._silent_after_ns),
                tracks=len(self._rows),
                alerts=len(self._alerts),
                sensors=dict(self._sensors),
                states=dict(self._states),
                registration=dict(self._registration),
            )

    def alerts_after(self, number: int) -> list[Alert]:
        """Every alert with a higher number, in order."""
        with self._lock:
            return self._alerts[max(number, 0) :]

    def trails(self, *, track: int | None = None, most: int | None = None) -> Points:
        """Where tracks have been, see :meth:`Trails.points`."""
        with self._lock:
            self._fold()
            return self._trails.points(track=track, most=most)

    def _watch_ns(self) -> int:
        if self.mode != "replay" or self._t_data_ns is None:
            return self._now_ns()
        if self._state == "ended":
            return self._t_data_ns
        return self._t_data_ns + (self._now_ns() - self._t_data_since_ns)

    def _note_life(self, name: str, life: SensorLife) -> None:
        before = self._sensors.get(name)
        if before is None:
            self._sensors[name] = life
            return
        measured = [t for t in (before.t_data_ns, life.t_data_ns) if t is not None]
        self._sensors[name] = SensorLife(
            reports=before.reports + life.reports,
            t_heard_ns=max(before.t_heard_ns, life.t_heard_ns),
            t_data_ns=max(measured, default=None),
        )

    def _note_incident(self, row: dict[str, Any]) -> None:
        number, track, state = row["incident"], row["track"], row["state"]
        if state == "ended":
            self._affairs.incidents.pop(number, None)
        else:
            bit = ALARM_CONFIRMED if state == "confirmed" else ALARM_SUSPECTED
            self._affairs.incidents[number] = (track, bit)
        self._note_alert("incident", row)

    def _note_warning(self, row: dict[str, Any]) -> None:
        if row["state"] == "cancelled":
            self._affairs.warnings.pop(row["warning"], None)
        else:
            self._affairs.warnings[row["warning"]] = row["track"]
        self._note_alert("warning", row)

    def _note_alert(self, table: Literal["incident", "warning"], row: dict[str, Any]) -> None:
        self._alerts.append(Alert(number=len(self._alerts) + 1, table=table, row=row))

    def _fold(self) -> None:
        """Lay what waits over what is known. The lock is held."""
        if not self._waiting and self._alerts_folded == len(self._alerts):
            return
        self._alerts_folded = len(self._alerts)
        self._rev += 1
        if self._waiting:
            fresh = np.concatenate(self._waiting)
            self._waiting, self._waiting_rows = [], 0
            self._trails.add(fresh)
            self._rows, gone = merge(self._rows, fresh, rev=self._rev)
            self._note_removed(gone)
        self._set_alarms()

    def _note_removed(self, gone: NDArray[np.uint64]) -> None:
        if not len(gone):
            return
        stamp = np.full(len(gone), self._rev, np.uint64)
        self._removed = np.concatenate([self._removed, gone])
        self._removed_rev = np.concatenate([self._removed_rev, stamp])
        surplus = len(self._removed) - _MOST_REMOVED
        if surplus > 0:
            self._since_oldest = int(self._removed_rev[surplus - 1])
            self._removed = self._removed[surplus:]
            self._removed_rev = self._removed_rev[surplus:]

    def _set_alarms(self) -> None:
        """Mark the tracks that incidents and warnings are about."""
        alarmed = self._affairs.alarms()
        due = np.zeros(len(self._rows), np.uint8)
        if alarmed:
            tracks = np.array(list(alarmed), np.uint64)
            place = np.searchsorted(self._rows["track"], tracks)
            for track, alarm, at in zip(tracks, alarmed.values(), place, strict=True):
                # An incident may outlive its track here, or come a batch before it.
                if at < len(due) and self._rows["track"][at] == track:
                    due[at] = alarm
        changed = due != self._rows["alarm"]
        if changed.any():
            self._rows = self._rows.copy()
            self._rows["alarm"] = due
            self._rows["rev"][changed] = self._rev


def _states(status: pa.Table) -> dict[str, str]:
    """Return the newest word of each sensor about its own state."""
    said = zip(status["sensor"].to_pylist(), status["state"].to_pylist(), strict=True)
    return {sensor: state for sensor, state in said if state is not None}


def _biases(registration: pa.Table) -> dict[str, Bias]:
    """Return the newest row of each radar of which something is known."""
    rows = registration.filter(pc.is_valid(registration["rng_bias_m"]))
    at = rows.schema.get_field_index("t_alarm")
    told = rows.set_column(at, "t_alarm", rows["t_alarm"].cast(pa.int64())).drop_columns(["t"])
    return {
        row["sensor"]: Bias(
            rng_m=(row["rng_bias_m"], row["sigma_rng_bias_m"]),
            azm_deg=(row["azm_bias_deg"], row["sigma_azm_bias_deg"]),
            t_s=(row["t_bias_s"], row["sigma_t_bias_s"]),
            t_alarm_ns=row["t_alarm"],
            is_alarmed=row["is_alarmed"],
        )
        for row in told.to_pylist()
    }


def _lives(reports: pa.Table) -> dict[str, SensorLife]:
    """Count the reports of each sensor and find when it was last heard."""
    heard = reports.column("t_heard").cast(pa.int64())
    t_ns = ns_from_column(reports, "t")
    heard_ns = np.where(heard.is_valid().to_numpy(), heard.fill_null(0).to_numpy(), t_ns)
    name = reports.column("sensor").cast(pa.string())
    grouped = pa.table({"sensor": name, "heard": heard_ns, "t": t_ns}).group_by("sensor")
    out = grouped.aggregate([("heard", "max"), ("t", "max"), ("t", "count")]).to_pylist()
    return {
        row["sensor"]: SensorLife(
            reports=row["t_count"], t_heard_ns=row["heard_max"], t_data_ns=row["t_max"]
        )
        for row in out
    }


def _rows_as_json(table: pa.Table) -> list[dict[str, Any]]:
    """INCIDENT or WARNING rows with times that JSON can carry."""
    at_ns = ns_from_column(table, "t").tolist()
    rows: list[dict[str, Any]] = table.drop_columns(["t"]).to_pylist()
    return [
        {
            "t": _iso(t_ns),
            "t_ms": t_ns // 1_000_000,
            # NaN is no JSON; in a float column it says the same as null.
            **{name: _none_for_nan(value) for name, value in row.items()},
        }
        for t_ns, row in zip(at_ns, rows, strict=True)
    ]


def _none_for_nan(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _iso(t_ns: int) -> str:
    at = datetime.fromtimestamp(t_ns // NS_PER_S, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{t_ns % NS_PER_S // 1_000_000:03d}Z"
