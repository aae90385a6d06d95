"""Lines and JSON objects out of streams, and what is remembered of an aircraft."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.read import opensky, readsb, sbs, text, uat
from airshield.read.frames import Ledger
from airshield.read.reader import NO_TIME, Options, frames_of
from airshield.read.text import (
    Fleet,
    Gate,
    LastSaid,
    LineSplitter,
    ObjectSplitter,
    _kernels,
    splitters,
)
from airshield.read.text.aircraft import LIMITS
from airshield.read.text.counter import CounterClock, split_counter
from reference import text_feeds as slow

SETTINGS = settings(deadline=None, max_examples=60)


def cut(splitter, octets, edges=()):
    """Frames as (first, stop), what is lost as (first, stop, reason), and the ledger."""
    ledger, begin, frames = Ledger("file:x"), 0, []
    for end in [*sorted({edge % (len(octets) + 1) for edge in edges}), len(octets)]:
        got = splitter(
            np.frombuffer(octets[begin:end], np.uint8),
            base=begin,
            last=end == len(octets),
            ledger=ledger,
        )
        frames += [
            (int(o), int(o) + int(s - f))
            for o, f, s in zip(got.offset, got.first, got.stop, strict=True)
        ]
        begin += got.used
    if not octets:
        return frames, [], ledger
    assert begin == len(octets)
    lost = [
        (row["offset"], row["offset"] + len(row["octets"]), row["reason"])
        for row in ledger.rejects().to_pylist()
    ]
    return frames, lost, ledger


def covered(frames, lost, ledger):
    return sum(stop - first for first, stop, *_ in [*frames, *lost]) + ledger.padding


pieces = st.sampled_from(
    [
        *(b'{"a": 1}', b'{"b":[{},{"c":"}{"}]}', b"{", b"}", b"[", b"]", b'"', b"\\", b",", b"\n"),
        *(b":", b" ", b"tru", b'{"x', b'":', b"\x00", b"\xc3\xa9", b'{"k":"v"}\n', b'{"k":-1.5e3,'),
    ]
)
streams = st.lists(pieces, max_size=25).map(b"".join)
edges = st.lists(st.integers(0, 10_000), max_size=6)


@SETTINGS
@given(octets=streams, edges=edges)
def test_objects_are_those_of_the_slow_version_however_the_stream_is_cut(octets, edges):
    found, lost, padding = slow.json_objects(octets)
    frames, rejects, ledger = cut(ObjectSplitter(), octets, edges)
    assert frames == found
    assert [row[:2] for row in rejects] == lost
    assert ledger.padding == padding
    assert covered(frames, rejects, ledger) == len(octets)
    assert (ledger.frames, ledger.octets) == (len(found), sum(b - a for a, b in found))


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@SETTINGS
@given(octets=streams)
def test_the_kernel_finds_the_first_objects_of_the_slow_version(mode, octets):
    kernel = _kernels.split_objects
    find = kernel if mode == "compiled" else kernel.py_func
    state = np.zeros(_kernels.STATE_SIZE, np.int64)
    state[_kernels.BEGAN] = -1
    first, stop = np.empty(30, np.int64), np.empty(30, np.int64)
    count, at, _ = find(np.frombuffer(octets, np.uint8), 0, state, first, stop, 1 << 20)
    found, lost, _ = slow.json_objects(octets)
    before = [one for one in found if not lost or one[1] <= lost[0][0]]
    assert list(zip(first[:count].tolist(), stop[:count].tolist(), strict=True)) == before
    assert at >= (lost[0][0] if lost else len(octets))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@SETTINGS
@given(
    objects=st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=6),
    indent=st.sampled_from([None, 1]),
    between=st.sampled_from([b"", b"\n", b",\r\n", b" ,"]),
    edges=edges,
)
def test_whatever_json_writes_comes_back(objects, indent, between, edges):
    texts = [json.dumps(one, indent=indent, ensure_ascii=False).encode() for one in objects]
    octets = b"[" + between.join(texts) + b"]"
    frames, lost, _ = cut(ObjectSplitter(), octets, edges)
    assert [octets[first:stop] for first, stop in frames] == texts
    assert not lost


@SETTINGS
@given(
    damaged=st.integers(0, 9),
    at=st.integers(1, 60),
    octet=st.integers(0, 255),
    how=st.sampled_from(["change", "cut", "insert"]),
    between=st.sampled_from([b"\n", b",", b""]),
)
def test_damage_to_one_object_costs_no_other(damaged, at, octet, how, between):
    texts = [
        json.dumps({"hex": f"{k:06x}", "lat": 47.5, "flags": [k], "d": {}}).encode()
        for k in range(10)
    ]
    one = texts[damaged]
    at = min(at, len(one) - 1)
    new = b"" if how == "cut" else bytes([octet])
    rest = one[at:] if how == "insert" else one[at + 1 :]
    broken = [*texts[:damaged], one[:at] + new + rest, *texts[damaged + 1 :]]
    octets = between.join(broken) + between
    frames, lost, ledger = cut(ObjectSplitter(), octets)
    found = [octets[first:stop] for first, stop in frames]
    missing = [text for text in (*texts[:damaged], *texts[damaged + 1 :]) if text not in found]
    # A text that lost its quote swallows what follows until the next one shows that it did.
    assert len(missing) <= 1
    assert covered(frames, lost, ledger) == len(octets)


def test_an_object_that_does_not_end_is_given_up_at_a_size(monkeypatch):
    monkeypatch.setattr(splitters, "OBJECT_MAX", 40)
    octets = b'{"a": 1} {"long": "' + b"x" * 60 + b'{"}\n{"b": 2}'
    for sizes in ([], range(len(octets))):
        frames, lost, _ = cut(ObjectSplitter(), octets, sizes)
        assert [octets[first:stop] for first, stop in frames] == [b'{"a": 1}', b'{"b": 2}']
        assert lost[0] == (9, 49, "a JSON object that is too long")


lines = st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\n\n", b"xyz"]), max_size=30)


@SETTINGS
@given(octets=lines.map(b"".join), edges=edges, longest=st.sampled_from([4, 7, 1000]))
def test_lines_are_frames_and_their_octets_all_accounted_for(octets, edges, longest):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitters, "LINE_MAX", longest)
        frames, lost, ledger = cut(LineSplitter(), octets, edges)
        whole = cut(LineSplitter(), octets)
    assert (frames, lost, ledger.padding) == (whole[0], whole[1], whole[2].padding)
    assert covered(frames, lost, ledger) == len(octets)
    if longest == 1000:
        every = [part + b"\n" for part in octets.split(b"\n")]
        every[-1] = every[-1][:-1]
        kept = [one for one in every if one not in (b"", b"\n", b"\r\n")]
        assert [octets[first:stop] for first, stop in frames] == kept
    assert all(stop - first <= longest for first, stop in frames)
    assert all(row[2] == "a line that is too long" for row in lost)


steps = st.tuples(
    st.integers(0, 2),
    st.sampled_from([1.0, 1.0, 5.0, 0.2, 0.0, -10.0, -100.0, 600.0]),
    st.sampled_from([0.0, 0.0005, 0.002, 0.003, 0.01, 0.05, -0.05, 3.0]),
    st.sampled_from([0.0, 0.002, -0.002, 0.05]),
    st.sampled_from([0.0, 2.0, 60.0, 240.0, float("nan")]),
    st.booleans(),
)


def walk(steps):
    """Places of aircraft that wander over the date line."""
    rows, of = [], {}
    for slot, dt, north, east, spd, at_rest in steps:
        t, lat, lon = of.get(slot, (1_000_000.0, 47.0, 179.99))
        here = (t + dt, lat + north, (lon + east + 180.0) % 360.0 - 180.0)
        if abs(north) < 1.0:
            of[slot] = here
        rows.append((slot, *here, spd, at_rest))
    return rows


def columns(rows):
    slot, t, lat, lon, spd, at_rest = (np.array(c) for c in zip(*rows, strict=True))
    return slot, (t * 1e9).astype(np.int64), lat, lon, spd, at_rest


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@SETTINGS
@given(steps=st.lists(steps, min_size=1, max_size=40))
def test_the_gate_is_the_slow_gate(mode, steps):
    kernel = _kernels.judge_places
    judge = kernel if mode == "compiled" else kernel.py_func
    rows = walk(steps)
    slot, t_ns, lat, lon, spd, at_rest = columns(rows)
    state = np.full((3, _kernels.PLACE_COLUMNS), np.nan)
    state[:, [_kernels.KNOWN, _kernels.OTHER, _kernels.OTHER_LOOSE, _kernels.SPD_SEEN]] = 0.0
    with np.errstate(invalid="ignore"):
        fast = judge(
            slot, t_ns / 1e9, np.radians(lat), np.radians(lon), spd, at_rest, LIMITS, state
        )
    twins = [slow.Places() for _ in range(3)]
    assert fast.tolist() == [
        twins[slot].judge(t, lat, lon, spd, at_rest) for slot, t, lat, lon, spd, at_rest in rows
    ]


@SETTINGS
@given(steps=st.lists(steps, min_size=1, max_size=30), edges=edges)
def test_the_gate_does_not_depend_on_batches_nor_on_restarts(steps, edges):
    made = columns(walk(steps))
    whole = Gate().judge(*made)
    gate, parts = Gate(), []
    bounds = [0, *sorted({edge % (len(whole) + 1) for edge in edges}), len(whole)]
    for begin, end in pairwise(bounds):
        parts.append(gate.judge(*(column[begin:end] for column in made)))
        state = gate.snapshot()
        gate = Gate()
        gate.restore(state)
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_a_place_out_of_reach_is_believed_when_two_more_agree():
    lat = np.array([47.0, 47.001, 49.0, 49.002, 49.004, 49.006])
    t_ns = np.arange(6) * 1_000_000_000
    steady = np.full(6, 200.0)
    verdict = Gate().judge(np.zeros(6, int), t_ns, lat, np.full(6, 8.0), steady, steady < 0.0)
    assert verdict.tolist() == [0, 0, _kernels.JUMP, _kernels.JUMP, 0, 0]


saying = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 400), st.none() | st.integers(0, 9)),
    min_size=1,
    max_size=40,
)


@SETTINGS
@given(said=saying, edges=edges)
def test_what_was_said_last_is_that_of_the_slow_version(said, edges):
    slots, times, values = (list(column) for column in zip(*said, strict=True))
    expected = slow.last_said(slots, times, values, 100)
    memory, out = LastSaid({"x": (np.int64, 100.0)}), []
    bounds = [0, *sorted({edge % (len(said) + 1) for edge in edges}), len(said)]
    for begin, end in pairwise(bounds):
        part = values[begin:end]
        got = memory.recall(
            np.array(slots[begin:end], np.int64),
            np.array(times[begin:end], np.int64) * 1_000_000_000,
            {
                "x": np.array([-1 if v is None else v for v in part], np.int64),
            },
        )["x"]
        out += [None if v == -1 else v for v in got.tolist()]
        state = memory.snapshot()
        memory = LastSaid({"x": (np.int64, 100.0)})
        memory.restore(state)
    assert out == expected


def test_aircraft_are_numbered_as_they_are_met():
    fleet = Fleet()
    slots = fleet.slots(np.array([1, 0, 1, 1]), ["a", "b"], np.array([9, 9, 3, 9]))
    assert slots.tolist() == [0, 1, 2, 0]
    again = Fleet()
    again.restore(fleet.snapshot())
    assert again.slots(np.array([0, 0]), ["b"], np.array([3, 4])).tolist() == [2, 3]


def test_a_counter_counts_from_its_start_line():
    clock = CounterClock(NO_TIME)
    counted = split_counter("597318177,-00;")
    assert counted == (597_318_177, "-00;")
    assert clock.t_ns("a", counted.counter_ns) == NO_TIME
    clock.start("a", "START,Mon Sep 7 16:17:41 +0200 CEST 2015")
    assert clock.t_ns("a", counted.counter_ns) == 1_441_635_461_597_318_177
    assert clock.t_ns("b", counted.counter_ns) == NO_TIME
    clock.start("a", "START,Mon Sep 31 16:17:41 +0200 CEST 2015")
    assert clock.t_ns("a", counted.counter_ns) == NO_TIME
    assert split_counter("MSG,3") == (NO_TIME, "MSG,3")


@pytest.mark.parametrize("writeable", [True, False])
def test_nothing_is_compiled_after_the_warm_up(writeable):
    text.warm_up()
    kernels = (_kernels.split_objects, _kernels.judge_places)
    compiled = [len(kernel.signatures) for kernel in kernels]
    row = '{{"timestamp": 17{}00, "icao24": "4ca1fa", "latitude": {}, "longitude": 8.0}}'
    octets = np.frombuffer("".join(row.format(k, 47 + k) for k in range(9)).encode(), np.uint8)
    octets = octets.copy() if writeable else octets
    split = ObjectSplitter()(octets, base=0, last=True, ledger=Ledger("file:x"))
    frames = frames_of(split, source="file:x", first_frame=0)
    assert opensky.READER.reports(Options()).feed(frames).counts == {"state vector": 9}
    assert [len(kernel.signatures) for kernel in kernels] == compiled == [1, 1]


def test_every_reader_can_be_warmed_up_by_name():
    assert sbs.warm_up is readsb.warm_up is opensky.warm_up is uat.warm_up is text.warm_up
