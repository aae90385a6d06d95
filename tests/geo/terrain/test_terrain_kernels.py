"""The loops against slow twins that share no code with them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield.geo.terrain import _kernels
from reference import terrain as slow

modes = pytest.mark.parametrize("mode", ["compiled", "interpreted"])
seeds = st.integers(0, 2**32 - 1)


def form(kernel, mode):
    return kernel if mode == "compiled" else kernel.py_func


def scene(seed, holes=0.1):
    """A window with holes, and a mesh that leaves it here and there."""
    rng = np.random.default_rng(seed)
    window = rng.normal(500.0, 300.0, rng.integers(3, 12, 2)).astype(np.float32)
    window[rng.random(window.shape) < holes] = np.nan
    every = int(rng.choice([1, 2, 3, 8]))
    rows, cols = (int(n) for n in rng.integers(1, 9, 2))
    nodes = (-(-rows // every) + 1, -(-cols // every) + 1)
    spread = np.add.outer(np.arange(nodes[0]), 0.2 * np.arange(nodes[1])) * rng.uniform(0.1, 4.0)
    mesh_row = spread + rng.uniform(-2.0, 4.0) + rng.uniform(-0.3, 0.3, nodes)
    mesh_col = spread.T[: nodes[0]] if spread.T.shape == nodes else spread[:, ::-1].copy()
    mesh_col = mesh_col + rng.uniform(-2.0, 4.0) + rng.uniform(-0.3, 0.3, nodes)
    return window, np.ascontiguousarray(mesh_row), np.ascontiguousarray(mesh_col), every, rows, cols


@modes
@settings(deadline=None, max_examples=60)
@given(seed=seeds)
def test_cells_through_a_mesh_equal_the_slow_version(mode, seed):
    window, mesh_row, mesh_col, every, rows, cols = scene(seed)
    out = np.full((rows, cols), np.nan, np.float32)
    out[0, 0] = 7.0
    form(_kernels.bilinear_m, mode)(window, 5.0, -3.0, mesh_row + 5.0, mesh_col - 3.0, every, out)
    want = np.empty((rows, cols))
    for i in range(rows):
        for j in range(cols):
            at = (slow.mesh_at(mesh_row, every, i, j), slow.mesh_at(mesh_col, every, i, j))
            want[i, j] = slow.height_m(window, *at)
    want[0, 0] = 7.0  # what is known stays
    # Heights change by some 1,000 m from cell to cell here, and fractions have 24 bits.
    assert_allclose(out, want, rtol=0, atol=2e-3)


@modes
@settings(deadline=None, max_examples=60)
@given(seed=seeds)
def test_the_highest_in_each_cell_equals_the_slow_version(mode, seed):
    window, mesh_row, mesh_col, every, rows, cols = scene(seed)
    out = np.full((rows, cols), np.nan, np.float32)
    form(_kernels.highest_m, mode)(window, 0.0, 0.0, mesh_row, mesh_col, every, out)
    for i in range(rows):
        for j in range(cols):
            a, b = i // every, j // every
            row, col = (slow.mesh_at(m, every, i, j) for m in (mesh_row, mesh_col))
            box = []
            for nodes in (mesh_row, mesh_col):
                corners = nodes[a : a + 2, b : b + 2]
                u, t = j / every - b, i / every - a
                south = (corners[1] - corners[0]) @ [1 - u, u]
                east = [1 - t, t] @ (corners[:, 1] - corners[:, 0])
                box.append(0.5 * (abs(south) + abs(east)) / every)
            want = slow.highest_m(window, row - box[0], row + box[0], col - box[1], col + box[1])
            assert_allclose(out[i, j], want, rtol=0, atol=2e-3)


@modes
@settings(deadline=None, max_examples=40)
@given(seed=seeds, largest=st.sampled_from([0.4, 1.5, 6.0]), holes=st.sampled_from([0.0, 0.01]))
def test_many_rectangles_at_once_are_each_as_one_alone(mode, seed, largest, holes):
    """The quick way where all is known, to the last bit."""
    rng = np.random.default_rng(seed)
    window = rng.normal(500.0, 300.0, (40, 50)).astype(np.float32)
    window[rng.random(window.shape) < holes] = np.nan
    many = int(rng.integers(1, _kernels.SOME + 1))
    middle, half = rng.uniform(8.0, 31.0, (2, many)), rng.uniform(0.0, largest, (2, many))
    if seed % 2:  # on the posts
        middle, half = np.rint(middle), np.rint(2.0 * half) / 2.0
    (north, west), (south, east) = middle - half, middle + half
    found = np.empty(_kernels.SOME)
    room = np.empty((_kernels.ROOM_INTS, _kernels.SOME), np.int32)
    work = np.empty((2, _kernels.SOME), np.float32), np.empty(_kernels.SOME)
    form(_kernels.highest_known_m, mode)(
        window.reshape(-1), 50, north, south, west, east, room, *work, found
    )
    for k in range(many):
        box = (north[k], south[k], west[k], east[k])
        around = window[int(box[0]) : int(box[1]) + 2, int(box[2]) : int(box[3]) + 2]
        if np.isnan(around).any():
            continue
        alone = _kernels.highest_in_m(window, *box)
        assert np.float32(found[k]) == np.float32(alone)
    if not holes:
        assert np.isfinite(found[:many]).all()


@modes
@settings(deadline=None, max_examples=60)
@given(seed=seeds, widest=st.integers(1, 5))
def test_holes_are_bridged_as_the_slow_version_does(mode, seed, widest):
    rng = np.random.default_rng(seed)
    window = rng.normal(500.0, 100.0, rng.integers(1, 16, 2)).astype(np.float32)
    window[rng.random(window.shape) < rng.uniform(0.1, 0.9)] = np.nan
    got = form(_kernels.filled_m, mode)(window, widest)
    assert_allclose(got, slow.bridged_m(window, widest), rtol=1e-6)


@modes
def test_points_equal_the_slow_version(mode):
    window, *_ = scene(3)
    rng = np.random.default_rng(4)
    row, col = rng.uniform(-2.0, 12.0, (2, 300))
    row[:2] = np.nan, 1e300
    out = np.full(300, np.nan, np.float32)
    form(_kernels.points_m, mode)(window, row, col, out)
    assert np.isfinite(out).any()
    assert_allclose(out, slow.heights_m(window, row, col), rtol=1e-5, atol=1e-3)


@modes
def test_raw_values_become_metres_and_what_is_no_height_is_counted(mode):
    raw = np.array([[10, -32768, -9999, 0], [np.nan, 255, -3.4e38, -501]], np.float32)
    got = form(_kernels.clean_m, mode)(raw, 0, 0, 2, 4, 255.0, 2.0, 1.0, -500.0, 20.0)
    assert got == (5, 1, 1)
    assert_allclose(raw, [[21, np.nan, np.nan, 1], [np.nan, np.nan, np.nan, -1001]])
