"""Maps of places and ways: where they are, how wide, and which are weak."""

import math
import re
import xml.etree.ElementTree as ET

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from airshield.report.maps import (
    Place,
    Way,
    network_legend_of,
    network_scene,
    network_svg_of,
)

TOWNS = {"Gdańsk": (54.4, 18.67), "Constanța": (44.1, 28.65), "Kharkiv": (49.98, 36.25)}
AREA = shapely.box(22.0, 45.0, 40.0, 52.0)


def a_way(start, end, **more):
    (a, b), (c, d) = TOWNS[start], TOWNS[end]
    facts = {"name": f"{start} to {end}", "share": 0.5, **more}
    return Way(lat_deg=(a, c), lon_deg=(b, d), **facts)


def a_scene(ways=(), places=None, area=AREA):
    if places is None:
        places = [
            Place(kind="base", name=name, lat_deg=lat, lon_deg=lon)
            for name, (lat, lon) in TOWNS.items()
        ]
    return network_scene(places, ways, title="A & B", about="All of it.", area=area)


def drawing(scene):
    return ET.fromstring(network_svg_of(scene, name="n"))


def of_class(svg, name):
    return [one for one in svg.iter() if one.get("class") == name]


def ends(path):
    numbers = [float(one) for one in re.findall(r"-?[\d.]+", path)]
    return numbers[:2], numbers[-2:]


def px_per_km(svg):
    (line,) = of_class(svg, "bar")
    left, right = re.match(r"M([\d.]+) .*H([\d.]+)V", line.get("d")).groups()
    (words,) = [one.text for one in of_class(svg, "label") if one.text.endswith(" km")]
    return (float(right) - float(left)) / float(words.removesuffix(" km"))


def test_ways_are_as_long_and_point_as_they_do_on_the_earth():
    ways = [a_way("Gdańsk", "Constanța"), a_way("Constanța", "Kharkiv")]
    svg = drawing(a_scene(ways))
    for way, path in zip(ways, of_class(svg, "way"), strict=True):
        (x0, y0), (x1, y1) = ends(path.get("d"))
        azm, _, long_m = Geod(ellps="WGS84").inv(
            way.lon_deg[0], way.lat_deg[0], way.lon_deg[1], way.lat_deg[1]
        )
        long_km = math.hypot(x1 - x0, y1 - y0) / px_per_km(svg)
        # Equal areas, so lengths at the edge of a map of 1,500 km are off by a percent.
        assert long_km == pytest.approx(long_m / 1000.0, rel=0.015)
        drawn_azm = math.degrees(math.atan2(x1 - x0, y0 - y1))
        assert (drawn_azm - azm + 180.0) % 360.0 == pytest.approx(180.0, abs=9.0)


@given(
    places=st.lists(
        st.tuples(st.floats(-60.0, 60.0), st.floats(-20.0, 20.0)), min_size=1, max_size=6
    )
)
def test_every_place_is_on_the_map(places):
    marks = [Place(kind="node", name="", lat_deg=lat, lon_deg=lon) for lat, lon in places]
    svg = drawing(a_scene(places=marks, area=None))
    width, height = map(float, svg.get("viewBox").split()[2:])
    drawn = of_class(svg, "node")
    assert len(drawn) == len(places)
    for one in drawn:
        (x, y), _ = ends(one.get("d"))
        assert 5.0 < x < width - 5.0
        assert 0.0 < y < height - 5.0


def test_width_is_what_it_carries_and_unknown_or_nothing_look_different():
    ways = [
        a_way("Gdańsk", "Constanța", share=1.0),
        a_way("Constanța", "Kharkiv", share=0.2),
        a_way("Gdańsk", "Kharkiv", share=None),
        a_way("Kharkiv", "Gdańsk", share=0.0),
    ]
    scene = a_scene(ways)
    svg = drawing(scene)
    widths = [float(one.get("stroke-width")) for one in of_class(svg, "way")]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 2.0 * widths[1]
    assert len(of_class(svg, "way doubt")) == 1
    assert len(of_class(svg, "way idle")) == 1
    # Whoever carries something says which way.
    assert len(of_class(svg, "head")) == 2
    legend = network_legend_of(scene)
    assert "carries nothing" in legend
    assert "what it carries is unknown" in legend
    assert "carries nothing" not in network_legend_of(a_scene(ways[:1]))


def test_ways_between_the_same_places_do_not_hide_each_other():
    there, back = a_way("Gdańsk", "Kharkiv"), a_way("Kharkiv", "Gdańsk")
    for ways in ([there, back], [there, there], [back, back], [there, back, there]):
        assert_apart(ways)


def assert_apart(ways):
    controls = []
    for path in of_class(drawing(a_scene(ways)), "way"):
        x, y = map(float, re.search(r"Q([\d.]+) ([\d.]+)", path.get("d")).groups())
        controls.append((x, y))
    for k, (x, y) in enumerate(controls):
        for a, b in controls[:k]:
            assert math.hypot(x - a, y - b) > 20.0


def test_weak_ways_have_their_numbers_and_stations_their_signs():
    places = [
        Place(kind="station", name=name, lat_deg=lat, lon_deg=lon, verdict=verdict)
        for (name, (lat, lon)), verdict in zip(
            TOWNS.items(), ("holds", "fails", "unknown"), strict=True
        )
    ]
    scene = a_scene([a_way("Gdańsk", "Kharkiv", number=7)], places)
    svg = drawing(scene)
    assert [one.text for one in of_class(svg, "badge-n")] == ["7"]
    assert sorted(one.text for one in of_class(svg, "sign")) == ["?", "✓", "✗"]
    assert "✓ holds, ✗ fails, ? unknown" in network_legend_of(scene)
    assert {one.text for one in of_class(svg, "label")} >= set(TOWNS)


def test_the_drawing_is_told_in_words():
    svg = drawing(a_scene([a_way("Gdańsk", "Kharkiv")]))
    named = {one.get("id"): one.text for one in svg.iter() if one.get("id")}
    assert named == {"n-title": "A & B", "n-desc": "All of it."}
    assert svg.get("role") == "img"


def test_nothing_makes_no_map_and_an_area_alone_does():
    assert a_scene(places=[], area=None) is None
    assert len(of_class(drawing(a_scene(places=[])), "border")) == 1
