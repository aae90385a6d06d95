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
from numpy.typing import NDArray

from airshield import tables
from airshield.read.reader import NO_TIME, Options, Reader
from airshield.read.text import Frames, LineSplitter, warm_up
from airshield.read.text.counter import CountedTables, share_of_lines
from airshield.read.text.reports import REMEMBERED, Columns, TextReports, aircraft_in_si, in_si
from airshield.read.text.rows import (
    FRAME_FIELDS,
    KIND_CODES,
    Lost,
    integers,
    times,
    truths,
    wire_field,
)
from airshield.read.text.tables import Records, make_records
from airshield.units import NS_PER_DAY, NS_PER_S

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

_REMEMBERED: Final = REMEMBERED | dict.fromkeys(
    ("vel_east_mps", "vel_north_mps", "vel_up_mps", "spd_mps"), (np.float64, 10.0)
)


class SbsTables(CountedTables):
    """Lines to the table ``sbs``; keeps when the counter of each source started."""

    def __init__(self, options: Options) -> None:
        super().__init__(options, SBS)
        self._days: dict[str, int] = {}

    def read(self, frames: Frames) -> Records:
        """Read frames; all columns are made, whichever were asked for."""
        rows: list[int] = []
        values: dict[str, list[Any]] = {name: [] for name in SBS.names[2:]}
        lost: list[Lost] = []
        counts: Counter[str] = Counter()
        for line in self._lines(frames, padding="\r\n\0 ", counts=counts):
            fields = line.text.split(",")
            if fields[0] in _OTHERS and len(fields) >= 4:
                counts[fields[0]] += 1
                continue
            try:
                said = self._message(fields)
            except ValueError as wrong:
                lost.append(Lost(line.row, str(wrong)))
                continue
            counts[f"{fields[0]},{fields[1]}"] += 1
            t_ns = _in_utc(said["t"], line.heard_ns)
            said["t"] = line.t_ns if t_ns == NO_TIME else t_ns
            rows.append(line.row)
            for name, column in values.items():
                column.append(said.get(name))
        made = {}
        if rows:
            of_time = {name: times(np.array(values[name], np.int64)) for name in ("t", "t_logged")}
            made["sbs"] = make_records(frames, np.array(rows, np.int64), SBS, values | of_time)
        return Records(made, frames.rejects(lost), dict(sorted(counts.items())))

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


class SbsReports(TextReports):
    """Lines to REPORT rows; keeps what each aircraft said last and its last believed place."""

    def __init__(self, options: Options) -> None:
        super().__init__(SbsTables(Options(date=options.date)), _columns, remembered=_REMEMBERED)


def _columns(_name: str, row: I8, table: pa.Table) -> Columns:
    """Return the columns of REPORT, over all lines."""
    said = aircraft_in_si(row, table)
    is_mlat = ~truths(table["mlat_receivers"].is_null())
    is_mlat |= np.array([word == "MLAT" for word in table["message"].to_pylist()], np.bool_)
    # Speed and track are of one message: an aircraft that tells only one of them tells neither.
    has_velocity = ~np.isnan(said["vel_east_mps"])
    return said | {
        "kind": np.where(is_mlat, KIND_CODES["mlat"], KIND_CODES["adsb"]),
        "spd_mps": np.where(has_velocity, said["spd_mps"], np.nan),
        "vel_up_mps": in_si(table, "vert_rate"),
        "emergency": integers(table["is_emergency"]),
        "spi": integers(table["is_spi"]),
        "on_ground": (integers(table["transmission_type"]) == 2) | truths(table["is_on_ground"]),
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
    return 0.9 * share_of_lines(head, _LINE)


READER: Final = Reader(
    name="sbs",
    title="SBS (BaseStation) lines, as on port 30003",
    sniff=sniff,
    splitter=LineSplitter,
    tables=SbsTables,
    reports=SbsReports,
    time_column="t",
)
