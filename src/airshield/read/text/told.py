"""Which positions have been told, for feeds that say the same ones again and again."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.units import NS_PER_S

B1 = NDArray[np.bool_]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]

SAME_NS: Final = NS_PER_S // 2
"""Two times of one position differ by this much at most: documents round their time and the age of
the position, to 0.1 s each, and the time of writing passes between both."""

LATE_NS: Final = 30 * NS_PER_S
"""From this long before the last position told it is no older document but a clock set back, which
is the gate's matter (``Limits.dt_late_s``)."""

SAME_POINT_NS: Final = NS_PER_S // 20
"""Two traces differ by this much at most in the time of a point: seconds have two decimals."""


class Told:
    """Remembers what of each aircraft has been told, by the number that ``Fleet`` gave it.

    Snapshots say the last position until there is a newer one; behind a cache or several servers
    an older snapshot may come after a newer one. A trace says all points of the traces before it.
    """

    def __init__(self) -> None:
        self._spans: dict[int, tuple[int, int]] = {}
        self._last: dict[int, tuple[int, float, float]] = {}

    def are_new_points(self, slot: I8, document: I8, t_ns: I8) -> B1:
        """Tell which points of traces are outside of what earlier traces of the aircraft cover.

        Parameters
        ----------
        slot, document, t_ns : ndarray, shape (n,)
            Number of the aircraft, of its trace, and time, by trace and time.
        """
        out = np.ones(slot.size, np.bool_)
        bounds = np.flatnonzero(np.diff(document, prepend=-1, append=-1)).tolist()
        for start, stop in pairwise(bounds):
            points, aircraft = t_ns[start:stop], int(slot[start])
            first, last = int(points[0]), int(points[-1])
            if aircraft in self._spans:
                begin, end = self._spans[aircraft]
                out[start:stop] = (points < begin - SAME_POINT_NS) | (points > end + SAME_POINT_NS)
                first, last = min(first, begin), max(last, end)
            self._spans[aircraft] = first, last
        return out

    def are_news(self, slot: I8, t_ns: I8, lat_deg: F8, lon_deg: F8, always: B1) -> B1:
        """Tell which places are neither the last one told, told again, nor from just before it.

        Parameters
        ----------
        slot, t_ns, lat_deg, lon_deg, always : ndarray, shape (n,)
            Number of the aircraft, time and place in order of arrival, and which are told in any
            case.
        """
        out = np.ones(slot.size, np.bool_)
        columns = (slot, t_ns, lat_deg, lon_deg, always)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        for row, (aircraft, t, lat, lon, is_told) in enumerate(rows):
            last = self._last.get(aircraft)
            if last is not None and not is_told:
                late = last[0] - t
                is_again = abs(late) <= SAME_NS and last[1:] == (lat, lon)
                if is_again or SAME_NS < late <= LATE_NS:
                    out[row] = False
                    continue
            self._last[aircraft] = t, lat, lon
        return out

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state."""
        spans = [(aircraft, *span) for aircraft, span in self._spans.items()]
        return {
            "told_spans": np.array(spans, np.int64).reshape(-1, 3),
            "told_last": np.array(
                [(aircraft, t) for aircraft, (t, _, _) in self._last.items()], np.int64
            ).reshape(-1, 2),
            "told_places": np.array(
                [place for _, *place in self._last.values()], np.float64
            ).reshape(-1, 2),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._spans = {aircraft: (a, b) for aircraft, a, b in state["told_spans"].tolist()}
        places = state["told_places"].tolist()
        last = zip(state["told_last"].tolist(), places, strict=True)
        self._last = {aircraft: (t, lat, lon) for (aircraft, t), (lat, lon) in last}
