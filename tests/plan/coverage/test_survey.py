"""The survey: what the rooms of coverage say together, and what is kept between runs."""

import math
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from shapely import box

from airshield.errors import UsageError
from airshield.geo import ground_distance_m
from airshield.geo.terrain import Terrain, coarse_warnings, earth_factor
from airshield.plan.coverage import reasons
from airshield.plan.coverage.detection import (
    TARGETS,
    RadarFigures,
    Rain,
    make_table,
    see_offsets,
    sees_all,
)
from airshield.plan.coverage.network import PEOPLE, Layer, LayerCover, LowestAltitude
from airshield.plan.coverage.survey import (
    CoverAsked,
    SightCache,
    SurveyRadar,
    SurveySite,
    SurveyTask,
    WarningAsked,
    share_bounds,
    survey,
)
from airshield.plan.coverage.warning import Inbound
from airshield.sensors.horizon import EARTH_RADIO_M

LAT, LON = 50.0, 20.0
LOW = Layer(cls="light_aircraft", height_m=300.0, above="ground")
HIGH = Layer(cls="light_aircraft", height_m=3000.0, above="sea")


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """A plain with a ridge 800 m high at 20.3 degrees east, and its terrain."""
    return _terrain(tmp_path_factory.mktemp("ground"), with_ridge=True)


def _terrain(folder, *, with_ridge, east=21.0):
    west, north, cell = 19.0, 51.0, 1.0 / 120.0
    height = np.full((240, round((east - west) / cell)), 100.0, np.float32)
    if with_ridge:
        height[:, round(1.3 / cell)] = 800.0
    path = folder / "ground.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=height.shape[1], height=height.shape[0], count=1,
        dtype="float32", crs="EPSG:4326", nodata=-9999.0,
        transform=rasterio.Affine(cell, 0.0, west, 0.0, -cell, north),
    ) as out:  # fmt: skip
        out.write(height, 1)
    return Terrain.open(path)


def radar(name, lat=LAT, lon=LON, *, contributor="north", **more):
    figures = more.pop("figures", None) or RadarFigures(
        name=name, antenna_msl_m=0.0, turn_s=4.0, rng_ref_m=60e3, rcs_ref_m2=2.0, pd_ref=0.9,
        rng_min_m=0.0, rng_max_m=80e3, elv_max_deg=90.0,
    )  # fmt: skip
    given = {"antenna_agl_m": 20.0, **more}
    return SurveyRadar(figures=figures, contributor=contributor, lat_deg=lat, lon_deg=lon, **given)


def task(*radars, **more):
    given = {
        "area": box(19.4, 49.6, 20.6, 50.4), "layers": (LOW, HIGH), "targets": dict(TARGETS),
        "earth": earth_factor("4/3"), "step_m": 1000.0, "sight_step_m": 500.0, "pd_least": 0.9,
        **more,
    }  # fmt: skip
    return SurveyTask(radars=tuple(radars), **given)


def seen(found, layer):
    return found.layers[found.task.layers.index(layer)].counts() > 0


def test_over_a_plain_cover_ends_where_the_figures_say(tmp_path):
    plain = _terrain(tmp_path, with_ridge=False)
    found = survey(task(radar("a"), layers=(HIGH,)), terrain=plain)
    lat, lon = found.grid.places_deg()
    off_m = ground_distance_m(lat, lon, LAT, LON)
    # A target at 3,000 m is above the horizon everywhere; at Pd 0.9 the reach is the reference.
    reach_m = math.sqrt(60e3**2 - 2880.0**2)
    sure = np.abs(off_m - reach_m) > 1500.0
    assert (seen(found, HIGH) == (off_m < reach_m))[sure].all()
    why = found.layers[0].why
    assert set(np.unique(why)) <= {reasons.SEEN, reasons.POWER, reasons.INSTRUMENTED}


def test_behind_a_ridge_there_is_no_cover_and_the_terrain_is_the_reason(ground):
    found = survey(task(radar("a"), layers=(LOW,)), terrain=ground)
    lat, lon = found.grid.places_deg()
    behind = (lon > 20.33) & (np.abs(lat - LAT) < 0.1)
    assert not seen(found, LOW)[behind].any()
    assert (found.layers[0].why[behind] == reasons.TERRAIN).all()
    before = (lon > 19.7) & (lon < 20.27) & (np.abs(lat - LAT) < 0.1)
    assert seen(found, LOW)[before].all()
    gap = found.gaps.to_pylist()[0]
    assert gap["reason"] == "terrain"
    # From the ridge to the border, over the height of the territory.
    assert gap["area_m2"] == pytest.approx(21.0e3 * 89.0e3, rel=0.05)


def test_threads_change_nothing(ground):
    radars = [radar("a"), radar("b", lon=20.5), radar("c", lat=50.2, contributor="south")]
    one, three = (survey(task(*radars), terrain=ground, threads=n) for n in (1, 3))
    for name in ("cover", "radar_value", "pair_value", "contributor_value", "gaps"):
        assert getattr(one, name).equals(getattr(three, name))
    for a, b in zip(one.layers, three.layers, strict=True):
        assert (a.bits == b.bits).all()
        assert (a.why == b.why).all()
    assert np.array_equal(one.lowest.lowest_m, three.lowest.lowest_m, equal_nan=True)


def test_what_is_kept_is_what_was_computed_and_moving_one_radar_computes_one(ground, tmp_path):
    radars = [radar("a"), radar("b", lon=20.5)]
    first = survey(task(*radars), terrain=ground, cache=SightCache(tmp_path))
    cache = SightCache(tmp_path)
    again = survey(task(*radars), terrain=ground, cache=cache)
    assert cache.hits == 2
    for a, b in zip(first.radars, again.radars, strict=True):
        assert np.array_equal(a.lowest_msl_m, b.lowest_msl_m, equal_nan=True)
        assert a.sight.surface_msl_m == b.sight.surface_msl_m
    assert first.cover.equals(again.cover)
    cache = SightCache(tmp_path)
    survey(task(radars[0], replace(radars[1], lon_deg=20.45)), terrain=ground, cache=cache)
    assert cache.hits == 1
    cache = SightCache(tmp_path)
    survey(task(*radars, earth=earth_factor("worst")), terrain=ground, cache=cache)
    assert cache.hits == 0


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04nonsense", None])
def test_a_damaged_file_in_the_cache_is_as_good_as_none(ground, tmp_path, damage):
    first = survey(task(radar("a")), terrain=ground, cache=SightCache(tmp_path))
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:1000] if damage is None else damage)
    again = survey(task(radar("a")), terrain=ground, cache=SightCache(tmp_path))
    assert first.cover.equals(again.cover)
    cache = SightCache(tmp_path)
    survey(task(radar("a")), terrain=ground, cache=cache)
    assert cache.hits == 1


def test_a_cache_that_cannot_be_written_costs_only_time(ground, tmp_path):
    (tmp_path / "file").write_text("in the way")
    found = survey(task(radar("a")), terrain=ground, cache=SightCache(tmp_path / "file" / "x"))
    assert found.cover.num_rows


def test_a_radar_of_unknown_power_sees_nothing_surely(ground):
    known = survey(task(radar("a"), layers=(HIGH,)), terrain=ground)
    found = survey(task(radar("a", is_power_known=False), layers=(HIGH,)), terrain=ground)
    by = {row["seen_by"]: row["area_share"] for row in found.cover.to_pylist()}
    assert by["1"] == 0.0
    assert by["unknown"] > 0.9
    low, high = share_bounds(found.groups[0], ["a"])
    sure, _ = share_bounds(known.groups[0], ["a"])
    assert low == 0.0
    assert high >= sure
    assert any("nobody says what a reaches" in told for told in found.stamp["warnings"])


def test_a_radar_outside_the_terrain_leaves_its_cover_unknown(tmp_path):
    west = _terrain(tmp_path, with_ridge=False, east=20.2)
    outside = radar("out", lon=20.4)
    found = survey(task(outside, layers=(LOW,)), terrain=west)
    by = {row["seen_by"]: row["area_share"] for row in found.cover.to_pylist()}
    assert by["1"] == 0.0
    assert by["unknown"] > 0.5
    assert any("the ground at out is unknown" in told for told in found.stamp["warnings"])
    # With its ground told it still knows nothing of what lies around it.
    told = survey(task(replace(outside, ground_msl_m=100.0), layers=(LOW,)), terrain=west)
    assert {row["seen_by"]: row["area_share"] for row in told.cover.to_pylist()}["1"] < 0.01


@pytest.mark.parametrize("of", ["territory", "people", "sites"])
def test_without_any_one_is_the_worst_of_surveys_with_one_less(ground, of):
    radars = [radar("a", lon=19.6), radar("b", lon=20.5), radar("c", lat=50.2)]
    more = {
        "sites": tuple(
            SurveySite(name=str(n), lat_deg=49.7 + 0.1 * n, lon_deg=20.4) for n in range(5)
        ),
        "place_lat_deg": np.array([49.7, 50.0, 50.3]),
        "place_lon_deg": np.array([20.45, 20.1, 19.6]),
        "place_people": np.array([100.0, 50.0, 10.0]),
    }
    asked = CoverAsked(
        name="x",
        of=of,
        layer=LOW,
        share=0.6,
        without_any_one=True,
        area=box(19.8, 49.6, 20.6, 50.4),
    )
    (answer,) = survey(task(*radars, **more), terrain=ground, asked=[asked]).answers
    each = []
    for gone in radars:
        rest = [one for one in radars if one is not gone]
        plain = replace(asked, without_any_one=False)
        (found,) = survey(task(*rest, **more), terrain=ground, asked=[plain]).answers
        each.append(found.low)
    assert answer.low == pytest.approx(min(each), abs=1e-12)
    assert answer.without == radars[int(np.argmin(each))].name
    assert answer.verdict == ("holds" if min(each) >= 0.6 else "fails")


def test_people_of_nowhere_and_a_requirement_about_them_are_unknown(ground):
    asked = CoverAsked(name="x", of="people", layer=LOW, share=0.5)
    found = survey(task(radar("a")), terrain=ground, asked=[asked])
    assert found.people is None
    assert found.answers[0].verdict == "unknown"
    assert found.answers[0].low is None
    assert np.isnan(share_bounds(found.groups[0], ["a"], of=PEOPLE)).all()


def test_warning_holds_where_there_is_time_and_fails_where_there_is_none(ground):
    site = SurveySite(name="here", lat_deg=LAT, lon_deg=LON, warning_s=300.0)
    asked = WarningAsked(
        name="slow", sites=(), chain_s=60.0,
        inbound=Inbound(
            target=TARGETS["light_aircraft"], spd_mps=60.0, hgt_m=1500.0, above_ground=False
        ),
    )  # fmt: skip
    fast = replace(asked, name="fast", inbound=replace(asked.inbound, spd_mps=600.0))
    found = survey(task(radar("a"), sites=(site,)), terrain=ground, warned=[asked, fast])
    assert [answer.verdict for answer in found.answers] == ["holds", "fails"]
    assert found.warning.num_rows == 144


def test_a_class_that_is_none_and_steps_that_make_no_sense_are_refused():
    with pytest.raises(UsageError, match="no target class 'ufo'"):
        task(radar("a"), layers=(replace(LOW, cls="ufo"),))
    with pytest.raises(UsageError, match="step_m must be a positive number"):
        task(radar("a"), step_m=0.0)
    with pytest.raises(UsageError, match="same name"):
        task(radar("a"), radar("a", lon=20.5))


def test_at_the_end_of_a_range_nothing_is_unknown_over_known_ground(tmp_path):
    plain = _terrain(tmp_path, with_ridge=False)
    far = radar("a", lat=49.7, lon=19.5)
    far = replace(far, figures=replace(far.figures, rng_ref_m=300e3, rng_max_m=70e3))
    found = survey(task(far, layers=(HIGH,)), terrain=plain)
    by = {row["seen_by"]: row["area_share"] for row in found.cover.to_pylist()}
    assert by["0"] > 0.1
    assert by["unknown"] == 0.0


def test_rain_takes_its_part_from_a_short_wave_and_is_told(tmp_path):
    plain = _terrain(tmp_path, with_ridge=False)
    wave = radar("a")
    wave = replace(wave, figures=replace(wave.figures, freq_hz=10e9))
    rain = Rain(rate_mm_h=16.0, top_msl_m=3_500.0, extent_m=20e3)
    dry, wet = (survey(task(wave, layers=(HIGH,), rain=one), terrain=plain) for one in (None, rain))
    areas = [
        {row["seen_by"]: row["area_m2"] for row in found.cover.to_pylist()}["1"]
        for found in (dry, wet)
    ]
    assert 0.0 < areas[1] < 0.9 * areas[0]
    assert dry.stamp["rain_mm_h"] is None
    assert wet.stamp["rain_mm_h"] == 16.0


def test_bands_see_what_whole_maps_radar_by_radar_see(ground):
    """The same from the rooms' public functions, with a map of the whole grid for each radar."""
    radars = [
        radar("a"),
        radar("b", lon=20.5, is_power_known=False),
        radar("c", lat=50.35, lon=20.9, ground_msl_m=2000.0),
    ]
    inside_a_hill = Layer(cls="light_aircraft", height_m=400.0, above="sea")
    found = survey(task(*radars, layers=(LOW, HIGH, inside_a_hill)), terrain=ground, threads=2)
    covers = [LayerCover(found.grid, one.layer, list("abc")) for one in found.layers]
    lowest = LowestAltitude(found.grid, list("abc"))
    for cells in found.radars:
        one = cells.radar
        where = {"lat_deg": one.lat_deg, "lon_deg": one.lon_deg}
        low = np.full(cells.part.shape, np.inf, np.float32)
        for level in reversed(cells.sight.levels):
            here = cells.part.resample(
                level.lowest_msl_m, **where, step_m=level.step_m, how="highest", outside=np.inf
            )
            low = np.where(np.isposinf(here), low, here)
        east, north = cells.part.offsets_from(*where.values())
        low[np.hypot(east, north) > 1.001 * 80e3 + 1.0] = np.inf
        assert np.array_equal(cells.lowest_msl_m, low, equal_nan=True)
        whole_m = np.full(found.grid.shape, np.inf, np.float32)
        whole_m[cells.window] = low
        lowest.add(one.name, whole_m)
        here = found.ground_msl_m[cells.window]
        for cover in covers:
            level_m = np.full_like(here, cover.layer.height_m)
            table = make_table(one.figures, TARGETS["light_aircraft"], earth_m=EARTH_RADIO_M)
            code = see_offsets(
                one.figures,
                table if one.is_power_known else sees_all(one.figures),
                east_m=east, north_m=north,
                alt_msl_m=level_m if cover.layer.above == "sea" else here + level_m,
                lowest_msl_m=np.where(np.isposinf(low), np.float32(np.nan), low),
                ground_msl_m=here, surface_msl_m=cells.sight.surface_msl_m,
                pd_least=0.9, earth_m=found.task.earth.earth_m,
            )  # fmt: skip
            if not one.is_power_known:
                code[code == reasons.SEEN] = reasons.UNKNOWN
            whole = np.full(found.grid.shape, reasons.INSTRUMENTED, np.uint8)
            whole[cells.window] = code
            cover.add(one.name, whole)
    assert found.radars[0].window != found.radars[2].window
    for cover, made in zip(covers, found.layers, strict=True):
        for name in ("bits", "unknown", "no_air"):
            assert np.array_equal(getattr(cover, name), getattr(made, name)), name
        there = ~made.no_air.reshape(found.grid.shape)
        assert np.array_equal(cover.why[there], made.why[there])
        assert np.array_equal(cover.why_by[there], made.why_by[there])
    assert found.layers[2].no_air.any()
    assert np.array_equal(lowest.lowest_m, found.lowest.lowest_m, equal_nan=True)
    assert np.array_equal(lowest.by, found.lowest.by)


def _minutes(found):
    return next(answer for answer in found.answers if answer.kind == "warning")


def test_a_radar_of_which_too_little_is_known_makes_warning_unknown_where_it_could_help(tmp_path):
    plain = _terrain(tmp_path, with_ridge=False)
    site = SurveySite(name="town", lat_deg=LAT, lon_deg=LON, warning_s=120.0)
    need = WarningAsked(
        name="two minutes", sites=(), chain_s=0.0,
        inbound=Inbound(
            target=TARGETS["airliner"], spd_mps=250.0, hgt_m=3000.0, above_ground=False
        ),
    )  # fmt: skip
    far = radar("far", lat=49.2, lon=19.1)

    def asked(*radars):
        found = survey(task(*radars, sites=(site,)), terrain=plain, warned=[need])
        return found, _minutes(found)

    assert asked(far)[1].verdict == "fails"
    for doubt in ({"is_power_known": False}, {"is_turn_known": False}):
        found, answer = asked(far, radar("near", **doubt))
        assert answer.verdict == "unknown"
        assert (answer.low, answer.high) == (asked(far)[1].low, 1.0)
        assert "unknown" in set(found.warning["status"].to_pylist())
        # What the sure radar does is what it does without the other.
        assert found.warning["warning_min"].equals(asked(far)[0].warning["warning_min"])
        # Out of everybody's sight of the site, it could not help.
        assert asked(radar("off", lat=LAT + 9.0, **doubt))[1].verdict == "fails"
    assert asked(far, radar("near"))[1].verdict == "holds"
    # One that is sure is enough, whatever is not known of another.
    assert asked(radar("near"), radar("too", is_power_known=False))[1].verdict == "holds"


def test_the_share_of_coarse_terrain_is_told_once_and_not_where_it_is_little(tmp_path):
    path = _terrain(tmp_path, with_ridge=False).layers[0].first.files[0]
    mixed = Terrain.open(path, world=True)

    def told(where, *radars):
        found = survey(task(*radars, area=where, step_m=500.0), terrain=mixed)
        return [text for text in found.stamp["warnings"] if "terrain" in text.lower()]

    # All within the file, 49 to 51 degrees north and 19 to 21 east.
    well = radar("well", figures=replace(radar("well").figures, rng_max_m=40e3))
    assert told(box(19.4, 49.6, 20.6, 50.4), well) == []
    assert coarse_warnings([(0.0049, "the map")], 9000.0) == ()
    (quarter,) = told(box(19.4, 49.6, 21.5, 50.4), well)
    assert quarter.startswith("Coarse terrain in 24% of the map: each height")
    at_edge = [radar("edge", lon=21.0), radar("edge too", lon=21.0, lat=49.9)]
    (half,) = told(box(19.4, 49.6, 20.6, 50.4), *at_edge)
    assert half.startswith("Coarse terrain in 50% of the ground around the radars: ")


def test_unknown_ground_is_told_in_one_sentence(ground):
    found = survey(task(radar("a", lon=21.0), area=box(20.4, 49.6, 21.4, 50.4)), terrain=ground)
    (text,) = [one for one in found.stamp["warnings"] if "nobody knows the heights" in one]
    assert "of the ground around the radars and " in text
    assert "of the map" in text
