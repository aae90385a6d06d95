"""State vectors, flight after flight in their file, become violations as if they were live."""

import json
import shutil
import threading

import pytest

from airshield.config import load_shield
from airshield.read import replay_frames
from airshield.watch import Watch, watch_replay
from command_line import EXAMPLES, run

WATCH = ("watch", EXAMPLES / "tiny", "--speed", "max", "--headless", "--json")
T_MS = 1_780_300_800_000


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Two aircraft that fly into the zone around Lviv, and one that passes north of it."""
    rows = []
    for address, callsign, lat_deg in (
        ("4b1801", "SWR1", 49.60),
        ("4b1802", "SWR2", 50.20),
        ("4b1803", "SWR3", 50.90),
    ):
        rows += [
            {
                "timestamp": T_MS + 5_000 * n,
                "icao24": address,
                "callsign": callsign,
                "latitude": lat_deg,
                "longitude": 22.9 + 0.01 * n,
                "altitude": 20_000.0,
                "groundspeed": 278.0,
                "track": 90.0,
                "vertical_rate": 0.0,
            }
            for n in range(120)
        ]
    file = tmp_path_factory.mktemp("day") / "day.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_aircraft_of_a_file_of_state_vectors_break_into_a_zone(day):
    first, second = (run(*WATCH, "--replay", day) for _ in range(2))
    assert first.code == 0, first.err
    watched = first.document
    assert watched["recordings"][0]["format"] == "opensky"
    assert watched["recordings"][0]["order"] == "time"
    assert watched["tracks"]["confirmed"] == 3
    assert watched["incidents"]["confirmed"] == 2
    assert watched["warnings"]["issued"] > 0
    again = second.document
    assert again.pop("seconds") != {}
    watched.pop("seconds")
    assert again == watched


def test_the_journal_alone_tells_which_editions_were_found(shared_data, tmp_path):
    whole = shared_data / "asterix" / "barcelona" / "cat021_ed0.23_20160510.ast"
    file = tmp_path / "part_20160510.ast"
    octets = whole.read_bytes()
    end = 0
    for _ in range(400):
        end += int.from_bytes(octets[end + 1 : end + 3], "big")
    file.write_bytes(octets[:end])
    shield = load_shield(EXAMPLES / "barcelona")
    watch = Watch(shield, folder=tmp_path / "watch")
    watch_replay(watch, [replay_frames(file)], speed=None, stop=threading.Event())
    watch.close()
    assert watch.summary()["reports"] > 100

    shutil.rmtree(tmp_path / "watch" / "snapshots")
    shutil.rmtree(tmp_path / "watch" / "archive")
    again = Watch(shield, folder=tmp_path / "watch")
    summary = again.summary()
    again.close()
    assert summary == watch.summary()
