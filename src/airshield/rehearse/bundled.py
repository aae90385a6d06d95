"""The example shields that come with the package."""

from __future__ import annotations

from pathlib import Path

from airshield.errors import MissingFileError

_PACKAGE = Path(__file__).parents[1]


def bundled_shield(name: str) -> Path:
    """Return the folder of an example shield.

    It lies in the installed package, or in a checkout beside ``src``.

    Raises
    ------
    MissingFileError
        There is no such example; the message names those that there are.
    """
    homes = [_PACKAGE / "examples", _PACKAGE.parents[1] / "examples"]
    for home in homes:
        if (home / name / "shield.toml").is_file():
            return home / name
    known = sorted({path.parent.name for home in homes for path in home.glob("*/shield.toml")})
    there = (
        f"there are {', '.join(known)}" if known else "the installation holds none; reinstall it"
    )
    raise MissingFileError(path=f"examples/{name}", remedy=there)
