"""Loops of the address table and the grid.

Two hash tables with chains. Row 0 of ``heads`` and ``links`` is the address table, row 1 the grid:
``heads[which, bucket]`` is the first slot, ``links[which, slot]`` the next, -1 ends.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel
from airshield.track.filters._kernels import BASIS_NONE, ecef_of_track_m, track_height_m
from airshield.track.state import AGILE, MODELS

I8 = NDArray[np.int64]
Records = Any
Tables = Any

ADDRESSES, GRID = 0, 1
CELL_M = 8000.0
NOWHERE = 1 << 40  # the cell of a track that hangs in none
FASTEST = 680.0  # [m/s]


@lean_kernel
def bucket_of(value: int, size: int) -> int:
    """Place of a key in a table whose size is a power of two (Fibonacci hashing)."""
    return ((value * 2654435761) >> 7) & (size - 1)


@lean_kernel
def cell_bucket(ix: int, iy: int, iz: int, size: int) -> int:
    """Place of a grid cell in its table."""
    return bucket_of((ix * 73856093) ^ (iy * 19349663) ^ (iz * 83492791), size)


@lean_kernel
def link(heads: I8, links: I8, bucket: int, slot: int) -> None:
    """Put a slot at the head of a chain."""
    links[slot] = heads[bucket]
    heads[bucket] = slot


@lean_kernel
def unlink(heads: I8, links: I8, bucket: int, slot: int) -> None:
    """Take a slot out of its chain."""
    at = heads[bucket]
    if at == slot:
        heads[bucket] = links[slot]
        return
    while links[at] != slot:
        at = links[at]
    links[at] = links[slot]


@lean_kernel
def find_address(tracks: Records, heads: I8, links: I8, address: int) -> int:
    """Slot of the live track with an address, or -1."""
    slot = heads[ADDRESSES, bucket_of(address, heads.shape[1])]
    while slot >= 0 and tracks[slot].mode_s != address:
        slot = links[ADDRESSES, slot]
    return int(slot)


@lean_kernel
def hang(mem: Tables, slot: int, t: float) -> None:
    """Put a track into the grid where it is (expected) at a time, and note how far it may be."""
    trk, heads, links, near = mem.tracks[slot], mem.heads, mem.links, mem.near[slot]
    dt = t - trk.t
    east = 0.0
    north = 0.0
    for m in range(MODELS):
        east += trk.w[m] * (trk.x[m, 0] + dt * trk.x[m, 2])
        north += trk.w[m] * (trk.x[m, 1] + dt * trk.x[m, 3])
    x, y, z = ecef_of_track_m(trk, east, north, track_height_m(trk, t))
    near.g[0], near.g[1], near.g[2] = x, y, z
    near.t = t
    P, v = trk.P[AGILE], trk.x[AGILE]
    dt = abs(dt)
    var_spd = P[2, 2] + P[3, 3]
    var_m2 = P[0, 0] + P[1, 1] + dt * (2.0 * abs(P[0, 2] + P[1, 3]) + 70.0 * dt * dt)
    # Six sigmas, but nobody is faster than twice the speed of sound.
    near.grows_mps = min(6.0 * math.sqrt(var_spd) + math.sqrt(v[2] * v[2] + v[3] * v[3]), FASTEST)
    near.reach_m = 500.0 + 6.0 * math.sqrt(var_m2) + dt * min(6.0 * math.sqrt(var_spd), FASTEST)
    near.has_height = 0 if trk.basis == BASIS_NONE else 1
    ix, iy, iz = math.floor(x / CELL_M), math.floor(y / CELL_M), math.floor(z / CELL_M)
    cell = trk.cell
    if ix == cell[0] and iy == cell[1] and iz == cell[2]:
        return
    size = heads.shape[1]
    if cell[0] != NOWHERE:
        unlink(heads[GRID], links[GRID], cell_bucket(cell[0], cell[1], cell[2], size), slot)
    cell[0], cell[1], cell[2] = ix, iy, iz
    link(heads[GRID], links[GRID], cell_bucket(ix, iy, iz, size), slot)


@lean_kernel
def name_track(mem: Tables, slot: int, address: int) -> None:
    """Give a track its address: it is found under it from now on."""
    mem.tracks[slot].mode_s = address
    bucket = bucket_of(address, mem.heads.shape[1])
    link(mem.heads[ADDRESSES], mem.links[ADDRESSES], bucket, slot)


@lean_kernel
def take_out(mem: Tables, slot: int) -> None:
    """Take a track that ends out of both tables; it hangs in the grid."""
    trk = mem.tracks[slot]
    size = mem.heads.shape[1]
    cell = trk.cell
    bucket = cell_bucket(cell[0], cell[1], cell[2], size)
    unlink(mem.heads[GRID], mem.links[GRID], bucket, slot)
    if trk.mode_s >= 0:
        unlink(mem.heads[ADDRESSES], mem.links[ADDRESSES], bucket_of(trk.mode_s, size), slot)
