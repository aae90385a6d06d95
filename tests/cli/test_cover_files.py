"""Files of ``cover --to``: opened again by other programs' eyes, they say what the survey says."""

import csv
import json
from dataclasses import replace

import numpy as np
import pyarrow.csv as pcsv
import pytest
import rasterio
import shapely
from PIL import Image
from pyproj import Transformer
from shapely import box

from airshield.cli import cover_files
from airshield.cli.cover_files import NEVER_M, slugs, write_cog, write_cover
from airshield.errors import StoreError
from airshield.geo.grid import Grid
from airshield.report.maps import count_looks, count_scene
from command_line import run
from small_cover import small_shield, surveyed

LOW = "light_aircraft 300 m AGL"
AMSL = "light_aircraft 1000 m AMSL"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A survey and the folder that it was written to."""
    shield, found = surveyed(small_shield(tmp_path_factory.mktemp("files")))
    folder = tmp_path_factory.mktemp("written") / "maps"
    return shield, found, folder, write_cover(shield, found, folder)


def cover_of(found, name):
    return next(cover for cover in found.layers if cover.layer.name == name)


def test_every_file_is_there_and_nothing_else(made):
    _, _, folder, written = made
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(written)
    told = json.loads((folder / "cover.json").read_text(encoding="utf-8"))["files"]
    assert {folder / name for name in told} | {folder / "cover.json"} == set(written)


def test_every_file_says_what_it_rests_on(made):
    shield, found, _, written = made
    facts = {shield.digest, found.stamp["terrain_digest"], "planning estimate", "N49E019.hgt.zip"}
    for path in written:
        if path.suffix == ".tif":
            with rasterio.open(path) as raster:
                told = " ".join(raster.tags().values())
        elif path.suffix == ".png":
            with Image.open(path) as image:
                told = " ".join(image.text.values())
        else:
            told = path.read_text(encoding="utf-8")
            if path.suffix == ".csv" and told.count("\n") == 1:
                continue  # a table without rows has nothing to say
        for fact in facts:
            assert fact in told, (path, fact)
        assert "1.33333" in told or "1.3333333333333333" in told, path
        assert str(shield.folder) not in told, path


class TestRasters:
    @pytest.mark.parametrize("layer", [LOW, AMSL])
    def test_numbers_of_radars_come_back(self, made, layer):
        _, found, folder, _ = made
        counts = cover_of(found, layer).counts()
        with rasterio.open(folder / f"count/{slugs([layer])[layer]}.tif") as raster:
            values = raster.read(1)
            assert raster.nodata == 255
        for code, there in ((254, counts == 255), (253, counts == 254), (1, counts == 1)):
            assert there[found.inside].any() or layer == LOW
            np.testing.assert_array_equal((values == code) & found.inside, there & found.inside)
        assert (values[~found.inside] == 255).all()
        assert not (values[found.inside] == 255).any()

    def test_cells_of_each_number_add_up_to_the_table(self, made):
        _, found, folder, _ = made
        with rasterio.open(folder / "count/light_aircraft_1000_m_amsl.tif") as raster:
            values, cell_m2 = raster.read(1), abs(raster.transform.a * raster.transform.e)
        rows = {
            row["seen_by"]: row["area_m2"]
            for row in found.cover.to_pylist()
            if row["layer"] == AMSL
        }
        got = {f"{n}": (values == n).sum() * cell_m2 for n in range(4)}
        got |= {
            "unknown": (values == 254).sum() * cell_m2,
            "ground": (values == 253).sum() * cell_m2,
        }
        assert got == {name: pytest.approx(rows[name]) for name in got}
        assert got["unknown"] > 0.0
        assert got["ground"] > 0.0

    def test_a_gis_puts_cells_where_they_are(self, made):
        _, found, folder, _ = made
        lat, lon = found.grid.places_deg()
        with rasterio.open(folder / "lowest/any_radar.tif") as raster:
            assert "Lambert" in raster.crs.to_wkt()
            back = Transformer.from_crs(raster.crs.to_wkt(), "EPSG:4326", always_xy=True)
            for row, col in ((0, 0), (17, 90), (found.grid.rows - 1, found.grid.cols - 1)):
                got = back.transform(*raster.xy(row, col))
                assert got == pytest.approx((lon[row, col], lat[row, col]), abs=1e-8)

    def test_lowest_altitudes_are_rounded_up_by_an_eighth_of_a_metre_at_most(self, made):
        _, found, folder, _ = made
        with rasterio.open(folder / "lowest/any_radar.tif") as raster:
            values = raster.read(1)
        lowest = found.lowest.lowest_m
        known = np.isfinite(lowest)
        assert ((values >= lowest) & (values <= lowest + 0.125))[known].all()
        np.testing.assert_array_equal(np.isnan(values), np.isnan(lowest))

    def test_each_radar_has_its_own_map_where_it_reaches(self, made):
        _, found, folder, _ = made
        for one, slug in zip(found.radars, ("leskowiec", "kubinska_hola", "pilsko"), strict=True):
            with rasterio.open(folder / f"lowest/radar_{slug}.tif") as raster:
                values = raster.read(1)
                x, y = raster.xy(0, 0)
            assert values.shape == one.lowest_msl_m.shape
            lat, lon = found.grid.projection.places_from_xy([x], [y])
            row, col = found.grid.cells_of(lat, lon)
            assert (row[0], col[0]) == (one.window[0].start, one.window[1].start)

    def test_a_window_of_the_map_lies_where_it_was_cut_out(self, made):
        _, found, *_ = made
        one = replace(found.radars[0], window=(slice(5, 25), slice(7, 31)))
        x, y = cover_files._part_of(found.grid, one).middles_xy_m()
        whole_x, whole_y = found.grid.middles_xy_m()
        np.testing.assert_allclose(x, whole_x[7:31])
        np.testing.assert_allclose(y, whole_y[5:25])

    def test_out_of_range_is_a_number_and_unknown_is_no_data(self, tmp_path):
        grid = Grid.around(box(20.0, 50.0, 20.01, 50.01), step_m=500.0)
        lowest = np.full(grid.shape, 120.01, np.float32)
        lowest[0, 0], lowest[0, 1] = np.inf, np.nan
        cover_files._lowest_writer(grid, lowest, {"version": "0"}, "any")(tmp_path / "a.tif")
        with rasterio.open(tmp_path / "a.tif") as raster:
            values = raster.read(1, masked=True)
        assert values[0, 0] == NEVER_M
        assert values.mask[0, 1]
        assert values.mask.sum() == 1
        assert values[1, 0] == 120.125

    def test_large_maps_are_tiled_and_have_overviews_of_true_codes(self, tmp_path):
        grid = replace(Grid.around(box(20.0, 50.0, 20.1, 50.1), step_m=500.0), rows=700, cols=600)
        codes = np.random.default_rng(1).choice([0, 3, 254, 255], grid.shape).astype(np.uint8)
        path = tmp_path / "large.tif"
        write_cog(path, grid, codes, nodata=255, about="codes", told={"version": "0"})
        with rasterio.open(path) as raster:
            assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert raster.block_shapes == [(256, 256)]
            assert raster.compression.name == "deflate"
            assert raster.overviews(1) == [2, 4]
            np.testing.assert_array_equal(raster.read(1), codes)
        with rasterio.open(path, overview_level=0) as half:
            assert set(np.unique(half.read(1))) <= {0, 3, 254, 255}


class TestOutlines:
    def test_gaps_are_those_of_the_survey_the_right_way_round(self, made):
        _, found, folder, _ = made
        document = json.loads((folder / "gaps/light_aircraft_300_m_agl.geojson").read_text("utf-8"))
        rows = [row for row in found.gaps.to_pylist() if row["layer"] == LOW]
        assert rows
        shapes = [shapely.geometry.shape(one["geometry"]) for one in document["features"]]
        for feature, row, shape in zip(document["features"], rows, shapes, strict=True):
            told = feature["properties"]
            assert (told["area_m2"], told["reason"]) == (row["area_m2"], row["reason"])
            assert shape.is_valid
            for part in shapely.get_parts(shape):
                assert part.exterior.is_ccw  # RFC 7946, 3.1.6
                assert not any(hole.is_ccw for hole in part.interiors)
        # Corners are cut off, on both sides alike: about as much stays.
        exact = shapely.union_all([shapely.from_wkb(row["outline"]) for row in rows])
        assert shapely.union_all(shapes).area == pytest.approx(exact.area, rel=0.1)

    def test_bands_cover_the_map_and_meet_without_overlap(self, made):
        _, found, folder, _ = made
        document = json.loads((folder / "lowest/bands_above_ground.geojson").read_text("utf-8"))
        bands = document["features"]
        whole_m2 = found.grid.rows * found.grid.cols * found.grid.cell_m2
        assert sum(one["properties"]["area_m2"] for one in bands) == pytest.approx(whole_m2)
        shapes = [shapely.geometry.shape(one["geometry"]) for one in bands]
        together = shapely.union_all(shapes).area
        assert sum(shape.area for shape in shapes) == pytest.approx(together, rel=1e-6)

    def test_a_band_says_from_where_to_where(self, made):
        _, found, folder, _ = made
        document = json.loads((folder / "lowest/bands_above_sea.geojson").read_text("utf-8"))
        for one in document["features"]:
            told = one["properties"]
            lowest = found.lowest.lowest_m
            low = -np.inf if told["from_m"] is None else told["from_m"]
            high = np.inf if told["to_m"] is None else told["to_m"]
            if told["band"] == "unknown":
                mine = np.isnan(lowest)
            else:
                mine = (lowest > low) & (lowest <= high)
            assert told["area_m2"] == pytest.approx(mine.sum() * found.grid.cell_m2)


def test_tables_come_back_row_by_row(made):
    _, found, folder, _ = made
    for name, table in (("cover", found.cover), ("pair_value", found.pair_value)):
        with (folder / f"tables/{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == table.num_rows
        for got, due in zip(rows, table.to_pylist(), strict=True):
            assert {key: got[key] for key in due} == {
                key: "" if value is None else got[key] for key, value in due.items()
            }
            assert (
                float(got["lost_area_m2" if name == "pair_value" else "area_m2"])
                == (due["lost_area_m2" if name == "pair_value" else "area_m2"])
            )
        # Arrow's reader skips the mark before the first name.
        assert pcsv.read_csv(folder / f"tables/{name}.csv").column_names[0] == "layer"


def test_a_spreadsheet_is_told_the_encoding(made):
    *_, folder, _ = made
    text = (folder / "tables/radars.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert "Kubínska hoľa".encode() in text


def test_pictures_show_as_much_of_each_colour_as_the_map_has(made):
    _, found, folder, _ = made
    with Image.open(folder / "maps/light_aircraft_300_m_agl.png") as image:
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    scene = count_scene(found, cover_of(found, LOW), title="")
    plain = [(look, share) for look, share in scene.shares if look.pattern == "plain"]
    assert len(plain) >= 2
    many = np.array([(pixels == look.base).all(axis=1).sum() for look, _ in plain])
    shares = np.array([share for _, share in plain])
    # Words and marks hide some of it.
    np.testing.assert_allclose(many / many.sum(), shares / shares.sum(), atol=0.03)
    gap = count_looks()[1]
    assert (pixels == gap.ink).all(axis=1).any()


class TestWholeOrNotAtAll:
    def test_the_same_survey_makes_the_same_octets(self, made, tmp_path):
        shield, found, folder, written = made
        for path in write_cover(shield, found, tmp_path):
            assert path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes(), path
        assert len(written) > 20

    def test_what_fails_half_way_leaves_the_folder_as_it_was(self, made, tmp_path, monkeypatch):
        shield, found, *_ = made
        (tmp_path / "cover.json").write_text("mine", encoding="utf-8")

        def full(*_args, **_told):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(cover_files, "png_of", full)
        with pytest.raises(StoreError, match="No space left"):
            write_cover(shield, found, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["cover.json"]
        assert (tmp_path / "cover.json").read_text(encoding="utf-8") == "mine"

    def test_maps_of_an_earlier_plan_go_and_foreign_files_stay(self, made, tmp_path):
        shield, found, *_ = made
        for name in ("count/old.tif", "count/mine.tif", "notes.txt"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("x", encoding="utf-8")
        outside = tmp_path.parent / f"{tmp_path.name}-outside.txt"
        outside.write_text("x", encoding="utf-8")
        manifest = {
            "kind": "planning estimate",
            "files": ["count/old.tif", "notes.txt", f"count/../../{outside.name}"],
        }
        (tmp_path / "cover.json").write_text(json.dumps(manifest), encoding="utf-8")
        write_cover(shield, found, tmp_path)
        assert not (tmp_path / "count/old.tif").exists()
        assert (tmp_path / "count/mine.tif").exists()
        assert (tmp_path / "notes.txt").exists()
        assert outside.exists()


def test_a_folder_that_cannot_be_is_told_before_it_is_too_late(made, tmp_path):
    shield, *_ = made
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = run("cover", shield.folder, "--step", "2000", "--to", tmp_path / "file" / "maps",
               "--height", "300agl", "--target", "light aircraft")  # fmt: skip
    assert done.code == 2, done.err
    assert "Traceback" not in done.err
    assert "--to DIR" in done.err
