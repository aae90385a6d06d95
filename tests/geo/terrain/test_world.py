"""The built-in world grid: where it lies, how good it is, what it warns of."""

import numpy as np
import pytest
import rasterio

from airshield.errors import UsageError
from airshield.geo.terrain import Terrain, itu, world


@pytest.fixture(scope="module")
def built_in():
    return Terrain.world()


def tile_means(shared_data, name):
    """Centres of the cells of 5 minutes of arc in a tile of SRTM, and the means of its heights."""
    path = shared_data / "terrain" / "srtm3" / name
    inside = f"/vsizip/{path}/{name[:7]}.hgt" if name.endswith("zip") else path
    with rasterio.open(inside) as tile:
        heights = tile.read(1, out_dtype="float64")
        west, north = round(tile.bounds.left), round(tile.bounds.top)
    heights[heights == -32768] = np.nan
    # Tiles have their outermost rows and columns in common with the next.
    cells = heights[:1200, :1200].reshape(12, 100, 12, 100)
    lat = north - (np.arange(12) + 0.5) / 12.0
    lon = west + (np.arange(12) + 0.5) / 12.0
    return lat[:, None], lon, np.nanmean(cells, axis=(1, 3)), np.nanmax(cells, axis=(1, 3))


@pytest.mark.parametrize(
    ("name", "off_m", "tops_m"),
    [
        ("N53E027.hgt.zip", 15.0, 30.0),
        ("N51E000.hgt.zip", 20.0, 50.0),
        ("N49E019.hgt", 80.0, 300.0),
    ],
)
def test_it_is_the_mean_of_its_cells_within_what_the_docs_say(
    shared_data, built_in, name, off_m, tops_m
):
    lat, lon, mean, top = tile_means(shared_data, name)
    got = built_in.heights_m(lat, lon)
    assert np.sqrt(np.mean((got - mean) ** 2)) < off_m
    # What the warning says: the hills inside a cell are not in it.
    assert np.mean(top - got) > tops_m * 0.9
    shifted = built_in.heights_m(lat, lon + 1.0 / 12.0)
    assert np.mean((got - mean) ** 2) < np.mean((shifted - mean) ** 2)


def test_the_sea_is_at_0_and_the_world_is_whole(built_in):
    lat, lon = np.linspace(-90.0, 90.0, 181)[:, None], np.linspace(-180.0, 360.0, 271)
    heights = built_in.heights_m(lat, lon)
    assert np.isfinite(heights).all()
    assert (heights[:, :90] == built_in.heights_m(lat, lon[:90] + 360.0)).all()
    assert built_in.heights_m(0.0, -150.0) == 0.0
    assert 0.25 < np.mean(heights[15:166] != 0.0) < 0.45  # land, of a cylinder
    assert built_in.heights_m(31.5, 35.5) < -200.0  # the Dead Sea and its shores
    assert 4500.0 < built_in.heights_m(33.0, 88.0) < 5600.0  # Tibet


def test_every_patch_of_it_warns_of_what_it_cannot_show(built_in):
    patch = built_in.around(50.45, 30.52, half_m=100e3, step_m=1000.0)
    (text,) = patch.warnings
    assert text.startswith("Coarse terrain: each height is the mean of a cell of 9 km.")
    assert built_in.sources == ("built-in world heights (5 minutes of arc)",)


def test_it_serves_where_the_rasters_of_a_user_end(shared_data):
    tile = shared_data / "terrain" / "srtm3" / "N49E019.hgt"
    alone, both = Terrain.open(tile), Terrain.open(tile, world=True)
    place = {"lat_deg": 49.5, "lon_deg": 19.95, "half_m": 10e3, "step_m": 500.0}
    some, whole = alone.around(**place), both.around(**place)
    known = np.isfinite(some.height_m)
    assert 0.3 < some.unknown_share < 0.5
    assert whole.unknown_share == 0.0
    assert (whole.height_m[known] == some.height_m[known]).all()
    assert whole.shares[1].share == pytest.approx(some.unknown_share)
    assert "Unknown terrain" in some.warnings[0]
    assert "Coarse terrain" in whole.warnings[0]


def test_p1511_is_what_itur_says(built_in):
    pytest.importorskip("itur", reason="the extra 'itu' is not installed")
    from itur.models import itu1511

    recommended = Terrain.world("p1511")
    rng = np.random.default_rng(5)
    # At the grid's own points, where bilinear (ours) and bicubic (theirs) agree.
    lat = 90.125 - rng.integers(100, 2060, 50) / 12.0
    lon = -180.125 + rng.integers(2, 4322, 50) / 12.0
    theirs = itu1511.topographic_altitude(lat, lon).value * 1000.0
    np.testing.assert_allclose(recommended.heights_m(lat, lon), theirs, atol=0.51)
    assert recommended.digest != built_in.digest
    assert recommended.around(50.0, 179.99, half_m=50e3, step_m=5e3).unknown_share == 0.0


def test_p1511_is_better_than_the_built_in(shared_data, built_in):
    pytest.importorskip("itur", reason="the extra 'itu' is not installed")
    lat, lon, mean, _ = tile_means(shared_data, "N49E019.hgt")
    off = {
        source: np.sqrt(np.mean((dem.heights_m(lat, lon) - mean) ** 2))
        for source, dem in (("p1511", Terrain.world("p1511")), ("built-in", built_in))
    }
    assert off["p1511"] < 5.0
    assert off["built-in"] > 50.0


def test_names_and_packages_that_are_not_there_are_told(monkeypatch):
    with pytest.raises(UsageError, match="choose 'built-in' or 'p1511'"):
        world.world_heights("etopo")
    monkeypatch.setattr(itu, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'airshield\[itu\]'"):
        Terrain.world("p1511")
