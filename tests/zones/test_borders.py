"""The distance to a border: against a slow twin, against PROJ, and where geometry is awkward."""

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon

from airshield.errors import UsageError
from airshield.zones import Limit, Zone, _kernels
from airshield.zones.borders import volumes_of, whole_about
from reference import zones as slow

GEOD = Geod(ellps="WGS84")


def star(seed, lat_deg=50.0, lon_deg=24.0, reach_deg=0.6, points=9):
    """A random star-shaped polygon with a hole."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0.0, 2.0 * math.pi, points))
    reach = reach_deg * rng.uniform(0.4, 1.0, points)
    outer = np.stack([lon_deg + reach * np.cos(angle), lat_deg + reach * np.sin(angle)], axis=1)
    hole = np.array([lon_deg, lat_deg]) + 0.25 * (outer - [lon_deg, lat_deg])
    return Polygon(outer, [hole])


def border(area, lon_deg, lat_deg, *, fast=_kernels.border_m):
    volumes, edges = volumes_of([Zone(name="z", kind="no_fly", area=area)], geoid_height_m=0.0)
    volume = volumes[0]
    lon = _kernels.lon_from(volume["lon_ref"], math.radians(lon_deg))
    return fast(edges, volume["first"], volume["stop"], lon, math.radians(lat_deg))


@pytest.mark.parametrize("mode", ["compiled", "interpreted"])
@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), x=st.floats(-1.0, 1.0), y=st.floats(-1.0, 1.0))
def test_the_distance_equals_the_slow_version(mode, seed, x, y):
    fast = _kernels.border_m if mode == "compiled" else _kernels.border_m.py_func
    area = star(seed)
    lon_deg, lat_deg = 24.0 + x, 50.0 + y
    expected = slow.signed_distance_m(area, lon_deg, lat_deg)
    depth_m, east, north = border(area, lon_deg, lat_deg, fast=fast)
    assert depth_m == pytest.approx(expected, abs=1e-4)
    assert math.hypot(east, north) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("lat_deg", [-70.0, -35.0, 0.0, 50.0, 70.0])
def test_the_distance_is_within_a_ten_thousandth_of_the_geodesic_one_to_100_km(lat_deg):
    worst = 0.0
    rng = np.random.default_rng(7)
    for seed in range(12):
        area = star(seed, lat_deg=lat_deg, reach_deg=0.4)
        lines = [np.asarray(ring.coords) for ring in (area.exterior, *area.interiors)]
        share = np.linspace(0.0, 1.0, 4001)[:, None]
        dense = np.concatenate([a + share * (b - a) for ring in lines for a, b in pairwise(ring)])
        lon, lat = 24.0 + rng.uniform(-1.5, 1.5), lat_deg + rng.uniform(-0.8, 0.8)
        _, _, distance = GEOD.inv(
            np.full(len(dense), lon), np.full(len(dense), lat), dense[:, 0], dense[:, 1]
        )
        exact = float(np.min(distance))
        if 1000.0 < exact < 100_000.0:
            depth_m, _, _ = border(area, lon, lat)
            worst = max(worst, abs(abs(depth_m) - exact) / exact)
    assert 0.0 < worst < 1e-4


def test_a_hole_is_outside_and_its_border_counts():
    area = Polygon(
        [(0, 0), (2, 0), (2, 2), (0, 2), (0, 0)], [[(0.9, 0.9), (1.1, 0.9), (1.1, 1.1), (0.9, 1.1)]]
    )
    in_hole, _, _ = border(area, 1.0, 1.0)
    beside, _, _ = border(area, 1.15, 1.0)
    assert in_hole == pytest.approx(-0.1 * slow.degree_lengths_m(1.0)[1], rel=1e-3)
    assert beside == pytest.approx(0.05 * slow.degree_lengths_m(1.0)[0], rel=1e-3)


def test_parts_of_a_multipolygon_count_each():
    area = MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)])
    assert border(area, 0.5, 0.5)[0] > 0.0
    assert border(area, 1.5, 0.5)[0] < 0.0
    assert border(area, 2.5, 0.5)[0] > 0.0


@pytest.mark.parametrize("lon_deg", [179.9, -179.9, 180.0, -180.0])
def test_an_area_cut_at_the_antimeridian_is_whole_again(lon_deg):
    cut = MultiPolygon(
        [shapely.box(179.0, 50.0, 180.0, 51.0), shapely.box(-180.0, 50.0, -179.0, 51.0)]
    )
    whole = shapely.box(-1.0, 50.0, 1.0, 51.0)
    moved_deg = (lon_deg - 180.0 + 540.0) % 360.0 - 180.0
    assert border(cut, lon_deg, 50.6)[0] == pytest.approx(
        border(whole, moved_deg, 50.6)[0], abs=1e-6
    )
    assert len(shapely.get_parts(whole_about(cut)[1])) == 1


def test_the_direction_across_is_towards_the_nearest_edge():
    _, east, north = border(shapely.box(0.0, 0.0, 1.0, 1.0), 0.9, 0.5)
    assert (abs(east), abs(north)) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-9))


def test_on_the_border_the_direction_is_the_edges_normal():
    depth_m, east, north = border(shapely.box(0.0, 0.0, 1.0, 1.0), 1.0, 0.5)
    assert depth_m == pytest.approx(0.0, abs=1e-6)
    assert (abs(east), abs(north)) == (pytest.approx(1.0), pytest.approx(0.0, abs=1e-9))


def test_an_area_moved_in_longitude_has_the_same_distances():
    area = star(3)
    for turn in (-200.0, 90.0, 155.9):
        x = (24.3 + turn + 180.0) % 360.0 - 180.0
        moved = translate(area, xoff=turn)
        assert border(moved, x, 50.2)[0] == pytest.approx(border(area, 24.3, 50.2)[0], abs=1e-6)


def test_a_limit_above_the_ground_needs_the_ground():
    zone = Zone(
        name="z",
        kind="no_fly",
        area=shapely.box(0, 0, 1, 1),
        ceiling=Limit(height_m=1.0, datum="agl"),
    )
    with pytest.raises(UsageError, match="ground_msl_m"):
        volumes_of([zone], geoid_height_m=0.0)


def test_limits_move_to_mean_sea_level_and_flight_levels_stay():
    zone = Zone(
        name="z",
        kind="no_fly",
        area=shapely.box(0, 0, 1, 1),
        floor=Limit(height_m=100.0, datum="agl"),
        ceiling=Limit(height_m=1000.0, datum="hae"),
        ground_msl_m=200.0,
    )
    high = Zone(name="h", kind="no_fly", area=zone.area, floor=Limit(height_m=2895.6, datum="baro"))
    volumes, _ = volumes_of([zone, high], geoid_height_m=50.0)
    assert (volumes["floor_m"][0], volumes["ceiling_m"][0]) == (300.0, 950.0)
    assert (volumes["floor_m"][1], volumes["floor_is_baro"][1]) == (2895.6, 1)
    assert math.isnan(volumes["ceiling_m"][1])
