"""One requirement of warning, for any of the radars."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield.plan.coverage.detection import PdTable
from airshield.plan.coverage.network.cover import mask_of
from airshield.plan.coverage.survey import Answer, Survey, WarningAsked
from airshield.plan.coverage.survey.warned import (
    BEARINGS,
    answer_warning,
    lookouts_of,
    rule_of,
    sites_of,
    window_s,
)
from airshield.plan.coverage.warning import WarnedSite, WarningRule, left_s, missed_by, seen_by
from airshield.plan.coverage.warning.walk import PHASES

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Bools = NDArray[np.bool_]

_ALL_AZM_DEG: Final = np.arange(BEARINGS, dtype=np.float64) * (360.0 / BEARINGS)


class WarningPart:
    """One requirement of warning: on which bearings of which sites which radars are enough.

    Parameters
    ----------
    asked : WarningAsked
    found : Survey
        Of all radars.
    threads : int
        Sites are shared among so many while a window is being made.
    """

    def __init__(self, asked: WarningAsked, found: Survey, *, threads: int) -> None:
        self._asked, self._threads = asked, threads
        self._lookouts = lookouts_of([(cells.radar, cells.sight) for cells in found.radars])
        self._names = [one.figures.name for one in self._lookouts]
        self._sites = [
            site for site in sites_of(asked, found.task.sites) if site.required_s is not None
        ]
        self._earth_m = found.task.earth.earth_m
        self._rain = found.task.rain
        self._seen: list[PdTable] | None = None
        self._windows: dict[float, _Window] = {}
        self._lock = threading.Lock()

    def answer(self, active: Sequence[str]) -> Answer:
        """Answer it for some radars."""
        if not self._sites:
            return answer_warning(self._asked, [])
        chosen = set(active)
        window = self._window(window_s(one for one in self._lookouts if one.figures.name in chosen))
        mask = mask_of(self._names, active)
        sure = window.sure.enough(mask)
        best = sure if window.best is window.sure else window.best.enough(mask)
        by_site = zip(
            sure.reshape(-1, BEARINGS).sum(axis=1).tolist(),
            (sure | best).reshape(-1, BEARINGS).sum(axis=1).tolist(),
            strict=True,
        )
        return answer_warning(self._asked, [(a / BEARINGS, b / BEARINGS) for a, b in by_site])

    def _window(self, length_s: float) -> _Window:
        with self._lock:
            if self._seen is None:
                self._seen = [
                    seen_by(one, self._asked.inbound.target, rain=self._rain, earth_m=self._earth_m)
                    for one in self._lookouts
                ]
            if length_s not in self._windows:
                self._windows[length_s] = self._made(length_s, self._seen)
            return self._windows[length_s]

    def _made(self, length_s: float, seen: list[PdTable]) -> _Window:
        """What there is to know for one length of the tracker's window."""
        rule = rule_of(self._asked, length_s)
        # A slower radar would have made the window longer.
        there = [
            i
            for i, one in enumerate(self._lookouts)
            if not one.is_sure or one.figures.turn_s <= length_s
        ]

        lookouts = [self._lookouts[i] for i in there]

        def at(site: WarnedSite) -> tuple[list[_Bearing], list[_Bearing] | None]:
            first = _first_in_time(site, rule)
            skip = max(0, first // PHASES - 1) * PHASES
            found = missed_by(
                site,
                lookouts,
                self._asked.inbound,
                [seen[i] for i in there],
                window_s=length_s,
                bearings_deg=_ALL_AZM_DEG,
                earth_m=self._earth_m,
            )
            sure: dict[int, _Tracks] = {}
            best: dict[int, _Tracks] = {}
            is_same = True
            for i, one, missed in zip(there, lookouts, found, strict=True):
                # What comes nearer than in time need not be looked at, nor kept.
                best[i] = _Tracks(missed.bearings, missed.best[:, skip:].copy())
                is_known = one.is_sure and np.array_equal(missed.sure, missed.best)
                if is_known:
                    sure[i] = best[i]
                elif one.is_sure:
                    sure[i] = _Tracks(missed.bearings, missed.sure[:, skip:].copy())
                is_same &= is_known
            in_time = _InTime(rule, first - skip)
            certain = _bearings_of(sure, in_time)
            return certain, None if is_same else _bearings_of(best, in_time)

        with ThreadPoolExecutor(self._threads) as pool:
            told = list(pool.map(at, self._sites))
        sure = _Rose([one for certain, _ in told for one in certain], self._names)
        if all(perhaps is None for _, perhaps in told):
            return _Window(sure, sure)
        return _Window(
            sure,
            _Rose(
                [
                    one
                    for certain, perhaps in told
                    for one in (certain if perhaps is None else perhaps)
                ],
                self._names,
            ),
        )


@dataclass(frozen=True, slots=True)
class _Window:
    """Who is enough with unknown ground hiding the target, and with it hiding nothing."""

    sure: _Rose
    best: _Rose


class _Tracks(NamedTuple):
    """What one radar misses along those bearings that it reaches at all."""

    bearings: NDArray[np.int64]
    missed: Floats


@dataclass(frozen=True, slots=True)
class _InTime:
    """Whether a track is confirmed at place ``first`` or before, further out."""

    rule: WarningRule
    first: int

    def __call__(self, missed: Floats) -> Bools:
        left = left_s(missed, self.rule)
        step_s = self.rule.window_s / PHASES
        # Back from seconds to the place where the window's middle lay; NaN compares false.
        is_early: Bools = np.atleast_1d(left / step_s + 0.5 * PHASES - 0.5 > self.first - 0.5)
        return is_early


def _first_in_time(site: WarnedSite, rule: WarningRule) -> int:
    """The nearest place of a track at which a confirmation is early enough for a site.

    As ``warning_table`` has it, to the last bit.
    """
    assert site.required_s is not None, "sites that need no certain time are not asked"
    step_s = rule.window_s / PHASES
    first = max(0, int((site.required_s + rule.delay_s) / step_s) - 2)
    while True:
        left = (first + 0.5) * step_s - 0.5 * (PHASES * step_s)
        if left >= 0.0 and left - rule.delay_s >= site.required_s:
            return first
        first += 1


@dataclass(frozen=True, slots=True)
class _Bearing:
    """A track: radars that confirm it in time alone, and those that do so only together.

    ``missed`` are the chances that each of ``others`` misses, place by place; it is empty where
    all the others together are not enough. ``known`` keeps what was found out, by the bits of the
    others that are there.
    """

    alone: tuple[int, ...]
    others: tuple[int, ...]
    missed: Floats
    in_time: _InTime
    known: dict[int, bool] = field(default_factory=dict)

    def is_enough(self, there: int) -> bool:
        """Tell whether some of the others, by their bits, confirm it in time."""
        if there not in self.known:
            together = np.ones((1, self.missed.shape[1]))
            for i, missed in zip(self.others, self.missed, strict=True):
                if there >> i & 1:
                    together *= missed
            self.known[there] = bool(self.in_time(together)[0])
        return self.known[there]


def _bearings_of(missed: dict[int, _Tracks], in_time: _InTime) -> list[_Bearing]:
    """Sort radars, bearing by bearing: enough alone, of use to others, of none."""
    alone: list[list[int]] = [[] for _ in range(BEARINGS)]
    others: list[list[tuple[int, Floats]]] = [[] for _ in range(BEARINGS)]
    longest = max((one.missed.shape[1] for one in missed.values()), default=0)
    together = np.ones((BEARINGS, longest))
    for i, one in missed.items():
        is_enough = in_time(one.missed)
        for b, row, enough in zip(one.bearings, one.missed, is_enough, strict=True):
            if enough:
                alone[b].append(i)
            elif row.min(initial=1.0) < 1.0:
                others[b].append((i, row))
                together[b, : row.size] *= row
    is_hard = in_time(together)
    out = []
    for b in range(BEARINGS):
        helping = others[b] if is_hard[b] else []
        end = int(np.flatnonzero(together[b] < 1.0)[-1]) + 1 if helping else 0
        rows = np.ones((len(helping), end))
        for row, (_, told) in zip(rows, helping, strict=True):
            row[: told.size] = told[:end]
        out.append(
            _Bearing(
                alone=tuple(alone[b]),
                others=tuple(i for i, _ in helping),
                missed=rows,
                in_time=in_time,
            )
        )
    return out


class _Rose:
    """All bearings of all sites, in that order."""

    def __init__(self, bearings: Sequence[_Bearing], names: Sequence[str]) -> None:
        self._alone = np.array(
            [mask_of(names, [names[i] for i in one.alone]) for one in bearings], np.uint64
        ).reshape(len(bearings), -1)
        self._hard = [
            (at, one, sum(1 << i for i in one.others))
            for at, one in enumerate(bearings)
            if one.others
        ]

    def enough(self, mask: Words) -> Bools:
        """Tell for which bearings some radars confirm in time."""
        out: Bools = np.bitwise_or.reduce(self._alone & mask, axis=1) != 0
        whole = int.from_bytes(mask.astype("<u8").tobytes(), "little")
        for at, bearing, others in self._hard:
            there = whole & others
            # One of them is not enough, or it would be among those that are.
            if not out[at] and there & (there - 1):
                out[at] = bearing.is_enough(there)
        return out
