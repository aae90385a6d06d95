"""Two decoders that are not ours find the same in what the room writes."""

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airshield.share import SensorState, ServiceReport, SystemState, SystemTrackWriter
from airshield.tables import SENSOR_STATES
from reference import asterix_oracle, share_peer

from .rows_drawn import T0_NS, rows, table_of

EDITIONS = {62: "1.21", 63: "1.7", 65: "1.6"}
NOT_YET = {"i040_sttn"}
"""In the newest edition and not in the peer's."""

# The peer has the items of 063 with these steps and ranges, and each figure within them.
biases = st.none() | st.floats(-0.3, 0.3)
states = st.builds(
    SensorState,
    sensor=st.just("20/129"),
    t_ns=st.just(T0_NS),
    state=st.none() | st.sampled_from(SENSOR_STATES),
    is_overloaded=st.none() | st.booleans(),
    is_time_valid=st.none() | st.booleans(),
    is_silent=st.none() | st.booleans(),
    dt_bias_s=biases,
    ssr_rng_gain=biases,
    ssr_rng_bias_m=st.none() | st.floats(-400, 400),
    ssr_azm_bias_deg=biases,
    psr_rng_gain=biases,
    psr_rng_bias_m=st.none() | st.floats(-400, 400),
    psr_azm_bias_deg=biases,
    psr_elv_bias_deg=biases,
)


@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    drawn=st.lists(rows, min_size=5, max_size=30),
    said=st.lists(states, max_size=5),
    reference=st.none() | st.just((48.0, 20.0)),
)
def test_asterix_decoder_and_libasterix_find_the_same(peer_python, drawn, said, reference):
    python = peer_python("asterix")
    writer = SystemTrackWriter(sac=20, sic=7, reference=reference)
    parts = [
        writer.tell(*said, SystemState(t_ns=T0_NS), ServiceReport(t_ns=T0_NS, report=16)),
        writer.feed(table_of(drawn)),
        writer.finish(),
    ]
    ours = [
        (block[0], record)
        for part in parts
        for block in part.frames["octets"].to_pylist()
        for record in asterix_oracle.records_of(block[0], EDITIONS[block[0]], block)
    ]
    theirs = share_peer.records_of(python, b"".join(part.octets for part in parts))
    assert len(ours) == len(theirs)
    for (category, want), (their_category, got) in zip(ours, theirs, strict=True):
        assert their_category == category
        names = (want.keys() | got.keys()) - NOT_YET
        unlike = {name for name in names if not same(want.get(name), got.get(name))}
        assert not unlike, [(name, want.get(name), got.get(name)) for name in unlike]


def same(want, got):
    if isinstance(want, float) and isinstance(got, float):
        return math.isclose(want, got, rel_tol=1e-12, abs_tol=1e-9)
    return want == got
