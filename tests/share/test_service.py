"""CAT063 and CAT065: what the system says of its sensors and of itself, read by libasterix."""

import math

import pytest

from airshield.errors import UsageError
from airshield.read.asterix.reports import ReportReader
from airshield.share import SensorState, ServiceReport, SystemState, SystemTrackWriter
from reference import asterix_oracle

from .rows_drawn import T0_NS

HEAD = {"i010_sac": 20, "i010_sic": 7, "i015": 1}


def told(*messages, category):
    """The records of a category as libasterix reads them, and what was left out."""
    writer = SystemTrackWriter(sac=20, sic=7)
    made = [writer.tell(*messages), writer.finish()]
    edition = {63: "1.7", 65: "1.6"}[category]
    records = []
    for block in made[1].frames["octets"].to_pylist():
        if block[0] == category:
            records += asterix_oracle.records_of(category, edition, block)
    return records, made[0].left_out | made[1].left_out


def sensor(**figures):
    (record,), left_out = told(
        SensorState(sensor="20/129", t_ns=T0_NS + 1_000_000_000, **figures), category=63
    )
    assert {name: record.pop(name) for name in HEAD} == HEAD
    assert (record.pop("i050_sac"), record.pop("i050_sic"), record.pop("i030_s")) == (20, 129, 1.0)
    return record, left_out


def test_a_sensor_of_which_nothing_is_known_has_no_status_and_no_biases():
    assert sensor() == ({}, {})
    assert sensor(ssr_azm_bias_deg=math.nan) == ({}, {})


@pytest.mark.parametrize(
    ("state", "con"),
    [("operational", 0), ("degraded", 1), ("initialising", 2), ("not_operational", 3)],
)
def test_the_state_of_a_sensor(state, con):
    record, _ = sensor(state=state)
    assert record == dict.fromkeys(
        ("i060_psr", "i060_ssr", "i060_mds", "i060_ads", "i060_mlt"), 0
    ) | {"i060_con": con}


def test_a_sensor_under_test_works_and_is_inhibited():
    record, _ = sensor(state="test", is_overloaded=True, is_time_valid=False, is_silent=True)
    second = ("i060_ops", "i060_odp", "i060_oxt", "i060_msc", "i060_tsv", "i060_npw")
    assert [record[name] for name in second] == [1, 1, 0, 0, 1, 1]
    assert record["i060_con"] == 0


def test_what_is_known_of_a_sensor_of_unknown_state_would_call_it_operational():
    record, left_out = sensor(is_time_valid=True)
    assert record == {}
    assert left_out == {"I063/060: the sensor's state is unknown": 1}


def test_the_registration_of_a_sensor():
    record, left_out = sensor(
        dt_bias_s=-0.125,
        ssr_rng_gain=2e-4,
        ssr_rng_bias_m=-57.875,
        ssr_azm_bias_deg=0.0439453125,
        psr_rng_gain=0.0,
        psr_rng_bias_m=1852.0,
        psr_azm_bias_deg=-0.1,
        psr_elv_bias_deg=0.02,
    )
    assert left_out == {}
    assert record == pytest.approx(
        {
            "i070_ms": -125.0,
            "i080_srg": 2e-4,
            "i080_srb_nmi": -4 / 128,
            "i081_deg": 0.0439453125,
            "i090_prg": 0.0,
            "i090_prb_nmi": 1.0,
            "i091_deg": -18 * 360 / 65536,
            "i092_deg": 4 * 360 / 65536,
        }
    )


def test_half_an_item_is_left_out_and_so_is_what_lies_beyond_it():
    record, left_out = sensor(
        ssr_rng_bias_m=10.0, psr_rng_gain=0.5, psr_rng_bias_m=0.0, dt_bias_s=33.0,
        psr_azm_bias_deg=180.0,
    )  # fmt: skip
    assert record == {}
    assert left_out == {
        "I063/070: beyond its range": 1,
        "I063/080: half of range gain and bias is unknown": 1,
        "I063/090: beyond its range": 1,
        "I063/091: beyond its range": 1,
    }


@pytest.mark.parametrize("name", ["opensky", "20/256", "20", "20/1/1", "-1/2"])
def test_a_sensor_without_codes_is_counted_and_says_nothing(name):
    records, left_out = told(SensorState(sensor=name, t_ns=T0_NS), category=63)
    assert records == []
    assert left_out == {"CAT063: the sensor has no SAC/SIC": 1}


@pytest.mark.parametrize(
    ("state", "nogo"), [("operational", 0), ("degraded", 1), ("not_operational", 2), (None, 3)]
)
def test_the_state_of_the_system(state, nogo):
    message = SystemState(
        t_ns=T0_NS, state=state, is_overloaded=True, is_time_valid=False, is_renumbered=True
    )
    records, _ = told(message, category=65)
    bits = {"i040_nogo": nogo, "i040_ovl": 1, "i040_tsv": 1, "i040_pss": 0, "i040_sttn": 1}
    assert records[0] == HEAD | {"i000": 1, "i030_s": 0.0} | bits
    assert records[1]["i000"] == 2


def test_a_report_about_the_service():
    records, _ = told(ServiceReport(t_ns=T0_NS, report=9), category=65)
    assert records[0] == HEAD | {"i000": 3, "i030_s": 0.0, "i050": 9}


def test_what_has_no_code_is_refused_and_nothing_of_the_call_is_taken():
    writer = SystemTrackWriter(sac=20, sic=7)
    good = SystemState(t_ns=T0_NS, state="operational")
    for bad in (
        SensorState(sensor="20/1", t_ns=T0_NS, state="broken"),
        SystemState(t_ns=T0_NS, state="test"),
        ServiceReport(t_ns=T0_NS, report=17),
    ):
        with pytest.raises(UsageError):
            writer.tell(good, bad)
    assert writer.finish().octets == b""


def test_the_states_read_back_as_sensor_status():
    writer = SystemTrackWriter(sac=20, sic=7)
    writer.tell(
        SensorState(sensor="20/129", t_ns=T0_NS, state="degraded", ssr_azm_bias_deg=0.05),
        SystemState(t_ns=T0_NS, state="operational", is_overloaded=False),
    )
    status = ReportReader().feed(writer.finish().frames).status
    rows = [
        tuple(row[name] for name in ("sensor", "message", "state"))
        for row in status.drop_columns(["t", "t_heard"]).to_pylist()
    ]
    assert rows == [
        ("20/7", "status", "operational"),
        ("20/129", "sensor_status", "degraded"),
        ("20/7", "end_of_batch", None),
    ]
    assert "Mode S azimuth bias +0.049" in status["text"][1].as_py()
