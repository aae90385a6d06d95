"""kill -9 at any moment: nothing acknowledged is missing, and the end is as if nothing happened."""

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from airshield.config import load_shield
from airshield.read import replay_frames
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
    watch_replay(watch, [replay_frames(barcelona_048)], speed=None, stop=threading.Event())
    watch.close()

    folder = tmp_path / "killed"
    moments = random.Random(20230502)
    acknowledged = kills = 0
    finished = False
    while not finished:
        # After the fiftieth kill the child may run to its end.
        lifetime_s = moments.uniform(0.0, 2.0) if kills < KILLS else None
        # Every fifth is hit while it starts: during the import, the recovery, the first frames.
        at_start = kills % 5 == 4
        told, finished = _live_and_die(barcelona_048, folder, lifetime_s, at_start=at_start)
        kills += not finished
        if told is not None:
            # A restart says first what it found: never less than what was acknowledged before.
            assert told[0] >= acknowledged, f"after kill {kills}"
            acknowledged = max(acknowledged, *told)
    assert kills == KILLS

    assert _frames(folder) == _frames(undisturbed)
    for name in ("TRACK", "INCIDENT", "WARNING", "REGISTRATION"):
        assert _fingerprint(folder, name) == _fingerprint(undisturbed, name), name


def _live_and_die(recording, folder, lifetime_s, *, at_start):
    """Run the child for so long; return what it acknowledged, and whether it came to its end."""
    words = [sys.executable, CHILD, EXAMPLES / "barcelona", recording, folder, str(SPEED)]
    lines = []
    with subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True) as child:
        timer = threading.Timer(lifetime_s or 0.0, child.kill)
        if lifetime_s is not None and at_start:
            timer.start()
        for line in child.stdout:
            lines.append(line.split())
            if lifetime_s is not None and not at_start and len(lines) == 1:
                timer.start()  # from when it has recovered its journal
    timer.cancel()
    assert child.returncode in (0, -signal.SIGKILL)
    told = [int(words[1]) for words in lines if words[0] == "durable" and len(words) == 2]
    return told or None, child.returncode == 0


def _frames(folder):
    digest = TableDigest()
    for table in read_journal(folder / "journal"):
        digest.update(table)
    return digest.hexdigest()


def _fingerprint(folder, name):
    digest = TableDigest()
    digest.update(Archive(folder / "archive").read(name))
    return digest.hexdigest()
