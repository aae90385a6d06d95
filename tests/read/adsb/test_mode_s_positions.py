import gzip
import itertools
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import UsageError
from airshield.read import adsb
from airshield.read.adsb import encode
from airshield.read.reader import Options
from mode_s_by_hand import apart_m, flight, frames_of_messages, mode_s


def places(table):
    return (
        np.array([np.nan if v is None else v for v in table["lat_deg"].to_pylist()]),
        np.array([np.nan if v is None else v for v in table["lon_deg"].to_pylist()]),
    )


def test_a_flight_is_followed_from_its_third_message_on():
    t_s = 0.5 * np.arange(400)
    messages, lats, lons = flight(t_s)
    table = mode_s(messages, t_s)
    assert table["position"].to_pylist()[:3] == [
        "no message of the other kind in time",
        "not confirmed yet",
        "accepted",
    ]
    lat, lon = places(table)
    assert not np.isnan(lat[2:]).any()
    assert apart_m(lat, lon, lats, lons)[2:].max() < 6.0


@pytest.mark.parametrize("lat", [-89.0, -87.0, -60.0, -0.1, 0.0, 10.47047, 59.9, 86.9, 88.5])
@pytest.mark.parametrize("lon", [-179.99, 0.0, 179.95])
def test_a_flight_is_followed_anywhere_on_earth(lat, lon):
    t_s = 0.5 * np.arange(60)
    messages, lats, lons = flight(t_s, lat=lat, lon=lon, north_mps=50.0, east_mps=20.0)
    table = mode_s(messages, t_s)
    at_lat, at_lon = places(table)
    known = ~np.isnan(at_lat)
    assert known.sum() > 50
    # Where there is one zone of longitude, a step of it is 16 m wide at 87 degrees.
    assert apart_m(at_lat, at_lon, lats, lons)[known].max() < (6.0 if abs(lat) < 80.0 else 9.0)


def test_messages_too_far_apart_make_no_pair():
    messages, _, _ = flight([0.0, 10.5, 21.0, 31.5])
    table = mode_s(messages, [0.0, 10.5, 21.0, 31.5])
    assert set(table["position"].to_pylist()) == {"no message of the other kind in time"}


def test_a_pair_that_a_wrong_clock_makes_is_never_believed():
    # The even message is five minutes old and came with the time of the odd one.
    now, _, _ = flight([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
    old, _, _ = flight([-300.0])
    messages = np.concatenate([old, now[1:]])
    table = mode_s(messages, 0.5 * np.arange(7))
    assert table["position"].to_pylist()[1] in (
        "not confirmed yet",
        "even and odd lie in different zones",
    )
    lat, lon = places(table)
    _, lats, lons = flight(0.5 * np.arange(7))
    known = ~np.isnan(lat)
    assert known.any()
    assert apart_m(lat, lon, lats, lons)[known].max() < 6.0


def test_a_jump_is_refused_and_believed_after_it_lasts():
    t_s = 0.5 * np.arange(60)
    messages, _, _ = flight(t_s)
    away, _, _ = flight(t_s, lat=51.0)
    once = messages.copy()
    once[20] = away[20]
    assert mode_s(once, t_s)["position"].to_pylist()[20:22] == [
        "too far for the time since the last one",
        "accepted",
    ]
    for_good = np.concatenate([messages[:20], away[20:]])
    told = mode_s(for_good, t_s)["position"].to_pylist()
    assert told[20:23] == ["too far for the time since the last one"] * 3
    assert told[23] == "not confirmed yet"
    assert set(told[24:]) == {"accepted"}


def test_nothing_is_heard_from_beyond_the_receivers_range():
    t_s = 0.5 * np.arange(10)
    messages, _, _ = flight(t_s)
    near = Options(receiver_lat_deg=52.0, receiver_lon_deg=8.0)
    far = Options(receiver_lat_deg=40.0, receiver_lon_deg=8.0)
    assert mode_s(messages, t_s, near)["position"].to_pylist()[-1] == "accepted"
    assert "accepted" not in mode_s(messages, t_s, far)["position"].to_pylist()


def test_a_landing_aircraft_is_followed_onto_the_ground():
    t_s = 0.5 * np.arange(40)
    messages, lats, lons = flight(t_s, east_mps=40.0, north_mps=20.0, alt_ft=100.0)
    odd = np.arange(40) % 2
    ground = encode.squitters(
        0x3C6586, encode.surface_me(lats, lons, np.full(40, 80.0), np.full(40, 63.0), odd)
    )
    messages[20:] = ground[20:]
    table = mode_s(messages, t_s)
    assert set(table["position"].to_pylist()[2:]) == {"accepted"}
    lat, lon = places(table)
    assert apart_m(lat, lon, lats, lons)[2:].max() < 6.0
    assert table["is_on_ground"].to_pylist() == [False] * 20 + [True] * 20


def test_on_the_ground_a_reference_is_needed():
    odd = np.arange(6) % 2
    me = encode.surface_me(np.full(6, 47.46), np.full(6, 8.55), np.full(6, 10.0), np.zeros(6), odd)
    messages = encode.squitters(0x4B1815, me)
    assert set(mode_s(messages, np.arange(6.0))["position"].to_pylist()[1:]) == {
        "nothing tells which quarter of the Earth"
    }
    beside = Options(receiver_lat_deg=47.4, receiver_lon_deg=8.5)
    table = mode_s(messages, np.arange(6.0), beside)
    assert set(table["position"].to_pylist()) == {"accepted"}


def test_the_same_number_from_another_service_is_another_aircraft():
    t_s = 0.25 * np.arange(40)
    own, _, _ = flight(t_s)
    other, _, _ = flight(t_s, lat=40.0)
    me = other[:, 4:11]
    words = sum(me[:, k].astype(np.int64) << (48 - 8 * k) for k in range(7))
    # TIS-B with the IMF bit: a track number, no ICAO address.
    other = encode.squitters(0x3C6586, words | 1 << 48, control_field=2)
    mixed = np.empty((80, 14), np.uint8)
    mixed[0::2], mixed[1::2] = own, other
    table = mode_s(mixed, 0.125 * np.arange(80))
    assert table["position"].to_pylist().count("accepted") == 76
    assert set(table["address_kind"].to_pylist()[1::2]) == {"other"}
    assert set(table["icao"].to_pylist()[1::2]) == {None}


@st.composite
def skies(draw):
    """A few aircraft that send everything, some of it damaged, at times of a poor clock."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    t_s = 0.2 * np.arange(90)
    parts = [flight(t_s, icao=0x400000 + n, lat=50.0 + n)[0] for n in range(3)]
    parts.append(encode.all_calls(rng.integers(0x400000, 0x400004, 90), interrogator=3))
    altitude = encode.altitude_code(np.full(90, 30_000.0))
    parts.append(encode.replies(rng.integers(0x400000, 0x400004, 90), altitude, df=20, mb=5))
    velocity = encode.velocity_me(np.full(90, 300.0), np.full(90, 10.0), np.zeros(90))
    parts.append(encode.squitters(rng.integers(0x400000, 0x400004, 90), velocity))
    mixed = np.stack(parts, axis=1).reshape(-1, 14)
    hit = rng.random(mixed.shape[0]) < 0.1
    mixed[hit, rng.integers(0, 14, hit.sum())] ^= np.uint8(4)
    times = np.repeat(t_s, len(parts)) + np.where(rng.random(mixed.shape[0]) < 0.05, 40.0, 0.0)
    return frames_of_messages(mixed, times)


@given(frames=skies(), cuts=st.lists(st.integers(0, 540), max_size=6))
@settings(deadline=None, max_examples=15)
def test_rows_do_not_depend_on_batches_and_snapshots_go_on(frames, cuts):
    whole = adsb.MessageReader(adsb.MODES_CSV).feed(frames)
    edges = [0, *sorted(cuts), frames.num_rows]
    reader, reports = adsb.MessageReader(adsb.MODES_CSV), adsb.AdsbReportReader(adsb.MODES_CSV)
    tables, rows, state = [], [], reports.snapshot()
    for a, b in itertools.pairwise(edges):
        part = frames.slice(a, b - a)
        tables += [made for name, made in reader.feed(part).tables.items() if name == "mode_s"]
        again = adsb.AdsbReportReader(adsb.MODES_CSV)
        again.restore(state)
        rows.append(again.feed(part).reports)
        state = again.snapshot()
    joined = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    assert joined.to_pydict() == whole.tables["mode_s"].to_pydict()
    at_once = reports.feed(frames).reports
    assert (
        pa.concat_tables(rows).cast(at_once.schema).to_pydict().keys() == at_once.to_pydict().keys()
    )
    for name in at_once.column_names:
        assert pa.concat_tables(rows)[name].to_pylist() == at_once[name].to_pylist()


def test_addresses_beyond_the_first_room_are_kept():
    icao = np.arange(1, 5001)
    first = encode.all_calls(icao)
    reply = encode.replies(icao, encode.altitude_code(np.full(5000, 20_000.0)), df=4)
    table = mode_s(np.concatenate([first, reply]), np.repeat([0.0, 30.0], 5000))
    assert set(table["check"].to_pylist()[5000:]) == {"address_known"}


def test_gates_that_local_decoding_cannot_keep_are_refused():
    with pytest.raises(UsageError, match="260 s"):
        adsb.Gates(local_s=600.0)


def test_no_absurd_position_is_accepted_from_a_faulty_clock(shared_data):
    """The clock-fault recording, sent as Mode S at its faulty times: each position is the place
    that was sent with it, and no two are further apart than the gate lets them be."""
    path = shared_data / "adsb" / "noisy_time_issue.json.gz"
    rows = [row for row in json.loads(gzip.decompress(path.read_bytes())) if row.get("latitude")]
    t_s = np.array([row["timestamp"] / 1000.0 for row in rows])
    lats = np.array([row["latitude"] for row in rows])
    lons = np.array([row["longitude"] for row in rows])
    height = np.array([row.get("altitude") or 0.0 for row in rows])
    me = encode.position_me(lats, lons, np.clip(height, -1000, 50_000), np.arange(len(rows)) % 2)
    table = mode_s(encode.squitters(0x4B1815, me), t_s - 1_700_000_000.0)
    lat, lon = places(table)
    kept = ~np.isnan(lat)
    assert kept.mean() > 0.5
    assert apart_m(lat, lon, lats, lons)[kept].max() < 10.0


@pytest.mark.parametrize("late_s", [0.3, 5.0, 30.0, 300.0])
def test_no_absurd_position_is_accepted_when_messages_come_late(late_s):
    """A third of the messages carry times that are wrong by up to ``late_s``."""
    rng = np.random.default_rng(11)
    t_s = 0.5 * np.arange(3000)
    messages, lats, lons = flight(t_s, east_mps=240.0, north_mps=60.0)
    told = t_s + np.where(rng.random(3000) < 0.33, rng.uniform(-late_s, late_s, 3000), 0.0)
    order = np.argsort(told, kind="stable")
    table = mode_s(messages[order], told[order])
    lat, lon = places(table)
    kept = ~np.isnan(lat)
    assert kept.sum() > 300
    # Each is the place that was sent, so what is wrong is only its time.
    assert apart_m(lat, lon, lats[order], lons[order])[kept].max() < 10.0
    near = told[order][kept]
    step_m = apart_m(lat[kept][:-1], lon[kept][:-1], lat[kept][1:], lon[kept][1:])
    gap_s = np.diff(near)
    held = gap_s <= 60.0
    restarts = np.count_nonzero(step_m[held] > 700.0 * (gap_s[held] + 1.0))
    assert restarts <= 0.01 * kept.sum()
