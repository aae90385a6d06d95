import numpy as np
import pytest
from numpy.testing import assert_allclose

from airshield import tables
from airshield.read import adsb
from airshield.read.adsb import encode
from airshield.tables import ReportFlag
from mode_s_by_hand import T0_NS, flight, frames_of_messages

ICAO = 0x3C6586


def told_flight(*, nacp=9, squawk=0o1234, emergency=0, version=2):
    """Two seconds of a flight that says everything, then five seconds of positions."""
    said = np.concatenate(
        [
            encode.squitters(ICAO, encode.identification_me(["DLH4AB"])),
            encode.squitters(
                ICAO, encode.velocity_me([300.0], [-100.0], [640.0], gnss_minus_baro_ft=[250.0])
            ),
            encode.squitters(ICAO, encode.operational_me(nacp=nacp, version=version)),
            encode.squitters(ICAO, encode.status_me(emergency, squawk)),
        ]
    )
    t_s = 2.0 + 0.5 * np.arange(14)
    positions, lats, lons = flight(t_s, alt_ft=20_000.0)
    return (
        frames_of_messages(np.concatenate([said, positions]), [0.0, 0.5, 1.0, 1.5, *t_s]),
        lats,
        lons,
    )


def test_a_report_tells_what_the_aircraft_said_lately():
    frames, lats, lons = told_flight()
    batch = adsb.AdsbReportReader(adsb.MODES_CSV).feed(frames)
    reports = batch.reports
    assert reports.schema == tables.REPORT
    assert reports.num_rows == 12
    row = reports.drop_columns(["t", "t_heard"]).to_pylist()[0]
    assert row["lat_deg"] == pytest.approx(lats[2], abs=5e-5)
    assert row["lon_deg"] == pytest.approx(lons[2], abs=5e-5)
    assert (row["kind"], row["sensor"], row["mode_s"]) == ("adsb", "file:test", ICAO)
    assert (row["callsign"], row["mode_3a"], row["nacp"], row["flags"]) == ("DLH4AB", 0o1234, 9, 0)
    assert row["alt_baro_m"] == pytest.approx(20_000 * 0.3048)
    assert row["alt_hae_m"] == pytest.approx(20_250 * 0.3048)
    assert row["vel_east_mps"] == pytest.approx(300 * 1852 / 3600)
    assert row["vel_north_mps"] == pytest.approx(-100 * 1852 / 3600)
    assert row["vel_up_mps"] == pytest.approx(640 * 0.3048 / 60)
    assert row["sigma_pos_m"] == pytest.approx(30.0 / 2.4477)
    assert row["frame"] == 6
    t_ns = reports["t"].cast("int64").to_numpy()
    assert_allclose((t_ns - T0_NS) * 1e-9, 3.0 + 0.5 * np.arange(12))
    assert batch.unused == {
        "position: no message of the other kind in time": 1,
        "position: not confirmed yet": 1,
        "squitter: identification": 1,
        "squitter: velocity": 1,
        "squitter: aircraft status": 1,
        "squitter: operational status": 1,
    }


def test_a_velocity_grows_old_and_a_callsign_lasts():
    frames, _, _ = told_flight()
    reports = adsb.AdsbReportReader(adsb.MODES_CSV).feed(frames).reports
    t_s = (reports["t"].cast("int64").to_numpy() - T0_NS) * 1e-9
    fresh = t_s <= 5.5
    known = ~np.isnan(reports["vel_east_mps"].to_numpy())
    assert (known == fresh).all()
    assert fresh.any()
    assert not fresh.all()
    assert reports["callsign"].null_count == 0


@pytest.mark.parametrize(("squawk", "emergency"), [(0o7700, 0), (0o1234, 5), (0o7500, 5)])
def test_an_emergency_is_told(squawk, emergency):
    frames, _, _ = told_flight(squawk=squawk, emergency=emergency)
    flags = adsb.AdsbReportReader(adsb.MODES_CSV).feed(frames).reports["flags"].to_pylist()
    assert set(flags) == {int(ReportFlag.EMERGENCY)}


def test_a_medical_flight_is_no_emergency():
    frames, _, _ = told_flight(emergency=2)
    flags = adsb.AdsbReportReader(adsb.MODES_CSV).feed(frames).reports["flags"].to_pylist()
    assert set(flags) == {0}


def test_without_nacp_the_old_category_tells_how_well_the_place_is_known():
    t_s = 0.5 * np.arange(6)
    messages, _, _ = flight(t_s)
    reports = adsb.AdsbReportReader(adsb.MODES_CSV).feed(frames_of_messages(messages, t_s)).reports
    # Type code 11 is NUCp 7: 95 % within 0.05 NM.
    assert set(reports["sigma_pos_m"].to_pylist()) == {0.05 * 1852 / 2.4477}
    assert reports["nacp"].null_count == 4


def test_geometric_heights_are_above_the_ellipsoid():
    t_s = 0.5 * np.arange(6)
    lat, lon = np.full(6, 50.0), np.full(6, 8.0)
    me = encode.position_me(lat, lon, np.full(6, 5000.0), np.arange(6) % 2, type_code=20)
    reports = (
        adsb.AdsbReportReader(adsb.MODES_CSV)
        .feed(frames_of_messages(encode.squitters(ICAO, me), t_s))
        .reports
    )
    assert set(reports["alt_hae_m"].to_pylist()) == {1524.0}
    assert reports["alt_baro_m"].null_count == reports.num_rows


def test_ident_is_told_for_a_while():
    t_s = 0.5 * np.arange(30)
    lat, lon = np.full(30, 50.0), np.full(30, 8.0)
    odd = np.arange(30) % 2
    plain = encode.squitters(ICAO, encode.position_me(lat, lon, np.full(30, 5000.0), odd))
    ident = encode.squitters(
        ICAO, encode.position_me(lat, lon, np.full(30, 5000.0), odd, surveillance_status=3)
    )
    plain[10] = ident[10]
    reports = adsb.AdsbReportReader(adsb.MODES_CSV).feed(frames_of_messages(plain, t_s)).reports
    flags = np.array(reports["flags"].to_pylist())
    assert flags[7:9].tolist() == [0, int(ReportFlag.SPI)]
    assert flags[-1] == 0


@pytest.mark.parametrize(
    ("control_field", "kind"),
    [(None, "adsb"), (0, "adsb"), (2, "track"), (5, "track"), (6, "adsb")],
)
def test_the_kind_says_who_found_the_place(control_field, kind):
    t_s = np.arange(6.0)
    _, lats, lons = flight(t_s)
    me = encode.position_me(lats, lons, np.full(6, 30_000.0), np.arange(6) % 2)
    messages = encode.squitters(np.full(6, ICAO), me, control_field=control_field)
    reports = adsb.AdsbReportReader(adsb.MODES_CSV).feed(frames_of_messages(messages, t_s)).reports
    assert reports.num_rows
    assert set(reports["kind"].to_pylist()) == {kind}
    assert (reports["sigma_pos_m"].null_count == reports.num_rows) == (kind == "track")
