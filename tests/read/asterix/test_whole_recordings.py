"""Every value of every record of whole recordings is what libasterix reads."""

import re
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[3] / "tools" / "compare_with_libasterix.py"

# Two halves that take about as long, each in a process of its own: libasterix is slow.
HALVES = (
    (
        "barcelona/cat048_20230502_first.ast",
        "argentina/cat062_260429_first.pcap",
        "jahorina/cat034_048_jahorina.raw",
    ),
    (
        "barcelona/cat021_ed0.23_20160510.ast=21:0.23",
        "barcelona/cat021_ed2.1_023_first.ast=21:2.1",
        "argentina/cat034_048_260429.pcap",
    ),
)

RECORDS = {
    ("cat048_20230502_first.ast", 48): 22_146,
    ("cat062_260429_first.pcap", 62): 25_435,
    ("cat034_048_jahorina.raw", 34): 20,
    ("cat034_048_jahorina.raw", 48): 2_099,
    ("cat021_ed0.23_20160510.ast", 21): 49_330,
    ("cat021_ed2.1_023_first.ast", 21): 3_780,
    ("cat021_ed2.1_023_first.ast", 23): 29,
    ("cat034_048_260429.pcap", 34): 16_366,
    ("cat034_048_260429.pcap", 48): 3_541,
}


def test_every_value_of_whole_recordings_equals_libasterix(shared_data):
    folder = shared_data / "asterix"
    running = [
        subprocess.Popen(
            [sys.executable, TOOL, "--values", *(str(folder / name) for name in half)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for half in HALVES
    ]
    compared = {}
    for process in running:
        out, _ = process.communicate()
        assert process.returncode == 0, out
        for name, category, count in re.findall(r"^(\S+) (\d+) .*'records': (\d+)", out, re.M):
            compared[name, int(category)] = int(count)
        assert "differs" not in out
    assert compared == RECORDS
