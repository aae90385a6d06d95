"""The zone watch: TRACK rows in, INCIDENT rows out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.units import NS_PER_S
from airshield.zones import _kernels as k
from airshield.zones.borders import volumes_of
from airshield.zones.permits import Permits, permit_of
from airshield.zones.reasons import Change, reason_of
from airshield.zones.schedule import is_active
from airshield.zones.settings import ZoneSettings
from airshield.zones.zone import Zone

_ROOM: Final = 256
"""Affairs and events for which there is room at first; it doubles when the kernel asks."""
_BARO: Final = tables.HEIGHT_BASES.index("baro")
_NO_INCIDENTS: Final = tables.empty(tables.INCIDENT)


class ZoneWatch:
    """Follows every (track, zone) affair from suspicion to its end.

    Parameters
    ----------
    zones : sequence of Zone
        Zones of kind ``warning`` are shown elsewhere and never violated; they are left out here.
    geoid_height_m : float
        Mean sea level above the WGS-84 ellipsoid over the area [m].
    settings : ZoneSettings
        When an affair is opened, confirmed and ended.

    Notes
    -----
    The outcome depends on the rows and their order alone, never on how they were cut into
    batches. Everything happens at the tracks' own time.

    A row counts as evidence only when its status is ``confirmed``: a tentative track opens nothing,
    since false tracks would fill the list, and a coasting one is a forecast, not a measurement.
    """

    def __init__(
        self,
        zones: Sequence[Zone],
        *,
        geoid_height_m: float,
        settings: ZoneSettings | None = None,
    ) -> None:
        self._zones = tuple(zone for zone in zones if zone.kind != "warning")
        self._geoid_height_m = geoid_height_m
        self._settings = settings or ZoneSettings()
        self._volumes, self._edges = volumes_of(self._zones, geoid_height_m=geoid_height_m)
        self._rules = _rules(self._settings)
        self._permits = Permits(self._zones)
        self._affairs = np.zeros(0, k.AFFAIR)
        self._next_incident = 1

    def feed(self, tracks: pa.Table) -> pa.Table:
        """Carry TRACK rows through the zones.

        Parameters
        ----------
        tracks : pyarrow.Table
            TRACK rows, in the order of their publication.

        Returns
        -------
        pyarrow.Table
            INCIDENT rows, in the order of the TRACK rows that caused them; ``t``, ``track`` and
            ``frame`` of each are those of its cause. Within one cause, in the order of the zones.
        """
        if tracks.num_rows == 0 or not self._zones:
            return _NO_INCIDENTS
        tracks = tables.concat(tables.TRACK, [tracks])
        rows, heads, affairs = self._prepare(tracks)
        active, permit = self._rights(tracks, rows)
        n_affairs = self._affairs.size
        found: list[NDArray[np.void]] = []
        events = np.zeros(max(_ROOM, 2 * len(self._zones)), k.EVENT)
        row = 0
        while row < tracks.num_rows:
            reached, n_affairs, n_events, self._next_incident = k.watch_rows(
                row,
                rows,
                active,
                permit,
                self._volumes,
                self._edges,
                self._rules,
                heads,
                affairs,
                n_affairs,
                self._next_incident,
                events,
            )
            found.append(events[:n_events].copy())
            if affairs.size - n_affairs < len(self._zones):
                affairs = np.concatenate([affairs, np.zeros_like(affairs)])
            row = reached
        used = affairs[:n_affairs]
        self._affairs = used[used["state"] != k.OVER]
        return self._table(tracks, rows, np.concatenate(found))

    def snapshot(self) -> dict[str, NDArray[Any]]:
        """Everything that :meth:`restore` needs to go on exactly here."""
        columns = {name: self._affairs[name].copy() for name in k.AFFAIR.names or ()}
        return {
            **{name: column for name, column in columns.items() if name != "next"},
            "next_incident": np.array([self._next_incident], np.uint64),
            "digest": np.frombuffer(self._digest(), np.uint8),
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on where :meth:`snapshot` was taken.

        Raises
        ------
        UsageError
            The snapshot was taken with other zones or settings.
        """
        if state["digest"].tobytes() != self._digest():
            raise UsageError(
                "this snapshot was taken with other zones or settings; replay the journal from its "
                "start instead"
            )
        affairs = np.zeros(state["incident"].size, k.AFFAIR)
        for name in k.AFFAIR.names or ():
            if name in state:
                affairs[name] = state[name]
        self._affairs = affairs
        self._next_incident = int(state["next_incident"][0])

    def _digest(self) -> bytes:
        digest = hashlib.sha256(repr((self._settings, self._geoid_height_m)).encode())
        for zone in self._zones:
            digest.update(zone.area.wkb)
            listed = (sorted(zone.permits_mode_s), zone.permits_callsign)
            parts = (zone.name, zone.kind, zone.floor, zone.ceiling, zone.ground_msl_m)
            digest.update(repr((*parts, zone.schedule, *listed)).encode())
        return digest.digest()

    def _prepare(
        self, tracks: pa.Table
    ) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.void]]:
        """Rows for the kernel, each track's first affair, and the affairs with room to grow."""
        number = _numbers(tracks, "track", np.uint64)
        names, slot = np.unique(number, return_inverse=True)
        affairs = np.zeros(max(_ROOM, 2 * (self._affairs.size + len(self._zones))), k.AFFAIR)
        affairs[: self._affairs.size] = self._affairs
        heads = _chain(affairs[: self._affairs.size], names)
        rows = np.zeros(tracks.num_rows, k.ROW)
        rows["slot"] = slot
        rows["track"] = number
        rows["t_ns"] = _numbers(tracks, "t", np.int64)
        rows["status"] = _places(tracks, "status", tables.TRACK_STATUSES)
        rows["lat"] = np.radians(_numbers(tracks, "lat_deg", np.float64))
        rows["lon"] = np.radians(_numbers(tracks, "lon_deg", np.float64))
        rows["pressure_m"], rows["msl_m"] = self._heights(tracks)
        cov = _covariances(tracks)
        for name, place in (("ee_m2", 0), ("en_m2", 1), ("nn_m2", 3), ("uu_m2", 5)):
            rows[name] = cov[:, place]
        return rows, heads, affairs

    def _rights(
        self, tracks: pa.Table, rows: NDArray[np.void]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Shape (rows, zones) each: whether the zone is active then, and the aircraft permitted."""
        active = [is_active(zone.schedule, rows["t_ns"]) for zone in self._zones]
        permit = self._permits.matrix(tracks["mode_s"].to_pylist(), tracks["callsign"].to_pylist())
        return np.stack(active, axis=1).astype(np.uint8), permit

    def _heights(self, tracks: pa.Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pressure altitude and true height above mean sea level, NaN where unknown.

        A height above the ellipsoid that rests on pressure is no true height: it stays a pressure
        altitude.
        """
        basis = _places(tracks, "height_basis", tables.HEIGHT_BASES)
        above_sea_m = _numbers(tracks, "alt_hae_m", np.float64) - self._geoid_height_m
        pressure_m = _numbers(tracks, "alt_baro_m", np.float64)
        pressure_m = np.where(np.isnan(pressure_m) & (basis == _BARO), above_sea_m, pressure_m)
        return pressure_m, np.where(basis > _BARO, above_sea_m, np.nan)

    def _table(
        self, tracks: pa.Table, rows: NDArray[np.void], events: NDArray[np.void]
    ) -> pa.Table:
        if not events.size:
            return _NO_INCIDENTS
        at = events["row"]
        caused = tracks.take(pa.array(at))
        names = [zone.name for zone in self._zones]
        same = (
            *("t", "track", "lat_deg", "lon_deg", "alt_hae_m", "alt_baro_m", "height_basis"),
            *("mode_s", "mode_3a", "callsign", "frame"),
        )
        columns: dict[str, Any] = {name: caused[name] for name in same}
        columns["incident"] = events["incident"]
        columns["state"] = tables.words(events["state"], tables.INCIDENT_STATES)
        columns["zone"] = tables.words(events["zone"], names)
        columns["depth_m"] = events["depth_m"]
        columns["sigma_pos_m"] = events["sigma_m"]
        identities = zip(caused["mode_s"].to_pylist(), caused["callsign"].to_pylist(), strict=True)
        columns["reason"] = [
            self._reason(event, rows, *identity)
            for event, identity in zip(events, identities, strict=True)
        ]
        return tables.make_table(tables.INCIDENT, columns, rows=events.size)

    def _reason(
        self, event: np.void, rows: NDArray[np.void], mode_s: int | None, callsign: str | None
    ) -> str:
        zone = self._zones[event["zone"]]
        corridor = int(event["corridor"])
        change = Change(
            zone=zone,
            corridor=self._zones[corridor] if corridor >= 0 else None,
            was=int(event["was"]),
            state=int(event["state"]),
            cause=int(event["cause"]),
            score=int(event["score"]),
            depth_m=float(event["depth_m"]),
            sigma_m=float(event["sigma_m"]),
            rise_m=float(event["rise_m"]),
            dwell_s=float(event["dwell_s"]),
            dwell_n=int(event["dwell_n"]),
            alt_baro_m=float(rows["pressure_m"][event["row"]]),
            msl_m=float(rows["msl_m"][event["row"]]),
            permit=permit_of(zone, mode_s, callsign),
        )
        return reason_of(change, self._settings)


def _chain(affairs: NDArray[np.void], tracks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Link the affairs of each track, and give the first of each; -1 is none.

    ``tracks`` are the batch's, sorted; affairs of others stay out of the chains.
    """
    heads = np.full(tracks.size, -1, np.int64)
    slot = np.searchsorted(tracks, affairs["track"])
    here = np.flatnonzero(tracks[np.minimum(slot, tracks.size - 1)] == affairs["track"])
    here = here[np.argsort(slot[here], kind="stable")]
    slot = slot[here]
    before = np.concatenate([[-1], here[:-1]])
    is_first = np.concatenate([[True], slot[1:] != slot[:-1]])[: here.size]
    affairs["next"][here] = np.where(is_first, -1, before[: here.size])
    is_last = np.concatenate([slot[1:] != slot[:-1], [True]])[: here.size]
    heads[slot[is_last]] = here[is_last]
    return heads


def _rules(settings: ZoneSettings) -> k.Rules:
    return k.Rules(
        sure=float(settings.sure_sigmas),
        likely=float(settings.likely_sigmas),
        confirm_ns=round(settings.confirm_s * NS_PER_S),
        confirm_n=settings.confirm_updates,
        end_ns=round(settings.end_s * NS_PER_S),
        end_n=settings.end_updates,
        margin_m=float(settings.margin_m),
        margin_up_m=float(settings.margin_up_m),
        tol_qnh_m=float(settings.tol_qnh_m),
        tol_baro_m=float(settings.tol_baro_m),
    )


def _numbers(table: pa.Table, name: str, kind: Any) -> NDArray[Any]:
    """A column as NumPy: null becomes NaN, times become nanoseconds."""
    column = table[name]
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return np.ascontiguousarray(column.to_numpy(), dtype=kind)


def _places(table: pa.Table, name: str, known: Sequence[str]) -> NDArray[np.int64]:
    """A word column as places in the list of the words there are."""
    found = pc.index_in(table[name].cast(pa.string()), pa.array(known, pa.string()))
    return np.ascontiguousarray(found.to_numpy(), dtype=np.int64)


def _covariances(table: pa.Table) -> NDArray[np.float64]:
    flat = table["cov_m2"].combine_chunks().flatten()
    values = np.ascontiguousarray(flat.to_numpy(zero_copy_only=False), dtype=np.float64)
    return values.reshape(-1, 6)
