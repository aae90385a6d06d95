"""Fixtures shared by all tests."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
PEERS = Path(__file__).parents[1] / ".peers"

# Scripts for the peers' own interpreters.
collect_ignore = [
    "reference/adsb_peers.py",
    "reference/itur_peer.py",
    "reference/siting_peer.py",
    "reference/stone_soup_metrics.py",
]


BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
RENDERERS = {
    "webgl": ("--enable-unsafe-swiftshader",),
    "canvas": ("--disable-3d-apis",),
}


LONG = ("test_kill.py", "test_whole_recordings.py", "test_demo.py", "test_kernels_once.py")
"""Half a minute to three: begun first, so that no core waits for one of them at the end."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in LONG)


@pytest.fixture(scope="session")
def shared_data():
    """Folder of recordings that may be used here but not shipped."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the recordings are not beside this checkout ({SHARED_DATA})")
    return SHARED_DATA


@pytest.fixture(scope="session")
def peer_python() -> Callable[[str], Path]:
    """Give the interpreter of a peer's environment: 'adsb', 'asterix', 'tracking' (make peers)."""

    def find(name: str) -> Path:
        python = PEERS / name / "bin" / "python"
        if not python.exists():
            pytest.skip(f"no peer in {python.parent.parent}; `make peers` puts it there")
        return python

    return find


@pytest.fixture(scope="session")
def barcelona_048(shared_data):
    """An hour and a bit of the Barcelona Mode S radar: 22,146 CAT048 blocks of one record."""
    return shared_data / "asterix" / "barcelona" / "cat048_20230502_first.ast"


@pytest.fixture(scope="session")
def browsers():
    """Headless Chromium with and without WebGL, started when first asked for."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(
            f"no browser: none of {', '.join(BROWSERS)} is on the path and CHROMIUM names none; "
            "on Debian: apt-get install chromium"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = {}

        def browser(renderer):
            if renderer not in started:
                args = [*QUIET, *RENDERERS[renderer]]
                started[renderer] = playwright.chromium.launch(executable_path=path, args=args)
            return started[renderer]

        yield browser
        for running in started.values():
            running.close()
