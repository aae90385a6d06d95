"""What rasters say of themselves: units, the sea, no data, and what is refused and the remedy."""

import os
import shutil
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.testing import assert_allclose, assert_array_equal

import airshield
from airshield.errors import MissingFileError, TerrainError, UsageError
from airshield.geo.terrain import Terrain
from geo.terrain.rasters_by_hand import on_plane, plane, write

WEST, NORTH, STEP = 10.0, 51.0, 0.005
HERE = {"west": WEST, "north": NORTH, "step": STEP}


def flat(value, dtype=np.int16, size=100):
    return np.full((size, size), value, dtype)


def middle_of(path, **options):
    return float(Terrain.open(path, **options).heights_m(50.75, 10.25))


@pytest.mark.parametrize(
    ("told", "option", "metres"),
    [
        ("m", None, 1000.0),
        (None, None, 1000.0),
        ("ft", None, 304.8),
        ("US survey foot", None, 1200000.0 / 3937.0),
        ("metre", "ft", 304.8),
        (None, "dm", 100.0),
    ],
)
def test_heights_come_in_metres_whatever_the_unit(tmp_path, told, option, metres):
    path = write(tmp_path / "a.tif", flat(1000), **HERE, unit=told)
    assert middle_of(path, unit=option) == pytest.approx(metres, rel=1e-6)


def test_the_unit_of_a_vertical_datum_counts(tmp_path):
    path = write(tmp_path / "a.tif", flat(1000), **HERE, crs="EPSG:4326+8052")  # US survey feet
    assert middle_of(path) == pytest.approx(1200000.0 / 3937.0, rel=1e-6)
    path = write(tmp_path / "b.tif", flat(1000), **HERE, crs="EPSG:4326+5773")
    assert middle_of(path) == 1000.0


def test_scale_and_offset_of_a_raster_count(tmp_path):
    path = write(tmp_path / "a.tif", flat(50, np.uint8), **HERE, nodata=255)
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = (28.0,), (-450.0,)
    assert middle_of(path) == 950.0


def test_land_below_the_sea_stays_where_it_is(tmp_path):
    assert middle_of(write(tmp_path / "a.tif", flat(-430), **HERE)) == -430.0


def test_the_floor_of_the_sea_is_refused_until_it_is_told(tmp_path):
    heights = plane(WEST, NORTH, STEP, 100, 100) - 5000.0
    path = write(tmp_path / "a.tif", heights, **HERE)
    with pytest.raises(TerrainError, match=r"below -500 m.*sea='floor'"):
        middle_of(path)
    assert middle_of(path, sea="floor") == 0.0


def test_a_sea_that_is_left_out_is_unknown_until_it_is_told(tmp_path):
    path = write(tmp_path / "a.tif", flat(-32767), **HERE, nodata=-32767)
    assert np.isnan(middle_of(path))
    assert middle_of(path, sea="void") == 0.0
    assert np.isnan(Terrain.open(path, sea="void").heights_m(0.0, 0.0))  # that is not in it


@pytest.mark.parametrize("value", [-9999, -32768, -32767, -3.4028234663852886e38])
def test_values_that_everybody_uses_for_no_data_are_no_data(tmp_path, value):
    heights = plane(WEST, NORTH, STEP, 100, 100)
    heights[50:53, 50:53] = value
    path = write(tmp_path / "a.tif", heights, **HERE)
    assert middle_of(path) == pytest.approx(float(on_plane(50.75, 10.25)), abs=0.05)
    in_feet = middle_of(path, unit="ft")  # -9999 ft would be a depth that there is
    assert in_feet == pytest.approx(0.3048 * float(on_plane(50.75, 10.25)), abs=0.05)


def test_feet_that_are_not_told_are_found_out_in_mountains(tmp_path):
    path = write(tmp_path / "a.tif", flat(14000), **HERE)
    with pytest.raises(TerrainError, match=r"higher than any ground.*unit='ft'"):
        middle_of(path)
    assert middle_of(path, unit="ft") == pytest.approx(4267.2)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"crs": None}, "which coordinate system.*gdal_edit.py -a_srs EPSG:4326"),
        ({"step": 30.0, "west": 4e5, "north": 5.5e6}, "claims degrees.*metres taken for degrees"),
        ({"west": 50.0, "north": 100.0}, "claims degrees"),
        ({"crs": "EPSG:32634"}, "claims metres.*looks like degrees"),
        ({"crs": "EPSG:4979"}, "above the ellipsoid.*gdalwarp"),
        ({"crs": "EPSG:32634", "west": 9e9, "north": 9e9, "step": 30.0}, "nowhere on Earth"),
        ({"unit": "furlong"}, "'furlong', which is no unit"),
        ({"photometric": "rgb", "count": 3}, "a picture, not heights"),
    ],
)
def test_a_raster_that_cannot_be_right_is_refused_with_the_remedy(tmp_path, options, words):
    count = options.pop("count", 1)
    path = write(tmp_path / "a.tif", flat(7), **{**HERE, **options}) if count == 1 else None
    if path is None:
        path = tmp_path / "a.tif"
        options = dict(driver="GTiff", width=9, height=9, dtype="uint8", crs="EPSG:4326")
        transform = rasterio.Affine(STEP, 0.0, WEST, 0.0, -STEP, NORTH)
        with rasterio.open(path, "w", **options, count=3, transform=transform) as out:
            out.write(np.zeros((3, 9, 9), np.uint8))
    with pytest.raises(TerrainError, match=words) as told:
        Terrain.open(path)
    assert told.value.file == str(path)


def test_a_raster_without_a_place_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"width": 9, "height": 9, "count": 1, "dtype": "int16", "crs": "EPSG:4326"}
        with rasterio.open(path, "w", driver="GTiff", **options) as out:
            out.write(np.zeros((1, 9, 9), np.int16))
    with pytest.raises(TerrainError, match=r"does not say where it lies.*gdal_edit.py -a_ullr"):
        Terrain.open(path)


def test_files_that_are_no_rasters_are_refused(tmp_path):
    with pytest.raises(UsageError, match=r"Terrain.world\(\)"):
        Terrain.open()
    with pytest.raises(MissingFileError, match="no such file"):
        Terrain.open(tmp_path / "nothing.tif")
    (tmp_path / "text.tif").write_text("these are no heights")
    with pytest.raises(TerrainError, match="GDAL cannot read it"):
        Terrain.open(tmp_path / "text.tif")
    (tmp_path / "a.zip").write_text("this is no zip")
    with pytest.raises(TerrainError, match="no zip that can be read"):
        Terrain.open(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("readme.txt", "no heights")
    with pytest.raises(TerrainError, match=r"no raster of heights in it, only readme\.txt"):
        Terrain.open(tmp_path / "b.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TerrainError, match="the folder has no raster"):
        Terrain.open(tmp_path / "empty")
    path = write(tmp_path / "good.tif", flat(7), **HERE)
    with pytest.raises(UsageError, match="sea must be"):
        Terrain.open(path, sea="wet")
    with pytest.raises(UsageError, match="unit 'ell' is not known"):
        Terrain.open(path, unit="ell")


def test_a_raster_that_is_cut_off_tells_when_it_is_read(tmp_path):
    rng = np.random.default_rng(1)
    path = write(tmp_path / "a.tif", rng.integers(0, 99, (200, 200)).astype(np.int16), **HERE)
    os.truncate(path, path.stat().st_size - 30_000)
    with pytest.raises(TerrainError, match=r"cannot be read|GDAL cannot read it"):
        Terrain.open(path).around(50.2, 10.5, half_m=30e3, step_m=500.0)


def test_zips_folders_and_virtual_mosaics_are_read(tmp_path):
    heights = plane(WEST, NORTH, STEP, 100, 200)
    write(tmp_path / "w.tif", heights[:, :100], **HERE)
    write(tmp_path / "e.tif", heights[:, 100:], **{**HERE, "west": WEST + 0.5})
    source = """<SimpleSource><SourceFilename relativeToVRT="1">{}.tif</SourceFilename>
      <SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="100" ySize="100"/>
      <DstRect xOff="{}" yOff="0" xSize="100" ySize="100"/></SimpleSource>"""
    (tmp_path / "all.vrt").write_text(
        '<VRTDataset rasterXSize="200" rasterYSize="100"><SRS>EPSG:4326</SRS>'
        f"<GeoTransform>{WEST}, {STEP}, 0, {NORTH}, 0, -{STEP}</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1">'
        + source.format("w", 0)
        + source.format("e", 100)
        + "</VRTRasterBand></VRTDataset>"
    )
    virtual = Terrain.open(tmp_path / "all.vrt")
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for name in ("w.tif", "e.tif"):
            archive.write(tmp_path / name, f"inside/{name}")
    (tmp_path / "folder").mkdir()
    for name in ("w.tif", "e.tif"):
        shutil.copy(tmp_path / name, tmp_path / "folder")
    lat, lon = np.linspace(50.51, 50.99, 50)[:, None], np.linspace(10.01, 10.99, 50)
    for dem in (virtual, Terrain.open(tmp_path / "both.zip"), Terrain.open(tmp_path / "folder")):
        assert_allclose(dem.heights_m(lat, lon), on_plane(lat, lon), atol=2e-3)

    before = virtual.digest
    write(tmp_path / "e.tif", heights[:, 100:] + 1.0, **{**HERE, "west": WEST + 0.5})
    assert virtual.digest != before  # a part of it has changed


def test_the_digest_is_that_of_the_heights(tmp_path):
    heights = plane(WEST, NORTH, STEP, 100, 100)
    one = write(tmp_path / "a.tif", heights, **HERE)
    digest = Terrain.open(one).digest
    assert len(digest) == 32
    (tmp_path / "elsewhere").mkdir()
    again = shutil.copyfile(one, tmp_path / "elsewhere" / "b.tif")
    assert Terrain.open(again).digest == digest
    others = {
        Terrain.open(one, unit="ft").digest,
        Terrain.open(one, sea="floor").digest,
        Terrain.open(one, world=True).digest,
        Terrain.open(write(tmp_path / "c.tif", heights + 1, **HERE)).digest,
        Terrain.open(write(tmp_path / "d.tif", heights, **{**HERE, "west": 11.0})).digest,
    }
    assert len(others | {digest}) == 6
    dem = Terrain.open(one)
    one.unlink()
    with pytest.raises(MissingFileError, match="put it back"):
        _ = dem.digest


def test_a_large_file_that_is_edited_in_place_gets_another_digest(tmp_path, monkeypatch):
    from airshield.geo.terrain import digest

    monkeypatch.setattr(digest, "WHOLE_BYTES", 10_000)
    monkeypatch.setattr(digest, "SAMPLES", 3)
    monkeypatch.setattr(digest, "SAMPLE_BYTES", 100)
    path = write(tmp_path / "a.tif", flat(5, size=200), **HERE)
    before = Terrain.open(path).digest
    with path.open("r+b") as file:  # a byte, the same size
        file.seek(50_001)
        file.write(b"\x07")
    assert Terrain.open(path).digest != before


MEASURE = """
import resource, sys
import numpy as np
from airshield.geo import terrain
terrain.warm_up()
terrain.Terrain.world().around(50.0, 30.0, half_m=50e3, step_m=50.0)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
dem = terrain.Terrain.open(sys.argv[1])
patch = dem.around(50.0, 30.0, half_m=40e3, step_m=50.0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
print(np.count_nonzero(np.isfinite(patch.height_m)), dem.heights_m(50.0001, 30.0001))
"""


def test_a_raster_larger_than_memory_is_read_in_windows(tmp_path):
    """7 GB of heights, of which nearly all are absent from the file: 10 m cells of 6 degrees."""
    path = tmp_path / "big.tif"
    size, step = 60_000, 1e-4
    options = {"tiled": True, "blockxsize": 512, "blockysize": 512, "SPARSE_OK": True}
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype="int16", nodata=-32768,
        crs="EPSG:4326", transform=rasterio.Affine(step, 0, 27.0, 0, -step, 53.0), **options,
    ) as out:  # fmt: skip
        window = rasterio.windows.Window(29_696, 29_696, 1024, 1024)
        out.write(np.full((1024, 1024), 123, np.int16), 1, window=window)
    assert path.stat().st_size < 10_000_000
    environment = {**os.environ, "PYTHONPATH": str(Path(airshield.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    grown_kb, *told = done.stdout.split()
    # Its window is 80 million cells, 320 MB as heights; 64 MB and a copy are in use at once.
    assert int(grown_kb) < 200_000
    assert float(told[1]) == 123.0
    cells = (1024 * step * 111_195.0 / 50.0) ** 2 * np.cos(np.radians(50.0))
    assert int(told[0]) == pytest.approx(cells, rel=0.03)


def test_blocks_that_cannot_be_read_in_part_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=20_000, height=20_000, count=1, dtype="int16",
        crs="EPSG:4326", transform=rasterio.Affine(1e-4, 0, 27.0, 0, -1e-4, 53.0), SPARSE_OK=True,
        blockysize=20_000, compress="deflate",
    ):  # fmt: skip
        pass
    with pytest.raises(TerrainError, match="store it in tiles: gdal_translate -of COG"):
        Terrain.open(path)


def test_nothing_else_loads_gdal():
    code = "import sys, airshield.cli, airshield.geo.terrain; print('rasterio' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(airshield.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False"]


def test_heights_are_never_written_to(tmp_path):
    path = write(tmp_path / "a.tif", flat(5), **HERE)
    dem = Terrain.open(path)
    first = dem.around(50.75, 10.25, half_m=5e3, step_m=100.0).height_m
    first[:] = 99.0
    assert_array_equal(dem.around(50.75, 10.25, half_m=5e3, step_m=100.0).height_m, 5.0)
