"""Sixteen-bit numbers of tracks: stable for life, used again as late as can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.share import _kernels
from airshield.share import numbers as numbers_module
from airshield.share.numbers import NUMBERS, TrackNumbers
from airshield.tables import TRACK_STATUSES
from reference.system_tracks import Numbers

KERNELS = ("number_of", "hang", "unhang", "number_tracks")


@pytest.fixture(params=["compiled", "interpreted"])
def mode(request, monkeypatch):
    """The loops as machine code, or as the plain functions they are made of."""
    if request.param == "interpreted":
        for name in KERNELS:
            monkeypatch.setattr(_kernels, name, getattr(_kernels, name).py_func)
    return request.param


def few_numbers(count, waiting=None):
    """Numbers of which only the first few are free."""
    made = TrackNumbers()
    state = made.snapshot()
    state["free"] = state["free"][:count] if waiting is None else np.array(waiting, np.uint16)
    made.restore(state)
    return made


def give(numbers, rows):
    """Number rows of (track, t, status, code); what the twin gives for each."""
    track = np.array([r["track"] for r in rows], np.uint64)
    t_ns = np.array([r["t"] for r in rows], np.int64)
    status = np.array([TRACK_STATUSES.index(r["status"]) for r in rows], np.int32)
    code = np.array([-1 if r["mode_3a"] is None else r["mode_3a"] for r in rows], np.int32)
    found = numbers.give(track, t_ns, status, code)
    return [
        (
            None if number < 0 else number,
            None if before < 0 else TRACK_STATUSES[before],
            age,
            bool(changed),
        )
        for number, before, age, changed in zip(
            found.number.tolist(),
            found.before.tolist(),
            found.age_ns.tolist(),
            found.is_changed.tolist(),
            strict=True,
        )
    ]


some_rows = st.lists(
    st.fixed_dictionaries(
        {
            # Two to the sixteenth apart, so that they meet in one bucket.
            "track": st.sampled_from([1, 2, 3, 65537, 65538, 131073, 2**64 - 1]),
            "t": st.integers(0, 10**12),
            "status": st.sampled_from(TRACK_STATUSES),
            "mode_3a": st.none() | st.integers(0, 3),
        }
    ),
    max_size=40,
)


@settings(deadline=None)
@given(rows=some_rows, cut=st.integers(0, 40), free=st.integers(1, 6))
def test_numbers_are_those_of_the_slow_twin(rows, cut, free):
    numbers, twin = few_numbers(free), Numbers(range(1, free + 1))
    found = give(numbers, rows[:cut])
    again = TrackNumbers()
    again.restore(numbers.snapshot())
    found += give(again, rows[cut:])
    assert found == [twin.take(row) for row in rows]
    assert again.live == NUMBERS - again.snapshot()["free"].size
    assert sorted(twin.free) == sorted(again.snapshot()["free"].tolist())
    assert list(twin.free) == again.snapshot()["free"].tolist()


def test_the_loop_as_a_plain_function_gives_the_same(mode):
    track = [1, 65537, 131073, 65537, 1, 65537, 2, 131073, 1]
    status = ["confirmed"] * 4 + ["ended", "ended", "tentative", "coasting", "tentative"]
    rows = [
        {"track": a, "t": k, "status": s, "mode_3a": k % 3}
        for k, (a, s) in enumerate(zip(track, status, strict=True))
    ]
    twin = Numbers(range(1, 4))
    assert give(few_numbers(3), rows) == [twin.take(row) for row in rows]


def test_a_number_is_used_again_after_all_others():
    numbers = TrackNumbers()
    one = {"t": 0, "status": "confirmed", "mode_3a": None}
    given_to = give(numbers, [{**one, "track": k} for k in range(1, 11)])
    assert [number for number, *_ in given_to] == list(range(1, 11))
    give(numbers, [{**one, "track": 3, "status": "ended"}])
    assert numbers.live == 9
    rest = give(numbers, [{**one, "track": k} for k in range(100, 100 + NUMBERS - 10)])
    assert [number for number, *_ in rest] == [*range(11, NUMBERS), 0]
    assert give(numbers, [{**one, "track": 7_000_000}])[0][0] == 3
    assert give(numbers, [{**one, "track": 7_000_001}])[0] == (None, None, 0, False)
    give(numbers, [{**one, "track": 100, "status": "ended"}])
    assert give(numbers, [{**one, "track": 7_000_001}])[0][0] == 11


def test_the_loop_is_compiled_for_one_set_of_types():
    give(TrackNumbers(), [])
    for name in KERNELS:
        assert len(getattr(numbers_module._kernels, name).signatures) <= 1
