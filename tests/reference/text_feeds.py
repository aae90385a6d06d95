"""Slow twins of what text feeds rest on, written from their description and sharing no code."""

from __future__ import annotations

import math

BLANKS = b" \t\r\n"
WORDS = b"0123456789+-.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class DamagedError(Exception):
    """The octet at this place cannot stand there."""


class ShortError(Exception):
    """The octets end too early."""


def json_objects(octets):
    """Objects as (first, stop), what is lost as (first, stop), and how many octets are padding."""
    found, lost, padding, at = [], [], 0, 0
    while at < len(octets):
        octet = octets[at]
        if octet == ord("{"):
            try:
                end = _object(octets, at, 1)
                found.append((at, end))
            except DamagedError as wrong:
                end = _next_brace(octets, at, wrong.args[0] + 1)
                lost.append((at, end))
            except ShortError:
                end = _next_brace(octets, at, len(octets))
                lost.append((at, end))
            at = end
        elif octet in BLANKS + b",[]":
            padding += 1
            at += 1
        else:
            end = at
            while end < len(octets) and octets[end] not in b"{\n" and end - at < 4096:
                end += 1
            lost.append((at, end))
            at = end
    return found, lost, padding


def _next_brace(octets, at, seen):
    found = octets.find(b"{", at + 1, seen)
    return seen if found < 0 else found


def _peek(octets, at):
    while at < len(octets) and octets[at] in BLANKS:
        at += 1
    if at == len(octets):
        raise ShortError
    return at


def _object(octets, at, depth):
    at = _peek(octets, at + 1)
    if octets[at] == ord("}"):
        return at + 1
    while True:
        at = _peek(octets, _text(octets, _peek(octets, at)))
        if octets[at] != ord(":"):
            raise DamagedError(at)
        at = _peek(octets, _value(octets, _peek(octets, at + 1), depth))
        if octets[at] == ord("}"):
            return at + 1
        if octets[at] != ord(","):
            raise DamagedError(at)
        at += 1


def _array(octets, at, depth):
    at = _peek(octets, at + 1)
    if octets[at] == ord("]"):
        return at + 1
    while True:
        at = _peek(octets, _value(octets, _peek(octets, at), depth))
        if octets[at] == ord("]"):
            return at + 1
        if octets[at] != ord(","):
            raise DamagedError(at)
        at += 1


def _value(octets, at, depth):
    octet = octets[at]
    if octet == ord('"'):
        return _text(octets, at)
    if octet in b"{[":
        if depth >= 60:
            raise DamagedError(at)
        inside = _object if octet == ord("{") else _array
        return inside(octets, at, depth + 1)
    end = at
    while end < len(octets) and octets[end] in WORDS:
        end += 1
    if end == at:
        raise DamagedError(at)
    return end


def _text(octets, at):
    if octets[at] != ord('"'):
        raise DamagedError(at)
    at += 1
    while at < len(octets):
        if octets[at] < 0x20:
            raise DamagedError(at)
        if octets[at] == ord('"'):
            return at + 1
        if octets[at] == ord("\\"):
            at += 1
            if at < len(octets) and octets[at] < 0x20:
                raise DamagedError(at)
        at += 1
    raise ShortError


GOOD, HELD, JUMP, BACK, HELD_BAD = range(5)


class Places:
    """The gate for places, one aircraft at a time, in degrees and metres."""

    def __init__(self):
        self.good = None  # (t, lat, lon, speed)
        self.seen = None  # (t, lat, lon, was it good)
        self.chain = []  # places not believed: (t, lat, lon, speed)
        self.tight = self.loose = 0
        self.spd_seen = 0.0

    def judge(self, t, lat, lon, spd, at_rest):
        if self.good is not None and self.seen[1:3] == (lat, lon):
            if not self.seen[3]:
                return HELD_BAD
            if not at_rest or abs(t - self.seen[0]) < 0.5:
                return HELD
        verdict = self._verdict(t, lat, lon, spd)
        if verdict != GOOD:
            verdict = self._chained(t, lat, lon, spd, verdict)
        if verdict == GOOD:
            if self.good is None or t >= self.good[0]:
                self.good = (t, lat, lon, spd)
            self.tight = self.loose = 0
        self.seen = (t, lat, lon, verdict == GOOD)
        return verdict

    def _verdict(self, t, lat, lon, spd):
        if self.good is None:
            return GOOD
        dt = t - self.good[0]
        if dt < -30.0:
            return BACK
        apart = distance_m(self.good[1:3], (lat, lon))
        told = known_max(spd, self.good[3])
        if apart <= reach_m(dt, told):
            self.spd_seen = 0.0
            return GOOD
        return GOOD if apart <= reach_m(dt, known_max(told, self.spd_seen)) else JUMP

    def _chained(self, t, lat, lon, spd, verdict):
        tight = loose = False
        shown = 0.0
        if self.loose and t >= self.chain[-1][0]:
            t0, lat0, lon0, spd0 = self.chain[-1]
            apart, told = distance_m((lat0, lon0), (lat, lon)), known_max(spd, spd0)
            tight = apart <= reach_m(t - t0, told)
            loose = apart <= reach_m(t - t0, known_max(told, 340.0))
            if not tight and t > t0:
                shown = apart / (t - t0)
        self.tight = self.tight + 1 if tight else 1
        self.loose = self.loose + 1 if loose else 1
        self.chain.append((t, lat, lon, spd))
        if self.tight < 3 and self.loose < 8:
            return verdict
        self.good, self.spd_seen = None, shown
        return GOOD


def known_max(a, b):
    return b if math.isnan(a) else a if math.isnan(b) else max(a, b)


def reach_m(dt, spd):
    fast = 700.0 if math.isnan(spd) else 1.25 * spd + 10.0
    return fast * (abs(dt) + 2.0) + 200.0


def distance_m(a, b):
    north = math.radians(b[0]) - math.radians(a[0])
    turn = math.radians(b[1]) - math.radians(a[1])
    while turn > math.pi:
        turn -= 2.0 * math.pi
    while turn < -math.pi:
        turn += 2.0 * math.pi
    return 6_371_000.0 * math.hypot(north, math.cos(math.radians(a[0])) * turn)


def last_said(slots, times, said, age_s):
    """What each aircraft said last: values or None, in order; ``said`` has None for nothing."""
    kept, out = {}, []
    for slot, t, value in zip(slots, times, said, strict=True):
        if value is not None:
            kept[slot] = (t, value)
        when, last = kept.get(slot, (None, None))
        out.append(last if when is not None and abs(t - when) <= age_s else None)
    return out
