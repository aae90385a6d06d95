"""What is kept between messages of one aircraft: its place, and what it said last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from airshield.read.reader import NO_TIME
from airshield.read.text import _kernels
from airshield.read.text._kernels import Limits
from airshield.units import MPS_PER_KT, NS_PER_S

Ages = dict[str, tuple[DTypeLike, float]]
"""Columns by name: of what type, and how long [s] a value holds."""

B1 = NDArray[np.bool_]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]
Column = NDArray[Any]
State = dict[str, NDArray[np.generic]]

LIMITS: Final = Limits(
    spd_unknown_mps=700.0,
    spd_ratio=1.25,
    spd_extra_mps=10.0,
    dt_extra_s=2.0,
    rng_extra_m=200.0,
    dt_late_s=30.0,
    dt_same_s=0.5,
    chain=3.0,
    chain_loose=8.0,
    spd_ordinary_mps=340.0,
)
"""The gate, for feeds whose times are good to a second: 1.25 times the speed the aircraft tells,
and 10 m/s for a speed rounded or just changing, over the time between and two seconds for both
stamps; 200 m for the places. Without any speed 700 m/s, over twice that of sound."""

SPD_GROUND_MPS: Final = 60.0
"""Of an aircraft on the ground that does not tell its speed: most of a take-off run."""

SPD_REST_MPS: Final = 5.0 * MPS_PER_KT
"""Below this an aircraft may really be where it was."""

REASONS: Final = {
    _kernels.HELD: "the position is not renewed",
    _kernels.JUMP: "farther from the last good position than the aircraft can be",
    _kernels.BACK: "time goes back",
    _kernels.HELD_BAD: "the same position that was not believed",
}
"""Why a place makes no report, by verdict."""


class Fleet:
    """Numbers aircraft of any number of sources from 0, in the order they are met."""

    def __init__(self) -> None:
        self._sources: dict[str, int] = {}
        self._slots: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def slots(self, source: I8, names: list[str], address: I8) -> I8:
        """Return the numbers of aircraft by source (as its place in ``names``) and address."""
        codes = np.array([self._sources.setdefault(n, len(self._sources)) for n in names], np.int64)
        if not source.size:
            return np.empty(0, np.int64)
        key = (codes[source] << 32) | address
        unique, inverse = np.unique(key, return_inverse=True)
        # Numbered as they are met, for the state must not depend on how frames are batched.
        begin = np.full(unique.size, key.size)
        np.minimum.at(begin, inverse, np.arange(key.size))
        out = np.empty(unique.size, np.int64)
        for at in np.argsort(begin).tolist():
            out[at] = self._slots.setdefault(int(unique[at]), len(self._slots))
        return out[inverse]

    def snapshot(self) -> State:
        """Return the state."""
        return {
            "fleet_sources": np.array(list(self._sources), np.str_),
            "fleet_keys": np.array(list(self._slots), np.int64),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._sources = {str(name): i for i, name in enumerate(state["fleet_sources"].tolist())}
        self._slots = {int(key): i for i, key in enumerate(state["fleet_keys"].tolist())}


class Gate:
    """Believes a place when the aircraft can have got there from the last believed one.

    A place exactly as before is no new measurement, however its time has moved on: feeds of state
    vectors repeat the last one for minutes. (At rest it may be one.) A place too far away, or from
    more than ``dt_late_s`` before, is not believed until ``chain`` new ones in a row agree with
    each other: then it was the old one that was wrong.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._places = _no_places(0)

    def judge(self, slot: I8, t_ns: I8, lat_deg: F8, lon_deg: F8, spd_mps: F8, on_ground: B1) -> I8:
        """Return a verdict on each place, in order of arrival: ``GOOD`` (0) or one of REASONS.

        Parameters
        ----------
        slot, t_ns, lat_deg, lon_deg, spd_mps, on_ground : ndarray, shape (n,)
            Number of the aircraft (:class:`Fleet`), time of the place, place, ground speed that the
            aircraft tells (NaN is unknown), and whether it says that it is on the ground.
        """
        if slot.size and slot.max() >= len(self._places):
            more = _no_places(int(slot.max()) + 1 - len(self._places))
            self._places = np.concatenate([self._places, more])
        with np.errstate(invalid="ignore"):
            at_rest = on_ground | (spd_mps < SPD_REST_MPS)
        return _kernels.judge_places(
            slot,
            t_ns / NS_PER_S,
            np.radians(lat_deg),
            np.radians(lon_deg),
            np.where(on_ground & np.isnan(spd_mps), SPD_GROUND_MPS, spd_mps),
            at_rest,
            self._limits,
            self._places,
        )

    def snapshot(self) -> State:
        """Return the state."""
        return {"gate_places": self._places.copy()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        self._places = np.array(state["gate_places"], np.float64)


UNKNOWN: Final[Mapping[str, Any]] = {"i": -1, "f": np.nan, "U": ""}
"""What stands for "not said" in columns of counts, of measures and of texts."""


class LastSaid:
    """What each aircraft said last, of things that it does not say in every message.

    Parameters
    ----------
    columns : mapping of name to (dtype, age)
        Of what type, and how long [s] a value is good for.
    """

    def __init__(self, columns: Ages) -> None:
        self._columns = columns
        self._values = {n: np.zeros(0, dtype) for n, (dtype, _) in columns.items()}
        self._times = {n: np.zeros(0, np.int64) for n in columns}

    def recall(self, slot: I8, t_ns: I8, said: Mapping[str, Column]) -> dict[str, Column]:
        """Return for each message what was said in it or before, and not too long ago.

        Parameters
        ----------
        slot, t_ns : ndarray, shape (n,)
            Number of the aircraft (:class:`Fleet`) and time of each message.
        said : mapping of name to ndarray, shape (n,)
            What each message says; ``UNKNOWN`` is nothing, here and in what is returned.
        """
        if not slot.size:
            return dict(said)
        order = np.argsort(slot, kind="stable")
        of = slot[order]
        is_first = np.append(True, of[1:] != of[:-1])
        begin = np.maximum.accumulate(np.where(is_first, np.arange(of.size), 0))
        is_last = np.append(is_first[1:], True)
        return {
            name: self._recall(name, order, begin, is_last, slot, t_ns, one)
            for name, one in said.items()
        }

    def _recall(
        self, name: str, order: I8, begin: I8, is_last: B1, slot: I8, t_ns: I8, said: Column
    ) -> Column:
        size = int(slot.max()) + 1 - self._times[name].size
        if size > 0:
            self._values[name] = np.append(
                self._values[name], np.zeros(size, self._values[name].dtype)
            )
            self._times[name] = np.append(self._times[name], np.full(size, NO_TIME))
        kept, kept_t = self._values[name], self._times[name]
        of, t = slot[order], t_ns[order]
        latest = np.maximum.accumulate(np.where(_is_said(said)[order], np.arange(of.size), -1))
        here = latest >= begin
        values = np.where(here, said[order][latest].astype(kept.dtype), kept[of])
        when = np.where(here, t[latest], kept_t[of])
        kept[of[is_last]], kept_t[of[is_last]] = values[is_last], when[is_last]

        age_ns = self._columns[name][1] * NS_PER_S
        fresh = (when != NO_TIME) & (t != NO_TIME)
        fresh &= np.abs(np.where(fresh, t - when, 0)) <= age_ns
        out = np.zeros(of.size, kept.dtype)
        out[order] = np.where(fresh, values, UNKNOWN[kept.dtype.kind])
        return out

    def snapshot(self) -> State:
        """Return the state."""
        out: State = {}
        for name in self._columns:
            out[f"said_{name}"] = self._values[name].copy()
            out[f"said_{name}_t"] = self._times[name].copy()
        return out

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        for name, (dtype, _) in self._columns.items():
            self._values[name] = np.array(state[f"said_{name}"], dtype)
            self._times[name] = np.array(state[f"said_{name}_t"], np.int64)


def _is_said(values: Column) -> B1:
    kind = values.dtype.kind
    return np.asarray(~np.isnan(values) if kind == "f" else values != UNKNOWN[kind])


def _no_places(count: int) -> F8:
    out = np.full((count, _kernels.PLACE_COLUMNS), np.nan)
    zero = [_kernels.KNOWN, _kernels.OTHER, _kernels.OTHER_LOOSE, _kernels.SPD_SEEN]
    out[:, zero] = 0.0
    return out
