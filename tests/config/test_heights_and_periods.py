"""Limits and schedules as people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.config.heights import limit_from_text
from airshield.config.periods import period_from_text
from airshield.units import M_PER_FT
from airshield.zones import Limit, Period


@pytest.mark.parametrize(
    ("text", "height_m", "datum"),
    [
        ("FL95", 2895.6, "baro"),
        ("fl 095", 2895.6, "baro"),
        ("3000 ft AMSL", 914.4, "amsl"),
        ("3000ft MSL", 914.4, "amsl"),
        ("900 m AGL", 900.0, "agl"),
        ("900 m  gnd", 900.0, "agl"),
        ("-12.5 m HAE", -12.5, "hae"),
        ("500 FT STD", 152.4, "baro"),
        ("120 m WGS84", 120.0, "hae"),
    ],
)
def test_a_limit_is_read_with_unit_and_datum(text, height_m, datum):
    assert limit_from_text(text) == Limit(height_m=pytest.approx(height_m), datum=datum)


@pytest.mark.parametrize("text", ["GND", "sfc", "UNL", "Unlimited", "UNLTD"])
def test_the_ground_and_no_limit_are_no_height(text):
    assert limit_from_text(text) is None


@pytest.mark.parametrize(
    "text", ["", "95", "FL", "FL1000", "3000", "3000 ft", "3 km AMSL", "FL95 AMSL", "1e3 m AGL"]
)
def test_anything_else_is_refused_with_the_way_to_write_it(text):
    with pytest.raises(ValueError, match="FL95"):
        limit_from_text(text)


@settings(deadline=None)
@given(feet=st.integers(-1000, 60_000), datum=st.sampled_from(["AMSL", "AGL", "STD", "HAE"]))
def test_feet_become_metres(feet, datum):
    assert limit_from_text(f"{feet} ft {datum}").height_m == pytest.approx(feet * M_PER_FT)


NS = 10**9


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("daily 08:00-16:00", Period(start_s=28_800.0, end_s=57_600.0)),
        ("Mon-Fri 06:00-20:00", Period(days=(0, 1, 2, 3, 4), start_s=21_600.0, end_s=72_000.0)),
        ("Fri-Mon", Period(days=(0, 4, 5, 6))),
        ("22:00-04:00 sat,SUN", Period(days=(5, 6), start_s=79_200.0, end_s=14_400.0)),
        ("00:00-24:00", Period()),
        ("1970-01-01T00:01Z/..", Period(t_start_ns=60 * NS)),
        ("../1970-01-02T00:00Z", Period(t_end_ns=86_400 * NS)),
        (
            "1970-01-01T02:00+02:00/1970-01-01T00:00:01Z Thu",
            Period(t_start_ns=0, t_end_ns=NS, days=(3,)),
        ),
    ],
)
def test_a_period_is_read(text, period):
    assert period_from_text(text) == period


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "UTC hours"),
        ("weekdays", "UTC hours"),
        ("Mon-Tue-Wed", "UTC hours"),
        ("08:00-08:00", "differ"),
        ("08:60-09:00", "00:00 to 24:00"),
        ("24:00-02:00", "00:00 to 24:00"),
        ("../..", "UTC hours"),
        ("2026-11-01T06:00/..", "put a Z"),
        ("2026-13-01T06:00Z/..", "UTC hours"),
        ("2026-11-02T06:00Z/2026-11-01T06:00Z", "swap"),
        ("Mon Tue", "two periods"),
        ("a/b/c", "UTC hours"),
    ],
)
def test_anything_else_is_no_period(text, remedy):
    with pytest.raises(ValueError, match=remedy):
        period_from_text(text)
