"""When a zone is active, as people write it: ``Mon-Fri 06:00-20:00``, ``2026-11-01T06:00Z/..``.

All times are UTC, so there is no summer time to go wrong twice a year.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from airshield.units import NS_PER_S
from airshield.zones import Period

DAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
HINT: Final = (
    "write days and UTC hours (Mon-Fri 06:00-20:00, Sat,Sun 22:00-04:00, daily 08:00-16:00) or an "
    "interval (2026-11-01T06:00Z/2026-11-30T18:00Z, '..' for an open end), or both"
)
_HOURS: Final = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_OPEN: Final = ".."


def period_from_text(text: str) -> Period:
    """Read one period of a schedule.

    Parameters
    ----------
    text : str
        Up to three words in any order: an ISO 8601 interval, days, hours of the UTC day. Hours
        whose end comes before their start run over midnight and belong to the day they start on.

    Raises
    ------
    ValueError
        The text is no period; the message says what to write.

    Examples
    --------
    >>> period_from_text("Sat,Sun 22:00-04:00")
    Period(t_start_ns=None, t_end_ns=None, days=(5, 6), start_s=79200.0, end_s=14400.0)
    """
    start_ns: int | None = None
    end_ns: int | None = None
    days: tuple[int, ...] = tuple(range(7))
    start_s, end_s = 0.0, 86_400.0
    seen: set[str] = set()
    for word in text.split():
        if "/" in word:
            part = "interval"
            start_ns, end_ns = _interval(word)
        elif hours := _HOURS.fullmatch(word):
            part = "hours"
            start_s, end_s = _hours(hours, text)
        else:
            part = "days"
            days = _days(word, text)
        if part in seen:
            raise ValueError(f"{text!r} has two {part}; make two periods of it")
        seen.add(part)
    if not seen:
        raise ValueError(f"{text!r} is no period; {HINT}")
    return Period(t_start_ns=start_ns, t_end_ns=end_ns, days=days, start_s=start_s, end_s=end_s)


def _interval(word: str) -> tuple[int | None, int | None]:
    ends = word.split("/")
    if len(ends) != 2 or ends == [_OPEN, _OPEN]:
        raise ValueError(f"{word!r} is no interval; {HINT}")
    start_ns, end_ns = (None if end == _OPEN else _instant_ns(end) for end in ends)
    if start_ns is not None and end_ns is not None and end_ns <= start_ns:
        raise ValueError(f"{word!r} ends before it starts; swap its ends")
    return start_ns, end_ns


def _instant_ns(word: str) -> int:
    try:
        instant = datetime.fromisoformat(word)
    except ValueError:
        raise ValueError(f"{word!r} is no date and time; {HINT}") from None
    if instant.tzinfo is None:
        raise ValueError(f"{word!r} does not say that it is UTC; put a Z behind it")
    since = instant - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * NS_PER_S + since.microseconds * 1000


def _hours(match: re.Match[str], text: str) -> tuple[float, float]:
    hour1, minute1, hour2, minute2 = (int(group) for group in match.groups())
    start_s, end_s = hour1 * 3600.0 + minute1 * 60.0, hour2 * 3600.0 + minute2 * 60.0
    if minute1 > 59 or minute2 > 59 or start_s >= 86_400.0 or end_s > 86_400.0 or start_s == end_s:
        raise ValueError(
            f"{text!r} has impossible hours; from 00:00 to 24:00, start and end differ"
        )
    return start_s, end_s


def _days(word: str, text: str) -> tuple[int, ...]:
    if word.upper() == "DAILY":
        return tuple(range(7))
    chosen: set[int] = set()
    for part in word.upper().split(","):
        ends = part.split("-")
        if len(ends) > 2 or any(end not in DAYS for end in ends):
            raise ValueError(f"{text!r}: {word!r} names no days; {HINT}")
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        chosen.update((first + i) % 7 for i in range((last - first) % 7 + 1))
    return tuple(sorted(chosen))
