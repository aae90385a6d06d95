"""SBS, or BaseStation: decoded messages as lines of text, as on port 30003.

One line is one frame. ``MSG`` lines of transmission types 1 to 8 (and ``MLAT``, as mlat-client
writes them) make rows of the table ``sbs``; ``SEL``, ``ID``, ``AIR``, ``STA`` and ``CLK`` lines are
counted. A leading counter of nanoseconds and ``START``/``STOP`` lines, as Stratux logs them, are
understood. A line with another number of fields than 22, or with a value that cannot be, is a
reject.

Time
----
A line tells when its message was generated and when it was logged, without a zone. The generated
time is taken, the logged one where it is missing, then the counter since START (or since midnight
of the day given), then the time at which the frame was heard. It is read as UTC. BaseStation and
some others write local time: where the frame was heard at a known time, and the two differ by more
than seven and a half minutes, the nearest whole number of quarters of an hour, up to 14 h, is taken
off.

Reports
-------
A line with a position makes a report. Callsign and squawk (5 min), speed and track, vertical rate
(10 s), emergency (1 min) and IDENT (20 s) are those the aircraft said last on the same feed. A
position that is not renewed, or that the aircraft cannot have reached, makes none
(:class:`airshield.read.text.Gate`). The altitude is the pressure altitude; with an ``H`` behind it,
as readsb writes it when asked, it is above the ellipsoid. Surface positions (type 2) are on the
ground. Where readsb puts the number of MLAT receivers in place of the alert flag, and for ``MLAT``
lines, the kind is ``mlat``.

Sources: Kinetic's BaseStation socket data (field order and types, as widely republished);
wiedehopf/readsb, net_io.c, for the ``H`` and for what MLAT results look like.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from airshield import tables
from airshield.read.quality import EMERGENCY_CODES
from airshield.read.reader import NO_TIME, Options, Reader, ReportBatch, TableBatch
from airshield.read.text import Fleet, Frames, Gate, LastSaid, LineSplitter, Said, warm_up
from airshield.read.text.aircraft import REASONS
from airshield.read.text.counter import CounterClock, mark_of, split_counter
from airshield.read.text.rows import (
    FRAME_FIELDS,
    KIND_CODES,
    Lost,
    check_columns,
    chosen,
    east_of_greenwich_deg,
    flags,
    floats,
    integers,
    make_reports,
    midnight_ns,
    squawks,
    times,
    truths,
    velocity_mps,
    wire_field,
)
from airshield.units import M_PER_FT, MPS_PER_FT_MIN, MPS_PER_KT, NS_PER_DAY, NS_PER_S

__all__ = ["READER", "SBS", "SbsReports", "SbsTables", "sniff", "warm_up"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

FIELDS: Final = 22
"""Fields of a MSG line."""

SBS: Final = pa.schema(
    [
        *FRAME_FIELDS,
        wire_field("t", tables.TIME, "when the message was generated, as far as the line tells"),
        wire_field("t_logged", tables.TIME, "when it was logged, as written"),
        wire_field("message", pa.string(), "MSG or MLAT"),
        wire_field("transmission_type", pa.uint8(), "1 identification, 2 surface, 3 airborne, ..."),
        wire_field("mode_s", pa.uint32(), "24-bit ICAO aircraft address"),
        wire_field("callsign", pa.string(), "aircraft identification, without padding"),
        wire_field("alt_baro_ft", pa.float64(), "pressure altitude", "ft"),
        wire_field("alt_geom_ft", pa.float64(), "height above the WGS-84 ellipsoid", "ft"),
        wire_field("gs_kt", pa.float64(), "ground speed", "kt"),
        wire_field("track_deg", pa.float64(), "direction over ground, from true north", "deg"),
        wire_field("lat_deg", pa.float64(), "WGS-84 latitude", "deg"),
        wire_field("lon_deg", pa.float64(), "WGS-84 longitude", "deg"),
        wire_field("vert_rate_ft_min", pa.float64(), "vertical rate, up positive", "ft_min"),
        wire_field("squawk", pa.string(), "Mode 3/A code, four octal digits"),
        wire_field("is_alert", pa.bool_(), "the squawk has changed"),
        wire_field("is_emergency", pa.bool_(), "an emergency code is set"),
        wire_field("is_spi", pa.bool_(), "special position identification"),
        wire_field("is_on_ground", pa.bool_(), "the aircraft is on the ground"),
        wire_field("mlat_receivers", pa.uint16(), "receivers of an MLAT result"),
    ],
    metadata={"table": "sbs"},
)

_OTHERS: Final = ("SEL", "ID", "AIR", "STA", "CLK")
_NUMBERS: Final[Mapping[str, tuple[int, float, float]]] = {
    "gs_kt": (12, 0.0, 4_100.0),
    "track_deg": (13, -360.0, 360.0),
    "lat_deg": (14, -90.0, 90.0),
    "lon_deg": (15, -180.0, 180.0),
    "vert_rate_ft_min": (16, -66_000.0, 66_000.0),
}
"""Place in the line, and what can be."""
_ALT_LEAST_FT, _ALT_MOST_FT = -5_000.0, 250_000.0

_NUMBER: Final = re.compile(r"[+-]?\d{1,9}(\.\d{1,12})?")
_DATE: Final = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?")
_HEX: Final = re.compile("[0-9a-fA-F]{6}")
_SQUAWK: Final = re.compile("[0-7]{1,4}")

_ZONE_NS: Final = 900 * NS_PER_S
_ZONE_MAX_NS: Final = 14 * 3600 * NS_PER_S
_MLAT_RECEIVERS_LEAST: Final = 2
"""In place of the alert flag, -1, 0 or 1, a number from here on counts receivers."""

_SAID: Final[Mapping[str, tuple[DTypeLike, float]]] = {
    "callsign": ("U16", 300.0),
    "mode_3a": (np.int64, 300.0),
    "spd_kt": (np.float64, 10.0),
    "track_deg": (np.float64, 10.0),
    "rate_ft_min": (np.float64, 10.0),
    "emergency": (np.bool_, 60.0),
    "spi": (np.bool_, 20.0),
}


class SbsTables:
    """Lines to the table ``sbs``; keeps when the counter of each source started."""

    def __init__(self, options: Options) -> None:
        check_columns(options, SBS)
        self._columns = options.columns
        self._clock = CounterClock(midnight_ns(options))
        self._days: dict[str, int] = {}

    def feed(self, frames: pa.Table) -> TableBatch:
        """Read a FRAME table."""
        _, table, rejects, counts = self.read(Frames(frames))
        found = {"sbs": chosen(table, self._columns)} if table.num_rows else {}
        return TableBatch(tables=found, rejects=rejects, counts=counts)

    def read(self, frames: Frames) -> tuple[I8, pa.Table, pa.Table, dict[str, int]]:
        """Return the frame of each row, the rows, the rejects, and counts."""
        rows: list[int] = []
        values: dict[str, list[Any]] = {name: [] for name in SBS.names[2:]}
        lost: list[Lost] = []
        counts: Counter[str] = Counter()
        names, heard = frames.source_names, frames.heard_ns
        for row, octets in enumerate(frames.texts):
            source = names[frames.source[row]]
            line = octets.decode("latin-1").strip("\r\n\0 ")
            counter_ns, text = split_counter(line)
            mark = mark_of(text)
            if mark is not None:
                counts[mark] += 1
                if mark == "START":
                    self._clock.start(source, text)
                continue
            fields = text.split(",")
            if fields[0] in _OTHERS and len(fields) >= 4:
                counts[fields[0]] += 1
                continue
            try:
                said = self._message(fields)
            except ValueError as wrong:
                lost.append(Lost(row, str(wrong)))
                continue
            counts[f"{fields[0]},{fields[1]}"] += 1
            said["t"] = _in_utc(said["t"], int(heard[row]))
            if said["t"] == NO_TIME:
                said["t"] = self._clock.t_ns(source, counter_ns)
            if said["t"] == NO_TIME:
                said["t"] = int(heard[row])
            rows.append(row)
            for name, column in values.items():
                column.append(said.get(name))
        at = np.array(rows, np.int64)
        columns: dict[str, Any] = dict(values)
        for name in ("t", "t_logged"):
            columns[name] = times(np.array(values[name], np.int64))
        columns |= {"frame": frames.number[at], "t_heard": frames.heard(at)}
        table = tables.make_table(SBS, columns, rows=at.size)
        return at, table, frames.rejects(lost), dict(sorted(counts.items()))

    def _message(self, fields: list[str]) -> dict[str, Any]:
        """Return what a MSG line says, by column; raise ValueError with the reason if it cannot."""
        if fields[0] not in ("MSG", "MLAT"):
            raise ValueError("no BaseStation line")
        if len(fields) != FIELDS:
            raise ValueError("a MSG line that has not 22 fields")
        if fields[1] not in ("1", "2", "3", "4", "5", "6", "7", "8"):
            raise ValueError("a transmission type other than 1 to 8")
        if not _HEX.fullmatch(fields[4]):
            raise ValueError("no address of six hexadecimal digits")
        said: dict[str, Any] = {
            "message": fields[0],
            "transmission_type": int(fields[1]),
            "mode_s": int(fields[4], 16),
            "callsign": fields[10].strip(" @") or None,
        }
        said["t_logged"] = self._moment_ns(fields[8], fields[9])
        said["t"] = self._moment_ns(fields[6], fields[7])
        if said["t"] == NO_TIME:
            said["t"] = said["t_logged"]
        if not (fields[10].isascii() and fields[10].isprintable()):
            raise ValueError("a callsign that is not plain letters")
        for name, (place, least, most) in _NUMBERS.items():
            said[name] = _number(fields[place].removesuffix("H"), name, least, most)
        name = "alt_geom_ft" if fields[11].endswith("H") else "alt_baro_ft"
        said[name] = _number(fields[11].removesuffix("H"), name, _ALT_LEAST_FT, _ALT_MOST_FT)
        if fields[17]:
            if not _SQUAWK.fullmatch(fields[17]):
                raise ValueError("a squawk that is not octal")
            said["squawk"] = fields[17].zfill(4)
        is_mlat = re.fullmatch(r"\d{1,4}", fields[18]) and int(fields[18]) >= _MLAT_RECEIVERS_LEAST
        if is_mlat:
            said["mlat_receivers"] = int(fields[18])
        else:
            said["is_alert"] = _truth(fields[18])
            said["is_emergency"] = _truth(fields[19])
        said["is_spi"] = _truth(fields[20])
        said["is_on_ground"] = _truth(fields[21])
        return said

    def _moment_ns(self, date: str, time: str) -> int:
        """Return a date and a time in ns since 1970; NO_TIME where one is missing."""
        if not date or not time:
            return NO_TIME
        day_ns = self._days.get(date)
        if day_ns is None:
            match = _DATE.fullmatch(date)
            if match is None:
                raise ValueError("a date or time that cannot be")
            try:
                day = dt.date(int(match[1]), int(match[2]), int(match[3]))
            except ValueError:
                raise ValueError("a date or time that cannot be") from None
            if not 1970 <= day.year < 2200:
                raise ValueError("a date or time that cannot be")
            day_ns = (day.toordinal() - 719_163) * NS_PER_DAY
            if len(self._days) > 1000:  # a stream of wrong dates must not fill the memory
                self._days.clear()
            self._days[date] = day_ns
        match = _TIME.fullmatch(time)
        if match is None or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3]) > 60:
            raise ValueError("a date or time that cannot be")
        second = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3])
        return day_ns + second * NS_PER_S + int((match[4] or "0").ljust(9, "0"))

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state."""
        return self._clock.snapshot()

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._clock.restore(state)


class SbsReports:
    """Lines to REPORT rows; keeps what each aircraft said last and its last believed place."""

    def __init__(self, options: Options) -> None:
        self._tables = SbsTables(Options(date=options.date))
        self._fleet = Fleet()
        self._gate = Gate()
        self._said = LastSaid(_SAID)

    def feed(self, frames: pa.Table) -> ReportBatch:
        """Read a FRAME table."""
        view = Frames(frames)
        row, table, rejects, counts = self._tables.read(view)
        unused: dict[str, int] = {}
        reports = tables.empty(tables.REPORT)
        if table.num_rows:
            kept, values = self._kept(view, row, table, unused)
            reports = make_reports(view, row, kept, values)
        return ReportBatch(
            reports=reports,
            status=tables.empty(tables.SENSOR_STATUS),
            rejects=rejects,
            counts=counts,
            unused=unused,
        )

    def _kept(
        self, frames: Frames, row: I8, table: pa.Table, unused: dict[str, int]
    ) -> tuple[I8, dict[str, Any]]:
        """Return which lines make reports, and REPORT columns over all of them."""
        t_ns = integers(table["t"], unknown=NO_TIME)
        slot = self._fleet.slots(frames.source[row], frames.source_names, integers(table["mode_s"]))
        said = self._said.recall(slot, t_ns, _said(table))
        spd_kt = np.where(said["spd_kt"].known, said["spd_kt"].values, np.nan)
        track = np.where(said["track_deg"].known, said["track_deg"].values, np.nan)
        rate = np.where(said["rate_ft_min"].known, said["rate_ft_min"].values, np.nan)
        mode_3a = np.where(said["mode_3a"].known, said["mode_3a"].values, -1)
        lat, lon = floats(table["lat_deg"]), floats(table["lon_deg"])
        is_surface = integers(table["transmission_type"]) == 2
        on_ground = is_surface | truths(table["is_on_ground"])

        has_place = ~(np.isnan(lat) | np.isnan(lon))
        has_time = t_ns != NO_TIME
        for reason, mask in (
            ("no position", ~has_place),
            ("no time: give the day, or hear it live", has_place & ~has_time),
        ):
            if mask.any():
                unused[reason] = int(mask.sum())
        at = np.flatnonzero(has_place & has_time)
        verdict = self._gate.judge(
            slot[at], t_ns[at], lat[at], lon[at], spd_kt[at] * MPS_PER_KT, on_ground[at]
        )
        for code, reason in REASONS.items():
            count = int((verdict == code).sum())
            if count:
                unused[reason] = count

        east, north = velocity_mps(spd_kt * MPS_PER_KT, track)
        is_mlat = ~truths(table["mlat_receivers"].is_null())
        is_mlat |= np.array([word == "MLAT" for word in table["message"].to_pylist()], np.bool_)
        emergency = said["emergency"].known & said["emergency"].values.astype(np.bool_)
        callsign = said["callsign"]
        values = {
            "t": t_ns,
            "kind": np.where(is_mlat, KIND_CODES["mlat"], KIND_CODES["adsb"]),
            "lat_deg": lat,
            "lon_deg": east_of_greenwich_deg(lon),
            "alt_baro_m": floats(table["alt_baro_ft"]) * M_PER_FT,
            "alt_hae_m": floats(table["alt_geom_ft"]) * M_PER_FT,
            "vel_east_mps": east,
            "vel_north_mps": north,
            "vel_up_mps": rate * MPS_PER_FT_MIN,
            "mode_s": integers(table["mode_s"]),
            "mode_3a": mode_3a,
            "callsign": pa.array(callsign.values.astype("U16"), mask=~callsign.known),
            "flags": flags(
                spi=said["spi"].known & said["spi"].values.astype(np.bool_),
                emergency=emergency | np.isin(mode_3a, EMERGENCY_CODES),
                on_ground=on_ground,
            ),
        }
        return np.asarray(at[verdict == 0]), values

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state."""
        parts = (self._tables, self._fleet, self._gate, self._said)
        return {name: array for part in parts for name, array in part.snapshot().items()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        for part in (self._tables, self._fleet, self._gate, self._said):
            part.restore(state)


def _said(table: pa.Table) -> dict[str, Said]:
    """Return what lines say of things that are remembered."""
    spd_kt, track = floats(table["gs_kt"]), floats(table["track_deg"])
    has_velocity = ~(np.isnan(spd_kt) | np.isnan(track))
    rate = floats(table["vert_rate_ft_min"])
    mode_3a = squawks(table["squawk"])
    callsign = np.array(table["callsign"].fill_null("").to_pylist(), "U16")
    return {
        "callsign": Said(callsign, callsign != ""),
        "mode_3a": Said(mode_3a, mode_3a >= 0),
        "spd_kt": Said(spd_kt, has_velocity),
        "track_deg": Said(track, has_velocity),
        "rate_ft_min": Said(rate, ~np.isnan(rate)),
        "emergency": Said(truths(table["is_emergency"]), ~truths(table["is_emergency"].is_null())),
        "spi": Said(truths(table["is_spi"]), ~truths(table["is_spi"].is_null())),
    }


def _number(text: str, name: str, least: float, most: float) -> float | None:
    """Return a number of a line, None where the field is empty."""
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{name} is no number")
    number = float(text)
    if not least <= number <= most:
        raise ValueError(f"{name} is beyond what can be")
    return number


_TRUTHS: Final[Mapping[str, bool | None]] = {"": None, "0": False, "1": True, "-1": True}


def _truth(text: str) -> bool | None:
    """Return a flag: -1, or 1 from some, is set."""
    if text not in _TRUTHS:
        raise ValueError("a flag other than 0, 1 and -1")
    return _TRUTHS[text]


def _in_utc(t_ns: int, heard_ns: int) -> int:
    """Take off a zone that shows against the time at which it was heard."""
    if NO_TIME in (t_ns, heard_ns):
        return t_ns
    zone_ns = round((t_ns - heard_ns) / _ZONE_NS) * _ZONE_NS
    return t_ns - zone_ns if abs(zone_ns) <= _ZONE_MAX_NS else t_ns


_LINE: Final = re.compile(rb"(\d+,)?((MSG|MLAT),[1-8],|(SEL|ID|AIR|STA|CLK),)")


def sniff(head: bytes) -> float:
    """Tell how sure it is that a stream begins with BaseStation lines."""
    lines = [line for line in head.splitlines()[:50] if line.strip()]
    if len(lines) > 1 and not head.endswith(b"\n"):
        lines.pop()
    lines = [line for line in lines if not line.startswith((b"START,", b"STOP"))]
    right = sum(1 for line in lines if _LINE.match(line))
    return 0.9 * right / len(lines) if right else 0.0


READER: Final = Reader(
    name="sbs",
    title="SBS (BaseStation) lines, as on port 30003",
    sniff=sniff,
    splitter=LineSplitter,
    tables=SbsTables,
    reports=SbsReports,
    time_column="t",
)
