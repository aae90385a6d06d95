"""The plan's page in a real browser: what a planner sees, and that its figures are the plan's."""

import base64

import numpy as np
import pytest

from airshield.plan.coverage import reasons
from airshield.plan.coverage.network import Layer, LayerCover, find_gaps, group_cells, site_weights
from airshield.plan.coverage.network.cover import narrow_words
from airshield.serve import Server, create_plan_app
from airshield.serve.plan_view import encode_layer, encode_lowest, encode_territory, plan_document
from serve import synthetic_plan
from serve.conftest import wait
from serve.test_plan_view import random_view

pytestmark = pytest.mark.browser

READ = "(text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer"


@pytest.fixture(scope="module")
def plan():
    return synthetic_plan.plan_view(step_m=12_000.0)


@pytest.fixture(scope="module")
def server(plan):
    with Server(create_plan_app(plan), port=0) as running:
        yield running


@pytest.fixture
def opened(server, look):
    """Open the plan at a place of the address bar."""

    def start(words="", *, renderer="canvas", **size):
        seen = look(renderer, **size)
        page = seen.open(f"{server.url}plan#{words}")
        wait(page, "airshield.state.weights !== null")
        return seen, page

    return start


@pytest.fixture
def bare(server, look):
    """A page that can import the scripts, and runs none."""
    seen = look("canvas")
    seen.excused = ["Failed to load resource"]  # a bare picture names no icon, so one is looked for
    seen.page.goto(f"{server.url}static/icon.svg")
    return seen.page


def cover_of(view, layer):
    """The network's own account of the same bits."""
    names = [radar.name for radar in view.radars]
    cover = LayerCover(view.grid, Layer(cls="drone", height_m=300.0, above="ground"), names)
    words = cover.bits.shape[1]
    cover.bits[:] = narrow_words(layer.bits.reshape(len(cover.bits), -1))[:, :words]
    cover.unknown[:] = narrow_words(layer.unknown.reshape(len(cover.bits), -1))[:, :words]
    cover.no_air[:] = layer.no_air.reshape(-1)
    # As the network does it: seen where anybody sees.
    seen = cover.bits.any(axis=1).reshape(view.grid.shape)
    cover.why[:] = np.where(seen, reasons.SEEN, layer.why)
    return cover


@pytest.mark.parametrize(("radars", "seed"), [(5, 1), (20, 2), (70, 3)])
def test_the_page_counts_as_the_network_does_for_any_ticks(bare, radars, seed):
    view = random_view(radars=radars, seed=seed)
    cover = cover_of(view, view.layers[0])
    view.layers[0].why[:] = cover.why
    names = list(cover.radars)
    sites = site_weights(view.grid, [50.5], [31.0])
    groups = group_cells(cover, inside=view.inside, people=view.people, sites=sites)
    rng = np.random.default_rng(seed)
    ticks = [np.ones(radars, bool), np.zeros(radars, bool), *(rng.random((6, radars)) < 0.4)]
    document = plan_document(view)
    got = bare.evaluate(
        f"""async ([told, territory, layer, cells, ticks]) => {{
            const {{ Cover, decodeLayer, decodeTerritory }} = await import('/static/cover.js');
            const {{ Grid }} = await import('/static/laea.js');
            const read = {READ};
            const grid = new Grid(told);
            const cover = new Cover(grid, decodeTerritory(read(territory), grid), cells);
            const decoded = decodeLayer(read(layer), grid);
            const whole = cover.look(decoded, ticks[0]);
            return ticks.map((on) => {{
                const seen = cover.look(decoded, on);
                const counts = cover.counts(decoded, seen, whole, new Uint8Array(grid.cells));
                return {{
                    weights: cover.weigh(decoded, seen, counts), counts: [...counts],
                    worth: cover.worth(decoded, on, on.map((_, place) => [place])),
                    gaps: cover.gaps(decoded, counts),
                }};
            }});
        }}""",
        [
            document["grid"],
            base64.b64encode(encode_territory(view)).decode(),
            base64.b64encode(encode_layer(view, 0)).decode(),
            [site["cell"] for site in document["sites"]],
            [on.tolist() for on in ticks],
        ],
    )
    whole = cover.counts(names)
    for on, mine in zip(ticks, got, strict=True):
        active = [name for name, is_on in zip(names, on, strict=True) if is_on]
        due = groups.tally([active])[0]
        for column, name in enumerate(("area", "people", "sites")):
            assert mine["weights"][name][:6] == pytest.approx(due[:, column].tolist(), rel=1e-12)
            assert mine["weights"][name][6] == pytest.approx(groups.no_air[column], rel=1e-12)
        counts = cover.counts(active)
        codes = np.minimum(counts, 4)
        codes[counts == 255] = 5
        codes[counts == 254] = 6
        codes[(counts == 0) & (whole > 0) & (whole < 254)] = 7
        codes |= view.inside.astype(np.uint8) << 6
        assert mine["counts"] == codes.reshape(-1).tolist()
        # Alone: lost of those ticked without it. Unticked: what it would add.
        for place, name in enumerate(names):
            rest = [other for other in active if other != name]
            shares = [groups.tally([s])[0][1:5, 0].sum() for s in (rest, [*rest, name])]
            assert mine["worth"][place] == pytest.approx(shares[1] - shares[0], abs=1.0)
        table = find_gaps(cover, inside=view.inside, people=view.people, active=active)
        assert [gap["areaM2"] for gap in mine["gaps"]] == table["area_m2"].to_pylist()
        assert [gap["people"] for gap in mine["gaps"]] == pytest.approx(
            table["n_people"].to_pylist()
        )
        lat, lon = view.grid.places_deg()
        cells = [gap["cell"] for gap in mine["gaps"]]
        assert lat.reshape(-1)[cells] == pytest.approx(table["lat_deg"].to_numpy())
        assert lon.reshape(-1)[cells] == pytest.approx(table["lon_deg"].to_numpy())


def test_the_page_finds_cells_where_the_grid_does(plan, opened):
    _, page = opened()
    rng = np.random.default_rng(5)
    lat, lon = rng.uniform(40.0, 58.0, 400), rng.uniform(15.0, 50.0, 400)
    row, col = plan.grid.cells_of(lat, lon)
    due = np.where(row < 0, -1, row * plan.grid.cols + col)
    assert (due >= 0).sum() > 50
    places = np.column_stack([lon, lat]).tolist()
    got = page.evaluate("(all) => all.map(([lon, lat]) => airshield.grid.cellAt(lon, lat))", places)
    assert got == due.tolist()
    lat, lon = plan.grid.places_deg()
    got = page.evaluate(
        "(all) => all.map((cell) => airshield.grid.placeOf(cell))", due[due >= 0].tolist()
    )
    assert np.array(got)[:, 0] == pytest.approx(lon.reshape(-1)[due[due >= 0]], abs=1e-9)
    assert np.array(got)[:, 1] == pytest.approx(lat.reshape(-1)[due[due >= 0]], abs=1e-9)


@pytest.mark.parametrize("is_above_ground", [False, True])
def test_bands_of_lowest_altitudes_are_those_of_the_ticked(plan, opened, is_above_ground):
    levels = [100.0, 300.0, 1000.0, 3000.0]
    chosen = [0, 3, 9]
    maps = [np.frombuffer(encode_lowest(plan, radar), "<u2", offset=24) for radar in chosen]
    steps = np.array([m[: plan.grid.rows * plan.grid.cols] for m in maps]).astype(float)
    steps[steps == 65535] = np.inf
    least = steps.min(axis=0)
    doubt = least == 65534
    height = least - 1000.0
    if is_above_ground:
        ground = plan.ground_m.reshape(-1).astype(float)
        height = height - np.floor(ground)
        doubt |= np.isnan(ground) & np.isfinite(least)
    due = np.searchsorted(levels, height, side="left")
    due[doubt] = 33
    due[np.isinf(least)] = 32
    due |= plan.inside.reshape(-1) << 6
    _, page = opened()
    got = page.evaluate(
        f"""async ([maps, levels, isAbove]) => {{
            const {{ decodeLowest }} = await import('/static/cover.js');
            const read = {READ};
            const {{ cover, grid }} = airshield;
            const decoded = maps.map((one) => decodeLowest(read(one), grid));
            const lowest = cover.lowest(decoded, new Uint16Array(grid.cells));
            return [...cover.bands(lowest, levels, isAbove, new Uint8Array(grid.cells))];
        }}""",
        [
            [base64.b64encode(encode_lowest(plan, radar)).decode() for radar in chosen],
            levels,
            is_above_ground,
        ],
    )
    assert got == due.tolist()


@pytest.mark.parametrize("show", ["count", "why"])
def test_every_cell_is_painted_where_it_lies(plan, opened, show):
    rng = np.random.default_rng(9)
    _, page = opened(f"cls=airliner&h=1000g&map=5.7/49/32&show={show}")
    got = page.evaluate(
        """(cells) => {
            const { map, grid, state, painter } = airshield;
            const canvas = document.getElementById('cover');
            const { width, height } = canvas;
            const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
            const channels = (word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 255);
            return cells.flatMap((cell) => {
                const [x, y] = map.camera().project(...grid.placeOf(cell)).map(Math.floor);
                if (x < 0 || y < 0 || x >= width || y >= height) return [];
                const code = state.codes[cell];
                const due = [0, 1].map((ink) => channels(painter.colours[2 * code + ink]));
                return [[[...data.slice(4 * (y * width + x), 4 * (y * width + x) + 4)], ...due]];
            });
        }""",
        rng.integers(0, plan.grid.rows * plan.grid.cols, 1500).tolist(),
    )
    assert len(got) > 500
    # A canvas keeps colours multiplied by their opacity, and rounds. Middles of cells that are not
    # drawn at all have no colour to compare.
    wrong = [
        (pixel, base, ink)
        for pixel, base, ink in got
        if min(np.abs(np.subtract(pixel, due)).max() for due in (base, ink)) > 8
        and (pixel[3] or base[3])
    ]
    assert wrong == []


@pytest.mark.parametrize("renderer", ["webgl", "canvas"])
def test_a_place_is_coloured_by_who_sees_it_and_a_gap_is_hatched(plan, opened, renderer):
    seen, page = opened("cls=airliner&h=1000g&roses=off&map=8/50.3/33.8", renderer=renderer)
    page.wait_for_timeout(800)

    def shades(lat, lon):
        """All colours in a square of the map around a place."""
        x, y = seen.place_of(lat, lon)
        return {
            tuple(pixel)
            for pixel in seen.pixels(
                [[x + i, y + j] for i in range(0, 24, 2) for j in range(0, 24, 2)]
            )
        }

    def spread(colours):
        light = [sum(colour) for colour in colours]
        return max(light) - min(light)

    covered = shades(50.2, 33.4)
    assert spread(covered) < 90, covered  # one colour over land and the map's faint lines
    cell = page.evaluate("airshield.grid.cellAt(33.4, 50.2)")
    assert page.evaluate("(cell) => airshield.state.counts[cell] & 63", cell) in (1, 2, 3, 4)
    page.evaluate("airshield.perform('enablers')")
    for radar in range(9):
        page.evaluate("(radar) => airshield.tick([radar], false)", radar)
    page.wait_for_timeout(300)
    lost = shades(50.2, 33.4)
    assert spread(lost) > 250, lost
    assert all(red > blue > green for red, green, blue in lost), lost  # nothing like cover
    assert all(blue > red for red, _, blue in covered), covered


def test_unticking_a_contributor_shrinks_the_shield_and_says_by_how_much(plan, opened):
    _, page = opened("cls=airliner&h=1000g")
    names = [radar.name for radar in plan.radars]
    layer = plan.layers[5]
    cover = LayerCover(plan.grid, Layer(cls=layer.cls, height_m=1000.0, above="ground"), names)
    words = cover.bits.shape[1]
    cover.bits[:] = narrow_words(layer.bits)[:, :words]
    cover.unknown[:] = narrow_words(layer.unknown)[:, :words]
    cover.no_air[:] = layer.no_air
    groups = group_cells(cover, inside=plan.inside, people=plan.people)
    others = [radar.name for radar in plan.radars if radar.contributor != "Outside enablers"]

    def told(row, column):
        text = page.inner_text(f"#figures tbody tr:nth-child({row}) td:nth-of-type({column})")
        return float(text.split(" %")[0])

    assert told(1, 1) == pytest.approx(100 * groups.share_covered(names), abs=0.051)
    assert told(1, 5) == 0.0
    page.click("#enablers")
    share = groups.share_covered(others)
    assert told(1, 1) == pytest.approx(100 * share, abs=0.051)
    assert told(2, 1) == pytest.approx(100 * groups.share_covered(others, of=1), abs=0.051)
    assert told(1, 5) == pytest.approx(100 * (groups.share_covered(names) - share), abs=0.051)
    assert page.get_attribute("#enablers", "aria-pressed") == "true"
    assert page.is_checked("#contributor-3") is False
    assert "4 of 13 radars are unticked" in page.inner_text("#summary")
    assert "want of the unticked" in page.inner_text("#plan-legend")
    # One of four back: neither ticked nor unticked.
    page.check("#radar-9")
    assert page.evaluate("document.getElementById('contributor-3').indeterminate")
    page.click("#everybody")
    assert told(1, 5) == 0.0
    assert page.is_checked("#contributor-3")
    assert page.evaluate("document.getElementById('contributor-3').indeterminate") is False


def test_roses_are_shown_only_for_ticks_that_the_plan_holds_them_for(plan, opened):
    _, page = opened("cls=small_drone&h=300g&spd=50")
    assert page.evaluate("airshield.view.roses.size") == len(plan.sites)
    first = page.inner_text("#sites li:first-child")
    page.click("#contributor-3")  # the plan holds minutes without the outside enablers
    assert page.evaluate(
        "[...airshield.view.roses.values()].every((one) => one.without.length === 1)"
    )
    assert page.inner_text("#sites li:nth-child(4)") != first
    page.click("#contributor-2")  # but not without two contributors
    assert page.evaluate("airshield.view.roses.size") == 0
    assert "unknown for these ticks" in page.inner_text("#roses-note")
    assert page.inner_text("#sites li:first-child").split("\n")[2].startswith("unknown")
    page.click("#everybody")
    page.click("#radar-0")  # nor without one radar
    assert page.evaluate("airshield.view.roses.size") == 0
    page.click("#everybody")
    page.keyboard.press("]")  # nor at another height, and it says at which
    assert "at 300 m above ground" in page.inner_text("#roses-note")


def test_a_bearing_without_warning_and_one_unknown_are_no_minutes(bare):
    got = bare.evaluate(
        """async () => {
            const { verdictOf } = await import('/static/plan-overlay.js');
            const rose = {
                azm_true_deg: [0, 1, 2, 3, 4, 5],
                status: ['confirmed', 'confirmed', 'unseen', 'unknown', 'unknown', 'confirmed'],
                minutes: [12, 3, null, null, 12, -1],
            };
            const all = (required) => rose.status.map((_, i) => verdictOf(rose, i, required));
            return [all(10), all(null)];
        }"""
    )
    assert got[0] == ["enough", "short", "never", "unknown", "enough", "short"]
    assert got[1] == ["enough", "enough", "never", "unknown", "enough", "short"]


def test_the_address_bar_carries_the_view_and_the_ticks(opened, server, look):
    _, page = opened("cls=small_drone&h=300g")
    page.uncheck("#radar-2")
    page.keyboard.press("]")
    for key in ("v", "v", "d", "u", "r"):
        page.keyboard.press(key)
    page.evaluate("airshield.map.moveTo({ lon: 31.5, lat: 48.5, zoom: 6.5 }, true)")
    wait(page, "location.hash.includes('map=6.50/48.5000/31.5000')")
    other = look("canvas").open(page.url)
    wait(other, "airshield.state.weights !== null")
    got = other.evaluate(
        "(({ view, plan }) => [view.on.indexOf(false), plan.layers[view.layer].height_m, view.show,"
        " view.isDark, view.units.system, view.hasRoses])(airshield)"
    )
    assert got == [2, 1000, "why", False, "aviation", False]
    assert other.evaluate("airshield.map.camera().lat") == pytest.approx(48.5, abs=0.01)


def test_keys_and_words_do_what_the_pointer_does(opened):
    _, page = opened("cls=small_drone&h=300g")
    # Alone it leads nowhere.
    assert not page.is_visible("#pages")
    assert not page.is_visible("#watch-link")
    slider = page.locator("#height")
    slider.focus()
    page.keyboard.press("ArrowRight")
    wait(page, "airshield.loaded.has(airshield.view.layer)")
    assert slider.get_attribute("aria-valuetext") == "small drone at 1,000 m above ground"
    assert page.inner_text("#height-now") == "1,000 m"
    page.keyboard.press("e")
    assert page.inner_text("#enablers-now") == "without"
    page.keyboard.press("a")
    assert page.inner_text("#enablers-now") == "with"
    page.keyboard.press("c")
    assert page.is_visible("#here")
    page.keyboard.press("Escape")
    assert not page.is_visible("#here")
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    wait(page, "document.getElementById('legend-title').textContent.startsWith('Lowest')")
    assert "small targets are seen less far" in page.inner_text("#legend-note")
    page.keyboard.press("v")
    assert "below the horizon" in page.inner_text("#plan-legend")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, select')].filter((one) => one.offsetParent"
        " && !(one.innerText || one.labels?.length || one.ariaLabel)).map((one) => one.id)"
    )
    assert unnamed == []


def test_nothing_of_another_height_is_shown_while_one_is_fetched(server, look):
    held = []
    seen = look("canvas")
    seen.page.route("**/api/plan/layers/2", lambda route: held.append(route))  # noqa: PLW0108
    page = seen.open(f"{server.url}plan#cls=small_drone&h=300g")
    wait(page, "airshield.state.weights !== null")
    assert "%" in page.inner_text("#figures")
    page.keyboard.press("]")
    page.keyboard.press("e")
    assert page.inner_text("#height-now") == "1,000 m"
    assert page.inner_text("#busy") == "fetching the layer"
    assert page.evaluate("airshield.state.codes.every((code) => code === 63)")
    assert "%" not in page.inner_text("#figures")
    assert "%" not in page.inner_text("#ticks")
    assert page.inner_text("#gaps") == page.inner_text("#summary") == ""
    assert page.is_checked("#contributor-3") is False
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    wait(page, "document.getElementById('figures').textContent.includes('%')")
    assert page.inner_text("#busy") == ""
    assert "would add" in page.inner_text("#ticks")


def test_every_picture_says_that_it_is_an_estimate_and_of_what(opened):
    _, page = opened()
    stamp = page.inner_text("#stamp")
    assert stamp.upper().startswith("PLANNING ESTIMATE")
    for words in ("Synthetic shield", "k = 1.333", "closed forms", "airshield test", "5eed5eed5eed",
                  "invented hills"):  # fmt: skip
        assert words in stamp
    answers = page.inner_text("#answers")
    assert all(word in answers for word in ("HOLDS", "FAILS", "UNKNOWN"))
