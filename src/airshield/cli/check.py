"""``airshield check``: is this shield well written?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from airshield.cli.options import AsJson


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
    """Check a shield: every mistake with file, place and remedy."""
    from airshield.cli.console import print_json
    from airshield.config import json_schema, load_shield
    from airshield.errors import UsageError

    if schema:
        print_json(json_schema())
        return
    if shield is None:
        raise UsageError("which shield? Name its folder: airshield check examples/tiny")
    checked = load_shield(shield)
    counts = {
        "contributors": len(checked.contributors),
        "radars": len(checked.radars),
        "feeds": len(checked.feeds),
        "zones": len(checked.zones),
        "sites": len(checked.sites),
    }
    if as_json:
        print_json({"shield": checked.name, "ok": True, "digest": checked.digest, **counts})
        return
    typer.echo(f"{checked.name}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    typer.echo("No mistakes found.")
