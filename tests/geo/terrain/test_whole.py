"""Whole rasters: the file's own pages where they are an array, and the same heights anyway."""

import mmap

import numpy as np
import pytest
import rasterio

from airshield.errors import TerrainError
from airshield.geo.terrain import read_raster
from airshield.geo.terrain.mapped import mapped_m

GROUND = np.random.default_rng(5).uniform(-400.0, 3000.0, (70, 90)).astype(np.float32)


def written(folder, ground=GROUND, **more):
    path = folder / "ground.tif"
    profile = {
        "driver": "GTiff", "height": ground.shape[0], "width": ground.shape[1], "count": 1,
        "dtype": ground.dtype, "crs": "EPSG:32634", "transform": (20.0, 0, 4e5, 0, -20.0, 5.5e6),
        **more,
    }  # fmt: skip
    profile["transform"] = rasterio.Affine(*profile["transform"])
    with rasterio.open(path, "w", **profile) as out:
        out.write(ground, 1)
    return path


def is_mapped(height_m):
    base = height_m
    while isinstance(base, np.ndarray):
        base = base.base
    return (
        isinstance(base, memoryview)
        and isinstance(base.obj, mmap.mmap)
        and bool(len(base.obj) > height_m.nbytes)
    )


@pytest.mark.parametrize("more", [{}, {"blockysize": 7}], ids=str)
def test_heights_that_lie_in_the_file_as_an_array_are_not_copied(tmp_path, more):
    path = written(tmp_path, **more)
    height_m, raster = read_raster(path)
    assert np.array_equal(height_m, GROUND)
    assert mapped_m(path, *GROUND.shape) is not None
    assert is_mapped(height_m)
    assert raster.transform[0] == 20.0
    # What is written to them stays in memory.
    height_m[:] = 7.0
    with rasterio.open(path) as file:
        assert np.array_equal(file.read(1), GROUND)


@pytest.mark.parametrize(
    "more",
    [
        {"tiled": True, "blockxsize": 16, "blockysize": 16},
        {"compress": "deflate"},
        {"ENDIANNESS": "BIG"},
        {"dtype": "int16"},
        {"dtype": "float64"},
    ],
    ids=str,
)
def test_other_files_are_read(tmp_path, more):
    ground = GROUND.astype(more.get("dtype", "float32"))
    path = written(tmp_path, ground, **more)
    height_m, _ = read_raster(path)
    assert mapped_m(path, *ground.shape) is None
    assert np.array_equal(height_m, ground.astype(np.float32))


@pytest.mark.parametrize("more", [{"blockysize": 16}, {"BIGTIFF": "YES"}], ids=str)
def test_an_array_between_two_places_is_copied(tmp_path, more):
    path = written(tmp_path, **more)
    height_m = mapped_m(path, *GROUND.shape)
    assert height_m is not None
    assert np.array_equal(height_m, GROUND)
    assert not is_mapped(height_m)
    assert np.array_equal(read_raster(path)[0], GROUND)


@pytest.mark.parametrize("void", [-9999.0, 0.0, np.nan])
def test_what_stands_for_no_data_is_unknown_and_the_file_is_copied_then(tmp_path, void):
    ground = GROUND.copy()
    ground[3, 4] = void
    height_m, _ = read_raster(written(tmp_path, ground, nodata=void))
    assert np.argwhere(np.isnan(height_m)).tolist() == [[3, 4]]
    assert not is_mapped(height_m)


def test_what_is_no_height_of_ground_is_refused_as_ever(tmp_path):
    ground = GROUND.copy()
    ground[3, 4] = 9500.0
    with pytest.raises(TerrainError, match="higher than any ground"):
        read_raster(written(tmp_path, ground))


def test_a_file_that_ends_too_early_is_not_mapped(tmp_path):
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    assert mapped_m(path, *GROUND.shape) is None
    with pytest.raises(TerrainError):
        read_raster(path)


def test_any_damage_to_the_head_is_survived(tmp_path):
    path = written(tmp_path)
    whole = bytearray(path.read_bytes())
    rng = np.random.default_rng(1)
    for at in rng.integers(0, 400, 200):
        damaged = whole.copy()
        damaged[at] = rng.integers(0, 256)
        path.write_bytes(damaged)
        found = mapped_m(path, *GROUND.shape)
        assert found is None or found.shape == GROUND.shape
    path.write_bytes(b"")
    assert mapped_m(path, *GROUND.shape) is None


def test_several_rasters_are_not_one(tmp_path):
    written(tmp_path).rename(tmp_path / "other.tif")
    written(tmp_path)
    with pytest.raises(TerrainError, match="2 rasters are there"):
        read_raster(tmp_path)
