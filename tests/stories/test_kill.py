"""kill -9 at any moment: nothing acknowledged is missing, and the end is as if nothing happened."""

import random
import subprocess
import sys
import threading
from pathlib import Path

from airshield.config import load_shield
from airshield.store import Archive, read_journal
from airshield.watch import TableDigest, Watch, watch_replay
from command_line import EXAMPLES

KILLS = 50
SPEED = 45.0
"""Of the recording's pace: the 29 minutes last 40 s when nobody kills."""
CHILD = Path(__file__).with_name("watch_child.py")


def test_fifty_kills_lose_nothing_and_change_nothing(barcelona_048, tmp_path):
    undisturbed = tmp_path / "undisturbed"
    watch = Watch(load_shield(EXAMPLES / "barcelona"), folder=undisturbed)
    watch_replay(watch, [barcelona_048], speed=None, stop=threading.Event())
    watch.close()

    folder = tmp_path / "killed"
    moments = random.Random(20230502)
    acknowledged = kills = 0
    finished = False
    while not finished:
        # After the fiftieth kill the child may run to its end.
        lifetime_s = moments.uniform(0.0, 2.0) if kills < KILLS else None
        told, finished = _live_and_die(barcelona_048, folder, lifetime_s)
        kills += not finished
        if told is not None:
            # A restart says first what it found: never less than what was acknowledged before.
            assert told[0] >= acknowledged, f"after kill {kills}"
            acknowledged = max(acknowledged, *told)
    assert kills == KILLS

    assert _frames(folder) == _frames(undisturbed)
    for name in ("TRACK", "INCIDENT", "WARNING"):
        assert _fingerprint(folder, name) == _fingerprint(undisturbed, name), name


def _live_and_die(recording, folder, lifetime_s):
    """Run the child for so long; return what it acknowledged, and whether it came to its end."""
    words = [sys.executable, CHILD, EXAMPLES / "barcelona", recording, folder, str(SPEED)]
    child = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True)
    timer = None
    lines = []
    for line in child.stdout:
        lines.append(line.split())
        if timer is None and lifetime_s is not None:
            # The clock starts when the child has opened its journal; half of the kills hit early.
            timer = threading.Timer(lifetime_s if len(lines) > 1 else lifetime_s / 2, child.kill)
            timer.start()
    code = child.wait()
    if timer is not None:
        timer.cancel()
    told = [int(words[1]) for words in lines if words[0] == "durable" and len(words) == 2]
    finished = lines[-1:] == [["done"]]
    assert finished == (code == 0)
    return told or None, finished


def _frames(folder):
    digest = TableDigest()
    for table in read_journal(folder / "journal"):
        digest.update(table)
    return digest.hexdigest()


def _fingerprint(folder, name):
    digest = TableDigest()
    digest.update(Archive(folder / "archive").read(name))
    return digest.hexdigest()
