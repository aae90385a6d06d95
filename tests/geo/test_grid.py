"""The common grid against PROJ, and against points tested one by one."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield.errors import UsageError
from airshield.geo.grid import EqualArea, Grid, _kernels, offsets_m
from reference import map_grid as slow

GEOD = pyproj.Geod(ellps="WGS84")
lats = st.floats(-75.0, 75.0)
lons = st.floats(-179.9, 179.9)
BOX = shapely.box(22.0, 44.0, 24.0, 45.5)


@settings(deadline=None)
@given(lat0=lats, lon0=lons, dlat=st.floats(-10.0, 10.0), dlon=st.floats(-15.0, 15.0))
def test_the_projection_is_that_of_proj_and_finds_its_way_back(lat0, lon0, dlat, dlon):
    lat, lon = lat0 + dlat, (lon0 + dlon + 180.0) % 360.0 - 180.0
    mine = EqualArea(lat0_deg=lat0, lon0_deg=lon0)
    x, y = mine.xy_from_places(lat, lon)
    proj = pyproj.Proj(f"+proj=laea +lat_0={lat0} +lon_0={lon0} +ellps=WGS84")
    assert_allclose((x, y), proj(lon, lat), rtol=0, atol=2e-3)
    back_lat, back_lon = mine.places_from_xy(x, y)
    assert abs(back_lat - lat) < 2e-8
    assert abs((back_lon - lon + 180.0) % 360.0 - 180.0) < 2e-8
    assert -180.0 <= back_lon < 180.0


@settings(deadline=None)
@given(lat=st.floats(-89.0, 89.0), lon=lons, azm=st.floats(-180.0, 180.0), rng=st.floats(0, 1e7))
def test_offsets_from_a_site_are_those_of_the_geodesic(lat, lon, azm, rng):
    lon2, lat2, _ = GEOD.fwd(lon, lat, azm, rng)
    east, north = offsets_m(lat, lon, lat2, lon2)
    want = rng * np.sin(np.radians(azm)), rng * np.cos(np.radians(azm))
    assert np.hypot(east - want[0], north - want[1]) < 2e-2


def test_offsets_of_the_site_itself_are_zero_and_of_its_antipode_unknown():
    assert [float(v) for v in offsets_m(50.0, 30.0, 50.0, 30.0)] == [0.0, 0.0]
    assert np.isnan(offsets_m(0.0, 0.0, 0.2, 179.8)[0])
    assert_allclose(offsets_m(0.0, 10.0, 0.0, 11.0), (111319.49, 0.0), atol=0.01)


def test_a_count_of_cells_is_an_area():
    area = shapely.Point(31.0, 49.0).buffer(2.5)
    grid = Grid.around(area, step_m=1000.0)
    want_m2 = abs(GEOD.geometry_area_perimeter(shapely.segmentize(area, 0.05))[0])
    assert grid.inside(area).sum() * grid.cell_m2 == pytest.approx(want_m2, rel=2e-4)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6), step_m=st.sampled_from([3000.0, 7000.0]))
def test_a_cell_is_inside_when_its_middle_is(seed, step_m):
    rng = np.random.default_rng(seed)
    shell = np.column_stack([rng.uniform(22.0, 24.0, 7), rng.uniform(44.0, 45.5, 7)])
    area = shapely.concave_hull(shapely.MultiPoint(shell), 0.2)
    if area.geom_type != "Polygon":
        return
    hole = area.buffer(-0.1)
    area = area.difference(hole.buffer(-0.05))
    grid = Grid.around(BOX, step_m=step_m)
    got = grid.inside(area)
    want, near = slow.inside(grid, area)
    assert (got == want)[~near].all()


def test_neighbours_share_no_cell_and_leave_none_out():
    grid = Grid.around(BOX, step_m=1000.0)
    left, right = shapely.box(22.0, 44.0, 23.1, 45.5), shapely.box(23.1, 44.0, 24.0, 45.5)
    one, other = grid.inside(left), grid.inside(right)
    assert not (one & other).any()
    assert ((one | other) == grid.inside(BOX)).all()


def test_an_area_across_the_datum_line_is_one_map():
    area = shapely.MultiPolygon(
        [shapely.box(178.0, -18.0, 180, -16), shapely.box(-180, -18, -179, -16)]
    )
    grid = Grid.around(area, step_m=2000.0)
    assert grid.cols * grid.step_m < 350e3
    whole = Grid.around(shapely.box(0.0, -18.0, 3.0, -16.0), step_m=2000.0)
    want = whole.inside(shapely.box(0.0, -18.0, 3.0, -16.0)).sum()
    assert grid.inside(area).sum() == pytest.approx(want, rel=2e-3)


@pytest.mark.parametrize("site", [(44.6, 23.2), (45.5, 24.0), (48.0, 18.5)])
@pytest.mark.parametrize("step_m", [900.0, 15000.0])
def test_offsets_between_the_nodes_are_exact_enough(site, step_m):
    grid = Grid.around(BOX, step_m=step_m)
    east, north = grid.offsets_from(*site)
    want_e, want_n = offsets_m(*site, *grid.places_deg())
    assert np.hypot(east - want_e, north - want_n).max() < 1.0


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@pytest.mark.parametrize("how", ["nearest", "bilinear", "highest"])
def test_a_resampled_patch_is_what_the_slow_twin_reads(mode, how, monkeypatch):
    if mode == "interpreted":
        for name in ("read_nearest", "read_between"):
            monkeypatch.setattr(_kernels, name, getattr(_kernels, name).py_func)
    rng = np.random.default_rng(3)
    patch = rng.uniform(0.0, 100.0, (41, 61)).astype(np.float32)
    patch[rng.uniform(size=patch.shape) < 0.1] = np.nan
    patch[rng.uniform(size=patch.shape) < 0.1] = np.inf
    grid = Grid.around(BOX, step_m=4300.0)
    args = {"lat_deg": 44.7, "lon_deg": 23.0, "step_m": 3000.0, "how": how}
    got = grid.resample(patch, outside=-1.0, **args)
    want, near = slow.resample(grid, patch, outside=-1.0, **args)
    assert near.mean() < 0.02
    assert (got == -1.0).any()
    assert (got >= 0.0).any()
    if how == "bilinear":
        assert_allclose(got[~near], want[~near], rtol=2e-3, atol=0.05)
    else:
        assert ((got == want) | (np.isnan(got) & np.isnan(want)))[~near].all()


def test_the_site_reads_its_own_cell_and_north_is_up():
    grid = Grid.around(shapely.box(29.95, 49.95, 30.05, 50.05), step_m=500.0)
    patch = np.arange(15.0, dtype=np.float32).reshape(5, 3)
    lat, lon = grid.places_deg()
    mid = grid.rows // 2, grid.cols // 2
    out = grid.resample(
        patch,
        lat_deg=float(lat[mid]),
        lon_deg=float(lon[mid]),
        step_m=1000.0,
        how="highest",
    )
    assert out[mid] == 7.0
    assert out[mid[0] - 4, mid[1]] in (1.0, 2.0)  # two rows to the north
    assert np.isnan(out[0, 0])


def test_the_highest_of_four_never_promises_more_than_any_of_them():
    rng = np.random.default_rng(5)
    patch = rng.uniform(0.0, 100.0, (61, 61)).astype(np.float32)
    grid = Grid.around(BOX, step_m=2000.0)
    args = {"lat_deg": 44.7, "lon_deg": 23.0, "step_m": 3000.0}
    high = grid.resample(patch, how="highest", **args)
    between = grid.resample(patch, how="bilinear", **args)
    known = ~np.isnan(between)
    assert known.sum() > 1000
    assert (high[known] >= between[known] - 1e-3).all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Grid.around(BOX, step_m=0.0), "make no grid"),
        (lambda: Grid.around(BOX, step_m=1.0), "take a step of at least"),
        (lambda: Grid.around(shapely.Polygon(), step_m=1.0), "empty"),
        (lambda: Grid.around(shapely.box(0, 0, 5e5, 5e5), step_m=1e3), "no degrees"),
        (lambda: EqualArea(lat0_deg=89.5, lon0_deg=0.0), "within 89"),
    ],
)
def test_what_makes_no_map_is_refused(call, says):
    with pytest.raises(UsageError, match=says):
        call()


@pytest.mark.parametrize(
    ("patch", "how", "says"),
    [
        (np.zeros((4, 5), np.float32), "nearest", "no middle cell"),
        (np.zeros((5, 5), np.float32), "cubic", "choose nearest"),
        (np.zeros((5, 5), np.float64), "highest", "float32"),
        (np.zeros((5, 5), np.uint8), "nearest", "no NaN"),
    ],
)
def test_a_patch_that_cannot_be_read_is_refused(patch, how, says):
    grid = Grid.around(BOX, step_m=20000.0)
    with pytest.raises(UsageError, match=says):
        grid.resample(patch, lat_deg=45.0, lon_deg=23.0, step_m=100.0, how=how)


def test_a_site_off_the_earth_is_refused():
    with pytest.raises(UsageError, match="latitude first"):
        Grid.around(BOX, step_m=20000.0).offsets_from(123.0, 45.0)


def test_places_off_the_grid_have_no_cell():
    grid = Grid.around(BOX, step_m=5000.0)
    lat, lon = grid.places_deg()
    rows, cols = grid.cells_of(lat, lon)
    assert (rows == np.arange(grid.rows)[:, None]).all()
    assert (cols == np.arange(grid.cols)[None, :]).all()
    rows, cols = grid.cells_of([60.0, np.nan], [23.0, 23.0])
    assert rows.tolist() == cols.tolist() == [-1, -1]
