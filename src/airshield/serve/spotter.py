"""The door for spotters: what a person with a phone saw or heard, over HTTP into the journal.

A report is answered only when it is on the disk, so whoever sends it may forget it. The sender's
address is used to count how often it sends and is kept nowhere.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Final

from airshield.errors import AirshieldError, FieldError, StoreError
from airshield.read.frames import Datagram, frame_table
from airshield.read.spotter import check_spotter
from airshield.watch import Spoken, Watch

SOURCE: Final = "spotter:http"
"""Source of these frames in the journal."""

REPORT_OCTETS_MAX: Final = 64 << 10

BURST: Final = 10
PER_S: Final = 1.0
"""An address may send so many at once, and so many a second in the long run: more than a person
can, less than hurts."""

ADDRESSES_MAX: Final = 10_000
"""Addresses remembered; those that have not sent for a while are forgotten first."""

DURABLE_S: Final = 5.0
"""Longest wait for the disk, a hundred times what it takes."""


class RefusedReportError(AirshieldError):
    """A report was not taken: with the HTTP status, and in how many seconds to try again."""

    def __init__(self, status: int, why: str, *, retry_s: int | None = None) -> None:
        super().__init__(why)
        self.status, self.why, self.retry_s = status, why, retry_s


class SpotterDoor:
    """Takes reports of spotters into a watch. Every method may be called from any thread.

    Parameters
    ----------
    clock_ns : callable
        Nanoseconds UTC since 1970: stamps ``t_heard``.
    monotonic_s : callable
        A clock that is never set, for the limit of each address.

    Attributes
    ----------
    counts : Counter
        ``taken``, and what was refused, by reason.
    """

    def __init__(
        self,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._clock_ns, self._now_s = clock_ns, monotonic_s
        self._lock = Lock()
        self._allowances: dict[str, tuple[float, float]] = {}
        self._watch: Watch | None = None
        self._taken = 0

    def open(self, watch: Watch) -> None:
        """Let reports into a live watch that has a journal."""
        with self._lock:
            self._taken = watch.frames_of(SOURCE)
            self._watch = watch

    def close(self) -> None:
        """Take no more: the watch is about to end."""
        with self._lock:
            self._watch = None

    def admit(self, address: str) -> None:
        """Count a request of an address.

        Raises
        ------
        RefusedReportError
            It sends too often (429).
        """
        now_s = self._now_s()
        with self._lock:
            left, then_s = self._allowances.pop(address, (float(BURST), now_s))
            left = min(float(BURST), left + (now_s - then_s) * PER_S)
            self._allowances[address] = (max(left - 1.0, 0.0) if left >= 1.0 else left, now_s)
            while len(self._allowances) > ADDRESSES_MAX:
                del self._allowances[next(iter(self._allowances))]
        if left < 1.0:
            raise self.refuse(
                429,
                f"too many reports from this address: {PER_S:g} a second, {BURST} at once",
                count="too often",
                retry_s=1,
            )

    def take(self, octets: bytes) -> int:
        """Take a document and return the number of its frame, once that is on the disk.

        Raises
        ------
        RefusedReportError
            It is too long (413), no report (422), or there is nothing to take it (503).
        """
        if len(octets) > REPORT_OCTETS_MAX:
            raise self.refuse_size()
        try:
            check_spotter(octets)
        except FieldError as error:
            raise self.refuse(422, str(error), count="no report") from error
        try:
            with self._lock:
                watch = self._watch
                if watch is None:
                    raise self._not_running()
                watch.declare(SOURCE, Spoken(format="spotter"))
                document = Datagram(self._taken, self._clock_ns(), octets)
                frame = watch.keep(frame_table(SOURCE, [document], first_frame=0))
                self._taken += 1
            is_kept = watch.wait_durable(frame + 1, timeout_s=DURABLE_S)
        except StoreError as error:
            raise self.refuse(503, str(error), count="journal", retry_s=60) from error
        if not is_kept:
            raise self.refuse(
                503,
                "the disk has not confirmed the report; send it again",
                count="journal",
                retry_s=5,
            )
        self.counts["taken"] += 1
        return frame

    def refuse(
        self, status: int, why: str, *, count: str, retry_s: int | None = None
    ) -> RefusedReportError:
        """Count a refusal and return it, to be raised."""
        self.counts[f"refused: {count}"] += 1
        return RefusedReportError(status, why, retry_s=retry_s)

    def refuse_size(self) -> RefusedReportError:
        """Return the refusal of a document that is too long."""
        why = f"a report has at most {REPORT_OCTETS_MAX} octets; send fewer reports at once"
        return self.refuse(413, why, count="too long")

    def _not_running(self) -> RefusedReportError:
        why = "no live watch runs here: it is starting, has ended, or plays a recording"
        return self.refuse(503, why, count="not running", retry_s=5)
