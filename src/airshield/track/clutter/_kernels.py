"""The clutter map's loops: what a place has shown so far, and what is learnt from a plot.

A cell holds two numbers: false plots counted, and the turn of the antenna at which the count was
last brought up to date. Counts fade with every turn, so no pass over the map is ever needed.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.track.state import CELL_SECTORS

F4 = NDArray[np.float32]
Record = Any
Tables = Any

TURNS_KEPT = 100.0  # a count fades to 1/e within so many turns: 7 to 20 minutes
RING_TURNS = 2.0  # the ring's own count is believed beside the first guess after so many turns
CELL_TURNS = 6.0  # and the cell's beside its ring's
# The first guess, a scan: EUROCONTROL's system standard asks for fewer, raw extraction gives more.
GUESS_PER_SCAN = 30.0


@lean_kernel
def turns_watched(turn: float) -> float:
    """How many turns stand behind the counts, the faded ones taken off."""
    return TURNS_KEPT * (1.0 - math.exp(-turn / TURNS_KEPT))


@lean_kernel
def faded(count: float, since: float) -> float:
    """What is left of a count after some turns; what was before them, where they are negative.

    A clock that is set back by hours must not blow a count up.
    """
    return count * math.exp(-max(since, -TURNS_KEPT) / TURNS_KEPT)


@lean_kernel
def cell_of(rng_m: float, azm_rad: float, cell_m: float, rings: int, sectors: int) -> int:
    """Number of the cell of a place in polar coordinates."""
    ring = min(int(rng_m / cell_m), rings - 1)
    sector = int((azm_rad / (2.0 * math.pi) % 1.0) * sectors) % sectors
    return ring * sectors + sector


@lean_kernel
def note_false(cells: F4, rings: F4, cell: int, sectors: int, turn: float, count: float) -> None:
    """Count false plots in a cell and in its ring."""
    c, r = cells[cell], rings[cell // sectors]
    c[0] = faded(c[0], turn - c[1]) + count
    c[1] = turn
    r[0] = faded(r[0], turn - r[1]) + count
    r[1] = turn


@lean_kernel
def density_per_m2(
    cells: F4,
    rings: F4,
    cell: int,
    sectors: int,
    cell_m: float,
    turn: float,
    reach_m: float,
    own: float,
) -> float:
    """False plots per square metre and scan to be expected in a cell.

    A cell is believed as far as it has been watched, before that its ring, before that a guess
    that spreads evenly over range (Gamma priors: counts of so many turns that were never seen).
    ``own`` is how much of the cell's count is the asker's and left out.
    """
    ring = cell // sectors
    watched = turns_watched(turn)
    share = min(cell_m / reach_m, 1.0)
    c, r = cells[cell], rings[ring]
    in_ring = max(faded(r[0], turn - r[1]) - own, 0.0) + RING_TURNS * GUESS_PER_SCAN * share
    in_ring /= watched + RING_TURNS
    in_cell = max(faded(c[0], turn - c[1]) - own, 0.0) + CELL_TURNS * in_ring / sectors
    in_cell /= watched + CELL_TURNS
    area_m2 = 2.0 * math.pi * (ring + 0.5) * cell_m * cell_m / sectors
    return in_cell / area_m2


@lean_kernel
def clutter_per_m2(mem: Tables, plot: Record, own: float, cfg: Record) -> float:
    """False plots per square metre and scan where a plot is, ``own`` echoes left out."""
    if plot.cell < 0:
        return float(cfg.clutter[plot.kind])
    radar = mem.radars[plot.link]
    return density_per_m2(
        mem.cells[plot.link],
        mem.rings[plot.link],
        plot.cell,
        CELL_SECTORS,
        radar.cell_m,
        (plot.t - radar.t_first) / radar.turn_s,
        radar.rng_max_m,
        own,
    )


@lean_kernel
def note_clutter(mem: Tables, who: int, cell: int, t: float, count: float) -> None:
    """Count false plots in a radar's clutter map."""
    radar = mem.radars[who]
    turn = (t - radar.t_first) / radar.turn_s
    note_false(mem.cells[who], mem.rings[who], cell, CELL_SECTORS, turn, count)
