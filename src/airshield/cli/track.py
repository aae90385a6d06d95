"""``airshield track``: recordings in, tracks out, no zones and no warnings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def track(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...", help="Recordings, or Parquet files with the REPORT columns."
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
    edition: Annotated[
        list[str] | None,
        typer.Option(
            "--edition", metavar="CAT=EDITION", help="Edition a category speaks, e.g. 021=0.23."
        ),
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="Day of the first record.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output.")
    ] = False,
) -> None:
    """Turn plots into tracks."""
    from airshield.cli.console import prepare_kernels, print_json, progress
    from airshield.cli.decoding import parse_date, parse_editions
    from airshield.cli.exit_codes import BAD_INPUT
    from airshield.cli.tracking import track_files

    editions, day = parse_editions(edition or []), parse_date(date)
    prepare_kernels("read", "track")
    with progress(unit="reports") as shown:
        summary = track_files(
            inputs, sensors=sensors, to=to, editions=editions, date=day, shown=shown
        )
    summary["threads_used"] = min(threads, 1)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary)
    if summary["cut"]:
        raise typer.Exit(BAD_INPUT)


def _print_summary(summary: dict[str, Any]) -> None:
    typer.echo(
        f"{summary['reports']:,} reports, {summary['tracks']['confirmed']:,} confirmed tracks "
        f"({summary['tracks']['all']:,} with tentative ones), "
        f"{summary['rows']:,} rows to {summary['written']}"
    )
    for reason, count in summary["dropped"].items():
        typer.echo(f"  {count:,} reports not used: {reason}")
