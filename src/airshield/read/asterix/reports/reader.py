"""The reader of reports: decodes, converts by category, gives times, joins by arrival."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield import tables
from airshield.errors import UsageError
from airshield.geo import Origin, ecef_from_enu, geodetic_from_ecef
from airshield.read.asterix.clock import (
    UNKNOWN_NS,
    DayClock,
    complete_tod_ns,
    is_time_of_day,
)
from airshield.read.asterix.decode import Cut, cut_blocks, decode
from airshield.read.asterix.reports import (
    adsb,
    mlat,
    plots,
    radar_status,
    station_status,
    tracker_status,
    tracks,
)
from airshield.read.asterix.reports.memory import LastWords
from airshield.read.asterix.reports.projection import place_in_plane
from airshield.read.asterix.reports.rows import B1, I8, Columns, Rows, off_the_globe
from airshield.read.asterix.reports.words import MESSAGES
from airshield.read.asterix.spec import editions as known_editions
from airshield.read.asterix.spec import find_spec
from airshield.read.reader import Editions, ReportBatch
from airshield.tables import REPORT_KINDS, SENSOR_STATES
from airshield.units import NS_PER_DAY, NS_PER_S

_COLUMNS: Final[Mapping[int, tuple[str, ...]]] = {
    1: plots.COLUMNS_001,
    2: radar_status.COLUMNS_002,
    10: mlat.COLUMNS_010,
    19: station_status.COLUMNS_019,
    20: mlat.COLUMNS_020,
    21: adsb.COLUMNS_021,
    23: station_status.COLUMNS_023,
    25: station_status.COLUMNS_025,
    34: radar_status.COLUMNS_034,
    48: plots.COLUMNS_048,
    62: tracks.COLUMNS_062,
    63: tracker_status.COLUMNS_063,
    65: tracker_status.COLUMNS_065,
}

_CONVERTERS: Final[Mapping[int, Callable[[Columns], Rows]]] = {
    1: plots.old_plots,
    2: radar_status.old_radar_status,
    10: mlat.surface,
    19: station_status.multilateration_status,
    20: mlat.multilateration,
    21: adsb.adsb,
    23: station_status.ground_station_status,
    25: station_status.system_status,
    34: radar_status.radar_status,
    48: plots.plots,
    62: tracks.system_tracks,
    63: tracker_status.sensor_status,
    65: tracker_status.tracker_status,
}

CATEGORIES: Final = tuple(_COLUMNS)
"""The categories that are read here; blocks of others are counted."""

_NO_REPORTS: Final = tables.empty(tables.REPORT)
_NO_STATUS: Final = tables.empty(tables.SENSOR_STATUS)


class ReportReader:
    """Frames in the order of the journal to REPORT and SENSOR_STATUS rows; keeps the day.

    The rows do not depend on how the frames are batched.

    Parameters
    ----------
    editions : mapping of category, or of (category, SAC, SIC), to edition, optional
        Such as ``{21: "0.23"}``. The newest by default.
    date : datetime.date, optional
        Day of the first record, in place of the day on which frames were heard.
    reference_points : mapping of sensor to Origin, optional
        Where the x and y of a surface sensor begin: ``{"0/107": Origin(...)}``.

    Raises
    ------
    UsageError
        There is no such edition.
    """

    def __init__(
        self,
        editions: Editions | None = None,
        date: dt.date | None = None,
        *,
        reference_points: Mapping[str, Origin] | None = None,
    ) -> None:
        self._editions = dict(editions or {})
        self._columns = _columns_of(self._editions)
        self._clock = DayClock(date)
        self._radar_clocks = LastWords("radar_clock", np.full(2, UNKNOWN_NS, np.int64))
        self._references = LastWords("reference", np.full(3, np.nan))
        for sensor, origin in (reference_points or {}).items():
            sac, sic = map(int, sensor.split("/"))
            place = np.array([origin.lat_deg, origin.lon_deg, origin.hae_m])
            self._references.tell(sac * 256 + sic, place)

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read frames.

        Raises
        ------
        UsageError
            Neither the frames nor a ``date`` say on which day this happened.
        """
        decoded = decode(
            frames, editions=self._editions, columns=self._columns, categories=CATEGORIES
        )
        parts = [
            _CONVERTERS[category](Columns(table.combine_chunks()))
            for (category, _), table in decoded.tables.items()
            if table.num_rows
        ]
        counts = Counter({f"CAT{c:03d} blocks": n for c, n in decoded.blocks.items()})
        counts.update({f"CAT{c:03d} records": n for c, n in decoded.records.items()})
        if not parts:
            return ReportBatch(
                reports=_NO_REPORTS,
                status=_NO_STATUS,
                rejects=decoded.rejects,
                counts=counts,
                unused={},
            )
        place = _Place.of(frames, parts)
        for part, rows in place.of_parts(parts):
            if part.is_truncated:
                _fill_from_block(part, frames, place.frame_row[rows], place.offset[rows])
        source = np.concatenate([_source(part) for part in parts])
        incomplete = self._complete_times(parts, place, source)
        self._set_times(parts, place, incomplete)
        self._place_from_plane(parts, place, source)
        for part in parts:
            nameless = (_source(part) < 0) & ~_any(part.unused, part.size)
            part.unused[f"{part.category:03d}: no data source"] = nameless

        wrong = _masks([part.wrong for part in parts], parts)
        unused = _masks([part.unused for part in parts], parts)
        is_wrong = _any(wrong, place.size)
        reasons = {why: int((mask & ~is_wrong).sum()) for why, mask in unused.items()}
        kept = place.order[~(is_wrong | _any(unused, place.size))[place.order]]
        return ReportBatch(
            reports=_reports(parts, place, source, kept),
            status=_statuses(parts, place, source, is_wrong),
            rejects=_with_impossible(decoded.rejects, frames, parts, place, wrong),
            counts=counts,
            unused={why: count for why, count in reasons.items() if count},
        )

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state, for :meth:`restore`."""
        return {
            **self._clock.snapshot(),
            **self._radar_clocks.snapshot(),
            **self._references.snapshot(),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._clock.restore(state)
        self._radar_clocks.restore(state)
        self._references.restore(state)

    def _complete_times(self, parts: list[Rows], place: _Place, source: I8) -> B1:
        """Complete the truncated times of CAT001; tell where nothing completes them.

        The reference is the time that the same radar told last (I002/030), moved on by the time
        that has passed at the receiver since; without one, the time of hearing.
        """
        incomplete = np.zeros(place.size, np.bool_)
        if not any(part.is_truncated or part.tells_time for part in parts):
            return incomplete
        tod_s = np.concatenate([part.tod_s for part in parts])
        asks = place.mask(parts, lambda part: part.is_truncated) & ~np.isnan(tod_s)
        tells = place.mask(parts, lambda part: part.tells_time)
        tells &= ~np.isnan(tod_s) & is_time_of_day(tod_s) & (source >= 0)
        asking = np.flatnonzero(asks)
        telling = place.order[tells[place.order]]
        told_ns = np.rint(tod_s[telling] * NS_PER_S).astype(np.int64)
        last = self._radar_clocks.recall(
            source[asking],
            place.rank[asking],
            told=source[telling],
            told_at=place.rank[telling],
            words=np.stack([told_ns, place.heard_ns[telling]], axis=1),
        )
        heard_ns = place.heard_ns[asking]
        by_radar, by_ear = last[:, 0] != UNKNOWN_NS, heard_ns != UNKNOWN_NS
        since = by_ear & (last[:, 1] != UNKNOWN_NS)
        passed_ns = np.where(since, heard_ns - last[:, 1], 0)
        reference_ns = np.where(by_radar, last[:, 0] + passed_ns, heard_ns) % NS_PER_DAY
        truncated_ns = np.rint(tod_s[asking] * NS_PER_S).astype(np.int64)
        tod_s[asking] = complete_tod_ns(truncated_ns, reference_ns) / NS_PER_S
        incomplete[asking] = ~(by_radar | by_ear)
        for part, rows in place.of_parts(parts):
            if part.is_truncated:
                part.tod_s = tod_s[rows]
        return incomplete

    def _set_times(self, parts: list[Rows], place: _Place, incomplete: B1) -> None:
        """Give every record its day."""
        tod_s = np.concatenate([part.tod_s for part in parts])
        possible = is_time_of_day(tod_s)
        timely = possible & ~incomplete
        # A record whose own time cannot be is rejected, and yet says when something was heard.
        told_s = np.where(timely, tod_s, np.nan)[place.order]
        times = np.empty(place.size, np.int64)
        times[place.order] = self._clock.times_ns(told_s, place.heard_ns[place.order])
        times[~timely] = UNKNOWN_NS
        unknown = timely & (times == UNKNOWN_NS)
        if (
            unknown.any()
            and not (times != UNKNOWN_NS).any()
            and (place.heard_ns == UNKNOWN_NS).all()
        ):
            raise UsageError(
                "these frames do not say on which day they were heard; give the day of the first "
                "(--date YYYY-MM-DD, date=)"
            )
        place.times_ns = times
        for part, rows in place.of_parts(parts):
            part.wrong["a time of day past the end of the day"] = ~possible[rows]
            part.wrong["no time of day, and none heard before it"] = unknown[rows]
            if part.is_truncated:
                part.wrong["a truncated time of day that nothing completes"] = incomplete[rows]

    def _place_from_plane(self, parts: list[Rows], place: _Place, source: I8) -> None:
        """Give records that only have x and y a WGS-84 place, where their origin is told."""
        if not any(part.plane_m is not None or part.reference is not None for part in parts):
            return
        none = np.full(place.size, np.nan)
        told = [none.copy() for _ in range(3)]
        for part, rows in place.of_parts(parts):
            if part.reference is not None:
                for values, column in zip(told, part.reference, strict=True):
                    values[rows] = column
        tells = (np.abs(told[0]) <= 90.0) & (np.abs(told[1]) <= 180.0) & (source >= 0)
        telling = place.order[tells[place.order]]
        asks = np.zeros(place.size, np.bool_)
        for part, rows in place.of_parts(parts):
            if part.plane_m is not None:
                asks[rows] = ~np.isnan(part.plane_m[0]) & ~_any(part.unused, part.size)
        asking = np.flatnonzero(asks)
        last = self._references.recall(
            source[asking],
            place.rank[asking],
            told=source[telling],
            told_at=place.rank[telling],
            words=np.stack([values[telling] for values in told], axis=1),
        )
        found = np.full((place.size, 3), np.nan)
        found[asking] = last
        for part, rows in place.of_parts(parts):
            if part.plane_m is not None:
                _put_on_earth(part, found[rows], asks[rows])


class _Place:
    """Where each record of all parts stood, parts one after the other.

    ``order`` holds the indices of the records in order of arrival and ``rank`` the place of each
    record in it; ``times_ns`` is when each happened.
    """

    def __init__(self, frame_row: I8, offset: I8, heard_ns: I8, parts: list[Rows]) -> None:
        self.frame_row, self.offset = frame_row, offset
        self.heard_ns = heard_ns[frame_row]
        self.order = np.lexsort((offset, frame_row))
        self.size = int(frame_row.size)
        self.rank = np.empty(self.size, np.int64)
        self.rank[self.order] = np.arange(self.size)
        self.times_ns = np.full(self.size, UNKNOWN_NS, np.int64)
        stops = np.cumsum([part.size for part in parts]).tolist()
        self._rows = [
            slice(stop - part.size, stop) for part, stop in zip(parts, stops, strict=True)
        ]

    @classmethod
    def of(cls, frames: pa.Table, parts: list[Rows]) -> _Place:
        numbers = frames["frame"].to_numpy()
        frame = np.concatenate([part.table["frame"].to_numpy() for part in parts])
        by_number = np.argsort(numbers, kind="stable")
        frame_row = by_number[np.searchsorted(numbers, frame, sorter=by_number)]
        offset = np.concatenate([part.table["offset"].to_numpy() for part in parts])
        heard = frames["t_heard"].cast(pa.int64()).fill_null(UNKNOWN_NS).to_numpy()
        return cls(frame_row, offset.astype(np.int64), heard, parts)

    def of_parts(self, parts: list[Rows]) -> list[tuple[Rows, slice]]:
        """Return the parts with the rows of each."""
        return list(zip(parts, self._rows, strict=True))

    def mask(self, parts: list[Rows], holds: Callable[[Rows], bool]) -> B1:
        """Return the records of the parts for which something holds."""
        out = np.zeros(self.size, np.bool_)
        for part, rows in self.of_parts(parts):
            out[rows] = holds(part)
        return out


def _columns_of(editions: Editions) -> tuple[str, ...]:
    """Return the columns to decode: those that an edition which may come has."""
    newest = {category: known_editions()[category][-1] for category in CATEGORIES}
    spoken = {(c, edition) for c, edition in newest.items() if c not in editions}
    for key, edition in editions.items():
        spoken.add((key if isinstance(key, int) else key[0], edition))
    wanted: set[str] = set()
    for category, edition in spoken:
        leaves = find_spec(category, edition).leaves
        wanted.update(name for name in _COLUMNS.get(category, ()) if name in leaves)
    return tuple(sorted(wanted))


def _source(part: Rows) -> I8:
    """Return SAC times 256 plus SIC, -1 where the record names none."""
    return np.where((part.sac < 0) | (part.sic < 0), -1, part.sac * 256 + part.sic)


def _fill_from_block(part: Rows, frames: pa.Table, frame_row: I8, offset: I8) -> None:
    """Give records that do not say who or when what the last record of their block said."""
    unsaid = (part.sac < 0, part.sic < 0, np.isnan(part.tod_s))
    if not np.any(unsaid):
        return
    cut = _blocks(frames)
    at = cut.frame_first[frame_row] + offset
    block = np.searchsorted(cut.start, at, side="right")
    order = np.argsort(at)
    begins = np.flatnonzero(np.diff(block[order], prepend=-1))
    first = np.repeat(begins, np.diff(begins, append=order.size))
    for name, missing in zip(("sac", "sic", "tod_s"), unsaid, strict=True):
        values = getattr(part, name)[order]
        said = np.where(missing[order], -1, np.arange(order.size))
        latest = np.maximum.accumulate(said)
        told = latest >= first
        values[told] = values[latest[told]]
        filled = np.empty_like(values)
        filled[order] = values
        setattr(part, name, filled)


def _put_on_earth(part: Rows, reference: NDArray[np.float64], asks: B1) -> None:
    """Turn x and y from a reference point into latitude and longitude."""
    assert part.plane_m is not None
    lat_deg, lon_deg = part.values["lat_deg"], part.values["lon_deg"]
    placed = asks & ~np.isnan(reference[:, 0])
    for place in np.unique(reference[placed], axis=0):
        here = placed & (reference == place).all(axis=1)
        enu_m = np.stack([axis[here] for axis in part.plane_m], axis=1)
        if part.is_projected:  # onto the earth model: the height of the radar is not in it
            lat_deg[here], lon_deg[here] = place_in_plane(place[0], place[1], *enu_m.T[:2])
            continue
        origin = Origin(lat_deg=place[0], lon_deg=place[1], hae_m=place[2])
        lat_deg[here], lon_deg[here], _ = geodetic_from_ecef(ecef_from_enu(enu_m, origin))
    lon_deg[lon_deg == 180.0] = -180.0
    part.unused[f"{part.category:03d}: a place from a point that is not told"] = asks & ~placed
    part.wrong |= off_the_globe(lat_deg, lon_deg)


def _masks(named: list[dict[str, B1]], parts: list[Rows]) -> dict[str, B1]:
    """Join masks by name over the records of all parts."""
    names = [name for masks in named for name in masks]
    return {
        name: np.concatenate(
            [
                masks.get(name, np.zeros(part.size, np.bool_))
                for masks, part in zip(named, parts, strict=True)
            ]
        )
        for name in dict.fromkeys(names)
    }


def _any(masks: Mapping[str, B1], size: int) -> B1:
    out = np.zeros(size, np.bool_)
    for mask in masks.values():
        out |= mask
    return out


def _sensors(source: I8) -> pa.DictionaryArray:
    """Name sources as tables do: 'SAC/SIC'."""
    sensors, codes = np.unique(source, return_inverse=True)
    names = [f"{sensor // 256}/{sensor % 256}" for sensor in sensors.tolist()]
    return tables.words(codes.astype(np.int32), names)


def _times(times_ns: I8) -> pa.Array:
    return pa.array(times_ns, tables.TIME, mask=times_ns == UNKNOWN_NS)


def _reports(parts: list[Rows], place: _Place, source: I8, kept: I8) -> pa.Table:
    """Make the REPORT rows ``kept`` of the records of all parts."""
    if not kept.size:
        return _NO_REPORTS
    columns: dict[str, Any] = {}
    for schema_field in tables.REPORT:
        name = schema_field.name
        if name != "kind" and any(name in part.values for part in parts):
            joined = [_column(part, schema_field) for part in parts]
            columns[name] = _taken(joined, schema_field, kept)
    none = np.zeros(0, np.int64)
    kinds = np.concatenate([part.values.get("kind", np.full(part.size, -1)) for part in parts])
    frame = np.concatenate([none, *(part.table["frame"].to_numpy() for part in parts)])
    return tables.make_table(
        tables.REPORT,
        {
            **columns,
            "t": pa.array(place.times_ns[kept], tables.TIME),
            "t_heard": _times(place.heard_ns[kept]),
            "sensor": _sensors(source[kept]),
            "kind": tables.words(kinds[kept].astype(np.int32), REPORT_KINDS),
            "frame": frame[kept],
        },
        rows=kept.size,
    )


def _statuses(parts: list[Rows], place: _Place, source: I8, is_wrong: B1) -> pa.Table:
    """Make the SENSOR_STATUS rows of the service messages of all parts."""
    found = [(part.status, rows) for part, rows in place.of_parts(parts) if part.status is not None]
    says = np.zeros(place.size, np.bool_)
    for told, rows in found:
        says[rows] = told.says
    says &= ~is_wrong & (source >= 0)
    kept = place.order[says[place.order]]
    if not kept.size:
        return _NO_STATUS
    # Where each kept record stands among those of the parts that have service messages.
    index = np.empty(place.size, np.int64)
    start = 0
    for told, rows in found:
        index[rows] = np.arange(start, start + told.says.size)
        start += told.says.size
    at = index[kept]

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(told, name) for told, _ in found])[at]

    def told_or_null(name: str) -> pa.Array:
        values = joined(name)
        return pa.array(values == 1, pa.bool_(), mask=values < 0)

    texts = [text for told, _ in found for text in told.text]
    state = joined("state")
    frame = np.concatenate([part.table["frame"].to_numpy() for part in parts])
    return tables.make_table(
        tables.SENSOR_STATUS,
        {
            "t": pa.array(place.times_ns[kept], tables.TIME),
            "t_heard": _times(place.heard_ns[kept]),
            "sensor": _sensors(source[kept]),
            "message": tables.words(joined("message").astype(np.int32), MESSAGES),
            "state": pa.DictionaryArray.from_arrays(
                pa.array(state.astype(np.int32), mask=state < 0), pa.array(SENSOR_STATES)
            ),
            "azm_true_deg": joined("azm_true_deg"),
            "dt_antenna_s": joined("dt_antenna_s"),
            "is_overloaded": told_or_null("is_overloaded"),
            "is_time_valid": told_or_null("is_time_valid"),
            "text": pa.array([texts[k] for k in at.tolist()], pa.string()),
            "frame": frame[kept],
        },
        rows=kept.size,
    )


def _column(part: Rows, schema_field: pa.Field) -> Any:
    """Return a part's values for a column, or as many unknown ones."""
    if schema_field.name in part.values:
        return part.values[schema_field.name]
    if pa.types.is_string(schema_field.type):
        return pa.nulls(part.size, schema_field.type)
    if pa.types.is_floating(schema_field.type):
        return np.full(part.size, np.nan)
    return np.full(part.size, -1 if schema_field.nullable else 0, np.int64)


def _taken(joined: list[Any], schema_field: pa.Field, kept: I8) -> pa.Array:
    """Join the parts' values, take the rows ``kept``, and make what is unknown null."""
    if pa.types.is_string(schema_field.type):
        return pa.concat_arrays(joined).take(pa.array(kept))
    values = np.concatenate(joined)[kept]
    if pa.types.is_floating(schema_field.type):
        return pa.array(values, from_pandas=True)
    return pa.array(values, schema_field.type, mask=values < 0 if schema_field.nullable else None)


def _with_impossible(
    rejects: pa.Table, frames: pa.Table, parts: list[Rows], place: _Place, wrong: Mapping[str, B1]
) -> pa.Table:
    """Add the records that decode and cannot be; their octets reach to the next record."""
    bad = np.flatnonzero(_any(wrong, place.size)[place.order])
    if not bad.size:
        return rejects
    categories = np.concatenate([np.full(part.size, part.category) for part in parts])
    cut = _blocks(frames)
    begins = cut.frame_first[place.frame_row] + place.offset
    record = place.order[bad]
    row, first = place.frame_row[record], begins[record]
    stop = cut.stop[np.searchsorted(cut.start, first, side="right") - 1]
    followed = bad + 1 < place.size
    after = begins[place.order[np.minimum(bad + 1, place.size - 1)]]
    stop = np.where(followed, np.minimum(stop, after), stop)
    where = pa.array(row)
    source = frames["source"].take(where)
    in_file = pc.starts_with(source.cast(pa.string()), "file:").to_numpy()
    base = np.where(in_file, frames["offset"].take(where).to_numpy(), 0)
    reasons = list(wrong)
    reason = np.argmax(np.stack([wrong[why][record] for why in reasons]), axis=0)
    spans = zip(first.tolist(), stop.tolist(), strict=True)
    made = tables.make_table(
        tables.REJECT,
        {
            "frame": frames["frame"].take(where),
            "t_heard": frames["t_heard"].take(where),
            "source": source,
            "offset": base.astype(np.uint64) + place.offset[record].astype(np.uint64),
            "category": categories[record].astype(np.uint8),
            "reason": tables.words(reason, reasons),
            "octets": [cut.octets[begin:end].tobytes() for begin, end in spans],
        },
        rows=bad.size,
    )
    joined = tables.concat(tables.REJECT, [rejects, made])
    return joined.sort_by([("frame", "ascending"), ("offset", "ascending")])


def _blocks(frames: pa.Table) -> Cut:
    """Cut frames into blocks once more, to know where those of a few records begin and end."""
    return cut_blocks(frames.combine_chunks().to_batches()[0])
