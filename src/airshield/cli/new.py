"""``airshield new`` and ``airshield import``: begin a shield, take in what others drew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airshield.cli.options import AsJson

if TYPE_CHECKING:
    from airshield.config.importing import Imported, Part

Zones = Annotated[
    str | None,
    typer.Option(
        "--zones", metavar="FILE[:LAYER]", help="Zones from a GeoJSON file or a GeoPackage."
    ),
]
Sites = Annotated[
    str | None,
    typer.Option("--sites", metavar="FILE[:LAYER]", help="Sites from such a file."),
]
NameField = Annotated[
    str | None,
    typer.Option("--name-field", metavar="ATTRIBUTE", help="Attribute that holds the names."),
]
Kind = Annotated[
    str | None, typer.Option("--kind", help="Kind of the zones that do not say theirs: no_fly, ...")
]
Floor = Annotated[
    str | None, typer.Option("--floor", help="Floor of the zones that do not say theirs: GND, ...")
]
Ceiling = Annotated[
    str | None, typer.Option("--ceiling", help="Ceiling of those zones: FL195, UNL, ...")
]
RadiusM = Annotated[
    float | None, typer.Option("--radius-m", help="Radius of the sites that do not say theirs.")
]
WarningMin = Annotated[
    float | None, typer.Option("--warning-min", help="Warning minutes of those sites.")
]


def new(
    name: Annotated[Path, typer.Argument(metavar="NAME", help="The new shield's folder.")],
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="LAT,LON", help="Its middle; else that of what is imported."),
    ] = None,
    geoid_height_m: Annotated[
        float | None,
        typer.Option(
            "--geoid-height-m", help="Mean sea level above the ellipsoid there (EGM2008)."
        ),
    ] = None,
    zones: Zones = None,
    sites: Sites = None,
    name_field: NameField = None,
    kind: Kind = None,
    floor: Floor = None,
    ceiling: Ceiling = None,
    radius_m: RadiusM = None,
    warning_min: WarningMin = None,
    as_json: AsJson = False,
) -> None:
    """Begin a shield: a commented folder to check, to watch with and to plan."""
    from airshield.cli.check import summary_of
    from airshield.cli.console import print_json
    from airshield.config import load_shield
    from airshield.config.starting import start_shield

    zone_fill = {"kind": kind, "floor": floor, "ceiling": ceiling}
    site_fill = {"radius_m": radius_m, "warning_min": warning_min}
    drawn = _drawn(zones, sites, None, name_field, zone_fill, site_fill)
    start_shield(
        name,
        at=None if at is None else _place(at),
        geoid_height_m=geoid_height_m,
        zones=drawn["zones"].features if "zones" in drawn else (),
        sites=drawn["sites"].features if "sites" in drawn else (),
    )
    shield = load_shield(name)
    if as_json:
        print_json({"folder": str(name), **_told(drawn), **summary_of(shield)})
        return
    _say_left_out(drawn)
    typer.echo(f"{name} is begun: edit {name / 'shield.toml'}, then")
    typer.echo(f"  airshield check {name}")
    typer.echo(f"  airshield watch {name}")
    typer.echo(f"  airshield sustain {name}")


def bring(
    shield: Annotated[Path, typer.Argument(metavar="SHIELD", help="Folder with shield.toml.")],
    zones: Zones = None,
    sites: Sites = None,
    areas: Annotated[
        str | None, typer.Option("--areas", metavar="FILE[:LAYER]", help="Areas from such a file.")
    ] = None,
    name_field: NameField = None,
    kind: Kind = None,
    floor: Floor = None,
    ceiling: Ceiling = None,
    radius_m: RadiusM = None,
    warning_min: WarningMin = None,
    as_json: AsJson = False,
) -> None:
    """Add zones, sites and areas of GeoJSON files and GeoPackages to a shield."""
    from airshield.cli.console import print_json
    from airshield.config import load_shield, named_files
    from airshield.config.importing import add_features
    from airshield.errors import UsageError

    if zones is None and sites is None and areas is None:
        raise UsageError("nothing to import; give --zones, --sites or --areas FILE")
    load_shield(shield)  # what is wrong already is told before anything is added
    files = named_files(shield)
    zone_fill = {"kind": kind, "floor": floor, "ceiling": ceiling}
    site_fill = {"radius_m": radius_m, "warning_min": warning_min}
    drawn = _drawn(zones, sites, areas, name_field, zone_fill, site_fill)
    for part in drawn:
        if part not in files:
            raise UsageError(
                f'{shield} names no file of {part}; write {part} = "{part}.geojson" in its '
                "shield.toml, with an empty FeatureCollection beside it"
            )
    for part, imported in drawn.items():
        add_features(files[part], part, imported.features)
    load_shield(shield)
    if as_json:
        print_json({"folder": str(shield), **_told(drawn)})
        return
    _say_left_out(drawn)
    for part, imported in drawn.items():
        typer.echo(f"{len(imported.features)} {part} added to {files[part]}")


def _drawn(
    zones: str | None,
    sites: str | None,
    areas: str | None,
    name_field: str | None,
    zone_fill: dict[str, Any],
    site_fill: dict[str, Any],
) -> dict[Part, Imported]:
    from airshield.config.importing import import_features

    sources: list[tuple[Part, str | None, dict[str, Any]]] = [
        ("zones", zones, zone_fill),
        ("sites", sites, site_fill),
        ("areas", areas, {}),
    ]
    return {
        part: import_features(
            source,
            part,
            fill={key: value for key, value in fill.items() if value is not None},
            name_field=name_field,
        )
        for part, source, fill in sources
        if source is not None
    }


def _told(drawn: dict[Part, Imported]) -> dict[str, Any]:
    return {
        "imported": {part: len(imported.features) for part, imported in drawn.items()},
        "left_out": {part: list(imported.left_out) for part, imported in drawn.items()},
    }


def _say_left_out(drawn: dict[Part, Imported]) -> None:
    for part, imported in drawn.items():
        if imported.left_out:
            typer.echo(
                f"airshield: attributes of the {part} that a shield does not have were left out: "
                f"{', '.join(imported.left_out)}",
                err=True,
            )


def _place(text: str) -> tuple[float, float]:
    from airshield.errors import UsageError

    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"--at {text}: write latitude,longitude: --at 49.5,19.5") from None
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg < 180.0):
        raise UsageError(
            f"--at {text} is not on Earth; latitude (-90 to 90) comes first, then longitude"
        )
    return lat_deg, lon_deg
