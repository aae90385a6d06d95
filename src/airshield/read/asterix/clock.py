"""From time of day to time: ASTERIX counts 1/128 s since UTC midnight and never says the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.units import NS_PER_DAY, NS_PER_S, S_PER_DAY

UNKNOWN_NS: Final = np.iinfo(np.int64).min
"""Stands for a time that is not known."""

TRUNCATED_NS: Final = 512 * NS_PER_S
"""A truncated time of day (I001/141) is 16 bits of 1/128 s: what is left over whole 512 s."""

_EPOCH: Final = dt.date(1970, 1, 1).toordinal()


class DayClock:
    """Gives each time of day its day: the one that brings it nearest to a reference.

    The reference is the time at which the record was heard. Where that is not known, or where a
    ``date`` is given, it is the record before: the first record happened on that date, and each
    next one within twelve hours of the last. So time rolls over at midnight, a message that is
    late across midnight falls back on the day before, and the one after it is right again.

    Parameters
    ----------
    date : datetime.date, optional
        Day of the first record; when given, the time of hearing is not looked at.
    """

    def __init__(self, date: dt.date | None = None) -> None:
        self._last_ns = UNKNOWN_NS
        self._date_ns = UNKNOWN_NS if date is None else day_ns(date)

    def times_ns(
        self, tod_s: NDArray[np.float64], heard_ns: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the time of each record, in nanoseconds UTC since 1970.

        Parameters
        ----------
        tod_s : ndarray, shape (n,)
            Time of day [s], in [0, 86400), in order of arrival. NaN where the record has none: it
            gets its reference.
        heard_ns : ndarray, shape (n,)
            When it was heard; ``UNKNOWN_NS`` where that is not known.

        Returns
        -------
        ndarray, shape (n,)
            ``UNKNOWN_NS`` where neither record nor reference tells a time.
        """
        count = tod_s.size
        if not count:
            return np.empty(0, np.int64)
        timed = ~np.isnan(tod_s)
        tod_ns = np.rint(np.where(timed, tod_s, 0.0) * NS_PER_S).astype(np.int64)
        heard = (heard_ns != UNKNOWN_NS) & (self._date_ns == UNKNOWN_NS)
        out = np.full(count, UNKNOWN_NS, np.int64)
        out[heard] = np.where(
            timed[heard], nearest_ns(tod_ns[heard], heard_ns[heard]), heard_ns[heard]
        )

        # The others run on from the record before them. A step is the shortest way round the day
        # from one time of day to the next; records without one stand still.
        start, first = self._last_ns, 0
        if start == UNKNOWN_NS and self._date_ns != UNKNOWN_NS and timed.any():
            first = int(np.argmax(timed))
            start = self._date_ns + int(tod_ns[first])
        position = np.where(timed, tod_ns, np.where(heard, heard_ns % NS_PER_DAY, -1))
        carrier = np.maximum.accumulate(np.where(position >= 0, np.arange(count), -1))
        before = 0 if start == UNKNOWN_NS else start % NS_PER_DAY
        held = np.where(carrier >= 0, position[carrier], before)
        steps = np.diff(held, prepend=before)
        steps = (steps + NS_PER_DAY // 2) % NS_PER_DAY - NS_PER_DAY // 2
        walked = np.cumsum(steps)
        anchor = np.maximum.accumulate(np.where(heard, np.arange(count), -1))
        base = np.where(anchor >= 0, out[anchor] - walked[anchor], start)
        known = ~heard & ((anchor >= 0) | (start != UNKNOWN_NS))
        known[:first] = False
        out[known] = (base + walked)[known]

        if out[-1] != UNKNOWN_NS:
            self._last_ns = int(out[-1])
        return out

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state, for :meth:`restore`."""
        return {"clock": np.array([self._last_ns, self._date_ns], np.int64)}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._last_ns, self._date_ns = map(int, state["clock"].tolist())


def nearest_ns(tod_ns: NDArray[np.int64], reference_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give times of day the day that brings them nearest to a reference; twelve hours is early."""
    away = (tod_ns - reference_ns) % NS_PER_DAY
    return reference_ns + np.where(away >= NS_PER_DAY // 2, away - NS_PER_DAY, away)


def complete_tod_ns(
    truncated_ns: NDArray[np.int64], reference_ns: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give truncated times of day the whole 512 s that they lack.

    Parameters
    ----------
    truncated_ns : ndarray, shape (n,)
        Time of day over whole 512 s [ns], in [0, 512 s).
    reference_ns : ndarray, shape (n,)
        A time of day less than 256 s away, within 512 s of midnight less than 192 s [ns], in
        [0, 86400 s).

    Returns
    -------
    ndarray, shape (n,)
        The time of day in [0, 86400 s) that is nearest to the reference round the day; of two as
        near, the earlier.

    Notes
    -----
    The field begins anew at midnight, and a day is 168.75 times 512 s: counts on both sides of
    midnight differ in more than whole 512 s (EUROCONTROL Part 2a, I001/141, notes 1 and 2).

    Examples
    --------
    >>> s = 1_000_000_000
    >>> (complete_tod_ns(np.array([10, 383, 1]) * s, np.array([1000, 2, 86399]) * s) // s).tolist()
    [1034, 86399, 1]
    """
    last = (NS_PER_DAY - 1 - truncated_ns) // TRUNCATED_NS
    before = np.clip((reference_ns - truncated_ns) // TRUNCATED_NS, 0, last)
    # The last of the day can be the one before the reference, and the first the one after it.
    turns = np.stack([before, np.minimum(before + 1, last), last, np.zeros_like(last)])
    whole_ns = truncated_ns + turns * TRUNCATED_NS
    away_ns = nearest_ns(whole_ns, reference_ns) - reference_ns
    choice = np.argmin(2 * np.abs(away_ns) + (away_ns > 0), axis=0)
    found: NDArray[np.int64] = np.take_along_axis(whole_ns, choice[None], axis=0)[0]
    return found


def day_ns(date: dt.date) -> int:
    """Return the midnight at which a date begins, in nanoseconds UTC since 1970."""
    return (date.toordinal() - _EPOCH) * NS_PER_DAY


def is_time_of_day(tod_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which times of day can be: the field goes on to 131,072 s, the day ends before."""
    return np.isnan(tod_s) | (tod_s < S_PER_DAY)
