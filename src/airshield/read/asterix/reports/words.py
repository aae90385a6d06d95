"""Service messages to SENSOR_STATUS: what sensors and systems say of themselves, in plain words.

=====  ==============================  ============================================================
002    radar service messages          EUROCONTROL Part 2b, editions 1.0 to 1.2
010    surface movement status         Part 7, edition 1.1: message types 2, 3 and 4
019    multilateration system status   Part 18, edition 1.3
023    ADS-B ground station status     Part 16, editions 1.2 and 1.3
025    ground system status            Part 26, editions 1.5 and 1.6
034    radar service messages          Part 2b, editions 1.27 to 1.29
063    sensors as a tracker sees them  Part 10, editions 1.6 and 1.7; ``sensor`` is the sensor
065    tracker status                  Part 15, editions 1.4 to 1.6
=====  ==============================  ============================================================

``state`` is what the message says of the whole:

- ``not_operational``: not released for use (NOGO), failed, disabled, interrupted or ended by its
  operator, in maintenance, not connected;
- ``initialising``: I023/110 and I063/060 say so;
- ``degraded``: it says so, or a part of it gives nothing: no channel of a radar's PSR, SSR or
  Mode S is selected (I034/050 CHAB), a part is NOGO (I063/060), receiver diversity is lost
  (I010/550);
- ``operational``: it says that it is released, and nothing of the above;
- null: the message says nothing about it, or that it is unknown.

Overload and an invalid time source have columns of their own and do not degrade. What a station
defines for itself (I002/050, 060, 080) is told as numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from airshield.read.asterix.reports.rows import B1, F8, I8, Columns, Rows, Status, rows_of
from airshield.tables import SENSOR_STATES
from airshield.units import M_PER_NMI

MESSAGES: Final = (
    "north_marker",
    "sector",
    "south_marker",
    "blind_zone_filter_on",
    "blind_zone_filter_off",
    "geographical_filter",
    "jamming_strobe",
    "solar_storm",
    "ssr_jamming_strobe",
    "mode_s_jamming_strobe",
    "start_of_update",
    "status",
    "status_change",
    "service_status",
    "component_status",
    "statistics",
    "sensor_status",
    "end_of_batch",
    "other",
)
"""What SENSOR_STATUS ``message`` says for ASTERIX."""

_COUNTED: Final = {
    0: "unknown messages received",
    1: "too old messages received",
    2: "messages not converted",
    3: "messages received",
    4: "messages sent",
}


class Words:
    """Gathers what each record says, in plain words; what a column does not say costs nothing.

    ``alike`` names, for each record, one that says the same: only those are listened to.
    """

    def __init__(self, columns: Columns, alike: list[int] | None = None) -> None:
        self._columns, self._alike = columns, alike
        self._said: dict[int, list[str]] = {}
        self._listened = None if alike is None else frozenset(alike)

    def add(self, row: int, words: str) -> None:
        """Say something for one record."""
        self._said.setdefault(row, []).append(words)

    def say(self, where: B1, words: str) -> None:
        """Say the same for some records."""
        for row in self._rows(where):
            self.add(row, words)

    def flag(self, name: str, words: str, *, when: int = 1) -> None:
        """Say something where a column has a value."""
        if self._columns.says(name):
            self.say(self._columns.ints(name) == when, words)

    def count(self, name: str, words: str, *, least: int = 0, plus: int = 0) -> None:
        """Say a number that is known, from ``least`` on."""
        if self._columns.says(name):
            values = self._columns.ints(name)
            for row in self._rows(values >= least):
                self.add(row, words.format(int(values[row]) + plus))

    def measure(self, name: str, words: str, *, scale: float = 1.0) -> None:
        """Say a quantity that is known, times ``scale``."""
        if self._columns.says(name):
            values = self._columns.floats(name) * scale
            for row in self._rows(~np.isnan(values)):
                self.add(row, words.format(float(values[row])))

    def name(self, name: str, names: Mapping[int, str], words: str = "{}") -> None:
        """Say the name of a code; one without a name is told as a number."""
        if self._columns.says(name):
            codes = self._columns.ints(name)
            for row in self._rows(codes >= 0):
                code = int(codes[row])
                self.add(row, words.format(names.get(code, f"code {code}")))

    def texts(self) -> list[str | None]:
        """Return everything that was said, record by record."""
        joined = {row: "; ".join(said) for row, said in self._said.items()}
        if self._alike is None:
            return [joined.get(row) for row in range(self._columns.rows)]
        return [joined.get(row) for row in self._alike]

    def _rows(self, where: B1) -> list[int]:
        rows: list[int] = np.flatnonzero(where).tolist()
        if self._listened is None:
            return rows
        return [row for row in rows if row in self._listened]


def begin(columns: Columns, category: int, time: str) -> tuple[Rows, Status]:
    """Begin the rows of a category that has service messages only."""
    rows = rows_of(columns, category, columns.floats(time))
    status = silent(columns.rows)
    rows.status = status
    rows.unused = {f"{category:03d}: service message": np.ones(columns.rows, np.bool_)}
    return rows, status


def silent(rows: int) -> Status:
    """Return messages that say nothing yet."""
    return Status(
        says=np.ones(rows, np.bool_),
        message=np.full(rows, MESSAGES.index("other")),
        state=np.full(rows, -1),
        azm_true_deg=np.full(rows, np.nan),
        dt_antenna_s=np.full(rows, np.nan),
        is_overloaded=np.full(rows, -1),
        is_time_valid=np.full(rows, -1),
        text=[None] * rows,
    )


def named(codes: I8, names: Mapping[int, str]) -> I8:
    """Return message codes into MESSAGES."""
    out = np.full(codes.size, MESSAGES.index("other"))
    for code, name in names.items():
        out[codes == code] = MESSAGES.index(name)
    return out


def state_of(**states: B1) -> I8:
    """Return codes into SENSOR_STATES; of several that hold, the last one given counts."""
    out = np.full(next(iter(states.values())).size, -1)
    for name, where in states.items():
        out[where] = SENSOR_STATES.index(name)
    return out


def opposite(told: I8) -> I8:
    """Turn a flag round; unknown stays unknown."""
    return np.where(told < 0, -1, 1 - told)


def any_told(columns: Columns, *names: str) -> I8:
    """Return whether any of some flags is set, -1 where none is told."""
    out = columns.ints(names[0])
    for name in names[1:]:
        out = np.maximum(out, columns.ints(name))
    return out


def reference_of(columns: Columns, height_m: F8) -> tuple[F8, F8, F8]:
    """Return the system's reference point; an unknown height is taken as zero."""
    lat_deg, lon_deg = columns.floats("i600_lat_deg"), columns.floats("i600_lon_deg")
    return lat_deg, lon_deg, np.nan_to_num(height_m)


def say_window(
    words: Words, columns: Columns, ranges: tuple[str, str], angles: tuple[str, str]
) -> None:
    """Say which part of the sky a message is about."""
    if not columns.says(ranges[0]):
        return
    near, far = (columns.floats(name) * M_PER_NMI / 1e3 for name in ranges)
    first, last = (columns.floats(name) for name in angles)
    for row in np.flatnonzero(~np.isnan(near)).tolist():
        words.add(
            row,
            f"from {near[row]:.1f} to {far[row]:.1f} km, "
            f"from {first[row]:.1f} to {last[row]:.1f} degrees",
        )


def say_place(words: Words, columns: Columns, what: str, names: tuple[str, str, str]) -> None:
    """Say where the sensor or its reference point is: latitude, longitude and height."""
    if not columns.says(names[0]):
        return
    lat_deg, lon_deg, height_m = (columns.floats(name) for name in names)
    for row in np.flatnonzero(~np.isnan(lat_deg)).tolist():
        above = "" if np.isnan(height_m[row]) else f", height {height_m[row]:.1f} m"
        words.add(row, f"{what} latitude {lat_deg[row]:.5f}, longitude {lon_deg[row]:.5f}{above}")


def say_errors(words: Words, range_nmi: str, angle_deg: str) -> None:
    """Say a collimation error: averaged difference between PSR and SSR."""
    words.measure(range_nmi, "range error {:+.1f} m", scale=M_PER_NMI)
    words.measure(angle_deg, "azimuth error {:+.3f} degrees")


def say_counters(words: Words, columns: Columns, names: tuple[str, str, str]) -> None:
    """Say what a station has counted."""
    kinds, since, counts = (columns.lists(name) for name in names)
    for row, numbers in counts.items():
        for kind, reference, count in zip(kinds[row], since[row], numbers, strict=True):
            what = _COUNTED.get(kind, f"messages of kind {kind}")
            begin = "the last report" if reference else "midnight"
            words.add(row, f"{count} {what} since {begin}")
