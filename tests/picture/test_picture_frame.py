"""The binary layout: nothing unknown becomes zero, and differences add up to the whole."""

import json
import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import DecodeError
from airshield.picture import (
    Picture,
    decode_frame,
    encode_frame,
    encode_trails,
    frame_as_json,
    trails_as_json,
)
from airshield.tables import (
    ADSB_CHECKS,
    HEIGHT_BASES,
    TIME,
    TRACK,
    TRACK_CLASSES,
    TRACK_STATUSES,
    make_table,
    words,
)
from serve.synthetic_sky import flights, tracks_table

T0 = 1_700_000_000_000_000_000
S = 1_000_000_000


def finite(low, high):
    return st.floats(low, high, allow_nan=False)


def maybe(values):
    return st.none() | values


rows_st = st.lists(
    st.fixed_dictionaries(
        {
            "track": st.integers(0, 2**63),
            "t": st.integers(-600 * S, 600 * S).map(lambda dt: T0 + dt),
            "lat_deg": finite(-90, 90),
            "lon_deg": finite(-180, 179.99999),
            "alt_hae_m": maybe(finite(-500, 40_000)),
            "alt_baro_m": maybe(finite(-500, 40_000)),
            "vel_east_mps": finite(-3000, 3000),
            "vel_north_mps": finite(-3000, 3000),
            "vel_up_mps": maybe(finite(-600, 600)),
            "existence": finite(0, 1),
            "mode_s": maybe(st.integers(0, 0xFFFFFF)),
            "mode_3a": maybe(st.integers(0, 0o7777)),
            "callsign": maybe(st.text("ABCDEFXYZ0123456789", min_size=1, max_size=8)),
            "sensors": st.integers(0, 2**64 - 1),
            "kinds": st.integers(0, 2**10 - 1),
            "status": st.sampled_from(TRACK_STATUSES[:3]),
            "height_basis": st.sampled_from(HEIGHT_BASES),
            "cls": st.sampled_from(TRACK_CLASSES),
            "adsb_check": st.sampled_from(ADSB_CHECKS),
            "var_up": maybe(finite(0, 1e6)),
        }
    ),
    max_size=12,
    unique_by=lambda row: row["track"],
)


def table_of(rows):
    def column(name, kind=None):
        return pa.array([row[name] for row in rows], kind or TRACK.field(name).type)

    def word(name, names):
        return words([names.index(row[name]) for row in rows], names)

    cov = [[900.0, -100.0, None, 400.0, None, row["var_up"]] for row in rows]
    plain = [name for name in TRACK.names if name not in ("cls_p", "cov_m2", "frame", "t")]
    coded = {
        "status": TRACK_STATUSES,
        "height_basis": HEIGHT_BASES,
        "cls": TRACK_CLASSES,
        "adsb_check": ADSB_CHECKS,
    }
    columns = {n: word(n, coded[n]) if n in coded else column(n) for n in plain}
    columns["t"] = column("t", pa.int64()).cast(TIME)
    columns["cov_m2"] = pa.array(cov, TRACK.field("cov_m2").type)
    columns["frame"] = np.zeros(len(rows), np.uint64)
    return make_table(TRACK, columns, rows=len(rows))


@settings(deadline=None, max_examples=40)
@given(rows=rows_st)
def test_what_is_encoded_comes_back(rows):
    picture = Picture(mode="live", now_ns=lambda: T0)
    picture.feed(tracks=table_of(rows))
    octets = encode_frame(picture.snapshot())
    frame = decode_frame(octets)
    assert len(octets) % 8 == 0
    assert frame.is_key
    assert frame.t_now_ns == T0
    assert frame.columns["track"].tolist() == sorted(row["track"] for row in rows)
    for i, row in enumerate(sorted(rows, key=lambda row: row["track"])):
        got = {name: column[i] for name, column in frame.columns.items()}
        assert got["lat_deg"] == pytest.approx(row["lat_deg"], abs=6e-8)
        assert got["lon_deg"] == pytest.approx(row["lon_deg"], abs=6e-8)
        assert abs(got["t_ms"] - row["t"] / 1e6) <= 1.0
        for name, step in (("alt_baro_m", 0.1), ("alt_hae_m", 0.1), ("vel_up_mps", 0.02)):
            if row[name] is None:
                assert np.isnan(got[name]), name
            else:
                assert got[name] == pytest.approx(row[name], abs=0.51 * step), name
        assert got["vel_east_mps"] == pytest.approx(row["vel_east_mps"], abs=0.051)
        assert got["mode_s"] == (-1 if row["mode_s"] is None else row["mode_s"])
        assert got["mode_3a"] == (-1 if row["mode_3a"] is None else row["mode_3a"])
        assert got["callsign"] == (row["callsign"] or "")
        assert got["sensors"] == row["sensors"]
        assert got["existence"] == pytest.approx(row["existence"], abs=0.002)
        assert TRACK_STATUSES[got["status"]] == row["status"]
        assert TRACK_CLASSES[got["cls"]] == row["cls"]
        if row["var_up"] is None:
            assert np.isnan(got["sigma_up_m"])
        else:
            assert got["sigma_up_m"] == pytest.approx(row["var_up"] ** 0.5, rel=1e-6)


@settings(deadline=None, max_examples=25)
@given(
    steps=st.lists(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=8), max_size=10)
)
def test_differences_add_up_to_the_whole(steps):
    picture = Picture(mode="live", now_ns=lambda: T0)
    fleet = flights()[:31]
    have, rev = {}, 0
    for at, step in enumerate(steps):
        for number, ends in step:
            picture.feed(tracks=tracks_table([fleet[number]], at, T0 + at * S, ended=ends))
        frame = decode_frame(encode_frame(picture.snapshot(), since=rev))
        assert frame.is_key == (rev == 0)
        assert frame.since == rev
        have = {} if frame.is_key else have
        have.update(
            zip(frame.columns["track"].tolist(), frame.columns["t_ms"].tolist(), strict=True)
        )
        for gone in frame.removed.tolist():
            del have[gone]
        rev = frame.rev
    whole = decode_frame(encode_frame(picture.snapshot()))
    columns = whole.columns
    assert have == dict(zip(columns["track"].tolist(), columns["t_ms"].tolist(), strict=True))


def test_an_unchanged_picture_makes_an_empty_difference():
    picture = Picture(mode="live", now_ns=lambda: T0)
    picture.feed(tracks=tracks_table(flights(), 0, T0))
    snapshot = picture.snapshot()
    octets = encode_frame(snapshot, since=snapshot.rev)
    assert len(octets) == 48
    assert not decode_frame(octets).is_key


def test_json_says_the_same_in_words_and_null():
    picture = Picture(mode="live", now_ns=lambda: T0)
    fleet = flights()
    picture.feed(tracks=tracks_table(fleet, 0, T0))
    document = json.loads(json.dumps(frame_as_json(picture.snapshot()), allow_nan=False))
    columns = document["columns"]
    assert document["kind"] == "key"
    assert {len(column) for column in columns.values()} == {len(fleet)}
    silent = columns["track"].index(2)
    for name in ("alt_baro_m", "alt_hae_m", "vel_up_mps", "callsign", "mode_s", "sigma_up_m"):
        assert columns[name][silent] is None, name
    assert columns["mode_s"][0] == "508A21"
    assert columns["mode_3a"][0] == "7000"
    assert columns["cls"][silent] == "jet"
    assert columns["sensors"][0] == [0]


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "at least 48 bytes"),
        (b"GIF89a" + bytes(60), "not a picture frame"),
        (struct.pack("<4sHHQQqqII", b"ASPF", 2, 1, 1, 0, 0, 0, 0, 0), "version 2"),
        (struct.pack("<4sHHQQqqII", b"ASPF", 1, 1, 1, 0, 0, 0, 5, 0), "announces 5 rows"),
    ],
)
def test_other_bytes_are_refused(octets, why):
    with pytest.raises(DecodeError, match=why):
        decode_frame(octets)


def test_every_cut_of_a_frame_is_refused():
    picture = Picture(mode="live", now_ns=lambda: T0)
    picture.feed(tracks=tracks_table(flights()[:2], 0, T0))
    octets = encode_frame(picture.snapshot())
    unpadded = len(octets) - 6  # the last column is two bytes, filled up to eight
    for length in range(unpadded):
        with pytest.raises(DecodeError):
            decode_frame(octets[:length])


def test_trails_carry_the_same_points_in_both_forms():
    picture = Picture(mode="live", now_ns=lambda: T0)
    fleet = flights()[:4]
    for t_s in range(0, 60, 4):
        picture.feed(tracks=tracks_table(fleet, t_s, T0 + t_s * S))
    points = picture.trails()
    document = trails_as_json(points)
    octets = encode_trails(points)
    n = struct.unpack_from("<I", octets, 8)[0]
    assert n == len(points) == 60
    assert np.frombuffer(octets, "<u8", n, 16).tolist() == document["track"]
    lat = np.frombuffer(octets, "<i4", n, 16 + 16 * n)
    np.testing.assert_allclose(lat * 1e-7, document["lat_deg"], atol=1e-7)
    assert document["alt_baro_m"][document["track"].index(2)] is None
