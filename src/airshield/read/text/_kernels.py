"""Compiled loops of text feeds: where JSON objects end, and which places an aircraft can be at.

``state`` of :func:`split_objects` goes on from call to call: phase, depth, which of the open
brackets are braces (one bit each), place where the outermost one opened (-1 outside), and how many
octets between objects were padding.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel

U1 = NDArray[np.uint8]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]

PHASE, DEPTH, BRACES, BEGAN, PADDING = range(5)
STATE_SIZE = 5
DEPTH_MAX = 60

EXHAUSTED, FULL, DAMAGED, TOO_LONG, JUNK = range(5)
"""Why :func:`split_objects` came back."""

# What may come next: a first key or '}', a key, a colon, a value, a first value or ']', a comma or
# the closing bracket; or where we are: in a key, in a text, behind a backslash there, in a word.
_KEY0, _KEY, _COLON, _VALUE, _VALUE0, _AFTER, _IN_KEY, _IN_TEXT = range(8)
_KEY_ESCAPE, _TEXT_ESCAPE, _WORD = range(8, 11)
_PHASES = 11

# What an octet is: line ends and tabs, control, blank, anything that only texts have, signs, and
# what numbers and literals are written with.
_LINE, _CONTROL, _BLANK, _TEXT, _QUOTE, _ESCAPE, _DOTS, _NEXT, _LETTER = range(9)
_OPEN_BRACE, _OPEN_BRACKET, _CLOSE_BRACE, _CLOSE_BRACKET = range(9, 13)
_CLASSES = 13

# Steps that are more than a change of phase, and the one that nothing allows.
_WRONG, _OPENS, _CLOSES, _COMMA = -1, 16, 17, 18


def _classes() -> I8:
    out = np.full(256, _TEXT)
    out[:0x20] = _CONTROL
    signs = {"\t\n\r": _LINE, " ": _BLANK, '"': _QUOTE, "\\": _ESCAPE, ":": _DOTS, ",": _NEXT}
    signs |= {"{": _OPEN_BRACE, "[": _OPEN_BRACKET, "}": _CLOSE_BRACE, "]": _CLOSE_BRACKET}
    signs |= {"0123456789+-.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ": _LETTER}
    for octets, what in signs.items():
        out[list(octets.encode())] = what
    return out


def _steps() -> I8:
    out = np.full((_PHASES, _CLASSES), _WRONG)
    for phase in (_KEY0, _KEY, _COLON, _VALUE, _VALUE0, _AFTER):
        out[phase, [_LINE, _BLANK]] = phase
    out[_WORD, [_LINE, _BLANK]] = _AFTER
    out[[_KEY0, _KEY], _QUOTE] = _IN_KEY
    out[_COLON, _DOTS] = _VALUE
    for phase in (_VALUE, _VALUE0):
        out[phase, [_QUOTE, _LETTER]] = _IN_TEXT, _WORD
        out[phase, [_OPEN_BRACE, _OPEN_BRACKET]] = _OPENS
    out[_WORD, _LETTER] = _WORD
    for phase, behind, escape in (
        (_IN_KEY, _COLON, _KEY_ESCAPE),
        (_IN_TEXT, _AFTER, _TEXT_ESCAPE),
    ):
        # A line end inside a text is not JSON: the other half of the text is lost.
        out[[phase, escape], _BLANK:] = phase
        out[phase, [_QUOTE, _ESCAPE]] = behind, escape
    out[[_AFTER, _WORD], _NEXT] = _COMMA
    out[[_AFTER, _WORD, _KEY0], _CLOSE_BRACE] = _CLOSES
    out[[_AFTER, _WORD, _VALUE0], _CLOSE_BRACKET] = _CLOSES
    return out


CLASS = _classes()
STEP = _steps()


@kernel
def split_objects(
    octets: U1, at: int, state: I8, first: I8, stop: I8, longest: int
) -> tuple[int, int, int]:
    """Note where objects begin and stop; gives their count, where it stopped, and why.

    An object begins with a brace outside of all others. Between objects stand white space, commas
    and square brackets: those of an array that holds the objects, counted as padding.
    """
    phase, depth, braces, began = state[PHASE], state[DEPTH], state[BRACES], state[BEGAN]
    count = 0
    why = EXHAUSTED
    while at < octets.size:
        what = CLASS[octets[at]]
        if began < 0:
            if what == _OPEN_BRACE:
                if count == first.size:
                    why = FULL
                    break
                began, depth, braces, phase = at, 1, 1, _KEY0
            elif what in (_LINE, _BLANK, _NEXT, _OPEN_BRACKET, _CLOSE_BRACKET):
                state[PADDING] += 1
            else:
                why = JUNK
                break
            at += 1
            continue
        if at - began >= longest:
            why = TOO_LONG
            break

        step = STEP[phase, what]
        if step < _PHASES:
            phase = step
        elif step == _COMMA:
            phase = _KEY if braces & 1 else _VALUE
        elif step == _OPENS and depth < DEPTH_MAX:
            braces = (braces << 1) | (what == _OPEN_BRACE)
            depth += 1
            phase = _KEY0 if what == _OPEN_BRACE else _VALUE0
        elif step == _CLOSES and braces & 1 == (what == _CLOSE_BRACE):
            braces >>= 1
            depth -= 1
            phase = _AFTER
            if depth == 0:
                first[count] = began
                stop[count] = at + 1
                count += 1
                began = -1
        else:
            phase = _WRONG
        if phase == _WRONG:
            why = DAMAGED
            break
        at += 1
    state[PHASE], state[DEPTH], state[BRACES], state[BEGAN] = phase, depth, braces, began
    return count, at, why


GOOD, HELD, JUMP, BACK, HELD_BAD = range(5)
"""What :func:`judge_places` says of a place: believed; the last one again; too far from the last
believed one; from before it; a place not believed, again."""

(
    KNOWN,
    T,
    LAT,
    LON,
    SPD,
    SEEN_T,
    SEEN_LAT,
    SEEN_LON,
    SEEN_VERDICT,
    OTHER,
    OTHER_T,
    OTHER_LAT,
    OTHER_LON,
    OTHER_SPD,
    OTHER_LOOSE,
    SPD_SEEN,
) = range(16)
"""Columns of an aircraft's row: the last believed place, the last one heard, the newest of a chain
of places that are not believed and agree with each other (``OTHER`` counts those that agree at the
speeds told, ``OTHER_LOOSE`` those that agree at an ordinary speed), and the speed that such a chain
showed where the speeds told were wrong."""
PLACE_COLUMNS = 16


class Limits(NamedTuple):
    """How far an aircraft gets: (ratio * speed + extra) * (time + extra) + extra."""

    spd_unknown_mps: float
    """The speed to reckon with where none is told."""
    spd_ratio: float
    """Times the greater of the two speeds told."""
    spd_extra_mps: float
    dt_extra_s: float
    """Error of both times together."""
    rng_extra_m: float
    """Error of both places together."""
    dt_late_s: float
    """A place from longer before the last believed one is a fault of a clock."""
    dt_same_s: float
    """The same place at rest within this time is the same report."""
    chain: float
    """So many places in a row that agree with each other are believed after all."""
    chain_loose: float
    """So many where they agree only at up to ``spd_ordinary_mps``: the speed told is wrong."""
    spd_ordinary_mps: float


@kernel
def reach_m(dt_s: float, spd_mps: float, limits: Limits) -> float:
    """How far an aircraft can be from where it was a time ago."""
    spd = limits.spd_ratio * spd_mps + limits.spd_extra_mps
    if math.isnan(spd):
        spd = limits.spd_unknown_mps
    return spd * (abs(dt_s) + limits.dt_extra_s) + limits.rng_extra_m


@kernel
def apart_m(lat_rad: float, lon_rad: float, to_lat_rad: float, to_lon_rad: float) -> float:
    """Distance of two near places on a sphere, as if it were flat; too long for far ones."""
    lon = to_lon_rad - lon_rad
    lon -= 2.0 * math.pi * math.floor(lon / (2.0 * math.pi) + 0.5)
    return 6_371_000.0 * math.hypot(to_lat_rad - lat_rad, math.cos(lat_rad) * lon)


@kernel
def judge_places(
    slot: I8,
    t_s: F8,
    lat_rad: F8,
    lon_rad: F8,
    spd_mps: F8,
    at_rest: B1,
    limits: Limits,
    places: F8,
) -> I8:
    """Judge places in order of arrival against the last believed one of the same aircraft."""
    out = np.empty(slot.size, np.int64)
    for i in range(slot.size):
        row = places[slot[i]]
        t, lat, lon, spd = t_s[i], lat_rad[i], lon_rad[i], spd_mps[i]
        known = row[KNOWN] > 0.0
        if known and row[SEEN_LAT] == lat and row[SEEN_LON] == lon:
            if row[SEEN_VERDICT] != GOOD:
                out[i] = HELD_BAD
                continue
            if not at_rest[i] or abs(t - row[SEEN_T]) < limits.dt_same_s:
                out[i] = HELD
                continue

        verdict = GOOD
        if known:
            dt = t - row[T]
            rng = apart_m(row[LAT], row[LON], lat, lon)
            # Where one speed is unknown, fmax takes the other.
            told = np.fmax(spd, row[SPD])
            if dt < -limits.dt_late_s:
                verdict = BACK
            elif rng <= reach_m(dt, told, limits):
                row[SPD_SEEN] = 0.0
            elif rng > reach_m(dt, np.fmax(told, row[SPD_SEEN]), limits):
                verdict = JUMP
        if verdict != GOOD:
            fits = fits_loose = False
            spd_seen = 0.0
            if row[OTHER] > 0.0 and t >= row[OTHER_T]:
                dt = t - row[OTHER_T]
                rng = apart_m(row[OTHER_LAT], row[OTHER_LON], lat, lon)
                told = np.fmax(spd, row[OTHER_SPD])
                fits = rng <= reach_m(dt, told, limits)
                fits_loose = rng <= reach_m(dt, np.fmax(told, limits.spd_ordinary_mps), limits)
                if not fits and dt > 0.0:
                    spd_seen = rng / dt
            row[OTHER] = row[OTHER] + 1.0 if fits else 1.0
            row[OTHER_LOOSE] = row[OTHER_LOOSE] + 1.0 if fits_loose else 1.0
            row[OTHER_T], row[OTHER_LAT], row[OTHER_LON], row[OTHER_SPD] = t, lat, lon, spd
            if row[OTHER] >= limits.chain or row[OTHER_LOOSE] >= limits.chain_loose:
                verdict = GOOD
                row[T] = t  # which may lie before the last believed one
                row[SPD_SEEN] = spd_seen
        if verdict == GOOD:
            if not known or t >= row[T]:
                row[T], row[LAT], row[LON], row[SPD] = t, lat, lon, spd
            row[KNOWN] = 1.0
            row[OTHER] = row[OTHER_LOOSE] = 0.0
        row[SEEN_T], row[SEEN_LAT], row[SEEN_LON], row[SEEN_VERDICT] = t, lat, lon, verdict
        out[i] = verdict
    return out
