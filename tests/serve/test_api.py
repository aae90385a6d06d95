"""The documents and the stream, as other programs use them."""

import asyncio
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
import websockets
from shapely.geometry import Point, shape
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from airshield.errors import FeedError
from airshield.picture import Picture, decode_frame
from airshield.serve import Server, create_app
from airshield.serve.app import POLICY, STATIC
from airshield.serve.shield_view import limit_text, period_text, range_ring
from airshield.zones import Limit, Period
from serve.synthetic_sky import (
    flights,
    incident_table,
    reports_table,
    shield,
    tracks_table,
    warning_table,
)

T0 = 1_700_000_000_000_000_000
S = 1_000_000_000
FLEET = flights()


@pytest.fixture
def picture():
    made = Picture(mode="exercise", now_ns=lambda: T0)
    made.set_state("running")
    return made


class Client:
    """A program that talks to a running server."""

    def __init__(self, server):
        self._http = httpx.Client(base_url=server.url)
        self._port = server.port
        self.get = self._http.get
        self.close = self._http.close

    def stream(self, query="", *, name="127.0.0.1", **headers):
        return connect(
            f"ws://{name}:{self._port}/api/stream?{query}",
            sock=socket.create_connection(("127.0.0.1", self._port)),
            additional_headers=headers,
            max_size=None,
        )


@contextmanager
def talking_to(picture, **options):
    with Server(create_app(picture, shield(), **options), port=0) as server:
        client = Client(server)
        yield client
        client.close()


@pytest.fixture
def client(picture):
    with talking_to(picture) as client:
        yield client


def test_the_shield_is_geojson_with_heights_in_words(client):
    view = client.get("/api/shield").json()
    assert view["mode"] == "exercise"
    zones = {zone["properties"]["name"]: zone for zone in view["zones"]["features"]}
    no_fly = zones["Lviv no-fly zone"]
    assert no_fly["properties"]["floor"] == "ground"
    assert no_fly["properties"]["ceiling"] == "FL180"
    assert shape(no_fly["geometry"]).contains(Point(24.03, 49.84))
    assert zones["City core"]["properties"]["ceiling"] == "10,000 ft (3,048 m) above sea level"
    assert zones["Airway north"]["properties"]["ceiling"] == "unlimited"
    assert view["sites"]["features"][1]["properties"]["warning_s"] == 240.0
    assert [sensor["sensor"] for sensor in view["sensors"]] == ["25/1", "25/2", "25/3"]
    west, south, east, north = view["home"]
    closed = shape(no_fly["geometry"]).bounds
    assert (west, south) < closed[:2]
    assert (east, north) > closed[2:]


def test_the_blind_area_is_what_no_radar_reaches(client):
    blind = client.get("/api/shield").json()["blind"]["features"]
    areas = {feature["properties"]["hgt_msl_m"]: shape(feature["geometry"]) for feature in blind}
    assert list(areas) == [None, 300.0, 1000.0, 3000.0]
    for area in areas.values():
        assert not area.contains(Point(23.96, 49.81))  # at a radar
        assert area.contains(Point(2.0, 41.0))
    # Lower targets hide behind the horizon: 4.12 km times the roots of 323 m and 300 m is 145 km.
    east_150_km = Point(23.96 + 150 / 71.8, 49.0)
    assert areas[300.0].contains(east_150_km)
    assert not areas[3000.0].contains(east_150_km)
    assert areas[300.0].area > areas[1000.0].area > areas[3000.0].area >= areas[None].area


def test_a_range_ring_is_a_circle_on_the_ellipsoid():
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    for lat_deg in (0.0, 49.8, 70.0):
        ring = range_ring(lat_deg, 24.0, 250_000.0).exterior.coords
        for lon, lat in ring:
            _, _, reach_m = geod.inv(24.0, lat_deg, lon, lat)
            assert reach_m == pytest.approx(250_000.0, rel=6e-3)


def test_limits_and_times_in_words():
    assert limit_text(Limit(height_m=2895.6, datum="baro"), is_floor=True) == "FL095"
    assert (
        limit_text(Limit(height_m=120.0, datum="agl"), is_floor=False)
        == "390 ft (120 m) above ground"
    )
    assert period_text(Period()) == "daily"
    assert (
        period_text(Period(days=(5, 6), start_s=79_200.0, end_s=14_400.0)) == "Sat Sun 22:00–04:00Z"
    )
    assert period_text(Period(t_start_ns=T0)) == "daily from 2023-11-14 22:13:20Z"


def test_the_picture_and_the_affairs_are_documents(client, picture):
    picture.feed(tracks=tracks_table(FLEET, 0, T0))
    for state, at in (("suspected", 0), ("confirmed", 4)):
        incidents = incident_table(FLEET[0], at, T0 + at * S, state=state)
        picture.feed(incidents=incidents)
    picture.feed(warnings=warning_table(FLEET[0], T0 + 4 * S, state="issued", dt_reach_s=None))
    columns = client.get("/api/picture").json()["columns"]
    assert columns["track"] == sorted(flight.track for flight in FLEET)
    (incident,) = client.get("/api/incidents").json()["incidents"]
    assert incident["state"] == "confirmed"
    assert incident["t_began"] == "2023-11-14T22:13:20.000Z"
    assert incident["t"] == "2023-11-14T22:13:24.000Z"
    (warning,) = client.get("/api/warnings").json()["warnings"]
    assert warning["dt_reach_s"] is None
    assert [a["number"] for a in client.get("/api/alerts?after=1").json()["alerts"]] == [2, 3]
    trail = client.get("/api/trails?track=1").json()
    assert trail["track"] == [1]


def test_health_fails_when_the_sensors_are_silent():
    now = [T0]
    picture = Picture(mode="live", now_ns=lambda: now[0])
    with talking_to(picture) as client:
        assert client.get("/api/health").status_code == 200  # preparing
        picture.set_state("running")
        picture.feed(reports=reports_table("25/1", T0))
        assert client.get("/api/health").status_code == 200
        now[0] += 10 * S
        answer = client.get("/api/health")
        assert answer.status_code == 503
        assert answer.json()["is_silent"]
        assert answer.json()["sensors"]["25/1"] == {"reports": 3, "age_s": 10.0}


def test_every_answer_is_guarded_and_no_page_loads_from_elsewhere(client):
    for path in ("/", "/static/main.js", "/api/health", "/nowhere"):
        assert client.get(path).headers["content-security-policy"] == POLICY
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404
    assert "/api/picture" in client.get("/api/openapi.json").json()["paths"]
    for own in STATIC.glob("*.*"):
        addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", own.read_text())
        assert [a for a in addresses if "www.w3.org" not in a] == [], own.name


def test_scripts_have_the_type_that_browsers_insist_on(client):
    for path in ("main.js", "vendor/maplibre-gl/dist/maplibre-gl.mjs"):
        answer = client.get(f"/static/{path}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")


def receive(stream, kind, *, most=50):
    """The next message of a kind; binary ones decoded."""
    for _ in range(most):
        message = stream.recv(timeout=10)
        if isinstance(message, bytes):
            found, content = "picture", decode_frame(message)
        else:
            content = json.loads(message)
            found = content["type"]
        if found == kind:
            return content
    raise AssertionError(f"no {kind} in {most} messages")


def test_the_stream_says_hello_then_alerts_then_how_it_is_then_the_picture(client, picture):
    picture.feed(
        tracks=tracks_table(FLEET, 0, T0),
        incidents=incident_table(FLEET[0], 0, T0, state="suspected"),
    )
    with client.stream() as stream:
        session = receive(stream, "hello")["session"]
        assert receive(stream, "alert")["number"] == 1
        assert receive(stream, "status")["tracks"] == len(FLEET)
        first = receive(stream, "picture")
        assert first.is_key
        picture.feed(tracks=tracks_table(FLEET[:2], 4, T0 + 4 * S))
        second = receive(stream, "picture")
        assert not second.is_key
        assert second.since == first.rev
        assert second.columns["track"].tolist() == [1, 2]
        # The heartbeat goes on when nothing happens.
        assert receive(stream, "status")["rev"] == second.rev
    picture.feed(incidents=incident_table(FLEET[0], 4, T0 + 4 * S, state="confirmed"))
    with client.stream(f"alert=1&session={session}") as stream:
        alert = receive(stream, "alert")
        assert (alert["number"], alert["row"]["state"]) == (2, "confirmed")
    with client.stream("alert=1&session=of-another-run") as stream:
        assert receive(stream, "alert")["number"] == 1


def test_whoever_comes_later_gets_the_picture_of_now(client, picture):
    picture.feed(tracks=tracks_table(FLEET, 0, T0))
    with client.stream() as early, client.stream("format=json") as early_json:
        assert len(receive(early, "picture").columns["track"]) == len(FLEET)
        receive(early_json, "picture")
        picture.feed(tracks=tracks_table(FLEET[:1], 4, T0 + 4 * S, ended=True))
        with client.stream() as late:
            key = receive(late, "picture")
    assert key.is_key
    assert len(key.columns["track"]) == len(FLEET) - 1


def test_the_stream_speaks_json_too(client, picture):
    picture.feed(tracks=tracks_table(FLEET, 0, T0))
    with client.stream("format=json") as stream:
        document = receive(stream, "picture")
    assert document["kind"] == "key"
    assert document["columns"]["callsign"][0] == "URPKA"


@pytest.mark.parametrize("query", ["format=xml", "alert=-1"])
def test_a_wrong_stream_query_is_refused(client, query):
    with pytest.raises(InvalidStatus, match="403"):
        client.stream(query)


def test_foreign_pages_cannot_read_the_stream(client):
    with pytest.raises(InvalidStatus, match="403"):
        client.stream(origin="https://elsewhere.example")
    own = str(client.get("/").url).rstrip("/")
    with client.stream(origin=own) as stream:
        assert receive(stream, "hello")


def test_a_server_on_the_loopback_answers_to_loopback_names_only(client):
    assert client.get("/api/health").status_code == 200
    assert client.get("/api/health", headers={"host": "localhost:1"}).status_code == 200
    rebound = client.get("/api/health", headers={"host": "rebound.example"})
    assert rebound.status_code == 421
    assert "rebound.example" in rebound.json()["detail"]
    with pytest.raises(InvalidStatus, match="403"):
        client.stream(name="rebound.example")


def test_other_names_can_be_allowed(picture):
    with talking_to(picture, names=["watch.example"]) as client:
        assert client.get("/api/health").status_code == 421
        own = client.get("/api/health", headers={"host": "watch.example:8080"})
        assert own.status_code == 200


def test_a_port_in_use_is_said_with_the_remedy(picture):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(FeedError, match=rf"port {port} is in use.*--port"):
            Server(create_app(picture, shield()), port=port)
    with pytest.raises(FeedError, match="no port"):
        Server(create_app(picture, shield()), port=70_000)


def test_the_server_says_when_it_is_ready_and_gives_its_port_back(picture):
    heard = []
    with Server(create_app(picture, shield()), port=0, on_ready=heard.append) as server:
        assert heard == [server.url]
    with socket.socket() as again:
        again.bind(("127.0.0.1", server.port))


def test_a_reader_that_does_not_read_slows_nobody_and_misses_no_alert(picture):
    """One client stops reading while big pictures go out; the other gets its heartbeats on time."""
    rng_fleet = [
        type(FLEET[0])(
            track=number, lat_deg=49.0, lon_deg=24.0, spd_mps=100.0, course_deg=90.0, alt_m=3000.0
        )
        for number in range(2000)
    ]

    async def watch(url):
        async with (
            websockets.connect(url, max_size=None, max_queue=1, close_timeout=1) as lazy,
            websockets.connect(url, max_size=None) as eager,
        ):
            gaps, last, alerts = [], time.monotonic(), 0
            until = last + 3.0
            step = 0
            while time.monotonic() < until:
                step += 1
                picture.feed(
                    tracks=tracks_table(rng_fleet, step, T0 + step * S),
                    incidents=incident_table(FLEET[0], step, T0 + step * S, state="confirmed"),
                )
                async with asyncio.timeout(10):
                    while True:
                        message = await eager.recv()
                        if isinstance(message, bytes):
                            continue
                        kind = json.loads(message)["type"]
                        alerts += kind == "alert"
                        if kind == "status":
                            break
                gaps.append(time.monotonic() - last)
                last = time.monotonic()
            # The lazy one wakes up: old pictures were skipped, alerts were not.
            numbers, pictures = [], 0
            async with asyncio.timeout(20):
                while len(numbers) < step:
                    message = await lazy.recv()
                    if isinstance(message, bytes):
                        pictures += 1
                        continue
                    document = json.loads(message)
                    if document["type"] == "alert":
                        numbers.append(document["number"])
            return gaps, alerts, numbers, pictures, step

    with Server(create_app(picture, shield()), port=0) as server:
        url = f"ws://127.0.0.1:{server.port}/api/stream"
        # In a thread of its own: a browser of another test may have a loop running in this one.
        with ThreadPoolExecutor(1) as pool:
            gaps, alerts, numbers, pictures, step = pool.submit(asyncio.run, watch(url)).result()
    assert max(gaps) < 2.5
    assert alerts >= step - 1
    assert numbers == list(range(1, step + 1))
    assert pictures <= step + 1
