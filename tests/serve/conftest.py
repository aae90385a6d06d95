"""A served picture, and a real browser to look at it."""

import base64
import time

import pytest

from airshield.picture import Picture
from airshield.serve import Server, create_app
from serve import synthetic_sky

# The software renderer remarks on screenshots; nobody's picture is worse for it.
HARMLESS = ("GPU stall due to ReadPixels",)


class Served:
    """A picture behind a running server."""

    def __init__(self, mode="exercise", *, silent_after_s=60.0, port=0):
        self.picture = Picture(mode=mode, now_ns=time.time_ns, silent_after_s=silent_after_s)
        self.shield = synthetic_sky.shield()
        self.server = Server(create_app(self.picture, self.shield), port=port)

    @property
    def url(self):
        return self.server.url

    def feed(self, fleet, *, t_s=0.0):
        synthetic_sky.play(self.picture, t_s=t_s, t_ns=time.time_ns(), fleet=fleet)


@pytest.fixture
def serve():
    """Start servers, and stop them after the test."""
    running = []

    def start(*args, **kwargs):
        served = Served(*args, **kwargs)
        running.append(served.server)
        served.server.start()
        return served

    yield start
    for server in running:
        server.stop()


def wait(page, what, *, within_s=20.0):
    """Wait until an expression holds on the page.

    Playwright's own waiting evaluates text on the page, which the content policy rightly forbids.
    """
    until = time.monotonic() + within_s
    while not page.evaluate(what):
        assert time.monotonic() < until, f"not within {within_s:g} s: {what}"
        page.wait_for_timeout(50)


class Look:
    """A page that is being looked at, and everything it complained about or asked for."""

    def __init__(self, page):
        self.page = page
        self.complaints = []
        self.asked = []
        self.excused = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))

    def _note(self, message):
        known = (*HARMLESS, *self.excused)
        if message.type in ("error", "warning") and not any(word in message.text for word in known):
            self.complaints.append(f"{message.type}: {message.text}")

    def open(self, url, *, tracks=None):
        self.page.goto(url)
        wait(self.page, "window.airshield !== undefined")
        if tracks is not None:
            wait(self.page, f"airshield.sky.tracks.size === {tracks}")
        return self.page

    def pixels(self, points):
        """Colours of the screen at points of the map, as (r, g, b)."""
        shot = base64.b64encode(self.page.screenshot()).decode()
        return self.page.evaluate(
            """async ([shot, points]) => {
                const image = new Image();
                image.src = 'data:image/png;base64,' + shot;
                await image.decode();
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [image.width, image.height];
                const context = canvas.getContext('2d', { willReadFrequently: true });
                context.drawImage(image, 0, 0);
                const stage = document.getElementById('stage').getBoundingClientRect();
                return points.map(([x, y]) => {
                    const pixel = context.getImageData(stage.left + x, stage.top + y, 1, 1);
                    return [...pixel.data].slice(0, 3);
                });
            }""",
            [shot, points],
        )

    def place_of(self, lat_deg, lon_deg):
        """Where a place is drawn on the map, in pixels of the stage."""
        return self.page.evaluate("([lon, lat]) => airshield.map.camera().project(lon, lat)",
                                  [lon_deg, lat_deg])  # fmt: skip


@pytest.fixture
def look(browsers):
    """Open pages; afterwards they must have asked nobody else and complained of nothing."""
    looks = []

    def start(renderer="webgl", *, width=1280, height=800):
        context = browsers(renderer).new_context(viewport={"width": width, "height": height})
        looks.append((context, Look(context.new_page())))
        return looks[-1][1]

    yield start
    for context, seen in looks:
        context.close()
        own = [url for url in seen.asked if url.startswith(("data:", "blob:"))]
        hosts = {url.split("/")[2].split(":")[0] for url in seen.asked if url not in own}
        assert hosts <= {"127.0.0.1"}, f"the page asked a third party: {hosts}"
        assert seen.complaints == []
