"""When a zone is active."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from airshield.units import NS_PER_DAY, NS_PER_S
from airshield.zones.zone import Period

_THURSDAY = 3
"""The day of the week on which 1970 began (0 is Monday)."""


def is_active(schedule: tuple[Period, ...], t_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell at which instants a schedule is active.

    Parameters
    ----------
    schedule : tuple of Period
        Active when any of them is; none at all is always.
    t_ns : ndarray of int64
        Nanoseconds UTC since 1970.

    Examples
    --------
    Nights that belong to a Friday, asked on Saturday 2026-11-28 at 01:00 and at 23:00:

    >>> night = Period(days=(4,), start_s=22 * 3600.0, end_s=4 * 3600.0)
    >>> saturday = 1795824000 * 10**9
    >>> is_active((night,), np.array([1, 23]) * 3600 * 10**9 + saturday).tolist()
    [True, False]
    """
    if not schedule:
        return np.ones(t_ns.shape, np.bool_)
    active = np.zeros(t_ns.shape, np.bool_)
    for period in schedule:
        active |= _in_period(period, t_ns)
    return active


def _in_period(period: Period, t_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
    day = t_ns // NS_PER_DAY
    since_ns = t_ns - day * NS_PER_DAY
    week = np.zeros(7, np.bool_)
    week[list(period.days)] = True
    today, yesterday = week[(day + _THURSDAY) % 7], week[(day + _THURSDAY - 1) % 7]
    start_ns, end_ns = round(period.start_s * NS_PER_S), round(period.end_s * NS_PER_S)
    if end_ns > start_ns:
        active = today & (since_ns >= start_ns) & (since_ns < end_ns)
    else:  # over midnight: the rest of it belongs to the day before
        active = (today & (since_ns >= start_ns)) | (yesterday & (since_ns < end_ns))
    if period.t_start_ns is not None:
        active &= t_ns >= period.t_start_ns
    if period.t_end_ns is not None:
        active &= t_ns < period.t_end_ns
    return active
