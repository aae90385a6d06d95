"""``airshield watch``: the air now, or as it was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from airshield.cli.options import AsJson, Date, Duration, Edition, Format, Port, Receiver, Reference


def watch(
    shield: Annotated[Path, typer.Argument(metavar="SHIELD", help="Folder with shield.toml.")],
    replay: Annotated[
        list[Path] | None,
        typer.Option(
            "--replay",
            metavar="FILE",
            help="Play recordings of any format in place of the live feeds.",
        ),
    ] = None,
    more: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", help="More recordings to play after --replay."),
    ] = None,
    speed: Annotated[
        str, typer.Option("--speed", metavar="X|max", help="Pace of a replay: a factor, or max.")
    ] = "1",
    port: Port = 8080,
    headless: Annotated[bool, typer.Option("--headless", help="No web map.")] = False,
    duration: Duration = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            "--journal",
            metavar="DIR",
            help="Where to keep journal and output. A live watch without it uses the user's "
            "state folder and goes on there; a replay without it keeps nothing.",
        ),
    ] = None,
    date: Date = None,
    format_: Format = None,
    edition: Edition = None,
    receiver: Receiver = None,
    reference: Reference = None,
    as_json: AsJson = False,
) -> None:
    """Watch over a shield: tracks, violations and warnings from live radar or a recording."""
    from airshield.cli.console import print_json
    from airshield.cli.exit_codes import BAD_INPUT
    from airshield.cli.replaying import Said
    from airshield.cli.watching import WatchPlan, parse_speed, run_watch
    from airshield.errors import UsageError

    recordings = [*(replay or []), *(more or [])]
    if more and not replay:
        raise UsageError(f"{more[0]}: to play recordings write --replay {' '.join(map(str, more))}")
    if not recordings and (format_ or receiver or reference):
        raise UsageError(
            "--format, --receiver and --reference tell of a replay: a live feed's format and "
            "receiver stand in the shield's [[feeds]]"
        )
    said = Said.parse(
        format=format_, date=date, edition=edition, receiver=receiver, reference=reference
    )
    plan = WatchPlan(
        shield=shield,
        recordings=tuple(recordings),
        speed=parse_speed(speed),
        port=None if headless else port,
        duration_s=duration,
        journal=journal,
        said=said,
    )
    summary = run_watch(plan)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
    if summary["cut"] or summary["unread"]:
        raise typer.Exit(BAD_INPUT)


def _print_summary(summary: dict[str, Any]) -> None:
    from airshield.cli.decoding import tell_editions

    tell_editions(summary["editions"])
    typer.echo(
        f"{summary['frames']:,} frames, {sum(summary['records'].values()):,} records, "
        f"{summary['rejects']:,} rejects, {summary['tracks']['confirmed']:,} confirmed tracks, "
        f"{summary['incidents']['confirmed']:,} violations, "
        f"{summary['warnings']['issued']:,} warnings"
    )
    for feed in summary["feeds"]:
        if feed["lost_by_system"]:
            typer.echo(
                f"  {feed['source']}: {feed['lost_by_system']:,} datagrams lost in a full buffer; "
                "raise the system's limit (Linux: net.core.rmem_max)"
            )
    for reason, count in summary["reports_not_tracked"].items():
        typer.echo(f"  {count:,} reports not tracked: {reason}")
    if summary["journal"]:
        typer.echo(f"kept in {summary['journal']}")
