"""From a folder to a shield."""

from __future__ import annotations

import hashlib
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from airshield.config.geojson_file import SiteProperties, ZoneProperties, read_sites, read_zones
from airshield.config.problems import Place, Problems, nearest
from airshield.config.shield import Contributor, Feed, Shield, SystemCodes
from airshield.config.toml_file import FeedTable, RadarTable, ShieldFile, place_in_words
from airshield.errors import MissingFileError, ShieldError
from airshield.sensors import Radar
from airshield.warn import Site, WarnSettings
from airshield.zones import Zone, ZoneSettings

SHIELD_FILE = "shield.toml"


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
    text = _text(path)
    file = _document(text, path, problems)
    _check_links(file, text, path, problems)
    zones: tuple[Zone, ...] = ()
    sites: tuple[Site, ...] = ()
    digest = hashlib.sha256(text.encode())
    if (named := _named(path, "zones", file.zones, text, problems)) is not None:
        digest.update((said := _text(named)).encode())
        zones = read_zones(said, file=str(named), problems=problems)
    if (named := _named(path, "sites", file.sites, text, problems)) is not None:
        digest.update((said := _text(named)).encode())
        sites = read_sites(said, file=str(named), problems=problems)
    problems.check()
    thresholds = file.model_dump(include={"zone_settings", "warn_settings"})
    return Shield(
        name=file.name,
        about=" ".join(file.about.split()),
        folder=path.parent,
        digest=digest.hexdigest(),
        geoid_height_m=file.geoid_height_m,
        contributors=tuple(Contributor(name=c.name, role=c.role) for c in file.contributors),
        radars=tuple(_radar(radar, file.geoid_height_m) for radar in file.radars),
        feeds=tuple(_feed(feed) for feed in file.feeds),
        zones=zones,
        sites=sites,
        zone_settings=ZoneSettings(**thresholds["zone_settings"]),
        warn_settings=WarnSettings(**thresholds["warn_settings"]),
        system=None if file.system is None else SystemCodes(**file.system.model_dump()),
    )


def json_schema() -> dict[str, dict[str, Any]]:
    """JSON Schema of what a person writes, for editors.

    Returns
    -------
    dict
        ``shield`` for ``shield.toml``; ``zone`` and ``site`` for the ``properties`` of a feature.
    """
    return {
        "shield": ShieldFile.model_json_schema(),
        "zone": ZoneProperties.model_json_schema(),
        "site": SiteProperties.model_json_schema(),
    }


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


def _document(text: str, path: Path, problems: Problems) -> ShieldFile:
    """The file through the door; raises when it is refused, since nothing can be checked then."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        what, _, place = str(wrong).partition(" (at ")
        raise ShieldError(
            file=str(path),
            where=place.rstrip(")") or "the file",
            what=f"this is no TOML: {what[:1].lower()}{what[1:]}",
            remedy="mend the text there (text needs quotes, true and false are small)",
        ) from None
    file = problems.read(
        ShieldFile, document, file=str(path), where=lambda place: place_in_words(text, place)
    )
    problems.check()
    assert file is not None, "a refused document leaves a problem"
    return file


def _named(path: Path, key: str, name: str, text: str, problems: Problems) -> Path | None:
    """The file beside shield.toml that one of its keys names."""
    named = path.parent / name
    if named.is_file():
        return named
    problems.add(
        file=str(path),
        where=place_in_words(text, (key,)),
        what=f"there is no file {name!r} beside it",
        remedy="name one, or put it there",
    )
    return None


def _check_links(file: ShieldFile, text: str, path: Path, problems: Problems) -> None:
    """What one table says about another."""

    def at(*place: str | int) -> str:
        return place_in_words(text, place)

    contributors = [contributor.name for contributor in file.contributors]
    names: list[tuple[str, Place, str]] = [
        *(
            (c.name, ("contributors", i, "name"), "contributor")
            for i, c in enumerate(file.contributors)
        ),
        *((r.name, ("radars", i, "name"), "radar") for i, r in enumerate(file.radars)),
        *((f.name, ("feeds", i, "name"), "feed") for i, f in enumerate(file.feeds)),
    ]
    for kind in ("contributor", "radar", "feed"):
        problems.unique(
            ((repr(name), at(*place)) for name, place, of in names if of == kind),
            file=str(path),
            what="the name",
            remedy=f"give each {kind} a name of its own",
        )
    owned = [("radars", i, radar.contributor) for i, radar in enumerate(file.radars)]
    owned += [("feeds", i, feed.contributor) for i, feed in enumerate(file.feeds)]
    for table, i, contributor in owned:
        if contributor not in contributors:
            problems.add(
                file=str(path),
                where=at(table, i, "contributor"),
                what=f"there is no contributor {contributor!r}",
                remedy=f"{nearest(contributor, contributors)} Or add it under [[contributors]]",
            )
    problems.unique(
        ((f"{r.sac}/{r.sic}", at("radars", i, "sic")) for i, r in enumerate(file.radars)),
        file=str(path),
        what="SAC/SIC",
        remedy="two radars cannot share one: their reports could not be told apart",
    )
    if (system := file.system) is not None:
        if system.sac == system.sic == 0:
            problems.add(
                file=str(path),
                where=at("system", "sic"),
                what="SAC 0 with SIC 0 names no system",
                remedy="write the codes allotted to yours",
            )
        for radar in file.radars:
            if (radar.sac, radar.sic) == (system.sac, system.sic):
                problems.add(
                    file=str(path),
                    where=at("system", "sic"),
                    what=f"SAC/SIC {system.sac}/{system.sic} is that of radar {radar.name!r} too",
                    remedy="give the system codes of its own: it would be taken for the radar",
                )
    problems.unique(
        (
            (f"{f.protocol} {f.host}:{f.port}", at("feeds", i, "port"))
            for i, f in enumerate(file.feeds)
        ),
        file=str(path),
        what="address and port",
        remedy="one feed may carry several radars: keep one of them",
    )
    for i, radar in enumerate(file.radars):
        if radar.rng_min_m >= radar.rng_max_m:
            problems.add(
                file=str(path),
                where=at("radars", i, "rng_max_m"),
                what=f"{radar.rng_max_m:g} m is not beyond rng_min_m, {radar.rng_min_m:g} m",
                remedy="swap or mend them",
            )
    for i, feed in enumerate(file.feeds):
        if (feed.receiver_lat_deg is None) != (feed.receiver_lon_deg is None):
            problems.add(
                file=str(path),
                where=at("feeds", i, "receiver_lat_deg"),
                what="half of the receiver's place is missing",
                remedy="give receiver_lat_deg and receiver_lon_deg, or neither",
            )
        if feed.listen and feed.protocol != "tcp":
            problems.add(
                file=str(path),
                where=at("feeds", i, "listen"),
                what="a feed over UDP always listens",
                remedy='leave listen out, or write protocol = "tcp"',
            )
        if feed.interface is not None and not ip_address(feed.host).is_multicast:
            problems.add(
                file=str(path),
                where=at("feeds", i, "interface"),
                what=f"{feed.host} is no multicast group, so no interface joins it",
                remedy="leave interface out; host is the address to bind",
            )


def _feed(table: FeedTable) -> Feed:
    figures = table.model_dump()
    lat_deg, lon_deg = figures.pop("receiver_lat_deg"), figures.pop("receiver_lon_deg")
    return Feed(**figures, receiver=None if lat_deg is None else (lat_deg, lon_deg))


def _radar(table: RadarTable, geoid_height_m: float) -> Radar:
    figures = table.model_dump()
    hae_m = figures.pop("ground_msl_m") + figures.pop("antenna_agl_m") + geoid_height_m
    return Radar(**figures, antenna_hae_m=hae_m)
