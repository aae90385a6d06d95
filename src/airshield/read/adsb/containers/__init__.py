"""Containers of Mode S messages: how each cuts a stream, and what it says beside the message.

=============  ==================================================================================
``beast``      binary, escape 0x1A: types 1 to 3 (Mode A/C, 56 bits, 112 bits), 4 and 5 (status and
               place of a Radarcape), 0xE3 (number of the receiver, as readsb passes it on)
``avr``        lines ``*HEX;``, ``@``, ``%`` (12 digits of counter first) and ``<`` (and 2 of level)
``modes_csv``  lines of a time and a message in hexadecimal, between them a comma or a space
``jet1090``    JSON lines with ``timestamp`` and ``frame``; their decoded fields are not looked at
=============  ==================================================================================
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield.read.adsb.containers import _kernels as k
from airshield.read.frames import REJECT_OCTETS_MAX, Ledger, frozen
from airshield.read.reader import NO_TIME, Split, Splitter
from airshield.read.text import LineSplitter

U1 = NDArray[np.uint8]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]

TICKS_PER_S: Final = 12_000_000
"""The counter of a Mode-S Beast, and of all that speak its language."""

COUNTER_SPAN: Final = 1 << 48

MLAT_MARK: Final = 0xFF004D4C4154
"""Stands in place of the counter ("MLAT") where a server has made the message up from its own
multilateration (readsb, dump1090-fa)."""

GPS_BIT: Final = 0x10
"""Bit of the first octet of a status message: the counter is GPS time of day, seconds above 30 bits
of nanoseconds (Radarcape)."""

TAKE_REASONS: Final = {
    k.TAKE_ODD_HEX: "what should be a message is not hexadecimal",
    k.TAKE_LENGTH: "a message is 2, 7 or 14 octets long",
    k.TAKE_TIME: "no time that can be read",
    k.TAKE_NO_FRAME: "no message in it",
}


class Taken(NamedTuple):
    """What frames held, one row each."""

    message: U1
    """Octets, shape (n, 14)."""
    size: U1
    """Octets that count: 2, 7 or 14."""
    what: U1
    """One of the kernels' ``NOT_A_MESSAGE``, ``IS_MODE_AC``, ``IS_MODE_S``, ``IS_STATUS``,
    ``IS_COMMENT``."""
    fault: U1
    """Why it is none, a key of ``TAKE_REASONS``."""
    t_ns: I8
    """Time that stands beside the message."""
    ticks: I8
    """Counter, -1 where there is none."""
    signal_dbfs: F8
    """Level, NaN where unknown."""
    is_gps: U1
    """1 where a status message says that the counter is GPS time, 0 where it says that it is not,
    255 elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One way of wrapping messages."""

    name: str
    title: str
    sniff: Callable[[bytes], float]
    splitter: Callable[[], Splitter]
    take: Callable[[U1, I8, I8], Taken]
    write: Callable[[U1, U1, I8, I8, F8], bytes]
    """Wrap messages: octets (n, 14), sizes, times in ns, counters, levels in dBFS."""


def _blank(rows: int) -> Taken:
    return Taken(
        message=np.zeros((rows, 14), np.uint8),
        size=np.zeros(rows, np.uint8),
        what=np.zeros(rows, np.uint8),
        fault=np.zeros(rows, np.uint8),
        t_ns=np.full(rows, NO_TIME, np.int64),
        ticks=np.full(rows, -1, np.int64),
        signal_dbfs=np.full(rows, np.nan),
        is_gps=np.full(rows, 255, np.uint8),
    )


_LEVEL_DBFS: Final = np.full(256, np.nan)
_LEVEL_DBFS[1:] = 20.0 * np.log10(np.arange(1, 256) / 255.0)


# --- Beast ---------------------------------------------------------------------------------------

_BEAST_MIN: Final = 2
"""No stretch is shorter than this but the last."""


class BeastSplitter:
    """Each message with its escapes is one frame; what stands between messages is lost, and told.

    A message that another begins in, and one of a type that nobody knows, is lost too.
    """

    def __call__(self, octets: U1, *, base: int, last: bool, ledger: Ledger) -> Split:
        """Cut ``octets`` into messages."""
        room = octets.size // _BEAST_MIN + 2
        first, stop = np.empty(room, np.int64), np.empty(room, np.int64)
        lost = np.empty(room, np.bool_)
        count, used = k.split_beast(frozen(octets), last, first, stop, lost)
        first, stop, lost = first[:count], stop[:count], lost[:count]
        for at in np.flatnonzero(lost).tolist():
            a, b = int(first[at]), int(stop[at])
            begins = octets[a] == k.ESCAPE and b - a > 1 and k.beast_size(int(octets[a + 1])) > 0
            reason = "a message ends before its length" if begins else "no Beast message"
            ledger.reject(base + a, octets[a:b].data, reason)
        first, stop = first[~lost], stop[~lost]
        # Junk without end must not pile up; pieces of this size are what a ledger makes anyway.
        while octets.size - used >= 2 * REJECT_OCTETS_MAX:
            end = used + REJECT_OCTETS_MAX
            ledger.reject(base + used, octets[used:end].data, "no Beast message")
            used = end
        return Split(octets, first, stop, base + first, np.full(first.size, NO_TIME), used)


def _take_beast(octets: U1, first: I8, stop: I8) -> Taken:
    out = _blank(first.size)
    level = np.zeros(first.size, np.uint8)
    kind = np.zeros(first.size, np.uint8)
    k.take_beast(octets, first, stop, out.message, out.size, out.ticks, level, kind)
    what = np.array([0, k.IS_MODE_AC, *[k.IS_MODE_S] * 2, *[k.IS_STATUS] * 3], np.uint8)[kind]
    out.fault[kind == 0] = k.TAKE_NO_FRAME
    status = kind == 4
    out.is_gps[status] = (out.message[status, 0] & GPS_BIT) != 0
    return out._replace(what=what, signal_dbfs=_LEVEL_DBFS[level])


def _sniff_beast(head: bytes) -> float:
    octets = np.frombuffer(head, np.uint8)
    if octets.size < 11:
        return 0.0
    room = octets.size // _BEAST_MIN + 2
    first, stop = np.empty(room, np.int64), np.empty(room, np.int64)
    lost = np.empty(room, np.bool_)
    count, used = k.split_beast(frozen(octets), False, first, stop, lost)
    held = int((stop[:count] - first[:count])[~lost[:count]].sum())
    if not count or lost[:count].all():
        return 0.0
    # A recording can begin and end within a message; the rest must be messages nearly all.
    edge = (int(stop[0]) if lost[0] else 0) + octets.size - used
    share = held / max(octets.size - min(edge, 64), 1)
    return 0.95 * min(share, 1.0) if share > 0.8 else 0.0


def _write_beast(message: U1, size: U1, t_ns: I8, ticks: I8, signal_dbfs: F8) -> bytes:
    level = np.where(np.isnan(signal_dbfs), 0.0, 255.0 * 10.0 ** (signal_dbfs / 20.0))
    level = np.clip(np.rint(level), 0, 255).astype(np.uint8)
    counter = np.where(ticks < 0, 0, ticks) % COUNTER_SPAN
    plain = np.empty((size.size, 21), np.uint8)
    for octet in range(6):
        plain[:, octet] = (counter >> (40 - 8 * octet)) & 0xFF
    plain[:, 6] = level
    plain[:, 7:] = message
    used = np.arange(21) < (7 + size.astype(np.int64))[:, None]
    twice = used & (plain == k.ESCAPE)
    wide = np.zeros((size.size, 2, 22), np.uint8)
    keep = np.zeros((size.size, 2, 22), np.bool_)
    wide[:, 0, 0], keep[:, 0, 0] = k.ESCAPE, True
    wide[:, 1, 0], keep[:, 1, 0] = np.where(size == 14, 0x33, np.where(size == 7, 0x32, 0x31)), True
    wide[:, 0, 1:], keep[:, 0, 1:] = plain, used
    wide[:, 1, 1:], keep[:, 1, 1:] = k.ESCAPE, twice
    return wide.transpose(0, 2, 1)[keep.transpose(0, 2, 1)].tobytes()


# --- lines ---------------------------------------------------------------------------------------


def _mark(out: Taken) -> Taken:
    """Tell messages from others by their length."""
    good = out.fault == 0
    out.what[good] = np.where(out.size[good] == 2, k.IS_MODE_AC, k.IS_MODE_S)
    comment = out.fault == 255
    out.what[comment], out.fault[comment] = k.IS_COMMENT, 0
    return out


def _take_avr(octets: U1, first: I8, stop: I8) -> Taken:
    out = _blank(first.size)
    level = np.zeros(first.size, np.uint8)
    k.take_avr(octets, first, stop, out.message, out.size, out.ticks, level, out.fault)
    return _mark(out._replace(signal_dbfs=_LEVEL_DBFS[level]))


def _take_stamped(octets: U1, first: I8, stop: I8) -> Taken:
    out = _blank(first.size)
    k.take_stamped(octets, first, stop, out.message, out.size, out.t_ns, out.fault)
    return _mark(out)


_KEY_TIME: Final = np.frombuffer(b'"timestamp"', np.uint8)
_KEY_FRAME: Final = np.frombuffer(b'"frame"', np.uint8)


def _take_jet1090(octets: U1, first: I8, stop: I8) -> Taken:
    out = _blank(first.size)
    k.take_jet1090(
        octets, first, stop, _KEY_TIME, _KEY_FRAME, out.message, out.size, out.t_ns, out.fault
    )
    return _mark(out)


class _TimedLines:
    """Lines that tell when they were heard."""

    def __init__(self, take: Callable[[U1, I8, I8], Taken]) -> None:
        self._lines, self._take = LineSplitter(), take

    def __call__(self, octets: U1, *, base: int, last: bool, ledger: Ledger) -> Split:
        """Cut ``octets`` into lines."""
        split = self._lines(octets, base=base, last=last, ledger=ledger)
        taken = self._take(frozen(split.octets), frozen(split.first), frozen(split.stop))
        return split._replace(t_ns=taken.t_ns)


_AVR_LINE: Final = re.compile(
    rb"\s*(?:[*:]|[@%][0-9A-Fa-f]{12}|<[0-9A-Fa-f]{14})"
    rb"(?:[0-9A-Fa-f]{4}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{28});\s*"
)
_STAMPED_LINE: Final = re.compile(
    rb"\s*\d{9,19}(?:\.\d*)?[\s,;]+\*?(?:[0-9A-Fa-f]{4}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{28});?\s*"
)
_HEADING: Final = re.compile(rb'\s*["#A-Za-z][^\r\n{}\[\]]{0,200}')


def _whole_lines(head: bytes) -> list[bytes]:
    """Return the lines that are whole, or the one that there is."""
    lines = head.split(b"\n")
    if len(lines) > 1 and len(head) >= 1 << 16:
        lines = lines[:-1]
    return [line for line in lines if line.strip()][:200]


def _share(lines: list[bytes], pattern: re.Pattern[bytes]) -> float:
    good = sum(1 for line in lines if pattern.fullmatch(line))
    return 0.95 * good / len(lines) if lines and good > 0.8 * len(lines) else 0.0


def _sniff_avr(head: bytes) -> float:
    return _share(_whole_lines(head), _AVR_LINE)


def _sniff_stamped(head: bytes) -> float:
    lines = _whole_lines(head)
    if len(lines) > 1 and _HEADING.fullmatch(lines[0]):
        lines = lines[1:]
    return _share(lines, _STAMPED_LINE)


def _is_jet1090(line: bytes) -> bool:
    try:
        record = json.loads(line)
    except ValueError:
        return False
    return (
        isinstance(record, dict)
        and "timestamp" in record
        and (isinstance(record.get("frame"), str) and len(record["frame"]) in (14, 28))
    )


def _sniff_jet1090(head: bytes) -> float:
    lines = _whole_lines(head)[:20]
    good = sum(1 for line in lines if line.lstrip()[:1] == b"{" and _is_jet1090(line))
    return 0.95 * good / len(lines) if lines and good > 0.8 * len(lines) else 0.0


def _hex_of(message: U1, size: U1) -> list[str]:
    return [row[:octets].tobytes().hex() for row, octets in zip(message, size, strict=True)]


def _write_avr(message: U1, size: U1, t_ns: I8, ticks: I8, signal_dbfs: F8) -> bytes:
    marks = [f"@{count:012X}" if count >= 0 else "*" for count in ticks.tolist()]
    lines = zip(marks, _hex_of(message, size), strict=True)
    return "".join(f"{mark}{text.upper()};\n" for mark, text in lines).encode()


def _seconds(t_ns: int) -> str:
    return f"{t_ns // 1_000_000_000}.{t_ns % 1_000_000_000:09d}"


def _write_stamped(message: U1, size: U1, t_ns: I8, ticks: I8, signal_dbfs: F8) -> bytes:
    lines = zip(t_ns.tolist(), _hex_of(message, size), strict=True)
    return "".join(f"{_seconds(t)},{text}\n" for t, text in lines).encode()


def _write_jet1090(message: U1, size: U1, t_ns: I8, ticks: I8, signal_dbfs: F8) -> bytes:
    lines = zip(t_ns.tolist(), _hex_of(message, size), strict=True)
    return "".join(
        f'{{"timestamp":{_seconds(t)},"frame":"{text}"}}\n' for t, text in lines
    ).encode()


BEAST: Final = Container(
    name="beast",
    title="Mode S, Beast binary",
    sniff=_sniff_beast,
    splitter=BeastSplitter,
    take=_take_beast,
    write=_write_beast,
)
AVR: Final = Container(
    name="avr",
    title="Mode S, AVR lines of hexadecimal",
    sniff=_sniff_avr,
    splitter=LineSplitter,
    take=_take_avr,
    write=_write_avr,
)
MODES_CSV: Final = Container(
    name="modes_csv",
    title="Mode S, lines of time and hexadecimal",
    sniff=_sniff_stamped,
    splitter=lambda: _TimedLines(_take_stamped),
    take=_take_stamped,
    write=_write_stamped,
)
JET1090: Final = Container(
    name="jet1090",
    title="Mode S, JSON lines of jet1090",
    sniff=_sniff_jet1090,
    splitter=lambda: _TimedLines(_take_jet1090),
    take=_take_jet1090,
    write=_write_jet1090,
)
