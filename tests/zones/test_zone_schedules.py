"""When zones are active, and who may enter."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.zones import Limit, Period, Zone, is_active, limits_in_words, permit_of
from airshield.zones.permits import Permits

AREA = shapely.box(0, 0, 1, 1)


def ns(text):
    return int(datetime.fromisoformat(text).timestamp()) * 10**9


def at(*texts):
    return np.array([ns(text) for text in texts], np.int64)


def test_an_empty_schedule_is_always():
    assert is_active((), at("2026-11-28T01:00Z")).tolist() == [True]


def test_hours_over_midnight_belong_to_the_day_they_start_on():
    friday_night = (Period(days=(4,), start_s=22 * 3600.0, end_s=4 * 3600.0),)
    asked = at(
        "2026-11-27T21:59Z",
        "2026-11-27T22:00Z",
        "2026-11-28T03:59Z",
        "2026-11-28T04:00Z",
        "2026-11-27T03:00Z",
    )
    assert is_active(friday_night, asked).tolist() == [False, True, True, False, False]


def test_the_end_is_excluded_and_the_start_is_not():
    interval = (Period(t_start_ns=ns("2026-11-28T00:00Z"), t_end_ns=ns("2026-11-29T00:00Z")),)
    asked = at("2026-11-27T23:59Z", "2026-11-28T00:00Z", "2026-11-28T23:59Z", "2026-11-29T00:00Z")
    assert is_active(interval, asked).tolist() == [False, True, True, False]


def test_a_change_to_summer_time_changes_nothing():
    daily = (Period(start_s=6 * 3600.0, end_s=7 * 3600.0),)
    asked = at("2026-03-28T06:30Z", "2026-03-29T06:30Z", "2026-03-30T06:30Z", "2026-10-25T06:30Z")
    assert is_active(daily, asked).all()


def test_any_period_makes_it_active():
    schedule = (Period(start_s=0.0, end_s=60.0), Period(start_s=120.0, end_s=180.0))
    assert is_active(
        schedule, at("2026-11-28T00:00:30Z", "2026-11-28T00:01:30Z", "2026-11-28T00:02:30Z")
    ).tolist() == [True, False, True]


@settings(deadline=None)
@given(
    second=st.integers(-(10**9), 4 * 10**9),
    days=st.sets(st.integers(0, 6)),
    start=st.integers(0, 86_399),
    end=st.integers(1, 86_400),
)
def test_the_schedule_equals_the_calendar(second, days, start, end):
    period = Period(days=tuple(sorted(days)), start_s=float(start), end_s=float(end))
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    expected = False
    for back in (0, 1):  # did it begin today, or yesterday?
        day = instant.date() - timedelta(days=back)
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=start)
        stop = begin + timedelta(seconds=(end - start) if end > start else (end - start + 86_400))
        expected |= day.weekday() in days and begin <= instant < stop
    if start == end:
        return
    assert bool(is_active((period,), np.array([second * 10**9]))[0]) == expected


def zone(**permits):
    return Zone(name="Z", kind=permits.pop("kind", "no_fly"), area=AREA, **permits)


@pytest.mark.parametrize(
    ("mode_s", "callsign", "permitted"),
    [
        (0x508A01, None, True),
        (None, "LOT7", True),
        (None, "RESCUE", True),
        (None, "RESCUE1", False),
        (None, "LOX1", False),
        (0x508A02, "AUI1", False),
        (None, None, False),
        (None, "", False),
    ],
)
def test_permits_go_by_address_and_callsign(mode_s, callsign, permitted):
    listed = zone(permits_mode_s=frozenset({0x508A01}), permits_callsign=("LOT*", "RESCUE"))
    assert (permit_of(listed, mode_s, callsign) is not None) == permitted
    closed, corridor = zone(), zone(kind="corridor")
    matrix = Permits([listed, closed, corridor]).matrix([mode_s], [callsign])
    assert matrix.tolist() == [[permitted, 0, 1]]


def test_limits_are_told_as_in_an_aip():
    limited = zone(
        floor=Limit(height_m=300.0, datum="agl"), ceiling=Limit(height_m=2895.6, datum="baro")
    )
    assert limits_in_words(limited) == "300 m AGL to FL95"
    assert limits_in_words(zone()) == "GND to UNL"
