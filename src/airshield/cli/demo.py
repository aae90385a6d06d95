"""``airshield demo``: see it."""

from __future__ import annotations

from typing import Annotated

import typer

from airshield.cli.options import AsJson, Duration, Port


def demo(
    port: Port = 8080,
    duration: Duration = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another noise.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Fly an exercise sky through the code that watches a real one, and open the map."""
    from airshield.cli.console import print_json
    from airshield.cli.demonstration import run_demo

    summary = run_demo(port=port, duration_s=duration, browser=not no_browser, seed=seed)
    if as_json:
        print_json(summary)
        return
    typer.echo(
        f"{summary['reports']:,} plots, {summary['tracks']['confirmed']:,} confirmed tracks, "
        f"{summary['incidents']['confirmed']:,} violations, "
        f"{summary['warnings']['issued']:,} warnings"
    )
