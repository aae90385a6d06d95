"""``airshield check``: is this shield well written?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airshield.cli.options import AsJson

if TYPE_CHECKING:
    from airshield.config import Shield


def check(
    shield: Annotated[
        Path | None,
        typer.Argument(metavar="SHIELD", help="Folder with shield.toml.", show_default=False),
    ] = None,
    schema: Annotated[
        bool,
        typer.Option(
            "--schema", help="Print the JSON Schema of shield.toml, for editors, and leave."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a shield: every mistake with file, place and remedy; else what it holds."""
    from airshield.cli.console import print_json
    from airshield.config import json_schema, load_shield
    from airshield.errors import UsageError

    if schema:
        print_json(json_schema())
        return
    if shield is None:
        raise UsageError("which shield? Name its folder: airshield check examples/tiny")
    summary = summary_of(load_shield(shield))
    if as_json:
        print_json(summary)
    else:
        _tell(summary)


def summary_of(shield: Shield) -> dict[str, Any]:
    """What a shield holds, as ``check --json`` prints it."""
    from airshield.config import plan_notes, unknown_figures

    plan = shield.plan
    owned: dict[str, Sequence[Any]] = {
        "radars": [radar for radar in plan.radars if radar.status == "standing"],
        "candidates": [radar for radar in plan.radars if radar.status == "candidate"],
        "feeds": shield.feeds,
        "receivers": plan.receivers,
        "bases": plan.bases,
        "nodes": plan.nodes,
        "edges": plan.edges,
    }
    contributors = []
    for who in shield.contributors:
        brings = {
            what: sum(thing.contributor == who.name for thing in things)
            for what, things in owned.items()
        }
        brings["aircraft"] = sum(f.count for f in plan.fleets if f.contributor == who.name)
        contributors.append({"name": who.name, "kind": who.kind, "role": who.role, **brings})
    return {
        "shield": shield.name,
        "ok": True,
        "digest": shield.digest,
        "contributors": len(shield.contributors),
        "radars": len(plan.radars),
        "radars_watched": len(shield.radars),
        "candidates": len(owned["candidates"]),
        "feeds": len(shield.feeds),
        "receivers": len(plan.receivers),
        "zones": len(shield.zones),
        "areas": len(plan.areas),
        "sites": len(shield.sites),
        "places": len(plan.people),
        "people": sum(place.people for place in plan.people),
        "fleets": len(plan.fleets),
        "aircraft_classes": len(plan.aircraft),
        "aircraft": sum(fleet.count for fleet in plan.fleets),
        "bases": len(plan.bases),
        "stations": len(plan.stations),
        "tankers": len(plan.tankers),
        "nodes": len(plan.nodes),
        "edges": len(plan.edges),
        "stocks": len(plan.stocks),
        "options": len(plan.options),
        "requirements": len(plan.requirements),
        "factors": {
            kind: sum(factor.kind == kind for factor in plan.factors)
            for kind in ("fact", "estimate", "assumption")
        },
        "brought": contributors,
        "unknown": {name: list(figures) for name, figures in unknown_figures(plan).items()},
        "notes": list(plan_notes(plan)),
    }


_ALWAYS = ("contributors", "radars", "feeds", "zones", "sites")
_WHERE_ANY = (
    "candidates",
    "receivers",
    "areas",
    "places",
    "people",
    "fleets",
    "aircraft",
    "bases",
    "stations",
    "tankers",
    "nodes",
    "edges",
    "stocks",
    "options",
    "requirements",
)


def _tell(summary: dict[str, Any]) -> None:
    shown = [*_ALWAYS, *(what for what in _WHERE_ANY if summary[what])]
    typer.echo(f"{summary['shield']}: " + ", ".join(f"{summary[w]:,} {w}" for w in shown))
    for who in summary["brought"]:
        things = ("radars", "candidates", "feeds", "receivers", "bases", "nodes", "edges")
        brings = ", ".join(f"{who[w]} {w}" for w in ("aircraft", *things) if who[w])
        kind = f" ({who['kind']})" if who["kind"] else ""
        typer.echo(f"  {who['name']}{kind}: {brings or 'nothing that is in this shield'}")
    if any(summary["factors"].values()):
        told = ", ".join(f"{count} {kind}s" for kind, count in summary["factors"].items())
        typer.echo(f"  Planning factors: {told}")
    if planned := summary["radars"] - summary["radars_watched"]:
        typer.echo(f"  Only planned with, not watched (no sac and sic): {planned} radars")
    needs = {"turn_s": "warning minutes", "has_secondary": "transponders", "ref_rng_m": "power"}
    for figure, what in needs.items():
        names = [name for name, unknown in summary["unknown"].items() if figure in unknown]
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            typer.echo(f"  Unknown {figure} ({what}): {', '.join(names[:3])}{more}")
    for note in summary["notes"]:
        typer.echo(f"  Note: {note}")
    typer.echo("No mistakes found.")
