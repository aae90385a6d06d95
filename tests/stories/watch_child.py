"""A watch to be killed: replays a recording into a journal and says what it acknowledges.

    python watch_child.py SHIELD RECORDING FOLDER SPEED

Prints ``durable N`` whenever the journal vouches for more frames, and ``done`` at the end.
"""

import sys
import threading
from pathlib import Path

from airshield.config import load_shield
from airshield.read import replay_frames
from airshield.watch import Watch, watch_replay


def main() -> None:
    shield, recording, folder, speed = sys.argv[1:]
    watch = Watch(load_shield(Path(shield)), folder=Path(folder), snapshot_every=1500)
    told = -1

    def tell(_progress: object) -> None:
        nonlocal told
        if watch.durable > told:
            told = watch.durable
            print(f"durable {told}", flush=True)

    print(f"durable {watch.durable}", flush=True)
    recordings = [replay_frames(recording)]
    watch_replay(watch, recordings, speed=float(speed), stop=threading.Event(), tell=tell)
    watch.close()
    print("done", flush=True)


if __name__ == "__main__":
    main()
