"""The day clock: midnight, late messages, and no trace of the batching."""

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.read.asterix.clock import UNKNOWN_NS, DayClock, is_time_of_day
from frames_by_hand import T0_NS
from reference import day_clock as slow

DATE = dt.date(2023, 5, 2)
DATE_NS = T0_NS - 8 * 3600 * 10**9
LSB_NS = 7_812_500

tods = st.one_of(st.none(), st.integers(0, 86_400 * 128 - 1).map(lambda n: n * LSB_NS))
heards = st.one_of(st.none(), st.integers(DATE_NS, DATE_NS + 3 * slow.DAY_NS))
records = st.lists(st.tuples(tods, heards), max_size=25)


def times(clock, tods_ns, heards_ns):
    tod_s = np.array([np.nan if t is None else t / 1e9 for t in tods_ns], np.float64)
    heard = np.array([UNKNOWN_NS if t is None else t for t in heards_ns], np.int64)
    return [None if t == UNKNOWN_NS else t for t in clock.times_ns(tod_s, heard).tolist()]


def at(hours, minutes=0.0):
    return int((hours * 3600 + minutes * 60) * 1e9)


@settings(deadline=None)
@given(rows=records, dated=st.booleans(), cut=st.integers(0, 25))
def test_the_clock_equals_the_slow_version_in_one_batch_or_two(rows, dated, cut):
    date = DATE if dated else None
    tods_ns, heards_ns = [row[0] for row in rows], [row[1] for row in rows]
    expected = slow.times_ns(tods_ns, heards_ns, date_ns=DATE_NS if dated else None)
    assert times(DayClock(date), tods_ns, heards_ns) == expected

    clock, again = DayClock(date), DayClock()
    begun = times(clock, tods_ns[:cut], heards_ns[:cut])
    again.restore(clock.snapshot())
    assert begun + times(again, tods_ns[cut:], heards_ns[cut:]) == expected


def test_records_heard_around_midnight_fall_on_the_nearer_day():
    midnight = DATE_NS + slow.DAY_NS
    heard = [midnight - at(0, 1), midnight + at(0, 1), midnight + at(0, 1)]
    out = times(DayClock(), [at(0, 0.5), at(23, 59), at(0, 0.5)], heard)
    assert out == [midnight + at(0, 0.5), midnight - at(0, 1), midnight + at(0, 0.5)]


def test_a_dated_run_rolls_over_and_takes_a_late_message_back():
    tods_ns = [at(23, 59), at(0, 1), at(23, 58), at(0, 2), at(12), at(23), at(0, 5)]
    out = times(DayClock(DATE), tods_ns, [None] * 7)
    days = [(t - DATE_NS) // slow.DAY_NS for t in out]
    assert days == [0, 1, 0, 1, 1, 1, 2]


def test_a_single_wrong_time_of_day_costs_only_itself():
    tods_ns = [at(20), at(20, 1), at(7), at(20, 2), at(9), at(20, 3)]
    out = times(DayClock(DATE), tods_ns, [None] * 6)
    right = [out[n] - DATE_NS for n in (0, 1, 3, 5)]
    assert right == [at(20), at(20, 1), at(20, 2), at(20, 3)]


def test_the_first_record_is_on_the_date_at_any_hour():
    for hours in (0, 11.9, 12.1, 23.9):
        assert times(DayClock(DATE), [None, at(hours)], [None, None]) == [None, DATE_NS + at(hours)]


def test_the_field_goes_further_than_the_day():
    tod_s = np.array([0.0, 86_399.9921875, 86_400.0, 131_071.0, np.nan])
    assert is_time_of_day(tod_s).tolist() == [True, True, False, False, True]
