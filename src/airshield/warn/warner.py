"""The warner: TRACK and INCIDENT rows in, WARNING rows out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.units import NS_PER_S
from airshield.warn import wording
from airshield.warn.approach import approach_of
from airshield.warn.settings import WarnSettings
from airshield.warn.site import Site
from airshield.warn.wording import Sighting

_NOTHING_SAID: Final = -1


@dataclass(slots=True, kw_only=True)
class _Affair:
    """One track and one site. ``warning`` 0 is none yet; instants are -1 where there is none."""

    track: int
    site: int
    n_approaching: int = 0
    warning: int = 0
    incident: int = 0
    t_said: int = _NOTHING_SAID
    t_arrival_said: int = _NOTHING_SAID
    t_away: int = _NOTHING_SAID
    has_arrived: int = 0


class Warner:
    """Tells which sites a confirmed violator approaches.

    Parameters
    ----------
    sites : sequence of Site
        Places to warn.
    settings : WarnSettings
        When a warning is issued, told again and cancelled.

    Notes
    -----
    A warning belongs to a (track, site) pair: people are warned once of one aircraft, however many
    zones it violates. ``incident`` is the oldest confirmed one that still lives; when it ends while
    another lives, the warning is told again with the other's number.

    The outcome depends on the rows and their order alone, never on how they were cut into batches.
    Only measured rows (status ``confirmed``) issue, change or clear a warning; a coasting track is
    a forecast already. A track that ends takes its warnings with it, and the words then say that
    contact was lost, which is no all-clear.
    """

    def __init__(self, sites: Sequence[Site], *, settings: WarnSettings | None = None) -> None:
        self._sites = tuple(sites)
        self._settings = settings or WarnSettings()
        self._lat_deg = np.array([site.lat_deg for site in sites], np.float64)
        self._lon_deg = np.array([site.lon_deg for site in sites], np.float64)
        self._radius_m = np.array([site.radius_m for site in sites], np.float64)
        self._confirmed: dict[int, list[int]] = {}
        self._affairs: dict[tuple[int, int], _Affair] = {}
        self._next_warning = 1

    def feed(self, tracks: pa.Table, incidents: pa.Table) -> pa.Table:
        """Carry rows through the sites.

        Parameters
        ----------
        tracks, incidents : pyarrow.Table
            TRACK rows, and the INCIDENT rows that they caused, each in order: an incident takes
            effect right after the row with its ``track``, ``t`` and ``frame``.

        Returns
        -------
        pyarrow.Table
            WARNING rows in the order of the TRACK rows that caused them, then of the sites.
        """
        out: dict[str, list[Any]] = {name: [] for name in tables.WARNING.names}
        if tracks.num_rows and self._sites:
            waiting = _Incidents(incidents)
            watched = np.fromiter({*self._confirmed, *waiting.tracks}, np.uint64)
            at = np.flatnonzero(np.isin(tracks["track"].to_numpy(), watched))
            rows = tracks.take(pa.array(at))
            for row in _Row.all(rows):
                self._carry(row, waiting.of(row), out)
        return tables.make_table(tables.WARNING, out, rows=len(out["t"]))

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Everything that :meth:`restore` needs to go on exactly here."""
        names = [field.name for field in fields(_Affair)]
        affairs = np.array(
            [astuple(affair) for affair in self._affairs.values()], np.int64
        ).reshape(-1, len(names))
        pairs = [
            (track, incident) for track, known in self._confirmed.items() for incident in known
        ]
        return {
            "affairs": affairs,
            "confirmed": np.array(pairs, np.uint64).reshape(-1, 2),
            "next_warning": np.array([self._next_warning], np.uint64),
            "digest": np.frombuffer(self._digest(), np.uint8),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on where :meth:`snapshot` was taken.

        Raises
        ------
        UsageError
            The snapshot was taken with other sites or settings.
        """
        if state["digest"].tobytes() != self._digest():
            raise UsageError(
                "this snapshot was taken with other sites or settings; replay the journal from its "
                "start instead"
            )
        names = [field.name for field in fields(_Affair)]
        affairs = [
            _Affair(**dict(zip(names, row, strict=True))) for row in state["affairs"].tolist()
        ]
        self._affairs = {(affair.track, affair.site): affair for affair in affairs}
        self._confirmed = {}
        for track, incident in state["confirmed"].tolist():
            self._confirmed.setdefault(track, []).append(incident)
        self._next_warning = int(state["next_warning"][0])

    def _digest(self) -> bytes:
        return hashlib.sha256(repr((self._settings, self._sites)).encode()).digest()

    def _carry(
        self, row: _Row, incidents: list[tuple[int, str, str]], out: dict[str, list[Any]]
    ) -> None:
        """One TRACK row and the incidents it caused."""
        known = self._confirmed.get(row.track, [])
        over = ""
        for incident, state, reason in incidents:
            if state == "confirmed":
                known.append(incident)
            elif state == "ended" and incident in known:
                known.remove(incident)
                over = reason
        if known:
            self._confirmed[row.track] = known
        else:
            self._confirmed.pop(row.track, None)
        if not known and not over:
            return
        approach = approach_of(
            lat_deg=row.lat_deg,
            lon_deg=row.lon_deg,
            vel_east_mps=row.vel_east_mps,
            vel_north_mps=row.vel_north_mps,
            site_lat_deg=self._lat_deg,
            site_lon_deg=self._lon_deg,
            radius_m=self._radius_m,
            min_spd_mps=self._settings.min_spd_mps,
        )
        for i, site in enumerate(self._sites):
            now = Sighting(
                t_ns=row.t_ns,
                site=site,
                mode_s=row.mode_s,
                callsign=row.callsign,
                alt_baro_m=row.alt_baro_m,
                spd_mps=math.hypot(row.vel_east_mps, row.vel_north_mps),
                rng_ground_m=float(approach.rng_ground_m[i]),
                azm_true_deg=float(approach.azm_true_deg[i]) % 360.0,
                rng_closest_m=float(approach.rng_closest_m[i]),
                dt_reach_s=float(approach.dt_reach_s[i]),
            )
            if known:
                self._watch(row, i, now, known[0], out)
            else:
                self._drop(row, i, now, over, out)

    def _drop(self, row: _Row, i: int, now: Sighting, over: str, out: dict[str, list[Any]]) -> None:
        """The track violates nothing any more."""
        affair = self._affairs.pop((row.track, i), None)
        if affair is None or not affair.warning:
            return
        lost = row.status == "ended"
        text = wording.contact_lost(now) if lost else wording.violation_over(now, over)
        _say(out, row, affair, "cancelled", now, text)

    def _watch(
        self, row: _Row, i: int, now: Sighting, incident: int, out: dict[str, list[Any]]
    ) -> None:
        """The track violates a zone: does it approach this site?"""
        affair = self._affairs.setdefault((row.track, i), _Affair(track=row.track, site=i))
        measured = row.status == "confirmed"
        if not affair.warning:
            if measured and self._is_due(affair, now):
                affair.warning = self._next_warning
                self._next_warning += 1
                affair.incident = incident
                self._tell(row, affair, "issued", now, wording.issued, out)
            return
        moved_on = affair.incident != incident
        affair.incident = incident
        if measured and self._has_turned_away(affair, now):
            _say(out, row, affair, "cancelled", now, wording.turned_away(now))
            self._affairs[row.track, i] = _Affair(track=row.track, site=i)
        elif moved_on or (measured and self._is_news(affair, now)):
            self._tell(row, affair, "updated", now, wording.updated, out)

    def _is_due(self, affair: _Affair, now: Sighting) -> bool:
        """Whether to issue: inside the radius, or seen approaching in time often enough."""
        if now.dt_reach_s == 0.0:
            return True
        in_time = now.dt_reach_s <= now.site.warning_s + self._settings.lead_s
        affair.n_approaching = affair.n_approaching + 1 if in_time else 0
        return affair.n_approaching >= self._settings.issue_updates

    def _has_turned_away(self, affair: _Affair, now: Sighting) -> bool:
        """Whether it has flown clear of the site for long enough; an unknown course never has."""
        if not now.rng_closest_m > now.site.radius_m + self._settings.clear_m:
            affair.t_away = _NOTHING_SAID
            return False
        if affair.t_away == _NOTHING_SAID:
            affair.t_away = now.t_ns
        return now.t_ns - affair.t_away >= self._settings.cancel_s * NS_PER_S

    def _is_news(self, affair: _Affair, now: Sighting) -> bool:
        """Whether people must hear again."""
        if math.isnan(now.dt_reach_s):
            return False
        if now.dt_reach_s == 0.0:
            return not affair.has_arrived
        if now.t_ns - affair.t_said < self._settings.min_update_s * NS_PER_S:
            return False
        if affair.t_arrival_said == _NOTHING_SAID or affair.has_arrived:
            return True
        moved_s = abs(_arrival_ns(now) - affair.t_arrival_said) / NS_PER_S
        return moved_s > max(self._settings.update_s, self._settings.update_share * now.dt_reach_s)

    def _tell(
        self,
        row: _Row,
        affair: _Affair,
        state: str,
        now: Sighting,
        word: Callable[[Sighting], str],
        out: dict[str, list[Any]],
    ) -> None:
        """Say it, and remember what was said."""
        affair.t_said = now.t_ns
        reaches = not math.isnan(now.dt_reach_s)
        affair.t_arrival_said = _arrival_ns(now) if reaches else _NOTHING_SAID
        affair.has_arrived = int(now.dt_reach_s == 0.0)
        _say(out, row, affair, state, now, word(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One TRACK row, as far as a warning needs it."""

    t_ns: int
    track: int
    status: str
    lat_deg: float
    lon_deg: float
    vel_east_mps: float
    vel_north_mps: float
    alt_baro_m: float
    mode_s: int | None
    callsign: str | None
    frame: int

    @classmethod
    def all(cls, table: pa.Table) -> list[_Row]:
        """Every row of a TRACK table."""
        columns = [
            table["t"].cast(pa.int64()).to_pylist(),
            *(table[name].to_pylist() for name in ("track", "status", "lat_deg", "lon_deg")),
            *(table[name].to_pylist() for name in ("vel_east_mps", "vel_north_mps")),
            [math.nan if alt is None else alt for alt in table["alt_baro_m"].to_pylist()],
            *(table[name].to_pylist() for name in ("mode_s", "callsign", "frame")),
        ]
        names = [field.name for field in fields(cls)]
        return [cls(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]


class _Incidents:
    """INCIDENT rows waiting for the TRACK row that caused them."""

    def __init__(self, table: pa.Table) -> None:
        t_ns = table["t"].cast(pa.int64()).to_pylist()
        columns = [table[name].to_pylist() for name in ("track", "frame")]
        self._keys = list(zip(t_ns, *columns, strict=True))
        facts = [table[name].to_pylist() for name in ("incident", "state", "reason")]
        self._facts: list[tuple[int, str, str]] = list(zip(*facts, strict=True))
        self._next = 0
        self.tracks = set(columns[0])

    def of(self, row: _Row) -> list[tuple[int, str, str]]:
        """Incident, state and reason of what this row caused; takes them off the queue."""
        start = self._next
        key = (row.t_ns, row.track, row.frame)
        while self._next < len(self._keys) and self._keys[self._next] == key:
            self._next += 1
        return self._facts[start : self._next]


def _arrival_ns(now: Sighting) -> int:
    return now.t_ns + round(now.dt_reach_s * NS_PER_S)


def _say(
    out: dict[str, list[Any]], row: _Row, affair: _Affair, state: str, now: Sighting, text: str
) -> None:
    """Append one WARNING row."""
    figures: dict[str, Any] = {
        "t": row.t_ns,
        "warning": affair.warning,
        "state": state,
        "site": now.site.name,
        "incident": affair.incident,
        "track": row.track,
        "rng_ground_m": now.rng_ground_m,
        "azm_true_deg": now.azm_true_deg,
        "rng_closest_m": now.rng_closest_m,
        "dt_reach_s": now.dt_reach_s,
        "spd_mps": now.spd_mps,
        "alt_baro_m": now.alt_baro_m,
        "text": text,
        "frame": row.frame,
    }
    for name, value in figures.items():
        out[name].append(value)
