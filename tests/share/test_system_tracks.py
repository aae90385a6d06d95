"""TRACK rows as CAT062: against libasterix with a slow twin, and back through the reader."""

import math
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.geo import ground_distance_m
from airshield.read.asterix.reports import ReportReader
from airshield.read.asterix.reports.projection import place_in_plane
from airshield.share import SystemTrackWriter
from reference import asterix_oracle
from reference.system_tracks import Twin

from .rows_drawn import T0_NS, in_range, row, rows, table_of

DAY_NS = 86_400 * 10**9


def blocks_of(rows, **options):
    """What the writer makes of rows: (category, block), and what it left out."""
    writer = SystemTrackWriter(sac=20, sic=7, **options)
    parts = [writer.feed(table_of(rows)), writer.finish()]
    left_out = {}
    for part in parts:
        for reason, count in part.left_out.items():
            left_out[reason] = left_out.get(reason, 0) + count
    blocks = [block for part in parts for block in part.frames["octets"].to_pylist()]
    return [(block[0], block) for block in blocks], left_out


def records_of(rows, **options):
    """The records of CAT062 as libasterix reads them."""
    blocks, left_out = blocks_of(rows, **options)
    found = []
    for category, block in blocks:
        if category == 62:
            found += asterix_oracle.records_of(62, "1.21", block)
    return found, left_out


def one(**more):
    (record,), left_out = records_of([row(**more)], **{})
    return record, left_out


def alike(expected, found):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        same = (
            math.isclose(value, found[name], abs_tol=1e-9)
            if isinstance(value, float)
            else (value == found[name])
        )
        assert same, (name, value, found[name])


@settings(deadline=None, max_examples=150)
@given(drawn=st.lists(rows, min_size=1, max_size=12), simulated=st.booleans())
def test_libasterix_reads_what_the_slow_twin_says(drawn, simulated):
    twin = Twin(20, 7, simulated=simulated)
    expected = [twin.record(one_row) for one_row in drawn]
    found, left_out = records_of(drawn, is_simulated=simulated)
    assert len(found) == len(expected)
    for want, got in zip(expected, found, strict=True):
        alike(want, got)
    assert left_out == dict(twin.left_out)


@settings(deadline=None, max_examples=150)
@given(drawn=st.lists(in_range, min_size=1, max_size=12))
def test_what_is_written_reads_back_as_reports_of_the_same_values(drawn):
    writer = SystemTrackWriter(sac=20, sic=7)
    frames = pa.concat_tables([writer.feed(table_of(drawn)).frames, writer.finish().frames])
    batch = ReportReader().feed(frames)
    assert batch.rejects.num_rows == 0
    reports = batch.reports.drop_columns(["t_heard"])
    back = reports.set_column(0, "t", reports["t"].cast(pa.int64())).to_pylist()
    assert len(back) == len(drawn)
    for want, got in zip(drawn, back, strict=True):
        assert got["sensor"] == "20/7"
        assert got["kind"] == "track"
        assert abs(got["t"] - want["t"]) <= 1e9 / 256 + 1
        assert abs(got["lat_deg"] - want["lat_deg"]) <= 90 / 2**25 + 1e-12
        assert abs((got["lon_deg"] - want["lon_deg"] + 180) % 360 - 180) <= 90 / 2**25 + 1e-12
        assert -180.0 <= got["lon_deg"] < 180.0
        near = {"alt_hae_m": 0.9526, "vel_up_mps": 0.01588, "alt_baro_m": 3.811}
        for name, half in near.items():
            if got[name] is None:
                # A millimetre and more than the range may round into it.
                limits = {"alt_hae_m": (-457.2, 45_720), "alt_baro_m": (-457.2, 45_720)}
                low, high = limits.get(name, (-1040.0, 1040.0))
                assert want[name] is None or not low <= want[name] <= high
            else:
                assert abs(got[name] - want[name]) <= half
        if got["vel_east_mps"] is not None:
            assert abs(got["vel_east_mps"] - want["vel_east_mps"]) <= 0.125
            assert abs(got["vel_north_mps"] - want["vel_north_mps"]) <= 0.125
        if want["mode_s"] is not None and 0 < want["mode_s"] < 2**24:
            assert got["mode_s"] == want["mode_s"]
        else:
            assert got["mode_s"] is None
        assert got["mode_3a"] == (want["mode_3a"] if want["mode_3a"] != 0o10000 else None)
        name = (want["callsign"] or "").rstrip(" ")
        is_told = re.fullmatch("[A-Z0-9 ]{1,8}", name)
        assert got["callsign"] == (name.lstrip(" ") if is_told else None)


@pytest.mark.parametrize("lat_deg", [0.0, 50.0, -78.0])
def test_the_accuracy_of_the_place_reads_back(lat_deg):
    frames = SystemTrackWriter(sac=20, sic=7)
    frames.feed(table_of([row(lat_deg=lat_deg, cov_m2=[9e4, 0.0, None, 1e4, None, None])]))
    (sigma_m,) = ReportReader().feed(frames.finish().frames).reports["sigma_pos_m"].to_pylist()
    # The reader takes the Earth for a sphere here, 0.7 % off at worst.
    assert sigma_m == pytest.approx(math.sqrt((9e4 + 1e4) / 2), rel=0.01)


def test_unknown_is_absent_and_never_zero():
    record, left_out = one(vel_east_mps=math.nan)
    absent = (
        "i185",
        "i135",
        "i130",
        "i220",
        "i060",
        "i380",
        "i136",
        "i100",
        "i500_aga",
        "i500_atv",
    )
    assert not [name for name in record if name.startswith(absent)]
    assert left_out == {}


@pytest.mark.parametrize(
    ("column", "value", "name", "told"),
    [
        ("alt_hae_m", -457.2, "i130_ft", -1500.0),
        ("alt_hae_m", 45_720.0, "i130_ft", 150_000.0),
        ("alt_baro_m", -457.2, "i135_ctb_fl", -15.0),
        ("alt_baro_m", 45_720.0, "i135_ctb_fl", 1500.0),
        ("vel_east_mps", -8192.0, "i185_vx_mps", -8192.0),
        ("vel_east_mps", 8191.75, "i185_vx_mps", 8191.75),
        ("lon_deg", -180.0, "i105_lon_deg", -180.0),
        ("lon_deg", math.nextafter(180.0, 0.0), "i105_lon_deg", -180.0),
        ("lat_deg", -90.0, "i105_lat_deg", -90.0),
        ("lat_deg", 90.0, "i105_lat_deg", 90.0),
        ("lon_deg", -0.1, "i105_lon_deg", round(-0.1 * 2**25 / 180) * 180 / 2**25),
    ],
)
def test_the_ends_of_a_range_are_told(column, value, name, told):
    record, left_out = one(**{column: value})
    assert record[name] == pytest.approx(told, abs=1e-12)
    assert left_out == {}


@pytest.mark.parametrize(
    ("column", "value", "item"),
    [
        ("alt_hae_m", -460.0, "I062/130"),
        ("alt_hae_m", 45_722.0, "I062/130"),
        ("alt_baro_m", 45_730.0, "I062/135"),
        ("vel_north_mps", 8192.0, "I062/185"),
        ("vel_north_mps", -math.inf, "I062/185"),
        ("vel_up_mps", 1050.0, "I062/220"),
        ("lat_deg", 90.1, "I062/105"),
        ("lon_deg", 180.1, "I062/105"),
    ],
)
def test_a_value_beyond_its_item_leaves_it_out_and_is_counted(column, value, item):
    record, left_out = one(**{column: value})
    assert left_out == {f"{item}: beyond its range": 1}
    assert not [name for name in record if name.startswith("i" + item[-3:])]


def test_accuracies_are_rounded_up_and_the_greatest_means_that_or_more():
    record, left_out = one(cov_m2=[1e-6, 0.0, None, 1e12, None, 1e12], alt_hae_m=100.0)
    assert record["i500_apw_lon_deg"] == pytest.approx(180 / 2**25)
    assert record["i500_apw_lat_deg"] == pytest.approx(65535 * 180 / 2**25)
    assert record["i500_aga_ft"] == 255 * 6.25
    assert left_out == {}


def test_the_time_of_day_begins_again_at_midnight():
    last_ns, first_ns = T0_NS + DAY_NS - 1, T0_NS + DAY_NS + 8_000_000
    times = [one(t=t)[0]["i070_s"] for t in (T0_NS, last_ns, first_ns)]
    assert times == [0.0, 0.0, 1 / 128]
    # A 256th of a second before midnight and a little more is still the day before.
    assert one(t=T0_NS + DAY_NS - 4_000_000)[0]["i070_s"] == 86_400 - 1 / 128


def test_reports_across_midnight_keep_their_day():
    writer = SystemTrackWriter(sac=20, sic=7)
    steps = range(-3, 4)
    drawn = [row(t=T0_NS + DAY_NS + k * 500_000_000) for k in steps]
    frames = pa.concat_tables([writer.feed(table_of(drawn)).frames, writer.finish().frames])
    t_ns = ReportReader().feed(frames).reports["t"].cast(pa.int64()).to_pylist()
    assert t_ns == [r["t"] for r in drawn]


def test_the_first_and_the_last_row_of_a_track_say_so():
    statuses = ["tentative", "confirmed", "coasting", "ended", "tentative", "ended"]
    found, _ = records_of([row(status=s, t=T0_NS + k) for k, s in enumerate(statuses)])
    columns = ("i080_tsb", "i080_tse", "i080_cnf", "i080_cst")
    assert [tuple(record[name] for name in columns) for record in found] == [
        (1, 0, 1, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 1),
        (0, 1, 0, 1),
        (1, 0, 1, 0),
        (0, 1, 1, 0),
    ]
    assert [record["i040"] for record in found] == [1, 1, 1, 1, 2, 2]


def test_a_changed_code_is_told_once():
    codes = [None, 0o1000, 0o1000, None, 0o2000, 0o2000]
    found, _ = records_of([row(mode_3a=code, t=T0_NS + k) for k, code in enumerate(codes)])
    assert [record.get("i060_ch") for record in found] == [None, 0, 0, None, 1, 0]
    assert found[4]["i060_mode3a"] == "2000"


def test_the_age_of_a_track_stops_at_the_most_that_can_be_told():
    drawn = [row(t=T0_NS + s * 10**9) for s in (0, 4, 63, 64, 900)]
    found, left_out = records_of(drawn)
    assert [record["i290_trk_s"] for record in found] == [0.0, 4.0, 63.0, 63.75, 63.75]
    assert left_out == {}


PLANE = (49.8, 24.0)
places = st.tuples(st.floats(-6.0, 6.0), st.floats(-8.0, 8.0))


@settings(deadline=None, max_examples=100)
@given(offset=places)
def test_the_cartesian_place_is_the_same_place(offset):
    lat, lon = PLANE[0] + offset[0], PLANE[1] + offset[1]
    (record,), _ = records_of([row(lat_deg=lat, lon_deg=lon)], reference=PLANE)
    x_m, y_m = np.array([record["i100_x_m"]]), np.array([record["i100_y_m"]])
    back = place_in_plane(*PLANE, x_m, y_m)
    # Half a step of either coordinate, and the formulas' own metres over hundreds of kilometres.
    away_m = float(ground_distance_m(lat, lon, *back)[0])
    assert away_m <= 0.36 + 1e-4 * float(ground_distance_m(lat, lon, *PLANE))


def test_a_place_beyond_the_plane_is_left_out_with_its_accuracy():
    (record,), left_out = records_of([row(lat_deg=-49.8, lon_deg=-156.0)], reference=PLANE)
    assert left_out == {"I062/100: beyond its range": 1}
    assert not [name for name in record if name.startswith(("i100", "i500_apc", "i500_cov"))]
    assert "i105_lat_deg" in record


@pytest.mark.parametrize("lon_deg", [24.0, 20.0, 29.0])
def test_the_ellipse_in_the_plane_is_the_one_over_the_ground(lon_deg):
    """Points around the target, each projected: their spread is what APC and COV say."""
    rng = np.random.default_rng(5)
    lat_deg = 51.5
    cov = np.array([[4e6, 1.5e6], [1.5e6, 1e6]])
    east_m, north_m = rng.multivariate_normal((0.0, 0.0), cov, 4000).T
    lat = lat_deg + np.degrees(north_m / 6_384_000.0)
    lon = lon_deg + np.degrees(east_m / (6_391_200.0 * math.cos(math.radians(lat_deg))))
    points = [
        row(lat_deg=a, lon_deg=b, track=k) for k, (a, b) in enumerate(zip(lat, lon, strict=True))
    ]
    found, _ = records_of(points, reference=PLANE)
    seen = np.cov([r["i100_x_m"] for r in found], [r["i100_y_m"] for r in found])
    figures = [4e6, 1.5e6, None, 1e6, None, None]
    told = row(lat_deg=lat_deg, lon_deg=lon_deg, cov_m2=figures)
    (record,), _ = records_of([told], reference=PLANE)
    assert record["i500_apc_x_m"] == pytest.approx(math.sqrt(seen[0, 0]), rel=0.04)
    assert record["i500_apc_y_m"] == pytest.approx(math.sqrt(seen[1, 1]), rel=0.04)
    assert record["i500_cov_m"] == pytest.approx(math.sqrt(seen[0, 1]), rel=0.04)
