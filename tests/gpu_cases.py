"""Small patches for both engines, and a process in which the card is Numba's simulator.

Run as a script it answers every case on the processor and on the simulated card, with few rays and
small sectors, as the simulator is slow, and saves both. Without that it would take minutes.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

STEPS_M = (50.0, 70.0)


def relief(rows, columns, seed=3):
    return (np.random.default_rng(seed).random((rows, columns)) * 300.0).astype(np.float32)


def holed():
    """Unknown posts: alone, beside both axes of the site at (9, 12), and at the edge."""
    ground_m = relief(19, 24, 5)
    ground_m[[3, 4, 10, 8, 15, 0, 18], [13, 11, 17, 4, 13, 20, 23]] = np.nan
    return ground_m


def ring():
    """A wall 200 m high around the site at (9, 9), four posts away, on a plain."""
    ground_m = np.zeros((19, 19), np.float32)
    ground_m[5:14, 5:14] = 200.0
    ground_m[6:13, 6:13] = 0.0
    return ground_m


def patches():
    """Arguments of ``lowest_visible_m``, by name."""
    inside = {"step_m": STEPS_M, "row": 7, "col": 12, "antenna_msl_m": 320.0}
    across = {"step_m": STEPS_M[::-1], "row": 12, "col": 7, "antenna_msl_m": 320.0}
    hole = {"step_m": 60.0, "row": 9, "col": 12, "antenna_msl_m": 310.0}
    plain = {"step_m": 50.0, "row": 9, "col": 9, "antenna_msl_m": 20.0, "k": 1e6}
    ground_m = relief(17, 22)
    return {
        "relief": inside | {"height_m": ground_m},
        "relief turned": across | {"height_m": ground_m.T},
        "relief mirrored": inside | {"height_m": ground_m[:, ::-1], "col": 9},
        "a short Earth": inside | {"height_m": ground_m, "k": 1e-3, "antenna_msl_m": 9e3},
        "a ring": plain | {"height_m": ring()},
        "holes": hole | {"height_m": holed()},
        "holes passed": hole | {"height_m": holed(), "through_unknown": True},
        "a range": inside | {"height_m": ground_m, "radius_m": 405.0},
        "a range passed": hole | {"height_m": holed(), "radius_m": 390.0, "through_unknown": True},
        "a corner": inside | {"height_m": ground_m, "row": 0, "col": 21},
        "an edge": inside | {"height_m": ground_m, "row": 16, "col": 5},
        "one row": inside | {"height_m": ground_m[:1], "row": 0},
        "one post": inside | {"height_m": ground_m[:1, :1], "row": 0, "col": 0},
    }


def nests():
    """Arguments of ``lowest_visible_levels``, by name."""
    levels = [(relief(15, 15, 7), 50.0), (relief(13, 13, 8), 100.0), (relief(9, 9, 9), 300.0)]
    return {
        "levels": {"levels": levels, "antenna_msl_m": 330.0},
        "levels and a range": {"levels": levels[:2], "antenna_msl_m": 330.0, "radius_m": 520.0},
    }


def answers(engine):
    """Answer all cases with ``sight`` or ``sight.gpu``: a list of grids each."""
    found = {name: [engine.lowest_visible_m(**asked)] for name, asked in patches().items()}
    return found | {name: engine.lowest_visible_levels(**asked) for name, asked in nests().items()}


def simulate(folder):
    """Run this file with a simulated card; answers of the processor, and of the card."""
    saved = Path(folder) / "answers.npz"
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1"}
    subprocess.run([sys.executable, __file__, str(saved)], env=environment, check=True)
    both = {"processor": {}, "card": {}}
    with np.load(saved) as kept:
        for key in kept.files:
            engine, name, _ = key.split("/")
            both[engine].setdefault(name, []).append(kept[key])
    return both["processor"], both["card"]


def run_block(manager, place, *args):
    """Run the threads of a block to the end; in place of the simulator's, which waits busily."""
    from numba.cuda.simulator.kernel import BlockThread

    places = list(np.ndindex(*manager._block_dim))
    # Stricter than a card: it counts as an error if any thread misses a meeting.
    meeting = threading.Barrier(len(places), timeout=60.0)
    threads = []
    for place_in_block in places:
        thread = BlockThread(lambda: manager._f(*args), manager, place, place_in_block, False)
        thread.syncthreads = meeting.wait
        threads.append(thread)
        thread.start()
    for thread in threads:
        thread.join()
        if thread.exception:
            raise thread.exception[0].with_traceback(thread.exception[1])


def main():
    from numba.cuda.simulator import kernel

    from airshield.plan.coverage import sight
    from airshield.plan.coverage.sight import gpu, task
    from airshield.plan.coverage.sight.gpu import _kernels

    kernel.BlockManager.run = run_block
    # With 12 rays to sectors of 4 and one shared, the last sector has one ray; and 13 rays of the
    # far levels leave lanes to spare.
    task.RAYS_MIN = 12
    _kernels.LANES, _kernels.TILE, _kernels.PITCH, _kernels.TILE_ROWS = 5, 8, 9, 2
    saved = {}
    with np.errstate(all="ignore"):
        for engine, of in (("processor", sight), ("card", gpu)):
            for name, lows in answers(of).items():
                saved |= {f"{engine}/{name}/{i}": low for i, low in enumerate(lows)}
    np.savez(sys.argv[1], **saved)


if __name__ == "__main__":
    main()
