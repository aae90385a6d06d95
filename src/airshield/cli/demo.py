"""``airshield demo``: see it."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of the web map.")
    ] = 8080,
    duration: Annotated[
        float | None,
        typer.Option("--duration", metavar="S", min=0.0, help="Stop after so many seconds."),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open a browser.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another noise.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output.")
    ] = False,
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
