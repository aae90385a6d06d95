"""When the tracker tells what it knows of the radars: every ten seconds of event time."""

import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.tables import REGISTRATION, REPORT, empty
from airshield.track import Tracker
from airshield.track.registration import AlarmLog, known_radars
from reference import jumping_radar
from reference import track_skies as skies
from reference.track_skies import GEOID_M, T0_NS, Target

TEN_S = 10 * 10**9


@pytest.fixture(scope="module")
def radars():
    return [skies.radar(1), skies.radar(2, east_m=60e3, turn_s=5.0)]


@pytest.fixture(scope="module")
def reports(radars):
    """Three quarters of a minute, late by up to 2 s, from three and a half seconds after a ten."""
    rng = np.random.default_rng(5)
    targets = [Target(1e3 * k, 40e3 + 9e3 * k, 30.0 * k, 200.0, mode_s=0x400 + k) for k in range(9)]
    table, _ = skies.sky(targets, radars, 47.0)
    table = table.filter(pa.array(skies.seconds_of(table) > 3.5))
    late = np.argsort(skies.seconds_of(table) + rng.uniform(0.0, 2.0, table.num_rows))
    return table.take(pa.array(late))


@pytest.fixture(scope="module")
def whole(reports, radars):
    return Tracker(radars, geoid_height_m=GEOID_M).feed(reports)


def instants(table):
    return table["t"].cast(pa.int64()).to_numpy()[::2]  # two radars each time


def test_it_is_told_as_each_ten_seconds_of_utc_pass(whole, reports):
    told_ns = instants(whole.registration)
    first_ns = T0_NS - T0_NS % TEN_S + TEN_S
    assert (told_ns // TEN_S).tolist() == [first_ns // TEN_S + k for k in range(len(told_ns))]
    assert len(told_ns) == 4
    # By the first report of each ten seconds; the targets stand in one sector, a turn is 4 s.
    assert (told_ns % TEN_S < 4 * 10**9).all()
    assert whole.registration["sensor"].to_pylist()[:2] == ["1/1", "1/2"]
    # Pairs of radars are told of as they are learned.
    pairs = whole.registration["pairs"].to_pylist()[::2]
    assert pairs == sorted(pairs)
    assert pairs[-1] > pairs[0]


def test_the_last_rows_are_what_is_known_then(reports, radars, whole):
    tracker = Tracker(radars, geoid_height_m=GEOID_M)
    last_ns = instants(whole.registration)[-1]
    t_ns = reports["t"].cast(pa.int64()).to_numpy()
    upto = int(np.flatnonzero(t_ns == last_ns)[0]) + 1
    tracker.feed(reports.slice(0, upto))
    assert tracker.registration().equals(
        whole.registration.slice(whole.registration.num_rows - 2).combine_chunks()
    )


@settings(deadline=None, max_examples=15)
@given(cuts=st.lists(st.integers(0, 5000), max_size=12))
def test_the_cut_into_batches_changes_nothing(reports, radars, whole, cuts):
    tracker = Tracker(radars, geoid_height_m=GEOID_M)
    edges = [0, *sorted(c % reports.num_rows for c in cuts), reports.num_rows]
    parts = [tracker.feed(reports.slice(a, b - a)).registration for a, b in pairwise(edges)]
    told = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
    assert told.equals(whole.registration)


def test_one_row_at_a_time_changes_nothing(reports, radars, whole):
    tracker = Tracker(radars, geoid_height_m=GEOID_M)
    parts = [tracker.feed(reports.slice(i, 1)).registration for i in range(reports.num_rows)]
    assert pa.concat_tables(parts).unify_dictionaries().combine_chunks().equals(whole.registration)


def test_a_restored_tracker_tells_no_moment_twice_and_none_never(reports, radars, whole):
    for cut in range(0, reports.num_rows, 29):
        first, second = (Tracker(radars, geoid_height_m=GEOID_M) for _ in range(2))
        head = first.feed(reports.slice(0, cut)).registration
        second.restore(first.snapshot())
        tail = second.feed(reports.slice(cut)).registration
        told = pa.concat_tables([head, tail]).unify_dictionaries().combine_chunks()
        assert told.equals(whole.registration)


def test_reports_from_the_future_tell_nothing_early(reports, radars, whole):
    t = reports["t"].cast(pa.int64()).to_numpy().copy()
    wild = np.arange(20, 120, 7)
    t[wild] += 3600 * 10**9 * np.arange(1, 1 + wild.size)
    wrong = reports.set_column(0, REPORT.field("t"), pa.array(t).cast(REPORT.field("t").type))
    batch = Tracker(radars, geoid_height_m=GEOID_M).feed(wrong)
    assert batch.dropped["far ahead of the clock"] == wild.size
    assert (instants(batch.registration) // TEN_S).tolist() == (
        instants(whole.registration) // TEN_S
    ).tolist()


def test_a_long_silence_is_told_of_once(reports, radars):
    t = reports["t"].cast(pa.int64()).to_numpy().copy()
    t[100:] += 30 * 10**9
    split = reports.set_column(0, REPORT.field("t"), pa.array(t).cast(REPORT.field("t").type))
    told = instants(Tracker(radars, geoid_height_m=GEOID_M).feed(split).registration)
    assert len(set(told // TEN_S)) == len(told)
    assert max(np.diff(told)) > 25 * 10**9


def test_without_radars_and_without_reports_there_is_nothing_to_tell(reports, radars):
    assert Tracker([], geoid_height_m=GEOID_M).feed(reports).registration.num_rows == 0
    nothing = Tracker(radars, geoid_height_m=GEOID_M).feed(empty(REPORT)).registration
    assert nothing.schema.equals(REGISTRATION)
    assert nothing.num_rows == 0


def test_an_alarm_is_told_once_and_so_is_its_end():
    radars = [skies.radar(1), skies.radar(2, east_m=60e3, turn_s=5.0), skies.radar(3, north_m=50e3)]
    reports = jumping_radar.make_reports(radars, seconds=260.0)
    told = Tracker(radars, geoid_height_m=GEOID_M).feed(reports).registration
    alarmed = told.filter(told["is_alarmed"])
    assert set(alarmed["sensor"].to_pylist()) == {"1/3"}
    log = AlarmLog()
    assert log.feed(empty(REGISTRATION)) == []
    lines = log.feed(told.slice(0, told.num_rows // 2))
    # What is in a snapshot goes on as if never stopped.
    lines += AlarmLog.from_array(log.to_array()).feed(told.slice(told.num_rows // 2))
    jumped, over = lines
    assert jumped.startswith("radar 1/3: a bias jumped, noticed at 2023-11-14T22:15:")
    assert over.startswith("radar 1/3: learned anew by 2023-11-14T22:17:")
    assert "elevation" not in jumped  # unknown is left out, never zero


def test_what_is_known_is_an_object_of_plain_json_for_each_radar_that_is_known(whole, radars):
    known = known_radars(whole.registration)
    json.dumps(known, allow_nan=False)
    assert {row["sensor"] for row in known} == {"1/1", "1/2"}
    assert known[-1]["t"].startswith("2023-11-14T22:14:0")
    assert known[-1]["t_alarm"] is None
    assert known_radars(Tracker(radars, geoid_height_m=GEOID_M).registration()) == []
