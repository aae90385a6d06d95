"""50,000 reports a second from three UDP and two TCP feeds: all in the journal, none lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "live_load.py"
RATE = 50_000
SECONDS = 10

pytestmark = pytest.mark.alone


def test_fifty_thousand_reports_a_second_are_all_in_the_journal():
    words = [sys.executable, BENCHMARK, "--rates", RATE, "--seconds", SECONDS, "--json"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for feed in found["feeds"]:
        # Counted at the sender and in the journal, and the same octets in the same order.
        assert feed["journalled"] == feed["blocks"] > 1000
        assert feed["journalled_octets"] == feed["octets"]
        assert feed["same_octets"]
    assert found["lost_told"] == found["lost_silently"] == found["rejects"] == 0
    assert found["reports_worked"] == found["reports_sent"] > 0.99 * RATE * SECONDS
    if found["sender_late_s"] < 0.5:  # else this machine was busy with something else
        assert found["reports_per_s"] > 0.9 * RATE
