"""Text streams to frames: lines, and JSON objects.

Both keep the octets of a frame untouched and depend on nothing but the octets: where the stream
was cut into calls makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.read.frames import Ledger, frozen
from airshield.read.reader import NO_TIME, Split, Splitter
from airshield.read.text import _kernels

U1 = NDArray[np.uint8]
I8 = NDArray[np.int64]

LINE_MAX: Final = 65_536
"""Octets in a line. The longest that is written (a FIS-B uplink) has under a thousand."""

OBJECT_MAX: Final = 1 << 26
"""Octets in a JSON object: an ``aircraft.json`` of all aircraft in the world has some 8 million."""

_JUNK_MAX: Final = 4096
_NEW_LINE: Final = 0x0A
_BRACE: Final = 0x7B
_OBJECTS_AT_ONCE: Final = 4096


class LineSplitter:
    """One line is one frame, its end included; empty lines are padding.

    The last line of a stream needs no end. A line longer than ``LINE_MAX`` is lost, in pieces of
    that size; what is left of it becomes a frame that no format takes for its own.
    """

    def __call__(self, octets: U1, *, base: int, last: bool, ledger: Ledger) -> Split:
        """Cut ``octets`` into lines."""
        stop = np.flatnonzero(octets == _NEW_LINE) + 1
        used = int(stop[-1]) if stop.size else 0
        open_end = last and used < octets.size
        if open_end:
            stop = np.append(stop, octets.size)
            used = octets.size
        first = np.concatenate([stop[:1] * 0, stop[:-1]])
        tail = octets.size - used

        blank = _are_blank(octets, first, stop)
        given = ledger.frames
        for line in np.flatnonzero(stop - first >= LINE_MAX).tolist():
            ledger.frames = given + line - int(blank[:line].sum())
            # Without its end it has one octet more to come.
            most = LINE_MAX - 1 if open_end and line == stop.size - 1 else LINE_MAX
            while stop[line] - first[line] > most:
                _reject_line(octets, int(first[line]), base, ledger)
                first[line] += LINE_MAX
            blank[line : line + 1] = _are_blank(octets, first[line:][:1], stop[line:][:1])
        kept = ~blank
        ledger.frames = given + int(kept.sum())
        while tail >= LINE_MAX:
            _reject_line(octets, used, base, ledger)
            used, tail = used + LINE_MAX, tail - LINE_MAX

        ledger.padding += int((stop - first)[blank].sum())
        first, stop = first[kept], stop[kept]
        ledger.octets += int((stop - first).sum())
        return Split(octets, first, stop, base + first, np.full(first.size, NO_TIME), used)


class ObjectSplitter:
    """One JSON object is one frame, wherever it stands: alone, on a line, in an array.

    An array of a million objects streams through at the memory of one. What is between objects
    (white space, commas, square brackets) is padding. An object that is damaged, longer than
    ``OBJECT_MAX`` or cut short is lost up to the next brace inside it, where the search goes on:
    so the objects after a damaged one are found. (RFC 8259; numbers and literals are only looked
    at for their letters, the format's reader judges them.)
    """

    def __init__(self) -> None:
        self._state = np.zeros(_kernels.STATE_SIZE, np.int64)
        self._state[_kernels.BEGAN] = -1
        self._scanned = 0

    def __call__(self, octets: U1, *, base: int, last: bool, ledger: Ledger) -> Split:
        """Cut ``octets`` into objects."""
        state, at = self._state, self._scanned
        octets = frozen(octets)
        firsts, stops = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        while True:
            first = np.empty(_OBJECTS_AT_ONCE, np.int64)
            stop = np.empty(_OBJECTS_AT_ONCE, np.int64)
            count, at, why = _kernels.split_objects(octets, at, state, first, stop, OBJECT_MAX)
            firsts.append(first[:count])
            stops.append(stop[:count])
            ledger.frames += count
            began = int(state[_kernels.BEGAN])
            if why == _kernels.DAMAGED:
                at = self._give_up(octets, began, at + 1, base, ledger, "a damaged JSON object")
            elif why == _kernels.TOO_LONG:
                at = self._give_up(
                    octets, began, at, base, ledger, "a JSON object that is too long"
                )
            elif why == _kernels.JUNK:
                end = _junk_end(octets, at, last=last)
                if end < 0:
                    break
                ledger.reject(base + at, octets[at:end].data, "no JSON object begins here")
                at = end
            elif why == _kernels.EXHAUSTED:
                if began < 0 or not last:
                    break
                reason = "the stream ends within a JSON object"
                at = self._give_up(octets, began, octets.size, base, ledger, reason)
        ledger.padding += int(state[_kernels.PADDING])
        state[_kernels.PADDING] = 0

        used = at if began < 0 else began
        self._scanned = at - used
        state[_kernels.BEGAN] = min(began, 0)
        begin, end_ = np.concatenate(firsts), np.concatenate(stops)
        ledger.octets += int((end_ - begin).sum())
        return Split(octets, begin, end_, base + begin, np.full(begin.size, NO_TIME), used)

    def _give_up(
        self, octets: U1, began: int, seen: int, base: int, ledger: Ledger, reason: str
    ) -> int:
        """Note as lost what began there, up to the next brace of what was seen of it."""
        braces = np.flatnonzero(octets[began + 1 : seen] == _BRACE)
        end = began + 1 + int(braces[0]) if braces.size else seen
        ledger.reject(base + began, octets[began:end].data, reason)
        self._state[_kernels.BEGAN] = -1
        return end


class FirstOctetSplitter:
    """Lines or JSON objects: the first octet that is not white space tells."""

    def __init__(self) -> None:
        self._chosen: Splitter | None = None

    def __call__(self, octets: U1, *, base: int, last: bool, ledger: Ledger) -> Split:
        """Cut ``octets``."""
        if self._chosen is None:
            head = octets[:LINE_MAX]
            told = np.flatnonzero(~np.isin(head, np.frombuffer(b" \t\r\n", np.uint8)))
            if not told.size and head.size < LINE_MAX and not last:
                none = np.empty(0, np.int64)
                return Split(octets, none, none, none, none, 0)
            is_json = told.size and octets[told[0]] in (_BRACE, 0x5B)
            make: Callable[[], Splitter] = ObjectSplitter if is_json else LineSplitter
            self._chosen = make()
        return self._chosen(octets, base=base, last=last, ledger=ledger)


def _are_blank(octets: U1, first: I8, stop: I8) -> NDArray[np.bool_]:
    """Tell which lines are nothing: no octet, or only a line's end."""
    size = stop - first
    is_end = octets[stop - 1] == _NEW_LINE
    before = octets[np.maximum(stop - 2, 0)]
    return np.asarray((size == 0) | (is_end & ((size == 1) | ((size == 2) & (before == 0x0D)))))


def _reject_line(octets: U1, at: int, base: int, ledger: Ledger) -> None:
    ledger.reject(base + at, octets[at : at + LINE_MAX].data, "a line that is too long")


def _junk_end(octets: U1, at: int, *, last: bool) -> int:
    """Return where a run of octets that are no JSON ends, -1 where more octets must tell."""
    run = octets[at : at + _JUNK_MAX]
    ends = np.flatnonzero((run == _NEW_LINE) | (run == _BRACE))
    if ends.size:
        return at + int(ends[0])
    return at + run.size if last or run.size == _JUNK_MAX else -1
