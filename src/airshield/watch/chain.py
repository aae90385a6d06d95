"""The chain after the journal: frames in; reports, tracks, incidents and warnings out.

Everything here is a function of the frames and nothing else: no wall clock, no thread, no random
number. The same journal gives the same rows, bit for bit, however the frames are batched; that is
what makes a replay evidence and a crash a restart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from airshield.config import Shield
from airshield.read.reader import Editions
from airshield.track import Tracker
from airshield.warn import Warner
from airshield.watch.notes import Spoken
from airshield.watch.readings import Readings
from airshield.zones import ZoneWatch

State = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainBatch:
    """What one batch of frames led to; each table in the house's schema of that name."""

    reports: pa.Table
    tracks: pa.Table
    incidents: pa.Table
    warnings: pa.Table
    rejects: pa.Table
    status: pa.Table
    registration: pa.Table
    counts: Mapping[str, int]
    unused: Mapping[str, int]
    dropped: Mapping[str, int]


class Chain:
    """Read, track, judge and warn, one batch of journalled frames after the other.

    Parameters
    ----------
    shield : Shield
        Radars, zones, sites and rules.
    date : datetime.date, optional
        The day of the first frames, when it is known better than by the time of hearing: ASTERIX
        counts seconds since midnight and has no date.
    editions : mapping of category, or of (category, SAC, SIC), to edition, optional
        Which ASTERIX edition the sensors speak; the newest where not named.
    """

    def __init__(
        self,
        shield: Shield,
        *,
        date: dt.date | None = None,
        editions: Editions | None = None,
    ) -> None:
        self._reader = Readings(editions=editions, date=date)
        self._tracker = Tracker(
            shield.radars,
            geoid_height_m=shield.geoid_height_m,
            own=[(shield.system.sac, shield.system.sic)] if shield.system else [],
        )
        self._zones = ZoneWatch(
            shield.zones, geoid_height_m=shield.geoid_height_m, settings=shield.zone_settings
        )
        self._warner = Warner(shield.sites, settings=shield.warn_settings)

    @property
    def editions(self) -> Editions:
        """The ASTERIX editions that were given."""
        return self._reader.editions

    @property
    def spoken(self) -> Mapping[str, Spoken]:
        """What each source speaks that does not speak ASTERIX, by the journal's notes so far."""
        return self._reader.spoken

    def registration(self) -> pa.Table:
        """What is known of the radars now: a REGISTRATION row of each."""
        return self._tracker.registration()

    def feed(self, frames: pa.Table) -> ChainBatch:
        """Work through frames in the order of the journal."""
        read = self._reader.feed(frames)
        tracked = self._tracker.feed(read.reports)
        incidents = self._zones.feed(tracked.tracks)
        warnings = self._warner.feed(tracked.tracks, incidents)
        return ChainBatch(
            reports=read.reports,
            tracks=tracked.tracks,
            incidents=incidents,
            warnings=warnings,
            rejects=read.rejects,
            status=read.status,
            registration=tracked.registration,
            counts=read.counts,
            unused=read.unused,
            dropped=tracked.dropped,
        )

    def snapshot(self) -> State:
        """Return the whole state of the chain as named arrays."""
        return {
            f"{room}.{name}": array
            for room, stage in self._stages().items()
            for name, array in stage.snapshot().items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take up what :meth:`snapshot` gave, to go on bit for bit as if never stopped."""
        for room, stage in self._stages().items():
            prefix = f"{room}."
            stage.restore(
                {
                    name.removeprefix(prefix): array
                    for name, array in state.items()
                    if name.startswith(prefix)
                }
            )

    def _stages(self) -> dict[str, Readings | Tracker | ZoneWatch | Warner]:
        return {
            "read": self._reader,
            "track": self._tracker,
            "zones": self._zones,
            "warn": self._warner,
        }
