"""``airshield track``: recordings in, tracks out, no zones and no warnings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def track(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Recordings of any format, .gz too, or Parquet files with the REPORT columns; "
            "several are played together, in order of time.",
        ),
    ],
    sensors: Annotated[
        Path,
        typer.Option(
            "--sensors", metavar="SHIELD_OR_TOML", help="Shield that says where the radars stand."
        ),
    ],
    to: Annotated[
        Path, typer.Option("--to", metavar="TRACKS.parquet", help="Where the TRACK rows go.")
    ],
    threads: Annotated[
        int,
        typer.Option(
            "--threads", min=1, help="Most threads to use; the tracks are the same with any number."
        ),
    ] = 1,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="Format of the recordings (asterix, beast, opensky, ...); found by content "
            "otherwise.",
        ),
    ] = None,
    edition: Annotated[
        list[str] | None,
        typer.Option(
            "--edition",
            metavar="CAT[/SAC/SIC]=EDITION",
            help="Edition that a category, or one source of it, speaks: 021=0.23. The others are "
            "found out.",
        ),
    ] = None,
    date: Annotated[
        str | None,
        typer.Option(
            "--date",
            metavar="YYYY-MM-DD",
            help="Day of the first record, where a recording does not tell.",
        ),
    ] = None,
    receiver: Annotated[
        str | None,
        typer.Option("--receiver", metavar="LAT,LON", help="Where an ADS-B receiver stands."),
    ] = None,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            "--reference",
            metavar="SAC/SIC=LAT,LON[,HEIGHT]",
            help="Where the x and y of an ASTERIX surface sensor begin (CAT010, CAT020).",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output.")
    ] = False,
) -> None:
    """Turn recordings of any sensors into tracks."""
    from airshield.cli.console import print_json, progress
    from airshield.cli.decoding import parse_date, parse_editions, parse_place, parse_references
    from airshield.cli.exit_codes import BAD_INPUT
    from airshield.cli.replaying import Said
    from airshield.cli.tracking import track_files

    said = Said(
        format=format_,
        date=parse_date(date),
        editions=parse_editions(edition or []),
        receiver=parse_place(receiver),
        reference_points=parse_references(reference or []),
    )
    with progress(unit="reports") as shown:
        summary = track_files(inputs, sensors=sensors, to=to, said=said, shown=shown)
    summary["threads_used"] = min(threads, 1)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
    if summary["cut"]:
        raise typer.Exit(BAD_INPUT)


def _print_summary(summary: dict[str, Any]) -> None:
    from airshield.cli.decoding import tell_editions

    tell_editions(summary["editions"])
    typer.echo(
        f"{summary['reports']:,} reports, {summary['tracks']['confirmed']:,} confirmed tracks "
        f"({summary['tracks']['all']:,} with tentative ones), "
        f"{summary['rows']:,} rows to {summary['written']}"
    )
    for reason, count in summary["unused"].items():
        typer.echo(f"  {count:,} records without a report: {reason}")
    for reason, count in summary["dropped"].items():
        typer.echo(f"  {count:,} reports not used: {reason}")
