"""Maps as pictures: what is painted, where words go, and what a voice would read."""

import io
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from airshield.report.maps import count_looks, count_scene, legend_of, lowest_scene, png_of, svg_of
from airshield.report.maps import picture as pictures
from airshield.report.maps.looks import band_codes, count_codes
from airshield.report.maps.scene import label_boxes, paint, scale_bar

LOW = "light_aircraft 300 m AGL"


@pytest.fixture(scope="module")
def scene(survey_of_small):
    _, found = survey_of_small
    cover = next(cover for cover in found.layers if cover.layer.name == LOW)
    return count_scene(found, cover, title="A & B <low>", stamp=("Planning estimate.",))


@given(
    places=st.lists(st.tuples(st.floats(0, 300), st.floats(0, 200)), max_size=12),
    long=st.floats(5, 120),
)
def test_words_never_cover_one_another_nor_a_mark(places, long):
    points = np.array(places).reshape(-1, 2)
    boxes = label_boxes(points, [(long, 15.0)] * len(points), gap_px=9.0, frame=(0, 0, 300, 200))
    placed = [(k, box) for k, box in enumerate(boxes) if box is not None]
    for k, (left, top, right, low) in placed:
        assert left >= 0
        assert top >= 0
        assert right <= 300
        assert low <= 200
        for other, (x, y) in enumerate(places):
            assert other == k or not (left < x < right and top < y < low)
        for other, (a, b, c, d) in placed:
            assert other == k or not (left < c and a < right and top < d and b < low)


def test_a_lone_name_finds_room():
    (box,) = label_boxes(np.array([[50.0, 50.0]]), [(40.0, 15.0)], gap_px=9.0,
                         frame=(0, 0, 300, 200))  # fmt: skip
    assert box == (59.0, 42.5, 99.0, 57.5)


@given(cols=st.integers(1, 5000), most=st.floats(20.0, 400.0), step=st.floats(1.0, 5000.0))
def test_a_scale_bar_is_as_long_as_it_says(scene, cols, most, step):
    other = replace(scene.grid, cols=cols, step_m=step)
    long, words = scale_bar(other, 800, most_px=most)
    value, unit = words.split()
    metres = float(value) * {"km": 1000.0, "m": 1.0}[unit]
    assert long <= most * (1.0 + 1e-9)
    assert long > most / 2.6
    assert long / 800 * cols * step == pytest.approx(metres, rel=1e-4)


def test_codes_of_numbers_and_of_bands_against_a_cell_by_cell_twin():
    rng = np.random.default_rng(3)
    counts = rng.choice(np.array([0, 1, 2, 3, 4, 9, 254, 255], np.uint8), (20, 30))
    inside = rng.random((20, 30)) < 0.8
    names = {0: 1, 1: 2, 2: 3, 3: 4, 4: 5, 9: 5, 255: 6, 254: 7}
    got = count_codes(counts, inside)
    for at in np.ndindex(counts.shape):
        assert got[at] == (names[int(counts[at])] if inside[at] else 0)
    lowest = rng.choice(np.array([50, 100, 101, 5000, 20000, np.inf, np.nan], np.float32), (9, 9))
    bands = band_codes(lowest, np.ones((9, 9), bool), (100.0, 300.0, 10_000.0))
    twin = {50.0: 1, 100.0: 1, 101.0: 2, 5000.0: 3, 20000.0: 4, np.inf: 4}
    for at in np.ndindex(lowest.shape):
        assert bands[at] == twin.get(float(lowest[at]), 5)


def test_every_pixel_has_a_colour_of_its_cells_look(scene):
    places, palette = paint(scene, width_px=411, height_px=333)
    colours = np.array(palette).reshape(-1, 3)
    for row, col in ((0, 0), (100, 200), (332, 410), (250, 17)):
        cell = scene.codes[row * scene.grid.rows // 333, col * scene.grid.cols // 411]
        look = scene.looks[cell]
        assert tuple(colours[places[row, col]]) in (look.base, look.ink)


def test_what_is_not_seen_is_hatched_and_what_is_unknown_is_dotted(scene):
    looks = {look.words: look for look in count_looks()}
    patterns = [looks[name].pattern for name in ("seen by none", "unknown", "below the ground")]
    assert sorted(patterns) == ["dots", "hatch", "lines"]
    places, _ = paint(scene, width_px=900, height_px=900)
    unknown = (places // 2) == 6
    inks = places[unknown] % 2
    assert 0.05 < inks.mean() < 0.3


def test_the_drawing_is_well_formed_and_tells_itself_in_words(scene):
    drawn = ET.fromstring(svg_of(scene, name="m").replace("href=", "xlink="))
    assert drawn.get("role") == "img"
    named = {one.get("id"): one.text for one in drawn.iter() if one.get("id")}
    assert named["m-title"] == "A & B <low>"
    for look, share in scene.shares:
        assert f"{look.words}: {share:.1%}" in named["m-desc"]
    words = {one.text for one in drawn.iter("text")}
    assert {"Pilsko", "Żywiec"} <= words


def test_marks_of_the_drawing_stand_where_the_radars_are(scene):
    drawn = ET.fromstring(svg_of(scene, name="m", width_px=600).replace("href=", "xlink="))
    radars = [one.get("d") for one in drawn.iter("path") if one.get("class") == "radar"]
    marks = [mark for mark in scene.marks if mark.kind == "radar"]
    per_px = scene.grid.cols * scene.grid.step_m / 600
    for path, mark in zip(radars, marks, strict=True):
        x, y = map(float, path[1 : path.index("l")].split())
        assert x == pytest.approx((mark.x_m - scene.grid.west_m) / per_px, abs=0.1)
        assert y + 6.0 == pytest.approx((scene.grid.north_m - mark.y_m) / per_px, abs=0.1)


def test_the_legend_has_what_occurs_and_nothing_else(scene):
    legend = legend_of(scene)
    for look in count_looks()[1:]:
        assert (look.words in legend) == any(look == one for one, _ in scene.shares)


def test_maps_without_some_radars_show_fewer(survey_of_small):
    _, found = survey_of_small
    cover = next(cover for cover in found.layers if cover.layer.name == LOW)
    fewer = count_scene(found, cover, title="", active=["Leskowiec"])
    assert [mark.name for mark in fewer.marks if mark.kind == "radar"] == ["Leskowiec"]
    assert fewer.codes.max() <= 7
    assert (fewer.codes == 3).sum() == 0  # by two


def test_a_picture_needs_no_typeface_of_the_machine(scene, monkeypatch):
    def none(*_):
        raise OSError("no such face")

    pictures._face.cache_clear()
    monkeypatch.setattr(pictures.ImageFont, "truetype", none)
    try:
        # The face that is left loads by itself, through another door.
        face = pictures.ImageFont.load_default_imagefont()
        monkeypatch.setattr(pictures.ImageFont, "load_default", lambda _size: face)
        octets = png_of(scene, told={})
    finally:
        pictures._face.cache_clear()
    with Image.open(io.BytesIO(octets)) as image:
        assert image.size[0] > 1000


def test_lowest_heights_are_above_what_they_say(survey_of_small):
    _, found = survey_of_small
    sea, ground = (lowest_scene(found, above=above, title="") for above in ("sea", "ground"))
    # Here the ground is 300 m high and more, so nothing is lower above the sea than above it.
    inside = sea.codes > 0
    assert (ground.codes[inside] <= sea.codes[inside]).all()
    assert (ground.codes[inside] < sea.codes[inside]).any()
