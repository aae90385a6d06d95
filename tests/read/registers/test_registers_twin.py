"""Columns and guesses are what the slow twin makes of the same bits, compiled and interpreted."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield.read import registers
from airshield.read.registers import REGISTERS, _kernels
from airshield.read.registers.rules import make_rules
from reference import bds_registers as slow

KERNELS = [name for name in dir(_kernels) if hasattr(getattr(_kernels, name), "py_func")]

words = st.integers(0, 2**56 - 1)


@st.composite
def tidy_words(draw):
    """Words that keep most of one register's rules, with a bit turned now and then."""
    register = REGISTERS[draw(st.sampled_from(sorted(REGISTERS)))]
    word = draw(words) & ~register.reserved_mask
    if register.marked:
        word = word & ((1 << 48) - 1) | register.bds << 48
    for field in register.fields:
        usual = field.usual
        if usual is not None:
            raw = draw(st.integers(*usual)) & ((1 << field.bits) - 1)
            word = word & ~field.mask | raw << field.shift
    for bit, mask in register.gates.items():
        if not word >> (56 - bit) & 1:
            word &= ~mask
    for place in draw(st.lists(st.integers(0, 55), max_size=1)):
        word ^= 1 << place
    return register.bds, word


@st.composite
def flights(draw):
    """Words of 5,0 and 6,0 whose values nearly agree."""
    gs = draw(st.floats(60, 600))
    roll = draw(st.floats(-40, 40))
    tas = min(max(gs + draw(st.floats(-300, 300)), 40), 640)
    rate = 1092.2 * math.tan(math.radians(roll)) / tas + draw(st.floats(-6, 6))
    baro = draw(st.floats(-5000, 5000))
    alt = draw(st.floats(0, 45000))
    ias = draw(st.floats(40, 400))
    mach = min(max(slow.mach_of(ias, alt) + draw(st.floats(-0.2, 0.2)), 0), 1)
    some = draw(st.sets(st.integers(0, 4), min_size=1))
    if draw(st.booleans()):
        named = {
            "roll_deg": roll,
            "track_true_deg": draw(st.floats(0, 360)),
            "gs_kt": gs,
            "track_rate_deg_s": min(max(rate, -12), 12),
            "tas_kt": tas,
        }
        bds = 0x50
    else:
        named = {
            "heading_mag_deg": draw(st.floats(0, 360)),
            "ias_kt": ias,
            "mach": mach,
            "baro_rate_ft_min": baro,
            "inertial_rate_ft_min": min(max(baro + draw(st.floats(-3000, 3000)), -8000), 8000),
        }
        bds = 0x60
    kept = {name: value for k, (name, value) in enumerate(named.items()) if k in some}
    return bds, registers.encode_register(bds, **kept)


@st.composite
def weather(draw):
    """Words of 4,4 and 4,5 that an aircraft might send, and some that nearly are."""
    degc = draw(st.integers(-320, 240)) / 4
    maybe = st.one_of(st.none(), st.integers(0, 3))
    if draw(st.booleans()):
        return 0x44, registers.encode_register(
            0x44,
            source=draw(st.integers(0, 4)),
            wind_kt=draw(st.one_of(st.none(), st.integers(0, 300))),
            temperature_degc=degc,
            turbulence=draw(maybe),
        )
    return 0x45, registers.encode_register(
        0x45,
        temperature_degc=draw(st.one_of(st.none(), st.just(degc))),
        icing=draw(maybe),
        pressure_hpa=draw(st.one_of(st.none(), st.integers(200, 1100))),
        radio_height_ft=draw(st.one_of(st.none(), st.integers(0, 5000))),
    )


names = st.text("AZ09 /", min_size=1, max_size=8).map(
    lambda text: (0x20, registers.encode_register(0x20, callsign=text))
)

any_words = st.one_of(
    st.tuples(st.sampled_from([0, 0x17, 0x40, 0x55, 0x60]), words),
    *(tidy_words(), flights(), weather(), names),
)
known = st.one_of(st.none(), st.floats(-2500, 62000))
speeds = st.one_of(st.none(), st.floats(0, 700))
tracks = st.one_of(st.none(), st.floats(0, 359.9))


@pytest.fixture(scope="module", params=["compiled", "interpreted"])
def mode(request):
    patch = pytest.MonkeyPatch()
    if request.param == "interpreted":
        for name in KERNELS:
            patch.setattr(_kernels, name, getattr(_kernels, name).py_func)
    yield request.param
    patch.undo()


def same(ours, theirs):
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=0, abs_tol=1e-9)
    return ours == theirs and type(ours) is type(theirs)


@settings(deadline=None, max_examples=150)
@given(some=st.lists(any_words, max_size=6))
def test_columns_equal_the_slow_version(mode, some):
    table = registers.decode_registers([w for _, w in some], [b for b, _ in some])
    table.validate(full=True)
    for (bds, word), row in zip(some, table.to_pylist(), strict=True):
        number, fault = row.pop("bds"), row.pop("bds_fault")
        assert number == (slow.number_of(word, bds) or None)
        assert fault == (slow.fault_of(word, slow.number_of(word, bds)) if word else None)
        expected = slow.decode(word, bds)
        assert [
            (name, row[name], expected.get(name))
            for name in row
            if not same(row[name], expected.get(name))
        ] == []


@settings(deadline=None, max_examples=300)
@given(
    word=any_words,
    alt=known,
    gs=speeds,
    track=tracks,
    capability=st.one_of(st.just(0), st.integers(0, 2**28 - 1)),
)
@example(word=(0x20, 0x201493B51D6820), alt=None, gs=None, track=None, capability=0)
def test_guesses_equal_the_slow_version(mode, word, alt, gs, track, capability):
    found = registers.infer_bds(
        [word[1]],
        alt_ft=None if alt is None else [alt],
        gs_kt=None if gs is None else [gs],
        track_true_deg=None if track is None else [track],
        capability=[capability],
        tell_several=True,
    )
    assert hex(found[0]) == hex(slow.infer(word[1], alt, gs, track, capability))


@settings(deadline=None, max_examples=150)
@given(word=flights(), alt=known, gs=speeds, track=tracks)
def test_agreement_equals_the_slow_version(mode, word, alt, gs, track):
    nan = math.nan
    column = [np.array([nan if x is None else x]) for x in (alt, gs, track)]
    turn, speed = np.empty(1), np.empty(1)
    rules = make_rules(usual=True)
    both = np.array([1 << rules.place[0x50] | 1 << rules.place[0x60]])
    _kernels.weigh(np.array([word[1]], np.uint64), both, *column, rules, turn, speed)
    assert_allclose(turn[0], slow.turn_gain(word[1], gs, track), rtol=0, atol=1e-9)
    assert_allclose(speed[0], slow.speed_gain(word[1], alt, gs, track), rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("word", "alt_ft", "expected"),
    [
        (registers.encode_register(0x20, callsign="KLM12"), None, 0x20),
        (registers.encode_register(0x20, callsign="KL M12"), None, 0),
        (registers.encode_register(0x20, callsign="KL/M12"), None, 0),
        (
            registers.encode_register(0x44, source=1, wind_kt=22, temperature_degc=-48.75),
            35e3,
            0x44,
        ),
        (
            registers.encode_register(0x44, source=1, wind_kt=22, temperature_degc=-48.75),
            None,
            0x44,
        ),
        (registers.encode_register(0x44, source=1, wind_kt=22, temperature_degc=-48.75), 5e3, 0),
    ],
)
def test_a_name_is_one_word_and_the_weather_suits_the_altitude(mode, word, alt_ft, expected):
    known_alt = None if alt_ft is None else [alt_ft]
    assert registers.infer_bds([word], alt_ft=known_alt).tolist() == [expected]
    assert slow.infer(word, alt_ft) == expected


def test_every_altitude_code_equals_the_slow_version(mode):
    for code in range(1 << 13):
        ours = _kernels.altitude_ft(code)
        assert (None if math.isnan(ours) else ours) == slow.altitude(f"{code:013b}")


@settings(deadline=None, max_examples=60)
@given(some=st.lists(any_words, min_size=1, max_size=8))
def test_one_call_gives_what_many_calls_give(some):
    numbers, fields = [b for b, _ in some], [w for _, w in some]
    whole = registers.decode_registers(fields, numbers).to_pylist()
    assert whole == [registers.decode_registers([w], [b]).to_pylist()[0] for b, w in some]
    blind = registers.decode_registers(fields).to_pylist()
    guesses = registers.infer_bds(fields).tolist()
    assert [row["bds"] for row in blind] == [guess or None for guess in guesses]
    assert blind == [registers.decode_registers([w]).to_pylist()[0] for w in fields]
