"""What a network sees and what its parts are worth, against sets of cells."""

from itertools import combinations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from airshield import tables
from airshield.errors import UsageError
from airshield.geo.grid import Grid
from airshield.plan.coverage import network, reasons
from airshield.plan.coverage.network import _kernels, cover
from reference import network as slow

LAYER = network.Layer(cls="drone", height_m=300.0, above="ground")
GRID = Grid.around(shapely.box(30.0, 50.0, 30.2, 50.12), step_m=1000.0)
CODES = np.array([0, 0, 0, 1, 2, 3, 4, 6, 8, 8, 9], np.uint8)


def world(seed, radars=5):
    """Maps of reasons, a territory, people and sites, at random."""
    rng = np.random.default_rng(seed)
    names = [f"r{i}" for i in range(radars)]
    ground = rng.uniform(size=GRID.shape) < 0.1
    maps = {}
    for name in names:
        codes = CODES[rng.integers(0, CODES.size - 1, GRID.shape)]
        codes[ground & (rng.uniform(size=GRID.shape) < 0.5)] = reasons.GROUND
        maps[name] = codes
    inside = rng.uniform(size=GRID.shape) < 0.8
    people = np.where(inside, rng.integers(0, 50, GRID.shape), 0).astype(float)
    sites = rng.integers(0, 2, GRID.shape).astype(float)
    return maps, inside, people, sites


def covered_by(maps):
    made = network.LayerCover(GRID, LAYER, list(maps))
    for radar, codes in maps.items():
        made.add(radar, codes)
    return made


seeds = st.integers(0, 10**9)


@settings(deadline=None, max_examples=8)
@given(seed=seeds, radars=st.sampled_from([1, 5, 70]), dropped=st.integers(0, 69))
def test_any_subset_is_tallied_as_the_sets_say(seed, radars, dropped):
    maps, inside, people, sites = world(seed, radars)
    groups = network.group_cells(covered_by(maps), inside=inside, people=people, sites=sites)
    active = set(maps) - {f"r{i}" for i in range(dropped, radars)}
    got = groups.tally([active])[0]
    everywhere = np.ones_like(inside)
    for column, (weight, where) in enumerate(
        ((np.full(GRID.shape, GRID.cell_m2), inside), (people, inside), (sites, everywhere))
    ):
        want = slow.cover(maps, where, weight, active)
        assert_allclose(got[:, column], [want[k] for k in (0, 1, 2, 3, 4, "unknown")], rtol=1e-12)
        assert groups.no_air[column] == pytest.approx(want["ground"])
    share = groups.share_covered(active, of=network.PEOPLE)
    with_air = sum(slow.cover(maps, inside, people, active).values()) - groups.no_air[1]
    assert share == pytest.approx(slow.covered(maps, inside, people, active) / with_air)


@pytest.mark.parametrize(
    "name", ["add_radar", "count_radars", "group_cells", "tally", "weigh_lost"]
)
def test_the_interpreted_kernels_give_the_same(name, monkeypatch):
    maps, inside, people, sites = world(7, 66)

    def results():
        made = covered_by(maps)
        groups = network.group_cells(made, inside=inside, people=people, sites=sites)
        whole = network.cover_table([groups])
        return (
            made.counts(list(maps)[:3]),
            whole,
            network.radar_values([groups], dict.fromkeys(maps, "x")),
        )

    fast = results()
    calls = []

    def interpreted(*args):
        calls.append(name)
        with np.errstate(over="ignore"):  # digests wrap around
            return plain(*args)

    plain = getattr(_kernels, name).py_func
    monkeypatch.setattr(_kernels, name, interpreted)
    counts, whole, values = results()
    assert calls
    assert (counts == fast[0]).all()
    assert whole.equals(fast[1])
    assert values.equals(fast[2])


@settings(deadline=None, max_examples=8)
@given(seed=seeds)
def test_counts_and_reasons_are_those_of_the_sets(seed):
    maps, *_ = world(seed)
    made = covered_by(maps)
    counts, some = made.counts(), made.counts(["r1", "r3"])
    for at, sees, may, air in slow.cells(maps, np.ones(GRID.shape, bool)):
        for got, active in ((counts, set(maps)), (some, {"r1", "r3"})):
            want = len(sees & active)
            if not want and may & active:
                want = network.UNKNOWN_COUNT
            assert got[at] == (want if air else network.NO_AIR_COUNT)
        code, radar = slow.why(maps, at)
        assert (made.why[at], made.radars[made.why_by[at]]) == (code, radar)
        assert (code == reasons.SEEN) == bool(sees)


def test_among_equal_reasons_the_radar_that_falls_least_short_counts():
    made = network.LayerCover(GRID, LAYER, ["a", "b", "c"])
    hidden = np.full(GRID.shape, reasons.TERRAIN, np.uint8)
    for radar, short in (("a", 50.0), ("b", np.nan), ("c", 20.0)):
        made.add(radar, hidden, short_m=np.full(GRID.shape, short, np.float32))
    assert (made.why_by == 2).all()


@settings(deadline=None, max_examples=3)
@given(seed=seeds)
def test_what_is_lost_without_a_part_is_what_a_network_without_it_does_not_see(seed):
    maps, inside, people, sites = world(seed)
    contributors = {"r0": "north", "r1": "south", "r2": "north", "r3": "south", "r4": "outside"}
    groups = network.group_cells(covered_by(maps), inside=inside, people=people, sites=sites)
    area = np.full(GRID.shape, GRID.cell_m2)

    def scratch(gone):
        return [
            slow.covered(maps, inside, weight, set(maps))
            - slow.covered(maps, inside, weight, set(maps) - set(gone))
            for weight in (area, people)
        ]

    def check(table, sets):
        got = np.column_stack([table["lost_area_m2"], table["lost_people"]])
        assert_allclose(got, [scratch(gone) for gone in sets], rtol=1e-12, atol=1e-9)
        alone = [slow.covered(maps, inside, people, set(part)) for part in sets]
        assert_allclose(table["alone_people"], alone)

    check(network.radar_values([groups], contributors), [[radar] for radar in maps])
    pairs = network.pair_values([groups])
    check(pairs, list(combinations(maps, 2)))
    check(network.contributor_values([groups], contributors), [["r0", "r2"], ["r1", "r3"], ["r4"]])
    single = dict(zip(maps, (scratch([radar]) for radar in maps), strict=True))
    for row in pairs.to_pylist():
        apart = single[row["radar"]][0] + single[row["other"]][0]
        assert row["beyond_area_m2"] == pytest.approx(row["lost_area_m2"] - apart, abs=1e-6)


@settings(deadline=None, max_examples=8)
@given(seed=seeds)
def test_another_radar_never_lowers_a_count_and_never_takes_cover_away(seed):
    maps, inside, people, _ = world(seed)
    made = covered_by(maps)
    groups = network.group_cells(made, inside=inside, people=people)
    order = list(maps)
    before, share = np.zeros(GRID.shape, int), 0.0
    for many in range(1, len(order) + 1):
        counts = made.counts(order[:many]).astype(int)
        counts[counts == network.UNKNOWN_COUNT] = 0
        assert (counts >= before).all()
        now = groups.share_covered(order[:many])
        assert now >= share
        before, share = counts, now


@settings(deadline=None, max_examples=8)
@given(seed=seeds)
def test_the_rows_of_a_layer_add_up(seed):
    maps, inside, people, sites = world(seed)
    groups = network.group_cells(covered_by(maps), inside=inside, people=people, sites=sites)
    table = network.cover_table([groups, groups])
    assert table.schema == tables.COVER
    assert table.num_rows == 14
    rows = table.slice(0, 7).to_pylist()
    assert sum(row["area_m2"] for row in rows) == inside.sum() * GRID.cell_m2
    assert sum(row["n_people"] for row in rows) == pytest.approx(people.sum())
    assert sum(row["sites"] for row in rows) == sites.sum()
    for share in ("area_share", "people_share", "sites_share"):
        assert sum(row[share] for row in rows if row["seen_by"] != "ground") == pytest.approx(1.0)
        assert rows[-1][share] is None


def test_what_nobody_told_is_null_and_not_zero():
    maps, inside, *_ = world(1)
    groups = network.group_cells(covered_by(maps), inside=inside)
    one = network.cover_table([groups]).to_pylist()[0]
    assert one["n_people"] is one["people_share"] is one["sites"] is one["sites_share"] is None
    assert one["area_m2"] > 0.0
    row = network.radar_values([groups], dict.fromkeys(maps, "x")).to_pylist()[0]
    assert row["lost_people"] is row["lost_sites"] is row["alone_people_share"] is None
    assert network.pair_values([groups])["beyond_people"].null_count == 10
    gaps = network.find_gaps(covered_by(maps), inside=inside)
    assert gaps["n_people"].null_count == gaps.num_rows > 0


def test_more_groups_than_there_was_room_for_are_all_kept():
    rng = np.random.default_rng(2)
    bits = rng.integers(0, 2**63, (20000, 2), np.uint64)
    got, weights = network.merge_equal(np.vstack([bits, bits]), np.ones(40000))
    assert (got == bits).all()
    assert (weights == 2.0).all()


@settings(deadline=None, max_examples=8)
@given(seed=seeds)
def test_the_lowest_of_the_lowest_altitudes_is_kept_with_whose_it_is(seed):
    rng = np.random.default_rng(seed)
    low = network.LowestAltitude(GRID, ["a", "b", "c"])
    maps = rng.uniform(100.0, 900.0, (3, *GRID.shape)).astype(np.float32)
    maps[rng.uniform(size=maps.shape) < 0.3] = np.inf
    maps[rng.uniform(size=maps.shape) < 0.3] = np.nan
    for radar, lowest_m in zip("abc", maps, strict=True):
        low.add(radar, lowest_m)
    for i, j in np.ndindex(GRID.shape):
        seen = {float(v): at for at, v in reversed(list(enumerate(maps[:, i, j]))) if v < np.inf}
        if seen:
            assert low.lowest_m[i, j] == min(seen)
            assert low.by[i, j] == seen[min(seen)]
        else:
            # Nobody surely sees it: unknown where somebody may, as the counts have it.
            unknown = np.isnan(maps[:, i, j]).any()
            np.testing.assert_equal(low.lowest_m[i, j], np.float32(np.nan if unknown else np.inf))
            assert low.by[i, j] == network.NOBODY


def test_people_of_a_place_live_in_its_cell_or_around_it_and_none_is_lost():
    inside = np.ones(GRID.shape, bool)
    inside[:, :4] = False
    lat, lon = GRID.places_deg()
    at = [(3, 8), (5, 3), (5, 0), (2, 12)]
    placed = network.place_people(
        GRID,
        inside,
        lat_deg=[lat[cell] for cell in at] + [60.0],
        lon_deg=[lon[cell] for cell in at] + [30.0],
        people=[100.0, 10.0, 7.0, 90.0, 5.0],
        radius_m=[0.0, 0.0, 0.0, 1001.0, 0.0],
    )
    assert placed.people[3, 8] == 100.0
    assert placed.people[5, 4] == 10.0  # the harbour's own cell is in the sea
    assert placed.elsewhere_people == 12.0
    near = [(2, 12), (1, 12), (3, 12), (2, 11), (2, 13)]
    assert [placed.people[cell] for cell in near] == [18.0] * 5
    assert placed.people.sum() + placed.elsewhere_people == pytest.approx(212.0)


def test_the_order_of_the_radars_makes_no_difference():
    maps, inside, people, _ = world(11)
    forth = network.group_cells(covered_by(maps), inside=inside, people=people)
    back = network.group_cells(
        covered_by(dict(reversed(maps.items()))), inside=inside, people=people
    )
    for active in (["r0"], ["r1", "r4"], list(maps)):
        assert forth.share_covered(active) == pytest.approx(back.share_covered(active))


def test_a_layer_says_what_its_height_is_above():
    assert network.Layer(cls="jet", height_m=3000.0, above="sea").name == "jet 3000 m AMSL"
    with pytest.raises(UsageError, match="'ground' or 'sea'"):
        network.Layer(cls="jet", height_m=3000.0, above="mars")


def test_bad_maps_are_refused_with_a_remedy():
    maps, inside, *_ = world(1)
    made = covered_by(maps)
    fresh = network.LayerCover(GRID, LAYER, ["a"])
    good = np.zeros(GRID.shape, np.uint8)
    cases = [
        (lambda: made.add("r0", good), "added already"),
        (lambda: made.add("zz", good), "no radar 'zz'"),
        (lambda: fresh.add("a", good[:2]), "resample it first"),
        (lambda: fresh.add("a", good + 99), "octets below"),
        (lambda: network.LayerCover(GRID, LAYER, ["a", "a"]), "same name"),
        (
            lambda: network.group_cells(made, inside=inside, people=np.full(GRID.shape, np.nan)),
            "people",
        ),
        (
            lambda: network.radar_values([network.group_cells(made, inside=inside)], {}),
            "contributor",
        ),
        (lambda: network.site_weights(GRID, [10.0], [10.0]), "off the map"),
        (
            lambda: network.place_people(
                GRID, inside, lat_deg=[50.0], lon_deg=[30.0], people=[np.nan]
            ),
            "place 0",
        ),
    ]
    for call, says in cases:
        with pytest.raises(UsageError, match=says):
            call()


def test_the_codes_of_counts_are_above_any_number_of_radars_that_is_told():
    maps = {f"r{i}": np.zeros(GRID.shape, np.uint8) for i in range(260)}
    assert (covered_by(maps).counts() == 253).all()
    assert cover.NO_AIR_COUNT == 254
