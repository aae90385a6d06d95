"""From records to reports: values worked by hand, laws, and libasterix' own answer."""

import datetime as dt
import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from airshield import tables
from airshield.errors import UsageError
from airshield.read import read_frames, replay_frames
from airshield.read.asterix import encode
from airshield.read.asterix.reports import ReportReader
from airshield.tables import ReportFlag
from frames_by_hand import T0_NS, frames_of
from reference import asterix_oracle

# A Mode S plot, octet by octet: 20/129, 08:00:01, TYP 5, 32 NM, 90 degrees, A 7700, FL 100,
# address 4CA2B6, callsign RYR1, track number 5, airborne.
PLOT_OCTETS = bytes.fromhex(
    "30 00 21 fd d1 02 14 81 38 40 80 a0 20 00 40 00 0f c0 01 90 4c a2 b6 "
    "49 94 b1 82 08 20 00 05 00 20"
)
IMPOSSIBLE = {
    "a latitude beyond 90 degrees",
    "a longitude beyond 180 degrees",
    "a time of day past the end of the day",
    "no time of day, and none heard before it",
    "a truncated time of day that nothing completes",
}


def plot(**values):
    row = {
        "i010_sac": 20,
        "i010_sic": 129,
        "i140_s": 28_801.0,
        "i020_typ": 5,
        "i020_sim": 0,
        "i020_rdp": 0,
        "i020_spi": 0,
        "i020_rab": 0,
        "i040_rho_nmi": 32.0,
        "i040_theta_deg": 90.0,
    }
    return {**row, **values}


def adsb(**values):
    row = {
        "i010_sac": 1,
        "i010_sic": 2,
        "i040_atp": 0,
        "i040_arc": 0,
        "i040_rc": 0,
        "i040_rab": 0,
        "i073_s": 28_801.0,
        "i080": 0x4CA2B6,
        "i130_lat_deg": 41.5,
        "i130_lon_deg": 2.0,
    }
    return {**row, **values}


def system_track(**values):
    row = {
        "i010_sac": 1,
        "i010_sic": 2,
        "i070_s": 28_801.0,
        "i040": 77,
        "i105_lat_deg": 45.0,
        "i105_lon_deg": -120.0,
    }
    return {**row, **values}


def records_in(batch):
    return sum(n for name, n in batch.counts.items() if name.endswith(" records"))


def feed(*blocks, editions=None, heard_ns=None):
    return ReportReader(editions).feed(frames_of(list(blocks), heard_ns=heard_ns))


def one(block, **options):
    batch = feed(block, **options)
    assert (batch.reports.num_rows, batch.rejects.num_rows) == (1, 0)
    return batch.reports.drop_columns(["t", "t_heard"]).to_pylist()[0]


def test_a_plot_worked_by_hand():
    batch = feed(PLOT_OCTETS)
    assert batch.rejects.num_rows == 0
    assert batch.reports.schema.equals(tables.REPORT, check_metadata=True)
    assert batch.reports["t"].cast(pa.int64()).to_pylist() == [T0_NS + 1_000_000_000]
    (row,) = batch.reports.drop_columns(["t", "t_heard"]).to_pylist()
    assert {name: value for name, value in row.items() if value is not None} == {
        "sensor": "20/129",
        "kind": "mode_s",
        "rng_slant_m": 32 * 1852.0,
        "azm_true_deg": 90.0,
        "alt_baro_m": 3048.0,
        "mode_s": 0x4CA2B6,
        "mode_3a": 0o7700,
        "callsign": "RYR1",
        "track_sensor": 5,
        "flags": int(ReportFlag.EMERGENCY),
        "frame": 0,
    }


@pytest.mark.parametrize(
    ("typ", "kind"),
    [
        (1, "psr"),
        (2, "ssr"),
        (3, "psr_ssr"),
        (4, "mode_s"),
        (5, "mode_s"),
        (6, "mode_s"),
        (7, "mode_s"),
    ],
)
def test_the_kind_of_a_plot_is_what_detected_it(typ, kind):
    assert one(encode(48, [plot(i020_typ=typ)]))["kind"] == kind


def test_codes_and_levels_count_only_when_valid_and_ungarbled():
    for v, g in itertools.product((0, 1), repeat=2):
        good = (v, g) == (0, 0)
        row = one(
            encode(
                48,
                [
                    plot(
                        **{"i070_v": v, "i070_g": g, "i070_l": 0, "i070_mode3a": "7700"},
                        **{"i090_v": v, "i090_g": g, "i090_fl": -2.0},
                    )
                ],
            )
        )
        assert row["mode_3a"] == (0o7700 if good else None)
        assert row["alt_baro_m"] == (pytest.approx(-60.96) if good else None)
        assert bool(row["flags"] & ReportFlag.EMERGENCY) == good


def test_unknown_is_null_and_never_zero():
    row = one(encode(48, [plot()]))
    unknown = set(row) - {"sensor", "kind", "rng_slant_m", "azm_true_deg", "flags", "frame"}
    assert {name: row[name] for name in unknown} == dict.fromkeys(unknown)
    assert one(encode(48, [plot(i220=0)]))["mode_s"] is None
    assert one(encode(48, [plot(i240="        ")]))["callsign"] is None


@pytest.mark.parametrize(
    ("values", "flag"),
    [
        ({"i020_spi": 1}, ReportFlag.SPI),
        ({"i230_com": 0, "i230_stat": 5, "i230_si": 0}, ReportFlag.SPI),
        ({"i020_sim": 1}, ReportFlag.SIMULATED),
        ({"i020_rab": 1}, ReportFlag.TEST),
        ({"i020_tst": 1}, ReportFlag.TEST),
        ({"i020_me": 1}, ReportFlag.EMERGENCY),
        ({"i230_com": 0, "i230_stat": 1, "i230_si": 0}, ReportFlag.ON_GROUND),
    ],
)
def test_flags_of_a_plot(values, flag):
    assert one(encode(48, [plot(**values)]))["flags"] == flag


def test_doppler_counts_unless_it_is_doubtful():
    for doubtful, expected in ((0, -57.0), (1, None)):
        row = one(encode(48, [plot(i120_cal_d=doubtful, i120_cal_cal_mps=-57.0)]))
        assert row["spd_radial_mps"] == expected


def test_records_that_report_nothing_are_counted_with_the_reason():
    nowhere = plot()
    del nowhere["i040_rho_nmi"], nowhere["i040_theta_deg"]
    north = {"i010_sac": 20, "i010_sic": 129, "i000": 1, "i030_s": 28_800.0}
    lost = adsb()
    del lost["i130_lat_deg"], lost["i130_lon_deg"]
    batch = feed(
        encode(34, [north]), encode(48, [nowhere, plot(i020_typ=0), plot()]), encode(21, [lost])
    )
    assert batch.reports.num_rows == 1
    assert batch.unused == {
        "034: service message": 1,
        "048: no position": 1,
        "048: no detection": 1,
        "021: no position": 1,
    }
    assert batch.counts == {
        "CAT021 blocks": 1,
        "CAT034 blocks": 1,
        "CAT048 blocks": 1,
        "CAT021 records": 1,
        "CAT034 records": 1,
        "CAT048 records": 3,
    }


def test_an_adsb_report_of_the_new_layout():
    row = one(
        encode(
            21,
            [
                adsb(
                    i131_lat_deg=41.25,
                    i131_lon_deg=2.5,
                    i140_ft=1000.0,
                    i145_fl=10.0,
                    i157_re=0,
                    i157_gvr_ft_min=-600.0,
                    i160_re=0,
                    i160_gs_nmi_s=0.125,
                    i160_ta_deg=90.0,
                    i170="IBE31",
                    i161_trnum=9,
                    i090_nucrnacv=0,
                    i090_nucpnic=8,
                    i090_nicbaro=0,
                    i090_sil=3,
                    i090_nacp=9,
                    i040_dcr=0,
                    i040_gbs=1,
                    i040_sim=0,
                    i040_tst=0,
                    i200_icf=0,
                    i200_lnav=0,
                    i200_ps=5,
                    i200_ss=3,
                )
            ],
        )
    )
    assert (row["sensor"], row["kind"], row["mode_s"]) == ("1/2", "adsb", 0x4CA2B6)
    assert row["lat_deg"] == pytest.approx(41.25, abs=1e-6)
    assert row["lon_deg"] == pytest.approx(2.5, abs=1e-6)
    assert row["alt_hae_m"] == pytest.approx(304.8)
    assert row["alt_baro_m"] == pytest.approx(304.8)
    assert row["vel_up_mps"] == pytest.approx(-3.048, abs=0.02)
    assert row["vel_east_mps"] == pytest.approx(231.5, abs=0.2)
    assert row["vel_north_mps"] == pytest.approx(0.0, abs=1e-9)
    assert (row["callsign"], row["track_sensor"], row["nacp"]) == ("IBE31", 9, 9)
    # NACp 9 is a 95 % radius of 30 m; a circular Gaussian of this sigma holds 95 % within it.
    assert 1.0 - np.exp(-0.5 * (30.0 / row["sigma_pos_m"]) ** 2) == pytest.approx(0.95, abs=1e-5)
    assert row["flags"] == ReportFlag.ON_GROUND | ReportFlag.EMERGENCY | ReportFlag.SPI


def test_an_adsb_report_of_the_old_layout():
    old = {
        "i010_sac": 1,
        "i010_sic": 2,
        "i040_atp": 1,
        "i030_s": 28_801.0,
        "i080": 0x4CA2B6,
        "i130_lat_deg": -41.5,
        "i130_lon_deg": -2.0,
        "i145_fl": 10.0,
        "i155_ft_min": 600.0,
        "i160_gs_nmi_s": 0.125,
        "i160_ta_deg": 180.0,
        "i170": "IBE31",
    }
    row = one(encode(21, [old], edition="0.23"), editions={21: "0.23"})
    assert row["lat_deg"] == pytest.approx(-41.5, abs=1.1e-5)
    assert row["vel_north_mps"] == pytest.approx(-231.5, abs=0.2)
    assert row["vel_up_mps"] == pytest.approx(3.048, abs=0.02)
    assert (row["mode_s"], row["callsign"], row["nacp"]) == (0x4CA2B6, "IBE31", None)


@pytest.mark.parametrize(("atp", "known"), [(0, True), (1, False), (2, True), (3, False)])
def test_an_address_that_is_not_one_aircrafts_own_is_unknown(atp, known):
    assert (one(encode(21, [adsb(i040_atp=atp)]))["mode_s"] is not None) == known


def test_a_rate_beyond_its_range_is_unknown():
    row = one(
        encode(
            21,
            [adsb(i155_re=1, i155_bvr_ft_min=600.0, i160_re=1, i160_gs_nmi_s=0.1, i160_ta_deg=0.0)],
        )
    )
    assert (row["vel_up_mps"], row["vel_east_mps"], row["vel_north_mps"]) == (None, None, None)


def test_the_time_of_position_is_the_best_there_is():
    for names, best in (
        (("i071_s", "i073_s", "i077_s"), "i071_s"),
        (("i073_s", "i077_s"), "i073_s"),
        (("i077_s",), "i077_s"),
    ):
        said = {name: 28_800.0 + n for n, name in enumerate(("i071_s", "i073_s", "i077_s"), 1)}
        row = adsb(i073_s=None)
        row.update({name: said[name] for name in names})
        t = feed(encode(21, [row])).reports["t"].cast(pa.int64())[0].as_py()
        assert t == T0_NS + round((said[best] - 28_800.0) * 1e9)


def test_a_system_track():
    row = one(
        encode(
            62,
            [
                system_track(
                    i185_vx_mps=-100.0,
                    i185_vy_mps=50.0,
                    i220_ft_min=600.0,
                    i136_fl=100.0,
                    i130_ft=10_000.0,
                    i060_v=0,
                    i060_g=0,
                    i060_ch=0,
                    i060_mode3a="2031",
                    i380_adr=0xABCDEF,
                    i380_id="DLH4AB",
                    i500_apc_x_m=30.0,
                    i500_apc_y_m=40.0,
                )
            ],
        )
    )
    assert (row["kind"], row["track_sensor"], row["mode_s"]) == ("track", 77, 0xABCDEF)
    assert (row["lat_deg"], row["lon_deg"]) == (pytest.approx(45.0), pytest.approx(-120.0))
    assert (row["vel_east_mps"], row["vel_north_mps"]) == (-100.0, 50.0)
    assert row["vel_up_mps"] == pytest.approx(3.048, abs=0.02)
    assert row["alt_baro_m"] == pytest.approx(3048.0)
    assert row["alt_hae_m"] == pytest.approx(3048.0)
    assert (row["mode_3a"], row["callsign"]) == (0o2031, "DLH4AB")
    assert row["sigma_pos_m"] == pytest.approx(np.sqrt((30.0**2 + 40.0**2) / 2))


def test_the_accuracy_of_a_system_track_is_that_of_its_wgs_84_place():
    quantum_deg = 180.0 / 2**25
    apw = {"i500_apw_lat_deg": 6 * quantum_deg, "i500_apw_lon_deg": 8 * quantum_deg}
    apc = {"i500_apc_x_m": 30.0, "i500_apc_y_m": 40.0}
    row = one(encode(62, [system_track(**apw, **apc)]))
    degree_m = 6_371_008.8 * np.pi / 180.0
    north_m, east_m = 6 * quantum_deg * degree_m, 8 * quantum_deg * degree_m * np.sqrt(0.5)
    rms_m = np.sqrt((north_m**2 + east_m**2) / 2.0)
    assert row["sigma_pos_m"] == pytest.approx(rms_m, rel=1e-6)
    assert one(encode(62, [system_track()]))["sigma_pos_m"] is None


@pytest.mark.parametrize(
    ("version", "unsupported", "radius_m"),
    [(0, 0, 185.2), (1, 0, None), (2, 0, None), (0, 1, None)],
)
def test_an_aircraft_of_version_0_tells_its_accuracy_as_nucp(version, unsupported, radius_m):
    said = {"i130_lat_deg": 41.0, "i130_lon_deg": 2.0, "i090_nucrnacv": 0, "i090_nucpnic": 6}
    said |= {"i210_vns": unsupported, "i210_vn": version, "i210_ltt": 2}
    row = one(encode(21, [adsb(**said)]))
    expected = None if radius_m is None else pytest.approx(radius_m / 2.4477)
    assert (row["nacp"], row["sigma_pos_m"]) == (None, expected)


@pytest.mark.parametrize(("qnh", "known"), [(0, True), (1, False)])
def test_a_calculated_level_counts_unless_corrected_to_the_local_pressure(qnh, known):
    row = one(encode(62, [system_track(i135_qnh=qnh, i135_ctb_fl=100.0)]))
    assert row["alt_baro_m"] == (pytest.approx(3048.0) if known else None)


def test_a_record_that_cannot_be_is_rejected_with_its_octets():
    good, bad = encode(21, [adsb()]), encode(21, [adsb(i130_lat_deg=95.0)])
    late = encode(48, [plot(i140_s=100_000.0)])
    batch = feed(good, bad, late + good)
    assert batch.reports["frame"].to_pylist() == [0, 2]
    assert batch.rejects["reason"].to_pylist() == [
        "a latitude beyond 90 degrees",
        "a time of day past the end of the day",
    ]
    assert batch.rejects["frame"].to_pylist() == [1, 2]
    assert batch.rejects["category"].to_pylist() == [21, 48]
    assert batch.rejects["octets"][0].as_py() == bad[3:]
    assert batch.rejects["octets"][1].as_py() == late[3:]
    assert batch.rejects["offset"].to_pylist() == [1 + 3, 2 + 3]


def test_the_octets_of_an_impossible_record_end_where_the_next_begins():
    block = encode(48, [plot(i140_s=100_000.0), plot()])
    whole = encode(48, [plot()])
    batch = feed(block)
    assert batch.reports.num_rows == 1
    assert [len(octets) for octets in batch.rejects["octets"].to_pylist()] == [len(whole) - 3]


def test_reports_follow_the_octets_across_categories():
    first = encode(48, [plot(i161_trn=1), plot(i161_trn=2)])
    frame = first + encode(62, [system_track(i040=3)]) + encode(48, [plot(i161_trn=4)])
    batch = feed(frame, frame)
    assert batch.reports["track_sensor"].to_pylist() == [1, 2, 3, 4] * 2
    assert batch.reports["frame"].to_pylist() == [0] * 4 + [1] * 4


def test_frames_without_any_time_need_a_date():
    frames = frames_of([encode(48, [plot()])], heard_ns=[None])
    with pytest.raises(UsageError, match="give the day"):
        ReportReader().feed(frames)
    batch = ReportReader(date=dt.date(2023, 5, 2)).feed(frames)
    assert batch.reports["t"].cast(pa.int64()).to_pylist() == [T0_NS + 1_000_000_000]
    assert batch.reports["t_heard"].null_count == 1


def test_an_edition_that_is_not_is_told():
    with pytest.raises(UsageError):
        ReportReader({48: "9.9"})


FILES = (
    ("barcelona/cat048_20230502_first.ast", {}),
    ("barcelona/cat021_ed0.23_20160510.ast", {21: "0.23"}),
    ("barcelona/cat021_ed2.1_023_first.ast", {21: "2.1"}),
    ("argentina/cat062_260429_first.pcap", {}),
    ("argentina/cat034_048_260429.pcap", {}),
    ("jahorina/cat034_048_jahorina.raw", {}),
    ("croatia/cat_034_048.pcap", {}),
    ("barcelona/cat010_smr_20201002.ast", {}),
    ("barcelona/cat010_mlat_20201002.ast", {}),
)


@pytest.mark.parametrize(("name", "editions"), FILES)
def test_every_record_is_a_report_a_reject_or_counted_whatever_the_batch(
    shared_data, name, editions
):
    results = []
    for batch in (4096, 700):
        reader = ReportReader(editions)
        totals: Counter = Counter()
        parts = []
        for frames in replay_frames(shared_data / "asterix" / name, editions=editions, batch=batch):
            got = reader.feed(frames)
            totals["records"] += records_in(got)
            totals["rejects"] += sum(why in IMPOSSIBLE for why in got.rejects["reason"].to_pylist())
            totals["unused"] += sum(got.unused.values())
            parts.append(got.reports)
        reports = tables.concat(tables.REPORT, parts)
        assert totals["records"] == reports.num_rows + totals["unused"] + totals["rejects"]
        results.append(without_dictionaries(reports))
    assert results[0].num_rows > 0 or "mlat" in name
    assert results[0].equals(results[1])


def without_dictionaries(table):
    words = [field.name for field in table.schema if pa.types.is_dictionary(field.type)]
    for name in words:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(pa.string()))
    return table


def test_an_edition_without_a_specification_gives_rejects_and_no_nonsense(shared_data):
    (frames,) = read_frames(shared_data / "asterix" / "croatia" / "asterix.pcap")
    batch = ReportReader().feed(frames)
    assert records_in(batch) == batch.counts["CAT062 records"] == 48
    assert batch.reports.num_rows == 0
    assert sum(why in IMPOSSIBLE for why in batch.rejects["reason"].to_pylist()) == 48


def test_one_record_at_a_time_gives_the_same_reports(shared_data):
    path = shared_data / "asterix" / "croatia" / "cat_034_048.pcap"
    (whole,) = replay_frames(path)
    at_once = ReportReader().feed(whole).reports
    reader, parts = ReportReader(), []
    for row in range(whole.num_rows):
        again = ReportReader()
        again.restore(reader.snapshot())
        reader = again
        parts.append(reader.feed(whole.slice(row, 1)).reports)
    one_by_one = without_dictionaries(tables.concat(tables.REPORT, parts))
    assert one_by_one.equals(without_dictionaries(at_once))


def test_the_barcelona_radar_is_read_whole(barcelona_048):
    reader = ReportReader()
    records, rejects, reports = 0, 0, 0
    for frames in replay_frames(barcelona_048):
        batch = reader.feed(frames)
        records += batch.counts["CAT048 records"]
        rejects += batch.rejects.num_rows
        reports += batch.reports.num_rows
    assert (records, rejects, reports) == (22_146, 0, 22_044)


def test_plots_hold_what_libasterix_reads(barcelona_048):
    frames = next(iter(read_frames(barcelona_048, batch=400)))
    reports = ReportReader(date=dt.date(2023, 5, 2)).feed(frames).reports
    rows = iter(reports.drop_columns(["t", "t_heard"]).to_pylist())
    times = iter(reports["t"].cast(pa.int64()).to_pylist())
    for block in frames["octets"].to_pylist():
        for want in asterix_oracle.records_of(48, "1.32", block):
            if want["i020_typ"] == 0:
                continue
            row, t_ns = next(rows), next(times)
            assert t_ns - (T0_NS - 28_800 * 10**9) == round(want["i140_s"] * 1e9)
            assert row["rng_slant_m"] == want["i040_rho_nmi"] * 1852.0
            assert row["azm_true_deg"] == want["i040_theta_deg"]
            assert row["mode_s"] == want.get("i220")
            assert row["track_sensor"] == want["i161_trn"]
            assert row["callsign"] == ((want.get("i240") or "").strip() or None)
            if want.get("i090_v") == 0 and want.get("i090_g") == 0:
                assert row["alt_baro_m"] == pytest.approx(want["i090_fl"] * 30.48)
            else:
                assert row["alt_baro_m"] is None
            if want.get("i070_v") == 0 and want.get("i070_g") == 0:
                assert row["mode_3a"] == int(want["i070_mode3a"], 8)
            else:
                assert row["mode_3a"] is None
    assert next(rows, None) is None
