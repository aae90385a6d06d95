"""Fields of messages whose meaning is published: J. Sun, The 1090 Megahertz Riddle, 2nd edition."""

import numpy as np
import pytest

from airshield.read import adsb
from airshield.read.adsb import _kernels, encode
from airshield.read.reader import Options
from mode_s_by_hand import frames_from_octets, mode_s


def only(message, **options):
    return mode_s([message], [0.0], Options(**options)).to_pylist()[0]


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("8D4840D6202CC371C32CE0576098", {"icao": 0x4840D6, "callsign": "KLM1023", "type_code": 4}),
        (
            "8D40621D58C382D690C8AC2863A7",
            {"altitude_ft": 38_000, "cpr_lat": 93_000, "cpr_lon": 51_372, "is_cpr_odd": False},
        ),
        (
            "8D485020994409940838175B284F",
            {"vel_east_kt": -8, "vel_north_kt": -159, "vertical_rate_ft_min": -832}
            | {"is_rate_baro": False, "gnss_minus_baro_ft": 550},
        ),
        (
            "8DA05F219B06B6AF189400CBC33F",
            {"heading_deg": 243.984375, "airspeed_kt": 375, "is_airspeed_true": True}
            | {"vertical_rate_ft_min": -2304, "is_rate_baro": True},
        ),
        (
            "8DA05629EA21485CBF3F8CADAEEB",
            {"selected_altitude_ft": 16_992, "is_selected_by_fms": False, "is_lnav": True}
            | {"selected_heading_deg": 66.796875, "is_autopilot": True, "nacp": 9, "sil": 3},
        ),
    ],
)
def test_a_published_message_has_its_published_meaning(message, fields):
    row = only(message)
    assert {name: row[name] for name in fields} == fields


def test_a_published_pair_is_at_its_published_place():
    place = _kernels.cpr_global(93_000, 51_372, 74_158, 50_194, 0, 0, 0.0, 0.0)
    assert place == pytest.approx((52.2572021484375, 3.91937255859375), abs=1e-9)
    even, odd = "8D40621D58C382D690C8AC2863A7", "8D40621D58C386435CC412692AD6"
    table = mode_s([odd, even, odd], [0.0, 2.0, 4.0])
    assert table["position"].to_pylist()[1:] == ["not confirmed yet", "accepted"]
    # The two are 1.6 km apart: this is where the odd one was sent.
    assert table["lat_deg"][2].as_py() == pytest.approx(52.265780, abs=1e-6)
    assert table["lon_deg"][2].as_py() == pytest.approx(3.938913, abs=1e-6)


def test_a_surface_position_is_placed_beside_its_receiver():
    row = only("8C4841753A9A153237AEF0F275BE", receiver_lat_deg=51.990, receiver_lon_deg=4.375)
    assert row["lat_deg"] == pytest.approx(52.320561, abs=1e-5)
    assert row["lon_deg"] == pytest.approx(4.735735, abs=1e-5)
    assert (row["ground_speed_kt"], row["track_deg"], row["is_on_ground"]) == (17.0, 92.8125, True)


def test_replies_are_believed_of_those_who_announced_themselves():
    icao = [0x3C6586]
    reply = encode.replies(icao, encode.identity_code([0o7700]), df=5, flight_status=2)
    table = mode_s(np.concatenate([reply, encode.all_calls(icao), reply, reply]), [0, 1, 2, 90])
    assert table["check"].to_pylist() == [
        "address_unknown",
        "ok",
        "address_known",
        "address_unknown",
    ]
    assert table["icao"].to_pylist() == [None, 0x3C6586, 0x3C6586, None]
    assert table["address_parity"].to_pylist() == [0x3C6586, None, 0x3C6586, 0x3C6586]
    assert table["mode_3a"].to_pylist() == [0o7700, None, 0o7700, 0o7700]
    assert table["is_alert"].to_pylist() == [True, None, True, True]


def test_an_all_call_reply_to_an_interrogator_vouches_when_heard_twice():
    icao = [0x3C6586]
    call = encode.all_calls(icao, interrogator=17)
    reply = encode.replies(icao, encode.altitude_code([10_000.0]), df=4)
    table = mode_s(np.concatenate([call, reply, call, reply]), [0, 1, 2, 3])
    assert table["interrogator"].to_pylist() == [17, None, 17, None]
    assert table["check"].to_pylist() == ["ok", "address_unknown", "ok", "address_known"]


def test_one_wrong_bit_is_mended_only_on_request():
    good = bytes.fromhex("8D4840D6202CC371C32CE0576098")
    for bit in (6, 40, 87, 111):
        bad = bytearray(good)
        bad[bit // 8] ^= 0x80 >> bit % 8
        frames = adsb_frames(bad)
        plain = adsb.MessageReader(adsb.MODES_CSV).feed(frames)
        assert plain.rejects["reason"].to_pylist() == ["the parity does not match"]
        mending = adsb.MessageReader(adsb.MODES_CSV, gates=adsb.Gates(fix_one_bit=True))
        row = mending.feed(frames).tables["mode_s"].to_pylist()[0]
        assert (row["check"], row["message"], row["callsign"]) == ("corrected", good, "KLM1023")


def adsb_frames(octets):
    return frames_from_octets(f"1700000000.5 {octets.hex()}\n".encode(), adsb.MODES_CSV)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("8D4840D6202CC371C32CE0576099", "the parity does not match"),
        ("98" + "00" * 13, "no downlink format that is read"),
        ("8D4840D6202CC3", "the length is not that of the downlink format"),
        ("5D484FDEA248F5" + "00" * 7, "the length is not that of the downlink format"),
    ],
)
def test_what_cannot_be_read_is_told(message, reason):
    frames = adsb_frames(bytes.fromhex(message))
    batch = adsb.MessageReader(adsb.MODES_CSV).feed(frames)
    assert batch.rejects["reason"].to_pylist() == [reason]
    assert batch.tables == {}


def test_values_that_do_not_fit_are_refused():
    for make in (
        lambda: encode.altitude_code([200_000.0]),
        lambda: encode.identification_me(["TOOLONGNAME"]),
        lambda: encode.identification_me(["lower"]),
        lambda: encode.velocity_me([1500.0], [0.0], [0.0]),
        lambda: encode.squitters([1 << 24], [0]),
        lambda: encode.replies([1], [0], df=17),
    ):
        with pytest.raises(adsb.EncodeError):
            make()


def test_every_kind_of_message_that_is_made_is_read_again():
    icao = 0x4CA853
    messages = np.concatenate(
        [
            encode.squitters(icao, encode.identification_me(["RYR12AB"], category="A3")),
            encode.squitters(icao, encode.velocity_me([123.0], [-456.0], [1024.0], nacv=2)),
            encode.squitters(
                icao, encode.velocity_me([-1200.0], [40.0], [np.nan], supersonic=True)
            ),
            encode.squitters(icao, encode.airspeed_me([270.0], [300.0], [-640.0], is_true=True)),
            encode.squitters(icao, encode.status_me(5, 0o7500)),
            encode.squitters(icao, encode.target_state_me(24_000.0, 1013.6, 90.0)),
            encode.squitters(icao, encode.operational_me(supplement_a=1, nacp=10)),
            encode.squitters(
                icao, encode.surface_me([50.0], [8.5], [12.0], [90.0], [1], type_code=7)
            ),
            encode.squitters(
                icao, encode.position_me([50.0], [8.5], [12_000.0], [0]), control_field=6
            ),
            encode.replies(icao, encode.altitude_code([41_000.0]), df=20, mb=[0x20 << 48]),
            encode.replies(icao, encode.altitude_code([60_000.0]), df=4),
        ]
    )
    rows = mode_s(messages, np.arange(11.0)).to_pylist()

    def told(row, *names):
        return tuple(rows[row][name] for name in names)

    assert told(0, "callsign", "emitter_category") == ("RYR12AB", "A3")
    assert told(1, "vel_east_kt", "vel_north_kt", "vertical_rate_ft_min", "nacv") == (
        123,
        -456,
        1024,
        2,
    )
    assert told(2, "vel_east_kt", "vel_north_kt", "vertical_rate_ft_min") == (-1200, 40, None)
    assert told(3, "heading_deg", "airspeed_kt", "is_airspeed_true") == (270.0, 300, True)
    assert told(4, "emergency", "mode_3a") == ("unlawful interference", 0o7500)
    assert told(5, "selected_altitude_ft", "selected_heading_deg") == (24_000, 90.0)
    assert rows[5]["selected_pressure_hpa"] == pytest.approx(1013.6)
    assert told(6, "adsb_version", "nic_supplement_a", "nacp", "gva") == (2, 1, 10, 2)
    assert told(7, "ground_speed_kt", "track_deg", "is_on_ground", "nic") == (
        12.0,
        90.0,
        True,
        None,
    )
    assert told(8, "control_field", "df", "altitude_ft", "address_kind") == (6, 18, 12_000, "icao")
    assert told(9, "altitude_ft", "mb", "check") == (41_000, 0x20 << 48, "address_known")
    assert told(10, "altitude_ft", "check") == (60_000, "address_known")
    assert all(row["icao"] == icao for row in rows)
