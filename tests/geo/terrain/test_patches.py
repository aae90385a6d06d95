"""Patches, map grids and points, against PROJ's geodesics and GDAL's own warping."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.geo.terrain import Terrain, mesh, terrain
from geo.terrain.rasters_by_hand import on_plane, plane, write
from reference import terrain as slow


@pytest.fixture(scope="module")
def srtm(shared_data):
    return shared_data / "terrain" / "srtm3"


@pytest.fixture(scope="module")
def carpathians(srtm):
    return Terrain.open(srtm / "N49E019.hgt")


def places_of(patch):
    """Latitude and longitude of every cell of a patch, by PROJ."""
    n = patch.half_cells
    row, col = np.indices(patch.height_m.shape).astype(float)
    return slow.cell_place(patch.lat_deg, patch.lon_deg, n, patch.step_m, row, col)


def test_every_cell_is_the_bilinear_height_at_its_geodesic_place(carpathians, srtm):
    patch = carpathians.around(49.55, 19.5, half_m=9e3, step_m=250.0)
    assert patch.height_m.dtype == np.float32
    assert patch.height_m.shape == (73, 73)
    with rasterio.open(srtm / "N49E019.hgt") as tile:
        raw = tile.read(1).astype(float)
    lat, lon = places_of(patch)
    want = slow.heights_m(raw, (50.0 - lat) * 1200.0, (lon - 19.0) * 1200.0)
    # A hundredth of a cell on the steepest slopes here, some 60 m from cell to cell.
    assert_allclose(patch.height_m, want, atol=0.6)
    assert np.sqrt(np.mean((patch.height_m - want) ** 2)) < 0.1


def test_a_patch_agrees_with_gdals_warp_as_far_as_that_is_exact(carpathians, srtm):
    patch = carpathians.around(49.5, 19.5, half_m=10e3, step_m=50.0)
    edge = (patch.half_cells + 0.5) * 50.0
    warped = np.full(patch.height_m.shape, np.nan, np.float32)
    with rasterio.open(srtm / "N49E019.hgt") as tile:
        reproject(
            rasterio.band(tile, 1),
            warped,
            dst_crs="+proj=aeqd +lat_0=49.5 +lon_0=19.5 +datum=WGS84",
            dst_transform=Affine(50.0, 0.0, -edge, 0.0, -50.0, edge),
            dst_nodata=np.nan,
            # Where cells are larger than the raster's GDAL takes a mean: 50 m are smaller than 60.
            resampling=Resampling.bilinear,
        )
        raw = tile.read(1).astype(float)
    lat, lon = (place[::8, ::8] for place in places_of(patch))
    exact = slow.heights_m(raw, (50.0 - lat) * 1200.0, (lon - 19.0) * 1200.0)
    ours = np.abs(patch.height_m[::8, ::8] - exact)
    # GDAL may be off by an eighth of a cell: that is its own tolerance.
    gdals = np.abs(warped[::8, ::8] - exact)
    assert gdals.max() < 0.125 * 90.0
    assert ours.max() < 0.25
    assert ours.mean() < 0.1 * gdals.mean()


def test_the_middle_is_the_site_and_row_0_is_north(tmp_path):
    west, north, step = 10.0, 51.0, 0.008
    path = write(
        tmp_path / "a.tif", plane(west, north, step, 250, 250), west=west, north=north, step=step
    )
    patch = Terrain.open(path).around(50.0, 11.0, half_m=5e3, step_m=1000.0)
    assert patch.half_cells == 5
    assert patch.height_m[5, 5] == pytest.approx(on_plane(50.0, 11.0), abs=1e-3)
    lat, lon = places_of(patch)
    assert_allclose(patch.height_m, on_plane(lat, lon), atol=2e-3)
    assert patch.height_m[0, 5] > patch.height_m[10, 5]
    assert patch.height_m[5, 10] > patch.height_m[5, 0]
    assert patch.unknown_share == 0.0
    assert patch.warnings == ()


def test_cells_that_are_not_square_and_rows_from_the_south(tmp_path):
    heights = plane(10.0, 51.0, 0.02, 400, 100, down=0.005)
    path = write(tmp_path / "a.tif", heights, west=10.0, north=51.0, step=0.02, down=0.005)
    up = write(
        tmp_path / "b.tif",
        heights[::-1],
        west=0,
        north=0,
        step=0,
        transform=Affine(0.02, 0.0, 10.0, 0.0, 0.005, 49.0),
    )
    patches = [Terrain.open(p).around(50.0, 11.0, half_m=20e3, step_m=500.0) for p in (path, up)]
    lat, lon = places_of(patches[0])
    for patch in patches:
        assert_allclose(patch.height_m, on_plane(lat, lon), atol=2e-3)


def test_a_raster_in_metres_and_a_turned_one(tmp_path):
    to_utm = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True)
    x0, y0 = to_utm.transform(15.0, 50.0)
    across, along = 100.0 * np.cos(np.radians(30.0)), 100.0 * np.sin(np.radians(30.0))
    turned = Affine(
        across, along, x0 - 300 * (across + along), along, -across, y0 + 300 * (across - along)
    )
    straight = Affine(100.0, 0.0, x0 - 30e3, 0.0, -100.0, y0 + 30e3)
    for name, transform in (("straight", straight), ("turned", turned)):
        col, row = np.meshgrid(np.arange(600) + 0.5, np.arange(600) + 0.5)
        x = transform.a * col + transform.b * row + transform.c
        y = transform.d * col + transform.e * row + transform.f
        path = write(
            tmp_path / f"{name}.tif",
            (900.0 + 0.01 * (x - x0) + 0.02 * (y - y0)).astype(np.float32),
            west=0,
            north=0,
            step=0,
            transform=transform,
            crs="EPSG:32633",
        )
        patch = Terrain.open(path).around(50.0, 15.0, half_m=15e3, step_m=300.0)
        lat, lon = places_of(patch)
        x, y = to_utm.transform(lon, lat)
        want = 900.0 + 0.01 * (x - x0) + 0.02 * (y - y0)
        assert_allclose(patch.height_m, want, atol=0.05)


def test_seams_between_tiles_do_not_show(srtm):
    seam = Terrain.open(srtm / "N51E000.hgt.zip", srtm / "N51W001.hgt.zip")
    assert len(seam.layers) == 1
    patch = seam.around(51.5, 0.0, half_m=10e3, step_m=100.0)
    assert patch.unknown_share == 0.0
    tiles = []
    for name in ("N51W001", "N51E000"):
        with rasterio.open(f"/vsizip/{srtm}/{name}.hgt.zip/{name}.hgt") as tile:
            tiles.append(np.where(tile.read(1) == -32768, np.nan, tile.read(1)))
    whole = np.hstack([tiles[0], tiles[1][:, 1:]])
    lat, lon = places_of(patch)
    want = slow.heights_m(whole, (52.0 - lat) * 1200.0, (lon + 1.0) * 1200.0)
    known = np.isfinite(want)
    assert known.mean() > 0.99
    assert_allclose(patch.height_m[known], want[known], atol=0.5)


def test_tiles_that_only_touch_have_no_seam_either(tmp_path):
    step = 0.01
    whole = plane(10.0, 51.0, step, 200, 200)
    whole += np.random.default_rng(1).normal(0.0, 50.0, whole.shape).astype(np.float32)
    write(tmp_path / "w.tif", whole[:, :100], west=10.0, north=51.0, step=step)
    write(tmp_path / "e.tif", whole[:, 100:], west=11.0, north=51.0, step=step)
    one = write(tmp_path.with_suffix(".tif"), whole, west=10.0, north=51.0, step=step)
    got = Terrain.open(tmp_path).around(50.0, 11.0, half_m=20e3, step_m=300.0)
    want = Terrain.open(one).around(50.0, 11.0, half_m=20e3, step_m=300.0)
    assert_allclose(got.height_m, want.height_m, atol=1e-3)


def test_the_finest_raster_serves_first_whatever_the_order(tmp_path):
    fine = write(
        tmp_path / "fine.tif",
        np.full((100, 100), 7.0, np.float32), west=10.0, north=50.0, step=0.001,
    )  # fmt: skip
    coarse = write(
        tmp_path / "coarse.tif",
        np.full((100, 100), 3.0, np.float32), west=9.5, north=50.5, step=0.01,
    )  # fmt: skip
    for paths in ((fine, coarse), (coarse, fine)):
        dem = Terrain.open(*paths)
        assert [round(layer.cell_m) for layer in dem.layers] == [111, 1112]
        assert_array_equal(dem.heights_m([49.95, 49.8, 40.0], [10.05, 10.3, 10.0]), [7, 3, np.nan])
        patch = dem.around(49.95, 10.05, half_m=10e3, step_m=100.0)
        assert set(np.unique(patch.height_m)) == {3.0, 7.0}
        shares = {share.name.rsplit("/", 1)[1]: share.share for share in patch.shares}
        # 0.1 degrees are 11.1 km to the north and 7.2 km to the east, of 20.1 km each way.
        assert shares["fine.tif"] == pytest.approx(11.12 * 7.17 / 20.1**2, rel=0.02)
        assert sum(shares.values()) == pytest.approx(1.0)
        assert len(patch.warnings) == 1  # of the coarse one


@pytest.mark.parametrize("lon_deg", [180.0, -180.0, 179.9, -179.95])
def test_tiles_on_both_sides_of_the_datum_line(tmp_path, lon_deg):
    step = 0.01
    for west, name in ((179.0, "e.tif"), (-180.0, "w.tif")):
        lon = west % 360.0
        write(tmp_path / name, plane(lon, 1.0, step, 200, 100), west=west, north=1.0, step=step)
    dem = Terrain.open(tmp_path)
    assert len(dem.layers) == 1
    patch = dem.around(0.0, lon_deg, half_m=30e3, step_m=500.0)
    lat, lon = places_of(patch)
    assert_allclose(patch.height_m, on_plane(lat, lon % 360.0), atol=2e-3)
    assert dem.heights_m(0.1, -179.5) == pytest.approx(on_plane(0.1, 180.5), abs=1e-3)


@pytest.mark.parametrize("west", [-180.0, 0.0])
def test_a_raster_of_the_whole_world_closes_on_itself(tmp_path, west):
    lon = west + 0.5 + np.arange(360)
    heights = np.repeat(np.cos(np.radians(lon))[None, :] * 100.0, 180, axis=0).astype(np.float32)
    path = write(tmp_path / "w.tif", heights, west=west, north=90.0, step=1.0)
    dem = Terrain.open(path)
    for site in (-180.0, -0.3, 0.0, 179.9, 359.9):
        patch = dem.around(10.0, site, half_m=300e3, step_m=5000.0)
        assert patch.unknown_share == 0.0
        _, lon = places_of(patch)
        assert_allclose(patch.height_m, np.cos(np.radians(lon)) * 100.0, atol=0.01)


def test_a_patch_over_the_pole(tmp_path):
    lat = 89.75 - 0.5 * np.arange(360)
    heights = np.repeat((lat * 10.0)[:, None], 720, axis=1).astype(np.float32)
    path = write(tmp_path / "w.tif", heights, west=-180.0, north=90.0, step=0.5)
    patch = Terrain.open(path).around(89.0, 30.0, half_m=300e3, step_m=5000.0)
    lat, _ = places_of(patch)
    assert patch.unknown_share < 0.001
    inside = lat < 89.7  # beyond the last row's centre there is only that row
    assert_allclose(patch.height_m[inside], lat[inside] * 10.0, atol=0.02)


def test_small_holes_are_bridged_and_large_ones_told(tmp_path):
    step = 0.01
    heights = plane(10.0, 51.0, step, 200, 200)
    want = heights.copy()
    heights[100:108, 50:58] = -32768
    heights[20:60, 100:140] = -32768
    path = write(tmp_path / "a.tif", heights, west=10.0, north=51.0, step=step, nodata=-32768)
    dem = Terrain.open(path)
    lat = 51.0 - step * (np.arange(200) + 0.5)
    lon = 10.0 + step * (np.arange(200) + 0.5)
    got = dem.heights_m(lat[:, None], lon)
    large = np.zeros((200, 200), bool)
    large[20:60, 100:140] = True
    assert_allclose(got[~large], want[~large], atol=2e-3)
    assert np.isnan(got[large]).mean() > 0.8  # its corners are near ground on both sides
    patch = dem.around(50.5, 11.2, half_m=30e3, step_m=500.0)
    assert 0.1 < patch.unknown_share < 0.5
    assert any("Unknown terrain" in text for text in patch.warnings)


@settings(deadline=None, max_examples=6)
@given(lat=st.floats(49.2, 49.8), lon=st.floats(19.2, 19.8), cells=st.integers(5000, 30_000))
def test_heights_do_not_depend_on_how_the_work_is_cut(carpathians, lat, lon, cells):
    whole = carpathians.around(lat, lon, half_m=10e3, step_m=200.0)
    before = terrain.WINDOW_CELLS
    terrain.WINDOW_CELLS = cells
    try:
        cut = carpathians.around(lat, lon, half_m=10e3, step_m=200.0)
    finally:
        terrain.WINDOW_CELLS = before
    # Each part has its own mesh: some thousandths of a cell on slopes of up to 200 m a cell.
    assert_allclose(cut.height_m, whole.height_m, atol=0.5)
    assert np.sqrt(np.mean((cut.height_m - whole.height_m) ** 2)) < 0.1


@settings(deadline=None, max_examples=10)
@given(lat=st.floats(49.2, 49.8), lon=st.floats(19.2, 19.8), step=st.floats(40.0, 900.0))
def test_the_highest_ground_of_a_cell_is_never_below_any_of_it(carpathians, lat, lon, step):
    top = carpathians.around(lat, lon, half_m=4 * step, step_m=step, reduce="max")
    seventh = carpathians.around(lat, lon, half_m=4 * step + 3 * step / 7, step_m=step / 7)
    inside = seventh.height_m.reshape(9, 7, 9, 7).max(axis=(1, 3))
    assert (top.height_m >= inside - 0.5).all()
    # And it is no higher than what is there, up to what lies between the samples.
    assert np.median(top.height_m - inside) < 0.06 * step


def test_a_map_grid_that_sites_share(carpathians, srtm):
    grid = Grid.around(shapely.box(19.45, 49.35, 19.95, 49.65), step_m=500.0)
    got = carpathians.on_grid(grid)
    laea = (
        f"+proj=laea +lat_0={grid.projection.lat0_deg} +lon_0={grid.projection.lon0_deg} "
        "+datum=WGS84"
    )
    want = np.full(grid.shape, np.nan, np.float32)
    with rasterio.open(srtm / "N49E019.hgt") as tile:
        reproject(
            rasterio.band(tile, 1),
            want,
            dst_crs=laea,
            dst_transform=Affine(500.0, 0.0, grid.west_m, 0.0, -500.0, grid.north_m),
            dst_nodata=np.nan,
            # At 500 m GDAL's bilinear is a weighted mean; points are what is asked for.
            resampling=Resampling.nearest,
            tolerance=0.0,
        )
    assert got.unknown_share == 0.0
    away = got.height_m - want
    assert abs(np.mean(away)) < 1.0
    assert np.sqrt(np.mean(away**2)) < 15.0  # nearest is up to half a cell away
    assert_allclose(got.height_m, carpathians.heights_m(*grid.places_deg()), atol=0.5)


def test_points_are_told_in_any_shape_and_far_apart(srtm):
    dem = Terrain.open(srtm)
    got = dem.heights_m([[38.47, 49.5], [51.5, np.nan]], [[-28.4, 19.5], [0.1, 0.0]])
    assert got.shape == (2, 2)
    assert got[0, 0] + 1700.0 > 2000.0  # on Pico's slope
    assert np.isfinite(got).sum() == 3
    assert dem.heights_m(49.5, 19.5) == got[0, 1]
    assert np.isnan(dem.heights_m(0.0, 0.0))
    assert dem.heights_m([], []).shape == (0,)


def test_many_threads_get_what_one_gets(srtm):
    dem = Terrain.open(srtm, world=True)
    sites = [(49.5, 19.5), (51.5, 0.0), (38.5, -28.4), (53.5, 28.0)] * 3
    dig = {"half_m": 20e3, "step_m": 200.0}
    want = [dem.around(*site, **dig).height_m for site in sites[:4]] * 3
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda site: dem.around(*site, **dig).height_m, sites))
    for one, other in zip(got, want, strict=True):
        assert_array_equal(one, other)


def test_a_terrain_goes_to_other_processes(carpathians):
    again = pickle.loads(pickle.dumps(carpathians))
    assert again == carpathians
    assert again.digest == carpathians.digest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"lat_deg": 91.0}, "latitude 91.0 is not on Earth"),
        ({"lon_deg": 400.0}, "longitude 400.0 is not on Earth"),
        ({"step_m": 0.0}, "step_m must be a positive"),
        ({"half_m": -1.0}, "half_m must be between"),
        ({"half_m": float("nan")}, "half_m must be between"),
        ({"step_m": 0.5}, "more than fit in memory"),
        ({"reduce": "mean"}, "reduce must be"),
    ],
)
def test_patches_that_make_no_sense_are_refused(carpathians, arguments, words):
    right = {"lat_deg": 49.5, "lon_deg": 19.5, "half_m": 20e3, "step_m": 500.0}
    with pytest.raises(UsageError, match=words):
        carpathians.around(**{**right, **arguments})


@pytest.mark.parametrize(
    ("lat", "lon", "step_m"),
    [(50.0, 30.0, 90.0), (85.0, 30.0, 90.0), (0.0, 179.0, 2000.0), (-70.0, -60.0, 20.0)],
)
def test_a_mesh_is_within_a_fiftieth_of_a_cell(lat, lon, step_m):
    layer = Terrain.world().layers[0]
    n = 1000
    made = mesh.mesh_of(
        layer,
        mesh.around_site(lat, lon, half_cells=n, step_m=step_m),
        row0=0, col0=0, rows=2 * n + 1, cols=2 * n + 1, near_deg=lon, step_m=step_m,
    )  # fmt: skip
    rng = np.random.default_rng(1)
    row, col = rng.integers(0, 2 * n + 1, (2, 4000))
    row[:4], col[:4] = [0, 0, 2 * n, 2 * n], [0, 2 * n, 0, 2 * n]
    got_row = [slow.mesh_at(made.row, made.every, i, j) for i, j in zip(row, col, strict=True)]
    got_col = [slow.mesh_at(made.col, made.every, i, j) for i, j in zip(row, col, strict=True)]
    want_lat, want_lon = slow.cell_place(lat, lon, n, step_m, row.astype(float), col.astype(float))
    # Pixels of 5 minutes of arc, 1,853 m to the north.
    want_row = (90.0 - want_lat) * 12.0 - 0.5
    want_col = (lon + (want_lon - lon + 180.0) % 360.0 - 180.0 + 180.0) * 12.0 - 0.5
    pixel_m = layer.cell_m
    off_m = np.hypot(
        (got_row - want_row) * pixel_m,
        (got_col - want_col) * pixel_m * np.cos(np.radians(want_lat)),
    )
    assert off_m.max() < 0.02 * min(step_m, pixel_m)


def test_what_is_held_for_many_sites_is_what_is_read_for_each(tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    height = rng.uniform(100.0, 900.0, (600, 700)).astype(np.float32)
    height[40:44, 100:103] = np.nan  # bridged
    height[300:360, 300:380] = np.nan  # not
    path = tmp_path / "ground.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=700, height=600, count=1, dtype="float32",
        crs="EPSG:4326", nodata=np.nan, transform=rasterio.Affine(0.001, 0, 30, 0, -0.001, 50),
    ) as out:  # fmt: skip
        out.write(height, 1)
    terrain = Terrain.open(path)
    sites = [(49.7, 30.3), (49.72, 30.36), (49.69, 30.31)]
    held = terrain.held_around([(*site, 40e3) for site in sites], threads=2)
    assert held.layers[0].held is not None
    assert held.digest == terrain.digest
    # Far apart, nothing would be read twice.
    apart = terrain.held_around([(49.5, 30.1, 2e3), (49.9, 30.6, 2e3)])
    assert apart.layers[0].held is None
    asked = [
        {"half_m": 9e3, "step_m": 100.0}, {"half_m": 12e3, "step_m": 300.0, "reduce": "max"},
    ]  # fmt: skip
    want = [terrain.around(*site, **what).height_m for site in sites for what in asked]
    assert all(np.isfinite(one).any() for one in want)
    # Of the raster nothing is read again.
    monkeypatch.setattr(
        type(held.layers[0].first), "read_into", lambda self, *window: pytest.fail("read again")
    )
    got = [held.around(*site, **what).height_m for site in sites for what in asked]
    for a, b in zip(want, got, strict=True):
        assert np.array_equal(a, b, equal_nan=True)
