"""Outlines of regions: exact, valid, right-handed."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.plan.coverage import network, reasons
from airshield.plan.coverage.network import _kernels
from reference import network as slow

from .test_network import GRID, covered_by, world

seeds = st.integers(0, 10**9)
sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))


def grid_of(shape, step_m=1000.0):
    return Grid(
        projection=GRID.projection,
        step_m=step_m,
        rows=shape[0],
        cols=shape[1],
        west_m=-3000.0,
        north_m=2000.0,
    )


def square(grid, i, j):
    x, y = grid.west_m + j * grid.step_m, grid.north_m - i * grid.step_m
    return shapely.box(x, y - grid.step_m, x + grid.step_m, y)


@settings(deadline=None, max_examples=150)
@given(seed=seeds, shape=sizes, codes=st.integers(1, 3))
def test_outlines_are_the_union_of_their_cells(seed, shape, codes):
    grid = grid_of(shape)
    found = np.random.default_rng(seed).integers(0, codes + 1, shape)
    regions = network.regions_of(grid, found, wanted=range(1, codes + 1))
    want = {
        frozenset(cells): code
        for code in range(1, codes + 1)
        for cells in slow.regions(found == code)
    }
    assert len(want) == regions.code.size
    for at, polygon in enumerate(regions.polygons):
        cells = frozenset(
            (int(i), int(j)) for i, j in zip(*(regions.labels == at + 1).nonzero(), strict=True)
        )
        assert want[cells] == regions.code[at]
        assert polygon.is_valid
        assert polygon.area == len(cells) * 1e6 == regions.cells[at] * grid.cell_m2
        assert polygon.equals(shapely.union_all([square(grid, *cell) for cell in cells]))
        assert polygon.exterior.is_ccw


@settings(deadline=None, max_examples=40)
@given(seed=seeds)
def test_simplified_neighbours_neither_overlap_nor_part(seed):
    rng = np.random.default_rng(seed)
    rough = np.kron(rng.integers(0, 3, (4, 4)), np.ones((6, 6), int))
    rough = np.where(rng.uniform(size=rough.shape) < 0.05, 1, rough)
    grid = grid_of(rough.shape)
    regions = network.regions_of(grid, rough, wanted=range(3), tolerance_m=1500.0)
    exact = network.regions_of(grid, rough, wanted=range(3))
    assert shapely.coverage_is_valid(regions.polygons)
    assert shapely.is_valid(regions.polygons).all()
    many = shapely.get_num_coordinates(regions.polygons).sum()
    assert many <= shapely.get_num_coordinates(exact.polygons).sum()
    # Every region is still there, and together they still fill what they filled.
    whole = shapely.union_all(regions.polygons)
    assert regions.polygons.size == exact.polygons.size
    assert sum(p.area for p in regions.polygons) == pytest.approx(whole.area)
    assert whole.area == pytest.approx(rough.size * 1e6, rel=0.05)


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_gaps_are_what_nobody_sees_and_hold_the_people_who_live_there(seed):
    maps, inside, people, _ = world(seed, 2)
    made = covered_by(maps)
    gaps = network.find_gaps(made, inside=inside, people=people).to_pylist()
    blind = np.zeros(GRID.shape, bool)
    for at, sees, may, air in slow.cells(maps, inside):
        blind[at] = air and not sees and not may
    want = sorted((len(cells) for cells in slow.regions(blind)), reverse=True)
    assert [row["area_m2"] / GRID.cell_m2 for row in gaps] == want
    assert [row["gap"] for row in gaps] == list(range(len(want)))
    groups = network.group_cells(made, inside=inside, people=people)
    nobody = network.cover_table([groups]).to_pylist()[0]
    assert sum(row["n_people"] for row in gaps) == pytest.approx(nobody["n_people"])
    assert sum(row["area_m2"] for row in gaps) == pytest.approx(nobody["area_m2"])
    for row in gaps:
        outline = shapely.from_wkb(row["outline"])
        assert outline.contains(shapely.Point(row["lon_deg"], row["lat_deg"]))
        assert outline.exterior.is_ccw
        assert not any(hole.is_ccw for hole in outline.interiors)
        place = tuple(int(v) for v in GRID.cells_of(row["lat_deg"], row["lon_deg"]))
        (cells,) = [cells for cells in slow.regions(blind) if place in cells]
        codes = [slow.why(maps, cell)[0] for cell in cells]
        most = max(codes.count(code) for code in codes)
        assert codes.count(reasons.NAMES.index(row["reason"])) == most


def test_without_some_radars_the_gaps_are_larger():
    maps, inside, people, _ = world(3)
    made = covered_by(maps)
    whole = network.find_gaps(made, inside=inside, people=people)
    fewer = network.find_gaps(made, inside=inside, people=people, active=["r0", "r1"])
    assert sum(fewer["area_m2"].to_pylist()) > sum(whole["area_m2"].to_pylist())


def test_no_gap_is_a_table_without_rows():
    made = covered_by({"a": np.zeros(GRID.shape, np.uint8)})
    assert network.find_gaps(made, inside=np.ones(GRID.shape, bool)).num_rows == 0


def test_long_edges_stay_where_they_are_on_the_ground():
    grid = Grid.around(shapely.box(20.0, 46.0, 40.0, 54.0), step_m=20000.0)
    regions = network.regions_of(grid, np.ones(grid.shape, int), wanted=[1])
    lonlat = network.lonlat_from(grid, regions.polygons)[0]
    lat, lon = grid.places_deg()
    north = shapely.get_coordinates(lonlat)[:, 1].max()
    assert len(lonlat.exterior.coords) > 150
    assert north > lat[0].max()
    assert shapely.contains_xy(lonlat, lon, lat).all()


def test_shapes_across_the_datum_line_are_cut_there():
    area = shapely.MultiPolygon(
        [shapely.box(178.0, -18.0, 180, -16), shapely.box(-180, -18, -179, -16)]
    )
    grid = Grid.around(area, step_m=10000.0)
    regions = network.regions_of(grid, grid.inside(area).astype(int), wanted=[1])
    (feature,) = network.features(grid, regions, ["out", "in"], key="what")
    assert feature["properties"] == {
        "what": "in",
        "area_m2": float(regions.cells.sum() * grid.cell_m2),
    }
    shape = shapely.geometry.shape(feature["geometry"])
    assert shape.geom_type == "MultiPolygon"
    assert shape.is_valid
    assert [shape.bounds[0], shape.bounds[2]] == [-180.0, 180.0]
    assert shape.intersection(area).area == pytest.approx(area.area, rel=0.1)
    assert all(part.exterior.is_ccw for part in shape.geoms)
    west = max(part.bounds[2] for part in shape.geoms if part.bounds[0] < 0.0)
    assert west == pytest.approx(-179.0, abs=0.1)


def test_bands_of_lowest_altitude_become_polygons():
    low = np.full(GRID.shape, 250.0, np.float32)
    low[:, :5], low[:3, -4:], low[-1] = 80.0, np.inf, np.nan
    bands = network.bands_of(low, [100.0, 300.0, 1000.0])
    regions = network.regions_of(GRID, bands, wanted=range(4))
    drawn = network.features(GRID, regions, ["100", "300", "1000", "never"], key="seen_from")
    got = {f["properties"]["seen_from"]: f["properties"]["area_m2"] / 1e6 for f in drawn}
    rows, cols = GRID.shape
    assert got == {
        "100": 5 * (rows - 1),
        "300": (cols - 5) * (rows - 1) - 12,
        "never": 12,
    }


def test_levels_out_of_order_are_refused():
    with pytest.raises(UsageError, match="lowest first"):
        network.bands_of(np.zeros((2, 2), np.float32), [300.0, 100.0])
    with pytest.raises(UsageError, match="on a grid of"):
        network.regions_of(GRID, np.zeros((2, 2), int), wanted=[0])


@pytest.mark.parametrize("radars", [5, 66])
def test_gaps_are_where_the_count_is_none(radars):
    maps, inside, *_ = world(11, radars)
    made = covered_by(maps)
    for active in (None, ["r1"], ["r2", f"r{radars - 1}"]):
        want = (made.counts(active) == 0) & inside
        assert want.any() or active is None
        assert (made.gaps(inside, active) == want).all()


@pytest.mark.parametrize(
    "name",
    [
        "note_gaps",
        "find_runs",
        "join_runs",
        "number_runs",
        "draw_runs",
        "weigh_runs",
        "middle_cells",
        "trace_rings",
        "walk_ring",
    ],
)
def test_the_interpreted_loops_find_the_same_gaps(name, monkeypatch):
    maps, inside, people, _ = world(7, 4)
    made = covered_by(maps)
    compiled = network.find_gaps(made, inside=inside, people=people, active=["r1"])
    calls = []

    def interpreted(*args):
        calls.append(name)
        return plain(*args)

    plain = getattr(_kernels, name).py_func
    monkeypatch.setattr(_kernels, name, interpreted)
    if name == "walk_ring":  # only a loop that is interpreted itself calls it
        monkeypatch.setattr(_kernels, "trace_rings", _kernels.trace_rings.py_func)
    assert network.find_gaps(made, inside=inside, people=people, active=["r1"]).equals(compiled)
    assert calls
