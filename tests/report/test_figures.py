"""Figures in words never look better than they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airshield.report import figures as shared
from airshield.report import parts
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


class TestFiguresOfAllChapters:
    @given(days=st.floats(0.0, 1e4))
    def test_what_lasts_is_never_rounded_up_and_what_takes_time_never_down(self, days):
        assert number(shared.lasts(days)) <= days + 1e-6
        assert number(shared.lasts(days)) > days - 0.1 - 1e-6
        assert number(shared.takes(days)) >= days - 1e-6
        assert number(shared.takes(days)) < days + 1.0

    @given(tonnes=st.floats(0.0, 1e6))
    def test_tonnes_that_are_there_are_never_more_and_those_needed_never_less(self, tonnes):
        finest = 1.0 if tonnes >= 10.0 else 0.1
        assert tonnes - finest - 1e-6 < number(shared.tonnes_at_least(tonnes)) <= tonnes + 1e-6
        assert tonnes - 1e-6 <= number(shared.tonnes_at_most(tonnes)) < tonnes + finest + 1e-6

    @given(many=st.floats(0.0, 1e4))
    def test_what_is_needed_is_never_rounded_down(self, many):
        assert many - 1e-6 <= number(shared.needed(many)) < many + 0.1 + 1e-6

    @given(loss=st.floats(-1.0, 1.0))
    def test_a_loss_never_looks_smaller_and_a_gain_never_larger(self, loss):
        told = shared.lost(loss, "share").removesuffix(" points").removesuffix(" point")
        assert 100.0 * loss - 1e-6 <= float(told.replace("−", "-")) < 100.0 * loss + 0.1 + 1e-6

    @given(amount=st.floats(1.0, 1e11))
    def test_a_sum_is_never_rounded_down_and_has_three_figures(self, amount):
        told = shared.money(amount, "EUR").removesuffix(" EUR")
        scale = {"million": 1e6, "billion": 1e9}.get(told.split()[-1], 1.0)
        paid = number(told) * scale
        assert amount * (1.0 - 1e-9) <= paid <= amount * 1.0101 + 1.0
        assert len(re.sub(r"[^0-9]", "", told).strip("0")) <= 3

    @pytest.mark.parametrize(
        "told",
        [
            shared.lasts, shared.takes, shared.needed, shared.mean, shared.tonnes_at_least,
            shared.tonnes_at_most, lambda it: shared.money(it, "USD"),
            lambda it: shared.reached(it, "share"), lambda it: shared.lost(it, "days"),
            lambda it: shared.value_of(it, "t"),
        ],
    )  # fmt: skip
    def test_what_is_unknown_is_a_word(self, told):
        assert told(None) == "unknown"

    @given(value=st.floats(0.0, 1.0), wide=st.floats(0.0, 0.5))
    def test_a_unit_is_written_once_and_no_bound_looks_better(self, value, wide):
        told = parts.with_interval(value, value - wide / 2.0, value, "share")
        figures = [float(one.replace("−", "-")) for one in re.findall(r"[−\d.]+", told)]
        assert told.count("%") == 1
        assert all(
            one <= 100.0 * most + 1e-6
            for one, most in zip(figures, (value, value - wide / 2.0, value), strict=False)
        )
