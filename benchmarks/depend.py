"""Coalitions of a shield's contributors: 256 of them, 60 replications each, end to end.

    python benchmarks/depend.py [--days 30] [--runs 60] [--shield examples/ukraine]

Eight contributors may come or not, the others stay: that is 256 coalitions, each answered for every
requirement of cover, warning, stations and stocks. Making the shield ready (terrain, sights, the
network's groups, the supply's dispatches) is timed apart.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from airshield.cli.console import prepare_kernels
from airshield.cli.cover import COVER_ROOMS
from airshield.cli.depending import DependAsked, Question
from airshield.cli.sustain import SUSTAIN_ROOMS
from airshield.plan.dependence import play

PLAYERS = 8


def main() -> None:
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--shield", type=Path, default=Path("examples/ukraine"))
    args.add_argument("--days", type=int)
    args.add_argument("--runs", type=int, default=60)
    args.add_argument("--threads", type=int, default=os.cpu_count())
    asked = args.parse_args()
    prepare_kernels(*COVER_ROOMS, *SUSTAIN_ROOMS)
    started, used = time.perf_counter(), time.process_time()
    question = Question(
        DependAsked(shield=asked.shield, days=asked.days, runs=asked.runs),
        say=lambda what, done, of: None,
    )
    ready_s, ready_cpu_s = time.perf_counter() - started, time.process_time() - used
    # Whoever brings most may come or not; a contributor of little changes little.
    players = question.players[-PLAYERS:]
    stay = frozenset(question.players) - set(players)
    started, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(asked.threads) as pool:
        game = play(
            players,
            question.goals,
            lambda coalition: question.figures(coalition | stay),
            mapper=pool.map,
        )
    row = {
        "coalitions": int(game.masks.size),
        "runs": asked.runs,
        "days": question.days,
        "threads": asked.threads,
        "ready_s": round(ready_s, 2),
        "ready_cpu_s": round(ready_cpu_s, 2),
        "wall_s": round(time.perf_counter() - started, 2),
        "cpu_s": round(time.process_time() - used, 2),
    }
    json.dump(row, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
