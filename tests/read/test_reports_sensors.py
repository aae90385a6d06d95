"""Radars of old, airport sensors and service messages: values worked by hand, and laws."""

import datetime as dt
import math
import statistics

import pyarrow as pa
import pytest

from airshield import tables
from airshield.geo import Origin, ecef_from_geodetic, enu_from_ecef
from airshield.read import read_frames
from airshield.read.asterix import encode
from airshield.read.asterix.decode import decode
from airshield.read.asterix.reports import ReportReader
from airshield.tables import ReportFlag
from frames_by_hand import T0_NS, frames_of

S_NS = 10**9
MIDNIGHT_NS = T0_NS + 16 * 3600 * S_NS
# A CAT001 plot, octet by octet: 20/1, sole secondary, 32 NM, 90 degrees, A 7700, FL 100 and the
# truncated time 128 s; then a primary plot at 16 NM, 180 degrees that only says that.
OLD_PLOTS = bytes.fromhex("01 00 17 fa 14 01 20 10 00 40 00 0f c0 01 90 40 00 60 10 08 00 80 00")
STATUS_GAPS = ("t", "t_heard", "frame")


def old_plot(**values):
    row = {
        "profile": "plot",
        "i010_sac": 20,
        "i010_sic": 1,
        "i020_typ": 0,
        "i020_sim": 0,
        "i020_ssrpsr": 2,
        "i020_ant": 0,
        "i020_spi": 0,
        "i020_rab": 0,
        "i040_rho_nmi": 32.0,
        "i040_theta_deg": 90.0,
    }
    return {name: value for name, value in {**row, **values}.items() if value is not None}


def turn(tod_s, **values):
    return {"i010_sac": 20, "i010_sic": 1, "i000": 1, "i030_s": tod_s, **values}


def surface(**values):
    row = {
        "i010_sac": 0,
        "i010_sic": 7,
        "i000": 1,
        "i020_typ": 1,
        "i020_dcr": 0,
        "i020_chn": 0,
        "i020_gbs": 0,
        "i020_crt": 0,
        "i140_s": 28_801.0,
    }
    return {**row, **values}


def multilateration(**values):
    return {"i010_sac": 20, "i010_sic": 3, "i140_s": 28_801.0, **values}


def service(**values):
    return {"i010_sac": 20, "i010_sic": 1, "i030_s": 28_801.0, **values}


def feed(*blocks, heard_ns=None, **options):
    return ReportReader(**options).feed(frames_of(list(blocks), heard_ns=heard_ns))


def one(batch):
    assert (batch.reports.num_rows, batch.rejects.num_rows) == (1, 0)
    (row,) = batch.reports.drop_columns(["t", "t_heard"]).to_pylist()
    return {name: value for name, value in row.items() if value is not None}


def status(block):
    batch = feed(block)
    assert batch.status.schema.equals(tables.SENSOR_STATUS, check_metadata=True)
    assert (batch.status.num_rows, batch.reports.num_rows) == (1, 0)
    (row,) = batch.status.drop_columns(STATUS_GAPS).to_pylist()
    return {name: value for name, value in row.items() if value is not None}


def times(batch):
    return batch.reports["t"].cast(pa.int64()).to_pylist()


def test_a_block_of_old_plots_worked_by_hand():
    batch = feed(OLD_PLOTS)
    first, second = batch.reports.drop_columns(["t", "t_heard"]).to_pylist()
    assert {name: value for name, value in first.items() if value is not None} == {
        "sensor": "20/1",
        "kind": "ssr",
        "rng_slant_m": 32 * 1852.0,
        "azm_true_deg": 90.0,
        "alt_baro_m": 3048.0,
        "mode_3a": 0o7700,
        "flags": int(ReportFlag.EMERGENCY),
        "frame": 0,
    }
    assert (second["sensor"], second["kind"], second["azm_true_deg"]) == ("20/1", "psr", 180.0)
    # 08:00 is 56 times 512 s and 128 s: the truncated time is that of the very second.
    assert times(batch) == [T0_NS, T0_NS]


def test_a_block_does_not_lean_on_the_block_before():
    nameless = old_plot(i010_sac=None, i010_sic=None)
    batch = feed(encode(1, [old_plot(i141_s=128.0)]) + encode(1, [nameless]))
    assert batch.reports.num_rows == 1
    assert batch.unused == {"001: no data source": 1}


def test_a_truncated_time_is_nearest_to_what_the_same_radar_told_last():
    # The receiver's clock is 400 s ahead of the radar's: by ear the time would come out 512 s late.
    heard = [T0_NS + 400 * S_NS, T0_NS + 403 * S_NS]
    plot = encode(1, [old_plot(i141_s=(28_803.0 % 512))])
    assert times(feed(encode(2, [turn(28_800.0)]), plot, heard_ns=heard)) == [T0_NS + 3 * S_NS]
    other = {**turn(28_800.0), "i010_sic": 2}
    assert times(feed(encode(2, [other]), plot, heard_ns=heard)) == [T0_NS + 515 * S_NS]


def test_the_last_full_time_moves_on_with_the_receiver():
    # Nothing was told for twenty minutes; the truncated time wrapped twice since.
    heard = [T0_NS, T0_NS + 1200 * S_NS]
    plot = encode(1, [old_plot(i141_s=(30_000.0 % 512))])
    assert times(feed(encode(2, [turn(28_800.0)]), plot, heard_ns=heard)) == [T0_NS + 1200 * S_NS]


@pytest.mark.parametrize("told", [True, False])
def test_truncated_times_roll_over_at_midnight_and_late_ones_fall_back(told):
    # Before midnight the count stands at 383 s, after it at zero.
    plots = [old_plot(i141_s=t) for t in (382.0, 1.0, 383.0, 2.0)]
    heard = [MIDNIGHT_NS + s * S_NS for s in (-3, -2, 1, 2, 2)]
    north = encode(2, [turn(86_397.0)] if told else [{**turn(0.0), "i010_sic": 9}])
    batch = feed(north, *(encode(1, [plot]) for plot in plots), heard_ns=heard)
    away_s = [(t - MIDNIGHT_NS) // S_NS for t in times(batch)]
    assert away_s == [-2, 1, -1, 2]


def test_a_truncated_time_that_nothing_completes_is_rejected():
    block = encode(1, [old_plot(i141_s=1.0)])
    reader = ReportReader(date=dt.date(2023, 5, 2))
    batch = reader.feed(frames_of([block], heard_ns=[None]))
    assert batch.reports.num_rows == 0
    assert batch.rejects["reason"].to_pylist() == ["a truncated time of day that nothing completes"]
    assert batch.rejects["octets"].to_pylist() == [block[3:]]
    frames = frames_of([encode(2, [turn(28_800.0)]), block], heard_ns=[None, None], first=1)
    assert times(reader.feed(frames)) == [T0_NS - 127 * S_NS]


@pytest.mark.parametrize(("seen", "kind"), [(1, "psr"), (2, "ssr"), (3, "psr_ssr")])
def test_the_kind_of_an_old_plot_is_what_detected_it(seen, kind):
    track = {"profile": "track", "i020_typ": 1, "i161": 9}
    for values in ({}, track):
        row = one(feed(encode(1, [old_plot(i020_ssrpsr=seen, **values)])))
        assert row["kind"] == kind
        assert row.get("track_sensor") == values.get("i161")


def test_a_surface_report_with_everything():
    row = one(
        feed(
            encode(
                10,
                [
                    surface(
                        i020_gbs=1,
                        i041_lat_deg=41.25,
                        i041_lon_deg=2.0,
                        i060_v=0,
                        i060_g=0,
                        i060_l=0,
                        i060_mode3a="1000",
                        i090_v=0,
                        i090_g=0,
                        i090_fl=1.0,
                        i202_vx_mps=3.0,
                        i202_vy_mps=-4.0,
                        i220=0x4CA2B6,
                        i245_sti=0,
                        i245_chr="RYR1",
                        i161_trk=12,
                        i500_devx_m=3.0,
                        i500_devy_m=4.0,
                        i500_covxy_m=0.0,
                    )
                ],
            )
        )
    )
    assert row.pop("lat_deg") == pytest.approx(41.25, abs=1e-7)
    assert row.pop("lon_deg") == pytest.approx(2.0, abs=1e-7)
    assert row == {
        "sensor": "0/7",
        "kind": "mlat",
        "alt_baro_m": 30.48,
        "vel_east_mps": 3.0,
        "vel_north_mps": -4.0,
        "mode_s": 0x4CA2B6,
        "mode_3a": 0o1000,
        "callsign": "RYR1",
        "track_sensor": 12,
        "sigma_pos_m": pytest.approx((12.5) ** 0.5),
        "flags": int(ReportFlag.ON_GROUND),
        "frame": 0,
    }


@pytest.mark.parametrize(
    ("typ", "kind"), [(0, "mlat"), (1, "mlat"), (2, "adsb"), (3, "psr"), (4, None), (5, "mlat")]
)
def test_the_kind_of_a_surface_report(typ, kind):
    batch = feed(encode(10, [surface(i020_typ=typ, i040_rho_m=100.0, i040_th_deg=45.0)]))
    if kind is None:
        assert batch.unused == {"010: a kind of sensor that reports have no name for": 1}
    else:
        row = one(batch)
        assert (row["kind"], row["rng_slant_m"], row["azm_true_deg"]) == (kind, 100.0, 45.0)


def test_x_and_y_make_a_place_only_from_a_point_that_is_known():
    block = encode(10, [surface(i042_x_m=1000.0, i042_y_m=-500.0)])
    batch = feed(block)
    assert batch.reports.num_rows == 0
    assert batch.unused == {"010: a place from a point that is not told": 1}
    origin = Origin(lat_deg=41.297, lon_deg=2.083, hae_m=50.0)
    row = one(feed(block, reference_points={"0/7": origin}))
    enu_m = enu_from_ecef(ecef_from_geodetic(row["lat_deg"], row["lon_deg"], 50.0), origin)
    # The plane leaves the ellipsoid: at 1.1 km by 0.1 m.
    assert enu_m[:2].tolist() == pytest.approx([1000.0, -500.0], abs=1e-3)
    assert "rng_slant_m" not in row


def test_a_multilateration_system_tells_its_reference_point():
    told = {
        "i010_sac": 20,
        "i010_sic": 3,
        "i000": 2,
        "i140_s": 28_800.0,
        "i600_lat_deg": 47.5,
        "i600_lon_deg": 14.0,
        "i610_m": 500.0,
        "i620_m": 46.0,
    }
    placed = encode(20, [multilateration(i042_x_m=2000.0, i042_y_m=1000.0)])
    before = feed(placed, encode(19, [told]))
    assert before.unused == {
        "020: a place from a point that is not told": 1,
        "019: service message": 1,
    }
    row = one(feed(encode(19, [told]), placed))
    origin = Origin(lat_deg=47.5, lon_deg=14.0, hae_m=546.0)
    enu_m = enu_from_ecef(ecef_from_geodetic(row["lat_deg"], row["lon_deg"], 546.0), origin)
    assert enu_m[:2].tolist() == pytest.approx([2000.0, 1000.0], abs=0.01)
    other = encode(20, [{**multilateration(i042_x_m=1.0, i042_y_m=1.0), "i010_sic": 4}])
    assert feed(encode(19, [told]), other).reports.num_rows == 0


def test_a_multilateration_report_has_a_geometric_height_and_an_accuracy():
    row = one(
        feed(
            encode(
                20,
                [
                    multilateration(
                        i041_lat_deg=47.5,
                        i041_lon_deg=14.0,
                        i105_ft=1000.0,
                        i220=0x4CA2B6,
                        i500_sdp_x_m=6.0,
                        i500_sdp_y_m=8.0,
                        i500_sdp_xy=0,
                    )
                ],
            )
        )
    )
    assert row["kind"] == "mlat"
    assert row["alt_hae_m"] == pytest.approx(304.8)
    assert row["sigma_pos_m"] == pytest.approx(50.0**0.5)


def test_a_range_beyond_the_field_is_in_the_expansion():
    plot = {"i010_sac": 1, "i010_sic": 2, "i140_s": 28_801.0, "i020_typ": 5}
    plot |= {"i020_sim": 0, "i020_rdp": 0, "i020_spi": 0, "i020_rab": 0}
    plot |= {"i040_rho_nmi": 255.99609375, "i040_theta_deg": 10.0, "re_err_nmi": 300.0}
    assert one(feed(encode(48, [plot])))["rng_slant_m"] == 300 * 1852.0


def radar_track(**values):
    row = {"i010_sac": 20, "i010_sic": 1, "i140_s": 28_801.0, "i020_typ": 5, "i020_sim": 0}
    row |= {"i020_rdp": 0, "i020_spi": 0, "i020_rab": 0, "i161_trn": 9}
    return row | values


def status_of_track(tcc):
    bits = {f"i170_{name}": 0 for name in ("cnf", "rad", "dou", "mah", "cdm", "tre", "gho", "sup")}
    return bits | {"i170_tcc": tcc}


@pytest.mark.parametrize("told", [{}, status_of_track(0)])
def test_x_and_y_in_the_radars_own_plane_are_a_slant_range_and_an_azimuth(told):
    sigmas = {"i210_sigx_nmi": 0.25, "i210_sigy_nmi": 0.5, "i210_sigv_nmi_s": 0.0}
    values = {"i042_x_nmi": 30.0, "i042_y_nmi": -40.0, **sigmas, "i210_sigh_deg": 0.0, **told}
    row = one(feed(encode(48, [radar_track(**values)])))
    assert (row["kind"], row["rng_slant_m"], row["track_sensor"]) == ("track", 50 * 1852.0, 9)
    # South-east: 90 degrees and the angle whose tangent is 4/3.
    assert row["azm_true_deg"] == pytest.approx(90.0 + 53.13010235415598)
    along_nmi = ((0.6 * 0.25) ** 2 + (0.8 * 0.5) ** 2) ** 0.5
    across_nmi = ((0.8 * 0.25) ** 2 + (0.6 * 0.5) ** 2) ** 0.5
    assert row["sigma_rng_m"] == pytest.approx(along_nmi * 1852.0)
    assert row["sigma_azm_deg"] == pytest.approx(math.degrees(across_nmi / 50.0))
    assert {"lat_deg", "sigma_pos_m"}.isdisjoint(row)


def test_x_and_y_of_an_old_radar_are_in_its_own_plane():
    values = {"i040_rho_nmi": None, "i040_theta_deg": None, "i161": 5, "i141_s": 128.0}
    values |= {"profile": "track", "i020_typ": 1, "i042_x_nmi": -3.0, "i042_y_nmi": 4.0}
    row = one(feed(encode(1, [old_plot(**values)])))
    assert (row["kind"], row["rng_slant_m"]) == ("track", 5 * 1852.0)
    assert row["azm_true_deg"] == pytest.approx(360.0 - 36.86989764584402)
    assert "sigma_rng_m" not in row


def test_a_measured_position_counts_more_than_the_calculated_one():
    both = radar_track(i042_x_nmi=3.0, i042_y_nmi=4.0, i040_rho_nmi=6.0, i040_theta_deg=90.0)
    row = one(feed(encode(48, [both])))
    assert (row["kind"], row["rng_slant_m"], row["azm_true_deg"]) == ("mode_s", 6 * 1852.0, 90.0)


def test_a_position_that_the_radar_only_predicts_is_no_report():
    predicted = radar_track(i020_typ=0, i042_x_nmi=3.0, i042_y_nmi=4.0)
    assert feed(encode(48, [predicted])).unused == {"048: no detection": 1}


def test_projected_x_and_y_make_a_place_once_the_radar_has_said_where_it_stands():
    values = {"i042_x_nmi": 120.0, "i042_y_nmi": 0.0, **status_of_track(1)}
    values |= {"i210_sigx_nmi": 0.25, "i210_sigy_nmi": 0.5, "i210_sigv_nmi_s": 0.0}
    track = encode(48, [radar_track(i210_sigh_deg=0.0, **values)])
    assert feed(track).unused == {"048: a place from a point that is not told": 1}
    stands = service(i000=1, i120_lat_deg=0.0, i120_lon_deg=10.0, i120_hgt_m=900)
    batch = feed(encode(34, [stands]), track)
    row = one(batch)
    # The equator is a geodesic: its arc over the ellipsoid's radius is the longitude.
    radius_m, plane_m = 6_371_008.8, 120 * 1852.0
    ground_m = 2 * radius_m * math.atan(plane_m / (2 * radius_m))
    assert plane_m - ground_m == pytest.approx(plane_m**3 / (12 * radius_m**2), rel=1e-3)
    quantum_deg = 180.0 / 2**23
    east_deg = row["lon_deg"] - round(10.0 / quantum_deg) * quantum_deg
    assert east_deg == pytest.approx(math.degrees(ground_m / 6_378_137.0), abs=1e-9)
    assert row["lat_deg"] == pytest.approx(0.0, abs=1e-9)
    assert row["kind"] == "track"
    assert row["sigma_pos_m"] == pytest.approx(1852.0 * math.sqrt((0.25**2 + 0.5**2) / 2))
    assert "rng_slant_m" not in row


def test_the_caller_may_say_where_a_radar_stands():
    track = encode(48, [radar_track(i042_x_nmi=0.0, i042_y_nmi=0.0, **status_of_track(1))])
    origin = Origin(lat_deg=41.25, lon_deg=2.0, hae_m=50.0)
    row = one(feed(track, reference_points={"20/1": origin}))
    assert (row["lat_deg"], row["lon_deg"]) == (pytest.approx(41.25), pytest.approx(2.0))


def test_the_position_of_a_radars_track_is_that_of_its_plot(shared_data):
    """Real records with both: what x and y say, read as the slant range that they are."""
    apart_m, frames = [], read_frames(shared_data / "asterix" / "croatia" / "cat_034_048.pcap")
    for batch in frames:
        table = decode(batch, categories=(48,)).tables
        for rows in table.values():
            for r in rows.to_pylist():
                if r["i042_x_nmi"] is not None and r["i040_rho_nmi"] is not None:
                    reach = math.hypot(r["i042_x_nmi"], r["i042_y_nmi"])
                    apart_m.append(abs(reach - r["i040_rho_nmi"]) * 1852.0)
    assert len(apart_m) == 64
    assert statistics.median(apart_m) < 5.0


def test_records_of_nobody_make_no_rows():
    plot = old_plot(i141_s=128.0, i010_sac=None, i010_sic=None)
    north = {"i000": 1, "i030_s": 28_801.0}
    batch = feed(encode(1, [plot]), encode(34, [north]))
    assert (batch.reports.num_rows, batch.status.num_rows) == (0, 0)
    assert batch.unused == {"001: no data source": 1, "034: service message": 1}


def test_north_and_sectors_of_a_radar():
    for category in (2, 34):
        assert status(encode(category, [service(i000=1, i041_s=4.0)])) == {
            "sensor": "20/1",
            "message": "north_marker",
            "azm_true_deg": 0.0,
            "dt_antenna_s": 4.0,
        }
        row = status(encode(category, [service(i000=2, i020_deg=45.0)]))
        assert (row["message"], row["azm_true_deg"]) == ("sector", 45.0)
    assert status(encode(2, [service(i000=3)]))["azm_true_deg"] == 180.0


RADAR = {
    "i050_com_nogo": 0,
    "i050_com_rdpc": 0,
    "i050_com_rdpr": 0,
    "i050_com_ovlrdp": 0,
    "i050_com_ovlxmt": 0,
    "i050_com_msc": 0,
    "i050_com_tsv": 0,
}
PRIMARY = {"i050_psr_ant": 1, "i050_psr_chab": 3, "i050_psr_ovl": 0, "i050_psr_msc": 0}


def test_a_radar_that_is_well():
    assert status(encode(34, [service(i000=1, **RADAR, **PRIMARY)])) == {
        "sensor": "20/1",
        "message": "north_marker",
        "state": "operational",
        "azm_true_deg": 0.0,
        "is_overloaded": False,
        "is_time_valid": True,
        "text": "processor chain 1; PSR on antenna 2; PSR with channels A and B",
    }


@pytest.mark.parametrize(
    ("values", "column", "expected", "words"),
    [
        ({"i050_com_nogo": 1}, "state", "not_operational", "not released for operational use"),
        ({"i050_psr_chab": 0}, "state", "degraded", "PSR with no channel"),
        ({"i050_com_ovlxmt": 1}, "is_overloaded", True, "transmission overloaded"),
        ({"i050_psr_ovl": 1}, "is_overloaded", True, "PSR overloaded"),
        ({"i050_com_tsv": 1}, "is_time_valid", False, "processor chain 1"),
        ({"i110": 3}, "state", "operational", "leaves out PSR"),
        ({"i070_typ": [1, 0], "i070_count": [12, 3]}, "state", "operational", "12 PSR reports; 3"),
    ],
)
def test_a_radar_that_is_not(values, column, expected, words):
    row = status(encode(34, [service(i000=2, **{**RADAR, **PRIMARY, **values})]))
    assert row[column] == expected
    assert words in row["text"]


def test_where_a_radar_stands_and_what_jams_it():
    strobe = {
        "i000": 4,
        "i100_rhost_nmi": 0.0,
        "i100_rhoend_nmi": 100.0,
        "i100_thetast_deg": 45.0,
        "i100_thetaend_deg": 67.5,
        "i120_hgt_m": 780,
        "i120_lat_deg": 22.5,
        "i120_lon_deg": -11.25,
    }
    row = status(encode(34, [service(**strobe)]))
    assert row["message"] == "jamming_strobe"
    assert row["text"] == (
        "from 0.0 to 185.2 km, from 45.0 to 67.5 degrees; "
        "stands at latitude 22.50000, longitude -11.25000, height 780.0 m"
    )


def test_radars_that_say_the_same_are_told_apart_from_those_that_do_not():
    said = [0, 1, 0, 0, 1, 0, 0, 0, 1, 0]
    records = [service(i000=2, **{**RADAR, "i050_com_rdpc": chain}) for chain in said]
    texts = feed(encode(34, records)).status["text"].to_pylist()
    assert texts == [f"processor chain {chain + 1}" for chain in said]


def test_an_airport_system_tells_its_state():
    row = {"i010_sac": 0, "i010_sic": 7, "i000": 3, "i140_s": 28_801.0}
    said = {"i550_nogo": 1, "i550_ovl": 1, "i550_tsv": 1, "i550_div": 0, "i550_ttf": 1}
    assert status(encode(10, [{**row, **said}])) == {
        "sensor": "0/7",
        "message": "status",
        "state": "degraded",
        "is_overloaded": True,
        "is_time_valid": False,
        "text": "test target fails",
    }


@pytest.mark.parametrize(
    ("code", "state", "words"),
    [
        (0, None, "service is unknown"),
        (1, "not_operational", "service is failed"),
        (3, "degraded", "service is degraded"),
        (4, "operational", "service is normal"),
        (5, "initialising", "service is initialising"),
    ],
)
def test_a_ground_station_tells_of_its_service(code, state, words):
    row = {"i010_sac": 20, "i010_sic": 1, "i000": 2, "i070_s": 28_801.0, "i110_stat": code}
    told = status(encode(23, [{**row, "i015_sid": 1, "i015_styp": 2}]))
    assert (told["message"], told.get("state")) == ("service_status", state)
    assert told["text"] == f"service 1: ADS-B on extended squitter; {words}"


def test_a_ground_system_tells_of_errors_and_parts():
    row = {"i010_sac": 20, "i010_sic": 1, "i000_rtyp": 1, "i000_rg": 0, "i015": 4}
    row |= {"i070_s": 28_801.0, "i100_nogo": 0, "i100_ops": 0, "i100_sstat": 0, "i105": [2, 5]}
    row |= {"i120_cid": [7], "i120_errc": [3], "i120_cs": [1]}
    assert status(encode(25, [row])) == {
        "sensor": "20/1",
        "message": "service_status",
        "state": "operational",
        "is_overloaded": True,
        "is_time_valid": False,
        "text": "service 4; time source invalid; data processor overloaded; "
        "component 7 failed, alarm",
    }


def test_a_tracker_tells_of_a_sensor():
    row = {"i010_sac": 1, "i010_sic": 2, "i030_s": 28_801.0, "i050_sac": 20, "i050_sic": 129}
    row |= {"i060_con": 0, "i060_psr": 1, "i060_ssr": 0, "i060_mds": 0, "i060_ads": 0}
    row |= {"i060_mlt": 0, "i080_srg": 0.0, "i080_srb_nmi": 0.5, "i081_deg": -0.010986328125}
    assert status(encode(63, [row])) == {
        "sensor": "20/129",
        "message": "sensor_status",
        "state": "degraded",
        "text": "told by 1/2; PSR not usable; Mode S range gain +0; Mode S range bias +926.0 m; "
        "Mode S azimuth bias -0.011 degrees",
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {
                "i000": 1,
                "i040_nogo": 1,
                "i040_ovl": 0,
                "i040_tsv": 0,
                "i040_pss": 2,
                "i040_sttn": 1,
            },
            {
                "message": "status",
                "state": "degraded",
                "is_overloaded": False,
                "is_time_valid": True,
                "text": "processing system 2; track numbering 1",
            },
        ),
        ({"i000": 2, "i020": 3}, {"message": "end_of_batch", "text": "batch 3"}),
        (
            {"i000": 3, "i050": 4},
            {
                "message": "service_status",
                "state": "not_operational",
                "text": "service interrupted by the operator",
            },
        ),
    ],
)
def test_a_tracker_tells_of_itself(values, expected):
    assert status(encode(65, [service(**values)])) == {"sensor": "20/1", **expected}


def test_several_editions_of_a_category_in_one_batch():
    old = {"i010_sac": 1, "i010_sic": 2, "i040_atp": 1, "i030_s": 28_801.0, "i080": 0x4CA2B6}
    new = {"i010_sac": 1, "i010_sic": 3, "i040_atp": 0, "i040_arc": 0, "i040_rc": 0}
    new |= {"i040_rab": 0, "i073_s": 28_802.0, "i080": 0x4CA2B7}
    place = {"i130_lat_deg": 41.5, "i130_lon_deg": 2.0}
    blocks = [encode(21, [old | place], edition="0.23"), encode(21, [new | place])]
    batch = feed(*blocks, *blocks, editions={(21, 1, 2): "0.23"})
    assert batch.rejects.num_rows == 0
    assert batch.reports["sensor"].to_pylist() == ["1/2", "1/3"] * 2
    assert batch.reports["mode_s"].to_pylist() == [0x4CA2B6, 0x4CA2B7] * 2
    assert [(t - T0_NS) // S_NS for t in times(batch)] == [1, 2, 1, 2]
    assert batch.counts == {"CAT021 blocks": 4, "CAT021 records": 4}


def test_old_plots_of_a_recording_follow_the_clock_of_their_radar(shared_data):
    """The recorder's clock was six hours off; ORADIS puts six octets before each block."""
    octets = (shared_data / "asterix" / "croatia" / "cat_001_002.pcap").read_bytes()
    start, blocks = octets.index(b"\x01\x00\x48"), []
    while start + 3 <= len(octets):
        size = int.from_bytes(octets[start + 1 : start + 3], "big")
        blocks.append(octets[start : start + size])
        start += size + 6
    assert [block[0] for block in blocks] == [1, 1, 2, 1, 1, 1]
    recorded_ns = 1_423_594_252 * S_NS
    batch = feed(*blocks, heard_ns=[recorded_ns] * len(blocks))
    assert batch.rejects.num_rows == 0
    assert batch.counts["CAT001 records"] == batch.reports.num_rows
    (sector_ns,) = batch.status["t"].cast(pa.int64()).to_pylist()
    assert sector_ns % (86_400 * S_NS) == 0x598117 * S_NS // 128
    after = [
        t
        for t, frame in zip(times(batch), batch.reports["frame"].to_pylist(), strict=True)
        if frame > 2
    ]
    assert len(after) >= 3
    assert all(abs(t - sector_ns) < 10 * S_NS for t in after)


def test_the_oldest_vector_of_old_plots(shared_data):
    octets = (shared_data / "asterix" / "jasterix" / "cat001ed1.1.bin").read_bytes()
    row = one(feed(octets))
    assert (row["sensor"], row["kind"]) == ("0/1", "ssr")
    assert row["rng_slant_m"] == 0x3FB8 * 1852.0 / 128
    assert row["azm_true_deg"] == 0xB67C * 360.0 / 65_536
