"""The bytes of an exercise: the same every time, simulated every one, and read by others."""

import numpy as np
import pyarrow as pa
import pytest

from airshield import tables
from airshield.errors import UsageError
from airshield.read import asterix as codec
from airshield.rehearse import Exercise
from airshield.rehearse.messages import SECTORS, time_of_day_s

START_NS = 1_790_207_970_000_000_000  # 2026-09-23, thirty seconds before midnight UTC
DAY_S = (START_NS // 1_000_000_000) % 86_400


@pytest.fixture(scope="module")
def exercise(tiny):
    return Exercise(tiny, seed=4, t_start_ns=START_NS)


@pytest.fixture(scope="module")
def datagrams(exercise):
    return list(exercise.datagrams(-20.0, 50.0))


@pytest.fixture(scope="module")
def decoded(datagrams):
    frames = tables.make_table(
        tables.FRAME,
        {
            "frame": np.arange(len(datagrams)),
            "t_heard": np.array([d.t_ns for d in datagrams]),
            "source": ["udp://test"] * len(datagrams),
            "offset": np.arange(len(datagrams)),
            "octets": pa.array([d.octets for d in datagrams], pa.large_binary()),
        },
        rows=len(datagrams),
    )
    return codec.decode(frames, editions={48: "1.32", 34: "1.29"})


def test_the_same_seed_gives_the_same_bytes_whatever_the_window(tiny, exercise, datagrams):
    again = Exercise(tiny, seed=4, t_start_ns=START_NS)
    parts = [
        *again.datagrams(11.3, 50.0),
        *again.datagrams(-20.0, -3.7),
        *again.datagrams(-3.7, 11.3),
    ]
    assert sorted(parts, key=lambda d: d.t_ns) == datagrams
    assert list(again.datagrams(5.0, 5.0)) == []


def test_another_seed_gives_other_noise(tiny, datagrams):
    other = Exercise(tiny, seed=5, t_start_ns=START_NS)
    assert list(other.datagrams(-20.0, 50.0)) != datagrams


def test_datagrams_leave_in_the_order_of_time(datagrams):
    t_ns = np.array([d.t_ns for d in datagrams])
    assert np.all(np.diff(t_ns) >= 0)
    assert t_ns[0] >= START_NS - 20_000_000_000
    assert t_ns[-1] < START_NS + 50_000_000_000


def test_a_plot_is_sent_just_after_its_sector_is_over(tiny, datagrams, decoded):
    turn_s = {radar.sic: radar.turn_s for radar in tiny.radars}
    for row in decoded.tables[48, "1.32"].drop_columns("t_heard").to_pylist():
        sent_s = (datagrams[row["frame"]].t_ns % 86_400_000_000_000) / 1e9
        age_s = (sent_s - row["i140_s"] + 43_200.0) % 86_400.0 - 43_200.0
        assert 0.08 - 1 / 256 <= age_s <= 0.08 + 1 / 256 + turn_s[row["i010_sic"]] / SECTORS


def test_every_plot_says_that_it_is_simulated(decoded):
    plots = decoded.tables[48, "1.32"]
    assert plots.num_rows > 300
    assert set(plots["i020_sim"].to_pylist()) == {1}
    assert decoded.rejects.num_rows == 0


def test_every_turn_has_its_north_marker_and_its_sectors(tiny, decoded):
    service = decoded.tables[34, "1.29"]
    rows = service.select(["i010_sic", "i000", "i030_s", "i020_deg", "i041_s"]).to_pylist()
    for radar in tiny.radars:
        own = [row for row in rows if row["i010_sic"] == radar.sic]
        north = [row for row in own if row["i000"] == 1]
        crossings = [row for row in own if row["i000"] == 2]
        assert {row["i041_s"] for row in north} == {radar.turn_s}
        assert abs(len(crossings) - 70.0 / radar.turn_s * SECTORS) <= 1.0
        sectors = np.round(np.array([row["i020_deg"] for row in crossings]) / 11.25)
        assert np.all(np.diff(sectors) % SECTORS == 1)
        north_s = np.diff([row["i030_s"] for row in north]) % 86_400.0
        np.testing.assert_allclose(north_s, radar.turn_s, atol=1.01 / 128.0)


def test_the_times_of_day_go_over_midnight(decoded):
    day_s = np.array(decoded.tables[48, "1.32"]["i140_s"].to_pylist())
    assert day_s.max() < 86_400.0
    assert np.any(day_s > 86_399.0)
    assert np.any(day_s < 10.0)


def test_the_last_hundredth_of_a_day_is_the_next_midnight():
    assert time_of_day_s(86_399.999) == 0.0
    assert time_of_day_s(-0.001) == 0.0
    assert time_of_day_s(86_399.99) == pytest.approx(86_399.9921875)


def test_what_was_put_in_is_what_is_decoded(tiny, exercise, decoded):
    """Range, azimuth, time, height and identity of one radar's turn, plot by plot."""
    radar, antenna = tiny.radars[0], exercise.antennas[0]
    rows = decoded.tables[48, "1.32"].drop_columns("t_heard").to_pylist()
    plots = antenna.plots(0)
    own = [row for row in rows if row["i010_sic"] == radar.sic and row["i010_sac"] == radar.sac]
    by_time = {row["i140_s"]: row for row in own}
    assert plots.t_s.size > 30
    for i in range(plots.t_s.size):
        row = by_time[time_of_day_s(DAY_S + plots.t_s[i])]
        if row["i040_rho_nmi"] != pytest.approx(plots.rng_slant_m[i] / 1852.0, abs=0.51 / 256.0):
            continue  # two plots within the same 1/128 s
        assert row["i040_theta_deg"] == pytest.approx(plots.azm_true_deg[i], abs=0.51 * 360 / 65536)
        if plots.secondary[i]:
            flight = exercise.sky.flights[plots.flight[i]]
            assert row["i220"] == flight.mode_s
            assert row["i240"] == flight.callsign
            assert int(row["i070_mode3a"], 8) == flight.mode_3a
            assert row["i090_fl"] * 30.48 == pytest.approx(plots.alt_msl_m[i], abs=16.0)
        else:
            assert row["i020_typ"] == 1
            assert row["i220"] is None
            assert row["i070_mode3a"] is None
            assert row["i090_fl"] is None


def test_another_decoder_reads_the_same(datagrams, decoded):
    asterix = pytest.importorskip("asterix", reason="libasterix is not installed")
    from asterix.base import Bits, RawDatablock
    from asterix.generated import Cat_034_1_29, Cat_048_1_32

    categories = {34: Cat_034_1_29, 48: Cat_048_1_32}
    ours = decoded.tables[48, "1.32"].drop_columns("t_heard").to_pylist()
    theirs = []
    for datagram in datagrams:
        blocks = RawDatablock.parse(Bits.from_bytes(datagram.octets))
        assert not isinstance(blocks, ValueError)
        for block in blocks:
            category = categories[block.get_category()]
            records = category.cv_uap.parse(block.get_raw_records())
            assert not isinstance(records, ValueError)
            if block.get_category() == 48:
                theirs.extend(records)
    assert asterix is not None
    assert len(theirs) == len(ours)
    for record, row in zip(theirs, ours, strict=True):
        rho = record.get_item("040").variation.get_item("RHO").variation.content.as_quantity()
        theta = record.get_item("040").variation.get_item("THETA").variation.content.as_quantity()
        assert (rho, theta) == (row["i040_rho_nmi"], row["i040_theta_deg"])
        assert record.get_item("140").variation.content.as_quantity() == row["i140_s"]
        report = record.get_item("020").variation
        assert report.get_item("SIM").as_uint() == 1
        assert report.get_item("TYP").as_uint() == row["i020_typ"]
        address = record.get_item("220")
        assert (None if address is None else address.variation.as_uint()) == row["i220"]


def test_the_truth_is_told_at_the_clock_of_the_messages(exercise):
    table = exercise.truth(12.5)
    assert table.schema == tables.TRUTH
    assert table["t"].cast("int64")[0].as_py() == START_NS + 12_500_000_000


@pytest.mark.parametrize("seed", [-1])
def test_a_negative_seed_is_refused(tiny, seed):
    with pytest.raises(UsageError, match="seed"):
        Exercise(tiny, seed=seed, t_start_ns=START_NS)
