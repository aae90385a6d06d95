"""The writer: batches, blocks, frames, memory, and the three categories that it writes."""

import ast
import inspect
import itertools
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import airshield.share
from airshield import tables
from airshield.errors import UsageError
from airshield.read import asterix
from airshield.share import SensorState, ServiceReport, SystemState, SystemTrackWriter, writer
from airshield.store import Snapshots
from reference import asterix_oracle

from .rows_drawn import T0_NS, row, rows, table_of

S = 10**9
moments = st.integers(T0_NS - 5 * S, T0_NS + 5 * S)
figures = st.none() | st.floats(-1e3, 1e3)
sensor_states = st.builds(
    SensorState,
    sensor=st.sampled_from(["20/1", "20/129", "0/255", "opensky", "1/256"]),
    t_ns=moments,
    state=st.none() | st.sampled_from(tables.SENSOR_STATES),
    is_overloaded=st.none() | st.booleans(),
    is_time_valid=st.none() | st.booleans(),
    is_silent=st.none() | st.booleans(),
    dt_bias_s=figures,
    ssr_rng_gain=figures,
    ssr_rng_bias_m=figures,
    ssr_azm_bias_deg=figures,
    psr_rng_gain=figures,
    psr_rng_bias_m=figures,
    psr_azm_bias_deg=figures,
    psr_elv_bias_deg=figures,
)
messages = (
    sensor_states
    | st.builds(
        SystemState,
        t_ns=moments,
        state=st.sampled_from([None, "operational", "degraded", "not_operational"]),
        is_overloaded=st.none() | st.booleans(),
        is_time_valid=st.none() | st.booleans(),
        is_renumbered=st.booleans(),
    )
    | st.builds(ServiceReport, t_ns=moments, report=st.integers(1, 16))
)
fed = st.lists(rows | messages, max_size=25)


def play(things, cuts=(), **options):
    """Feed rows and messages in their order, cut at some places; all parts."""
    writing = SystemTrackWriter(sac=20, sic=7, **options)
    parts = []
    for first, last in itertools.pairwise([0, *sorted(cuts), len(things)]):
        for is_row, some in itertools.groupby(things[first:last], lambda x: isinstance(x, dict)):
            run = list(some)
            parts.append(writing.feed(table_of(run)) if is_row else writing.tell(*run))
    parts.append(writing.finish())
    return parts


def total(parts):
    """Everything that parts say, as one."""
    frames = pa.concat_tables([part.frames for part in parts]).to_pylist()
    left_out = {}
    for part in parts:
        for reason, count in part.left_out.items():
            left_out[reason] = left_out.get(reason, 0) + count
    return frames, left_out


@settings(deadline=None)
@given(things=fed, cuts=st.lists(st.integers(0, 25), max_size=6))
def test_the_octets_do_not_depend_on_how_the_rows_are_cut(things, cuts):
    cuts = [min(cut, len(things)) for cut in cuts]
    assert total(play(things, cuts)) == total(play(things))


@settings(deadline=None)
@given(things=fed, cut=st.integers(0, 25))
def test_a_writer_goes_on_from_its_snapshot_octet_by_octet(things, cut, tmp_path_factory):
    cut = min(cut, len(things))
    first, second = SystemTrackWriter(sac=20, sic=7), SystemTrackWriter(sac=20, sic=7)
    parts = []
    for thing in things[:cut]:
        parts.append(
            first.feed(table_of([thing])) if isinstance(thing, dict) else first.tell(thing)
        )
    kept = Snapshots(tmp_path_factory.mktemp("snapshots"))
    kept.save(1, first.snapshot())
    _, state = kept.load()
    second.restore(state)
    for thing in things[cut:]:
        parts.append(
            second.feed(table_of([thing])) if isinstance(thing, dict) else second.tell(thing)
        )
    parts.append(second.finish())
    assert total(parts) == total(play(things))


def test_a_snapshot_of_other_settings_is_refused():
    state = SystemTrackWriter(sac=20, sic=7, reference=(50.0, 30.0)).snapshot()
    SystemTrackWriter(sac=20, sic=7, reference=(50.0, 30.0)).restore(state)
    for other in ({}, {"reference": (50.0, 31.0)}, {"reference": (50.0, 30.0), "period_s": 2.0}):
        with pytest.raises(UsageError, match="begin without it"):
            SystemTrackWriter(sac=20, sic=7, **other).restore(state)


@settings(deadline=None)
@given(things=fed, options=st.fixed_dictionaries({}, optional={"reference": st.just((50.0, 30.0))}))
def test_only_surveillance_and_status_leave_the_room(things, options):
    """No message type that tasks anybody: CAT062, CAT063 and CAT065, whatever is fed."""
    frames, _ = total(play(things, **options))
    for frame in frames:
        octets = frame["octets"]
        assert octets[0] in (62, 63, 65)
        assert int.from_bytes(octets[1:3], "big") == len(octets)  # one block, nothing behind it
        editions = {62: "1.21", 63: "1.7", 65: "1.6"}
        assert asterix_oracle.records_of(octets[0], editions[octets[0]], octets)


@pytest.mark.parametrize("thing", [{"task": "engage"}, "scramble", None, b"\x15\x00\x03"])
def test_anything_but_states_and_reports_is_refused(thing):
    writing = SystemTrackWriter(sac=20, sic=7)
    with pytest.raises(UsageError, match="only states"):
        writing.tell(thing)
    assert writing.finish().octets == b""


def test_the_room_has_one_writer_and_it_knows_three_categories():
    """A second writer, or a fourth category, must come past this test."""
    public = {name: getattr(airshield.share, name) for name in airshield.share.__all__}
    assert set(public) == {
        "Outbound", "SensorState", "ServiceReport", "SystemState", "SystemTrackWriter", "warm_up",
    }  # fmt: skip
    gives = {
        f"{name}.{method}"
        for name, thing in public.items()
        if inspect.isclass(thing)
        for method, what in vars(thing).items()
        if callable(what) and "Outbound" in str(getattr(what, "__annotations__", {}).get("return"))
    }
    assert gives == {"SystemTrackWriter.feed", "SystemTrackWriter.tell", "SystemTrackWriter.finish",
                     "SystemTrackWriter._close", "SystemTrackWriter._outbound"}  # fmt: skip
    assert set(writer.EDITIONS) == {62, 63, 65}
    # Octets are made in one place of the room, out of tables of these three.
    calls = [
        node
        for name in ("writer", "service", "system_tracks", "records", "numbers")
        for node in ast.walk(ast.parse(inspect.getsource(getattr(airshield.share, name))))
        if isinstance(node, ast.Call) and "encode" in ast.unparse(node.func)
    ]
    made = [ast.unparse(call.func) for call in calls if "json" not in ast.unparse(call)]
    assert [name for name in made if name.startswith("encode")] == ["encode_frames"]


def test_a_batch_is_messages_sensors_tracks_and_its_end():
    things = [
        row(t=T0_NS + 100),
        SensorState(sensor="20/1", t_ns=T0_NS + 200, state="operational"),
        SystemState(t_ns=T0_NS + 300, state="operational"),
        row(t=T0_NS + 400, track=2),
        row(t=T0_NS + S, track=2),
    ]
    frames, _ = total(play(things))
    assert [frame["octets"][0] for frame in frames] == [65, 63, 62, 65, 62, 65]
    assert [frame["frame"] for frame in frames] == list(range(6))
    sizes = [len(frame["octets"]) for frame in frames]
    assert [frame["offset"] for frame in frames] == [0, *np.cumsum(sizes)[:-1].tolist()]
    ends = [asterix_oracle.records_of(65, "1.6", frames[k]["octets"]) for k in (3, 5)]
    assert ends == [
        [{"i010_sac": 20, "i010_sic": 7, "i000": 2, "i015": 1, "i030_s": s, "i020": 0}]
        for s in (1.0, 2.0)
    ]
    heard = [frame["t_heard"].timestamp() for frame in frames]
    assert heard == [T0_NS / S + 1] * 4 + [T0_NS / S + 2] * 2


def test_a_row_of_an_earlier_period_goes_out_with_the_batch_in_progress():
    things = [row(t=T0_NS + S), row(t=T0_NS, track=2), row(t=T0_NS + 2 * S)]
    frames, _ = total(play(things))
    assert [frame["octets"][0] for frame in frames] == [62, 65, 62, 65]
    records = asterix_oracle.records_of(62, "1.21", frames[0]["octets"])
    assert [record["i070_s"] for record in records] == [1.0, 0.0]


def test_nothing_waits_longer_than_its_batch():
    writing = SystemTrackWriter(sac=20, sic=7, period_s=0.25)
    assert writing.feed(table_of([row(t=T0_NS), row(t=T0_NS + S // 4 - 1)])).octets == b""
    over = writing.feed(table_of([row(t=T0_NS + S // 4)]))
    assert [block[0] for block in over.frames["octets"].to_pylist()] == [62, 65]
    assert writing.tell(SystemState(t_ns=T0_NS + S // 2)).frames.num_rows == 2


def test_blocks_of_many_tracks_fit_a_datagram():
    full = row(
        alt_hae_m=1e4, alt_baro_m=1e4, vel_up_mps=1.0, mode_s=1, mode_3a=1, callsign="ABCD1234",
        cov_m2=[1e4, 1.0, None, 1e4, None, 1e4],
    )  # fmt: skip
    things = [{**full, "track": k} for k in range(1, 101)]
    frames, _ = total(play(things, reference=(50.0, 30.0)))
    tracks = [frame["octets"] for frame in frames if frame["octets"][0] == 62]
    counts = [len(asterix_oracle.records_of(62, "1.21", block)) for block in tracks]
    assert counts == [20] * 5
    assert max(map(len, tracks)) == 3 + 20 * 66
    assert [f["octets"][0] for f in total(play(things, records_per_block=100))[0]] == [62, 65]


def test_a_raw_file_of_its_octets_reads_as_the_frames_do(tmp_path):
    things = [row(track=k, t=T0_NS + k * S // 3) for k in range(1, 30)]
    parts = play(things)
    octets = b"".join(part.octets for part in parts)
    frames = pa.concat_tables([part.frames for part in parts])
    whole = frames.slice(0, 1).set_column(
        4, frames.schema.field(4), pa.array([octets], pa.large_binary())
    )
    one, many = asterix.decode(whole), asterix.decode(frames)
    assert one.records == many.records == {62: 29, 65: 10}


def test_every_track_of_an_exercise_says_that_it_is_simulated():
    frames, _ = total(play([row(), row(track=2)], is_simulated=True))
    records = asterix_oracle.records_of(62, "1.21", frames[0]["octets"])
    assert [record["i080_sim"] for record in records] == [1, 1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sac": 0, "sic": 0}, "names no system"),
        ({"sac": 256}, "sac is 0 to 255"),
        ({"service": -1}, "service is 0 to 255"),
        ({"period_s": 0.0}, "period_s"),
        ({"period_s": math.nan}, "period_s"),
        ({"records_per_block": 0}, "one record or more"),
        ({"reference": (90.0, 0.0)}, "reference"),
    ],
)
def test_figures_out_of_range_are_refused(options, said):
    with pytest.raises(UsageError, match=said):
        SystemTrackWriter(**{"sac": 20, "sic": 7, **options})


def test_no_rows_are_no_batch():
    assert total(play([])) == ([], {})
    writing = SystemTrackWriter(sac=20, sic=7)
    assert writing.feed(table_of([])).octets == b""
    assert writing.finish().octets == b""
