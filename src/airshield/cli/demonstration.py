"""What ``airshield demo`` does: an exercise sends radar bytes here, a live watch takes them."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from airshield.cli.console import LIVE_ROOMS, prepare_kernels
from airshield.cli.watching import WEB_HOST, silent_after_s, stop_on_signal
from airshield.config import load_shield
from airshield.picture import Picture
from airshield.rehearse import Exercise, bundled_shield, send
from airshield.serve import Server, create_app
from airshield.watch import Watch, open_feeds, watch_live

DEMO_SHIELD = "tiny"

PREROLL_S = 180.0
"""Exercise time sent at once at the start, so that the first picture has tracks and trails."""


def run_demo(*, port: int, duration_s: float | None, browser: bool, seed: int) -> dict[str, Any]:
    """Run the demo until its time or the person's patience ends; return the watch's summary."""
    shield = load_shield(bundled_shield(DEMO_SHIELD))
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_signal())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="airshield-demo-")))
        picture = Picture(
            mode="exercise", now_ns=time.time_ns, silent_after_s=silent_after_s(shield)
        )
        server = stack.enter_context(Server(create_app(picture, shield), host=WEB_HOST, port=port))
        print(f"airshield: the map is at {server.url} (Ctrl-C ends the demo)", file=sys.stderr)
        if browser:
            webbrowser.open(server.url)
        prepare_kernels(*LIVE_ROOMS)
        feeds = open_feeds(shield, clock_ns=time.time_ns, port=0)
        for feed in feeds:
            stack.callback(feed.close)
        watch = Watch(shield, folder=folder, picture=picture)
        stack.callback(watch.close)
        exercise = Exercise(shield, seed=seed, t_start_ns=time.time_ns())
        sender = threading.Thread(
            target=send,
            args=(exercise,),
            kwargs={
                "host": WEB_HOST,
                "port": feeds[0].port,
                "preroll_s": PREROLL_S,
                "speed": 1.0,
                "clock": time.time_ns,
                "sleep": time.sleep,
                "stop": stop,
            },
            name="exercise",
            daemon=True,
        )
        picture.set_state("running", "")
        sender.start()
        watch_live(watch, feeds, stop=stop, duration_s=duration_s)
        stop.set()
        sender.join()
        watch.close()
        return {"shield": shield.name, "mode": "exercise", "seed": seed, **watch.summary()}
