"""What one table of a shield says about another: names that must exist, figures that must agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from pydantic import BaseModel

from airshield.config.catalogue import Published, radar_types
from airshield.config.places import Document
from airshield.config.plan import OptionKind
from airshield.config.plan_tables import LIKE
from airshield.config.problems import Place, Problems, nearest
from airshield.config.toml_file import RadarTable, ShieldFile
from airshield.warn import Site

LISTS: Final[dict[Place, str]] = {
    ("contributors",): "contributor",
    ("radars",): "radar",
    ("feeds",): "feed",
    ("receivers",): "receiver",
    ("people",): "place",
    ("aircraft",): "class of aircraft",
    ("bases",): "base",
    ("fleets",): "fleet",
    ("stations",): "station",
    ("tankers",): "tanker track",
    ("supply", "nodes"): "supply node",
    ("supply", "edges"): "supply edge",
    ("supply", "stocks"): "stock",
    ("options",): "option",
    ("requirements", "cover"): "requirement",
    ("requirements", "warning"): "requirement",
    ("requirements", "response"): "requirement",
    ("requirements", "station"): "requirement",
    ("requirements", "stock"): "requirement",
    ("requirements", "watch"): "requirement",
}
"""Every list of tables, and what one of it is called."""

WATCHED: Final = (
    "ground_msl_m",
    "turn_s",
    "rng_min_m",
    "rng_max_m",
    "sigma_rng_m",
    "sigma_azm_deg",
    "has_primary",
    "has_secondary",
    "pd",
)
"""What the tracker must know of a radar."""

PLANNED: Final = ("rng_max_m", "has_primary")
"""What cover cannot do without; all else may be unknown and is told so."""

_FAR_DEG: Final = 15.0
"""Nothing of a shield lies so far from its zones and areas, except what is written the wrong way
round: wider than the ferry legs and ports of a continent, narrower than latitude and longitude lie
apart in most of it."""
_NEAR_DEG: Final = 5.0
"""So near the zones a place must lie when turned round, to be told that it is turned round."""


_ONE_OF: Final = {
    "sites": "site",
    "areas and zones": "area or zone",
    LIKE: "fleet, radar or supply edge",
}
"""What one is called of what is no list of its own."""

_LIKE: Final[dict[OptionKind, Place]] = {
    "fleet": ("fleets",),
    "radar": ("radars",),
    "edge": ("supply", "edges"),
}
"""What an option can be like, and the list that has it."""


def kinds_like(file: ShieldFile, name: str) -> list[OptionKind]:
    """Of which lists a name is that an option is like: one, in a sound file."""
    return [
        kind for kind, path in _LIKE.items() if any(row.name == name for row in rows_of(file, path))
    ]


def rows_of(file: ShieldFile, path: Place) -> list[Any]:
    """The tables of one list."""
    at: Any = file
    for step in path:
        at = getattr(at, str(step))
    return list(at)


@dataclass(frozen=True, slots=True)
class Known:
    """What the GeoJSON files hold: names, sites (file and all of them), and the box around zones
    and areas (west, south, east, north)."""

    zones: tuple[str, ...]
    areas: tuple[str, ...]
    sites: tuple[str, ...]
    sites_file: str
    sound_sites: tuple[Site, ...]
    box: tuple[float, float, float, float] | None


def check_links(file: ShieldFile, document: Document, known: Known, problems: Problems) -> None:
    """Note everything in which the shield's tables do not agree."""
    _check_names(file, document, known, problems)
    _check_radars(file, document, problems)
    _check_feeds(file, document, problems)
    _check_forces(file, document, problems)
    _check_options(file, document, problems)
    _check_places(file, document, known, problems)


def _add(problems: Problems, document: Document, place: Place, what: str, remedy: str) -> None:
    file, where = document.find(place)
    problems.add(file=file, where=where, what=what, remedy=remedy)


def _check_names(file: ShieldFile, document: Document, known: Known, problems: Problems) -> None:
    names: dict[str, list[str]] = {
        "sites": list(known.sites),
        "areas and zones": [*known.areas, *known.zones],
        LIKE: [row.name for path in _LIKE.values() for row in rows_of(file, path)],
    }
    for path, kind in LISTS.items():
        rows = rows_of(file, path)
        if not rows or not hasattr(rows[0], "name"):
            continue
        names[".".join(map(str, path))] = [row.name for row in rows]
        problems.unique(
            ((repr(row.name), document.find((*path, i, "name"))) for i, row in enumerate(rows)),
            what="the name",
            remedy=f"give each {kind} a name of its own",
        )
    for path in LISTS:
        for i, row in enumerate(rows_of(file, path)):
            for key, of, name in _links(row):
                there = names.get(of, [])
                if name in there:
                    continue
                singular = _ONE_OF.get(of) or LISTS[tuple(of.split("."))]
                advice = nearest(name, there) if there else f"there is none under {of}"
                home = f" Or add it under [[{of}]]" if tuple(of.split(".")) in LISTS else ""
                _add(
                    problems,
                    document,
                    (*path, i, key),
                    f"there is no {singular} {name!r}",
                    f"{advice}{home}",
                )


def _links(row: BaseModel) -> Iterator[tuple[str, str, str]]:
    """Key, list and name of everything that a table names in another list."""
    for key, field in type(row).model_fields.items():
        extra = field.json_schema_extra
        if not isinstance(extra, Mapping) or "names" not in extra:
            continue
        value = getattr(row, key)
        for name in value if isinstance(value, list) else [value]:
            if name is not None:
                yield key, str(extra["names"]), name


def figures_of(radar: RadarTable) -> tuple[dict[str, Any], dict[str, Published]]:
    """A radar's figures, written or published, and which of them are published ones."""
    published = radar_types().get(radar.type or "", {})
    taken = {
        key: figure
        for key, figure in published.items()
        if getattr(radar, key) is None and figure.value is not None
    }
    figures = {key: getattr(radar, key) for key in type(radar).model_fields}
    return figures | {key: figure.value for key, figure in taken.items()}, taken


def _check_radars(file: ShieldFile, document: Document, problems: Problems) -> None:
    def add(place: Place, what: str, remedy: str) -> None:
        _add(problems, document, ("radars", *place), what, remedy)

    types = radar_types()
    for i, radar in enumerate(file.radars):
        if radar.type is not None and radar.type not in types:
            add((i, "type"), f"the catalogue has no {radar.type!r}", nearest(radar.type, types))
            continue
        if (radar.sac is None) != (radar.sic is None):
            absent = "sac" if radar.sac is None else "sic"
            about = RadarTable.model_fields[absent].description
            add((i, absent), f"{absent} is missing", f"add it: {about}")
        if radar.sac is not None and radar.status == "candidate":
            add((i, "sac"), "a candidate sends nothing yet", "leave sac and sic out until it does")
        figures, _ = figures_of(radar)
        for key in WATCHED if radar.sac is not None else PLANNED:
            if figures[key] is None:
                add((i, key), f"{key} is missing", _how_to_say(radar, key))
        if None not in (figures["rng_min_m"], figures["rng_max_m"]) and (
            figures["rng_min_m"] >= figures["rng_max_m"]
        ):
            add(
                (i, "rng_max_m"),
                f"{figures['rng_max_m']:g} m is not beyond rng_min_m, {figures['rng_min_m']:g} m",
                "swap or mend them",
            )
        for keys, why in (
            (("ref_rng_m", "ref_rcs_m2", "ref_pd", "ref_pfa"), "a point of detection"),
            (("azm_from_deg", "azm_to_deg"), "a sector"),
        ):
            absent_keys = [key for key in keys if figures[key] is None]
            if absent_keys and len(absent_keys) < len(keys):
                add((i, absent_keys[0]), f"{why} is not whole", f"add {' and '.join(absent_keys)}")
        if radar.prf_hz and figures["freq_hz"] is None:
            add((i, "freq_hz"), "blind speeds follow from it and prf_hz", "add freq_hz")
        if (
            None not in (figures["elv_min_deg"], figures["elv_max_deg"])
            and figures["elv_min_deg"] >= figures["elv_max_deg"]
        ):
            add((i, "elv_max_deg"), "its beam ends below where it begins", "swap or mend them")
    problems.unique(
        (
            (f"{r.sac}/{r.sic}", document.find(("radars", i, "sic")))
            for i, r in enumerate(file.radars)
            if r.sac is not None and r.sic is not None
        ),
        what="SAC/SIC",
        remedy="two radars cannot share one: their reports could not be told apart",
    )
    if (system := file.system) is None:
        return
    if system.sac == system.sic == 0:
        _add(
            problems,
            document,
            ("system", "sic"),
            "SAC 0 with SIC 0 names no system",
            "write the codes allotted to yours",
        )
    for radar in file.radars:
        if (radar.sac, radar.sic) == (system.sac, system.sic):
            _add(
                problems,
                document,
                ("system", "sic"),
                f"SAC/SIC {system.sac}/{system.sic} is that of radar {radar.name!r} too",
                "give the system codes of its own: it would be taken for the radar",
            )


def _how_to_say(radar: RadarTable, key: str) -> str:
    about = RadarTable.model_fields[key].description
    if radar.type is None:
        return f"add it: {about}"
    published = radar_types()[radar.type].get(key)
    if published is None:
        return f"nobody published it for {radar.type}; add it: {about}"
    return (
        f"published for {radar.type} is only {published.low:g} to {published.high:g} "
        f"({published.source}); add that of your set: {about}"
    )


def _check_feeds(file: ShieldFile, document: Document, problems: Problems) -> None:
    def add(i: int, key: str, what: str, remedy: str) -> None:
        _add(problems, document, ("feeds", i, key), what, remedy)

    problems.unique(
        (
            (f"{f.protocol} {f.host}:{f.port}", document.find(("feeds", i, "port")))
            for i, f in enumerate(file.feeds)
        ),
        what="address and port",
        remedy="one feed may carry several radars: keep one of them",
    )
    for i, feed in enumerate(file.feeds):
        if (feed.receiver_lat_deg is None) != (feed.receiver_lon_deg is None):
            add(
                i,
                "receiver_lat_deg",
                "half of the receiver's place is missing",
                "give receiver_lat_deg and receiver_lon_deg, or neither",
            )
        if feed.listen and feed.protocol != "tcp":
            add(
                i,
                "listen",
                "a feed over UDP always listens",
                'leave listen out, or write protocol = "tcp"',
            )
        if feed.interface is not None and not ip_address(feed.host).is_multicast:
            add(
                i,
                "interface",
                f"{feed.host} is no multicast group, so no interface joins it",
                "leave interface out; host is the address to bind",
            )


def _check_forces(file: ShieldFile, document: Document, problems: Problems) -> None:
    roles = {aircraft.name: aircraft.role for aircraft in file.aircraft}
    for i, fleet in enumerate(file.fleets):
        if fleet.on_alert > fleet.count:
            _add(
                problems,
                document,
                ("fleets", i, "on_alert"),
                f"{fleet.on_alert} stand on alert, of {fleet.count}",
                "swap or mend them",
            )
        if fleet.to_day is not None and fleet.to_day <= fleet.from_day:
            _add(
                problems,
                document,
                ("fleets", i, "to_day"),
                f"it is gone on day {fleet.to_day}, before it is there on day {fleet.from_day}",
                "swap or mend them",
            )
        if (fleet.scrambles_per_day is None) != (fleet.scramble_h is None):
            absent = "scramble_h" if fleet.scramble_h is None else "scrambles_per_day"
            about = type(fleet).model_fields[absent].description
            place = ("fleets", i, absent)
            _add(problems, document, place, "its scrambles are not whole", f"add {absent}: {about}")
        if fleet.scrambles_per_day is not None and fleet.on_alert == 0:
            place = ("fleets", i, "scrambles_per_day")
            what = "it is called, and none of it stands on alert"
            _add(problems, document, place, what, "say how many do: on_alert")
    for i, aircraft in enumerate(file.aircraft):
        if aircraft.grounded_share is not None and aircraft.grounded_h is None:
            about = type(aircraft).model_fields["grounded_h"].description
            place = ("aircraft", i, "grounded_h")
            _add(problems, document, place, "grounded_h is missing", f"add it: {about}")
    fleets = {fleet.name: fleet for fleet in file.fleets}
    for i, tanker in enumerate(file.tankers):
        for name in tanker.fleets:
            role = roles.get(fleets[name].aircraft) if name in fleets else None
            if role not in {None, "tanker"}:
                _add(
                    problems,
                    document,
                    ("tankers", i, "fleets"),
                    f"fleet {name!r} is {role}, no tankers",
                    'name fleets of aircraft with role = "tanker"',
                )
    for i, edge in enumerate(file.supply.edges):
        if edge.start == edge.end:
            _add(
                problems,
                document,
                ("supply", "edges", i, "end"),
                f"it leads from {edge.start!r} to itself",
                "name another node, or leave the edge out",
            )
    problems.unique(
        (
            (f"{s.goods!r} at {s.node!r}", document.find(("supply", "stocks", i, "goods")))
            for i, s in enumerate(file.supply.stocks)
        ),
        what="the stock of",
        remedy="add the two up in one row",
    )


def _check_options(file: ShieldFile, document: Document, problems: Problems) -> None:
    for i, option in enumerate(file.options):
        kinds = kinds_like(file, option.like)

        def add(key: str, what: str, remedy: str, i: int = i) -> None:
            _add(problems, document, ("options", i, key), what, remedy)

        if not kinds:
            continue  # told as a name that is not there
        if len(kinds) > 1:
            add("like", f"{option.like!r} is {' and '.join(kinds)}", "give one another name")
            continue
        kind = kinds[0]
        if kind != "fleet":
            if option.count != 1:
                add("count", f"one {kind} cannot be {option.count}", "leave it out; most can be so")
            if option.base is not None:
                add("base", f"{option.like!r} is like a {kind}, of no base", "leave it out")
        if kind == "edge" and option.capacity_t_per_day is None:
            about = type(option).model_fields["capacity_t_per_day"].description
            add("capacity_t_per_day", "capacity_t_per_day is missing", f"add it: {about}")
        if kind == "radar" and option.most != 1:
            add("most", f"there is one radar {option.like!r}, not {option.most}", "leave it out")
        if kind != "edge" and option.capacity_t_per_day is not None:
            add("capacity_t_per_day", f"{option.like!r} is a {kind}, no edge", "leave it out")


def _check_places(file: ShieldFile, document: Document, known: Known, problems: Problems) -> None:
    """Note every place whose latitude and longitude look turned round."""
    if known.box is None:
        return
    west, south, east, north = known.box
    placed = [
        (*document.find((*path, i, "lat_deg")), row.lat_deg, row.lon_deg)
        for path in LISTS
        for i, row in enumerate(rows_of(file, path))
        if hasattr(row, "lat_deg")
    ]
    placed += [
        (known.sites_file, f"site {site.name!r}, geometry", site.lat_deg, site.lon_deg)
        for site in known.sound_sites
    ]
    for named, where, lat, lon in placed:
        if _beside(lon, lat, known.box) > _FAR_DEG and _beside(lat, lon, known.box) < _NEAR_DEG:
            problems.add(
                file=named,
                where=where,
                what=f"latitude {lat:g}, longitude {lon:g} is far from the zones, which lie within "
                f"latitude {south:.1f} to {north:.1f}, longitude {west:.1f} to {east:.1f}",
                remedy="latitude and longitude look swapped: swap them",
            )


def _beside(lon: float, lat: float, box: Iterable[float]) -> float:
    """Degrees from a box, the greater of the two directions; 0 inside."""
    west, south, east, north = box
    return max(west - lon, lon - east, south - lat, lat - north, 0.0)
