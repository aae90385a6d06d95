"""The tour in docs/reading.md is run as it stands, with the data frame libraries it shows."""

import subprocess
from pathlib import Path

TOUR = Path(__file__).parents[2] / "docs" / "reading.md"


def test_every_answer_of_the_tour_is_what_comes_out(peer_python, tmp_path):
    done = subprocess.run(
        [peer_python("frames"), "-m", "doctest", TOUR],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "radar_20260502.ast").exists(), "the tour was not run at all"
