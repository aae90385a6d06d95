"""The encoder writes what a row says and refuses what does not fit."""

import pytest

from airshield.errors import EncodeError, UsageError
from airshield.read import asterix

from .frames_of import frames_of, rows_of


def body(category, row, **options):
    return asterix.encode(category, [row], **options)[3:].hex(" ")


@pytest.mark.parametrize(
    ("category", "row", "octets"),
    [
        # The octets are worked out by hand from the standards.
        (34, {"i010_sac": 20, "i010_sic": 129, "i000": 2, "i020_deg": 45.0}, "d0 14 81 02 20"),
        (48, {"i040_rho_nmi": 64.5, "i040_theta_deg": 90.0}, "10 40 80 40 00"),
        (48, {"i070_mode3a": "7700"}, "08 0f c0"),
        (48, {"i090_fl": -10.0}, "04 3f d8"),
        (48, {"i220": 0x4CA2D6}, "01 80 4c a2 d6"),
        (48, {"i030": [1, 23]}, "01 01 40 03 2e"),
        (48, {"i020_typ": 5}, "20 a0"),
        (48, {"i020_tst": 1}, "20 01 80"),
        (48, {"sp": b"\x01\x02"}, "01 01 01 04 03 01 02"),
        (62, {"i105_lat_deg": -45.0, "i105_lon_deg": 90.0}, "08 ff 80 00 00 01 00 00 00"),
        (62, {"i380_adr": 0xABCDEF}, "01 10 80 ab cd ef"),
    ],
)
def test_octets_by_hand(category, row, octets):
    assert body(category, row) == octets
    (back,) = rows_of(asterix.decode(frames_of(asterix.encode(category, [row]))), category)
    assert row.items() <= back.items()


def test_a_callsign_is_six_bits_a_letter():
    assert body(48, {"i240": "AB1"}) == "01 40 04 2c 60 82 08 20"


def test_an_expansion_is_written_from_its_columns_and_from_its_octets():
    row = {"i010_sac": 1, "re_rpc_sco": 7, "re_err_nmi": 300.0}
    block = asterix.encode(48, [row])
    (back,) = rows_of(asterix.decode(frames_of(block)), 48)
    assert row.items() <= back.items()
    assert asterix.encode(48, [back]) == block
    assert asterix.encode(48, [{"i010_sac": 1, "re": back["re"]}]) == block


def test_none_and_places_are_passed_over():
    row = {"frame": 1, "t_heard": None, "record": 0, "offset": 3, "i010_sac": 1, "i240": None}
    assert asterix.encode(48, [row]) == asterix.encode(48, [{"i010_sac": 1}])


def test_a_quantity_goes_to_the_nearest_step():
    assert body(48, {"i040_rho_nmi": 64.5 + 0.4 / 256}) == body(48, {"i040_rho_nmi": 64.5})


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        ({"i010_sac": 256}, "i010_sac", "0 to 255"),
        ({"i010_sac": -1}, "i010_sac", "0 to 255"),
        ({"i010_sac": 1.5}, "i010_sac", "whole number"),
        ({"i010_sac": "1"}, "i010_sac", "whole number"),
        ({"i040_rho_nmi": 256.0}, "i040_rho_nmi", "0.0 to 255.99"),
        ({"i040_theta_deg": 360.0}, "i040_theta_deg", "0.0 to 359.99"),
        ({"i090_fl": float("nan")}, "i090_fl", "finite"),
        ({"i090_fl": 1.7e308}, "i090_fl", "-2048.0 to 2047.75"),
        ({"i090_fl": 2048.0}, "i090_fl", "-2048.0 to 2047.75"),
        ({"i240": "TOO LONG NAME"}, "i240", "8 at most"),
        ({"i240": "lower"}, "i240", "no 'l'"),
        ({"i070_mode3a": "9000"}, "i070_mode3a", "no '9'"),
        ({"i030": []}, "i030", "repeated"),
        ({"i250_mbdata": [0] * 256}, "i250_mbdata", "repeated"),
        ({"i250_mbdata": [0], "i250_bds1": [1, 2]}, "i250_bds1", "as long as i250_mbdata"),
        ({"sp": bytes(255)}, "sp", "254 octets"),
        ({"i999": 1}, "i999", "no such column"),
        ({}, "(record)", "says nothing"),
    ],
)
def test_what_does_not_fit_is_told_with_its_column(row, column, why):
    with pytest.raises(EncodeError, match=why) as told:
        asterix.encode(48, [row])
    assert told.value.column == column


def test_a_speed_that_contradicts_its_flag_is_refused():
    assert body(21, {"i150_as_mach": 0.5}) == body(21, {"i150_as_mach": 0.5, "i150_im": 1})
    with pytest.raises(EncodeError, match="i150_im is 0"):
        asterix.encode(21, [{"i150_as_mach": 0.5, "i150_im": 0}])


def test_a_profile_is_named_by_the_row_or_by_its_selecting_item():
    assert body(1, {"i020_typ": 0, "i040_rho_nmi": 1.0})[:2] == "60"
    assert body(1, {"i020_typ": 1, "i161": 5, "profile": "track"})[:2] == "60"
    with pytest.raises(EncodeError, match="which profile"):
        asterix.encode(1, [{"i040_rho_nmi": 1.0}])
    with pytest.raises(EncodeError, match="the profiles are plot, track"):
        asterix.encode(1, [{"profile": "video", "i020_typ": 0}])


def test_a_block_is_never_longer_than_its_length_can_say():
    with pytest.raises(EncodeError, match="65535"):
        asterix.encode(48, [{"sp": bytes(254)}] * 300)
    with pytest.raises(UsageError, match="no records"):
        asterix.encode(48, [])


def test_random_fields_that_are_not_whole_are_refused():
    with pytest.raises(EncodeError, match="whole random fields"):
        asterix.encode(1, [{"i020_typ": 0, "rfs": b"\x02\x01\x00\x00"}])
