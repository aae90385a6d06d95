"""Figures in words never look better than they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airshield.report.coverage import figures as say

shares = st.floats(0.0, 1.0)


def number(words):
    return float(re.match(r"[\d.]+", words.replace(",", "")).group())


@given(share=shares)
def test_what_is_reached_is_never_rounded_up(share):
    assert number(say.at_least(share)) <= 100.0 * share + 1e-6
    assert number(say.at_least(share)) > 100.0 * share - 0.1 - 1e-6


@given(share=shares)
def test_what_is_lost_is_never_rounded_down(share):
    assert number(say.at_most(share)) >= 100.0 * share - 1e-6
    assert number(say.at_most(share)) < 100.0 * share + 0.1 + 1e-6


@given(share=st.floats(0.001, 0.999))
def test_a_share_just_short_of_what_is_asked_does_not_read_as_enough(share):
    assert number(say.at_least(share - 1e-6)) < share * 100.0


@given(reached=shares, asked=shares)
def test_what_is_reached_and_what_is_short_make_what_is_asked_at_least(reached, asked):
    if asked >= reached:
        short = number(say.points_short(asked - reached))
        assert short + reached * 100.0 >= asked * 100.0 - 1e-6
        assert short < (asked - reached) * 100.0 + 0.1 + 1e-6
    else:
        spare = number(say.points_spare(reached - asked))
        assert asked * 100.0 + spare <= reached * 100.0 + 1e-6
        assert spare > (reached - asked) * 100.0 - 0.1 - 1e-6


@given(minutes=st.floats(-100.0, 1000.0))
def test_warning_is_never_rounded_up(minutes):
    assert float(say.minutes(minutes)) <= minutes + 1e-6


@given(many=st.floats(1.0, 1e9))
def test_people_are_told_to_three_figures(many):
    told = number(say.people(many))
    assert told == pytest.approx(many, rel=0.006, abs=0.5)
    assert len(f"{told:.0f}".rstrip("0")) <= 3


@given(m2=st.floats(1e2, 1e13))
def test_areas_are_near(m2):
    assert number(say.area(m2)) == pytest.approx(m2 * 1e-6, rel=0.05)
