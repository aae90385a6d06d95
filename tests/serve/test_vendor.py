"""The page's outside parts: pinned, without addresses, complete, with their licences."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from airshield.serve.app import STATIC

ROOT = Path(__file__).parents[2]
VENDOR = STATIC / "vendor"


@pytest.fixture(scope="module")
def hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lock_pins_by_hash_and_holds_no_address():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert len(packages) > 3
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
    wanted = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert wanted == {name: packages[f"node_modules/{name}"]["version"] for name in wanted}


def test_every_file_that_a_script_or_style_loads_is_there():
    import re

    loads = re.compile(r"""(?:from|import|url\(|URL\()\s*\(?["'](\.{0,2}/?vendor/[^"'$]+)["']""")
    found = []
    for own in (*STATIC.glob("*.js"), *STATIC.glob("*.css")):
        for path in loads.findall(own.read_text()):
            found.append(path)
            assert (STATIC / path).is_file(), f"{own.name} loads {path}"
    assert len(found) >= 6


def test_every_package_keeps_its_licence():
    licences = {path.stem for path in (VENDOR / "licences").glob("*.txt")}
    assert {"maplibre-gl", "topojson-client", "world-atlas", "@fontsource+b612"} <= licences


def test_a_second_build_fetches_nothing(hook, monkeypatch):
    monkeypatch.setattr(hook, "_npm_ci", lambda work: pytest.fail("asked npm again"))
    assert hook.fill(ROOT) is False


@pytest.fixture
def copy(tmp_path):
    """A checkout with everything but the network."""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(VENDOR, tmp_path / "src/airshield/serve/static/vendor")
    return tmp_path


def test_a_damaged_or_outdated_folder_is_fetched_again(hook, copy, monkeypatch):
    asked = []
    monkeypatch.setattr(hook, "_npm_ci", asked.append)
    vendor = copy / "src/airshield/serve/static/vendor"
    assert hook.fill(copy) is False
    style = vendor / "maplibre-gl/dist/maplibre-gl.css"
    style.write_text(style.read_text() + " ")
    with pytest.raises(hook.PagePartsError, match="nothing matches"):
        hook.fill(copy)
    assert len(asked) == 1
    # The half-made folder is gone, the old one still in place.
    assert sorted(path.name for path in vendor.parent.iterdir()) == ["vendor"]


def test_no_network_is_said_with_the_remedy(hook, copy, monkeypatch):
    shutil.rmtree(copy / "src")
    monkeypatch.setattr(hook, "_npm", lambda: ["python3", "-c", "raise SystemExit('no route')"])
    with pytest.raises(hook.PagePartsError, match=r"(?s)no route.*NPM_CONFIG_REGISTRY"):
        hook.fill(copy)
