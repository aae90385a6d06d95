"""Lines over days and bars: everything stands where its day and its value belong."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airshield.report.charts import DayLine, bar, day_chart, day_ticks, round_top
from page_elements import Elements

TICKS = ((0.0, "none"), (50.0, "half"), (100.0, "all"))

values = st.lists(st.one_of(st.none(), st.floats(0.0, 100.0)), min_size=1, max_size=40)


def drawn(mean, **more):
    nothing = [None] * len(mean)
    line = DayLine(
        mean=mean, **{"low": nothing, "high": nothing, "top": 100.0, "ticks": TICKS, **more}
    )
    return Elements(day_chart(line, name="c", title="t", words="w"))


def paths(page, kind):
    return [
        [tuple(map(float, pair)) for pair in re.findall(r"(-?[\d.]+) (-?[\d.]+)", one["d"])]
        for name, one in page.found
        if name == "path" and one.get("class") == kind
    ]


def frame(page):
    """Left, right, and the heights of 0 and 100, read off the lines of the scale."""
    rules = [
        re.match(r"M([\d.]+) ([\d.]+)H([\d.]+)", one["d"]).groups()
        for _, one in page.found
        if one.get("class") == "rule"
    ]
    return float(rules[0][0]), float(rules[0][2]), float(rules[0][1]), float(rules[-1][1])


@given(mean=values)
def test_the_line_goes_through_every_known_day_and_through_no_other(mean):
    page = drawn(mean)
    left, right, none, full = frame(page)
    points = [point for path in paths(page, "mean") for point in path]
    known = [(day, value) for day, value in enumerate(mean) if value is not None]
    assert len(points) == len(known)
    for (x, y), (day, value) in zip(points, known, strict=True):
        assert x == pytest.approx(left + (day + 0.5) * (right - left) / len(mean), abs=0.06)
        assert y == pytest.approx(none + (full - none) * value / 100.0, abs=0.06)


@given(mean=values)
def test_unknown_days_are_hatched_from_edge_to_edge_and_known_ones_are_not(mean):
    page = drawn(mean)
    left, right, low, top = frame(page)
    across = (right - left) / len(mean)
    hatched = set()
    for points in paths(page, "doubt"):
        xs = [x for x, _ in points]
        first, last = (min(xs) - left) / across, (max(xs) - left) / across
        hatched |= set(range(round(first), round(last)))
        assert all(top - 0.06 <= y <= low + 0.06 for _, y in points)
    assert hatched == {day for day, value in enumerate(mean) if value is None}


def test_a_band_goes_up_one_side_and_back_on_the_other():
    page = drawn([50.0] * 3, low=[40.0, 30.0, None], high=[60.0, 80.0, None])
    _, _, none, full = frame(page)
    (band,) = paths(page, "band")
    heights = [100.0 * (none - y) / (none - full) for _, y in band]
    assert heights == pytest.approx([60.0, 80.0, 30.0, 40.0], abs=0.1)


def test_a_day_that_matters_and_what_is_asked_are_told_in_words_or_dashes():
    page = drawn([90.0] * 10, asked=95.0, mark=(8, "fails from day 8"))
    left, right, none, full = frame(page)
    (mark,) = (one["d"] for _, one in page.found if one.get("class") == "mark")
    assert float(re.match(r"M([\d.]+)", mark).group(1)) == left + 0.8 * (right - left)
    assert ("text", "fails from day 8") in page.texts
    # Late in the picture the words stand to the left of their line.
    (words,) = (one for name, one in page.found if one.get("class") == "told")
    assert words["text-anchor"] == "end"
    (asked,) = (one["d"] for _, one in page.found if one.get("class") == "asked")
    assert float(asked.split()[1].split("H")[0]) == pytest.approx(
        none + 0.95 * (full - none), abs=0.06
    )


@given(days=st.integers(1, 4000))
def test_days_are_written_at_round_numbers_that_do_not_crowd(days):
    ticks = day_ticks(days)
    assert ticks[0] == 0
    assert 2 <= len(ticks) <= 6
    assert ticks[-1] <= days < ticks[-1] + ticks[1]


@given(value=st.floats(1e-3, 1e9))
def test_a_scale_ends_at_a_number_of_few_digits_that_holds_all(value):
    top = round_top(value)
    assert value <= top * (1.0 + 1e-9)
    assert top <= 2.0 * value
    assert len(f"{top:.6g}".replace(".", "").strip("0").split("e")[0]) <= 2


@given(value=st.floats(0.0, 2.0), top=st.floats(0.5, 2.0))
def test_a_bar_is_as_long_as_its_figure_and_never_longer_than_the_whole(value, top):
    page = Elements(bar(value, top=top))
    (full,) = (one["d"] for _, one in page.found if one.get("class") == "full")
    (whole,) = (one["d"] for _, one in page.found if one.get("class") == "whole")
    ends = [float(re.search(r"H([\d.]+)V", one).group(1)) for one in (full, whole)]
    assert (ends[0] - 1.0) / (ends[1] - 1.0) == pytest.approx(min(value / top, 1.0), abs=0.001)


def test_an_unknown_bar_is_hatched_and_an_empty_one_is_not():
    looks = [{one.get("class") for _, one in Elements(bar(value)).found} for value in (None, 0.0)]
    assert "doubt" in looks[0]
    assert "full" not in looks[0]
    assert "doubt" not in looks[1]
    assert "full" in looks[1]
