"""From a folder to a shield."""

from __future__ import annotations

import hashlib
import tomllib
import typing
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from airshield.config.build import Builder
from airshield.config.csv_file import read_table
from airshield.config.factors import FactorRow
from airshield.config.geojson_file import (
    AreaProperties,
    SiteProperties,
    ZoneProperties,
    names_in,
    read_areas,
    read_sites,
    read_zones,
)
from airshield.config.links import WATCHED, Known, check_links, figures_of
from airshield.config.places import Document, toml_lines
from airshield.config.plan import Area
from airshield.config.plan_tables import SupplyTables
from airshield.config.problems import Place as Spot
from airshield.config.problems import Problems
from airshield.config.shield import Contributor, Feed, Shield, SystemCodes
from airshield.config.toml_file import FeedTable, RadarTable, ShieldFile
from airshield.errors import MissingFileError, ShieldError
from airshield.sensors import Radar
from airshield.warn import Site, WarnSettings
from airshield.zones import Zone, ZoneSettings

SHIELD_FILE = "shield.toml"

_TRACKER: Final = ("lat_deg", "lon_deg", *(key for key in WATCHED if key != "ground_msl_m"))


def load_shield(folder: str | Path) -> Shield:
    """Read and check a shield.

    Parameters
    ----------
    folder : str or Path
        The shield's folder, or its ``shield.toml``.

    Raises
    ------
    MissingFileError
        There is no such folder, or no ``shield.toml`` in it.
    ShieldError
        Something in its files is wrong. Where several things are, a ShieldProblemsError: its
        ``problems`` are all of them, each with file, place and remedy.
    """
    given = Path(folder)
    path = given / SHIELD_FILE if given.is_dir() else given
    if not path.is_file():
        raise MissingFileError(
            path=str(path), remedy=f"give the folder of a shield: it holds a {SHIELD_FILE}"
        )
    problems = Problems()
    texts = {path: _text(path)}
    document = Document(
        file=str(path), values=_toml(texts[path], path), lines=toml_lines(texts[path])
    )

    def named(key: str) -> tuple[str, str] | None:
        """Path and text of the file that a key names, or None, noted where it is not there."""
        name = document.values.get(key)
        if not isinstance(name, str) or not name:
            return None  # told by the door, where the key must be there
        named = path.parent / name
        if not named.is_file():
            _miss(name, (key,), document, problems)
            return None
        texts[named] = _text(named)
        return str(named), texts[named]

    _fill_tables(document, path.parent, texts, problems)
    are_whole = not problems
    file = problems.read(ShieldFile, document.values, find=document.find)
    zones: tuple[Zone, ...] = ()
    sites: tuple[Site, ...] = ()
    areas: tuple[Area, ...] = ()
    rows: dict[str, FactorRow] = {}
    names: dict[str, tuple[str, ...]] = {"zones": (), "sites": (), "areas": ()}
    if (found := named("zones")) is not None:
        names["zones"] = names_in(found[1])
        zones = read_zones(found[1], file=found[0], problems=problems)
    if (found := named("sites")) is not None:
        names["sites"] = names_in(found[1])
        sites = read_sites(found[1], file=found[0], problems=problems)
    if (found := named("areas")) is not None:
        names["areas"] = names_in(found[1])
        areas = read_areas(found[1], file=found[0], problems=problems)
    before = len(problems)
    if (found := named("factors")) is not None:
        rows = _read_factors(found[1], file=found[0], problems=problems)
    have_factors = len(problems) == before
    order = [str(text_path) for text_path in texts]
    if file is None or not are_whole:
        # Rows that were refused cannot be looked up: links to them would be told as mistakes.
        problems.check(order)
    assert file is not None, "a refused document leaves a problem"
    known = Known(
        zones=names["zones"],
        areas=names["areas"],
        sites=names["sites"],
        sites_file=str(path.parent / file.sites),
        sound_sites=sites,
        box=_box([*(zone.area for zone in zones), *(area.area for area in areas)]),
    )
    check_links(file, document, known, problems)
    terrain = _terrain(file, document, path.parent, problems)
    if not have_factors:
        problems.check(order)
    plan = Builder(file, document, rows, problems).plan(areas=areas, terrain=terrain)
    problems.check(order)
    thresholds = file.model_dump(include={"zone_settings", "warn_settings"})
    return Shield(
        name=file.name,
        about=" ".join(file.about.split()),
        folder=path.parent,
        digest=hashlib.sha256("".join(texts.values()).encode()).hexdigest(),
        geoid_height_m=file.geoid_height_m,
        contributors=tuple(
            Contributor(name=c.name, role=c.role, kind=c.kind) for c in file.contributors
        ),
        radars=tuple(
            _watched(radar, file.geoid_height_m) for radar in file.radars if radar.sac is not None
        ),
        feeds=tuple(_feed(feed) for feed in file.feeds),
        zones=zones,
        sites=sites,
        zone_settings=ZoneSettings(**thresholds["zone_settings"]),
        warn_settings=WarnSettings(**thresholds["warn_settings"]),
        system=None if file.system is None else SystemCodes(**file.system.model_dump()),
        plan=plan,
    )


def named_files(folder: str | Path) -> dict[str, Path]:
    """The GeoJSON files of a shield that has been loaded, by ``zones``, ``sites`` and ``areas``."""
    given = Path(folder)
    path = given / SHIELD_FILE if given.is_dir() else given
    values = _toml(_text(path), path)
    return {key: path.parent / values[key] for key in ("zones", "sites", "areas") if key in values}


def json_schema() -> dict[str, dict[str, Any]]:
    """JSON Schema of what a person writes, for editors.

    Returns
    -------
    dict
        ``shield`` for ``shield.toml``; ``zone``, ``site`` and ``area`` for the ``properties`` of a
        feature; ``factor`` for a row of the factors file.
    """
    shield = ShieldFile.model_json_schema()
    for path in csv_tables():
        owner = shield if len(path) == 1 else shield["$defs"]["SupplyTables"]
        table = owner["properties"][path[-1]]
        rows = {key: table.pop(key) for key in ("type", "items")}
        table["anyOf"] = [rows, {"type": "string", "description": "a CSV file beside shield.toml"}]
    _without_null(shield)
    return {
        "shield": shield,
        "zone": ZoneProperties.model_json_schema(),
        "site": SiteProperties.model_json_schema(),
        "area": AreaProperties.model_json_schema(),
        "factor": FactorRow.model_json_schema(),
    }


def _without_null(schema: Any) -> None:
    """TOML has no null: a key that may be unknown is left out."""
    if isinstance(schema, list):
        for part in schema:
            _without_null(part)
    elif isinstance(schema, dict):
        choices = schema.get("anyOf")
        if isinstance(choices, list) and {"type": "null"} in choices:
            left = [choice for choice in choices if choice != {"type": "null"}]
            del schema["anyOf"]
            schema.update(left[0] if len(left) == 1 else {"anyOf": left})
            if schema.get("default", 0) is None:
                del schema["default"]
        for part in list(schema.values()):
            _without_null(part)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise ShieldError(
            file=str(path),
            where=f"byte {wrong.start}",
            what="this is no UTF-8 text",
            remedy="save the file as UTF-8",
        ) from None


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        what, _, place = str(wrong).partition(" (at ")
        raise ShieldError(
            file=str(path),
            where=place.rstrip(")") or "the file",
            what=f"this is no TOML: {what[:1].lower()}{what[1:]}",
            remedy="mend the text there (text needs quotes, true and false are small)",
        ) from None


def _miss(name: str, place: Spot, document: Document, problems: Problems) -> None:
    file, where = document.find(place)
    problems.add(
        file=file,
        where=where,
        what=f"there is no file {name!r} beside it",
        remedy="name one, or put it there",
    )


def _fill_tables(
    document: Document, folder: Path, texts: dict[Path, str], problems: Problems
) -> None:
    """Put the rows of CSV files where the document names them instead of a list of tables."""
    for path, model in csv_tables().items():
        holder: Any = document.values
        for step in path[:-1]:
            holder = holder.get(step) if isinstance(holder, dict) else None
        key = path[-1]
        if not isinstance(holder, dict) or not isinstance(name := holder.get(key), str):
            continue
        file = folder / name
        if not name or not file.is_file():
            _miss(name, path, document, problems)
            holder[key] = []
            continue
        texts[file] = _text(file)
        rows, lines = read_table(texts[file], model, file=str(file), problems=problems)
        holder[key] = rows
        document.tables[path] = (str(file), lines)


def csv_tables() -> dict[Spot, type[BaseModel]]:
    """The lists that may stand in a CSV file, and the model of a row."""
    top, supply = ShieldFile.model_fields, SupplyTables.model_fields
    keys = ["radars", "receivers", "people", "aircraft", "bases", "fleets", "stations", "tankers"]
    return {
        **{(key,): typing.get_args(top[key].annotation)[0] for key in [*keys, "options"]},
        **{("supply", key): typing.get_args(supply[key].annotation)[0] for key in supply},
    }


def _read_factors(text: str, *, file: str, problems: Problems) -> dict[str, FactorRow]:
    rows, lines = read_table(text, FactorRow, file=file, problems=problems)
    found: dict[str, FactorRow] = {}
    places: list[tuple[object, tuple[str, str]]] = []
    for row, line in zip(rows, lines, strict=True):

        def find(place: Spot, line: int = line) -> tuple[str, str]:
            return file, ", ".join([f"line {line}", *map(str, place)])

        factor = problems.read(FactorRow, row, find=find)
        if factor is not None:
            found[factor.name] = factor
            places.append((repr(factor.name), (file, f"line {line}, name")))
    problems.unique(places, what="the name", remedy="give each factor a name of its own")
    return found


def _terrain(
    file: ShieldFile, document: Document, folder: Path, problems: Problems
) -> tuple[Path, ...]:
    """Height models that the shield names, patterns filled in, in its order."""
    found: list[Path] = []
    for i, name in enumerate(file.terrain):
        given = Path(name).expanduser()
        base = Path(given.anchor) if given.is_absolute() else folder
        parts = str(given.relative_to(given.anchor)) if given.is_absolute() else name
        paths = [path for path in sorted(base.glob(parts)) if path.is_file()]
        if not paths:
            where_file, where = document.find(("terrain", i))
            problems.add(
                file=where_file,
                where=where,
                what=f"no height model is there under {name!r}",
                remedy="put one there, or leave terrain empty for the coarse one of the package",
            )
        found.extend(path for path in paths if path not in found)
    return tuple(found)


def _box(areas: list[Any]) -> tuple[float, float, float, float] | None:
    bounds = [area.bounds for area in areas]
    if not bounds:
        return None
    wests, souths, easts, norths = zip(*bounds, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def _feed(table: FeedTable) -> Feed:
    figures = table.model_dump()
    lat_deg, lon_deg = figures.pop("receiver_lat_deg"), figures.pop("receiver_lon_deg")
    return Feed(**figures, receiver=None if lat_deg is None else (lat_deg, lon_deg))


def _watched(table: RadarTable, geoid_height_m: float) -> Radar:
    """A radar that the watch hears: :func:`check_links` has seen that all its figures are there."""
    figures, _ = figures_of(table)
    return Radar(
        **{key: figures[key] for key in ("name", "contributor", "sac", "sic", *_TRACKER)},
        antenna_hae_m=figures["ground_msl_m"] + figures["antenna_agl_m"] + geoid_height_m,
    )
