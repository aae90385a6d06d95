"""The grid's loops: a site's offsets between the nodes of a mesh, and its patch read there.

``mesh_e``, ``mesh_n`` hold the offsets from the site [m] at every ``stride``-th cell's middle;
those of the other cells lie linearly between.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import lean_kernel

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
Cells = NDArray[Any]

BILINEAR, HIGHEST = 0, 1
NEAR = 1e-3  # of a cell: what the mesh leaves of a middle that falls on one


@lean_kernel
def offsets_between(mesh_e: F8, mesh_n: F8, stride: int, east: F4, north: F4) -> None:
    """Fill the offsets of every cell from those of the mesh."""
    rows, cols = east.shape
    for i in range(rows):
        mi = i // stride
        fi = (i - mi * stride) / stride
        for j in range(cols):
            mj = j // stride
            fj = (j - mj * stride) / stride
            w = mesh_e[mi, mj] * (1.0 - fi) + mesh_e[mi + 1, mj] * fi
            e = mesh_e[mi, mj + 1] * (1.0 - fi) + mesh_e[mi + 1, mj + 1] * fi
            east[i, j] = w * (1.0 - fj) + e * fj
            w = mesh_n[mi, mj] * (1.0 - fi) + mesh_n[mi + 1, mj] * fi
            e = mesh_n[mi, mj + 1] * (1.0 - fi) + mesh_n[mi + 1, mj + 1] * fi
            north[i, j] = w * (1.0 - fj) + e * fj


@lean_kernel
def read_nearest(
    patch: Cells, step_m: float, mesh_e: F8, mesh_n: F8, stride: int, out: Cells
) -> None:
    """Read a patch at the cell nearest to each of the grid's; outside, ``out`` stays as it is."""
    size_r, size_c = patch.shape
    mid_r, mid_c = 0.5 * (size_r - 1), 0.5 * (size_c - 1)
    rows, cols = out.shape
    for i in range(rows):
        mi = i // stride
        fi = (i - mi * stride) / stride
        for mj in range(mesh_e.shape[1] - 1):
            # Along a row both offsets run evenly from one node to the next.
            e0 = mesh_e[mi, mj] * (1.0 - fi) + mesh_e[mi + 1, mj] * fi
            e1 = mesh_e[mi, mj + 1] * (1.0 - fi) + mesh_e[mi + 1, mj + 1] * fi
            n0 = mesh_n[mi, mj] * (1.0 - fi) + mesh_n[mi + 1, mj] * fi
            n1 = mesh_n[mi, mj + 1] * (1.0 - fi) + mesh_n[mi + 1, mj + 1] * fi
            c0, dc = mid_c + e0 / step_m, (e1 - e0) / (step_m * stride)
            r0, dr = mid_r - n0 / step_m, (n0 - n1) / (step_m * stride)
            for k in range(min(stride, cols - mj * stride)):
                c, r = c0 + k * dc, r0 + k * dr
                if -0.5 <= c < size_c - 0.5 and -0.5 <= r < size_r - 0.5:
                    out[i, mj * stride + k] = patch[int(r + 0.5), int(c + 0.5)]


@lean_kernel
def read_between(
    patch: F4, step_m: float, mesh_e: F8, mesh_n: F8, stride: int, how: int, out: F4
) -> None:
    """Read a patch among the four cells around each of the grid's middles.

    A neighbour without weight does not count, so a middle that falls on a patch's cell reads that
    cell alone. Outside, ``out`` stays as it is.
    """
    size_r, size_c = patch.shape
    mid_r, mid_c = 0.5 * (size_r - 1), 0.5 * (size_c - 1)
    rows, cols = out.shape
    for i in range(rows):
        mi = i // stride
        fi = (i - mi * stride) / stride
        for mj in range(mesh_e.shape[1] - 1):
            e0 = mesh_e[mi, mj] * (1.0 - fi) + mesh_e[mi + 1, mj] * fi
            e1 = mesh_e[mi, mj + 1] * (1.0 - fi) + mesh_e[mi + 1, mj + 1] * fi
            n0 = mesh_n[mi, mj] * (1.0 - fi) + mesh_n[mi + 1, mj] * fi
            n1 = mesh_n[mi, mj + 1] * (1.0 - fi) + mesh_n[mi + 1, mj + 1] * fi
            c0, dc = mid_c + e0 / step_m, (e1 - e0) / (step_m * stride)
            r0, dr = mid_r - n0 / step_m, (n0 - n1) / (step_m * stride)
            for k in range(min(stride, cols - mj * stride)):
                c, r = c0 + k * dc, r0 + k * dr
                if not (-NEAR < c < size_c - 1 + NEAR and -NEAR < r < size_r - 1 + NEAR):
                    continue  # also where the mesh is NaN
                ci, ri = int(c + NEAR), int(r + NEAR)
                fc, fr = c - ci, r - ri
                # A middle that falls on a cell reads that cell, not its neighbours a little.
                if fc < NEAR:
                    fc = 0.0
                if fr < NEAR:
                    fr = 0.0
                value = -math.inf if how == HIGHEST else 0.0
                for a in range(2):
                    share_r = fr if a == 1 else 1.0 - fr
                    if share_r == 0.0:
                        continue
                    for b in range(2):
                        share = share_r * (fc if b == 1 else 1.0 - fc)
                        if share == 0.0:
                            continue
                        cell = patch[ri + a, ci + b]
                        if how == HIGHEST:
                            if not cell <= value:  # a NaN stays: nothing compares above it
                                value = cell
                        else:
                            value += share * cell
                        if math.isnan(cell):
                            value = math.nan
                            break
                    if math.isnan(value):
                        break
                out[i, mj * stride + k] = value
