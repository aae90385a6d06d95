"""Beside pyModeS and rs1090; what differs on purpose is told in docs/adsb.md."""

import gzip
import importlib.util
import sys
from pathlib import Path

import pytest

from airshield.read import adsb

TOOL = Path(__file__).parents[3] / "tools" / "compare_adsb.py"

EXPLAINED = {
    "pyModeS": {"callsign", "gnss_height_ft", "selected_altitude_ft", "selected_heading_deg"}
    | {"is_tcas_operational"},
    "rs1090": {"callsign", "is_rate_baro", "selected_altitude_ft", "selected_heading_deg"}
    | {"is_tcas_operational", "ground_speed_kt"},
}


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("compare_adsb", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules["compare_adsb"] = module
    spec.loader.exec_module(module)
    return module


def test_fields_and_positions_of_a_recording_are_equal(tool, shared_data, peer_python):
    peer_python("adsb")
    lines = gzip.decompress((shared_data / "adsb" / "lfbo_jet1090_71939.jsonl.gz").read_bytes())
    part = b"\n".join(lines.split(b"\n")[10_000:30_000])
    found = tool.run(tool.decode(part, adsb.JET1090))
    for name, tallies in zip(EXPLAINED, found, strict=True):
        differing = {column for column, tally in tallies.items() if tally.different}
        assert differing <= EXPLAINED[name]
        assert tallies["position"].equal > 3000
        assert tallies["altitude_ft"].equal > 8000


def test_fields_of_random_frames_are_equal(tool, peer_python):
    peer_python("adsb")
    octets = adsb.write_messages(tool.random_table(60, 3), adsb.MODES_CSV)
    found = tool.run(tool.decode(octets, adsb.MODES_CSV))
    for name, tallies in zip(EXPLAINED, found, strict=True):
        differing = {column for column, tally in tallies.items() if tally.different}
        assert differing <= EXPLAINED[name]
        assert tallies["mode_3a"].equal > 100
