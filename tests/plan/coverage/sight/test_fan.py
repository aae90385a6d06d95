"""The square fan against exact lines, closed forms and the laws that any sight obeys."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from airshield.errors import UsageError
from airshield.plan.coverage import sight
from airshield.plan.coverage.sight import _kernels
from reference import sight as slow

LOOK = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def hills(rows, columns, seed, height_m=400.0, rough=8):
    """Smooth random relief: a coarse random grid, bilinear in between."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((rows // rough + 3, columns // rough + 3)) * height_m
    y = np.arange(rows)[:, None] / rough * np.ones((1, columns))
    x = np.arange(columns)[None, :] / rough * np.ones((rows, 1))
    return slow.bilinear(coarse, y, x).astype(np.float32)


def ranges_m(shape, row, col, step_m):
    return np.hypot(*((np.indices(shape).T - (row, col)).T * step_m))


@LOOK
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(2, 70),
    columns=st.integers(2, 70),
    steps_m=st.sampled_from([(100.0, 100.0), (30.0, 90.0), (250.0, 60.0)]),
    k=st.sampled_from([1.0, 7 / 6, 4 / 3, 2.0]),
    mast_m=st.sampled_from([2.0, 30.0, 500.0, 12_000.0]),
    place=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_the_fan_is_within_metres_of_exact_lines(seed, rows, columns, steps_m, k, mast_m, place):
    ground_m = hills(rows, columns, seed)
    row, col = round(place[0] * (rows - 1)), round(place[1] * (columns - 1))
    antenna_m = float(ground_m[row, col]) + mast_m
    low = sight.lowest_visible_m(
        ground_m, step_m=steps_m, row=row, col=col, antenna_msl_m=antenna_m, k=k
    )
    rng = np.random.default_rng(seed)
    cells = np.column_stack([rng.integers(0, rows, 40), rng.integers(0, columns, 40)])
    exact = slow.lowest_visible_m(
        ground_m, cells, steps_m=steps_m, site=(row, col), antenna_msl_m=antenna_m, k=k
    )
    off = low[cells[:, 0], cells[:, 1]] - exact
    # A cell beside a shadow's edge may lie in it or not: few, and by the height of a slope.
    assert np.sqrt(np.mean(off**2)) < 5.0
    assert np.median(np.abs(off)) < 0.5


@pytest.mark.parametrize("bearing", ["N", "E", "S", "W", "NE", "SE", "SW", "NW"])
def test_a_wall_across_each_bearing_hides_by_similar_triangles(bearing):
    n, step_m = 40, 50.0
    down = {"N": -1, "S": 1}.get(bearing[0], 0)
    right = {"E": 1, "W": -1}.get(bearing[-1], 0)
    ground_m = np.zeros((2 * n + 1, 2 * n + 1), np.float32)
    # A wall one post thick, square to the axes, around that side of the site.
    if down:
        ground_m[n + 10 * down, :] = 200.0
    if right:
        ground_m[:, n + 10 * right] = 200.0
    low = sight.lowest_visible_m(ground_m, step_m=step_m, row=n, col=n, antenna_msl_m=20.0, k=1e6)
    far = low[n + 30 * down, n + 30 * right]
    assert far == pytest.approx(20.0 + 180.0 * 3.0, abs=0.01)
    assert low[n + 9 * down, n + 9 * right] == 0.0


def test_flat_ground_shows_the_horizon_of_a_smooth_earth():
    low = sight.lowest_visible_m(
        np.zeros((801, 801), np.float32), step_m=250.0, row=400, col=400, antenna_msl_m=20.0
    )
    exact = sight.bare_earth_m(ranges_m(low.shape, 400, 400, 250.0), antenna_msl_m=20.0)
    assert np.sqrt(np.mean((low - exact) ** 2)) < 0.05


def test_the_earths_curve_is_exact_to_500_km_where_a_parabola_is_20_m_off():
    n, step_m = 1000, 500.0
    line = np.zeros((1, n + 1), np.float32)
    low = sight.lowest_visible_m(line, step_m=step_m, row=0, col=0, antenna_msl_m=20.0)[0]
    rng_m = np.arange(n + 1) * step_m
    exact = sight.bare_earth_m(rng_m, antenna_msl_m=20.0)
    assert np.abs(low - exact).max() < 0.2
    earth_m = slow.EARTH_MEAN_M * 4 / 3
    parabola_m = (rng_m[-1] - math.sqrt(2 * earth_m * 20.0)) ** 2 / (2 * earth_m)
    assert exact[-1] - parabola_m > 15.0


@pytest.mark.parametrize("shape", ["plateau", "knife", "two walls", "step"])
def test_closed_forms_hold_to_a_centimetre(shape):
    """Over ground of constant height on each side of an edge, the edge alone is the horizon."""
    n, step_m, antenna_m = 300, 100.0, 30.0
    row = np.zeros(n + 1, np.float32)
    rng_m = np.arange(n + 1) * step_m
    if shape == "plateau":  # seen from its middle, the rim at 60 hides the plain below
        row[:] = -200.0
        row[:61] = 0.0
        edges = [(60, 0.0)]
    elif shape == "knife":
        row[40] = 150.0
        edges = [(40, 150.0)]
    elif shape == "two walls":
        row[40] = 150.0
        row[90] = 400.0
        edges = [(40, 150.0), (90, 400.0)]
    else:
        row[50:] = 120.0
        edges = [(50, 120.0)]
    ground_m = np.tile(row, (61, 1))
    low = sight.lowest_visible_m(ground_m, step_m=step_m, row=30, col=0, antenna_msl_m=antenna_m)
    earth_m = slow.EARTH_MEAN_M * 4 / 3
    exact = row.astype(float)
    for at, top_m in edges:
        theta, far = rng_m[at] / earth_m, rng_m[at + 1 :] / earth_m
        elv = math.atan2(
            (earth_m + top_m) * math.cos(theta) - earth_m - antenna_m,
            (earth_m + top_m) * math.sin(theta),
        )
        line_m = (earth_m + antenna_m) * math.cos(elv) / np.cos(elv + far) - earth_m
        exact[at + 1 :] = np.maximum(exact[at + 1 :], line_m)
    assert np.sqrt(np.mean((low[30] - exact) ** 2)) < 0.01


@LOOK
@given(seed=st.integers(0, 2**32 - 1), turns=st.integers(0, 3), mirrored=st.booleans())
def test_turning_or_mirroring_the_ground_turns_the_answer_to_the_bit(seed, turns, mirrored):
    ground_m = hills(45, 45, seed)
    row, col = np.random.default_rng(seed).integers(0, 45, 2)
    site = np.zeros((45, 45), bool)
    site[row, col] = True

    def turn(grid):
        return np.rot90(grid.T if mirrored else grid, turns)

    there = np.argwhere(turn(site))[0]
    antenna_m = float(ground_m[row, col]) + 10.0
    low = sight.lowest_visible_m(ground_m, step_m=30.0, row=row, col=col, antenna_msl_m=antenna_m)
    turned = sight.lowest_visible_m(
        turn(ground_m), step_m=30.0, row=there[0], col=there[1], antenna_msl_m=antenna_m
    )
    rows, columns = np.indices(low.shape)
    diagonal = turn(np.abs(rows - row) == np.abs(columns - col))
    assert_array_equal(turned[~diagonal], turn(low)[~diagonal])
    # The diagonals belong to the eighths along the columns, which turn into those along the rows:
    # near the site these take the mean of four posts in another order.
    assert_allclose(turned, turn(low), rtol=0, atol=1e-3)


@LOOK
@given(seed=st.integers(0, 2**32 - 1), more_m=st.floats(0.1, 5_000.0))
def test_a_higher_antenna_never_loses_cover(seed, more_m):
    ground_m = hills(40, 40, seed)
    antenna_m = float(ground_m[13, 20]) + 5.0
    at = {"step_m": 100.0, "row": 13, "col": 20}
    low = sight.lowest_visible_m(ground_m, antenna_msl_m=antenna_m, **at)
    higher = sight.lowest_visible_m(ground_m, antenna_msl_m=antenna_m + more_m, **at)
    # Rounding of 32-bit floats only.
    assert np.all(higher <= low + 0.01 + 1e-6 * more_m)


@LOOK
@given(seed=st.integers(0, 2**32 - 1))
def test_more_ground_never_gains_cover(seed):
    ground_m = hills(40, 40, seed)
    raised_m = ground_m + hills(40, 40, seed + 1, height_m=50.0)
    at = {"step_m": 100.0, "row": 20, "col": 5, "antenna_msl_m": 700.0}
    assert np.all(
        sight.lowest_visible_m(raised_m, **at) >= sight.lowest_visible_m(ground_m, **at) - 0.01
    )


@pytest.mark.parametrize("turned", [False, True])
def test_what_lies_behind_unknown_ground_is_unknown(turned):
    ground_m = np.zeros((81, 81), np.float32)
    ground_m[30:34, 20:61] = np.nan  # an island, north of the site
    if turned:
        ground_m = ground_m.T.copy()
    at = {"step_m": 100.0, "row": 60, "col": 40, "antenna_msl_m": 30.0}
    if turned:
        at |= {"row": 40, "col": 60}
    low = sight.lowest_visible_m(ground_m, **at)
    through = sight.lowest_visible_m(ground_m, through_unknown=True, **at)
    if turned:
        low, through, ground_m = low.T, through.T, ground_m.T
    assert np.isnan(low[30:34, 20:61]).all()
    assert np.isnan(low[:30, 25:56]).all()
    assert np.isnan(through[30:34, 20:61]).all()
    assert not np.isnan(through[:30]).any()
    clear = low[35:]
    assert not np.isnan(clear).any()
    assert_array_equal(clear, through[35:])
    assert not np.isnan(low[20:30, [0, -1]]).any()


def test_a_lone_unknown_post_hides_as_much_as_exact_lines_say_and_a_cell_around():
    ground_m = hills(61, 61, 3)
    ground_m[20, 33] = np.nan
    antenna_m = float(ground_m[45, 30]) + 40.0
    low = sight.lowest_visible_m(
        ground_m, step_m=100.0, row=45, col=30, antenna_msl_m=antenna_m, rays_per_cell=4.0
    )
    cells = np.argwhere(np.ones((61, 61)))
    exact = slow.lowest_visible_m(
        ground_m, cells, steps_m=(100.0, 100.0), site=(45, 30), antenna_msl_m=antenna_m
    ).reshape(61, 61)
    behind = np.isnan(exact)
    assert behind.sum() > 50
    assert np.isnan(low[behind & np.roll(behind, 1, 1) & np.roll(behind, -1, 1)]).all()
    around = behind.copy()
    for shift in (-2, -1, 1, 2):
        around |= np.roll(behind, shift, 1)
    assert not np.isnan(low[~around]).any()


@pytest.mark.parametrize("through", [False, True])
@pytest.mark.parametrize("post", [(12, 21), (12, 19), (21, 28), (19, 28)])
def test_an_unknown_post_beside_an_axis_does_not_count_for_the_cells_on_it(post, through):
    """Two eighths, in any order or at once, answer for them: they must agree."""
    ground_m = np.zeros((41, 41), np.float32)
    ground_m[12, :] = ground_m[:, 28] = 100.0
    at = {"step_m": 50.0, "row": 20, "col": 20, "antenna_msl_m": 20.0, "through_unknown": through}
    low = sight.lowest_visible_m(ground_m, **at)
    ground_m[post] = np.nan
    holed = sight.lowest_visible_m(ground_m, **at)
    assert_array_equal(holed[:, 20], low[:, 20])
    assert_array_equal(holed[20], low[20])


def test_a_site_below_the_sea_or_far_above_the_air_sees_what_geometry_says():
    ground_m = hills(60, 60, 5) - 300.0
    cells = [(0, 0), (10, 50), (59, 30), (30, 59)]
    for antenna_m in (-250.0, 36_000.0, 400_000.0):
        low = sight.lowest_visible_m(
            ground_m, step_m=500.0, row=30, col=30, antenna_msl_m=antenna_m, rays_per_cell=2.0
        )
        exact = slow.lowest_visible_m(
            ground_m, cells, steps_m=(500.0, 500.0), site=(30, 30), antenna_msl_m=antenna_m
        )
        assert_allclose([low[c] for c in cells], exact, rtol=0, atol=4.0)
    # From space all ground is seen; a 32-bit float of 400 km is good to 0.03 m.
    assert np.all((low >= ground_m) & (low < ground_m + 0.15))


@pytest.mark.parametrize("at", [(0, 0), (0, 20), (30, 40), (30, 0), (12, 40)])
def test_a_site_on_the_edge_sees_as_it_would_within_a_larger_patch(at):
    whole = hills(31, 41, 9)
    larger = np.full((71, 81), np.nan, np.float32)
    larger[20:51, 20:61] = whole
    low = sight.lowest_visible_m(
        whole, step_m=80.0, row=at[0], col=at[1], antenna_msl_m=500.0, rays_per_cell=8.0
    )
    same = sight.lowest_visible_m(
        larger,
        step_m=80.0,
        row=at[0] + 20,
        col=at[1] + 20,
        antenna_msl_m=500.0,
        through_unknown=True,
        rays_per_cell=8.0,
    )[20:51, 20:61]
    assert_allclose(low[1:-1, 1:-1], same[1:-1, 1:-1], atol=3.0)
    assert np.isfinite(low).all()


def test_a_radius_leaves_out_what_is_beyond_and_changes_nothing_within():
    ground_m = hills(201, 201, 11)
    at = {"step_m": (100.0, 130.0), "row": 90, "col": 110, "antenna_msl_m": 450.0}
    whole = sight.lowest_visible_m(ground_m, **at)
    part = sight.lowest_visible_m(ground_m, radius_m=7_000.0, **at)
    rows, columns = np.indices(ground_m.shape)
    rng_m = np.hypot((rows - 90) * 130.0, (columns - 110) * 100.0)
    assert_array_equal(np.isnan(part), rng_m > 7_000.0)
    # Fewer rows take fewer rays only above RAYS_MIN, so here they are the same rays.
    assert_array_equal(part[rng_m <= 7_000.0], whole[rng_m <= 7_000.0])


def test_threads_change_nothing():
    ground_m = hills(150, 90, 2)
    at = {"step_m": 50.0, "row": 70, "col": 20, "antenna_msl_m": 300.0}
    assert_array_equal(
        sight.lowest_visible_m(ground_m, threads=1, **at),
        sight.lowest_visible_m(ground_m, threads=3, **at),
    )


def test_the_ground_is_not_touched_and_other_types_are_taken():
    ground_m = np.random.default_rng(0).integers(0, 300, (20, 20)).astype(np.int16)
    before = ground_m.copy()
    at = {"step_m": 50.0, "row": 7, "col": 9, "antenna_msl_m": 300.0}
    low = sight.lowest_visible_m(ground_m, **at)
    assert_array_equal(ground_m, before)
    assert_array_equal(low, sight.lowest_visible_m(ground_m[::-1][::-1].astype(float), **at))


def test_compiled_and_interpreted_loops_agree(monkeypatch):
    ground_m = hills(25, 25, 4)
    ground_m[3, 4] = np.nan
    at = {"step_m": 50.0, "row": 11, "col": 9, "antenna_msl_m": 300.0, "radius_m": 600.0}
    monkeypatch.setattr("airshield.plan.coverage.sight.task.RAYS_MIN", 16)
    fast = sight.lowest_visible_m(ground_m, **at)
    # All at once: an interpreted loop calls interpreted ones.
    loops = ["slope_of", "altitude_m", "lift_axis", "lift", "lift_between", "read"]
    loops += ["fetch", "put", "last_ray", "sweep_eighth"]
    for name in loops:
        monkeypatch.setattr(_kernels, name, getattr(_kernels, name).py_func)
    with np.errstate(all="ignore"):
        assert_allclose(sight.lowest_visible_m(ground_m, **at), fast, rtol=0, atol=2e-3)


class TestLevels:
    def test_one_level_is_the_plain_function(self):
        ground_m = hills(61, 61, 7)
        [low] = sight.lowest_visible_levels([(ground_m, 70.0)], antenna_msl_m=350.0)
        assert_array_equal(
            low,
            sight.lowest_visible_m(ground_m, step_m=70.0, row=30, col=30, antenna_msl_m=350.0),
        )

    @pytest.mark.parametrize("half", [40, 41])
    def test_coarse_levels_are_near_and_seldom_below_the_fine_answer(self, half):
        n = 160
        fine = hills(2 * n + 1, 2 * n + 1, 21, rough=24)
        whole = sight.lowest_visible_m(
            fine, step_m=50.0, row=n, col=n, antenna_msl_m=500.0, rays_per_cell=2.0
        )
        near = fine[n - half : n + half + 1, n - half : n + half + 1]
        mid = sight.coarser_m(fine, 2)
        m = n // 2
        mid_cut = mid[m - 40 : m + 41, m - 40 : m + 41]
        lows = sight.lowest_visible_levels(
            [(near, 50.0), (mid_cut, 100.0), (sight.coarser_m(mid, 2), 200.0)],
            antenna_msl_m=500.0,
            rays_per_cell=4.0,
        )
        assert_allclose(lows[0], whole[n - half : n + half + 1, n - half : n + half + 1], atol=3.0)
        outer = lows[2] - whole[::4, ::4]
        assert np.mean(outer < -3.0) < 0.002
        assert np.median(outer) < 25.0

    def test_a_wall_in_the_fine_level_hides_in_the_coarse_ones(self):
        fine = np.zeros((41, 41), np.float32)
        fine[10] = 100.0
        flat = np.zeros((41, 41), np.float32)
        levels = [(fine, 50.0), (flat, 100.0), (flat, 400.0)]
        lows = sight.lowest_visible_levels(levels, antenna_msl_m=20.0, k=1e6)
        # The wall is 500 m north; straight behind it at 8 km the ray has risen sixteen times.
        assert lows[2][0, 20] == pytest.approx(20.0 + 80.0 * 16.0, abs=0.01)
        assert lows[1][0, 20] == pytest.approx(20.0 + 80.0 * 4.0, abs=0.01)
        assert lows[2][40, 20] == 0.0

    @LOOK
    @given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 12), factor=st.sampled_from([2, 3, 4]))
    def test_coarser_ground_is_nowhere_below_the_fine_ground(self, seed, n, factor):
        n = max(n, factor)
        fine = np.random.default_rng(seed).random((2 * n + 1, 2 * n + 1)).astype(np.float32)
        coarse = sight.coarser_m(fine, factor)
        reach = n // factor * factor
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        between = slow.bilinear(coarse, (y + reach) / factor, (x + reach) / factor)
        cut = fine[n - reach : n + reach + 1, n - reach : n + reach + 1]
        assert np.all(between >= cut - 1e-6)

    def test_unknown_posts_vanish_only_among_known_ones(self):
        fine = np.full((5, 5), np.nan)
        fine[0, 0] = 4.0
        coarse = sight.coarser_m(fine)
        assert coarse[0, 0] == 4.0
        assert np.isnan(coarse).sum() == 8

    def test_levels_that_do_not_nest_are_refused(self):
        patch = np.zeros((11, 11), np.float32)
        with pytest.raises(UsageError, match="whole multiple"):
            sight.lowest_visible_levels([(patch, 50.0), (patch, 75.0)], antenna_msl_m=1.0)
        with pytest.raises(UsageError, match="no further than the finer level"):
            sight.lowest_visible_levels([(patch, 50.0), (patch[3:8, 3:8], 100.0)], antenna_msl_m=1)
        with pytest.raises(UsageError, match="square with an odd number"):
            sight.lowest_visible_levels([(patch[1:], 50.0)], antenna_msl_m=1.0)
        with pytest.raises(UsageError, match="empty"):
            sight.lowest_visible_levels([], antenna_msl_m=1.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"step_m": 0.000278}, "looks like degrees"),
        ({"step_m": 0.0}, "must be positive"),
        ({"step_m": (30.0, math.nan)}, "step_y_m must be positive"),
        ({"step_m": (1.0, 2.0, 3.0)}, "one number or"),
        ({"row": 9}, "row must be a post of the patch, 0 to 8"),
        ({"col": -1}, "col must be a post"),
        ({"antenna_msl_m": math.nan}, "antenna_msl_m must be a number"),
        ({"k": 0.0}, "4/3 is the standard atmosphere"),
        ({"k": -1.3}, "4/3 is the standard atmosphere"),
        ({"radius_m": -5.0}, "radius_m must be positive"),
        ({"rays_per_cell": 0.0}, "rays_per_cell must be positive"),
        ({"threads": 0}, "threads must be at least 1"),
        ({"step_m": 300_000.0}, "reaches 1697 km from the site"),
        ({"height_m": np.zeros(5)}, "must be a grid"),
        ({"height_m": np.zeros((0, 5))}, "must be a grid"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(change, words):
    given_ = {"height_m": np.zeros((9, 9)), "step_m": 30.0, "row": 4, "col": 4}
    given_ |= {"antenna_msl_m": 10.0} | change
    with pytest.raises(UsageError, match=words):
        sight.lowest_visible_m(given_.pop("height_m"), **given_)


def test_a_single_post_is_its_own_ground():
    low = sight.lowest_visible_m([[7.0]], step_m=30.0, row=0, col=0, antenna_msl_m=10.0)
    assert low.tolist() == [[7.0]]


def test_the_horizon_of_a_smooth_earth_is_the_known_rule():
    """d = 4.12 km (√h1 + √h2) at k = 4/3: 59.6 km at 100 m, 244.1 km at 3,000 m, from 20 m."""
    low = sight.bare_earth_m([18_000.0, 59_600.0, 244_100.0], antenna_msl_m=20.0)
    assert low[0] == 0.0
    assert low[1] == pytest.approx(100.0, rel=0.01)
    assert low[2] == pytest.approx(3000.0, rel=0.01)


def test_carpathian_relief_against_exact_lines(shared_data):
    tile = shared_data / "terrain" / "srtm3" / "N49E019.hgt"
    ground_m = np.fromfile(tile, ">i2").reshape(1201, 1201).astype(np.float32)
    ground_m[ground_m == -32768] = np.nan
    rng = np.random.default_rng()  # other cells at every run
    errors = []
    for row, col in ((400, 700), (900, 300)):
        antenna_m = float(ground_m[row, col]) + 20.0
        at = {"antenna_msl_m": antenna_m, "through_unknown": True}
        low = sight.lowest_visible_m(ground_m, step_m=(60.7, 92.6), row=row, col=col, **at)
        cells = rng.integers(0, 1201, (200, 2))
        exact = slow.lowest_visible_m(
            ground_m, cells, steps_m=(60.7, 92.6), site=(row, col), per_cell=4, **at
        )
        off = low[cells[:, 0], cells[:, 1]] - exact
        errors.append(off[np.isfinite(off)])
    off = np.concatenate(errors)
    assert len(off) > 390
    assert np.sqrt(np.mean(off**2)) < 12.0
    assert np.mean(off < -50.0) < 0.01
