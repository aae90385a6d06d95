"""The page in a real browser: what a watch officer sees."""

import math
import time
from dataclasses import replace

import pytest

from serve.conftest import wait
from serve.synthetic_sky import (
    Flight,
    flights,
    incident_table,
    registration_table,
    tracks_table,
    warning_table,
)

pytestmark = pytest.mark.browser

BALLOON = Flight(
    track=5, lat_deg=49.72, lon_deg=24.35, spd_mps=0.0, course_deg=0.0, alt_m=3000.0, cls="balloon"
)
S = 1_000_000_000


def text(page, selector):
    return page.inner_text(selector)


@pytest.mark.parametrize("renderer", ["webgl", "canvas"])
def test_an_aircraft_is_drawn_where_it_is_in_the_colour_of_its_height(serve, look, renderer):
    served, seen = serve(), look(renderer)
    served.picture.set_state("running")
    unknown = replace(BALLOON, track=6, lon_deg=24.0, lat_deg=49.6, alt_m=None, basis="none")
    served.feed([BALLOON, unknown])
    # A violated zone is hatched under the aircraft: its pattern must come without complaint.
    now_ns = time.time_ns()
    served.picture.feed(incidents=incident_table(flights()[0], 0, now_ns, state="confirmed"))
    page = seen.open(served.url, tracks=2)
    assert page.evaluate("document.body.dataset.renderer") == renderer
    page.keyboard.press("l")
    page.keyboard.press("l")  # no labels in the way
    page.wait_for_timeout(1500)
    places = [seen.place_of(flight.lat_deg, flight.lon_deg) for flight in (BALLOON, unknown)]
    expected = page.evaluate(
        """async () => {
            const { heightColour } = await import('/static/colour.js');
            return [heightColour(3000, true), heightColour(null, true)];
        }"""
    )
    # The balloon's envelope lies a little north of its place; nothing is drawn 60 pixels away.
    inside = seen.pixels([[x, y - 2] for x, y in places])
    outside = seen.pixels([[x + 60, y + 3] for x, y in places])
    for got, due, empty in zip(inside, expected, outside, strict=True):
        assert got == pytest.approx(due, abs=12)
        assert sum(empty) < 200


@pytest.mark.parametrize("renderer", ["webgl", "canvas"])
def test_an_aircraft_moves_between_updates(serve, look, renderer):
    served, seen = serve(), look(renderer)
    served.picture.set_state("running")
    served.feed([replace(BALLOON, spd_mps=250.0, course_deg=90.0)])
    page = seen.open(served.url, tracks=1)
    page.evaluate("airshield.map.moveTo({ lon: 24.35, lat: 49.72, zoom: 11 }, true)")
    page.evaluate("airshield.select(5)")
    page.wait_for_timeout(600)
    where = "airshield.overlay.places.get(5)"
    x0, y0 = page.evaluate(where)
    page.wait_for_timeout(1500)
    x1, y1 = page.evaluate(where)
    metres = (x1 - x0) / page.evaluate("airshield.map.camera().pxPerMetre()")
    assert 200 < metres < 900  # 1.5 s and a bit at 250 m/s, on a busy machine
    assert abs(y1 - y0) < 2


@pytest.mark.parametrize("mode", ["live", "replay", "exercise"])
def test_the_mode_is_unmistakable(serve, look, mode):
    served, seen = serve(mode), look("canvas")
    page = seen.open(served.url)
    wait(page, f"document.body.dataset.mode === '{mode}'")
    assert text(page, "#mode") == mode.upper()
    frame = page.evaluate("getComputedStyle(document.body).borderTopColor")
    colours = {
        "live": "rgb(0, 158, 115)", "replay": "rgb(86, 180, 233)", "exercise": "rgb(240, 180, 41)",
    }  # fmt: skip
    assert frame == colours[mode]


def test_preparing_is_said_and_goes_and_the_end_is_said(serve, look):
    served, seen = serve("replay"), look("canvas")
    served.picture.set_state("preparing", "compiling kernels, 3 of 9")
    page = seen.open(served.url)
    wait(page, "!document.getElementById('preparing').hidden")
    assert "compiling kernels, 3 of 9" in text(page, "#preparing")
    served.picture.set_state("running")
    wait(page, "document.getElementById('preparing').hidden")
    served.picture.set_state("ended", "22,146 frames read.")
    wait(page, "document.body.dataset.state === 'ended'")
    assert "REPLAY HAS ENDED. 22,146 frames read." in text(page, "#mode-note")


def test_silent_sensors_make_the_picture_stale(serve, look):
    served, seen = serve("live", silent_after_s=1.0), look("canvas")
    served.picture.set_state("running")
    served.feed(flights())
    page = seen.open(served.url, tracks=len(flights()))
    wait(page, "!document.getElementById('stale').hidden")
    assert "PICTURE STALE" in text(page, "#stale")
    assert "no sensor is sending" in text(page, "#stale")
    assert page.evaluate("document.body.dataset.link") == "open"
    until = time.monotonic() + 15
    while page.is_visible("#stale") and time.monotonic() < until:
        served.feed(flights())
        page.wait_for_timeout(300)
    assert not page.is_visible("#stale")


def test_a_lost_connection_makes_the_picture_stale_and_nothing_is_missed(serve, look):
    served, seen = serve("live"), look("canvas")
    seen.excused = ["WebSocket connection to", "Failed to load resource"]
    stray = replace(flights()[0], callsign="STRAY1")
    served.picture.set_state("running")
    served.feed([stray])
    page = seen.open(served.url, tracks=1)
    wait(page, "document.body.dataset.link === 'open'")
    served.server.stop()
    wait(page, "!document.getElementById('stale').hidden")
    assert "connection to the server lost" in text(page, "#stale")
    again = serve("live", port=served.server.port)
    again.picture.set_state("running")
    again.feed([stray])
    now_ns = time.time_ns()
    again.picture.feed(incidents=incident_table(stray, 0, now_ns, state="suspected"))
    again.picture.feed(incidents=incident_table(stray, 0, now_ns, state="confirmed"))
    wait(page, "document.getElementById('stale').hidden")
    wait(page, "document.querySelectorAll('#incidents .confirmed').length === 1")
    assert "STRAY1" in text(page, "#incidents")


def test_alerts_are_listed_counted_down_and_centre_the_map(serve, look):
    served, seen = serve(), look("canvas")
    fleet = flights()
    stray = fleet[0]
    served.picture.set_state("running")
    served.feed(fleet)
    page = seen.open(f"{served.url}#map=7/47/20", tracks=len(fleet))
    assert "No warning has been issued" in text(page, "#warnings")
    now_ns = time.time_ns()
    served.picture.feed(incidents=incident_table(stray, 0, now_ns, state="confirmed"))
    served.picture.feed(warnings=warning_table(stray, now_ns, state="issued", dt_reach_s=200.0))
    wait(page, "document.querySelectorAll('#warnings .issued').length === 1")
    warning = text(page, "#warnings .issued")
    assert "Regional hospital" in warning
    assert "URPKA" in warning
    assert warning.split("\n")[2].startswith("3:")  # of 3:20
    incident = text(page, "#incidents .confirmed")
    assert "CONFIRMED" in incident
    assert "no permit for 508A21" in incident
    assert page.evaluate("airshield.view.violated.size") == 1
    assert page.evaluate("document.getElementById('flash').className") == "on"
    page.click("#warnings .issued button")
    wait(page, f"Math.abs(airshield.map.camera().lat - {stray.lat_deg}) < 0.05")
    assert text(page, "#detail h2") == "URPKA"
    assert page.inner_text("#table tbody tr:first-child td:first-child") == "▲ URPKA"
    served.picture.feed(
        incidents=incident_table(stray, 0, time.time_ns(), state="ended"),
        warnings=warning_table(stray, time.time_ns(), state="cancelled"),
    )
    wait(page, "document.querySelectorAll('#warnings .cancelled').length === 1")
    assert text(page, "#incidents-count") == "0"


def test_unknown_is_said_and_never_zero(serve, look):
    served, seen = serve(), look("canvas")
    served.picture.set_state("running")
    served.feed(flights())
    page = seen.open(f"{served.url}#track=2", tracks=len(flights()))
    wait(page, "document.querySelectorAll('#detail dd').length > 10")
    detail = dict(
        zip(
            page.eval_on_selector_all("#detail dt", "all => all.map(one => one.textContent)"),
            page.eval_on_selector_all("#detail dd", "all => all.map(one => one.textContent)"),
            strict=True,
        )
    )
    for name in ("Callsign", "Address", "Squawk", "Pressure altitude", "Height above ellipsoid"):
        assert detail[name] == "unknown", name
    assert detail["Vertical"] == "unknown"
    page.fill("#search", "T2")
    wait(page, "document.querySelectorAll('#table tbody tr').length === 1")
    assert page.inner_text("#table tbody tr td:nth-child(3)") == "---"


def test_a_silent_radar_is_shown_as_no_data(serve, look):
    served, seen = serve(), look("canvas")
    served.picture.set_state("running")
    served.feed(flights())
    page = seen.open(served.url, tracks=len(flights()))
    page.click("#tab-sensors")
    wait(page, "document.querySelectorAll('#sensors .lost').length === 1")
    assert "Brody" in text(page, "#sensors .lost")
    assert "NO DATA" in text(page, "#sensors .lost")


def test_a_bias_is_told_beside_its_radar_and_a_jump_stands_out(serve, look):
    served, seen = serve(), look("canvas")
    served.picture.set_state("running")
    served.feed(flights())
    served.picture.feed(registration=registration_table(("25/1", -0.25, None)))
    page = seen.open(served.url, tracks=len(flights()))
    page.click("#tab-sensors")
    wait(page, "document.querySelector('#sensors .bias')?.textContent.includes('azimuth')")
    told = page.locator("#sensors li:first-child .bias").inner_text()
    assert told == "range +12 ± 3 m · azimuth −0.250 ± 0.010° · time +0.02 ± 0.01 s"
    assert page.locator("#sensors li:nth-child(2) .bias").inner_text() == "bias unknown"
    assert "BIAS JUMPED" not in text(page, "#sensors")
    eight_ns = 1_700_035_200 * 10**9  # 2023-11-15 08:00 UTC
    served.picture.feed(registration=registration_table(("25/1", 0.1, eight_ns)))
    wait(page, "document.querySelector('#sensors').textContent.includes('BIAS JUMPED')")
    assert "jumped 08:00:00Z" in text(page, "#sensors li:first-child")
    assert "lost" in page.get_attribute("#tab-sensors", "class")


def test_the_table_sorts_searches_and_looks_only_at_the_view(serve, look):
    served, seen = serve(), look("canvas")
    fleet = flights()
    served.picture.set_state("running")
    served.feed(fleet)
    page = seen.open(served.url, tracks=len(fleet))
    page.click('#table th[data-key="spd"] button')
    page.click('#table th[data-key="spd"] button')
    column = "all => all.map(row => Number(row.cells[3].textContent))"
    speeds = page.eval_on_selector_all("#table tbody tr", column)
    assert len(speeds) == len(fleet)
    assert speeds == sorted(speeds, reverse=True)
    page.keyboard.press("/")
    page.keyboard.type("508a4")
    assert page.inner_text("#table tbody tr td") == "MEDIC01"
    page.keyboard.press("Escape")
    page.evaluate("airshield.map.moveTo({ lon: -40, lat: 30, zoom: 6 }, true)")
    page.check("#in-view")
    wait(page, "document.querySelectorAll('#table tbody tr').length === 0")


def test_keys_and_the_address_bar_carry_the_view(serve, look):
    served, seen = serve(), look("canvas")
    served.picture.set_state("running")
    served.feed(flights())
    page = seen.open(served.url, tracks=len(flights()))
    for key in ("t", "l", "u", "d"):
        page.keyboard.press(key)
    assert [text(page, f"#{name}-now") for name in ("trails", "labels", "units", "theme")] == [
        "selected", "short", "m km/h", "off",
    ]  # fmt: skip
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("Escape")
    assert not page.is_visible("#help")
    page.evaluate("airshield.select(1)")
    page.evaluate("airshield.map.moveTo({ lon: 23.9, lat: 49.7, zoom: 9 }, true)")
    wait(page, "location.hash.includes('map=9.00/49.7000/23.9000')")
    address = page.url
    other = look("canvas").open(address, tracks=len(flights()))
    assert other.evaluate("airshield.view.selected") == 1
    assert other.evaluate("airshield.view.units.system") == "si"
    assert other.evaluate("document.documentElement.dataset.theme") == "light"
    assert other.evaluate("airshield.map.camera().zoom") == pytest.approx(9.0, abs=0.01)


def test_following_keeps_the_track_in_the_middle(serve, look):
    served, seen = serve(), look("canvas")
    served.picture.set_state("running")
    served.feed([replace(BALLOON, spd_mps=250.0)])
    page = seen.open(served.url, tracks=1)
    page.evaluate("airshield.select(5, true)")
    page.keyboard.press("f")
    page.wait_for_timeout(1200)
    camera = "(({ lat, width, height }) => [lat, width, height])(airshield.map.camera())"
    lat, width, height = page.evaluate(camera)
    x, y = page.evaluate("airshield.overlay.places.get(5)")
    assert abs(x - width / 2) < 25
    assert abs(y - height / 2) < 25
    assert lat != pytest.approx(BALLOON.lat_deg, abs=1e-4)


def test_a_page_opened_later_shows_where_tracks_have_been(serve, look):
    served, seen = serve(), look("canvas")
    served.picture.set_state("running")
    for back_s in range(200, -1, -4):
        served.picture.feed(
            tracks=tracks_table(flights(), -float(back_s), time.time_ns() - back_s * S)
        )
    page = seen.open(served.url, tracks=len(flights()))
    wait(page, "(airshield.sky.trails.get(1)?.x.length ?? 0) >= 45")


def test_the_fine_coast_is_fetched_only_when_near(serve, look):
    served, seen = serve(), look("canvas")
    page = seen.open(f"{served.url}#map=4/48/15")
    wait(page, "airshield.overlay.countries.length > 100")
    assert not any("10m" in url for url in seen.asked)
    page.evaluate("airshield.map.moveTo({ lon: 2.1, lat: 41.4, zoom: 8 }, true)")
    wait(page, "airshield.map.land.length < 60")
    assert any("countries-10m.json" in url for url in seen.asked)


def test_the_script_decodes_a_frame_as_python_does(serve, look):
    from airshield.picture import decode_frame, encode_frame
    from airshield.tables import ADSB_CHECKS, HEIGHT_BASES, TRACK_CLASSES, TRACK_STATUSES

    served, seen = serve(), look("canvas")
    fleet = flights()
    served.feed([*fleet, replace(fleet[0], track=2**40 + 3, lat_deg=-33.0, lon_deg=-179.9)])
    served.picture.snapshot()
    served.picture.feed(incidents=incident_table(fleet[0], 0, time.time_ns(), state="confirmed"))
    octets = encode_frame(served.picture.snapshot())
    frame = decode_frame(octets)
    page = seen.open(served.url)
    got = page.evaluate(
        """async (octets) => {
            const { decodePicture } = await import('/static/frame.js');
            return decodePicture(new Uint8Array(octets).buffer);
        }""",
        list(octets),
    )
    assert got["isKey"]
    assert got["rev"] == frame.rev
    assert got["tNowMs"] == frame.t_now_ns // 1_000_000
    names = {
        "track": "track", "tMs": "t_ms", "lat": "lat_deg", "lon": "lon_deg",
        "altBaro": "alt_baro_m", "altHae": "alt_hae_m",
        "sigmaMajor": "sigma_major_m", "sigmaMinor": "sigma_minor_m",
        "sigmaAzm": "azm_major_true_deg", "sigmaUp": "sigma_up_m", "kinds": "kinds",
        "velEast": "vel_east_mps", "velNorth": "vel_north_mps", "velUp": "vel_up_mps",
        "existence": "existence", "alarm": "alarm",
    }  # fmt: skip
    for i, row in enumerate(got["rows"]):
        for theirs, ours in names.items():
            value = float(frame.columns[ours][i])
            expected = None if math.isnan(value) else pytest.approx(value, abs=1e-9)
            assert row[theirs] == expected, theirs
        assert row["callsign"] == (frame.columns["callsign"][i] or None)
        for theirs, ours in (("modeS", "mode_s"), ("mode3a", "mode_3a")):
            code = int(frame.columns[ours][i])
            assert row[theirs] == (None if code < 0 else code)
        sensors = int(frame.columns["sensors"][i])
        assert row["sensors"] == [bit for bit in range(64) if sensors >> bit & 1]
        for theirs, ours, words in (
            ("status", "status", TRACK_STATUSES),
            ("basis", "height_basis", HEIGHT_BASES),
            ("cls", "cls", TRACK_CLASSES),
            ("adsbCheck", "adsb_check", ADSB_CHECKS),
        ):
            assert row[theirs] == words[frame.columns[ours][i]]
